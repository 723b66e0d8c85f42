"""Trajectories whose diffusivity is known, by seed: free walks, hops, cages, ions that differ for good, and lattice gases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from a2c_pybamm.data import Trajectory
from a2c_pybamm.estimators import lattice as lattice_network
from a2c_pybamm.synthetic import brownian_trajectory, lattice_gas_walk, lattice_walk_trajectory
from a2c_pybamm.synthetic.motion import with_framework

STEP = 1e-14
SPACING = 3e-10
D = 1e-9
HOP = SPACING**2 / 6 / STEP
"""Diffusivity of walkers that hop in every frame."""


def brownian(
    seed: int, n_frame: int = 200, n_walker: int = 24, rattle: float = 1e-11, memory: float = 0.0, diffusivity: float = D
) -> Trajectory:
    """Brownian walkers; the memory of their rattling in frames."""
    rng = np.random.default_rng(seed)
    return brownian_trajectory(
        n_frame, n_walker, diffusivity=diffusivity, interval=STEP, rng=rng, rattle=rattle, rattle_time=memory * STEP
    )


def lattice(
    seed: int,
    probability: float,
    *,
    rattle: float = 3e-11,
    memory: float = 0.0,
    n_frame: int = 400,
    n_walker: int = 24,
) -> Trajectory:
    """Walkers with hops of 3 Å; the memory of their rattling in frames."""
    return lattice_walk_trajectory(
        n_frame,
        n_walker,
        hop_probability=probability,
        spacing=SPACING,
        interval=STEP,
        rng=np.random.default_rng(seed),
        rattle=rattle,
        rattle_time=memory * STEP,
    )


def together(one: Trajectory, other: Trajectory) -> Trajectory:
    """The walkers of both, and one framework atom at rest."""
    return with_framework(np.concatenate([one.positions[:, :-1], other.positions[:, :-1]], axis=1), STEP, 300.0, "two kinds")


def half_immobile(seed: int) -> Trajectory:
    """12 Brownian walkers, and 12 that only rattle."""
    return together(brownian(seed, 300, 12), brownian(seed + 10**6, 300, 12, diffusivity=1e-30))


def one_to_ten(seed: int) -> Trajectory:
    """4 Brownian walkers, and 20 of a tenth of their diffusivity."""
    return together(brownian(seed, 300, 4), brownian(seed + 10**6, 300, 20, diffusivity=D / 10))


def half_without_hops(seed: int) -> Trajectory:
    """12 walkers that hop one time in 10 frames, and 12 that only rattle."""
    return together(lattice(seed, 0.1, n_frame=300, n_walker=12), lattice(seed + 10**6, 0.0, n_frame=300, n_walker=12))


@dataclass(frozen=True)
class LatticeGas:
    """Ions that exclude one another on a simple cubic lattice of ``n_cell`` sites along an edge."""

    n_cell: int
    occupancy: float
    tries: float
    """Hops that an ion tries between frames."""
    n_frame: int
    correlation: float
    """Tracer correlation factor in this crystal, D_tr over the D_J of the sum of all ions: from runs of 900 frames ten tries
    apart, 4000 ions in all, slope between 60 and 180 tries, ± 0.2 % (gas_correlation)."""

    @property
    def diffusivity(self) -> float:
        """D_tr [m2.s-1]: the crystal's empty share of the other sites, times the free ion's and the correlation factor."""
        n_site = self.n_cell**3
        free = 1 - (round(self.occupancy * n_site) - 1) / (n_site - 1)
        return self.correlation * free * self.tries * HOP


GASES = {
    "lattice gas, x = 0.5, 32 ions, 300 frames of 1 try": LatticeGas(4, 0.5, 1.0, 300, 0.8583),
    "lattice gas, x = 0.5, 62 ions, 300 frames of 0.3 tries": LatticeGas(5, 0.5, 0.3, 300, 0.8592),
    "lattice gas, x = 0.5, 32 ions, 300 frames of 0.1 tries": LatticeGas(4, 0.5, 0.1, 300, 0.8583),
    "lattice gas, x = 0.9, 58 ions, 300 frames of 1 try": LatticeGas(4, 0.9, 1.0, 300, 0.7075),
    "lattice gas, x = 0.9, 58 ions, 400 frames of 0.3 tries": LatticeGas(4, 0.9, 0.3, 400, 0.7075),
}


def gas_walk(gas: LatticeGas, n_replica: int, seed: int, *, n_frame: int | None = None, stride: float = 1.0) -> np.ndarray:
    """Positions [m] (n_frame, n_replica, n_ion, 3), frames ``stride`` times as far apart."""
    network = lattice_network("sc", jump_length=SPACING)  # six hops at a rate of one each
    interval = gas.tries * stride / 6
    return lattice_gas_walk(
        network,
        (gas.n_cell,) * 3,
        occupancy=gas.occupancy,
        n_frame=n_frame or gas.n_frame,
        interval=interval,
        n_replica=n_replica,
        rng=np.random.default_rng(seed),
    )


@lru_cache(maxsize=1)
def _gas_batch(gas: LatticeGas, n_replica: int, batch: int) -> np.ndarray:
    return gas_walk(gas, n_replica, batch)


def gas_trajectory(seed: int, gas: LatticeGas, at_once: int = 100) -> Trajectory:
    """Run ``seed`` of those that walk side by side in batches."""
    walk = _gas_batch(gas, at_once, 1 + seed // at_once)[:, seed % at_once]
    return with_framework(walk, STEP, 300.0, "lattice gas")


def gas_correlation(gas: LatticeGas, seed: int = 77) -> tuple[float, float]:
    """The correlation factor of a gas and its standard error, from long runs."""
    n_ion = round(gas.occupancy * gas.n_cell**3)
    stride, first, last = 10.0 / gas.tries, 6, 18
    walk = gas_walk(gas, max(60, 4000 // n_ion), seed, n_frame=900, stride=stride)
    squares = [((walk[k:] - walk[:-k]) ** 2).sum(axis=-1).mean(axis=(0, 2)) for k in (first, last)]
    by_run = (squares[1] - squares[0]) / ((last - first) * 6 * STEP * stride)
    scale = gas.diffusivity / gas.correlation
    return float(by_run.mean() / scale), float(by_run.std(ddof=1) / np.sqrt(len(by_run)) / scale)


SYSTEMS: dict[str, tuple[Callable[[int], Trajectory], float, int, float]] = {
    "Brownian, 24 atoms": (brownian, D, 1000, 0.98),
    "Brownian, 4 atoms": (partial(brownian, n_walker=4), D, 1000, 0.96),
    "Brownian, 5 atoms": (partial(brownian, n_walker=5), D, 1000, 0.96),
    "free walk, 5 atoms": (partial(brownian, n_walker=5, rattle=0.0), D, 1000, 0.96),
    "hops, 1 in 10 frames": (partial(lattice, probability=0.1), 0.1 * HOP, 500, 0.98),
    "rare hops, 1 in 300 frames": (partial(lattice, probability=1 / 300), HOP / 300, 500, 0.94),
    "slow rattling, 5 frames": (partial(lattice, probability=0.01, memory=5), 0.01 * HOP, 500, 0.96),
    "slow cages, 20 frames": (partial(lattice, probability=0.01, rattle=5e-11, memory=20), 0.01 * HOP, 500, 0.95),
    "hops, 1 in 10, rattling with a memory of 5": (partial(lattice, probability=0.1, memory=5), 0.1 * HOP, 500, 0.98),
    "hops, 1 in 20, 5 atoms": (partial(lattice, probability=0.05, n_frame=200, n_walker=5), 0.05 * HOP, 500, 0.82),
    "cages, 5 atoms": (
        partial(lattice, probability=0.05, rattle=5e-11, memory=1, n_frame=200, n_walker=5),
        0.05 * HOP,
        500,
        0.8,
    ),
}
"""Trajectories by seed, their exact diffusivity, how many are tried, and the least share that must be fitted.

