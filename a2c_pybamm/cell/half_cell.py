r"""State of a working electrode against lithium metal: :math:`U_p(y) = V`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import casadi
import pybamm

from a2c_pybamm.cell.full_cell import ocp, state_inputs
from a2c_pybamm.cell.initial_state import End, Equations, Graph, solve_equation, voltage_gap
from a2c_pybamm.parameter_set.state_limits import STATE_LIMITS


def half_cell(graph: Graph, voltage_limits: tuple[float, float], options: Mapping[str, Any]) -> Equations:
    """Equations of a half cell between voltage limits [V].

    PyBaMM calls the working electrode positive and the delithiated state, at the upper limit, full; lithium is not counted.
    """
    param = pybamm.LithiumIonParameters({**options, "working electrode": "positive"})
    with_asymptotes, without = ocp(graph, param, "positive", "")
    y = casadi.MX.sym("y")

    def end(voltage: float) -> End:
        residual = voltage - with_asymptotes(y, graph.theta)  # rises with y: potentials fall as lithium goes in
        root = solve_equation(y, residual, graph.theta, graph.theta, (0.0, 1.0))
        gap = voltage_gap(*(voltage - without(at, graph.theta) for at in (root, 0.0, 1.0)))
        return End({"positive": root}, -gap)

    low, high = voltage_limits
    full, empty = end(high), end(low)
    # a discharge polarises the electrode downwards, so its surface rests above the lower limit
    reached = casadi.fabs(empty.voltage_error) <= STATE_LIMITS.voltage_tolerance
    discharged = casadi.if_else(reached, empty.stoichiometry["positive"], 1.0)
    return Equations(full, empty, discharged, state_inputs, {"positive": graph.express(param.p.Q_init)})
