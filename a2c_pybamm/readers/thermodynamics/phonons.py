"""Vibrations of a crystal: lists of frequencies, densities of states, phonopy's files."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.data import Array, Extent, Vibrations, conversion
from a2c_pybamm.readers.csv_table import read_column, read_rows
from a2c_pybamm.readers.phonopy_object import load_phonopy
from a2c_pybamm.readers.source_file import (
    FILE_LIMITS,
    ends_short,
    existing,
    file_errors,
    fingerprint,
    read_text,
    unpacked_name,
)
from a2c_pybamm.readers.units import LARGEST_NUMBER, THZ, UNITS, column_unit, unit_factor

ACOUSTIC_NOISE = 0.05 * THZ
"""Distance from zero [Hz] of the frequencies of the crystal moved as a whole: zero, but for noise of either sign."""
ATOMIC_DATA = "are masses and forces in it those of atoms?"
"""Question to a file whose frequencies are no numbers."""
FEWEST_MODES = 2.5
"""Modes of a cell, three for its one atom less an error: a density of states that holds fewer is normalised to one."""
MODE_COUNT_TOLERANCE = 0.05
"""Relative difference between a density's modes and three an atom up to which it is scaled: grids lose one or two per cent."""
_PER = re.compile(r"_per_(THz|cm-1|meV|Hz)(?=_|$)")


@file_errors
def read_frequencies(
    path: str | Path, *, sites: float, label: str | None = None, column: str | None = None, unit: str | None = None
) -> Vibrations:
    r"""Vibrations from a list of frequencies, one weight :math:`1/N_\mathrm{sites}` each.

    The file is a CSV table with a column whose name ends in its unit (``frequency_THz``, ``frequency_cm-1``, ``energy_meV`` for
    :math:`h\nu`), or a plain text of one number a line (``#`` begins a comment), whose ``unit`` must be given. Imaginary modes
    are negative numbers. They are left out, and so is what lies nearer to zero than 0.05 THz; ``imaginary`` is the share of
    modes below -0.05 THz, and ``provenance`` counts all that is left out. A list at the zone centre alone lacks the three
    acoustic modes: a mesh or a density of states has them.

    Parameters
    ----------
    sites
        Number of lithium sites, filled or not, in the cell that the frequencies are of.
    column
        The table's column; if not given, the first that begins with ``frequency``.
    unit
        Unit of a plain text's numbers.

    Raises
    ------
    ValueError
        Naming file and line: no such column, a number is not one, no unit, no positive frequency, or the file is cut off.
    """
    path = existing(path)
    check_sites(path, sites)
    if unit is not None:
        if column is not None:
            raise ValueError(f"{path}: both column and unit given; a column's name ends in its unit, leave unit out")
        factor = unit_factor(unit, "frequency", f"{path}: unit")
        frequency = factor * _numbers(path, 1)[:, 0]
    else:
        if _begins_with_number(path):
            raise ValueError(f"{path}: numbers without a header have no unit; give it (unit = 'THz')")
        column = column or _first_column(path, "frequency", "frequency_THz")
        rows = read_rows(path, [column], "name it with column; its ending is its unit (THz, cm-1 or meV)")
        frequency = column_unit(column, "frequency", str(path)) * read_column(path, rows, column)
    return _vibrations(path, label, frequency, np.ones(len(frequency)), sites, ACOUSTIC_NOISE)


