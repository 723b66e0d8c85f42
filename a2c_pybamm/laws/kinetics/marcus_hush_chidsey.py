"""Charge transfer between parabolas and the electrons of a metal, as PyBaMM approximates it, and the exact integral."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from a2c_pybamm.laws.kinetics.charge_transfer import reduced
from a2c_pybamm.laws.kinetics.error_function import complementary_error_function
from a2c_pybamm.laws.kinetics.marcus import Reorganizing
from a2c_pybamm.laws.law import Coefficients


@dataclass(frozen=True)
class MarcusHushChidsey(Reorganizing):
    r"""Current of electrons of all energies of a metal, which levels off beyond the reorganization energy.

    .. math:: i = i_0\,\frac{2\tanh(f/2)\,E(f)}{E(0)}, \qquad
        E(f) = \operatorname{erfc}\frac{\ell - \sqrt{1+\sqrt\ell+f^2}}{2\sqrt\ell}, \qquad
        f = \frac{F\eta}{RT}, \quad \ell = \frac\lambda{RT}

    with :math:`i_0` of `ChargeTransfer` at :math:`\alpha = \frac12`. This is Zeng's approximation, which PyBaMM solves; its
    exchange-current density is the prefactor of :math:`\sqrt{\pi\ell}\tanh(f/2)E(f)`. Against the integral itself
    (`chidsey_current`) it is a few per cent off at 0.35 eV and a quarter at 0.7 eV: `with_form_error` makes that a source.

    ====================  ==========================================  ======
    symbol                coefficient                                 unit
    ====================  ==========================================  ======
    :math:`\ln\lambda`    ``<m> charge transfer ln(lambda [eV])``     1
    ====================  ==========================================  ======

    References
    ----------
    Chidsey, Science 251, 919 (1991), eq. 4: the integral. Zeng, Smith, Bai and Bazant, J. Electroanal. Chem. 735, 77 (2014),
    eq. 17: the approximation.
    """

    kind: ClassVar[str] = "marcus-hush-chidsey"
    intercalation_kinetics: ClassVar[str] = "Marcus-Hush-Chidsey"
    coefficient_method: ClassVar[str] = "reorganization_energy"

    def prefactor(self, c: Coefficients, T: Any) -> Any:
        energy = reduced(self.reorganization_energy(c), T)
        return 2 / (np.sqrt(np.pi * energy) * _electrons(energy, 0.0))

    def relative_current(self, c: Coefficients, overpotential: Any, T: Any) -> Any:
        volts, energy = reduced(overpotential, T), reduced(self.reorganization_energy(c), T)
        return 2 * np.tanh(0.5 * volts) * _electrons(energy, volts) / _electrons(energy, 0.0)


def _electrons(energy: Any, volts: Any) -> Any:
    """E of the formula, for a reorganization energy and an overpotential in units of thermal energy."""
    return complementary_error_function((energy - np.sqrt(1 + np.sqrt(energy) + volts**2)) / (2 * np.sqrt(energy)))


@dataclass(frozen=True)
class ElectronGrid:
    """Energies over which the integral is summed; the integrand is smooth and falls like a Gaussian, so that sums converge."""

    step: float = 0.05
    """Distance of two energies in units of thermal energy: the sum is exact to 1e-14 from 0.5 down."""
    n_width: float = 12.0
    """Energies beyond the middle of the Gaussian, in its standard deviations: 1e-31 is left out."""


def chidsey_current(
    overpotential: ArrayLike, reorganization_energy: float, T: float, grid: ElectronGrid = ElectronGrid()
) -> NDArray[np.float64]:
    r"""Current over the exchange current of Marcus, Hush and Chidsey, from the integral itself [1].

    .. math:: \frac{i}{i_0} = \frac{k(f) - k(-f)}{k(0)}, \qquad
        k(f) = \int \frac{e^{-(x-\ell+f)^2/4\ell}}{1+e^{x}}\,\mathrm dx = e^{f} k(-f)

    Parameters
    ----------
    overpotential
        [V], positive for oxidation (n,).
    reorganization_energy
        :math:`\lambda` [eV].

    References
    ----------
    Chidsey, Science 251, 919 (1991), eq. 4.
    """
    volts, energy = reduced(np.asarray(overpotential, float), T), reduced(reorganization_energy, T)
    reach = energy + np.abs(volts).max(initial=0) + grid.n_width * np.sqrt(2 * energy)
    x = np.arange(-reach, reach, grid.step)
    occupied = np.exp(-np.logaddexp(0, x))

    def rate(f: Any) -> Any:
        return (np.exp(-((0.5 * (x - energy + np.asarray(f)[..., None])) ** 2) / energy) * occupied).sum(axis=-1)

    return np.asarray((rate(volts) - rate(-volts)) / rate(0.0))


MHC_FORM = "PyBaMM's Marcus-Hush-Chidsey form (approximation)"
"""Source of the distance of PyBaMM's form from the integral."""


def form_distance(reorganization_energy: float, T: float, largest_overpotential: float) -> float:
    """Largest distance of the currents' logarithms up to this overpotential [V]; positive where PyBaMM's is the smaller."""
    law = MarcusHushChidsey("X")
    volts = np.linspace(0, largest_overpotential)[1:]
    ours = law.relative_current({law.reorganization_name: np.log(reorganization_energy)}, volts, T)
    distance = np.log(chidsey_current(volts, reorganization_energy, T) / ours)
    return float(distance[np.argmax(np.abs(distance))])
