"""Volume fractions of an electrode's phases."""

from __future__ import annotations

from typing import Annotated

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.laws.law import TERM_LIMIT

Phases = Annotated[tuple[tuple[str, float], ...], TERM_LIMIT]
"""Phases beside the active material, each with its share of the electrode's volume: electrolyte in pores, binder, carbon."""


def active_fraction(material: str, phases: Phases) -> float:
    """Share of the active material: what the other phases leave of the electrode's volume.

    Raises
    ------
    ValueError
        If a share is not positive, a phase occurs twice, or nothing is left.
    """
    names = [name for name, _ in phases]
    if len({material, *names}) <= len(names):
        raise ValueError(f"{material}: phases {', '.join(names)}; give each its own name, other than {material!r}")
    for name, share in phases:
        if not 0 < share < 1:
            raise ValueError(
                f"{material}: {name!r} has {share:g} of the volume; give a share above 0 and below 1, or leave it out"
            )
    left = 1.0 - sum(share for _, share in phases)
    if not left > RELATIVE_ROUND_OFF:
        raise ValueError(f"{material}: phases leave {left:.3g} of the volume to the active material; lower their shares")
    return left