@file_errors
def read_density_of_states(
    path: str | Path,
    *,
    sites: float,
    atoms: float | None = None,
    label: str | None = None,
    frequency_column: str = "frequency_THz",
    density_column: str | None = None,
) -> Vibrations:
    r"""Vibrations from a phonon density of states, weights by the trapezoid rule.

    :math:`w_i = g(\nu_i)(\nu_{i+1} - \nu_{i-1})/(2N_\mathrm{sites})`, at the ends half a step. The file is a CSV table or
    phonopy's ``total_dos.dat`` (two columns, ``#`` begins a comment, THz). The part at negative frequencies is left out, and
    its share of all modes is ``imaginary``.

    Parameters
    ----------
    sites
        Number of lithium sites, filled or not, in the cell whose modes the density counts.
    atoms
        Number of atoms in that cell. If given, weights are scaled to its three modes an atom: a coarse grid of frequencies cuts
        peaks or counts them twice.
    density_column
        The table's column, whose name has what it is per (``dos_per_THz_per_cell``; without, it is per the unit of
        frequencies); if not given, the first that begins with ``dos``.

    Raises
    ------
    ValueError
        Naming file and line: no such column, a number is not one, frequencies do not rise, a density is negative, it holds
        fewer than the three modes of the smallest cell (it is normalised to one) or not those of ``atoms``, or the file is cut
        off.
    """
    path = existing(path)
    check_sites(path, sites)
    if _begins_with_number(path):
        frequency, density = _numbers(path, 2).T * np.array([[THZ], [1 / THZ]])
    else:
        density_column = density_column or _first_column(path, "dos", "dos_per_THz_per_cell")
        rows = read_rows(path, [frequency_column, density_column], "name them with frequency_column and density_column")
        unit = column_unit(frequency_column, "frequency", str(path))
        per = _PER.search(density_column)
        frequency = unit * read_column(path, rows, frequency_column)
        density = read_column(path, rows, density_column) / (UNITS["frequency"][per[1]] if per else unit)
    if len(frequency) < 2 or not (np.diff(frequency) > 0).all():
        raise ValueError(f"{path}: frequencies must rise from row to row, two at least; sort them")
    if (density < 0).any():
        at = frequency[np.argmin(density)] / THZ
        raise ValueError(f"{path}: the density is negative at {at:.4g} THz; compute it on a finer mesh, or with more smearing")
    step = np.diff(frequency, prepend=frequency[0], append=frequency[-1])
    modes = density * (step[:-1] + step[1:]) / 2
    if modes.sum() < FEWEST_MODES:
        raise ValueError(
            f"{path}: the density holds {modes.sum():.3g} modes, a cell has three at least; is it normalised to one, or per "
            "atom? multiply it so that it holds three for each atom of the cell"
        )
    if atoms is not None:
        if not abs(modes.sum() - 3 * atoms) < MODE_COUNT_TOLERANCE * 3 * atoms:
            raise ValueError(
                f"{path}: the density holds {modes.sum():.4g} modes, {atoms:g} atoms have {3 * atoms:g}; correct atoms, or "
                "write the density on a finer grid of frequencies"
            )
        modes *= 3 * atoms / modes.sum()
    return _vibrations(path, label, frequency, modes, sites, 0.0)


@file_errors
def read_phonopy(
    path: str | Path, *, sites: float, mesh: tuple[int, int, int] = (20, 20, 20), label: str | None = None
) -> Vibrations:
    """Vibrations on a mesh of wave vectors, from phonopy's ``phonopy_params.yaml`` with forces or force constants in it.

    Force constants are made and symmetrised as ``phonopy-load`` does. Only this file counts, none in the working directory
    (``FORCE_SETS``, ``FORCE_CONSTANTS``, ``BORN``). Modes are left out as in :func:`read_frequencies`.

    Parameters
    ----------
    sites
        Number of lithium sites, filled or not, in phonopy's primitive cell.
    mesh
        Wave vectors along each reciprocal vector.

    Raises
    ------
    ValueError
        Naming the file: phonopy is not installed or cannot read it, it holds no forces, its primitive cell has fewer atoms than
        ``sites``, or no frequency is positive.
    """
    path = existing(path)
    check_sites(path, sites)
    if len(mesh) != 3 or any(n != int(n) or n < 1 for n in mesh):
        raise ValueError(f"{path}: mesh is {mesh}; give three numbers of wave vectors like (20, 20, 20)")
    phonon = load_phonopy(path)
    with warnings.catch_warnings():
        # a mesh without the crystal's symmetry only takes longer
        warnings.filterwarnings("ignore", message="Half-grid shift")
        try:
            phonon.run_mesh([int(n) for n in mesh])
        except np.linalg.LinAlgError as error:  # some versions of numpy refuse what others give as NaN
            raise ValueError(f"{path}: its frequencies are not finite ({error}); {ATOMIC_DATA}") from error
    natom = len(phonon.primitive)
    check_sites(path, sites, natom)
    frequency = THZ * np.asarray(phonon.mesh.frequencies, float)  # (n_wave_vector, n_band)
    modes = np.repeat(np.asarray(phonon.mesh.weights, float)[:, None], frequency.shape[1], axis=1)
    modes /= modes[:, 0].sum()
    return _vibrations(
        path, label, frequency.ravel(), modes.ravel(), sites, ACOUSTIC_NOISE, {"natom": natom, "mesh": list(map(int, mesh))}
    )


