"""Stress of the emitted laws of mechanics in PyBaMM's models, the electrode that does not swell, error bars on the stress."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.estimators import declare
from a2c_pybamm.files import read_set, save
from a2c_pybamm.laws import CrystalVolume, IsotropicElasticity, RedlichKister, StressAssistedDiffusion, VacancyMobility
from a2c_pybamm.status import Status
from tests.laws.law_examples import draw

STD = {"ln(E [Pa])": 0.2, "nu [1]": 0.03, "Omega [m3.mol-1]": 4e-7}
E, NU, OMEGA, SITE = 1.5e11, 0.25, -2e-6, 1 / 63104.0
"""Young's modulus [Pa], Poisson's ratio, partial molar volume and volume of a site [m3.mol-1]."""
PROPER = {"particle mechanics": ("none", "swelling only"), "stress-induced diffusion": ("false", "false")}


def made(base: str = "Chen2020", omega: tuple[float, ...] = (OMEGA,), **attach: a2c.Attachment) -> a2c.ParameterSet:
    """A set with mechanics on the positive electrode, constant but for the partial molar volume."""
    elasticity, volume = IsotropicElasticity("P"), CrystalVolume("P", len(omega) - 1)
    names = (*elasticity.names, *volume.names)
    mean = [np.log(E), NU, SITE, *omega, 0.0]
    std = [next((s for ending, s in STD.items() if name.endswith(ending)), 0.0) for name in names]
    sources = [
        declare([name], [value], std=[s], source=name.split(maxsplit=1)[1], reason="test")
        for name, value, s in zip(names, mean, std, strict=True)
    ]
    keys = a2c.mechanics_attachments(elasticity, volume, "positive")
    return a2c.ParameterSet("mechanics", base, keys | attach, a2c.Joint(sources))


def discharge(values: pybamm.ParameterValues, model: str, options: Any) -> Any:
    """Solution over 20 minutes of discharge at 1C from 90 %."""
    values.set_initial_state(0.9)
    built = getattr(pybamm.lithium_ion, model)(dict(options))
    return pybamm.Simulation(built, parameter_values=values, C_rate=1).solve(np.linspace(0, 1200, 7))


@pytest.mark.parametrize("model", ["SPM", "DFN"])
def test_surface_stress_comes_back(model: str) -> None:
    """σ_t = ΩE(c_av − c_surf)/(3(1−ν)) at each point, Ω at the particle's mean stoichiometry; displacement by its secant."""
    parameter_set = made(omega=(OMEGA, 1e-6))
    assert parameter_set.model_options == PROPER
    solution = discharge(parameter_set.nominal(), model, parameter_set.model_options)
    concentration = solution["Positive particle concentration [mol.m-3]"].entries
    edges = np.linspace(0, 1, len(concentration) + 1)
    mean = np.tensordot(np.diff(edges**3), concentration, axes=1)
    surface = solution["Positive particle surface concentration [mol.m-3]"].entries
    law = parameter_set.attach["Positive electrode partial molar volume [m3.mol-1]"].law
    c = dict(zip(parameter_set.joint.names, parameter_set.joint.mean, strict=True))
    omega = law.partial_molar_volume(c, mean * SITE, 298.15)  # type: ignore[attr-defined]
    expected = omega * E * (mean - surface) / (3 * (1 - NU))
    found = solution["Positive particle surface tangential stress [Pa]"].entries
    assert np.ptp(found) > 1e8
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())


def test_the_other_electrode_is_left_as_it_is() -> None:
    """PyBaMM's own pair scales the diffusivity of the electrode that does not swell; the set's options do not."""
    plain = discharge(pybamm.ParameterValues("Ai2020"), "SPM", {})
    parameter_set = made("Ai2020")
    ours = discharge(parameter_set.nominal(), "SPM", parameter_set.model_options)
    default = discharge(parameter_set.nominal(), "SPM", {"particle mechanics": PROPER["particle mechanics"]})
    times = np.linspace(100, 1200, 12)
    for name in ("Voltage [V]", "X-averaged negative particle surface concentration [mol.m-3]"):
        np.testing.assert_allclose(ours[name](times), plain[name](times), rtol=1e-6)
        assert np.abs(default[name](times) / plain[name](times) - 1).max() > 1e-3
    effective = "X-averaged negative particle effective diffusivity [m2.s-1]"
    np.testing.assert_allclose(ours[effective](600.0), plain[effective](600.0), rtol=1e-6)


def stressed() -> tuple[StressAssistedDiffusion, dict[str, Any]]:
    mobility = VacancyMobility("P", (("hop", 1),), RedlichKister("P", 1))
    law = StressAssistedDiffusion(mobility, IsotropicElasticity("P"), CrystalVolume("P"))
    constants = {"P ln(E [Pa])": np.log(E), "P nu [1]": NU, "P V_ref [m3.mol-1]": SITE, "P Omega [m3.mol-1]": OMEGA}
    return law, draw(law, 3) | constants | {"P Omega local [m3.mol-1]": 0.0, law.difference_name: 0.0}


