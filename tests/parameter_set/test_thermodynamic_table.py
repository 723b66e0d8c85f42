"""Table of an electrode's thermodynamics: values of the law, errors known on paper, gaps, and the file that holds it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from a2c_pybamm import Attachment, Estimate, Joint, ParameterSet, RedlichKister, StoichiometryMap, TwoPhase, load
from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.files import write_thermodynamics
from a2c_pybamm.parameter_set import free_energy_sides, thermodynamic_table
from a2c_pybamm.readers import read_chemical_potentials

T = 298.15
STD = np.array([0.05, 0.01, 8.0])
"""Standard deviations of mean voltage [V], L0 [eV] and ds/dx [J/mol/K]."""


def set_of(attraction: float, *, gap: bool = False, stoichiometry: StoichiometryMap | None = None) -> ParameterSet:
    law = RedlichKister("LFP", 0)
    estimate = Estimate.from_covariance(law.names, [3.43, attraction, 25.0], np.diag(STD**2), source="declared")
    attachment = Attachment(TwoPhase(law) if gap else law, "open_circuit_voltage", stoichiometry or StoichiometryMap())
    return ParameterSet("one", "Prada2013", {"Positive electrode OCP [V]": attachment}, Joint([estimate]), T)


def test_values_are_the_laws_and_errors_those_of_its_formula() -> None:
    """U = U0 − L0 (1 − 2x) − (RT/F) ln[x/(1−x)]; 2000 draws give a std to 1.6 %, so that 8 % is five errors."""
    table = thermodynamic_table(set_of(-0.05, stoichiometry=StoichiometryMap(0.1, 0.8)), "positive")
    x = table["x"].values
    np.testing.assert_allclose(x, 0.1 + 0.8 * np.arange(0.01, 0.995, 0.01))
    mixing = np.log(x / (1 - x))
    thermal = GAS_CONSTANT * T / FARADAY
    np.testing.assert_allclose(table["voltage"], 3.43 + 0.05 * (1 - 2 * x) - thermal * mixing, atol=1e-12)
    np.testing.assert_allclose(table["log_activity"], -0.05 * (1 - 2 * x) / thermal + mixing, atol=1e-11)
    np.testing.assert_allclose(table["activity"], np.exp(table["log_activity"]))
    np.testing.assert_allclose(table["thermodynamic_factor"], 1 / (1 - x) + 2 * x * 0.05 / thermal)
    np.testing.assert_allclose(table["voltage_std"], np.hypot(STD[0], STD[1] * (1 - 2 * x)), rtol=0.08)
    np.testing.assert_allclose(table["entropic_change_std"], STD[2] / FARADAY, rtol=0.08)
    np.testing.assert_allclose(table["log_activity_std"], STD[1] * np.abs(1 - 2 * x) / thermal, rtol=0.08, atol=1e-9)
    std = 2 * x * STD[1] / thermal
    np.testing.assert_allclose(table["thermodynamic_factor_std"], std, rtol=0.08)
    for end, z in (("low", -1.96), ("high", 1.96)):
        expected = np.log(table["thermodynamic_factor"] + z * std)
        # a quantile of 2000 draws errs by √(0.025·0.975/2000)/φ(1.96) = 0.06 standard deviations
        np.testing.assert_allclose(
            table[f"log_thermodynamic_factor_{end}"], expected, atol=0.3 * float((std / np.exp(expected)).max())
        )
    assert (table["unstable_fraction"] == 0).all()
    assert table["voltage"].attrs["units"] == table["voltage_std"].attrs["units"] == "V"


def test_instability_is_a_share_of_draws() -> None:
    """At x = 1/2 Θ = 2 − L0 F/RT; at an attraction of 2RT/F half of the draws are below 0."""
    thermal = GAS_CONSTANT * T / FARADAY
    for attraction in (2 * thermal, 2 * thermal - 0.01):
        table = thermodynamic_table(set_of(attraction), "positive").sel(stoichiometry=0.5)
        expected = norm.cdf((attraction - 2 * thermal) / STD[1])
        assert float(table["unstable_fraction"]) == pytest.approx(expected, abs=0.05)
        assert float(table["log_thermodynamic_factor_low"]) == -np.inf
        assert np.isfinite(table["log_thermodynamic_factor_high"])


def test_inside_a_gap_the_factor_is_zero() -> None:
    table = thermodynamic_table(set_of(0.1158, gap=True), "positive", n_draw=50)
    inside = table.sel(stoichiometry=0.5)
    assert float(inside["thermodynamic_factor"]) == float(inside["unstable_fraction"]) == 0
    assert float(inside["log_thermodynamic_factor_high"]) == -np.inf
    assert float(inside["voltage"]) == pytest.approx(3.43, abs=1e-6)
    np.testing.assert_allclose(table["log_activity"].sel(stoichiometry=slice(0.1, 0.9)), 0.0, atol=1e-6)
    assert not any(np.isnan(values).any() for values in table.data_vars.values())


def test_draws_are_those_of_the_generator() -> None:
    made = set_of(-0.05)
    assert thermodynamic_table(made, "positive").identical(thermodynamic_table(made, "positive"))
    other = thermodynamic_table(made, "positive", rng=np.random.default_rng(5), n_draw=20)
    assert other.attrs["draws"] == 20
    assert not np.allclose(other["voltage_std"], thermodynamic_table(made, "positive", n_draw=20)["voltage_std"])


def test_side_without_a_law_is_refused() -> None:
    made = set_of(-0.05)
    assert free_energy_sides(made) == ("positive",)
    with pytest.raises(ValueError, match=r"set one: side 'negative' has no free-energy law; take one that has \(positive\)"):
        thermodynamic_table(made, "negative")


def test_file_is_a_table_of_voltages(tmp_path: Path) -> None:
    """Read again it is the law's voltage to ten digits; measured curves have tables too."""
    made = load("LCO_graphite_universal_potentials")
    assert free_energy_sides(made) == ("negative", "positive")
    for side in free_energy_sides(made):
        table = thermodynamic_table(made, side)
        path = write_thermodynamics(tmp_path / f"{side}.csv", made, side)
        again = read_chemical_potentials(path, quantity="voltage", std_column="voltage_std_V", temperature="298.15 K")
        np.testing.assert_allclose(-again.potential / FARADAY, table["voltage"], rtol=1e-9)
        np.testing.assert_allclose(again.x, table["x"], rtol=1e-9)
        header, *rows = list(csv.reader(path.read_text().splitlines()))
        assert header[:6] == [
            "x",
            "stoichiometry",
            "voltage_V",
            "voltage_std_V",
            "entropic_change_V.K-1",
            "entropic_change_std_V.K-1",
        ]
        assert len(header) == len(table.data_vars) + 2
        assert len(rows) == 99
        column = header.index("log_thermodynamic_factor_low")
        np.testing.assert_allclose([float(row[column]) for row in rows], table["log_thermodynamic_factor_low"], rtol=1e-9)
