"""Sweeps over cells, with the joint error at each point."""

from a2c_pybamm.design.sweep import sweep

__all__ = ["sweep"]
