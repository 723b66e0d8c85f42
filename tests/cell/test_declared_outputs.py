"""Outputs of one's own: a variable at a time, a charge or an event, and functions of the solved trace."""

import functools
import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pybamm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

import a2c_pybamm as a2c
from a2c_pybamm import Cell, ConstantCurrent, DriveCycle, TraceFunction, VariableAt
from a2c_pybamm.cell import ChunkSchedule, ParallelCell, Trace
from a2c_pybamm.cell.monotone_cubic import MonotoneCubic
from a2c_pybamm.cell.outputs import Outputs
from a2c_pybamm.cell.protocol import Protocol, Steps
from a2c_pybamm.cell.scalars import OPEN_CIRCUIT, capacity, pulse_resistance
from a2c_pybamm.cell.solving import BatchSolver, Setup
from a2c_pybamm.cell.throughput import CyclePanels, Throughput
from a2c_pybamm.cell.traces import CURRENT, VOLTAGE, Traces
from a2c_pybamm.failure import Failure
from a2c_pybamm.files import read_result, write_result

ANODE = "Negative electrode surface potential difference at separator interface [V]"
SECONDS = np.arange(601.0)
BACK_AND_FORTH = np.where(SECONDS % 2 == 0, 6.0, -4.0)
STEPS = ["Discharge at 10 W for 10 minutes", "Rest for 100 s", "Discharge at 1C until 2.8 V"]


def volt(name: str, **moment: Any) -> VariableAt:
    return VariableAt(name=name, variable="voltage", **moment)


def drop(trace: Trace) -> float:
    """Fall of the voltage [V] in the first ten minutes."""
    return float(trace["voltage"][0] - trace.at("voltage", 600.0))


def failing(trace: Trace) -> float:
    raise KeyError("odd")


def straight(end: float = 100.0, current: float = 36.0) -> Trace:
    """A voltage that falls from 4 V by 10 mV each second at a constant current [A]."""
    t = np.linspace(0, end, 11)
    return Trace(t, {VOLTAGE: 4 - 0.01 * t, ANODE: np.where(t > 50, np.nan, t), CURRENT: np.full(11, current)})


def evaluated(output: Any, *traces: Trace) -> tuple[list[float], list[str]]:
    values, reasons = output.evaluate(Traces.of(traces, np.full(len(traces), np.nan)))
    return values.tolist(), reasons


@pytest.mark.parametrize("current", [36.0, 8e-4])
def test_coin_cell_has_a_pulse_resistance(current: float) -> None:
    """A fall of 0.1 V in ten seconds behind rest at 4 V, whatever the size of the current."""
    trace = straight(current=current)
    trace = Trace(trace.t, {**{name: trace[name] for name in (VOLTAGE, CURRENT)}, OPEN_CIRCUIT: np.full(11, 4.0)})
    assert pulse_resistance(Traces.of([trace], np.full(1, np.nan))) == pytest.approx(0.1 / current, rel=1e-12)


def test_current_of_round_off_is_no_pulse_and_no_discharge() -> None:
    """A hold whose current swings about 0; and the charge that such a current delivers behind a charge of 2.6 A.h."""
    noise = 1e-9 * (-1.0) ** np.arange(11)
    hold = Trace(np.linspace(0, 100, 11), {VOLTAGE: np.full(11, 4.2), CURRENT: noise, OPEN_CIRCUIT: np.full(11, 4.0)})
    assert np.isnan(pulse_resistance(Traces.of([hold], np.full(1, np.nan)))[0])
    out, into = np.array([2e-7, 1.0, 0.0]), np.array([2.6, 2.6, 2.6])
    charged = SimpleNamespace(throughput=Throughput(out, into, 4 * out, 4 * into, out))
    np.testing.assert_array_equal(capacity(charged), [2.6, 1.0, 2.6])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ({"time": 25.0}, 3.75),
        ({"capacity": 0.25}, 3.75),  # 36 A for 25 s
        ({"capacity": 1.0}, 3.0),  # reached at the very end
        ({"capacity": 0.0}, 4.0),
        ({"capacity": 0.7}, 3.3),
        ({"event": "end"}, 3.0),
        ({"event": "Current [A] = 36"}, 4.0),
        ({"event": "voltage = 3.625"}, 3.625),
        ({"event": "Voltage [V] = 4e0"}, 4.0),
    ],
)
def test_moments_of_a_straight_line(moment: dict[str, Any], expected: float) -> None:
    values, reasons = evaluated(volt("v", **moment), straight())
    assert values == pytest.approx([expected], abs=1e-12)
    assert reasons == [""]


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ({"time": 101.0}, "v: 101 s: not reached, the sample ends at 100 s"),
        ({"capacity": 1.01}, "v: 1.01 A.h: not reached"),
        ({"capacity": -0.1}, "v: -0.1 A.h: not reached"),
        ({"event": "voltage = 2.9"}, "v: voltage = 2.9: not reached"),
    ],
)
def test_moment_that_is_not_reached_is_missing_in_that_sample_alone(moment: dict[str, Any], words: str) -> None:
    values, reasons = evaluated(volt("v", **moment), straight(), straight(200.0, np.copysign(36.0, moment.get("capacity", 1))))
    assert np.isfinite(values).tolist() == [False, True]
    assert words in reasons[0]
    assert reasons[1] == ""


