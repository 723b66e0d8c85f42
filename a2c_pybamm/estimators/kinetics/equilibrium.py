"""Potential at which one ion's step into a host is as fast as the step out of it, with the error of the host's voltage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.statistics.combination import combine
from a2c_pybamm.laws import FreeEnergy
from a2c_pybamm.laws.law import COMPLEX_STEP


def step_potentials(
    law: FreeEnergy, estimates: Sequence[Estimate], composition: float, temperatures: Sequence[float]
) -> Estimate:
    r"""Potential of one event at each temperature [V], against the metal, with the errors of the voltage by source.

    .. math:: E_0(x, T) = U(x, T) + \frac{RT}{F}\ln\frac{x}{1-x}

    The voltage of a host holds the mixing of ions and vacancies; a single event, from one filled to one empty site, does not.
    At half filling both are equal.

    ==========  ================  ====
    symbol      argument          unit
    ==========  ================  ====
    :math:`U`   ``law``           V
    :math:`x`   ``composition``   1
    :math:`T`   ``temperatures``  K
    ==========  ================  ====

    Parameters
    ----------
    estimates
        Estimates that have all coefficients of the law; further coefficients are left out.

    Raises
    ------
    ValueError
        If the composition is not inside (0, 1), no estimate gives a coefficient, or the law is of an ion of several electrons.
    """
    if not 0 < composition < 1:
        raise ValueError(f"step potential: composition {composition:g} must lie inside (0, 1)")
    if law.valence != 1:
        raise ValueError(f"step potential: law {law.kind!r} is of ions of {law.valence} electrons; one is transferred here")
    parts = [e.select(names) for e in estimates if (names := [name for name in e.names if name in law.names])]
    given = [name for part in parts for name in part.names]
    if missing := sorted(set(law.names) - set(given)):
        raise ValueError(f"step potential: no estimate gives {missing[0]!r}; give those of the host's voltage")
    c = {name: complex(value) for part in parts for name, value in zip(part.names, part.mean, strict=True)}
    mixing = [GAS_CONSTANT * T / FARADAY * np.log(composition / (1 - composition)) for T in temperatures]
    mean = [float(np.real(law.open_circuit_voltage(c, composition, T))) + m for T, m in zip(temperatures, mixing, strict=True)]
    jacobian = [
        [
            float(np.imag(law.open_circuit_voltage({**c, name: c[name] + 1j * COMPLEX_STEP}, composition, T))) / COMPLEX_STEP
            for name in given
        ]
        for T in temperatures
    ]
    names = [f"step potential at x = {composition:g}, {T:g} K [V]" for T in temperatures]
    return combine(parts, np.array(jacobian), names, mean, method=f"voltage of law {law.kind} without mixing")
