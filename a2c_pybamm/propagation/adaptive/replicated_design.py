"""Nested designs of several independent scramblings: their spread is a standard error, and no solve is thrown away."""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation.adaptive.design import Design, Kind
from a2c_pybamm.propagation.germ_basis import germ_distribution
from a2c_pybamm.propagation.methods.three_sigma_points import MOST_TEST_AXES
from a2c_pybamm.propagation.model import Array

N_REPLICATE = 8
"""Independent scramblings: a standard error from eight is known to 27 %, which Student's t allows for."""
FIRST_POINTS_OF_FEW_GERMS, FIRST_POINTS_OF_MANY_GERMS = 1, 4
"""Points of each scrambling in the first design: to the one the test points along all axes add; the four choose the axes."""


class ReplicatedDesign:
    """Scrambled Sobol' sequences side by side [1]_, each continued where it stopped.

    Every point has the germ's distribution; points of one sequence keep out of each other's way, sequences are independent.

    .. [1] A. B. Owen, J. Complexity 14 (1998) 466.
    """

    def __init__(self, families: tuple[Family, ...], rng: np.random.Generator, n_replicate: int = N_REPLICATE) -> None:
        self.families, self.n_replicate = families, n_replicate
        self._distribution = germ_distribution(families)
        self._sequences = [qmc.Sobol(len(families), rng=child) for child in rng.spawn(n_replicate)]

    def first(self) -> Design:
        """The first points of every sequence: few of few germs, since test points along all axes follow at once."""
        return self.more(FIRST_POINTS_OF_FEW_GERMS if len(self.families) <= MOST_TEST_AXES else FIRST_POINTS_OF_MANY_GERMS)

    def more(self, n: int) -> Design:
        """The next n points of every sequence."""
        points = np.vstack([_next(sequence, n) for sequence in self._sequences]) + 0.5 ** (self._sequences[0].bits + 1)
        germ = np.asarray(self._distribution.inv(points.T)).reshape(len(self.families), len(points)).T
        return Design(Kind.PLAIN, germ, np.repeat(np.arange(self.n_replicate), n), np.ones(len(germ)))


def _next(sequence: qmc.Sobol, n: int) -> Array:
    """The next n points (n, n_germ); the very first alone, since scipy warns of a first batch that is no power of two."""
    first = min(n, 1) if sequence.num_generated == 0 else 0
    return np.vstack([sequence.random(first), sequence.random(n - first)])
