"""Readers: what is right is read exactly, what is wrong is refused with file, place and remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ase
import ase.io
import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.constants import AVOGADRO, ELEMENTARY_CHARGE, FARADAY
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.readers import (
    parse_quantity,
    read_chemical_potentials,
    read_drive_cycle,
    read_energies,
    read_hop_frequencies,
    read_image_energies,
    read_neb,
)
from a2c_pybamm.readers.source_file import existing, naming
from a2c_pybamm.readers.units import UNITS, column_unit

EV = ELEMENTARY_CHARGE * AVOGADRO
TABLE = """structure,x,energy_eV,volume_A3,converged
Li_metal,1,-1.9,20.0,True
empty,0.0,-17.0,36.0,True
half,0.5,-20.0,34.0,False
full,1.0,-22.5,32.5,yes
"""


def table(folder: Path, text: str | bytes = TABLE, name: str = "energies.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read_all(path: Path) -> object:
    return read_energies(path, volume_column="volume_A3", converged_column="converged")


# ---- units -------------------------------------------------------------------------------------------------------------


@given(value=st.floats(-1e6, 1e6), kind=st.sampled_from(sorted(UNITS)), data=st.data())
def test_quantity_is_number_times_unit(value: float, kind: str, data: st.DataObject) -> None:
    unit = data.draw(st.sampled_from(sorted(UNITS[kind])))
    assert parse_quantity(f" {value!r} {unit} ", kind, "here") == value * UNITS[kind][unit]


def test_units_agree_with_each_other() -> None:
    """Published conversions: 1 Ha = 2 Ry = 627.5095 kcal/mol, 1 THz = 33.35641 cm-1, 1 bohr = 0.529177 Å."""
    energy, frequency, length = UNITS["energy"], UNITS["frequency"], UNITS["length"]
    assert energy["Ha"] == pytest.approx(2 * energy["Ry"], rel=1e-11)
    assert energy["Ha"] / energy["kcal/mol"] == pytest.approx(627.5095, rel=1e-7)
    assert energy["eV"] / energy["kJ/mol"] == pytest.approx(96.48533, rel=1e-7)
    assert frequency["THz"] / frequency["cm-1"] == pytest.approx(33.35641, rel=1e-7)
    assert length["bohr"] / length["Å"] == pytest.approx(0.529177, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("25 °C", "temperature", ["°C", "give it in K", "273.15"]),
        ("298.15", "temperature", ["no unit", "give it in K"]),
        ("50 mV", "energy", ["unit of voltage", "meV"]),
        ("2,833 angstrom", "length", ["decimal point"]),
        ("nan K", "temperature", ["not a number with a unit"]),
        ("", "energy", ["not a number with a unit"]),
        ("1e5e5 eV", "energy", ["e5 eV"]),
    ],
)
def test_wrong_quantity_is_refused(text: str, kind: str, words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"^key: ") as error:
        parse_quantity(text, kind, "key")
    assert all(word in str(error.value) for word in words)


def test_column_unit_is_the_ending() -> None:
    assert column_unit("E_per_fu_eV", "energy", "file") == EV
    with pytest.raises(ValueError, match=r"file: column 'E' .*not known.*eV"):
        column_unit("E", "energy", "file")


# ---- files -------------------------------------------------------------------------------------------------------------


def test_existing_says_what_stands_there(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "loop").symlink_to("loop")
    for name, words in {
        "absent": "no such file",
        "empty": "is empty",
        ".": "a folder",
        "loop": "loop",
        "a" * 300: "check the path",
    }.items():
        with pytest.raises(ValueError, match=words):
            existing(tmp_path / name)


def test_naming_puts_the_file_before_once(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    for text in ("wrong", f"{path}: wrong", "e.csv: wrong"):
        with pytest.raises(ValueError, match="wrong") as error, naming(path):
            raise ValueError(text)
        assert str(error.value) == f"{path}: wrong"


# ---- energies ----------------------------------------------------------------------------------------------------------


def test_energies_are_per_site_against_lithium(tmp_path: Path) -> None:
    found = read_energies(table(tmp_path), label="pot", volume_column="volume_A3", converged_column="converged")
    np.testing.assert_allclose(found.energy / EV, [-17.0, -20.0 + 0.5 * 1.9, -22.5 + 1.9], rtol=1e-14)
    np.testing.assert_array_equal(found.x, [0, 0.5, 1])
    np.testing.assert_array_equal(found.converged, [True, False, True])
    np.testing.assert_allclose(found.volume / AVOGADRO, [36e-30, 34e-30, 32.5e-30], rtol=1e-14)
    assert found.structure == ("empty", "half", "full")
    assert found.label == "pot"


def test_lithium_energy_may_be_given(tmp_path: Path) -> None:
    path = table(tmp_path, TABLE.replace("Li_metal,1,-1.9,20.0,True\n", ""))
    np.testing.assert_array_equal(read_energies(path, lithium="-1.9 eV").energy, read_energies(table(tmp_path)).energy)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: "\ufeff" + t,
        lambda t: t.replace("\n", "\r\n"),
        lambda t: t.replace("\n", "\r"),
        lambda t: t.replace("half", "\n\nhalf"),
        lambda t: t.replace("half", '"half, ordered"').replace("0.5,", " 0.5 ,"),
        lambda t: t.replace("half", "½ Überstruktur 半"),
        lambda t: t.rstrip("\n"),
        lambda t: t + ",,,,\n,,,,\n",
        lambda t: t + ",,,,,,\n , \n",
        lambda t: t.replace(",", ", "),
        lambda t: t.replace(",", " ,").replace("half", ' "half"'),
        lambda t: t.replace("full,1.0", "full,1.0000000000000002").replace("empty,0.0", "empty,-5.6e-17"),
        lambda t: '# PBE, "final\n#\n' + t.replace("half", "# half, of 4\nhalf") + "# the end, 2,3,4,5\n",
    ],
    ids=[
        "BOM",
        "CRLF",
        "CR",
        "blank lines",
        "quoted comma",
        "unicode",
        "no last newline",
        "empty tail",
        "odd tail",
        "spaces behind",
        "spaces before",
        "round-off",
        "comments",
    ],
)
def test_harmless_differences_change_no_number(tmp_path: Path, change: Callable[[str], str]) -> None:
    plain, other = read_energies(table(tmp_path)), read_energies(table(tmp_path, change(TABLE), "ö ü.csv"))
    np.testing.assert_array_equal(plain.energy, other.energy)
    np.testing.assert_array_equal(plain.x, other.x)


@pytest.mark.parametrize("order", [1, -1])
def test_lowest_row_of_lithium_counts(tmp_path: Path, order: int) -> None:
    """Two crystals of the metal, with the members of an ensemble: all energies are those of the lower one's row."""
    metals = ["Li_metal,1,-1.90,-1.80,-2.10\n", "Li_metal,1,-1.95,-1.70,-2.05\n"][::order]
    rows = "empty,0,-17,-17,-17\nfull,1,-22.5,-22,-23\n"
    path = table(tmp_path, "structure,x,energy_eV,b0_eV,b1_eV\n" + metals[0] + rows + metals[1])
    found = read_energies(path, ensemble_columns="b")
    assert found.ensemble is not None
    np.testing.assert_allclose(found.energy / EV, [-17.0, -22.5 + 1.95], rtol=1e-14)
    np.testing.assert_allclose(found.ensemble[1] / EV, [-22 + 1.70, -23 + 2.05], rtol=1e-14)


