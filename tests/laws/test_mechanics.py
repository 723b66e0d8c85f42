"""Laws of mechanics: one curve V(x) behind tangent and secant, moduli between compositions, the stress in the diffusivity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from a2c_pybamm.constants import GAS_CONSTANT
from a2c_pybamm.laws import (
    CrystalVolume,
    IsotropicElasticity,
    RedlichKister,
    StressAssistedDiffusion,
    TwoPhase,
    VacancyMobility,
)
from tests.complex_step import complex_step
from tests.laws.law_examples import draw

T = 298.15
X = np.linspace(0.05, 0.95, 19)
VOLUME = CrystalVolume("X", 2, (0.2, 0.9), reference=0.6, empty=0.1)
OMEGA = {"X V_ref [m3.mol-1]": 2e-5, "X Omega [m3.mol-1]": -1e-6, "X Omega P1 [m3.mol-1]": 3e-6, "X Omega P2 [m3.mol-1]": 5e-7}
OMEGA |= {"X Omega local [m3.mol-1]": 0.0}


def test_partial_molar_volume_is_the_slope_of_the_volume() -> None:
    """Inside the window and outside; its own slope inside."""
    slope = complex_step(lambda x: VOLUME.site_volume(OMEGA, x, T), X)
    np.testing.assert_allclose(VOLUME.partial_molar_volume(OMEGA, X, T), slope, rtol=1e-12)
    inside = X[(X > 0.2) & (X < 0.9)]
    second = complex_step(lambda x: VOLUME.partial_molar_volume(OMEGA, x, T), inside)
    np.testing.assert_allclose(VOLUME.partial_molar_volume_slope(OMEGA, inside, T), second, rtol=1e-12)
    assert len(set(VOLUME.partial_molar_volume(OMEGA, X[X < 0.2], T))) == 1


def test_volume_change_is_the_secant_from_the_reference() -> None:
    change = VOLUME.volume_change(OMEGA, X, T)
    np.testing.assert_allclose(change, VOLUME.site_volume(OMEGA, X, T) / 2e-5 - 1, atol=1e-15)
    assert VOLUME.volume_change(OMEGA, 0.6, T) == 0.0
    assert VOLUME.reference_concentration(OMEGA) == pytest.approx(0.5 / 2e-5, rel=1e-15)
    vegard = CrystalVolume("X")
    c = {"X V_ref [m3.mol-1]": 2e-5, "X Omega [m3.mol-1]": -1e-6, "X Omega local [m3.mol-1]": 5e-7}
    assert vegard.volume_change(c, 0.4, T) == pytest.approx(-0.05 * 0.4, rel=1e-14)
    assert vegard.partial_molar_volume(c, 0.4, T) == pytest.approx(-5e-7, rel=1e-14)


def test_moduli_between_compositions() -> None:
    """The logarithm of E straight from one to the next, constant beyond; the ratio a mean."""
    law = IsotropicElasticity("X", (0.5, 1.0))
    assert law.names == ("X x = 0.5 ln(E [Pa])", "X x = 0.5 nu [1]", "X x = 1 ln(E [Pa])", "X x = 1 nu [1]")
    c = dict(zip(law.names, [np.log(100e9), 0.2, np.log(200e9), 0.3], strict=True))
    found = law.youngs_modulus(c, np.array([0.1, 0.5, 0.75, 1.0]), T)
    np.testing.assert_allclose(found / 1e9, [100, 100, 100 * np.sqrt(2), 200], rtol=1e-14)
    assert law.poissons_ratio(c) == pytest.approx(0.25)
    assert IsotropicElasticity("X").names == ("X ln(E [Pa])", "X nu [1]")


def stressed(order: int) -> tuple[StressAssistedDiffusion, dict[str, Any]]:
    """A law of diffusion under stress and its coefficients."""
    mobility = VacancyMobility("X", (("A", 1),), RedlichKister("X", 1))
    law = StressAssistedDiffusion(mobility, IsotropicElasticity("X"), CrystalVolume("X", order))
    c = draw(law, 1) | {"X nu [1]": 0.27, law.difference_name: 0.0, "X Omega [m3.mol-1]": -2e-6, law.volume.local_name: 0.0}
    return law, c | {name: 1e-6 for name in law.volume.slope_names[1:]}


def test_diffusivity_under_stress_is_an_identity() -> None:
    """D_J (Θ + θ_M c) with θ_M = 2Ω²E/(9(1−ν)RT) and c = x/V; the same for both signs of Ω."""
    law, c = stressed(0)
    E, V = np.exp(c["X ln(E [Pa])"]), c["X V_ref [m3.mol-1]"]
    theta = 2 * c["X Omega [m3.mol-1]"] ** 2 * E / (9 * (1 - 0.27) * GAS_CONSTANT * T)
    factor = law.free_energy.thermodynamic_factor(c, X, T)
    expected = law.jump_diffusivity(c, X, T) * (factor + theta * X / V)
    np.testing.assert_allclose(law.chemical_diffusivity(c, X, T), expected, rtol=1e-13)
    opposite = c | {"X Omega [m3.mol-1]": 2e-6}
    np.testing.assert_allclose(law.chemical_diffusivity(opposite, X, T), expected, rtol=1e-13)


@pytest.mark.parametrize("difference", [0.0, 0.1])
def test_stress_term_is_the_gradient_of_the_work_against_stress(difference: float) -> None:
    """−(x/RT) d(Ωσ_h)/dx with the sphere's σ_h = 2ΩE(x_av − x)/(9(1−ν)V), its own Ω and E held; of two orders."""
    law, c = stressed(2)
    c[law.difference_name] = difference
    E, V = np.exp(c["X ln(E [Pa])"]), c["X V_ref [m3.mol-1]"]
    volume = law.volume.partial_molar_volume(c, X, T)

    def work(x: Any) -> Any:
        stress = 2 * volume * E / (9 * (1 - 0.27) * V) * (X + difference - x)
        return law.volume.partial_molar_volume(c, x, T) * stress

    expected = -X / (GAS_CONSTANT * T) * complex_step(work, X)
    np.testing.assert_allclose(law.stress_term(c, X, T), expected, rtol=1e-12)


