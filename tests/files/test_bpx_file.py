"""What PyBaMM reads back from a BPX file is the nominal set, but for what the file says it has lost."""

import copy
import dataclasses
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest

from a2c_pybamm import load
from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.estimate import Estimate, Joint
from a2c_pybamm.files.bpx_file import bpx_document, bpx_losses, write_bpx
from a2c_pybamm.files.bpx_properties import activation_energy, kinetics
from a2c_pybamm.files.bpx_sections import _electrode, document_sections
from a2c_pybamm.files.nominal import NominalValues, table
from a2c_pybamm.files.writing import write_text, write_with
from a2c_pybamm.laws import RedlichKister, SiteDensity, VacancyMobility
from a2c_pybamm.parameter_set import Attachment, ParameterSet, StoichiometryMap, measured_ocp

# the reader's libraries use names that their own libraries give up
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*pyparsing.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning"),
]
LIMITS = (3.0, 4.1)
BARRIER = 0.37
"""Activation energy of the graphite hop [eV]."""


def site_set(base: str) -> ParameterSet:
    """A base set with nothing changed but the maximum concentration."""
    law, key = SiteDensity("host"), "Maximum concentration in positive electrode [mol.m-3]"
    joint = Joint([Estimate.from_covariance(law.names, [-np.log(50000.0)], [[0.01]], source="declared")])
    return ParameterSet("sites", base, {key: Attachment(law, "maximum_concentration")}, joint)


@pytest.fixture(scope="module")
def parameter_set() -> ParameterSet:
    lco = RedlichKister("LCO", 1, (0.5, 1.0))
    graphite = measured_ocp("Ai2020", "negative", "graphite", stoichiometry=StoichiometryMap(), theta_min=0.1)
    lco_mobility = VacancyMobility("LCO", (("ODH", 1), ("TSH", 2)), lco)
    graphite_mobility = VacancyMobility("graphite", (("in-plane", 1),), graphite)
    means = dict(zip(lco.names, (4.0, -0.65, -0.04, 25.0), strict=True)) | {graphite.offset_name: 0.003}
    means |= dict(zip(lco_mobility.names[:5], (-13.7, 0.51, -15.4, 0.14, -0.55), strict=True))
    means |= dict(zip(graphite_mobility.names[:3], (-14.6, BARRIER, -0.55), strict=True))
    covariance = np.diag(np.full(len(means), 1e-4))
    joint = Joint([Estimate.from_covariance(tuple(means), list(means.values()), covariance, source="declared")])
    attach = {
        "Positive electrode OCP [V]": Attachment(lco, "open_circuit_voltage"),
        "Positive electrode OCP entropic change [V.K-1]": Attachment(lco, "entropic_change"),
        "Positive particle diffusivity [m2.s-1]": Attachment(lco_mobility, "chemical_diffusivity"),
        "Negative electrode OCP [V]": Attachment(graphite, "open_circuit_voltage"),
        "Negative particle diffusivity [m2.s-1]": Attachment(graphite_mobility, "chemical_diffusivity"),
    }
    return ParameterSet("LCO | graphite", "Ai2020", attach, joint, citations=("Someone (2020)",), description="For tests.")


@pytest.fixture(scope="module")
def nominal(parameter_set: ParameterSet) -> pybamm.ParameterValues:
    values = parameter_set.nominal()
    for key, limit in zip(("Lower", "Upper"), LIMITS, strict=True):
        values.update({f"{key} voltage cut-off [V]": limit})
    values.update({f"Open-circuit voltage at {100 * k}% SOC [V]": limit for k, limit in enumerate(LIMITS)})
    return values


@pytest.fixture(scope="module")
def document(parameter_set: ParameterSet) -> dict[str, Any]:
    return bpx_document(parameter_set, voltage_limits=LIMITS)


def read(document: dict[str, Any]) -> pybamm.ParameterValues:
    return pybamm.ParameterValues.create_from_bpx_obj(copy.deepcopy(document))


def evaluate(values: pybamm.ParameterValues, key: str, *arguments: Any) -> np.ndarray:
    return NominalValues("test", values).evaluate(key, *arguments)


