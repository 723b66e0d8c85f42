"""Sets to start from, PyBaMM's by name or values of one's own: their values, the options they need, their curves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.estimate import Array
from a2c_pybamm.formatting import message_line
from a2c_pybamm.parameter_set.keys import STOICHIOMETRY_AND_TEMPERATURE
from a2c_pybamm.parameter_set.value_document import (
    ExpressionFunction,
    find_function,
    function_reference,
    read_values,
    required_arguments,
    write_value,
)
from a2c_pybamm.schema import conform_fields, key_path, show

MSMR_CHOICES = ("open-circuit potential", "particle", "intercalation kinetics")
"""Options of PyBaMM that are all "MSMR" for MSMR electrodes."""
MISSING = re.compile(r"'(.+?)' not found")
"""PyBaMM's message for an entry that parameter values lack."""
CURRENT = "Current function [A]"
"""Key whose entry may be an input or depend on time: the cell's protocol takes its place."""


@dataclass(frozen=True)
class BaseSet:
    """Values of one's own to start from: a ``pybamm.ParameterValues``, a dict, or what a file holds.

    They are kept as ``set.json`` holds them, in PyBaMM's own JSON, so that a set is the same here, read again, and in other
    processes. Functions become PyBaMM's expressions of their arguments; one that PyBaMM cannot write is kept as module and
    name. Make it by ``BaseSet.of(values, name="…")``.
    """

    name: str
    """Name in messages, tables and figures."""
    text: str = field(repr=False)
    """PyBaMM's own JSON of the values."""
    functions: tuple[tuple[str, str], ...] = ()
    """Keys of functions that PyBaMM cannot write, each with ``module:name``."""

    def __post_init__(self) -> None:
        conform_fields(self, name="base set")
        if not self.name.strip() or not self.name.isprintable():
            raise ValueError(f"base set: its name is {show(self.name)}; give one that can be printed in a line")
        _loaded(self)

    @classmethod
    def of(cls, values: pybamm.ParameterValues | Mapping[str, Any], *, name: str = "given set") -> BaseSet:
        """Base set of these values; entries that are NaN or None count as missing, as in PyBaMM.

        Raises
        ------
        ValueError
            Naming the entry: a function that is neither one of PyBaMM's symbols nor found by other processes under a name, an
            input, or a value that PyBaMM does not take.
        """
        document, functions = {}, []
        for key, entry in _given(values, name).items():
            if entry is None or (isinstance(entry, float | np.floating) and np.isnan(entry)):
                continue
            try:
                document[key] = write_value(key, entry)
            except ValueError as error:
                functions.append((key, _reference(entry, f"base {name}: {key!r}", error)))
        return cls(name, json.dumps(document, ensure_ascii=False, allow_nan=False), tuple(functions))

    def __str__(self) -> str:
        return self.name


def _given(values: pybamm.ParameterValues | Mapping[str, Any], name: str) -> dict[str, Any]:
    """Entries as PyBaMM takes them: lists as one entry for each index, "[input]" as an input."""
    taken = pybamm.ParameterValues({})
    for key, entry in values.items():
        try:
            taken.update({} if key == "chemistry" else {key: entry})
        except Exception as error:  # whatever PyBaMM raises of an entry
            raise ValueError(
                f"base {name}: PyBaMM does not take {show(key)} = {show(entry)} ({message_line(error)}); give a number or a "
                "function"
            ) from error
    return dict(taken.items())


def _of_table(name: str, table: Any) -> ExpressionFunction:
    """Function of data that stand in parameter values as a name and a table (x, y), as PyBaMM interpolates them."""
    axes = [table[0]] if np.ndim(table[0][0]) == 0 else list(table[0])
    arguments = [f"x{k}" for k in range(len(axes))]
    interpolant = pybamm.Interpolant(axes, table[-1], list(map(pybamm.Parameter, arguments)), name=name)
    return ExpressionFunction(pybamm.ExpressionFunctionParameter(name, interpolant, name, arguments))


def _reference(entry: Any, place: str, error: ValueError) -> str:
    """Module and name of a function that PyBaMM cannot write.

    Raises
    ------
    ValueError
        In the place of ``error``, which says why it cannot.
    """
    if not callable(entry):
        raise ValueError(f"{place} cannot be written as PyBaMM's JSON ({error}); give a number or a function") from error
    try:
        required_arguments(entry)
        return function_reference(entry)
    except ValueError as unnamed:
        raise ValueError(
            f"{place} cannot be written as PyBaMM's JSON ({error}), and {unnamed}; write it with PyBaMM's functions of its "
            "arguments, or put it at the top level of a module"
        ) from error


