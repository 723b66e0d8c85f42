"""Models, options, protocols and outputs of the cell, against PyBaMM's own simulations and against hand calculations."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pybamm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

import a2c_pybamm as a2c
from a2c_pybamm import Cell, ConstantCurrent, DriveCycle
from a2c_pybamm.cell.monotone_cubic import MonotoneCubic
from a2c_pybamm.cell.pool import specify
from a2c_pybamm.cell.protocol import Steps
from a2c_pybamm.cell.solving import has_compiler

DIFFUSIVITY = "Negative particle diffusivity [m2.s-1]"
STEPS = ["Discharge at 1C until 3.0 V", "Rest for 10 minutes", "Charge at C/2 until 4.1 V", "Hold at 4.1 V until C/10"]
TIGHT = {"rtol": 1e-7, "atol": 1e-9}


def scaled(base: str, *keys: str, **numbers: tuple[float, str]) -> a2c.ParameterSet:
    """A base set with a factor of 10 % on entries, and numbers (mean, unit) known to 10 % in the place of others."""
    attach: dict[str, a2c.Attachment] = {}
    estimates = []
    for key in keys:
        law = a2c.Scale(key.split(" [")[0])
        attach[key] = a2c.Attachment(law, "factor")
        estimates.append(a2c.Estimate.from_covariance(law.names, [0.0], [[0.01]], source=key))
    for key, (mean, unit) in numbers.items():
        value = a2c.Value(key.split(" [")[0], unit)
        attach[key] = a2c.Attachment(value, "value")
        estimates.append(a2c.Estimate.from_covariance(value.names, [mean], [[(mean / 10) ** 2]], source=key))
    return a2c.ParameterSet(f"scaled {base}", base, attach, a2c.Joint(estimates))


def mean_of(cell: Cell) -> np.ndarray:
    return cell.parameter_set.joint.mean[cell.parameter_set.joint.rows(cell.names)][None]


def at_mean(cell: Cell) -> Any:
    data = cell.solve(mean_of(cell)).isel(sample=0)
    assert not data["failed"], data["reason"].item()
    return data


@pytest.fixture(scope="module")
def chen() -> a2c.ParameterSet:
    return scaled("Chen2020", DIFFUSIVITY)


def reference(
    parameter_set: a2c.ParameterSet, model: Any, times: Sequence[float] | None = None, **other: Any
) -> pybamm.Solution:
    """PyBaMM's own simulation of the nominal set, which starts fully charged."""
    solver = pybamm.IDAKLUSolver(**TIGHT)
    simulation = pybamm.Simulation(model, parameter_values=other.pop("values", parameter_set.nominal()), solver=solver, **other)
    return simulation.solve(times)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_cubic_is_scipys_for_each_row(n: int, seed: int) -> None:
    """Rows of other lengths, filled with NaN, do not matter."""
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.uniform(0.1, 3, (2, 40)), axis=1)
    y = rng.normal(size=(2, 40)).round(1)
    lengths = (n, 40)
    for row, length in enumerate(lengths):
        t[row, length:] = y[row, length:] = np.nan
    cubic = MonotoneCubic.through(t, y, np.where(np.isfinite(t), 0, -1))
    for row, length in enumerate(lengths):
        own = PchipInterpolator(t[row, :length], y[row, :length])
        inside = rng.uniform(t[row, 0], t[row, length - 1], 20)
        np.testing.assert_allclose(cubic.at(inside)[row], own(inside), atol=1e-12)
        integral = own.integrate(t[row, 0], t[row, length - 1])
        np.testing.assert_allclose(cubic.integral()[row], integral, atol=1e-11)
    assert np.isnan(cubic.at(np.array([t[0, n - 1] + 1e-6, t[0, 0] - 1e-6]))[0]).all()


def test_cubic_never_reaches_across_a_step() -> None:
    t = np.array([[0.0, 1.0, 2.0, 2.0 + 1e-9, 3.0, 4.0]])
    y = np.array([[0.0, 0.0, 0.0, 5.0, 5.0, 5.0]])
    cubic = MonotoneCubic.through(t, y, np.array([[0, 0, 0, 1, 1, 1]]))
    np.testing.assert_array_equal(cubic.at(np.array([0.5, 1.9, 2.1, 3.7]))[0], [0, 0, 5, 5])
    assert cubic.integral()[0] == pytest.approx(10, rel=1e-8)


