"""What readers return: frozen arrays in SI units, one type for each kind of data."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _freeze(record: Any) -> None:
    """Make every array of a frozen record a read-only copy."""
    for item in fields(record):
        value = getattr(record, item.name)
        if isinstance(value, np.ndarray):
            value = value.copy()
            value.setflags(write=False)
            object.__setattr__(record, item.name, value)


@dataclass(frozen=True, eq=False)
class EnergyTable:
    """Energies of structures with different lithium content, all computed with one method.

    Raises
    ------
    ValueError
        If lengths disagree, x lies outside [0, 1], or an entry is not finite.
    """

    label: str
    """The method that made the numbers (a functional, a potential): the member's label in a committee."""
    x: Array
    """Occupied fraction of lithium sites (n_structure,)."""
    energy: Array
    """Energy per mole of sites less x times lithium metal's [J.mol-1] (n_structure,)."""
    structure: tuple[str, ...]
    """Name of each structure (n_structure,)."""
    converged: NDArray[np.bool_]
    """Whether its relaxation converged (n_structure,)."""
    volume: Array | None = None
    """Volume per mole of sites [m3.mol-1] (n_structure,)."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    degeneracy: Array | None = None
    """Number of arrangements that each structure stands for, in the supercell that all are counted in (n_structure,)."""
    ensemble: Array | None = None
    """The same energies by each member of an ensemble of functionals [J.mol-1] (n_structure, n_member)."""
    members: tuple[str, ...] = ()
    """Label of each member (n_member,)."""

    def __post_init__(self) -> None:
        n = len(self.x)
        columns: dict[str, Sized | None] = {
            "energy": self.energy,
            "structure": self.structure,
            "converged": self.converged,
            "volume": self.volume,
            "degeneracy": self.degeneracy,
            "ensemble": self.ensemble,
        }
        for name, column in columns.items():
            if column is not None and len(column) != n:
                raise ValueError(f"energies of {self.label}: {len(column)} entries in {name!r} for {n} compositions")
        if self.degeneracy is not None and not (np.isfinite(self.degeneracy) & (self.degeneracy > 0)).all():
            raise ValueError(f"energies of {self.label}: a degeneracy is not a positive number")
        if self.ensemble is not None and self.ensemble.shape[1:] != (len(self.members),):
            shape = ", ".join(map(str, self.ensemble.shape[1:]))
            raise ValueError(f"energies of {self.label}: ensemble of shape (…, {shape}) for {len(self.members)} members")
        if self.ensemble is not None and not np.isfinite(self.ensemble).all():
            raise ValueError(f"energies of {self.label}: an energy of the ensemble is not finite")
        outside = np.flatnonzero(~((self.x >= 0) & (self.x <= 1)))
        if len(outside):
            k = int(outside[0])
            raise ValueError(
                f"energies of {self.label}: x = {self.x[k]:g} of {self.structure[k]!r} lies outside [0, 1]; "
                "x is the occupied fraction of lithium sites"
            )
        if not np.isfinite(self.energy).all():
            raise ValueError(f"energies of {self.label}: an energy is not finite")
        _freeze(self)


@dataclass(frozen=True, eq=False)
class Vibrations:
    """Harmonic vibrations of a crystal.

    Raises
    ------
    ValueError
        If lengths disagree, a frequency is not positive, or a weight is not finite.
    """

    label: str
    """The structure."""
    frequency: Array
    """Frequencies [Hz], imaginary ones left out (n_mode,)."""
    weight: Array
    """Modes per site at each frequency: 1/sites for a list, density of states times spacing for a spectrum (n_mode,)."""
    imaginary: float = 0.0
    """Share of modes that were imaginary, and left out."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.frequency) or len(self.weight) != len(self.frequency):
            raise ValueError(f"vibrations of {self.label}: {len(self.frequency)} frequencies, {len(self.weight)} weights")
        if not (np.isfinite(self.frequency) & (self.frequency > 0)).all():
            raise ValueError(f"vibrations of {self.label}: a frequency is not positive; leave imaginary and zero modes out")
        if not np.isfinite(self.weight).all():
            raise ValueError(f"vibrations of {self.label}: a weight is not finite")
        if not 0 <= self.imaginary <= 1:
            raise ValueError(f"vibrations of {self.label}: share of imaginary modes {self.imaginary:g} lies outside [0, 1]")
        _freeze(self)


