"""Base values, laws in the place of some of them, and the joint error of the laws' coefficients."""

from a2c_pybamm.parameter_set import symbols
from a2c_pybamm.parameter_set.attachment import (
    Attachment,
    StoichiometryMap,
    misplaced,
    msmr_attachments,
)
from a2c_pybamm.parameter_set.base_set import asked_arguments, base_values, evaluate_base, kind_options
from a2c_pybamm.parameter_set.keys import CONSTANT, STOICHIOMETRY
from a2c_pybamm.parameter_set.log import quiet
from a2c_pybamm.parameter_set.measured import measured_ocp
from a2c_pybamm.parameter_set.module_name import module_name
from a2c_pybamm.parameter_set.parameter_set import TREATMENTS, ParameterSet

__all__ = [
    "CONSTANT",
    "STOICHIOMETRY",
    "TREATMENTS",
    "Attachment",
    "ParameterSet",
    "StoichiometryMap",
    "asked_arguments",
    "base_values",
    "evaluate_base",
    "kind_options",
    "measured_ocp",
    "misplaced",
    "module_name",
    "msmr_attachments",
    "quiet",
    "symbols",
]
