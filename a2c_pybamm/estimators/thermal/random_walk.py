"""Covariance of a curve whose second derivative is a random walk."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.data import Array


def walk_covariance(s: Array, t: Array, *, s_slope: bool = False, t_slope: bool = False) -> Array:
    r"""Covariance of f(s) and f(t), or of their slopes (n, m), where :math:`f'' - f''(0)` is Brownian motion from 0.

    .. math:: \int_0^{\min(s,t)} \frac{(s - u)^2}{2}\,\frac{(t - u)^2}{2}\,\mathrm du

    the prior that a quintic smoothing spline has; a slope has s - u in the place of its square over two.

    Parameters
    ----------
    s, t
        Zero or more (n,), (m,).

    References
    ----------
    Wahba, Spline Models for Observational Data (1990), sec. 1.5.
    """
    low = np.minimum(s[:, None], t[None, :])
    degree = 2 + 2
    nodes, weights = np.polynomial.legendre.leggauss(degree // 2 + 1)  # exact for the degree of the product
    u = low[..., None] * (1 + nodes) / 2
    parts = [(x - u) if slope else (x - u) ** 2 / 2 for x, slope in ((s[:, None, None], s_slope), (t[None, :, None], t_slope))]
    return np.asarray((parts[0] * parts[1]) @ weights * low / 2)
