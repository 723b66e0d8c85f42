"""Scales of a lattice whose hops were calculated: hop length, time between hops, width of the path's cell."""

from __future__ import annotations

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.estimate import Array
from a2c_pybamm.laws import barrier_name, prefactor_name
from a2c_pybamm.parameter_set import ParameterSet
from a2c_pybamm.readers import read_cell_width
from a2c_pybamm.scales.coefficient_errors import Coefficients, log_errors
from a2c_pybamm.scales.quantities import AtomisticScales, ScaleQuantity

COMMAND = "atomistic_scales(study, parameter_set)"
"""Call that gives the numbers of this file."""


def lattice_scales(side: str, electrode: schema.Electrode, parameter_set: ParameterSet) -> AtomisticScales | None:
    """Scales of an electrode's hops; None where the study has none with a jump length."""
    hops = [hop for hop in (electrode.mobility.hops if electrode.mobility else ()) if hop.barriers]
    if not hops:
        return None
    longest = max(hops, key=lambda hop: hop.jump_length or 0.0)
    return AtomisticScales(
        electrode.material,
        "paths of its hops",
        hop_length=ScaleQuantity(
            "hop length", longest.jump_length or np.nan, "m", source=f"jump_length of hop {longest.name}", command=COMMAND
        ),
        hop_time=_hop_time(side, electrode.material, hops, parameter_set),
        cell_width=_narrowest(hops),
    )


def _hop_time(side: str, material: str, hops: list[schema.Hop], parameter_set: ParameterSet) -> ScaleQuantity | None:
    r"""Mean time between hops of one ion at the fullest composition of the cell, where vacancies are rarest.

    .. math:: 1/\tau = \sum_h (1-x)^{n_h}\,\frac{2 d_h D_{0,h}}{a_h^2}\,e^{-E_h/k_BT}

    None where the cell's compositions are not known.
    """
    window = parameter_set.stoichiometry_window.get(side)
    attachment = parameter_set.attach.get(f"{side.capitalize()} particle diffusivity [m2.s-1]")
    if window is None or attachment is None:
        return None
    x = attachment.stoichiometry.offset + attachment.stoichiometry.slope * max(window)
    if not x < 1:
        return None
    kT = BOLTZMANN * parameter_set.temperature / ELEMENTARY_CHARGE

    def time(c: Coefficients) -> Array:
        rates = [
            (1 - x) ** hop.vacancies
            * (2 * (hop.dimension or 0) / (hop.jump_length or np.nan) ** 2)
            * np.exp(c[prefactor_name(material, hop.name)] - c[barrier_name(material, hop.name)] / kT)
            for hop in hops
        ]
        return 1 / np.sum(rates, axis=0)

    mean = {name: np.array([[value]]) for name, value in zip(parameter_set.joint.names, parameter_set.joint.mean, strict=True)}
    source = f"barriers of {', '.join(hop.name for hop in hops)} at x = {x:.3g}, {parameter_set.temperature:g} K"
    value, errors = float(time(mean)[0, 0]), log_errors(parameter_set, time)
    return ScaleQuantity("time between hops", value, "s", errors, source, COMMAND)


def _narrowest(hops: list[schema.Hop]) -> ScaleQuantity | None:
    """Smallest width of the cells of all paths; None where no file of a path has one."""
    widths = {}
    for barrier in (barrier for hop in hops for barrier in hop.barriers):
        files = barrier.path or barrier.band
        if files is not None and (width := read_cell_width(files)) is not None:
            widths[str(getattr(barrier.path, "name", barrier.label))] = width
    if not widths:
        return None
    name = min(widths, key=lambda name: widths[name])
    return ScaleQuantity("width of the simulation cell", widths[name], "m", source=name, command=COMMAND)
