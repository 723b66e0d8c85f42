"""Vibrations: closed forms, scaling of all frequencies, what they add to each law's coefficients."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from a2c_pybamm.constants import BOLTZMANN, FARADAY, GAS_CONSTANT, PLANCK
from a2c_pybamm.data import ThermalTable, Vibrations
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators import add_vibrations, harmonic
from a2c_pybamm.estimators.thermodynamics.vibrations import reference_metal
from a2c_pybamm.laws import IONS, Ion, RedlichKister

T = 298.15


def modes(*terahertz: float, weight: float = 1.0, label: str = "host") -> Vibrations:
    return Vibrations(label, np.array(terahertz) * 1e12, np.full(len(terahertz), weight))


@given(st.lists(st.floats(0.1, 50), min_size=1, max_size=6), st.floats(20, 1500))
def test_one_free_energy(terahertz: list[float], temperature: float) -> None:
    """S = −∂F/∂T and C = T ∂S/∂T; the classical limits; scaling F(sν, T) = s F(ν, T/s)."""
    own = modes(*terahertz)
    h = 1e-3 * temperature
    up, here, down = (harmonic(own, t) for t in (temperature + h, temperature, temperature - h))
    assert -(up[0] - down[0]) / (2 * h) == pytest.approx(here[1], rel=1e-4, abs=1e-9)
    assert temperature * (up[1] - down[1]) / (2 * h) == pytest.approx(here[2], rel=1e-4, abs=1e-9)
    scaled = harmonic(modes(*(1.1 * f for f in terahertz)), temperature)
    assert scaled[0] == pytest.approx(1.1 * harmonic(own, temperature / 1.1)[0], rel=1e-12)


def test_limits() -> None:
    """Hot: F = RT ln(hν/kT) and C = R for each mode; cold: the zero-point energy."""
    own = modes(1.0)
    free, _, capacity = harmonic(own, 1e5)
    y = PLANCK * 1e12 / (BOLTZMANN * 1e5)
    assert free == pytest.approx(GAS_CONSTANT * 1e5 * np.log(y), rel=1e-6)
    assert capacity == pytest.approx(GAS_CONSTANT, rel=1e-6)
    cold = harmonic(own, 1.0)
    assert cold[0] == pytest.approx(GAS_CONSTANT * PLANCK * 1e12 / BOLTZMANN / 2, rel=1e-12)
    assert cold[1] == pytest.approx(0, abs=1e-12)


def test_a_table_gives_what_its_modes_give() -> None:
    own = modes(2.0, 5.0, 9.0)
    grid = np.arange(0.0, 1001.0, 25.0)
    rows = np.array([harmonic(own, max(t, 1e-3)) for t in grid])
    table = ThermalTable("host", grid, rows[:, 0], rows[:, 1], rows[:, 2])
    np.testing.assert_allclose(harmonic(table, T), harmonic(own, T), rtol=2e-4)
    with pytest.raises(ValueError, match=r"1200 K lies outside the table \(0 to 1000 K\)"):
        harmonic(table, 1200.0)


@pytest.mark.parametrize(
    ("symbol", "measured"), [("Li", (29.12, 4632, 344)), ("Na", (51.3, 6460, 158)), ("Mg", (32.67, 4998, 400))]
)
def test_metal_is_the_measured_one(symbol: str, measured: tuple[float, float, float]) -> None:
    """CODATA at 298.15 K; consistent with its own entropy around it."""
    ion, (S, H, debye) = IONS[symbol], measured
    free, entropy, _ = reference_metal(T, ion)
    assert entropy == pytest.approx(S)
    assert free == pytest.approx(9 / 8 * GAS_CONSTANT * debye + H - T * S)
    slope = (reference_metal(T + 1, ion)[0] - reference_metal(T - 1, ion)[0]) / 2
    assert -slope == pytest.approx(entropy, rel=1e-4)


@pytest.mark.parametrize("symbol", IONS)
def test_measured_entropy_and_enthalpy_of_a_metal_agree(symbol: str) -> None:
    """A Debye solid that has the metal's entropy at 298 K has 0 to 450 J/mol less than its enthalpy.

    The heat of a crystal of fixed volume without electrons is a little less than what is measured; a wrong digit of either
    number would show.
    """
    ion, levels = IONS[symbol], (np.arange(1000) + 0.5) / 1000

    def solid(debye: float) -> tuple[float, float]:
        own = Vibrations(symbol, BOLTZMANN * debye / PLANCK * levels, 9 * levels**2 / len(levels))
        free, entropy, _ = harmonic(own, T)
        return free + T * entropy - 9 / 8 * GAS_CONSTANT * debye, entropy

    debye = brentq(lambda t: solid(t)[1] - ion.metal_entropy, 30, 900)
    assert ion.metal_enthalpy is not None
    assert 0 < ion.metal_enthalpy - solid(debye)[0] < 450


def test_metal_without_measured_properties_is_refused() -> None:
    with pytest.raises(ValueError, match="X metal: no measured enthalpy and Debye temperature; give its vibrations with"):
        reference_metal(T, Ion("X", 1, 40.0))


def bare(law: RedlichKister) -> Estimate:
    """U0 = 3.9 V and every interaction -0.4 eV, in the law's own coordinates."""
    names = (law.voltage_name, *law.interaction_names)
    return Estimate(names, law.coordinates(np.array([3.9, *[-0.4] * len(law.interaction_names)]))[0], {})


