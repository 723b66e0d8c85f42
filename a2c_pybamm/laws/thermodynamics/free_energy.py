r"""Abstract bases of every free-energy law; chemical potential and activity, which follow from the voltage of all of them.

Signs: :math:`x` is the occupied fraction of sites, :math:`\mu = \partial g/\partial x`, and
:math:`U = -(1/zF)\,(\partial g/\partial x - \mu_\mathrm{M})` with the valence :math:`z` of the ion and the chemical potential
:math:`\mu_\mathrm{M}` of its metal (`ion`).

A base has abstract methods, which a law writes, and final ones, which none overrides. A class of another package that has all
of the quantities and does not inherit counts as a subclass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, final

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.ions import IONS
from a2c_pybamm.laws.law import Coefficients
from a2c_pybamm.laws.thermodynamics.ion import ion_of

LITHIUM_ENTROPY = IONS["Li"].metal_entropy
"""Molar entropy of lithium metal at 298.15 K [J.mol-1.K-1]."""


class UnstablePhaseError(ValueError):
    """A free energy is concave where the cell would use it: the material separates into two phases there."""


class FreeEnergy(ABC):
    """A law that fixes the thermodynamics of one host."""

    kind: ClassVar[str]
    quantities: ClassVar[frozenset[str]] = frozenset(
        {"kind", "names", "open_circuit_voltage", "chemical_potential", "entropic_change", "thermodynamic_factor"}
    )
    """Attributes of a class that make it a subclass without inheritance."""

    @classmethod
    def __subclasshook__(cls, other: type) -> Any:
        required = cls.__dict__.get("quantities")
        if required is None:
            return NotImplemented
        return all(hasattr(other, name) for name in required) or NotImplemented

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""

    @abstractmethod
    def open_circuit_voltage(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Voltage against the ion's metal [V]."""

    @abstractmethod
    def entropic_change(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\partial U/\partial T` [V.K-1]."""

    @abstractmethod
    def thermodynamic_factor(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\Theta = (x/RT)\,\partial\mu/\partial x = -(xzF/RT)\,\partial U/\partial x`."""

    @final
    def chemical_potential(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\mu - \mu_\mathrm{M} = -zFU` of the ion in the host against its metal [J.mol-1]."""
        return -self.valence * FARADAY * self.open_circuit_voltage(c, x, T)

    @property
    @final
    def valence(self) -> int:
        """Electrons for each ion, z."""
        return ion_of(self).valence

    @property
    @final
    def metal_entropy(self) -> float:
        """Molar entropy of the ion's metal at 298.15 K [J.mol-1.K-1]."""
        return ion_of(self).metal_entropy

    @final
    def log_activity(self, c: Coefficients, x: Any, T: Any, reference: float | None = 0.5) -> Any:
        r"""Logarithm of the activity, :math:`\ln a(x) = [\mu(x) - \mu(x_\mathrm{ref})]/RT`; against the metal for None.

        Its slope is the thermodynamic factor, :math:`\Theta = \partial\ln a/\partial\ln x`, whatever the reference. Against the
        metal :math:`a = e^{-FU/RT}` is of order :math:`10^{-68}` at 4 V, so that a composition of the host is the reference.

        Raises
        ------
        ValueError
            If the reference composition is not inside (0, 1).
        """
        if reference is not None and not 0 < reference < 1:
            raise ValueError(f"{self.kind}: reference x = {reference:g} must lie inside (0, 1), or be None for the metal")
        absolute = self.chemical_potential(c, x, T) / (GAS_CONSTANT * T)
        if reference is None:
            return absolute
        at_reference = reference + 0 * x  # tables of PyBaMM take symbols alone
        return absolute - self.chemical_potential(c, at_reference, T) / (GAS_CONSTANT * T)

    @final
    def activity(self, c: Coefficients, x: Any, T: Any, reference: float | None = 0.5) -> Any:
        r"""Activity :math:`a = e^{\ln a}`: 1 at the reference composition, or in the metal for None."""
        return np.exp(self.log_activity(c, x, T, reference))


class PhaseForming(FreeEnergy):
    """A free energy whose curve may be concave somewhere."""

    quantities: ClassVar[frozenset[str]] = FreeEnergy.quantities | {"free_energy"}
    reference_temperature: float
    """Temperature [K] at which the coefficients hold."""
    mixing: ClassVar[float] = 1.0
    """1 where ions mix at random on the sites, so that the voltage diverges at both ends; 0 where it is finite there."""

    @abstractmethod
    def free_energy(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`g(x) - g(0) - x\mu_\mathrm{M}` [J.mol-1], 0 < x < 1."""
