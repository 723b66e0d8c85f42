"""From rates or energies of hops, with their errors, to the diffusivity of the network that they make."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, RELATIVE_ROUND_OFF
from a2c_pybamm.data import Array
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.hops.hop_network import HopNetwork, relaxed_displacement, with_rates
from a2c_pybamm.laws.diffusion.mobility import barrier_name, prefactor_name
from a2c_pybamm.laws.law import log_coefficient


def effective_diffusivity_estimate(
    network: HopNetwork, rates: Estimate, *, name: str, direction: ArrayLike | None = None
) -> Estimate:
    r"""Logarithm of the network's diffusivity along a direction (or of trace/d), with the errors of the rates by source.

    .. math::
        \frac{\partial\ln D}{\partial\ln w_k} =
        \frac{\sum_{h\in k} p_i w_h\,(\mathbf n\cdot\mathbf s_h)^2}{\sum_h p_i w_h\,(\mathbf n\cdot\mathbf s_h)^2}

    The derivative is exact, since :math:`\varphi` makes D least, and it is each path's share in D: shares are positive and add
    up to 1. Site energies are taken as known; `diffusivity_from_energies` has their errors too.

    Parameters
    ----------
    rates
        One coefficient for each of ``network.paths``, in this order: the logarithm of a factor on the network's rates, which is
        ln(rate [s-1]) where the network was made with rates of 1.
    name
        Name of the result: ``"LCO ln(D_J [m2.s-1])"``.
    direction
        Direction (d,), of any length; the mean over all directions unless given.

    Raises
    ------
    ValueError
        If there is not one coefficient for each path, or nothing moves in this direction.
    """
    scaled = with_rates(network, rates.mean)
    log_diffusivity, share = _shares(scaled, direction, name)
    return rates.map([name], [log_diffusivity], share[None], method=f"master equation on a network of hops; {rates.method}")


def diffusivity_from_energies(
    network: HopNetwork, energies: Estimate, *, T: float, name: str, direction: ArrayLike | None = None
) -> Estimate:
    r"""Logarithm of the network's diffusivity from the energies of its sites and saddles, errors of both by source.

    Each rate is the attempt frequency :math:`\nu_h` times :math:`e^{-(S_k - E_i)/k_BT}`, with the saddle of the hop's path and
    the site where it begins. With :math:`Z = \sum_i e^{-E_i/k_BT}` a hop's flow is :math:`\nu_h e^{-S_k/k_BT}/Z`, so that

    .. math::
        \frac{\partial\ln D}{\partial S_k} = -\frac{\text{share of }k}{k_BT}, \qquad
        \frac{\partial\ln D}{\partial E_i} = +\frac{p_i}{k_BT},

    exactly: a common shift of all energies does nothing. An error of :math:`\ln\nu` is one of :math:`k_BT` on the saddle.

    Parameters
    ----------
    network
        Sites and hops with rates :math:`\nu_h`, as if all energies were zero.
    energies
        Coefficients in eV: the sites' energies in their order, then the saddles' in the order of ``network.paths``.
    name, direction
        As in `effective_diffusivity_estimate`.

    Raises
    ------
    ValueError
        If there is not one coefficient for each site and path, attempt frequencies differ there and back, the temperature is
        not positive, or a saddle is not above the sites that it joins.
    """
    at_T = _with_energies(network, energies.mean, T, name)
    assert at_T.probability is not None
    log_diffusivity, share = _shares(at_T, direction, name)
    jacobian = np.concatenate([at_T.probability, -share]) * ELEMENTARY_CHARGE / (BOLTZMANN * T)
    method = f"master equation on a network of hops at {T:g} K; {energies.method}"
    return energies.map([name], [log_diffusivity], jacobian[None], method=method)


def _with_energies(network: HopNetwork, energies: Array, T: float, name: str) -> HopNetwork:
    n_site = len(network.sites)
    if len(energies) != n_site + len(network.paths):
        raise ValueError(
            f"{name}: {len(energies)} energies for {n_site} sites and the paths {', '.join(network.paths)}; give one for each"
        )
    if not T > 0:
        raise ValueError(f"{name}: temperature must be positive, got {T:g} K")
    if network.probability is None or np.ptp(network.probability) > 1e-9:
        raise ValueError(f"{name}: attempt frequencies differ there and back; give both one, and sites the rest")
    saddle = energies[n_site:][network.path_index]
    barrier = saddle - energies[network.from_site]
    if not (barrier > 0).all():
        low = int(np.argmin(barrier))
        raise ValueError(f"{name}: saddle of {network.path[low]!r} is not above site {network.from_site[low]}")
    kT = BOLTZMANN * T / ELEMENTARY_CHARGE
    p = np.exp(-(energies[:n_site] - energies[:n_site].min()) / kT)
    return replace(network, rate=network.rate * np.exp(-barrier / kT), probability=p / p.sum())


def _shares(network: HopNetwork, direction: ArrayLike | None, name: str) -> tuple[float, Array]:
    """Logarithm of D along a direction (or of trace/d), and each path's share in it (n_path,)."""
    if direction is None:
        axes = np.eye(network.dimension)
    else:
        axis = np.asarray(direction, dtype=float).reshape(1, -1)
        if axis.shape[1] != network.dimension or not np.linalg.norm(axis) > 0:
            raise ValueError(f"{name}: direction must be {network.dimension} numbers, not all zero")
        axes = axis / np.linalg.norm(axis)
    of_hop = network.flow * ((relaxed_displacement(network) @ axes.T) ** 2).sum(axis=1) / (2 * len(axes))
    by_path = np.bincount(network.path_index, of_hop)
    total = by_path.sum()
    # over the diffusivity of the slowest hop alone, that along a direction without a path is round-off
    if not total > RELATIVE_ROUND_OFF * (network.flow.min() * (network.displacement**2).sum(axis=1).max()):
        raise ValueError(f"{name}: D is zero in this direction; the hops given do not join the cells along it")
    return float(np.log(total)), by_path / total


def activated_rates(network: HopNetwork, hops: Estimate, *, material: str, T: float) -> Estimate:
    r"""Logarithms of the rate factors of a network's paths from ``(ln D0, E_a)`` of each, errors and their correlations kept.

    .. math:: \ln w_k = \ln D_{0,k} - \frac{E_k}{k_BT} - \ln\frac{1}{2d}\sum_{h\in k} p_i r_h^2\,w_h

    with the network's own :math:`w_h`, 1 as a rule. The last term is :math:`z a^2/(2d)` where all sites are alike, as in
    `hopping_diffusivity`; its ``dimension`` must be the network's. ``hops`` may hold more coefficients than are needed.

    Raises
    ------
    ValueError
        If a path's coefficients are not there, or the temperature is not positive.
    """
    if not T > 0:
        raise ValueError(f"{material}: temperature must be positive, got {T:g} K")
    names = [name for path in network.paths for name in (prefactor_name(material, path), barrier_name(material, path))]
    chosen = hops.select(names)
    square = network.flow * (network.displacement**2).sum(axis=1) / (2 * network.dimension)
    alone = np.bincount(network.path_index, square)
    jacobian = np.kron(np.eye(len(alone)), [1.0, -ELEMENTARY_CHARGE / (BOLTZMANN * T)])
    made = [log_coefficient(f"{material} {path}", f"rate {T:g} K", "s-1") for path in network.paths]
    return chosen.map(made, jacobian @ chosen.mean - np.log(alone), jacobian)
