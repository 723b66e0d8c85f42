"""Base sets in files: BPX and PyBaMM's own JSON are read, and whatever else stands there is one line and never run."""

from __future__ import annotations

import copy
import functools
import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.estimators import declare
from a2c_pybamm.files import save, write_bpx, write_pybamm_module
from a2c_pybamm.files.bpx_file import bpx_document
from a2c_pybamm.laws import Scale
from a2c_pybamm.parameter_set import Attachment, BaseSet, ParameterSet, base_values, evaluate_base, evaluate_entry
from tests.files.test_pybamm_module import load

KEY, OCP, ENTROPY = (
    f"Positive {quantity}"
    for quantity in ("particle diffusivity [m2.s-1]", "electrode OCP [V]", "electrode OCP entropic change")
)
STO = np.linspace(0.05, 0.95, 19)
REFUSAL = 10.0
"""Seconds that a refusal may take."""


def scaled(base: Any, **settings: Any) -> ParameterSet:
    """A set of one uncertain factor."""
    law = Scale("Positive particle diffusivity")
    joint = a2c.Joint([declare(law.names, [0.1], std=[0.1], source="s", reason="r")])
    return ParameterSet("t", base, {KEY: Attachment(law, "factor")}, joint, **settings)


@functools.cache
def document() -> str:
    """A BPX document of a cell of PyBaMM's."""
    return json.dumps(bpx_document(scaled("Chen2020")))


def written(folder: Path, edit: Callable[[Any], object], name: str = "cell.bpx.json") -> Path:
    """A file with the document after an edit."""
    content = json.loads(document())
    edit(content)
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder / name


def put(*place: str, to: Any) -> Callable[[Any], None]:
    """An edit of one entry."""

    def edit(content: Any) -> None:
        *way, last = place
        functools.reduce(lambda part, key: part[key], way, content)[last] = to

    return edit


NEGATIVE = ("Parameterisation", "Negative electrode")


