r"""What the statistics would be under other errors of the coefficients, from the polynomial that is there.

With :math:`y \approx \sum_\alpha c_\alpha\psi_\alpha(\xi)` and :math:`\theta = m + L\xi`, coefficients
:math:`\theta' = m' + L'\xi'` of other errors have the germ

.. math:: \xi = L^+(m' - m) + L^+L'\xi',

linear in :math:`\xi'`: the polynomial in :math:`\xi'` has the same degree, and its orthonormal coefficients follow by
projection without error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import chi2

from a2c_pybamm.estimate import Joint
from a2c_pybamm.propagation.expansion import Expansion, read_expansion

SUFFIX = ""
from a2c_pybamm.propagation.germ_basis import GermBasis, polynomial_quantiles, sobol_germ, total_degree
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import ROUND_OFF, Problem
from a2c_pybamm.propagation.results.importance_weights import OUTSIDE, THINNEST
from a2c_pybamm.propagation.results.reweighting import filled, matched
from a2c_pybamm.propagation.sentences import reread_sentence
from a2c_pybamm.propagation.shares import ratio, terms_of_sources
from a2c_pybamm.propagation.status import Status

INSIDE = 0.999
"""Part of the former germs' distribution that counts as the region where the polynomial was fitted."""
MOST_BEYOND = 0.01
"""Probability beyond that region from which on the verdict calls the numbers an extrapolation."""
MOST_TERMS = 3000
"""Terms of a polynomial that is still projected: a least-squares problem of 6000 rows."""
N_DRAW = 2**14
"""Draws from which the probability beyond is counted: 1 % is then known to a tenth of itself."""


def reweight_expansion(result: xr.Dataset, after: Joint, *, rng: np.random.Generator) -> xr.Dataset:
    """Statistics of every output's polynomial under other errors: it stays, and what goes into it changes.

    The layout of `propagate` with the one approach that fitted the polynomial. Moments, shares and the polynomial in the germ
    of ``after`` are exact for it, quantiles by sampling; errors and Q² were found under the former errors, and are NaN. What
    adaptive chaos adds for what its polynomial missed is left out.
    ``extrapolated`` (approach) is the probability that lies where the polynomial was not fitted: beyond the region that held
    99.9 % of the former normal germs, or the bounds of a uniform one. From 1 % on the verdicts say so.

    Parameters
    ----------
    result
        From `propagate` with `PolynomialChaos`, or such a result read from a file.
    after
        The same coefficients with other means, errors or correlations; it may hold fixed what varied, not the reverse.
    rng
        For the points at which polynomials are sampled.

    Raises
    ------
    ValueError
        If there is no polynomial, ``after`` moves what was fixed, or the polynomial would have more than 3000 terms.
    """
    outputs = [str(name).removesuffix(SUFFIX) for name in result.data_vars if str(name).endswith(SUFFIX)]
    if not outputs:
        raise ValueError("reweight_expansion: the result has no polynomial; run propagate with PolynomialChaos()")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"reweight_expansion: rng is {rng!r}; give np.random.default_rng(seed)")
    expansions = {output: read_expansion(result, output, what="reweight_expansion") for output in outputs}
    former = expansions[outputs[0]]
    new = matched(tuple(str(name) for name in former.factor["coefficient"].values), after, "after")
    germ_map = _germ_map(former, np.array(result["coefficient_mean"].values, float), new)
    basis = _basis(former, new)
    points = sobol_germ(2 * len(basis), new.families, rng)
    # from the former terms' coefficients to those of the same polynomial in the germ of after
    targets = former.basis.evaluate(germ_map.former(points))
    projection = np.asarray(np.linalg.lstsq(basis.evaluate(points), targets, rcond=None)[0], float)
    beyond = germ_map.beyond(new.draw(N_DRAW, rng))
    statistics: dict[str, dict[str, Any]] = {}
    polynomials = {}
    for output, expansion in expansions.items():
        values = _projected(projection, expansion)
        statistics[output] = _moments(basis, values, new, result["quantile"].values, rng)
        polynomials[output + SUFFIX] = _laid_out(values, expansion.values)
        if expansion.values.ndim == 1:
            extrapolates, std = beyond > MOST_BEYOND, float(statistics[output]["std"][0])
            statistics[output]["status"] = Status.FAILS if extrapolates else Status.UNVERIFIED
            statistics[output]["verdict"] = reread_sentence(former.approach, std, beyond, extrapolates=extrapolates)
    found = filled(result, former.approach, new.sources, statistics, settings="polynomial read again, no new solves")
    found["share_degree"] = ("approach", [int(basis.exponents.sum(axis=1).max())])
    about = {"units": "1", "long_name": "probability that lies where the polynomial was not fitted"}
    found["extrapolated"] = ("approach", [beyond], about)
    return found.assign(polynomials).assign(_germ(result, basis, new))


