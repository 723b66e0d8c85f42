"""One estimate from the members of a committee, their disagreement a source of error."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtri, stdtrit

from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators.statistics.combination import combine

FEW_MEMBERS = 8
"""Number of members below which correlations between coefficients that come from their spread are flagged as hardly known: with
seven the correlation of two independent quantities is beyond ±0.75 in one case of twenty."""


def predictive_factor(n_member: int, level: float) -> float:
    r"""Factor f on the members' standard deviation that makes the normal interval of probability ``level`` a predictive one.

    .. math:: f = \sqrt{1 + \tfrac1K}\;\frac{t_{K-1}\left(\frac{1 + p}{2}\right)}{\Phi^{-1}\left(\frac{1 + p}{2}\right)}

    A further member, drawn from the same normal distribution as the K, lies with probability p within :math:`f s\,\Phi^{-1}`
    of their mean, s being their standard deviation. At other levels it does not: the normal interval is too wide below p and
    too narrow above.

    ===================  ============  ====
    symbol               argument      unit
    ===================  ============  ====
    :math:`K`            ``n_member``  1
    :math:`p`            ``level``     1
    ===================  ============  ====

    Raises
    ------
    ValueError
        If the level is not between 0.5 and 1.

    References
    ----------
    Geisser, Predictive Inference (1993), ch. 2: a further value of a normal sample.
    """
    if not 0.5 < level < 1:
        raise ValueError(f"committee: level is {level:g}; give the probability of the interval to match, above 0.5 and below 1")
    quantile = (1 + level) / 2
    return float(np.sqrt(1 + 1 / n_member) * stdtrit(n_member - 1, quantile) / ndtri(quantile))


def combine_members(
    members: Mapping[str, Estimate], *, source: str = "potential (model form)", level: float = 0.95
) -> Estimate:
    r"""The members' mean, their spread :math:`f(\theta_k - \bar\theta)/\sqrt{K-1}` a labelled column each under ``source``.

    Every quantity that a potential made carries the potential's label, so that the spreads of different quantities are
    correlated member by member. The errors of the members become those of the mean. The spread is predictive: with f of
    `predictive_factor` the normal interval of probability ``level`` is that of one more member. The spread of K members has a
    relative error of :math:`1/\sqrt{2(K-1)}`, reported in the provenance with f and the level.

    Parameters
    ----------
    level
        Probability of the interval that is matched.

    Raises
    ------
    ValueError
        If there are fewer than two members, they estimate different coefficients, or the level is not between 0.5 and 1.
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
    mean, factor = values.mean(axis=0), predictive_factor(K, level)
    shared = {name for e in estimates for name in e.factors}
    report = {
        "committee": {
            "members": labels,
            "values": {label: v.tolist() for label, v in zip(labels, values, strict=True)},
            "relative error of its std": 1 / np.sqrt(2 * (K - 1)),
            "matched level": level,
            "predictive factor": factor,
            "correlations": "hardly known (fewer than eight members)" if K < FEW_MEMBERS else "estimated from the members",
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
    return averaged.add_source(source, Factor(factor * (values - mean).T / np.sqrt(K - 1), tuple(labels)))