SHAPES = pytest.mark.parametrize("shape", ["plain", "ratio"])


@pytest.mark.parametrize(("ion", "z"), [("Li", 1), ("Na", 1), ("Mg", 2)])
def test_end_members_add_to_voltage_and_entropy(ion: str, z: int) -> None:
    """ΔF_vib against the ion's metal goes into U0 over z electrons, its entropy into ds/dx; interactions stay."""
    law = RedlichKister("X", 1, ion=ion)
    host, full, metal = modes(8, 9, 10), modes(8, 9, 10, 6, 7, 8, label="full"), modes(6, 6, 9, label="Li")
    estimate = add_vibrations(bare(law), law, {0.0: host, 1.0: full}, lithium=metal, frequency_std=0.0)
    parts = [harmonic(v, T) for v in (host, full, metal)]
    c = dict(zip(estimate.names, estimate.mean, strict=True))
    assert c[law.voltage_name] == pytest.approx(3.9 - (parts[1][0] - parts[0][0] - parts[2][0]) / (z * FARADAY))
    assert c[law.entropy_name] == pytest.approx(parts[1][1] - parts[0][1])
    assert [c[name] for name in law.interaction_names] == [-0.4, -0.4]
    measured = add_vibrations(bare(law), law, {0.0: host, 1.0: full}, frequency_std=0.0)
    other = reference_metal(T, IONS[ion])[0]
    assert measured.mean[0] - estimate.mean[0] == pytest.approx((other - parts[2][0]) / (z * FARADAY))


@pytest.mark.parametrize("ion", ["Li", "Mg"])
@SHAPES
def test_compositions_inside_make_the_excess(shape: Literal["plain", "ratio"], ion: str) -> None:
    """The law's free energy moves by F_vib(x) at the reference temperature, its entropy by S_vib(x)."""
    law = RedlichKister("X", 2, (0.2, 0.8), shape, entropies=2, ion=ion)
    at = {
        x: modes(*(np.array([8, 9, 10, 5]) * (1 + 0.1 * x + 0.2 * x * (1 - x) + 0.1 * x * (1 - x) * (1 - 2 * x))))
        for x in (0.0, 0.3, 0.7, 1.0)
    }
    before = bare(law)
    estimate = add_vibrations(before, law, at, lithium=modes(5, 6, 7), frequency_std=0.0)
    c = dict(zip(estimate.names, estimate.mean, strict=True))
    old = dict(zip(before.names, before.mean, strict=True)) | {law.entropy_name: 0.0} | dict.fromkeys(law.names[-2:], 0.0)
    x = np.array([0.3, 0.7])
    moved = law.free_energy(c, x, T) - law.free_energy(old, x, T)
    rows = np.array([harmonic(at[k], T) for k in (0.0, 0.3, 0.7, 1.0)])
    metal = harmonic(modes(5, 6, 7), T)
    np.testing.assert_allclose(moved, rows[1:3, 0] - rows[0, 0] - x * metal[0], rtol=1e-9)
    entropy = -(law.free_energy(c, x, T + 1) - law.free_energy(c, x, T)) - [
        -(law.free_energy(old, k, T + 1) - law.free_energy(old, k, T)) for k in x
    ]
    np.testing.assert_allclose(entropy, rows[1:3, 1] - rows[0, 1], rtol=1e-6)


