"""Motion of an electrolyte's species from centres of mass and from single positions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.readers import SpeciesGroup, read_electrolyte_motion

DATA = Path(__file__).parent / "lammps"
RUN: dict[str, Any] = {"units": "real", "timestep": 2e-15, "temperature": 300.0, "volume": 8429.568e-30}


def group(name: str, k: int, charge: int, count: int, mass: float) -> SpeciesGroup:
    return SpeciesGroup(name, charge, count, mass, tuple(f"c_c{k}[{axis}]" for axis in (1, 2, 3)))


SPECIES = (group("Na", 1, 1, 19, 22.99), group("Cl", 2, -1, 19, 35.45), group("Ar", 3, 0, 154, 39.948))


def test_centres_of_mass_of_a_run() -> None:
    """Collective positions are centres times numbers; the centre of all, whose momentum is zero, stays in place."""
    motion = read_electrolyte_motion(DATA / "com.dat", SPECIES, **RUN)
    assert motion.collective.shape == (36, 3, 3)
    np.testing.assert_allclose(motion.collective[0, 0], 19e-10 * np.array([8.83626, 9.76835, 8.33294]), rtol=1e-12)
    np.testing.assert_allclose(motion.masses, 1e-3 / 6.02214076e23 * np.array([22.99, 35.45, 39.948]), rtol=1e-12)
    assert motion.interval == pytest.approx(4e-14, rel=1e-9)
    total = np.einsum("ijk,j->ik", motion.collective, motion.masses) / (motion.masses @ np.array(motion.counts))
    single = np.ptp(motion.collective[:, 0] / 19, axis=0).max()
    assert np.ptp(total, axis=0).max() < 0.02 * single
    late = read_electrolyte_motion(DATA / "com.dat", SPECIES, discard=1.2e-12, **RUN)
    np.testing.assert_array_equal(late.collective, motion.collective[30:])


def test_archive_of_positions(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    cations, anions, solvent = rng.normal(size=(5, 3, 3)), rng.normal(size=(5, 3, 3)), rng.normal(size=(5, 4, 3))
    species = (SpeciesGroup("Li", 1, 3, 6.94), SpeciesGroup("A", -1, 3, 145.0), SpeciesGroup("S", 0, 4, 90.0))
    stated: Any = {"interval_fs": 100.0, "temperature_K": 300.0, "volume_nm3": 27.0}
    np.savez(tmp_path / "m.npz", Li_nm=cations / 10, A=anions, S=solvent, **stated)
    motion = read_electrolyte_motion(tmp_path / "m.npz", species)
    np.testing.assert_allclose(motion.particles[0], 1e-10 * cations, rtol=1e-12)
    np.testing.assert_allclose(motion.collective[:, 1], 1e-10 * anions.sum(axis=1), rtol=1e-12)
    assert (motion.interval, motion.volume) == (pytest.approx(1e-13), pytest.approx(2.7e-26))
    np.savez(tmp_path / "c.npz", Li=cations.mean(axis=1), A=anions.mean(axis=1), S=solvent.mean(axis=1), **stated)
    centres = read_electrolyte_motion(tmp_path / "c.npz", species)
    np.testing.assert_allclose(centres.collective, motion.collective, rtol=1e-12)
    assert centres.particles == ()


def test_csv_of_centres(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("time_ps,x_nm,y_nm,z_nm,x2_A,y2_A,z2_A\n0,1,2,3,1,2,3\n1,2,3,4,2,3,4\n", encoding="utf-8")
    species = (
        SpeciesGroup("Li", 1, 2, 6.94, ("x_nm", "y_nm", "z_nm")),
        SpeciesGroup("Cl", -1, 2, 35.45, ("x2_A", "y2_A", "z2_A")),
    )
    motion = read_electrolyte_motion(path, species, temperature=300.0, volume=1e-26)
    np.testing.assert_allclose(motion.collective[0], [[2e-9, 4e-9, 6e-9], [2e-10, 4e-10, 6e-10]], rtol=1e-12)


@pytest.mark.parametrize(
    ("species", "changes", "message"),
    [
        ((*SPECIES[:2], SpeciesGroup("Ar", 0, 154, 40.0)), {}, r"0 columns for Ar; name those of its centre of mass, x y z"),
        ((*SPECIES[:2], group("Ar", 4, 0, 154, 40.0)), {}, r"no column 'c_c4\[1\]' \(found Step, c_c1\[1\]"),
        (SPECIES[:1] + SPECIES[2:], {}, r"com\.dat: .*the charges add up to \+19 .*correct charges or species"),
        (SPECIES, {"units": None}, r"the units are not stated in the file"),
        (SPECIES, {"timestep": None}, r"the time step in seconds is not known"),
        (SPECIES, {"volume": None}, r"does not state the cell's volume"),
        (SPECIES[:1] * 2, {}, r"2 species, each needs a name of its own"),
        ((), {}, r"0 species, each needs a name"),
    ],
)
def test_bad_species_are_one_line(species: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_electrolyte_motion(DATA / "com.dat", species, **{**RUN, **changes})


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"Li": np.ones((5, 2, 3))}, r"'Li' has shape \(5, 2, 3\), expected \(n_frame, 3\) or \(n_frame, 3, 3\) for 3 Li"),
        ({"Li": np.ones((4, 3))}, r"species have 4, 5 frames; write the same of each"),
        ({"Li": np.full((5, 3), np.nan)}, r"'Li': frame 0 is not finite"),
        ({"Li_furlong": np.ones((5, 3))}, r"2 arrays called 'Li'"),
        ({"interval_fs": 0.0}, r"time between frames is 0 s, it must be positive"),
    ],
)
def test_bad_archives_are_one_line(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    species = (SpeciesGroup("Li", 1, 3, 6.94), SpeciesGroup("A", -1, 3, 145.0))
    stated: Any = {"interval_fs": 1.0, "temperature_K": 300.0, "volume_A3": 1.0}
    np.savez(tmp_path / "m.npz", **{"Li": np.ones((5, 3)), "A": np.ones((5, 3)), **stated, **arrays})
    with pytest.raises(ValueError, match=message):
        read_electrolyte_motion(tmp_path / "m.npz", species)


@pytest.mark.parametrize(("count", "mass", "charge"), [(0, 1.0, 0), (2, 0.0, 0), (2, 1.0, 0.5)])
def test_group_of_no_particles_is_refused(count: int, mass: float, charge: Any) -> None:
    with pytest.raises(ValueError, match="species Li: "):
        SpeciesGroup("Li", charge, count, mass)
