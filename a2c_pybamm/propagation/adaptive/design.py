"""Points that are solved together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.model import Array


class Kind(Enum):
    """Kinds of points, in the order in which fits take them."""

    TEST = "test points at ±3σ"
    PLAIN = "points with the germ's own distribution"
    IMPORTANCE = "points where outputs without a good polynomial are far from their mean, with weights"


@dataclass(frozen=True, eq=False)
class Design:
    """Points of one kind."""

    kind: Kind
    germ: Array
    """(n_point, n_germ)."""
    group: NDArray[np.int64]
    """Scrambling of each point (n_point,); any number for test points."""
    weight: Array
    """Density of the germ over that of the points (n_point,)."""
