"""Steps and times beside the frames, wherever formats have them: overlaps, gaps and other paces are named."""

from __future__ import annotations

from pathlib import Path

import ase
import ase.io
import numpy as np
import pytest

from a2c_pybamm.readers.motion.trajectory import read_trajectory
from tests.readers.motion.runs import CELL, NUMBERS, crystal, extxyz, xdatcar, xyz

R, V = crystal(24, 5e-15)
GIVEN = {"interval": 5e-15, "temperature": 900.0}
COUNT = np.arange(24)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_time_beside_frames_of_extxyz(tmp_path: Path) -> None:
    """In fs unless it says otherwise; in ps where the time between frames is known so."""
    path = write(tmp_path / "run.extxyz", extxyz(R, [f"time={5.0 * k}" for k in COUNT]))
    assert read_trajectory(path, temperature=900.0).interval == pytest.approx(5e-15)
    with pytest.raises(ValueError, match=r"5e-15 s in the file and 1e-15 s by argument \(time goes by 5 fs"):
        read_trajectory(path, interval=1e-15, temperature=900.0)
    for key, unit in (("Time", 1.0), ("time", 1e-3), ("time_ps", 1e-3), ("time_fs", 1.0)):
        path = write(tmp_path / "run.extxyz", extxyz(R, [f"{key}={5.0 * unit * k}" for k in COUNT]))
        assert read_trajectory(path, **GIVEN).interval == pytest.approx(5e-15)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([*range(14), *range(9, 24)], r"goes from 13 to 9 between frames 13 and 14, by 1 elsewhere: back in time.*there twice"),
        ([*range(14), 13, *range(14, 24)], r"goes from 13 to 13 between frames 13 and 14, by 1 elsewhere: one frame twice"),
        ([*range(14), *range(17, 24)], r"goes from 13 to 17 between frames 13 and 14, by 1 elsewhere: a gap; split"),
        (
            [*range(14), *range(14, 24, 2)],
            r"goes from 14 to 16 .* by 1 elsewhere: another pace; split it where the pace changes",
        ),
        ([0, *range(10, 24)], r"goes from 0 to 10 .*: the first spacing is the odd one; leave that frame out \(discard=\)"),
    ],
    ids=["overlap", "duplicate", "gap", "pace", "first"],
)
def test_uneven_frames_are_named_in_every_format(tmp_path: Path, frames: list[int], message: str) -> None:
    r = R[frames]
    for name, text in (
        ("run.extxyz", extxyz(r, [f"step={k}" for k in frames])),
        ("XDATCAR", xdatcar(r, frames)),
        ("run-pos-1.xyz", xyz(r, [f" i = {k:8d}, time = {5 * k:12.3f}, E = -1.0" for k in frames])),
        ("dump.xyz", xyz(r, [f"Atoms. Timestep: {k}" for k in frames])),
        ("run.pos_0.xyz", xyz(r, [ipi_comment(k, 1.0) for k in frames])),
    ):
        with pytest.raises(ValueError, match=rf"{name}: \w+ {message}"):
            read_trajectory(write(tmp_path / name, text), **GIVEN)


def test_odd_spacing_in_frames_that_are_left_out_does_not_count(tmp_path: Path) -> None:
    frames = [0, 3, *range(10, 24)]
    path = write(tmp_path / "run.extxyz", extxyz(R[frames], [f"step={k}" for k in frames]))
    assert len(read_trajectory(path, discard=10e-15, **GIVEN).positions) == 14
    path = write(tmp_path / "run.extxyz", extxyz(R[frames], [f"time_fs={5 * k}" for k in frames]))
    assert read_trajectory(path, discard=10e-15, temperature=900.0).interval == pytest.approx(5e-15)


def test_left_out_configurations_are_confirmed(tmp_path: Path) -> None:
    """Every third configuration: interval= may be that of configurations or of frames, which its numbers do not tell."""
    path = write(tmp_path / "XDATCAR", xdatcar(R[::3], [1 + k for k in COUNT[::3]]))
    with pytest.raises(ValueError, match=r"rise by 3 from frame to frame, not by 1: .* confirm it by stride=3"):
        read_trajectory(path, interval=15e-15, temperature=900.0)
    assert read_trajectory(path, interval=15e-15, temperature=900.0, stride=3).interval == 15e-15
    with pytest.raises(ValueError, match=r"not by 2: .* correct stride="):
        read_trajectory(path, interval=15e-15, temperature=900.0, stride=2)


