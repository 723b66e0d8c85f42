"""Base sets of one's own: the same here, in set.json and in other processes, and one line where they cannot be."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.estimators import declare
from a2c_pybamm.files import read_set, save, set_document
from a2c_pybamm.laws import MeasuredOCP, Scale, Value
from a2c_pybamm.parameter_set import (
    Attachment,
    BaseSet,
    ParameterSet,
    StoichiometryMap,
    as_base,
    base_values,
    evaluate_base,
    evaluate_entry,
    measured_ocp,
)

KEY, OCP = "Positive particle diffusivity [m2.s-1]", "Positive electrode OCP [V]"
KAPPA, EXCHANGE = "Electrolyte conductivity [S.m-1]", "Positive electrode exchange-current density [A.m-2]"
STO = np.linspace(0.01, 0.99, 25)
NAMED = ("Ai2020", "Chen2020", "Xu2019")
OTHERS = sorted(set(pybamm.parameter_sets) - {*NAMED, "ECM_Example", "Sulzer2019"})


def changed(base: str = "Chen2020", **entries: Any) -> pybamm.ParameterValues:
    """Values of a set with other entries, in which a key's words are joined by underscores and its unit is left out."""
    values = pybamm.ParameterValues(base)
    keys = {key.split(" [")[0].replace(" ", "_").replace("-", "_"): key for key in values}
    values.update({keys[name]: entry for name, entry in entries.items()})
    return values


def scaled(base: Any, key: str = KEY, **settings: Any) -> ParameterSet:
    """A set of one uncertain factor."""
    law = Scale(key.split(" [")[0])
    joint = a2c.Joint([declare(law.names, [0.1], std=[0.1], source="s", reason="r")])
    return ParameterSet("t", base, {key: Attachment(law, "factor")}, joint, **settings)


def emitted(made: ParameterSet) -> pybamm.ParameterValues:
    """Values at the means without full charge, whose search takes a third of a second."""
    return made._build(made._mean)


def arguments_of(key: str, values: pybamm.ParameterValues) -> list[np.ndarray | float]:
    """Arguments at which an entry is compared."""
    maximum = float(values["Maximum concentration in positive electrode [mol.m-3]"])
    salt = np.linspace(500.0, 2000.0, len(STO))
    return {KEY: [STO, 305.0], OCP: [STO], KAPPA: [salt, 305.0], EXCHANGE: [salt, STO * maximum, maximum, 305.0]}[key]


def assert_same_values(one: pybamm.ParameterValues, other: pybamm.ParameterValues) -> None:
    """Equal numbers, and functions equal to round-off."""
    assert {k: v for k, v in one.items() if isinstance(v, float)} == {k: v for k, v in other.items() if isinstance(v, float)}
    for key in (KEY, OCP, KAPPA, EXCHANGE):
        expected = evaluate_entry(other, key, *arguments_of(key, other))
        np.testing.assert_allclose(evaluate_entry(one, key, *arguments_of(key, other)), expected, rtol=1e-13, err_msg=key)


# ---- values of one's own ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*NAMED, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)])
def test_every_set_of_pybamm_as_ones_own_is_itself(name: str) -> None:
    values = pybamm.ParameterValues(name)
    own = BaseSet.of(values, name="own")
    assert own.functions == ()
    made = base_values(own)
    assert {k: v for k, v in made.items() if isinstance(v, float)} == {k: v for k, v in values.items() if isinstance(v, float)}
    for key in values:
        if callable(values[key]) and "[A.m-2]" not in key and "Current function" not in key and len(key) < 60:
            n = len(own_arguments(made[key]))
            grid = [np.linspace(0.2, 0.8, 7) * scale for scale in (1.0, 300.0)][:n] if n <= 2 else None
            if grid:
                expected = evaluate_entry(values, key, *grid)
                np.testing.assert_allclose(evaluate_entry(made, key, *grid), expected, rtol=1e-12, err_msg=key)


def own_arguments(function: Any) -> tuple[str, ...]:
    return tuple(function.arguments)


