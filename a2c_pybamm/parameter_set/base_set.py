"""PyBaMM's own sets: their values, the options they need, their curves."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.estimate import Array
from a2c_pybamm.parameter_set.keys import STOICHIOMETRY_AND_TEMPERATURE

MSMR_CHOICES = ("open-circuit potential", "particle", "intercalation kinetics")
"""Options of PyBaMM that are all "MSMR" for MSMR electrodes."""


def base_values(base: str) -> pybamm.ParameterValues:
    """A fresh copy of PyBaMM's own set."""
    return pybamm.ParameterValues(base)


def kind_options(values: pybamm.ParameterValues) -> dict[str, Any]:
    """Options that every model of a set's kind of cell needs: of a half cell, of MSMR electrodes; none for others."""
    if "Positive electrode host site occupancy fraction (0)" in values:
        sites = [key for key in values if "electrode host site occupancy fraction" in key]
        counts = [sum(key.startswith(side) for key in sites) for side in ("Negative", "Positive")]
        return {"number of MSMR reactions": tuple(map(str, counts)), **dict.fromkeys(MSMR_CHOICES, "MSMR")}
    counter = "Exchange-current density for lithium metal electrode [A.m-2]" in values
    if counter and "Maximum concentration in negative electrode [mol.m-3]" not in values:
        return {"working electrode": "positive"}
    return {}


def evaluate_base(values: pybamm.ParameterValues, key: str, sto: Array, *, temperature: float | None = None) -> Array:
    """A base set's function of stoichiometry, or of stoichiometry and temperature [K], at these stoichiometries (n,).

    Without a temperature it is taken at the set's own reference temperature.
    """
    entry = values[key]
    arguments = [pybamm.Vector(sto)]
    if key.endswith(STOICHIOMETRY_AND_TEMPERATURE):
        arguments.append(pybamm.Scalar(values["Reference temperature [K]"] if temperature is None else temperature))
    symbol = entry(*arguments) if callable(entry) else pybamm.Scalar(entry)
    result = values.process_symbol(symbol).evaluate()
    return np.broadcast_to(np.asarray(result, float).ravel(), sto.shape)


def required_arguments(function: Callable[..., Any]) -> list[str]:
    """Names of the arguments that PyBaMM passes to a base set's function: those without a default."""
    return [p.name for p in signature(function).parameters.values() if p.default is Parameter.empty]
