"""Committees: the spread of the members is one source, predictive, aligned by member across all that they computed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.estimate import Estimate, Joint
from a2c_pybamm.estimators.statistics.committee import combine_members, predictive_factor
from a2c_pybamm.estimators.statistics.declared_estimate import declare
from a2c_pybamm.estimators.thermodynamics.free_energy_fit import fit_free_energy
from a2c_pybamm.laws import RedlichKister
from a2c_pybamm.synthetic import redlich_kister_energies

SOURCE = "potential (model form)"
F3 = 2.534880978778
"""Predictive factor of three members at 95 %: √(4/3) · 4.302653/1.959964."""


def member(values: np.ndarray, std: float, label: str, names: tuple[str, ...] = ("a", "b", "c")) -> Estimate:
    return declare(names, values, std=std, source=f"fit {label}", reason="test")


def committee(values: np.ndarray, std: float = 0.1, names: tuple[str, ...] = ("a", "b", "c")) -> Estimate:
    """Members A, B, … with these values (n_member, n_coefficient)."""
    labels = "ABCDEFGH"[: len(values)]
    return combine_members({label: member(v, std, label, names) for label, v in zip(labels, values, strict=True)})


@given(st.integers(2, 8), st.integers(0, 10**6))
def test_mean_spread_and_rank(K: int, seed: int) -> None:
    """The spread is f² times the unbiased sample covariance, of rank K − 1; the members' own errors are those of a mean."""
    values = np.random.default_rng(seed).normal(size=(K, 3)) * [1e-8, 1.0, 1e5]
    made = committee(values)
    np.testing.assert_allclose(made.mean, values.mean(axis=0), rtol=1e-12)
    spread = made.factors[SOURCE]
    assert spread.labels == tuple("ABCDEFGH"[:K])
    std = values.std(axis=0, ddof=1) * np.sqrt(1 + 1 / K) * t.ppf(0.975, K - 1) / norm.ppf(0.975)
    np.testing.assert_allclose(spread.values @ spread.values.T / np.outer(std, std), np.corrcoef(values.T), atol=1e-10)
    assert Joint([made.map(made.names, made.mean, np.eye(3))]).factors[SOURCE].values.shape[1] == min(K - 1, 3)
    own = sum(f.values @ f.values.T for s, f in made.factors.items() if s != SOURCE)
    np.testing.assert_allclose(own, np.eye(3) * 0.01 / K, atol=1e-12)


def test_by_hand() -> None:
    """Members at 1, 2 and 6: mean 3, standard deviation √7 times f; each member's own 0.3 makes 0.3/√3 in the mean."""
    made = committee(np.array([[1.0], [2.0], [6.0]]), 0.3, ("a",))
    assert made.mean[0] == pytest.approx(3)
    np.testing.assert_allclose(made.factors[SOURCE].values, np.array([[-2.0, -1.0, 3.0]]) / np.sqrt(2) * F3)
    assert made.covariance[0, 0] == pytest.approx(7 * F3**2 + 0.03)


@pytest.mark.parametrize(
    ("K", "level", "factor"),
    [(3, 0.6827, 1.5257), (3, 0.95, 2.5349), (2, 0.95, 7.9399), (5, 0.95, 1.5518), (8, 0.95, 1.2796), (8, 0.6827, 1.1420)],
)
def test_predictive_factors(K: int, level: float, factor: float) -> None:
    """√(1+1/K) times Student's quantile over the normal one, of printed tables (t₂: 1.3213 and 4.3027; t₁: 12.706)."""
    assert predictive_factor(K, level) == pytest.approx(factor, abs=1e-4)


def coverage(K: int, matched: float) -> dict[float, float]:
    """Share of further members within the emitted 68.27 and 95 % intervals: 2000 committees, a coefficient each."""
    n = 2000
    rng = np.random.default_rng(K)
    centre, width = rng.normal(0, 10, n), rng.lognormal(0, 1, n)
    drawn = centre + width * rng.standard_normal((K + 1, n))
    distance = np.empty(n)
    for part in np.array_split(np.arange(n), 20):  # the weights of all coefficients at once would be a large matrix
        names = tuple(map(str, part))
        made = combine_members({str(k): Estimate(names, drawn[k, part], {}) for k in range(K)}, level=matched)
        distance[part] = np.abs(drawn[K, part] - made.mean) / made.std
    return {level: float(np.mean(distance <= norm.ppf((1 + level) / 2))) for level in (0.6827, 0.95)}


