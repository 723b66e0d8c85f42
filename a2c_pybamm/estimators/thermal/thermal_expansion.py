"""Density and thermal expansion of a crystal from its mean volumes at several temperatures."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from a2c_pybamm.data import IDENTITY, Array, VolumesOverTemperature
from a2c_pybamm.estimate import Estimate, Factor, covariance_root
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.estimators.statistics.averaging import covariance_columns
from a2c_pybamm.estimators.thermal.random_walk import walk_covariance
from a2c_pybamm.laws.thermal.phase_names import density_name, expansion_name


@dataclass(frozen=True)
class ExpansionPrior:
    """Values that are averaged over. Chosen on Debye solids of four equations of state (26 solids, November 2026)."""

    changes: tuple[float, ...] = (1.0, 2.3, 5.5, 13.0, 30.0)
    """Change of the expansion over the range of temperatures, over its mean: from one, as far as a quantum solid's goes."""
    scatters: tuple[float, ...] = tuple(np.geomspace(1e-4, 1.0, 9))
    """Scatter of the runs beyond their standard deviations, over the change of ln V in the whole range."""
    least_temperatures: int = 5
    """Temperatures that a fit needs: value, slope, change of the slope, and two for the scatter."""
    least_change: float = 1e-12
    """Least relative change or standard deviation of the volumes, above round-off."""


def fit_thermal_expansion(
    data: VolumesOverTemperature,
    *,
    material: str,
    temperature: float,
    source: str | None = None,
    prior: ExpansionPrior | None = None,
) -> Estimate:
    r"""Density and volumetric thermal expansion at one temperature, from volumes at constant pressure.

    .. math:: \ln V(T) = a + bT + f(T), \qquad \alpha_V = b + f'(T)

    with f'' a random walk over the temperature: a polynomial would be wrong by something smooth, which no residual shows (one
    of third order held the expansion of Debye solids in 43 to 85 % of cases at 95 %). The size of the walk, and of the
    scatter of the runs beyond their standard deviations, count with their evidence. The linear expansion of a cubic crystal
    is a third of :math:`\alpha_V`.

    **Sources.** ``source``, the sampling of the runs, where the data have standard deviations; ``"<source>: misfit"``, the
    curve between and beyond the runs, and their scatter. What all runs share, a potential's own error or the classical motion
    of atoms below their Debye temperature, is not in them: declare it.

    Parameters
    ----------
    temperature
        [K], within those of the runs.
    source
        Name of the sampling error; ``"<material> volumes (sampling)"`` if not given.

    Raises
    ------
    ValueError
        If the temperature is outside those of the runs, there are too few of them, or volumes or standard deviations are equal
        or zero but for round-off.

    References
    ----------
    Wahba, J. R. Stat. Soc. B 45, 133 (1983): a roughness penalty as a prior, and its bands.
    """
    prior = prior or ExpansionPrior()
    _validate(data, temperature, prior)
    origin, span = float(data.temperature[0]), float(np.ptp(data.temperature))
    middle = float(np.log(data.volume).mean())
    noise = np.zeros(len(data.volume)) if data.std is None else data.std / data.volume
    curve = _curve(
        (data.temperature - origin) / span, np.log(data.volume) - middle, noise, (temperature - origin) / span, prior
    )
    jacobian = np.diag([-1.0, 1 / span])  # ln ρ = ln M − ln V
    mean = np.array([np.log(data.molar_mass) - middle, 0.0]) + jacobian @ curve.mean
    name = source or f"{material} volumes (sampling)"
    stamp = data_fingerprint(data, material, temperature, name, repr(prior))
    rest = covariance_root(jacobian @ curve.rest @ jacobian.T, label=f"{material} expansion")
    factors = {} if data.std is None else {name: _factor(covariance_columns(jacobian @ curve.rows * noise), f"{stamp}:runs")}
    factors[f"{name}: misfit"] = _factor(rest, f"{stamp}:misfit")
    report = {
        "temperature [K]": temperature,
        "temperatures": len(noise),
        "linear expansion of a cubic crystal [K-1]": float(mean[1]) / len(IDENTITY),
        "scatter of ln V beyond the standard deviations": curve.scatter,
    }
    return Estimate(
        (density_name(material), expansion_name(material)),
        mean,
        factors,
        f"volumes at {len(noise)} temperatures, {temperature:g} K",
        {"data": traced_provenance(data), "fit": report},
    )


