"""Section of a cell's balance: its lithium and its electrodes' active material."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from a2c_pybamm.study.fields import Number, Section, parse_in_unit

CHARGE = "A.h"
"""Unit of a cell's lithium."""


def _in_ampere_hours(value: Any) -> Any:
    return parse_in_unit(value, CHARGE)


Fraction = Annotated[Number, Field(gt=0, lt=1)]


class Balance(Section):
    """Lithium and active fractions of the cell in the place of the base set's, without an error; what a new host needs.

    A [[value]] of the same quantity has an error.
    """

    lithium: Annotated[Annotated[Number, Field(gt=0)] | None, BeforeValidator(_in_ampere_hours)] = Field(
        None, description="Cyclable lithium, the same for every sample", examples=["3.2 A.h"]
    )
    formation_loss: Number | None = Field(
        None,
        ge=0,
        lt=1,
        description="Without lithium: share of the positive electrode's sites whose lithium formation has consumed; all "
        "lithium comes from that electrode, filled when the cell was made. 0 if not given",
        examples=[0.08],
    )
    n_p_ratio: Number | None = Field(
        None,
        gt=0,
        le=100,
        description="Capacity of all sites of the negative electrode over that of the positive one; sets the active fraction "
        "of the negative electrode, or of the positive one where negative_active_fraction is given",
        examples=[1.1],
    )
    negative_active_fraction: Fraction | None = Field(
        None, description="Share of active material in the negative electrode's volume", examples=[0.6]
    )
    positive_active_fraction: Fraction | None = Field(
        None, description="Share of active material in the positive electrode's volume", examples=[0.7]
    )

    def _mistakes(self) -> Iterator[str]:
        from a2c_pybamm.parameter_set import balance_conflict

        if conflict := balance_conflict(self.lithium, self.formation_loss, self.n_p_ratio, self._fractions):
            yield conflict

    @property
    def _fractions(self) -> tuple[float | None, float | None]:
        return self.negative_active_fraction, self.positive_active_fraction

    @property
    def moves_active_fraction(self) -> bool:
        """True where an electrode's active fraction is another than the base set's."""
        return self.n_p_ratio is not None or any(fraction is not None for fraction in self._fractions)

    @property
    def settings(self) -> dict[str, Any]:
        """Arguments of ``with_balance``."""
        sides = zip(("negative", "positive"), self._fractions, strict=True)
        return {
            "lithium": self.lithium,
            "formation_loss": self.formation_loss,
            "n_p_ratio": self.n_p_ratio,
            "active_fraction": {side: value for side, value in sides if value is not None},
        }
