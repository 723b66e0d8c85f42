"""Data on how far an electrolyte is from an ideal solution: activities, pair correlations, structure factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data.extent import Extent
from a2c_pybamm.data.record import Array, freeze


class ConcentrationScale(StrEnum):
    """Scale on which activity coefficients and concentrations count."""

    MOLAL = "molal"
    """Moles of salt per kilogram of solvent [mol.kg-1]."""
    MOLAR = "molar"
    """Moles of salt per volume of solution [mol.m-3]."""
    MOLE_FRACTION = "mole fraction"
    """Moles of salt over those of solvent and all single ions."""


@dataclass(frozen=True, eq=False)
class ActivityTable:
    r"""Mean ionic activity coefficients of a salt in one solvent over concentration, on the molal or the molar scale.

    Raises
    ------
    ValueError
        If lengths disagree, there are fewer than two different concentrations, or a number is not finite or not positive.
    """

    extents: ClassVar[Mapping[str, Extent]] = {"solution_volume": Extent.MASS}
    label: str
    """The measurement or simulation that made the numbers."""
    scale: ConcentrationScale
    """Molal or molar; from mole fractions a table is made by `of_mole_fractions`."""
    concentration: Array
    """[mol.kg-1] or [mol.m-3] (n_row,)."""
    ln_coefficient: Array
    r"""Logarithm of the mean ionic activity coefficient, :math:`\ln\gamma_\pm` (n_row,)."""
    std: Array | None = None
    """Standard deviation of that (n_row,)."""
    temperature: float = np.nan
    """[K]"""
    solution_volume: Array | None = None
    """Volume of the solution that holds one kilogram of solvent [m3.kg-1] (n_row,); needed on the molal scale."""
    referred: bool = True
    """True where the coefficient is 1 at infinite dilution; False where it is known up to a factor."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.concentration)
        for name, column in (
            ("ln_coefficient", self.ln_coefficient),
            ("std", self.std),
            ("solution_volume", self.solution_volume),
        ):
            if column is not None and column.shape != (n,):
                raise ValueError(f"activities of {self.label}: {len(column)} entries in {name!r} for {n} concentrations")
            if column is not None and not np.isfinite(column).all():
                raise ValueError(f"activities of {self.label}: {name!r} has an entry that is not finite; leave the row out")
        if self.scale is ConcentrationScale.MOLE_FRACTION:
            raise ValueError(f"activities of {self.label}: make the table by ActivityTable.of_mole_fractions")
        if not (np.isfinite(self.concentration) & (self.concentration > 0)).all():
            raise ValueError(f"activities of {self.label}: a concentration is not positive; leave out the pure solvent")
        if len(np.unique(self.concentration)) < 2:
            raise ValueError(f"activities of {self.label}: {n} row(s) at one concentration; a slope needs two")
        if self.std is not None and not (self.std > 0).all():
            raise ValueError(
                f"activities of {self.label}: a standard deviation is not positive; leave std out if it is not known"
            )
        if self.solution_volume is not None and not (self.solution_volume > 0).all():
            raise ValueError(f"activities of {self.label}: a volume of the solution is not positive; correct the densities")
        if not self.temperature > 0:
            raise ValueError(f"activities of {self.label}: temperature is {self.temperature:g} K; give it in kelvin")
        freeze(self)

    @classmethod
    def of_mole_fractions(
        cls,
        label: str,
        fraction: Array,
        ln_coefficient: Array,
        *,
        solvent_molar_mass: float,
        ions: int = 2,
        std: Array | None = None,
        temperature: float,
        solution_volume: Array | None = None,
        referred: bool = True,
        provenance: Mapping[str, Any] | None = None,
    ) -> ActivityTable:
        r"""The table on the molal scale, from one of mole fractions.

        With :math:`x = n_s/(n_0 + \nu n_s)`: :math:`m = x/[(1 - \nu x)M_0]` and :math:`\gamma_m = f(1 - \nu x)`, since the
        activity is one [Robinson and Stokes, Electrolyte Solutions, 2nd ed. (1959), chapter 2].

        Parameters
        ----------
        fraction
            Mole fraction of the salt (n_row,), each of its ions counted on its own in the sum.
        solvent_molar_mass
            :math:`M_0` [kg.mol-1].
        ions
            Ions of one formula unit, :math:`\nu`.
        """
        fraction = np.asarray(fraction, float)
        if not ((fraction > 0) & (ions * fraction < 1)).all():
            raise ValueError(f"activities of {label}: a mole fraction lies outside (0, 1/{ions}), all ions counted; correct it")
        if not solvent_molar_mass > 0:
            raise ValueError(f"activities of {label}: molar mass of the solvent is {solvent_molar_mass:g} kg/mol; give it")
        solvent = 1 - ions * fraction
        molality = fraction / (solvent * solvent_molar_mass)
        on_molal = np.asarray(ln_coefficient, float) + np.log(solvent)
        return cls(
            label, ConcentrationScale.MOLAL, molality, on_molal, std, temperature, solution_volume, referred, provenance or {}
        )


