"""Barriers: exact on analytic profiles, an error bar that holds the truth between images, paths without a top refused."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import ImageEnergies, MigrationPath
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.hops.barrier import fit_barrier, highest_image, reversed_path, split_path
from a2c_pybamm.synthetic import migration_path

NAME = {"name": "X hop E_a [eV]", "source": "X hop path (interpolation)"}
LENGTH = 3e-10


def path(energy: np.ndarray, slope: np.ndarray | None = None, s: np.ndarray | None = None) -> MigrationPath:
    """Energies in eV, slopes in eV for the whole path."""
    s = np.linspace(0, 1, len(energy)) if s is None else s
    return MigrationPath("PBE", s * LENGTH, energy * FARADAY, None if slope is None else slope * FARADAY / LENGTH)


def hump(n: int, barrier: float, forces: bool) -> MigrationPath:
    """B sin²(πs): level at both ends, the saddle half-way."""
    s = np.linspace(0, 1, n)
    return path(barrier * np.sin(np.pi * s) ** 2, barrier * np.pi * np.sin(2 * np.pi * s) if forces else None)


# The synthetic paths themselves


@given(st.integers(3, 9), st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 0.3))
def test_synthetic_paths_are_what_they_say(n: int, seed: int, skew: float, bumps: float) -> None:
    """The same hop with many images has the barrier, level ends, and slopes that are its derivative."""
    draw = {"barrier": 0.4, "skew": skew, "bumps": bumps}
    coarse = migration_path(n, rng=np.random.default_rng(seed), **draw)
    assert len(coarse.energy) == n
    fine = migration_path(2001, rng=np.random.default_rng(seed), **draw)
    assert fine.energy.max() / FARADAY == pytest.approx(0.4, abs=1e-5)
    assert fine.slope is not None
    size = np.abs(fine.slope).max()
    np.testing.assert_allclose(fine.slope[[0, -1]] / size, 0, atol=1e-9)
    numeric = np.gradient(fine.energy, fine.distance)
    np.testing.assert_allclose(fine.slope[1:-1] / size, numeric[1:-1] / size, atol=1e-4)


# Known truth


@pytest.mark.parametrize("forces", [True, False])
@pytest.mark.parametrize("n", [5, 7, 9, 11])
@pytest.mark.parametrize("barrier", [0.05, 0.4, 2.0])
def test_image_on_the_saddle(n: int, forces: bool, barrier: float) -> None:
    """Odd numbers of images on a symmetric hop: the barrier is the highest image's; forces leave nothing to doubt."""
    estimate = fit_barrier(hump(n, barrier, forces), **NAME)
    assert estimate.names == (NAME["name"],)
    assert estimate.mean[0] == pytest.approx(barrier, rel=1e-12)
    if forces:
        assert estimate.std[0] < 1e-12


@pytest.mark.parametrize(("forces", "worst"), [(True, 2e-3), (False, 8e-3)])
@pytest.mark.parametrize("n", [6, 8, 10])
def test_no_image_on_the_saddle(n: int, forces: bool, worst: float) -> None:
    """Even numbers: the top lies half-way between two images, and is found where the highest image is 10 % low (n = 6)."""
    estimate = fit_barrier(hump(n, 0.4, forces), **NAME)
    error = abs(estimate.mean[0] - 0.4)
    assert error < worst
    assert error < estimate.std[0]


@given(st.integers(5, 9), st.floats(0.1, 0.9), st.floats(0.05, 2.0))
def test_cubics_are_interpolated_exactly(n: int, middle: float, barrier: float) -> None:
    """The Hermite spline holds a cubic up and one down, both level, between images that stand anywhere: exact."""
    s = np.sort(np.concatenate([[0, 0.7, 1], middle * np.linspace(0.3, 1.05, n - 3)]))
    u = np.where(s < 0.7, s / 0.7, (1 - s) / 0.3)
    slope = barrier * 6 * (u - u**2) * np.where(s < 0.7, 1 / 0.7, -1 / 0.3)
    estimate = fit_barrier(path(barrier * (3 * u**2 - 2 * u**3), slope, s), **NAME)
    assert estimate.mean[0] == pytest.approx(barrier, rel=1e-12)


