"""Vibrations added to a free energy: to voltage, interactions and entropies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.interpolate import CubicHermiteSpline, CubicSpline

from a2c_pybamm.constants import BOLTZMANN, FARADAY, GAS_CONSTANT, PLANCK, STANDARD_TEMPERATURE
from a2c_pybamm.data import Extent, ThermalTable, Vibrations, validate_extent
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.thermodynamics.orderings import SAME_COMPOSITION
from a2c_pybamm.ions import Ion
from a2c_pybamm.laws.thermodynamics.expansion import Expansion
from a2c_pybamm.laws.thermodynamics.ion import ion_of

REPORTED_SPAN = 30.0
"""Distance from the reference temperature [K] at which the error of a linear entropy is reported: a cell's own range."""


def harmonic(vibrations: Vibrations | ThermalTable, T: float) -> tuple[float, float, float]:
    r"""Free energy [J.mol-1], entropy and heat capacity [J.mol-1.K-1] of quantum-harmonic vibrations, per mole of sites.

    .. math::
        F = \sum_i w_i \left[\tfrac12 h\nu_i + RT\ln(1 - e^{-y_i})\right], \qquad
        S = R\sum_i w_i \left[\frac{y_i}{e^{y_i} - 1} - \ln(1 - e^{-y_i})\right], \qquad
        C = R\sum_i w_i \frac{y_i^2 e^{y_i}}{(e^{y_i} - 1)^2}, \qquad y_i = \frac{h\nu_i}{k_BT}

    A table is interpolated by cubic Hermite polynomials, the slope of F being -S.

    Raises
    ------
    ValueError
        If the temperature is not positive, or outside the table, or the numbers are not per site.
    """
    validate_extent(vibrations, Extent.SITE, f"vibrations of {vibrations.label}")
    if not 0 < T < np.inf:
        raise ValueError(f"vibrations of {vibrations.label}: temperature must be positive and finite, got {T:g} K")
    if isinstance(vibrations, ThermalTable):
        return _tabulated(vibrations, T)
    y, w = PLANCK * vibrations.frequency / (BOLTZMANN * T), vibrations.weight
    log = np.log(-np.expm1(-y))
    occupied = np.exp(-y) / -np.expm1(-y)
    free = GAS_CONSTANT * T * float(w @ (y / 2 + log))
    entropy = GAS_CONSTANT * float(w @ (y * occupied - log))
    capacity = GAS_CONSTANT * float(w @ (y**2 * occupied * (occupied + 1)))
    return free, entropy, capacity


def _tabulated(table: ThermalTable, T: float) -> tuple[float, float, float]:
    if not table.temperature[0] <= T <= table.temperature[-1]:
        raise ValueError(
            f"vibrations of {table.label}: {T:g} K lies outside the table ({table.temperature[0]:g} to "
            f"{table.temperature[-1]:g} K); compute it for this temperature too"
        )
    free = CubicHermiteSpline(table.temperature, table.free_energy, -table.entropy)
    return float(free(T)), float(-free(T, 1)), float(CubicSpline(table.temperature, table.heat_capacity)(T))


def reference_metal(T: float, ion: Ion) -> tuple[float, float, float]:
    """Free energy of an ion's metal above its static lattice [J.mol-1], entropy and heat capacity [J.mol-1.K-1], measured.

    Enthalpy and entropy at 298.15 K over a Debye solid's zero-point energy, carried to T by Debye's heat capacity.

    Raises
    ------
    ValueError
        If the ion has no enthalpy or Debye temperature.
    """
    debye, enthalpy = ion.metal_debye_temperature, ion.metal_enthalpy
    if debye is None or enthalpy is None:
        raise ValueError(f"{ion.symbol} metal: no measured enthalpy and Debye temperature; give its vibrations with lithium=")
    zero_point = 9 / 8 * GAS_CONSTANT * debye
    grid = np.geomspace(min(STANDARD_TEMPERATURE, T), max(STANDARD_TEMPERATURE, T), 401)
    capacity = np.array([_debye_capacity(t, debye) for t in grid])
    sign = 1.0 if T >= STANDARD_TEMPERATURE else -1.0
    entropy = ion.metal_entropy + sign * float(np.trapezoid(capacity / grid, grid))
    enthalpy = enthalpy + sign * float(np.trapezoid(capacity, grid))
    return zero_point + enthalpy - T * entropy, entropy, _debye_capacity(T, debye)


