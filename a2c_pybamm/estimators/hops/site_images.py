"""Sites and their periodic images, in cells of any shape."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from a2c_pybamm.data import Array, Sites


@dataclass(frozen=True)
class SiteImages:
    """Sites and all of their images that lie within some reach of the cell."""

    tree: cKDTree
    """Positions of the images [m]."""
    site: NDArray[np.int64]
    """Site of each image (n_image,)."""
    translation: NDArray[np.int64]
    """Whole cells from the site as it is given to the image (n_image, 3)."""


@dataclass(frozen=True)
class SitePairs:
    """Ordered pairs of sites, the second in any cell."""

    start: NDArray[np.int64]
    """First site (n_pair,)."""
    end: NDArray[np.int64]
    """Second site (n_pair,)."""
    translation: NDArray[np.int64]
    """Whole cells between the two, of the sites as they are given (n_pair, 3)."""
    distance: Array
    """[m] (n_pair,)."""


def site_images(sites: Sites, reach: float | None = None) -> SiteImages:
    r"""All images of sites within ``reach`` [m] of the cell, by default as many as can be the nearest of a point in it.

    No point of a cell is farther than :math:`\tfrac12\sqrt{\sum_i|\mathbf a_i|^2}` from its nearest corner: choose a corner at
    random, along each edge the far one with the point's fraction :math:`s_i`; the mean squared distance is
    :math:`\sum_i s_i(1-s_i)|\mathbf a_i|^2`. What holds for corners holds for the images of any site, in cells of any shape.
    """
    if reach is None:
        reach = 0.5 * float(np.linalg.norm(sites.cell))
    cells = np.floor(sites.positions).astype(np.int64)
    heights = 1 / np.linalg.norm(np.linalg.inv(sites.cell), axis=0)
    margin = reach / heights + 1e-9
    shifts = np.array(list(product(*(range(-int(n), int(n) + 1) for n in np.ceil(margin)))))
    fraction = (shifts[:, None] + sites.positions - cells).reshape(-1, 3)
    near = ((fraction > -margin) & (fraction < 1 + margin)).all(axis=1)
    site = np.tile(np.arange(len(cells)), len(shifts))[near]
    translation = np.repeat(shifts, len(cells), axis=0)[near] - cells[site]
    return SiteImages(cKDTree(fraction[near] @ sites.cell), site, translation)


def site_pairs(sites: Sites, reach: float) -> SitePairs:
    """All pairs of sites not farther apart than ``reach`` [m], a site's own images included, itself not."""
    images = site_images(sites, reach)
    cells = np.floor(sites.positions).astype(np.int64)
    neighbours = images.tree.query_ball_point((sites.positions - cells) @ sites.cell, reach)
    start = np.repeat(np.arange(len(cells)), [len(near) for near in neighbours])
    image = np.concatenate([np.asarray(near, dtype=np.int64) for near in neighbours])
    end, translation = images.site[image], images.translation[image] + cells[start]
    other = (start != end) | translation.any(axis=1)
    start, end, translation = start[other], end[other], translation[other]
    distance = np.linalg.norm((sites.positions[end] + translation - sites.positions[start]) @ sites.cell, axis=1)
    return SitePairs(start, end, translation, distance)


def neighbour_distance(sites: Sites) -> float:
    """Distance from a site to the nearest other one, or to its own image, the median over sites [m].

    Raises
    ------
    ValueError
        If two sites are one.
    """
    edges = np.linalg.norm(sites.cell, axis=1)
    images = site_images(sites, max(float(edges.min()), 0.5 * float(np.linalg.norm(sites.cell))))
    distance, _ = images.tree.query((sites.positions - np.floor(sites.positions)) @ sites.cell, k=2)
    nearest = distance[:, 1]
    if not nearest.min() > 1e-3 * np.median(nearest):
        raise ValueError(f"sites: site {int(np.argmin(nearest))} lies on another one; list each once")
    return float(np.median(nearest))
