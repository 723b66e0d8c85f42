"""Sections of a host's free energy, one for each law, and the choice among them by the name of the law.

A law has its section in one class here: its name as ``law``, its settings, and the law itself by ``build``. The field
`FreeEnergyOfAnyLaw` takes every concrete section of this module.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

import numpy as np
from pydantic import AfterValidator, ConfigDict, Field

from a2c_pybamm import laws
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import KNOTS
from a2c_pybamm.schema import show
from a2c_pybamm.study.fields import Flag, Number, Voltage, Whole, repeated
from a2c_pybamm.study.free_energy import (
    CountedEntropiesFreeEnergy,
    ExpansionFreeEnergy,
    FreeEnergy,
    OrderingFreeEnergy,
)
from a2c_pybamm.study.mistakes import NotGiven
from a2c_pybamm.study.section_choice import SectionChoice
from a2c_pybamm.study.thermodynamics import SharedError

DEFAULT_LAW = "logit-spline"
"""Law of a section that names none."""
Order = Annotated[Whole, Field(le=9)]
"""Order of a polynomial: more than ten interactions no set of orderings determines."""
Averaged = Literal["averaged"]


class PolynomialFreeEnergy(OrderingFreeEnergy, CountedEntropiesFreeEnergy):
    """Free energy whose interactions are the coefficients of a polynomial of some order."""

    order: Order | Averaged = Field(
        "averaged", description="Order of the polynomial, or an average over the lowest four", examples=["averaged", 1]
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
        if self.shared_error and self.energy_std is None:
            yield "shared_error goes with energy_std, the error of each structure by itself"

    def _end_member_mistakes(self) -> Iterator[str]:
        if not self.only_end_members:
            return
        if self.energy_std is None or not self.energies or self.mean_range != (0.0, 1.0):
            yield "only_end_members needs energies, energy_std and the window 0 to 1"
        if self._inner_vibrations:
            yield "only_end_members leaves the interactions to be declared: vibrations inside (0, 1) have no place"


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


class LogitSplineFreeEnergy(OrderingFreeEnergy):
    """Voltage as a cubic spline of ln x/(1 − x), whose error grows where there are no data."""

    law_from_data: ClassVar[bool] = True
    law: Literal["logit-spline"] = Field(
        "logit-spline", description="Voltage as a spline of ln x/(1 − x), as rough as the data", examples=["logit-spline"]
    )
    window: tuple[Number, Number] | None = Field(
        None,
        description="Compositions between which the mean voltage is taken; those that all data have if absent",
        examples=[[0.5, 1.0]],
    )
    stable: Flag = Field(
        False,
        description="The host is one phase at all compositions: every draw is then; otherwise slopes may be negative, "
        "and phases treats gaps",
        examples=[True],
    )

    neglected_voltage: Voltage = Field(
        1e-4,
        gt=0,
        description="Root-mean-square error of the voltage that is left out; a larger one makes fewer modes of the error",
        examples=["1 mV"],
    )

    def build(self, material: str, temperature: float, order: int | None = None) -> laws.LogitSpline:
        """A law with knots from one end to the other, in the place of that of the data."""
        shape: Literal["stable", "plain"] = "stable" if self.stable else "plain"
        knots = tuple(np.linspace(KNOTS.end_margin, 1 - KNOTS.end_margin, KNOTS.least_slopes + 1).tolist())
        entropies = KNOTS.least_slopes if self._boltzmann or self.several_temperatures else 0
        return laws.LogitSpline(material, knots, self.mean_range, shape, temperature, entropies, self.ion)

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (*super()._checks(), self._stable_mistakes, self._vibration_mistakes)

    def _table_mistakes(self) -> Iterator[str]:
        for kind, tables in (("energies", self.energies), ("potentials", self.potentials)):
            if twice := repeated([table.label for table in tables]):
                yield f"two tables of {kind} have the label {twice}; one method has one of each, put its rows together"
        if not (self.energies or self.potentials):
            yield (
                f"law {self.law!r} is fitted to energies, potentials or both; list tables, or take a law whose coefficients "
                "are declared, like 'redlich-kister'"
            )

    def _stable_mistakes(self) -> Iterator[str]:
        if self.stable and self.phases != "refuse":
            yield f"a host that is stable has no gaps; leave out phases = {self.phases!r}, or stable"

    def _vibration_mistakes(self) -> Iterator[str]:
        if self._inner_vibrations:
            yield (
                f"vibrations inside (0, 1) do not go with law {self.law!r}, whose slopes are fitted to energies alone; keep "
                "those at x = 0 and 1, or take law 'redlich-kister' with excess_entropies"
            )


class SplineFreeEnergy(CountedEntropiesFreeEnergy):
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
        return laws.SplinePotential(material, knots, self.mean_range, temperature, self.excess_entropies, self.ion)

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


FORMER_DEFAULT = dict.fromkeys(("order", "shape", "only_end_members", "shared_error"), "redlich-kister")
"""Law of a section that names none and has one of these keys: sections of a polynomial did not name it before."""
FreeEnergy.choice = SectionChoice("law", DEFAULT_LAW, SECTIONS, UnknownLawFreeEnergy, FreeEnergy, FORMER_DEFAULT)
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