def test_first_image_counts_as_zero() -> None:
    """Barrier forward and backward differ by the energy between the ends."""
    rng = np.random.default_rng(4)
    forward = migration_path(9, barrier=0.4, rng=rng)
    end = forward.energy[-1]
    assert forward.slope is not None
    backward = replace(
        forward,
        distance=forward.distance[-1] - forward.distance[::-1],
        energy=forward.energy[::-1] - end,
        slope=-forward.slope[::-1],
    )
    one, two = fit_barrier(forward, **NAME), fit_barrier(backward, **NAME)
    assert one.mean[0] - two.mean[0] == pytest.approx(end / FARADAY, abs=1e-5)
    assert one.std[0] == pytest.approx(two.std[0], rel=0.05, abs=1e-4)


@pytest.mark.parametrize("forces", [True, False])
def test_error_falls_with_more_images(forces: bool) -> None:
    """Mean reported standard deviation over 30 hops: at least halved from five to nine images."""
    mean = {n: np.mean([fitted(seed, n, 0.0, forces).std[0] for seed in range(30)]) for n in (5, 9)}
    assert mean[9] < mean[5] / 2


# Sites between the ends


def two_humps(n: int, first: float, second: float, middle: float, end: float = 0.0, forces: bool = True) -> MigrationPath:
    """Two humps of these heights with a site between them, level at the three sites: cosines from extremum to extremum."""
    s = np.linspace(0, 1, n)
    levels = np.array([0.0, first, middle, second, end])
    k = np.minimum((4 * s).astype(int), 3)
    u = 4 * s - k
    low, high = levels[k], levels[k + 1]
    energy = low + (high - low) * (1 - np.cos(np.pi * u)) / 2
    return path(energy, 2 * np.pi * (high - low) * np.sin(np.pi * u) if forces else None)


@pytest.mark.parametrize("forces", [True, False])
@pytest.mark.parametrize(
    ("first", "second", "middle", "end", "there", "back"),
    [
        (0.3, 0.3, -0.2, 0.0, 0.5, 0.5),  # the ion sits in the middle, and has to climb out of it
        (0.3, 0.3, 0.1, 0.0, 0.3, 0.3),
        (0.5, 0.3, -0.2, 0.0, 0.7, 0.7),  # half of the ions leave the middle over the higher hump, and all that go on
        (0.3, 0.4, 0.1, -0.1, 0.4, 0.5),
        (0.3, 0.4, -0.2, -0.3, 0.6, 0.7),
    ],
)
def test_barrier_is_from_the_deepest_site_both_ways(
    first: float, second: float, middle: float, end: float, there: float, back: float, forces: bool
) -> None:
    hop = two_humps(17, first, second, middle, end, forces)
    estimate = fit_barrier(hop, **NAME)
    assert estimate.mean[0] == pytest.approx(there, abs=1e-9 if forces else 0.01)
    assert estimate.provenance["barrier the other way [eV]"] == pytest.approx(back, abs=1e-9 if forces else 0.01)
    assert fit_barrier(reversed_path(hop), **NAME).mean[0] == pytest.approx(back, abs=1e-9 if forces else 0.01)
    assert estimate.provenance["minima between the ends [eV]"] == {"image 8": pytest.approx(middle)}


def test_each_hop_of_a_path_by_itself() -> None:
    hops = split_path(two_humps(17, 0.3, 0.4, -0.2))
    assert [hop.label for hop in hops] == ["PBE, hop 1", "PBE, hop 2"]
    assert [fit_barrier(hop, **NAME).mean[0] for hop in hops] == pytest.approx([0.3, 0.6])
    assert [fit_barrier(reversed_path(hop), **NAME).mean[0] for hop in hops] == pytest.approx([0.5, 0.4])
    assert len(split_path(hump(9, 0.4, forces=True))) == 1
    assert len(split_path(path(np.array([0.0, -0.2, 0.3, 0.0])))) == 1  # nothing rises between the first two


def test_dents_are_no_sites() -> None:
    """5 meV in the flank of a hump, and beside an end."""
    energy = np.array([0.0, -0.004, 0.2, 0.195, 0.4, 0.2, 0.1, 0.0])
    assert len(split_path(path(energy))) == 1
    assert fit_barrier(path(energy), **NAME).provenance["minima between the ends [eV]"] == {}


