"""Hosts with plateaus: derived inputs of each sample, through PyBaMM; hysteresis; diffusivity across gaps."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2c_pybamm import Attachment, Cell, Estimate, Joint, ParameterSet, UnstablePhaseError, declare, save
from a2c_pybamm.constants import FARADAY
from a2c_pybamm.files import read_set
from a2c_pybamm.files.pybamm_module import pybamm_module
from a2c_pybamm.laws import Landau, RedlichKister, TwoPhase, VacancyMobility
from a2c_pybamm.laws.thermodynamics import phases

T = 298.15
X = np.linspace(0.003, 0.997, 333)
ORDER = 1
OCP, CHANGE, D = (
    "Positive electrode OCP [V]",
    "Positive electrode OCP entropic change [V.K-1]",
    "Positive particle diffusivity [m2.s-1]",
)
LITHIATION, DELITHIATION = "Positive electrode lithiation OCP [V]", "Positive electrode delithiation OCP [V]"
HYSTERESIS = {"open-circuit potential": ("single", "current sigmoid")}


def host(order: int = ORDER) -> RedlichKister:
    return RedlichKister("LFP", order)


def values(law: Any, L0: float = 0.1158, L1: float = 0.01) -> dict[str, float]:
    return dict(zip(law.names, [3.43, L0, L1, 25.0], strict=True))


def lfp_set(*, hysteresis: bool = False, L0: float = 0.1158, L0_std: float = 0.004, treated: bool = True) -> ParameterSet:
    """A LiFePO4-like electrode in PyBaMM's LFP cell: free energy, plateaus, diffusivity across the gap."""
    rk = host()
    law: Any = TwoPhase(rk) if treated else rk
    mobility = VacancyMobility("LFP", (("b", 1),), law)
    own = [name for name in mobility.names if name not in law.names]
    estimates = [
        declare(rk.names[:3], [3.43, L0, 0.01], std=[0.01, L0_std, 0.002], source="energies", reason="test"),
        declare([rk.entropy_name], [25.0], std=[5.0], source="vibrations", reason="test"),
        declare(
            own,
            [np.log(1e-13), 0.27, 0.0, 0.0][: len(own)],
            std=[0.5, 0.02, 0.1, 0.5][: len(own)],
            source="hops",
            reason="test",
        ),
    ]
    attach = {
        OCP: Attachment(law, "open_circuit_voltage"),
        CHANGE: Attachment(law, "entropic_change"),
        D: Attachment(mobility, "chemical_diffusivity"),
    }
    if hysteresis:
        attach[LITHIATION] = Attachment(TwoPhase(rk, branch="lithiation"), "open_circuit_voltage")
        attach[DELITHIATION] = Attachment(TwoPhase(rk, branch="delithiation"), "open_circuit_voltage")
    return ParameterSet("LFP test", "Prada2013", attach, Joint(estimates), voltage_limits=(2.0, 3.6))


# The law


@pytest.mark.slow
@settings(max_examples=30)
@given(st.floats(0.06, 0.2), st.floats(-0.03, 0.03))
def test_voltage_is_the_lower_hulls(L0: float, L1: float) -> None:
    """−dg/dx of the convex envelope: falling throughout, flat in the gap, the law's own elsewhere; same mean voltage."""
    law = TwoPhase(host())
    c = values(law, L0, L1)
    U = law.open_circuit_voltage(c, X, T)
    assert (np.diff(U) <= 1e-8).all()
    gap = law.plateaus(c)
    inside = (gap.low[0, 0] < X) & (gap.high[0, 0] > X)
    np.testing.assert_allclose(U[inside], gap.voltage[0, 0], rtol=1e-14)
    np.testing.assert_array_equal(U[~inside], host().open_circuit_voltage(c, X, T)[~inside])
    # the tangent touches at both ends: it takes nothing from the mean voltage
    x = np.concatenate([np.linspace(gap.low[0, 0], gap.high[0, 0], 20_001)])
    area = [np.trapezoid(curve.open_circuit_voltage(c, x, T), x) for curve in (host(), law)]
    assert area[0] == pytest.approx(area[1], abs=1e-6)


