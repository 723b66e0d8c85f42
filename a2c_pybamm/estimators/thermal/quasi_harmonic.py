"""Volume, expansion, bulk modulus, heat capacity and entropy of a crystal whose vibrations are known at several volumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from a2c_pybamm.data import IDENTITY, Array, VibrationsOverVolume
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.estimators.statistics.averaging import LEAST_DEGREES_OF_FREEDOM, covariance_columns, student_variance
from a2c_pybamm.estimators.thermal.volume_polynomial import VolumePolynomial
from a2c_pybamm.estimators.thermodynamics.vibrations import harmonic
from a2c_pybamm.laws.law import COMPLEX_STEP
from a2c_pybamm.laws.thermal.phase_names import (
    bulk_modulus_name,
    density_name,
    expansion_name,
    heat_capacity_name,
    heat_capacity_slope_name,
    isochoric_heat_capacity_name,
    molar_entropy_name,
)

NAMES = (
    *(density_name, expansion_name, bulk_modulus_name, molar_entropy_name),
    *(isochoric_heat_capacity_name, heat_capacity_name, heat_capacity_slope_name),
)
"""Names of the coefficients, in the order of `_Fit.values`."""


@dataclass(frozen=True)
class QuasiHarmonicCriterion:
    """Equations of state among which a quasi-harmonic fit does not choose, and the steps of its derivatives."""

    powers: tuple[float, ...] = (-2 / 3, -1 / 3, 0.0)
    """Powers of the volume: Birch and Murnaghan, Bardeen, Poirier and Tarantola."""
    orders: tuple[int, ...] = (3, 4)
    """Orders in it; the residuals of the lowest are the misfit."""
    step: float = 1.0
    """Distance of the temperatures [K] between which the slope of the heat capacity is taken. With 10 K it was 0.2 % off at
    room temperature, thirty times its error bar."""
    least_temperature: float = 20.0
    """Lowest temperature [K]: below, the heat capacity is that of the few longest waves of a mesh."""
    n_search: int = 200
    """Volumes at which a minimum of the free energy is looked for."""
    imaginary: float = 1e-3
    """Largest share of imaginary modes at a volume: those are left out of the free energy, which then jumps there."""

    def __post_init__(self) -> None:
        if not (self.powers and self.orders and min(self.orders) > 1 and self.n_search > 1):
            raise ValueError(f"{self}: give powers, orders of two or more and two volumes or more")
        if not 0 < 2 * self.step < self.least_temperature:
            raise ValueError(f"{self}: give a positive step, below half of the lowest temperature")

    @property
    def least_volumes(self) -> int:
        """Number of volumes that a fit needs: its residuals give an error from three degrees of freedom on."""
        return min(self.orders) + 1 + LEAST_DEGREES_OF_FREEDOM


def fit_quasi_harmonic(
    data: VibrationsOverVolume,
    *,
    material: str,
    temperature: float,
    frequency_std: float,
    source: str | None = None,
    criterion: QuasiHarmonicCriterion | None = None,
) -> Estimate:
    r"""Density, expansion, bulk modulus, entropy and heat capacities of a crystal at zero pressure, quasi-harmonic.

    At the volume where :math:`A(V, T) = E(V) + F_\mathrm{vib}(V, T)` is smallest

    .. math:: K_T = V\frac{\partial^2 A}{\partial V^2}, \qquad
              \alpha_V = \frac{1}{K_T}\frac{\partial S}{\partial V}, \qquad
              C_p = C_V + T V\alpha_V^2 K_T

    E, :math:`F_\mathrm{vib}`, S and :math:`C_V` are fitted over volume by one linear law, so that the entropy is that of the
    free energy, and no difference over temperatures is taken but for the slope of :math:`c_p`.

    ====================================  =============================  ===============
    symbol                                coefficient                    unit
    ====================================  =============================  ===============
    :math:`\ln\rho = \ln(M/V)`            ``<m> ln(rho [kg.m-3])``       1
    :math:`\alpha_V`, of the volume       ``<m> alpha_V [K-1]``          K-1
    :math:`\ln K_T`                       ``<m> ln(K_T [Pa])``           1
    S, per mole of sites                  ``<m> S [J.mol-1.K-1]``        J.mol-1.K-1
    :math:`\ln C_V`, per mole of sites    ``<m> ln(C_V [J.mol-1.K-1])``  1
    :math:`\ln c_p = \ln(C_p/M)`          ``<m> ln(c_p [J.kg-1.K-1])``   1
    :math:`\mathrm d\ln c_p/\mathrm dT`   ``<m> dln(c_p)/dT [K-1]``      K-1
    ====================================  =============================  ===============

    **Sources.** Residuals of the energies and of the vibrations over volume, a misfit each. The choice of an equation of state:
    the result is the mean of several, which have equal weights, and their spread is a source. All frequencies too high or too
    low together by a relative ``frequency_std``, under the name that `add_vibrations` gives it.

    Parameters
    ----------
    temperature
        [K].
    frequency_std
        Relative standard deviation of all frequencies together.
    source
        Name of that error; ``"<material> frequencies (scale)"`` if not given.

    Raises
    ------
    ValueError
        If there are too few volumes, modes are imaginary, the temperature is outside a thermal table, the free energy has no
        minimum between the smallest and the largest volume, or several, or ``source`` is the name of another error.

    References
    ----------
    Wallace, Thermodynamics of Crystals (1972), chs. 1 and 3; Togo and Tanaka, Scr. Mater. 108, 1 (2015), for phonons from first
    principles.
    """
    criterion = criterion or QuasiHarmonicCriterion()
    _validate(data, temperature, frequency_std, criterion)
    around: Array = temperature + criterion.step * np.arange(-2.0, 2 + 1)
    every: Array = np.array([[harmonic(item, T) for T in around] for item in data.vibrations])  # volume, temperature, F S C
    temperatures, rows = around[1:-1], every[:, 1:-1]
    fits = [_fit(data, power, order, temperatures, rows, criterion) for power in criterion.powers for order in criterion.orders]
    values = np.array([fit.values for fit in fits])
    mean = values.mean(axis=0)
    base = [fit for fit in fits if fit.law.order == min(criterion.orders)]
    widened = student_variance(len(data.volume) - min(criterion.orders) - 1)
    by_energy, by_rows = (np.mean([getattr(fit, name) for fit in fits], axis=0) for name in ("by_energy", "by_rows"))
    scatter = np.sqrt(widened * np.mean([fit.energy_variance for fit in base]))
    rows_root = np.sqrt(widened / len(base)) * np.hstack([fit.rows_root for fit in base])
    slopes = _frequency_slopes(every, around)
    vibrations = [data_fingerprint(item) for item in data.vibrations]
    stamp = data_fingerprint(data, vibrations, material, temperature, repr(criterion))
    scale = source or f"{material} frequencies (scale)"
    columns = {
        f"{material} energies over volume (misfit)": scatter * by_energy,
        f"{material} phonons over volume (misfit)": np.einsum("qnr,rk->qnk", by_rows, rows_root).reshape(len(mean), -1),
        f"{material} equation of state (choice)": (values - mean).T / np.sqrt(len(fits)),
    }
    if scale in columns:
        raise ValueError(f"vibrations over volume of {data.label}: source {scale!r} is another error of the fit; give another")
    factors = {name: _factor(covariance_columns(parts), f"{stamp}:{name}") for name, parts in columns.items()}
    factors[scale] = Factor(frequency_std * np.einsum("qnr,nr->q", by_rows, slopes)[:, None], (scale,))
    return Estimate(
        tuple(name(material) for name in NAMES),
        mean,
        factors,
        f"quasi-harmonic vibrations at {len(data.volume)} volumes, {temperature:g} K",
        {"data": traced_provenance(data), "fit": _report(data, temperature, mean, fits, np.sqrt(scatter**2 / widened))},
    )


def _validate(data: VibrationsOverVolume, temperature: float, frequency_std: float, criterion: QuasiHarmonicCriterion) -> None:
    """Raise ``ValueError`` where the data do not suffice for the fit."""
    where = f"vibrations over volume of {data.label}"
    if not criterion.least_temperature < temperature < np.inf:
        raise ValueError(f"{where}: temperature is {temperature:g} K; give one above {criterion.least_temperature:g} K")
    if not 0 <= frequency_std < np.inf:
        raise ValueError(f"{where}: frequency_std is {frequency_std:g}; a standard deviation is finite and not negative")
    if len(data.volume) < criterion.least_volumes:
        raise ValueError(
            f"{where}: {len(data.volume)} volumes, and a fit with an error needs {criterion.least_volumes}; compute more"
        )
    for volume, item in zip(data.volume, data.vibrations, strict=True):
        if item.imaginary > criterion.imaginary:
            raise ValueError(
                f"{where}: {item.imaginary:.2%} of the modes at {volume:.6g} m3/mol ({item.label}) are imaginary; leave "
                "that volume out"
            )


@dataclass(frozen=True, eq=False)
class _Fit:
    """One equation of state: values of `NAMES`, and their derivatives by the data."""

    law: VolumePolynomial
    values: Array
    """(7,)."""
    by_energy: Array
    """Derivatives by the energies (7, n_volume)."""
    by_rows: Array
    """Derivatives by F, S and C at three temperatures (7, n_volume, 9)."""
    energy_variance: float
    """Variance of the energies' residuals."""
    rows_root: Array
    """Factor of the covariance of the vibrations' residuals (9, n_volume)."""


