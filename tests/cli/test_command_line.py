"""The command line: what is right ends with 0, what is wrong with 2, one line on stderr, and earlier results untouched."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import typer
from rich.console import Console

import a2c_pybamm as a2c
from a2c_pybamm.cli import commands, main, printing, steps
from a2c_pybamm.files import SET_STAMP, folder_lock, read_result, read_set, set_document, set_stamp, write_result
from a2c_pybamm.sets import DEMO, copy_study
from a2c_pybamm.study import MADE_FROM, read_study
from tests.result_edits import with_attrs

COMMANDS = ("demo", "new", "check", "derive", "propagate", "sweep", "report", "run", "show", "export")
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run ``a2c`` with these arguments: exit code, stdout, stderr. A warning would be an error, and show."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["a2c", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def edit(folder: Path, *edits: tuple[str, str], after: str = "") -> None:
    """Replace text of a folder's study, or add to its end."""
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text + after, encoding="utf-8")


QUICK = (
    ('model = "SPMe"', 'model = "SPM"'),
    ("adaptive = true", "adaptive = false\nworkers = 1"),
    ("samples = 1000", "samples = 20"),
)
SWEEP = '\n[sweep]\nc_rate = [0.5, 1.0]\nupper_voltage = ["4.0 V"]\nuncertainty = false\n'
ODH, CSV = "data/neb/lco_odh_chgnet-0.3.0.extxyz", "data/lithiation/energies_7net-0_lco.csv"
HOP, SINGLE = "data/neb/lco_odh_chgnet-0.3.0.json", "data/neb/single_points_sevennet.csv"


@pytest.fixture(scope="module")
def derived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A quick study with its set, a result of a stand-in model, and a page."""
    folder = tmp_path_factory.mktemp("derived")
    copy_study(folder)
    edit(folder, *QUICK, after=SWEEP)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["a2c", "derive", str(folder)])
        main()
    joint = read_set(folder / "set.json").joint
    model = a2c.from_function(lambda s: s @ np.arange(1.0, s.shape[1] + 1), joint.names, outputs={"sum": "1"})
    result = a2c.propagate(model, joint, a2c.FirstOrder(), rng=np.random.default_rng(1))
    stamp = {SET_STAMP: set_stamp(read_set(folder / "set.json")), steps.CELL_TEXT: "stand-in"}
    write_result(folder / "result.nc", with_attrs(result, stamp))
    (folder / "report.html").write_text("<html>an earlier page</html>")
    return folder


@pytest.fixture
def study(derived: Path, tmp_path: Path) -> Path:
    """A folder of one's own with all of it."""
    return Path(shutil.copytree(derived, tmp_path / "study", dirs_exist_ok=True))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refused(call: Call, folder: Path, *arguments: str | Path) -> str:
    """The one line of a call that ends with 2 and changes no file."""
    before = contents(folder)
    code, _, err = call(*arguments)
    assert (code, err.count("\n"), err[:5]) == (2, 1, "a2c: "), err
    assert contents(folder) == before
    return err


# ---- bad input ---------------------------------------------------------------------------------------------------------


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


def cut(name: str, part: float) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(part * len(content))])

    return change


