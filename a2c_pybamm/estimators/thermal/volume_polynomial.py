"""Polynomials in a function of the volume: equations of state that are linear in their coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from a2c_pybamm.data import Array


@dataclass(frozen=True)
class VolumePolynomial:
    r"""Polynomial in :math:`v = u^p`, or in :math:`\ln u` where p = 0, with :math:`u = V/V_m`.

    Of third order in v it is the equation of state of Birch and Murnaghan for p = -2/3, of Bardeen for p = -1/3, of Poirier
    and Tarantola for p = 0: each a finite measure of strain, and no free parameter beyond energy, volume, bulk modulus and its
    derivative by the pressure.

    References
    ----------
    Birch, Phys. Rev. 71, 809 (1947); Bardeen, J. Chem. Phys. 6, 372 (1938); Poirier and Tarantola, Phys. Earth Planet. Inter.
    109, 1 (1998).
    """

    power: float
    """p."""
    order: int
    """Order of the polynomial."""
    middle: float
    """:math:`V_m`, in the middle of the volumes [m3.mol-1]."""
    center: float
    """v that is subtracted."""
    half: float
    """Half the range of v, by which the difference is divided: terms are then of order one."""

    @classmethod
    def over(cls, volume: Array, power: float, order: int) -> VolumePolynomial:
        """The polynomial over a range of volumes [m3.mol-1]."""
        middle = float(np.sqrt(volume[0] * volume[-1]))
        ends = [_function(v / middle, power) for v in (volume[0], volume[-1])]
        return cls(power, order, middle, float(np.mean(ends)), float(abs(ends[1] - ends[0]) / 2))

    def terms(self, u: Any) -> Any:
        """Terms at u (order + 1,) or (n, order + 1)."""
        s = (_function(u, self.power) - self.center) / self.half
        return np.stack([s**k for k in range(self.order + 1)], axis=-1)

    def derivatives(self, u: Any) -> tuple[Any, Any]:
        """First and second derivatives of the terms by u, of their shape."""
        s = (_function(u, self.power) - self.center) / self.half
        first, second = (part / self.half for part in _slopes(u, self.power))
        zero = np.zeros_like(s)
        by_s = np.stack([k * s ** max(k - 1, 0) if k else zero for k in range(self.order + 1)], axis=-1)
        by_s2 = np.stack([k * (k - 1) * s ** max(k - 2, 0) if k > 1 else zero for k in range(self.order + 1)], axis=-1)
        first, second = (np.asarray(part)[..., None] for part in (first, second))
        return by_s * first, by_s2 * first**2 + by_s * second


def _function(u: Any, power: float) -> Any:
    return np.log(u) if power == 0 else u**power


def _slopes(u: Any, power: float) -> tuple[Any, Any]:
    """First and second derivative of v by u."""
    if power == 0:
        return 1 / u, -1 / u**2
    return power * u ** (power - 1), power * (power - 1) * u ** (power - 2)
