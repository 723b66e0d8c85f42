"""Cells of a model instance and of values of one's own: what is solved is what a name, or the named set, gives."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest
import xarray as xr

import a2c_pybamm as a2c
from a2c_pybamm.cell import Cell, ChunkSchedule, ParallelCell, setting_mistakes
from a2c_pybamm.cell.pool import specify
from a2c_pybamm.cell.pybamm_model import build_model, name_and_options
from a2c_pybamm.estimators import declare
from a2c_pybamm.files import parse_set, save
from a2c_pybamm.laws import Scale
from a2c_pybamm.parameter_set import Attachment, BaseSet, ParameterSet

lithium_ion = pybamm.lithium_ion
KEY, KAPPA = "Positive particle diffusivity [m2.s-1]", "Electrolyte conductivity [S.m-1]"


def scaled(base: Any) -> ParameterSet:
    """A set of one uncertain factor."""
    law = Scale("Positive particle diffusivity")
    joint = a2c.Joint([declare(law.names, [0.0], std=[0.1], source="s", reason="r")])
    return ParameterSet("t", base, {KEY: Attachment(law, "factor")}, joint)


def solved(cell: Cell) -> xr.Dataset:
    return cell.solve(np.array([[-0.5], [0.0], [0.5]]))


# ---- models ------------------------------------------------------------------------------------------------------------------


class WithTwice(lithium_ion.SPMe):
    """A model with a variable more."""

    def __init__(self, options: Any = None, name: str = "with twice", build: bool = True) -> None:
        super().__init__(options, name, build)
        self.variables["Twice the voltage [V]"] = 2 * self.variables["Voltage [V]"]


class WithFactor(WithTwice):
    """A model that is not built from options alone."""

    def __init__(self, options: Any = None, factor: float = 1.0) -> None:
        super().__init__(options)
        self.variables["A multiple of the voltage [V]"] = factor * self.variables["Voltage [V]"]


class WithoutOptions(lithium_ion.SPMe):
    """A model that takes no options."""

    def __init__(self) -> None:
        super().__init__({"thermal": "lumped"})


@pytest.mark.parametrize(
    ("model", "name", "options"),
    [
        ("SPMe", "SPMe", {}),
        (lithium_ion.SPM, "SPM", {}),
        (lithium_ion.SPMe, "SPMe", {"thermal": "lumped"}),
        (lithium_ion.DFN, "DFN", {"particle mechanics": "swelling only", "stress-induced diffusion": "false"}),
        (lithium_ion.SPM, "SPM", {"working electrode": "positive"}),
        (WithTwice, f"{__name__}:WithTwice", {"thermal": "lumped"}),
    ],
)
def test_name_and_options_of_a_model(model: Any, name: str, options: dict[str, Any]) -> None:
    given = model if isinstance(model, str) else model(dict(options))
    assert name_and_options(given, {}) == (name, options)
    assert type(build_model(name, options)).__name__ == name.partition(":")[2] or name


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("MSMR", {"number of MSMR reactions": ("6", "4")}),
        ("Yang2017", {}),
        ("SPMe", {"SEI": "ec reaction limited", "lithium plating": "reversible"}),
        ("MPM", {}),
    ],
)
@pytest.mark.slow
def test_options_that_follow_from_others_make_the_same_model(model: str, options: dict[str, Any]) -> None:
    given = getattr(lithium_ion, model)(dict(options) or None)
    name, taken = name_and_options(given, {})
    assert dict(build_model(name, taken).options) == dict(given.options)


def test_given_model_is_left_as_it_is() -> None:
    model = lithium_ion.SPM()
    before = dict(model.rhs), dict(model.options)
    Cell(scaled("Chen2020"), model=model)
    assert (dict(model.rhs), dict(model.options)) == before
    assert not model.is_discretised


def inner() -> Any:
    class Local(lithium_ion.DFN):
        """A class inside a function."""

    return Local()


def changed(part: str) -> Any:
    """A model with a change behind its options' back."""
    model = lithium_ion.SPM()
    if part == "events":
        model.events = model.events[1:]
    elif part == "variables":
        model.variables["x"] = pybamm.Scalar(1.0)
    else:
        variable = next(iter(model.rhs))
        model.rhs[variable] = 2 * model.rhs[variable]
    return model


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda: lithium_ion.SPM, "model is the class SPM; give the name of a class of pybamm.lithium_ion, or an instance"),
        (lambda: pybamm.lead_acid.LOQS(), "model is of type LOQS"),
        (lambda: None, "model is of type NoneType"),
        (lambda: 3, "model is of type int"),
        (inner, "'inner.<locals>.Local' is a class inside another or a function; define it at the top level of a module"),
        (lambda: changed("variables"), "the SPM given differs from the one that its options make (variables)"),
        (lambda: changed("events"), "the SPM given differs from the one that its options make (events)"),
        (lambda: changed("rhs"), "the SPM given differs from the one that its options make (rhs)"),
        (lambda: lithium_ion.SPM(build=False), "the SPM given differs from the one that its options make (rhs, "),
        (lambda: WithFactor(factor=2.0), "the WithFactor given differs from the one that its options make (variables)"),
        (
            lambda: WithoutOptions(),
            "WithoutOptions refuses the options (WithoutOptions.__init__() takes 1 positional argument but 2",
        ),
        (lambda: "a_module_of_nobody:Model", "cannot be imported (No module named 'a_module_of_nobody'); install it"),
        (lambda: "os:path", "model 'os:path' is unknown"),
        (lambda: "a2c_pybamm:Cell", "model 'a2c_pybamm:Cell' is unknown"),
    ],
)
def test_model_that_cannot_be_built_anew_is_one_line(model: Callable[[], Any], words: str) -> None:
    given = model()
    with pytest.raises(ValueError, match=r"^cell: ") as error:
        Cell(scaled("Chen2020"), model=given)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_options_beside_a_model_are_refused() -> None:
    with pytest.raises(ValueError, match="options are given beside a model that has its own; give them to the model"):
        Cell(scaled("Chen2020"), model=lithium_ion.SPM(), options={"thermal": "lumped"})


