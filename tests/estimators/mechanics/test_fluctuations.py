"""Elastic constants from stress fluctuations: gases and fluids without shear modulus, soft crystals, and joint coverage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import binom, chi2

import a2c_pybamm as a2c
from a2c_pybamm.constants import BOLTZMANN
from a2c_pybamm.data import StrainedStresses, StressKind, StressSeries, voigt_tensors
from a2c_pybamm.estimators.mechanics.crystal_symmetry import elastic_form, point_group_rotations

KEPT = Path(__file__).parents[3] / "benchmarks/references"
VOLUME, TEMPERATURE, N = 1e-26, 300.0, 1000
SCALE = VOLUME / (BOLTZMANN * TEMPERATURE)
PRESSURE = N / SCALE
KINETIC = PRESSURE * np.diag([2, 2, 2, 1, 1, 1])
SHEAR = {"m-3m": np.array([[0.5, -0.5, 0.0], [0.0, 0.0, 1.0]])}


def series(stresses: np.ndarray, born: np.ndarray, kind: StressKind = StressKind.VIRIAL) -> StressSeries:
    return StressSeries(stresses, kind, 1e-14, TEMPERATURE, VOLUME, N, born, label="made")


def fitted(data: StressSeries, point_group: str | None = "m-3m", **settings: Any) -> a2c.Estimate:
    return a2c.fit_elastic_fluctuations(data, material="X", source="MD", point_group=point_group, **settings)


def test_ideal_gas_is_exact() -> None:
    """Second derivatives C11 = 2p, C12 = 0, C44 = p; after the pre-stress correction K = p and no shear modulus."""
    gas = series(np.zeros((1200, 6)), np.zeros((6, 6)))
    np.testing.assert_allclose(
        fitted(gas, coefficients=a2c.ElasticCoefficients.LAGRANGIAN).mean, PRESSURE * np.array([2, 0, 1])
    )
    B = fitted(gas)
    np.testing.assert_allclose(B.mean, PRESSURE * np.array([1, 1, 0]), atol=1e-12 * PRESSURE)
    np.testing.assert_allclose(fitted(gas, None).mean[[0, 1, 15]], PRESSURE * np.array([1, 1, 0]), atol=1e-12 * PRESSURE)


def test_total_stress_of_an_ideal_gas_needs_the_kinetic_term_twice() -> None:
    """Momenta drawn from Maxwell's distribution: the same constants within four errors, and far off as a virial stress."""
    momenta = np.random.default_rng(1).normal(size=(4000, 100, 3))
    tensor = -np.einsum("fni,fnj->fij", momenta, momenta) * BOLTZMANN * TEMPERATURE / VOLUME
    gas = replace(series(tensor, np.zeros((6, 6)), StressKind.TOTAL), n_atom=100)
    p = 100 / SCALE
    estimate = fitted(gas)
    assert (np.abs(estimate.mean - p * np.array([1, 1, 0])) < 4 * estimate.std + 1e-9 * p).all()
    assert estimate.std.max() < 0.2 * p
    wrong = fitted(replace(gas, kind=StressKind.VIRIAL), coefficients=a2c.ElasticCoefficients.LAGRANGIAN)
    assert abs(wrong.mean[0] - 2 * p) > 5 * wrong.std[0]


def kept_series(name: str) -> StressSeries:
    """Lennard-Jones run of 256 atoms with a smooth cut-off: ε = 1 J, σ = 1 m."""
    kept = np.load(KEPT / name)
    return StressSeries(
        stresses=kept["deviation"].astype(float) + kept["mean"],
        kind=StressKind.VIRIAL,
        interval=float(kept["interval"]),
        temperature=float(kept["temperature"]) / BOLTZMANN,
        volume=float(kept["volume"]),
        n_atom=int(kept["n_atom"]),
        born=kept["born"].astype(float),
        label="Lennard-Jones",
    )


@pytest.fixture(scope="module")
def fluid() -> StressSeries:
    """Four million steps of a dense fluid."""
    return kept_series("lennard_jones_stress.npz")


def test_lennard_jones_fluid_has_no_shear_modulus(fluid: StressSeries) -> None:
    estimate = fitted(fluid)
    G = np.array([0.2, -0.2, 0.6])
    value, std = G @ estimate.mean, np.sqrt(G @ estimate.covariance @ G)
    assert abs(value) < 0.1
    assert abs(value) < 2 * std
    assert std < 0.06
    parts = estimate.provenance["fit"]["parts [Pa]"]["C44"]
    assert parts["Born"] > 15, "alone, the Born term is that of a solid"
    bulk, direct = (estimate.mean[0] + 2 * estimate.mean[1]) / 3, 7.5
    assert abs(bulk - direct) < 0.5
    triclinic = fitted(fluid, None)
    shears = [triclinic.names.index(f"X {symbol} [Pa]") for symbol in ("C44", "C55", "C66")]
    assert (np.abs(triclinic.mean[shears]) < 4 * triclinic.std[shears]).all()


