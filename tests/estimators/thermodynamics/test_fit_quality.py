"""Distances of a law from its data: refused where they are large and significant, and plain values in the provenance."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.constants import STANDARD_TEMPERATURE as T
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import fit_chemical_potential, fit_free_energy, fit_site_sum, fit_spline_potential
from a2c_pybamm.estimators.thermodynamics.fit_quality import FIT, fit_quality, hull_steps, validate_quality
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import fit_logit_spline, logit_spline
from a2c_pybamm.laws import Landau, Legendre, RedlichKister, SiteSum, SplinePotential

ENERGY_STD = 0.002 * FARADAY
"""2 meV per site."""


def two_plateaus() -> EnergyTable:
    """Energies of 4.7 V up to x = 1/2 and 2.8 V beyond, each falling by 0.1 V: 21 stable compositions."""
    x = np.linspace(0, 1, 21)
    energy = -FARADAY * (np.where(x < 0.5, 4.7 * x, 2.35 + 2.8 * (x - 0.5)) - 0.05 * x**2)
    return EnergyTable("PBE", x, energy, tuple(map(str, x)), np.ones(21, bool))


def potentials() -> ChemicalPotentials:
    """The same host's voltages, a step of 1.9 V."""
    x = np.linspace(0.02, 0.98, 25)
    voltage = np.where(x < 0.5, 4.7, 2.8) - 0.1 * x
    return ChemicalPotentials("PBE", x, np.full(25, T), -FARADAY * voltage, np.full(25, 0.002 * FARADAY))


FITS: dict[str, Callable[..., Estimate]] = {
    "redlich-kister": lambda **s: fit_free_energy(two_plateaus(), RedlichKister("X", 0), energy_std=ENERGY_STD, **s),
    "landau": lambda **s: fit_free_energy(two_plateaus(), Landau("X", 2), energy_std=ENERGY_STD, **s),
    "potentials": lambda **s: fit_chemical_potential(potentials(), Legendre("X", 1), **s),
    "spline": lambda **s: fit_spline_potential(potentials(), SplinePotential("X", (0.0, 0.5, 1.0)), **s),
    "spline of energies": lambda **s: fit_spline_potential(
        two_plateaus(), SplinePotential("X", (0.0, 0.5, 1.0)), energy_std=ENERGY_STD, **s
    ),
    "sites": lambda **s: fit_site_sum(potentials(), SiteSum("X", 1), **s),
}


@pytest.mark.parametrize("kind", FITS)
def test_law_far_from_its_data_is_refused(kind: str) -> None:
    """One line with the distance, its composition and χ² per degree of freedom."""
    pattern = r"of PBE: \S+ of X is (\S+) V from the data at x = (\S+) \(limit 0\.3 V; χ² per degree of freedom \S+\); take law"
    with pytest.raises(ValueError, match=pattern) as error:
        FITS[kind]()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", [kind for kind in FITS if kind != "sites"])
def test_law_that_is_admitted_says_how_far_it_is(kind: str) -> None:
    """Its distance and χ² are in the provenance, as plain values without NaN."""
    estimate = FITS[kind](largest_misfit=9.0)
    record = estimate.provenance[FIT]
    assert record["chi2 per degree of freedom"] > 100
    assert record["noise declared"]
    assert 0.3 < record["largest |U_law - U_data| [V]"] < 1.9
    assert record["chi2"] / record["degrees of freedom"] == pytest.approx(record["chi2 per degree of freedom"])
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert any("misfit" in source for source in estimate.factors)
    with pytest.raises(ValueError, match="limit"):
        FITS[kind](largest_misfit=0.99 * record["largest |U_law - U_data| [V]"])


@pytest.mark.parametrize(("stable", "most"), [(True, 3.0), (False, 30.0)])
def test_default_law_follows_the_same_host(stable: bool, most: float) -> None:
    """A logit spline of 21 energies, whose step of 1.9 V has no width: within 0.2 V of all voltages over 0.1 of x."""
    table = two_plateaus()
    record = fit_logit_spline(table, logit_spline("X", table, stable=stable), energy_std=ENERGY_STD).provenance[FIT]
    assert record["chi2 per degree of freedom"] < most
    assert record["largest |U_law - U_data| [V]"] < 0.2


