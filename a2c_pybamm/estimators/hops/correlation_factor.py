"""Correlation factor and tracer diffusivity of single vacancies on a network of hops, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.hops.hop_network import HopNetwork, effective_diffusivity

CRYSTAL_SIZES = {1: (32, 48, 64, 96, 128), 2: (32, 48, 64, 96, 128), 3: (12, 16, 20, 24, 32)}
"""Cells along each direction in the finite crystals that are extrapolated from, by number of dimensions: factors of published
lattices come out to seven digits (test_correlation_factor) in seconds."""
SIZE_POWERS = {1: (1, 2, 3, 4), 2: (2, 4, 6, 8), 3: (3, 5, 6, 7)}
"""Powers of 1/size in which the result of a finite crystal of so many dimensions differs from the infinite one's; the first is
that of a dipole's images."""


def tracer_correlation_factor(network: HopNetwork, *, tolerance: float = 1e-4) -> float:
    r"""Correlation factor of single-vacancy diffusion, :math:`f = D_\mathrm{tr}/D_J` in the limit :math:`x \to 1`.

    An ion that has just hopped has a vacancy behind it, and is likely to go back: its mean-squared displacement is less than
    the number of its hops times their squared length. One vacancy is alone in the crystal, and the network is its walk: a hop
    from i to j is the exchange of the vacancy on i with the ion on j. (This matters only where sites differ in energy: where
    ions are less often, the vacancy is more often.)

    A single number exists where :math:`D_\mathrm{tr}` is the same multiple of :math:`D_J` in all directions, by symmetry where
    all hops are alike and directions of the crystal equivalent (the named lattices). Elsewhere it is refused, and
    `tracer_diffusivity_by_vacancies` has the tensor.

    Parameters
    ----------
    tolerance
        Largest error of extrapolation, and largest difference between directions.

    Raises
    ------
    ValueError
        If f differs between directions, or the extrapolation to an infinite crystal is not that good.
    """
    jump = effective_diffusivity(network)
    tracer = tracer_diffusivity_by_vacancies(network, tolerance=tolerance)
    root = np.linalg.cholesky(jump)
    ratio = np.linalg.eigvalsh(np.linalg.solve(root, np.linalg.solve(root, tracer).T))
    if np.ptp(ratio) > tolerance:
        raise ValueError(
            f"correlation factor: it lies between {ratio[0]:.5g} and {ratio[-1]:.5g} by direction, which is no one number; "
            "take the tensor, tracer_diffusivity_by_vacancies"
        )
    return float(ratio.mean())


def tracer_diffusivity_by_vacancies(network: HopNetwork, *, tolerance: float = 1e-4) -> Array:
    r"""Tracer diffusivity per vacancy fraction, :math:`D_\mathrm{tr}/(1-x)` as :math:`x\to1`: a tensor (d, d) [m2.s-1].

    A marked ion and a vacancy in a periodic crystal are one walker on the network of their joint states, and
    `effective_diffusivity` holds for it with the ion's displacements. The states where the vacancy is far from the ion
    are eliminated through the lattice Green function, so that equations remain for the ion's neighbours alone. Results of
    five crystal sizes are extrapolated in the powers of their length that occur.

    Any network will do: several kinds of sites, several rates, no symmetry.

    Raises
    ------
    ValueError
        If extrapolation with and without the smallest crystal differ by more than ``tolerance`` times :math:`D_J`.

    References
    ----------
    Montet, Phys. Rev. B 7, 650 (1973): f by lattice Green functions. Trinkle, Phil. Mag. 98, 2821 (2018): any crystal.
    """
    d = network.dimension
    finite = np.array([_finite_crystal(network, size) for size in CRYSTAL_SIZES[d]])
    best, without = (
        _extrapolate(finite[k:], CRYSTAL_SIZES[d][k:], SIZE_POWERS[d][: len(CRYSTAL_SIZES[d]) - 1 - k]) for k in (0, 1)
    )
    error = np.abs(best - without).max() / np.trace(effective_diffusivity(network)) * d
    if error > tolerance:
        raise ValueError(
            f"tracer diffusivity: extrapolation to an infinite crystal is good to {error:.1g} only, wanted {tolerance:g}; "
            "rates so different need larger crystals, or a larger tolerance"
        )
    return best


def _extrapolate(values: Array, sizes: tuple[int, ...], powers: tuple[int, ...]) -> Array:
    length = np.array(sizes) / sizes[-1]
    design = np.stack([np.ones_like(length), *(length**-power for power in powers)], axis=1)
    return np.linalg.solve(design, values.reshape(len(sizes), -1))[0].reshape(values.shape[1:])


