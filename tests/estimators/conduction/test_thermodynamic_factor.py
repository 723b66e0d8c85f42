"""Thermodynamic factor from activities: limiting law, change of scale, and what the error bars cover."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from a2c_pybamm.data import ActivityTable, ConcentrationScale
from a2c_pybamm.estimate import Joint
from a2c_pybamm.estimators import fit_thermodynamic_factor

MOLALITIES = np.array([0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0])
NAME = "NaCl ln(TDF [1])"


def pitzer(m: np.ndarray) -> np.ndarray:
    """Ln γ± of NaCl at 25 °C: K. S. Pitzer, G. Mayorga, J. Phys. Chem. 77 (1973) 2300, table I (A_φ of Pitzer 1973)."""
    beta0, beta1, c, a, b, alpha = 0.0765, 0.2664, 0.00127, 0.392, 1.2, 2.0
    s = np.sqrt(m)
    screening = -a * (s / (1 + b * s) + 2 / b * np.log(1 + b * s))
    second = 2 * beta0 + 2 * beta1 / (alpha**2 * m) * (1 - (1 + alpha * s - alpha**2 * m / 2) * np.exp(-alpha * s))
    return screening + m * second + 1.5 * m**2 * c


def margules(c: np.ndarray) -> np.ndarray:
    """Debye and Hückel's term with another size, a linear and a quartic one, c in mol/L: no term is of the fitted form."""
    return -1.2 * np.sqrt(c) / (1 + 2.5 * np.sqrt(c)) + 0.25 * c + 0.3 * np.tanh(c - 1.5)


def valoen_reimers(c: np.ndarray) -> np.ndarray:
    r"""Ln f± of LiPF6 at 294 K, c in mol/L, from :math:`(1 - t_+)\mathrm{TDF} = 0.601 - 0.24\sqrt c + 0.982c^{1.5}`, t₊ = 0.38.

    L. O. Valøen, J. N. Reimers, J. Electrochem. Soc. 152 (2005) A882, eq. 25; the factor does not go to 1 at infinite dilution.
    """
    return (0.601 / 0.62 - 1) * np.log(c) + (-0.24 * 2 * np.sqrt(c) + 0.982 * c**1.5 / 1.5) / 0.62


def factor(curve: Callable[[np.ndarray], np.ndarray], c: float) -> float:
    h = 1e-4
    return 1 + float(curve(np.array([c * np.exp(h)]))[0] - curve(np.array([c * np.exp(-h)]))[0]) / (2 * h)


def table(
    curve: Any, amount: np.ndarray, *, noise: float = 0.0, std: float | None = None, seed: int = 0, **more: Any
) -> ActivityTable:
    logs = curve(amount) + noise * np.random.default_rng(seed).normal(size=len(amount))
    scale = more.pop("scale", ConcentrationScale.MOLAR)
    unit = 1e3 if scale is ConcentrationScale.MOLAR else 1.0
    errors = None if std is None else np.full(len(amount), std)
    return ActivityTable("x", scale, unit * amount, logs, errors, 298.15, **more)


def test_limiting_law() -> None:
    r""":math:`\ln\gamma = -A\sqrt c` has :math:`\mathrm{TDF} = 1 - A\sqrt c/2`, below the table too; A of water at 25 °C, c in
    mol/L.
    """
    dilute = np.array([0.0005, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01])
    limit = table(lambda c: -1.177 * np.sqrt(c), dilute, std=1e-4)
    for c in (1e-4, 2e-3, 1e-2):
        estimate = fit_thermodynamic_factor(limit, 1e3 * c, material="NaCl")
        assert estimate.names == (NAME,)
        assert np.exp(estimate.mean[0]) == pytest.approx(1 - 1.177 * np.sqrt(c) / 2, abs=1e-4)
        assert estimate.std[0] < 0.01


