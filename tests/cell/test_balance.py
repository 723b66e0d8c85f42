"""The lithium of a sample and the state it starts from: PyBaMM's own, no margin of stoichiometry, the base sets of PyBaMM."""

from collections.abc import Mapping

import numpy as np
import pybamm
import pytest

from a2c_pybamm import (
    Attachment,
    Cell,
    Joint,
    ParameterSet,
    RedlichKister,
    Scale,
    SimulationFailed,
    Value,
    declare,
    with_balance,
)
from a2c_pybamm.cell.balance import make_balance
from a2c_pybamm.cell.initial_state import StateSolver
from a2c_pybamm.cell.solving import TOLERANCE
from a2c_pybamm.parameter_set import base_values, kind_options
from a2c_pybamm.parameter_set.keys import LITHIUM
from a2c_pybamm.parameter_set.parameter_set import LITHIATED

WIDTH = "Electrode width [m]"
FRACTION = "Positive electrode active material volume fraction"
MAXIMUM = "Maximum concentration in positive electrode [mol.m-3]"
DIFFUSIVITY = "Positive particle diffusivity [m2.s-1]"
FACTOR = float(np.exp(0.03))


def scaled(base: str, *keys: str, std: float = 0.01) -> ParameterSet:
    """A base set with a factor on some of its entries."""
    laws = {key: Scale(key.split(" [")[0]) for key in keys}
    estimates = [declare(law.names, [0.0], std=[std], source=key, reason="test") for key, law in laws.items()]
    return ParameterSet("scaled", base, {key: Attachment(law, "factor") for key, law in laws.items()}, Joint(estimates))


def by_hand(base: str, **factors: float) -> pybamm.ParameterValues:
    values = base_values(base)
    values.update({key: factor * values[key] for key, factor in factors.items()})
    return values


def solver_of(made: ParameterSet) -> StateSolver:
    """The solver of full charge alone, without a model."""
    base = base_values(made.base)
    limits = made.voltage_limits or (base["Lower voltage cut-off [V]"], base["Upper voltage cut-off [V]"])
    return make_balance(
        made.uncertain(), made.input_names, kind="full cell", base=base, voltage_limits=limits, options=made.model_options
    )


def equilibrium_capacity(values: pybamm.ParameterValues) -> float:
    """PyBaMM's capacity [A.h] between its states at both voltage limits."""
    param = pybamm.LithiumIonParameters()
    quantities = {"Q_n": param.n.Q_init, "Q_p": param.p.Q_init, "Q_Li": param.Q_Li_particles_init}
    solver = pybamm.lithium_ion.ElectrodeSOHSolver(values)
    return float(solver.solve({name: float(values.evaluate(symbol)) for name, symbol in quantities.items()})["Q"])


@pytest.fixture(scope="module")
def marquis() -> ParameterSet:
    return scaled("Marquis2019", WIDTH, FRACTION, MAXIMUM)


@pytest.mark.slow
@pytest.mark.parametrize("key", [None, WIDTH, FRACTION, MAXIMUM])
def test_capacity_between_the_limits_is_pybamms(marquis: ParameterSet, key: str | None) -> None:
    """Also where the lithium follows the area or the active fraction; a maximum concentration moves no lithium."""
    solver, names = solver_of(marquis), [WIDTH, FRACTION, MAXIMUM]
    sample = np.array([[0.03 * (name == key) for name in names]])
    values = by_hand("Marquis2019", **({key: FACTOR} if key else {}))
    state, charges = solver.at(sample, 0.5), solver.charges(sample[0])[0]
    window = [solved.stoichiometry["negative"][0] for solved in (state.ends["full"], state.ends["empty"])]
    assert charges["lithium"] == pytest.approx(values.evaluate(pybamm.LithiumIonParameters().Q_Li_particles_init), rel=1e-12)
    assert charges["negative"] * (window[0] - window[1]) == pytest.approx(equilibrium_capacity(values), rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("key", "percent"), [(WIDTH, 3.10), (FRACTION, 2.72)])
def test_a_larger_cell_gains_the_capacity_that_pybamm_gives_it(key: str, percent: float) -> None:
    """SPMe at 1C. With the base set's lithium in A·h it would be 6.65 and 5.09 %."""
    cell = Cell(scaled("Marquis2019", key), outputs=["capacity"])
    small, large = cell.solve(np.array([[0.0], [0.03]]))["capacity"].values
    expected = [discharged(by_hand("Marquis2019", **{key: factor}), "SPMe") for factor in (1.0, FACTOR)]
    np.testing.assert_allclose([small, large], expected, rtol=1e-5)
    assert 100 * (large / small - 1) == pytest.approx(percent, abs=0.005)


