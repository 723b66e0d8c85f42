"""The length over which a field is averaged, between the scales below and above it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from a2c_pybamm.scales.quantities import ScaleQuantity
from a2c_pybamm.scales.thresholds import ScaleThresholds


def averaging_length(
    below: Sequence[ScaleQuantity],
    above: Sequence[ScaleQuantity],
    *,
    slowest: ScaleQuantity | None,
    fastest: ScaleQuantity | None,
    thresholds: ScaleThresholds,
) -> ScaleQuantity | None:
    r"""The length l for which the smallest of all ratios, each over its threshold, is largest; None without a length above.

    .. math:: l = \sqrt{\max_i(\theta\,l_i)\,\min_j(L_j/\theta)}

    with the lengths :math:`l_i` below and :math:`L_j` above, among them the lengths :math:`\sqrt{Dt}` that ions diffuse in a
    time below (with the largest D) or above (with the smallest). Without any scale below, the longest that those above admit.

    Parameters
    ----------
    below, above
        Lengths [m] and times [s].
    slowest, fastest
        Smallest and largest diffusivity [m2.s-1]; times do not count without one.
    """
    least = [thresholds.length * q.value for q in below if q.unit == "m"]
    most = [q.value / thresholds.length for q in above if q.unit == "m"]
    if fastest is not None:
        least += [float(np.sqrt(thresholds.time * q.value * fastest.value)) for q in below if q.unit == "s"]
    if slowest is not None:
        most += [float(np.sqrt(q.value * slowest.value / thresholds.time)) for q in above if q.unit == "s"]
    if not most:
        return None
    if not least:
        return ScaleQuantity("averaging length l", min(most), "m", source="the longest that the scales above it admit")
    source = "geometric mean of the bounds from the scales below and above it"
    return ScaleQuantity("averaging length l", float(np.sqrt(max(least) * min(most))), "m", source=source)
