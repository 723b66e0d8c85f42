"""Units of length and temperatures that contradict the atoms: named, and runs as they are let through."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase.data import atomic_masses

from a2c_pybamm.readers.motion.length_unit import validate_length_unit
from a2c_pybamm.readers.motion.trajectory import read_trajectory, read_velocities
from tests.readers.motion.runs import CELL, MASSES, NUMBERS, crystal, extxyz

R, V = crystal(60, 5e-15)


def npz(path: Path, scale: float = 1.0, **changes: object) -> Path:
    content = {
        "positions": scale * R,
        "numbers": NUMBERS,
        "cell": scale * CELL,
        "temperature_K": 900.0,
        "frame_spacing_fs": 5.0,
    }
    np.savez(path, **{key: value for key, value in {**content, **changes}.items() if value is not None})  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(("unit", "scale"), [("nm", 0.1), ("m", 1e-10), ("bohr", 1 / 0.529177)])
@pytest.mark.parametrize("cell", [True, False])
def test_other_units_of_length_are_named(tmp_path: Path, unit: str, scale: float, cell: bool) -> None:
    path = npz(tmp_path / "run.npz", scale, **({} if cell else {"cell": None}))
    facts = r" and the density is .* g/cm³; write positions and cell in Å" if cell else "; write positions in Å"
    with pytest.raises(
        ValueError, match=rf"positions are in {unit}, not in Å: taken as Å, nearest atoms are .* Å apart{facts}"
    ):
        read_trajectory(path)


def test_fractions_of_the_cell_are_named(tmp_path: Path) -> None:
    path = npz(tmp_path / "run.npz", positions=R @ np.linalg.inv(CELL))
    with pytest.raises(ValueError, match="positions are in fractions of the cell, not in Å"):
        read_trajectory(path)


def test_cell_that_is_too_small_for_its_atoms(tmp_path: Path) -> None:
    path = npz(tmp_path / "run.npz", cell=0.3 * CELL, positions=R)
    with pytest.raises(ValueError, match=r"no solid is as dense: .* g/cm³; correct the unit"):
        read_trajectory(path, inertial=False)


@pytest.mark.parametrize(
    ("symbols", "spacing"),
    [
        ((3, 3), 3.0),
        ((3, 3), 6.0),
        ((18, 18), 3.8),
        ((55, 55), 5.2),
        ((8, 1), 1.0),
        ((29, 29), 2.55),
        ((3, 17), 2.57),
        ((53, 19), 3.5),
    ],
    ids=["Li", "lithium of a host alone", "Ar", "Cs", "OH", "Cu", "LiCl", "KI"],
)
def test_matter_is_let_through(symbols: tuple[int, int], spacing: float) -> None:
    """Cubic rows of like or two kinds of atoms at the distances of metals, molecules, salts and noble gases."""
    grid = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    numbers = np.where(grid.sum(axis=1) % 2, *symbols)
    masses = 1.66e-27 * atomic_masses[numbers]
    r = 1e-10 * (spacing * grid + 0.1 * np.random.default_rng(0).normal(size=(64, 3)))
    for cell in (None, 4e-10 * spacing * np.eye(3)):
        validate_length_unit(Path("run"), r, numbers, masses, cell)


def test_positions_at_random_say_nothing_of_units() -> None:
    r = 1e-10 * np.random.default_rng(0).uniform(0, 20, size=(64, 3))
    for scale in (1.0, 0.1, 1.9):
        validate_length_unit(Path("run"), scale * r, NUMBERS, 1.66e-27 * MASSES, None)


@pytest.mark.parametrize("told", [True, False], ids=["velocities", "positions only"])
@pytest.mark.parametrize("stated", [600.0, 750.0, 860.0, 900.0, 940.0, 1100.0, 1500.0])
def test_stated_temperature_is_that_of_the_motion(tmp_path: Path, stated: float, told: bool) -> None:
    """A run of 900 K over 2.5 ps: a tenth beside it passes, 750 K and 1100 K do not, by velocities or by steps alone."""
    r, v = crystal(500, 5e-15)
    path = npz(tmp_path / "run.npz", positions=r, temperature_K=stated, velocities=1e-5 * v if told else None)
    if 0.9 * 900 < stated < 1.1 * 900:
        assert read_trajectory(path).temperature == stated
        return
    message = r"velocities are those of (8|9)\d\d(\.\d)? K" if told else r"move as if at (8|9)\d\d(\.\d)? K"
    with pytest.raises(ValueError, match=message):
        read_trajectory(path)


def test_temperature_of_velocities_is_taken_where_none_is_stated(tmp_path: Path) -> None:
    path = npz(tmp_path / "run.npz", temperature_K=None, velocities=1e-5 * V)
    assert read_trajectory(path).temperature == pytest.approx(900.0, rel=0.05)
    assert read_velocities(path).temperature == read_trajectory(path).temperature
    numbers = np.where(NUMBERS == 3, 1, 16)  # bonds of hydrogen may be held fixed
    with pytest.raises(ValueError, match="does not state the temperature"):
        read_velocities(npz(tmp_path / "run.npz", temperature_K=None, velocities=1e-5 * V, numbers=numbers), inertial=True)


@pytest.mark.parametrize("where", ["stated", "velocities"])
def test_drifting_temperature_is_named(tmp_path: Path, where: str) -> None:
    """Heated from 900 K to 1500 K; its second half alone, and one that fluctuates, are let through."""
    kelvin = np.linspace(900, 1500, 500)
    r, v = crystal(500, 5e-15, kelvin)
    changes = {"temperature_K": kelvin} if where == "stated" else {"temperature_K": None, "velocities": 1e-5 * v}
    with pytest.raises(
        ValueError, match=r"the temperature drifts from 9\d\d(\.\d)? K in the first 10% .* to 14\d\d K in the last"
    ):
        read_trajectory(npz(tmp_path / "run.npz", positions=r, **changes))
    steady = 900 + 60 * np.random.default_rng(0).normal(size=500)
    r, v = crystal(500, 5e-15)
    changes = {"temperature_K": steady} if where == "stated" else {"temperature_K": None, "velocities": 1e-5 * v}
    assert read_trajectory(npz(tmp_path / "run.npz", positions=r, **changes)).temperature == pytest.approx(900, rel=0.02)


def test_mean_beside_the_frames_counts_and_not_the_argument(tmp_path: Path) -> None:
    kelvin = [900 + 30 * (-1) ** k for k in range(60)]
    path = tmp_path / "run.extxyz"
    path.write_text(extxyz(R, [f"temperature_K={T:.1f} time={5 * k}" for k, T in enumerate(kelvin)]))
    assert read_trajectory(path, temperature=910.0).temperature == pytest.approx(900.0)


def test_message_names_the_unit_where_distances_do_not_show_it(tmp_path: Path) -> None:
    """Lithium of a host alone, without its cell: far apart, in nm or not."""
    only = NUMBERS == 3
    for scale, unit in ((0.1, "nm"), (1 / 0.529177, "bohr")):
        far = scale * (R[:, only] + 3 * np.arange(32)[:, None] ** 1.5)
        path = npz(tmp_path / "run.npz", positions=far, numbers=NUMBERS[only], cell=None)
        with pytest.raises(ValueError, match=rf"positions may be in {unit} in the place of Å, or interval= may be"):
            read_trajectory(path)
