"""Time of a free energy's fit, and of cells with it beside Redlich and Kister's of order 3.

The logit spline of 40 slopes stands in for Chen2020's positive open-circuit voltage and its entropic change; both laws are
fitted to the same potentials of that voltage. CPU time of this process, the smallest of several runs; cases take turns. What is
built is the cell before its first solve; ``solve`` is one sample of a batch after it.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import a2c_pybamm as a2c
from a2c_pybamm.constants import STANDARD_TEMPERATURE
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import fit_logit_spline, logit_spline
from a2c_pybamm.laws import FreeEnergy

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.estimators.thermodynamics.measured_curves import CURVES, noisy_potentials

HOST = "NMC811"
NOISE = 0.002
SPREAD = 0.1
"""Share of the coefficients' errors that samples have: the misfit of polynomials is so large that cells of it fail."""
LARGEST_FIT, LARGEST_BUILD, LARGEST_RATIO = 0.5, 5.0, 3.0
"""Gates: seconds of a fit, seconds until a first solve is done, and a DFN solve over that with Redlich and Kister's law."""


def seconds(action: Callable[[], object], runs: int) -> float:
    """Smallest CPU time."""
    times = []
    for _ in range(runs):
        started = time.process_time()
        action()
        times.append(time.process_time() - started)
    return min(times)


def potentials(n: int, *, declared: bool) -> a2c.ChemicalPotentials:
    """Potentials of Chen2020's positive electrode with 2 mV of noise."""
    curve = next(curve for curve in CURVES if curve.name == "Chen2020 Positive")
    return noisy_potentials(curve, n, NOISE, 0, declared=declared)


def fit_times(runs: int) -> None:
    """Print the time of fits."""
    print(f"fit of {HOST}'s potentials [s] (gate {LARGEST_FIT:g})")
    for n in (13, 25, 49):
        for declared in (True, False):
            data = potentials(n, declared=declared)
            law = logit_spline(HOST, data, stable=True, temperature=STANDARD_TEMPERATURE)
            fit = seconds(lambda law=law, data=data: fit_logit_spline(data, law), runs)
            words = f"{n} potentials, {'declared' if declared else 'not declared'}, {len(law.basis.places)} slopes"
            print(f"  {words:44s}{fit:7.3f}   {'met' if fit <= LARGEST_FIT else 'NOT MET'}", flush=True)


def parameter_set(law: FreeEnergy, estimate: a2c.Estimate) -> a2c.ParameterSet:
    """Chen2020 with the law as its positive open-circuit voltage."""
    entropy = a2c.Estimate.from_covariance([law.entropy_name], np.array([30.0]), np.eye(1), source="vibrations")
    attach = {
        "Positive electrode OCP [V]": a2c.Attachment(law, "open_circuit_voltage"),
        "Positive electrode OCP entropic change [V.K-1]": a2c.Attachment(law, "entropic_change"),
    }
    joint = a2c.Joint([estimate, entropy])
    return a2c.ParameterSet(law.kind, "Chen2020", attach, joint, voltage_limits=(2.5, 4.2))


def hosts() -> dict[str, a2c.ParameterSet]:
    """Both laws by the same potentials."""
    data = potentials(25, declared=True)
    spline = logit_spline(HOST, data, stable=True, temperature=STANDARD_TEMPERATURE)
    polynomial = a2c.RedlichKister(HOST, 3)
    return {
        "Redlich-Kister order 3": parameter_set(polynomial, a2c.fit_chemical_potential(data, polynomial)),
        f"logit spline, {len(spline.basis.places)} slopes": parameter_set(spline, fit_logit_spline(data, spline)),
    }


def cell_times(model: str, n: int, runs: int) -> None:
    """Print build, first solve and repeated solve of cells with both laws."""
    sets, repeated, first = hosts(), {}, {}
    actions = {}
    for name, made in sets.items():
        started = time.process_time()
        cell = a2c.Cell(made, model=model)
        mean = made.joint.mean
        samples = mean + SPREAD * (made.joint.draw(n, np.random.default_rng(0)) - mean)
        samples = samples[:, made.joint.rows(cell.names)]
        built = time.process_time()
        cell.solve(samples[:1])
        solved = time.process_time()
        first[name] = (built - started, solved - built, int(cell.solve(samples)["failed"].sum()))
        actions[name] = lambda cell=cell, samples=samples: cell.solve(samples)
    for _ in range(runs):
        for name, action in actions.items():
            repeated.setdefault(name, []).append(seconds(action, 1) / n)
    reference = min(next(iter(repeated.values())))
    for name, (build, solve, failed) in first.items():
        ratio = min(repeated[name]) / reference
        met = (model != "DFN" or ratio <= LARGEST_RATIO) and build + solve <= LARGEST_BUILD
        print(
            f"  {model:5s}{name:26s}{build:8.2f}{solve:13.2f}{1e3 * min(repeated[name]):14.2f}{ratio:9.2f}×   "
            f"{'met' if met else 'NOT MET'}{f', {failed} failed' if failed else ''}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=40, help="samples of a batch (default 40)")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    fit_times(options.runs)
    print(
        f"cells, a sample of {options.samples} (gates: build and first solve {LARGEST_BUILD:g} s, DFN solve {LARGEST_RATIO:g}×)"
    )
    print(f"{'':33s}{'build/s':>8s}{'first solve/s':>13s}{'solve/ms':>14s}{'ratio':>10s}")
    for model in ("SPM", "DFN"):
        cell_times(model, options.samples, options.runs)


if __name__ == "__main__":
    main()
