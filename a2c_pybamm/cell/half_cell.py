r"""State of a working electrode against lithium metal: :math:`U_p(y) = V`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import casadi
import pybamm

from a2c_pybamm.cell.full_cell import ocp, state_inputs
from a2c_pybamm.cell.initial_state import End, Equations, Graph, solve_equation
from a2c_pybamm.parameter_set.state_limits import EMPTY_LIMITS, FULL_LIMITS, VOLTAGE_TOLERANCE


def half_cell(graph: Graph, voltage_limits: tuple[float, float], options: Mapping[str, Any]) -> Equations:
    """Equations of a half cell between voltage limits [V].

    PyBaMM calls the working electrode positive and the delithiated state, at the upper limit, full; lithium is not counted.
    """
    param = pybamm.LithiumIonParameters({**options, "working electrode": "positive"})
    with_asymptotes, without = ocp(graph, param, "positive", "")
    y = casadi.MX.sym("y")

    def end(voltage: float, limits: tuple[float, float]) -> End:
        residual = voltage - with_asymptotes(y, graph.theta)  # rises with y: potentials fall as lithium goes in
        root = solve_equation(y, residual, graph.theta, graph.theta, (0.0, 1.0))
        return End({"positive": root}, without(root, graph.theta) - voltage, limits)

    low, high = voltage_limits
    full, empty = end(high, FULL_LIMITS), end(low, EMPTY_LIMITS)
    # a discharge polarises the electrode downwards, so its surface rests above the lower limit
    reached = casadi.fabs(empty.voltage_error) <= VOLTAGE_TOLERANCE
    return Equations(full, empty, casadi.if_else(reached, empty.stoichiometry["positive"], FULL_LIMITS[1]), state_inputs)