def test_ends_that_are_no_sites_are_refused() -> None:
    whole = hump(13, 0.4, forces=True)
    assert whole.slope is not None
    for part, which in ((slice(2, None), "first"), (slice(None, -2), "last")):
        cut = path(whole.energy[part] / FARADAY, whole.slope[part] * LENGTH / FARADAY, whole.distance[part] / LENGTH)
        with pytest.raises(ValueError, match=rf"the {which} image is no stable site: a slope of -?0\.\d+ eV/Å"):
            fit_barrier(cut, **NAME)
    without = hump(17, 0.4, forces=False)
    inner = path(without.energy[4:-4] / FARADAY, None, without.distance[4:-4] / LENGTH)
    with pytest.raises(ValueError, match="energies rise most at the first image"):
        fit_barrier(inner, **NAME)
    sloppy = replace(whole, slope=whole.slope + 0.03 * FARADAY / 1e-10)  # forces of a loosely relaxed run
    assert fit_barrier(sloppy, **NAME).mean[0] == pytest.approx(0.4, abs=0.01)


# Error bars


def fitted(seed: int, n: int, bumps: float, forces: bool) -> Estimate:
    """One random hop of 0.4 eV."""
    return fit_barrier(migration_path(n, barrier=0.4, rng=np.random.default_rng(seed), bumps=bumps, forces=forces), **NAME)


def true_barrier(seed: int, bumps: float) -> float:
    """The highest point of the same hop above its deepest one from which it climbs on, the first among them."""
    fine = migration_path(2001, barrier=0.4, rng=np.random.default_rng(seed), bumps=bumps).energy / FARADAY
    ahead = np.maximum.accumulate(fine[::-1])[::-1]
    return float(fine.max() - fine[ahead > fine + 0.01].min())


def coverage(n: int, bumps: float, forces: bool, n_path: int) -> tuple[float, float]:
    """Share of paths whose true barrier lies within 1 and 1.96 reported standard deviations; prints typical errors too.

    Of paths without forces a few have so steep an end that they are refused as if it were no minimum.
    """
    made = []
    for seed in range(n_path):
        with suppress(ValueError):
            made.append((true_barrier(seed, bumps), fitted(seed, n, bumps, forces)))
    assert len(made) >= (1.0 if forces else 0.94) * n_path
    error, std = np.array([(e.mean[0] - true, e.std[0]) for true, e in made]).T
    inside = float((np.abs(error) < std).mean()), float((np.abs(error) < 1.96 * std).mean())
    print(
        f"{n} images, {'with' if forces else 'without'} forces, bumps {bumps:g}: 68 % interval {inside[0]:.1%}, "
        f"95 % interval {inside[1]:.1%}; rms error {1e3 * np.sqrt(np.mean(error**2)):.1f} meV, "
        f"rms std {1e3 * np.sqrt(np.mean(std**2)):.1f} meV"
    )
    return inside


@pytest.mark.slow
@pytest.mark.parametrize("forces", [True, False])
def test_error_bars_hold_quick(forces: bool) -> None:
    """120 hops with five images and moderate bumps: an error bar from the splines alone (70 % without forces) is seen."""
    inside = coverage(5, 0.1, forces, 120)
    assert inside[0] > 0.75
    assert inside[1] > 0.9


@pytest.mark.calibration
@pytest.mark.parametrize("forces", [True, False])
@pytest.mark.parametrize("bumps", [0.0, 0.1])
def test_error_bars_hold(bumps: float, forces: bool) -> None:
    """1000 asymmetric hops, five to nine images, no image on the saddle: both intervals hold at least what they claim.

    For each number of images the 95 % interval holds at least 90 %.
    """
    inside = np.array([coverage(n, bumps, forces, 200) for n in (5, 6, 7, 8, 9)])
    assert inside[:, 0].mean() > 0.6827
    assert inside[:, 1].mean() > 0.95
    assert inside[:, 1].min() > 0.9


@pytest.mark.calibration
@pytest.mark.parametrize("forces", [True, False])
def test_error_bars_of_several_humps(forces: bool) -> None:
    """Bumps of a fifth of the barrier, often two humps: held with forces; without, six images can miss one between them."""
    inside = np.array([coverage(n, 0.2, forces, 200) for n in (5, 6, 7, 8, 9)])
    assert inside[:, 1].min() > (0.95 if forces else 0.75)
    assert inside[:, 1].mean() > (0.95 if forces else 0.9)