@pytest.mark.slow
def test_experiment_is_pybamms_own(chen: a2c.ParameterSet) -> None:
    cell = Cell(chen, model="SPMe", protocol=STEPS, outputs=["capacity", "charge_time", "end_time", "voltage"])
    found = at_mean(cell)
    whole = reference(chen, pybamm.lithium_ion.SPMe(), experiment=pybamm.Experiment(STEPS))
    steps = [cycle.steps[0] for cycle in whole.cycles]
    durations = np.diff([0, *(step.t[-1] for step in steps)])
    np.testing.assert_allclose(found["step_duration"], durations, rtol=1e-4)
    assert float(found["end_time"]) == pytest.approx(whole.t[-1], rel=1e-4)
    # what is discharged is the first step's charge, although the cell is charged afterwards
    assert float(found["capacity"]) == pytest.approx(steps[0]["Discharge capacity [A.h]"].entries[-1], rel=1e-4)
    assert float(found["charge_time"]) == pytest.approx(durations[2:].sum(), rel=1e-4)
    for k, step in enumerate(steps):
        inside = step.t[0] + found["part"].values[1:-1] * durations[k]
        np.testing.assert_allclose(found["voltage_of_step"][k, 1:-1], step["Voltage [V]"](inside), atol=2e-3)
    assert list(found["step_text"].values) == STEPS
    assert list(found["step"].values) == [1, 2, 3, 4]


@pytest.mark.slow
def test_experiment_goes_to_other_processes_as_text(chen: a2c.ParameterSet) -> None:
    """Also given as a PyBaMM experiment with cycles and step objects."""
    experiment = pybamm.Experiment([("Discharge at C/2 for 10 minutes", pybamm.step.rest(duration=60))] * 2)
    cell = Cell(chen, model="SPM", protocol=experiment, outputs=["end_time"])
    specification = specify(cell)
    assert hash(specification) == hash(specify(cell))
    again = specification.build()
    assert float(at_mean(again)["end_time"]) == float(at_mean(cell)["end_time"]) == pytest.approx(2 * 660)


@pytest.mark.slow
def test_step_that_cannot_be_done_is_the_samples_failure(chen: a2c.ParameterSet) -> None:
    """The mean cell lasts for the step; with a slow negative electrode the lower limit comes first."""
    cell = Cell(chen, model="SPM", protocol=["Discharge at 1C for 57 minutes", "Rest for 1 minute"], outputs=["end_time"])
    data = cell.solve(np.array([[0.0], [-3.0], [0.1]]))
    assert list(data["failed"].values) == [False, True, False]
    assert "step 1 of 2 (Discharge at 1C for 57 minutes) was not completed" in data["reason"].values[1]
    assert np.isnan(data["step_duration"].values[1]).all()
    with pytest.raises(a2c.SimulationFailed, match="step 1 of 1"):
        Cell(chen, model="SPM", protocol=["Discharge at 1C for 2 hours"]).solve(np.zeros((1, 1)))


@pytest.mark.slow
def test_step_that_has_nothing_to_do_takes_no_time(chen: a2c.ParameterSet) -> None:
    steps = ["Charge at 1C until 4.2 V", "Discharge at 1C for 60 s", "Rest for 60 s"]
    found = at_mean(Cell(chen, model="SPM", protocol=steps, outputs=["end_time", "voltage"]))
    np.testing.assert_allclose(found["step_duration"], [0, 60, 60])
    assert np.isnan(found["voltage_of_step"][0]).all()
    assert np.isfinite(found["voltage_of_step"][1:]).all()


@pytest.mark.slow
def test_experiment_may_begin_at_rest_fully_charged(chen: a2c.ParameterSet) -> None:
    found = at_mean(Cell(chen, model="SPM", protocol=["Rest for 1 minute", "Discharge at 1C for 60 s"], outputs=["voltage"]))
    assert float(found["voltage_of_step"][0, 0]) == pytest.approx(4.2, abs=1e-4)


