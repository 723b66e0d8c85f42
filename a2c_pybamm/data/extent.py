"""Amount of matter that numbers of a record are of, and its conversion."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.data.record import Array

CONVERSION = "conversion"
"""Key of a provenance under which the conversion to another amount stands."""


class Extent(StrEnum):
    """Amount of matter that a number is of."""

    SITE = "per site"
    """Of the ion's sites in a host, filled or not."""
    FORMULA_UNIT = "per formula unit"
    SIMULATION_CELL = "per simulation cell"
    """Extensive: the number of a cell of twice the size is twice as large."""
    ION = "per ion"
    EVENT = "per event"
    """A hop, or a step of charge transfer, of which there is one in the simulation cell whatever its size."""
    VOLUME = "per volume"
    AREA = "per area"
    MASS = "per mass"
    INTENSIVE = "intensive"
    """A property of a point, as a temperature is."""

    @property
    def extensive(self) -> bool:
        """True where the number grows with the simulation cell."""
        return self is Extent.SIMULATION_CELL


CONVERSIONS = {Extent.SITE: "per_site(sites=…)", Extent.VOLUME: "per_volume()"}
"""Methods of records that convert their numbers to these extents."""


def validate_extent(record: Any, wanted: Extent, what: str) -> None:
    """Raise ``ValueError`` where a record's numbers are of another amount than is wanted; ``what`` begins the message."""
    if record.extent is not wanted:
        raise ValueError(
            f"{what}: its numbers are {record.extent}, and {wanted} is needed; convert them by {CONVERSIONS[wanted]}"
        )


def known_extent(given: Extent | str, allowed: tuple[Extent, ...], what: str) -> Extent:
    """The extent of this name; ``ValueError`` where a record cannot be of it."""
    if given not in tuple(Extent) or Extent(given) not in allowed:
        raise ValueError(f"{what}: extent is {str(given)!r}; write one of {', '.join(repr(str(item)) for item in allowed)}")
    return Extent(given)


def amounts(given: ArrayLike, n: int, what: str) -> Array:
    """Amounts by which numbers are divided, one or (n,), as (n,); ``ValueError`` where one is not positive and finite."""
    values = np.asarray(given)
    if values.dtype.kind not in "iuf":
        raise ValueError(f"{what} must be numbers; got {np.array2string(values, threshold=3)}")
    if values.shape not in ((), (n,)) or not (np.isfinite(values) & (values > 0)).all():
        raise ValueError(f"{what} must be positive and finite, one for all or {n}; got {np.array2string(values, threshold=3)}")
    return np.broadcast_to(values.astype(float), (n,)).copy()


def conversion(before: Extent, after: Extent, by: str) -> dict[str, str]:
    """Entry of a provenance for a conversion, with what the numbers were divided by."""
    return {CONVERSION: f"{before} to {after}, divided by {by}"}
