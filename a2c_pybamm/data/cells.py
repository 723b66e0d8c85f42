"""Shape of a periodic cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data.record import Array

LEAST_CELL_VOLUME = 1e-9
"""Volume of a cell over the product of its edges, up to which its three vectors count as dependent."""


def without_volume(cells: Array) -> NDArray[np.bool_]:
    """True for cells (…, 3, 3) that are not finite, or whose vectors, in rows, are not independent."""
    edges = np.linalg.norm(cells, axis=-1)
    usable = np.isfinite(cells).all(axis=(-2, -1)) & (edges > 0).all(axis=-1)
    whole = usable[..., None, None]
    directions = np.where(whole, cells, np.eye(cells.shape[-1])) / np.where(whole, edges[..., None], 1.0)
    return np.asarray(~usable | (np.abs(np.linalg.det(directions)) <= LEAST_CELL_VOLUME))


def smallest_width(cells: Array) -> float:
    r"""Smallest distance [m] between opposite faces of cells (…, 3, 3), vectors in rows: :math:`V/|\mathbf a\times\mathbf b|`.

    No particle is nearer to its own periodic copy along the face's normal.
    """
    inverse = np.linalg.inv(np.asarray(cells, float))
    return float((1 / np.linalg.norm(inverse, axis=-2)).min())
