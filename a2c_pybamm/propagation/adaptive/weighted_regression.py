r"""Polynomials from fewer points than terms: least squares weighted by a prior that the points themselves choose.

Every orthonormal coefficient has a normal prior of mean zero,

.. math:: \operatorname{Var} c_\alpha = \tau_{|\alpha|} \prod_i \rho_i^{\alpha_i} ,

so that coefficients of high degrees, and of germs of little effect, are as small as the points admit. The relevance
:math:`\rho_i` of each germ, the level :math:`\tau_k` of each degree and the noise :math:`\sigma^2` (what no term explains) are
those of greatest evidence ([1]_, sec. 5.4.1). With the terms' values :math:`\Psi` at n points, :math:`\Lambda` the prior
variances and :math:`K = \Psi\Lambda\Psi^\mathsf{T} + \sigma^2`, the coefficients are :math:`\Lambda\Psi^\mathsf{T}K^{-1}y`.
The fit without a group G of points misses them by :math:`e_G = (K^{-1}_{GG})^{-1}(K^{-1}y)_G` ([1]_, eq. 5.12 for single
points), with no further fit.

.. [1] C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning (2006), chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation.germ_basis import GermBasis, orthonormal
from a2c_pybamm.propagation.model import Array


@dataclass(frozen=True)
class PriorSearchSettings:
    """Starting point of the search for a prior, and its steps."""

    start_levels: tuple[float, ...] = (1.0, 0.1, 0.01, 0.001)
    """Levels of degrees 1, 2, … that the search begins with."""
    start_noise: float = 1e-4
    """Noise that it begins with, in units of the output's variance: a solver's tolerance lies between it and the least."""
    least_noise: float = 1e-8
    """Least noise in units of the output's variance."""
    factors: tuple[float, ...] = (4.0, 2.8, 2.2, 1.8)
    """Factors by which each number of the prior is varied, one sweep each."""
    near_factors: tuple[float, ...] = (2.0,)
    """The same where the prior of fewer points is given."""
    most_points: int = 64
    """Points that choose the prior: its dozen numbers need no more, and each trial costs their cube."""


PRIOR_SEARCH = PriorSearchSettings()


@dataclass(frozen=True, eq=False)
class Prior:
    """Variances of coefficients, in units of the output's variance."""

    relevance: Array
    """ρ (n_germ,)."""
    levels: Array
    """τ of degrees 1, 2, … (order,)."""
    noise: float

    def variances(self, basis: GermBasis) -> Array:
        """Prior variance of every term (n_term,); the constant's is 1."""
        degree = basis.exponents.sum(axis=1)
        return np.concatenate([[1.0], self.levels])[degree] * np.prod(self.relevance**basis.exponents, axis=1)


class PriorSearch:
    """Chooses priors for several outputs at the same germs (n_point, n_germ)."""

    def __init__(
        self, germ: Array, families: tuple[Family, ...], order: int, settings: PriorSearchSettings = PRIOR_SEARCH
    ) -> None:
        self._settings = settings
        self._kernel = _Kernel.of(germ[: settings.most_points], families, order)
        self._start = Prior(
            np.full(len(families), 1 / len(families)), np.array(settings.start_levels[:order]), settings.start_noise
        )

    def choose(self, values: Array, start: Prior | None = None) -> Prior:
        """The prior of greatest evidence for standardised values (n_point,), sought near ``start`` if one is given."""
        factors = self._settings.factors if start is None else self._settings.near_factors
        values = values[: self._settings.most_points]
        return _climb(self._kernel, values, start or self._start, factors, self._settings.least_noise)


def _climb(kernel: _Kernel, values: Array, prior: Prior, factors: tuple[float, ...], least_noise: float) -> Prior:
    """The prior of greatest evidence that moves of one number at a time lead to."""
    sums = kernel.sums(prior.relevance)
    best = _evidence(kernel.combine(sums, prior), values)
    for factor in factors:
        for k in range(len(prior.relevance)):
            for trial in (factor, 1 / factor):
                relevance = prior.relevance.copy()
                relevance[k] *= trial
                moved = kernel.moved(sums, k, prior.relevance[k], relevance[k])
                candidate = replace(prior, relevance=relevance)
                evidence = _evidence(kernel.combine(moved, candidate), values)
                if evidence > best:
                    best, prior, sums = evidence, candidate, moved
        for candidate in _neighbours(prior, factor, least_noise):
            evidence = _evidence(kernel.combine(sums, candidate), values)
            if evidence > best:
                best, prior = evidence, candidate
    return prior


def _neighbours(prior: Prior, factor: float, least_noise: float) -> list[Prior]:
    """Priors with one level, or the noise, moved by a factor."""
    moves = []
    for trial in (factor, 1 / factor):
        for k in range(len(prior.levels)):
            levels = prior.levels.copy()
            levels[k] *= trial
            moves.append(replace(prior, levels=levels))
        moves.append(replace(prior, noise=max(least_noise, prior.noise * trial)))
    return moves


