r"""Sensitivity indices of correlated normal coefficients, exact from the expansion.

With the closed variances :math:`V_u = \operatorname{Var}\,\mathrm{E}[y\mid\theta_u]` of sets :math:`u` of coefficients (or of
groups), :math:`V` that of all :math:`n`, and :math:`\bar i` all but :math:`i`,

===========  ===================================================================================  ==========
index        formula                                                                              source
===========  ===================================================================================  ==========
first order  :math:`S_i = V_i/V`                                                                  [1]_
total        :math:`S_i^T = 1 - V_{\bar i}/V`                                                     [1]_
Shapley      :math:`\frac1n\sum_{u\not\ni i}\binom{n-1}{\lvert u\rvert}^{-1}(V_{u\cup i}-V_u)/V`  [2]_, [3]_
===========  ===================================================================================  ==========

.. [1] S. Kucherenko, S. Tarantola, P. Annoni, Comput. Phys. Commun. 183 (2012) 937.
.. [2] A. B. Owen, SIAM/ASA J. Uncertain. Quantif. 2 (2014) 245.
.. [3] E. Song, B. L. Nelson, J. Staum, SIAM/ASA J. Uncertain. Quantif. 4 (2016) 1060.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import comb

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.propagation.germ_basis import ENTRIES_AT_ONCE
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.polynomial import Expansion, read_expansion
from a2c_pybamm.propagation.results.closed_variance import closed_variances, hermite_tensors
from a2c_pybamm.propagation.shares import ratio
from a2c_pybamm.result import EXPANSION, approaches, of_approach, output_node

MOST_PLAYERS = 12
"""Coefficients or groups that Shapley effects are enumerated for: 2¹² subsets."""
REFERENCES = (
    "Kucherenko, Tarantola, Annoni 2012, doi:10.1016/j.cpc.2011.12.020; Owen 2014, doi:10.1137/130936233; "
    "Song, Nelson, Staum 2016, doi:10.1137/15M1048070"
)


def sensitivity_indices(
    result: xr.DataTree,
    output: str,
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    approach: str | None = None,
) -> xr.Dataset:
    """First-order, total and Shapley indices of every coefficient of one output, its variance and the expansion's Q².

    Variables ``kucherenko_first``, ``kucherenko_total``, ``shapley`` along ``coefficient`` (with ``groups`` along ``group``)
    and the output's own axes, ``variance`` and ``q2`` on those axes; NaN where the output was not fitted, zero where it does
    not vary. They are exact for the polynomial, and as good for the model as Q² is high (``attrs["lowest_q2"]``: on the worst
    element). ``variance`` is that of the polynomial in the coefficients: what a fit put on germs that cancel in all of them
    is dropped.

    Parameters
    ----------
    result
        From `propagate` with `PolynomialChaos`, or such a result read from a file.
    output
        Name of one output.
    groups
        Coefficients to be taken together, by the group's name. Every coefficient that carries an error is in one group.
    approach
        Label of the method whose polynomial is read; the last that fitted one unless given.

    Raises
    ------
    ValueError
        If the result has no expansion of the output, a germ is uniform, groups overlap or leave out a coefficient that carries
        an error, or more than twelve coefficients or groups carry one.
    """
    expansion = read_expansion(result, output, what="sensitivity_indices", approach=approach)
    _validate_normal(result, expansion)
    names = [str(name) for name in expansion.factor["coefficient"].values]
    factor = np.array(expansion.factor.values, float)
    active = np.asarray(factor.any(axis=1))
    players = {name: [k] for k, name in enumerate(names)} if groups is None else _rows_of_groups(groups, names, active)
    moved = [name for name, rows in players.items() if active[rows].any()]
    _validate_player_count(moved, grouped=groups is not None)
    rows = [factor[players[name]] for name in moved]
    indices = np.full((3, len(players), expansion.flat().shape[1]), 0.0)
    indices[:, [list(players).index(name) for name in moved]], variance = _indices(expansion, rows)
    indices[:, :, np.isnan(variance)] = np.nan
    return _lay_out(result, output, expansion, "coefficient" if groups is None else "group", list(players), indices, variance)


def _indices(expansion: Expansion, rows: Sequence[Array]) -> tuple[Array, Array]:
    """Indices (3, n_player, n_element) of players with these rows (n_row, n_germ) of the factor; the variance (n_element,)."""
    coefficients = expansion.flat()
    order = int(expansion.basis.exponents.sum(axis=1).max())
    step = max(1, ENTRIES_AT_ONCE // max(len(expansion.basis.families) ** order, 2 ** len(rows)))
    fitted = np.flatnonzero(np.isfinite(coefficients).all(axis=0))
    indices, variance = np.full((3, len(rows), coefficients.shape[1]), np.nan), np.full(coefficients.shape[1], np.nan)
    for start in range(0, len(fitted), step):
        chunk = fitted[start : start + step]
        closed = closed_variances(hermite_tensors(expansion.basis, coefficients[:, chunk]), rows)
        closed[:, closed[-1] <= (RELATIVE_ROUND_OFF * coefficients[0, chunk]) ** 2] = 0.0
        indices[:, :, chunk] = _from_closed(closed, len(rows))
        variance[chunk] = closed[-1]
    return indices, variance


def _from_closed(closed: Array, n: int) -> Array:
    """First-order, total and Shapley indices (3, n_player, n_element) from closed variances (2**n_player, n_element)."""
    alone = 1 << np.arange(n)
    first = ratio(closed[alone], closed[-1])
    total = ratio(closed[-1] - closed[len(closed) - 1 - alone], closed[-1])
    return np.array([first, total, ratio(_shapley_weights(n) @ closed, closed[-1])])


def _shapley_weights(n: int) -> Array:
    """Weight (n_player, 2**n_player) of each subset's closed variance in each player's Shapley effect."""
    member = (np.arange(2**n) >> np.arange(n)[:, None]) & 1 == 1
    size = member.sum(axis=0)
    gained = [0.0, *(1 / (n * comb(n - 1, s - 1)) for s in range(1, n + 1))]
    lost = [*(-1 / (n * comb(n - 1, s)) for s in range(n)), 0.0]
    return np.where(member, np.array(gained)[size], np.array(lost)[size])


def _rows_of_groups(groups: Mapping[str, Sequence[str]], names: list[str], active: NDArray[np.bool_]) -> dict[str, list[int]]:
    """Rows of each group's coefficients; ``ValueError`` if one is unknown, in two groups, or in none though it has an error."""
    owner: dict[str, str] = {}
    for group, members in groups.items():
        if isinstance(members, str) or not len(members):
            raise ValueError(f"sensitivity_indices: group {group!r} is not a list of coefficients; write [name, …]")
        for name in members:
            if name not in names:
                raise ValueError(
                    f"sensitivity_indices: group {group!r} names {name!r}, which the model has not (it has {', '.join(names)})"
                )
            if name in owner:
                raise ValueError(f"sensitivity_indices: {name!r} is in groups {owner[name]!r} and {group!r}; put it in one")
            owner[name] = group
    left = [name for name, moved in zip(names, active, strict=True) if moved and name not in owner]
    if left:
        raise ValueError(f"sensitivity_indices: {', '.join(map(repr, left))} in no group, but with an error; add to a group")
    return {group: [names.index(name) for name in members] for group, members in groups.items()}


