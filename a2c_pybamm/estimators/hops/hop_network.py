"""Sites and hops of any crystal as a periodic network, and the diffusivity that one walker has on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from a2c_pybamm.data import Array

BALANCE_TOLERANCE = 1e-6
"""Largest difference of the logarithms of a hop's flow there and back at equilibrium: rates are written with six digits."""


@dataclass(frozen=True, eq=False)
class HopNetwork:
    r"""Sites in a periodic cell and the hops between them, in one, two or three dimensions.

    A hop leads from site :math:`i` in one cell to site :math:`j` in the cell ``translation`` further, with rate :math:`w`.
    Each has its way back in the list, under the same path name, and at equilibrium as many walkers go there as back:
    :math:`p_i w_{ij} = p_j w_{ji}`. From this the probabilities follow, unless they are given.

    Raises
    ------
    ValueError
        If shapes disagree, a number is out of range, a hop is listed twice or has no way back, the probabilities do not balance
        the rates, or (where they are not given) they do not follow from the rates since no hops join some of the sites.
    """

    cell: Array
    """Cell vectors in rows (d, d) [m]."""
    sites: Array
    """Positions in the cell, in fractions of its vectors (n_site, d)."""
    from_site: NDArray[np.int64]
    """Site where each hop begins (n_hop,)."""
    to_site: NDArray[np.int64]
    """Site where it ends (n_hop,)."""
    translation: NDArray[np.int64]
    """Whole cells between the two (n_hop, d)."""
    rate: Array
    """Rate of each hop, if the walker is there and the other site is free (n_hop,) [s-1]."""
    path: tuple[str, ...] = ()
    """Name of each hop's kind (n_hop,): hops of one name share their barrier; ``hop`` for all unless given."""
    probability: Array | None = None
    """Equilibrium probability of each site (n_site,), sum 1; from the rates unless given."""

    def __post_init__(self) -> None:
        for name, kind in (("cell", float), ("sites", float), ("rate", float)):
            object.__setattr__(self, name, np.array(getattr(self, name), dtype=kind))
        for name in ("from_site", "to_site", "translation"):
            object.__setattr__(self, name, _integers(name, getattr(self, name)))
        object.__setattr__(self, "path", tuple(self.path) or ("hop",) * len(self.rate))
        _validate_network(self)
        reverse = _way_back(self)
        given = self.probability
        p = _probability_from_rates(self, reverse) if given is None else np.array(given, dtype=float)
        if p.shape != (len(self.sites),) or not (p > 0).all() or abs(p.sum() - 1) > 1e-9:
            raise ValueError("hop network: probability must be one positive number for each site, with sum 1")
        flow = np.log(p[self.from_site] * self.rate)
        worst = int(np.argmax(np.abs(flow - flow[reverse])))
        if not abs(flow[worst] - flow[reverse[worst]]) <= BALANCE_TOLERANCE:
            raise ValueError(
                f"hop network: hop {worst} ({self.path[worst]!r}, {self.from_site[worst]} to {self.to_site[worst]}) carries "
                f"{np.exp(flow[worst] - flow[reverse[worst]]):.4g} times the flow of its way back; without detailed balance "
                "there is no equilibrium: take ν exp(-(E_saddle - E_site)/kT) with one E_saddle for both directions"
            )
        object.__setattr__(self, "probability", p)
        for name in ("cell", "sites", "from_site", "to_site", "translation", "rate", "probability"):
            getattr(self, name).setflags(write=False)

    @property
    def dimension(self) -> int:
        """Number of directions."""
        return len(self.cell)

    @property
    def paths(self) -> tuple[str, ...]:
        """The different kinds of hops, in order of appearance (n_path,)."""
        return tuple(dict.fromkeys(self.path))

    @property
    def path_index(self) -> NDArray[np.intp]:
        """Each hop's kind, as its place in ``paths`` (n_hop,)."""
        place = {path: k for k, path in enumerate(self.paths)}
        return np.array([place[path] for path in self.path])

    @property
    def displacement(self) -> Array:
        """Vector of each hop (n_hop, d) [m]."""
        return (self.sites[self.to_site] + self.translation - self.sites[self.from_site]) @ self.cell

    @property
    def flow(self) -> Array:
        """Probability times rate of each hop, the same there and back (n_hop,) [s-1]."""
        assert self.probability is not None
        return self.probability[self.from_site] * self.rate


def _integers(name: str, values: ArrayLike) -> NDArray[np.int64]:
    given = np.asarray(values)
    integers = given.astype(np.int64)
    if not np.array_equal(given, integers):
        raise ValueError(f"hop network: {name} must be whole numbers; correct it")
    return integers