def test_charge_that_is_reached_at_the_very_end() -> None:
    """The sum at the end is a rounding below 0.1 A.h."""
    t, capacity = np.linspace(0, 12, 10), 0.1
    trace = Trace(t, {VOLTAGE: 4 - 0.01 * t, CURRENT: np.full(10, 30.0)})
    assert Traces.of([trace], np.full(1, np.nan)).charge[0, -1] < capacity
    assert evaluated(volt("v", capacity=capacity), trace)[0] == pytest.approx([3.88])


def test_variable_that_is_not_finite_is_missing_where_it_is_not() -> None:
    early, late = (VariableAt(name="a", variable=ANODE, time=time) for time in (25.0, 75.0))
    assert evaluated(early, straight())[0] == pytest.approx([25.0])
    assert evaluated(late, straight())[1] == [f"a: 75 s: {ANODE} is not finite there"]


@pytest.mark.parametrize(("required", "fails"), [((VOLTAGE,), False), ((VOLTAGE, "odd"), True)])
def test_variable_that_is_not_finite_fails_a_sample_only_where_others_need_it(required: tuple[str, ...], fails: bool) -> None:
    class Solution:
        t = np.array([0.0, 1.0])
        termination = "event: Minimum voltage [V]"

        def __getitem__(self, name: str) -> Any:
            return SimpleNamespace(data=np.array([1.0, np.nan if name == "odd" else 1.0]))

    values: Any = {"Current function [A]": 5.0}
    setup = Setup("SPM", {}, values, ConstantCurrent(1.0), (VOLTAGE, "odd"), required)
    outcome = BatchSolver(setup, compile=False)._outcome(Solution())
    assert isinstance(outcome, Failure) == fails
    assert not fails or str(outcome) == "solver: odd is not finite"


def test_functions_see_one_sample_and_cost_their_own_number_alone() -> None:
    length = TraceFunction(name="n", function=lambda trace: trace.t[-1] + trace.throughput.charge_out)
    assert evaluated(length, straight(), straight(50.0))[0] == pytest.approx([101.0, 50.5])
    values, reasons = evaluated(TraceFunction(name="f", function=failing), straight())
    assert np.isnan(values).all()
    assert reasons == ["f: KeyError: 'odd'"]
    for found in (np.nan, np.inf):
        assert evaluated(TraceFunction(name="f", function=lambda trace, x=found: x), straight())[1] != [""]
    for wrong in ("3", [1.0, 2.0], None):
        values, reasons = evaluated(TraceFunction(name="f", function=lambda trace, x=wrong: x), straight())
        assert np.isnan(values).all()
        assert "return one number" in reasons[0]
    assert "has no 'Voltge [V]', only 'Voltage [V]'" in evaluated(
        TraceFunction(name="f", function=lambda trace: trace["Voltge [V]"][0]), straight()
    )[1][0]  # fmt: skip


