"""From four short runs of Li6PS5Cl to its ionic conductivity, and why the number at room temperature is not to be used.

Run it as a script: ``python examples/li6ps5cl_conductivity.py``. The runs have positions alone, so that the conductivity is
Einstein and Helfand's: from the displacement of all lithium together against the framework. They are 4.9 ps long: displacements
over half a picosecond give 27 degrees of freedom, σ to 28 %, and say nothing of slower correlations. What the data are worth:
``examples/data/li6ps5cl/README.md``.
"""

from pathlib import Path

import numpy as np

from a2c_pybamm import (
    Estimate,
    charge_mean_squared_displacement,
    electrolyte_motion,
    fit_arrhenius,
    fit_einstein_helfand,
    mean_squared_displacement,
    read_trajectory,
)
from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE

DATA = Path(__file__).parent / "data" / "li6ps5cl"
TEMPERATURES = (700.0, 900.0, 1100.0, 1300.0)
PICOSECOND = 1e-12
VOLUME = 9.859e-10**3
"""Of the cubic cell [m3]."""
ROOM = 298.15
MEASURED = (0.13, 0.34)
"""Conductivity of Li6PS5Cl at room temperature in the literature [S/m]: 1.3 to 3.4 mS/cm."""

haven: list[float] = []
products: dict[float, Estimate] = {}
print("  T [K]    σ [S/m]   ± ln σ   degrees of freedom   Haven ratio at lags of 0.5, 1, 2.4 ps")
for T in TEMPERATURES:
    trajectory = read_trajectory(DATA / f"traj_{T:.0f}K.npz", discard=PICOSECOND)
    motion = electrolyte_motion(trajectory, charges={"Li": 1}, volume=VOLUME, framework="PS4, S and Cl")
    name, source = f"Li6PS5Cl ln(sigma {T:.0f} K [S.m-1])", f"Li6PS5Cl MD {T:.0f} K (sampling)"
    sigma = fit_einstein_helfand(motion, name=name, source=source, window=0.5 * PICOSECOND)
    # The tracer's displacement over that of all ions, at each lag: below 1 where ions push one another along.
    tracer, together = mean_squared_displacement(trajectory, "Li"), charge_mean_squared_displacement(motion)
    ratio = tracer.value / together.value
    at_lags = [ratio[round(lag * PICOSECOND / motion.interval) - 1] for lag in (0.5, 1.0, 2.4)]
    haven += list(ratio[39 : len(ratio) // 2])
    window = sigma.provenance["window"]
    print(
        f"{T:7.0f}   {np.exp(sigma.mean[0]):8.0f}   {sigma.std[0]:6.2f}   {window['degrees of freedom']:18d}   "
        + "  ".join(f"{each:.2f}" for each in at_lags)
    )
    # Many ions carry charge together, so that σT, not σ, is exponential in 1/T.
    products[T] = sigma.map([f"Li6PS5Cl ln(sigma T {T:.0f} K [S.K.m-1])"], sigma.mean + np.log(T), np.eye(1))

line = fit_arrhenius(products, prefactor_name="Li6PS5Cl ln(sigma0 [S.K.m-1])", barrier_name="Li6PS5Cl E_a [eV]")
kT = BOLTZMANN * ROOM / ELEMENTARY_CHARGE
room = line.map(["ln sigma"], [line.mean[0] - line.mean[1] / kT - np.log(ROOM)], [[1.0, -1 / kT]])
factor = np.exp(room.mean[0]) / np.sqrt(MEASURED[0] * MEASURED[1])
print(f"\nE_a = {line.mean[1]:.3f} ± {line.std[1]:.3f} eV, χ² p = {line.provenance['fit']['chi-squared p-value']:.2f}")
print(
    f"extrapolated to {ROOM:g} K: {10 * np.exp(room.mean[0]):.0f} mS/cm (± {room.std[0]:.1f} in the logarithm), "
    f"{factor:.0f} times what is measured (1.3 to 3.4 mS/cm)"
)
print(f"Haven ratios over lags from 0.5 to 2.4 ps and the four runs: {min(haven):.2f} to {max(haven):.2f}")

# All four are conductors of the size that a melted sublattice has, and no run resolves the Haven ratio from one.
assert all(100 < np.exp(product.mean[0]) / T < 5000 for T, product in products.items())
assert min(haven) < 1 < max(haven)
# A line through the four holds, and its barrier is above the thermal energy but well below the measured 0.33 to 0.38 eV:
# at these temperatures the anions move as well, and the potential is soft.
assert line.provenance["fit"]["chi-squared p-value"] > 0.01
assert 0 < line.mean[1] < 0.33
# So an extrapolation over 400 K is wrong by two orders of magnitude, which its own error bar does not contain.
assert 30 < factor < 1000
assert np.log(factor) > 3 * room.std[0]
