"""Collective motion of an electrolyte's ions and molecules from a trajectory of atoms, or from centres of mass of groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.data import Array, ElectrolyteMotion, Trajectory, formal_charges, release
from a2c_pybamm.estimators.fingerprint import traced_provenance
from a2c_pybamm.estimators.time_series.mean_squared_displacement import framework_centre

Groups = Sequence[Sequence[int]]
"""Indices of the atoms of each molecule of one species (n_molecule, n_atom_each)."""


def electrolyte_motion(
    trajectory: Trajectory,
    *,
    charges: Mapping[str, int],
    volume: float,
    molecules: Mapping[str, Groups] | None = None,
    framework: str | None = None,
    single_particles: bool = True,
) -> ElectrolyteMotion:
    r"""Motion of all species of an electrolyte, each ion and molecule at its mass centre.

    Only displacements are used later, so that a molecule may lie across the cell's boundary, and a drift of the whole cell
    changes nothing: conductivity does not depend on the frame, and an Onsager matrix counts from the solvent.

    Parameters
    ----------
    charges
        Formal charge [elementary charges] of one ion or molecule of each species, 0 of a solvent. A species is a key of
        ``molecules``, or the chemical symbol of an ion of one atom: ``{"Li": 1, "PF6": -1, "EC": 0}``.
    volume
        Volume of the simulation cell [m3].
    molecules
        Atoms of each molecule, by species: ``{"PF6": [[8, 9, …], …]}``; `molecules_by_number` makes it from molecule numbers.
    framework
        Name of all atoms that are in no species, taken as one body whose charge balances the ions': of a solid electrolyte.
    single_particles
        False leaves out the positions of single particles, from which self-diffusivities come; they take the most memory.

    Raises
    ------
    ValueError
        If an atom is in no species or in two, molecules of a species differ, a charge is no whole number, or the charges do
        not add up to zero.
    """
    groups = _groups(trajectory, charges, molecules or {})
    masses = [_mass(trajectory, name, group) for name, group in groups.items()]
    left = np.setdiff1d(np.arange(len(trajectory.species)), np.concatenate([group.ravel() for group in groups.values()]))
    if len(left) and framework is None:
        missing = ", ".join(sorted({trajectory.species[atom] for atom in left}))
        raise ValueError(
            f"electrolyte: {len(left)} atoms ({missing}) are in no species; give them in charges= or molecules=, "
            "or name a framework="
        )
    z = [*formal_charges(tuple(groups), [charges[name] for name in groups])]
    paths = [_centres(trajectory, group) for group in groups.values()]
    if framework is not None:
        if framework in groups or not len(left):
            raise ValueError(f"electrolyte: framework {framework!r}: no atom is left, or a species has its name; leave it out")
        groups[framework] = left[None]
        z.append(-sum(charge * len(path[0]) for charge, path in zip(z, paths, strict=True)))
        masses.append(float(trajectory.masses[left].sum()))
        ions = np.setdiff1d(np.arange(len(trajectory.species)), left)
        paths.append(framework_centre(trajectory.positions, trajectory.masses, ions)[0][:, None])
    return ElectrolyteMotion(
        species=tuple(groups),
        charges=tuple(z),
        counts=tuple(len(group) for group in groups.values()),
        masses=np.array(masses),
        collective=np.stack([path.sum(axis=1) for path in paths], axis=1),
        interval=trajectory.interval,
        temperature=trajectory.temperature,
        volume=volume,
        particles=tuple(paths) if single_particles else (),
        provenance={"trajectory": traced_provenance(trajectory)},
    )


def motion_of_groups(
    centres: ArrayLike,
    *,
    species: Sequence[str],
    charges: Sequence[int],
    counts: Sequence[int],
    masses: ArrayLike,
    interval: float,
    temperature: float,
    volume: float,
    provenance: Mapping[str, Any] | None = None,
) -> ElectrolyteMotion:
    """Motion of an electrolyte from the unwrapped mass centre of all particles of each species together.

    LAMMPS writes them with ``compute com`` for a group of each species, a thousandth of the atoms' trajectory. Without single
    particles there are no self-diffusivities.

    Parameters
    ----------
    centres
        Unwrapped mass centres [m] (n_frame, n_species, 3).
    charges, counts, masses
        Of each species: formal charge of one particle, number of particles, mass of one [kg].
    interval
        Time between frames [s].
    temperature, volume
        Of the simulation [K], [m3].

    Raises
    ------
    ValueError
        If shapes disagree, a charge or count is no whole number, or the charges do not add up to zero.
    """
    centres = np.asarray(centres, float)
    if centres.ndim != 3 or centres.shape[1] != len(counts):
        raise ValueError(f"electrolyte: centres have shape {centres.shape}, not (n_frame, {len(counts)} species, 3)")
    return ElectrolyteMotion(
        species=tuple(species),
        charges=formal_charges(species, charges),
        counts=tuple(np.asarray(counts).tolist()),
        masses=np.array(masses, float),
        collective=centres * np.asarray(counts, float)[:, None],
        interval=interval,
        temperature=temperature,
        volume=volume,
        provenance=provenance or {},
    )


def molecules_by_number(symbols: Sequence[str], numbers: ArrayLike, names: Mapping[str, str]) -> dict[str, NDArray[np.intp]]:
    """Atoms of each molecule by species, (n_molecule, n_atom_each) each, from the number of the molecule of each atom.

    Parameters
    ----------
    symbols
        Chemical symbol of each atom (n_atom,).
    numbers
        Number of the molecule that each atom belongs to (n_atom,), ``mol`` in a LAMMPS dump.
    names
        Name of the species by its formula, symbols in alphabetical order: ``{"F6P": "PF6", "C3H4O3": "EC"}``. Molecules of
        formulas that are not named are left out: ions of one atom need no name.

    Raises
    ------
    ValueError
        If a named formula does not occur, or there are not as many numbers as atoms.
    """
    numbers = np.asarray(numbers)
    if numbers.shape != (len(symbols),):
        raise ValueError(f"molecules: {numbers.shape} molecule numbers for {len(symbols)} atoms; give one for each atom")
    order = np.argsort(numbers, kind="stable")
    bodies = np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)
    formulas: dict[str, list[NDArray[np.intp]]] = {}
    for atoms in bodies:
        kinds, count = np.unique([symbols[atom] for atom in atoms], return_counts=True)
        formula = "".join(f"{kind}{n if n > 1 else ''}" for kind, n in zip(kinds, count, strict=True))
        formulas.setdefault(formula, []).append(atoms)
    if missing := [formula for formula in names if formula not in formulas]:
        raise ValueError(f"molecules: no molecule {missing[0]} (there are {', '.join(sorted(formulas))}); correct names=")
    return {name: np.array(formulas[formula]) for formula, name in names.items()}


def molecules_in_sequence(symbols: Sequence[str], molecules: Mapping[str, Sequence[str]]) -> dict[str, NDArray[np.intp]]:
    """Atoms of each molecule by species, (n_molecule, n_atom_each) each, from the order of the atoms in a file.

    Parameters
    ----------
    symbols
        Chemical symbol of each atom (n_atom,).
    molecules
        Symbols of one molecule's atoms as they stand one after the other, by species: ``{"PF6": ("P", "F", …)}``. Where two
        fit, the longer one is taken.

    Raises
    ------
    ValueError
        If a molecule does not occur.
    """
    longest_first = sorted(molecules.items(), key=lambda item: -len(item[1]))
    found: dict[str, list[list[int]]] = {name: [] for name in molecules}
    at = 0
    while at < len(symbols):
        fitting = ((name, len(atoms)) for name, atoms in longest_first if tuple(symbols[at : at + len(atoms)]) == tuple(atoms))
        name, size = next(fitting, ("", 1))
        if name:
            found[name].append(list(range(at, at + size)))
        at += size
    if missing := [name for name, groups in found.items() if not groups]:
        raise ValueError(
            f"molecules: no {missing[0]} ({' '.join(molecules[missing[0]])}) in the order of the file's atoms; write its "
            "symbols as they follow one another there"
        )
    return {name: np.array(groups) for name, groups in found.items()}


def _groups(trajectory: Trajectory, charges: Mapping[str, int], molecules: Mapping[str, Groups]) -> dict[str, NDArray[np.intp]]:
    """Atoms of each particle by species, each atom in one at most."""
    if unknown := [name for name in molecules if name not in charges]:
        raise ValueError(f"electrolyte: {unknown[0]} has no charge; give it in charges= (0 of a solvent)")
    symbols, taken = np.array(trajectory.species), np.zeros(len(trajectory.species), dtype=int)
    groups: dict[str, NDArray[np.intp]] = {}
    for name, group in molecules.items():
        if len(group) == 0 or len({len(atoms) for atoms in group}) != 1:
            raise ValueError(
                f"electrolyte: molecules of {name} have different numbers of atoms, or there are none; correct them"
            )
        groups[name] = np.array(group, dtype=np.intp)
        if groups[name].min() < 0 or groups[name].max() >= len(symbols):
            raise ValueError(f"electrolyte: {name} has an atom outside 0 … {len(symbols) - 1}; correct its indices")
        np.add.at(taken, groups[name], 1)
    for name in charges:
        if name not in molecules:
            groups[name] = np.flatnonzero((symbols == name) & (taken == 0))[:, None]
            if not len(groups[name]):
                raise ValueError(f"electrolyte: no atom of {name} is left in the trajectory; correct charges= or molecules=")
    if (taken > 1).any():
        raise ValueError(f"electrolyte: atom {int(np.argmax(taken > 1))} is in two molecules; correct molecules=")
    return {name: groups[name] for name in charges}


def _mass(trajectory: Trajectory, name: str, group: NDArray[np.intp]) -> float:
    masses = trajectory.masses[group].sum(axis=1)
    if np.ptp(masses) > RELATIVE_ROUND_OFF * masses[0]:
        raise ValueError(
            f"electrolyte: particles of {name} have masses from {masses.min():.5g} to {masses.max():.5g} kg; "
            "give them different names"
        )
    return float(masses[0])


def _centres(trajectory: Trajectory, group: NDArray[np.intp]) -> Array:
    """Mass centres [m] (n_frame, n_particle, 3), one atom of each particle at a time."""
    share = trajectory.masses[group] / trajectory.masses[group].sum(axis=1, keepdims=True)
    centres = np.zeros((len(trajectory.positions), len(group), 3))
    for atoms, weight in zip(group.T, share.T, strict=True):
        centres += weight[:, None] * trajectory.positions[:, atoms]
        release(trajectory.positions)
    return centres
