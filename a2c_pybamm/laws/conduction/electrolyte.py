"""Transport and thermodynamic factor of a liquid electrolyte over concentration and temperature: one law of four functions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
from a2c_pybamm.laws.conduction.limiting_slopes import (
    LIMITING,
    electrophoretic_slope,
    relaxation_slope,
    thermodynamic_slope,
    validate_permittivity,
)
from a2c_pybamm.laws.conduction.onsager import salt_diffusivity
from a2c_pybamm.laws.conduction.temperature_form import arrhenius_scale, vogel_scale
from a2c_pybamm.laws.law import Coefficients, Count, coefficient, log_coefficient
from a2c_pybamm.schema import Above, Temperature, conform_fields


@dataclass(frozen=True)
class TransportRange:
    """Concentrations and temperatures on which laws of electrolytes are meant to be used."""

    least_concentration: float = 1e-3
    """Concentration [mol.m-3] below which a law is held: solvers try zero and less, where a square root has no slope."""
    highest_concentration: float = 5000.0
    """Salts dissolve up to about this concentration [mol.m-3]."""
    coldest: float = 243.0
    """Lowest temperature [K]: -30 °C."""
    warmest: float = 343.0
    """Highest temperature [K]: 70 °C."""
    n_point: int = 41
    """Points of either at which a law is scanned."""

    @property
    def grid(self) -> tuple[Any, Any]:
        """Concentrations [mol.m-3] (n_point, 1) and temperatures [K] (n_point,) over all of it."""
        concentrations = np.linspace(self.least_concentration, self.highest_concentration, self.n_point)
        return concentrations[:, None], np.linspace(self.coldest, self.warmest, self.n_point)


RANGE = TransportRange()
"""Range of all electrolytes."""


@dataclass(frozen=True)
class PossiblePlaces:
    """Concentrations and temperatures at which an electrolyte is a liquid; others are slips of units."""

    highest_concentration: float = 20_000.0
    """[mol.m-3]: no liquid holds 20 mol/L of a salt."""
    coldest: float = 150.0
    """[K]: solvents of electrolytes are glasses or crystals below."""
    warmest: float = 1000.0
    """[K]: molten salts."""

    def holds(self, c_e: float, T: float) -> bool:
        """True for a possible place."""
        return 0 < c_e <= self.highest_concentration and self.coldest <= T <= self.warmest


POSSIBLE = PossiblePlaces()
"""Places of all electrolytes."""
FUNCTIONS = ("ln(kappa)", "t_plus", "ln(L_s)", "ln(TDF)")
"""Quantities that a series in the concentration's square root takes from the dilute limit to any concentration."""


