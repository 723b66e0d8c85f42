"""What a study says of a host's free energy: energies, chemical potentials, vibrations, phases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from pydantic import Field

from a2c_pybamm.study.fields import (
    DataFile,
    Energy,
    Entropy,
    Flag,
    Number,
    Section,
    Temperature,
    Voltage,
    Whole,
    repeated,
)

HOTTEST_SAMPLES = 1e5
"""Temperature [K] of sampled potentials, 9 eV in units of Boltzmann's constant: no lattice is left, so that a unit is wrong."""
MOST_SITES = 12
"""More kinds of sites than this no data tell apart."""


class EnergyFile(Section):
    """Energies by one method: a CSV table, or files of structures."""

    label: str = Field(description="The method's name, shared by all it made", examples=["chgnet-0.3.0"])
    file: DataFile = Field(
        description="CSV table, or with framework any file of structures that ase reads", examples=["data/energies.csv"]
    )
    x_column: str = Field("x", description="Column of the occupied fraction", examples=["x"])
    energy_column: str = Field(
        "energy_eV", description="Column of the energy; its ending is its unit", examples=["E_per_fu_eV"]
    )
    energy_of: Literal["site", "cell"] = Field(
        "site", description="Whether energies are per site or of whole cells", examples=["cell"]
    )
    sites_column: str | None = Field(
        None, description="Column of the sites in each cell, for energies of cells", examples=["n_sites"]
    )
    structure_column: str = Field("structure", description="Column of the structure's name", examples=["id"])
    volume_column: str | None = Field(
        None, description="Column of the volume per site; its ending is its unit", examples=["volume_A3"]
    )
    converged_column: str | None = Field(
        None, description="Column that says whether the relaxation converged", examples=["converged"]
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
        "Li_metal", description="Any entry of lithium metal's row, or its energy", examples=["Li_metal", "-1.90 eV"]
    )
    framework: str | None = Field(
        None, description="Element of the host that counts the sites: the file holds structures", examples=["Co"]
    )
    sites_per_framework: Number = Field(1.0, gt=0, description="Lithium sites for each such atom", examples=[1.0])


class PotentialFile(Section):
    """Chemical potentials or voltages by one method, from sampling or integration."""

    label: str = Field(description="The method's name, shared by all it made", examples=["cluster expansion"])
    file: DataFile = Field(description="CSV table", examples=["data/potentials.csv"])
    quantity: Literal["mu", "voltage"] = Field(
        "mu", description="Whether the column holds potentials or voltages", examples=["voltage"]
    )
    x_column: str = Field("x", description="Column of the occupied fraction", examples=["x"])
    potential_column: str | None = Field(None, description="Column; its ending is its unit", examples=["mu_eV", "voltage_V"])
    std_column: str | None = Field(None, description="Column of standard deviations", examples=["std_meV"])
    temperature_column: str = Field("T_K", description="Column of the temperature", examples=["T_K"])
    temperature: Temperature | None = Field(
        None, gt=0, le=HOTTEST_SAMPLES, description="Where there is no such column", examples=["300 K"]
    )
    lithium: str | None = Field(None, description="Lithium metal's energy for absolute potentials", examples=["-1.90 eV"])


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


