"""Results: tables, survival curves, other errors at no new solves, covariance of curves; all also from a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from a2c_pybamm.design import sweep
from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.files import read_result, write_result
from a2c_pybamm.propagation import (
    AdaptiveChaos,
    FirstOrder,
    Model,
    MonteCarlo,
    PolynomialChaos,
    Status,
    from_function,
    generator_of,
    planned_solves,
    propagate,
    sensitivity_indices,
)
from a2c_pybamm.propagation.results.covariance_of_curves import curve_covariance
from a2c_pybamm.propagation.results.dataframe import design_to_dataframe, draws_to_dataframe, to_dataframe
from a2c_pybamm.propagation.results.reweighting import reweight, scale_source
from a2c_pybamm.propagation.results.survival_curve import survival
from a2c_pybamm.result import Result
from tests.result_edits import datasets, edited

FIRST, CHAOS, SAMPLING = "first order", "chaos of order 2", "sampling"
NAMES = ("a", "b")
MEAN, COVARIANCE = np.array([0.0, 1.0]), np.array([[1.0, 0.3], [0.3, 1.0]])
SLOPES = np.array([1.0, -2.0])
TIMES = np.linspace(0.0, 3.0, 7)


def joint_of(mean: object, covariance: object, names: tuple[str, ...] = NAMES) -> Joint:
    return Joint([Estimate.from_covariance(names, np.asarray(mean, float), np.asarray(covariance, float), source="data")])


BEFORE = joint_of(MEAN, COVARIANCE)


def sources(**columns: tuple[object, str]) -> Joint:
    """A joint of the two coefficients with one germ for each named source."""
    factors = {k: Factor(np.asarray(c, float)[:, None], (k,), family) for k, (c, family) in columns.items()}  # type: ignore[arg-type]
    return Joint([Estimate(NAMES, MEAN, factors)])


def linear(samples: np.ndarray) -> np.ndarray:
    return 2 + samples @ SLOPES


def bent(samples: np.ndarray) -> np.ndarray:
    return linear(samples) + 0.3 * samples[:, 0] ** 2 + 0.2 * samples[:, 0] * samples[:, 1]


def cell(samples: np.ndarray) -> dict[str, np.ndarray]:
    """A number that some samples have not, a curve that bends, and its mean over the times."""
    curve = linear(samples)[:, None] + np.sin(TIMES) * samples[:, :1] ** 2 + TIMES * samples[:, 1:]
    return {"capacity": np.where(samples[:, 0] < -1.8, np.nan, bent(samples)), "voltage": curve, "average": curve.mean(axis=1)}


def whole_result(joint: Joint, n: int = 400) -> Result:
    model = from_function(cell, NAMES, outputs={"capacity": "A.h", "voltage": "V", "average": "V"})
    methods = (FirstOrder(), PolynomialChaos(2), MonteCarlo(n))
    result = propagate(model, joint, *methods, rng=np.random.default_rng(0), max_failed=0.2)
    for path in ("voltage", f"/expansion/{CHAOS}"):
        result = edited(result, path, lambda node: node.assign_coords({"voltage index": TIMES}))
    return result


@pytest.fixture(scope="module")
def result() -> Result:
    return whole_result(BEFORE)


def sampled(function: Callable[[np.ndarray], np.ndarray], joint: Joint, n: int, seed: int = 0) -> Result:
    model = from_function(function, joint.names)
    return propagate(model, joint, MonteCarlo(n, share_degree=1), rng=np.random.default_rng(seed), max_failed=0.2)


def drawn(values: np.ndarray) -> Result:
    """A result of which survival reads the draws alone."""
    return Result.from_dict({"outputs/y": xr.Dataset(), "draws": xr.Dataset({"y": ("draw", values, {"units": "s"})})})


# tables


def test_dataframe_has_every_number_once_in_its_place(result: Result) -> None:
    table = to_dataframe(result)
    assert len(table) == 3 * (1 + 1 + len(TIMES))
    assert not table.duplicated(["output", "approach", "axis", "at"]).any()
    for _, row in table.iterrows():
        place = {"approach": row["approach"]} | ({row["axis"]: row["at"]} if row["axis"] else {})
        own = result[row["output"]].to_dataset().sel(place)
        for name in ("mean", "std", "error", "q2", "mean_se"):
            np.testing.assert_equal(row[name], own[name].item())
        np.testing.assert_equal(row["q2.5"], own["quantile"].sel(level=0.025).item())
        np.testing.assert_equal(row["q97.5"], own["quantile"].sel(level=0.975).item())
        np.testing.assert_equal(row["share: data"], own["share"].sel(source="data").item())
        assert row["units"] == {"capacity": "A.h", "voltage": "V", "average": "V"}[row["output"]]
        assert row["verdict"] == (own["verdict"].item() if not row["axis"] else "")
    assert list(table.columns[:7]) == ["output", "approach", "axis", "at", "units", "mean", "std"]


def test_dataframe_of_one_approach_and_of_a_sweep(result: Result) -> None:
    table, one = to_dataframe(result), to_dataframe(result.sel(approach=CHAOS))
    assert one.equals(table[table["approach"] == CHAOS].reset_index(drop=True))

    def make(c_rate: float) -> Model:
        return from_function(lambda s: c_rate * linear(s), NAMES)

    points = sweep(make, {"c_rate": [0.5, 2.0]}, BEFORE, FirstOrder(), PolynomialChaos(1), rng=np.random.default_rng(0))
    swept = to_dataframe(points)
    assert sorted(zip(swept["at"], swept["c_rate"], strict=True)) == [(0.0, 0.5)] * 2 + [(1.0, 2.0)] * 2
    np.testing.assert_allclose(swept["std"], swept["c_rate"] * np.sqrt(SLOPES @ COVARIANCE @ SLOPES), rtol=1e-6)
    with pytest.raises(ValueError, match="no node 'outputs' with statistics"):
        to_dataframe(Result())


def test_dataframe_of_draws_has_failures_with_their_reasons(result: Result) -> None:
    table = draws_to_dataframe(result)
    assert list(table.columns) == ["a", "b", "capacity", "average", "reason"]
    assert table.index.name == "draw"
    failed = table["a"] < -1.8
    assert 0 < failed.sum() == int((result["failures"]["sample_approach"] == SAMPLING).sum())
    assert (table.loc[failed, "reason"] == "capacity is not finite").all()
    assert (table.loc[~failed, "reason"] == "").all()
    np.testing.assert_allclose(table.loc[~failed, "capacity"], bent(table.loc[~failed, ["a", "b"]].to_numpy()), rtol=1e-12)
    assert table.loc[failed, "capacity"].isna().all()


def test_dataframe_of_draws_refuses_what_it_cannot_show(result: Result) -> None:
    with pytest.raises(ValueError, match=r"no draws; run propagate with MonteCarlo"):
        draws_to_dataframe(result.filter(lambda node: node.name != "draws"))
    clash = {**datasets(result), "/outputs/a": datasets(result)["/outputs/average"]}
    clash["/draws"] = clash["/draws"].rename(average="a")
    with pytest.raises(ValueError, match="'a' is a coefficient and a column"):
        draws_to_dataframe(Result.from_dict(clash))


# survival


@pytest.mark.parametrize("n", [20, 157])
def test_survival_is_the_fraction_with_the_exact_binomial_interval(n: int) -> None:
    values = np.random.default_rng(n).normal(size=n)
    at = np.array([-9.0, -1.0, 0.2, np.max(values), 9.0])
    found = survival(drawn(values), "y", at=at)
    for k, threshold in enumerate(at):
        exact = binomtest(int((values > threshold).sum()), n)
        interval = exact.proportion_ci(0.95, method="exact")
        row = found.isel(threshold=k)
        assert row.survival == pytest.approx(exact.statistic, abs=1e-14)
        assert (row.lower.item(), row.upper.item()) == pytest.approx((interval.low, interval.high), abs=1e-9)
        assert (row.lowest.item(), row.highest.item()) == (row.lower.item(), row.upper.item())
    assert found["threshold"].attrs["units"] == "s"
    assert found.attrs["failed_fraction"] == 0
    assert survival(drawn(values), "y", at=0.2)["survival"].item() == pytest.approx(found["survival"].values[2], abs=1e-14)


@pytest.mark.slow
@given(st.integers(5, 60), st.integers(0, 4), st.integers(0, 10**6))
@settings(max_examples=30)
def test_survival_bounds_hold_whatever_failed_draws_would_have_been(n: int, n_failed: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, hidden = rng.normal(size=n), rng.normal(size=n_failed)
    seen = survival(drawn(np.append(values, np.full(n_failed, np.nan))), "y", at=[-1.0, 0.0, 1.0])
    full = survival(drawn(np.append(values, hidden)), "y", at=[-1.0, 0.0, 1.0])
    assert (seen["lowest"] <= full["lower"] + 1e-9).all()
    assert (seen["highest"] >= full["upper"] - 1e-9).all()
    assert (seen["lowest"] <= seen["lower"] + 1e-9).all()
    assert (seen["upper"] <= seen["highest"] + 1e-9).all()
    np.testing.assert_allclose(seen["survival"], survival(drawn(values), "y", at=[-1.0, 0.0, 1.0])["survival"], atol=1e-14)
    assert seen.attrs["n_failed"] == n_failed
    assert seen.attrs["failed_fraction"] == n_failed / (n + n_failed)


@pytest.mark.calibration
def test_survival_interval_covers_rare_events_too() -> None:
    """400 sets of 150 draws: with true coverage 0.95 fewer than 0.917 comes once in 1000; plain p ± 2σ has 0.77 at 0.99."""
    probability = np.array([0.5, 0.9, 0.99, 0.999])
    at = -norm.ppf(probability)
    rng = np.random.default_rng(3)
    sets = [survival(drawn(rng.normal(size=150)), "y", at=at) for _ in range(400)]
    covered = [(found["lower"].values <= probability) & (probability <= found["upper"].values) for found in sets]
    assert (np.mean(covered, axis=0) >= 0.917).all()
    width = np.mean([found["upper"].values - found["lower"].values for found in sets], axis=0)
    assert width[0] < 1.1 * 2 * 1.96 * 0.5 / np.sqrt(150)


def test_survival_of_a_polynomial_is_that_of_its_distribution() -> None:
    model = from_function(linear, NAMES, outputs={"y": "s"})
    found = propagate(model, BEFORE, PolynomialChaos(2), rng=np.random.default_rng(0))
    mean, std = linear(MEAN[None])[0], np.sqrt(SLOPES @ COVARIANCE @ SLOPES)
    at = mean + std * np.array([-2.0, -0.5, 0.0, 1.0, 2.5])
    curve = survival(found, "y", at=at, approach=CHAOS, rng=np.random.default_rng(1))
    np.testing.assert_allclose(curve["survival"], norm.sf((at - mean) / std), atol=2e-3)
    assert curve[["lower", "upper", "lowest", "highest"]].to_array().isnull().all()
    assert curve["threshold"].attrs["units"] == "s"


def test_survival_by_default_runs_from_one_to_zero(result: Result) -> None:
    curve = survival(result, "average")
    values = curve["survival"].values
    assert values[0] > 0.99
    assert values[-1] == 0
    assert (np.diff(values) <= 1e-15).all()


def test_survival_errors_name_the_remedy(result: Result) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"no draws of output 'end_time'; it has those of 'capacity', 'average'"):
        survival(result)
    with pytest.raises(ValueError, match="run propagate with MonteCarlo"):
        survival(Result())
    with pytest.raises(ValueError, match="every draw of 'y' failed"):
        survival(drawn(np.full(3, np.nan)), "y")
    with pytest.raises(ValueError, match="not finite numbers"):
        survival(result, "average", at=[1.0, np.nan])
    with pytest.raises(ValueError, match=r"default_rng\(seed\)"):
        survival(result, "average", approach=CHAOS)
    with pytest.raises(ValueError, match="name a scalar output"):
        survival(result, "voltage", approach=CHAOS, rng=rng)
    with pytest.raises(ValueError, match="take approach='sampling' or 'chaos of order 2'"):
        survival(result, "average", approach=FIRST)


# other errors at no new solves

CHANGES = {
    "half": joint_of(MEAN, COVARIANCE / 4),
    "shift": joint_of(MEAN + np.array([0.3, 0.0]), COVARIANCE),
    "no correlation": joint_of(MEAN, np.eye(2)),
    "reversed correlation of less": joint_of(MEAN + np.array([0.1, -0.1]), [[0.3, -0.2], [-0.2, 0.5]]),
}


def test_scale_source_scales_one_source_and_keeps_correlations() -> None:
    joint = sources(x=([1, 2], "normal"), y=([0, 1], "normal"))
    np.testing.assert_allclose(scale_source(joint, "x", 0.5).covariance, [[0.25, 0.5], [0.5, 2.0]], atol=1e-12)
    assert scale_source(joint, "x", 0.0).sources == ("y",)
    with pytest.raises(ValueError, match="no source 'z'; the joint has 'x', 'y'"):
        scale_source(joint, "z", 0.5)
    with pytest.raises(ValueError, match="give a factor ≥ 0"):
        scale_source(joint, "x", -1.0)


@pytest.mark.parametrize("change", [*CHANGES, "twice as wide", "one direction left"])
def test_polynomial_read_again_is_the_one_fitted_anew(change: str) -> None:
    extra = {"twice as wide": joint_of(MEAN, 4 * COVARIANCE), "one direction left": joint_of(MEAN, [[1, 0.4], [0.4, 0.16]])}
    after = (CHANGES | extra)[change]
    model = from_function(lambda s: np.column_stack([bent(s), linear(s)]), NAMES, outputs=("bent", "linear"))
    fitted, anew = (propagate(model, j, PolynomialChaos(2), rng=np.random.default_rng(0)) for j in (BEFORE, after))
    found = reweight(fitted, after, rng=np.random.default_rng(1))
    for output in ("bent", "linear"):
        for name in ("mean", "var", "std", "share"):
            np.testing.assert_allclose(found[output][name], anew[output][name], rtol=1e-9, atol=1e-11)
        # of 4096 random points each the 2.5 % quantiles of a normal distribution differ by 0.06 σ in the mean square
        quantile, std = anew[output]["quantile"], anew[output]["std"].item()
        np.testing.assert_allclose(found[output]["quantile"], quantile, atol=0.06 * std)
        assert found[output]["error"].isnull().all()
        mine, theirs = sensitivity_indices(found, output), sensitivity_indices(anew, output)
        for index in ("kucherenko_first", "kucherenko_total", "shapley"):
            np.testing.assert_allclose(mine[index], theirs[index], atol=1e-9)
        verdict = found[output]["verdict"].item()
        assert ("propagate again" in verdict) == (found["extrapolated"].item() > 0.01)
        assert (found[output]["status"].item() == Status.FAILS) == (found["extrapolated"].item() > 0.01)
    assert (found["extrapolated"].item() > 0.05) == (change == "twice as wide")


def test_polynomial_knows_curves_uniform_germs_and_sources(result: Result) -> None:
    found = reweight(result, CHANGES["half"], rng=np.random.default_rng(1))
    fresh = whole_result(CHANGES["half"])
    np.testing.assert_allclose(
        found["voltage"]["std"].sel(approach=CHAOS), fresh["voltage"]["std"].sel(approach=CHAOS), rtol=1e-9
    )
    before = sources(x=([1, 0.5], "normal"), u=([0, 1], "uniform"))
    after = Joint([Estimate(NAMES, MEAN, {"u": Factor(np.array([[0.0], [1.5]]), ("u",), "uniform")})])
    model = from_function(bent, NAMES)
    fitted, anew = (propagate(model, j, PolynomialChaos(2), rng=np.random.default_rng(0)) for j in (before, after))
    wider = reweight(fitted, after, rng=np.random.default_rng(1))
    np.testing.assert_allclose(wider["output"]["var"], anew["output"]["var"], rtol=1e-9)
    assert wider["output"]["share"].dims == anew["output"]["share"].dims
    # a uniform error half as wide again spends a third of its probability beyond the former bounds
    assert wider["extrapolated"].item() == pytest.approx(1 / 3, abs=0.02)


def test_survival_under_other_errors_is_that_of_the_polynomial_in_their_germ() -> None:
    fitted = propagate(from_function(linear, NAMES), BEFORE, PolynomialChaos(1), rng=np.random.default_rng(0))
    after = CHANGES["reversed correlation of less"]
    mean, std = linear(after.mean[None])[0], np.sqrt(SLOPES @ after.covariance @ SLOPES)
    at = mean + std * np.array([-2.0, -0.5, 0.0, 1.0, 2.5])
    read = reweight(fitted, after, rng=np.random.default_rng(1))
    curve = survival(read, "output", at=at, approach="chaos of order 1", rng=np.random.default_rng(2))
    np.testing.assert_allclose(curve["survival"], norm.sf((at - mean) / std), atol=2e-3)


@pytest.mark.parametrize("by", [0.0, 0.5, 1.3])
def test_adaptive_chaos_read_under_another_error_of_one_source_has_its_exact_moments(by: float) -> None:
    """With y = e^{x}·(1 + z/4) of independent sources: E y = e^{s²/2}, E y² = e^{2s²}·17/16; share of x Var e^x / Var y."""
    joint = sources(x=([0.3, 0.0], "normal"), z=([0.0, 1.0], "normal"))
    model = from_function(lambda s: np.exp(s[:, 0]) * (1 + (s[:, 1] - 1) / 4), NAMES)
    fitted = propagate(model, joint, AdaptiveChaos(1e-3, 200), rng=np.random.default_rng(0))
    read = reweight(fitted, scale_source(joint, "x", by), rng=np.random.default_rng(1)).isel(approach=0)
    square = (0.3 * by) ** 2
    mean, var = np.exp(square / 2), np.exp(2 * square) * 17 / 16 - np.exp(square)
    # a cubic leaves out the fourth power and beyond: (1.3·0.3)⁸/4! of the variance at the most
    assert read["output"]["mean"].item() == pytest.approx(mean, rel=2e-3)
    assert read["output"]["std"].item() == pytest.approx(np.sqrt(var), rel=5e-3)
    share = read["output"]["share"].to_series().get("x", 0.0)
    assert share == pytest.approx(np.exp(square) * np.expm1(square) / var, abs=5e-3)


def test_polynomial_that_failed_before_fails_under_other_errors_too() -> None:
    joint = sources(x=([1.0, 0.0], "normal"), z=([0.0, 1.0], "normal"))
    model = from_function(lambda s: np.sin(9 * s[:, 0]), NAMES)
    fitted = propagate(model, joint, PolynomialChaos(2), rng=np.random.default_rng(0))
    read = reweight(fitted, scale_source(joint, "x", 0.9), rng=np.random.default_rng(1)).isel(approach=0)
    assert read["output"]["status"].item() == Status.FAILS
    assert "it failed under the former errors" in read["output"]["verdict"].item()


def test_polynomial_of_points_that_were_not_fitted_stays_missing() -> None:
    def stops(samples: np.ndarray) -> np.ndarray:
        curve = np.repeat(bent(samples)[:, None], 3, axis=1)
        curve[samples[:, 0] > 0.5, 2] = np.nan
        return curve

    fitted = propagate(from_function(stops, NAMES), BEFORE, PolynomialChaos(2), rng=np.random.default_rng(0))
    found = reweight(fitted, CHANGES["half"], rng=np.random.default_rng(1))
    assert np.isfinite(found["output"]["std"].values).tolist() == [[True, True, False]]
    assert np.isfinite(found["output"]["quantile"].values).all(axis=1).tolist() == [[True, True, False]]


def test_polynomial_refuses_what_it_was_not_fitted_to(result: Result) -> None:
    rng = np.random.default_rng(0)
    first = sources(x=([1, 1], "normal"))
    fitted = propagate(from_function(linear, NAMES), first, PolynomialChaos(1), rng=rng)
    with pytest.raises(ValueError, match=r"after moves '[ab]' in a way that carried no error"):
        reweight(fitted, BEFORE, rng=rng)
    with pytest.raises(ValueError, match="run propagate with AdaptiveChaos"):
        reweight(sampled(linear, BEFORE, 50), BEFORE, rng=rng)
    with pytest.raises(ValueError, match=r"give np.random.default_rng\(seed\)"):
        reweight(result, BEFORE, rng=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="after: no coefficient 'a'"):
        reweight(result, joint_of([0.0], [[1.0]], ("z",)), rng=rng)
    with pytest.raises(ValueError, match="after has no error in any coefficient of the model"):
        reweight(fitted, scale_source(first, "x", 0.0), rng=rng)


# covariance of curves

JOINT = sources(x=([1, 0.5], "normal"), y=([0, 0.7], "normal"))


@pytest.mark.parametrize("approach", [FIRST, CHAOS])
def test_covariance_of_a_curve_has_its_variance_and_that_of_its_average(approach: str) -> None:
    result = whole_result(JOINT, n=50)
    found = curve_covariance(result, "voltage", approach=approach, joint=JOINT)
    matrix, own = found["covariance"].values, result.sel(approach=approach)
    np.testing.assert_allclose(np.diag(matrix), own["voltage"]["var"], rtol=1e-12)
    np.testing.assert_array_equal(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix)[0] > -1e-13 * np.trace(matrix)
    weight = np.full(len(TIMES), 1 / len(TIMES))
    assert weight @ matrix @ weight == pytest.approx(own["average"]["var"].item(), rel=1e-9)
    by_source = np.array([np.diag(part) for part in found["by_source"].values])
    np.testing.assert_allclose(by_source, own["voltage"]["share"] * own["voltage"]["var"], rtol=1e-9, atol=1e-12)
    assert found["covariance"].attrs["units"] == "(V)^2"
    assert found["covariance"].dims == ("voltage index", "voltage index 2")
    np.testing.assert_array_equal(found["voltage index 2"], TIMES)


def test_first_order_covariance_of_a_curve_is_the_triple_product() -> None:
    result = whole_result(BEFORE, n=50)
    gradient = result["voltage"]["gradient"].sel(approach=FIRST).transpose("coefficient", ...).values
    found = curve_covariance(result, "voltage", joint=BEFORE)
    np.testing.assert_allclose(found["covariance"], gradient.T @ COVARIANCE @ gradient, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found["by_source"].sum("source"), found["covariance"], rtol=1e-12, atol=1e-12)


def test_covariance_of_a_polynomial_is_that_of_its_values() -> None:
    result = whole_result(BEFORE, n=50)
    values = cell(BEFORE.draw(200_000, np.random.default_rng(4)))["voltage"]
    found = curve_covariance(result, "voltage", approach=CHAOS)["covariance"].values
    std = np.sqrt(np.diag(found))
    np.testing.assert_allclose(np.cov(values.T) / np.outer(std, std), found / np.outer(std, std), atol=0.02)


def test_covariance_is_missing_where_the_curve_is_and_zero_where_it_does_not_vary() -> None:
    def stops(samples: np.ndarray) -> np.ndarray:
        curve = np.column_stack([np.full(len(samples), 4.0), linear(samples), linear(samples), linear(samples)])
        curve[:, 3] = np.nan
        return curve

    # a coefficient without error has no gradient, and needs none
    joint = joint_of(MEAN, [[1.0, 0.0], [0.0, 0.0]])
    result = propagate(from_function(stops, NAMES), joint, FirstOrder(), rng=np.random.default_rng(0))
    matrix = curve_covariance(result, "output", joint=joint)["covariance"].values
    assert np.isnan(matrix[3]).all()
    assert np.isnan(matrix[:, 3]).all()
    np.testing.assert_allclose(matrix[:3, :3], [[0, 0, 0], [0, 1, 1], [0, 1, 1]], atol=1e-9)
    assert (matrix[0, :3] == 0).all()


def test_covariance_of_a_curve_refuses_the_wrong_joint(result: Result) -> None:
    with pytest.raises(ValueError, match="give joint="):
        curve_covariance(result, "voltage")
    with pytest.raises(ValueError, match="not the one that the result was made with"):
        curve_covariance(result, "voltage", joint=CHANGES["half"])
    with pytest.raises(ValueError, match="no output 'current'"):
        curve_covariance(result, "current")
    with pytest.raises(ValueError, match="no approach 'chaos of order 3'; it has 'first order'"):
        curve_covariance(result, "voltage", approach="chaos of order 3")
    with pytest.raises(ValueError, match="no curves of 'voltage' by 'sampling'; take approach='first order'"):
        curve_covariance(result, "voltage", approach=SAMPLING)


# files


def through_file(dataset: xr.Dataset, path: Path) -> xr.Dataset:
    dataset.to_netcdf(path, engine="h5netcdf")
    with xr.open_dataset(path, engine="h5netcdf") as stored:
        return stored.load()


ANSWERS: dict[str, Callable[[Result], xr.Dataset]] = {
    "survival": lambda r: survival(r, "capacity"),
    "survival of the polynomial": lambda r: survival(r, "average", approach=CHAOS, rng=np.random.default_rng(2)),
    "survival, reweighted": lambda r: survival(
        reweight(r, CHANGES["half"], rng=np.random.default_rng(2)), "average", approach=CHAOS, rng=np.random.default_rng(2)
    ),
    "reweight": lambda r: reweight(r, CHANGES["half"], rng=np.random.default_rng(2))["average"].to_dataset(),
    "curve_covariance": lambda r: curve_covariance(r, "voltage", joint=BEFORE),
    "curve_covariance of the polynomial": lambda r: curve_covariance(r, "voltage", approach=CHAOS),
}


@pytest.fixture(scope="module")
def stored(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return read_result(write_result(tmp_path_factory.mktemp("results") / "result.nc", result))


@pytest.mark.slow
@pytest.mark.parametrize("question", ANSWERS)
def test_a_result_from_a_file_gives_the_same_answers_and_they_can_be_written(
    question: str, result: Result, stored: Result, tmp_path: Path
) -> None:
    answer = ANSWERS[question](result)
    xr.testing.assert_identical(ANSWERS[question](stored), answer)
    xr.testing.assert_identical(through_file(answer, tmp_path / "answer.nc"), answer)


def test_tables_of_a_result_from_a_file_are_the_same(result: Result, stored: Result) -> None:
    assert to_dataframe(stored).equals(to_dataframe(result))
    assert draws_to_dataframe(stored).equals(draws_to_dataframe(result))
    assert len(to_dataframe(reweight(stored, BEFORE, rng=np.random.default_rng(2)))) == 1 + 1 + len(TIMES)


# what makes a result again


def solved_again(rng: np.random.Generator) -> Result:
    model = from_function(bent, NAMES, outputs={"y": "V"})
    methods = (FirstOrder(), AdaptiveChaos(budget=60), MonteCarlo(30, share_degree=1))
    return propagate(model, BEFORE, *methods, rng=rng)


def used(kind: type[np.random.BitGenerator]) -> np.random.Generator:
    """A child of a seed that has drawn and spawned."""
    rng = np.random.Generator(kind(np.random.SeedSequence(12345678901234567890123, spawn_key=(4, 2))))
    rng.normal(size=7)
    rng.integers(0, 5, dtype=np.uint32)
    rng.spawn(3)
    return rng


@pytest.mark.slow
@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_a_result_says_what_makes_it_again(kind: type[np.random.BitGenerator], tmp_path: Path) -> None:
    """With every bit generator of numpy, from the middle of its sequence, through a file."""
    first = solved_again(used(kind))
    stored = read_result(write_result(tmp_path / "result.nc", first))
    xr.testing.assert_identical(stored, first)
    xr.testing.assert_identical(solved_again(generator_of(stored)), first)


def test_seed_and_versions_can_be_read() -> None:
    found = solved_again(np.random.default_rng(17))
    assert found.attrs["seed"] == "PCG64, entropy 17, spawn key (), 0 children before"
    assert solved_again(used(np.random.PCG64)).attrs["seed"].endswith("spawn key (4, 2), 3 children before, drawn from before")
    named = [text.split(" ")[0] for text in found.attrs["versions"].split(", ")]
    assert named == ["a2c_pybamm", "python", "numpy", "scipy", "chaospy", "xarray"]
    assert f"numpy {np.__version__}" in found.attrs["versions"]


def test_generator_of_a_stranger_is_refused() -> None:
    with pytest.raises(ValueError, match="no attribute 'random generator'"):
        generator_of(Result())
    with pytest.raises(ValueError, match="'Ours' is none of numpy's"):
        generator_of(Result(xr.Dataset(attrs={"random generator": '{"kind": "Ours", "state": {}}'})))


# every solve is kept


def test_points_of_a_design_are_kept_apart_from_draws(result: Result, stored: Result) -> None:
    table = design_to_dataframe(stored)
    assert table.equals(design_to_dataframe(result))
    assert table["approach"].value_counts().to_dict() == {
        FIRST: int(result["n_solves"].sel(approach=FIRST)),
        CHAOS: int(result["n_solves"].sel(approach=CHAOS)),
    }
    fine = table["reason"] == ""
    assert 0 < (~fine).sum() == int((result["failures"]["sample_approach"] != SAMPLING).sum())
    np.testing.assert_allclose(table.loc[fine, "capacity"], bent(table.loc[fine, ["a", "b"]].to_numpy()), rtol=1e-12)
    assert table.loc[~fine, "capacity"].isna().all()
    assert len(draws_to_dataframe(stored)) == 512
    assert survival(stored, "capacity").attrs["n_draws"] == 512


def test_adaptive_chaos_keeps_its_points_and_test_points() -> None:
    found = solved_again(np.random.default_rng(3))
    table = design_to_dataframe(found)
    own = table[table["approach"] == "adaptive chaos"]
    assert len(own) == int(found["n_solves"].sel(approach="adaptive chaos"))
    np.testing.assert_allclose(own["y"], bent(own[["a", "b"]].to_numpy()), rtol=1e-12)
    with pytest.raises(ValueError, match="no points of a design"):
        design_to_dataframe(sampled(linear, BEFORE, 30))


# how far a run is


@pytest.mark.parametrize("budget", [60, 400])
def test_progress_ends_at_what_was_expected_last(budget: int) -> None:
    """Adaptive chaos stops early; the total is told anew, and never falls short of what has been done."""
    done, totals = [0], []
    model = from_function(linear, NAMES)

    def advance(n: int) -> None:
        done.append(done[-1] + n)
        assert done[-1] <= totals[-1]

    methods = (FirstOrder(), AdaptiveChaos(budget=budget), MonteCarlo(30))
    found = propagate(model, BEFORE, *methods, rng=np.random.default_rng(0), progress=advance, expect=totals.append)
    assert totals[-1] == done[-1] == int(found["n_solves"].sum())
    assert totals[0] == planned_solves(model, BEFORE, *methods)
    assert totals == sorted(totals, reverse=True)
