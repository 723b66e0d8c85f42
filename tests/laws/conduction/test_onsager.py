"""Onsager matrix of a salt: round trip, limits of dilute ions and of pairs, and changes of the frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.laws import (
    BinarySalt,
    conductivity,
    frame_matrix,
    onsager_from_transport,
    salt_coefficient,
    salt_diffusivity,
    salt_partial_molar_volume,
    transference_in_solvent_frame,
    transference_in_volume_frame,
    transference_number,
)

SALTS = [BinarySalt(), BinarySalt(2, -1), BinarySalt(1, -2), BinarySalt(3, -2), BinarySalt(2, -2)]
LI_PF6_EC = (7.0, 145.0, 90.0), (50, 50, 600)


def random_onsager(seed: int, n: int = 2) -> np.ndarray:
    factor = np.random.default_rng(seed).standard_normal((n, n + 1))
    return 1e-11 * factor @ factor.T


def charges(salt: BinarySalt) -> tuple[int, int]:
    return salt.cation_charge, salt.anion_charge


@given(st.integers(0, 10**6), st.sampled_from(SALTS))
def test_round_trip(seed: int, salt: BinarySalt) -> None:
    L = random_onsager(seed)
    kappa, t_plus, L_s = conductivity(L, charges(salt)), transference_number(L, charges(salt)), salt_coefficient(L, salt)
    np.testing.assert_allclose(onsager_from_transport(kappa, t_plus, L_s, salt), L, rtol=1e-12, atol=1e-12 * L.max())


@given(st.floats(1e-6, 100), st.floats(-30, 30), st.floats(1e-16, 1e-8), st.sampled_from(SALTS))
def test_every_draw_is_positive_semi_definite(kappa: float, t_plus: float, L_s: float, salt: BinarySalt) -> None:
    L = onsager_from_transport(kappa, t_plus, L_s, salt)
    scale = np.sqrt(np.diag(L))
    assert (np.linalg.eigvalsh(L / np.outer(scale, scale)) > -1e-12).all()


def test_formulas_of_a_one_to_one_salt_and_arrays() -> None:
    kappa, t_plus, L_s = np.array([1.0, 2.0]), np.array([0.3, -0.2]), np.array([1e-11, 3e-11])
    K = kappa / FARADAY**2
    expected = [L_s + t_plus**2 * K, L_s - t_plus * (1 - t_plus) * K, L_s + (1 - t_plus) ** 2 * K]
    L = onsager_from_transport(kappa, t_plus, L_s)
    np.testing.assert_allclose([L[:, 0, 0], L[:, 0, 1], L[:, 1, 1]], expected, rtol=1e-14)
    np.testing.assert_allclose(salt_coefficient(L, BinarySalt()), L_s, rtol=1e-13)


@pytest.mark.parametrize("salt", SALTS)
def test_dilute_ions_have_the_nernst_planck_limit(salt: BinarySalt) -> None:
    """L_ii = c_i D_i/RT: κ, t₊, and Nernst and Hartley's D = (z₊ - z₋) D₊D₋/(z₊D₊ - z₋D₋)."""
    T, c, D = 310.0, 40.0, np.array([0.8e-9, 1.7e-9])
    of_ions = c * np.array([salt.n_cation, salt.n_anion])
    z = np.array(charges(salt))
    L = np.diag(of_ions * D) / (GAS_CONSTANT * T)
    squares = z**2 * D * of_ions
    assert conductivity(L, charges(salt)) == pytest.approx(FARADAY**2 / (GAS_CONSTANT * T) * squares.sum(), rel=1e-14)
    assert transference_number(L, charges(salt)) == pytest.approx(squares[0] / squares.sum(), rel=1e-14)
    hartley = (z[0] - z[1]) * D[0] * D[1] / (z[0] * D[0] - z[1] * D[1])
    assert salt_diffusivity(salt_coefficient(L, salt), c, T, 1.0, salt) == pytest.approx(hartley, rel=1e-13)


