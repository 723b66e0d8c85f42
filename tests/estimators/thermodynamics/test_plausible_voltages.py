"""Voltages that no host has: each slip that makes them is named, and tables of real hosts and metastable curves pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimators import (
    hull_voltages,
    mean_of_potentials,
    mean_voltage,
    validate_potentials,
    validate_reference,
    validate_voltages,
)
from a2c_pybamm.estimators.thermodynamics.plausible_voltages import default_window
from a2c_pybamm.laws import RedlichKister
from a2c_pybamm.readers import read_energies

ROOT = Path(__file__).parents[3]
METAL = -1.9
"""Energy of lithium metal [eV]."""
X = np.linspace(0, 1, 9)
T = 298.15


def table(total: np.ndarray, x: np.ndarray = X, metal: float = METAL) -> EnergyTable:
    """Table of total energies per site [eV], read as a reader does: less x times the metal's."""
    names = tuple(f"s{k}" for k in range(len(x)))
    return EnergyTable("PBE", x, (total - x * metal) * FARADAY, names, np.ones(len(x), dtype=bool))


def host(voltage: float = 3.9, interaction: float = -0.3, x: np.ndarray = X) -> np.ndarray:
    """Total energies per site [eV] of a host with this mean voltage."""
    return -20.0 + x * (METAL - voltage) + interaction * x * (1 - x)


def sized(n: float, rows: slice = slice(None)) -> np.ndarray:
    """Energies of cells with n sites in some rows, of one site in the others."""
    total = host()
    total[rows] *= n
    return total


SLIPS: dict[str, tuple[EnergyTable, str]] = {
    "right": (table(host()), ""),
    "x counted from the other end": (table(host()[::-1]), r"-7\.\d+ V from x = 0\.875 .*x counted from the other end"),
    "graphite from the other end": (table(host(0.1, -0.05)[::-1]), "x counted from the other end"),
    "the metal's energy with the other sign": (table(host(), metal=1.9), "whole cells.* or correct the metal's energy"),
    "formation energies": (table(-0.3 * X * (1 - X)), r"formation energies \(0 at x = 0\)\? then give formation_voltage"),
    "cells of four sites": (table(sized(4)), r"22\.\d+ V from x = 0 \('s0'\) .*whole cells, of 4 sites or more.*sites_column"),
    "cells of forty sites": (table(sized(40)), "whole cells, of 4[01] sites or more"),
    "cells of one and four sites": (table(sized(4, slice(1, None, 2))), "cells of different size read as per site"),
    "cells of four sites and one": (table(sized(0.25, slice(1, 8, 2))), "cells of different size read as per site"),
    "one cell of two sites between the ends": (table(sized(2, slice(4, 5))), "cells of different size read as per site"),
    "meV read as eV": (table(1e3 * host(), metal=1e3 * METAL), r"(3900|40\d\d|41\d\d) V .*unit of the column"),
    "one wrong structure": (table(host() - 1.5 * (X == 0.5)), "is one of the two structures wrong"),
    "a wrong end": (table(host() + 0.6 * (X == 0)), "is one of the two structures wrong"),
    "far above the straight line": (table(host(3.9, 1.6)), r"as if by 0\.4 eV per site at x = 1/2.*is x wrong"),
    "one far above the hull": (table(host() + 3.0 * (X == 0.5)), r"3 eV per site above the hull at x = 0\.5 \('s4'\)"),
    "a miscibility gap": (table(host(3.43, 0.12)), ""),
    "graphite by calculation": (table(host(0.1, -0.1)), ""),
}


@pytest.mark.parametrize("case", SLIPS)
def test_likely_slip_is_named(case: str) -> None:
    data, message = SLIPS[case]
    if not message:
        validate_voltages(data)
        return
    with pytest.raises(ValueError, match=f"^energies of PBE: .*{message}"):
        validate_voltages(data)


@pytest.mark.parametrize("file", sorted(ROOT.glob("**/lithiation/*.csv")), ids=lambda file: file.name)
def test_real_hosts_pass_and_are_refused_from_the_other_end(file: Path) -> None:
    """LiCoO2, LiFePO4 and LiC6 by three potentials, as they are shipped."""
    data = read_energies(file, energy_column="E_per_fu_eV", structure_column="id")
    validate_voltages(data)
    metal = read_energies(file, energy_column="E_per_fu_eV", structure_column="id", lithium="0 eV")
    at_metal = float(metal.energy[metal.structure.index("Li_bcc")])
    total = data.energy + data.x * at_metal
    with pytest.raises(ValueError, match="x counted from the other end"):
        validate_voltages(replace(data, x=1 - data.x, energy=total - (1 - data.x) * at_metal))


