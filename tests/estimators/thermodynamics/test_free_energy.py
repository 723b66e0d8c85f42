"""Free energies from energies: exact on exact data, error bars that cover, bad tables refused; volumes of the same tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, f, kstest, norm, t

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.estimate import Estimate, Joint
from a2c_pybamm.estimators import choose_order, fit_free_energy
from a2c_pybamm.estimators.thermodynamics.orderings import lowest_energies
from a2c_pybamm.estimators.thermodynamics.site_volume import fit_site_volume
from a2c_pybamm.laws import Landau, Legendre, RedlichKister, SiteDensity
from a2c_pybamm.synthetic import redlich_kister_energies

T = 298.15
X_VOLTAGE = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
PLAIN = [3.9, -0.8, 0.2, -0.1, 0.05]
RATIO = [3.9, np.log(0.8), -0.25, 0.125, -0.06]


def law_of(order: int, shape: Any = "plain", window: tuple[float, float] = (0.2, 0.9)) -> RedlichKister:
    return RedlichKister("X", order, window, shape, T)


def truth(law: RedlichKister) -> dict[str, float]:
    """A repulsive host with -0.8, 0.2, -0.1 and 0.05 eV (in the law's own coordinates)."""
    values = (PLAIN if law.shape == "plain" else RATIO)[: law.order + 2]
    return dict(zip(law.names, [*values, 0.0], strict=True))


def table_of(
    law: RedlichKister, n: int, std: float, rng: np.random.Generator, *, n_ordering: int = 2, label: str = "A"
) -> EnergyTable:
    """So many evenly spaced compositions, noise of so many eV."""
    x = np.linspace(0, 1, n)
    return redlich_kister_energies(law, truth(law), x, rng=rng, energy_std=std * FARADAY, n_ordering=n_ordering, label=label)


def voltages(law: RedlichKister, values: np.ndarray) -> np.ndarray:
    """U at five compositions; vibrational entropy does not matter at the reference temperature."""
    return law.open_circuit_voltage(dict(zip(law.names, [*values, 0.0], strict=True)), X_VOLTAGE, T)


def voltage_std(law: RedlichKister, estimate: Estimate) -> np.ndarray:
    steps = 1e-6 * np.eye(len(estimate.mean))
    jacobian = np.array([(voltages(law, estimate.mean + h) - voltages(law, estimate.mean - h)) / 2e-6 for h in steps]).T
    return np.sqrt(np.diag(jacobian @ estimate.covariance @ jacobian.T))


# Known truth


@given(
    st.integers(0, 3),
    st.sampled_from(["plain", "ratio"]),
    st.sampled_from([(0.0, 1.0), (0.2, 0.9), (0.5, 1.0)]),
    st.integers(0, 6),
    st.integers(0, 10**6),
)
def test_exact_energies_give_the_exact_coefficients(
    order: int, shape: Any, window: tuple[float, float], more: int, seed: int
) -> None:
    """At even and odd numbers of compositions, down to as many as there are unknowns; rows in any order."""
    law = law_of(order, shape, window)
    table = table_of(law, order + 3 + more, 0.0, np.random.default_rng(seed), n_ordering=3)
    estimate = fit_free_energy(table, law, energy_std=1.0)
    assert estimate.names == law.names[:-1]
    np.testing.assert_allclose(estimate.mean, [truth(law)[name] for name in estimate.names], rtol=1e-9, atol=1e-9)


def test_lowest_of_the_orderings_is_taken() -> None:
    """The synthetic table's higher orderings lie above; their values must not matter."""
    law = law_of(2)
    near = redlich_kister_energies(law, truth(law), np.linspace(0, 1, 9), rng=np.random.default_rng(1), n_ordering=4, gap=10.0)
    far = redlich_kister_energies(law, truth(law), np.linspace(0, 1, 9), rng=np.random.default_rng(2), n_ordering=4, gap=1e5)
    np.testing.assert_allclose(lowest_energies(near).energy, lowest_energies(far).energy, rtol=1e-13, atol=1e-13)


def test_thirds_are_one_composition() -> None:
    """1/3 and 1 − 2/3 differ in the last digit, and are the same x: the lower of the two counts."""
    x = np.array([0.0, 1 / 3, 1 - 2 / 3, 1.0])
    table = EnergyTable("A", x, np.array([0.0, -1.0, -2.0, -3.0]) * FARADAY, tuple("abcd"), np.ones(4, bool))
    hull = lowest_energies(table)
    np.testing.assert_allclose(hull.energy, [0.0, -2.0, -3.0])
    np.testing.assert_array_equal(hull.relative_std, [1.0, 1.0, 1.0])


def test_doubtful_energies_weigh_less() -> None:
    """One ordering alone where other compositions inside (0, 1) list several, or a relaxation that did not converge: three
    times the standard deviation.
    """
    law = law_of(1)
    table = table_of(law, 9, 0.01, np.random.default_rng(0), n_ordering=1)
    np.testing.assert_array_equal(lowest_energies(table).relative_std, 1.0)  # no search among orderings anywhere
    at = int(np.flatnonzero(table.x == 0.5)[0])
    np.testing.assert_array_equal(lowest_energies(with_row(table, at, 0.0)).relative_std, 1.0)  # the same row, listed twice
    above = with_row(table, at, 0.03 * FARADAY)
    np.testing.assert_array_equal(lowest_energies(above).relative_std, [1, 3, 3, 3, 1, 3, 3, 3, 1])
    full = table_of(law, 9, 0.01, np.random.default_rng(0))
    row = np.flatnonzero(full.x == 0.5)
    doubted = replace(full, converged=np.where(np.isin(np.arange(18), row), False, True))
    assert lowest_energies(doubted).relative_std[4] == 3
    # with a known scatter, the weighted fit has the textbook covariance σ²(AᵀA)⁻¹
    estimate = fit_free_energy(doubted, law_of(1, window=(0.0, 1.0)), energy_std=0.01 * FARADAY, mean_field_std=0.0)
    z = np.linspace(0, 1, 9)
    design = np.column_stack([np.ones(9), -z, z * (1 - z), z * (1 - z) * (1 - 2 * z)]) / hull_weight(4)[:, None]
    expected = 1e-4 * np.linalg.inv(design.T @ design)[1:, 1:]
    np.testing.assert_allclose(estimate.covariance, expected, rtol=1e-9, atol=1e-15)


def with_row(table: EnergyTable, row: int, gap: float) -> EnergyTable:
    """The table with one structure more: a copy of a row, its energy higher by a gap [J.mol-1]."""
    more = [np.append(values, values[row]) for values in (table.x, table.energy, table.converged)]
    more[1][-1] += gap
    return replace(
        table, x=more[0], energy=more[1], structure=(*table.structure, table.structure[row]), converged=more[2].astype(bool)
    )


def hull_weight(doubtful: int) -> np.ndarray:
    return np.where(np.arange(9) == doubtful, 3.0, 1.0)


def test_errors_of_two_tables_never_align() -> None:
    """The same label does not make two sets of energies one realisation."""
    law, rng = law_of(1), np.random.default_rng(0)
    tables = [table_of(law, 9, 0.01, rng, label="DFT") for _ in range(2)]
    fits = [fit_free_energy(table, law) for table in tables]
    labels = [set(fit.factors["X energies (fit)"].labels) for fit in fits]
    assert not labels[0] & labels[1]
    assert labels[0] == set(fit_free_energy(tables[0], law).factors["X energies (fit)"].labels)
    others = fits[1].map(["a", "b", "c"], fits[1].mean, np.eye(3))
    assert not Joint([fits[0], others], independent=list(fits[0].factors)).covariance[:3, 3:].any()


# Error bars


def errors(law: RedlichKister, n: int, std: float, n_draw: int, known: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standardised errors of the coefficients and of U at five compositions, and squared Mahalanobis distances."""
    exact = np.array([truth(law)[name] for name in law.names[:-1]])
    rng = np.random.default_rng(n)
    z, z_voltage, distance = [], [], []
    for _ in range(n_draw):
        table, declared = table_of(law, n, std, rng), std * FARADAY if known else None
        estimate = fit_free_energy(table, law, energy_std=declared, mean_field_std=0.0)  # the energies are the law's own
        error = estimate.mean - exact
        z.append(error / estimate.std)
        z_voltage.append((voltages(law, estimate.mean) - voltages(law, exact)) / voltage_std(law, estimate))
        distance.append(error @ np.linalg.solve(estimate.covariance, error))
    return np.array(z), np.array(z_voltage), np.array(distance)


def claimed(half_width: float, free: int | None) -> float:
    """Coverage that theory gives: normal where the scatter is known, else Student's t, widened to its own variance."""
    if free is None:
        return float(2 * norm.cdf(half_width) - 1)
    return float(2 * t(free).cdf(half_width * np.sqrt(free / (free - 2))) - 1)


def check_coverage(law: RedlichKister, n: int, n_draw: int, known: bool) -> None:
    """Each coefficient and U at each composition, within 3.5 binomial standard deviations (some ten tests a case)."""
    z, z_voltage, distance = errors(law, n, 0.01, n_draw, known)
    free = None if known else n - law.order - 3
    for half_width in (1.0, 1.96):
        nominal = claimed(half_width, free)
        inside = np.concatenate([(np.abs(z) < half_width).mean(axis=0), (np.abs(z_voltage) < half_width).mean(axis=0)])
        print(
            f"{law.shape}, order {law.order}, {n} compositions, std {'known' if known else 'from the residual'}, "
            f"±{half_width} std: claimed {nominal:.1%}, found {inside.min():.1%} to {inside.max():.1%}"
        )
        assert np.abs(inside - nominal).max() < 3.5 * np.sqrt(nominal * (1 - nominal) / n_draw)
    k = len(law.names) - 1
    # χ² where the scatter is known; else k·(ν−2)/ν times Fisher's F, for the covariance was widened by ν/(ν−2)
    law_of_distance: Callable[..., Any] = chi2(k).cdf if free is None else lambda d: f(k, free).cdf(d * free / (free - 2) / k)
    assert kstest(distance, law_of_distance).pvalue > 1e-3


@pytest.mark.parametrize("known", [True, False])
def test_error_bars_cover_quick(known: bool) -> None:
    """200 tables: an error bar that is a quarter too small or too large is seen."""
    check_coverage(law_of(1, "ratio"), 8, 200, known)


@pytest.mark.calibration
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("shape", "order", "n"), [("plain", 1, 7), ("ratio", 2, 8), ("plain", 2, 9), ("ratio", 1, 9), ("ratio", 2, 15)]
)
def test_error_bars_cover(shape: Any, order: int, n: int, known: bool) -> None:
    """1000 tables: an error bar 10 % too small or too large is seen, down to three degrees of freedom."""
    check_coverage(law_of(order, shape), n, 1000, known)


# The order


def averaged(true_order: int, n: int, std: float, n_draw: int, *, known: bool = False) -> np.ndarray:
    """Standardised errors of U at five compositions (n_draw, 5), averaged over orders 0 to 3."""
    source, rng = law_of(true_order), np.random.default_rng(7)
    exact = voltages(source, np.array(PLAIN[: true_order + 2]))
    # which orders there are compositions for is the same for all tables
    choice = choose_order([table_of(source, n, std, np.random.default_rng(0))], scatter_known=known)
    law, z = law_of(choice.highest), []
    for _ in range(n_draw):
        table = table_of(source, n, std, rng)
        declared = std * FARADAY if known else None
        estimate = fit_free_energy(table, law, choice=choice, energy_std=declared, mean_field_std=0.0)
        z.append((voltages(law, estimate.mean) - exact) / voltage_std(law, estimate))
    return np.array(z)


def report(true_order: int, n: int, std: float, z: np.ndarray) -> list[np.ndarray]:
    """Shares of 68 and 95 % intervals that hold the truth, at each composition, printed."""
    inside = [(np.abs(z) < half).mean(axis=0) for half in (0.9945, 1.96)]
    shares = " and ".join(f"{i.min():.1%} to {i.max():.1%}" for i in inside)
    print(f"order {true_order}, {n} compositions, {1e3 * std:g} meV: 68 % and 95 % intervals of U hold the truth in {shares}")
    return inside


@pytest.mark.slow
@pytest.mark.parametrize("true_order", [0, 1, 2, 3])
def test_averages_over_orders_cover_quick(true_order: int) -> None:
    """200 tables of 21 compositions: 95 % intervals of U hold the truth in 95 % of cases within three standard deviations."""
    inside = report(true_order, 21, 0.005, averaged(true_order, 21, 0.005, 200))
    assert np.abs(inside[1] - 0.95).max() < 3 * np.sqrt(0.95 * 0.05 / 200)


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("true_order", "n", "std", "known"),
    [
        (0, 9, 0.005, True),
        (3, 9, 0.005, True),
        (2, 15, 0.005, True),
        (0, 25, 0.01, False),
        (2, 25, 0.01, False),
        (3, 25, 0.02, False),
        (3, 60, 0.01, False),
    ],
)
def test_averages_over_orders_cover(true_order: int, n: int, std: float, known: bool) -> None:
    """1000 tables: pointwise 68 and 95 % intervals of U within three binomial standard deviations, also where a term hides."""
    inside = report(true_order, n, std, averaged(true_order, n, std, 1000, known=known))
    assert np.abs(inside[0] - 0.68).max() < 0.044
    assert np.abs(inside[1] - 0.95).max() < 0.021


