"""Particles in their cells: the frames of a file at each walk, and the same refusals as of trajectories."""

from pathlib import Path

import numpy as np
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.constants import ANGSTROM, DALTON
from tests.readers.motion.runs import CELL, MASSES, NUMBERS, crystal, extxyz, xyz

INTERVAL = 1e-14
HEADS = {"interval": INTERVAL, "temperature": 900.0}


def test_walks_give_the_frames_of_the_file_each_time(tmp_path: Path) -> None:
    r, _ = crystal(24, INTERVAL)
    path = tmp_path / "run.extxyz"
    path.write_text(extxyz(r, [""] * len(r)))
    run = a2c.read_configurations(path, **HEADS, discard=4 * INTERVAL)
    assert (run.n_frame, run.species[:2], run.periodic) == (20, ("Li", "S"), (True, True, True))
    for _ in range(2):
        blocks = list(run.blocks())
        walked = np.concatenate([block.positions for block in blocks])
        np.testing.assert_allclose(walked, ANGSTROM * r[4:], atol=1e-16)
        np.testing.assert_allclose(
            np.concatenate([block.cell for block in blocks]), np.broadcast_to(ANGSTROM * CELL, (20, 3, 3))
        )


def test_velocities_and_charges_come_along(tmp_path: Path) -> None:
    r, v = crystal(24, INTERVAL)
    charges = np.where(NUMBERS == 3, 1.0, -1.0)
    path = tmp_path / "run.npz"
    np.savez(path, positions=r, numbers=NUMBERS, velocities=v * 1e-5, cell=CELL, charges=charges)
    run = a2c.read_configurations(path, **HEADS)
    np.testing.assert_allclose(np.concatenate([block.velocities for block in run.blocks()]), v)
    np.testing.assert_array_equal(run.charges, charges)


def test_a_run_without_a_cell_is_refused(tmp_path: Path) -> None:
    r, _ = crystal(24, INTERVAL)
    path = tmp_path / "run.xyz"
    path.write_text(xyz(r, [""] * len(r), {3: "Li", 16: "S"}))
    with pytest.raises(ValueError, match="no cell; give its vectors"):
        a2c.read_configurations(path, **HEADS)
    run = a2c.read_configurations(path, **HEADS, cell=ANGSTROM * CELL)
    np.testing.assert_allclose(next(run.blocks()).cell[0], ANGSTROM * CELL)


def test_arrays_in_memory_are_checked() -> None:
    r, v = crystal(12, INTERVAL)
    given = {"species": ("Li",) * 64, "masses": DALTON * MASSES, "interval": 1e-15, "temperature": 300.0}
    run = a2c.Configurations.of_arrays(ANGSTROM * r, ANGSTROM * CELL, velocities=v, **given)
    np.testing.assert_array_equal(next(run.blocks()).velocities, v)
    with pytest.raises(ValueError, match="cell without volume"):
        a2c.Configurations.of_arrays(ANGSTROM * r, np.ones((3, 3)), **given)
    r[5, 3] = np.nan
    with pytest.raises(ValueError, match="frame 5 has a position"):
        list(a2c.Configurations.of_arrays(ANGSTROM * r, ANGSTROM * CELL, **given).blocks())
    with pytest.raises(ValueError, match="positive one for each of 64"):
        a2c.Configurations.of_arrays(r, CELL, **{**given, "masses": np.zeros(64)})


def test_a_file_that_is_gone_or_has_changed_is_named(tmp_path: Path) -> None:
    r, _ = crystal(24, INTERVAL)
    path = tmp_path / "run.extxyz"
    path.write_text(extxyz(r, [""] * len(r)))
    run = a2c.read_configurations(path, **HEADS)
    path.write_text(extxyz(r[:12], [""] * 12))
    with pytest.raises(ValueError, match=r"run\.extxyz: the file is gone or has changed.*read it again"):
        list(run.blocks())
    path.unlink()
    with pytest.raises(ValueError, match=r"run\.extxyz: the file is gone or has changed.*read it again"):
        list(run.blocks())


def test_lists_are_taken_and_wrong_types_are_named() -> None:
    given = {"species": ("Li",), "masses": [1e-26], "interval": 1e-15, "temperature": 300.0}
    positions, cell = np.zeros((2, 1, 3)), np.eye(3)
    run = a2c.Configurations.of_arrays(positions, cell, **given, velocities=positions.tolist(), charges=[1])
    assert next(run.blocks()).velocities.shape == (2, 1, 3)
    assert run.charges.dtype == float
    for options, message in (
        ({"charges": ["Li+"]}, "charges are not numbers"),
        ({"periodic": (True, True)}, "periodic is .*give True or False"),
        ({"periodic": False}, "periodic is False; give True or False"),
    ):
        with pytest.raises(ValueError, match=message):
            a2c.Configurations.of_arrays(positions, cell, **given, **options)