def _fit(
    data: VibrationsOverVolume, power: float, order: int, temperatures: Array, rows: Array, criterion: QuasiHarmonicCriterion
) -> _Fit:
    """Fit of one equation of state."""
    law = VolumePolynomial.over(data.volume, power, order)
    u = data.volume / law.middle
    design = law.terms(u)
    inverse = np.linalg.pinv(design)
    flat = rows.reshape(len(u), -1)
    energy, vibrations = inverse @ data.energy, (inverse @ flat).T.reshape(*rows.shape[1:], -1)
    grid = np.linspace(u[0], u[-1], criterion.n_search)
    roots = np.array(
        [_minimum(data, law, energy + free, T, grid) for (free, _, _), T in zip(vibrations, temperatures, strict=True)]
    )
    parameters = np.concatenate([energy, vibrations.ravel()])

    def values(p: Any) -> Any:  # (7, n) of parameters (n, n_parameter)
        parts = np.moveaxis(p[:, order + 1 :].reshape(-1, *vibrations.shape), 0, 2)
        states = [
            _state(law, root, p[:, : order + 1] + free, entropy, capacity, T)
            for root, (free, entropy, capacity), T in zip(roots, parts, temperatures, strict=True)
        ]
        return _quantities(states, data.molar_mass, temperatures)

    steps = COMPLEX_STEP * np.maximum(np.abs(parameters), 1.0)
    jacobian = values(parameters + complex(0, 1) * np.diag(steps)).imag / steps
    by_vibration = jacobian[:, order + 1 :].reshape(len(NAMES), -1, order + 1) @ inverse  # (7, 9, n_volume)
    degrees_of_freedom = max(len(u) - order - 1, 1)
    left = np.column_stack([data.energy, flat]) - design @ np.column_stack([energy, vibrations.reshape(-1, order + 1).T])
    return _Fit(
        law,
        values(parameters[None])[:, 0],
        jacobian[:, : order + 1] @ inverse,
        by_vibration.transpose(0, 2, 1),
        float(left[:, 0] @ left[:, 0]) / degrees_of_freedom,
        left[:, 1:].T / np.sqrt(degrees_of_freedom),
    )