def _debye_capacity(T: float, debye: float) -> float:
    """Heat capacity of a solid of this Debye temperature [J.mol-1.K-1]."""
    y = np.linspace(1e-6, debye / T, 400)
    return float(9 * GAS_CONSTANT * (T / debye) ** 3 * np.trapezoid(y**4 * np.exp(y) / np.expm1(y) ** 2, y))


def add_vibrations(
    estimate: Estimate,
    law: Expansion,
    vibrations: Mapping[float, Vibrations | ThermalTable],
    *,
    lithium: Vibrations | ThermalTable | None = None,
    frequency_std: float,
    source: str | None = None,
) -> Estimate:
    r"""A free energy from static energies, with the vibrations of the host at some compositions.

    At the reference temperature :math:`F_\mathrm{vib}(x)` adds to the voltage by its difference between the end members (less
    that of the ion's metal), and to the interactions by what it has beyond the straight line between them; its entropy gives
    :math:`\Delta s` and, with ``law.entropies``, the excess entropies. The two end members are needed; more
    compositions make the excess, by least squares with as many terms as there are excess entropies.

    One error is carried: all frequencies too high or too low together by a relative ``frequency_std``. It is exact in the
    harmonic model, :math:`F(s\nu, T) = s\,F(\nu, T/s)`, so that :math:`\partial F/\partial\ln s = F + TS` and
    :math:`\partial S/\partial\ln s = -C`.

    Parameters
    ----------
    estimate
        The law's coefficients from static energies (`fit_free_energy`), or from potentials that were sampled on them
        (`fit_chemical_potential`): vibrations must not be in yet. Entropies that it has are added to.
    vibrations
        By composition; 0 and 1 among them.
    lithium
        Of the law's ion's metal (lithium, sodium, …) by the same method; measured values if not given.
    frequency_std
        Relative standard deviation of all frequencies together.

    Raises
    ------
    ValueError
        If an end member is missing, compositions inside are too few or given without excess entropies, the law's coordinates
        have no value at the interactions that vibrations make, nothing measured is known of the metal, or the
        estimate has this source already.
    """
    T = law.reference_temperature
    at = sorted(vibrations)
    _validate_compositions(law, at, frequency_std)
    rows = np.array([harmonic(vibrations[x], T) for x in at])
    metal = np.array(harmonic(lithium, T) if lithium else reference_metal(T, ion_of(law)))
    names, values, jacobian, slopes = _moved(estimate, law, np.array(at[1:-1]), rows, metal, measured=lithium is None)
    source = source or f"{law.material} frequencies (scale)"
    report = {
        "F_vib, S_vib, C_vib by x": {f"{x:g}": row.tolist() for x, row in zip(at, rows, strict=True)},
        "imaginary share by x": {f"{x:g}": float(getattr(vibrations[x], "imaginary", 0.0)) for x in at},
        f"voltage error of a linear entropy at ±{REPORTED_SPAN:g} K [V]": _curvature_error(rows, metal, T) / law.valence,
    }
    method = f"{estimate.method}; quantum-harmonic vibrations at {len(at)} compositions"
    moved = estimate.map(names, values, jacobian, method=method)
    moved = moved.add_source(source, Factor(frequency_std * slopes[:, None], (source,)))
    return replace(moved, provenance={**estimate.provenance, "vibrations": report})


def _validate_compositions(law: Expansion, at: list[float], frequency_std: float) -> None:
    """Raise ``ValueError`` where vibrations do not suffice for the law, or their error is negative."""
    if not at or abs(at[0]) > SAME_COMPOSITION or abs(at[-1] - 1) > SAME_COMPOSITION:
        here = ", ".join(f"{x:g}" for x in at) or "no composition"
        raise ValueError(f"{law.material}: vibrations at x = {here}; the end members 0 and 1 are needed")
    n_inner = len(at) - 2
    if n_inner < law.entropies or (n_inner and not law.entropies):
        raise ValueError(
            f"{law.material}: vibrations at {n_inner} composition(s) inside (0, 1) for {law.entropies} excess entropies; "
            "give as many or more, or let the law have entropies"
        )
    if not frequency_std >= 0:
        raise ValueError(f"{law.material}: frequency_std is {frequency_std:g}; a standard deviation is not negative")


