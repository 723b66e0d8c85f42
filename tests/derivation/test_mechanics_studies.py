"""Particle mechanics in a study: sections checked, strained cells and volumes fitted, stress in the diffusivity by consent."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

import a2c_pybamm as a2c
from a2c_pybamm.laws import CrystalVolume, IsotropicElasticity, StressAssistedDiffusion
from a2c_pybamm.study import Study

ROOT = Path(__file__).parents[2]
ELASTIC = ROOT / "examples/data/elastic"
SHIPPED = ROOT / "parameter_sets/LCO_graphite_universal_potentials"
MODULI = {
    "youngs_modulus": "191 GPa",
    "std_ln": 0.2,
    "poissons_ratio": 0.24,
    "poissons_ratio_std": 0.03,
    "source": "LCO moduli (measured)",
    "reason": "dense polycrystal",
}
VOLUME = {"partial_molar_volume": "-0.73 cm3/mol", "std": "1 cm3/mol", "source": "LCO dilatometry", "reason": "test"}
KEYS = (
    *("electrode Young's modulus [Pa]", "electrode Poisson's ratio", "electrode partial molar volume [m3.mol-1]"),
    *("electrode volume change", "electrode reference concentration for free of deformation [mol.m-3]"),
)


def table(**change: Any) -> dict[str, Any]:
    """A study of one electrode's mechanics alone, all declared; an entry that is None is left out."""
    entry = {"declared_moduli": MODULI, "declared_volume": VOLUME, "stress_assisted_diffusion": False, **change}
    mechanics = {key: value for key, value in entry.items() if value is not None}
    return {"name": "mechanics", "base": "Ai2020", "positive": {"material": "LCO", "mechanics": copy.deepcopy(mechanics)}}


def derived(document: dict[str, Any], folder: Path = ROOT) -> a2c.ParameterSet:
    return a2c.derive(Study.model_validate(document, context={"folder": folder}))


def cells(label: str, host: str = "LiCoO2", **more: Any) -> dict[str, Any]:
    """Strained cells of the examples' data."""
    return {
        "label": label,
        "file": str(ELASTIC / f"stress_strain_{host}_{label}.csv"),
        "structure": str(ELASTIC / f"reference_{host}_{label}.extxyz"),
        "energy_column": "energy_eV",
        "converged_column": "converged",
        **more,
    }


def test_declared_mechanics_alone() -> None:
    """All five keys and the options of that electrode; the base set's concentration is the volume of its sites."""
    made = derived(table(reference=1.0))
    assert set(made.attach) == {f"Positive {ending}" for ending in KEYS}
    assert made.model_options["particle mechanics"] == ("none", "swelling only")
    values = made.nominal()
    maximum = values["Maximum concentration in positive electrode [mol.m-3]"]
    assert values["Positive electrode reference concentration for free of deformation [mol.m-3]"] == pytest.approx(maximum)
    change = values["Positive electrode volume change"]
    assert float(change(0.5)) == pytest.approx(-0.5 * -0.73e-6 * maximum, rel=1e-12)
    assert set(made.joint.sources) == {"LCO moduli (measured)", "LCO dilatometry"}
    assert "E = 1.91e+11 Pa (std of ln 0.2)" in made.notes["LCO mechanics"]


def test_strained_cells_are_a_committee() -> None:
    """Two methods at one composition, each fitted; their noise, their bounds and their disagreement are sources."""
    labels = ("chgnet-0.3.0", "7net-l3i5")
    made = derived(table(declared_moduli=None, strained_cells=[cells(label) for label in labels]))
    assert {"LCO strained cells (noise)", "LCO polycrystal (Voigt to Reuss)", "potential (model form)"} < set(
        made.joint.sources
    )
    logarithm = made.joint.mean[made.joint.names.index("LCO ln(E [Pa])")]
    assert np.log(107e9) < logarithm < np.log(276e9)


