r"""Closed variances of sets of correlated normal coefficients, exact from Hermite coefficients.

With :math:`\theta = m + L\xi` and :math:`y = \sum_\alpha c_\alpha\psi_\alpha(\xi)` in orthonormal Hermite polynomials, collect
the terms of degree :math:`k` in the symmetric tensor :math:`T_k[i_1\dots i_k] = c_\alpha\sqrt{\alpha!}/k!`, where
:math:`\alpha` counts each germ among :math:`i_1\dots i_k`. To fix the coefficients :math:`u` is to fix
:math:`U^\mathsf{T}\xi`, the columns of :math:`U` an orthonormal basis of the span of the rows :math:`L_u`, and
:math:`\mathrm{E}[\,\cdot\mid U^\mathsf{T}\xi]` projects every side of a Hermite tensor on that span. Hence

.. math:: V_u = \operatorname{Var}\,\mathrm{E}[y\mid\theta_u]
    = \sum_{k\ge1} k!\,\bigl\lVert (U^\mathsf{T})^{\otimes k}\, T_k \bigr\rVert^2 .

It depends on the polynomial and on :math:`LL^\mathsf{T}`, not on which root :math:`L` is; :math:`L` may have any rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb, factorial

import numpy as np

from a2c_pybamm.propagation.germ_basis import GermBasis
from a2c_pybamm.propagation.model import Array

DEPENDENT_ROUND_OFF = 1e-9
"""Part of a coefficient that does not depend on those in the set, in its standard deviations, that counts as round-off."""


def closed_variance(tensors: Sequence[Array], rows: Array) -> Array:
    r"""Closed variance :math:`V_u` (n_element,) of the coefficients with these rows (n_row, n_germ) of the factor.

    ``tensors`` are those of `hermite_tensors`; the formula is at the head of this module.
    """
    return _extended(tensors, _empty_set(tensors), rows).variance


def hermite_tensors(basis: GermBasis, coefficients: Array) -> list[Array]:
    r"""Tensors :math:`T_k`, k = 1 … order, each (n_germ,)·k + (n_element,), of orthonormal coefficients (n_term, n_element)."""
    n = len(basis.families)
    padded = np.vstack([coefficients, np.zeros((1, coefficients.shape[1]))])  # the last row is for terms that are not there
    tensors = []
    for k in range(1, int(basis.exponents.sum(axis=1).max(initial=0)) + 1):
        term_of = {tuple(basis.exponents[t]): t for t in np.flatnonzero(basis.exponents.sum(axis=1) == k)}
        terms, weights = np.full(n**k, -1), np.zeros(n**k)
        place = n ** np.arange(k)[::-1]
        for members in combinations_with_replacement(range(n), k):
            alpha = tuple(np.bincount(members, minlength=n).tolist())
            terms[place @ members] = term_of.get(alpha, -1)
            weights[place @ members] = np.sqrt(np.prod([float(factorial(a)) for a in alpha])) / factorial(k)
        ordered = np.sort(np.indices((n,) * k).reshape(k, -1), axis=0)  # entries that differ by a permutation are equal
        source = place @ ordered
        tensors.append((padded[terms[source]] * weights[source, None]).reshape(*(n,) * k, -1))
    return tensors


def closed_variances(tensors: Sequence[Array], rows: Sequence[Array]) -> Array:
    """Closed variance (2**n_player, n_element) of every subset of players; player k is in subset s if bit k of s is set.

    A subset adds its last player to one that is computed already: each costs one projection, not as many as players.
    """
    sets = [_empty_set(tensors)]
    for subset in range(1, 2 ** len(rows)):
        last = subset.bit_length() - 1
        sets.append(_extended(tensors, sets[subset - (1 << last)], rows[last]))
    return np.array([s.variance for s in sets])


@dataclass(frozen=True, eq=False)
class _CoefficientSet:
    """A set of coefficients and its closed variance."""

    basis: Array
    """U (n_germ, n_direction)."""
    variance: Array
    """V_u (n_element,)."""


def _empty_set(tensors: Sequence[Array]) -> _CoefficientSet:
    n, n_element = tensors[0].shape
    return _CoefficientSet(np.zeros((n, 0)), np.zeros(n_element))


def _extended(tensors: Sequence[Array], former: _CoefficientSet, rows: Array) -> _CoefficientSet:
    """The set with further coefficients, rows (n_row, n_germ) of the factor."""
    basis, variance = former.basis, former.variance
    for row in rows:
        if basis.shape[1] == len(basis) or not row.any():
            continue
        direction = row / np.linalg.norm(row)
        for _ in range(2):  # once more, since the first pass leaves round-off of the size of what it takes away
            direction = direction - basis @ (basis.T @ direction)
        size = np.linalg.norm(direction)
        if size > DEPENDENT_ROUND_OFF:
            variance = variance + _gain(tensors, basis, direction / size)
            basis = np.column_stack([basis, direction / size])
    return _CoefficientSet(basis, variance)


def _gain(tensors: Sequence[Array], basis: Array, direction: Array) -> Array:
    r"""Growth of the closed variance (n_element,) when U gets one more column q.

    .. math:: \sum_k k! \sum_{j=1}^k \binom kj \lVert (U^\mathsf{T})^{\otimes(k-j)}\, T_k q^{\otimes j}\rVert^2
    """
    gain = np.zeros(tensors[0].shape[-1])
    for k, tensor in enumerate(tensors, start=1):
        for j in range(1, k + 1):
            tensor = (direction @ tensor.reshape(len(direction), -1)).reshape(tensor.shape[1:])
            gain += factorial(k) * comb(k, j) * _square(tensor, basis)
    return gain


def _square(tensor: Array, basis: Array) -> Array:
    """Square sum (n_element,) of a tensor (n_germ,)·m + (n_element,) after each of its m sides is projected on the basis."""
    n_element = tensor.shape[-1]
    for _ in range(tensor.ndim - 1):
        if basis.shape[1] == 0:
            return np.zeros(n_element)
        # the first side goes, its projection comes last: after m turns the elements lead
        tensor = tensor.reshape(len(basis), -1).T @ basis
        tensor = tensor.reshape(-1)
    projected = tensor.reshape(n_element, -1)
    return np.einsum("ni,ni->n", projected, projected)