def test_fluctuations_of_a_crystal_are_its_mean_stresses_under_strain() -> None:
    """Lennard-Jones crystal at 0.3 ε and one atom per σ³: second moments of one run, first moments of four strained ones."""
    crystal, kept = kept_series("lennard_jones_solid.npz"), np.load(KEPT / "lennard_jones_solid.npz")
    pressure = crystal.n_atom * BOLTZMANN * crystal.temperature / crystal.volume
    strains, stresses = [], []
    for gradient, blocks in zip(kept["gradients"], kept["blocks"], strict=True):
        left, stretch, right = np.linalg.svd(gradient)
        total = voigt_tensors(blocks.mean(axis=0)) - pressure / np.linalg.det(gradient) * np.eye(3)
        strains.append(right.T @ np.diag(stretch) @ right - np.eye(3))
        stresses.append((left @ right).T @ total @ (left @ right))
    noise = kept["blocks"].std(axis=1, ddof=1) / np.sqrt(kept["blocks"].shape[1])
    data = StrainedStresses(np.array(strains), crystal.volume, np.array(stresses), label="Lennard-Jones")
    rms = float(np.sqrt(np.mean(noise**2)))
    by_strain = a2c.fit_elastic_tensor(data, material="X", source="strains", point_group="m-3m", noise_std=rms)
    by_fluctuations = fitted(crystal)
    distance = by_fluctuations.mean - by_strain.mean
    assert (np.abs(distance) < 3 * np.hypot(by_fluctuations.std, by_strain.std)).all()
    assert (np.abs(distance) < 0.01 * by_strain.mean).all()
    parts = by_fluctuations.provenance["fit"]["parts [Pa]"]["C11"]
    assert parts["fluctuation"] < -0.2 * by_strain.mean[0], "what is tested is no small term"


def test_fluctuations_halve_a_modulus_of_a_soft_conductor() -> None:
    r"""Ions on soft sites, coupled to shear: :math:`C = C^\mathrm{Born} - \Gamma^\mathsf{T}K^{-1}\Gamma/V`, 110 to 56 GPa."""
    rng = np.random.default_rng(2)
    born = np.diag([160.0, 160, 160, 110, 110, 110]) * 1e9 + 60e9 * np.pad(1 - np.eye(3), (0, 3))
    stiffness = rng.uniform(0.5, 2.0, size=12)  # eV/Å2, of twelve internal coordinates
    coupling = np.zeros((12, 6))
    coupling[:, 3:] = np.linalg.qr(rng.normal(size=(12, 3)))[0] * np.sqrt(54e9 * VOLUME) * np.sqrt(stiffness)[:, None]
    u = memory(rng, 20_000, 12, 8.0) * np.sqrt(BOLTZMANN * TEMPERATURE / stiffness)
    estimate = fitted(series(-u @ coupling / VOLUME, born))
    softened = coupling.T @ (coupling / stiffness[:, None]) / VOLUME
    exact = born - softened + KINETIC
    parts = estimate.provenance["fit"]["parts [Pa]"]["C44"]
    assert 0.45 < exact[3, 3] / born[3, 3] < 0.55
    assert abs(estimate.mean[2] - (exact[3, 3] - PRESSURE)) < 3 * estimate.std[2]
    assert estimate.std[2] < 0.03 * exact[3, 3]
    assert parts["Born"] == pytest.approx(110e9)
    assert parts["fluctuation"] == pytest.approx(-54e9, rel=0.1)
    assert estimate.mean[0] == pytest.approx(160e9 + PRESSURE, rel=1e-6), "longitudinal modulus is untouched"


def memory(rng: np.random.Generator, n: int, k: int, time: float) -> np.ndarray:
    """Series (n, k) of unit variance whose correlation decays exponentially in so many frames."""
    a = np.exp(-1 / time)
    start = int(10 * time) + 1
    return np.asarray(lfilter([np.sqrt(1 - a * a)], [1, -a], rng.standard_normal((n + start, k)), axis=0)[start:])


def two_times(rng: np.random.Generator, n: int, k: int, time: float) -> np.ndarray:
    """The same with two memories, one twelve times the other."""
    return np.sqrt(0.7) * memory(rng, n, k, time / 4) + np.sqrt(0.3) * memory(rng, n, k, 3 * time)