@dataclass(frozen=True, eq=False)
class ThermalTable:
    """Vibrational free energy of a crystal over temperature, as a phonon code printed it.

    Raises
    ------
    ValueError
        If lengths disagree, temperatures do not rise, or an entry is not finite.
    """

    label: str
    """The structure."""
    temperature: Array
    """Temperatures, rising [K] (n_temperature,)."""
    free_energy: Array
    """Per mole of sites [J.mol-1] (n_temperature,)."""
    entropy: Array
    """Per mole of sites [J.mol-1.K-1] (n_temperature,)."""
    heat_capacity: Array
    """At constant volume, per mole of sites [J.mol-1.K-1] (n_temperature,)."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.temperature)
        for name in ("temperature", "free_energy", "entropy", "heat_capacity"):
            column = getattr(self, name)
            if len(column) != n or n < 2:
                raise ValueError(f"thermal table of {self.label}: {len(column)} entries in {name!r} for {n} temperatures")
            if not np.isfinite(column).all():
                raise ValueError(f"thermal table of {self.label}: {name!r} has an entry that is not finite")
        if not (np.diff(self.temperature) > 0).all() or self.temperature[0] < 0:
            raise ValueError(f"thermal table of {self.label}: temperatures must rise from zero or above")
        _freeze(self)


@dataclass(frozen=True, eq=False)
class ChemicalPotentials:
    """Chemical potential of lithium in a host at compositions and temperatures, from sampling or integration.

    Raises
    ------
    ValueError
        If lengths disagree, x lies outside (0, 1), a temperature or error is not positive, or an entry is not finite.
    """

    label: str
    """The method that made the numbers."""
    x: Array
    """Occupied fraction of lithium sites (n,)."""
    temperature: Array
    """Temperatures [K] (n,)."""
    potential: Array
    """Against lithium metal [J.mol-1] (n,): the voltage is its negative over Faraday's constant."""
    std: Array | None = None
    """Standard deviations [J.mol-1] (n,); estimated from the fit's residual if absent."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.x)
        for name in ("x", "temperature", "potential", "std"):
            column = getattr(self, name)
            if column is None:
                continue
            if len(column) != n:
                raise ValueError(f"chemical potentials of {self.label}: {len(column)} entries in {name!r} for {n} compositions")
            if not np.isfinite(column).all():
                raise ValueError(f"chemical potentials of {self.label}: {name!r} has an entry that is not finite")
        if not ((self.x > 0) & (self.x < 1)).all():
            raise ValueError(f"chemical potentials of {self.label}: x must lie inside (0, 1): at the ends it is infinite")
        if not (self.temperature > 0).all():
            raise ValueError(f"chemical potentials of {self.label}: a temperature is not positive")
        if self.std is not None and not (self.std > 0).all():
            raise ValueError(f"chemical potentials of {self.label}: a standard deviation is not positive")
        _freeze(self)


@dataclass(frozen=True, eq=False)
class MigrationPath:
    """Images of a hop in order (nudged elastic band), from one stable site to the next.

    Raises
    ------
    ValueError
        If there are fewer than three images, lengths disagree, or an entry is not finite.
    """

    label: str
    """The method that made the energies."""
    distance: Array
    """Path length from the first image [m] (n_image,)."""
    energy: Array
    """Energy above the first image [J.mol-1] (n_image,)."""
    slope: Array | None = None
    """Derivative of the energy along the path, from the forces [J.mol-1.m-1] (n_image,)."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.energy)
        if n < 3:
            raise ValueError(f"path {self.label}: {n} image(s), a barrier needs at least three")
        for name, column in {"distance": self.distance, "slope": self.slope}.items():
            if column is not None and len(column) != n:
                raise ValueError(f"path {self.label}: {len(column)} entries in {name!r} for {n} images")
            if column is not None and not np.isfinite(column).all():
                raise ValueError(f"path {self.label}: {name!r} has an entry that is not finite")
        if not np.isfinite(self.energy).all():
            raise ValueError(f"path {self.label}: an energy is not finite")
        if not (np.diff(self.distance) > 0).all():
            raise ValueError(f"path {self.label}: path length must grow from image to image; are images repeated or unordered?")
        _freeze(self)


