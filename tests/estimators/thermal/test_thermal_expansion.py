"""Expansion from volumes over temperature: solids of Debye with noise come back within their error bars, and refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from a2c_pybamm.data import VolumesOverTemperature
from a2c_pybamm.estimators import fit_thermal_expansion
from a2c_pybamm.estimators.thermal.random_walk import walk_covariance
from tests.estimators.thermal.debye_solids import MOLAR_MASS, V0, drawn_solids

T = 300.0
GRID = np.linspace(200, 800, 7)
LINE = 1e-5 * np.exp(4e-5 * (GRID - T))


def runs(volume: np.ndarray, std: np.ndarray | None = None, temperature: np.ndarray = GRID) -> VolumesOverTemperature:
    return VolumesOverTemperature("md", temperature, volume, MOLAR_MASS, std)


def fit(data: VolumesOverTemperature, temperature: float = T) -> Any:
    return fit_thermal_expansion(data, material="X", temperature=temperature)


def test_a_straight_line_comes_back() -> None:
    found = fit(runs(LINE))
    assert found.names == ("X ln(rho [kg.m-3])", "X alpha_V [K-1]")
    np.testing.assert_allclose(found.mean, [np.log(MOLAR_MASS / 1e-5), 4e-5], rtol=1e-9)
    assert set(found.factors) == {"X volumes (sampling): misfit"}
    assert found.provenance["fit"]["linear expansion of a cubic crystal [K-1]"] == pytest.approx(4e-5 / 3)


def test_curvature_of_the_volume_is_no_expansion() -> None:
    """Ln V = aτ + bτ²: the slope at the temperature that is asked for, wherever in the range."""
    volume = 1e-5 * np.exp(4e-5 * (GRID - T) + 2e-8 * (GRID - T) ** 2)
    for temperature in (200.0, 500.0, 800.0):
        found = fit(runs(volume), temperature)
        assert abs(found.mean[1] - (4e-5 + 4e-8 * (temperature - T))) < 1.96 * found.std[1]
        assert found.mean[1] == pytest.approx(4e-5 + 4e-8 * (temperature - T), rel=5e-3)


def test_declared_errors_are_a_source_of_their_own() -> None:
    """Its std falls by half where the runs' do, and grows where a run contradicts the others."""
    small, large = (fit(runs(LINE, std * LINE)) for std in (1e-4, 2e-4))
    source = "X volumes (sampling)"
    assert set(small.factors) == {source, f"{source}: misfit"}
    ratio = [np.linalg.norm(e.factors[source].values, axis=1) for e in (small, large)]
    np.testing.assert_allclose(ratio[1] / ratio[0], 2, rtol=0.2)
    outlier = LINE * (1 + 5e-3 * (GRID == 500.0))
    assert fit(runs(outlier, 1e-4 * LINE)).std[1] > 3 * small.std[1]
    assert fit(runs(outlier, 1e-4 * LINE)).provenance["fit"]["scatter of ln V beyond the standard deviations"] > 1e-3


def test_an_expansion_that_is_negative() -> None:
    found = fit(runs(LINE[::-1]))
    assert found.mean[1] == pytest.approx(-4e-5, rel=1e-9)


def test_walk_covariance_is_its_integral() -> None:
    s, t = 0.4, 0.9
    value = quad(lambda u: (s - u) ** 2 * (t - u) ** 2 / 4, 0, s)[0]
    slope = quad(lambda u: (s - u) * (t - u) ** 2 / 2, 0, s)[0]
    both = quad(lambda u: (s - u) * (t - u), 0, s)[0]
    a, b = np.array([s]), np.array([t])
    assert walk_covariance(a, b)[0, 0] == pytest.approx(value, rel=1e-12)
    assert walk_covariance(a, b, s_slope=True)[0, 0] == pytest.approx(slope, rel=1e-12)
    assert walk_covariance(a, b, s_slope=True, t_slope=True)[0, 0] == pytest.approx(both, rel=1e-12)


def held(n: int, n_run: int, noise: float, *, known: bool) -> tuple[np.ndarray, np.ndarray]:
    """Shares of density and expansion of Debye solids within 1 and 1.96 standard deviations (2,)."""
    distances = []
    for solid, rng in drawn_solids(n, 3):
        grid = np.linspace(rng.choice([100.0, 200.0, 300.0]), rng.choice([600.0, 800.0]), rng.choice([5, 6, 8, 11]))
        try:
            volumes = np.array([solid.volume(t) for t in grid])
        except ValueError:  # it melts
            continue
        truth = solid.truth(T)[:2]
        for _ in range(n_run):
            observed = volumes * (1 + noise * rng.normal(size=len(grid)))
            found = fit(runs(observed, noise * volumes if known else None, grid))
            distances.append(np.abs(found.mean - truth) / found.std)
    array = np.array(distances)
    return (array < 1).mean(axis=0), (array < 1.96).mean(axis=0)


def test_error_bars_hold_debye_solids() -> None:
    one, two = held(4, 5, 2e-4, known=True)
    assert (two >= 0.8).all()
    assert (one >= 0.45).all()


@pytest.mark.calibration
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("noise", [2e-5, 2e-4, 1e-3])
def test_error_bars_hold_many_debye_solids(noise: float, known: bool) -> None:
    """600 series of 24 solids; a share of 95 % has a standard error of 0.9 % were they independent."""
    one, two = held(24, 25, noise, known=known)
    assert (two >= 0.88).all()
    assert (one >= 0.62).all()


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "few": (lambda: fit(runs(LINE[:4], None, GRID[:4])), "4 temperatures, and an expansion with an error needs 5"),
    "cold": (lambda: fit(runs(LINE), 100.0), "100 K lies outside the runs (200 to 800 K); add runs beyond it"),
    "falling": (lambda: runs(LINE, None, GRID[::-1]), "temperatures must rise from row to row"),
    "negative": (lambda: runs(-LINE), "an entry of 'volume' is not positive and finite"),
    "lengths": (lambda: runs(LINE, V0 * np.ones(3)), "'std' has shape (3,), not (7,)"),
    "held": (lambda: fit(runs(np.full(7, V0))), "runs of a cell that is held; take runs at constant pressure"),
    "round-off": (
        lambda: fit(runs(LINE, 1e-20 * LINE)),
        "is below round-off; correct it, or leave the standard deviations out",
    ),
    "unit": (lambda: runs(1e6 * LINE), "correct the unit of the volumes, or the number of sites"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(case: str) -> None:
    call, words = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(words)):
        call()
