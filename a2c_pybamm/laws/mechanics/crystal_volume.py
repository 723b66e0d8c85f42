"""Volume of a crystal over composition: partial molar volume and volumetric strain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.laws.law import Coefficients, Count, coefficient
from a2c_pybamm.laws.legendre_polynomials import legendre, legendre_slopes
from a2c_pybamm.schema import conform_fields


@dataclass(frozen=True)
class CrystalVolume:
    r"""Volume per mole of sites, and the partial molar volume of the ions that fill them.

    .. math::
        V(x) = V_\mathrm{ref} + \sum_{k=0}^{p} \Omega_k \int_{x_\mathrm{ref}}^{x} P_k(u)\,\mathrm dx, \qquad
        \Omega(x) = N_\mathrm{A}\frac{\partial V}{\partial n} = \frac{\mathrm dV}{\mathrm dx} + \delta\Omega, \qquad
        u = \frac{2x - a - b}{b - a}

    with Legendre polynomials :math:`P_k` over the window :math:`[a, b]`; outside it :math:`\Omega` is that of the window's end.
    Order 0 is Vegard's law. The coefficients enter linearly, so that :math:`\Omega` may have either sign and none of the
    curves has a kink. The stress in a particle follows from :math:`\Omega`, the tangent, and its change of size from the
    secant, :math:`V(x)/V_\mathrm{ref} - 1`: the whole volumetric strain, three times the linear one of an isotropic crystal.
    :math:`\delta\Omega`, whose mean is 0, is the error of the slope by what a smooth curve leaves out: steps between two
    compositions, which hardly move V.

    ==========================  ==============================  ==========
    symbol                      coefficient                     unit
    ==========================  ==============================  ==========
    :math:`V_\mathrm{ref}`      ``<m> V_ref [m3.mol-1]``        m3.mol-1
    :math:`\Omega_0`            ``<m> Omega [m3.mol-1]``        m3.mol-1
    :math:`\Omega_k`            ``<m> Omega P<k> [m3.mol-1]``   m3.mol-1
    :math:`\delta\Omega`        ``<m> Omega local [m3.mol-1]``  m3.mol-1
    ==========================  ==============================  ==========
    """

    material: str
    order: Count = 0
    """p."""
    window: tuple[float, float] = (0.0, 1.0)
    """Compositions [a, b] over which the polynomials are orthogonal."""
    reference: float = 0.0
    """Composition at which the particle is free of deformation."""
    empty: float = 0.0
    """Composition where PyBaMM's stoichiometry is 0: its concentrations count only the ions beyond it."""
    kind: ClassVar[str] = "crystal-volume"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        a, b = self.window
        if not 0 <= a < b <= 1:
            raise ValueError(f"{self.material}: window {a:g} … {b:g} must rise within [0, 1]")
        if self.order < 0:
            raise ValueError(f"{self.material}: order = {self.order} is negative; give 0 or more")
        if not 0 <= self.empty <= self.reference <= 1:
            raise ValueError(
                f"{self.material}: reference {self.reference:g} must lie between {self.empty:g}, where PyBaMM's particle is "
                "empty, and 1"
            )

    @property
    def volume_name(self) -> str:
        """Name of the volume per mole of sites at the reference composition."""
        return coefficient(self.material, "V_ref", "m3.mol-1")

    @property
    def slope_names(self) -> tuple[str, ...]:
        """Names of the coefficients of the partial molar volume, by order."""
        higher = (coefficient(self.material, f"Omega P{k}", "m3.mol-1") for k in range(1, self.order + 1))
        return (coefficient(self.material, "Omega", "m3.mol-1"), *higher)

    @property
    def local_name(self) -> str:
        """Name of the departure of the partial molar volume from the slope of the smooth curve."""
        return coefficient(self.material, "Omega local", "m3.mol-1")

    @property
    def names(self) -> tuple[str, ...]:
        return (self.volume_name, *self.slope_names, self.local_name)

    def _inside(self, x: Any) -> Any:
        """The composition, or the nearest one of the window."""
        return np.minimum(np.maximum(x, self.window[0]), self.window[1])

    def _variable(self, x: Any) -> Any:
        """Variable u of the formula."""
        a, b = self.window
        return (2 * x - a - b) / (b - a)

    def integrals(self, x: Any) -> list[Any]:
        r"""Derivatives of V(x) by the :math:`\Omega_k`: :math:`\int_{x_\mathrm{ref}}^{x} P_k\,\mathrm dx`, for each k."""
        return [high - low for high, low in zip(self._primitives(x), self._primitives(self.reference), strict=True)]

    def _primitives(self, x: Any) -> list[Any]:
        r"""Integrals of the :math:`P_k` from the middle of the window: :math:`(P_{k+1} - P_{k-1})/(2k + 1)` in u."""
        inside = self._inside(x)
        u, half = self._variable(inside), 0.5 * (self.window[1] - self.window[0])
        terms = legendre(u, self.order + 1)
        inner = [u, *((terms[k + 1] - terms[k - 1]) / (2 * k + 1) for k in range(1, self.order + 1))]
        return [half * part + term * (x - inside) for part, term in zip(inner, terms, strict=False)]

    def terms(self, x: Any) -> list[Any]:
        r"""Derivatives of :math:`\Omega(x)` by the :math:`\Omega_k`."""
        return legendre(self._variable(self._inside(x)), self.order)

    def partial_molar_volume(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\Omega` [m3.mol-1], the same at every temperature."""
        smooth = sum(c[name] * term for name, term in zip(self.slope_names, self.terms(x), strict=True))
        return smooth + c[self.local_name]

    def partial_molar_volume_slope(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\mathrm d\Omega/\mathrm dx` [m3.mol-1]; outside the window that of its end."""
        slopes = legendre_slopes(self._variable(self._inside(x)), self.order)
        return sum(c[name] * slope for name, slope in zip(self.slope_names, slopes, strict=True)) * self._variable_slope

    @property
    def _variable_slope(self) -> float:
        return 2 / (self.window[1] - self.window[0])

    def site_volume(self, c: Coefficients, x: Any, T: Any) -> Any:
        """V, the volume per mole of sites [m3.mol-1]."""
        parts = (c[name] * part for name, part in zip(self.slope_names, self.integrals(x), strict=True))
        return c[self.volume_name] + sum(parts)

    def volume_change(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`V(x)/V_\mathrm{ref} - 1` [1]."""
        parts = (c[name] * part for name, part in zip(self.slope_names, self.integrals(x), strict=True))
        return sum(parts) / c[self.volume_name]

    def reference_concentration(self, c: Coefficients) -> Any:
        """Concentration of ions at the reference composition as PyBaMM counts it [mol.m-3]."""
        return (self.reference - self.empty) / c[self.volume_name]
