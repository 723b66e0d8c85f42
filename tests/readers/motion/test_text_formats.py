"""XDATCAR and plain xyz files of several programs, and a cell that is given for files without one."""

from __future__ import annotations

import bz2
from pathlib import Path

import ase
import ase.io
import numpy as np
import pytest

from a2c_pybamm.readers.frames import UNREADABLE, read_frames
from a2c_pybamm.readers.motion.trajectory import read_trajectory
from tests.readers.motion.runs import CELL, NUMBERS, crystal, extxyz, xdatcar, xyz
from tests.readers.motion.test_moments import ipi_comment

R, _ = crystal(16, 5e-15)
GIVEN = {"interval": 5e-15, "temperature": 900.0}
MOVED = (R - R[0])[:, np.argsort(NUMBERS, kind="stable")]
BLANK = [""] * len(R)


def moved(path: Path, **options: object) -> np.ndarray:
    """Displacements [Å] (n_frame, n_atom, 3), lithium first."""
    read = read_trajectory(path, **{**GIVEN, **options})  # type: ignore[arg-type]
    order = np.argsort(np.array(read.species), kind="stable")
    return 1e10 * (read.positions - read.positions[0])[:, order]


def test_xdatcar(tmp_path: Path) -> None:
    """Columns that touch, symbols at the ends of lines, a header above each frame, names of pseudopotentials, by any name."""
    counted = list(range(1, 17))
    whole = xdatcar(R, counted)
    for name, text in (
        ("XDATCAR", whole),
        ("XDATCAR_symbols", xdatcar(R, counted, behind="  Li")),
        ("run1.xdatcar", xdatcar(R, counted, cells=np.broadcast_to(CELL, (16, 3, 3)))),
        ("XDATCAR", whole.replace("\nLi S\n", "\nLi_sv S/a1b2\n")),
    ):
        (tmp_path / name).write_text(text)
        np.testing.assert_allclose(moved(tmp_path / name), MOVED, atol=1e-6)
    (tmp_path / "XDATCAR").write_text(xdatcar(R - 1.0, counted))  # negative fractions fill their columns
    assert xdatcar(R - 1.0, counted).splitlines()[8].count(" ") == 1
    np.testing.assert_allclose(moved(tmp_path / "XDATCAR"), MOVED, atol=1e-6)


def test_xdatcar_in_a_cell_that_changes_and_with_scales(tmp_path: Path) -> None:
    cells = CELL * (1 + 1e-4 * np.arange(16))[:, None, None]
    (tmp_path / "XDATCAR").write_text(xdatcar(R, list(range(16)), cells=cells))
    np.testing.assert_allclose(moved(tmp_path / "XDATCAR"), MOVED, atol=0.1)
    text = xdatcar(R, list(range(16)))
    (tmp_path / "XDATCAR").write_text(text.replace("\n1.0\n", f"\n-{np.linalg.det(CELL):.9f}\n", 1))
    np.testing.assert_allclose(moved(tmp_path / "XDATCAR"), MOVED, atol=1e-6)
    (tmp_path / "XDATCAR").write_text(text.replace("\n1.0\n", "\n2.0 1.0 1.0\n", 1).replace("10.400000000", "5.2", 1))
    assert moved(tmp_path / "XDATCAR").shape == MOVED.shape


def test_bad_xdatcar_is_named(tmp_path: Path) -> None:
    text = xdatcar(R, list(range(16)))
    for content, message in (
        (text[:-30], "frame 15 is cut off; remove it"),
        (text.replace("\nLi S\n32 32\n", "\nLi S\n32\n"), "the header above frame 0 cannot be read"),
        (text.replace("\nLi S\n", "\nLi Qq\n"), "'Qq' begins with no chemical symbol"),
        (text.replace("Direct configuration=    12", "something"), "the header above frame 12 cannot be read"),
        (text.replace("configuration=     5\n ", "configuration=     5\n  x"), "frames 0 to 15 cannot be read|is a line cut"),
    ):
        (tmp_path / "XDATCAR").write_text(content)
        with pytest.raises(ValueError, match=rf"XDATCAR: .*{message}") as caught:
            read_trajectory(tmp_path / "XDATCAR", **GIVEN)
        assert "cut off?" not in str(caught.value)


@pytest.mark.parametrize(
    "names", [{3: "Li", 16: "S"}, {3: "Li+", 16: "S2-"}, {3: "Li1", 16: "S_a"}, {3: "1", 16: "2"}], ids=str
)
def test_labels_of_plain_xyz(tmp_path: Path, names: dict[int, str]) -> None:
    (tmp_path / "run.xyz").write_text(xyz(R, BLANK, names))
    options = {"symbols": ("Li", "S")} if names[3] == "1" else {}
    np.testing.assert_allclose(moved(tmp_path / "run.xyz", **options), MOVED, atol=1e-6)
    if not options:
        with pytest.raises(ValueError, match="has symbols of its own"):
            read_trajectory(tmp_path / "run.xyz", symbols=("Li", "S"), **GIVEN)
        return
    with pytest.raises(ValueError, match=r"numbers of types \(1, 2\) and no symbols; give the chemical symbol of each type"):
        read_trajectory(tmp_path / "run.xyz", **GIVEN)