@dataclass(frozen=True, eq=False)
class _GermMap:
    """The former germ as a linear function of another."""

    offset: Array
    """(n_germ,)."""
    slope: Array
    """(n_germ, n_germ of after)."""
    normal: NDArray[np.bool_]
    """Which former germs are normal (n_germ,)."""
    n_direction: int
    """Directions that those span in the coefficients."""

    def former(self, germ: Array) -> Array:
        """Former germs (n_sample, n_germ) of germs of ``after``."""
        return self.offset + germ @ self.slope.T

    def beyond(self, germ: Array) -> float:
        """Fraction of germs of ``after`` that lie outside the region of the former ones."""
        former = self.former(germ)
        far = (former[:, self.normal] ** 2).sum(axis=1) > chi2.ppf(INSIDE, max(1, self.n_direction))
        out = (np.abs(former[:, ~self.normal]) > np.sqrt(3) * (1 + OUTSIDE)).any(axis=1)
        return float((far | out).mean())


def _germ_map(former: Expansion, mean: Array, new: Problem) -> _GermMap:
    """Smallest former germ of the coefficients of ``after``; ``ValueError`` where there is none."""
    factor = np.array(former.factor.values, float)
    std = np.sqrt((factor**2).sum(axis=1))
    scale = np.where(std > 0, std, np.where(mean != 0, np.abs(mean), 1.0))
    moves = np.column_stack([new.mean - mean, new.root]) / scale[:, None]
    germ = np.asarray(np.linalg.lstsq(factor / scale[:, None], moves, rcond=THINNEST)[0], float)
    rest = np.abs(moves - factor / scale[:, None] @ germ).max(axis=1)
    if rest.max() > OUTSIDE:
        name = str(former.factor["coefficient"].values[int(rest.argmax())])
        raise ValueError(
            f"reweight_expansion: after moves {name!r} in a way that carried no error when the polynomial was fitted, which "
            "therefore does not know what follows; propagate again"
        )
    normal = np.array([family == "normal" for family in former.basis.families])
    rank = int(np.linalg.matrix_rank(factor[:, normal] / scale[:, None])) if normal.any() else 0
    return _GermMap(germ[:, 0], germ[:, 1:], normal, rank)


def _basis(former: Expansion, new: Problem) -> GermBasis:
    """All products of the germs of ``after`` up to the degree of the former polynomial."""
    order = int(former.basis.exponents.sum(axis=1).max())
    basis = total_degree(new.families, order)
    if len(basis) > MOST_TERMS:
        raise ValueError(
            f"reweight_expansion: degree {order} in {len(new.families)} germs makes {len(basis)} terms, more than "
            f"{MOST_TERMS}; propagate with a lower order"
        )
    return basis


def _projected(projection: Array, expansion: Expansion) -> Array:
    """Coefficients (n_term, n_element) of the same polynomial in the germ of ``after``."""
    values = expansion.flat()
    constant = ~expansion.basis.exponents.any(axis=1)
    offset = values[constant].sum(axis=0)
    values[constant] = 0.0  # a large mean would cost digits
    found = projection @ values
    found[0] += offset
    found[:, ~np.isfinite(offset)] = np.nan
    return found


def _moments(basis: GermBasis, values: Array, new: Problem, levels: Array, rng: np.random.Generator) -> dict[str, Any]:
    """Statistics (…, n_element) of polynomials, NaN where there is none."""
    var = (values[1:] ** 2).sum(axis=0)
    var = np.where(var <= (ROUND_OFF * values[0]) ** 2, 0.0, var)
    by_source = terms_of_sources(basis.exponents, new).astype(float) @ values**2
    whole = np.isfinite(var)
    quantile = np.full((len(levels), len(var)), np.nan)
    quantile[:, whole] = polynomial_quantiles(basis, values[:, whole], levels, rng)
    share = np.where(var == 0, 0.0, ratio(by_source, var))
    return {"mean": values[0], "var": var, "std": np.sqrt(var), "share": share, "quantile": quantile}


def _laid_out(values: Array, old: xr.DataArray) -> xr.DataArray:
    """Coefficients of a polynomial on its output's axes."""
    coords = {name: c for name, c in old.coords.items() if c.dims and "term" not in c.dims}
    return xr.DataArray(values.reshape(-1, *old.shape[1:]), dims=old.dims, coords=coords, attrs=old.attrs)


def _germ(result: xr.Dataset, basis: GermBasis, new: Problem) -> dict[str, xr.DataArray]:
    """The variables beside an expansion, of the germ of ``after``."""
    values = {
        "exponent": (("term", "germ"), basis.exponents),
        "germ_source": ("germ", np.array(new.germ_sources, dtype=str)),
        "germ_family": ("germ", np.array(new.families, dtype=str)),
        "germ_factor": (("coefficient", "germ"), new.root),
        "coefficient_mean": ("coefficient", new.mean),
    }
    return {name: xr.DataArray(v, dims=dims, attrs=result[name].attrs) for name, (dims, v) in values.items()}