@given(st.floats(0.0, 5.0), st.floats(-0.3, 0.15), st.integers(2, 30))
def test_no_host_within_the_window_is_refused(voltage: float, interaction: float, n: int) -> None:
    """Steps end at U ± L0 by the slopes at x = 0 and 1."""
    x = np.linspace(0, 1, n)
    lowest = voltage - max(-interaction, 0)
    if lowest >= 0:
        validate_voltages(table(host(voltage, interaction, x), x))


def test_negative_step_is_admitted_within_a_tenth_of_a_volt_or_three_errors() -> None:
    """Error of the step 0.5 to 1: √2 σ/(F Δx)."""
    x = np.array([0.0, 0.5, 1.0])
    for voltage, std, admitted in ((-0.09, 1e-4, True), (-0.11, 1e-4, False), (-0.3, 0.036, True), (-0.3, 0.035, False)):
        data = table(x * METAL - np.array([0.0, 0.2, 0.2 + 0.5 * voltage]), x)
        if admitted:
            validate_voltages(data, energy_std=std * FARADAY)
        else:
            with pytest.raises(ValueError, match=rf"{voltage:g} V from x = 0\.5 \('s1'\) to x = 1 \('s2'\)"):
                validate_voltages(data, energy_std=std * FARADAY)


def test_noise_of_a_narrow_step_is_no_slip() -> None:
    """60 compositions with 10 meV: steps of 1/59 err by 0.8 V, and of 100 tables none is refused."""
    rng = np.random.default_rng(0)
    x = np.linspace(0, 1, 60)
    for _ in range(100):
        validate_voltages(table(host(3.9, -0.6, x) + 0.01 * rng.standard_normal(60), x))


def test_declared_window_replaces_both_bounds() -> None:
    validate_voltages(SLIPS["x counted from the other end"][0], window=(-9.0, -6.0))
    with pytest.raises(ValueError, match=r"no host has that \(0 to 4 V\).*declare voltage_window"):
        validate_voltages(table(host()), window=(0.0, 4.0))
    with pytest.raises(ValueError, match=r"\(4 to 5 V\)"):
        validate_voltages(table(host()), window=(4.0, 5.0))


def test_one_composition_has_no_voltage() -> None:
    validate_voltages(table(np.array([-20.0, -19.0]), np.array([0.5, 0.5])))


def test_window_is_against_the_ions_own_metal() -> None:
    """5.8 V against sodium is 6.13 V against lithium; against lithium it passes."""
    data = table(host(5.8, 0.0))
    validate_voltages(data)
    assert default_window("Na") == pytest.approx((-0.1, 5.67))
    assert default_window("Zn")[1] == pytest.approx(3.72)
    with pytest.raises(ValueError, match=r"5\.8 V .*\(-0\.1 to 5\.67 V\)"):
        validate_voltages(replace(data, ion="Na"))


def test_mean_voltage_between_compositions() -> None:
    """Of a parabola: U(x) = 3.9 + 0.3 (1 − 2x) at the middle of any window, up to the ends of the table."""
    hull = hull_voltages(table(host()))
    assert mean_voltage(hull) == pytest.approx(3.9)
    assert mean_voltage(hull, (0.5, 1.0)) == pytest.approx(3.9 + 0.3 * (1 - 1.5))
    assert mean_voltage(hull, (0.25, 0.375)) == pytest.approx(hull.voltage[2])
    short = hull_voltages(table(host()[4:], X[4:]))
    assert mean_voltage(short) == pytest.approx(mean_voltage(hull, (0.5, 1.0)))
    assert mean_voltage(short, (0.0, 0.5)) == pytest.approx(hull.voltage[4])


# Potentials

INSIDE = np.linspace(0.04, 0.96, 24)
SLOPE = 3.9 - 0.5 * (INSIDE - 0.5) - GAS_CONSTANT * T / FARADAY * np.log(INSIDE / (1 - INSIDE))


