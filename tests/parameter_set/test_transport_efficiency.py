"""Transport efficiencies in PyBaMM's own equations: exponents of porous layers give the effective value in every sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pybamm
import pytest

from a2c_pybamm import (
    Attachment,
    Cell,
    CompositeConductivity,
    Joint,
    ParameterSet,
    SingleIonConductor,
    TransportEfficiency,
    Value,
    declare,
    efficiency_attachments,
    efficiency_by_tortuosity,
    phase_fraction,
)
from a2c_pybamm.parameter_set import efficiency_option_conflict

LAYERS: tuple[tuple[Any, Any, float], ...] = (
    ("negative", "electrolyte", 5.5),
    ("negative", "electrode", 1.2),
    ("separator", "electrolyte", 2.1),
    ("positive", "electrolyte", 3.0),
    ("positive", "electrode", 1.6),
)
"""Layer, phase and tortuosity factor."""


def law_of(layer: Any, phase: Any, base: str = "Chen2020") -> TransportEfficiency:
    return TransportEfficiency(f"{layer} {phase}", phase_fraction(base, layer, phase))


def made(base: str = "Chen2020", layers: Any = LAYERS, **attach: Attachment) -> ParameterSet:
    estimates, attachments = [], dict(attach)
    for layer, phase, tortuosity in layers:
        law = law_of(layer, phase, base)
        estimates.append(efficiency_by_tortuosity(law, tortuosity, std_ln=0.3, source=law.material, reason="test"))
        attachments |= efficiency_attachments(law, layer, phase)
    return ParameterSet("porous", base, attachments, Joint(estimates))


def test_exponents_make_the_efficiencies() -> None:
    """PyBaMM's ε^b, and (1 - ε)^b of solids, by the numbers that the set emits."""
    of_set = made()
    values = of_set.nominal()
    for layer, phase, tortuosity in LAYERS:
        name = "Separator" if layer == "separator" else f"{layer.capitalize()} electrode"
        fraction = values[f"{name} porosity"] if phase == "electrolyte" else 1 - values[f"{name} porosity"]
        exponent = values[f"{name} Bruggeman coefficient ({phase})"]
        assert fraction**exponent == pytest.approx(fraction / tortuosity, rel=1e-12)


def variable(layer: str, phase: str) -> str:
    """PyBaMM's variable of a layer's efficiency."""
    return f"X-averaged {layer} {phase} transport efficiency"


def test_pybamms_variables_are_the_efficiencies() -> None:
    """Through its model's own expressions, at the mean and at a draw of the inputs."""
    of_set = made()
    model = pybamm.lithium_ion.SPMe()
    rng = np.random.default_rng(3)
    for values, inputs in (
        (of_set.nominal(), {}),
        (of_set.uncertain(), dict(zip(of_set.joint.names, of_set.joint.mean + rng.normal(size=len(LAYERS)), strict=True))),
    ):
        for layer, phase, _ in LAYERS:
            law = law_of(layer, phase)
            c = inputs or dict(zip(of_set.joint.names, of_set.joint.mean, strict=True))
            symbol = values.process_symbol(model.variables[variable(layer, phase)]).orphans[0]
            assert symbol.evaluate(inputs=inputs) == pytest.approx(law.transport_efficiency(c), rel=1e-12)


def test_potential_falls_by_the_effective_conductivity() -> None:
    """DFN at rest's concentrations: the electrolyte's field in the separator is i/(κ B)."""
    of_set = made()
    values = of_set.nominal()
    current = 1.0
    values["Current function [A]"] = current
    solution = pybamm.Simulation(pybamm.lithium_ion.DFN(), parameter_values=values).solve([0, 1e-6])
    potential = solution["Separator electrolyte potential [V]"].entries[:, 0]
    x = solution["x_s [m]"].entries[:, 0]
    area = values["Electrode height [m]"] * values["Electrode width [m]"]
    c0, T = values["Initial concentration in electrolyte [mol.m-3]"], values["Reference temperature [K]"]
    kappa = float(values.evaluate(values["Electrolyte conductivity [S.m-1]"](pybamm.Scalar(c0), pybamm.Scalar(T))))
    efficiency = phase_fraction("Chen2020", "separator", "electrolyte") / 2.1
    slope = (potential[-1] - potential[0]) / (x[-1] - x[0])
    assert slope == pytest.approx(-current / area / (kappa * efficiency), rel=1e-6)


