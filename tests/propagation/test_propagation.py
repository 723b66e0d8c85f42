"""Propagation: identities, exact values, failures, cut-offs, verdicts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import chaospy
import numpy as np
import pytest
import xarray as xr

from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.files import read_result, write_result
from a2c_pybamm.formatting import percent
from a2c_pybamm.propagation import (
    AdaptiveChaos,
    FirstOrder,
    MonteCarlo,
    PolynomialChaos,
    from_function,
    propagate,
    reweight,
)
from a2c_pybamm.propagation.answer import Recommendation, Status
from a2c_pybamm.propagation.germ_basis import germ_distribution, sobol_germ, total_degree
from a2c_pybamm.propagation.verdict import read_recommendation
from tests.result_edits import datasets

FIRST, CHAOS, SAMPLING = "first order", "chaos of order 2", "sampling"


def names_of(n: int) -> tuple[str, ...]:
    return tuple(f"c{k}" for k in range(n))


def two_source_joint(n: int, rank: int, seed: int) -> Joint:
    """A joint of n coefficients: one source of this rank moves all of them, another the last one."""
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((n, rank)) * 10.0 ** rng.uniform(-3, 3, (n, 1))
    estimate = Estimate.from_covariance(names_of(n), rng.standard_normal(n), root @ root.T, source="data/fit")
    own = np.zeros((n, 1))
    own[-1] = 0.3
    return Joint([estimate.add_source("model form", Factor(own, ("offset",)))])


def independent_joint(n: int, family: str = "normal", scale: float = 1.0) -> Joint:
    factor = [Factor(np.array([[scale]]), (k,), family) for k in names_of(n)]  # type: ignore[arg-type]
    return Joint([Estimate((k,), np.zeros(1), {k: f}) for k, f in zip(names_of(n), factor, strict=True)])


def at(dataset: xr.DataTree, name: str, method: str) -> np.ndarray:
    return dataset[name].sel(approach=method).values


@pytest.mark.parametrize(("n", "rank"), [(1, 1), (2, 1), (3, 3), (5, 2), (8, 8)])
def test_linear_output_has_exact_variance_and_shares(n: int, rank: int) -> None:
    joint = two_source_joint(n, rank, seed=n)
    slopes = np.random.default_rng(5).standard_normal(n) / joint.std
    model = from_function(lambda s: 3.7 + (s - joint.mean) @ slopes, joint.names)
    found = propagate(model, joint, FirstOrder(), PolynomialChaos(order=1), MonteCarlo(500), rng=np.random.default_rng(2))
    exact = slopes @ joint.covariance @ slopes
    shares = [((slopes @ f.values) ** 2).sum() / exact for f in joint.factors.values()]
    for method in (FIRST, "chaos of order 1"):
        np.testing.assert_allclose(at(found, "output/var", method), exact, rtol=1e-11)
        np.testing.assert_allclose(at(found, "output/mean", method), 3.7, rtol=1e-12)
        np.testing.assert_allclose(at(found, "output/share", method), shares, atol=1e-11)
        assert at(found, "output/error", method) < 1e-9
    assert abs(at(found, "output/mean", SAMPLING) - 3.7) < 4 * at(found, "output/mean_se", SAMPLING)
    assert abs(at(found, "output/var", SAMPLING) / exact - 1) < 4 * 2 * at(found, "output/error", SAMPLING)
    # shares divide fitted by fitted variance: no sampling noise is left for a linear output
    np.testing.assert_allclose(at(found, "output/share", SAMPLING), shares, atol=1e-9)
    np.testing.assert_allclose(at(found, "output/gradient", FIRST)[joint.std > 0], slopes, rtol=1e-9)


@pytest.mark.parametrize(("n", "rank"), [(1, 1), (2, 1), (3, 2), (4, 4)])
def test_chaos_of_order_two_has_exact_moments_of_a_quadratic(n: int, rank: int) -> None:
    joint = two_source_joint(n, rank, seed=10 + n)
    rng = np.random.default_rng(3)
    b = rng.standard_normal(n) / joint.std
    h = rng.standard_normal((n, n)) / np.outer(joint.std, joint.std)
    h = h + h.T

    def quadratic(samples: np.ndarray) -> np.ndarray:
        d = samples - joint.mean
        return 1 + d @ b + np.einsum("ni,ij,nj->n", d, h, d) / 2

    model = from_function(quadratic, joint.names)
    found = propagate(model, joint, PolynomialChaos(order=2), MonteCarlo(2000), rng=np.random.default_rng(4))
    bend = h @ joint.covariance
    mean = 1 + np.trace(bend) / 2
    var = b @ joint.covariance @ b + np.trace(bend @ bend) / 2
    assert at(found, "output/mean", CHAOS) == pytest.approx(mean, rel=1e-10)
    assert at(found, "output/var", CHAOS) == pytest.approx(var, rel=1e-10)
    for source, factor in joint.factors.items():
        a = factor.values
        inner = a.T @ h @ a
        share = (((b @ a) ** 2).sum() + (inner**2).sum() / 2) / var
        row = found.sel({"source": source})
        assert at(row, "output/share", CHAOS) == pytest.approx(share, abs=1e-9)
        assert abs(at(row, "output/share", SAMPLING) - share) < 4 * at(row, "output/share_se", SAMPLING) + 1e-9
    assert abs(at(found, "output/mean", SAMPLING) - mean) < 3 * at(found, "output/mean_se", SAMPLING)
    assert abs(at(found, "output/std", SAMPLING) / np.sqrt(var) - 1) < 3 * at(found, "output/error", SAMPLING)


@pytest.mark.parametrize("covariance", [-0.5, 0.0, 0.9])
def test_variance_has_the_cross_term(covariance: float) -> None:
    """A voltage that depends on ln D and t: sensitivities of both signs, covariance of both signs."""
    s_d, s_t, var_d, var_t = -0.03, 0.2, 1.0, 1.0
    joint = Joint(
        [Estimate.from_covariance(("ln D", "t"), [-32, 0.3], [[var_d, covariance], [covariance, var_t]], source="MD")]
    )
    model = from_function(lambda s: 3.8 + s_d * (s[:, 1] + 32) + s_t * (s[:, 0] - 0.3), ("t", "ln D"), outputs={"V": "V"})
    found = propagate(model, joint, FirstOrder(), PolynomialChaos(), MonteCarlo(2000), rng=np.random.default_rng(1))
    exact = s_d**2 * var_d + s_t**2 * var_t + 2 * s_d * s_t * covariance
    np.testing.assert_allclose(found["V"]["var"][:2], exact, rtol=1e-9)
    assert abs(at(found, "V/std", SAMPLING) / np.sqrt(exact) - 1) < 3 * at(found, "V/error", SAMPLING)
    assert found["V"]["std"].attrs["units"] == "V"


def test_correlated_linear_sum_of_three() -> None:
    """Y = X1 + X2 + X3, σ3 = 2, ρ23 = 0.5: X1 alone makes 1/8 of the variance, the correlated pair the rest."""
    first = Estimate.from_covariance(("x1",), [0], [[1]], source="one")
    pair = Estimate.from_covariance(("x2", "x3"), [0, 0], [[1, 1], [1, 4]], source="pair")
    model = from_function(lambda s: s.sum(axis=1), ("x3", "x1", "x2"))
    found = propagate(
        model, Joint([first, pair]), FirstOrder(), PolynomialChaos(), MonteCarlo(400), rng=np.random.default_rng(0)
    )
    np.testing.assert_allclose(found["output"]["share"], [[0.125, 0.875]] * 3, atol=1e-10)
    np.testing.assert_allclose(found["output"]["var"][:2], 8, rtol=1e-11)


def test_ishigami_variance_with_uniform_germs() -> None:
    def ishigami(s: np.ndarray) -> np.ndarray:
        return np.sin(s[:, 0]) + 7 * np.sin(s[:, 1]) ** 2 + 0.1 * s[:, 2] ** 4 * np.sin(s[:, 0])

    joint = independent_joint(3, "uniform", np.pi / np.sqrt(3))
    model = from_function(ishigami, joint.names)
    found = propagate(model, joint, PolynomialChaos(order=10), MonteCarlo(2000), rng=np.random.default_rng(1))
    assert found["output"]["var"][0] == pytest.approx(13.844587940719254, rel=1e-3)
    assert found["output"]["q2"][0] > 0.999
    np.testing.assert_allclose(found["output"]["share"][0], [0.31390519, 0.44241114, 0], atol=1e-3)
    # degree 3 in each germ cannot hold 7 sin²: sampling's own std does not depend on it
    assert abs(found["output"]["std"][1] / np.sqrt(13.844587940719254) - 1) < 3 * found["output"]["error"][1]


def test_otl_circuit_with_uniform_germs() -> None:
    low, high = np.array([[50, 25, 0.5, 1.2, 0.25, 50], [150, 70, 3, 2.5, 1.2, 300]])
    scale = (high - low) / np.sqrt(12)

    def circuit(s: np.ndarray) -> np.ndarray:
        b1, b2, f, c1, c2, beta = s.T
        load = beta * (c2 + 9)
        return (12 * b2 / (b1 + b2) + 0.74) * load / (load + f) + 11.35 * f / (load + f) + 0.74 * f * load / ((load + f) * c1)

    joint = Joint(
        [
            Estimate((k,), np.array([m]), {k: Factor(np.array([[w]]), ("range",), "uniform")})
            for k, m, w in zip(names_of(6), (low + high) / 2, scale, strict=True)
        ]
    )
    found = propagate(from_function(circuit, joint.names), joint, PolynomialChaos(order=3), rng=np.random.default_rng(0))
    assert found["output"]["mean"][0] == pytest.approx(5.434054096155, rel=1e-3)
    assert found["output"]["std"][0] == pytest.approx(1.143201365485, rel=3e-3)


def test_uniform_germ_quantiles_are_uniform() -> None:
    joint = independent_joint(1, "uniform")
    model = from_function(lambda s: s[:, 0], joint.names)
    methods = FirstOrder(), PolynomialChaos(order=1), MonteCarlo(4000)
    found = propagate(model, joint, *methods, rng=np.random.default_rng(0))
    exact = np.sqrt(3) * (2 * found["level"].values - 1)
    np.testing.assert_allclose(found["output"]["quantile"][:2], [exact] * 2, atol=5e-3)
    np.testing.assert_allclose(found["output"]["quantile"][2], exact, atol=5 * np.sqrt(3) / np.sqrt(4000))


@pytest.mark.parametrize("families", [("normal",), ("uniform", "normal"), ("normal", "uniform", "normal")])
def test_basis_is_chaospys_expansion(families: tuple[str, ...]) -> None:
    germ = sobol_germ(50, families, np.random.default_rng(1))  # type: ignore[arg-type]
    expansion = chaospy.generate_expansion(3, germ_distribution(families), normed=True)  # type: ignore[arg-type]
    ours = total_degree(families, 3).evaluate(germ)  # type: ignore[arg-type]
    np.testing.assert_allclose(ours, expansion(*germ.T).T, rtol=1e-9, atol=1e-10)


def test_names_are_matched_and_unused_coefficients_not_passed() -> None:
    joint = two_source_joint(4, 3, seed=8)
    seen = []

    def function(s: np.ndarray) -> np.ndarray:
        seen.append(s.shape[1])
        return np.exp(0.1 * (s[:, 0] - joint.mean[2]) / joint.std[2]) + (s[:, 1] - joint.mean[0]) / joint.std[0]

    methods = FirstOrder(), PolynomialChaos(order=3)
    one = propagate(from_function(function, ("c2", "c0")), joint, *methods, rng=np.random.default_rng(1))
    two = propagate(from_function(lambda s: function(s[:, ::-1]), ("c0", "c2")), joint, *methods, rng=np.random.default_rng(1))
    assert set(seen) == {2}
    np.testing.assert_allclose(one["output"]["std"], two["output"]["std"], rtol=1e-4)
    assert at(one, "output/share", FIRST)[1] == 0  # the model form moves only c3
    with pytest.raises(ValueError, match="'c9' is not in the joint"):
        propagate(from_function(function, ("c2", "c9")), joint, *methods, rng=np.random.default_rng(1))


def test_germ_is_no_larger_than_what_the_model_feels() -> None:
    """Five correlated coefficients are five germs; a model of one of them has one, so order 2 has three terms."""
    joint = two_source_joint(5, 5, seed=2)
    found = propagate(from_function(lambda s: s[:, 0], ("c1",)), joint, PolynomialChaos(2), rng=np.random.default_rng(0))
    assert found.n_solves[0] == 2 * 3 + 30
    assert found["output"]["std"][0] == pytest.approx(joint.std[1], rel=1e-11)
    assert found["output"]["share"][0].values.tolist() == [1, 0]


def test_results_do_not_depend_on_the_root_of_the_covariance() -> None:
    """Any rotation of a source's germs is the same source."""
    rng = np.random.default_rng(6)
    root = rng.standard_normal((3, 3))
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    model = from_function(lambda s: s[:, 0] * s[:, 1] + np.sin(s[:, 2]) + s[:, 0], names_of(3))
    found = [
        propagate(
            model,
            Joint([Estimate(names_of(3), np.ones(3), {"fit": Factor(r, ("a", "b", "c"))}).add_source("other", other)]),
            FirstOrder(),
            PolynomialChaos(order=2),
            MonteCarlo(300),
            rng=np.random.default_rng(1),
        )
        for r in (root, root @ turn)
        for other in [Factor(np.array([[0.0], [0.2], [0.1]]), ("o",))]
    ]
    for name in ("output/mean", "output/std", "output/share", "output/error", "output/quantile", "output/nonlinear_share"):
        np.testing.assert_allclose(found[0][name], found[1][name], rtol=1e-8, atol=1e-10, err_msg=name)