def _moved(
    estimate: Estimate, law: Expansion, inner: Array, rows: Array, metal: Array, *, measured: bool
) -> tuple[tuple[str, ...], Array, Array, Array]:
    """Names and values of the coefficients with vibrations, and their derivatives.

    These are by the coefficients without vibrations (n_new, n_old) and by the logarithm of all frequencies (n_new,). The
    metal's part does not scale with the frequencies where it is ``measured``.
    """
    free, entropy = _with_derivative(rows, law.reference_temperature)
    metal_free, metal_entropy = _with_derivative(metal, law.reference_temperature)
    if measured:
        metal_free[1] = metal_entropy[1] = 0.0
    entropy_names = (law.entropy_name, *law.excess_entropy_names)
    names = (*estimate.names, *(name for name in entropy_names if name not in estimate.names))
    shift = np.zeros((len(names), 2))
    # an entropy fitted to potentials of static atoms counts the metal's as if it were in: it moves with the metal too
    fitted = law.entropy_name in estimate.names
    shift[names.index(law.entropy_name)] = entropy[-1] - entropy[0] - (metal_entropy if fitted else 0.0)
    voltage = -(free[-1] - free[0] - metal_free) / (law.valence * FARADAY)
    jacobian = np.eye(len(names))[:, : len(estimate.names)]
    if law.entropies:
        fit = np.linalg.pinv(np.column_stack([law.term(k, inner) for k in range(law.entropies)]))
        energies, entropies = (fit @ _beyond_straight(inner, values) for values in (free / FARADAY, entropy))
        shift[[names.index(name) for name in law.excess_entropy_names]] = entropies
        place = [names.index(name) for name in (law.voltage_name, *law.interaction_names)]
        increments = np.zeros((len(place), 2))
        increments[: law.entropies + 1] = [voltage, *energies]
        shift[place], jacobian[np.ix_(place, place)] = _moved_coordinates(law, estimate, increments)
    else:
        shift[names.index(law.voltage_name)] = voltage
    before = np.concatenate([estimate.mean, np.zeros(len(names) - len(estimate.names))])
    return names, before + shift[:, 0], jacobian, shift[:, 1]


def _moved_coordinates(law: Expansion, estimate: Estimate, increments: Array) -> tuple[Array, Array]:
    """Increments of mean voltage and interaction coordinates for those of U_0 and the L_k, each with its derivative.

    Beside it the Jacobian of the new coordinates by the old ones: unity where the coordinates are the L_k themselves.
    """
    c = dict(zip(estimate.names, estimate.mean, strict=True))
    old = law.plain_coefficients(c)
    before, old_jacobian = law.coordinates(old)
    after, new_jacobian = law.coordinates(old + increments[:, 0])
    shift = np.column_stack([after - before, new_jacobian @ increments[:, 1]])
    return shift, new_jacobian @ np.linalg.inv(old_jacobian)


def _with_derivative(rows: Array, T: float) -> tuple[Array, Array]:
    r"""Free energies and entropies, each with its :math:`\partial/\partial\ln s` (…, 2), of rows F, S, C (…, 3)."""
    F, S, C = np.moveaxis(rows, -1, 0)
    return np.stack([F, F + T * S], axis=-1), np.stack([S, -C], axis=-1)


def _beyond_straight(inner: Array, values: Array) -> Array:
    """Values (n, 2) at compositions inside (0, 1), less the straight line between those at the ends."""
    return values[1:-1] - values[0] - inner[:, None] * (values[-1] - values[0])


def _curvature_error(rows: Array, metal: Array, T: float) -> float:
    r""":math:`\frac{1}{2}\Delta T^2\,\Delta C/(TF)` [V]: change of zU by the entropy's temperature dependence, left out."""
    return float(abs(rows[-1, 2] - rows[0, 2] - metal[2]) * REPORTED_SPAN**2 / (2 * T * FARADAY))
