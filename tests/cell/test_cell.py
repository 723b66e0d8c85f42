"""The cell: full charge of each sample, batches that bear bad samples, total derivatives."""

from dataclasses import replace

import numpy as np
import pybamm
import pytest
from scipy.integrate import trapezoid

from a2c_pybamm import Attachment, Cell, Joint, ParameterSet, RedlichKister, SimulationFailed, declare, load
from a2c_pybamm.cell.full_cell import X_INITIAL
from a2c_pybamm.laws import UnstablePhaseError
from a2c_pybamm.parameter_set import base_values
from a2c_pybamm.parameter_set.state_limits import STATE_LIMITS

LIMITS_V = (3.0, 4.0)
"""The shipped set's own."""
PYBAMM_LIMITS = {
    "Lower voltage cut-off [V]": 3.0,
    "Upper voltage cut-off [V]": 4.0,
    "Open-circuit voltage at 0% SOC [V]": 3.0,
    "Open-circuit voltage at 100% SOC [V]": 4.0,
}
"""What PyBaMM itself must be told for a full charge at 4.0 V."""
POSITIVE_OCP = "Positive electrode OCP [V]"


@pytest.fixture(scope="module")
def shipped() -> ParameterSet:
    return load("LCO_graphite_universal_potentials")


@pytest.fixture(scope="module")
def cell(shipped: ParameterSet) -> Cell:
    return Cell(shipped, model="SPM", voltage_limits=LIMITS_V)


@pytest.fixture(scope="module")
def samples(cell: Cell) -> np.ndarray:
    """Twelve draws that can be solved."""
    joint = cell.parameter_set.joint
    draws = joint.draw(40, np.random.default_rng(3))[:, joint.rows(cell.names)]
    good = [k for k, reason in enumerate(cell.feasibility(draws)[1]) if not reason]
    return draws[good[:12]]


def mean_of(cell: Cell) -> np.ndarray:
    joint = cell.parameter_set.joint
    return joint.mean[joint.rows(cell.names)]


def std_of(cell: Cell) -> np.ndarray:
    joint = cell.parameter_set.joint
    return joint.std[joint.rows(cell.names)]


def test_full_charge_is_pybamms_own_where_pybamm_recomputes_it(cell: Cell, samples: np.ndarray) -> None:
    """Against PyBaMM's solver of the same balance, told each sample's coefficients; PyBaMM stops at 1e-6."""
    values = cell.parameter_set.uncertain()
    values.update(PYBAMM_LIMITS)
    solver = pybamm.lithium_ion.ElectrodeSOHSolver(values)
    state, _ = cell.feasibility(samples)
    whole = cell.inputs.all_coefficients(samples)
    for k in range(4):
        inputs = dict(zip(cell.parameter_set.joint.names, map(float, whole[k]), strict=True))
        x, y = solver.get_initial_stoichiometries(1.0, inputs=inputs)[:2]
        own = [state.stoichiometry[side][k] for side in ("negative", "positive")]
        np.testing.assert_allclose(own, [x, y], atol=2e-6)


def test_full_charge_differs_from_sample_to_sample_and_keeps_the_lithium(cell: Cell, samples: np.ndarray) -> None:
    state, _ = cell.feasibility(samples)
    assert np.ptp(state.stoichiometry["negative"]) > 0.05
    param = pybamm.LithiumIonParameters()
    nominal = cell.parameter_set.nominal()
    Q_n = float(nominal.evaluate(param.n.Q_init))
    volume = cell.parameter_set.joint.names.index("LCO ln(V_site [m3.mol-1])")
    whole = cell.inputs.all_coefficients(samples)
    Q_p = float(nominal.evaluate(param.p.Q_init)) * np.exp(cell.parameter_set.joint.mean[volume] - whole[:, volume])
    x, y = (state.stoichiometry[side] for side in ("negative", "positive"))
    np.testing.assert_allclose(x * Q_n + y * Q_p, cell.lithium, rtol=1e-9)


def test_full_charge_jacobian_is_exact(cell: Cell) -> None:
    joint = cell.parameter_set.joint
    mean, steps = mean_of(cell), 1e-5 * std_of(cell)
    state, _ = cell.feasibility(mean[None])
    rows = joint.rows(cell.names)
    up, _ = cell.feasibility(mean + np.diag(steps))
    down, _ = cell.feasibility(mean - np.diag(steps))
    expected = (up.stoichiometry["negative"] - down.stoichiometry["negative"]) / (2 * steps)
    scale = np.abs(expected * steps).max() / steps
    np.testing.assert_allclose(state.jacobians[X_INITIAL][0, rows] / scale, expected / scale, atol=1e-6)