def test_an_average_is_that_of_its_orders() -> None:
    """Weights that lean to the wide; mean and spread of the fits of each order; one law, its labels the orders."""
    law, rng = law_of(2), np.random.default_rng(3)
    tables = [table_of(law, 11, 0.02, rng, label=label) for label in "AB"]
    both = choose_order(tables)
    assert sum(both.weights) == pytest.approx(1)
    assert both.orders == (0, 1, 2, 3)
    wide = law_of(both.highest)
    estimate = fit_free_energy(tables[0], wide, choice=both)
    fits = [np.pad(fit_free_energy(tables[0], law_of(k)).mean, (0, 3 - k)) for k in both.orders]
    weights = np.array(estimate.provenance["orders"]["weights"])
    np.testing.assert_allclose(estimate.mean, weights @ fits, rtol=1e-9, atol=1e-12)
    doubt = estimate.factors["X order of the law"]
    assert doubt.labels == ("order 0", "order 1", "order 2", "order 3")
    np.testing.assert_allclose(doubt.values, (np.sqrt(weights)[:, None] * (fits - estimate.mean)).T, atol=1e-9)
    # with the scatter of the widest, e^(p - χ²/2)
    hull = lowest_energies(tables[0])
    chi = []
    for k in both.orders:
        design = np.column_stack([np.ones(11), -hull.x, *(hull.x * (1 - hull.x) * (1 - 2 * hull.x) ** j for j in range(k + 1))])
        chi.append(np.sum((hull.energy - design @ np.linalg.lstsq(design, hull.energy)[0]) ** 2))
    wanted = np.exp(np.array(both.orders) - (np.array(chi) - chi[-1]) / (2 * chi[-1] / 5))
    np.testing.assert_allclose(weights, wanted / wanted.sum(), rtol=1e-6)


