"""From study to set: what goes in at the data's own composition comes out there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import a2c_pybamm as a2c
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
