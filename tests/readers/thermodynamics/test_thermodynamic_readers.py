"""Readers for thermodynamics: ensembles, cells and formation energies, structure files, vibrations, chemical potentials."""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ase
import ase.db
import ase.io
import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.constants import AVOGADRO, BOLTZMANN, ELEMENTARY_CHARGE, FARADAY, GAS_CONSTANT, PLANCK
from a2c_pybamm.data import Vibrations
from a2c_pybamm.readers import (
    parse_quantity,
    read_chemical_potentials,
    read_density_of_states,
    read_energies,
    read_frequencies,
    read_phonopy,
    read_structures,
    read_thermal,
)

EV = ELEMENTARY_CHARGE * AVOGADRO
OUTCAR = Path(ase.__file__).parent / "test" / "testdata" / "vasp" / "OUTCAR_example_1"
"""A finished run of VASP for Ni18 that ase ships with its tests."""


def write(folder: Path, text: str, name: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(read: Callable[[], object], path: Path, words: list[str]) -> None:
    """A reader stops with an error that begins with the file and holds all ``words``."""
    with pytest.raises(ValueError, match=r".") as error:
        read()
    assert str(error.value).startswith(str(path))
    assert [word for word in words if word not in str(error.value)] == [], error.value
    assert "\n" not in str(error.value)


# ---- energies: degeneracies, ensembles, cells, formation energies ------------------------------------------------------

TABLE = """structure,x,E_eV,E_beef_0,E_beef_1,sites,volume_A3,degeneracy
Li_metal,1,-3.8,-3.7,-3.9,2,40.0,1
empty,0.0,-17.0,-16.9,-17.2,1,36.0,1
half,0.5,-80.0,-79.0,-81.0,4,136.0,6
full,1.0,-45.0,-44.8,-45.4,2,65.0,1
"""


def read_all(path: Path, **options: Any) -> Any:
    usual = {
        "energy_column": "E_eV",
        "ensemble_columns": "E_beef_",
        "energy_of": "cell",
        "sites_column": "sites",
        "volume_column": "volume_A3",
        "degeneracy_column": "degeneracy",
    }
    return read_energies(path, **{**usual, **options})


def test_cells_are_divided_and_members_have_their_own_lithium(tmp_path: Path) -> None:
    found = read_all(write(tmp_path, TABLE, "e.csv"))
    np.testing.assert_allclose(found.energy / EV, [-17.0, -20.0 + 0.95, -22.5 + 1.9], rtol=1e-14)
    members = [[-16.9, -17.2], [-79 / 4 + 0.925, -81 / 4 + 0.975], [-22.4 + 1.85, -22.7 + 1.95]]
    np.testing.assert_allclose(found.ensemble / EV, members, rtol=1e-14)
    assert found.members == ("E_beef_0", "E_beef_1")
    np.testing.assert_allclose(found.volume / AVOGADRO, [36e-30, 34e-30, 32.5e-30], rtol=1e-14)
    np.testing.assert_array_equal(found.degeneracy, [1, 6, 1])


def test_given_lithium_is_that_of_all_members(tmp_path: Path) -> None:
    rows = TABLE.splitlines(keepends=True)
    found = read_all(write(tmp_path, rows[0] + "".join(rows[2:]), "e.csv"), lithium="-1.9 eV")
    np.testing.assert_allclose(found.ensemble[2] / EV, [-22.4 + 1.9, -22.7 + 1.9], rtol=1e-14)


def test_ensemble_has_its_own_unit(tmp_path: Path) -> None:
    found = read_all(write(tmp_path, TABLE, "e.csv"), ensemble_unit="kJ/mol")
    np.testing.assert_allclose(found.ensemble[0], [-16.9e3, -17.2e3], rtol=1e-14)
    np.testing.assert_allclose(found.energy[0] / EV, -17.0, rtol=1e-14)


def test_named_column_is_no_member(tmp_path: Path) -> None:
    found = read_all(write(tmp_path, TABLE, "e.csv"), ensemble_columns="E_")
    assert found.members == ("E_beef_0", "E_beef_1")


@given(
    host=st.floats(-50, 50),
    full=st.floats(-50, 50),
    metal=st.floats(-5, 5),
    excess=st.floats(-0.9, 0.9),
    x=st.floats(0.01, 0.99),
)
def test_mean_voltage_undoes_formation(
    tmp_path_factory: pytest.TempPathFactory, host: float, full: float, metal: float, excess: float, x: float
) -> None:
    """Total energies, and formation energies with the voltage of their end members, tell the same but for the empty host's."""
    middle = (1 - x) * host + x * full + excess
    head, ends = "structure,x,energy_eV\n", [(0.0, host, 0.0), (x, middle, excess), (1.0, full, 0.0)]
    total = head + f"Li_metal,1,{metal!r}\n" + "".join(f"s,{at!r},{energy!r}\n" for at, energy, _ in ends)
    formation = head + "".join(f"s,{at!r},{energy!r}\n" for at, _, energy in ends)
    folder = tmp_path_factory.getbasetemp()
    one = read_energies(write(folder, total, "total.csv"))
    other = read_energies(write(folder, formation, "form.csv"), formation_voltage=-(full - host - metal))
    np.testing.assert_allclose(other.energy, one.energy - host * EV, atol=1e-7)


def test_voltage_of_formation_may_have_a_unit_and_lithium_is_ignored(tmp_path: Path) -> None:
    text = "structure,x,energy_meV\nLi_metal,1,-1900\nhalf,0.5,-100\n"
    for voltage in (3.9, "3900 mV"):
        found = read_energies(write(tmp_path, text, "f.csv"), energy_column="energy_meV", formation_voltage=voltage)
        np.testing.assert_allclose(found.energy / FARADAY, [-0.1 - 0.5 * 3.9], rtol=1e-14)


WRONG_ENERGIES: dict[str, tuple[tuple[str, str], dict[str, Any], list[str]]] = {
    "no degeneracy": (("136.0,6", "136.0,0"), {}, ["line 4", "'degeneracy' is 0", "positive"]),
    "degeneracy text": (("136.0,6", "136.0,six"), {}, ["line 4", "'six'"]),
    "no sites": ((",4,136", ",0,136"), {}, ["line 4", "'sites' is 0", "positive"]),
    "member text": (("-81.0", "?"), {}, ["line 4", "'E_beef_1' is '?'"]),
    "member nan": (("-81.0", "nan"), {}, ["line 4", "not a finite number"]),
    "one member": (("E_beef_1", "other"), {}, ["1 column(s) beginning with 'E_beef_'", "at least two", "ensemble_columns"]),
    "member twice": (("E_beef_1", "E_beef_0"), {}, ["2 columns are called 'E_beef_0'"]),
    "prefix": (("", ""), {"ensemble_columns": "dft_"}, ["0 column(s) beginning with 'dft_'", "found structure, x"]),
    "unit of members": (("", ""), {"ensemble_unit": "V"}, ["ensemble_unit", "unit of voltage"]),
    "unit alone": (("", ""), {"ensemble_columns": None, "ensemble_unit": "eV"}, ["without an ensemble", "ensemble_columns"]),
    "cell": (("", ""), {"sites_column": None}, ["energies of a cell", "sites_column"]),
    "site": (("", ""), {"energy_of": "site"}, ["energies are per site", "energy_of = 'cell'"]),
    "atom": (("", ""), {"energy_of": "atom"}, ["'atom'", "'site' or 'cell'"]),
    "total energies": (("", ""), {"formation_voltage": 3.9}, ["-17 eV per site at x = 0", "formation energy is 0"]),
    "voltage": (("", ""), {"formation_voltage": "3.9 eV"}, ["formation_voltage", "unit of energy"]),
}


@pytest.mark.parametrize("case", WRONG_ENERGIES)
def test_wrong_energies_are_refused(tmp_path: Path, case: str) -> None:
    (old, new), options, words = WRONG_ENERGIES[case]
    path = write(tmp_path, TABLE.replace(old, new, 1), "e.csv")
    refused(lambda: read_all(path, **options), path, words)


def test_voltage_that_is_no_number_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "structure,x,energy_eV\nhalf,0.5,-0.1\n", "f.csv")
    for voltage in (np.nan, np.inf, "1e400 V"):
        refused(lambda v=voltage: read_energies(path, formation_voltage=v), path, ["formation_voltage", "not a finite"])


