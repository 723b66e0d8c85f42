r"""Laws of a structure factor at small wave numbers, and what Ornstein and Zernike's makes of the variance of a field.

.. math::
    S = b + (S_0 - b)\,f_q(k^2\xi^2) \quad\text{or}\quad \frac1S = 1 + \Bigl(\frac1{S_0} - 1\Bigr)f_q(k^2\xi^2/S_0), \qquad
    f_q(x) = (1 + qx)^{-1/q}, \quad f_0 = e^{-x}

with b = 1 for particles, whose single-particle part stays where correlations have died away, and b = 0 for a field without
particles. The second form, of particles that repel one another, has the direct correlations :math:`\rho c(k) = 1 - 1/S` in
place of the total ones: those of a dense liquid are of shorter range and simpler.

:math:`f_q = 1 - x + (1 + q)x^2/2 - \dots`, so that all laws have the same meaning of :math:`\xi`, the second moment of
the total correlations, :math:`\xi^2 = \int r^2h\,d^3r/6\int h\,d^3r`, and differ beyond it: q = 1 is Ornstein and Zernike's,
q = 1/2 that of correlations :math:`e^{-r/\lambda}`, q = 0 that of Gaussian ones, q = -1 a line in k². Correlations that are
constant inside a sphere and zero outside lie between q = 0 and -1/2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erfcx

from a2c_pybamm.data import Array


@dataclass(frozen=True)
class StructureLaw:
    """One law of a structure factor."""

    base: float
    """b: 1 for particles, 0 for a field without them."""
    bend: float
    """q."""
    direct: bool = False
    """True for the law of the direct correlations."""

    @property
    def name(self) -> str:
        """Name in reports."""
        return f"{'direct' if self.direct else 'total'} correlations, q = {self.bend:g}"

    def share(self, x: Array) -> tuple[Array, Array]:
        r"""Correlations at :math:`x = k^2\xi^2` over those at zero, and their derivative by x."""
        if self.bend == 0:
            decay = np.exp(-x)
            return decay, -decay
        inside = np.maximum(1 + self.bend * x, 0.0)
        with np.errstate(divide="ignore"):  # a law with q < 0 ends at x = 1/|q|
            slope = np.where(inside > 0, inside ** (-1 / self.bend - 1), 0.0)
        return inside * slope, -slope

    def value(self, log_limit: float, log_square: float, square: Array) -> tuple[Array, Array]:
        """S at squared wave numbers (n_k,) and its gradient by ln S(0) and ln ξ² (n_k, 2)."""
        limit, x = np.exp(log_limit), np.exp(log_square) * square
        if not self.direct:
            share, slope = self.share(x)
            gradient = np.column_stack([limit * share, (limit - self.base) * slope * x])
            return self.base + (limit - self.base) * share, gradient
        share, slope = self.share(x / limit)
        bent = (1 / limit - 1) * slope * x / limit
        value = 1 / (1 + (1 / limit - 1) * share)
        return value, np.column_stack([share / limit + bent, -bent]) * (value**2)[:, None]


def variance_over_plateau(length: ArrayLike, correlation_length: float, limit: float, base: float = 1.0) -> Array:
    r"""Variance of a Gaussian-filtered field times :math:`8\pi^{3/2}\ell^3/(\rho S_0)`, which goes to one at large lengths.

    Of Ornstein and Zernike's law in an infinite system, with :math:`a = \ell/\xi`,

    .. math:: \frac{b + (S_0 - b)\,g(a)}{S_0}, \qquad g(a) = 2a^2\bigl[1 - \sqrt\pi\,a\,e^{a^2}\mathrm{erfc}(a)\bigr].

    Parameters
    ----------
    length, correlation_length
        :math:`\ell` and :math:`\xi` in one unit.
    limit
        S(0).
    base
        b: 1 for particles, 0 for a field without them.
    """
    a = np.asarray(length, float) / correlation_length
    share = 2 * a * a * (1 - np.sqrt(np.pi) * a * erfcx(a))
    return np.asarray((base + (limit - base) * share) / limit)
