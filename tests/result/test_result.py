"""A result as a tree: the same statistics in every node, access by brackets, what it shows, what a file of it holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr

import a2c_pybamm as a2c
from a2c_pybamm.files.result_groups import from_groups, to_groups
from a2c_pybamm.formatting import plain, text_table
from a2c_pybamm.result import STATISTICS, Result, build_result, plain_attributes
from a2c_pybamm.result.rows import output_cells, output_heads, output_rows
from tests.result_edits import edited

NAMES = ("a", "b")
JOINT = a2c.Joint([a2c.Estimate.from_covariance(NAMES, [1.0, 2.0], [[0.04, 0.01], [0.01, 0.09]], source="data")])
METHODS = a2c.FirstOrder(), a2c.AdaptiveChaos(budget=60), a2c.PolynomialChaos(2), a2c.MonteCarlo(50)
TIMES = np.linspace(0.0, 1.0, 4)


def outputs(samples: np.ndarray) -> dict[str, np.ndarray]:
    curve = np.exp(samples[:, :1] * TIMES)
    return {"capacity": samples.sum(axis=1), "voltage": curve, "energy": np.abs(samples[:, 0] - 1), "current": 2 * curve}


@pytest.fixture(scope="module")
def result() -> Result:
    model = a2c.from_function(outputs, NAMES, outputs={"capacity": "A.h", "voltage": "V", "energy": "W.h", "current": "A"})
    return a2c.propagate(model, JOINT, *METHODS, rng=np.random.default_rng(0))


def test_every_output_has_the_same_statistics(result: Result) -> None:
    nodes = {name: set(map(str, node.data_vars)) & set(STATISTICS) for name, node in result["outputs"].children.items()}
    assert nodes["capacity"] == nodes["energy"]
    assert (
        nodes["voltage"]
        == nodes["current"]
        == {n for n in nodes["capacity"] if not STATISTICS[n].numbers_only} | {"running_fraction"}
    )
    assert {"mean", "std", "var", "quantile", "share", "share_se", "error", "status", "verdict", "decision"} <= set(
        result["capacity"].data_vars
    )
    for node in result["outputs"].children.values():
        for name, values in node.data_vars.items():
            assert values.dims[:1] == ("approach",) or name in ("recommendation", "decision", "more_solves")


def test_statistics_without_a_method_are_required_or_left_out() -> None:
    model = a2c.from_function(lambda s: s.sum(axis=1), NAMES)
    found = a2c.propagate(model, JOINT, a2c.MonteCarlo(30), rng=np.random.default_rng(0))["output"]
    assert found["q2"].isnull().all()  # required
    assert "gradient" not in found.data_vars
    assert "mean_se" in found.data_vars


def test_an_output_is_read_by_brackets(result: Result) -> None:
    sampled = result["capacity"]["std"].sel(approach="sampling")
    # the points are nearer to each other's mean than to the true one by its error, which the spread of scramblings gives
    drawn = result["draws"]["capacity"].values.std()
    largest = np.hypot(drawn, result["capacity"]["mean_se"].sel(approach="sampling").item())
    assert drawn < sampled.item() < largest
    assert result["outputs/capacity/std"].identical(result["capacity/std"])
    assert result["capacity"]["std"].attrs == {"units": "A.h", "long_name": "capacity: standard deviation"}
    assert result["n_solves"].dims == ("approach",)
    with pytest.raises(KeyError):
        result["no such output"]


def test_polynomial_of_every_method_is_kept(result: Result) -> None:
    assert list(result["expansion"].children) == ["adaptive chaos", "chaos of order 2"]
    for label, node in result["expansion"].children.items():
        variance = (node["voltage"].values[1:] ** 2).sum(axis=0)
        stated = result["voltage"]["var"].sel(approach=label).values
        # adaptive chaos weighs the polynomial's variance against that of its points
        np.testing.assert_allclose(variance, stated, rtol=1e-2 if label == "adaptive chaos" else 1e-12, atol=1e-15)
        polynomial, _ = a2c.to_chaospy(result, "voltage", approach=str(label))
        assert polynomial.shape == (4,)


def test_quantile_levels_are_the_callers() -> None:
    model = a2c.from_function(lambda s: s[:, 0], NAMES)
    levels = (0.1, 0.5, 0.9)
    found = a2c.propagate(model, JOINT, *METHODS, rng=np.random.default_rng(0), quantiles=levels)
    assert found["level"].values.tolist() == list(levels)
    np.testing.assert_allclose(found["output"]["quantile"][0], 1 + 0.2 * np.array([-1.2815515655, 0, 1.2815515655]), rtol=1e-9)
    draws = found["draws"]["output"].values
    np.testing.assert_allclose(found["output"]["quantile"].sel(approach="sampling"), np.quantile(draws, levels), rtol=1e-12)
    assert "80 % of draws" in repr(found)
    default = a2c.propagate(model, JOINT, a2c.FirstOrder(), rng=np.random.default_rng(0))
    assert default["level"].values.tolist() == [0.025, 0.05, 0.16, 0.5, 0.84, 0.95, 0.975]
    for wrong in ((), (0.5, 0.5), (0.0, 0.5), (0.9, 0.1), (np.nan,)):
        with pytest.raises(ValueError, match=r"quantiles are .*give rising levels"):
            a2c.propagate(model, JOINT, a2c.FirstOrder(), rng=np.random.default_rng(0), quantiles=wrong)


@pytest.mark.parametrize("name", ["approach", "coefficients", "expansion", "n_solves", "draws", "level", "a/b"])
def test_names_that_the_tree_uses_are_refused(name: str) -> None:
    model = a2c.from_function(lambda s: s[:, 0], NAMES, outputs=(name,))
    with pytest.raises(ValueError, match=rf"output '{name}': the name '{name}' (is used by the result itself|holds '/')"):
        a2c.propagate(model, JOINT, a2c.FirstOrder(), rng=np.random.default_rng(0))


def test_label_that_cannot_name_a_node_is_refused() -> None:
    class Other(a2c.MonteCarlo):
        label = "a/b"

    model = a2c.from_function(lambda s: s[:, 0], NAMES)
    with pytest.raises(ValueError, match="method 'a/b': its label holds '/'"):
        a2c.propagate(model, JOINT, Other(30), rng=np.random.default_rng(0))


# what it shows


def test_it_shows_the_table_of_the_command_line(result: Result) -> None:
    lines = str(result).splitlines()
    assert lines[0] == "<a2c_pybamm.Result: 4 outputs by 4 methods>"
    table = text_table([output_cells(row) for row in output_rows(result)], heads=output_heads(result))
    assert lines[1 : 1 + len(table)] == table
    assert len(table) == 2 + 2 * 4
    assert lines[-1].startswith("Nodes: outputs (capacity, voltage, energy, current), draws (draw 64), design (design ")
    assert repr(result) == str(result)


def test_nodes_and_selections_show_themselves_as_trees_or_tables(result: Result) -> None:
    assert "Group: /outputs/capacity" in repr(result["capacity"])
    assert "first order" not in repr(result.sel(approach="sampling"))
    assert repr(Result()).startswith("<xarray.")


def test_page_of_a_notebook_escapes_what_is_free(result: Result) -> None:
    hostile = edited(
        result, "capacity", lambda node: node.assign(mean=node["mean"].assign_attrs(long_name="<img>\x1b[2J: mean"))
    )
    page = hostile._repr_html_()
    assert "<img>" not in page
    assert "&lt;img&gt;" in page
    assert plain(page) == page
    assert page.count("<tr>") == 1 + 2 * 4
    assert plain(repr(hostile), keep="\n") == repr(hostile)


def test_many_outputs_show_the_first() -> None:
    model = a2c.from_function(lambda s: np.repeat(s[:, :1], 80, axis=1), NAMES, outputs=[f"o{k}" for k in range(80)])
    found = a2c.propagate(model, JOINT, a2c.FirstOrder(), rng=np.random.default_rng(0))
    assert "… and 20 more rows" in repr(found)
    assert "o59" in repr(found)
    assert "o79 " not in repr(found)


# files


def variables_of(path: Path) -> int:
    """Number of datasets in an HDF5 file."""
    count: list[str] = []
    with h5py.File(path) as file:
        file.visititems(lambda name, item: count.append(name) if isinstance(item, h5py.Dataset) else None)
    return len(count)


def test_a_file_does_not_grow_by_a_variable_for_each_output(tmp_path: Path) -> None:
    """Writing and opening cost some milliseconds a variable; 200 outputs have as many as two."""
    counts = []
    for n in (2, 200):
        model = a2c.from_function(lambda s, n=n: s[:, :1] + np.arange(n), NAMES, outputs=[f"o{k}" for k in range(n)])
        found = a2c.propagate(model, JOINT, a2c.FirstOrder(), a2c.MonteCarlo(20), rng=np.random.default_rng(0))
        path = a2c.write_result(tmp_path / f"{n}.nc", found)
        counts.append(variables_of(path))
        xr.testing.assert_identical(a2c.read_result(path), found)
    assert counts[0] == counts[1]


def test_outputs_of_other_axes_come_back_in_their_order(result: Result, tmp_path: Path) -> None:
    model = a2c.from_function(
        lambda s: {"x": s[:, :1] * np.ones(3), "n": s[:, 0], "y": s[:, :1] * np.ones(2), "z": s[:, 1]},
        NAMES,
        outputs={"x": "", "n": "", "y": "", "z": ""},
    )
    found = a2c.propagate(model, JOINT, *METHODS, rng=np.random.default_rng(0))
    again = a2c.read_result(a2c.write_result(tmp_path / "result.nc", found))
    assert list(again["outputs"].children) == ["x", "n", "y", "z"]
    xr.testing.assert_identical(again, found)
    xr.testing.assert_identical(from_groups(to_groups(result)), result)


def attributes(tree: xr.DataTree) -> list[Any]:
    nodes = [node.to_dataset(inherit=False) for node in tree.subtree]
    return [value for d in nodes for v in (d, *d.variables.values()) for value in v.attrs.values()]


def test_attributes_are_text_or_numbers(tmp_path: Path) -> None:
    """A model may say anything of its axes; netCDF has no form for None, True or a dictionary."""
    odd = {"units": "s", "none": None, "flag": True, "nested": {"a": 1}, "number": np.float64(2.0)}
    assert plain_attributes(odd) == {"units": "s", "flag": 1, "number": 2.0}

    class Odd:
        names = NAMES

        def solve(self, samples: np.ndarray, *, progress: Any = None) -> xr.Dataset:
            time = xr.Variable(("time",), TIMES, odd)
            n = len(samples)
            curve = xr.DataArray(outputs(samples)["voltage"], dims=("sample", "time"), coords={"time": time}, attrs=odd)
            state = {"failed": ("sample", np.zeros(n, bool)), "reason": ("sample", np.full(n, ""))}
            return xr.Dataset({"voltage": curve, "end": ("sample", samples[:, 0], odd), **state})

    found = a2c.propagate(Odd(), JOINT, *METHODS, rng=np.random.default_rng(0))
    assert not [value for value in attributes(found) if value is None or isinstance(value, bool | np.bool_ | dict)]
    assert found["voltage"]["time"].attrs == {"units": "s", "flag": 1, "number": 2.0}
    again = a2c.read_result(a2c.write_result(tmp_path / "result.nc", found))
    np.testing.assert_array_equal(again["voltage"]["std"].values, found["voltage"]["std"].values)
    assert again["voltage"]["time"].attrs["units"] == "s"


def test_polynomials_stand_in_the_order_of_their_methods() -> None:
    root = xr.Dataset(coords={"approach": ["z", "a"]})
    nodes = {"expansion/a": xr.Dataset(), "draws": xr.Dataset(), "expansion": xr.Dataset(), "expansion/z": xr.Dataset()}
    tree = build_result(root, {}, nodes)
    assert [node.path for node in tree.subtree if not re.match(r"^/(outputs)?$", node.path)] == [
        "/draws",
        "/expansion",
        "/expansion/z",
        "/expansion/a",
    ]
