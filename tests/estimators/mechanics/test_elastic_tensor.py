"""Elastic constants of strained cells: EMT copper beside matscipy, stress without strain, and whether error bars cover."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, chi2

import a2c_pybamm as a2c
from a2c_pybamm.data import StrainedStresses, voigt_tensors
from tests.estimators.mechanics.strained_crystals import LIMIT, MATSCIPY, PAIRS, SINGLE, ExponentialCrystal, copper

CU: dict[str, Any] = {"material": "Cu", "source": "EMT", "point_group": "m-3m"}


def norms(estimate: a2c.Estimate) -> dict[str, np.ndarray]:
    return {source: np.linalg.norm(factor.values, axis=1) for source, factor in estimate.factors.items()}


@pytest.mark.parametrize(
    ("size", "digits"),
    [(1e-2, (172.20, 115.64, 89.836)), (1e-3, (172.483, 115.355, 89.844)), (1e-4, (172.485, 115.353, 89.844))],
)
def test_copper_has_matscipys_constants_and_its_bias_is_in_the_error(size: float, digits: tuple[float, ...]) -> None:
    """Matscipy 1.3.1 (N_steps=5): straight lines through the Cauchy stress. Its own error is nine times the true bias."""
    data = copper(size, directions=MATSCIPY)
    strain = data.strains[:, 0, 0]
    lines = [np.polyfit(strain, data.stresses[:, i, j], 1)[0] for i, j in ((0, 0), (1, 1), (1, 2))]
    np.testing.assert_allclose(np.array(lines) / 1e9, digits, atol=6e-3 if size == 1e-2 else 6e-4)
    straight, best = a2c.fit_elastic_tensor(data, order=1, **CU), a2c.fit_elastic_tensor(data, **CU)
    for estimate in (straight, best):
        assert (np.abs(estimate.mean - LIMIT) < 2 * estimate.std + 20.0).all()  # the limit is known to 10 Pa
    assert np.linalg.norm(straight.std) < 2 * np.linalg.norm(straight.mean - LIMIT)
    of_lines = np.abs(np.array(lines) - LIMIT).max()
    assert np.abs(best.mean - LIMIT).max() < 0.1 * of_lines, "cubic terms take most of the bias off"
    assert best.std.max() < 0.6 * of_lines
    assert norms(best)["EMT"].max() < 0.2 * best.std.max() + 10.0, "what is left is no noise"


def test_one_size_of_both_signs_holds_its_bias_too() -> None:
    estimate = a2c.fit_elastic_tensor(copper(1e-2, (-1, 1)), **CU)
    bias = np.abs(estimate.mean - LIMIT)
    assert (bias < 2 * estimate.std).all()
    assert np.linalg.norm(estimate.std) < 9 * np.linalg.norm(bias)


@pytest.mark.parametrize("fit_to", ["stresses", "energies"])
def test_stress_without_strain_makes_two_kinds_of_constants(fit_to: str) -> None:
    """Copper stretched by 1 % has 4.18 GPa of tension: B - C = s, -s, s, by stresses as by energies."""
    data = copper(2e-3, directions=PAIRS, lattice=3.63)
    B, C = (a2c.fit_elastic_tensor(data, fit_to=fit_to, coefficients=kind, **CU) for kind in a2c.ElasticCoefficients)
    s = B.provenance["fit"]["stress without strain, xx yy zz yz xz xy [Pa]"]
    np.testing.assert_allclose(s, [4.18e9, 4.18e9, 4.18e9, 0, 0, 0], atol=0.01e9)
    np.testing.assert_allclose(C.mean / 1e9, [146.0, 103.8, 72.8], atol=0.06)
    np.testing.assert_allclose(B.mean / 1e9, [150.2, 99.6, 77.0], atol=0.06)
    np.testing.assert_allclose(B.mean - C.mean, np.array([1, -1, 1]) * s[0], rtol=1e-9)


def test_derivatives_of_the_stress_are_those_of_the_cauchy_stress() -> None:
    """To 0.02 GPa under 4.18 GPa, from straight differences of small strains."""
    data = copper(1e-4, (-1, 1), lattice=3.63)
    found = a2c.fit_elastic_tensor(data, **CU).mean
    by_strain = (data.stresses[2::2] - data.stresses[1::2]) / 2e-4
    direct = [by_strain[0, 0, 0], by_strain[0, 1, 1], by_strain[3, 1, 2]]
    np.testing.assert_allclose(found, direct, atol=0.02e9)


def test_noise_alone_has_no_share_in_the_strain_range() -> None:
    """A crystal whose stress is linear in the Green-Lagrange strain, without noise: no error of either kind."""
    form = a2c.estimators.elastic_form(a2c.estimators.point_group_rotations("6/mmm"))
    constants = np.array([200.0, 60.0, 30.0, 120.0, 40.0]) * 1e9
    data = linear_crystal(np.tensordot(constants, form.expansion, axes=1))
    estimate = a2c.fit_elastic_tensor(data, material="X", source="data", point_group="6/mmm")
    np.testing.assert_allclose(estimate.mean, constants, rtol=1e-9)
    assert max(map(np.max, norms(estimate).values())) < 1e-7 * 1e9


def linear_crystal(stiffness: np.ndarray, size: float = 1e-2, steps: tuple[int, ...] = (-2, -1, 1, 2)) -> StrainedStresses:
    """Second Piola-Kirchhoff stress linear in the strain."""
    crystal = ExponentialCrystal()
    crystal.piola = lambda eta: voigt_tensors(  # type: ignore[method-assign]
        np.einsum("ab,nb->na", stiffness, eta[:, [0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]] * [1, 1, 1, 2, 2, 2])
    )
    eta = np.array([step * size * voigt_tensors(d, engineering=True) for d in SINGLE for step in steps])
    return crystal.strained(eta, np.zeros_like(eta))


def test_undetermined_constants_are_named_with_a_strain_that_determines_them() -> None:
    uniaxial = copper(1e-2, directions=SINGLE[:1])
    with pytest.raises(ValueError, match="do not determine C44; add strains of yz, of both signs"):
        a2c.fit_elastic_tensor(uniaxial, **CU)
    with pytest.raises(ValueError, match="do not determine C12; add strains of xx with yy, of both signs, and the energy"):
        a2c.fit_elastic_tensor(copper(1e-2), fit_to="energies", **CU)
    with pytest.raises(ValueError, match=r"do not determine C22.* add strains of yy, zz, yz, xz, xy"):
        a2c.fit_elastic_tensor(uniaxial, material="Cu", source="EMT")


def test_strains_of_one_sign_need_a_declared_error() -> None:
    data = copper(1e-2, (1,))
    one_sided = replace(data, strains=data.strains[1:], stresses=data.stresses[1:], energies=None)
    with pytest.raises(ValueError, match="strains of one size and sign do not show how non-linear C11"):
        a2c.fit_elastic_tensor(one_sided, **CU)
    declared = a2c.fit_elastic_tensor(one_sided, strain_range_std=2e9, **CU)
    np.testing.assert_allclose(norms(declared)["EMT: strain range"], 2e9)
    assert (np.abs(declared.mean - LIMIT) < 3 * declared.std).all()


def test_few_numbers_and_wrong_orders_are_one_line() -> None:
    data = copper(1e-2, (-1, 1))
    with pytest.raises(ValueError, match=r"order 3 is not determined by these strains \(\[1, 2\] are\)"):
        a2c.fit_elastic_tensor(data, order=3, **CU)
    with pytest.raises(ValueError, match="have no energies"):
        a2c.fit_elastic_tensor(replace(data, energies=None), fit_to="energies", **CU)


def test_sign_and_unit_of_the_stress_are_tested_by_the_energies() -> None:
    data = copper(1e-2)
    pressure = replace(data, stresses=-data.stresses)
    with pytest.raises(ValueError, match="the stress has the opposite sign"):
        a2c.fit_elastic_tensor(pressure, **CU)
    with pytest.raises(ValueError, match="in another unit"):
        a2c.fit_elastic_tensor(replace(data, stresses=1e-1 * data.stresses), **CU)
    ratio, std = a2c.fit_elastic_tensor(data, **CU).provenance["fit"]["energy over work of the stress"]
    assert abs(ratio - 1) < 3 * std + 1e-3
    noisy = replace(pressure, energies=data.energies + np.random.default_rng(0).normal(size=len(data.energies)) * 1e-18)
    assert a2c.fit_elastic_tensor(noisy, **CU).provenance["fit"]["energy over work of the stress"] is None


def cubic_chi2(rng: np.random.Generator, noise: float, **settings: Any) -> float:
    """Joint chi-squared of EMT copper's constants (3 degrees of freedom) from noisy stresses."""
    data = copper(5e-3)
    errors = voigt_tensors(noise * rng.normal(size=(len(data.strains), 6)))
    estimate = a2c.fit_elastic_tensor(replace(data, stresses=data.stresses + errors, energies=None), **CU, **settings)
    d = estimate.mean - LIMIT
    return float(d @ np.linalg.solve(estimate.covariance, d))


