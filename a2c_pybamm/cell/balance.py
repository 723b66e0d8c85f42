"""Full-charge stoichiometries of a cell from the balance of lithium and the upper voltage limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import casadi
import numpy as np
import pybamm

from a2c_pybamm.estimate import Array

X_INITIAL = "initial stoichiometry of the negative electrode"
Y_INITIAL = "initial stoichiometry of the positive electrode"
"""Inputs of the model that carry the full-charge state."""

LIMITS = (0.005, 0.995)
"""A cell whose full-charge stoichiometries lie outside is impossible: PyBaMM's asymptotic barrier alone keeps it in."""
VOLTAGE_MISS = 1e-3
"""Largest distance [V] of the full cell's voltage, taken without the barrier, from the upper limit."""
N_BISECTION = 14


@dataclass(frozen=True, eq=False)
class FullCharge:
    """Full-charge state of samples."""

    negative: Array
    """Stoichiometry of the negative electrode (n_sample,)."""
    positive: Array
    """Stoichiometry of the positive electrode (n_sample,)."""
    negative_jacobian: Array
    """Its derivative by the coefficients (n_sample, n_coefficient)."""
    positive_jacobian: Array
    miss: Array
    """Voltage without the barrier minus the upper limit [V] (n_sample,)."""
    emptied: Array
    """Stoichiometry of the positive electrode that holds all cyclable lithium (n_sample,)."""

    def reasons(self) -> list[str]:
        """Why each sample cannot be a cell; empty text where it can."""
        low, high = LIMITS
        texts = []
        for x, y, miss in zip(self.negative, self.positive, self.miss, strict=True):
            if not np.isfinite([x, y, miss]).all():
                texts.append("infeasible: no full-charge state (not finite)")
            elif not (low <= x <= high and low <= y <= high):
                texts.append(f"infeasible: starts at stoichiometries {x:.4f} (negative), {y:.4f} (positive)")
            elif abs(miss) > VOLTAGE_MISS:
                texts.append(f"infeasible: full-charge voltage misses the limit by {1e3 * miss:.1f} mV")
            else:
                texts.append("")
        return texts


class Balance:
    r"""Solves :math:`U_p(y) - U_n(x) = V_\mathrm{max}` with :math:`Q_n x + Q_p y = Q_\mathrm{Li}` for batches of coefficients.

    PyBaMM's own cache of this state does not see inputs inside open-circuit potentials, so the state is found here: on the
    open-circuit potentials as PyBaMM processed them, asymptotic barrier included, with casadi's root-finder and its exact
    derivative; and judged without the barrier.

    Parameters
    ----------
    values
        Parameter values whose coefficients are inputs.
    names
        Coefficients, in the order of the samples' columns.
    lithium
        Cyclable lithium :math:`Q_\mathrm{Li}` [A.h], the same for all samples.
    voltage
        Upper limit [V].
    """

    used: tuple[str, ...]
    """Coefficients that the state depends on."""

    def __init__(self, values: pybamm.ParameterValues, names: tuple[str, ...], lithium: float, voltage: float) -> None:
        param = pybamm.LithiumIonParameters()
        theta, x, y = casadi.MX.sym("theta", len(names)), casadi.MX.sym("x"), casadi.MX.sym("y")
        inputs = {**{name: theta[k] for k, name in enumerate(names)}, X_INITIAL: x, Y_INITIAL: y}

        def process(symbol: Any) -> casadi.MX:
            return values.process_symbol(symbol).to_casadi(inputs=inputs)

        sto_n, sto_p = pybamm.InputParameter(X_INITIAL), pybamm.InputParameter(Y_INITIAL)
        Q_n, Q_p = process(param.n.Q_init), process(param.p.Q_init)
        with_barrier = process(param.p.prim.U(sto_p, param.T_ref) - param.n.prim.U(sto_n, param.T_ref))
        without = process(values["Positive electrode OCP [V]"](sto_p) - values["Negative electrode OCP [V]"](sto_n))
        y_of_x = (lithium - x * Q_n) / Q_p
        residual = casadi.substitute(with_barrier, y, y_of_x) - voltage
        missed = casadi.substitute(without, y, y_of_x) - voltage
        self._bounds = casadi.Function("bounds", [theta], [(lithium - Q_p) / Q_n, lithium / Q_n, lithium / Q_p])
        self._residual = casadi.Function("residual", [x, theta], [residual])
        felt = np.array(casadi.DM(casadi.Function("felt", [x, theta], [casadi.jacobian(residual, theta)]).sparsity_out(0), 1.0))
        self.used = tuple(name for k, name in enumerate(names) if felt[0, k])
        options = {"error_on_fail": False, "abstol": 1e-12}
        finder = casadi.rootfinder("full_charge", "newton", self._residual, options)
        start = casadi.MX.sym("start")
        root = finder(start, theta)
        positive = casadi.substitute(y_of_x, x, root)
        state = [root, positive, casadi.jacobian(root, theta), casadi.jacobian(positive, theta)]
        self._state = casadi.Function("state", [start, theta], [*state, casadi.substitute(missed, x, root)])

    def full_charge(self, samples: Array) -> FullCharge:
        """The full-charge state of samples (n_sample, n_coefficient)."""
        n, k = samples.shape
        theta = samples.T
        lower, upper, emptied = (np.array(column).ravel() for column in self._bounds.map(n)(theta))
        low, high = np.clip(lower, 0, 1), np.clip(upper, 0, 1)
        residual = self._residual.map(n)
        for _ in range(N_BISECTION):  # the residual rises with x: more lithium in the negative, less in the positive electrode
            middle = (low + high) / 2
            above = np.array(residual(middle, theta)).ravel() > 0
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        x, y, dx, dy, miss = (np.array(part) for part in self._state.map(n)((low + high) / 2, theta))
        return FullCharge(x.ravel(), y.ravel(), dx.reshape(n, k), dy.reshape(n, k), miss.ravel(), emptied)


def base_lithium(base: pybamm.ParameterValues) -> float:
    """Cyclable lithium in the particles of a base set's initial state [A.h]."""
    return float(base.evaluate(pybamm.LithiumIonParameters().Q_Li_particles_init))


def with_initial_inputs(values: pybamm.ParameterValues) -> pybamm.ParameterValues:
    """The values with initial concentrations that follow from the full-charge inputs."""
    values = values.copy()
    for side, name in (("negative", X_INITIAL), ("positive", Y_INITIAL)):
        maximum = values[f"Maximum concentration in {side} electrode [mol.m-3]"]
        values.update({f"Initial concentration in {side} electrode [mol.m-3]": pybamm.InputParameter(name) * maximum})
    return values
