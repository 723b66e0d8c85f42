r"""From runs of LAMMPS to an uncertain electrolyte in a cell: what D and t₊ do to the voltage, term by term.

Runs of a model electrolyte (``examples/data/model_electrolyte``: centres of mass of each species by ``fix ave/time``) give the
Onsager matrix at each concentration and temperature, and these the four functions of PyBaMM's electrolyte as one law. What all
runs share is an error of its own beside their sampling: the potential, the thermostat's temperature, the cell's volume.

The voltage after twenty minutes of a discharge at 2C (DFN) then has the error

    Var V = S_D² Var ln D + S_t² Var t₊ + 2 S_D S_t Cov(ln D, t₊)

from diffusivity and transference number at 1 mol/L, with S_D = ∂V/∂ln D and S_t = ∂V/∂t₊. One trajectory's sampling leaves
ln D and t₊ uncorrelated (Wishart's law): the covariance comes from what the runs share. What is asserted: the formula is the
answer of first order for these two alone, and the shared potential makes most of the covariance.

Run with ``python examples/electrolyte_of_a_run.py``.
"""

from pathlib import Path

import numpy as np

import a2c_pybamm as a2c
from a2c_pybamm.estimators import quantity_names
from a2c_pybamm.laws import ElectrolyteTransport, Scale, thermodynamic_factor_name

DATA = Path(__file__).parent / "data" / "model_electrolyte"
SALT = "model salt"
RUNS = {
    "0.5M_298K": (8, 24154.685),
    "1M_278K": (15, 24409.571),
    "1M_298K": (15, 24633.74),
    "1M_328K": (15, 25195.201),
}
"""Ion pairs and volume of the cell [Å³] of each run."""
SPECIES = (("li", 1, 6.94), ("pf6", -1, 144.96), ("ec", 0, 88.06), ("emc", 0, 104.1))
SHARED = {
    "potential (model form)": (0.10, 0.03, 0.15),
    "thermostat (0.5 K)": (0.011, 0.0, 0.011),
    "volume of the cells (0.3 %)": (0.003, 0.0, 0.003),
}
"""Change of ln κ, t₊ and ln L_s of all runs by one standard deviation of what they share. An activation energy of 0.17 eV moves
logarithms by 0.011 in half a kelvin; a volume divides both coefficients."""
PLACE = (1000.0, 298.15)
"""Concentration [mol.m-3] and temperature [K] at which D and t₊ are compared."""
AFTER, OUTPUT = 1200.0, "voltage after 20 min"
"""Time at which the voltage is looked at [s], and its name."""
KEYS = ("Electrolyte diffusivity [m2.s-1]", "Cation transference number")


def runs() -> dict[tuple[float, float], a2c.Estimate]:
    """κ, t₊ and L_s of each run at its concentration and temperature, with the errors that all share."""
    found = {}
    for name, (pairs, volume) in RUNS.items():
        temperature = float(name.split("_")[1].removesuffix("K"))
        counts = (pairs, pairs, 160, 40)
        groups = [
            a2c.SpeciesGroup(species, z, n, mass, tuple(f"c_{species}[{axis}]" for axis in (1, 2, 3)))
            for (species, z, mass), n in zip(SPECIES, counts, strict=True)
        ]
        motion = a2c.read_electrolyte_motion(
            DATA / f"centres_{name}.txt.gz",
            groups,
            units="real",
            timestep=4e-15,
            temperature=temperature,
            volume=volume * 1e-30,
        )
        estimate = a2c.fit_onsager(motion, material=SALT, source=f"{SALT} MD {name} (sampling)")
        for source, change in SHARED.items():
            estimate = estimate.add_source(source, a2c.Factor(np.array(change)[:, None], (source,)))
        report = estimate.provenance["report"]
        concentration = pairs / (volume * 6.02214076e-7)
        print(f"{concentration / 1e3:.2f} mol/L, {temperature:g} K: ", end="")
        print(
            f"κ = {np.exp(estimate.mean[0]):.2g} S/m ± {estimate.std[0]:.0%}, "
            f"t₊ = {estimate.mean[1]:.2f} ± {estimate.std[1]:.2f}, D_e without its factor {report['salt_diffusivity']:.2g} m2/s"
        )
        found[concentration, temperature] = estimate
    return found


