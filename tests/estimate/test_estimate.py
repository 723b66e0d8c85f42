"""Estimates and their joint: the covariance is the sum over sources, and only equal labels of one source are correlated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.estimate import Estimate, Factor, Joint, canonical_factor, covariance_root, draw_germs
from a2c_pybamm.estimators.statistics.declared_estimate import declare

SEED = st.integers(0, 10**6)
SCALES = np.array([1e-14, 1e5, 1.0, 3e-7, 2e3, 0.04])


def random_estimate(rng: np.random.Generator, names: tuple[str, ...], sources: dict[str, tuple[str, ...]]) -> Estimate:
    """Coefficients of very different size, with a random factor for each source."""
    scale = SCALES[: len(names)]
    factors = {s: Factor(scale[:, None] * rng.normal(size=(len(names), len(labels))), labels) for s, labels in sources.items()}
    return Estimate(names, scale * rng.normal(size=len(names)), factors)


def close(found: np.ndarray, expected: np.ndarray, std: np.ndarray) -> None:
    """Two covariances agree to 1e-12 of the standard deviations, so that the small coefficients count."""
    np.testing.assert_allclose(found / np.outer(std, std), expected / np.outer(std, std), atol=1e-12)


@given(SEED, st.integers(1, 6), st.integers(1, 4), st.integers(1, 3))
def test_covariance_is_the_sum_over_sources(seed: int, n: int, n_label: int, n_source: int) -> None:
    """At several sizes, ranks below and above full, coefficients from 1e-14 to 1e5 together."""
    names, labels = tuple("abcdef"[:n]), tuple("stuv"[:n_label])
    estimate = random_estimate(np.random.default_rng(seed), names, {f"source {k}": labels for k in range(n_source)})
    expected = sum(f.values @ f.values.T for f in estimate.factors.values())
    close(estimate.covariance, expected, estimate.std)
    joint = Joint([estimate])
    close(joint.covariance, expected, estimate.std)
    assert joint.n_germ <= n_source * min(n, n_label)
    assert joint.germ_sources == tuple(s for s, f in joint.factors.items() for _ in f.labels)
    np.testing.assert_allclose(joint.std, estimate.std, rtol=1e-12)


def test_shared_source_correlates_by_hand() -> None:
    """Members A, B, C of a committee; the second quantity lacks C. Cov = Σ over common labels, here 1·4 + 2·5 = 14."""
    first = Estimate(("p",), [0.0], {"potential": Factor([[1.0, 2.0, 3.0]], ("A", "B", "C"))})
    second = Estimate(("q",), [0.0], {"potential": Factor([[5.0, 4.0]], ("B", "A")), "fit": Factor([[6.0]], ("f",))})
    covariance = Joint([first, second]).covariance
    np.testing.assert_allclose(covariance, [[14.0, 14.0], [14.0, 77.0]], rtol=1e-12)


@given(SEED, st.permutations(range(4)), st.permutations(range(3)))
def test_order_of_columns_and_estimates_does_not_matter(seed: int, columns: list[int], order: list[int]) -> None:
    rng = np.random.default_rng(seed)
    labels = ("A", "B", "C", "D")
    parts = [random_estimate(rng, (f"{k}x", f"{k}y"), {"potential": labels, f"own {k}": ("o",)}) for k in range(3)]
    factor = parts[0].factors["potential"]
    shuffled = Factor(factor.values[:, columns], tuple(labels[k] for k in columns))
    parts_again = [Estimate(parts[0].names, parts[0].mean, {**parts[0].factors, "potential": shuffled}), *parts[1:]]
    joint, again = Joint(parts), Joint([parts_again[k] for k in order])
    rows = again.rows(joint.names)
    close(again.covariance[np.ix_(rows, rows)], joint.covariance, joint.std)
    np.testing.assert_array_equal(again.mean[rows], joint.mean)


def test_different_sources_are_independent_even_with_equal_labels() -> None:
    parts = [Estimate((n,), [0.0], {f"source {n}": Factor([[1.0]], ("A",))}) for n in "pq"]
    assert Joint(parts).covariance[0, 1] == 0


def test_plain_covariances_never_align() -> None:
    """Not even those of the same numbers: their names differ, and a covariance says nothing of realisations."""
    parts = [Estimate.from_covariance((n,), [1.0], [[4.0]], source="MD") for n in "pq"]
    assert not set(parts[0].factors["MD"].labels) & set(parts[1].factors["MD"].labels)
    with pytest.raises(ValueError, match=r"'MD' is shared by 2 estimates.*independent="):
        Joint(parts)
    np.testing.assert_allclose(Joint(parts, independent=["MD"]).covariance, 4 * np.eye(2))


def test_two_that_share_and_one_that_does_not_is_refused() -> None:
    shared = [Estimate((n,), [0.0], {"MD": Factor([[1.0]], ("run 1",))}) for n in "pq"]
    with pytest.raises(ValueError, match="no label in common"):
        Joint([*shared, Estimate(("r",), [0.0], {"MD": Factor([[1.0]], ("run 2",))})])


@given(SEED, st.integers(1, 6), st.integers(1, 6))
def test_root_of_a_covariance(seed: int, n: int, rank: int) -> None:
    """A Aᵀ gives the covariance back, its columns are as many as its rank, at any scale."""
    rank = min(n, rank)
    factor = SCALES[:n, None] * np.random.default_rng(seed).normal(size=(n, rank))
    covariance = factor @ factor.T
    root = covariance_root((covariance + covariance.T) / 2)
    assert root.shape == (n, rank)
    std = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose((root @ root.T) / np.outer(std, std), covariance / np.outer(std, std), atol=1e-9)


@given(SEED, st.integers(1, 6), st.integers(1, 8))
def test_compression_keeps_the_covariance(seed: int, n: int, n_column: int) -> None:
    values = SCALES[:n, None] * np.random.default_rng(seed).normal(size=(n, n_column))
    small = canonical_factor(values, tuple("abcdef"[:n]))
    assert small.shape[1] == min(n, n_column)
    close(small @ small.T, values @ values.T, np.sqrt((values**2).sum(axis=1)))


def degenerate(kind: str, n: int, n_column: int, rng: np.random.Generator) -> np.ndarray:
    """A factor in which pivots by size alone would depend on round-off."""
    values = rng.normal(size=(n, n_column))
    if kind == "equal sizes":
        values = rng.choice([-1.0, 1.0], size=(n, n_column))
    elif kind == "committee":
        values -= values.mean(axis=1, keepdims=True)
    elif kind == "nearly one direction":
        values = np.outer(rng.normal(size=n), rng.normal(size=n_column)) + 1e-8 * values
    elif kind == "pairs":
        values[n // 2 :] = values[: n - n // 2] * rng.choice([-1.0, 1.0], size=(n - n // 2, 1))
    return SCALES[:n, None] * values


@pytest.mark.parametrize("kind", ["random", "equal sizes", "committee", "nearly one direction", "pairs"])
@given(SEED, st.integers(1, 6), st.integers(1, 7))
def test_canonical_factor_is_the_same_for_every_root_and_order(kind: str, seed: int, n: int, n_column: int) -> None:
    """Rotated, permuted and perturbed by round-off it moves by less than 1e-9 of a standard deviation, and keeps its rank.

    What another processor does to a factor is of this kind: an eigenvector or a singular vector of either sign, rotated within
    its eigenspace, in the last digits another number.
    """
    rng = np.random.default_rng(seed)
    values, names = degenerate(kind, n, n_column, rng), [f"c{k}" for k in rng.permutation(n)]
    std = np.sqrt((values**2).sum(axis=1))
    std[std == 0] = 1.0
    turned = values @ np.linalg.qr(rng.normal(size=(n_column, n_column)))[0]
    turned *= 1 + 1e-15 * rng.normal(size=turned.shape)
    order = rng.permutation(n)
    factor, again = canonical_factor(values, names), canonical_factor(turned[order], [names[k] for k in order])
    assert again.shape == factor.shape
    np.testing.assert_allclose(again / std[order, None], factor[order] / std[order, None], atol=1e-9)
    close(factor @ factor.T, values @ values.T, std)


def test_sign_of_a_committee_does_not_follow_its_largest_deviation() -> None:
    """Two members at ±0.78298 of their mean: whichever is larger by round-off, the factor is one and the same."""
    values, shift = np.array([[0.78298, -0.78298, 0.0], [0.3, -0.1, -0.2]]), np.array([[1e-15, 0, 0], [0, 0, 0]])
    up, down = (canonical_factor(values + shift, ("a", "b")), canonical_factor(values - shift, ("a", "b")))
    np.testing.assert_allclose(up, down, atol=1e-14)


def test_error_of_round_off_beside_a_real_one_chooses_no_pivot() -> None:
    """A source moves one coefficient by round-off, of either sign: it is left out of the factor, and the draws stay."""

    def draws(round_off: float) -> np.ndarray:
        order = Factor([[0.1, 0.2], [round_off, -round_off], [0.3, -0.1]], ("order 0", "order 1"))
        fit = Factor(np.diag([0.2, 0.2, 0.2]), tuple("abc"))
        return Joint([Estimate(("q", "p", "r"), [1.0, 1.0, 1.0], {"order": order, "fit": fit})]).draw(
            9, np.random.default_rng(0)
        )

    np.testing.assert_allclose(draws(1e-17), draws(-3e-17), atol=1e-14)
    np.testing.assert_array_equal(Joint([Estimate(("p",), [1.0], {"s": Factor([[1e-16]], ("l",))})]).std, [0.0])


def test_one_more_source_moves_no_other_draw() -> None:
    """Nor does another order of estimates, nor a smaller error of one barrier: what it changes is compared sample by sample."""
    parts = [Estimate((n,), [0.0], {f"source {n}": Factor([[1.0]], (n,))}) for n in "bcd"]
    more = Estimate(("a",), [0.0], {"a source": Factor([[1.0]], ("a",))})
    few, many = Joint(parts), Joint([*parts[::-1], more])
    draws, again = (joint.draw(50, np.random.default_rng(4)) for joint in (few, many))
    np.testing.assert_array_equal(again[:, many.rows(few.names)], draws)
    better = Joint([*parts[:2], Estimate(("d",), [0.0], {"source d": Factor([[0.5]], ("d",))})])
    known = better.draw(50, np.random.default_rng(4))
    np.testing.assert_array_equal(known[:, :2], draws[:, :2])
    np.testing.assert_allclose(known[:, 2], draws[:, 2] / 2, rtol=1e-15)


def test_a_germ_at_the_end_of_a_source_moves_no_other_draw() -> None:
    """So that a column of round-off, kept on one processor and lost on another, changes nothing else."""
    two, three = (draw_germs(20, ["s"] * n + ["t"], ("normal",) * (n + 1), np.random.default_rng(3)) for n in (2, 3))
    np.testing.assert_array_equal(three[:, [0, 1, 3]], two)
    assert len(np.unique(three)) == three.size
    rng = np.random.default_rng(3)
    assert not np.isin(draw_germs(20, "s", ("normal",), rng), draw_germs(20, "s", ("normal",), rng)).any()


def test_labels_do_not_depend_on_results() -> None:
    """Given the fingerprint of their data, columns keep their label where a mean moves by round-off."""

    def labels(shift: float, data: str | None = "file 1", source: str = "fit") -> tuple[str, ...]:
        made = Estimate.from_covariance(("a",), [1.0 + shift], [[2.0 + shift]], source=source, data=data)
        return made.factors[source].labels

    assert labels(0.0) == labels(1e-12)
    assert labels(0.0) != labels(0.0, "file 2")
    assert labels(0.0) != labels(0.0, source="other")
    assert labels(0.0, None) != labels(1e-12, None)  # plain numbers are their own data


def test_zero_error_has_no_germ() -> None:
    joint = Joint([Estimate.from_covariance(("p", "q"), [1.0, 2.0], np.diag([0.0, 4.0]), source="fit")])
    assert joint.n_germ == 1
    np.testing.assert_array_equal(joint.std, [0.0, 2.0])
    assert joint.correlation[0, 1] == 0
    nothing = Joint([Estimate(("p",), [1.0], {})])
    assert (nothing.n_germ, nothing.draw(3, np.random.default_rng(0)).tolist()) == (0, [[1.0]] * 3)


def test_marginal_is_the_joint_of_its_coefficients_alone() -> None:
    """Same means and covariance, no more germs than they need, and no source that moves none of them."""
    covariance = [[2.0, 1.0, 0.1], [1.0, 3.0, 0.2], [0.1, 0.2, 1.0]]
    first = Estimate.from_covariance(("p", "q", "r"), [1.0, 2.0, 3.0], covariance, source="a")
    joint = Joint([first, Estimate.from_covariance(("s",), [4.0], [[5.0]], source="b")])
    part = joint.marginal(["r", "p"])
    assert (part.names, part.sources, part.n_germ) == (("r", "p"), ("a",), 2)
    np.testing.assert_array_equal(part.mean, [3.0, 1.0])
    np.testing.assert_allclose(part.covariance, [[1.0, 0.1], [0.1, 2.0]], rtol=1e-12)
    with pytest.raises(ValueError, match="no coefficient 'z'"):
        joint.marginal(["z"])


def committee_of_three() -> Joint:
    """Four coefficients from three members: deviations from the mean have rank two."""
    values = SCALES[:4, None] * np.random.default_rng(3).normal(size=(4, 3))
    values -= values.mean(axis=1, keepdims=True)
    return Joint([Estimate(tuple("abcd"), SCALES[:4], {"potential": Factor(values / np.sqrt(2), ("A", "B", "C"))})])


def test_singular_covariance_draws_and_whitens() -> None:
    joint = committee_of_three()
    assert joint.n_germ == 2
    germ = joint.draw_germ(7, np.random.default_rng(1))
    np.testing.assert_allclose(joint.whiten(joint.color(germ)), germ, atol=1e-9)
    with pytest.raises(ValueError, match="outside the support"):
        joint.whiten(joint.mean + np.array([joint.std[0], 0, 0, 0]))


def test_whitening_refuses_to_move_what_has_no_error() -> None:
    """On that coefficient's own scale: a diffusivity of 1e-14 that doubles is no round-off."""
    joint = Joint([Estimate.from_covariance(("D", "V"), [1e-14, 3.0], np.diag([0.0, 1.0]), source="fit")])
    np.testing.assert_allclose(joint.whiten([[1e-14, 4.0]]), [[1.0]])
    with pytest.raises(ValueError, match="outside the support"):
        joint.whiten([[2e-14, 3.0]])


