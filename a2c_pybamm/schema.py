"""Values of files and callers checked against type annotations: one line that names the place, what is wrong, and the remedy.

A record declares its fields once, in its annotations. ``conform`` reads them for a value that comes from outside, and
``conform_fields`` for a frozen dataclass when it is made. Nothing is guessed: a whole number is taken where a float is
declared, a list or array where a tuple is, numpy's scalars for Python's, and nothing else.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from a2c_pybamm.formatting import SHOWN_LENGTH, cut

MOST_LISTED = 8
"""Names that a message lists: two lines of a terminal."""
REMEDY = "correct it"
MOST_BITS = 1024
"""Bits of the largest whole number that a message writes out (IEEE 754: the largest float has as many)."""


@dataclasses.dataclass(frozen=True)
class Limit:
    """Upper bound of a whole number, or of a list's number of entries."""

    most: int
    reason: str

    def check(self, value: Any, place: str) -> None:
        """Raise ``ValueError`` where the value is larger or longer."""
        size, unit = (len(value), "entries") if isinstance(value, tuple) else (value, "")
        if size > self.most:
            shown = f"{size} {unit}".rstrip() if isinstance(value, tuple) else show(value)
            raise ValueError(f"{place} is {shown}, more than {self.most} ({self.reason}); give fewer")


@dataclasses.dataclass(frozen=True)
class Above:
    """Lower bound of a number, itself excluded."""

    least: float
    unit: str

    def check(self, value: float, place: str) -> None:
        """Raise ``ValueError`` where the number is not larger."""
        if not value > self.least:
            shown, least = (f"{number:g} {self.unit}".rstrip() for number in (value, self.least))
            raise ValueError(f"{place} is {shown}, and must be above {least}; {REMEDY}")


Temperature = Annotated[float, Above(0, "K")]


def show(value: Any) -> str:
    """A wrong value as one short line of text."""
    kind = getattr(value, "kind", None)
    if isinstance(kind, str) and not isinstance(value, str):
        return f"a law of kind {kind!r}"
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        return "a number of more than 300 digits"
    if isinstance(value, dict | list | tuple) and len(value) > 3:
        return f"a {'table' if isinstance(value, dict) else 'list'} of {len(value)} entries"
    try:
        text = ascii(value) if isinstance(value, str) and not encodable(value) else repr(value)
    except (ValueError, RecursionError):
        return f"a value of type {type(value).__name__}"
    text = " ".join(text.split())
    return cut(text)


def listed(names: Collection[str]) -> str:
    """Some names of a list, quoted, and how many more there are."""
    first = [show(name) for name in islice(names, MOST_LISTED)]
    more = len(names) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")


def printable(name: Any) -> str:
    """A name as it begins a message: the text itself where it can be printed."""
    return name if isinstance(name, str) and encodable(name) and "\0" not in name else show(name)


