"""Parameter sets on disk: exact JSON, a stand-alone PyBaMM module, BPX."""

from a2c_pybamm.files.set_file import read_set, save, set_document

__all__ = ["read_set", "save", "set_document"]
