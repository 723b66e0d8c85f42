"""Files of calculations as people have them: folders of runs, odd names, runs that did not converge, several functionals."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ase
import numpy as np
import pytest

from a2c_pybamm.constants import AVOGADRO, ELEMENTARY_CHARGE
from a2c_pybamm.readers import read_structures
from a2c_pybamm.readers.thermodynamics.file_patterns import matching_files
from a2c_pybamm.readers.thermodynamics.vasp_run import read_vasp_calculation
from tests.vasp_runs import TITLES, vasprun

EV = ELEMENTARY_CHARGE * AVOGADRO
OUTCAR = Path(ase.__file__).parent / "test" / "testdata" / "vasp" / "OUTCAR_example_1"
"""A finished run of VASP for Ni18 that ase ships with its tests."""
needs_outcar = pytest.mark.skipif(not OUTCAR.is_file(), reason="ase came without its test data")
READ: dict[str, Any] = {"label": "PBE", "framework": "Co"}


def run(folder: Path, place: str, text: str) -> Path:
    """A file of a run in its folder."""
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def runs(folder: Path, name: str = "vasprun.xml", **host: Any) -> list[Path]:
    """Runs of the empty host, the full one and the metal, each in a folder."""
    return [
        run(folder, f"runs/CoO2/{name}", vasprun([(-20.0, -20.0)], symbols=("Co", "O", "O"), **host)),
        run(folder, f"runs/LiCoO2/{name}", vasprun([(-23.0, -25.5)], **host)),
        run(folder, f"runs/Li/{name}", vasprun([(-3.8, -3.8)], symbols=("Li", "Li"))),
    ]


def refused(path: Path, words: list[str], **options: Any) -> None:
    """Structures are refused in one line that begins with the file and holds all ``words``."""
    with pytest.raises(ValueError, match=r".") as error:
        read_structures(path, **{**READ, "lithium": "-1.9 eV", **options})
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)
    assert [word for word in words if word not in str(error.value)] == [], error.value


# ---- patterns and names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["pattern", "list", "both"])
def test_folders_of_runs_are_one_table(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    empty, full, metal = runs(tmp_path)
    run(tmp_path, "runs/.trash/vasprun.xml", "no run")
    (tmp_path / "runs" / "folder" / "vasprun.xml").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    given = {"pattern": "runs/*/vasprun.xml", "list": [empty, metal, full], "both": ["runs/Co*/*.xml", "runs/[L]i*/*", empty]}
    found = read_structures(given[how], **READ)
    np.testing.assert_array_equal(found.x, [0.0, 1.0])
    np.testing.assert_allclose(found.energy / EV, [-20.0, -25.5 + 1.9], rtol=1e-14)
    assert found.structure == ("CoO2/vasprun.xml:0", "LiCoO2/vasprun.xml:0")
    assert found.converged.all()
    assert [entry["file"] for entry in found.provenance["files"]] == ["vasprun.xml"] * 3


def test_names_take_the_folders_that_tell_them_apart(tmp_path: Path) -> None:
    paths = [
        run(tmp_path, f"{folder}/relax/vasprun.xml", vasprun([(-23.0 - k, -23.0 - k)])) for k, folder in enumerate("ab")
    ] + [run(tmp_path, "single.xml", vasprun([(-26.0, -26.0)]))]
    found = read_structures(paths, lithium="-1.9 eV", **READ)
    assert found.structure == ("a/relax/vasprun.xml:0", "b/relax/vasprun.xml:0", "single.xml:0")


def test_pattern_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    runs(tmp_path)
    for pattern in ("runs/*/OUTCAR", "none/*/vasprun.xml", "runs/*", "*\0/x"):
        with pytest.raises(ValueError, match="matches no file; correct the pattern"):
            read_structures(str(tmp_path / pattern), **READ)


def test_pattern_is_relative_to_a_folder_whose_name_is_none(tmp_path: Path) -> None:
    """Brackets in the folder's own name are no pattern; a file of just the pattern's name comes first."""
    folder = tmp_path / "host [1]"
    files = runs(folder)
    assert matching_files("runs/?i*/vasprun.xml", folder) == [files[2], files[1]]
    literal = run(folder, "runs/*.xml", "x")
    assert matching_files("runs/*.xml", folder) == [literal]
    assert matching_files("runs/Li/vasprun.xml", folder) == [files[2]]


def test_pattern_for_more_names_than_are_looked_at_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs(tmp_path)
    monkeypatch.setattr("a2c_pybamm.readers.thermodynamics.file_patterns.MOST_NAMES", 3)
    with pytest.raises(ValueError, match=r"more than 3 names to compare with it; name the folders closely"):
        matching_files("runs/*/*.xml", tmp_path)


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("vasprun.xml-001", bytes),
        ("vasprun.xml.relax2.gz", gzip.compress),
        ("vasprun.xml.bz2", bz2.compress),
        ("run", lzma.compress),
        ("vasprun.xml.gz", bytes),
    ],
)
def test_vasprun_is_known_by_its_content(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / name).write_bytes(pack(vasprun([(-23.0, -25.5)], parameters={"GGA": "PE"}).encode()))
    found = read_structures(tmp_path / name, lithium="-1.9 eV", **READ)
    np.testing.assert_allclose(found.energy / EV, [-25.5 + 1.9], rtol=1e-14)


@needs_outcar
@pytest.mark.parametrize("name", ["OUTCAR.gz", "OUTCAR.relax1", "ni-18.out"])
def test_outcar_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    content = OUTCAR.read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    found = read_structures(tmp_path / name, lithium="-1.9 eV", label="PBE", framework="Ni")
    zero = float(content.decode().split("energy(sigma->0) =")[-1].split()[0])
    np.testing.assert_allclose(found.energy / EV, [zero / 18], rtol=1e-12)


def test_format_may_be_given(tmp_path: Path) -> None:
    frame = '4\nLattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3 energy=-25.5\nLi 0 0 0\nCo 1 1 1\nO 2 2 2\nO 0 2 2\n'
    path = run(tmp_path, "structure.dump7", frame)
    refused(path, ["ase cannot read it", "give it with format"])
    np.testing.assert_allclose(
        read_structures(path, lithium="-1.9 eV", format="extxyz", **READ).energy / EV, [-25.5 + 1.9], rtol=1e-14
    )
    refused(path, ["format is 'xyzzy', not ase's name of one"], format="xyzzy")
    refused(path, ["format is 'db'", "SQLite"], format="db")
    refused(path, ["files of ase's format 'netcdftrajectory' are not read"], format="netcdftrajectory")


# ---- convergence -------------------------------------------------------------------------------------------------------

RELAXES = {"IBRION": "2", "NSW": "3", "NELM": "5"}


@pytest.mark.parametrize(
    ("n_ionic", "n_electronic", "parameters", "cause"),
    [
        (2, 4, RELAXES, ""),
        (2, 5, RELAXES, "the last electronic loop took all NELM = 5 steps"),
        (3, 4, RELAXES, "the relaxation took all NSW = 3 steps"),
        (3, 5, RELAXES, "the last electronic loop took all NELM = 5 steps; the relaxation took all NSW = 3 steps"),
        (1, 4, {**RELAXES, "NSW": "1"}, ""),
        (3, 4, {**RELAXES, "IBRION": "0"}, ""),
        (1, 4, {"IBRION": "-1", "NSW": "0", "NELM": "60"}, ""),
        (1, 5, {}, ""),
    ],
)
def test_vasprun_that_took_all_steps_is_not_converged(
    tmp_path: Path, n_ionic: int, n_electronic: int, parameters: dict[str, str], cause: str
) -> None:
    text = vasprun([(-23.0, -23.0)] * n_ionic, parameters=parameters, n_electronic=n_electronic)
    found = read_structures(run(tmp_path, "vasprun.xml", text), lithium="-1.9 eV", **READ)
    assert found.converged.tolist() == [not cause]
    assert found.provenance.get("not converged", {}) == ({"vasprun.xml:0": cause} if cause else {})


@needs_outcar
@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({}, ""),
        (
            {"aborting loop because EDIFF is reached": "aborting loop EDIFF was not reached (unconverged)"},
            "the last electronic loop did not reach EDIFF within",
        ),
        ({" General timing": "soft stop encountered!  aborting job ...\n General timing"}, "the run was stopped"),
        (
            {"NSW    =      0": "NSW    =     30", "IBRION =     -1": "IBRION =      2"},
            "the relaxation did not reach its accuracy within 1 steps",
        ),
        (
            {
                "NSW    =      0": "NSW    =     30",
                "IBRION =     -1": "IBRION =      2",
                " General timing": " reached required accuracy - stopping structural energy minimisation\n General timing",
            },
            "",
        ),
    ],
)
def test_outcar_says_whether_it_converged(tmp_path: Path, changes: dict[str, str], cause: str) -> None:
    text = OUTCAR.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    found = read_structures(run(tmp_path, "OUTCAR", text), lithium="-1.9 eV", label="PBE", framework="Ni")
    assert found.converged.tolist() == [not cause]
    assert found.provenance.get("not converged", {}).get("OUTCAR:0", "").startswith(cause)


HEADER = """ vasp.6.3.0
 INCAR:
   LDAU = .TRUE.
 POTCAR:    PAW_PBE Fe_pv 02Aug2007
 POTCAR:    PAW_PBE Fe_pv 02Aug2007
 POTCAR:    PAW_PBE O 08Apr2002
 POTCAR:    PAW_PBE Fe_pv 02Aug2007
 POTCAR:    PAW_PBE Fe_pv 02Aug2007
 POTCAR:    PAW_PBE O 08Apr2002
   NELM   =     60;   NELMIN=  2; NELMDL= -5     # of ELM steps
   NSW    =     30    number of steps for IOM
   IBRION =      2    ionic relax: 0-MD 1-quasi-New 2-CG
   U (eV)           for each species LDAUU =   5.0  5.0  0.0
   J (eV)           for each species LDAUJ =   0.7  0.7  0.0