@pytest.mark.parametrize(
    ("model", "bound"),
    [
        pytest.param("SPM", 1e-3, marks=pytest.mark.slow),
        pytest.param("SPMe", 1e-3, marks=pytest.mark.slow),
        pytest.param("DFN", 1e-3, marks=pytest.mark.calibration),
    ],
)
def test_capacity_gradient_is_that_of_the_whole_pipeline(shipped: ParameterSet, model: str, bound: float) -> None:
    """OCP → full charge → solve → cut-off by sensitivities, against central differences of all of it.

    The bound is a share of the largest derivative (each times its standard deviation); a missing end-time term would be off
    by the whole capacity gradient, a missing full-charge term by a third of it.
    """
    cell = Cell(shipped, model=model, voltage_limits=LIMITS_V)
    exact = cell.jacobian(mean_of(cell), method="sensitivities")
    differences = cell.jacobian(mean_of(cell), method="differences")
    # a mean voltage is a ratio in which energy and capacity nearly cancel: the differences' own noise is ten times larger
    for output, wanted in {"capacity": bound, "energy": bound, "end_time": bound, "mean_voltage": 5 * bound}.items():
        first, second = (data[output].values * std_of(cell) for data in (exact, differences))
        assert np.abs(first - second).max() < wanted * np.abs(second).max(), output
    # against its own share a curve is read between grid points, and at the knee before the cut-off the cubics differ by 2 %
    for output, wanted in {"voltage": 0.01, "voltage_of_share": 0.03}.items():
        first, second = (data[output].values * std_of(cell)[:, None] for data in (exact, differences))
        # a grid point between the ends of the steps' discharges has a sensitivity, and no difference
        ragged = np.flatnonzero((np.isnan(first) != np.isnan(second)).any(axis=0))
        assert len(ragged) <= 1
        assert not ragged.size or np.isnan(first[:, ragged[0] + 1]).all()
        assert np.nanmax(np.abs(first - second)) < wanted * np.nanmax(np.abs(second)), output


@pytest.mark.slow
def test_discharge_by_spm_takes_sensitivities(cell: Cell) -> None:
    assert cell.jacobian(mean_of(cell)).attrs["method"] == "solver sensitivities"


@pytest.mark.slow
def test_discharge_is_pybamms_own(shipped: ParameterSet) -> None:
    """The batch at the mean against a plain PyBaMM simulation of the nominal values from 100 % state of charge."""
    cell = Cell(shipped, model="SPMe", voltage_limits=LIMITS_V)
    found = cell.solve(mean_of(cell)[None]).isel(sample=0)
    values = shipped.nominal()
    values.update(PYBAMM_LIMITS)
    model = pybamm.lithium_ion.SPMe({"calculate discharge energy": "true"})
    simulation = pybamm.Simulation(model, parameter_values=values, C_rate=1, solver=pybamm.IDAKLUSolver(rtol=1e-8, atol=1e-10))
    solution = simulation.solve([0, 7000], initial_soc=1)
    assert float(found["end_time"]) == pytest.approx(solution.t[-1], rel=2e-5)
    assert float(found["capacity"]) == pytest.approx(solution["Discharge capacity [A.h]"].entries[-1], rel=2e-5)
    assert float(found["energy"]) == pytest.approx(solution["Discharge energy [W.h]"].entries[-1], rel=1e-4)
    inside = found["time"].values < 0.98 * solution.t[-1]
    expected = solution["Voltage [V]"](found["time"].values[inside])
    np.testing.assert_allclose(found["voltage"].values[inside], expected, atol=3e-4)


@pytest.mark.slow
def test_curves_end_with_their_sample(cell: Cell, samples: np.ndarray) -> None:
    data = cell.solve(samples)
    assert not data["failed"].any()
    after = data["time"] > data["end_time"]
    assert bool((np.isnan(data["voltage"]) == after).all())
    assert bool(np.isfinite(data["voltage_of_share"]).all())
    np.testing.assert_allclose(data["voltage_of_share"][:, -1], 3.0, atol=1e-4)
    np.testing.assert_allclose(data["capacity"], data["end_time"] * cell.current / 3600, rtol=1e-12)
    np.testing.assert_allclose(data["energy"], data["mean_voltage"] * data["capacity"], rtol=1e-12)
    by_hand = trapezoid(data["voltage_of_share"], data["discharged_share"], axis=1) * data["capacity"]
    np.testing.assert_allclose(data["energy"], by_hand, rtol=2e-3)


@pytest.mark.slow
def test_bad_samples_do_not_touch_the_others(cell: Cell, samples: np.ndarray) -> None:
    bad = np.tile(mean_of(cell), (4, 1))
    bad[0, cell.names.index("LCO mean voltage 0.5–1 [V]")] = 8.0
    bad[1, cell.names.index("LCO L1/L0")] = 1.5
    bad[2, 0] = np.nan
    bad[3, cell.names.index("graphite in-plane E_a [eV]")] = 3.0  # the particle hardly diffuses at all
    mixed = np.concatenate([samples[:3], bad, samples[3:]])
    alone, together = cell.solve(samples), cell.solve(mixed)
    keep = [0, 1, 2, *range(7, len(mixed))]
    np.testing.assert_allclose(together["capacity"].values[keep], alone["capacity"].values, rtol=1e-6)
    reasons, causes = (together[name].values[3:7] for name in ("reason", "cause"))
    assert list(causes[:3]) == ["infeasible", "unstable", "infeasible"]
    assert reasons[0].startswith("infeasible")
    assert reasons[1].startswith("unstable")
    assert "spinodal" in reasons[1]
    assert reasons[2].startswith("infeasible")
    assert list(together["failed"].values[3:6]) == [True, True, True]
    assert bool(together["failed"][6]) == bool(reasons[3])
    assert np.isnan(together["capacity"].values[3:6]).all()


