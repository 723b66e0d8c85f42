"""PyBaMM's own JSON of parameter values, read without importing what the file names.

``pybamm.ParameterValues.from_json`` imports the module of every class that a file names. Here every tag of the file is compared
with the list of PyBaMM's expressions first.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pybamm

from a2c_pybamm.files.json_document import read_document
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


def read_parameter_values(path: str | Path) -> pybamm.ParameterValues:
    """The parameter values in a file that ``pybamm.ParameterValues.to_json`` has written.

    Raises
    ------
    ValueError
        Naming the file and the entry: a class that is none of PyBaMM's expressions, or something that PyBaMM does not read.
    """
    path = Path(path)
    document = read_document(path)
    for place, node in _nodes(document):
        if reason := _unsafe(node):
            raise ValueError(f"{path}: {place or 'the file'} {reason}; {REMEDY}")
    values = pybamm.ParameterValues({})
    for key, entry in document.items():
        try:
            values[key] = _value(entry)
        except Exception as error:  # PyBaMM's classes raise whatever comes up when their settings are wrong
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(f"{path}: {key_path('', key)} is no parameter of PyBaMM ({reason}); {REMEDY}") from error
    return values


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
