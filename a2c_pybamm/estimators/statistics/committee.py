"""One estimate from the members of a committee, their disagreement a source of error."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators.statistics.combination import combine

FEW_MEMBERS = 5
"""Number of members below which correlations between coefficients that come from their spread are flagged as hardly known: with
four the correlation of two independent quantities is beyond ±0.8 in one case of five."""


def combine_members(members: Mapping[str, Estimate], *, source: str = "potential (model form)") -> Estimate:
    r"""The members' mean, their spread :math:`(\theta_k - \bar\theta)/\sqrt{K-1}` a labelled column each under ``source``.

    Every quantity that a potential made carries the potential's label, so that the spreads of different quantities are
    correlated member by member. The errors of the members become those of the mean. The spread of K members has a relative
    error of :math:`1/\sqrt{2(K-1)}`, reported in the provenance.

    Raises
    ------
    ValueError
        If there are fewer than two members or they estimate different coefficients.
    """
    K = len(members)
    if K < 2:
        raise ValueError(
            f"a committee of {K} member(s) ({', '.join(members)}) has no spread; give at least two, or declare one"
        )
    labels, estimates = list(members), list(members.values())
    names = estimates[0].names
    for label, estimate in members.items():
        if estimate.names != names:
            raise ValueError(
                f"committee: {label!r} estimates {estimate.names}, others {names}; members share one law and one order"
            )
    values = np.array([e.mean for e in estimates])
    mean = values.mean(axis=0)
    shared = {name for e in estimates for name in e.factors}
    report = {
        "committee": {
            "members": labels,
            "values": {label: v.tolist() for label, v in zip(labels, values, strict=True)},
            "relative error of its std": 1 / np.sqrt(2 * (K - 1)),
            "correlations": "hardly known (fewer than five members)" if K < FEW_MEMBERS else "estimated from the members",
        }
    }
    averaged = combine(
        estimates,
        np.hstack([np.eye(len(names)) / K] * K),
        names,
        mean,
        method=f"mean of {K} ({', '.join(labels)}): {' / '.join(dict.fromkeys(e.method for e in estimates))}",
        provenance=report,
        independent=shared,
    )
    return averaged.add_source(source, Factor((values - mean).T / np.sqrt(K - 1), tuple(labels)))
