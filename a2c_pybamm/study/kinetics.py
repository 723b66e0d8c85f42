"""Section of one electrode's charge transfer: barriers at several potentials, the sites of its surface, the form of the law."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from a2c_pybamm.study.fields import (
    HIGHEST_TEMPERATURE,
    ArealDensity,
    Concentration,
    DataFile,
    Energy,
    Entropy,
    Flag,
    Length,
    Number,
    Section,
    StdLn,
    Temperature,
    Voltage,
    repeated,
)

BarrierEnergy = Annotated[Energy, Field(gt=0, le=2e6)]
"""Energy [J/mol] of a barrier or its error: 2e6 J/mol are 20 eV, more than any bond, so that a larger one has a wrong unit."""
KineticsLaw = Literal["butler-volmer", "marcus", "marcus-hush-chidsey"]


class BarrierTable(Section):
    """One method's barriers of charge transfer, one potential and temperature a row."""

    label: str = Field(min_length=1, description="The method's name, shared by all it made", examples=["PBE+U"])
    file: DataFile = Field(
        description="CSV with potential_V, T_K, reduction_eV and, if known, oxidation_eV", examples=["data/barriers.csv"]
    )
    scale: Literal["lithium", "hydrogen", "vacuum", "overpotential"] = Field(
        "lithium",
        description="Zero of the potentials, which are positive for oxidation: lithium metal, standard hydrogen, vacuum (work "
        "functions), or equal rates in both directions",
        examples=["vacuum"],
    )
    potential_column: str | None = Field(
        None, description="Column of the potentials; its ending is its unit", examples=["work_function_eV"]
    )
    reduction_column: str = Field("reduction_eV", description="Column of barriers of reduction", examples=["dG_red_kJ/mol"])
    oxidation_column: str | None = Field(
        None, description="Column of barriers of oxidation; oxidation_eV where there is one", examples=["dG_ox_kJ/mol"]
    )
    temperature_column: str = Field("T_K", description="Column of temperatures", examples=["T_K"])
    temperature: Temperature | None = Field(
        None, gt=0, le=HIGHEST_TEMPERATURE, description="Of all rows, if there is no column", examples=["300 K"]
    )
    std: BarrierEnergy | None = Field(None, description="Standard deviation of each barrier", examples=["20 meV"])
    std_column: str | None = Field(None, description="Column of the standard deviations", examples=["std_meV"])
    saddle_std: BarrierEnergy | None = Field(
        None, description="Part of it that both directions share: that of one path's saddle", examples=["15 meV"]
    )
    quantity: Literal["free energy", "energy"] = Field(
        "free energy", description="Free energies at the row's temperature, or energies of static paths", examples=["energy"]
    )
    scale_std: Annotated[Voltage, Field(gt=0)] | None = Field(
        None, description="Standard deviation of the zero of the potentials", examples=["0.1 V"]
    )
    scale_source: str | None = Field(
        None, min_length=1, description="Its source, which other errors may share", examples=["absolute potential"]
    )

    def _mistakes(self) -> Iterator[str]:
        if (self.std is None) == (self.std_column is None):
            yield "give either std or std_column, the errors of the barriers"
        if (self.scale_std is None) != (self.scale_source is None):
            yield "scale_std and scale_source go together; give both, or neither"
        if self.scale in ("hydrogen", "vacuum") and self.scale_std is None:
            yield f"potentials against {self.scale} have an error against lithium; give scale_std and scale_source"


class ActivationEntropy(Section):
    """Activation entropy of charge transfer, where barriers do not show it."""

    value: Entropy = Field(description="Mean", examples=["-20 J/mol/K"])
    std: Annotated[Entropy, Field(gt=0)] = Field(description="Standard deviation", examples=["20 J/mol/K"])


class ReorganizationEnergy(Section):
    """Reorganization energy that is declared, in the place of that of the barriers' curvature."""

    value: BarrierEnergy = Field(description="Mean", examples=["0.4 eV"])
    std: BarrierEnergy = Field(description="Standard deviation", examples=["0.1 eV"])
    reason: str = Field(description="Where it comes from", examples=["two parabolas of constrained DFT"])


class SurfaceSitesEntry(Section):
    """Sites per area through which ions pass: a number, or counted on a slab."""

    density: Annotated[ArealDensity, Field(ge=1e-8, le=1e-3)] | None = Field(
        None, description="Sites per area of the surface", examples=["7.2 1/nm2"]
    )
    slab: DataFile | None = Field(
        None, description="Structure whose upper face has all sites filled, any format that ase reads", examples=["slab.vasp"]
    )
    species: str = Field("Li", description="Atoms of the slab that fill the sites", examples=["Li"])
    depth: Length = Field(1e-10, gt=0, le=1e-8, description="Depth of the layer of sites", examples=["1 angstrom"])
    std_ln: StdLn = Field(description="Standard deviation of the logarithm: facets, roughness", examples=[0.5])

    def _mistakes(self) -> Iterator[str]:
        if (self.density is None) == (self.slab is None):
            yield "give either density or slab"


class Kinetics(Section):
    """Charge transfer from barriers: exchange current, transfer coefficient or reorganization energy."""

    law: KineticsLaw = Field("butler-volmer", description="Form of the current", examples=["butler-volmer"])
    activity: Literal["sites", "host"] = Field(
        "sites",
        description="The exchange current by the filled share of sites, or by the activity of the host's own free energy",
        examples=["host"],
    )
    composition: Number = Field(
        0.5, ge=1e-6, le=1 - 1e-6, description="Occupied fraction of the host in the calculations", examples=[0.5]
    )
    standard_concentration: Annotated[Concentration, Field(ge=1.0, le=1e5)] = Field(
        1000.0, description="Salt concentration of the barriers", examples=["1 mol/L"]
    )
    sites: SurfaceSitesEntry = Field(description="Sites of the surface")
    barriers: tuple[BarrierTable, ...] = Field(min_length=1, description="One for each method; several make a committee")
    activation_entropy: ActivationEntropy | None = Field(None, description="For barriers at one temperature, or of energies")
    reorganization_energy: ReorganizationEnergy | None = Field(
        None, description="For 'marcus' and 'marcus-hush-chidsey'; from the barriers' curvature if not given"
    )
    accept_form_error: Flag = Field(
        False,
        description="Take 'marcus-hush-chidsey' above 0.5 eV, where PyBaMM's form of it is poor",
        examples=[True],
    )

    def _mistakes(self) -> Iterator[str]:
        if twice := repeated([table.label for table in self.barriers]):
            yield f"two tables have the label {twice}; a label names one method, give each its own"
        if self.reorganization_energy and self.law == "butler-volmer":
            yield "reorganization_energy is one of law 'marcus' and 'marcus-hush-chidsey'; leave it out, or change law"
        if self.accept_form_error and self.law != "marcus-hush-chidsey":
            yield "accept_form_error is of law 'marcus-hush-chidsey' alone; leave it out"

    @property
    def needs_host(self) -> bool:
        """True where the host's voltage enters: by its potentials, or by its activity."""
        return self.activity == "host" or any(table.scale != "overpotential" for table in self.barriers)
