"""Excess entropies of a logit spline from those of a Boltzmann average over orderings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.fingerprint import array_fingerprint
from a2c_pybamm.estimators.thermodynamics.emitted_modes import EMISSION, leading_modes
from a2c_pybamm.estimators.thermodynamics.orderings import Compositions
from a2c_pybamm.estimators.thermodynamics.roughness_prior import LinearData, SlopePosterior, slope_posterior
from a2c_pybamm.estimators.thermodynamics.supercell_size import SizeError, entropy_correction
from a2c_pybamm.laws.thermodynamics.logit_basis import logit
from a2c_pybamm.laws.thermodynamics.logit_spline import LogitSpline, positive

LEAST_ENTROPY_NOISE = 1e-4 * GAS_CONSTANT
"""Smallest standard deviation of an excess entropy [J.mol-1.K-1]: over 1/50 of x it moves dU/dT by less than 1 μV/K."""


def logit_places(law: LogitSpline) -> Array:
    """Places of the slopes in z (n_slope,)."""
    return np.asarray(logit(law.basis.places))


def add_entropies(
    estimate: Estimate,
    law: LogitSpline,
    compositions: Compositions,
    energy_std: float | None,
    sites: float,
    size: SizeError | None,
) -> Estimate:
    r"""An estimate with the excess entropies of :math:`s_\mathrm{ex} = \sum_k S_k\varphi_k` beside its own coefficients.

    They have the same prior as slopes that may be negative, in units of R, and a source of their own. The error of the
    supercell's size holds half of its correction and what a second one would change (rings of 12 and 16 sites with -0.05 eV
    between neighbours: 95 % intervals of dU/dT held 81 and 71 % of x without that change, 98 and 99 % with it).
    """
    entropy, noise, known = entropy_data(compositions, energy_std)
    first = entropy_posterior(law, compositions.x, entropy, noise, known)
    posterior, error = first, np.zeros_like(entropy)
    if size is not None:
        change = _size_change(estimate, law, compositions.x, first.mean, sites)
        corrected = entropy_posterior(law, compositions.x, entropy + change, noise, known)
        again = _size_change(estimate, law, compositions.x, corrected.mean, sites)
        posterior = corrected if size.converged else first
        error = np.where(change < 0, -1, 1) * np.hypot(size.share * change, again - change)
    names = (*estimate.names, *law.excess_entropy_names)
    values = np.concatenate([estimate.mean, GAS_CONSTANT * posterior.mean])
    n_old, n = len(estimate.names), posterior.n_slope
    curves = law.basis.curves(np.linspace(law.knots[0], law.knots[-1], EMISSION.n_composition))
    root, _ = leading_modes(GAS_CONSTANT**2 * posterior.covariance, [curves / (law.valence * FARADAY)])
    stamp = array_fingerprint(compositions.x, entropy, settings=f"{law.knots} {energy_std}")
    factors = {
        s: Factor(np.vstack([f.values, np.zeros((n, len(f.labels)))]), f.labels, f.family) for s, f in estimate.factors.items()
    }
    labels = tuple(f"{stamp}:{k}" for k in range(root.shape[1]))
    factors[f"{law.material} entropies (fit)"] = Factor(np.vstack([np.zeros((n_old, root.shape[1])), root]), labels)
    source = f"{law.material} supercell size"
    if source in factors:
        column = factors[source].values.copy()
        column[n_old:, 0] = GAS_CONSTANT * posterior.gain @ (error / GAS_CONSTANT)
        factors[source] = Factor(column, factors[source].labels)
    return Estimate(names, values, factors, estimate.method, estimate.provenance)


def entropy_data(compositions: Compositions, energy_std: float | None) -> tuple[Array, Array, bool]:
    """Excess entropies [J.mol-1.K-1] (n,), their standard deviations (n,), and whether these are absolute."""
    if compositions.entropy is None or compositions.entropy_weights is None:
        raise ValueError("these energies have no entropies; take ensemble='boltzmann'")
    spread = np.sqrt(np.asarray((compositions.entropy_weights**2) @ compositions.spread**2))
    if energy_std is None:
        return compositions.entropy, np.ones_like(spread), False
    return compositions.entropy, np.hypot(spread * energy_std / FARADAY, LEAST_ENTROPY_NOISE), True


def entropy_posterior(law: LogitSpline, x: Array, entropy: Array, noise: Array, known: bool) -> SlopePosterior:
    """Slopes of the excess entropy [R], which may have either sign."""
    terms = law.basis.integrals(x)
    data = entropy / GAS_CONSTANT + terms.sum(axis=1)  # the prior is about slopes of one, which are taken off again
    linear = LinearData(
        data, noise / GAS_CONSTANT if known else noise, np.zeros((len(x), 0)), terms, np.zeros((len(x), 0)), of_energies=True
    )
    start = np.zeros(terms.shape[1])
    posterior = slope_posterior(linear, logit_places(law), positive=False, noise_known=known, start=start)
    return replace(posterior, mean=posterior.mean - 1)


def _size_change(estimate: Estimate, law: LogitSpline, x: Array, entropies: Array, sites: float) -> Array:
    """Correction of the entropies [J.mol-1.K-1] (n,), by the slopes and their change with temperature."""
    u = estimate.mean[1 : 1 + len(entropies)]
    b_splines = law.basis.slopes(np.clip(x, law.knots[0], law.knots[-1]))
    slopes = b_splines @ (positive(u) if law.shape == "stable" else u)
    warming = -((slopes - 1) + b_splines @ entropies) / slopes
    return entropy_correction(slopes, warming, x, sites)
