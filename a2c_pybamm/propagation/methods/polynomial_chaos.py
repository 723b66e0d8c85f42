r"""Polynomial chaos: the output as a polynomial in the germ, fitted to solves that fill its distribution.

.. math:: y(\xi) \approx \sum_\alpha c_\alpha \psi_\alpha(\xi), \qquad
    \mathrm{E}\,y = c_0, \quad \operatorname{Var} y = \sum_{\alpha\ne0} c_\alpha^2

with orthonormal :math:`\psi_\alpha` [1]_, eqs. 10 and 22.

.. [1] B. Sudret, Reliab. Eng. Syst. Saf. 93 (2008) 964.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.propagation.answer import MethodKind
from a2c_pybamm.propagation.germ_basis import N_SCRAMBLING, GermBasis, polynomial_quantiles, sobol_germ, total_degree
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import (
    Outcome,
    PlainPoints,
    Problem,
    Solved,
    complete_elements,
    fill_incomplete,
    grouped_by_missing,
    no_answer,
)
from a2c_pybamm.propagation.shares import ratio, terms_of_sources

HOLDING_Q2 = 0.95
"""Q² from which a polynomial holds: the share of the variance that it misses is at most what first order may miss."""


@dataclass(frozen=True)
class RegressionCriterion:
    """Limits that a fit and the points kept out of it must meet."""

    least_oversampling: float = 1.25
    """Solves for each term at least, also after failures: at 1 the polynomial passes through every solve, noise and all."""
    least_held_out: int = 10
    """Fresh points at least: 1 - Q² is then known to √(2/10) = 45 %."""
    usual_held_out: int = 30
    """Fresh points unless given: 1 - Q² is then known to √(2/30) = 26 %."""
    design_per_held_out: int = 4
    """Design points for each fresh one, where that makes more of these."""
    largest_condition: float = 1e6
    """Largest condition number of the design matrix: noise of 1e-6 in a solve would be as large as the moments."""


REGRESSION = RegressionCriterion()


@dataclass(frozen=True)
class PolynomialChaos:
    r"""Settings of polynomial chaos up to a degree ``order``, fitted to scrambled Sobol' points.

    There are ``oversampling`` points for each term of the basis, never fewer than 1.25.

    Fresh random points that the fit never sees measure it: :math:`Q^2 = 1 - \sum(y-\hat y)^2/\sum(y-\bar y)^2`. The relative
    error of the standard deviation is read from the same points, as the root mean square of

    .. math:: \frac{\delta}{2\operatorname{Var}\hat y}, \qquad \delta = \langle (y-c_0)^2 - (\hat y-c_0)^2 \rangle ,

    i.e. the mean difference and its standard error. It cannot exceed about :math:`\sqrt{1-Q^2}`.
    Neither sees an event so rare that no point met it.
    """

    order: int = 2
    oversampling: float = 2.0
    n_held_out: int | None = None
    """Fresh points; by default 30, or a quarter of the design if that is more."""

    kind: ClassVar[MethodKind] = MethodKind.POLYNOMIAL

    def __post_init__(self) -> None:
        if self.order < 1:
            raise ValueError(f"PolynomialChaos: order is {self.order}; take 1 or more")
        if not self.oversampling >= REGRESSION.least_oversampling:
            raise ValueError(
                f"PolynomialChaos: oversampling is {self.oversampling:g}; take at least {REGRESSION.least_oversampling:g}, "
                "or the fit is underdetermined"
            )
        if self.n_held_out is not None and self.n_held_out < REGRESSION.least_held_out:
            raise ValueError(
                f"PolynomialChaos: n_held_out is {self.n_held_out}; "
                f"at least {REGRESSION.least_held_out} fresh points are needed"
            )

    @property
    def label(self) -> str:
        return f"chaos of order {self.order}"

    def run(self, problem: Problem, rng: np.random.Generator) -> Outcome:
        """Moments, quantiles and shares from the fitted polynomial, its error from points kept out of the fit.

        No answer for outputs of which failures leave too few points; ``ValueError`` where the design matrix is badly
        conditioned without any.
        """
        basis = total_degree(problem.joint.germ_families, self.order)
        n_fit, n_held_out = self._sizes(basis)
        held_out_germ = problem.joint.draw_germ(n_held_out, rng)
        germ = np.vstack([sobol_germ(n_fit, problem.joint.germ_families, rng), held_out_germ])
        solved = problem.solve(problem.joint.color(germ))
        complete, rows = complete_elements(solved), np.arange(n_fit, len(germ))
        statistics: dict[str, dict[str, Array]] = {}
        missing: dict[str, str] = {}
        for part in grouped_by_missing(solved):  # one fit for all outputs of a group
            try:
                statistics |= self._statistics(problem, part, germ, n_fit, basis, rng)
            except ValueError as error:
                if not (solved.cause != "").any():
                    raise
                missing |= dict.fromkeys(part.outputs, str(error))
        if not statistics:
            return no_answer(problem, solved, next(iter(missing.values())))
        like = next(iter(statistics.values()))
        statistics |= {output: _no_statistics(like, int(complete[output].sum())) for output in missing}
        statistics = {output: statistics[output] for output in solved.outputs}
        notes = {"points kept out of the fit": str(int((~solved.failed[rows]).sum()))}
        notes |= {f"no answer for {output}": text for output, text in missing.items()}
        left_out = {
            output: basis.evaluate(held_out_germ) @ numbers["expansion"][:, 0]
            for output, numbers in statistics.items()
            if numbers["expansion"].shape[1] == 1 and output not in missing
        }
        plain = PlainPoints(held_out_germ, np.arange(n_held_out) % N_SCRAMBLING, rows, left_out)
        filled = fill_incomplete(statistics, complete, solved)
        return Outcome(solved, len(germ), filled, self.order, notes, basis=basis, plain=plain)

    def _statistics(
        self,
        problem: Problem,
        solved: Solved,
        germ: Array,
        n_fit: int,
        basis: GermBasis,
        rng: np.random.Generator,
    ) -> dict[str, dict[str, Array]]:
        """Statistics of the complete elements from points to fit, the first ``n_fit``, and fresh points."""
        fit = ~solved.failed & (np.arange(len(germ)) < n_fit)
        fresh = ~solved.failed & ~fit
        self._check_size(int(fit.sum()), int(fresh.sum()), basis)
        terms = basis.evaluate(germ)
        complete = complete_elements(solved)
        values = {output: solved.flat(output)[:, mask] for output, mask in complete.items()}
        coefficients = self._fitted(terms[fit], {output: array[fit] for output, array in values.items()})
        held_out = {output: array[fresh] for output, array in values.items()}
        return chaos_statistics(problem, basis, coefficients, terms[fresh], held_out, rng)

    def planned(self, problem: Problem) -> int:
        """Number of solves that it takes."""
        return sum(self._sizes(total_degree(problem.joint.germ_families, self.order)))

    def _sizes(self, basis: GermBasis) -> tuple[int, int]:
        """Points to fit and points kept out of the fit."""
        n_fit = int(np.ceil(self.oversampling * len(basis)))
        return n_fit, self.n_held_out or max(REGRESSION.usual_held_out, n_fit // REGRESSION.design_per_held_out)

    def _check_size(self, n_fit: int, n_fresh: int, basis: GermBasis) -> None:
        oversampling, held_out = REGRESSION.least_oversampling, REGRESSION.least_held_out
        if n_fit < oversampling * len(basis) or n_fresh < held_out / 2:
            raise ValueError(
                f"{self.label}: failures left {n_fit} points to fit {len(basis)} terms and {n_fresh} fresh ones, below "
                f"{oversampling:g} for each term or {held_out // 2} fresh; raise oversampling and n_held_out, or lower order"
            )

    def _fitted(self, terms: Array, values: Mapping[str, Array]) -> dict[str, Array]:
        """Coefficients (n_term, n_element) of each output (n_point, n_element)."""
        self._check_condition(terms)
        together = np.hstack(list(values.values()))  # one factorisation for all
        return _split(least_squares(terms, together), values)

    def _check_condition(self, terms: Array) -> None:
        condition = float(np.linalg.cond(terms))
        if condition > REGRESSION.largest_condition:
            raise ValueError(
                f"{self.label}: design matrix has condition number {condition:.1e}; raise oversampling or lower order"
            )


def _no_statistics(like: Mapping[str, Array], n_element: int) -> dict[str, Array]:
    """Statistics (…, n_element) of an output without an answer, NaN in the shape of another's."""
    return {name: np.full((*values.shape[:-1], n_element), np.nan) for name, values in like.items()}


