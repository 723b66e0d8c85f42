"""Heat of an electrode in a study: sections checked, a crystal's numbers mixed with those of the other phases, or refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

import a2c_pybamm as a2c
from a2c_pybamm.cli.steps import estimate_set
from a2c_pybamm.constants import AVOGADRO, BOLTZMANN, PLANCK
from a2c_pybamm.readers.units import EV
from a2c_pybamm.study import Study
from tests.estimators.thermal.debye_solids import V0, DebyeSolid, morse
from tests.hostile.study_corpus import _key, _toml

ROOT = Path(__file__).parents[2]
PHONONS = ROOT / "examples/data/phonons/thermal_LiFePO4_chgnet-0.3.0.csv"
SOLID, SITES = DebyeSolid(morse(80e9, 4.5), 450.0, 1.8), 100.0
KEYS = ("density [kg.m-3]", "specific heat capacity [J.kg-1.K-1]", "thermal conductivity [W.m-1.K-1]")


def phase(name: str, density: float, capacity: float, conductivity: float, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "density": f"{density} kg/m3",
        "density_std_ln": 0.02,
        "heat_capacity": f"{capacity} J/kg/K",
        "heat_capacity_std_ln": 0.05,
        "conductivity": f"{conductivity} W/m/K",
        "conductivity_std_ln": 0.1,
        "source": f"{name} (literature)",
        "reason": "handbook",
        **more,
    }


PORES = phase("electrolyte", 1200, 1600, 0.2)
REMAINDER = [phase("PVDF", 1780, 1200, 0.2, share=0.5), phase("carbon", 1900, 750, 20.0, share=0.5)]
DENSITY = {"density": "3600 kg/m3", "std_ln": 0.01, "expansion": "3e-5 1/K", "expansion_std": "1e-5 1/K"}
CAPACITY = {"heat_capacity": "880 J/kg/K", "std_ln": 0.03, "slope": "1e-3 1/K", "slope_std": "2e-4 1/K"}
CONDUCTIVITY = {"conductivity": "4 W/m/K", "std_ln": 0.3}
FROM = {"source": "LFP heat (measured)", "reason": "test"}
DECLARED: dict[str, Any] = {
    "declared_density": DENSITY | FROM | {"source": "LFP density"},
    "declared_heat_capacity": CAPACITY | FROM | {"source": "LFP heat capacity"},
    "declared_conductivity": CONDUCTIVITY | FROM | {"source": "LFP conductivity"},
    "pores": PORES,
    "remainder": REMAINDER,
    "mixing": "bounds",
}


def table(side: str = "positive", top: dict[str, Any] | None = None, **change: Any) -> dict[str, Any]:
    """A study of one electrode's heat alone, all declared; an entry that is None is left out."""
    thermal = {key: value for key, value in (DECLARED | change).items() if value is not None}
    document = {"name": "heat", "base": "Ai2020", side: {"material": "LFP", "thermal": thermal}, **(top or {})}
    return copy.deepcopy(document)


def derived(document: dict[str, Any], folder: Path = ROOT) -> a2c.ParameterSet:
    return a2c.derive(Study.model_validate(document, context={"folder": folder}))


def mean_of(made: a2c.ParameterSet, name: str) -> float:
    return float(made.joint.mean[made.joint.names.index(name)])


def test_declared_heat_alone() -> None:
    """All three keys, functions of temperature; volume fractions of the base set, its remainder shared; errors by source."""
    made = derived(table())
    assert set(made.attach) == {f"Positive electrode {ending}" for ending in KEYS}
    assert not made.model_options, "the model's thermal option is the cell's affair"
    values = made.nominal()
    density, capacity, conductivity = (values[f"Positive electrode {ending}"](298.15) for ending in KEYS)
    shares, densities = np.array([0.62, 0.32, 0.03, 0.03]), np.array([3600, 1200, 1780, 1900])
    assert density == pytest.approx(shares @ densities, rel=1e-9)
    heat = shares * densities @ np.array([880, 1600, 1200, 750])
    assert density * capacity == pytest.approx(heat, rel=1e-9)
    assert 0.2 < conductivity < 20
    assert set(made.joint.sources) == {
        *("LFP density", "LFP heat capacity", "LFP conductivity", "LFP electrode (thermal bounds)"),
        *("electrolyte (literature)", "PVDF (literature)", "carbon (literature)"),
    }
    assert "3600 kg/m3" in made.notes["LFP heat"]
    assert "beside it by volume electrolyte 0.32, PVDF 0.03, carbon 0.03; electrode 2726" in made.notes["LFP heat"]