@pytest.mark.parametrize(("K", "matched"), [(K, level) for K in (3, 5, 8) for level in (0.6827, 0.95)])
def test_a_further_member_is_in_the_interval_as_often_as_it_says(K: int, matched: float) -> None:
    """At the matched level within three standard errors; at the other, Student's distribution says how far off it is.

    Three members: matched at 95 % the 68 % interval holds 84 %, matched at 68 % the 95 % interval holds 87.7 %. Without the
    factor both are too narrow: 52 and 77 %.
    """
    found = coverage(K, matched)
    for level, share in found.items():
        reach = predictive_factor(K, matched) * norm.ppf((1 + level) / 2) / np.sqrt(1 + 1 / K)
        expected = 2 * t.cdf(reach, K - 1) - 1
        assert abs(share - expected) < 3 * np.sqrt(expected * (1 - expected) / 2000)
        if level == matched:
            assert expected == pytest.approx(level, abs=1e-9)
    bare = [2 * t.cdf(norm.ppf((1 + level) / 2) / np.sqrt(4 / 3), 2) - 1 for level in (0.6827, 0.95)]
    assert bare == pytest.approx([0.52, 0.77], abs=0.005)


def test_quantities_of_one_committee_are_correlated_member_by_member() -> None:
    """Two quantities, members in another order, one member missing from the second; its spread has its own K and f."""
    voltage = combine_members({k: member([v], 0.0, f"V {k}", ("V",)) for k, v in {"A": 1.0, "B": 2.0, "C": 6.0}.items()})
    barrier = combine_members({k: member([v], 0.0, f"E {k}", ("E",)) for k, v in {"C": 0.5, "A": 0.1}.items()})
    covariance = Joint([voltage, barrier]).covariance
    f2 = np.sqrt(3 / 2) * 12.7062047364 / 1.95996398454
    expected = (-2 * -0.2 + 3 * 0.2) / np.sqrt(2) / np.sqrt(1) * F3 * f2
    assert covariance[0, 1] == pytest.approx(expected)
    np.testing.assert_allclose(np.diag(covariance), [7.0 * F3**2, 0.08 * f2**2])


def test_fits_of_members_stay_independent_even_if_all_are_labelled_alike() -> None:
    """Three sets of energies that a user calls "DFT": the mean of three fits has a third of one fit's variance."""
    law, rng = RedlichKister("X", 0), np.random.default_rng(0)
    c = dict(zip(law.names, [3.9, -0.5, 0.0], strict=True))
    x = np.linspace(0, 1, 7)
    tables = [redlich_kister_energies(law, c, x, rng=rng, energy_std=0.01 * FARADAY, label="DFT") for _ in range(3)]
    fits = {name: fit_free_energy(table, law, energy_std=0.01 * FARADAY) for name, table in zip("ABC", tables, strict=True)}
    own = combine_members(fits).factors["X energies (fit)"]
    one = fits["A"].factors["X energies (fit)"]
    np.testing.assert_allclose(own.values @ own.values.T, one.values @ one.values.T / 3, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(
    ("K", "error", "flag"),
    [(2, 0.7071, "hardly known"), (3, 0.5, "hardly known"), (7, 0.2887, "hardly known (fewer than eight"), (8, 0.2673, "est")],
)
def test_what_is_reported(K: int, error: float, flag: str) -> None:
    report = committee(np.arange(3.0 * K).reshape(K, 3)).provenance["committee"]
    assert report["relative error of its std"] == pytest.approx(error, abs=1e-4)
    assert report["correlations"].startswith(flag)
    assert report["members"] == list("ABCDEFGH"[:K])
    assert report["matched level"] == 0.95
    assert report["predictive factor"] == pytest.approx(np.sqrt(1 + 1 / K) * t.ppf(0.975, K - 1) / 1.95996398454)
    assert report["values"]["B"] == [3.0, 4.0, 5.0]


@pytest.mark.parametrize("K", [5, 9, 20])
def test_relative_error_of_a_spread(K: int) -> None:
    """1/√(2(K−1)) against 20 000 committees of normal members: right to 10 % from five members on."""
    std = np.random.default_rng(K).normal(size=(20_000, K)).std(axis=1, ddof=1)
    assert std.std() / std.mean() == pytest.approx(1 / np.sqrt(2 * (K - 1)), rel=0.1)


def test_refused() -> None:
    one = member(np.zeros(3), 0.1, "A")
    with pytest.raises(ValueError, match=r"committee of 1 member\(s\) \(CHGNet\) has no spread; give at least two"):
        combine_members({"CHGNet": one})
    with pytest.raises(ValueError, match=r"'B' estimates .* members share one law and one order"):
        combine_members({"A": one, "B": member(np.zeros(3), 0.1, "B", ("a", "b", "d"))})
    for level in (0.5, 1.0, float("nan")):
        with pytest.raises(ValueError, match=r"committee: level is .*; give the probability of the interval to match"):
            combine_members({"A": one, "B": one}, level=level)