"""
REACHED = "---- aborting loop because EDIFF is reached ----\n"


def loop(ionic: int, *, n: int = 3, reached: bool = True) -> str:
    """Lines above the electronic steps of an ionic one, and the end of their loop."""
    steps = "".join(f"---- Iteration {ionic:4d}({k:4d})  ----\n" for k in range(1, n + 1))
    return steps + (REACHED if reached else "---- aborting loop EDIFF was not reached (unconverged) ----\n")


@pytest.mark.parametrize("block", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("loops", "cause"),
    [
        ([loop(1), loop(2)], ""),
        ([loop(1, reached=False), loop(2)], ""),
        ([loop(1), loop(2, n=60, reached=False)], "the last electronic loop did not reach EDIFF within 60 steps"),
    ],
)
def test_last_loop_of_an_outcar_counts(
    tmp_path: Path, loops: list[str], cause: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the file is cut into blocks; two kinds of one element have the U of that element."""
    monkeypatch.setattr("a2c_pybamm.readers.thermodynamics.vasp_run.BLOCK_BYTES", block)
    path = run(tmp_path, "OUTCAR", HEADER + "".join(loops) + " reached required accuracy - stopping\n")
    functional, unconverged = read_vasp_calculation(path, "vasp-out")
    assert unconverged == cause
    assert functional is not None
    assert functional.exchange == "PBE"
    assert functional.hubbard == {"Fe": "4.3"}
    assert functional.potentials == {"Fe": "PAW_PBE Fe_pv 02Aug2007", "O": "PAW_PBE O 08Apr2002"}


