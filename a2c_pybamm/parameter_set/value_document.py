"""PyBaMM's own JSON of parameter values: written, and read without importing what it names.

``pybamm.ParameterValues.from_json`` imports the module of every class that a file names. Here every tag of a document is
compared with the list of PyBaMM's expressions first. A function is written as PyBaMM's expression of its arguments.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
from collections.abc import Callable, Mapping
from functools import cache
from inspect import Parameter, Signature, signature
from types import FunctionType
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.formatting import message_line
from a2c_pybamm.parameter_set import symbols
from a2c_pybamm.schema import conform, key_path, show

TAG = "$type"
FOREIGN_TAGS = ("py/object", "module")
"""Keys by which files of older versions name a class; this version of PyBaMM writes none."""
EXPRESSIONS = (
    *("array", "binary_operators", "conditional", "functions", "independent_variable", "input_parameter", "interpolant"),
    *("parameter", "scalar", "unary_operators", "vector", "operations.serialise"),
)
"""Modules of ``pybamm.expression_tree`` whose classes parameters are made of."""
LEAVES = ("builtins.float", "builtins.tuple", "numpy.ndarray")
"""Tags of plain values that PyBaMM makes itself, without an import."""
NUMBER_TYPES = ("float64", "float32", "int64", "int32", "bool")
"""Data types of arrays: with others a short file can take any amount of memory."""
REMEDY = "write it with pybamm.ParameterValues.to_json"


class ExpressionFunction:
    """A function that is given by PyBaMM's expression of its arguments.

    PyBaMM calls it as it calls a function written in Python, so that roots and powers in it are regularised as in that.
    """

    def __init__(self, written: pybamm.ExpressionFunctionParameter) -> None:
        self.__name__ = str(written.func_name)
        self.expression, self.arguments = written.child, tuple(written.func_args)
        self.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in self.arguments])

    def __call__(self, *symbols: Any, **named: Any) -> Any:
        given = self.__signature__.bind(*symbols, **named).arguments
        return pybamm.replace(self.expression, {pybamm.Parameter(name): symbol for name, symbol in given.items()})


def read_values(document: Mapping[str, Any]) -> pybamm.ParameterValues:
    """The parameter values in a document of PyBaMM's own JSON.

    Raises
    ------
    ValueError
        Naming the entry: a class that is none of PyBaMM's expressions, or something that PyBaMM does not read.
    """
    for place, node in _nodes(document):
        if reason := _unsafe(node):
            raise ValueError(f"{place or 'the file'} {reason}; {REMEDY}")
    values = pybamm.ParameterValues({})
    for key, entry in document.items():
        try:
            values[key] = _value(entry)
        except Exception as error:  # PyBaMM's classes raise whatever comes up when their settings are wrong
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(f"{key_path('', key)} is no parameter of PyBaMM ({reason}); {REMEDY}") from error
    return values


def write_value(key: str, entry: Any) -> Any:
    """PyBaMM's own JSON of one entry of parameter values, such that `read_values` reads it.

    Raises
    ------
    ValueError
        If it has no such form; the text is the reason.
    """
    if isinstance(entry, np.generic):
        entry = entry.item()
    if isinstance(entry, float) and not math.isfinite(entry):
        raise ValueError(f"{entry} is no finite number")
    if isinstance(entry, np.ndarray):
        raise ValueError("an array is no entry")
    if not isinstance(entry, str | list | int | float):
        try:
            symbol = _traced(key, entry) if callable(entry) else entry
            node = pybamm.ParameterValues({key: symbol}).to_json()[key]
            entry = json.loads(json.dumps(node, default=_plain, allow_nan=False))
        except Exception as error:  # whatever a class of PyBaMM's or of the user's raises
            raise ValueError(f"{type(error).__name__}: {message_line(error)}") from error
    read_values({key: entry})
    return entry


def _traced(key: str, function: Callable[..., Any]) -> pybamm.ExpressionFunctionParameter:
    """A function as PyBaMM's expression of its arguments."""
    if isinstance(function, ExpressionFunction):
        return pybamm.ExpressionFunctionParameter(key, function.expression, function.__name__, list(function.arguments))
    name, arguments = getattr(function, "__name__", type(function).__name__), required_arguments(function)
    with pybamm.tracing():
        expression = function(*map(pybamm.Parameter, arguments))
    return pybamm.ExpressionFunctionParameter(key, pybamm.convert_to_symbol(expression), name, arguments)