def stressed_study() -> dict[str, Any]:
    """The shipped study with mechanics of its positive electrode, the diffusivity's stress included."""
    document = tomllib.loads((SHIPPED / "study.toml").read_text(encoding="utf-8"))
    mechanics = table(declared_volume=None, volume={"order": 1}, reference=1.0)["positive"]["mechanics"]
    mechanics |= {"stress_assisted_diffusion": True, "composition_difference_std": 0.05}
    document["positive"]["mechanics"] = mechanics
    return document


def test_volumes_of_the_energy_tables_and_stress_in_the_diffusivity() -> None:
    """Its law holds the mobility and the laws of the stress; what it leaves out is a source of its own."""
    made = derived(stressed_study(), SHIPPED)
    law = made.attach["Positive particle diffusivity [m2.s-1]"].law
    assert isinstance(law, StressAssistedDiffusion)
    assert law.volume == CrystalVolume("LCO", 1, reference=1.0) == made.attach["Positive electrode volume change"].law
    assert law.elasticity == IsotropicElasticity("LCO")
    assert "LCO stress-assisted diffusion (gradient of the partial molar volume)" in made.joint.sources
    assert {"LCO volumes (orderings)", "LCO volumes (orderings): misfit"} < set(made.joint.sources)
    # volumes and voltages of one potential err together
    c = made.joint.names.index("LCO Omega [m3.mol-1]")
    assert abs(made.joint.covariance[c, made.joint.names.index("LCO ln(V_site [m3.mol-1])")]) > 0
    assert made.model_options["stress-induced diffusion"] == ("false", "false")
    assert "chgnet-r2scan: 25 structures at 7 compositions" in made.notes["LCO mechanics"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"declared_moduli": None}, "give either strained_cells or declared_moduli"),
        ({"declared_volume": None}, "give either volume or declared_volume"),
        ({"stress_assisted_diffusion": None}, "stress_assisted_diffusion"),
        ({"stress_assisted_diffusion": True}, "composition_difference_std goes with stress_assisted_diffusion = true"),
        ({"composition_difference_std": 0.1}, "composition_difference_std goes with stress_assisted_diffusion = true"),
        (
            {"stress_assisted_diffusion": True, "composition_difference_std": 0.1},
            "mechanics.stress_assisted_diffusion adds to the diffusivity of mobility",
        ),
        ({"declared_volume": None, "volume": {}}, "mechanics.volume needs free_energy.energies with a volume_column"),
        ({"declared_volume": None, "volume": {"window": [1.0, 0.5]}}, "volume.window must be the lower composition"),
        (
            {"declared_moduli": None, "strained_cells": [cells("a", composition=1.0), cells("b")]},
            "strained_cells need a composition each, or none",
        ),
        (
            {"declared_moduli": None, "strained_cells": [cells("a"), cells("a")]},
            "two strained_cells of one composition have the label 'a'",
        ),
        (
            {"declared_moduli": None, "strained_cells": [cells("a", composition=1.0), cells("b", composition=0.5)]},
            "strained_cells of each composition need the same labels",
        ),
    ],
)
def test_sections_that_contradict_themselves(change: dict[str, Any], line: str) -> None:
    with pytest.raises(ValidationError, match=line):
        Study.model_validate(table(**change), context={"folder": ROOT})


def test_reference_below_the_empty_particle() -> None:
    document = table(reference=0.1)
    document["positive"]["stoichiometry"] = {"offset": 0.2, "slope": 0.8}
    with pytest.raises(ValidationError, match=r"mechanics.reference must be at least stoichiometry.offset, 0\.2"):
        Study.model_validate(document)


def test_a_crystal_that_is_not_stable_is_named() -> None:
    document = table(declared_moduli=None, strained_cells=[cells("chgnet-0.3.0", "LiC6")])
    with pytest.raises(ValueError, match=r"stress_strain_LiC6_chgnet-0\.3\.0\.csv.*the crystal is"):
        derived(document)
