"""The ion of a free-energy law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from a2c_pybamm.ions import DEFAULT_ION, Ion, known_ion


def ion_of(law: Any) -> Ion:
    """The ion of a free-energy law; lithium's where the law names none, as one of another package may.

    Raises
    ------
    ValueError
        If the table has none of the law's symbol.
    """
    return known_ion(getattr(law, "ion", DEFAULT_ION), where=f"law {law.kind!r}: ion")


def validate_ion(law: Any, symbol: str, where: str) -> None:
    """Raise ``ValueError`` where data are of another ion than the law that they are fitted with."""
    if symbol != (own := ion_of(law).symbol):
        raise ValueError(f"{where}: of {symbol} ions, the law of {law.material} is of {own}; give both one ion")


@dataclass(frozen=True)
class _Known:
    """The condition that a symbol is one of the table's."""

    def check(self, value: str, place: str) -> None:
        """Raise ``ValueError`` where it is not."""
        known_ion(value, where=place)


IonSymbol = Annotated[str, _Known()]
"""Symbol of an ion of the table: the setting of a law."""
