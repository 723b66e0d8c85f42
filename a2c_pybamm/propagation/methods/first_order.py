r"""First-order propagation: the model's tangent at the mean carries the covariance.

.. math:: \operatorname{Var} y = J \Sigma J^\mathsf{T} = \sum_s \lVert J A_s \rVert^2, \qquad J = \partial y/\partial\theta

with all cross terms: for two coefficients
:math:`S_1^2\operatorname{Var}\theta_1 + S_2^2\operatorname{Var}\theta_2 + 2 S_1 S_2\operatorname{Cov}(\theta_1,\theta_2)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import xarray as xr
from scipy.stats import norm

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.formatting import message_line
from a2c_pybamm.propagation.answer import MethodKind
from a2c_pybamm.propagation.germ_basis import polynomial_quantiles, total_degree
from a2c_pybamm.propagation.intervals import HALF_WIDTH
from a2c_pybamm.propagation.methods.three_sigma_points import (
    THREE_SIGMA,
    both_ways,
    distances,
    largest_error,
    steepest_directions,
)
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Outcome, Problem, Solved, joined
from a2c_pybamm.propagation.shares import ratio

FOURTH_MOMENT = {"normal": 3.0, "uniform": 9 / 5}
"""E ξ⁴ of a germ of unit variance."""
SIXTH_MOMENT = {"normal": 15.0, "uniform": 27 / 7}
"""E ξ⁶."""
N_MIXED_DIRECTION = 4
"""Random directions for the mixed second derivatives: their variance is then known to a factor of about two."""


@dataclass(frozen=True)
class FirstOrder:
    r"""Settings of the first-order method.

    The gradient comes from ``model.jacobian`` where the model has one, else from central differences of ``step`` standard
    deviations of each coefficient, all in one batch. Where one of such two solves fails the difference is one-sided.

    With ``curvature`` the model is also solved one standard deviation to either side along each germ, and along four random
    directions. With :math:`y_{\pm i} = y(\bar\theta \pm a_i)`, :math:`a_i` the germ's column of the factor,

    .. math::
        h_i = y_{+i} + y_{-i} - 2y_0, \qquad c_i = \tfrac12(y_{+i} - y_{-i}) - J a_i

    are its second difference and the difference of the secant from the tangent (a cubic coefficient). The mean shifts by
    :math:`\tfrac12\sum h_i`, and the method's own error of the standard deviation follows from the variance of

    .. math:: \sum_i (J a_i\,\xi_i + \tfrac12 h_i \xi_i^2 + c_i \xi_i^3) + \sum_{i<j} h_{ij}\xi_i\xi_j .

    By its skewness both ends of the distribution, z standard deviations from the mean, move by
    :math:`\tfrac12\sum h_i + \tfrac12(z^2-1)\sum (J a_i)^2 h_i/\sum (J a_i)^2` (Cornish and Fisher, Rev. Inst. Int. Stat. 5
    (1938) 307), mixed differences left out.

    :math:`\sum_{i<j} h_{ij}^2` is estimated without bias from second differences along random sign directions
    :math:`u`, :math:`|u| = 1`: :math:`\tfrac14\langle(n\,u^\mathsf{T}Hu - \sum h_i)^2\rangle`.
    """

    step: float = 0.1
    """Step of the differences in standard deviations: large against a solver's tolerance, small against the curvature."""
    curvature: bool = True
    test_points: bool = True
    """With ``curvature``: solves three standard deviations out along each germ, and along the steepest directions of the
    outputs, compared with a cubic through those at one standard deviation. No derivative at the mean shows a step there."""

    kind: ClassVar[MethodKind] = MethodKind.TANGENT

    def __post_init__(self) -> None:
        if not 0 < self.step <= 1:
            raise ValueError(f"FirstOrder: step is {self.step:g} standard deviations; take one in (0, 1]")

    @property
    def label(self) -> str:
        return "first order"

    def planned(self, problem: Problem) -> int:
        """Number of solves that it takes, those of an analytic gradient not counted."""
        n = len(problem.joint.germ_families)
        steps = 0 if hasattr(problem.model, "jacobian") else int((problem.joint.std > 0).sum())
        directions = n + (N_MIXED_DIRECTION if n > 1 else 0) if self.curvature else 0
        # two outputs' steepest directions are solved at one and at three standard deviations
        far = n + 2 * min(n, THREE_SIGMA.n_steepest) if self.curvature and self.test_points else 0
        return 1 + 2 * (steps + directions + far)

    def run(self, problem: Problem, rng: np.random.Generator) -> Outcome:
        """Mean, variance and shares from the tangent; NaN for outputs of which the mean or a slope has no number."""
        n_germ = len(problem.joint.germ_families)
        by_model, failure = _by_model(problem)
        steps = np.zeros((0, len(problem.names)))
        if by_model is None:
            steps = np.diag(self.step * problem.joint.std)[problem.joint.std > 0]
        germ = _directions(n_germ, rng) if self.curvature else np.zeros((0, n_germ))
        moves = np.vstack([steps, germ @ problem.joint.root.T])
        solved = problem.solve(problem.joint.mean + np.vstack([np.zeros((1, len(problem.names))), moves, -moves]))
        n, gradients, extra, note = len(steps), None, 0, f"central differences, step {self.step:g} std{failure}"
        if by_model is not None:
            gradients, extra, note = _analytic(problem, solved, by_model)
        statistics, slopes = {}, {}
        for output in solved.outputs:
            values = solved.flat(output)
            plus, minus = values[1 : 1 + len(moves)], values[1 + len(moves) :]
            given = gradients[output] if gradients else None
            gradient = self._differences(problem, values[0], plus[:n], minus[:n]) if given is None else given
            result = _tangent(problem, values[0], gradient, rng)
            if self.curvature:
                result |= _curvature(problem, values[0], plus[n:], minus[n:], gradient)
            result["running_fraction"] = np.isfinite(values[~solved.failed]).sum(axis=0) / max(1, int((~solved.failed).sum()))
            statistics[output], slopes[output] = result, _slopes(problem, gradient)
        batches = [solved]
        if self.curvature and self.test_points and n_germ:
            near = _along_axes(solved, slopes, n, len(moves))
            std = {output: np.sqrt(numbers["var"]) for output, numbers in statistics.items()}
            batch, errors = _test_farther_out(problem, solved, slopes, near, std)
            batches.append(batch)
            for output, error in errors.items():
                statistics[output]["test_point_error"] = error
        solves = sum(len(batch.samples) for batch in batches)
        return Outcome(joined(batches), solves + extra, statistics, share_degree=1, notes={"gradient": note})

    def _differences(self, problem: Problem, centre: Array, plus: Array, minus: Array) -> Array:
        """Gradient (n_coefficient, n_element) from solves a step to either side; from one side where the other failed."""
        moving = problem.joint.std > 0
        size = self.step * problem.joint.std[moving, None]
        central, forward, backward = (plus - minus) / (2 * size), (plus - centre) / size, (centre - minus) / size
        gradient = np.full((len(problem.names), len(centre)), np.nan)
        gradient[moving] = np.where(np.isfinite(central), central, np.where(np.isfinite(forward), forward, backward))
        return gradient