# ---- structures --------------------------------------------------------------------------------------------------------


def cell(n_lithium: int, energy: float | None, host: str = "Co2O4", **info: Any) -> ase.Atoms:
    """So many lithium atoms and a host in a cell of 60 Å3, with an energy."""
    atoms = ase.Atoms(f"Li{n_lithium}{host}" if n_lithium else host, cell=[3, 4, 5], pbc=True)
    atoms.positions += 0.1 * np.arange(len(atoms))[:, None]
    atoms.info.update(info)
    if energy is not None:
        atoms.calc = SinglePointCalculator(atoms, energy=energy)
    return atoms


def frames() -> list[ase.Atoms]:
    """Two atoms of lithium metal, and the host empty, half full and full."""
    return [
        cell(2, -3.8, ""),
        cell(0, -40.0, name="empty", ways=1, converged=True),
        cell(1, -43.0, name="half", ways=2, converged=False),
        cell(2, -46.5, name="full", ways=1),
    ]


def stored(folder: Path, structures: list[ase.Atoms], name: str = "all.extxyz") -> Path:
    """The structures in a file; a database has as keys what they tell of themselves."""
    if name.endswith((".db", ".json")):
        with ase.db.connect(folder / name) as database:
            for atoms in structures:
                keys = {key: str(value)[0] if isinstance(value, bool) else value for key, value in atoms.info.items()}
                database.write(atoms, key_value_pairs=keys)
    else:
        ase.io.write(folder / name, structures)
    return folder / name


@pytest.mark.parametrize("name", ["all.extxyz", "all.db", "all.json", "all.traj", "O@Li ödh.extxyz"])
def test_structures_are_counted_per_site(tmp_path: Path, name: str) -> None:
    path = stored(tmp_path, frames(), name)
    found = read_structures(path, label="pot", framework="Co", degeneracy_key="ways", structure_key="name")
    np.testing.assert_allclose(found.x, [0, 0.5, 1], rtol=1e-15)
    np.testing.assert_allclose(found.energy / EV, [-20.0, -21.5 + 0.95, -23.25 + 1.9], rtol=1e-14)
    np.testing.assert_allclose(found.volume, np.full(3, 30e-30 * AVOGADRO), rtol=1e-12)
    np.testing.assert_array_equal(found.degeneracy, [1, 2, 1])
    np.testing.assert_array_equal(found.converged, [True, False, True])
    assert found.structure == ("empty", "half", "full")
    assert found.provenance["file"] == name


def test_structures_agree_with_a_table_of_the_same(tmp_path: Path) -> None:
    rows = "".join(f"{a.info['name']},{k / 2},{a.get_potential_energy()},2\n" for k, a in enumerate(frames()[1:]))
    table = write(tmp_path, "structure,x,energy_eV,sites\nLi_metal,1,-3.8,2\n" + rows, "e.csv")
    one = read_energies(table, energy_of="cell", sites_column="sites")
    other = read_structures(stored(tmp_path, frames()), label="e", framework="Co", structure_key="name")
    np.testing.assert_allclose(one.energy, other.energy, rtol=1e-14)
    assert one.structure == other.structure


def test_graphite_has_a_site_for_six_carbons(tmp_path: Path) -> None:
    structures = [cell(0, -110.0, "C12"), cell(1, -112.5, "C12"), cell(2, -115.0, "C12")]
    path = stored(tmp_path, structures)
    found = read_structures(path, label="pot", framework="C", sites_per_framework=1 / 6, lithium="-1.9 eV")
    np.testing.assert_allclose(found.x, [0, 0.5, 1], rtol=1e-15)
    np.testing.assert_allclose(found.energy / EV, [-55.0, -56.25 + 0.95, -57.5 + 1.9], rtol=1e-14)
    assert found.structure == ("all.extxyz:0", "all.extxyz:1", "all.extxyz:2")
    assert found.converged.all()


