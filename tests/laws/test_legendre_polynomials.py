"""Legendre polynomials and their slopes, against another code."""

import numpy as np
import pytest
from numpy.polynomial import Legendre

from a2c_pybamm.laws.legendre_polynomials import legendre, legendre_slopes


@pytest.mark.parametrize("order", range(8))
def test_polynomials_and_slopes(order: int) -> None:
    u = np.linspace(-1.2, 1.2, 25)
    exact = [Legendre.basis(k) for k in range(order + 1)]
    found = np.broadcast_arrays(u, *legendre(u, order))[1:]
    np.testing.assert_allclose(found, [p(u) for p in exact], rtol=1e-12, atol=1e-12)
    slopes = np.broadcast_arrays(u, *legendre_slopes(u, order))[1:]
    np.testing.assert_allclose(slopes, [p.deriv()(u) for p in exact], rtol=1e-12, atol=1e-11)
