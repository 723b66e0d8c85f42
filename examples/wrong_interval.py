"""A dump of LAMMPS from frames to a diffusivity, and three ways to read it wrongly that are found.

Run it as a script: ``python examples/wrong_interval.py``. Free Langevin particles, of known diffusivity kT/mγ, are written
as LAMMPS does: wrapped into the cell, in an order that changes from frame to frame, with image flags. A wrong time between
frames changes D by the same factor, and nothing in a curve of displacements shows it. Masses and temperature do.
"""

import tempfile
from pathlib import Path

import numpy as np

from a2c_pybamm import fit_tracer_diffusivity, mean_squared_displacement, read_trajectory
from a2c_pybamm.constants import BOLTZMANN
from a2c_pybamm.synthetic import LITHIUM_MASS, langevin_trajectory

FRICTION, INTERVAL, TEMPERATURE, BOX = 2e13, 10e-15, 700.0, 12.0
EXACT = BOLTZMANN * TEMPERATURE / (LITHIUM_MASS * FRICTION)


def write_dump(path: Path, positions: np.ndarray, symbols: tuple[str, ...], rng: np.random.Generator) -> None:
    """Positions [Å] (n_frame, n_atom, 3) in a cubic cell."""
    lines = []
    for step, frame in enumerate(positions):
        lines += ["ITEM: TIMESTEP", str(20 * step), "ITEM: NUMBER OF ATOMS", str(len(frame)), "ITEM: BOX BOUNDS pp pp pp"]
        lines += [f"0 {BOX}"] * 3 + ["ITEM: ATOMS id element x y z ix iy iz"]
        for a in rng.permutation(len(frame)):
            image = np.floor(frame[a] / BOX)
            x, y, z = frame[a] - BOX * image
            lines.append(f"{a + 1} {symbols[a]} {x:.6f} {y:.6f} {z:.6f} " + " ".join(f"{n:.0f}" for n in image))
    path.write_text("\n".join(lines) + "\n")


rng = np.random.default_rng(3)
run, _ = langevin_trajectory(1500, 24, friction=FRICTION, interval=INTERVAL, temperature=TEMPERATURE, rng=rng)
with tempfile.TemporaryDirectory() as folder:
    dump = Path(folder) / "dump.lammpstrj"
    write_dump(dump, 6 + 1e10 * run.positions, run.species, rng)
    trajectory = read_trajectory(dump, interval=INTERVAL, temperature=TEMPERATURE, species="Li")
    msd = mean_squared_displacement(trajectory, "Li")
    estimate = fit_tracer_diffusivity(msd, name="Li ln(D_tr [m2.s-1])", source="MD (sampling)")
    print(f"D = {np.exp(estimate.mean[0]):.3g} m2/s, ± {estimate.std[0]:.1%}; exact {EXACT:.3g}")
    # The path through the cell's walls is the one that was written, and D is right within its error bar.
    moved, written = (t.positions[:, :24] - t.positions[0, :24] for t in (trajectory, run))
    assert np.abs(moved - written).max() < 1e-15  # a dump of six decimals
    assert abs(estimate.mean[0] - np.log(EXACT)) < 3 * estimate.std[0]

    for what, factor in (("twice as close", 0.5), ("2.5 times as far apart", 2.5), ("picoseconds for femtoseconds", 1e3)):
        try:
            read_trajectory(dump, interval=factor * INTERVAL, temperature=TEMPERATURE)
        except ValueError as error:
            print(f"{what}: {str(error).partition(': ')[2]}")
        else:
            raise AssertionError(f"{what}: was believed")
