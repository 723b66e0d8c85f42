"""From four short molecular dynamics runs of Li6PS5Cl to an Arrhenius line, with an error bar on each number.

Run it as a script: ``python examples/li6ps5cl_arrhenius.py``. What the data are worth: ``examples/data/li6ps5cl/README.md``.
"""

from pathlib import Path

import numpy as np

from a2c_pybamm import Estimate, fit_arrhenius, fit_tracer_diffusivity, mean_squared_displacement, read_trajectory
from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE

DATA = Path(__file__).parent / "data" / "li6ps5cl"
TEMPERATURES = (700, 900, 1100, 1300)
PICOSECOND = 1e-12
BOLTZMANN_EV = BOLTZMANN / ELEMENTARY_CHARGE


def diffusivity(temperature: int) -> Estimate:
    """Lithium's ln D at one temperature; the first picosecond is equilibration."""
    trajectory = read_trajectory(DATA / f"traj_{temperature}K.npz", discard=PICOSECOND)
    return fit_tracer_diffusivity(
        mean_squared_displacement(trajectory, "Li"),
        name=f"Li6PS5Cl ln(D_tr {temperature} K [m2.s-1])",
        source=f"Li6PS5Cl MD {temperature} K (sampling)",
    )


estimates = {float(temperature): diffusivity(temperature) for temperature in TEMPERATURES}
print("  T [K]     D [cm2/s]   ± ln D   fitted from [ps]   exponent")
for temperature, estimate in estimates.items():
    fit = estimate.provenance["fit"]
    print(
        f"{temperature:7.0f}   {1e4 * np.exp(estimate.mean[0]):11.2e}   {estimate.std[0]:6.2f}   "
        f"{fit['window [s]'][0] / PICOSECOND:8.2f} … {fit['window [s]'][1] / PICOSECOND:.2f}"
        f"   {fit['exponent']:.2f} ± {fit['exponent std']:.2f}"
    )

line = fit_arrhenius(estimates, prefactor_name="Li6PS5Cl ln(D0 [m2.s-1])", barrier_name="Li6PS5Cl E_a [eV]")
quality = line.provenance["fit"]
barrier, barrier_std = line.mean[1], line.std[1]
print(f"\nE_a = {barrier:.3f} ± {barrier_std:.3f} eV, ln(D0 [m2/s]) = {line.mean[0]:.2f} ± {line.std[0]:.2f}")
print(f"chi-squared {quality['chi-squared']:.2f} for 2 degrees of freedom, p = {quality['chi-squared p-value']:.2f}")
room = line.map(["ln D"], line.mean[:1], [[1.0, -1 / (BOLTZMANN_EV * 300)]])
print(f"at 300 K, were it one mechanism, ln D would be known to ± {room.std[0]:.1f}: a factor of {np.exp(room.std[0]):.1f}")

# Diffusion grows with temperature.
diffusivities = [estimate.mean[0] for estimate in estimates.values()]
assert all(np.diff(diffusivities) > 0)
# A hop is activated only if its barrier exceeds the thermal energy of the hottest run, 0.11 eV. Near room temperature 0.33 to
# 0.38 eV are measured; exchanged anions, a soft potential and temperatures at which the anions move can only lower that.
assert BOLTZMANN_EV * max(TEMPERATURES) < barrier < 0.38
# One line explains the four temperatures within their joint error: not refuted at 1 %.
assert quality["chi-squared p-value"] > 0.01
# A free flight over one hop of 3 Å at the thermal speed of 1000 K, 1.9 km/s, between any two turns: D = vl/3 bounds all solids.
assert max(diffusivities) < np.log(1.9e3 * 3e-10 / 3)
