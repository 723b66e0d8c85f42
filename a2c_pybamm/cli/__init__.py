"""The command line ``a2c``."""

from a2c_pybamm.cli.commands import main

__all__ = ["main"]
