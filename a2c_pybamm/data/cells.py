"""Shape of a periodic cell."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.data.record import Array


def smallest_width(cells: Array) -> float:
    r"""Smallest distance [m] between opposite faces of cells (…, 3, 3), vectors in rows: :math:`V/|\mathbf a\times\mathbf b|`.

    No particle is nearer to its own periodic copy along the face's normal.
    """
    inverse = np.linalg.inv(np.asarray(cells, float))
    return float((1 / np.linalg.norm(inverse, axis=-2)).min())