@pytest.mark.parametrize("kind", ["ParameterValues", "dict", "BaseSet"])
def test_what_is_given_can_be_changed_afterwards(kind: str) -> None:
    given = changed(Electrode_width=1.7)
    base: Any = {"dict": dict(given.items()), "BaseSet": BaseSet.of(given), "ParameterValues": given}[kind]
    made = scaled(base)
    given["Electrode width [m]"] = 3.0
    if kind == "dict":
        base["Electrode width [m]"] = 3.0
    assert emitted(made)["Electrode width [m]"] == 1.7
    base_values(made.base)["Electrode width [m]"] = 4.0
    assert emitted(made)["Electrode width [m]"] == 1.7


def test_name_of_a_set_stays_a_name() -> None:
    assert scaled("Chen2020").base == "Chen2020"
    assert set_document(scaled("Chen2020"))["base"] == "Chen2020"


def test_set_is_read_back_from_its_file(tmp_path: Path) -> None:
    """Also lambdas and tables: the file holds PyBaMM's expressions."""
    table = ("kappa", (np.array([0.0, 1000.0, 5000.0]), np.array([0.1, 1.0, 0.5])))
    kappa = pybamm.ParameterValues("Chen2020")[KAPPA]
    for entry in (lambda c_e, T: 1.1 * kappa(c_e, T), interpolated):
        made = scaled(BaseSet.of(changed(Electrolyte_conductivity=entry), name="mine"), temperature=310.0)
        read = read_set(save(made, tmp_path / "set.json"))
        assert read.base == made.base
        assert str(read.base) == "mine"
        assert_same_values(emitted(read), emitted(made))
    of_one = BaseSet.of(changed(Positive_electrode_OCP_entropic_change=table))
    assert np.isclose(evaluate_base(base_values(of_one), f"{OCP[:-4]} entropic change [V.K-1]", np.array([500.0])), 0.55)


def interpolated(c_e: Any, T: Any) -> Any:
    return pybamm.Interpolant(np.array([0.0, 1000.0, 5000.0]), np.array([0.1, 1.0, 0.5]), c_e)


class Conductivity:
    """A callable object without a name."""

    def __call__(self, c_e: Any, T: Any) -> Any:
        return 1e-3 * c_e


@pytest.mark.parametrize(
    ("function", "at_1000"),
    [
        (lambda c_e, T: 1e-3 * c_e, 1.0),
        (lambda c_e, T, slope=2e-3: slope * c_e, 2.0),
        (partial(lambda c_e, T, slope: slope * c_e, slope=3e-3), 3.0),
        (Conductivity(), 1.0),
        (lambda c_e, T: 1.5, 1.5),
        (pybamm.Parameter("Electrolyte diffusivity [m2.s-1]") * 0 + 4.0, 4.0),
        (np.float64(5.0), 5.0),
        (np.int64(6), 6.0),
        (lambda c_e, T: pybamm.Parameter("Nominal cell capacity [A.h]") * np.sqrt(c_e / 1000), 5.0),
    ],
    ids=["lambda", "default", "partial", "object", "constant", "expression", "float64", "int64", "root of another entry"],
)
def test_forms_of_an_entry(function: Any, at_1000: float) -> None:
    values = changed(Electrolyte_conductivity=function, Electrolyte_diffusivity=1e-10)
    made = scaled(values, KAPPA)
    assert evaluate_entry(base_values(made.base), KAPPA, 1000.0, 298.15)[0] == pytest.approx(at_1000, rel=1e-14)
    assert evaluate_entry(emitted(made), KAPPA, 1000.0, 298.15)[0] == pytest.approx(np.exp(0.1) * at_1000, rel=1e-14)


def test_entries_that_are_missing_in_pybamm_are_missing_here() -> None:
    base = BaseSet.of({**dict(pybamm.ParameterValues("Chen2020").items()), "a": np.nan, "b": None, "chemistry": "x"})
    assert {"a", "b", "chemistry"} & set(base_values(base)) == set()


