"""Readers of volumes: energies and vibrations over volume, volumes over temperature, molar masses; files that are wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.constants import AVOGADRO
from a2c_pybamm.readers import molar_mass, read_vibrations_over_volume, read_volumes
from a2c_pybamm.readers.thermodynamics.formula import n_atom
from a2c_pybamm.readers.units import EV

ENERGIES = "volume_A3,energy_eV\n40.0,-20.0\n42.0,-20.5\n38.0,-19.6\n"
NPT = "T_K,volume_A3,std_A3\n600,640.0,0.2\n300,632.0,0.1\n"
CELL = {"sites": 2, "formula": "LiCoO2"}


def frequencies(path: Path, n: int, scale: float = 1.0) -> Path:
    path.write_text("frequency_THz\n" + "".join(f"{scale * (k + 1)}\n" for k in range(n)), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "e.csv").write_text(ENERGIES, encoding="utf-8")
    (tmp_path / "v.csv").write_text(NPT, encoding="utf-8")
    for k in range(3):
        frequencies(tmp_path / f"f{k}.csv", 24, 1 + k)
    return tmp_path


def over_volume(folder: Path, **more: Any) -> Any:
    phonons = [folder / f"f{k}.csv" for k in range(3)]
    return read_vibrations_over_volume(folder / "e.csv", **({"phonons": phonons, "kind": "frequencies", **CELL} | more))


def test_energies_and_vibrations_are_per_site_and_sorted(folder: Path) -> None:
    found = over_volume(folder)
    np.testing.assert_allclose(found.volume, np.array([38, 40, 42]) * 1e-30 * AVOGADRO / 2)
    np.testing.assert_allclose(found.energy, np.array([-19.6, -20.0, -20.5]) * EV / 2)
    assert [v.frequency[0] for v in found.vibrations] == [3e12, 1e12, 2e12]
    assert found.vibrations[0].weight.sum() == pytest.approx(12)
    assert found.molar_mass == pytest.approx(97.87e-3, abs=1e-5)
    assert len(found.provenance["vibrations"]) == 3


def test_volumes_are_per_site_and_sorted(folder: Path) -> None:
    found = read_volumes(folder / "v.csv", std_column="std_A3", **CELL)
    np.testing.assert_array_equal(found.temperature, [300, 600])
    np.testing.assert_allclose(found.volume, np.array([632, 640]) * 1e-30 * AVOGADRO / 2)
    np.testing.assert_allclose(found.std, np.array([0.1, 0.2]) * 1e-30 * AVOGADRO / 2)
    assert read_volumes(folder / "v.csv", **CELL).std is None


def test_molar_masses() -> None:
    assert molar_mass("LiFePO4") == pytest.approx(157.755e-3, abs=2e-6)
    assert molar_mass("Li6PS5Cl") == pytest.approx(268.364e-3, abs=2e-6)
    assert n_atom("Ca(OH)2") == 5


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "files": (lambda f: over_volume(f, phonons=[f / "f0.csv"]), "3 volumes, and 1 files of vibrations; give one for each row"),
    "column": (lambda f: over_volume(f, volume_column="V_A3"), "no column 'V_A3'"),
    "unit": (lambda f: over_volume(f, volume_column="energy_eV"), "this is of kind volume"),
    "kind": (lambda f: over_volume(f, kind="phonons"), "kind is 'phonons'; write 'thermal'"),
    "sites": (lambda f: over_volume(f, sites=0), "sites is 0"),
    "formula": (lambda f: over_volume(f, formula="Lx"), "'Lx' has no atoms, or one of no element"),
    "brackets": (lambda f: molar_mass("Li(Co"), "'Li(Co' is no formula"),
    "empty": (lambda f: molar_mass(""), "formula: '' has no atoms"),
    "twice": (
        lambda f: over_volume(f, phonons=[f / f"f{k}.csv" for k in (0, 1, 0)]),
        "rows 1 and 3 have the same vibrations",
    ),
    "modes": (
        lambda f: over_volume(f, phonons=[frequencies(f / f"g{k}.csv", 48, 1 + k) for k in range(3)]),
        "g0.csv: 48 modes in its cell, and 2 sites of LiCoO2 have 24; correct sites or formula",
    ),
    "missing": (lambda f: over_volume(f, phonons=[f / f"g{k}.csv" for k in range(3)]), "g0.csv"),
    "std": (lambda f: read_volumes(f / "v.csv", std_column="volume_err", **CELL), "no column 'volume_err'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_files_are_one_line(folder: Path, case: str) -> None:
    call, words = WRONG[case]
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        call(folder)
    assert "\n" not in str(caught.value)


def test_atoms_of_a_file_are_those_of_the_formula(folder: Path) -> None:
    head = "unit:\n  temperature: K\n  free_energy: kJ/mol\n  entropy: J/K/mol\n  heat_capacity: J/K/mol\n\nnatom: 7\n"
    rows = "".join(f"- temperature: {t}\n  free_energy: 1.0\n  entropy: 0.0\n  heat_capacity: 0.0\n" for t in (0, 100))
    for k in range(3):
        (folder / f"t{k}.yaml").write_text(f"{head}thermal_properties:\n{rows}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"t0\.yaml: 7 atoms in its cell, and 2 sites of LiCoO2 have 8; correct sites"):
        over_volume(folder, phonons=[folder / f"t{k}.yaml" for k in range(3)], kind="thermal")


def test_two_runs_of_one_temperature_are_refused(folder: Path) -> None:
    (folder / "v.csv").write_text("T_K,volume_A3\n300,640\n300,641\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"v\.csv: volumes of v: temperatures must rise"):
        read_volumes(folder / "v.csv", **CELL)