def test_lithium_metal_comes_from_where_it_is_given(tmp_path: Path) -> None:
    """A quantity or a file of its own come before frames of the metal; of several such frames the lowest per atom counts."""
    metal = stored(tmp_path, [cell(1, -1.7, ""), cell(3, -6.0, "")], "Li.extxyz")
    path = stored(tmp_path, frames())
    full = {
        given: read_structures(path, label="pot", framework="Co", lithium=given).energy[2] / EV
        for given in (None, "-1.8 eV", metal, str(metal))
    }
    np.testing.assert_allclose(list(full.values()), -23.25 - np.array([-1.9, -1.8, -2.0, -2.0]), rtol=1e-14)
    found = read_structures([path, metal], label="pot", framework="Co")
    np.testing.assert_allclose(found.energy[2] / EV, -23.25 + 2.0, rtol=1e-14)
    assert [entry["file"] for entry in found.provenance["files"]] == ["all.extxyz", "Li.extxyz"]


def test_volume_needs_three_cell_vectors(tmp_path: Path) -> None:
    flat = cell(1, None)
    flat.cell[2] = 0
    flat.calc = SinglePointCalculator(flat, energy=-43.0)
    path = stored(tmp_path, [*frames(), flat], "all.traj")
    assert read_structures(path, label="pot", framework="Co").volume is None


@pytest.mark.parametrize(
    ("flag", "expected"), [("T", True), ("false", False), (np.bool_(False), False), (1, True), (0.0, False)]
)
def test_convergence_is_said_in_many_ways(tmp_path: Path, flag: Any, expected: bool) -> None:
    structures = [cell(1, -43.0, done=flag)]
    found = read_structures(stored(tmp_path, structures), label="pot", framework="Co", lithium="-1.9 eV", converged_key="done")
    assert found.converged[0] == expected


def nan_energy(structures: list[ase.Atoms]) -> list[ase.Atoms]:
    return [*structures[:2], cell(1, np.nan), structures[3]]


WRONG_STRUCTURES: dict[str, tuple[Callable[[list[ase.Atoms]], list[ase.Atoms]], dict[str, Any], list[str]]] = {
    "no energy": (lambda f: [*f[:2], cell(1, None)], {}, ["frame 2: no energy", "extxyz keeps them"]),
    "nan": (nan_energy, {}, ["frame 2", "not finite"]),
    "no framework": (lambda f: [*f, cell(1, -1.0, "C6")], {}, ["frame 4: no Co in it (found C, Li)", "framework"]),
    "too full": (lambda f: [*f, cell(3, -50.0)], {}, ["frame 4 (Li3Co2O4)", "x = 1.5 lies above 1"]),
    "other host": (
        lambda f: [*f, cell(1, -50.0, "Co2O3")],
        {},
        ["frame 4 (LiCo2O3)", "1.5 O per site", "first structure has 2"],
    ),
    "no metal": (lambda f: f[1:], {}, ["no structure of Li alone", "lithium = '-1.90 eV'"]),
    "metal alone": (lambda f: f[:1], {}, ["no structure beside lithium metal"]),
    "no key": (lambda f: f, {"structure_key": "id"}, ["frame 1: no 'id' in its info (found name, ways", "structure_key"]),
    "degeneracy": (lambda f: [*f, cell(1, -43.0, ways=-1)], {"degeneracy_key": "ways"}, ["frame 4", "'-1'", "positive"]),
    "degeneracy text": (lambda f: [*f, cell(1, -43.0, ways="a")], {"degeneracy_key": "ways"}, ["'a'", "positive number"]),
    "flag": (lambda f: [*f, cell(1, -43.0, converged="perhaps")], {}, ["frame 4", "'perhaps'", "T or F"]),
    "unit": (lambda f: f, {"lithium": "-1.9"}, ["lithium", "no unit"]),
}


