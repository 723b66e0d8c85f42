"""Walkers on networks of sites, alone or as a lattice gas, by kinetic Monte Carlo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data import Array, Sites, Trajectory
from a2c_pybamm.estimators import HopNetwork, repeat
from a2c_pybamm.synthetic.motion import with_framework

EMPTY = -1
"""In the place of an ion's number on a site."""


def independent_walk(network: HopNetwork, *, n_frame: int, n_walker: int, interval: float, rng: np.random.Generator) -> Array:
    r"""Unwrapped positions of walkers on a network that ignore one another (n_frame, n_walker, d) [m].

    They begin at equilibrium, each in any of ten cells along each direction. Each hop has the network's rate, with no step of
    time, so that the diffusivity is that of `effective_diffusivity`, exactly.

    Parameters
    ----------
    interval
        Time between frames [s].
    """
    assert network.probability is not None
    target, step, rate = _hops_by_site(network)
    most, n_hop = rate.max(), target.shape[1]
    site = rng.choice(len(network.sites), size=n_walker, p=network.probability)
    position = (network.sites[site] + rng.integers(-5, 5, (n_walker, network.dimension))) @ network.cell
    frames = np.empty((n_frame, *position.shape))
    for frame in range(n_frame):
        frames[frame] = position
        left = rng.poisson(n_hop * most * interval, n_walker)
        while len(walker := np.flatnonzero(left > 0)):
            left[walker] -= 1
            hop = rng.integers(n_hop, size=len(walker))
            goes = rng.random(len(walker)) * most < rate[site[walker], hop]
            walker, hop = walker[goes], hop[goes]
            position[walker] += step[site[walker], hop]
            site[walker] = target[site[walker], hop]
    return frames


def network_sites(network: HopNetwork, kind: Sequence[str] = (), *, height: float = 1e-9) -> Sites:
    """The sites of a network of one, two or three dimensions, its cell given the ``height`` [m] across it where it is flat."""
    d = network.dimension
    cell = height * np.eye(3)
    cell[:d, :d] = network.cell
    positions = np.zeros((len(network.sites), 3))
    positions[:, :d] = network.sites
    return Sites(cell, positions, tuple(kind), {"synthetic": "sites of a network"})


def lattice_gas_walk(
    network: HopNetwork,
    times: Sequence[int],
    *,
    occupancy: float,
    n_frame: int,
    interval: float,
    n_replica: int,
    rng: np.random.Generator,
) -> Array:
    r"""Unwrapped positions of ions that hop to empty sites only, (n_frame, n_replica, n_ion, d) [m], by kinetic Monte Carlo.

    An ion on site i tries each of its hops at the network's rate, and goes if the other site is empty; ions do not interact
    otherwise. With equal sites the centre of mass has :math:`D_J = (1-x)D` exactly, :math:`D` the network's
    `effective_diffusivity` and :math:`1-x` taken as (empty sites)/(sites - 1), as the finite crystal has it; a single ion has
    :math:`f(x) D_J`. The first frame is a random arrangement: equilibrium where all sites have the same energy.

    Replicas are independent and walk side by side. Times between tries are exponential: there is no step of time.

    Parameters
    ----------
    times
        Cells of the network along each direction of the periodic crystal.
    occupancy
        :math:`x`, occupied fraction of sites; rounded to whole ions.
    interval
        Time between frames [s].

    Raises
    ------
    ValueError
        If no ion, or no empty site, is left.
    """
    crystal = repeat(network, times)
    n_site = len(crystal.sites)
    n_ion = round(occupancy * n_site)
    if not 0 < n_ion < n_site:
        raise ValueError(
            f"lattice gas: {n_ion} ions on {n_site} sites; take an occupancy with an ion and an empty site, or more cells"
        )
    # Whatever is fewer walks, ions or empty sites: in a crowded crystal nearly all tries of ions would be in vain.
    ions_walk = 2 * n_ion <= n_site
    target, step, rate = _hops_by_site(crystal if ions_walk else _of_empty_sites(crystal))
    most, n_hop = rate.max(), target.shape[1]
    places = np.argsort(rng.random((n_replica, n_site)), axis=1)
    ion_on = np.full((n_replica, n_site), EMPTY)
    np.put_along_axis(ion_on, places[:, :n_ion], np.arange(n_ion)[None], axis=1)
    position = crystal.sites[places[:, :n_ion]] @ crystal.cell
    walker = places[:, :n_ion] if ions_walk else places[:, n_ion:]
    frames = np.empty((n_frame, *position.shape))
    for frame in range(n_frame):
        frames[frame] = position
        left = rng.poisson(walker.shape[1] * n_hop * most * interval, n_replica)
        while len(replica := np.flatnonzero(left > 0)):
            left[replica] -= 1
            which, hop = rng.integers(walker.shape[1], size=len(replica)), rng.integers(n_hop, size=len(replica))
            start = walker[replica, which]
            end = target[start, hop]
            goes = (ion_on[replica, end] == EMPTY) == ions_walk
            goes &= rng.random(len(replica)) * most < rate[start, hop]
            replica, which, start, end, hop = replica[goes], which[goes], start[goes], end[goes], hop[goes]
            ion = np.maximum(ion_on[replica, start], ion_on[replica, end])
            ion_on[replica, start], ion_on[replica, end] = ion_on[replica, end], ion_on[replica, start]
            walker[replica, which] = end
            position[replica, ion] += step[start, hop] if ions_walk else -step[start, hop]
    return frames


