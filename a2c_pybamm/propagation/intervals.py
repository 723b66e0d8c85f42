r"""Intervals of 95 % for mean and standard deviation, and what a rare mode that no sample met could still add.

Of n independent samples none shows an event of probability p with probability :math:`(1-p)^n`, so that with 95 % confidence
an event never seen has :math:`p\le 3/n` (the rule of three [1]_). Where the output lies between known bounds a and b, such an
event moves the mean by at most :math:`p(b-m)` or :math:`p(m-a)`, and the variance to at most
:math:`(1-p)\sigma^2 + p(1-p)\max(b-m,\,m-a)^2`.

.. [1] J. A. Hanley, A. Lippman-Hand, J. Am. Med. Assoc. 249 (1983) 1743.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from a2c_pybamm.propagation.model import Array

CONFIDENCE = 0.95
"""Probability with which an interval holds the true value."""
HALF_WIDTH = float(norm.ppf((1 + CONFIDENCE) / 2))
"""Half width of such an interval of a normal distribution, in standard deviations."""
RULE_OF_THREE = 3.0
"""Events in n samples, at most, of which none was met, with 95 % confidence [1]_: -ln 0.05."""


@dataclass(frozen=True)
class VarianceTail:
    """The samples farthest from the mean, and the share of the variance from which they dominate it."""

    probability: float = 0.01
    """Part of the samples, those farthest from the mean, whose share of the variance is reported."""
    fewest: int = 3
    """Samples of which that part has at least."""
    dominant_share: float = 0.4
    """Share of the variance from which that part dominates it: of a normal output it has 0.09."""

    @property
    def least_solves(self) -> float:
        """Number of samples below which there is none in that part of them."""
        return 1 / self.probability


VARIANCE_TAIL = VarianceTail()


def matched(freedom: float) -> float:
    """Factor on a standard error of so many degrees of freedom with which ±1.96 of it hold 95 % (Student)."""
    return float(student.ppf((1 + CONFIDENCE) / 2, freedom)) / HALF_WIDTH


def jackknife_error(without: Array) -> Array:
    r"""Standard error (…) from the numbers (n_group, …) without each group.

    With :math:`\hat\theta_{-r}` the number from all points but those of group r of R,
    :math:`\operatorname{SE}^2 = \frac{R-1}{R} \sum_r (\hat\theta_{-r} - \langle\hat\theta_{-r}\rangle)^2` (B. Efron, C. Stein,
    Ann. Stat. 9 (1981) 586).
    """
    n = len(without)
    return np.asarray(np.sqrt((n - 1) / n * ((without - without.mean(axis=0)) ** 2).sum(axis=0)))


def intervals(moments: Mapping[str, Array], n: float | Array, attrs: Mapping[str, Any]) -> dict[str, Array]:
    """Ends of the intervals from "mean", "var", "mean_se" and "error" (n_element,) of n samples.

    The errors are `matched` where they are of few degrees of freedom; ``attrs`` may hold the output's "minimum" and "maximum".
    """
    mean, std = moments["mean"], np.sqrt(moments["var"])
    # the error of a logarithm: a std is positive, and its error a factor; a std of zero has none
    widening = np.exp(HALF_WIDTH * np.where(std == 0, 0.0, moments["error"]))
    ends = {
        "mean_low": mean - HALF_WIDTH * moments["mean_se"],
        "mean_high": mean + HALF_WIDTH * moments["mean_se"],
        "std_low": std / widening,
        "std_high": std * widening,
    }
    low, high = (float(attrs.get(name, np.nan)) for name in ("minimum", "maximum"))
    p = np.minimum(1.0, RULE_OF_THREE / np.asarray(n, float))
    reach = np.fmax(mean - low, high - mean)
    return ends | {
        "mean_unseen_low": ends["mean_low"] - p * (mean - low),
        "mean_unseen_high": ends["mean_high"] + p * np.where(np.isfinite(high), high - mean, 0.0),
        "std_unseen_high": np.sqrt((1 - p) * ends["std_high"] ** 2 + p * (1 - p) * reach**2),
    }


def tail_share(values: Array, tail: VarianceTail = VARIANCE_TAIL) -> Array:
    """Share of the variance (n_element,) that the hundredth part (three at least) of samples (n, n_element) carries."""
    squares = np.sort((values - values.mean(axis=0)) ** 2, axis=0)
    n_far = max(tail.fewest, round(tail.probability * len(values)))
    total = squares.sum(axis=0)
    return np.divide(squares[-n_far:].sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