def test_shares_of_all_methods_agree_on_a_nonlinear_function() -> None:
    joint = independent_joint(3, scale=0.3)
    model = from_function(lambda s: np.exp(s[:, 0]) + 1.5 * np.sin(s[:, 1]) + 0.8 * s[:, 1] * s[:, 2] + s[:, 2], names_of(3))
    methods = FirstOrder(), PolynomialChaos(order=3), MonteCarlo(3000)
    found = propagate(model, joint, *methods, rng=np.random.default_rng(7))
    first, chaos, sampling = found["output"]["share"].values
    error = found["output"]["share_se"].values[2]
    assert (error > 0).all()
    assert (error < 0.03).all()
    # Student's quantile of seven degrees of freedom for 0.1 %, 5.4, over the factor 1.21 that the errors have
    assert (np.abs(sampling - chaos) < 4.5 * error).all()
    assert (np.abs(first - chaos) < 0.05).all()
    assert chaos.sum() < 1  # the product belongs to no single source
    v = 0.09
    exact = np.array(
        [np.exp(v) * (np.exp(v) - 1), 1.5**2 * (1 - np.exp(-2 * v)) / 2, v]  # Var e^x, Var sin x, Var x
    )
    np.testing.assert_allclose(chaos, exact / (exact.sum() + (0.8 * v) ** 2), atol=2e-3)