Of 50 hops in all, which is what five atoms make in the last two, one run in six does not resolve D by three error bars.
"""
KINDS: tuple[tuple[str, Callable[..., Trajectory], float, float], ...] = (
    ("Brownian", brownian, D, 0.94),
    ("hops, 1 in 20", partial(lattice, probability=0.05), 0.05 * HOP, 0.7),
    (
        "hops, 1 in 20, rattling of 0.5 Å with a memory of 3",
        partial(lattice, probability=0.05, rattle=5e-11, memory=3),
        0.05 * HOP,
        0.7,
    ),
)
FEW_IONS: dict[str, tuple[Callable[[int], Trajectory], float, int, float]] = {
    f"{kind}, {n} ions, 300 frames": (partial(make, n_frame=300, n_walker=n), truth, 300, share)
    for kind, make, truth, share in KINDS
    for n in (4, 6, 8, 12)
}
TWO_KINDS: dict[str, tuple[Callable[[int], Trajectory], float, int, float]] = {
    "half immobile, 24 atoms, 300 frames": (half_immobile, D / 2, 300, 0.97),
    "4 fast and 20 ten times slower, 300 frames": (one_to_ten, D / 4, 300, 0.97),
    "hops, 1 in 10, half immobile, 300 frames": (half_without_hops, 0.05 * HOP, 300, 0.97),
}
LATTICE_GASES: dict[str, tuple[Callable[[int], Trajectory], float, int, float]] = {
    name: (partial(gas_trajectory, gas=gas), gas.diffusivity, 300, 0.95) for name, gas in GASES.items()
}
ALL = SYSTEMS | FEW_IONS | TWO_KINDS | LATTICE_GASES
