r"""Free energies of a finite supercell with all orderings, corrected for its size.

Of N sites the sum over orderings at each number of ions leaves the fluctuations of that number out. By the saddle point of the
grand canonical sum :math:`F_N/N = f + (RT/2N)\ln(2\pi N x/\Theta)`; with the ideal mixing of the same supercell taken off,

.. math::
    f_\mathrm{ex} = g_{\mathrm{ex},N} + \frac{RT}{2N}\ln[\Theta(1-x)], \qquad
    s_\mathrm{ex} = s_{\mathrm{ex},N} - \frac{R}{2N}\left(\ln s + T\,\partial_T\ln s\right), \quad s = \Theta(1-x)

Half of what is added is an error of the next order, and so is twice its change by the second correction. Where Θ is so far from
that of an ideal gas that two corrections in a row differ by half of the first, none is made, and all of it is an error.
Entropies are corrected once: a second time makes them worse where ions attract. Half of the correction is their error, and
so is what a second one would change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.estimate import Array


@dataclass(frozen=True)
class SizeSeries:
    """Settings of the corrections and of their error."""

    n_iteration: int = 2
    """Corrections, each with the slopes of the fit before: a third changes exact chains by less than 1 %."""
    largest_change: float = 0.5
    """Largest change from one correction to the next, over the first: beyond, the series does not converge."""
    share_in_doubt: float = 0.5
    """Share of a correction that is its error."""
    changes_in_doubt: float = 2.0
    """Changes from one correction to the next that are an error as well."""
    least_slope: float = 1e-3
    r"""Smallest :math:`\Theta(1-x)` of which the logarithm is taken; a law without a stable phase has none."""


SIZE = SizeSeries()
"""Settings of all fits."""


@dataclass(frozen=True, eq=False)
class SizeError:
    """Correction of a supercell's size at the compositions of the energies, and its error."""

    energy: Array
    """Added to the energies [eV] (n,)."""
    energy_error: Array
    """Error in common [eV] (n,)."""
    converged: bool
    """True where a correction was made."""

    @property
    def share(self) -> float:
        """Share of the correction that is its error."""
        return SIZE.share_in_doubt if self.converged else 1.0


def energy_correction(slopes: Array, x: Array, sites: float, temperature: float) -> Array:
    r""":math:`(RT/2NF)\ln s` [eV] at compositions (n,); zero at both ends, where there is one ordering."""
    inside = (x > 0) & (x < 1)
    logs = np.log(np.maximum(slopes, SIZE.least_slope))
    return np.where(inside, GAS_CONSTANT * temperature / (2 * sites * FARADAY) * logs, 0.0)


def entropy_correction(slopes: Array, warming: Array, x: Array, sites: float) -> Array:
    r""":math:`-(R/2N)(\ln s + T\,\partial_T\ln s)` [J.mol-1.K-1] (n,), ``warming`` the second term."""
    inside = (x > 0) & (x < 1)
    logs = np.log(np.maximum(slopes, SIZE.least_slope))
    return np.where(inside, -GAS_CONSTANT / (2 * sites) * (logs + warming), 0.0)


def size_error(corrections: list[Array]) -> SizeError:
    """The last correction and its error, or none with the first as its error where they do not converge.

    The error is half of the correction and twice its change from the one before, added in quadrature.
    """
    first, last = corrections[0], corrections[-1]
    size = float(np.abs(first).max(initial=0.0))
    if np.abs(last - first).max(initial=0.0) > SIZE.largest_change * size:
        return SizeError(np.zeros_like(first), first, False)
    error = np.sign(last) * np.hypot(SIZE.share_in_doubt * last, SIZE.changes_in_doubt * (last - first))
    return SizeError(last, error, True)
