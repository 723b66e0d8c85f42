"""Electrolyte of a set over concentration: the four functions that PyBaMM reads, with intervals, beside the base set's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pybamm
import xarray as xr
from numpy.typing import ArrayLike

from a2c_pybamm.estimate import Array
from a2c_pybamm.parameter_set.base_set import base_values, evaluate_entry
from a2c_pybamm.parameter_set.keys import ELECTROLYTE
from a2c_pybamm.parameter_set.parameter_set import ParameterSet
from a2c_pybamm.parameter_set.thermodynamic_table import N_TABLE_DRAW

INITIAL_CONCENTRATION = "Initial concentration in electrolyte [mol.m-3]"
"""PyBaMM's key of the electrolyte's concentration at rest."""


def electrolyte_keys(parameter_set: ParameterSet) -> tuple[str, ...]:
    """PyBaMM's keys of the electrolyte that laws of concentration stand in for, in PyBaMM's order."""
    attach = parameter_set.attach
    return tuple(key for key in ELECTROLYTE if key in attach and attach[key].method not in ("factor", "value"))


def electrolyte_table(
    parameter_set: ParameterSet,
    concentrations: ArrayLike | None = None,
    *,
    levels: Sequence[float] = (0.16, 0.84),
    rng: np.random.Generator | None = None,
    n_draw: int = N_TABLE_DRAW,
) -> xr.Dataset:
    """Functions of the electrolyte at concentrations [mol.m-3] and the set's temperature, of mean and of draws of the joint.

    Variables ``value`` (at the mean coefficients) and ``base`` (of the base set) along ``key`` and ``concentration``, and
    ``quantile`` along ``level`` beside. Without ``concentrations`` they are at the base set's initial one.

    Raises
    ------
    ValueError
        If no law of concentration stands in for a function of the electrolyte, or a concentration is not positive.
    """
    keys, base = electrolyte_keys(parameter_set), base_values(parameter_set.base)
    if not keys:
        raise ValueError(f"set {parameter_set.name}: no law stands in for {' or '.join(map(repr, ELECTROLYTE))}; attach one")
    c_e = np.atleast_1d(np.asarray(base[INITIAL_CONCENTRATION] if concentrations is None else concentrations, float))
    if not (c_e > 0).all():
        raise ValueError(f"set {parameter_set.name}: concentration {c_e.min():g} mol.m-3; give positive ones")
    joint, T = parameter_set.joint, parameter_set.temperature
    draws = joint.draw(n_draw, rng or np.random.default_rng(0))
    values, drawn = (
        np.array([_curves(parameter_set, key, samples, c_e) for key in keys]) for samples in (joint.mean[None], draws)
    )
    along = ("key", "concentration")
    variables = {
        "value": (along, values[:, 0]),
        "quantile": (("key", "level", "concentration"), np.quantile(drawn, levels, axis=1).transpose(1, 0, 2)),
        "base": (along, np.array([_of_base(base, key, c_e, T) for key in keys])),
    }
    table = xr.Dataset(variables, {"key": list(keys), "concentration": c_e, "level": list(levels)})
    table["concentration"].attrs["units"] = "mol.m-3"
    table.attrs = {"temperature [K]": T, "draws": n_draw}
    return table


def _of_base(base: pybamm.ParameterValues, key: str, c_e: Array, T: float) -> Array:
    """The base set's function or number (n_concentration,)."""
    if callable(base[key]):
        return evaluate_entry(base, key, c_e, T)
    return np.broadcast_to(float(base.evaluate(base[key])), c_e.shape)


def _curves(parameter_set: ParameterSet, key: str, samples: Array, c_e: Array) -> Array:
    """A function of the electrolyte for samples of the joint (n_sample, n_concentration)."""
    attachment = parameter_set.attach[key]
    curves = getattr(attachment.law, attachment.method)(parameter_set.coefficients(samples), c_e, parameter_set.temperature)
    return np.broadcast_to(np.asarray(curves, float), (len(samples), len(c_e)))