def as_base(base: Any) -> str | BaseSet:
    """The base that is given: the name of a set, or values of one's own as a `BaseSet`.

    Raises
    ------
    ValueError
        If PyBaMM has no set of that name or its package cannot load it, or the values are none.
    """
    if isinstance(base, pybamm.ParameterValues | Mapping):
        return BaseSet.of(base)
    if isinstance(base, str):
        _loaded(base)
    elif not isinstance(base, BaseSet):
        raise ValueError(f"base is {show(base)}; give the name of a set, a pybamm.ParameterValues, a dict or a BaseSet")
    return base


def base_values(base: str | BaseSet) -> pybamm.ParameterValues:
    """A fresh copy of the values of a set to start from; functions are callable.

    Raises
    ------
    ValueError
        If PyBaMM has no set of that name, or its package cannot load it.
    """
    return _loaded(base).copy()


@lru_cache(maxsize=8)
def _loaded(base: str | BaseSet) -> pybamm.ParameterValues:
    values = _registered(base) if isinstance(base, str) else read_values(json.loads(base.text))
    if isinstance(base, BaseSet):
        for key, reference in base.functions:
            try:
                values[key] = find_function(reference)
            except ValueError as error:
                raise ValueError(f"{key_path('functions', key)}: {error}") from error
    for key, entry in list(values.items()):
        if isinstance(entry, pybamm.ExpressionFunctionParameter | tuple):
            try:
                entry = _of_table(*entry) if isinstance(entry, tuple) else ExpressionFunction(entry)
            except Exception as error:  # a name that is no argument's, a table of another shape
                raise ValueError(
                    f"base {base}: {show(key)} is no function of PyBaMM ({type(error).__name__}: {message_line(error)})"
                ) from error
            values[key] = entry
        expression = entry.expression if isinstance(entry, ExpressionFunction) else entry
        if isinstance(expression, pybamm.Symbol) and key != CURRENT:
            inputs = sorted(node.name for node in expression.pre_order() if isinstance(node, pybamm.InputParameter))
            if inputs:
                raise ValueError(
                    f"base {base}: {key!r} depends on the input {show(inputs[0])}; give it a number, and its error by a law "
                    "(Scale, Value)"
                )
    return values


def _registered(name: str) -> pybamm.ParameterValues:
    """Values of PyBaMM's own set, or of one that a package registers."""
    names = sorted(pybamm.parameter_sets)  # "in" would load the set
    if name not in names:
        available = ", ".join(names)
        raise ValueError(
            f"PyBaMM has no parameter set {show(name)} to start from; take one of {available}; or a .json file with BPX or "
            f"PyBaMM's own JSON (in Python: read_base); or register a set under the entry point group pybamm_parameter_sets"
        )
    try:
        return pybamm.ParameterValues(name)
    except Exception as error:  # the code of another package
        raise ValueError(
            f"the package that registers the parameter set {show(name)} cannot load it ({type(error).__name__}: "
            f"{message_line(error)}); install it again"
        ) from error


def missing_entry(error: KeyError) -> str:
    """The entry that PyBaMM does not find in parameter values; empty text where the error is another."""
    found = MISSING.search(" ".join(str(error).split()))
    return found[1] if found else ""


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


def evaluate_entry(values: pybamm.ParameterValues, key: str, *arguments: Any) -> Array:
    """Values of an entry at these arguments, which are broadcast to one axis; a number counts as a constant function.

    PyBaMM processes it as in a model, so that entries may refer to others.
    """
    arrays = np.broadcast_arrays(*map(np.atleast_1d, arguments))
    children = {f"argument {k}": pybamm.Vector(array) for k, array in enumerate(arrays)}
    result = values.process_symbol(pybamm.FunctionParameter(key, children, print_name=None)).evaluate()
    return np.broadcast_to(np.asarray(result, float).ravel(), arrays[0].shape)


def evaluate_base(values: pybamm.ParameterValues, key: str, sto: Array, *, temperature: float | None = None) -> Array:
    """A base set's function of stoichiometry, or of stoichiometry and temperature [K], at these stoichiometries (n,).

    Without a temperature it is taken at the set's own reference temperature.
    """
    if not key.endswith(STOICHIOMETRY_AND_TEMPERATURE):
        return evaluate_entry(values, key, sto)
    return evaluate_entry(values, key, sto, values["Reference temperature [K]"] if temperature is None else temperature)


def applied(entry: Any, *arguments: Any) -> Any:
    """An entry of parameter values at PyBaMM's symbols: a function's expression, or the number itself."""
    return entry(*arguments) if callable(entry) else entry