@pytest.mark.slow
def test_pulse_resistance_is_read_ten_seconds_after_the_current_changes(chen: a2c.ParameterSet) -> None:
    names = ["pulse_resistance", "voltage"]
    later = at_mean(Cell(chen, model="SPMe", protocol=["Rest for 1 minute", "Discharge at 1C for 60 s"], outputs=names))
    times = np.array([0, 60 - 1e-6])
    whole = reference(chen, pybamm.lithium_ion.SPMe(), np.array([0.0, 60.0]))
    by_hand = (4.2 - float(whole["Voltage [V]"](10.0))) / 5
    at_once = at_mean(Cell(chen, model="SPMe", outputs=names))
    assert float(at_once["pulse_resistance"]) == pytest.approx(by_hand, rel=2e-3)
    assert float(later["pulse_resistance"]) == pytest.approx(by_hand, rel=2e-3)
    with pytest.raises(ValueError, match="no pulse_resistance"):
        Cell(chen, protocol=DriveCycle(times, [1.0, 1.0]), outputs=names)


@pytest.mark.slow
def test_charge_is_the_discharge_backwards(chen: a2c.ParameterSet) -> None:
    """From empty to full by so small a current that only the open-circuit voltage counts: the same charge both ways."""
    names = ["capacity", "charge_time", "end_time"]
    up = at_mean(Cell(chen, model="SPM", c_rate=-0.01, outputs=names))
    down = at_mean(Cell(chen, model="SPM", c_rate=0.01, outputs=names))
    assert float(up["capacity"]) == pytest.approx(float(down["capacity"]), rel=2e-3)
    assert float(up["charge_time"]) == float(up["end_time"])
    assert float(down["charge_time"]) == 0


@pytest.mark.slow
def test_drive_cycle_misses_no_pulse(chen: a2c.ParameterSet) -> None:
    """Two seconds of 3C amid hours of C/20, against PyBaMM stopping at every datum."""
    time = np.array([0, 4000, 4000.01, 4002, 4002.01, 8000.0])
    current = np.array([0.25, 0.25, 15, 15, 0.25, 0.25])
    found = at_mean(Cell(chen, model="SPMe", protocol=DriveCycle(time, current), outputs=["capacity", "energy", "voltage"]))
    values = chen.nominal()
    values.update({"Current function [A]": pybamm.Interpolant(time, current, pybamm.t)})
    whole = reference(chen, pybamm.lithium_ion.SPMe({"calculate discharge energy": "true"}), time, values=values)
    assert float(found["capacity"]) == pytest.approx(np.trapezoid(current, time) / 3600, rel=1e-9)
    np.testing.assert_allclose(found["voltage"], whole["Voltage [V]"](time), atol=2e-4)


@pytest.mark.slow
def test_drive_cycle_ends_at_a_voltage_limit(chen: a2c.ParameterSet) -> None:
    found = at_mean(Cell(chen, model="SPM", protocol=DriveCycle([0, 1000, 9000], [5, 5, 5]), outputs=["end_time", "voltage"]))
    discharge = at_mean(Cell(chen, model="SPM"))
    assert float(found["end_time"]) == pytest.approx(float(discharge["end_time"]), rel=1e-4)
    assert np.isnan(found["voltage"].values[-1])


@pytest.mark.slow
def test_warm_cell_and_its_mass(chen: a2c.ParameterSet) -> None:
    options = {"thermal": "lumped"}
    temperature = "Volume-averaged cell temperature [K]"
    wanted = ["energy", "specific_energy", "peak_temperature", "least_anode_potential", temperature]
    found = at_mean(Cell(chen, model="SPMe", options=options, outputs=wanted))
    whole = reference(chen, pybamm.lithium_ion.SPMe(options), [0, 4000])
    # the solver's tolerance of 1e-5 is one of temperatures of 300 K: it leaves 0.2 % of the 13 K that the cell warms up
    rise = whole[temperature].entries.max() - 298.15
    assert float(found["peak_temperature"]) - 298.15 == pytest.approx(rise, rel=5e-3)
    anode = whole["Negative electrode surface potential difference at separator interface [V]"].entries
    assert float(found["least_anode_potential"]) == pytest.approx(anode.min(), abs=1e-4)
    shared = np.linspace(0, whole.t[-1], len(found["discharged_share"]))
    np.testing.assert_allclose(found[f"{temperature}_of_share"], whole[temperature](shared), atol=5e-3 * rise)
    assert found[temperature].attrs["units"] == "K"
    base = pybamm.ParameterValues("Chen2020")
    layers = (
        "Negative current collector",
        "Negative electrode",
        "Separator",
        "Positive electrode",
        "Positive current collector",
    )
    areal = sum(base[f"{layer} thickness [m]"] * base[f"{layer} density [kg.m-3]"] for layer in layers)
    mass = areal * base["Electrode height [m]"] * base["Electrode width [m]"]
    assert float(found["specific_energy"]) == pytest.approx(float(found["energy"]) / mass, rel=1e-12)