@pytest.mark.slow
def test_lithium_with_an_error_has_its_derivative_and_bounds_nothing() -> None:
    cell = Cell(scaled("Marquis2019", WIDTH, FRACTION), model="SPM", outputs=["capacity"])
    mean = np.zeros(2)
    exact, differences = (cell.jacobian(mean, method=method)["capacity"].values for method in ("sensitivities", "differences"))
    np.testing.assert_allclose(exact, differences, rtol=2e-3)
    assert "maximum" not in cell.solve(mean)["capacity"].attrs
    assert Cell(scaled("Marquis2019", MAXIMUM), model="SPM").solve([0.0])["capacity"].attrs["maximum"] == pytest.approx(
        cell.lithium
    )
    far = cell.solve(np.log([[1.06, 1.0]]))  # the time axis reaches beyond six standard deviations
    assert not far["failed"].any()


# ---- a balance ---------------------------------------------------------------------------------------------------------


def manganese() -> ParameterSet:
    """LiMn2O4 in the place of Chen2020's positive electrode, which holds almost three times as much lithium."""
    law, maximum = RedlichKister("LMO", 0), Value("LMO maximum concentration", "mol.m-3")
    estimates = [
        declare(law.names, [4.05, 0.0, 0.0], std=[0.005, 0.005, 1.0], source="host", reason="test"),
        declare(maximum.names, [22860.0], std=[100.0], source="crystal", reason="test"),
    ]
    attach = {"Positive electrode OCP [V]": Attachment(law, "open_circuit_voltage"), MAXIMUM: Attachment(maximum, "value")}
    return ParameterSet("LMO", "Chen2020", attach, Joint(estimates))


@pytest.mark.slow
def test_a_new_host_says_how_much_lithium_there_is_and_runs_with_a_balance() -> None:
    """At full charge nearly all lithium that an electrode of more sites supplies is in the negative electrode."""
    with pytest.raises(SimulationFailed, match=r"holds 7\.61 A·h of lithium, .* positive one 3\.16 A·h; set balance"):
        Cell(manganese(), model="SPM")
    for made, lithium in (
        (with_balance(manganese(), lithium=3.0), 3.0),
        (with_balance(manganese(), n_p_ratio=1.1), 3.1634),
        (with_balance(manganese(), n_p_ratio=1.1, formation_loss=0.1), 0.9 * 3.1634),
    ):
        cell = Cell(made, model="SPM", c_rate=0.1)
        assert cell.lithium == pytest.approx(lithium, rel=1e-4)
        mean = made.joint.mean[made.joint.rows(cell.names)]
        capacity = float(cell.solve(mean)["capacity"].values[0])
        own = made.nominal()
        assert capacity == pytest.approx(discharged(own, "SPM", c_rate=0.1), rel=1e-5)
        assert 0.9 * lithium < capacity < lithium


@pytest.mark.slow
def test_lithium_of_a_balance_may_have_an_error() -> None:
    """The [[value]] of a study: all of a sample's lithium, whatever its electrodes hold."""
    law = Value("Cyclable lithium capacity", "A.h")
    made = scaled("Chen2020", WIDTH)
    estimates = [*made.joint.estimates, declare(law.names, bounds=(6.8, 7.2), source="lithium", reason="test")]
    made = ParameterSet("both", "Chen2020", {**made.attach, LITHIUM: Attachment(law, "value")}, Joint(estimates))
    cell = Cell(made, model="SPM")
    state = cell.feasibility(np.array([[0.0, 7.0], [0.0, 7.2], [0.05, 7.2]]))[0]
    Q_n, Q_p = (cell._charges[side] for side in ("negative", "positive"))
    x, y = state.stoichiometry["negative"], state.stoichiometry["positive"]
    np.testing.assert_allclose((x * Q_n + y * Q_p) * [1, 1, np.exp(0.05)], [7.0, 7.2, 7.2], rtol=1e-9)
    assert made.lithium == cell.lithium == 7.0


@pytest.mark.slow
def test_msmr_cells_follow_the_area_and_take_a_balance() -> None:
    """Their initial voltages hold lithium too: PyBaMM's own for the area, its full charge for the base set."""
    made = scaled("MSMR_Example", WIDTH)
    cell = Cell(made, model="MSMR")
    own = base_values("MSMR_Example")
    lithium = pybamm.LithiumIonParameters(kind_options(own)).Q_Li_particles_init
    assert cell.lithium == pytest.approx(own.evaluate(lithium), rel=1e-12)
    wide = cell._balance.charges(np.array([0.03]))[0]["lithium"]
    assert wide == pytest.approx(by_hand("MSMR_Example", **{WIDTH: FACTOR}).evaluate(lithium), rel=1e-12)
    own.set_initial_state(1.0, options=kind_options(own))
    for key, value in made.full_charge.items():
        assert value == pytest.approx(float(own.evaluate(own[key])), abs=2e-6)
    lean = with_balance(made, lithium=7.0)
    held = Cell(lean, model="MSMR").feasibility(np.array([[0.0, 7.0]]))[0].stoichiometry
    assert sum(cell._charges[side] * x[0] for side, x in held.items()) == pytest.approx(7.0, rel=1e-9)
    values = lean.nominal()
    assert values.evaluate(lithium) == pytest.approx(7.0, rel=1e-7)


# ---- no margin of stoichiometry ----------------------------------------------------------------------------------------


