"""Transport efficiency by an exponent, a tortuosity and bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from a2c_pybamm import (
    Estimate,
    TransportEfficiency,
    efficiency_by_bounds,
    efficiency_by_exponent,
    efficiency_by_tortuosity,
    hashin_shtrikman_bounds,
)
from a2c_pybamm.estimators import ABOVE_BOUND

PORES = TransportEfficiency("X pores", 0.3)
WHY: dict[str, Any] = {"source": "layer", "reason": "by hand"}


def numbers(estimate: Estimate, law: TransportEfficiency = PORES) -> tuple[float, float, float]:
    """Efficiency, exponent and tortuosity factor of the mean."""
    c = dict(zip(estimate.names, estimate.mean, strict=True))
    return law.transport_efficiency(c), law.bruggeman_coefficient(c), law.tortuosity_factor(c)


def test_exponent_tortuosity_and_efficiency_are_one_number() -> None:
    by_exponent = efficiency_by_exponent(PORES, 1.8, std=0.2, **WHY)
    efficiency, exponent, tortuosity = numbers(by_exponent)
    assert (efficiency, exponent, tortuosity) == pytest.approx((0.3**1.8, 1.8, 0.3**-0.8), rel=1e-12)
    again = efficiency_by_tortuosity(PORES, tortuosity, std_ln=0.2 * -np.log(0.3), **WHY)
    assert numbers(again) == pytest.approx(numbers(by_exponent), rel=1e-12)
    assert again.std == pytest.approx(by_exponent.std, rel=1e-12)


def test_exponents_of_draws_are_normal_as_declared() -> None:
    """One standard deviation of the coefficient moves the exponent by the declared one."""
    estimate = efficiency_by_exponent(PORES, 1.8, std=0.2, **WHY)
    low, high = (PORES.bruggeman_coefficient({PORES.names[0]: estimate.mean[0] + k * estimate.std[0]}) for k in (1, -1))
    assert (low, high) == pytest.approx((1.6, 2.0), rel=1e-12)


def test_share_of_draws_that_no_isotropic_mixture_has() -> None:
    """The bound of pores in an insulator, 2φ/(3 − φ), is an exponent of its own: below it lies the share."""
    limit = np.log(2 * 0.3 / 2.7) / np.log(0.3)
    estimate = efficiency_by_exponent(PORES, 1.5, std=0.2, **WHY)
    assert estimate.provenance[ABOVE_BOUND] == pytest.approx(ndtr((limit - 1.5) / 0.2), rel=1e-9)
    assert efficiency_by_exponent(PORES, 1.5, std=0.0, **WHY).provenance[ABOVE_BOUND] == 0
    assert efficiency_by_exponent(PORES, 1.1, std=0.0, **WHY).provenance[ABOVE_BOUND] == 1


def test_upper_bound_and_its_shortfall() -> None:
    exact = efficiency_by_bounds(PORES, choice="upper", **WHY)
    assert numbers(exact)[0] == pytest.approx(2 * 0.3 / 2.7, rel=1e-12)
    assert exact.std[0] == 0
    below = efficiency_by_bounds(PORES, choice="upper", shortfall=0.5, **WHY)
    half = np.sqrt(3) * below.std[0]  # of a uniform germ
    assert np.exp(below.mean[0] + half * np.array([-1, 1])) == pytest.approx(np.array([0.5, 1]) * 2 * 0.3 / 2.7, rel=1e-12)
    assert [factor.family for factor in below.factors.values()] == ["uniform"]


def test_middle_of_bounds_with_half_their_distance() -> None:
    others = [(0.6, 0.05), (0.1, 0.2)]
    bounds = np.log(hashin_shtrikman_bounds([1.0, 0.05, 0.2], [0.3, 0.6, 0.1]))
    estimate = efficiency_by_bounds(PORES, choice="middle", others=others, **WHY)
    assert estimate.mean[0] == pytest.approx(bounds.mean(), rel=1e-12)
    assert np.sqrt(3) * estimate.std[0] == pytest.approx(np.diff(bounds)[0] / 2, rel=1e-12)
    alike = efficiency_by_bounds(PORES, choice="middle", others=[(0.7, 1.0)], **WHY)
    assert numbers(alike)[0] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: efficiency_by_exponent(PORES, 0.9, std=0.1, **WHY), "more than phases side by side have; give an exponent"),
        (lambda: efficiency_by_exponent(PORES, 1.5, std=-0.1, **WHY), "a standard deviation is negative"),
        (lambda: efficiency_by_tortuosity(PORES, 0.5, std_ln=0.1, **WHY), "more than phases side by side have"),
        (lambda: efficiency_by_tortuosity(PORES, 0.0, std_ln=0.1, **WHY), "tortuosity factor 0 ± 0.1 of its logarithm; give 1"),
        (lambda: efficiency_by_tortuosity(PORES, np.inf, std_ln=0.1, **WHY), "tortuosity factor inf"),
        (lambda: efficiency_by_exponent(PORES, np.nan, std=0.1, **WHY), "exponent nan ± 0.1; give finite numbers"),
        (lambda: efficiency_by_exponent(PORES, 1e5, std=0.1, **WHY), "an efficiency of 0, below 1e-06"),
        (lambda: efficiency_by_exponent(PORES, 1.5, std=0.1, source="", reason="r"), "source of its error has no name"),
        (lambda: efficiency_by_bounds(PORES, choice="upper", others=[(0.7,)], **WHY), "give each phase as"),
        (lambda: efficiency_by_bounds(PORES, choice="upper", others=[("a", "b")], **WHY), "give each phase as"),
        (lambda: efficiency_by_bounds(PORES, choice="middle", **WHY), "the lower bound is 0, as a phase does not conduct"),
        (lambda: efficiency_by_bounds(PORES, choice="lower", **WHY), "choice 'lower'; write one of 'middle', 'upper'"),
        (lambda: efficiency_by_bounds(PORES, choice="upper", shortfall=1.0, **WHY), "shortfall 1; give a share from 0"),
        (lambda: efficiency_by_bounds(PORES, choice="middle", shortfall=0.1, **WHY), "with choice 'upper' alone"),
        (
            lambda: efficiency_by_bounds(PORES, choice="upper", others=[(0.6, 0.1)], **WHY),
            "X pores: volume fractions .* sum to 1",
        ),
        (lambda: TransportEfficiency("X", 1.0), "volume_fraction 1; a phase of a mixture has less than 1"),
        (lambda: TransportEfficiency("X", 0.0), "volume_fraction is 0, and must be above 0; correct it"),
    ],
)
def test_what_is_no_mixture_is_one_line(wrong: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as error:
        wrong()
    assert str(error.value).isprintable()