def test_averages_of_one_space_are_one_curve() -> None:
    """Legendre's orders 1 to 4 span what Redlich–Kister's 0 to 3 span: the same weights, voltages and errors by source."""
    kister, legendre = law_of(3), Legendre("X", 4, (0.2, 0.9), T)
    table = table_of(law_of(2), 13, 0.01, np.random.default_rng(4))
    curves = []
    for law in (kister, legendre):
        choice = choose_order([table], law=law)
        estimate = fit_free_energy(table, law, choice=choice, mean_field_std=0.0)
        jacobian = np.array([voltages(law, estimate.mean + h) - voltages(law, estimate.mean) for h in np.eye(5)]).T
        factors = {source: jacobian @ factor.values for source, factor in estimate.factors.items()}
        curves.append((choice.weights, voltages(law, estimate.mean), [f @ f.T for f in factors.values()], list(factors)))
    assert curves[0][3] == curves[1][3] == ["X energies (fit)", "X order of the law"]
    for found, expected in zip(curves[1][:3], curves[0][:3], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-12)


def test_an_order_is_left_out_where_compositions_are_too_few() -> None:
    table = table_of(law_of(1), 7, 0.01, np.random.default_rng(0))
    assert choose_order([table]).orders == (0, 1)
    assert choose_order([table], scatter_known=True).orders == (0, 1, 2, 3)
    eight = table_of(law_of(1), 8, 0.01, np.random.default_rng(0))  # two degrees of freedom, where Student's t has no variance
    assert np.isfinite(choose_order([eight], scatter_known=True).weights).all()