def test_key_and_run_must_both_be_converged(tmp_path: Path) -> None:
    line = 'Lattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3 energy=-25.5 relaxed={}\n'
    frame = "4\n" + line + "Li 0 0 0\nCo 1 1 1\nO 2 2 2\nO 0 2 2\n"
    path = run(tmp_path, "all.extxyz", frame.format("F") + frame.format("T"))
    other = run(tmp_path, "vasprun.xml", vasprun([(-23.0, -23.0)], parameters={"NELM": "1"}))
    found = read_structures([path, other], lithium="-1.9 eV", converged_key="relaxed", **READ)
    assert found.converged.tolist() == [False, True, False]
    causes = {"all.extxyz:0": "'relaxed' is False", "vasprun.xml:0": "the last electronic loop took all NELM = 1 steps"}
    assert found.provenance["not converged"] == causes


def test_metal_that_is_not_converged_is_named(tmp_path: Path) -> None:
    """The lowest counts whether it is converged or not; its error is that of no structure."""
    empty, full, metal = runs(tmp_path)
    metal.write_text(vasprun([(-3.8, -3.8)], symbols=("Li", "Li"), parameters={"NELM": "1"}), encoding="utf-8")
    found = read_structures([empty, full, metal], **READ)
    assert found.converged.all()
    cause = "the metal: the last electronic loop took all NELM = 1 steps"
    assert found.provenance["not converged"] == {"Li/vasprun.xml:0": cause}


