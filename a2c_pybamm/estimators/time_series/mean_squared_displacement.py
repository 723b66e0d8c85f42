"""Mean-squared displacements of one species, from all time origins by fast Fourier transform."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from a2c_pybamm.data import (
    MOST_BYTES_IN_MEMORY,
    Array,
    BlockMSD,
    CollectiveMSD,
    ElectrolyteMotion,
    TensorMSD,
    TracerMSD,
    Trajectory,
    atoms_at_once,
    release,
)
from a2c_pybamm.estimators.fingerprint import traced_provenance
from a2c_pybamm.estimators.time_series.excess_variance import block_displacements

TRANSFORM_BYTES = 2**21
"""Bytes of positions transformed at once (2 MiB): of 4 MiB and more, transforms take a seventh longer."""
LAGS_PER_OCTAVE = 64
"""Lags that are kept for each factor of two in time where displacements at all lags would be too many for the memory."""
Reference = Literal["framework", "all"]


def mean_squared_displacement(
    trajectory: Trajectory,
    species: str,
    *,
    directions: Sequence[int] = (0, 1, 2),
    against: Reference = "framework",
    workers: int = 1,
) -> TracerMSD:
    r"""Mean-squared displacement of each atom of a species, drift removed.

    .. math:: M_n = \frac{1}{N-n} \sum_{i=0}^{N-n-1} |\mathbf r_{i+n} - \mathbf r_i|^2, \qquad n = 1 \dots N-1

    with :math:`\mathbf r` counted from the mass centre of all atoms that are *not* of the species. Where there are none, it is
    counted from the mass centre of all atoms, as the provenance states: the diffusivity is then low by its share
    :math:`1/n_\text{atom}`. The sum is split into a cumulative sum and an autocorrelation, the latter by FFT [1]_: O(N log N),
    not O(N²). A few atoms are transformed at a time; where atoms times frames are more than 16 million, lags beyond 64 are
    thinned out to 64 for each factor of two.

    Parameters
    ----------
    directions
        Cartesian directions that are counted: ``(0, 1, 2)`` all, ``(1,)`` along y only.
    against
        The origin: the ``"framework"``, or the mass centre of ``"all"`` atoms (a liquid).
    workers
        Threads of the transforms.

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
    centre, reference = _centre(trajectory, atoms, against)
    n_frame = len(trajectory.positions)
    lags = _kept_lags(n_frame, len(atoms))
    by_atom = np.empty((len(atoms), len(lags)))
    parts: list[BlockMSD] = []
    done = 0
    for paths in _blocks(trajectory, atoms, centre, axes):
        by_atom[done : done + len(paths)] = _all_origins(paths, workers)[:, lags - 1]
        parts += block_displacements(paths)
        done += len(paths)
    by_atom.setflags(write=False)
    blocks = replace(parts[0], by_atom=np.concatenate([part.by_atom for part in parts], axis=1)) if parts else None
    return TracerMSD(
        species=species,
        lag=trajectory.interval * lags.astype(np.float64),
        by_atom=by_atom,
        n_frame=n_frame,
        interval=trajectory.interval,
        dimension=len(axes),
        temperature=trajectory.temperature,
        provenance={"trajectory": traced_provenance(trajectory), "directions": axes, "displacements against": reference},
        blocks=blocks,
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
    centre, reference = _centre(trajectory, atoms)
    n_frame = len(trajectory.positions)
    path = (_mean_of(trajectory.positions, atoms) - centre).T[None, axes]
    return CollectiveMSD(
        species=species,
        lag=trajectory.interval * np.arange(1.0, n_frame),
        value=len(atoms) * _all_origins(path)[0],
        n_atom=len(atoms),
        n_frame=n_frame,
        interval=trajectory.interval,
        dimension=len(axes),
        temperature=trajectory.temperature,
        provenance={"trajectory": traced_provenance(trajectory), "directions": axes, "displacements against": reference},
    )


def charge_mean_squared_displacement(motion: ElectrolyteMotion) -> CollectiveMSD:
    r"""Mean-squared displacement of the charge, per squared charge of the most numerous ion, all time origins.

    .. math:: M(t) = \frac{\langle|\Delta\mathbf P|^2\rangle}{N_kz_k^2}, \qquad \mathbf P = \sum_i z_i\mathbf R_i

    with the collective positions :math:`\mathbf R_i` of the species: of a single-ion conductor the collective mean-squared
    displacement of its ions, so that a tracer's over it is the Haven ratio at each lag. Since the charges add up to zero, a
    drift of all changes nothing.
    """
    z, counts = np.array(motion.charges, float), np.array(motion.counts)
    path = np.einsum("i,tid->dt", z, motion.collective)
    most = int(np.argmax(np.where(z != 0, counts, 0)))
    return CollectiveMSD(
        species="charge",
        lag=motion.interval * np.arange(1.0, len(motion.collective)),
        value=_all_origins(path[None])[0] / (counts[most] * z[most] ** 2),
        n_atom=int(counts[most]),
        n_frame=len(motion.collective),
        interval=motion.interval,
        dimension=len(path),
        temperature=motion.temperature,
        provenance={"motion": traced_provenance(motion)},
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
    centre, reference = _centre(trajectory, atoms)
    path_of_all = (_mean_of(trajectory.positions, atoms) - centre).T[None]
    single = sum(_products(paths) for paths in _blocks(trajectory, atoms, centre, axes))
    return TensorMSD(
        species=species,
        lag=trajectory.interval * np.arange(1.0, len(trajectory.positions)),
        tracer=np.asarray(single) / len(atoms),
        collective=len(atoms) * _products(path_of_all),
        n_atom=len(atoms),
        interval=trajectory.interval,
        temperature=trajectory.temperature,
        provenance={"trajectory": traced_provenance(trajectory), "displacements against": reference},
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


def _kept_lags(n_frame: int, n_atom: int) -> NDArray[np.int64]:
    """Lags in frames, from 1 on: all, or thinned out."""
    if n_frame * n_atom * np.dtype(float).itemsize <= MOST_BYTES_IN_MEMORY:
        return np.arange(1, n_frame)
    octaves = np.log2((n_frame - 1) / LAGS_PER_OCTAVE)
    far = np.geomspace(LAGS_PER_OCTAVE, n_frame - 1, int(np.ceil(LAGS_PER_OCTAVE * octaves)) + 1)
    return np.unique(np.concatenate([np.arange(1, LAGS_PER_OCTAVE), np.round(far).astype(np.int64)]))


def _blocks(trajectory: Trajectory, atoms: NDArray[np.intp], centre: Array, axes: list[int]) -> Iterator[Array]:
    """Paths against a centre [m] (n_atom, n_direction, n_frame) of a few of some atoms at a time."""
    centre = centre.T[axes]
    size = max(1, TRANSFORM_BYTES // trajectory.positions[:, :1].nbytes)
    runs = np.split(atoms, np.flatnonzero(np.diff(atoms) != 1) + 1)  # neighbours, which a slice takes without a copy
    for run in runs:
        for first in range(run[0], run[-1] + 1, size):
            block = trajectory.positions[:, first : min(first + size, run[-1] + 1)]
            yield np.ascontiguousarray(block.transpose(1, 2, 0)[:, axes]) - centre
            release(trajectory.positions)


def _centre(trajectory: Trajectory, atoms: NDArray[np.intp], against: Reference = "framework") -> tuple[Array, str]:
    return framework_centre(trajectory.positions, trajectory.masses, atoms[:0] if against == "all" else atoms)


def _mean_of(vectors: Array, atoms: NDArray[np.intp]) -> Array:
    """Mean over some atoms (n_frame, 3)."""
    weight = np.zeros(vectors.shape[1])
    weight[atoms] = 1 / len(atoms)
    return _weighted_sum(vectors, weight)


def _weighted_sum(vectors: Array, weight: Array) -> Array:
    """Sum over atoms (n_frame, 3), a few at a time."""
    return sum(
        (np.einsum("iak,a->ik", vectors[:, block], weight[block]) for block in atoms_at_once(vectors) if weight[block].any()),
        start=np.zeros((len(vectors), 3)),
    )


def framework_centre(vectors: Array, masses: Array, atoms: NDArray[np.intp]) -> tuple[Array, str]:
    """Mass centre of positions or velocities (n_frame, n_atom, 3) of all but some atoms (n_frame, 3), and its name."""
    weight = np.array(masses)
    weight[atoms] = 0.0
    reference = "mass centre of all other atoms" if len(atoms) else "mass centre of all atoms"
    if not weight.any():
        weight = np.array(masses)
        reference = "mass centre of all atoms (no framework)"
    return _weighted_sum(vectors, weight / weight.sum()), reference


def _all_origins(paths: Array, workers: int = 1) -> Array:
    """Mean-squared displacement [m2] (n_atom, n_frame - 1) of paths [m] (n_atom, n_direction, n_frame)."""
    paths, scale, size = _transformable(paths)
    spectrum = np.zeros((len(paths), size // 2 + 1))
    square = np.zeros((len(paths), paths.shape[2]))
    for k in range(paths.shape[1]):
        transform = rfft(paths[:, k], size, workers=workers)
        spectrum += transform.real**2
        spectrum += transform.imag**2
        square += paths[:, k] ** 2
    return scale**2 * _mean_products(square, spectrum, size, workers)


def _products(paths: Array) -> Array:
    """Products of displacements [m2] (3, 3, n_frame - 1), summed over atoms, of paths [m] (n_atom, 3, n_frame)."""
    paths, scale, size = _transformable(paths)
    transform = rfft(paths, size)
    # the real part is even in the lag: it holds x_i y_{i+n} and y_i x_{i+n}, half of each
    spectrum = np.einsum("apk,aqk->pqk", transform.conj(), transform).real
    return scale**2 * _mean_products(np.einsum("api,aqi->pqi", paths, paths), spectrum, size)


def _transformable(paths: Array) -> tuple[Array, float, int]:
    """Paths about their mean over time in a unit of the motion's size, that unit [m], and the length to transform.

    The two terms of `_mean_products` are subtracted from one another: they should not be larger than the motion.
    """
    paths = paths - paths.mean(axis=-1, keepdims=True)
    scale = float(max(paths.max(), -paths.min())) or 1.0
    paths /= scale
    return paths, scale, next_fast_len(2 * paths.shape[-1] - 1, real=True)


def _mean_products(square: Array, spectrum: Array, size: int, workers: int = 1) -> Array:
    """Mean over origins of products of displacements (…, n_frame - 1), of products at one time (…, n_frame) and spectra."""
    n = square.shape[-1]
    correlation = irfft(spectrum, size, workers=workers)[..., 1:n]
    # sum of the products at both ends, over the origins of each lag
    until, since = np.cumsum(square, axis=-1), np.cumsum(square[..., ::-1], axis=-1)
    ends = 2 * until[..., -1:] - until[..., :-1] - since[..., :-1]
    return (ends - 2 * correlation) / np.arange(n - 1, 0, -1)
