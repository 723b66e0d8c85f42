r"""Slopes of a voltage curve from linear data, under a prior on their roughness that is averaged over.

Data are :math:`y = Lq + A\,s + A_S\,S + \varepsilon`, with slopes :math:`s_k = e^{c_k}` of a host of one phase or
:math:`s_k = 1 + c_k` of any, and entropies S. The prior of :math:`c(z)` is a Gaussian process with Matérn's covariance of index
3/2,

.. math:: \langle c(z)\,c(z')\rangle = \tau^2 (1 + \kappa|z - z'|)\,e^{-\kappa|z - z'|}, \qquad
    -2\ln p = \lambda\!\int (c''^2 + 2\kappa^2 c'^2 + \kappa^4 c^2)\,dz + \dots, \quad 4\lambda\kappa^3\tau^2 = 1

a penalty on the roughness of c with a finite standard deviation τ where no data lie. Every λ, τ and (where it is not declared)
noise counts with its evidence, the integral over c by Laplace's method and that over q exact.

References
----------
Wahba, J. R. Stat. Soc. B 45, 133 (1983): a roughness penalty as a prior, and its bands; Tierney and Kadane, J. Am. Stat. Assoc.
81, 82 (1986): Laplace's method; Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), eq. 4.17.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from a2c_pybamm.estimate import Array


@dataclass(frozen=True)
class RoughnessPrior:
    """Values that are averaged over, and settings of the search. Chosen on 18 open-circuit curves of PyBaMM's sets."""

    log_stds: tuple[float, ...] = (0.7, 1.5, 3.0)
    """τ of the logarithm of a slope: the largest alone makes intervals from energies 2 to 4 times too wide."""
    plain_stds: tuple[float, ...] = (1.0, 5.0, 25.0, 125.0)
    """τ of the slopes themselves, for hosts that may separate into phases."""
    smoothings: tuple[float, ...] = tuple(np.logspace(-6, 5, 13))
    """λ."""
    noise_stds: tuple[float, ...] = tuple(np.logspace(-5, -1, 11))
    """Standard deviations of the data [eV or V], where they are not declared."""
    entropy_factor: float = 1.0
    """τ of the slopes of the entropy [R] over that of the slopes."""
    largest_step: float = 2.0
    """Largest change of a logarithm in one iteration."""
    n_iteration: int = 60
    """Most iterations: from any start fewer than 40 were needed."""
    tolerance: float = 1e-3
    """Decrease of minus the logarithm of the posterior density below which a search has ended."""
    negligible_evidence: float = 1e-4
    """Weight below which a combination is left out of the covariance."""


PRIOR = RoughnessPrior()
"""Prior of all fits."""
JITTER = 1e-9
"""Share of the variance added to each slope by itself: factors of smooth covariances need it."""


@dataclass(frozen=True, eq=False)
class LinearData:
    """Data that are linear in slopes."""

    data: Array
    """y (n,)."""
    noise: Array
    """Standard deviations, absolute or up to one factor (n,)."""
    known: Array
    """L (n, n_linear), coefficients without a prior."""
    slopes: Array
    """A (n, n_slope)."""
    entropies: Array
    """:math:`A_S` (n, n_slope), or (n, 0)."""


@dataclass(frozen=True, eq=False)
class SlopePosterior:
    """Coefficients q, s and S one after the other (n_coefficient,)."""

    mean: Array
    covariance: Array
    gain: Array
    """Derivative of the mean by the data (n_coefficient, n)."""
    n_linear: int
    n_slope: int
    scatter: float
    """Standard deviation of data of relative standard deviation one."""
    chi_squared: float
    """Of the data about the mean coefficients."""
    degrees_of_freedom: float
    """Number of data less the effective number of coefficients."""
    smoothing: float
    """Mean of lg λ."""


def matern_root(z: Array, inverse_length: float) -> Array:
    r"""Cholesky factor (n, n) of Matérn's covariance of index 3/2 and unit variance between places z (n,)."""
    distance = inverse_length * np.abs(z[:, None] - z)
    return np.linalg.cholesky((1 + distance) * np.exp(-distance) + JITTER * np.eye(len(z)))


def slope_posterior(
    linear: LinearData, z: Array, *, positive: bool, noise_known: bool, start: Array, prior: RoughnessPrior = PRIOR
) -> SlopePosterior:
    """Mean and covariance of all coefficients, averaged over smoothness, prior variance and noise.

    Parameters
    ----------
    z
        Places of the slopes (n_slope,).
    positive
        Whether slopes are exponentials of their coefficients.
    start
        Coefficients :math:`c_k` from which the search starts (n_slope,).
    """
    stds = prior.log_stds if positive else prior.plain_stds
    settings = list(product(stds, prior.smoothings))
    roots = np.array([tau * matern_root(z, (1 / (4 * lam * tau**2)) ** (1 / 3)) for tau, lam in settings])
    scales = np.array([1.0] if noise_known else prior.noise_stds)
    search = _Search(linear, roots, scales, positive, prior)
    return search.average(search.modes(start), np.log10([lam for _, lam in settings]))


