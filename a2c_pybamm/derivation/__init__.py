"""From a study to its parameter set: read, estimate, attach."""

from a2c_pybamm.derivation.derived_set import derive

__all__ = ["derive"]
