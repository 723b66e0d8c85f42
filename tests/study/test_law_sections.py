"""Sections of laws in a study: each registered expansion can be named, and a section builds the law of its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from a2c_pybamm.estimators.thermodynamics.fit_quality import LARGEST_MISFIT
from a2c_pybamm.laws import KINDS, Expansion, SplinePotential
from a2c_pybamm.study import SECTIONS, FreeEnergy, PolynomialFreeEnergy, read_study
from a2c_pybamm.study.section_choice import UNKNOWN, choice_of, section_of
from a2c_pybamm.study.study import Study

EXPANSIONS = {kind for kind, law in KINDS.items() if issubclass(law, Expansion)}
OWN_NAMES = {SplinePotential.kind: "spline"}
"""Names in a study that differ from the kind in a set's file."""


def section_with(name: str, **entries: Any) -> FreeEnergy:
    """Section of a law with those of the entries that it has, its data left out."""
    section = SECTIONS[name]
    return section.model_construct(**{key: value for key, value in entries.items() if key in section.model_fields})


@pytest.mark.parametrize("kind", sorted(EXPANSIONS))
def test_a_study_can_name_every_expansion(kind: str) -> None:
    name = OWN_NAMES.get(kind, kind)
    assert name in SECTIONS, f"no section of law {kind!r} in study/free_energy_sections.py"
    assert section_with(name, order=4).build("X", 310.0).kind == kind


@pytest.mark.parametrize("name", SECTIONS)
def test_settings_of_a_section_are_those_of_its_law(name: str) -> None:
    """Each is changed from its default, so that one that is lost shows."""
    section = section_with(name, order=3, window=(0.2, 0.9), shape="ratio", excess_entropies=2, knots=6, sites=3, ion="K")
    law = section.build("X", 310.0)
    keys = {"order": "order", "window": "window", "shape": "shape", "excess_entropies": "entropies", "sites": "n_site"}
    expected = {setting: getattr(section, key) for key, setting in keys.items() if key in type(section).model_fields}
    for setting, value in {**expected, "material": "X", "ion": "K", "reference_temperature": 310.0}.items():
        assert getattr(law, setting) == value
    if "knots" in type(section).model_fields:
        assert len(law.knots) == 6  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", [n for n, section in SECTIONS.items() if issubclass(section, PolynomialFreeEnergy)])
def test_a_polynomial_of_any_order(name: str) -> None:
    """Orders that the derivation asks for, whatever the section has."""
    law = section_with(name, order=4).build("X", 298.15, KINDS[name].first_order + 3)
    assert len(law.interaction_names) == 4


def test_a_logit_spline_before_its_data() -> None:
    """40 slopes from end to end, stable or not, entropies for all of them where orderings are averaged over."""
    for stable, shape, ensemble, n_entropy in ((True, "stable", "lowest", 0), (False, "plain", "boltzmann", 40)):
        section = section_with("logit-spline", stable=stable, ensemble=ensemble)
        law = section.build("X", 310.0)
        assert (law.shape, law.entropies, law.window) == (shape, n_entropy, (0.0, 1.0))  # type: ignore[attr-defined]
        assert len(law.names) == 2 + 40 + n_entropy
    assert section_with("logit-spline").largest_misfit == LARGEST_MISFIT == 0.3


def test_a_table_without_a_law_is_a_logit_spline(tmp_path: Path) -> None:
    annotation = Study.model_fields["positive"].annotation
    electrode = section_of(annotation, {})
    assert electrode is not None
    choice = choice_of(electrode.model_fields["free_energy"].annotation)
    assert choice is not None
    assert [choice.tag(value) for value in ({}, {"law": "landau"}, {"law": 3}, 5)] == [
        "logit-spline",
        "landau",
        UNKNOWN,
        "logit-spline",
    ]
    (tmp_path / "study.toml").write_text(
        'name = "a"\nbase = "Ai2020"\n[positive]\nmaterial = "X"\n[positive.free_energy]\nstable = true\n'
        'energies = [{ label = "A", file = "a.csv" }]\n'
        'vibrational_entropy = { value = "1 J/mol/K", std = "1 J/mol/K", reason = "r" }\n'
    )
    read = read_study(tmp_path)
    assert read.positive is not None
    assert isinstance(read.positive.free_energy, SECTIONS["logit-spline"])
