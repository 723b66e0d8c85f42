"""Stresses and energies of strained cells from structures that ase reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.data import IDENTITY, Array, IonRelaxation, StrainedStresses
from a2c_pybamm.readers.frames import energy_of
from a2c_pybamm.readers.mechanics.point_group import SYMMETRY_TOLERANCE
from a2c_pybamm.readers.mechanics.unstrained_cell import (
    STRAIN_LIMITS,
    cell_volume,
    joule,
    read_frames_of,
    single_frame,
    stress_of,
    unstrained_cell,
)
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint
from a2c_pybamm.readers.thermodynamics.file_patterns import matching_files


@file_errors
def read_strained_structures(
    paths: str | Path | Sequence[str | Path],
    *,
    reference: str | Path | None = None,
    ions: IonRelaxation | str | None = None,
    symmetry: bool = True,
    symmetry_tolerance: str = SYMMETRY_TOLERANCE,
    label: str | None = None,
) -> StrainedStresses:
    r"""Stresses, and energies where all have them, of strained cells from files of structures that ase reads.

    The deformation is that of the cell vectors, :math:`A = A_0 F^\mathsf{T}` (rows), with any rotation, which is taken off.
    Ase converts the stress of each program to its own sign and order, tension positive.

    Parameters
    ----------
    paths
        A file of frames, a pattern (``"runs/*/vasprun.xml"``), or a list of these; of a run of VASP the last step counts.
    reference
        File of the cell without strain. If not given, it is the frame whose cell is nearest to all others: strains of both
        signs lie around it.
    ions
        Whether ions are relaxed in the strained cells. If not given, they are clamped where all frames have the reference's
        scaled positions.

    Raises
    ------
    ValueError
        Naming file and frame: it cannot be read, has no stress, other atoms than the reference, no three cell vectors, or a
        strain too large.
    """
    given = [paths] if isinstance(paths, str | Path) else paths
    files = list(dict.fromkeys(existing(path) for pattern in given for path in matching_files(pattern)))
    frames = [frame for path in files for frame in read_frames_of(path)]
    where, first = _reference_frame(frames) if reference is None else single_frame(existing(reference))
    rest = [(place, atoms) for place, atoms in frames if atoms is not first]
    if not rest:
        raise ValueError(f"{where}: no strained cell beside the one without strain; add them")
    unstrained = unstrained_cell(where, first, symmetry_tolerance if symmetry else None)
    strains, stresses = zip(*(_strain_and_stress(place, atoms, first) for place, atoms in rest), strict=True)
    energies = [atoms.calc is not None and "energy" in atoms.calc.results for _, atoms in rest]
    moved = max(_largest_move(atoms, first) for _, atoms in rest)
    found = IonRelaxation.CLAMPED if moved < STRAIN_LIMITS.same_position else IonRelaxation.RELAXED
    group = unstrained.group
    return StrainedStresses(
        strains=np.array(strains),
        stresses=np.array(stresses),
        energies=np.array([joule(energy_of(atoms, place)) for place, atoms in rest]) if all(energies) else None,
        volume=unstrained.volume,
        ions=found if ions is None else IonRelaxation(ions),
        reference_stress=unstrained.stress,
        rotations=group.rotations if group else None,
        point_group=group.symbol if group else "",
        label=label or str(first.symbols),
        provenance={"files": [fingerprint(path) for path in files], "cell without strain": Path(where).name},
    )


def _reference_frame(frames: list[tuple[str, Any]]) -> tuple[str, Any]:
    """The frame to whose cell those of all others are nearest, by lengths and angles, which no rotation moves."""
    metrics = np.array([atoms.cell.array @ atoms.cell.array.T for _, atoms in frames])
    distances = np.linalg.norm(metrics[:, None] - metrics[None], axis=(-2, -1)).sum(axis=1)
    return frames[int(np.argmin(distances))]


def _strain_and_stress(where: str, atoms: Any, reference: Any) -> tuple[Array, Array]:
    """Small strain, and stress [Pa] in the axes that the rotation of the cell leaves (3, 3)."""
    if list(atoms.symbols) != list(reference.symbols):
        raise ValueError(
            f"{where}: {atoms.symbols} where the cell without strain has {reference.symbols}; keep one crystal, in one order"
        )
    cell_volume(where, atoms)
    gradient = np.linalg.solve(reference.cell.array, atoms.cell.array).T
    left, stretch, right = np.linalg.svd(gradient)
    strain = right.T @ np.diag(stretch) @ right - IDENTITY
    if np.abs(strain).max() > STRAIN_LIMITS.largest:
        raise ValueError(
            f"{where}: a strain of {np.abs(strain).max():.3g} against the cell without strain; are they the same cell?"
        )
    rotation = left @ right
    return strain, rotation.T @ stress_of(where, atoms) @ rotation


def _largest_move(atoms: Any, reference: Any) -> float:
    """Largest difference of scaled positions against the first atom from those of the reference, whole cells taken off."""
    moves = atoms.get_scaled_positions(wrap=False) - reference.get_scaled_positions(wrap=False)
    moves = moves - moves[0]
    return float(np.abs(moves - np.round(moves)).max())
