"""Dumps of LAMMPS in YAML and binary, and trajectories that mdtraj reads, against the same run as text."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from a2c_pybamm.readers.motion.trajectory import read_trajectory
from tests.readers.motion.runs import CELL, NUMBERS, crystal

R, V = crystal(16, 5e-15)
GIVEN = {"interval": 5e-15, "temperature": 900.0}
TYPES = np.where(NUMBERS == 3, 1, 2)
TILT = (1.0, -0.5, 0.3)
SYMBOLS = {"symbols": ("Li", "S")}


def yaml_dump(units: bool = False, tilt: tuple[float, ...] = ()) -> str:
    text = ""
    for k, (r, v) in enumerate(zip(R, V, strict=True)):
        rows = "".join(
            f"  - [ {a + 1} , {TYPES[a]} , {' , '.join(f'{x:.9f}' for x in (*r[a], *(1e-2 * v[a])))} , ]\n".replace(
                " , ]", " ]"
            )
            for a in np.random.default_rng(k).permutation(64)
        )
        text += (
            f"---\ncreator: LAMMPS\ntimestep: {100 * k}\n" + (f"units: metal\ntime: {0.005 * k}\n" if units else "")
            + "natoms: 64\nboundary: [ p, p, p, p, p, p, ]\nthermo:\n  - keywords: [ Step, Temp, ]\n  - data: [ 0, 900.0, ]\n"
            + "box:\n" + 3 * "  - [ 0, 10.4 ]\n" + (f"  - [ {', '.join(map(str, tilt))} ]\n" if tilt else "")
            + f"keywords: [ id, type, xu, yu, zu, vx, vy, vz,  ]\ndata:\n{rows}...\n"
        )  # fmt: skip
    return text


def binary_dump(*, n_piece: int = 2, revision: int = 2, units: bool = True) -> bytes:
    """As LAMMPS writes it: a name with its negative length, order of bytes, revision, header, pieces of rows."""
    made = b""
    for k, r in enumerate(R):
        columns = b"id type xu yu zu"
        made += struct.pack("=q", -10) + b"DUMPCUSTOM" + struct.pack("=ii", 1, revision)
        made += struct.pack("=qqi6i6d", 100 * k, 64, 0, *[0] * 6, *[0, 10.4] * 3) + struct.pack("=i", 5)
        if revision > 1:
            made += (struct.pack("=i", 5) + b"metal" if units else struct.pack("=i", 0)) + struct.pack("=b", units)
            made += struct.pack("=d", 0.005 * k) if units else b""
            made += struct.pack("=i", len(columns)) + columns
        rows = np.column_stack([np.arange(1, 65), TYPES, r])[np.random.default_rng(k).permutation(64)]
        made += struct.pack("=i", n_piece)
        for piece in np.array_split(rows, n_piece):
            made += struct.pack("=i", piece.size) + piece.astype("=f8").tobytes()
    return made


def moved(path: Path, **options: object) -> np.ndarray:
    read = read_trajectory(path, **{**GIVEN, **SYMBOLS, **options})  # type: ignore[arg-type]
    assert tuple(NUMBERS == 3) == tuple(symbol == "Li" for symbol in read.species)
    return 1e10 * (read.positions - read.positions[0])


def test_yaml_dump(tmp_path: Path) -> None:
    path = tmp_path / "dump.yaml"
    path.write_text(yaml_dump())
    np.testing.assert_allclose(moved(path), R - R[0], atol=1e-7)
    path.write_text(yaml_dump(units=True))
    assert read_trajectory(path, **SYMBOLS).interval == pytest.approx(5e-15)  # its velocities have a temperature too
    path.write_text(yaml_dump(tilt=TILT))
    np.testing.assert_allclose(moved(path), R - R[0], atol=1e-7)


def test_binary_dump(tmp_path: Path) -> None:
    path = tmp_path / "dump.bin"
    for content in (binary_dump(), binary_dump(n_piece=1, units=False)):
        path.write_bytes(content)
        np.testing.assert_allclose(moved(path), R - R[0], atol=1e-9)
    path.write_bytes(binary_dump())
    assert read_trajectory(path, temperature=900.0, **SYMBOLS).interval == pytest.approx(5e-15)


def test_bad_dumps_of_these_forms_are_named(tmp_path: Path) -> None:
    yaml, binary = yaml_dump(), binary_dump()
    for name, content, message in (
        ("a.yaml", yaml[:-60].encode(), "frame 15 is cut off"),
        ("a.yaml", yaml.replace("natoms: 64", "natoms: many", 1).encode(), "the header of a frame cannot be read"),
        ("a.bin", binary[:-20], "its last frame is cut off"),
        (
            "a.bin",
            binary[:4000] + b"x" * 300 + binary[4000:],
            "binary2txt|cannot be read|cut off|no whole number|is it damaged",
        ),
        ("a.bin", binary_dump(revision=1), "without columns' names.*binary2txt"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=rf"{name}: .*({message})"):
            read_trajectory(tmp_path / name, **GIVEN, **SYMBOLS)


def test_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mdtraj", None)
    monkeypatch.setitem(sys.modules, "mdtraj.formats", None)
    (tmp_path / "run.xtc").write_bytes(b"\0" * 100)
    with pytest.raises(ValueError, match=r"run\.xtc: mdtraj, which reads \.xtc.* pip install a2c_pybamm\[trajectories\]"):
        read_trajectory(tmp_path / "run.xtc", **GIVEN)


def write_by_mdtraj(folder: Path, name: str) -> Path:
    formats = pytest.importorskip("mdtraj.formats")
    path, box = folder / name, np.broadcast_to(0.1 * CELL, (16, 3, 3)).astype("f4").copy()
    wrapped = (R % CELL[0, 0]).astype("f4")
    time, step = 0.005 * np.arange(16), 10 * np.arange(16)
    if path.suffix == ".dcd":
        with formats.DCDTrajectoryFile(str(path), "w") as file:
            file.write(wrapped, cell_lengths=np.full((16, 3), CELL[0, 0]), cell_angles=np.full((16, 3), 90.0))
        return path
    kind = {".xtc": "XTCTrajectoryFile", ".trr": "TRRTrajectoryFile"}[path.suffix]
    with getattr(formats, kind)(str(path), "w") as file:
        file.write(0.1 * wrapped, time=time.astype("f4"), step=step, box=box)
    return path


EACH = [symbol for n in NUMBERS for symbol in (["Li"] if n == 3 else ["S"])]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "tolerance"), [("run.xtc", 0.02), ("run.trr", 1e-5), ("run.dcd", 1e-5)])
def test_binary_trajectories(tmp_path: Path, name: str, tolerance: float) -> None:
    """An xtc keeps a hundredth of an Å; times come with it, and positions are unwrapped by the box."""
    path = write_by_mdtraj(tmp_path, name)
    options = {"temperature": 900.0, "inertial": False, **({"interval": 5e-15} if name == "run.dcd" else {})}
    read = read_trajectory(path, symbols=EACH, **options)
    assert read.interval == pytest.approx(5e-15, rel=1e-4)
    np.testing.assert_allclose(1e10 * (read.positions - read.positions[0]), R - R[0], atol=tolerance)
    with pytest.raises(ValueError, match="holds positions alone; give the chemical symbols of its 64 atoms"):
        read_trajectory(path, **options)
    with pytest.raises(ValueError, match="63 symbols for 64 atoms"):
        read_trajectory(path, symbols=["Li32", "S31"], **options)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ValueError, match=r"mdtraj cannot read it|15 frames of the 16 that it announces"):
        read_trajectory(path, symbols=["Li32", "S32"], **options)


@pytest.mark.slow
def test_gro_of_several_frames(tmp_path: Path) -> None:
    """Ions by their residue, other atoms by names that begin with one symbol alone."""
    pytest.importorskip("mdtraj.formats")

    def gro(names: tuple[str, str]) -> Path:
        text = ""
        for k, r in enumerate(0.1 * (R % CELL[0, 0])):
            rows = "".join(
                f"{a + 1:5d}{('LI' if n == 3 else 'SUL'):<5s}{names[0] if n == 3 else names[1]:>5s}{a + 1:5d}"
                + "".join(f"{x:8.3f}" for x in r[a]) + "\n"
                for a, n in enumerate(NUMBERS)
            )  # fmt: skip
            text += f"Made t= {0.005 * k:.5f} step= {k}\n{64:5d}\n{rows}   1.04000   1.04000   1.04000\n"
        (tmp_path / "run.gro").write_text(text)
        return tmp_path / "run.gro"

    read = read_trajectory(gro(("LI", "S1")), temperature=900.0, inertial=False)
    assert read.interval == pytest.approx(5e-15)
    assert list(read.species) == EACH
    np.testing.assert_allclose(1e10 * (read.positions - read.positions[0]), R - R[0], atol=0.02)
    with pytest.raises(ValueError, match="an atom is called 'SA', which is no chemical symbol; give symbols="):
        read_trajectory(gro(("LI", "SA")), temperature=900.0, inertial=False)