def test_bpx_is_read_as_pybamm_reads_it(tmp_path: Path) -> None:
    path = written(tmp_path, lambda content: None)
    base = a2c.read_base(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pydantic, at its first use
        theirs = pybamm.ParameterValues.create_from_bpx(path)
    assert (base.name, base.functions) == ("cell.bpx.json", ())
    made = base_values(base)
    assert {k: v for k, v in made.items() if isinstance(v, float)} == {k: v for k, v in theirs.items() if isinstance(v, float)}
    for key in (OCP, OCP.replace("Positive", "Negative")):
        expected = [theirs.process_symbol(theirs[key](pybamm.Scalar(x))).evaluate() for x in STO]
        np.testing.assert_allclose(evaluate_base(made, key, STO), np.ravel(expected), rtol=1e-14)
    full = {f"Initial concentration in {side} electrode [mol.m-3]" for side in ("negative", "positive")}
    assert {key for key in made if made[key] != theirs.get(key) and not callable(made[key])} <= full


def test_formula_of_bpx_is_read(tmp_path: Path) -> None:
    formula = "0.1 + 0.8*exp(-30*x) - 2e-2*tanh((x-0.5)/0.1) + 10**-3*x**2 - (-x)/cosh(x)"
    path = written(tmp_path, put(*NEGATIVE, "OCP [V]", to=formula))
    expected = 0.1 + 0.8 * np.exp(-30 * STO) - 2e-2 * np.tanh((STO - 0.5) / 0.1) + 1e-3 * STO**2 + STO / np.cosh(STO)
    found = evaluate_base(base_values(a2c.read_base(path)), "Negative electrode OCP [V]", STO)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_own_entries_of_bpx_are_kept(tmp_path: Path) -> None:
    """A number, a table, a formula, and a description, which PyBaMM itself takes for a number."""
    own = ("Parameterisation", "User-defined")
    path = written(
        tmp_path,
        lambda content: (
            put(*own, "a [m]", to=3.0)(content),
            put(*own, "description", to="of their own")(content),
            put(*own, "b [m]", to={"x": [0.0, 1.0], "y": [1.0, 3.0]})(content),
            put(*own, "c [m]", to="2*x")(content),
        ),
    )
    made = base_values(a2c.read_base(path))
    assert made["a [m]"] == 3.0
    assert [evaluate_entry(made, key, 0.5)[0] for key in ("b [m]", "c [m]")] == [2.0, 1.0]


def test_version_before_1_is_converted(tmp_path: Path) -> None:
    path = written(tmp_path, put("Header", "BPX", to="0.4.0"))
    assert base_values(a2c.read_base(path))["Nominal cell capacity [A.h]"] == 5.0


def test_json_of_pybamm_is_read(tmp_path: Path) -> None:
    values = pybamm.ParameterValues("Chen2020")
    values["Electrode width [m]"] = 1.7
    values.to_json(str(tmp_path / "mine.json"))
    base = a2c.read_base(tmp_path / "mine.json")
    assert str(base) == "mine.json"
    assert base == BaseSet.of(values, name="mine.json")


FORMULAS = {
    "a function of Python's": "exec(chr(105)+chr(109))",
    "exit": "0.1+exit(1)",
    "input": "input(1)",
    "attribute": "x.__class__",
    "keyword": "exp(x=1)",
    "two arguments": "exp(x, 1)",
    "a power that takes for ever": "9**9**9**9*x",
    "a power that is complex": "(-1)**0.5*x",
    "division by 0": "1/0",
    "logarithm": "log(x)",
    "another variable": "y",
    "text": "'a'*x",
    "comparison": "x<1",
    "true": "True",
    "brackets": "(" * 300 + "x" + ")" * 300,
    "many terms": "x" + "+x" * 4900,
    "long": "x" + "+x" * 10_000,
    "nothing": "",
    "lines": "x\n+1",
}


@pytest.mark.parametrize("place", [(*NEGATIVE, "OCP [V]"), ("Parameterisation", "User-defined", "a")], ids=["OCP", "own"])
@pytest.mark.parametrize("name", FORMULAS)
def test_formula_that_is_no_arithmetic_is_never_run(name: str, place: tuple[str, ...], tmp_path: Path) -> None:
    path, start = written(tmp_path, put(*place, to=FORMULAS[name])), time.perf_counter()
    with pytest.raises(ValueError, match=r"no formula of x with \+ - \* / \*\* and exp, tanh, cosh") as error:
        a2c.read_base(path)
    assert str(error.value).startswith(f"{path}: {'.'.join(place)} is ")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 1000
    assert time.perf_counter() - start < REFUSAL


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (put("Parameterisation", to=3), "the document: Input should be a valid dictionary"),
        (put(*NEGATIVE, to=3), "not BPX as PyBaMM reads it"),
        (put(*NEGATIVE, "OCP [V]", to={"x": [0, 1], "y": [1]}), "not BPX as PyBaMM reads it (Negative electrode.OCP [V]"),
        (put(*NEGATIVE, "Thickness [m]", to=None), "Negative electrode.Thickness [m]"),
        (put("Header", to=[]), "not BPX as PyBaMM reads it"),
        (lambda content: content.pop("Header"), "no section 'Header'"),
        (lambda content: content.pop("Parameterisation"), "no section 'Parameterisation'"),
        (lambda content: content["Parameterisation"].pop("Electrolyte"), "Electrolyte: Field required"),
    ],
)
def test_document_that_is_no_bpx_is_one_line(edit: Callable[[Any], object], words: str, tmp_path: Path) -> None:
    path = written(tmp_path, edit)
    with pytest.raises(ValueError, match="not BPX as PyBaMM reads it") as error:
        a2c.read_base(path)
    assert str(error.value).startswith(f"{path}: ")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_what_bpx_leaves_out_is_named(tmp_path: Path) -> None:
    path = written(
        tmp_path, lambda content: content["Parameterisation"]["Negative electrode"].pop("Entropic change coefficient [V.K-1]")
    )
    with pytest.raises(
        ValueError, match=r"base 'cell.bpx.json' has no 'Negative electrode OCP entropic change \[V.K-1\]'.* add it, 0"
    ):
        scaled(a2c.read_base(path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{}", "has no 'Maximum concentration in positive electrode"),
        ("[1]", "not a table"),
        ('{"a": "b"}', "does not take 'a' = 'b'"),
        ('{"a": {"$type": "os.system"}}', "a names 'os.system', which is none of PyBaMM's expressions"),
    ],
)
def test_other_files_are_one_line(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.json") as error:
        scaled(a2c.read_base(tmp_path / "a.json"))
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_set_of_ours_is_no_base(tmp_path: Path) -> None:
    path = save(scaled("Chen2020"), tmp_path / "set.json")
    with pytest.raises(ValueError, match=r"set\.json: a set of a2c_pybamm, not PyBaMM's JSON nor BPX"):
        a2c.read_base(path)


# ---- what is made of a set on such a base ------------------------------------------------------------------------------------


def own() -> ParameterSet:
    """A set on values of one's own that are those of a named set, at another temperature."""
    return scaled(BaseSet.of(pybamm.ParameterValues("Chen2020"), name='"mine"\\'), temperature=310.0)


def test_stand_alone_module_holds_the_values(tmp_path: Path) -> None:
    made = own()
    module = load(write_pybamm_module(tmp_path / "set_on_own_values.py", made))
    values, expected = module.get_parameter_values(), made.nominal()
    numbers = {key: entry for key, entry in expected.items() if isinstance(entry, float)}
    assert {key: entry for key, entry in values.items() if isinstance(entry, float)} == numbers
    for key in (OCP, KEY):
        np.testing.assert_allclose(evaluate_base(values, key, STO), evaluate_base(expected, key, STO), rtol=1e-13)
    assert "a2c_pybamm" not in vars(module)
    text = (tmp_path / "set_on_own_values.py").read_text(encoding="utf-8")
    assert "import a2c_pybamm" not in text


def test_bpx_is_that_of_the_named_set(tmp_path: Path) -> None:
    one, other = write_bpx(tmp_path / "a.json", own()), write_bpx(tmp_path / "b.json", scaled("Chen2020", temperature=310.0))
    assert json.loads(one.read_text())["Parameterisation"] == json.loads(other.read_text())["Parameterisation"]


def unwritten(sto: Any) -> Any:
    """A function that PyBaMM cannot write."""
    return 4.2 - 0.5 * pybamm.Function(np.arccos, 1 - sto)


def test_stand_alone_module_refuses_a_function_that_it_cannot_hold(tmp_path: Path) -> None:
    values = pybamm.ParameterValues("Chen2020")
    values[OCP] = unwritten
    with pytest.raises(
        ValueError, match=f"set t: .* is the function {__name__}:unwritten, which a stand-alone module cannot hold"
    ):
        write_pybamm_module(tmp_path / "unwritten_module.py", scaled(values))


@pytest.mark.parametrize("base", ["Xu2019", "Ecker2015_graphite_halfcell"])
def test_half_cell_has_a_module_and_no_bpx(base: str, tmp_path: Path) -> None:
    made = scaled(copy.copy(base), temperature=305.0)
    module = load(write_pybamm_module(tmp_path / f"half_{base}.py", made))
    np.testing.assert_allclose(
        evaluate_base(module.get_parameter_values(), OCP, STO), evaluate_base(made.nominal(), OCP, STO), rtol=1e-13
    )
    with pytest.raises(ValueError, match="BPX describes cells of two porous electrodes"):
        write_bpx(tmp_path / "half.bpx.json", made)