# Bad input


def test_refused() -> None:
    law, rng = law_of(1), np.random.default_rng(0)
    one = EnergyTable("PBE", np.array([0.5]), np.array([0.0]), ("a",), np.ones(1, bool))
    with pytest.raises(
        ValueError, match=r"energies of PBE: 1 composition\(s\), a law of order 1 needs at least 7; compute more"
    ):
        fit_free_energy(one, law)
    with pytest.raises(ValueError, match="energies of PBE: 1 composition"):
        choose_order([table_of(law, 9, 0.01, rng), one])
    with pytest.raises(ValueError, match=r"6 composition\(s\), a law of order 1 needs at least 7.*declare energy_std"):
        fit_free_energy(table_of(law, 6, 0.01, rng), law)
    assert fit_free_energy(table_of(law, 4, 0.01, rng), law, energy_std=100.0).names == law.names[:-1]
    with pytest.raises(ValueError, match="energy_std must be positive, got -1"):
        fit_free_energy(table_of(law, 9, 0.01, rng), law, energy_std=-1.0)
    choice = choose_order([table_of(law_of(3), 15, 0.001, rng)])
    with pytest.raises(ValueError, match=r"order \d is admitted, but the law has order 0"):
        fit_free_energy(table_of(law, 9, 0.01, rng), law_of(0), choice=choice)