def test_fractions_beyond_the_ends_by_rounding_are_the_ends() -> None:
    x = np.array([-5.6e-17, -1e-9, 0.5, 1.0000000000000002, 1 + 1e-9])
    found = EnergyTable("a", x, np.zeros(5), tuple("abcde"), np.ones(5, bool))
    np.testing.assert_array_equal(found.x, [0.0, 0.0, 0.5, 1.0, 1.0])
    for wrong in (-1.1e-9, 1 + 1.1e-9, np.nan, np.inf):
        with pytest.raises(ValueError, match=r"energies of a: x = .* of 'b' lies outside \[0, 1\]"):
            EnergyTable("a", np.array([0.0, wrong]), np.zeros(2), ("a", "b"), np.ones(2, bool))


def test_ion_of_a_table_has_its_own_metal_and_charge(tmp_path: Path) -> None:
    """Magnesium: its row has its name, and a volt is two electrons for each ion; Li_metal is one more structure then."""
    path = table(tmp_path, "structure,x,energy_eV\nMg_metal,1,-1.5\nempty,0,-20\nfull,1,-27.3\n")
    found = read_energies(path, ion="Mg")
    assert found.ion == "Mg"
    np.testing.assert_allclose(found.energy / EV, [-20.0, -27.3 + 1.5], rtol=1e-14)
    formation = table(tmp_path, "structure,x,energy_eV\nempty,0,0\nhalf,0.5,-0.1\n", "f.csv")
    np.testing.assert_allclose(
        read_energies(formation, ion="Mg", formation_voltage="2.9 V").energy / FARADAY, [0.0, -0.1 - 0.5 * 2 * 2.9], rtol=1e-9
    )
    potentials = table(tmp_path, "x,T_K,voltage_V,std_mV\n0.5,300,2.9,10\n", "u.csv")
    mu = read_chemical_potentials(potentials, quantity="voltage", std_column="std_mV", ion="Mg")
    assert mu.ion == "Mg"
    assert mu.std is not None
    np.testing.assert_allclose([mu.potential[0] / FARADAY, mu.std[0] / FARADAY], [-5.8, 0.02], rtol=1e-12)
    with pytest.raises(ValueError, match=r"energies\.csv: no row of Na metal \('Na_metal'\)"):
        read_energies(path, ion="Na")
    with pytest.raises(ValueError, match=r"u\.csv: the charge of H is not known \(known: Li, Na"):
        read_chemical_potentials(potentials, quantity="voltage", ion="H")
    for read in (read_energies, read_chemical_potentials):
        with pytest.raises(ValueError, match="ion is 'lithium', not the symbol of an element"):
            read(path, ion="lithium")