# ---- functionals -------------------------------------------------------------------------------------------------------

PBE_U = {"LDAU": "T", "LDAUU": "0 3.32 0", "LDAUJ": "0 0 0", "LDAUL": "-1 2 -1"}
DIFFERENT: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "GGA": ({"parameters": {"GGA": "PE"}}, {"parameters": {"GGA": "PS"}}, ["with PBEsol,", "with PBE;"]),
    "GGA of the pseudopotentials": ({"parameters": {"GGA": "--"}}, {"parameters": {"GGA": "PS"}}, ["PBEsol", "with PBE;"]),
    "meta-GGA": ({}, {"incar": {"METAGGA": "R2scan"}}, ["with R2SCAN,", "with PBE;"]),
    "unnamed meta-GGA": ({}, {"parameters": {"LMETAGGA": "T"}}, ["with meta-GGA,", "with PBE;"]),
    "hybrid": ({}, {"parameters": {"LHFCALC": "T", "AEXX": "0.25", "HFSCREEN": "0.2"}}, ["with HSE06,", "with PBE;"]),
    "own hybrid": ({}, {"parameters": {"LHFCALC": "T", "AEXX": "0.2"}}, ["with PBE with 0.2 of exact exchange", "with PBE;"]),
    "dispersion": ({"incar": {"IVDW": "12"}}, {"incar": {"IVDW": "11"}}, ["PBE, IVDW = 11", "PBE, IVDW = 12"]),
    "nonlocal": ({}, {"parameters": {"LUSE_VDW": "T"}}, ["PBE, nonlocal vdW", "with PBE;"]),
    "U": ({"incar": PBE_U}, {"incar": {**PBE_U, "LDAUU": "0 4 0"}}, ["PBE with U(Co) = 4 eV", "PBE with U(Co) = 3.32 eV"]),
    "J": ({"incar": PBE_U}, {"incar": {**PBE_U, "LDAUJ": "0 1 0"}}, ["PBE with U(Co) = 2.32 eV", "PBE with U(Co) = 3.32 eV"]),
    "no U": ({"incar": PBE_U}, {"incar": {**PBE_U, "LDAU": "F"}}, ["with PBE with no U", "PBE with U(Co) = 3.32 eV"]),
    "potential": (
        {},
        {"titles": {**TITLES, "Co": "PAW_PBE Co_pv 23Apr2009"}},
        ["with PAW_PBE Co_pv 23Apr2009", "with PAW_PBE Co 02Aug2007"],
    ),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_different_functionals_are_refused_with_both_files(tmp_path: Path, case: str) -> None:
    """The second of two like runs is computed otherwise; of one functional they are read."""
    one, other, words = DIFFERENT[case]
    first = run(tmp_path, "first/vasprun.xml", vasprun([(-23.0, -23.0)], **one))
    second = run(tmp_path, "second/vasprun.xml", vasprun([(-23.0, -23.0)], **other))
    for path in (first, second):
        twin = run(tmp_path, f"{path.parent.name}/twin/vasprun.xml", path.read_text(encoding="utf-8"))
        assert len(read_structures([path, twin], lithium="-1.9 eV", **READ).x) == 2
    with pytest.raises(ValueError, match="energies of different functionals cannot be subtracted") as error:
        read_structures([first, second], lithium="-1.9 eV", **READ)
    assert [word for word in (*words, str(first), str(second)) if word not in str(error.value)] == [], error.value
    assert "\n" not in str(error.value)


