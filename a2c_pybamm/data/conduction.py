"""Currents that fluctuate in a simulation at equilibrium, and the motion of an electrolyte's species."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.constants import BOLTZMANN
from a2c_pybamm.data.extent import Extent, conversion, known_extent, validate_extent
from a2c_pybamm.data.record import Array, freeze


class TransportCoefficient(StrEnum):
    """Coefficient that the fluctuations of a current give by Green and Kubo's formula."""

    IONIC_CONDUCTIVITY = "ionic conductivity"
    """From the electric current density [A.m-2]; in S.m-1."""
    VISCOSITY = "viscosity"
    """From the five independent traceless stresses [Pa]; in Pa.s."""
    BULK_VISCOSITY = "bulk viscosity"
    """From the pressure about its mean [Pa]; in Pa.s."""
    THERMAL_CONDUCTIVITY = "thermal conductivity"
    """From the heat flux density [W.m-2]; in W.m-1.K-1."""


OF_CURRENTS = (Extent.VOLUME, Extent.SIMULATION_CELL)
"""Amounts that currents and stresses may be of: their densities, or the sums over atoms that programs print."""


@dataclass(frozen=True, eq=False)
class CurrentSeries:
    """Current densities of a simulation at equilibrium, in equally spaced frames.

    The series are realisations of one process: directions of an isotropic system, components of the stress, replicas. A current
    of the whole cell (``extent``), a sum over atoms, is made a density by `per_volume`.

    Raises
    ------
    ValueError
        If shapes disagree, there are fewer than two frames, an entry is not finite, or a number is not positive.
    """

    extents: ClassVar[Mapping[str, Extent]] = {"flux": Extent.VOLUME, "volume": Extent.SIMULATION_CELL}
    coefficient: TransportCoefficient
    flux: Array
    """Current density (n_series, n_frame) [SI unit of the coefficient's current]."""
    interval: float
    """Time between frames [s]."""
    temperature: float
    """Temperature [K]."""
    volume: float
    """Volume of the simulation cell [m3]."""
    coupled: Array = field(default_factory=lambda: np.empty((0, 0, 0)))
    """Further conserved currents (n_coupled, n_series, n_frame) [any unit], which do not flow where the coefficient is defined:
    the fluxes of the species beside a heat flux."""
    coupled_names: tuple[str, ...] = ()
    """Names of those."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    extent: Extent = Extent.VOLUME
    """Amount that the flux is of; estimators take it per volume."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", known_extent(self.extent, OF_CURRENTS, str(self.coefficient)))
        if self.flux.ndim != 2 or self.flux.shape[1] < 2:
            raise ValueError(f"{self.coefficient}: the current has shape {self.flux.shape}, not (n_series, n_frame >= 2)")
        n_coupled = len(self.coupled_names)
        if n_coupled and self.coupled.shape != (n_coupled, *self.flux.shape):
            raise ValueError(
                f"{self.coefficient}: coupled currents have shape {self.coupled.shape}, not {(n_coupled, *self.flux.shape)}"
            )
        for name, values in {"current": self.flux, **dict(zip(self.coupled_names, self.coupled, strict=True))}.items():
            if not np.isfinite(values).all():
                frame = int(np.flatnonzero(~np.isfinite(values).all(axis=0))[0])
                raise ValueError(f"{self.coefficient}: frame {frame} of the {name} is not finite; leave it out")
        _validate_run(str(self.coefficient), self)
        freeze(self)

    @property
    def kubo_factor(self) -> float:
        r"""Coefficient over the integral of the current's correlation function: :math:`V/k_BT`, of heat :math:`V/k_BT^2`.

        Raises
        ------
        ValueError
            If the flux is no density.
        """
        validate_extent(self, Extent.VOLUME, str(self.coefficient))
        factor = self.volume / (BOLTZMANN * self.temperature)
        return factor / self.temperature if self.coefficient is TransportCoefficient.THERMAL_CONDUCTIVITY else factor

    def per_volume(self) -> CurrentSeries:
        """The density of a current of the whole cell, over the record's own volume.

        Raises
        ------
        ValueError
            If it is a density already.
        """
        if self.extent is Extent.VOLUME:
            raise ValueError(f"{self.coefficient}: the current is a density already; leave per_volume out")
        provenance = {**self.provenance, **conversion(self.extent, Extent.VOLUME, f"{self.volume:g} m3")}
        return replace(self, flux=self.flux / self.volume, extent=Extent.VOLUME, provenance=provenance)


