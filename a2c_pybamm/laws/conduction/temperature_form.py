"""Temperature dependences of transport in liquids and solids, on a scale that vanishes at a reference temperature."""

from __future__ import annotations

from typing import Any

import numpy as np


def arrhenius_scale(T: Any, reference: float) -> Any:
    r""":math:`\theta_A = T_r/T - 1`: a rate goes as :math:`e^{-E\theta_A/RT_r}`."""
    return reference / T - 1


def vogel_scale(T: Any, reference: float, vogel: float) -> Any:
    r"""The same of the law of Vogel, Fulcher and Tammann, of equal slope at the reference temperature.

    .. math:: \theta_V = \frac{T_r - T_0}{T_r}\left(\frac{T_r - T_0}{T - T_0} - 1\right)

    so that a coefficient in front of it is the activation energy at :math:`T_r`, as with Arrhenius' law. Within 1 K of
    :math:`T_0` and below, where it has no meaning, it is held.
    """
    span = reference - vogel
    return span / reference * (span / np.maximum(T - vogel, 1) - 1)