def _minimum(data: VibrationsOverVolume, law: VolumePolynomial, free: Array, T: float, grid: Array) -> float:
    """Relative volume u at which the free energy is smallest."""
    slope = law.derivatives(grid)[0] @ free
    changes = np.flatnonzero((slope[:-1] < 0) & (slope[1:] >= 0))
    where = f"vibrations over volume of {data.label}"
    if len(changes) == 1:
        low, high = grid[changes[0]], grid[changes[0] + 1]
        return float(brentq(lambda u: float(law.derivatives(np.array(u))[0] @ free), low, high, xtol=np.finfo(float).eps))
    low, high = data.volume[[0, -1]]
    if len(changes) > 1:
        raise ValueError(f"{where}: the free energy has {len(changes)} minima at {T:g} K; check energies and vibrations")
    side, more = ("largest", "larger") if slope[-1] < 0 else ("smallest", "smaller")
    raise ValueError(
        f"{where}: at {T:g} K the free energy is least at the {side} volume or beyond ({low:.6g} to {high:.6g} m3/mol); "
        f"compute {more} volumes, or take another temperature"
    )


def _state(law: VolumePolynomial, u: float, free: Any, entropy: Any, capacity: Any, T: float) -> tuple[Any, ...]:
    """V, α, K, S, C_V and C_p (n,) at the minimum, whose volume follows the coefficients (n, n_term) by a step of Newton's."""

    def at(terms: Any, coefficients: Any) -> Any:
        return np.sum(terms * coefficients, axis=-1)

    first, second = law.derivatives(np.array(u))
    place = u - at(first, free) / at(second, free)
    first, second = law.derivatives(place)
    volume, modulus = place * law.middle, place * at(second, free) / law.middle
    expansion = at(first, entropy) / law.middle / modulus
    terms = law.terms(place)
    isochoric = at(terms, capacity)
    return volume, expansion, modulus, at(terms, entropy), isochoric, isochoric + T * volume * expansion**2 * modulus


