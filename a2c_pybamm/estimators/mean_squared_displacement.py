"""Mean-squared displacements of one species, from all time origins by fast Fourier transform."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from a2c_pybamm.data import Array, CollectiveMSD, TensorMSD, TracerMSD, Trajectory

BLOCK_SIZE = 2**22
"""Numbers transformed at once; bounds the memory whatever the number of atoms."""


def mean_squared_displacement(trajectory: Trajectory, species: str, *, directions: Sequence[int] = (0, 1, 2)) -> TracerMSD:
    r"""Mean-squared displacement of each atom of a species, framework drift removed.

    .. math:: M_n = \frac{1}{N-n} \sum_{i=0}^{N-n-1} |\mathbf r_{i+n} - \mathbf r_i|^2, \qquad n = 1 \dots N-1

    with :math:`\mathbf r` counted from the mass centre of all atoms that are *not* of the species. Where there are none, it is
    counted from the mass centre of all atoms, and the provenance says so: the diffusivity is then low by its share
    :math:`1/n_\text{atom}`. The sum is split into a cumulative sum and an autocorrelation, the latter by FFT [1]_: O(N log N),
    not O(N²).

    Parameters
    ----------
    directions
        Cartesian directions that are counted: ``(0, 1, 2)`` all, ``(1,)`` along y only.

    Raises
    ------
    ValueError
        If no atom is of the species, or a direction is not 0, 1 or 2.

    References
    ----------
    .. [1] V. Calandrini, E. Pellegrini, P. Calligari, K. Hinsen, G. R. Kneller, "nMoldyn",
       Collection SFN 12 (2011) 201, sec. 4.2.
    """
    axes, atoms = _axes(directions), atoms_of(species, trajectory.species)
    centre, reference = framework_centre(trajectory.positions, trajectory.masses, atoms)
    n_frame = len(trajectory.positions)
    by_atom = [_all_origins(block) for block in _blocks(trajectory, atoms, centre, axes)]
    return TracerMSD(
        species=species,
        lag=trajectory.interval * np.arange(1.0, n_frame),
        by_atom=np.concatenate(by_atom),
        n_frame=n_frame,
        interval=trajectory.interval,
        dimension=len(axes),
        temperature=trajectory.temperature,
        provenance={"trajectory": dict(trajectory.provenance), "directions": axes, "displacements against": reference},
    )


def collective_mean_squared_displacement(
    trajectory: Trajectory, species: str, *, directions: Sequence[int] = (0, 1, 2)
) -> CollectiveMSD:
    r"""Mean-squared displacement of all ions of a species together, times their number.

    .. math:: M^\mathrm{c}_n = \frac{1}{N-n} \sum_{i=0}^{N-n-1} n_\text{ion}\,|\mathbf R_{i+n} - \mathbf R_i|^2,
       \qquad \mathbf R = \frac{1}{n_\text{ion}}\sum_a \mathbf r_a

    with :math:`\mathbf r_a` counted from the mass centre of all other atoms, as in `mean_squared_displacement`, and all
    :math:`n = 1 \dots N-1`. Ions that move independently have the tracer's :math:`M_n` on average; ions that move as one
    body have :math:`n_\text{ion}` times it.

    Parameters
    ----------
    directions
        Cartesian directions that are counted: ``(0, 1, 2)`` all, ``(1,)`` along y only.

    Raises
    ------
    ValueError
        If no atom is of the species, all are (there is no framework to move against), or a direction is not 0, 1 or 2.
    """
    axes, atoms = _axes(directions), atoms_of(species, trajectory.species)
    if len(atoms) == len(trajectory.species):
        raise ValueError(
            f"collective displacement of {species}: there is no other atom to move against; keep the framework's atoms too"
        )
    centre, reference = framework_centre(trajectory.positions, trajectory.masses, atoms)
    n_frame = len(trajectory.positions)
    path = trajectory.positions[:, atoms].mean(axis=1)[:, None, axes] - centre[:, None, axes]
    return CollectiveMSD(
        species=species,
        lag=trajectory.interval * np.arange(1.0, n_frame),
        value=len(atoms) * _all_origins(path)[0],
        n_atom=len(atoms),
        n_frame=n_frame,
        interval=trajectory.interval,
        dimension=len(axes),
        temperature=trajectory.temperature,
        provenance={"trajectory": dict(trajectory.provenance), "directions": axes, "displacements against": reference},
    )


def mean_squared_displacement_tensor(trajectory: Trajectory, species: str) -> TensorMSD:
    r"""Products of displacements along all pairs of directions, of single ions and of all ions together.

    .. math:: M^{\alpha\beta}_n = \frac{1}{N-n} \sum_{i=0}^{N-n-1} (r^\alpha_{i+n} - r^\alpha_i)(r^\beta_{i+n} - r^\beta_i)
       \;\to\; 2D^{\alpha\beta}t + b^{\alpha\beta}

    with the origin of `mean_squared_displacement`; ``collective`` is that of the ions' centre, times their number.

    Raises
    ------
    ValueError
        If no atom is of the species.
    """
    axes, atoms = [0, 1, 2], atoms_of(species, trajectory.species)
    centre, reference = framework_centre(trajectory.positions, trajectory.masses, atoms)
    centre_of_ions = trajectory.positions[:, atoms].mean(axis=1) - centre
    single = sum(_products(block) for block in _blocks(trajectory, atoms, centre, axes))
    return TensorMSD(
        species=species,
        lag=trajectory.interval * np.arange(1.0, len(trajectory.positions)),
        tracer=np.asarray(single) / len(atoms),
        collective=len(atoms) * _products(centre_of_ions[:, None]),
        n_atom=len(atoms),
        interval=trajectory.interval,
        temperature=trajectory.temperature,
        provenance={"trajectory": dict(trajectory.provenance), "displacements against": reference},
    )


def _axes(directions: Sequence[int]) -> list[int]:
    axes = list(directions)
    if not axes or len(set(axes)) != len(axes) or not set(axes) <= {0, 1, 2}:
        raise ValueError(f"directions {tuple(axes)}: give one to three different ones of 0, 1, 2 (x, y, z)")
    return axes


def atoms_of(species: str, symbols: Sequence[str]) -> NDArray[np.intp]:
    """Indices of the atoms of a species."""
    atoms = np.flatnonzero(np.array(symbols) == species)
    if not len(atoms):
        raise ValueError(f"no atom of species {species!r} in the trajectory (has {', '.join(sorted(set(symbols)))})")
    return atoms


def _blocks(trajectory: Trajectory, atoms: NDArray[np.intp], centre: Array, axes: list[int]) -> Iterator[Array]:
    """Positions against the framework [m] (n_frame, n_atom, n_direction) of a few atoms at a time."""
    size = max(1, BLOCK_SIZE // (2 * len(centre) * len(axes)))
    for start in range(0, len(atoms), size):
        yield trajectory.positions[:, atoms[start : start + size]][..., axes] - centre[:, None, axes]


def framework_centre(vectors: Array, masses: Array, atoms: NDArray[np.intp]) -> tuple[Array, str]:
    """Mass centre of positions or velocities (n_frame, n_atom, 3) of all but some atoms (n_frame, 3), and what it is."""
    weight = np.array(masses)
    weight[atoms] = 0.0
    reference = "mass centre of all other atoms"
    if not weight.any():
        weight = np.array(masses)
        reference = "mass centre of all atoms (no framework)"
    return np.einsum("iak,a->ik", vectors, weight / weight.sum()), reference


def _all_origins(position: Array) -> Array:
    """Mean-squared displacement [m2] (n_atom, n_frame - 1) of positions [m] (n_frame, n_atom, n_direction)."""
    position, scale, size = _transformable(position)
    spectrum = np.abs(rfft(position, size, axis=0)) ** 2
    return scale**2 * _mean_products((position**2).sum(axis=2), spectrum.sum(axis=2), size).T


def _products(position: Array) -> Array:
    """Products of displacements [m2] (3, 3, n_frame - 1), summed over atoms, of positions [m] (n_frame, n_atom, 3)."""
    position, scale, size = _transformable(position)
    transform = rfft(position, size, axis=0)
    # the real part is even in the lag: it holds x_i y_{i+n} and y_i x_{i+n}, half of each
    spectrum = np.einsum("kap,kaq->kpq", transform.conj(), transform).real
    return scale**2 * np.moveaxis(_mean_products(np.einsum("iap,iaq->ipq", position, position), spectrum, size), 0, -1)


def _transformable(position: Array) -> tuple[Array, float, int]:
    """Positions about their mean over time in a unit of the motion's size, that unit [m], and the length to transform.

    The two terms of `_mean_products` are subtracted from one another: they should not be larger than the motion.
    """
    position = position - position.mean(axis=0)
    scale = float(np.abs(position).max()) or 1.0
    return position / scale, scale, next_fast_len(2 * len(position) - 1, real=True)


def _mean_products(square: Array, spectrum: Array, size: int) -> Array:
    """Mean over origins of products of displacements (n_frame - 1, …), of products at one time (n_frame, …) and spectra."""
    n = len(square)
    correlation = irfft(spectrum, size, axis=0)[1:n]
    # sum of the products at both ends, over the origins of each lag
    ends = 2 * square.sum(axis=0) - np.cumsum(square, axis=0)[:-1] - np.cumsum(square[::-1], axis=0)[:-1]
    return (ends - 2 * correlation) / np.arange(n - 1, 0, -1).reshape(-1, *[1] * (square.ndim - 1))
