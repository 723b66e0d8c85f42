"""Declared numbers with their errors: a prior, a measured reference, a systematic error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.estimate import Estimate, label_hash


def declare(
    names: Sequence[str],
    mean: ArrayLike,
    *,
    std: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    source: str,
    reason: str,
) -> Estimate:
    """Estimate with declared errors: values with a std each, or with their covariance, and the reason.

    Its columns are labelled with names, source, reason and errors: the same declaration twice is the same error.

    Raises
    ------
    ValueError
        If neither or both of ``std`` and ``covariance`` are given, a std is negative, or the covariance is not positive
        semi-definite.
    """
    if (std is None) == (covariance is None):
        raise ValueError(f"{', '.join(names)}: declare either std or covariance")
    if covariance is None:
        spread = np.asarray(std, dtype=float)
        if spread.shape not in ((), (len(names),)):
            raise ValueError(
                f"{', '.join(names)}: {spread.size} standard deviations for {len(names)} coefficients; give one each"
            )
        spread = np.broadcast_to(spread, (len(names),))
        if (spread < 0).any():
            raise ValueError(f"{', '.join(names)}: a standard deviation is negative ({spread.min():g})")
        covariance = np.diag(spread**2)
    covariance = np.asarray(covariance, dtype=float)
    return Estimate.from_covariance(
        names,
        mean,
        covariance,
        source=source,
        method=f"declared: {reason}",
        provenance={"declared": reason},
        data=label_hash(reason, covariance.tolist()),  # not the mean, which may have been computed
    )
