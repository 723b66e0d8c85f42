"""Heat capacities: solids of Debye and Einstein, phonopy's table of NaCl, the part that dilation takes, refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.constants import BOLTZMANN, GAS_CONSTANT, PLANCK
from a2c_pybamm.data import Vibrations
from a2c_pybamm.estimators import fit_quasi_harmonic, harmonic, heat_capacity
from tests.estimators.thermal.debye_solids import MOLAR_MASS, V0, DebyeSolid, debye, vinet

T = 298.15
SOLID = DebyeSolid(vinet(60e9, 5.0), 400.0, 2.0)
DATA = SOLID.data(V0 * np.linspace(0.94, 1.1, 9))


@pytest.mark.parametrize("temperature", [30.0, 100.0, 298.15, 1000.0])
def test_debye_solid_by_quadrature(temperature: float) -> None:
    """F, S and C_V to 1e-6 of Debye's integrals by scipy."""
    theta = 400.0
    free, _, entropy, capacity = debye(theta, temperature)
    x, w = np.polynomial.legendre.leggauss(400)
    x, w = (1 + x) / 2, w / 2
    found = harmonic(Vibrations("Debye", BOLTZMANN * theta / PLANCK * x, 9 * x**2 * w), temperature)
    np.testing.assert_allclose(found, [free, entropy, capacity], rtol=1e-6)


@pytest.mark.parametrize("temperature", [30.0, 298.15, 1000.0])
def test_einstein_solid_in_closed_form(temperature: float) -> None:
    theta = 300.0
    y = theta / temperature
    found = harmonic(Vibrations("Einstein", np.array([BOLTZMANN * theta / PLANCK]), np.array([3.0])), temperature)
    free = 3 * GAS_CONSTANT * temperature * np.log(2 * np.sinh(y / 2))
    entropy = 3 * GAS_CONSTANT * (y / 2 / np.tanh(y / 2) - np.log(2 * np.sinh(y / 2)))
    np.testing.assert_allclose(found, [free, entropy, 3 * GAS_CONSTANT * (y / 2 / np.sinh(y / 2)) ** 2], rtol=1e-11)


NACL_CENTRE = (4.61643516,) * 3
"""Optical frequencies of NaCl at the zone centre [THz]."""
NACL_STARS = (
    (8, 1.56415323, 1.56415325, 2.59353118, 4.40800868, 4.40800869, 7.09626872),
    (8, 2.91562975, 2.91562976, 3.97364108, 3.97364109, 4.67550995, 6.46833416),
    (6, 1.45115454, 1.45115454, 3.12658301, 4.69538603, 4.69538603, 6.45166055),
    (24, 2.34629336, 2.8619332, 4.17725956, 4.42312708, 4.56566384, 5.91632394),
    (24, 3.23712847, 3.3197786, 3.97630247, 4.37625252, 4.92737692, 5.62818336),
    (12, 2.26484346, 2.71398492, 3.82413981, 3.93958583, 4.79903064, 6.38150189),
    (6, 2.30220653, 2.30220653, 4.49602276, 4.84055159, 4.84055159, 5.00802038),
    (12, 2.71664337, 3.43365462, 3.85581284, 4.63641982, 4.96946348, 5.18065038),
    (24, 3.06367634, 3.54258141, 3.7268982, 4.83202158, 4.96990305, 5.01922123),
)
"""Wave vectors of one star of a mesh of 5 × 5 × 5 and their frequencies [THz], as `read_phonopy` gives them."""
NACL_TABLE = (
    (100, 3.916257, 26.327525, 36.207244),
    (200, -0.275662, 55.256537, 45.673361),
    (300, -6.808753, 74.268068, 47.838756),
    (500, -24.341220, 99.052543, 49.009290),
    (900, -70.311860, 128.022838, 49.476488),
)
"""Temperature [K], free energy [kJ/mol], entropy and heat capacity [J/K/mol] of NaCl that phonopy's own tests hold
(test/phonon/test_thermal_properties.py, version 3, BSD-3-Clause), from its forces of NaCl on that mesh."""
ZERO_POINT = 4856.522
"""Its free energy at 0 K [J/mol]."""
PHONOPY_GAS_CONSTANT = 1.3806504e-23 * 6.02214179e23
"""Boltzmann's times Avogadro's constant as phonopy has them: 1.2e-6 more than the SI's of 2019."""
PHONOPY_KELVIN_PER_THZ = 4.13566733e-15 * 1.60217733e-19 / 1.3806504e-23 * 1e12
"""Planck's over Boltzmann's constant in these."""


def test_phonopys_table_of_sodium_chloride() -> None:
    """C_V, S and F to 1e-6 in phonopy's constants; in the SI's they are 1.2e-6 to 2.1e-6 smaller, which is those alone."""
    frequency = np.concatenate([NACL_CENTRE, *(star[1:] for star in NACL_STARS)])
    weight = np.concatenate([np.ones(3), *(np.full(6, star[0]) for star in NACL_STARS)]) / 125
    assert weight.sum() == pytest.approx(6 - 3 / 125)  # all but the acoustic modes of the zone centre
    own = Vibrations("NaCl", 1e12 * frequency, weight)
    kelvin = BOLTZMANN / PLANCK * PHONOPY_KELVIN_PER_THZ
    theirs = Vibrations("NaCl", kelvin * frequency, weight)
    for temperature, *table in NACL_TABLE:
        expected = np.array(table) * [1e3, 1.0, 1.0]
        found = np.array(harmonic(theirs, temperature)) * PHONOPY_GAS_CONSTANT / GAS_CONSTANT
        # a free energy that changes its sign has the zero-point energy as its scale
        scale = np.abs(expected) + np.array([ZERO_POINT, 0, 0])
        assert (np.abs(found - expected) < 1e-6 * scale).all()
        assert (np.abs(np.array(harmonic(own, temperature)) - expected) < 3e-6 * scale).all()