def test_entropic_change_of_a_plateau_is_its_voltages_derivative() -> None:
    """Clausius and Clapeyron: by differences of the plateau between temperatures; of the branches too."""
    c = values(host())
    step = 0.01
    for branch in ("equilibrium", "lithiation", "delithiation"):
        law = TwoPhase(host(), branch=branch)
        own = law.derive(c)
        ends = []
        for sign in (1, -1):
            if branch == "equilibrium":
                gap = phases.gaps(host(), c, T + sign * step)
            else:
                gap = phases.branch(host(), c, T + sign * step, lithiation=branch == "lithiation")
            ends.append(gap.voltage[0, 0])
        expected = (ends[0] - ends[1]) / (2 * step)
        assert own[law.derived_names[3]][0] == pytest.approx(expected, rel=1e-6, abs=1e-12)
        inside = float(law.open_circuit_voltage(c, 0.5, T + 5) - law.open_circuit_voltage(c, 0.5, T))
        assert inside == pytest.approx(5 * expected, rel=1e-5, abs=1e-12)


def test_branches_are_running_extremes() -> None:
    """Lithiation: the lowest voltage passed so far. Delithiation: the highest still to come. Equilibrium between them."""
    c = values(host())
    x = np.linspace(1e-4, 1 - 1e-4, 20_001)
    own = host().open_circuit_voltage(c, x, T)
    lithiation = TwoPhase(host(), branch="lithiation").open_circuit_voltage(c, x, T)
    delithiation = TwoPhase(host(), branch="delithiation").open_circuit_voltage(c, x, T)
    np.testing.assert_allclose(lithiation, np.minimum.accumulate(own), atol=1e-7)
    np.testing.assert_allclose(delithiation, np.maximum.accumulate(own[::-1])[::-1], atol=1e-7)
    equilibrium = TwoPhase(host()).open_circuit_voltage(c, x, T)
    assert (lithiation <= equilibrium + 1e-12).all()
    assert (equilibrium <= delithiation + 1e-12).all()


def test_a_sample_without_a_gap_is_the_law_itself() -> None:
    """Beside samples that have one; a second slot that none has changes nothing."""
    law = TwoPhase(host(), gaps=2)
    columns = {name: np.array([value, value])[:, None] for name, value in values(host()).items()}
    columns[host().interaction_names[0]] = np.array([[-0.2], [0.1158]])
    U = law.open_circuit_voltage(columns, X, T)
    np.testing.assert_array_equal(U[0], host().open_circuit_voltage({k: v[0] for k, v in columns.items()}, X, T))
    np.testing.assert_allclose(U[1], TwoPhase(host()).open_circuit_voltage(values(host()), X, T), rtol=1e-14)
    factor = law.thermodynamic_factor(columns, X, T)
    assert (factor[0] > 0).all()
    assert (factor[1] >= 0).all()
    assert (factor[1] == 0).any()


def test_diffusivity_in_a_gap_is_joined_by_a_line_of_logarithms() -> None:
    """The law's own outside; inside log-linear between both phases, times the declared factor; positive throughout."""
    law = TwoPhase(host())
    mobility = VacancyMobility("LFP", (("b", 1),), law)
    c = values(law) | dict(zip(mobility.names[:4], [np.log(1e-13), 0.27, 0.0, 0.3], strict=True))
    gap = law.plateaus(c)
    low, high = gap.low[0, 0], gap.high[0, 0]
    value = mobility.chemical_diffusivity(c, X, T)
    assert (value > 0).all()
    single = VacancyMobility("LFP", (("b", 1),), host())
    outside = (low >= X) | (high <= X)
    np.testing.assert_allclose(value[outside], single.chemical_diffusivity(c, X, T)[outside], rtol=1e-12)
    ends = np.log(single.chemical_diffusivity(c, np.array([low, high]), T))
    line = ends[0] + (X[~outside] - low) / (high - low) * (ends[1] - ends[0]) + 0.3
    np.testing.assert_allclose(np.log(value[~outside]), line, rtol=1e-9)


def test_refused() -> None:
    with pytest.raises(ValueError, match="room for 0 gaps"):
        TwoPhase(host(), gaps=0)
    with pytest.raises(ValueError, match="branch 'charge' is unknown; take 'equilibrium' or"):
        TwoPhase(host(), branch="charge")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"not a PhaseForming .a free energy whose curve"):
        TwoPhase(VacancyMobility("X", (("b", 1),), host()))  # type: ignore[arg-type]


# In a parameter set


