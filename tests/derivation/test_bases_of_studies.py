"""Studies that start from a file, from a set that a package registers, or from a half cell."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest

from a2c_pybamm.derivation import derive
from a2c_pybamm.files import read_base, read_set, save
from a2c_pybamm.files.bpx_file import bpx_document
from a2c_pybamm.parameter_set import ParameterSet, base_values, evaluate_base
from a2c_pybamm.study import add_unusable_files, data_files, read_partial_study, read_study
from tests.files.test_base_file import scaled

KEY = "Positive particle diffusivity [m2.s-1]"
SCALE = f"""
[[scale]]
parameter = "{KEY}"
std = 0.1
source = "s"
reason = "r"
"""
CURVE = """
[{side}]
material = "{side}"
[{side}.measured_ocp]
offset_std = "5 mV"
theta_min = 0.1
reason = "r"
"""


@functools.cache
def bpx() -> str:
    return json.dumps(bpx_document(scaled("Chen2020")))


def study(folder: Path, base: str, *sections: str, name: str = "study.toml") -> Path:
    """A study file, beside a BPX file and one of PyBaMM's own JSON."""
    values = pybamm.ParameterValues("Chen2020")
    values["Electrode width [m]"] = 1.7
    values.to_json(str(folder / "my_values.json"))
    (folder / "cell.bpx.json").write_text(bpx(), encoding="utf-8")
    text = f'name = "t"\nbase = "{base}"\ntemperature = "305 K"\n' + "".join(sections or (SCALE,))
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def emitted(made: ParameterSet) -> pybamm.ParameterValues:
    return made._build(made._mean)


@pytest.mark.parametrize("file", ["cell.bpx.json", "my_values.json"])
def test_file_beside_the_study_is_the_base(file: str, tmp_path: Path) -> None:
    settings = read_study(study(tmp_path, file))
    made = derive(settings)
    assert made.base == read_base(tmp_path / file)
    assert str(made.base) == file
    assert data_files(settings) == [tmp_path / file]
    read = read_set(save(made, tmp_path / "set.json"))
    assert read.base == made.base
    assert emitted(read)["Electrode width [m]"] == emitted(made)["Electrode width [m]"]


def test_measured_curves_are_those_of_the_file(tmp_path: Path) -> None:
    made = derive(read_study(study(tmp_path, "my_values.json", CURVE.format(side="positive"), CURVE.format(side="negative"))))
    own, sto = base_values(made.base), np.linspace(0.1, 0.8, 15)
    for side in ("Positive", "Negative"):
        key, entropy = f"{side} electrode OCP [V]", f"{side} electrode OCP entropic change [V.K-1]"
        expected = evaluate_base(own, key, sto) + (305 - 298.15) * evaluate_base(own, entropy, sto)
        np.testing.assert_allclose(evaluate_base(emitted(made), key, sto), expected, atol=2e-3)
    assert "my_values.json's curve" in made.notes["positive measured OCP"]


@pytest.mark.parametrize("base", ["Xu2019", "OKane2022_graphite_SiOx_halfcell"])
def test_half_cell_is_a_base(base: str, tmp_path: Path) -> None:
    made = derive(read_study(study(tmp_path, base, SCALE, CURVE.format(side="positive"))))
    assert made.base == base
    assert set(made.full_charge) == {"Initial concentration in positive electrode [mol.m-3]"}


def error_lines(path: Path) -> list[str]:
    """Lines on a study, of which each is one mistake."""
    reading = read_partial_study(path)
    with reading.mistakes.at(path).collect():
        if reading.study is not None:
            derive(reading.study)
    add_unusable_files(reading.files, reading.mistakes.at(path))
    try:
        reading.mistakes.stop()
    except ValueError as error:
        return str(error).splitlines()
    return []


@pytest.mark.parametrize(
    ("base", "sections", "words"),
    [
        ("Xu2019", (CURVE.format(side="negative"),), "base: 'Xu2019' is a half cell, whose counter electrode is lithium metal"),
        ("MSMR_Example", (SCALE,), "base: 'MSMR_Example' has no 'Negative electrode OCP [V]': a composite, MSMR or no"),
        ("Chen2020_composite", (SCALE,), "base: 'Chen2020_composite' has no 'Negative electrode OCP [V]': a composite"),
        ("Sulzer2019", (SCALE,), "base: 'Sulzer2019' has no 'Negative electrode OCP [V]': a composite"),
        ("Nobody2020", (SCALE,), "base: PyBaMM has no parameter set 'Nobody2020' to start from; take one of Ai2020, "),
        ("cell.bpx.yaml", (SCALE,), "base: PyBaMM has no parameter set 'cell.bpx.yaml' to start from"),
        ("gone.json", (SCALE,), "base: gone.json: no such file; check the path (it is taken relative to the study file)"),
        ("study.json", (SCALE,), "base: study.json: not JSON"),
        ("empty.json", (SCALE,), "base: empty.json: the file is empty"),
        ("few.json", (SCALE,), "base: 'few.json' has no 'Nominal cell capacity [A.h]'"),
        (" ", (SCALE,), "base: must be text in quotes: the name of a set, or a file"),
    ],
)
def test_base_that_is_none_is_one_line(
    base: str, sections: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = study(tmp_path, base, *sections)
    for name, text in {"study.json": path.read_text(), "empty.json": "", "few.json": '{"a": 1.0}'}.items():
        Path(name).write_text(text, encoding="utf-8")
    (line,) = error_lines(Path("study.toml"))
    assert line.startswith(f"study.toml: {words}")


def test_base_and_other_entries_are_checked_in_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    study(tmp_path, "gone.json", SCALE, '[[scale]]\nparameter = "no such key"\nstd = 0.1\nsource = "q"\nreason = "r"\n')
    lines = error_lines(Path("study.toml"))
    assert len(lines) == 2
    assert "gone.json: no such file" in lines[0]
    assert "no such entry" in lines[1]


def test_name_is_no_file_though_one_is_there(tmp_path: Path) -> None:
    (tmp_path / "Chen2020").write_text("{}")
    assert read_study(study(tmp_path, "Chen2020")).base == "Chen2020"


def test_set_of_another_package_is_a_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Registered:
        def load(self) -> Any:
            return lambda: dict(pybamm.ParameterValues("Chen2020").items())

    monkeypatch.setitem(pybamm.parameter_sets._all_entries, "their set of cells", Registered())
    made = derive(read_study(study(tmp_path, "their set of cells")))
    assert made.base == "their set of cells"
