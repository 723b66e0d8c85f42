"""From a hop's barrier to the coefficients of its diffusivity."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, GAS_CONSTANT, PLANCK
from a2c_pybamm.data import HopFrequencies
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.statistics.combination import combine
from a2c_pybamm.estimators.statistics.declared_estimate import declare
from a2c_pybamm.laws.diffusion.mobility import barrier_name, prefactor_name


def vineyard_frequency(frequencies: HopFrequencies) -> float:
    r"""Attempt frequency [Hz], site over saddle, without the saddle's imaginary mode.

    .. math:: \nu_0 = \prod_i \nu_i^\mathrm{site} \Big/ \prod_i{}' \nu_i^\mathrm{saddle}

    Raises
    ------
    ValueError
        If the site has an imaginary mode (it is no minimum), or the saddle has not exactly one.

    References
    ----------
    Vineyard, J. Phys. Chem. Solids 3, 121 (1957), eq. 9.
    """
    bad_site = int((frequencies.initial <= 0).sum())
    bad_saddle = int((frequencies.saddle <= 0).sum())
    where = frequencies.provenance.get("file", "frequencies")
    if bad_site or bad_saddle != 1:
        raise ValueError(
            f"{where}: {bad_site} imaginary mode(s) at the site and {bad_saddle} at the saddle, expected 0 and 1; "
            "a ratio of these frequencies means nothing, declare attempt_frequency with its error instead"
        )
    stable = frequencies.saddle[frequencies.saddle > 0]
    return float(np.exp(np.log(frequencies.initial).sum() - np.log(stable).sum()))


def hopping_diffusivity(
    barrier: Estimate,
    *,
    material: str,
    hop: str,
    jump_length: float,
    coordination: int,
    dimension: int,
    attempt_frequency: float,
    attempt_frequency_std_ln: float,
    source: str,
) -> Estimate:
    r"""Prefactor and barrier of a hop's jump diffusivity, errors of the barrier kept by source.

    .. math:: D_J = n_v\,\frac{z a^2 \nu_0}{2d}\,e^{-E_a/k_BT}, \qquad D_0 = \frac{z a^2\nu_0}{2d}

    with :math:`n_v` the vacancy factor of the mobility law. No tracer correlation factor enters a jump diffusivity.

    ================  ==============================  =======
    symbol            argument                        unit
    ================  ==============================  =======
    :math:`a`         ``jump_length``                 m
    :math:`z`         ``coordination``                1
    :math:`d`         ``dimension``                   1
    :math:`\nu_0`     ``attempt_frequency``           Hz
    std of its log    ``attempt_frequency_std_ln``    1
    ================  ==============================  =======

    Returns ``(ln D0, E_a)`` under the names of ``VacancyMobility``; ``source`` is the error of the attempt frequency.

    Raises
    ------
    ValueError
        If a length, frequency or count is not positive, or ``barrier`` is not one coefficient.
    """
    positive = {"jump_length": jump_length, "coordination": coordination, "attempt_frequency": attempt_frequency}
    for key, value in positive.items():
        if not value > 0:
            raise ValueError(f"{material} {hop}: {key} must be positive, got {value}")
    if dimension not in (1, 2, 3):
        raise ValueError(f"{material} {hop}: dimension must be 1, 2 or 3, got {dimension}")
    if len(barrier.names) != 1:
        raise ValueError(f"{material} {hop}: the barrier is one coefficient, got {', '.join(barrier.names)}")
    prefactor = coordination * jump_length**2 * attempt_frequency / (2 * dimension)
    frequency = declare(
        (prefactor_name(material, hop),),
        [np.log(prefactor)],
        std=[attempt_frequency_std_ln],
        source=source,
        reason=f"attempt frequency {attempt_frequency:.3g} Hz, std of its logarithm {attempt_frequency_std_ln:g}",
    )
    names = (prefactor_name(material, hop), barrier_name(material, hop))
    return combine(
        [frequency, barrier],
        np.eye(2),
        names,
        [frequency.mean[0], barrier.mean[0]],
        method=f"z a² ν0/(2d) with z={coordination}, a={jump_length:.4g} m, d={dimension}, ν0={attempt_frequency:.3g} Hz; "
        + barrier.method,
        provenance={"jump_length_m": jump_length, "attempt_frequency_Hz": attempt_frequency},
    )


def harmonic_entropy(frequencies: HopFrequencies, T: float) -> float:
    r"""Vibrational entropy of the ion at its stable site [J.mol-1.K-1], quantum harmonic.

    :math:`s = R\sum_i [\,y_i/(e^{y_i}-1) - \ln(1-e^{-y_i})\,]`, :math:`y_i = h\nu_i/k_BT`: what one more ion adds to the
    host's entropy if it leaves the host's own vibrations as they are.

    Raises
    ------
    ValueError
        If the site has an imaginary mode, or the temperature is not positive.
    """
    if not T > 0:
        raise ValueError(f"vibrational entropy: temperature must be positive, got {T:g} K")
    if (frequencies.initial <= 0).any():
        raise ValueError(f"{frequencies.provenance.get('file', 'frequencies')}: the stable site has an imaginary mode")
    y = PLANCK * frequencies.initial / (BOLTZMANN * T)
    return float(GAS_CONSTANT * (y / np.expm1(y) - np.log(-np.expm1(-y))).sum())
