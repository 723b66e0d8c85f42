"""Spectral projection: what its rules integrate, exact moments, and what it refuses."""

import numpy as np
import pytest

from a2c_pybamm import Estimate, Factor, Joint
from a2c_pybamm.propagation import PolynomialChaos, from_function, propagate, sensitivity_indices, to_chaospy
from a2c_pybamm.propagation.germ_basis import total_degree
from a2c_pybamm.propagation.methods.spectral_projection import SpectralProjection, gauss_rule
from a2c_pybamm.propagation.problem import match

ISHIGAMI_VARIANCE = 13.844587940719254


def mixed_joint(n: int, families: str = "nu") -> Joint:
    """Coefficients of zero mean, each with its own germ: normal or uniform in turn, std 1."""
    estimates = []
    for k in range(n):
        family = "uniform" if families[k % len(families)] == "u" else "normal"
        factor = Factor(np.ones((1, 1)), (f"germ {k}",), family)
        estimates.append(Estimate((f"c{k}",), np.zeros(1), {f"source {k}": factor}))
    return Joint(estimates)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("families", "level", "n_node"),
    [("n", 5, 6), ("u", 12, 13), ("nu", 3, 16), ("nun", 4, 125), ("nnnn", 3, 137), ("nunun", 3, 241), ("uuuuuu", 2, 85)],
)
def test_rule_integrates_its_degree_exactly(families: str, level: int, n_node: int) -> None:
    """Every orthonormal polynomial up to total degree 2 level + 1 has mean 0, the constant 1; each node comes once."""
    names = tuple("uniform" if f == "u" else "normal" for f in families)
    nodes, weights = gauss_rule(names, level)  # type: ignore[arg-type]
    assert nodes.shape == (n_node, len(names))
    distance = np.abs(nodes[:, None] - nodes[None]).max(axis=2) + 10 * np.eye(n_node)
    assert distance.min() > 1e-3
    means = weights @ total_degree(names, 2 * level + 1).evaluate(nodes)  # type: ignore[arg-type]
    np.testing.assert_allclose(means, np.eye(len(means))[0], atol=1e-12 * np.abs(weights).sum())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "order", "families"), [(1, 4, "n"), (2, 3, "nu"), (3, 3, "un"), (4, 2, "nu"), (5, 3, "u"), (6, 2, "n")]
)
def test_polynomials_have_exact_moments_and_agree_with_least_squares(n: int, order: int, families: str) -> None:
    joint = mixed_joint(n, families)
    names = tuple("uniform" if families[k % len(families)] == "u" else "normal" for k in range(n))
    basis = total_degree(names, order)  # type: ignore[arg-type]
    truth = np.random.default_rng(n).standard_normal((len(basis), 2)) + np.array([[1e3, 0.0]])
    model = from_function(lambda s: basis.evaluate(s) @ truth, joint.names, outputs=("x", "y"))
    found = propagate(model, joint, SpectralProjection(order), PolynomialChaos(order), rng=rng())
    for k, output in enumerate(("x", "y")):
        np.testing.assert_allclose(found[f"{output}_mean"], truth[0, k], rtol=1e-10, atol=1e-9)
        np.testing.assert_allclose(found[f"{output}_var"], (truth[1:, k] ** 2).sum(), rtol=1e-8)
        np.testing.assert_allclose(found[f"{output}_q2"], 1, atol=1e-10)
        np.testing.assert_allclose(found[f"{output}_share"][0], found[f"{output}_share"][1], atol=1e-8)
        assert found[f"{output}_error"][0] < 1e-8


@pytest.mark.slow
def test_ishigami_variance_to_six_digits() -> None:
    """Smooth and far from a polynomial of low degree: errors fall by orders of magnitude with the order."""
    joint = mixed_joint(3, "u")

    def ishigami(samples: np.ndarray) -> np.ndarray:
        x = samples * np.pi / np.sqrt(3)
        return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])

    methods = SpectralProjection(10), SpectralProjection(14, n_held_out=30)
    found = propagate(from_function(ishigami, joint.names), joint, *methods, rng=rng())
    assert found.output_var.values[1] == pytest.approx(ISHIGAMI_VARIANCE, rel=1e-6)
    assert found.output_mean.values[1] == pytest.approx(3.5, rel=1e-6)
    assert abs(found.output_var.values[0] - ISHIGAMI_VARIANCE) < 2e-3
    first = [0.31390519114781146, 0.44241114479004084, 0.0]  # of the analytic partial variances
    np.testing.assert_allclose(found.output_share.values[1], first, atol=1e-6)