@pytest.mark.parametrize("ion", ["", None, 3])
def test_ion_of_a_record_is_a_symbol(ion: Any) -> None:
    with pytest.raises(ValueError, match="energies of a: ion is"):
        EnergyTable("a", np.zeros(1), np.zeros(1), ("a",), np.ones(1, bool), ion=ion)
    with pytest.raises(ValueError, match="chemical potentials of a: ion is"):
        ChemicalPotentials("a", np.full(1, 0.5), np.full(1, 300.0), np.zeros(1), ion=ion)


def test_comments_and_doubles_of_potentials(tmp_path: Path) -> None:
    path = table(tmp_path, "# sampled\nx, T_K, mu_eV\n0.25, 300, -4.0\n# more\n0.75, 300, -3.8\n", "mu.csv")
    np.testing.assert_allclose(read_chemical_potentials(path).potential / EV, [-4.0, -3.8], rtol=1e-14)
    path = table(tmp_path, "# sampled\nx,T_K,mu_eV\n0.25,300,-4.0D+00\n", "mu.csv")
    with pytest.raises(
        ValueError, match=r"mu\.csv, line 3: 'mu_eV' is '-4\.0D\+00', .*write the exponent with e \(-4\.0e\+00\)"
    ):
        read_chemical_potentials(path)


