"""From study to set: what goes in at the data's own composition comes out there."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pybamm
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.cli import main
from a2c_pybamm.derivation.runs import diffusivities
from a2c_pybamm.files import read_set, set_document, write_bpx, write_pybamm_module
from a2c_pybamm.laws import barrier_name
from a2c_pybamm.parameter_set import base_values
from a2c_pybamm.sets import DEMO, sets_folder
from a2c_pybamm.study import EnergyFile, Mistakes, Study, read_study
from a2c_pybamm.synthetic import brownian_trajectory

RUNS = Path(__file__).parents[2] / "examples" / "data" / "li6ps5cl"
DIFFUSIVITY = "Negative particle diffusivity [m2.s-1]"


def from_trajectories(vacancies: int, x: float) -> a2c.ParameterSet:
    """Graphite's slot filled with two runs, as if made at composition x."""
    table = {
        "name": "md",
        "base": "Ai2020",
        "negative": {
            "material": "graphite",
            "measured_ocp": {"theta_min": 0.1, "offset_std": "5 mV", "reason": "test"},
            "mobility": {
                "hops": [
                    {
                        "name": "MD",
                        "vacancies": vacancies,
                        "molecular_dynamics": {
                            "species": "Li",
                            "x": x,
                            "haven_std_ln": 0.5,
                            "trajectories": [{"file": str(RUNS / f"traj_{T}K.npz"), "discard": "1 ps"} for T in (900, 1300)],
                        },
                    }
                ]
            },
        },
    }
    return a2c.derive(Study.model_validate(table, context={"folder": Path()}))


@pytest.mark.slow
def test_diffusivity_of_a_trajectory_comes_back_at_its_own_composition() -> None:
    """Whatever power of 1 - x the law has, D at the runs' x and T is what the runs gave."""
    x, T = 0.9, 1000.0
    found = []
    for vacancies in (0, 1, 2):
        made = from_trajectories(vacancies, x)
        c = dict(zip(made.joint.names, made.joint.mean, strict=True))
        found.append(made.attach[DIFFUSIVITY].law.jump_diffusivity(c, x, T))
    np.testing.assert_allclose(found, found[0], rtol=1e-12)
    runs = {}
    for temperature in (900, 1300):
        trajectory = a2c.read_trajectory(RUNS / f"traj_{temperature}K.npz", discard=1e-12)
        msd = a2c.mean_squared_displacement(trajectory, "Li")
        runs[trajectory.temperature] = a2c.fit_tracer_diffusivity(msd, name=f"D{temperature}", source=f"{temperature}")
    line = a2c.fit_arrhenius(runs, prefactor_name="ln(D0 [m2.s-1])", barrier_name="E_a [eV]")
    assert np.log(found[0]) == pytest.approx(line.mean[0] - line.mean[1] / (8.617333262e-5 * T), abs=1e-6)


def in_environments(barriers: list[dict[str, object]]) -> a2c.ParameterSet:
    """A hop of graphite with these barriers."""
    hop = {
        "name": "hop", "vacancies": 1, "jump_length": "2.5 angstrom", "coordination": 6, "dimension": 2,
        "attempt_frequency": "5 THz", "attempt_frequency_std_ln": 0.5, "barriers": barriers,
    }  # fmt: skip
    measured = {"theta_min": 0.1, "offset_std": "5 mV", "reason": "test"}
    negative = {"material": "graphite", "measured_ocp": measured, "mobility": {"hops": [hop]}}
    table = {"name": "environments", "base": "Ai2020", "negative": negative}
    return a2c.derive(Study.model_validate(table, context={"folder": Path()}))