@dataclass(frozen=True, eq=False)
class _Neighbours:
    """States where the vacancy is the marked ion's neighbour (or, first, fictitiously on its site)."""

    ion: NDArray[np.int64]
    """Site of the ion (n_state,)."""
    vacancy: NDArray[np.int64]
    """Site of the vacancy (n_state,)."""
    shift: NDArray[np.int64]
    """Cells from the ion to the vacancy (n_state, d)."""
    apart: NDArray[np.int64]
    """State before the exchange of each hop from the ion's site (n_hop,)."""
    exchanged: NDArray[np.int64]
    """State after it (n_hop,)."""


def _neighbours(network: HopNetwork) -> _Neighbours:
    zero = (0,) * network.dimension
    hops = list(
        zip(network.from_site.tolist(), network.to_site.tolist(), map(tuple, network.translation.tolist()), strict=True)
    )
    keys = [*((s, s, zero) for s in range(len(network.sites))), *hops]
    number = {key: k for k, key in enumerate(dict.fromkeys(keys))}
    ion, vacancy, shift = zip(*number, strict=True)
    return _Neighbours(
        np.array(ion),
        np.array(vacancy),
        np.array(shift),
        np.array([number[hop] for hop in hops]),
        np.array([number[j, i, tuple(-k for k in t)] for i, j, t in hops]),
    )


def _finite_crystal(network: HopNetwork, size: int) -> Array:
    r""":math:`D_\mathrm{tr}` per vacancy fraction (d, d) in a periodic crystal of ``size`` cells along each direction.

    :math:`L_0` is the Laplacian of the vacancy's walk, :math:`V` what the ion changes (no hop onto its site, exchange in place
    of it), :math:`b_A = \sum c\,\mathbf r` over the exchanges from A. Then :math:`(L_0 + V)\varphi = b`, or
    :math:`\varphi = G(b - V\varphi) + \mathrm{const}` for each site of the ion, and
    :math:`D = \tfrac12\sum c\,\mathbf r\,(\mathbf r + \varphi_B - \varphi_A)^\mathsf{T}` over the exchanges from A to B.
    """
    near = _neighbours(network)
    scale = network.flow.max()
    c, r = network.flow / scale, network.displacement
    n_state, n_site = len(near.ion), len(network.sites)
    V = np.zeros((n_state, n_state))
    for here, there in ((near.apart, network.from_site), (network.from_site, near.apart)):  # no hop onto the ion's site
        np.add.at(V, (here, here), -c)
        np.add.at(V, (here, there), c)
    np.add.at(V, (near.apart, near.apart), c)
    np.add.at(V, (near.apart, near.exchanged), -c)
    b = np.zeros_like(r, shape=(n_state, network.dimension))
    np.add.at(b, near.apart, c[:, None] * r)
    green = _green_function(network, c, size)
    G = np.where(near.ion[:, None] == near.ion, green[_between(near, size)], 0.0)
    ions = np.eye(n_site)[near.ion]
    matrix = np.block([[np.eye(n_state) + G @ V, -ions], [ions.T @ V, np.zeros((n_site, n_site))]])
    length = np.abs(r).max()
    # The ion's own site is a state that nothing leads to, and φ has a free constant: least squares leaves both at rest.
    shift = length * np.linalg.lstsq(matrix, np.vstack([G @ b, ions.T @ b]) / length, rcond=1e-11)[0][:n_state]
    tensor = scale * (c[:, None] * r).T @ (r + shift[near.exchanged] - shift[near.apart]) / 2
    return (tensor + tensor.T) / 2


def _between(near: _Neighbours, size: int) -> tuple[NDArray[np.int64], ...]:
    """Index into the Green function for each two states of the vacancy."""
    apart = np.moveaxis((near.shift[:, None] - near.shift) % size, -1, 0)
    return (*apart, near.vacancy[:, None], near.vacancy[None, :])


def _green_function(network: HopNetwork, c: Array, size: int) -> Array:
    r"""Pseudo-inverse of the vacancy's Laplacian in a periodic crystal (size, …, n_site, n_site), by cells apart."""
    d, n_site = network.dimension, len(network.sites)
    k = np.stack(np.meshgrid(*[2 * np.pi * np.fft.fftfreq(size)] * d, indexing="ij"), axis=-1)
    laplacian = np.zeros((*k.shape[:-1], n_site, n_site), dtype=complex)
    for i, j, t, flow in zip(network.from_site, network.to_site, network.translation, c, strict=True):
        laplacian[..., i, i] += flow
        laplacian[..., i, j] -= flow * np.exp(1j * (k @ t))
    gamma = (0,) * d
    at_gamma = np.linalg.pinv(laplacian[gamma], hermitian=True)
    laplacian[gamma] = np.eye(n_site)
    inverse = np.linalg.inv(laplacian)
    inverse[gamma] = at_gamma
    return np.fft.ifftn(inverse, axes=range(d)).real
