"""Strained cells from tables and structures: conventions, units, references, point groups, and one line for bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ase.io
import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from scipy.spatial.transform import Rotation

import a2c_pybamm as a2c
from a2c_pybamm.constants import ELEMENTARY_CHARGE
from a2c_pybamm.data import IonRelaxation, StressKind, voigt_components, voigt_tensors
from tests.estimators.mechanics.strained_crystals import LIMIT, SINGLE, copper

EV_A3 = ELEMENTARY_CHARGE * 1e30
HEAD = "e1,e2,e3,e4,e5,e6,s1_GPa,s2_GPa,s3_GPa,s4_GPa,s5_GPa,s6_GPa,energy_eV,converged\n"


def calculated(atoms: Atoms) -> Atoms:
    """The atoms with EMT's energy and stress kept."""
    atoms = atoms.copy()
    atoms.calc = EMT()
    results = {"energy": atoms.get_potential_energy(), "stress": atoms.get_stress()}
    atoms.calc = SinglePointCalculator(atoms, **results)
    return atoms


def strained(crystal: Atoms, strain: np.ndarray, turn: np.ndarray | None = None) -> Atoms:
    atoms = crystal.copy()
    atoms.set_cell(crystal.cell.array @ (np.eye(3) + strain), scale_atoms=True)
    if turn is not None:
        atoms.set_cell(atoms.cell.array @ turn.T, scale_atoms=True)
    return calculated(atoms)


@pytest.fixture(scope="module")
def crystal() -> Atoms:
    return bulk("Cu", "fcc", a=3.59, cubic=True)


@pytest.fixture
def table(tmp_path: Path, crystal: Atoms) -> Path:
    """EMT copper's table, as ase has the order and sign."""
    ase.io.write(tmp_path / "cell.extxyz", calculated(crystal))
    data = copper(5e-3)
    strains = voigt_components(data.strains) * [1, 1, 1, 2, 2, 2]
    columns = np.hstack([strains, voigt_components(data.stresses) / 1e9, data.energies[:, None] / ELEMENTARY_CHARGE])
    rows = "\n".join(",".join(map(repr, map(float, row))) + ",True" for row in columns)
    (tmp_path / "table.csv").write_text(HEAD + rows + "\n", encoding="utf-8")
    return tmp_path / "table.csv"


def read(table: Path, **settings: Any) -> a2c.StrainedStresses:
    return a2c.read_strained_stresses(table, structure=table.with_name("cell.extxyz"), **settings)


def test_table_with_a_structure_is_all_that_a_fit_needs(table: Path) -> None:
    data = read(table, energy_column="energy_eV", converged_column="converged")
    assert (data.point_group, len(data.rotations)) == ("m-3m", 24)  # without inversions
    assert data.volume == pytest.approx(3.59**3 * 1e-30)
    assert data.reference_stress[0, 0] == pytest.approx(copper(5e-3).stresses[0, 0, 0])
    estimate = a2c.fit_elastic_tensor(data, material="Cu", source="EMT")
    assert estimate.names == ("Cu C11 [Pa]", "Cu C12 [Pa]", "Cu C44 [Pa]")
    np.testing.assert_allclose(estimate.mean, LIMIT, atol=0.05e9)
    assert len(data.provenance["files"][0]["sha256"]) == 64


@pytest.mark.parametrize(
    ("convention", "order", "sign"),
    [("ase", [0, 1, 2, 3, 4, 5], 1), ("lammps", [0, 1, 2, 5, 4, 3], -1), ("vasp", [0, 1, 2, 5, 3, 4], -1)],
)
def test_programs_have_their_own_order_and_sign(convention: str, order: list[int], sign: int) -> None:
    """Voigt's components at the places of each program: LAMMPS xx yy zz xy xz yz, VASP xx yy zz xy yz zx."""
    voigt = np.arange(1.0, 7.0)
    written = sign * voigt[order]
    np.testing.assert_array_equal(a2c.StressConvention[convention.upper()].stress(written), voigt)


def test_series_of_lammps_in_bar(tmp_path: Path) -> None:
    rows = "\n".join(f"{k},{k},{k},1,2,3" for k in (9.0, 10.0, 11.0))
    (tmp_path / "p.csv").write_text(f"pxx,pyy,pzz,pxy,pxz,pyz\n{rows}\n", encoding="utf-8")
    settings = {"interval": "2 fs", "temperature": "300 K", "volume": "1000 A3", "n_atom": 8, "born": np.eye(6)}
    columns = {"stress_columns": ["pxx", "pyy", "pzz", "pxy", "pxz", "pyz"], "stress_unit": "bar", "convention": "lammps"}
    found = a2c.read_stress_series(tmp_path / "p.csv", kind="virial stress", **settings, **columns, discard="2 fs")
    np.testing.assert_allclose(found.stresses, -1e5 * np.array([[10, 10, 10, 3, 2, 1], [11, 11, 11, 3, 2, 1]]))
    assert (found.kind, found.interval) == (StressKind.VIRIAL, pytest.approx(2e-15))
    assert found.volume == pytest.approx(1e-27)
    with pytest.raises(ValueError, match="all rows are discarded"):
        a2c.read_stress_series(tmp_path / "p.csv", kind="virial stress", **settings, **columns, discard="1 ps")
    with pytest.raises(ValueError, match="convention is 'gromacs'; write one of 'ase', 'lammps', 'vasp'"):
        a2c.read_stress_series(tmp_path / "p.csv", kind="virial stress", **settings, **{**columns, "convention": "gromacs"})