def test_salt_coefficient_is_that_of_no_current() -> None:
    """Fluxes under a gradient of the salt's potential, the electric one such that no current flows, from L itself."""
    for seed, salt in enumerate(SALTS):
        L, z, n = random_onsager(seed), np.array(charges(salt)), np.array([salt.n_cation, salt.n_anion])
        force = np.linalg.solve(np.array([n, z @ L]), [1.0, 0.0])  # Σν_i X_i = 1, z·LX = 0
        np.testing.assert_allclose(L @ force, salt_coefficient(L, salt) * n, rtol=1e-10)


@given(st.integers(0, 10**6))
def test_conductivity_is_the_same_in_every_frame(seed: int) -> None:
    """To round-off of the largest of its terms; one solvent, two, and charges that add up to zero."""
    rng = np.random.default_rng(seed)
    z, counts = (2, -1, 0, 0), np.array([30, 60, 300, 200])
    L = random_onsager(seed, 4)
    for _ in range(3):
        weights = rng.random(4)
        S = frame_matrix(counts, weights / weights.sum())
        largest = FARADAY**2 * np.abs(np.outer(z, z) * L).sum() + FARADAY**2 * np.abs(np.outer(z, z) * (S @ L @ S.T)).sum()
        assert abs(conductivity(S @ L @ S.T, z) - conductivity(L, z)) < 1e-12 * largest


def test_transference_from_the_mass_centre_to_the_solvent() -> None:
    masses, counts = LI_PF6_EC
    assert transference_in_solvent_frame(0.63529, masses, counts, BinarySalt()) == pytest.approx(0.59044, abs=5e-6)


@given(st.integers(0, 10**6), st.sampled_from([(BinarySalt(), (50, 50, 600)), (BinarySalt(2, -1), (20, 40, 600))]))
def test_transference_conversion_is_the_matrices(seed: int, case: tuple[BinarySalt, tuple[int, int, int]]) -> None:
    """The formula and S L Sᵀ, from the mass centre's frame, in which momentum is zero; and the volume frame's likewise."""
    salt, counts = case
    masses, volumes = np.array(LI_PF6_EC[0]), np.array([2e-6, 5e-5, 7e-5])
    z = (*charges(salt), 0)
    of_mass = masses * counts / (masses @ counts)
    S = frame_matrix(counts, of_mass)
    L = S @ random_onsager(seed, 3) @ S.T
    t_plus = transference_number(L, z)
    solvent = frame_matrix(counts, [0, 0, 1])
    L_0 = solvent @ L @ solvent.T
    converted = transference_in_solvent_frame(t_plus, tuple(masses), counts, salt)
    assert transference_number(L_0, z) == pytest.approx(converted, rel=1e-10, abs=1e-10)

    c = np.array(counts, float)
    c /= c @ volumes  # they fill the cell
    V = frame_matrix(c, c * volumes)
    of_salt = c[0] / salt.n_cation
    moved = transference_in_volume_frame(converted, of_salt, tuple(volumes[:2]), salt)
    assert transference_number(V @ L_0 @ V.T, z) == pytest.approx(moved, rel=1e-10, abs=1e-10)
    shift = of_salt * (salt.n_cation * volumes[0] + salt.n_anion * volumes[1])
    scale = salt_coefficient((V @ L_0 @ V.T)[:2, :2], salt) / salt_coefficient(L_0[:2, :2], salt)
    assert scale == pytest.approx((1 - shift) ** 2, rel=1e-8)  # flux and, by reciprocity, force


def test_partial_molar_volume_from_a_density() -> None:
    """Of a mixture whose volumes add up: 1 L with c of the salt has the solvent in the rest."""
    V_s, V_0, M_s, M_0 = 5.9e-5, 6.7e-5, 0.1519, 0.088
    c = 1000.0
    slope = M_s - M_0 * V_s / V_0
    density = M_0 / V_0 + slope * c
    assert salt_partial_molar_volume(density, slope, c, M_s) == pytest.approx(V_s, rel=1e-12)


def test_bad_salts_are_refused() -> None:
    with pytest.raises(ValueError, match="give the cation's first"):
        BinarySalt(-1, 1)
    assert (BinarySalt(2, -2).n_cation, BinarySalt(3, -2).n_cation, BinarySalt(3, -2).n_anion) == (1, 2, 3)
