"""Writes the synthetic tables of barriers in examples/data/kinetics; run once, kept for the example and its page.

python benchmarks/charge_transfer_tables.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import a2c_pybamm as a2c
from a2c_pybamm.constants import FARADAY

FOLDER = Path(__file__).parents[1] / "examples" / "data" / "kinetics"
VOLTS, KELVIN = (3.80, 3.90, 4.00, 4.10, 4.20), (300.0, 340.0, 380.0)
"""Potentials of the electrode against lithium [V], and temperatures [K]."""
COMPOSITION = 0.6
"""Occupied fraction of the slab."""
REORGANIZATION, ENTROPY = 1.6, -25.0
"""Both methods' reorganization energy [eV] and activation entropy [J.mol-1.K-1]."""
HEIGHTS = {"method_a": 0.73, "method_b": 0.75, "method_c": 0.78}
"""Barrier of each method at equilibrium and 300 K [eV]."""
SADDLE, END = 0.010, 0.006
"""Standard deviations of a saddle, which both directions share, and of an end [eV]."""


def main() -> None:
    """Write a table for each method."""
    host = a2c.measured_ocp("Ai2020", "positive", "LCO", stoichiometry=a2c.StoichiometryMap(), theta_min=0.5)
    voltage = a2c.declare(host.names, [0.0], std=[0.0], source="none", reason="the base set's curve itself")
    zero = dict(zip(KELVIN, a2c.step_potentials(host, [voltage], COMPOSITION, KELVIN).mean, strict=True))
    for seed, (name, height) in enumerate(HEIGHTS.items()):
        rng = np.random.default_rng(seed)
        rows = ["potential_V,T_K,reduction_eV,oxidation_eV"]
        for T in KELVIN:
            for volts in VOLTS:
                eta = volts - zero[T]
                barrier = height + eta / 2 + eta**2 / (4 * REORGANIZATION) - (T - KELVIN[0]) * ENTROPY / FARADAY
                saddle, before, after = rng.normal(size=3) * (SADDLE, END, END)
                rows.append(f"{volts:.2f},{T:.0f},{barrier + saddle + before:.4f},{barrier - eta + saddle + after:.4f}")
        (FOLDER / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