@pytest.mark.parametrize("case", WRONG_STRUCTURES)
def test_wrong_structures_are_refused(tmp_path: Path, case: str) -> None:
    change, options, words = WRONG_STRUCTURES[case]
    path = stored(tmp_path, change(frames()))
    refused(lambda: read_structures(path, label="pot", framework="Co", **options), path, words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"framework": "cobalt"}, "framework is 'cobalt', not the symbol of an element"),
        ({"framework": "Li"}, "framework and ion are both Li"),
        ({"framework": "Co", "sites_per_framework": 0}, "sites_per_framework is 0"),
        ({"framework": "Co", "lithium": "no/such.extxyz"}, r"no/such\.extxyz: no such file"),
    ],
)
def test_wrong_settings_of_structures_are_refused(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_structures(stored(tmp_path, frames()), label="pot", **options)
    with pytest.raises(ValueError, match="no file; give at least one"):
        read_structures([], label="pot", framework="Co")


def test_file_of_metal_holds_nothing_else(tmp_path: Path) -> None:
    path, metal = stored(tmp_path, frames()), stored(tmp_path, frames()[:2], "Li.extxyz")
    refused(lambda: read_structures(path, label="pot", framework="Co", lithium=metal), metal, ["frame 1", "Li alone"])


@pytest.mark.parametrize("part", [0.3, 0.77, 0.999])
@pytest.mark.parametrize("name", ["all.extxyz", "all.json", "all.traj"])
def test_cut_off_structures_are_refused(tmp_path: Path, part: float, name: str) -> None:
    path = stored(tmp_path, frames(), name)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    refused(lambda: read_structures(path, label="pot", framework="Co"), path, ["cut off"])


def vasprun(energies: list[tuple[float, float]]) -> str:
    """What ase needs of vasprun.xml for LiCoO2: free energies and energies(sigma->0) of the ionic steps."""
    vectors = "".join(f"<v>{a} {b} {c}</v>" for a, b, c in 3.0 * np.eye(3))
    places = "".join(f"<v>{0.2 * k} 0 0</v>" for k in range(4))
    structure = f'<crystal><varray name="basis">{vectors}</varray></crystal><varray name="positions">{places}</varray>'
    steps = "".join(
        f'<calculation><scstep><energy><i name="e_fr_energy">{free}</i><i name="e_0_energy">{zero}</i></energy></scstep>'
        f'<structure>{structure}</structure><energy><i name="e_fr_energy">{free}</i></energy></calculation>'
        for free, zero in energies
    )
    atoms = "".join(f"<rc><c>{symbol}</c><c>1</c></rc>" for symbol in ("Li", "Co", "O", "O"))
    return (
        '<?xml version="1.0"?><modeling><kpoints><varray name="kpointlist"><v>0 0 0</v></varray>'
        '<varray name="weights"><v>1</v></varray></kpoints>'
        f'<atominfo><array name="atoms"><set>{atoms}</set></array></atominfo>'
        f'<structure name="initialpos">{structure}</structure>{steps}</modeling>'
    )


def test_vasprun_gives_its_last_step_without_smearing(tmp_path: Path) -> None:
    """Three runs in folders of their own: the last step's energy(sigma->0), names that tell them apart."""
    paths = []
    for k in range(2):
        (tmp_path / f"run{k}").mkdir()
        paths.append(write(tmp_path / f"run{k}", vasprun([(-20.0, -19.0), (-23.0 - k, -22.5 - k)]), "vasprun.xml"))
    found = read_structures(paths, label="PBE", framework="Co", lithium="-1.9 eV")
    np.testing.assert_allclose(found.energy / EV, [-22.5 + 1.9, -23.5 + 1.9], rtol=1e-14)
    np.testing.assert_allclose(found.volume / AVOGADRO, [27e-30, 27e-30], rtol=1e-12)
    assert found.structure == ("run0/vasprun.xml:0", "run1/vasprun.xml:0")


@pytest.mark.parametrize("end", ["</modeling>", "<calculation>", "</scstep>"])
def test_unfinished_vasprun_is_refused(tmp_path: Path, end: str) -> None:
    text = vasprun([(-20.0, -19.0), (-23.0, -22.5)])
    path = write(tmp_path, text[: text.rindex(end)], "vasprun.xml")
    read = {"label": "PBE", "framework": "Co", "lithium": "-1.9 eV"}
    refused(lambda: read_structures(path, **read), path, ["did not finish"])


def test_vasprun_without_a_step_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, vasprun([]), "vasprun.xml")
    refused(lambda: read_structures(path, label="PBE", framework="Co"), path, ["no structure in it"])


@pytest.mark.skipif(not OUTCAR.is_file(), reason="ase came without its test data")
def test_outcar_gives_its_last_step_without_smearing(tmp_path: Path) -> None:
    text = OUTCAR.read_text(encoding="utf-8")
    zero = float(text.split("energy(sigma->0) =")[-1].split()[0])
    path = write(tmp_path, text, "OUTCAR")
    found = read_structures(path, label="PBE", framework="Ni", lithium="-1.9 eV")
    np.testing.assert_allclose(found.energy / EV, [zero / 18], rtol=1e-12)
    path = write(tmp_path, text[: text.index("General timing")], "OUTCAR")
    refused(lambda: read_structures(path, label="PBE", framework="Ni", lithium="-1.9 eV"), path, ["did not finish"])


# ---- vibrations: lists -------------------------------------------------------------------------------------------------


def test_quantum_of_one_millielectronvolt() -> None:
    """1 meV is 8.065544 cm-1 and 0.2417989 THz (CODATA)."""
    assert parse_quantity("1 meV", "frequency", "here") == pytest.approx(0.2417989242e12, rel=1e-9)
    assert parse_quantity("8.065544 cm-1", "frequency", "here") == pytest.approx(0.2417989242e12, rel=1e-7)


LIST = "mode,frequency_THz,energy_meV,frequency_cm-1\n" + "".join(
    f"{k},{f!r},{f / 0.2417989242084918!r},{f * 33.35640951981521!r}\n"
    for k, f in enumerate([-1.2, -0.04, 1e-7, 0.03, 5.0, 10.0])
)


@pytest.mark.parametrize("column", [None, "frequency_THz", "energy_meV", "frequency_cm-1"])
def test_frequencies_leave_out_what_does_not_vibrate(tmp_path: Path, column: str | None) -> None:
    found = read_frequencies(write(tmp_path, LIST, "modes.csv"), sites=2, column=column)
    np.testing.assert_allclose(found.frequency, [5e12, 10e12], rtol=1e-9)
    np.testing.assert_array_equal(found.weight, [0.5, 0.5])
    assert found.imaginary == pytest.approx(1 / 6)
    assert found.provenance["left_out"] == 4
    assert found.label == "modes"


def test_plain_list_needs_its_unit(tmp_path: Path) -> None:
    path = write(tmp_path, "# modes\n100.0\n\n200.0 # stretching\n", "modes.txt")
    found = read_frequencies(path, sites=1, unit="cm-1", label="site")
    np.testing.assert_allclose(found.frequency, [2.99792458e12, 5.99584916e12], rtol=1e-15)
    refused(lambda: read_frequencies(path, sites=1), path, ["no unit", "unit = 'THz'"])


