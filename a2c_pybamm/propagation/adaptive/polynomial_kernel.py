r"""Kernel of polynomials: covariance of values at two germs when all coefficients have a normal prior.

Every orthonormal coefficient has a normal prior of mean zero,

.. math:: \operatorname{Var} c_\alpha = \tau_{|\alpha|} \prod_i \rho_i^{\alpha_i} ,

so that coefficients of high degrees, and of germs of little effect, are as small as the points admit. With
:math:`a_{ik} = \rho_i^k\psi_k(\xi_i)\psi_k(\xi_i')` the sum over all terms of degree k is the coefficient :math:`E_k` of
:math:`t^k` in :math:`\prod_i (1 + \sum_m a_{im}t^m)`, found without any term by Newton's identities,

.. math:: k E_k = \sum_{m=1}^k m\,S_m E_{k-m}, \qquad
    S_m = \sum_i \rho_i^m s_{im}, \qquad m s_{im} = m a_{im} - \sum_{j<m} j s_{ij} a_{i,m-j}

(the :math:`s_{im}` at :math:`\rho = 1`), and the kernel is :math:`1 + \sum_k\tau_k E_k`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.germ_basis import ENTRIES_AT_ONCE, GermBasis, orthonormal
from a2c_pybamm.propagation.model import Array

ROUND_OFF = 1e-12
"""Noise over the largest entry of a kernel, at least: smaller noise would leave it no factor."""


@dataclass(frozen=True, eq=False)
class Prior:
    """Variances of coefficients, in units of the output's variance."""

    relevance: Array
    """ρ (n_germ,)."""
    levels: Array
    """τ of degrees 1, 2, … (order,)."""
    noise: float
    """Variance that no term explains."""
    n_point: int = 0
    """Points that chose it."""

    def variances(self, basis: GermBasis) -> Array:
        """Prior variance of every term (n_term,); the constant's is 1."""
        levels = np.concatenate([[1.0], self.levels, np.zeros(max(0, basis.order - len(self.levels)))])
        return np.asarray(levels[basis.exponents.sum(axis=1)] * np.exp(basis.exponents @ np.log(self.relevance)))

    @property
    def squared(self) -> Prior:
        """The prior whose variances are the squares."""
        return Prior(self.relevance**2, self.levels**2, self.noise)


class PolynomialKernel:
    """Kernels between some pairs of points; products are made of the active germs, of the others powers alone."""

    def __init__(self, germ: Array, rows: NDArray[np.int64], columns: NDArray[np.int64], basis: GermBasis) -> None:
        """Sums for pairs (n_pair,) of points with germs (n_point, n_germ)."""
        families, order, active = basis.families, basis.order, ~_alone(basis)
        self._single = ~active
        terms = np.array([orthonormal(germ[:, k], family, order).T[1:] for k, family in enumerate(families)])
        terms = terms.transpose(1, 0, 2)
        self._sums = terms[:, :, rows] * terms[:, :, columns]  # (order, n_germ, n_pair)
        products = self._sums[:, active]
        weighted = products.copy()  # m s_m
        for m in range(1, len(weighted)):
            weighted[m] *= m + 1
            for j in range(m):
                weighted[m] -= weighted[j] * products[m - j - 1]
        self._sums[:, active] = weighted

    @classmethod
    def between(cls, germ: Array, basis: GermBasis) -> tuple[PolynomialKernel, NDArray[np.int64], NDArray[np.int64]]:
        """Kernel between all points (n_point, n_germ) in the lower triangle; rows and columns of its pairs."""
        rows, columns = np.tril_indices(len(germ))
        return cls(germ, rows, columns, basis), rows, columns

    def by_degree(self, relevance: Array, order: int) -> tuple[Array, Array]:
        """Kernels of each degree 0, 1, … of the products, and of the powers alone, each (order + 1, n_pair)."""
        n_pair = self._sums.shape[-1]
        powers = relevance ** np.arange(1, order + 1)[:, None]
        products, alone = np.zeros((2, order + 1, n_pair))
        products[0] = 1.0
        inside = np.where(self._single, 0.0, powers)
        sums = np.matmul(inside[:, None], self._sums[:order])[:, 0]
        for k in range(1, order + 1):
            for m in range(1, k + 1):
                products[k] += sums[m - 1] * products[k - m]
            products[k] /= k
        if self._single.any():
            alone[1:] = np.matmul((powers - inside)[:, None], self._sums[:order])[:, 0]
        return products, alone

    def value(self, prior: Prior) -> Array:
        """Kernel of every pair (n_pair,), without noise."""
        products, alone = self.by_degree(prior.relevance, len(prior.levels))
        return np.asarray(1.0 + prior.levels @ (products + alone)[1:])

    def gradient(self, prior: Prior, parts: tuple[Array, Array], weight: Array) -> tuple[Array, Array]:
        """Derivatives of Σ weight·kernel by ln ρ (n_germ,) and ln τ (order,); ``parts`` are those of `by_degree`."""
        products, alone = parts
        order = len(prior.levels)
        by_level = prior.levels * ((products + alone)[1:] @ weight)
        powers = prior.relevance ** np.arange(1, order + 1)[:, None]
        by_relevance = np.zeros(len(prior.relevance))
        for m in range(1, order + 1):
            inner = weight * (prior.levels[m - 1 :] @ products[: order - m + 1])
            by_relevance += np.where(self._single, 0.0, powers[m - 1]) * (self._sums[m - 1] @ inner)
            if self._single.any():
                single = prior.levels[m - 1] * (self._sums[m - 1] @ weight)
                by_relevance += np.where(self._single, m * powers[m - 1], 0.0) * single
        return by_relevance, by_level


def kernel_matrices(germ: Array, basis: GermBasis, priors: Sequence[Prior]) -> list[Array]:
    """Kernels (n_point, n_point) between all points for several priors, without noise."""
    n = len(germ)
    rows, columns = np.tril_indices(n)
    matrices = [np.empty((n, n)) for _ in priors]
    step = max(1, ENTRIES_AT_ONCE // (basis.order * len(basis.families)))
    for start in range(0, len(rows), step):
        i, j = rows[start : start + step], columns[start : start + step]
        kernel = PolynomialKernel(germ, i, j, basis)
        for matrix, prior in zip(matrices, priors, strict=True):
            matrix[i, j] = matrix[j, i] = kernel.value(prior)
    return matrices


def _alone(basis: GermBasis) -> NDArray[np.bool_]:
    """Germs (n_germ,) that no product with another germ has."""
    moved = basis.exponents > 0
    return np.asarray(~moved[moved.sum(axis=1) > 1].any(axis=0))