@pytest.mark.slow
def test_environments_of_a_hop_are_rates_and_methods_are_a_committee() -> None:
    """Two methods see three places 0.1 eV apart: D is that of the effective medium of each, the spread the methods'."""
    places = {"easy": 0.2, "usual": 0.3, "hard": 0.47}
    barriers = [
        {
            "label": label,
            "environment": place,
            "share": 2.0 if place == "usual" else 1.0,
            "value": f"{E + shift} eV",
            "std": "1 meV",
        }
        for label, shift in (("a", 0.0), ("b", 0.1))
        for place, E in places.items()
    ]
    made = in_environments(barriers)
    c = dict(zip(made.joint.names, made.joint.mean, strict=True))
    kT = 8.617333262e-5 * 298.15
    found = np.log(made.attach[DIFFUSIVITY].law.jump_diffusivity(c, 0.5, 298.15) / 0.5)
    rates, shares = np.exp(-(np.array(list(places.values())) + 0.05) / kT), np.array([0.25, 0.5, 0.25])
    whole = np.exp(found) / (6 * 2.5e-10**2 * 5e12 / 4)
    assert shares @ ((rates - whole) / (rates + 2 * whole)) == pytest.approx(0.0, abs=1e-6)
    row = list(made.joint.names).index(barrier_name("graphite", "hop"))
    sources = {source: np.linalg.norm(factor.values[row]) for source, factor in made.joint.factors.items()}
    assert sources["potential (model form)"] > 0.07 > 0.01 > sources["graphite hop barrier (declared)"]
    for wrong, message in (
        (barriers[:-1], "'b' has other environments or shares than 'a'"),
        ([*barriers, barriers[0]], "two barriers of 'a' are in the environment 'easy'"),
        ([*barriers, {"label": "c", "value": "0.3 eV", "std": "1 meV"}], "a barrier has no environment, and others have"),
        (barriers[:1], "a hop with one environment needs none"),
    ):
        with pytest.raises(ValueError, match=message):
            in_environments(wrong)


@pytest.mark.slow
def test_energies_of_whole_cells_are_refused(tmp_path: Path) -> None:
    """Total energies in the place of energies per formula unit, the likeliest slip, make voltages that no host has."""
    study = read_study(sets_folder() / DEMO)
    table = study.positive.free_energy.energies[0].model_copy(update={"energy_column": "E_total_eV"})
    energy = study.positive.free_energy.model_copy(update={"energies": (table,), "shape": "plain"})
    positive = study.positive.model_copy(update={"free_energy": energy})
    with pytest.raises(ValueError, match=r"chgnet-0\.3\.0_lco\.csv: energies of .* no host has that .*cells of different size"):
        a2c.derive(study.model_copy(update={"positive": positive}))


def test_energies_that_no_law_follows_are_called_doubtful(tmp_path: Path) -> None:
    """Some of them 0.9 eV too high, within what any voltage shows: they are in the leave-one-out error."""
    study = read_study(sets_folder() / DEMO)
    assert "formula unit" not in a2c.derive(study).notes["LCO energies"]
    x = np.linspace(0, 1, 9)
    total = -20 - 5.8 * x - 0.3 * x * (1 - x) + 0.9 * np.array([0, 1, 0, 0, 1, 0, 1, 0, 0])
    rows = [f"{a},{e},s" for a, e in zip(x, total, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["x,energy_eV,structure", *rows, "1,-1.9,Li_metal"]) + "\n", encoding="utf-8")
    table = EnergyFile(label="A", file=tmp_path / "a.csv")
    energy = study.positive.free_energy.model_copy(update={"energies": (table,), "shape": "plain"})
    positive = study.positive.model_copy(update={"free_energy": energy, "site_density": False})
    notes = a2c.derive(study.model_copy(update={"positive": positive})).notes
    assert "A: is energy_column per formula unit" in notes["LCO energies"]


def test_order_given_by_hand_needs_no_energies_to_leave_out(tmp_path: Path) -> None:
    """Three compositions fix a law of order 0 where the scatter is declared; none of them can be left out."""
    rows = ["x,energy_eV,structure", "1,-1.9,Li_metal", "0,-20.0,a", "0.5,-22.9,b", "1,-25.5,c"]
    (tmp_path / "energies.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    table = {
        "name": "three",
        "base": "Ai2020",
        "positive": {
            "material": "M",
            "free_energy": {
                "law": "redlich-kister",
                "order": 0,
                "energy_std": "5 meV",
                "energies": [{"label": "m", "file": "energies.csv"}],
                "vibrational_entropy": {"value": "25 J/mol/K", "std": "10 J/mol/K", "reason": "test"},
            },
        },
    }
    made = a2c.derive(Study.model_validate(table, context={"folder": tmp_path}))
    interaction = made.joint.mean[made.joint.names.index("M L0 [eV]")]
    assert interaction == pytest.approx((-22.9 + 0.5 * 1.9 - (-20.0 - 25.5 + 1.9) / 2) / 0.25, abs=1e-9)


