"""Section of an electrode's electronic conduction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from a2c_pybamm.study.fields import Conductivity, Energy, Flag, Number, Section, StdLn

SolidConductivity = Annotated[Conductivity, Field(gt=0, le=1e9)]


class Conduction(Section):
    """Electronic conductivity of the electrode's solids, active material and carbon together, by a declared law of mixing."""

    whole_electrode: Flag = Field(
        description="true states that crystal, carbon and their contacts are meant together; the crystal's number alone is not "
        "the electrode's",
        examples=[True],
    )
    mixing: Literal["bruggeman", "percolation", "upper", "lower"] = Field(
        description="Law of mixing: Bruggeman's, percolation, or a bound of Hashin and Shtrikman", examples=["bruggeman"]
    )
    mixing_std_ln: StdLn = Field(description="Error of that law: standard deviation of the logarithm", examples=[1.0])
    carbon_fraction: Number = Field(gt=0, lt=1, description="Carbon and binder in the solids, by volume", examples=[0.08])
    active_conductivity: SolidConductivity = Field(description="Of the active material", examples=["1e-2 S/m"])
    active_std_ln: StdLn = Field(description="Standard deviation of its logarithm", examples=[1.0])
    activation_energy: Annotated[Energy, Field(ge=0, le=1e6)] = Field(
        0.0, description="Of the active material's", examples=["0.1 eV"]
    )
    activation_energy_std: Annotated[Energy, Field(ge=0, le=1e6)] = Field(
        0.0, description="Its standard deviation", examples=["20 meV"]
    )
    carbon_conductivity: SolidConductivity = Field(description="Of carbon with binder", examples=["100 S/m"])
    carbon_std_ln: StdLn = Field(description="Standard deviation of its logarithm", examples=[1.0])
    percolation_threshold: Number = Field(
        0.0, ge=0, lt=1, description="Fraction of carbon below which it has no path", examples=[0.05]
    )
    percolation_exponent: Number = Field(2.0, gt=0, le=10, description="Exponent above it", examples=[2.0])
    source: str = Field(min_length=1, description="Name of the numbers' error", examples=["conductivities (literature)"])
    reason: str = Field(min_length=1, description="Where the numbers come from", examples=["four-point probe of pellets"])

    def _mistakes(self) -> Iterator[str]:
        if self.mixing == "percolation" and not self.percolation_threshold < self.carbon_fraction:
            yield (
                f"carbon_fraction {self.carbon_fraction:g} is not above percolation_threshold {self.percolation_threshold:g}; "
                "carbon then carries nothing, take another law of mixing"
            )