@pytest.mark.calibration
@pytest.mark.parametrize(("n", "forces", "least"), [(3, True, 0.85), (3, False, 0.95), (4, True, 0.9), (4, False, 0.95)])
def test_error_bars_of_few_images(n: int, forces: bool, least: float) -> None:
    """Without forces bars become as wide as they must; three or four images with forces miss dips below the first image."""
    assert coverage(n, 0.1, forces, 200)[1] > least


def test_what_is_said_of_the_error() -> None:
    estimate = fitted(1, 7, 0.1, True)
    heights = estimate.provenance["highest points [eV]"]
    first, *others = heights.values()
    assert first == estimate.mean[0]
    assert estimate.method == "highest point of a cubic Hermite spline of energies and forces through 7 images"
    spread = np.mean([(h - first) ** 2 for h in others])
    assert estimate.std[0] == pytest.approx(np.sqrt(spread + estimate.provenance["unseen [eV]"] ** 2))
    assert list(estimate.factors) == [NAME["source"]]
    without = fitted(1, 7, 0.1, False)
    first, *others = without.provenance["highest points [eV]"].values()
    spread = np.max([(h - first) ** 2 for h in others])
    assert without.std[0] == pytest.approx(np.sqrt(spread + without.provenance["unseen [eV]"] ** 2))


def test_what_no_spline_shows_by_hand() -> None:
    """Unevenly spaced: slope 0.4 eV per path at the highest image, 0.3 of the path to its uphill neighbour; an eighth of that.

    Without forces, the barriers of clamped splines through the other images: two level images make a straight line.
    """
    s = np.array([0.0, 0.5, 0.8, 1.0])
    energy, slope = np.array([0.0, 0.3, 0.25, 0.0]), np.array([0.0, 0.4, -1.0, 0.0])
    assert fit_barrier(path(energy, slope, s), **NAME).provenance["unseen [eV]"] == pytest.approx(0.4 * 0.3 / 8)
    down = fit_barrier(path(energy, -slope, s), **NAME)
    assert down.provenance["unseen [eV]"] == pytest.approx(0.4 * 0.5 / 8)
    three = fit_barrier(path(np.array([0.0, 0.3, 0.0])), **NAME)
    assert three.provenance["unseen [eV]"] == pytest.approx(0.3)


# Bad input


@pytest.mark.parametrize("energy", [[0.0, 0.1, 0.3, 0.5], [0.5, 0.3, 0.2, 0.0], [0.0, 0.0, 0.0]])
def test_a_path_without_a_top_is_refused(energy: list[float]) -> None:
    with pytest.raises(
        ValueError, match=r"path PBE: the highest image is an end .* order the images from stable site to stable"
    ):
        fit_barrier(path(np.array(energy)), **NAME)


def test_paths_that_are_no_paths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"2 image\(s\), a barrier needs at least three"):
        path(np.array([0.0, 0.1]))
    with pytest.raises(ValueError, match="path length must grow"):
        path(np.array([0.0, 0.1, 0.0]), s=np.array([0.0, 0.5, 0.5]))
    with pytest.raises(ValueError, match=r"2 images and a barrier of 0\.4 eV"):
        migration_path(2, barrier=0.4, rng=np.random.default_rng(0))


def test_highest_image() -> None:
    """Single energies: the highest, a declared error, labelled with the method so that all its hops err alike."""
    images = ImageEnergies("SevenNet", np.array([0.0, 0.2, 0.35]) * FARADAY)
    estimate = highest_image(images, name="X E_a [eV]", std=0.1, source="single energies")
    assert (estimate.mean[0], estimate.std[0]) == (pytest.approx(0.35), pytest.approx(0.1))
    assert estimate.factors["single energies"].labels == ("SevenNet",)
    with pytest.raises(
        ValueError, match=r"X E_a \[eV\]: single energies on a path need a declared standard deviation, got 0 eV"
    ):
        highest_image(images, name="X E_a [eV]", std=0.0, source="s")
    with pytest.raises(ValueError, match="images of SevenNet: none lies above the first"):
        highest_image(replace(images, energy=-images.energy), name="X E_a [eV]", std=0.1, source="s")
