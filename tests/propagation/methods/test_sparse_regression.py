"""Sparse least squares: the paths, the leave-one-out error without refits, and what it recovers from few solves."""

import chaospy
import numpy as np
import pytest

from a2c_pybamm.propagation.germ_basis import germ_distribution, hyperbolic, sobol_germ, total_degree
from a2c_pybamm.propagation.methods.sparse_regression import PATIENCE, _Columns, _follow, sparse_fit

PATHS = "lars", "omp"
ISHIGAMI_VARIANCE = 13.844587940719254
BOREHOLE_STD = 28.5958504408


def design(n: int, families: tuple[str, ...], order: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Germs, and the terms of total degree at them."""
    basis = total_degree(families, order)  # type: ignore[arg-type]
    germ = sobol_germ(n, basis.families, np.random.default_rng(seed))
    return germ, basis.evaluate(germ)


def ishigami(germ: np.ndarray) -> np.ndarray:
    """The usual a = 7, b = 0.1, of germs uniform on ±√3 stretched to ±π."""
    x = germ * np.pi / np.sqrt(3)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def borehole(germ: np.ndarray) -> np.ndarray:
    """Flow through a borehole; radius normal, radius of influence lognormal, six uniform inputs."""
    rw, r = 0.10 + 0.0161812 * germ[:, 0], np.exp(7.71 + 1.0056 * germ[:, 1])
    low = np.array([63070, 990, 63.1, 700, 1120, 9855])
    high = np.array([115600, 1110, 116, 820, 1680, 12045])
    tu, hu, tl, hl, length, kw = ((low + high) / 2 + (high - low) / 2 * germ[:, 2:] / np.sqrt(3)).T
    log = np.log(r / rw)
    return 2 * np.pi * tu * (hu - hl) / (log * (1 + 2 * length * tu / (log * rw**2 * kw) + tu / tl))


def textbook_lars(unit: np.ndarray, y: np.ndarray, n_step: int) -> list[int]:
    """Order of entry by the equiangular vector of each active set (Efron et al., eqs. 2.5, 2.6 and 2.13)."""
    fit = np.zeros_like(y)
    active = [int(np.argmax(np.abs(unit.T @ y)))]
    while len(active) < n_step:
        c = unit.T @ (y - fit)
        level = np.abs(c).max()
        np.testing.assert_allclose(np.abs(c[active]), level, rtol=1e-9)
        signed = unit[:, active] * np.sign(c[active])
        w = np.linalg.solve(signed.T @ signed, np.ones(len(active)))
        scale = 1 / np.sqrt(w.sum())
        equiangular = signed @ (scale * w)
        a = unit.T @ equiangular
        steps = {
            j: min(g for g in ((level - c[j]) / (scale - a[j]), (level + c[j]) / (scale + a[j])) if g > 0)
            for j in range(unit.shape[1])
            if j not in active
        }
        j = min(steps, key=steps.__getitem__)
        fit = fit + steps[j] * equiangular
        active.append(j)
    return active


@pytest.mark.parametrize("n", [40, 61])
def test_least_angle_path_is_the_textbooks(n: int) -> None:
    germ, terms = design(n, ("normal",) * 5, 3)
    y = np.exp(0.4 * germ.sum(axis=1)) + germ[:, 0] ** 3
    columns = _Columns.of(terms[:, 1:])
    order = _follow(columns, y, "lars").entered.order
    assert len(order) > PATIENCE
    assert order == textbook_lars(columns.unit, y - y.mean(), len(order))


def test_matching_pursuit_takes_the_largest_correlation_with_the_residual() -> None:
    germ, terms = design(50, ("uniform",) * 4, 4)
    y = 1 / (1.5 + germ @ [0.3, 0.2, 0.1, 0.05])
    columns = _Columns.of(terms[:, 1:])
    order = _follow(columns, y, "omp").entered.order
    assert len(order) > PATIENCE
    for m, j in enumerate(order):
        active = terms[:, [0, *(k + 1 for k in order[:m])]]
        residual = y - active @ np.linalg.lstsq(active, y, rcond=None)[0]
        assert j == np.argmax(np.abs(columns.unit.T @ residual))


@pytest.mark.parametrize("path", PATHS)
def test_leave_one_out_equals_explicit_refits_on_every_nested_set(path: str) -> None:
    n = 31
    germ, terms = design(n, ("normal", "normal", "uniform"), 4)
    y = np.exp(0.5 * germ[:, 0]) * (2 + germ[:, 2])
    followed = _follow(_Columns.of(terms[:, 1:]), y, path)  # type: ignore[arg-type]
    variance = np.mean((y - y.mean()) ** 2)
    assert len(followed.errors) > PATIENCE
    for m, error in enumerate(followed.errors):
        active = terms[:, [0, *(k + 1 for k in followed.entered.order[:m])]]
        missed = []
        for i in range(n):
            others = np.arange(n) != i
            coefficients = np.linalg.lstsq(active[others], y[others], rcond=None)[0]
            missed.append(y[i] - active[i] @ coefficients)
        correction = n / (n - m - 1) * (1 + np.trace(np.linalg.inv(active.T @ active)))
        np.testing.assert_allclose(error, np.mean(np.square(missed)) / variance * correction, rtol=1e-9)
        fitted = np.linalg.lstsq(active, y, rcond=None)[0]
        found = followed.coefficients(m)[[0, *(k + 1 for k in followed.entered.order[:m])]]
        np.testing.assert_allclose(found, fitted, rtol=1e-10, atol=1e-10 * np.abs(fitted).max())


@pytest.mark.parametrize(("path", "n_kept", "least"), [("lars", 1, 100), ("omp", 1, 100), ("lars", 3, 99), ("omp", 3, 94)])
def test_sparse_polynomial_comes_back_from_fewer_solves_than_terms(path: str, n_kept: int, least: int) -> None:
    """Of a hundred polynomials with coefficients of every scale; greedy paths promise likely, not certain, recovery."""
    recovered = 0
    for seed in range(100):
        _, terms = design(45, ("normal", "uniform", "normal", "uniform"), 4, seed)
        rng = np.random.default_rng(seed)
        scale = 10.0 ** rng.integers(-6, 7)
        truth = np.zeros(terms.shape[1])
        place = rng.choice(len(truth), n_kept, replace=False)
        truth[place] = scale * rng.choice([-1, 1], n_kept) * rng.uniform(0.5, 2, n_kept)
        fit = sparse_fit(terms, terms @ truth[:, None], path=path)  # type: ignore[arg-type]
        recovered += bool(np.abs(fit.coefficients[:, 0] - truth).max() < 1e-9 * scale and fit.leave_one_out[0] < 1e-20)
    assert terms.shape[1] == 70
    assert recovered >= least


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_scale_and_offset_of_values_do_nothing_else(path: str, scale: float) -> None:
    germ, terms = design(40, ("normal",) * 3, 4)
    y = np.exp(0.5 * germ @ [1.0, 0.5, 0.2])[:, None]
    plain = sparse_fit(terms, y, path=path)  # type: ignore[arg-type]
    moved = sparse_fit(terms, scale * (y + 7.0), path=path)  # type: ignore[arg-type]
    plain.coefficients[0] += 7.0
    np.testing.assert_array_equal(moved.n_active, plain.n_active)
    np.testing.assert_allclose(moved.coefficients, scale * plain.coefficients, rtol=1e-9, atol=1e-12 * scale)
    np.testing.assert_allclose(moved.leave_one_out, plain.leave_one_out, rtol=1e-9)


@pytest.mark.parametrize("path", PATHS)
def test_outputs_that_do_not_vary_and_outputs_of_round_off(path: str) -> None:
    _, terms = design(20, ("normal",) * 2, 3)
    rng = np.random.default_rng(0)
    values = np.column_stack([np.zeros(20), np.full(20, 3.7), 4.0 + 1e-15 * rng.standard_normal(20)])
    fit = sparse_fit(terms, values, path=path)  # type: ignore[arg-type]
    np.testing.assert_allclose(fit.coefficients[0], [0.0, 3.7, 4.0])
    assert not fit.coefficients[1:].any()
    np.testing.assert_array_equal(fit.n_active, 1)
    np.testing.assert_array_equal(fit.leave_one_out, 0)


@pytest.mark.parametrize("path", PATHS)
def test_twin_and_constant_terms_enter_never(path: str) -> None:
    """A twin of an entered term, a term in the span of two, and one that is constant on the design."""
    germ, terms = design(30, ("normal",) * 2, 3)
    n_term = terms.shape[1]
    worse = np.column_stack([terms, terms[:, 1], -2 * terms[:, 2], terms[:, 1] + terms[:, 2], np.full(30, 5.0)])
    y = np.column_stack([np.exp(germ @ [0.5, 0.4]), germ @ [1.0, 2.0]])
    fit = sparse_fit(worse, y, path=path)  # type: ignore[arg-type]
    assert np.isfinite(fit.coefficients).all()
    assert not fit.coefficients[n_term + 3].any()
    active = fit.coefficients[:, 0] != 0
    assert np.linalg.matrix_rank(worse[:, active]) == active.sum() == fit.n_active[0]
    np.testing.assert_allclose(worse @ fit.coefficients[:, 1], y[:, 1], atol=1e-12)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_very_few_solves(path: str, n: int) -> None:
    germ, terms = design(n, ("normal",) * 4, 2)
    y = germ @ [1.0, 0.5, 0.2, 0.1] + 10.0
    fit = sparse_fit(terms, y[:, None], path=path)  # type: ignore[arg-type]
    assert fit.n_active[0] <= max(1, 0.8 * n)
    assert np.isfinite(fit.coefficients).all()
    assert fit.leave_one_out[0] >= 0


@pytest.mark.parametrize("path", PATHS)
def test_with_solves_enough_it_is_least_squares(path: str) -> None:
    """Values that need every term: the longest set is the best, and is the ordinary fit."""
    _, terms = design(64, ("normal", "uniform"), 3)
    values = terms @ np.arange(1.0, 11.0)[:, None] + 1e-3 * np.random.default_rng(0).standard_normal((64, 1))
    fit = sparse_fit(terms, values, path=path)  # type: ignore[arg-type]
    assert fit.n_active[0] == 10
    np.testing.assert_allclose(fit.coefficients, np.linalg.lstsq(terms, values, rcond=None)[0], rtol=1e-11)


def errors_of_std(function, families, std, n, basis_order, path, q=1.0) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Relative errors of the standard deviation on eight designs."""
    basis = hyperbolic(families, basis_order, q)
    found = []
    for seed in range(8):
        germ = sobol_germ(n, families, np.random.default_rng(seed))
        fit = sparse_fit(basis.evaluate(germ), function(germ)[:, None], path=path)
        found.append(abs(np.sqrt((fit.coefficients[1:] ** 2).sum()) / std - 1))
    return np.array(found)


@pytest.mark.parametrize(
    ("path", "n", "order", "median", "worst"),
    [("lars", 100, 10, 5e-4, 1e-3), ("omp", 100, 10, 2e-4, 5e-4), ("omp", 100, 12, 1e-5, 3e-5), ("omp", 50, 10, 1.5e-3, 0.06)],
)
def test_ishigami_from_fewer_solves_than_terms(path: str, n: int, order: int, median: float, worst: float) -> None:
    """286 terms at order 10, 455 at order 12; least squares on all terms needs 572 solves."""
    found = errors_of_std(ishigami, ("uniform",) * 3, np.sqrt(ISHIGAMI_VARIANCE), n, order, path)
    assert np.median(found) < median
    assert found.max() < worst


@pytest.mark.parametrize(
    ("path", "n", "median"), [("lars", 50, 4e-2), ("lars", 200, 1e-3), ("omp", 50, 2e-2), ("omp", 200, 1e-3)]
)
def test_borehole_from_fewer_solves_than_terms(path: str, n: int, median: float) -> None:
    """Eight germs of both families, 165 terms of total degree 3."""
    found = errors_of_std(borehole, ("normal",) * 2 + ("uniform",) * 6, BOREHOLE_STD, n, 3, path)
    assert np.median(found) < median


@pytest.mark.parametrize(
    ("terms", "values", "path", "message"),
    [
        (np.eye(3), np.ones((3, 1)), "lars", "column 0"),
        (np.zeros((3, 2)), np.ones((3, 1)), "lars", "column 0"),
        (np.ones((3, 2)), np.full((3, 1), np.nan), "omp", "not finite"),
        (np.ones((3, 2)), np.ones((3, 1)), "lasso", "path is 'lasso'"),
    ],
)
def test_what_is_refused(terms: np.ndarray, values: np.ndarray, path: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sparse_fit(terms, values, path=path)  # type: ignore[arg-type]


@pytest.mark.parametrize("q", [0.3, 0.5, 0.75, 0.9, 1.0])
@pytest.mark.parametrize(("n_germ", "order"), [(1, 4), (2, 5), (3, 6), (5, 3)])
def test_hyperbolic_basis_holds_exactly_the_exponents_of_its_norm(n_germ: int, order: int, q: float) -> None:
    families = ("normal", "uniform", "normal", "uniform", "normal")[:n_germ]
    basis = hyperbolic(families, order, q)  # type: ignore[arg-type]
    grid = np.array(np.meshgrid(*[np.arange(order + 1)] * n_germ)).reshape(n_germ, -1).T
    norm = (grid.astype(float) ** q).sum(axis=1) ** (1 / q)
    inside = {tuple(row) for row in grid[norm <= order * (1 + 1e-9)].tolist()}
    found = [tuple(row) for row in basis.exponents.tolist()]
    assert set(found) == inside
    assert len(found) == len(inside)
    assert found[0] == (0,) * n_germ


def test_hyperbolic_basis_with_q_one_is_total_degree() -> None:
    families = ("normal",) * 4
    np.testing.assert_array_equal(hyperbolic(families, 3, 1.0).exponents, total_degree(families, 3).exponents)


def test_hyperbolic_basis_in_powers_is_its_values_and_chaospys() -> None:
    """Every set holds with a term all those of lower exponents, so that powers suffice."""
    families = ("normal", "uniform", "uniform")
    basis = hyperbolic(families, 6, 0.6)
    germ = sobol_germ(20, families, np.random.default_rng(0))
    powers = np.prod(germ[:, None, :] ** basis.exponents, axis=2)
    np.testing.assert_allclose(powers @ basis.monomials().T, basis.evaluate(germ), rtol=1e-9, atol=1e-9)
    expansion = chaospy.generate_expansion(6, germ_distribution(families), normed=True, cross_truncation=0.6)
    np.testing.assert_allclose(np.asarray(expansion(*germ.T)).T, basis.evaluate(germ), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("q", [0.0, -1.0, 1.5, float("nan")])
def test_hyperbolic_basis_refuses_other_norms(q: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        hyperbolic(("normal",), 2, q)
