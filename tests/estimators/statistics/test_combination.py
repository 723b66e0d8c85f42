"""Linear combinations of estimates: the covariance is that of the Joint, and labels outlive the combination."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.estimators.statistics.combination import combine


def estimate(name: str, rng: np.random.Generator, labels: tuple[str, ...]) -> Estimate:
    """One coefficient with an error of its own and some members of a committee."""
    own = Estimate.from_covariance((name,), rng.normal(size=1), [[rng.uniform(0.1, 2)]], source=f"{name} (sampling)")
    return own.add_source("potential", Factor(rng.normal(size=(1, len(labels))), labels))


@given(seed=st.integers(0, 10**6), n=st.integers(1, 5), n_new=st.integers(1, 3))
def test_covariance_is_that_of_the_joint(seed: int, n: int, n_new: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [estimate(f"x{k}", rng, ("A", "B", "C")[: 1 + k % 3]) for k in range(n)]
    weights = rng.normal(size=(n_new, n))
    names = [f"y{k}" for k in range(n_new)]
    made = combine(parts, weights, names, np.zeros(n_new), method="test")
    np.testing.assert_allclose(made.covariance, weights @ Joint(parts).covariance @ weights.T, rtol=1e-9, atol=1e-12)


def test_labels_still_align_with_other_estimates() -> None:
    """A mean of two temperatures stays correlated, member by member, with a third quantity of the same potentials."""
    rng = np.random.default_rng(1)
    parts = [estimate(name, rng, ("A", "B")) for name in "pqr"]
    mean = combine(parts[:2], [[0.5, 0.5]], ["mean"], [0.0], method="test")
    whole = Joint(parts).covariance
    assert Joint([mean, parts[2]]).covariance[0, 1] == pytest.approx((whole[0, 2] + whole[1, 2]) / 2)


def test_the_same_coefficient_may_come_from_several() -> None:
    parts = [Estimate.from_covariance(("x",), [k], [[1.0]], source=f"fit {k}") for k in range(4)]
    mean = combine(parts, np.full((1, 4), 0.25), ["x"], [1.5], method="mean of members")
    assert mean.std[0] == pytest.approx(0.5)
    assert [part["names"] for part in mean.provenance["parts"]] == [["x"]] * 4


def test_a_uniform_germ_stays_uniform() -> None:
    germ = Estimate(("x",), np.array([1.0]), {"range": Factor(np.array([[0.5]]), ("u",), "uniform")})
    assert combine([germ], [[2.0]], ["y"], [2.0], method="").factors["range"].family == "uniform"
    normal = Estimate.from_covariance(("z",), [0.0], [[1.0]], source="range")
    with pytest.raises(ValueError, match="germ family"):
        combine([germ, normal], [[1.0, 1.0]], ["y"], [1.0], method="")


def test_refused() -> None:
    parts = [Estimate.from_covariance((name,), [0.0], [[1.0]], source="MD") for name in "ab"]
    with pytest.raises(ValueError, match=r"shape \(1, 3\), expected \(1, 2\)"):
        combine(parts, np.ones((1, 3)), ["y"], [0.0], method="")
    with pytest.raises(ValueError, match="no label in common"):
        combine(parts, np.ones((1, 2)), ["y"], [0.0], method="")
    assert combine(parts, np.ones((1, 2)), ["y"], [0.0], method="", independent=["MD"]).std[0] == pytest.approx(np.sqrt(2))
