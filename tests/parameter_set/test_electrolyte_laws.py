"""Laws of the electrolyte through PyBaMM: closed forms of a half cell, the whole cell with errors, and other formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pybamm
import pytest

from a2c_pybamm import (
    Attachment,
    Cell,
    CompositeConductivity,
    ElectrolyteTransport,
    Estimate,
    FirstOrder,
    Joint,
    MonteCarlo,
    ParameterSet,
    Scale,
    SingleIonConductor,
    Value,
    declare,
    electrolyte_attachments,
    electrolyte_table,
    fit_electrolyte,
    propagate,
)
from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.files import bpx_losses, read_set, save
from a2c_pybamm.parameter_set.keys import ELECTROLYTE
from a2c_pybamm.report import write_report
from a2c_pybamm.tables import electrolyte_rows
from tests.estimators.conduction.electrolyte_data import of_base_set, runs_of

T = 298.15
METHODS = (
    *("electrolyte_conductivity", "electrolyte_diffusivity"),
    *("cation_transference_number", "electrolyte_thermodynamic_factor"),
)
SMALL = ElectrolyteTransport("X", order=1, temperature_order=0, temperature="arrhenius")


def attachments(law: ElectrolyteTransport) -> dict[str, Attachment]:
    return {key: Attachment(law, method) for key, method in zip(ELECTROLYTE, METHODS, strict=True)}


def test_attachments_are_of_all_functions_that_a_law_gives() -> None:
    assert electrolyte_attachments(SMALL) == attachments(SMALL)
    assert set(electrolyte_attachments(SingleIonConductor("X"))) == {ELECTROLYTE[0], ELECTROLYTE[2]}


SHARE = 0.3
"""Of the cation in the sum of both diffusivities, where a transference number outside of [0, 1] is a number of its own."""


def share_of(t_plus: float) -> float:
    return t_plus if 0 < t_plus < 1 else SHARE


def ideal_set(t_plus: float, diffusivity: float) -> ParameterSet:
    """Half cell whose ions do not see each other: constant D_e and t₊, κ proportional to c.

    A t₊ outside of [0, 1] needs ions that do, and is declared beside the law.
    """
    law = ElectrolyteTransport("X", order=1, temperature_order=0, temperature="arrhenius", limit_range=0.0)
    share = share_of(t_plus)
    sum_of_both = diffusivity / (2 * share * (1 - share))
    c = dict.fromkeys(law.names, 0.0)
    c |= {law.limit_names[0]: np.log(sum_of_both), law.limit_names[-2]: np.log(share / (1 - share))}
    estimate = Estimate.from_covariance(law.names, list(c.values()), 1e-6 * np.eye(len(c)), source="declared")
    attach, estimates = attachments(law), [estimate]
    if share != t_plus:
        number = Value("Transference number")
        attach[ELECTROLYTE[2]] = Attachment(number, "value")
        estimates.append(declare(number.names, [t_plus], std=0.1, source="associated ions", reason="a case"))
    return ParameterSet("half cell", "Xu2019", attach, Joint(estimates), T)


def separator(values: pybamm.ParameterValues, current: float) -> dict[str, np.ndarray]:
    """Concentration and potential of the separator's nodes, their places, and the current density, in a steady state."""
    model = pybamm.lithium_ion.DFN({"working electrode": "positive"})
    values["Current function [A]"] = current
    solver = pybamm.IDAKLUSolver(rtol=1e-6, atol=1e-8)
    solution = pybamm.Simulation(model, parameter_values=values, solver=solver).solve([0, 1500])
    names = {
        "x": "x_s [m]",
        "c": "Separator electrolyte concentration [mol.m-3]",
        "phi": "Separator electrolyte potential [V]",
        "i": "Current collector current density [A.m-2]",
    }
    found = {key: np.asarray(solution[name].entries)[..., -1] for key, name in names.items()}
    return found | {"efficiency": values["Separator porosity"] ** values["Separator Bruggeman coefficient (electrolyte)"]}


