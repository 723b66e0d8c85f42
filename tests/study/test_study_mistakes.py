"""Studies with mistakes: each is named, at its own place in the file, and nothing that only follows from it."""

from __future__ import annotations

import copy
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.cli import main, steps
from a2c_pybamm.data import ChemicalPotentials
from a2c_pybamm.estimators import fit_spline_potential
from a2c_pybamm.laws import SplinePotential
from a2c_pybamm.sets import copy_study
from a2c_pybamm.study import Mistakes, NotGiven, Study, read_partial_study
from tests.hostile.study_corpus import _key, _toml

CSV, PATH, HOP = "data/lithiation/energies_7net-0_lco.csv", "data/neb/lco_odh_chgnet-0.3.0.extxyz", "lco_tsh_chgnet-0.3.0.json"
ENTROPY = """[positive.free_energy.vibrational_entropy]
frequencies = "data/neb/lco_odh_chgnet-0.3.0.json"
std = "10 J/mol/K"
"""
RK = 'law = "redlich-kister"\norder = "averaged"'
PORES = '[[value]]\nparameter = "Separator porosity"\nvalue = "0.4 V"\nstd = 0.1\nsource = "s"\nreason = "r"\n'
FACTOR = '[[scale]]\nparameter = "Electrolyte conductivity [S.m-1]"\nstd = 0.1\nsource = "s"\nreason = "r"\n'
SAME_FACTOR = '[[systematic]]\nsource = "t"\nreason = "r"\nstd = { "Electrolyte conductivity ln(factor [1])" = 0.1 }\n'


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shipped")
    copy_study(folder)
    return folder


