"""Ions of a set's laws, and the condition that PyBaMM's equations put on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from a2c_pybamm.laws import FreeEnergy, Ion, Law, held_laws, ion_of
from a2c_pybamm.parameter_set.attachment import Attachment


def ion_error(attach: Mapping[str, Attachment]) -> str:
    """Reason why laws of these ions make no cell; empty text where they do.

    PyBaMM's Faraday's law, capacities and kinetics have one electron for each ion, and a cell has one kind of ion.
    """
    first: dict[str, str] = {}
    for key, attachment in attach.items():
        for law, ion in ions_of(attachment.law):
            if ion.valence != 1:
                return (
                    f"{key!r}: law {law.kind!r} is of {ion.symbol} ions, {ion.valence} electrons each, and PyBaMM counts one "
                    "electron for each ion in current, capacity and kinetics; a cell of them is not supported, use the law's "
                    "curves themselves"
                )
            first.setdefault(ion.symbol, key)
    if len(first) > 1:
        (one, here), (other, there) = list(first.items())[:2]
        return f"{here!r} is of {one} ions and {there!r} of {other} ions; a cell has one, give both laws the same ion"
    return ""


def ions_of(law: Law) -> Iterator[tuple[Law, Ion]]:
    """A law with its ion, and those in its slots with theirs, where they are free energies."""
    if isinstance(law, FreeEnergy):
        yield law, ion_of(law)
    for inner in held_laws(law).values():
        yield from ions_of(inner)