CONDUCTIVITY, ELECTROLYTE = "Electrolyte conductivity [S.m-1]", "Electrolyte diffusivity [m2.s-1]"
FACTOR = "Electrolyte conductivity ln(factor [1])"
PAIR = {
    "parameters": [CONDUCTIVITY, ELECTROLYTE],
    "std": [0.2, 0.3],
    "correlation": [[1.0, 0.8], [0.8, 1.0]],
    "source": "electrolyte",
    "reason": "four papers",
}
RESISTANCE = {
    "parameter": "Contact resistance [Ohm]",
    "value": "0.01 Ohm",
    "std": "0.002 Ohm",
    "source": "contact",
    "reason": "impedance of five cells",
}


def declared(*scale: dict, base: str = "Chen2020", **other: object) -> a2c.ParameterSet:
    """The set of a study with these factors."""
    table = {"name": "declared", "base": base, "scale": list(scale), **other}
    return a2c.derive(Study.model_validate(table, context={"folder": Path()}))


def test_factors_and_values_become_estimates_with_their_reasons() -> None:
    made = declared(PAIR, value=[RESISTANCE])
    assert {key: a.law for key, a in made.attach.items()} == {
        CONDUCTIVITY: a2c.Scale("Electrolyte conductivity"),
        ELECTROLYTE: a2c.Scale("Electrolyte diffusivity"),
        "Contact resistance [Ohm]": a2c.Value("Contact resistance", "Ohm"),
    }
    assert made.joint.names == (FACTOR, "Electrolyte diffusivity ln(factor [1])", "Contact resistance value [Ohm]")
    np.testing.assert_array_equal(made.joint.mean, [0.0, 0.0, 0.01])
    covariance = [[0.04, 0.048, 0], [0.048, 0.09, 0], [0, 0, 4e-6]]
    np.testing.assert_allclose(made.joint.covariance, covariance, rtol=1e-12, atol=1e-15)
    assert made.joint.sources == ("contact", "electrolyte")
    for estimate, reason in zip(made.joint.estimates, ("four papers", "impedance of five cells"), strict=True):
        assert estimate.method == f"declared: {reason}"
        assert dict(estimate.provenance) == {"declared": reason}
    nominal, base = made.nominal(), base_values("Chen2020")
    assert nominal["Contact resistance [Ohm]"] == 0.01
    assert nominal["Positive particle diffusivity [m2.s-1]"] == base["Positive particle diffusivity [m2.s-1]"]


def test_bounds_become_uniform_errors() -> None:
    """Of factors the logarithms are uniform, of values the values; each bounded number has a germ of its own."""
    pair = {key: entry for key, entry in PAIR.items() if key not in ("std", "correlation")} | {
        "bounds": [[0.5, 2.0], [0.1, 3.0]]
    }
    resistance = {key: entry for key, entry in RESISTANCE.items() if key not in ("value", "std")}
    joint = declared(pair, value=[resistance | {"bounds": ["0.0 Ohm", "0.02 Ohm"]}]).joint
    assert set(joint.germ_families) == {"uniform"}
    low, high = np.log([0.5, 0.1]), np.log([2.0, 3.0])
    np.testing.assert_allclose(joint.mean, [*((low + high) / 2), 0.01], atol=1e-15)
    np.testing.assert_allclose(joint.std, [*((high - low) / np.sqrt(12)), 0.02 / np.sqrt(12)], rtol=1e-12)
    assert joint.sources == ("contact", f"electrolyte: {FACTOR}", "electrolyte: Electrolyte diffusivity ln(factor [1])")


