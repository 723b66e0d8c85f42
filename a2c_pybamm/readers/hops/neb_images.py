"""Images of a nudged elastic band, wherever they lie: one file, a file for each, or a folder for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.data.hops import MIN_IMAGES
from a2c_pybamm.readers.frames import UNREADABLE, read_frames
from a2c_pybamm.readers.source_file import existing, fingerprint

IMAGE_RESULTS = ("OUTCAR", "vasprun.xml")
"""Files of VASP with the energy of an image, the first that is there."""
IMAGE_STRUCTURES = ("CONTCAR", "POSCAR")
"""Files of VASP with its positions alone."""
PACKINGS = ("", ".gz", ".bz2", ".xz")
SAME_PLACE = 1e-5
"""Largest difference [Å] between the coordinates of one place: texts have five digits or more."""


@dataclass(frozen=True, eq=False)
class BandImage:
    """One image, and where it comes from."""

    atoms: Any
    """Atoms as ase has them, with their results."""
    where: str
    """File and place in it, for messages."""
    path: Path
    energy: float | None = None
    """Energy [eV] that is declared in the place of the file's."""


def images_of_file(path: Path) -> list[BandImage]:
    """Images in one file, of several bands the last.

    Raises
    ------
    ValueError
        If it cannot be read, or its last band is not whole.
    """
    frames = read_frames(path, failure=UNREADABLE, remedy="copy the file again")
    first = len(frames) - _band_length(path, frames)
    return [BandImage(frame, f"{path}: image {k}", path) for k, frame in enumerate(frames[first:])]


def images_of_files(paths: Sequence[Path]) -> list[BandImage]:
    """The last structure of each file, one image a file."""
    return [_last_image(path) for path in map(existing, paths)]


def with_ends(images: Sequence[BandImage], ends: Sequence[BandImage]) -> list[BandImage]:
    """Images between two ends; an image at the place of an end is left out for it."""
    first, last = ends
    inner = list(images)
    if inner and _is_same(inner[0].atoms, first.atoms):
        inner = inner[1:]
    if inner and _is_same(inner[-1].atoms, last.atoms):
        inner = inner[:-1]
    return [first, *inner, last]


def with_end_energies(images: Sequence[BandImage], energies: tuple[float, float]) -> list[BandImage]:
    """Images whose first and last get declared energies [eV].

    Raises
    ------
    ValueError
        If one of them has an energy of its own.
    """
    ends = [images[0], images[-1]]
    if own := next((end.where for end in ends if end.atoms.calc is not None and "energy" in end.atoms.calc.results), None):
        raise ValueError(f"{own} has an energy of its own; leave end_energies= out")
    first, last = (replace(end, energy=energy) for end, energy in zip(ends, energies, strict=True))
    return [first, *images[1:-1], last]


def images_of_folder(
    folder: Path, end_energies: tuple[float, float] | None, ends: tuple[str | Path, str | Path] | None
) -> list[BandImage]:
    """The images of VASP's folders 00, 01 … of a band, whose ends may come from files or energies of their own.

    Raises
    ------
    ValueError
        If a number is missing, a folder has no results, or an end neither results nor a declared energy.
    """
    numbered = sorted((int(part.name), part) for part in folder.iterdir() if part.is_dir() and part.name.isdecimal())
    if not numbered:
        raise ValueError(
            f"{folder}: a folder, not a file, and without folders 00, 01 … of a band of VASP; give the file of the path"
        )
    if ends is not None:
        first, last = images_of_files([Path(file) for file in ends])
        inner = [part for number, part in numbered[:-1] if number]
        # a folder of the band's last number holds results only if the band has no folder for its end
        if _first_file(numbered[-1][1], IMAGE_RESULTS):
            raise ValueError(f"{folder}: its last folder {numbered[-1][1].name} has results of its own; leave ends= out")
        return [first, *map(_image_of_folder, inner), last]
    for expected, (number, part) in enumerate(numbered):
        if number != expected:
            raise ValueError(
                f"{folder}: folder {expected:02d} is missing before {part.name}; images must be complete, from one end (00) to "
                "the other"
            )
    parts = [part for _, part in numbered]
    first_energy, last_energy = end_energies or (None, None)
    inner_images = map(_image_of_folder, parts[1:-1])
    return [_end_of_folder(parts[0], first_energy), *inner_images, _end_of_folder(parts[-1], last_energy)]