@dataclass(frozen=True, eq=False)
class ElectrolyteMotion:
    """Unwrapped motion of all species of an electrolyte together, in equally spaced frames.

    A species is an ion or a molecule, taken at its centre of mass.

    Raises
    ------
    ValueError
        If shapes disagree, there are fewer than two frames, an entry is not finite, a number is not positive, a species has no
        particle or the name of another, a charge is no whole number, or the charges do not add up to zero.
    """

    extents: ClassVar[Mapping[str, Extent]] = dict.fromkeys(("counts", "collective", "volume"), Extent.SIMULATION_CELL)
    species: tuple[str, ...]
    """Name of each species (n_species,): cations, anions, solvents."""
    charges: tuple[int, ...]
    """Formal charge of one particle of each species [elementary charges]; 0 for a solvent."""
    counts: tuple[int, ...]
    """Number of particles of each species."""
    masses: Array
    """Mass of one particle of each species [kg] (n_species,)."""
    collective: Array
    """Sum of the unwrapped positions of all particles of a species [m] (n_frame, n_species, 3)."""
    interval: float
    """Time between frames [s]."""
    temperature: float
    """Temperature [K]."""
    volume: float
    """Volume of the simulation cell [m3]."""
    particles: tuple[Array, ...] = ()
    """Unwrapped positions of the single particles [m] (n_frame, n_particle, 3) of each species; none if not known."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.species)
        if self.collective.ndim != 3 or self.collective.shape[1:] != (n, 3) or len(self.collective) < 2:
            raise ValueError(
                f"electrolyte: collective positions have shape {self.collective.shape}, not (n_frame >= 2, {n}, 3)"
            )
        if not len(self.charges) == len(self.counts) == len(self.masses) == n:
            raise ValueError(f"electrolyte: {n} species need as many charges, counts and masses")
        _validate_species(self.species, self.charges, self.counts, self.masses)
        of_each = [(len(self.collective), count, 3) for count in self.counts]
        if self.particles and [paths.shape for paths in self.particles] != of_each:
            raise ValueError(f"electrolyte: positions of single particles must have the shapes {of_each}; leave them out")
        if not np.isfinite(self.collective).all():
            frame = int(np.flatnonzero(~np.isfinite(self.collective).all(axis=(1, 2)))[0])
            raise ValueError(f"electrolyte: frame {frame} has a position that is not finite; leave it out")
        validate_neutral(self.species, self.charges, self.counts)
        _validate_run("electrolyte", self)
        freeze(self)


@dataclass(frozen=True, eq=False)
class DriftVelocities:
    """Mean velocities of an electrolyte's species under constant small forces, one run for each set of forces.

    Raises
    ------
    ValueError
        If shapes disagree, an entry is not finite, a standard error is not positive, a species has no particle or the name of
        another, a charge is no whole number, or the charges do not add up to zero.
    """

    extents: ClassVar[Mapping[str, Extent]] = {
        **dict.fromkeys(("counts", "volume"), Extent.SIMULATION_CELL),
        **dict.fromkeys(("forces", "velocities", "velocity_stds"), Extent.ION),
    }
    species: tuple[str, ...]
    """Name of each species (n_species,)."""
    charges: tuple[int, ...]
    """Formal charge of one particle of each species [elementary charges]; 0 for a solvent."""
    counts: tuple[int, ...]
    """Number of particles of each species."""
    masses: Array
    """Mass of one particle of each species [kg] (n_species,)."""
    forces: Array
    """Force on each particle of a species along one direction [N] (n_run, n_species)."""
    velocities: Array
    """Mean velocity of the particles of a species along it [m.s-1] (n_run, n_species)."""
    velocity_stds: Array
    """Standard errors of those [m.s-1] (n_run, n_species), independent of one another."""
    temperature: float
    """Temperature [K]."""
    volume: float
    """Volume of the simulation cell [m3]."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.species)
        for name in ("forces", "velocities", "velocity_stds"):
            values = getattr(self, name)
            if values.ndim != 2 or values.shape != (len(self.forces), n) or not np.isfinite(values).all():
                raise ValueError(f"drift: {name} have shape {values.shape}, not (n_run, {n}), or are not finite")
        if not len(self.charges) == len(self.counts) == len(self.masses) == n:
            raise ValueError(f"drift: {n} species need as many charges, counts and masses")
        _validate_species(self.species, self.charges, self.counts, self.masses)
        validate_neutral(self.species, self.charges, self.counts)
        if not (self.velocity_stds > 0).all():
            raise ValueError("drift: a velocity has no standard error; give that of each mean, from blocks of its run")
        if not (0 < self.temperature < np.inf and 0 < self.volume < np.inf):
            raise ValueError(f"drift: temperature {self.temperature:g} K and volume {self.volume:g} m3 must be positive")
        freeze(self)