def with_stress(**change: Any) -> a2c.ParameterSet:
    """A set with diffusion under stress, and the laws that its stress comes from but for a changed one."""
    law, c = stressed()
    volume = change.get("volume", law.volume)
    names = dict.fromkeys((*law.names, *volume.names))
    estimate = declare(tuple(names), [c.get(name, 0.0) for name in names], std=0.01, source="s", reason="test")
    attach = a2c.mechanics_attachments(law.elasticity, volume, "positive")
    attach["Positive particle diffusivity [m2.s-1]"] = a2c.Attachment(law, "chemical_diffusivity")
    return a2c.ParameterSet("stress", "Chen2020", attach, a2c.Joint([estimate]))


def test_diffusivity_under_stress_in_a_set(tmp_path: Path) -> None:
    """PyBaMM's diffusivity is the law's, its factor is off; from a file, too; another volume or PyBaMM's factor is refused."""
    parameter_set = with_stress()
    law, c = stressed()
    assert parameter_set.model_options == PROPER
    key = "Positive particle diffusivity [m2.s-1]"
    grid = np.linspace(0.1, 0.9, 5)
    for each in (parameter_set, read_set(save(parameter_set, tmp_path / "set.json"))):
        values = each.nominal()
        symbol = values.process_symbol(values[key](pybamm.Vector(grid), pybamm.Scalar(310.0)))
        expected = law.chemical_diffusivity(c, grid, 310.0)
        np.testing.assert_allclose(np.ravel(symbol.evaluate()), expected, rtol=1e-12)
        assert (expected > law.mobility.chemical_diffusivity(c, grid, 310.0)).all()
    with pytest.raises(ValueError, match=r"partial molar volume .* is of another law than the stress in the positive electr"):
        with_stress(volume=CrystalVolume("P", 1))
    for given in ("true", ("false", "true")):
        with pytest.raises(ValueError, match=r"option 'stress-induced diffusion' is 'true' for the positive electrode"):
            a2c.Cell(parameter_set, options={"stress-induced diffusion": given, "particle mechanics": "swelling only"})


def test_peak_stress_has_error_bars_and_their_shares() -> None:
    """Relative variance (σ_Ω/Ω)² + σ²(ln E) + (σ_ν/(1−ν))², first order and sampled, each source with its part."""
    parameter_set = made()
    cell = a2c.Cell(parameter_set, model="SPM", outputs=["peak_stress"])
    methods = (a2c.FirstOrder(), a2c.MonteCarlo(n=64))
    result = a2c.propagate(cell, parameter_set.joint, *methods, rng=np.random.default_rng(5))["peak_stress"]
    parts = np.array([0.2, 0.03 / (1 - NU), 0.2])
    relative = np.sqrt((parts**2).sum())
    first, sampled = (float(s) / float(result["mean"][0]) for s in np.ravel(result["std"])[[0, -1]])
    assert first == pytest.approx(relative, rel=1e-4)
    assert sampled == pytest.approx(relative, rel=0.35)
    shares = {str(s): float(result["share"].isel(approach=0).sel(source=s)) for s in result["source"].values}
    for source, part in zip(("ln(E [Pa])", "nu [1]", "Omega [m3.mol-1]"), parts, strict=True):
        assert shares[source] == pytest.approx(part**2 / relative**2, abs=1e-3)


def test_stress_term_of_an_uncertain_sign_is_of_second_order() -> None:
    """θ_M ∝ Ω²: at Ω = 0 ± 2e-6 first order gives no error, which sampling contradicts; its mean is E[Ω²], not 0."""
    law, c = stressed()
    name = "P Omega [m3.mol-1]"

    def diffusivity(samples: Any) -> Any:
        return law.stress_term(c | {name: samples}, 0.7, 298.15)

    joint = a2c.Joint([declare([name], [0.0], std=[2e-6], source="volumes", reason="test")])
    model = a2c.from_function(diffusivity, [name], outputs={"stress term": "1"})
    methods = (a2c.FirstOrder(), a2c.MonteCarlo(n=2000))
    result = a2c.propagate(model, joint, *methods, rng=np.random.default_rng(2))["stress term"]
    statuses = [Status(str(status)) for status in np.ravel(result["status"])]
    assert statuses == [Status.CONTRADICTED, Status.HOLDS]
    assert float(result["std"][0]) == 0
    at_one = float(diffusivity(2e-6))
    mean, error = float(result["mean"][-1]), at_one * np.sqrt(2 / 2000)
    assert mean == pytest.approx(at_one, abs=4 * error)
