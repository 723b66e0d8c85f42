"""Migration paths: images of a nudged elastic band, or their energies alone."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ase.geometry import find_mic
from scipy.optimize import linear_sum_assignment

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import HopFrequencies, ImageEnergies, MigrationPath
from a2c_pybamm.data.hops import MIN_IMAGES
from a2c_pybamm.readers.csv_table import read_number, read_rows
from a2c_pybamm.readers.frames import energy_of
from a2c_pybamm.readers.hops.neb_images import (
    BandImage,
    images_of_file,
    images_of_files,
    images_of_folder,
    provenance_of,
    validate_no_return,
    with_end_energies,
    with_ends,
)
from a2c_pybamm.readers.hops.path_table import is_path_table, read_path_table
from a2c_pybamm.readers.source_file import FILE_LIMITS, existing, file_errors, fingerprint, read_text
from a2c_pybamm.readers.units import EV, LARGEST_NUMBER, THZ, column_unit


@dataclass(frozen=True)
class ImageCriterion:
    """Limits beyond which images are no path, or forces not those of its energies."""

    cell_difference: float = 1e-3
    """Largest difference [Å] between cell vectors of one path."""
    confusion_step: float = 0.8
    """Step of an atom between two images [Å] beyond which it may have been exchanged with another: half of a bond's length."""
    return_share: float = 0.25
    """Distance of two images, in shares of the shorter step beside them, below which the path is back where it was."""
    force_share: float = 0.2
    """Slope by forces over slope by energies below which forces are those of the band (without their part along the path)."""
    force_images: int = 7
    """Images from which on the two are compared; between fewer, a path may turn."""


@file_errors
def read_neb(
    path: str | Path | Sequence[str | Path],
    *,
    label: str | None = None,
    ends: tuple[str | Path, str | Path] | None = None,
    end_energies: tuple[float, float] | None = None,
    criterion: ImageCriterion = ImageCriterion(),
) -> MigrationPath:
    r"""Energies along a hop, from the images of a nudged elastic band in order.

    ==========================================  ====================================================================
    given                                       read
    ==========================================  ====================================================================
    a file of images, any format of ase         all of them; of a band's relaxation (``neb.traj``) the last band
    a list of files                             the last structure of each
    a folder with folders 00, 01 … (VASP)       the last step of each ``OUTCAR`` or ``vasprun.xml``
    VTST's ``neb.dat``                          distance [Å], energy [eV] and force along the path [eV/Å]
    a table with names, ``.csv``                ``distance_A``, ``energy_eV``, ``force_eV/A`` if there; other units
    ==========================================  ====================================================================

    Distance along the path is the Euclidean length of all atoms' displacements from image to image (nearest periodic copies);
    where the files have forces, the slope is :math:`dE/ds = -\mathbf F\cdot\hat\tau` along the central-difference tangent.
    Forces that have lost their part along the path (those of a band with its springs) are not used, as the provenance states.

    Parameters
    ----------
    label
        Name of the method that made the energies; the file's or folder's unless given.
    ends
        Files of the two stable sites from relaxations of their own, whose last structures are put before and behind the images,
        or in the place of images with the same positions, or of the folders 00 and the last.
    end_energies
        Energies of the two ends [eV] where images or folders hold their structures alone; they are taken as relaxed.

    Raises
    ------
    ValueError
        If a file cannot be read, there are fewer than three images, an image lacks its energy, repeats the one before or is
        back at an earlier one, or images differ in cell, atoms or the order of atoms.
    """
    given = [path] if isinstance(path, str | Path) else list(path)
    if not given:
        raise ValueError("read_neb: no file is given; give the images in order from one stable site to the next")
    first = Path(given[0])
    if len(given) == 1 and not first.is_dir() and is_path_table(existing(first)):
        if ends or end_energies:
            raise ValueError(f"{first}: a table has the ends of its path; leave ends= and end_energies= out")
        distance, energy, slope = read_path_table(first)
        return _checked(label or first.stem, distance, energy, slope, fingerprint(first), criterion)
    name = first if len(given) == 1 else first.parent
    images = _images(given, ends, end_energies)
    return _path_of_images(name, label or name.stem, images, criterion)