WRONG_LISTS: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "no column": ("mode,nu_THz\n1,5\n", {}, ["no column 'frequency_THz' (found mode, nu_THz)", "column"]),
    "unit of column": ("frequency_eV\n5\n", {}, ["unit of energy", "THz or cm-1 or meV"]),
    "twice": ("frequency_THz,frequency_THz\n5,5\n", {}, ["2 columns are called 'frequency_THz'"]),
    "not a number": ("frequency_THz\n5\nsix\n", {}, ["line 3", "'six'"]),
    "all imaginary": ("frequency_THz\n-5\n0.01\n", {}, ["no frequency above 0.05 THz among 2"]),
    "unit and column": ("frequency_THz\n5\n", {"unit": "THz", "column": "frequency_THz"}, ["both column and unit"]),
    "unit": ("5\n", {"unit": "eV"}, ["unit of energy"]),
    "words": ("5\nsix\n", {"unit": "THz"}, ["line 2", "'six' is not 1 number"]),
    "two numbers": ("5\n6 7\n", {"unit": "THz"}, ["line 2", "'6 7' is not 1 finite number"]),
    "nan": ("5\nnan\n", {"unit": "THz"}, ["line 2", "finite"]),
    "underscore": ("5\n1_0\n", {"unit": "THz"}, ["line 2", "'1_0'"]),
    "nothing": ("# modes\n", {"unit": "THz"}, ["no numbers"]),
    "cut off": ("5.123\n6.1", {"unit": "THz"}, ["last line is cut off"]),
    "no sites": ("5.123\n", {"unit": "THz", "sites": 0}, ["sites is 0", "number of lithium sites"]),
}


@pytest.mark.parametrize("case", WRONG_LISTS)
def test_wrong_list_of_frequencies_is_refused(tmp_path: Path, case: str) -> None:
    text, options, words = WRONG_LISTS[case]
    path = write(tmp_path, text, "modes.csv")
    refused(lambda: read_frequencies(path, **{"sites": 1, **options}), path, words)


# ---- vibrations: densities of states -----------------------------------------------------------------------------------


def debye(step: float, n_atom: int, cut: float = 10.0) -> tuple[np.ndarray, np.ndarray]:
    """Debye's density of states [1/THz] with 3 modes an atom up to ``cut`` [THz]."""
    frequency = np.arange(0, cut + step / 2, step)
    return frequency, 9 * n_atom * frequency**2 / cut**3


@pytest.mark.parametrize("name", ["total_dos.dat", "dos.csv", "in cm-1.csv"])
def test_debye_crystal_has_its_modes_and_zero_point_energy(tmp_path: Path, name: str) -> None:
    """3 modes an atom, and a zero-point energy of 9/8 h nu_D an atom; the trapezoid rule errs by (step/cut)^2 / 2."""
    frequency, density = debye(0.01, 4)
    if name.endswith(".dat"):  # as phonopy prints it
        rows = "# Tetrahedron method\n" + "".join(f"{f:20.10f}{g:20.10f}\n" for f, g in zip(frequency, density, strict=True))
        found = read_density_of_states(write(tmp_path, rows, name), sites=2)
    elif name == "dos.csv":
        rows = "frequency_THz,dos_per_THz_per_cell\n" + "".join(f"{f},{g}\n" for f, g in zip(frequency, density, strict=True))
        found = read_density_of_states(write(tmp_path, rows, name), sites=2)
    else:
        cm = 33.35640951981521
        rows = "nu_cm-1,g\n" + "".join(f"{f * cm},{g / cm}\n" for f, g in zip(frequency, density, strict=True))
        path = write(tmp_path, rows, name)
        found = read_density_of_states(path, sites=2, frequency_column="nu_cm-1", density_column="g")
    assert found.weight.sum() == pytest.approx(3 * 4 / 2, rel=1e-6)
    assert (found.weight * found.frequency).sum() / 2 == pytest.approx(9 / 8 * 10e12 * 4 / 2, rel=1e-6)
    assert found.imaginary == 0


def test_negative_part_of_a_density_is_its_imaginary_share(tmp_path: Path) -> None:
    """A box of 1 mode a THz from -2 to 8 THz: a fifth is imaginary."""
    rows = "frequency_THz,dos_per_THz_per_cell\n" + "".join(f"{f:.3f},1\n" for f in np.arange(-2.0, 8.0005, 0.001))
    found = read_density_of_states(write(tmp_path, rows, "dos.csv"), sites=1)
    assert found.imaginary == pytest.approx(0.2, abs=2e-4)
    assert found.weight.sum() == pytest.approx(8, abs=2e-3)


def test_density_is_scaled_to_its_atoms_unless_it_is_far_off(tmp_path: Path) -> None:
    """A density that lost 2 % of its modes is that of the whole; one that lost a tenth is refused."""
    frequency, density = debye(0.01, 4)
    path = {}
    for share in (1.0, 0.98, 0.9):
        rows = "".join(f"{f},{share * g}\n" for f, g in zip(frequency, density, strict=True))
        path[share] = write(tmp_path, "frequency_THz,dos_per_THz_per_cell\n" + rows, f"{share}.csv")
    whole, most = (read_density_of_states(path[share], sites=1, atoms=4) for share in (1.0, 0.98))
    np.testing.assert_allclose(most.weight, whole.weight, rtol=1e-12)
    assert whole.weight.sum() == pytest.approx(12, rel=1e-12)
    for share, atoms in ((0.9, 4), (1.0, 0), (1.0, np.nan)):
        words = [f"holds {12 * share:.4g} modes", f"{atoms:g} atoms have {3 * atoms:g}", "finer"]
        refused(lambda p=path[share], n=atoms: read_density_of_states(p, sites=1, atoms=n), path[share], words)


HEAD = "frequency_THz,dos_per_THz_per_cell\n"
WRONG_DENSITIES = {
    "no column": ("frequency_THz,g\n1,3\n2,3\n", ["no column 'dos_per_THz_per_cell'", "density_column"]),
    "one row": (HEAD + "1,3\n", ["frequencies must rise", "two at least"]),
    "falls": (HEAD + "1,3\n0.5,3\n", ["frequencies must rise"]),
    "negative": (HEAD + "1,3\n2,-0.1\n3,3\n", ["negative at 2 THz"]),
    "normalised": (HEAD + "1,0.5\n2,0.5\n3,0.5\n", ["holds 1 modes", "normalised to one"]),
    "all imaginary": (HEAD + "-3,3\n-2,3\n-1,3\n", ["no frequency above 0 THz"]),
    "nan": (HEAD + "1,3\n2,nan\n", ["line 3", "not a finite"]),
    "three columns": ("# atoms apart\n1 2 3\n", ["line 2", "not 2 finite number(s)"]),
}


