"""Derivatives by complex steps, which have no cancellation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

STEP = 1e-30
"""Imaginary part of a step, in the unit of what is stepped; its square is below round-off of anything."""


def complex_step(function: Callable[[Any], Any], x: Any) -> Any:
    """Derivative Im f(x + ih)/h (Squire and Trapp, SIAM Rev. 40, 110 (1998))."""
    return np.imag(function(x + 1j * STEP)) / STEP
