"""Section of the electrolyte: runs, currents, activities and single values of its transport."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field

from a2c_pybamm.laws.conduction.electrolyte import POSSIBLE
from a2c_pybamm.schema import show
from a2c_pybamm.study.fields import (
    Concentration,
    Conductivity,
    DataFile,
    Density,
    Diffusivity,
    Flag,
    MolarMass,
    MolarVolume,
    Name,
    Number,
    Section,
    StdLn,
    Temperature,
    Time,
    Whole,
    repeated,
)
from a2c_pybamm.study.section_choice import SectionChoice
from a2c_pybamm.study.series_files import Columns, FileOfSeries

LiquidTemperature = Annotated[Temperature, Field(ge=POSSIBLE.coldest, le=POSSIBLE.warmest)]
Salt = Annotated[Concentration, Field(gt=0, le=POSSIBLE.highest_concentration)]
"""Concentration of a salt: no liquid holds 20 mol/L of one."""


class Species(Section):
    """An ion or a molecule of the electrolyte."""

    name: Name = Field(description="Its name; of an ion of one atom in a trajectory its chemical symbol", examples=["PF6"])
    charge: Whole = Field(ge=-4, le=4, description="Formal charge of one; 0 for a solvent", examples=[-1])
    mass: Number | None = Field(None, gt=0, le=1e6, description="Mass of one [u], for files of centres", examples=[144.96])
    atoms: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Of a molecule in a trajectory: chemical symbols of its atoms, one after the other as in the file",
        examples=[["P", "F", "F", "F", "F", "F", "F"]],
    )
    columns: Columns | None = Field(
        None,
        description="In a file of centres: columns of the unwrapped centre of mass of all particles, x y z",
        examples=[["c_pf6[1]", "c_pf6[2]", "c_pf6[3]"]],
    )
    molar_volume: MolarVolume | None = Field(
        None,
        description="Partial molar volume, of both ions: the difference of the frames of solvent and volume is then a source",
        examples=["60 cm3/mol"],
    )


class ElectrolyteRun(FileOfSeries):
    """Motion of all species in one simulation: centres of mass of each species, or a trajectory of all atoms."""

    counts: dict[str, Annotated[Whole, Field(ge=1)]] | None = Field(
        None,
        min_length=1,
        description="Particles of each species, for files of centres",
        examples=[{"Li": 15, "PF6": 15, "EC": 200}],
    )
    window: Time | None = Field(
        None, gt=0, description="Time over which displacements count, in the place of the criterion", examples=["100 ps"]
    )


class CurrentFile(FileOfSeries):
    """Series of the electric current: the conductivity by Green and Kubo."""

    concentration: Salt | None = Field(None, description="Of the salt; not of a solid", examples=["1 mol/L"])
    columns: Columns | None = Field(
        None, description="Columns of the current, one for each direction", examples=[["c_J[1]", "c_J[2]", "c_J[3]"]]
    )
    extensive: Flag | None = Field(
        None,
        description="In units of LAMMPS: true for a sum over atoms, false where it is divided by the volume already",
        examples=[True],
    )
    run: Whole | None = Field(
        None, ge=-1, description="The one run of a log that is taken, from 0; -1 is the last; all if not given", examples=[-1]
    )


class ActivityFile(Section):
    """Table of activities of the salt over concentration: its thermodynamic factor."""

    file: DataFile = Field(
        description="CSV; the column of concentrations ends in its unit, of mole fractions it is called x",
        examples=["data/activities.csv"],
    )
    temperature: LiquidTemperature = Field(description="Temperature", examples=["298 K"])
    scale: Literal["molal", "molar", "mole fraction"] = Field(
        description="Scale of concentrations and activity coefficients", examples=["molal"]
    )
    quantity: Literal["activity coefficient", "ln activity coefficient", "mean activity"] = Field(
        "activity coefficient", description="What its column holds", examples=["activity coefficient"]
    )
    concentration_column: str | None = Field(None, description="If it is not the one with a unit", examples=["m_mol/kg"])
    activity_column: str | None = Field(None, description="If it is none of gamma, ln_gamma and activity", examples=["gamma"])
    std_column: str | None = Field(None, description="Column of standard deviations", examples=["std"])
    relative_std: Annotated[Number, Field(gt=0, le=10)] | None = Field(
        None, description="Or one of all, relative to the values", examples=[0.01]
    )
    density_column: str | None = Field(
        None, description="Densities of the solution, with salt_molar_mass; not for the molar scale", examples=["rho_g/cm3"]
    )
    salt_molar_mass: MolarMass | None = Field(None, gt=0, description="Of the salt", examples=["151.9 g/mol"])
    solvent_density: Density | None = Field(
        None, gt=0, description="Or the solvent's, with partial_molar_volume", examples=["1.3 g/cm3"]
    )
    partial_molar_volume: MolarVolume | None = Field(None, description="Of the salt", examples=["60 cm3/mol"])
    solvent_molar_mass: MolarMass | None = Field(None, gt=0, description="For mole fractions", examples=["88.06 g/mol"])
    concentrations: tuple[Salt, ...] = Field(
        min_length=1,
        description="Places at which the factor enters the law, within the table",
        examples=[["0.25 mol/L", "0.5 mol/L", "1 mol/L", "2 mol/L"]],
    )

    def _mistakes(self) -> Iterator[str]:
        if twice := repeated(list(self.concentrations)):
            yield f"concentration {twice} mol/m3 is listed twice; keep one"

    @property
    def stated(self) -> dict[str, Any]:
        """Settings that the section states beside the file, as the reader of activities takes them."""
        return {key: getattr(self, key) for key in type(self).model_fields if key not in ("file", "concentrations")}


class TransportValue(Section):
    """Values at one concentration and temperature, measured or from elsewhere."""

    concentration: Salt | None = Field(None, description="Of the salt; not of a solid", examples=["1 mol/L"])
    temperature: LiquidTemperature = Field(description="Temperature", examples=["298 K"])
    conductivity: Annotated[Conductivity, Field(gt=0, le=1e6)] | None = Field(
        None, description="Ionic conductivity", examples=["9.5 mS/cm"]
    )
    conductivity_std_ln: StdLn | None = Field(None, description="Standard deviation of its logarithm", examples=[0.05])
    transference_number: Number | None = Field(
        None, ge=-10, le=10, description="Of the cation, in the frame of the solvent", examples=[0.3]
    )
    transference_number_std: Annotated[Number, Field(gt=0, le=10)] | None = Field(
        None, description="Its standard deviation", examples=[0.03]
    )
    diffusivity: Annotated[Diffusivity, Field(gt=0, le=1)] | None = Field(
        None, description="Of the salt, thermodynamic factor included", examples=["3e-10 m2/s"]
    )
    diffusivity_std_ln: StdLn | None = Field(None, description="Standard deviation of its logarithm", examples=[0.1])
    thermodynamic_factor: Annotated[Number, Field(gt=0, le=1000)] | None = Field(
        None, description="1 + dln f/dln c; 1 of an ideal solution", examples=[2.2]
    )
    thermodynamic_factor_std_ln: StdLn | None = Field(None, description="Standard deviation of its logarithm", examples=[0.1])
    source: str = Field(min_length=1, description="Name of the error's source", examples=["conductivity (measured)"])
    reason: str = Field(min_length=1, description="Where the numbers come from", examples=["Landesfeind 2019, table 2"])

    def _mistakes(self) -> Iterator[str]:
        given = [name for name in QUANTITIES if getattr(self, name) is not None]
        if not given:
            yield f"no value is there; give one of {', '.join(QUANTITIES)}"
        for name in QUANTITIES:
            error = f"{name}_{'std' if name == 'transference_number' else 'std_ln'}"
            if (name in given) != (getattr(self, error) is not None):
                yield f"{name} and {error} go together; give both, or none"
            elif name in given and not getattr(self, error):
                yield f"{error} is 0; every number has an error, give it"


QUANTITIES = ("conductivity", "transference_number", "diffusivity", "thermodynamic_factor")
"""Keys of a value's quantities."""