def test_functional_of_the_metal_counts_without_hubbard_corrections(tmp_path: Path) -> None:
    """A metal without U goes with hosts that have it, not one of another functional or of another lithium."""
    empty, full, metal = runs(tmp_path)
    for path, symbols, values in ((empty, ("Co", "O", "O"), "3.32 0"), (full, ("Li", "Co", "O", "O"), "0 3.32 0")):
        tags = {"LDAU": "T", "LDAUU": values}
        path.write_text(vasprun([(-20.0, -20.0)], symbols=symbols, incar=tags), encoding="utf-8")
    assert len(read_structures([empty, full, metal], **READ).x) == 2
    metal.write_text(vasprun([(-3.8, -3.8)], symbols=("Li", "Li"), parameters={"GGA": "PS"}), encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"Li.vasprun\.xml, frame 0 is computed with PBEsol, .*CoO2.vasprun\.xml, frame 0 with PBE;"
    ):
        read_structures([empty, full, metal], **READ)
    other = {"Li": "PAW_PBE Li 17Jan2003"}
    metal.write_text(vasprun([(-3.8, -3.8)], symbols=("Li", "Li"), titles=other), encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"with PAW_PBE Li 17Jan2003, .*LiCoO2.vasprun\.xml, frame 0 with PAW_PBE Li_sv 10Sep2004;"
    ):
        read_structures([empty, full], lithium=metal, **READ)


@needs_outcar
def test_functional_of_an_outcar(tmp_path: Path) -> None:
    """The run of ase's tests is PBE by its pseudopotentials; what VASP 6 repeats of its input counts too."""
    text = OUTCAR.read_text(encoding="utf-8")
    u = "\n LDA+U is selected, type is set to LDAUTYPE =  2\n   U (eV)           for each species LDAUU =   6.2\n"
    u += "   J (eV)           for each species LDAUJ =   0.2\n"
    versions = {
        "PBE": text.replace(" INCAR:\n", " INCAR:\n   # METAGGA = SCAN\n   GGA = PE ! IVDW = 12\n"),
        "PBEsol": text.replace("GGA     =    --", "GGA     =    PS"),
        "R2SCAN": text.replace(" INCAR:\n", " INCAR:\n   METAGGA = R2SCAN\n"),
        "HSE06": text.replace("LHFCALC =     F", "LHFCALC =     T").replace(
            "AEXX    =    0.0000", "HFSCREEN=    0.2000\n   AEXX    =    0.2500"
        ),
        "PBE with U(Ni) = 6 eV": text.replace(" Write flags", f"{u} Write flags"),
    }
    read: dict[str, Any] = {"label": "a", "framework": "Ni", "lithium": "-1.9 eV"}
    first = run(tmp_path, "first/OUTCAR", text)
    for name, version in versions.items():
        second = run(tmp_path, "second/OUTCAR", version)
        if name == "PBE":
            assert len(read_structures([first, second], **read).x) == 2
            continue
        with pytest.raises(ValueError, match="different functionals") as error:
            read_structures([first, second], **read)
        assert f"second/OUTCAR, frame 0 is computed with {name}, " in str(error.value)


def test_document_types_and_entities_are_refused(tmp_path: Path) -> None:
    secret = run(tmp_path, "secret", "-1000")
    text = vasprun([(-23.0, -23.0)])
    for entity in (f'SYSTEM "{secret.as_uri()}"', '"-1000"', '"' + "x" * 1000 + '"'):
        head = f"<!DOCTYPE modeling [<!ENTITY e {entity}>]>\n<modeling>"
        path = run(tmp_path, "vasprun.xml", text.replace("<modeling>", head).replace('"e_0_energy">-23.0', '"e_0_energy">&e;'))
        refused(path, ["defines a document type"])


def test_damaged_xml_is_refused(tmp_path: Path) -> None:
    """Ase alone would take the last step before the damage."""
    text = vasprun([(-23.0, -23.0), (-24.0, -24.0)])
    refused(run(tmp_path, "vasprun.xml", text.replace("</scstep>", "</scste>")), ["not XML", "copy it again"])
    refused(run(tmp_path, "vasprun.xml", text[: len(text) - 30]), ["did not finish"])
    tag = f'<i name="GGA">{"P" * 20_000}</i>'
    refused(run(tmp_path, "vasprun.xml", text.replace("<incar>", f"<incar>{tag}")), ["a tag of more than 10000 characters"])


# ---- entries of pymatgen -----------------------------------------------------------------------------------------------


