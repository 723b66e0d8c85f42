"""Trajectories from files: units, unwrapping, and files that are not whole."""

from __future__ import annotations

import gzip
import mmap
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ase
import ase.io
import ase.units
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.data import Trajectory
from a2c_pybamm.estimators.time_series.mean_squared_displacement import (
    collective_mean_squared_displacement,
    mean_squared_displacement,
    mean_squared_displacement_tensor,
)
from a2c_pybamm.readers.motion import dump_frames
from a2c_pybamm.readers.motion.trajectory import read_trajectory, read_velocities
from a2c_pybamm.readers.source_file import FileLimits

TRICLINIC = np.array([[6.0, 0.0, 0.0], [2.0, 5.0, 0.0], [-1.0, 1.5, 7.0]])
GIVEN = {"interval": 1e-12, "temperature": 300.0}


def walk(rng: np.random.Generator, n_frame: int = 40, n_atom: int = 5, step: float = 0.4) -> np.ndarray:
    return 3 + np.cumsum(step * rng.normal(size=(n_frame, n_atom, 3)), axis=0)


def images(positions: np.ndarray, cell: np.ndarray, *, wrap: bool) -> list[ase.Atoms]:
    """Frames in one cell, or in one cell each (n_frame, 3, 3)."""
    cells = np.broadcast_to(cell, (len(positions), 3, 3))
    made = [ase.Atoms("Li3S2", positions=p, cell=c, pbc=True) for p, c in zip(positions, cells, strict=True)]
    for image in made if wrap else []:
        image.wrap()
    return made


def write_npz(path: Path, compressed: bool = False, **changes: Any) -> Path:
    content: dict[str, Any] = {
        "positions": walk(np.random.default_rng(0)),
        "numbers": np.array([3, 3, 3, 16, 16]),
        "masses": np.array([7.0, 7.0, 6.0, 32.0, 32.0]),
        "frame_spacing_fs": 1250.0,
        "temperature_K": 700.0,
    }
    content |= changes
    save = np.savez_compressed if compressed else np.savez
    save(path, **{key: value for key, value in content.items() if value is not None})
    return path


def test_npz_is_read_in_si(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "run.npz")
    read = read_trajectory(path)
    np.testing.assert_allclose(read.positions, 1e-10 * walk(np.random.default_rng(0)))
    assert read.species == ("Li", "Li", "Li", "S", "S")
    np.testing.assert_allclose(read.masses[[0, 2]], [1.16238e-26, 9.96323e-27], rtol=1e-4)
    assert (read.interval, read.temperature) == (pytest.approx(1.25e-12), 700.0)
    assert read.provenance["file"] == "run.npz"
    assert len(read.provenance["sha256"]) == 64
    later = read_trajectory(path, discard=1.25e-11)
    np.testing.assert_array_equal(later.positions, read.positions[10:])


@pytest.mark.slow
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
        image.info |= {"frame_spacing_fs": 400.0, "temperature_K": 500.0 + 10 * (-1) ** k}
    ase.io.write(tmp_path / "run.extxyz", frames)
    read = read_trajectory(tmp_path / "run.extxyz")
    assert (read.interval, read.temperature) == (pytest.approx(4e-13), pytest.approx(500.0))
    assert read_trajectory(tmp_path / "run.extxyz", temperature=505.0).temperature == pytest.approx(500.0)
    with pytest.raises(ValueError, match=r"500 ± 10 K in the file and 600 K"):
        read_trajectory(tmp_path / "run.extxyz", temperature=600.0)


def test_frames_that_are_left_out_need_not_have_the_temperature(tmp_path: Path, small_pieces: None) -> None:
    """The first frames read are hot; with them left out the rest has the thermostat's temperature."""
    frames = images(walk(np.random.default_rng(2), step=0.1), TRICLINIC, wrap=False)
    for k, image in enumerate(frames):
        image.info |= {"frame_spacing_fs": 400.0, "temperature_K": (900.0 if k < 10 else 500.0) + 10 * (-1) ** k}
    ase.io.write(tmp_path / "run.extxyz", frames)
    assert read_trajectory(tmp_path / "run.extxyz", temperature=500.0, discard=4e-12).temperature == 500.0
    with pytest.raises(ValueError, match=r"K in the file and 900 K by argument"):
        read_trajectory(tmp_path / "run.extxyz", temperature=900.0, discard=4e-12)