@pytest.mark.parametrize(
    ("t_plus", "diffusivity", "current", "gradient"),
    [(0.7, 3.2e-10, 1e-3, None), (0.3, 3e-10, 4.8e-4, -309485), (-0.4, 3e-10, 4.8e-4, -618969), (0.38, 1e-10, 4.8e-4, -822345)],
)
def test_gradient_and_ohmic_drop_of_the_separator(
    t_plus: float, diffusivity: float, current: float, gradient: float | None
) -> None:
    """dc/dx = −(1 − t₊)i/(F D_e ε^b) to 1e-5, and the potential's drop: iL/(κε^b) with κ ∝ c, less χRT/F ln(c_L/c_0).

    With κ = κ'c and a straight c(x), ∫i dx/(κ ε^b) = i ln(c_L/c_0)/(κ' ε^b dc/dx). χ = 2(1 − t₊). DFN: SPMe takes the mean c.
    """
    found = separator(ideal_set(t_plus, diffusivity).nominal(), current)
    c, x, phi = found["c"], found["x"], found["phi"]
    i = float(np.ravel(found["i"])[0])
    slope = (c[-1] - c[0]) / (x[-1] - x[0])
    expected = -(1 - t_plus) * i / (FARADAY * diffusivity * found["efficiency"])
    assert slope == pytest.approx(expected, rel=1e-5)
    if gradient is not None:
        assert slope == pytest.approx(gradient, rel=2e-6)
    share = share_of(t_plus)
    per_concentration = FARADAY**2 / (GAS_CONSTANT * T) * diffusivity / (2 * share * (1 - share))
    ratio = np.log(c[-1] / c[0])
    ohmic = i * ratio / (per_concentration * found["efficiency"] * slope)
    drop = 2 * (1 - t_plus) * GAS_CONSTANT * T / FARADAY * ratio - ohmic
    # finite volumes: κ is that of the middle between nodes, an error of the square of 5 % of a decade over twenty cells
    assert phi[-1] - phi[0] == pytest.approx(drop, rel=1e-4)


def test_solid_electrolyte_has_no_gradient_and_ohms_drop() -> None:
    """t₊ = 1: c stays what it is, whatever the base set's diffusivity, and φ drops by iL/(σε^b)."""
    law = SingleIonConductor("X")
    sigma = 0.4
    mean = [np.log(sigma * T) + 0.3 / (8.617333262145e-5 * T), 0.3]
    attach = {key: Attachment(law, method) for key, method in ((ELECTROLYTE[0], METHODS[0]), (ELECTROLYTE[2], METHODS[2]))}
    estimate = Estimate.from_covariance(law.names, mean, 1e-6 * np.eye(2), source="declared")
    found = separator(ParameterSet("solid", "Xu2019", attach, Joint([estimate]), T).nominal(), 0.001)
    c, x, phi = found["c"], found["x"], found["phi"]
    np.testing.assert_allclose(c, c[0], rtol=1e-9)
    i = float(np.ravel(found["i"])[0])
    assert phi[-1] - phi[0] == pytest.approx(-i * (x[-1] - x[0]) / (sigma * found["efficiency"]), rel=1e-5)


def test_electrodes_composite_conductivity_is_solved() -> None:
    """PyBaMM passes stoichiometry and temperature, and multiplies by ε_s^b: the solid's drop is that of the number."""
    law = CompositeConductivity("X", "bruggeman", 0.1, True)
    mean = [np.log(0.01), 0.1, np.log(50.0), 0.0]
    estimate = Estimate.from_covariance(law.names, mean, 1e-6 * np.eye(4), source="declared")
    key = "Positive electrode conductivity [S.m-1]"
    made = ParameterSet("composite", "Chen2020", {key: Attachment(law, "electronic_conductivity")}, Joint([estimate]), T)
    plain = pybamm.ParameterValues("Chen2020")
    plain[key] = float(law.electronic_conductivity(dict(zip(law.names, mean, strict=True)), 0.5, T))
    ends = []
    for values in (made.nominal(), plain):
        values["Initial concentration in positive electrode [mol.m-3]"] = 20000.0
        values["Initial concentration in negative electrode [mol.m-3]"] = 25000.0
        solution = pybamm.Simulation(pybamm.lithium_ion.SPMe(), parameter_values=values).solve([0, 60])
        ends.append(solution["Voltage [V]"].entries[-1])
    assert ends[0] == pytest.approx(ends[1], abs=1e-5)


