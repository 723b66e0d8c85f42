r"""Variance of a coarse-grained field against the length of its kernel, from its Fourier modes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.fft import fftn
from scipy.special import gammainccinv

from a2c_pybamm.data import Array, Configurations, FieldKind, FieldVariance, validate_mean_cell
from a2c_pybamm.data.fields import validate_cells
from a2c_pybamm.estimators.conduction.kirkwood_buff import UNIT_BALL
from a2c_pybamm.estimators.fields.weighted_particles import by_species, species_names, validate_configurations
from a2c_pybamm.estimators.fingerprint import array_fingerprint
from a2c_pybamm.estimators.statistics.wave_vectors import WaveVectors, density_modes, in_shells, wave_lengths, wave_vectors


@dataclass(frozen=True)
class VarianceSettings:
    """Wave vectors of the sum, lengths of the kernel, and the test for Bragg peaks."""

    most_waves: int = 3000
    """Wave vectors (of k and -k one) where lengths are not given: those up to 24π/L of a cube with edge L."""
    cutoff: float = 5.0
    r"""Largest :math:`k\ell` at the smallest length, where the squared kernel is :math:`10^{-11}`."""
    n_length: int = 24
    """Lengths where they are not given, with equal ratios."""
    widest: float = 0.25
    """Largest of those over the cell's width: the squared kernel at the smallest wave number is 8 %."""
    limit_waves: int = 500_000
    """Most wave vectors of lengths that are given: some ten seconds for each 10^4 particles and frame."""
    peak_contrast: float = 0.5
    """Variance of a mode's square in time over its squared mean below which it may be a Bragg peak: of a fluctuating mode 1."""
    peak_chance: float = 1e-4
    """Probability that one mode of all is so far above its neighbours by chance."""
    least_points: int = 3
    """Points of a grid along each cell vector, that one wave needs."""
    neighbours: int = 25
    """Wave vectors, sorted by length, among which the median is a mode's neighbourhood."""


def field_variance(
    configurations: Configurations,
    *,
    species: str | Collection[str] | None = None,
    kind: FieldKind | str = FieldKind.NUMBER,
    among: str | Collection[str] | None = None,
    weights: ArrayLike | None = None,
    charges: Mapping[str, float] | ArrayLike | None = None,
    lengths: ArrayLike | None = None,
    n_block: int = 10,
    settings: VarianceSettings | None = None,
) -> FieldVariance:
    r"""Spatial variance of a Gaussian-filtered field against the kernel's length, in blocks of a run.

    .. math:: \mathrm{Var}_\ell = \frac1{V^2}\sum_{\mathbf k\ne0}\langle|\rho_{\mathbf k}|^2\rangle\,e^{-k^2\ell^2}

    is the exact variance over the periodic cell, no grid in between; that the number of particles is fixed is in it (the term
    -1/V of independent particles). :math:`\ell` is the standard deviation of the kernel along each axis.

    Where the cell changes its shape, a wave vector keeps its whole numbers, and its length is that in the mean cell.

    Parameters
    ----------
    species
        Chemical symbol, or several, whose particles make the field; all where not given.
    kind
        ``"number"``; ``"composition"``, the share of ``species`` among the particles of ``among`` (all where not given), with
        weights 1 - x and -x; or ``"charge"``.
    weights
        Weight of each particle (n_particle,) in place of one, of a number field.
    charges
        Charge of each species or particle [elementary charges] where the configurations have none.
    lengths
        Lengths of the kernel [m] (n_length,). The smallest sets the wave vectors; where not given, their number does.
    n_block
        Blocks of frames whose scatter gives errors.

    Raises
    ------
    ValueError
        If species or charges are missing, the cell does not repeat in all directions, there are fewer frames than blocks, or
        lengths ask for too many wave vectors.
    """
    settings = settings or VarianceSettings()
    if kind not in tuple(FieldKind):
        raise ValueError(f"variance: kind is {kind!r}; give one of {', '.join(repr(str(known)) for known in FieldKind)}")
    kind = FieldKind(kind)
    validate_configurations(configurations)
    of_each, of = _weights(configurations, kind, species, among, weights, charges)
    if not all(configurations.periodic):
        open_axes = ", ".join(name for name, yes in zip("abc", configurations.periodic, strict=True) if not yes)
        raise ValueError(f"variance of {of}: the cell does not repeat along {open_axes}; take a part of it that does")
    _validate_blocks(configurations.n_frame, n_block, of)
    counted = np.flatnonzero(of_each)
    cell = np.asarray(next(configurations.blocks()).cell[0])
    waves = wave_vectors(cell, _largest(cell, lengths, settings, of), f"variance of {of}")
    mean_cell = np.zeros_like(cell)

    def modes() -> Iterator[Array]:
        for block in configurations.blocks():
            mean_cell[:] += block.cell.sum(axis=0) / configurations.n_frame
            fractions = np.einsum("fnx,fxy->fny", block.positions[:, counted], np.linalg.inv(block.cell))
            for one in fractions:  # one frame's modes at a time
                of_frame = density_modes(one[None], waves.whole, of_each[counted])
                yield (of_frame * of_frame.conj()).real

    square = float(of_each @ of_each)
    by_block, contrast = _accumulate(modes(), waves, configurations.n_frame, n_block)
    validate_mean_cell(mean_cell, f"variance of {of}")
    return _record(
        by_block / square,
        contrast,
        waves,
        mean_cell,
        lengths,
        settings,
        kind=kind,
        density=square,
        n_frame=configurations.n_frame,
        interval=configurations.interval,
        temperature=configurations.temperature,
        of=of,
        provenance={"configurations": dict(configurations.provenance), "field": str(kind), "of": of},
    )


