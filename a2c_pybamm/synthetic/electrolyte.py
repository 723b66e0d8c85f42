"""Electrolytes of Langevin particles and of ion pairs with a known Onsager matrix."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from a2c_pybamm.constants import AVOGADRO, BOLTZMANN, DALTON, GAS_CONSTANT
from a2c_pybamm.data import Array, ElectrolyteMotion
from a2c_pybamm.synthetic.motion import bounded_motion, langevin_paths


@dataclass(frozen=True)
class LangevinElectrolyte:
    r"""Ions and solvent that ignore one another, each a free Langevin particle with friction :math:`k_BT/mD`.

    Pairs of one cation and one anion move as one body of both masses.
    """

    diffusivities: tuple[float, ...] = (1.0e-9, 1.5e-9, 2.0e-9)
    """Of each species [m2.s-1], cation and anion first."""
    species: tuple[str, ...] = ("Li", "PF6", "EC")
    charges: tuple[int, ...] = (1, -1, 0)
    counts: tuple[int, ...] = (50, 50, 600)
    """Number of particles, those in pairs included."""
    masses: tuple[float, ...] = (7.0, 145.0, 90.0)
    """Of one particle [g.mol-1]."""
    n_pair: int = 0
    """Number of pairs."""
    pair_diffusivity: float = 1.0e-9
    """Of a pair [m2.s-1]."""
    temperature: float = 300.0
    """[K]."""
    volume: float = 8.3e-26
    """Of the cell [m3]; 50 ions are 1 mol/L."""

    @property
    def onsager_matrix(self) -> Array:
        r"""L against walls at rest [mol2.J-1.m-1.s-1] (n_species, n_species); :math:`SLS^\mathsf{T}` is L in another frame.

        .. math:: L_{ii} = \frac{(c_i - c_p)D_i + c_pD_p}{RT}, \qquad L_{+-} = \frac{c_pD_p}{RT}
        """
        free = np.array(self.counts, float)
        free[:2] -= self.n_pair
        L = np.diag(free * self.diffusivities)
        L[:2, :2] += self.n_pair * self.pair_diffusivity
        return L / (self.volume * AVOGADRO * GAS_CONSTANT * self.temperature)

    def run(
        self, n_frame: int, *, interval: float, rng: np.random.Generator, single_particles: bool = False
    ) -> tuple[ElectrolyteMotion, Array]:
        """Motion, and the sum of the velocities of each species [m.s-1] (n_frame, n_species, 3), by exact transitions.

        Without single particles, only sums over a species are drawn: the same distribution, whatever their number.
        """
        bodies = [
            self._bodies(n_frame, n - self.n_pair * (k < 2), D, mass, interval, rng, single_particles)
            for k, (n, D, mass) in enumerate(zip(self.counts, self.diffusivities, self.masses, strict=True))
        ]
        if self.n_pair:
            mass = self.masses[0] + self.masses[1]
            pairs = self._bodies(n_frame, self.n_pair, self.pair_diffusivity, mass, interval, rng, single_particles)
            for k in range(2):
                bodies[k] = tuple(
                    np.concatenate([own, of_pairs], axis=1) for own, of_pairs in zip(bodies[k], pairs, strict=True)
                )
        motion = ElectrolyteMotion(
            species=self.species,
            charges=self.charges,
            counts=self.counts,
            masses=np.array(self.masses) * DALTON,
            collective=np.stack([x.sum(axis=1) for x, _ in bodies], axis=1),
            interval=interval,
            temperature=self.temperature,
            volume=self.volume,
            particles=tuple(x for x, _ in bodies) if single_particles else (),
            provenance={"synthetic": "Langevin electrolyte"},
        )
        return motion, np.stack([v.sum(axis=1) for _, v in bodies], axis=1)

    def _bodies(
        self, n_frame: int, n: int, D: float, mass: float, interval: float, rng: np.random.Generator, one_by_one: bool
    ) -> tuple[Array, ...]:
        """Positions and velocities of n bodies (n_frame, n, 3), or of their sum (n_frame, 1, 3)."""
        kT_over_m = BOLTZMANN * self.temperature / (mass * DALTON)
        drawn = n if one_by_one else 1
        paths = langevin_paths(n_frame, drawn, friction=kT_over_m / D, interval=interval, kT_over_m=kT_over_m, rng=rng)
        return tuple(np.sqrt(n / max(drawn, 1)) * path for path in paths)


def caged_motion(motion: ElectrolyteMotion, *, amplitude: float, memory: float, rng: np.random.Generator) -> ElectrolyteMotion:
    r"""A motion with a bounded one added to each particle independently, which leaves the Onsager matrix as it is.

    The spectrum of the currents then has a dip at zero, as in a liquid whose particles rattle among neighbours.

    Parameters
    ----------
    amplitude
        Standard deviation of a particle's bounded motion in each direction [m].
    memory
        Correlation time of the bounded motion [s]; 0 is white noise.
    """
    rattle = bounded_motion(motion.collective.shape, amplitude, memory / motion.interval, rng)
    counts = np.sqrt(np.array(motion.counts, float))[:, None]
    return replace(motion, collective=motion.collective + counts * rattle, particles=())
