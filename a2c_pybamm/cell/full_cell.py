r"""State of a full cell: :math:`U_p(y) - U_n(x) = V` with :math:`Q_n x + Q_p y = Q_\mathrm{Li}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import casadi
import pybamm

from a2c_pybamm.cell.initial_state import End, Equations, Graph, solve_equation, voltage_gap
from a2c_pybamm.parameter_set.lithium import cyclable_lithium
from a2c_pybamm.parameter_set.state_limits import STATE_LIMITS

X_INITIAL = "initial stoichiometry of the negative electrode"
Y_INITIAL = "initial stoichiometry of the positive electrode"
"""Inputs of the model that set the state."""
STO = pybamm.InputParameter("stoichiometry")


def full_cell(graph: Graph, voltage_limits: tuple[float, float], options: Mapping[str, Any]) -> Equations:
    """Equations of a full cell between voltage limits [V].

    With hysteresis, full charge lies on the charge branch and the empty state on the discharge branch, as in PyBaMM.
    """
    param = pybamm.LithiumIonParameters(dict(options))
    low, high = voltage_limits
    lithium, Q_n, Q_p = map(graph.express, (cyclable_lithium(graph.values), param.n.Q_init, param.p.Q_init))
    x = casadi.MX.sym("x")
    bounds = [casadi.fmin(casadi.fmax(bound, 0), 1) for bound in ((lithium - Q_p) / Q_n, lithium / Q_n)]

    def end(voltage: float, state: Literal["full", "empty"]) -> End:
        potentials = {side: ocp(graph, param, side, branch(options, side, state)) for side in ("negative", "positive")}
        sto = {"negative": x, "positive": (lithium - x * Q_n) / Q_p}
        with_asymptotes, without = (
            potentials["positive"][k](sto["positive"], graph.theta) - potentials["negative"][k](x, graph.theta) - voltage
            for k in range(2)
        )  # rises with x: more lithium in the negative, less in the positive electrode
        root = solve_equation(x, with_asymptotes, graph.theta, graph.theta, bounds)
        gap = voltage_gap(*(casadi.substitute(without, x, at) for at in (root, *bounds)))
        return End({side: casadi.substitute(s, x, root) for side, s in sto.items()}, gap)

    charges = {"lithium": lithium, "negative": Q_n, "positive": Q_p}
    return Equations(end(high, "full"), end(low, "empty"), lithium / Q_p, state_inputs, charges)


def state_inputs(sto: Mapping[str, casadi.MX]) -> dict[str, casadi.MX]:
    """Inputs of the model by name, from the stoichiometries of the electrodes."""
    names = {"negative": X_INITIAL, "positive": Y_INITIAL}
    return {names[side]: x for side, x in sto.items()}


def branch(options: Mapping[str, Any], side: str, end: Literal["full", "empty"]) -> str:
    """Prefix of the open-circuit potential that an electrode rests on after charge (full) or discharge (empty)."""
    if getattr(pybamm.BatteryModelOptions(dict(options)), side)["open-circuit potential"] == "single":
        return ""
    return "lithiation" if (side == "negative") == (end == "full") else "delithiation"


def ocp(graph: Graph, param: Any, side: str, prefix: str) -> tuple[casadi.Function, casadi.Function]:
    """Open-circuit potential [V] of stoichiometry and coefficients, with PyBaMM's asymptotes and without.

    That without is taken within the electrode, as PyBaMM clips stoichiometries.
    """
    phase = {"negative": param.n, "positive": param.p}[side].prim
    key = " ".join(filter(None, (side.capitalize(), "electrode", prefix, "OCP [V]")))
    sto = casadi.MX.sym("sto")
    forms = phase.U(STO, param.T_ref, prefix or None), pybamm.FunctionParameter(key, {"stoichiometry": STO})
    arguments = sto, casadi.fmin(casadi.fmax(sto, STATE_LIMITS.end_distance), 1 - STATE_LIMITS.end_distance)
    with_asymptotes, without = (
        casadi.Function("ocp", [sto, graph.theta], [graph.express(form, {STO.name: argument})])
        for form, argument in zip(forms, arguments, strict=True)
    )
    return with_asymptotes, without