def running_voltage(samples: np.ndarray) -> dict[str, np.ndarray]:
    """A voltage on five times, cut off early where the second coefficient is high."""
    voltage = 4 - 0.1 * np.arange(5.0) + 0.05 * samples[:, :1]
    return {"V": np.where(np.arange(5) < 4 - 2 * (samples[:, 1:] > 1), voltage, np.nan), "end": samples[:, 1]}


def test_cut_offs_never_leak() -> None:
    joint = independent_joint(2)
    model = from_function(running_voltage, joint.names, outputs={"V": "V", "end": "s"})
    found = propagate(model, joint, FirstOrder(), PolynomialChaos(), MonteCarlo(1000), rng=np.random.default_rng(0))
    draws = found["draws"]["coefficients"].values
    on = draws[:, 1] <= 1
    assert at(found, "V/running_fraction", SAMPLING).tolist() == [1, 1, on.mean(), on.mean(), 0]
    mean = at(found, "V/mean", SAMPLING)
    assert mean[3] == pytest.approx(3.7 + 0.05 * draws[on, 0].mean())
    assert at(found, "V/std", SAMPLING)[3] == pytest.approx(0.05 * draws[on, 0].std(), rel=2e-3)
    assert np.isfinite(at(found, "V/quantile", SAMPLING)).all(axis=0).tolist() == [True] * 4 + [False]
    assert np.isfinite(at(found, "V/share", SAMPLING)).all(axis=0).tolist() == [True, True, False, False, False]
    for name in ("mean", "std", "error", "q2"):
        assert np.isfinite(at(found, f"V/{name}", CHAOS)).tolist() == [True, True, False, False, False]
    np.testing.assert_allclose(at(found, "V/std", FIRST)[:4], 0.05)
    assert np.isnan(at(found, "V/mean", FIRST)[4])
    assert (found.n_failed == 0).all()
    assert "V/verdict" not in found
    assert "end_running" not in found


def test_failures_are_left_out_counted_and_listed() -> None:
    joint = independent_joint(2)

    def function(s: np.ndarray) -> np.ndarray:
        return np.where(s[:, 0] > 2, np.nan, s[:, 0] + 2 * s[:, 1])

    model = from_function(function, joint.names)
    # a design that meets one of the failing 2.3 %
    found = propagate(model, joint, PolynomialChaos(1, n_held_out=300), MonteCarlo(1000), rng=np.random.default_rng(0))
    failing = found["draws"]["coefficients"][:, 0] > 2
    assert found.n_failed[1] == failing.sum() > 0
    assert found.n_failed[0] > 0
    assert found["failures"].sizes["failure"] == found.n_failed.sum()
    assert (found["failures"]["coefficients"][:, 0] > 2).all()
    assert set(found["failures"]["reason"].values) == {"output is not finite"}
    assert found["output"]["var"][0] == pytest.approx(5, rel=1e-10)
    assert np.isfinite(found["output"]["std"]).all()
    fraction, error = at(found, "output/failed_fraction", SAMPLING), at(found, "output/failed_fraction_se", SAMPLING)
    assert fraction == pytest.approx(failing.mean())
    assert abs(fraction - 0.02275) < 3 * error < 0.02
    assert found["failure_shift"][1].values == pytest.approx([2.4, 0], abs=0.3)
    warned = propagate(model, joint, MonteCarlo(1000), rng=np.random.default_rng(0), max_failed=0.01)
    text = str(warned["output"]["decision"].values)
    assert text.startswith(
        "2.1 % (± 0.45 %) of the drawn samples fail (not finite), mostly where 'c0' is high (+2.4 σ there; c0 100 %)"
    )
    assert text.index("the numbers are of those that work. -0.1 ± 2.2 by sampling") > 0


