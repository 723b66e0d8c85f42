"""The state that simulations start from, solved for batches of coefficients with its exact Jacobian.

Each kind of cell has its ``Equations``: casadi expressions of its full and its empty state. What follows from them, a state of
charge between the two, derivatives and the failure of samples, is the same for all kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import casadi
import numpy as np
import pybamm

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.estimate import Array
from a2c_pybamm.failure import Failure, FailureCause
from a2c_pybamm.parameter_set.state_limits import STATE_LIMITS

N_STATE_BISECTION = 14
"""Bisections before Newton's method: they leave 2⁻¹⁴, or 6e-5, of the range that the root is searched in."""
END_TEXTS = {
    "full": ("full-charge state", "starts", "full-charge voltage"),
    "empty": ("empty state", "is empty", "empty voltage"),
}
"""Words of a failure at each end: the state, the verb before its stoichiometries, and its voltage."""
NO_TOLERANCE = {"full": STATE_LIMITS.voltage_tolerance, "empty": STATE_LIMITS.voltage_tolerance}
"""Distances [V] from the limits by end, where the base set itself reaches its limits."""


@dataclass(frozen=True, eq=False)
class Graph:
    """PyBaMM's symbols as casadi expressions of coefficients."""

    values: pybamm.ParameterValues
    """Parameter values whose coefficients are inputs."""
    names: tuple[str, ...]
    theta: casadi.MX
    """Coefficients, in the order of the names."""

    @classmethod
    def of(cls, values: pybamm.ParameterValues, names: tuple[str, ...]) -> Graph:
        return cls(values, names, casadi.MX.sym("theta", len(names)))

    def express(self, symbol: Any, arguments: Mapping[str, casadi.MX] | None = None) -> casadi.MX:
        """Casadi expression of a symbol, its inputs replaced by the coefficients and by further ``arguments``."""
        inputs = {name: self.theta[k] for k, name in enumerate(self.names)}
        return casadi.MX(self.values.process_symbol(symbol).to_casadi(inputs={**inputs, **(arguments or {})}))


def solve_equation(unknown: casadi.MX, residual: casadi.MX, given: casadi.MX, at: casadi.MX, bounds: Any) -> casadi.MX:
    """Root of a residual that rises with its unknown, with the exact derivative by what is given.

    Parameters
    ----------
    unknown, given
        Symbols, a scalar and a vector, that the residual is an expression of.
    at
        Expression that takes the place of ``given``.
    bounds
        Expressions between which the root is looked for first, by bisection; Newton's method goes on from there.
    """
    equation = casadi.Function("equation", [unknown, given], [residual])
    low, high = ends = [casadi.MX.sym("low"), casadi.MX.sym("high")]
    for _ in range(N_STATE_BISECTION):
        middle = (low + high) / 2
        above = equation(middle, given) > 0
        low, high = casadi.if_else(above, low, middle), casadi.if_else(above, middle, high)
    # the root does not depend on where the search for it starts
    constant = {"is_diff_in": [False] * 3, "is_diff_out": [False]}
    start = casadi.Function("start", [given, *ends], [(low + high) / 2], constant)
    finder = casadi.rootfinder("finder", "newton", equation, {"error_on_fail": False, "abstol": RELATIVE_ROUND_OFF})
    return finder(start(at, *bounds), at)


def voltage_gap(at_root: casadi.MX, at_low: casadi.MX, at_high: casadi.MX) -> casadi.MX:
    """Voltage [V] by which potentials without asymptotes miss a limit; below the tolerance where they reach it.

    Parameters
    ----------
    at_root, at_low, at_high
        A residual without the asymptotes that rises with the stoichiometry: where it is zero with them, and at both ends of the
        electrodes. Where the asymptotes alone make that root, the residual has its own zero between it and an end if it has
        another sign there.
    """
    high = casadi.if_else(at_high >= 0, 0, at_high)  # NaN stays
    low = casadi.if_else(at_low <= 0, 0, at_low)
    near = casadi.fabs(at_root) <= STATE_LIMITS.voltage_tolerance
    return casadi.if_else(near, at_root, casadi.if_else(at_root < 0, high, low))


def used_names(expression: casadi.MX, graph: Graph) -> tuple[str, ...]:
    """Coefficients that an expression depends on."""
    columns = set(casadi.jacobian(expression, graph.theta).sparsity().get_col())
    return tuple(name for k, name in enumerate(graph.names) if k in columns)


@dataclass(frozen=True, eq=False)
class End:
    """Full or empty state as casadi expressions of the coefficients."""

    stoichiometry: Mapping[str, casadi.MX]
    """By side, "negative" or "positive"."""
    voltage_error: casadi.MX
    """Open-circuit voltage that is reached without the asymptotes minus its limit [V]."""