@pytest.mark.parametrize("case", WRONG_DENSITIES)
def test_wrong_density_is_refused(tmp_path: Path, case: str) -> None:
    text, words = WRONG_DENSITIES[case]
    path = write(tmp_path, text, "dos.csv")
    refused(lambda: read_density_of_states(path, sites=1), path, words)


# ---- thermal tables ----------------------------------------------------------------------------------------------------

TEMPERATURES = np.array([0.0, 100.0, 300.0])


def einstein(temperature: np.ndarray, frequency: float = 8e12) -> np.ndarray:
    """Free energy [kJ/mol], entropy and heat capacity [J/K/mol] of six modes of one frequency."""
    y = PLANCK * frequency / BOLTZMANN / np.maximum(temperature, 1.0)
    free = 6e-3 * AVOGADRO * (PLANCK * frequency / 2 + BOLTZMANN * temperature * np.log1p(-np.exp(-y)))
    entropy = 6 * GAS_CONSTANT * (y / np.expm1(y) - np.log1p(-np.exp(-y)))
    return np.array([free, entropy, 6 * GAS_CONSTANT * (y / 2 / np.sinh(y / 2)) ** 2])


def thermal_yaml() -> str:
    head = "unit:\n  temperature:   K\n  free_energy:   kJ/mol\n  entropy:       J/K/mol\n  heat_capacity: J/K/mol\n\n"
    names = ("temperature", "free_energy", "entropy", "heat_capacity")
    entries = "".join(
        "- "
        + "".join(f"{' ' * 2 * (k > 0)}{name}: {value:15.7f}\n" for k, (name, value) in enumerate(zip(names, row, strict=True)))
        for row in np.vstack([TEMPERATURES, einstein(TEMPERATURES)]).T
    )
    return (
        f"# Thermal properties\n{head}natom: 2\nnum_modes: 600\nnum_integrated_modes: 594\n\nthermal_properties:\n{entries}\n"
    )


def thermal_csv() -> str:
    rows = np.vstack([TEMPERATURES, einstein(TEMPERATURES)]).T
    return "T_K,F_vib_kJ_per_mol_cell,S_J_per_K_mol_cell,Cv_J_per_K_mol_cell\n" + "".join(
        ",".join(f"{value:.7f}" for value in row) + "\n" for row in rows
    )


@pytest.mark.parametrize(("text", "name"), [(thermal_yaml(), "thermal_properties.yaml"), (thermal_csv(), "thermal.csv")])
def test_thermal_table_is_per_site_in_si(tmp_path: Path, text: str, name: str) -> None:
    found = read_thermal(write(tmp_path, text, name), sites=2, label="LiCoO2")
    free, entropy, capacity = einstein(TEMPERATURES)
    np.testing.assert_array_equal(found.temperature, TEMPERATURES)
    np.testing.assert_allclose(found.free_energy, 1e3 * free / 2, rtol=1e-7)
    np.testing.assert_allclose(found.entropy, entropy / 2, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found.heat_capacity, capacity / 2, rtol=1e-6, atol=1e-7)
    assert found.provenance.get("left_out_share", 0.01) == pytest.approx(0.01)
    # six of 600 modes are left out, three of them acoustic
    assert found.imaginary == (pytest.approx(0.005) if name.endswith("yaml") else 0)


@pytest.mark.parametrize("name", ["thermal_properties.yaml-0", "thermal_properties.yaml.gz", "thermal.csv", "thermal"])
@pytest.mark.parametrize("text", [thermal_yaml(), thermal_csv()], ids=["yaml", "csv"])
def test_thermal_table_is_known_by_its_content(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    if name.endswith("yaml.gz") and text == thermal_csv():
        refused(lambda: read_thermal(path, sites=2), path, ["no block 'unit'"])
        found = read_thermal(path, sites=2, format="csv")
    else:
        found = read_thermal(path, sites=2)
    np.testing.assert_allclose(found.entropy, einstein(TEMPERATURES)[1] / 2, rtol=1e-6, atol=1e-7)
    refused(lambda: read_thermal(path, sites=2, format="xml"), path, ["format is 'xml'; write 'yaml' or 'csv'"])  # type: ignore[arg-type]


def test_more_sites_than_atoms_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, thermal_yaml(), "thermal_properties.yaml")
    assert read_thermal(path, sites=2).provenance["natom"] == 2
    refused(lambda: read_thermal(path, sites=2.5), path, ["sites = 2.5 for natom: 2, more lithium sites than atoms"])
    for stated in ("true", "two", "0", "-1"):
        path = write(tmp_path, thermal_yaml().replace("natom: 2", f"natom: {stated}"), "thermal_properties.yaml")
        assert "natom" not in read_thermal(path, sites=40).provenance


WRONG_THERMAL: dict[str, tuple[Callable[[str], str], list[str]]] = {
    "no units": (lambda t: t.replace("unit:", "units:"), ["no block 'unit'", "phonopy-load -t"]),
    "other unit": (lambda t: t.replace("kJ/mol", "eV/cell"), ["unit of 'free_energy'", "'eV/cell' is not known"]),
    "unit of other kind": (lambda t: t.replace("J/K/mol", "kJ/mol"), ["unit of 'entropy'", "unit of energy"]),
    "no list": (lambda t: t.replace("thermal_properties:", "thermal:"), ["list 'thermal_properties'"]),
    "no YAML": (lambda t: t.replace("natom: 2", "natom: ]"), ["not YAML"]),
    "a text": (lambda t: "hello\n", ["no block 'unit'"]),
    "code": (lambda t: "!!python/object/apply:os.getcwd []\n", ["line 1", "the tag"]),
    "deep": (lambda t: "[" * 20_000, ["not YAML"]),
    "nan": (lambda t: t.replace("300.0000000", ".nan"), ["entry 2", "no finite 'temperature'"]),
    "text": (lambda t: t.replace("300.0000000", "warm"), ["entry 2", "no finite 'temperature'"]),
    "falls": (lambda t: t.replace("300.0000000", "50.0"), ["temperatures must rise"]),
    "one": (lambda t: t[: t.index("- temperature", t.index("- temperature") + 1)], ["needs at least two", "TSTEP"]),
    "cut in a key": (lambda t: t[: t.rindex("heat_cap") + 4], ["cut off"]),
    "cut between keys": (lambda t: t[: t.rindex("  heat_cap")], ["entry 2", "'heat_capacity'", "cut off"]),
    "cut in a number": (lambda t: t.rstrip()[:-4], ["cut off"]),
}


