r"""Free energy of a host whose voltage is a cubic spline of :math:`\ln[x/(1-x)]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
from a2c_pybamm.ions import DEFAULT_ION
from a2c_pybamm.laws.law import TERM_LIMIT, Coefficients, Count, coefficient
from a2c_pybamm.laws.thermodynamics.expansion import Array, Expansion
from a2c_pybamm.laws.thermodynamics.ion import IonSymbol
from a2c_pybamm.laws.thermodynamics.logit_basis import LogitBasis, logit, logit_basis, weighted_sum
from a2c_pybamm.laws.thermodynamics.spline_potential import rounded_cube
from a2c_pybamm.schema import Temperature, conform_fields

SOFTNESS = 1e-3
r"""Scale :math:`\sigma` of the positive slopes: a larger :math:`\Theta(1-x)` is nearly linear in its coordinate, so that its
mean under a Gaussian is that at the mean; a smaller one stays positive. With 0.05, 0.01, 0.003 and 0.0005 intervals of the
slopes of graphite's plateaus held 62, 74, 88 and 95 % of x."""


LOWEST_COORDINATE = -1e3
r"""Coordinate below which a slope stays as it is, :math:`10^{-9}`: beyond, round-off would make it zero."""


SHOWN_KNOTS = 5
"""Knots that a message lists."""


def positive(u: Any) -> Any:
    r""":math:`\frac{1}{2}\left(u + \sqrt{u^2 + 4\sigma^2}\right)`, constant below `LOWEST_COORDINATE`."""
    bounded = np.maximum(u, LOWEST_COORDINATE)
    return (bounded + (bounded * bounded + 4 * SOFTNESS**2) ** 0.5) / 2


def positive_coordinate(s: Any) -> Any:
    r""":math:`u = s - \sigma^2/s`: the inverse of ``positive``."""
    return s - SOFTNESS**2 / s