def gone(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def folder_in_place(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return change


def lines(name: str, n: int) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        kept = (folder / name).read_text().splitlines(keepends=True)[:n]
        (folder / name).write_text("".join(kept))

    return change


def in_study(old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: edit(folder, (old, new))


def added(text: str) -> Callable[[Path], None]:
    return lambda folder: edit(folder, after="\n" + text)


def declared(names: str, rest: str) -> Callable[[Path], None]:
    return added(f'[[declared]]\nnames = {names}\nsource = "s"\nreason = "r"\n{rest}')


DATA: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "missing column": (replaced(CSV, "E_per_fu_eV", "E_eV"), [CSV, "no column 'E_per_fu_eV'", "energy_column"]),
    "x outside": (replaced(CSV, "LCO_n1_0_H10,0.0", "LCO_n1_0_H10,1.5"), [CSV, "line 3", "outside [0, 1]", "rescale"]),
    "one data point": (lines(CSV, 3), [CSV, "1 composition(s)", "compute more"]),
    "lithium metal alone": (lines(CSV, 2), [CSV, "no structure beside lithium"]),
    "table cut off": (cut(CSV, 0.6), [CSV, "cut off"]),
    "table gone": (gone(CSV), [CSV, "no such file", "check the path"]),
    "folder for a table": (folder_in_place(CSV), [CSV, "a folder, not a file"]),
    "no volume of the full host": (replaced(CSV, ",1.0,", ",0.99,"), [CSV, "no structure at x = 1"]),
    "path cut off": (cut(ODH, 0.55), ["ODH", ODH, "cut off"]),
    "folder for a path": (folder_in_place(ODH), [ODH, "a folder"]),
    "table that is no path": (in_study(ODH, SINGLE), [SINGLE, "0 columns called distance", "write a header"]),
    "path without a barrier": (
        lambda f: (f / ODH).write_text(half_path(f)),
        [ODH, "highest image is an end", "order the images"],
    ),
    "frequencies cut off": (cut(HOP, 0.5), [HOP, "not JSON", "cut off"]),
    "frequencies imaginary": (replaced(HOP, "4.998", "-4.998"), [HOP, "imaginary mode"]),
    "single energies absent": (
        in_study('model = "7net-0", chgnet_path = "lco_odh', 'model = "x", chgnet_path = "lco_odh'),
        ["model = x"],
    ),
    "single energy no number": (replaced(SINGLE, "-168.0894", "?"), [SINGLE, "line 2", "not a number"]),
    "long file name": (in_study(CSV, "d" * 300 + ".csv"), ["check the path"]),
    "odd file name": (in_study(CSV, "ö \\u0000 .csv"), ["no such file"]),
    "unit of a column": (in_study('"E_per_fu_eV"', '"volume_per_fu_A3"'), ["unit of volume", "eV"]),
}
STUDY: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "unknown key": (in_study("order =", "ordr ="), ["positive.free_energy.ordr", "unknown key", "order"]),
    "unit": (in_study('std = "30 meV"', 'std = "30 mV"'), ["std", "unit 'mV'", "meV"]),
    "celsius": (in_study('"298.15 K"', '"25 °C"'), ["temperature", "give it in K"]),
    "not TOML": (in_study('"Ai2020"', "Ai2020"), ["not TOML", "line 5"]),
    "not UTF-8": (lambda f: (f / "study.toml").write_bytes(b'name = "\xff"'), ["not UTF-8", "save it as UTF-8"]),
    "gone": (gone("study.toml"), ["no such study", "a2c new"]),
    "base unknown": (in_study('"Ai2020"', '"Nobody2020"'), ["base", "'Nobody2020'", "take one of Ai2020, "]),
    "base a half-cell": (in_study('"Ai2020"', '"Xu2019"'), ["base", "Xu2019", "take a full cell"]),
    "base a composite": (
        in_study('"Ai2020"', '"Chen2020_composite"'),
        ["base", "'Negative electrode OCP [V]'", "take a full or half cell"],
    ),
    "base lead-acid": (in_study('"Ai2020"', '"Sulzer2019"'), ["base", "take a full or half cell"]),
    "base of another kind": (in_study('"Ai2020"', '"MSMR_Example"'), ["base", "take a full or half cell"]),
    "coefficient twice": (
        declared('["LCO ODH E_a [eV]"]', "values = [0.5]\nstd = [0.1]"),
        ["'LCO ODH E_a [eV]' is given twice", "remove"],
    ),
    "coefficient nobody asks for": (declared('["q"]', "values = [1]\nstd = [1]"), ["no law needs 'q'"]),
    "covariance not symmetric": (
        declared('["q", "w"]', "values = [1, 1]\ncovariance = [[1, 0.5], [0.2, 1]]"),
        ["declared[1]", "covariance of q, w", "not symmetric", "both triangles"],
    ),
    "covariance indefinite": (
        declared('["q", "w"]', "values = [1, 1]\ncovariance = [[1, 2], [2, 1]]"),
        ["declared[1]", "not positive semi-definite", "correlation lies between"],
    ),
    "covariance indefinite in threes": (
        declared('["q", "w", "e"]', "values = [1, 1, 1]\ncovariance = [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]"),
        ["declared[1]", "not positive semi-definite"],
    ),
    "variance negative": (declared('["q"]', "values = [1]\ncovariance = [[-1]]"), ["declared[1]", "is negative"]),
    "source of another": (
        added('[[declared]]\nnames = ["q"]\nvalues = [1]\nstd = [1]\nsource = "potential (model form)"\nreason = "r"'),
        ["'potential (model form)'", "rename the source"],
    ),
    "systematic of nobody": (
        added('[[systematic]]\nsource = "f"\nreason = "r"\nstd = { "LCO Ea" = 0.1 }'),
        ["systematic 'f'", "no coefficient 'LCO Ea'", "correct its name"],
    ),
    "systematic of a known source": (
        added('[[systematic]]\nsource = "potential (model form)"\nreason = "r"\nstd = { "LCO ODH E_a [eV]" = 0.1 }'),
        ["'potential (model form)' already", "name the new one differently"],
    ),
    "independent of nobody": (
        in_study("citations =", 'independent = ["nope"]\ncitations ='),
        ["independent: no source 'nope'"],
    ),
    "stoichiometry map": (
        in_study("slope = 1.0 }   # Ai2020", "slope = 1.5 }   # Ai2020"),
        ["negative", "must rise within [0, 1]"],
    ),
    "impossible rate": (in_study("c_rate = 1.0", "c_rate = 1e-300"), ["cell: c_rate is 1e-300", "1e-06 at least"]),
    "order too high": (in_study('order = "averaged"', "order = 9"), ["positive", "needs at least", "lower the order"]),
}


def with_steps(*steps: str) -> Callable[[Path], None]:
    """A study of these steps, without its sweep."""

    def change(folder: Path) -> None:
        path = folder / "study.toml"
        text = path.read_text(encoding="utf-8").partition("[sweep]")[0]
        path.write_text(text.replace("c_rate = 1.0", f"experiment = {list(steps)}", 1), encoding="utf-8")

    return change


CELLS: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "output of no variable": (
        added('[[cell.output]]\nname = "v"\nvariable = "Voltge [V]"\ntime = "1 s"'),
        ["no variable 'Voltge [V]'", "did you mean 'Voltage [V]'"],
    ),
    "output at no event": (
        added('[[cell.output]]\nname = "v"\nvariable = "Voltage [V]"\nevent = "when full"'),
        ["output 'v'", "event is 'when full'", "end of step 2"],
    ),
    "step without an end": (with_steps("Rest for -5 minutes"), ["the step 'Rest for -5 minutes' lasts -300 s", "above 0"]),
    "step beyond the cell": (with_steps("Hold at 7 V for 1 hour"), ["asks for 7 V, more than 1 V outside", "voltage_limits"]),
}
"""Studies whose set can be derived, and whose cell cannot be."""


def half_path(folder: Path) -> str:
    """The images up to the saddle."""
    text = (folder / ODH).read_text()
    return text[: text.index("image=4")].rsplit("\n", 2)[0] + "\n"


@pytest.mark.slow
@pytest.mark.parametrize("case", CELLS)
def test_cell_that_cannot_be_is_found_by_check(call: Call, study: Path, case: str) -> None:
    change, words = CELLS[case]
    change(study)
    err = refused(call, study, "check", study)
    assert [word for word in words if word not in err] == [], err


