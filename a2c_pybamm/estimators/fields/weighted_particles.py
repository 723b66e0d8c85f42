"""Particles of a field with their weights: number, mass, charge, momentum, or numbers by species."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import ELEMENTARY_CHARGE
from a2c_pybamm.data import Array, Configurations, FrameBlock
from a2c_pybamm.estimators.time_series.mean_squared_displacement import atoms_of

Weight = Literal["number", "mass", "charge"] | Mapping[str, float]
"""Weight of a particle: one, its mass, its charge, or a number for each species."""


@dataclass(frozen=True, eq=False)
class WeightedParticles:
    """Particles that make a field, and their weights."""

    quantity: str
    """Name of the field."""
    unit: str
    """Unit of the field."""
    particles: NDArray[np.intp]
    """(n_particle,)"""
    weights: Array
    """[unit times m3], of a momentum masses [kg] (n_particle,)."""
    momentum: bool = False
    """True where weights are masses and velocities go with them."""

    def positions(self, frames: FrameBlock) -> Array:
        """[m] (n_frame, n_particle, 3)."""
        return frames.positions[:, self.particles]

    def components(self, frames: FrameBlock) -> Array:
        """Weights of each frame (n_component, n_frame, n_particle): one component, or three of a momentum.

        Raises
        ------
        ValueError
            If velocities are needed and not there.
        """
        shape = (len(frames.positions), len(self.particles))
        if not self.momentum:
            return np.broadcast_to(self.weights, (1, *shape))
        if frames.velocities is None:
            raise ValueError(
                f"{self.quantity}: the configurations have no velocities; write them into the trajectory, or give them to "
                "Configurations.of_arrays"
            )
        return np.moveaxis(frames.velocities[:, self.particles] * self.weights[:, None], 2, 0)

    def described(self) -> dict[str, Any]:
        """Entries of a provenance."""
        total = {} if self.momentum else {f"total [{_total_unit(self.unit)}]": float(self.weights.sum())}
        return {"particles": len(self.particles), **total}


def validate_configurations(configurations: Configurations) -> None:
    """Raise ``ValueError`` where something else is given, such as a trajectory, which has no cell for each frame."""
    if not isinstance(configurations, Configurations):
        kind = type(configurations).__name__
        raise ValueError(f"field: {kind} in place of configurations; read the file by read_configurations")


def _total_unit(unit: str) -> str:
    """Unit of the integral of a density."""
    return unit.removesuffix("m-3").removesuffix(".") or "1"


def weighted_particles(
    configurations: Configurations,
    weight: Weight,
    species: str | Collection[str] | None,
    charges: Mapping[str, float] | None,
) -> WeightedParticles:
    """Particles of one or some species, or all, with their weights.

    Raises
    ------
    ValueError
        If no particle is of a species, the weight is unknown, charges are missing, or a species has no weight.
    """
    chosen, label = _chosen(configurations, species)
    symbols = [configurations.species[i] for i in chosen]
    if isinstance(weight, Mapping):
        return WeightedParticles(f"weighted density of {label}", "m-3", chosen, by_species(weight, symbols, "weight"))
    if weight == "number":
        return WeightedParticles(f"number density of {label}", "m-3", chosen, np.ones(len(chosen)))
    if weight == "mass":
        return WeightedParticles(f"mass density of {label}", "kg.m-3", chosen, configurations.masses[chosen])
    if weight == "charge":
        if charges is not None:
            values = by_species(charges, symbols, "charge")
        elif configurations.charges is not None:
            values = configurations.charges[chosen]
        else:
            raise ValueError('field: the configurations have no charges; give formal ones as charges={"Li": 1, ...}')
        return WeightedParticles(f"charge density of {label}", "C.m-3", chosen, ELEMENTARY_CHARGE * values)
    raise ValueError(f'field: weight is {weight!r}; give "number", "mass", "charge", or a number for each species')


def momentum_of_particles(configurations: Configurations, species: str | Collection[str] | None) -> WeightedParticles:
    """Particles of one or some species, or all, with their momenta."""
    chosen, label = _chosen(configurations, species)
    masses = configurations.masses[chosen]
    return WeightedParticles(f"momentum density of {label}", "kg.m-2.s-1", chosen, masses, momentum=True)


def _chosen(configurations: Configurations, species: str | Collection[str] | None) -> tuple[NDArray[np.intp], str]:
    """Particles of species, and the name of those."""
    validate_configurations(configurations)
    if species is None:
        return np.arange(len(configurations.species)), "all"
    wanted = species_names(species)
    return np.sort(np.concatenate([atoms_of(symbol, configurations.species) for symbol in wanted])), ", ".join(wanted)


def species_names(species: str | Collection[str]) -> list[str]:
    """Names of one or some species, each once; ``ValueError`` where there is none, or one is no text."""
    names = list(dict.fromkeys(species)) if isinstance(species, Iterable) and not isinstance(species, str) else [species]
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"field: species is {species!r}; give one chemical symbol or some, or none for all particles")
    return names


def by_species(values: Mapping[str, float], symbols: Collection[str], name: str) -> Array:
    """Numbers of particles by their species (n_particle,)."""
    if not isinstance(values, Mapping):
        raise ValueError(f'field: {name}s are {type(values).__name__}, not by species; give {name}s as {{"Li": 1, ...}}')
    missing = sorted(set(symbols) - set(values))
    if missing:
        raise ValueError(f"field: no {name} for {', '.join(missing)}; give one for each species, 0 where it has none")
    for symbol, value in values.items():
        if not isinstance(value, Real) or not np.isfinite(value):
            raise ValueError(f"field: the {name} of {symbol} is {value!r}; give a finite number")
    return np.array([values[symbol] for symbol in symbols], float)