@pytest.mark.parametrize("seed", range(3))
def test_draws_have_the_covariance(seed: int) -> None:
    """20 000 draws: an error of 5 % in a standard deviation, or of 0.05 in a correlation, is seen."""
    joint = committee_of_three()
    samples = (joint.draw(20_000, np.random.default_rng(seed)) - joint.mean) / joint.std
    np.testing.assert_allclose(np.cov(samples.T), joint.correlation, atol=0.05)
    assert np.linalg.matrix_rank(np.cov(samples.T), tol=1e-6) == 2


def test_uniform_germ_stays_in_its_bounds() -> None:
    """A bounded input between 3 and 5: mean 4, half-width 1 = √3 std; an alien germ beside it stays normal."""
    uniform = Estimate(("u",), [4.0], {"range": Factor([[1 / np.sqrt(3)]], ("u",), "uniform")})
    joint = Joint([uniform, Estimate.from_covariance(("n",), [0.0], [[1.0]], source="fit")])
    assert joint.germ_families == ("normal", "uniform")  # sources by name: fit, range
    u, n = joint.draw(20_000, np.random.default_rng(0)).T
    assert 3 <= u.min() < 3.01
    assert 4.99 < u.max() <= 5
    assert abs(u.std() - 1 / np.sqrt(3)) < 0.01
    assert np.abs(n).max() > 3


