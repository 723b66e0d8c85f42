"""From one trajectory of an electrolyte to conductivity, transference number and salt diffusivity, with exact error bars.

Run it as a script: ``python examples/onsager_of_an_electrolyte.py``. The liquid is synthetic, so that all is known: 50 cations
and 50 anions among 600 molecules of solvent, 20 of each in pairs that move as one body. Pairs diffuse and carry no charge: the
conductivity falls below Nernst and Einstein's, and the diffusivity of the salt does not.
"""

import numpy as np

from a2c_pybamm import (
    BinarySalt,
    fit_onsager,
    onsager_from_transport,
    onsager_matrix,
    onsager_report,
    planned_length,
    salt_diffusivity,
)
from a2c_pybamm.constants import AVOGADRO
from a2c_pybamm.laws import conductivity, frame_matrix, salt_coefficient, transference_number
from a2c_pybamm.synthetic import LangevinElectrolyte

NANOSECOND = 1e-9
SALT = BinarySalt()
liquid = LangevinElectrolyte(n_pair=20, pair_diffusivity=8e-10)
motion, _ = liquid.run(600, interval=2e-12, rng=np.random.default_rng(3), single_particles=True)

# Partial molar volumes are from densities at several concentrations; they say what the choice of the frame costs.
estimate = fit_onsager(
    motion, material="LiPF6-EC", source="LiPF6-EC MD (sampling)", volumes={"Li": -5e-6, "PF6": 6e-5, "EC": 6.7e-5}
)
print(estimate)

# The exact matrix in the solvent's frame.
S = frame_matrix(liquid.counts, [0, 0, 1])
L = S @ liquid.onsager_matrix @ S.T
exact = np.array(
    [
        np.log(conductivity(L, liquid.charges)),
        transference_number(L, liquid.charges),
        np.log(salt_coefficient(L[:2, :2], SALT)),
    ]
)
sampling = estimate.factors["LiPF6-EC MD (sampling)"].values
error = estimate.mean - exact
chi2 = error @ np.linalg.solve(sampling @ sampling.T, error)
print(f"\nerror against the exact matrix: χ² = {chi2:.1f} of 3")
assert chi2 < 14.2  # once in 370 runs
assert np.allclose(sampling @ sampling.T, np.diag(np.diag(sampling @ sampling.T)))  # one trajectory: the three do not correlate

# Whatever is drawn from the estimate is a matrix that physics allows.
rng = np.random.default_rng(0)
draws = estimate.mean + estimate.std * rng.standard_normal((1000, 3))
matrices = onsager_from_transport(np.exp(draws[:, 0]), draws[:, 1], np.exp(draws[:, 2]))
assert np.linalg.eigvalsh(matrices).min() > 0

# The rest of the report: pairs show as L+- > 0, and as a conductivity below that of independent ions.
matrix = onsager_matrix(motion)
report = onsager_report(matrix)
c = 50 / (liquid.volume * AVOGADRO)
print(f"κ = {report.conductivity:.3f} ± {report.conductivity_std:.3f} S/m, Nernst and Einstein's {report.nernst_einstein:.3f}")
print(f"Haven ratio {report.haven_ratio:.2f} ± {report.haven_ratio_std:.2f}")
print(f"pairs: L+-/√(L++L--) = {report.pair_correlation:.2f} ± {report.pair_correlation_std:.2f}")
print(f"D_e without thermodynamic factor: {salt_diffusivity(np.exp(estimate.mean[2]), c, liquid.temperature):.2e} m2/s")
print(f"t_plus against the solvent {report.transference_number:.3f}, the mass centre {report.transference_in_mass_frame:.3f}")
assert report.haven_ratio > 1 + 2 * report.haven_ratio_std
assert report.pair_correlation > 2 * report.pair_correlation_std

# And how long the run must be for errors that one would like.
for wished in ({"ln_kappa": 0.05}, {"t_plus": 0.01}):
    print(f"for {wished}: {planned_length(matrix, **wished) / NANOSECOND:.1f} ns, now {matrix.run_length / NANOSECOND:.1f} ns")
assert planned_length(matrix, ln_kappa=0.05) > matrix.run_length
