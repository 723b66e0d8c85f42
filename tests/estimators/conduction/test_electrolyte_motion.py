"""Ions and molecules from a trajectory of atoms: mass centres, refusals, and what drift and boundaries change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.constants import DALTON
from a2c_pybamm.data import DriftVelocities, Trajectory
from a2c_pybamm.estimators import electrolyte_motion, molecules_by_number, molecules_in_sequence, motion_of_groups

SYMBOLS = ("Li", "Li", "P", "F", "F", "F", "P", "F", "F", "F", "O", "H", "H", "O", "H", "H")
MASS = {"Li": 6.94, "P": 30.97, "F": 19.0, "O": 16.0, "H": 1.008}
MOLECULE = np.array([5, 9, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4])
CHARGES = {"Li": 1, "PF3": -1, "water": 0}
VOLUME = 1e-26


def trajectory(n_frame: int = 12) -> Trajectory:
    rng = np.random.default_rng(1)
    masses = np.array([MASS[symbol] for symbol in SYMBOLS]) * DALTON
    return Trajectory(1e-10 * rng.standard_normal((n_frame, 16, 3)).cumsum(axis=0), SYMBOLS, masses, 1e-12, 300.0)


def molecules() -> dict[str, np.ndarray]:
    return molecules_by_number(SYMBOLS, MOLECULE, {"F3P": "PF3", "H2O": "water"})


def test_centres_of_mass_equal_the_loop() -> None:
    run = trajectory()
    motion = electrolyte_motion(run, charges=CHARGES, volume=VOLUME, molecules=molecules())
    assert (motion.species, motion.charges, motion.counts) == (("Li", "PF3", "water"), (1, -1, 0), (2, 2, 2))
    for k, bodies in enumerate([[[0], [1]], [[2, 3, 4, 5], [6, 7, 8, 9]], [[10, 11, 12], [13, 14, 15]]]):
        centres = [np.average(run.positions[:, atoms], axis=1, weights=run.masses[atoms]) for atoms in bodies]
        np.testing.assert_allclose(motion.particles[k], np.stack(centres, axis=1), rtol=1e-12, atol=1e-22)
        np.testing.assert_allclose(motion.collective[:, k], sum(centres), rtol=1e-12, atol=1e-22)
        assert motion.masses[k] == pytest.approx(run.masses[bodies[0]].sum())
    assert not electrolyte_motion(run, charges=CHARGES, volume=VOLUME, molecules=molecules(), single_particles=False).particles


def test_molecules_as_their_atoms_follow_one_another() -> None:
    atoms = {"PF3": ("P", "F", "F", "F"), "water": ("O", "H", "H")}
    found = molecules_in_sequence(SYMBOLS, atoms)
    for name, bodies in molecules().items():
        np.testing.assert_array_equal(found[name], bodies)
    with pytest.raises(ValueError, match=r"no PF \(P F\)"):  # the longer molecule takes all of its atoms
        molecules_in_sequence(SYMBOLS, {**atoms, "PF": ("P", "F")})


def test_order_of_atoms_does_not_matter() -> None:
    """Molecules by number, in any order of the atoms."""
    run, order = trajectory(), np.random.default_rng(2).permutation(16)
    shuffled = replace(
        run, positions=run.positions[:, order], species=tuple(np.array(SYMBOLS)[order]), masses=run.masses[order]
    )
    found = molecules_by_number(shuffled.species, MOLECULE[order], {"F3P": "PF3", "H2O": "water"})
    motions = [
        electrolyte_motion(each, charges=CHARGES, volume=VOLUME, molecules=bodies)
        for each, bodies in ((run, molecules()), (shuffled, found))
    ]
    np.testing.assert_allclose(motions[1].collective, motions[0].collective, atol=1e-22)


def test_centres_of_groups_are_the_same_motion() -> None:
    motion = electrolyte_motion(trajectory(), charges=CHARGES, volume=VOLUME, molecules=molecules())
    centres = motion.collective / np.array(motion.counts)[:, None]
    groups = motion_of_groups(
        centres,
        species=motion.species,
        charges=motion.charges,
        counts=motion.counts,
        masses=motion.masses,
        interval=1e-12,
        temperature=300.0,
        volume=VOLUME,
    )
    np.testing.assert_allclose(groups.collective, motion.collective, rtol=1e-14)
    assert groups.particles == ()


def test_a_framework_is_one_body_of_the_opposite_charge() -> None:
    run = trajectory()
    motion = electrolyte_motion(run, charges={"Li": 1}, volume=VOLUME, framework="host")
    assert (motion.charges, motion.counts) == ((1, -2), (2, 1))
    host = np.average(run.positions[:, 2:], axis=1, weights=run.masses[2:])
    np.testing.assert_allclose(motion.collective[:, 1], host, atol=1e-22)


def test_bad_input_is_refused() -> None:
    run, bodies = trajectory(), molecules()

    def motion(charges: dict[str, int] = CHARGES, **options: object) -> None:
        electrolyte_motion(run, charges=charges, volume=VOLUME, **{"molecules": bodies, **options})  # type: ignore[arg-type]

    with pytest.raises(ValueError, match=r"14 atoms \(F, H, O, P\) are in no species"):
        motion({"Li": 1}, molecules={})
    with pytest.raises(ValueError, match="no atom of Na is left"):
        motion({**CHARGES, "Na": 1})
    with pytest.raises(ValueError, match="water has no charge"):
        motion({"Li": 1, "PF3": -1})
    with pytest.raises(ValueError, match="atom 2 is in two molecules"):
        motion(molecules={**bodies, "PF3": [[2, 3, 4, 5], [2, 7, 8, 9]]})
    with pytest.raises(ValueError, match="different numbers of atoms"):
        motion(molecules={**bodies, "PF3": [[2, 3, 4, 5], [6, 7, 8]]})
    with pytest.raises(ValueError, match="give them different names"):
        motion({"PF3": -1, "Li": 1}, molecules={"PF3": [[2, 3, 4, 5], [6, 7, 8, 10]]})
    with pytest.raises(ValueError, match="an atom outside 0 … 15"):
        motion(molecules={**bodies, "PF3": [[2, 3, 4, 5], [6, 7, 8, 99]]})
    with pytest.raises(ValueError, match=r"charges add up to \+2"):
        motion({"Li": 2, "PF3": -1, "water": 0})
    with pytest.raises(ValueError, match="framework 'host': no atom is left"):
        motion(framework="host")
    with pytest.raises(ValueError, match="no molecule H3O"):
        molecules_by_number(SYMBOLS, MOLECULE, {"H3O": "hydronium"})
    with pytest.raises(ValueError, match="give one for each atom"):
        molecules_by_number(SYMBOLS, MOLECULE[:3], {})
    with pytest.raises(ValueError, match=r"not \(n_frame, 2 species, 3\)"):
        motion_of_groups(
            np.zeros((5, 3, 3)),
            species="ab",
            charges=(1, -1),
            counts=(1, 1),
            masses=[1, 1],
            interval=1,
            temperature=1,
            volume=1,
        )
    whole = electrolyte_motion(run, charges=CHARGES, volume=VOLUME, molecules=bodies)
    with pytest.raises(ValueError, match="single particles must have the shapes"):
        replace(whole, particles=whole.particles[::2])
    forces = np.ones((2, 2))
    with pytest.raises(ValueError, match="two species are called a"):
        DriftVelocities(("a", "a"), (1, -1), (1, 1), np.ones(2), forces, forces, forces, 300.0, 1e-26)
    with pytest.raises(ValueError, match="has no standard error"):
        DriftVelocities(("a", "b"), (1, -1), (1, 1), np.ones(2), forces, forces, 0 * forces, 300.0, 1e-26)


def test_scaled_charges_are_refused() -> None:
    """Whole numbers of any type pass; what int() would cut off does not."""
    run, bodies = trajectory(), molecules()
    with pytest.raises(ValueError, match=r"charge of Li is 0\.8; give the formal one, a whole number"):
        electrolyte_motion(run, charges={"Li": 0.8, "PF3": -0.8, "water": 0}, volume=VOLUME, molecules=bodies)  # type: ignore[dict-item]
    whole = electrolyte_motion(run, charges={"Li": np.int64(1), "PF3": -1, "water": 0}, volume=VOLUME, molecules=bodies)
    assert all(type(z) is int for z in whole.charges)
    numbers = {"species": "ab", "masses": [1, 1], "interval": 1, "temperature": 1, "volume": 1}
    with pytest.raises(ValueError, match=r"charge of a is 0\.5"):
        motion_of_groups(np.zeros((5, 2, 3)), charges=(0.5, -0.5), counts=(1, 1), **numbers)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"2\.5 particles of a"):
        motion_of_groups(np.zeros((5, 2, 3)), charges=(1, -1), counts=(2.5, 2.5), **numbers)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"charge of PF3 is -1\.5"):
        replace(whole, charges=(1, -1.5, 0))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"masses": np.array([1.0, -1.0, 1.0])}, r"mass of PF3 is -1 kg, it must be positive"),
        ({"masses": np.array([1.0, 1.0, np.nan])}, r"mass of water is nan kg"),
        ({"counts": (2, 2, 0), "particles": ()}, r"0 particles of water; give a whole number from 1"),
        ({"species": ("Li", "PF3", "Li")}, r"two species are called Li; name them apart"),
        ({"temperature": np.inf}, r"temperature is inf, it must be positive"),
        ({"interval": np.nan}, r"interval is nan, it must be positive"),
        ({"volume": np.inf}, r"volume is inf, it must be positive"),
    ],
)
def test_impossible_numbers_are_refused(changes: dict[str, Any], message: str) -> None:
    motion = electrolyte_motion(trajectory(), charges=CHARGES, volume=VOLUME, molecules=molecules())
    with pytest.raises(ValueError, match=f"electrolyte: {message}"):
        replace(motion, **changes)
