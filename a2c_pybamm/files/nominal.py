"""The nominal set evaluated for formats that take numbers and tables only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.estimate import Array
from a2c_pybamm.parameter_set import evaluate_entry

N_REFINEMENT = 6
"""Times that a table's intervals are divided by three: 729 parts of one, 1e-4 of the range of stoichiometries."""


@dataclass(frozen=True, eq=False)
class NominalValues:
    """PyBaMM's values at the mean coefficients, evaluated as numbers and tables."""

    name: str
    values: Any
    window: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Stoichiometries at 0 and 100 % state of charge by side, where they are known."""
    read: set[str] = field(default_factory=set)
    """Keys evaluated so far; the others are not in the file."""
    losses: list[str] = field(default_factory=list)
    """Differences between the set and the file, in words."""

    def _entry(self, key: str) -> Any:
        if key not in self.values:
            raise ValueError(f"set {self.name}: no {key!r}, which BPX needs; start from a base set that has it")
        self.read.add(key)
        return self.values[key]

    def number(self, key: str) -> float:
        """Value of a parameter that BPX takes as one number."""
        entry = self._entry(key)
        try:
            number = float(self.values.evaluate(entry) if isinstance(entry, pybamm.Symbol) else entry)
        except (TypeError, ValueError) as error:
            raise ValueError(f"set {self.name}: {key!r} is no number, and BPX takes one there; make it constant") from error
        return self._finite(key, number)

    def evaluate(self, key: str, *arguments: Any) -> Array:
        """Values of a parameter at these arguments, broadcast to one axis; a number counts as a constant function."""
        self._entry(key)
        with np.errstate(all="ignore"):  # poles are refused below, by name
            return self._finite(key, evaluate_entry(self.values, key, *arguments))

    def _finite(self, key: str, result: Any) -> Any:
        if not np.isfinite(result).all():
            raise ValueError(f"set {self.name}: {key!r} is not finite everywhere, so no BPX table can hold it")
        return result

    @property
    def temperature(self) -> float:
        """Reference temperature [K]."""
        return self.number("Reference temperature [K]")

    @property
    def salt_concentration(self) -> float:
        """Initial concentration of the electrolyte [mol.m-3]."""
        return self.number("Initial concentration in electrolyte [mol.m-3]")


def table(function: Callable[[Array], Array], x: Array, *, absolute: float = 0.0, relative: float = 0.0) -> Any:
    """Table ``{"x", "y"}`` of a function, refined until straight lines are within a tolerance; a number where it is constant.

    They are compared at both thirds of each interval: at one point a cubic could cross its chord.
    """
    y = function(x)
    for _ in range(N_REFINEMENT):
        fractions = np.array([[1 / 3], [2 / 3]])
        thirds = x[:-1] + np.diff(x) * fractions
        exact = function(thirds.ravel()).reshape(thirds.shape)
        error = np.abs(y[:-1] + np.diff(y) * fractions - exact)
        bad = (error > np.maximum(absolute, relative * np.abs(exact))).any(axis=0)
        if not bad.any():
            break
        new = np.concatenate([x, thirds[:, bad].ravel()])
        order = np.argsort(new)
        x, y = new[order], np.concatenate([y, exact[:, bad].ravel()])[order]
    if np.ptp(y) <= RELATIVE_ROUND_OFF * np.abs(y).max():
        return float(y[0])
    return {"x": x.tolist(), "y": y.tolist()}
