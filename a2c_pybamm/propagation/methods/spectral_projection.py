r"""Spectral projection: the coefficients of a chaos as integrals over the germ, by a Gauss rule.

.. math:: c_\alpha = \mathrm{E}\,[y\,\psi_\alpha] \approx \sum_i w_i\, y(\xi_i)\, \psi_\alpha(\xi_i)

With level L the rule is exact for polynomials of total degree 2L + 1: for up to three germs as the product of rules of L + 1
nodes each, beyond that as the sparse grid of Smolyak [1]_, [2]_. Every node is needed, and weights of a sparse grid have both
signs: what is not a polynomial, noise above all, enters the coefficients up to :math:`\sum|w_i|` times over.

.. [1] S. A. Smolyak, Dokl. Akad. Nauk SSSR 148 (1963) 1042.
.. [2] T. Gerstner, M. Griebel, Numer. Algorithms 18 (1998) 209.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import chaospy
import numpy as np

from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation.germ_basis import germ_distribution, total_degree
from a2c_pybamm.propagation.methods.polynomial_chaos import (
    LEAST_HELD_OUT,
    chaos_statistics,
    check_held_out,
    in_place,
    usual_held_out,
    whole_elements,
)
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Outcome, Problem
from a2c_pybamm.propagation.status import MethodKind

MOST_GERMS = 6
"""At six germs and order 3 a sparse grid has 389 nodes, where least squares asks for 168, and absolute weights that add to 231;
both grow with each germ."""
MOST_GERMS_OF_PRODUCT = 3
"""Up to here the product of rules has positive weights at a bearable number of nodes."""
SAME_NODE = 10
"""Decimals to which nodes of the parts of a sparse grid are compared; round-off in their zeros is near the sixteenth."""


@dataclass(frozen=True)
class SpectralProjection:
    """Settings of a chaos of total degree ``order`` by Gauss quadrature of level ``level``, for at most six germs.

    Polynomials up to the order are found exactly. Of anything else the parts beyond degree 2 level + 1 - order
    are mistaken for lower ones; fresh random points, as `PolynomialChaos` has them, measure what comes out.
    """

    order: int = 2
    level: int | None = None
    """By default the order, which is the least that keeps the terms orthonormal under the rule."""
    n_held_out: int | None = None
    """Fresh points; by default 30, or a quarter of the nodes if that is more."""

    kind: ClassVar[MethodKind] = MethodKind.POLYNOMIAL

    def __post_init__(self) -> None:
        if self.order < 1:
            raise ValueError(f"SpectralProjection: order is {self.order}; take 1 or more")
        if self.level is not None and self.level < self.order:
            raise ValueError(
                f"SpectralProjection: level is {self.level} for order {self.order}; take at least the order, "
                "or the rule confuses the terms with each other"
            )
        check_held_out(self.n_held_out, "SpectralProjection")

    @property
    def label(self) -> str:
        return f"projection of order {self.order}" + (f", level {self.level}" if self.level not in (None, self.order) else "")

    def run(self, problem: Problem, rng: np.random.Generator) -> Outcome:
        """Moments, quantiles and shares from the projected polynomial, its error from points that are no nodes.

        Raises ``ValueError`` if there are more than six germs, a node fails, or failures leave too few fresh points.
        """
        nodes, weights = self._rule(problem)
        germ = np.vstack([nodes, problem.draw(usual_held_out(self.n_held_out, len(nodes)), rng)])
        solved = problem.solve(problem.color(germ), what=self.label)
        is_node = np.arange(len(germ)) < len(nodes)
        fresh = ~solved.failed & ~is_node
        n_failed = int(solved.failed[is_node].sum())
        if n_failed:
            raise ValueError(
                f"{self.label}: {n_failed} of {len(nodes)} nodes failed, and a projection cannot do without one; "
                f"mend the cause, "
                "narrow the error bars, or take PolynomialChaos, which can"
            )
        if fresh.sum() < LEAST_HELD_OUT / 2:
            raise ValueError(f"{self.label}: failures left {fresh.sum()} fresh points; raise n_held_out")
        basis = total_degree(problem.families, self.order)
        terms = basis.evaluate(germ)
        values, whole = whole_elements(solved)
        projector = terms[is_node].T * weights
        coefficients = {output: _projected(projector, part[is_node]) for output, part in values.items()}
        held_out = {output: part[fresh] for output, part in values.items()}
        found = chaos_statistics(problem, basis, coefficients, terms[fresh], held_out, rng)
        notes = {
            "points kept out of the projection": str(int(fresh.sum())),
            "sum of absolute weights": f"{np.abs(weights).sum():.3g}",
        }
        return Outcome(solved, len(germ), in_place(found, whole, solved), self.order, notes, basis=basis)

    def planned(self, problem: Problem) -> int:
        """Number of solves it will ask for: with the nodes of six germs 85 at level 2, 389 at 3, 1433 at 4, 4541 at 5."""
        n_node = len(self._rule(problem)[1])
        return n_node + usual_held_out(self.n_held_out, n_node)

    def _rule(self, problem: Problem) -> tuple[Array, Array]:
        if len(problem.families) > MOST_GERMS:
            raise ValueError(
                f"{self.label}: the errors of this model have {len(problem.families)} germs, and a grid holds for at most "
                f"{MOST_GERMS}; take PolynomialChaos"
            )
        return gauss_rule(problem.families, self.level or self.order)


def gauss_rule(families: tuple[Family, ...], level: int) -> tuple[Array, Array]:
    """Nodes (n_node, n_germ) and weights (n_node,) that integrate total degree 2 level + 1 exactly over the germ.

    A node that several parts of a sparse grid have in common comes once, with the sum of their weights.
    """
    sparse = len(families) > MOST_GERMS_OF_PRODUCT
    nodes, weights = chaospy.generate_quadrature(level, germ_distribution(families), rule="gaussian", sparse=sparse)
    if not sparse:
        return nodes.T, weights
    _, first, place = np.unique(np.round(nodes.T, SAME_NODE) + 0.0, axis=0, return_index=True, return_inverse=True)
    return nodes.T[first], np.bincount(place.ravel(), weights).astype(float)


def _projected(projector: Array, values: Array) -> Array:
    """Coefficients (n_term, n_element) from weighted terms (n_term, n_node) and values (n_node, n_element)."""
    offset = values.mean(axis=0)  # a large mean would cost digits
    coefficients = projector @ (values - offset)
    coefficients[0] += offset
    return np.asarray(coefficients)