def _validate_network(network: HopNetwork) -> None:
    d, n_site, n_hop = len(network.cell), len(network.sites), len(network.rate)
    shapes = {
        "cell": (network.cell.shape, (d, d)),
        "sites": (network.sites.shape, (n_site, d)),
        "from_site": (network.from_site.shape, (n_hop,)),
        "to_site": (network.to_site.shape, (n_hop,)),
        "translation": (network.translation.shape, (n_hop, d)),
        "rate": (network.rate.shape, (n_hop,)),
        "path": ((len(network.path),), (n_hop,)),
    }
    for name, (given, expected) in shapes.items():
        if given != expected:
            raise ValueError(f"hop network: {name} has shape {given}, expected {expected}")
    if d not in (1, 2, 3) or n_site == 0 or n_hop == 0:
        raise ValueError(
            f"hop network: {d} dimensions, {n_site} sites and {n_hop} hops; take 1 to 3 dimensions, and some of both"
        )
    if not np.isfinite(network.cell).all() or not np.isfinite(network.sites).all() or np.linalg.det(network.cell) == 0:
        raise ValueError("hop network: cell and sites must be finite, and the cell vectors independent")
    if not ((network.rate > 0) & np.isfinite(network.rate)).all():
        raise ValueError("hop network: a rate is not a positive number; leave out hops that do not occur")
    ends = np.concatenate([network.from_site, network.to_site])
    if ends.min() < 0 or ends.max() >= n_site:
        raise ValueError(f"hop network: a hop names site {ends.min() if ends.min() < 0 else ends.max()}, of {n_site} from 0 on")
    stay = (network.from_site == network.to_site) & ~network.translation.any(axis=1)
    if stay.any():
        raise ValueError(f"hop network: hop {int(np.argmax(stay))} leads from a site to itself")


def _way_back(network: HopNetwork) -> NDArray[np.int64]:
    """Index of each hop's reverse (n_hop,)."""
    ends = list(zip(network.path, network.from_site.tolist(), network.to_site.tolist(), strict=True))
    there = {(*key, *shift): k for k, (key, shift) in enumerate(zip(ends, network.translation.tolist(), strict=True))}
    if len(there) < len(ends):
        raise ValueError("hop network: a hop is listed twice under one path name; add the rates, or name the paths apart")
    back = np.zeros(len(ends), dtype=np.int64)
    for k, ((path, start, end), shift) in enumerate(zip(ends, (-network.translation).tolist(), strict=True)):
        if (path, end, start, *shift) not in there:
            raise ValueError(f"hop network: hop {k} ({path!r}, {start} to {end}) has no way back in the list; add it")
        back[k] = there[path, end, start, *shift]
    return back


def _graph(network: HopNetwork) -> coo_array:
    n = len(network.sites)
    return coo_array((np.ones(len(network.rate)), (network.from_site, network.to_site)), shape=(n, n))


def _probability_from_rates(network: HopNetwork, reverse: NDArray[np.int64]) -> Array:
    """Null vector of the rate matrix (n_site,), hop by hop from the first site: no digit is lost where rates differ widely."""
    order, before = breadth_first_order(_graph(network).tocsr(), 0)
    if len(order) < len(network.sites):
        raise ValueError(
            "hop network: some sites are not joined by hops, so that rates do not determine probabilities; give probability"
        )
    step = np.log(network.rate) - np.log(network.rate[reverse])
    towards = {
        (i, j): step[k] for k, (i, j) in enumerate(zip(network.from_site.tolist(), network.to_site.tolist(), strict=True))
    }
    logarithm = np.zeros(len(order))
    for site in order[1:].tolist():
        logarithm[site] = logarithm[before[site]] + towards[int(before[site]), site]
    p = np.exp(logarithm - logarithm.max())
    return p / p.sum()


def effective_diffusivity(network: HopNetwork) -> Array:
    r"""Diffusivity of one walker on the network, or of few that do not meet: a tensor (d, d) [m2.s-1].

    .. math::
        D = \tfrac12\sum_h p_i w_h\,\mathbf s_h\mathbf s_h^\mathsf{T}, \qquad
        \mathbf s_h = \mathbf r_h + \boldsymbol\varphi_j - \boldsymbol\varphi_i, \qquad
        \sum_{h\ \mathrm{from}\ i} p_i w_h\,\mathbf s_h = 0

    The last line is one linear equation for each site: after the shifts :math:`\varphi` of the sites, the mean displacement of
    a hop from each of them is zero. With :math:`\varphi = 0` the sum counts hops as if they were independent, which is
    right where all sites are alike and too much elsewhere. The same as the master equation at small wave vector. Each rate
    may be up to some :math:`10^{12}` times another.

    For lithium that hops into vacancies this is the jump diffusivity per vacancy fraction,
    :math:`D_J = (1-x) D`, where all sites have the same energy.

    References
    ----------
    Trinkle, Phil. Mag. 96, 2714 (2016), eqs. 15-19: the same with the pseudo-inverse of the rate matrix.
    """
    step = relaxed_displacement(network)
    return (step * network.flow[:, None]).T @ step / 2