def test_error_reaches_a_cell() -> None:
    """Energy rises with every efficiency: central differences through the cell, of electrolytes more than of solids."""
    of_set = made()
    cell = Cell(of_set, outputs=["energy"])
    mean = of_set.joint.mean
    steps = np.repeat(0.1 * np.eye(len(mean)), 2, axis=0) * np.tile([1, -1], len(mean))[:, None]
    energy = np.ravel(cell.solve(mean + steps)["energy"])
    slopes = dict(zip(of_set.joint.names, (energy[0::2] - energy[1::2]) / 0.2, strict=True))
    assert all(slope > 0 for slope in slopes.values())
    of_ions = [slopes[law_of(layer, phase).names[0]] for layer, phase, _ in LAYERS if phase == "electrolyte"]
    of_electrons = [slopes[law_of(layer, phase).names[0]] for layer, phase, _ in LAYERS if phase == "electrode"]
    assert min(of_ions) > max(of_electrons)


def test_fractions_are_the_base_sets() -> None:
    assert phase_fraction("Chen2020", "positive", "electrolyte") == 0.335
    assert phase_fraction("Chen2020", "positive", "electrode") == pytest.approx(0.665)
    for layer, phase, said in (
        ("separator", "electrode", "a separator has no electrode"),
        ("middle", "electrolyte", "write one of 'negative', 'separator', 'positive'"),
        ("Negative", "electrolyte", "layer 'Negative' and phase 'electrolyte'; write one of"),
    ):
        with pytest.raises(ValueError, match=said):
            phase_fraction("Chen2020", layer, phase)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=said):
            efficiency_attachments(law_of("separator", "electrolyte"), layer, phase)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'Negative electrode porosity' is NoneType, no number between 0 and 1"):
        phase_fraction("Xu2019", "negative", "electrolyte")


def test_another_porosity_is_refused() -> None:
    law = TransportEfficiency("positive electrolyte", 0.4)
    estimate = efficiency_by_tortuosity(law, 3.0, std_ln=0.1, source="s", reason="test")
    with pytest.raises(ValueError, match=r"is of a volume fraction of 0\.4, and at 'Positive .* the base set has 0\.335"):
        ParameterSet("porous", "Chen2020", efficiency_attachments(law, "positive"), Joint([estimate]))
    porosity = Value("Positive electrode porosity")
    declared = declare(porosity.names, [0.335], std=[0.01], source="porosity", reason="test")
    law = law_of("positive", "electrolyte")
    estimate = efficiency_by_tortuosity(law, 3.0, std_ln=0.1, source="s", reason="test")
    attach = {**efficiency_attachments(law, "positive"), "Positive electrode porosity": Attachment(porosity, "value")}
    with pytest.raises(ValueError, match=r"'Positive electrode porosity' has a law of its own, .* declare the exponent"):
        ParameterSet("porous", "Chen2020", attach, Joint([estimate, declared]))


def test_option_without_exponents_is_refused() -> None:
    of_set = made()
    said = efficiency_option_conflict(of_set.attach, {"transport efficiency": "tortuosity factor"})
    assert said.startswith("option 'transport efficiency' is 'tortuosity factor', which does not read the exponent")
    assert not efficiency_option_conflict(of_set.attach, {})
    with pytest.raises(ValueError, match="cell: option 'transport efficiency' is 'ordered packing'"):
        Cell(of_set, options={"transport efficiency": "ordered packing"})


def test_crystals_conductivity_is_no_electrodes() -> None:
    """Neither that of a law of ions, nor that of another package's law that does not say so."""

    class Crystal:
        kind = "crystal"
        names = ("C sigma [S.m-1]",)

        def conductivity(self, c: Any, x: Any, T: Any) -> Any:
            return c["C sigma [S.m-1]"] + 0 * x

    key = "Positive electrode conductivity [S.m-1]"
    law = Crystal()
    estimate = declare(law.names, [1.0], std=[0.1], source="s", reason="test")
    for attachment, joint in (
        (Attachment(law, "conductivity"), Joint([estimate])),  # type: ignore[arg-type]
        (Attachment(SingleIonConductor("X"), "electrolyte_conductivity"), None),
    ):
        if joint is None:
            names = attachment.law.names
            joint = Joint([declare(names, np.zeros(len(names)), std=np.ones(len(names)), source="s", reason="test")])
        with pytest.raises(
            ValueError, match="does not state that its conductivity is of the whole electrode; a crystal's is not"
        ):
            ParameterSet("crystal", "Chen2020", {key: attachment}, joint)
    mixed = CompositeConductivity("X", "upper", 0.1, True)
    declared = declare(mixed.names, np.zeros(4), std=np.full(4, 0.1), source="s", reason="test")
    ParameterSet("composite", "Chen2020", {key: Attachment(mixed, "electronic_conductivity")}, Joint([declared]))
