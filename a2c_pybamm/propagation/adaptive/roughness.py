"""Limits from which an output counts as rough: no polynomial represents it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RoughnessCriterion:
    """Limits from which no polynomial represents an output."""

    smooth_q2: float = 0.98
    """Q² below which a polynomial may miss a tail that the points at hand hardly show: it leaves out 1 % of the std."""
    kink_error: float = 1.0
    """Error of a prediction at a test point, in stds of the output, from which the output has a kink or a step there."""
    hidden_variance: float = 0.1
    """Share of the variance that may lie beyond the test points: it would be 5 % of the standard deviation."""
    agreement_errors: float = 3.0
    """Combined standard errors from which two answers disagree; chance exceeds them once in 370."""
    most_failed_by_chance: float = 2.0
    """Failed points by which a count of them is taken to be off by chance, at most."""


ROUGHNESS = RoughnessCriterion()