def _evidence(kernel: Array, values: Array) -> float:
    """Logarithm of the evidence, the scale of all variances at its best value; up to a constant."""
    try:
        factor, lower = cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:
        return -np.inf
    misfit = float(values @ cho_solve((factor, lower), values, check_finite=False))
    return float(-0.5 * len(values) * np.log(max(misfit, np.finfo(float).tiny)) - np.log(np.diag(factor)).sum())


@dataclass(frozen=True, eq=False)
class _Kernel:
    r"""Power sums between all points, from which the kernel is summed without any term.

    With :math:`a_{ik} = \rho_i^k\psi_k(\xi_i)\psi_k(\xi_i')` the sums over germs are those of :math:`a_1`; :math:`a_1^2, a_2`;
    :math:`a_1^3, a_1a_2, a_3`.
    """

    by_germ: Array
    """Contribution of each germ at relevance 1 (n_germ, n_sum, n_point, n_point)."""

    @classmethod
    def of(cls, germ: Array, families: tuple[Family, ...], order: int) -> _Kernel:
        values = [orthonormal(germ[:, k], family, order)[:, 1:] for k, family in enumerate(families)]
        return cls(np.array([cls._of_germ([np.outer(v, v) for v in polynomials.T]) for polynomials in values]))

    @staticmethod
    def _of_germ(a: list[Array]) -> list[Array]:
        rows = [a[0]]
        rows += [a[0] ** 2, a[1]] if len(a) > 1 else []
        return rows + ([a[0] ** 3, a[0] * a[1], a[2]] if len(a) > 2 else [])

    @property
    def _degrees(self) -> Array:
        return np.array([1, 2, 2, 3, 3, 3])[: self.by_germ.shape[1]]

    def sums(self, relevance: Array) -> Array:
        """Power sums over all germs (n_sum, n_point, n_point)."""
        return np.asarray(np.einsum("is,isnm->snm", relevance[:, None] ** self._degrees, self.by_germ))

    def moved(self, sums: Array, k: int, old: float, new: float) -> Array:
        """Power sums after the relevance of one germ has changed."""
        return np.asarray(sums + (new**self._degrees - old**self._degrees)[:, None, None] * self.by_germ[k])

    def combine(self, sums: Array, prior: Prior) -> Array:
        """The kernel: terms of degree 1, 2, 3 by Newton's identities between power sums and elementary polynomials."""
        first = sums[0]
        kernel = 1.0 + prior.levels[0] * first
        if len(sums) > 1:
            square = first**2
            kernel += prior.levels[1] * (sums[2] + (square - sums[1]) / 2)
        if len(sums) > 3:
            third = first * ((square - 3 * sums[1]) / 6 + sums[2]) + sums[3] / 3
            kernel += prior.levels[2] * (sums[5] - sums[4] + third)
        kernel[np.diag_indices(len(kernel))] += prior.noise
        return np.asarray(kernel)


@dataclass(frozen=True, eq=False)
class WeightedFit:
    """A polynomial fitted to all points, and the polynomials of all points but one group."""

    coefficients: Array
    """Orthonormal coefficients (n_term,)."""
    posterior_var: float
    """Posterior variances of all coefficients but the constant, summed: what their squares miss of the variance on average."""
    without: Array
    """Coefficients of the fits that left out one group (n_group, n_term)."""
    left_out: Array
    """Predictions by fits without the point (n_point,): without its whole group, without it alone if that is negative."""


def weighted_fit(terms: Array, values: Array, group: NDArray[np.int64], variances: Array, noise: float) -> WeightedFit:
    """The fit to values (n_point,) of terms (n_point, n_term) with given prior variances (n_term,).

    ``group`` (n_point,) numbers the groups 0, 1, … that are left out in turn; points of negative groups are in every fit.
    """
    offset = values.mean()
    scale = values.std() or 1.0
    weighted = terms * variances
    kernel = weighted @ terms.T + noise * np.eye(len(terms))
    factor = cho_factor(kernel, lower=True)
    inverse = cho_solve(factor, np.eye(len(terms)))
    standard = (values - offset) / scale
    response = inverse @ standard
    left_out = values - scale * response / np.diag(inverse)  # each alone; groups follow
    without = np.empty((int(group.max()) + 1, terms.shape[1]))
    for k in range(len(without)):
        member = group == k
        missed = np.linalg.solve(inverse[np.ix_(member, member)], response[member])
        left_out[member] = values[member] - scale * missed
        # without the group its own responses vanish: y is replaced by what the others predict there
        changed = response.copy()
        changed -= inverse[:, member] @ missed
        without[k] = scale * (changed @ weighted)
    coefficients = scale * (response @ weighted)
    coefficients[0] += offset
    without[:, 0] += offset
    posterior = variances - np.einsum("pt,pt->t", weighted, inverse @ weighted)
    # the scale of all prior variances is the one of greatest evidence
    posterior_var = scale**2 * float(standard @ response) / len(values) * float(np.maximum(posterior[1:], 0).sum())
    return WeightedFit(coefficients, posterior_var, without, left_out)