def discharge(values: pybamm.ParameterValues, soc: float | None) -> pybamm.Solution:
    solver = pybamm.IDAKLUSolver(rtol=1e-7, atol=1e-9)
    return pybamm.Simulation(pybamm.lithium_ion.SPMe(), parameter_values=values, solver=solver).solve(
        [0, 4500], initial_soc=soc
    )


def largest_difference(one: pybamm.Solution, other: pybamm.Solution) -> float:
    """Between two voltages over the shorter discharge [V]."""
    t = np.linspace(0, min(one.t[-1], other.t[-1]), 500)
    return float(np.abs(one["Voltage [V]"](t) - other["Voltage [V]"](t)).max())


@pytest.mark.slow
def test_a_discharge_comes_back(parameter_set: ParameterSet, nominal: pybamm.ParameterValues, tmp_path: Path) -> None:
    """1C, 4.1 V to 3.0 V. The thermodynamic factor as a constant dominates; with the function put back the tables remain."""
    written = write_bpx(tmp_path / "set.json", parameter_set, voltage_limits=LIMITS)
    back = pybamm.ParameterValues.create_from_bpx(written)
    expected, found = discharge(nominal, 1.0), discharge(back, None)
    assert expected.termination == found.termination == "event: Minimum voltage [V]"
    assert expected.t[-1] > 2000
    assert largest_difference(expected, found) < 2e-3
    back["Thermodynamic factor"] = nominal["Thermodynamic factor"]
    # two tables of 0.25 mV each, and the steps of diffusivity tables
    assert largest_difference(expected, discharge(back, None)) < 6e-4


def test_tables_follow_the_laws(document: dict[str, Any], nominal: pybamm.ParameterValues) -> None:
    back, sto = read(document), np.linspace(0.005, 0.995, 3001)
    for side in ("Negative", "Positive"):
        for key, tolerance in ((f"{side} electrode OCP [V]", 3e-4), (f"{side} electrode OCP entropic change [V.K-1]", 3e-6)):
            np.testing.assert_allclose(
                evaluate(back, key, sto), evaluate(nominal, key, sto), rtol=0, atol=tolerance, err_msg=key
            )
        key = f"{side} particle diffusivity [m2.s-1]"
        np.testing.assert_allclose(
            evaluate(back, key, sto, 298.15), evaluate(nominal, key, sto, 298.15), rtol=4e-3, err_msg=key
        )


def test_exchange_current_comes_back(document: dict[str, Any], nominal: pybamm.ParameterValues) -> None:
    """Ai2020's has the form that BPX takes, so nothing may be lost, at any concentration and temperature."""
    back = read(document)
    for side in ("Negative", "Positive"):
        c_max = float(nominal[f"Maximum concentration in {side.lower()} electrode [mol.m-3]"])
        for salt, temperature in ((1000.0, 298.15), (400.0, 320.0)):
            arguments = (salt, c_max * np.linspace(0.1, 0.9, 9), c_max, temperature)
            key = f"{side} electrode exchange-current density [A.m-2]"
            np.testing.assert_allclose(evaluate(back, key, *arguments), evaluate(nominal, key, *arguments), rtol=1e-9)


def test_numbers_come_back(document: dict[str, Any], nominal: pybamm.ParameterValues) -> None:
    """Every number that both have, but for the initial concentrations (full charge) and the layers' heat capacities."""
    back = read(document)
    other = ("Initial concentration in negative", "Initial concentration in positive", "Current function")
    shared = [key for key in nominal if isinstance(nominal[key], float | int) and key in back and not key.startswith(other)]
    different = {key for key in shared if back[key] != pytest.approx(nominal[key], rel=1e-12)}
    assert {key for key in different if "density [kg" not in key and "specific heat" not in key} == set()
    assert {"Electrode height [m]", "Positive electrode porosity", "Positive electrode active material volume fraction"} <= set(
        shared
    )


def test_heat_of_the_whole_cell_comes_back(document: dict[str, Any], nominal: pybamm.ParameterValues) -> None:
    thermal = pybamm.LithiumIonParameters()
    capacity = [float(v.evaluate(thermal.rho_c_p_eff(pybamm.Scalar(298.15)))) for v in (nominal, read(document))]
    assert capacity[1] == pytest.approx(capacity[0], rel=1e-12)


