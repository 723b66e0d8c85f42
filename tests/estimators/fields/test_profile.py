"""Profiles across a slab, slices, and configurations that are centred."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a2c_pybamm.estimators import (
    CubicBSpline,
    Gaussian,
    centred,
    density_at,
    density_field,
    field_profile,
    field_slice,
    flow_velocity,
    momentum_field,
)
from a2c_pybamm.synthetic import Slab
from tests.estimators.fields.known_particles import ANGSTROM, CELLS, KERNELS, particles

NANOMETRE = 1e-9


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("kernel", [KERNELS[0], KERNELS[4]], ids=["Gaussian", "CubicBSpline"])
def test_profile_of_a_field_is_that_of_a_line(kernel: Gaussian | CubicBSpline, axis: int) -> None:
    rng = np.random.default_rng(6)
    data = particles(rng.random((4, 5, 3)) @ CELLS["skew"], CELLS["skew"])
    whole = field_profile(density_field(data, kernel, grid=(9, 9, 9), n_block=2), axis)
    line = tuple(9 if vector == axis else 1 for vector in range(3))
    alone = field_profile(density_field(data, kernel, grid=line, n_block=2), axis)
    assert alone.blocks == pytest.approx(whole.blocks, abs=1e-5 * whole.mean.max())
    assert whole.mean.mean() * whole.area * whole.length == pytest.approx(5, rel=1e-12)
    assert whole.position == pytest.approx(np.arange(9) / 9 * whole.length)
    assert whole.standard_error.shape == (9,)


def test_profile_is_the_smoothed_density_of_particles() -> None:
    """One particle: the kernel along the normal, smoothed over the plane, in a skew cell."""
    cell, length = CELLS["skew"], 1.2 * ANGSTROM
    profile = field_profile(
        density_field(particles(np.zeros((1, 1, 3)), cell), Gaussian(length), grid=(1, 1, 12), n_block=1), 2
    )
    z = profile.position[:, None] - profile.length * np.arange(-3, 4)
    kernel = np.exp(-(z**2) / (2 * length**2)).sum(axis=1) / (np.sqrt(2 * np.pi) * length)
    assert profile.mean * profile.area == pytest.approx(kernel, abs=1e-6 * kernel.max())


def test_slice_has_the_values_at_its_points() -> None:
    data = particles(np.random.default_rng(7).random((2, 5, 3)) @ CELLS["skew"], CELLS["skew"])
    kernel = Gaussian(1.3 * ANGSTROM)
    plane = field_slice(density_field(data, kernel, grid=(9, 9, 9), n_block=2), 1, 0.36)
    assert plane.provenance["plane"] == [1, 1 / 3]
    there = density_at(data, kernel, plane.points, n_block=2)
    assert plane.blocks == pytest.approx(there.blocks, abs=1e-6 * there.mean.max())


def test_slab_that_drifts_is_centred() -> None:
    slab = Slab(drift=30.0, memory=3.0)
    kernel, n = Gaussian(0.25 * NANOMETRE), 80
    still = centred(slab.configurations(100, np.random.default_rng(8)), "La", 2)
    profile = field_profile(density_field(still, kernel, grid=(1, 1, n), species="Li"), 2)
    z, truth = slab.smoothed_density(n, kernel)
    assert profile.position - profile.length / 2 == pytest.approx(z, abs=1e-20)
    seen = truth > 1e-3 * truth.max()  # beyond, no ion ever was
    inside = np.abs(profile.mean - truth) < profile.half_width(0.95)
    assert inside[seen].mean() > 0.85
    assert profile.standard_error[n // 2] < 0.03 * truth.max()
    moving = field_profile(density_field(slab.configurations(100, np.random.default_rng(8)), kernel, grid=(1, 1, n)), 2)
    assert np.abs(moving.mean - truth).max() > 0.2 * truth.max()


def test_velocity_inside_a_slab_is_its_drift() -> None:
    slab = Slab(drift=200.0)
    data = centred(slab.configurations(60, np.random.default_rng(9)), "La", 2)
    fields = [
        momentum_field(data, Gaussian(2 * NANOMETRE), grid=(1, 1, 16)),
        density_field(data, Gaussian(2 * NANOMETRE), grid=(1, 1, 16), weight="mass"),
    ]
    velocity = field_profile(flow_velocity(fields[0], fields[1]), 2)
    off = velocity.mean - np.array([0.0, 0.0, 200.0])[:, None]
    assert (np.abs(off) < 4 * velocity.standard_error).all()
    assert velocity.standard_error.max() < 40


@pytest.mark.calibration
@pytest.mark.parametrize("memory", [0.0, 5.0])
def test_bands_hold_the_profile(memory: float) -> None:
    slab, kernel, n = Slab(memory=memory), Gaussian(0.2 * NANOMETRE), 80
    _, truth = slab.smoothed_density(n, kernel)
    held, n_run = np.zeros((100, 2)), 100
    for run in range(n_run):
        data = slab.configurations(200, np.random.default_rng(run))
        profile = field_profile(density_field(data, kernel, grid=(1, 1, n), species="Li"), 2)
        off = np.abs(np.roll(profile.mean, n // 2) - truth)
        bands = [np.roll(profile.half_width(level), n // 2) for level in (0.6827, 0.9545)]
        held[run] = [(off < band)[truth > 1e-2 * truth.max()].mean() for band in bands]
    share, error = held.mean(axis=0), held.std(axis=0, ddof=1) / np.sqrt(n_run)
    assert (np.abs(share - [0.6827, 0.9545]) < 3 * error + 0.01).all()


def test_bad_choices_are_named() -> None:
    data = particles(np.random.default_rng(10).random((1, 500, 3)), np.eye(3))
    field = density_field(data, Gaussian(0.2), grid=(5, 5, 5), n_block=1)
    with pytest.raises(ValueError, match="axis is 3; give the number of a cell vector"):
        field_profile(field, 3)
    with pytest.raises(ValueError, match=r"fraction is 1\.5"):
        field_slice(field, 0, 1.5)
    with pytest.raises(ValueError, match="centre of Li: it fills the cell evenly"):
        list(centred(data, "Li", 0).blocks())
    with pytest.raises(ValueError, match="no atom of species 'Na'"):
        centred(data, "Na", 0)


def test_centre_where_the_cell_does_not_repeat() -> None:
    positions = np.array([[[0.1, 0.2, 0.3], [0.1, 0.2, 0.5]]])
    data = replace(particles(positions, np.eye(3)), periodic=(True, True, False))
    (frames,) = centred(data, "Li", 2).blocks()
    assert frames.positions[0, :, 2] == pytest.approx([0.4, 0.6])
    assert frames.positions[0, :, :2] == pytest.approx(positions[0, :, :2])
