r"""Polynomials that are orthonormal under the germ, and space-filling designs of germs.

For normal germs Hermite polynomials :math:`He_k(\xi)/\sqrt{k!}`, for uniform germs on :math:`\pm\sqrt3` Legendre polynomials
:math:`\sqrt{2k+1}\,P_k(\xi/\sqrt3)`; products over germs up to a total degree [1]_.

.. [1] D. Xiu, G. E. Karniadakis, SIAM J. Sci. Comput. 24 (2002) 619, table 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import factorial

import chaospy
import numpy as np
from numpy.polynomial import hermite_e, legendre
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import qmc

from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation.model import Array

N_SCRAMBLING = 8
"""Independent scramblings: a standard error from eight is known to 27 %, which Student's t allows for."""
N_QUANTILE = 4096
"""Points at which a polynomial is sampled for its quantiles; more change them by less than 1 % of a standard deviation."""
N_PROBABILITY_POINT = 2**14
"""Points from which a probability is counted: evenly spread ones give it to 0.001, random ones one of 1 % to a tenth."""
ENTRIES_AT_ONCE = 2**22
"""Entries of the largest array that is held at once, all elements of an output counted (32 MB)."""


@dataclass(frozen=True, eq=False)
class GermBasis:
    """Products of orthonormal polynomials."""

    families: tuple[Family, ...]
    exponents: NDArray[np.int64]
    """Degree of each term in each germ (n_term, n_germ)."""

    def __len__(self) -> int:
        return len(self.exponents)

    @property
    def order(self) -> int:
        """Highest total degree."""
        return int(self.exponents.sum(axis=1).max(initial=0))

    def evaluate(self, germ: Array) -> Array:
        """Values of every term (n_sample, n_term) at germs (n_sample, n_germ).

        In numpy, since evaluating an expansion of chaospy is tens of times slower; both agree to round-off. Term by term: each
        is a product of few germs' polynomials.
        """
        order = int(self.exponents.max(initial=0))
        polynomials = [orthonormal(germ[:, k], family, order).T.copy() for k, family in enumerate(self.families)]
        values = np.empty((len(self), len(germ)))
        for row, members in zip(values, self._factors, strict=True):
            factors = [polynomials[k][degree] for k, degree in members]
            if not factors:
                row[:] = 1.0
            elif len(factors) == 1:
                row[:] = factors[0]
            else:
                np.multiply(factors[0], factors[1], out=row)
                for factor in factors[2:]:
                    row *= factor
        return values.T

    @cached_property
    def _factors(self) -> list[list[tuple[int, int]]]:
        """Germs and degrees of the polynomials that each term is a product of."""
        factors: list[list[tuple[int, int]]] = [[] for _ in self.exponents]
        terms, germs = np.nonzero(self.exponents)
        for t, k, degree in zip(terms.tolist(), germs.tolist(), self.exponents[terms, germs].tolist(), strict=True):
            factors[t].append((k, degree))
        return factors

    def monomials(self) -> Array:
        """Factor of each power product (n_term, n_term) in each term: row a term, column the powers ``exponents``.

        Holds for bases that have, with every term, all those of lower exponents, as that of total degree has.
        """
        order = int(self.exponents.max(initial=0))
        factors = np.ones((len(self), len(self)))
        for k, family in enumerate(self.families):
            degree = self.exponents[:, k]
            factors *= _powers(family, order)[degree[:, None], degree]
        return factors


def total_degree(families: tuple[Family, ...], order: int) -> GermBasis:
    """All products up to a total degree, the constant first."""
    n = len(families)
    exponents = chaospy.glexindex(0, order + 1, n, graded=True, reverse=True)
    return GermBasis(families, np.asarray(exponents, dtype=np.int64).reshape(-1, n))


