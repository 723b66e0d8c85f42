"""Stress at the surface of LiCoO2 particles at 1C, with its error budget, from universal potentials.

Young's modulus and Poisson's ratio come from strained cells, the partial molar volume from the volumes of relaxed orderings,
each by several potentials. Both make the stress in PyBaMM's cell Ai2020, and a term in the diffusivity of the shipped LiCoO2 |
graphite set. Run with ``python examples/surface_stress.py``.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

import a2c_pybamm as a2c

DATA = Path(__file__).parent / "data/elastic"
LITHIATION = Path(__file__).parents[1] / "parameter_sets/LCO_graphite_universal_potentials/data/lithiation"
T, R = 298.15, 8.31446261815324
LEVEL = 0.6827
"""Probability of the interval in which a further potential is expected, as in the shipped set."""
STRAINED = ("chgnet-0.3.0", "7net-0", "7net-l3i5")  # the stresses of chgnet-r2scan are too rough
RELAXED = ("chgnet-0.3.0", "chgnet-r2scan", "7net-0")
ELASTICITY = a2c.IsotropicElasticity("LCO")
VOLUME = a2c.CrystalVolume("LCO", 0, (0.25, 1.0), reference=1.0)
"""One Ω for the compositions where LiCoO2 is cycled; the particle is free of deformation as it was made."""
DIFFUSIVITY = "Positive particle diffusivity [m2.s-1]"


def moduli() -> a2c.Estimate:
    """Moduli of a polycrystal, the potentials a committee."""
    members = {}
    for label in STRAINED:
        data = a2c.read_strained_stresses(
            DATA / f"stress_strain_LiCoO2_{label}.csv",
            structure=DATA / f"reference_LiCoO2_{label}.extxyz",
            energy_column="energy_eV",
            converged_column="converged",
        )
        constants = a2c.fit_elastic_tensor(data, material="LCO", source="LCO strained cells (noise)")
        members[label] = a2c.polycrystal_moduli(constants, material="LCO")
    return a2c.combine_members(members, level=LEVEL)


def volumes() -> a2c.Estimate:
    """Volume over composition, the potentials a committee."""
    members = {}
    for label in RELAXED:
        table = a2c.read_energies(
            LITHIATION / f"energies_{label}_lco.csv",
            label=label,
            energy_column="E_per_fu_eV",
            volume_column="volume_per_fu_A3",
            structure_column="id",
            converged_column="converged",
            lithium="Li_metal",
        )
        fit = a2c.fit_volume(table, VOLUME, source="LCO volumes (orderings)")
        at_half = a2c.partial_molar_volume(table, 0.5, material="LCO", order=0, window=VOLUME.window)
        print(f"  {label:14s} Ω = {1e6 * at_half.mean[0]:5.2f} ± {1e6 * at_half.std[0]:.2f} cm³/mol")
        assert abs(at_half.mean[0] / fit.mean[1] - 1) < 1e-9, "of order 0 it is the same at every composition"
        members[label] = fit
    return a2c.combine_members(members, level=LEVEL)


def with_mechanics(shipped: a2c.ParameterSet, *estimates: a2c.Estimate) -> a2c.ParameterSet:
    """The shipped set with elasticity and volume of its positive electrode, and their stress in its diffusivity."""
    law = a2c.StressAssistedDiffusion(shipped.attach[DIFFUSIVITY].law, ELASTICITY, VOLUME)
    difference = a2c.declare(
        [law.difference_name],
        [0.0],
        std=[0.05],
        source="LCO stress-assisted diffusion (gradient of the partial molar volume)",
        reason="compositions within a particle at 1C",
    )
    attach = {
        **shipped.attach,
        **a2c.mechanics_attachments(ELASTICITY, VOLUME, "positive"),
        DIFFUSIVITY: a2c.Attachment(law, "chemical_diffusivity"),
    }
    joint = a2c.Joint([*shipped.joint.estimates, *estimates, difference], independent=shipped.joint.independent)
    return replace(shipped, name="LCO_with_mechanics", attach=attach, joint=joint)


def faster_by_stress(made: a2c.ParameterSet) -> None:
    """How much stress speeds up diffusion at x = 0.7, and how much PyBaMM's own factor would."""
    law = made.attach[DIFFUSIVITY].law
    c = dict(zip(made.input_names, made.with_derived(made.joint.mean[None])[0], strict=True))
    theta = float(law.free_energy.thermodynamic_factor(c, 0.7, T))
    ours = float(law.chemical_diffusivity(c, 0.7, T) / law.mobility.chemical_diffusivity(c, 0.7, T)) - 1
    factor = float(law.stress_term(c, 0.7, T))
    print(
        f"Θ = {theta:.1f} at x = 0.7: diffusion is {ours:.1%} faster by stress; PyBaMM's own factor would make it {factor:.1%}"
    )
    E, nu = np.exp(c["LCO ln(E [Pa])"]), c["LCO nu [1]"]
    omega, site = c["LCO Omega [m3.mol-1]"], c["LCO V_ref [m3.mol-1]"]
    expected = 2 * omega**2 * E / (9 * (1 - nu) * R * T) * 0.7 / site
    assert abs(factor / expected - 1) < 1e-9, "θ_M c, with the same coefficients as the stress"
    assert abs(ours * theta / factor - 1) < 1e-9, "PyBaMM's factor is Θ times too large"


