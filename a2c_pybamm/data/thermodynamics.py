"""Energies, chemical potentials and vibrations of a host."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from a2c_pybamm.data.extent import Extent, amounts, conversion, known_extent
from a2c_pybamm.data.record import Array, freeze

FRACTION_ROUNDING = 1e-9
"""Distance by which x may lie outside [0, 1], and counts as 0 or 1: ten digits are written at least, sixteen are computed."""


OF_HOSTS = (Extent.SITE, Extent.FORMULA_UNIT, Extent.SIMULATION_CELL)
"""Amounts that numbers of a host may be of."""


def _rounded(x: Array) -> Array:
    """Fractions, those beyond 0 or 1 by no more than `FRACTION_ROUNDING` made just that."""
    return np.where((x >= -FRACTION_ROUNDING) & (x <= 1 + FRACTION_ROUNDING), np.clip(x, 0.0, 1.0), x)


def _validate_ion(ion: str, where: str) -> None:
    """Raise ``ValueError`` where an ion is no text, or an empty one."""
    if not isinstance(ion, str) or not ion:
        raise ValueError(f"{where}: ion is {ion!r}; give the symbol of an element, like 'Li'")


@dataclass(frozen=True, eq=False)
class EnergyTable:
    """Energies of structures with different lithium content, all computed with one method.

    Energies, volumes and the ensemble's energies are of the amount ``extent``; estimators take them per site.

    Raises
    ------
    ValueError
        If there is no structure, lengths disagree, x lies outside [0, 1] by more than rounding, an entry is not finite, or
        there is no ion.
    """

    extents: ClassVar[Mapping[str, Extent]] = dict.fromkeys(("energy", "volume", "ensemble"), Extent.SITE)

    label: str
    """The method that made the numbers (a functional, a potential): the member's label in a committee."""
    x: Array
    """Occupied fraction of the ion's sites (n_structure,); beyond 0 or 1 by rounding it is made just that."""
    energy: Array
    """Energy per mole of sites less x times the metal's per mole of its atoms [J.mol-1] (n_structure,)."""
    structure: tuple[str, ...]
    """Name of each structure (n_structure,)."""
    converged: NDArray[np.bool_]
    """Convergence of its relaxation (n_structure,)."""
    volume: Array | None = None
    """Volume per mole of sites [m3.mol-1] (n_structure,)."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    degeneracy: Array | None = None
    """Number of arrangements that each structure stands for, in the supercell that all are counted in (n_structure,)."""
    ensemble: Array | None = None
    """Energies by each member of an ensemble of functionals [J.mol-1] (n_structure, n_member)."""
    members: tuple[str, ...] = ()
    """Label of each member (n_member,)."""
    ion: str = "Li"
    """Symbol of the ion that goes in and out."""
    extent: Extent = Extent.SITE
    """Amount that energies and volumes are of."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", known_extent(self.extent, OF_HOSTS, f"energies of {self.label}"))
        object.__setattr__(self, "x", _rounded(np.asarray(self.x, float)))
        _validate_ion(self.ion, f"energies of {self.label}")
        n = len(self.x)
        if not n:
            raise ValueError(f"energies of {self.label}: no structure; give at least one")
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
                f"energies of {self.label}: x = {self.x[k]:.10g} of {self.structure[k]!r} lies outside [0, 1]; "
                "x is the occupied fraction of lithium sites"
            )
        if not np.isfinite(self.energy).all():
            raise ValueError(f"energies of {self.label}: an energy is not finite")
        freeze(self)

    def per_site(self, *, sites: ArrayLike) -> EnergyTable:
        """The same energies and volumes per site.

        Parameters
        ----------
        sites
            Number of the ion's sites, filled or not, in what each number is of: the cell, or the formula unit; one, or one for
            each structure (n_structure,).

        Raises
        ------
        ValueError
            If they are per site already, or a number is not positive and finite.
        """
        n = _sites(self, sites, f"energies of {self.label}", len(self.x))
        return replace(
            self,
            energy=self.energy / n,
            volume=None if self.volume is None else self.volume / n,
            ensemble=None if self.ensemble is None else self.ensemble / n[:, None],
            extent=Extent.SITE,
            provenance={**self.provenance, **conversion(self.extent, Extent.SITE, "sites")},
        )


def _sites(record: EnergyTable | Vibrations | ThermalTable, sites: ArrayLike, what: str, n: int) -> Array:
    """Numbers of sites (n,) by which a record's numbers are divided; ``ValueError`` where they are per site already."""
    if record.extent is Extent.SITE:
        raise ValueError(f"{what}: the numbers are per site already; leave per_site out")
    return amounts(sites, n, f"{what}: sites")


