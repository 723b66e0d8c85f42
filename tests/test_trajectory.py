"""Trajectories from files: units, unwrapping, and files that are not whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ase
import ase.io
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.data import Trajectory
from a2c_pybamm.readers.trajectory import read_trajectory

TRICLINIC = np.array([[6.0, 0.0, 0.0], [2.0, 5.0, 0.0], [-1.0, 1.5, 7.0]])
GIVEN = {"interval": 1e-14, "temperature": 300.0}


def walk(rng: np.random.Generator, n_frame: int = 40, n_atom: int = 5, step: float = 0.4) -> np.ndarray:
    return 3 + np.cumsum(step * rng.normal(size=(n_frame, n_atom, 3)), axis=0)


def images(positions: np.ndarray, cell: np.ndarray, *, wrap: bool) -> list[ase.Atoms]:
    """Frames in one cell, or in one cell each (n_frame, 3, 3)."""
    cells = np.broadcast_to(cell, (len(positions), 3, 3))
    made = [ase.Atoms("Li3S2", positions=p, cell=c, pbc=True) for p, c in zip(positions, cells, strict=True)]
    for image in made if wrap else []:
        image.wrap()
    return made


def write_npz(path: Path, **changes: Any) -> Path:
    content: dict[str, Any] = {
        "positions": walk(np.random.default_rng(0)),
        "numbers": np.array([3, 3, 3, 16, 16]),
        "masses": np.array([7.0, 7.0, 6.0, 32.0, 32.0]),
        "frame_spacing_fs": 12.5,
        "temperature_K": 700.0,
    }
    content |= changes
    np.savez(path, **{key: value for key, value in content.items() if value is not None})
    return path


def test_npz_is_read_in_si(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "run.npz")
    read = read_trajectory(path)
    np.testing.assert_allclose(read.positions, 1e-10 * walk(np.random.default_rng(0)))
    assert read.species == ("Li", "Li", "Li", "S", "S")
    np.testing.assert_allclose(read.masses[[0, 2]], [1.16238e-26, 9.96323e-27], rtol=1e-4)
    assert (read.interval, read.temperature) == (pytest.approx(1.25e-14), 700.0)
    assert read.provenance["file"] == "run.npz"
    assert len(read.provenance["sha256"]) == 64
    later = read_trajectory(path, discard=1.25e-13)
    np.testing.assert_array_equal(later.positions, read.positions[10:])


@pytest.mark.parametrize("changing", [False, True], ids=["fixed cell", "changing cell"])
@given(seed=st.integers(0, 10**6))
def test_unwrapping_round_trip(tmp_path_factory: pytest.TempPathFactory, changing: bool, seed: int) -> None:
    """Wrapped into a triclinic cell, written, read: the same displacements. In a changing cell up to the cell's own change."""
    rng = np.random.default_rng(seed)
    positions = walk(rng)
    cell = TRICLINIC * (1 + 0.002 * rng.normal(size=(40, 1, 1))) if changing else TRICLINIC
    path = tmp_path_factory.mktemp("wrap") / "run.extxyz"
    ase.io.write(path, images(positions, cell, wrap=True))
    read = read_trajectory(path, **GIVEN)
    assert read.provenance["positions"] == "unwrapped on reading"
    moved = read.positions - read.positions[0]
    # each crossing of a boundary moves an atom by a cell vector of that frame: 0.2 % of 7 Å, some ten times
    np.testing.assert_allclose(moved * 1e10, positions - positions[0], atol=0.5 if changing else 1e-5)


def test_unwrapped_positions_are_left_alone(tmp_path: Path) -> None:
    positions = walk(np.random.default_rng(2), step=0.1)
    ase.io.write(tmp_path / "run.extxyz", images(positions, TRICLINIC, wrap=False))
    read = read_trajectory(tmp_path / "run.extxyz", **GIVEN)
    assert read.provenance["positions"] == "as in the file"
    np.testing.assert_allclose(read.positions * 1e10, positions, atol=1e-7)


def test_wrapped_npz_with_its_cell_is_unwrapped(tmp_path: Path) -> None:
    positions = walk(np.random.default_rng(3))
    wrapped = np.array([image.positions for image in images(positions, TRICLINIC, wrap=True)])
    read = read_trajectory(write_npz(tmp_path / "run.npz", positions=wrapped, cell=TRICLINIC))
    np.testing.assert_allclose((read.positions - read.positions[0]) * 1e10, positions - positions[0], atol=1e-9)


