"""Charge and energy in and out: closed forms of piecewise linear currents, and PyBaMM on a fine grid."""

from itertools import pairwise
from typing import Any

import numpy as np
import pybamm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

import a2c_pybamm as a2c
from a2c_pybamm import Cell, DriveCycle
from a2c_pybamm.cell.protocol import validate_direction
from a2c_pybamm.cell.throughput import CyclePanels, step_edges

FLOWS = ("charge_out", "charge_in", "energy_out", "energy_in")
EACH_SECOND = np.arange(601.0)
BACK_AND_FORTH = np.where(EACH_SECOND % 2 == 0, 6.0, -4.0)
"""A [601]: 6 and −4 in turn; in each second 0.6 s are discharge."""
TRIANGLE = np.array([0, 900, 1800.0]), np.array([0, 8.0, 0])


@pytest.fixture(scope="module")
def chen() -> a2c.ParameterSet:
    law = a2c.Scale("Negative particle diffusivity")
    joint = a2c.Joint([a2c.Estimate.from_covariance(law.names, [0.0], [[0.01]], source="diffusivity")])
    return a2c.ParameterSet(
        "chen", "Chen2020", {"Negative particle diffusivity [m2.s-1]": a2c.Attachment(law, "factor")}, joint
    )


def at_mean(cell: Cell) -> dict[str, float]:
    data = cell.solve(np.zeros((1, 1))).isel(sample=0)
    assert not data["failed"], data["reason"].item()
    return {name: float(data[name]) for name in cell.outputs.scalars}


