"""Hosts with several kinds of sites: occupied fraction explicit in voltage, as in the multi-species, multi-reaction model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
from a2c_pybamm.ions import DEFAULT_ION
from a2c_pybamm.laws.law import Coefficients, Count, coefficient, log_coefficient
from a2c_pybamm.laws.thermodynamics.free_energy import PhaseForming
from a2c_pybamm.laws.thermodynamics.ion import IonSymbol
from a2c_pybamm.schema import Temperature, conform_fields

LARGEST_EXPONENT = 700.0
"""Largest argument of exp: above 709 it overflows, and a site whose exponent is 700 is empty to 300 digits."""
LEAST_SLOPE = 1e-12
"""Smallest -dx/dU [V-1] that is distinguished from zero: below it the rounding of x moves U by more than 0.1 mV.

It is reached where x equals, to 11 digits, the fraction at which some sites are full and the next ones, far below in
voltage, still empty; there U lies somewhere between the two and its derivatives are those of this slope."""
N_SITE_HALVING = 16
"""Halvings of the search for a voltage: of 3 V they leave a thirtieth of RT/F for an ideality factor of 0.05."""
N_SITE_NEWTON = 4
"""Newton's steps after the halvings: each squares the relative error, which four bring from a thirtieth to round-off."""


def boltzmann(z: Any) -> Any:
    r""":math:`e^z`, so that a site's occupancy is :math:`1/(1+e^z)` with :math:`z = (U-U_j)/w_j`."""
    return np.exp(np.minimum(z, LARGEST_EXPONENT))


def occupation(U: Any, voltages: Sequence[Any], widths: Sequence[Any], fractions: Sequence[Any]) -> tuple[Any, Any]:
    r""":math:`x = \sum_j X_j\theta_j`, and its slope :math:`-\partial x/\partial U = \sum_j X_j\theta_j(1-\theta_j)/w_j`."""
    filled: Any = 0.0
    slope: Any = 0.0
    for voltage, width, fraction in zip(voltages, widths, fractions, strict=True):
        e = boltzmann((U - voltage) / width)
        theta = 1 / (1 + e)
        filled = filled + fraction * theta
        slope = slope + fraction * theta * (e * theta) / width
    return filled, slope


def refine(U: Any, x: Any, voltages: Sequence[Any], widths: Sequence[Any], fractions: Sequence[Any]) -> Any:
    """One Newton step towards the voltage at which the fraction x is occupied; it brings the exact derivative with it."""
    filled, slope = occupation(U, voltages, widths, fractions)
    return U + (filled - x) / np.maximum(slope, LEAST_SLOPE)


def search(x: Any, voltages: Sequence[Any], widths: Sequence[Any], fractions: Sequence[Any]) -> Any:
    r"""Voltage at which the fraction x is occupied, of real numbers or another library's real expressions.

    The root lies between the lowest and the highest :math:`U_j + w_j\ln[(1-x)/x]`: at the one no site is emptier than x, at the
    other none is fuller. Halvings first, whose count does not depend on the numbers, then Newton's method.
    """
    mixing = np.log((1 - x) / x)
    low = high = voltages[0] + widths[0] * mixing
    for voltage, width in zip(voltages[1:], widths[1:], strict=True):
        end = voltage + width * mixing
        low, high = np.minimum(low, end), np.maximum(high, end)
    U, step = low, high - low
    for _ in range(N_SITE_HALVING):
        step = step / 2
        U = U + step * (occupation(U + step, voltages, widths, fractions)[0] > x)
    for _ in range(N_SITE_NEWTON):
        U = refine(U, x, voltages, widths, fractions)
    return U


@singledispatch
def invert(x: Any, voltages: Sequence[Any], widths: Sequence[Any], fractions: Sequence[Any]) -> Any:
    """Voltage at which the fraction x is occupied; floats, arrays and complex numbers here.

    Symbols of other libraries register their own version, so that laws need not import them. The search is in real numbers; an
    imaginary part is carried to first order, so that complex steps are exact.
    """
    near = search(np.real(x), *(list(map(np.real, values)) for values in (voltages, widths, fractions)))
    step = refine(near, x, voltages, widths, fractions) - near
    return near + (step - np.real(step))  # the real part is round-off, which a flat tail magnifies