def test_set_gives_the_options_that_a_model_leaves_open() -> None:
    assert Cell(scaled("Xu2019"), model=lithium_ion.SPM()).options == {"working electrode": "positive"}


def test_class_of_the_main_program_stays_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    own = type("Own", (lithium_ion.DFN,), {"__module__": "__main__", "__qualname__": "Own"})
    monkeypatch.setattr(sys.modules["__main__"], "Own", own, raising=False)
    cell = Cell(scaled("Chen2020"), model=own())
    with pytest.raises(ValueError, match=r"'__main__:Own' is a class of the main program, .*; put it into a module"):
        specify(cell)


@pytest.mark.slow
def test_model_gives_what_its_name_gives() -> None:
    made = scaled("Chen2020")
    by_name = solved(Cell(made, model="SPMe", options={"thermal": "lumped"}))
    xr.testing.assert_identical(solved(Cell(made, model=lithium_ion.SPMe({"thermal": "lumped"}))), by_name)


@pytest.mark.slow
def test_model_of_ones_own_is_found_by_other_processes() -> None:
    outputs = ["voltage", "Twice the voltage [V]"]
    cell = Cell(scaled("Chen2020"), model=WithTwice(), outputs=outputs)
    again = specify(cell).build()
    assert (again.model, again.options) == (cell.model, cell.options)
    data = solved(again)
    np.testing.assert_allclose(data["Twice the voltage [V]"], 2 * data["voltage"], rtol=1e-12)


# ---- base sets ---------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("model", ["SPM", "SPMe", "DFN"])
def test_values_of_ones_own_give_what_the_named_set_gives(model: str, tmp_path: Path) -> None:
    """To the last bit, also from the file."""
    named, own = scaled("Chen2020"), scaled(pybamm.ParameterValues("Chen2020"))
    expected = solved(Cell(named, model=model))
    xr.testing.assert_identical(solved(Cell(own, model=model)), expected)
    xr.testing.assert_identical(solved(Cell(a2c.load(save(own, tmp_path / "set.json")), model=model)), expected)


def conductivity(c_e: Any, T: Any) -> Any:
    """A function that PyBaMM cannot write."""
    return 0.03 * pybamm.Function(np.sqrt, pybamm.maximum(c_e, 1e-3))


def test_modules_of_functions_go_to_other_processes() -> None:
    values = pybamm.ParameterValues("Chen2020")
    values[KAPPA] = conductivity
    specification = specify(Cell(scaled(values), model="SPM"))
    assert specification.modules == (__name__,)
    assert isinstance(parse_set(specification.document, "set.json").base, BaseSet)


@pytest.mark.slow
def test_other_processes_solve_what_this_one_solves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values of one's own whose conductivity is a function in a module of the user's, and a model of that module."""
    (tmp_path / "module_of_the_user.py").write_text(
        "import numpy as np\nimport pybamm\n\n\n"
        "def conductivity(c_e, T):\n    return 0.03 * pybamm.Function(np.sqrt, pybamm.maximum(c_e, 1e-3))\n\n\n"
        "class Own(pybamm.lithium_ion.SPMe):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parents[2]}:{tmp_path}")
    import module_of_the_user  # type: ignore[import-not-found]

    values = pybamm.ParameterValues("Chen2020")
    values[KAPPA] = module_of_the_user.conductivity
    cell = Cell(scaled(values), model=module_of_the_user.Own())
    samples = np.linspace(-0.5, 0.5, 12)[:, None]
    one = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))  # a new one, which has the module's folder
    with one, ParallelCell(cell, one, schedule=ChunkSchedule(start_seconds=0.0)) as parallel:
        found = parallel.solve(samples)
        assert parallel._running is not None
    xr.testing.assert_identical(found, cell.solve(samples))


def test_function_of_other_arguments_is_one_line() -> None:
    values = pybamm.ParameterValues("Chen2020")
    values[KAPPA] = lambda c_e: 1e-3 * c_e
    with pytest.raises(ValueError, match=r"cell: PyBaMM cannot build SPMe on the base set given set \(TypeError"):
        Cell(scaled(values))


def test_settings_are_checked_on_values_of_ones_own() -> None:
    base = BaseSet.of(pybamm.ParameterValues("Prada2013"), name="mine")
    settings: dict[str, Any] = {"options": {"thermal": "lumped"}, "protocol": None, "c_rate": 1.0, "soc": None, "outputs": None}
    (error,) = setting_mistakes(base, model="SPM", **settings)
    assert "needs 'Negative current collector thickness [m]', which the base set mine lacks" in str(error)
    assert list(setting_mistakes(None, model="SPM", **settings)) == []
