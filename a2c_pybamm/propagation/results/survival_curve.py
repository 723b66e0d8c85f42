r"""Probability that an output exceeds a value, :math:`P(y > t)`: for the end time of a discharge its survival curve.

From draws the fraction above :math:`t`, with the 95 % interval of Clopper and Pearson [1]_: the :math:`p` at which as many
draws above :math:`t` as were found, or more (fewer), have a probability of 2.5 %,

.. math:: B(0.025;\ k,\ n-k+1) \le p \le B(0.975;\ k+1,\ n-k)

with the quantiles :math:`B` of the beta distribution. It covers in at least 95 % of cases, also where no draw or every draw
lies above :math:`t`.

.. [1] C. J. Clopper, E. S. Pearson, Biometrika 26 (1934) 404.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta

from a2c_pybamm.propagation.germ_basis import N_PROBABILITY_POINT, sobol_germ
from a2c_pybamm.propagation.intervals import CONFIDENCE
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.polynomial import read_expansion
from a2c_pybamm.result import DRAWS, drawn_outputs, expanded_outputs

N_THRESHOLD = 201
"""Thresholds unless given, from the smallest to the largest draw."""
CURVE_TEXTS = {
    "survival": "probability that the output exceeds the threshold, of the draws that did not fail",
    "lower": "lower end of the 95 % interval",
    "upper": "upper end of the 95 % interval",
    "lowest": "lower end of the 95 % interval if every failed draw lies below the threshold",
    "highest": "upper end of the 95 % interval if every failed draw lies above the threshold",
}


def survival(
    result: xr.DataTree,
    output: str = "end_time",
    *,
    at: ArrayLike | None = None,
    approach: str = "sampling",
    rng: np.random.Generator | None = None,
) -> xr.Dataset:
    """Probability that a scalar output exceeds each threshold, with its 95 % interval.

    Variables ``survival``, ``lower``, ``upper``, ``lowest``, ``highest`` along ``threshold`` (in the output's unit). Draws that
    failed have no value: ``survival`` and its interval leave them out, ``lowest`` and ``highest`` hold whatever they would have
    been, and ``attrs["failed_fraction"]`` says how many they are. From a polynomial there is no interval (NaN): its error is
    that of the polynomial, see its ``q2``.

    Parameters
    ----------
    result
        From `propagate`, or such a result read from a file.
    at
        Thresholds, one or several; by default 201 from the smallest to the largest value found.
    approach
        ``"sampling"``, or the label of the chaos whose polynomial the result holds, as after `reweight`.
    rng
        For the points at which a polynomial is sampled; draws need none.

    Raises
    ------
    ValueError
        If the result has neither draws nor a polynomial of this output, every draw failed, or a threshold is not finite.
    """
    if approach == "sampling":
        values, unit = _draws(result, output)
        found = _counted(values, _thresholds(at, values))
        failed = ~np.isfinite(values)
        about = {"n_draws": len(values), "n_failed": int(failed.sum()), "failed_fraction": float(failed.mean())}
    else:
        values, unit = _polynomial(result, output, approach, rng)
        found = {"threshold": _thresholds(at, values)}
        found["survival"] = (values > found["threshold"][:, None]).mean(axis=1)
        about = {}
    return _lay_out(found, unit, {"output": output, "approach": approach, "confidence": CONFIDENCE, **about})


def _draws(result: xr.DataTree, output: str) -> tuple[Array, str]:
    """Values of the draws (n_draw,), NaN where one failed, and their unit."""
    have = drawn_outputs(result, DRAWS)
    if output not in have:
        remedy = f"it has those of {', '.join(map(repr, have))}" if have else "run propagate with MonteCarlo()"
        raise ValueError(f"survival: the result has no draws of output {output!r}; {remedy}")
    drawn = result[DRAWS].dataset[output]
    values = np.array(drawn.values, float)
    if not np.isfinite(values).any():
        raise ValueError(f"survival: every draw of {output!r} failed; the node failures says why")
    return values, str(drawn.attrs.get("units", ""))


def _polynomial(result: xr.DataTree, output: str, approach: str, rng: np.random.Generator | None) -> tuple[Array, str]:
    """Values of an output's polynomial at points spread over the germ, and their unit."""
    if output not in expanded_outputs(result).get(approach, ()):
        labels = " or ".join(map(repr, ["sampling", *expanded_outputs(result)]))
        raise ValueError(f"survival: no draws and no polynomial of {output!r} by {approach!r}; take approach={labels}")
    expansion = read_expansion(result, output, what="survival", approach=approach)
    if expansion.values.ndim > 1 or not np.isfinite(expansion.values.values).all():
        raise ValueError(f"survival: the polynomial of {output!r} is not that of one number; name a scalar output")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"survival: rng is {rng!r}; a polynomial is sampled, give np.random.default_rng(seed)")
    germ = sobol_germ(N_PROBABILITY_POINT, expansion.basis.families, rng)
    return expansion.evaluate(germ), str(expansion.values.attrs.get("units", ""))


def _thresholds(at: ArrayLike | None, values: Array) -> Array:
    if at is None:
        return np.linspace(np.nanmin(values), np.nanmax(values), N_THRESHOLD)
    thresholds = np.atleast_1d(np.array(at, float))
    if thresholds.ndim != 1 or not np.isfinite(thresholds).all():
        raise ValueError("survival: at holds thresholds that are not finite numbers; give one number or a list of them")
    return thresholds


def _counted(values: Array, thresholds: Array) -> dict[str, Array]:
    """Probabilities and limits (n_threshold,) from draws (n_draw,), NaN where one failed."""
    failed = ~np.isfinite(values)
    above = values > thresholds[:, None]  # a failed draw is not above
    fraction, lower, upper = _interval(above[:, ~failed])
    lowest = _interval(above)[1]
    highest = _interval(above | failed)[2]
    numbers = {"survival": fraction, "lower": lower, "upper": upper, "lowest": lowest, "highest": highest}
    return {"threshold": thresholds, **numbers}


def _interval(above: NDArray[np.bool_]) -> tuple[Array, Array, Array]:
    """Fraction of draws above each threshold (n_threshold, n_draw), and the ends of its interval (n_threshold,)."""
    n, k, tail = above.shape[1], above.sum(axis=1), (1 - CONFIDENCE) / 2
    lower = np.where(k == 0, 0.0, beta.ppf(tail, np.maximum(k, 1), n - k + 1))
    upper = np.where(k == n, 1.0, beta.ppf(1 - tail, k + 1, np.maximum(n - k, 1)))
    return k / n, lower, upper


def _lay_out(found: dict[str, Array], unit: str, about: dict[str, Any]) -> xr.Dataset:
    threshold = found["threshold"]
    attrs = {"units": unit, "long_name": about["output"]}
    dataset = xr.Dataset(coords={"threshold": xr.DataArray(threshold, dims="threshold", attrs=attrs)}, attrs=about)
    for name, text in CURVE_TEXTS.items():
        values = found.get(name, np.full(len(threshold), np.nan))
        dataset[name] = xr.DataArray(values, dims="threshold", attrs={"units": "1", "long_name": text})
    return dataset
