"""PyBaMM's model of a cell, built from its name and options, and its variables."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pybamm

from a2c_pybamm.cell.scalars import STRESSES
from a2c_pybamm.formatting import message_line
from a2c_pybamm.parameter_set import BaseSet, missing_entry, silent_pybamm

BUILD_ERRORS = (
    pybamm.DiscretisationError,
    pybamm.DomainError,
    pybamm.GeometryError,
    pybamm.ModelError,
    pybamm.OptionError,
    pybamm.ShapeError,
    pybamm.SolverError,
    ArithmeticError,
    KeyError,
    NotImplementedError,
    RuntimeError,  # casadi's
    TypeError,  # of a base set's function that takes other arguments than PyBaMM passes
)
"""Errors of PyBaMM where a model cannot be built, or its equations set up, from these values and options."""


def described(model: str, options: Mapping[str, Any]) -> str:
    """Text of a model and its options: ``SPM, thermal = lumped``."""
    return "".join([model, *(f", {name} = {value}" for name, value in options.items())])


@contextmanager
def building(cell: str, base: str | BaseSet) -> Iterator[None]:
    """Context in which PyBaMM builds the cell that ``cell`` describes, from a set with the base set ``base``.

    Raises
    ------
    ValueError
        In the place of PyBaMM's own errors: the set lacks an entry, or its values make no cell.
    """
    try:
        with silent_pybamm():
            yield
    except BUILD_ERRORS as error:
        if isinstance(error, KeyError) and (missing := missing_entry(error)):
            raise ValueError(
                f"cell: {cell} needs {missing!r}, which the base set {base} lacks; leave the option or model out, add the "
                "entry (a [[value]] in a study), or take another base set"
            ) from error
        raise ValueError(
            f"cell: PyBaMM cannot build {cell} on the base set {base} ({type(error).__name__}: {message_line(error)}); check "
            "options, scaled and replaced values (a thickness or height of 0?) and limits"
        ) from error


def build_model(name: str, options: Mapping[str, Any]) -> Any:
    """A fresh model of this class of ``pybamm.lithium_ion``.

    Raises
    ------
    ValueError
        If PyBaMM has no such model, or it refuses the options.
    """
    model = getattr(pybamm.lithium_ion, name, None)
    if not (isinstance(model, type) and issubclass(model, pybamm.BaseBatteryModel)) or name.startswith("Base"):
        raise ValueError(f"cell: model {name!r} is unknown; take SPM, SPMe, DFN, or another of pybamm.lithium_ion")
    try:
        return model(dict(options))  # a copy: PyBaMM writes into it
    except (pybamm.OptionError, pybamm.ModelError, ValueError, TypeError) as error:
        raise ValueError(f"cell: PyBaMM's {name} refuses the options ({message_line(error)})") from error


def known_variables(name: str, model: pybamm.BaseModel, wanted: Sequence[str], curves: Sequence[str]) -> tuple[str, ...]:
    """Variables of a model that are read: those wanted, and of the electrodes' stresses those that the model has.

    Raises
    ------
    ValueError
        If the model lacks a variable, or one of the curves has a value at each place instead of one.
    """
    variables = model.variables
    available = tuple(variable for variable in wanted if variable not in STRESSES or variable in variables)
    if set(wanted) & set(STRESSES) and not set(available) & set(STRESSES):
        raise ValueError(
            'cell: peak_stress needs the option "particle mechanics", e.g. {"particle mechanics": "swelling only"}'
        )
    for variable in available:
        if variable not in variables:
            near = difflib.get_close_matches(variable, variables.keys(), 1)
            hint = f"did you mean {near[0]!r}?" if near else "see model.variable_names()"
            raise ValueError(f"cell: PyBaMM's {name} with these options has no variable {variable!r}; {hint}")
    for variable in curves:
        domain = variables[variable].domain
        if domain not in ([], ["current collector"]):
            raise ValueError(
                f"cell: {variable!r} has a value at each place in the {domain[0]}; take an average over it "
                "('X-averaged …', 'R-averaged …') or a value at a boundary"
            )
    return available


def as_tuples(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options with pairs as tuples, as PyBaMM takes them."""
    return {name: _tuple(value) for name, value in options.items()}


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list | tuple) else value