def encodable(text: str) -> bool:
    """True where UTF-8 has the text's characters: it has none for a surrogate that stands alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def conform(value: Any, kind: Any, place: str) -> Any:
    """The value in the form of a type annotation.

    Understood are ``str``, ``bool``, ``int``, ``float`` (finite), ``Literal``, ``X | None``, ``X | Y``, ``tuple``, ``Mapping``
    with text as keys, dataclasses (from a mapping of their fields), other classes and protocols (instances), ``Any``, and each
    of them ``Annotated`` with a ``Limit`` or ``Above``. A value of none of several classes is taken for the last one's.

    Raises
    ------
    ValueError
        ``<place> is <value>, not <what is declared>``.
    """
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *limits = get_args(kind)
        value = conform(value, inner, place)
        for limit in limits:
            limit.check(value, place)
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if origin in (Union, types.UnionType):
        return None if value is None and type(None) in get_args(kind) else _converted_union(value, kind, place)
    convert = _CONVERSIONS.get(origin or kind)
    if convert is not None:
        return convert(value, kind, place)
    if kind is Any:
        return value
    if isinstance(value, kind):
        return value
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _converted_record(value, kind, place)
    raise ValueError(f"{place} is {show(value)}, not a {_described(kind)}; {REMEDY}")


def key_path(place: str, key: str) -> str:
    """The place of a key in the table at a place, in dots: ``laws.LCO.settings``."""
    shown = key if key.isprintable() and len(key) <= SHOWN_LENGTH else show(key)
    return f"{place}.{shown}" if place else shown


def _described(kind: Any) -> str:
    """Name of a class and the first line of its docstring."""
    first = (kind.__doc__ or "").partition("\n")[0].rstrip(".")
    return f"{kind.__name__} ({first[:1].lower()}{first[1:]})" if first else str(kind.__name__)


def _converted_union(value: Any, kind: Any, place: str) -> Any:
    members = [member for member in get_args(kind) if member is not type(None)]
    fitting = (member for member in members if isinstance(member, type) and isinstance(value, member))
    return conform(value, next(fitting, members[-1]), place)


def _text(value: Any, kind: Any, place: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{place} is {show(value)}, not text; {REMEDY}")
    if not encodable(value):
        raise ValueError(f"{place} is {show(value)}, which holds half a character (a lone surrogate); write it anew")
    return value


def _flag(value: Any, kind: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{place} is {show(value)}, not true or false; {REMEDY}")
    return value


def _whole_number(value: Any, kind: Any, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{place} is {show(value)}, not a whole number; {REMEDY}")
    return value


def _number(value: Any, kind: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{place} is {show(value)}, not a number; {REMEDY}")
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError(f"{place} is {show(value)}, too large for a number; {REMEDY}") from error
    if not math.isfinite(number):
        raise ValueError(f"{place} is {number}, not a finite number; {REMEDY}")
    return number


def _choice(value: Any, kind: Any, place: str) -> Any:
    choices = get_args(kind)
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        raise ValueError(f"{place} {show(value)} is unknown; take {' or '.join(map(repr, choices))}")
    return value


def _tuple(value: Any, kind: Any, place: str) -> tuple[Any, ...]:
    kinds = get_args(kind)
    value = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(value, list | tuple):
        raise ValueError(f"{place} is {show(value)}, not a list; {REMEDY}")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        if kinds[0] is float and all(type(entry) is float and math.isfinite(entry) for entry in value):
            return tuple(value)  # as below, at a tenth of the time for a long table
        return tuple(conform(entry, kinds[0], f"{place}[{k}]") for k, entry in enumerate(value))
    if len(value) != len(kinds):
        raise ValueError(f"{place} has {len(value)} entries, not {len(kinds)}; {REMEDY}")
    return tuple(conform(entry, inner, f"{place}[{k}]") for k, (entry, inner) in enumerate(zip(value, kinds, strict=True)))


def _mapping(value: Any, kind: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{place} is {show(value)}, not a table of names and values; {REMEDY}")
    _, inner = get_args(kind) or (str, Any)
    return {
        _text(key, str, f"{place}: a key".removeprefix(": ")): conform(entry, inner, key_path(place, key))
        for key, entry in value.items()
    }


_CONVERSIONS: dict[Any, Callable[[Any, Any, str], Any]] = {
    str: _text,
    bool: _flag,
    int: _whole_number,
    float: _number,
    Literal: _choice,
    tuple: _tuple,
    dict: _mapping,
    Mapping: _mapping,
}


@lru_cache(maxsize=128)
def field_kinds(record: Any) -> dict[str, Any]:
    """Annotation of each field of a dataclass that its constructor takes, by name."""
    hints = get_type_hints(record, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(record) if field.init}


def _converted_record(value: Any, kind: Any, place: str) -> Any:
    entries = _mapping(value, Mapping[str, Any], place)
    kinds = field_kinds(kind)
    for name in entries:
        if name not in kinds:
            near = difflib.get_close_matches(name, kinds, 1)
            hint = f"is {near[0]!r} meant?" if near else f"known are {', '.join(kinds)}"
            raise ValueError(f"{key_path(place, name)} is unknown; {hint}")
    for field in dataclasses.fields(kind):
        if field.name not in entries and field.default is dataclasses.MISSING:
            where = f"{place}: " if place else ""
            raise ValueError(f"{where}no entry {field.name!r}; it is incomplete")
    return kind(**{name: conform(entry, kinds[name], key_path(place, name)) for name, entry in entries.items()})


def conform_fields(record: Any, *, name: str) -> None:
    """Check the fields of a frozen dataclass against their annotations, and bring each to its declared form.

    To be called first in ``__post_init__``. ``name`` begins the message of the ``ValueError``.
    """
    for field, kind in field_kinds(record.__class__).items():
        object.__setattr__(record, field, conform(getattr(record, field), kind, f"{name}: {field}"))