def test_capacity_at_constant_pressure() -> None:
    """With the quasi-harmonic expansion, at the volume that it gives, the same as that fit's own; and its sources."""
    whole = fit_quasi_harmonic(DATA, material="X", temperature=T, frequency_std=0.02)
    vibrations = SOLID.vibrations(SOLID.volume(T))
    found = heat_capacity(vibrations, material="X", temperature=T, molar_mass=MOLAR_MASS, frequency_std=0.02, expansion=whole)
    assert found.names == ("X ln(c_p [J.kg-1.K-1])", "X dln(c_p)/dT [K-1]")
    truth = SOLID.truth(T)
    assert found.mean[0] == pytest.approx(truth[5], abs=1e-4)
    assert set(found.factors) == set(whole.factors)
    assert found.std[0] == pytest.approx(whole.std[5], rel=0.05)
    # one germ of the frequencies moves volume and heat capacity
    a, b = (e.factors["X frequencies (scale)"] for e in (found, whole))
    assert a.labels == b.labels


def test_dilation_that_is_left_out_is_an_error() -> None:
    """C_V over the molar mass; its slope of C_V alone."""
    vibrations = SOLID.vibrations(V0)
    found = heat_capacity(vibrations, material="X", temperature=T, molar_mass=MOLAR_MASS, frequency_std=0.0, dilation_std=0.05)
    *_, capacity = debye(400.0, T)
    assert np.exp(found.mean[0]) * MOLAR_MASS == pytest.approx(2 * capacity, rel=1e-6)
    slope = (np.log(debye(400.0, T + 1)[3]) - np.log(debye(400.0, T - 1)[3])) / 2
    assert found.mean[1] == pytest.approx(slope, rel=1e-3)
    np.testing.assert_allclose(found.factors["X dilation (left out)"].values, [[0.05], [0.0]])


def test_error_by_each_number_is_that_of_differences() -> None:
    """Columns of density, expansion and bulk modulus against the law evaluated beside them."""
    names = ("X ln(rho [kg.m-3])", "X alpha_V [K-1]", "X ln(K_T [Pa])")
    mean, std = np.array([8.5, 2e-4, 24.6]), np.array([0.01, 1e-6, 0.02])

    def capacity(values: np.ndarray) -> a2c.Estimate:
        given = a2c.declare(names, values, std=std, source="s", reason="r")
        vibrations = SOLID.vibrations(V0)
        return heat_capacity(vibrations, material="X", temperature=T, molar_mass=MOLAR_MASS, frequency_std=0.0, expansion=given)

    columns = capacity(mean).factors["s"].values
    for k in range(3):
        change = (capacity(mean + std * np.eye(3)[k]).mean - capacity(mean - std * np.eye(3)[k]).mean) / 2
        assert np.abs(columns - change[:, None]).sum(axis=0).min() < 1e-3 * np.abs(change).max()


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "both": (
        lambda s: s | {"expansion": fit_quasi_harmonic(DATA, material="X", temperature=T, frequency_std=0.0)},
        "give either",
    ),
    "none": (
        lambda s: s | {"dilation_std": None},
        "give either expansion (density, expansion and bulk modulus) or dilation_std",
    ),
    "mass": (lambda s: s | {"molar_mass": 0.0}, "molar_mass must be positive"),
    "std": (lambda s: s | {"frequency_std": -0.1}, "standard deviations not negative"),
    "cold": (lambda s: s | {"temperature": 0.5}, "temperature is 0.5 K; give one above 1 K"),
    "mass inf": (lambda s: s | {"molar_mass": np.inf}, "molar_mass must be positive and finite"),
    "source": (lambda s: s | {"source": "X dilation (left out)"}, "is the error of the part left out"),
    "lacking": (
        lambda s: s | {"dilation_std": None, "expansion": a2c.declare(["X a [1]"], [0.0], std=0.0, source="s", reason="r")},
        "no coefficient 'X ln(rho [kg.m-3])'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(case: str) -> None:
    change, words = REFUSED[case]
    given = {"material": "X", "temperature": T, "molar_mass": MOLAR_MASS, "frequency_std": 0.0, "dilation_std": 0.05}
    with pytest.raises(ValueError, match=re.escape(words)):
        heat_capacity(SOLID.vibrations(V0), **change(given))


def test_imaginary_modes_are_missing_in_the_heat_capacity() -> None:
    """Half of the modes left out make half of the heat capacity: refused, not returned with a bar of 3 %."""
    unstable = replace(SOLID.vibrations(V0), imaginary=0.5)
    with pytest.raises(ValueError, match=r"50\.00% of the modes are imaginary and left out") as caught:
        heat_capacity(unstable, material="X", temperature=T, molar_mass=MOLAR_MASS, frequency_std=0.0, dilation_std=0.03)
    assert "\n" not in str(caught.value)