def electrolyte() -> tuple[ElectrolyteTransport, a2c.Estimate]:
    """Law of the electrolyte and its coefficients; nothing in these runs shows activities, so that the factor is declared."""
    law = ElectrolyteTransport(SALT, order=2, temperature_order=1)
    name = thermodynamic_factor_name(SALT)
    factor = a2c.declare([name], [0.0], std=[0.3], source="activities (declared)", reason="an ideal solution, to 30 %")
    return law, a2c.fit_electrolyte([*runs().items(), (PLACE, factor)], law)


def cell_of(name: str, attach: dict[str, a2c.Attachment], estimate: a2c.Estimate, base) -> a2c.Cell:
    """A discharge at 2C whose one output is the voltage after twenty minutes."""
    parameters = a2c.ParameterSet(name, base, attach, a2c.Joint([estimate]))
    output = a2c.VariableAt(name=OUTPUT, variable="Voltage [V]", time=AFTER)
    return a2c.Cell(parameters, model="DFN", protocol=a2c.ConstantCurrent(2.0), outputs=[output])


def first_order_std(cell: a2c.Cell) -> float:
    """Standard deviation [V] of the output by first order."""
    result = a2c.propagate(cell, cell.parameter_set.joint, a2c.FirstOrder(), rng=np.random.default_rng(1))
    return float(result[OUTPUT]["std"].sel(approach="first order"))


def main() -> None:
    law, estimate = electrolyte()
    whole = cell_of("whole electrolyte", a2c.electrolyte_attachments(law), estimate, "Chen2020")

    # ln D and t₊ at one place with all their sources; factors on the mean electrolyte's functions carry the two into the cell
    names = quantity_names(SALT)
    two = a2c.electrolyte_at(estimate, law, *PLACE).select([names["ln(D_e)"], names["t_plus"]])
    t = two.mean[1]
    var_D, cov, var_t = two.covariance[0, 0], two.covariance[0, 1], two.covariance[1, 1]
    print(f"1 mol/L, 298.15 K: D = {np.exp(two.mean[0]):.2g} m2/s ± {np.sqrt(var_D):.0%}, t₊ = {t:.2f} ± {np.sqrt(var_t):.2f}")
    factors = {key: Scale(quantity) for key, quantity in zip(KEYS, ("Diffusivity", "Transference number"), strict=True)}
    coefficients = [name for factor in factors.values() for name in factor.names]
    pair = cell_of(
        "two numbers",
        {key: a2c.Attachment(factor, "factor") for key, factor in factors.items()},
        two.map(coefficients, [0.0, 0.0], np.diag([1.0, 1 / t])),
        whole.parameter_set.mean_values,
    )
    step = 0.02
    solved = pair.solve(step * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]))[OUTPUT].values
    S_D, S_t = (solved[0] - solved[1]) / (2 * step), (solved[2] - solved[3]) / (2 * step * t)
    terms = {"S_D² Var ln D": S_D**2 * var_D, "S_t² Var t₊": S_t**2 * var_t, "2 S_D S_t Cov(ln D, t₊)": 2 * S_D * S_t * cov}
    print(f"S_D = {1e3 * S_D:.2f} mV for each unit of ln D, S_t = {1e3 * S_t:.2f} mV for each unit of t₊")
    for term, value in terms.items():
        print(f"   {term:24} {1e6 * value:+.4f} mV²")
    by_source = {source: float(f.values[0] @ f.values[1]) for source, f in two.factors.items()}
    print(f"   Cov(ln D, t₊) = {cov:+.2e}, of it by source:")
    for source, part in sorted(by_source.items(), key=lambda item: -abs(item[1])):
        print(f"      {part:+.2e}  {source}")
    formula, pair_std, whole_std = np.sqrt(sum(terms.values())), first_order_std(pair), first_order_std(whole)
    print(f"std of the voltage: formula {1e3 * formula:.3f} mV, first order of D and t₊ {1e3 * pair_std:.3f} mV")
    print(f"                    first order of the whole electrolyte {1e3 * whole_std:.3f} mV")
    assert np.isclose(formula, pair_std, rtol=0.01)
    assert np.isclose(sum(by_source.values()), cov, rtol=1e-6)
    shared = sum(by_source[source] for source in SHARED)
    sampling = sum(part for source, part in by_source.items() if source.endswith("(sampling)"))
    assert abs(shared) > 3 * abs(sampling)


if __name__ == "__main__":
    main()
