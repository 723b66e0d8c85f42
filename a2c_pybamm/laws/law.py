"""Laws, their settings as a file holds them, and the law that such settings describe.

A law is a formula with named, unit-bearing coefficients and no numbers of its own: a frozen dataclass of settings with a
class attribute ``kind``, a property ``names``, and methods of ``(c, x, T)`` where ``c`` maps coefficient name to value. Methods
are written with ``+ - * / **`` and numpy's ``exp``, ``log``, ``tanh``, ``minimum``, ``maximum`` alone, so that one text serves
floats, arrays, complex numbers (complex-step derivatives) and PyBaMM symbols.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Annotated, Any, ClassVar, Protocol, runtime_checkable

from a2c_pybamm.schema import Limit, show

Coefficients = Mapping[str, Any]
"""Coefficient name → float, array, complex number or PyBaMM symbol."""
TERM_LIMIT = Limit(100, "no data determine more")
"""Terms, sites, hops, knots or modes of one law: each is a coefficient, and no data determine more of one curve."""
COMPLEX_STEP = 1e-20
"""Imaginary part h of a complex step, in the unit of what is stepped: f'(x) = Im f(x + ih)/h, whose error of order h² is below
round-off (Squire and Trapp, SIAM Rev. 40, 110 (1998))."""
Count = Annotated[int, TERM_LIMIT]
Table = Annotated[tuple[float, ...], Limit(100_000, "a curve has no more detail")]
"""Column of a law's table: 1 MB of so many rows."""


@runtime_checkable
class Law(Protocol):
    """A formula with named coefficients."""

    kind: ClassVar[str]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients, those of the laws in its slots included."""


def coefficient(material: str, symbol: str, unit: str) -> str:
    """Name of a coefficient, unit in PyBaMM's spelling: ``"LCO ODH E_a [eV]"``."""
    return f"{material} {symbol} [{unit}]"


def log_coefficient(material: str, symbol: str, unit: str) -> str:
    """Name of a positive quantity's logarithm: ``"LCO ODH ln(D0 [m2.s-1])"``."""
    return f"{material} ln({symbol} [{unit}])"


def registered(exports: Mapping[str, Any]) -> dict[str, type[Any]]:
    """Concrete classes of laws among exported names, by the kind that they have in files."""
    classes: list[Any] = [value for value in exports.values() if isinstance(value, type) and dataclasses.is_dataclass(value)]
    return {law.kind: law for law in classes if hasattr(law, "kind")}


def material_name(law: Law) -> str:
    """First word of a law's coefficients; its kind where it has none."""
    return str(getattr(law, "material", law.kind))


def settings(law: Law) -> dict[str, Any]:
    """Settings of a law, without the laws in its slots; JSON values."""
    values = {f.name: getattr(law, f.name) for f in dataclasses.fields(law)}  # type: ignore[arg-type]
    return {name: value for name, value in values.items() if not isinstance(value, Law)}


def held_laws(law: Law) -> dict[str, Law]:
    """Laws in the slots of a law, by the name of the slot."""
    values = {f.name: getattr(law, f.name) for f in dataclasses.fields(law)}  # type: ignore[arg-type]
    return {name: value for name, value in values.items() if isinstance(value, Law)}


def derived_names(law: Law) -> tuple[str, ...]:
    """Names of the derived inputs of a law beside its coefficients, those of the laws in its slots included."""
    names = [*getattr(law, "derived_names", ())]
    for inner in held_laws(law).values():
        names += derived_names(inner)
    return tuple(dict.fromkeys(names))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def build_law(kind: str, values: Mapping[str, Any], holds: Mapping[str, Law], known: Mapping[str, type]) -> Law:
    """The law of this kind with these settings, as read from a file.

    Kinds are those of ``known`` and of the entry point group ``a2c_pybamm.laws``; no code is taken from the file.

    Raises
    ------
    ValueError
        If the kind is unknown, or a setting is missing, unknown or out of range.
    """
    law = known[kind] if kind in known else _foreign_law(kind, known)
    try:
        built = law(**{name: _tuples(value) for name, value in values.items()}, **holds)
    except ValueError:
        raise
    except Exception as error:  # another package's law may raise anything
        reason = " ".join(str(error).split())
        cause = reason if isinstance(error, TypeError) else f"{type(error).__name__}: {reason}"
        raise ValueError(f"law {kind!r}: {cause}; check its settings") from error
    if not isinstance(built, Law):
        raise ValueError(f"law {kind!r}: its package gives {show(built)}, not a law; report it to the package")
    return built


def _foreign_law(kind: str, known: Mapping[str, type]) -> Callable[..., Any]:
    """Law class of another package's entry point of this name; the package is imported here."""
    plugins = {point.name: point for point in entry_points(group="a2c_pybamm.laws")}
    if kind not in plugins:
        raise ValueError(
            f"law kind {show(kind)} is unknown (known: {', '.join(sorted([*known, *plugins]))}); "
            "install the package that brings it, or correct the name"
        )
    try:
        law = plugins[kind].load()
    except Exception as error:  # another package may raise anything while it is imported
        reason = " ".join(str(error).split())
        raise ValueError(
            f"law {kind!r}: its entry point {plugins[kind].value!r} cannot be imported ({type(error).__name__}: {reason}); "
            "install its package again"
        ) from error
    if not callable(law):
        raise ValueError(f"law {kind!r}: its entry point {plugins[kind].value!r} is no class; report it to the package")
    return law
