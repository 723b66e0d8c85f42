r"""Covariance of a whole curve: how its error at one point of the axis goes with that at another.

.. math::
    \operatorname{Cov}[y(t), y(t')] = J(t)\,\Sigma\,J(t')^\mathsf{T} = \sum_s J(t)A_s\,[J(t')A_s]^\mathsf{T}
    \qquad\text{or}\qquad \sum_{\alpha\ne0} c_\alpha(t)\,c_\alpha(t')

to first order, and of the polynomial of chaos. Whatever is linear in the curve has its variance from it: a time average
:math:`\sum_i w_i y(t_i)` that of :math:`w^\mathsf{T}Cw`, a difference of two points that of their difference.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from a2c_pybamm.estimate import Joint
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.polynomial import read_expansion
from a2c_pybamm.result import EXPANSION, approaches, expanded_outputs, of_approach, output_names, output_node

SECOND = " 2"
"""Suffix of the second axis, behind the name of the first."""
VARIANCE_TOLERANCE = 1e-6
"""Relative difference from the variance in the result from which the joint is another one."""


def curve_covariance(
    result: xr.DataTree, output: str, *, approach: str = "first order", joint: Joint | None = None
) -> xr.Dataset:
    """Covariance of a curve between all points of its axis, in whole and by source.

    ``covariance`` (axis, axis 2) and ``by_source`` (source, axis, axis 2), the second axis named after the first, with " 2" and
    the same values: ``found.covariance.sel({"time 2": 600.0})`` is the covariance of all times with 600 s. Positive
    semi-definite to round-off; its diagonal is the output's ``var``, less what adaptive chaos adds to it for what its
    polynomial missed. To first order sources add to the whole; of a polynomial what several sources make together belongs to
    none of them. NaN in the rows and columns of points that have no statistics.

    Parameters
    ----------
    result
        From `propagate`, or such a result read from a file.
    output
        An output on one axis or several (the second set follows the first).
    approach
        ``"first order"``, or the label of the chaos whose polynomial the result holds.
    joint
        The joint that the result was made with; for first order.

    Raises
    ------
    ValueError
        If the result has no such output or approach, the joint is missing, or it is not the one of the result.
    """
    if output not in output_names(result):
        raise ValueError(f"curve_covariance: the result has no output {output!r}; it has {', '.join(output_names(result))}")
    labels = approaches(result)
    if approach not in labels:
        raise ValueError(f"curve_covariance: the result has no approach {approach!r}; it has {', '.join(map(repr, labels))}")
    variance = of_approach(output_node(result, output)["var"], approach)
    if approach == "first order":
        slopes = _first_order(result, output, variance, joint)
        whole = np.hstack(list(slopes.values()))
    else:
        whole, slopes = _chaos(result, output, approach)
    still = variance.values.reshape(-1) == 0  # also where round-off has been taken off the variance
    for part in (whole, *slopes.values()):
        part[still] = 0.0
    return _lay_out(variance, whole, slopes)


def _first_order(result: xr.DataTree, output: str, variance: xr.DataArray, joint: Joint | None) -> dict[str, Array]:
    """Derivative by each germ of every source (n_element, n_germ)."""
    if joint is None:
        raise ValueError("curve_covariance: first order needs the covariance of the coefficients; give joint=")
    try:
        matched = joint.marginal([str(name) for name in result.coords["coefficient"].values])
    except ValueError as error:
        raise ValueError(f"curve_covariance: joint: {error}") from None
    gradients = output_node(result, output)["gradient"]
    gradient = of_approach(gradients, "first order").transpose("coefficient", *variance.dims).values
    active = (matched.std > 0)[:, None]  # a coefficient without error needs no gradient
    gradient = np.where(active, gradient.reshape(len(active), -1), 0.0)
    missing = ~np.isfinite(variance.values.reshape(-1))
    gradient[:, missing] = np.nan
    slopes = {source: gradient.T @ factor.values for source, factor in matched.factors.items()}
    found = sum((part**2).sum(axis=1) for part in slopes.values())
    expected = variance.values.reshape(-1)
    if not np.allclose(np.where(expected == 0, 0.0, found), expected, rtol=VARIANCE_TOLERANCE, atol=0.0, equal_nan=True):
        raise ValueError("curve_covariance: joint is not the one that the result was made with; its variances differ")
    return {source: slopes.get(source, np.zeros((len(missing), 0))) for source in joint.sources}


def _chaos(result: xr.DataTree, output: str, approach: str) -> tuple[Array, dict[str, Array]]:
    """Coefficients (n_element, n_term) of all terms but the constant, and of those of each source alone."""
    if output not in expanded_outputs(result).get(approach, ()):
        labels = " or ".join(map(repr, ["first order", *expanded_outputs(result)]))
        raise ValueError(f"curve_covariance: the result has no curves of {output!r} by {approach!r}; take approach={labels}")
    expansion = read_expansion(result, output, what="curve_covariance", approach=approach)
    values, moved = expansion.flat().T, expansion.basis.exponents > 0
    owner = result[EXPANSION].dataset["germ_source"].values.astype(str)
    alone = {}
    for source in map(str, result.coords["source"].values):
        own = owner == source
        alone[source] = values[:, moved[:, own].any(axis=1) & ~moved[:, ~own].any(axis=1)]
    return values[:, moved.any(axis=1)], alone


def _lay_out(variance: xr.DataArray, whole: Array, by_source: Mapping[str, Array]) -> xr.Dataset:
    """The products of roots (n_element, n) with themselves, on the axes of the variance."""
    axes = [str(dim) for dim in variance.dims]
    second = {axis: axis + SECOND for axis in axes}
    clash = [name for name in second.values() if name in axes]
    if clash:
        raise ValueError(f"curve_covariance: the axis {clash[0]!r} has the name of a second axis; rename it in the model")
    shape = variance.shape * 2
    coords = {str(name): (c.dims, c.values, c.attrs) for name, c in variance.coords.items() if c.dims}
    twin = {two: (two, *coords[axis][1:]) for axis, two in second.items() if axis in coords}
    attrs = {"units": str(variance.attrs.get("units", "")), "long_name": "covariance between points of the axis"}
    dataset = xr.Dataset(coords={**coords, **twin, "source": list(by_source)})
    dims = (*axes, *second.values())
    dataset["covariance"] = xr.DataArray((whole @ whole.T).reshape(shape), dims=dims, attrs=attrs)
    parts = np.array([(part @ part.T).reshape(shape) for part in by_source.values()])
    text = {"long_name": "part of the covariance that each source makes by itself"}
    dataset["by_source"] = xr.DataArray(parts, dims=("source", *dims), attrs=attrs | text)
    return dataset