def test_derived_inputs_follow_each_sample() -> None:
    parameter_set = lfp_set()
    samples = parameter_set.joint.draw(50, np.random.default_rng(0))
    whole = parameter_set.with_derived(samples)
    assert parameter_set.input_names[len(parameter_set.joint.names) :] == TwoPhase(host()).derived_names
    for k in (0, 17, 49):
        c = dict(zip(parameter_set.joint.names, samples[k], strict=True))
        gap = phases.gaps(host(), c, T)
        np.testing.assert_allclose(whole[k, -4:-1], [gap.low[0, 0], gap.high[0, 0], gap.voltage[0, 0]], rtol=1e-9)
    nominal = parameter_set.nominal()
    sto = pybamm.Vector(np.array([0.3, 0.7]))
    U = nominal.process_symbol(nominal[OCP](sto)).evaluate().ravel()
    mean = dict(zip(parameter_set.joint.names, parameter_set.joint.mean, strict=True))
    np.testing.assert_allclose(U, phases.gaps(host(), mean, T).voltage[0, 0], rtol=1e-12)


def test_sets_survive_a_file(tmp_path: Path) -> None:
    original = lfp_set(hysteresis=True)
    again = read_set(save(original, tmp_path / "set.json"))
    assert again.attach == original.attach
    assert again.input_names == original.input_names
    np.testing.assert_array_equal(again.with_derived(again.joint.mean[None]), original.with_derived(original.joint.mean[None]))