def test_series_of_stress_times_volume_is_divided_by_it(tmp_path: Path) -> None:
    """Sums over atoms of LAMMPS's stress/atom: the negative of its pressures, times the volume."""
    names, rows = "pxx,pyy,pzz,pxy,pxz,pyz", np.arange(12.0).reshape(2, 6)
    settings: dict[str, Any] = {
        "kind": "virial stress", "interval": "1 fs", "temperature": "300 K", "volume": "50 A3", "n_atom": 4, "born": np.eye(6),
        "stress_columns": names.split(","),
    }  # fmt: skip
    np.savetxt(tmp_path / "p.csv", rows, delimiter=",", header=names, comments="")
    np.savetxt(tmp_path / "s.csv", -50 * rows, delimiter=",", header=names, comments="")
    pressures = a2c.read_stress_series(tmp_path / "p.csv", stress_unit="bar", convention="lammps", **settings)
    sums = a2c.read_stress_series(tmp_path / "s.csv", stress_unit="bar.A3", convention="stress_atom", **settings)
    np.testing.assert_allclose(sums.stresses, pressures.stresses, rtol=1e-13)
    assert sums.provenance["conversion"] == "per simulation cell to per volume, divided by 5e-29 m3"
    mixed = ",".join(f"p{k}_{'bar.A3' if k else 'bar'}" for k in range(6))
    np.savetxt(tmp_path / "m.csv", rows, delimiter=",", header=mixed, comments="")
    with pytest.raises(
        ValueError, match="some columns are in units of a stress and some of stress times volume; take one kind"
    ):
        a2c.read_stress_series(tmp_path / "m.csv", **{**settings, "stress_columns": mixed.split(",")})


def test_structures_give_the_same_as_their_table_whatever_their_axes(tmp_path: Path, crystal: Atoms) -> None:
    """Each strained cell is turned by a rotation of its own; the cell without strain is found among them."""
    rng = np.random.default_rng(0)
    tensors = [k * 5e-3 * voigt_tensors(d, engineering=True) for d in SINGLE for k in (-2, -1, 1, 2)]
    frames = [strained(crystal, t, Rotation.random(rng=rng).as_matrix()) for t in tensors]
    ase.io.write(tmp_path / "a.extxyz", [*frames[:7], calculated(crystal), *frames[7:]])
    data = a2c.read_strained_structures(tmp_path / "a.extxyz")
    assert data.provenance["cell without strain"] == "a.extxyz, frame 7"
    np.testing.assert_allclose(data.strains[:7], tensors[:7], atol=1e-7)
    assert data.ions is IonRelaxation.CLAMPED
    estimate = a2c.fit_elastic_tensor(data, material="Cu", source="EMT")
    np.testing.assert_allclose(estimate.mean, LIMIT, atol=0.05e9)


def test_reference_is_a_file_or_a_frame(tmp_path: Path, crystal: Atoms) -> None:
    tensors = [k * 5e-3 * voigt_tensors(d, engineering=True) for d in SINGLE[::3] for k in (-1, 1)]
    ase.io.write(tmp_path / "a.extxyz", [strained(crystal, t) for t in tensors])
    ase.io.write(tmp_path / "cell.extxyz", calculated(crystal))
    data = a2c.read_strained_structures(tmp_path / "a.extxyz", reference=tmp_path / "cell.extxyz")
    assert data.point_group == "m-3m"
    np.testing.assert_allclose(data.strains, tensors, atol=1e-7)
    assert len(data.energies) == 4
    pressure = a2c.StrainedStresses(data.strains, data.volume, -data.stresses, data.energies)
    with pytest.raises(ValueError, match="the stress has the opposite sign"):
        a2c.fit_elastic_tensor(pressure, material="Cu", source="EMT", point_group="m-3m")


def test_born_term_of_a_crystal_is_its_clamped_tensor(crystal: Atoms) -> None:
    born = a2c.born_term(crystal, EMT())
    C11, C12, C44 = LIMIT
    lagrangian = copper(1e-4, (-1, 1)).stresses[0, 0, 0]
    expected = np.diag([C11, C11, C11, C44, C44, C44]) + C12 * np.pad(1 - np.eye(3), (0, 3))
    shift = lagrangian * (np.diag([-1.0, -1, -1, -1, -1, -1]) + np.pad(1 - np.eye(3), (0, 3)))
    np.testing.assert_allclose(born, expected + shift, atol=1e-5 * C11)


