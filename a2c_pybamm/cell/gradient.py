r"""Total derivatives of a simulation: of a discharge from solver sensitivities, of any protocol by central differences.

The solver holds time and initial state fixed. With :math:`s` the inputs that set the initial state and :math:`t_e` the end,

.. math::
    \frac{dV}{d\theta} = \frac{\partial V}{\partial\theta} + \sum_s \frac{\partial V}{\partial s}\frac{ds}{d\theta}, \qquad
    \frac{dt_e}{d\theta} = -\frac{dV/d\theta|_{t_e}}{\partial V/\partial t|_{t_e}}, \qquad
    \frac{dQ}{d\theta} = I\,\frac{dt_e}{d\theta}, \qquad
    \frac{dE}{d\theta} = \frac{\partial E}{\partial\theta}\Big|_{t_e} + I\,V_e\,\frac{dt_e}{d\theta}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pybamm
from scipy.interpolate import PchipInterpolator

from a2c_pybamm.cell.outputs import Axes
from a2c_pybamm.constants import SECONDS_PER_HOUR
from a2c_pybamm.estimate import Array
from a2c_pybamm.parameter_set import silent_pybamm

TERMINAL_STEP = 0.05
"""Spacing [s] of the points before the cut-off from which the slope of the voltage there is taken, where it changes within
seconds."""
DIFFERENCE_STEP = 0.02
"""Step of central differences, in standard deviations of each coefficient: their error is h²/6 = 7e-5 of the third
derivative in these units."""
DIFFERENTIABLE_OUTPUTS = frozenset({"capacity", "energy", "mean_voltage", "end_time", "voltage"})
"""Outputs whose derivatives follow from the sensitivities of the voltage."""


def discharge_gradient(
    simulation: pybamm.Simulation,
    inputs: dict[str, float],
    names: tuple[str, ...],
    initial: Mapping[str, Array],
    axes: Axes,
    current: float,
) -> dict[str, Array]:
    """Rows (n_coefficient, …) of each output's derivative by ``names``.

    ``initial`` are the derivatives (n_coefficient,) of the inputs that set the initial state.
    """
    simulation.build()
    model = simulation.built_model
    in_model = [name for name in names if name in {parameter.name for parameter in model.input_parameters}]
    # without t_interp the solver keeps its own steps with their slopes, and the solution is smooth between them
    with silent_pybamm():
        solution = simulation.solve(axes.time[[0, -1]], inputs=inputs, calculate_sensitivities=[*in_model, *initial])
    t, voltage = solution.t, solution["Voltage [V]"].data
    total_voltage = _total(solution["Voltage [V]"], in_model, names, initial)
    total_energy = _integral(t, total_voltage) * current / SECONDS_PER_HOUR
    reached_limit = "Minimum voltage" in solution.termination
    slope = _terminal_slope(solution["Voltage [V]"], t[-1])
    end = -total_voltage[:, -1] / slope if reached_limit else np.zeros(len(names))
    capacity, energy = t[-1] * current / SECONDS_PER_HOUR, float(_integral(t, voltage)) * current / SECONDS_PER_HOUR
    d_capacity, d_energy = end * current / SECONDS_PER_HOUR, total_energy + current * voltage[-1] * end / SECONDS_PER_HOUR
    d_voltage = np.full((len(names), len(axes.time)), np.nan)
    running = axes.time <= t[-1]
    d_voltage[:, running] = _interpolated(t, total_voltage, axes.time[running])
    rows = {"voltage": d_voltage, "voltage_of_capacity": d_voltage}
    if axes.share is not None:
        moments = axes.share * t[-1]
        rates = _rates(solution["Voltage [V]"], moments, t[-1])
        rows["voltage_of_share"] = _interpolated(t, total_voltage, moments) + rates * axes.share * end[:, None]
    d_mean = d_energy / capacity - energy / capacity**2 * d_capacity
    return {**rows, "capacity": d_capacity, "end_time": end, "energy": d_energy, "mean_voltage": d_mean}


def difference_gradient(outputs: Callable[[Array], dict[str, Array]], mean: Array, std: Array) -> dict[str, Array]:
    """Rows (n_coefficient, …) of each output's derivative by central differences, zero for coefficients without an error.

    ``outputs`` gives the rows (n_sample, …) of samples (n_sample, n_coefficient).
    """
    moving = np.flatnonzero(std > 0)
    steps = DIFFERENCE_STEP * std[moving]
    offsets = np.zeros((len(moving), len(mean)))
    offsets[np.arange(len(moving)), moving] = steps
    rows = {}
    for name, values in outputs(np.concatenate([mean + offsets, mean - offsets])).items():
        above, below = np.split(values, 2)
        rows[name] = np.zeros((len(mean), *values.shape[1:]))
        rows[name][moving] = (above - below) / (2 * steps).reshape(-1, *[1] * (values.ndim - 1))
    return rows


def _total(variable: Any, in_model: list[str], names: tuple[str, ...], initial: Mapping[str, Array]) -> Array:
    """Derivatives (n_coefficient, n_time) at fixed time, the initial state's change included."""
    partial = {name: np.asarray(variable.sensitivities[name]).ravel() for name in [*in_model, *initial]}
    rows = np.sum([np.outer(change, partial[name]) for name, change in initial.items()], axis=0)
    for name in in_model:
        rows[names.index(name)] += partial[name]
    return np.asarray(rows)


def _interpolated(t: Array, values: Array, moments: Array) -> Array:
    """Rows (…, n_time) at other times, shape-preserving cubic: voltage falls steeply before a cut-off."""
    return np.asarray(PchipInterpolator(t, values, axis=-1)(moments))


def _integral(t: Array, values: Array) -> Array:
    return np.asarray(PchipInterpolator(t, values, axis=-1).integrate(t[0], t[-1]))


def _terminal_slope(voltage: Any, end: float) -> float:
    """dV/dt at the end [V.s-1], three points backward (second order)."""
    last, before, first = (float(voltage(end - k * TERMINAL_STEP)) for k in range(3))
    return (3 * last - 4 * before + first) / (2 * TERMINAL_STEP)


def _rates(voltage: Any, moments: Array, end: float) -> Array:
    """dV/dt at these times [V.s-1] (n,), central differences of the dense solution, one-sided at both ends."""
    step = TERMINAL_STEP
    early, late = np.clip(moments - step, 0, end), np.clip(moments + step, 0, end)
    return np.asarray((np.asarray(voltage(late)) - np.asarray(voltage(early))) / (late - early)).ravel()
