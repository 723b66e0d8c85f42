"""Ions in a slab with soft faces, whose density is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from a2c_pybamm.constants import BOLTZMANN
from a2c_pybamm.data import Array, Configurations
from a2c_pybamm.estimators import Kernel
from a2c_pybamm.synthetic.motion import FRAMEWORK_MASS, LITHIUM_MASS, bounded_motion


@dataclass(frozen=True)
class Slab:
    r"""Independent ions (Li) between the faces of a slab of framework atoms (La) at rest, in a cell that repeats.

    With :math:`z` along the third cell vector from the middle of the slab, thickness :math:`T`, area :math:`A`,

    .. math:: c(z) = \frac{N}{2AT}\left[\tanh\frac{z + T/2}{w} - \tanh\frac{z - T/2}{w}\right]

    Each coordinate of an ion is a monotonic function of a Gaussian process with exponential memory, so that the density is this
    one in every frame.
    """

    number: int = 200
    """:math:`N`, ions."""
    edges: tuple[float, float, float] = (2e-9, 2e-9, 8e-9)
    """Edges of the cell [m]."""
    thickness: float = 4e-9
    """:math:`T` [m]."""
    face: float = 0.3e-9
    """:math:`w`, half-width of a face [m]."""
    memory: float = 0.0
    """Frames over which an ion's place is remembered."""
    drift: float = 0.0
    """Velocity of the whole slab along the third cell vector [m.s-1]."""
    interval: float = 1e-12
    """Time between frames [s]."""
    temperature: float = 300.0
    """[K]"""

    def density(self, z: ArrayLike) -> Array:
        """Number density of the ions [m-3] (…) at distances from the slab's middle [m] (…), with periodic images."""
        images = np.asarray(z, float)[..., None] + self.edges[2] * np.arange(-1, 2)
        outer, inner = (np.tanh((images + side * self.thickness / 2) / self.face) for side in (1, -1))
        most = self.number / (self.edges[0] * self.edges[1] * self.thickness)
        return most / 2 * (outer - inner).sum(axis=-1)

    def smoothed_density(self, n: int, kernel: Kernel) -> tuple[Array, Array]:
        """Distances from the slab's middle [m] (n,), and the density smoothed by a kernel there [m-3] (n,)."""
        z = self.edges[2] * (np.arange(n) / n - 0.5)
        waves = np.zeros((n // 2 + 1, len(self.edges)))
        waves[:, 2] = 2 * np.pi * np.arange(n // 2 + 1) / self.edges[2]
        return z, np.fft.irfft(np.fft.rfft(self.density(z)) * kernel.transform(waves), n)

    def configurations(self, n_frame: int, rng: np.random.Generator) -> Configurations:
        """Frames of ions and of the framework, with thermal velocities of the ions."""
        uniform = ndtr(bounded_motion((n_frame, self.number, len(self.edges)), 1.0, self.memory, rng))
        ions = uniform * self.edges
        ions[..., 2] = self._place(uniform[..., 2])
        sites = np.indices((2, 2, 2)).reshape(len(self.edges), -1).T - 0.5
        framework = sites * [self.edges[0] / 2, self.edges[1] / 2, self.thickness / 2]
        positions = np.concatenate([ions, np.broadcast_to(framework, (n_frame, *framework.shape))], axis=1)
        positions[..., 2] += self.drift * self.interval * np.arange(n_frame)[:, None]
        velocities = np.zeros_like(positions)
        thermal = np.sqrt(BOLTZMANN * self.temperature / LITHIUM_MASS)
        velocities[:, : self.number] = thermal * rng.standard_normal(ions.shape)
        velocities[..., 2] += self.drift
        return Configurations.of_arrays(
            positions,
            np.diag(self.edges),
            species=("Li",) * self.number + ("La",) * len(framework),
            masses=np.array([LITHIUM_MASS] * self.number + [FRAMEWORK_MASS] * len(framework)),
            interval=self.interval,
            temperature=self.temperature,
            velocities=velocities,
            provenance={"synthetic": repr(self)},
        )

    def _place(self, probability: Array) -> Array:
        """Distance from the slab's middle [m] below which an ion is found with a probability."""
        half = self.thickness / (2 * self.face)
        # of ln cosh(u + half) - ln cosh(u - half) = c, which runs from -2 half to 2 half
        c = 2 * half * (2 * probability - 1)
        return self.face / 2 * np.log(np.expm1(c + 2 * half) / -np.expm1(c - 2 * half)) - self.thickness / 2