@dataclass(frozen=True)
class SiteSum(PhaseForming):
    r"""Free energy of an ion on several kinds of sites, each a lattice gas with an ideality factor.

    .. math::
        x(U,T) = \sum_j X_j\theta_j, \qquad \theta_j = \frac{1}{1 + e^{(U - U_j(T))/w_j}}, \qquad w_j = \frac{\omega_j RT}{zF},
        \qquad U_j(T) = U_j + \frac{(T - T_r)(\Delta s - s_\mathrm{M})}{zF}

    :math:`x` is the occupied fraction of sites and :math:`\sum_j X_j = 1`; the voltage is implicit in it. Every set of
    coefficients makes a host of a single phase. One kind of site with :math:`\omega = 1` is the ideal lattice gas. Where a
    fraction of sites is full and the next far below in voltage, :math:`U` falls as a step; within 1e-11 of it in :math:`x`
    the derivatives are those of ``LEAST_SLOPE``.

    =====================  =======================================  =======
    symbol                 coefficient                              unit
    =====================  =======================================  =======
    :math:`U_j`            ``<m> U<j> [V]``                         V
    :math:`\ln\omega_j`    ``<m> ln(omega<j> [1])``                 1
    :math:`\ln(X_j/X_J)`   ``<m> ln(X<j>/X<J>)``, j < J             1
    :math:`\Delta s`       ``<m> vibrational ds/dx [J.mol-1.K-1]``  J/mol/K
    =====================  =======================================  =======

    References
    ----------
    Verbrugge, Baker, Koch, Xiao and Gu, J. Electrochem. Soc. 164, E3243 (2017): the sum over sites and its ideality factors.
    """

    material: str
    n_site: Count
    """Number of kinds of sites, J."""
    reference_temperature: Temperature = STANDARD_TEMPERATURE
    """Temperature [K] at which the site voltages hold."""
    ion: IonSymbol = DEFAULT_ION
    """Symbol of the ion that the host takes up, against whose metal voltages are counted."""
    kind: ClassVar[str] = "site-sum"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        if self.n_site < 1:
            raise ValueError(f"{self.material}: n_site is {self.n_site!r}; a host has at least one kind of site")

    @property
    def voltage_names(self) -> tuple[str, ...]:
        return tuple(coefficient(self.material, f"U{j}", "V") for j in range(1, self.n_site + 1))

    @property
    def ideality_names(self) -> tuple[str, ...]:
        return tuple(log_coefficient(self.material, f"omega{j}", "1") for j in range(1, self.n_site + 1))

    @property
    def ratio_names(self) -> tuple[str, ...]:
        """Names of the logarithmic ratios of the fractions to the last one."""
        return tuple(f"{self.material} ln(X{j}/X{self.n_site})" for j in range(1, self.n_site))

    @property
    def entropy_name(self) -> str:
        return coefficient(self.material, "vibrational ds/dx", "J.mol-1.K-1")

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.voltage_names, *self.ideality_names, *self.ratio_names, self.entropy_name)

    def site_fractions(self, c: Coefficients) -> list[Any]:
        """X_1 … X_J, which sum to one."""
        weights = [*(np.exp(c[name]) for name in self.ratio_names), 1.0]
        total: Any = 0.0
        for weight in weights:
            total = total + weight
        return [weight / total for weight in weights]

    def site_fraction(self, c: Coefficients, index: int) -> Any:
        """X_j of the kind of site with this index; the first has 0."""
        return self.site_fractions(c)[index]

    def ideality_factor(self, c: Coefficients, index: int) -> Any:
        r""":math:`\omega_j` of the kind of site with this index; the first has 0."""
        return np.exp(c[self.ideality_names[index]])

    def site_voltage(self, c: Coefficients, index: int, T: Any) -> Any:
        r""":math:`U_j(T)` [V] of the kind of site with this index; the first has 0."""
        return c[self.voltage_names[index]] + self._shift(c, T)

    def stoichiometry(self, c: Coefficients, U: Any, T: Any) -> Any:
        """Occupied fraction x at a voltage."""
        return occupation(U - self._shift(c, T), *self._sites(c, T))[0]

    def open_circuit_voltage(self, c: Coefficients, x: Any, T: Any) -> Any:
        """U [V] at which x is occupied, 0 < x < 1."""
        return self._voltage(c, x, T) + self._shift(c, T)

    def entropic_change(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\partial U/\partial T = (\Delta s - s_\mathrm{M})/zF + \sum_j a_j [U - U_j(T)] / (T\sum_j a_j)` [V.K-1].

        :math:`a_j = X_j\theta_j(1-\theta_j)/w_j`.
        """
        U, sites = self._voltage(c, x, T), self._sites(c, T)
        moment: Any = 0.0
        for site in zip(*sites, strict=True):
            moment = moment + occupation(U, *([value] for value in site))[1] * (U - site[0])
        steepness = np.maximum(occupation(U, *sites)[1], LEAST_SLOPE)
        return moment / steepness / T + (c[self.entropy_name] - self.metal_entropy) / (self.valence * FARADAY)

    def thermodynamic_factor(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\Theta = -\frac{xzF}{RT}\frac{\partial U}{\partial x} = \frac{xzF}{RT}\Big/\sum_j a_j`, always positive."""
        slope = occupation(self._voltage(c, x, T), *self._sites(c, T))[1]
        return x * (self.valence * FARADAY) / (GAS_CONSTANT * T) / np.maximum(slope, LEAST_SLOPE)

    def free_energy(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`g(x) - g(0) - x\mu_\mathrm{M}` [J.mol-1], 0 < x < 1.

        :math:`\sum_j X_j\{-zF U_j(T)\theta_j + \omega_j RT[\theta_j\ln\theta_j + (1-\theta_j)\ln(1-\theta_j)]\}`.
        """
        U = self._voltage(c, x, T)
        energy: Any = 0.0
        for voltage, width, fraction in zip(*self._sites(c, T), strict=True):
            z = (U - voltage) / width
            # even in z; with |z| nothing cancels on the tails, where dU/dx magnifies what round-off leaves
            distance = np.maximum(z, -z)
            rare = np.exp(-distance)
            mixing = -distance * rare / (1 + rare) - np.log(1 + rare)
            energy = energy + fraction * (width * mixing - voltage / (1 + boltzmann(z)))
        return self.valence * FARADAY * (energy - x * self._shift(c, T))

    def _shift(self, c: Coefficients, T: Any) -> Any:
        """Part of the voltage [V] from vibrations and the metal's entropy, the same for all sites."""
        return (T - self.reference_temperature) * (c[self.entropy_name] - self.metal_entropy) / (self.valence * FARADAY)

    def _sites(self, c: Coefficients, T: Any) -> tuple[list[Any], list[Any], list[Any]]:
        """Voltages at the reference temperature [V], widths [V] and fractions of the sites."""
        thermal = GAS_CONSTANT * T / (self.valence * FARADAY)
        widths = [np.exp(c[name]) * thermal for name in self.ideality_names]
        return [c[name] for name in self.voltage_names], widths, self.site_fractions(c)

    def _voltage(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Voltage without the shift [V]."""
        return invert(x, *self._sites(c, T))