@pytest.mark.slow
def test_mass_is_each_samples_own() -> None:
    made = scaled("Chen2020", "Separator density [kg.m-3]")
    cell = Cell(made, model="SPM", outputs=["energy", "specific_energy"])
    assert cell.names == made.joint.names
    data = cell.solve(np.array([[0.0], [0.5]]))
    mass = (data["energy"] / data["specific_energy"]).values
    base = pybamm.ParameterValues("Chen2020")
    layer = base["Separator thickness [m]"] * base["Separator density [kg.m-3]"]
    area = base["Electrode height [m]"] * base["Electrode width [m]"]
    assert mass[1] - mass[0] == pytest.approx(layer * area * np.expm1(0.5), rel=1e-9)


@pytest.mark.slow
def test_peak_stress_is_the_largest_in_both_electrodes() -> None:
    made = scaled("Ai2020", "Positive electrode Young's modulus [Pa]")
    options = {"particle mechanics": "swelling only"}
    found = at_mean(Cell(made, model="DFN", options=options, outputs=["peak_stress"]))
    whole = reference(made, pybamm.lithium_ion.DFN(options), [0, 4000])
    both = [np.abs(whole[f"{side} particle surface tangential stress [Pa]"].entries).max() for side in ("Negative", "Positive")]
    assert float(found["peak_stress"]) == pytest.approx(max(both), rel=1e-3)
    with pytest.raises(ValueError, match="particle mechanics"):
        Cell(made, outputs=["peak_stress"])


