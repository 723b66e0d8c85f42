"""Partial molar volumes of tables: exact ones come back, error bars cover curves that are no polynomials, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.estimators import fit_volume, partial_molar_volume
from a2c_pybamm.laws import CrystalVolume

COMPOSITIONS = np.array([0, 0.25, 1 / 3, 1 / 3, 0.5, 0.5, 0.5, 2 / 3, 2 / 3, 0.75, 1])
POINTS = (0.25, 0.5, 0.75)


def table(volume: np.ndarray, x: np.ndarray = COMPOSITIONS) -> a2c.EnergyTable:
    names = tuple(f"s{k}" for k in range(len(x)))
    return a2c.EnergyTable("m", x, np.zeros(len(x)), names, np.ones(len(x), bool), volume)


def test_a_polynomial_comes_back() -> None:
    """V = 20 − 2x + 3x² cm³/mol: Ω = −2 + 6x, of either sign; the reference's volume; almost no error."""
    data = table(1e-6 * (20 - 2 * COMPOSITIONS + 3 * COMPOSITIONS**2))
    law = CrystalVolume("X", 1, reference=0.5)
    estimate = fit_volume(data, law, source="volumes")
    assert estimate.names == law.names
    np.testing.assert_allclose(estimate.mean, 1e-6 * np.array([19.75, 1.0, 3.0, 0.0]), rtol=1e-9)
    assert set(estimate.factors) == {"volumes: misfit"}, "equal volumes at a composition show no scatter of the orderings"
    for x in POINTS:
        single = partial_molar_volume(data, x, material="X")
        assert single.names == (f"X Omega x = {x:g} [m3.mol-1]",)
        np.testing.assert_allclose(single.mean, 1e-6 * (6 * x - 2), rtol=1e-9, atol=1e-15)


def test_orderings_and_misfit_are_sources_of_their_own() -> None:
    """The scatter at one composition is that of the pooled structures, not of one that is far off, nor of the end members."""
    rng = np.random.default_rng(3)
    inner = (COMPOSITIONS > 0) & (COMPOSITIONS < 1)
    data = table(1e-6 * (20 - 2 * COMPOSITIONS + 0.1 * rng.normal(size=len(COMPOSITIONS)) * inner))
    estimate = fit_volume(data, CrystalVolume("X", 1), source="volumes")
    assert set(estimate.factors) == {"volumes", "volumes: misfit"}
    report = estimate.provenance["fit"]
    assert report["std of the orderings of one composition [m3.mol-1]"] == pytest.approx(1e-7, rel=0.7)
    assert (report["structures"], report["compositions"]) == (11, 7)
    broken = np.array(data.volume)
    broken[4] = 26e-6
    again = fit_volume(table(broken), CrystalVolume("X", 1), source="volumes")
    np.testing.assert_allclose(again.mean, estimate.mean, atol=3e-7)
    once = fit_volume(data, CrystalVolume("X", 1), source="volumes", average_orders=False)
    assert once.provenance["fit"]["weights of the orders"] == [1.0]


def covered(n: int, scatter: float) -> np.ndarray:
    """Shares of true partial molar volumes within 1 and 1.96 standard deviations (2,), over curves that are no polynomials.

    V has a smooth step of its own place and height; a crystal's volume at a composition is that of one ordering drawn anew.
    """
    rng = np.random.default_rng(17)
    inside = []
    for _ in range(n):
        slope, height, middle, width = rng.normal(-2, 1), rng.normal(0, 1), rng.uniform(0.3, 0.7), 0.2
        curve = 20 + slope * COMPOSITIONS + height * np.tanh((COMPOSITIONS - middle) / width)
        inner = (COMPOSITIONS > 0) & (COMPOSITIONS < 1)
        estimate = fit_volume(
            table(1e-6 * (curve + scatter * rng.normal(size=len(COMPOSITIONS)) * inner)), CrystalVolume("X", 1), source="v"
        )
        law = CrystalVolume("X", 1)
        for x in POINTS:
            truth = 1e-6 * (slope + height / width / np.cosh((x - middle) / width) ** 2)
            row = np.array([0.0, *law.terms(x), 1.0])
            inside.append(abs(row @ estimate.mean - truth) / np.sqrt(row @ estimate.covariance @ row))
    return np.array([np.mean(np.array(inside) < z) for z in (1.0, 1.96)])


@pytest.mark.parametrize("scatter", [0.05, 0.3])
def test_error_bars_cover_curves_that_are_no_polynomials(scatter: float) -> None:
    """At 95 % within the sampling error of 450 points; at 68 % too wide: few compositions are matched by Student's variance."""
    one, two = covered(150, scatter)
    assert one > 0.68
    assert 0.92 < two < 1


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"volume": None}, r"energies of m: no volumes; name their column with volume_column"),
        (
            {"converged": COMPOSITIONS < 0.6},
            r"volumes of m: 4 compositions .* of order 1 needs 6 for an error; lower the order",
        ),
        ({"converged": COMPOSITIONS > 2}, r"volumes of m: 0 compositions"),
        ({"volume": -np.ones(11)}, r"volume of 's0' is not positive"),
    ],
)
def test_tables_that_do_not_suffice(change: dict[str, np.ndarray | None], line: str) -> None:
    with pytest.raises(ValueError, match=line):
        fit_volume(replace(table(2e-5 * np.ones(11)), **change), CrystalVolume("X", 1), source="v")  # type: ignore[arg-type]


def test_composition_outside_the_window() -> None:
    with pytest.raises(ValueError, match=r"X: x = 0\.2 lies outside the window 0\.4 to 1; move one of them"):
        partial_molar_volume(table(2e-5 * np.ones(11)), 0.2, material="X", window=(0.4, 1.0))
