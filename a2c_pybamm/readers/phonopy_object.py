"""Phonopy's own object with force constants, from the content of one file."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.readers.plain_yaml import plain_yaml
from a2c_pybamm.readers.source_file import read_text

MOST_SUPERCELL_ATOMS = 4_000
"""Atoms of a supercell: their force constants in full are 1.2 GB."""
LARGEST_MASS = 1_000.0
"""Mass of an atom [u]: the heaviest nucleus has 294."""
CELL_BLOCKS = ("unit_cell", "primitive_cell", "supercell")
"""Blocks with atoms; in old files atoms stand outside of blocks."""


def load_phonopy(path: Path) -> Any:
    """Phonopy's object; the file is parsed as plain values, which are all that phonopy is given.

    Phonopy's own reading would follow tags, which run code, and look for more files in the working directory.

    Raises
    ------
    ValueError
        Naming the file: phonopy is not installed or cannot use it, it holds no forces, its supercell is larger than any, or a
        mass (whose place is named) is not one of an atom.
    """
    try:
        import phonopy
        from phonopy.interface.phonopy_yaml import load_phonopy_yaml
    except ImportError as error:
        raise ValueError(
            f"{path}: phonopy is not installed; pip install a2c_pybamm[phonopy], or use read_thermal on its YAML"
        ) from error
    content = plain_yaml(read_text(path), path)
    if isinstance(content, dict):
        for block in CELL_BLOCKS:
            _check_masses(path, f"{block}.", content.get(block))
        _check_masses(path, "", content)
    try:
        if not isinstance(content, dict):
            raise ValueError("no block of keys in it")
        return _with_force_constants(phonopy.Phonopy, load_phonopy_yaml(content))
    except Exception as error:  # phonopy raises errors of every type
        detail = " ".join(str(error).split())[:200] or type(error).__name__
        raise ValueError(f"{path}: phonopy cannot use it ({detail}); is it cut off, or not phonopy_params.yaml?") from error


def _with_force_constants(phonopy_class: Any, stored: Any) -> Any:
    """Phonopy's object of what a file stored, force constants made of its forces where it has none."""
    dataset = stored.dataset or {}
    has_forces = "forces" in dataset or any("forces" in atom for atom in dataset.get("first_atoms", ()))
    if stored.force_constants is None and not has_forces:
        raise ValueError("neither forces nor force constants in it; write it with phonopy-load --include-all")
    matrix = np.eye(3, dtype=int) if stored.supercell_matrix is None else np.asarray(stored.supercell_matrix)
    _check_size(stored.unitcell, matrix)
    phonon = phonopy_class(
        stored.unitcell,
        matrix,
        primitive_matrix="auto" if stored.primitive_matrix is None else stored.primitive_matrix,
        calculator=stored.calculator,
        **_options(phonopy_class, stored),
    )
    if stored.nac_params is not None:
        phonon.nac_params = stored.nac_params
    if stored.force_constants is None:
        phonon.dataset = dataset
        phonon.produce_force_constants()
        phonon.symmetrize_force_constants()
    else:
        phonon.force_constants = stored.force_constants
    return phonon


def _check_masses(path: Path, place: str, cell: Any) -> None:
    """Raise ``ValueError`` where an atom's mass is no number in (0, 1000] u: phonopy takes any, and modes become imaginary."""
    for key in ("points", "atoms"):
        atoms = cell.get(key) if isinstance(cell, dict) else None
        for k, atom in enumerate(atoms if isinstance(atoms, list) else ()):
            if not isinstance(atom, dict) or "mass" not in atom:
                continue
            mass = atom["mass"]
            if type(mass) not in (int, float) or not 0 < mass <= LARGEST_MASS:
                shown = f"{place}{key}[{k}].mass is {str(mass)[:60]!r}"
                raise ValueError(f"{path}: {shown}, not a number above 0 and up to {LARGEST_MASS:g} u; correct it")


def _check_size(cell: Any, matrix: Any) -> None:
    """Raise ``ValueError`` where the supercell is larger than any in use."""
    if cell is None:
        raise ValueError("no unit cell in it")
    atoms = len(cell.symbols) * (np.prod(matrix.astype(float)) if matrix.ndim == 1 else np.linalg.det(matrix.astype(float)))
    if not 0.5 < abs(atoms) <= MOST_SUPERCELL_ATOMS:
        raise ValueError(f"a supercell of {abs(atoms):.3g} atoms, not 1 to {MOST_SUPERCELL_ATOMS}")


def _options(made: Any, stored: Any) -> dict[str, Any]:
    """Arguments that some versions of phonopy have and ``phonopy.load`` gives."""
    known = inspect.signature(made).parameters
    options: dict[str, Any] = {}
    if "factor" in known:  # before version 3 the calculator alone did not set the unit of frequencies
        from phonopy.interface.calculator import get_default_physical_units

        options["factor"] = get_default_physical_units(stored.calculator)["factor"]
    if "site_mixture_scheme" in known and getattr(stored, "site_mixture_scheme", None) is not None:
        options["site_mixture_scheme"] = stored.site_mixture_scheme
    return options
