"""Sums over atoms of columns of a dump of LAMMPS: per-atom parts of a current, or charges times velocities."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.readers.conduction.number_rows import NumberTable
from a2c_pybamm.readers.conduction.series_table import STEP_NAMES, TIME_NAME, SeriesTable, Statements
from a2c_pybamm.readers.motion.dump_frames import Columns, DumpHeader, dump_blocks
from a2c_pybamm.readers.motion.lammps_dump import CHARGE_COLUMN
from a2c_pybamm.readers.units import STATED_TOLERANCE

PARTIAL_CHARGES = (
    "charges are no whole numbers (partial or scaled ones): their current gives another quantity than the conductivity, which "
    "formal charges give exactly"
)
PRODUCT = "*"
"""Between columns that are multiplied atom by atom: ``q*vx``."""


def read_dump_sums(path: Path, terms: Sequence[str]) -> SeriesTable:
    """Sum over all atoms of each term, at each frame; a term is a column, or columns with ``*`` between them.

    Raises
    ------
    ValueError
        If the dump has no such column, a frame is cut off or not of numbers, frames have other numbers of atoms, or charges
        ``q`` of a term do not add up to zero.
    """
    factors = {term: tuple(term.split(PRODUCT)) for term in terms}
    known = {name for names in factors.values() for name in names}
    steps, times, volumes, sums = [], [], [], []
    units: str | None = None
    fractional = False
    for headers, columns in dump_blocks(path, known, partial(_validate_terms, known=known)):
        units = headers[0].settings.get("UNITS")
        steps += [header.step for header in headers]
        times += [float(header.settings["TIME"]) for header in headers if "TIME" in header.settings]
        volumes += [abs(float(np.linalg.det(header.cell))) for header in headers]
        if CHARGE_COLUMN in known:
            charge = columns[CHARGE_COLUMN]
            _validate_neutral(path, headers, charge)
            fractional = fractional or bool((np.abs(charge - np.round(charge)) > STATED_TOLERANCE).any())
        sums.append(np.column_stack([_total(columns, names) for names in factors.values()]))
    values = np.column_stack([np.array(steps, float), np.concatenate(sums)])
    if not np.isfinite(values).all():
        frame = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise ValueError(f"{path}: frame {frame} has a number that is missing or not finite; leave it out")
    names = (STEP_NAMES[0], *terms)
    if len(times) == len(steps):
        values, names = np.column_stack([values, times]), (*names, TIME_NAME)
    table = NumberTable(names, values, np.arange(len(values)))
    warnings = (PARTIAL_CHARGES,) if fractional else ()
    stated = Statements(units=units)
    return SeriesTable(path, table, stated, volumes=np.array(volumes), warnings=warnings, counted_in="frame")


def _validate_neutral(path: Path, headers: Sequence[DumpHeader], charge: Array) -> None:
    """Raise ``ValueError`` where the charges (n_frame, n_atom) of a frame do not add up to zero."""
    total = charge.sum(axis=1)
    charged = np.abs(total) > STATED_TOLERANCE * np.abs(charge).sum(axis=1)
    if charged.any():
        k = int(np.argmax(charged))
        raise ValueError(
            f"{path}: the charges of step {headers[k].step} add up to {total[k]:+.3g}, and their current depends on the frame; "
            "dump all atoms, correct the charges, or take ionic_current(species=) for the one ion of a solid"
        )


def _total(columns: Columns, names: Sequence[str]) -> Array:
    """Sum over atoms of a product of columns (n_frame,)."""
    product = np.ones_like(columns[names[0]])
    for name in names:
        product = product * columns[name]
    return np.asarray(product.sum(axis=1))


def _validate_terms(path: Path, head: DumpHeader, known: set[str]) -> None:
    missing = sorted(known - (set(head.columns) - {"element"}))
    if missing or not known:
        raise ValueError(
            f"{path}: no column of numbers {', '.join(map(repr, missing[:1]))} (found {' '.join(head.columns)}); name the "
            "columns to sum over atoms by columns="
        )
