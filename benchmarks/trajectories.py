"""Mean-squared displacement, diffusivity and its error: time, memory and statistical error, beside kinisi and MDAnalysis.

``peers`` needs ``pip install .[bench]``. Each measurement is a process of its own that loads the same walks from a file, so
that peak memory is that of one program. kinisi is given the walks as an array and a cell that they never leave, its fastest way
in. ``npy`` and ``dump`` make a trajectory of some gigabytes in a folder, read it and fit D in one process, and remove it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

INTERVAL = 1e-12
"""Time between frames [s]."""
SPREAD = 0.5
"""Standard deviation of a step along one direction [Å]: D is its square over 2 ps."""
REPLICAS = 60
"""Walks for the statistical error of both."""


def walks(n_frame: int, n_atom: int, seed: int = 0) -> np.ndarray:
    """Brownian walks [Å] (n_frame, n_atom, 3)."""
    steps = SPREAD * np.random.default_rng(seed).standard_normal((n_frame, n_atom, 3))
    return np.cumsum(steps, axis=0, out=steps)


def ours(positions: np.ndarray, *, window: tuple[float, float] | None = None) -> tuple[float, float]:
    """D [Å2/ps] and its std; the window [s] is sought unless given."""
    import a2c_pybamm as a2c

    n_atom = positions.shape[1]
    species, masses = ("Li",) * n_atom + ("La",), np.append(np.ones(n_atom), 20.0)
    at_rest = np.zeros((len(positions), 1, 3))
    trajectory = a2c.Trajectory(1e-10 * np.concatenate([positions, at_rest], axis=1), species, masses, INTERVAL, 300.0)
    msd = a2c.mean_squared_displacement(trajectory, "Li")
    estimate = a2c.fit_tracer_diffusivity(msd, name="ln D", source="walk", window=window)
    D = float(np.exp(estimate.mean[0])) * 1e20 * INTERVAL
    return D, D * float(estimate.std[0])


def kinisi(positions: np.ndarray) -> tuple[float, float]:
    """The same by kinisi: mean-squared displacements at all lags, and its Markov chain."""
    import scipp as sc
    from kinisi.diffusion_analyzer import DiffusionAnalyzer
    from kinisi.displacement import calculate_msd
    from kinisi.parser import Parser

    n_frame, n_atom, _ = positions.shape
    box = 1e5
    parser = Parser(
        sc.array(dims=["time", "particle", "dimension"], values=positions / box + 0.5),
        sc.array(
            dims=["time", "dimension1", "dimension2"], values=np.tile(box * np.eye(3), (n_frame, 1, 1)), unit=sc.units.angstrom
        ),
        1.0 * sc.Unit("ps"),
        1 * sc.units.dimensionless,
        specie_indices=sc.array(dims=["particle"], values=np.arange(n_atom)),
        drift_indices=sc.array(dims=["particle"], values=[]),
    )
    analyzer = DiffusionAnalyzer(parser)
    analyzer._dg = calculate_msd(analyzer.trajectory, False)
    analyzer.diffusion(1.0 * sc.Unit("ps"), progress=False, random_state=np.random.RandomState(0))
    D = sc.to_unit(analyzer.D, "angstrom^2/ps").values
    return float(D.mean()), float(D.std())


def mdanalysis(positions: np.ndarray) -> tuple[float, float]:
    """Mean-squared displacements alone, by MDAnalysis' FFT; the slope of a line, which has no honest error."""
    import MDAnalysis
    from MDAnalysis.analysis.msd import EinsteinMSD

    universe = MDAnalysis.Universe.empty(positions.shape[1], trajectory=True)
    universe.load_new(positions)
    msd = EinsteinMSD(universe, select="all", msd_type="xyz", fft=True).run().results.timeseries
    return float(np.polyfit(np.arange(1, len(msd) // 2), msd[1 : len(msd) // 2], 1)[0]) / 6, float("nan")


METHODS: dict[str, Callable[[np.ndarray], tuple[float, float]]] = {"ours": ours, "kinisi": kinisi, "mdanalysis": mdanalysis}


def peak_memory() -> float:
    """Most memory [MB] that this process has had; ``ru_maxrss`` would count that of the process which started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1e3 for line in lines if line.startswith("VmHWM"))


def measured(method: str, n_frame: int, n_atom: int, folder: Path) -> dict[str, float]:
    """D, its std, seconds and peak memory of one method in a process of its own."""
    path = folder / f"{n_frame}_{n_atom}.npy"
    if not path.exists():
        np.save(path, walks(n_frame, n_atom).astype(np.float32))
    command = [sys.executable, __file__, "child", method, str(path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    found = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return dict(json.loads(found.splitlines()[-1]))


def child(method: str, path: Path) -> None:
    """Once to import everything, then the run that counts."""
    positions = np.load(path)
    METHODS[method](walks(60, 20))
    before = peak_memory()
    started = time.perf_counter()
    D, std = METHODS[method](positions)
    seconds = time.perf_counter() - started
    print(json.dumps({"D": D, "std": std, "seconds": seconds, "peak_MB": peak_memory(), "before_MB": before}))


def peers(folder: Path) -> None:
    """The table of times, memories and errors."""
    truth = SPREAD**2 / 2
    for n_frame, n_atom, names in ((1000, 200, ("kinisi", "ours")), (10_000, 500, ("mdanalysis", "ours"))):
        rows = {name: measured(name, n_frame, n_atom, folder) for name in names}
        for name, row in rows.items():
            print(
                f"{n_frame} frames x {n_atom} atoms, {name:10s}: {row['seconds']:7.3f} s, peak {row['peak_MB']:5.0f} MB "
                f"(before {row['before_MB']:.0f}), D {row['D']:.5f} ± {row['std']:.5f} (exact {truth})"
            )
        peer, us = (rows[name] for name in names)
        print(f"  {peer['seconds'] / us['seconds']:.0f} times faster, peak memory {us['peak_MB'] / peer['peak_MB']:.2f} of its")
    told = {"kinisi, told the first lag": kinisi, "ours, told the window": partial(ours, window=(INTERVAL, 64 * INTERVAL))}
    for name, method in {**told, "ours, window sought": ours}.items():
        table = np.array([method(walks(128, 64, seed)) for seed in range(REPLICAS)])
        error = np.abs(table[:, 0] - truth)
        print(
            f"{REPLICAS} walks of 128 frames x 64 atoms, {name}: true error {np.sqrt((error**2).mean()):.5f}, reported "
            f"{np.sqrt((table[:, 1] ** 2).mean()):.5f}, {(error > 2 * table[:, 1]).mean():.0%} beyond two of their own"
        )
    bound = truth * np.sqrt(2 / (3 * 64 * 127))
    print(f"  bound of any estimator that knows there is no offset: {bound:.5f}")


def write_npy(path: Path, n_frame: int, n_atom: int) -> None:
    """Positions in pieces, so that making them takes no memory either."""
    array = np.lib.format.open_memmap(path, "w+", dtype=float, shape=(n_frame, n_atom, 3))
    last = np.zeros((1, n_atom, 3))
    for first in range(0, n_frame, 500):
        piece = last + walks(min(500, n_frame - first), n_atom, seed=first)
        array[first : first + len(piece)] = piece
        last = piece[-1:]
    array.flush()


def write_dump(path: Path, n_frame: int, n_atom: int) -> None:
    """A dump of LAMMPS with unwrapped coordinates and the symbol of each atom."""
    last = np.zeros((1, n_atom, 3))
    box = "ITEM: BOX BOUNDS pp pp pp\n0 50\n0 50\n0 50\n"
    header = "ITEM: TIMESTEP\n{}\nITEM: NUMBER OF ATOMS\n{}\n" + box + "ITEM: ATOMS id element xu yu zu\n"
    names = [f"{a + 1} Li" for a in range(n_atom)]
    with path.open("w") as file:
        for first in range(0, n_frame, 100):
            piece = last + walks(min(100, n_frame - first), n_atom, seed=first)
            for k, frame in enumerate(piece):
                file.write(header.format(1000 * (first + k), n_atom))
                file.write(
                    "\n".join(
                        [f"{name} {x:.5f} {y:.5f} {z:.5f}" for name, (x, y, z) in zip(names, frame.tolist(), strict=True)]
                    )
                )
                file.write("\n")
            last = piece[-1:]


def large(kind: str, gigabytes: float, folder: Path) -> None:
    """Make the file, read it in a process of its own, and remove it."""
    n_atom = 1000
    n_frame = int(gigabytes * 1e9 / (24 * n_atom if kind == "npy" else 38 * n_atom))
    path = folder / f"large.{'npy' if kind == 'npy' else 'lammpstrj'}"
    (write_npy if kind == "npy" else write_dump)(path, n_frame, n_atom)
    size = path.stat().st_size / 1e9
    try:
        command = [sys.executable, __file__, "read", str(path), str(n_atom), "--folder", str(folder)]
        found = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        row = json.loads(found.stdout.splitlines()[-1])
    finally:
        path.unlink()
    print(
        f"{kind}, {size:.2f} GB, {n_frame} frames x {n_atom} atoms: read in {row['read']:.0f} s, D in {row['fit']:.0f} s, peak "
        f"memory {row['peak_MB'] / 1e3:.2f} GB, D {row['D']:.5f} ± {row['std']:.5f} (exact {SPREAD**2 / 2})"
    )


def read(path: Path, n_atom: int, folder: Path) -> None:
    """Read a large file, and fit D of all atoms against their mass centre."""
    import a2c_pybamm as a2c

    started = time.perf_counter()
    given = {"symbols": ("Li",) * n_atom} if path.suffix == ".npy" else {}
    trajectory = a2c.read_trajectory(path, interval=INTERVAL, temperature=300.0, scratch=folder, **given)
    was_read = time.perf_counter()
    msd = a2c.mean_squared_displacement(trajectory, "Li")
    estimate = a2c.fit_tracer_diffusivity(msd, name="ln D", source="walk")
    ended = time.perf_counter()
    D = float(np.exp(estimate.mean[0])) * 1e20 * INTERVAL
    row = {
        "read": was_read - started,
        "fit": ended - was_read,
        "peak_MB": peak_memory(),
        "D": D,
        "std": D * float(estimate.std[0]),
    }
    print(json.dumps(row))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("peers", "npy", "dump", "child", "read"))
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--gigabytes", type=float, default=5.0, help="size of the large file")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()), help="folder for the large file and the scratch file"
    )
    options = parser.parse_args()
    if options.what == "child":
        child(options.rest[0], Path(options.rest[1]))
    elif options.what == "read":
        read(Path(options.rest[0]), int(options.rest[1]), options.folder)
    elif options.what == "peers":
        with tempfile.TemporaryDirectory() as folder:
            peers(Path(folder))
    else:
        large(options.what, options.gigabytes, options.folder)


if __name__ == "__main__":
    main()
