"""Mistakes of a study, collected: what does not depend on one is looked at all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from a2c_pybamm.readers.source_file import naming


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


class Mistakes:
    """The mistakes found so far, each named by the places in which it stands."""

    def __init__(self) -> None:
        self._places: tuple[str | Path, ...] = ()
        self._found: list[ValueError] = []
        self._blamed: set[str] = set()

    def at(self, place: str | Path) -> Mistakes:
        """The same collection; what it takes begins with this place."""
        inner = Mistakes()
        inner._places = (*self._places, place)
        inner._found, inner._blamed = self._found, self._blamed
        return inner

    @contextmanager
    def collect(self, *places: str | Path) -> Iterator[None]:
        """A stretch of code whose ``ValueError`` is kept, and what follows it is gone on with."""
        try:
            yield
        except ValueError as error:
            self.add(error, *places)

    def add(self, error: ValueError, *places: str | Path) -> None:
        """Keep an error, or each of several."""
        self._blamed |= set(map(str, places))
        parts = [ValueError(line) for line in error.lines] if isinstance(error, StudyMistakes) else [error]
        self._found += [_named(part, (*self._places, *places)) for part in parts]

    def blames(self, place: str | Path) -> bool:
        """Whether something was wrong with this file or key already: what else it leads to says nothing new."""
        return str(place) in self._blamed

    def __len__(self) -> int:
        return len(self._found)

    def stop(self) -> None:
        """Raise what has been found, if anything: one error as it is, several as `StudyMistakes`."""
        lines = tuple(dict.fromkeys(map(str, self._found)))
        if len(lines) == 1:
            raise self._found[0]
        if lines:
            raise StudyMistakes(lines)


def _named(error: ValueError, places: tuple[str | Path, ...]) -> ValueError:
    """The error with the places in front of it, as ``naming`` puts them."""
    for place in reversed(places):
        try:
            with naming(place):
                raise error
        except ValueError as named:
            error = named
    return error
