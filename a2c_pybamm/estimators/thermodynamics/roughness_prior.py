r"""Slopes of a voltage curve from linear data, under a prior on their roughness that is averaged over.

Data are :math:`y = Lq + A\,s + A_S\,S + \varepsilon`, with slopes :math:`s_k = e^{c_k}` of a host of one phase or
:math:`s_k = 1 + c_k` of any, and entropies S. The prior of :math:`c(z)` is a Gaussian process with Matérn's covariance of index
3/2,

.. math:: \langle c(z)\,c(z')\rangle = \tau^2 (1 + \kappa|z - z'|)\,e^{-\kappa|z - z'|}, \qquad
    -2\ln p = \lambda\!\int (c''^2 + 2\kappa^2 c'^2 + \kappa^4 c^2)\,dz + \dots, \quad 4\lambda\kappa^3\tau^2 = 1

a penalty on the roughness of c with a finite standard deviation τ where no data lie. Every λ, τ and (where it is not declared)
noise counts with its evidence, the integral over c by Laplace's method and that over q exact.

Positive slopes are drawn: data and prior mean each with an error of their own, and the largest density for these.

References
----------
Wahba, J. R. Stat. Soc. B 45, 133 (1983): a roughness penalty as a prior, and its bands; Tierney and Kadane, J. Am. Stat. Assoc.
81, 82 (1986): Laplace's method; Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), eq. 4.17;
Bardsley, Solonen, Haario and Laine, SIAM J. Sci. Comput. 36, A1895 (2014): draws by optimisation for randomised data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.estimate import Array


@dataclass(frozen=True)
class RoughnessPrior:
    """Values that are averaged over, and settings of the search. Chosen on 18 open-circuit curves of PyBaMM's sets."""

    log_stds: tuple[float, ...] = (1.0, 2.0, 4.0)
    """τ of the logarithm of a slope: the largest alone makes intervals from energies 2 to 4 times too wide."""
    plain_stds: tuple[float, ...] = (1.0, 5.0, 25.0, 125.0)
    """τ of the slopes themselves, for hosts that may separate into phases."""
    smoothings: tuple[float, ...] = tuple(np.logspace(-6, 5, 13))
    """λ."""
    noise_stds: tuple[float, ...] = tuple(np.logspace(-5, -1, 11))
    """Standard deviations of the data [eV or V], where they are not declared."""
    least_voltage_noise: float = 1e-4
    """The smallest of them for voltages [V]: a tenth of a millivolt, below which no measured curve is smooth."""
    entropy_factor: float = 1.0
    """τ of the slopes of the entropy [R] over that of the slopes."""
    largest_step: float = 2.0
    """Largest change of a logarithm in one iteration."""
    n_iteration: int = 60
    """Most iterations: from any start fewer than 40 were needed."""
    tolerance: float = 1e-3
    """Decrease of minus the logarithm of the posterior density below which a search has ended."""
    evidence_power: float = 0.35
    """Power of the evidence in the weights: below one, since real curves are no draws from the prior. With 1 intervals of 95 %
    held 83 to 96 % of x in means over 18 curves, with 0.35 at least 91 %."""
    n_pair: int = 200
    """Pairs of draws of positive slopes: their standard deviation has a relative error of 4 %."""
    negligible_evidence: float = 1e-4
    """Weight below which a combination is left out of the covariance."""


PRIOR = RoughnessPrior()
"""Prior of all fits."""
COARSE_PRIOR = RoughnessPrior(
    log_stds=(2.0,), plain_stds=(10.0,), smoothings=tuple(np.logspace(-4, 2, 5)), noise_stds=(1e-5, 1e-3), n_pair=25
)
"""Few combinations for a curve alone, without its error."""
DRAW_SEED = 20261129
"""Seed of the draws: the same data have the same fit."""
LARGEST_LOGARITHM = 50.0
"""Bound of a slope's logarithm: beyond, squares of slopes leave the range of floats."""
STEP_SHARES = (1.0, 0.5, 0.25, 1 / 16)
"""Shares of a step that are tried."""
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
    of_energies: bool = False
    """True where energies are among the data; voltages alone have no smaller noise than `least_voltage_noise`."""


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
    """Standard deviation of data of relative standard deviation one, geometric mean over the noises."""
    chi_squared: float
    """Of the data about the mean coefficients."""
    degrees_of_freedom: float
    """Number of data less the effective number of coefficients."""
    smoothing: float
    """Mean of lg λ."""