def _validate_normal(result: xr.DataTree, expansion: Expansion) -> None:
    sources = result[EXPANSION].dataset["germ_source"].values
    uniform = [str(s) for s, f in zip(sources, expansion.basis.families, strict=True) if f != "normal"]
    if uniform:
        raise ValueError(
            f"sensitivity_indices: source {uniform[0]!r} is uniform, and the indices are exact for normal germs only; "
            "read the shares by source (share), or declare that error as normal"
        )


def _validate_player_count(players: list[str], *, grouped: bool) -> None:
    if len(players) > MOST_PLAYERS:
        remedy = "make fewer groups" if grouped else "take some together with groups={name: [coefficients]}"
        raise ValueError(
            f"sensitivity_indices: {len(players)} {'groups' if grouped else 'coefficients'} carry an error, and Shapley "
            f"effects take all 2^{len(players)} subsets; {remedy}, at most {MOST_PLAYERS}"
        )


def _lay_out(
    result: xr.DataTree, output: str, expansion: Expansion, dim: str, names: list[str], indices: Array, variance: Array
) -> xr.Dataset:
    if expansion.approach not in approaches(result):
        raise ValueError(
            f"sensitivity_indices: the expansion is from {expansion.approach!r}, which was cut from the result; give it whole"
        )
    q2 = of_approach(output_node(result, output)["q2"], expansion.approach)
    element = expansion.values.isel(term=0, drop=True)
    texts = {
        "kucherenko_first": "share of variance that goes when this alone becomes known",
        "kucherenko_total": "share of variance that stays when all else is known",
        "shapley": "share of variance, what is made together or correlated divided fairly",
    }
    dataset = xr.Dataset(coords={dim: names, **element.coords})
    for (name, text), values in zip(texts.items(), indices, strict=True):
        shaped = values.reshape(len(names), *element.shape)
        dataset[name] = xr.DataArray(shaped, dims=(dim, *element.dims), attrs={"units": "1", "long_name": text})
    unit = expansion.values.attrs.get("units", "")
    attrs = {"units": f"({unit})^2", "long_name": "variance that the coefficients make"}
    dataset["variance"] = xr.DataArray(variance.reshape(element.shape), dims=element.dims, attrs=attrs)
    lowest = float(np.nanmin(q2.values)) if np.isfinite(q2.values).any() else np.nan
    about = {"output": output, "approach": expansion.approach, "lowest_q2": lowest, "references": REFERENCES}
    return dataset.assign(q2=q2).assign_attrs(about)
