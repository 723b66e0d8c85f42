"""Barriers of charge transfer, surface sites, and energies of the two states of an electron transfer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import AVOGADRO
from a2c_pybamm.data.extent import Extent
from a2c_pybamm.data.record import Array, freeze


class PotentialScale(StrEnum):
    """Zero of the potentials of charge-transfer barriers."""

    LITHIUM = "lithium"
    """Against the metal of the ion in the same electrolyte, as voltages of hosts are."""
    OVERPOTENTIAL = "overpotential"
    """Against the potential at which one event is equally fast in both directions; positive for oxidation."""


@dataclass(frozen=True, eq=False)
class ChargeTransferBarriers:
    """Barriers of one ion's step between electrolyte and host at several potentials, of reduction, oxidation, or both.

    Raises
    ------
    ValueError
        If there is none, lengths disagree, an entry is not finite, a barrier, its standard deviation or a temperature is not
        positive, the composition is not inside (0, 1), an error of the scale is given without a source, or the errors of the
        saddles are larger than the whole.
    """

    extents: ClassVar[Mapping[str, Extent]] = dict.fromkeys(("barrier", "std", "saddle_std"), Extent.EVENT)
    label: str
    """The method that made the numbers."""
    potential: Array
    """Potential of the electrode on the scale [V] (n_barrier,)."""
    temperature: Array
    """Temperature [K] (n_barrier,)."""
    barrier: Array
    """Barrier [J.mol-1] (n_barrier,)."""
    of_reduction: NDArray[np.bool_]
    """True for a barrier of reduction, an ion that enters the host; False for one of oxidation (n_barrier,)."""
    std: Array
    """Standard deviation of each barrier [J.mol-1] (n_barrier,)."""
    scale: PotentialScale = PotentialScale.LITHIUM
    free_energies: bool = True
    """True where barriers are free energies at their temperature; False for energies, at which temperature has no part."""
    composition: float = 0.5
    """Occupied fraction of the sites of the host in the calculation."""
    scale_std: float = 0.0
    """Standard deviation of the zero of the potentials [V], the same for all."""
    scale_source: str = ""
    """Name of that error, which other quantities on the same scale share."""
    saddle_std: Array | None = None
    """Part of each standard deviation that both directions at one potential share, as barriers up to one saddle do [J.mol-1]
    (n_barrier,); none if not given."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"charge-transfer barriers of {self.label}"
        object.__setattr__(self, "of_reduction", np.asarray(self.of_reduction, bool))
        columns = {"potential": self.potential, "temperature": self.temperature, "barrier": self.barrier, "std": self.std}
        n = len(self.barrier)
        if not n or len(self.of_reduction) != n or any(len(column) != n for column in columns.values()):
            lengths = ", ".join(f"{len(column)} of {name}" for name, column in columns.items())
            raise ValueError(f"{where}: lengths disagree or there is none ({lengths}); give one of each for each barrier")
        for name, column in columns.items():
            if not np.isfinite(column).all():
                raise ValueError(f"{where}: {name!r} has an entry that is not finite; leave its row out")
            if name != "potential" and not (column > 0).all():
                worst = int(np.argmin(column))
                raise ValueError(f"{where}: {name} {worst + 1} is {column[worst]:g}, it must be positive; correct it")
        if not 0 < self.composition < 1:
            raise ValueError(f"{where}: composition {self.composition:g} must lie inside (0, 1)")
        if self.saddle_std is not None and not (
            len(self.saddle_std) == n and (self.saddle_std >= 0).all() and (self.saddle_std < self.std).all()
        ):
            raise ValueError(f"{where}: saddle_std must be a part of each std, less than all of it: ends have errors too")
        if not self.scale_std >= 0 or (self.scale_std > 0) != bool(self.scale_source):
            raise ValueError(
                f"{where}: scale_std is {self.scale_std:g} V with source {self.scale_source!r}; give both, or neither"
            )
        freeze(self)

    @property
    def temperatures(self) -> tuple[float, ...]:
        """Temperatures [K], each once, ascending."""
        return tuple(np.unique(self.temperature).tolist())

    @property
    def pairs(self) -> NDArray[np.int_]:
        """Positions of reduction and oxidation at one potential and temperature (n_pair, 2)."""
        place = {
            (U, T): k
            for k, (U, T, reduction) in enumerate(zip(self.potential, self.temperature, self.of_reduction, strict=True))
            if not reduction
        }
        both = [
            (k, place[U, T])
            for k, (U, T, reduction) in enumerate(zip(self.potential, self.temperature, self.of_reduction, strict=True))
            if reduction and (U, T) in place
        ]
        return np.array(both, dtype=int).reshape(-1, 2)


@dataclass(frozen=True, eq=False)
class SurfaceSites:
    """Sites of a host's surface through which ions enter and leave it.

    Raises
    ------
    ValueError
        If the density is not positive and finite.
    """

    extents: ClassVar[Mapping[str, Extent]] = {"density": Extent.AREA}
    label: str
    density: float
    """Sites per area of the surface [mol.m-2]."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.density > 0 and np.isfinite(self.density)):
            raise ValueError(f"surface sites of {self.label}: density {self.density:g} mol.m-2 must be positive and finite")

    @classmethod
    def counted(cls, label: str, n_site: int, area: float, provenance: Mapping[str, Any] | None = None) -> SurfaceSites:
        """So many sites on an area [m2]."""
        if n_site < 1 or not area > 0:
            raise ValueError(f"surface sites of {label}: {n_site} site(s) on {area:g} m2; give one at least, and its area")
        return cls(label, n_site / (area * AVOGADRO), provenance or {})


@dataclass(frozen=True, eq=False)
class StateEnergies:
    """Energies of the two states of an electron transfer along one coordinate: before reduction, and after it.

    Raises
    ------
    ValueError
        If there are fewer than four points, lengths disagree, an entry is not finite, or the coordinate does not rise.
    """

    extents: ClassVar[Mapping[str, Extent]] = dict.fromkeys(("oxidized", "reduced"), Extent.EVENT)
    label: str
    coordinate: Array
    """Coordinate of the surroundings [any unit] (n_point,), ascending."""
    oxidized: Array
    """Energy of the state with the ion and the electron apart [J.mol-1] (n_point,)."""
    reduced: Array
    """Energy of the state with both in the host [J.mol-1] (n_point,)."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where, n = f"energies of two states of {self.label}", len(self.coordinate)
        if n <= 3 or len(self.oxidized) != n or len(self.reduced) != n:
            raise ValueError(
                f"{where}: {n} points with {len(self.oxidized)} and {len(self.reduced)} energies; give four at least, and both"
            )
        for name in ("coordinate", "oxidized", "reduced"):
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{where}: {name!r} has an entry that is not finite; leave its point out")
        if not (np.diff(self.coordinate) > 0).all():
            raise ValueError(f"{where}: the coordinate must rise from point to point; sort them")
        freeze(self)