def test_level_above_the_order_finds_lower_coefficients_of_higher_polynomials() -> None:
    """He4 is mistaken for He2 by the rule of level 2 (exact to degree 5), not by that of level 3 (exact to 7)."""
    joint = mixed_joint(1, "n")
    model = from_function(lambda s: s[:, 0] ** 4, joint.names)
    methods = SpectralProjection(2), SpectralProjection(2, level=3)
    found = propagate(model, joint, *methods, rng=rng())
    assert list(found.approach.values) == ["projection of order 2", "projection of order 2, level 3"]
    assert found.output_var.values[1] == pytest.approx(72)  # x⁴ = He4 + 6 He2 + 3
    assert found.output_var.values[0] == pytest.approx(18)  # at three nodes x⁴ = 3 x²
    assert found.output_q2.values[1] < 1


def test_elements_behind_a_cut_off_are_left_out_and_the_expansion_is_kept() -> None:
    joint = mixed_joint(2, "n")

    def runs_out(samples: np.ndarray) -> np.ndarray:
        values = samples[:, :1] + samples[:, 1:] * np.arange(1.0, 5.0)
        values[samples[:, 0] > 1.0, 3:] = np.nan
        return values

    model = from_function(runs_out, joint.names)
    found = propagate(model, joint, SpectralProjection(2), rng=rng())
    np.testing.assert_allclose(found.output_std.values[0, :3], np.sqrt(1 + np.arange(1.0, 4.0) ** 2))
    assert np.isnan(found.output_std.values[0, 3])
    assert 0 < found.output_running.values[0, 3] < 1
    assert found.exponent.attrs["approach"] == "projection of order 2"
    indices = sensitivity_indices(found, "output")
    np.testing.assert_allclose(indices["shapley"].values[:, 0], [0.5, 0.5], atol=1e-10)
    polynomial, _ = to_chaospy(found, "output")
    np.testing.assert_allclose(np.asarray(polynomial(0.3, 0.4))[:3], 0.3 + 0.4 * np.arange(1.0, 4.0), atol=1e-12)


@pytest.mark.slow
def test_solves_are_as_planned() -> None:
    for n, settings in ((2, SpectralProjection(3)), (4, SpectralProjection(3)), (3, SpectralProjection(5, n_held_out=12))):
        joint = mixed_joint(n)
        model = from_function(lambda s: s.sum(axis=1), joint.names)
        problem = match(model, joint, max_failed=0.05, progress=None)
        found = propagate(model, joint, settings, rng=rng())
        assert found.n_solves[0] == settings.planned(problem)


def test_what_is_refused() -> None:
    joint = mixed_joint(7)
    model = from_function(lambda s: s.sum(axis=1), joint.names)
    for ask in (SpectralProjection().planned, lambda p: SpectralProjection().run(p, rng())):
        with pytest.raises(ValueError, match=r"7 germs.*take PolynomialChaos"):
            ask(match(model, joint, max_failed=0.05, progress=None))
    for make, message in (
        (lambda: SpectralProjection(0), "order is 0"),
        (lambda: SpectralProjection(3, level=2), "at least the order"),
        (lambda: SpectralProjection(n_held_out=5), "at least 10"),
    ):
        with pytest.raises(ValueError, match=message):
            make()


def test_failed_node_is_an_error_and_failed_fresh_point_is_not() -> None:
    joint = mixed_joint(2, "n")
    nodes, _ = gauss_rule(("normal", "normal"), 2)
    corner = from_function(lambda s: np.where((s > 1.7).all(axis=1), np.nan, s[:, 0]), joint.names)
    with pytest.raises(ValueError, match=r"1 of 9 nodes failed.*PolynomialChaos"):
        propagate(corner, joint, SpectralProjection(2), rng=rng(), max_failed=0.5)

    def fails_off_nodes(samples: np.ndarray) -> np.ndarray:
        off = np.abs(samples[:, None] - nodes[None]).max(axis=2).min(axis=1) > 1e-9
        return np.where(off & (samples[:, 0] > 0.5), np.nan, samples[:, 0])

    found = propagate(from_function(fails_off_nodes, joint.names), joint, SpectralProjection(2), rng=rng(), max_failed=0.5)
    assert found.n_failed[0] > 0
    assert found.output_std[0] == pytest.approx(1)
    off_all = from_function(lambda s: np.where(np.isin(s.round(6), nodes.round(6)).all(axis=1), s[:, 0], np.nan), joint.names)
    with pytest.raises(ValueError, match="0 fresh points"):
        propagate(off_all, joint, SpectralProjection(2), rng=rng(), max_failed=0.9)