def triclinic_chi2(rng: np.random.Generator, noise: float, size: float, **settings: Any) -> float:
    """Joint chi-squared of 21 constants of a crystal whose energy is no polynomial."""
    crystal = ExponentialCrystal()
    eta = np.array([step * size * voigt_tensors(d, engineering=True) for d in SINGLE for step in (-2, -1, 1, 2)])
    data = crystal.strained(eta, voigt_tensors(noise * rng.normal(size=(len(eta), 6))))
    estimate = a2c.fit_elastic_tensor(data, material="X", source="data", **settings)
    truth = crystal.stiffness[np.triu_indices(6)]
    d = estimate.mean - truth
    return float(d @ np.linalg.solve(estimate.covariance, d))


def assert_covers(values: list[float], degrees: int, slack: float = 0.0) -> None:
    """Joint 68 and 95 % regions hold the truth as often, within binomial errors (three standard deviations) and a slack."""
    probability, n = chi2.cdf(values, degrees), len(values)
    for level in (0.68, 0.95):
        low = binom.ppf(0.0013, n, level) / n - slack
        assert np.mean(probability < level) >= low, (level, np.mean(probability < level))


def test_joint_error_covers_quick() -> None:
    rng = np.random.default_rng(5)
    assert_covers([cubic_chi2(rng, 0.05e9) for _ in range(30)], 3)


@pytest.mark.calibration
@pytest.mark.parametrize("noise", [1e6, 1e7, 1e8], ids=["misfit", "both", "noise"])
def test_joint_error_of_copper_covers(noise: float) -> None:
    """From noise far below the non-linearity to far above it: EMT copper follows no polynomial."""
    rng = np.random.default_rng(6)
    values = [cubic_chi2(rng, noise) for _ in range(500)]
    assert_covers(values, 3)
    assert np.mean(chi2.cdf(values, 3) < 0.68) < 0.99, "nor are they without limit"


@pytest.mark.calibration
@pytest.mark.parametrize("noise", [1e6, 3e7], ids=["misfit", "noise"])
def test_joint_error_of_21_constants_covers(noise: float) -> None:
    rng = np.random.default_rng(7)
    assert_covers([triclinic_chi2(rng, noise, 5e-3) for _ in range(500)], 21)
