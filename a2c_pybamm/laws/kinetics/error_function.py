"""Complementary error function of numbers; other rooms register it for symbols."""

from __future__ import annotations

from functools import singledispatch
from typing import Any


@singledispatch
def complementary_error_function(x: Any) -> Any:
    r""":math:`\operatorname{erfc}(x)` of a number or an array; PyBaMM's symbols and formulas have their own."""
    from scipy.special import erfc

    return erfc(x)
