"""Moments and indices of functions whose exact values are known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from a2c_pybamm import (
    AdaptiveChaos,
    Estimate,
    FirstOrder,
    Joint,
    PolynomialChaos,
    from_function,
    propagate,
    sensitivity_indices,
)
from a2c_pybamm.estimate import Factor
from a2c_pybamm.propagation.polynomial import read_expansion
from tests.known_functions import BOREHOLE_MEAN, BOREHOLE_STD, ISHIGAMI_VARIANCE, borehole, ishigami


def uniform_joint(n: int) -> Joint:
    """Independent germs, uniform on ±√3, each its own source."""
    factors = {f"x{k}": Factor(np.ones((1, 1)), (f"x{k}",), "uniform") for k in range(n)}
    return Joint([Estimate((name,), np.zeros(1), {name: factor}) for name, factor in factors.items()])


def unit(x: np.ndarray) -> np.ndarray:
    """Germs on ±√3 as numbers between 0 and 1."""
    return (x / np.sqrt(3) + 1) / 2


def chaos_of(function, joint: Joint, method) -> xr.DataTree:  # type: ignore[no-untyped-def]
    return propagate(from_function(function, joint.names), joint, method, rng=np.random.default_rng(3)).isel(approach=0)


def total_index(result: xr.DataTree, germ: int) -> float:
    """Sobol' total index of one germ from the polynomial: all terms that it is in."""
    expansion = read_expansion(result, "output", what="test")
    square = expansion.flat()[:, 0] ** 2
    inside = expansion.basis.exponents[:, germ] > 0
    return float(square[inside].sum() / square[1:].sum())


def test_sobol_g() -> None:
    """Sobol', Math. Comput. Simul. 55 (2001) 271: Π(1 + V_i) − 1 with V_i = 1/[3(1 + a_i)²]. Its kinks make chaos slow."""
    a = np.array([0, 1, 4.5, 9])
    parts = 1 / (3 * (1 + a) ** 2)

    def g(x: np.ndarray) -> np.ndarray:
        return np.prod((np.abs(4 * unit(x) - 2) + a) / (1 + a), axis=1)

    exact = np.prod(1 + parts) - 1
    result = chaos_of(g, uniform_joint(4), PolynomialChaos(10))
    assert float(result["output"]["mean"]) == pytest.approx(1, abs=5e-3)
    # |x| is known to 1 % of its variance by Legendre polynomials of degree 10
    assert float(result["output"]["var"]) == pytest.approx(exact, rel=0.02)
    np.testing.assert_allclose(result["output"]["share"].values, parts / exact, atol=0.01)


def test_ishigami_indices() -> None:
    """Ishigami and Homma (1990): S = 0.3139, 0.4424, 0 and totals 0.5576, 0.4424, 0.2437 for (7, 0.1)."""
    result = chaos_of(ishigami, uniform_joint(3), PolynomialChaos(12))
    assert float(result["output"]["var"]) == pytest.approx(ISHIGAMI_VARIANCE, rel=1e-4)
    first = 0.5 * (1 + np.pi**4 / 50) ** 2, 49 / 8, 0.0
    np.testing.assert_allclose(result["output"]["share"].values, np.array(first) / ISHIGAMI_VARIANCE, atol=1e-4)
    cross = 0.01 * np.pi**8 * (1 / 18 - 1 / 50)
    totals = np.array([first[0] + cross, first[1], cross]) / ISHIGAMI_VARIANCE
    np.testing.assert_allclose([total_index(result, k) for k in range(3)], totals, atol=1e-4)


def test_borehole() -> None:
    """Total index of the radius 0.694129; adaptive chaos within three of its stated errors."""
    normal = [Estimate((f"n{k}",), np.zeros(1), {f"n{k}": Factor(np.ones((1, 1)), (f"n{k}",))}) for k in range(2)]
    joint = Joint([*normal, *uniform_joint(6).estimates])
    result = chaos_of(borehole, joint, PolynomialChaos(3))
    assert float(result["output"]["mean"]) == pytest.approx(BOREHOLE_MEAN, rel=1e-4)
    assert float(result["output"]["std"]) == pytest.approx(BOREHOLE_STD, rel=1e-3)
    assert total_index(result, 0) == pytest.approx(0.694129, abs=2e-3)
    adaptive = chaos_of(borehole, joint, AdaptiveChaos(1e-9, 100))
    assert float(adaptive["output"]["std"]) == pytest.approx(BOREHOLE_STD, rel=3 * float(adaptive["output"]["error"]))
    assert float(adaptive["output"]["error"]) < 0.01


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.8])
def test_exponential_of_correlated_normals(rho: float) -> None:
    """exp(θ₁ + θ₂) is lognormal: mean e^{m + s²/2}, variance (e^{s²} − 1) e^{2m + s²} with s² = σ₁² + σ₂² + 2ρσ₁σ₂.

    First-order index of θ₁ alone: Var E[y|θ₁]/Var y = (e^{b²} − 1)/(e^{s²} − 1) with b = σ₁ + ρσ₂. Whitened by two roots.
    """
    sigma, mean = np.array([0.3, 0.2]), np.array([0.1, -0.4])
    covariance = np.outer(sigma, sigma) * np.array([[1, rho], [rho, 1]])
    s2 = covariance.sum()
    exact_mean, exact_var = np.exp(mean.sum() + s2 / 2), np.expm1(s2) * np.exp(2 * mean.sum() + s2)
    names, turn = ("a", "b"), np.array([[0.6, -0.8], [0.8, 0.6]])
    firsts = []
    for root in (np.linalg.cholesky(covariance), np.linalg.cholesky(covariance) @ turn):
        joint = Joint([Estimate(names, mean, {"s": Factor(root, ("1", "2"))})])
        result = chaos_of(lambda x: np.exp(x.sum(axis=1)), joint, PolynomialChaos(9, oversampling=3))
        assert float(result["output"]["mean"]) == pytest.approx(exact_mean, rel=1e-6)
        assert float(result["output"]["var"]) == pytest.approx(exact_var, rel=1e-5)
        firsts.append(sensitivity_indices(result, "output")["kucherenko_first"].values)
    np.testing.assert_allclose(firsts[0], firsts[1], atol=1e-6)
    known = [np.expm1((sigma[k] + rho * sigma[1 - k]) ** 2) / np.expm1(s2) for k in range(2)]
    np.testing.assert_allclose(firsts[0], known, atol=1e-5)


def test_first_order_quantiles_of_a_line_are_normal() -> None:
    joint = Joint([Estimate.from_covariance(("a", "b"), [1.0, 2.0], [[0.04, 0.01], [0.01, 0.09]], source="s")])
    result = chaos_of(lambda x: x[:, 0] - 2 * x[:, 1], joint, FirstOrder())
    std = np.sqrt(0.04 + 4 * 0.09 - 4 * 0.01)
    np.testing.assert_allclose(result["output"]["quantile"], -3 + std * norm.ppf(result["level"]), rtol=1e-9)
