"""How often a decision is off by more than three of its stated errors without saying so, over functions and cells.

``functions``: 31 functions (`decision_cases`), so many seeds each, first order and adaptive chaos with samples beside them or
without. ``cells``: the reference cases. Rows are kept in ``results/`` as they come; an interrupted run goes on.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import json
import warnings
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
from decision_cases import FUNCTIONS, Row, Truth, joint, judged
from reference_cases import CASES, SCALARS, read_reference
from scipy.stats import binom

import a2c_pybamm as a2c

RESULTS = Path(__file__).parent / "results"


def methods(budget: int, draws: int) -> list:
    """First order, adaptive chaos, and samples where there are any."""
    return [a2c.FirstOrder(), a2c.AdaptiveChaos(budget=budget), *([a2c.MonteCarlo(draws)] if draws else [])]


class Kept:
    """Rows of a run in a file, one line of JSON each."""

    def __init__(self, name: str) -> None:
        RESULTS.mkdir(exist_ok=True)
        self.path = RESULTS / f"{name}.jsonl"
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        self.rows = {(row["case"], row["seed"]): row["row"] for row in map(json.loads, lines)}

    def row(self, case: str, seed: int) -> Row | None:
        found = self.rows.get((case, seed))
        return None if found is None else Row(**found)

    def add(self, case: str, seed: int, row: Row) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"case": case, "seed": seed, "row": asdict(row)}) + "\n")


def summary(name: str, rows: list[Row], off: list[Row]) -> str:
    """One line on the decisions of a case, and two of those that are off."""
    z = np.array([[row.mean_z, row.std_z] for row in rows])
    held = (np.abs(z) < 1.96).sum(axis=0)
    upper = sum(row.tail_named or abs(row.std_z) < 1.96 for row in rows)
    taken = Counter(row.recommendation for row in rows)
    error = np.sqrt(np.nanmean([row.log_ratio**2 for row in rows]))
    least = int(binom.ppf(0.01, len(rows), 0.95))
    taken_text = ", ".join(f"{kind} {n}" for kind, n in sorted(taken.items()))
    texts = "".join(f"\n    {row.mean_z:.1f} {row.std_z:.1f} {row.text[:220]}" for row in off[:2])
    return (
        f"{name:32s} off {len(off):3d} of {len(rows)}; 95 % held: mean {held[0]}, std {held[1]}, with upper ends {upper} "
        f"(1 % quantile {least}); error of the std {100 * error:.2f} %; {taken_text}{texts}"
    )


def functions(options: argparse.Namespace) -> None:
    """All functions."""
    kept = Kept(f"decisions_{options.budget}_{options.draws}")
    total = 0
    for name, function in FUNCTIONS.items():
        truth, inputs = Truth.of_function(function), joint(function.dimension)
        model, rows = a2c.from_function(function.values, inputs.names), []
        for seed in range(options.seeds):
            row = kept.row(name, seed)
            if row is None:
                chosen = methods(options.budget, options.draws)
                result = a2c.propagate(model, inputs, *chosen, rng=np.random.default_rng(seed))
                row = judged(result, "output", chosen, truth)
                kept.add(name, seed, row)
            rows.append(row)
        off = [row for row in rows if row.off(function.rare)]
        total += len(off)
        print(summary(name, rows, off), flush=True)
    print(f"off by more than three stated errors without saying so: {total} of {len(FUNCTIONS) * options.seeds}")


def cells(options: argparse.Namespace) -> None:
    """All reference cases that are chosen."""
    kept = Kept(f"decisions_cells_{options.budget}_{options.draws}")
    total, n = 0, 0
    for case in CASES:
        if case.name not in options.cases and options.cases:
            continue
        reference = read_reference(case)
        model, inputs = case.cell(), case.parameter_set().joint
        rows: dict[str, list[Row]] = {output: [] for output in SCALARS}
        for seed in range(options.seeds):
            found = {output: kept.row(f"{case.name} {output}", seed) for output in SCALARS}
            if None in found.values():
                chosen = methods(options.budget, options.draws)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    result = a2c.propagate(model, inputs, *chosen, rng=np.random.default_rng(seed))
                for output in SCALARS:
                    found[output] = judged(result, output, chosen, Truth.of(reference[output]))
                    kept.add(f"{case.name} {output}", seed, found[output])
            for output, row in found.items():
                rows[output].append(row)
        for output, own in rows.items():
            off = [row for row in own if row.off_beside(reference[output][np.isfinite(reference[output])])]
            total, n = total + len(off), n + len(own)
            print(summary(f"{case.name} {output}", own, off), flush=True)
    print(f"off by more than three stated errors without saying so: {total} of {n}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("functions", "cells"))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--budget", type=int, default=100)
    parser.add_argument("--draws", type=int, default=512, help="0 for none")
    parser.add_argument("--cases", nargs="*", default=[], help="names of cells")
    options = parser.parse_args()
    {"functions": functions, "cells": cells}[options.what](options)


if __name__ == "__main__":
    main()
