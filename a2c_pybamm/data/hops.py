"""Paths of hops, and the vibrations at their ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.data.extent import Extent
from a2c_pybamm.data.record import Array, freeze

MIN_IMAGES = 3
"""Images of the shortest path: its two ends and one between."""


@dataclass(frozen=True, eq=False)
class MigrationPath:
    """Images of a hop in order (nudged elastic band), from one stable site to the next.

    Raises
    ------
    ValueError
        If there are fewer than three images, lengths disagree, or an entry is not finite.
    """

    extents: ClassVar[Mapping[str, Extent]] = dict.fromkeys(("energy", "slope"), Extent.EVENT)
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
        if n < MIN_IMAGES:
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
        freeze(self)


@dataclass(frozen=True, eq=False)
class ImageEnergies:
    """Energies of some images of a path, the first of them the stable site: enough for a barrier, not for a curve."""

    extents: ClassVar[Mapping[str, Extent]] = {"energy": Extent.EVENT}
    label: str
    energy: Array
    """Energy above the first image [J.mol-1] (n_image,)."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.energy) < 2 or not np.isfinite(self.energy).all():
            raise ValueError(f"images of {self.label}: at least two finite energies are needed, got {self.energy}")
        freeze(self)


@dataclass(frozen=True, eq=False)
class HopFrequencies:
    """Vibrational frequencies of a hop [Hz], imaginary ones negative."""

    extents: ClassVar[Mapping[str, Extent]] = dict.fromkeys(("initial", "saddle"), Extent.INTENSIVE)
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
        freeze(self)