@dataclass(frozen=True, eq=False)
class ImageEnergies:
    """Energies of some images of a path, the first of them the stable site: enough for a barrier, not for a curve."""

    label: str
    energy: Array
    """Energy above the first image [J.mol-1] (n_image,)."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.energy) < 2 or not np.isfinite(self.energy).all():
            raise ValueError(f"images of {self.label}: at least two finite energies are needed, got {self.energy}")
        _freeze(self)


@dataclass(frozen=True, eq=False)
class HopFrequencies:
    """Vibrational frequencies of a hop [Hz], imaginary ones negative."""

    initial: Array
    """At the stable site (n_mode,)."""
    saddle: Array
    """At the saddle (n_mode,)."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.initial) != len(self.saddle):
            raise ValueError(
                f"frequencies: {len(self.initial)} at the site, {len(self.saddle)} at the saddle; give as many of both"
            )
        _freeze(self)


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Unwrapped positions of all atoms in equally spaced frames.

    Raises
    ------
    ValueError
        If shapes disagree, there are fewer than two frames, or an entry is not finite.
    """

    positions: Array
    """Unwrapped positions [m] (n_frame, n_atom, 3)."""
    species: tuple[str, ...]
    """Chemical symbol of each atom (n_atom,)."""
    masses: Array
    """Mass of each atom [kg] (n_atom,)."""
    interval: float
    """Time between frames [s]."""
    temperature: float
    """Temperature [K]."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.positions.ndim != 3 or self.positions.shape[2] != 3:
            raise ValueError(f"trajectory: positions have shape {self.positions.shape}, expected (n_frame, n_atom, 3)")
        n_frame, n_atom, _ = self.positions.shape
        if n_frame < 2:
            raise ValueError(f"trajectory: {n_frame} frame(s), at least two are needed to see a displacement")
        if len(self.species) != n_atom or len(self.masses) != n_atom:
            raise ValueError(f"trajectory: {len(self.species)} species and {len(self.masses)} masses for {n_atom} atoms")
        if not np.isfinite(self.positions).all():
            frame = int(np.flatnonzero(~np.isfinite(self.positions).all(axis=(1, 2)))[0])
            raise ValueError(f"trajectory: frame {frame} has a position that is not finite")
        if not self.interval > 0:
            raise ValueError(
                f"trajectory: time between frames is {self.interval:g} s, it must be positive; give it as interval="
            )
        if not self.temperature > 0:
            raise ValueError(f"trajectory: temperature is {self.temperature:g} K, it must be positive; give it as temperature=")
        _freeze(self)


