r"""Priors of greatest evidence ([1]_, sec. 5.4.1), found by their gradient.

With the kernel K of the points (noise on its diagonal), :math:`\alpha = K^{-1}y` and the scale of all variances at its best
value,

.. math:: \ln Z = -\tfrac n2\ln(y^\mathsf{T}\alpha) - \tfrac12\ln\det K, \qquad
    \frac{\partial\ln Z}{\partial K} = \tfrac12\Bigl(\frac{n\,\alpha\alpha^\mathsf{T}}{y^\mathsf{T}\alpha} - K^{-1}\Bigr) ,

so that one inverse gives the derivatives by all numbers of the prior. Outputs that share a prior add their evidence.

.. [1] C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning (2006), chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize

from a2c_pybamm.propagation.adaptive.polynomial_kernel import ROUND_OFF, PolynomialKernel, Prior
from a2c_pybamm.propagation.germ_basis import GermBasis
from a2c_pybamm.propagation.model import Array


@dataclass(frozen=True)
class PriorSearchSettings:
    """Starting point of the search for a prior, its bounds and its steps."""

    start_level: float = 0.1
    """Level of each degree over that of the degree below that the search begins with."""
    start_noise: float = 1e-4
    """Noise that it begins with, in units of the output's variance: a solver's tolerance lies between it and the least."""
    least_noise: float = 1e-8
    """Least noise in units of the output's variance."""
    widest: float = 15.0
    """Largest change of a logarithm from the start."""
    width: float = 4.0
    """Standard deviation of each logarithm around its start: it holds what the points do not determine."""
    grid: float = 0.05
    """Step to which logarithms are rounded: a prior needs no more digits, and is then the same on every processor."""
    most_steps: int = 30
    """Evaluations of a first search."""
    near_steps: int = 20
    """Evaluations where the prior of fewer points is given."""
    least_gain: float = 1e-4
    """Relative gain of the logarithm of evidence below which a search ends."""
    least_growth: float = 1.3
    """Factor by which the points have grown before a new search."""
    structureless: float = 0.3
    """Noise of a former prior from which a search begins anew."""
    impossible: float = 1e6
    """Loss where round-off leaves the kernel no factor, larger than any other."""


PRIOR_SEARCH = PriorSearchSettings()


class PriorSearch:
    """Chooses priors for several outputs at the same germs (n_point, n_germ)."""

    def __init__(
        self,
        germ: Array,
        basis: GermBasis,
        settings: PriorSearchSettings = PRIOR_SEARCH,
    ) -> None:
        self._kernel, self._rows, self._columns = PolynomialKernel.between(germ, basis)
        self._n, self._order, self._settings = len(germ), basis.order, settings
        self._n_germ = len(basis.families)
        self._diagonal = np.flatnonzero(self._rows == self._columns)

    def choose(self, values: Array, former: Prior | None = None) -> Prior:
        """The prior of greatest summed evidence for standardised values (n_point, n_output).

        Sought near a ``former`` one of the same order, unless that took nearly all for noise: from there no way leads back.
        Where it was chosen by nearly as many points it is kept. Outputs without variance say nothing.
        """
        settings, centre = self._settings, self._start()
        values = values[:, values.any(axis=0)]
        if not values.shape[1]:
            return self._prior(centre)
        start, steps = centre, settings.most_steps
        if former is not None and len(former.levels) == self._order and former.noise < settings.structureless:
            if self._n < settings.least_growth * former.n_point:
                return former
            start, steps = _numbers(former), settings.near_steps
        bounds = [(c - settings.widest, c + settings.widest) for c in centre]
        bounds[-1] = (np.log(settings.least_noise), 0.0)
        options = {"maxfun": steps, "ftol": settings.least_gain, "maxcor": 20}
        found = minimize(self._loss, start, args=(values, centre), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        return self._prior(np.round(found.x / settings.grid) * settings.grid)

    def _start(self) -> Array:
        levels = np.log(self._settings.start_level) * np.arange(1, self._order)
        return np.concatenate([np.full(self._n_germ, -np.log(self._n_germ)), levels, [np.log(self._settings.start_noise)]])

    def _prior(self, numbers: Array) -> Prior:
        d = self._n_germ
        return Prior(np.exp(numbers[:d]), np.exp(np.concatenate([[0.0], numbers[d:-1]])), float(np.exp(numbers[-1])), self._n)

    def _loss(self, numbers: Array, values: Array, centre: Array) -> tuple[float, Array]:
        """Minus the logarithm of evidence and of the width around the start, with its gradient."""
        prior, q = self._prior(numbers), values.shape[1]
        parts = self._kernel.by_degree(prior.relevance, self._order)
        packed = 1.0 + prior.levels @ (parts[0] + parts[1])[1:]
        packed[self._diagonal] += prior.noise + ROUND_OFF * packed[self._diagonal].max()
        kernel = np.zeros((self._n, self._n), order="F")
        kernel[self._rows, self._columns] = packed
        factor, failed = dpotrf(kernel, lower=True, overwrite_a=True)
        away = (numbers - centre) / self._settings.width
        if failed:  # too far out: the line search turns back
            loss = self._settings.impossible
            return loss * (1 + float(away @ away)), 2 * loss * away / self._settings.width
        half_log_det = np.log(np.diag(factor)).sum()
        inverse, _ = dpotri(factor, lower=True, overwrite_c=True)
        lower = inverse[self._rows, self._columns]
        inverse[self._columns, self._rows] = lower
        response = inverse @ values
        misfit = np.maximum((values * response).sum(axis=0), np.finfo(float).tiny)
        scaled = response * np.sqrt(self._n / misfit)
        weight = np.einsum("pq,pq->p", scaled[self._rows], scaled[self._columns]) - q * lower
        weight[self._diagonal] /= 2  # pairs off the diagonal stand for two
        by_relevance, by_level = self._kernel.gradient(prior, parts, weight)
        by_noise = prior.noise * weight[self._diagonal].sum()
        evidence = -0.5 * self._n * np.log(misfit).sum() - q * half_log_det
        gradient = np.concatenate([by_relevance, by_level[1:], [by_noise]])
        return float(-evidence + 0.5 * away @ away), -gradient + away / self._settings.width


def _numbers(prior: Prior) -> Array:
    """Logarithms of a prior's numbers, the level of degree 1 taken as 1."""
    return np.concatenate([np.log(prior.relevance), np.log(prior.levels[1:]), [np.log(prior.noise)]])