def test_trace_between_its_times() -> None:
    trace = straight()
    assert float(trace.at("voltage", 33.0)) == pytest.approx(3.67)
    assert trace.at(VOLTAGE, [[0.0, 100.0], [100.1, 5.0]]) == pytest.approx(np.array([[4, 3], [np.nan, 3.95]]), nan_ok=True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "give one of time, capacity and event"),
        ({"time": 1.0, "event": "end"}, "give one of time, capacity and event"),
        ({"time": -1.0}, "time is -1 s; give one of 0 or more"),
        ({"time": np.inf}, "time is inf"),
        ({"capacity": np.nan}, "capacity is nan"),
        ({"event": "when full"}, "event is 'when full'; give 'end', 'end of step 2', or a variable and its value"),
        ({"event": "voltage = high"}, "event is 'voltage = high'"),
        ({"event": ""}, "event is ''"),
        ({"event": 3.5}, "event is 3.5"),
        ({"time": "10 min"}, "'10 min' is no number; give seconds as time"),
        ({"capacity": [1.0]}, "[1.0] is no number"),
    ],
)
def test_moments_are_checked(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match="output 'v': ") as error:
        volt("v", **arguments)
    assert words in str(error.value)


CYCLE = DriveCycle([0.0, 10.0], [1.0, 1.0])


@pytest.mark.parametrize(
    ("outputs", "protocol", "words"),
    [
        ([volt("v", event="end of step 2")], ConstantCurrent(1.0), "the protocol has no steps"),
        ([volt("v", event="end of step 0")], Steps.of(["Rest for 1 minute"]), "the protocol has 1 steps"),
        ([volt("v", event="end of step 2")], Steps.of(["Rest for 1 minute"]), "the protocol has 1 steps"),
        ([volt("v", time=11.0)], CYCLE, "time is 11 s, but the cycle ends at 10 s"),
        ([volt("v", capacity=-1.0)], ConstantCurrent(1.0), "the current discharges: give a positive one"),
        ([volt("v", capacity=1.0)], ConstantCurrent(-1.0), "the current charges: give a negative one"),
        ([volt("v", time=1.0), volt("v", time=2.0)], CYCLE, "'v' is listed twice"),
        (["capacity", volt("capacity", time=1.0)], CYCLE, "'capacity' is listed twice"),
        ([volt("capacity", time=1.0)], CYCLE, "is that of another output or an axis"),
        ([volt("voltage", time=1.0)], CYCLE, "is that of another output or an axis"),
        ([volt("time", time=1.0)], CYCLE, "is that of another output or an axis"),
        ([volt("draws", time=1.0)], CYCLE, "is that of another output or an axis"),
        ([volt("voltage_of_step", time=1.0)], CYCLE, "is that of another output or an axis"),
        ([volt("V/s", time=1.0)], CYCLE, "without '/'"),
        ([volt(" ", time=1.0)], CYCLE, "must be text"),
        ([drop], CYCLE, "neither a name nor a VariableAt or TraceFunction"),
        (volt("v", time=1.0), CYCLE, "give a list"),
    ],
)
def test_outputs_are_checked_before_anything_is_solved(outputs: Any, protocol: Protocol, words: str) -> None:
    with pytest.raises(ValueError, match="output") as error:
        Outputs.of(outputs, protocol)
    assert words in str(error.value)


def test_function_is_compared_by_its_code() -> None:
    """Its text holds no address; another code, another enclosed number or another default is another text."""

    def over(limit: float) -> TraceFunction:
        return TraceFunction(name="f", function=lambda trace: float((trace["voltage"] > limit).mean()))

    first = repr(TraceFunction(name="f", function=drop, units="V"))
    assert first == repr(pickle.loads(pickle.dumps(TraceFunction(name="f", function=drop, units="V"))))
    assert "0x" not in first
    assert f"{drop.__module__}.drop" in first
    one, two = (TraceFunction(name="f", function=function) for function in (lambda trace: 1.0, lambda trace: 2.0))
    assert repr(one) != repr(two)
    texts = [repr(over(3.0)), repr(over(3.5)), repr(TraceFunction(name="f", function=failing)), first]
    assert len(set(texts)) == 4
    assert repr(over(3.0)) == texts[0]
    with pytest.raises(ValueError, match="cannot go to other processes; define it at the top level of a module"):
        over(3.0).validate_portable()
    TraceFunction(name="f", function=functools.partial(np.interp, 1.0)).validate_portable()
    TraceFunction(name="f", function=drop).validate_portable()
    with pytest.raises(ValueError, match="cannot go to other processes"):
        TraceFunction(name="f", function=functools.partial(lambda x, trace: x, 1.0)).validate_portable()
    with pytest.raises(ValueError, match="is no function"):
        TraceFunction(name="f", function="drop")  # type: ignore[arg-type]