@dataclass(frozen=True, eq=False)
class Equations:
    """Full and empty state of one kind of cell as casadi expressions."""

    full: End
    empty: End
    discharged_stoichiometry: casadi.MX
    """Largest stoichiometry of the positive electrode that a discharge can reach."""
    state_inputs: Callable[[Mapping[str, casadi.MX]], dict[str, casadi.MX]]
    """The model's inputs, by name, that set the stoichiometries."""
    charges: Mapping[str, casadi.MX]
    """Charges [A.h]: those of all sites of an electrode by side, and the cyclable "lithium" where a cell has a limited one."""


@dataclass(frozen=True, eq=False)
class SolvedEnd:
    """Full or empty state of n samples."""

    stoichiometry: Mapping[str, Array]
    """By side (n,)."""
    voltage_error: Array
    """Open-circuit voltage that is reached without the asymptotes minus its limit [V] (n,)."""
    tolerance: float = STATE_LIMITS.voltage_tolerance
    """Largest error [V] of a cell in this state."""

    def failure(self, k: int, texts: tuple[str, str, str]) -> Failure | None:
        """Failure of sample k to be in this state; None where it can be."""
        state, verb, voltage = texts
        sto, voltage_error = {side: float(x[k]) for side, x in self.stoichiometry.items()}, float(self.voltage_error[k])
        if not np.isfinite([*sto.values(), voltage_error]).all():
            return Failure(FailureCause.INFEASIBLE, f"no {state} (not finite)")
        place = "stoichiometries" if len(sto) > 1 else "stoichiometry"
        where = f"{verb} at {place} {', '.join(f'{x:.4f} ({side})' for side, x in sto.items())}"
        if abs(voltage_error) > self.tolerance:
            distance = f"{1e3 * abs(voltage_error):.3g} mV {'above' if voltage_error > 0 else 'below'}"
            return Failure(FailureCause.INFEASIBLE, f"{where}, {distance} the {voltage}")
        if not all(0 <= x <= 1 for x in sto.values()):
            return Failure(FailureCause.INFEASIBLE, where)
        return None


@dataclass(frozen=True, eq=False)
class InitialState:
    """State that each of n samples starts from."""

    values: Mapping[str, Array]
    """By input of the model (n,)."""
    jacobians: Mapping[str, Array]
    """Their derivatives by the coefficients (n, k)."""
    stoichiometry: Mapping[str, Array]
    """By side (n,)."""
    window: Mapping[str, tuple[Array, Array]]
    """By side, the lowest and the highest stoichiometry that a cell within its voltage limits can reach (n,)."""
    ends: Mapping[str, SolvedEnd]
    """The ends that the state was found from: "full" and, below full charge, "empty"."""
    discharged_stoichiometry: Array
    """Largest stoichiometry of the positive electrode that a discharge can reach, not clipped (n,)."""

    def failures(self) -> list[Failure | None]:
        """Failure of each sample to be a cell; None where it is one."""
        failures = []
        for k in range(len(self.discharged_stoichiometry)):
            of_ends = (solved.failure(k, END_TEXTS[end]) for end, solved in self.ends.items())
            otherwise = None if self._is_finite(k) else Failure(FailureCause.INFEASIBLE, "no initial state (not finite)")
            failures.append(next(filter(None, of_ends), otherwise))
        return failures

    def _is_finite(self, k: int) -> bool:
        return all(bool(np.isfinite(a[k]).all()) for arrays in (self.values, self.jacobians) for a in arrays.values())


