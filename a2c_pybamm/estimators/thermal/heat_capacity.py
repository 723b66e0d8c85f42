"""Heat capacity at constant pressure of a crystal whose vibrations are known at one volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.data import Array, ThermalTable, Vibrations
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators.fingerprint import traced_provenance
from a2c_pybamm.estimators.statistics.combination import combine
from a2c_pybamm.estimators.thermodynamics.vibrations import harmonic
from a2c_pybamm.laws.thermal.phase_names import (
    bulk_modulus_name,
    density_name,
    expansion_name,
    heat_capacity_name,
    heat_capacity_slope_name,
)


@dataclass(frozen=True)
class HeatCapacitySteps:
    """Steps of the derivatives of a heat capacity."""

    temperature: float = 1.0
    """Step [K] of the slope over temperature."""
    frequency: float = 1e-3
    """Relative step of all frequencies together."""
    imaginary: float = 0.01
    """Largest share of imaginary modes: those are left out, and the heat capacity is too small by about as much."""


def heat_capacity(
    vibrations: Vibrations | ThermalTable,
    *,
    material: str,
    temperature: float,
    molar_mass: float,
    frequency_std: float,
    expansion: Estimate | None = None,
    dilation_std: float | None = None,
    source: str | None = None,
    steps: HeatCapacitySteps | None = None,
) -> Estimate:
    r"""Logarithm of the specific heat capacity at constant pressure [J.kg-1.K-1], and its slope over temperature [K-1].

    .. math:: c_p = \frac1M\left(C_V + T V\alpha_V^2 K_T\right), \qquad V = M/\rho

    with :math:`C_V` per mole of sites of `harmonic`. The second term takes density, expansion and bulk modulus of one
    estimate, with its sources, or is left out with an error that is declared.

    Parameters
    ----------
    molar_mass
        M, of all atoms per mole of sites [kg.mol-1].
    frequency_std
        Relative standard deviation of all frequencies together.
    expansion
        Estimate of ``<m> ln(rho [kg.m-3])``, ``<m> alpha_V [K-1]`` and ``<m> ln(K_T [Pa])``.
    dilation_std
        In its place: relative standard deviation of :math:`c_p` by the term that is left out, under
        ``"<material> dilation (left out)"``; 0.02 to 0.1 at the Debye temperature of most crystals.
    source
        Name of the frequencies' error; ``"<material> frequencies (scale)"`` if not given.

    Raises
    ------
    ValueError
        If not just one of ``expansion`` and ``dilation_std`` is given, a number is not positive and finite, modes are
        imaginary, the temperature is outside a thermal table, or ``source`` is the name of another error.
    """
    where, steps = f"heat capacity of {vibrations.label}", steps or HeatCapacitySteps()
    if (expansion is None) == (dilation_std is None):
        raise ValueError(f"{where}: give either expansion (density, expansion and bulk modulus) or dilation_std")
    if not (0 < molar_mass < np.inf and 0 <= frequency_std < np.inf and 0 <= (dilation_std or 0.0) < np.inf):
        raise ValueError(f"{where}: molar_mass must be positive and finite, and standard deviations not negative; correct them")
    if not steps.temperature < temperature < np.inf:
        raise ValueError(f"{where}: temperature is {temperature:g} K; give one above {steps.temperature:g} K")
    if vibrations.imaginary > steps.imaginary:
        raise ValueError(
            f"{where}: {vibrations.imaginary:.2%} of the modes are imaginary and left out, and as much of the heat capacity is "
            "missing; relax the structure"
        )
    names = [name(material) for name in (density_name, expansion_name, bulk_modulus_name)]
    given = expansion.select(names) if expansion is not None else None
    dilation = np.array([np.inf, 0.0, 0.0]) if given is None else given.mean

    def values(dilation: Array, log_scale: float = 0.0) -> Array:
        return _values(vibrations, temperature, molar_mass, dilation, float(np.exp(log_scale)), steps)

    mean = values(dilation)
    by_scale = (values(dilation, steps.frequency) - values(dilation, -steps.frequency)) / (2 * steps.frequency)
    names = [heat_capacity_name(material), heat_capacity_slope_name(material)]
    method = f"quantum-harmonic vibrations, {temperature:g} K"
    report = {"vibrations": traced_provenance(vibrations), "molar mass [kg.mol-1]": molar_mass}
    if given is None:
        label = f"{material} dilation (left out)"
        if source == label:
            raise ValueError(f"{where}: source {source!r} is the error of the part left out; name the frequencies' otherwise")
        left_out = Factor(np.array([[dilation_std], [0.0]]), (label,))
        estimate = Estimate(tuple(names), mean, {label: left_out}, method, report)
    else:
        jacobian = _dilation_slopes(vibrations, temperature, molar_mass, dilation, steps)
        estimate = combine([given], jacobian, names, mean, method=method, provenance=report)
    scale = source or f"{material} frequencies (scale)"
    if scale in estimate.factors:
        factor = estimate.factors[scale]
        if factor.labels != (scale,):
            raise ValueError(f"{where}: source {scale!r} of the expansion is another error; name the frequencies' by source")
        together = Factor(factor.values + frequency_std * by_scale[:, None], (scale,))
        return Estimate(estimate.names, estimate.mean, {**estimate.factors, scale: together}, method, estimate.provenance)
    return estimate.add_source(scale, Factor(frequency_std * by_scale[:, None], (scale,)))


def _values(
    vibrations: Vibrations | ThermalTable,
    T: float,
    molar_mass: float,
    dilation: Array,
    scale: float,
    steps: HeatCapacitySteps,
) -> Array:
    r"""Ln c_p and its slope over temperature, all frequencies times ``scale``: :math:`C_V(s\nu, T) = C_V(\nu, T/s)`."""
    before, here, after = (
        harmonic(vibrations, (T + change) / scale)[2] for change in (-steps.temperature, 0.0, steps.temperature)
    )
    log_density, expansion, log_modulus = dilation
    per_kelvin = molar_mass * np.exp(log_modulus - log_density) * expansion**2
    total = here + T * per_kelvin
    if not total > 0:
        raise ValueError(
            f"heat capacity of {vibrations.label}: {total:.3g} J/mol/K at {T:g} K, not positive; take a higher one"
        )
    slope = (after - before) / (2 * steps.temperature) + per_kelvin
    return np.array([np.log(total / molar_mass), slope / total])


def _dilation_slopes(
    vibrations: Vibrations | ThermalTable, T: float, molar_mass: float, dilation: Array, steps: HeatCapacitySteps
) -> Array:
    """Derivatives of `_values` by ln ρ, α and ln K (2, 3), by small differences: α enters by its square."""
    shifts = steps.frequency * np.diag([1.0, max(abs(float(dilation[1])), np.finfo(float).eps), 1.0])
    columns = [
        (
            _values(vibrations, T, molar_mass, dilation + s, 1.0, steps)
            - _values(vibrations, T, molar_mass, dilation - s, 1.0, steps)
        )
        / (2 * s.sum())
        for s in shifts
    ]
    return np.column_stack(columns)
