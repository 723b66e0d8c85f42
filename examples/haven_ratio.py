"""From a lattice gas to the diffusivity of a particle model: why the motion of one ion is not enough.

Run it as a script: ``python examples/haven_ratio.py``. Ions that exclude one another hop on a cubic lattice. One that has just
hopped leaves a hole behind it, and is likely to hop back: the tracer diffusivity D_tr falls below the jump diffusivity D_J, by
the Haven ratio H_R = D_tr/D_J. What a battery model needs is D_chem = D_J Θ, with the thermodynamic factor Θ; here all of it is
known exactly, and D_chem is the same at every filling.
"""

import numpy as np

from a2c_pybamm import (
    collective_mean_squared_displacement,
    fit_jump_diffusivity,
    fit_tracer_diffusivity,
    haven_ratio,
    mean_squared_displacement,
)
from a2c_pybamm.synthetic import lattice_gas_trajectory

SITES = 6**3
SPACING, INTERVAL = 3e-10, 1e-12
EXACT = SPACING**2 / (6 * INTERVAL)
"""D_chem of the lattice gas at every filling [m2/s]."""
CORRELATION_FACTOR = 0.65311
"""D_tr/D_J of a single vacancy on this lattice: the limit of a full one."""

rng = np.random.default_rng(7)
print("   x     D_tr [m2/s]    D_J [m2/s]         H_R        D_J Θ / exact     D_tr Θ / exact")
for x in (0.25, 0.5, 0.75):
    gas = lattice_gas_trajectory(4000, round(x * SITES), n_cell=6, spacing=SPACING, interval=INTERVAL, rng=rng)
    msd, collective = mean_squared_displacement(gas, "Li"), collective_mean_squared_displacement(gas, "Li")
    tracer = fit_tracer_diffusivity(msd, name="gas ln(D_tr [m2.s-1])", source="run (sampling)")
    jump = fit_jump_diffusivity(collective, name="gas ln(D_J [m2.s-1])", source="run (sampling of D_J)")
    ratio = haven_ratio(msd, collective, name="gas ln(H_R)", source="run (sampling of H_R)")
    theta = 1 / (1 - (x * SITES - 1) / (SITES - 1))  # 1/(1 - x) but for the finite number of sites
    by_jump, by_tracer = (np.exp(estimate.mean[0]) * theta / EXACT for estimate in (jump, tracer))
    print(
        f"{x:5.2f}   {np.exp(tracer.mean[0]):10.2e}    {np.exp(jump.mean[0]):10.2e}   {np.exp(ratio.mean[0]):6.2f} ± "
        f"{ratio.std[0] * np.exp(ratio.mean[0]):.2f}   {by_jump:8.2f} ± {by_jump * jump.std[0]:.2f}   "
        f"{by_tracer:8.2f} ± {by_tracer * tracer.std[0]:.2f}"
    )
    # The motion of all ions gives the chemical diffusivity, within its error bar.
    assert abs(np.log(by_jump)) < 3 * jump.std[0]
    # Backward hops make H_R < 1, but never less than for a single vacancy; three error bars are allowed for.
    assert np.log(CORRELATION_FACTOR) - 3 * ratio.std[0] < ratio.mean[0] < 3 * ratio.std[0]

# In the fullest gas the tracer's diffusivity alone is refuted as a measure of D_chem: low by its H_R.
assert np.log(by_tracer) < -5 * tracer.std[0]
