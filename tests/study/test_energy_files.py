"""Files of a study's energies and vibrations as people have them: patterns, formats, ions, end members of one crystal."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.cli import main
from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.derivation.host_data import note_unconverged, read_tables, read_vibrations
from a2c_pybamm.study import Mistakes, data_files, read_partial_study, read_study
from tests.hostile.study_corpus import VALUES
from tests.vasp_runs import vasprun

STUDY = """name = "host"
base = "Prada2013"
temperature = "298.15 K"
[positive]
material = "LCO"
[positive.free_energy]
law = "redlich-kister"
order = 0
ion = "{ion}"
[[positive.free_energy.{kind}]]
label = "PBE"
{keys}
{more}
"""
ENTROPY = '[positive.free_energy.vibrational_entropy]\nvalue = "25 J/mol/K"\nstd = "5 J/mol/K"\nreason = "r"\n'
RUNS = 'files = "runs/*/vasprun.xml"\nframework = "Co"'
RELAXES = {"NELM": "60", "NSW": "2", "IBRION": "2"}


def study_of(folder: Path, keys: str, *, kind: str = "energies", more: str = ENTROPY, ion: str = "Li") -> Path:
    (folder / "study.toml").write_text(STUDY.format(kind=kind, keys=keys, more=more, ion=ion), encoding="utf-8")
    return folder


def runs(folder: Path, name: str = "vasprun.xml") -> list[Path]:
    """Runs of the host at x = 0, 1/2 and 1, the second of which took all its steps, and of the metal."""
    contents = {
        "0": (("Co", "Co", *"OOOO"), [(-40.0, -40.0)]),
        "1": (("Li", "Co", "Co", *"OOOO"), [(-45.5, -45.5)] * 2),
        "2": (("Li", "Li", "Co", "Co", *"OOOO"), [(-51.0, -51.0)]),
        "Li": (("Li", "Li"), [(-3.8, -3.8)]),
    }
    paths = []
    for place, (symbols, steps) in contents.items():
        paths.append(folder / "runs" / place / name)
        paths[-1].parent.mkdir(parents=True)
        paths[-1].write_text(vasprun(steps, symbols=symbols, parameters=RELAXES), encoding="utf-8")
    return paths


def tables_of(folder: Path) -> list[EnergyTable | ChemicalPotentials]:
    """Tables of a study's positive host."""
    study, mistakes = read_study(folder), Mistakes()
    assert study.positive is not None
    assert study.positive.free_energy is not None
    tables = read_tables(study.positive.free_energy, mistakes)
    mistakes.stop()
    return list(tables.values())