class FreeEnergy(Section):
    """Free energy of the host: which law, from which data, with which treatment of its phases."""

    law: Literal["redlich-kister", "landau", "spline", "site-sum"] = Field(
        "redlich-kister",
        description="Polynomial about ideal mixing, Landau polynomial, smoothing spline, kinds of sites",
        examples=["spline"],
    )
    energies: tuple[EnergyFile, ...] = Field((), description="One for each method; several make a committee")
    potentials: tuple[PotentialFile, ...] = Field((), description="In the place of energies")
    order: Annotated[Whole, Field(ge=0, le=9)] | Literal["averaged"] = Field(
        "averaged",
        description="Last interaction (Redlich–Kister), highest power (Landau), or an average over orders 0 to 3",
        examples=["averaged", 1],
    )
    knots: Whole = Field(9, ge=4, le=40, description="Knots of the spline, evenly spaced", examples=[9])
    sites: Whole = Field(2, ge=1, le=MOST_SITES, description="Kinds of sites of a site sum", examples=[3])
    stable: tuple[Number, Number] | None = Field(
        None, description="Compositions between which a spline is held stable", examples=[[0.5, 1.0]]
    )
    window: tuple[Number, Number] = Field(
        (0.0, 1.0), description="Compositions between which the mean voltage is taken", examples=[[0.5, 1.0]]
    )
    shape: Literal["plain", "ratio"] = Field("plain", description="Coordinates: L_k, or ln(−L0) and L_k/L0", examples=["ratio"])
    ensemble: Literal["lowest", "boltzmann"] = Field(
        "lowest",
        description="Lowest energy at each composition, or Boltzmann average of all orderings",
        examples=["boltzmann"],
    )
    supercell_sites: Number | None = Field(
        None, gt=0, description="Sites of the supercell that degeneracies count", examples=[12]
    )
    only_end_members: Flag = Field(
        False, description="Take the mean voltage from x = 0 and 1 alone; interactions are then declared", examples=[True]
    )
    energy_std: Energy | None = Field(
        None, gt=0, description="Standard deviation of an energy; from the fit's residual if absent", examples=["5 meV"]
    )
    shared_error: SharedError | None = Field(None, description="Error that structures share, beside energy_std")
    reference: Reference | None = Field(None, description="Measured mean voltage in the place of the calculated one")
    excess_entropies: Whole = Field(
        0, ge=0, le=10, description="Interactions that change with temperature: the first so many", examples=[1]
    )
    vibrational_entropy: VibrationalEntropy | None = Field(None, description="Declared, where there are no vibrations")
    vibrations: tuple[VibrationFile, ...] = Field((), description="Vibrations of the host, x = 0 and 1 at least")
    lithium_vibrations: VibrationFile | None = Field(None, description="Of lithium metal; measured values if absent")
    frequency_std: Number | None = Field(
        None, ge=0, le=1, description="Relative standard deviation of all frequencies together", examples=[0.03]
    )
    phases: Literal["refuse", "common tangent", "hysteresis"] = Field(
        "refuse", description="What to do where the host separates into phases", examples=["common tangent"]
    )
    gaps: Whole = Field(1, ge=1, le=6, description="Miscibility gaps that there is room for", examples=[1])

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (
            self._table_mistakes,
            self._window_mistakes,
            self._order_mistakes,
            self._law_mistakes,
            self._unheeded,
            self._entropy_mistakes,
            self._vibration_mistakes,
        )

    def _table_mistakes(self) -> Iterator[str]:
        labels = [table.label for table in self.energies] + [table.label for table in self.potentials]
        if twice := repeated(labels):
            yield f"two tables of energies have the label {twice}; a label names one method, give each its own"
        if self.energies and self.potentials:
            yield "give energies or potentials, not both"

    def _window_mistakes(self) -> Iterator[str]:
        if not 0 <= self.window[0] < self.window[1] <= 1:
            yield f"window {list(self.window)} must be two compositions a < b in [0, 1]"

    def _order_mistakes(self) -> Iterator[str]:
        fitted = bool(self.energies or self.potentials) and not self.only_end_members
        if self.order == "averaged" and self.law == "redlich-kister" and not fitted:
            yield "order 'averaged' needs energies or potentials to fit; list tables, or give order as a number"
        if self.order == "averaged" and self.law == "landau":
            yield "a Landau polynomial needs its order, the highest power of x - 1/2: 4 makes a double well"

    def _law_mistakes(self) -> Iterator[str]:
        if self.shape == "ratio" and self.law != "redlich-kister":
            yield f"shape 'ratio' is of redlich-kister, not of {self.law}; leave it out"
        if self.law == "site-sum" and not self.potentials:
            yield "a site sum is fitted to potentials; list tables of them, or take another law"
        if self.law == "site-sum" and self.phases != "refuse":
            yield "a site sum has no gaps; leave phases out"
        if self.ensemble == "boltzmann" and (self.supercell_sites is None or not self.energies):
            yield "a Boltzmann average needs energies with degeneracies and supercell_sites"
        if self.only_end_members and (self.energy_std is None or not self.energies or self.window != (0.0, 1.0)):
            yield "only_end_members needs energies, energy_std and the window 0 to 1"
        if self.shared_error and self.energy_std is None:
            yield "shared_error goes with energy_std, what each structure errs by itself"

    def _unheeded(self) -> Iterator[str]:
        """What the law or the data would not heed."""
        used: dict[str, tuple[bool, str]] = {
            "stable": (self.law == "spline", "is of a spline"),
            "ensemble": (self.law in ("redlich-kister", "landau") or self.ensemble == "lowest", "is not averaged for this law"),
            "shared_error": (self.law in ("redlich-kister", "landau"), "is of redlich-kister and landau"),
            "only_end_members": (self.law in ("redlich-kister", "landau"), "is of redlich-kister and landau"),
            "energy_std": (bool(self.energies), "is of energies; potentials have a std_column"),
            "excess_entropies": (self.law != "site-sum", "is not of a site sum"),
            "reference": (self.law != "site-sum", "is not of a site sum, which has no mean voltage"),
            "vibrations": (self.law != "site-sum", "is not of a site sum; declare vibrational_entropy"),
        }
        for key, (heeded, why) in used.items():
            if not heeded and getattr(self, key) not in (None, (), False, 0, "lowest"):
                yield f"{key} {why}; leave it out"
        if self.stable and not 0 <= self.stable[0] < self.stable[1] <= 1:
            yield f"stable {list(self.stable)} must be two compositions a < b in [0, 1]"

    @property
    def _several_temperatures(self) -> bool:
        """Whether potentials have a column of temperatures, which may tell the entropic change."""
        return any(file.temperature is None for file in self.potentials)

    def _entropy_mistakes(self) -> Iterator[str]:
        if self.vibrations and self.vibrational_entropy:
            yield "give vibrations or vibrational_entropy, not both"
        if not (self.vibrations or self.vibrational_entropy or self._several_temperatures):
            yield "the entropic change needs vibrational_entropy or vibrations; add one of them"
        if (self.frequency_std is not None) != bool(self.vibrations):
            yield "frequency_std goes with vibrations: how far off all frequencies may be together"

    def _vibration_mistakes(self) -> Iterator[str]:
        inner = [file.x for file in self.vibrations if 0 < file.x < 1]
        if inner and self.only_end_members:
            yield "only_end_members leaves the interactions to be declared: vibrations inside (0, 1) have no place"
        if self.excess_entropies and not (inner or self.ensemble == "boltzmann" or self._several_temperatures):
            yield "excess_entropies need vibrations inside (0, 1), a Boltzmann average, or potentials at several temperatures"


class MeasuredOCP(Section):
    """The base set's own open-circuit potential in the place of a free energy."""

    theta_min: Number = Field(gt=0, le=1, description="Floor of the thermodynamic factor on plateaus", examples=[0.1])
    offset_std: Voltage = Field(ge=0, description="Standard deviation of the measured potential", examples=["5 mV"])
    reason: str = Field(description="Why the measured curve is taken, and where its error comes from", examples=["staging"])
