"""Systems with known answers, for tests, examples and users who want to see an estimator at work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import AVOGADRO, BOLTZMANN, FARADAY
from a2c_pybamm.data import Array, EnergyTable, MigrationPath, Sites, Trajectory, Velocities
from a2c_pybamm.estimators import HopNetwork, repeat
from a2c_pybamm.laws import Coefficients, RedlichKister
from a2c_pybamm.laws.redlich_kister import excess

LITHIUM_MASS = 6.94e-3 / AVOGADRO
"""Mass of the walkers [kg]."""
FRAMEWORK_MASS = 138.905e-3 / AVOGADRO
"""Mass of the one framework atom, lanthanum [kg]."""
EMPTY = -1
"""In the place of an ion's number on a site."""


def brownian_trajectory(
    n_frame: int,
    n_walker: int,
    *,
    diffusivity: float,
    interval: float,
    rng: np.random.Generator,
    rattle: float = 0.0,
    rattle_time: float = 0.0,
    temperature: float = 300.0,
) -> Trajectory:
    r"""Trajectory of independent Brownian walkers (Li) and one framework atom (La) at rest.

    The tracer diffusivity is ``diffusivity`` exactly, and :math:`\langle r^2\rangle = 6Dt + 6a^2(1 - e^{-t/\tau})`.

    Parameters
    ----------
    diffusivity
        :math:`D` [m2.s-1].
    interval
        Time between frames [s].
    rattle
        :math:`a`, standard deviation of a bounded motion about the walk in each direction [m].
    rattle_time
        :math:`\tau`, time in which the bounded motion forgets itself [s]; 0 is white noise.
    """
    steps = np.sqrt(2 * diffusivity * interval) * rng.standard_normal((n_frame, n_walker, 3))
    walk = np.cumsum(steps, axis=0) + _rattle(steps.shape, rattle, rattle_time / interval, rng)
    return _with_framework(walk, interval, temperature, "Brownian walkers")


def lattice_walk_trajectory(
    n_frame: int,
    n_walker: int,
    *,
    hop_probability: float,
    spacing: float,
    interval: float,
    rng: np.random.Generator,
    rattle: float = 0.0,
    rattle_time: float = 0.0,
    temperature: float = 300.0,
) -> Trajectory:
    r"""Trajectory of independent walkers (Li) on a simple cubic lattice and one framework atom (La) at rest.

    In each frame a walker hops with probability :math:`p` to one of its six neighbours, drawn at random, so that
    :math:`D = p a^2/(6\,\Delta t)` exactly.

    Parameters
    ----------
    hop_probability
        :math:`p`, between 0 and 1.
    spacing
        :math:`a`, distance between neighbouring sites [m].
    interval
        :math:`\Delta t`, time between frames [s].
    rattle, rattle_time
        Bounded motion about the sites, as in `brownian_trajectory`.
    """
    if not 0 <= hop_probability <= 1:
        raise ValueError(f"lattice walk: hop_probability is {hop_probability:g}, a probability lies in [0, 1]")
    shape = (n_frame, n_walker)
    direction = rng.integers(3, size=shape)
    length = spacing * rng.choice([-1.0, 1.0], size=shape) * (rng.random(shape) < hop_probability)
    steps = np.where(np.arange(3) == direction[..., None], length[..., None], 0.0)
    walk = np.cumsum(steps, axis=0) + _rattle(steps.shape, rattle, rattle_time / interval, rng)
    return _with_framework(walk, interval, temperature, "lattice walkers")


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
    return _with_framework(spacing * np.cumsum(hops @ step, axis=0), interval, temperature, "lattice gas")


