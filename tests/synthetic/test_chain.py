"""The lattice gas on a chain: all orderings of a ring counted, the infinite chain against its closed form and against rings."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.estimators.thermodynamics.orderings import boltzmann_average
from a2c_pybamm.synthetic.chain import chain_curves, ring_energies

T = 298.15
X = np.array([0.02, 0.15, 0.35, 0.5, 0.65, 0.85, 0.98])
VOLTAGE = 3.9


def thermal(temperature: Any = T) -> Any:
    """RT/F [V]."""
    return GAS_CONSTANT * temperature / FARADAY


def closed_form(x: np.ndarray, interaction: float, temperature: Any = T) -> np.ndarray:
    r"""Chemical potential [eV] of the quasi-chemical approximation, which is exact on a chain.

    With :math:`\beta^2 = 1 - 4x(1-x)(1 - e^{-J/kT})`: :math:`\mu = J + kT\ln[(\beta - 1 + 2x)/(\beta + 1 - 2x)]`.
    """
    scale = thermal(temperature)
    beta = np.sqrt(1 - 4 * x * (1 - x) * (1 - np.exp(-interaction / scale)))
    return interaction + scale * np.log((beta - 1 + 2 * x) / (beta + 1 - 2 * x))


def arrangements(sites: int) -> tuple[np.ndarray, np.ndarray]:
    """Ions, and pairs of neighbours, of every arrangement on a ring, one by one from its bits."""
    states = np.arange(2**sites)
    filled = [(states >> k) & 1 for k in range(sites)]
    return sum(filled, np.zeros_like(states)), sum((filled[k] & filled[k - 1] for k in range(sites)), np.zeros_like(states))


@pytest.mark.parametrize("sites", [2, 3, 7, 12, 20])
def test_orderings_of_a_ring_are_all(sites: int) -> None:
    """Their numbers are binomial coefficients at each composition, compositions those of the ring."""
    table = ring_energies(sites, 0.05, VOLTAGE)
    assert table.degeneracy is not None
    for n in range(sites + 1):
        here = np.isclose(table.x, n / sites, rtol=0, atol=1e-12)
        assert table.degeneracy[here].sum() == pytest.approx(comb(sites, n), rel=1e-13)
    assert len(table.x) == len(set(table.structure)) > sites


@pytest.mark.parametrize("sites", [3, 6, 11])
def test_energies_are_those_of_each_arrangement(sites: int) -> None:
    """As many of each number of ions and pairs as there are, and that energy."""
    table, interaction = ring_energies(sites, 0.05, VOLTAGE), 0.05
    kinds, counts = np.unique(np.column_stack(arrangements(sites)), axis=0, return_counts=True)
    energy = FARADAY * (interaction * kinds[:, 1] - VOLTAGE * kinds[:, 0]) / sites
    own = np.lexsort((table.energy, table.x))
    expected = np.lexsort((energy, kinds[:, 0]))
    assert table.degeneracy is not None
    np.testing.assert_allclose(table.x[own], kinds[expected, 0] / sites, rtol=1e-14)
    np.testing.assert_allclose(table.energy[own], energy[expected], rtol=1e-13, atol=1e-9)
    np.testing.assert_allclose(table.degeneracy[own], counts[expected], rtol=1e-13)


@given(st.integers(2, 24))
def test_ions_without_interaction_mix_ideally(sites: int) -> None:
    """J = 0: nothing is left of a ring's free energy beside the line to the full ring; all its orderings are one energy."""
    table = ring_energies(sites, 0.0, VOLTAGE)
    found = boltzmann_average(table, T, sites)
    np.testing.assert_allclose(found.energy, -VOLTAGE * found.x, rtol=1e-12, atol=1e-12)
    assert found.entropy is not None
    np.testing.assert_allclose(found.entropy, 0, atol=1e-8)


def test_chain_without_interaction_is_the_ideal_gas() -> None:
    r"""J = 0: :math:`U = U_0 - (RT/F)\ln[x/(1-x)]`, its change with temperature, and :math:`\Theta = 1/(1-x)`."""
    curves = chain_curves(X, 0.0, VOLTAGE, T)
    np.testing.assert_allclose(curves.voltage, VOLTAGE - thermal() * np.log(X / (1 - X)), atol=1e-12)
    np.testing.assert_allclose(curves.entropic_change, -GAS_CONSTANT / FARADAY * np.log(X / (1 - X)), atol=1e-9)
    np.testing.assert_allclose(curves.thermodynamic_factor, 1 / (1 - X), rtol=1e-7)


@pytest.mark.parametrize("interaction", [-0.05, -0.02, 0.02, 0.08, 0.15])
def test_half_full_chain(interaction: float) -> None:
    """Ions and vacancies are alike: U(1/2) = U0 − J at any temperature, and U(x) + U(1 − x) twice that."""
    for temperature in (250.0, T, 400.0):
        curves = chain_curves(X, interaction, VOLTAGE, temperature)
        np.testing.assert_allclose(curves.voltage + curves.voltage[::-1], 2 * (VOLTAGE - interaction), atol=1e-11)
        np.testing.assert_allclose(curves.voltage[len(X) // 2], VOLTAGE - interaction, atol=1e-12)
        np.testing.assert_allclose(curves.entropic_change[len(X) // 2], 0, atol=1e-9)


@pytest.mark.parametrize("interaction", [-0.05, -0.02, 0.02, 0.08, 0.15])
def test_chain_has_its_closed_form(interaction: float) -> None:
    r"""Voltage, its change with temperature, and :math:`\Theta = 1/[(1-x)\beta]`, from the quasi-chemical approximation."""
    curves = chain_curves(X, interaction, VOLTAGE, T)
    np.testing.assert_allclose(curves.voltage, VOLTAGE - closed_form(X, interaction), atol=1e-11)
    by_temperature = -np.imag(closed_form(X, interaction, T + 1e-30j)) / 1e-30
    # a difference over ±0.01 K: of its square, and of the rounding of U over it
    np.testing.assert_allclose(curves.entropic_change, by_temperature, atol=1e-9)
    beta = np.sqrt(1 - 4 * X * (1 - X) * (1 - np.exp(-interaction / thermal())))
    np.testing.assert_allclose(curves.thermodynamic_factor, 1 / ((1 - X) * beta), rtol=1e-6)


@pytest.mark.parametrize(
    ("sites", "interaction"), [(16, 0.01), (16, 0.02), (17, -0.015), pytest.param(20, 0.02, marks=pytest.mark.slow)]
)
def test_rings_have_the_chains_voltage(sites: int, interaction: float) -> None:
    """Occupation at given potential, by all arrangements: rings differ from the chain by (λ₂/λ₁)^N, 1e-9 at most here."""
    every, counts = np.unique(np.dot([sites + 1, 1], arrangements(sites)), return_counts=True)
    ions, pairs = np.divmod(every, sites + 1)
    curves = chain_curves(X, interaction, VOLTAGE, T)
    for x, voltage in zip(X, curves.voltage, strict=True):
        log = np.log(counts) + (-interaction * pairs + (VOLTAGE - voltage) * ions) / thermal()
        assert np.exp(log - logsumexp(log)) @ ions / sites == pytest.approx(x, abs=1e-8)