def test_vibrations_at_one_volume() -> None:
    """The repository's LiFePO4: C_V of its table at 298.15 K over the mass of four formulas, the dilation's part added."""
    vibrations = {"file": str(PHONONS), "sites": 4.0, "frequency_std": 0.03}
    made = derived(
        table(
            formula="LiFePO4",
            declared_heat_capacity=None,
            vibrations=vibrations | {"bulk_modulus": "94 GPa", "bulk_modulus_std_ln": 0.1},
        )
    )
    isochoric = a2c.harmonic(a2c.read_thermal(PHONONS, sites=4), 298.15)[2]
    mass = a2c.molar_mass("LiFePO4")
    dilation = 298.15 * mass / 3600 * 3e-5**2 * 94e9
    assert np.exp(mean_of(made, "LFP ln(c_p [J.kg-1.K-1])")) == pytest.approx((isochoric + dilation) / mass, rel=1e-9)
    assert {"LFP frequencies (scale)", "LFP bulk modulus (declared)"} < set(made.joint.sources)
    alone = derived(table(formula="LiFePO4", declared_heat_capacity=None, vibrations=vibrations | {"dilation_std": 0.03}))
    assert np.exp(mean_of(alone, "LFP ln(c_p [J.kg-1.K-1])")) == pytest.approx(isochoric / mass, rel=1e-9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Debye solid's energies and frequencies at nine volumes, volumes of runs, and a heat flux with a memory."""
    folder = tmp_path_factory.mktemp("heat")
    volumes, cell = V0 * np.linspace(0.94, 1.09, 9), SITES * 1e30 / AVOGADRO
    for name, factor in (("e.csv", 1.0), ("stiffer.csv", 1.1)):
        rows = [f"{V * cell:.17g},{factor * float(SOLID.energy(V)) * SITES / EV:.17g}" for V in volumes]
        (folder / name).write_text("volume_A3,energy_eV\n" + "\n".join(rows) + "\n", encoding="utf-8")
    n_mode = int(6 * SITES)
    quantiles = ((np.arange(n_mode) + 0.5) / n_mode) ** (1 / 3)
    for k, V in enumerate(volumes):
        highest = BOLTZMANN / PLANCK * np.exp(SOLID.log_theta(V)) / 1e12
        lines = "\n".join(f"{highest * q:.17g}" for q in quantiles)
        (folder / f"d{k}.csv").write_text(f"frequency_THz\n{lines}\n", encoding="utf-8")
    rows = [f"{t},{SOLID.volume(t) * cell:.17g}" for t in np.linspace(200, 600, 6)]
    (folder / "v.csv").write_text("T_K,volume_A3\n" + "\n".join(rows) + "\n", encoding="utf-8")
    rng = np.random.default_rng(2)
    flux = np.empty((3, 6000))
    flux[:, 0] = rng.normal(size=3)
    for k in range(1, 6000):
        flux[:, k] = 0.8 * flux[:, k - 1] + 0.6 * rng.normal(size=3)
    np.savez(folder / "q.npz", **{"q_W.m-2": 1e10 * flux, "interval_fs": 10.0, "temperature_K": 298.15, "volume_A3": 2e4})
    return folder


def test_quasi_harmonic_solid(folder: Path) -> None:
    """Density, expansion and heat capacity of one fit; several methods make a committee."""
    entry = {
        "label": "model",
        "energies": "e.csv",
        "phonons": [f"d{k}.csv" for k in range(9)],
        "kind": "frequencies",
        "sites": SITES,
        "frequency_std": 0.02,
    }
    made = derived(table(formula="SiC", quasi_harmonic=[entry], declared_density=None, declared_heat_capacity=None), folder)
    truth = SOLID.truth(298.15)
    assert mean_of(made, "LFP ln(rho [kg.m-3])") - np.log(a2c.molar_mass("SiC") / 0.05) == pytest.approx(truth[0], abs=3e-3)
    assert mean_of(made, "LFP alpha_V [K-1]") == pytest.approx(truth[1], rel=0.05)
    assert {"LFP equation of state (choice)", "LFP frequencies (scale)"} < set(made.joint.sources)
    committee = [entry, entry | {"label": "other", "energies": "stiffer.csv"}]
    made = derived(table(formula="SiC", quasi_harmonic=committee, declared_density=None, declared_heat_capacity=None), folder)
    assert "potential (model form)" in made.joint.sources


def test_volumes_of_runs(folder: Path) -> None:
    made = derived(table(formula="SiC", volumes={"file": "v.csv", "sites": SITES}, declared_density=None), folder)
    truth = SOLID.truth(298.15)
    assert mean_of(made, "LFP alpha_V [K-1]") == pytest.approx(truth[1], rel=0.02)
    assert "LFP volumes (sampling): misfit" in made.joint.sources


def test_heat_flux_of_the_crystal(folder: Path) -> None:
    """Green and Kubo's number with its error; a run at another temperature needs a law for that."""
    flux = {"file": "q.npz", "atomic_stress": "pairwise"}
    change: dict[str, Any] = {"declared_conductivity": None, "heat_flux": [flux], "isotropic": True}
    made = derived(table(**change), folder)
    series = a2c.read_currents(folder / "q.npz", "thermal conductivity", atomic_stress="pairwise")
    alone = a2c.fit_green_kubo(series, name="k", source="s")
    assert mean_of(made, "LFP ln(lambda [W.m-1.K-1])") == pytest.approx(alone.mean[0], rel=1e-12)
    assert "LFP heat flux 298.15 K (sampling)" in made.joint.sources
    warm: dict[str, Any] = {"top": {"temperature": "320 K"}, **change}
    with pytest.raises(ValueError, match=r"q\.npz: the run is at 298\.15 K, the study at 320 K; give conductivity_exponent"):
        derived(table(**warm), folder)
    made = derived(table(**warm, conductivity_exponent=1.0, conductivity_exponent_std=0.5), folder)
    assert mean_of(made, "LFP ln(lambda [W.m-1.K-1])") == pytest.approx(alone.mean[0] + np.log(298.15 / 320), rel=1e-9)
    assert "LFP thermal conductivity over temperature (declared)" in made.joint.sources
    axes = [flux | {"axis": "layer"}, flux | {"axis": "normal"}]
    layered = derived(table(declared_conductivity=None, heat_flux=axes, axes=["layer", "layer", "normal"]), folder)
    assert mean_of(layered, "LFP ln(lambda [W.m-1.K-1])") == pytest.approx(alone.mean[0], rel=1e-9)
    assert {f"LFP {axis} heat flux 298.15 K (sampling)" for axis in ("layer", "normal")} < set(layered.joint.sources)


def test_one_electrolyte_in_both_electrodes() -> None:
    """Its numbers are declared in both, and count once: one germ moves both electrodes."""
    document = table()
    document["negative"] = {"material": "graphite", "thermal": table()["positive"]["thermal"]}
    for key, source in (("declared_density", "a"), ("declared_heat_capacity", "b"), ("declared_conductivity", "c")):
        document["negative"]["thermal"][key]["source"] = source
    made = derived(document)
    assert made.joint.names.count("electrolyte ln(rho [kg.m-3])") == 1
    assert len(made.attach) == 6
    document["negative"]["thermal"]["pores"]["density"] = "1300 kg/m3"
    with pytest.raises(ValueError, match="'electrolyte' has other numbers than in the other electrode; give it the same"):
        derived(document)


def test_a_set_of_heat_is_written_and_read_again(tmp_path: Path) -> None:
    from a2c_pybamm.files import read_set, save

    made = derived(table())
    again = read_set(save(made, tmp_path / "set.json"))
    assert dict(again.attach) == dict(made.attach)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"pores": None}, "pores"),
        ({"declared_density": DECLARED["declared_density"] | {"density": "5.05 kg/m3"}}, "greater than or equal to 50"),
        ({"declared_heat_capacity": DECLARED["declared_heat_capacity"] | {"heat_capacity": "0.7 J/kg/K"}}, "equal to 50"),
        ({"declared_conductivity": DECLARED["declared_conductivity"] | {"conductivity": "0 W/m/K"}}, "equal to 0.001"),
        ({"mixing": None}, "a crystal's conductivity is not the electrode's"),
        ({"declared_conductivity": None}, "a crystal's conductivity is not the electrode's"),
        ({"mixing": "lower"}, "mixing_std_ln goes with mixing = 'lower' or 'upper'"),
        ({"mixing_std_ln": 0.3}, "mixing_std_ln goes with mixing = 'lower' or 'upper'"),
        ({"declared_density": None}, "give exactly one of quasi_harmonic, volumes and declared_density"),
        ({"declared_heat_capacity": None}, "give exactly one of quasi_harmonic, vibrations and declared_heat_capacity"),
        (
            {"declared_density": None, "declared_heat_capacity": None, "declared_conductivity": None, "mixing": None},
            "nothing is derived here",
        ),
        ({"volumes": {"file": "v.csv", "sites": 1.0}, "declared_density": None}, "formula is missing"),
        ({"pores": PORES | {"conductivity": None, "conductivity_std_ln": None}}, "'electrolyte' has no conductivity"),
        ({"pores": PORES | {"conductivity_std_ln": None}}, "conductivity and conductivity_std_ln go together"),
        ({"remainder": [REMAINDER[0]]}, "shares of remainder add up to 0.5; they must be 1"),
        ({"remainder": [REMAINDER[0], REMAINDER[0]]}, "two phases have the name 'PVDF'"),
        ({"heat_flux": [{"file": "q.npz"}], "isotropic": True}, "give either heat_flux or declared_conductivity"),
        ({"heat_flux": [{"file": "q.npz"}], "declared_conductivity": None}, "state isotropic = true, or give each axis"),
        (
            {"heat_flux": [{"file": "q.npz", "axis": "a"}], "declared_conductivity": None, "axes": ["a", "a", "b"]},
            "axes are a, a, b, and heat_flux has a; give each axis one run",
        ),
        ({"conductivity_exponent": 1.0}, "conductivity_exponent and conductivity_exponent_std go together"),
        (
            {"declared_conductivity": CONDUCTIVITY | FROM | {"principal": ["1 W/m/K", "1 W/m/K", "1 W/m/K"]}},
            "give either conductivity or principal",
        ),
    ],
)
def test_sections_are_checked(change: dict[str, Any], line: str) -> None:
    with pytest.raises((ValidationError, ValueError)) as caught:
        derived(table(**change))
    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("change", "top", "line"),
    [
        ({"remainder": None}, {}, "leave 0.06 of the volume; name what fills it in remainder"),
        ({"active_fraction": 0.68}, {}, "fill the volume; leave remainder out"),
        ({"active_fraction": 0.8}, {}, "are more than the electrode's volume"),
        (
            {},
            {"value": [{"parameter": "Positive electrode porosity", "value": 0.3, "std": 0.02, "source": "s", "reason": "r"}]},
            "mixes by the base set's 'Positive electrode porosity', which this study replaces; declare porosity",
        ),
        (
            {},
            {"balance": {"n_p_ratio": 1.1}},
            "'Positive electrode active material volume fraction', which this study replaces",
        ),
    ],
)
def test_volume_fractions_add_up(change: dict[str, Any], top: dict[str, Any], line: str) -> None:
    with pytest.raises((ValidationError, ValueError)) as caught:
        derived(table(top=top, **change))
    assert line in str(caught.value)