def test_where_nothing_works_there_is_an_error_with_its_cause() -> None:
    model = from_function(lambda s: np.full(len(s), np.nan), names_of(2))
    with pytest.raises(ValueError, match=r"all \d+ samples failed; most frequent cause .*'output is not finite'"):
        propagate(model, independent_joint(2), FirstOrder(), MonteCarlo(50), rng=np.random.default_rng(0))


def test_an_output_without_a_number_leaves_the_others_alone() -> None:
    joint = independent_joint(2)

    def function(s: np.ndarray) -> dict[str, np.ndarray]:
        return {"whole": s[:, 0], "part": np.where(s[:, 1] > 1, np.nan, s[:, 1])}

    model = from_function(function, joint.names, outputs=("whole", "part"))
    found = propagate(model, joint, FirstOrder(), PolynomialChaos(), MonteCarlo(500), rng=np.random.default_rng(0))
    assert statuses(found, "whole") == [Status.HOLDS] * 3
    # the polynomial of the part that works goes on into the part that fails
    assert statuses(found, "part")[1:] == [Status.CONTRADICTED, Status.HOLDS]
    assert found.n_failed.values.tolist() == [0, 0, 0]
    assert at(found, "part/failed_fraction", SAMPLING) == pytest.approx(0.1587, abs=0.01)
    assert at(found, "part/mean", SAMPLING) == pytest.approx(-0.2876, abs=0.02)  # E[z | z < 1]


def test_sentences_of_one_output_count_its_own_samples() -> None:
    """A rare failure of whole samples at one end, and an output that a third of the others lack, at the other."""
    joint = independent_joint(2)

    def function(s: np.ndarray) -> dict[str, np.ndarray]:
        whole = np.where(s[:, 0] > 2, np.nan, s[:, 0] + s[:, 1])
        return {"whole": whole, "part": np.where(s[:, 1] < -0.43, np.nan, whole), "still": np.where(s[:, 0] > 2, np.nan, 4.0)}

    model = from_function(function, joint.names, outputs=("whole", "part", "still"))
    found = propagate(model, joint, AdaptiveChaos(budget=100), MonteCarlo(512), rng=np.random.default_rng(0))
    n_failed, lacking = int(found.n_failed[1]), int(np.isnan(found["draws"]["part"].values).sum())
    assert 0 < n_failed < 30 < 150 < lacking < 512
    whole, part, still = (str(found[output]["decision"].values) for output in ("whole", "part", "still"))
    assert "mostly where 'c0' is high" in whole
    assert f"from {512 - lacking} of 512 samples, which see nothing rarer than {300 / (512 - lacking):.2g} %" in part
    assert part.startswith(f"{100 * lacking / 512:.0f} % (±")
    assert "mostly where" not in part
    assert f"From {512 - lacking} of 512 samples" in str(found["part"]["verdict"].sel(approach=SAMPLING).values)
    assert f"the output does not vary in {512 - n_failed} of 512 solves" in still


def test_output_that_mostly_fails_costs_the_others_no_polynomial(tmp_path: Path) -> None:
    """Half of one output's points fail: another's polynomial is there, can be read again, and is written."""
    joint = independent_joint(2)

    def function(s: np.ndarray) -> dict[str, np.ndarray]:
        return {"square": s[:, 1] ** 2, "half": np.where(s[:, 1] > 0, np.nan, 1 + s[:, 0])}

    model = from_function(function, joint.names, outputs=("square", "half"))
    found = propagate(model, joint, PolynomialChaos(), MonteCarlo(200), rng=np.random.default_rng(0))
    assert statuses(found, "square") == [Status.HOLDS, Status.HOLDS]
    assert at(found, "square/std", CHAOS) == pytest.approx(np.sqrt(2))  # its ends are off by the draws' chance, 3.2 errors
    assert statuses(found, "half") == [Status.MISSING, Status.HOLDS]
    assert "failures left" in found.attrs[f"{CHAOS}: no answer for half"]
    again = reweight(found, joint, rng=np.random.default_rng(0))
    assert at(again, "square/std", CHAOS) == pytest.approx(np.sqrt(2))
    assert np.isnan(at(again, "half/std", CHAOS))
    assert read_result(write_result(tmp_path / "result.nc", found)).identical(found)


def test_first_order_alone_names_the_solves_that_it_lacks() -> None:
    """A failed test point leaves no prediction, and is no sign of a kink of the others."""
    joint = independent_joint(2)
    model = from_function(lambda s: np.where(s[:, 0] > 1.5, np.nan, s[:, 1]), joint.names)
    found = propagate(model, joint, FirstOrder(), rng=np.random.default_rng(0))
    assert statuses(found) == [Status.THIN]
    assert found["output"]["test_point_error"][0] == 0
    n = int(np.isnan(found["design"]["output"].values).sum())
    assert f"with no number at {n} of {int(found.n_solves[0])} solves" in str(found["output"]["decision"].values)
    near = from_function(lambda s: np.where(s[:, 0] > 0.5, np.nan, s[:, 1]), joint.names)
    unknown = propagate(near, joint, FirstOrder(), rng=np.random.default_rng(0))
    assert statuses(unknown) == [Status.UNKNOWN]
    assert "solves have no number, and nothing samples; add MonteCarlo(1000)." in str(unknown["output"]["verdict"].values[0])


def test_cause_of_an_output_is_that_of_its_own_samples() -> None:
    class Model:
        names = names_of(1)

        def solve(self, s: np.ndarray, progress: object = None) -> xr.Dataset:
            failed = s[:, 0] > 1.5
            part = np.where(s[:, 0] > 0, np.nan, 1.0 + s[:, 0])
            return xr.Dataset(
                {"whole": ("sample", s[:, 0]), "part": ("sample", part)}
                | {"failed": ("sample", failed), "reason": ("sample", np.where(failed, "gave up", "").astype(object))}
                | {"cause": ("sample", np.where(failed, "solver", "").astype(object))}
            )

    found = propagate(Model(), independent_joint(1), MonteCarlo(200), rng=np.random.default_rng(0))
    assert "of the drawn samples fail (solver)" in str(found["whole"]["decision"].values)
    assert "of the drawn samples fail (not finite)" in str(found["part"]["decision"].values)


