"""Identity of a cell as a solver: hashes of all that the outputs of a sample depend on."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.cell.cell import Cell
from a2c_pybamm.cell.pool import ParallelCell, Specification, specify
from a2c_pybamm.laws import Law, held_laws
from a2c_pybamm.parameter_set import ParameterSet, base_values
from a2c_pybamm.parameter_set.value_document import ExpressionFunction, write_value

LIBRARIES = ("pybamm", "pybammsolvers", "casadi", "numpy", "scipy")
"""Libraries whose versions move numbers."""
ROOMS = ("constants.py", "ions.py", "estimate", "laws", "parameter_set", "cell")
"""Files and folders of this package that make the outputs of a sample."""
COUNTED_BY_VERSION = frozenset({"builtins", "functools", *LIBRARIES, __name__.split(".")[0]})
"""Packages whose code is known by their version, or hashed as a whole."""
NOT_SOLVED = frozenset({"format", "version", "name", "description", "citations", "notes"})
"""Entries of a set that move no output."""
ESTIMATE_ENTRIES = ("names", "mean", "sources")
"""Entries of an estimate that move outputs."""


@dataclass(frozen=True)
class SolveIdentity:
    """Hashes of what the outputs of a sample depend on beside the sample."""

    set_hash: str
    """Hash of the set's base, laws and coefficients; not of its name and notes."""
    cell_hash: str
    """Hash of model, protocol and outputs, and of the code that solves them."""


def solve_identity(model: Any) -> SolveIdentity:
    """Identity of a `Cell` or `ParallelCell`, or of another model the property ``solve_identity`` of it.

    Raises
    ------
    ValueError
        If the model has none: nothing would show that its code has changed.
    """
    if isinstance(model, Cell | ParallelCell):
        cell = model if isinstance(model, Cell) else model.cell
        return _of_cell(cell.parameter_set, specify(model) if isinstance(model, Cell) else model.specification)
    own = getattr(model, "solve_identity", None)
    if isinstance(own, SolveIdentity):
        return own
    raise ValueError(
        f"remembered: {type(model).__name__} has no solve_identity, so that nothing would show when its function has changed; "
        "give a Cell or a ParallelCell"
    )


def _of_cell(parameter_set: ParameterSet, specification: Specification) -> SolveIdentity:
    document = {key: value for key, value in json.loads(specification.document).items() if key not in NOT_SOLVED}
    document["estimates"] = [{key: entry[key] for key in ESTIMATE_ENTRIES} for entry in document["estimates"]]
    # a set that another package registers may change under the same name
    values = base_values(parameter_set.base)
    entries = {str(key): values[key] for key in sorted(values.keys(), key=str)}
    document["base values"] = {key: _plain(entry) for key, entry in entries.items()}
    # texts of plain values are exact; whether functions are compiled is asked for each batch
    settings: dict[str, Any] = {
        field.name: repr(getattr(specification, field.name))
        for field in fields(specification)
        if field.name not in ("document", "compile")
    }
    settings["code"] = _code_hash()
    modules = {*_modules_of_laws(parameter_set), *_modules_of_base(str(parameter_set.base), entries)}
    if ":" in specification.model:  # a class of one's own, by module and name
        modules.add(specification.model.split(":")[0])
    settings["modules"] = {name: _file_hash(name) for name in modules if name.split(".")[0] not in COUNTED_BY_VERSION}
    return SolveIdentity(_hash(document), _hash(settings))


def _plain(value: Any) -> Any:
    """A base set's entry: numbers and text as they are, expressions as JSON, functions by their names."""
    if isinstance(value, int | float | str):
        return value
    if isinstance(value, ExpressionFunction | pybamm.Symbol):
        return write_value("entry", value)
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value).tolist()
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    if isinstance(value, partial):
        return [_plain(entry) for entry in (value.func, *value.args, *sorted(value.keywords.items()))]
    return f"{type(value).__name__} {getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"


def _modules_of_laws(parameter_set: ParameterSet) -> Iterator[str]:
    """Modules of the classes of all laws."""
    waiting: list[Law] = [attachment.law for attachment in parameter_set.attach.values()]
    while waiting:
        law = waiting.pop()
        waiting += held_laws(law).values()
        yield type(law).__module__


def _modules_of_base(name: str, entries: Mapping[str, Any]) -> Iterator[str]:
    """Modules that make a base set: those of its functions, and that which registers it."""
    yield from (point.module for point in entry_points(group="pybamm_parameter_sets", name=name))
    for entry in entries.values():
        function = entry.func if isinstance(entry, partial) else entry
        if callable(function):
            yield str(getattr(function, "__module__", None) or type(function).__module__)


def _file_hash(module: str) -> str:
    """Hash of a module's file.

    Raises
    ------
    ValueError
        If it has none.
    """
    loaded = sys.modules.get(module)
    spec = None if loaded else find_spec(module)
    file = getattr(loaded, "__file__", None) if loaded else spec and spec.origin
    if not file or not Path(file).is_file():
        raise ValueError(
            f"remembered: module {module!r} has a law or a base set's function but no file, so that nothing would show when it "
            "has changed; put them into a file"
        )
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


@cache
def _code_hash() -> str:
    """Hash of this package's code and of the libraries' versions."""
    package, found = Path(__file__).parents[1], hashlib.sha256()
    for name in ROOMS:
        for path in sorted((package / name).rglob("*.py")) or [package / name]:
            found.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return _hash({"files": found.hexdigest(), **{name: _version(name) for name in LIBRARIES}})


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # part of PyBaMM itself in other versions
        return ""


def _hash(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
