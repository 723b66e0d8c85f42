"""Gaps, spinodals and critical points of a host, with the covariance of its free energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import logit

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.estimate import Array, Estimate, Joint
from a2c_pybamm.laws.law import COMPLEX_STEP, coefficient, material_name
from a2c_pybamm.laws.thermodynamics.free_energy import PhaseForming
from a2c_pybamm.laws.thermodynamics.ion import ion_of
from a2c_pybamm.laws.thermodynamics.phases import END_WIDTH, Gaps, composition_grid, finite_at_ends, gaps, spinodals

CRITICAL_SHIFT = 1e-4
"""Step of composition, over the distance to the nearer end, in differences of complex steps at a critical point."""


@dataclass(frozen=True, eq=False)
class PhaseDiagram:
    """Gaps and spinodals of a host at some temperatures, with their errors."""

    temperature: Array
    """(n_temperature,) [K]."""
    gaps: tuple[Gaps, ...]
    """All gaps of the mean coefficients, at each temperature."""
    spinodals: tuple[Array, ...]
    """Compositions of zero curvature of the mean coefficients, at each temperature."""
    edges: tuple[Estimate, ...]
    """One per temperature; for each gap k ``<m> logit(gap k low)``, ``<m> logit(gap k high)`` and ``<m> gap k voltage [V]``."""
    probability: Array
    """Share of draws with n gaps (n_temperature, n_most + 1)."""
    draws: tuple[Gaps, ...]
    """Gaps of each draw, at each temperature."""

    @property
    def probability_of_a_gap(self) -> Array:
        """Share of draws that separate into phases (n_temperature,)."""
        return 1 - self.probability[:, 0]

    def interval(self, temperature: int, gap: int, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Intervals of this probability for "low", "high" and "voltage" of a gap, both counted from 0.

        Quantiles of the draws that have as many gaps as the mean: they follow a bent relation, where ``edges`` are linear.

        Raises
        ------
        ValueError
            If the mean has no such gap.
        """
        drawn = self.draws[temperature]
        n = int(self.gaps[temperature].count[0])
        if not 0 <= gap < n:
            raise ValueError(f"phase diagram: gap {gap} of {n} at {self.temperature[temperature]:g} K; they are counted from 0")
        alike = drawn.count == n
        if not alike.any():
            raise ValueError(f"phase diagram: no draw has {n} gap(s) at {self.temperature[temperature]:g} K as the mean has")
        tails = (0.5 - level / 2, 0.5 + level / 2)
        columns = {"low": drawn.low, "high": drawn.high, "voltage": drawn.voltage}
        ends = {name: np.quantile(column[alike, gap], tails) for name, column in columns.items()}
        return {name: (float(low), float(high)) for name, (low, high) in ends.items()}


def phase_diagram(
    law: PhaseForming,
    estimate: Estimate | Joint,
    temperatures: float | Sequence[float],
    *,
    rng: np.random.Generator | None = None,
    n_draw: int = 2000,
) -> PhaseDiagram:
    r"""All gaps of a host at some temperatures, their compositions and plateaus with covariance by source.

    A common tangent :math:`\mu(a) = \mu(b) = \mu^*`, :math:`g(b) - g(a) = \mu^*(b - a)` moves with the coefficients by

    .. math::
        \frac{d\mu^*}{dc} = \frac{\partial_c g(b) - \partial_c g(a)}{b - a}, \qquad
        \frac{da}{dc} = \frac{d\mu^*/dc - \partial_c\mu(a)}{g''(a)}

    Compositions are given by their logits, whose errors are nearly Gaussian also near the ends. A linear error does not hold
    for a gap that closes, and hardly for one that bends: ``probability`` counts gaps in draws, ``interval`` takes quantiles.

    Parameters
    ----------
    estimate
        All the law's coefficients (more do no harm).
    temperatures
        [K].
    rng
        Generator for the draws; seed 0 if not given.

    Raises
    ------
    ValueError
        If the estimate lacks a coefficient or a temperature is not positive.
    """
    joint = Joint.of(estimate)
    rows = joint.rows(law.names)
    temperature = np.atleast_1d(np.asarray(temperatures, float))
    if not (temperature > 0).all():
        raise ValueError(f"phase diagram: temperatures must be positive, got {temperature.min():g} K")
    mean = dict(zip(law.names, joint.mean[rows], strict=True))
    samples = np.vstack([joint.mean, joint.draw(n_draw, rng or np.random.default_rng(0))])[:, rows]
    columns = {name: samples[:, [k]] for k, name in enumerate(law.names)}
    every = [gaps(law, columns, T) for T in temperature]
    at_mean, draws = tuple(_rows(g, slice(0, 1)) for g in every), tuple(_rows(g, slice(1, None)) for g in every)
    most = max(int(drawn.count.max(initial=0)) for drawn in draws)
    probability = np.array([np.bincount(drawn.count, minlength=most + 1) / n_draw for drawn in draws])
    roots = tuple(spinodals(law, mean, T)[0] for T in temperature)
    edges = tuple(_edges(law, joint, mean, g, T) for g, T in zip(at_mean, temperature, strict=True))
    return PhaseDiagram(temperature, at_mean, tuple(r[np.isfinite(r)] for r in roots), edges, probability, draws)