def peak_stress(stiffness: a2c.Estimate, volume: a2c.Estimate) -> None:
    """Largest surface stress at 1C in Ai2020's cell, whose measured diffusivity makes the gradients, and its error budget."""
    attach = a2c.mechanics_attachments(ELASTICITY, VOLUME, "positive")
    made = a2c.ParameterSet("LCO_stress", "Ai2020", attach, a2c.Joint([stiffness, volume]))
    print(f"PyBaMM's options: {made.model_options}")
    cell = a2c.Cell(made, model="SPM", outputs=["peak_stress"])
    methods = (a2c.FirstOrder(), a2c.MonteCarlo(n=512))
    result = a2c.propagate(cell, made.joint, *methods, rng=np.random.default_rng(1))["peak_stress"]
    mean, std = (1e-6 * np.ravel(result[name]) for name in ("mean", "std"))
    for approach, m, s, status in zip(result["approach"].values, mean, std, np.ravel(result["status"]), strict=True):
        print(f"{approach}: peak surface stress at 1C {m:.0f} ± {s:.0f} MPa ({status})")
    shares = result["share"].isel(approach=0).to_series().dropna().sort_values(ascending=False)
    for source, share in shares.head(4).items():
        print(f"  {share:6.1%}  {source}")

    # physics that holds whatever the version: σ = |Ω| E Δc / (3(1−ν)), with Δc of Ai2020's own stress
    samples = np.array([made.joint.mean, made.joint.mean])
    row = made.joint.names.index("LCO Omega [m3.mol-1]")
    samples[1, row] *= -2
    order = [made.joint.names.index(name) for name in cell.names]
    at_mean, opposite = cell.solve(samples[:, order])["peak_stress"].values
    assert abs(opposite / at_mean - 2) < 1e-6, "the size of the stress is proportional to that of Ω, whatever its sign"
    assert shares.index[0] == "potential (model form)", "the potentials' disagreement is the largest part"
    assert str(np.ravel(result["status"])[0]) != "holds", "Ω may be zero: there |σ| has a kink that no first order sees"
    ends = 1e-6 * np.ravel(result["quantile"].isel(approach=-1).sel(level=[0.025, 0.975]))
    print(f"95 % of draws: {ends[0]:.0f} to {ends[1]:.0f} MPa; Ai2020's own E = 375 GPa, Ω = -0.73 cm³/mol: 87 MPa")
    assert ends[0] < 87 < ends[1]


def main() -> None:
    """Moduli, volumes, the stress of a discharge with the part of each source, and what stress does to diffusion."""
    stiffness, volume = moduli(), volumes()
    print(stiffness, volume, sep="\n")
    assert abs(volume.mean[1]) < 2 * volume.std[1], "three potentials leave the sign of Ω open"
    peak_stress(stiffness, volume)
    faster_by_stress(with_mechanics(a2c.load("LCO_graphite_universal_potentials"), stiffness, volume))


if __name__ == "__main__":
    main()
