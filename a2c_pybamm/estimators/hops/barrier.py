"""Migration barriers from the images of a path, and the single hops that a path is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from a2c_pybamm.constants import ANGSTROM, FARADAY
from a2c_pybamm.data import ImageEnergies, MigrationPath
from a2c_pybamm.data.hops import MIN_IMAGES
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.fingerprint import data_fingerprint

POINTS_PER_IMAGE = 50
"""Points of an interpolated path from image to image, of which the highest counts: to 1e-4 of the barrier with five images."""


@dataclass(frozen=True)
class PathCriterion:
    """Limits beyond which the ends of a path are no stable sites, and a place between them is one."""

    end_drop: float = 0.01
    """Energy [eV] by which the slope at an end lets expect a lower place beside it: a force of 0.1 eV/Å in a well of 0.5
    eV/Å², twice to five times what relaxations are converged to."""
    end_drop_share: float = 0.05
    """The same in shares of the barrier; the larger of both counts."""
    end_noise: float = 0.001
    """Energy [eV] below the first image from which on a place is a lower one: what is left of a relaxation's forces is less."""
    rising_images: int = 4
    """Images from an end to the highest one from which on energies alone show whether the end is level."""
    least_depth: float = 0.01
    """Energy [eV] below its neighbours from which on an image between the ends is a site of its own: a third of kT at 350 K."""


def _dense(s: Array) -> Array:
    """Points of a path through the images at s, evenly spaced between each two."""
    between = [np.linspace(a, b, POINTS_PER_IMAGE, endpoint=False) for a, b in pairwise(s)]
    return np.concatenate([*between, s[-1:]])


def _level_spline(s: Array, energy: Array) -> Any:
    """Cubic spline of the energies, level at both ends, where the stable sites are."""
    from scipy.interpolate import CubicSpline

    return CubicSpline(s, energy, bc_type="clamped")


def _bottom(energy: Array, criterion: PathCriterion) -> float:
    """Deepest point of a dense path from which it climbs on by ``least_depth``, or the first image, 0, where none is deeper.

    Of the way down to the last image nothing counts, since it climbs no more.
    """
    highest_ahead = np.maximum.accumulate(energy[::-1])[::-1]
    deepest = float(energy[highest_ahead > energy + criterion.least_depth].min(initial=0.0))
    return deepest if deepest < -criterion.end_noise else 0.0


def _climb(spline: Any, s: Array, criterion: PathCriterion) -> float:
    """Highest point of a spline above its `_bottom`."""
    energy = spline(_dense(s))
    return float(energy.max()) - _bottom(energy, criterion)


def _heights(path: MigrationPath, criterion: PathCriterion) -> dict[str, float]:
    """The barrier [eV] by several reasonable splines, the one that uses most of the data first."""
    from scipy.interpolate import Akima1DInterpolator, CubicHermiteSpline, CubicSpline, PchipInterpolator

    # fractions of the path and electronvolts keep the splines' systems well scaled
    s, energy = path.distance / path.distance[-1], path.energy / FARADAY
    splines = {
        "cubic spline of energies, level at both ends": _level_spline(s, energy),
        "cubic spline of energies, not-a-knot": CubicSpline(s, energy) if len(s) > MIN_IMAGES else PchipInterpolator(s, energy),
        "shape-preserving (PCHIP)": PchipInterpolator(s, energy),
        "Akima": Akima1DInterpolator(s, energy),
    }
    if path.slope is None:
        return {name: _climb(spline, s, criterion) for name, spline in splines.items()}
    points = _dense(s)
    hermite = CubicHermiteSpline(s, energy, path.slope / FARADAY * path.distance[-1])(points)
    bottom = _bottom(hermite, criterion)
    heights = {"cubic Hermite spline of energies and forces": float(hermite.max()) - bottom}
    # splines without forces swing below level ends: where forces show no lower place beside an end, there is none
    level = ((points < s[1]) | (points > s[-2])) & (hermite[points < s[1]].min() > -criterion.end_noise)
    for name, spline in splines.items():
        other = spline(points)
        heights[name] = float(other.max()) - _bottom(np.where(level, hermite, other), criterion)
    return heights


