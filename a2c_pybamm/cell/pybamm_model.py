"""PyBaMM's model of a cell, built from its name and options, and its variables."""

from __future__ import annotations

import difflib
import importlib
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


EQUATIONS = ("rhs", "algebraic", "initial_conditions", "boundary_conditions", "variables")
"""Attributes of a PyBaMM model that hold its equations and variables."""


def build_model(name: str, options: Mapping[str, Any]) -> Any:
    """A fresh model of this class of ``pybamm.lithium_ion``, or of one's own, ``module:name``.

    Raises
    ------
    ValueError
        If there is no such model, or it refuses the options.
    """
    try:
        return _model_class(name)(dict(options))  # a copy: PyBaMM writes into it
    except (pybamm.OptionError, pybamm.ModelError, ValueError, TypeError) as error:
        if isinstance(error, UnknownModelError):
            raise
        raise ValueError(f"cell: PyBaMM's {name} refuses the options ({message_line(error)})") from error


class UnknownModelError(ValueError):
    """There is no model of this name."""


def _model_class(name: str) -> Any:
    """Class of a model by its name in ``pybamm.lithium_ion``, or by ``module:name``."""
    module, _, own = name.partition(":")
    if own:
        try:
            model = vars(importlib.import_module(module)).get(own)
        except ImportError as error:
            raise UnknownModelError(f"cell: model {name!r} cannot be imported ({message_line(error)}); install it") from error
    else:
        model = getattr(pybamm.lithium_ion, name, None)
    if not (isinstance(model, type) and issubclass(model, pybamm.BaseBatteryModel)) or name.startswith("Base"):
        raise UnknownModelError(f"cell: model {name!r} is unknown; take SPM, SPMe, DFN, or another of pybamm.lithium_ion")
    return model


def name_and_options(model: Any, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Name of a model and its options, from which it is built wherever it is needed.

    Of an instance of one of PyBaMM's classes the name is that of the class, of a class of one's own ``module:name``; its
    options are those that are not the class's defaults.

    Raises
    ------
    ValueError
        If an instance is no lithium-ion model, has been changed since PyBaMM built it, or is of a class inside a function.
    """
    if isinstance(model, str):
        return model, as_tuples(options)
    if not isinstance(model, pybamm.lithium_ion.BaseModel):
        what = f"the class {model.__name__}" if isinstance(model, type) else f"of type {type(model).__name__}"
        raise ValueError(
            f"cell: model is {what}; give the name of a class of pybamm.lithium_ion, or an instance: pybamm.lithium_ion.SPMe()"
        )
    if options:
        raise ValueError("cell: options are given beside a model that has its own; give them to the model")
    name = _name(type(model))
    fresh, given = _rebuilt(name, model)
    changed = [part for part in EQUATIONS if getattr(fresh, part) != getattr(model, part)]
    if changed or _events(fresh) != _events(model):
        raise ValueError(
            f"cell: the {type(model).__name__} given differs from the one that its options make "
            f"({', '.join(changed) or 'events'}), and models are built anew wherever they are solved; make the change in a "
            "class of your own, at the top level of a module"
        )
    return name, given


def _name(kind: type) -> str:
    """Name of a class in ``pybamm.lithium_ion``, or ``module:name`` of another."""
    if getattr(pybamm.lithium_ion, kind.__name__, None) is kind:
        return kind.__name__
    if not kind.__qualname__.isidentifier():
        raise ValueError(
            f"cell: model {kind.__qualname__!r} is a class inside another or a function; define it at the top level of a module"
        )
    return f"{kind.__module__}:{kind.__qualname__}"


def _rebuilt(name: str, model: Any) -> tuple[Any, dict[str, Any]]:
    """A model built anew, and the options that make it: those in which another differs from what the others make."""
    try:
        fresh, given = build_model(name, {}), {}
    except ValueError:  # the class needs options
        given = _differences(pybamm.BatteryModelOptions({}), model.options)
        fresh = build_model(name, given)
    while set(more := _differences(fresh.options, model.options)) - set(given):
        given = {**given, **more}  # PyBaMM sets some options by others, unless they are given
        fresh = build_model(name, given)
    return fresh, as_tuples(given)


def _differences(options: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Options that have another value among the others."""
    return {option: value for option, value in others.items() if option not in options or options[option] != value}


def _events(model: Any) -> list[tuple[str, Any]]:
    return [(event.name, event.expression) for event in model.events]


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
