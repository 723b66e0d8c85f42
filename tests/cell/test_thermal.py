"""Heat in PyBaMM: reversible heat of the law's own entropy, what its thermal keys are of, peak temperature with error bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pybamm
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.cell import Cell
from a2c_pybamm.laws import ElectrodeMixture, Value
from a2c_pybamm.parameter_set import thermal_attachments
from a2c_pybamm.parameter_set.keys import LAYERS
from tests.complex_step import complex_step
from tests.derivation.test_thermal_studies import derived, table

T = 298.15
COOLING = "Total heat transfer coefficient [W.m-2.K-1]"
HOSTS = {
    "negative": ("graphite", 0.12, (-0.02, 0.01), 25.0, (4.0, -3.0)),
    "positive": ("LCO", 3.95, (-0.3, 0.1), -20.0, (6.0, 2.0)),
}
"""Material, mean voltage [V], interactions [eV], entropy of lithiation and excess entropies [J/mol/K] of each side."""


def set_with_entropies() -> a2c.ParameterSet:
    """Both hosts by one free energy each, with entropies of their own."""
    attach, estimates = {}, []
    for side, (material, voltage, interactions, entropy, excess) in HOSTS.items():
        law = a2c.RedlichKister(material, 1, entropies=2)
        numbers = (voltage, *interactions, entropy, *excess)
        estimates.append(a2c.declare(law.names, numbers[: len(law.names)], std=1e-3, source=material, reason="test"))
        name = side.capitalize()
        attach[f"{name} electrode OCP [V]"] = a2c.Attachment(law, "open_circuit_voltage")
        attach[f"{name} electrode OCP entropic change [V.K-1]"] = a2c.Attachment(law, "entropic_change")
    return a2c.ParameterSet("heat", "Marquis2019", attach, a2c.Joint(estimates), T, voltage_limits=(3.0, 4.2))


def solved(model: Any) -> tuple[pybamm.Solution, pybamm.ParameterValues, a2c.ParameterSet]:
    made = set_with_entropies()
    values = made.nominal()
    simulation = pybamm.Simulation(model({"thermal": "lumped"}), parameter_values=values, solver=pybamm.IDAKLUSolver(rtol=1e-6))
    return simulation.solve(np.array([0.0, 300.0, 900.0])), values, made


@pytest.mark.parametrize("model", [pybamm.lithium_ion.SPM, pybamm.lithium_ion.DFN])
def test_reversible_heat_is_that_of_the_free_energy(model: Any) -> None:
    """J a T ∂U/∂T at every place of both electrodes, U the law's voltage and ∂U/∂T its complex step: 1e-8 of the largest.

    Its average over the cell, times its volume, is the heat of all layers in watts.
    """
    solution, values, made = solved(model)
    temperature = solution["Volume-averaged cell temperature [K]"].entries
    c = dict(zip(made.joint.names, made.joint.mean, strict=True))
    heat = solution["Reversible heating [W.m-3]"].entries
    layers = {}
    for side in HOSTS:
        name = side.capitalize()
        law = made.attach[f"{name} electrode OCP [V]"].law
        x = solution[f"{name} particle surface stoichiometry"].entries
        slope = complex_step(lambda t, law=law, x=x: law.open_circuit_voltage(c, x, t), T)
        current = solution[f"{name} electrode volumetric interfacial current density [A.m-3]"].entries
        layers[side] = current * temperature * slope
    n, p = len(layers["negative"]), len(layers["positive"])
    scale = np.abs(heat).max()
    assert scale > 1e3
    np.testing.assert_allclose(heat[:n], layers["negative"], rtol=0, atol=1e-8 * scale)
    np.testing.assert_allclose(heat[-p:], layers["positive"], rtol=0, atol=1e-8 * scale)
    np.testing.assert_array_equal(heat[n:-p], 0)
    area = values["Electrode height [m]"] * values["Electrode width [m]"]
    number = values["Number of electrodes connected in parallel to make a cell"]
    thickness = {side: values[f"{side.capitalize()} electrode thickness [m]"] for side in HOSTS}
    watts = number * area * sum(thickness[side] * layers[side].mean(axis=0) for side in HOSTS)
    found = solution["Reversible heating [W]"].entries
    np.testing.assert_allclose(found, watts, rtol=1e-8)
    average = solution["Volume-averaged reversible heating [W.m-3]"].entries
    np.testing.assert_allclose(average * values["Cell volume [m3]"], found, rtol=1e-12)


def effective_capacity(values: pybamm.ParameterValues) -> float:
    """PyBaMM's volumetric heat capacity of the cell at the reference temperature [J.m-3.K-1]."""
    parameters = pybamm.LithiumIonParameters()
    return float(values.process_symbol(parameters.rho_c_p_eff(pybamm.Scalar(T))).evaluate())