class Electrolyte(Section):
    """Transport of the electrolyte in the place of the base set's."""

    choice: ClassVar[SectionChoice]
    entries_independent: ClassVar[bool] = True
    law: str = Field(description="Name of the law", examples=["electrolyte-transport"])
    material: Name = Field(description="First words of its coefficients", examples=["LiPF6-EC"])
    currents: tuple[CurrentFile, ...] = Field((), description="Series of electric currents")
    values: tuple[TransportValue, ...] = Field((), description="Values at single concentrations and temperatures")

    @property
    def concentrations(self) -> tuple[float | None, ...]:
        """Concentrations [mol.m-3] that currents and values give; None where one gives none."""
        return (*(item.concentration for item in self.currents), *(item.concentration for item in self.values))


class LiquidElectrolyte(Electrolyte):
    """A binary salt in a solvent: conductivity, transference number, diffusivity and thermodynamic factor."""

    law: Literal["electrolyte-transport"] = Field(
        "electrolyte-transport",
        description="A binary salt in a solvent, over concentration and temperature",
        examples=["electrolyte-transport"],
    )
    species: tuple[Species, ...] = Field((), description="Ions and solvents of the runs")
    solvent: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Species whose mean velocity is the frame; all without a charge if not given",
        examples=[["EC"]],
    )
    runs: tuple[ElectrolyteRun, ...] = Field((), description="Motion of all species, each at one concentration and temperature")
    activities: tuple[ActivityFile, ...] = Field((), description="Activities of the salt")
    order: Whole = Field(5, ge=1, le=5, description="Highest power of the series in the root of concentration", examples=[5])
    temperature_order: Whole = Field(2, ge=0, le=4, description="Highest power of temperature in it", examples=[2])
    temperature_form: Literal["both", "arrhenius", "vft"] = Field(
        "both",
        description="Arrhenius' law, Vogel, Fulcher and Tammann's, or both averaged by evidence",
        examples=["both"],
    )
    permittivity: Number = Field(
        0.0, ge=0, le=1000, description="Of the solvent, relative: it fixes the limiting slope of activities", examples=[40.0]
    )
    viscosity: Number = Field(
        0.0, ge=0, le=1000, description="Of the solvent [Pa.s]: with it the limiting slopes of transport", examples=[1e-3]
    )

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (self._mistakes, self._species_mistakes, self._salt_mistakes, self._concentration_mistakes)

    def _mistakes(self) -> Iterator[str]:
        if not (self.runs or self.currents or self.values):
            yield "nothing is derived here; give runs, currents or values, or leave the electrolyte to the base set"
        if self.viscosity and not self.permittivity:
            yield "viscosity needs permittivity beside it: limiting slopes hold both"

    def _species_mistakes(self) -> Iterator[str]:
        if twice := repeated([item.name for item in self.species]):
            yield f"two species are called {twice}; name them apart"
        names = {item.name for item in self.species}
        if unknown := sorted(set(self.solvent or ()) - names):
            yield f"solvent {unknown[0]!r} is none of the species; list it there"
        if self.runs and not self.species:
            yield "runs need species: name and charge of each ion and molecule"
        of_centres = [item.columns is not None for item in self.species]
        if any(of_centres) and not all(of_centres):
            missing = self.species[of_centres.index(False)].name
            yield f"species {missing!r} has no columns, but others have; give all theirs, or none"
        if any(of_centres):
            if lacking := [item.name for item in self.species if item.mass is None]:
                yield f"species {lacking[0]!r} needs a mass: files of centres have none"
            for run in self.runs:
                if set(run.counts or ()) != names:
                    yield f"run {run.file.name}: counts must name each of {', '.join(sorted(names))}"
        elif self.species:
            yield from _mistakes_of_trajectories(self.runs)

    def _salt_mistakes(self) -> Iterator[str]:
        """Lines where the species are not one cation, one anion and what has no charge: the law is that of a 1:1 salt."""
        ions = [item for item in self.species if item.charge]
        if self.runs and self.species and sorted(item.charge for item in ions) != [-1, 1]:
            listed = ", ".join(f"{item.name} {item.charge:+d}" for item in ions) or "none"
            yield f"ions are {listed}; the law is of a 1:1 salt: give one species of charge +1, one of -1, others of 0"

    def _concentration_mistakes(self) -> Iterator[str]:
        if None in self.concentrations:
            yield "currents and values need a concentration"


