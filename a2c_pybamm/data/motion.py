"""Positions and velocities of atoms in time, and averages over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data.extent import Extent
from a2c_pybamm.data.record import Array, atoms_at_once, freeze

PERIODIC_WRAP_FRACTION = 0.7
"""Fraction of the width that all atoms ever take up: a longer step is a return at the cell's other side if no step of the run
lies between one minus this fraction and it. Walks with steps of a sixth of the cell are still recognised (test_trajectory)."""
WIDEST_HOP = 5e-10
"""Width [m] up to which a step across all of it may be a hop from site to site; simulation cells are wider."""
MIN_FRAMES = 10
"""Frames from which on steps and widths of a motion are compared: in fewer, few atoms leave the cell."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Unwrapped positions of all atoms in equally spaced frames.

    Positions that lie in a file (``numpy.memmap``) stay there; displacements are computed from a few atoms at a time.

    Raises
    ------
    ValueError
        If shapes disagree, there are fewer than two frames, an entry is not finite, or the positions are wrapped: atoms stay
        within some width (above 5 Å) along an axis, take steps of less than 0.3 or of more than 0.7 of it, and none between.
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
            raise ValueError(f"trajectory: {n_frame} frame(s), at least two are needed for a displacement")
        if len(self.species) != n_atom or len(self.masses) != n_atom:
            raise ValueError(f"trajectory: {len(self.species)} species and {len(self.masses)} masses for {n_atom} atoms")
        _validate_positions(self.positions)
        if not self.interval > 0:
            raise ValueError(
                f"trajectory: time between frames is {self.interval:g} s, it must be positive; give it as interval="
            )
        if not self.temperature > 0:
            raise ValueError(f"trajectory: temperature is {self.temperature:g} K, it must be positive; give it as temperature=")
        freeze(self)


def _validate_positions(positions: Array) -> None:
    """Raise ``ValueError`` where a position is not finite, or all atoms share a cell at whose sides they come back."""
    low, high, longest = np.full(3, np.inf), np.full(3, -np.inf), np.zeros(3)
    for atoms in atoms_at_once(positions):
        block = positions[:, atoms]
        low = np.minimum(low, block.min(axis=0).min(axis=0))  # over frames first: a loop over three numbers is slow
        high = np.maximum(high, block.max(axis=0).max(axis=0))
        if not np.isfinite([low, high]).all():
            frame = int(np.flatnonzero(~np.isfinite(block).all(axis=(1, 2)))[0])
            raise ValueError(f"trajectory: frame {frame} has a position that is not finite; leave it out")
        step = block[1:] - block[:-1]
        longest = np.maximum(longest, np.maximum(step.max(axis=0), -step.min(axis=0)).max(axis=0))
    if len(positions) < MIN_FRAMES:
        return
    width = high - low
    for axis in np.flatnonzero((longest > PERIODIC_WRAP_FRACTION * width) & (width > WIDEST_HOP)):
        _validate_unwrapped(positions, int(axis), float(width[axis]))


def _validate_unwrapped(positions: Array, axis: int, width: float) -> None:
    """Raise ``ValueError`` where steps along an axis are all short or nearly as long as the width, none between."""
    across: tuple[int, int] | None = None
    for atoms in atoms_at_once(positions):
        step = np.abs(np.diff(positions[:, atoms, axis], axis=0)).T / width
        if ((step > 1 - PERIODIC_WRAP_FRACTION) & (step < PERIODIC_WRAP_FRACTION)).any():
            return
        if across is None and (step > PERIODIC_WRAP_FRACTION).any():
            atom, frame = np.argwhere(step > PERIODIC_WRAP_FRACTION)[0]
            across = atoms.start + int(atom), int(frame)
    assert across is not None
    atom, frame = across
    raise ValueError(
        f"trajectory: positions are wrapped: between frames {frame} and {frame + 1} atom {atom} crosses nearly all of the "
        f"{width * 1e10:.3g} Å that all atoms share along {'xyz'[axis]}; unwrap them, or read them with their cell"
    )


@dataclass(frozen=True, eq=False)
class BlockMSD:
    """Mean-squared displacement of each atom in equal parts of one run, at a few lags."""

    lag_in_frames: NDArray[np.int64]
    """Lags as numbers of frames (n_lag,)."""
    by_atom: Array
    """Mean-squared displacements [m2] (n_block, n_atom, n_lag)."""
    n_frame: int
    """Frames of each part."""

    def __post_init__(self) -> None:
        if self.by_atom.shape[2:] != (len(self.lag_in_frames),):
            raise ValueError(
                f"MSD of blocks: by_atom has shape {self.by_atom.shape}, expected (n_block, n_atom, {len(self.lag_in_frames)})"
            )
        freeze(self)


@dataclass(frozen=True, eq=False)
class TracerMSD:
    """Mean-squared displacement of one species against the rest of the crystal, all time origins."""

    species: str
    lag: Array
    """Lag times [s] (n_lag,), without zero; all up to the run's length, or thinned out."""
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
    blocks: BlockMSD | None = None
    """The same in equal parts of the run: the scatter of each atom in time. None where it is not known, or ``by_atom`` is
    replaced; then the error bar is the scatter between the atoms."""

    def __post_init__(self) -> None:
        if self.by_atom.ndim != 2 or self.by_atom.shape[1] != len(self.lag):
            raise ValueError(f"MSD: by_atom has shape {self.by_atom.shape}, expected (n_atom, {len(self.lag)})")
        if self.blocks is not None and self.blocks.by_atom.shape[1] != len(self.by_atom):
            raise ValueError(
                f"MSD: {len(self.by_atom)} atoms, and {self.blocks.by_atom.shape[1]} in its blocks; give blocks of the same "
                "atoms, or None"
            )
        freeze(self)

    @property
    def lag_in_frames(self) -> NDArray[np.int64]:
        """Lags as numbers of frames (n_lag,)."""
        return np.round(self.lag / self.interval).astype(np.int64)

    @property
    def value(self) -> Array:
        """Mean over atoms [m2] (n_lag,)."""
        return self.by_atom.mean(axis=0)


