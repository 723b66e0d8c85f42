"""The command line ``a2c``."""

from a2c_pybamm.cli.entry import main

__all__ = ["main"]