@pytest.mark.slow
@pytest.mark.parametrize("soc", [1.0, 0.4])
def test_half_cell_starts_where_pybamm_starts_it(soc: float) -> None:
    made = scaled("Xu2019", "Positive particle diffusivity [m2.s-1]")
    cell = Cell(made, model="SPM", soc=soc)
    state, failures = cell.feasibility(mean_of(cell))
    values = pybamm.ParameterValues("Xu2019")
    values.set_initial_state(soc, options={"working electrode": "positive"})
    initial, most = (values[f"{what} concentration in positive electrode [mol.m-3]"] for what in ("Initial", "Maximum"))
    assert failures == [None]
    assert float(state.stoichiometry["positive"][0]) == pytest.approx(float(initial / most), abs=1e-6)
    model = pybamm.lithium_ion.SPM({"working electrode": "positive"})
    whole = reference(made, model, [0, 8000], values=values)
    assert float(at_mean(cell)["end_time"]) == pytest.approx(whole.t[-1], rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("soc", [1.0, 0.6])
def test_msmr_cell_starts_where_pybamm_starts_it(soc: float) -> None:
    made = scaled("MSMR_Example", "Positive electrode host site ideality factor (0)")
    cell = Cell(made, model="MSMR", soc=soc)
    values = pybamm.ParameterValues("MSMR_Example")
    values.set_initial_state(soc, options=cell.options)
    state, failures = cell.feasibility(mean_of(cell))
    assert failures == [None]
    for side, value in zip(("negative", "positive"), state.values.values(), strict=True):
        assert float(value[0]) == pytest.approx(float(values[f"Initial voltage in {side} electrode [V]"]), abs=1e-5)
    whole = reference(made, pybamm.lithium_ion.MSMR(cell.options), [0, 6000], values=values)
    assert float(at_mean(cell)["end_time"]) == pytest.approx(whole.t[-1], rel=1e-3)


@pytest.mark.slow
def test_start_below_full_charge_is_pybamms_and_its_gradient_exact(chen: a2c.ParameterSet) -> None:
    offset = scaled("Chen2020", DIFFUSIVITY, "Maximum concentration in positive electrode [mol.m-3]")
    cell = Cell(offset, model="SPM", soc=0.5)
    state, _ = cell.feasibility(mean_of(cell))
    expected = pybamm.lithium_ion.ElectrodeSOHSolver(pybamm.ParameterValues("Chen2020")).get_initial_stoichiometries(0.5)[:2]
    np.testing.assert_allclose([state.stoichiometry[side][0] for side in ("negative", "positive")], expected, atol=2e-6)
    exact = cell.jacobian(mean_of(cell)[0], method="sensitivities")
    step = 0.01  # the solver's tolerance of 1e-5 leaves 5e-4 of a logarithm's derivative, curvature 2e-4
    data = cell.solve(mean_of(cell) + step * np.array([[1, 0], [0, 1], [-1, 0], [0, -1]]))
    for name in ("capacity", "energy", "end_time"):
        up, down = np.split(data[name].values, 2)
        by_hand = (up - down) / (2 * step)
        np.testing.assert_allclose(exact[name], by_hand, atol=2e-3 * np.abs(by_hand).max())


@pytest.mark.slow
@pytest.mark.parametrize("method", ["sensitivities", "differences"])
def test_voltage_falls_by_current_times_contact_resistance(method: Any) -> None:
    """dV/dR = −I at every time before the cut-off, through the whole of PyBaMM: 5 A at 1C."""
    made = scaled("Chen2020", **{"Contact resistance [Ohm]": (0.01, "Ohm")})
    cell = Cell(made, model="SPM", options={"contact resistance": "true"})
    slope = cell.jacobian(mean_of(cell)[0], method=method)["voltage"].values[0]
    running = np.isfinite(slope)
    assert running.sum() > 200
    # differences carry the solver's tolerance over their step; sensitivities are exact
    bound = 1e-9 if method == "sensitivities" else 2e-3
    np.testing.assert_allclose(slope[running][:-3], -5.0, rtol=bound)


@pytest.mark.slow
def test_sensitivities_are_refused_where_they_would_be_wrong(chen: a2c.ParameterSet) -> None:
    """Behind a step that an event ends PyBaMM's are off by half; the tool takes differences, and they are right."""
    cell = Cell(chen, model="SPM", protocol=STEPS[:3], outputs=["end_time", "capacity"])
    gradient = cell.jacobian(mean_of(cell)[0])
    assert gradient.attrs["method"] == "central differences"
    data = cell.solve(np.array([[0.05], [-0.05]]))
    by_hand = np.diff(data["end_time"].values[::-1])[0] / 0.1
    assert float(gradient["end_time"][0]) == pytest.approx(by_hand, rel=0.02)
    with pytest.raises(ValueError, match="method='differences'"):
        cell.jacobian(mean_of(cell)[0], method="sensitivities")


@pytest.mark.slow
def test_failed_sample_is_tried_once_more_with_tighter_tolerances(
    chen: a2c.ParameterSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = Cell(chen, model="SPM", outputs=["capacity"])
    expected = float(at_mean(cell)["capacity"])

    def give_up(*_: Any, **__: Any) -> None:
        raise pybamm.SolverError("IDA_CONV_FAIL")

    monkeypatch.setattr(cell._solver._simulation("usual"), "solve", give_up)
    assert float(at_mean(cell)["capacity"]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(not has_compiler(), reason="PyBaMM compiles with gcc")
def test_compiled_code_gives_the_same(chen: a2c.ParameterSet, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYBAMM_CASADI_AOT_CACHE", str(tmp_path))
    samples = np.linspace(-0.2, 0.2, 5)[:, None]
    plain, compiled = (Cell(chen, model="SPM", compile=choice).solve(samples) for choice in (False, True))
    assert any(tmp_path.iterdir())
    for name in ("capacity", "energy", "voltage_of_share"):
        np.testing.assert_allclose(compiled[name], plain[name], rtol=1e-6)


@pytest.mark.slow
def test_large_batches_are_compiled_and_small_ones_are_not(chen: a2c.ParameterSet) -> None:
    cell = Cell(chen, model="SPM")
    assert not cell.compiles(2499)
    assert cell.compiles(2500) == has_compiler()
    assert not Cell(chen, model="SPM", compile=False).compiles(10**6)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"options": {"thermal": "tepid"}}, "refuses the options"),
        ({"options": {"no such": "true"}}, "refuses the options"),
        ({"model": "BaseModel"}, "model 'BaseModel' is unknown"),
        ({"protocol": ["Discharge until it is over"]}, "does not read the step 'Discharge until it is over'"),
        ({"protocol": []}, "has no steps"),
        ({"protocol": "Discharge at 1C"}, "list of its step strings"),
        ({"soc": 1.2}, "soc is 1.2"),
        ({"outputs": []}, "outputs is empty"),
        ({"outputs": "capacity"}, "give a list"),
        ({"outputs": ["capacity", "capacity"]}, "listed twice"),
        ({"outputs": ["Volume-averaged cell temperatur [K]"]}, "did you mean 'Volume-averaged cell temperature"),
        ({"outputs": ["Negative particle surface concentration [mol.m-3]"]}, "take an average"),
    ],
)
def test_bad_choices_are_named(chen: a2c.ParameterSet, choices: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cell(chen, **choices)


@pytest.mark.parametrize(
    ("time", "current", "message"),
    [
        ([0, 1, 1], [1, 1, 1], "rise from 0 s"),
        ([1, 2], [1, 1], "rise from 0 s"),
        ([0, 1], [1, np.nan], "not finite"),
        ([0, 1], [1], "give as many of both"),
        ([0, 1], [0, 0], "every current is zero"),
    ],
)
def test_bad_drive_cycles_are_named(time: list[float], current: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DriveCycle(time, current)


def test_protocols_say_what_they_are() -> None:
    assert str(ConstantCurrent(2.0)) == "discharge at 2C"
    assert str(ConstantCurrent(-0.5)) == "charge at 0.5C"
    assert str(Steps.of(STEPS[:2])) == "Discharge at 1C until 3.0 V; Rest for 10 minutes"
    assert json.loads(Steps.of(STEPS).config)["cycles"]


@pytest.mark.slow
def test_bounds_of_a_discharge_are_told(chen: a2c.ParameterSet) -> None:
    """What a rare sample could at most be: the rule of three needs it."""
    data = at_mean(Cell(chen, model="SPM"))
    cell = Cell(chen, model="SPM")
    assert data["capacity"].attrs["maximum"] == cell.lithium
    assert data["mean_voltage"].attrs["minimum"] == 2.5


@pytest.mark.slow
def test_coefficient_that_only_an_output_depends_on_is_felt() -> None:
    """Stiffness that moves no lithium still makes the stress, in proportion."""
    modulus = [f"{side} electrode Young's modulus [Pa]" for side in ("Positive", "Negative")]
    made = scaled("Ai2020", *modulus)
    options = {"particle mechanics": "swelling only", "stress-induced diffusion": "false"}
    cell = Cell(made, model="SPM", options=options, outputs=["peak_stress"])
    assert set(cell.names) == set(made.joint.names)
    stress = cell.solve(np.array([[0.0, 0.0], [0.3, 0.3]]))["peak_stress"].values
    assert stress[1] / stress[0] == pytest.approx(np.exp(0.3), rel=1e-6)
    capacity = Cell(scaled("Ai2020", DIFFUSIVITY, *modulus), model="SPM", options=options, outputs=["capacity"])
    assert capacity.names == ("Negative particle diffusivity ln(factor [1])",)
    assert not capacity.solve(np.zeros((1, 1)))["failed"].any()


@pytest.mark.slow
def test_steps_at_another_temperature_feel_the_entropic_change() -> None:
    """An experiment may set its own temperature, so that the open-circuit voltage's slope counts although nothing warms up."""
    parameters = a2c.load("LCO_graphite_universal_potentials")
    entropy = "LCO vibrational ds/dx [J.mol-1.K-1]"
    step = "Discharge at C/2 for 10 minutes"
    assert entropy not in Cell(parameters, model="SPM").names
    cell = Cell(parameters, model="SPM", protocol=[step], outputs=["voltage"])
    assert entropy in cell.names
    assert not cell.solve(mean_of(cell))["failed"].any()