@given(SEED)
def test_map_and_select_are_linear(seed: int) -> None:
    rng = np.random.default_rng(seed)
    estimate = random_estimate(rng, ("a", "b", "c"), {"potential": ("A", "B"), "fit": ("f",)})
    jacobian = rng.normal(size=(2, 3))
    mapped = estimate.map(("p", "q"), [1.0, 2.0], jacobian)
    close(mapped.covariance, jacobian @ estimate.covariance @ jacobian.T, mapped.std)
    assert mapped.factors["potential"].labels == ("A", "B")
    chosen = estimate.select(["c", "a"])
    np.testing.assert_array_equal(chosen.mean, estimate.mean[[2, 0]])
    close(chosen.covariance, estimate.covariance[np.ix_([2, 0], [2, 0])], chosen.std)
    with pytest.raises(ValueError, match=r"no coefficient 'z' \(have a, b, c\)"):
        estimate.select(["z"])


def test_records_are_frozen() -> None:
    values = np.ones((1, 1))
    estimate = Estimate(("a",), np.zeros(1), {"fit": Factor(values, ("f",))})
    values[0, 0] = 7  # the caller's array is its own
    assert estimate.std[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        estimate.mean[0] = 1
    with pytest.raises(TypeError):
        estimate.factors["other"] = estimate.factors["fit"]  # type: ignore[index]


ONE = Estimate(("a",), [0.0], {"fit": Factor([[1.0]], ("f",))})
REFUSED = {
    "names repeat": (lambda: Estimate(("a", "a"), [0, 0], {}), "'a' occurs more than once"),
    "names repeat in the joint": (lambda: Joint([ONE, ONE]), "joint: 'a' occurs more than once"),
    "lengths": (lambda: Estimate(("a", "b"), [0], {}), "2 names but 1 values"),
    "rows": (lambda: Estimate(("a",), [0], {"fit": Factor(np.ones((2, 1)), ("f",))}), "'fit' has 2 rows for 1 coeff"),
    "labels": (lambda: Factor(np.ones((1, 2)), ("f",)), "2 columns but 1 labels"),
    "labels repeat": (lambda: Factor(np.ones((1, 2)), ("f", "f")), "'f' occurs more than once"),
    "family": (lambda: Factor([[1.0]], ("f",), "cauchy"), "'cauchy' is unknown"),  # type: ignore[arg-type]
    "uniform with two columns": (lambda: Factor(np.ones((1, 2)), ("f", "g"), "uniform"), "uniform germ has one"),
    "NaN in a mean": (lambda: Estimate(("a",), [np.nan], {}), "not finite"),
    "NaN in a factor": (lambda: Factor([[np.nan]], ("f",)), "not finite"),
    "infinite covariance": (lambda: covariance_root([[np.inf]]), "not finite"),
    "not square": (lambda: covariance_root(np.ones((2, 3))), r"square matrix, got shape \(2, 3\)"),
    "a vector": (lambda: covariance_root(np.ones(2)), "expected 2 dim"),
    "not symmetric": (lambda: covariance_root([[1.0, 0.5], [0.0, 1.0]]), "not symmetric"),
    "correlation above one": (lambda: covariance_root([[1.0, 1.1], [1.1, 1.0]]), "not positive semi-definite"),
    "the same, far down": (lambda: covariance_root([[1e-28, 1.1e-9], [1.1e-9, 1e10]]), "not positive semi-definite"),
    "negative variance": (lambda: covariance_root(np.diag([1.0, -1e-9])), "coefficient 1 is negative"),
    "covariance without variance": (lambda: covariance_root([[0.0, 1.0], [1.0, 1.0]]), "not positive semi-definite"),
    "source twice": (lambda: ONE.add_source("fit", Factor([[1.0]], ("g",))), "a source 'fit' already"),
    "two families": (
        lambda: Joint([ONE, Estimate(("b",), [0.0], {"fit": Factor([[1.0]], ("f",), "uniform")})]),
        "one source has one germ family",
    ),
    "std and covariance": (lambda: declare(["a"], [0], std=1, covariance=[[1]], source="s", reason="r"), "either std or"),
    "neither": (lambda: declare(["a"], [0], source="s", reason="r"), "either std or"),
    "negative std": (lambda: declare(["a"], [0], std=-1, source="s", reason="r"), "is negative"),
    "NaN std": (lambda: declare(["a"], [0], std=np.nan, source="s", reason="r"), "not finite"),
    "two errors": (lambda: declare(["a"], [0], std=1, bounds=(0, 1), source="s", reason="r"), "either std or"),
    "std without values": (lambda: declare(["a"], std=1, source="s", reason="r"), "a: no values are given"),
    "bounds reversed": (lambda: declare(["a"], bounds=(1, 0), source="s", reason="r"), "a: bounds 1 and 0; give the lower one"),
    "one bound": (lambda: declare(["a"], bounds=1.0, source="s", reason="r"), "give each a lower and an upper"),
    "infinite bound": (lambda: declare(["a"], bounds=(0, np.inf), source="s", reason="r"), "bounds 0 and inf"),
    "mean beside bounds": (lambda: declare(["a"], [0.2], bounds=(0, 1), source="s", reason="r"), "the middle of the bounds"),
    "stds of another number": (lambda: declare(["a", "b"], [0, 0], std=[1, 2, 3], source="s", reason="r"), "a, b: 3 standard"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    make, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        make()


def test_declared_values() -> None:
    made = declare(["a", "b"], [1.0, 2.0], std=0.5, source="prior", reason="a book")
    np.testing.assert_array_equal(made.std, [0.5, 0.5])
    assert made.provenance["declared"] == "a book"
    whole = declare(["a", "b"], [1.0, 2.0], covariance=[[1.0, 0.3], [0.3, 1.0]], source="prior", reason="a book")
    assert whole.covariance[0, 1] == pytest.approx(0.3)


def test_bounded_values_are_uniform_and_independent() -> None:
    """Moments of U(a, b): mean (a+b)/2, variance (b-a)²/12; no draw is outside, and none is missing near an end."""
    made = declare(["a", "b"], bounds=[[-1.0, 3.0], [10.0, 10.6]], source="prior", reason="a book")
    np.testing.assert_allclose(made.mean, [1.0, 10.3])
    np.testing.assert_allclose(made.covariance, np.diag([16 / 12, 0.36 / 12]), rtol=1e-12)
    assert set(made.factors) == {"prior: a", "prior: b"}
    assert {factor.family for factor in made.factors.values()} == {"uniform"}
    draws = Joint([made]).draw(2000, np.random.default_rng(0))
    low, high = draws.min(axis=0), draws.max(axis=0)
    assert ((low >= [-1, 10]) & (high <= [3, 10.6])).all()
    np.testing.assert_allclose([low, high], [[-1, 10], [3, 10.6]], atol=0.02)
    one = declare(["a"], [1.0], bounds=(-1.0, 3.0), source="prior", reason="a book")
    assert list(one.factors) == ["prior"]
    again = declare(["a"], bounds=(-1.0, 3.0), source="prior", reason="a book")
    assert one.factors["prior"].labels == again.factors["prior"].labels
    assert (
        one.factors["prior"].labels != declare(["a"], bounds=(-1, 4), source="prior", reason="a book").factors["prior"].labels
    )


# ---- representations ---------------------------------------------------------------------------------------------------


def test_representation_lists_values_errors_and_sources() -> None:
    """Numbers as everywhere else (`with_error`), each coefficient with the source of most of its variance."""
    factors = {"fit": Factor([[0.03], [0.0]], ("f",)), "potential": Factor([[0.04], [0.0]], ("a",))}
    estimate = Estimate(("LCO E_a [eV]", "LCO L0 [eV]"), [0.512, 7.0], factors, "by hand")
    assert repr(estimate).splitlines() == [
        "Estimate of 2 coefficients (by hand)",
        "  LCO E_a [eV]  0.512 ± 0.050  potential 64 %",
        "  LCO L0 [eV]   7.00000        no error",
        "  sources: fit, potential",
    ]
    lines = repr(Joint([estimate])).splitlines()
    assert lines[0] == "Joint of 2 coefficients, 2 germs from 2 sources"
    assert lines[1:] == repr(estimate).splitlines()[1:]


@pytest.mark.parametrize("n", [0, 1, 12, 13, 100])
def test_representation_is_short(n: int) -> None:
    estimate = Estimate(
        tuple(f"x{k} [V]" for k in range(n)), np.ones(n), {f"s{k}": Factor(np.eye(n)[:, [k]], ("a",)) for k in range(n)}
    )
    for text in (repr(estimate), repr(Joint([estimate]))):
        lines = text.splitlines()
        assert len(lines) <= 15
        assert all(len(line) <= 250 for line in lines)
        assert (f"… and {n - 12} more" in text) == (n > 12)


def test_representation_has_no_control_characters() -> None:
    """A name from a file steers no terminal, and a long one is cut."""
    name, source = "a\x1b[31m\u202e" + "b" * 500, "s\r\n\x07" + "t" * 500
    text = repr(Estimate((name,), [1.0], {source: Factor([[0.1]], ("l",))}, "m\x9b" * 300))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert r"a\x1b[31m\u202ebbb" in text
    assert max(map(len, text.splitlines())) <= 250