def test_failures_everywhere_have_no_place() -> None:
    joint = independent_joint(2)
    model = from_function(lambda s: np.where(np.sin(1e4 * s[:, 0]) > 0.7, np.nan, s[:, 0]), joint.names)
    found = propagate(model, joint, MonteCarlo(256), rng=np.random.default_rng(0))
    assert "of the drawn samples fail (not finite); the numbers are of those that work." in str(
        found["output"]["decision"].values
    )
    only_mean = from_function(lambda s: np.where(s.any(axis=1), np.nan, 1.0), joint.names)
    none = propagate(only_mean, joint, FirstOrder(curvature=False), MonteCarlo(64), rng=np.random.default_rng(0))
    assert str(none["output"]["decision"].values) == (
        "100 % (± 0 %) of the drawn samples fail (not finite). No answer: neither sampling nor another method gives a number."
    )
    assert str(none["output"]["verdict"].values[1]) == "No answer by sampling: no solve has a number."


def test_first_order_needs_a_solve_on_one_side_of_each_coefficient() -> None:
    model = from_function(lambda s: np.where(s[:, 1] > 0.05, np.nan, s[:, 0]), names_of(2))
    one_sided = propagate(model, independent_joint(2), FirstOrder(curvature=False), rng=np.random.default_rng(0))
    np.testing.assert_allclose(one_sided["output"]["gradient"][0], [1, 0], atol=1e-12)
    neither = from_function(lambda s: np.where(np.abs(s[:, 1]) > 0.05, np.nan, s[:, 0]), names_of(2))
    found = propagate(neither, independent_joint(2), FirstOrder(), MonteCarlo(100), rng=np.random.default_rng(0))
    assert statuses(found) == [Status.MISSING, Status.HOLDS]
    kept = from_function(lambda s: np.where(s[:, 1] > 0.5, np.nan, s[:, 0]), names_of(2))
    found = propagate(kept, independent_joint(2), FirstOrder(), rng=np.random.default_rng(0), max_failed=0.5)
    assert found["output"]["std"][0] == pytest.approx(1)
    assert np.isnan(found["output"]["error"][0])
    assert found.n_failed[0] >= 1


class AnalyticModel:
    """A model with its own gradient, given in another order than its names."""

    names = ("a", "b")

    def solve(self, samples: np.ndarray, *, progress: object = None) -> xr.Dataset:
        values = samples[:, 0] ** 2 + 3 * samples[:, 1]
        return xr.Dataset(
            {"y": ("sample", values), "failed": ("sample", values > 1e9), "reason": ("sample", np.full(len(values), ""))}
        )

    def jacobian(self, mean: np.ndarray) -> xr.Dataset:
        gradient = xr.DataArray([3.0, 2 * mean[0]], dims="coefficient", coords={"coefficient": ["b", "a"]})
        return xr.Dataset({"y": gradient}, attrs={"n_solves": 5, "method": "by hand"})


def test_gradient_of_the_model_is_used_by_name() -> None:
    joint = Joint([Estimate.from_covariance(("b", "a"), [0, 2], [[1, 0.5], [0.5, 1]], source="s")])
    found = propagate(AnalyticModel(), joint, FirstOrder(curvature=False), rng=np.random.default_rng(0))
    assert found["y"]["gradient"][0].sel(coefficient="a") == 4
    assert found["y"]["var"][0] == pytest.approx(16 + 9 + 2 * 4 * 3 * 0.5)
    assert found.n_solves[0] == 6
    assert found.attrs["first order: gradient"] == "by hand"


def test_curvature_gives_mean_shift_and_error_of_first_order() -> None:
    joint = independent_joint(1)
    found = propagate(
        from_function(lambda s: s[:, 0] + 0.2 * s[:, 0] ** 2, ("c0",)), joint, FirstOrder(), rng=np.random.default_rng(0)
    )
    assert found["output"]["mean_shift"][0] == pytest.approx(0.2)
    assert found["output"]["nonlinear_share"][0] == pytest.approx(0.08 / 1.08)  # Var 0.2 x² = 2·0.04
    assert found["output"]["error"][0] == pytest.approx(np.sqrt(1.08) - 1)
    # an interaction has no second difference along any axis, the random directions see it
    product = from_function(lambda s: s[:, 0] * s[:, 1] + s[:, 0], names_of(2))
    found = propagate(product, independent_joint(2), FirstOrder(), rng=np.random.default_rng(0))
    assert found["output"]["nonlinear_share"][0] == pytest.approx(0.5)
    # a cubic changes the slope of the best line: Var(x + 0.1 x³) = 1 + 6·0.1 + 15·0.01
    cubic = from_function(lambda s: s[:, 0] + 0.1 * s[:, 0] ** 3, ("c0",))
    found = propagate(cubic, joint, FirstOrder(step=0.001), rng=np.random.default_rng(0))
    assert found["output"]["error"][0] == pytest.approx(np.sqrt(1.75) - 1, rel=1e-4)


def kink(samples: np.ndarray) -> np.ndarray:
    return np.maximum(samples[:, 0] - 1, 0) + 0.05 * samples[:, 1]


def statuses(found: xr.Dataset, output: str = "output") -> list[Status]:
    return [Status(str(value)) for value in found[output]["status"].values]


def test_status_and_sentence_of_each_method() -> None:
    joint = independent_joint(2)
    methods = FirstOrder(), PolynomialChaos(), MonteCarlo(2000)

    def run(function, names: tuple[str, ...] = joint.names) -> xr.Dataset:  # type: ignore[no-untyped-def]
        return propagate(from_function(function, names, outputs={"y": "V"}), joint, *methods, rng=np.random.default_rng(0))

    straight = run(lambda s: s[:, 0] + 2 * s[:, 1])
    assert statuses(straight, "y") == [Status.HOLDS] * 3
    assert read_recommendation(straight, "y") is Recommendation.FIRST_ORDER
    first, chaos, sampling = straight["y"]["verdict"].values
    assert first.startswith("std 2.24 V (std 2.2")
    assert "The linear estimate holds" in first
    assert "The polynomial holds on 2048 drawn samples (largest residual 0.0 σ, Q² 1.00)" in chaos
    assert sampling.endswith("V. From 2048 samples.")
    assert str(straight["y"]["decision"].values).startswith(
        "0.0 ± 2.2 V by first order (std 2.24 V). The linear estimate holds"
    )
    bent = run(lambda s: s[:, 0] + 0.4 * s[:, 0] ** 2, ("c0",))
    assert statuses(bent, "y") == [Status.CONTRADICTED, Status.HOLDS, Status.HOLDS]
    assert read_recommendation(bent, "y") is Recommendation.CHAOS
    assert "contradicted by 2048 drawn samples" in bent["y"]["verdict"].values[0]
    kinked = run(kink)
    assert statuses(kinked, "y") == [Status.CONTRADICTED, Status.CONTRADICTED, Status.HOLDS]
    assert read_recommendation(kinked, "y") is Recommendation.SAMPLING
    assert float(kinked["y"]["more_solves"]) >= 0


