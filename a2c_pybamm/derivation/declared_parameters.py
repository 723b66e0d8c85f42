"""Declared factors and values for entries of the base set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.derivation.set_content import SetContent
from a2c_pybamm.estimate import Array
from a2c_pybamm.estimators import declare
from a2c_pybamm.laws import Scale, Value
from a2c_pybamm.parameter_set import Attachment, attachment_error
from a2c_pybamm.study.fields import unit_of


def add_scale(content: SetContent, bases: Sequence[Any], item: schema.Scale, mistakes: schema.Mistakes) -> None:
    """Add the attachments of one section's factors, and one estimate with their joint error."""
    laws, before = [Scale(_quantity(key)) for key in item.keys], len(mistakes)
    for key, law in zip(item.keys, laws, strict=True):
        with mistakes.collect():
            _attach(content, bases, key, Attachment(law, "factor"))
    if len(mistakes) > before:
        return
    names = [name for law in laws for name in law.names]
    if item.bounds is not None:
        content.estimates.append(declare(names, bounds=np.log(item.pairs), source=item.source, reason=item.reason))
        return
    mean = np.broadcast_to(item.mean or 0.0, len(laws))
    content.estimates.append(
        declare(names, mean, covariance=_covariance(item, len(laws)), source=item.source, reason=item.reason)
    )


def _covariance(item: schema.Scale, n: int) -> Array:
    """Covariance (n, n) of the factors' logarithms."""
    if item.covariance is not None:
        return np.array(item.covariance)
    std = np.broadcast_to(np.asarray(item.std, float), n)
    return np.outer(std, std) * (np.eye(n) if item.correlation is None else np.array(item.correlation))


def add_value(content: SetContent, bases: Sequence[Any], item: schema.Value) -> None:
    """Add the attachment of one section's value, and its estimate."""
    law = Value(_quantity(item.parameter), unit_of(item.parameter) or "1")
    _attach(content, bases, item.parameter, Attachment(law, "value"))
    errors: dict[str, Any] = {"bounds": item.bounds} if item.bounds else {"mean": [item.value], "std": [item.std]}
    content.estimates.append(declare(law.names, **errors, source=item.source, reason=item.reason))


def _attach(content: SetContent, bases: Sequence[Any], key: str, attachment: Attachment) -> None:
    """Attach a law to a key of a base set; of several sets in the place of an invalid one, any that has the key."""
    if key in content.attach:
        kind = content.attach[key].law.kind
        raise ValueError(f"{key!r} is derived already ({kind}); widen its error with [[systematic]], or leave one out")
    reasons = [attachment_error(key, attachment, base) for base in bases]
    if all(reasons):
        raise ValueError(f"{key!r}: {reasons[0]}")
    content.attach[key] = attachment


def _quantity(key: str) -> str:
    """A PyBaMM key without its unit: the first words of its coefficient."""
    return key.removesuffix(f"[{unit_of(key)}]").strip()


def coefficient_prefixes(item: schema.Scale | schema.Value | schema.Declared) -> set[str]:
    """Beginnings of the names of a section's coefficients; empty text, which begins any, where it does not give them."""
    try:
        if isinstance(item, schema.Declared):
            return set(item.names)
        keys = item.keys if isinstance(item, schema.Scale) else (item.parameter,)
        return {f"{_quantity(key)} " for key in keys}
    except schema.NotGiven:
        return {""}


def coefficient_suffixes(item: schema.Scale | schema.Value | schema.Declared) -> set[str]:
    """Endings of the names of a section's coefficients, which hold also where its key is misspelt."""
    if isinstance(item, schema.Scale):
        return {Scale("q").names[0].removeprefix("q")}
    try:
        return (
            {Value("q", unit_of(item.parameter) or "1").names[0].removeprefix("q")} if isinstance(item, schema.Value) else set()
        )
    except schema.NotGiven:
        return set()  # any beginning is unknown then


def source_names(item: schema.Scale | schema.Value | schema.Declared | schema.Systematic) -> set[str]:
    """Source of a section; empty text, which begins any, where it gives none."""
    try:
        return {item.source}
    except schema.NotGiven:
        return {""}