def required_arguments(function: Callable[..., Any]) -> list[str]:
    """Names of the arguments that PyBaMM passes to a base set's function: those without a default."""
    needed = [p for p in signature(function).parameters.values() if p.default is Parameter.empty]
    return [p.name for p in needed if p.kind is not Parameter.VAR_KEYWORD]


def function_reference(function: Any) -> str:
    """Module and name of a function, ``module:name``, by which other processes find it.

    Raises
    ------
    ValueError
        If they find none there: a lambda, a function inside another, one of the main program; the text is the reason.
    """
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if not isinstance(function, FunctionType) or not name.isidentifier():
        raise ValueError("a lambda, a function inside another or an object has no name that other processes find")
    if module == "__main__":
        raise ValueError("other processes do not find a function of the main program")
    reference = f"{module}:{name}"
    if find_function(reference) is not function:
        raise ValueError(f"{reference} is another function")
    return reference


def find_function(reference: str) -> FunctionType:
    """The function at ``module:name``, of a module that is imported already: none is imported because a file names it.

    Raises
    ------
    ValueError
        If the module is not imported, belongs to Python itself, or does not define such a function.
    """
    module, _, name = reference.partition(":")
    if module.split(".")[0] in sys.stdlib_module_names:
        raise ValueError(f"{show(reference)} is of Python itself, and no parameter of a cell")
    if module not in sys.modules:
        raise ValueError(f"module {show(module)} is not imported, and a file imports none; import it first")
    function = vars(sys.modules[module]).get(name)
    if not isinstance(function, FunctionType) or (function.__module__, function.__qualname__) != (module, name):
        raise ValueError(f"module {module} defines no function {show(name)}; take the version that does")
    return function


def _plain(value: Any) -> Any:
    """A list or number in the place of numpy's."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _value(entry: Any) -> Any:
    """One parameter: a number, a text, a list of texts, or an expression."""
    if isinstance(entry, Mapping):
        return pybamm.ParameterValues.from_json({"value": entry})["value"]
    if isinstance(entry, int | float):
        return entry if isinstance(entry, bool) else type(entry)(conform(entry, float, "a number"))
    texts = entry if isinstance(entry, list) else [entry]
    # PyBaMM itself gives a text in brackets another meaning: it takes "[input]" alone
    if all(isinstance(text, str) and (text == "[input]" or text[:1] != "[") for text in texts):
        return entry
    raise ValueError(f"{show(entry)} is neither a number, a text nor an expression")


def _nodes(document: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """Every table of a document with its place, also where this version of PyBaMM reads none."""
    tables, waiting = [], [("", document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, Mapping):
            tables.append((place, value))
            waiting += [(key_path(place, name), entry) for name, entry in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{place}[{k}]", entry) for k, entry in enumerate(value)]
    return tables


def _unsafe(node: Mapping[str, Any]) -> str:
    """Reason why a table of the file is not given to PyBaMM; empty text where it is."""
    for key in FOREIGN_TAGS:
        if key in node:
            return f"names a class by {key!r}, which is not read"
    if TAG not in node:
        return "names a class by 'type', which is not read" if "type" in node else ""
    tag = node[TAG]
    if not isinstance(tag, str) or tag not in (*LEAVES, *_expression_tags()):
        return f"names {show(tag)}, which is none of PyBaMM's expressions"
    if tag == "numpy.ndarray" and node.get("dtype") not in NUMBER_TYPES:
        return f"is an array of {show(node.get('dtype'))}, which is not read"
    entries = node.get("entries")
    return "is a sparse array, which no parameter is" if isinstance(entries, Mapping) else ""


@cache
def _expression_tags() -> frozenset[str]:
    """Tags of the expressions that parameters are made of: dotted names of classes."""
    modules = [importlib.import_module(f"pybamm.expression_tree.{name}") for name in EXPRESSIONS]
    return frozenset(
        f"{thing.__module__}.{thing.__qualname__}"
        for module in [*modules, symbols]
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, pybamm.Symbol) and thing.__module__ == module.__name__
    )