@dataclass(frozen=True)
class GivenMSDLimits:
    """Limits of displacements that are given with their covariance."""

    min_lags: int = 4
    """Fewest lags: a line and its two tests."""
    asymmetry: float = 1e-6
    """Largest difference of two elements that should be equal, over the standard deviations: round-off of printed numbers."""


GIVEN_MSD_LIMITS = GivenMSDLimits()
"""The limits that are taken."""


@dataclass(frozen=True, eq=False)
class GivenMSD:
    """Mean-squared displacement of one species and its covariance, as another program or many runs have given it.

    Raises
    ------
    ValueError
        If shapes disagree, there are fewer than four lags, lags do not rise, or the covariance is not symmetric with variances
        above zero.
    """

    species: str
    lag: Array
    """Lag times [s] (n_lag,), without zero."""
    value: Array
    """Mean over atoms and origins [m2] (n_lag,)."""
    covariance: Array
    """Covariance of ``value`` [m4] (n_lag, n_lag)."""
    dimension: int
    """Number of directions that the displacement counts (1, 2 or 3)."""
    temperature: float
    """Temperature [K]."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.lag)
        if n < GIVEN_MSD_LIMITS.min_lags or self.value.shape != (n,) or self.covariance.shape != (n, n):
            raise ValueError(
                f"MSD of {self.species}: {n} lags, value {self.value.shape}, covariance {self.covariance.shape}; give at least "
                f"{GIVEN_MSD_LIMITS.min_lags} lags (n,), and (n,) and (n, n) of the others"
            )
        if not (self.lag[0] > 0 and (np.diff(self.lag) > 0).all()):
            raise ValueError(f"MSD of {self.species}: lags must rise from above 0 s (first {self.lag[0]:g} s); leave zero out")
        if not (np.isfinite(self.value).all() and np.isfinite(self.covariance).all() and (np.diag(self.covariance) > 0).all()):
            raise ValueError(f"MSD of {self.species}: a value is not finite, or a variance not above zero; correct them")
        std = np.sqrt(np.diag(self.covariance))
        correlation = self.covariance / np.outer(std, std)
        if not np.allclose(correlation, correlation.T, rtol=0, atol=GIVEN_MSD_LIMITS.asymmetry):
            raise ValueError(f"MSD of {self.species}: its covariance is not symmetric; give the covariance [m4] of the values")
        freeze(self)


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
        freeze(self)

    @property
    def lag_in_frames(self) -> NDArray[np.int64]:
        """Lags as numbers of frames (n_lag,)."""
        return np.round(self.lag / self.interval).astype(np.int64)


@dataclass(frozen=True, eq=False)
class TensorMSD:
    """Mean displacement products along all pairs of directions, of single ions and of all together, all time origins."""

    species: str
    lag: Array
    """Lag times [s] (n_lag,), without zero."""
    tracer: Array
    """Mean over ions of the products of displacements [m2] (3, 3, n_lag); its trace is the mean-squared displacement."""
    collective: Array
    """Mean products of displacements of the ions' centre, times their number [m2] (3, 3, n_lag); zero without a framework."""
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
        freeze(self)


@dataclass(frozen=True, eq=False)
class Velocities:
    """Velocities of all atoms in equally spaced frames.

    Raises
    ------
    ValueError
        If shapes disagree, there are fewer than two frames, or an entry is not finite.
    """

    extents: ClassVar[Mapping[str, Extent]] = {"volume": Extent.SIMULATION_CELL}
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
    """True for central differences of positions, which add up to displacements at any time between frames."""
    charges: Array | None = None
    """Charge of each atom [elementary charges] (n_atom,), if the file has charges that do not change."""
    volume: float | None = None
    """Volume of the simulation cell [m3], if it is known and does not change."""
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
        if self.charges is not None and (self.charges.shape != shape[1:2] or not np.isfinite(self.charges).all()):
            raise ValueError(
                f"velocities: charges have shape {self.charges.shape}, expected a finite one for each of {shape[1]} atoms"
            )
        if self.volume is not None and not self.volume > 0:
            raise ValueError(f"velocities: volume is {self.volume:g} m3, it must be positive; give it as volume=")
        if not (self.interval > 0 and self.temperature > 0):
            raise ValueError(
                f"velocities: interval {self.interval:g} s and temperature {self.temperature:g} K must be positive"
            )
        freeze(self)


@dataclass(frozen=True, eq=False)
class VelocityAutocorrelation:
    """Mean product of the velocities of single atoms at two times, all time origins."""

    species: str
    lag: Array
    """Lag times [s] (n_lag,), from zero."""
    by_atom: Array
    """Mean product of each atom, summed over directions [m2.s-2] (n_atom, n_lag)."""
    dimension: int
    """Number of directions that are counted (1, 2 or 3)."""
    temperature: float
    """Temperature [K]."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.by_atom.ndim != 2 or self.by_atom.shape[1] != len(self.lag):
            raise ValueError(f"velocity autocorrelation: by_atom has shape {self.by_atom.shape}, expected (…, {len(self.lag)})")
        freeze(self)

    @property
    def value(self) -> Array:
        """Mean over atoms [m2.s-2] (n_lag,)."""
        return self.by_atom.mean(axis=0)