class StateSolver:
    """Solves a cell's equations for batches of coefficients.

    PyBaMM's cache of this state leaves out inputs inside open-circuit potentials, so the state is solved for here: on the
    functions as PyBaMM processed them, asymptotes included, with casadi's root-finder and its exact derivative. It is checked
    without the asymptotes.
    """

    used: tuple[str, ...]
    """Coefficients that the state depends on."""
    inputs: tuple[str, ...]
    """Inputs of the model that set the state."""

    def __init__(self, graph: Graph, equations: Equations) -> None:
        self._names, self._tolerances = graph.names, NO_TOLERANCE
        self._sides = tuple(equations.full.stoichiometry)
        full, empty, soc = equations.full, equations.empty, casadi.MX.sym("soc")
        between = {
            side: empty.stoichiometry[side] + soc * (full.stoichiometry[side] - empty.stoichiometry[side])
            for side in self._sides
        }
        self.inputs = tuple(equations.state_inputs(full.stoichiometry))
        self._full = self._function(graph, equations, soc, full.stoichiometry, (full,))
        self._between = self._function(graph, equations, soc, between, (full, empty))
        self.used = used_names(casadi.vertcat(*equations.state_inputs(between).values()), graph)
        self._charge_names = tuple(equations.charges)
        lithium = equations.charges.get("lithium", casadi.MX(0))
        columns = casadi.vertcat(*equations.charges.values()), casadi.jacobian(lithium, graph.theta)
        self._of_charges = casadi.Function("charges", [graph.theta], [casadi.densify(column) for column in columns])

    def with_tolerances(self, tolerances: Mapping[str, float]) -> StateSolver:
        """The same solver with other distances [V] from the voltage limits that a cell may have, by end."""
        other = copy(self)
        other._tolerances = {**self._tolerances, **tolerances}
        return other

    def charges(self, sample: Array) -> tuple[dict[str, float], Array]:
        """Charges [A.h] of one sample (n_coefficient,), and the derivatives of its lithium (n_coefficient,).

        By side those of all sites of an electrode; "lithium" the cyclable lithium, where a cell has a limited one.
        """
        values, gradient = (np.array(result).ravel() for result in self._of_charges(sample))
        return dict(zip(self._charge_names, map(float, values), strict=True)), gradient

    def _function(
        self, graph: Graph, equations: Equations, soc: casadi.MX, state: Mapping[str, casadi.MX], ends: tuple[End, ...]
    ) -> casadi.Function:
        """The state as one column: input values, their Jacobian, stoichiometries, then the ends."""
        values = casadi.vertcat(*equations.state_inputs(state).values())
        jacobian = casadi.vec(casadi.jacobian(values, graph.theta).T)
        columns = [values, jacobian, *state.values(), equations.discharged_stoichiometry]
        for end in ends:
            columns += [*end.stoichiometry.values(), end.voltage_error]
        return casadi.Function("state", [graph.theta, soc], [casadi.densify(casadi.vertcat(*columns))])

    def at(self, samples: Array, soc: float = 1.0) -> InitialState:
        """The state of samples (n_sample, n_coefficient) at a state of charge between 0 and 1.

        The state of charge is PyBaMM's: with it the stoichiometries run linearly from the lower to the upper voltage limit, at
        open circuit and reference temperature. Only the ends that a state depends on are checked.

        Raises
        ------
        ValueError
            If the state of charge is outside [0, 1], or the samples have another number of columns than there are coefficients.
        """
        if not 0 <= soc <= 1:
            raise ValueError(f"initial state: state of charge {soc:g} is not within 0 and 1")
        samples = np.asarray(samples, float)
        if samples.ndim != 2 or samples.shape[1] != len(self._names):
            raise ValueError(
                f"initial state: samples of shape {samples.shape}, not (n_sample, {len(self._names)} coefficients)"
            )
        ends = ("full",) if soc == 1 else ("full", "empty")
        return self._unpack(self._evaluate(self._full if soc == 1 else self._between, samples, soc), ends)

    @staticmethod
    def _evaluate(function: casadi.Function, samples: Array, soc: float) -> Array:
        n = len(samples)
        if not n:
            return np.empty((function.size1_out(0), 0))
        return np.array(function.map(n)(samples.T, np.full((1, n), soc)))

    def _unpack(self, columns: Array, ends: tuple[str, ...]) -> InitialState:
        rows, k, n = iter(columns), len(self._names), columns.shape[1]

        def take(names: tuple[str, ...]) -> dict[str, Array]:
            return {name: next(rows) for name in names}

        values = take(self.inputs)
        jacobians = {name: np.array([next(rows) for _ in range(k)]).reshape(k, n).T for name in self.inputs}
        stoichiometry, discharged_stoichiometry = take(self._sides), next(rows)
        solved = {end: SolvedEnd(take(self._sides), next(rows), self._tolerances[end]) for end in ends}
        window = reachable_window(solved["full"].stoichiometry, discharged_stoichiometry)
        return InitialState(values, jacobians, stoichiometry, window, solved, discharged_stoichiometry)


def reachable_window(full: Mapping[str, Array], discharged_stoichiometry: Array) -> dict[str, tuple[Array, Array]]:
    """Lowest and highest stoichiometry (n,) by side that cells reach which are full at ``full``."""
    low, high = STATE_LIMITS.stability
    window = {"positive": (full["positive"], np.clip(discharged_stoichiometry, full["positive"], high))}
    if "negative" in full:
        window = {"negative": (np.full(len(discharged_stoichiometry), low), full["negative"]), **window}
    return window
