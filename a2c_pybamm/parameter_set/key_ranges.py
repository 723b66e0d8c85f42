"""Ranges of PyBaMM's parameters: what a value may be at all, whatever the cell.

The bounds at zero are those of the physics. The others lie a factor of ten or more beyond every set of PyBaMM 26.10 and beyond
known materials, so that they find a wrong unit, never an unusual cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal


@dataclass(frozen=True)
class Range:
    """An interval of allowed values."""

    quantity: str
    """Name of what is in it, with its article."""
    low: float
    high: float
    bounds: Literal["[]", "(]", "()"] = "[]"
    """Brackets of the bounds, round where one does not belong to it, as mathematics writes intervals."""

    def __contains__(self, value: float) -> bool:
        above = self.low <= value if self.bounds[0] == "[" else self.low < value
        below = value <= self.high if self.bounds[1] == "]" else value < self.high
        return above and below

    def error(self, value: float, unit: str = "", *, verb: str = "is") -> str:
        """Reason why a value is not in it, with the remedy; empty text where it is."""
        if value in self:
            return ""
        unit = "" if unit in ("", "1") else f" {unit}"
        return f"{verb} {value:g}{unit}; give {self.quantity}{self._text(unit)}"

    def _text(self, unit: str) -> str:
        low, high = f"{self.low:g}", f"{self.high:g}{unit}"
        if math.isinf(self.low):
            return ""
        if math.isinf(self.high):
            return f" of {low}{unit} or more" if self.bounds[0] == "[" else f" above {low}{unit}"
        if self.bounds[0] == "(" and self.bounds[1] == "]":
            return f" above {low} and up to {high}"
        return f" between {low} and {high}" + (", bounds excluded" if self.bounds == "()" else "")


VOLTAGES = Range("a voltage", -5, 10)
"""Range of the voltages of a cell."""
TEMPERATURES = Range("a temperature", 0, 5000, "(]")
"""Range of temperatures [K]."""
_TABLE: tuple[tuple[str, Range], ...] = (
    (r"Separator porosity|Maximum porosity .*", Range("a fraction of the volume", 0, 1, "(]")),
    (r".*(porosity|volume fraction)", Range("a fraction of the volume", 0, 1, "()")),
    (r".* occupancy fraction \(\d+\)", Range("a fraction of the sites", 0, 1, "(]")),
    (r".* ideality factor \(\d+\)", Range("a number", 0, 1000, "(]")),
    # measured down to −0.4 in polymers (Pesko et al., J. Electrochem. Soc. 164, E3569 (2017)); 1 where only cations move
    (r"Cation transference number", Range("a number", -1, 1)),
    (r"Thermodynamic factor", Range("a number", 0, 1000, "(]")),
    (r".* transfer coefficient( \(\d+\))?", Range("a number", 0, 1)),
    # 0.2 to 1.5 eV in solids and electrolytes; 10 eV is a bond's
    (r".* reorganization energy \[eV\]", Range("an energy", 0, 10, "(]")),
    (r".*emissivity", Range("a number", 0, 1)),
    (r".*Bruggeman coefficient.*", Range("an exponent", 0, 20)),
    (r".*Poisson's ratio", Range("a number", -1, 0.5, "(]")),
    (r"Electrode (height|width) \[m\]", Range("a length", 0, 1e3, "(]")),
    (r".*(electrode|Separator) thickness \[m\]", Range("a thickness", 0, 0.1, "(]")),
    (r".*thickness \[m\]", Range("a thickness", 0, 0.1)),
    (r".*particle radius \[m\]", Range("a radius", 0, 0.01, "(]")),
    (r".*crack (length|width) \[m\]", Range("a length", 0, 0.01)),
    (r"Number of (electrodes|cells) connected.*", Range("a number", 1, 1e9)),
    (r".*Maximum concentration in .*", Range("a concentration", 0, 1e7, "(]")),
    (r".*nitial concentration in electrolyte \[mol\.m-3\]", Range("a concentration", 0, 1e6, "(]")),
    (r".* concentration .*\[mol\.m-3\]", Range("a concentration", 0, 1e7)),
    (r".* diffusivity \[m2\.s-1\]", Range("a diffusivity", 0, 1e-2, "(]")),
    (r".* thermal conductivity \[W\.m-1\.K-1\]", Range("a thermal conductivity", 0, 1e5, "(]")),
    (r".* conductivity \[S\.m-1\]", Range("a conductivity", 0, 1e10, "(]")),
    (r".* heat transfer coefficient \[.*\]", Range("a coefficient", 0, math.inf)),
    (r".* density \[kg\.m-3\]", Range("a density", 0, 1e6, "(]")),
    (r".* specific heat capacity \[J\.kg-1\.K-1\]", Range("a heat capacity", 0, 1e6, "(]")),
    (r".*[Ee]xchange[- ]current density .*\[A\.m-2\]", Range("a current density", 0, 1e9)),
    (r".* double-layer capacity \[F\.m-2\]", Range("a capacity", 0, 1e6, "(]")),
    (r".*Young's modulus \[Pa\]", Range("a modulus", 0, 1e14, "(]")),
    (r".*partial molar volume \[m3\.mol-1\]", Range("a volume", -1e-2, 1e-2)),
    (r"Contact resistance \[Ohm\]", Range("a resistance", 0, 1e9)),
    (r"(Nominal cell|Cyclable lithium) capacity \[A\.h\]", Range("a capacity", 0, 1e9, "(]")),
    (r"Relative formation capacity loss", Range("a share", 0, 1)),
    (r"Cell volume \[m3\]", Range("a volume", 0, 1e6, "(]")),
    (r"Cell cooling surface area \[m2\]", Range("an area", 0, 1e6)),
    (r".* temperature \[K\]", TEMPERATURES),
    (r".* voltage cut-off \[V\]|Open-circuit voltage at .*", VOLTAGES),
)
"""Ranges by the pattern of the key, in its own unit; the first that fits holds, also for a phase ("Primary: …")."""
ANY_NUMBER = Range("a finite number", -math.inf, math.inf, "()")
"""Range of all other keys."""


@cache
def key_range(key: str) -> Range:
    """Range of a PyBaMM parameter."""
    return next((allowed for pattern, allowed in _TABLE if re.fullmatch(pattern, key)), ANY_NUMBER)


def value_error(key: str, value: float) -> str:
    """Reason why a number cannot be this parameter's value, with the remedy; empty text where it can."""
    reason = key_range(key).error(value, key.rpartition("[")[2].removesuffix("]") if key.endswith("]") else "")
    return f"{key} {reason}" if reason else ""


def value_errors(values: Mapping[str, Any]) -> Iterator[str]:
    """Reasons why numbers among a set's values are impossible."""
    for key, value in values.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and (reason := value_error(key, float(value))):
            yield reason