def entry(composition: dict[str, float] | None, energy: float, **more: Any) -> dict[str, Any]:
    """An entry as pymatgen's ``ComputedEntry.as_dict`` makes it."""
    return {
        "@module": "pymatgen.entries.computed_entries",
        "@class": "ComputedEntry",
        "energy": energy,
        "composition": composition,
        "entry_id": None,
        "correction": 0.0,
        "energy_adjustments": [],
        "parameters": {},
        "data": {},
        **more,
    }


def lattice(symbols: str, edge: float = 3.0) -> dict[str, Any]:
    """A structure as pymatgen's ``Structure.as_dict`` makes it, in a cube."""
    sites = [{"species": [{"element": symbol, "occu": 1}], "abc": [0, 0, 0.1 * k]} for k, symbol in enumerate(symbols.split())]
    return {"@class": "Structure", "lattice": {"matrix": (edge * np.eye(3)).tolist()}, "sites": sites}


def entries() -> list[dict[str, Any]]:
    adjustment = {"@class": "CompositionEnergyAdjustment", "adj_per_atom": -0.7, "n_atoms": 4.0, "name": "oxide"}
    constant = {"@class": "ConstantEnergyAdjustment", "value": 0.3, "name": "manual"}
    return [
        entry({"Mn": 2.0, "O": 4.0}, -40.0, correction=-2.5, energy_adjustments=[adjustment, constant], entry_id="mp-1"),
        entry({"Li+": 1.0, "Mn3+": 2.0, "O2-": 4.0}, -44.0, correction=-2.5, data={"converged": False}),
        entry({"Li": 3.0}, -5.7),
        entry({"Li": 1.0}, -1.8),
    ]


@pytest.mark.parametrize("how", ["list", "table", "packed"])
def test_entries_are_read_with_their_corrections(tmp_path: Path, how: str) -> None:
    content = json.dumps({"entries": entries()} if how == "table" else entries())
    path = run(tmp_path, "entries.json", content)
    if how == "packed":
        path.write_bytes(gzip.compress(content.encode()))
    found = read_structures(path, label="MP", framework="Mn", sites_per_framework=0.5)
    np.testing.assert_array_equal(found.x, [0.0, 1.0])
    np.testing.assert_allclose(found.energy / EV, [-42.5, -46.5 + 1.9], rtol=1e-14)
    assert found.structure == ("mp-1", "entries.json:1")
    assert found.volume is None
    assert found.converged.tolist() == [True, False]


def test_entries_with_structures_have_volumes(tmp_path: Path) -> None:
    listed = [
        entry(None, -40.0, structure=lattice("Mn Mn O O O O")),
        entry({"Li": 1, "Mn": 2, "O": 4}, -44.0, structure=lattice("Li Mn Mn O O O O", 4.0)),
    ]
    path = run(tmp_path, "entries.json", json.dumps(listed))
    found = read_structures(path, label="MP", framework="Mn", sites_per_framework=0.5, lithium="-1.9 eV")
    np.testing.assert_array_equal(found.x, [0.0, 1.0])
    assert found.volume is not None
    np.testing.assert_allclose(found.volume / AVOGADRO, [27e-30, 64e-30], rtol=1e-12)


def test_functionals_of_entries_are_compared(tmp_path: Path) -> None:
    """GGA and GGA+U may not be mixed in hosts; the metal has no U; potentials by their names without a date."""
    u = {"run_type": "GGA+U", "hubbards": {"Mn": 3.9, "O": 0.0}, "potcar_symbols": ["PBE Mn_pv", "PBE O"]}
    listed = entries()
    listed[0]["parameters"], listed[1]["parameters"] = u, {**u, "potcar_symbols": ["PBE Li_sv", "PBE Mn_pv", "PBE O"]}
    listed[2]["parameters"] = {"run_type": "GGA", "hubbards": {}, "potcar_symbols": ["PBE Li_sv"]}
    path = run(tmp_path, "entries.json", json.dumps(listed))
    read: dict[str, Any] = {"label": "MP", "framework": "Mn", "sites_per_framework": 0.5}
    np.testing.assert_array_equal(read_structures(path, **read).x, [0.0, 1.0])
    metal = run(tmp_path, "Li/vasprun.xml", vasprun([(-1.95, -1.95)], symbols=("Li",)))
    np.testing.assert_allclose(read_structures(path, lithium=metal, **read).energy[1] / EV, -46.5 + 1.95, rtol=1e-14)
    described = [{"titel": "PAW_PBE Li 17Jan2003"}]
    listed[2]["parameters"] = {"run_type": "GGA", "is_hubbard": False, "hubbards": {"Li": 1.0}, "potcar_spec": described}
    path.write_text(json.dumps(listed), encoding="utf-8")
    with pytest.raises(ValueError, match=r"entry 2 is computed with PAW_PBE Li 17Jan2003, .*entry 1 with PBE Li_sv;"):
        read_structures(path, **read)
    listed[1]["parameters"] = {**u, "run_type": "GGA", "is_hubbard": False}
    path.write_text(json.dumps(listed), encoding="utf-8")
    with pytest.raises(ValueError, match=r"entry 1 is computed with PBE with no U, .*entry 0 with PBE with U\(Mn\) = 3\.9 eV;"):
        read_structures(path, **read)
    listed[1]["parameters"] = {**u, "run_type": "r2SCAN", "hubbards": {}}
    path.write_text(json.dumps(listed), encoding="utf-8")
    with pytest.raises(ValueError, match=r"entry 1 is computed with R2SCAN, .*entry 0 with PBE;"):
        read_structures(path, **read)