def test_an_invalid_section_is_one_mistake(tmp_path: Path) -> None:
    """Further errors that are declared of its phases are not called unknown beside it."""
    systematic = {"source": "t", "std": {"electrolyte ln(rho [kg.m-3])": 0.01}, "reason": "r"}
    document = table(top={"systematic": [systematic]}, pores=PORES | {"density": "1200 kg"})
    lines = [f"{_key(key)} = {_toml(value)}" for key, value in document.items()]
    (tmp_path / "study.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match="density") as caught:
        estimate_set(tmp_path / "study.toml", cell=False)
    assert "\n" not in str(caught.value)


def test_declared_fractions_stand_beside_an_uncertain_porosity() -> None:
    value = {"parameter": "Positive electrode porosity", "value": 0.32, "std": 0.02, "source": "s", "reason": "r"}
    made = derived(table(porosity=0.32, top={"value": [value]}))
    assert "Positive electrode porosity value [1]" in made.joint.names


@pytest.mark.parametrize(
    ("options", "remark"),
    [
        ({"thermal": "lumped"}, 'no effect of the thermal conductivity in a lumped cell; write thermal = "x-full"'),
        ({"thermal": "x-full", "use lumped thermal capacity": "true"}, "no effect of density and heat capacity"),
        ({"thermal": "x-full"}, ""),
    ],
)
def test_what_the_cell_does_not_read_is_noted(options: dict[str, str], remark: str) -> None:
    note = derived(table(top={"cell": {"options": options}})).notes["LFP heat"]
    assert ("no effect" in note) == bool(remark)
    assert remark in note


def test_declared_fractions_stand_beside_those_of_the_base_set() -> None:
    """The shares of the mixture are the declared ones, and the note has both."""
    note = derived(table(active_fraction=0.4, porosity=0.5)).notes["LFP heat"]
    assert "electrolyte 0.5, PVDF 0.05, carbon 0.05" in note
    assert "the base set has 0.62 of active material and 0.32 of pores" in note
    assert "base set" not in derived(table(active_fraction=0.62, porosity=0.32)).notes["LFP heat"]


def test_vibrations_of_other_atoms_than_the_formula_are_refused() -> None:
    """One site in the place of four: a heat capacity of four formulas over the mass of one."""
    vibrations = {"file": str(PHONONS), "sites": 1.0, "frequency_std": 0.03, "dilation_std": 0.03}
    with pytest.raises(ValueError, match=r"above the 174\.6 of all atoms of LiFePO4 .* correct sites or formula") as caught:
        derived(table(formula="LiFePO4", declared_heat_capacity=None, vibrations=vibrations))
    assert "\n" not in str(caught.value)
