"""Stresses and energies of strained crystals, and stresses that fluctuate at constant volume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.data.conduction import OF_CURRENTS
from a2c_pybamm.data.extent import Extent, conversion, known_extent
from a2c_pybamm.data.record import Array, freeze

VOIGT_ROWS, VOIGT_COLUMNS = np.array([[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]])
"""Cartesian axes of the six Voigt components xx, yy, zz, yz, xz, xy."""
_VOIGT_OF = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])
N_VOIGT = len(VOIGT_ROWS)
"""Components of a symmetric tensor."""
IDENTITY = np.eye(len(_VOIGT_OF))
"""Unit tensor (3, 3)."""


class StrainMeasure(StrEnum):
    """Meaning of a strain: the deformation gradient F (without rotation) that belongs to it."""

    SMALL = "small"
    r""":math:`\varepsilon = F - 1` with a symmetric F: cell vectors times :math:`1 + \varepsilon`."""
    GREEN_LAGRANGE = "Green-Lagrange"
    r""":math:`\eta = (F^\mathsf{T}F - 1)/2`."""


class IonRelaxation(StrEnum):
    """State of the ions in a strained cell."""

    RELAXED = "relaxed ions"
    CLAMPED = "clamped ions"


class StressKind(StrEnum):
    """Part of the stress that a series holds."""

    VIRIAL = "virial stress"
    """Forces alone, without the momenta."""
    TOTAL = "total stress"
    """Forces and momenta."""


def voigt_tensors(values: ArrayLike, *, engineering: bool = False) -> Array:
    """Symmetric tensors (…, 3, 3) of components xx, yy, zz, yz, xz, xy (…, 6); of strains with ``engineering`` shear halved."""
    components = np.asarray(values, float)
    return (components * np.where(VOIGT_ROWS == VOIGT_COLUMNS, 1.0, 0.5 if engineering else 1.0))[..., _VOIGT_OF]


def voigt_components(tensors: ArrayLike) -> Array:
    """Components xx, yy, zz, yz, xz, xy (…, 6) of symmetric tensors (…, 3, 3)."""
    return np.asarray(tensors, float)[..., VOIGT_ROWS, VOIGT_COLUMNS]


@dataclass(frozen=True, eq=False)
class StrainedStresses:
    """Stresses or energies, or both, of one crystal under small strains.

    Raises
    ------
    ValueError
        If neither stresses nor energies are there, shapes disagree, an entry is not finite, a tensor is not symmetric, the
        volume is not positive, or a rotation is not one.
    """

    extents: ClassVar[Mapping[str, Extent]] = {
        **dict.fromkeys(("stresses", "reference_stress"), Extent.VOLUME),
        **dict.fromkeys(("energies", "volume"), Extent.SIMULATION_CELL),
    }
    strains: Array
    """(n_strain, 3, 3), or (n_strain, 6) in the order xx, yy, zz, yz, xz, xy with engineering shear (twice the tensor's); kept
    as tensors."""
    volume: float
    """Volume of the cell without strain [m3]."""
    stresses: Array | None = None
    """Cauchy stress [Pa], tension positive (n_strain, 3, 3)."""
    energies: Array | None = None
    """Energy of the cell [J] (n_strain,)."""
    measure: StrainMeasure = StrainMeasure.SMALL
    ions: IonRelaxation = IonRelaxation.RELAXED
    reference_stress: Array | None = None
    """Stress without strain [Pa] (3, 3), where it is known apart: one more row of the data. The stress of a cell that is not
    relaxed is residual or pre-stress."""
    rotations: Array | None = None
    """Operations of the crystal's point group in Cartesian axes (n_operation, 3, 3), where they are known."""
    point_group: str = ""
    """Symbol of it."""
    label: str = "crystal"
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.strains.ndim == 2 and self.strains.shape[1:] == (N_VOIGT,):
            object.__setattr__(self, "strains", voigt_tensors(self.strains, engineering=True))
        n = len(self.strains)
        given = {
            "strains": (self.strains, (n, *IDENTITY.shape)),
            "stresses": (self.stresses, (n, *IDENTITY.shape)),
            "energies": (self.energies, (n,)),
            "reference stress": (self.reference_stress, IDENTITY.shape),
        }
        for name, (values, shape) in given.items():
            if values is not None:
                _validate(self.label, name, values, shape)
        if self.stresses is None and self.energies is None:
            raise ValueError(f"{self.label}: neither stresses nor energies of the strained cells; give one of them")
        if not 0 < self.volume < np.inf:
            raise ValueError(f"{self.label}: the volume is {self.volume:g} m3, it must be positive; give volume=")
        if self.rotations is not None:
            validate_rotations(self.rotations, self.label)
        freeze(self)


@dataclass(frozen=True, eq=False)
class StressSeries:
    """Stress of a cell of constant shape in equally spaced frames of a simulation at constant temperature.

    Stress times volume (``extent``), a sum over atoms, is made a stress by `per_volume`.

    Raises
    ------
    ValueError
        If shapes disagree, there are fewer than two frames, an entry is not finite, or a number is not positive.
    """

    extents: ClassVar[Mapping[str, Extent]] = {
        **dict.fromkeys(("stresses", "born"), Extent.VOLUME),
        **dict.fromkeys(("volume", "n_atom"), Extent.SIMULATION_CELL),
    }
    stresses: Array
    """Stress [Pa], tension positive (n_frame, 3, 3), or (n_frame, 6) in the order xx, yy, zz, yz, xz, xy; kept as this."""
    kind: StressKind
    interval: float
    """Time between frames [s]."""
    temperature: float
    """Temperature [K]."""
    volume: float
    """Volume of the cell [m3]."""
    n_atom: int
    """Number of atoms in it."""
    born: Array
    """Born term [Pa], second derivative of the energy by Green-Lagrange strain at fixed scaled positions over the volume: a
    value for each of some frames (n_born, 6, 6), equally spaced over the run, or one that is exact (6, 6)."""
    rotations: Array | None = None
    """Operations of the crystal's point group in Cartesian axes (n_operation, 3, 3), where they are known."""
    point_group: str = ""
    """Symbol of it."""
    label: str = "crystal"
    provenance: Mapping[str, Any] = field(default_factory=dict)
    extent: Extent = Extent.VOLUME
    """Amount that the stresses are of; estimators take them per volume. The Born term is per volume always."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", known_extent(self.extent, OF_CURRENTS, self.label))
        if self.stresses.ndim == IDENTITY.ndim + 1:
            _validate(self.label, "stresses", self.stresses, (len(self.stresses), *IDENTITY.shape))
            object.__setattr__(self, "stresses", voigt_components(self.stresses))
        _validate(self.label, "stresses", self.stresses, (len(self.stresses), N_VOIGT))
        if len(self.stresses) < 2:
            raise ValueError(f"{self.label}: {len(self.stresses)} frame(s) of stress; fluctuations need many")
        leading = self.born.shape[:1] if self.born.ndim > 2 else ()
        _validate(self.label, "Born term", self.born, (*leading, N_VOIGT, N_VOIGT))
        for name in ("interval", "temperature", "volume", "n_atom"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{self.label}: {name} is {getattr(self, name):g}, it must be positive; give {name}=")
        if self.rotations is not None:
            validate_rotations(self.rotations, self.label)
        freeze(self)

    def per_volume(self) -> StressSeries:
        """The stress of a series of stress times volume, over the record's own volume.

        Raises
        ------
        ValueError
            If it is a stress already.
        """
        if self.extent is Extent.VOLUME:
            raise ValueError(f"{self.label}: the stresses are per volume already; leave per_volume out")
        provenance = {**self.provenance, **conversion(self.extent, Extent.VOLUME, f"{self.volume:g} m3")}
        return replace(self, stresses=self.stresses / self.volume, extent=Extent.VOLUME, provenance=provenance)


def validate_rotations(rotations: Array, label: str, tolerance: float = 1e-6) -> None:
    """Raise ``ValueError`` where an operation of a point group is no orthogonal matrix, beyond a tolerance of its entries."""
    if rotations.ndim != IDENTITY.ndim + 1 or rotations.shape[1:] != IDENTITY.shape or not len(rotations):
        raise ValueError(f"{label}: operations of the point group have shape {rotations.shape}, not (n_operation, 3, 3)")
    products = np.einsum("nij,nkj->nik", rotations, rotations)
    if not np.abs(products - IDENTITY).max() < tolerance:
        worst = int(np.argmax(np.abs(products - IDENTITY).max(axis=(1, 2))))
        raise ValueError(f"{label}: operation {worst} of the point group is no rotation; give them in Cartesian axes")


def _validate(label: str, name: str, values: Array, shape: tuple[int, ...], tolerance: float = 1e-9) -> None:
    """Raise ``ValueError`` where an array has another shape, or entries that are not finite, or a tensor is not symmetric."""
    if values.shape != shape or not len(values):
        raise ValueError(f"{label}: {name} have shape {values.shape}, not {shape}")
    if not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0][0])
        raise ValueError(f"{label}: row {row} of the {name} is not finite; leave it out")
    if values.ndim > 1 and values.shape[-1] == values.shape[-2]:
        odd = np.abs(values - np.swapaxes(values, -1, -2)).max()
        if odd > tolerance * max(np.abs(values).max(), np.finfo(float).tiny):
            raise ValueError(f"{label}: {name} are not symmetric; take the symmetric part")