def sampled_field_variance(
    density: Array,
    cell: ArrayLike,
    *,
    interval: float,
    temperature: float,
    lengths: ArrayLike | None = None,
    n_block: int = 10,
    settings: VarianceSettings | None = None,
) -> FieldVariance:
    r"""Spatial variance of a number density that is given on a grid, against a kernel's length, in blocks of frames.

    :math:`S(k) = \langle|\int\rho\,e^{i\mathbf k\cdot\mathbf r}|^2\rangle/(V\bar\rho)`, over the wave vectors that the grid
    resolves. A density without particles has no single-particle part: S goes to zero at large k.

    Parameters
    ----------
    density
        [m-3] (n_frame, n_a, n_b, n_c), at points that divide the cell vectors evenly.
    cell
        Cell vectors in rows [m] (3, 3).

    Raises
    ------
    ValueError
        If the array has another shape, is not finite, or has no positive mean; there are fewer frames than blocks.
    """
    settings = settings or VarianceSettings()
    vectors, of, density = np.asarray(cell, float), "a density on a grid", np.asarray(density, float)
    if vectors.shape != (3, 3):
        raise ValueError(f"variance of {of}: cell has shape {vectors.shape}; give three vectors [m] in rows")
    validate_cells(vectors[None], f"variance of {of}")
    if density.ndim != 1 + len(vectors) or not np.isfinite(density).all() or not (mean := float(density.mean())) > 0:
        raise ValueError(
            f"variance of {of}: density of shape {density.shape}; give finite values [m-3] (n_frame, n_a, n_b, n_c) with a "
            "positive mean"
        )
    _validate_blocks(len(density), n_block, of)
    inverse_widths = np.linalg.norm(np.linalg.inv(vectors), axis=0)
    if min(density.shape[1:]) < settings.least_points:
        raise ValueError(
            f"variance of {of}: {min(density.shape[1:])} points along a cell vector resolve no wave; give "
            f"{settings.least_points} or more"
        )
    finest = float((np.pi * (np.array(density.shape[1:]) - 1) * inverse_widths).min())
    waves = wave_vectors(vectors, min(finest, _largest(vectors, lengths, settings, of)), f"variance of {of}")
    volume = float(abs(np.linalg.det(vectors)))

    def modes() -> Iterator[Array]:
        for frame in density:
            transform = fftn(frame)[tuple(waves.whole.T)] * (volume / frame.size)
            yield (transform * transform.conj()).real[None]

    by_block, contrast = _accumulate(modes(), waves, len(density), n_block)
    return _record(
        by_block / (volume * mean),
        contrast,
        waves,
        vectors,
        lengths,
        settings,
        kind=FieldKind.SAMPLED,
        density=volume * mean,
        n_frame=len(density),
        interval=interval,
        temperature=temperature,
        of=of,
        provenance={"sha256": array_fingerprint(density.ravel()), "field": "sampled density"},
    )