WRONG_ENTRIES: dict[str, tuple[Any, list[str]]] = {
    "empty": ([], ["no entries in it", "ComputedEntry"]),
    "numbers": ([[1, 2]], ["entry 0: no energy with a composition or structure"]),
    "no composition": ([{"energy": -1.0}], ["entry 0: no energy with a composition or structure"]),
    "a structure alone": (lattice("Li"), ["entry 0: no energy", "ComputedStructureEntry"]),
    "energy text": ([entry({"Mn": 1}, "-1")], ["entry 0: 'energy' is '-1', not a finite number"]),  # type: ignore[arg-type]
    "energy nan": ([entry({"Mn": 1}, np.nan)], ["'energy' is 'nan'"]),
    "energy true": ([entry({"Mn": 1}, True)], ["'energy' is 'True'"]),
    "energy of digits": ([entry({"Mn": 1}, 10**400)], ["not a finite number"]),
    "no atoms": ([entry({}, -1.0)], ["no atoms in it"]),
    "negative": ([entry({"Mn": -1.0}, -1.0)], ["-1 atoms of Mn"]),
    "symbol": ([entry({"Qq": 1.0}, -1.0)], ["'Qq' is not the symbol of an element"]),
    "composition text": ([entry("MnO2", -1.0)], ["its composition is no table"]),  # type: ignore[arg-type]
    "correction": ([entry({"Mn": 1}, -1.0, correction="low")], ["'correction' is 'low'"]),
    "adjustments": ([entry({"Mn": 1}, -1.0, energy_adjustments=3)], ["energy_adjustments are no list"]),
    "two corrections": (
        [entry({"Mn": 1}, -1.0, correction=-1.0, energy_adjustments=[{"@class": "ConstantEnergyAdjustment", "value": 1.0}])],
        ["correction is -1 eV", "energy_adjustments are 1 eV"],
    ),
    "no lattice": ([entry(None, -1.0, structure={"sites": []})], ["no lattice with a matrix"]),
    "flat lattice": ([entry(None, -1.0, structure={**lattice("Mn"), "lattice": {"matrix": 3}})], ["not three rows"]),
    "another structure": ([entry({"Mn": 1.0}, -1.0, structure=lattice("Mn O"))], ["not that of its structure"]),
}


@pytest.mark.parametrize("case", WRONG_ENTRIES)
def test_wrong_entries_are_refused(tmp_path: Path, case: str) -> None:
    content, words = WRONG_ENTRIES[case]
    path = run(tmp_path, "entries.json", json.dumps(content))
    refused(path, words, framework="Mn")


def test_entries_that_are_cut_off_are_refused(tmp_path: Path) -> None:
    text = json.dumps(entries())
    refused(run(tmp_path, "entries.json", text[: len(text) // 2]), ["not JSON", "cut off"], framework="Mn")
    refused(run(tmp_path, "entries.json", "[" * 100_000), ["not JSON"], framework="Mn")
    refused(run(tmp_path, "entries.json", "[" + "[]," * 6_000_000 + "[]]"), ["more than the 17 MB"], framework="Mn")
