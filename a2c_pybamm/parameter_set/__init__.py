"""Base values, laws in the place of some of them, and the joint error of the laws' coefficients."""

from a2c_pybamm.parameter_set import symbols
from a2c_pybamm.parameter_set.attachment import (
    Attachment,
    StoichiometryMap,
    attachment_error,
    msmr_attachments,
    passed_arguments,
)
from a2c_pybamm.parameter_set.base_set import base_values, evaluate_base, kind_options, required_arguments
from a2c_pybamm.parameter_set.ions import ions_of
from a2c_pybamm.parameter_set.key_ranges import TEMPERATURES, VOLTAGES, Range, value_error
from a2c_pybamm.parameter_set.log import silent_pybamm
from a2c_pybamm.parameter_set.measured import measured_ocp
from a2c_pybamm.parameter_set.module_name import module_name
from a2c_pybamm.parameter_set.parameter_set import ParameterSet
from a2c_pybamm.parameter_set.stability import TREATMENTS
from a2c_pybamm.parameter_set.thermodynamic_table import free_energy_sides, thermodynamic_table

__all__ = [
    "TEMPERATURES",
    "TREATMENTS",
    "VOLTAGES",
    "Attachment",
    "ParameterSet",
    "Range",
    "StoichiometryMap",
    "attachment_error",
    "base_values",
    "evaluate_base",
    "free_energy_sides",
    "ions_of",
    "kind_options",
    "measured_ocp",
    "module_name",
    "msmr_attachments",
    "passed_arguments",
    "required_arguments",
    "silent_pybamm",
    "symbols",
    "thermodynamic_table",
    "value_error",
]
