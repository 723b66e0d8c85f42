"""Rows of the tables: shares from the factors, numbers of the Dataset, causes of failure, rounding."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.files import read_result, write_result
from a2c_pybamm.formatting import percent, significant, to_error, with_error
from a2c_pybamm.laws import RedlichKister, SiteDensity
from a2c_pybamm.parameter_set import Attachment, ParameterSet
from a2c_pybamm.propagation import FirstOrder, MonteCarlo, propagate
from a2c_pybamm.tables import failure_rows, output_rows, parameter_rows, share_rows, units

LAW, DENSITY = RedlichKister("LCO", 0), SiteDensity("LCO")


def small_set() -> ParameterSet:
    """Two sources, one of them in two estimates; the entropy without error."""
    energies = Estimate(
        LAW.names,
        np.array([4.0, -0.6, 20.0]),
        {
            "fit": Factor(np.array([[0.03], [0.0], [0.0]]), ("f",)),
            "potential": Factor(np.diag([0.04, 0.1, 0.0]), ("a", "b", "c")),
        },
        "energies",
    )
    volume = Estimate(DENSITY.names, np.log([2e-5]), {"potential": Factor(np.array([[0.02]]), ("a",))}, "volume")
    attach = {
        "Positive electrode OCP [V]": Attachment(LAW, "open_circuit_voltage"),
        "Maximum concentration in positive electrode [mol.m-3]": Attachment(DENSITY, "maximum_concentration"),
    }
    return ParameterSet("small", "Ai2020", attach, Joint([energies, volume]))


class Discharge:
    """A straight output and a curved one; samples fail for every cause that a cell knows, and one that it does not."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def solve(self, samples: np.ndarray, *, progress: Any = None) -> xr.Dataset:
        deviation = (samples[:, 0] - 4.0) / 0.05
        limits = {1.5: "unstable", 1.2: "infeasible", 1.0: "solver", 0.9: "other"}
        cause = [next((text for limit, text in limits.items() if d > limit), "") for d in deviation]
        reason = [f"{text}: at {d:.2f}" if text else "" for text, d in zip(cause, deviation, strict=True)]
        data = {"capacity": deviation + 5, "energy": np.exp(deviation / 5)}
        outputs = {k: ("sample", np.where([bool(r) for r in reason], np.nan, v), {"units": "A.h"}) for k, v in data.items()}
        told = {"failed": [bool(r) for r in reason], "cause": np.array(cause), "reason": np.array(reason)}
        return xr.Dataset({**outputs, **{name: ("sample", values) for name, values in told.items()}})


@pytest.fixture(scope="module")
def result() -> xr.Dataset:
    joint = small_set().joint
    methods = (FirstOrder(curvature=False), MonteCarlo(400))
    return propagate(Discharge(joint.names), joint, *methods, rng=np.random.default_rng(0), max_failed=0.5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LCO ODH E_a [eV]", ("eV", "")),
        ("LCO ODH ln(D0 [m2.s-1])", ("1", "m2.s-1")),
        ("LCO ln(−L0 [eV])", ("1", "eV")),
        ("graphite ln(particle geometry)", ("1", "1")),
        ("LCO L1/L0", ("1", "")),
        ("t+", ("1", "")),
    ],
)
def test_units_are_read_from_the_name(name: str, expected: tuple[str, str]) -> None:
    assert units(name) == expected


def test_parameter_rows_are_the_joint() -> None:
    joint = small_set().joint
    rows = parameter_rows(small_set())
    assert [row.name for row in rows] == list(joint.names)
    assert [row.mean for row in rows] == list(joint.mean)
    assert [row.std for row in rows] == list(joint.std)
    voltage, interaction, entropy, volume = rows
    # 0.03² and 0.04² of 0.05²
    assert [source for source, _ in voltage.sources] == ["potential", "fit"]
    assert [share for _, share in voltage.sources] == pytest.approx([0.64, 0.36])
    assert dict(interaction.sources) == pytest.approx({"potential": 1.0})
    assert (entropy.std, entropy.sources) == (0.0, ())
    assert (voltage.unit, voltage.plain, voltage.factor, voltage.method) == ("V", None, None, "energies")
    assert (volume.unit, volume.plain_unit, volume.method) == ("1", "m3.mol-1", "volume")
    assert volume.plain == pytest.approx(2e-5)
    assert volume.factor == pytest.approx(np.exp(0.02))


