r"""A first design from which slopes are learnt with little of the curvature mixed in.

For normal germs the columns of a random rotation [1]_ at the radius :math:`\sqrt{d+2}`, at which what a cubic adds to a
difference across the middle is on average what it adds to the Hermite coefficient of degree one [2]_; while germs are few each
with its mirror image, so that even terms cancel from slopes. Uniform germs keep to their range: scrambled Sobol' points and
their mirror images.

.. [1] F. Mezzadri, Not. Am. Math. Soc. 54 (2007) 592.
.. [2] A. Genz, J. Monahan, SIAM J. Sci. Comput. 19 (1998) 426.
"""

from __future__ import annotations

import numpy as np

from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation.germ_basis import sobol_germ
from a2c_pybamm.propagation.model import Array

MOST_MIRRORED = 12
"""Germs up to which every direction is taken both ways; with more the solves are better spent on random points."""


def orthogonal_frame(families: tuple[Family, ...], rng: np.random.Generator) -> Array:
    """Germs (n_point, n_germ): one for each germ, twice as many where they are mirrored."""
    n = len(families)
    germ = np.sqrt(n + 2) * random_rotation(n, rng)
    uniform = [k for k, family in enumerate(families) if family == "uniform"]
    if uniform:
        germ[:, uniform] = sobol_germ(n, families, rng)[:, uniform]
    return np.vstack([germ, -germ]) if n <= MOST_MIRRORED else germ


def random_rotation(n: int, rng: np.random.Generator) -> Array:
    """An orthogonal matrix (n, n), all equally probable."""
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    return np.asarray(q * np.sign(np.diag(r)))
