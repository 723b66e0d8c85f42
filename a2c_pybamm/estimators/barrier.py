"""Migration barriers from the images of a path."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import ImageEnergies, MigrationPath
from a2c_pybamm.estimate import Array, Estimate, Factor

FINE = 50
"""Points between neighbouring images at which an interpolated path is searched for its highest point."""


def _interpolants(path: MigrationPath) -> dict[str, Array]:
    """The path's energy [eV] on a fine grid by several reasonable splines, the one that uses most of the data first."""
    from scipy.interpolate import Akima1DInterpolator, CubicHermiteSpline, CubicSpline, PchipInterpolator

    # fractions of the path and electronvolts keep the splines' systems well scaled
    s, energy = path.distance / path.distance[-1], path.energy / FARADAY
    parts = [np.linspace(a, b, FINE, endpoint=False) for a, b in zip(s, s[1:], strict=False)]
    fine = np.concatenate([*parts, s[-1:]])
    splines = {
        "cubic spline of energies, level at both ends": CubicSpline(s, energy, bc_type="clamped"),
        "cubic spline of energies, not-a-knot": CubicSpline(s, energy) if len(s) > 3 else PchipInterpolator(s, energy),
        "shape-preserving (PCHIP)": PchipInterpolator(s, energy),
        "Akima": Akima1DInterpolator(s, energy) if len(s) > 2 else PchipInterpolator(s, energy),
    }
    if path.slope is not None:
        hermite = CubicHermiteSpline(s, energy, path.slope / FARADAY * path.distance[-1])
        splines = {"cubic Hermite spline of energies and forces": hermite, **splines}
    return {name: spline(fine) for name, spline in splines.items()}


def fit_barrier(path: MigrationPath, *, name: str, source: str) -> Estimate:
    r"""The barrier [eV] of a hop from its images, with the error that interpolating between them makes.

    The highest point of the cubic Hermite spline through energies and forces (clamped cubic spline where there are no forces)
    above the first image. Its standard deviation is the root-mean-square distance of the other reasonable splines' highest
    points from it: images know the path only where they stand. With a converged climbing image at the saddle all splines
    agree and the error is nearly zero; the error of the potential, and of a path that has not relaxed, are other sources.

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
    curves = _interpolants(path)
    heights = {kind: float(curve.max()) for kind, curve in curves.items()}
    chosen, *others = heights
    energies = path.energy / FARADAY
    if int(np.argmax(energies)) in (0, len(energies) - 1):
        raise ValueError(
            f"path {path.label}: the highest image is an end of the path ({energies.max():.3g} eV), so no barrier lies between; "
            "order the images from stable site to stable site"
        )
    spread = float(np.sqrt(np.mean([(heights[k] - heights[chosen]) ** 2 for k in others])))
    return Estimate.from_covariance(
        (name,),
        [heights[chosen]],
        [[spread**2]],
        source=source,
        method=f"highest point of a {chosen} through {len(energies)} images",
        provenance={"label": path.label, **path.provenance, "highest points [eV]": heights},
    )


def highest_image(images: ImageEnergies, *, name: str, std: float, source: str) -> Estimate:
    """The barrier [eV] as the highest of a few images, with a declared standard deviation [eV].

    For single energies on another method's path: no curve is drawn through them. The highest image bounds the barrier of
    *this* path from below, and the relaxed path lies lower, so that the sign of the error is open and ``std`` must cover both. The
    error is labelled with the method: on all hops it errs alike.

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
