"""How far the shipped set lies from measured curves: LiCoO2's voltage and both diffusivities against Ai2020's own.

The set's README quotes what this prints. Run with ``python examples/distance_from_measured.py``.
"""

import numpy as np

import a2c_pybamm as a2c
from a2c_pybamm.parameter_set import base_values, evaluate_base
from a2c_pybamm.sets import DEMO, sets_folder

DRAWS = 40_000
"""The ends of the band are then known to 3 mV."""


def bands(parameter_set: a2c.ParameterSet, key: str, sto: np.ndarray) -> np.ndarray:
    """2.5, 50 and 97.5 % of a law over the joint (3, n_sto)."""
    attachment = parameter_set.attach[key]
    c = parameter_set.coefficients(parameter_set.joint.draw(DRAWS, np.random.default_rng(0)))
    values = getattr(attachment.law, attachment.method)(c, sto[None], parameter_set.temperature)
    return np.quantile(values, [0.025, 0.5, 0.975], axis=0)


def main() -> None:
    study = a2c.read_study(sets_folder() / DEMO)
    parameter_set = a2c.load(DEMO)
    base = base_values(parameter_set.base)

    print("mean voltage of LiCoO2 over 0.5 <= x <= 1 by each potential, before the declared reference [V]")
    law = parameter_set.attach["Positive electrode OCP [V]"].law
    columns = ("label", "energy_column", "structure_column", "converged_column")
    tables = [
        a2c.read_energies(entry.file, **{name: getattr(entry, name) for name in columns})
        for entry in study.positive.free_energy.energies
    ]
    for table in tables:
        fit = a2c.fit_free_energy(table, law, choice=a2c.choose_order(tables))
        print(f"  {table.label:14s} {fit.mean[0]:.2f} ± {fit.std[0]:.2f}")

    sto = np.linspace(0.5, 0.97, 95)
    low, middle, high = bands(parameter_set, "Positive electrode OCP [V]", sto)
    measured = evaluate_base(base, "Positive electrode OCP [V]", sto)
    inside = np.mean((measured > low) & (measured < high))
    outside = np.maximum(np.maximum(low - measured, measured - high), 0).max()
    distance, width = np.sqrt(np.mean((middle - measured) ** 2)), np.mean(high - low) / 2
    print("LiCoO2 voltage against Ai2020's, 0.5 <= x <= 0.97:")
    print(f"  root-mean-square distance {1e3 * distance:.0f} mV, half-width of the 95 % band {1e3 * width:.0f} mV")
    print(f"  measured curve inside the band over {inside:.0%} of the range, at most {1e3 * outside:.0f} mV outside")
    assert outside < 0.02 * width, "the declared error must admit the measured curve, but for a fiftieth of the band"

    for side, material, x in (("Positive", "LCO", 0.6), ("Negative", "graphite", 0.3)):
        key, sto = f"{side} particle diffusivity [m2.s-1]", np.array([x])
        low, middle, high = bands(parameter_set, key, sto)[:, 0]
        own = evaluate_base(base, key, sto, temperature=298.15)[0]
        print(f"{material} diffusivity at x = {x}: {middle:.1e} m2/s, 95 % from {low:.1e} to {high:.1e}; Ai2020 has {own:.1e}")
        assert high / low > 10, "barriers of several potentials leave orders of magnitude open"


if __name__ == "__main__":
    main()