def _by_model(problem: Problem) -> tuple[xr.Dataset | None, str]:
    """The model's own derivatives, None where it has none or refuses them, and the reason of that in words."""
    if not hasattr(problem.model, "jacobian"):
        return None, ""
    try:
        return problem.model.jacobian(problem.joint.mean), ""
    except ValueError as error:
        return None, f" (the model's own: {message_line(error)})"


def _along_axes(solved: Solved, slopes: Mapping[str, Array], n_step: int, n_move: int) -> dict[str, tuple[Array, Array, Array]]:
    """For each output its value at the mean, and the solves one standard deviation along each germ, both ways."""
    near = {}
    for output, slope in slopes.items():
        values, n = solved.flat(output), len(slope)
        up, down = 1 + n_step, 1 + n_move + n_step
        near[output] = values[0], values[up : up + n], values[down : down + n]
    return near


def _test_farther_out(
    problem: Problem,
    solved: Solved,
    slopes: Mapping[str, Array],
    near: Mapping[str, tuple[Array, Array, Array]],
    std: Mapping[str, Array],
) -> tuple[Solved, dict[str, Array]]:
    """Solves at the test points, and the largest error there of a cubic (n_element,) of each output."""
    scalars = [output for output, values in solved.outputs.items() if values.ndim == 1] or list(slopes)
    first = np.hstack([slopes[output][:, :1] for output in scalars])
    steep = steepest_directions(np.where(np.isfinite(first), first, 0.0))
    families = problem.joint.germ_families
    axes = np.eye(len(families))
    germ = np.vstack([both_ways(axes, families), both_ways(steep, families), steep, -steep])
    batch = problem.solve(problem.joint.color(germ))
    n, n_far = len(steep), 2 * (len(axes) + len(steep))
    errors = {}
    for output, (centre, plus, minus) in near.items():
        values, slope = batch.flat(output), slopes[output]
        up, down = values[n_far : n_far + n], values[n_far + n :]
        along_axes = _cubic(centre, plus, minus, slope, distances(axes, families))
        steepest = _cubic(centre, up, down, steep @ slope, distances(steep, families))
        errors[output] = largest_error(values[:n_far], np.vstack([along_axes, steepest]), std[output])
    return batch, errors


def _cubic(centre: Array, plus: Array, minus: Array, slope: Array, distance: Array) -> Array:
    """Predictions (2·n_direction, n_element), first all forward, at distances (n_direction,) from solves at one."""
    x = distance[:, None]
    second, third = (plus + minus) / 2 - centre, (plus - minus) / 2 - slope
    return np.vstack([centre + x**2 * second + x * slope + x**3 * third, centre + x**2 * second - x * slope - x**3 * third])


