"""Types of a study's entries: quantities with units, plain numbers, files, names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationInfo,
    model_validator,
)
from pydantic.functional_validators import ModelWrapValidatorHandler

from a2c_pybamm.readers.units import parse_quantity
from a2c_pybamm.study.mistakes import one_or_all

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
Name = Annotated[str, Field(pattern=r"^[^\s\[\]]+( [^\s\[\]]+)*$", max_length=100)]
"""Words with one space between them; brackets are kept for units."""


class Section(BaseModel):
    """A part of the file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="wrap")
    @classmethod
    def _holds_together(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        section = handler(value)
        known = any(value is table for table in (info.context or {}).get("unchecked", ()))
        if not known and (lines := list(section._mistakes())):
            raise one_or_all(lines)
        return section

    def _mistakes(self) -> Iterator[str]:
        """What its entries, each right by itself, say against each other; its parts are still of use."""
        yield from ()


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
