"""Files of moments in time, and the numbers that they may not state themselves."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from a2c_pybamm.study.fields import HIGHEST_TEMPERATURE, CellVolume, DataFile, Section, Temperature, Time

RunTemperature = Annotated[Temperature, Field(gt=0, le=HIGHEST_TEMPERATURE)]
Columns = tuple[Annotated[str, Field(min_length=1, max_length=200)], ...]


class FileOfSeries(Section):
    """File of moments in time, and numbers that it may not state itself."""

    file: DataFile = Field(description="The file", examples=["data/md/centres_1M.txt.gz"])
    temperature: RunTemperature | None = Field(None, description="If the file has none", examples=["298 K"])
    volume: CellVolume | None = Field(
        None, gt=0, description="Of the simulation cell, if the file has none", examples=["35.2 nm3"]
    )
    interval: Time | None = Field(
        None, gt=0, description="Time between rows or frames, if the file has none", examples=["1 ps"]
    )
    timestep: Time | None = Field(
        None, gt=0, description="Or time of one step, where the file numbers steps", examples=["1 fs"]
    )
    units: str | None = Field(
        None, max_length=40, description="Units of LAMMPS, or of the current itself, if the file has none", examples=["real"]
    )
    discard: Time = Field(0.0, ge=0, description="Equilibration to leave out", examples=["100 ps"])

    @property
    def stated(self) -> dict[str, Any]:
        """Settings that the section states beside the file, as readers of series take them."""
        return {key: getattr(self, key) for key in FileOfSeries.model_fields if key != "file"}
