"""Parameter sets and results on disk: exact JSON, a stand-alone PyBaMM module, BPX, netCDF."""

from a2c_pybamm.files.result_file import read_result, write_result
from a2c_pybamm.files.set_file import read_set, save, set_document

__all__ = ["read_result", "read_set", "save", "set_document", "write_result"]
