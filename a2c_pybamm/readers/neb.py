"""Migration paths: images of a nudged elastic band, or their energies alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ase.io
import numpy as np
from ase.geometry import find_mic

from a2c_pybamm.data import HopFrequencies, ImageEnergies, MigrationPath
from a2c_pybamm.readers.energies import read_rows
from a2c_pybamm.readers.source_file import existing, fingerprint
from a2c_pybamm.readers.units import UNITS, column_unit

_EV = UNITS["energy"]["eV"]
_ANGSTROM = UNITS["length"]["Å"]


def read_images(path: Path) -> list[Any]:
    """All frames that ase reads from a file, with its errors turned into one that names the file."""
    try:
        return ase.io.read(path, index=":")
    except Exception as error:  # ase raises whatever its format readers happen to raise
        detail = " ".join(str(error).split())[:160] or type(error).__name__
        raise ValueError(f"{path}: ase cannot read it ({detail}); is it cut off, or its format not told by its name?") from error


def read_neb(path: str | Path, *, label: str | None = None) -> MigrationPath:
    r"""Energies along a hop, from images in order in any format that ase reads.

    Distance along the path is the Euclidean length of all atoms' displacements from image to image (nearest periodic copies);
    where the file has forces, the slope is :math:`dE/ds = -\mathbf F\cdot\hat\tau` along the central-difference tangent.

    Raises
    ------
    ValueError
        If the file cannot be read, holds fewer than three images, images differ in atoms or lack energies.
    """
    path = existing(path)
    images = read_images(path)
    if len(images) < 3:
        raise ValueError(f"{path}: {len(images)} image(s), a barrier needs at least three; is the file cut off?")
    numbers = images[0].numbers
    for k, image in enumerate(images):
        if len(image) != len(numbers) or (image.numbers != numbers).any():
            raise ValueError(f"{path}: image {k} has other atoms than the first; images must list the same atoms in the same order")
        if image.calc is None or "energy" not in image.calc.results:
            raise ValueError(f"{path}: image {k} has no energy; write the images with their energies (extxyz keeps them)")
    energy = np.array([image.get_potential_energy() for image in images])
    steps = np.array([_displacement(a, b) for a, b in zip(images, images[1:], strict=False)])
    distance = np.concatenate([[0.0], np.cumsum(np.linalg.norm(steps, axis=(1, 2)))])
    slope = None
    if all("forces" in image.calc.results for image in images):
        forces = np.array([image.get_forces(apply_constraint=False) for image in images])
        slope = -np.einsum("iac,iac->i", forces, _tangents(steps)) * _EV / _ANGSTROM
    return MigrationPath(
        label or path.stem,
        distance * _ANGSTROM,
        (energy - energy[0]) * _EV,
        slope,
        fingerprint(path),
    )


def _displacement(first: Any, second: Any) -> np.ndarray:
    """Displacements of all atoms [Å] (n_atom, 3), nearest periodic copies."""
    vectors, _ = find_mic(second.positions - first.positions, first.cell, first.pbc)
    return np.asarray(vectors)


def _tangents(steps: np.ndarray) -> np.ndarray:
    """Unit tangents at the images (n_image, n_atom, 3): mean of the unit steps before and after, one-sided at the ends."""
    unit = steps / np.linalg.norm(steps, axis=(1, 2), keepdims=True)
    both = np.concatenate([unit[:1], unit[:-1] + unit[1:], unit[-1:]])
    return both / np.linalg.norm(both, axis=(1, 2), keepdims=True)


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
    rows = [row for row in rows if all(row[column] == value for column, value in where.items())]
    if len(rows) < 2:
        raise ValueError(f"{path}: {len(rows)} row(s) with {where}, at least two are needed (a stable site and a saddle)")
    energy = np.array([float(row[energy_column]) for row in rows]) * unit
    return ImageEnergies(label, energy - energy[0], {**fingerprint(path), "where": where})


def read_hop_frequencies(path: str | Path) -> HopFrequencies:
    """Vibrational frequencies at the start and the saddle of a hop, from a JSON file.

    The file has ``partial_hessian_THz`` with lists ``initial`` and ``saddle``, imaginary modes as negative numbers.

    Raises
    ------
    ValueError
        If the file is not such a JSON file.
    """
    path = existing(path)
    try:
        table = json.loads(path.read_text(encoding="utf-8"))["partial_hessian_THz"]
        initial, saddle = (np.array(table[key], float) * 1e12 for key in ("initial", "saddle"))
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: no 'partial_hessian_THz' with 'initial' and 'saddle' ({type(error).__name__}: {error}); "
            "write the frequencies there in THz, or declare attempt_frequency"
        ) from error
    return HopFrequencies(initial, saddle, fingerprint(path))