@pytest.mark.parametrize("energy_std", [None, ENERGY_STD])
def test_distance_is_that_of_the_law_at_the_worst_step(energy_std: float | None) -> None:
    """By hand: voltages of steps of 0.1 in x of the energies, and of the law's free energy without mixing."""
    table, law = two_plateaus(), RedlichKister("X", 0)
    estimate = fit_free_energy(table, law, energy_std=energy_std, largest_misfit=9.0)
    c = dict(zip(estimate.names, estimate.mean, strict=True))
    x = table.x[::2]
    curve = -x * law.end_voltage(c) + law.excess(law.interactions(c), x)
    distance = np.abs(np.diff(curve - table.energy[::2] / FARADAY) / np.diff(x))
    record = estimate.provenance[FIT]
    assert record["largest |U_law - U_data| [V]"] == pytest.approx(distance.max(), rel=1e-6)
    assert record["at x"] == pytest.approx(((x[1:] + x[:-1]) / 2)[np.argmax(distance)])


@pytest.mark.parametrize("n", [2, 3])
def test_record_without_degrees_of_freedom_is_plain(n: int) -> None:
    """As many energies as coefficients: χ² per degree of freedom is null, and JSON takes it."""
    x = np.linspace(0, 1, n)
    table = EnergyTable("PBE", x, -3.8 * FARADAY * x, tuple(map(str, x)), np.ones(n, bool))
    law: Any = RedlichKister("X", 0) if n == 3 else None
    if law is None:
        quality = fit_quality(x, np.zeros(2), np.ones(2), 0.0, declared=True, distances=(np.zeros(0),) * 3)
        record = quality.as_record()
        assert record["largest |U_law - U_data| [V]"] is None
        assert record["at x"] is None
    else:
        record = fit_free_energy(table, law, energy_std=100.0).provenance[FIT]
    assert record["chi2 per degree of freedom"] is None
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_noise_alone_is_not_refused() -> None:
    """Steps 1 V off with a standard deviation of 0.3 V are not significant; one of 0.1 V is refused with its numbers."""
    x, residual = np.array([0.2, 0.5, 0.8]), np.array([0.0, 1.0, -0.2])
    for std, refused in ((0.3, False), (0.1, True)):
        quality = fit_quality(x, residual, np.full(3, std), 2.0, declared=True, distances=(x, residual, np.full(3, std)))
        assert quality.reduced == pytest.approx(1.04 / std**2 / 2)
        assert (quality.worst_x, quality.worst_residual) == (0.5, 1.0)
        assert quality.worst_ratio == pytest.approx(1 / std)
        assert quality.significant_voltage == (1.0 if refused else 0.0)
        if not refused:
            validate_quality(quality, "energies of PBE", "landau of X", 0.3)
            continue
        with pytest.raises(
            ValueError, match=r"energies of PBE: landau of X is 1 V from the data at x = 0\.5 \(limit 0\.3 V; .*52\)"
        ):
            validate_quality(quality, "energies of PBE", "landau of X", 0.3)


def test_steps_are_between_stable_compositions() -> None:
    """An energy above the hull has no part in it; steps narrower than 0.1 are merged; z divides the voltage and its error."""
    x = np.array([0.0, 0.25, 0.5, 0.55, 1.0])
    energy = np.array([0.0, 0.1, -1.0, -1.05, -1.0])  # the second lies above
    residual = np.array([0.0, 9.0, 0.01, 9.0, -0.02])
    std = np.full(5, 0.003)
    places, distances, stds = hull_steps(x, energy, residual, std, 2)
    np.testing.assert_allclose(places, [0.25, 0.75])
    np.testing.assert_allclose(distances, [0.01 / 0.5 / 2, -0.03 / 0.5 / 2])
    np.testing.assert_allclose(stds, np.sqrt(2) * 0.003 / 0.5 / 2)
    tenths = np.arange(11) / 10  # some are closer than 0.1 by round-off
    assert len(hull_steps(tenths, tenths**2, tenths, np.ones(11), 1)[0]) == 10
    assert all(len(part) == 0 for part in hull_steps(x[:1], energy[:1], residual[:1], std[:1], 1))
