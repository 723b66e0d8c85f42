"""Entries of energies in JSON as pymatgen writes them and databases of calculations give them, read without pymatgen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ase.data import atomic_numbers

from a2c_pybamm.formatting import cut, plain
from a2c_pybamm.readers.bounded_stream import open_bytes
from a2c_pybamm.readers.source_file import FILE_LIMITS, read_text
from a2c_pybamm.readers.thermodynamics.functional import (
    Functional,
    gga_of_potentials,
    hubbard_by_element,
    potentials_by_element,
)
from a2c_pybamm.readers.units import LARGEST_NUMBER, STATED_TOLERANCE

N_VECTOR = 3
"""Vectors of a cell that has a volume."""
KEY_BYTES = 200
"""Bytes in which the first key of a JSON file stands."""
_LIST = re.compile(rb"\s*\[\s*[\[{\]]")
_ENTRIES = re.compile(rb'\s*\{\s*"(entries|@module|@class|energy|composition|structure|correction|parameters|data)"\s*:')
_ELEMENT = re.compile(r"([A-Z][a-z]?)(\d*[+-])?")
_ADJUSTMENTS = {
    "ConstantEnergyAdjustment": ("value",),
    "ManualEnergyAdjustment": ("value",),
    "CompositionEnergyAdjustment": ("adj_per_atom", "n_atoms"),
    "TemperatureEnergyAdjustment": ("adj_per_deg", "temp", "n_atoms"),
}
"""Numbers whose product is an adjustment of an energy, by pymatgen's name of its class."""
REMEDY = "write a list of pymatgen's ComputedEntry or ComputedStructureEntry (as_dict), or extended xyz"


class Entry(NamedTuple):
    """One entry of a list."""

    identifier: str
    numbers: dict[str, float]
    """Numbers of atoms by element."""
    energy: float
    """Energy with its corrections [eV]."""
    volume: float | None
    """Volume of the cell [Å3]; None where the entry has no structure."""
    info: Mapping[str, Any]
    """Further statements by key."""
    functional: Functional | None


def holds_entries(path: Path) -> bool:
    """True for a file in JSON that begins as a list, or with a key of an entry or of a table of entries."""
    with open_bytes(path) as file:
        beginning = file.read(KEY_BYTES)
    return bool(_LIST.match(beginning) or _ENTRIES.match(beginning))


def read_entries(path: Path) -> list[Entry]:
    """Entries of a JSON file: a list of them, a table with such a list as ``entries``, or one entry.

    Raises
    ------
    ValueError
        Naming file and entry: it is no JSON or cut off, holds something else, an energy or number of atoms is not one, or a
        composition is not that of the structure beside it.
    """
    try:
        content = json.loads(read_text(path, largest=FILE_LIMITS.json_bytes))
    except (ValueError, RecursionError) as error:
        if str(error).startswith(str(path)):
            raise
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ValueError(f"{path}: not JSON ({reason}); is it cut off? copy it again") from error
    if isinstance(content, dict):
        content = content.get("entries", [content])
    if not isinstance(content, list) or not content:
        raise ValueError(f"{path}: no entries in it; {REMEDY}")
    return [_entry(f"{path}, entry {k}", item) for k, item in enumerate(content)]


def _entry(where: str, item: Any) -> Entry:
    if not isinstance(item, dict) or not ("composition" in item or "structure" in item) or "energy" not in item:
        raise ValueError(f"{where}: no energy with a composition or structure; {REMEDY}")
    numbers, volume = _composition(where, item.get("composition")), None
    if item.get("structure") is not None:
        of_sites, volume = _structure(where, item["structure"])
        if numbers and not _equal(numbers, of_sites):
            raise ValueError(f"{where}: its composition is not that of its structure; leave one out")
        numbers = of_sites
    if not numbers:
        raise ValueError(f"{where}: no atoms in it; {REMEDY}")
    energy = _number(where, "energy", item["energy"]) + _correction(where, item)
    data, identifier = item.get("data"), item.get("entry_id")
    info = {**(data if isinstance(data, dict) else {}), "entry_id": identifier}
    called = "" if identifier is None else plain(cut(str(identifier)))
    return Entry(called, numbers, energy, volume, info, _functional(item))


