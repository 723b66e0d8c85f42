"""Solid electrolytes and composites of electrodes."""

from __future__ import annotations

import numpy as np
import pytest

from a2c_pybamm import Attachment, CompositeConductivity, Estimate, Joint, ParameterSet, SingleIonConductor
from a2c_pybamm.laws.conduction.composite import MIXING


def composite(mixing: str, carbon: float = 0.1) -> CompositeConductivity:
    return CompositeConductivity("X", mixing, carbon, True)  # type: ignore[arg-type]


def sigma(law: CompositeConductivity, active: float, carbon: float) -> float:
    c = dict(zip(law.names, [np.log(active), 0.1, np.log(carbon), 0.0], strict=True))
    return float(law.electronic_conductivity(c, 0.5, 298.15))


def test_solid_electrolyte_is_arrhenius_in_sigma_times_temperature() -> None:
    law = SingleIonConductor("X")
    c = dict(zip(law.names, [np.log(5e6), 0.3], strict=True))
    T = np.array([280.0, 298.15, 330.0])
    expected = 5e6 / T * np.exp(-0.3 / (8.617333262e-5 * T))
    np.testing.assert_allclose(law.electrolyte_conductivity(c, 1000.0, T), expected, rtol=1e-9)
    assert law.cation_transference_number(c, 1000.0, 300.0) == 1


def test_the_ions_own_diffusivity_is_not_pybamms() -> None:
    with pytest.raises(ValueError, match="has no method 'electrolyte_diffusivity' of"):
        Attachment(SingleIonConductor("X"), "electrolyte_diffusivity")


@pytest.mark.parametrize("ratio", [1e-6, 0.2, 3.0, 1e6])
@pytest.mark.parametrize("carbon", [0.05, 0.4, 0.9])
def test_mixtures_lie_within_the_bounds(carbon: float, ratio: float) -> None:
    """Harmonic mean ≤ lower ≤ Bruggeman ≤ upper ≤ arithmetic mean; Bruggeman's solves its own equation."""
    found = {name: sigma(composite(name, carbon), 1.0, ratio) for name in ("lower", "bruggeman", "upper")}
    means = 1 / (1 - carbon + carbon / ratio), 1 - carbon + carbon * ratio
    ordered = [means[0], *found.values(), means[1]]
    assert np.all(np.diff(ordered) >= -1e-12 * np.array(ordered[1:]))
    effective = found["bruggeman"]
    terms = [share * (s - effective) / (s + 2 * effective) for share, s in ((1 - carbon, 1.0), (carbon, ratio))]
    assert sum(terms) == pytest.approx(0, abs=1e-9)


def test_one_conductor_is_itself_and_percolation_begins_at_its_threshold() -> None:
    for mixing in ("lower", "bruggeman", "upper"):
        assert sigma(composite(mixing), 7.0, 7.0) == pytest.approx(7.0, rel=1e-12)
    law = CompositeConductivity("X", "percolation", 0.1, True, percolation_threshold=0.2)
    assert sigma(law, 2.0, 1e4) == pytest.approx(2.0, rel=1e-12)
    law = CompositeConductivity("X", "percolation", 0.4, True, percolation_threshold=0.2)
    assert sigma(law, 2.0, 1e4) == pytest.approx(2.0 + 1e4 * 0.25**2, rel=1e-12)
    assert set(MIXING) == {"bruggeman", "percolation", "upper", "lower"}


def test_error_of_the_mixing_law_and_activation() -> None:
    law = composite("bruggeman", 0.1)
    c = dict(zip(law.names, [np.log(2.0), 0.1, np.log(2.0), 0.3], strict=True))
    assert law.electronic_conductivity(c, 0.5, 298.15) == pytest.approx(2 * np.exp(0.3), rel=1e-12)
    active = CompositeConductivity("X", "percolation", 0.1, True, percolation_threshold=0.2)
    ratio = active.electronic_conductivity(c, 0.5, 320.0) / active.electronic_conductivity(c, 0.5, 298.15)
    assert ratio == pytest.approx(np.exp(0.1 / 8.617333262e-5 * (1 / 298.15 - 1 / 320.0)), rel=1e-9)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("X", "bruggeman", 0.1, False), "that of crystal, carbon and contacts together.*set whole_electrode = true"),
        (("X", "bruggeman", 1.2, True), "carbon_fraction 1.2; give a share"),
        (("X", "bruggeman", 0.0, True), "carbon_fraction is 0"),
        (("X", "percolation", 0.1, True, 1.0), "percolation_threshold 1; give one"),
        (("X", "mean", 0.1, True), "'mean' is unknown"),
    ],
)
def test_settings_are_checked(settings: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CompositeConductivity(*settings)


def test_lithium_metals_conductivity_is_no_composite() -> None:
    """PyBaMM calls a half cell's counter electrode with temperature alone."""
    law = composite("bruggeman")
    joint = Joint([Estimate.from_covariance(law.names, [0.0] * 4, np.eye(4) * 1e-4, source="declared")])
    attach = {"Negative electrode conductivity [S.m-1]": Attachment(law, "electronic_conductivity")}
    with pytest.raises(ValueError, match="a half cell's lithium metal; its conductivity is a number, take a Value"):
        ParameterSet("half", "Xu2019", attach, joint)