def test_chaos_alone_holds_for_a_linear_model() -> None:
    """Nothing contradicts it: no method that samples is called for, and no number of solves is made up."""
    joint = independent_joint(2)
    model = from_function(lambda s: s[:, 0] + 2 * s[:, 1], joint.names)
    found = propagate(model, joint, PolynomialChaos(), rng=np.random.default_rng(0))
    assert statuses(found) == [Status.THIN]
    assert read_recommendation(found, "output") is Recommendation.CHAOS
    assert float(found["output"]["more_solves"]) == 0
    text = str(found["output"]["decision"].values)
    assert "The polynomial holds" in text
    assert "further solves" not in text
    assert text.endswith("too few to see a cliff of 2 % of the probability; sampling would.")


ODD = {
    "round-off on a number": (lambda s: 1 + 1e-16 * s[:, 0] + 2e-16 * (s[:, 1] > 0), Status.CONSTANT),
    "round-off on a large number": (lambda s: 1e6 + 1e-10 * s[:, 0], Status.CONSTANT),
    "an event that nothing met": (lambda s: (s[:, 0] > 5).astype(float), Status.CONSTANT),
    "round-off of a difference": (lambda s: (s[:, 0] + 0.1) - s[:, 0] - 0.1, Status.CONSTANT),
    "a flat tangent": (lambda s: s[:, 0] ** 2, Status.CONTRADICTED),
    "an interaction alone": (lambda s: 1 + s[:, 0] * s[:, 1], Status.CONTRADICTED),
}


@pytest.mark.parametrize("case", ODD)
def test_methods_agree_on_what_does_not_vary(case: str) -> None:
    """Either all say so, or none; first order does not where only its tangent is flat."""
    function, expected = ODD[case]
    joint = independent_joint(2)
    methods = FirstOrder(), AdaptiveChaos(budget=60), PolynomialChaos(), MonteCarlo(100)
    found = propagate(from_function(function, joint.names), joint, *methods, rng=np.random.default_rng(0))
    assert statuses(found)[0] is expected
    still = ["does not vary" in text for text in found["output"]["verdict"].values]
    assert still == [expected is Status.CONSTANT] * 4
    if expected is Status.CONSTANT:
        assert statuses(found) == [Status.CONSTANT] * 4
        assert "does not vary in 128 solves" in str(found["output"]["decision"].values)
        np.testing.assert_array_equal(found["output"]["std"], 0)


def test_chaos_over_a_range_where_samples_fail_is_held_against_sampling() -> None:
    """The polynomial goes on where the model does not: another mean and std than those of the samples that ran."""
    joint = independent_joint(2)
    model = from_function(lambda s: np.where(s[:, 0] > 0.5, np.nan, s[:, 0]), joint.names)
    methods = FirstOrder(), AdaptiveChaos(budget=100), PolynomialChaos(), MonteCarlo(200)
    found = propagate(model, joint, *methods, rng=np.random.default_rng(0), max_failed=0.5)
    assert statuses(found) == [Status.CONTRADICTED, Status.CONTRADICTED, Status.CONTRADICTED, Status.HOLDS]
    assert read_recommendation(found, "output") is Recommendation.SAMPLING
    text = str(found["output"]["decision"].values)
    assert text.startswith("-0.5")
    assert "by sampling" in text
    fraction, error = (at(found, f"output/{name}", SAMPLING) for name in ("failed_fraction", "failed_fraction_se"))
    assert f" {percent(fraction)} (± {percent(error)}) of the drawn samples fail" in text, "those of sampling, not of chaos"
    assert text.endswith("the numbers are of those that work.")


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (1e200, r"all \d+ samples failed.*larger than 1e\+150"),
        (1e-200, "of size .*e-200, whose square is zero; give it in another unit"),
    ],
)
def test_numbers_whose_squares_leave_the_range_of_floats_are_refused(size: float, message: str) -> None:
    joint = independent_joint(2)
    model = from_function(lambda s: size * (3 + s[:, 0]), joint.names)
    with pytest.raises(ValueError, match=message):
        propagate(model, joint, MonteCarlo(50), rng=np.random.default_rng(0))


class Stranger:
    """A method from outside, as little of one as there can be."""

    label = "mine"

    def planned(self, problem: object) -> int:
        return 40

    def run(self, problem: Any, rng: np.random.Generator) -> Any:
        return MonteCarlo(40).run(problem, rng)


def test_method_without_a_kind_is_reported_and_not_judged() -> None:
    joint = independent_joint(2)
    model = from_function(lambda s: s[:, 0], joint.names)
    found = propagate(model, joint, Stranger(), rng=np.random.default_rng(0))
    assert statuses(found) == [Status.UNKNOWN]
    assert read_recommendation(found, "output") is Recommendation.NONE
    for change, message in (
        ({"kind": "nonsense"}, "mine is of kind 'nonsense'; take a MethodKind"),
        ({"label": 3}, "has no text as label"),
        ({"run": lambda self, problem, rng: None}, "mine returns NoneType; a method returns an Outcome"),
    ):
        with pytest.raises(ValueError, match=message):
            propagate(model, joint, type("Other", (Stranger,), change)(), rng=np.random.default_rng(0))


def test_gradient_that_is_no_number_gives_no_answer() -> None:
    joint = independent_joint(2)
    plain = from_function(lambda s: s[:, 0], joint.names)

    class Model:
        names = joint.names
        solve = staticmethod(plain.solve)

        def jacobian(self, mean: np.ndarray) -> xr.Dataset:
            return xr.Dataset({"output": ("coefficient", [np.nan, 1.0])}, coords={"coefficient": list(joint.names)})

    found = propagate(Model(), joint, FirstOrder(), rng=np.random.default_rng(0))
    assert statuses(found) == [Status.MISSING]
    assert "gradient of the model is not finite" in found["output"]["verdict"].values[0]


