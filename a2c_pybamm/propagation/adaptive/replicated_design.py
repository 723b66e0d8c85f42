"""Nested designs of several independent scramblings: their spread is a standard error, and no solve is thrown away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation.adaptive.design import Design, Kind
from a2c_pybamm.propagation.germ_basis import N_SCRAMBLING, germ_of_sobol
from a2c_pybamm.propagation.methods.three_sigma_points import THREE_SIGMA
from a2c_pybamm.propagation.model import Array


@dataclass(frozen=True)
class DesignGrowth:
    """Sizes of the designs, and numbers of points from which importance points are drawn."""

    first_of_few_germs: int = 1
    """Points of each scrambling in the first design where the test points along all axes add to them."""
    first_of_many_germs: int = 4
    """Points of each scrambling in the first design where they choose the axes of the test points."""
    second: int = 4
    """Points of each scrambling in the second design at least."""
    factor: float = 2.0
    """Factor by which the points of a scrambling grow from one design to the next."""
    fewest_before_importance: int = 4
    """Plain points of each scrambling before an output with a rare tail is sampled where it is far out."""
    fewest_of_importance: int = 4
    """Importance points of each scrambling that the budget must have room for: fewer are no better than plain ones."""


GROWTH = DesignGrowth()


class ReplicatedDesign:
    """Scrambled Sobol' sequences side by side [1]_, each continued where it stopped.

    Every point has the germ's distribution; points of one sequence keep out of each other's way, sequences are independent.

    .. [1] A. B. Owen, J. Complexity 14 (1998) 466.
    """

    def __init__(self, families: tuple[Family, ...], rng: np.random.Generator, n_replicate: int = N_SCRAMBLING) -> None:
        self.families, self.n_replicate = families, n_replicate
        self._sequences = [qmc.Sobol(len(families), rng=child) for child in rng.spawn(n_replicate)]

    def first(self) -> Design:
        """The first points of every sequence: few of few germs, since test points along all axes follow at once."""
        few = len(self.families) <= THREE_SIGMA.most_axes
        return self.more(GROWTH.first_of_few_germs if few else GROWTH.first_of_many_germs)

    def more(self, n: int) -> Design:
        """The next n points of every sequence."""
        points = np.vstack([_next(sequence, n) for sequence in self._sequences])
        germ = germ_of_sobol(self._sequences[0], points, self.families)
        return Design(Kind.PLAIN, germ, np.repeat(np.arange(self.n_replicate), n), np.ones(len(germ)))


def _next(sequence: qmc.Sobol, n: int) -> Array:
    """The next n points (n, n_germ); the very first alone, since scipy warns of a first batch that is no power of two."""
    first = min(n, 1) if sequence.num_generated == 0 else 0
    return np.vstack([sequence.random(first), sequence.random(n - first)])
