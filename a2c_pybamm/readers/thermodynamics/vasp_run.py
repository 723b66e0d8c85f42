"""Functional and convergence of a run of VASP, read from its ``vasprun.xml`` or ``OUTCAR`` piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from a2c_pybamm.data import BLOCK_BYTES
from a2c_pybamm.readers.bounded_stream import BUFFER_BYTES, open_bytes
from a2c_pybamm.readers.memory_bound import MemoryBound
from a2c_pybamm.readers.source_file import FILE_LIMITS
from a2c_pybamm.readers.thermodynamics.functional import (
    UNSET,
    Calculation,
    Functional,
    potentials_by_element,
    vasp_exchange,
    vasp_hubbard,
)

OF_FUNCTIONAL = ("GGA", "METAGGA", "LMETAGGA", "LHFCALC", "AEXX", "HFSCREEN", "LUSE_VDW", "IVDW")
OF_HUBBARD = ("LDAU", "LDAUU", "LDAUJ", "LDAUL")
OF_LOOPS = ("NELM", "NSW", "IBRION", "LEPSILON")
WANTED = frozenset((*OF_FUNCTIONAL, *OF_HUBBARD, *OF_LOOPS))
"""Tags that are read."""
LONGEST_TAG = 10_000
"""Characters of a tag's value: a number for each of a thousand kinds of atoms."""
RELAXATIONS = ("1", "2", "3")
"""Values of IBRION of runs that end where forces are small."""
HEADER_BYTES = 2**24
"""Bytes above the first step of an ``OUTCAR`` in which tags are looked for (16 MiB): a thousand atoms take a fiftieth of it."""
_TAG = re.compile(r"\b([A-Z][A-Z_0-9]*) *= *([^;=]*)")
_COMMENT = re.compile("[#!]")
_TITLE = re.compile(r" *(?:TITEL *=|(POTCAR:))(.*)")
_STEP = re.compile(rb"Iteration +(\d{1,9})\( *(\d{1,9})\)")
STEP = b"Iteration "
"""Beginning of the line above an electronic step."""
MARKS = {
    b"aborting loop because EDIFF is reached": "electrons",
    b"reached required accuracy": "ions",
    b"soft stop encountered": "stop",
    b"hard stop encountered": "stop",
}
"""Texts of an ``OUTCAR`` that say how a loop or the run ended."""


@dataclass
class _Run:
    """Content of a file of VASP as far as it has been read."""

    tags: dict[str, str] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    """Titles of pseudopotentials as an ``OUTCAR`` announces them: all, and each again above its own block."""
    n_ionic: int = 0
    """Ionic steps."""
    n_electronic: int = 0
    """Electronic steps of the last of them."""

    def add(self, tag: str, value: str) -> None:
        """Add a tag; one that is set is not replaced by one that is not."""
        if tag in WANTED and (value.strip().upper() not in UNSET or tag not in self.tags):
            self.tags[tag] = value.strip()

    def whole(self, tag: str) -> int:
        """A tag that is a whole number; zero where it is none."""
        text = self.tags.get(tag, "")
        return int(text) if re.fullmatch(r"\d{1,9}", text) else 0

    @property
    def relaxes(self) -> bool:
        """True where forces are to become small within a number of steps."""
        return self.tags.get("IBRION") in RELAXATIONS and self.whole("NSW") > 1

    def calculation(self, causes: Iterator[str]) -> Calculation:
        """The settings, with the causes why it is not converged."""
        functional = Functional(
            vasp_exchange(self.tags, self.titles), vasp_hubbard(self.tags, self.titles), potentials_by_element(self.titles)
        )
        known = bool(functional.exchange or functional.potentials)
        return Calculation(functional if known else None, "; ".join(causes))


def read_vasp_calculation(path: Path, kind: str) -> Calculation:
    """Functional of a run of VASP, and why it is not converged; of another format nothing.

    Raises
    ------
    ValueError
        Naming the file: it is no XML, or defines a document type, which VASP's do not.
    """
    if kind == "vasp-xml":
        return _read_xml(path)
    return _read_outcar(path) if kind == "vasp-out" else Calculation()


