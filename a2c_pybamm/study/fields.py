"""Types of a study's entries: quantities with units, plain numbers, files, names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic.functional_validators import ModelWrapValidatorHandler

from a2c_pybamm.formatting import cut
from a2c_pybamm.laws import known_ion
from a2c_pybamm.readers.source_file import one_line
from a2c_pybamm.readers.thermodynamics.file_patterns import matching_files
from a2c_pybamm.readers.units import parse_quantity
from a2c_pybamm.study.mistakes import NotGiven, combined_error

LARGEST_SI_VALUE = 1e60
"""Largest size of a number in a study, in SI units: squares and their products stay within the range of floats (1.8e308)."""
HIGHEST_TEMPERATURE = 1e5
"""Temperature [K] of a simulation of atoms, 9 eV in units of Boltzmann's constant: no bond is left, so that a unit is wrong."""


class Quantity:
    """Marker of a field that is text with a unit in the file and a number in SI units here."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, value: Any) -> float:
        return parse_quantity(value, self.kind, "value")


def _validate_magnitude(value: float) -> float:
    # not as the field's bound: a field that has one would replace it
    if abs(value) > LARGEST_SI_VALUE:
        raise ValueError(f"{value:g} is larger than {LARGEST_SI_VALUE:g} in SI units; correct it")
    return value


def _quantity(kind: str) -> Any:
    marker = Quantity(kind)
    return Annotated[float, BeforeValidator(marker), marker, AfterValidator(_validate_magnitude)]


def _validate_ion(symbol: str) -> str:
    known_ion(symbol)
    return symbol


def _beside_study(path: Path, info: ValidationInfo) -> Path:
    return (info.context or {}).get("folder", Path()) / path


Energy, Length, Time, Frequency = (_quantity(kind) for kind in ("energy", "length", "time", "frequency"))
Temperature, Voltage, Entropy = (_quantity(kind) for kind in ("temperature", "voltage", "entropy"))
Duration, Charge = _quantity("duration"), _quantity("charge")
Concentration, Conductivity, Diffusivity = (_quantity(kind) for kind in ("concentration", "conductivity", "diffusivity"))
CellVolume, MolarVolume, MolarMass, Density = (_quantity(kind) for kind in ("cell volume", "volume", "molar mass", "density"))
ArealDensity, Pressure = _quantity("areal density"), _quantity("pressure")
HeatCapacity, ThermalConductivity, ThermalExpansion = (
    _quantity(kind) for kind in ("specific heat capacity", "thermal conductivity", "thermal expansion")
)
Number = Annotated[float, Strict(), AfterValidator(_validate_magnitude)]
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
IonName = Annotated[str, AfterValidator(_validate_ion)]
"""Symbol of an ion whose metal is known."""
DataFile = Annotated[Path, AfterValidator(_beside_study)]


class FolderAdmitted:
    """Marker of a field whose file may be a folder of files: its reader looks into it."""


DataFileOrFolder = Annotated[Path, AfterValidator(_beside_study), FolderAdmitted()]


class NameOrFile:
    """Marker of a field that is a path beside the study where it ends like one of the files, and a name otherwise."""

    def __init__(self, *endings: str) -> None:
        self.endings = endings

    def is_file(self, text: str) -> bool:
        """True for a text that ends like a file."""
        return text.lower().endswith(self.endings)

    def __call__(self, value: Any, info: ValidationInfo) -> str | Path:
        if not isinstance(value, str) or not value.strip():
            raise ValueError("must be text in quotes: the name of a set, or a file")
        return _beside_study(Path(value), info) if self.is_file(value) else value


BASE_FILE = NameOrFile(".json")
BaseName = Annotated[str | Path, BeforeValidator(BASE_FILE), BASE_FILE]
"""Name of a parameter set, or the file that holds one."""


class FilePatterns:
    """Marker of a field that is one or more patterns of files in the file, and the files that they match here."""


def _matching_beside_study(value: Any, info: ValidationInfo) -> tuple[Path, ...]:
    patterns = [value] if isinstance(value, str) else value
    if not isinstance(patterns, list) or not patterns or not all(isinstance(item, str) and item for item in patterns):
        raise ValueError("must be text in quotes, or an array of such; name files like 'runs/*/vasprun.xml'")
    folder = (info.context or {}).get("folder", Path())
    try:
        return tuple(dict.fromkeys(file for pattern in patterns for file in matching_files(pattern, folder)))
    except ValueError as error:
        raise ValueError(one_line(str(error))) from error


DataFiles = Annotated[tuple[Path, ...], BeforeValidator(_matching_beside_study), FilePatterns()]
"""Files that patterns beside the study match, each once: those of a pattern sorted by name."""
WORDS, WORD = r"^[^\s\[\]]+( [^\s\[\]]+)*$", r"^[^\s\[\]]+$"
FILE_NAME, MODEL_NAME = r"^[A-Za-z][A-Za-z0-9_.-]*$", r"^[A-Za-z]\w*$"
PATTERNS = {
    WORDS: "must be words with one space between them, no brackets",
    WORD: "must be one word, no brackets or spaces",
    FILE_NAME: "must begin with a letter, then letters, digits, _ . and -",
    MODEL_NAME: "must begin with a letter, then letters, digits and _",
}
"""Message for each pattern of a name; brackets are reserved for units."""
Name = Annotated[str, Field(pattern=WORDS, max_length=100)]
"""Words with one space between them."""
StdLn = Annotated[Number, Field(ge=0, le=10.0)]
"""Standard deviation of a logarithm: 10 is a factor of 22 000 either way, beyond which nothing is known."""
MeanLn = Annotated[Number, Field(ge=-30.0, le=30.0)]
"""Mean of a factor's logarithm: 30 is a factor of 1e13, beyond which the base set's entry is the wrong one."""

Factor = Annotated[Number, Field(ge=1e-13, le=1e13)]
"""Factor on a base set's entry, as far from 1 as the mean of its logarithm may be."""


