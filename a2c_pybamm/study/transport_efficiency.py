"""Sections of a porous layer's transport efficiency, and of the separator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from a2c_pybamm.study.fields import Number, Section, StdLn

Exponent = Annotated[Number, Field(ge=1, le=20)]
"""Bruggeman's exponent: below 1 a mixture would conduct more than its phases side by side."""
Tortuosity = Annotated[Number, Field(ge=1, le=1e6)]


class OtherPhase(Section):
    """Another phase of the layer, that conducts too."""

    fraction: Number = Field(gt=0, lt=1, description="Its share of the layer's volume", examples=[0.05])
    conductivity: Number = Field(ge=0, le=1e9, description="Its conductivity over that of the phase", examples=[0.1])


class PhaseEfficiency(Section):
    """Conductivity of one phase in a porous layer over its own, by one declared choice; its error is a source."""

    bruggeman: Exponent | None = Field(
        None, description="Exponent b of the volume fraction; 1.5 for spheres of all sizes", examples=[1.5]
    )
    bruggeman_std: Annotated[Number, Field(ge=0, le=20)] | None = Field(
        None, description="Standard deviation of the exponent", examples=[0.3]
    )
    tortuosity: Tortuosity | None = Field(
        None, description="Tortuosity factor, MacMullin's number times the volume fraction", examples=[3.2]
    )
    tortuosity_std_ln: StdLn | None = Field(None, description="Standard deviation of its logarithm", examples=[0.15])
    bound: Literal["middle", "upper"] | None = Field(
        None,
        description="Hashin and Shtrikman's upper bound, or the middle of both with half their distance as error",
        examples=["upper"],
    )
    shortfall: Number | None = Field(
        None, ge=0, lt=1, description="Largest relative distance below the upper bound, all as probable", examples=[0.5]
    )
    others: tuple[OtherPhase, ...] = Field((), description="Other phases that conduct, for a bound; if none, the rest does not")
    source: str = Field(min_length=1, description="Name of the error", examples=["tortuosity (impedance)"])
    reason: str = Field(min_length=1, description="Where the number comes from", examples=["blocking electrolyte, three cells"])

    def _mistakes(self) -> Iterator[str]:
        errors = {"bruggeman": "bruggeman_std", "tortuosity": "tortuosity_std_ln"}
        chosen = [name for name in (*errors, "bound") if getattr(self, name) is not None]
        if len(chosen) != 1:
            yield f"{' and '.join(chosen) or 'no choice'} given; give one of bruggeman, tortuosity and bound"
            return
        for name, error in errors.items():
            if (getattr(self, name) is None) != (getattr(self, error) is None):
                yield f"{name} and {error} go together; give both, or neither"
        if (self.shortfall is not None) != (self.bound == "upper"):
            yield "shortfall goes with bound = 'upper'; 0 takes the bound itself"
        if self.others and not self.bound:
            yield "others are phases of a bound; leave them out, the number that is declared holds for the layer as it is"


class TransportEfficiency(Section):
    """Transport efficiencies of an electrode's phases; its porosity is the base set's."""

    electrolyte: PhaseEfficiency | None = Field(None, description="Of the electrolyte in the pores: ions")
    electrode: PhaseEfficiency | None = Field(None, description="Of the solids: electrons")

    def _mistakes(self) -> Iterator[str]:
        if not (self.electrolyte or self.electrode):
            yield "neither electrolyte nor electrode is given; give one, or leave the section out"


class Separator(Section):
    """The separator's quantities; the base set gives the others."""

    transport_efficiency: PhaseEfficiency | None = Field(None, description="Of the electrolyte in its pores")

    def _mistakes(self) -> Iterator[str]:
        if not self.transport_efficiency:
            yield "nothing is derived here; give transport_efficiency, or leave the section out"
