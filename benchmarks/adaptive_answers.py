"""Answers of adaptive chaos for many designs of one reference case, kept in a file as they come; and their true errors.

What is compared is the answer *on the reference's own draws*: with the polynomial y' of the answer, var - Var(y') is what the
method adds to it from points it had not seen, and the variance of y' is taken over the reference's draws in place of the germ's
distribution. So the sampling error of the reference cancels where the polynomial holds. Where it does not (Q2 below 0.5) the
answer is compared as it stands.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from reference_cases import N_SHARE, SCALARS, Case, read_reference

import a2c_pybamm as a2c
from a2c_pybamm.propagation import AdaptiveChaos, Status, propagate
from a2c_pybamm.propagation.polynomial import read_expansion

Array = np.ndarray
RESULTS = Path(__file__).parent / "results"
STATISTICS = (
    "mean",
    "std",
    "mean_se",
    "error",
    "q2",
    "test_point_error",
    "hidden_variance",
    "tail_share",
    "mean_low",
    "mean_high",
    "std_low",
    "std_high",
)
UNSEEN = ("mean_unseen_low", "mean_unseen_high", "std_unseen_high")
LEAST_Q2 = 0.5
CHUNK = 1000
"""Draws at which polynomials are evaluated at a time: thirty inputs have 5456 terms."""
VARIES = 1e-4
"""A point of a curve that moves less, relative to its mean, is the cut-off itself."""


@dataclass(frozen=True)
class Compared:
    """A case's cell with the outputs that are compared."""

    cell: a2c.Cell

    @property
    def names(self) -> tuple[str, ...]:
        return self.cell.names

    def solve(self, samples: Array, *, progress=None) -> xr.Dataset:
        data = self.cell.solve(samples, progress=progress)
        kept = data[[*SCALARS, "failed", "cause", "reason"]]
        voltage = data["voltage_of_share"]
        every = np.linspace(0, voltage.shape[1] - 1, N_SHARE).astype(int)
        return kept.assign(voltage=voltage.isel(discharged_share=every))


@dataclass(frozen=True)
class Truth:
    """The reference of one case in germs."""

    samples: Array
    values: dict[str, Array]

    @classmethod
    def of(cls, case: Case, names: tuple[str, ...], joint: a2c.Joint) -> Truth:
        stored = read_reference(case)
        kept = np.isfinite(stored["capacity"])
        samples = stored.pop("samples")[kept][:, joint.rows(names)]
        return cls(samples, {name: values[kept].reshape(kept.sum(), -1) for name, values in stored.items()})


def answer(model, joint, truth: Truth, budget: int, seed: int, tolerance: float = 1e-9) -> dict[str, Array]:
    """Statistics (n_element,) of all outputs together, and the std on the reference's draws."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # of 32 points two failures are more than the usual 5 %, and no reason to leave the design out
        method, rng = AdaptiveChaos(tolerance, budget), np.random.default_rng(seed)
        found = propagate(model, joint, method, rng=rng, max_failed=0.15).isel(approach=0)
    rows: dict[str, list[Array]] = {}
    expansions = [read_expansion(found, output, what="benchmark") for output in (*SCALARS, "voltage")]
    factor = expansions[0].factor.values
    germ = np.linalg.lstsq(factor, (truth.samples - found["expansion"]["coefficient_mean"].values).T, rcond=None)[0].T
    together = np.hstack([expansion.flat() for expansion in expansions])
    predicted = np.vstack([expansions[0].basis.evaluate(germ[k : k + CHUNK]) @ together for k in range(0, len(germ), CHUNK)])
    for output, expansion in zip((*SCALARS, "voltage"), expansions, strict=True):
        flat = expansion.flat()
        own_predicted, predicted = np.split(predicted, [flat.shape[1]], axis=1)
        node = found[output].to_dataset()
        missing = np.full(flat.shape[1], np.nan)
        own = {name: np.atleast_1d(node[name].values) if name in node else missing for name in (*STATISTICS, *UNSEEN)}
        shift = own_predicted.var(axis=0) - (flat[1:] ** 2).sum(axis=0)
        own["on_draws"] = np.sqrt(np.maximum(own["std"] ** 2 + np.where(own["q2"] >= LEAST_Q2, shift, 0.0), 0.0))
        move = own_predicted.mean(axis=0) - flat[0]
        own["mean_on_draws"] = own["mean"] + np.where(own["q2"] >= LEAST_Q2, move, 0.0)
        own["true_std"], own["true_mean"] = truth.values[output].std(axis=0), truth.values[output].mean(axis=0)
        # curves have no status of their own: one that fails for a scalar counts as a warning for all outputs of its samples
        warned = any(not Status(str(found[name]["status"].values)).usable for name in SCALARS)
        own["warned"] = np.full(len(own["std"]), float(warned))
        for name, values in own.items():
            rows.setdefault(name, []).append(values)
    every = {name: np.concatenate(parts) for name, parts in rows.items()}
    varies = every["true_std"] > VARIES * np.abs(every["true_mean"])
    return {name: values[varies] for name, values in every.items()} | {"n_solves": np.array(int(found["n_solves"]))}


def answers(case: Case, budget: int, n_design: int) -> dict[str, Array]:
    """Statistics (n_design, n_element) of a case; designs that are in the file already are not solved again."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{case.name}_{budget}.npz"
    rows: dict[str, Array] = {}
    if path.exists():
        with np.load(path, allow_pickle=False) as stored:
            rows = {name: stored[name] for name in stored.files}
    first = len(rows["std"]) if rows else 0
    if first < n_design:
        model, joint = Compared(case.cell()), case.parameter_set().joint
        truth = Truth.of(case, tuple(model.names), joint)
        for seed in range(first, n_design):
            new = answer(model, joint, truth, budget, seed)
            rows = {name: np.concatenate([rows[name], new[name][None]]) if rows else new[name][None] for name in new}
            temporary = path.with_name(f"{path.stem}.writing.npz")
            np.savez_compressed(temporary, **rows)
            temporary.replace(path)
    return {name: values[:n_design] for name, values in rows.items()}
