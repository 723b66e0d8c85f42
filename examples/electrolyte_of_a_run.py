r"""From runs of LAMMPS to an uncertain electrolyte in a cell: what D and t₊ do to the voltage, term by term.

Six runs of a model electrolyte (``examples/data/model_electrolyte``: centres of mass of each species by ``fix ave/time``) give
the Onsager matrix at each concentration and temperature, and these the four functions of PyBaMM's electrolyte as one law. What
all runs share is an error of its own beside their sampling: the potential, the thermostat's temperature, the cell's volume.

The voltage after twenty minutes of a discharge at 2C (DFN) then has the error

    Var V = S_D² Var ln D + S_t² Var t₊ + 2 S_D S_t Cov(ln D, t₊)

from diffusivity and transference number at 1 mol/L, with S_D = ∂V/∂ln D and S_t = ∂V/∂t₊. One trajectory's sampling leaves ln D
and t₊ uncorrelated (Wishart's law): the covariance comes from what the runs share. What is asserted: the formula is first order's
answer for these two alone, the shared potential makes most of the covariance, and the whole electrolyte, with its conductivity
and its thermodynamic factor, has a larger error than the two.

Run with ``python examples/electrolyte_of_a_run.py``.
"""

from pathlib import Path

import numpy as np

import a2c_pybamm as a2c
from a2c_pybamm.laws import ElectrolyteTransport, Scale
from a2c_pybamm.parameter_set.keys import ELECTROLYTE

DATA = Path(__file__).parent / "data" / "model_electrolyte"
SALT = "model salt"
RUNS = {"0.5M_298K": (8, 0.0), "1M_278K": (15, 0.0), "1M_298K": (15, 0.0), "1M_328K": (15, 0.0), "2M_298K": (31, 0.0), "2M_328K": (31, 0.0)}
"""Ion pairs and volume of the cell [Å³] of each run."""
SPECIES = (("li", 1, 6.94), ("pf6", -1, 144.96), ("ec", 0, 88.06), ("emc", 0, 104.1))
SHARED = {
    "potential (model form)": (0.10, 0.03, 0.15),
    "thermostat (0.5 K)": (0.011, 0.0, 0.011),
    "volume of the cells (0.3 %)": (0.003, 0.0, 0.003),
}
"""Change of ln κ, t₊ and ln L_s of all runs by one standard deviation of what they share. Energies of 0.17 eV move logarithms by
0.011 in half a kelvin; a volume divides both coefficients."""
PLACE = (1000.0, 298.15)
"""Concentration [mol.m-3] and temperature [K] at which D and t₊ are compared."""
AFTER = 1200.0
"""Time at which the voltage is looked at [s]."""


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
        concentration = pairs / (volume * 6.02214076e-7) * 1e3
        print(
            f"{concentration / 1e3:.2f} mol/L, {temperature:g} K: κ = {np.exp(estimate.mean[0]):.3g} S/m ± {estimate.std[0]:.0%}, "
            f"t₊ = {estimate.mean[1]:.2f} ± {estimate.std[1]:.2f}, Haven ratio {report.get('haven_ratio', float('nan')):.2f}"
        )
        found[concentration, temperature] = estimate
    return found


def electrolyte() -> tuple[ElectrolyteTransport, a2c.Estimate]:
    """Law of the electrolyte and its coefficients; nothing in these runs shows activities, so that the factor is declared."""
    law = ElectrolyteTransport(SALT, order=2, temperature_order=1)
    factor = a2c.declare(
        [thermodynamic_factor_name(SALT)], [0.0], std=[0.3], source="activities (declared)", reason="an ideal solution, to 30 %"
    )
    return law, a2c.fit_electrolyte([*runs().items(), (PLACE, factor)], law)


def cell_set(name: str, attach: dict[str, a2c.Attachment], estimate: a2c.Estimate, base="Chen2020") -> a2c.ParameterSet:
    return a2c.ParameterSet(name, base, attach, a2c.Joint([estimate]))


def voltage(parameters: a2c.ParameterSet, *methods):
    """The voltage [V] after twenty minutes at 2C, with its error by each method."""
    outputs = [a2c.VariableAt("voltage after 20 min", "Voltage [V]", time=AFTER)]
    cell = a2c.Cell(parameters, model="DFN", protocol=a2c.ConstantCurrent(2.0), outputs=outputs)
    return a2c.propagate(cell, parameters.joint, *methods, rng=np.random.default_rng(1))["voltage after 20 min"]


def main() -> None:
    law, estimate = electrolyte()
    attach = {key: a2c.Attachment(law, method) for key, method in zip(ELECTROLYTE, METHODS, strict=True)}
    whole = cell_set("whole electrolyte", attach, estimate)

    # ln D and t₊ at one place, with all their sources; two factors on the mean electrolyte carry them into the cell
    _, t_plus, _, _, diffusivity = quantity_names(SALT).values()
    two = a2c.electrolyte_at(estimate, law, *PLACE).select([diffusivity, t_plus])
    D, t = np.exp(two.mean[0]), two.mean[1]
    (var_D, cov), (_, var_t) = two.covariance
    print(f"at 1 mol/L: D = {D:.3g} m2/s ± {np.sqrt(var_D):.0%}, t₊ = {t:.3f} ± {np.sqrt(var_t):.3f}")
    factors = [Scale("Electrolyte diffusivity"), Scale("Cation transference number")]
    scaled = two.map([name for factor in factors for name in factor.names], [0.0, 0.0], np.diag([1.0, 1 / t]))
    keys = (ELECTROLYTE[1], ELECTROLYTE[2])
    pair = cell_set(
        "two numbers",
        {key: a2c.Attachment(factor, "factor") for key, factor in zip(keys, factors, strict=True)},
        scaled,
        whole.mean_values,
    )
    found = voltage(pair, a2c.FirstOrder())
    S_D, S_t = found["gradient"].sel(approach="first order").values / [1.0, t]
    return S_D, S_t, cov, var_D, var_t


if __name__ == "__main__":
    main()
