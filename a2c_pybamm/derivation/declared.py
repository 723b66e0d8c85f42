"""Factors and values that a person declares for entries of the base set."""

from __future__ import annotations

from typing import Any

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.derivation.electrode import Parts
from a2c_pybamm.estimate import Array
from a2c_pybamm.estimators import declare
from a2c_pybamm.laws import Scale, Value
from a2c_pybamm.parameter_set import Attachment, misplaced
from a2c_pybamm.study.fields import unit_of


def add_scale(parts: Parts, base: Any, item: schema.Scale) -> None:
    """Add the attachments of one section's factors, and one estimate with their joint error."""
    laws = [Scale(_quantity(key)) for key in item.keys]
    for key, law in zip(item.keys, laws, strict=True):
        _attach(parts, base, key, Attachment(law, "factor"))
    mean = np.broadcast_to(item.mean or 0.0, len(laws))
    names = [name for law in laws for name in law.names]
    parts.estimates.append(
        declare(names, mean, covariance=_covariance(item, len(laws)), source=item.source, reason=item.reason)
    )


def _covariance(item: schema.Scale, n: int) -> Array:
    """Covariance (n, n) of the factors' logarithms."""
    if item.covariance is not None:
        return np.array(item.covariance)
    std = np.broadcast_to(np.asarray(item.std, float), n)
    return np.outer(std, std) * (np.eye(n) if item.correlation is None else np.array(item.correlation))


def add_value(parts: Parts, base: Any, item: schema.Value) -> None:
    """Add the attachment of one section's value, and its estimate."""
    law = Value(_quantity(item.parameter), unit_of(item.parameter) or "1")
    _attach(parts, base, item.parameter, Attachment(law, "value"))
    parts.estimates.append(declare(law.names, [item.value], std=[item.std], source=item.source, reason=item.reason))


def _attach(parts: Parts, base: Any, key: str, attachment: Attachment) -> None:
    if key in parts.attach:
        raise ValueError(
            f"{key!r} is derived already ({parts.attach[key].law.kind}); widen its error with [[systematic]], or leave one out"
        )
    if reason := misplaced(key, attachment, base):
        raise ValueError(f"{key!r}: {reason}")
    parts.attach[key] = attachment


def _quantity(key: str) -> str:
    """A PyBaMM key without its unit: the first words of its coefficient."""
    return key.removesuffix(f"[{unit_of(key)}]").strip()