def exact_charges(t: np.ndarray, i: np.ndarray) -> tuple[float, float]:
    """Charge [A.h] out and in: areas of the triangles and trapezia between the data."""
    out = into = 0.0
    for h, a, b in zip(np.diff(t), i[:-1], i[1:], strict=True):
        if a * b < 0:
            over, under = max(a, b) ** 2 / (2 * abs(a - b)), min(a, b) ** 2 / (2 * abs(a - b))
        else:
            over, under = max(a + b, 0) / 2, max(-a - b, 0) / 2
        out, into = out + h * over / 3600, into + h * under / 3600
    return out, into


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_charge_of_a_piecewise_linear_current_is_exact(n: int, seed: int) -> None:
    """Data from 10 ms to 20 min apart, every third current zero; the energy at one voltage is that times the charge."""
    rng = np.random.default_rng(seed)
    t = np.concatenate([[0.0], np.cumsum(10 ** rng.uniform(-2, 3, n - 1))])
    i = rng.normal(size=n) * (rng.random(n) > 0.33)
    panels = CyclePanels(t, i)
    flow = panels.throughput(panels.times, np.full(len(panels.times), 3.7))
    np.testing.assert_allclose([flow.charge_out, flow.charge_in], exact_charges(t, i), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose([flow.energy_out, flow.energy_in], 3.7 * np.array(exact_charges(t, i)), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("end", [1800.0, 1799.0, 1234.5, 901.0, 0.4])
def test_energy_is_that_of_adaptive_integration(end: float) -> None:
    """Of a voltage that relaxes at once, in seconds and in minutes, whether the cycle ends by itself or early."""

    def voltage(t: Any) -> Any:
        slow, fast = np.exp(-np.asarray(t) / 200), np.exp(-np.asarray(t) / 3)
        return 3.2 + 0.6 * slow + 0.05 * fast - 0.02 * np.interp(t, *TRIANGLE)

    panels = CyclePanels(*TRIANGLE)
    t = np.append(panels.times[panels.times < end], end)
    flow = panels.throughput(t, voltage(t))
    power = [quad(lambda s: np.interp(s, *TRIANGLE) * voltage(s), a, b, epsabs=0, epsrel=1e-12)[0] for a, b in halves(end)]
    assert float(flow.energy_out) == pytest.approx(sum(power) / 3600, rel=1e-6)
    assert float(flow.energy_in) == 0
    charge = [quad(lambda s: np.interp(s, *TRIANGLE), a, b)[0] for a, b in halves(end)]
    assert float(flow.charge_out) == pytest.approx(sum(charge) / 3600, rel=1e-12)


def halves(end: float) -> list[tuple[float, float]]:
    """Times up to the end, in pieces in which the triangle and the fast relaxation are smooth."""
    edges = [0.0, *(edge for edge in (10.0, 900.0) if edge < end), end]
    return list(pairwise(edges))


def test_panels_keep_the_sign_and_are_few() -> None:
    panels = CyclePanels(EACH_SECOND, BACK_AND_FORTH)
    current = np.interp(panels.nodes, EACH_SECOND, BACK_AND_FORTH)
    assert ((current > 0).all(axis=1) | (current < 0).all(axis=1)).all()
    assert len(panels.nodes) == 1200
    assert len(CyclePanels(np.array([0, 7200.0]), np.array([5.0, 5.0])).nodes) < 130


@pytest.mark.slow
@pytest.mark.parametrize("as_step", [False, True])
def test_charge_and_energy_of_a_jagged_current_are_pybamms_on_a_fine_grid(chen: a2c.ParameterSet, as_step: bool) -> None:
    """6 and −4 A in turn, which is 1.8 A out and 0.8 A in on average; energies beside a solver a thousand times as tight.

    In a step PyBaMM solves for the current too, to the solver's tolerance.
    """
    bound = 1e-10 if as_step else 1e-12
    t, i = EACH_SECOND[:121], BACK_AND_FORTH[:121]
    protocol = [pybamm.step.current(np.column_stack([t, i]))] if as_step else DriveCycle(t, i)
    found = at_mean(Cell(chen, model="SPMe", protocol=protocol, soc=0.6, outputs=[*FLOWS, "capacity", "charge_time"]))
    assert found["capacity"] == found["charge_out"] == pytest.approx(120 * 1.8 / 3600, rel=bound)
    assert found["charge_in"] == pytest.approx(120 * 0.8 / 3600, rel=bound)
    assert found["charge_time"] == pytest.approx(120 * 0.4, rel=bound)
    values = chen.nominal()
    values.set_initial_state(0.6)
    values["Current function [A]"] = pybamm.Interpolant(t, i, pybamm.t)
    solver = pybamm.IDAKLUSolver(rtol=1e-8, atol=1e-10, output_variables=["Voltage [V]"])
    # eight nodes on each twentieth of a second: the current, 0 at 0.6 s, keeps its sign in each
    nodes, weights = np.polynomial.legendre.leggauss(8)
    edges = np.linspace(0, 120, 2401)
    fine, weight = ((edges[:-1, None] + 0.05 * (nodes + 1) / 2).ravel(), np.tile(weights, 2400) * 0.05 / 2 / 3600)
    grid = np.union1d(fine, t)
    solution = pybamm.Simulation(pybamm.lithium_ion.SPMe(), parameter_values=values, solver=solver).solve(t, t_interp=grid)
    voltage, current = solution["Voltage [V]"].data[np.searchsorted(grid, fine)], np.interp(fine, t, i)
    for name, sign in (("energy_out", 1), ("energy_in", -1)):
        assert found[name] == pytest.approx(weight @ (np.maximum(sign * current, 0) * voltage), rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 3601])
def test_cycle_that_ends_at_a_limit_is_the_discharge(chen: a2c.ParameterSet, n: int) -> None:
    """5 A as two data or as one each second: charge, energy and mean voltage of 1C, which has another rule."""
    wanted = ["capacity", "energy", "mean_voltage", *FLOWS]
    discharge = at_mean(Cell(chen, model="SPM", outputs=wanted))
    cycle = DriveCycle(np.linspace(0, 7200, n), np.full(n, 5.0))
    found = at_mean(Cell(chen, model="SPM", protocol=cycle, outputs=wanted))
    for name in wanted:
        assert found[name] == pytest.approx(discharge[name], rel=5e-6)
    assert found["capacity"] == found["charge_out"]
    assert found["charge_in"] == found["energy_in"] == 0


@pytest.mark.slow
def test_triangle_and_a_turn_of_sign(chen: a2c.ParameterSet) -> None:
    found = at_mean(Cell(chen, model="SPM", protocol=DriveCycle(*TRIANGLE), soc=0.9, outputs=["capacity", *FLOWS]))
    assert found["capacity"] == pytest.approx(2.0, rel=1e-9)
    there_and_back = DriveCycle([0, 600, 1200], [-2, 2, -2])
    found = at_mean(Cell(chen, model="SPM", protocol=there_and_back, soc=0.5, outputs=["charge_time", *FLOWS]))
    assert found["charge_time"] == pytest.approx(600, rel=1e-9)
    assert found["charge_out"] == pytest.approx(1 / 6, rel=1e-12)
    assert found["charge_in"] == pytest.approx(1 / 6, rel=1e-12)
    assert found["energy_in"] > found["energy_out"]


@pytest.mark.slow
def test_experiment_tells_in_from_out(chen: a2c.ParameterSet) -> None:
    """A constant power's energy is known; a period, of which PyBaMM would draw straight lines, changes nothing."""
    steps = ["Discharge at 10 W for 30 minutes", "Charge at 5 W for 12 minutes"]
    found = at_mean(Cell(chen, model="SPM", protocol=steps, soc=0.8, outputs=FLOWS))
    assert found["energy_out"] == pytest.approx(5, rel=1e-6)
    assert found["energy_in"] == pytest.approx(1, rel=1e-6)
    periodic = [f"{step} (5 minute period)" for step in steps]
    assert at_mean(Cell(chen, model="SPM", protocol=periodic, soc=0.8, outputs=FLOWS)) == found


@pytest.mark.parametrize(
    ("time", "current", "soc", "doubted"),
    [
        ([0, 1800], [-5, -5], 1.0, True),
        ([0, 10, 11, 1800], [1, 1, -5, -5], 1.0, True),  # the braking of a cycle that a cycler wrote
        ([0, 1800], [-5, -5], 0.5, False),
        ([0, 1800], [5, 5], 1.0, False),
        ([0, 10, 11, 1800], [-1, -1, 5, 5], 1.0, False),
        ([0, 3600, 3601, 9000], [5, 5, -5, -5], 1.0, False),  # charges past its start: ends at the upper limit
    ],
)
def test_cyclers_sign_is_named(time: list[float], current: list[float], soc: float, doubted: bool) -> None:
    if not doubted:
        return validate_direction(DriveCycle(time, current), soc)
    with pytest.raises(ValueError, match=r"charges a full cell \(.* A\.h .*\); .* is the sign the other way round\?"):
        validate_direction(DriveCycle(time, current), soc)


@pytest.mark.slow
def test_first_current_that_no_full_cell_takes_is_the_samples_failure(chen: a2c.ParameterSet) -> None:
    cycle = DriveCycle([0, 10, 3600], [-5, 5, 5])
    with pytest.raises(ValueError, match="charges a full cell"):
        Cell(chen, model="SPM", protocol=DriveCycle([0, 3600], [-5, -5]))
    data = Cell(chen, model="SPM", protocol=cycle).solve(np.zeros((1, 1)))
    assert "begins with -5 A" in data["reason"].item()
    assert "is the sign the other way round?" in data["reason"].item()


@pytest.mark.slow
def test_slow_steps_are_those_of_a_constant_current(chen: a2c.ParameterSet) -> None:
    """The solver steps over bends of the open-circuit potential at C/20, by 2e-5 of the energy and some mV."""
    names = ["energy", "capacity", "voltage"]
    steps = ["Discharge at C/20 for 18 hours"]
    by_steps = Cell(chen, model="SPM", protocol=steps, outputs=names).solve(np.zeros((1, 1))).isel(sample=0)
    values = chen.nominal()
    values.set_initial_state(1.0)
    solver = pybamm.IDAKLUSolver(rtol=1e-8, atol=1e-10)
    simulation = pybamm.Simulation(pybamm.lithium_ion.SPM(), parameter_values=values, solver=solver, experiment=steps)
    solution = simulation.solve(calc_esoh=False)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    edges = np.linspace(0, 18 * 3600, 4001)
    fine = (edges[:-1, None] + edges[1] * (nodes + 1) / 2).ravel()
    current = float(solution["Current [A]"](100.0))
    energy = solution["Voltage [V]"](fine) @ np.tile(weights, 4000) * edges[1] / 2 * current / 3600
    assert float(by_steps["energy"]) == pytest.approx(energy, rel=1e-6)
    times = by_steps["time"].values[by_steps["time"].values <= edges[-1]]
    np.testing.assert_allclose(by_steps["voltage"].values[: len(times)], solution["Voltage [V]"](times), atol=2e-5, rtol=0)


def test_panels_of_an_experiment_are_short_and_keep_to_its_steps() -> None:
    """Three steps, the second skipped; the third begins a moment behind the first."""
    time, ends = np.array([0.0, 10, 100, 100 + 1e-9, 1100]), np.array([100.0, 100, 1100])
    edges = step_edges(time, np.array([2.0, 2, 2, -1, 1]), ends)
    assert set(time) <= set(edges)
    assert np.diff(edges[edges <= 100]).max() == pytest.approx(2.0)
    assert np.diff(edges[edges > 100]).max() <= 20 + 1e-9
    assert np.abs(edges - 600).min() < 1e-6, "where the current changes its sign"
    assert len(edges) < 120
