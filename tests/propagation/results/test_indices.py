"""Indices of correlated coefficients: exact values, identities, another way to the same numbers; the export to chaospy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, permutations
from math import factorial
from pathlib import Path

import chaospy
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.files import read_result, write_result
from a2c_pybamm.propagation import (
    FirstOrder,
    PolynomialChaos,
    from_function,
    propagate,
    sensitivity_indices,
    to_chaospy,
)
from a2c_pybamm.propagation.germ_basis import GermBasis, total_degree
from a2c_pybamm.propagation.polynomial import read_expansion
from a2c_pybamm.propagation.results import indices
from a2c_pybamm.propagation.results.closed_variance import closed_variance, closed_variances, hermite_tensors

INDICES = ("kucherenko_first", "kucherenko_total", "shapley")
Function = Callable[[np.ndarray], np.ndarray]


def names_of(n: int) -> tuple[str, ...]:
    return tuple(f"c{k}" for k in range(n))


def joint_of(mean: object, covariance: object) -> Joint:
    mean = np.asarray(mean, float)
    return Joint([Estimate.from_covariance(names_of(len(mean)), mean, np.asarray(covariance, float), source="data")])


def chaos(function: Function, joint: Joint, order: int = 2) -> xr.Dataset:
    return propagate(from_function(function, joint.names), joint, PolynomialChaos(order), rng=np.random.default_rng(0))


def table(found: xr.Dataset) -> np.ndarray:
    return np.array([found[name].values for name in INDICES])


def quadratic_closed_variance(b: np.ndarray, h: np.ndarray, cov: np.ndarray, u: list[int]) -> float:
    """Var E[b·d + ½ dᵀh d | d_u] of normal d, bᵀCb + ½ tr (hC)² with C the covariance of E[d | d_u]: by regression, no germ."""
    cross = cov[:, u]
    known = cross @ np.linalg.pinv(cov[np.ix_(u, u)], rcond=1e-9) @ cross.T
    bend = h @ known
    return float(b @ known @ b + np.trace(bend @ bend) / 2)


def shapley_by_orders(value: Callable[[list[int]], float], n: int) -> np.ndarray:
    """The definition: what each adds on arrival, averaged over all orders of arrival."""
    effect = np.zeros(n)
    for order in permutations(range(n)):
        for k, player in enumerate(order):
            effect[player] += value(sorted(order[: k + 1])) - value(sorted(order[:k]))
    return effect / factorial(n)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_correlated_linear_sum_of_three(order: int) -> None:
    """Y = X1 + X2 + X3, σ3 = 2, ρ23 = 0.5."""
    joint = joint_of([1, 2, 3], [[1, 0, 0], [0, 1, 1], [0, 1, 4]])
    found = sensitivity_indices(chaos(lambda s: s.sum(axis=1), joint, order), "output")
    np.testing.assert_allclose(found.kucherenko_first, [0.125, 0.5, 0.78125], atol=1e-10)
    np.testing.assert_allclose(found.kucherenko_total, [0.125, 0.09375, 0.375], atol=1e-10)
    np.testing.assert_allclose(found.shapley, [0.125, 0.296875, 0.578125], atol=1e-10)
    assert found.variance == pytest.approx(8, rel=1e-10)


@pytest.mark.parametrize(
    ("correlation", "std", "first", "total", "shapley"),
    [
        (-0.8, 17.1, (0.92, 0.88), (0.12, 0.08), (0.52, 0.48)),
        (0.0, 12.8, (0.61, 0.39), (0.61, 0.39), (0.61, 0.39)),
        (0.8, 6.0, (0.36, 0.00), (1.00, 0.64), (0.68, 0.32)),
    ],
)
def test_two_correlated_coefficients_as_in_the_documentation(
    correlation: float, std: float, first: tuple[float, ...], total: tuple[float, ...], shapley: tuple[float, ...]
) -> None:
    """By hand, with a and b the moves by one standard deviation: S = (a + ρb)²/V, S_T = (1 − ρ²)a²/V, Shapley their mean."""
    joint = joint_of([-32.0, 0.3], [[0.04, correlation * 0.004], [correlation * 0.004, 0.0004]])
    found = sensitivity_indices(chaos(lambda s: 3.8 + 0.05 * (s[:, 0] + 32) - 0.4 * (s[:, 1] - 0.3), joint), "output")
    move, other = np.array([10.0, -8.0]), np.array([-8.0, 10.0])
    var = move @ (move + correlation * other)
    np.testing.assert_allclose(found.kucherenko_first, (move + correlation * other) ** 2 / var, atol=1e-10)
    np.testing.assert_allclose(found.kucherenko_total, (1 - correlation**2) * move**2 / var, atol=1e-10)
    np.testing.assert_array_equal(table(found).round(2), [first, total, shapley])
    assert 1e3 * np.sqrt(float(found.variance)) == pytest.approx(std, abs=0.05)


def test_portfolio_of_kucherenko_tarantola_annoni() -> None:
    """Comput. Phys. Commun. 183 (2012) 937: x1 x3 + x2 x4, both pairs correlated; published digits."""
    covariance = [[16, 2.4, 0, 0], [2.4, 4, 0, 0], [0, 0, 4e4, -1.8e4], [0, 0, -1.8e4, 9e4]]
    result = chaos(lambda s: s[:, 0] * s[:, 2] + s[:, 1] * s[:, 3], joint_of([0, 0, 250, 400], covariance))
    found = sensitivity_indices(result, "output")
    assert found.variance == pytest.approx(3033600, rel=1e-9)
    np.testing.assert_allclose(found.kucherenko_first, [0.50686, 0.39887, 0, 0], atol=5.1e-6)
    np.testing.assert_allclose(found.kucherenko_total, [0.49196, 0.29997, 0.19198, 0.10799], atol=5.1e-6)
    assert found.shapley.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.slow
@given(n=st.integers(1, 5), missing=st.integers(0, 2), seed=st.integers(0, 10**6))
def test_closed_variances_of_a_quadratic_are_those_by_regression(n: int, missing: int, seed: int) -> None:
    """Every subset, at any rank of the covariance, also with more germs than coefficients."""
    rng = np.random.default_rng(seed)
    n_germ = max(1, n + 1 - missing)
    factor = rng.standard_normal((n, n_germ)) * 10.0 ** rng.uniform(-4, 4, (n, 1))
    std = np.sqrt((factor**2).sum(axis=1))
    b, h = rng.standard_normal(n) / std, rng.standard_normal((n, n)) / np.outer(std, std)
    h = h + h.T
    basis = total_degree(("normal",) * n_germ, 2)
    germ = rng.standard_normal((3 * len(basis), n_germ))
    d = germ @ factor.T
    values = d @ b + np.einsum("ni,ij,nj->n", d, h, d) / 2
    coefficients = np.linalg.lstsq(basis.evaluate(germ), values, rcond=None)[0]
    tensors = hermite_tensors(basis, coefficients[:, None])
    # on the coefficients' own scale, or the regression above has a matrix of no precision
    unit = factor / std[:, None]
    value = [0.0] + [
        quadratic_closed_variance(b * std, h * np.outer(std, std), unit @ unit.T, [k for k in range(n) if s >> k & 1])
        for s in range(1, 2**n)
    ]
    np.testing.assert_allclose(closed_variances(tensors, factor[:, None])[:, 0], value, atol=1e-9 * value[-1])
    assert closed_variance(tensors, factor)[0] == pytest.approx((coefficients[1:] ** 2).sum(), rel=1e-8)


def test_all_three_indices_follow_their_definitions() -> None:
    rng = np.random.default_rng(3)
    root, b, h = rng.standard_normal((4, 4)), rng.standard_normal(4), rng.standard_normal((4, 4))
    cov, h = root @ root.T, h + h.T
    found = sensitivity_indices(
        chaos(lambda d: d @ b + np.einsum("ni,ij,nj->n", d, h, d) / 2, joint_of(np.zeros(4), cov)), "output"
    )

    def value(u: list[int]) -> float:
        return quadratic_closed_variance(b, h, cov, u) if u else 0.0

    whole = value([0, 1, 2, 3])
    np.testing.assert_allclose(found.kucherenko_first, [value([k]) / whole for k in range(4)], atol=1e-10)
    others = [[j for j in range(4) if j != k] for k in range(4)]
    np.testing.assert_allclose(found.kucherenko_total, [1 - value(u) / whole for u in others], atol=1e-10)
    np.testing.assert_allclose(found.shapley, shapley_by_orders(value, 4) / whole, atol=1e-10)


def test_independent_coefficients_have_the_ordinary_sobol_indices() -> None:
    """Then an index is a sum of squares over terms, and Shapley parts each term evenly (Owen 2014, theorem 1)."""
    joint = joint_of([0, 1, 2, 3], np.diag([1, 4, 0.25, 0.01]))
    result = chaos(lambda s: s[:, 0] * (s[:, 1] * s[:, 2] + s[:, 3] ** 2), joint, 3)
    found = sensitivity_indices(result, "output")
    # which germ is which coefficient's is up to the joint
    germ_of = np.abs(result["expansion"]["germ_factor"].values).argmax(axis=1)
    polynomials = result["expansion/chaos of order 3"]
    held = polynomials["exponent"].values[:, germ_of] > 0
    square = polynomials["output"].values[1:] ** 2
    square = square / square.sum()
    held = held[1:]
    alone = held.sum(axis=1) == 1
    np.testing.assert_allclose(found.kucherenko_first, square @ (held & alone[:, None]), atol=1e-12)
    np.testing.assert_allclose(found.kucherenko_total, square @ held, atol=1e-12)
    np.testing.assert_allclose(found.shapley, square @ (held / held.sum(axis=1, keepdims=True)), atol=1e-12)
    # by hand: Var y = E (c1 c2 + c3²)², E[y|c0] = (2 + 9.01) c0, E Var[y|all but c1] = E c0² c2² · 4
    var = 5 * 4.25 + 2 * 2 * 9.01 + 81 + 6 * 9 * 0.01 + 3 * 0.01**2
    np.testing.assert_allclose(found.kucherenko_first, [11.01**2 / var, 0, 0, 0], atol=1e-12)
    assert found.kucherenko_total[1] == pytest.approx(4.25 * 4 / var, abs=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_any_whitening_gives_the_same_indices(order: int) -> None:
    """The same points in a turned germ: the same polynomial, other coefficients, equal closed variances (total degree)."""
    rng = np.random.default_rng(order)
    n = 4
    factor = rng.standard_normal((5, n))  # five coefficients in four dimensions
    turn = np.linalg.qr(rng.standard_normal((n, n)))[0]
    basis = total_degree(("normal",) * n, order)
    germ = rng.standard_normal((3 * len(basis), n))
    x = germ @ factor.T
    values = np.column_stack([np.exp(0.3 * x[:, 0]) * x[:, 1], np.abs(x[:, 2] + x[:, 3])])  # no polynomials
    closed = []
    for z, root in [(germ, factor), (germ @ turn, factor @ turn)]:
        coefficients = np.linalg.lstsq(basis.evaluate(z), values, rcond=None)[0]
        closed.append(closed_variances(hermite_tensors(basis, coefficients), root[:, None]))
    np.testing.assert_allclose(closed[0] / closed[0][-1], closed[1] / closed[1][-1], atol=1e-10)


def test_tensors_keep_the_variance_and_bear_missing_terms() -> None:
    """Σ k!‖T_k‖² = Σ c², for a basis with holes as well; and they are symmetric."""
    rng = np.random.default_rng(0)
    full = total_degree(("normal",) * 3, 4)
    basis = GermBasis(full.families, full.exponents[rng.random(len(full)) < 0.6])
    coefficients = rng.standard_normal((len(basis), 2))
    coefficients[basis.exponents.sum(axis=1) == 0] = 0
    tensors = hermite_tensors(basis, coefficients)
    norm = sum(factorial(k) * (t.reshape(-1, 2) ** 2).sum(axis=0) for k, t in enumerate(tensors, start=1))
    np.testing.assert_allclose(norm, (coefficients**2).sum(axis=0), rtol=1e-13)
    np.testing.assert_array_equal(tensors[2], tensors[2].transpose(2, 0, 1, 3))


def test_coefficients_that_are_functions_of_each_other() -> None:
    """c1 = 2 c0 and c2 = c0 + c3: knowing one is knowing the other, nobody is needed, twins share alike."""
    root = np.array([[1.0, 0.0], [2.0, 0.0], [1.0, 0.5], [0.0, 0.5]])
    result = chaos(lambda s: s[:, 0] + s[:, 2] ** 2, joint_of(np.zeros(4), root @ root.T))
    assert result["expansion"].sizes["germ"] == 2
    found = sensitivity_indices(result, "output")
    np.testing.assert_allclose(found.kucherenko_total, 0, atol=1e-10)
    assert found.kucherenko_first[0] == pytest.approx(float(found.kucherenko_first[1]), abs=1e-10)
    assert found.shapley[0] == pytest.approx(float(found.shapley[1]), abs=1e-10)
    assert found.shapley.sum() == pytest.approx(1, abs=1e-12)

    def value(u: list[int]) -> float:
        return quadratic_closed_variance(np.array([1.0, 0, 0, 0]), np.diag([0, 0, 2.0, 0]), root @ root.T, u) if u else 0.0

    np.testing.assert_allclose(found.shapley, shapley_by_orders(value, 4) / value([0, 1, 2, 3]), atol=1e-8)


def test_twin_in_an_interaction_has_only_a_shapley_effect() -> None:
    """Of y = x z, x with a twin: neither alone nor missing is a twin noticed; z comes after one of them in 2/3 of orders."""
    joint = joint_of(np.zeros(3), [[1, 1, 0], [1, 1, 0], [0, 0, 1]])
    found = sensitivity_indices(chaos(lambda s: s[:, 0] * s[:, 2], joint), "output")
    np.testing.assert_allclose(table(found), [[0, 0, 0], [0, 0, 1], [1 / 6, 1 / 6, 2 / 3]], atol=1e-10)


def test_two_sources_of_one_coefficient_make_one_player() -> None:
    """Two germs, one coefficient: both germs are its error, and a coefficient without error gets nothing."""
    own = Estimate.from_covariance(("c0", "c1"), [0, 5], [[1, 0], [0, 0]], source="data")
    joint = Joint([own.add_source("form", Factor(np.array([[0.5], [0.0]]), ("offset",)))])
    found = sensitivity_indices(chaos(lambda s: s[:, 0] + s[:, 0] ** 2 + 3 * s[:, 1], joint), "output")
    np.testing.assert_allclose(table(found), [[1, 0]] * 3, atol=1e-10)
    assert found.variance == pytest.approx(1.25 + 2 * 1.25**2, rel=1e-9)


def test_groups_are_players() -> None:
    root = np.random.default_rng(1).standard_normal((5, 5))
    result = chaos(lambda s: s[:, 0] * s[:, 1] + s[:, 2] - s[:, 3] * s[:, 4], joint_of(np.arange(5), root @ root.T))
    single = sensitivity_indices(result, "output")
    alone = sensitivity_indices(result, "output", groups={name: [name] for name in names_of(5)})
    np.testing.assert_allclose(table(alone), table(single), atol=1e-12)
    assert alone.shapley.dims == ("group",)
    two = sensitivity_indices(result, "output", groups={"a": ["c0", "c1"], "b": ["c4", "c2", "c3"]})
    assert two.group.values.tolist() == ["a", "b"]
    np.testing.assert_allclose(two.kucherenko_first + two.kucherenko_total[::-1].values, 1, atol=1e-12)
    np.testing.assert_allclose(two.shapley, (two.kucherenko_first + two.kucherenko_total) / 2, atol=1e-12)
    one = sensitivity_indices(result, "output", groups={"all": list(names_of(5))})
    np.testing.assert_allclose(table(one), 1, atol=1e-12)


def curve(samples: np.ndarray) -> np.ndarray:
    """An output on an axis: certain at first, cut off in some samples at the end."""
    t = np.linspace(0, 1, 7)
    values = 3.7 + t * samples[:, :1] + t**2 * samples[:, :1] * samples[:, 1:2]
    values[samples[:, 0] > 0.5, -1] = np.nan
    return values


def test_output_on_an_axis_is_its_elements_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    joint = joint_of(np.zeros(2), [[1, 0.6], [0.6, 1]])
    result = chaos(curve, joint)
    found = sensitivity_indices(result, "output")
    assert found.shapley.dims == ("coefficient", "output index")
    assert found.q2.dims == found.variance.dims == ("output index",)
    np.testing.assert_array_equal(table(found)[:, :, 0], 0)  # no error, no share
    assert np.isnan(table(found)[:, :, -1]).all()
    monkeypatch.setattr(indices, "ENTRIES_AT_ONCE", 8)  # two elements at a time
    xr.testing.assert_allclose(sensitivity_indices(result, "output"), found, rtol=1e-12)
    for k in range(1, 6):
        own = sensitivity_indices(chaos(lambda s, k=k: curve(s)[:, k], joint), "output")
        np.testing.assert_allclose(table(found)[:, :, k], table(own), atol=1e-10)


@pytest.mark.slow
def test_indices_of_a_file_are_identical(tmp_path: Path) -> None:
    result = chaos(curve, joint_of(np.zeros(2), [[1, 0.6], [0.6, 1]]))
    read = read_result(write_result(tmp_path / "result.nc", result))
    xr.testing.assert_identical(sensitivity_indices(read, "output"), sensitivity_indices(result, "output"))
    assert to_chaospy(read, "output")[0].shape == (7,)
    found = sensitivity_indices(result, "output")
    found.to_netcdf(tmp_path / "indices.nc", engine="h5netcdf")
    assert found.attrs["approach"] == "chaos of order 2"
    assert found.attrs["lowest_q2"] == pytest.approx(1, abs=1e-9)
    assert "Kucherenko, Tarantola, Annoni 2012" in found.attrs["references"]
    assert "Owen 2014" in found.attrs["references"]
    assert "Song, Nelson, Staum 2016" in found.attrs["references"]


def test_expansion_is_kept_and_gives_the_moments() -> None:
    joint = joint_of([1, 2], [[1, 0.6], [0.6, 1]])
    model = from_function(lambda s: np.exp(0.3 * s[:, 0]) * s[:, 1], joint.names, outputs={"V": "V"})
    result = propagate(model, joint, FirstOrder(), PolynomialChaos(3), PolynomialChaos(2), rng=np.random.default_rng(0))
    assert list(result["expansion"].children) == ["chaos of order 3", "chaos of order 2"]
    for label, n_term in (("chaos of order 3", 10), ("chaos of order 2", 6)):
        values, chosen = result["expansion"][label]["V"], result["V"].to_dataset().sel(approach=label)
        assert values.dims == ("term",)
        assert values.size == n_term
        assert values.attrs["units"] == "V"
        assert values[0] == chosen["mean"]
        assert (values[1:] ** 2).sum() == pytest.approx(float(chosen["var"]), rel=1e-12)
        assert sensitivity_indices(result, "V", approach=label).attrs["approach"] == label
    assert sensitivity_indices(result, "V").attrs["approach"] == "chaos of order 2"  # the last one given
    factor = result["expansion"]["germ_factor"].values
    np.testing.assert_allclose(factor @ factor.T, joint.covariance, rtol=1e-12)
    np.testing.assert_array_equal(result["expansion"]["coefficient_mean"], joint.mean)
    assert set(result["expansion"]["germ_source"].values) == {"data"}
    plain = propagate(model, joint, FirstOrder(), rng=np.random.default_rng(0))
    assert "expansion" not in plain.children


@pytest.mark.slow
@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("uniform", [False, True])
def test_chaospy_evaluates_the_exported_polynomial_to_the_same(order: int, uniform: bool) -> None:
    """Against our own evaluation, the model where it is a polynomial, and chaospy's moments against ours."""
    own = Estimate.from_covariance(("a", "b"), [1, 2], [[1, 0.6], [0.6, 1]], source="data")
    factor = Factor(np.array([[0.3], [0.2]]), ("w",), "uniform" if uniform else "normal")
    joint = Joint([own, Estimate(("c", "d"), np.zeros(2), {"range": factor})])
    t = np.arange(3)
    model = from_function(lambda s: s[:, :1] + t * s[:, 1:2] ** order + s[:, 2:3] ** order, ("a", "b", "c"))
    result = propagate(model, joint, PolynomialChaos(order), rng=np.random.default_rng(0))
    polynomial, germ = to_chaospy(result, "output")
    z = germ.sample(200, seed=1)
    expansion = read_expansion(result, "output", what="test")
    np.testing.assert_allclose(polynomial(*z), expansion.evaluate(z.T).T, rtol=1e-10, atol=1e-10)
    x = result["expansion"]["coefficient_mean"].values + z.T @ result["expansion"]["germ_factor"].values.T
    np.testing.assert_allclose(polynomial(*z).T, model.solve(x).output.values, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(chaospy.E(polynomial, germ), result["output"]["mean"][0], rtol=1e-9)
    np.testing.assert_allclose(chaospy.Var(polynomial, germ), result["output"]["var"][0], rtol=1e-8)
    assert isinstance(germ[2], chaospy.Uniform if uniform else chaospy.Normal)


def test_exported_polynomial_takes_every_germ() -> None:
    """Also one that it does not depend on; else chaospy would take the next germ for it."""
    result = chaos(lambda s: s[:, 0] ** 2, joint_of(np.zeros(3), np.eye(3)))
    node = result["expansion/chaos of order 2"]
    node["output"] = node["output"].where((node["exponent"].isel(germ=[0, 2]) == 0).all("germ"), 0.0)
    polynomial, germ = to_chaospy(result, "output")
    z = germ.sample(5, seed=1)
    expected = read_expansion(result, "output", what="test").evaluate(z.T)
    assert polynomial.names == ("q0", "q1", "q2")
    np.testing.assert_allclose(polynomial(*z), expected, rtol=1e-12, atol=1e-12)


def cubic(s: np.ndarray) -> np.ndarray:
    return s[:, 0] + 0.5 * s[:, 0] * s[:, 1] - 0.3 * s[:, 1] * s[:, 2] ** 2 + 0.1 * s[:, 0] ** 3


def test_nonlinear_correlated_example_by_two_loops() -> None:
    """The definition by brute force: each x_u drawn once, the rest twice given x_u; the two outputs' covariance is V_u.

    Standard errors are 0.2 to 0.5 % of the variance, so a closed variance wrong by 2 % of the variance is seen.
    """
    cov = np.array([[1.0, 0.7, -0.2], [0.7, 1.5, 0.3], [-0.2, 0.3, 0.8]])
    result = chaos(cubic, joint_of(np.zeros(3), cov), 3)
    expansion = read_expansion(result, "output", what="test")
    tensors = hermite_tensors(expansion.basis, expansion.flat())
    rng = np.random.default_rng(5)
    n = 400_000
    for u in [list(c) for size in (1, 2) for c in combinations(range(3), size)]:
        rest = [k for k in range(3) if k not in u]
        slope = np.linalg.solve(cov[np.ix_(u, u)], cov[np.ix_(u, rest)])
        inner = np.linalg.cholesky(cov[np.ix_(rest, rest)] - cov[np.ix_(rest, u)] @ slope)
        known = rng.standard_normal((n, len(u))) @ np.linalg.cholesky(cov[np.ix_(u, u)]).T
        pair = []
        for _ in range(2):
            x = np.empty((n, 3))
            x[:, u], x[:, rest] = known, known @ slope + rng.standard_normal((n, len(rest))) @ inner.T
            pair.append(cubic(x) - float(result["output"]["mean"][0]))
        product = pair[0] * pair[1]
        found = closed_variance(tensors, expansion.factor.values[u])[0]
        print(
            u,
            product.std() / np.sqrt(n) / float(result["output"]["var"][0]),
            (product.mean() - found) / (product.std() / np.sqrt(n)),
        )
        assert product.std() / np.sqrt(n) < 0.005 * float(result["output"]["var"][0])
        assert abs(product.mean() - found) < 3.5 * product.std() / np.sqrt(n)


def test_refusals() -> None:
    joint = joint_of(np.zeros(3), np.eye(3))
    result = chaos(lambda s: s[:, 0] + s[:, 1], joint)
    with pytest.raises(ValueError, match="no polynomial of output 'V'; it has those of 'output'"):
        sensitivity_indices(result, "V")
    plain = propagate(from_function(cubic, joint.names), joint, FirstOrder(), rng=np.random.default_rng(0))
    for ask in (sensitivity_indices, to_chaospy):
        with pytest.raises(ValueError, match=r"no polynomial of output 'output'; run propagate with AdaptiveChaos\(\)"):
            ask(plain, "output")
    with pytest.raises(ValueError, match="'c7', which the model has not"):
        sensitivity_indices(result, "output", groups={"a": ["c0", "c7"]})
    with pytest.raises(ValueError, match="'c0' is in groups 'a' and 'b'; put it in one"):
        sensitivity_indices(result, "output", groups={"a": ["c0", "c1"], "b": ["c0", "c2"]})
    with pytest.raises(ValueError, match="'c1', 'c2' in no group"):
        sensitivity_indices(result, "output", groups={"a": ["c0"]})
    for empty in ("c0", []):
        with pytest.raises(ValueError, match="group 'a' is not a list of coefficients"):
            sensitivity_indices(result, "output", groups={"a": empty})
    uniform = Joint([joint.estimates[0].add_source("range", Factor(np.ones((3, 1)), ("w",), "uniform"))])
    with pytest.raises(ValueError, match=r"'range' is uniform.*shares by source"):
        sensitivity_indices(chaos(cubic, uniform), "output")
    both = propagate(from_function(cubic, joint.names), joint, FirstOrder(), PolynomialChaos(), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="'chaos of order 2', which was cut from the result"):
        sensitivity_indices(both.sel(approach="first order"), "output")
    chosen = sensitivity_indices(both.sel(approach="chaos of order 2"), "output")
    np.testing.assert_array_equal(table(chosen), table(sensitivity_indices(both, "output")))


def test_many_coefficients_need_groups() -> None:
    """A hundred coefficients without error are no players; thirteen with one are too many."""
    n = 13
    certain = Estimate(tuple(f"fixed{k}" for k in range(100)), np.ones(100), {})
    joint = Joint([Estimate.from_covariance(names_of(n), np.zeros(n), np.eye(n), source="data"), certain])
    model = from_function(lambda s: s.sum(axis=1), (*names_of(n), *certain.names))
    result = propagate(model, joint, PolynomialChaos(1), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"13 coefficients carry an error.*2\^13.*groups=.*at most 12"):
        sensitivity_indices(result, "output")
    with pytest.raises(ValueError, match=r"13 groups carry an error.*fewer groups"):
        sensitivity_indices(result, "output", groups={name: [name] for name in names_of(n)})
    halves = sensitivity_indices(result, "output", groups={"one": names_of(n)[:6], "other": names_of(n)[6:]})
    np.testing.assert_allclose(table(halves), [[6 / 13, 7 / 13]] * 3, atol=1e-10)
    few = propagate(
        from_function(lambda s: s.sum(axis=1), ("c3", *certain.names)), joint, PolynomialChaos(1), rng=np.random.default_rng(0)
    )
    assert table(sensitivity_indices(few, "output"))[:, 0] == pytest.approx(1)
    with pytest.raises(ValueError, match="used by the result itself"):
        propagate(from_function(cubic, names_of(3), outputs=("germ",)), joint, FirstOrder(), rng=np.random.default_rng(0))
