"""Section of one electrode's heat: density, heat capacity and thermal conductivity of its crystal and of what surrounds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from a2c_pybamm.readers.units import STATED_TOLERANCE
from a2c_pybamm.study.fields import (
    DataFile,
    Density,
    Flag,
    HeatCapacity,
    Name,
    Number,
    Pressure,
    Section,
    StdLn,
    ThermalConductivity,
    ThermalExpansion,
    repeated,
)
from a2c_pybamm.study.series_files import Columns, FileOfSeries

PhaseDensity = Annotated[Density, Field(gt=0, le=1e5)]
"""Density [kg/m3]: osmium has 22 590."""
CrystalDensity = Annotated[Density, Field(ge=50, le=1e5)]
"""Density [kg/m3]: solid hydrogen has 88."""
PhaseHeatCapacity = Annotated[HeatCapacity, Field(ge=50, le=1e5)]
"""Specific heat capacity [J/kg/K]: hydrogen gas has 14 300, uranium 116."""
PhaseConductivity = Annotated[ThermalConductivity, Field(ge=1e-3, le=1e4)]
"""Thermal conductivity [W/m/K]: diamond has 2200, xenon gas 0.0055."""
Expansion = Annotated[ThermalExpansion, Field(ge=-1e-2, le=1e-2)]
"""Volumetric expansion [1/K]: a gas has 3e-3 at 300 K."""
Fraction = Annotated[Number, Field(gt=0, lt=1)]


class VibrationsOfKind(Section):
    """Files of vibrations, and what they are of."""

    kind: Literal["thermal", "density of states", "frequencies", "phonopy"] = Field(
        "thermal",
        description="Thermal table (YAML, CSV), density of states, list of frequencies, or phonopy's force constants",
        examples=["phonopy"],
    )
    sites: Number = Field(gt=0, description="Lithium sites, filled or not, in the cell that they are of", examples=[4.0])
    column: str | None = Field(None, description="Column of frequencies; its ending is its unit", examples=["frequency_THz"])
    frequency_std: Annotated[Number, Field(ge=0, le=1)] = Field(
        description="Relative standard deviation of all frequencies together", examples=[0.03]
    )


class QuasiHarmonic(VibrationsOfKind):
    """One method's static energies and vibrations at several volumes."""

    label: str = Field(min_length=1, description="The method's name, shared by all it made", examples=["chgnet-0.3.0"])
    energies: DataFile = Field(
        description="CSV of a volume a row: volume and static energy of the cell", examples=["data/lco_volumes.csv"]
    )
    phonons: tuple[DataFile, ...] = Field(
        min_length=1, description="File of vibrations of each row, in order", examples=[["phonons/0.yaml", "phonons/1.yaml"]]
    )
    volume_column: str = Field("volume_A3", description="Column of the volume; its ending is its unit", examples=["volume_A3"])
    energy_column: str = Field("energy_eV", description="Column of the energy; its ending is its unit", examples=["energy_eV"])


class VolumesOfRuns(Section):
    """Mean volumes of runs at constant pressure."""

    file: DataFile = Field(description="CSV of a temperature a row", examples=["data/lco_npt.csv"])
    sites: Number = Field(gt=0, description="Lithium sites, filled or not, in the simulation cell", examples=[96.0])
    temperature_column: str = Field("T_K", description="Column of the temperature", examples=["T_K"])
    volume_column: str = Field("volume_A3", description="Column of the volume; its ending is its unit", examples=["volume_A3"])
    std_column: str | None = Field(None, description="Column of the standard deviations of the means", examples=["std_A3"])