def beside(shipped: Path, folder: Path, *edits: tuple[str, str], after: str = "") -> Path:
    """A folder with the shipped study, changed; its data files are links, so that one can be taken away."""
    text = (shipped / "study.toml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    for path in shipped.rglob("*"):
        if path.is_file() and path.name != "study.toml":
            copy_ = folder / path.relative_to(shipped)
            copy_.parent.mkdir(parents=True, exist_ok=True)
            copy_.write_bytes(path.read_bytes())
    (folder / "study.toml").write_text(f"{text}\n{after}", encoding="utf-8")
    return folder


def check(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of ``a2c check``, each without the study's own path."""
    monkeypatch.setattr(sys, "argv", ["a2c", "check", str(folder)])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    start = f"a2c: {folder / 'study.toml'}: "
    assert all(line.startswith(start) for line in lines), lines
    return [line.removeprefix(start).replace(f"{folder}/", "") for line in lines]


GONE = [rf"positive: {CSV}: no such file", rf"positive: hop 'TSH': data/neb/{HOP}: no such file"]
CASES: dict[str, tuple[list[tuple[str, str]], str, list[str]]] = {
    "value in another unit": (
        [('model = "SPMe"', 'model = "P2D"')],
        PORES,
        [r"value\[1\]\.value: .*got '0\.4 V'", *GONE, "cell: model 'P2D' is unknown"],
    ),
    "window": ([("window = [0.5, 1.0]", "window = [1.0, 0.5]")], "", [r"positive\.free_energy: window \[1\.0, 0\.5\]", *GONE]),
    "two mistakes of a section": (
        [("window = [0.5, 1.0]", "window = [1.0, 0.5]\nstable = [0.5, 1.0]")],
        "",
        [
            r"positive\.free_energy: window",
            r"positive\.free_energy\.stable: a key of law 'spline', 'logit-spline', not of law 'redlich-kister'",
            *GONE,
        ],
    ),
    "no entropy": ([(ENTROPY, ""), ('reason = "harmonic', '# "harmonic')], "", ["positive.free_energy: .*vibrational", *GONE]),
    "no order": (
        [(RK, 'law = "landau"'), ('shape = "ratio"', "")],
        "",
        [r"order: this key is missing", *GONE],
    ),
    "unknown law": ([(RK, 'law = "quartic"\nknots = 2')], "", [r"free_energy\.law: 'quartic' is no", *GONE]),
    "misspelt law": (
        [(RK, 'lwa = "spline"\nknots = 5'), ('shape = "ratio"', "")],
        "",
        [r"positive\.free_energy\.lwa: unknown key; .*is 'law' meant\?", *GONE],
    ),
    "keys of another law": (
        [('shape = "ratio"', "sites = 2\nknots = 5")],
        "",
        [
            r"positive\.free_energy\.sites: a key of law 'site-sum'",
            r"positive\.free_energy\.knots: a key of law 'spline'",
            *GONE,
        ],
    ),
    "material": ([('material = "LCO"', 'material = "L CO"')], "", [r"positive\.material: must be one word", *GONE]),
    "temperature": ([('"298.15 K"', '"25 C"')], "", ["temperature: unit 'C'", *GONE]),
    "name of a hop": ([('name = "ODH"', "name = 1")], "", [r"positive\.mobility\.hops\[1\]\.name: must", *GONE]),
    "no table": ([('base = "Ai2020"', "base = 5\nsweep = 1")], "", ["sweep: must", "base: must", *GONE]),
    "misspelt key of the other": ([("theta_min", "theta_mni")], "", ["theta_mni: unknown key", *GONE]),
    "misspelt material": ([('material = "gra', 'materiel = "gra')], "", ["negative.materiel: unknown key", *GONE]),
    "misspelt and wrong": (
        [('jump_length = "2.833 angstrom"   # in-plane l', 'jump_lenght = "2.833 V"   # l')],
        "",
        [r"hops\[1\]\.jump_lenght: unknown key", r"hops\[1\]\.jump_lenght: unit 'V'", *GONE],
    ),
    "factor of a wrong error": (
        [],
        FACTOR.replace("0.1", "-0.1") + SAME_FACTOR,
        [r"scale\[1\]\.std: must be at least 0", *GONE],
    ),
    "factor on a misspelt key": (
        [],
        FACTOR.replace("conductivity", "conductivty") + SAME_FACTOR,
        [r"scale\[1\]: .*is 'Electrolyte conductivity \[S\.m-1\]' meant", *GONE],
    ),
    "factor with two errors": (
        [],
        FACTOR + "covariance = [[0.01]]\n" + SAME_FACTOR.replace("{", '{ "LCO Ea" = 1,'),
        [r"scale\[1\]: give either std or covariance", "no coefficient 'LCO Ea'", *GONE],
    ),
    "source of a wrong entry": (
        [("citations =", 'independent = ["s", "z"]\ncitations =')],
        '[[declared]]\nnames = ["q"]\nvalues = [1]\nsource = "s"\nreason = "r"\n',
        [r"declared\[1\]: give either", "independent: no source 'z'", *GONE],
    ),
    "two names repeated": (
        [('name = "TSH" ', 'name = "ODH" '), ('label = "7net-0"\nimages', 'label = "chgnet-0.3.0"\nimages')],
        "",
        ["two hops are called 'ODH'", "two barriers have the label 'chgnet-0.3.0'", GONE[0], rf"{HOP}: no such file"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_mistakes_are_named_without_what_follows_from_them(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    """Beside each mistake of the study a table and a hop's file are missing: both are named too, and no line more."""
    edits, after, expected = CASES[case]
    folder = beside(shipped, tmp_path, *edits, after=after)
    (folder / CSV).unlink()
    (folder / "data/neb" / HOP).unlink()
    lines = check(folder, monkeypatch, capsys)
    unseen = [words for words in expected if not any(re.search(words, line) for line in lines)]
    assert unseen == [], lines
    assert len(lines) == len(expected), lines


def test_files_of_a_section_that_cannot_be_used_are_looked_at(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Missing, empty, a folder: named with their keys, where the section around them is of no use."""
    folder = beside(
        shipped,
        tmp_path,
        ('energy_column = "E_per_fu_eV"', "energy_column = 1"),
        ("[positive.mobility]\ngeometry", "[positive.mobility]\nhops = 1\ngeometry = 1\n[positive.other]\ng"),
        after='[cell.drive]\nx = 1\n[[positive.free_energy.vibrations]]\nfile = "data"\nsites = "x"\n',
    )
    text = (folder / "study.toml").read_text()
    (folder / "study.toml").write_text(
        re.sub(r"\n\[\[positive\.mobility\.hops.*?(?=\n# ---- neg)", "\n", text, flags=re.DOTALL)
    )
    (folder / "data/lithiation/energies_chgnet-0.3.0_lco.csv").write_text("")
    lines = check(folder, monkeypatch, capsys)
    assert any(line.startswith("positive.free_energy.vibrations[1].file: data: a folder") for line in lines), lines
    assert any("energies[1].file: data/lithiation/energies_chgnet-0.3.0_lco.csv: the file is empty" in line for line in lines)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield (*path, key)
        yield from places(item, (*path, key))


WRONG = (True, {"q": 1}, "zz\n")
FEW = 61
"""One in so many changes is looked at where all would take minutes."""


@pytest.mark.parametrize("step", [pytest.param(FEW, marks=pytest.mark.slow), pytest.param(1, marks=pytest.mark.calibration)])
def test_one_wrong_entry_gives_lines_about_it_alone(shipped: Path, tmp_path: Path, step: int) -> None:
    """Each entry of the shipped study is replaced by what it cannot be: lines begin with its place, or that of its parts."""
    folder = beside(shipped, tmp_path, after=FACTOR + SAME_FACTOR)
    table = tomllib.loads((folder / "study.toml").read_text())
    changes = [(path, wrong) for path in places(table) for wrong in WRONG][::step]
    assert len(changes) >= 8
    for path, wrong in changes:
        changed = copy.deepcopy(table)
        parent = changed
        for part in path[:-1]:
            parent = parent[part]
        parent[path[-1]] = wrong
        text = "\n".join(f"{_key(key)} = {_toml(value)}" for key, value in changed.items())
        (folder / "study.toml").write_text(text, encoding="utf-8")
        where = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
        for line in _mistakes(folder / "study.toml"):
            place = line.removeprefix(f"{folder / 'study.toml'}: ").split(": ")[0]
            assert where.startswith(place.split(" ")[0]) or place.startswith(where), (where, wrong, line)


def _mistakes(file: Path) -> tuple[str, ...]:
    try:
        steps.estimate_set(file, cell=True)
    except ValueError as error:
        return tuple(getattr(error, "lines", (str(error),)))
    return ()


def test_entry_that_is_wrong_is_not_given(shipped: Path, tmp_path: Path) -> None:
    """Reading it raises; the others are there, and derivation of what is left names nothing."""
    folder = beside(shipped, tmp_path, ("window = [0.5, 1.0]", 'window = "all"'))
    study = read_partial_study(folder).study
    assert isinstance(study, Study)
    assert study.positive is not None
    assert study.positive.free_energy is not None
    assert study.positive.free_energy.shape == "ratio"
    with pytest.raises(NotGiven):
        _ = study.positive.free_energy.window
    with pytest.raises(NotGiven):
        a2c.derive(study)


def test_consequences_count_but_are_not_told() -> None:
    mistakes = Mistakes()
    with mistakes.collect("file.csv"):
        raise NotGiven
    assert len(mistakes) == 1
    assert mistakes.has_error_at("file.csv")
    with pytest.raises(NotGiven):
        mistakes.stop()
    mistakes.add(ValueError("one"), "key")
    with pytest.raises(ValueError, match=r"^key: one$"):
        mistakes.stop()


# ---- lines with file and remedy ----------------------------------------------------------------------------------------

HOST = """name = "host"
base = "Prada2013"
[positive]
material = "LFP"
[positive.free_energy]
{law}
[[positive.free_energy.{kind}]]
label = "a"
file = "a.csv"
{more}
"""
SPREAD = '[positive.free_energy.vibrational_entropy]\nvalue = "25 J/mol/K"\nstd = "5 J/mol/K"\nreason = "r"\n'
VOLTAGES = 'quantity = "voltage"\ntemperature = "298.15 K"\n'


def refusal(folder: Path, law: str, kind: str, more: str, table: str) -> str:
    (folder / "study.toml").write_text(HOST.format(law=law, kind=kind, more=more), encoding="utf-8")
    (folder / "a.csv").write_text(table)
    with pytest.raises(ValueError, match=r"[at]\.csv") as error:
        a2c.derive(a2c.read_study(folder))
    return str(error.value).replace(f"{folder}/", "")


def test_energies_at_one_composition_name_their_file(tmp_path: Path) -> None:
    rows = "".join(f"{k}e-15,{-20 - k / 10},s{k}\n" for k in range(9))
    law = 'law = "redlich-kister"\norder = 0'
    text = refusal(tmp_path, law, "energies", SPREAD, f"x,energy_eV,structure\n{rows}1,-1.9,Li_metal\n")
    assert re.search(r"positive: a\.csv: .*1 different composition\(s\).*add another$", text), text


def test_spline_counts_different_compositions() -> None:
    data = ChemicalPotentials("a", np.full(20, 0.5), np.full(20, 298.15), np.full(20, -3.0e5))
    with pytest.raises(ValueError, match=r"1 different composition\(s\) in 1 row\(s\).*at least 6.*add some"):
        fit_spline_potential(data, SplinePotential("H", (0.0, 0.25, 0.5, 0.75, 1.0), (0.0, 1.0), 298.15, 0))


def test_numbers_beyond_a_fit_say_what_to_look_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the linear algebra of a fit raises ends with a remedy, after the file."""

    def no_solution(*_: object, **__: object) -> None:
        raise np.linalg.LinAlgError("SVD did not converge")

    monkeypatch.setattr("a2c_pybamm.derivation.fits_by_law.fit_chemical_potential", no_solution)
    rows = "".join(f"{k / 10},{4 - k / 20}\n" for k in range(1, 10))
    text = refusal(tmp_path, 'law = "redlich-kister"\norder = 1', "potentials", VOLTAGES + SPREAD, f"x,voltage_V\n{rows}")
    assert re.search(r"positive: a\.csv: no law can be fitted.*SVD did not converge.*column's unit\?$", text), text


def test_thermal_table_that_does_not_reach_names_its_file(tmp_path: Path) -> None:
    entry = '[[positive.free_energy.vibrations]]\nx = {x}\nfile = "t.csv"\nkind = "thermal"\nsites = 1\n'
    table = "T_K,F_vib_kJ_per_mol_cell,S_J_per_K_mol_cell,Cv_J_per_K_mol_cell\n" + "".join(
        f"{T},1,{T / 100},1\n" for T in (10, 20, 30, 40)
    )
    (tmp_path / "t.csv").write_text(table)
    law = 'law = "redlich-kister"\norder = 1\nfrequency_std = 0.03'
    rows = "".join(f"{k / 10},{4 - k / 20}\n" for k in range(1, 10))
    text = refusal(tmp_path, law, "potentials", VOLTAGES + entry.format(x=0), f"x,voltage_V\n{rows}")
    assert re.search(r"positive: t\.csv: .*298\.15 K lies outside the table \(10 to 40 K\); compute it", text), text


@pytest.mark.parametrize(
    ("digits", "shown"),
    [
        (f"Initial SOC {'1' * 300}.0 out", "Initial SOC 1.11e+299 out"),
        ("-0.12345678901234 V", "-0.123 V"),
        (f"1{'0' * 400} V", "inf V"),
        ("4.2 V, 12345.678", "4.2 V, 12345.678"),
    ],
)
def test_numbers_of_another_library_are_shortened(monkeypatch: pytest.MonkeyPatch, digits: str, shown: str) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError(digits)

    monkeypatch.setattr(pybamm.lithium_ion, "get_min_max_stoichiometries", fails)
    parameter_set = replace(a2c.load("LCO_graphite_universal_potentials"))  # one that has not found its full charge yet
    with pytest.raises(ValueError, match=re.escape(f"({shown}); check voltages")):
        _ = parameter_set.full_charge


def test_slope_that_moves_nothing_is_refused(tmp_path: Path) -> None:
    text = 'name = "a"\nbase = "Ai2020"\n[negative]\nmaterial = "C"\nstoichiometry = { slope = 1e-300 }\n'
    text += 'measured_ocp = { theta_min = 0.1, offset_std = "5 mV", reason = "r" }\n'
    (tmp_path / "study.toml").write_text(text)
    with pytest.raises(ValueError, match=r"study\.toml: negative\.stoichiometry\.slope: must be at least 0\.001, got 1e-300"):
        a2c.read_study(tmp_path)


def test_errors_of_a_command_begin_with_the_study() -> None:
    """Those that the package raises about its input; what no check foresaw passes as it is."""
    from a2c_pybamm.cli.failures import naming_input

    with pytest.raises(ValueError, match=r"^study\.toml: 3 K lies"), naming_input(Path("study.toml")):
        a2c.read_study("3 K lies")
    with pytest.raises(ValueError, match=r"^could not convert"), naming_input(Path("study.toml")):
        np.array(["x"]).astype(float)


# ---- temperatures of runs ----------------------------------------------------------------------------------------------


def runs(folder: Path, temperatures: tuple[str, str]) -> str:
    """The refusal of a study with two runs of a free walk."""
    rng = np.random.default_rng(1)
    steps = rng.normal(0, 1, (400, 8, 3)).cumsum(axis=0)
    entries = ""
    for k, temperature in enumerate(temperatures):
        np.savez(folder / f"r{k}.npz", positions=steps + k * 1e-3, numbers=np.full(8, 3), cell=np.eye(3) * 50)
        entries += (
            f'[[negative.mobility.hops.molecular_dynamics.trajectories]]\nfile = "r{k}.npz"\n'
            f'temperature = "{temperature}"\ninterval = "1 ps"\n'
        )
    (folder / "study.toml").write_text(
        'name = "a"\nbase = "Ai2020"\n[negative]\nmaterial = "C"\n'
        'measured_ocp = { theta_min = 0.1, offset_std = "5 mV", reason = "r" }\n'
        '[[negative.mobility.hops]]\nname = "h"\nvacancies = 1\n[negative.mobility.hops.molecular_dynamics]\n'
        f'species = "Li"\nx = 0.5\nhaven_std_ln = 0.1\n{entries}'
    )
    with pytest.raises(ValueError, match="negative") as error:
        a2c.derive(a2c.read_study(folder))
    return str(error.value)


def test_run_at_a_temperature_of_another_unit_is_refused(tmp_path: Path) -> None:
    assert "trajectories[1].temperature: must be at most 100000 in SI units, got '1e8 K'" in runs(tmp_path, ("1e8 K", "900 K"))


def test_runs_at_nearly_one_temperature_are_refused(tmp_path: Path) -> None:
    text = runs(tmp_path, ("1100 K", "1100.001 K"))
    assert re.search(r"negative: hop 'h': runs from 1100 to 1100\.001 K.*at least 1% apart, take runs further apart", text), (
        text
    )
