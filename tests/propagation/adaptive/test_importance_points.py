"""Importance points: unbiased whatever the polynomial is, far better than plain draws where it is right."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from a2c_pybamm import AdaptiveChaos, Estimate, Joint, MonteCarlo, Status, from_function, propagate
from a2c_pybamm.propagation.adaptive.importance_moments import importance_moments
from a2c_pybamm.propagation.adaptive.importance_points import importance_points
from a2c_pybamm.propagation.adaptive.replicated_design import ReplicatedDesign
from a2c_pybamm.propagation.germ_basis import N_SCRAMBLING, total_degree
from a2c_pybamm.propagation.problem import QUANTILES

EDGE = 2.6
P = float(norm.sf(EDGE))


def collapse(x: np.ndarray) -> np.ndarray:
    """Near 1, and 30 standard deviations lower in one draw in two hundred."""
    return 1 + 0.1 * x[:, 0] - 3.0 * (x[:, 0] + 0 * x[:, 1] > EDGE)


def truth() -> tuple[float, float]:
    """Mean and standard deviation of `collapse` in closed form: E[x; x > e] is the density at e."""
    mean = 1 - 3 * P
    second = 0.01 + 9 * P - 2 * 0.3 * float(norm.pdf(EDGE))
    return mean, float(np.sqrt(second - (3 * P) ** 2))


def joint_of(n: int) -> Joint:
    names = tuple(f"x{k}" for k in range(n))
    return Joint([Estimate.from_covariance(names, np.zeros(n), np.eye(n), source="all")])


def started(function, seed: int):  # type: ignore[no-untyped-def]
    """Plain points, their values and groups, with test points three standard deviations out."""
    rng = np.random.default_rng(seed)
    plain = ReplicatedDesign(("normal",) * 2, rng).more(5)
    far = 3.0 * np.vstack([np.eye(2), -np.eye(2)])
    germ, group = np.vstack([far, plain.germ]), np.concatenate([np.full(4, -1), plain.group])
    return germ, function(germ)[:, None], group, rng


@pytest.mark.calibration
@pytest.mark.parametrize("case", ["right", "wrong"])
def test_weighted_moments_are_unbiased(case: str) -> None:
    """Also where the values that the points were chosen by have nothing to do with the output.

    A bias of a third of a design's own scatter would show with probability 0.8 in the mean over 60 designs.
    """

    def line(x: np.ndarray) -> np.ndarray:
        return x[:, 0] + 0.3 * x[:, 1] ** 2

    found = []
    for seed in range(60):
        germ, values, group, rng = started(line if case == "right" else lambda x: np.sin(5 * x[:, 1]) ** 3, seed)
        points = importance_points(total_degree(("normal",) * 2, 3), germ, values, group, 10, rng)
        assert points.weight.max() < 2.2
        moments = importance_moments(line(points.germ)[:, None], points.group, points.weight, np.array(QUANTILES))
        found.append([moments[name][0] for name in ("mean", "var", "mean_se", "error")])
    mean, var, mean_se, error = np.array(found).T
    assert abs(mean.mean() - 0.3) < 3 * mean.std() / np.sqrt(60)
    assert abs(var.mean() - 1.18) < 3 * var.std() / np.sqrt(60)
    # what it states of its own error is right within what eight groups can know
    assert np.median(mean_se) == pytest.approx(mean.std(), rel=0.35)
    assert np.median(error) == pytest.approx(np.std(np.sqrt(var)) / np.sqrt(1.18), rel=0.35)


def test_weights_are_those_of_the_density() -> None:
    """E w = 1 and E w x² = 1 under the points' own density; weights stay below H = 2 for one output."""
    germ, values, group, rng = started(lambda x: np.exp(x[:, 0]), 3)
    points = importance_points(total_degree(("normal",) * 2, 3), germ, values, group, 500, rng)
    assert points.weight.mean() == pytest.approx(1, abs=0.02)
    assert (points.weight * points.germ[:, 1] ** 2).mean() == pytest.approx(1, abs=0.1)
    assert points.germ[:, 0].std() > 1.2, "it does go far out"
    assert len(points.germ) == 500 * N_SCRAMBLING


@pytest.mark.parametrize("seed", [8, 11])
def test_event_that_importance_points_met_too_seldom_is_in_the_error(seed: int) -> None:
    """Half a per cent of the probability carries two thirds of the variance; points that overlook it have no scatter."""
    edge, height = norm.ppf(0.995), 20.0
    model = from_function(lambda x: x[:, 0] + 0.5 * x[:, 1] - height * (x[:, 2] > edge), [f"x{k}" for k in range(4)])
    found = propagate(model, joint_of(4), AdaptiveChaos(0.02, 100), rng=np.random.default_rng(seed)).isel(approach=0)["output"]
    truth = np.sqrt(1.25 + height**2 * 0.005 * 0.995)
    assert abs(np.log(float(found["std"]) / truth)) < 3 * float(found["error"])


@pytest.mark.calibration
def test_rare_collapse_is_measured_within_its_stated_error() -> None:
    """Of 40 designs each is within three stated errors or warned, and means have no bias.

    Errors are well below those of plain sampling with as many solves: 300 draws meet one collapse or two, or none.
    """
    mean, std = truth()
    model = from_function(collapse, ("x0", "x1"))
    wrong, plain, means, unwarned = [], [], [], 0
    for seed in range(40):
        methods = AdaptiveChaos(1e-3, 300), MonteCarlo(300)
        both = propagate(model, joint_of(2), *methods, rng=np.random.default_rng(seed))
        found, sampled = both.isel(approach=0), both.isel(approach=1)
        assert int(found["n_solves"]) <= 300
        off = np.log(float(found["output"]["std"]) / std)
        wrong.append(abs(off))
        plain.append(abs(np.log(float(sampled["output"]["std"]) / std)))
        warned = not Status(str(found["output"]["status"].values)).usable
        unwarned += abs(off) > 3 * float(found["output"]["error"]) and not warned
        means.append(float(found["output"]["mean"]))
    assert np.linalg.norm(wrong) < 0.75 * np.linalg.norm(plain)  # about a half; its own scatter is a tenth
    assert unwarned == 0
    assert abs(np.mean(means) - mean) < 3 * np.std(means) / np.sqrt(40)
