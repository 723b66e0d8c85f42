"""The cell that a study describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from a2c_pybamm.cell.cell import Cell
from a2c_pybamm.cell.declared_outputs import DeclaredOutput, VariableAt
from a2c_pybamm.cell.outputs import DEFAULT_OUTPUTS
from a2c_pybamm.cell.protocol import DriveCycle
from a2c_pybamm.parameter_set import ParameterSet
from a2c_pybamm.readers import read_drive_cycle
from a2c_pybamm.readers.source_file import naming

if TYPE_CHECKING:
    from a2c_pybamm.study import Study  # a cell alone does not load the schema of studies


def cell_of_study(study: Study, parameter_set: ParameterSet, **swept: Any) -> Cell:
    """The cell of a study's section, with other values of the settings that are swept.

    Raises
    ------
    ValueError
        As `Cell`, and if the drive cycle's file cannot be read.
    """
    settings = study.cell
    arguments: dict[str, Any] = {
        "options": settings.options,
        "protocol": protocol_of_study(study),
        "c_rate": settings.c_rate,
        "voltage_limits": settings.voltage_limits,
        "soc": settings.initial_soc,
        "outputs": outputs_of_study(study),
        "compile": settings.compile,
    }
    return Cell(parameter_set, model=settings.model, **arguments | swept)


def protocol_of_study(study: Study) -> Any:
    """The protocol of a study; None for its constant current."""
    if study.cell.drive_cycle is not None:
        with naming(study.cell.drive_cycle):
            return DriveCycle(*read_drive_cycle(study.cell.drive_cycle))
    return list(study.cell.experiment) or None


def outputs_of_study(study: Study) -> tuple[str | DeclaredOutput, ...] | None:
    """The outputs of a study; None for the default ones."""
    settings = study.cell
    names = tuple(dict.fromkeys(settings.outputs))  # one that is listed twice is among the mistakes already
    declared = [
        VariableAt(name=item.name, variable=item.variable, time=item.time, capacity=item.capacity, event=item.event)
        for item in {item.name: item for item in settings.output if item.name not in names}.values()
    ]
    return (*(names or DEFAULT_OUTPUTS), *declared) if declared else names or None
