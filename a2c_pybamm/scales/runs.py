"""Scales of molecular-dynamics runs: correlation length and time, width of the cell, length of the run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.data import Configurations, TransportCoefficient
from a2c_pybamm.data.cells import smallest_width
from a2c_pybamm.readers import read_configurations, read_currents
from a2c_pybamm.scales.quantities import AtomisticScales, ScaleQuantity

COMMAND = "atomistic_scales(study)"


def run_scales(material: str, species: str, item: schema.TrajectoryFile) -> AtomisticScales:
    raise NotImplementedError


def electrolyte_scales(entry: schema.Electrolyte) -> Iterator[AtomisticScales]:
    yield from ()
