"""The network of the hops that occur in a trajectory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array, SiteOccupation, Sites
from a2c_pybamm.estimators.hops.hop_network import HopNetwork
from a2c_pybamm.estimators.hops.site_images import SitePairs, site_pairs


def observed_network(occupation: SiteOccupation, *, tolerance: float = 0.05) -> HopNetwork:
    r"""The network of all kinds of hops that occur in a trajectory, with rates of 1 whose factors are those of `fit_hop_rates`.

    A path is a pair of kinds of sites and a shell of distances; all pairs of sites in that shell are in the network, with hops
    or without, and the path's name has both: ``"oct-tet 1.93 Å"``. The probability of a site is that of a lone walker,

    .. math:: p_i \propto \frac{c}{1-c} \quad\text{(a site holds one ion)}, \qquad
        p_i \propto c \quad\text{(walkers ignore one another)}

    with the mean number :math:`c` of ions on a site of its kind in this run; the former is exact for ions that do no more to
    each other than take up sites. Rates are 1 out of the kind that comes first in ``sites.kinds``, and
    :math:`p_\text{first}/p_\text{second}` on the way back: detailed balance, one saddle for both.

    Parameters
    ----------
    tolerance
        Two distances are in one shell if they differ by no more than this share, or others lie between that do not.

    Raises
    ------
    ValueError
        If there is no hop.
    """
    sites, kinds = occupation.sites, occupation.sites.kind_index
    if not len(occupation.hop_frame):
        raise ValueError(
            f"network of {occupation.species}: no hop in {occupation.duration * 1e12:.3g} ps; run longer or hotter"
        )
    length = np.linalg.norm(occupation.hop_vector, axis=1)
    pairs = site_pairs(sites, (1 + 5 * tolerance) * float(length.max()))  # beyond the longest, so that its shell is shift
    shell = _shells(pairs, kinds, tolerance)
    hops = np.column_stack([occupation.hop_from, occupation.hop_to, occupation.hop_translation])
    place = match_rows(np.column_stack([pairs.start, pairs.end, pairs.translation]), hops)
    keep = np.flatnonzero(np.isin(shell, shell[place]))
    keep = keep[np.argsort(shell[keep], kind="stable")]  # paths in the order of their kinds and lengths
    i, j, shell = pairs.start[keep], pairs.end[keep], shell[keep]
    mean = np.bincount(shell, pairs.distance[keep]) / np.maximum(np.bincount(shell), 1) / ANGSTROM
    names = [
        f"{sites.kinds[min(a, b)]}-{sites.kinds[max(a, b)]} {mean[k]:.2f} Å"
        for a, b, k in zip(kinds[i].tolist(), kinds[j].tolist(), shell.tolist(), strict=True)
    ]
    p = site_probability(occupation)
    back = kinds[i] > kinds[j]
    rate = np.where(back, p[j] / p[i], 1.0)
    return HopNetwork(sites.cell, sites.positions, i, j, pairs.translation[keep], rate, tuple(names), p)


def keep_paths(network: HopNetwork, paths: Collection[str]) -> HopNetwork:
    """Network of some of its paths alone, for instance those of which there are hops.

    Raises
    ------
    ValueError
        If a path is not in the network.
    """
    unknown = set(paths) - set(network.paths)
    if unknown:
        raise ValueError(f"hop network: no path {min(unknown)!r} (has {', '.join(network.paths)})")
    keep = np.isin(network.path, list(paths))
    return replace(
        network,
        from_site=network.from_site[keep],
        to_site=network.to_site[keep],
        translation=network.translation[keep],
        rate=network.rate[keep],
        path=tuple(np.array(network.path)[keep].tolist()),
    )


def _shells(pairs: SitePairs, kinds: NDArray[np.int64], tolerance: float) -> NDArray[np.int64]:
    """Number of each pair's path: pairs of the same two kinds, in rising order of distance until a gap (n_pair,)."""
    a, b = kinds[pairs.start], kinds[pairs.end]
    couple = np.minimum(a, b) * (kinds.max() + 1) + np.maximum(a, b)
    order = np.lexsort((pairs.distance, couple))
    distance = pairs.distance[order]
    new = (np.diff(couple[order]) > 0) | (np.diff(distance) > tolerance * distance[:-1])
    shell = np.empty(len(order), dtype=np.int64)
    shell[order] = np.concatenate([[0], np.cumsum(new)])
    return shell


def match_rows(known: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of each row among known rows that differ, -1 where it is none of them (n_row,)."""
    _, index = np.unique(np.concatenate([known, rows]), axis=0, return_inverse=True)
    place = np.full(len(known) + len(rows), -1)
    place[index.ravel()[: len(known)]] = np.arange(len(known))
    return place[index.ravel()[len(known) :]]


def mean_occupation(occupation: SiteOccupation) -> Array:
    """Mean number of ions on a site of each kind (n_kind,); half a frame is added to both sides, so that it is never 0 or 1."""
    sites = occupation.sites
    time = np.bincount(sites.kind_index[occupation.site.ravel()], minlength=len(sites.kinds))
    capacity = len(occupation.site) * np.bincount(sites.kind_index)
    return (time + 0.5) / (capacity + 1.0)


def site_probability(occupation: SiteOccupation) -> Array:
    """Probability of each site for a walker alone on the network, from the mean occupation of its kind (n_site,)."""
    c = mean_occupation(occupation)
    weight = (c / (1 - c) if occupation.exclusive else c)[occupation.sites.kind_index]
    return weight / weight.sum()


def same_sites(network: HopNetwork, sites: Sites, *, tolerance: float = 1e-3) -> NDArray[np.int64]:
    """Whole cells by which each site of a network lies beyond that of a list (n_site, 3).

    Raises
    ------
    ValueError
        If the network has other sites, another order, or another cell.
    """
    if network.sites.shape != sites.positions.shape or not np.allclose(
        network.cell, sites.cell, rtol=0, atol=tolerance * np.abs(sites.cell).max()
    ):
        raise ValueError(
            f"hop network: {len(network.sites)} sites in {network.dimension} dimensions and its cell are not the trajectory's "
            f"{len(sites.positions)}; build it on these sites and this cell, as observed_network does"
        )
    difference = network.sites - sites.positions
    shift = np.round(difference)
    off = np.abs(difference - shift).max(axis=1)
    if off.max() > tolerance:
        raise ValueError(
            f"hop network: site {int(np.argmax(off))} is not where the trajectory's is; list the sites in the same order"
        )
    return shift.astype(np.int64)
