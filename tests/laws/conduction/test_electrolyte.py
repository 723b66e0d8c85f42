"""The law of an electrolyte: its dilute limit, positivity, limiting slopes and behaviour beyond the data."""

from __future__ import annotations

import numpy as np
import pytest

from a2c_pybamm import ElectrolyteTransport
from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, FARADAY, GAS_CONSTANT
from a2c_pybamm.laws.conduction.electrolyte import FUNCTIONS, RANGE
from a2c_pybamm.laws.conduction.onsager import onsager_from_transport
from tests.complex_step import complex_step

LAW = ElectrolyteTransport("X")
T_REFERENCE = 298.15
FREE_OF_NUMBERS = dict.fromkeys(LAW.names, 0.0)


def wide_draws(law: ElectrolyteTransport, n: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Coefficients (n, 1) of electrolytes of all kinds, the series as wide as the prior of a fit."""
    rng = np.random.default_rng(seed)
    c = {name: rng.normal(0, 1, (n, 1)) for name in law.names}
    size, energy, *_ = law.limit_names
    return c | {size: -21 + 1.5 * c[size], energy: 0.15 + 0.1 * c[energy]}


IDEAL = ElectrolyteTransport("X", limit_range=0.0)


def ideal(t_plus: float, diffusivity: float, law: ElectrolyteTransport = IDEAL) -> dict[str, float]:
    """Coefficients of ions that do not see each other, of no activation energy."""
    c = dict.fromkeys(law.names, 0.0)
    return c | {law.limit_names[0]: np.log(diffusivity), law.limit_names[-2]: np.log(t_plus / (1 - t_plus))}


def test_ions_that_do_not_see_each_other_are_nernst_plancks() -> None:
    """κ = F²/(RT) Σ D_i c, t₊ = D₊/(D₊ + D₋), D_e = 2D₊D₋/(D₊ + D₋), TDF = 1, L_ij = δ_ij cD_i/RT at every place."""
    cation, anion = 1.3e-10, 2.9e-10
    c = ideal(cation / (cation + anion), cation + anion)
    salt, T = np.array([1.0, 700.0, 4500.0])[:, None], np.array([250.0, T_REFERENCE, 340.0])
    kappa, t_plus = IDEAL.electrolyte_conductivity(c, salt, T), IDEAL.cation_transference_number(c, salt, T)
    np.testing.assert_allclose(kappa, FARADAY**2 / (GAS_CONSTANT * T) * (cation + anion) * salt, rtol=1e-12)
    np.testing.assert_allclose(t_plus, cation / (cation + anion), rtol=1e-12)
    np.testing.assert_allclose(IDEAL.electrolyte_diffusivity(c, salt, T), 2 * cation * anion / (cation + anion), rtol=1e-12)
    np.testing.assert_allclose(IDEAL.electrolyte_thermodynamic_factor(c, salt, T), 1.0, rtol=1e-15)
    onsager, both = IDEAL.salt_onsager_coefficient(c, salt, T), kappa / FARADAY**2
    np.testing.assert_allclose(onsager + t_plus**2 * both, salt * cation / (GAS_CONSTANT * T), rtol=1e-12)
    np.testing.assert_allclose(onsager - t_plus * (1 - t_plus) * both, 0, atol=1e-12 * both.max())


def test_every_electrolyte_is_nernst_plancks_when_dilute() -> None:
    """The distance is the first term of the series, √c, whatever the coefficients."""
    c = {name: value[0, 0] for name, value in wide_draws(LAW, 1).items()}
    size, t_zero = LAW.dilute_diffusivity(c, 310.0), LAW.dilute_transference(c, 310.0)
    root = 1e-3  # of 1e-3 mol.m-3
    relative = (LAW.electrolyte_diffusivity(c, 1e-3, 310.0) / (2 * t_zero * (1 - t_zero) * size) - 1) / root
    tau = LAW.theta(c, 310.0) / LAW.temperature_scale
    slope = sum(c[f"X {f} u1T{j} [1]"] * tau**j for f in ("ln(L_s)", "ln(TDF)") for j in range(3))
    assert relative == pytest.approx(slope, rel=0.02)
    ideal_kappa = FARADAY**2 * 1e-3 / (GAS_CONSTANT * 310.0) * size
    slope = sum(c[f"X ln(kappa) u1T{j} [1]"] * tau**j for j in range(3))
    assert (LAW.electrolyte_conductivity(c, 1e-3, 310.0) / ideal_kappa - 1) / root == pytest.approx(slope, rel=0.02)


def test_ten_thousand_electrolytes_are_possible_ones() -> None:
    """κ, D_e, TDF > 0 and L ⪰ 0 on (0, 5] mol/L and 243 to 343 K, the corners among the places; t₊ is free."""
    rng = np.random.default_rng(1)
    c = wide_draws(LAW, 10_000)
    salt, T = rng.uniform(1e-6, 5000, (10_000, 6)), rng.uniform(243, 343, (10_000, 6))
    salt[:, :4], T[:, :4] = [1e-6, 1e-6, 5000, 5000], [243, 343, 243, 343]
    kappa, t_plus = LAW.electrolyte_conductivity(c, salt, T), LAW.cation_transference_number(c, salt, T)
    onsager = LAW.salt_onsager_coefficient(c, salt, T)
    for positive in (kappa, onsager, LAW.electrolyte_diffusivity(c, salt, T), LAW.electrolyte_thermodynamic_factor(c, salt, T)):
        assert np.isfinite(positive).all()
        assert (positive > 0).all()
    assert ((t_plus < 0) | (t_plus > 1)).any()
    matrix = onsager_from_transport(kappa, t_plus, onsager)
    eigenvalues = np.linalg.eigvalsh(matrix)
    assert (eigenvalues[..., 0] > -4 * np.finfo(float).eps * eigenvalues[..., 1]).all()


def test_solvers_may_try_any_concentration() -> None:
    """At zero and below, values are those of 1e-3 mol.m-3."""
    c = {name: value[0, 0] for name, value in wide_draws(LAW, 1).items()}
    for method in (
        *(LAW.electrolyte_conductivity, LAW.electrolyte_diffusivity),
        *(LAW.cation_transference_number, LAW.electrolyte_thermodynamic_factor),
    ):
        np.testing.assert_array_equal(
            method(c, np.array([-5.0, 0.0, 1e-9]), 300.0), method(c, RANGE.least_concentration, 300.0)
        )


@pytest.mark.parametrize("law", [LAW, ElectrolyteTransport("X", permittivity=35.0, viscosity=2e-3)])
@pytest.mark.parametrize("form", ["both", "arrhenius", "vft"])
def test_complex_steps_are_derivatives(law: ElectrolyteTransport, form: str) -> None:
    law = ElectrolyteTransport("X", temperature=form, permittivity=law.permittivity, viscosity=law.viscosity)  # type: ignore[arg-type]
    c = {name: value[0, 0] for name, value in wide_draws(law, 1, 3).items()}
    for method in (
        *(law.electrolyte_conductivity, law.electrolyte_diffusivity),
        *(law.cation_transference_number, law.electrolyte_thermodynamic_factor),
    ):
        for k, h in enumerate((0.1, 1e-2)):
            at = [700.0, 290.0]
            shifted = [[*at], [*at]]
            shifted[0][k], shifted[1][k] = at[k] + h, at[k] - h
            difference = (method(c, *shifted[0]) - method(c, *shifted[1])) / (2 * h)
            exact = complex_step(
                lambda value, m=method, k=k: m(c, *(value if i == k else v for i, v in enumerate((700.0, 290.0)))), at[k]
            )
            assert exact == pytest.approx(difference, rel=1e-5)


def test_slopes_of_debye_huckel_and_onsager_in_water() -> None:
    """KCl in water at 25 °C: ln γ = −1.177√c, Λ = 149.85 − (60.6 + 0.2298·149.85)√c [S.cm2.mol-1], D±."""
    law = ElectrolyteTransport("X", permittivity=78.36, viscosity=0.8903e-3)
    conductivity = 149.85e-4
    c = ideal(0.49, conductivity * GAS_CONSTANT * T_REFERENCE / FARADAY**2, law)
    salt = 1e-2
    root = np.sqrt(salt / 1000)
    factor = np.log(law.electrolyte_thermodynamic_factor(c, salt, T_REFERENCE)) / root
    assert factor == pytest.approx(-1.177 / 2, rel=3e-3)
    kappa = law.electrolyte_conductivity(c, salt, T_REFERENCE) / salt / conductivity
    assert np.log(kappa) / root * 149.85 == pytest.approx(-(60.6 + 0.2298 * 149.85), rel=3e-3)
    t_plus = (law.cation_transference_number(c, salt, T_REFERENCE) - 0.49) / root
    assert t_plus == pytest.approx(60.6 / 149.85 * (0.49 - 0.5), rel=3e-3)
    assert not {name for name in law.names if "u1" in name and "L_s" not in name}


def test_both_laws_of_temperature_have_the_activation_energy_at_the_reference() -> None:
    """Slope d ln D/d(1/k_BT) = −E there, for Arrhenius, Vogel and any weight between."""
    for form, weight in (("arrhenius", 0.0), ("vft", 0.0), ("both", 0.3)):
        law = ElectrolyteTransport("X", temperature=form)  # type: ignore[arg-type]
        c = ideal(0.4, 3e-10, law) | {"X E_a [eV]": 0.17} | ({law.weight_name: weight} if form == "both" else {})
        slope = complex_step(lambda T, law=law, c=c: np.log(law.dilute_diffusivity(c, T)), T_REFERENCE)
        assert slope * BOLTZMANN / ELEMENTARY_CHARGE * T_REFERENCE**2 == pytest.approx(0.17, rel=1e-12)
    c = ideal(0.4, 3e-10, ElectrolyteTransport("X", temperature="vft")) | {"X E_a [eV]": 0.17}
    cold = [ElectrolyteTransport("X", temperature=form).dilute_diffusivity(c, 250.0) for form in ("arrhenius", "vft")]  # type: ignore[arg-type]
    assert cold[1] < cold[0]


def test_weight_zero_and_one_are_the_single_laws() -> None:
    c = {name: value[0, 0] for name, value in wide_draws(LAW, 1, 5).items()}
    for weight, form in ((0.0, "arrhenius"), (1.0, "vft")):
        single = ElectrolyteTransport("X", temperature=form)  # type: ignore[arg-type]
        np.testing.assert_allclose(
            LAW.electrolyte_diffusivity(c | {LAW.weight_name: weight}, 800.0, 320.0),
            single.electrolyte_diffusivity(c, 800.0, 320.0),
            rtol=1e-13,
        )


def test_series_share_no_term_and_have_all_powers() -> None:
    assert tuple(LAW.series) == FUNCTIONS
    assert set(LAW.series["ln(TDF)"].values()) == {
        *((1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2), (3, 0), (3, 1), (4, 0), (4, 1), (5, 0)),
    }
    assert len(ElectrolyteTransport("X", order=1, temperature_order=0).names) == 11


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"order": 0}, "order = 0 is too low"),
        ({"temperature_order": -1}, "temperature_order = -1 is too low"),
        ({"vogel_temperature": 250.0}, "Vogel temperature 250 K; give one below 243 K"),
        ({"viscosity": 1e-3}, "permittivity 0, viscosity 0.001 Pa.s; give none, the first, or both"),
        ({"permittivity": 3.1}, r"slope of ln TDF -74.8 per .*; below 26.4 ions pair .*, so leave permittivity"),
        ({"limit_range": -0.1}, "limit_range -0.1 is negative"),
        ({"damping": 0.0}, "damping is 0"),
        ({"temperature": "linear"}, "'linear' is unknown; take 'both' or 'arrhenius' or 'vft'"),
    ],
)
def test_settings_are_checked(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ElectrolyteTransport("X", **settings)
