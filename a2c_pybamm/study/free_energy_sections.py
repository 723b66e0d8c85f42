"""Sections of a host's free energy, one for each law, and the choice among them by the name of the law.

A law has its section in one class here: its name as ``law``, its settings, and the law itself by ``build``. The field
`FreeEnergyOfAnyLaw` takes every concrete section of this module.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

import numpy as np
from pydantic import AfterValidator, ConfigDict, Field

from a2c_pybamm import laws
from a2c_pybamm.schema import show
from a2c_pybamm.study.fields import Energy, Flag, IonName, Number, Section, Voltage, Whole, repeated
from a2c_pybamm.study.mistakes import NotGiven
from a2c_pybamm.study.section_choice import SectionChoice
from a2c_pybamm.study.thermodynamics import (
    EnergyFile,
    PotentialFile,
    Reference,
    SharedError,
    VibrationalEntropy,
    VibrationFile,
)

DEFAULT_LAW = "redlich-kister"
"""Law of a section that names none."""
Order = Annotated[Whole, Field(le=9)]
"""Order of a polynomial: more than ten interactions no set of orderings determines."""
Averaged = Literal["averaged"]


class FreeEnergy(Section):
    """Free energy of the host: its law, the data that it is fitted to, what is declared beside them."""

    choice: ClassVar[SectionChoice]
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
            yield "give energies or potentials, not both"

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

    window: tuple[Number, Number] = Field(
        (0.0, 1.0), description="Compositions between which the mean voltage is taken", examples=[[0.5, 1.0]]
    )
    energy_std: Energy | None = Field(
        None, gt=0, description="Standard deviation of an energy; from the fit's residual if absent", examples=["5 meV"]
    )
    reference: Reference | None = Field(None, description="Measured mean voltage in the place of the calculated one")
    excess_entropies: Whole = Field(
        0, ge=0, le=10, description="Interactions that change with temperature: the first so many", examples=[1]
    )
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
        checks = (self._window_mistakes, self._data_mistakes, self._entropy_mistakes, self._vibration_mistakes)
        return (*super()._checks(), *checks)

    def _window_mistakes(self) -> Iterator[str]:
        if not 0 <= self.window[0] < self.window[1] <= 1:
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

    def _vibration_mistakes(self) -> Iterator[str]:
        if self.excess_entropies and not (self._inner_vibrations or self.several_temperatures or self._boltzmann):
            yield "excess_entropies need vibrations inside (0, 1), a Boltzmann average, or potentials at several temperatures"

    @property
    def _inner_vibrations(self) -> bool:
        return any(0 < file.x < 1 for file in self.vibrations)

    @property
    def _boltzmann(self) -> bool:
        return False


class PolynomialFreeEnergy(ExpansionFreeEnergy):
    """Free energy whose interactions are the coefficients of a polynomial of some order."""

    order: Order | Averaged = Field(
        "averaged", description="Order of the polynomial, or an average over the lowest four", examples=["averaged", 1]
    )
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
    shared_error: SharedError | None = Field(None, description="Error that structures share, beside energy_std")

    def build(self, material: str, temperature: float, order: int | None = None) -> laws.Expansion:
        """The registered law of this name; settings that are called as keys of the section are theirs."""
        law = laws.KINDS[self.law]
        called: dict[str, Any] = {
            "material": material,
            "reference_temperature": temperature,
            "entropies": self.excess_entropies,
            "order": self.order if order is None else order,
        }
        names = [field.name for field in dataclasses.fields(law)]
        return law(**{name: called[name] if name in called else getattr(self, name) for name in names})

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (*super()._checks(), self._order_mistakes, self._energy_mistakes, self._end_member_mistakes)

    def _order_mistakes(self) -> Iterator[str]:
        fitted = bool(self.energies or self.potentials) and not self.only_end_members
        if self.order == "averaged" and not fitted:
            yield "order 'averaged' needs energies or potentials to fit; list tables, or give order as a number"

    def _energy_mistakes(self) -> Iterator[str]:
        if self._boltzmann and (self.supercell_sites is None or not self.energies):
            yield "a Boltzmann average needs energies with degeneracies and supercell_sites"
        if self.shared_error and self.energy_std is None:
            yield "shared_error goes with energy_std, the error of each structure by itself"

    def _end_member_mistakes(self) -> Iterator[str]:
        if not self.only_end_members:
            return
        if self.energy_std is None or not self.energies or self.window != (0.0, 1.0):
            yield "only_end_members needs energies, energy_std and the window 0 to 1"
        if self._inner_vibrations:
            yield "only_end_members leaves the interactions to be declared: vibrations inside (0, 1) have no place"

    @property
    def _boltzmann(self) -> bool:
        return self.ensemble == "boltzmann"


class RedlichKisterFreeEnergy(PolynomialFreeEnergy):
    """Redlich–Kister polynomial about ideal mixing."""

    law: Literal["redlich-kister"] = Field(
        "redlich-kister", description="Redlich–Kister polynomial about ideal mixing", examples=["redlich-kister"]
    )
    order: Annotated[Order, Field(ge=0)] | Averaged = Field(
        "averaged", description="Last interaction, or an average over orders 0 to 3", examples=["averaged", 1]
    )
    shape: Literal["plain", "ratio"] = Field("plain", description="Coordinates: L_k, or ln(−L0) and L_k/L0", examples=["ratio"])


class LandauFreeEnergy(PolynomialFreeEnergy):
    """Landau polynomial in x − 1/2, without ideal mixing."""

    law: Literal["landau"] = Field(
        "landau", description="Landau polynomial in x − 1/2, without ideal mixing", examples=["landau"]
    )
    order: Annotated[Order, Field(ge=2)] = Field(description="Highest power of x − 1/2; 4 makes a double well", examples=[4])


class LegendreFreeEnergy(PolynomialFreeEnergy):
    """Excess voltage in Legendre polynomials, about ideal mixing."""

    law: Literal["legendre"] = Field(
        "legendre", description="Excess voltage in Legendre polynomials, about ideal mixing", examples=["legendre"]
    )
    order: Annotated[Order, Field(ge=1)] | Averaged = Field(
        "averaged", description="Degree of the highest polynomial, or an average over orders 1 to 4", examples=["averaged", 2]
    )


class SplineFreeEnergy(ExpansionFreeEnergy):
    """Ideal mixing and a smoothing spline of the excess chemical potential."""

    law: Literal["spline"] = Field(
        "spline", description="Ideal mixing and a smoothing spline of the excess potential", examples=["spline"]
    )
    knots: Whole = Field(9, ge=4, le=40, description="Knots of the spline, evenly spaced", examples=[9])
    stable: tuple[Number, Number] | None = Field(
        None, description="Compositions between which the spline is held stable", examples=[[0.5, 1.0]]
    )

    def build(self, material: str, temperature: float, order: int | None = None) -> laws.SplinePotential:
        """The spline through evenly spaced knots."""
        knots = tuple(float(k) for k in np.round(np.linspace(0, 1, self.knots), 6))
        return laws.SplinePotential(material, knots, self.window, temperature, self.excess_entropies, self.ion)

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (*super()._checks(), self._stable_mistakes)

    def _stable_mistakes(self) -> Iterator[str]:
        if self.stable and not 0 <= self.stable[0] < self.stable[1] <= 1:
            yield f"stable {list(self.stable)} must be two compositions a < b in [0, 1]"


class SiteSumFreeEnergy(FreeEnergy):
    """Several kinds of sites, each a lattice gas; always one phase."""

    law: Literal["site-sum"] = Field(
        "site-sum", description="Several kinds of sites, each a lattice gas", examples=["site-sum"]
    )
    sites: Whole = Field(2, ge=1, le=12, description="Kinds of sites; no data determine more than twelve", examples=[3])

    def build(self, material: str, temperature: float, order: int | None = None) -> laws.SiteSum:
        """The sum over the kinds of sites."""
        return laws.SiteSum(material, self.sites, temperature, self.ion)

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (*super()._checks(), self._data_mistakes)

    def _data_mistakes(self) -> Iterator[str]:
        if not self.potentials:
            yield "a site sum is fitted to potentials; list tables of them, or take another law"
        elif not (self.vibrational_entropy or self.several_temperatures):
            yield "the entropic change needs vibrational_entropy, or potentials at several temperatures; add one of them"


def _concrete(section: type[FreeEnergy]) -> Iterator[type[FreeEnergy]]:
    """Sections of single laws below a section, in the order of their definition."""
    for inner in section.__subclasses__():
        if get_args(inner.model_fields["law"].annotation):
            yield inner
        yield from _concrete(inner)


SECTIONS: dict[str, type[FreeEnergy]] = {get_args(s.model_fields["law"].annotation)[0]: s for s in _concrete(FreeEnergy)}  # type: ignore[type-abstract]
"""Section of each law that a study can name."""


def _refused(law: str) -> str:
    raise ValueError(f"{show(law)} is no law of a study; take one of {', '.join(map(repr, SECTIONS))}")


class UnknownLawFreeEnergy(FreeEnergy):
    """Free energy whose law is none that a study can name: the keys that all laws have are read."""

    model_config = ConfigDict(extra="ignore")
    law: Annotated[str, AfterValidator(_refused)] = Field(description="Name of the law", examples=["redlich-kister"])

    def build(self, material: str, temperature: float, order: int | None = None) -> laws.FreeEnergy:
        """Nothing: the law is not given."""
        raise NotGiven("law")


FreeEnergy.choice = SectionChoice("law", DEFAULT_LAW, SECTIONS, UnknownLawFreeEnergy, FreeEnergy)
if TYPE_CHECKING:
    FreeEnergyOfAnyLaw = FreeEnergy
else:
    FreeEnergyOfAnyLaw = FreeEnergy.choice.annotation


def phase_treatment(entry: FreeEnergy) -> Literal["refuse", "common tangent", "hysteresis"]:
    """Treatment of a host that separates into phases; one whose law has no gaps needs none.

    Raises
    ------
    NotGiven
        If the law or the treatment is wrong in the file.
    """
    if isinstance(entry, UnknownLawFreeEnergy):
        raise NotGiven("law")
    return entry.phases if isinstance(entry, ExpansionFreeEnergy) else "refuse"