def test_potential_of_ones_own_at_another_temperature() -> None:
    """A number, a function and an expression in the place of potential and entropic change."""
    entropy, low = f"{OCP[:-4]} entropic change [V.K-1]", np.array([0.4, 0.6])
    for potential, change in ((lambda sto: 4.2 - sto, 1e-3), (4.0, lambda sto: 1e-3 * sto), (4.0 * pybamm.Scalar(1.0), 1e-3)):
        values = changed(Positive_electrode_OCP=potential, Positive_electrode_OCP_entropic_change=change)
        law = Value("Contact resistance", "Ohm")
        joint = a2c.Joint([declare(law.names, [0.01], std=[0.001], source="s", reason="r")])
        attach = {"Contact resistance [Ohm]": Attachment(law, "value")}
        limits = (2.5, 3.9)
        made = ParameterSet("t", values, attach, joint, 318.15, voltage_limits=limits)._build({law.names[0]: 0.0})
        expected = evaluate_base(values, OCP, low) + 20.0 * evaluate_base(values, entropy, low)
        np.testing.assert_allclose(evaluate_base(made, OCP, low), expected, rtol=1e-14)


def test_measured_curve_is_that_of_ones_own_set() -> None:
    values = changed(Positive_electrode_OCP=lambda sto: 4.4 - sto)
    curve = measured_ocp(values, "positive", "P", stoichiometry=StoichiometryMap(), theta_min=0.01)
    assert isinstance(curve, MeasuredOCP)
    c = {curve.names[0]: 0.0}
    np.testing.assert_allclose(curve.open_circuit_voltage(c, STO, 298.15), 4.4 - STO, atol=1e-6)


def test_functions_of_ones_own_are_regularised_as_pybamms_are() -> None:
    """As a function, not as PyBaMM's expression: a root near 0 has another slope there (1e-6 V in a cell)."""
    made, named = emitted(scaled(pybamm.ParameterValues("Chen2020"))), emitted(scaled("Chen2020"))
    param = pybamm.LithiumIonParameters()
    c = pybamm.StateVector(slice(0, 1))
    symbol = param.p.prim.j0(c, 0.5 * param.p.prim.c_max, pybamm.Scalar(298.15))
    y = np.array([[1e-9]])
    one, other = (values.process_symbol(symbol).evaluate(y=y).item() for values in (made, named))
    assert one == pytest.approx(other, rel=1e-12)


def test_uncertain_values_pickle_and_are_written_to_json() -> None:
    made = emitted(scaled(changed(Electrolyte_conductivity=lambda c_e, T: 1e-3 * c_e), KAPPA))
    for values in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made), pybamm.ParameterValues.from_json(made.to_json())):
        assert_same_values(values, made)


# ---- functions that PyBaMM cannot write ------------------------------------------------------------------------------------


def arc(sto: Any) -> Any:
    """A function of numpy's that PyBaMM has no class for."""
    return 4.2 - 0.5 * pybamm.Function(np.arccos, 1 - sto)


def test_function_that_pybamm_cannot_write_goes_by_module_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = scaled(BaseSet.of(changed(Positive_electrode_OCP=arc), name="arc"))
    path = save(made, tmp_path / "set.json")
    assert json.loads(path.read_text())["base"]["functions"] == {OCP: f"{__name__}:arc"}
    assert emitted(read_set(path))[OCP] is arc
    text = path.read_text().replace(":arc", ":gone").replace('"arc"', '"other"')
    path.write_text(text)
    with pytest.raises(ValueError, match=r"set\.json: base: functions\.Positive.*defines no function 'gone'"):
        read_set(path)
    path.write_text(text.replace(__name__, "a_module_of_nobody"))
    with pytest.raises(
        ValueError, match="module 'a_module_of_nobody' is not imported, and a file imports none; import it first"
    ):
        read_set(path)
    assert "a_module_of_nobody" not in sys.modules


def inner() -> Callable[..., Any]:
    def function(sto: Any) -> Any:
        return arc(sto)

    return function


def main_program(sto: Any) -> Any:
    return arc(sto)