@pytest.mark.parametrize("files", ['"runs/*/vasprun.xml"', '["runs/[0-9]/vasprun.xml", "runs/Li/vasprun.xml", "runs/0/*.xml"]'])
def test_folders_of_runs_are_a_table_of_a_study(tmp_path: Path, files: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative to the study, wherever the program runs; each file is listed among those that are read."""
    paths = runs(tmp_path)
    monkeypatch.chdir("/")
    study_of(tmp_path, f'files = {files}\nframework = "Co"')
    (table,) = tables_of(tmp_path)
    assert isinstance(table, EnergyTable)
    np.testing.assert_array_equal(table.x, [0.0, 0.5, 1.0])
    np.testing.assert_allclose(table.energy / FARADAY, [-20.0, -21.8, -23.6], rtol=1e-7)
    assert table.converged.tolist() == [True, False, True]
    assert data_files(read_study(tmp_path)) == sorted(paths)
    named = {path for where, path in read_partial_study(tmp_path).files if where == "positive.free_energy.energies[1].files"}
    assert named == set(paths)


@pytest.mark.slow
def test_check_prints_what_is_not_converged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = runs(tmp_path)
    study_of(tmp_path, RUNS)
    file = tmp_path / "study.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("order = 0", 'order = 0\nenergy_std = "5 meV"'), encoding="utf-8")
    notes = a2c.derive(read_study(tmp_path)).notes
    line = "not converged: 1/vasprun.xml:0 (the relaxation took all NSW = 2 steps)"
    assert notes["LCO energies of PBE"] == line
    monkeypatch.setattr(sys, "argv", ["a2c", "check", str(tmp_path)])
    main()
    printed = " ".join(capsys.readouterr().out.split())
    assert f"LCO energies of PBE: {line}" in printed
    assert [path for path in paths if path.name not in printed] == []


def test_many_that_are_not_converged_are_abbreviated() -> None:
    causes = {f"s{k}": "stopped" for k in range(40)}
    table = EnergyTable("A", np.zeros(1), np.zeros(1), ("s0",), np.zeros(1, bool), provenance={"not converged": causes})
    notes: dict[str, Any] = {}
    note_unconverged("LCO", {Path("a"): table}, notes)
    assert notes["LCO energies of A"].startswith("not converged: s0 (stopped), s1 (stopped), ")
    assert notes["LCO energies of A"].endswith("… and 28 more")


WRONG_KEYS = {
    "neither": ('framework = "Co"', "give either file or files"),
    "both": (f'{RUNS}\nfile = "a.csv"', "give either file or files"),
    "no framework": ('files = "runs/*/vasprun.xml"', "name the element of the host that counts their sites as framework"),
    "format of a table": ('file = "a.csv"\nformat = "vasp-out"', "format is of files of structures"),
    "no match": ('files = "runs/*/OUTCAR"\nframework = "Co"', "runs/*/OUTCAR: matches no file; correct the pattern"),
    "one of two": ('files = ["runs/*/*", "x?"]\nframework = "Co"', "x?: matches no file"),
    "number": ('files = 3\nframework = "Co"', "must be text in quotes, or an array of such"),
    "empty": ('files = []\nframework = "Co"', "must be text in quotes, or an array of such"),
    "table": ('files = [{ a = 1 }]\nframework = "Co"', "must be text in quotes, or an array of such"),
    "codes": ('files = "\\u001b[31m*"\nframework = "Co"', r"\x1b[31m*: matches no file"),
}


@pytest.mark.parametrize("case", WRONG_KEYS)
def test_wrong_files_are_refused_in_one_line(tmp_path: Path, case: str) -> None:
    runs(tmp_path)
    keys, words = WRONG_KEYS[case]
    with pytest.raises(ValueError, match=r"positive\.free_energy\.energies\[1\]") as error:
        read_study(study_of(tmp_path, keys))
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert "\x1b" not in str(error.value)


def refusal(folder: Path) -> tuple[str, ...]:
    """Lines with which a study, or the tables that it names, is refused; none where all is read."""
    try:
        tables_of(folder)
    except ValueError as error:
        return getattr(error, "lines", (str(error),))
    return ()


@pytest.mark.parametrize("name", VALUES)
def test_any_value_of_files_is_refused_in_lines(tmp_path: Path, name: str) -> None:
    start = time.perf_counter()
    lines = refusal(study_of(tmp_path, f'framework = "Co"\nfiles = {VALUES[name]}'))
    assert time.perf_counter() - start < 5
    assert lines
    assert [line for line in lines if "\n" in line or not line.startswith((str(tmp_path), "/"))] == []


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["/*/*/*/*/*/*", "/proc/*/*/*/*", "**/**/**", "../" * 40 + "*/*/*/*/*"])
def test_wide_patterns_are_refused_in_time(tmp_path: Path, pattern: str) -> None:
    """No pattern is followed through all of a disk."""
    start = time.perf_counter()
    lines = refusal(study_of(tmp_path, f'framework = "Co"\nfiles = "{pattern}"'))
    assert time.perf_counter() - start < 10
    assert len(lines) == 1


def test_ion_format_and_convergence_of_a_study_reach_the_reader(tmp_path: Path) -> None:
    """Sodium in a file whose name and text are of no format that is known, with a key of its own for convergence."""
    line = 'Lattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3 energy={} done={}\n'
    atoms = "Co 1 1 1\nO 2 2 2\nO 0 2 2\n"
    frames = (
        f"3\n{line.format(-20.0, 'T')}{atoms}4\n{line.format(-24.5, 'F')}Na 0 0 0\n{atoms}1\n{line.format(-1.3, 'T')}Na 0 0 0\n"
    )
    (tmp_path / "all.dump7").write_text(frames, encoding="utf-8")
    keys = 'file = "all.dump7"\nformat = "extxyz"\nframework = "Co"\nconverged_column = "done"'
    (table,) = tables_of(study_of(tmp_path, keys, ion="Na"))
    assert isinstance(table, EnergyTable)
    assert table.ion == "Na"
    np.testing.assert_allclose(table.energy / FARADAY, [-20.0, -23.2], rtol=1e-7)
    assert table.converged.tolist() == [True, False]


def test_ion_of_tables_of_a_study(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("structure,x,energy_eV\nMg_metal,1,-1.5\na,0,-20\nb,1,-27.3\n")
    (tmp_path / "u.csv").write_text("x,T_K,voltage_V\n0.5,300,2.9\n")
    (energies,) = tables_of(study_of(tmp_path, 'file = "e.csv"', ion="Mg"))
    (potentials,) = tables_of(study_of(tmp_path, 'file = "u.csv"\nquantity = "voltage"', kind="potentials", ion="Mg"))
    assert isinstance(energies, EnergyTable)
    assert isinstance(potentials, ChemicalPotentials)
    assert (energies.ion, potentials.ion) == ("Mg", "Mg")
    np.testing.assert_allclose(energies.energy[1] / FARADAY, -25.8, rtol=1e-7)
    np.testing.assert_allclose(potentials.potential / FARADAY, [-5.8], rtol=1e-12)


OTHER = '[[positive.free_energy.energies]]\nlabel = "B"\nfile = "e.csv"\n'


def test_tables_of_a_host_have_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("structure,x,energy_eV\nLi_metal,1,-1.9\na,0,-20\nb,1,-25.3\n")
    (line,) = refusal(study_of(tmp_path, 'file = "e.csv"', more=OTHER + ENTROPY))
    assert line == f"{tmp_path}/e.csv: read for PBE and for B; give each method a file of its own"


# ---- vibrations --------------------------------------------------------------------------------------------------------

THERMAL = """unit:
  temperature:   K
  free_energy:   kJ/mol
  entropy:       J/K/mol
  heat_capacity: J/K/mol

natom: {natom}
thermal_properties:
- temperature: 0.0
  free_energy: 60.0
  entropy: 0.0
  heat_capacity: 0.0
- temperature: 400.0
  free_energy: 20.0
  entropy: 250.0
  heat_capacity: 280.0

"""
VIBRATIONS = "".join(
    f'[[positive.free_energy.vibrations]]\nx = {x}\nfile = "{x}.yaml-0"\nsites = {{{name}}}\n'
    for x, name in ((0.0, "empty"), (1.0, "full"))
)


def vibrations_of(folder: Path, natom: tuple[int, int], sites: tuple[float, float], keys: str = "") -> str:
    """Lines on the vibrations of end members with so many atoms and sites; empty where there is none."""
    for x, n in zip((0.0, 1.0), natom, strict=True):
        (folder / f"{x}.yaml-0").write_text(THERMAL.format(natom=n), encoding="utf-8")
    (folder / "e.csv").write_text("structure,x,energy_eV\nLi_metal,1,-1.9\na,0,-20\nb,1,-25.3\n")
    text = STUDY.replace("order = 0\n", "order = 0\nfrequency_std = 0.03\n")
    more = VIBRATIONS.format(empty=sites[0], full=sites[1]) + keys
    (folder / "study.toml").write_text(
        text.format(kind="energies", keys='file = "e.csv"', more=more, ion="Li"), encoding="utf-8"
    )
    study, mistakes = read_study(folder), Mistakes()
    assert study.positive is not None
    assert study.positive.free_energy is not None
    host, _ = read_vibrations(study, study.positive.free_energy, mistakes)
    try:
        mistakes.stop()
    except ValueError as error:
        return str(error)
    assert [host[x].provenance["natom"] for x in (0.0, 1.0)] == list(natom)
    return ""


@pytest.mark.parametrize(
    ("natom", "sites", "words"),
    [
        ((3, 4), (1.0, 1.0), ""),
        ((6, 4), (2.0, 1.0), ""),
        ((12, 14), (2.0, 2.0), ""),
        ((8, 12), (4.0, 2.0), "1.0.yaml-0: 12 atoms for 2 sites, and {}/0.0.yaml-0 has 8 atoms for 4 sites: 4 ions more"),
        ((4, 4), (1.0, 1.0), "0 ions more for each site, where it must be one; correct the sites of one"),
        ((3, 4), (1.0, 40.0), "1.0.yaml-0: sites = 40 for natom: 4, more lithium sites than atoms"),
    ],
)
def test_end_members_differ_by_an_ion_a_site(
    tmp_path: Path, natom: tuple[int, int], sites: tuple[float, float], words: str
) -> None:
    found = vibrations_of(tmp_path, natom, sites)
    assert bool(found) == bool(words)
    assert words.format(tmp_path) in found
    assert "\n" not in found


def test_format_of_vibrations_reaches_the_reader(tmp_path: Path) -> None:
    assert "no column 'T_K'" in vibrations_of(tmp_path, (3, 4), (1.0, 1.0), 'format = "csv"\n')
