"""Values to start from that stand in a file: a BPX document, or PyBaMM's own JSON."""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pybamm

from a2c_pybamm.files.json_document import read_document
from a2c_pybamm.formatting import message_line
from a2c_pybamm.parameter_set import BaseSet, read_values, silent_pybamm
from a2c_pybamm.readers.source_file import naming
from a2c_pybamm.schema import key_path, show

BPX_SECTIONS = ("Header", "Parameterisation")
"""Sections that every BPX document has."""
BPX_FUNCTIONS = ("exp", "tanh", "cosh")
"""Functions in formulas of BPX that PyBaMM evaluates."""
OPERATIONS: dict[type[ast.operator], Any] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
"""Operations in formulas of BPX."""
FORMULA_LENGTH = 10_000
"""Characters of a formula: published ones have some hundreds."""


def read_base(path: str | Path) -> BaseSet:
    """Base set of a file's values: a BPX document, or what ``pybamm.ParameterValues.to_json`` has written.

    A BPX document is read as by ``pybamm.ParameterValues.create_from_bpx``. Nothing that a file names is imported or run.

    Raises
    ------
    ValueError
        Naming the file and the place in it: it is neither, or something in it is wrong.
    """
    path = Path(path)
    document = read_document(path)
    with naming(path):
        if any(section in document for section in BPX_SECTIONS):
            return BaseSet.of(_bpx_values(document), name=path.name)
        if isinstance(document.get("format"), str):
            raise ValueError("a set of a2c_pybamm, not PyBaMM's JSON nor BPX; take the file that its own base names")
        return BaseSet.of(read_values(document), name=path.name)


def base_of(entry: str | Path) -> str | BaseSet:
    """The base set that a study names: a file's values, or the name of a set."""
    return read_base(entry) if isinstance(entry, Path) else entry


def _bpx_values(document: Mapping[str, Any]) -> pybamm.ParameterValues:
    """PyBaMM's values of a BPX document.

    Raises
    ------
    ValueError
        If it is none, or a formula holds anything else than arithmetic.
    """
    if missing := [section for section in BPX_SECTIONS if section not in document]:
        raise ValueError(f"not BPX as PyBaMM reads it (no section {missing[0]!r}); take the whole file")
    for place, text in _formulas("Parameterisation", document["Parameterisation"]):
        _validate_formula(place, text)
    try:
        with silent_pybamm(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # older versions are converted; voltages that are missing are the limits
            return pybamm.ParameterValues.create_from_bpx_obj(_without_description(document))
    except Exception as error:  # bpx and PyBaMM raise whatever comes up
        raise ValueError(f"not BPX as PyBaMM reads it ({_bpx_error(error)}); correct it") from error


def _without_description(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without the description of its own entries, which PyBaMM would take for one of them."""
    parameterisation = document.get("Parameterisation")
    entries = parameterisation.get("User-defined") if isinstance(parameterisation, Mapping) else None
    if not isinstance(parameterisation, Mapping) or not isinstance(entries, Mapping):
        return dict(document)
    kept = {key: entry for key, entry in entries.items() if key != "description"}
    return {**document, "Parameterisation": {**parameterisation, "User-defined": kept}}


def _bpx_error(error: Exception) -> str:
    """Place and cause of an error of the schema, or the error as it is."""
    listed = getattr(error, "errors", None)
    if not callable(listed):
        return f"{type(error).__name__}: {message_line(error)}"
    first = listed(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the document'}: {message_line(ValueError(first['msg']))}"


def _formulas(place: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text below a place of a document, where all texts are formulas but for descriptions."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            if key != "description":
                yield from _formulas(key_path(place, key), entry)
    elif isinstance(value, list):
        for k, entry in enumerate(value):
            yield from _formulas(f"{place}[{k}]", entry)


def _validate_formula(place: str, text: str) -> None:
    """Raise ``ValueError`` unless a formula is arithmetic of x: BPX's schema admits any function, and reading runs it."""
    try:
        if len(text) > FORMULA_LENGTH:
            raise ValueError(f"it has {len(text)} characters, more than {FORMULA_LENGTH}")
        _constant(ast.parse(text.strip(), mode="eval").body)
    except (ValueError, SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(
            f"{place} is {show(text)}, no formula of x with + - * / ** and {', '.join(BPX_FUNCTIONS)} ({message_line(error)})"
        ) from error


def _constant(node: ast.expr) -> float | None:
    """Value of a part of a formula that holds no x; None for another.

    Raises
    ------
    ValueError
        If it is no arithmetic.
    ArithmeticError
        If a part without x has no finite value: with whole numbers, ``9**9**9`` would take for ever.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id == "x":
        return None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _constant(node.operand)
        return None if inner is None else -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        left, right = _constant(node.left), _constant(node.right)
        if left is None or right is None:
            return None
        value = OPERATIONS[type(node.op)](left, right)
        if isinstance(value, complex) or not math.isfinite(value):
            raise ArithmeticError(f"{left:g} and {right:g} give no finite number")
        return float(value)
    called = node.func if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords else None
    if isinstance(node, ast.Call) and isinstance(called, ast.Name) and called.id in BPX_FUNCTIONS:
        _constant(node.args[0])
        return None
    raise ValueError(f"{ast.unparse(node)[:FORMULA_LENGTH]} is none")
