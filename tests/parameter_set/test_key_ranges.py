"""Ranges of PyBaMM's parameters: impossible numbers are named with their remedy, and no set of PyBaMM's is refused."""

import math

import pybamm
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.parameter_set import Range, value_error
from a2c_pybamm.parameter_set.key_ranges import value_errors
from a2c_pybamm.sets import set_names


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        (
            "Negative electrode active material volume fraction",
            1.3,
            "is 1.3; give a fraction of the volume between 0 and 1, bounds",
        ),
        ("Primary: Negative electrode active material volume fraction", 0.0, "is 0; give a fraction"),
        ("Positive electrode porosity", 0.0, "is 0; give a fraction of the volume between 0 and 1, bounds excluded"),
        ("Separator porosity", 1.1, "give a fraction of the volume above 0 and up to 1"),
        ("Cation transference number", 2.0, "is 2; give a number between -1 and 1"),
        ("Electrode height [m]", 0.0, "is 0 m; give a length above 0 and up to 1000 m"),
        ("Negative electrode thickness [m]", 85.0, "is 85 m; give a thickness above 0 and up to 0.1 m"),  # µm taken for m
        ("Positive particle radius [m]", 5.0, "is 5 m; give a radius"),
        ("Maximum concentration in positive electrode [mol.m-3]", -1.0, "give a concentration above 0"),
        ("Negative particle diffusivity [m2.s-1]", 0.0, "give a diffusivity above 0"),
        ("Electrolyte conductivity [S.m-1]", -1.0, "give a conductivity above 0"),
        ("Positive electrode Bruggeman coefficient (electrolyte)", -1.5, "give an exponent between 0 and 20"),
        ("Negative electrode Poisson's ratio", 0.7, "give a number above -1 and up to 0.5"),
        ("Ambient temperature [K]", -5.0, "give a temperature above 0 and up to 5000 K"),
        ("Upper voltage cut-off [V]", 4200.0, "is 4200 V; give a voltage between -5 and 10 V"),
        ("Nominal cell capacity [A.h]", 0.0, "give a capacity above 0"),
        ("Contact resistance [Ohm]", math.nan, "is nan Ohm; give a resistance"),
        ("Something of one's own [m3]", math.inf, "is inf m3; give a finite number"),
    ],
)
def test_impossible_values_are_named(key: str, value: float, words: str) -> None:
    reason = value_error(key, value)
    assert reason.startswith(f"{key} is ")
    assert words in reason


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Separator porosity", 1.0),
        ("Cation transference number", -0.4),
        ("Cation transference number", 1.0),
        ("Positive electrode partial molar volume [m3.mol-1]", -7.28e-7),
        ("Contact resistance [Ohm]", 0.0),
        ("Lower voltage cut-off [V]", -0.5),
        ("Something of one's own [m3]", -3.0),
    ],
)
def test_unusual_values_are_possible(key: str, value: float) -> None:
    assert value_error(key, value) == ""


@pytest.mark.parametrize("name", [name for name in sorted(pybamm.parameter_sets) if name not in set_names()])
def test_sets_of_pybamm_are_possible(name: str) -> None:
    assert list(value_errors(dict(pybamm.ParameterValues(name).items()))) == []


@pytest.mark.parametrize(("bounds", "inside"), [("[]", [True, True]), ("(]", [False, True]), ("()", [False, False])])
def test_bounds_of_a_range(bounds: str, inside: list[bool]) -> None:
    allowed = Range("a number", 1, 2, bounds)  # type: ignore[arg-type]
    assert [value in allowed for value in (1.0, 2.0)] == inside
    assert 1.5 in allowed
    assert math.nan not in allowed
    assert [bool(allowed.error(value)) for value in (0.9, 1.0, 1.5, 2.0, 2.1)] == [
        True,
        not inside[0],
        False,
        not inside[1],
        True,
    ]


def test_numbers_of_a_set_are_those_at_the_mean() -> None:
    """A factor beside the base set's 0.75, a number in the place of another; functions are left to PyBaMM."""
    key = "Negative electrode active material volume fraction"
    law = a2c.Scale("Negative electrode active material volume fraction")
    high = a2c.Joint([a2c.Estimate.from_covariance(law.names, [0.3], [[0.01]], source="s")])
    with pytest.raises(ValueError, match=r"set t: Negative electrode active material volume fraction is 1\.01"):
        a2c.ParameterSet("t", "Chen2020", {key: a2c.Attachment(law, "factor")}, high)
    number = a2c.Value("Electrode height", "m")
    none = a2c.Joint([a2c.Estimate.from_covariance(number.names, [0.0], [[1e-6]], source="s")])
    with pytest.raises(ValueError, match=r"set t: Electrode height \[m\] is 0 m; give a length above 0"):
        a2c.ParameterSet("t", "Chen2020", {"Electrode height [m]": a2c.Attachment(number, "value")}, none)