def chi2_of(rng: np.random.Generator, symbol: str, n: int, law: Any, time: float) -> float:
    """Joint chi-squared of all constants of a crystal whose stress is a Gaussian process."""
    form = elastic_form(point_group_rotations(symbol))
    root = np.random.default_rng(11).normal(size=(6, 6))
    spread = np.tensordot(np.einsum("cab,ab->c", form.averaging, root @ root.T + 2 * np.eye(6)), form.expansion, axes=1) * 1e10
    born = 3 * spread
    z = np.hstack([law(rng, n, 3, time), law(rng, n, 3, time / 2)])
    stresses = z @ np.linalg.cholesky(spread / SCALE).T
    terms = born + 0.02 * spread.mean() * (lambda e: e + e.transpose(0, 2, 1))(rng.normal(size=(100, 6, 6)))
    estimate = fitted(series(stresses, terms), symbol, coefficients="second derivatives of the energy by Green-Lagrange strain")
    truth = np.einsum("cab,ab->c", form.averaging, born + KINETIC - spread)
    d = estimate.mean - truth
    return float(d @ np.linalg.solve(estimate.covariance, d))


def assert_covers(values: list[float], degrees: int, slack: float) -> None:
    """Joint 68 and 95 % regions hold the truth as often, within binomial errors (three standard deviations) and a slack."""
    probability, n = chi2.cdf(values, degrees), len(values)
    for level in (0.68, 0.95):
        found = float(np.mean(probability < level))
        assert binom.ppf(0.0013, n, level) / n - slack <= found <= binom.ppf(0.9987, n, level) / n + slack, (level, found)


def test_joint_error_covers_quick() -> None:
    rng = np.random.default_rng(3)
    assert_covers([chi2_of(rng, "m-3m", 2000, memory, 4.0) for _ in range(40)], 3, 0.0)


@pytest.mark.calibration
@pytest.mark.parametrize("law", [memory, two_times], ids=["exponential", "two times"])
@pytest.mark.parametrize(("symbol", "n", "degrees"), [("m-3m", 3000, 3), ("-1", 6000, 21)])
def test_joint_error_of_all_constants_covers(symbol: str, n: int, degrees: int, law: Any) -> None:
    """500 series; 21 constants from 1200 to 1700 independent samples."""
    rng = np.random.default_rng(4)
    assert_covers([chi2_of(rng, symbol, n, law, 4.0) for _ in range(500)], degrees, 0.03)


def test_short_series_are_refused() -> None:
    rng = np.random.default_rng(0)
    short = series(memory(rng, 1500, 6, 4.0) * 1e8, np.eye(6) * 1e11)
    with pytest.raises(
        ValueError, match=r"independent samples in 1500 frames, 21 constants need 1050; run longer, or give the"
    ):
        fitted(short, None)
    assert len(fitted(short).names) == 3
    with pytest.raises(ValueError, match="4 blocks of the Born term for 3 constants"):
        fitted(replace(short, born=np.tile(np.eye(6) * 1e11, (4, 1, 1))))
    with pytest.raises(ValueError, match="20 frames are too few"):
        fitted(series(np.ones((20, 6)), np.eye(6)))


def test_isothermal_constants_become_adiabatic_ones() -> None:
    """Isotropic: the bulk modulus rises by T(3αK)²/c, the shear modulus stays; the error follows the Jacobian."""
    gas = series(np.zeros((200, 6)), np.diag([160.0, 160, 160, 50, 50, 50]) * 1e9 + 60e9 * np.pad(1 - np.eye(3), (0, 3)))
    isothermal = fitted(gas, coefficients="second derivatives of the energy by Green-Lagrange strain")
    thermal = {"material": "X", "temperature": 300.0, "expansion": 1e-5, "heat_capacity": 3e6}
    adiabatic = a2c.adiabatic_constants(isothermal, **thermal, relative_std=0.1, source="expansion (declared)")
    (C11, C12, C44), (A11, A12, A44) = isothermal.mean, adiabatic.mean
    K = (C11 + 2 * C12) / 3
    rise = 300 * (3 * 1e-5 * K) ** 2 / 3e6
    np.testing.assert_allclose([(A11 + 2 * A12) / 3 - K, A11 - A12, A44], [rise, C11 - C12, C44], rtol=1e-9)
    np.testing.assert_allclose(adiabatic.factors["expansion (declared)"].values[:, 0], 0.1 * (adiabatic.mean - isothermal.mean))
    tensor = a2c.adiabatic_constants(isothermal, **{**thermal, "expansion": 1e-5 * np.eye(3)}, relative_std=0, source="none")
    np.testing.assert_allclose(tensor.mean, adiabatic.mean)
    with pytest.raises(ValueError, match="are positive"):
        a2c.adiabatic_constants(isothermal, **{**thermal, "heat_capacity": 0.0}, relative_std=0, source="none")
