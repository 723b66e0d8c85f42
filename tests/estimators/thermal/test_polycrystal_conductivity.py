"""Conductivity of a polycrystal between bounds: isotropic crystals, layers, errors, refusals."""

from __future__ import annotations

import re

import numpy as np
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.estimators import polycrystal_conductivity

LAYERED = ("layer", "layer", "normal")


def crystal(*values: float, axes: tuple[str, ...] = ("layer", "normal"), std: float = 0.1) -> a2c.Estimate:
    names = [f"X {axis} ln(lambda [W.m-1.K-1])" for axis in axes]
    return a2c.declare(names, np.log(values), std=std, source="s", reason="r")


def test_isotropic_crystal_has_no_gap() -> None:
    found = polycrystal_conductivity(crystal(3.0, 3.0), material="X", axes=LAYERED)
    assert found.names == ("X ln(lambda [W.m-1.K-1])",)
    assert np.exp(found.mean[0]) == pytest.approx(3.0, rel=1e-12)
    np.testing.assert_allclose(found.factors["X polycrystal (thermal conductivity)"].values, 0, atol=1e-12)


def test_bounds_lie_within_those_of_wiener() -> None:
    """Layers of 10 and 2 W/m/K: between the means in series and side by side; the middle of the logarithms."""
    found = polycrystal_conductivity(crystal(10.0, 2.0), material="X", axes=LAYERED)
    low, high = found.provenance["bounds [W.m-1.K-1]"]
    assert 1 / np.mean([1 / 10, 1 / 10, 1 / 2]) < low < high < np.mean([10, 10, 2])
    # by the formula of three phases in equal parts
    for reference, bound in ((2.0, low), (10.0, high)):
        assert bound == pytest.approx(1 / np.mean([1 / (v + 2 * reference) for v in (10, 10, 2)]) - 2 * reference, rel=1e-12)
    assert found.mean[0] == pytest.approx(np.log(low * high) / 2, rel=1e-12)
    factor = found.factors["X polycrystal (thermal conductivity)"]
    assert factor.family == "uniform"
    assert factor.values[0, 0] * np.sqrt(3) == pytest.approx(np.log(high / low) / 2, rel=1e-12)


def test_errors_of_the_axes_are_carried() -> None:
    """One germ of both axes moves all alike: the logarithm by as much."""
    both = a2c.Estimate(
        ("X layer ln(lambda [W.m-1.K-1])", "X normal ln(lambda [W.m-1.K-1])"),
        np.log([10.0, 2.0]),
        {"s": a2c.Factor(np.full((2, 1), 0.3), ("a",))},
    )
    found = polycrystal_conductivity(both, material="X", axes=LAYERED)
    np.testing.assert_allclose(found.factors["s"].values, [[0.3]], rtol=1e-12)


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        (("layer", "normal"), "2 axes (layer, normal); give the three principal ones"),
        (("a", "b", "c"), "no coefficient 'X a ln"),
    ],
)
def test_refusals(axes: tuple[str, ...], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        polycrystal_conductivity(crystal(10.0, 2.0), material="X", axes=axes)