@pytest.fixture(scope="module")
def fitted() -> ParameterSet:
    """An electrolyte of ten coefficients from runs, in Chen2020's cell."""
    runs = runs_of(
        of_base_set("Ai2020"), np.random.default_rng(0), places=[(c, t) for c in (700.0, 1400.0) for t in (280.0, 320.0)]
    )
    return ParameterSet("electrolyte", "Chen2020", attachments(SMALL), Joint([fit_electrolyte(runs, SMALL)]), T)


def test_a_cell_with_an_uncertain_electrolyte(fitted: ParameterSet) -> None:
    """First order and sampling of a DFN agree on the mean voltage's standard deviation, within the sampling's error."""
    cell = Cell(fitted, model="DFN", c_rate=2.0, outputs=["mean_voltage"])
    # at the law's reference temperature those of temperature have no effect
    size, _, _, _, ratio, _ = SMALL.limit_names
    assert set(cell.names) == {size, ratio, *(name for terms in SMALL.series.values() for name in terms)}
    found = propagate(cell, fitted.joint, FirstOrder(), MonteCarlo(24), rng=np.random.default_rng(0))
    first, sampled = found["mean_voltage"]["std"].values
    assert first > 1e-4
    assert first == pytest.approx(sampled, rel=3 / np.sqrt(2 * 24))


def test_set_goes_through_its_file_and_bpx_names_what_it_loses(fitted: ParameterSet, tmp_path: Path) -> None:
    again = read_set(save(fitted, tmp_path / "set.json"))
    np.testing.assert_array_equal(again.joint.covariance, fitted.joint.covariance)
    assert dict(again.attach) == dict(fitted.attach)
    losses = " ".join(bpx_losses(fitted))
    for key in ("Cation transference number: a function, kept as", "Thermodynamic factor: a function, kept as"):
        assert key in losses


def test_what_is_another_quantity_is_refused() -> None:
    estimate = declare(SMALL.names, np.zeros(len(SMALL.names)), std=0.1, source="s", reason="r")
    for key, method in (
        ("Electrolyte diffusivity [m2.s-1]", METHODS[0]),
        ("Positive particle diffusivity [m2.s-1]", METHODS[1]),
    ):
        with pytest.raises(ValueError, match=f"{method} of law 'electrolyte-transport' is another quantity"):
            ParameterSet("wrong", "Chen2020", {key: Attachment(SMALL, method)}, Joint([estimate]))


def test_table_of_the_electrolyte_beside_the_base_sets(fitted: ParameterSet, tmp_path: Path) -> None:
    """The law's own values and the base set's; the quantiles of draws; a section of the report."""
    table = electrolyte_table(fitted, [500.0, 1000.0], levels=(0.025, 0.5, 0.975))
    c = dict(zip(fitted.joint.names, fitted.joint.mean, strict=True))
    assert tuple(table["key"].values) == ELECTROLYTE
    for key, method in zip(ELECTROLYTE, METHODS, strict=True):
        own = table.sel(key=key)
        np.testing.assert_allclose(own["value"], getattr(SMALL, method)(c, np.array([500.0, 1000.0]), T), rtol=1e-12)
        assert (own["quantile"].sel(level=0.025) < own["value"]).all()
        assert (own["value"] < own["quantile"].sel(level=0.975)).all()
    assert float(table["base"].sel(key="Cation transference number", concentration=1000.0)) == 0.2594
    assert float(table["base"].sel(key="Electrolyte conductivity [S.m-1]", concentration=1000.0)) == pytest.approx(0.9487)
    assert [row.key for row in electrolyte_rows(fitted)] == list(ELECTROLYTE)
    with pytest.raises(ValueError, match=r"concentration 0 mol\.m-3; give positive ones"):
        electrolyte_table(fitted, [0.0])
    page = write_report(tmp_path / "report.html", fitted, None).read_text("utf-8")
    assert "<h2>Electrolyte</h2>" in page or ">Electrolyte<" in page
    assert "The electrolyte at the set" in page


def test_set_without_such_laws_has_no_table() -> None:
    law = Scale("Electrolyte conductivity")
    estimate = Estimate.from_covariance(law.names, [0.0], [[0.01]], source="declared")
    scaled = ParameterSet("scaled", "Chen2020", {ELECTROLYTE[0]: Attachment(law, "factor")}, Joint([estimate]))
    assert electrolyte_rows(scaled) == []
    with pytest.raises(ValueError, match="no law stands in for 'Electrolyte conductivity"):
        electrolyte_table(scaled)