def _quantities(states: list[tuple[Any, ...]], molar_mass: float, temperatures: Array) -> Any:
    """Values of `NAMES` from the states at three temperatures."""
    before, here, after = states
    slope = (np.log(after[-1]) - np.log(before[-1])) / (temperatures[2] - temperatures[0])
    volume, expansion, modulus, entropy, isochoric, isobaric = here
    heat = (np.log(isochoric), np.log(isobaric / molar_mass), slope)
    return np.array([np.log(molar_mass / volume), expansion, np.log(modulus), entropy, *heat])


def _frequency_slopes(rows: Array, temperatures: Array) -> Array:
    r"""Derivatives at the inner temperatures by the logarithm of all frequencies (n_volume, 9).

    Those of F, S and C: F + TS, -C and :math:`-T\,\partial C/\partial T`.
    """
    free, entropy, capacity = np.moveaxis(rows, -1, 0)
    by_temperature = np.gradient(capacity, temperatures, axis=1)
    slopes = np.stack((free + temperatures * entropy, -capacity, -temperatures * by_temperature), axis=-1)
    return slopes[:, 1:-1].reshape(len(rows), -1)


def _factor(columns: Array, stamp: str) -> Factor:
    return Factor(columns, tuple(f"{stamp}:{k}" for k in range(columns.shape[1])))


def _report(data: VibrationsOverVolume, temperature: float, mean: Array, fits: list[_Fit], scatter: float) -> dict[str, Any]:
    """Numbers of the fit, as plain JSON."""
    density, expansion, modulus, entropy, isochoric, isobaric, _ = mean
    return {
        "temperature [K]": temperature,
        "volumes": len(data.volume),
        "sampled volumes [m3.mol-1]": [float(data.volume[0]), float(data.volume[-1])],
        "volume [m3.mol-1]": float(data.molar_mass / np.exp(density)),
        "linear expansion of a cubic crystal [K-1]": float(expansion) / len(IDENTITY),
        "bulk modulus [Pa]": float(np.exp(modulus)),
        "entropy [J.mol-1.K-1]": float(entropy),
        "C_p over C_V": float(np.exp(isobaric - isochoric) * data.molar_mass),
        "std of the energies' residuals [J.mol-1]": float(scatter),
        "bulk modulus by power of the volume and order [Pa]": {
            f"{fit.law.power:.3g}, {fit.law.order}": float(np.exp(fit.values[2])) for fit in fits
        },
    }