def potentials(voltage: np.ndarray, x: np.ndarray = INSIDE, std: float | None = None) -> ChemicalPotentials:
    errors = None if std is None else np.full(len(x), std * FARADAY)
    return ChemicalPotentials("MC", x, np.full(len(x), T), -FARADAY * voltage, errors)


POTENTIALS: dict[str, tuple[ChemicalPotentials, str]] = {
    "right": (potentials(SLOPE), ""),
    "millivolts read as volts": (potentials(1e3 * SLOPE), "unit of the column right .millivolts read as volts"),
    "potentials read as voltages": (potentials(-SLOPE), "does the column hold the other quantity"),
    "x counted from the other end": (potentials(SLOPE[::-1]), r"rises by 0\.\d+ V from x = 0\.04 to 0\.96.*the other end"),
    "metal's energy twice": (potentials(SLOPE - 7.0), "no host has that"),
    "absolute potentials": (potentials(SLOPE + 3.0), r"no host has that \(-0\.1 to 6 V\)"),
    "a plateau with noise": (potentials(3.43 + 0.01 * np.sin(40 * INSIDE)), ""),
    "graphite to x = 0.9999": (potentials(np.array([0.2, 0.09, -0.15]), np.array([0.1, 0.9, 0.9999])), ""),
    "high voltage to x = 0.0001": (potentials(np.array([6.15, 5.8, 5.6]), np.array([0.0001, 0.5, 0.9])), ""),
    "noisy within their errors": (potentials(SLOPE + 4.0 * INSIDE * (1 - INSIDE), std=3.0), ""),
}


@pytest.mark.parametrize("case", POTENTIALS)
def test_slips_of_potentials_are_named(case: str) -> None:
    data, message = POTENTIALS[case]
    if not message:
        validate_potentials(data)
        return
    with pytest.raises(ValueError, match=f"^potentials of MC: .*{message}"):
        validate_potentials(data)


def test_metastable_curve_of_a_gap_passes() -> None:
    """LiFePO4's attraction, 0.1158 eV, lets the mean-field voltage rise between the spinodals."""
    law = RedlichKister("LFP", 0)
    c = dict(zip(law.names, [3.43, 0.1158, 0.0], strict=True))
    validate_potentials(potentials(law.open_circuit_voltage(c, INSIDE, T)))


def test_declared_window_of_potentials() -> None:
    validate_potentials(POTENTIALS["absolute potentials"][0], window=(6.0, 8.0))
    with pytest.raises(ValueError, match=r"\(0 to 3 V\)"):
        validate_potentials(potentials(SLOPE), window=(0.0, 3.0))


def test_rise_counts_at_each_temperature() -> None:
    """A fall between temperatures does not hide a rise along x."""
    x = np.tile(INSIDE, 2)
    voltage = np.concatenate([SLOPE, SLOPE[::-1]])
    data = ChemicalPotentials("MC", x, np.repeat([T, T + 50], 24), -FARADAY * voltage)
    with pytest.raises(ValueError, match="of a stable host it falls"):
        validate_potentials(data)


def test_mean_of_potentials_by_trapezoids() -> None:
    line = potentials(4.0 - INSIDE)
    assert mean_of_potentials(line) == pytest.approx(3.5)
    assert mean_of_potentials(line, (0.5, 1.0)) == pytest.approx(4 - (0.5 + 0.96) / 2)
    assert mean_of_potentials(potentials(4.0 - INSIDE), (0.0, 0.01)) == pytest.approx(3.96)


# Declared references


def test_reference_within_a_functionals_error_is_noted_and_beyond_refused() -> None:
    assert validate_reference(3.95, 0.01, 4.0, 0.05, label="A") == ""
    assert validate_reference(3.0, 0.4, 4.0, 0.05, label="A") == ""
    note = validate_reference(2.97, 0.0, 4.0, 0.05, label="7net-0")
    assert note == "7net-0 has a mean voltage of 2.97 V, -1.03 V from the declared 4 ± 0.05 V"
    for calculated in (-7.7, 2.4, 5.6):
        with pytest.raises(ValueError, match=r"more than any functional's error \(1\.5 V\).*the other end"):
            validate_reference(calculated, 0.0, 4.0, 0.05, label="A")
    assert validate_reference(2.4, 0.6, 4.0, 0.05, label="A") == ""  # three joint errors are 1.8 V