WRONG_TABLES = {
    "no column": (("energy_eV", "E_eV"), ["no column 'energy_eV'", "found structure, x, E_eV", "energy_column"]),
    "semicolons": ((",", ";"), ["separate columns by commas"]),
    "tabs": ((",", "\t"), ["separate columns by commas"]),
    "decimal comma": (("-20.0", '"-20,0"'), ["line 4", "'-20,0'", "decimal point"]),
    "column twice": (("volume_A3", "energy_eV"), ["2 columns are called 'energy_eV'"]),
    "x above 1": (("half,0.5", "half,1.5"), ["line 4", "x = 1.5", "outside [0, 1]"]),
    "x below 0": (("half,0.5", "half,-1e-3"), ["line 4", "outside [0, 1]"]),
    "x nan": (("half,0.5", "half,nan"), ["line 4", "'x'", "not a finite number"]),
    "empty cell": (("-20.0", ""), ["line 4", "energy_eV", "not a number", "leave the row out"]),
    "text": (("-20.0", "n/a"), ["line 4", "'n/a'"]),
    "underscore": (("-20.0", "-2_0"), ["line 4", "'-2_0'"]),
    "infinite": (("-20.0", "-inf"), ["line 4", "not a finite number"]),
    "overflow": (("-20.0", "1e999"), ["line 4", "not a finite number"]),
    "huge": (("-20.0", "1e200"), ["line 4", "not a finite number"]),
    "lithium nan": (("-1.9", "nan"), ["line 2", "not a finite number"]),
    "volume nan": (("36.0", "nan"), ["line 3", "volume_A3"]),
    "flag": (("False", "perhaps"), ["line 4", "true or false"]),
    "x rounded too far": (("half,0.5", "half,1.00000001"), ["line 4", "x = 1.00000001", "outside [0, 1]"]),
    "Fortran's double": (("-20.0", "-2.00D+01"), ["line 4", "'-2.00D+01'", "with e (-2.00e+01)"]),
    "names in a comment": (("structure,x", "# structure,x"), ["no column 'x'", "begins with '#'", "take the '#' away"]),
    "column twice but for spaces": (("volume_A3", " energy_eV "), ["2 columns are called 'energy_eV'"]),
    "cut off": (("32.5,yes\n", "3"), ["line 5", "4 fields where the header has 5", "cut off"]),
    "too long": (("34.0", "34,0"), ["line 4", "6 fields where the header has 5"]),
    "no lithium": (("Li_metal", "Na_metal"), ["no row of lithium metal", "-1.90 eV"]),
}


@pytest.mark.parametrize("case", WRONG_TABLES)
def test_wrong_table_is_refused_with_file_line_and_remedy(tmp_path: Path, case: str) -> None:
    (old, new), words = WRONG_TABLES[case]
    assert old in TABLE
    text = TABLE.replace(old, new) if case in ("semicolons", "tabs") else TABLE.replace(old, new, 1)
    path = table(tmp_path, text)
    with pytest.raises(ValueError, match=r"energies\.csv") as error:
        read_all(path)
    assert str(error.value).startswith(str(path))
    assert [word for word in words if word not in str(error.value)] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"structure,x,energy_eV,volume_A3,converged\n", "no rows"),
        (TABLE.encode().splitlines(True)[0] + TABLE.encode().splitlines(True)[1], "no structure beside lithium"),
        (TABLE.encode("utf-16"), "not UTF-8"),
        (TABLE.replace("half", "Überstruktur").encode("latin-1"), "not UTF-8"),
        (b"\x00\x01\x02\xff", "not UTF-8"),
        (TABLE.encode() + b"\0\0\0\0\n", "a zero byte at byte"),
        (TABLE.encode() + b'"' + b"a" * 200_000, "field larger"),
    ],
)
def test_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = table(tmp_path, content)
    with pytest.raises(ValueError, match=words) as error:
        read_all(path)
    assert str(error.value).startswith(str(path))


