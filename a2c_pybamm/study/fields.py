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

from a2c_pybamm.readers.units import parse_quantity
from a2c_pybamm.study.mistakes import NotGiven, one_or_all

LARGEST = 1e60
"""No number that a person means is larger; the square of a larger one could leave the range of floats."""


class Quantity:
    """Marks a field that is written as text with a unit and held in SI."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, value: Any) -> float:
        return parse_quantity(value, self.kind, "value")


def _sane(value: float) -> float:
    # no bound of the field: a field's own bound would take its place
    if abs(value) > LARGEST:
        raise ValueError(f"{value:g} is no number of this world; correct it")
    return value


def _quantity(kind: str) -> Any:
    marker = Quantity(kind)
    return Annotated[float, BeforeValidator(marker), marker, AfterValidator(_sane)]


def _beside_study(path: Path, info: ValidationInfo) -> Path:
    return (info.context or {}).get("folder", Path()) / path


Energy, Length, Time, Frequency = (_quantity(kind) for kind in ("energy", "length", "time", "frequency"))
Temperature, Voltage, Entropy = (_quantity(kind) for kind in ("temperature", "voltage", "entropy"))
Number = Annotated[float, Strict(), AfterValidator(_sane)]
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
DataFile = Annotated[Path, AfterValidator(_beside_study)]
WORDS, WORD = r"^[^\s\[\]]+( [^\s\[\]]+)*$", r"^[^\s\[\]]+$"
FILE_NAME, MODEL_NAME = r"^[A-Za-z][A-Za-z0-9_.-]*$", r"^[A-Za-z]\w*$"
PATTERNS = {
    WORDS: "must be words with one space between them, no brackets",
    WORD: "must be one word, no brackets or spaces",
    FILE_NAME: "must begin with a letter, then letters, digits, _ . and -",
    MODEL_NAME: "must begin with a letter, then letters, digits and _",
}
"""What a name must be like, in words; brackets are kept for units."""
Name = Annotated[str, Field(pattern=WORDS, max_length=100)]
"""Words with one space between them."""


class Unusable(Enum):
    """What stands for an entry that is wrong in the file, so that the rest of its section can be looked at."""

    ENTRY = "unusable"


class Section(BaseModel):
    """A part of the file; unknown keys are refused.

    An entry that is `Unusable` is not there: whoever reads it gets ``NotGiven``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    stands_apart: ClassVar[bool] = False
    """Whether entries are of use where they contradict each other; else all of the section's own are left out."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _entry(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        return value if isinstance(value, Unusable) else handler(value)

    @model_validator(mode="wrap")
    @classmethod
    def _holds_together(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        section = handler(value)
        entries = section.__dict__  # the section is frozen, this is its making
        for key in [key for key, entry in entries.items() if isinstance(entry, Unusable)]:
            del entries[key]
        known = any(value is table for table in (info.context or {}).get("unchecked", ()))
        if not known and (lines := [line for check in section._checks() for line in _as_far_as_given(check)]):
            raise one_or_all(lines)
        return section

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        """Checks that do not depend on each other: one that needs an entry that is not given takes no other with it."""
        return (self._mistakes,)

    def _mistakes(self) -> Iterator[str]:
        """What its entries, each right by itself, say against each other."""
        yield from ()

    if not TYPE_CHECKING:  # for type checkers a section has its fields alone

        def __getattr__(self, name: str) -> Any:
            if name in type(self).model_fields:
                raise NotGiven(name)
            return super().__getattr__(name)


def _as_far_as_given(check: Callable[[], Iterator[str]]) -> Iterator[str]:
    """The lines of a check, up to where it needs an entry that is not given."""
    try:
        yield from check()
    except NotGiven:
        return


def unit_of(key: str) -> str:
    """The unit that ends a PyBaMM key in brackets; empty for a pure number."""
    return key[key.rindex("[") + 1 : -1] if key.endswith("]") and "[" in key else ""


def amount(value: Any, unit: str) -> Any:
    """The number of text like ``"0.01 Ohm"`` in exactly this unit, PyBaMM's own.

    Where there is no unit the field's own check is left to refuse what is no number.
    """
    if not unit:
        return value
    text = str(value).strip()
    try:
        if not text.endswith(unit):
            raise ValueError
        return parse_quantity(text.removesuffix(unit), "number", "value")
    except ValueError:
        raise ValueError(f"{text[:60]!r} is no number in the parameter's own unit; write it like '1.5 {unit}'") from None


def repeated(values: list[str] | list[float]) -> str:
    """The first entry that occurs twice, quoted; empty if none does."""
    return next((repr(value) for k, value in enumerate(values) if value in values[:k]), "")
