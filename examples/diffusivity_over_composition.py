"""From runs at several compositions and temperatures to the chemical diffusivity at all of them, with an error bar.

Run it as a script: ``python examples/diffusivity_over_composition.py``. Ions that exclude one another hop on a cubic lattice,
at three fillings and three temperatures, with a barrier of 0.3 eV. All is known exactly: the motion of all ions together has
D_J = (1 - x) D0 exp(-E_a/k_BT), and with the lattice gas's Θ = 1/(1 - x) the chemical diffusivity D_J Θ is the same at every
filling. Single ions are slower, since one that has just hopped tends to hop back, and the more so the fuller the lattice.
"""

import numpy as np

from a2c_pybamm import (
    ArrheniusMobility,
    RedlichKister,
    collective_mean_squared_displacement,
    fit_jump_diffusivity,
    fit_mobility,
    fit_tracer_diffusivity,
    mean_squared_displacement,
    mobility_at,
)
from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.synthetic import lattice_gas_trajectory

SITES, SPACING = 6**3, 3e-10
D0, BARRIER = 1e-7, 0.3
"""Of one ion in an empty lattice [m2/s], [eV]."""


def free(T: float) -> float:
    """Diffusivity of one ion in an empty lattice [m2/s], which is D_chem at every filling."""
    return float(D0 * np.exp(-BARRIER * ELEMENTARY_CHARGE / (BOLTZMANN * T)))


rng = np.random.default_rng(5)
single, together = {}, {}
for n in (54, 108, 162):
    x = (n - 1) / (SITES - 1)  # the filling that an ion sees of the others
    for T in (500.0, 700.0, 1000.0):
        interval = SPACING**2 / (6 * free(T))
        run = lattice_gas_trajectory(800, n, n_cell=6, spacing=SPACING, interval=interval, rng=rng, temperature=T)
        name, source = f"gas ln(D x = {x:.2f}, {T:g} K [m2.s-1])", f"gas MD x = {x:.2f}, {T:g} K (sampling)"
        single[x, T] = fit_tracer_diffusivity(mean_squared_displacement(run, "Li"), name=name, source=source)
        together[x, T] = fit_jump_diffusivity(collective_mean_squared_displacement(run, "Li"), name=name, source=source)

# All ions together: vacancies taken out, one Arrhenius law is enough at every filling, and the tests say so.
host = RedlichKister("gas", order=0)
law = ArrheniusMobility("gas", motion="collective", vacancies=1, free_energy=host)
fit = fit_mobility(together, law)
tests = fit.provenance["fit"]
print(*(f"{name} = {mean:.4g} ± {std:.2g}" for name, mean, std in zip(fit.names, fit.mean, fit.std, strict=True)), sep="\n")
print({key: round(value, 3) for key, value in tests.items() if "chi" in key or "z-score" in key})
exact = np.array([np.log(D0), BARRIER])
error = fit.mean - exact
assert error @ np.linalg.solve(fit.covariance, error) < 11.8  # three standard deviations of two coefficients
assert tests["chi-squared p-value"] > 1e-3
assert max(abs(tests[f"{name} z-score"]) for name in ("curvature", "next order in x", "cross term")) < 3.3

# With the lattice gas's own free energy (ideal mixing alone) the chemical diffusivity does not depend on x, at 300 K either.
ideal = {host.voltage_name: 4.0, host.interaction_names[0]: 0.0, host.entropy_name: 0.0, law.geometry_name: 0.0}
c = {**ideal, **dict(zip(fit.names, fit.mean, strict=True))}
x = np.linspace(0.05, 0.95, 7)
chemical = law.chemical_diffusivity(c, x, 300.0)
room = mobility_at(fit, law, 0.5, 300.0)
print("D_chem at 300 K over exact:", (chemical / free(300.0)).round(3), f"± {room.std[0]:.1%}; {room.method}")
assert np.ptp(chemical) < 1e-12 * chemical.mean()
assert abs(np.log(chemical[0] / free(300.0))) < 3 * room.std[0]
assert "extrapolated to T = 300 K" in room.method

# Single ions: the same law is refuted, because hops back are more frequent in a fuller lattice; a slope in x takes them up.
flat = ArrheniusMobility("gas", motion="tracer", vacancies=1, free_energy=host)
sloped = ArrheniusMobility("gas", motion="tracer", vacancies=1, free_energy=host, prefactor_order=1)
for each in (flat, sloped):
    found = fit_mobility(single, each).provenance["fit"]
    print(f"tracer, order {each.prefactor_order}: χ² p = {found['chi-squared p-value']:.1g}")
    assert (found["chi-squared p-value"] < 1e-6) == (each.prefactor_order == 0)
ratio = [
    np.exp(mobility_at(fit_mobility(single, sloped), sloped, x, 700.0).mean[0] - np.log((1 - x) * free(700.0)))
    for x in (0.25, 0.75)
]
print(f"D_tr/D_J at x = 0.25: {ratio[0]:.2f}, at 0.75: {ratio[1]:.2f} (0.65 in a full lattice)")
assert 0.653 < ratio[1] < ratio[0] < 1