def test_conductivity_is_the_effective_one() -> None:
    """PyBaMM takes the conductivity times (1 - porosity)^b, BPX the product."""
    values = pybamm.ParameterValues("Ai2020")
    values["Positive electrode Bruggeman coefficient (electrode)"] = 1.5
    section = _electrode(NominalValues("test", values), "Positive", 0.4, 0.9)
    assert section["Conductivity [S.m-1]"] == pytest.approx(10.0 * (1 - 0.32) ** 1.5, rel=1e-12)


def test_activation_energy_is_that_of_the_hop(document: dict[str, Any]) -> None:
    r"""One hop and :math:`\Theta \propto 1/T`: :math:`E = E_h F - RT`, by central difference of 1 K."""
    energy = document["Parameterisation"]["Negative electrode"]["Diffusivity activation energy [J.mol-1]"]
    assert energy == pytest.approx(BARRIER * FARADAY - GAS_CONSTANT * 298.15, abs=1.0)


@pytest.mark.parametrize("temperature", [1e-3, 1.0, 20.0, 300.0, 1e4])
def test_activation_energy_is_found_at_any_temperature(temperature: float) -> None:
    """One barrier is one activation energy, also where ``T - 1`` and ``T - 20`` are zero or less."""
    n = NominalValues("test", {"Reference temperature [K]": temperature})
    barrier = 12 * GAS_CONSTANT * temperature
    found = activation_energy(n, "rate", lambda _, T: np.exp(-barrier / (GAS_CONSTANT * np.array([T]))), 0.5, np.array([0.5]))
    assert found == pytest.approx(barrier, rel=1e-6, abs=1e-6)
    assert n.losses == []


@pytest.mark.parametrize("temperature", [1e-300, 1.0, 1e300])
def test_temperature_without_a_rate_is_refused(parameter_set: ParameterSet, temperature: float) -> None:
    cold = dataclasses.replace(parameter_set, temperature=temperature)
    with pytest.raises(ValueError, match=r"^set .* no activation energy at .* K \(.*\); give the set the temperature of a"):
        bpx_document(cold, voltage_limits=LIMITS)


def test_losses_are_told(parameter_set: ParameterSet, document: dict[str, Any]) -> None:
    losses = bpx_losses(parameter_set, voltage_limits=LIMITS)
    description = document["Header"]["Description"]
    assert all(f"- {loss}" in description for loss in losses)
    assert description.startswith("For tests.")
    for words in ("joint error of 13", "Thermodynamic factor: a function, kept as 2.166", "Young's modulus", "SEI resistivity"):
        assert words in description
    # two hops with barriers 0.51 and 0.14 eV make no straight line in an Arrhenius plot, one hop does but for 1/T
    assert any(loss.startswith("Positive particle diffusivity [m2.s-1]: temperature") for loss in losses)


def asymmetric(c_e: Any, c_s: Any, c_max: Any, T: Any, power: float) -> Any:
    return 1e-6 * c_e**0.5 * c_s**power * (c_max - c_s) ** (1 - power)


def test_other_kinetics_are_fitted_and_told() -> None:
    values = pybamm.ParameterValues("Ai2020")
    key = "Positive electrode exchange-current density [A.m-2]"
    window = np.linspace(0.3, 0.7, 41)
    for power, number in ((0.5, 0), (0.3, 1)):
        values[key] = partial(asymmetric, power=power)
        n = NominalValues("test", values)
        rate = kinetics(n, "Positive", window, 5e4)
        assert len(n.losses) == number
        # mean of the logarithm over a window about 1/2 is that at 1/2
        assert rate["Reaction rate constant [mol.m-2.s-1]"] == pytest.approx(1e-6 * 1000**0.5 * 5e4 / FARADAY, rel=1e-9)
        assert rate["Reaction rate constant activation energy [J.mol-1]"] == pytest.approx(0, abs=1e-5)
    worst = (0.7 / 0.3) ** 0.2 - 1
    assert f"{worst:.1%}" in n.losses[0]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("Positive electrode porosity", abs, "'Positive electrode porosity' is no number"),
        ("Separator porosity", 1.0, "'Separator porosity' is 1"),
        ("Number of cells connected in series to make a battery", 2.0, "2 cells in series"),
        ("Number of electrodes connected in parallel to make a cell", 1.5, "1.5 electrodes in parallel"),
        ("Open-circuit voltage at 100% SOC [V]", 4.9, "choose voltage_limits within reach"),
        ("Primary: Positive electrode OCP [V]", 4.0, "blended"),
    ],
)
def test_what_cannot_be_put_is_refused(key: str, value: Any, words: str) -> None:
    values = pybamm.ParameterValues("Ai2020")
    values.update({key: value})
    with pytest.raises(ValueError, match=words):
        document_sections(NominalValues("test", values))


