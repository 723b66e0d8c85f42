"""Charge transfer in a study: sections checked, barriers fitted against the host's own voltage, errors shared with it."""

from __future__ import annotations

import copy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

import a2c_pybamm as a2c
from a2c_pybamm.cli import main
from a2c_pybamm.constants import BOLTZMANN, FARADAY, GAS_CONSTANT, PLANCK
from a2c_pybamm.laws import MHC_FORM, ButlerVolmer, Marcus, MarcusHushChidsey
from a2c_pybamm.study import Study, StudyMistakes
from a2c_pybamm.study.reading import read_study
from tests.hostile.study_corpus import _key, _toml

T = 298.15
UNIT = GAS_CONSTANT * T / FARADAY
SITES = 1.2e-5
"""Sites per area of the studies [mol.m-2]."""


def csv(
    path: Path, column: str = "overpotential_V", zeros: Sequence[float] = (0.0, 0.0), energy: float = 1.6, height: float = 0.55
) -> Path:
    """A table of exact barriers between parabolas, both directions, at two temperatures."""
    rows = [f"{column},T_K,reduction_eV,oxidation_eV"]
    for kelvin, zero in zip((T, 350.0), zeros, strict=True):
        for eta in (-0.2, -0.1, 0.0, 0.1):
            barrier = height + eta / 2 + eta**2 / (4 * energy) - (kelvin - T) * 2e-4
            rows.append(f"{float(eta + zero)!r},{kelvin!r},{barrier!r},{barrier - eta!r}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def table(**kinetics: Any) -> dict[str, Any]:
    """A study of one electrode's charge transfer alone."""
    entry = {
        "sites": {"density": f"{SITES} mol/m2", "std_ln": 0.3},
        "barriers": [{"label": "m", "file": "m.csv", "scale": "overpotential", "std": "10 meV", "saddle_std": "8 meV"}],
    }
    return {"name": "kinetics", "base": "Ai2020", "positive": {"material": "LCO", "kinetics": {**entry, **kinetics}}}


def derived(document: dict[str, Any], folder: Path) -> a2c.ParameterSet:
    return a2c.derive(Study.model_validate(document, context={"folder": folder}))


def value(parameter_set: a2c.ParameterSet, name: str) -> float:
    return float(parameter_set.joint.mean[parameter_set.joint.names.index(name)])


def test_charge_transfer_alone(tmp_path: Path) -> None:
    """Its two keys and the option, the base set's all else; the coefficients are those of the table."""
    csv(tmp_path / "m.csv")
    made = derived(table(), tmp_path)
    law = ButlerVolmer("LCO")
    assert set(made.attach) == {
        "Positive electrode exchange-current density [A.m-2]",
        "Positive electrode Butler-Volmer transfer coefficient",
    }
    assert made.model_options == {"intercalation kinetics": ("symmetric Butler-Volmer", "asymmetric Butler-Volmer")}
    assert made.joint.names == law.names
    assert value(made, law.rate_name) == pytest.approx(np.log(SITES * BOLTZMANN * T / PLANCK) - 0.55 / UNIT, abs=0.1)
    assert value(made, law.transfer_name) == pytest.approx(0.5, abs=0.03)
    assert value(made, law.enthalpy_name) == pytest.approx(0.55 + T * 2e-4, abs=0.01)
    assert {"LCO surface sites (declared)", "LCO charge transfer barriers", "LCO charge transfer (misfit)"} == set(
        made.joint.sources
    )
    note = made.notes["LCO charge transfer"]
    assert "16 barriers at η = -0.2 to 0.1 V" in note
    assert "detailed balance p = 1" in note
    assert "outside" not in note


def test_overpotentials_are_counted_from_the_hosts_voltage(tmp_path: Path) -> None:
    """Potentials against lithium: the curve's error, and a further one that is declared, move the rate constant with it."""
    document = table(composition=0.6)
    document["positive"]["measured_ocp"] = {"theta_min": 0.5, "offset_std": "20 mV", "reason": "test"}
    entry = document["positive"]["kinetics"]["barriers"][0]
    entry.pop("scale")
    document["systematic"] = [{"source": "cells", "std": {"LCO OCP offset [V]": 0.03}, "reason": "test"}]
    host = a2c.measured_ocp("Ai2020", "positive", "LCO", stoichiometry=a2c.StoichiometryMap(), theta_min=0.5)
    zeros = [
        float(host.open_circuit_voltage({host.names[0]: 0.0}, 0.6, kelvin)) + kelvin / T * UNIT * np.log(0.6 / 0.4)
        for kelvin in (T, 350.0)
    ]
    path = csv(tmp_path / "m.csv", "potential_V", zeros)
    made = derived(document, tmp_path)
    law = ButlerVolmer("LCO")
    assert value(made, law.transfer_name) == pytest.approx(0.5, abs=0.03)
    assert {"LCO OCP (measured)", "cells"} < set(made.joint.sources)
    rows = [made.joint.names.index(name) for name in ("LCO OCP offset [V]", law.rate_name)]
    # with one saddle for both directions, and end points of 6 meV, the table says more of the zero than the curve does
    assert abs(made.joint.covariance[rows[0], rows[1]]) < 0.2 * 0.036**2 / UNIT
    entry.pop("saddle_std")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(",".join(line.split(",")[:3]) for line in lines) + "\n", encoding="utf-8")
    alone = derived(document, tmp_path)
    covariance = alone.joint.covariance[np.ix_(rows, rows)]
    assert covariance[0, 1] == pytest.approx(-0.5 / UNIT * (0.02**2 + 0.03**2), rel=0.1)