@dataclass(frozen=True, eq=False)
class PairCorrelations:
    r"""Radial distribution functions of an electrolyte's species in blocks of a run with fixed numbers of particles.

    Normalised by the mean densities, :math:`g_{ij} = V\,n_{ij}(r)/(N_i N_j\,\Delta V)` with :math:`n_{ij}` the number of
    ordered pairs of different particles in a shell of volume :math:`\Delta V`: of ideal particles :math:`g_{ii} = 1 - 1/N_i`.

    Raises
    ------
    ValueError
        If shapes disagree, distances do not rise, or a number is not finite or not positive.
    """

    extents: ClassVar[Mapping[str, Extent]] = dict.fromkeys(("counts", "volume"), Extent.SIMULATION_CELL)
    species: tuple[str, ...]
    """Name of each species: cation, anion, solvents (n_species,)."""
    charges: tuple[int, ...]
    """Formal charge of one particle of each [elementary charges]; 0 for a solvent."""
    counts: tuple[int, ...]
    """Number of particles of each."""
    distance: Array
    """Middle of each shell [m] (n_shell,)."""
    g: Array
    """(n_block, n_species, n_species, n_shell)."""
    volume: float
    """Volume of the simulation cell [m3]."""
    temperature: float
    """[K]"""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.species)
        if self.g.shape[1:] != (n, n, len(self.distance)):
            raise ValueError(f"pair correlations: g has shape {self.g.shape}, not (n_block, {n}, {n}, {len(self.distance)})")
        if not len(self.charges) == len(self.counts) == n or min(self.counts, default=0) < 1:
            raise ValueError(f"pair correlations: {n} species need as many charges and counts, none of them zero")
        if not np.isfinite(self.g).all() or not np.isfinite(self.distance).all():
            raise ValueError("pair correlations: an entry is not finite; leave its shell or block out")
        if len(self.distance) < 2 or not self.distance[0] > 0 or not (np.diff(self.distance) > 0).all():
            raise ValueError("pair correlations: distances must be positive and rise; sort the shells")
        for name in ("volume", "temperature"):
            if not getattr(self, name) > 0:
                raise ValueError(f"pair correlations: {name} is {getattr(self, name):g}, it must be positive; give {name}=")
        freeze(self)


@dataclass(frozen=True, eq=False)
class StructureFactors:
    r"""Partial structure factors of ions and solvent at small wave numbers, in blocks of a run.

    With :math:`\rho_a(\mathbf k) = \sum_{n\in a} e^{i\mathbf k\cdot\mathbf r_n}`, all ions counted as one species:
    :math:`\langle|\rho_c|^2\rangle/N_c` and :math:`\langle\mathrm{Re}\,\rho_c\rho_s^*\rangle/N_s`.

    Raises
    ------
    ValueError
        If shapes disagree, there are fewer than two wave numbers, or a number is not finite or not positive.
    """

    extents: ClassVar[Mapping[str, Extent]] = dict.fromkeys(("ions", "solvents", "volume"), Extent.SIMULATION_CELL)
    wave_number: Array
    """[m-1] (n_k,), rising."""
    waves: NDArray[np.int64]
    """Number of wave vectors of each (n_k,)."""
    ion_ion: Array
    """(n_block, n_k)."""
    ion_solvent: Array
    """(n_block, n_k)."""
    ions: int
    """Number of all ions."""
    solvents: int
    """Number of all solvent molecules."""
    volume: float
    """Volume of the simulation cell [m3]."""
    temperature: float
    """[K]"""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.wave_number)
        if n < 2 or not self.wave_number[0] > 0 or not (np.diff(self.wave_number) > 0).all():
            raise ValueError(f"structure factors: {n} wave number(s); give two or more, positive and rising")
        for name in ("ion_ion", "ion_solvent"):
            values = getattr(self, name)
            if values.ndim != 2 or values.shape[1] != n or values.shape != self.ion_ion.shape:
                raise ValueError(f"structure factors: {name} has shape {values.shape}, not (n_block, {n})")
            if not np.isfinite(values).all():
                raise ValueError(f"structure factors: {name} has an entry that is not finite; leave its wave number out")
        if self.waves.shape != (n,) or self.waves.min() < 1:
            raise ValueError(f"structure factors: {len(self.waves)} numbers of wave vectors for {n} wave numbers; give each")
        if min(self.ions, self.solvents) < 1:
            raise ValueError(f"structure factors: {self.ions} ions and {self.solvents} solvent molecules; both are needed")
        for name in ("volume", "temperature"):
            if not getattr(self, name) > 0:
                raise ValueError(f"structure factors: {name} is {getattr(self, name):g}, it must be positive; give {name}=")
        freeze(self)