def test_a_pole_and_a_missing_key_are_refused() -> None:
    values = pybamm.ParameterValues("Ai2020")
    values["Negative electrode OCP entropic change [V.K-1]"] = lambda sto: 1e-9 / (sto - sto)
    with pytest.raises(ValueError, match=r"entropic change.*not finite"):
        _electrode(NominalValues("test", values), "Negative", 0.1, 0.9)
    values = pybamm.ParameterValues("Ai2020")
    del values["Separator porosity"]
    with pytest.raises(ValueError, match="no 'Separator porosity'"):
        document_sections(NominalValues("test", values))


def test_set_of_steep_ends_without_surface_and_volume_exports() -> None:
    """PyBaMM reaches 3.6 V by its asymptotes, 0.03 % of the charge from where the potential does; both losses are told."""
    document = bpx_document(load("LFP_graphite_two_phase"))
    losses = document["Header"]["Description"].split("\n")
    cell = document["Parameterisation"]["Cell"]
    assert cell["External surface area [m2]"] == pytest.approx(2 * cell["Electrode area [m2]"])
    # electrodes and separator of Prada2013 by their thicknesses, no collectors
    assert cell["Volume [m3]"] == pytest.approx(cell["Electrode area [m2]"] * (34e-6 + 80e-6 + 25e-6))
    assert sum("make 3.434 V" in loss and "the limit 3.6 V" in loss for loss in losses) == 1
    assert sum("no 'Cell cooling surface area [m2]' and 'Cell volume [m3]'" in loss for loss in losses) == 1


@pytest.mark.slow
def test_discharge_on_a_plateau_comes_back() -> None:
    plateau = load("LFP_graphite_two_phase")
    expected, found = discharge(plateau.nominal(), None), discharge(read(bpx_document(plateau)), None)
    assert expected.termination == found.termination == "event: Minimum voltage [V]"
    assert expected.t[-1] == pytest.approx(found.t[-1], abs=0.5)
    assert largest_difference(expected, found) < 6e-4


def test_table_is_no_finer_than_it_must_be() -> None:
    assert table(lambda x: np.full_like(x, 3.0), np.linspace(0, 1, 5), relative=1e-3) == 3.0
    assert len(table(lambda x: 1 + 2 * x, np.linspace(0, 1, 5), relative=1e-9)["x"]) == 5
    cubic = table(lambda x: x * (x - 0.5) * (x - 1), np.array([0.0, 1.0]), absolute=1e-3)  # zero in the middle
    x = np.linspace(0, 1, 1000)
    assert np.abs(np.interp(x, cubic["x"], cubic["y"]) - x * (x - 0.5) * (x - 1)).max() < 1.5e-3


def test_failed_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "old\n")

    def fail(temporary: Path) -> None:
        temporary.write_text("half")
        raise OSError("disk full")

    with pytest.raises(ValueError, match="disk full"):
        write_with(path, fail)
    assert path.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ValueError, match=r"folder .* does not exist"):
        write_text(tmp_path / "none" / "a.txt", "")


def test_file_holds_the_document(parameter_set: ParameterSet, document: dict[str, Any], tmp_path: Path) -> None:
    path = write_bpx(tmp_path / "set.json", parameter_set, voltage_limits=LIMITS)
    assert json.loads(path.read_text(encoding="utf-8")) == document
