r"""Statistics under other errors of the coefficients, from the polynomial that is there.

With :math:`y \approx \sum_\alpha c_\alpha\psi_\alpha(\xi)` and :math:`\theta = m + L\xi`, coefficients
:math:`\theta' = m' + L'\xi'` of other errors have the germ

.. math:: \xi = L^+(m' - m) + L^+L'\xi',

linear in :math:`\xi'`: the polynomial in :math:`\xi'` has the same degree, and its orthonormal coefficients follow by
projection without error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import chi2

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.estimate import Factor, Joint
from a2c_pybamm.propagation.answer import Status
from a2c_pybamm.propagation.germ_basis import N_PROBABILITY_POINT, GermBasis, polynomial_quantiles, sobol_germ, total_degree
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.polynomial import Expansion, germ_node, polynomial_node, read_expansion
from a2c_pybamm.propagation.sentences import reweighted_sentence
from a2c_pybamm.propagation.shares import ratio, terms_of_sources
from a2c_pybamm.result import (
    EXPANSION,
    STATISTICS,
    Result,
    axis_coordinates,
    build_result,
    expanded_outputs,
    expansion_path,
    of_approach,
    output_node,
    with_approach,
)

SETTINGS = "polynomial read again, no new solves"


@dataclass(frozen=True)
class ReweightingCriterion:
    """Limits within which a polynomial is read under other errors."""

    fitted_probability: float = 0.999
    """Probability of the region, around the former means, that counts as the one where the polynomial was fitted."""
    extrapolated_probability: float = 0.01
    """Probability outside that region from which the answer is an extrapolation: ten times what the former errors had there."""
    most_terms: int = 3000
    """Terms of a polynomial that is still projected: a least-squares problem of 6000 rows."""
    move_round_off: float = 1e-6
    """Part of a move of the coefficients, in standard deviations, that no former germ gives and that counts as round-off."""
    singular_round_off: float = 1e-10
    """Singular values of the factor (rows of unit standard deviation) below this share of the largest are round-off."""


REWEIGHTING = ReweightingCriterion()


def scale_source(joint: Joint, source: str, by: float) -> Joint:
    """The same joint with the error of one source multiplied: 0.5 halves its standard deviations, 0 takes it away.

    ``ValueError`` if the joint has no such source, or ``by`` is negative.
    """
    if source not in joint.factors:
        raise ValueError(f"scale_source: no source {source!r}; the joint has {', '.join(map(repr, joint.factors))}")
    if not (np.isfinite(by) and by >= 0):
        raise ValueError(f"scale_source: by is {by:g}; give a factor ≥ 0, e.g. 0.5 to halve the standard deviations")

    def scaled(name: str, factor: Factor) -> Factor:
        return replace(factor, values=by * factor.values) if name == source else factor

    estimates = [replace(e, factors={name: scaled(name, f) for name, f in e.factors.items()}) for e in joint.estimates]
    return Joint(estimates, independent=joint.independent)


def reweight(result: xr.DataTree, after: Joint, *, rng: np.random.Generator, approach: str | None = None) -> Result:
    """Statistics of every output under other errors, from its polynomial and without new solves.

    The layout of `propagate` with the one approach that fitted the polynomial. Moments, shares and the polynomial in the germ
    of ``after`` are exact for it, quantiles by sampling; errors and Q² hold for the former errors, and are NaN. What
    adaptive chaos adds for what its polynomial missed is left out. ``extrapolated`` (approach) is the probability that lies
    where the polynomial was not fitted: beyond the region that held 99.9 % of the former normal germs, or the bounds of a
    uniform one. The status of a scalar output is *fails* from 1 % on, or where the polynomial failed in ``result`` already,
    else *unverified*.

    Parameters
    ----------
    result
        From `propagate` with `AdaptiveChaos` or `PolynomialChaos`, or such a result read from a file.
    after
        The same coefficients with other means, errors or correlations, e.g. from `scale_source`; it may hold fixed what
        varied, not the reverse.
    rng
        For the points at which polynomials are sampled.
    approach
        Label of the method whose polynomial is read; the last that fitted one unless given.

    Raises
    ------
    ValueError
        If there is no polynomial, ``after`` moves what was fixed, or the polynomial would have more than 3000 terms.
    """
    kept = expanded_outputs(result)
    label = next(reversed(kept), "") if approach is None else approach
    outputs = kept.get(label, [])
    if not outputs:
        by = "" if approach is None else f" by {approach!r}"
        raise ValueError(f"reweight: the result has no polynomial{by}; run propagate with AdaptiveChaos()")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"reweight: rng is {rng!r}; give np.random.default_rng(seed)")
    expansions = {output: read_expansion(result, output, what="reweight", approach=label) for output in outputs}
    former = expansions[outputs[0]]
    new = _marginal(after, [str(name) for name in former.factor["coefficient"].values])
    germ_map = _germ_map(former, np.array(result[EXPANSION].dataset["coefficient_mean"].values, float), new)
    basis = _basis(former, new)
    points = sobol_germ(2 * len(basis), new.germ_families, rng)
    # from the former terms' coefficients to those of the same polynomial in the germ of after
    targets = former.basis.evaluate(germ_map.former(points))
    projection = np.asarray(np.linalg.lstsq(basis.evaluate(points), targets, rcond=None)[0], float)
    extrapolated = germ_map.outside(new.draw_germ(N_PROBABILITY_POINT, rng))
    levels = np.array(result.coords["level"].values, float)
    nodes, polynomials = {}, {}
    for output, expansion in expansions.items():
        node, values = output_node(result, output), _projected(projection, expansion)
        numbers = _moments(basis, values, new, after.sources, levels, rng)
        nodes[output] = _reweighted(node, numbers, len(after.sources))
        if expansion.values.ndim == 1:
            nodes[output] = nodes[output].assign(_judged(node, label, extrapolated, float(numbers["std"][0])))
        polynomials[output] = _laid_out(values, expansion.values)
    further = {EXPANSION: germ_node(new), expansion_path(label): polynomial_node(basis, polynomials)}
    return build_result(_root(result, label, after.sources, basis, extrapolated), nodes, further)


def _marginal(after: Joint, names: Sequence[str]) -> Joint:
    """Errors of these coefficients; ``ValueError`` if one is missing or none is left."""
    try:
        new = after.marginal(names)
    except ValueError as error:
        raise ValueError(f"reweight: after: {error}") from None
    if not new.sources:
        raise ValueError("reweight: after has no error in any coefficient of the model; keep at least one")
    return new


@dataclass(frozen=True, eq=False)
class _GermMap:
    """The former germ as a linear function of another."""

    offset: Array
    """(n_germ,)."""
    slope: Array
    """(n_germ, n_germ of after)."""
    normal: NDArray[np.bool_]
    """Former germs that are normal (n_germ,)."""
    n_direction: int
    """Directions that those span in the coefficients."""

    def former(self, germ: Array) -> Array:
        """Former germs (n_sample, n_germ) of germs of ``after``."""
        return self.offset + germ @ self.slope.T

    def outside(self, germ: Array) -> float:
        """Fraction of germs of ``after`` that lie outside the region of the former ones."""
        former = self.former(germ)
        far = (former[:, self.normal] ** 2).sum(axis=1) > chi2.ppf(REWEIGHTING.fitted_probability, max(1, self.n_direction))
        out = (np.abs(former[:, ~self.normal]) > np.sqrt(3) * (1 + REWEIGHTING.move_round_off)).any(axis=1)
        return float((far | out).mean())


def _germ_map(former: Expansion, mean: Array, new: Joint) -> _GermMap:
    """Smallest former germ of the coefficients of ``after``; ``ValueError`` where there is none."""
    factor = np.array(former.factor.values, float)
    std = np.sqrt((factor**2).sum(axis=1))
    scale = np.where(std > 0, std, np.where(mean != 0, np.abs(mean), 1.0))
    moves = np.column_stack([new.mean - mean, new.root]) / scale[:, None]
    germ = np.asarray(np.linalg.lstsq(factor / scale[:, None], moves, rcond=REWEIGHTING.singular_round_off)[0], float)
    rest = np.abs(moves - factor / scale[:, None] @ germ).max(axis=1)
    if rest.max() > REWEIGHTING.move_round_off:
        name = str(former.factor["coefficient"].values[int(rest.argmax())])
        raise ValueError(
            f"reweight: after moves {name!r} in a way that carried no error when the polynomial was fitted, so that the "
            "polynomial does not depend on it; propagate again"
        )
    normal = np.array([family == "normal" for family in former.basis.families])
    rank = int(np.linalg.matrix_rank(factor[:, normal] / scale[:, None])) if normal.any() else 0
    return _GermMap(germ[:, 0], germ[:, 1:], normal, rank)


def _basis(former: Expansion, new: Joint) -> GermBasis:
    """All products of the germs of ``after`` up to the degree of the former polynomial."""
    order = int(former.basis.exponents.sum(axis=1).max())
    basis = total_degree(new.germ_families, order)
    if len(basis) > REWEIGHTING.most_terms:
        raise ValueError(
            f"reweight: degree {order} in {new.n_germ} germs makes {len(basis)} terms, more than {REWEIGHTING.most_terms}; "
            "propagate again with a lower order: PolynomialChaos(order=2)"
        )
    return basis


def _projected(projection: Array, expansion: Expansion) -> Array:
    """Coefficients (n_term, n_element) of the same polynomial in the germ of ``after``."""
    values = expansion.flat()
    constant = ~expansion.basis.exponents.any(axis=1)
    offset = values[constant].sum(axis=0)
    values[constant] = 0.0  # a large mean would cost digits
    coefficients = projection @ values
    coefficients[0] += offset
    coefficients[:, ~np.isfinite(offset)] = np.nan
    return coefficients


def _moments(
    basis: GermBasis, values: Array, new: Joint, sources: Sequence[str], levels: Array, rng: np.random.Generator
) -> dict[str, Any]:
    """Statistics (…, n_element) of polynomials, NaN where there is none."""
    var = (values[1:] ** 2).sum(axis=0)
    var = np.where(var <= (RELATIVE_ROUND_OFF * values[0]) ** 2, 0.0, var)
    by_source = terms_of_sources(basis.exponents, new.germ_sources, sources).astype(float) @ values**2
    fitted = np.isfinite(var)
    quantile = np.full((len(levels), len(var)), np.nan)
    if fitted.any():
        quantile[:, fitted] = polynomial_quantiles(basis, values[:, fitted], levels, rng)
    share = np.where(var == 0, 0.0, ratio(by_source, var))
    return {"mean": values[0], "var": var, "std": np.sqrt(var), "share": share, "quantile": quantile}


def _judged(node: xr.Dataset, approach: str, extrapolated: float, std: float) -> dict[str, Any]:
    """Status and sentence of a scalar output."""
    former = str(of_approach(node["status"], approach).values)
    outside, failed = extrapolated > REWEIGHTING.extrapolated_probability, not Status(former).usable
    sentence = reweighted_sentence(approach, std, extrapolated, extrapolates=outside, failed=failed)
    texts = {"status": str(Status.FAILS if outside or failed else Status.UNVERIFIED), "verdict": sentence}
    return {name: ("approach", np.array([text], dtype=str)) for name, text in texts.items()}


def _root(result: xr.DataTree, label: str, sources: Sequence[str], basis: GermBasis, extrapolated: float) -> xr.Dataset:
    """Coordinates and what was done."""
    coords = {"approach": [label], "source": list(sources)} | {k: result.coords[k] for k in ("level", "coefficient")}
    root = xr.Dataset(coords=coords, attrs={**result.attrs, "reweighted": SETTINGS})
    about = {"units": "1", "long_name": "probability that lies where the polynomial was not fitted"}
    degree = int(basis.exponents.sum(axis=1).max())
    return root.assign(
        n_solves=("approach", [0]),
        n_failed=("approach", [0]),
        settings=("approach", np.array([SETTINGS], dtype=str)),
        share_degree=("approach", [degree]),
        extrapolated=("approach", [extrapolated], about),
    )


def _reweighted(node: xr.Dataset, numbers: Mapping[str, Any], n_source: int) -> xr.Dataset:
    """These statistics of one output, NaN for all others that it has."""
    variables = {}
    for name in STATISTICS:
        if name not in node:
            continue
        old = with_approach(node[name], [""])
        sizes = {"approach": 1, "source": n_source}
        shape = [sizes.get(str(dim), size) for dim, size in old.sizes.items()]
        values = np.reshape(numbers[name], shape) if name in numbers else np.full(shape, np.nan)
        variables[name] = xr.Variable(old.dims, values, old.attrs)
    axes = [str(dim) for dim in node["mean"].dims if dim != "approach"]
    return xr.Dataset(variables, coords=axis_coordinates(node["mean"], axes))


def _laid_out(values: Array, old: xr.DataArray) -> xr.DataArray:
    """Coefficients of a polynomial on its output's axes."""
    coords = {name: c for name, c in old.coords.items() if c.dims and "term" not in c.dims}
    return xr.DataArray(values.reshape(-1, *old.shape[1:]), dims=old.dims, coords=coords, attrs=old.attrs)