def _between_images(path: MigrationPath, criterion: PathCriterion) -> float:
    """Error of the barrier by motion between the images that no spline through all of them shows [eV].

    With forces, the slope at the highest image times an eighth of the way to its uphill neighbour: nothing at a converged
    saddle; where a site between the ends is the deepest, the same at that one, downhill. Without, the root-mean-square change
    of the barrier when one image after the other is left out.
    """
    s, energy = path.distance / path.distance[-1], path.energy / FARADAY
    if path.slope is not None:
        slope = path.slope / FARADAY * path.distance[-1]
        top = int(np.argmax(energy))
        deepest = min(_sites(energy, criterion.least_depth)[:-1], key=energy.__getitem__)
        errors = [_beyond(s, slope[top], top, 1), *([_beyond(s, slope[deepest], deepest, -1)] if deepest else [])]
        return float(np.hypot.reduce(errors))
    height = _climb(_level_spline(s, energy), s, criterion)
    without = [(np.delete(s, k), np.delete(energy, k)) for k in range(1, len(s) - 1)]
    return float(np.sqrt(np.mean([(_climb(_level_spline(t, e), t, criterion) - height) ** 2 for t, e in without])))


def _beyond(s: Array, slope: float, k: int, up: int) -> float:
    """Slope at an image times an eighth of the way to the neighbour uphill (``up`` = 1) or downhill (-1)."""
    return float(abs(slope * (s[k + (1 if up * slope > 0 else -1)] - s[k])) / 8)


def reversed_path(path: MigrationPath) -> MigrationPath:
    """The same hop the other way round: its first image is the last of this one."""
    return replace(
        path,
        distance=path.distance[-1] - path.distance[::-1],
        energy=path.energy[::-1] - path.energy[-1],
        slope=None if path.slope is None else -path.slope[::-1],
    )


def split_path(path: MigrationPath, *, criterion: PathCriterion = PathCriterion()) -> tuple[MigrationPath, ...]:
    """The hops that a path is made of, from each stable site to the next one: of one hop, the path itself.

    A site is an image from which the way to the sites beside it rises by `PathCriterion`'s ``least_depth`` or more. Each hop
    has its own barrier by `fit_barrier`, there and (by `reversed_path`) back, as a `HopNetwork` of all sites takes them.
    """
    sites = _sites(path.energy / FARADAY, criterion.least_depth)
    hops = []
    for k, (a, b) in enumerate(pairwise(sites), 1):
        part = slice(a, b + 1)
        label = path.label if len(sites) == 2 else f"{path.label}, hop {k}"
        slope = None if path.slope is None else path.slope[part]
        distance, energy = path.distance[part] - path.distance[a], path.energy[part] - path.energy[a]
        hops.append(MigrationPath(label, distance, energy, slope, path.provenance))
    return tuple(hops)


def _sites(energy: Array, least_depth: float) -> list[int]:
    """Both ends, and the minima between them that all paths to the next such minimum leave by ``least_depth`` or more."""
    inner = [k for k in range(1, len(energy) - 1) if energy[k] < energy[k - 1] and energy[k] <= energy[k + 1]]
    sites = [0, *inner, len(energy) - 1]
    while len(sites) > 2:
        rises = [energy[a : b + 1].max() - max(energy[a], energy[b]) for a, b in pairwise(sites)]
        k = int(np.argmin(rises))
        if rises[k] >= least_depth:
            break
        higher = k if energy[sites[k]] > energy[sites[k + 1]] else k + 1
        # an end stays, whatever lies beside it
        sites.pop(min(max(higher, 1), len(sites) - 2) if higher in (0, len(sites) - 1) else higher)
    return sites


def _validate_ends(path: MigrationPath, barrier: float, criterion: PathCriterion) -> None:
    """Raise ``ValueError`` where an end of the path is no stable site, by the slope there or the energies beside it."""
    for which, end in (("first", path), ("last", reversed_path(path))):
        drop = _drop(end)
        if drop > max(criterion.end_drop, criterion.end_drop_share * barrier):
            slope = 0.0 if end.slope is None else end.slope[0] / FARADAY * ANGSTROM
            raise ValueError(
                f"path {path.label}: the {which} image is no stable site: a slope of {slope:.2g} eV/Å along the path, by which "
                f"a place {drop:.2g} eV lower lies beside it; give the path with both relaxed ends (images of a band without "
                "its ends, or steps of a relaxation, have no barrier)"
            )
        rises = np.diff(end.energy[: int(np.argmax(end.energy)) + 1])
        if end.slope is None and len(rises) >= criterion.rising_images and (np.diff(rises) < 0).all():
            raise ValueError(
                f"path {path.label}: energies rise most at the {which} image, which is no stable site; give the path with both "
                "relaxed ends, or the forces of its images"
            )


def _drop(path: MigrationPath) -> float:
    """Energy [eV] by which a place beside the first image lies lower, by its slope and the curvature of the path there."""
    if path.slope is None:
        return 0.0
    first, second = path.slope[:2] / FARADAY
    # a parabola of this curvature has its bottom g²/2k lower; half a step away the slope alone counts
    curvature = (second - first) / path.distance[1]
    most = abs(first) * path.distance[1] / 2
    return float(min(most, first**2 / (2 * curvature)) if curvature > 0 else most)