def _image_of_folder(folder: Path) -> BandImage:
    results = _first_file(folder, IMAGE_RESULTS)
    if results is None:
        raise ValueError(f"{folder}: no {' or '.join(IMAGE_RESULTS)}; copy it there from where the band was computed")
    return _last_image(results)


def _end_of_folder(folder: Path, energy: float | None) -> BandImage:
    """An end by its own results, or its structure and a declared energy [eV]."""
    results = _first_file(folder, IMAGE_RESULTS)
    if results and energy is None:
        return _last_image(results)
    structure = _first_file(folder, IMAGE_STRUCTURES) or results
    if structure is None or energy is None:
        raise ValueError(
            f"{folder}: no {' or '.join(IMAGE_RESULTS)} of this end; put that of its own relaxation there, or give both ends' "
            "files as ends= or their energies as end_energies="
        )
    return _last_image(structure, energy)


def _first_file(folder: Path, names: Sequence[str]) -> Path | None:
    candidates = (folder / f"{name}{packing}" for name in names for packing in PACKINGS)
    return next((path for path in candidates if path.is_file() and path.stat().st_size), None)


def _last_image(path: Path, energy: float | None = None) -> BandImage:
    frames = read_frames(path, failure=UNREADABLE, remedy="copy the file again")
    if not frames:
        raise ValueError(f"{path}: no structure in it; copy the file again")
    return BandImage(frames[-1], str(path), path, energy)


def _band_length(path: Path, frames: Sequence[Any]) -> int:
    """Number of images of a band: its ends stay where they are, so that each further one begins with the same image."""
    starts = [k for k, frame in enumerate(frames) if k == 0 or _is_same(frame, frames[0])]
    if len(starts) < 2 or starts[1] < MIN_IMAGES or starts[1] == len(frames) - 1:
        return len(frames)
    n = starts[1]
    n_whole = len(frames) // n
    ends = frames[n - 1 :: n]
    if starts != list(range(0, len(frames), n)) or not all(_is_same(end, ends[0]) for end in ends[:n_whole]):
        return len(frames)
    if len(frames) % n:
        raise ValueError(
            f"{path}: {n_whole} bands of {n} images and {len(frames) % n} images more; the last band is cut off, leave it out"
        )
    return n


def _is_same(first: Any, second: Any) -> bool:
    """True for two images with the same atoms at the same places, up to the digits of a text."""
    return len(first) == len(second) and bool(np.allclose(first.positions, second.positions, rtol=0, atol=SAME_PLACE))


def provenance_of(path: Path, images: Sequence[BandImage]) -> dict[str, Any]:
    """Names and hashes of the files of a path."""
    files = list(dict.fromkeys(image.path for image in images))
    if files == [path]:
        return fingerprint(path)
    return {"file": path.name, "files": [{**fingerprint(file), "file": f"{file.parent.name}/{file.name}"} for file in files]}


def validate_no_return(path: Path, steps: np.ndarray, least_share: float) -> None:
    """Raise ``ValueError`` where an image lies at the place of an earlier one.

    Parameters
    ----------
    steps
        Displacements of all atoms from image to image (n_image - 1, n_atom, 3).
    least_share
        Least distance of two images, in shares of the shorter step beside them.
    """
    length = np.linalg.norm(steps, axis=(1, 2))
    places = np.concatenate([np.zeros_like(steps[:1]), np.cumsum(steps, axis=0)]).reshape(len(steps) + 1, -1)
    shorter = np.minimum(np.append(length, np.inf), np.append(np.inf, length))
    for k in range(len(places) - 2):
        away = np.linalg.norm(places[k + 2 :] - places[k], axis=1)
        back = np.flatnonzero(away < least_share * np.minimum(shorter[k + 2 :], shorter[k]))
        if len(back):
            raise ValueError(
                f"{path}: image {k + 2 + back[0]} is back at image {k}; give each image once, in order from one stable site to "
                "the next (of a band's relaxation the last band alone, of a way there and back one way)"
            )