def _directions(n: int, rng: np.random.Generator) -> Array:
    """Unit germs (n_direction, n): along each axis, then random signs on all axes at once (none if there is one axis)."""
    signs = rng.choice([-1.0, 1.0], (N_MIXED_DIRECTION if n > 1 else 0, n)) / np.sqrt(n)
    return np.vstack([np.eye(n), signs])


def _analytic(problem: Problem, solved: Solved, dataset: xr.Dataset) -> tuple[dict[str, Array], int, str]:
    """Gradient (n_coefficient, n_element) of each output from the model's own, its cost in solves, and its method."""
    if "coefficient" in dataset.coords:
        dataset = dataset.sel(coefficient=list(problem.names))
    gradients = {}
    for output, values in solved.outputs.items():
        if output not in dataset:
            raise ValueError(f"model: jacobian() has no output {output!r}, which solve() has")
        axes = [dim for dim in values.dims if dim != "sample"]
        gradients[output] = np.array(dataset[output].transpose("coefficient", *axes).values, float).reshape(
            len(problem.names), -1
        )
    return gradients, int(dataset.attrs.get("n_solves", 0)), str(dataset.attrs.get("method", "by the model"))


def _slopes(problem: Problem, gradient: Array) -> Array:
    """Derivative by each germ (n_germ, n_element); a coefficient without error needs no gradient."""
    return problem.joint.root.T @ np.where(problem.joint.std[:, None] > 0, gradient, 0.0)


def _tangent(problem: Problem, mean: Array, gradient: Array, rng: np.random.Generator) -> dict[str, Array]:
    slopes = np.where(np.isfinite(mean), _slopes(problem, gradient), np.nan)
    var = (slopes**2).sum(axis=0)
    owner = np.array(problem.joint.germ_sources)
    by_source = np.array([(slopes[owner == source] ** 2).sum(axis=0) for source in problem.sources])
    mean = np.where(np.isfinite(var), mean, np.nan)
    quantile = _quantiles(problem, mean, slopes, np.sqrt(var), rng)
    return {"mean": mean, "var": var, "quantile": quantile, "share": ratio(by_source, var), "gradient": gradient}


def _quantiles(problem: Problem, mean: Array, slopes: Array, std: Array, rng: np.random.Generator) -> Array:
    """Quantiles (n_level, n_element) of the tangent: normal where all germs are, else by sampling it."""
    if set(problem.joint.germ_families) == {"normal"}:
        return mean + norm.ppf(problem.levels)[:, None] * std
    basis = total_degree(problem.joint.germ_families, 1)
    coefficients = basis.exponents @ slopes  # a linear term is orthonormal as it stands
    coefficients[0] = mean
    return polynomial_quantiles(basis, coefficients, problem.levels, rng)


def _curvature(problem: Problem, centre: Array, plus: Array, minus: Array, gradient: Array) -> dict[str, Array]:
    """Mean shift, nonlinear share of variance, and relative error of the std, from solves along the germs."""
    n = len(problem.joint.germ_families)
    slopes = _slopes(problem, gradient)
    second = plus + minus - 2 * centre
    cubic = (plus - minus)[:n] / 2 - slopes
    mixed = ((n * second[n:] - second[:n].sum(axis=0)) ** 2).mean(axis=0) / 4 if n > 1 else np.zeros(len(centre))
    fourth = np.array([FOURTH_MOMENT[f] for f in problem.joint.germ_families])[:, None]
    sixth = np.array([SIXTH_MOMENT[f] for f in problem.joint.germ_families])[:, None]
    # the linear part of the cubic, E ξ⁴ c, belongs to the best straight line
    linear = ((slopes + fourth * cubic) ** 2).sum(axis=0)
    nonlinear_var = ((fourth - 1) / 4 * second[:n] ** 2 + (sixth - fourth**2) * cubic**2).sum(axis=0) + mixed
    noise = RELATIVE_ROUND_OFF * np.abs(centre)
    nonlinear_var = np.where(nonlinear_var > noise**2, nonlinear_var, 0.0 * nonlinear_var)
    shift = second[:n].sum(axis=0) / 2
    first = (slopes**2).sum(axis=0)
    error = np.abs(np.sqrt(ratio(linear + nonlinear_var, first)) - 1)
    error = np.where(first > noise**2, error, np.where(linear + nonlinear_var > noise**2, np.inf, 0.0 * nonlinear_var))
    shift = np.where(np.abs(shift) > noise, shift, 0.0 * shift)
    skewed = (HALF_WIDTH**2 - 1) / 2 * ratio((slopes**2 * second[:n]).sum(axis=0), first)
    return {
        "mean_shift": shift,
        "mean_se": np.abs(shift),
        "end_shift": shift + np.where(np.abs(skewed) > noise, skewed, 0.0 * skewed),
        "nonlinear_share": ratio(nonlinear_var, linear + nonlinear_var),
        "error": error,
    }
