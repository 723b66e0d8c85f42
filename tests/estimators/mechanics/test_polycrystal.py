"""Stability, bounds of polycrystals, and how errors of constants reach Young's modulus and Poisson's ratio."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import a2c_pybamm as a2c
from a2c_pybamm.estimators.mechanics.crystal_symmetry import MANDEL, elastic_form, point_group_rotations
from tests.estimators.mechanics.strained_crystals import copper

E, NU = "X ln(E [Pa])", "X nu [1]"


def constants(values: dict[str, float], std: float = 1.0, material: str = "X") -> a2c.Estimate:
    """Estimate of constants [GPa], independent errors."""
    names = [f"{material} {symbol} [Pa]" for symbol in values]
    mean = 1e9 * np.array(list(values.values()))
    return a2c.Estimate.from_covariance(names, mean, np.eye(len(mean)) * (1e9 * std) ** 2, source="data")


def moduli(estimate: a2c.Estimate, point_group: str | None = "m-3m", **settings: str) -> a2c.Estimate:
    return a2c.polycrystal_moduli(estimate, material="X", point_group=point_group, **settings)


@given(st.floats(5, 500), st.floats(5, 500), st.sampled_from(list(a2c.PolycrystalBounds)))
def test_isotropic_crystal_is_its_own_polycrystal(K: float, G: float, bounds: a2c.PolycrystalBounds) -> None:
    estimate = moduli(constants({"C11": K + 4 * G / 3, "C12": K - 2 * G / 3, "C44": G}, std=1e-3), bounds=bounds)
    young = 9 * K * G / (3 * K + G) * 1e9
    np.testing.assert_allclose(estimate.mean, [np.log(young), (3 * K - 2 * G) / (6 * K + 2 * G)], rtol=1e-9, atol=1e-12)
    assert np.abs(estimate.factors[f"X polycrystal ({bounds})"].values).max() < 1e-9
    assert abs(estimate.provenance["polycrystal"]["universal anisotropy"]) < 1e-9


def test_bounds_of_copper() -> None:
    """C11, C12, C44 = 168.4, 121.4, 75.4 GPa (Simmons and Wang 1971). Voigt and Reuss by their formulas for cubic crystals."""
    report = moduli(constants({"C11": 168.4, "C12": 121.4, "C44": 75.4})).provenance["polycrystal"]
    reuss, voigt = report["shear modulus, Reuss and Voigt [Pa]"]
    low, high = report["shear modulus, Hashin-Shtrikman [Pa]"]
    assert voigt == pytest.approx((168.4 - 121.4 + 3 * 75.4) / 5 * 1e9)
    assert reuss == pytest.approx(5 * 47.0 * 75.4 / (4 * 75.4 + 3 * 47.0) * 1e9)
    assert reuss < low < high < voigt
    assert report["bulk modulus, Reuss and Voigt [Pa]"] == pytest.approx([(168.4 + 2 * 121.4) / 3 * 1e9] * 2)
    zener = 2 * 75.4 / 47.0
    assert report["universal anisotropy"] == pytest.approx(6 / 5 * (np.sqrt(zener) - 1 / np.sqrt(zener)) ** 2)
    K, G1, G2 = (168.4 + 242.8) / 3, 23.5, 75.4
    exact = [
        G1 + 3 / (5 / (G2 - G1) + 4 * 3 * (K + 2 * G1) / (5 * G1 * (3 * K + 4 * G1))),
        G2 + 2 / (5 / (G1 - G2) + 6 * 3 * (K + 2 * G2) / (5 * G2 * (3 * K + 4 * G2))),
    ]
    np.testing.assert_allclose(np.array([low, high]) / 1e9, exact)


HEXAGONAL = {"C11": 200.0, "C12": 60.0, "C13": 30.0, "C33": 120.0, "C44": 40.0}


@pytest.mark.parametrize("bounds", a2c.PolycrystalBounds)
def test_errors_of_constants_are_carried_by_the_derivatives(bounds: a2c.PolycrystalBounds) -> None:
    values = {"C11": 168.4, "C12": 121.4, "C44": 75.4}
    estimate = moduli(constants(values), bounds=bounds)
    for k, symbol in enumerate(values):
        up, down = (moduli(constants({**values, symbol: values[symbol] + d}), bounds=bounds).mean for d in (1e-3, -1e-3))
        np.testing.assert_allclose(estimate.factors["data"].values[:, k], (up - down) / 2e-3, rtol=1e-5)


def test_half_distance_of_the_bounds_is_uniform() -> None:
    estimate = moduli(constants(HEXAGONAL), "6/mmm")
    factor = estimate.factors["X polycrystal (Voigt to Reuss)"]
    assert factor.family == "uniform"
    report = estimate.provenance["polycrystal"]
    ends = []
    for K, G in zip(report["bulk modulus, Reuss and Voigt [Pa]"], report["shear modulus, Reuss and Voigt [Pa]"], strict=True):
        ends.append([np.log(9 * K * G / (3 * K + G)), (3 * K - 2 * G) / (6 * K + 2 * G)])
    half = (np.array(ends[1]) - ends[0]) / 2
    np.testing.assert_allclose(factor.values[:, 0] * np.sqrt(3), half, rtol=1e-9)


@given(st.integers(0, 10**6))
def test_voigt_and_reuss_hold_the_moduli_of_any_stable_crystal(seed: int) -> None:
    root = np.random.default_rng(seed).normal(size=(6, 6))
    tensor = (root @ root.T + 0.5 * np.eye(6)) / np.outer(MANDEL, MANDEL)
    form = elastic_form(point_group_rotations("1"))
    values = {symbol: 30 * tensor[a, b] for symbol, (a, b) in zip(form.symbols, form.entries, strict=True)}
    report = moduli(constants(values, std=1e-3), "1").provenance["polycrystal"]
    for which in ("bulk", "shear"):
        reuss, voigt = report[f"{which} modulus, Reuss and Voigt [Pa]"]
        assert 0 < reuss <= voigt * (1 + 1e-9)
    assert report["universal anisotropy"] >= -1e-9


def test_unstable_and_unresolved_crystals_are_refused() -> None:
    unstable = constants({"C11": 100.0, "C12": 120.0, "C44": 50.0})
    stability = a2c.elastic_stability(unstable, material="X", point_group="m-3m")
    assert not stability.is_stable
    assert stability.probability_of_instability > 0.999
    np.testing.assert_allclose(stability.eigenvalues / 1e9, [-20, -20, 100, 100, 100, 340])
    np.testing.assert_allclose(stability.std[5] / 1e9, np.sqrt(5), rtol=1e-9)
    with pytest.raises(ValueError, match="X: the crystal is unstable: the smallest eigenvalue of its elastic tensor, mainly"):
        moduli(unstable)
    soft = constants({**HEXAGONAL, "C44": 1.0})
    assert a2c.elastic_stability(soft, material="X", point_group="6/mmm").softest in ("yz", "xz")
    with pytest.raises(ValueError, match="not stable beyond its error"):
        moduli(soft, "6/mmm")


def test_bad_input_is_one_line() -> None:
    with pytest.raises(ValueError, match="bounds of Hashin and Shtrikman are of cubic crystals"):
        moduli(constants(HEXAGONAL), "6/mmm", bounds="Hashin-Shtrikman")
    with pytest.raises(ValueError, match="does not hold the form of C11, C12, C13, C33, C44; give point_group="):
        moduli(constants(HEXAGONAL), None)
    with pytest.raises(ValueError, match="no elastic constants in the estimate"):
        a2c.polycrystal_moduli(constants(HEXAGONAL), material="Y")


def test_committee_of_potentials_keeps_the_form_and_one_germ_of_the_bounds() -> None:
    members = {
        label: a2c.fit_elastic_tensor(copper(size, (-1, 1)), material="X", source=f"{label} (noise)", point_group="m-3m")
        for label, size in (("a", 1e-2), ("b", 1e-3))
    }
    together = a2c.polycrystal_moduli(a2c.combine_members(members), material="X")
    after = a2c.combine_members({label: a2c.polycrystal_moduli(e, material="X") for label, e in members.items()})
    np.testing.assert_allclose(together.mean, after.mean, rtol=1e-4)
    source = "X polycrystal (Hashin-Shtrikman)"
    np.testing.assert_allclose(together.factors[source].values, after.factors[source].values, rtol=1e-2)
    assert after.factors[source].values.shape == (2, 1)
