"""Molar mass of a chemical formula."""

from __future__ import annotations

from ase.data import atomic_masses, atomic_numbers
from ase.formula import Formula

from a2c_pybamm.readers.units import UNITS

GRAM = UNITS["molar mass"]["g/mol"]
"""One gram per mole [kg.mol-1]."""


def _counts(formula: str, where: str) -> dict[str, int]:
    """Atoms of each element; ``ValueError`` where it is no formula."""
    try:
        counts = dict(Formula(formula).count())
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{where}: {formula!r} is no formula; write one like 'LiCoO2'") from error
    if not counts or any(atomic_numbers.get(symbol, 0) == 0 for symbol in counts):
        raise ValueError(f"{where}: {formula!r} has no atoms, or one of no element; write a formula like 'LiCoO2'")
    return counts


def molar_mass(formula: str, *, where: str = "formula") -> float:
    """Mass of all atoms of a formula [kg.mol-1], e.g. of ``"LiCoO2"``; ``where`` begins the message.

    Raises
    ------
    ValueError
        If it is no formula of known elements.
    """
    return float(sum(GRAM * atomic_masses[atomic_numbers[symbol]] * n for symbol, n in _counts(formula, where).items()))


def n_atom(formula: str, *, where: str = "formula") -> int:
    """Number of atoms of a formula; ``where`` begins the message.

    Raises
    ------
    ValueError
        If it is no formula of known elements.
    """
    return sum(_counts(formula, where).values())
