"""Natural cubic spline for the chemical potential beyond ideal mixing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar

import numpy as np

from a2c_pybamm.constants import STANDARD_TEMPERATURE
from a2c_pybamm.ions import DEFAULT_ION
from a2c_pybamm.laws.law import TERM_LIMIT, Count, coefficient
from a2c_pybamm.laws.thermodynamics.expansion import PlainExpansion
from a2c_pybamm.laws.thermodynamics.ion import IonSymbol
from a2c_pybamm.schema import Temperature, conform_fields

KNOT_ROUNDING = 1e-24
"""Square of the distance in x from a knot within which a cube's third derivative is rounded: nothing divides by zero there, and
the cube changes by 1e-36."""


@lru_cache(maxsize=32)
def cardinal_splines(knots: tuple[float, ...]) -> np.ndarray:
    r"""Coefficients (n_knot, n_knot + 2) of the natural cubic splines that are 1 at one knot and 0 at the others.

    A row holds :math:`a, b, w_i` of :math:`s(x) = a + bx + \sum_i w_i |x - t_i|^3` with :math:`\sum w_i = \sum w_i t_i = 0`:
    Duchon's form of the spline, in which one text serves numbers and symbols, since it has no pieces.
    """
    t = np.array(knots)
    n = len(t)
    system = np.zeros((n + 2, n + 2))
    system[:n, 0], system[:n, 1] = 1.0, t
    system[:n, 2:] = np.abs(t[:, None] - t) ** 3
    system[n, 2:], system[n + 1, 2:] = 1.0, t
    rows = np.linalg.solve(system, np.eye(n + 2)[:, :n]).T
    rows.setflags(write=False)
    return rows


@dataclass(frozen=True)
class SplinePotential(PlainExpansion):
    r"""Ideal mixing plus a natural cubic spline :math:`s(x)` of the excess chemical potential through its values at knots.

    .. math::
        U = U_0 - \frac1z\left[\frac{RT}{F}\ln\frac{x}{1-x} + s(x) - \bar s\right], \qquad s(t_k) - s(t_0) = \mu_k

    with :math:`\bar s` the mean of :math:`s` over [0, 1]. As an expansion its terms are
    :math:`\varphi_k = \int_0^x \ell_k\,dx' - x\int_0^1 \ell_k\,dx'` with the cardinal splines :math:`\ell_k`, and its
    amplitudes the :math:`\mu_k`, k = 1 …; the first knot is where the others are counted from, since a constant is part of
    :math:`U_0`. The slope is constant beyond the outermost knots.

    ====================  =======================================  ============
    symbol                coefficient                              unit
    ====================  =======================================  ============
    mean of U             ``<m> mean voltage <a>–<b> [V]``         V
    :math:`\mu_k`         ``<m> μ(<t_k>)−μ(<t_0>) [eV]``           eV per site
    :math:`\Delta s`      ``<m> vibrational ds/dx [J.mol-1.K-1]``  J/mol/K
    :math:`S_k`           ``<m> S<k> [J.mol-1.K-1]``               J/mol/K
    ====================  =======================================  ============

    References
    ----------
    Duchon, RAIRO Anal. Numér. 10, 5 (1976), for the form; Green and Silverman, Nonparametric Regression and Generalized Linear
    Models (1994), ch. 2, for natural cubic splines as smoothers.
    """

    material: str
    knots: Annotated[tuple[float, ...], TERM_LIMIT]
    """Compositions at which the excess potential is a coefficient, ascending in [0, 1], at least three."""
    window: tuple[float, float] = (0.0, 1.0)
    """Compositions between which the mean voltage is taken."""
    reference_temperature: Temperature = STANDARD_TEMPERATURE
    """Temperature [K] at which the mean voltage and the spline hold."""
    entropies: Count = 0
    """Number of excess entropies; all knots have one if any has."""
    ion: IonSymbol = DEFAULT_ION
    """Symbol of the ion that the host takes up, against whose metal voltages are counted."""
    kind: ClassVar[str] = "spline-potential"
    first_order: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        if len(self.knots) < 3 or not (np.diff(self.knots) > 0).all() or not (self.knots[0] >= 0 and self.knots[-1] <= 1):
            raise ValueError(f"{self.material}: knots {self.knots} must be three or more compositions, ascending in [0, 1]")
        self._validate_expansion()

    @property
    def interaction_names(self) -> tuple[str, ...]:
        """Names of the excess potentials at the knots but the first, against the first."""
        first, *others = self.knots
        return tuple(coefficient(self.material, f"μ({t:g})−μ({first:g})", "eV") for t in others)

    def excess(self, amplitudes: Sequence[Any], x: Any, derivative: int = 0) -> Any:
        """Sum of the amplitudes times the terms, or times their first or second derivatives."""
        rows = cardinal_splines(self.knots)[1 : len(amplitudes) + 1]
        # the spline of all amplitudes together: one sum over knots in the place of two
        a, b, *w = (sum((v * float(p) for v, p in zip(amplitudes, column, strict=True)), 0.0) for column in rows.T)
        if derivative == 2:
            return b + sum(3 * v * rounded_cube(x - t, -1) for v, t in zip(w, self.knots, strict=True))
        if derivative == 1:
            spline = a + b * x + sum(v * rounded_cube(x - t, 0) for v, t in zip(w, self.knots, strict=True))
            return spline - self._integral(a, b, w, 1.0)
        return self._integral(a, b, w, x) - x * self._integral(a, b, w, 1.0)

    def _integral(self, a: Any, b: Any, w: Sequence[Any], x: Any) -> Any:
        """Integral of the spline from 0."""
        total = a * x + b * x**2 / 2
        for v, t in zip(w, self.knots, strict=True):
            total = total + v * (rounded_cube(x - t, 1) - float(rounded_cube(-t, 1)))
        return total


def rounded_cube(u: Any, integral: int) -> Any:
    r""":math:`|u|^3` (0), its derivative over three :math:`u|u|` (-1) or its integral :math:`u|u|^3/4` (1)."""
    square = u * u + KNOT_ROUNDING
    if integral == -1:
        return u * square**0.5
    return square**1.5 if integral == 0 else u * square**1.5 / 4