def test_output_rows_are_the_dataset(result: xr.DataTree) -> None:
    rows = output_rows(result)
    assert [(r.output, r.approach) for r in rows] == [
        (output, approach) for output in ("capacity", "energy") for approach in ("first order", "sampling")
    ]
    for row in rows:
        own = result[row.output].to_dataset().sel(approach=row.approach)
        np.testing.assert_array_equal([row.mean, row.std, row.error], [float(own[s]) for s in ("mean", "std", "error")])
        np.testing.assert_array_equal(row.interval, own["quantile"].values[[0, -1]])
        assert (row.unit, row.n_solves) == ("A.h", int(result["n_solves"].sel(approach=row.approach)))
        assert row.verdict == str(own["verdict"].values)


def test_share_rows_are_the_dataset(result: xr.DataTree) -> None:
    rows = share_rows(result)
    assert len(rows) == 2 * 2 * 2
    for row in rows:
        own = result[row.output].to_dataset().sel(approach=row.approach, source=row.source)
        np.testing.assert_array_equal([row.share, row.error], [float(own["share"]), float(own["share_se"])])


def test_failures_are_counted_by_cause(result: xr.DataTree) -> None:
    sampling = {row.cause: row for row in failure_rows(result) if row.approach == "sampling"}
    deviation = (result["failures"]["coefficients"].values[:, 0] - 4.0) / 0.05
    edges = {"unstable": (1.5, np.inf), "infeasible": (1.2, 1.5), "solver": (1.0, 1.2), "other": (0.9, 1.0)}
    for cause, (low, high) in edges.items():
        assert sampling[cause].n == ((deviation > low) & (deviation <= high)).sum() > 0
        assert sampling[cause].fraction == sampling[cause].n / 512
    assert sum(row.n for row in sampling.values()) == int(result["n_failed"].sel(approach="sampling"))
    assert sampling["unstable"].example.startswith("unstable: at ")
    assert all(row.n == 0 and row.example == "" for row in failure_rows(result) if row.approach == "first order")


@pytest.mark.slow
def test_result_read_back_gives_the_same_rows(result: xr.DataTree, tmp_path: Any) -> None:
    again = read_result(write_result(tmp_path / "result.nc", result))
    assert repr(output_rows(again)) == repr(output_rows(result))
    assert failure_rows(again) == failure_rows(result)
    assert repr(share_rows(again)) == repr(share_rows(result))


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (4.0123, 0.0512, "4.012 ± 0.051"),
        (1.234e-14, 1.2e-15, "(1.23 ± 0.12)e-14"),
        (48000.0, 312.0, "48000 ± 310"),
        (-31.2345, 0.996, "-31.2 ± 1.0"),
        (0.0, 0.005, "0.0000 ± 0.0050"),
        (0.43, 0.0, "0.430000"),
    ],
)
def test_two_digits_of_an_error(value: float, error: float, text: str) -> None:
    assert with_error(value, error) == text


@given(st.floats(-1e6, 1e6), st.floats(-12, 6).map(lambda power: 10.0**power))
def test_rounding_is_to_the_second_digit_of_the_error(value: float, error: float) -> None:
    found = re.fullmatch(r"\(?(-?[\d.]+) ± ([\d.]+)\)?(?:e(-?\d+))?", with_error(value, error))
    assert found
    number, spread, power = float(found[1]), float(found[2]), 10.0 ** int(found[3] or 0)
    unit = 10.0 ** (np.floor(np.log10(spread * power) + 1e-9) - 1)
    assert spread * power == pytest.approx(error, rel=0.051)
    assert abs(number * power - value) <= 0.5001 * unit + 1e-12 * abs(value)
    assert float(to_error(value, error)) == pytest.approx(number * power, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("value", "text"), [(9.996, "10.0"), (0.012345, "0.0123"), (1e-7, "1.00e-07"), (0.0, "0"), (np.nan, "–"), (np.inf, "∞")]
)
def test_three_digits(value: float, text: str) -> None:
    assert significant(value) == text


def test_percent() -> None:
    assert [percent(f) for f in (0.0, 0.01234, 1.0, np.inf)] == ["0 %", "1.2 %", "100 %", "∞"]