def test_born_matrix_of_lammps_is_divided_by_the_volume(crystal: Atoms) -> None:
    """Its 21 numbers as the manual orders them; a cell of twice the size has twice of each and the same term."""
    one = a2c.born_term(crystal, EMT())
    order = [(k, k) for k in range(6)] + [(0, k) for k in range(1, 6)] + [(1, k) for k in range(2, 6)]
    order += [(2, k) for k in range(3, 6)] + [(3, 4), (3, 5), (4, 5)]
    volume = crystal.get_volume()
    printed = np.array([one[pair] for pair in order]) / EV_A3 * volume
    for n in (1, 2):
        found = a2c.born_term_of_lammps(n * printed, unit="eV", volume=f"{n * volume} A3")
        np.testing.assert_allclose(found, one, rtol=1e-12)
    assert a2c.born_term_of_lammps(np.stack([printed] * 3), unit="eV", volume="1 A3").shape == (3, 6, 6)
    for numbers, settings, said in (
        (printed[:20], {"unit": "eV", "volume": "1 A3"}, "not finite ones"),
        (printed, {"unit": "bar", "volume": "1 A3"}, "unit 'bar' is a unit of pressure"),
        (printed, {"unit": "eV", "volume": "0 A3"}, "give that of the cell"),
    ):
        with pytest.raises(ValueError, match=said):
            a2c.born_term_of_lammps(numbers, **settings)


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (("-0.005", "-5"), {}, "line 4: a strain of 5 is larger than 0.25"),
        (("s3_GPa", "s3_eV"), {}, "no column 's3_GPa'"),
        (("", ""), {"stress_columns": "e{}"}, r"column 'e1' \(its ending is its unit\)"),
        (("", ""), {"stress_columns": "s1_GPa"}, "a tensor has six"),
        (("True", "perhaps"), {"converged_column": "converged"}, "line 2: 'converged' is 'perhaps'; write true or false"),
        (("True", "False"), {"converged_column": "converged"}, "no row is converged"),
        (("", ""), {"volume": "10 A"}, "unit 'A' is a unit of length"),
    ],
)
def test_bad_tables_are_one_line(table: Path, change: tuple[str, str], settings: dict[str, Any], message: str) -> None:
    table.write_text(table.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as error:
        read(table, **settings)
    assert "\n" not in str(error.value)


def test_rows_that_are_not_converged_are_left_out_and_listed(table: Path) -> None:
    text = table.read_text(encoding="utf-8").splitlines()
    text[4] = text[4].replace("True", "False")
    table.write_text("\n".join(text) + "\n", encoding="utf-8")
    data = read(table, converged_column="converged")
    assert data.provenance["not converged, left out"] == ["line 5"]
    assert len(data.strains) == 24


def test_table_without_a_cell_is_one_line(table: Path) -> None:
    with pytest.raises(ValueError, match=r"no volume of the cell without strain; give structure= \(its file\) or volume="):
        a2c.read_strained_stresses(table)
    data = a2c.read_strained_stresses(table, volume="46.27 A3")
    assert data.rotations is None
    assert data.volume == pytest.approx(46.27e-30)


def test_structures_of_another_crystal_or_without_stress_are_one_line(tmp_path: Path, crystal: Atoms) -> None:
    silver = strained(bulk("Ag", "fcc", a=3.59, cubic=True), np.zeros((3, 3)))
    ase.io.write(tmp_path / "a.extxyz", [calculated(crystal), silver])
    with pytest.raises(ValueError, match="keep one crystal, in one order"):
        a2c.read_strained_structures(tmp_path / "a.extxyz")
    bare = crystal.copy()
    ase.io.write(tmp_path / "b.extxyz", [calculated(crystal), bare])
    with pytest.raises(ValueError, match="no stress; write structures with their stresses"):
        a2c.read_strained_structures(tmp_path / "b.extxyz")
    ase.io.write(tmp_path / "c.extxyz", [calculated(crystal)])
    with pytest.raises(ValueError, match="no strained cell beside the one without strain"):
        a2c.read_strained_structures(tmp_path / "c.extxyz")


def test_records_refuse_what_is_no_strain_or_stress() -> None:
    ones = np.zeros((2, 6))
    with pytest.raises(ValueError, match="neither stresses nor energies"):
        a2c.StrainedStresses(ones, 1e-28)
    skew = np.zeros((2, 3, 3))
    skew[0, 0, 1] = 1.0
    with pytest.raises(ValueError, match="stresses are not symmetric"):
        a2c.StrainedStresses(ones, 1e-28, skew)
    with pytest.raises(ValueError, match="the volume is 0 m3"):
        a2c.StrainedStresses(ones, 0.0, np.zeros((2, 3, 3)))
    with pytest.raises(ValueError, match="operation 0 of the point group is no rotation"):
        a2c.StrainedStresses(ones, 1e-28, np.zeros((2, 3, 3)), rotations=2 * np.eye(3)[None])
    with pytest.raises(ValueError, match="Born term have shape"):
        a2c.StressSeries(np.zeros((5, 6)), StressKind.VIRIAL, 1e-15, 300.0, 1e-28, 4, np.zeros((3, 3)))