@given(cut=st.integers(0, len(TABLE) - 2))
def test_cut_off_table_never_reads_as_a_whole_one(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    """A cut inside a row is refused, also where the last field is begun; a cut between rows cannot be seen."""
    text = TABLE[:cut]
    if text.endswith("\n") or text + "\n" in TABLE:
        return
    with pytest.raises(ValueError, match=r"cut\.csv"):
        read_all(table(tmp_path_factory.getbasetemp(), text, "cut.csv"))


# ---- paths -------------------------------------------------------------------------------------------------------------


def images(n: int = 5) -> list[ase.Atoms]:
    """A lithium that goes 2.8 Å along x past four still oxygens, over a sine barrier of 0.4 eV, with its forces."""
    frames = []
    for s in np.linspace(0, 1, n):
        positions = [[2.8 * s, 0, 0], [0, 2, 0], [0, -2, 0], [2.8, 2, 0], [2.8, -2, 0]]
        atoms = ase.Atoms("LiO4", positions, cell=[12, 12, 12], pbc=True)
        forces = np.zeros((5, 3))
        forces[0, 0] = -0.4 * np.pi * np.sin(2 * np.pi * s) / 2.8
        atoms.calc = SinglePointCalculator(atoms, energy=-30 + 0.4 * np.sin(np.pi * s) ** 2, forces=forces)
        frames.append(atoms)
    return frames


def neb(folder: Path, frames: list[ase.Atoms], name: str = "path.extxyz") -> Path:
    ase.io.write(folder / name, frames, format="extxyz")
    return folder / name


def test_path_has_length_energy_and_slope(tmp_path: Path) -> None:
    path = read_neb(neb(tmp_path, images()), label="pot")
    np.testing.assert_allclose(path.distance, 2.8e-10 * np.linspace(0, 1, 5), rtol=1e-7)
    np.testing.assert_allclose(path.energy / EV, 0.4 * np.sin(np.pi * np.linspace(0, 1, 5)) ** 2, atol=1e-8)
    expected = 0.4 * np.pi * np.sin(2 * np.pi * np.linspace(0, 1, 5)) / 2.8 * EV / 1e-10
    np.testing.assert_allclose(path.slope, expected, atol=1e-6 * EV / 1e-10)


def test_path_crosses_the_cell_boundary(tmp_path: Path) -> None:
    frames = images()
    for atoms in frames:
        atoms.positions[:, 0] += 11.0
        atoms.wrap()
    np.testing.assert_allclose(read_neb(neb(tmp_path, frames)).distance[-1], 2.8e-10, rtol=1e-7)


def test_path_name_may_hold_at_sign_and_unicode(tmp_path: Path) -> None:
    assert len(read_neb(neb(tmp_path, images(), "O@Li ödh.extxyz")).energy) == 5


def without_energy(frames: list[ase.Atoms]) -> list[ase.Atoms]:
    frames[3].calc = None
    return frames


def permuted(frames: list[ase.Atoms], order: list[int]) -> list[ase.Atoms]:
    energy, forces = frames[2].get_potential_energy(), frames[2].get_forces()[order]
    frames[2] = frames[2][order]
    frames[2].calc = SinglePointCalculator(frames[2], energy=energy, forces=forces)
    return frames


def other_cell(frames: list[ase.Atoms]) -> list[ase.Atoms]:
    frames[4].set_cell([12.1, 12, 12])
    return frames


def not_finite(frames: list[ase.Atoms]) -> list[ase.Atoms]:
    frames[1].positions[2, 1] = np.nan
    return frames


WRONG_PATHS: dict[str, tuple[Callable[[list[ase.Atoms]], list[ase.Atoms]], str]] = {
    "two images": (lambda f: f[:2], r"2 image\(s\).*at least three"),
    "no energy": (without_energy, "image 3 has no energy"),
    "image twice": (lambda f: [*f[:3], *f[2:]], "image 3 repeats image 2"),
    "other atoms": (lambda f: permuted(f, [1, 0, 2, 3, 4]), "image 2 has other atoms"),
    "like atoms change places": (lambda f: permuted(f, [0, 2, 3, 4, 1]), "change places from image 1 to image 2.*same order"),
    "an atom is missing": (lambda f: [*f[:4], f[4][:4]], "image 4 has other atoms"),
    "other cell": (other_cell, "image 4 has another cell"),
    "not finite": (not_finite, "image 1 has a position that is not finite"),
}


@pytest.mark.parametrize("case", WRONG_PATHS)
def test_wrong_path_is_refused(tmp_path: Path, case: str) -> None:
    change, words = WRONG_PATHS[case]
    path = neb(tmp_path, change(images()))
    with pytest.raises(ValueError, match=words) as error:
        read_neb(path)
    assert str(error.value).startswith(str(path))


def test_concerted_hop_is_no_change_of_places(tmp_path: Path) -> None:
    """Three ions that follow each other, each into the place of the next, in seven images: nothing was listed wrongly."""
    frames = []
    for s in np.linspace(0, 1, 4):
        atoms = ase.Atoms("Li3", [[2.5 * (k + s), 0, 0] for k in range(3)], cell=[20, 9, 9], pbc=True)
        atoms.calc = SinglePointCalculator(atoms, energy=float(np.sin(np.pi * s)))
        frames.append(atoms)
    assert read_neb(neb(tmp_path, frames)).distance[-1] == pytest.approx(2.5e-10 * np.sqrt(3))


@pytest.mark.parametrize("part", [0.3, 0.5, 0.77, 0.95, 0.999])
def test_cut_off_path_is_refused(tmp_path: Path, part: float) -> None:
    path = neb(tmp_path, images())
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(ValueError, match="cut off") as error:
        read_neb(path)
    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize(
    ("name", "content"), [("hello", b"hello\n"), ("a.extxyz", b"\xff\xfe\x00"), ("POSCAR", b"x"), ("a.json", b"{}")]
)
def test_file_that_ase_cannot_read_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match="ase cannot read it") as error:
        read_neb(tmp_path / name)
    assert str(error.value).startswith(str(tmp_path / name))