@pytest.mark.parametrize("case", [*DATA, *STUDY])
def test_bad_input_is_one_line_and_leaves_results_alone(call: Call, study: Path, case: str) -> None:
    change, words = (DATA | STUDY)[case]
    change(study)
    err = refused(call, study, "derive", study)
    assert [word for word in words if word not in err] == [], err
    assert str(study) in err, "no file is named"


@pytest.mark.parametrize("command", ["check", "derive", "propagate", "sweep", "report", "run"])
def test_every_command_refuses_a_bad_study(call: Call, study: Path, command: str) -> None:
    edit(study, ("c_rate = 1.0", "c_rate = 1e9"))
    assert "cell.c_rate: must be at most 1000, got 1000000000.0" in refused(call, study, command, study)


@pytest.mark.slow
def test_run_writes_nothing_where_the_cell_cannot_be(call: Call, study: Path) -> None:
    edit(study, ('"3.0 V", "4.0 V"', '"3.0 V", "9.0 V"'))
    assert "mean coefficients" in refused(call, study, "run", study)


PLANTED: tuple[tuple[Callable[[Path], None], list[str]], ...] = (
    (in_study('order = "averaged"', 'ordr = "averaged"'), ["positive.free_energy.ordr: unknown key", "'order'"]),
    (in_study('std = "50 mV"', 'std = "50 meV"'), ["positive.free_energy.reference.std", "unit 'meV'"]),
    (in_study("theta_min = 0.1", "theta_min = 7.0"), ["negative.measured_ocp.theta_min", "at most 1"]),
    (replaced("data/lithiation/energies_7net-0_lco.csv", "E_per_fu_eV", "E_eV"), ["7net-0_lco.csv", "no column 'E_per_fu_eV'"]),
    (cut("data/lithiation/energies_chgnet-0.3.0_lco.csv", 0.6), ["chgnet-0.3.0_lco.csv", "cut off"]),
    (gone("data/lithiation/energies_chgnet-r2scan_lco.csv"), ["chgnet-r2scan_lco.csv", "no such file"]),
    (cut(ODH, 0.55), ["hop 'ODH'", ODH, "cut off"]),
    (cut(HOP, 0.5), [HOP, "not JSON"]),
    (in_study("lco_tsh_chgnet-0.3.0.json", "nowhere.json"), ["hop 'TSH'", "nowhere.json", "no such file"]),
    (in_study('"7net-l3i5", chgnet_path = "lco_tsh', '"8net", chgnet_path = "lco_tsh'), ["hop 'TSH'", "model = 8net"]),
    (
        replaced("data/neb/graphite_chgnet-0.3.0.extxyz", "energy=", "enrgy="),
        ["hop 'in-plane'", "graphite_chgnet-0.3.0.extxyz"],
    ),
    (
        in_study(
            'source = "mean-field law of LCO (declared)"\nstd = { "LCO', 'source = "mean-field"\nstd = { "LCO Ea" = 1, "LCO'
        ),
        ["systematic 'mean-field'", "no coefficient 'LCO Ea'"],
    ),
    (declared('["LCO nothing"]', "values = [1]\nstd = [1]"), ["declared[1]", "no law needs 'LCO nothing'"]),
    (
        added('[[declared]]\nnames = ["q", "w"]\nvalues = [1, 1]\ncovariance = [[1, 2], [2, 1]]\nsource = "s2"\nreason = "r"'),
        ["declared[2]", "not positive semi-definite"],
    ),
    (in_study("citations =", 'independent = ["nope"]\ncitations ='), ["independent: no source 'nope'"]),
    (
        added('[[scale]]\nparameter = "Pozitive electrode OCP [V]"\nstd = 0.1\nsource = "s3"\nreason = "r"'),
        ["scale[1]", "'Pozitive electrode OCP [V]'", "potential"],
    ),
    (
        added('[[scale]]\nparameter = "Electrolyte conductivty [S.m-1]"\nstd = 0.1\nsource = "s4"\nreason = "r"'),
        ["scale[2]", "no such entry", "is 'Electrolyte conductivity [S.m-1]' meant?"],
    ),
    (
        added('[[value]]\nparameter = "Contact resistanc [Ohm]"\nvalue = "1 Ohm"\nstd = "0 Ohm"\nsource = "s5"\nreason = "r"'),
        ["value[1]", "no such entry", "is 'Contact resistance [Ohm]' meant?"],
    ),
    (in_study('model = "SPM"', 'model = "P2D"'), ["cell: model 'P2D' is unknown"]),
    (in_study("samples = 20", "samples = 5"), ["propagation: 5 samples are too few"]),
    (in_study("c_rate = 1.0", 'c_rate = 1.0\noutputs = ["energy", "energy"]'), ["cell: output 'energy' is listed twice"]),
)


@pytest.mark.parametrize("base", ["Ai2020", "Ai2O20"])
def test_check_names_every_mistake_in_one_run(call: Call, study: Path, base: str) -> None:
    """More than twenty mistakes of all kinds, and the base set's name: as many lines, each with its own words."""
    for change, _ in PLANTED:
        change(study)
    edit(study, ('"Ai2020"', f'"{base}"'))
    before = contents(study)
    code, out, err = call("check", study)
    lines = err.splitlines()
    assert (code, out) == (2, "")
    expected = [words for _, words in PLANTED] + ([["base", "Ai2O20"]] if base != "Ai2020" else [])
    missing = [words for words in expected if not any(all(word in line for word in words) for line in lines)]
    assert missing == [], err
    assert len(lines) == len(expected), err
    assert all(line.startswith(f"a2c: {study}") for line in lines)
    assert contents(study) == before


# ---- files of other commands -------------------------------------------------------------------------------------------


