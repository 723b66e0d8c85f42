"""Plain Monte Carlo of the reference cases, made once: 20,000 solves each, written to ``references/``.

Failed samples are NaN. What is solved is written every few hundred samples, and a run that was interrupted goes on where it
stopped; a case that is there already is left alone.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import time
from pathlib import Path

import numpy as np
from reference_cases import CASES, REFERENCES, SCALARS, Case, draws, outputs, root

CHUNK = 500
SEED = 20260


def make(case: Case, n: int) -> Path:
    """The file of a case, made if it is not there."""
    path, part = REFERENCES / f"{case.name}.npz", REFERENCES / f"{case.name}.part.npz"
    if path.exists():
        return path
    REFERENCES.mkdir(exist_ok=True)
    cell, factor = case.cell(), root(case)
    samples = draws(factor, n, SEED)[:, cell.parameter_set.joint.rows(cell.names)]
    rows: dict[str, np.ndarray] = {}
    if part.exists():
        with np.load(part, allow_pickle=False) as stored:
            rows = {name: stored[name] for name in stored.files}
    started, first = time.perf_counter(), len(rows["capacity"]) if rows else 0
    for start in range(first, n, CHUNK):
        data = cell.solve(samples[start : start + CHUNK])
        found = outputs(data)
        for values in found.values():
            values[data["failed"].values] = np.nan
        rows = {name: np.concatenate([rows[name], found[name]]) if rows else found[name] for name in found}
        temporary = part.with_name(f"{case.name}.writing.npz")
        np.savez(temporary, **rows)
        temporary.replace(part)
    compact = {name: values.astype(np.float32) for name, values in rows.items()}
    temporary = path.with_name(f"{case.name}.writing.npz")
    np.savez_compressed(temporary, **compact, seed=SEED, n=n, factor=factor)
    temporary.replace(path)
    part.unlink()
    print(f"{case.name}: {time.perf_counter() - started:.0f} s for {n - first} solves", flush=True)
    return path


def describe(path: Path) -> None:
    with np.load(path, allow_pickle=False) as stored:
        for name in SCALARS:
            values = stored[name].astype(float)
            kept = values[np.isfinite(values)]
            z = (kept - kept.mean()) / kept.std()
            print(
                f"  {name:13s} mean {kept.mean():.5f}  std {kept.std():.5f}  skewness {np.mean(z**3):6.2f}  "
                f"kurtosis {np.mean(z**4):7.2f}  failed {len(values) - len(kept)}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--model", choices=["SPM", "SPMe", "DFN"], help="only this model")
    parser.add_argument("--inputs", type=int, choices=[10, 30], help="only these cases")
    options = parser.parse_args()
    for case in CASES:
        if options.model in (None, case.model) and options.inputs in (None, case.n_input):
            path = make(case, options.samples)
            print(case.name, flush=True)
            describe(path)


if __name__ == "__main__":
    main()