def _weights(
    configurations: Configurations,
    kind: FieldKind,
    species: str | Collection[str] | None,
    among: str | Collection[str] | None,
    weights: ArrayLike | None,
    charges: Mapping[str, float] | ArrayLike | None,
) -> tuple[Array, str]:
    """Weight of each particle (n_particle,), and the name of the field's particles."""
    symbols = np.array(configurations.species)
    among = {among} if isinstance(among, str) else among
    chosen = sorted(set(symbols.tolist()) if species is None else species_names(species))
    known = ", ".join(sorted(set(configurations.species)))
    for name in {*chosen, *(among or ())} - set(configurations.species):
        raise ValueError(f"variance: no particle is {name!r} (there are {known}); correct species= or among=")
    inside = np.isin(symbols, chosen)
    of = ", ".join(chosen) if species is not None else "all particles"
    if kind is FieldKind.SAMPLED:
        raise ValueError("variance: a sampled field has no particles; take sampled_field_variance")
    if kind is FieldKind.COMPOSITION:
        mixture = np.isin(symbols, list(among)) if among else np.ones(len(symbols), bool)
        share = float((inside & mixture).sum() / mixture.sum())
        if not 0 < share < 1 or (inside & ~mixture).any():
            raise ValueError(f"composition of {of}: its share is {share:g}; name species= and what it mixes with as among=")
        return np.where(mixture, inside - share, 0.0), f"{of} among {', '.join(sorted(among or set(symbols.tolist())))}"
    if kind is FieldKind.CHARGE:
        charge = np.where(inside, _charges(configurations, charges), 0.0)
        if not charge.any():
            raise ValueError(f"charge of {of}: all charges are zero; give charges=")
        return charge, of
    if weights is None:
        return inside.astype(float), of
    given = _numbers(weights, "weights")
    if given.shape != symbols.shape or not np.isfinite(given).all():
        raise ValueError(f"variance of {of}: weights have shape {given.shape}; give a finite one for each of {len(symbols)}")
    if not given[inside].any():
        raise ValueError(f"variance of {of}: all weights are zero; give at least one particle another")
    return np.where(inside, given, 0.0), of


def _charges(configurations: Configurations, charges: Mapping[str, float] | ArrayLike | None) -> Array:
    """Charge of each particle [elementary charges] (n_particle,)."""
    if isinstance(charges, Mapping):
        return by_species(charges, configurations.species, "charge")
    given = configurations.charges if charges is None else _numbers(charges, "charges")
    if given is None:
        raise ValueError("charge: the configurations have no charges; give one for each species or particle as charges=")
    n = len(configurations.species)
    if given.shape != (n,) or not np.isfinite(given).all():
        raise ValueError(f"charge: charges of shape {given.shape}; give a finite one for each of {n} particles, or by species")
    return given


def _numbers(given: ArrayLike, name: str) -> Array:
    """An argument as an array; ``ValueError`` where it is not of numbers."""
    values = np.asarray(given)
    if not np.issubdtype(values.dtype, np.number):
        raise ValueError(f"variance: {name} are not all numbers; give numbers")
    return values.astype(float)


def _validate_blocks(n_frame: int, n_block: int, of: str) -> None:
    if not isinstance(n_block, int | np.integer) or not 2 <= n_block <= n_frame:
        raise ValueError(f"variance of {of}: {n_frame} frame(s) for {n_block} blocks; give two blocks or more, and more frames")


