"""Migration paths: images of a nudged elastic band, or their energies alone."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
from ase.geometry import find_mic
from scipy.optimize import linear_sum_assignment

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import HopFrequencies, ImageEnergies, MigrationPath
from a2c_pybamm.readers.csv_table import read_number, read_rows
from a2c_pybamm.readers.frames import UNREADABLE, energy_of, read_frames
from a2c_pybamm.readers.source_file import FILE_LIMITS, existing, file_errors, fingerprint, read_text
from a2c_pybamm.readers.units import EV, LARGEST_NUMBER, THZ, column_unit

IMAGE_CELL_TOLERANCE = 1e-3
"""Largest difference [Å] between cell vectors of one path."""
CONFUSION_STEP = 0.8
"""Step of an atom between two images [Å] beyond which it may have been exchanged with another: half of a bond's length."""


@file_errors
def read_neb(path: str | Path, *, label: str | None = None) -> MigrationPath:
    r"""Energies along a hop, from images in order in any format that ase reads.

    Distance along the path is the Euclidean length of all atoms' displacements from image to image (nearest periodic copies);
    where the file has forces, the slope is :math:`dE/ds = -\mathbf F\cdot\hat\tau` along the central-difference tangent.

    Raises
    ------
    ValueError
        If the file cannot be read or holds fewer than three images, an image lacks its energy or repeats the one before, or
        images differ in cell, atoms or the order of atoms.
    """
    path = existing(path)
    images = read_frames(path, failure=UNREADABLE, remedy="copy the file again")
    if len(images) < 3:
        raise ValueError(f"{path}: {len(images)} image(s), a barrier needs at least three; is the file cut off?")
    for k, image in enumerate(images):
        _check_image(path, k, image, images[0])
    steps = np.array([_step(path, k, a, b) for k, (a, b) in enumerate(itertools.pairwise(images))])
    energy = np.array([energy_of(image, f"{path}: image {k}") for k, image in enumerate(images)])
    distance = np.concatenate([[0.0], np.cumsum(np.linalg.norm(steps, axis=(1, 2)))])
    slope = None
    if all("forces" in image.calc.results for image in images):
        forces = np.array([image.calc.results["forces"] for image in images])
        slope = -np.einsum("iac,iac->i", forces, _tangents(steps)) * EV / ANGSTROM
    return MigrationPath(label or path.stem, distance * ANGSTROM, (energy - energy[0]) * EV, slope, fingerprint(path))


def _check_image(path: Path, k: int, image: Any, first: Any) -> None:
    """Raise ``ValueError`` where an image cannot be one of the path that the first one begins."""
    if len(image) != len(first) or (image.numbers != first.numbers).any():
        raise ValueError(f"{path}: image {k} has other atoms than the first; images must list the same atoms in the same order")
    if image.calc is None or "energy" not in image.calc.results:
        raise ValueError(f"{path}: image {k} has no energy; write the images with their energies (extxyz keeps them)")
    if not np.isfinite(image.positions).all():
        raise ValueError(f"{path}: image {k} has a position that is not finite; write it again")
    if not np.allclose(image.cell.array, first.cell.array, atol=IMAGE_CELL_TOLERANCE):
        raise ValueError(f"{path}: image {k} has another cell than the first; relax the path in one fixed cell")


def _step(path: Path, k: int, first: Any, second: Any) -> np.ndarray:
    """Displacements of all atoms [Å] (n_atom, 3) from image k to the next, nearest periodic copies."""
    vectors, lengths = find_mic(second.positions - first.positions, first.cell, first.pbc)
    if not lengths.any():
        raise ValueError(f"{path}: image {k + 1} repeats image {k}; leave one out")
    far = np.flatnonzero(lengths > CONFUSION_STEP)
    if len(far) > 1 and _exchanged(first[far], second[far]):
        raise ValueError(
            f"{path}: atoms change places from image {k} to image {k + 1} (numbers {', '.join(map(str, far[:4]))} …); list the "
            "atoms of all images in the same order"
        )
    return np.asarray(vectors)