def formal_charges(species: Sequence[str], charges: Sequence[float]) -> tuple[int, ...]:
    """Formal charges [elementary charges] as whole numbers; ``ValueError`` where one is scaled or partial."""
    for name, z in zip(species, charges, strict=True):
        if not float(z).is_integer():
            raise ValueError(f"electrolyte: charge of {name} is {z:g}; give the formal one, a whole number, not a scaled one")
    return tuple(int(z) for z in charges)


def at_constant_energy(pressure: Array, energy: Array) -> Array:
    r"""Pressures (..., n_frame) without what follows the total energy (n_frame,) by linear regression.

    Of each series :math:`(\partial p/\partial E)(E - \langle E\rangle)` is taken off; the energy's unit does not matter.
    """
    away = energy - np.mean(energy)
    if not away.any():
        return pressure
    return np.asarray(
        pressure - np.multiply.outer((pressure - pressure.mean(axis=-1, keepdims=True)) @ away / (away @ away), away)
    )


def _validate_run(what: str, run: CurrentSeries | ElectrolyteMotion) -> None:
    """Raise ``ValueError`` where interval, temperature or volume is not positive and finite."""
    for name in ("interval", "temperature", "volume"):
        value = getattr(run, name)
        if not 0 < value < np.inf:
            raise ValueError(f"{what}: {name} is {value:g}, it must be positive; give {name}=")


def _validate_species(species: Sequence[str], charges: Sequence[float], counts: Sequence[float], masses: Array) -> None:
    """Raise ``ValueError`` where a species has no particle, no mass, another's name or a charge that is not formal."""
    if len(set(species)) < len(species):
        twice = next(name for k, name in enumerate(species) if name in species[:k])
        raise ValueError(f"electrolyte: two species are called {twice}; name them apart")
    formal_charges(species, charges)
    for name, count, mass in zip(species, counts, masses, strict=True):
        if not (count >= 1 and float(count).is_integer()):
            raise ValueError(f"electrolyte: {count} particles of {name}; give a whole number from 1, or leave the species out")
        if not 0 < mass < np.inf:
            raise ValueError(f"electrolyte: mass of {name} is {mass:g} kg, it must be positive; give that of one particle")


def validate_neutral(species: Sequence[str], charges: Sequence[int], counts: Sequence[int]) -> None:
    """Raise ``ValueError`` where the charges of all particles do not add up to zero."""
    if total := sum(z * count for z, count in zip(charges, counts, strict=True)):
        listed = ", ".join(f"{n} {name} of charge {z:+d}" for name, z, n in zip(species, charges, counts, strict=True))
        raise ValueError(f"electrolyte: the charges add up to {total:+d} ({listed}); correct charges or species")