def relaxed_displacement(network: HopNetwork) -> Array:
    r""":math:`\mathbf s_h = \mathbf r_h + \varphi_j - \varphi_i` of each hop (n_hop, d) [m], see `effective_diffusivity`."""
    n_site, i, j = len(network.sites), network.from_site, network.to_site
    flow = network.flow / network.flow.max()
    # Positions inside the cell only shift φ: leave them out, so that hops which stay inside bring no large terms that cancel.
    n_cell = network.translation.astype(float)
    laplacian, source = np.zeros((n_site, n_site)), np.zeros((n_site, network.dimension))
    np.add.at(laplacian, (i, i), flow)
    np.add.at(laplacian, (i, j), -flow)
    np.add.at(source, i, flow[:, None] * n_cell)
    _, first = np.unique(connected_components(_graph(network), directed=False)[1], return_index=True)
    free = np.setdiff1d(np.arange(n_site), first)  # φ is defined up to a constant in each connected part
    shift = np.zeros((n_site, network.dimension))
    if len(free):
        scale = 1 / np.sqrt(laplacian[free, free])
        matrix = laplacian[np.ix_(free, free)] * np.outer(scale, scale)
        shift[free] = scale[:, None] * np.linalg.solve(matrix, scale[:, None] * source[free])
    return (n_cell + shift[j] - shift[i]) @ network.cell


def repeat(network: HopNetwork, times: Iterable[int]) -> HopNetwork:
    """Network of the same crystal in a cell that is so many times longer along each vector."""
    n = np.array(tuple(times))
    if n.shape != (network.dimension,) or not (n > 0).all():
        raise ValueError(
            f"hop network: repeat along {network.dimension} vectors, each a positive number of times, got {n.tolist()}"
        )
    offset = np.stack(np.meshgrid(*map(np.arange, n), indexing="ij"), axis=-1).reshape(-1, len(n))
    n_cell, n_site, n_hop = len(offset), len(network.sites), len(network.rate)
    target = offset[:, None] + network.translation  # (n_cell, n_hop, d)
    beyond = target // n
    index = np.ravel_multi_index(tuple(np.moveaxis(target - beyond * n, -1, 0)), tuple(n))
    assert network.probability is not None
    return HopNetwork(
        cell=network.cell * n[:, None],
        sites=((offset[:, None] + network.sites) / n).reshape(-1, len(n)),
        from_site=(np.arange(n_cell)[:, None] * n_site + network.from_site).ravel(),
        to_site=(index * n_site + network.to_site).ravel(),
        translation=beyond.reshape(n_cell * n_hop, len(n)),
        rate=np.tile(network.rate, n_cell),
        path=network.path * n_cell,
        probability=np.tile(network.probability / n_cell, n_cell),
    )


def superpose(mechanisms: Mapping[str, HopNetwork]) -> HopNetwork:
    """All hops of several mechanisms on the same sites in one network; each mechanism's name becomes its path's.

    Raises
    ------
    ValueError
        If cells, sites or equilibrium probabilities of two mechanisms differ.
    """
    networks = list(mechanisms.values())
    for name, network in mechanisms.items():
        for what in ("cell", "sites", "probability"):
            one, other = getattr(networks[0], what), getattr(network, what)
            if one.shape != other.shape or not np.allclose(one, other, rtol=1e-6, atol=1e-6 * np.abs(one).max()):
                raise ValueError(
                    f"hop network: {what} of {name!r} is not that of {next(iter(mechanisms))!r}; take the same sites"
                )
    return HopNetwork(
        networks[0].cell,
        networks[0].sites,
        np.concatenate([network.from_site for network in networks]),
        np.concatenate([network.to_site for network in networks]),
        np.concatenate([network.translation for network in networks]),
        np.concatenate([network.rate for network in networks]),
        tuple(name for name, network in mechanisms.items() for _ in network.rate),
        networks[0].probability,
    )


def with_rates(network: HopNetwork, log_factors: ArrayLike) -> HopNetwork:
    """Network with the rates of each of its paths multiplied by exp of a number (n_path,)."""
    factors = np.asarray(log_factors, dtype=float)
    if factors.shape != (len(network.paths),):
        raise ValueError(f"hop network: {factors.size} rates for the paths {', '.join(network.paths)}; give one for each")
    return replace(network, rate=network.rate * np.exp(factors[network.path_index]))