class CrystalVibrations(VibrationsOfKind):
    """Vibrations at one volume: the heat capacity at constant volume, and what is added for constant pressure."""

    file: DataFile = Field(description="Their file", examples=["data/phonons/thermal_LiFePO4.csv"])
    format: Literal["yaml", "csv"] | None = Field(
        None, description="Format of a thermal table whose content and name do not show it", examples=["yaml"]
    )
    bulk_modulus: Annotated[Pressure, Field(ge=1e6, le=1e13)] | None = Field(
        None, description="With it the dilation's part follows from the expansion", examples=["150 GPa"]
    )
    bulk_modulus_std_ln: StdLn | None = Field(None, description="Standard deviation of its logarithm", examples=[0.1])
    dilation_std: Annotated[Number, Field(ge=0, le=1)] | None = Field(
        None, description="In its place: relative error of the heat capacity by the part that is left out", examples=[0.03]
    )

    def _mistakes(self) -> Iterator[str]:
        if (self.bulk_modulus is None) == (self.dilation_std is None):
            yield "give either bulk_modulus or dilation_std"
        if (self.bulk_modulus is None) != (self.bulk_modulus_std_ln is None):
            yield "bulk_modulus and bulk_modulus_std_ln go together; give both, or none"


class HeatFlux(FileOfSeries):
    """Series of the crystal's heat flux: the thermal conductivity by Green and Kubo."""

    axis: Name | None = Field(None, description="Direction of an anisotropic crystal that it is of", examples=["layer"])
    columns: Columns | None = Field(None, description="Columns of the flux, one for each direction", examples=[["c_q[1]"]])
    extensive: Flag | None = Field(
        None, description="In units of LAMMPS: true for a sum over atoms, false where divided by the volume", examples=[True]
    )
    coupled: dict[str, Columns] = Field(
        {}, description="Columns of the currents of species that move, beside the flux", examples=[{"Li": ["c_J[1]"]}]
    )
    atomic_stress: Literal["pairwise", "centroid"] | None = Field(
        None, description="How the flux counts the stress of single atoms", examples=["centroid"]
    )


class DeclaredDensity(Section):
    """Density of the crystal that is known otherwise."""

    density: CrystalDensity = Field(description="Median", examples=["5.05 g/cm3"])
    std_ln: StdLn = Field(description="Standard deviation of its logarithm", examples=[0.01])
    expansion: Expansion = Field(description="Volumetric thermal expansion", examples=["4e-5 1/K"])
    expansion_std: Expansion = Field(ge=0, description="Its standard deviation", examples=["1e-5 1/K"])
    source: str = Field(min_length=1, description="Name of their error", examples=["LCO density (measured)"])
    reason: str = Field(min_length=1, description="Where they come from", examples=["X-ray diffraction"])


class DeclaredHeatCapacity(Section):
    """Heat capacity of the crystal at constant pressure that is known otherwise."""

    heat_capacity: PhaseHeatCapacity = Field(description="Median", examples=["720 J/kg/K"])
    std_ln: StdLn = Field(description="Standard deviation of its logarithm", examples=[0.03])
    slope: Expansion = Field(description="Slope of its logarithm over temperature", examples=["1e-3 1/K"])
    slope_std: Expansion = Field(ge=0, description="Its standard deviation", examples=["2e-4 1/K"])
    source: str = Field(min_length=1, description="Name of their error", examples=["LCO heat capacity (measured)"])
    reason: str = Field(min_length=1, description="Where they come from", examples=["calorimetry of pellets"])


class DeclaredConductivity(Section):
    """Thermal conductivity of the crystal that is known otherwise."""

    conductivity: PhaseConductivity | None = Field(None, description="Median, of grains without pores", examples=["4 W/m/K"])
    principal: tuple[PhaseConductivity, PhaseConductivity, PhaseConductivity] | None = Field(
        None, description="Or those along the three principal axes", examples=[["10 W/m/K", "10 W/m/K", "2 W/m/K"]]
    )
    std_ln: StdLn = Field(description="Standard deviation of the logarithm of each", examples=[0.3])
    source: str = Field(min_length=1, description="Name of their error", examples=["LCO conductivity (literature)"])
    reason: str = Field(min_length=1, description="Where they come from", examples=["time-domain thermoreflectance"])

    def _mistakes(self) -> Iterator[str]:
        if (self.conductivity is None) == (self.principal is None):
            yield "give either conductivity or principal"


