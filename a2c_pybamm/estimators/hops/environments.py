"""One hop in many local environments: barriers that stand side by side in a crystal, combined as rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, RELATIVE_ROUND_OFF
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.statistics.combination import combine


@dataclass(frozen=True)
class EffectiveMedium:
    """Settings of the effective medium of a network of different rates."""

    arrangement_error: float = 0.015
    """Standard deviation of ln D over the variance of the rates' logarithms: root-mean-square difference from random networks
    of 500 sites (square, honeycomb, diamond, sc, bcc, fcc, triangular; variances of 0.8 to 13)."""
    difference_step: float = 1e-5
    """Relative step of the numerical derivatives."""


def combine_environments(
    hops: Mapping[str, Estimate],
    *,
    T: float,
    coordination: int,
    source: str,
    shares: Mapping[str, float] | None = None,
    settings: EffectiveMedium = EffectiveMedium(),
) -> Estimate:
    r"""Prefactor and barrier of a hop whose barrier differs from place to place, of the network that all places make.

    In a disordered host the ion takes the easy hops and goes around the hard ones, as far as neighbours allow: neither the mean
    barrier nor the mean rate counts. The effective medium of rates :math:`w_k` with shares :math:`c_k` has the one rate
    :math:`w` with [1]_

    .. math:: \sum_k c_k\,\frac{w_k - w}{w_k + (z/2 - 1)\,w} = 0

    which is exact on a chain (:math:`z = 2`, the harmonic mean). With the environments put at random on a lattice it is right
    to 0.02 in ln D where rates differ by a factor of 3 (one standard deviation), and to 0.35 where they differ by a factor of
    40; that is the error under ``source``. Sites have one energy (barriers are kinetically resolved: of the mean of both ways);
    where they differ, or the arrangement is known, write the sites out as a `HopNetwork`.

    The two coefficients are those of the tangent at ``T``: ln D is right there, and its slope in 1/T. Errors of the
    environments are carried by the share of each in ln D.

    ===============  =======================================  ======
    symbol           argument                                 unit
    ===============  =======================================  ======
    :math:`w_k`      ``hops``: of ln D0 and E_a [eV] of each  m2.s-1
    :math:`c_k`      ``shares``, equal ones unless given      1
    :math:`z`        ``coordination``                         1
    ===============  =======================================  ======

    Parameters
    ----------
    hops
        Estimates of ln D0 and E_a, as `hopping_diffusivity` makes them, by environment; all under the same two names.
    T
        Temperature [K].
    source
        Name of the error that the environments' arrangement makes.

    Raises
    ------
    ValueError
        If there are fewer than two environments, names differ, or a share or the coordination is out of range.

    References
    ----------
    .. [1] S. Kirkpatrick, Rev. Mod. Phys. 45 (1973) 574, eq. 5.4.
    """
    labels, estimates = list(hops), list(hops.values())
    share = _shares(labels, shares)
    names = estimates[0].names
    for label, estimate in hops.items():
        if estimate.names != names or len(names) != 2:
            raise ValueError(
                f"environments: {label!r} estimates {estimate.names}, others {names}; give ln D0 and E_a of one hop"
            )
    if not (T > 0 and coordination >= 2):
        raise ValueError(
            f"environments: T = {T:g} K and coordination {coordination}; give a temperature and 2 or more neighbours"
        )
    given = np.array([estimate.mean for estimate in estimates])
    mean, slopes = _tangent(given, share, T, coordination), np.empty((2, given.size))
    for k in range(given.size):
        step = np.zeros(given.size)
        step[k] = settings.difference_step * max(1.0, abs(given.flat[k]))
        up, down = (_tangent(given + sign * step.reshape(given.shape), share, T, coordination) for sign in (1, -1))
        slopes[:, k] = (up - down) / (2 * step[k])
    combined = combine(
        estimates,
        slopes,
        names,
        mean,
        method=f"effective medium of {len(labels)} environments at {T:g} K, z = {coordination}; {estimates[0].method}",
        provenance={
            "environments": {
                label: {"share": float(c), "share in ln D": float(part)}
                for label, c, part in zip(labels, share, _parts(given, share, T, coordination), strict=True)
            }
        },
        independent={name for estimate in estimates for name in estimate.factors},
    )
    log_rate = _log_rates(given, T)
    variance = float(share @ (log_rate - share @ log_rate) ** 2)
    error = 0.0 if coordination == 2 else settings.arrangement_error * variance
    return combined.add_source(source, Factor(np.array([[error], [0.0]]), (names[1],)))


def _shares(labels: Sequence[str], given: Mapping[str, float] | None) -> Array:
    """Share of each environment (n,), sum 1."""
    if len(labels) < 2:
        raise ValueError(f"environments: {len(labels)} given; a hop with one barrier needs no combination")
    if given is None:
        return np.full(len(labels), 1 / len(labels))
    if set(given) != set(labels) or not all(np.isfinite(value) and value > 0 for value in given.values()):
        raise ValueError(f"environments: shares must be one positive number for each of {', '.join(labels)}")
    values = np.array([given[label] for label in labels], float)
    return values / values.sum()


def _log_rates(given: Array, T: float) -> Array:
    """Logarithms of the rates (n,) at T, of ln D0 and E_a [eV] (n, 2)."""
    return np.asarray(given[:, 0] - given[:, 1] * ELEMENTARY_CHARGE / (BOLTZMANN * T))


def _log_effective(log_rate: Array, share: Array, coordination: int) -> float:
    """Logarithm of the effective rate."""
    from scipy.optimize import brentq

    def excess(u: float) -> float:
        # (w - W)/(w + aW) by the ratio that does not overflow
        smaller = np.exp(-np.abs(log_rate - u))
        others, faster = coordination / 2 - 1, log_rate > u
        top, bottom = np.where(faster, 1 - smaller, smaller - 1), np.where(faster, 1 + others * smaller, smaller + others)
        return float(share @ (top / np.maximum(bottom, np.finfo(float).tiny)))

    low, high = float(log_rate.min()), float(log_rate.max())
    return low if high == low else float(brentq(excess, low, high, xtol=RELATIVE_ROUND_OFF, rtol=RELATIVE_ROUND_OFF))


def _parts(given: Array, share: Array, T: float, coordination: int) -> Array:
    """Derivatives of the effective rate's logarithm by those of the rates (n,), all positive, sum 1."""
    log_rate = _log_rates(given, T)
    u = _log_effective(log_rate, share, coordination)
    # c w/(w + a W)² over the largest, without overflow
    weight = np.log(share) + log_rate - 2 * np.logaddexp(log_rate, np.log(max(coordination / 2 - 1, np.finfo(float).tiny)) + u)
    part = np.exp(weight - weight.max())
    return np.asarray(part / part.sum())


def _tangent(given: Array, share: Array, T: float, coordination: int) -> Array:
    """Effective ln D0 and E_a [eV] (2,): the value and the slope in 1/T of the effective rate at T."""
    log_rate = _log_rates(given, T)
    barrier = float(_parts(given, share, T, coordination) @ given[:, 1])
    u = _log_effective(log_rate, share, coordination)
    return np.array([u + barrier * ELEMENTARY_CHARGE / (BOLTZMANN * T), barrier])
