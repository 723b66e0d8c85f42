"""Shares of x at which 95 % and 68 % intervals of a free energy's fit hold open-circuit voltages of PyBaMM's sets.

The logit spline, Redlich and Kister's polynomials averaged over orders 0 to 3, and the smoothing spline, on twenty curves that
none of them has made. Each curve's figures are kept in ``results/`` as they come; an interrupted run goes on. ``--tables``
prints those of the documentation from what is there.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

import a2c_pybamm as a2c
from a2c_pybamm.constants import STANDARD_TEMPERATURE
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import fit_logit_spline, logit_spline
from a2c_pybamm.laws import FreeEnergy, SplinePotential

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.estimators.thermodynamics.curve_coverage import Coverage, coverage, fitted, summary
from tests.estimators.thermodynamics.measured_curves import CURVES, Case, MeasuredCurve

RESULTS = Path(__file__).parent / "results" / "free_energy_coverage.jsonl"
ORDERS = (0, 1, 2, 3)
KNOTS = tuple(np.linspace(0, 1, 9).tolist())
"""Those of a study's ``law = "spline"``."""
HEADING = (
    "| data | U in 95 % (worst curve) | U in 68 % | Θ in 95 % (worst curve) | Θ in 68 % | std, error of U [mV] | seeds |"
    "\n|---|---|---|---|---|---|---|"
)
CASES = (
    *(Case("declared", n, 0.002, 10) for n in (13, 25, 49)),
    *(Case("undeclared", n, 0.002, 10) for n in (13, 25, 49)),
    *(Case("noiseless", n, 0.0, 1) for n in (13, 25, 49)),
    *(Case("energies", n, noise, 10) for noise in (0.001, 0.005, 0.02) for n in (7, 13, 25)),
    *(Case("both", n, noise, 10) for noise in (0.001, 0.005, 0.02) for n in (7, 13, 25)),
)

Fitted = tuple[a2c.Estimate, bool, FreeEnergy]
"""An estimate, whether the default largest misfit refuses it, and its law."""


def logit_fit(case: Case, data: Sequence) -> Fitted:
    """The logit spline, one phase, as many knots as it takes by itself."""
    law = logit_spline("X", data, stable=True, temperature=STANDARD_TEMPERATURE)
    return *fitted(lambda limit: fit_logit_spline(data, law, energy_std=case.energy_std, largest_misfit=limit)), law


def polynomial_fit(case: Case, data: Sequence) -> Fitted:
    """Redlich and Kister's polynomials, averaged over orders."""
    law, (table,) = a2c.RedlichKister("X", ORDERS[-1], reference_temperature=STANDARD_TEMPERATURE), data
    if case.energy_std is None:
        terms = [order + 1 for order in ORDERS]
        return *fitted(lambda limit: a2c.fit_chemical_potential(table, law, terms=terms, largest_misfit=limit)), law
    choice = a2c.choose_order([table], orders=ORDERS, scatter_known=True)
    law = a2c.RedlichKister("X", choice.highest, reference_temperature=STANDARD_TEMPERATURE)
    settings = {"energy_std": case.energy_std, "choice": choice}
    return *fitted(lambda limit: a2c.fit_free_energy(table, law, largest_misfit=limit, **settings)), law


def smooth_fit(case: Case, data: Sequence) -> Fitted:
    """The smoothing spline of the excess potential."""
    law, (table,) = SplinePotential("X", KNOTS, reference_temperature=STANDARD_TEMPERATURE), data
    settings = {"energy_std": case.energy_std}
    return *fitted(lambda limit: a2c.fit_spline_potential(table, law, largest_misfit=limit, **settings)), law


FITS: dict[str, Callable[[Case, Sequence], Fitted]] = {
    "logit spline": logit_fit,
    "Redlich–Kister, averaged": polynomial_fit,
    "smoothing spline": smooth_fit,
}


def stored() -> dict[tuple[str, str, str, int], Coverage]:
    """Results by law, case, curve and seed."""
    if not RESULTS.exists():
        return {}
    records = [json.loads(line) for line in RESULTS.read_text("utf-8").splitlines()]
    return {(r["law"], r["case"], r["curve"], r["seed"]): Coverage(**r["figures"]) for r in records}


def result(law: str, case: Case, curve: MeasuredCurve, seed: int) -> Coverage:
    """One fit beside its curve."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # polynomials warn of misfits, which are measured here
        estimate, refused, fitted_law = FITS[law](case, case.data(curve, seed))
    return coverage(estimate, fitted_law, curve, seed, refused=refused)


def measure(laws: Sequence[str], cases: Sequence[Case], seeds: int) -> None:
    """Compute what is not stored, and append it."""
    known = stored()
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as file:
        for case in cases:
            for law in laws:
                if case.kind == "both" and FITS[law] is not logit_fit:
                    continue  # the others take one table
                for curve in CURVES:
                    for seed in range(min(seeds, case.seeds)):
                        if (law, case.name, curve.name, seed) in known:
                            continue
                        figures = asdict(result(law, case, curve, seed))
                        record = {"law": law, "case": case.name, "curve": curve.name, "seed": seed, "figures": figures}
                        file.write(json.dumps(record) + "\n")
                        file.flush()
                print(f"{case.name}, {law}: done", flush=True)


def print_tables(laws: Sequence[str], cases: Sequence[Case]) -> None:
    """Markdown tables of what is stored: means over seeds, then over curves, with the worst curve."""
    known = stored()
    for law in laws:
        print(f"\n{law}\n\n{HEADING}")
        for case in cases:
            by_curve = [
                [
                    known[law, case.name, curve.name, seed]
                    for seed in range(case.seeds)
                    if (law, case.name, curve.name, seed) in known
                ]
                for curve in CURVES
            ]
            if not all(by_curve):
                continue
            rows = [summary(of_curve, np.mean) for of_curve in by_curve]
            mean, worst, median = (summary(rows, statistic) for statistic in (np.mean, np.min, np.median))
            voltage = f"{mean.voltage_95:.0%} ({worst.voltage_95:.0%}) | {mean.voltage_68:.0%}"
            factor = f"{mean.factor_95:.0%} ({worst.factor_95:.0%}) | {mean.factor_68:.0%}"
            width = f"{1e3 * median.std:.2g}, {1e3 * median.error:.2g}"
            print(f"| {words(case)} | {voltage} | {factor} | {width} | {min(map(len, by_curve))} |")


def words(case: Case) -> str:
    """A case in a table."""
    if case.kind == "noiseless":
        return f"{case.n} potentials without noise, std not declared"
    if case.kind in ("declared", "undeclared"):
        return f"{case.n} potentials, {1e3 * case.noise:g} mV, {'declared' if case.kind == 'declared' else 'not declared'}"
    return f"{case.n} energies, {1e3 * case.noise:g} meV" + (", and 5 potentials, 5 mV" if case.kind == "both" else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="data of each curve (default 10)")
    parser.add_argument("--laws", nargs="+", choices=FITS, default=list(FITS))
    kinds = ["declared", "undeclared", "noiseless", "energies", "both"]
    parser.add_argument("--kinds", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--tables", action="store_true", help="only print the tables of what is stored")
    options = parser.parse_args()
    cases = [case for case in CASES if case.kind in options.kinds]
    if not options.tables:
        measure(options.laws, cases, options.seeds)
    print_tables(options.laws, cases)


if __name__ == "__main__":
    main()
