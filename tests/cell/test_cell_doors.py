"""Cells that cannot be: a line that names the thing and the remedy, in bounded time, whatever PyBaMM raises."""

from __future__ import annotations

import dataclasses
import logging.handlers
import time
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.cell import Cell, DriveCycle
from a2c_pybamm.cell.protocol import Steps
from a2c_pybamm.derivation import derive
from a2c_pybamm.estimators import declare
from a2c_pybamm.laws import Scale
from a2c_pybamm.parameter_set import Attachment, ParameterSet
from a2c_pybamm.readers.drive_cycle import CYCLE_LIMITS
from a2c_pybamm.study import read_study

KEY = "Positive particle diffusivity [m2.s-1]"
REFUSAL = 10.0
"""Seconds that a refusal may take."""


def scaled(base: str) -> ParameterSet:
    """A set of one uncertain factor on a base set of PyBaMM's."""
    law = Scale("Positive particle diffusivity")
    joint = a2c.Joint([declare(law.names, [0.0], std=[0.1], source="s", reason="r")])
    return ParameterSet("t", base, {KEY: Attachment(law, "factor")}, joint)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("base", "model", "options", "entry"),
    [
        ("Prada2013", "SPM", {"thermal": "lumped"}, "Negative current collector thickness [m]"),
        ("Chen2020", "SPM", {"particle mechanics": "swelling only"}, "Negative electrode partial molar volume [m3.mol-1]"),
        ("Chen2020", "SPM", {"lithium plating": "reversible"}, "Typical plated lithium concentration [mol.m-3]"),
        ("Prada2013", "SPM", {"SEI": "solvent-diffusion limited"}, "Initial SEI thickness [m]"),
        ("Chen2020", "SPM", {"open-circuit potential": "current sigmoid"}, "Negative electrode lithiation OCP [V]"),
        ("Chen2020", "Yang2017", {}, "Typical plated lithium concentration [mol.m-3]"),
        ("Chen2020", "BasicDFNHalfCell", {}, "Exchange-current density for lithium metal electrode [A.m-2]"),
    ],
)
def test_entry_that_a_base_set_lacks(base: str, model: str, options: dict[str, Any], entry: str) -> None:
    with pytest.raises(ValueError, match="which the base set") as error:
        Cell(scaled(base), model=model, options=options)
    text = str(error.value)
    words = [base, model, repr(entry), "add the entry", *(f"{name} = " for name in options)]
    assert [word for word in words if word not in text] == []
    assert "\n" not in text


@pytest.mark.parametrize("model", ["param", "LithiumIonParameters", "ElectrodeSOHSolver", "BaseModel", "Thevenin", "__doc__"])
def test_attribute_that_is_no_model(model: str) -> None:
    with pytest.raises(ValueError, match=r"cell: model .* is unknown; take SPM"):
        Cell(scaled("Chen2020"), model=model)


def test_limits_out_of_reach_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyBaMM's own lines on the terminal are kept back: the error is said once, by the one line."""
    handler = logging.handlers.BufferingHandler(100)
    monkeypatch.setattr(pybamm.logger, "handlers", [handler])
    far = dataclasses.replace(scaled("Chen2020"), voltage_limits=(3.0, 9.9))
    with pytest.raises(ValueError, match=r"^set t, mean coefficients: .*choose another voltage window"):
        Cell(far, model="SPM")
    assert far.stoichiometry_window == {}
    assert [record.getMessage() for record in handler.buffer] == []


@pytest.mark.parametrize("key", ["Electrode height [m]", "Electrode width [m]"])
def test_electrode_without_extent(tmp_path: Path, key: str) -> None:
    text = f'name = "t"\nbase = "Chen2020"\n[[value]]\nparameter = "{key}"\nvalue = "0 m"\nstd = "0 m"\n'
    text += 'source = "s"\nreason = "r"\n'
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"value\[1\]: Electrode .* is 0 m; give a length above 0 and up to 1000 m") as error:
        derive(read_study(tmp_path))
    assert key in str(error.value)


@pytest.mark.parametrize(
    ("time_s", "current"),
    [
        ([0, 1e29], [0, 5]),
        ([0, 2 * CYCLE_LIMITS.end], [1, 1]),
        (np.arange(CYCLE_LIMITS.n_time + 1), np.ones(CYCLE_LIMITS.n_time + 1)),
    ],
)
def test_drive_cycle_beyond_all_measure(time_s: Any, current: Any) -> None:
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"drive cycle: .* times up to .*; give 1000000 at most, up to 3.2e"):
        DriveCycle(time_s, current)
    assert time.perf_counter() - start < REFUSAL


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("Rest for 1 hour (1e-9 second period)", "gives 3.6e.12 times"),
        ("Rest for 1 hour (0 second period)", "is 0 s; give one above 0"),
        ("Discharge at C/0 for 1 hour", "does not read the step"),
        ("Run US06 (A)", "does not read the step"),
        ("\x00", "does not read the step"),
    ],
)
def test_step_that_makes_no_sense(step: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"experiment: .*{words}"):
        Steps.of([step])


@pytest.mark.slow
@pytest.mark.parametrize(
    "step",
    ["Discharge at 1e6 A until 3 V", "Discharge at 1C for 5 hours"],
)
def test_step_that_no_cell_can_do(step: str) -> None:
    cell = Cell(scaled("Chen2020"), model="SPM", protocol=[step])
    with pytest.raises(ValueError, match=r"set t, mean coefficients: solver: .*; change the steps or limits"):
        cell.solve(np.zeros((1, 1)))


@pytest.mark.slow
def test_whatever_pybamm_raises_is_a_failed_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = Cell(scaled("Chen2020"), model="SPM")

    def fail(*_: object, **__: object) -> None:
        raise KeyError("odd")

    monkeypatch.setattr("pybamm.Simulation.solve", fail)
    found = cell.solve(np.zeros((2, 1)))
    assert list(found["reason"].values) == ["solver: KeyError: 'odd'"] * 2