# ---- single energies ---------------------------------------------------------------------------------------------------

SINGLE = "model,path,energy_eV\na,odh,-5.0\na,odh,-4.6\nb,odh,-7.0\nb,odh,-6.5\na,tsh,-5.0\n"


def test_single_energies_are_picked_by_column(tmp_path: Path) -> None:
    found = read_image_energies(table(tmp_path, SINGLE), label="b", where={"model": "b", "path": "odh"})
    np.testing.assert_allclose(found.energy / EV, [0, 0.5], rtol=1e-12)
    assert found.provenance["where"] == {"model": "b", "path": "odh"}


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        (SINGLE, {"model": "c"}, r"0 row\(s\) with model = c.*at least two.*correct where"),
        (SINGLE, {"path": "tsh"}, r"1 row\(s\) with path = tsh"),
        (SINGLE, {"potential": "a"}, r"no column 'potential' \(found model, path, energy_eV\)"),
        (SINGLE.replace("-6.5", "?"), {"model": "b"}, "line 5: 'energy_eV' is '\\?'"),
        (SINGLE.replace("-6.5", "inf"), {"model": "b"}, "line 5: .*not a finite number"),
    ],
)
def test_wrong_single_energies_are_refused(tmp_path: Path, text: str, where: dict[str, str], words: str) -> None:
    path = table(tmp_path, text)
    with pytest.raises(ValueError, match=words) as error:
        read_image_energies(path, label="b", where=where)
    assert str(error.value).startswith(str(path))


# ---- frequencies -------------------------------------------------------------------------------------------------------


