"""What a law is, and how one is written to a file and found again.

A law is a formula with named, unit-bearing coefficients and no numbers of its own: a frozen dataclass of settings with a
class attribute ``kind``, a property ``names``, and methods of ``(c, x, T)`` where ``c`` maps coefficient name to value. Methods
are written with ``+ - * / **`` and numpy's ``exp``, ``log``, ``tanh``, ``minimum``, ``maximum`` alone, so that one text serves
floats, arrays, complex numbers (complex-step derivatives) and PyBaMM symbols.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any, ClassVar, Protocol, runtime_checkable

Coefficients = Mapping[str, Any]
"""Coefficient name → float, array, complex number or PyBaMM symbol."""


@runtime_checkable
class Law(Protocol):
    """A formula with named coefficients."""

    kind: ClassVar[str]

    @property
    def names(self) -> tuple[str, ...]:
        """Coefficients it asks for, those of the laws it holds included."""


def coefficient(material: str, symbol: str, unit: str) -> str:
    """The name of a coefficient, unit in PyBaMM's spelling: ``"LCO ODH E_a [eV]"``."""
    return f"{material} {symbol} [{unit}]"


def log_coefficient(material: str, symbol: str, unit: str) -> str:
    """The name of a positive quantity's logarithm: ``"LCO ODH ln(D0 [m2.s-1])"``."""
    return f"{material} ln({symbol} [{unit}])"


def settings(law: Law) -> dict[str, Any]:
    """The law's own settings, without the laws it holds; JSON values."""
    values = {f.name: getattr(law, f.name) for f in dataclasses.fields(law)}  # type: ignore[arg-type]
    return {name: value for name, value in values.items() if not isinstance(value, Law)}


def held(law: Law) -> dict[str, Law]:
    """The laws it holds, by slot."""
    values = {f.name: getattr(law, f.name) for f in dataclasses.fields(law)}  # type: ignore[arg-type]
    return {name: value for name, value in values.items() if isinstance(value, Law)}


def derived_names(law: Law) -> tuple[str, ...]:
    """Names of the derived inputs that a law asks for beside its coefficients, those of the laws it holds included."""
    own = tuple(getattr(law, "derived_names", ()))
    return tuple(dict.fromkeys([*own, *(name for inner in held(law).values() for name in derived_names(inner))]))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def build_law(kind: str, own: Mapping[str, Any], holds: Mapping[str, Law], known: Mapping[str, type]) -> Law:
    """The law of this kind with these settings, as read from a file.

    Kinds are looked up among ``known`` and in the entry point group ``a2c_pybamm.laws``; no code is taken from the file.

    Raises
    ------
    ValueError
        If the kind is unknown, or a setting is missing, unknown or out of range.
    """
    law = known.get(kind)
    if law is None:
        plugins = {point.name: point for point in entry_points(group="a2c_pybamm.laws")}
        if kind not in plugins:
            raise ValueError(
                f"law kind {kind!r} is unknown (known: {', '.join(sorted([*known, *plugins]))}); "
                "install the package that brings it, or correct the name"
            )
        law = plugins[kind].load()
    try:
        return law(**{name: _tuples(value) for name, value in own.items()}, **holds)
    except TypeError as error:
        raise ValueError(f"law {kind!r}: {error}") from error