def _mistakes_of_trajectories(runs: Sequence[FileOfSeries]) -> Iterator[str]:
    """Lines for keys that count for columns of numbers alone, where positions of all atoms are read."""
    for run in runs:
        if given := [key for key in ("counts", "units", "timestep") if getattr(run, key, None) is not None]:
            yield f"run {run.file.name}: {given[0]} is not read of a trajectory of all atoms; leave it out"


class SolidElectrolyte(Electrolyte):
    """A solid in which one ion moves: its conductivity over temperature, transference number 1."""

    law: Literal["single-ion-conductor"] = Field(
        "single-ion-conductor",
        description="A solid in which one ion moves, over temperature",
        examples=["single-ion-conductor"],
    )
    ion: str | None = Field(
        None, max_length=3, description="Symbol of the ion that moves, in the trajectories", examples=["Li"]
    )
    charge: Whole = Field(1, ge=-4, le=4, description="Its charge", examples=[1])
    trajectories: tuple[FileOfSeries, ...] = Field(
        (), description="Runs with the positions of all atoms, one for each temperature"
    )

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (self._mistakes,)

    def _mistakes(self) -> Iterator[str]:
        if not (self.trajectories or self.currents or self.values):
            yield "nothing is derived here; give trajectories, currents or values, or leave the electrolyte to the base set"
        if self.trajectories and not self.ion:
            yield "trajectories need ion, the symbol of the one that moves"
        yield from _mistakes_of_trajectories(self.trajectories)
        if not self.charge:
            yield "charge is 0; give the ion's"
        if set(self.concentrations) - {None}:
            yield "a solid's conductivity has no concentration; leave it out"
        if any(getattr(item, name) is not None for item in self.values for name in QUANTITIES[1:]):
            yield "of a single-ion conductor only the conductivity is taken; leave out the others"


SECTIONS: dict[str, type[Electrolyte]] = {
    "electrolyte-transport": LiquidElectrolyte,
    "single-ion-conductor": SolidElectrolyte,
}
"""Section of each law of an electrolyte that a study can name."""


def _refused(law: str) -> str:
    raise ValueError(f"{show(law)} is no law of an electrolyte; take one of {', '.join(map(repr, SECTIONS))}")


class UnknownElectrolyte(Electrolyte):
    """Electrolyte whose law is none that a study can name: the keys that all laws have are read."""

    model_config = ConfigDict(extra="ignore")
    law: Annotated[str, AfterValidator(_refused)] = Field(description="Name of the law", examples=["electrolyte-transport"])


Electrolyte.choice = SectionChoice("law", "electrolyte-transport", SECTIONS, UnknownElectrolyte, Electrolyte)
if TYPE_CHECKING:
    ElectrolyteOfAnyLaw = Electrolyte
else:
    ElectrolyteOfAnyLaw = Electrolyte.choice.annotation
