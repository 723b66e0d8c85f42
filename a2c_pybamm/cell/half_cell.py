r"""State of a working electrode against lithium metal: :math:`U_p(y) = V`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import casadi
import pybamm

from a2c_pybamm.cell.full_cell import carry, ocp
from a2c_pybamm.cell.initial_state import EMPTY_LIMITS, LIMITS, VOLTAGE_MISS, End, Equations, Graph, solve_equation


def half_cell(graph: Graph, voltage_limits: tuple[float, float], options: Mapping[str, Any]) -> Equations:
    """Equations of a half cell between voltage limits [V].

    PyBaMM calls the working electrode positive and the delithiated state, at the upper limit, full; lithium is not counted.
    """
    param = pybamm.LithiumIonParameters({**options, "working electrode": "positive"})
    with_barrier, without = ocp(graph, param, "positive", "")
    y = casadi.MX.sym("y")

    def end(voltage: float, limits: tuple[float, float]) -> End:
        residual = voltage - with_barrier(y, graph.theta)  # rises with y: potentials fall as lithium goes in
        root = solve_equation(y, residual, graph.theta, graph.theta, (0.0, 1.0))
        return End({"positive": root}, without(root, graph.theta) - voltage, limits)

    low, high = voltage_limits
    full, empty = end(high, LIMITS), end(low, EMPTY_LIMITS)
    # a discharge polarises the electrode downwards, so its surface rests above the lower limit
    reached = casadi.fabs(empty.miss) <= VOLTAGE_MISS
    return Equations(full, empty, casadi.if_else(reached, empty.stoichiometry["positive"], LIMITS[1]), carry)
