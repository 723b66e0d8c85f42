r"""Rates of hops that are counted in a trajectory, each with the error of a count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma

from a2c_pybamm.data import Array, SiteOccupation
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.hops.hop_counts import HopCounts, count_hops
from a2c_pybamm.estimators.hops.hop_network import HopNetwork
from a2c_pybamm.estimators.hops.observed_network import mean_occupation
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES
from a2c_pybamm.laws.law import log_coefficient

UNSEEN_HOPS = 3.0
"""Expected hops above which there is none with a probability below 5 %, exp(-3)."""


def fit_hop_rates(
    occupation: SiteOccupation,
    network: HopNetwork,
    *,
    material: str,
    source: str,
    quantity: Literal["rate", "flow"] = "rate",
) -> Estimate:
    r"""Logarithm of the factor on a network's rates for each path with a hop: ln(rate [s-1]) where these are 1.

    An ion on a site of path :math:`k` with an empty site at the other end has the chance :math:`w_h\,\mathrm dt` with the
    network's own :math:`w_h`. With :math:`n_k` hops, there and back together, and the sum :math:`t_k` of all chances,

    .. math::
        \langle\ln\Gamma_k\rangle = \psi(n_k + ½) - \ln t_k, \qquad
        \operatorname{Var}\ln\Gamma_k = \psi_1(n_k/\varphi_k + ½), \qquad
        t_k = \sum_\text{ions, frames}\Delta t\sum_{h\in k,\ \text{other site empty}} w_h

    by digamma and trigamma: mean and variance of the logarithm in the posterior :math:`\mathrm{Gamma}(n_k + ½)` that Jeffreys'
    prior gives a Poisson count [1]_ (:math:`\varphi = 1`). The network's rates there and back obey detailed balance, with the
    time-averaged occupation in `observed_network`, so that both directions measure one saddle. Where a site may hold several
    ions (``exclusive=False``), all chances count. :math:`D_J = (1-x)D` of the network then, as everywhere.

    **Hops that are not Poisson.** Ions that return at once hop in bunches. Ion :math:`a` adds :math:`u_a = n_a/n - t_a/t` to
    the relative error, its share in the hops less that in the chances; a Poisson count has :math:`\hat\varphi =
    n\,\tfrac{N}{N-1}\sum_a u_a^2` near 1, give or take :math:`v = \tfrac{2}{N-1}`. From eight ions on, an excess
    :math:`e = \hat\varphi - 1 > 0` widens the error, :math:`\varphi = 1 + \max(0, e - v/e)`, so that chance rarely does, and
    the :math:`u_a` of two paths correlate them, shrunk likewise [2]_. With fewer ions :math:`\varphi = 1`, but 2 on paths that
    join two kinds of sites, since only half of the hops leave each; this is in the provenance.

    **Rate or flow.** ``quantity="rate"`` is the rate out of the path's first kind of sites, to compare with a barrier.
    ``"flow"`` is for `effective_diffusivity_estimate` with the network of this run: D is made of flows :math:`p_i w_h`,
    whose errors differ from those of the rates where sites are of several kinds, since the :math:`u_a` then contain the error
    of the run's own occupation; p is taken as known afterwards.

    **Frames.** A visit between two frames is not in the count: its two hops become none (a return) or a longer one. A
    *rate* is thus low by about the share :math:`q` of visits of one frame on the sites that a path's hops leave, since half as
    many are shorter than one: the mean is raised by :math:`-\ln(1-q)`, and half of this is an error under a source of its
    own, ``"… (frame spacing)"``. *Flows* are taken as counted: a walk in frames is a walk with other flows,
    to which the equation of `effective_diffusivity` applies as it stands, with the same D, if its longer hops are in the
    network as in the observed one. What a given network leaves out is an error by its share of the squared lengths.

    Parameters
    ----------
    network
        From `observed_network`, or one's own on the same sites in three dimensions. Paths without a hop are left out;
        the provenance has an upper bound of their rate at 95 %, and `keep_paths` a network without them.
    material
        Coefficients are named ``"<material> <path> ln(rate <T> K [s-1])"``, or ``ln(flow …)``.
    source
        Name of the sampling error, e.g. ``"Li6PS5Cl MD 700 K (hops)"``.

    Raises
    ------
    ValueError
        If there is no hop of the network, more than 5 % of the hops are not in it, two of its paths join the same sites or one
        path joins several pairs of kinds, ions move together (20 % of the hops into sites held a frame before), 25 % of the
        visits to a kind of sites last one frame, or fewer than eight ions are to give flows on several kinds of sites.

    References
    ----------
    .. [1] H. Jeffreys, Proc. R. Soc. Lond. A 186 (1946) 453: the prior is proportional to the root of the information.
    .. [2] J. Schäfer, K. Strimmer, Stat. Appl. Genet. Mol. Biol. 4 (2005) 32, sec. 2 (target: no correlation).
    """
    counts = count_hops(occupation, network)
    n, t = counts.hops.sum(axis=0), counts.chances.sum(axis=0)
    counted = np.flatnonzero(n)
    if not len(counted) or not t[counted].all():
        no_chance = counted[t[counted] == 0]
        what = f"no chance of {network.paths[no_chance[0]]}" if len(counted) else f"none of {', '.join(network.paths)}"
        raise ValueError(
            f"{material}: {what} is seen in {occupation.duration * 1e12:.3g} ps of {occupation.n_ion} ions; run longer or "
            "hotter, or take barriers"
        )
    dispersion, correlation = _beyond_poisson(occupation, counts, counted, material, quantity)
    std = np.sqrt(polygamma(1, n[counted] / dispersion + 0.5))
    estimate = Estimate.from_covariance(
        [
            log_coefficient(f"{material} {network.paths[k]}", f"{quantity} {occupation.temperature:g} K", "s-1")
            for k in counted.tolist()
        ],
        digamma(n[counted] + 0.5) - np.log(t[counted]),
        correlation * np.outer(std, std),
        source=source,
        method=f"hops counted at {occupation.temperature:g} K, Jeffreys' prior",
        provenance={"occupation": dict(occupation.provenance), "quantity": quantity, **_report(network, counts, dispersion)},
        data=data_fingerprint(occupation, network.paths, quantity),
    )
    if quantity == "flow":
        return with_frame_spacing(estimate, source, np.full(len(counted), counts.unmatched_share))
    missed = -np.log1p(-counts.short_visits[counted])
    return with_frame_spacing(replace(estimate, mean=estimate.mean + missed), source, missed / 2)


def _beyond_poisson(
    occupation: SiteOccupation, counts: HopCounts, counted: NDArray[np.intp], material: str, quantity: str
) -> tuple[Array, Array]:
    """Overdispersion (n_path,) and correlation (n_path, n_path) of the paths with a hop."""
    if occupation.n_ion >= MIN_SCATTER_BODIES:
        deviation = _deviations(occupation, counts, flow=quantity == "flow")[:, counted]
        return shrunk_dispersion(counts.hops.sum(axis=0)[counted], deviation), shrunk_correlation(deviation)
    n_kind = len(occupation.sites.kinds)
    if quantity == "flow" and n_kind > 1:
        raise ValueError(
            f"{material}: {occupation.n_ion} ions are too few for the error of their occupation of {n_kind} kinds of sites; "
            f"take {MIN_SCATTER_BODIES} ions or more, or quantity='rate'"
        )
    unlike = counts.kinds[counted, 0] != counts.kinds[counted, 1]
    return np.where(unlike, 2.0, 1.0), np.eye(len(counted))


def _report(network: HopNetwork, counts: HopCounts, dispersion: Array) -> dict[str, Any]:
    """Counts of the hops and chances of each path, as plain JSON."""
    n, t = counts.hops.sum(axis=0), counts.chances.sum(axis=0)
    return {
        "paths": {
            network.paths[k]: {
                "hops": int(n[k]),
                "chances [s]": float(t[k]),
                "overdispersion": float(wide),
                "visits of one frame": float(counts.short_visits[k]),
            }
            for k, wide in zip(np.flatnonzero(n).tolist(), dispersion, strict=True)
        },
        "paths not seen, upper bound of the factor (95 %)": {
            network.paths[k]: float(UNSEEN_HOPS / t[k]) if t[k] > 0 else None for k in np.flatnonzero(n == 0).tolist()
        },
        "error bar": "between ions" if len(counts.hops) >= MIN_SCATTER_BODIES else "Poisson alone, fewer than eight ions",
        "hops not in the network": counts.unmatched,
        "share of hops to sites held a frame before": counts.following_share,
    }


def with_frame_spacing(estimate: Estimate, source: str, errors: Array) -> Estimate:
    """The estimate with the error of visits that fall between frames, all coefficients moved by one germ."""
    if not errors.any():
        return estimate
    stamp = label_hash(estimate.names, estimate.factors[source].labels, "frame spacing")
    return estimate.add_source(f"{source} (frame spacing)", Factor(errors[:, None], (stamp,)))


def _deviations(occupation: SiteOccupation, counts: HopCounts, *, flow: bool) -> Array:
    r"""Terms of single ions in the error of each path's ln(rate) or ln(flow) (n_ion, n_path), by the delta method.

    ln rate = ln n - ln t, with t = t_first + (p_first/p_second) t_second: the rates of the way back hold the ratio of the two
    probabilities; ln flow = ln rate + ln p_first.
    """
    n, t = counts.hops.sum(axis=0), counts.chances.sum(axis=0)
    deviation = counts.hops / np.where(n > 0, n, 1.0) - counts.chances / np.where(t > 0, t, 1.0)
    p = _probability_deviations(occupation)
    first, second = p[:, counts.kinds[:, 0]], p[:, counts.kinds[:, 1]]
    deviation -= counts.chances_second.sum(axis=0) / np.where(t > 0, t, 1.0) * (first - second)
    return deviation + first if flow else deviation


def _probability_deviations(occupation: SiteOccupation) -> Array:
    """Terms of single ions in the error of ln p of a site of each kind (n_ion, n_kind)."""
    sites, c = occupation.sites, mean_occupation(occupation)
    n_kind = len(sites.kinds)
    kind = sites.kind_index[occupation.site]
    time = np.stack([(kind == k).mean(axis=0) for k in range(n_kind)], axis=1)
    number = np.bincount(sites.kind_index)
    weight = c / (1 - c) if occupation.exclusive else c
    deviation = (time - time.mean(axis=0)) / number / (c * (1 - c) if occupation.exclusive else c)
    share = number * weight / (number * weight).sum()
    return deviation - (deviation @ share)[:, None]


def shrunk_dispersion(n: Array, deviation: Array) -> Array:
    """Variance by the scatter of ions' deviations (n_ion, n_path) over that of n Poisson hops, at least 1 (n_path,).

    The part of chance is taken off: the scatter of Poisson counts varies by 2/(N - 1) about 1.
    """
    n_ion = len(deviation)
    excess = n * n_ion / (n_ion - 1) * (deviation**2).sum(axis=0) - 1
    chance = 2 / (n_ion - 1)
    return 1 + np.where(excess > 0, np.maximum(0.0, excess - chance / np.where(excess > 0, excess, 1.0)), 0.0)


def shrunk_correlation(deviation: Array) -> Array:
    r"""Correlation (n, n) of the columns of deviations (n_ion, n) that sum to zero, shrunk towards none.

    .. math:: r^* = (1-\lambda)r, \qquad
        \lambda = \min\Bigl(1, \sum_{i\ne j}\operatorname{Var}r_{ij}\Big/\sum_{i\ne j}r_{ij}^2\Bigr)

    with the variances by the scatter of the products.
    """
    n_ion, n = deviation.shape
    norm = np.sqrt((deviation**2).sum(axis=0))
    z = deviation / np.where(norm > 0, norm, 1.0)
    r = z.T @ z
    off = ~np.eye(n, dtype=bool)
    products = np.einsum("ai,aj->aij", z, z)
    variance = n_ion / (n_ion - 1) * ((products - r / n_ion) ** 2).sum(axis=0)
    square = (r[off] ** 2).sum()
    keep = max(0.0, 1 - variance[off].sum() / square) if square > 0 else 0.0
    return np.where(off, keep * r, 1.0)