def test_a_balance_is_part_of_the_set(tmp_path: Path) -> None:
    """Also of a study of nothing else; set.json and the module carry it."""
    made = declared(balance={"n_p_ratio": 0.9, "formation_loss": 0.1, "negative_active_fraction": 0.5})
    values, param = made.nominal(), pybamm.LithiumIonParameters()
    Q_n, Q_p = (float(values.evaluate(electrode.Q_init)) for electrode in (param.n, param.p))
    assert Q_n / Q_p == pytest.approx(0.9, rel=1e-12)
    assert values.evaluate(param.Q_Li_particles_init) == pytest.approx(0.9 * Q_p, rel=1e-6)
    assert not made.joint.std.any()
    (tmp_path / "set.json").write_text(json.dumps(set_document(made)))
    assert read_set(tmp_path / "set.json").lithium == made.lithium
    path = write_pybamm_module(tmp_path / "balanced_cell.py", made)
    spec = importlib.util.spec_from_file_location("balanced_cell", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = module.get_parameter_values()
    assert written.evaluate(param.Q_Li_particles_init) == pytest.approx(values.evaluate(param.Q_Li_particles_init), rel=1e-12)
    assert written.evaluate(param.n.Q_init) == pytest.approx(Q_n, rel=1e-12)


@pytest.mark.slow
def test_covariance_says_the_same_as_std_and_correlation() -> None:
    other = {key: entry for key, entry in PAIR.items() if key not in ("std", "correlation")}
    found = declared(other | {"covariance": [[0.04, 0.048], [0.048, 0.09]], "mean": [0.1, -0.1]}).joint
    np.testing.assert_allclose(found.covariance, declared(PAIR).joint.covariance, rtol=1e-12)
    np.testing.assert_array_equal(found.mean, [0.1, -0.1])
    independent = {key: entry for key, entry in PAIR.items() if key != "correlation"}
    np.testing.assert_allclose(declared(independent).joint.covariance, np.diag([0.04, 0.09]), atol=1e-15)


@pytest.mark.slow
def test_correlation_of_one_is_one_germ() -> None:
    made = declared(PAIR | {"correlation": [[1.0, 1.0], [1.0, 1.0]]})
    assert made.joint.n_germ == 1
    draws = made.joint.draw(20, np.random.default_rng(0))
    np.testing.assert_allclose(draws[:, 1], 1.5 * draws[:, 0], rtol=1e-10)


def test_a_factor_beside_atoms_takes_systematic_errors_as_they_do() -> None:
    """A declared factor is a coefficient like any other: a second cause of error may move it with one of the atoms'."""
    negative = {"material": "graphite", "measured_ocp": {"theta_min": 0.1, "offset_std": "5 mV", "reason": "test"}}
    std = {"graphite OCP offset [V]": 0.004, FACTOR: -0.1}
    systematic = [{"source": "one lab", "reason": "test", "std": std}]
    made = declared(PAIR, base="Ai2020", negative=negative, systematic=systematic)
    k, offset = made.joint.rows([FACTOR, "graphite OCP offset [V]"])
    assert made.joint.covariance[k, k] == pytest.approx(0.04 + 0.01, rel=1e-12)
    assert made.joint.covariance[k, offset] == pytest.approx(-0.1 * 0.004, rel=1e-12)


SINGLE = {"parameter": CONDUCTIVITY, "std": 0.2, "source": "s", "reason": "r"}
GRAPHITE = {"material": "graphite", "measured_ocp": {"theta_min": 0.1, "offset_std": "5 mV", "reason": "test"}}
REFUSED: dict[str, tuple[dict, str]] = {
    "mesh": ({"parameter": "Positive particle radius [m]"}, r"^scale\[2\]: 'Positive particle radius \[m\]': .*mesh depends"),
    "potential": ({"parameter": "Positive electrode OCP [V]"}, r"^scale\[2\]: .*take a MeasuredOCP"),
    "misspelt": (
        {"parameter": "Electrolyte difusivity [m2.s-1]"},
        r"^scale\[2\]: .*is 'Electrolyte diffusivity \[m2.s-1\]' meant",
    ),
    "nothing to scale": ({"parameter": "Contact resistance [Ohm]"}, r"^scale\[2\]: .*entry is 0, which no factor changes"),
    "derived already": (
        {"parameter": "Negative electrode OCP entropic change [V.K-1]"},
        r"^scale\[2\]: .*is derived already \(measured-ocp\)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_factor_that_cannot_be_is_told_with_its_place(case: str) -> None:
    change, words = REFUSED[case]
    with pytest.raises(ValueError, match=words) as error:
        declared(SINGLE, SINGLE | {"source": "t"} | change, base="Chen2020", negative=GRAPHITE)
    assert "\n" not in str(error.value)


def test_impossible_correlation_is_told_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"^scale\[1\]: covariance of Electrolyte .*not positive semi-definite"):
        declared(PAIR | {"correlation": [[1.0, 1.2], [1.2, 1.0]]})
    with pytest.raises(ValueError, match=r"^scale\[1\]: .*not symmetric"):
        declared(PAIR | {"correlation": [[1.0, 0.2], [0.3, 1.0]]})
    with pytest.raises(ValueError, match=r"^value\[1\]: 'Separator thickness \[m\]': .*mesh depends"):
        declared(value=[RESISTANCE | {"parameter": "Separator thickness [m]", "value": "1e-5 m", "std": "1e-6 m"}])


def test_one_source_in_two_sections_is_refused() -> None:
    """Whether two errors of one name are one error, a study has to say."""
    with pytest.raises(ValueError, match="source 's' is shared by 2 estimates"):
        declared(SINGLE, SINGLE | {"parameter": ELECTROLYTE})
    made = declared(SINGLE, SINGLE | {"parameter": ELECTROLYTE}, independent=["s"])
    np.testing.assert_allclose(made.joint.covariance, np.diag([0.04, 0.04]), atol=1e-15)


# ---- runs at several compositions, replicas, motion of all ions together ------------------------------------------------

STEP = 1e-12
"""Time between frames of the walkers [s]."""
LAW = np.array([-17.8, 0.8, 0.15, 0.03])
"""ln D0 and E_a at the middle of x = 0.3 to 0.9, and what both change by from there to either end."""


def walk(path: Path, x: float, T: float, rng: np.random.Generator, *, frames: int = 150) -> dict[str, object]:
    """A run of walkers with D = (1 − x) exp(ln D0(x) − E_a(x)/k_BT), and its entry in a study."""
    u = (x - 0.6) / 0.3
    D = (1 - x) * np.exp(LAW[0] + LAW[1] * u - (LAW[2] + LAW[3] * u) / (8.617333262e-5 * T))
    run = brownian_trajectory(frames, 20, diffusivity=float(D), interval=STEP, rng=rng, temperature=T)
    if path.suffix == ".lammpstrj":
        write_dump(path, run.positions * 1e10)
        given = {"symbols": ["Li", "La"], "interval": "1 ps", "temperature": f"{T} K"}
        return {"file": path.name, "x": x, "window": ["2 ps", "60 ps"], **given}
    numbers = [{"Li": 3, "La": 57}[symbol] for symbol in run.species]
    settings = {"numbers": numbers, "frame_spacing_fs": STEP * 1e15, "target_temperature_K": T}
    np.savez(path, positions=run.positions * 1e10, **settings)
    return {"file": path.name, "x": x, "window": ["2 ps", "60 ps"]}


def write_dump(path: Path, positions: np.ndarray) -> None:
    """As LAMMPS does, with types only; the last atom is of the second type."""
    lines = []
    for step, frame in enumerate(positions):
        lines += ["ITEM: TIMESTEP", str(step), "ITEM: NUMBER OF ATOMS", str(len(frame)), "ITEM: BOX BOUNDS pp pp pp"]
        lines += ["0 50"] * 3 + ["ITEM: ATOMS id type xu yu zu"]
        lines += [f"{a + 1} {1 + (a == len(frame) - 1)} {x} {y} {z}" for a, (x, y, z) in enumerate(frame)]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, object]]]:
    """Nine places in x and T, two replicas at one of them, one run in LAMMPS's format."""
    folder, rng = tmp_path_factory.mktemp("walks"), np.random.default_rng(11)
    places = [(x, T) for x in (0.3, 0.6, 0.9) for T in (600.0, 800.0, 1100.0)]
    runs = [walk(folder / f"{x}_{T:g}.{'lammpstrj' if (x, T) == (0.6, 800.0) else 'npz'}", x, T, rng) for x, T in places]
    return folder, [*runs, walk(folder / "again.npz", 0.9, 1100.0, rng)]