class Phase(Section):
    """A phase beside the active material; one that both electrodes have, the electrolyte, has the same numbers in both."""

    name: Name = Field(description="First words of its coefficients", examples=["LiPF6 in EC:EMC"])
    density: PhaseDensity = Field(description="Median", examples=["1.2 g/cm3"])
    density_std_ln: StdLn = Field(description="Standard deviation of its logarithm", examples=[0.02])
    heat_capacity: PhaseHeatCapacity = Field(description="Median, at constant pressure", examples=["1.6 J/g/K"])
    heat_capacity_std_ln: StdLn = Field(description="Standard deviation of its logarithm", examples=[0.05])
    conductivity: PhaseConductivity | None = Field(None, description="Thermal conductivity, median", examples=["0.2 W/m/K"])
    conductivity_std_ln: StdLn | None = Field(None, description="Standard deviation of its logarithm", examples=[0.1])
    source: str = Field(min_length=1, description="Name of their error", examples=["electrolyte heat (measured)"])
    reason: str = Field(min_length=1, description="Where they come from", examples=["calorimetry"])

    def _mistakes(self) -> Iterator[str]:
        if (self.conductivity is None) != (self.conductivity_std_ln is None):
            yield "conductivity and conductivity_std_ln go together; give both, or none"


class RemainingPhase(Phase):
    """A phase of what active material and pores leave of the electrode's volume: binder, carbon."""

    share: Annotated[Number, Field(gt=0, le=1)] = Field(description="Its share of that volume; all add up to 1", examples=[0.5])