def langevin_trajectory(
    n_frame: int,
    n_ion: int,
    *,
    friction: float,
    interval: float,
    rng: np.random.Generator,
    temperature: float = 300.0,
) -> tuple[Trajectory, Velocities]:
    r"""Positions and velocities of free Langevin particles (Li) and one framework atom (La) at rest, without time-step error.

    :math:`\dot{\mathbf v} = -\gamma\mathbf v + \text{noise}` [1]_, drawn from its exact transition: with :math:`D = kT/m\gamma`

    .. math:: \langle\mathbf v(0)\cdot\mathbf v(t)\rangle = \frac{3kT}{m}e^{-\gamma t}, \qquad
       \langle r^2\rangle = 6D\left[t - (1 - e^{-\gamma t})/\gamma\right]

    Parameters
    ----------
    friction
        :math:`\gamma` [s-1].
    interval
        Time between frames [s].

    References
    ----------
    .. [1] S. Chandrasekhar, Rev. Mod. Phys. 15 (1943) 1, ch. II.
    """
    thermal = np.sqrt(BOLTZMANN * temperature / LITHIUM_MASS)
    g, keep = friction * interval, np.exp(-friction * interval)
    # variance and covariance over a step, in units of kT/m and 1/γ
    of_v, of_x, both = 1 - keep**2, 2 * g - 3 + 4 * keep - keep**2, (1 - keep) ** 2
    noise = rng.standard_normal((2, n_frame, n_ion, 3))
    kick = np.sqrt(of_v) * noise[0]
    shift = both / np.sqrt(of_v) * noise[0] + np.sqrt(max(of_x - both**2 / of_v, 0.0)) * noise[1]
    v, x = np.zeros_like(kick), np.zeros_like(kick)
    v[0] = noise[0, 0]
    for frame in range(1, n_frame):
        v[frame] = keep * v[frame - 1] + kick[frame]
        x[frame] = x[frame - 1] + (1 - keep) * v[frame - 1] + shift[frame]
    trajectory = _with_framework(thermal / friction * x, interval, temperature, "Langevin particles")
    moving = np.concatenate([thermal * v, np.zeros((n_frame, 1, 3))], axis=1)
    return trajectory, Velocities(
        moving, trajectory.species, trajectory.masses, interval, temperature, provenance=dict(trajectory.provenance)
    )


def _rattle(shape: tuple[int, ...], amplitude: float, memory: float, rng: np.random.Generator) -> Array:
    """Stationary bounded motion (n_frame, ...): white, or with exponential memory of so many frames."""
    noise = amplitude * rng.standard_normal(shape)
    if amplitude == 0 or memory == 0:
        return noise
    keep = np.exp(-1 / memory)
    for frame in range(1, shape[0]):
        noise[frame] = keep * noise[frame - 1] + np.sqrt(1 - keep**2) * noise[frame]
    return noise


def _with_framework(walk: Array, interval: float, temperature: float, kind: str) -> Trajectory:
    n_frame, n_walker, _ = walk.shape
    return Trajectory(
        positions=np.concatenate([walk, np.zeros((n_frame, 1, 3))], axis=1),
        species=("Li",) * n_walker + ("La",),
        masses=np.array([LITHIUM_MASS] * n_walker + [FRAMEWORK_MASS]),
        interval=interval,
        temperature=temperature,
        provenance={"synthetic": kind},
    )


def redlich_kister_energies(
    law: RedlichKister,
    coefficients: Coefficients,
    x: Array,
    *,
    rng: np.random.Generator,
    energy_std: float = 0.0,
    n_ordering: int = 2,
    gap: float = 3e3,
    label: str = "synthetic",
) -> EnergyTable:
    r"""Energies of orderings whose lowest at each composition follow a Redlich–Kister law.

    :math:`E(x) = -x\,F U_0 + F\,x(1-x)\sum_k L_k(1-2x)^k` plus Gaussian noise for the lowest; the others lie above it by an
    exponential of mean ``gap``. Rows are shuffled.

    Parameters
    ----------
    coefficients
        Values of all the law's coefficients; the vibrational entropy does not enter energies.
    x
        Compositions (n_composition,).
    energy_std
        Standard deviation of the noise [J.mol-1].
    n_ordering
        Orderings at each composition.
    gap
        Mean distance of the higher orderings [J.mol-1].
    """
    exact = -x * law.end_voltage(coefficients) + sum(L * excess(k, x) for k, L in enumerate(law.interactions(coefficients)))
    lowest = FARADAY * exact + energy_std * rng.standard_normal(len(x))
    above = np.vstack([np.zeros(len(x)), rng.exponential(gap, (n_ordering - 1, len(x)))])
    rows = rng.permutation(above.size)
    return EnergyTable(
        label,
        np.tile(x, n_ordering)[rows],
        (lowest + above).ravel()[rows],
        tuple(f"ordering {k}" for k in rows),
        np.ones(above.size, dtype=bool),
        provenance={"synthetic": "Redlich-Kister"},
    )


