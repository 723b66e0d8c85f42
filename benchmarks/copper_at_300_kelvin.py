"""Elastic constants of copper at 300 K by two routes: fluctuations of the stress, and mean stresses of strained cells.

Both are isothermal constants of the same cell, 108 atoms of ase's EMT copper at a = 3.63 Å. Energy, forces and stress of EMT
come from a fixed list of pairs, twenty times faster than from ase's loop over atoms, and are compared with ase's at the start.
Each finished run is kept in a folder and not run again; results are printed as they come. Nine minutes of one core:

    python benchmarks/copper_at_300_kelvin.py FOLDER
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT, beta
from ase.neighborlist import neighbor_list

import a2c_pybamm as a2c
from a2c_pybamm.constants import ANGSTROM, BOLTZMANN
from a2c_pybamm.data import IDENTITY, StrainedStresses, StressKind, StressSeries, voigt_components, voigt_tensors

LATTICE, CUBES = 3.63, 3
"""Lattice constant [Å], and cubes of four atoms along an edge of the cell."""
TEMPERATURE = 300.0
"""[K]."""
STEP, FRICTION = 5.0, 0.002
"""Time step [fs] and friction [1/fs]; the fastest vibration takes 140 fs."""
EQUILIBRATION = 4000
"""Steps before each run, which are left out."""
EVERY, BORN_EVERY = 2, 50
"""Steps between stresses, and between Born terms."""
STRAINS = {"xx": (0.01, 0, 0, 0, 0, 0), "yz": (0, 0, 0, 0.01, 0, 0)}
"""Strains in Voigt's components, engineering shear; each of both signs. A shear of 0.02
makes C44 0.35 GPa too large in the crystal at rest (2026-11-29)."""
RUNS = {"xx": 2, "yz": 1}
"""Runs of each: normal stresses fluctuate more than shear stresses."""
BLOCKS = 20
"""Blocks of a run whose means give the error of the mean stress."""
REACH = 5.95
"""Pairs this far apart [Å] in the crystal at rest, five shells, are in the list. The sixth is at 6.29 Å, EMT's cut-off at
5.88 Å, where its smooth factor is 7e-6."""


class PairEMT(Calculator):
    """Ase's EMT of a crystal of one element in which no atom changes its place: the same numbers from a fixed list of pairs."""

    implemented_properties = ("energy", "forces", "stress")

    def __init__(self, crystal: Atoms) -> None:
        super().__init__()
        self.first, self.second, shifts = neighbor_list("ijS", crystal, REACH)
        once = self.first < self.second  # no atom reaches its own image
        self.first, self.second, self.shifts = self.first[once], self.second[once], shifts[once].astype(float)
        parameters = EMT()
        parameters.initialize(crystal)
        self.cutoff, self.middle, self.steepness = parameters.rc_list, parameters.rc, parameters.acut
        self.par = {name: float(values[0]) for name, values in parameters.par.items()}

    def evaluated(self, positions: np.ndarray, cell: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Energy [eV], forces [eV/Å] (n_atom, 3) and virial stress, tension positive [eV/Å3] (3, 3)."""
        p, n = self.par, len(positions)
        d = positions[self.second] - positions[self.first] + self.shifts @ cell
        r = np.sqrt(np.einsum("pi,pi->p", d, d))
        smooth = 1 / (1 + np.exp(self.steepness * (r - self.middle)))
        inside = smooth * (r < self.cutoff)
        slope = self.steepness * (smooth - 1)
        embedding = np.exp(-p["eta2"] * (r - beta * p["s0"])) * inside
        pair = p["neghalfv0overgamma2"] * np.exp(-p["kappa"] * (r / beta - p["s0"])) * inside
        density = np.bincount(self.first, embedding, n) + np.bincount(self.second, embedding, n)
        ds = -np.log(density * p["inv12gamma1"]) / (beta * p["eta2"])
        cohesive, repulsive = p["E0"] * np.exp(-p["lambda"] * ds), 6 * p["V0"] * np.exp(-p["kappa"] * ds)
        energy = np.sum(cohesive * (1 + p["lambda"] * ds) + repulsive - p["E0"]) + 2 * pair.sum()
        of_density = (cohesive * p["lambda"] ** 2 * ds + p["kappa"] * repulsive) / (beta * p["eta2"] * density)
        tension = 2 * pair * (slope - p["kappa"] / beta)
        tension += (of_density[self.first] + of_density[self.second]) * embedding * (slope - p["eta2"])
        f = d * (tension / r)[:, None]
        forces = [np.bincount(self.first, x, n) - np.bincount(self.second, x, n) for x in f.T]
        return float(energy), np.array(forces).T, d.T @ f / np.linalg.det(cell)

    def calculate(self, atoms: Any = None, properties: Any = ("energy",), system_changes: Any = all_changes) -> None:
        """Results in ase's form."""
        super().calculate(atoms, properties, system_changes)
        energy, forces, stress = self.evaluated(atoms.positions, atoms.cell.array)
        self.results = {"energy": energy, "forces": forces, "stress": voigt_components((stress + stress.T) / 2)}


def compared(crystal: Atoms, calculator: PairEMT) -> str:
    """Largest differences from ase's EMT over five cells with displaced atoms, two of them strained."""
    worst = np.zeros(3)
    rng = np.random.default_rng(0)
    for strain in (0.0, 0.0, 0.0, 0.01, -0.01):
        atoms = crystal.copy()
        atoms.set_cell(crystal.cell.array @ (IDENTITY + strain * voigt_tensors([1, 0, 0, 1, 0, 0])), scale_atoms=True)
        atoms.positions += rng.normal(0, 0.08, atoms.positions.shape)
        energy, forces, stress = calculator.evaluated(atoms.positions, atoms.cell.array)
        atoms.calc = EMT()
        differences = (
            energy - atoms.get_potential_energy(),
            forces - atoms.get_forces(),
            stress - atoms.get_stress(voigt=False),
        )
        worst = np.maximum(worst, [np.abs(difference).max() for difference in differences])
    return f"differences from ase's EMT: {worst[0]:.0e} eV, {worst[1]:.0e} eV/Å, {worst[2] / units.GPa:.0e} GPa"


def run(crystal: Atoms, calculator: PairEMT, strain: np.ndarray, n_step: int, seed: int) -> dict[str, np.ndarray]:
    """Virial stresses [Pa] (n_frame, 6) at constant cell and temperature, and Born terms [Pa] (n, 6, 6) of one without strain.

    Langevin dynamics, half steps of velocity, position, bath, position, velocity: of harmonic vibrations the positions are
    sampled exactly at any time step (Leimkuhler and Matthews, J. Chem. Phys. 138, 174102, 2013).
    """
    rng = np.random.default_rng(seed)
    atoms = crystal.copy()
    atoms.set_cell(crystal.cell.array @ (IDENTITY + strain), scale_atoms=True)
    cell, mass, step = atoms.cell.array, atoms.get_masses()[0], STEP * units.fs
    thermal = np.sqrt(units.kB * TEMPERATURE / mass)
    keep = np.exp(-FRICTION * STEP)
    x, v = atoms.positions.copy(), thermal * rng.standard_normal(atoms.positions.shape)
    _, forces, stress = calculator.evaluated(x, cell)
    stresses, born = [], []
    for k in range(-EQUILIBRATION, n_step):
        v += step / (2 * mass) * forces
        x += step / 2 * v
        v = keep * v + np.sqrt(1 - keep**2) * thermal * rng.standard_normal(v.shape)
        x += step / 2 * v
        _, forces, stress = calculator.evaluated(x, cell)
        v += step / (2 * mass) * forces
        if k >= 0 and k % EVERY == 0:
            stresses.append(voigt_components((stress + stress.T) / 2) / units.Pascal)
        if k >= 0 and k % BORN_EVERY == 0 and not strain.any():
            atoms.positions = x
            born.append(a2c.born_term(atoms, calculator))
    return {"stresses": np.array(stresses), "born": np.array(born)}


def kept(folder: Path, name: str, *settings: Any) -> dict[str, np.ndarray]:
    """Arrays of a run, from its file if there is one."""
    path = folder / f"{name}, {settings[-2]} steps.npz"
    if not path.exists():
        clock, processor = time.perf_counter(), time.process_time()
        arrays = run(*settings)
        np.savez_compressed(path, **arrays)
        took = f"{time.process_time() - processor:.0f} s of processor, {time.perf_counter() - clock:.0f} s"
        print(f"{name}: {len(arrays['stresses']) * EVERY} steps, {took}", flush=True)
    return dict(np.load(path))


def by_fluctuations(crystal: Atoms, arrays: dict[str, np.ndarray]) -> a2c.Estimate:
    """Constants from the run without strain."""
    series = StressSeries(
        stresses=arrays["stresses"],
        kind=StressKind.VIRIAL,
        interval=STEP * EVERY * 1e-15,
        temperature=TEMPERATURE,
        volume=crystal.get_volume() * ANGSTROM**3,
        n_atom=len(crystal),
        born=arrays["born"],
        label="copper",
    )
    return a2c.fit_elastic_fluctuations(series, material="Cu", source="fluctuations", point_group="m-3m")


def by_mean_stresses(crystal: Atoms, strains: np.ndarray, runs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Constants [Pa] from strained cells, and their errors: by noise (jackknife over blocks), and by the strains' size."""
    blocks = np.array([[b.mean(axis=0) for b in np.array_split(stresses, BLOCKS)] for stresses in runs])
    noise = float(np.sqrt(np.mean(blocks.var(axis=1, ddof=1)) / BLOCKS))
    kinetic = len(crystal) * BOLTZMANN * TEMPERATURE / (crystal.get_volume() * ANGSTROM**3)

    def fitted(means: np.ndarray) -> a2c.Estimate:
        pressure = kinetic / np.linalg.det(IDENTITY + strains)
        total = voigt_tensors(means) - pressure[:, None, None] * IDENTITY
        data = StrainedStresses(strains, crystal.get_volume() * ANGSTROM**3, total, label="copper")
        return a2c.fit_elastic_tensor(data, material="Cu", source="strains", point_group="m-3m", noise_std=noise)

    left_out = np.array([fitted(np.delete(blocks, k, axis=1).mean(axis=1)).mean for k in range(BLOCKS)])
    estimate = fitted(blocks.mean(axis=1))
    by_noise = np.sqrt((BLOCKS - 1) * left_out.var(axis=0))
    strain_range = estimate.factors["strains: strain range"].values
    return estimate.mean, by_noise, np.linalg.norm(strain_range, axis=1)


def printed_parts(estimate: a2c.Estimate) -> None:
    """Parts of the constants from fluctuations."""
    fit = estimate.provenance["fit"]
    print(f"{fit['frames']} frames, {fit['independent samples']:.0f} independent")
    for symbol, parts in fit["parts [Pa]"].items():
        print(symbol, ", ".join(f"{name} {value / 1e9:.3f}" for name, value in parts.items()), "GPa", flush=True)


def main() -> None:
    """Print the constants by both routes, and their relative difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=220_000, help="steps of the run without strain")
    parser.add_argument("--strained-steps", type=int, default=160_000, help="steps of each run with strain")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    crystal = bulk("Cu", a=LATTICE, cubic=True) * (CUBES, CUBES, CUBES)
    calculator = PairEMT(crystal)
    print(compared(crystal, calculator), flush=True)
    rest = a2c.born_term(crystal, calculator)
    print("second derivatives of the energy of the crystal at rest, C11 C12 C44 [GPa]:", rest[[0, 0, 3], [0, 1, 3]] / 1e9)
    without = kept(options.folder, "without strain", crystal, calculator, np.zeros((3, 3)), options.steps, 0)
    fluctuations = by_fluctuations(crystal, without)
    printed_parts(fluctuations)
    strains, runs = [], []
    for sign in (1, -1):
        for name, components in STRAINS.items():
            strains.append(sign * voigt_tensors(components, engineering=True))
            stresses = []
            for copy in range(RUNS[name]):
                seed = len(strains) + 2 * len(STRAINS) * copy
                settings = (crystal, calculator, strains[-1], options.strained_steps, seed)
                stresses.append(kept(options.folder, f"{name} {sign * max(components):+g} seed {seed}", *settings)["stresses"])
            runs.append(np.concatenate(stresses))
    mean, noise, strain_range = by_mean_stresses(crystal, np.array(strains), runs)
    std = np.hypot(noise, strain_range)
    for k, name in enumerate(fluctuations.names):
        a, b, both = fluctuations.mean[k], mean[k], np.hypot(fluctuations.std[k], std[k])
        print(
            f"{name}: {a / 1e9:.2f} ± {fluctuations.std[k] / 1e9:.2f} GPa by fluctuations, "
            f"{b / 1e9:.2f} ± {std[k] / 1e9:.2f} GPa by mean stresses "
            f"(noise {noise[k] / 1e9:.2f}, strain range {strain_range[k] / 1e9:.2f}), "
            f"difference {100 * (a / b - 1):+.2f} ± {100 * both / b:.2f} %"
        )


if __name__ == "__main__":
    main()