def test_pitzers_sodium_chloride() -> None:
    """γ± = 0.657 at 1 mol/kg (Robinson and Stokes); the factor is Pitzer's own derivative over the whole range."""
    assert np.exp(pitzer(np.array([1.0])))[0] == pytest.approx(0.657, abs=0.003)
    exact = table(pitzer, MOLALITIES, std=1e-3, scale=ConcentrationScale.MOLAL, solution_volume=np.full(13, 1e-3))
    for m in (0.15, 1.0, 2.2, 5.0):
        estimate = fit_thermodynamic_factor(exact, 1e3 * m, material="NaCl")
        assert abs(np.exp(estimate.mean[0]) - factor(pitzer, m)) < 0.005
        assert abs(estimate.mean[0] - np.log(factor(pitzer, m))) < estimate.std[0]


def test_molal_and_molar_scale_give_the_same() -> None:
    r"""One solution on both scales: :math:`m\gamma_m = c\gamma_c/\rho_0`, with a volume that bends.

    And the volume alone, for an ideal molal table: :math:`d\ln m/d\ln c = 1/(1 - c\bar V_e)`.
    """
    m = np.linspace(0.1, 3.0, 25)

    def concentration(m: Any) -> Any:
        return m / (8.33e-4 + 6e-5 * m + 9e-6 * m**1.5 - 1e-6 * m**2)

    c = concentration(m)
    volume = m / c
    logs = pitzer(m)
    molal = ActivityTable("x", ConcentrationScale.MOLAL, m, logs, np.full(25, 1e-4), 298.15, volume)
    molar = ActivityTable("x", ConcentrationScale.MOLAR, c, logs + np.log(m / c), np.full(25, 1e-4), 298.15, referred=False)
    for target in (500.0, 1200.0, 2500.0):
        one = fit_thermodynamic_factor(molal, target, material="x")
        other = fit_thermodynamic_factor(molar, target, material="x")
        assert one.mean[0] == pytest.approx(other.mean[0], abs=2e-3)
    flat = ActivityTable("x", ConcentrationScale.MOLAL, m, np.zeros(25), np.full(25, 1e-6), 298.15, volume)
    h, target = 1e-5, 1.7
    slope = 2 * h / np.log(concentration(target * (1 + h)) / concentration(target * (1 - h)))
    place = concentration(target)
    found = fit_thermodynamic_factor(flat, place, material="x")
    assert np.exp(found.mean[0]) == pytest.approx(slope, rel=1e-5)
    assert found.provenance["fit"]["dln m/dln c"] == pytest.approx(slope, rel=1e-6)


def test_valoen_and_reimers() -> None:
    """Their factor at 294 K and 1 mol/L: 1.343/0.62 = 2.1661 (the value of the set Ai2020), at 2 mol/L 4.9018 less T's part."""
    c = np.array([0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.5, 3.0])
    made = table(valoen_reimers, c, std=1e-3, referred=False)
    one = fit_thermodynamic_factor(made, 1000.0, material="LiPF6")
    assert np.exp(one.mean[0]) == pytest.approx(1.343 / 0.62, abs=0.01)
    assert abs(np.exp(one.mean[0]) - 2.1661) < 0.01
    two = fit_thermodynamic_factor(made, 2000.0, material="LiPF6")
    assert abs(two.mean[0] - np.log((0.601 - 0.24 * np.sqrt(2) + 0.982 * 2**1.5) / 0.62)) < 2 * two.std[0]


def test_estimates_of_one_table_are_correlated() -> None:
    """Two concentrations of one table share the data's errors: near ones agree, and their labels are the same."""
    noisy = table(pitzer, MOLALITIES, noise=0.01, std=0.01)
    places = [fit_thermodynamic_factor(noisy, c, material="NaCl") for c in (1000.0, 1010.0, 5500.0)]
    named = [p.map([f"{k}"], p.mean, [[1.0]]) for k, p in enumerate(places)]
    correlation = Joint(tuple(named)).covariance
    root = np.sqrt(np.diag(correlation))
    correlation = correlation / root / root[:, None]
    assert correlation[0, 1] > 0.99
    assert abs(correlation[0, 2]) < 0.7