def test_several_tables_are_a_committee(tmp_path: Path) -> None:
    document = table()
    for label, height in {"a": 0.53, "b": 0.55, "c": 0.58}.items():
        csv(tmp_path / f"{label}.csv", height=height)
    entry = document["positive"]["kinetics"]["barriers"][0]
    document["positive"]["kinetics"]["barriers"] = [{**entry, "label": k, "file": f"{k}.csv"} for k in "abc"]
    made = derived(document, tmp_path)
    assert "potential (model form)" in made.joint.sources
    assert "committee of a, b, c" in made.notes
    assert made.notes["LCO charge transfer"].count("16 barriers") == 3


def test_forms_with_a_reorganization_energy(tmp_path: Path) -> None:
    csv(tmp_path / "m.csv", energy=0.45)
    given = {"value": "0.45 eV", "std": "0.1 eV", "reason": "test"}
    made = derived(table(law="marcus", reorganization_energy=given), tmp_path)
    assert isinstance(made.attach["Positive electrode reorganization energy [eV]"].law, Marcus)
    assert value(made, "LCO charge transfer ln(lambda [eV])") == pytest.approx(np.log(0.45))
    assert "reorganization energy 0.45 eV (std of ln 0.22)" in made.notes["LCO charge transfer"]
    made = derived(table(law="marcus-hush-chidsey", reorganization_energy=given), tmp_path)
    assert isinstance(made.attach["Positive electrode reorganization energy [eV]"].law, MarcusHushChidsey)
    assert MHC_FORM in made.joint.sources
    poor = {"value": "0.7 eV", "std": "0.1 eV", "reason": "test"}
    with pytest.raises(ValueError, match=r"positive: kinetics: .*m\.csv: .*0\.7 eV, where PyBaMM's .* \(accept_form_error\)"):
        derived(table(law="marcus-hush-chidsey", reorganization_energy=poor), tmp_path)
    document = table(law="marcus-hush-chidsey", reorganization_energy=poor, accept_form_error=True)
    document["negative"] = {**copy.deepcopy(document["positive"]), "material": "graphite"}
    made = derived(document, tmp_path)
    assert MHC_FORM in made.joint.sources
    assert made.model_options == {"intercalation kinetics": ("Marcus-Hush-Chidsey",) * 2}


def test_activity_of_the_host(tmp_path: Path) -> None:
    document = table(activity="host", composition=0.6)
    csv(tmp_path / "m.csv")
    document["positive"]["measured_ocp"] = {"theta_min": 0.5, "offset_std": "20 mV", "reason": "test"}
    made = derived(document, tmp_path)
    law = made.attach["Positive electrode exchange-current density [A.m-2]"].law
    assert law.free_energy == made.attach["Positive electrode OCP [V]"].law
    assert law.composition == 0.6


def test_sites_of_a_slab(tmp_path: Path) -> None:
    from ase import Atoms
    from ase.io import write

    csv(tmp_path / "m.csv")
    write(tmp_path / "slab.extxyz", Atoms("Li2", [[0, 0, 1], [0, 0, 8]], cell=[3, 5, 20], pbc=True))
    made = derived(table(sites={"slab": "slab.extxyz", "std_ln": 0.3}), tmp_path)
    density = 1 / (15e-20 * 6.02214076e23)
    expected = np.log(density * BOLTZMANN * T / PLANCK) - 0.55 / UNIT
    assert value(made, "LCO charge transfer ln(k0 [mol.m-2.s-1])") == pytest.approx(expected, abs=0.1)