def test_missing_settings_are_asked_for_before_all_frames_are_read(
    tmp_path: Path, small_pieces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = dump(tmp_path / "dump.lammpstrj", walk(np.random.default_rng(2)), TILTED, "id element x y z ix iy iz")
    n_parsed = []
    parse = dump_frames._parse
    monkeypatch.setattr(dump_frames, "_parse", lambda *given: n_parsed.append(given[1]) or parse(*given))
    for options, missing in (({"temperature": 300.0}, "interval="), ({"interval": 1e-12}, "temperature=")):
        n_parsed.clear()
        with pytest.raises(ValueError, match=missing):
            read_trajectory(path, **options)
        assert n_parsed == [0]  # the first block alone


def test_a_file_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where its name is written in another way than paths are printed, and where a record refuses its content."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    r = walk(np.random.default_rng(5), n_frame=200) % 8
    write_npz(tmp_path / "data" / "run.npz", positions=r)
    for name in ("./data/run.npz", "data/run.npz"):
        with pytest.raises(ValueError, match=r"^data/run\.npz: trajectory: positions are wrapped"):
            read_trajectory(name, inertial=False)
        with pytest.raises(ValueError, match=r"^data/run\.npz: no atom of species 'Na'"):
            read_trajectory(path=name, species="Na")


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
        ({"numbers": np.array([{}] * 5)}, {}, "'numbers' is an array of '.O', not of numbers"),
        ({"cell": np.ones((2, 3, 3))}, {}, r"'cell' has shape \(2, 3, 3\)"),
        ({"velocities": np.ones((40, 4, 3))}, {}, r"'velocities' has shape \(40, 4, 3\)"),
        ({}, {"species": "Na"}, "no atom of species 'Na'"),
        ({}, {"cell": np.zeros((3, 3))}, "frame 0 has a cell without volume"),
        ({}, {"cell": np.zeros(3)}, r"cell= has shape \(3,\), expected three vectors"),
        ({"cell": np.full((3, 3), np.nan)}, {}, "frame 0 has a cell without volume"),
        ({"numbers": np.array([3, 3, 3, 16, 200])}, {}, "atomic numbers from 1 to 118"),
        ({"numbers": np.array(["Li"] * 5)}, {}, "'numbers' is an array of '<U2', not of numbers"),
        ({"masses": np.zeros(5)}, {}, "mass that is not positive"),
        ({"masses": np.full(5, np.nan)}, {}, "mass that is not positive"),
        ({"positions": np.zeros((4, 0, 3)), "numbers": np.zeros(0, int), "masses": None}, {}, "0 atoms"),
        ({"positions": np.zeros((0, 5, 3))}, {}, "holds no frame"),
        ({"frame_spacing_fs": np.array([1.0, 2.0])}, {}, "'frame_spacing_fs' is .*, expected one number"),
        ({"frame_spacing_fs": np.array("one")}, {}, "'frame_spacing_fs' is an array of '<U3', not of numbers"),
        ({"frame_spacing_fs": 0.0}, {}, "time between frames is 0 s, it must be positive"),
        ({"frame_spacing_fs": None}, {"interval": np.inf}, "time between frames is inf s"),
        ({"temperature_K": -5.0}, {}, "temperature is -5 K, it must be positive"),
        ({"temperature_K": np.full(3, 700.0)}, {}, "'temperature_K' has 3 entries for 40 frames"),
        ({"temperature_K": None}, {"temperature": 0.0}, "temperature is 0 K, it must be positive"),
        ({"velocities": np.ones((20, 5, 3))}, {}, "'velocities' has other frames"),
        ({}, {"discard": np.nan}, "discard is nan s"),
        ({}, {"symbols": ("Li",) * 5}, "has symbols of its own"),
        ({}, {"discard": -1.0}, "discard is -1 s"),
    ],
)
def test_bad_npz_is_refused(tmp_path: Path, changes: dict[str, Any], given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_trajectory(write_npz(tmp_path / "run.npz", **changes), **given)


@pytest.mark.parametrize("keep", [0.01, 0.3, 0.7, 0.99])
def test_cut_off_npz_names_the_file(tmp_path: Path, keep: float) -> None:
    path = write_npz(tmp_path / "run.npz")
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(ValueError, match=r"run\.npz: not a complete numpy file.*copy or write it again"):
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


# Parts of a file: some frames at a time, some atoms, a scratch file


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two frames at a time, and more than two thousand bytes of positions lie in a file."""
    monkeypatch.setattr("a2c_pybamm.data.record.BLOCK_BYTES", 1)
    monkeypatch.setattr("a2c_pybamm.readers.motion.frame_collection.MOST_BYTES_IN_MEMORY", 2000)
    monkeypatch.setattr("a2c_pybamm.readers.motion.frame_collection.TRANSPOSED_BYTES", 24 * 5 * 7)


def in_a_file(trajectory: Trajectory) -> bool:
    base: Any = trajectory.positions
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap.mmap)


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "compressed"])
def test_pieces_in_a_scratch_file_make_the_same_whole(
    tmp_path: Path, small_pieces: None, compressed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapped = np.array([i.positions for i in images(walk(np.random.default_rng(3), n_frame=41), TRICLINIC, wrap=True)])
    path = write_npz(tmp_path / "run.npz", positions=wrapped, cell=TRICLINIC, compressed=compressed)
    pieces = read_trajectory(path, scratch=tmp_path)
    assert in_a_file(pieces)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.npz"]  # the scratch file has no name
    monkeypatch.undo()
    whole = read_trajectory(path)
    assert not in_a_file(whole)
    np.testing.assert_array_equal(pieces.positions, whole.positions)
    for function in (mean_squared_displacement, mean_squared_displacement_tensor, collective_mean_squared_displacement):
        one, two = (function(t, "Li") for t in (pieces, whole))
        for key in ("by_atom", "tracer", "collective", "value"):
            if hasattr(one, key):
                np.testing.assert_array_equal(getattr(one, key), getattr(two, key))


def test_no_room_for_the_scratch_file(tmp_path: Path, small_pieces: None, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_npz(tmp_path / "run.npz")
    with pytest.raises(ValueError, match=r"run\.npz: .*do not fit into the scratch folder.*scratch="):
        read_trajectory(path, scratch=tmp_path / "nowhere")
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(ValueError, match="not enough space left"):
        read_trajectory(path, scratch=tmp_path)


def test_one_species_against_the_centre_of_the_rest(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "run.npz")
    whole, part = read_trajectory(path), read_trajectory(path, species="Li")
    assert part.species == ("Li", "Li", "Li", "X")
    np.testing.assert_array_equal(part.positions[:, :3], whole.positions[:, :3])
    for function in (mean_squared_displacement, mean_squared_displacement_tensor):
        one, two = (function(t, "Li") for t in (part, whole))
        key = "by_atom" if hasattr(one, "by_atom") else "collective"
        np.testing.assert_allclose(getattr(one, key), getattr(two, key), rtol=1e-10)
    alone = write_npz(tmp_path / "alone.npz", numbers=np.full(5, 3))
    assert read_trajectory(alone, species="Li").species == ("Li",) * 5


@pytest.mark.parametrize("dtype", ["float64", "float32", "int32"])
def test_npy_with_symbols_and_cell(tmp_path: Path, dtype: str) -> None:
    positions = (10 * walk(np.random.default_rng(1))).astype(dtype)
    np.save(tmp_path / "run.npy", positions)
    symbols = ("Li", "Li", "Li", "S", "S")
    read = read_trajectory(tmp_path / "run.npy", symbols=symbols, **GIVEN)
    np.testing.assert_allclose(read.positions, 1e-10 * positions, rtol=1e-6)
    np.save(tmp_path / "run.npy", walk(np.random.default_rng(1)) % 5)
    unwrapped = read_trajectory(tmp_path / "run.npy", symbols=symbols, cell=5e-10 * np.eye(3), **GIVEN)
    moved = walk(np.random.default_rng(1))
    np.testing.assert_allclose(unwrapped.positions - unwrapped.positions[0], 1e-10 * (moved - moved[0]), atol=1e-19)
    for bad, message in (
        ({}, "symbols="),
        ({"symbols": ("Li",)}, "1 symbols for 5"),
        ({"symbols": ("Li", "Li", "Li", "S", "Su")}, "'Su' is no chemical symbol"),
    ):
        with pytest.raises(ValueError, match=message):
            read_trajectory(tmp_path / "run.npy", **GIVEN, **bad)
    path = tmp_path / "run.npy"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match=r"cut off after 31 of 40 frames"):
        read_trajectory(path, symbols=symbols, **GIVEN)


def test_arrays_in_column_order_are_read(tmp_path: Path, small_pieces: None, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = walk(np.random.default_rng(1))
    for name, save in {"run.npz": write_npz, "run.npy": lambda path, positions: np.save(path, positions)}.items():
        save(tmp_path / name, positions=np.asfortranarray(moved))
        given = {"symbols": ("Li", "Li", "Li", "S", "S"), **GIVEN} if name == "run.npy" else {}
        np.testing.assert_allclose(read_trajectory(tmp_path / name, **given).positions, 1e-10 * moved)
        with monkeypatch.context() as small:
            small.setattr("a2c_pybamm.readers.numpy_array.FILE_LIMITS", FileLimits(piece_bytes=1000))
            with pytest.raises(ValueError, match=r"bytes in column order, more than .* numpy.ascontiguousarray"):
                read_trajectory(tmp_path / name, **given)


def test_a_list_of_one_number_is_that_number(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "run.npz", frame_spacing_fs=np.array([1250.0]), temperature_K=np.array([[700.0]]))
    read = read_trajectory(path)
    assert (read.interval, read.temperature) == (pytest.approx(1.25e-12), 700.0)


# Dumps of LAMMPS


def dump(
    path: Path,
    positions: np.ndarray,
    cell: np.ndarray,
    columns: str,
    *,
    units: str = "",
    steps: np.ndarray | None = None,
    velocities: np.ndarray | None = None,
    seed: int = 0,
) -> Path:
    """Write unwrapped positions [Å] in LAMMPS's way: atoms in any order, a new one in each frame."""
    rng = np.random.default_rng(seed)
    cells = np.broadcast_to(cell, (len(positions), 3, 3))
    origin = np.array([-1.0, 2.0, 0.5])
    text = []
    for t, (r, h) in enumerate(zip(positions, cells, strict=True)):
        step = 1000 * t if steps is None else steps[t]
        s = (r - origin) @ np.linalg.inv(h)
        inside, image = s % 1, np.floor(s).astype(int)
        x = origin + inside @ h
        xy, xz, yz = h[1, 0], h[2, 0], h[2, 1]
        low = origin + np.array([min(0, xy, xz, xy + xz), min(0, yz), 0])
        high = origin + np.diag(h) + np.array([max(0, xy, xz, xy + xz), max(0, yz), 0])
        tilt = (xy, xz, yz)
        text += [f"ITEM: UNITS\n{units}", f"ITEM: TIME\n{0.001 * step}"] if units else []
        text += [f"ITEM: TIMESTEP\n{step}", f"ITEM: NUMBER OF ATOMS\n{len(r)}", "ITEM: BOX BOUNDS xy xz yz pp pp pp"]
        text += [f"{low[k]:.15g} {high[k]:.15g} {tilt[k]:.15g}" for k in range(3)]
        text += [f"ITEM: ATOMS {columns}"]
        for a in rng.permutation(len(r)):
            kind = 0 if a < 3 else 1
            values = dict(id=a + 1, type=kind + 1, element=("Li", "S")[kind], mass=(7.0, 32.0)[kind])
            values |= dict(zip(("x", "y", "z", "ix", "iy", "iz"), (*x[a], *image[a]), strict=True))
            values |= dict(zip(("xu", "yu", "zu", "xs", "ys", "zs"), (*(origin + s[a] @ h), *inside[a]), strict=True))
            values |= dict(zip(("xsu", "ysu", "zsu"), s[a], strict=True))
            values |= dict(zip(("vx", "vy", "vz"), np.zeros(3) if velocities is None else velocities[t, a], strict=True))
            text.append(" ".join(f"{values[c]:.15g}" if c != "element" else str(values[c]) for c in columns.split()))
    path.write_text("\n".join(text) + "\n")
    return path


TILTED = np.array([[6.0, 0.0, 0.0], [2.0, 5.0, 0.0], [-1.0, 1.5, 7.0]])


@pytest.mark.parametrize("coordinates", ["x y z", "x y z ix iy iz", "xu yu zu", "xs ys zs", "xs ys zs ix iy iz", "xsu ysu zsu"])
@pytest.mark.parametrize("changing", [False, True], ids=["fixed cell", "changing cell"])
def test_every_form_of_a_dump(tmp_path: Path, coordinates: str, changing: bool, small_pieces: None) -> None:
    """Any order of atoms, any way to write where they are: the displacements that were put in, also in a changing cell."""
    rng = np.random.default_rng(7)
    cells = TILTED * (1 + 0.002 * rng.normal(size=(40, 1, 1))) if changing else TILTED
    positions = walk(rng)
    read = read_trajectory(dump(tmp_path / "dump.lammpstrj", positions, cells, f"id element {coordinates}"), **GIVEN)
    assert read.species == ("Li", "Li", "Li", "S", "S")
    moved = 1e10 * (read.positions - read.positions[0])
    np.testing.assert_allclose(moved, positions - positions[0], atol=0.5 if changing else 1e-9)
    if changing:
        reference = read_trajectory(dump(tmp_path / "other.lammpstrj", positions, cells, "id element x y z"), **GIVEN)
        np.testing.assert_allclose(moved, 1e10 * (reference.positions - reference.positions[0]), atol=1e-9)


def test_image_flags_tell_what_steps_do_not(tmp_path: Path) -> None:
    """Frames so far apart that an atom may have gone any way."""
    positions = walk(np.random.default_rng(2), step=4.0)
    path = dump(tmp_path / "dump.lammpstrj", positions, TILTED, "id element x y z ix iy iz")
    read = read_trajectory(path, interval=1e-10, temperature=300.0)
    np.testing.assert_allclose(1e10 * (read.positions - read.positions[0]), positions - positions[0], atol=1e-9)
    with pytest.raises(ValueError, match="its way is ambiguous"):
        read_trajectory(dump(tmp_path / "dump.lammpstrj", positions, TILTED, "id element x y z"), **GIVEN)


def test_types_masses_and_the_ways_to_write_a_box(tmp_path: Path) -> None:
    positions = walk(np.random.default_rng(2))
    path = dump(tmp_path / "dump.lammpstrj", positions, TILTED, "id type mass xu yu zu")
    read = read_trajectory(path, symbols=("Li", "S"), **GIVEN)
    assert read.species == ("Li", "Li", "Li", "S", "S")
    np.testing.assert_allclose(read.masses[[0, 3]] * 6.02214076e26, [7.0, 32.0])
    rows = [" ".join(f"{v:.15g}" for v in (*TILTED[k], (-1.0, 2.0, 0.5)[k])) for k in range(3)]
    lines = path.read_text().splitlines()
    for flags in ("", " pp pp pp"):
        for k, line in enumerate(lines):
            if line.startswith("ITEM: BOX"):
                lines[k : k + 4] = [f"ITEM: BOX BOUNDS abc origin{flags}", *rows]
        general = tmp_path / "general.dump.gz"
        general.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
        np.testing.assert_allclose(read_trajectory(general, symbols=("Li", "S"), **GIVEN).positions, read.positions, atol=1e-20)


def test_time_and_velocities_of_a_dump_with_units(tmp_path: Path) -> None:
    r, v = vibrations(60, 2e-15)
    frames = r[:, [0, 1, 2, 6, 7]], v[:, [0, 1, 2, 6, 7]]
    for units, scale in (("metal", 1e-2), ("real", 1e-5)):
        path = dump(
            tmp_path / "dump.lammpstrj", frames[0], 40 * np.eye(3), "id element xu yu zu vx vy vz", units=units,
            steps=2 * np.arange(60), velocities=scale * frames[1],
        )  # fmt: skip
        if units == "metal":  # time in ps: two femtoseconds
            # these five of the forty atoms are faster than 700 K
            assert read_trajectory(path, temperature=1800.0).interval == pytest.approx(2e-15)
            with pytest.raises(ValueError, match="in the file and 4e-15 s by argument"):
                read_trajectory(path, temperature=700.0, interval=4e-15)
        else:  # 0.002 fs
            with pytest.raises(ValueError, match=r"as if at .* K or more, not at 700 K|velocity takes it at most"):
                read_trajectory(path, temperature=700.0)


def test_bad_dumps_name_the_frame(tmp_path: Path) -> None:
    positions = walk(np.random.default_rng(2), n_frame=12)
    good = dump(tmp_path / "dump.lammpstrj", positions, TILTED, "id element x y z")
    text = good.read_text()

    def refused(content: str, message: str) -> None:
        path = tmp_path / "bad.lammpstrj"
        path.write_text(content)
        with pytest.raises(ValueError, match=rf"bad\.lammpstrj: .*{message}") as caught:
            read_trajectory(path, **GIVEN)
        assert "\n" not in str(caught.value)

    for cut in (2, 30, 150, 250):  # within the last number, line, frame, header
        refused(text[:-cut], "frame 11 is cut off")
    refused(text.replace("ITEM: TIMESTEP\n7000", "ITEM: TIMESTEP\n6000"), "step goes from 6000 to 6000 between frames 6 and 7")
    refused(text.replace("ITEM: TIMESTEP\n7000", "ITEM: TIMESTEP\n7500"), "split it where the pace changes")
    refused(text.replace("id element x y z", "element x y z q"), "no column 'id'")
    refused(text.replace("id element x y z", "id type x y z"), "cannot be read")
    refused(text.replace("id element x y z", "id element fx fy fz"), "no coordinates")
    refused(text.replace("5 Li ", "6 Li ") if "5 Li " in text else text.replace("5 S ", "6 S ", 1), "other atoms than frame 0")
    refused(text.replace("4 S ", "4 Li ", 1), "other atoms than frame 0")
    refused(text.replace("NUMBER OF ATOMS\n5", "NUMBER OF ATOMS\nfive", 1), "frame 0 has a header that cannot be read")
    refused(
        text.replace("NUMBER OF ATOMS\n5", "NUMBER OF ATOMS\n4"), "begins with|frame 0 has an id twice|cut off|cannot be read"
    )
    refused(
        text + text.replace("id element x y z", "id element xu yu zu").split("ITEM: TIMESTEP\n1000\n")[0],
        "frame 12 has 5 atoms with",
    )
    refused("ITEM: UNITS\nlj\n" + text, "units 'lj' do not count in Å")
    number = text.splitlines()[10].split()[2]
    refused(text.replace(number, "nan", 1), "frame 0: position of atom . is not finite")
    refused(text.replace(" Li ", " Qq "), "'Qq' is no chemical symbol")
    refused(text.replace(" S ", " 7 S "), "frame . has 6 numbers in a line|cannot be read")
    refused(
        "\n".join(line if line.startswith("ITEM") or " " not in line else line + " 7" for line in text.splitlines()),
        "cannot be read|6 numbers",
    )
    refused(re.sub(r"^[1-5] (Li|S) ", r"1 \1 ", text, flags=re.MULTILINE), "frame 0 has an id twice")
    refused(
        re.sub(r"^([1-5]) (Li|S) ", r"\1 0 ", text, flags=re.MULTILINE).replace("id element", "id type"), "no column 'element'"
    )
    (tmp_path / "cut.dump.gz").write_bytes(gzip.compress(text.encode())[:-200])
    with pytest.raises(ValueError, match=r"cut\.dump\.gz: cannot be read to its end"):
        read_trajectory(tmp_path / "cut.dump.gz", **GIVEN)
    good.write_text(text + "\n")
    assert read_trajectory(good, **GIVEN).positions.shape == (12, 5, 3)
    good.write_text(text.replace("xy xz yz pp pp pp", "xy xz yz"))  # as old versions write it
    assert read_trajectory(good, **GIVEN).positions.shape == (12, 5, 3)


# Motion that cannot be


def vibrations(n_frame: int, interval: float, n_atom: int = 40, temperature: float = 700.0) -> tuple[np.ndarray, np.ndarray]:
    """Positions [Å] and velocities [m/s] (n_frame, n_atom, 3) of lithium and sulphur in wells of 3 to 12 THz, classically."""
    rng = np.random.default_rng(0)
    mass = np.where(np.arange(n_atom) % 4 < 3, 6.94, 32.06)[:, None] * 1.66054e-27
    omega = 2 * np.pi * rng.uniform(3e12, 12e12, size=(n_atom, 3))
    thermal = np.sqrt(1.380649e-23 * temperature / mass)
    a, b = thermal * rng.normal(size=(2, n_atom, 3))
    phase = omega * interval * np.arange(n_frame)[:, None, None]
    home = 1e-10 * rng.uniform(0, 40, size=(n_atom, 3))
    return 1e10 * (home + (a * np.sin(phase) - b * np.cos(phase)) / omega), a * np.cos(phase) + b * np.sin(phase)


def write_vibrations(path: Path, spacing: float, **changes: Any) -> Path:
    """A run of 60 frames so many femtoseconds apart, with velocities [Å/fs]."""
    r, v = vibrations(60, 1e-15 * spacing)
    numbers = np.where(np.arange(40) % 4 < 3, 3, 16)
    content = dict(positions=r, velocities=1e-5 * v, numbers=numbers, masses=None, frame_spacing_fs=spacing)
    return write_npz(path, **(content | changes))


@pytest.mark.parametrize("spacing", [1.0, 5.0, 20.0, 200.0])
@pytest.mark.parametrize("told", [True, False], ids=["velocities", "positions only"])
def test_honest_motion_is_read(tmp_path: Path, spacing: float, told: bool) -> None:
    read_trajectory(write_vibrations(tmp_path / "run.npz", spacing, **({} if told else {"velocities": None})))


@pytest.mark.parametrize(
    ("spacing", "factor", "told", "message"),
    [
        (1.0, 0.5, False, "as if at 2.* K or more.*2.* times too short"),
        (5.0, 0.5, False, "times too short"),
        (20.0, 0.3, False, "times too short|takes it at most"),
        (200.0, 0.001, False, "takes it at most"),
        (1.0, 2.0, False, "times too long"),
        (1.0, 1000.0, False, "times too long"),
        (5.0, 2.0, False, "times too long"),
        (1.0, 0.8, True, "frames are 1.* fs apart, not 0.8 fs"),
        (1.0, 1.3, True, "frames are .* fs apart, not 1.3 fs"),
        (5.0, 1.3, True, "fs apart, not 6.5 fs"),
        (20.0, 0.7, True, "frames are 21.* fs apart, not 14 fs"),
    ],
)
def test_a_wrong_time_between_frames_is_found(tmp_path: Path, spacing: float, factor: float, told: bool, message: str) -> None:
    """By the temperature where there are positions alone; by velocities to a fifth."""
    path = write_vibrations(
        tmp_path / "run.npz", spacing, frame_spacing_fs=factor * spacing, **({} if told else {"velocities": None})
    )
    with pytest.raises(ValueError, match=rf"run\.npz: .*{message}"):
        read_trajectory(path)
    read_trajectory(path, inertial=False)


def test_velocities_in_another_unit_or_of_another_temperature_are_found(tmp_path: Path) -> None:
    _, v = vibrations(60, 1e-15)
    for scale in (1e-2, 1e-5 * 2, 1e-5 / 3):
        with pytest.raises(ValueError, match=r"velocities are those of .* K, the temperature is 700 K"):
            read_trajectory(write_vibrations(tmp_path / "run.npz", 1.0, velocities=scale * v))
    with pytest.raises(ValueError, match=r"not at 300 K|temperature is 300 K"):
        read_trajectory(write_vibrations(tmp_path / "run.npz", 1.0, temperature_K=None), temperature=300.0)


def test_velocities_are_read_from_every_format(tmp_path: Path) -> None:
    r, v = vibrations(60, 1e-15)
    path = write_vibrations(tmp_path / "run.npz", 1.0)
    read = read_velocities(path, discard=1e-14)
    np.testing.assert_allclose(read.velocities, v[10:], rtol=1e-12)
    assert (read.interval, read.temperature, read.from_positions) == (pytest.approx(1e-15), 700.0, False)
    assert read_velocities(path, species="Li").species == ("Li",) * 30 + ("X",)
    frames = []
    for k in range(60):
        frames.append(ase.Atoms(np.where(np.arange(40) % 4 < 3, 3, 16), positions=r[k], cell=80 * np.eye(3), pbc=True))
        frames[-1].set_velocities(v[k] * 1e-5 / ase.units.fs)
    for name in ("run.traj", "run.extxyz"):
        ase.io.write(tmp_path / name, frames)
        found = read_velocities(tmp_path / name, interval=1e-15, temperature=700.0)
        np.testing.assert_allclose(found.velocities, v, rtol=1e-4, atol=1.0)
    part = [0, 1, 2, 7, 11]
    dumped = dump(
        tmp_path / "dump.lammpstrj", r[:, part], 80 * np.eye(3), "id element xu yu zu vx vy vz", units="metal",
        steps=np.arange(60), velocities=1e-2 * v[:, part],
    )  # fmt: skip
    np.testing.assert_allclose(read_velocities(dumped, temperature=700.0).velocities, v[:, part], rtol=1e-9)
    with pytest.raises(ValueError, match="holds no velocities"):
        read_velocities(write_npz(tmp_path / "run.npz"))
    v[31, 5, 1] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        read_velocities(write_vibrations(tmp_path / "run.npz", 1.0, velocities=1e-5 * v), inertial=False)


def test_atoms_that_change_places_are_found(tmp_path: Path) -> None:
    r, _ = vibrations(60, 5e-15)
    r[37:, [0, 1]] = r[37:, [1, 0]]
    with pytest.raises(ValueError, match=r"atom [01] moves by .* Å between frames 36 and 37.*changing order"):
        read_trajectory(write_vibrations(tmp_path / "run.npz", 5.0, positions=r, velocities=None))


def test_what_happens_while_coming_to_equilibrium_is_not_looked_at(tmp_path: Path) -> None:
    r, _ = vibrations(60, 5e-15)
    r[:5] += np.array([3.0, 0, 0]) * np.arange(5, 0, -1)[:, None, None] * np.linspace(0, 1, 40)[:, None]
    path = write_vibrations(tmp_path / "run.npz", 5.0, positions=r, velocities=None)
    with pytest.raises(ValueError, match="takes it at most"):
        read_trajectory(path)
    read_trajectory(path, discard=2.5e-14)


def test_wrapped_positions_without_a_cell_are_found() -> None:
    """As an array in memory, where nothing is known but the positions; as free walks they are let through."""
    free = 1e-10 * walk(np.random.default_rng(5), n_frame=200, n_atom=20)
    made = {"species": ("Li",) * 20, "masses": np.ones(20), "interval": 1e-12, "temperature": 300.0}
    assert Trajectory(free, **made).positions.shape == (200, 20, 3)
    hops = 3e-10 * np.cumsum(np.random.default_rng(0).random((200, 20, 3)) < 1e-3, axis=0).clip(0, 1)
    assert Trajectory(hops, **made).positions.max() == 3e-10  # from one site to the next one, and no further
    with pytest.raises(ValueError, match=r"positions are wrapped: between frames \d+ and \d+ atom \d+ crosses .*unwrap them"):
        Trajectory(free % 8e-10, **made)


def test_an_array_in_a_file_stays_there(tmp_path: Path) -> None:
    np.save(tmp_path / "r.npy", 1e-10 * walk(np.random.default_rng(5)))
    mapped = np.load(tmp_path / "r.npy", mmap_mode="r")
    trajectory = Trajectory(mapped, ("Li",) * 5, np.ones(5), 1e-12, 300.0)
    assert trajectory.positions is mapped


def test_charges_and_volume_come_along_with_velocities(tmp_path: Path) -> None:
    """Of a dump's column q, an archive, and ase's initial charges; the one atom for all others has their charge."""
    dump = Path(__file__).parents[1] / "conduction" / "lammps" / "run.dump.gz"
    read = read_velocities(dump, interval=4e-13, temperature=300.0)
    assert read.charges is not None
    assert [np.count_nonzero(read.charges == z) for z in (1, -1, 0)] == [19, 19, 154]
    assert read.volume == pytest.approx(22.4 * 22.4 * 16.8 * 1e-30, rel=1e-9)
    sodium = read_velocities(dump, interval=4e-13, temperature=300.0, species="Na")
    np.testing.assert_array_equal(sodium.charges, [1.0] * 19 + [-19.0])
    rng = np.random.default_rng(2)
    given: dict[str, Any] = {"charges": np.array([1.0, 1, 1, -1.5, -1.5]), "velocities": 1e-3 * rng.normal(size=(40, 5, 3))}
    path = write_npz(tmp_path / "run.npz", cell=10 * np.eye(3), **given)
    archived = read_velocities(path, inertial=False)
    np.testing.assert_array_equal(archived.charges, given["charges"])
    assert archived.volume == pytest.approx(1e-27)
    frames = [
        ase.Atoms("LiCl", positions=p, cell=[8, 8, 8], pbc=True, charges=[1, -1], momenta=np.ones((2, 3)))
        for p in walk(rng, 12, 2, 0.1)
    ]
    ase.io.write(tmp_path / "run.traj", frames)
    np.testing.assert_array_equal(read_velocities(tmp_path / "run.traj", inertial=False, **GIVEN).charges, [1, -1])
    frames[5].set_initial_charges([0.9, -0.9])
    frames[7].set_cell([8, 8, 9])
    ase.io.write(tmp_path / "other.traj", frames)
    changing = read_velocities(tmp_path / "other.traj", inertial=False, **GIVEN)
    assert (changing.charges, changing.volume) == (None, None)
    assert [line.split()[0] for line in changing.provenance["warnings"]] == ["charges", "the"]
    with pytest.raises(ValueError, match=r"'charges' has shape \(2,\), expected a finite charge for each of 5 atoms"):
        read_velocities(write_npz(tmp_path / "bad.npz", **{**given, "charges": np.ones(2)}))