def _vibrations(
    path: Path, label: str | None, frequency: Array, modes: Array, sites: float, zero: float, more: dict[str, Any] | None = None
) -> Vibrations:
    """The record of ``modes`` modes at each frequency, those above ``zero``."""
    if wrong := int((~np.isfinite(frequency)).sum()):
        raise ValueError(f"{path}: {wrong} of {len(frequency)} frequencies are not finite; {ATOMIC_DATA}")
    kept = (frequency > 0) & (frequency >= zero)
    if not kept.any():
        raise ValueError(f"{path}: no frequency above {zero / THZ:g} THz among {len(frequency)}; are signs or unit wrong?")
    share = float(modes[frequency < -zero].sum() / modes.sum())
    provenance = {**fingerprint(path), **(more or {}), "sites": float(sites), "left_out": int((~kept).sum())}
    provenance |= conversion(Extent.SIMULATION_CELL, Extent.SITE, f"{sites:g} sites")
    return Vibrations(label or unpacked_name(path).stem, frequency[kept], modes[kept] / sites, share, provenance)


def check_sites(path: Path, sites: float, natom: int | None = None) -> None:
    """Raise ``ValueError`` where a number of lithium sites is not positive and finite, or not in a cell of so many atoms."""
    if not 0 < sites < np.inf:
        raise ValueError(f"{path}: sites is {sites:g}; give the number of lithium sites in the cell, filled or not")
    if natom is not None and sites > natom:
        raise ValueError(
            f"{path}: sites = {sites:g} for natom: {natom}, more lithium sites than atoms; give the number in this cell, "
            "phonopy's primitive one"
        )


def _first_column(path: Path, beginning: str, otherwise: str) -> str:
    """The first column whose name has this ``beginning``, or ``otherwise``, which an error then names."""
    header = list(read_rows(path, [], "")[0][1])
    return next((name for name in header if name.startswith(beginning)), otherwise)


def _begins_with_number(path: Path) -> bool:
    """True where the first line that is no comment begins with a number: a text without header."""
    lines = (line.split("#")[0].split() for line in io.StringIO(read_text(path)))
    first = next((words[0] for words in lines if words), "")
    return re.match(r"[-+]?\.?\d", first) is not None


def _numbers(path: Path, n: int) -> Array:
    """Numbers of a plain text (n_line, n), without comments and empty lines."""
    table = []
    text = read_text(path)
    for k, line in enumerate(io.StringIO(text), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        try:
            row = [float(word.replace("_", "?")) for word in words]
        except ValueError:
            raise ValueError(f"{path}, line {k}: {line.strip()[:60]!r} is not {n} number(s); correct it") from None
        if len(row) != n or not all(abs(value) < LARGEST_NUMBER for value in row):
            raise ValueError(
                f"{path}, line {k}: {line.strip()[:60]!r} is not {n} finite number(s); correct or leave out the line"
            )
        table.append(row)
        if len(table) > FILE_LIMITS.n_value:
            raise ValueError(f"{path}: more than {FILE_LIMITS.n_value} lines of numbers; is it another file? thin them")
    if not table:
        raise ValueError(f"{path}: no numbers in it; copy it again")
    if ends_short(text):
        raise ValueError(f"{path}: the last line is cut off; copy the file again (a whole one ends with an end of line)")
    return np.array(table)