class _Search:
    """Modes of the posterior for all combinations of a prior (first index) and a noise (second), one after the other."""

    def __init__(self, linear: LinearData, roots: Array, scales: Array, positive: bool, prior: RoughnessPrior) -> None:
        self.prior, self.positive, self.linear = prior, positive, linear
        weight = 1 / linear.noise[:, None]
        known = linear.known * weight
        n_linear = known.shape[1]
        free = np.eye(len(known))
        if n_linear:  # rows without the coefficients that have no prior
            free = np.linalg.qr(known, mode="complete")[0][:, n_linear:].T
        offset = 0.0 if positive else linear.slopes.sum(axis=1)
        self.data = free @ ((linear.data - offset) * weight[:, 0])
        self.slopes = free @ (linear.slopes * weight)
        self.entropies = free @ (linear.entropies * weight)
        self.inverse = np.linalg.pinv(known)
        self.roots, self.scales = roots, scales
        self.n_slope = roots.shape[1]
        self.of_root = np.repeat(np.arange(len(roots)), len(scales))
        self.of_scale = np.tile(scales, len(roots))

    def slope_factor(self, c: Array) -> Array:
        """Derivative of the slopes by their coefficients; of positive ones these are the slopes themselves."""
        return np.exp(np.clip(c, -50, 50)) if self.positive else np.ones_like(c)

    def coefficients(self, germ: Array, at: Array) -> tuple[Array, Array]:
        """Slopes' coefficients c and entropies' (n, n_slope or 0) of standard-normal germs."""
        roots = self.roots[self.of_root[at]]
        c = np.einsum("gkj,gj->gk", roots, germ[:, : self.n_slope])
        if not self.entropies.shape[1]:
            return c, np.zeros((len(at), 0))
        entropy = np.einsum("gkj,gj->gk", roots, germ[:, self.n_slope :])
        return c, self.prior.entropy_factor * entropy

    def residual(self, c: Array, entropy: Array) -> Array:
        """Data less the curve (n, n_free)."""
        slopes = self.slope_factor(c) if self.positive else c
        return self.data - slopes @ self.slopes.T - entropy @ self.entropies.T

    def design(self, c: Array, at: Array) -> Array:
        """Derivative of the curve by the germs (n, n_free, n_germ)."""
        roots = self.roots[self.of_root[at]]
        first = (self.slopes * self.slope_factor(c)[:, None, :]) @ roots
        if not self.entropies.shape[1]:
            return first
        return np.concatenate([first, self.prior.entropy_factor * self.entropies @ roots], axis=2)

    def objective(self, germ: Array, residual: Array, at: Array) -> Array:
        return 0.5 * (residual**2).sum(axis=1) / self.of_scale[at] ** 2 + 0.5 * (germ**2).sum(axis=1)

    def modes(self, start: Array) -> Array:
        """Germs (n_combination, n_germ) of the largest posterior density: Gauss and Newton's steps, halved where too long."""
        n_germ = self.n_slope * (2 if self.entropies.shape[1] else 1)
        germ = np.zeros((len(self.of_root), n_germ))
        germ[:, : self.n_slope] = np.linalg.solve(self.roots, start[None, :, None])[self.of_root, :, 0]
        active = np.arange(len(germ))
        c, entropy = self.coefficients(germ, active)
        value = self.objective(germ, self.residual(c, entropy), active)
        for _ in range(self.prior.n_iteration):
            here = germ[active]
            c, entropy = self.coefficients(here, active)
            step = self._step(here, c, entropy, active)
            moved, new = self._shortened(here, step, value[active], active)
            decrease = value[active] - new
            germ[active], value[active] = moved, new
            active = active[decrease > self.prior.tolerance]
            if not len(active):
                break
        return germ

    def _step(self, germ: Array, c: Array, entropy: Array, at: Array) -> Array:
        """Steps to the minimum of the linearised problem, at most so long that a logarithm changes by `largest_step`."""
        design = self.design(c, at)
        system = design @ np.transpose(design, (0, 2, 1)) + np.eye(design.shape[1]) * (self.of_scale[at] ** 2)[:, None, None]
        right = self.residual(c, entropy) + np.einsum("gnk,gk->gn", design, germ)
        target = np.einsum("gnk,gn->gk", design, np.linalg.solve(system, right[..., None])[..., 0])
        step = target - germ
        if not self.positive:
            return step
        change = np.abs(np.einsum("gkj,gj->gk", self.roots[self.of_root[at]], step[:, : self.n_slope])).max(axis=1)
        return step * np.minimum(1.0, self.prior.largest_step / np.maximum(change, 1e-12))[:, None]

    def _shortened(self, germ: Array, step: Array, value: Array, at: Array) -> tuple[Array, Array]:
        """Germs after the longest of the step, its half, quarter and sixteenth that decreases the objective, and its values."""
        best, lowest = germ.copy(), value.copy()
        rest = np.arange(len(germ))
        for share in (1.0, 0.5, 0.25, 1 / 16):
            trial = germ[rest] + share * step[rest]
            new = self.objective(trial, self.residual(*self.coefficients(trial, at[rest])), at[rest])
            good = new < value[rest]
            best[rest[good]], lowest[rest[good]] = trial[good], new[good]
            rest = rest[~good]
            if not len(rest):
                break
        return best, lowest

    def average(self, germ: Array, logs: Array) -> SlopePosterior:
        """Mean and covariance of the coefficients, each combination with its evidence."""
        every = np.arange(len(germ))
        c, entropy = self.coefficients(germ, every)
        design = self.design(c, every)
        n_free = design.shape[1]
        system = design @ np.transpose(design, (0, 2, 1)) / (self.of_scale**2)[:, None, None] + np.eye(n_free)
        value = self.objective(germ, self.residual(c, entropy), every)
        log = -value - 0.5 * np.linalg.slogdet(system)[1] - n_free * np.log(self.of_scale)
        weights = np.exp(log - log.max())
        weights /= weights.sum()
        kept = np.flatnonzero(weights > self.prior.negligible_evidence)
        weights = weights[kept] / weights[kept].sum()
        fitted = design @ np.transpose(design, (0, 2, 1)) / (self.of_scale**2)[:, None, None]
        degrees = np.einsum("gii->g", np.linalg.solve(system[kept], fitted[kept]))
        rows, covariances, gains = self._moments(kept, c[kept], entropy[kept], design[kept], system[kept])
        mean = weights @ rows
        centred = rows - mean
        covariance = np.tensordot(weights, covariances, axes=1) + (weights[:, None] * centred).T @ centred
        n_linear = self.linear.known.shape[1]
        scatter = float(np.sqrt(weights @ self.of_scale[kept] ** 2))
        residual = self._full_residual(mean) / self.linear.noise
        return SlopePosterior(
            mean,
            covariance,
            np.tensordot(weights, gains, axes=1),
            n_linear,
            self.n_slope,
            scatter,
            float(residual @ residual),
            float(n_free - weights @ degrees),
            float(weights @ logs[self.of_root[kept]]),
        )

    def _full_residual(self, mean: Array) -> Array:
        """Data less the curve of the mean coefficients (n,)."""
        q, slopes, entropy = np.split(mean, [self.linear.known.shape[1], self.linear.known.shape[1] + self.n_slope])
        curve = self.linear.known @ q + self.linear.slopes @ slopes
        return self.linear.data - curve - (self.linear.entropies @ entropy if len(entropy) else 0.0)

    def _moments(self, at: Array, c: Array, entropy: Array, design: Array, system: Array) -> tuple[Array, Array, Array]:
        """Coefficients q, s, S of each combination (n, n_coefficient), their covariances, and derivatives by the data."""
        variance = (self.of_scale[at] ** 2)[:, None, None]
        gain = np.linalg.solve(system, design)
        spread = np.eye(design.shape[2]) - np.transpose(design, (0, 2, 1)) @ gain / variance
        roots = self.roots[self.of_root[at]]
        if self.entropies.shape[1]:
            zero = np.zeros_like(roots)
            roots = np.block([[roots, zero], [zero, self.prior.entropy_factor * roots]])
        inner = roots @ spread @ np.transpose(roots, (0, 2, 1))
        slopes = self.slope_factor(c)
        weight = 1 / self.linear.noise
        derivative = self.linear.slopes * slopes[:, None, :]
        if self.entropies.shape[1]:
            others = np.broadcast_to(self.linear.entropies, (len(at), *self.linear.entropies.shape))
            derivative = np.concatenate([derivative, others], axis=2)
        to_linear = -self.inverse @ (derivative * weight[:, None])
        values = slopes if self.positive else 1 + c
        curve = values @ self.linear.slopes.T + entropy @ self.linear.entropies.T
        q = ((self.linear.data - curve) * weight) @ self.inverse.T
        cross = to_linear @ inner
        own = self.inverse @ self.inverse.T * variance + cross @ np.transpose(to_linear, (0, 2, 1))
        covariance = np.block([[own, cross], [np.transpose(cross, (0, 2, 1)), inner]])
        if self.positive:  # moments of the slopes themselves, in which data are linear: averages of curves are curves
            scale = np.concatenate([np.ones((len(at), q.shape[1])), slopes, np.ones_like(entropy)], axis=1)
            covariance = covariance * scale[:, :, None] * scale[:, None, :]
            derivative = derivative / np.concatenate([slopes, np.ones_like(entropy)], axis=1)[:, None, :]
        known = np.broadcast_to(self.linear.known, (len(at), *self.linear.known.shape))
        by_data = covariance @ np.transpose(np.concatenate([known, derivative], axis=2), (0, 2, 1)) * weight**2 / variance
        return np.concatenate([q, values, entropy], axis=1), covariance, by_data
