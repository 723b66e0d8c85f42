r"""Polynomial chaos: the output as a polynomial in the germ, fitted to solves that fill its distribution.

.. math:: y(\xi) \approx \sum_\alpha c_\alpha \psi_\alpha(\xi), \qquad
    \mathrm{E}\,y = c_0, \quad \operatorname{Var} y = \sum_{\alpha\ne0} c_\alpha^2

with orthonormal :math:`\psi_\alpha` [1]_, eqs. 10 and 22.

.. [1] B. Sudret, Reliab. Eng. Syst. Saf. 93 (2008) 964.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.germ_basis import GermBasis, polynomial_quantiles, sobol_germ, total_degree
from a2c_pybamm.propagation.layout import QUANTILES
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import ROUND_OFF, Outcome, Problem
from a2c_pybamm.propagation.shares import ratio, terms_of_sources

Mask = NDArray[np.bool_]

LEAST_OVERSAMPLING = 1.25
"""Solves for each term at least, also after failures: at 1 the fit follows every solve and says nothing."""
LEAST_HELD_OUT = 10
"""Below this number of fresh points Q² says nothing."""
USUAL_HELD_OUT = 30
"""Fresh points unless told; with more than four times as many design points, a quarter of those."""
MAX_CONDITION = 1e6
"""Largest condition number of the design matrix: noise of 1e-6 in a solve would reach the moments whole."""


@dataclass(frozen=True)
class PolynomialChaos:
    r"""Settings of polynomial chaos of total degree ``order`` by least squares.

    The design is scrambled Sobol' points, ``oversampling`` for each term of the basis, never fewer than 1.25. Fresh random
    points that the fit never sees measure it: :math:`Q^2 = 1 - \sum(y-\hat y)^2/\sum(y-\bar y)^2`. The relative error of the
    standard deviation is read from the same points, as the root mean square of

    .. math:: \frac{\delta}{2\operatorname{Var}\hat y}, \qquad \delta = \langle (y-c_0)^2 - (\hat y-c_0)^2 \rangle ,

    i.e. the mean difference and its standard error. It cannot exceed about :math:`\sqrt{1-Q^2}`.
    Neither sees an event so rare that no point met it.
    """

    order: int = 2
    oversampling: float = 2.0
    n_held_out: int | None = None
    """Fresh points; by default 30, or a quarter of the design if that is more."""

    def __post_init__(self) -> None:
        if self.order < 1:
            raise ValueError(f"PolynomialChaos: order is {self.order}; take 1 or more")
        if not self.oversampling >= LEAST_OVERSAMPLING:
            raise ValueError(
                f"PolynomialChaos: oversampling is {self.oversampling:g}; take at least {LEAST_OVERSAMPLING:g}, "
                "or the fit is underdetermined"
            )
        if self.n_held_out is not None and self.n_held_out < LEAST_HELD_OUT:
            raise ValueError(
                f"PolynomialChaos: n_held_out is {self.n_held_out}; at least {LEAST_HELD_OUT} fresh points are needed"
            )

    @property
    def label(self) -> str:
        return f"chaos of order {self.order}"

    def run(self, problem: Problem, rng: np.random.Generator) -> Outcome:
        """Moments, quantiles and shares from the fitted polynomial, its error from points kept out of the fit.

        Raises ``ValueError`` if failures leave too few points, or the design matrix is badly conditioned.
        """
        basis = total_degree(problem.families, self.order)
        n_fit, n_held_out = self._sizes(len(basis))
        germ = np.vstack([sobol_germ(n_fit, problem.families, rng), problem.draw(n_held_out, rng)])
        solved = problem.solve(problem.color(germ), what=self.label)
        fit = ~solved.failed & (np.arange(len(germ)) < n_fit)
        fresh = ~solved.failed & ~fit
        self._check_size(int(fit.sum()), int(fresh.sum()), len(basis))
        terms = basis.evaluate(germ)
        self._check_condition(terms[fit])
        members = terms_of_sources(basis.exponents, problem)
        statistics = {}
        for output in solved.outputs:
            values = solved.flat(output)
            whole = np.asarray(np.isfinite(values[fit | fresh]).all(axis=0))
            found = _moments(basis, terms, values[:, whole], fit, fresh, members, rng)
            result = {name: _spread(part, whole) for name, part in found.items()}
            result["running"] = np.isfinite(values[fit | fresh]).mean(axis=0)
            statistics[output] = result
        notes = {"points kept out of the fit": str(int(fresh.sum()))}
        return Outcome(solved, len(germ), statistics, self.order, notes, basis=basis)

    def planned(self, problem: Problem) -> int:
        """Number of solves it will ask for."""
        return sum(self._sizes(comb(len(problem.families) + self.order, self.order)))

    def _sizes(self, n_term: int) -> tuple[int, int]:
        """Points to fit and points kept out of the fit."""
        n_fit = int(np.ceil(self.oversampling * n_term))
        return n_fit, self.n_held_out or max(USUAL_HELD_OUT, n_fit // 4)

    def _check_size(self, n_fit: int, n_fresh: int, n_term: int) -> None:
        if n_fit < LEAST_OVERSAMPLING * n_term or n_fresh < LEAST_HELD_OUT / 2:
            raise ValueError(
                f"{self.label}: failures left {n_fit} points to fit {n_term} terms and {n_fresh} fresh ones; "
                "raise oversampling and n_held_out, or lower order"
            )

    def _check_condition(self, terms: Array) -> None:
        condition = float(np.linalg.cond(terms))
        if condition > MAX_CONDITION:
            raise ValueError(
                f"{self.label}: design matrix has condition number {condition:.1e}; raise oversampling or lower order"
            )


def _moments(
    basis: GermBasis, terms: Array, values: Array, fit: Mask, fresh: Mask, members: Mask, rng: np.random.Generator
) -> dict[str, Array]:
    """Statistics of outputs (n_point, n_element) that are finite at every point."""
    offset = values[fit].mean(axis=0)  # a large mean would cost digits
    coefficients = np.linalg.lstsq(terms[fit], values[fit] - offset, rcond=None)[0]
    coefficients[0] += offset
    var = (coefficients[1:] ** 2).sum(axis=0)
    predicted = terms[fresh] @ coefficients
    q2, error = _held_out(values[fresh], predicted, coefficients[0], var)
    return {
        "mean": coefficients[0],
        "var": var,
        "quantile": polynomial_quantiles(basis, coefficients, QUANTILES, rng),
        "share": ratio(members.astype(float) @ coefficients**2, var),
        "error": error,
        "q2": q2,
        "expansion": coefficients,
    }


def _held_out(values: Array, predicted: Array, mean: Array, var: Array) -> tuple[Array, Array]:
    """Q² and the relative error of the std (n_element,), from fresh values (n_fresh, n_element) and their predictions."""
    missed = ((values - predicted) ** 2).sum(axis=0)
    spread = ((values - values.mean(axis=0)) ** 2).sum(axis=0)
    # an output that does not vary beyond round-off is predicted as well as can be
    still = spread <= len(values) * (ROUND_OFF * mean) ** 2
    q2 = np.where(still, 1.0, 1 - ratio(missed, spread))
    delta = (values - mean) ** 2 - (predicted - mean) ** 2
    size = np.sqrt(delta.mean(axis=0) ** 2 + delta.var(axis=0, ddof=1) / len(delta))
    error = np.where(var > 0, ratio(size, 2 * var), np.inf)
    return q2, np.where(still, 0.0, error)


def _spread(part: Array, whole: Mask) -> Array:
    """Put the elements that were computed back in their places (…, n_element), NaN elsewhere."""
    full = np.full((*part.shape[:-1], len(whole)), np.nan)
    full[..., whole] = part
    return full