class _Elements:
    """Handlers of a parser of ``vasprun.xml``, which keep the wanted tags and count steps."""

    def __init__(self, path: Path) -> None:
        self.run = _Run()
        self._path = path
        self._inside: set[str] = set()
        self._tag = ""
        self._text: list[str] | None = None
        self._length = 0
        self._cells: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        tag = attributes.get("name", "")
        if name in ("incar", "parameters", "calculation"):
            self._inside.add(name)
        if name == "array":
            self._inside.discard("atomtypes")
            self._inside |= {tag} & {"atomtypes"}
        if name == "calculation":
            self.run.n_ionic, self.run.n_electronic = self.run.n_ionic + 1, 0
        elif name == "scstep" and "calculation" in self._inside:
            self.run.n_electronic += 1
        elif name == "rc":
            self._cells = []
        is_tag = name in ("i", "v") and tag.upper() in WANTED and not self._inside.isdisjoint(("incar", "parameters"))
        if is_tag or (name == "c" and "atomtypes" in self._inside):
            self._tag, self._text, self._length = tag.upper(), [], 0

    def text(self, text: str) -> None:
        if self._text is None:
            return
        self._text.append(text)
        self._length += len(text)
        if self._length > LONGEST_TAG:
            raise ValueError(f"{self._path}: a tag of more than {LONGEST_TAG} characters; is it damaged? copy it again")

    def end(self, name: str) -> None:
        value = "".join(self._text or ())
        if name in ("i", "v") and self._text is not None:
            self.run.add(self._tag, value)
        elif name == "c" and self._text is not None:
            self._cells.append(value)
        elif name == "rc" and "atomtypes" in self._inside and self._cells:
            self.run.titles.append(self._cells[-1])  # the pseudopotential stands last
        elif name in ("incar", "parameters", "calculation"):
            self._inside.discard(name)
        elif name == "array":
            self._inside.discard("atomtypes")
        if name in ("i", "v", "c"):
            self._text = None

    def doctype(self, *_: object) -> None:
        raise ValueError(f"{self._path}: defines a document type, as no file of VASP; copy it again from where it was made")


def _read_xml(path: Path) -> Calculation:
    elements = _Elements(path)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = elements.start, elements.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = elements.text, elements.doctype
    try:
        with MemoryBound(path.stat().st_size), open_bytes(path, longest_line=FILE_LIMITS.line_bytes) as file:
            while piece := file.read(BUFFER_BYTES):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two of an encoding that is not known
        if str(error).startswith(str(path)):
            raise
        raise ValueError(f"{path}: not XML ({error}); is it damaged? copy it again") from error
    return elements.run.calculation(_xml_causes(elements.run))


def _xml_causes(run: _Run) -> Iterator[str]:
    """Reasons why the run of a ``vasprun.xml`` is not converged: it took as many steps as it may."""
    n_electronic, n_ionic = run.whole("NELM"), run.whole("NSW")
    if 0 < n_electronic <= run.n_electronic and run.tags.get("LEPSILON", "F") == "F":
        yield f"the last electronic loop took all NELM = {n_electronic} steps"
    if run.relaxes and run.n_ionic >= n_ionic:
        yield f"the relaxation took all NSW = {n_ionic} steps"


def _read_outcar(path: Path) -> Calculation:
    run = _Run()
    seen: set[str] = set()
    with open_bytes(path, longest_line=FILE_LIMITS.line_bytes) as file:
        line = b""
        for line in file:
            if STEP in line or file.tell() > HEADER_BYTES:
                break
            _read_header(run, line.decode("latin-1").rstrip("\n"))
        rest = line
        while piece := file.read(BLOCK_BYTES):
            lines, end, rest = (rest + piece).rpartition(b"\n")
            _read_steps(run, seen, lines + end)
        _read_steps(run, seen, rest)
    run.titles = run.titles or run.announced[: (len(run.announced) + 1) // 2]
    return run.calculation(_outcar_causes(run, seen))


def _read_steps(run: _Run, seen: set[str], lines: bytes) -> None:
    """Count the steps of some lines, and add the marks seen since the last electronic loop began."""
    places = sorted((at, word) for word in (STEP, *MARKS) for at in _places(lines, word))
    for at, word in places:
        if word != STEP:
            seen.add(MARKS[word])
        elif step := _STEP.match(lines, at):
            run.n_ionic, run.n_electronic = int(step[1]), int(step[2])
            if run.n_electronic == 1:
                seen.discard("electrons")


def _places(text: bytes, word: bytes) -> Iterator[int]:
    """Places of a word in a text: many times faster than an expression for all words."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _read_header(run: _Run, line: str) -> None:
    """Add the tags of a line above the first step."""
    if title := _TITLE.match(line):
        (run.announced if title[1] else run.titles).append(title[2])
        return
    if "LDA+U is selected" in line:
        run.add("LDAU", "T")
    for tag, value in _TAG.findall(_COMMENT.split(line)[0]):
        words = value[:LONGEST_TAG].split()
        run.add(tag, " ".join(words if tag in OF_HUBBARD else words[:1]))


def _outcar_causes(run: _Run, seen: set[str]) -> Iterator[str]:
    """Reasons why the run of an ``OUTCAR`` is not converged."""
    if "stop" in seen:
        yield "the run was stopped"
    if run.n_ionic and "electrons" not in seen:
        yield f"the last electronic loop did not reach EDIFF within {run.n_electronic} steps"
    if run.relaxes and "ions" not in seen:
        yield f"the relaxation did not reach its accuracy within {run.n_ionic} steps"