class Unusable(Enum):
    """Mark in the place of an entry that is wrong in the file, so that the rest of its section can be checked."""

    ENTRY = "unusable"


class Section(BaseModel):
    """A part of the file; unknown keys are refused.

    An entry that is `Unusable` is left out, and reading it raises ``NotGiven``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    entries_independent: ClassVar[bool] = False
    """True where entries are usable although they contradict each other; otherwise all of the section are then left out."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _entry(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        return value if isinstance(value, Unusable) else handler(value)

    @model_validator(mode="wrap")
    @classmethod
    def _validate_section(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        section = handler(value)
        entries = section.__dict__  # the section is frozen, this is its making
        for key in [key for key, entry in entries.items() if isinstance(entry, Unusable)]:
            del entries[key]
        unchecked = any(value is table for table in (info.context or {}).get("unchecked", ()))
        if not unchecked and (lines := [line for check in section._checks() for line in _lines_until_not_given(check)]):
            raise combined_error(lines)
        return section

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        """Checks that do not depend on each other: one that needs an entry that is not given ends, and the others go on."""
        return (self._mistakes,)

    def _mistakes(self) -> Iterator[str]:
        """Contradictions between entries that are each valid by themselves."""
        yield from ()

    if not TYPE_CHECKING:  # a type checker would take any attribute to exist

        def __getattr__(self, name: str) -> Any:
            if name in type(self).model_fields:
                raise NotGiven(name)
            return super().__getattr__(name)


def _lines_until_not_given(check: Callable[[], Iterator[str]]) -> Iterator[str]:
    """Lines of a check up to the first entry that is needed and not given."""
    try:
        yield from check()
    except NotGiven:
        return


def unit_of(key: str) -> str:
    """Unit in brackets at the end of a PyBaMM key; empty for a pure number."""
    return key[key.rindex("[") + 1 : -1] if key.endswith("]") and "[" in key else ""


def parse_in_unit(value: Any, unit: str) -> Any:
    """The number of text like ``"0.01 Ohm"`` in exactly this unit, in PyBaMM's spelling.

    Without a unit the value is returned as it is; the field's check then refuses what is no number.
    """
    if not unit:
        return value
    text = str(value).strip()
    try:
        if not text.endswith(unit):
            raise ValueError
        return parse_quantity(text.removesuffix(unit), "number", "value")
    except ValueError:
        raise ValueError(f"{cut(text)!r} is no number in the parameter's own unit; write it like '1.5 {unit}'") from None


def repeated(values: list[str] | list[float]) -> str:
    """First entry that occurs twice, quoted; empty if none does."""
    return next((repr(value) for k, value in enumerate(values) if value in values[:k]), "")
