"""Data of one ion are fitted with a law of that ion alone: with another they would give the voltages of another charge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimators import (
    fit_chemical_potential,
    fit_end_members,
    fit_free_energy,
    fit_site_sum,
    fit_spline_potential,
)
from a2c_pybamm.estimators.thermodynamics.orderings import SAME_COMPOSITION
from a2c_pybamm.laws import RedlichKister, SiteSum, SplinePotential

T = 298.15
KNOTS = (0.0, 0.5, 1.0)


def energies(ion: str) -> EnergyTable:
    """Steps of 3 V between the ends at one electron for each ion."""
    x = np.linspace(0, 1, 9)
    energy = FARADAY * (-3.0 * x - 0.4 * x * (1 - x))
    return EnergyTable("A", x, energy, tuple(map(str, x)), np.ones(9, bool), ion=ion)


def potentials(ion: str) -> ChemicalPotentials:
    """A lattice gas with repulsion, about 3 V at one electron for each ion."""
    x = np.linspace(0.05, 0.95, 19)
    voltage = 3.0 + 0.4 * (1 - 2 * x) - 0.0257 * np.log(x / (1 - x))
    return ChemicalPotentials("A", x, np.full(19, T), -FARADAY * voltage, np.full(19, 500.0), ion=ion)


FITS: dict[str, tuple[Callable[[str], Any], Callable[[str], Any]]] = {
    "energies": (energies, lambda ion: lambda data: fit_free_energy(data, RedlichKister("X", 1, ion=ion), energy_std=500.0)),
    "end members": (energies, lambda ion: lambda data: fit_end_members(data, RedlichKister("X", 1, ion=ion), energy_std=500.0)),
    "spline of energies": (
        energies,
        lambda ion: lambda data: fit_spline_potential(data, SplinePotential("X", KNOTS, ion=ion), energy_std=500.0),
    ),
    "spline": (potentials, lambda ion: lambda data: fit_spline_potential(data, SplinePotential("X", KNOTS, ion=ion))),
    "potentials": (potentials, lambda ion: lambda data: fit_chemical_potential(data, RedlichKister("X", 1, ion=ion))),
    "site sum": (potentials, lambda ion: lambda data: fit_site_sum(data, SiteSum("X", 1, ion=ion))),
}
"""Data of an ion, and the fit with a law of an ion."""


@pytest.mark.parametrize("case", FITS)
@pytest.mark.parametrize(("ion", "other"), [("Li", "Mg"), ("Na", "Li")])
def test_law_of_another_ion_is_refused(case: str, ion: str, other: str) -> None:
    data, fit = FITS[case]
    with pytest.raises(ValueError, match=f"A: of {other} ions, the law of X is of {ion}; give both one ion") as error:
        fit(ion)(data(other))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("case", [case for case in FITS if case != "site sum"])
def test_voltage_is_by_the_charge(case: str) -> None:
    """The same energies of magnesium and of lithium: half the mean voltage, and half its error."""
    data, fit = FITS[case]
    lithium, magnesium = (fit(ion)(data(ion)) for ion in ("Li", "Mg"))
    assert magnesium.names == lithium.names
    assert lithium.mean[0] == pytest.approx(3.0, abs=0.1)
    assert magnesium.mean[0] == pytest.approx(lithium.mean[0] / 2, rel=1e-6)
    # a smoothing spline averages over a grid of smoothness, which is scaled by the law's columns
    assert magnesium.std[0] == pytest.approx(lithium.std[0] / 2, rel=5e-3 if case.startswith("spline") else 1e-6)


def test_points_of_a_dense_curve_are_compositions() -> None:
    """Points closer than rounded compositions of tables are, as a cycler records them, count as compositions of their own."""
    x = np.linspace(0.48, 0.512, 400)
    assert np.diff(x).max() < SAME_COMPOSITION
    voltage = 3.0 + 0.4 * (1 - 2 * x) - 0.0257 * np.log(x / (1 - x))
    data = ChemicalPotentials("A", x, np.full(len(x), T), -FARADAY * voltage, np.full(len(x), 500.0))
    law = SplinePotential("X", KNOTS)
    estimate = fit_spline_potential(data, law)
    c = dict(zip(estimate.names, estimate.mean, strict=True)) | {law.entropy_name: 29.12}
    assert law.open_circuit_voltage(c, 0.5, T) == pytest.approx(3.0, abs=1e-3)
