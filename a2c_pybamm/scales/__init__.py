"""Separation of scales: conditions under which numbers of atoms may stand in the equations of a cell."""

from a2c_pybamm.scales.conditions import ConditionKind, ScaleCondition, ScaleStatus
from a2c_pybamm.scales.continuum import continuum_scales
from a2c_pybamm.scales.of_study import atomistic_scales, scale_report
from a2c_pybamm.scales.quantities import AtomisticScales, BodyScales, ContinuumScales, LayerScales, ScaleQuantity
from a2c_pybamm.scales.report import ScaleReport, compare_scales
from a2c_pybamm.scales.rows import AVERAGING_NOTE, HEADS, QUANTITY_HEADS, condition_rows, consequences, quantity_rows
from a2c_pybamm.scales.runs import scales_of_run
from a2c_pybamm.scales.thresholds import ScaleThresholds

__all__ = [
    "AVERAGING_NOTE",
    "HEADS",
    "QUANTITY_HEADS",
    "AtomisticScales",
    "BodyScales",
    "ConditionKind",
    "ContinuumScales",
    "LayerScales",
    "ScaleCondition",
    "ScaleQuantity",
    "ScaleReport",
    "ScaleStatus",
    "ScaleThresholds",
    "atomistic_scales",
    "compare_scales",
    "condition_rows",
    "consequences",
    "continuum_scales",
    "quantity_rows",
    "scale_report",
    "scales_of_run",
]