def migration_path(
    n_image: int,
    *,
    barrier: float,
    rng: np.random.Generator,
    skew: float = 0.5,
    bumps: float = 0.0,
    tilt: float = 0.3,
    length: float = 3e-10,
    forces: bool = True,
) -> MigrationPath:
    r"""Evenly spaced images of a random smooth hop with a known barrier, no image on the saddle but by chance.

    .. math::
        E(s) \propto \sin^2\!\left(\pi\,w(s)\right) + \sum_{k=2}^{3} b_k\sin^2(k\pi s) + r\,\tfrac{1-\cos\pi s}{2},
        \qquad w(s) = s + \sum_{k=1}^{3} \frac{a_k}{k\pi}\sin(k\pi s)

    with fraction :math:`s` of the path; level at both ends, and scaled so that its highest point lies ``barrier`` above the
    first image. Paths whose highest image is an end are drawn again.

    Parameters
    ----------
    barrier
        Highest point [eV].
    skew
        Standard deviation of :math:`k\,a_k` (limited so that :math:`w` grows); 0 puts the saddle half-way.
    bumps
        Standard deviation of :math:`b_k`; from about 0.2 on, paths with several humps are common.
    tilt
        Largest :math:`|r|`, energy of the last image relative to the hump.
    length
        Length of the path [m].
    forces
        Whether the slopes along the path are given.
    """
    if n_image < 3 or not barrier > 0:
        raise ValueError(
            f"synthetic path: {n_image} images and a barrier of {barrier:g} eV; take three or more, and a positive one"
        )
    s, fine = np.linspace(0, 1, n_image), np.linspace(0, 1, 4001)
    while True:
        warp = skew * rng.standard_normal(3) / [1, 2, 3]
        warp *= min(1.0, 0.9 / max(np.abs(warp).sum(), 1e-12))  # else the path would turn back
        hop = partial(_hop, warp, bumps * rng.standard_normal(2), tilt * rng.uniform(-1, 1))
        scale = barrier * FARADAY / hop(fine)[0].max()
        energy, slope = hop(s)
        if 0 < np.argmax(energy) < n_image - 1:
            return MigrationPath(
                "synthetic",
                s * length,
                scale * energy,
                scale / length * slope if forces else None,
                {"synthetic": "smooth hop"},
            )


def _hop(warp: Array, bumps: Array, tilt: float, s: Array) -> tuple[Array, Array]:
    """Energy of a synthetic hop and its derivative by the fraction of the path."""
    k, m = np.arange(1, len(warp) + 1) * np.pi, np.arange(2, len(bumps) + 2) * np.pi
    inner = np.pi * (s + np.sin(np.outer(s, k)) @ (warp / k))
    energy = np.sin(inner) ** 2 + np.sin(np.outer(s, m)) ** 2 @ bumps + tilt * (1 - np.cos(np.pi * s)) / 2
    slope = np.pi * (1 + np.cos(np.outer(s, k)) @ warp) * np.sin(2 * inner)
    return energy, slope + np.sin(2 * np.outer(s, m)) @ (m * bumps) + tilt * np.pi * np.sin(np.pi * s) / 2


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


def rattling_trajectory(
    walk: Array,
    *,
    interval: float,
    rng: np.random.Generator,
    rattle: float = 0.0,
    rattle_time: float = 0.0,
    temperature: float = 300.0,
) -> Trajectory:
    """Trajectory of ions (Li) that rattle about a walk (n_frame, n_ion, d) [m], d up to 3, and one framework atom (La) at rest.

    Parameters
    ----------
    interval
        Time between frames [s].
    rattle, rattle_time
        Bounded motion in three directions, as in `brownian_trajectory`.
    """
    flat = np.concatenate([walk, np.zeros((*walk.shape[:2], 3 - walk.shape[2]))], axis=2)
    moving = flat + _rattle(flat.shape, rattle, rattle_time / interval, rng)
    return _with_framework(moving, interval, temperature, "ions that rattle about sites")


def network_sites(network: HopNetwork, kind: Sequence[str] = (), *, height: float = 1e-9) -> Sites:
    """The sites of a network of one, two or three dimensions, its cell given the ``height`` [m] across it where it is flat."""
    d = network.dimension
    cell = height * np.eye(3)
    cell[:d, :d] = network.cell
    positions = np.zeros((len(network.sites), 3))
    positions[:, :d] = network.sites
    return Sites(cell, positions, tuple(kind), {"synthetic": "sites of a network"})
