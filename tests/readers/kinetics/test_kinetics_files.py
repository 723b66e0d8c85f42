"""Tables of charge-transfer barriers and slabs: units, scales, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

import a2c_pybamm as a2c
from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import PotentialScale

ROWS = [
    "potential_V,T_K,reduction_eV,oxidation_eV,std_meV",
    "3.8,300,0.55,0.65,20",
    "4.0,300,0.63,0.53,20",
    "4.0,350,0.61,0.51,30",
]


def written(folder: Path, *rows: str) -> Path:
    path = folder / "barriers.csv"
    path.write_text("\n".join(rows or ROWS) + "\n", encoding="utf-8")
    return path


def test_both_directions_of_a_table(tmp_path: Path) -> None:
    data = a2c.read_charge_transfer_barriers(written(tmp_path), std_column="std_meV", saddle_std="15 meV", composition=0.3)
    np.testing.assert_allclose(data.potential, [3.8, 4.0, 4.0] * 2)
    np.testing.assert_allclose(data.temperature, [300, 300, 350] * 2)
    np.testing.assert_allclose(data.barrier / FARADAY, [0.55, 0.63, 0.61, 0.65, 0.53, 0.51])
    np.testing.assert_allclose(data.std / FARADAY, [0.02, 0.02, 0.03] * 2)
    np.testing.assert_allclose(data.saddle_std / FARADAY, 0.015)
    assert data.of_reduction.tolist() == [True] * 3 + [False] * 3
    assert data.pairs.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert (data.label, data.scale, data.free_energies, data.composition) == ("barriers", PotentialScale.LITHIUM, True, 0.3)
    assert data.provenance["file"] == "barriers.csv"


@pytest.mark.parametrize(
    ("column", "value", "scale", "expected"),
    [
        ("potential_V", "0.9", "hydrogen", 0.9 + 3.04),
        ("work_function_eV", "5.4", "vacuum", 5.4 - 4.44 + 3.04),
        ("overpotential_mV", "-50", "overpotential", -0.05),
        ("potential_V", "3.9", "lithium", 3.9),
    ],
)
def test_scales_of_potentials(tmp_path: Path, column: str, value: str, scale: str, expected: float) -> None:
    path = written(tmp_path, f"{column},reduction_kJ/mol", f"{value},50")
    errors = {"scale_std": "0.1 V", "scale_source": "scale"} if scale in ("hydrogen", "vacuum") else {}
    data = a2c.read_charge_transfer_barriers(
        path,
        scale=scale,  # type: ignore[arg-type]
        potential_column=column,
        reduction_column="reduction_kJ/mol",
        temperature="300 K",
        std="2 kJ/mol",
        quantity="energy",
        **errors,
    )
    assert data.potential[0] == pytest.approx(expected, abs=1e-12)
    assert data.barrier[0] == pytest.approx(5e4)
    assert (data.scale is PotentialScale.OVERPOTENTIAL) == (scale == "overpotential")
    assert not data.free_energies
    if errors:
        assert (data.scale_std, data.scale_source) == (pytest.approx(0.1), "scale")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, r"barriers need their standard deviation; give std = '20 meV', or std_column"),
        ({"std": "20 meV", "std_column": "std_meV"}, "barriers need their standard deviation"),
        ({"std": "20"}, "it has no unit; this is of kind energy"),
        ({"std": "20 meV", "scale": "absolute"}, r"scale is 'absolute'; write 'lithium', 'hydrogen', 'vacuum' or"),
        ({"std": "20 meV", "scale": "hydrogen"}, r"potentials against hydrogen have an error against lithium; give scale_std"),
        ({"std": "20 meV", "quantity": "enthalpy"}, "quantity is 'enthalpy'; write 'free energy' or 'energy'"),
        ({"std": "20 meV", "temperature": "300 K"}, "temperature is '300 K', and there is a column 'T_K'; leave one out"),
        ({"std": "20 meV", "reduction_column": "red_eV"}, r"no column 'red_eV' \(found potential_V"),
        ({"std": "20 meV", "reduction_column": "T_K"}, r"column 'T_K' \(its ending is its unit\).* of kind energy"),
        ({"std": "20 meV", "scale_std": "0.1 V"}, r"scale_std is 0\.1 V with source ''; give both"),
        ({"std": "20 meV", "saddle_std": "30 meV"}, "saddle_std must be a part of each std"),
    ],
)
def test_arguments_that_do_not_fit_are_named(tmp_path: Path, settings: dict[str, str], message: str) -> None:
    path = written(tmp_path)
    with pytest.raises(ValueError, match=message) as caught:
        a2c.read_charge_transfer_barriers(path, **settings)  # type: ignore[arg-type]
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rows_that_are_wrong_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, ROWS[0], ROWS[1], "4.0,300,-0.1,0.5,20")
    with pytest.raises(ValueError, match=r"line 3: 'reduction_eV' is -0\.1, it must be positive; correct it"):
        a2c.read_charge_transfer_barriers(path, std="20 meV")
    path = written(tmp_path, ROWS[0], "3.8,300,x,0.65,20")
    with pytest.raises(ValueError, match=r"line 2: 'reduction_eV' is 'x', not a number"):
        a2c.read_charge_transfer_barriers(path, std="20 meV")


def test_sites_of_the_upper_face(tmp_path: Path) -> None:
    """Two lithium atoms near the top, one below, and oxygen above: 2 sites on 3 Å × 5 Å, whatever the cell's orientation."""
    atoms = Atoms("Li3O", [[0, 0, 8.0], [1, 1, 7.6], [2, 2, 2.0], [0, 0, 9.5]], cell=[3, 5, 20], pbc=True)
    expected = 2 / (15e-20 * 6.02214076e23)
    for name, slab in {"a": atoms, "b": atoms.copy()}.items():
        if name == "b":
            slab.rotate(40, "x", rotate_cell=True)
        write(tmp_path / f"{name}.extxyz", slab)
        sites = a2c.read_surface_sites(tmp_path / f"{name}.extxyz")
        assert sites.density == pytest.approx(expected, rel=1e-6)
        assert sites.provenance["sites"] == 2
    assert a2c.read_surface_sites(tmp_path / "a.extxyz", depth=1e-11).density == pytest.approx(expected / 2, rel=1e-6)
    with pytest.raises(ValueError, match=r"a\.extxyz: no atom of 'Na' \(found Li, O\); fill the sites"):
        a2c.read_surface_sites(tmp_path / "a.extxyz", species="Na")
    with pytest.raises(ValueError, match="depth is 0 m; give the thickness of the layer of sites"):
        a2c.read_surface_sites(tmp_path / "a.extxyz", depth=0.0)
    atoms.set_cell([0, 0, 20])
    write(tmp_path / "c.extxyz", atoms)
    with pytest.raises(ValueError, match="the first two cell vectors span no area; write the slab with its cell"):
        a2c.read_surface_sites(tmp_path / "c.extxyz")