LIMITS = {"low": np.zeros(2000)}
"""Data that a function of this module reads."""


def above(trace: Trace) -> float:
    return float((trace["voltage"] > LIMITS["low"].max()).mean())


def through(trace: Trace) -> float:
    return above(trace)


class Scaled:
    """A function with a state."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, trace: Trace) -> float:
        return self.factor * float(trace["voltage"][0])


@pytest.mark.parametrize("function", [above, through, functools.partial(through)])
def test_function_is_compared_by_the_data_that_it_reads(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def text() -> str:
        return repr(TraceFunction(name="f", function=function))

    first = text()
    assert text() == first
    changed = np.zeros(2000)
    changed[1000] = 3.5  # what numpy's own text leaves out
    monkeypatch.setitem(LIMITS, "low", changed)
    assert text() != first


def test_object_or_partial_is_compared_by_its_state() -> None:
    states: list[Any] = [Scaled(1.0), Scaled(2.0)]
    states += [functools.partial(f, x) for f, x in ((np.interp, 1.0), (np.interp, 2.0), (np.full, 1.0))]
    texts = [repr(TraceFunction(name="f", function=state)) for state in states]
    assert len(set(texts)) == 5
    assert "0x" not in "".join(texts)
    assert repr(TraceFunction(name="f", function=Scaled(1.0))) == texts[0]


@settings(max_examples=15, deadline=None)
@given(st.integers(3, 30), st.integers(0, 2**32 - 1))
def test_first_moment_of_a_curve(n: int, seed: int) -> None:
    """The curve has the level there and has not had it before; one that jumps across has it where it lands."""
    rng = np.random.default_rng(seed)
    t, y = np.cumsum(rng.uniform(0.1, 3, (1, n)), axis=1), rng.normal(size=(1, n))
    level = float(rng.uniform(y.min(), y.max()))
    cubic = MonotoneCubic.through(t, y, np.zeros((1, n), dtype=int))
    moment = cubic.first_moment(level)
    assert cubic.at(moment[:, None])[0, 0] == pytest.approx(level, abs=1e-9)
    before = cubic.at(np.linspace(t[0, 0], moment[0], 500)[None, :-1])[0] - level
    assert (before > -1e-9).all() or (before < 1e-9).all()
    assert np.isnan(cubic.first_moment(float(y.max()) + 1)).all()


def test_first_moment_across_the_end_of_a_step() -> None:
    t, y = np.array([[0.0, 1, 1.001, 2]]), np.array([[4.0, 3.9, 3.5, 3.4]])
    cubic = MonotoneCubic.through(t, y, np.array([[0, 0, 1, 1]]))
    assert cubic.first_moment(3.7)[0] == 1.001


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_first_moment_of_a_charge_is_exact(n: int, seed: int) -> None:
    """Of a current that is linear between its data, which turns now and then."""
    rng = np.random.default_rng(seed)
    t = np.concatenate([[0.0], np.cumsum(10 ** rng.uniform(-1, 3, n - 1))])
    i = rng.normal(size=n) * (rng.random(n) > 0.3)
    fine = np.union1d(np.linspace(0, t[-1], 20001), t)
    current = np.interp(fine, t, i)
    charge = np.concatenate([[0.0], np.cumsum(np.diff(fine) * (current[1:] + current[:-1]) / 2)]) / 3600
    wanted = float(rng.uniform(0.05, 0.95) * (charge.max() if rng.random() < 0.5 else charge.min()))
    moment = CyclePanels(t, i).moment_of_charge(wanted)
    assert float(np.interp(moment, fine, charge)) == pytest.approx(wanted, abs=1e-5 * np.abs(charge).max() + 1e-12)
    passed = charge[fine < moment - 1e-9 * t[-1]] - wanted
    assert (passed > -1e-12).all() or (passed < 1e-12).all()


@pytest.fixture(scope="module")
def chen() -> a2c.ParameterSet:
    law = a2c.Scale("Negative particle diffusivity")
    joint = a2c.Joint([a2c.Estimate.from_covariance(law.names, [0.0], [[0.01]], source="diffusivity")])
    return a2c.ParameterSet(
        "chen", "Chen2020", {"Negative particle diffusivity [m2.s-1]": a2c.Attachment(law, "factor")}, joint
    )


def pybamms(parameter_set: a2c.ParameterSet, protocol: Any, soc: float) -> pybamm.Solution:
    """PyBaMM's own solution, a thousand times as tight, with its interpolation between the solver's times."""
    values, solver = parameter_set.nominal(), pybamm.IDAKLUSolver(rtol=1e-8, atol=1e-10)
    values.set_initial_state(soc)
    limits = {"Lower voltage cut-off [V]": 2.499, "Upper voltage cut-off [V]": 4.201}
    if isinstance(protocol, DriveCycle):
        t, i = np.array(protocol.time), np.array(protocol.current)
        values.update({**limits, "Current function [A]": pybamm.Interpolant(t, i, pybamm.t)})
        return pybamm.Simulation(pybamm.lithium_ion.SPMe(), parameter_values=values, solver=solver).solve(t)
    values.update(limits if isinstance(protocol, list) else {})
    experiment = {"experiment": pybamm.Experiment(protocol)} if isinstance(protocol, list) else {}
    simulation = pybamm.Simulation(pybamm.lithium_ion.SPMe(), parameter_values=values, solver=solver, **experiment)
    return simulation.solve() if experiment else simulation.solve([0, 4000])


def first(variable: Any, value: float, end: float, *others: Any) -> float:
    """First time at which PyBaMM's variable has a value."""
    fine = np.union1d(np.linspace(0, end, 100_001), others)
    rest = np.asarray(variable(fine)) - value
    k = np.flatnonzero(rest[:-1] * rest[1:] <= 0)[0]
    return float(brentq(lambda t: float(variable(t)) - value, fine[k], fine[k + 1], xtol=1e-10))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("protocol", "soc", "time", "charge", "level"),
    [
        (None, 1.0, 1234.5, 3.3, 3.4),
        (DriveCycle([0, 900, 1800], [0, 8, 0]), 0.9, 777.7, 1.234, 3.65),
        (DriveCycle(SECONDS[:301], BACK_AND_FORTH[:301]), 0.8, 123.4, 0.0501, 3.89),
        (STEPS, 1.0, 1234.5, 3.3, 3.4),
    ],
)
def test_moments_are_pybamms_on_a_fine_grid(
    chen: a2c.ParameterSet, protocol: Any, soc: float, time: float, charge: float, level: float
) -> None:
    """Voltages to 2e-5 V, a few times the solver's tolerance of 1e-5, and times to that over the voltage's slope."""
    outputs = [
        volt("at time", time=time),
        volt("at charge", capacity=charge),
        VariableAt(name="time of charge", variable="Time [s]", capacity=charge),
        VariableAt(name="anode at level", variable=ANODE, event=f"Voltage [V] = {level}"),
        VariableAt(name="time of level", variable="Time [s]", event=f"Voltage [V] = {level}"),
        VariableAt(name="anode at end", variable=ANODE, event="end"),
        TraceFunction(name="fall", function=drop if protocol is None else lambda trace: trace["voltage"][0], units="V"),
    ]
    data = Cell(chen, model="SPMe", protocol=protocol, soc=soc, outputs=outputs).solve(np.zeros((1, 1))).isel(sample=0)
    assert not data["failed"]
    assert data["reason"].item() == ""
    found = {output.name: float(data[output.name]) for output in outputs}
    solution = pybamms(chen, protocol, soc)
    voltage, anode, end = solution["Voltage [V]"], solution[ANODE], float(solution.t[-1])
    of_charge = first(solution["Discharge capacity [A.h]"], charge, end)
    of_level = first(voltage, level, end, *solution.t)
    assert found["time of charge"] == pytest.approx(of_charge, abs=2e-3)  # s: PyBaMM's charge is off by its tolerance
    assert found["time of level"] == pytest.approx(of_level, abs=0.1)
    bound = {"abs": 2.5e-5, "rel": 0}
    assert found["at time"] == pytest.approx(float(voltage(time)), **bound)
    assert found["at charge"] == pytest.approx(float(voltage(of_charge)), **bound)
    assert found["anode at level"] == pytest.approx(float(anode(of_level)), **bound)
    assert found["anode at end"] == pytest.approx(float(anode(end)), **bound)
    wanted = float(voltage(0.0)) - (float(voltage(600.0)) if protocol is None else 0.0)
    assert found["fall"] == pytest.approx(wanted, **bound)


