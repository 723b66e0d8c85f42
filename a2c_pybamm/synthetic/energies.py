"""Energies with a known answer: of structures of a host, and along a hop."""

from __future__ import annotations

from functools import partial

import numpy as np

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import Array, EnergyTable, MigrationPath
from a2c_pybamm.laws import Coefficients, RedlichKister


def redlich_kister_energies(
    law: RedlichKister,
    coefficients: Coefficients,
    x: Array,
    *,
    rng: np.random.Generator,
    energy_std: float = 0.0,
    n_ordering: int = 2,
    gap: float = 3e3,
    label: str = "synthetic",
) -> EnergyTable:
    r"""Energies of orderings whose lowest at each composition follow a Redlich–Kister law.

    :math:`E(x) = -x\,zF U_0 + F\,x(1-x)\sum_k L_k(1-2x)^k` plus Gaussian noise for the lowest; the others lie above it by an
    exponential of mean ``gap``. Rows are shuffled.

    Parameters
    ----------
    coefficients
        Values of all the law's coefficients; the vibrational entropy does not enter energies.
    x
        Compositions (n_composition,).
    energy_std
        Standard deviation of the noise [J.mol-1].
    n_ordering
        Orderings at each composition.
    gap
        Mean distance of the higher orderings [J.mol-1].
    """
    exact = -x * law.valence * law.end_voltage(coefficients) + law.excess(law.interactions(coefficients), x)
    lowest = FARADAY * exact + energy_std * rng.standard_normal(len(x))
    above = np.vstack([np.zeros(len(x)), rng.exponential(gap, (n_ordering - 1, len(x)))])
    rows = rng.permutation(above.size)
    return EnergyTable(
        label,
        np.tile(x, n_ordering)[rows],
        (lowest + above).ravel()[rows],
        tuple(f"ordering {k}" for k in rows),
        np.ones(above.size, dtype=bool),
        provenance={"synthetic": "Redlich-Kister"},
        ion=law.ion,
    )


def migration_path(
    n_image: int,
    *,
    barrier: float,
    rng: np.random.Generator,
    skew: float = 0.5,
    bumps: float = 0.0,
    tilt: float = 0.3,
    length: float = 3e-10,
    forces: bool = True,
) -> MigrationPath:
    r"""Evenly spaced images of a random smooth hop with a known barrier, no image on the saddle but by chance.

    .. math::
        E(s) \propto \sin^2\!\left(\pi\,w(s)\right) + \sum_{k=2}^{3} b_k\sin^2(k\pi s) + r\,\tfrac{1-\cos\pi s}{2},
        \qquad w(s) = s + \sum_{k=1}^{3} \frac{a_k}{k\pi}\sin(k\pi s)

    with fraction :math:`s` of the path; level at both ends, and scaled so that its highest point lies ``barrier`` above the
    first image. Paths whose highest image is an end are drawn again.

    Parameters
    ----------
    barrier
        Highest point [eV].
    skew
        Standard deviation of :math:`k\,a_k` (limited so that :math:`w` grows); 0 puts the saddle half-way.
    bumps
        Standard deviation of :math:`b_k`; from about 0.2 on, paths with several humps are common.
    tilt
        Largest :math:`|r|`, energy of the last image relative to the hump.
    length
        Length of the path [m].
    forces
        Whether the slopes along the path are given.
    """
    if n_image < 3 or not barrier > 0:
        raise ValueError(
            f"synthetic path: {n_image} images and a barrier of {barrier:g} eV; take three or more, and a positive one"
        )
    s, fine = np.linspace(0, 1, n_image), np.linspace(0, 1, 4001)
    while True:
        warp = skew * rng.standard_normal(3) / [1, 2, 3]
        warp *= min(1.0, 0.9 / max(np.abs(warp).sum(), 1e-12))  # else the path would turn back
        hop = partial(_hop, warp, bumps * rng.standard_normal(2), tilt * rng.uniform(-1, 1))
        scale = barrier * FARADAY / hop(fine)[0].max()
        energy, slope = hop(s)
        if 0 < np.argmax(energy) < n_image - 1:
            return MigrationPath(
                "synthetic",
                s * length,
                scale * energy,
                scale / length * slope if forces else None,
                {"synthetic": "smooth hop"},
            )


def _hop(warp: Array, bumps: Array, tilt: float, s: Array) -> tuple[Array, Array]:
    """Energy of a synthetic hop and its derivative by the fraction of the path."""
    k, m = np.arange(1, len(warp) + 1) * np.pi, np.arange(2, len(bumps) + 2) * np.pi
    inner = np.pi * (s + np.sin(np.outer(s, k)) @ (warp / k))
    energy = np.sin(inner) ** 2 + np.sin(np.outer(s, m)) ** 2 @ bumps + tilt * (1 - np.cos(np.pi * s)) / 2
    slope = np.pi * (1 + np.cos(np.outer(s, k)) @ warp) * np.sin(2 * inner)
    return energy, slope + np.sin(2 * np.outer(s, m)) @ (m * bumps) + tilt * np.pi * np.sin(np.pi * s) / 2