@dataclass(frozen=True)
class ElectrolyteTransport:
    r"""Conductivity, transference number, diffusivity and thermodynamic factor of a 1:1 salt in a solvent.

    .. math::
        \kappa = \frac{F^2c}{RT}D_0\,e^{f_\kappa}, \quad t_+ = t_0 + f_t, \quad
        L_s = \frac{c}{RT}\frac{D_0}{4}(4t_0(1 - t_0))^h\,e^{f_s}, \quad \mathrm{TDF} = e^{f_\gamma}, \quad
        D_e = \frac{2RT}{c}L_s\,\mathrm{TDF}

    with the diffusivities :math:`D_+ = t_0D_0` and :math:`D_- = (1 - t_0)D_0` of the ions at infinite dilution, where every
    :math:`f` vanishes and :math:`h = e^{-(u/u_h)^2}` is one: the limit is that of Nernst and Planck,
    :math:`D_e = 2D_+D_-/(D_+ + D_-)`. At the concentrations of runs h is zero, so that what they say of :math:`L_s` does not
    depend on a :math:`t_0` that they leave open. :math:`L_s` is the salt's Onsager coefficient, and with
    :math:`K = \kappa/F^2` the matrix of both ions is

    .. math:: L_{++} = L_s + t_+^2K, \qquad L_{+-} = L_s - t_+t_-K, \qquad L_{--} = L_s + t_-^2K,

    positive semi-definite for any :math:`t_+`. So :math:`\kappa`, :math:`D_e` and TDF are positive whatever the coefficients,
    and :math:`t_+` is free: values outside [0, 1] are possible. One draw of the coefficients is one electrolyte in all four.

    .. math::
        f(c,T) = \sum_{k=1}^{p}\;\sum_{j \le q,\;2j \le p + 1 - k} a_{kj}\,u^k\tau^j, \qquad
        u = \frac{\sqrt m}{1 + \sqrt m/b}, \quad \tau = 10\,\theta, \qquad
        \ln D_0 = A - \frac{E}{k_BT_r}\theta + B_2\tau^2 + B_3\tau^3, \quad \ln\frac{t_0}{1 - t_0} = \lambda + \lambda_1\tau

    with :math:`m = c/(1\,\mathrm{mol/L})`, so that the series begins with :math:`\sqrt c`, as the limiting laws of Debye,
    Hückel and Onsager do, and is bounded at high concentrations. :math:`\theta = (1 - w)\theta_A + w\theta_V` is the
    temperature by Arrhenius (:math:`w = 0`) and by Vogel, Fulcher and Tammann (:math:`w = 1`), both of slope
    :math:`-1/T_r` at the reference temperature. With the solvent's permittivity the first slope of :math:`f_\gamma` is Debye
    and Hückel's, with its viscosity beside those of :math:`f_\kappa` and :math:`f_t` Onsager's, and they are no coefficients.

    ============================  ====================================  ======
    symbol                        coefficient                           unit
    ============================  ====================================  ======
    :math:`A`                     ``<m> ln(D+ + D- [m2.s-1])``          1
    :math:`E`                     ``<m> E_a [eV]``                      eV
    :math:`B_2, B_3`              ``<m> ln(D+ + D-) T2 [1]``, ``T3``    1
    :math:`\lambda, \lambda_1`    ``<m> ln(D+/D-) T0 [1]``, ``T1``      1
    :math:`w` (both forms)        ``<m> VFT weight [1]``                1
    :math:`a_{kj}` of a quantity  ``<m> ln(kappa) u<k>T<j> [1]``, …     1
    ============================  ====================================  ======

    Quantities are in the frame of the solvent, as PyBaMM's equation for the potential has them. Below
    :math:`10^{-3}` mol.m-3 the values are those there.

    References
    ----------
    Newman and Thomas-Alyea, Electrochemical Systems, 3rd ed. (2004), chapter 12: :math:`\mathcal D`, :math:`t_+` and TDF of a
    binary salt. Fong, Bergstrom, McCloskey and Mandadapu, AIChE J. 66, e17091 (2020): the Onsager matrix of electrolytes.
    """

    material: str
    order: Count = 5
    """p; bars that are calibrated are those of 5, and more terms reach far beyond the runs."""
    temperature_order: Count = 2
    """q."""
    temperature: Literal["both", "arrhenius", "vft"] = "both"
    reference_temperature: Temperature = STANDARD_TEMPERATURE
    """:math:`T_r` [K]."""
    vogel_temperature: Annotated[float, Above(0, "K")] = 170.0
    """:math:`T_0` [K], of liquid carbonates between 150 and 200 K."""
    damping: Annotated[float, Above(0, "(mol/L)^(1/2)")] = 3.0
    """b [(mol/L)^(1/2)]."""
    limit_range: float = 0.2
    """:math:`u_h`: of 0.05 mol/L; 0 where h is one at every concentration."""
    permittivity: float = 0.0
    """Relative permittivity of the solvent; 0 where the first slopes are coefficients, as in solvents in which ions pair."""
    viscosity: float = 0.0
    """Viscosity of the solvent at the reference temperature [Pa.s]; 0 where the first slopes of transport are coefficients."""
    temperature_scale: ClassVar[float] = 0.1
    """Value of :math:`\\theta` where :math:`\\tau` is one: 27 K from 25 °C by Arrhenius' law."""
    equal_share: ClassVar[int] = 4
    r"""Of ions of equal diffusivity :math:`1/t_0(1 - t_0)`."""
    kind: ClassVar[str] = "electrolyte-transport"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        for name in ("order", "temperature_order"):
            if getattr(self, name) < (name == "order"):
                raise ValueError(f"{self.material}: {name} = {getattr(self, name)} is too low; give 1 or more (temperature: 0)")
        if not self.vogel_temperature < min(RANGE.coldest, self.reference_temperature):
            raise ValueError(
                f"{self.material}: Vogel temperature {self.vogel_temperature:g} K; give one below {RANGE.coldest:g} K and the "
                "reference temperature: there the electrolyte is a glass"
            )
        if self.limit_range < 0:
            raise ValueError(f"{self.material}: limit_range {self.limit_range:g} is negative; give 0 or more")
        if self.permittivity < 0 or self.viscosity < 0 or (self.viscosity and not self.permittivity):
            raise ValueError(
                f"{self.material}: permittivity {self.permittivity:g}, viscosity {self.viscosity:g} Pa.s; give none, the "
                "first, or both, as positive numbers"
            )
        if self.permittivity:
            validate_permittivity(self.material, self.reference_temperature, self.permittivity)

    # ---- names -------------------------------------------------------------------------------------------------------

    @cached_property
    def limit_names(self) -> tuple[str, ...]:
        """Coefficients of the ions at infinite dilution: diffusivity, energy and two curvatures, then two of the ratio."""
        return (
            log_coefficient(self.material, "D+ + D-", "m2.s-1"),
            coefficient(self.material, "E_a", "eV"),
            *(coefficient(self.material, f"ln(D+ + D-) {power}", "1") for power in ("T2", "T3")),
            *(coefficient(self.material, f"ln(D+/D-) T{j}", "1") for j in (0, 1)),
        )

    @property
    def weight_name(self) -> str:
        """Name of the weight of Vogel, Fulcher and Tammann's law beside Arrhenius', a coefficient of laws of both."""
        return coefficient(self.material, "VFT weight", "1")

    @cached_property
    def series(self) -> dict[str, dict[str, tuple[int, int]]]:
        """Coefficients of the series of each of the `FUNCTIONS`, with their powers (k, j) of u and of the temperature."""
        fixed = {"ln(TDF)": self.permittivity, "ln(kappa)": self.viscosity, "t_plus": self.viscosity}
        return {
            function: {
                coefficient(self.material, f"{function} u{k}T{j}", "1"): (k, j)
                for k in range(2 if fixed.get(function) else 1, self.order + 1)
                for j in range(min(self.temperature_order, (self.order + 1 - k) // 2) + 1)
            }
            for function in FUNCTIONS
        }

    @cached_property
    def names(self) -> tuple[str, ...]:
        weight = (self.weight_name,) if self.temperature == "both" else ()
        return (*self.limit_names, *weight, *(name for terms in self.series.values() for name in terms))

    # ---- parts -------------------------------------------------------------------------------------------------------

    def scaled_root(self, c_e: Any) -> Any:
        """Scaled root u of a concentration [mol.m-3]."""
        root = np.sqrt(np.maximum(c_e, RANGE.least_concentration) / LIMITING.molar)
        return root / (1 + root / self.damping)

    def theta(self, c: Coefficients, T: Any) -> Any:
        r""":math:`\theta`, 0 at the reference temperature and falling with temperature."""
        arrhenius = arrhenius_scale(T, self.reference_temperature)
        if self.temperature == "arrhenius":
            return arrhenius
        vogel = vogel_scale(T, self.reference_temperature, self.vogel_temperature)
        return vogel if self.temperature == "vft" else arrhenius + c[self.weight_name] * (vogel - arrhenius)

    def dilute_diffusivity(self, c: Coefficients, T: Any) -> Any:
        """Sum of the diffusivities of cation and anion at infinite dilution [m2.s-1]."""
        theta = self.theta(c, T)
        size, energy, square, cube = (c[name] for name in self.limit_names[:-2])
        per_energy = ELEMENTARY_CHARGE / (BOLTZMANN * self.reference_temperature)
        tau = theta / self.temperature_scale
        return np.exp(size - energy * per_energy * theta + (square + cube * tau) * tau**2)

    def _log_ratio(self, c: Coefficients, T: Any) -> Any:
        """Logarithm of the ratio of both diffusivities at infinite dilution."""
        constant, slope = (c[name] for name in self.limit_names[-2:])
        return constant + slope * self.theta(c, T) / self.temperature_scale

    def dilute_transference(self, c: Coefficients, T: Any) -> Any:
        r""":math:`t_0`, the cation's share of that sum."""
        return (1 + np.tanh(self._log_ratio(c, T) / 2)) / 2

    def _series(self, c: Coefficients, function: str, u: Any, T: Any) -> Any:
        """Series f of one quantity, but for slopes that the solvent fixes; powers of u in Horner's scheme."""
        tau = self.theta(c, T) / self.temperature_scale
        by_power: dict[int, Any] = {}
        for name, (k, j) in self.series[function].items():
            by_power[k] = by_power.get(k, 0.0) + c[name] * tau**j
        total: Any = 0.0
        for k in range(self.order, 0, -1):
            total = u * (total + by_power.get(k, 0.0))
        return total

    def _flow_slope(self, c: Coefficients, T: Any) -> Any:
        """Electrophoretic slope of the molar conductivity's logarithm; 0 without the solvent's viscosity."""
        if not self.viscosity:
            return 0.0
        at_reference = self.viscosity * np.exp(c[self.limit_names[0]])
        return electrophoretic_slope(T, self.permittivity, BOLTZMANN * self.reference_temperature / at_reference)

    # ---- PyBaMM's functions ------------------------------------------------------------------------------------------

    def electrolyte_conductivity(self, c: Coefficients, c_e: Any, T: Any) -> Any:
        r""":math:`\kappa` [S.m-1]."""
        u = self.scaled_root(c_e)
        exponent = self._series(c, "ln(kappa)", u, T)
        if self.viscosity:
            exponent = exponent + u * (self._flow_slope(c, T) + relaxation_slope(T, self.permittivity))
        ions = np.maximum(c_e, RANGE.least_concentration) * self.dilute_diffusivity(c, T)
        return FARADAY**2 / (GAS_CONSTANT * T) * ions * np.exp(exponent)

    def cation_transference_number(self, c: Coefficients, c_e: Any, T: Any) -> Any:
        r""":math:`t_+` in the frame of the solvent."""
        u, dilute = self.scaled_root(c_e), self.dilute_transference(c, T)
        flow = u * self._flow_slope(c, T) * (0.5 - dilute) if self.viscosity else 0.0
        return dilute + flow + self._series(c, "t_plus", u, T)

    def salt_onsager_coefficient(self, c: Coefficients, c_e: Any, T: Any) -> Any:
        r""":math:`L_s` [mol2.J-1.m-1.s-1], the salt's flux over the gradient of its chemical potential."""
        ratio, u = self._log_ratio(c, T), self.scaled_root(c_e)
        near = np.exp(-((u / self.limit_range) ** 2)) if self.limit_range else 1.0
        salt = np.maximum(c_e, RANGE.least_concentration) / (GAS_CONSTANT * T)
        equal_ions = salt * self.dilute_diffusivity(c, T) / self.equal_share
        unequal = np.log(self.equal_share / (2 + np.exp(ratio) + np.exp(-ratio)))  # ln 4t0(1 - t0)
        return equal_ions * np.exp(near * unequal + self._series(c, "ln(L_s)", u, T))

    def electrolyte_thermodynamic_factor(self, c: Coefficients, c_e: Any, T: Any) -> Any:
        r""":math:`1 + \mathrm d\ln f_\pm/\mathrm d\ln c`."""
        u = self.scaled_root(c_e)
        exponent = self._series(c, "ln(TDF)", u, T)
        return np.exp(exponent + u * thermodynamic_slope(T, self.permittivity) if self.permittivity else exponent)

    def electrolyte_diffusivity(self, c: Coefficients, c_e: Any, T: Any) -> Any:
        r""":math:`D_e` [m2.s-1]."""
        factor = self.electrolyte_thermodynamic_factor(c, c_e, T)
        return salt_diffusivity(self.salt_onsager_coefficient(c, c_e, T), np.maximum(c_e, RANGE.least_concentration), T, factor)