def test_heat_capacity_is_weighted_by_thickness_alone() -> None:
    """Over all five layers, and no porosity in it: what an electrode's numbers leave out, its electrolyte, no layer has."""
    made = derived(table())
    values = made.nominal()
    thickness = np.array([values[f"{layer} thickness [m]"] for layer in LAYERS])

    def number(key: str) -> float:
        entry = values[key]
        return float(entry(T)) if callable(entry) else float(entry)

    heat = [number(f"{layer} density [kg.m-3]") * number(f"{layer} specific heat capacity [J.kg-1.K-1]") for layer in LAYERS]
    expected = thickness @ heat / thickness.sum()
    assert effective_capacity(values) == pytest.approx(expected, rel=1e-12)
    values.update({"Positive electrode porosity": 0.5})
    assert effective_capacity(values) == pytest.approx(expected, rel=1e-12)


def test_thermal_conductivity_has_no_power_of_a_fraction() -> None:
    """Where the temperature across the cell is resolved it multiplies the gradient as it is, in each layer."""
    model = pybamm.lithium_ion.SPMe({"thermal": "x-full"})
    fluxes = [
        node.children[0]
        for equation in model.rhs.values()
        for node in equation.pre_order()
        if isinstance(node, pybamm.Divergence)
        and any(
            isinstance(inner, pybamm.FunctionParameter) and "thermal conductivity" in inner.name for inner in node.pre_order()
        )
    ]
    assert len(fluxes) == 1
    conductivity, gradient = fluxes[0].children
    assert isinstance(gradient, pybamm.Gradient)
    layers = ("Negative electrode", "Separator", "Positive electrode")
    assert [layer.name for layer in conductivity.orphans] == [f"{layer} thermal conductivity [W.m-1.K-1]" for layer in layers]


def test_isothermal_cells_do_not_use_it() -> None:
    """The option is the cell's own; without it density and heat capacity are no inputs."""
    made = derived(table())
    assert Cell(made, model="SPM", outputs=("capacity",)).names == ()
    warm = Cell(made, model="SPM", options={"thermal": "lumped"}, outputs=("capacity",))
    assert set(warm.names) == {name for name in made.joint.names if "lambda" not in name and "mixing" not in name}


def test_peak_temperature_has_error_bars_and_their_shares() -> None:
    """Hardly cooled, a heavier electrode warms less; heat capacity and cooling make the error, bounds of the mixture none."""
    cooling = {"parameter": COOLING, "value": "3 W.m-2.K-1", "std": "0.3 W.m-2.K-1", "source": "cooling", "reason": "test"}
    made = derived(table(top={"value": [cooling]}))
    cell = Cell(made, model="SPM", options={"thermal": "lumped"}, c_rate=3.0, outputs=("peak_temperature",))
    node = a2c.propagate(cell, made.joint, a2c.FirstOrder(), rng=np.random.default_rng(1))["peak_temperature"]
    assert float(np.ravel(node["std"])[0]) > 0.05
    mean = made.joint.mean[[made.joint.names.index(name) for name in cell.names]]
    heavy = mean + np.log(2) * (np.array(cell.names) == "LFP ln(rho [kg.m-3])")
    peaks = cell.solve(np.vstack([mean, heavy]))["peak_temperature"].values
    assert peaks[1] < peaks[0] - 1.0
    shares = node["share"].isel(approach=0).to_series().dropna()
    assert shares.get("LFP electrode (thermal bounds)", 0.0) == 0
    assert min(shares["electrolyte (literature)"], shares["cooling"]) > 0.02
    assert float(shares.sum()) == pytest.approx(1, abs=1e-6)


def test_mixture_beside_a_value_of_the_cooling() -> None:
    """Attached in Python: laws of both electrodes and an uncertain heat transfer in one set."""
    mixture = ElectrodeMixture("LFP", (("electrolyte", 0.38),), T)
    names = mixture.names
    mean = [np.log(3600), 3e-5, np.log(880), 1e-3, np.log(1200), np.log(1600)]
    heat = a2c.declare(names, mean, std=[0.01, 1e-5, 0.03, 2e-4, 0.02, 0.05], source="heat", reason="test")
    cooling = Value("cooling", "W.m-2.K-1")
    attach = thermal_attachments("positive", mixture)
    attach[COOLING] = a2c.Attachment(cooling, "value")
    joint = a2c.Joint([heat, a2c.declare(cooling.names, [35.0], std=[5.0], source="cooling", reason="test")])
    made = a2c.ParameterSet("heat", "Ai2020", attach, joint, T)
    assert made.nominal()["Positive electrode density [kg.m-3]"](T) == pytest.approx(0.62 * 3600 + 0.38 * 1200)
