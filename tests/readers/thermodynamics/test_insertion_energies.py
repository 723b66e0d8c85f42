"""Energies of insertion from CSV: cells or steps, numbers of ions or fractions, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.readers import read_insertion_energies

CELL = "n,energy_eV\n0,-240.0\n1,-246.0\n2,-251.8\n3,-257.5\n4,-263.1\n"
STEPS = [-6.0, -5.8, -5.7, -5.6]
OF_STEPS = "n,insertion_eV\n0,-4.1\n1,-3.9\n2,-3.8\n3,-3.7\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "cell.csv"
    path.write_text(text)
    return path


FRACTIONS = "x,energy_eV\n0,-240.0\n0.25,-246.0\n0.5,-251.8\n0.75,-257.5\n1,-263.1\n"
MILLI = "n,insertion_meV\n0,-4100\n1,-3900\n2,-3800\n3,-3700\n"
ABSOLUTE = "n,insertion_eV\n0,-6.0\n1,-5.8\n2,-5.7\n3,-5.6\n3,-5.1\n"
METAL = {"lithium": "-1.9 eV"}
FREE = {"lithium": "0 eV"}


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (CELL, METAL),
        (CELL + "4,-262.0\n2,-251.0\n", METAL),
        (FRACTIONS, METAL),
        (CELL.replace("n,energy_eV", "Li,E_eV"), {**METAL, "ions_column": "Li", "energy_column": "E_eV"}),
        (OF_STEPS, {"energy_of": "insertion"}),
        (MILLI, {"energy_of": "insertion", "energy_column": "insertion_meV"}),
        (ABSOLUTE, {**METAL, "energy_of": "insertion"}),
    ],
)
def test_the_same_steps_in_every_form(tmp_path: Path, text: str, options: dict[str, Any]) -> None:
    """Energies of cells in any order, fractions, other columns and units, steps with and without the metal."""
    path = written(tmp_path, text)
    found = read_insertion_energies(path, sites=4, **options)
    np.testing.assert_allclose(found.energy, FARADAY * (np.array(STEPS) + 1.9), rtol=1e-9)
    np.testing.assert_array_equal(found.before, [0, 1, 2, 3])
    np.testing.assert_array_equal(found.after, [1, 2, 3, 4])
    assert (found.label, found.sites) == ("cell", 4)
    assert len(found.provenance["sha256"]) == 64
    assert read_insertion_energies(path, sites=4, label="PBE", **options).label == "PBE"


def test_fractions_rounded_to_three_digits(tmp_path: Path) -> None:
    text = "x,energy_eV\n0,0\n0.083,-3\n0.167,-5.9\n0.333,-11\n"
    found = read_insertion_energies(written(tmp_path, text), sites=12, lithium="0 eV")
    np.testing.assert_array_equal(found.after, [1, 2, 4])
    np.testing.assert_array_equal(found.ions, [1, 1, 2])


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "no metal": (CELL, {}, "energies of cells need lithium metal's; give lithium = '-1.90 eV'"),
    "metal without unit": (CELL, {"lithium": "-1.9"}, "lithium: it has no unit"),
    "no column of ions": ("m,energy_eV\n0,1\n", FREE, r"no column 'x' .*name it with ions_column \('n'\), x_column"),
    "no column of energies": ("n,E_eV\n0,1\n", FREE, "no column 'energy_eV'"),
    "steps without their column": (CELL, {"energy_of": "insertion"}, "no column 'insertion_eV'"),
    "unit": ("n,e_K\n0,1\n1,2\n", {**FREE, "energy_column": "e_K"}, "unit 'K' is a unit of temperature"),
    "half an ion": (CELL.replace("\n3,", "\n2.5,"), FREE, r", line 5: 'n' is '2\.5', 2\.5 ions; the number must be whole"),
    "more ions than sites": (CELL + "5,-1\n", FREE, ", line 7: 'n' is '5', 5 ions; .*from 0 to 4; correct it, or sites"),
    "insertion into the full cell": (OF_STEPS + "4,-3.6\n", {"energy_of": "insertion"}, "line 6: .*from 0 to 3"),
    "fraction of another cell": ("x,energy_eV\n0,1\n0.3333,2\n", FREE, r"line 3: 'x' is '0\.3333', 1\.3332 ions"),
    "one number of ions": ("n,energy_eV\n1,1\n1,2\n", FREE, r"1 number\(s\) of ions; a step is between two"),
    "quantity of energies": (CELL, {"energy_of": "site"}, "energy_of is 'site'; write 'cell' or 'insertion'"),
    "no number": (CELL.replace("-251.8", "?"), FREE, r"line 4: 'energy_eV' is '\?', not a number"),
    "cut off": (CELL + "3,-", FREE, "the file ends in '-'; it looks cut off"),
    "empty": ("n,energy_eV\n", FREE, "a header and no rows"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line_with_the_file(tmp_path: Path, case: str) -> None:
    text, options, message = REFUSED[case]
    path = written(tmp_path, text)
    with pytest.raises(ValueError, match=message) as refused:
        read_insertion_energies(path, sites=4, **options)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("sites", [0, 1, -3])
def test_cells_of_one_site_are_refused(tmp_path: Path, sites: int) -> None:
    path = written(tmp_path, OF_STEPS)
    with pytest.raises(ValueError, match=rf"a supercell of {sites} sites; give their number") as refused:
        read_insertion_energies(path, sites=sites, energy_of="insertion")
    assert str(refused.value).startswith(str(path))