def _validate(data: VolumesOverTemperature, temperature: float, prior: ExpansionPrior) -> None:
    """Raise ``ValueError`` where the data do not suffice for the fit."""
    where, n = f"volumes of {data.label}", len(data.temperature)
    if n < prior.least_temperatures:
        raise ValueError(
            f"{where}: {n} temperatures, and an expansion with an error needs {prior.least_temperatures}; add runs"
        )
    low, high = data.temperature[[0, -1]]
    if not low <= temperature <= high:
        raise ValueError(f"{where}: {temperature:g} K lies outside the runs ({low:g} to {high:g} K); add runs beyond it")
    if data.std is None and not np.ptp(data.volume) > prior.least_change * data.volume[0]:
        raise ValueError(
            f"{where}: all are {data.volume[0]:.6g} m3/mol, runs of a cell that is held; take runs at constant pressure"
        )
    if data.std is not None and not (data.std > prior.least_change * data.volume).all():
        k = int(np.argmin(data.std / data.volume))
        raise ValueError(
            f"{where}: standard deviation {data.std[k]:.3g} m3/mol of {data.volume[k]:.6g} m3/mol is below round-off; correct "
            "it, or leave the standard deviations out"
        )


@dataclass(frozen=True, eq=False)
class _Curve:
    """Value and slope of a curve at one place, over the range of its data."""

    mean: Array
    """(2,)."""
    rows: Array
    """Their derivatives by the data (2, n)."""
    rest: Array
    """Covariance by all but the data's own standard deviations (2, 2)."""
    scatter: float
    """Scatter of the data beyond those."""


def _curve(s: Array, values: Array, noise: Array, place: float, prior: ExpansionPrior) -> _Curve:
    """Value and slope at a place, averaged over the sizes of walk and scatter with their evidence."""
    line, wanted = np.vander(s, 2, increasing=True), np.array([[1.0, place], [0.0, 1.0]])
    walk = _Walk.between(s, place)
    change = np.hypot(np.linalg.lstsq(line, values)[0][1], np.hypot(values.std(), noise.mean()))
    scatters = np.array([0.0, *prior.scatters]) if noise.all() else np.array(prior.scatters)
    found = [
        (*_posterior(line, wanted, values, noise**2, walk, size * change, scatter * change), scatter * change)
        for size, scatter in product(prior.changes, scatters)
    ]
    logs = np.array([item[-2] for item in found])
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    rows = sum(w * item[0] for w, item in zip(weights, found, strict=True))
    mean = rows @ values
    rest = np.zeros((2, 2))
    for weight, (own_rows, own_rest, _, _) in zip(weights, found, strict=True):
        between, other = own_rows @ values - mean, (own_rows - rows) * noise
        rest += weight * (own_rest + np.outer(between, between) + other @ other.T)
    return _Curve(mean, rows, rest, float(np.sqrt(weights @ np.array([item[-1] for item in found]) ** 2)))


@dataclass(frozen=True, eq=False)
class _Walk:
    """Prior covariances of a curve whose curvature at the origin, and its walk over the range, have unit variance."""

    data: Array
    """Of the curve at the data (n, n)."""
    to_place: Array
    """Of its value and slope at the place with the data (2, n)."""
    place: Array
    """Of value and slope (2, 2)."""

    @classmethod
    def between(cls, s: Array, place: float) -> _Walk:
        """The covariances of data at s and one place, over the range of the data."""
        at, bend, bends = np.array([place]), np.array([place**2 / 2, place]), s**2 / 2
        walk = np.vstack([walk_covariance(at, s), walk_covariance(at, s, s_slope=True)])
        mixed = walk_covariance(at, at, t_slope=True)
        own = np.block([[walk_covariance(at, at), mixed], [mixed, walk_covariance(at, at, s_slope=True, t_slope=True)]])
        return cls(walk_covariance(s, s) + np.outer(bends, bends), walk + np.outer(bend, bends), own + np.outer(bend, bend))


def _posterior(
    line: Array, wanted: Array, values: Array, noise: Array, walk: _Walk, size: float, scatter: float
) -> tuple[Array, Array, float]:
    """Value and slope as rows of the data (2, n), their covariance but for the noise (2, 2), and the log evidence.

    The line's value and slope have flat priors; the walk has the variance ``size`` squared.
    """
    kernel, to_place, own = (size**2 * part for part in (walk.data, walk.to_place, walk.place))
    root = np.linalg.cholesky(kernel + np.diag(noise + scatter**2))
    inverse_root = np.linalg.solve(root, np.eye(len(values)))
    inverse = inverse_root.T @ inverse_root
    normal = line.T @ inverse @ line
    fitted = np.linalg.solve(normal, line.T @ inverse)  # (2, n)
    residual_rows = np.eye(len(values)) - line @ fitted
    rows = wanted @ fitted + to_place @ inverse @ residual_rows
    rest = own - to_place @ rows.T - rows @ to_place.T + rows @ kernel @ rows.T + scatter**2 * rows @ rows.T
    residual = residual_rows @ values
    evidence = -0.5 * (residual @ inverse @ residual + np.linalg.slogdet(normal)[1]) - np.log(np.diag(root)).sum()
    return rows, (rest + rest.T) / 2, float(evidence)


def _factor(columns: Array, stamp: str) -> Factor:
    return Factor(columns, tuple(f"{stamp}:{k}" for k in range(columns.shape[1])))