@SHAPES
def test_scale_of_all_frequencies_is_one_source(shape: Literal["plain", "ratio"]) -> None:
    """One standard deviation of the source is all frequencies, metal's too, scaled: by differences."""
    law = RedlichKister("X", 1, (0.3, 1.0), shape, entropies=1)

    def at(scale: float) -> Estimate:
        f = scale
        vibrations = {
            0.0: modes(8 * f, 9 * f),
            0.5: modes(8.5 * f, 9.9 * f, 6 * f, weight=0.9),
            1.0: modes(8 * f, 9 * f, 7 * f),
        }
        return add_vibrations(bare(law), law, vibrations, lithium=modes(5 * f, 7 * f), frequency_std=0.03)

    estimate = at(1.0)
    column = estimate.factors["X frequencies (scale)"].values[:, 0]
    np.testing.assert_allclose(column, 0.03 * (at(1.001).mean - at(0.999).mean) / 0.002, rtol=1e-5, atol=1e-10)


@SHAPES
def test_errors_of_the_energies_pass_through(shape: Literal["plain", "ratio"]) -> None:
    """A source of the energies moves the coefficients with vibrations as differences of the energies' coefficients do."""
    law = RedlichKister("X", 1, (0.3, 1.0), shape, entropies=1)
    at = {0.0: modes(8, 9), 0.5: modes(8.5, 9.9, 6, weight=0.9), 1.0: modes(8, 9, 7)}
    column = np.array([1e-2, -3e-2, 2e-2])

    def moved(step: float) -> Estimate:
        start = bare(law)
        factors = {"energies": Factor(column[:, None], ("a",))}
        return add_vibrations(Estimate(start.names, start.mean + step * column, factors), law, at, frequency_std=0.03)

    difference = (moved(1e-3).mean - moved(-1e-3).mean) / 2e-3
    np.testing.assert_allclose(moved(0.0).factors["energies"].values[:, 0], difference, rtol=1e-6, atol=1e-12)


def test_vibrations_on_potentials_of_static_atoms() -> None:
    """dU/dT moves by as much as the voltage does with temperature, lithium metal's part in both."""
    law = RedlichKister("X", 1)
    static = Estimate(law.names, np.array([3.9, -0.4, 0.0, 29.12]), {})  # no change with temperature: ds/dx is the metal's
    at = {0.0: modes(8, 9, 10), 1.0: modes(8, 9, 10, 6, 7, 8)}
    metal = modes(5, 6, 7)
    own = add_vibrations(static, law, at, lithium=metal, frequency_std=0.03)
    c = dict(zip(own.names, own.mean, strict=True))
    before = dict(zip(static.names, static.mean, strict=True))
    change = law.entropic_change(c, 0.4, T) - law.entropic_change(before, 0.4, T)

    def shift(t: float) -> float:
        return -(harmonic(at[1.0], t)[0] - harmonic(at[0.0], t)[0] - harmonic(metal, t)[0]) / FARADAY

    assert change == pytest.approx((shift(T + 0.1) - shift(T - 0.1)) / 0.2, rel=1e-6)


def test_refused() -> None:
    law = RedlichKister("X", 1)
    with pytest.raises(ValueError, match="end members 0 and 1 are needed"):
        add_vibrations(bare(law), law, {0.0: modes(5)}, frequency_std=0.03)
    with pytest.raises(ValueError, match=r"1 composition\(s\) inside \(0, 1\) for 0 excess entropies"):
        add_vibrations(bare(law), law, {0.0: modes(5), 0.5: modes(5), 1.0: modes(5)}, frequency_std=0.03)
    with pytest.raises(ValueError, match="not negative"):
        add_vibrations(bare(law), law, {0.0: modes(5), 1.0: modes(5)}, frequency_std=-0.1)
    at = {0.0: modes(5), 1.0: modes(5)}
    once = add_vibrations(bare(law), law, at, frequency_std=0.03)
    with pytest.raises(ValueError, match=r"a source 'X frequencies \(scale\)' already"):
        add_vibrations(once, law, at, frequency_std=0.03)
    with pytest.raises(ValueError, match="temperature must be positive"):
        harmonic(modes(5), 0.0)
