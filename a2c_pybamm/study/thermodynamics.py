"""Sections of the data of a host's free energy: energies, chemical potentials, vibrations, what is declared beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from a2c_pybamm.laws import DEFAULT_ION
from a2c_pybamm.study.fields import (
    HIGHEST_TEMPERATURE,
    DataFile,
    DataFiles,
    Energy,
    Entropy,
    IonName,
    Number,
    Section,
    Temperature,
    Voltage,
    Whole,
)


class EnergyFile(Section):
    """Energies by one method: a CSV table, or files of structures."""

    label: str = Field(description="The method's name, shared by all it made", examples=["chgnet-0.3.0"])
    file: DataFile | None = Field(
        None,
        description="CSV table, or with framework a file of structures that ase reads, or of pymatgen's entries",
        examples=["data/energies.csv"],
    )
    files: DataFiles = Field(
        (),
        description="In its place files of structures: a pattern with `*`, `?` or `[ab]`, or an array of patterns and files",
        examples=["runs/*/vasprun.xml"],
    )
    format: str | None = Field(
        None, description="ase's name of the format of structures that neither content nor name show", examples=["vasp-out"]
    )
    x_column: str = Field("x", description="Column of the occupied fraction", examples=["x"])
    energy_column: str = Field(
        "energy_eV", description="Column of the energy; its ending is its unit", examples=["E_per_fu_eV"]
    )
    energy_of: Literal["site", "cell"] = Field("site", description="Energies per site, or of whole cells", examples=["cell"])
    sites_column: str | None = Field(
        None, description="Column of the sites in each cell, for energies of cells", examples=["n_sites"]
    )
    structure_column: str = Field("structure", description="Column of the structure's name", examples=["id"])
    volume_column: str | None = Field(
        None, description="Column of the volume per site; its ending is its unit", examples=["volume_A3"]
    )
    converged_column: str | None = Field(
        None,
        description="Column (or key of a structure) that is true where the relaxation converged",
        examples=["converged"],
    )
    degeneracy_column: str | None = Field(
        None, description="Column (or key of a structure) of the arrangements that a row stands for", examples=["degeneracy"]
    )
    ensemble_columns: str | None = Field(
        None, description="What columns of an ensemble of functionals begin with", examples=["E_beef_"]
    )
    formation_voltage: Voltage | None = Field(
        None, description="Mean voltage to go with formation energies against the end members", examples=["3.9 V"]
    )
    lithium: str = Field(
        "Li_metal",
        description="Any entry of lithium metal's row (with another ion that of its metal, `Na_metal`), or its energy",
        examples=["Li_metal", "-1.90 eV"],
    )
    framework: str | None = Field(
        None, description="Element of the host that counts the sites: the file holds structures", examples=["Co"]
    )
    sites_per_framework: Number = Field(1.0, gt=0, description="Lithium sites for each such atom", examples=[1.0])

    @property
    def paths(self) -> tuple[Path, ...]:
        """All its files."""
        return self.files if self.file is None else (self.file,)

    def _mistakes(self) -> Iterator[str]:
        if (self.file is None) == (not self.files):
            yield "give either file or files"
        if self.files and self.framework is None:
            yield "files are of structures: name the element of the host that counts their sites as framework"
        if self.format is not None and self.framework is None:
            yield "format is of files of structures; name their framework, or leave format out for a CSV table"


class PotentialFile(Section):
    """Chemical potentials or voltages by one method, from sampling or integration."""

    label: str = Field(description="The method's name, shared by all it made", examples=["cluster expansion"])
    file: DataFile = Field(description="CSV table", examples=["data/potentials.csv"])
    quantity: Literal["mu", "voltage", "insertion"] = Field(
        "mu",
        description="Quantity of the column: chemical potential, voltage, or energies of putting ions into a supercell",
        examples=["voltage", "insertion"],
    )
    x_column: str = Field("x", description="Column of the occupied fraction", examples=["x"])
    potential_column: str | None = Field(None, description="Column; its ending is its unit", examples=["mu_eV", "voltage_V"])
    std_column: str | None = Field(None, description="Column of standard deviations", examples=["std_meV"])
    temperature_column: str = Field("T_K", description="Column of the temperature", examples=["T_K"])
    temperature: Temperature | None = Field(
        None, gt=0, le=HIGHEST_TEMPERATURE, description="Where there is no such column", examples=["300 K"]
    )
    lithium: str | None = Field(
        None, description="Lithium metal's energy for absolute potentials and energies of cells", examples=["-1.90 eV"]
    )
    sites: Whole | None = Field(
        None, ge=2, le=1_000_000, description="Sites of the supercell that ions are put into", examples=[12]
    )
    ions_column: str = Field("n", description="Column of the number of ions; without it x_column counts", examples=["n"])
    energy_of: Literal["cell", "insertion"] = Field(
        "cell", description="Energies of the supercell, or of each insertion", examples=["insertion"]
    )
    ensemble: Literal["lowest", "integration"] = Field(
        "lowest",
        description="Lowest energies, to which ideal mixing is added, or free energies of integration, which hold it",
        examples=["integration"],
    )
    energy_std: Energy | None = Field(
        None, gt=0, description="Standard deviation of a supercell's energy, per site", examples=["1 meV"]
    )

    def _mistakes(self) -> Iterator[str]:
        own = ("sites", "ions_column", "energy_of", "ensemble", "energy_std")
        if self.quantity != "insertion":
            if given := [key for key in own if key in self.model_fields_set]:
                yield f"{given[0]} goes with quantity 'insertion', not {self.quantity!r}; leave it out, or change quantity"
            return
        if self.sites is None or self.temperature is None:
            yield "quantity 'insertion' needs sites, the number of the supercell's, and temperature"
        if self.std_column is not None:
            yield "std_column does not go with quantity 'insertion'; give energy_std, the error of an energy per site"


class VibrationFile(Section):
    """Vibrations of the host at one composition, or of lithium metal."""

    x: Number = Field(0.0, ge=0, le=1, description="Composition", examples=[1.0])
    file: DataFile = Field(description="Its file", examples=["data/phonons/thermal_properties.yaml"])
    kind: Literal["thermal", "density of states", "frequencies", "phonopy"] = Field(
        "thermal",
        description="Thermal table (YAML, CSV), density of states, list of frequencies, or phonopy's force constants",
        examples=["phonopy"],
    )
    sites: Number = Field(gt=0, description="Lithium sites, filled or not, in the cell that it is of", examples=[1.0])
    format: Literal["yaml", "csv"] | None = Field(
        None, description="Format of a thermal table whose content and name do not show it", examples=["yaml"]
    )
    column: str | None = Field(None, description="Column of frequencies; its ending is its unit", examples=["frequency_THz"])


class SharedError(Section):
    """Errors that structures of like composition share."""

    std: Energy = Field(ge=0, description="Standard deviation of the shared error", examples=["10 meV"])
    length: Number = Field(gt=0, le=10, description="Difference of composition over which it changes", examples=[0.3])


class Reference(Section):
    """A measured mean voltage that replaces the calculated one."""

    mean_voltage: Voltage = Field(description="Mean voltage over the law's window", examples=["4.0 V"])
    std: Voltage = Field(ge=0, description="Its standard deviation", examples=["50 mV"])
    reason: str = Field(description="Where it comes from", examples=["measured curves of several groups"])


class VibrationalEntropy(Section):
    """Change of the host's vibrational entropy by lithium, ds/dx."""

    value: Entropy | None = Field(None, description="Its value, or give frequencies", examples=["25 J/mol/K"])
    frequencies: DataFile | None = Field(
        None,
        description="JSON file with the ion's frequencies at its site, for a harmonic value",
        examples=["data/neb/hop.json"],
    )
    std: Entropy = Field(ge=0, description="Standard deviation", examples=["10 J/mol/K"])
    reason: str = Field(description="Where it comes from", examples=["no phonons of the empty host"])

    def _mistakes(self) -> Iterator[str]:
        if (self.value is None) == (self.frequencies is None):
            yield "give either value or frequencies"


class MeasuredOCP(Section):
    """The base set's own open-circuit potential in the place of a free energy."""

    theta_min: Number = Field(gt=0, le=1, description="Floor of the thermodynamic factor on plateaus", examples=[0.1])
    offset_std: Voltage = Field(ge=0, description="Standard deviation of the measured potential", examples=["5 mV"])
    reason: str = Field(description="Why the measured curve is taken, and where its error comes from", examples=["staging"])
    ion: IonName = Field(DEFAULT_ION, description="Ion of the base set, which PyBaMM does not name", examples=["Na"])
