"""Lattices by name, as networks of hops between nearest neighbours."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.hops.hop_network import HopNetwork

_HEXAGONAL = ((1.0, 0.0), (0.5, np.sqrt(3.0) / 2))
_FCC = ((0.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 0.5, 0.0))
"""Primitive vectors of the face-centred cubic lattice, in edges of the cube."""
_LATTICES: dict[str, tuple[tuple[tuple[float, ...], ...], tuple[tuple[float, ...], ...]]] = {
    "chain": (((1.0,),), ((0.0,),)),
    "square": (((1.0, 0.0), (0.0, 1.0)), ((0.0, 0.0),)),
    "triangular": (_HEXAGONAL, ((0.0, 0.0),)),
    "honeycomb": (_HEXAGONAL, ((0.0, 0.0), (1 / 3, 1 / 3))),
    "sc": (((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), ((0.0, 0.0, 0.0),)),
    "bcc": (((-0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.5, 0.5, -0.5)), ((0.0, 0.0, 0.0),)),
    "fcc": (_FCC, ((0.0, 0.0, 0.0),)),
    "diamond": (_FCC, ((0.0, 0.0, 0.0), (0.25, 0.25, 0.25))),
}
"""Cell vectors and sites, in any unit of length."""


def lattice(name: str, *, jump_length: float = 1.0, rate: float = 1.0) -> HopNetwork:
    """A named lattice in its primitive cell, with hops of one rate [s-1] to all nearest neighbours, ``jump_length`` [m] away.

    Names: ``chain``, ``square``, ``triangular`` (lithium in a layered oxide), ``honeycomb``, ``sc``, ``bcc``, ``fcc``,
    ``diamond``.

    Raises
    ------
    ValueError
        If the name is none of these, or a number is not positive.
    """
    if name not in _LATTICES:
        raise ValueError(f"lattice {name!r} is unknown; take one of {', '.join(_LATTICES)}")
    if not jump_length > 0 or not rate > 0:
        raise ValueError(f"lattice {name}: jump_length {jump_length:g} and rate {rate:g} must be positive")
    cell, sites = (np.array(given) for given in _LATTICES[name])
    network = neighbour_hops(cell, sites, rate=rate)
    length = np.linalg.norm(network.displacement[0])
    return replace(network, cell=network.cell * jump_length / length)


def neighbour_hops(cell: Array, sites: Array, *, rate: float = 1.0, tolerance: float = 1e-6, reach: int = 2) -> HopNetwork:
    """A network of hops to the nearest sites (to within a share ``tolerance`` of the distance), up to ``reach`` cells away."""
    shifts = np.array(list(product(range(-reach, reach + 1), repeat=len(cell))))
    start, end, which = np.meshgrid(range(len(sites)), range(len(sites)), range(len(shifts)), indexing="ij")
    i, j, shift = start.ravel(), end.ravel(), shifts[which.ravel()]
    distance = np.linalg.norm((sites[j] + shift - sites[i]) @ cell, axis=1)
    near = distance <= (1 + tolerance) * distance[distance > 0].min()
    keep = near & (distance > 0)
    return HopNetwork(cell, sites, i[keep], j[keep], shift[keep], np.full(int(keep.sum()), rate))