def matern_root(z: Array, inverse_length: float) -> Array:
    r"""Cholesky factor (n, n) of Matérn's covariance of index 3/2 and unit variance between places z (n,)."""
    distance = inverse_length * np.abs(z[:, None] - z)
    return np.asarray(np.linalg.cholesky((1 + distance) * np.exp(-distance) + JITTER * np.eye(len(z))))


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
    least = 0.0 if linear.of_energies else prior.least_voltage_noise
    scales = np.array([1.0] if noise_known else [std for std in prior.noise_stds if std >= least * (1 - RELATIVE_ROUND_OFF)])
    data = _FreeData.of(linear, positive=positive)
    of_root = np.repeat(np.arange(len(roots)), len(scales))
    germ = np.linalg.solve(roots, start[None, :, None])[of_root, :, 0]
    search = _Search(data, roots, of_root, np.tile(scales, len(roots)), prior)
    germ = search.minimum(np.concatenate([germ, np.zeros((len(germ), search.n_germ - germ.shape[1]))], axis=1))
    return search.average(germ, np.log10([lam for _, lam in settings]))


@dataclass(frozen=True, eq=False)
class _FreeData:
    """Linear data in units of their noise, rotated: first the coefficients that have no prior, then what is free of them.

    An upper triangular matrix of as many rows as there are coefficients and one more holds all that a thousand data tell.
    """

    linear: LinearData
    positive: bool
    first: Array
    """Rows of the coefficients without a prior (n_linear, n_linear + n_slope + n_entropy + 1)."""
    data: Array
    """(n_row,)."""
    slopes: Array
    """(n_row, n_slope)."""
    entropies: Array
    """(n_row, n_slope or 0)."""
    n_free: int
    """Number of data less that of coefficients without a prior."""

    @classmethod
    def of(cls, linear: LinearData, *, positive: bool) -> _FreeData:
        n_linear, n_slope = linear.known.shape[1], linear.slopes.shape[1]
        offset = 0.0 if positive else linear.slopes.sum(axis=1)
        columns = [linear.known, linear.slopes, linear.entropies, (linear.data - offset)[:, None]]
        triangle = np.array(np.linalg.qr(np.hstack(columns) / linear.noise[:, None], mode="r"), float)
        triangle *= np.where(np.diag(triangle) < 0, -1.0, 1.0)[:, None]  # on every processor the same
        rows = triangle[n_linear:, n_linear:]
        n_free = len(linear.data) - n_linear
        return cls(linear, positive, triangle[:n_linear], rows[:, -1], rows[:, :n_slope], rows[:, n_slope:-1], n_free)

    def linear_coefficients(self, slopes: Array, entropies: Array, noise: Array | float = 0.0) -> Array:
        """Coefficients without a prior (n, n_linear) beside slopes and entropies (n, n_slope or 0), their data with noise."""
        n_linear = len(self.first)
        unknown = np.concatenate([slopes if self.positive else slopes - 1, entropies], axis=1)
        right = self.first[:, -1] + noise - unknown @ self.first[:, n_linear:-1].T
        return np.asarray(np.linalg.solve(self.first[:, :n_linear], right.T).T)