@dataclass(frozen=True)
class LogitSpline(Expansion):
    r"""Free energy whose voltage is a cubic spline of :math:`z = \ln[x/(1-x)]`, straight beyond its knots.

    .. math::
        \Theta(1-x) = \sum_k s_k B_k(z), \qquad
        U = U_0 - \frac{RT_r}{F}\sum_k s_k I_k(z) \quad (T = T_r), \qquad I_k = \int B_k\,dz

    with quadratic B-splines that sum to one. All :math:`s_k = 1` is the ideal lattice gas. As an expansion about ideal mixing
    its interactions are :math:`L_k = RT_r(s_k - 1)/F`. With ``shape="stable"`` the coefficients are :math:`u_k` with
    :math:`s_k = \frac12(u_k + \sqrt{u_k^2 + 4\sigma^2})`, :math:`\sigma = 10^{-3}`: every set of coefficients is a host of one
    phase at the reference temperature, and where :math:`\Theta(1-x)` is larger than :math:`\sigma`, :math:`u_k` is that number
    itself. With ``shape="plain"`` they are the :math:`s_k`, which may be negative: a host that separates into phases.

    ====================  =======================================  ============
    symbol                coefficient                              unit
    ====================  =======================================  ============
    mean of U             ``<m> mean voltage <a>–<b> [V]``         V
    :math:`u_k, s_k`      ``<m> u(<x_k>) [1]``, ``<m> s(<x_k>)``   1
    :math:`\Delta s`      ``<m> vibrational ds/dx [J.mol-1.K-1]``  J/mol/K
    :math:`S_k`           ``<m> S<k> [J.mol-1.K-1]``               J/mol/K
    ====================  =======================================  ============

    :math:`x_k` is the composition in the middle of :math:`B_k`.

    References
    ----------
    de Boor, A Practical Guide to Splines (2001), ch. IX; Ramsay, J. R. Stat. Soc. B 60, 365 (1998), for monotone curves by a
    slope that is positive in all coordinates.
    """

    material: str
    knots: Annotated[tuple[float, ...], TERM_LIMIT]
    """Compositions of the knots, ascending inside (0, 1), at least three."""
    window: tuple[float, float] = (0.0, 1.0)
    """Compositions between which the mean voltage is taken."""
    shape: Literal["stable", "plain"] = "stable"
    """Coordinates of the slopes."""
    reference_temperature: Temperature = STANDARD_TEMPERATURE
    """Temperature [K] at which the mean voltage and the slopes hold."""
    entropies: Count = 0
    """Number of excess entropies; all slopes have one if any has."""
    ion: IonSymbol = DEFAULT_ION
    """Symbol of the ion that the host takes up, against whose metal voltages are counted."""
    kind: ClassVar[str] = "logit-spline"
    first_order: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        if len(self.knots) < 3 or not (np.diff(self.knots) > 0).all() or not (self.knots[0] > 0 and self.knots[-1] < 1):
            shown = ", ".join(f"{x:g}" for x in self.knots[:SHOWN_KNOTS]) + (", …" if len(self.knots) > SHOWN_KNOTS else "")
            raise ValueError(f"{self.material}: knots ({shown}) must be three or more compositions, ascending inside (0, 1)")
        self._validate_expansion()

    @property
    def basis(self) -> LogitBasis:
        """B-splines and their integrals."""
        return logit_basis(self.knots)

    @property
    def interaction_names(self) -> tuple[str, ...]:
        """Names of the slopes' coordinates."""
        symbol = "u" if self.shape == "stable" else "s"
        return tuple(coefficient(self.material, f"{symbol}({x:.5g})", "1") for x in self.basis.places)

    def interactions(self, c: Coefficients) -> list[Any]:
        """L_k [eV]."""
        thermal = GAS_CONSTANT * self.reference_temperature / FARADAY
        slope = positive if self.shape == "stable" else lambda s: s
        return [thermal * (slope(c[name]) - 1) for name in self.interaction_names]

    def interaction_coordinates(self, interactions: Array) -> tuple[Array, Array]:
        """Coordinates at given L_k [eV], and their Jacobian.

        Raises
        ------
        ValueError
            If a slope is not positive and the coordinates are those of a stable host.
        """
        thermal = GAS_CONSTANT * self.reference_temperature / FARADAY
        slopes = 1 + interactions / thermal
        if self.shape == "plain":
            return slopes, np.eye(len(slopes)) / thermal
        if not (slopes > 0).all():
            x = self.basis.places[int(np.argmin(slopes))]
            raise ValueError(
                f"the slope of the voltage has the wrong sign at x = {x:.3g} (the host separates into phases); "
                "take shape='plain' and a treatment of the gap"
            )
        return positive_coordinate(slopes), np.diag((1 + (SOFTNESS / slopes) ** 2) / thermal)

    def excess(self, amplitudes: Sequence[Any], x: Any, derivative: int = 0) -> Any:
        """Sum of the amplitudes times the terms, or times their first or second derivatives."""
        basis = self.basis
        values = [*amplitudes, *[0.0] * (len(basis.means) - len(amplitudes))]
        if derivative == 0:
            return basis.integral(x, values)
        z = logit(x)
        inner = np.minimum(np.maximum(z, float(basis.knots[0])), float(basis.knots[-1]))
        cubes = [weighted_sum(values, row) for row in basis.cubes]
        middle = (values[0] + values[-1]) / 2
        if derivative == 2:
            slope = middle + sum(3 * w * rounded_cube(inner - t, -1) for w, t in zip(cubes, basis.knots.tolist(), strict=True))
            return slope / (x * (1 - x))
        curve = middle * inner + sum(w * rounded_cube(inner - t, 0) for w, t in zip(cubes, basis.knots.tolist(), strict=True))
        before = np.minimum(z - float(basis.knots[0]), 0.0)
        beyond = np.maximum(z - float(basis.knots[-1]), 0.0)
        return curve + values[0] * before + values[-1] * beyond - weighted_sum(values, basis.means)