class Thermal(Section):
    """Heat of an electrode: PyBaMM's density, heat capacity and thermal conductivity, which are of all its phases together."""

    formula: str | None = Field(None, description="All atoms for one site, where files of atoms are read", examples=["LiCoO2"])
    quasi_harmonic: tuple[QuasiHarmonic, ...] = Field(
        (), description="Density, expansion and heat capacity of the crystal; one for each method, several make a committee"
    )
    volumes: VolumesOfRuns | None = Field(None, description="In its place: density and expansion from runs")
    declared_density: DeclaredDensity | None = Field(None, description="In the place of volumes")
    vibrations: CrystalVibrations | None = Field(None, description="Beside these: heat capacity from vibrations at one volume")
    declared_heat_capacity: DeclaredHeatCapacity | None = Field(None, description="In the place of vibrations")
    heat_flux: tuple[HeatFlux, ...] = Field((), description="Thermal conductivity of the crystal: a run, or one for each axis")
    axes: tuple[Name, Name, Name] | None = Field(
        None, description="Axis of heat_flux along each principal direction", examples=[["layer", "layer", "normal"]]
    )
    isotropic: Flag | None = Field(
        None,
        description="In its place: true states that the crystal of the run conducts alike in all directions",
        examples=[True],
    )
    conductivity_exponent: Annotated[Number, Field(ge=-5, le=5)] | None = Field(
        None, description="For runs at another temperature T than the study's: n of conductivity ~ 1/T^n", examples=[1.0]
    )
    conductivity_exponent_std: Annotated[Number, Field(ge=0, le=5)] | None = Field(
        None, description="Its standard deviation", examples=[0.3]
    )
    declared_conductivity: DeclaredConductivity | None = Field(None, description="In the place of heat_flux")
    active_fraction: Fraction | None = Field(
        None, description="Share of active material in the volume; the base set's if not given", examples=[0.62]
    )
    porosity: Fraction | None = Field(None, description="Share of pores; the base set's if not given", examples=[0.32])
    pores: Phase = Field(description="The electrolyte that fills the pores")
    remainder: tuple[RemainingPhase, ...] = Field((), description="Binder and carbon: what the two leave of the volume")
    mixing: Literal["bounds", "lower", "upper"] | None = Field(
        None,
        description="Thermal conductivity of the mixture: the middle of Hashin and Shtrikman's bounds, or one of them",
        examples=["bounds"],
    )
    mixing_std_ln: StdLn | None = Field(
        None, description="With one of them: standard deviation of the logarithm by that choice", examples=[0.5]
    )

    def _mistakes(self) -> Iterator[str]:
        yield from self._heat_mistakes()
        yield from self._conductivity_mistakes()
        yield from self._phase_mistakes()

    @property
    def gives_heat_capacity(self) -> bool:
        """True where density and heat capacity of the crystal are given."""
        return bool(self.quasi_harmonic or self.volumes or self.declared_density)

    @property
    def gives_conductivity(self) -> bool:
        """True where the crystal's thermal conductivity is given."""
        return bool(self.heat_flux or self.declared_conductivity)

    def _heat_mistakes(self) -> Iterator[str]:
        volumes = [bool(self.quasi_harmonic), self.volumes is not None, self.declared_density is not None]
        capacities = [bool(self.quasi_harmonic), self.vibrations is not None, self.declared_heat_capacity is not None]
        if not any((*volumes, *capacities)) and not self.gives_conductivity:
            yield "nothing is derived here; give quasi_harmonic, or density and heat capacity, or a conductivity"
        elif any((*volumes, *capacities)):
            if sum(volumes) != 1:
                yield "give exactly one of quasi_harmonic, volumes and declared_density"
            if sum(capacities) != 1:
                yield "give exactly one of quasi_harmonic, vibrations and declared_heat_capacity"
        if (self.quasi_harmonic or self.volumes or self.vibrations) and self.formula is None:
            yield "formula is missing: the atoms for one site, whose mass makes density and heat capacity"
        if twice := repeated([item.label for item in self.quasi_harmonic]):
            yield f"two quasi_harmonic have the label {twice}; a label names one method, give each its own"

    def _conductivity_mistakes(self) -> Iterator[str]:
        if self.heat_flux and self.declared_conductivity:
            yield "give either heat_flux or declared_conductivity"
        if self.gives_conductivity != (self.mixing is not None):
            yield (
                "a crystal's conductivity is not the electrode's: mixing ('bounds', 'lower' or 'upper') goes with heat_flux or "
                "declared_conductivity; give both, or none"
            )
        if (self.mixing in ("lower", "upper")) != (self.mixing_std_ln is not None):
            yield "mixing_std_ln goes with mixing = 'lower' or 'upper'; half the distance of 'bounds' is their error"
        if (self.conductivity_exponent is None) != (self.conductivity_exponent_std is None):
            yield "conductivity_exponent and conductivity_exponent_std go together; give both, or none"
        if self.heat_flux:
            yield from self._axis_mistakes()

    def _axis_mistakes(self) -> Iterator[str]:
        named = [item.axis for item in self.heat_flux]
        if self.axes is None:
            if len(named) > 1 or named[0] is not None:
                yield "axes are missing: the axis of heat_flux along each of the three principal directions"
            elif not self.isotropic:
                yield (
                    "a heat flux of all directions together is of an isotropic crystal: state isotropic = true, or give each "
                    "axis its run, and axes"
                )
        elif self.isotropic:
            yield "axes are those of a crystal that is not isotropic; leave one of the two out"
        elif sorted(map(str, named)) != sorted(set(self.axes)):
            yield f"axes are {', '.join(self.axes)}, and heat_flux has {', '.join(map(str, named))}; give each axis one run"

    def _phase_mistakes(self) -> Iterator[str]:
        phases = (self.pores, *self.remainder)
        if twice := repeated([phase.name for phase in phases]):
            yield f"two phases have the name {twice}; give each its own"
        if self.gives_conductivity and (bare := next((phase.name for phase in phases if phase.conductivity is None), "")):
            yield f"{bare!r} has no conductivity, which the mixture needs; give it and conductivity_std_ln"
        total = sum(phase.share for phase in self.remainder)
        if self.remainder and abs(total - 1) > STATED_TOLERANCE:
            yield f"shares of remainder add up to {total:.6g}; they must be 1"
