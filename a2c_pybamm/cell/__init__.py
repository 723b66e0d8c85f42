"""A cell simulation as a function of coefficients; the only place that solves."""

from a2c_pybamm.cell.cell import Cell, SimulationFailed

__all__ = ["Cell", "SimulationFailed"]
