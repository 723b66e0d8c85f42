"""Sections that the free energies of several laws share: their data, what is declared beside them, orderings, entropies."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import ClassVar, Literal

from pydantic import Field

from a2c_pybamm import laws
from a2c_pybamm.estimators.thermodynamics.fit_quality import LARGEST_MISFIT
from a2c_pybamm.study.fields import Energy, IonName, Number, Section, Voltage, Whole, repeated
from a2c_pybamm.study.section_choice import SectionChoice
from a2c_pybamm.study.thermodynamics import (
    EnergyFile,
    PotentialFile,
    Reference,
    VibrationalEntropy,
    VibrationFile,
)


class FreeEnergy(Section):
    """Free energy of the host: its law, the data that it is fitted to, what is declared beside them."""

    choice: ClassVar[SectionChoice]
    law_from_data: ClassVar[bool] = False
    """True where the coefficients that the law has follow from its tables."""
    law: str = Field(description="Name of the law", examples=["redlich-kister"])
    ion: IonName = Field(
        laws.DEFAULT_ION,
        description="Ion that the host takes up, against whose metal voltages are counted; both electrodes have the same",
        examples=["Na"],
    )
    energies: tuple[EnergyFile, ...] = Field((), description="One for each method; several make a committee")
    potentials: tuple[PotentialFile, ...] = Field((), description="In the place of energies")
    vibrational_entropy: VibrationalEntropy | None = Field(None, description="Declared, where there are no vibrations")
    voltage_window: tuple[Voltage, Voltage] | None = Field(
        None,
        description="Lowest and highest voltage that the tables may have; -0.1 to 6 V against lithium if absent",
        examples=[["-0.1 V", "6 V"]],
    )
    largest_misfit: Voltage = Field(
        LARGEST_MISFIT,
        gt=0,
        description="Distance of the law from potentials, or from the steps between stable energies, that refuses a fit",
        examples=["0.5 V"],
    )

    @abstractmethod
    def build(self, material: str, temperature: float, order: int | None = None) -> laws.FreeEnergy:
        """The law, coefficients holding at a temperature [K]; of this order where the section averages over orders."""

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (self._table_mistakes, self._voltage_mistakes)

    def _table_mistakes(self) -> Iterator[str]:
        labels = [table.label for table in self.energies] + [table.label for table in self.potentials]
        if twice := repeated(labels):
            yield f"two tables of energies have the label {twice}; a label names one method, give each its own"
        if self.energies and self.potentials:
            yield "give energies or potentials, not both; law 'logit-spline' is fitted to both together"

    def _voltage_mistakes(self) -> Iterator[str]:
        if self.voltage_window and not self.voltage_window[0] < self.voltage_window[1]:
            low, high = self.voltage_window
            yield f"voltage_window {low:g} to {high:g} V must be the lowest voltage, then the highest"

    @property
    def several_temperatures(self) -> bool:
        """True where potentials have a column of temperatures, from which the entropic change may follow."""
        return any(file.temperature is None for file in self.potentials)


class ExpansionFreeEnergy(FreeEnergy):
    """Free energy that is linear in its interactions."""

    window: tuple[Number, Number] | None = Field(
        (0.0, 1.0), description="Compositions between which the mean voltage is taken", examples=[[0.5, 1.0]]
    )
    energy_std: Energy | None = Field(
        None, gt=0, description="Standard deviation of an energy; from the fit's residual if absent", examples=["5 meV"]
    )
    reference: Reference | None = Field(None, description="Measured mean voltage in the place of the calculated one")
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
        return (*super()._checks(), self._window_mistakes, self._data_mistakes, self._entropy_mistakes)

    def _window_mistakes(self) -> Iterator[str]:
        if self.window and not 0 <= self.window[0] < self.window[1] <= 1:
            yield f"window {list(self.window)} must be two compositions a < b in [0, 1]"

    def _data_mistakes(self) -> Iterator[str]:
        if self.energy_std is not None and not self.energies:
            yield "energy_std is of energies; potentials have a std_column"

    def _entropy_mistakes(self) -> Iterator[str]:
        if self.vibrations and self.vibrational_entropy:
            yield "give vibrations or vibrational_entropy, not both"
        if not (self.vibrations or self.vibrational_entropy or self.several_temperatures):
            yield "the entropic change needs vibrational_entropy or vibrations; add one of them"
        if (self.frequency_std is not None) != bool(self.vibrations):
            yield "frequency_std goes with vibrations: how far off all frequencies may be together"

    @property
    def mean_range(self) -> tuple[float, float]:
        """The window; from empty to full where none is given."""
        return self.window or (0.0, 1.0)

    @property
    def _inner_vibrations(self) -> bool:
        return any(0 < file.x < 1 for file in self.vibrations)

    @property
    def _boltzmann(self) -> bool:
        return False


class CountedEntropiesFreeEnergy(ExpansionFreeEnergy):
    """Free energy of which the first interactions may change with temperature."""

    excess_entropies: Whole = Field(
        0, ge=0, le=10, description="Interactions that change with temperature: the first so many", examples=[1]
    )

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (*super()._checks(), self._excess_mistakes)

    def _excess_mistakes(self) -> Iterator[str]:
        if self.excess_entropies and not (self._inner_vibrations or self.several_temperatures or self._boltzmann):
            yield "excess_entropies need vibrations inside (0, 1), a Boltzmann average, or potentials at several temperatures"


class OrderingFreeEnergy(ExpansionFreeEnergy):
    """Free energy that may be fitted to all orderings of a supercell, or to the lowest of them with an error for the others."""

    ensemble: Literal["lowest", "boltzmann"] = Field(
        "lowest",
        description="Lowest energy at each composition, or Boltzmann average of all orderings",
        examples=["boltzmann"],
    )
    supercell_sites: Number | None = Field(
        None, gt=0, description="Sites of the supercell that degeneracies count", examples=[12]
    )
    mean_field_std: Energy | None = Field(
        None,
        ge=0,
        description="Largest standard deviation of lowest energies with ideal mixing; from the spread of listed orderings "
        "if absent",
        examples=["5 meV"],
    )

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (*super()._checks(), self._ensemble_mistakes)

    def _ensemble_mistakes(self) -> Iterator[str]:
        if self._boltzmann and (self.supercell_sites is None or not self.energies):
            yield "a Boltzmann average needs energies with degeneracies and supercell_sites"
        if self.mean_field_std is not None and (self._boltzmann or not self.energies):
            yield "mean_field_std is of lowest energies with ideal mixing, not of a Boltzmann average or potentials; remove it"

    @property
    def _boltzmann(self) -> bool:
        return self.ensemble == "boltzmann"