def test_written_module_gives_the_same_curves(tmp_path: Path) -> None:
    """The stand-alone module carries the plateaus of the means."""
    parameter_set = lfp_set()
    path = tmp_path / "lfp_module.py"
    path.write_text(pybamm_module(parameter_set), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("lfp_module", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    own, written = parameter_set.nominal(), module.get_parameter_values()
    sto = pybamm.Vector(np.linspace(0.002, 0.998, 41))
    for key, arguments in ((OCP, (sto,)), (CHANGE, (sto,)), (D, (sto, pybamm.Scalar(T)))):
        first, second = (v.process_symbol(v[key](*arguments)).evaluate() for v in (own, written))
        np.testing.assert_allclose(second, first, rtol=1e-12)


@pytest.mark.slow
def test_unstable_mean_is_refused_without_a_treatment() -> None:
    """The error names the spinodal, and what treats it."""
    with pytest.raises(UnstablePhaseError, match=r"spinodal at x = 0\.1\d\d, 0\.8\d\d.*common tangents"):
        Cell(lfp_set(treated=False), model="SPM")


def test_more_gaps_than_room_is_a_recorded_failure() -> None:
    law = TwoPhase(RedlichKister("X", 4))
    c = dict(zip(law.names, [3.4, -0.2, 0.0, 0.9, 0.0, -0.4, 0.0], strict=True))
    assert "has 2 gaps, more than the 1" in law.untreated(c)[0]
    estimate = Estimate(law.names, np.array(list(c.values())), {})
    attach = {OCP: Attachment(law, "open_circuit_voltage"), CHANGE: Attachment(law, "entropic_change")}
    parameter_set = ParameterSet("two gaps", "Prada2013", attach, Joint([estimate]))
    window = {"positive": (np.array([0.01]), np.array([0.99]))}
    assert "more than the 1" in parameter_set.instabilities(parameter_set.joint.mean[None], window)[0]


@pytest.mark.calibration
def test_no_unstable_draw_reaches_the_solver_untreated() -> None:
    """10 000 draws about a host near its critical point: every one whose derived OCP rises is treated or recorded."""
    rng = np.random.default_rng(0)
    treated, bare = (lfp_set(L0=0.055, L0_std=0.015, treated=t) for t in (True, False))
    draws = treated.joint.draw(10_000, rng)
    c = treated.coefficients(draws)
    x = np.linspace(0.005, 0.995, 1001)
    factor = host().thermodynamic_factor(c, x, T)
    unstable = (factor <= 0).any(axis=1)
    gap_name = "LFP ln(diffusivity in gaps)"
    keep = [k for k, name in enumerate(treated.joint.names) if name != gap_name]
    window = {"positive": (np.full(10_000, 0.005), np.full(10_000, 0.995))}
    reasons = bare.instabilities(draws[:, keep], window)
    found = np.array([bool(reason) for reason in reasons])
    print(f"{unstable.mean():.1%} of draws are unstable; {found.mean():.1%} are found before emission")
    assert 0.3 < unstable.mean() < 0.9
    assert found[unstable].all()
    assert all("spinodal at x = " in reason for reason in reasons if reason)
    assert (~found).sum() > 0
    # treated by common tangents, none rises and no diffusivity is negative
    assert not any(treated.instabilities(draws, window))
    law = TwoPhase(host())
    whole = dict(zip(treated.input_names, treated.with_derived(draws).T[:, :, None], strict=True))
    assert np.diff(law.open_circuit_voltage(whole, x, T), axis=1).max() <= 1e-8  # 10 nV, in gaps a hundredth wide
    mobility = VacancyMobility("LFP", (("b", 1),), law)
    assert (mobility.chemical_diffusivity(whole, x, T) > 0).all()


def test_a_set_at_another_temperature_than_its_law_is_refused() -> None:
    """Plateaus of one temperature beside curves of another would make the potential rise at a gap's ends."""
    made = lfp_set()
    with pytest.raises(ValueError, match=r"plateaus of LFP are those at 298\.15 K, the set is at 250 K"):
        ParameterSet("cold", "Prada2013", made.attach, made.joint, temperature=250.0)


def test_every_branch_needs_room() -> None:
    """One gap in equilibrium, two plateaus on the way there: recorded, whichever key the branch stands under."""
    law = RedlichKister("LFP", 4)
    L = [0.2199, -0.2601, 0.2062, -0.853, 0.2386]
    estimate = Estimate(law.names, np.array([3.4, *L, 25.0]), {})
    attach = {
        OCP: Attachment(TwoPhase(law), "open_circuit_voltage"),
        CHANGE: Attachment(TwoPhase(law), "entropic_change"),
        LITHIATION: Attachment(TwoPhase(law, branch="lithiation"), "open_circuit_voltage"),
        DELITHIATION: Attachment(TwoPhase(law, branch="delithiation"), "open_circuit_voltage"),
    }
    parameter_set = ParameterSet("two plateaus", "Prada2013", attach, Joint([estimate]))
    window = {"positive": (np.array([0.01]), np.array([0.99]))}
    assert TwoPhase(law).plateaus(dict(zip(law.names, estimate.mean, strict=True))).count[0] == 1
    assert "2 lithiation plateaus, more than the 1" in parameter_set.instabilities(parameter_set.joint.mean[None], window)[0]


def test_diffusivity_in_a_gap_that_reaches_an_end() -> None:
    """A finite law whose gap begins at empty: the other phase's diffusivity stands for both; end to end it is refused."""
    law = TwoPhase(Landau("L", 3))
    mobility = VacancyMobility("L", (("b", 1),), law)
    c = dict(zip(law.names, [3.4, 0.1, 0.3, 20.0], strict=True)) | dict(
        zip(mobility.names[:4], [np.log(1e-13), 0.3, 0.0, 0.0], strict=True)
    )
    assert law.plateaus(c).low[0, 0] == 0.0
    value = mobility.chemical_diffusivity(c, X, T)
    assert (value > 0).all()
    whole = dict(zip(law.names, [3.4, -1.0, 0.0, 20.0], strict=True))
    assert "separates from empty to full" in law.untreated(whole)[0]


def test_complex_coefficients_are_refused() -> None:
    """A plateau found by a search carries no imaginary part: better an error than a derivative of zero."""
    law = TwoPhase(host())
    with pytest.raises(ValueError, match="plateaus have no complex form"):
        law.open_circuit_voltage(values(law) | {"LFP L0 [eV]": 0.1158 + 1e-20j}, 0.5, T)


# Through PyBaMM


@pytest.fixture(scope="module")
def cell() -> Cell:
    return Cell(lfp_set(), model="SPM")


@pytest.mark.slow
def test_discharge_equals_that_of_a_tabulated_envelope(cell: Cell) -> None:
    """Three samples against PyBaMM alone, its OCP a fine table of the convex envelope by another route (a grid's hull)."""
    samples = cell.parameter_set.joint.draw(3, np.random.default_rng(1))
    result = cell.solve(samples[:, cell.parameter_set.joint.rows(cell.names)])
    assert not result["failed"].any()
    x = np.unique(np.concatenate([phases.composition_grid(ends=False), np.linspace(1e-4, 1 - 1e-4, 4001)]))
    for k, sample in enumerate(samples):
        c = dict(zip(cell.parameter_set.joint.names, map(float, sample), strict=True))
        g = host().free_energy(c, x, T)
        lower = [0]
        for i in range(1, len(x)):
            while len(lower) > 1 and (g[lower[-1]] - g[lower[-2]]) * (x[i] - x[lower[-2]]) >= (g[i] - g[lower[-2]]) * (
                x[lower[-1]] - x[lower[-2]]
            ):
                lower.pop()
            lower.append(i)
        bridge = max(range(1, len(lower)), key=lambda i: x[lower[i]] - x[lower[i - 1]])
        low, high = x[lower[bridge - 1]], x[lower[bridge]]
        tangent = -(g[lower[bridge]] - g[lower[bridge - 1]]) / (high - low) / FARADAY
        envelope = np.where((x > low) & (x < high), tangent, host().open_circuit_voltage(c, x, T))
        state = cell.feasibility(samples[[k]][:, cell.parameter_set.joint.rows(cell.names)])[0]
        whole = dict(zip(cell.parameter_set.input_names, cell.parameter_set.with_derived(samples[[k]])[0], strict=True))
        values = cell.parameter_set._build(whole)
        values.update(
            {
                OCP: lambda sto, x=x, u=envelope: pybamm.Interpolant(x, u, sto),
                "Current function [A]": cell.current,
                "Initial concentration in negative electrode [mol.m-3]": float(state.stoichiometry["negative"][0])
                * values["Maximum concentration in negative electrode [mol.m-3]"],
                "Initial concentration in positive electrode [mol.m-3]": float(state.stoichiometry["positive"][0])
                * values["Maximum concentration in positive electrode [mol.m-3]"],
            }
        )
        solver = pybamm.IDAKLUSolver(rtol=1e-6, atol=1e-8)
        solution = pybamm.Simulation(pybamm.lithium_ion.SPM(), parameter_values=values, solver=solver).solve([0, 4200])
        time = np.array([60.0, 900.0, 1800.0, 2700.0])
        own = np.interp(time, cell.axes.time, np.nan_to_num(result["voltage"].values[k]))
        np.testing.assert_allclose(own, solution["Voltage [V]"](time), atol=2e-3)


@pytest.mark.slow
def test_plateau_moves_the_cell_by_as_much(cell: Cell) -> None:
    """dV/dU0: all of the open-circuit potential moves; sensitivities are taken by differences, the solver sees no plateau."""
    parameter_set = cell.parameter_set
    mean = parameter_set.joint.mean[parameter_set.joint.rows(cell.names)]
    gradient = cell.jacobian(mean)
    assert gradient.attrs["method"] == "central differences"
    row = cell.names.index(host().voltage_name)
    half = float(gradient["voltage"].values[row][len(cell.axes.time) // 3])
    assert half == pytest.approx(1.0, abs=0.02)


@pytest.mark.slow
def test_hysteresis_separates_charge_from_discharge() -> None:
    """PyBaMM's current sigmoid between the branches: a slow discharge runs on lithiation's, a slow charge on delithiation's."""
    parameter_set = lfp_set(hysteresis=True)
    outcome = {}
    for rate in (0.05, -0.05):
        cell = Cell(
            parameter_set,
            model="SPM",
            options=HYSTERESIS,
            c_rate=rate,
            outputs=["X-averaged positive electrode open-circuit potential [V]"],
        )
        mean = parameter_set.joint.mean[parameter_set.joint.rows(cell.names)][None]
        data = cell.solve(mean)
        assert not data["failed"].any()
        curve = data["X-averaged positive electrode open-circuit potential [V]"].values[0].ravel()
        outcome[rate] = float(np.nanmedian(curve))
    c = dict(zip(parameter_set.joint.names, parameter_set.joint.mean, strict=True))
    expected = [phases.branch(host(), c, T, lithiation=lithiation).voltage[0, 0] for lithiation in (True, False)]
    assert outcome[0.05] == pytest.approx(expected[0], abs=2e-3)
    assert outcome[-0.05] == pytest.approx(expected[1], abs=2e-3)
    assert outcome[-0.05] - outcome[0.05] > 0.05


def test_landau_host_in_a_set() -> None:
    """A law without ideal mixing is treated alike."""
    law = TwoPhase(Landau("X", 4))
    c = dict(zip(law.names, [3.4, -0.2, 0.0, 0.7, 20.0], strict=True))
    half = np.sqrt(0.2 / 1.4)
    U = law.open_circuit_voltage(c, X, T)
    np.testing.assert_allclose(U[np.abs(X - 0.5) < half], 3.4, atol=1e-12)