def test_causes_of_a_model_from_outside_are_counted_as_other() -> None:
    class Model:
        names = ("c0",)

        def solve(self, samples: np.ndarray, *, progress: Any = None) -> xr.Dataset:
            failed = samples[:, 0] > 1.5
            values = {
                "y": samples[:, 0],
                "failed": failed,
                "cause": np.where(failed, "power cut", ""),
                "reason": failed.astype(str),
            }
            return xr.Dataset({name: ("sample", part) for name, part in values.items()})

    found = propagate(Model(), independent_joint(1), MonteCarlo(200), rng=np.random.default_rng(0), max_failed=0.5)
    assert set(found["failures"]["cause"].values) == {"other"}


def test_what_neither_holds_nor_samples_recommends_nothing() -> None:
    joint = independent_joint(2)
    found = propagate(from_function(kink, joint.names), joint, PolynomialChaos(), rng=np.random.default_rng(0))
    assert statuses(found) == [Status.CONTRADICTED]
    assert read_recommendation(found, "output") is Recommendation.NONE
    assert np.isnan(found["output"]["more_solves"])


def test_chaos_that_missed_a_rare_cliff_is_found_out_by_sampling() -> None:
    """A drop that 0.5 % of samples meet makes two thirds of the variance; the fresh points of chaos see nothing of it."""
    joint = independent_joint(2)
    rare_cliff = from_function(lambda s: s[:, 0] - 20 * (s[:, 1] > 2.6), joint.names)
    chaos = (propagate(rare_cliff, joint, PolynomialChaos(), rng=np.random.default_rng(seed)) for seed in range(20))
    missed = next(seed for seed, alone in enumerate(chaos) if alone["output"]["q2"] > 0.999)
    found = propagate(rare_cliff, joint, PolynomialChaos(), MonteCarlo(4000), rng=np.random.default_rng(missed))
    assert found["output"]["q2"][0] > 0.999
    assert statuses(found) == [Status.CONTRADICTED, Status.HOLDS]
    assert "contradicted by 4096 drawn samples (one is " in found["output"]["verdict"].values[0]


def test_without_sampling_an_answer_is_thin() -> None:
    joint = independent_joint(2)
    straight = from_function(lambda s: s[:, 0], joint.names)
    found = propagate(straight, joint, FirstOrder(), PolynomialChaos(), rng=np.random.default_rng(0))
    assert statuses(found) == [Status.THIN] * 2
    assert all("too few to see a cliff of 2 %" in text for text in found["output"]["verdict"].values)
    assert all(text.endswith("; sampling would.") for text in found["output"]["verdict"].values)
    few = propagate(straight, joint, FirstOrder(), MonteCarlo(64), rng=np.random.default_rng(0))
    assert str(few["output"]["verdict"].values[0]).endswith("of the probability; more samples would.")
    bare = propagate(straight, joint, FirstOrder(curvature=False), rng=np.random.default_rng(0))
    assert statuses(bare) == [Status.UNKNOWN]
    bent = propagate(from_function(lambda s: s[:, 0] ** 2, joint.names), joint, FirstOrder(), rng=np.random.default_rng(0))
    assert statuses(bent) == [Status.FAILS]
    assert np.isinf(bent["output"]["error"][0])


def test_output_that_does_not_vary() -> None:
    joint = independent_joint(2)
    n_solved = []

    def function(s: np.ndarray) -> np.ndarray:
        n_solved.append(len(s))
        return 3.7 + 1e-15 * s[:, 0]

    model = from_function(function, joint.names)
    found = propagate(model, joint, FirstOrder(), PolynomialChaos(), MonteCarlo(100), rng=np.random.default_rng(0))
    assert sum(n_solved) == found.n_solves.sum()  # round-off of its own mean needs no further solves
    for name in ("std", "error", "share"):
        np.testing.assert_array_equal(found["output"][name], 0)
    assert statuses(found) == [Status.CONSTANT] * 3
    assert found["output"]["verdict"].values[0] == "The output does not vary in 21 solves."
    assert str(found["output"]["decision"].values) == "3.70: the output does not vary in 128 solves."


@pytest.mark.slow
def test_result_is_written_to_netcdf_and_read_back(tmp_path: Path) -> None:
    joint = two_source_joint(2, 2, seed=1)
    model = from_function(lambda s: running_voltage((s - joint.mean) / joint.std), joint.names, outputs={"V": "V", "end": "s"})
    found = propagate(model, joint, FirstOrder(), PolynomialChaos(), MonteCarlo(50), rng=np.random.default_rng(0))
    read = read_result(write_result(tmp_path / "result.nc", found))
    assert read["source"].values.tolist() == ["data/fit", "model form"]
    assert [node.path for node in read.subtree] == [node.path for node in found.subtree]
    for node, other in zip(read.subtree, found.subtree, strict=True):
        xr.testing.assert_identical(node.to_dataset(), other.to_dataset())


@pytest.mark.parametrize("scale", [0.0, 1.0])
def test_result_without_a_source_or_a_finite_error_is_read_back(tmp_path: Path, scale: float) -> None:
    """No coefficient with an error; and one draw of 512 that varies, of which no method knows the error."""
    joint = independent_joint(2, scale=scale)
    model = from_function(lambda s: (s[:, 0] > 3) * 1.0, joint.names)
    methods = [FirstOrder(), AdaptiveChaos(budget=60), MonteCarlo(512)]
    found = propagate(model, joint, *methods, rng=np.random.default_rng(1))
    assert np.isinf(found["output"]["error"]).any() == (scale > 0)
    assert np.isnan(found["output"]["more_solves"]) == (scale > 0)
    assert "nan" not in str(found["output"]["decision"].values)
    assert read_result(write_result(tmp_path / "result.nc", found)).identical(found)


