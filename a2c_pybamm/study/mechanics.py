"""Section of one electrode's particle mechanics: elastic moduli, volume over composition, diffusion under stress."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from a2c_pybamm.study.fields import DataFile, Flag, MolarVolume, Number, Pressure, Section, StdLn, Whole, repeated

Composition = Annotated[Number, Field(ge=0, le=1)]
LargeVolume = Annotated[MolarVolume, Field(ge=-1e-3, le=1e-3)]
"""Partial molar volume [m3/mol]: 1e-3 is twenty times the volume of any host's site, so that a larger one has a wrong unit."""


class StrainedCells(Section):
    """One method's stresses of strained cells of one composition."""

    label: str = Field(min_length=1, description="The method's name, shared by all it made", examples=["chgnet-0.3.0"])
    file: DataFile = Field(
        description="CSV of a strained cell a row: e1 … e6 with engineering shear, s1_GPa … s6_GPa",
        examples=["data/elastic/stress_strain_LiCoO2.csv"],
    )
    structure: DataFile = Field(
        description="The cell without strain, any format that ase reads: volume, point group",
        examples=["data/elastic/reference_LiCoO2.extxyz"],
    )
    composition: Composition | None = Field(
        None, description="Occupied fraction in it; where cells of several compositions are given", examples=[1.0]
    )
    strain_columns: str = Field("e{}", min_length=1, description="Columns of the strains", examples=["e{}"])
    stress_columns: str = Field(
        "s{}_GPa", min_length=1, description="Columns of the stresses; their ending is the unit", examples=["s{}_kbar"]
    )
    energy_column: str | None = Field(
        None, description="Column of the energies, against which the sign of the stresses is checked", examples=["energy_eV"]
    )
    converged_column: str | None = Field(None, description="Rows that are false in it are left out", examples=["converged"])
    convention: Literal["ase", "lammps", "vasp"] = Field(
        "ase", description="Sign and order of the stresses of the program that wrote them", examples=["vasp"]
    )
    ions: Literal["relaxed ions", "clamped ions"] = Field(
        "relaxed ions", description="State of the ions in the strained cells", examples=["relaxed ions"]
    )
    point_group: str | None = Field(
        None, description="Of the crystal in its standard orientation, if not found in the structure", examples=["-3m"]
    )


class DeclaredModuli(Section):
    """Moduli that are known otherwise."""

    youngs_modulus: Annotated[Pressure, Field(ge=1e3, le=1e13)] = Field(description="Median", examples=["191 GPa"])
    std_ln: StdLn = Field(description="Standard deviation of its logarithm", examples=[0.2])
    poissons_ratio: Annotated[Number, Field(gt=-1, lt=0.5)] = Field(description="Mean", examples=[0.24])
    poissons_ratio_std: Annotated[Number, Field(ge=0, le=0.5)] = Field(description="Standard deviation", examples=[0.03])
    source: str = Field(min_length=1, description="Name of their error", examples=["LCO moduli (measured)"])
    reason: str = Field(min_length=1, description="Where they come from", examples=["dense polycrystal"])


class VolumeOverComposition(Section):
    """Partial molar volume from the volumes in the energy tables of free_energy."""

    order: Annotated[Whole, Field(ge=0, le=4)] = Field(
        1, description="Highest order in x of the partial molar volume; lower ones are averaged with it", examples=[1]
    )
    window: tuple[Composition, Composition] = Field(
        (0.0, 1.0), description="Compositions whose structures count", examples=[[0.4, 1.0]]
    )


class DeclaredMolarVolume(Section):
    """Partial molar volume that is known otherwise, the same at every composition; volumes of sites are the base set's."""

    partial_molar_volume: LargeVolume = Field(description="Mean, of either sign", examples=["-0.73 cm3/mol"])
    std: Annotated[LargeVolume, Field(ge=0)] = Field(description="Standard deviation", examples=["1 cm3/mol"])
    source: str = Field(min_length=1, description="Name of its error", examples=["LCO dilatometry"])
    reason: str = Field(min_length=1, description="Where it comes from", examples=["lattice constants over x"])


class Mechanics(Section):
    """Particle mechanics: Young's modulus, Poisson's ratio, partial molar volume, volume change."""

    strained_cells: tuple[StrainedCells, ...] = Field((), description="One for each method; several make a committee")
    declared_moduli: DeclaredModuli | None = Field(None, description="In the place of strained cells")
    volume: VolumeOverComposition | None = Field(None, description="Partial molar volume from free_energy's energies")
    declared_volume: DeclaredMolarVolume | None = Field(None, description="In the place of volume")
    reference: Composition | None = Field(
        None,
        description="Composition at which the particle is free of deformation; where PyBaMM's is empty if not given",
        examples=[1.0],
    )
    stress_assisted_diffusion: Flag = Field(
        description="true adds the stress to the diffusivity of mobility, false leaves diffusion without stress",
        examples=[True],
    )
    composition_difference_std: Annotated[Number, Field(ge=0, le=0.5)] | None = Field(
        None,
        description="With it: standard deviation of x within a particle, for the term that is left out where the partial "
        "molar volume varies",
        examples=[0.05],
    )

    def _mistakes(self) -> Iterator[str]:
        if bool(self.strained_cells) == (self.declared_moduli is not None):
            yield "give either strained_cells or declared_moduli"
        if (self.volume is None) == (self.declared_volume is None):
            yield "give either volume or declared_volume"
        if self.stress_assisted_diffusion != (self.composition_difference_std is not None):
            yield "composition_difference_std goes with stress_assisted_diffusion = true; give both, or neither"
        if self.volume and not self.volume.window[0] < self.volume.window[1]:
            yield "volume.window must be the lower composition, then the upper one"
        yield from self._member_mistakes()

    def _member_mistakes(self) -> Iterator[str]:
        given = [cells.composition is not None for cells in self.strained_cells]
        if any(given) and not all(given):
            yield "strained_cells need a composition each, or none"
            return
        by_composition = [[c.label for c in self.strained_cells if c.composition == x] for x in self.compositions]
        if twice := next((label for labels in by_composition if (label := repeated(labels))), ""):
            yield f"two strained_cells of one composition have the label {twice}; a label names one method, give each its own"
        elif len({frozenset(labels) for labels in by_composition}) > 1:
            yield "strained_cells of each composition need the same labels: methods are compared over all"

    @property
    def compositions(self) -> tuple[float | None, ...]:
        """Compositions of the strained cells, rising; a single None where one crystal stands for all."""
        return tuple(sorted({cells.composition for cells in self.strained_cells}, key=lambda x: 0.0 if x is None else x))