def limited(voltage: float, **limits: float) -> ParameterSet:
    """A host of ideal mixing on Ai2020's cell with the lithium that it holds itself."""
    law = RedlichKister("M", 0)
    estimate = declare(law.names, [voltage, 0.0, 0.0], std=[0.01, 0.001, 1.0], source="s", reason="test")
    attach = {"Positive electrode OCP [V]": Attachment(law, "open_circuit_voltage")}
    return with_balance(ParameterSet("limited", "Ai2020", attach, Joint([estimate])), **limits)  # type: ignore[arg-type]


def test_a_nearly_empty_electrode_is_a_cell_and_one_that_does_not_reach_the_limit_is_none() -> None:
    """The host's potential is kT ln((1-y)/y) from its mean: 4.2 V are reached from 3.9 V, near y = 1e-7, not from 3.4 V."""
    for voltage, gap in ((3.9, 0.0), (3.4, -0.2)):
        made = limited(voltage, lithium=2.5)
        state = solver_of(made).at(made.joint.mean[None])
        assert 0 < state.stoichiometry["positive"][0] < 0.001
        failure = state.failures()[0]
        if gap:
            assert failure is not None
            assert "mV below the full-charge voltage" in str(failure)
            assert state.ends["full"].voltage_error[0] < gap
        else:
            assert failure is None


@pytest.mark.slow
def test_a_sample_beyond_its_base_sets_own_limit_fails_with_its_cause() -> None:
    """ORegan2022's full charge needs 4.4 V, which its potentials miss with a full negative electrode: it runs, as in PyBaMM."""
    cell = Cell(scaled("ORegan2022", WIDTH, FRACTION), model="SPM", outputs=["capacity"])
    result = cell.solve(np.array([[0.0, 0.0], [0.01, 0.0], [0.0, 0.03]]))
    assert list(result["failed"].values) == [False, False, True]
    assert "mV below the full-charge voltage" in result["reason"].values[2]
    with pytest.raises(SimulationFailed, match="below the full-charge voltage"):
        Cell(scaled("ORegan2022", WIDTH), model="SPM", voltage_limits=(2.5, 4.5))


# ---- every base set ----------------------------------------------------------------------------------------------------

NOT_RUN = {
    "Bonkile2024": "is a composite",
    "Chen2020_composite": "is a composite",
    "ECM_Example": "no lithium",
    "Sulzer2019": "no lithium",
}
"""Base sets that no cell is made of, with words of the one line that says why."""


def discharged(
    values: pybamm.ParameterValues, model: str, c_rate: float = 1.0, options: Mapping[str, object] | None = None
) -> float:
    """Capacity [A.h] that PyBaMM's own simulation delivers from full charge to the lower limit, at the cell's tolerances."""
    made = getattr(pybamm.lithium_ion, model)(dict(options or {}))
    simulation = pybamm.Simulation(made, parameter_values=values, C_rate=c_rate, solver=pybamm.IDAKLUSolver(**TOLERANCE))
    solution = simulation.solve([0, 7200 / c_rate], initial_soc=1.0)
    assert "voltage" in solution.termination
    return abs(float(solution["Discharge capacity [A.h]"].entries[-1]))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:While solving .* extrapolation occurred")  # PyBaMM's, of Chayambuka2022's tables
@pytest.mark.parametrize("base", sorted(pybamm.parameter_sets))
def test_every_base_set_runs_as_in_pybamm_or_says_why_not(base: str) -> None:
    """A discharge at 1C from the set's own upper limit to its lower one."""
    values = base_values(base)
    entry = next(key for key, value in values.items() if key.endswith("]") and isinstance(value, float) and value > 0)
    key = DIFFUSIVITY if DIFFUSIVITY in values else entry
    if base in NOT_RUN:
        with pytest.raises(ValueError, match=NOT_RUN[base]) as error:
            Cell(scaled(base, key))
        assert "\n" not in str(error.value)
        return
    options = kind_options(values)
    model = "MSMR" if "particle" in options else "SPM"
    cell = Cell(scaled(base, key), model=model, outputs=["capacity"])
    result = cell.solve(np.zeros((1, len(cell.names))))
    assert not result["failed"].any(), result["reason"].values[0]
    expected = discharged(values, model, options=options)
    assert float(result["capacity"].values[0]) == pytest.approx(expected, rel=5 * TOLERANCE["rtol"])


def test_base_sets_without_lithium_are_those_that_have_no_such_entry() -> None:
    for base in ("ECM_Example", "Sulzer2019"):
        assert not any(key.endswith(LITHIATED) for key in base_values(base))


@pytest.mark.slow
def test_a_charge_starts_at_the_base_sets_own_empty_state() -> None:
    """OKane2022's half cell is empty at 0.9996, 71 mV above its lower limit without PyBaMM's asymptotes."""
    cell = Cell(scaled("OKane2022_graphite_SiOx_halfcell", DIFFUSIVITY), model="SPM", c_rate=-0.5, outputs=["capacity"])
    state = cell.feasibility(np.zeros((1, 1)))[0]
    assert state.stoichiometry["positive"][0] == pytest.approx(0.9996, abs=1e-4)
    assert not cell.solve([0.0])["failed"].any()