def least_squares(terms: Array, values: Array) -> Array:
    """Coefficients (n_term, n_element) of values (n_point, n_element)."""
    offset = values.mean(axis=0)  # a large mean would cost digits
    coefficients = np.linalg.lstsq(terms, values - offset, rcond=None)[0]
    coefficients[0] += offset
    return np.asarray(coefficients)


def chaos_statistics(
    problem: Problem,
    basis: GermBasis,
    coefficients: Mapping[str, Array],
    terms: Array,
    held_out: Mapping[str, Array],
    rng: np.random.Generator,
) -> dict[str, dict[str, Array]]:
    """Statistics of each output from its coefficients (n_term, n_element).

    The error is from fresh values ``held_out`` (n_fresh, n_element) and the terms (n_fresh, n_term) at their germs.
    """
    together = np.hstack(list(coefficients.values()))  # the quantiles of all outputs from one sample
    var = (together[1:] ** 2).sum(axis=0)
    fresh = np.hstack([held_out[output] for output in coefficients])
    q2, error = _held_out(fresh, terms @ together, together[0], var)
    members = terms_of_sources(basis.exponents, problem.joint.germ_sources, problem.sources).astype(float)
    statistics = {
        "mean": together[0],
        "var": var,
        "quantile": polynomial_quantiles(basis, together, problem.levels, rng),
        "share": ratio(members @ together**2, var),
        "error": error,
        "q2": q2,
        "expansion": together,
    }
    by_output = {name: _split(array, coefficients) for name, array in statistics.items()}
    return {output: {name: arrays[output] for name, arrays in by_output.items()} for output in coefficients}


def _split(together: Array, parts: Mapping[str, Array]) -> dict[str, Array]:
    """An array (…, n_element of all outputs) divided as the outputs (…, n_element) are."""
    ends = np.cumsum([part.shape[-1] for part in parts.values()])
    return dict(zip(parts, np.split(together, ends[:-1], axis=-1), strict=True))


def _held_out(values: Array, predicted: Array, mean: Array, var: Array) -> tuple[Array, Array]:
    """Q² and the relative error of the std (n_element,), from fresh values (n_fresh, n_element) and their predictions."""
    missed = ((values - predicted) ** 2).sum(axis=0)
    spread = ((values - values.mean(axis=0)) ** 2).sum(axis=0)
    # an output that does not vary beyond round-off is predicted as well as can be
    constant = spread <= len(values) * (RELATIVE_ROUND_OFF * mean) ** 2
    q2 = np.where(constant, 1.0, 1 - ratio(missed, spread))
    delta = (values - mean) ** 2 - (predicted - mean) ** 2
    size = np.sqrt(delta.mean(axis=0) ** 2 + delta.var(axis=0, ddof=1) / len(delta))
    error = np.where(var > 0, ratio(size, 2 * var), np.inf)
    return q2, np.where(constant, 0.0, error)