def test_propagate_needs_a_set(call: Call, study: Path) -> None:
    (study / "set.json").unlink()
    for command in ("propagate", "sweep", "report"):
        assert "set.json: no such file; make it with 'a2c derive'" in refused(call, study, command, study)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (cut("set.json", 0.5), ["set.json: not JSON", "a2c derive"]),
        (replaced("set.json", '"redlich-kister"', '"margules"'), ["set.json", "'margules' is unknown"]),
        (replaced("set.json", '"version": 1', '"version": 7'), ["set.json", "format version 7", "update"]),
        (
            replaced("set.json", '"base": "Ai2020"', '"base": "Chen2020"'),
            ["its base is Chen2020, the study's Ai2020", "a2c derive"],
        ),
        (replaced("set.json", "298.15", "NaN"), ["set.json", "NaN is no number"]),
        (folder_in_place("set.json"), ["set.json", "a folder"]),
        (
            in_study('name = "LCO_graphite_universal_potentials"', 'name = "other"'),
            ["its name is LCO_graphite", "the study's other"],
        ),
    ],
)
def test_set_that_is_not_the_studys_is_refused(
    call: Call, study: Path, change: Callable[[Path], None], words: list[str]
) -> None:
    change(study)
    for command in ("propagate", "report"):
        err = refused(call, study, command, study)
        assert [word for word in words if word not in err] == [], err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (gone("result.nc"), ["result.nc: no such file", "a2c propagate"]),
        (cut("result.nc", 0.4), ["result.nc: not a netCDF file", "cut off", "a2c propagate"]),
        (cut("result.nc", 0.0), ["result.nc: the file is empty"]),
        (folder_in_place("result.nc"), ["result.nc", "a folder"]),
        (
            replaced("set.json", '"description": "', '"description": "another '),
            ["result.nc: made from another set.json", "a2c propagate"],
        ),
    ],
)
def test_report_refuses_what_does_not_belong_together(
    call: Call, study: Path, change: Callable[[Path], None], words: list[str]
) -> None:
    change(study)
    err = refused(call, study, "report", study)
    assert [word for word in words if word not in err] == [], err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (replaced(CSV, ",1.0,", ",1.00,"), f"set.json: {CSV} changed since it was derived; run 'a2c derive "),
        (in_study('std = "30 meV"', 'std = "40 meV"'), "set.json: study.toml changed since it was derived; run 'a2c derive "),
        (in_study('"3.0 V", "4.0 V"', '"3.0 V", "4.1 V"'), "set.json: study.toml changed since it was derived"),
        (lambda folder: [replaced(f, "0", "1")(folder) for f in (CSV, SINGLE)], f"set.json: {CSV}, {SINGLE} changed since"),
    ],
)
def test_set_that_is_older_than_its_study_or_data_is_refused(
    call: Call, study: Path, change: Callable[[Path], object], words: str
) -> None:
    change(study)
    for command in ("propagate", "sweep", "report"):
        assert words in refused(call, study, command, study)


@pytest.mark.parametrize(
    "change",
    [
        in_study("[propagation]", "# a comment\n[propagation]  # another"),
        in_study("samples = 20", "samples = 40"),
        in_study("c_rate = 1.0", "c_rate = 2.0"),
        in_study(SWEEP, ""),
        gone(CSV),
        lambda folder: edit_json(folder / "set.json", lambda document: document["notes"].pop(MADE_FROM)),
    ],
    ids=["comment", "samples", "rate", "sweep", "data gone", "set of an earlier version"],
)
def test_what_a_set_does_not_depend_on_makes_it_no_older(study: Path, change: Callable[[Path], object]) -> None:
    change(study)
    settings, file = steps.read_valid_study(study)
    assert steps.read_derived_set(settings, file).name == settings.name


