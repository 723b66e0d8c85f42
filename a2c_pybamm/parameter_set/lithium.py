r"""Cyclable lithium of a cell: that of the base set's initial concentrations, or what a balance puts in its place.

PyBaMM's :math:`Q_\mathrm{Li} = \frac{F}{3600} A \sum_k \varepsilon_k L_k c_k` (``Q_Li_particles_init``) follows areas,
thicknesses and active fractions of the sample. The initial concentrations :math:`c_k` are those of the base set, so that a law
for the maximum concentration moves nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pybamm
from scipy.optimize import brentq

from a2c_pybamm.parameter_set.base_set import kind_options
from a2c_pybamm.parameter_set.keys import FORMATION_LOSS, LITHIUM

SIDES = ("negative", "positive")
POTENTIAL_RANGE = (-1.0, 6.0)
"""Potentials against lithium [V] between which a root is searched: beyond those of any electrode."""
POTENTIAL_TOLERANCE = 1e-9
"""Error [V] of an MSMR electrode's initial potential."""


def initial_concentrations(base: pybamm.ParameterValues) -> dict[str, Any]:
    """Initial concentrations [mol.m-3] in the electrodes of a base set by PyBaMM's key, numbers or functions.

    Those of MSMR electrodes follow from the base set's initial voltages; of a half cell there is the working electrode's alone.
    """
    options = kind_options(base)
    sides = SIDES if "working electrode" not in options else ("positive",)
    keys = {side: f"Initial concentration in {side} electrode [mol.m-3]" for side in sides}
    if "particle" not in options:
        return {key: base[key] for key in keys.values()}
    param = pybamm.LithiumIonParameters(options)
    electrodes = {"negative": param.n, "positive": param.p}
    return {key: float(base.evaluate(electrodes[side].prim.c_init_av)) for side, key in keys.items()}


def cyclable_lithium(values: pybamm.ParameterValues) -> Any:
    """Cyclable lithium [A.h] of a full cell as PyBaMM's symbol, in values that hold the base set's initial concentrations."""
    param = pybamm.LithiumIonParameters()
    if LITHIUM in values:
        return pybamm.Parameter(LITHIUM)
    if FORMATION_LOSS in values:
        return (1 - pybamm.Parameter(FORMATION_LOSS)) * param.p.Q_init
    return param.Q_Li_particles_init


def full_charge_potentials(values: pybamm.ParameterValues, lithium: float) -> dict[str, float]:
    """Potentials [V] of MSMR electrodes by side at which a fully charged cell holds this lithium [A.h].

    Raises
    ------
    ValueError
        If there are none.
    """
    param = pybamm.LithiumIonParameters(kind_options(values))
    voltage = float(values.evaluate(param.ocp_soc_100))
    U = pybamm.InputParameter("potential")
    held = [values.process_symbol(electrode.Q_init * electrode.prim.x(U, param.T_ref)) for electrode in (param.n, param.p)]

    def missing(potential: float) -> float:
        at = potential, potential + voltage
        return lithium - sum(float(charge.evaluate(inputs={U.name: V})) for charge, V in zip(held, at, strict=True))

    with np.errstate(over="ignore"):  # far from a site's potential its exponential is infinite, and the site empty
        negative = float(brentq(missing, *POTENTIAL_RANGE, xtol=POTENTIAL_TOLERANCE))
    return {"negative": negative, "positive": negative + voltage}