def _rows(every: Gaps, rows: slice) -> Gaps:
    """Some of the samples, without columns that none of them uses."""
    used = int(every.count[rows].max(initial=0))
    return Gaps(*(side[rows, :used] for side in (every.low, every.high, every.voltage)))


def _partial(law: PhaseForming, mean: dict[str, float], method: str, x: Array, T: float) -> Array:
    """Derivatives of a method's values at compositions (n_x,) by each coefficient (n_x, n_coefficient)."""
    columns = []
    for name in law.names:
        h = COMPLEX_STEP * max(1.0, abs(mean[name]))
        value = getattr(law, method)({**mean, name: mean[name] + 1j * h}, x, T)
        columns.append(np.broadcast_to(np.imag(value) / h, x.shape))
    return np.stack(columns, axis=-1)


def _edges(law: PhaseForming, joint: Joint, mean: dict[str, float], at_mean: Gaps, T: float) -> Estimate:
    """Logits of both ends and voltage of each gap, with the joint's factors."""
    low, high, voltage = (side[0] for side in (at_mean.low, at_mean.high, at_mean.voltage))
    material, charge = material_name(law), ion_of(law).valence * FARADAY
    names, values, rows = [], [], []
    tangent = (_partial(law, mean, "free_energy", high, T) - _partial(law, mean, "free_energy", low, T)) / (high - low)[:, None]
    ends = []
    for side in (low, high):
        inside = (side > END_WIDTH) & (side < 1 - END_WIDTH)
        x = np.where(inside, side, 0.5)
        potential = -charge * _partial(law, mean, "open_circuit_voltage", x, T)
        curvature = GAS_CONSTANT * T / x * law.thermodynamic_factor(mean, x, T)
        slope = (tangent - potential) / (curvature * x * (1 - x))[:, None]
        # a gap that reaches an end stays there
        edge = np.clip(side, 1e-15, 1 - 1e-15)
        ends.append((logit(edge), np.where(inside[:, None], slope, 0.0)))
    for k in range(len(low)):
        for end, (value, slope) in zip(("low", "high"), ends, strict=True):
            names.append(f"{material} logit(gap {k + 1} {end})")
            values.append(value[k])
            rows.append(slope[k])
        names.append(coefficient(material, f"gap {k + 1} voltage", "V"))
        values.append(voltage[k])
        rows.append(-tangent[k] / charge)
    jacobian = np.array(rows).reshape(len(names), len(law.names))
    return joint.select(law.names).map(names, values, jacobian, method=f"common tangents of {material} at {T:g} K")