def _largest(cell: Array, lengths: ArrayLike | None, settings: VarianceSettings, of: str) -> float:
    """Largest wave number of the sum [m-1]."""
    volume = float(abs(np.linalg.det(cell)))
    per_wave = 2 * (2 * np.pi) ** len(cell) / (UNIT_BALL * volume)  # half of the wave vectors in a ball are kept
    if lengths is None:
        return float(np.cbrt(per_wave * settings.most_waves))
    given = _numbers(lengths, "lengths")
    if given.ndim != 1 or not given.size or not np.isfinite(given).all() or not (given > 0).all():
        raise ValueError(f"variance of {of}: lengths of shape {given.shape} must be positive and finite [m]")
    least = settings.cutoff / np.cbrt(per_wave * settings.limit_waves)
    if given.min() < least:
        raise ValueError(f"variance of {of}: lengths from {given.min():.3g} m on; the cell takes {least:.3g} m or more")
    most = settings.cutoff * float(np.linalg.norm(cell, axis=1).max()) / (2 * np.pi)
    if given.max() > most:
        raise ValueError(
            f"variance of {of}: lengths up to {given.max():.3g} m; the field is constant beyond {most:.3g} m in this cell, "
            "give shorter ones"
        )
    return settings.cutoff / float(given.min())


def _accumulate(modes: Iterator[Array], waves: WaveVectors, n_frame: int, n_block: int) -> tuple[Array, Array]:
    """Mean squares of the modes in each block (n_block, n_wave), and their variance over squared mean (n_wave,)."""
    counts = np.array([len(part) for part in np.array_split(np.arange(n_frame), n_block)])
    last = np.cumsum(counts)
    sums, squares = np.zeros((n_block, len(waves.whole))), np.zeros(len(waves.whole))
    frame = 0
    for values in modes:
        for one in values:
            sums[np.searchsorted(last, frame, side="right")] += one
            squares += one * one
            frame += 1
    mean = sums.sum(axis=0) / n_frame
    contrast = np.divide(squares / n_frame, mean**2, out=np.ones_like(mean), where=mean > 0) - 1
    return sums / counts[:, None], contrast


def _record(
    by_block: Array,
    contrast: Array,
    waves: WaveVectors,
    cell: Array,
    lengths: ArrayLike | None,
    settings: VarianceSettings,
    *,
    density: float,
    **described: Any,
) -> FieldVariance:
    """The record of S at each wave vector, by block; ``density`` comes times the volume."""
    volume = float(abs(np.linalg.det(cell)))
    width = float((1 / np.linalg.norm(np.linalg.inv(cell), axis=0)).min())
    order = np.argsort(wave_lengths(cell, waves.whole), kind="stable")
    by_block, contrast, waves = by_block[:, order], contrast[order], in_shells(cell, waves.whole[order])
    if lengths is None:
        least = settings.cutoff / waves.wave_number[-1]
        chosen = np.geomspace(least, max(settings.widest * width, 2 * least), settings.n_length)
    else:
        chosen = np.unique(np.asarray(lengths, float))
    lengths_of = wave_lengths(cell, waves.whole)
    kernel = 2 * np.exp(-(np.outer(lengths_of, chosen) ** 2))
    return FieldVariance(
        lengths=chosen,
        by_block=density / volume**2 * (by_block @ kernel),
        wave_number=waves.wave_number,
        waves=waves.counts,
        structure_factor=waves.shell_means(by_block),
        density=density / volume,
        volume=volume,
        width=width,
        peaks=_peaks(by_block, contrast, lengths_of, settings),
        **described,
    )


def _peaks(by_block: Array, contrast: Array, length: Array, settings: VarianceSettings) -> Array:
    """Wave number and S(k) of Bragg peaks (n_peak, 2): constant in time, and far above the neighbours and one.

    A slow mode of a mixture that separates is constant in a short run too; those are the longest waves, and none but
    such are no peaks.
    """
    from scipy.ndimage import median_filter  # not loaded with every other estimator

    value = by_block.mean(axis=0)
    n_block, n_wave = by_block.shape
    level = np.maximum(median_filter(value, min(settings.neighbours, n_wave), mode="nearest"), 1.0)
    factor = float(gammainccinv(n_block, settings.peak_chance / n_wave)) / n_block
    found = (value > factor * level) & (contrast < settings.peak_contrast)
    if not found[length > 2 * length[0]].any():
        return np.empty((0, 2))
    return np.column_stack([length[found], value[found]])