def test_frequencies_are_in_hertz(tmp_path: Path) -> None:
    content = {"partial_hessian_THz": {"initial": [5, 7.0, 8.0], "saddle": [-8.5, 1.5, 20.0]}, "anything": "else"}
    path = table(tmp_path, "\ufeff" + json.dumps(content), "hop.json")
    found = read_hop_frequencies(path)
    np.testing.assert_array_equal(found.initial, [5e12, 7e12, 8e12])
    np.testing.assert_array_equal(found.saddle, [-8.5e12, 1.5e12, 20e12])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[1, 2]", "no 'partial_hessian_THz'"),
        ("{}", "no 'partial_hessian_THz'"),
        ('{"partial_hessian_THz": {"initial": [1]}}', "'saddle'"),
        ('{"partial_hessian_THz": {"initial": 1, "saddle": 1}}', "list of finite numbers"),
        ('{"partial_hessian_THz": {"initial": [], "saddle": []}}', "list of finite numbers"),
        ('{"partial_hessian_THz": {"initial": [NaN], "saddle": [1]}}', "'initial' must be a list of finite"),
        ('{"partial_hessian_THz": {"initial": [1], "saddle": [1e999]}}', "'saddle' must be a list of finite"),
        ('{"partial_hessian_THz": {"initial": [[1, 2]], "saddle": [1]}}', "list of finite"),
        ('{"partial_hessian_THz": {"initial": ["a"], "saddle": [1]}}', "list of finite numbers"),
        ('{"partial_hessian_THz": {"initial": [1, 2], "saddle": [1]}}', "as many of both"),
        ('{"partial_hessian_THz": ' + "[" * 50_000, "RecursionError"),
        ('{"partial_hessian_THz": {"initial": [1' + "0" * 400 + '], "saddle": [1]}}', "list of finite numbers"),
    ],
)
def test_wrong_frequencies_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = table(tmp_path, text, "hop.json")
    with pytest.raises(ValueError, match=words) as error:
        read_hop_frequencies(path)
    assert str(error.value).startswith(str(path))


# ---- drive cycles ------------------------------------------------------------------------------------------------------

WRONG_CYCLES = {
    "no such column": ("time_s,amps\n0,1\n1,1\n", ["no column 'current_A'"]),
    "one time": ("time_s,current_A\n0,1\n", ["two times at least"]),
    "late start": ("time_s,current_A\n5,1\n6,1\n", ["line 2", "begin at 0"]),
    "time falls": ("time_s,current_A\n0,1\n2,1\n1,1\n", ["line 4", "time 1 s does not rise above 2 s"]),
    "words": ("time_s,current_A\n0,1\n1,high\n", ["line 3", "'current_A' is 'high', not a number"]),
    "not finite": ("time_s,current_A\n0,1\n1,nan\n", ["line 3", "not a finite number"]),
}


def test_drive_cycle_is_read_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "cycle.csv").write_text("note,time_s,current_A\nstart,0,1.5\nstop,10,-0.25\n", encoding="utf-8")
    time, current = read_drive_cycle(tmp_path / "cycle.csv")
    np.testing.assert_array_equal(time, [0, 10])
    np.testing.assert_array_equal(current, [1.5, -0.25])


@pytest.mark.parametrize("case", WRONG_CYCLES)
def test_wrong_drive_cycle_names_file_and_line(tmp_path: Path, case: str) -> None:
    text, words = WRONG_CYCLES[case]
    path = tmp_path / "cycle.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"cycle\.csv") as caught:
        read_drive_cycle(path)
    assert [word for word in words if word not in str(caught.value)] == [], caught.value


@pytest.mark.parametrize("ending", ["-20.", "-", "-2e", "-2.1e-"])
def test_a_number_cut_off_at_the_end_of_a_table(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "cut.csv"
    path.write_text(f"x,structure,energy_eV\n0.0,a,-20.125\n1.0,c,{ending}")
    with pytest.raises(ValueError, match=r"line 3: .*(looks cut off|not a number)"):
        read_energies(path, lithium="-1.9 eV")
