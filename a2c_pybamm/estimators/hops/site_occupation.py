r"""Occupation of a crystal's sites by the ions of a trajectory, frame by frame.

An ion belongs to the site in whose core it was last. Since cores do not touch, motion about the border between two sites is no
hop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data import Array, SiteOccupation, Sites, Trajectory, frames_at_once, release
from a2c_pybamm.estimators.fingerprint import traced_provenance
from a2c_pybamm.estimators.hops.site_images import SiteImages, neighbour_distance, site_images
from a2c_pybamm.estimators.time_series.mean_squared_displacement import atoms_of, framework_centre


@dataclass(frozen=True)
class HopCriterion:
    """Limits up to which the motion in a trajectory is one of single ions that hop between given sites."""

    far_ratio: float = 0.5
    """Distance from a site over that between neighbouring sites (the median's) beyond which an ion is far from it: half-way."""
    far_time_share: float = 0.5
    """Share of the frames from which on an ion counts as far from all sites, or as sharing one."""
    misfit_share: float = 0.05
    """Largest share of the ions far from all sites, of the ion-time on shared sites, or of the hops that a network does not
    have: beyond, the sites or the network are not those of the run."""
    short_visit_share: float = 0.25
    """Largest share q of visits that last one frame: there the correction for hops between frames, -ln(1 - q), is 0.29, and of
    first order in q no longer."""
    least_short_visits: int = 4
    """Visits of one frame from which on their share counts: three may by chance be twice as many as expected."""
    following_share: float = 0.2
    """Largest share of the hops to sites that another ion held in the frame before: beyond, ions move together, not one by
    one."""


HOP_CRITERION = HopCriterion()
"""Criterion of the sites and hops of all trajectories."""


def assign_sites(
    trajectory: Trajectory,
    species: str,
    sites: Sites,
    *,
    hysteresis: float = 0.5,
    exclusive: bool = True,
    far: float | None = None,
) -> SiteOccupation:
    r"""The site that each ion of a species holds in each frame, and its hops.

    In the first frame an ion holds the nearest site. Later it changes to the nearest site if

    .. math:: |\mathbf r - \mathbf r_\text{new}| < h\,|\mathbf r - \mathbf r_\text{held}|

    :math:`h = 1` is the nearest site, always: each touch of the border is then a hop, and the next a hop back. With
    :math:`h < 1` an ion must come within :math:`ah/(1+h)` of a site at distance :math:`a`: a third of the way from it for
    :math:`h = ½`, and there is a third of the way in which nothing changes. Hops there and back follow one rule, so that it
    does not disturb detailed balance; it has no length of its own and serves short and long hops alike; and times on the sites
    are right on average, since arrivals and departures are late by the same time. Such cores are those of [1]_.

    Positions are counted from the mass centre of all other atoms, whose drift since the first frame is removed. The cell is
    the sites' and constant; a trajectory in a cell that changes drifts off the sites, which the share of far frames shows. An
    ion that passes a site between two frames, or without coming into its core, makes one longer hop to the site that it holds
    next, which has a path of its own in `observed_network`.

    Parameters
    ----------
    sites
        Sites of the whole simulation cell, where the trajectory has its framework in the first frame.
    hysteresis
        :math:`h`, above 0 and up to 1.
    exclusive
        True where a site holds one ion, as in a crystal; False for walkers that ignore one another.
    far
        Distance from the nearest site beyond which an ion is far from all [m]; half of that between neighbouring sites (the
        median's) unless given.

    Returns
    -------
    SiteOccupation
        Its provenance has the share of ion-time far from all sites, and that on shared sites.

    Raises
    ------
    ValueError
        If the hysteresis is not in (0, 1], no atom is of the species, more than 5 % of its ions are far from all sites in more
        than half of the frames, or, with ``exclusive``, ions share sites in more than 5 % of the time or one ion in half of it.

    References
    ----------
    .. [1] N.-V. Buchete, G. Hummer, J. Phys. Chem. B 112 (2008) 6057 (transition-based assignment).
    """
    if not 0 < hysteresis <= 1:
        raise ValueError(f"assign_sites: hysteresis is {hysteresis:g}; it lies above 0 and up to 1, which is none")
    atoms = atoms_of(species, trajectory.species)
    centre, reference = framework_centre(trajectory.positions, trajectory.masses, atoms)
    limit = HOP_CRITERION.far_ratio * neighbour_distance(sites) if far is None else far
    site, cell, far_share = _sites_in_time(trajectory, atoms, centre - centre[0], sites, hysteresis, limit)
    _validate_distances(species, far_share, limit)
    shared = _shared(site, len(sites.positions))
    if exclusive:
        _validate_shared(species, shared)
    hops = _hops(site, cell)
    return SiteOccupation(
        species=species,
        sites=sites,
        site=site,
        **hops,
        interval=trajectory.interval,
        temperature=trajectory.temperature,
        exclusive=exclusive,
        provenance={
            "trajectory": traced_provenance(trajectory),
            "sites": dict(sites.provenance),
            "positions against": reference,
            "hysteresis": hysteresis,
            "share of ion-time far from all sites": float(far_share.mean()),
            "far [m]": limit,
            "share of ion-time on shared sites": float(shared.mean()),
            "ions": len(atoms),
            "hops": len(hops["hop_frame"]),
        },
    )


def _sites_in_time(
    trajectory: Trajectory, atoms: NDArray[np.intp], drift: Array, sites: Sites, hysteresis: float, limit: float
) -> tuple[NDArray[np.int32], NDArray[np.int32], Array]:
    """Site and cell of each atom in each frame (n_frame, n_atom[, 3]), and the share of its time beyond a distance [m]."""
    images = site_images(sites)
    n_frame, size = len(drift), frames_at_once(len(atoms))
    held = np.empty((n_frame, len(atoms)), dtype=np.int32)
    cells = np.zeros((n_frame, len(atoms), 3), dtype=np.int32)
    n_far = np.zeros(len(atoms))
    before = None
    for start in range(0, n_frame, size):
        block = slice(start, start + size)
        position = trajectory.positions[block, atoms] - drift[block, None]
        distance, site, cell = _nearest(images, sites.cell, position)
        n_far += (distance > limit).sum(axis=0)
        held[block], cells[block] = _with_hysteresis(sites, position, distance, site, cell, hysteresis, before)
        before = held[block][-1], cells[block][-1]
        release(trajectory.positions)
    return held, cells, n_far / n_frame


def _nearest(images: SiteImages, cell: Array, position: Array) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """Distance [m], site and its whole cells, each (n_frame, n_ion, …), of the site nearest to each position."""
    fraction = np.linalg.solve(cell.T, position.reshape(-1, 3).T).T
    shift = np.floor(fraction)
    distance, index = images.tree.query((fraction - shift) @ cell)
    shape = position.shape[:2]
    translation = images.translation[index] + shift.astype(int)
    return distance.reshape(shape), images.site[index].reshape(shape), translation.reshape(*shape, 3)


def _with_hysteresis(
    sites: Sites,
    position: Array,
    distance: Array,
    site: NDArray[np.int64],
    cell: NDArray[np.int64],
    hysteresis: float,
    before: tuple[NDArray[np.int32], NDArray[np.int32]] | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The site and its cell held in each frame, from the nearest one and that held before the first."""
    site, cell = site.copy(), cell.copy()
    held, held_cell = (site[0], cell[0]) if before is None else (before[0].astype(int), before[1].astype(int))
    place = (sites.positions[held] + held_cell) @ sites.cell
    for frame in range(len(site)):
        other = (site[frame] != held) | (cell[frame] != held_cell).any(axis=1)
        if not other.any():
            continue
        ion = np.flatnonzero(other)
        stays = distance[frame, ion] >= hysteresis * np.linalg.norm(position[frame, ion] - place[ion], axis=1)
        stay, go = ion[stays], ion[~stays]
        site[frame, stay], cell[frame, stay] = held[stay], held_cell[stay]
        held, held_cell = site[frame], cell[frame]
        place[go] = (sites.positions[held[go]] + held_cell[go]) @ sites.cell
    return site, cell


def _hops(held: NDArray[np.int32], cells: NDArray[np.int32]) -> dict[str, Any]:
    changed = (held[1:] != held[:-1]) | (cells[1:] != cells[:-1]).any(axis=2)
    frame, ion = np.nonzero(changed)
    return {
        "hop_frame": frame + 1,
        "hop_ion": ion,
        "hop_from": held[frame, ion].astype(np.int64),
        "hop_to": held[frame + 1, ion].astype(np.int64),
        "hop_translation": (cells[frame + 1, ion] - cells[frame, ion]).astype(np.int64),
    }


def frames_before_hop(hop_frame: NDArray[np.int64], hop_ion: NDArray[np.int64]) -> NDArray[np.int64]:
    """Frames that each hop's ion had been on the site that it leaves (n_hop,); a very large number for an ion's first hop."""
    order = np.lexsort((hop_frame, hop_ion))
    again = np.diff(hop_ion[order]) == 0
    frames = np.full(len(hop_frame), np.iinfo(np.int64).max)
    frames[order[1:][again]] = np.diff(hop_frame[order])[again]
    return frames


def short_visits(occupation: SiteOccupation) -> Array:
    """Share of visits of one frame among those that a hop ended, on each kind of sites (n_kind,); 0 where there is none."""
    sites = occupation.sites
    kind = sites.kind_index[occupation.hop_from]
    short = frames_before_hop(occupation.hop_frame, occupation.hop_ion) == 1
    visits = np.bincount(kind, minlength=len(sites.kinds))
    return np.bincount(kind, short, minlength=len(sites.kinds)) / np.maximum(visits, 1)


def ions_on_sites(held: NDArray[np.int32], n_site: int) -> NDArray[np.int64]:
    """Number of ions on each site (n_frame, n_site), from the sites that they hold (n_frame, n_ion)."""
    n_frame = len(held)
    flat = held + n_site * np.arange(n_frame)[:, None]
    return np.bincount(flat.ravel(), minlength=n_frame * n_site).reshape(n_frame, n_site)


def site_trajectory(occupation: SiteOccupation) -> Trajectory:
    """The motion from site to site alone: unwrapped positions of the sites held, and one atom at rest."""
    n_frame, n_ion = occupation.site.shape
    positions = np.zeros((n_frame, n_ion + 1, 3))
    np.add.at(positions, (occupation.hop_frame, occupation.hop_ion), occupation.hop_vector)
    positions[0, :-1] = occupation.sites.positions[occupation.site[0]] @ occupation.sites.cell
    np.cumsum(positions, axis=0, out=positions)
    positions[:, -1] = -10 * np.abs(positions).max()  # far off: hops fill little of the space, as if unwrapped in a large cell
    return Trajectory(
        positions=positions,
        species=(occupation.species,) * n_ion + ("sites",),
        masses=np.ones(n_ion + 1),  # only the one atom at rest is weighed
        interval=occupation.interval,
        temperature=occupation.temperature,
        provenance=dict(occupation.provenance),
    )


def _shared(held: NDArray[np.int32], n_site: int) -> Array:
    """Share of the time that each ion is on a site which holds another one too (n_ion,)."""
    frames = np.zeros(held.shape[1])
    size = frames_at_once(n_site)
    for start in range(0, len(held), size):
        block = held[start : start + size]
        frames += (np.take_along_axis(ions_on_sites(block, n_site), block, axis=1) > 1).sum(axis=0)
    return frames / len(held)


def _validate_distances(species: str, far_share: Array, limit: float) -> None:
    far = far_share > HOP_CRITERION.far_time_share
    if far.mean() > HOP_CRITERION.misfit_share:
        raise ValueError(
            f"sites of {species}: {far.sum()} of {len(far)} ions spend most of their time more than "
            f"{limit * 1e10:.2g} Å from every site; add the sites that are missing, give them where the simulation's framework "
            "is in the first frame, or give far= [m] where sites lie closer than ions rattle"
        )


def _validate_shared(species: str, shared: Array) -> None:
    if shared.mean() > HOP_CRITERION.misfit_share or shared.max() > HOP_CRITERION.far_time_share:
        worst = int(np.argmax(shared))
        raise ValueError(
            f"sites of {species}: ions share a site in {shared.mean():.0%} of their time, ion {worst} in {shared[worst]:.0%}; "
            "add the sites that are missing, give those of the whole simulation cell, or pass exclusive=False where ions may"
        )
