"""Settings and tables of a free energy's fit that nothing can be computed with: each is refused in one line that names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimators import fit_chemical_potential, fit_free_energy, insertion_energies
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import fit_logit_spline, logit_spline
from a2c_pybamm.laws import LogitSpline, RedlichKister

T = 298.15
X = np.linspace(0.1, 0.9, 9)


def energies(x: np.ndarray = X) -> EnergyTable:
    """4 V at x = 0, 3.5 V at x = 1, without ideal mixing."""
    return EnergyTable("A", x, FARADAY * (-4 * x + 0.25 * x**2), tuple(map(str, x)), np.ones(len(x), bool))


def potentials(x: np.ndarray = X, *, declared: bool = True, noise: np.ndarray | float = 0.0) -> ChemicalPotentials:
    """The same host with ideal mixing, 2 mV declared."""
    voltage = 4 - 0.5 * x - 0.0257 * np.log(x / (1 - x)) + noise
    return ChemicalPotentials("A", x, np.full(len(x), T), -FARADAY * voltage, np.full(len(x), 193.0) if declared else None)


def spline(data: Any, **settings: Any) -> Any:
    """The default law, fitted."""
    return fit_logit_spline(data, logit_spline("X", data, stable=True), **settings)


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "no potentials": (lambda: potentials(np.zeros(0)), "chemical potentials of A: no row"),
    "no energies": (lambda: energies(np.zeros(0)), "energies of A: no structure"),
    "a table of another kind": (lambda: spline(["A"]), "a str is no table; give an EnergyTable"),
    "no table": (lambda: spline(None), "no data to fit; give at least one table"),
    "another law": (lambda: fit_logit_spline(potentials(), RedlichKister("X", 1)), "'redlich-kister' is no logit spline"),
    "all x below the knots": (
        lambda: spline(potentials(np.linspace(0.001, 0.004, 4))),
        r"from x = 0\.001 to 0\.004; .* 0\.002",
    ),
    "all x in a point": (lambda: spline(potentials(0.5 + 1e-4 * np.arange(4))), r"from x = 0\.5 to 0\.5003; .* 0\.002 apart"),
    "one energy without noise": (lambda: spline([energies(X[:1]), potentials()]), r"1 composition\(s\) .* declare its noise"),
    "modes": (lambda: spline(potentials(), neglected_voltage=np.nan), "neglected_voltage is nan V; give a positive one"),
    "misfit": (lambda: spline(potentials(), largest_misfit=np.nan), "largest_misfit is nan V; give a positive"),
    "misfit of a polynomial": (
        lambda: fit_chemical_potential(potentials(), RedlichKister("X", 1), largest_misfit=-1.0),
        "largest_misfit is -1 V",
    ),
    "mean field": (lambda: spline(energies(), mean_field_std=-1.0), "mean_field_std is -1 J/mol; give 0 or more"),
    "window of potentials": (lambda: spline(potentials(), voltage_window=(5.0, 0.0)), r"voltage_window \(5\.0, 0\.0\) must be"),
    "window of energies": (
        lambda: fit_free_energy(energies(), RedlichKister("X", 1), voltage_window=(np.nan, 5.0)),
        r"voltage_window \(nan, 5\.0\) must be the lowest voltage, then the highest",
    ),
    "sites": (lambda: insertion_energies(energies(), sites=0), "a supercell of 0 sites; give their whole number"),
    "no number of sites": (lambda: insertion_energies(energies(), sites=np.nan), "a supercell of nan sites"),  # type: ignore[arg-type]
    "reference of an activity": (
        lambda: RedlichKister("X", 0).log_activity({}, 0.3, T, reference=0.0),
        r"reference x = 0 must lie inside \(0, 1\), or be None for the metal",
    ),
    "knots": (
        lambda: LogitSpline("X", tuple(np.linspace(0.9, 0.1, 41))),
        r"knots \(0\.9, 0\.88, 0\.86, 0\.84, 0\.82, …\) must be three or more",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_computed_with_is_refused_in_one_line(name: str) -> None:
    """The message names the table or the setting and says the remedy."""
    call, text = WRONG[name]
    with pytest.raises(ValueError, match=text) as refusal:
        call()
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 250


def test_a_refused_spline_is_not_told_to_become_one() -> None:
    """Alternating errors of 1 V: the law that follows any curve gets another remedy than a polynomial."""
    data = potentials(noise=np.array([0, 1, 0, -1, 0, 1, -1, 0, -1.0]))
    with pytest.raises(ValueError, match=r"look for a wrong datum.*or raise largest_misfit") as refusal:
        spline(data)
    assert "logit-spline'" not in str(refusal.value)
    with pytest.raises(ValueError, match="take law 'logit-spline' or a higher order, or raise largest_misfit"):
        fit_chemical_potential(data, RedlichKister("X", 1))