def test_step_that_only_test_points_meet_is_named() -> None:
    """A step of probability 0.2 % behind 512 draws that all give 0; without draws nothing says that it is constant."""
    joint = independent_joint(2)
    model = from_function(lambda s: (s[:, 0] > 2.9) * 1.0, joint.names)
    methods = [FirstOrder(), AdaptiveChaos(budget=60), MonteCarlo(512)]
    found = propagate(model, joint, *methods, rng=np.random.default_rng(0))
    assert statuses(found) == [Status.FAILS, Status.FAILS, Status.CONSTANT]
    assert "test points at ±3σ show a kink" in str(found["output"]["decision"].values)
    alone = propagate(model, joint, *methods[:2], rng=np.random.default_rng(0))
    assert statuses(alone) == [Status.FAILS, Status.FAILS]


def test_same_seed_same_result_and_progress_counts_every_solve() -> None:
    joint = independent_joint(2)
    model = from_function(kink, joint.names)
    methods = FirstOrder(), PolynomialChaos(), MonteCarlo(100)
    done: list[int] = []
    one = propagate(model, joint, *methods, rng=np.random.default_rng(3), progress=done.append)
    two = propagate(model, joint, *methods, rng=np.random.default_rng(3))
    xr.testing.assert_identical(one, two)
    assert sum(done) == one.n_solves.sum()
    assert one.n_solves[0] == 1 + 2 * 2 + 2 * (2 + 4) + 2 * (
        2 + 2
    )  # curvature; test points along axes and the steepest direction
    assert one.n_solves[1] == 2 * 6 + 30


def test_refusals() -> None:
    joint = independent_joint(2)
    model = from_function(kink, joint.names)
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="wrap it with from_function"):
        propagate(kink, joint, FirstOrder(), rng=rng)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="has no names and solve"):
        propagate(3, joint, FirstOrder(), rng=rng)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no method given"):
        propagate(model, joint, rng=rng)
    with pytest.raises(ValueError, match="not a method"):
        propagate(model, joint, FirstOrder, rng=rng)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'sampling' is given twice"):
        propagate(model, joint, MonteCarlo(50), MonteCarlo(60), rng=rng)
    with pytest.raises(ValueError, match="default_rng"):
        propagate(model, joint, FirstOrder(), rng=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="forbids"):
        propagate(from_function(kink, joint.names, outputs=("i [A/m2]",)), joint, FirstOrder(), rng=rng)
    certain = Joint([Estimate(joint.names, np.zeros(2), {})])
    known = propagate(model, certain, FirstOrder(), MonteCarlo(50), rng=rng)
    assert str(known["output"]["decision"].values) == "0: no coefficient that the model depends on carries an error."
    assert known.n_solves.values.tolist() == [1, 1]
    for make in (
        lambda: PolynomialChaos(order=0),
        lambda: PolynomialChaos(oversampling=1.0),
        lambda: PolynomialChaos(n_held_out=3),
        lambda: MonteCarlo(3),
        lambda: FirstOrder(step=0.0),
        lambda: MonteCarlo(50.5),  # type: ignore[arg-type]
        lambda: MonteCarlo("50"),  # type: ignore[arg-type]
        lambda: AdaptiveChaos(budget=50.5),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError, match=r"take|at least|whole number"):
            make()


def test_chaos_is_never_underdetermined_also_after_failures() -> None:
    joint = independent_joint(2)
    half = from_function(lambda s: np.where(s[:, 0] > 0, np.nan, s[:, 0]), joint.names)
    found = propagate(half, joint, PolynomialChaos(), rng=np.random.default_rng(0))
    assert statuses(found) == [Status.MISSING]
    assert "failures left" in found.attrs["chaos of order 2: no answer"]
    for order in (1, 2, 4):
        settings = PolynomialChaos(order, oversampling=1.25)
        found = propagate(from_function(kink, joint.names), joint, settings, rng=np.random.default_rng(0))
        assert found.n_solves[0] - 30 >= 1.25 * len(total_degree(("normal", "normal"), order))


def test_two_columns_are_two_outputs() -> None:
    joint = independent_joint(2)
    model = from_function(lambda s: s, joint.names, outputs={"x": "m", "y": "m"})
    found = propagate(model, joint, FirstOrder(), rng=np.random.default_rng(0))
    assert found["x"]["std"][0] == pytest.approx(1)
    assert found["y"]["std"].dims == ("approach",)
    with pytest.raises(ValueError, match="2 outputs were declared"):
        propagate(from_function(kink, joint.names, outputs=("x", "y")), joint, FirstOrder(), rng=np.random.default_rng(0))


@pytest.mark.slow
def test_result_says_what_it_came_from(tmp_path: Path) -> None:
    """The seed that is told gives the same numbers again, also from a file; versions name ours and the model's."""
    model = from_function(lambda s: s[:, 0] ** 2, ("a",))
    model_versions = {"solver": "1.2"}

    class Versioned:
        names = ("a",)
        versions = model_versions
        solve = staticmethod(model.solve)

    joint = Joint([Estimate.from_covariance(("a",), [1.0], [[0.1]], source="s")])
    rng = np.random.default_rng(17).spawn(3)[2]
    result = propagate(Versioned(), joint, MonteCarlo(30), rng=rng)
    told = re.fullmatch(r"(\w+), entropy (\d+), spawn key \((\d+),\), 0 children before", result.attrs["seed"])
    assert told is not None
    kind, entropy, key = told.groups()
    sequence = np.random.SeedSequence(int(entropy), spawn_key=(int(key),))
    again = propagate(Versioned(), joint, MonteCarlo(30), rng=np.random.Generator(getattr(np.random, kind)(sequence)))
    for path, node in datasets(result).items():
        xr.testing.assert_identical(datasets(again)[path].drop_attrs(), node.drop_attrs())
    assert "solver 1.2" in result.attrs["versions"]
    assert f"numpy {np.__version__}" in result.attrs["versions"]
    stored = read_result(write_result(tmp_path / "result.nc", result))
    assert stored.attrs["seed"] == result.attrs["seed"]


def test_a_method_is_not_contradicted_by_its_own_answer() -> None:
    """Where adaptive chaos answers by its own points it is its polynomial that these contradict."""
    joint = independent_joint(2)
    wave = from_function(lambda s: np.sin(3 * s[:, 0]) + 0.2 * s[:, 1], joint.names)
    found = propagate(wave, joint, FirstOrder(), AdaptiveChaos(budget=60), rng=np.random.default_rng(0))["output"]
    text = str(found["decision"].values)
    assert " by adaptive chaos (" in text
    assert "First order and its own polynomial are contradicted by these samples." in text
