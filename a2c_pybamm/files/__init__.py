"""Parameter sets and results on disk: exact JSON, a stand-alone PyBaMM module, BPX, netCDF."""

from a2c_pybamm.files.base_file import base_of, read_base
from a2c_pybamm.files.bpx_file import bpx_losses, write_bpx
from a2c_pybamm.files.field_file import read_field, write_field
from a2c_pybamm.files.locking import folder_lock
from a2c_pybamm.files.pybamm_json import read_parameter_values
from a2c_pybamm.files.pybamm_module import write_pybamm_module
from a2c_pybamm.files.result_file import read_result, write_result
from a2c_pybamm.files.set_file import SET_STAMP, parse_set, read_set, save, set_document, set_stamp
from a2c_pybamm.files.solve_memo import MemoError, SolveMemo
from a2c_pybamm.files.thermodynamics_csv import write_thermodynamics
from a2c_pybamm.files.writing import writable, written_together

__all__ = [
    "SET_STAMP",
    "MemoError",
    "SolveMemo",
    "base_of",
    "bpx_losses",
    "folder_lock",
    "parse_set",
    "read_base",
    "read_field",
    "read_parameter_values",
    "read_result",
    "read_set",
    "save",
    "set_document",
    "set_stamp",
    "writable",
    "write_bpx",
    "write_field",
    "write_pybamm_module",
    "write_result",
    "write_thermodynamics",
    "written_together",
]
