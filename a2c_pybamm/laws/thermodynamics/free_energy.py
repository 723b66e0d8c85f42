r"""What every free-energy law gives, and the voltage, factor and potential that follow from it.

Signs: :math:`x` is the occupied fraction of sites, :math:`\mu = \partial g/\partial x`, and
:math:`U = -(1/F)\,(\partial g/\partial x - \mu_\mathrm{Li})`.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from a2c_pybamm.laws.law import Coefficients, Law

LITHIUM_ENTROPY = 29.12
"""Molar entropy of lithium metal at 298.15 K [J.mol-1.K-1] (CODATA key values, Cox, Wagman and Medvedev 1989)."""


class UnstablePhaseError(ValueError):
    """A free energy is concave where the cell would use it: the material separates into two phases there."""


@runtime_checkable
class FreeEnergy(Law, Protocol):
    """A law that fixes the thermodynamics of one host."""

    def open_circuit_voltage(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Voltage against lithium metal [V]."""

    def chemical_potential(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Of lithium in the host against lithium metal [J.mol-1]."""

    def entropic_change(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Its derivative by temperature [V.K-1]."""

    def thermodynamic_factor(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\Theta = (x/RT)\,\partial\mu/\partial x = -(xF/RT)\,\partial U/\partial x`."""