def _of_empty_sites(network: HopNetwork) -> HopNetwork:
    """The walk of an empty site: each hop of an ion, the other way round, at the ion's rate."""
    assert network.probability is not None
    empty = 1 / network.probability
    return replace(
        network,
        from_site=network.to_site,
        to_site=network.from_site,
        translation=-network.translation,
        probability=empty / empty.sum(),
    )


def _hops_by_site(network: HopNetwork) -> tuple[NDArray[np.int64], Array, Array]:
    """Site at the end, displacement and rate of each site's hops (n_site, n_most[, d]); rates of hops that fill up are 0."""
    n_site = len(network.sites)
    order = np.argsort(network.from_site, kind="stable")
    count = np.bincount(network.from_site, minlength=n_site)
    row = network.from_site[order]
    column = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    target = np.zeros((n_site, count.max()), dtype=np.int64)
    rate = np.zeros(target.shape)
    step = np.zeros((*target.shape, network.dimension))
    target[row, column], rate[row, column], step[row, column] = (
        network.to_site[order],
        network.rate[order],
        network.displacement[order],
    )
    return target, step, rate


def lattice_gas_trajectory(
    n_frame: int,
    n_ion: int,
    *,
    n_cell: int,
    spacing: float,
    interval: float,
    rng: np.random.Generator,
    temperature: float = 300.0,
) -> Trajectory:
    r"""Trajectory of ions (Li) that exclude one another on a simple cubic lattice, and one framework atom (La) at rest.

    One trajectory, hop by hop (for many replicas, or another lattice, `lattice_gas_walk` is the faster). The lattice is
    periodic. Between frames as many hops are tried as there are ions: a random ion, a random neighbour, done if that is empty.
    Blocked ions tend to hop back, so that the tracer diffusivity is :math:`f(x)\,D_J`; the sum over all ions has no memory:

    .. math:: D_J = \Bigl(1 - \frac{n - 1}{L^3 - 1}\Bigr)\frac{a^2}{6\,\Delta t} \approx (1-x)\,\frac{a^2}{6\,\Delta t}

    exactly, and :math:`D_J\Theta = a^2/(6\,\Delta t)` at every :math:`x` with :math:`\Theta = 1/(1-x)`.

    Parameters
    ----------
    n_ion
        :math:`n`, fewer than sites.
    n_cell
        :math:`L`, sites along each edge.
    spacing
        :math:`a`, distance between neighbouring sites [m].
    interval
        :math:`\Delta t`, time between frames [s].
    """
    n_site = n_cell**3
    if not 0 < n_ion < n_site:
        raise ValueError(f"lattice gas: {n_ion} ions on {n_site} sites; a hop needs an ion and an empty site")
    cell = np.indices((n_cell,) * 3).reshape(3, n_site)
    step = np.concatenate([np.eye(3, dtype=int), -np.eye(3, dtype=int)])
    neighbour = np.ravel_multi_index(tuple((cell[:, :, None] + step.T[:, None]) % n_cell), (n_cell,) * 3).tolist()
    site = rng.permutation(n_site)[:n_ion].tolist()
    occupied = np.isin(np.arange(n_site), site).tolist()
    hops = np.zeros((n_frame, n_ion, 6), dtype=int)
    for frame in range(1, n_frame):
        tried = zip(rng.integers(n_ion, size=n_ion).tolist(), rng.integers(6, size=n_ion).tolist(), strict=True)
        for ion, direction in tried:  # one after the other: each changes what the next finds
            target = neighbour[site[ion]][direction]
            if not occupied[target]:
                occupied[site[ion]], occupied[target], site[ion] = False, True, target
                hops[frame, ion, direction] += 1
    return with_framework(spacing * np.cumsum(hops @ step, axis=0), interval, temperature, "lattice gas")