SECTION_MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "errors": ({"barriers": [{"label": "m", "file": "m.csv"}]}, "give either std or std_column, the errors of the barriers"),
    "zero": (
        {"barriers": [{"label": "m", "file": "m.csv", "std": "9 meV", "scale": "vacuum"}]},
        "potentials against vacuum have an error against lithium; give scale_std and scale_source",
    ),
    "source": (
        {"barriers": [{"label": "m", "file": "m.csv", "std": "9 meV", "scale_std": "0.1 V"}]},
        "scale_std and scale_source go together; give both, or neither",
    ),
    "host": (
        {"barriers": [{"label": "m", "file": "m.csv", "std": "9 meV"}]},
        "kinetics needs free_energy or measured_ocp: overpotentials are counted from the host's voltage",
    ),
    "label": (
        {"barriers": [{"label": "m", "file": f"{k}.csv", "std": "9 meV", "scale": "overpotential"} for k in "ab"]},
        "two tables have the label 'm'; a label names one method",
    ),
    "sites": ({"sites": {"std_ln": 0.1}}, "give either density or slab"),
    "unit": ({"sites": {"density": "7 1/cm", "std_ln": 0.1}}, "this is of kind areal density"),
    "law": (
        {"reorganization_energy": {"value": "0.4 eV", "std": "0.1 eV", "reason": "t"}},
        "reorganization_energy is one of law 'marcus'",
    ),
    "consent": ({"accept_form_error": True}, "accept_form_error is of law 'marcus-hush-chidsey' alone; leave it out"),
}


@pytest.mark.parametrize("case", SECTION_MISTAKES)
def test_sections_that_contradict_themselves_are_named(case: str) -> None:
    change, message = SECTION_MISTAKES[case]
    with pytest.raises(ValidationError, match=message):
        Study.model_validate(table(**change), context={"folder": Path()})


def test_data_that_are_wrong_are_named_with_their_place(tmp_path: Path) -> None:
    """Table and slab beside each other; names of the law's coefficients are not reported as missing."""
    document = table(sites={"slab": "slab.vasp", "std_ln": 0.3})
    document["systematic"] = [{"source": "s", "std": {"LCO charge transfer alpha [1]": 0.1}, "reason": "r"}]
    with pytest.raises(StudyMistakes) as caught:
        derived(document, tmp_path)
    lines = [line.replace(f"{tmp_path}/", "") for line in caught.value.lines]
    assert lines == [
        "positive: kinetics: slab.vasp: no such file; check the path (it is taken relative to the study file)",
        "positive: kinetics: barriers[1]: m.csv: no such file; check the path (it is taken relative to the study file)",
    ]
    path = csv(tmp_path / "m.csv")
    text = path.read_text(encoding="utf-8").replace("reduction_eV,oxidation_eV", "oxidation_eV,reduction_eV")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"^positive: kinetics: .*m\.csv: charge-transfer barriers of m: χ² = .*exchanged"):
        derived(table(), tmp_path)


def test_an_invalid_section_hides_no_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """A law that there is not: one line, none on the coefficients that it would have had."""
    csv(tmp_path / "m.csv")
    document = table(law="tafel")
    document["systematic"] = [{"source": "s", "std": {"LCO charge transfer alpha [1]": 0.1}, "reason": "r"}]
    text = "\n".join(f"{_key(key)} = {_toml(entry)}" for key, entry in document.items())
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["a2c", "check", str(tmp_path)])
    with pytest.raises(SystemExit):
        main()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert "positive.kinetics.law: must be 'butler-volmer', 'marcus' or 'marcus-hush-chidsey', got 'tafel'" in lines[0]


def test_written_in_toml(tmp_path: Path) -> None:
    """As a user writes it, units and all; a set file that is read again has the same set."""
    csv(tmp_path / "m.csv")
    text = """name = "kinetics"
base = "Ai2020"
temperature = "310 K"
[positive]
material = "LCO"
[positive.kinetics]
standard_concentration = "1.2 mol/L"
activation_entropy = { value = "-20 J/mol/K", std = "20 J/mol/K" }
[positive.kinetics.sites]
density = "7.2 1/nm2"
std_ln = 0.5
[[positive.kinetics.barriers]]
label = "m"
file = "m.csv"
scale = "overpotential"
quantity = "energy"
std = "10 meV"
"""
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    settings = read_study(tmp_path)
    assert settings.positive is not None
    assert settings.positive.kinetics is not None
    assert settings.positive.kinetics.standard_concentration == 1200.0
    made = a2c.derive(settings)
    law = made.attach["Positive electrode exchange-current density [A.m-2]"].law
    assert (law.reference_temperature, law.standard_concentration) == (310.0, 1200.0)
    again = a2c.load(a2c.save(made, tmp_path / "set.json"))
    assert dict(again.attach) == dict(made.attach)
    np.testing.assert_array_equal(again.joint.covariance, made.joint.covariance)


def test_entries_of_both_electrodes_are_independent(tmp_path: Path) -> None:
    csv(tmp_path / "m.csv")
    document = table()
    document["negative"] = copy.deepcopy(document["positive"])
    document["negative"]["material"] = "graphite"
    made = derived(document, tmp_path)
    assert made.model_options == {"intercalation kinetics": ("asymmetric Butler-Volmer",) * 2}
    rows = [made.joint.names.index(f"{m} charge transfer alpha [1]") for m in ("LCO", "graphite")]
    assert made.joint.covariance[rows[0], rows[1]] == 0