@dataclass(frozen=True, eq=False)
class ChemicalPotentials:
    """Chemical potential of lithium in a host at compositions and temperatures, from sampling or integration.

    Raises
    ------
    ValueError
        If there is no row, lengths disagree, x lies outside (0, 1), a temperature or error is not positive, or an entry is not
        finite.
    """

    extents: ClassVar[Mapping[str, Extent]] = dict.fromkeys(("potential", "std"), Extent.ION)
    label: str
    """The method that made the numbers."""
    x: Array
    """Occupied fraction of lithium sites (n,)."""
    temperature: Array
    """Temperatures [K] (n,)."""
    potential: Array
    """Per mole of ions, against the metal [J.mol-1] (n,): the voltage is its negative over the charge of a mole of them."""
    std: Array | None = None
    """Standard deviations [J.mol-1] (n,); estimated from the fit's residual if absent."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    ion: str = "Li"
    """Symbol of the ion that goes in and out."""

    def __post_init__(self) -> None:
        _validate_ion(self.ion, f"chemical potentials of {self.label}")
        n = len(self.x)
        if not n:
            raise ValueError(f"chemical potentials of {self.label}: no row; give at least one")
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
        freeze(self)


@dataclass(frozen=True, eq=False)
class Vibrations:
    """Harmonic vibrations of a crystal.

    Raises
    ------
    ValueError
        If lengths disagree, a frequency is not positive, or a weight is not finite.
    """

    extents: ClassVar[Mapping[str, Extent]] = {"frequency": Extent.INTENSIVE, "weight": Extent.SITE}
    label: str
    """The structure."""
    frequency: Array
    """Frequencies [Hz], imaginary ones left out (n_mode,)."""
    weight: Array
    """Modes per site at each frequency: 1/sites for a list, density of states times spacing for a spectrum (n_mode,)."""
    imaginary: float = 0.0
    """Share of modes that were imaginary, and left out."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    extent: Extent = Extent.SITE
    """Amount that the modes are of; estimators take them per site."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", known_extent(self.extent, OF_HOSTS, f"vibrations of {self.label}"))
        if not len(self.frequency) or len(self.weight) != len(self.frequency):
            raise ValueError(f"vibrations of {self.label}: {len(self.frequency)} frequencies, {len(self.weight)} weights")
        if not (np.isfinite(self.frequency) & (self.frequency > 0)).all():
            raise ValueError(f"vibrations of {self.label}: a frequency is not positive; leave imaginary and zero modes out")
        if not np.isfinite(self.weight).all():
            raise ValueError(f"vibrations of {self.label}: a weight is not finite")
        if not 0 <= self.imaginary <= 1:
            raise ValueError(f"vibrations of {self.label}: share of imaginary modes {self.imaginary:g} lies outside [0, 1]")
        freeze(self)

    def per_site(self, *, sites: float) -> Vibrations:
        """The same modes per site, of a cell or formula unit with so many sites, filled or not.

        Raises
        ------
        ValueError
            If they are per site already, or the number is not positive and finite.
        """
        n = float(_sites(self, sites, f"vibrations of {self.label}", 1)[0])
        provenance = {**self.provenance, **conversion(self.extent, Extent.SITE, f"{n:g} sites")}
        return replace(self, weight=self.weight / n, extent=Extent.SITE, provenance=provenance)


@dataclass(frozen=True, eq=False)
class ThermalTable:
    """Vibrational free energy of a crystal over temperature, as printed by a phonon code.

    Raises
    ------
    ValueError
        If lengths disagree, temperatures do not rise, or an entry is not finite.
    """

    extents: ClassVar[Mapping[str, Extent]] = {
        "temperature": Extent.INTENSIVE,
        **dict.fromkeys(("free_energy", "entropy", "heat_capacity"), Extent.SITE),
    }
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
    extent: Extent = Extent.SITE
    """Amount that the numbers are of; estimators take them per site."""
    imaginary: float = 0.0
    """Share of modes that were imaginary, and left out; 0 where the code does not state it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", known_extent(self.extent, OF_HOSTS, f"thermal table of {self.label}"))
        n = len(self.temperature)
        if n < 2:
            raise ValueError(f"thermal table of {self.label}: {n} temperature(s), it needs at least two; write more rows")
        for name in ("temperature", "free_energy", "entropy", "heat_capacity"):
            column = getattr(self, name)
            if len(column) != n:
                raise ValueError(f"thermal table of {self.label}: {len(column)} entries in {name!r} for {n} temperatures")
            if not np.isfinite(column).all():
                raise ValueError(f"thermal table of {self.label}: {name!r} has an entry that is not finite")
        if not (np.diff(self.temperature) > 0).all() or self.temperature[0] < 0:
            raise ValueError(f"thermal table of {self.label}: temperatures must rise from zero or above")
        if not 0 <= self.imaginary <= 1:
            raise ValueError(
                f"thermal table of {self.label}: share of imaginary modes {self.imaginary:g} lies outside [0, 1]; correct it"
            )
        freeze(self)

    def per_site(self, *, sites: float) -> ThermalTable:
        """The same numbers per site, of a cell or formula unit with so many sites, filled or not.

        Raises
        ------
        ValueError
            If they are per site already, or the number is not positive and finite.
        """
        n = float(_sites(self, sites, f"thermal table of {self.label}", 1)[0])
        per_site = {name: getattr(self, name) / n for name in ("free_energy", "entropy", "heat_capacity")}
        provenance = {**self.provenance, **conversion(self.extent, Extent.SITE, f"{n:g} sites")}
        return replace(self, **per_site, extent=Extent.SITE, provenance=provenance)