def study_of(walks: tuple[Path, list[dict[str, object]]], *, vacancies: int = 1, **dynamics: object) -> Study:
    """Graphite's slot filled with these runs."""
    folder, runs = walks
    orders = {"prefactor_order": 1, "barrier_order": 1}
    entry = {"species": "Li", "haven_std_ln": 0.5, **orders, "trajectories": runs, **dynamics}
    entry = {key: value for key, value in entry.items() if value is not None}
    hop = {"name": "MD", "vacancies": vacancies, "molecular_dynamics": entry}
    table = {"name": "walks", "base": "Ai2020", "negative": {**GRAPHITE, "mobility": {"hops": [hop]}}}
    return Study.model_validate(table, context={"folder": folder})


def test_settings_of_a_run_reach_its_reader(
    walks: tuple[Path, list[dict[str, object]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, runs = walks
    given: list[dict[str, object]] = []

    def read(file: Path, **settings: object) -> None:
        given.append(settings)
        raise ValueError(f"{file}: not read here")

    monkeypatch.setattr("a2c_pybamm.derivation.runs.read_trajectory", read)
    cell = [["5 nm", "0 nm", "0 nm"], ["0 nm", "5 nm", "0 nm"], ["10 angstrom", "0 nm", "50 angstrom"]]
    of_run = {"cell": cell, "inertial": False, "stride": 5}
    with pytest.raises(ValueError, match="not read here"):
        a2c.derive(study_of((folder, [{**run, **of_run} for run in runs])))
    np.testing.assert_allclose(given[0]["cell"], [[5e-9, 0, 0], [0, 5e-9, 0], [1e-9, 0, 5e-9]])
    assert (given[0]["inertial"], given[0]["stride"], given[0]["symbols"]) == (False, 5, None)


def test_replicas_with_temperatures_of_their_own_are_replicas(tmp_path: Path) -> None:
    """Temperatures beside the frames differ from run to run by chance: runs for which one is given are put together."""
    rng, runs = np.random.default_rng(5), []
    for k, T in enumerate((700.0, 700.0, 1000.0, 1000.0)):
        run = walk(tmp_path / f"{k}.npz", 0.5, T, rng, frames=60)
        with np.load(tmp_path / f"{k}.npz") as stored:
            arrays = {key: stored[key] for key in stored.files if key != "target_temperature_K"}
        np.savez(tmp_path / f"{k}.npz", **arrays, temperature_K=T + 5.0 * (-1) ** k + 20 * rng.normal(size=60))
        runs.append({**run, "temperature": f"{T} K", "window": ["1 ps", "20 ps"]})
    study = study_of((tmp_path, runs), prefactor_order=None, barrier_order=None)
    entry = study.negative.mobility.hops[0].molecular_dynamics
    found = diffusivities("g", "g", entry, {}, Mistakes())
    assert [T for _, T in found] == pytest.approx([700.0, 1000.0], abs=5.0)
    assert [estimate.provenance["replicas"]["runs"] for estimate in found.values()] == [2, 2]


@pytest.fixture(scope="module")
def made(walks: tuple[Path, list[dict[str, object]]]) -> a2c.ParameterSet:
    """The set of all runs, as tracers."""
    return a2c.derive(study_of(walks, average_orders=True))


def error_square(made: a2c.ParameterSet) -> float:
    """Squared error of the motion's coefficients in units of their covariance: χ² of four degrees of freedom."""
    rows = made.joint.rows(made.attach[DIFFUSIVITY].law.motion_names)
    error = made.joint.mean[rows] - LAW
    return float(error @ np.linalg.solve(made.joint.covariance[np.ix_(rows, rows)], error))


ONE_IN_A_THOUSAND = 18.5


def test_runs_over_composition_give_back_their_law(made: a2c.ParameterSet) -> None:
    """Polynomials run over the runs' compositions; the tracer's doubt is the Haven ratio's."""
    law = made.attach[DIFFUSIVITY].law
    assert law == a2c.ArrheniusMobility("graphite", "tracer", 1, law.free_energy, 1, 1, (0.3, 0.9), "MD")
    assert error_square(made) < ONE_IN_A_THOUSAND
    k = made.joint.rows(["graphite MD ln(H_R)"])[0]
    assert (made.joint.mean[k], made.joint.covariance[k, k]) == (0.0, pytest.approx(0.25))
    sampling = [source for source in made.joint.sources if source.endswith("(sampling)")]
    assert len(sampling) == 10
    assert "graphite MD x = 0.9, 1100 K, run 2 (sampling)" in sampling
    note = made.notes["graphite MD mobility"]
    assert note.startswith("9 places at x = 0.3 to 0.9 and 600 to 1100 K, χ² ")
    assert "std of ln D at 298.15 K, an extrapolation: " in note


@pytest.mark.slow
def test_collective_runs_have_no_haven_ratio(walks: tuple[Path, list[dict[str, object]]], made: a2c.ParameterSet) -> None:
    """Walkers that ignore one another have D_J = D_tr, known worse by the square root of their number."""
    together = a2c.derive(study_of(walks, motion="collective", haven_std_ln=None))
    assert not any("Haven" in source for source in together.joint.sources)
    assert not any("H_R" in name for name in together.joint.names)
    assert error_square(together) < ONE_IN_A_THOUSAND
    name = "graphite MD E_a [eV]"
    own, single = (m.joint.covariance[k, k] for m in (together, made) for k in m.joint.rows([name]))
    assert 3 < np.sqrt(own / single) < 6  # √20 = 4.5


@pytest.mark.slow
def test_replicas_at_one_composition_are_averaged(walks: tuple[Path, list[dict[str, object]]]) -> None:
    """The line goes through the mean of the two runs at 1100 K; each has its own sampling error."""
    folder, runs = walks
    own = [run for run in runs if run["x"] == 0.9]
    none = {"prefactor_order": None, "barrier_order": None}
    made = a2c.derive(study_of((folder, own), **none))
    assert isinstance(made.attach[DIFFUSIVITY].law, a2c.VacancyMobility)
    fits = {}
    for k, run in enumerate(own):
        trajectory = a2c.read_trajectory(folder / str(run["file"]))
        msd = a2c.mean_squared_displacement(trajectory, "Li")
        fit = a2c.fit_tracer_diffusivity(msd, name=f"D{k}", source=f"{k}", window=(2e-12, 60e-12))
        fits.setdefault(trajectory.temperature, []).append(fit)
    means = {T: a2c.average_replicas(runs, name=f"D {T}") for T, runs in fits.items()}
    line = a2c.fit_arrhenius(means, prefactor_name="ln(D0 [m2.s-1])", barrier_name="E_a [eV]")
    rows = made.joint.rows(["graphite MD ln(D0 [m2.s-1])", "graphite MD E_a [eV]"])
    np.testing.assert_allclose(made.joint.mean[rows], line.mean - [np.log(0.1), 0], rtol=1e-9)
    np.testing.assert_allclose(made.joint.covariance[rows[1], rows[1]], line.covariance[1, 1], rtol=1e-9)
    assert {f"graphite MD 1100 K, run {k} (sampling)" for k in (1, 2)} < set(made.joint.sources)
    assert "graphite MD 600 K (sampling)" in made.joint.sources, "as it was called before there were replicas"


def test_runs_that_cannot_be_are_told_with_their_file(walks: tuple[Path, list[dict[str, object]]], tmp_path: Path) -> None:
    folder, runs = walks
    for name in ("0.3_600.npz", "0.3_800.npz"):
        shutil.copy(folder / name, tmp_path / name)
    shutil.copy(folder / "0.3_600.npz", tmp_path / "copy.npz")
    copied = [{"file": name, "x": 0.3} for name in ("0.3_600.npz", "0.3_800.npz", "copy.npz")]
    none = {"prefactor_order": None, "barrier_order": None}
    with pytest.raises(ValueError, match=r"^negative: .*hop 'MD': .*copy\.npz: the same run as .*0\.3_600\.npz; list each"):
        a2c.derive(study_of((tmp_path, copied), **none))
    cold = [run for run in runs if "_600" in str(run["file"])]
    with pytest.raises(ValueError, match=r"^negative: hop 'MD': graphite MD mobility: runs at 1 temperature\(s\), a barrier"):
        a2c.derive(study_of((folder, cold)))
    with pytest.raises(ValueError, match="polynomial of order 3 needs 4; add compositions or lower the order"):
        a2c.derive(study_of(walks, barrier_order=3))


def test_replicas_that_differ_are_noted(walks: tuple[Path, list[dict[str, object]]], tmp_path: Path) -> None:
    folder, runs = walks
    other = walk(tmp_path / "other.npz", 0.3, 600.0, np.random.default_rng(3)) | {"x": 0.9}
    other["file"] = str(tmp_path / "other.npz")
    cold = next(run for run in runs if run["file"] == "0.9_600.npz")
    hot = next(run for run in runs if run["file"] == "0.9_1100.npz")
    made = a2c.derive(study_of((folder, [cold, other, hot]), prefactor_order=None, barrier_order=None))
    assert made.notes["graphite MD ln(D_tr 600 K)"].startswith("2 runs differ by more than chance (p = ")


@pytest.mark.slow
def test_mobility_over_composition_goes_through_every_file(made: a2c.ParameterSet, tmp_path: Path) -> None:
    """Written, read again and emitted: set.json exact, the module's function that of the set, BPX a table of it."""
    again = read_set(a2c.save(made, tmp_path / "set.json"))
    assert set_document(again) == set_document(made)
    path = write_pybamm_module(tmp_path / "walks.py", made)
    spec = importlib.util.spec_from_file_location("walks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sto, T = pybamm.Vector(np.linspace(0.05, 0.95, 19)), pybamm.Scalar(310.0)
    c = dict(zip(made.joint.names, made.joint.mean, strict=True))
    expected = made.attach[DIFFUSIVITY].law.chemical_diffusivity(c, np.linspace(0.05, 0.95, 19), 310.0)
    for values in (made.nominal(), again.nominal(), module.get_parameter_values()):
        found = np.ravel(values.process_symbol(values[DIFFUSIVITY](sto, T)).evaluate())
        np.testing.assert_allclose(found, expected, rtol=1e-9)
    bpx = json.loads(write_bpx(tmp_path / "set.bpx.json", made).read_text(encoding="utf-8"))
    table = bpx["Parameterisation"]["Negative electrode"]["Diffusivity [m2.s-1]"]
    middle = made.attach[DIFFUSIVITY].law.chemical_diffusivity(c, np.array(table["x"]), 298.15)
    np.testing.assert_allclose(table["y"], middle, rtol=1e-6)


TOML = """name = "walks"
base = "Ai2020"

[negative]
material = "graphite"
measured_ocp = { theta_min = 0.1, offset_std = "5 mV", reason = "measured" }

[[negative.mobility.hops]]
name = "MD"
vacancies = 1

[negative.mobility.hops.molecular_dynamics]
species = "Li"
motion = "collective"
prefactor_order = 1
barrier_order = 0
"""
RUN = "\n[[negative.mobility.hops.molecular_dynamics.trajectories]]\n"


@pytest.mark.slow
def test_command_line_takes_runs_over_composition(
    walks: tuple[Path, list[dict[str, object]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """``a2c check`` and ``derive`` from the text of a study on; what cannot be ends with 2 and one line."""

    def call(command: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["a2c", command, str(tmp_path / "study.toml")])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    folder, runs = walks
    for run in runs:
        shutil.copy(folder / str(run["file"]), tmp_path)
    entries = [RUN + "".join(f"{key} = {json.dumps(value)}\n" for key, value in run.items()) for run in runs]
    (tmp_path / "study.toml").write_text(TOML + "".join(entries), encoding="utf-8")
    code, out, err = call("check")
    assert (code, err) == (0, "")
    assert "graphite MD ln(D0) P1" in out
    assert "graphite MD mobility: 9 places at x = 0.3 to 0.9 and 600 to 1100 K, χ² " in out
    code, out, err = call("derive")
    assert (code, err) == (0, "")
    assert {path.name for path in tmp_path.glob("*.*")} >= {"set.json", "walks.py", "set.bpx.json"}
    assert read_set(tmp_path / "set.json").attach[DIFFUSIVITY].law.kind == "arrhenius-mobility"
    broken = (tmp_path / "again.npz").read_bytes()[:1000]
    (tmp_path / "again.npz").write_bytes(broken)
    code, out, err = call("derive")
    assert code == 2
    assert "again.npz: not a complete numpy" in err
    assert err.count("\n") == 1