main_program.__module__ = "__main__"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (lambda sto: arc(sto), "a lambda, a function inside another"),
        (inner(), "a lambda, a function inside another"),
        (main_program, "a function of the main program"),
        (lambda sto: sto if sto < 0.5 else 0.5, "NotImplementedError: Boolean operator"),
        (lambda sto: {}[sto], "KeyError"),
        (pybamm.InputParameter("a"), "depends on the input 'a'"),
        ("[input]", "depends on the input"),
        (lambda sto: sto * pybamm.InputParameter("a"), "depends on the input 'a'"),
        ("text", "PyBaMM does not take 'Positive electrode OCP"),
        (np.inf, "inf is no finite number"),
        (np.array([1.0, 2.0]), "an array is no entry"),
        (object(), "SerialisationError"),
        (1 + 2j, "SerialisationError"),
        (("a", (np.array([1.0, 2.0]), np.array([1.0]))), "ValueError"),
    ],
)
def test_entry_that_is_none_is_one_line(entry: Any, words: str) -> None:
    with pytest.raises(ValueError, match="Positive electrode OCP") as error:
        scaled({**dict(pybamm.ParameterValues("Chen2020").items()), OCP: entry})
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("set t: base given set: ")


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ("Reference temperature [K]", "base 'given set' has no number for 'Reference temperature"),
        ("Nominal cell capacity [A.h]", "has no number for 'Nominal cell capacity"),
        ("Negative electrode OCP entropic change [V.K-1]", "has no 'Negative electrode OCP entropic change [V.K-1]', which"),
        ("Maximum concentration in positive electrode [mol.m-3]", "so no lithium in its positive electrode"),
        ("Open-circuit voltage at 100% SOC [V]", "given set lacks 'Open-circuit voltage at 100% SOC [V]', which full charge"),
        ("Negative electrode thickness [m]", "the base set given set lacks 'Negative electrode thickness [m]', which full"),
    ],
)
def test_entry_that_is_lacking_is_named(lacking: str, words: str) -> None:
    values = dict(pybamm.ParameterValues("Chen2020").items())
    del values[lacking]
    with pytest.raises(ValueError, match="set t: ") as error:
        scaled(values).nominal()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("base", [None, 3, ["Chen2020"], Path("set.json"), pybamm.lithium_ion])
def test_base_of_another_kind_is_refused(base: Any) -> None:
    with pytest.raises(
        ValueError, match=r"set t: base is .*; give the name of a set, a pybamm\.ParameterValues, a dict or a BaseSet"
    ):
        scaled(base)


@pytest.mark.parametrize("name", ["", " ", "a\nb"])
def test_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"base set: its name is .*; give one that can be printed"):
        BaseSet.of(pybamm.ParameterValues("Chen2020"), name=name)


def test_file_is_named_as_what_it_is() -> None:
    with pytest.raises(ValueError, match=r"no parameter set 'cell.bpx.json' .* \(in Python: read_base\)"):
        scaled("cell.bpx.json")


# ---- sets that packages register -------------------------------------------------------------------------------------------


class Registered:
    """An entry point of another package."""

    def __init__(self, load: Callable[[], Any]) -> None:
        self._load = load

    def load(self) -> Any:
        return self._load


def broken() -> Any:
    raise ImportError("no\nsuch module")


def test_set_of_another_package_is_known_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that is a dict, and one that its package reads from PyBaMM's JSON, whose functions are expressions."""
    values = pybamm.ParameterValues("Chen2020")
    registered = {
        "a dict of theirs": lambda: dict(values.items()),
        "JSON of theirs": lambda: pybamm.ParameterValues.from_json(values.to_json()),
    }
    for name, load in registered.items():
        monkeypatch.setitem(pybamm.parameter_sets._all_entries, name, Registered(load))
        made = scaled(name, KAPPA, temperature=310.0)
        assert set_document(made)["base"] == name
        read = read_set(save(made, tmp_path / "set.json"))
        assert_same_values(emitted(read), emitted(scaled("Chen2020", KAPPA, temperature=310.0)))


def test_set_that_its_package_cannot_load_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pybamm.parameter_sets._all_entries, "broken set", Registered(broken))
    with pytest.raises(ValueError, match=r"the parameter set 'broken set' cannot load it \(ImportError: no such module\)"):
        as_base("broken set")