def edit_json(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def test_result_is_of_the_set_in_whatever_form_it_is_written(study: Path) -> None:
    """The set's stamp is of what it holds; that of the file is taken too, as earlier versions did."""
    path = study / "set.json"
    result, kept = read_result(study / "result.nc"), read_set(path)
    assert result.attrs[SET_STAMP] == set_stamp(kept) == hashlib.sha256(path.read_bytes()).hexdigest()
    edit_json(path, lambda document: None)
    assert hashlib.sha256(path.read_bytes()).hexdigest() != result.attrs[SET_STAMP]
    steps.check_origin(result, study / "study.toml", read_set(path))
    of_file = with_attrs(result, {SET_STAMP: hashlib.sha256(path.read_bytes()).hexdigest()})
    steps.check_origin(of_file, study / "study.toml", read_set(path))


@pytest.mark.parametrize("command", ["derive", "propagate", "sweep", "report", "run"])
def test_second_run_in_a_folder_is_one_line(call: Call, study: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setattr(steps, "build_cell", lambda *_: None)  # of no use here, and slow
    with folder_lock(study):
        err = refused(call, study, command, study)
    assert f"a2c: {study}: another a2c is at work in this folder (process " in err


@pytest.mark.parametrize("command", ["propagate", "sweep"])
def test_memo_that_is_none_is_one_line(call: Call, study: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    (study / steps.MEMO_FILE).write_text("not a memo" * 100)
    stand_in = SimpleNamespace(parameter_set=read_set(study / "set.json"), voltage_limits=(3.0, 4.0))
    monkeypatch.setattr(steps, "build_cell", lambda *_: stand_in)
    assert f"{steps.MEMO_FILE}: cannot be used (file is not a database)" in refused(call, study, command, study)


def test_sweep_without_a_section(call: Call, study: Path) -> None:
    edit(study, (SWEEP, ""))
    assert "study.toml: no [sweep] section; add one, e.g. c_rate = " in refused(call, study, "sweep", study)


@pytest.mark.slow
def test_disk_that_refuses(call: Call, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without permission, or a full disk: the system's word, the file, no traceback, nothing lost."""

    def no_permission(old: Path, new: Path) -> None:
        raise PermissionError(13, "Permission denied", str(new))

    monkeypatch.setattr("os.replace", no_permission)
    err = refused(call, study, "derive", study)
    assert "set.json: cannot be written (Permission denied); check its name, permissions and the space left" in err


def test_derive_writes_all_files_or_none(call: Call, study: Path) -> None:
    """A folder in the place of the module: the set, BPX and figure of before stay as they are."""
    module = study / f"{DEMO}.py"
    module.unlink()
    module.mkdir()
    edit(study, ('std = "30 meV"', 'std = "40 meV"'))
    assert f"{DEMO}.py: a folder stands here; give a file name" in refused(call, study, "derive", study)


@pytest.mark.parametrize(
    ("form", "output", "ending"),
    [
        ("json", "conftest.py", ".json"),
        ("pybamm", "set.json", ".py"),
        ("bpx", "cell", ".bpx.json"),
        ("json", "a.JSON.txt", ".json"),
    ],
)
def test_export_to_a_file_of_another_form(call: Call, tmp_path: Path, form: str, output: str, ending: str) -> None:
    err = refused(call, tmp_path, "export", DEMO, "--to", form, "--output", tmp_path / output)
    assert f"{output}: a file in the form {form} ends in {ending}; rename it, or take another form with --to" in err


@pytest.mark.parametrize("n_file", [0, 1, 5])
@pytest.mark.parametrize("there", [False, True])
def test_new_on_a_full_disk_leaves_nothing(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_file: int, there: bool
) -> None:
    """After some files the disk is full: one line, and neither a file nor a folder that was not there before."""
    folder = tmp_path / "a" / "s"
    if there:
        (folder / "data").mkdir(parents=True)
    before, left = sorted(tmp_path.rglob("*")), [n_file]

    def copy(source: Path, target: Path) -> None:
        target.write_text("half")
        if not left[0]:
            raise OSError(28, "No space left on device", str(target))
        left[0] -= 1

    monkeypatch.setattr("shutil.copyfile", copy)
    assert "cannot be written (No space left on device)" in refused(call, tmp_path, "new", folder)
    assert sorted(tmp_path.rglob("*")) == before


def test_system_errors_are_one_line(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "check the name, its permissions" in refused(call, tmp_path, "show", "n" * 5000)
    assert "file: not a folder; take another name" in refused(call, tmp_path, "new", tmp_path / "file")
    assert refused(call, tmp_path, "new", tmp_path / "file" / "below")


@pytest.mark.slow
def test_interrupt_is_one_line(call: Call, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the set is written: what was there is whole, nothing else is left, exit code 130."""

    def stop(old: Path, new: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", stop)
    before = contents(study)
    code, _, err = call("derive", study)
    assert (code, err) == (130, "a2c: stopped; files written before are whole\n")
    assert contents(study) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check"], "Missing argument 'STUDY'; see 'a2c check --help'"),
        (["check", "a", "b"], "see 'a2c check --help'"),
        (["chek", "a"], "No such command 'chek'"),
        (["run", "--fast", "a"], "--fast"),
        (["show", "Nobody2020"], f"neither a shipped set ({DEMO}"),
        (["export", DEMO, "--to", "xml"], "--to xml: unknown form; take json, pybamm or bpx"),
        (["export", DEMO, "--output", "no/where.py"], "no/where.py: folder no does not exist; create it first"),
        (["export", DEMO, "--output", "."], "."),
    ],
)
def test_wrong_command_line(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in refused(call, tmp_path, *arguments)


@pytest.mark.slow
def test_process_says_one_line(tmp_path: Path) -> None:
    """The same in a process of its own: no library has anything to add on stderr."""
    copy_study(tmp_path / "s")
    (tmp_path / "s" / CSV).write_text("x\n")
    command = [sys.executable, "-c", "from a2c_pybamm.cli import main; main()", "derive", "s"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (run.returncode, run.stdout) == (2, "")
    assert re.fullmatch(rf"a2c: .*{re.escape(CSV)}.*separate columns by commas.*\n", run.stderr)


# ---- good input --------------------------------------------------------------------------------------------------------


def test_bar_ends_full_where_fewer_solves_were_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The total is told anew; what had no total is one thing, done; where something went wrong nothing is made up."""
    screen = io.StringIO()
    monkeypatch.setattr(printing, "err", Console(file=screen, force_terminal=True, width=100))
    with printing.progress_bar("solving", 430) as bar:
        bar.advance(24)
        bar.expect(54)
        bar.advance(30)
    with printing.progress_bar("building", None):
        pass
    with pytest.raises(ValueError, match="off"), printing.progress_bar("broken", None):
        raise ValueError("off")
    last = {
        name: [line for line in re.split(r"[\r\n]", screen.getvalue()) if name in line][-1]
        for name in ("solv", "build", "brok")
    }
    assert "54/54" in last["solv"]
    assert "1/1" in last["build"]
    assert "0/?" in last["brok"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_a_command_needs(command: str, call: Call) -> None:
    code, out, err = call(command, "--help")
    assert (code, err) == (0, "")
    callback = getattr(commands, command)
    text = re.sub(r"[\s│]+", " ", out)
    for paragraph in callback.__doc__.split("\n\n"):
        assert " ".join(paragraph.split()) in text
    assert len(callback.__doc__.split()) > 12, "too short to help"


def test_no_argument_is_help(call: Call) -> None:
    code, out, err = call()
    assert (code, err) == (0, "")
    assert all(re.search(rf"\b{command}\b", out) for command in COMMANDS)
    assert "a2c demo" in out


def test_every_command_is_tested_here() -> None:
    assert set(typer.main.get_command(commands.app).commands) == set(COMMANDS)


@pytest.mark.slow
def test_new_makes_a_study_that_checks(call: Call, tmp_path: Path) -> None:
    code, out, err = call("new", tmp_path / "mine")
    assert (code, err) == (0, "")
    assert f"a2c check {tmp_path / 'mine'}" in out
    before = contents(tmp_path)
    host = read_study(tmp_path / "mine").positive.free_energy  # type: ignore[union-attr]
    assert (host.law, host.stable, host.window) == ("logit-spline", True, (0.5, 1.0))  # type: ignore[union-attr]
    code, out, err = call("check", tmp_path / "mine")
    assert (code, err) == (0, "")
    fits = [line for line in out.splitlines() if line.startswith("LCO fit of ")]
    assert [line.split(":")[0].split()[-1] for line in fits] == ["chgnet-0.3.0", "chgnet-r2scan", "7net-0"]
    for line in fits:
        form = r"χ²/ν \S+ \(noise from the scatter\), largest \|U_law − U_hull\| \S+ V at x = \S+, worst point x = \S+ \("
        assert re.search(form, line), line
        assert " of the variance of U, the shape between the data the rest" in line
    assert contents(tmp_path) == before, "check writes nothing"
    assert "a study stands here already; take another folder" in refused(call, tmp_path, "new", tmp_path / "mine")


@pytest.mark.slow
def test_check_says_what_stays_the_base_sets(call: Call, study: Path) -> None:
    out = call("check", study)[1]
    derived, still = out.split("Still Ai2020's:")
    assert "Positive particle diffusivity [m2.s-1]" in derived
    assert "Negative electrode OCP [V] (Ai2020's measured curve, with an error)" in derived
    for key in (
        "Negative and Positive electrode exchange-current density [A.m-2]",
        "Maximum concentration in negative electrode [mol.m-3]",
        "Electrolyte diffusivity [m2.s-1]",
        "Cation transference number",
    ):
        assert f"  {key}\n" in still
    assert "particle diffusivity" not in still


@pytest.mark.slow
def test_check_compares_scales(call: Call, study: Path) -> None:
    """Each place has a table; consequences stand below; a declared correlation length comes in, a wrong material is a line."""
    out = call("check", study)[1]
    for place in ("graphite, negative particle", "LCO, paths of its hops", "separator", "positive electrode"):
        assert f"Scales: {place}\n" in re.sub(r" +\n", "\n", out)
    assert "LCO, positive particle: correlation length ≪ averaging length: the correlation length is not known" in out
    text = (study / "study.toml").read_text(encoding="utf-8")
    section = '\n[[scales.material]]\nmaterial = "{}"\nreason = "r"\ncorrelation_length = "6 angstrom"\n'
    more = "correlation_length_std_ln = 0.1\n"
    (study / "study.toml").write_text(text + section.format("LCO") + more, encoding="utf-8")
    out = call("check", study)[1]
    assert "LCO, paths of its hops: correlation length ≪ simulation cell: ratio 0.789, 6.30 wanted" in out
    (study / "study.toml").write_text(text + section.format("NMC") + more, encoding="utf-8")
    assert "scales: no material 'NMC' is in the study (have LCO, graphite)" in refused(call, study, "check", study)


@pytest.mark.slow
def test_check_goes_on_where_the_mean_cell_has_no_solution(call: Call, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise a2c.SimulationFailed("set x, mean coefficients: no solution")

    monkeypatch.setattr("a2c_pybamm.cell.Cell.mean_fields", fail)
    status, out, errors = call("check", study)
    assert status == 0
    assert "Files read:" in out
    assert "Scales are not compared" in errors
    assert "mean coefficients: no solution" in errors


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_derive_is_exact_and_repeats(call: Call, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the folder, the file, another place or a link: the same set to the last byte."""
    before = (study / "set.json").read_bytes()
    monkeypatch.chdir(study / "data" / "neb")
    for argument in (study, Path("../../study.toml")):
        (study / "set.json").unlink()
        code, out, err = call("derive", argument)
        assert (code, err) == (0, ""), argument
        assert out.count("wrote ") == 6
        assert (study / "set.json").read_bytes() == before
    (tmp_path / "link").symlink_to(study)
    assert call("derive", tmp_path / "link")[0] == 0
    assert (study / "set.json").read_bytes() == before


@pytest.mark.slow
def test_show_and_export(call: Call, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (DEMO, study, study / "set.json"):
        code, out, err = call("show", name)
        assert (code, err) == (0, "")
        assert "LCO ODH E_a [eV]" in out
    for form, file in {"json": f"{DEMO}.json", "pybamm": f"{DEMO}.py", "bpx": f"{DEMO}.bpx.json"}.items():
        code, out, err = call("export", study, "--to", form)
        assert (code, out) == (0, f"wrote {file}\n")
        assert (tmp_path / file).stat().st_size > 1000
        assert bool(err) == (form == "bpx"), "what BPX loses is told, the others lose nothing"
    assert set_document(read_set(tmp_path / f"{DEMO}.json")) == set_document(read_set(study / "set.json"))
    assert call("export", study, "--output", "ö ü.py")[0] == 0
    assert (tmp_path / "ö ü.py").read_bytes() == (tmp_path / f"{DEMO}.py").read_bytes()


@pytest.mark.slow
def test_mean_sweep(call: Call, study: Path) -> None:
    code, out, err = call("sweep", study)
    assert (code, err) == (0, "")
    assert "c_rate=0.5 upper_voltage=4" in out
    assert (study / "sweep.nc").is_file()


def test_points_of_a_sweep_in_which_many_samples_fail_keep_their_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    """A point without numbers has its reason in their place; one with some has both."""

    def make(*, bound: float) -> Any:
        return a2c.from_function(lambda s: np.where(s[:, 0] < bound, 3 + s[:, 0], np.nan), ["c"], outputs={"y": "1"})

    joint = a2c.Joint([a2c.declare(["c"], [0.0], std=[0.1], source="s", reason="test")])
    swept = a2c.sweep(make, {"bound": [-9.0, 0.1, 9.0]}, joint, a2c.MonteCarlo(64), rng=np.random.default_rng(0))
    printing.print_sweep(swept, ["bound"])
    table, _, notes = capsys.readouterr().out.partition("bound=0.1: ")
    rows = {line.split()[0]: line for line in table.splitlines() if line.strip().startswith("bound=")}
    assert "all 64 samples failed" in rows["bound=-9"]
    assert re.search(r"sampling +2\.9\d+ ± 0\.0\d+", rows["bound=0.1"])
    assert re.search(r"sampling +3\.0\d* ± 0\.\d+", rows["bound=9"])
    assert re.match(r"1\d % of the drawn samples fail; the numbers are of those that work\n$", notes)


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_plan_solves_nothing_and_says_what_will(call: Call, study: Path) -> None:
    """Solves of each method and in all, time, draws that will fail; afterwards how many solves there are already."""
    edit(study, ("samples = 20", "samples = 64"), ("workers = 1", "workers = 2"))
    before = contents(study)
    code, out, err = call("propagate", "--plan", study)
    assert (code, err) == (0, "")
    assert contents(study) == before
    rows = {line.split("  ")[0].strip(): line.split() for line in out.splitlines() if re.search(r"\d m?s$", line.strip())}
    n_first = int(rows["first order"][2])
    assert (int(rows["sampling"][1]), int(rows["all"][1])) == (64, n_first + 64)
    assert re.search(r"^[\d.]+ m?s a solve, timed at the mean coefficients; shared out among 2 processes", out, re.MULTILINE)
    assert "Of 5000 draws, without solving: unstable" in out
    assert "are not solved again" not in out
    assert call("propagate", study)[0] == 0
    result = read_result(study / "result.nc")
    assert int(result["n_solves"].sel(approach="sampling")) == 64
    n_done = int(result["n_solves"].sel(approach="first order")) - 1  # less the solver's derivatives
    assert 1 < n_done < n_first
    kept = re.search(
        r"(\d+) solves of this cell are in .*solves.sqlite and are not solved again", call("propagate", "--plan", study)[1]
    )
    assert kept
    assert int(kept[1]) == 64 + n_done


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_solves_are_kept_from_one_command_to_the_next(call: Call, study: Path) -> None:
    """Propagate again, with more draws, and a sweep through the same cell; with --fresh all anew."""
    edit(study, ("c_rate = [0.5, 1.0]", "c_rate = [1.0]"))
    first = call("propagate", study)
    assert (first[0], "solves read from" in first[1]) == (0, False)
    result = (study / "result.nc").read_bytes()
    again = call("propagate", study)
    n = int(re.search(r"^(\d+) of \1 solves read from .*solves.sqlite; --fresh solves all of them anew$", again[1], re.M)[1])  # type: ignore[index]
    assert (study / "result.nc").read_bytes() == result
    assert "1 of 1 solves read from" in call("sweep", study)[1]
    code, out, _ = call("propagate", study, "--fresh")
    assert (code, "solves read from" in out) == (0, False)
    assert (study / "result.nc").read_bytes() == result
    edit(study, ("samples = 20", "samples = 64"))
    found = re.search(r"^(\d+) of (\d+) solves read from", call("run", study)[1], re.M)
    assert found
    assert int(found[1]) == n, "each scrambling goes on where its shorter one ended"
    assert int(found[2]) == n + 32
    assert [path.name for path in study.iterdir() if path.name.startswith((".a2c", "solves.sqlite-"))] == []


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_sweep_with_uncertainty(call: Call, study: Path) -> None:
    """The default of a sweep, alone and in a run: each method at each point, with its standard deviation."""
    edit(study, ("uncertainty = false\n", ""), ("samples = 20", "samples = 0"))
    (study / "report.html").unlink()
    for command in ("sweep", "run"):
        code, out, err = call(command, study)
        assert (code, err) == (0, ""), command
        found = read_result(study / "sweep.nc")
        assert found["capacity"]["std"].dims == ("point", "approach")
        assert (found["capacity"]["std"].values > 0).all()
        assert found["capacity"]["std"]["c_rate"].values.tolist() == [0.5, 1.0]
        rows = [line for line in out.splitlines() if line.strip().startswith("c_rate=")]
        assert [row.split()[:2] for row in rows] == [["c_rate=0.5", "upper_voltage=4"], ["c_rate=1", "upper_voltage=4"]], (
            command
        )
        assert all("first order" in row and row.count("±") == 4 for row in rows)
        assert (study / "report.html").exists() == (command == "run")
        (study / "sweep.nc").unlink()


TABLES = ("negative_thermodynamics.csv", "positive_thermodynamics.csv")


@pytest.mark.parametrize(
    ("command", "printer", "written"),
    [
        ("derive", "print_parameters", ["set.json", f"{DEMO}.py", "set.bpx.json", *TABLES, "thermodynamics.svg"]),
        pytest.param("propagate", "print_outputs", ["result.nc"], marks=pytest.mark.slow),
        pytest.param("sweep", "print_sweep", ["sweep.nc"], marks=pytest.mark.slow),
    ],
)
@pytest.mark.usefixtures("undrawn")
def test_files_are_written_before_anything_is_printed(
    call: Call, study: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, printer: str, written: list[str]
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("printing")

    monkeypatch.setattr(steps, printer, fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in written:
        (study / name).unlink(missing_ok=True)
    assert call(command, study)[0] == 3
    assert [name for name in written if not (study / name).exists()] == []


@pytest.mark.slow
def test_whole_chain_step_by_step_and_at_once(call: Call, study: Path) -> None:
    """``run`` gives what ``derive``, ``propagate`` and ``report`` give one by one, number by number."""
    for command in ("derive", "propagate", "report"):
        code, out, err = call(command, study)
        assert (code, err) == (0, ""), command
    steps = read_result(study / "result.nc")
    page = (study / "report.html").read_bytes()
    assert b"SPM; discharge at 1C between 3 and 4 V" in page
    code, out, err = call("run", study)
    assert (code, err) == (0, "")
    assert [line.rsplit("/", 1)[-1] for line in out.splitlines() if line.startswith("wrote ")][-3:] == [
        "result.nc",
        "report.html",
        "sweep.nc",
    ]
    at_once = read_result(study / "result.nc")
    for name in steps.data_vars:
        np.testing.assert_array_equal(steps[name].values, at_once[name].values, err_msg=str(name))
    assert (study / "report.html").read_bytes() == page


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_demo_twice_and_not_over_changes(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time everything is made anew; a study or data file that was changed is refused and kept."""
    monkeypatch.chdir(tmp_path)
    shipped = steps.estimate_set

    def quick(path: Path, *, cell: bool) -> tuple[object, Path, object]:
        settings, file, parameter_set = shipped(path, cell=cell)
        less = settings.propagation.model_copy(update={"adaptive": False, "samples": 20})
        model = settings.cell.model_copy(update={"model": "SPM"})
        return settings.model_copy(update={"propagation": less, "cell": model}), file, parameter_set

    monkeypatch.setattr(steps, "estimate_set", quick)
    for _ in range(2):
        code, _, err = call("demo", "d")
        assert (code, err) == (0, "")
    assert {"study.toml", "set.json", "set.bpx.json", f"{DEMO}.py", "result.nc", "report.html"} <= set(contents(tmp_path / "d"))
    with (tmp_path / "d" / CSV).open("a") as stream:
        stream.write("mine")
    assert f"{CSV}: differs from the shipped file, and is kept" in refused(call, tmp_path, "demo", "d")
    copy = tmp_path / "e"
    copy_study(copy)
    edit(copy, *QUICK)
    assert "study.toml: differs from the shipped file, and is kept; run your own study with 'a2c run e'" in refused(
        call, tmp_path, "demo", "e"
    )


# ---- protocols, options, outputs ---------------------------------------------------------------------------------------

STEPS = 'experiment = ["Discharge at 1C until 3.2 V", "Rest for 5 minutes"]\noutputs = ["capacity", "end_time", "voltage"]'
BAD_CELLS = {
    "no such model": ('model = "P2D"', ["model 'P2D' is unknown"]),
    "no such option": ('options = { thermal = "tepid" }', ["refuses the options", "tepid"]),
    "no such step": ('experiment = ["Discharge until dawn"]', ["does not read the step 'Discharge until dawn'"]),
    "no such variable": ('outputs = ["Volume-averaged cell temperatur [K]"]', ["did you mean", "temperature [K]"]),
    "stress without mechanics": ('outputs = ["peak_stress"]', ["particle mechanics"]),
    "no such file": ('drive_cycle = "nowhere.csv"', ["nowhere.csv: no such file"]),
    "not a table of currents": (
        'drive_cycle = "data/lithiation/energies_7net-0_lco.csv"',
        ["energies_7net-0_lco.csv", "time_s"],
    ),
}


def cell_of(folder: Path, text: str) -> None:
    """Put lines into a study's [cell], in the place of its current."""
    extra = text if text.startswith("model") else f'model = "SPM"\n{text}'
    edit(folder, ('model = "SPM"\nc_rate = 1.0', extra))


@pytest.mark.slow
@pytest.mark.parametrize("case", BAD_CELLS)
def test_bad_cell_is_one_line_and_changes_nothing(call: Call, study: Path, case: str) -> None:
    text, words = BAD_CELLS[case]
    cell_of(study, text)
    edit(study, (SWEEP, ""))
    err = refused(call, study, "check", study)
    assert [word for word in words if word not in err] == [], err


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_study_of_an_experiment_runs_to_its_report(call: Call, study: Path) -> None:
    cell_of(study, STEPS)
    edit(study, (SWEEP, ""))
    code, out, err = call("run", study)
    assert code == 0, err
    assert out.index("Recommended answers") < out.index("Outputs")
    result = read_result(study / "result.nc")
    assert result.attrs[steps.CELL_TEXT].startswith("SPM; Discharge at 1C until 3.2 V; Rest for 5 minutes")
    assert {"capacity", "end_time", "voltage_of_step", "step_duration"} <= set(result["outputs"].children)
    assert "decision" in result["capacity"].data_vars
    assert "Recommended answers" in (study / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_study_of_a_drive_cycle_with_a_warm_cell(call: Call, study: Path) -> None:
    (study / "cycle.csv").write_text("time_s,current_A\n0,0.0\n10,2.0\n100,2.0\n110,-1.0\n200,0.0\n", encoding="utf-8")
    options = '[cell.options]\nthermal = "lumped"\n\n[propagation]'
    cell_of(study, 'drive_cycle = "cycle.csv"\ninitial_soc = 0.6\noutputs = ["energy", "peak_temperature"]')
    edit(study, ("[propagation]", options), (SWEEP, ""))
    code, out, err = call("run", study)
    assert code == 0, err
    assert "drive cycle of 200 s from 60% state of charge" in (study / "report.html").read_text(encoding="utf-8")
    assert "highest volume-averaged temperature" in out


def test_one_small_share_has_its_name() -> None:
    """Several small ones are one row with their number; a single one is no 'others'."""
    low = printing.LEAST_LISTED_SHARE / 4
    assert [row[0] for row in printing.list_shares({"a": [1 - low, float("nan")], "b": [low, float("nan")]})] == ["a", "b"]
    assert printing.list_shares({"b": [low], "a": [1 - 2 * low], "c": [low]})[1] == ["2 others together", f"{200 * low:.1f} %"]
