r"""Shares of variance by source.

Sources are independent, so the variance of what is known of an output once a source is known,
:math:`V_s = \operatorname{Var}\,\mathrm{E}[y\mid\xi_s]`, is its closed first-order part, and with orthonormal polynomials
:math:`V_s = \sum_{\alpha\in s} c_\alpha^2` over the terms that contain germs of this source only [1]_. The shares
:math:`V_s/V` add to one less the part that several sources make together.

.. [1] B. Sudret, Reliab. Eng. Syst. Saf. 93 (2008) 964, eq. 37.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.germ_basis import GermBasis, total_degree
from a2c_pybamm.propagation.intervals import jackknife_error, matched
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Problem

N_JACKKNIFE_GROUP = 20
"""Groups of independent draws, left out in turn for the standard error of a share, which is then known to 1/√(2·19) = 16 %."""
SAMPLES_PER_TERM = 10
"""Samples for each polynomial term at least: the correction for fitted noise then takes off a tenth of the residual."""


def ratio(numerator: Array, denominator: Array) -> Array:
    """Quotient, zero where the denominator is zero (an output that does not vary has no shares)."""
    shape = np.broadcast_shapes(numerator.shape, denominator.shape)
    return np.divide(numerator, denominator, out=np.zeros(shape), where=denominator != 0)


def terms_of_sources(exponents: NDArray[np.int64], germ_sources: Sequence[str], sources: Sequence[str]) -> NDArray[np.bool_]:
    """Membership of terms (n_source, n_term): true where a term holds germs of this source and of no other."""
    owner = np.array(germ_sources)
    moved = exponents > 0
    rows = []
    for source in sources:
        of_source = owner == source
        rows.append(moved[:, of_source].any(axis=1) & ~moved[:, ~of_source].any(axis=1))
    return np.array(rows)


def regression_degree(problem: Problem, n_sample: int, highest: int) -> int:
    """The highest degree of additive polynomials that this number of samples supports; 0 if none does."""
    for degree in range(highest, 0, -1):
        n_term = 1 + sum(comb(len(f.labels) + degree, degree) - 1 for f in problem.joint.factors.values())
        if n_term * SAMPLES_PER_TERM <= n_sample:
            return degree
    return 0


def regressed_shares(
    problem: Problem, germ: Array, values: Array, group: NDArray[np.int64], degree: int
) -> tuple[Array, Array]:
    r"""Shares of every source (n_source, n_element) and their standard errors, from points (n_point, n_element) in groups.

    Least squares on the orthonormal polynomials of each source's own germs, all sources at once,
    :math:`V_s = \sum_{\alpha\in s} [\hat c_\alpha^2 - \operatorname{SE}^2 \hat c_\alpha]` and
    :math:`V = \sum_s V_s + \hat\sigma^2` with the residual variance of :math:`n - P` degrees of freedom. What sources make
    together is residual here. The error of a coefficient comes from leaving out one group in
    turn, so that it is right for independent points and for those of scrambled sequences, and where residuals are unequal.

    Not clipped: a share of nearly zero may come out slightly negative. Standard errors are by the same groups, `matched` to
    Student's distribution.
    """
    basis = additive_basis(problem, degree)
    members = terms_of_sources(basis.exponents, problem.joint.germ_sources, problem.sources).astype(float)
    terms, n = basis.evaluate(germ), int(group.max()) + 1
    offset = values.mean(axis=0)  # a large mean would cost digits
    coefficients, residual = _fitted(terms, values - offset)
    parts = [_fitted(terms[group != k], values[group != k] - offset) for k in range(n)]
    without = np.array([part for part, _ in parts])
    noise = jackknife_error(without) ** 2
    share = _shares(members @ (coefficients**2 - noise), residual)
    left_out = np.array([_shares(members @ (part**2 - n / (n - 1) * noise), rest) for part, rest in parts])
    return share, matched(n - 1) * jackknife_error(left_out)


def _fitted(terms: Array, values: Array) -> tuple[Array, Array]:
    """Coefficients (n_term, n_element) of values (n_point, n_element), and the residual variance (n_element,)."""
    coefficients = np.linalg.pinv(terms) @ values
    squares = ((values - terms @ coefficients) ** 2).sum(axis=0)
    return coefficients, squares / (len(terms) - terms.shape[1])


def _shares(by_source: Array, residual: Array) -> Array:
    return ratio(by_source, by_source.sum(axis=0) + residual)


def additive_basis(problem: Problem, degree: int) -> GermBasis:
    """The constant, and for each source all products of its own germs' polynomials up to a total degree."""
    joint = problem.joint
    blocks = [np.zeros((1, joint.n_germ), dtype=np.int64)]
    for source in joint.sources:
        of_source = np.array(joint.germ_sources) == source
        inner = total_degree(tuple(np.array(joint.germ_families)[of_source].tolist()), degree).exponents[1:]
        block = np.zeros((len(inner), joint.n_germ), dtype=np.int64)
        block[:, of_source] = inner
        blocks.append(block)
    return GermBasis(joint.germ_families, np.vstack(blocks))
