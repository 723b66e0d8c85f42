"""Thermodynamics of an electrode over its stoichiometry: voltage, entropic change, activity and thermodynamic factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm.estimate import Array
from a2c_pybamm.laws import FreeEnergy
from a2c_pybamm.parameter_set.attachment import Attachment
from a2c_pybamm.parameter_set.parameter_set import ParameterSet

SIDES = ("negative", "positive")
N_TABLE_DRAW = 2000
"""Draws behind the errors of a table: a standard deviation is known to 1.6 %."""
CENTRAL_95 = (0.025, 0.975)
"""Probabilities at the ends of a central 95 % interval."""
DIVISIONS = 100
"""Steps of stoichiometry from 0 to 1; both ends, where voltages diverge, are left out."""


def free_energy_sides(parameter_set: ParameterSet) -> tuple[str, ...]:
    """Electrodes, "negative" and "positive", whose potential is that of a free-energy law."""
    return tuple(side for side in SIDES if _attached(parameter_set, side) is not None)


def _attached(parameter_set: ParameterSet, side: str) -> Attachment | None:
    """Attachment of an electrode's free energy; None where there is none."""
    attachment = parameter_set.attach.get(f"{side.capitalize()} electrode OCP [V]")
    return attachment if attachment is not None and isinstance(attachment.law, FreeEnergy) else None


def thermodynamic_table(
    parameter_set: ParameterSet, side: str, *, rng: np.random.Generator | None = None, n_draw: int = N_TABLE_DRAW
) -> xr.Dataset:
    r"""Thermodynamics of one electrode at 99 stoichiometries from 0.01 to 0.99, with standard deviations.

    =================================  ======  ========================================================================
    variable                           unit    quantity, at the set's temperature
    =================================  ======  ========================================================================
    ``x``                              1       occupied fraction of sites, a coordinate beside ``stoichiometry``
    ``voltage``                        V       :math:`U(x)`
    ``entropic_change``                V.K-1   :math:`\partial U/\partial T`
    ``log_activity``                   1       :math:`\ln a(x) - \ln a(1/2)`
    ``activity``                       1       :math:`a(x)/a(1/2)`
    ``thermodynamic_factor``           1       :math:`\Theta = \partial\ln a/\partial\ln x`
    ``log_thermodynamic_factor_low``   1       2.5 % quantile of :math:`\ln\Theta`; minus infinity for :math:`\Theta \le 0`
    ``log_thermodynamic_factor_high``  1       97.5 % quantile
    ``unstable_fraction``              1       share of draws with :math:`\Theta < 0`
    =================================  ======  ========================================================================

    Values are those of the mean coefficients; ``…_std`` of voltage, entropic change, log_activity and thermodynamic_factor, and
    the quantiles, are of draws of the joint.

    Parameters
    ----------
    side
        "negative" or "positive".
    rng
        Generator of the draws; one of a fixed seed if not given, so that a set has one table.

    Raises
    ------
    ValueError
        If the side has no free-energy law.
    """
    attachment = _attached(parameter_set, side)
    if attachment is None:
        have = ", ".join(free_energy_sides(parameter_set)) or "none"
        raise ValueError(f"set {parameter_set.name}: side {side!r} has no free-energy law; take one that has ({have})")
    sto = np.arange(1, DIVISIONS) / DIVISIONS
    x = attachment.stoichiometry.offset + attachment.stoichiometry.slope * sto
    draws = parameter_set.joint.draw(n_draw, rng or np.random.default_rng(0))
    curves = _curves(attachment.law, x, parameter_set.temperature)
    mean, drawn = (_evaluated(parameter_set, samples, curves, x) for samples in (parameter_set.joint.mean[None], draws))
    columns: dict[str, Array] = {}
    for name in curves:
        columns |= {name: mean[name][0], f"{name}_std": drawn[name].std(axis=0)}
        if name == "log_activity":
            columns["activity"] = np.exp(mean[name][0])
    factor = drawn["thermodynamic_factor"]
    with np.errstate(divide="ignore"):
        ends = np.log(np.maximum(np.quantile(factor, CENTRAL_95, axis=0), 0.0))
    columns |= {f"log_thermodynamic_factor_{end}": values for end, values in zip(("low", "high"), ends, strict=True)}
    columns["unstable_fraction"] = (factor < 0).mean(axis=0)
    along = {name: ("stoichiometry", values) for name, values in columns.items()}
    table = xr.Dataset(along, {"stoichiometry": sto, "x": ("stoichiometry", x)})
    for variable in table.variables:
        table[variable].attrs["units"] = UNITS.get(str(variable).removesuffix("_std"), "1")
    table.attrs = {"side": side, "law": attachment.law.kind, "temperature [K]": parameter_set.temperature, "draws": n_draw}
    return table


UNITS = {"voltage": "V", "entropic_change": "V.K-1"}
"""Units of the variables that are no pure numbers."""


def _curves(law: Any, x: Array, temperature: float) -> dict[str, Callable[[Any], Any]]:
    """Functions of the coefficients that give each quantity at compositions x."""
    return {
        "voltage": lambda c: law.open_circuit_voltage(c, x, temperature),
        "entropic_change": lambda c: law.entropic_change(c, x, temperature),
        # a law of another package may have no such method
        "log_activity": lambda c: FreeEnergy.log_activity(law, c, x, temperature),
        "thermodynamic_factor": lambda c: law.thermodynamic_factor(c, x, temperature),
    }


def _evaluated(
    parameter_set: ParameterSet, samples: Array, curves: dict[str, Callable[[Any], Any]], x: Array
) -> dict[str, Array]:
    """Each quantity (n_sample, n_composition) for samples of the joint (n_sample, n_coefficient)."""
    inputs = parameter_set.with_derived(samples)
    c = {name: inputs[:, [k]] for k, name in enumerate(parameter_set.input_names)}
    shape = (len(samples), len(x))
    return {name: np.broadcast_to(np.asarray(curve(c), float), shape) for name, curve in curves.items()}
