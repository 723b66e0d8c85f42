"""Thermal conductivity of a polycrystal from those of its crystal's three axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from a2c_pybamm.data import IDENTITY
from a2c_pybamm.estimate import UNIFORM_BOUND, Array, Estimate, Factor, label_hash
from a2c_pybamm.laws.conduction.mixture_bounds import hashin_shtrikman_bounds
from a2c_pybamm.laws.law import COMPLEX_STEP
from a2c_pybamm.laws.thermal.phase_names import thermal_conductivity_name


def polycrystal_conductivity(estimate: Estimate, *, material: str, axes: Sequence[str]) -> Estimate:
    r"""Logarithm of the thermal conductivity of a polycrystal of randomly oriented grains, between bounds.

    The middle of the logarithms of Hashin and Shtrikman's bounds, which for grains are those of a mixture of three phases in
    equal parts, with the crystal's principal conductivities. The sources of these are carried on; half the distance between the
    bounds is a source of its own, ``"<material> polycrystal (thermal conductivity)"``, whose germ is uniform: nothing outside
    is possible, and all between is.

    Parameters
    ----------
    estimate
        ``"<material> <axis> ln(lambda [W.m-1.K-1])"`` of each axis.
    axes
        Names of the three principal axes. A layered crystal has one of its layer twice: ``("layer", "layer", "normal")``.

    Raises
    ------
    ValueError
        If there are not three axes, or the estimate lacks one.

    References
    ----------
    Hashin and Shtrikman, Phys. Rev. 130, 129 (1963): conductivity of polycrystals.
    """
    if len(axes) != len(IDENTITY):
        raise ValueError(f"{material}: {len(axes)} axes ({', '.join(axes)}); give the three principal ones")
    distinct = list(dict.fromkeys(axes))
    part = estimate.select([thermal_conductivity_name(f"{material} {axis}") for axis in distinct])
    places = [distinct.index(axis) for axis in axes]

    def middle(logs: Array) -> Array:
        low, high = _log_bounds(logs[places])
        return np.asarray((low + high) / 2)

    step = complex(0, COMPLEX_STEP)
    jacobian = np.array([[middle(part.mean + step * unit).imag / step.imag for unit in np.eye(len(distinct))]])
    low, high = _log_bounds(part.mean[places])
    method = f"polycrystal (Hashin-Shtrikman) of {part.method}"
    result = part.map([thermal_conductivity_name(material)], [float(middle(part.mean).real)], jacobian, method=method)
    half = float(high.real - low.real) / 2
    source = f"{material} polycrystal (thermal conductivity)"
    column = np.array([[half / UNIFORM_BOUND]])
    result = result.add_source(source, Factor(column, (label_hash(material, tuple(axes)),), "uniform"))
    report = {"crystal": dict(estimate.provenance), "bounds [W.m-1.K-1]": [float(np.exp(b.real)) for b in (low, high)]}
    return Estimate(result.names, result.mean, result.factors, method, report)


def _log_bounds(logs: Array) -> tuple[Array, Array]:
    """Logarithms of the bounds of a mixture of equal parts."""
    low, high = hashin_shtrikman_bounds(np.exp(logs), np.full(len(logs), 1 / len(logs)))
    return np.log(low), np.log(high)
