"""Hops of each ion and its open hops, path by path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from a2c_pybamm.data import Array, SiteOccupation, frames_at_once
from a2c_pybamm.estimators.hops.hop_network import HopNetwork
from a2c_pybamm.estimators.hops.observed_network import match_rows, same_sites
from a2c_pybamm.estimators.hops.site_occupation import HOP_CRITERION, ions_on_sites, short_visits


@dataclass(frozen=True)
class HopCounts:
    """Hops and chances of each ion on each path of a network."""

    kinds: NDArray[np.int64]
    """The two kinds of sites that each path joins (n_path, 2)."""

    hops: Array
    """(n_ion, n_path)."""
    chances: Array
    """Time times the network's rates of the hops that were open (n_ion, n_path)."""
    chances_second: Array
    """The part of ``chances`` on sites of the path's second kind (n_ion, n_path)."""
    short_visits: Array
    """Share of visits of one frame on the kinds of sites that the path's hops leave (n_path,)."""
    unmatched: int
    """Hops that are not in the network."""
    unmatched_share: float
    """Their share of the squared lengths of all hops."""
    following_share: float
    """Share of hops to a site that another ion held a frame before."""


def count_hops(occupation: SiteOccupation, network: HopNetwork) -> HopCounts:
    """Hops of a network's paths, there and back, and the chances for them, which `fit_hop_rates` defines.

    Raises
    ------
    ValueError
        As `fit_hop_rates`, where the hops do not fit the network or one another.
    """
    path = _paths_of_hops(occupation, network)
    kinds = _kinds_of_paths(occupation, network)
    known, shape = path >= 0, (occupation.n_ion, len(kinds))
    square = (occupation.hop_vector**2).sum(axis=1)
    hops = np.zeros(shape)
    np.add.at(hops, (occupation.hop_ion[known], path[known]), 1.0)
    chances, second = _chances(occupation, network, kinds[:, 0])
    return HopCounts(
        kinds=kinds,
        hops=hops,
        chances=chances,
        chances_second=second,
        short_visits=_short_visits(occupation, path, len(kinds)),
        unmatched=int((~known).sum()),
        unmatched_share=float(square[~known].sum() / square.sum()) if len(square) else 0.0,
        following_share=_following_share(occupation),
    )


def _paths_of_hops(occupation: SiteOccupation, network: HopNetwork) -> NDArray[np.int64]:
    """Path of each hop, -1 if the network has none (n_hop,)."""
    beyond = same_sites(network, occupation.sites)
    i, j = network.from_site, network.to_site
    known = np.column_stack([i, j, network.translation + beyond[j] - beyond[i]])
    if len(np.unique(known, axis=0)) < len(known):
        raise ValueError(
            "hop network: two of its paths join the same sites, whose hops are the same in a trajectory; give them one name"
        )
    place = match_rows(known, np.column_stack([occupation.hop_from, occupation.hop_to, occupation.hop_translation]))
    unmatched = place < 0
    if unmatched.mean() > HOP_CRITERION.misfit_share if len(place) else False:
        longest = np.linalg.norm(occupation.hop_vector[unmatched], axis=1).max() * 1e10
        raise ValueError(
            f"hop network: {unmatched.mean():.0%} of the {len(place)} hops seen are not in it (up to {longest:.3g} Å long); "
            "add their paths, write frames more often if they pass a site between, or take observed_network"
        )
    return np.where(unmatched, -1, network.path_index[place])


def _kinds_of_paths(occupation: SiteOccupation, network: HopNetwork) -> NDArray[np.int64]:
    """The two kinds of sites that each path joins (n_path, 2)."""
    kind, path = occupation.sites.kind_index, network.path_index
    ends = np.sort(np.column_stack([kind[network.from_site], kind[network.to_site]]), axis=1)
    kinds = np.zeros((len(network.paths), 2), dtype=np.int64)
    kinds[path] = ends
    mixed = (kinds[path] != ends).any(axis=1)
    if mixed.any():
        raise ValueError(
            f"hop network: path {network.path[int(np.argmax(mixed))]!r} joins several pairs of kinds of sites; name them apart"
        )
    return kinds


def _chances(occupation: SiteOccupation, network: HopNetwork, first: NDArray[np.int64]) -> tuple[Array, Array]:
    """Time times the rates of open hops (n_ion, n_path), and its part on sites that are not of the path's first kind."""
    n_site, index = len(network.sites), network.path_index
    of_first = occupation.sites.kind_index[:, None] == first  # (n_site, n_path)
    total, second = (np.zeros((occupation.n_ion, len(first))) for _ in range(2))
    matrices = [
        csr_array((network.rate * (index == k), (network.from_site, network.to_site)), shape=(n_site, n_site))
        for k in range(len(first))
    ]
    size = frames_at_once(max(n_site, occupation.n_ion))
    for start in range(0, len(occupation.site) - 1, size):
        held = occupation.site[:-1][start : start + size]
        is_open = (ions_on_sites(held, n_site) == 0) if occupation.exclusive else np.ones((1, n_site))
        for k, matrix in enumerate(matrices):
            of_sites = np.broadcast_to((matrix @ is_open.T).T, (len(held), n_site))
            of_ions = np.take_along_axis(of_sites, held, axis=1)
            total[:, k] += of_ions.sum(axis=0)
            second[:, k] += np.where(of_first[held, k], 0.0, of_ions).sum(axis=0)
    return occupation.interval * total, occupation.interval * second


def _short_visits(occupation: SiteOccupation, path: NDArray[np.int64], n_path: int) -> Array:
    """Share of visits of one frame on the sites that each path's hops leave, taken over all visits to sites of the kind."""
    sites = occupation.sites
    share = short_visits(occupation)
    kind, known = sites.kind_index[occupation.hop_from], path >= 0
    number = np.maximum(np.bincount(path[known], minlength=n_path), 1)
    of_path = np.bincount(path[known], share[kind[known]], minlength=n_path) / number
    worst = int(np.argmax(share))
    few = round(share[worst] * (kind == worst).sum()) < HOP_CRITERION.least_short_visits
    if share[worst] > HOP_CRITERION.short_visit_share and not few:
        raise ValueError(
            f"hops of {occupation.species}: {share[worst]:.0%} of the visits to {sites.kinds[worst]!r} last one frame, "
            "and many fall between frames; write frames more often, or check sites and hysteresis"
        )
    return of_path


def _following_share(occupation: SiteOccupation) -> float:
    """Share of the hops to a site that another ion held a frame before; ``ValueError`` if it is large."""
    if not occupation.exclusive or not len(occupation.hop_frame):
        return 0.0
    before = occupation.site[occupation.hop_frame - 1]
    share = float((before == occupation.hop_to[:, None]).any(axis=1).mean())
    if share > HOP_CRITERION.following_share:
        raise ValueError(
            f"hops of {occupation.species}: {share:.0%} go to a site that another ion held a frame before; ions move together, "
            "and a rate into an empty site does not give their diffusivity: take fit_jump_diffusivity of the trajectory"
        )
    return share