def fit_barrier(path: MigrationPath, *, name: str, source: str, criterion: PathCriterion = PathCriterion()) -> Estimate:
    r"""The barrier [eV] of a hop from its images, with the error that interpolating between them makes.

    The highest point of the cubic Hermite spline through energies and forces (clamped cubic spline where there are no forces)
    above the deepest site that the ion leaves: the first image, or a minimum between the ends that lies lower, out of which it
    has to climb whichever way it goes. The barrier the other way is that of `reversed_path`, and stands in the provenance with
    the minima between the ends; it differs by the energy between the ends, if they do not lie lower. `split_path` gives each
    hop of such a path by itself. The variance is the sum of two squares:

    - the distance of the barrier by other reasonable splines from it: root-mean-square with forces (which the others do
      not use), the largest distance without;
    - the error that no spline shows: with forces, the slope at the highest image times an eighth of the way to its uphill
      neighbour; without, the root-mean-square change of the barrier when one image after the other is left out.

    With forces and a converged climbing image at the saddle the second vanishes, and the first nearly. The error of the
    potential, and of a path that has not relaxed, are other sources.

    The error bar is wide. On random skewed hops of 0.4 eV with five to nine images, none on the saddle, 1.96 standard
    deviations hold the truth in 96 % and more of the paths with forces, and in 92 % and more without; actual errors are mostly
    a half to a tenth of the reported ones. Without forces a second hump between images is not in them (six images: 82 %); three
    or four images with forces are too few (87 and 92 %).

    Parameters
    ----------
    path
        Images with distance and energy, and slopes where forces are known.
    name
        Coefficient name, unit eV (``barrier_name(material, hop)``).
    source
        Name of the interpolation error.
    criterion
        Limits beyond which an end is no stable site.

    Raises
    ------
    ValueError
        If the path has no barrier (its highest point is an end), or an end is no minimum.

    References
    ----------
    Henkelman and Jónsson, J. Chem. Phys. 113, 9978 (2000), appendix: interpolation of the path with the forces along it.
    """
    energies = path.energy / FARADAY
    if int(np.argmax(energies)) in (0, len(energies) - 1):
        raise ValueError(
            f"path {path.label}: the highest image is an end of the path ({energies.max():.3g} eV), so no barrier lies "
            "between; order the images from stable site to stable site (the steps of a relaxation are no path)"
        )
    heights = _heights(path, criterion)
    chosen, *others = heights
    _validate_ends(path, heights[chosen], criterion)
    between = _between_images(path, criterion)
    distances = [(heights[k] - heights[chosen]) ** 2 for k in others]
    # with forces, the others use less data than the chosen one; without, any of them may be right
    variance = float(np.max(distances) if path.slope is None else np.mean(distances)) + between**2
    sites = _sites(energies, criterion.least_depth)[1:-1]
    return Estimate.from_covariance(
        (name,),
        [heights[chosen]],
        [[variance]],
        source=source,
        method=f"highest point of a {chosen} through {len(energies)} images",
        provenance={
            "label": path.label,
            **path.provenance,
            "highest points [eV]": heights,
            "unseen [eV]": between,
            "barrier the other way [eV]": next(iter(_heights(reversed_path(path), criterion).values())),
            "minima between the ends [eV]": {f"image {k}": float(energies[k]) for k in sites},
        },
        data=data_fingerprint(path),
    )


def highest_image(images: ImageEnergies, *, name: str, std: float, source: str) -> Estimate:
    """The barrier [eV] as the highest of a few images, with a declared standard deviation [eV].

    For single energies on another method's path: no curve is drawn through them. The highest image bounds the barrier of
    *this* path from below, and the relaxed path lies lower, so that the sign of the error is open and ``std`` must cover both.
    The error is labelled with the method: it is the same on all hops.

    Raises
    ------
    ValueError
        If ``std`` is not positive, or the highest image is the first.
    """
    if not std > 0:
        raise ValueError(f"{name}: single energies on a path need a declared standard deviation, got {std:g} eV")
    height = float(images.energy.max() / FARADAY)
    if height <= 0:
        raise ValueError(f"images of {images.label}: none lies above the first, so there is no barrier")
    return Estimate(
        (name,),
        np.array([height]),
        {source: Factor(np.array([[std]]), (images.label,))},
        method=f"highest of {len(images.energy)} images, declared std {std:g} eV",
        provenance={"label": images.label, **images.provenance},
    )
