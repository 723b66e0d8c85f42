"""Laws of an electrode's heat: sums over phases, bounds of the conductivity, refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.laws import ElectrodeMixture, MixtureThermalConductivity
from a2c_pybamm.laws.conduction.mixture_bounds import hashin_shtrikman_bounds
from a2c_pybamm.parameter_set import Attachment, attachment_error, base_values, thermal_attachments, volume_fractions

T = 298.15
PHASES = (("electrolyte", 0.32), ("PVDF", 0.03), ("carbon", 0.03))
MIXTURE = ElectrodeMixture("LCO", PHASES)
DENSITIES, CAPACITIES, CONDUCTIVITIES = (5050, 1200, 1780, 1900), (720, 1700, 1200, 750), (4.0, 0.2, 0.2, 20.0)
SHARES = (0.62, 0.32, 0.03, 0.03)
NAMES = ("LCO", "electrolyte", "PVDF", "carbon")


def coefficients() -> dict[str, float]:
    c = {f"{name} ln(rho [kg.m-3])": np.log(rho) for name, rho in zip(NAMES, DENSITIES, strict=True)}
    c |= {f"{name} ln(c_p [J.kg-1.K-1])": np.log(cp) for name, cp in zip(NAMES, CAPACITIES, strict=True)}
    c |= {f"{name} ln(lambda [W.m-1.K-1])": np.log(v) for name, v in zip(NAMES, CONDUCTIVITIES, strict=True)}
    return c | {"LCO alpha_V [K-1]": 4e-5, "LCO dln(c_p)/dT [K-1]": 1e-3, "LCO thermal mixing [1]": 0.0}


def test_mass_and_heat_capacity_are_sums_by_volume() -> None:
    c = coefficients()
    density = float(np.dot(SHARES, DENSITIES))
    assert MIXTURE.electrode_density(c, T) == pytest.approx(density, rel=1e-12)
    heat = float(np.dot(np.multiply(SHARES, DENSITIES), CAPACITIES))
    assert MIXTURE.electrode_heat_capacity(c, T) == pytest.approx(heat / density, rel=1e-12)
    assert set(MIXTURE.names) < set(c)


def test_the_crystal_alone_changes_with_temperature() -> None:
    c, warmer = coefficients(), T + 30
    change = 0.62 * 5050 * (np.exp(-4e-5 * 30) - 1)
    assert MIXTURE.electrode_density(c, warmer) - MIXTURE.electrode_density(c, T) == pytest.approx(change, rel=1e-9)
    whole = ElectrodeMixture("LCO", ())
    assert whole.electrode_heat_capacity(c, warmer) == pytest.approx(720 * np.exp(0.03), rel=1e-12)


def test_conductivity_runs_from_bound_to_bound() -> None:
    c = coefficients()
    low, high = hashin_shtrikman_bounds(np.array(CONDUCTIVITIES), np.array(SHARES))
    law = MixtureThermalConductivity("LCO", PHASES, "bounds")

    def at(h: float, law: MixtureThermalConductivity = law) -> float:
        return float(law.electrode_thermal_conductivity(c | {"LCO thermal mixing [1]": h}, T))

    assert (at(-1.0), at(1.0)) == pytest.approx((low, high), rel=1e-12)
    assert at(0.0) == pytest.approx(np.sqrt(low * high), rel=1e-12)
    for mixing, bound in (("lower", low), ("upper", high)):
        one = MixtureThermalConductivity("LCO", PHASES, mixing)
        assert at(0.0, one) == pytest.approx(bound, rel=1e-12)
        assert at(0.3, one) == pytest.approx(bound * np.exp(0.3), rel=1e-12)


def test_phases_alike_conduct_as_one() -> None:
    c = {name: np.log(2.0) if "lambda" in name else value for name, value in coefficients().items()}
    for mixing in ("bounds", "lower", "upper"):
        law = MixtureThermalConductivity("LCO", PHASES, mixing)
        assert law.electrode_thermal_conductivity(c, T) == pytest.approx(2.0, rel=1e-12)


def test_attachments_and_fractions_of_a_base_set() -> None:
    conductivity = MixtureThermalConductivity("LCO", PHASES, "bounds")
    attach = thermal_attachments("positive", MIXTURE, conductivity)
    assert list(attach) == [
        "Positive electrode density [kg.m-3]",
        "Positive electrode specific heat capacity [J.kg-1.K-1]",
        "Positive electrode thermal conductivity [W.m-1.K-1]",
    ]
    assert list(thermal_attachments("negative", MIXTURE)) == [key.replace("Positive", "Negative") for key in list(attach)[:2]]
    assert volume_fractions("Ai2020", "positive") == (0.62, 0.32)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "full": (lambda: ElectrodeMixture("X", (("a", 0.7), ("b", 0.3))), "phases leave"),
    "twice": (lambda: ElectrodeMixture("X", (("a", 0.2), ("a", 0.3))), "give each its own name"),
    "own": (lambda: ElectrodeMixture("X", (("X", 0.2),)), "give each its own name, other than 'X'"),
    "share": (lambda: ElectrodeMixture("X", (("a", 0.0),)), "'a' has 0 of the volume"),
    "mixing": (lambda: MixtureThermalConductivity("X", PHASES, "middle"), "mixing 'middle' is unknown"),
    "side": (lambda: thermal_attachments("left", MIXTURE), "side 'left' is unknown"),
    "none": (lambda: thermal_attachments("positive"), "no law for the positive electrode"),
    "other": (
        lambda: thermal_attachments("positive", MIXTURE, MixtureThermalConductivity("LCO", (), "bounds")),
        "give both the same",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(case: str) -> None:
    call, words = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(words)):
        call()


def test_no_other_key_takes_a_density() -> None:
    attachment, base = Attachment(MIXTURE, "electrode_density"), base_values("Ai2020")
    assert "another quantity" in attachment_error("Positive electrode specific heat capacity [J.kg-1.K-1]", attachment, base)
    assert "must be one whose arguments are known" in attachment_error("Separator density [kg.m-3]", attachment, base)
