r"""Adaptive chaos: solves are added until the stated error is below a tolerance, or a budget is spent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from a2c_pybamm.propagation.adaptive.adaptive_outcome import adaptive_outcome
from a2c_pybamm.propagation.adaptive.adaptive_state import AdaptiveState, solve_design
from a2c_pybamm.propagation.adaptive.design import Design
from a2c_pybamm.propagation.adaptive.error_estimate import estimate_error
from a2c_pybamm.propagation.adaptive.next_design import next_design
from a2c_pybamm.propagation.adaptive.polynomial_fit import fit_curves, fit_polynomials
from a2c_pybamm.propagation.adaptive.replicated_design import ReplicatedDesign
from a2c_pybamm.propagation.answer import MethodKind
from a2c_pybamm.propagation.germ_basis import N_SCRAMBLING
from a2c_pybamm.propagation.methods.three_sigma_points import THREE_SIGMA
from a2c_pybamm.propagation.problem import Outcome, Problem

LEAST_BUDGET = 2 * (THREE_SIGMA.most_axes + THREE_SIGMA.n_steepest) + N_SCRAMBLING
"""Solves for all test points and one point of each scrambling."""


@dataclass(frozen=True)
class AdaptiveChaos:
    r"""Settings of chaos that chooses its own design, and samples where no polynomial holds.

    Each pass of the algorithm

    1. solves a design (`solve_design`): points of eight independent nested scramblings (`ReplicatedDesign`), once test points
       at three standard deviations along the axes and along the steepest directions of the outputs;
    2. fits a polynomial to all points so far, with a prior (`weighted_regression`) so that fewer points than terms do, of a
       degree that grows with them where that helps, and corrects mean and standard deviation by what fits without some points
       missed there (`cross_fit`), so that they are those of the points where the polynomial predicts nothing, and of the
       samples that work where some fail (`fit_polynomials`);
    3. estimates the relative error of each standard deviation, with what only test points met, and which outputs are rough
       (`estimate_error`): those of which the polynomial predicts less than 98 % of the variance, or that a test point shows to
       have a step or a tail that could hold a tenth of the variance;
    4. chooses the next design (`next_design`), or ends where the error of every scalar output (of every element where there is
       no scalar) is below ``tolerance`` or ``budget`` solves are spent. Where a rough scalar has a rare tail the rest of the
       budget is drawn where it is far from its mean, with known weights (`importance_points`).

    Polynomials of curves are fitted when the last point is solved (`fit_curves`).

    Of more than thirty germs products are made of those thirty alone that move the outputs most.
    """

    tolerance: float = 0.02
    """Largest relative standard error of the standard deviation."""
    budget: int = 400
    """Most solves."""

    kind: ClassVar[MethodKind] = MethodKind.ADAPTIVE

    def __post_init__(self) -> None:
        if not 0 < self.tolerance < 1:
            raise ValueError(f"AdaptiveChaos: tolerance is {self.tolerance:g}; take a fraction in (0, 1), e.g. 0.02")
        if not isinstance(self.budget, int | np.integer):
            raise ValueError(f"AdaptiveChaos: budget is {self.budget!r}; give a whole number")
        if self.budget < LEAST_BUDGET:
            raise ValueError(f"AdaptiveChaos: budget is {self.budget}; take {LEAST_BUDGET} solves or more")

    @property
    def label(self) -> str:
        return "adaptive chaos"

    def planned(self, problem: Problem) -> int:
        """Largest number of solves that it takes."""
        return self.budget

    def run(self, problem: Problem, rng: np.random.Generator) -> Outcome:
        """Moments with errors by groups, polynomial, shares; NaN where failures leave a scrambling without points."""
        sequences = ReplicatedDesign(problem.joint.germ_families, rng)
        design: Design | None = sequences.first()
        state = AdaptiveState.empty(problem)
        while design is not None:
            state = solve_design(state, design)
            state = fit_polynomials(state)
            state = estimate_error(state)
            design = next_design(state, self.budget, self.tolerance, sequences, rng)
        state = estimate_error(fit_curves(state))
        return adaptive_outcome(state, tolerance=self.tolerance)