@pytest.mark.slow
def test_end_of_a_step_is_before_the_jump(chen: a2c.ParameterSet) -> None:
    """Also where it is given as a time; the end of a whole experiment is that of its last step."""
    outputs = [volt("one", event="end of step 1"), volt("by time", time=600.0), volt("last", event="end of step 3")]
    outputs += [volt("end", event="end"), volt("behind", time=600.5), volt("never", time=1e5)]
    cell = Cell(chen, model="SPM", protocol=STEPS, outputs=["end_time", *outputs])
    data = cell.solve(np.zeros((2, 1))).isel(sample=0)
    assert float(data["one"]) == float(data["by time"])
    assert float(data["behind"]) - float(data["one"]) > 0.02, "the voltage rises when the current ends"
    assert float(data["last"]) == float(data["end"]) == pytest.approx(2.8, abs=1e-6)
    assert np.isnan(data["never"])
    assert not data["failed"]
    assert data["cause"].item() == ""
    assert data["reason"].item().startswith("never: 100000 s: not reached, the sample ends at")
    assert data["one"].attrs == {"units": "V", "long_name": "one"}
    assert np.isfinite(cell.jacobian(np.zeros(1))["one"]).all()


@pytest.mark.slow
def test_mistakes_are_one_line(chen: a2c.ParameterSet) -> None:
    for output, words in (
        (VariableAt(name="v", variable="Voltge [V]", time=1.0), "no variable 'Voltge [V]'; did you mean 'Voltage [V]'"),
        (volt("v", event="Voltge [V] = 3"), "no variable 'Voltge [V]'"),
        (VariableAt(name="v", variable="Negative particle concentration", time=1.0), "a value at each place"),
        (TraceFunction(name="v", function=drop, variables=["Nothing"]), "no variable 'Nothing'"),
        (
            TraceFunction(name="v", function=failing),
            "output 'v': its function fails at the mean coefficients (KeyError: 'odd')",
        ),
    ):
        with pytest.raises(ValueError, match=r"cell|output") as error:
            Cell(chen, model="SPM", outputs=[output])
        assert words in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.slow
