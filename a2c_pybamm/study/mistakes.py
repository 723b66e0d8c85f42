"""Mistakes of a study, collected: what does not depend on one is looked at all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from a2c_pybamm.readers.source_file import naming


class NotGiven(Exception):
    """A reading of an entry that is wrong in the file: what needs it cannot be looked at, and says nothing new."""


class StudyMistakes(ValueError):
    """Several mistakes at once, each in one line that names its file or key and the remedy."""

    lines: tuple[str, ...]

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(dict.fromkeys(lines))
        super().__init__("\n".join(self.lines))


def one_or_all(lines: Iterable[str]) -> ValueError:
    """The error of these lines: a plain one of a single line, `StudyMistakes` of several."""
    found = StudyMistakes(lines)
    return ValueError(found.lines[0]) if len(found.lines) == 1 else found


@dataclass
class _Found:
    """What one collection holds, whatever the place that it is looked at from."""

    errors: list[ValueError] = field(default_factory=list)
    blamed: set[str] = field(default_factory=set)
    n_consequence: int = 0
    """Stretches of code that an earlier mistake has ended."""


class Mistakes:
    """The mistakes found so far, each named by the places in which it stands."""

    def __init__(self) -> None:
        self._places: tuple[str | Path, ...] = ()
        self._found = _Found()

    def at(self, place: str | Path) -> Mistakes:
        """The same collection; what it takes begins with this place."""
        inner = Mistakes()
        inner._places, inner._found = (*self._places, place), self._found
        return inner

    @contextmanager
    def collect(self, *places: str | Path) -> Iterator[None]:
        """A stretch of code whose ``ValueError`` is kept, and what follows it is gone on with.

        Where it needs an entry that is wrong it ends, is counted, and adds no line.
        """
        try:
            yield
        except ValueError as error:
            self.add(error, *places)
        except NotGiven:
            self._found.n_consequence += 1
            self._found.blamed |= set(map(str, places))

    def add(self, error: ValueError, *places: str | Path) -> None:
        """Keep an error, or each of several."""
        self._found.blamed |= set(map(str, places))
        parts = [ValueError(line) for line in error.lines] if isinstance(error, StudyMistakes) else [error]
        self._found.errors += [_named(part, (*self._places, *places)) for part in parts]

    def has(self, error: ValueError) -> bool:
        """Whether the same was found already, with whatever places in front."""
        return any(str(found).endswith(str(error)) for found in self._found.errors)

    def blames(self, place: str | Path) -> bool:
        """Whether something was wrong with this file or key already: what else it leads to says nothing new."""
        return str(place) in self._found.blamed

    def __len__(self) -> int:
        """Number of errors, and of what an earlier mistake has kept from being looked at."""
        return len(self._found.errors) + self._found.n_consequence

    def stop(self) -> None:
        """Raise what has been found, if anything: one error as it is, several as `StudyMistakes`.

        Where there are consequences of earlier mistakes alone, ``NotGiven``.
        """
        lines = tuple(dict.fromkeys(map(str, self._found.errors)))
        if len(lines) == 1:
            raise self._found.errors[0]
        if lines:
            raise StudyMistakes(lines)
        if self._found.n_consequence:
            raise NotGiven


def _named(error: ValueError, places: tuple[str | Path, ...]) -> ValueError:
    """The error with the places in front of it, as ``naming`` puts them."""
    for place in reversed(places):
        try:
            with naming(place):
                raise error
        except ValueError as named:
            error = named
    return error