def basis_of_active(families: tuple[Family, ...], active: NDArray[np.int64], order: int) -> GermBasis:
    """All products of the active germs up to a total degree, the constant first, and powers of each of the others alone."""
    n = len(families)
    inner = total_degree(tuple(families[k] for k in active), order).exponents
    products = np.zeros((len(inner), n), dtype=np.int64)
    products[:, active] = inner
    rest = np.setdiff1d(np.arange(n), active)
    powers = [degree * np.eye(n, dtype=np.int64)[rest] for degree in range(1, order + 1)]
    return GermBasis(families, np.vstack([products, *powers]))


def orthonormal(germ: Array, family: Family, order: int) -> Array:
    """Orthonormal polynomials of one germ up to a degree (n_sample, order + 1)."""
    if family == "normal":
        return hermite_e.hermevander(germ, order) / np.sqrt([float(factorial(k)) for k in range(order + 1)])
    return legendre.legvander(germ / np.sqrt(3), order) * np.sqrt(2.0 * np.arange(order + 1) + 1)


def _powers(family: Family, order: int) -> Array:
    """Factors of the powers (order + 1, order + 1) in the orthonormal polynomials of one germ, a row for each polynomial."""
    rows = np.zeros((order + 1, order + 1))
    for k in range(order + 1):
        unit = np.eye(k + 1)[k]
        if family == "normal":
            rows[k, : k + 1] = hermite_e.herme2poly(unit) / np.sqrt(float(factorial(k)))
        else:
            rows[k, : k + 1] = legendre.leg2poly(unit) * np.sqrt(2.0 * k + 1) / np.sqrt(3) ** np.arange(k + 1)
    return rows


def germ_distribution(families: tuple[Family, ...]) -> chaospy.Distribution:
    """The germ as a distribution of chaospy, one separate object for each germ."""
    bound = np.sqrt(3)
    return chaospy.J(*[chaospy.Normal(0, 1) if f == "normal" else chaospy.Uniform(-bound, bound) for f in families])


def sobol_germ(n: int, families: tuple[Family, ...], rng: np.random.Generator) -> Array:
    """Germs (n, n_germ) that fill their distribution evenly: scrambled Sobol' points through its inverse."""
    sobol = qmc.Sobol(len(families), rng=rng)
    return germ_of_sobol(sobol, sobol.random_base2(max(0, int(np.ceil(np.log2(n)))))[:n], families)


def germ_of_sobol(sobol: qmc.Sobol, points: Array, families: tuple[Family, ...]) -> Array:
    """Germs (n, n_germ) at points of a sequence, each in the middle of its cell: a point at 0 would be a germ at -inf."""
    return germ_at(points + 0.5 ** (sobol.bits + 1), families)


def germ_at(probability: Array, families: tuple[Family, ...]) -> Array:
    """Germs (n, n_germ) at cumulative probabilities (n, n_germ)."""
    normal = np.array([family == "normal" for family in families])
    return np.where(normal, ndtri(probability), np.sqrt(3) * (2 * probability - 1))


def replicated_germ(n: int, families: tuple[Family, ...], rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
    """Germs (``N_SCRAMBLING`` · n, n_germ) of independent scramblings of one Sobol' sequence, and the scrambling of each.

    Points of one scrambling keep out of each other's way; the spread between scramblings is a standard error [2]_.

    .. [2] A. B. Owen, J. Complexity 14 (1998) 466.
    """
    germ = np.vstack([sobol_germ(n, families, child) for child in rng.spawn(N_SCRAMBLING)])
    return germ, np.repeat(np.arange(N_SCRAMBLING), n)


def polynomial_quantiles(basis: GermBasis, coefficients: Array, levels: Array, rng: np.random.Generator) -> Array:
    """Quantiles (n_level, n_element) of polynomials in the germ with coefficients (n_term, n_element), by sampling them."""
    terms = basis.evaluate(sobol_germ(N_QUANTILE, basis.families, rng))
    step = ENTRIES_AT_ONCE // (2 * N_QUANTILE)  # a quantile takes a copy
    parts = [np.quantile(terms @ coefficients[:, k : k + step], levels, axis=0) for k in range(0, coefficients.shape[1], step)]
    return np.concatenate(parts, axis=1)
