"""Sweeps: every combination is there, in order, with what propagation gives at it, and failures are kept."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import xarray as xr

import a2c_pybamm as a2c
from a2c_pybamm.cli.printing import print_sweep

NAMES = ("A a [1]", "A b [1]")
COVARIANCE = np.array([[0.04, 0.01], [0.01, 0.09]])


@pytest.fixture(scope="module")
def joint() -> a2c.Joint:
    return a2c.Joint([a2c.Estimate.from_covariance(NAMES, [1.0, 2.0], COVARIANCE, source="data")])


def line(*, slope: float, offset: float) -> Any:
    """A model y = slope · (a + 2 b) + offset, whose mean and variance are known."""
    return a2c.from_function(lambda s: slope * (s[:, 0] + 2 * s[:, 1]) + offset, NAMES, outputs={"y": "1"})


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_every_combination_in_order(joint: a2c.Joint) -> None:
    done: list[int] = []
    result = a2c.sweep(line, {"slope": [1.0, 3.0], "offset": [0.0, 5.0, 7.0]}, joint, rng=rng(), progress=done.append)
    assert result.sizes["point"] == 6
    np.testing.assert_array_equal(result["slope"], [1, 1, 1, 3, 3, 3])
    np.testing.assert_array_equal(result["offset"], [0, 5, 7, 0, 5, 7])
    np.testing.assert_allclose(result["y"]["value"], 5 * result["slope"] + result["offset"], rtol=1e-14)
    assert done == [1] * 6


@pytest.mark.parametrize(
    "methods", [(a2c.FirstOrder(),), (a2c.FirstOrder(), a2c.PolynomialChaos(order=1)), (a2c.PolynomialChaos(),)]
)
def test_error_at_each_point(joint: a2c.Joint, methods: tuple[Any, ...]) -> None:
    """Var y = slope² gᵀ C g with g = (1, 2)."""
    result = a2c.sweep(line, {"slope": [1.0, 3.0], "offset": [0.0]}, joint, *methods, rng=rng())
    g = np.array([1.0, 2.0])
    for k, slope in enumerate([1.0, 3.0]):
        np.testing.assert_allclose(result["y"]["std"].isel(point=k), slope * np.sqrt(g @ COVARIANCE @ g), rtol=1e-6)
        np.testing.assert_allclose(result["y"]["mean"].isel(point=k), 5 * slope, rtol=1e-6)
        np.testing.assert_allclose(result["y"]["share"].isel(point=k).sel(source="data"), 1.0, rtol=1e-6)


def broken(*, slope: float, where: str) -> Any:
    """A cell that cannot be built ("build") or solved ("solve") at slope 2."""
    if slope == 2.0 and where == "build":
        raise ValueError("no such cell")

    def solve(s: np.ndarray) -> np.ndarray:
        return np.full(len(s), np.nan) if slope == 2.0 else slope * s[:, 0]

    return a2c.from_function(solve, NAMES, outputs={"y": "1"})


@pytest.mark.parametrize("where", ["build", "solve"])
@pytest.mark.parametrize("methods", [(), (a2c.MonteCarlo(20),)])
def test_failing_point_is_kept_with_its_reason(joint: a2c.Joint, where: str, methods: tuple[Any, ...]) -> None:
    result = a2c.sweep(broken, {"slope": [1.0, 2.0, 3.0], "where": [where]}, joint, *methods, rng=rng())
    value = result["y"]["mean"].isel(approach=0) if methods else result["y"]["value"]
    np.testing.assert_array_equal(np.isfinite(value), [True, False, True])
    assert [bool(reason) for reason in result["reason"].values] == [False, True, False]
    if where == "build":
        assert result["reason"].values[1] == "no such cell"


def test_share_of_failures_is_told_where_it_is_large(joint: a2c.Joint) -> None:
    def some(*, bound: float) -> Any:
        return a2c.from_function(lambda s: np.where(s[:, 0] < bound, s[:, 0], np.nan), NAMES, outputs={"y": "1"})

    design = {"bound": [1.2, 9.0]}  # a sixth of the draws fails at the first point
    strict = a2c.sweep(some, design, joint, a2c.MonteCarlo(100), rng=rng())
    mild = a2c.sweep(some, design, joint, a2c.MonteCarlo(100), rng=rng(), max_failed=0.5)
    assert re.match(r"1\d % of the drawn samples fail; the numbers", strict["reason"].values[0])
    assert np.isfinite(strict["y"]["std"]).all()
    assert list(mild["reason"].values) == ["", ""]


def test_numbers_stand_beside_the_share_of_failures(joint: a2c.Joint, capsys: pytest.CaptureFixture[str]) -> None:
    """Of one output a sixth of the draws fails, another has all; the third point cannot be built."""

    def some(*, bound: float) -> Any:
        if bound == 5:
            raise ValueError("no such cell")
        outputs = {"y": "1", "whole": "1"}
        function = lambda s: {"y": np.where(s[:, 0] < bound, s[:, 0], np.nan), "whole": 7 + 0 * s[:, 0]}  # noqa: E731
        return a2c.from_function(function, NAMES, outputs=outputs)

    result = a2c.sweep(some, {"bound": [1.2, 9.0, 5.0]}, joint, a2c.MonteCarlo(100), rng=rng())
    assert re.match(r"1\d % of the drawn samples fail for y; the numbers are of those that work", result["reason"].values[0])
    print_sweep(result, ["bound"])
    text = capsys.readouterr().out
    assert text.count("7.00") == 2
    assert text.count("no such cell") == 1
    assert re.search(r"^bound=1.2: 1\d % of the drawn samples fail for y; ", text, re.MULTILINE)


def test_nothing_to_sweep_is_refused(joint: a2c.Joint) -> None:
    for design in ({}, {"slope": []}):
        with pytest.raises(ValueError, match="design is empty; give at least one"):
            a2c.sweep(line, design, joint, rng=rng())
    with pytest.raises(ValueError, match="none of the 1 points could be solved; the first says: no such cell"):
        a2c.sweep(broken, {"slope": [2.0], "where": ["build"]}, joint, rng=rng())


def test_sweep_writes_to_netcdf(joint: a2c.Joint, tmp_path: Any) -> None:
    from a2c_pybamm.files import read_result, write_result

    result = a2c.sweep(broken, {"slope": [1.0, 2.0], "where": ["build"]}, joint, a2c.FirstOrder(), rng=rng())
    path = write_result(tmp_path / "sweep.nc", result)
    xr.testing.assert_identical(read_result(path), result)
    with xr.open_datatree(path, engine="h5netcdf") as stacked:  # as another program sees it
        np.testing.assert_array_equal(stacked["outputs/scalars/std"].sel(output="y").values, result["y"]["std"].values)
    plain = a2c.sweep(line, {"slope": [1.0, 3.0], "offset": [0.0]}, joint, rng=rng())
    xr.testing.assert_identical(read_result(write_result(path, plain)), plain)
    assert repr(plain).startswith("<a2c_pybamm.Result: 1 outputs by 0 methods at 2 points>")
    with pytest.raises(ValueError, match="no node 'outputs' with statistics"):
        a2c.to_dataframe(plain)
    assert list(result["reason"].values) == ["", "no such cell"]


def test_sweep_of_outputs_that_need_further_solves_is_written(joint: a2c.Joint, tmp_path: Any) -> None:
    """Twenty draws are too few for the error of the std; an output that does not vary needs none."""

    def model(slope: float) -> Any:
        outputs = {"y": "1", "still": "1"}
        return a2c.from_function(lambda s: {"y": slope * s[:, 0] ** 2, "still": 0 * s[:, 0]}, NAMES, outputs=outputs)

    result = a2c.sweep(model, {"slope": [1.0, 2.0]}, joint, a2c.MonteCarlo(20, points="random"), rng=rng())
    assert (result["y"]["more_solves"] > 0).all()
    assert (result["still"]["more_solves"] == 0).all()
    assert a2c.read_result(a2c.write_result(tmp_path / "sweep.nc", result)).identical(result)
