"""Section of the scale report: thresholds, and scales that are known otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from a2c_pybamm.study.electrode import TrajectoryFile
from a2c_pybamm.study.fields import Flag, Length, Name, Number, Section, StdLn, Time, repeated

Ratio = Annotated[Number, Field(ge=1, le=1e9)]
"""Least ratio of two scales: below 1 the smaller one would be the larger."""


class PoreSize(Section):
    """Pore size of a layer in the place of that from the particles' area."""

    layer: Literal["negative electrode", "separator", "positive electrode"] = Field(
        description="The layer", examples=["separator"]
    )
    value: Annotated[Length, Field(gt=0, le=1e-3)] = Field(description="Median", examples=["50 nm"])
    std_ln: StdLn = Field(0.0, description="Standard deviation of its logarithm", examples=[0.3])
    reason: str = Field(min_length=1, description="Where it comes from", examples=["mercury porosimetry"])


class MaterialScales(Section):
    """Scales of one material that its data in the study do not give: declared, or from a run that is read for them alone."""

    material: Name = Field(description="As the electrode or electrolyte is called", examples=["LCO"])
    correlation_length: Annotated[Length, Field(gt=0, le=1e-3)] | None = Field(
        None, description="Length over which its composition is correlated, median", examples=["6 angstrom"]
    )
    correlation_length_std_ln: StdLn | None = Field(None, description="Standard deviation of its logarithm", examples=[0.3])
    no_plateau: Flag = Field(
        False,
        description="true where fluctuations were measured and decay as a crystal's do: there is no correlation length",
        examples=[True],
    )
    correlation_time: Annotated[Time, Field(gt=0, le=1)] | None = Field(
        None, description="Correlation time of the ions' velocities or currents, median", examples=["0.5 ps"]
    )
    correlation_time_std_ln: StdLn | None = Field(None, description="Standard deviation of its logarithm", examples=[0.5])
    reason: str | None = Field(None, min_length=1, description="Where declared numbers come from", examples=["run at 300 K"])
    trajectory: TrajectoryFile | None = Field(None, description="Run of the material with its cell, read for its scales alone")
    species: Annotated[str, Field(min_length=1, max_length=10)] | None = Field(
        None, description="Its mobile species", examples=["Li"]
    )

    def _mistakes(self) -> Iterator[str]:
        for name in ("correlation_length", "correlation_time"):
            if (getattr(self, name) is None) != (getattr(self, f"{name}_std_ln") is None):
                yield f"{name} and {name}_std_ln go together; give both, or none"
        declared = self.correlation_length is not None or self.correlation_time is not None or self.no_plateau
        if declared and self.reason is None:
            yield "declared numbers need a reason; say where they come from"
        if self.no_plateau and self.correlation_length is not None:
            yield "no_plateau stands for the absence of a correlation length, and one is given; keep one of them"
        if (self.trajectory is None) != (self.species is None):
            yield "trajectory and species go together; give both, or none"
        if not declared and self.trajectory is None:
            yield "nothing is given here; give correlation_length, correlation_time, no_plateau or a trajectory"


class Scales(Section):
    """Separation of scales: thresholds of the report of `a2c check`, and scales that are known otherwise."""

    length_ratio: Ratio | None = Field(None, description="Least ratio of two lengths; 10 if not given", examples=[10.0])
    time_ratio: Ratio | None = Field(None, description="Least ratio of two times; 100 if not given", examples=[100.0])
    cell_width_ratio: Ratio | None = Field(
        None, description="Least ratio of a simulation cell's width to the correlation length; 6.3 if not given", examples=[6.3]
    )
    run_length_ratio: Ratio | None = Field(
        None, description="Least ratio of a run's length to the correlation time; 200 if not given", examples=[200.0]
    )
    material: tuple[MaterialScales, ...] = Field((), description="Scales of materials that are known otherwise")
    pore_size: tuple[PoreSize, ...] = Field((), description="Pore sizes of layers")

    def _mistakes(self) -> Iterator[str]:
        if twice := repeated([str(item.layer) for item in self.pore_size]):
            yield f"the pore size of the layer {twice} is given twice; keep one"
        for name in ("correlation_length", "correlation_time"):
            if twice := repeated([item.material for item in self.material if getattr(item, name) is not None]):
                yield f"the {name} of {twice} is declared twice; keep one"
        lengths = {item.material for item in self.material if item.correlation_length is not None}
        for item in self.material:
            if item.no_plateau and item.correlation_length is None and item.material in lengths:
                yield f"no_plateau of {item.material!r} stands beside a correlation_length of it; keep one of them"
