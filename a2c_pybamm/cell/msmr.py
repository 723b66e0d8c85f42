r"""State of a cell of multi-species, multi-reaction (MSMR) electrodes.

Stoichiometries are explicit in the electrode potentials (Baker and Verbrugge, J. Electrochem. Soc. 165 (2018) A3952),

.. math:: x(U, T) = \sum_j \frac{X_j}{1 + e^{F (U - U^0_j) / (R T w_j)}},

so potentials are what is solved for: :math:`U_p - U_n = V` with :math:`Q_n x_n(U_n) + Q_p x_p(U_p) = Q_\mathrm{Li}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import casadi
import pybamm

from a2c_pybamm.cell.initial_state import End, Equations, Graph, solve_equation
from a2c_pybamm.parameter_set.base_set import MSMR_CHOICES
from a2c_pybamm.parameter_set.lithium import POTENTIAL_RANGE, cyclable_lithium

POTENTIALS = {
    "negative": "initial potential of the negative electrode [V]",
    "positive": "initial potential of the positive electrode [V]",
}
"""Inputs of the model that set the state, by side."""
OPTIONS = dict.fromkeys(MSMR_CHOICES, "MSMR")
"""Options of PyBaMM that make both electrodes MSMR electrodes."""
POTENTIAL = pybamm.InputParameter("potential")


def msmr(graph: Graph, voltage_limits: tuple[float, float], options: Mapping[str, Any]) -> Equations:
    """Equations of an MSMR cell between voltage limits [V].

    Raises
    ------
    ValueError
        If the options lack the number of reactions.
    """
    if "number of MSMR reactions" not in options:
        raise ValueError('MSMR: options lack "number of MSMR reactions"; give both electrodes\' as texts, as in ("6", "4")')
    param = pybamm.LithiumIonParameters({**options, **OPTIONS})
    lithium, Q_n, Q_p = map(graph.express, (cyclable_lithium(graph.values), param.n.Q_init, param.p.Q_init))
    x_n, x_p = (_stoichiometry(graph, phase, param.T_ref) for phase in (param.n.prim, param.p.prim))
    U = casadi.MX.sym("U")

    def end(voltage: float) -> End:
        sto = {"negative": x_n(U, graph.theta), "positive": x_p(U + voltage, graph.theta)}
        missing = 1 - (sto["negative"] * Q_n + sto["positive"] * Q_p) / lithium
        root = solve_equation(U, missing, graph.theta, graph.theta, POTENTIAL_RANGE)
        # in volts: the change of potential that would bring the missing lithium back
        voltage_error = missing / casadi.jacobian(missing, U)
        return End(
            {side: casadi.substitute(s, U, root) for side, s in sto.items()},
            casadi.substitute(voltage_error, U, root),
        )

    phases = {"negative": param.n.prim, "positive": param.p.prim}
    # the model turns potentials into concentrations at its initial temperature
    initial = {side: _stoichiometry(graph, phase, param.T_init) for side, phase in phases.items()}

    def state_inputs(sto: Mapping[str, casadi.MX]) -> dict[str, casadi.MX]:
        return {POTENTIALS[side]: _potential(graph, initial[side], sto[side]) for side in sto}

    low, high = voltage_limits
    charges = {"lithium": lithium, "negative": Q_n, "positive": Q_p}
    return Equations(end(high), end(low), lithium / Q_p, state_inputs, charges)


def _stoichiometry(graph: Graph, phase: Any, T: Any) -> casadi.Function:
    """Stoichiometry of an electrode as a function of potential and coefficients."""
    U = casadi.MX.sym("U")
    return casadi.Function("x", [U, graph.theta], [graph.express(phase.x(POTENTIAL, T), {POTENTIAL.name: U})])


def _potential(graph: Graph, stoichiometry: casadi.Function, sto: casadi.MX) -> casadi.MX:
    """Potential [V] at which an electrode has this stoichiometry."""
    k = len(graph.names)
    U, arguments = casadi.MX.sym("U"), casadi.MX.sym("arguments", k + 1)
    residual = arguments[k] - stoichiometry(U, arguments[:k])
    return solve_equation(U, residual, arguments, casadi.vertcat(graph.theta, sto), POTENTIAL_RANGE)
