"""Ranges of experiments' steps: one that no cell can do is named before anything is solved."""

from typing import Any

import numpy as np
import pybamm
import pytest

import a2c_pybamm as a2c
from a2c_pybamm import Cell, ConstantCurrent
from a2c_pybamm.cell.protocol import Steps, validate_voltages


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("Discharge at 0C for 5 minutes", "is 0 C; give a rate between 1e-06 and 1000 C; a step without current is 'Rest"),
        ("Discharge at 5000C for 5 minutes", "is 5000 C; give a rate"),
        ("Discharge at 0 W for 5 minutes", "is 0 W; give a power"),
        ("Charge at 0 A until 4 V", "is 0 A; give a current"),
        ("Discharge at -1C for 5 minutes", "is a discharge by a negative number, the opposite; write it with a positive one"),
        ("Charge at -1 A until 4 V", "is a charge by a negative number"),
        ("Rest for -5 minutes", "lasts -300 s; give a duration above 0 and up to"),
        ("Rest for 0 minutes", "lasts 0 s"),
        ("Rest for 1000000000 hours", "give a duration above 0"),
        ("Hold at 99 V for 5 minutes", "is 99 V; give a voltage between -5 and 10 V"),
        ("Discharge at 1C until 42 V", "ends at 42 V; give a voltage"),
        ("Hold at 4.1 V until 0 A", "ends at 0 A; give a current"),
        (pybamm.step.current(1.0, duration=60, temperature=-5.0), "is at -5 K; give a temperature above 0"),
        (pybamm.step.current(np.array([[0, 1], [60, np.nan]])), "has values that are not finite"),
        (pybamm.step.current(np.array([[0, 1], [60, 1e10]])), "is 1e+10 A; give a current"),
    ],
)
def test_impossible_steps_are_named(step: Any, words: str) -> None:
    with pytest.raises(ValueError, match="experiment: the step '") as error:
        Steps.of([step])
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "step",
    [
        "Discharge at C/1000 for 5 minutes",
        "Charge at 1 mA until 4 V",
        "Hold at 4.1 V until C/20",
        "Rest for 1 second",
        "Discharge at 4 Ohm for 5 minutes",
        pybamm.step.current(0.0, duration=60),
        pybamm.step.current(-2.0, duration=60),
        pybamm.step.current(np.array([[0, 0], [60, 1.0], [90, -1.0]])),
        pybamm.step.voltage(4.0, duration=60, temperature="25oC"),
    ],
)
def test_possible_steps_pass(step: Any) -> None:
    assert len(Steps.of([step]).names) == 1


def test_voltages_far_outside_of_the_cells_limits() -> None:
    """PyBaMM lets a step go a volt beyond them."""
    for step in ("Hold at 5.3 V for 5 minutes", "Discharge at 1C until 1.4 V"):
        with pytest.raises(ValueError, match=r"more than 1 V outside of the cell's limits, 2\.5 to 4\.2 V; correct it, or set"):
            validate_voltages(Steps.of([step]), (2.5, 4.2))
    validate_voltages(Steps.of(["Hold at 4.2 V for 5 minutes", "Discharge at 1C until 2.5 V"]), (2.5, 4.2))
    with pytest.raises(ValueError, match=r"cell: one of the voltage limits is 99 V; give a voltage between -5 and 10 V"):
        validate_voltages(ConstantCurrent(1.0), (2.5, 99.0))


@pytest.mark.parametrize("c_rate", [0.0, 1e-300, -1e-9, 2000.0, np.inf, np.nan])
def test_impossible_currents_are_named(c_rate: float) -> None:
    with pytest.raises(ValueError, match=r"cell: c_rate is .* of 1e-06 to 1000"):
        ConstantCurrent(c_rate)


@pytest.mark.slow
def test_cell_refuses_a_step_outside_of_its_limits() -> None:
    law = a2c.Scale("Negative particle diffusivity")
    joint = a2c.Joint([a2c.Estimate.from_covariance(law.names, [0.0], [[0.01]], source="s")])
    chen = a2c.ParameterSet("t", "Chen2020", {"Negative particle diffusivity [m2.s-1]": a2c.Attachment(law, "factor")}, joint)
    with pytest.raises(ValueError, match="asks for 6 V, more than 1 V outside of the cell's limits"):
        Cell(chen, model="SPM", protocol=["Hold at 6 V for 5 minutes"])
