"""Errors of a study, collected: everything that does not depend on an invalid entry is checked too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from a2c_pybamm.readers.source_file import naming


class NotGiven(Exception):
    """Access to an entry that is missing because it is invalid in the file, and has an error of its own already."""


class StudyMistakes(ValueError):
    """Several mistakes at once, each in one line that names its file or key and the remedy."""

    lines: tuple[str, ...]

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(dict.fromkeys(lines))
        super().__init__("\n".join(self.lines))


def combined_error(lines: Iterable[str]) -> ValueError:
    """Error of these lines: a plain one of a single line, `StudyMistakes` of several."""
    several = StudyMistakes(lines)
    return ValueError(several.lines[0]) if len(several.lines) == 1 else several


@dataclass
class _Collection:
    """Errors and their places, shared by all `Mistakes` of one study."""

    errors: list[ValueError] = field(default_factory=list)
    places: set[str] = field(default_factory=set)
    n_consequence: int = 0
    """Number of checks that an earlier error has ended."""


class Mistakes:
    """Errors so far, each with the file and key that it is about."""

    def __init__(self) -> None:
        self._places: tuple[str | Path, ...] = ()
        self._collection = _Collection()

    def at(self, place: str | Path) -> Mistakes:
        """The same collection, whose further errors begin with this place."""
        inner = Mistakes()
        inner._places, inner._collection = (*self._places, place), self._collection
        return inner

    @contextmanager
    def collect(self, *places: str | Path) -> Iterator[None]:
        """Context whose ``ValueError`` is added and ends the context alone.

        Where it needs an entry that is not given it ends, is counted, and adds no line.
        """
        try:
            yield
        except ValueError as error:
            self.add(error, *places)
        except NotGiven:
            self._collection.n_consequence += 1
            self._collection.places |= set(map(str, places))

    def add(self, error: ValueError, *places: str | Path) -> None:
        """Add an error, or each of several."""
        self._collection.places |= set(map(str, places))
        errors = [ValueError(line) for line in error.lines] if isinstance(error, StudyMistakes) else [error]
        self._collection.errors += [_with_places(one, (*self._places, *places)) for one in errors]

    def has(self, error: ValueError) -> bool:
        """True where an equal error was added already, whatever places stand in front of it."""
        return any(str(other).endswith(str(error)) for other in self._collection.errors)

    def has_error_at(self, place: str | Path) -> bool:
        """True where this file or key has an error already, of which further ones are consequences."""
        return str(place) in self._collection.places

    def __len__(self) -> int:
        """Number of errors, and of checks that an earlier error has ended."""
        return len(self._collection.errors) + self._collection.n_consequence

    def stop(self) -> None:
        """Raise the errors, if any: a single one as it is, several as `StudyMistakes`.

        Where checks were ended and there are no errors, ``NotGiven``.
        """
        lines = tuple(dict.fromkeys(map(str, self._collection.errors)))
        if len(lines) == 1:
            raise self._collection.errors[0]
        if lines:
            raise StudyMistakes(lines)
        if self._collection.n_consequence:
            raise NotGiven


def _with_places(error: ValueError, places: tuple[str | Path, ...]) -> ValueError:
    """The error with the places in front of its text, as ``naming`` puts them."""
    for place in reversed(places):
        try:
            with naming(place):
                raise error
        except ValueError as placed:
            error = placed
    return error
