"""Functions on which decisions are tried: smooth, kinked, with cliffs, humps and failures; what a decision was off by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, hypot, isfinite, log, nan

import numpy as np
from scipy.stats import norm

import a2c_pybamm as a2c
from a2c_pybamm.propagation import MethodKind
from a2c_pybamm.propagation.intervals import RULE_OF_THREE, VARIANCE_TAIL

Array = np.ndarray
N_TRUTH = 4_000_000
"""Draws behind a true value."""
CHUNK = 1_000_000
MOST_ERRORS = 3.0
"""Stated errors from which a decision is off."""


@dataclass(frozen=True)
class Function:
    """A function of normal inputs, and the probability of the rarest event that makes it what it is (1 where there is none)."""

    dimension: int
    values: Callable[[Array], Array]
    rare: float = 1.0


def _end(probability: float) -> float:
    return float(norm.ppf(1 - probability))


def _cliff(probability: float, height: float = 3.0) -> Function:
    end = _end(probability)
    return Function(4, lambda s: s[:, 0] + 0.5 * s[:, 1] - height * (s[:, 2] > end), probability)


def _failing(values: Callable[[Array], Array], probability: float, dimension: int = 4) -> Function:
    end = _end(probability)
    return Function(dimension, lambda s: np.where(s[:, 0] > end, np.nan, values(s)), probability)


def _humps(z: Array, second: float) -> Array:
    return np.exp(-2 * (z - 1.2) ** 2) + second * np.exp(-2 * (z + 1.2) ** 2)


FUNCTIONS = {
    "linear": Function(5, lambda s: s @ np.arange(1.0, 6.0)),
    "quadratic": Function(4, lambda s: s.sum(axis=1) + 0.1 * (s**2).sum(axis=1) + 0.1 * s[:, 0] * s[:, 1]),
    "slightly quadratic": Function(4, lambda s: s.sum(axis=1) + 0.03 * (s**2).sum(axis=1)),
    "exponential": Function(5, lambda s: np.exp(0.2 * s.sum(axis=1))),
    "steep exponential": Function(3, lambda s: np.exp(s.sum(axis=1) / np.sqrt(3))),
    "kink": Function(3, lambda s: np.maximum(s[:, 0] - 1, 0) + 0.05 * s[:, 1]),
    "modulus": Function(3, lambda s: np.abs(s[:, 0]) + 0.3 * s[:, 1]),
    "minimum": Function(4, lambda s: np.minimum(s[:, 0] + s[:, 1] + 1, 1.5) + 0.1 * s[:, 2]),
    "cliff 0.5 %": _cliff(0.005),
    "cliff 1 %": _cliff(0.01),
    "cliff 2 %": _cliff(0.02),
    "cliff 5 %": _cliff(0.05),
    "high cliff 0.5 %": _cliff(0.005, 20.0),
    "two humps": Function(3, lambda s: _humps(s[:, 0], 1.0) + 0.2 * s[:, 1]),
    "two humps, six inputs": Function(6, lambda s: _humps(s[:, :3].sum(axis=1) / np.sqrt(3), 0.7) + 0.1 * s[:, 4]),
    "wave": Function(2, lambda s: np.sin(3 * s[:, 0]) + 0.2 * s[:, 1]),
    "saturation": Function(3, lambda s: np.tanh(2 * s[:, 0]) + 0.2 * s[:, 1]),
    "late step": Function(3, lambda s: np.tanh(8 * (s[:, 0] - 1.5)) + 0.3 * s[:, 1]),
    "product": Function(3, lambda s: s[:, 0] * s[:, 1] + s[:, 2]),
    "ratio": Function(3, lambda s: (1 + 0.1 * s[:, 0]) / (1 + 0.1 * s[:, 1])),
    "cubic": Function(3, lambda s: s[:, 0] + 0.1 * s[:, 0] ** 3 + s[:, 1]),
    "ten inputs": Function(10, lambda s: s @ np.linspace(1, 0.1, 10) + 0.05 * s.sum(axis=1) ** 2),
    "thirty inputs": Function(30, lambda s: s @ (1 / np.arange(1, 31.0)) + 0.1 * s[:, 0] ** 2),
    "end of a discharge": Function(6, lambda s: 5 * np.minimum(1, 1.05 + 0.04 * s[:, 0] - 0.03 * np.exp(0.5 * s[:, 1]))),
    "limited by diffusion": Function(5, lambda s: 5 * np.tanh(2 * np.exp(0.6 * s[:, 0] + 0.2 * s[:, 1])) + 0.05 * s[:, 2]),
    "fails 0.5 %": _failing(lambda s: np.exp(0.2 * s[:, 0]) + 0.1 * s[:, 1], 0.005),
    "fails 4 %": _failing(lambda s: np.exp(0.2 * s[:, 0]) + 0.1 * s[:, 1], 0.039),
    "fails 10 %": _failing(lambda s: np.exp(0.2 * s[:, 0]) + 0.1 * s[:, 1], 0.1),
    "fails 30 %": _failing(lambda s: np.exp(0.2 * s[:, 0]) + 0.1 * s[:, 1], 0.3),
    "fails at both ends": Function(3, lambda s: np.where(np.abs(s[:, 0]) > 2, np.nan, s[:, 0] + 0.2 * s[:, 0] ** 2), 0.05),
    "cubic that fails": _failing(lambda s: s[:, 0] ** 3 + s[:, 1], 0.1, 3),
}


def joint(dimension: int) -> a2c.Joint:
    """Independent normal coefficients of unit error."""
    names = [f"c{k}" for k in range(dimension)]
    return a2c.Joint([a2c.Estimate.from_covariance((name,), [0.0], [[1.0]], source=f"source {name}") for name in names])


@dataclass(frozen=True)
class Truth:
    """Mean and std of the values that there are, with their standard errors."""

    mean: float
    std: float
    mean_se: float = 0.0
    log_std_se: float = 0.0

    @classmethod
    def of(cls, values: Array) -> Truth:
        kept = values[np.isfinite(values)]
        mean, std = float(kept.mean()), float(kept.std())
        kurtosis = float(((kept - mean) ** 4).mean() / std**4)
        return cls(mean, std, std / np.sqrt(len(kept)), float(np.sqrt(max(kurtosis - 1, 0.0) / len(kept)) / 2))

    @classmethod
    def of_function(cls, function: Function) -> Truth:
        rng = np.random.default_rng(12345)
        shape = (CHUNK, function.dimension)
        return cls.of(np.concatenate([function.values(rng.normal(size=shape)) for _ in range(N_TRUTH // CHUNK)]))


@dataclass(frozen=True)
class Row:
    """What one decision was off by."""

    recommendation: str
    mean_z: float
    """Distance of the mean in its stated errors."""
    std_z: float
    """Distance of ln std in its stated errors."""
    log_ratio: float
    tail_named: bool
    """True where the decision says that few samples carry the variance, and the true std is below three times its upper end."""
    unseen: float
    """Probability of the rarest event that the decision says it has seen."""
    text: str

    @property
    def beyond(self) -> bool:
        """True where an error is beyond three stated ones."""
        return not (abs(self.mean_z) <= MOST_ERRORS and abs(self.std_z) <= MOST_ERRORS)

    def off(self, rare: float) -> bool:
        """True where an error is beyond three stated ones, and the decision does not say why it might be."""
        return self.beyond and not self.tail_named and not rare <= self.unseen

    def off_beside(self, values: Array) -> bool:
        """The same for draws of a reference (n,), of which no rare event is known beforehand.

        What the decision says that it has not seen are then the farthest draws of that probability: without these the answer
        has to be right.
        """
        if not self.beyond or self.tail_named:
            return False
        far = np.abs(values - np.median(values))
        seen = values[far <= np.quantile(far, 1 - self.unseen)]
        error = abs(self.log_ratio / self.std_z) if self.std_z else 0.0
        return not abs(self.log_ratio - log(seen.std() / values.std())) <= MOST_ERRORS * error


def judged(result: a2c.Result, output: str, methods: list, truth: Truth) -> Row:
    """The decision on one output beside the truth; NaN where none was taken."""
    node = result[output]
    recommendation, text = str(node["recommendation"].values), str(node["decision"].values)
    kinds = [getattr(method, "kind", MethodKind.OTHER) for method in methods]
    wanted = {
        "first order": (MethodKind.TANGENT,),
        "chaos": (MethodKind.POLYNOMIAL, MethodKind.ADAPTIVE),
        # where nothing is sampled, adaptive chaos answers by its own points
        "sampling": (MethodKind.SAMPLING,) if MethodKind.SAMPLING in kinds else (MethodKind.ADAPTIVE,),
    }.get(recommendation, ())
    k = next((i for i, kind in enumerate(kinds) if kind in wanted), None)
    if k is None:
        return Row(recommendation, nan, nan, nan, False, 1.0, text)

    def number(name: str) -> float:
        return float(node[name][k]) if name in node else nan

    mean_se = number("mean_se") if isfinite(number("mean_se")) else 0.0
    ratio = log(number("std") / truth.std) if number("std") > 0 else -np.inf
    std_z = ratio / max(hypot(number("error"), truth.log_std_se), 1e-12)
    mean_z = (number("mean") - truth.mean) / max(hypot(mean_se, truth.mean_se), 1e-12)
    tested = number("test_n")
    n = tested if tested >= 1 else float(result["n_solves"][k] - result["n_failed"][k])
    ends = [number("std_high"), number("std_unseen_high"), number("std") * exp(2 * number("error"))]
    dominated = number("tail_share") > VARIANCE_TAIL.dominant_share and n >= VARIANCE_TAIL.least_solves
    tail_named = dominated and truth.std <= max(end for end in ends if isfinite(end))
    return Row(recommendation, mean_z, std_z, ratio, tail_named, RULE_OF_THREE / max(n, 1.0), text)
