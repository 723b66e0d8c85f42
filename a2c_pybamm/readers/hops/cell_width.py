"""Width of the simulation cell of a migration path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data.cells import smallest_width
from a2c_pybamm.readers.hops.neb_images import images_of_file, images_of_files, images_of_folder
from a2c_pybamm.readers.hops.path_table import is_path_table
from a2c_pybamm.readers.source_file import existing, file_errors


@file_errors
def read_cell_width(path: str | Path | Sequence[str | Path]) -> float | None:
    """Smallest width [m] of the cell in which the images of a path lie; None where the files have no periodic cell.

    Takes the files of `read_neb`; of a table of energies it is None.

    Raises
    ------
    ValueError
        If a file cannot be read.
    """
    given = [path] if isinstance(path, str | Path) else list(path)
    first = Path(given[0])
    if first.is_dir():
        images = images_of_folder(first, None, None)
    elif len(given) > 1:
        images = images_of_files([Path(file) for file in given])
    elif is_path_table(existing(first)):
        return None
    else:
        images = images_of_file(first)
    cells = np.array([np.asarray(image.atoms.cell, float) for image in images])
    periodic = all(image.atoms.pbc.all() for image in images) and (np.abs(np.linalg.det(cells)) > 0).all()
    return ANGSTROM * smallest_width(cells) if periodic else None
