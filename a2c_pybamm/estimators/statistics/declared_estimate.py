"""Declared numbers with their errors: a prior, a measured reference, a systematic error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.estimate import UNIFORM_BOUND, Array, Estimate, Factor, label_hash

MIDDLE_TOLERANCE = 1e-9
"""Distance of a given mean from the middle of its bounds, over half their distance, that is round-off."""


def declare(
    names: Sequence[str],
    mean: ArrayLike | None = None,
    *,
    std: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    bounds: ArrayLike | None = None,
    source: str,
    reason: str,
) -> Estimate:
    r"""Estimate with declared errors: values with a std each, with their covariance, or with bounds; and the reason.

    Its columns are labelled with names, source, reason and errors: the same declaration twice is the same error.

    Parameters
    ----------
    bounds
        Lowest and highest value of each coefficient (n, 2), or (2,) of a single one, in the place of mean and std: every value
        between them is as probable, none is outside. The mean is their middle, the std their distance over
        :math:`\sqrt{12}`. Of several coefficients each has a source of its own, ``"<source>: <name>"``.

    Raises
    ------
    ValueError
        If the source has no name, none or several of ``std``, ``covariance`` and ``bounds`` are given, a std is negative, the
        covariance is not positive semi-definite, a lower bound is not below the upper one, or a mean is not in the
        middle of its bounds.
    """
    label = ", ".join(names)
    if not source.strip():
        raise ValueError(f"{label}: the source of its error has no name; give one as source=")
    if sum(given is not None for given in (std, covariance, bounds)) != 1:
        raise ValueError(f"{label}: declare either std or covariance, or bounds")
    if bounds is not None:
        return _bounded(names, mean, bounds, source, reason)
    if mean is None:
        raise ValueError(f"{label}: no values are given; only bounds need none")
    if covariance is None:
        spread = np.asarray(std, dtype=float)
        if spread.shape not in ((), (len(names),)):
            raise ValueError(f"{label}: {spread.size} standard deviations for {len(names)} coefficients; give one each")
        spread = np.broadcast_to(spread, (len(names),))
        if (spread < 0).any():
            raise ValueError(f"{label}: a standard deviation is negative ({spread.min():g})")
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


def _bounded(names: Sequence[str], mean: ArrayLike | None, bounds: ArrayLike, source: str, reason: str) -> Estimate:
    """Estimate whose coefficients are uniformly distributed between bounds."""
    low, high = _ends(names, bounds)
    middle, half = (low + high) / 2, (high - low) / 2
    given = middle if mean is None else np.asarray(mean, float)
    if given.shape != middle.shape or (np.abs(given - middle) > MIDDLE_TOLERANCE * half).any():
        raise ValueError(f"{', '.join(names)}: the mean is the middle of the bounds; leave it out, or move the bounds")
    factors = {}
    for k, name in enumerate(names):
        column = np.zeros((len(names), 1))
        column[k] = half[k] / UNIFORM_BOUND
        stamp = label_hash(name, source, reason, float(low[k]), float(high[k]))
        factors[source if len(names) == 1 else f"{source}: {name}"] = Factor(column, (f"{stamp}:0",), "uniform")
    provenance = {"declared": reason, "bounds": np.column_stack([low, high]).tolist()}
    return Estimate(tuple(names), middle, factors, f"declared within bounds: {reason}", provenance)


def _ends(names: Sequence[str], bounds: ArrayLike) -> tuple[Array, Array]:
    """Lower and upper bounds (n,)."""
    values = np.asarray(bounds, float)
    if values.shape == (2,) and len(names) == 1:
        values = values[None]
    if values.shape != (len(names), 2):
        raise ValueError(
            f"{', '.join(names)}: bounds of shape {values.shape} for {len(names)} coefficients; give each a lower and an upper"
        )
    for name, (low, high) in zip(names, values, strict=True):
        if not (np.isfinite([low, high]).all() and low < high):
            raise ValueError(f"{name}: bounds {low:g} and {high:g}; give the lower one, then the upper one")
    return values[:, 0], values[:, 1]
