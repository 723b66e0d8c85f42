"""Weighted regression: kernels and gradients are those of the terms, the degree grows where that helps."""

from __future__ import annotations

import numpy as np
import pytest

from a2c_pybamm.propagation.adaptive.cross_fit import TEST_GROUP
from a2c_pybamm.propagation.adaptive.polynomial_kernel import PolynomialKernel, Prior, kernel_matrices
from a2c_pybamm.propagation.adaptive.prior_search import PriorSearch
from a2c_pybamm.propagation.adaptive.weighted_regression import Degrees, fit_columns
from a2c_pybamm.propagation.germ_basis import GermBasis, basis_of_active, sobol_germ, total_degree

FAMILIES = ("normal", "uniform", "normal")
BASES = {
    "all products": total_degree(FAMILIES, 4),
    "one germ by its powers alone": basis_of_active(FAMILIES, np.array([0, 2]), 3),
}


def some_prior(basis: GermBasis, seed: int = 1) -> Prior:
    rng = np.random.default_rng(seed)
    return Prior(rng.uniform(0.2, 1.0, len(FAMILIES)), rng.uniform(0.1, 1.0, basis.order), 1e-3)


@pytest.mark.parametrize("case", BASES)
def test_kernel_is_the_sum_over_all_terms(case: str) -> None:
    basis, germ = BASES[case], sobol_germ(8, FAMILIES, np.random.default_rng(0))
    prior, terms = some_prior(basis), basis.evaluate(germ)
    expected = (terms * prior.variances(basis)) @ terms.T
    np.testing.assert_allclose(kernel_matrices(germ, basis, [prior])[0], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", BASES)
def test_gradient_of_the_kernel_is_that_of_its_values(case: str) -> None:
    basis, germ = BASES[case], sobol_germ(8, FAMILIES, np.random.default_rng(0))
    kernel, _, _ = PolynomialKernel.between(germ, basis)
    prior, step = some_prior(basis), 1e-6
    weight = np.random.default_rng(2).normal(size=len(kernel.value(prior)))
    by_relevance, by_level = kernel.gradient(prior, kernel.by_degree(prior.relevance, basis.order), weight)
    for numbers, found in (("relevance", by_relevance), ("levels", by_level)):
        for k, derivative in enumerate(found):
            ends = []
            for sign in (1, -1):
                moved = {name: getattr(prior, name).copy() for name in ("relevance", "levels")}
                moved[numbers][k] *= np.exp(sign * step)
                ends.append(float(weight @ kernel.value(Prior(moved["relevance"], moved["levels"], prior.noise))))
            assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(derivative, rel=1e-5, abs=1e-7)


def test_outputs_without_variance_need_no_prior() -> None:
    germ = sobol_germ(16, FAMILIES, np.random.default_rng(0))
    prior = PriorSearch(germ, BASES["all products"]).choose(np.zeros((16, 2)))
    assert np.isfinite(prior.relevance).all()


@pytest.mark.parametrize(("power", "order"), [(3, 3), (5, 5)])
def test_degree_grows_where_it_divides_what_is_missed(power: int, order: int) -> None:
    germ = sobol_germ(64, ("normal",) * 2, np.random.default_rng(0))
    group = np.concatenate([np.full(8, TEST_GROUP), np.repeat(np.arange(8), 7)])
    values = (germ[:, :1] + 0.1 * germ[:, :1] ** power + germ[:, 1:]) / 3
    degrees = Degrees(total_degree(("normal",) * 2, 3), total_degree(("normal",) * 2, 5))
    found = fit_columns(degrees, germ, values, group, 1, ())
    assert found.basis.order == order
    np.testing.assert_allclose(found.fit.left_out, values, atol=1e-3)
