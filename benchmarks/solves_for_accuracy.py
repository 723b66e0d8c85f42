"""How well the standard deviation is known after so many solves: adaptive chaos beside OpenTURNS, chaospy and plain sampling.

On the reference cases (``reference_cases``), median over designs and outputs of the relative error of the standard deviation.
Each method's polynomial is read at the reference's own draws, in place of its exact variance, so that the reference's sampling
error cancels; plain sampling is compared as it stands, with the reference's error of 0.5 % in it. OpenTURNS and chaospy get
scrambled Sobol' points of the same number:

* OpenTURNS: least angle regression with corrected leave-one-out selection, degree 3 (2 at thirty inputs), one output at a time;
* chaospy: ``fit_regression`` by least squares on an expansion of the highest degree with as many points as terms.

Needs the extra ``bench`` (OpenTURNS). Solves are shared between the peers; all are made anew for each design.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import warnings

import chaospy
import numpy as np
import openturns as ot
from adaptive_answers import Compared, Truth, answer
from reference_cases import CASES, SCALARS, Case

from a2c_pybamm.propagation.germ_basis import orthonormal, sobol_germ, total_degree
from a2c_pybamm.propagation.problem import match

Array = np.ndarray
VARIES = 1e-4


def outputs_of(problem, germ: Array) -> tuple[Array, Array]:
    """Values (n_point, n_output) of the compared outputs at germs, and which points did not fail (n_point,)."""
    solved = problem.solve(problem.joint.color(germ))
    return np.hstack([solved.flat(name) for name in (*SCALARS, "voltage")]), ~solved.failed


def openturns_std(germ: Array, values: Array, truth_germ: Array) -> Array:
    """Standard deviations (n_output,) by sparse chaos of OpenTURNS, at the reference's draws."""
    d = germ.shape[1]
    degree = 3 if d <= 10 else 2
    distribution = ot.JointDistribution([ot.Normal()] * d)
    enumerate_ = ot.LinearEnumerateFunction(d)
    basis = ot.OrthogonalProductPolynomialFactory([ot.HermiteFactory()] * d, enumerate_)
    selection = ot.LeastSquaresMetaModelSelectionFactory(ot.LARS(), ot.CorrectedLeaveOneOut())
    strategy = ot.FixedStrategy(basis, enumerate_.getStrataCumulatedCardinal(degree))
    found = []
    for column in values.T:
        projection = ot.LeastSquaresStrategy(ot.Sample(germ), ot.Sample(column[:, None]), selection)
        algorithm = ot.FunctionalChaosAlgorithm(ot.Sample(germ), ot.Sample(column[:, None]), distribution, strategy, projection)
        algorithm.run()
        found.append(np.asarray(algorithm.getResult().getMetaModel()(ot.Sample(truth_germ))).std())
    return np.array(found)


def chaospy_std(germ: Array, values: Array, truth_terms: dict[int, Array]) -> Array:
    """Standard deviations (n_output,) by chaospy's regression at the highest degree that the points determine."""
    n, d = germ.shape
    order = max(p for p in (1, 2) if p == 1 or len(total_degree(("normal",) * d, p)) <= n)
    distribution = chaospy.J(*[chaospy.Normal(0, 1) for _ in range(d)])
    expansion = chaospy.generate_expansion(order, distribution, normed=True)
    _, coefficients = chaospy.fit_regression(expansion, germ.T, values, retall=1)
    return (truth_terms[order] @ np.asarray(coefficients)).std(axis=0)


def measure(case: Case, budget: int, designs: int) -> None:
    model, joint = Compared(case.cell()), case.parameter_set().joint
    truth = Truth.of(case, tuple(model.names), joint)
    problem = match(model, joint)
    germ_of_truth = np.linalg.lstsq(problem.joint.root, (truth.samples - problem.joint.mean).T, rcond=None)[0].T
    expected = np.concatenate([truth.values[name].std(axis=0) for name in (*SCALARS, "voltage")])
    means = np.concatenate([truth.values[name].mean(axis=0) for name in (*SCALARS, "voltage")])
    varies = expected > VARIES * np.abs(means)
    families = problem.joint.germ_families
    terms = {p: _terms(families, p, germ_of_truth) for p in (1, 2)}
    rows: dict[str, list[Array]] = {"adaptive chaos": [], "OpenTURNS LARS": [], "chaospy regression": [], "plain sampling": []}
    spent = 0
    for seed in range(designs):
        own = answer(model, joint, truth, budget, seed)
        rows["adaptive chaos"].append(np.abs(own["on_draws"] / own["true_std"] - 1))
        n = spent = int(own["n_solves"])
        rng = np.random.default_rng(1000 + seed)
        germ = sobol_germ(n, families, rng)
        values, good = outputs_of(problem, germ)
        rows["OpenTURNS LARS"].append(_error(openturns_std(germ[good], values[good], germ_of_truth), expected)[varies])
        rows["chaospy regression"].append(_error(chaospy_std(germ[good], values[good], terms), expected)[varies])
        values, good = outputs_of(problem, problem.joint.draw_germ(n, rng))
        rows["plain sampling"].append(_error(values[good].std(axis=0, ddof=1), expected)[varies])
    text = []
    for name, errors in rows.items():
        by_output = 100 * np.median(errors, axis=0)
        text.append(f"{name} {np.median(by_output):.2f} % (worst {by_output.max():.2f} %)")
    print(f"{case.name:30s} {spent:4d} solves | {' | '.join(text)}", flush=True)


def _error(found: Array, expected: Array) -> Array:
    return np.abs(np.divide(found, expected, out=np.ones_like(expected), where=expected > 0) - 1)


def _terms(families, order: int, germ: Array) -> Array:
    """Orthonormal terms at germs in chaospy's own order."""
    basis = total_degree(families, order)
    values = np.ones((len(germ), len(basis)))
    for k, family in enumerate(families):
        values *= orthonormal(germ[:, k], family, order)[:, basis.exponents[:, k]]
    return values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--designs", type=int, default=8)
    parser.add_argument("--budgets", type=int, nargs="+", default=[35, 60, 100])
    parser.add_argument("--models", nargs="+", default=["SPM", "SPMe", "DFN"])
    parser.add_argument("--inputs", type=int, nargs="+", default=[10, 30])
    parser.add_argument("--sigmas", type=float, nargs="+", default=[0.2])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    ot.Log.Show(ot.Log.NONE)
    print("relative error of the standard deviation: median over outputs, each the median over designs (worst output)")
    for case in CASES:
        if case.model in options.models and case.n_input in options.inputs and case.sigma in options.sigmas:
            for budget in options.budgets:
                if case.n_input <= 10 or budget >= 60:
                    measure(case, budget, options.designs)


if __name__ == "__main__":
    main()
