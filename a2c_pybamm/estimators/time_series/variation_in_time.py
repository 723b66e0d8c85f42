r"""Variation of a covariance in the course of a run: more than that of a Gaussian process whose displacements are independent.

Few pairs of ions that bind and part, or rare hops, make displacements that are uncorrelated and yet not independent: there
are quiet and busy times. The mean of their products then varies more from run to run than by Wishart's law, by the factor of
the low frequencies of the products' own spectrum over what it should be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import dct
from scipy.special import chdtrc

from a2c_pybamm.data import Array


@dataclass(frozen=True)
class VariationCriterion:
    """Settings of the test that products of displacements vary in time no more than those of a Gaussian process."""

    level: float = 0.05
    """Probability below which variance is widened: factors of two are seen in most runs; one in twenty is widened by chance."""
    n_mode: int = 16
    """Slowest cosines of the run whose mean square is compared."""
    most_modes: float = 0.25
    """Largest share of all modes that counts as slow."""


def steps_of_cells(paths: Array, n_cell: int) -> Array:
    """Displacements over equal parts of a run (n_cell, …), each over the root of its frames, of paths (n_frame, …)."""
    edges = np.round(np.linspace(0, len(paths) - 1, n_cell + 1)).astype(int)
    return np.diff(paths[edges], axis=0) / np.sqrt(np.diff(edges)).reshape(-1, *[1] * (paths.ndim - 1))


def variance_factor(first: Array, second: Array, criterion: VariationCriterion | None = None) -> float:
    r"""Variance of the mean product of two series of steps (n_cell, n_direction) over that of Gaussian ones, at least 1.

    The two are one series, or uncorrelated. The cosine transform of their products has, of Gaussian steps, squares with
    :math:`\chi^2_1` times the products' variance; the mean over the slowest is the factor, where it is significant.
    """
    criterion = criterion or VariationCriterion()
    units = [np.sqrt((steps**2).mean()) for steps in (first, second)]
    product = (first * second).sum(axis=1) / (units[0] * units[1])
    gaussian = first.shape[1] * (2 if second is first else 1)
    n_mode = min(criterion.n_mode, int(criterion.most_modes * len(first)))
    if n_mode == 0:
        return 1.0
    squares = dct(product, type=2, norm="ortho")[1 : n_mode + 1] ** 2 / gaussian
    seen = chdtrc(n_mode, squares.sum()) < criterion.level
    return max(1.0, float(squares.mean())) if seen else 1.0
