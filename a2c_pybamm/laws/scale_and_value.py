"""Quantities that no formula derives from atoms: a number, or a factor on an entry of the base set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.laws.law import Coefficients, coefficient, log_coefficient
from a2c_pybamm.schema import conform_fields


@dataclass(frozen=True)
class Value:
    """A constant: the coefficient ``"<quantity> value [<unit>]"`` itself."""

    quantity: str
    unit: str = "1"
    kind: ClassVar[str] = "value"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)

    @property
    def names(self) -> tuple[str, ...]:
        return (coefficient(self.quantity, "value", self.unit),)

    def value(self, c: Coefficients) -> Any:
        """The constant, in its unit."""
        return c[self.names[0]]


@dataclass(frozen=True)
class Scale:
    r"""A factor :math:`f = e^c` on a base set's own number or function, the same at every composition and temperature.

    The coefficient is its logarithm, ``"<quantity> ln(factor [1])"``: with mean 0 the base set's value is the median.
    """

    quantity: str
    kind: ClassVar[str] = "scale"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)

    @property
    def names(self) -> tuple[str, ...]:
        return (log_coefficient(self.quantity, "factor", "1"),)

    def factor(self, c: Coefficients) -> Any:
        """The factor [1]."""
        return np.exp(c[self.names[0]])