@dataclass(frozen=True, eq=False)
class _Search:
    """Posterior densities, a combination of a prior, a noise and data each, whose largest values are sought."""

    free: _FreeData
    roots: Array
    """Factors of the priors' covariances (n_root, n_slope, n_slope)."""
    of_root: NDArray[np.intp]
    """Prior of each combination (n,)."""
    of_scale: Array
    """Noise of each combination (n,)."""
    prior: RoughnessPrior
    shift: Array | float = 0.0
    """Added to the data (n, n_free)."""
    centre: Array | float = 0.0
    """Germs at which the prior's density is largest (n, n_germ)."""

    @property
    def n_slope(self) -> int:
        return int(self.roots.shape[1])

    @property
    def n_germ(self) -> int:
        return self.n_slope * (2 if self.free.entropies.shape[1] else 1)

    def slope_factor(self, c: Array) -> Array:
        """Derivative of the slopes by their coefficients; of positive ones these are the slopes themselves."""
        return np.exp(np.clip(c, -LARGEST_LOGARITHM, LARGEST_LOGARITHM)) if self.free.positive else np.ones_like(c)

    def coefficients(self, germ: Array, at: NDArray[np.intp]) -> tuple[Array, Array]:
        """Slopes' coefficients c and entropies' (n, n_slope or 0) of standard-normal germs."""
        c = self.rooted(germ[:, : self.n_slope], at)
        if not self.free.entropies.shape[1]:
            return c, np.zeros((len(at), 0))
        return c, self.prior.entropy_factor * self.rooted(germ[:, self.n_slope :], at)

    def rooted(self, germ: Array, at: NDArray[np.intp]) -> Array:
        """Germs (n, n_slope) times the factor of each combination's prior; combinations of one prior together."""
        of_root, product = self.of_root[at], np.empty(germ.shape)
        for k in np.unique(of_root):
            rows = np.flatnonzero(of_root == k)
            product[rows] = germ[rows] @ self.roots[k].T
        return product

    def residual(self, c: Array, entropy: Array, at: NDArray[np.intp]) -> Array:
        """Data less the curve (n, n_free)."""
        slopes = self.slope_factor(c) if self.free.positive else c
        shift = self.shift[at] if isinstance(self.shift, np.ndarray) else self.shift
        return np.asarray(self.free.data + shift - slopes @ self.free.slopes.T - entropy @ self.free.entropies.T)

    def from_centre(self, germ: Array, at: NDArray[np.intp]) -> Array:
        return np.asarray(germ - (self.centre[at] if isinstance(self.centre, np.ndarray) else self.centre))

    def design(self, c: Array, at: NDArray[np.intp]) -> Array:
        """Derivative of the curve by the germs (n, n_free, n_germ)."""
        of_root = self.of_root[at]
        if self.free.positive:
            first = (self.free.slopes * self.slope_factor(c)[:, None, :]) @ self.roots[of_root]
        else:  # the same for all noises
            first = (self.free.slopes @ self.roots)[of_root]
        if not self.free.entropies.shape[1]:
            return np.asarray(first)
        return np.concatenate([first, (self.prior.entropy_factor * self.free.entropies @ self.roots)[of_root]], axis=2)

    def objective(self, germ: Array, at: NDArray[np.intp]) -> Array:
        """Minus the logarithm of the density (n,)."""
        residual = self.residual(*self.coefficients(germ, at), at)
        distance = self.from_centre(germ, at)
        return 0.5 * (residual**2).sum(axis=1) / self.of_scale[at] ** 2 + 0.5 * (distance**2).sum(axis=1)

    def minimum(self, germ: Array) -> Array:
        """Germs (n, n_germ) of the largest densities: Gauss and Newton's steps, shortened where too long."""
        germ = germ.copy()
        active = np.arange(len(germ))
        value = self.objective(germ, active)
        for _ in range(self.prior.n_iteration):
            moved, new = self._shortened(germ[active], value[active], active)
            decrease = value[active] - new
            germ[active], value[active] = moved, new
            active = active[decrease > self.prior.tolerance]
            if not len(active) or not self.free.positive:  # without exponentials one step is the whole way
                break
        return germ

    def _step(self, germ: Array, at: NDArray[np.intp]) -> Array:
        """Steps to the minimum of the linearised problem, at most so long that a logarithm changes by `largest_step`."""
        c, entropy = self.coefficients(germ, at)
        design, distance = self.design(c, at), self.from_centre(germ, at)
        system = design @ np.transpose(design, (0, 2, 1)) + np.eye(design.shape[1]) * (self.of_scale[at] ** 2)[:, None, None]
        right = self.residual(c, entropy, at) + np.einsum("gnk,gk->gn", design, distance)
        step = np.einsum("gnk,gn->gk", design, np.linalg.solve(system, right[..., None])[..., 0]) - distance
        if not self.free.positive:
            return np.asarray(step)
        change = np.abs(self.rooted(step[:, : self.n_slope], at)).max(axis=1)
        return np.asarray(step * np.minimum(1.0, self.prior.largest_step / np.maximum(change, np.finfo(float).tiny))[:, None])

    def _shortened(self, germ: Array, value: Array, at: NDArray[np.intp]) -> tuple[Array, Array]:
        """Germs after the longest of a step, its half, quarter and sixteenth that decreases the objective, and its values."""
        step, best, lowest = self._step(germ, at), germ.copy(), value.copy()
        rest = np.arange(len(germ))
        for share in STEP_SHARES:
            trial = germ[rest] + share * step[rest]
            new = self.objective(trial, at[rest])
            good = new < value[rest]
            best[rest[good]], lowest[rest[good]] = trial[good], new[good]
            rest = rest[~good]
            if not len(rest):
                break
        return best, lowest

    def average(self, germ: Array, logs: Array) -> SlopePosterior:
        """Mean and covariance of the coefficients, each combination weighted by its evidence."""
        every = np.arange(len(germ))
        c, entropy = self.coefficients(germ, every)
        design = self.design(c, every)
        n_free, n_row = self.free.n_free, design.shape[1]
        fitted = design @ np.transpose(design, (0, 2, 1)) / (self.of_scale**2)[:, None, None]
        system = fitted + np.eye(n_row)
        log = -self.objective(germ, every) - 0.5 * np.linalg.slogdet(system)[1] - n_free * np.log(self.of_scale)
        weights = np.exp(self.prior.evidence_power * (log - log.max()))
        weights /= weights.sum()
        kept = np.flatnonzero(weights > self.prior.negligible_evidence)
        weights = weights[kept] / weights[kept].sum()
        degrees = np.einsum("gii->g", np.linalg.solve(system[kept], fitted[kept]))
        rows, covariances, influences = self._moments(kept, c[kept], entropy[kept], design[kept], system[kept])
        mean = weights @ rows
        centred = rows - mean
        covariance = np.tensordot(weights, covariances, axes=1) + (weights[:, None] * centred).T @ centred
        if self.free.positive:
            drawn = self._draws(germ[kept], kept, weights)
            mean, covariance = drawn.mean(axis=0), np.cov(drawn.T)
        linear = self.free.linear
        residual = self._full_residual(mean) / linear.noise
        rows_of_data = np.hstack([linear.known, linear.slopes, linear.entropies]) / linear.noise[:, None] ** 2
        gain = np.tensordot(weights, influences, axes=1) @ rows_of_data.T
        return SlopePosterior(
            mean,
            covariance,
            gain,
            linear.known.shape[1],
            self.n_slope,
            float(np.exp(weights @ np.log(self.of_scale[kept]))),
            float(residual @ residual),
            float(n_free - weights @ degrees),
            float(weights @ logs[self.of_root[kept]]),
        )

    def _draws(self, germ: Array, at: NDArray[np.intp], weights: Array) -> Array:
        """Draws q, s and S (n_draw, n_coefficient): the largest densities for data and prior with an error drawn for each.

        In pairs of opposite errors, combinations as often as their weights.
        """
        rng = np.random.default_rng(DRAW_SEED)
        n = self.prior.n_pair
        places = np.searchsorted(np.cumsum(weights), (np.arange(n) + 0.5) / n)
        places = np.minimum(places, len(weights) - 1)
        n_row, n_linear = len(self.free.data), len(self.free.first)
        noise = rng.standard_normal((n, n_linear + n_row))
        centre = rng.standard_normal((n, self.n_germ))
        places = np.concatenate([places, places])
        scale = self.of_scale[at[places]]
        noise = np.concatenate([noise, -noise]) * scale[:, None]
        centre = np.concatenate([centre, -centre])
        of_root = self.of_root[at[places]]
        search = replace(self, of_root=of_root, of_scale=scale, shift=noise[:, n_linear:], centre=centre)
        found = search.minimum(germ[places])
        c, entropy = search.coefficients(found, np.arange(len(found)))
        slopes = self.slope_factor(c)
        q = self.free.linear_coefficients(slopes, entropy, noise[:, :n_linear])
        return np.concatenate([q, slopes, entropy], axis=1)

    def _full_residual(self, mean: Array) -> Array:
        """Data less the curve of the mean coefficients (n,)."""
        linear = self.free.linear
        q, slopes, entropy = np.split(mean, [linear.known.shape[1], linear.known.shape[1] + self.n_slope])
        curve = linear.known @ q + linear.slopes @ slopes
        return np.asarray(linear.data - curve - (linear.entropies @ entropy if len(entropy) else 0.0))

    def _moments(
        self, at: NDArray[np.intp], c: Array, entropy: Array, design: Array, system: Array
    ) -> tuple[Array, Array, Array]:
        """Coefficients q, s, S of each combination (n, n_coefficient), covariances about them, and these over the noise."""
        free, n_linear = self.free, len(self.free.first)
        variance = (self.of_scale[at] ** 2)[:, None, None]
        spread = np.eye(design.shape[2]) - np.transpose(design, (0, 2, 1)) @ np.linalg.solve(system, design) / variance
        roots = self.roots[self.of_root[at]] * self.slope_factor(c)[:, :, None]
        if entropy.shape[1]:
            zero = np.zeros_like(roots)
            roots = np.block([[roots, zero], [zero, self.prior.entropy_factor * self.roots[self.of_root[at]]]])
        inner = roots @ spread @ np.transpose(roots, (0, 2, 1))
        values = self.slope_factor(c) if free.positive else 1 + c
        q = free.linear_coefficients(values, entropy)
        to_linear = -np.linalg.solve(free.first[:, :n_linear], free.first[:, n_linear:-1])
        inverse = np.linalg.inv(free.first[:, :n_linear])
        cross = to_linear @ inner
        own = inverse @ inverse.T * variance + cross @ to_linear.T
        covariance = np.block([[own, cross], [np.transpose(cross, (0, 2, 1)), inner]])
        return np.concatenate([q, values, entropy], axis=1), covariance, covariance / variance