@pytest.mark.parametrize("case", WRONG_THERMAL)
def test_wrong_thermal_table_is_refused(tmp_path: Path, case: str) -> None:
    change, words = WRONG_THERMAL[case]
    path = write(tmp_path, change(thermal_yaml()), "thermal_properties.yaml")
    refused(lambda: read_thermal(path, sites=2), path, words)


def test_wrong_thermal_csv_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, thermal_csv().replace("S_J_per_K_mol_cell", "S"), "thermal.csv")
    refused(lambda: read_thermal(path, sites=2), path, ["no column 'S_J_per_K_mol_cell'"])
    path = write(tmp_path, thermal_csv(), "thermal.csv")
    refused(lambda: read_thermal(path, sites=-1), path, ["sites is -1"])


# ---- phonopy -----------------------------------------------------------------------------------------------------------


def free_energy(found: Vibrations, temperature: float) -> float:
    """Helmholtz energy of harmonic vibrations [J/mol of sites]."""
    quantum = PLANCK * found.frequency
    thermal = BOLTZMANN * temperature * np.log1p(-np.exp(-quantum / BOLTZMANN / temperature))
    return float(AVOGADRO * (found.weight * (quantum / 2 + thermal)).sum())


@pytest.fixture(scope="module")
def copper(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Copper by the effective-medium potential: phonopy's files, and phonopy's own object."""
    phonopy = pytest.importorskip("phonopy")
    from ase.build import bulk
    from ase.calculators.emt import EMT
    from phonopy.structure.atoms import PhonopyAtoms

    atoms = bulk("Cu", cubic=True)
    cell = PhonopyAtoms(symbols=["Cu"] * 4, cell=atoms.cell.array, scaled_positions=atoms.get_scaled_positions())
    phonon = phonopy.Phonopy(cell, supercell_matrix=[2, 2, 2], primitive_matrix=np.eye(3))
    phonon.generate_displacements(distance=0.01)
    forces = []
    for displaced in phonon.supercells_with_displacements:
        copy = ase.Atoms(displaced.symbols, cell=displaced.cell, scaled_positions=displaced.scaled_positions, pbc=True)
        copy.calc = EMT()
        forces.append(copy.get_forces())
    folder = tmp_path_factory.mktemp("copper")
    phonon.save(folder / "without.yaml")
    phonon.forces = forces
    phonon.save(folder / "phonopy_params.yaml")
    phonon.produce_force_constants()
    phonon.symmetrize_force_constants()
    phonon.run_mesh([8, 8, 8])  # an even mesh lacks the zone centre, whose acoustic modes would enter phonopy's sums
    phonon.run_thermal_properties(t_min=0, t_max=600, t_step=100)
    phonon.thermal_properties.write_yaml(filename=folder / "thermal_properties.yaml")
    phonon.run_total_dos(freq_min=0, freq_pitch=0.005)
    phonon.write_total_dos(filename=folder / "total_dos.dat")
    return folder, phonon


def test_phonopy_and_its_files_tell_one_free_energy(copper: tuple[Path, Any]) -> None:
    folder, phonon = copper
    reference = 1e3 * phonon.thermal_properties.thermal_properties[1][3] / 4
    mesh = read_phonopy(folder / "phonopy_params.yaml", sites=4, mesh=(8, 8, 8))
    density = read_density_of_states(folder / "total_dos.dat", sites=4, atoms=4)
    table = read_thermal(folder / "thermal_properties.yaml", sites=4)
    assert mesh.weight.sum() == pytest.approx(3, rel=1e-12)
    assert mesh.provenance["natom"] == table.provenance["natom"] == 4
    assert free_energy(mesh, 300.0) == pytest.approx(reference, abs=0.01)
    assert table.free_energy[3] == pytest.approx(reference, rel=1e-6)
    assert free_energy(density, 300.0) == pytest.approx(reference, abs=30)
    assert mesh.imaginary == density.imaginary == 0


def test_more_sites_than_atoms_of_phonopy_are_refused(copper: tuple[Path, Any]) -> None:
    path = copper[0] / "phonopy_params.yaml"
    refused(lambda: read_phonopy(path, sites=5, mesh=(1, 1, 1)), path, ["sites = 5 for natom: 4"])


def test_phonopy_takes_nothing_from_the_working_directory(
    copper: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Force constants twice as large lie there: phonopy-load would take them, and frequencies would be larger by root two."""
    from phonopy.file_IO import write_FORCE_CONSTANTS

    folder, phonon = copper
    here = read_phonopy(folder / "phonopy_params.yaml", sites=4, mesh=(2, 2, 2))
    write_FORCE_CONSTANTS(2 * phonon.force_constants, filename=tmp_path / "FORCE_CONSTANTS")
    monkeypatch.chdir(tmp_path)
    there = read_phonopy(folder / "phonopy_params.yaml", sites=4, mesh=(2, 2, 2))
    np.testing.assert_array_equal(here.frequency, there.frequency)


def test_phonopy_without_forces_is_refused(copper: tuple[Path, Any], tmp_path: Path) -> None:
    folder, _ = copper
    path = folder / "without.yaml"
    refused(lambda: read_phonopy(path, sites=4), path, ["neither forces nor force constants"])
    text = (folder / "phonopy_params.yaml").read_text(encoding="utf-8")
    for content, words in ((text[: len(text) // 2], "is it cut off"), ("hello\n", "phonopy cannot"), ("- " * 2_000, "levels")):
        path = write(tmp_path, content, "phonopy_params.yaml")
        refused(lambda p=path: read_phonopy(p, sites=4), path, [words])


@pytest.mark.parametrize(
    ("block", "mass"),
    [
        *(("unit_cell", mass) for mass in ("-6.941", "0", "true", "1e300", ".nan", "'63.5'", "null", "9" * 350)),
        *((block, "-6.941") for block in ("primitive_cell", "supercell")),
    ],
)
def test_masses_of_phonopy_are_those_of_atoms(copper: tuple[Path, Any], tmp_path: Path, block: str, mass: str) -> None:
    """Of a negative mass phonopy makes imaginary modes, or none at all that are numbers."""
    head, tail = (copper[0] / "phonopy_params.yaml").read_text(encoding="utf-8").split(f"\n{block}:", 1)
    text = f"{head}\n{block}:" + re.sub(r"mass: [\d.]+", f"mass: {mass}", tail, count=1)
    path = write(tmp_path, text, "phonopy_params.yaml")
    refused(lambda: read_phonopy(path, sites=4), path, [f"{block}.points[0].mass is", "not a number above 0 and up to 1000 u"])


def test_frequencies_of_phonopy_that_are_no_numbers_are_refused(copper: tuple[Path, Any], tmp_path: Path) -> None:
    text = (copper[0] / "phonopy_params.yaml").read_text(encoding="utf-8")
    head, tail = text.split("forces:", 1)
    path = write(tmp_path, f"{head}forces:" + re.sub(r"\[ +-?[\d.]+", "[ .nan", tail), "phonopy_params.yaml")
    refused(lambda: read_phonopy(path, sites=4, mesh=(2, 2, 2)), path, ["not finite"])


def test_phonopy_that_is_not_there_is_named_with_another_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "phonopy", None)
    path = write(tmp_path, "phonopy:\n", "phonopy_params.yaml")
    refused(lambda: read_phonopy(path, sites=1), path, ["pip install a2c_pybamm[phonopy]", "read_thermal"])
    refused(lambda: read_phonopy(path, sites=1, mesh=(0, 1, 1)), path, ["mesh is (0, 1, 1)"])


# ---- chemical potentials -----------------------------------------------------------------------------------------------

POTENTIALS = "x,T_K,mu_eV,mu_std_meV,voltage_V,voltage_std_mV\n0.25,300,-4.0,5,4.0,5\n0.75,350,-3.8,10,3.8,10\n"


def test_potentials_and_voltages_tell_the_same(tmp_path: Path) -> None:
    path = write(tmp_path, POTENTIALS, "mu.csv")
    mu = read_chemical_potentials(path, label="MC", std_column="mu_std_meV")
    voltage = read_chemical_potentials(path, quantity="voltage", std_column="voltage_std_mV")
    np.testing.assert_allclose(mu.potential / EV, [-4.0, -3.8], rtol=1e-14)
    np.testing.assert_allclose(mu.std / EV, [0.005, 0.01], rtol=1e-14)
    np.testing.assert_allclose(voltage.potential, mu.potential, rtol=1e-9)
    np.testing.assert_allclose(voltage.std, mu.std, rtol=1e-9)
    np.testing.assert_array_equal(mu.temperature, [300, 350])
    np.testing.assert_array_equal(mu.x, [0.25, 0.75])


def test_absolute_potentials_are_set_against_lithium(tmp_path: Path) -> None:
    """As CASM's or icet's are: the energy of one more lithium, metal's not subtracted."""
    path = write(tmp_path, "x,mu_eV\n0.25,-5.9\n0.75,-5.7\n", "mu.csv")
    found = read_chemical_potentials(path, temperature="300 K", lithium="-1.9 eV")
    np.testing.assert_allclose(found.potential / EV, [-4.0, -3.8], rtol=1e-14)
    np.testing.assert_array_equal(found.temperature, [300, 300])
    assert found.std is None


WRONG_POTENTIALS: dict[str, tuple[tuple[str, str], dict[str, Any], list[str]]] = {
    "x = 0": (("0.25", "0"), {}, ["line 2", "x = 0 lies outside (0, 1)"]),
    "x nan": (("0.25", "nan"), {}, ["line 2", "not a finite"]),
    "no temperature": (("T_K", "T"), {}, ["no column 'T_K'", "temperature = '300 K'"]),
    "cold": ((",300", ",0"), {}, ["line 2", "'T_K' is 0", "positive"]),
    "both": (("", ""), {"temperature": "300 K"}, ["temperature is '300 K'", "column 'T_K'"]),
    "Celsius": (("T_K", "T_C"), {"temperature_column": "T_C"}, ["'C' is not known", "273.15"]),
    "std": ((",5,", ",0,"), {"std_column": "mu_std_meV"}, ["line 2", "'mu_std_meV' is 0", "positive"]),
    "unit": (("", ""), {"potential_column": "voltage_V"}, ["quantity is 'mu'", "unit of voltage"]),
    "unit of std": (("", ""), {"quantity": "voltage", "std_column": "mu_std_meV"}, ["quantity is 'voltage'", "unit of energy"]),
    "lithium": (("", ""), {"quantity": "voltage", "lithium": "-1.9 eV"}, ["against lithium metal already"]),
    "quantity": (("", ""), {"quantity": "OCV"}, ["'OCV'", "'mu' or 'voltage'"]),
    "text": (("-4.0", "low"), {}, ["line 2", "'low'"]),
    "cut off": ((",4.0,5\n0.75,350,-3.8,10,3.8,10\n", ""), {}, ["line 2", "cut off"]),
}


@pytest.mark.parametrize("case", WRONG_POTENTIALS)
def test_wrong_potentials_are_refused(tmp_path: Path, case: str) -> None:
    (old, new), options, words = WRONG_POTENTIALS[case]
    path = write(tmp_path, POTENTIALS.replace(old, new, 1), "mu.csv")
    refused(lambda: read_chemical_potentials(path, **options), path, words)
