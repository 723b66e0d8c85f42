"""A cell simulation as a function of coefficients; the only place that solves."""

from a2c_pybamm.cell.cell import Cell, SimulationFailed
from a2c_pybamm.cell.declared_outputs import DeclaredOutput, TraceFunction, VariableAt
from a2c_pybamm.cell.mean_fields import LayerFields, MeanFields, ParticleFields
from a2c_pybamm.cell.of_study import cell_of_study, outputs_of_study, protocol_of_study
from a2c_pybamm.cell.outputs import DEFAULT_OUTPUTS
from a2c_pybamm.cell.pool import ChunkSchedule, ParallelCell
from a2c_pybamm.cell.protocol import ConstantCurrent, DriveCycle
from a2c_pybamm.cell.remembered_model import RememberedModel, remembered
from a2c_pybamm.cell.settings import setting_mistakes
from a2c_pybamm.cell.solve_identity import SolveIdentity
from a2c_pybamm.cell.traces import Trace

__all__ = [
    "DEFAULT_OUTPUTS",
    "Cell",
    "ChunkSchedule",
    "ConstantCurrent",
    "DeclaredOutput",
    "DriveCycle",
    "LayerFields",
    "MeanFields",
    "ParallelCell",
    "ParticleFields",
    "RememberedModel",
    "SimulationFailed",
    "SolveIdentity",
    "Trace",
    "TraceFunction",
    "VariableAt",
    "cell_of_study",
    "outputs_of_study",
    "protocol_of_study",
    "remembered",
    "setting_mistakes",
]
