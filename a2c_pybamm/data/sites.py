"""Sites of a crystal, and their occupation by ions in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data.cells import without_volume
from a2c_pybamm.data.record import Array, freeze


@dataclass(frozen=True, eq=False)
class Sites:
    """Places that ions of one species can hold, in a periodic cell.

    Raises
    ------
    ValueError
        If shapes disagree, there is no site, an entry is not finite, or the cell vectors are not independent.
    """

    cell: Array
    """Cell vectors in rows (3, 3) [m]."""
    positions: Array
    """In fractions of the cell vectors (n_site, 3), in this cell or any other."""
    kind: tuple[str, ...] = ()
    """Kind of each site (n_site,): sites of one kind are alike; ``site`` for all unless given."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("cell", "positions"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=float))
        if self.cell.shape != (3, 3) or self.positions.ndim != 2 or self.positions.shape[1] != 3 or not len(self.positions):
            raise ValueError(
                f"sites: cell has shape {self.cell.shape} and positions {self.positions.shape}, expected (3, 3) and (n_site, 3)"
            )
        if not np.isfinite(self.cell).all() or not np.isfinite(self.positions).all():
            raise ValueError("sites: the cell or a position is not finite; repair it")
        if without_volume(self.cell):
            raise ValueError("sites: the cell vectors are not independent; give a layer or channel vectors across it too")
        kind = tuple(self.kind) or ("site",) * len(self.positions)
        if len(kind) != len(self.positions):
            raise ValueError(f"sites: {len(kind)} kinds for {len(self.positions)} sites; give one for each")
        object.__setattr__(self, "kind", kind)
        freeze(self)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The different kinds, in order of appearance (n_kind,)."""
        return tuple(dict.fromkeys(self.kind))

    @property
    def kind_index(self) -> NDArray[np.int64]:
        """Each site's kind, as its place in ``kinds`` (n_site,)."""
        return np.array([self.kinds.index(kind) for kind in self.kind])


@dataclass(frozen=True, eq=False)
class SiteOccupation:
    """The site that each ion held in each frame, and the hops between them.

    Raises
    ------
    ValueError
        If shapes disagree, or a site or ion is named that is not there.
    """

    species: str
    sites: Sites
    site: NDArray[np.int32]
    """Site of each ion (n_frame, n_ion)."""
    hop_frame: NDArray[np.int64]
    """First frame in which the ion holds the new site, in rising order (n_hop,)."""
    hop_ion: NDArray[np.int64]
    """Ion that hops (n_hop,)."""
    hop_from: NDArray[np.int64]
    """Site that it leaves (n_hop,)."""
    hop_to: NDArray[np.int64]
    """Site that it takes (n_hop,)."""
    hop_translation: NDArray[np.int64]
    """Whole cells between the two (n_hop, 3)."""
    interval: float
    """Time between frames [s]."""
    temperature: float
    """Temperature [K]."""
    exclusive: bool = True
    """True where a site holds one ion; False for walkers that ignore one another."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n_hop, n_site = len(self.hop_frame), len(self.sites.positions)
        if self.site.ndim != 2 or len(self.site) < 2:
            raise ValueError(
                f"site occupation: site has shape {self.site.shape}, expected (n_frame, n_ion), two frames or more"
            )
        lengths = [len(getattr(self, name)) for name in ("hop_ion", "hop_from", "hop_to")]
        if set(lengths) - {n_hop} or self.hop_translation.shape != (n_hop, 3):
            raise ValueError(f"site occupation: {n_hop} hops by their frames, {lengths} by ions, beginnings and ends")
        ends = np.concatenate([self.site.ravel(), self.hop_from, self.hop_to])
        if ends.min() < 0 or ends.max() >= n_site or (n_hop and not 0 <= self.hop_ion.min() <= self.hop_ion.max() < self.n_ion):
            raise ValueError(f"site occupation: a site or ion is named that is not of the {n_site} sites and {self.n_ion} ions")
        if not (self.interval > 0 and self.temperature > 0):
            raise ValueError(
                f"site occupation: interval {self.interval:g} s and temperature {self.temperature:g} K must be positive"
            )
        freeze(self)

    @property
    def n_ion(self) -> int:
        return self.site.shape[1]

    @property
    def duration(self) -> float:
        """Time from the first frame to the last [s]."""
        return (len(self.site) - 1) * self.interval

    @property
    def hop_vector(self) -> Array:
        """Displacement of each hop (n_hop, 3) [m]."""
        positions = self.sites.positions
        return (positions[self.hop_to] + self.hop_translation - positions[self.hop_from]) @ self.sites.cell
