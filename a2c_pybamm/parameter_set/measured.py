"""A base set's open-circuit potential as a law."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.laws import DEFAULT_ION, MeasuredOCP
from a2c_pybamm.parameter_set.attachment import StoichiometryMap
from a2c_pybamm.parameter_set.base_set import BaseSet, as_base, base_values, evaluate_base
from a2c_pybamm.parameter_set.state_limits import STATE_LIMITS

N_OCP_TABLE = 121
"""Compositions at which a base set's curve is tabulated: at most 2.5 mV from it, near the ends (PyBaMM's sets of 2026).

A finer table would bring the curve's noise into the slope, and shorten the solver's time steps."""


def measured_ocp(
    base: str | BaseSet,
    side: str,
    material: str,
    *,
    stoichiometry: StoichiometryMap,
    theta_min: float,
    ion: str = DEFAULT_ION,
) -> MeasuredOCP:
    """Law of a base set's open-circuit potential of one electrode ("negative" or "positive") in the occupied fraction x.

    Sampled at compositions from 0.001 to 0.999, closer together towards both ends, where potentials are steep; beyond them the
    curve is held and PyBaMM's own asymptotes take over. ``ion`` is the symbol of the base set's ion, which PyBaMM does not
    give.
    """
    values = base_values(as_base(base))
    low, high = STATE_LIMITS.table
    sto = low + (high - low) * (1 - np.cos(np.linspace(0, np.pi, N_OCP_TABLE))) / 2
    side = side.capitalize()
    voltage = evaluate_base(values, f"{side} electrode OCP [V]", sto)
    entropy = evaluate_base(values, f"{side} electrode OCP entropic change [V.K-1]", sto)
    return MeasuredOCP.from_samples(
        material,
        stoichiometry.offset + stoichiometry.slope * sto,
        voltage,
        entropy,
        reference_temperature=float(values["Reference temperature [K]"]),
        theta_min=theta_min,
        ion=ion,
    )