def _exchanged(first: Any, second: Any) -> bool:
    """True where the sum of squared steps would be less than half, were atoms of one element listed in another order."""
    ways = second.positions[None] - first.positions[:, None]
    _, lengths = find_mic(ways.reshape(-1, 3), first.cell, first.pbc)
    alike = first.numbers[:, None] == second.numbers[None]
    cost = np.where(alike, lengths.reshape(alike.shape) ** 2, np.inf)
    rows, columns = linear_sum_assignment(cost)
    return bool(cost[rows, columns].sum() < np.trace(cost) / 2)


def _tangents(steps: np.ndarray) -> np.ndarray:
    """Unit tangents at the images (n_image, n_atom, 3): mean of the unit steps before and after, one-sided at the ends."""
    unit = steps / np.linalg.norm(steps, axis=(1, 2), keepdims=True)
    both = np.concatenate([unit[:1], unit[:-1] + unit[1:], unit[-1:]])
    length = np.linalg.norm(both, axis=(1, 2), keepdims=True)
    if not length.all():
        raise ValueError(f"image {int(np.argmin(length))}: the path goes back the way that it came; list the images in order")
    return both / length


@file_errors
def read_image_energies(
    path: str | Path, *, label: str, energy_column: str = "energy_eV", where: dict[str, str] | None = None
) -> ImageEnergies:
    """Energies of some images of a path, from a CSV table, first image first.

    ``where`` picks rows by column (``{"model": "SevenNet-0", "path": "odh"}``). Such a table fixes a lower bound of the highest
    point, never a curve.

    Raises
    ------
    ValueError
        If a column is missing, no row fits, or fewer than two do.
    """
    path = existing(path)
    where = where or {}
    rows = read_rows(path, [energy_column, *where], "name the right one with energy_column and where")
    unit = column_unit(energy_column, "energy", str(path))
    rows = [(line, row) for line, row in rows if all(row[column] == value for column, value in where.items())]
    if len(rows) < 2:
        wanted = ", ".join(f"{column} = {value}" for column, value in where.items()) or "no condition"
        raise ValueError(
            f"{path}: {len(rows)} row(s) with {wanted}, at least two are needed (a stable site and a saddle); correct where"
        )
    energy = np.array([read_number(row, energy_column, path, line) for line, row in rows]) * unit
    return ImageEnergies(label, energy - energy[0], {**fingerprint(path), "where": where})


@file_errors
def read_hop_frequencies(path: str | Path) -> HopFrequencies:
    """Vibrational frequencies at the start and the saddle of a hop, from a JSON file.

    The file has ``partial_hessian_THz`` with lists ``initial`` and ``saddle``, imaginary modes as negative numbers.

    Raises
    ------
    ValueError
        If the file is not such a JSON file.
    """
    path = existing(path)
    remedy = "write the frequencies there in THz, or declare attempt_frequency"
    text = read_text(path, largest=FILE_LIMITS.json_bytes)
    try:
        table = json.loads(text)["partial_hessian_THz"]
        initial, saddle = (_frequencies(table[key]) for key in ("initial", "saddle"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: not JSON ({error}); is it cut off?") from error
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        detail = f"{type(error).__name__}: {str(error)[:100]}"
        raise ValueError(f"{path}: no 'partial_hessian_THz' with lists 'initial' and 'saddle' ({detail}); {remedy}") from error
    for key, values in {"initial": initial, "saddle": saddle}.items():
        if values.ndim != 1 or not len(values):
            raise ValueError(f"{path}: {key!r} must be a list of finite numbers; {remedy}")
    return HopFrequencies(initial, saddle, fingerprint(path))


def _frequencies(given: Any) -> np.ndarray:
    """Frequencies [Hz] from those in THz; an empty array where they are no list of finite numbers."""
    if not isinstance(given, list) or not all(type(value) in (int, float) and abs(value) < LARGEST_NUMBER for value in given):
        return np.array([])
    return np.array(given, float) * THZ