def test_orders_of_another_law_are_refused() -> None:
    table = table_of(law_of(1), 15, 0.001, np.random.default_rng(0))
    with pytest.raises(ValueError, match="the choice is of orders of redlich-kister, not of landau; leave choice out"):
        fit_free_energy(table, Landau("X", 4), choice=choose_order([table]))
    with pytest.raises(ValueError, match=r"law landau: orders \[1\] are not nested in it; take some of \[2, 3, 4\]"):
        choose_order([table], law=Landau("X", 4), orders=(1, 2))


def test_orders_of_any_nested_law_are_averaged() -> None:
    """Landau's polynomials of order 2 to 5, of a table that one of order 3 has made: the fits of each order, weighted."""
    law, rng = Landau("X", 5), np.random.default_rng(2)
    x = np.repeat(np.linspace(0, 1, 14), 2)
    energy = law.excess([0.4, -0.2], x) - 3.9 * x + 0.005 * rng.standard_normal(28) + 0.05 * np.tile([0, 1], 14)
    table = EnergyTable("A", x, energy * FARADAY, tuple(map(str, range(28))), np.ones(28, bool))
    choice = choose_order([table], law=law)
    assert (choice.kind, choice.orders, choice.best) == ("landau", (2, 3, 4, 5), 3)
    estimate = fit_free_energy(table, law, choice=choice)
    fits = [np.pad(fit_free_energy(table, Landau("X", k)).mean, (0, 5 - k)) for k in choice.orders]
    np.testing.assert_allclose(estimate.mean, np.array(estimate.provenance["orders"]["weights"]) @ fits, atol=1e-12)


def test_attraction_does_not_fit_the_ratio_coordinates() -> None:
    """A host that separates into phases: ln(−L0) has no value, and the text says what to do."""
    plain, ratio = law_of(0), law_of(0, "ratio")
    attractive = {**truth(plain), plain.interaction_names[0]: 0.06}
    table = redlich_kister_energies(plain, attractive, np.linspace(0, 1, 9), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"energies of synthetic: L0 = 0\.06 eV is attractive.*take shape='plain'"):
        fit_free_energy(table, ratio, energy_std=1.0)
    assert fit_free_energy(table, plain, energy_std=1.0).mean[1] == pytest.approx(0.06)


# Volume of a site


def test_site_volume_is_that_of_the_lowest_full_structure() -> None:
    law = SiteDensity("X")
    table = EnergyTable(
        "A",
        np.array([1.0, 1 - 1e-12, 0.5]),
        np.array([0.0, -1.0, -9.0]),
        tuple("abc"),
        np.ones(3, bool),
        np.array([1e-5, 2e-5, 3e-5]),
    )
    estimate = fit_site_volume(table, law)
    assert law.maximum_concentration(dict(zip(estimate.names, estimate.mean, strict=True))) == pytest.approx(5e4)
    assert (estimate.provenance["structure"], dict(estimate.factors)) == ("b", {})
    with pytest.raises(ValueError, match="no volumes; name their column with volume_column"):
        fit_site_volume(replace(table, volume=None), law)
    with pytest.raises(ValueError, match="no structure at x = 1"):
        fit_site_volume(replace(table, x=np.array([0.0, 0.2, 0.5])), law)
    with pytest.raises(ValueError, match="volume of 'b' is not positive"):
        fit_site_volume(replace(table, volume=np.array([1.0, 0.0, 1.0])), law)