def test_a_run_that_goes_on_counts_from_one_again(tmp_path: Path) -> None:
    """As VASP does, whose next run goes on with the next step."""
    path = write(tmp_path / "XDATCAR", xdatcar(R, [*range(1, 15), *range(1, 11)]))
    assert len(read_trajectory(path, **GIVEN).positions) == 24
    path = write(tmp_path / "XDATCAR", xdatcar(R[[*range(14), 13, *range(14, 23)]], [*range(1, 15), *range(1, 11)]))
    with pytest.raises(ValueError, match="frame 14 is frame 13 again"):
        read_trajectory(path, **GIVEN)


def test_frames_written_twice_are_found_without_numbers(tmp_path: Path) -> None:
    for frames, message in (
        ([*range(14), *range(9, 24)], "frame 14 is frame 9 again, and 4 more: what a restarted run wrote twice"),
        ([*range(14), 13, *range(14, 24)], "frame 14 is frame 13 again: "),
    ):
        np.savez(tmp_path / "run.npz", positions=R[frames], numbers=NUMBERS, cell=CELL)
        with pytest.raises(ValueError, match=message):
            read_trajectory(tmp_path / "run.npz", **GIVEN)
    np.savez(tmp_path / "run.npz", positions=np.repeat(R[:1], 5, axis=0), numbers=NUMBERS, cell=CELL)
    with pytest.raises(ValueError, match="all frames are the same"):
        read_trajectory(tmp_path / "run.npz", **GIVEN)
    read_trajectory(tmp_path / "run.npz", inertial=False, **GIVEN)  # a walk may rest


def test_time_step_and_thermostat_of_vasp(tmp_path: Path) -> None:
    """POTIM and TEBEG of a vasprun.xml with IBRION = 0, which holds each step."""
    order = np.argsort(NUMBERS, kind="stable")

    def run(**tags: str) -> Path:
        rows = [" ".join(f"{v:.9f}" for v in row) for row in CELL]
        basis = "".join(f"<v>{row}</v>" for row in rows)
        energies = '<energy><i name="e_fr_energy">0</i><i name="e_0_energy">0</i></energy>'
        structures = []
        for r in R[:12]:
            places = "".join("<v>" + " ".join(f"{v:.9f}" for v in row) + "</v>" for row in (r @ np.linalg.inv(CELL))[order])
            structures.append(
                f'<crystal><varray name="basis">{basis}</varray></crystal><varray name="positions">{places}</varray>'
            )
        steps = "".join(
            f"<calculation><scstep>{energies}</scstep><structure>{structure}</structure>{energies}</calculation>\n"
            for structure in structures
        )
        atoms = "".join(f"<rc><c>{s}</c><c>1</c></rc>" for s in ["Li"] * 32 + ["S"] * 32)
        given = "".join(f'<i name="{key}"> {value} </i>\n' for key, value in tags.items())
        text = (
            f'<?xml version="1.0"?>\n<modeling>\n<incar>\n{given}</incar>\n'
            '<kpoints><varray name="kpointlist"><v>0 0 0</v></varray><varray name="weights"><v>1</v></varray></kpoints>\n'
            f'<atominfo><array name="atoms"><set>{atoms}</set></array></atominfo>\n'
            f'<structure name="initialpos">{structures[0]}</structure>\n{steps}</modeling>\n'
        )
        return write(tmp_path / "vasprun.xml", text)

    dynamics = {"IBRION": "0", "POTIM": "5.0", "TEBEG": "900"}
    read = read_trajectory(run(**dynamics))
    assert (read.interval, read.temperature) == (pytest.approx(5e-15), 900.0)
    with pytest.raises(ValueError, match="5e-15 s in the file and 1e-14 s by argument"):
        read_trajectory(run(**dynamics), interval=1e-14)
    with pytest.raises(ValueError, match=r"from 900 K \(TEBEG\) to 1200 K \(TEEND\)"):
        read_trajectory(run(**dynamics, TEEND="1200"))
    with pytest.raises(ValueError, match="does not state the time between frames"):
        read_trajectory(run(IBRION="2", POTIM="0.5", TEBEG="900"))


def ipi_comment(k: int, unit: float, names: str = "positions{angstrom}  cell{angstrom}") -> str:
    a = CELL[0, 0] * unit
    return f"# CELL(abcABC):  {a:.5f} {a:.5f} {a:.5f} 90.00000 90.00000 90.00000  Step: {k}  Bead: 0 {names}"


def test_ase_reads_the_rest(tmp_path: Path) -> None:
    images = [ase.Atoms(NUMBERS, positions=r, cell=CELL, pbc=True, info={"step": 2 * k}) for k, r in enumerate(R)]
    ase.io.write(tmp_path / "run.traj", images)
    assert read_trajectory(tmp_path / "run.traj", **GIVEN).positions.shape == (24, 64, 3)