def test_declared_noise_that_is_exceeded_is_a_misfit() -> None:
    """Rows that scatter three times more than declared: the error is that of the scatter, the excess a source of its own."""
    rng = np.random.default_rng(5)
    amount = np.sort(rng.uniform(0.1, 6, 60))
    logs = pitzer(amount) + 0.03 * rng.normal(size=60)
    scattered = ActivityTable("x", ConcentrationScale.MOLAR, 1e3 * amount, logs, np.full(60, 0.01), 298.15)
    honest = ActivityTable("x", ConcentrationScale.MOLAR, 1e3 * amount, logs, None, 298.15)
    one, other = (fit_thermodynamic_factor(t, 2000.0, material="x") for t in (scattered, honest))
    assert "x activities (misfit)" in one.factors
    assert one.provenance["fit"]["chi-squared per degree of freedom"] > 3
    assert one.std[0] > other.std[0] / 2


@pytest.mark.parametrize(
    ("changes", "c", "message"),
    [
        ({}, 7000.0, r"7000 mol/m3 lies outside the table, 0 to 6000 mol/m3; ask within it"),
        ({"referred": False}, 50.0, r"50 mol/m3 lies outside the table, 100 to 6000"),
        ({}, -1.0, r"concentration -1 mol/m3; give a positive one"),
        ({"scale": ConcentrationScale.MOLAL}, 100.0, r"without the solution's volume; give densities"),
    ],
)
def test_bad_places_are_refused(changes: dict[str, Any], c: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_thermodynamic_factor(table(pitzer, MOLALITIES, std=0.01, **changes), c, material="x")


def test_too_little_is_refused() -> None:
    few = table(pitzer, MOLALITIES[:2], std=0.01)
    with pytest.raises(ValueError, match=r"2 different concentration\(s\), a smooth curve needs 3; add some"):
        fit_thermodynamic_factor(few, 200.0, material="x")
    wild = table(pitzer, MOLALITIES, noise=1.0, std=1.0)
    with pytest.raises(ValueError, match=r"not above zero by 3 standard deviations; add rows near it"):
        fit_thermodynamic_factor(wild, 5000.0, material="x")


CASES: dict[str, tuple[Any, np.ndarray, tuple[float, ...]]] = {
    "Pitzer": (pitzer, MOLALITIES, (0.3, 1.0, 2.0, 5.0)),
    "other size": (margules, np.linspace(0.1, 3, 20), (0.2, 1.0, 2.0, 2.8)),
    "Valoen-Reimers": (valoen_reimers, np.linspace(0.1, 2.5, 15), (0.3, 1.0, 1.5, 2.3)),
}


def coverage(case: str, noise: float, known: bool, n: int) -> np.ndarray:
    """Distances from the truth in standard deviations (n, n_place)."""
    curve, amount, places = CASES[case]
    found = np.empty((n, len(places)))
    for k in range(n):
        made = table(curve, amount, noise=noise, std=noise if known else None, seed=k, referred=case != "Valoen-Reimers")
        for j, c in enumerate(places):
            estimate = fit_thermodynamic_factor(made, 1e3 * c, material="x")
            found[k, j] = (estimate.mean[0] - np.log(factor(curve, c))) / estimate.std[0]
    return found


def test_coverage_of_a_few() -> None:
    """On a curve that is not of the fitted form: intervals hold the truth at least as often as they say (binomial, 0.1 %)."""
    found = np.abs(coverage("Pitzer", 0.01, True, 6)).ravel()
    assert (found < 1).sum() >= binom.ppf(0.001, len(found), 0.683)
    assert (found < 1.96).sum() >= binom.ppf(0.001, len(found), 0.95)


@pytest.mark.calibration
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("noise", [0.003, 0.02])
@pytest.mark.parametrize("case", CASES)
def test_coverage_at_every_place(case: str, noise: float, known: bool) -> None:
    """68 and 95 % intervals at four concentrations: none holds less than 3.3 binomial standard deviations too little."""
    n = 60
    found = np.abs(coverage(case, noise, known, n))
    print(case, noise, known, (found < 1).mean(axis=0), (found < 1.96).mean(axis=0))
    assert ((found < 1).mean(axis=0) >= 0.683 - 3.3 * np.sqrt(0.683 * 0.317 / n)).all()
    assert ((found < 1.96).mean(axis=0) >= 0.95 - 3.3 * np.sqrt(0.95 * 0.05 / n)).all()