def critical_point(law: PhaseForming, estimate: Estimate | Joint, *, between: tuple[float, float] = (50.0, 3000.0)) -> Estimate:
    r"""Point at which the last gap closes: ``<m> critical temperature [K]`` and ``<m> critical x``.

    At :math:`(x_c, T_c)` both :math:`\partial\mu/\partial x` and :math:`\partial^2\mu/\partial x^2` vanish; with
    :math:`f = \partial\mu/\partial x` they move by :math:`dT_c/dc = -\partial_c f/\partial_T f` and
    :math:`dx_c/dc = -(\partial_c f_x + \partial_T f_x\,dT_c/dc)/f_{xx}`.

    Parameters
    ----------
    between
        Temperatures between which it is looked for [K].

    Raises
    ------
    ValueError
        If the host has a gap at the upper temperature, or none at the lower.
    """
    joint = Joint.of(estimate)
    mean = dict(zip(law.names, joint.mean[joint.rows(law.names)], strict=True))
    material = material_name(law)
    x = composition_grid(ends=finite_at_ends(law))[1:-1]

    def lowest(T: float) -> float:
        return float(_curvature(law, mean, x, T).min())

    cold, hot = between
    if not (lowest(cold) < 0 < lowest(hot)):
        state = "no gap at" if lowest(cold) >= 0 else "a gap still at"
        where = cold if lowest(cold) >= 0 else hot
        raise ValueError(f"{material}: {state} {where:g} K; there is no critical point between {cold:g} and {hot:g} K")
    T = float(brentq(lowest, cold, hot, xtol=1e-9))
    start = float(x[np.argmin(_curvature(law, mean, x, T))])
    root, T = _critical(law, mean, start, T)
    derivatives = _critical_derivatives(law, mean, root, T)
    names = (coefficient(material, "critical temperature", "K"), f"{material} critical x")
    return joint.select(law.names).map(names, [T, root], derivatives, method=f"critical point of {material}")


def _curvature(law: PhaseForming, c: dict[str, float], x: Array | complex, T: complex) -> Array:
    r""":math:`\partial\mu/\partial x` over R [K]: the temperature does not divide it."""
    return np.asarray(law.thermodynamic_factor(c, x, T) * T / x)


def _critical(law: PhaseForming, mean: dict[str, float], x: float, T: float) -> tuple[float, float]:
    """Newton's method for both derivatives zero, from the grid's flattest point."""
    for _ in range(50):
        f, f_x, f_xx, f_T, f_xT = _expand(law, mean, x, T)
        step = np.linalg.solve([[f_x, f_T], [f_xx, f_xT]], [f, f_x])
        x, T = float(np.clip(x - step[0], 1e-6, 1 - 1e-6)), T - float(step[1])
        if abs(step[0]) < 1e-12 and abs(step[1]) < 1e-9:
            break
    return x, T


def _expand(law: PhaseForming, c: dict[str, float], x: float, T: float) -> NDArray[np.float64]:
    """Curvature f with f_x, f_xx, f_T and f_xT: complex steps first, a central difference of them second."""
    h = CRITICAL_SHIFT * min(x, 1 - x)

    def first(at: float) -> float:
        return float(np.imag(_curvature(law, c, at + 1j * COMPLEX_STEP, T)) / COMPLEX_STEP)

    def by_temperature(at: float) -> float:
        return float(np.imag(_curvature(law, c, at, T + 1j * COMPLEX_STEP)) / COMPLEX_STEP)

    second = (first(x + h) - first(x - h)) / (2 * h)
    mixed = (by_temperature(x + h) - by_temperature(x - h)) / (2 * h)
    return np.array([float(_curvature(law, c, x, T)), first(x), second, by_temperature(x), mixed])


def _critical_derivatives(law: PhaseForming, mean: dict[str, float], x: float, T: float) -> Array:
    """Derivatives (2, n_coefficient) of the critical temperature and composition."""
    _, _, f_xx, f_T, f_xT = _expand(law, mean, x, T)
    h = CRITICAL_SHIFT * min(x, 1 - x)
    at = np.array([x - h, x, x + h])
    by_c = _partial(law, mean, "thermodynamic_factor", at, T) * (T / at)[:, None]
    temperature = -by_c[1] / f_T
    composition = -((by_c[2] - by_c[0]) / (2 * h) + f_xT * temperature) / f_xx
    return np.array([temperature, composition])