def test_in_a_gap_the_term_is_added_to_the_declared_diffusivity() -> None:
    """With common tangents Θ is zero there; names and inputs are those of the mobility."""
    mobility = VacancyMobility("X", (("A", 1),), TwoPhase(RedlichKister("X", 1)))
    law = StressAssistedDiffusion(mobility, IsotropicElasticity("X"), CrystalVolume("X"))
    assert mobility.gap_name in law.names
    c = draw(mobility, 1) | {name: 0.1 for name in law.names if name not in mobility.names}
    c |= {"X V_ref [m3.mol-1]": 2e-5, "X L0 [eV]": 0.1158}
    c |= {name: float(value[0]) for name, value in law.free_energy.derive(c).items()}  # type: ignore[attr-defined]
    assert (law.free_energy.thermodynamic_factor(c, X, T) == 0).any()
    added = law.chemical_diffusivity(c, X, T) - mobility.chemical_diffusivity(c, X, T)
    np.testing.assert_allclose(added, law.jump_diffusivity(c, X, T) * law.stress_term(c, X, T), rtol=1e-9)


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: CrystalVolume("X", window=(0.5, 0.5)), r"X: window 0\.5 … 0\.5 must rise within \[0, 1\]"),
        (lambda: CrystalVolume("X", -1), r"X: order = -1 is negative"),
        (lambda: CrystalVolume("X", reference=0.1, empty=0.3), r"X: reference 0\.1 must lie between 0\.3, where PyBaMM's"),
        (lambda: IsotropicElasticity("X", (1.0, 0.5)), r"X: compositions \(1\.0, 0\.5\) must rise within \[0, 1\]"),
        (lambda: IsotropicElasticity("X", (0.5, 1.5)), r"must rise within \[0, 1\]"),
    ],
)
def test_settings_out_of_range(make: Any, line: str) -> None:
    with pytest.raises(ValueError, match=line):
        make()
