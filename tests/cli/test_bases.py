"""Commands on studies that start from values of one's own: the same files as on a set known by name, or one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from a2c_pybamm.files import read_set
from tests.cli.test_command_line import Call, call  # noqa: F401 (a fixture)
from tests.derivation.test_bases_of_studies import CURVE, SCALE, study

QUICK = '[cell]\nmodel = "SPM"\n[propagation]\nadaptive = false\nsamples = 0\nworkers = 1\n'


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("base", ["cell.bpx.json", "my_values.json"])
def test_whole_study_on_a_file(base: str, tmp_path: Path, call: Call) -> None:  # noqa: F811
    path = study(tmp_path, base, CURVE.format(side="positive"), SCALE.replace("Positive", "Negative"), QUICK)
    code, _, err = call("run", path)
    assert (code, err) == (0, "")
    written = {file.name for file in tmp_path.iterdir()}
    assert {"set.json", "t.py", "set.bpx.json", "positive_thermodynamics.csv", "result.nc", "report.html"} <= written
    assert f"{base}, as it is" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert call("propagate", path)[0] == 0
    content = json.loads((tmp_path / base).read_text())
    where = content["Parameterisation"]["Cell"] if "Parameterisation" in content else content
    where["Nominal cell capacity [A.h]"] = 4.9
    (tmp_path / base).write_text(json.dumps(content))
    for command in ("propagate", "report"):
        code, _, err = call(command, path)
        assert code == 2
        assert err.splitlines() == [f"a2c: {tmp_path / 'set.json'}: its base has other values; run 'a2c derive {path}' first"]


@pytest.mark.slow
def test_check_shows_the_base(tmp_path: Path, call: Call) -> None:  # noqa: F811
    for base, text in {
        "cell.bpx.json": "cell.bpx.json (values of one's own, which set.json holds; full cell, 9",
        "Xu2019": "Xu2019 (a set known by name; half cell, 6",
    }.items():
        code, out, err = call("check", study(tmp_path, base, SCALE, QUICK))
        assert (code, err) == (0, "")
        assert f"Base set: {text}" in out
        assert (f"  {tmp_path / base}" in out) == base.endswith(".json")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("base", "options", "entry"),
    [
        ("Prada2013", 'thermal = "lumped"', "Negative current collector thickness [m]"),
        ("Chen2020", '"particle mechanics" = "swelling only"', "Negative electrode partial molar volume [m3.mol-1]"),
        ("my_values.json", '"lithium plating" = "reversible"', "Typical plated lithium concentration [mol.m-3]"),
    ],
)
def test_option_the_base_has_no_entry_for(base: str, options: str, entry: str, tmp_path: Path, call: Call) -> None:  # noqa: F811
    path = study(
        tmp_path, base, SCALE, f'[cell]\nmodel = "SPM"\nvoltage_limits = ["2.5 V", "3.4 V"]\n[cell.options]\n{options}\n'
    )
    code, _, err = call("check", path)
    (line,) = err.splitlines()
    assert code == 2
    assert line.startswith(f"a2c: {path}: cell: SPM, {options.split(' = ')[0].strip(chr(34))} = ")
    assert f"needs {entry!r}, which the base set {base} lacks" in line


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_half_cell_runs_and_has_no_bpx(tmp_path: Path, call: Call) -> None:  # noqa: F811
    path = study(tmp_path, "Xu2019", SCALE, QUICK)
    code, _, err = call("run", path)
    assert code == 0
    (line,) = err.splitlines()
    assert line.startswith("no BPX file: set t: not such a cell; BPX describes cells of two porous electrodes")
    assert read_set(tmp_path / "set.json").base == "Xu2019"
