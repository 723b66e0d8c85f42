"""Activities from tables: scales, quantities and volumes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.data import ConcentrationScale
from a2c_pybamm.readers import read_activities

TABLE = "m_mol/kg,gamma,gamma_std,rho_g/cm3\n0.1,0.778,0.004,1.0011\n0.5,0.681,0.003,1.0172\n1.0,0.657,0.003,1.0362\n"
MOLAL: dict[str, Any] = {"scale": "molal", "temperature": 298.15, "density_column": "rho_g/cm3", "salt_molar_mass": 0.05844}


def put(folder: Path, text: str = TABLE) -> Path:
    path = folder / "nacl.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_molal_table(tmp_path: Path) -> None:
    table = read_activities(put(tmp_path), std_column="gamma_std", **MOLAL)
    assert (table.label, table.scale, table.referred) == ("nacl", ConcentrationScale.MOLAL, True)
    np.testing.assert_allclose(table.ln_coefficient, np.log([0.778, 0.681, 0.657]))
    np.testing.assert_allclose(table.std, np.array([0.004, 0.003, 0.003]) / [0.778, 0.681, 0.657])
    volume = (1 + np.array([0.1, 0.5, 1.0]) * 0.05844) / np.array([1001.1, 1017.2, 1036.2])
    np.testing.assert_allclose(table.solution_volume, volume, rtol=1e-12)
    linear = read_activities(
        put(tmp_path), scale="molal", temperature=298.15, solvent_density=997.0, partial_molar_volume=1.8e-5, relative_std=0.01
    )
    np.testing.assert_allclose(linear.solution_volume, 1 / 997 + np.array([0.1, 0.5, 1.0]) * 1.8e-5, rtol=1e-12)
    np.testing.assert_array_equal(linear.std, [0.01] * 3)


def test_mean_activities_on_the_molar_scale(tmp_path: Path) -> None:
    path = put(tmp_path, "c_mol/L,activity\n0.5,0.4\n1,0.9\n2,3\n")
    table = read_activities(path, scale="molar", temperature=298.15, quantity="mean activity")
    np.testing.assert_allclose(np.diff(table.ln_coefficient), np.diff(np.log([0.4, 0.9, 3]) - np.log([500.0, 1000, 2000])))
    np.testing.assert_allclose(table.concentration, [500, 1000, 2000])
    assert not table.referred


def test_mole_fractions_become_molal(tmp_path: Path) -> None:
    r"""Activities :math:`xf/M_0 = m\gamma` are the same on both scales."""
    path = put(tmp_path, "x,ln_gamma\n0.002,-0.2\n0.01,-0.35\n0.05,-0.3\n")
    table = read_activities(
        path, scale="mole fraction", temperature=298.15, quantity="ln activity coefficient", solvent_molar_mass=0.018,
        solvent_density=997.0, partial_molar_volume=1.8e-5,
    )  # fmt: skip
    x, f = np.array([0.002, 0.01, 0.05]), np.exp([-0.2, -0.35, -0.3])
    np.testing.assert_allclose(table.concentration, x / ((1 - 2 * x) * 0.018), rtol=1e-12)
    np.testing.assert_allclose(table.concentration * np.exp(table.ln_coefficient), x * f / 0.018, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "changes", "message"),
    [
        (TABLE, {"scale": "molar"}, r"0 columns end in a unit of the molar scale .* or state another scale"),
        (
            TABLE,
            {"scale": "molar", "concentration_column": "m_mol/kg"},
            r"scale is 'molar': .*unit of molality; this is of kind conc",
        ),
        (TABLE, {"scale": "formal"}, r"scale is 'formal'; write one of 'molal', 'molar', 'mole fraction'"),
        (TABLE, {"quantity": "fugacity"}, r"quantity is 'fugacity'; write one of"),
        (TABLE, {"salt_molar_mass": None}, r"needs density_column and salt_molar_mass, or solvent_density and"),
        (TABLE, {"salt_molar_mass": 58.44}, r"molar mass of the salt is 58.44 kg/mol; give it in kg/mol"),
        (TABLE, {"std_column": "gamma_std", "relative_std": 0.1}, r"both std_column and relative_std"),
        (TABLE, {"activity_column": "g"}, r"no column 'g' \(found m_mol/kg"),
        (TABLE, {"scale": "mole fraction"}, r"no column 'x'"),
        (TABLE, {"temperature": -1.0}, r"temperature is -1 K; give it in kelvin"),
        (TABLE.replace("0.681", "-0.681"), {}, r"line 3: 'gamma' is -0.681, it must be positive"),
        (TABLE.replace("0.5,", "0,"), {}, r"line 3: 'm_mol/kg' is 0, it must be positive"),
        (TABLE.replace("0.657", "nan"), {}, r"line 4: 'gamma' is 'nan', not a finite number"),
        (TABLE[: TABLE.index("0.5,")], {}, r"1 row\(s\) at one concentration; a slope needs two"),
    ],
)
def test_bad_tables_are_one_line(tmp_path: Path, text: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        read_activities(put(tmp_path, text), **{**MOLAL, **changes})
    assert "nacl" in str(error.value)
