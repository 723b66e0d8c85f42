"""Trajectories of walkers with a known diffusivity, and one framework atom at rest."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, DALTON
from a2c_pybamm.data import Array, Trajectory, Velocities

LITHIUM_MASS = 6.94 * DALTON
"""Mass of the walkers [kg]."""
FRAMEWORK_MASS = 138.905 * DALTON
"""Mass of the one framework atom, lanthanum [kg]."""


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
        :math:`\tau`, correlation time of the bounded motion [s]; 0 is white noise.
    """
    steps = np.sqrt(2 * diffusivity * interval) * rng.standard_normal((n_frame, n_walker, 3))
    walk = np.cumsum(steps, axis=0) + bounded_motion(steps.shape, rattle, rattle_time / interval, rng)
    return with_framework(walk, interval, temperature, "Brownian walkers")


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
    walk = np.cumsum(steps, axis=0) + bounded_motion(steps.shape, rattle, rattle_time / interval, rng)
    return with_framework(walk, interval, temperature, "lattice walkers")


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
    moving = flat + bounded_motion(flat.shape, rattle, rattle_time / interval, rng)
    return with_framework(moving, interval, temperature, "ions that rattle about sites")


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
    x, v = langevin_paths(
        n_frame, n_ion, friction=friction, interval=interval, kT_over_m=BOLTZMANN * temperature / LITHIUM_MASS, rng=rng
    )
    trajectory = with_framework(x, interval, temperature, "Langevin particles")
    moving = np.concatenate([v, np.zeros((n_frame, 1, 3))], axis=1)
    return trajectory, Velocities(
        moving, trajectory.species, trajectory.masses, interval, temperature, provenance=dict(trajectory.provenance)
    )


def langevin_paths(
    n_frame: int, n_body: int, *, friction: float, interval: float, kT_over_m: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Positions [m] and velocities [m.s-1] (n_frame, n_body, 3) of free Langevin particles, by their exact transition.

    Parameters
    ----------
    kT_over_m
        Thermal velocity squared, of one direction [m2.s-2].
    """
    thermal = np.sqrt(kT_over_m)
    g, keep = friction * interval, np.exp(-friction * interval)
    # variance and covariance over a step, in units of kT/m and 1/γ
    of_v, of_x, both = 1 - keep**2, 2 * g - 3 + 4 * keep - keep**2, (1 - keep) ** 2
    noise = rng.standard_normal((2, n_frame, n_body, 3))
    kick = np.sqrt(of_v) * noise[0]
    shift = both / np.sqrt(of_v) * noise[0] + np.sqrt(max(of_x - both**2 / of_v, 0.0)) * noise[1]
    v, x = np.zeros_like(kick), np.zeros_like(kick)
    v[0] = noise[0, 0]
    for frame in range(1, n_frame):
        v[frame] = keep * v[frame - 1] + kick[frame]
        x[frame] = x[frame - 1] + (1 - keep) * v[frame - 1] + shift[frame]
    return thermal / friction * x, thermal * v


def bounded_motion(shape: tuple[int, ...], amplitude: float, memory: float, rng: np.random.Generator) -> Array:
    """Stationary bounded motion (n_frame, ...): white, or with exponential memory of so many frames."""
    noise = amplitude * rng.standard_normal(shape)
    if amplitude == 0 or memory == 0:
        return noise
    keep = np.exp(-1 / memory)
    for frame in range(1, shape[0]):
        noise[frame] = keep * noise[frame - 1] + np.sqrt(1 - keep**2) * noise[frame]
    return noise


def with_framework(walk: Array, interval: float, temperature: float, kind: str) -> Trajectory:
    n_frame, n_walker, _ = walk.shape
    return Trajectory(
        positions=np.concatenate([walk, np.zeros((n_frame, 1, 3))], axis=1),
        species=("Li",) * n_walker + ("La",),
        masses=np.array([LITHIUM_MASS] * n_walker + [FRAMEWORK_MASS]),
        interval=interval,
        temperature=temperature,
        provenance={"synthetic": kind},
    )
