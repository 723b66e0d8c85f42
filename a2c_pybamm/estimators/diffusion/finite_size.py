"""From the periodic cell of a simulation to the infinite system: diffusivities of liquids and of hops."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erfc

from a2c_pybamm.constants import BOLTZMANN
from a2c_pybamm.data import Array
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.statistics.combination import combine
from a2c_pybamm.estimators.statistics.log_rates import Design, fit_log_rates
from a2c_pybamm.estimators.time_series.resolution import RESOLVED_STDS

NEGLIGIBLE_EXPONENT = 45.0
"""Exponent at which terms of a lattice sum are left out: exp(-45) is 3e-20, far below round-off."""


def yeh_hummer_correction(
    estimate: Estimate, *, box_length: ArrayLike, temperature: float, viscosity: Estimate, name: str
) -> Estimate:
    r"""Logarithm of a liquid's diffusivity in an infinite system, from that in a periodic cell; errors kept by source.

    .. math:: D_\infty = D + \frac{k_BT}{6\pi\eta}\,w, \qquad w = \xi/L,\ \xi = 2.837297 \text{ in a cube}

    A particle that moves drags the liquid along, and the liquid the particle's own images, backwards on balance. With
    :math:`c = k_BTw/6\pi\eta` the derivatives are :math:`\partial\ln D_\infty/\partial\ln D = D/D_\infty` and
    :math:`\partial\ln D_\infty/\partial\ln\eta = -c/D_\infty`.

    ======================  ============================  =======
    symbol                  code                          unit
    ======================  ============================  =======
    :math:`\ln D`           ``estimate``                  m2.s-1
    :math:`\ln\eta`         ``viscosity``                 Pa.s
    :math:`L`               ``box_length``                m
    :math:`T`               ``temperature``               K
    ======================  ============================  =======

    **For liquids only**, and for the single particle, tracer or self diffusivity. In a crystal the framework takes the momentum
    up, and η is infinite (`extrapolate_cell_size` is for crystals). Where a liquid is in no cube,
    :math:`w` is the lattice sum of that cell and D the mean over its three directions; those differ from one another.

    Parameters
    ----------
    estimate
        One coefficient, :math:`\ln D` in the periodic cell.
    box_length
        Edge of the cubic cell; of another one its three edges (3,), or its vectors in rows (3, 3).
    viscosity
        One coefficient, :math:`\ln\eta`, of the same liquid: the model's, if D is the model's.
    name
        The new coefficient, e.g. ``"electrolyte ln(D_PF6 [m2.s-1])"``.

    Raises
    ------
    ValueError
        If an estimate has not just one coefficient or no logarithm of it, a length or the temperature is not positive, or the
        correction is as large as D itself, where higher orders in particle over cell size count.

    References
    ----------
    I.-C. Yeh, G. Hummer, J. Phys. Chem. B 108 (2004) 15873. B. Dünweg, K. Kremer, J. Chem. Phys. 99 (1993) 6983.
    H. Hasimoto, J. Fluid Mech. 5 (1959) 317 (the sum).
    """
    for what, given in (("diffusivity", estimate), ("viscosity", viscosity)):
        if len(given.names) != 1 or "ln(" not in given.names[0]:
            raise ValueError(f"{name}: the {what} is {', '.join(given.names)}; give one coefficient, the logarithm ln(…)")
    if not temperature > 0:
        raise ValueError(f"{name}: temperature {temperature:g} K; give kelvin")
    image_sum = periodic_image_sum(_cell_vectors(box_length, name))
    periodic, eta = np.exp(estimate.mean[0]), np.exp(viscosity.mean[0])
    correction = _stokes_einstein(temperature, image_sum, eta)
    if not abs(correction) < periodic:
        raise ValueError(
            f"{name}: D = {periodic:.3g} m2/s in the cell, and its correction {correction:.3g} m2/s is as large; take a larger "
            f"cell, and check the viscosity ({eta:.3g} Pa.s)"
        )
    infinite = periodic + correction
    return combine(
        [estimate, viscosity],
        [[periodic / infinite, -correction / infinite]],
        [name],
        [np.log(infinite)],
        method="hydrodynamic correction for the periodic images",
        provenance={
            "correction": {
                "box length [m]": np.asarray(box_length, float).tolist(),
                "temperature [K]": float(temperature),
                "image sum [m-1]": image_sum,
                "correction [m2.s-1]": float(correction),
                "correction over D": float(correction / periodic),
            }
        },
    )


def _stokes_einstein(temperature: float, image_sum: float, other: float) -> float:
    r""":math:`k_BTw/6\pi` over the viscosity [Pa.s], which is the correction [m2.s-1], or over that: the viscosity."""
    return float(BOLTZMANN * temperature * image_sum / (6 * np.pi * other))


def _cell_vectors(box_length: ArrayLike, name: str) -> Array:
    """Cell vectors in rows (3, 3) [m] of an edge, three edges, or vectors."""
    given = np.asarray(box_length, dtype=float)
    if given.shape not in ((), (3,), (3, 3)):
        raise ValueError(f"{name}: box length has shape {given.shape}; give one edge, three edges, or three vectors in rows")
    cell = given if given.ndim == 2 else np.diag(np.broadcast_to(given, 3))
    if not (np.isfinite(cell).all() and (given.ndim == 2 or (given > 0).all()) and abs(np.linalg.det(cell)) > 0):
        raise ValueError(f"{name}: box length {given.tolist()} m; give positive lengths, or vectors that span a volume")
    return cell


def periodic_image_sum(cell: Array) -> float:
    r"""Minus the potential of a point's images and uniform background at its place, :math:`w` [m-1]; 2.837297/L in a cube.

    .. math:: w = -\lim_{r\to0}\Bigl[\sum_{\mathbf k\neq0}\frac{4\pi}{V k^2}e^{i\mathbf k\cdot\mathbf r} - \frac1r\Bigr]
       = \frac{2\alpha}{\sqrt\pi} + \frac{\pi}{V\alpha^2} - \sum_{\mathbf R\neq0}\frac{\operatorname{erfc}\alpha R}{R}
       - \frac{4\pi}{V}\sum_{\mathbf k\neq0}\frac{e^{-k^2/4\alpha^2}}{k^2}

    by Ewald's method, at any α. Up to a factor it is the trace of the periodic Oseen tensor, whose terms
    :math:`(1 - \hat k\hat k)/\eta Vk^2` have the trace :math:`2/\eta Vk^2`; for ions in a uniform background, their Madelung
    constant over the length.

    Parameters
    ----------
    cell
        Cell vectors in rows (3, 3) [m].
    """
    volume = abs(np.linalg.det(cell))
    alpha = np.sqrt(np.pi) / np.cbrt(volume)  # both sums are then equally long
    distance = _lengths(cell, np.sqrt(NEGLIGIBLE_EXPONENT) / alpha)
    wave = _lengths(np.asarray(2 * np.pi * np.linalg.inv(cell).T, float), 2 * alpha * np.sqrt(NEGLIGIBLE_EXPONENT))
    direct = (erfc(alpha * distance) / distance).sum()
    reciprocal = 4 * np.pi / volume * (np.exp(-(wave**2) / (4 * alpha**2)) / wave**2).sum()
    return float(2 * alpha / np.sqrt(np.pi) + np.pi / (volume * alpha**2) - direct - reciprocal)


def _lengths(vectors: Array, most: float) -> Array:
    """Lengths of all lattice points but the origin, as far as ``most``."""
    # a sphere of that radius reaches so many lattice planes to each side
    planes = np.ceil(most * np.linalg.norm(np.linalg.inv(vectors), axis=0)).astype(int)
    points = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in planes), indexing="ij"), axis=-1).reshape(-1, 3)
    length = np.linalg.norm(points @ vectors, axis=1)
    return length[(length > 0) & (length <= most)]


def extrapolate_cell_size(
    estimates: Mapping[float, Estimate], *, name: str, power: float = 3.0, independent: Collection[str] = ()
) -> Estimate:
    r"""Logarithm of a diffusivity (or another coefficient) in the infinite crystal, from two or more cell sizes.

    .. math:: \ln D(L) = \ln D_\infty + b/L^p

    by generalised least squares with the joint covariance of all sizes; linear in the data, so that each source keeps its
    labels. With :math:`p=1`, of liquids, it is :math:`D(L) = D_\infty + b/L` itself that is fitted, as hydrodynamics has it
    (`extrapolate_liquid` gives the viscosity too). No test decides whether ``b`` is there: the error bar of
    :math:`\ln D_\infty` contains that of ``b``. The provenance has its size in the smallest cell, over the limit of D, with
    error and z-score; from three sizes on χ² tests the power, and where it is refuted at 5 % the misfit is a source.

    **Which power.** ``3`` for hops in a crystal: at a fixed composition a finite cell differs by one part in its number of
    sites. This is exact for the jump diffusivity of ions that exclude each other, :math:`(1-x)N/(N-1)` times the free one's on
    N sites, and for the ion that a vacancy meets again round the cell (images of a dipole fall off with :math:`L^{-3}`). ``2``
    if they hop in layers and the layers alone grow. ``1`` for liquids, if there is no viscosity for `yeh_hummer_correction`.

    Parameters
    ----------
    estimates
        Length of the cell [m] (of any one edge, if all grow alike) → estimate with one coefficient, :math:`\ln D`.
    name
        The new coefficient, e.g. ``"Li6PS5Cl ln(D_tr 700 K [m2.s-1])"``.
    power
        :math:`p`.
    independent
        Sources that estimates name alike although their realisations differ.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, a length or the power is not positive, an estimate has not just one coefficient, or
        (from three sizes on) errors are zero or fully shared, so that no weight follows.

    References
    ----------
    G. L. Montet, Phys. Rev. B 7 (1973) 650 (one vacancy in periodic crystals).
    """
    fit, scale = _fit_of_sizes(estimates, name, power, independent)
    limit, size, std = float(fit.mean[0]), float(fit.mean[1]), float(fit.std[1])
    over = limit if power == 1 else 1.0
    effect = {"effect in the smallest": size / over, "effect std": std / over, "effect z-score": size / std if std else None}
    provenance = {**fit.provenance, "fit": {**fit.provenance["fit"], **effect}}
    mean, slope = (np.log(limit * scale), 1 / limit) if power == 1 else (limit, 1.0)
    return replace(fit.map([name], [mean], [[slope, 0.0]]), provenance=provenance)


def extrapolate_liquid(
    estimates: Mapping[float, Estimate],
    *,
    name: str,
    viscosity_name: str,
    temperature: float,
    independent: Collection[str] = (),
) -> Estimate:
    r"""Logarithms of a liquid's diffusivity in the infinite system and of its viscosity, from two or more cubic cells.

    .. math:: D(L) = D_\infty - \frac{\xi k_BT}{6\pi\eta}\,\frac1L, \qquad \xi = 2.837297

    by generalised least squares in D with the joint covariance of all sizes, the errors of :math:`\ln D` relative to the
    fitted D. The diffusivity is that of `extrapolate_cell_size` with ``power=1``; the slope has the viscosity, with the
    correlation of the two. In the provenance are χ² and, where it refutes the line, its misfit (a source of its own).

    Parameters
    ----------
    estimates
        Edge of the cube [m] → estimate with one coefficient, :math:`\ln D`.
    name, viscosity_name
        The new coefficients: ``"electrolyte ln(D_PF6 [m2.s-1])"``, ``"electrolyte ln(eta [Pa.s])"``.
    temperature
        Temperature of all runs [K].

    Raises
    ------
    ValueError
        As `extrapolate_cell_size`, and if D does not grow with the cell by three standard deviations, so that no viscosity
        follows.
    """
    if not temperature > 0:
        raise ValueError(f"{name}: temperature {temperature:g} K; give kelvin")
    fit, scale = _fit_of_sizes(estimates, name, 1.0, independent)
    (limit, size), std, smallest = fit.mean, float(fit.std[1]), min(estimates)
    if not -size > RESOLVED_STDS * std:
        raise ValueError(
            f"{viscosity_name}: D of the smallest cell is lower by {-size / limit:.2g} ± {std / limit:.2g} of the limit, no "
            "viscosity follows; run longer, or take a smaller cell (extrapolate_cell_size gives D alone)"
        )
    viscosity = _stokes_einstein(temperature, periodic_image_sum(_cell_vectors(smallest, name)), -size * scale)
    mean = [np.log(limit * scale), np.log(viscosity)]
    return fit.map([name, viscosity_name], mean, [[1 / limit, 0.0], [0.0, -1 / size]])


def _fit_of_sizes(
    estimates: Mapping[float, Estimate], name: str, power: float, independent: Collection[str]
) -> tuple[Estimate, float]:
    """Limit and effect in the smallest cell, of ln D or (power one) of D over the scale [m2.s-1], which is the second."""
    length = np.array(sorted(estimates), dtype=float)
    runs = [estimates[key] for key in sorted(estimates)]
    _validate_runs(length, runs, name, power)
    values, scale = np.concatenate([run.mean for run in runs]), 1.0
    share = (length[0] / length) ** power
    columns = np.column_stack([np.ones_like(share), share])

    def fit(parts: list[Estimate], values: Array) -> Estimate:
        return fit_log_rates(
            parts,
            values,
            Design(columns, (name, f"{name}, effect in the smallest cell"), (2,)),
            what=name,
            method=f"extrapolated to an infinite cell in 1/L^{power:g}",
            quality={"box lengths [m]": length.tolist(), "power": float(power)},
            misfit_source=f"{name} (misfit)",
            independent=independent,
        )

    if power != 1:
        return fit(runs, values), scale
    scale = float(np.exp(values.mean()))
    given = fitted = np.exp(values) / scale
    # errors are relative to the line, since to a noisy D they favour the low ones: two runs need one fit, three need two
    for _ in runs:
        parts = [run.map(run.names, [d], [[f]]) for run, d, f in zip(runs, given, fitted, strict=True)]
        line = fit(parts, given)
        fitted = columns @ line.mean
        if not (fitted > 0).all() or not line.mean[0] > 0:
            raise ValueError(f"{name}: the line through D over 1/L falls below zero; take larger cells, or longer runs")
    return line, scale


def _validate_runs(length: Array, runs: list[Estimate], name: str, power: float) -> None:
    if len(runs) < 2:
        raise ValueError(f"{name}: {len(runs)} cell size(s), an extrapolation needs two, and three to be tested; add runs")
    if not (length > 0).all():
        raise ValueError(f"{name}: cell length {length.min():g} m; give metres")
    if not power > 0:
        raise ValueError(f"{name}: power {power:g}; take 3 for hops in a crystal, 2 in a layer, 1 for a liquid")
    for x, run in zip(length, runs, strict=True):
        if len(run.names) != 1:
            raise ValueError(f"{name}: estimate at {x:g} m has {len(run.names)} coefficients; select its ln D")
