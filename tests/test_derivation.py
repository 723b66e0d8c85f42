"""From study to set: what goes in at the data's own composition comes out there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.parameter_set import base_values
from a2c_pybamm.sets import DEMO, sets_folder
from a2c_pybamm.study import Study, read_study

RUNS = Path(__file__).parents[1] / "examples" / "data" / "li6ps5cl"
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


def test_energies_of_whole_cells_are_called_doubtful(tmp_path: Path) -> None:
    """Total energies in the place of energies per formula unit, the likeliest slip, show in the leave-one-out error."""
    study = read_study(sets_folder() / DEMO)
    good = a2c.derive(study).notes["LCO energies"]
    assert "formula unit" not in good
    table = study.positive.free_energy.energies[0].model_copy(update={"energy_column": "E_total_eV"})
    energy = study.positive.free_energy.model_copy(update={"energies": (table,), "shape": "plain"})
    positive = study.positive.model_copy(update={"free_energy": energy})
    bad = a2c.derive(study.model_copy(update={"positive": positive})).notes["LCO energies"]
    assert "chgnet-0.3.0: is energy_column per formula unit" in bad


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
    assert made.joint.sources == ("electrolyte", "contact")
    for estimate, reason in zip(made.joint.estimates, ("four papers", "impedance of five cells"), strict=True):
        assert estimate.method == f"declared: {reason}"
        assert dict(estimate.provenance) == {"declared": reason}
    nominal, base = made.nominal(), base_values("Chen2020")
    assert nominal["Contact resistance [Ohm]"] == 0.01
    assert nominal["Positive particle diffusivity [m2.s-1]"] == base["Positive particle diffusivity [m2.s-1]"]


def test_covariance_says_the_same_as_std_and_correlation() -> None:
    other = {key: entry for key, entry in PAIR.items() if key not in ("std", "correlation")}
    found = declared(other | {"covariance": [[0.04, 0.048], [0.048, 0.09]], "mean": [0.1, -0.1]}).joint
    np.testing.assert_allclose(found.covariance, declared(PAIR).joint.covariance, rtol=1e-12)
    np.testing.assert_array_equal(found.mean, [0.1, -0.1])
    independent = {key: entry for key, entry in PAIR.items() if key != "correlation"}
    np.testing.assert_allclose(declared(independent).joint.covariance, np.diag([0.04, 0.09]), atol=1e-15)


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