@pytest.mark.slow
def test_sample_that_breaks_the_solver_is_found_by_halving(
    cell: Cell, samples: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch with one sample the solver refuses: all others come back, in their places."""
    culprit = float(samples[4, 0])
    tried: list[int] = []

    def refuse(simulation: pybamm.Simulation) -> None:
        real = simulation.solve

        def solve(times: object, inputs: list[dict[str, float]], t_interp: object) -> object:
            tried.append(len(inputs))
            if any(entry[cell.names[0]] == culprit for entry in inputs):
                raise pybamm.SolverError("refused")
            return real(times, inputs=inputs, t_interp=t_interp)

        monkeypatch.setattr(simulation, "solve", solve)

    expected = cell.solve(samples)["capacity"].values
    for kind in ("usual", "tight"):
        refuse(cell._solver._simulation(kind))
    found = cell.solve(samples)
    assert list(np.flatnonzero(found["failed"].values)) == [4]
    assert found["reason"].values[4] == "solver: refused"
    assert tried[-1] == 1, "alone, it is tried once more with tighter tolerances"
    others = np.delete(np.arange(len(samples)), 4)
    np.testing.assert_allclose(found["capacity"].values[others], expected[others], rtol=1e-6)


def flat_set(voltage: float, interaction: float = -0.05) -> ParameterSet:
    """A positive electrode with one interaction, on the Ai2020 cell."""
    law = RedlichKister("M", 0)
    estimate = declare(law.names, [voltage, interaction, 20.0], std=[0.01, 0.001, 1.0], source="s", reason="test")
    return ParameterSet("flat", "Ai2020", {POSITIVE_OCP: Attachment(law, "open_circuit_voltage")}, Joint([estimate]))


@pytest.mark.slow
def test_impossible_cell_is_refused_although_pybamm_solves_it() -> None:
    """PyBaMM's barrier returns a stoichiometry inside [0, 1] for a positive electrode far below the upper limit."""
    made = flat_set(3.4)
    values = made.nominal()
    x, y = pybamm.lithium_ion.ElectrodeSOHSolver(values).get_initial_stoichiometries(1.0)[:2]
    assert 0 < x < 1
    assert 0 < y < 1
    low, high = STATE_LIMITS.stability
    assert not (low < x < high and low < y < high)
    with pytest.raises(SimulationFailed, match="infeasible: starts at stoichiometries"):
        Cell(made, model="SPM")


@pytest.mark.slow
def test_unstable_mean_is_an_error_that_names_the_spinodal() -> None:
    with pytest.raises(UnstablePhaseError, match=r"spinodal at x = 0\.\d+"):
        Cell(flat_set(4.1, 0.06), model="SPM", voltage_limits=LIMITS_V)


def test_settings_are_checked(shipped: ParameterSet) -> None:
    with pytest.raises(ValueError, match="model 'P2D' is unknown"):
        Cell(shipped, model="P2D")
    with pytest.raises(ValueError, match="not below"):
        Cell(shipped, voltage_limits=(4.1, 3.0))
    with pytest.raises(ValueError, match="c_rate"):
        Cell(shipped, c_rate=0.0)


def test_samples_of_the_wrong_width_are_refused(cell: Cell) -> None:
    with pytest.raises(ValueError, match=r"samples have 3 columns"):
        cell.solve(np.zeros((2, 3)))


@pytest.mark.slow
def test_voltage_limits_default_to_the_sets_and_then_to_the_base_sets(shipped: ParameterSet) -> None:
    base = base_values("Ai2020")
    assert Cell(shipped, model="SPM").voltage_limits == LIMITS_V
    cell = Cell(replace(shipped, voltage_limits=None), model="SPM")
    assert cell.voltage_limits == (base["Lower voltage cut-off [V]"], base["Upper voltage cut-off [V]"])


@pytest.mark.slow
def test_refused_fractions_of_the_shipped_set_are_small(shipped: ParameterSet) -> None:
    """Below one per cent each, as the shape coordinates were chosen for; the standard error here is 0.15 %."""
    cell = Cell(shipped, model="SPM", voltage_limits=LIMITS_V)
    refused = cell.rejected_fractions(2000, np.random.default_rng(0))
    assert refused["unstable"] < 0.01
    assert 0 < refused["infeasible"] < 0.01


def test_representation_lists_experiment_outputs_and_inputs(shipped: ParameterSet, cell: Cell) -> None:
    lines = repr(cell).splitlines()
    assert lines[0] == "Cell of set 'LCO_graphite_universal_potentials': SPM"
    assert lines[1] == "  discharge at 1C from 100% state of charge, 3 to 4 V"
    assert lines[2] == "  outputs: capacity, energy, mean_voltage, end_time, voltage"
    assert lines[3].startswith("  13 inputs: graphite OCP offset [V], ")
    assert lines[3].endswith(", … and 1 more")
    assert len(lines) == 4