def _images(
    given: Sequence[str | Path], ends: tuple[str | Path, str | Path] | None, end_energies: tuple[float, float] | None
) -> list[BandImage]:
    """The images of one file, several files or a folder, with their ends."""
    path = Path(given[0])
    if end_energies is not None and not (len(end_energies) == 2 and np.isfinite(end_energies).all() and ends is None):
        raise ValueError(f"{path}: end_energies= are the two energies [eV] of the ends, in the place of ends=")
    if len(given) == 1 and path.is_dir():
        return images_of_folder(path, end_energies, ends)
    images = images_of_file(existing(path)) if len(given) == 1 else images_of_files([Path(file) for file in given])
    if end_energies is not None:
        return with_end_energies(images, end_energies)
    return images if ends is None else with_ends(images, images_of_files([Path(file) for file in ends]))


def _path_of_images(path: Path, label: str, images: Sequence[BandImage], criterion: ImageCriterion) -> MigrationPath:
    """The path through some images."""
    if len(images) < MIN_IMAGES:
        raise ValueError(f"{path}: {len(images)} image(s), a barrier needs at least three; give all of the band")
    for image in images:
        _check_image(image, images[0].atoms, criterion)
    steps = np.array([_step(path, k, a.atoms, b.atoms, criterion) for k, (a, b) in enumerate(itertools.pairwise(images))])
    validate_no_return(path, steps, criterion.return_share)
    energy = np.array([energy_of(image.atoms, image.where) if image.energy is None else image.energy for image in images])
    distance = np.concatenate([[0.0], np.cumsum(np.linalg.norm(steps, axis=(1, 2)))])
    slope = None
    if (forces := _forces(images)) is not None:
        slope = -np.einsum("iac,iac->i", forces, _tangents(steps)) * EV / ANGSTROM
    return _checked(label, distance * ANGSTROM, energy * EV, slope, provenance_of(path, images), criterion)


def _forces(images: Sequence[BandImage]) -> np.ndarray | None:
    """Forces of all images [eV/Å] (n_image, n_atom, 3), zero at ends of declared energy; None where an image has none."""
    made = []
    for image in images:
        if image.energy is not None:
            made.append(np.zeros_like(image.atoms.positions))
        elif "forces" in image.atoms.calc.results:
            made.append(image.atoms.calc.results["forces"])
        else:
            return None
    return np.array(made)


def _checked(
    label: str,
    distance: np.ndarray,
    energy: np.ndarray,
    slope: np.ndarray | None,
    provenance: dict[str, Any],
    criterion: ImageCriterion,
) -> MigrationPath:
    """The path, without slopes where these are not those of its energies."""
    path = MigrationPath(label, distance, energy - energy[0], slope, provenance)
    if slope is None or len(energy) < criterion.force_images:
        return path
    by_energies = (energy[2:] - energy[:-2]) / (distance[2:] - distance[:-2])
    share = float(slope[1:-1] @ by_energies / max(by_energies @ by_energies, np.finfo(float).tiny))
    if share < -criterion.force_share:
        raise ValueError(f"path {label}: forces along the path have the sign of the energies' slope; turn their sign")
    if share > criterion.force_share:
        return path
    note = {"forces": f"not used: {share:.2g} of the energies' slope along the path, as of forces with a band's springs"}
    return replace(path, slope=None, provenance={**provenance, **note})


def _check_image(image: BandImage, first: Any, criterion: ImageCriterion) -> None:
    """Raise ``ValueError`` where an image cannot be one of the path that the first one begins."""
    atoms, where = image.atoms, image.where
    if len(atoms) != len(first) or (atoms.numbers != first.numbers).any():
        raise ValueError(f"{where} has other atoms than the first; images must list the same atoms in the same order")
    if image.energy is None and (atoms.calc is None or "energy" not in atoms.calc.results):
        raise ValueError(f"{where} has no energy; write the images with their energies (extxyz keeps them)")
    if not np.isfinite(atoms.positions).all():
        raise ValueError(f"{where} has a position that is not finite; write it again")
    if not np.allclose(atoms.cell.array, first.cell.array, atol=criterion.cell_difference):
        raise ValueError(f"{where} has another cell than the first; relax the path in one fixed cell")


def _step(path: Path, k: int, first: Any, second: Any, criterion: ImageCriterion) -> np.ndarray:
    """Displacements of all atoms [Å] (n_atom, 3) from image k to the next, nearest periodic copies."""
    vectors, lengths = find_mic(second.positions - first.positions, first.cell, first.pbc)
    if not lengths.any():
        raise ValueError(f"{path}: image {k + 1} repeats image {k}; leave one out")
    far = np.flatnonzero(lengths > criterion.confusion_step)
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