def test_ase_binary_and_exyz(tmp_path: Path) -> None:
    frames = images(walk(np.random.default_rng(2), step=0.1), TRICLINIC, wrap=False)
    ase.io.write(tmp_path / "run.traj", frames)
    ase.io.write(tmp_path / "run.exyz", frames, format="extxyz")
    one, two = (read_trajectory(tmp_path / name, **GIVEN) for name in ("run.traj", "run.exyz"))
    np.testing.assert_allclose(one.positions, two.positions, atol=1e-17)


def test_numbers_beside_the_frames_are_used(tmp_path: Path) -> None:
    frames = images(walk(np.random.default_rng(2), step=0.1), TRICLINIC, wrap=False)
    for k, image in enumerate(frames):
        image.info |= {"frame_spacing_fs": 4.0, "temperature_K": 500.0 + 10 * (-1) ** k}
    ase.io.write(tmp_path / "run.extxyz", frames)
    read = read_trajectory(tmp_path / "run.extxyz")
    assert (read.interval, read.temperature) == (pytest.approx(4e-15), pytest.approx(500.0))
    assert read_trajectory(tmp_path / "run.extxyz", temperature=505.0).temperature == 505.0
    with pytest.raises(ValueError, match=r"500 ± 10 K in the file and 600 K"):
        read_trajectory(tmp_path / "run.extxyz", temperature=600.0)


@pytest.mark.parametrize(
    ("changes", "given", "message"),
    [
        ({"positions": None}, {}, "no key 'positions'"),
        ({"numbers": None}, {}, "no key 'numbers'"),
        ({"positions": np.zeros((4, 3, 3))}, {}, r"shape \(4, 3, 3\), expected \(n_frame, 5, 3\)"),
        ({"positions": np.zeros((1, 5, 3))}, {}, "fewer than two of 1 frames"),
        ({"positions": np.full((4, 5, 3), np.nan)}, {}, "not finite"),
        ({"masses": np.ones(3)}, {}, "3 masses for 5 atoms"),
        ({"frame_spacing_fs": None}, {}, "give it in seconds as interval="),
        ({"frame_spacing_fs": None, "timestep_fs": 1.0}, {}, "give it in seconds as interval="),
        ({"temperature_K": None}, {}, "give it in kelvin as temperature="),
        ({}, {"interval": 12.5}, "in the file and 12.5 s by argument"),
        ({}, {"temperature": 427.0}, "700 K in the file and 427 K"),
        ({}, {"discard": 1.0}, "discard less"),
        ({"numbers": np.array([{}] * 5)}, {}, "not a complete numpy archive"),
    ],
)
def test_bad_npz_is_refused(tmp_path: Path, changes: dict[str, Any], given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_trajectory(write_npz(tmp_path / "run.npz", **changes), **given)


@pytest.mark.parametrize("keep", [0.01, 0.3, 0.7, 0.99])
def test_cut_off_npz_names_the_file(tmp_path: Path, keep: float) -> None:
    path = write_npz(tmp_path / "run.npz")
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(ValueError, match=r"run\.npz: not a complete numpy archive.*copy or write it again"):
        read_trajectory(path)


@pytest.mark.parametrize("cut", [3, 25, 60, 200])
def test_cut_off_extxyz_names_the_file(tmp_path: Path, cut: int) -> None:
    """Within the last number, the last line, the last frame."""
    path = tmp_path / "run.extxyz"
    ase.io.write(path, images(walk(np.random.default_rng(2)), TRICLINIC, wrap=False))
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(ValueError, match=r"run\.extxyz: .*cut off"):
        read_trajectory(path, **GIVEN)


def test_other_bad_files(tmp_path: Path) -> None:
    frames = images(walk(np.random.default_rng(2)), TRICLINIC, wrap=False)
    frames[7] = frames[7][[0, 3, 1, 2, 4]]
    ase.io.write(tmp_path / "order.extxyz", frames)
    with pytest.raises(ValueError, match="frame 7 has other atoms"):
        read_trajectory(tmp_path / "order.extxyz", **GIVEN)
    for name in ("none.npz", "none.traj"):
        with pytest.raises(ValueError, match="no such file"):
            read_trajectory(tmp_path / name, **GIVEN)
    (tmp_path / "text.traj").write_text("nothing of the kind")
    with pytest.raises(ValueError, match="cannot be read as a trajectory"):
        read_trajectory(tmp_path / "text.traj", **GIVEN)
    ase.io.write(tmp_path / "sparse.extxyz", images(walk(np.random.default_rng(2), step=3.0), TRICLINIC, wrap=True))
    with pytest.raises(ValueError, match="its way is ambiguous"):
        read_trajectory(tmp_path / "sparse.extxyz", **GIVEN)


def test_one_frame_is_no_trajectory() -> None:
    with pytest.raises(ValueError, match="at least two"):
        Trajectory(np.zeros((1, 1, 3)), ("Li",), np.ones(1), 1.0, 1.0)
