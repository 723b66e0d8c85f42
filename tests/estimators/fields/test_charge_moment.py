"""Second moment of charge: pairs with a known distribution of separations, and charges that do not screen."""

from __future__ import annotations

import numpy as np
import pytest

from a2c_pybamm.data import Array, FieldVariance
from a2c_pybamm.estimators import NotResolved, VarianceSettings, debye_length, field_variance, fit_charge_second_moment
from tests.estimators.fields.known_fields import Draw, configurations, gaussian, grid, pairs

SOURCE = "MD (sampling)"


def rigid(length: float) -> Draw:
    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        direction = rng.normal(size=(*shape, 3))
        return length * direction / np.linalg.norm(direction, axis=-1, keepdims=True)

    return draw


def charge_field(separation: Draw, seed: int, n_frame: int = 60, charge: float = 1.0) -> FieldVariance:
    positions = pairs(np.random.default_rng(seed), n_frame, 8.0, 60, separation)
    charges = np.repeat([charge, -charge], 60)
    run = configurations(positions, 8.0, ("Na",) * 60 + ("Cl",) * 60, charges=charges)
    return field_variance(run, kind="charge", settings=VarianceSettings(most_waves=300))


SEPARATIONS = {"normal": (gaussian(0.8), 0.8**2 / 2), "rigid": (rigid(1.2), 1.2**2 / 6)}
r""":math:`S_{ZZ} = 1 - \varphi(k)`, so that M is half of the variance along an axis, :math:`\langle d^2\rangle/6`."""


@pytest.mark.parametrize("name", SEPARATIONS)
def test_structure_factor_of_pairs(name: str) -> None:
    r""":math:`1 - e^{-k^2\sigma^2/2}` and :math:`1 - \sin(kd)/(kd)`, each within its scatter; charges cancel in the unit."""
    made = charge_field(SEPARATIONS[name][0], 1, charge=2.0)
    k = made.wave_number
    exact = 1 - np.exp(-(k**2) * 0.8**2 / 2) if name == "normal" else 1 - np.sinc(1.2 * k / np.pi)
    deviation = (made.structure_factor.mean(axis=0) - exact) / (exact / np.sqrt(60 * made.waves))
    assert (np.abs(deviation) < 4.5).all()
    assert made.density == pytest.approx(120 * 4 / 8**3)


@pytest.mark.parametrize("name", SEPARATIONS)
def test_error_bars_of_pairs_hold_the_truth(name: str) -> None:
    separation, moment = SEPARATIONS[name]
    z = []
    for seed in range(8):
        estimate = fit_charge_second_moment(charge_field(separation, seed), material="NaCl", source=SOURCE)
        assert estimate.names == ("NaCl ln(charge second moment [m2])",)
        assert estimate.std[0] < 0.3
        z.append((estimate.mean[0] - np.log(moment)) / estimate.std[0])
    assert np.abs(z).max() < 3.5
    assert (np.abs(z) < 1).sum() >= 3


def test_variance_falls_as_the_fifth_power() -> None:
    r""":math:`3\rho M/(16\pi^{3/2}\ell^5)` at lengths beyond the pairs, with what the smallest wave number leaves of it."""
    charges = np.repeat([1.0, -1.0], 60)
    positions = pairs(np.random.default_rng(3), 60, 8.0, 60, gaussian(0.2))
    made = field_variance(configurations(positions, 8.0, charges=charges), kind="charge", lengths=[1.0, 1.4])
    k, square = made.wave_number, 0.2**2 / 2
    modes = np.exp(-(np.outer(made.lengths, k) ** 2)) @ (2 * made.waves * k**2 * square)
    exact = made.density / made.volume * modes
    assert (np.abs(made.value - exact) < 4 * made.std + 0.05 * exact).all()
    np.testing.assert_allclose(exact, 3 * made.density * square / (16 * np.pi**1.5 * made.lengths**5), rtol=0.02)
    assert (made.std < 0.15 * made.value).all()


def test_debye_length_and_its_ratio() -> None:
    made = charge_field(gaussian(0.8), 2)
    known = np.sqrt(8.8541878128e-12 * 1.380649e-23 * 300 / (120 / 8**3 * 1.602176634e-19**2))
    assert debye_length(made) == pytest.approx(known, rel=1e-9)
    estimate = fit_charge_second_moment(made, material="NaCl", source=SOURCE)
    assert abs(estimate.mean[0] - np.log(0.8**2 / 2)) < 3.5 * estimate.std[0]
    fit = estimate.provenance["fit"]
    assert fit["second moment over squared Debye length"] == pytest.approx(fit["second moment [m2]"] / known**2)


def test_charges_without_screening_are_refused() -> None:
    """Charges at random: S is constant, S/k² has no limit."""
    rng = np.random.default_rng(4)
    run = configurations(rng.uniform(0, 8, (40, 100, 3)), 8.0, charges=np.tile([1.0, -1.0], 50))
    with pytest.raises(NotResolved, match="do not screen"):
        fit_charge_second_moment(field_variance(run, kind="charge"), material="X", source=SOURCE)


def test_fields_of_other_kinds_and_crystals_are_refused() -> None:
    rng = np.random.default_rng(5)
    number = field_variance(configurations(rng.uniform(0, 8, (20, 50, 3)), 8.0))
    with pytest.raises(ValueError, match="one of number"):
        fit_charge_second_moment(number, material="X", source=SOURCE)
    alternate = (-1.0) ** grid(4).sum(axis=1)
    crystal = configurations(grid(4) + 0.05 * rng.normal(size=(20, 64, 3)), 4.0, charges=alternate)
    with pytest.raises(ValueError, match="Bragg peak"):
        fit_charge_second_moment(field_variance(crystal, kind="charge"), material="X", source=SOURCE)
    still = configurations(np.repeat(grid(4)[None], 20, axis=0), 4.0, charges=alternate)
    with pytest.raises(NotResolved, match="does not fluctuate"):
        fit_charge_second_moment(field_variance(still, kind="charge", lengths=[1.3]), material="X", source=SOURCE)
    with pytest.raises(ValueError, match="4 blocks of frames"):
        fit_charge_second_moment(field_variance(still, kind="charge", lengths=[1.3], n_block=4), material="X", source=SOURCE)
    with pytest.raises(ValueError, match="wave numbers"):
        fit_charge_second_moment(field_variance(still, kind="charge", lengths=[3.0]), material="X", source=SOURCE)
