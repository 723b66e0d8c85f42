"""Base values, laws in the place of some of them, and the joint error of the laws' coefficients."""

from a2c_pybamm.parameter_set import symbols
from a2c_pybamm.parameter_set.attachment import (
    Attachment,
    StoichiometryMap,
    attachment_error,
    electrolyte_attachments,
    method_arguments,
    msmr_attachments,
    passed_arguments,
)
from a2c_pybamm.parameter_set.balance import balance_conflict, with_balance
from a2c_pybamm.parameter_set.base_set import (
    BaseSet,
    as_base,
    base_values,
    evaluate_base,
    evaluate_entry,
    kind_options,
    missing_entry,
)
from a2c_pybamm.parameter_set.electrolyte_table import electrolyte_keys, electrolyte_table
from a2c_pybamm.parameter_set.ions import ions_of
from a2c_pybamm.parameter_set.key_ranges import TEMPERATURES, VOLTAGES, Range, value_error
from a2c_pybamm.parameter_set.kinetics import KINETICS_OPTION, SIDES, kinetics_attachments, kinetics_law, option_conflict
from a2c_pybamm.parameter_set.log import silent_pybamm
from a2c_pybamm.parameter_set.measured import measured_ocp
from a2c_pybamm.parameter_set.mechanics import mechanics_attachments, stress_option_conflict
from a2c_pybamm.parameter_set.module_name import module_name
from a2c_pybamm.parameter_set.parameter_set import ParameterSet
from a2c_pybamm.parameter_set.stability import TREATMENTS
from a2c_pybamm.parameter_set.thermal import fraction_keys, thermal_attachments, volume_fractions
from a2c_pybamm.parameter_set.thermodynamic_table import free_energy_sides, thermodynamic_table
from a2c_pybamm.parameter_set.transport_efficiency import (
    Layer,
    Phase,
    efficiency_attachments,
    efficiency_option_conflict,
    phase_fraction,
)
from a2c_pybamm.parameter_set.value_document import read_values, required_arguments

__all__ = [
    "KINETICS_OPTION",
    "SIDES",
    "TEMPERATURES",
    "TREATMENTS",
    "VOLTAGES",
    "Attachment",
    "BaseSet",
    "Layer",
    "ParameterSet",
    "Phase",
    "Range",
    "StoichiometryMap",
    "as_base",
    "attachment_error",
    "balance_conflict",
    "base_values",
    "efficiency_attachments",
    "efficiency_option_conflict",
    "electrolyte_attachments",
    "electrolyte_keys",
    "electrolyte_table",
    "evaluate_base",
    "evaluate_entry",
    "fraction_keys",
    "free_energy_sides",
    "ions_of",
    "kind_options",
    "kinetics_attachments",
    "kinetics_law",
    "measured_ocp",
    "mechanics_attachments",
    "method_arguments",
    "missing_entry",
    "module_name",
    "msmr_attachments",
    "option_conflict",
    "passed_arguments",
    "phase_fraction",
    "read_values",
    "required_arguments",
    "silent_pybamm",
    "stress_option_conflict",
    "symbols",
    "thermal_attachments",
    "thermodynamic_table",
    "value_error",
    "volume_fractions",
    "with_balance",
]
