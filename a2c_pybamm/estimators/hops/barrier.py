"""Migration barriers from the images of a path."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import ImageEnergies, MigrationPath
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.fingerprint import data_fingerprint

POINTS_PER_IMAGE = 50
"""Points of an interpolated path from image to image, of which the highest counts: to 1e-4 of the barrier with five images."""


def _dense(s: Array) -> Array:
    """Points of a path through the images at s, evenly spaced between each two."""
    between = [np.linspace(a, b, POINTS_PER_IMAGE, endpoint=False) for a, b in pairwise(s)]
    return np.concatenate([*between, s[-1:]])


def _level_spline(s: Array, energy: Array) -> Any:
    """Cubic spline of the energies, level at both ends, where the stable sites are."""
    from scipy.interpolate import CubicSpline

    return CubicSpline(s, energy, bc_type="clamped")


def _heights(path: MigrationPath) -> dict[str, float]:
    """The highest point [eV] by several reasonable splines, the one that uses most of the data first."""
    from scipy.interpolate import Akima1DInterpolator, CubicHermiteSpline, CubicSpline, PchipInterpolator

    # fractions of the path and electronvolts keep the splines' systems well scaled
    s, energy = path.distance / path.distance[-1], path.energy / FARADAY
    splines = {
        "cubic spline of energies, level at both ends": _level_spline(s, energy),
        "cubic spline of energies, not-a-knot": CubicSpline(s, energy) if len(s) > 3 else PchipInterpolator(s, energy),
        "shape-preserving (PCHIP)": PchipInterpolator(s, energy),
        "Akima": Akima1DInterpolator(s, energy),
    }
    if path.slope is not None:
        hermite = CubicHermiteSpline(s, energy, path.slope / FARADAY * path.distance[-1])
        splines = {"cubic Hermite spline of energies and forces": hermite, **splines}
    return {name: float(spline(_dense(s)).max()) for name, spline in splines.items()}


def _between_images(path: MigrationPath) -> float:
    """Error of the highest point by motion between the images that no spline through all of them shows [eV].

    With forces, the slope at the highest image times an eighth of the way to its uphill neighbour: nothing at a converged
    saddle. Without, the root-mean-square change of the barrier when one image after the other is left out.
    """
    s, energy = path.distance / path.distance[-1], path.energy / FARADAY
    if path.slope is not None:
        top = int(np.argmax(energy))
        slope = path.slope[top] / FARADAY * path.distance[-1]
        return float(abs(slope * (s[top + (1 if slope > 0 else -1)] - s[top])) / 8)
    height = _level_spline(s, energy)(_dense(s)).max()
    without = [(np.delete(s, k), np.delete(energy, k)) for k in range(1, len(s) - 1)]
    return float(np.sqrt(np.mean([(_level_spline(t, e)(_dense(t)).max() - height) ** 2 for t, e in without])))


def fit_barrier(path: MigrationPath, *, name: str, source: str) -> Estimate:
    r"""The barrier [eV] of a hop from its images, with the error that interpolating between them makes.

    The highest point of the cubic Hermite spline through energies and forces (clamped cubic spline where there are no forces)
    above the first image. The variance is the sum of two squares:

    - the distance of the highest points of other reasonable splines from it: root-mean-square with forces (which the others do
      not use), the largest distance without;
    - the error that no spline shows: with forces, the slope at the highest image times an eighth of the way to its uphill
      neighbour; without, the root-mean-square change of the barrier when one image after the other is left out.

    With forces and a converged climbing image at the saddle the second vanishes, and the first nearly. The error of the
    potential, and of a path that has not relaxed, are other sources.

    The error bar is wide. On random skewed hops of 0.4 eV with five to nine images, none on the saddle, 1.96 standard
    deviations hold the truth in 98 % and more of the paths with forces, and in 93 % and more without; actual errors are mostly
    a half to a tenth of the reported ones. Without forces a second hump between images is not in them (six images: 79 %); three
    images with forces are too few (93 %; one standard deviation 72 %).

    Parameters
    ----------
    path
        Images with distance and energy, and slopes where forces are known.
    name
        Coefficient name, unit eV (``barrier_name(material, hop)``).
    source
        Name of the interpolation error.

    Raises
    ------
    ValueError
        If the path has no barrier: its highest point is an end.

    References
    ----------
    Henkelman and Jónsson, J. Chem. Phys. 113, 9978 (2000), appendix: interpolation of the path with the forces along it.
    """
    energies = path.energy / FARADAY
    if int(np.argmax(energies)) in (0, len(energies) - 1):
        raise ValueError(
            f"path {path.label}: the highest image is an end of the path ({energies.max():.3g} eV), so no barrier lies "
            "between; order the images from stable site to stable site"
        )
    heights = _heights(path)
    chosen, *others = heights
    between = _between_images(path)
    distances = [(heights[k] - heights[chosen]) ** 2 for k in others]
    # with forces, the others use less data than the chosen one; without, any of them may be right
    variance = float(np.max(distances) if path.slope is None else np.mean(distances)) + between**2
    return Estimate.from_covariance(
        (name,),
        [heights[chosen]],
        [[variance]],
        source=source,
        method=f"highest point of a {chosen} through {len(energies)} images",
        provenance={"label": path.label, **path.provenance, "highest points [eV]": heights, "unseen [eV]": between},
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
