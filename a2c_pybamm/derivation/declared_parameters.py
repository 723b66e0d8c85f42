"""Factors and values that a person declares for entries of the base set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.derivation.electrode import Parts
from a2c_pybamm.estimate import Array
from a2c_pybamm.estimators import declare
from a2c_pybamm.laws import Scale, Value
from a2c_pybamm.parameter_set import Attachment, misplaced
from a2c_pybamm.study.fields import unit_of


def add_scale(parts: Parts, bases: Sequence[Any], item: schema.Scale, mistakes: schema.Mistakes) -> None:
    """Add the attachments of one section's factors, and one estimate with their joint error."""
    laws, before = [Scale(_quantity(key)) for key in item.keys], len(mistakes)
    for key, law in zip(item.keys, laws, strict=True):
        with mistakes.collect():
            _attach(parts, bases, key, Attachment(law, "factor"))
    if len(mistakes) > before:
        return
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


def add_value(parts: Parts, bases: Sequence[Any], item: schema.Value) -> None:
    """Add the attachment of one section's value, and its estimate."""
    law = Value(_quantity(item.parameter), unit_of(item.parameter) or "1")
    _attach(parts, bases, item.parameter, Attachment(law, "value"))
    parts.estimates.append(declare(law.names, [item.value], std=[item.std], source=item.source, reason=item.reason))


def _attach(parts: Parts, bases: Sequence[Any], key: str, attachment: Attachment) -> None:
    """Attach a law to a key of the base set; of several sets that stand in for an unknown one, to that of any."""
    if key in parts.attach:
        raise ValueError(
            f"{key!r} is derived already ({parts.attach[key].law.kind}); widen its error with [[systematic]], or leave one out"
        )
    reasons = [misplaced(key, attachment, base) for base in bases]
    if all(reasons):
        raise ValueError(f"{key!r}: {reasons[0]}")
    parts.attach[key] = attachment


def _quantity(key: str) -> str:
    """A PyBaMM key without its unit: the first words of its coefficient."""
    return key.removesuffix(f"[{unit_of(key)}]").strip()


def beginnings(item: schema.Scale | schema.Value | schema.Declared) -> set[str]:
    """Beginnings of the names of a section's coefficients; empty text, which begins any, where it does not give them."""
    try:
        if isinstance(item, schema.Declared):
            return set(item.names)
        keys = item.keys if isinstance(item, schema.Scale) else (item.parameter,)
        return {f"{_quantity(key)} " for key in keys}
    except schema.NotGiven:
        return {""}


def endings(item: schema.Scale | schema.Value | schema.Declared) -> set[str]:
    """Endings of the names of a section's coefficients, which hold also where its key is misspelt."""
    if isinstance(item, schema.Scale):
        return {Scale("q").names[0].removeprefix("q")}
    try:
        return (
            {Value("q", unit_of(item.parameter) or "1").names[0].removeprefix("q")} if isinstance(item, schema.Value) else set()
        )
    except schema.NotGiven:
        return set()  # any beginning is unknown then


def own_source(item: schema.Scale | schema.Value | schema.Declared | schema.Systematic) -> set[str]:
    """The source that a section names; empty text where it gives none."""
    try:
        return {item.source}
    except schema.NotGiven:
        return {""}