def test_programs_of_plain_xyz(tmp_path: Path) -> None:
    """CP2K's times are in fs; i-PI has its own units and cell, in which positions are unwrapped."""
    (tmp_path / "run-pos-1.xyz").write_text(xyz(R, [f" i = {k}, time = {5.0 * k:.3f}, E = -0.5" for k in range(16)]))
    assert read_trajectory(tmp_path / "run-pos-1.xyz", temperature=900.0).interval == pytest.approx(5e-15)
    with pytest.raises(ValueError, match=r"5e-15 s in the file and 5e-12 s by argument"):
        read_trajectory(tmp_path / "run-pos-1.xyz", interval=5e-12, temperature=900.0)
    bohr, names = 1 / 0.529177210544, "positions{atomic_unit}  cell{atomic_unit}"
    for r, comments in (
        (R, [ipi_comment(k, 1.0) for k in range(16)]),
        (bohr * R, [ipi_comment(k, bohr, names) for k in range(16)]),
        (bohr * R, [ipi_comment(k, bohr, "") for k in range(16)]),
        (R % CELL[0, 0], [ipi_comment(k, 1.0, "x_centroid{angstrom} cell{angstrom}") for k in range(16)]),
    ):
        (tmp_path / "run.pos_0.xyz").write_text(xyz(r, comments))
        np.testing.assert_allclose(moved(tmp_path / "run.pos_0.xyz"), MOVED, atol=1e-5)
    (tmp_path / "run.pos_0.xyz").write_text(xyz(R, [ipi_comment(k, 1.0, "velocities{atomic_unit}") for k in range(16)]))
    with pytest.raises(ValueError, match="holds 'velocities' of i-PI, not positions"):
        read_trajectory(tmp_path / "run.pos_0.xyz", **GIVEN)


def test_bad_plain_xyz_is_named(tmp_path: Path) -> None:
    text = xyz(R, BLANK)
    for content, message in (
        (text[:-40], "frame 15 is cut off; remove it"),
        (text.replace("Li ", "Qq ", 1), "an atom is called 'Qq'"),
        (text[::-1].replace(" iL", " S", 1)[::-1], "frame 15 has other atoms than frame 0"),
        (text.replace("\n64\n", "\n63\n", 1), "frame 2 begins with 'S .*expected a number of atoms"),
    ):
        (tmp_path / "run.xyz").write_text(content)
        with pytest.raises(ValueError, match=rf"run\.xyz: .*{message}"):
            read_trajectory(tmp_path / "run.xyz", **GIVEN)


def test_cell_by_argument_unwraps_files_of_every_format(tmp_path: Path) -> None:
    """Ions that drift across the cell, wrapped: without a cell their way is 5 Å, with it 12 Å."""
    drift = np.zeros((16, 64, 3))
    drift[:, NUMBERS == 3, 0] = 0.8 * np.arange(16)[:, None]
    wrapped = (R + drift) % CELL[0, 0]
    expected = (R + drift - R[0])[:, np.argsort(NUMBERS, kind="stable")]
    bare = extxyz(wrapped, BLANK).replace('Lattice="10.4 0 0 0 10.4 0 0 0 10.4" ', "").replace('pbc="T T T"', 'pbc="F F F"')
    (tmp_path / "run.extxyz").write_text(bare)
    (tmp_path / "run.xyz").write_text(xyz(wrapped, BLANK))
    ase.io.write(tmp_path / "run.traj", [ase.Atoms(NUMBERS, positions=r) for r in wrapped])
    np.savez(tmp_path / "run.npz", positions=wrapped, numbers=NUMBERS)
    for name in ("run.extxyz", "run.xyz", "run.traj", "run.npz"):
        found = moved(tmp_path / name, cell=1e-10 * CELL, inertial=False)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_packed_dump_is_read_as_a_dump(tmp_path: Path) -> None:
    """Never by ase's guess, which takes types for H and He."""
    lines = [f"{k + 1} {1 if n == 3 else 2}" for k, n in enumerate(NUMBERS)]
    frame = "ITEM: TIMESTEP\n{}\nITEM: NUMBER OF ATOMS\n64\nITEM: BOX BOUNDS pp pp pp\n"
    frame += 3 * "0 10.4\n" + "ITEM: ATOMS id type x y z\n"
    text = "".join(
        frame.format(k) + "".join(f"{a} {x} {y} {z}\n" for a, (x, y, z) in zip(lines, r, strict=True)) for k, r in enumerate(R)
    )
    for name in ("dump.bz2", "run.lammpstrj.bz2", "run.bin"):
        (tmp_path / name).write_bytes(bz2.compress(text.encode()))
        with pytest.raises(ValueError, match="no column 'element'; give the chemical symbol of each type"):
            read_trajectory(tmp_path / name, **GIVEN)
        np.testing.assert_allclose(moved(tmp_path / name, symbols=("Li", "S")), MOVED, atol=1e-9)
    (tmp_path / "run.lammpstrj").write_text(text)
    with pytest.raises(ValueError, match="a dump of LAMMPS, whose types ase takes for the elements H, He"):
        read_frames(tmp_path / "run.lammpstrj", failure=UNREADABLE, remedy="")


def test_cut_off_is_asked_only_where_it_may_be(tmp_path: Path) -> None:
    whole = extxyz(R, BLANK)
    for content, asked in ((whole[:-10], True), (whole.replace("\nS ", "\nS x", 1), False)):
        (tmp_path / "run.extxyz").write_text(content)
        with pytest.raises(ValueError, match=r"run\.extxyz: ") as caught:
            read_trajectory(tmp_path / "run.extxyz", **GIVEN)
        assert ("cut off" in str(caught.value)) == asked