def _equal(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    differences = [abs(one.get(key, 0.0) - other.get(key, 0.0)) for key in one.keys() | other.keys()]
    return max(differences) <= STATED_TOLERANCE * sum(other.values())


def _number(where: str, key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST_NUMBER:
        raise ValueError(f"{where}: {key!r} is {cut(str(value))!r}, not a finite number; correct it, or leave the entry out")
    return float(value)


def _symbol(where: str, text: Any) -> str:
    """The element of a symbol, which may have a charge behind it."""
    match = _ELEMENT.fullmatch(str(text))
    if not match or match[1] not in atomic_numbers:
        raise ValueError(f"{where}: {cut(str(text))!r} is not the symbol of an element; correct it")
    return match[1]


def _counted(where: str, pairs: Iterator[tuple[Any, Any]]) -> dict[str, float]:
    """Numbers of atoms by element of pairs of a symbol and a number."""
    numbers: dict[str, float] = {}
    for text, value in pairs:
        symbol, number = _symbol(where, text), _number(where, f"number of {cut(str(text))}", value)
        if number < 0:
            raise ValueError(f"{where}: {number:g} atoms of {symbol}; correct it")
        if number:
            numbers[symbol] = numbers.get(symbol, 0.0) + number
    return numbers


def _composition(where: str, value: Any) -> dict[str, float]:
    """Numbers of atoms of a table by symbol; empty where there is none."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{where}: its composition is no table of numbers of atoms by element; {REMEDY}")
    return _counted(where, ((key, number) for key, number in value.items() if not key.startswith("@")))


def _structure(where: str, value: Any) -> tuple[dict[str, float], float | None]:
    """Numbers of atoms by element and volume of the cell [Å3] of a structure as pymatgen writes it; None where it has none."""
    try:
        species = [(kind["element"], kind.get("occu", 1)) for site in value["sites"] for kind in site["species"]]
        matrix = np.array(value["lattice"]["matrix"], dtype=float)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ValueError(f"{where}: its structure has no sites with species, or no lattice with a matrix; {REMEDY}") from error
    if matrix.shape != (N_VECTOR, N_VECTOR) or not (np.abs(matrix) < LARGEST_NUMBER).all():
        raise ValueError(f"{where}: the matrix of its lattice is not three rows of finite numbers; correct it")
    return _counted(where, iter(species)), float(abs(np.linalg.det(matrix))) or None


def _correction(where: str, item: Mapping[str, Any]) -> float:
    """Sum of an entry's adjustments [eV], or its correction where they are not listed."""
    stated = _number(where, "correction", item.get("correction") or 0.0)
    adjustments = item.get("energy_adjustments") or []
    if not isinstance(adjustments, list) or not all(isinstance(adjustment, dict) for adjustment in adjustments):
        raise ValueError(f"{where}: its energy_adjustments are no list of tables; {REMEDY}")
    kinds = [str(adjustment.get("@class")) for adjustment in adjustments]
    if not adjustments or not set(kinds) <= _ADJUSTMENTS.keys():
        return stated
    total = sum(
        float(np.prod([_number(where, key, adjustment.get(key)) for key in _ADJUSTMENTS[kind]]))
        for kind, adjustment in zip(kinds, adjustments, strict=True)
    )
    if stated and abs(total - stated) > STATED_TOLERANCE * max(1.0, abs(stated)):
        raise ValueError(
            f"{where}: its correction is {stated:g} eV, and its energy_adjustments are {total:g} eV; leave out the wrong one"
        )
    return total


def _titles(parameters: Mapping[str, Any]) -> list[str]:
    """Titles of pseudopotentials, by either key of an entry's parameters."""
    symbols, described = parameters.get("potcar_symbols"), parameters.get("potcar_spec")
    if isinstance(symbols, list):
        return list(map(str, symbols))
    return [str(entry.get("titel")) for entry in described if isinstance(entry, dict)] if isinstance(described, list) else []


def _functional(item: Mapping[str, Any]) -> Functional | None:
    """The functional that an entry's parameters state; None where they state none."""
    parameters = item.get("parameters")
    if not isinstance(parameters, dict):
        return None
    titles = _titles(parameters)
    run_type, hubbards, corrected = parameters.get("run_type"), parameters.get("hubbards"), parameters.get("is_hubbard", True)
    exchange = run_type.upper().removesuffix("+U") if isinstance(run_type, str) else ""
    if exchange == "GGA":
        exchange = gga_of_potentials(titles) or exchange
    pairs = [(str(key), value) for key, value in hubbards.items()] if isinstance(hubbards, dict) and corrected else []
    values = [float(value) if isinstance(value, int | float) and abs(value) < LARGEST_NUMBER else 0.0 for _, value in pairs]
    found = Functional(exchange, hubbard_by_element([key for key, _ in pairs], values), potentials_by_element(titles))
    return found if exchange or titles else None
