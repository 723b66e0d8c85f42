"""A study and a set of the version before: later ones read them, and derive the same numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.estimators.statistics.committee import predictive_factor
from a2c_pybamm.files import read_set, save
from a2c_pybamm.study import Study, read_study

FOLDER = Path(__file__).parent / "previous_version"
STO = np.linspace(0.55, 0.95, 9)
COMMITTEE = "potential (model form)"
NEW_SOURCES = {"LCO mean field (lowest energies, ideal mixing)"}
"""Sources of error that the version before did not have."""


@pytest.fixture(scope="module")
def written() -> a2c.ParameterSet:
    """The set as the version before wrote it."""
    return read_set(FOLDER / "set.json")


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(FOLDER)


def same(one: a2c.ParameterSet, other: a2c.ParameterSet) -> None:
    """Equal in names, and in numbers within round-off."""
    assert (one.name, one.base, one.temperature, one.voltage_limits) == (
        other.name,
        other.base,
        other.temperature,
        other.voltage_limits,
    )
    assert {key: (a.law.kind, a.method, a.stoichiometry) for key, a in one.attach.items()} == {
        key: (a.law.kind, a.method, a.stoichiometry) for key, a in other.attach.items()
    }
    assert (one.joint.names, one.joint.sources, one.joint.independent) == (
        other.joint.names,
        other.joint.sources,
        other.joint.independent,
    )
    std = other.joint.std
    np.testing.assert_allclose(one.joint.mean, other.joint.mean, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(one.joint.covariance / np.outer(std, std), other.joint.correlation, atol=1e-9)
    for key in (f"{side} electrode OCP [V]" for side in ("Negative", "Positive")):
        voltages = [
            s.attach[key].law.open_circuit_voltage(s.coefficients(s.joint.mean[None]), STO, s.temperature) for s in (one, other)
        ]
        np.testing.assert_allclose(*voltages, rtol=1e-9)


def test_set_is_read_and_written_again(written: a2c.ParameterSet, tmp_path: Path) -> None:
    assert written.name == "previous_version"
    assert float(written.joint.mean[written.joint.names.index("LCO ODH E_a [eV]")]) == pytest.approx(0.49)
    same(read_set(save(written, tmp_path / "set.json")), written)


def test_study_derives_the_same_set(written: a2c.ParameterSet, study: Study) -> None:
    """But for the spread of its two members, which was their standard deviation and is predictive since, and new sources."""
    estimates = []
    for estimate in written.joint.estimates:
        factors = dict(estimate.factors)
        if COMMITTEE in factors:
            spread = factors[COMMITTEE]
            factors[COMMITTEE] = replace(spread, values=predictive_factor(2, 0.95) * spread.values)
        estimates.append(replace(estimate, factors=factors))
    joint = a2c.Joint(estimates, independent=written.joint.independent)
    assert COMMITTEE in joint.sources
    derived = a2c.derive(study)
    assert set(derived.joint.sources) >= NEW_SOURCES
    kept = [
        replace(estimate, factors={source: f for source, f in estimate.factors.items() if source not in NEW_SOURCES})
        for estimate in derived.joint.estimates
    ]
    known = replace(derived, joint=a2c.Joint(kept, independent=derived.joint.independent))
    same(known, replace(written, joint=joint))


def test_settings_of_the_study_are_read(study: Study) -> None:
    assert (study.cell.model, study.cell.options, study.cell.c_rate) == ("SPMe", {"thermal": "lumped"}, 0.5)
    assert study.cell.outputs == ("capacity", "energy", "peak_temperature", "voltage")
    assert (study.propagation.budget, study.propagation.samples, study.propagation.seed) == (200, 100, 3)
    assert study.sweep is not None
    assert study.sweep.upper_voltage == (4.0, 4.1)