def test_declared_outputs_are_decided_on_stored_and_shared_out(
    chen: a2c.ParameterSet, tmp_path: Path, process: ProcessPoolExecutor
) -> None:
    outputs = ["capacity", volt("after ten minutes", time=600.0), TraceFunction(name="fall", function=drop, units="V")]
    cell = Cell(chen, model="SPM", outputs=outputs)
    samples = np.linspace(-0.2, 0.2, 12)[:, None]
    with ParallelCell(cell, process, schedule=ChunkSchedule(start_seconds=0)) as parallel:
        assert parallel.solve(samples).identical(cell.solve(samples))
    result = a2c.propagate(cell, chen.joint, a2c.FirstOrder(), a2c.MonteCarlo(40), rng=np.random.default_rng(1))
    node = result["after ten minutes"]
    assert {"status", "verdict", "decision", "recommendation"} <= set(node.data_vars)
    slopes = float(node["std"].sel(approach="first order")), float(result["fall"]["std"].sel(approach="first order"))
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-3), "all cells start at one voltage: both fall alike"
    assert slopes[0] == pytest.approx(0.1 * abs(float(cell.jacobian(np.zeros(1))["after ten minutes"][0])), rel=1e-6)
    read = read_result(write_result(tmp_path / "result.nc", result))
    assert read["fall"].identical(result["fall"])
    assert read["fall"]["mean"].attrs["units"] == "V"