@dataclass(frozen=True, eq=False)
class TracerMSD:
    """Mean-squared displacement of one species against the rest of the crystal, all time origins."""

    species: str
    lag: Array
    """Lag times [s] (n_lag,), without zero."""
    by_atom: Array
    """Mean-squared displacement of each atom [m2] (n_atom, n_lag)."""
    n_frame: int
    """Frames of the trajectory, of which a lag of k intervals has n_frame - k (overlapping) displacements."""
    interval: float
    """Time between frames [s]."""
    dimension: int
    """Number of directions that the displacement counts (1, 2 or 3)."""
    temperature: float
    """Temperature [K]."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.by_atom.ndim != 2 or self.by_atom.shape[1] != len(self.lag):
            raise ValueError(f"MSD: by_atom has shape {self.by_atom.shape}, expected (n_atom, {len(self.lag)})")
        _freeze(self)

    @property
    def value(self) -> Array:
        """Mean over atoms [m2] (n_lag,)."""
        return self.by_atom.mean(axis=0)


@dataclass(frozen=True, eq=False)
class CollectiveMSD:
    """Mean-squared displacement of all ions of one species together against the rest of the crystal, all time origins."""

    species: str
    lag: Array
    """Lag times [s] (n_lag,), without zero."""
    value: Array
    """Number of ions times the mean-squared displacement of their centre [m2] (n_lag,): the tracer's if independent."""
    n_atom: int
    """Number of ions."""
    n_frame: int
    """Frames of the trajectory, of which a lag of k intervals has n_frame - k (overlapping) displacements."""
    interval: float
    """Time between frames [s]."""
    dimension: int
    """Number of directions that the displacement counts (1, 2 or 3)."""
    temperature: float
    """Temperature [K]."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.value.shape != self.lag.shape:
            raise ValueError(f"collective MSD: value has shape {self.value.shape}, expected ({len(self.lag)},)")
        _freeze(self)


@dataclass(frozen=True, eq=False)
class TensorMSD:
    """Mean displacement products along all pairs of directions, of single ions and of all together, all time origins."""

    species: str
    lag: Array
    """Lag times [s] (n_lag,), without zero."""
    tracer: Array
    """Mean over ions of the products of displacements [m2] (3, 3, n_lag); its trace is the mean-squared displacement."""
    collective: Array
    """The same of the ions' centre, times their number [m2] (3, 3, n_lag); zero where there is no framework."""
    n_atom: int
    """Number of ions."""
    interval: float
    """Time between frames [s]."""
    temperature: float
    """Temperature [K]."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("tracer", "collective"):
            if getattr(self, name).shape != (3, 3, len(self.lag)):
                raise ValueError(f"MSD tensor: {name} has shape {getattr(self, name).shape}, expected (3, 3, {len(self.lag)})")
        _freeze(self)


@dataclass(frozen=True, eq=False)
class Velocities:
    """Velocities of all atoms in equally spaced frames.

    Raises
    ------
    ValueError
        If shapes disagree, there are fewer than two frames, or an entry is not finite.
    """

    velocities: Array
    """Velocities [m.s-1] (n_frame, n_atom, 3)."""
    species: tuple[str, ...]
    """Chemical symbol of each atom (n_atom,)."""
    masses: Array
    """Mass of each atom [kg] (n_atom,)."""
    interval: float
    """Time between frames [s]."""
    temperature: float
    """Temperature [K]."""
    from_positions: bool = False
    """Whether they are central differences of positions: they add up to displacements, however far apart the frames are."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = self.velocities.shape
        if len(shape) != 3 or shape[2] != 3 or shape[0] < 2:
            raise ValueError(f"velocities have shape {shape}, expected (n_frame, n_atom, 3) with two frames or more")
        if len(self.species) != shape[1] or len(self.masses) != shape[1]:
            raise ValueError(f"velocities: {len(self.species)} species and {len(self.masses)} masses for {shape[1]} atoms")
        if not np.isfinite(self.velocities).all():
            frame = int(np.flatnonzero(~np.isfinite(self.velocities).all(axis=(1, 2)))[0])
            raise ValueError(f"velocities: frame {frame} has one that is not finite")
        if not (self.interval > 0 and self.temperature > 0):
            raise ValueError(
                f"velocities: interval {self.interval:g} s and temperature {self.temperature:g} K must be positive"
            )
        _freeze(self)


@dataclass(frozen=True, eq=False)
class VelocityAutocorrelation:
    """Mean product of the velocities of single atoms at two times, all time origins."""

    species: str
    lag: Array
    """Lag times [s] (n_lag,), from zero."""
    by_atom: Array
    """Of each atom, summed over directions [m2.s-2] (n_atom, n_lag)."""
    dimension: int
    """Number of directions that are counted (1, 2 or 3)."""
    temperature: float
    """Temperature [K]."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.by_atom.ndim != 2 or self.by_atom.shape[1] != len(self.lag):
            raise ValueError(f"velocity autocorrelation: by_atom has shape {self.by_atom.shape}, expected (…, {len(self.lag)})")
        _freeze(self)

    @property
    def value(self) -> Array:
        """Mean over atoms [m2.s-2] (n_lag,)."""
        return self.by_atom.mean(axis=0)
