"""Transport efficiency of a phase in a porous layer by a declared choice: an exponent, a tortuosity, or bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np
from scipy.special import ndtr

from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.statistics.declared_estimate import declare
from a2c_pybamm.laws import TransportEfficiency, hashin_shtrikman_bounds

ABOVE_BOUND = "share of draws above the isotropic upper bound"
"""Key of a provenance with the probability of more transport than any isotropic mixture has."""

LEAST_EFFICIENCY = 1e-6
"""Least share of a phase's own conductivity that counts as a layer's: pressed powders of spheres have a hundredth."""


class BoundChoice(StrEnum):
    """Place between Hashin and Shtrikman's bounds that is taken."""

    MIDDLE = "middle"
    """Every logarithm between the two is as probable."""
    UPPER = "upper"
    """The phase surrounds the others: the upper bound, less a declared shortfall."""


def efficiency_by_exponent(law: TransportEfficiency, exponent: float, *, std: float, source: str, reason: str) -> Estimate:
    r"""Logarithm of the transport efficiency by Bruggeman's exponent, :math:`\ln\mathcal{B} = b\ln\phi`.

    ``provenance`` has the probability that the efficiency is above the upper bound of an isotropic mixture with a phase that
    does not conduct, :math:`2\phi/(3 - \phi)`.

    Parameters
    ----------
    exponent, std
        b and its standard deviation; 1.5 is that of spheres of all sizes, measured ones of electrodes are mostly above.

    Raises
    ------
    ValueError
        If the exponent is below 1, which no mixture has, or the standard deviation is negative.
    """
    if not np.isfinite([exponent, std]).all():
        raise ValueError(f"{law.material}: exponent {exponent:g} ± {std:g}; give finite numbers")
    log_fraction = float(np.log(law.volume_fraction))
    return _declared(law, exponent * log_fraction, std * -log_fraction, source, f"exponent {exponent:g} ± {std:g}: {reason}")


def efficiency_by_tortuosity(
    law: TransportEfficiency, tortuosity: float, *, std_ln: float, source: str, reason: str
) -> Estimate:
    r"""Logarithm of the transport efficiency by a measured tortuosity factor, :math:`\mathcal{B} = \phi/\tau`.

    ``provenance`` has the same probability as that of `efficiency_by_exponent`.

    Parameters
    ----------
    tortuosity, std_ln
        :math:`\tau` and the standard deviation of its logarithm. It is MacMullin's number times the volume fraction, not the
        length of a path over the layer's, whose square it is.

    Raises
    ------
    ValueError
        If the tortuosity is below 1, which no mixture has, or the standard deviation is negative.
    """
    if not (0 < tortuosity < np.inf and np.isfinite(std_ln)):
        raise ValueError(f"{law.material}: tortuosity factor {tortuosity:g} ± {std_ln:g} of its logarithm; give 1 or more")
    value = float(np.log(law.volume_fraction / tortuosity))
    return _declared(law, value, std_ln, source, f"tortuosity factor {tortuosity:g}, ± {std_ln:g} of its logarithm: {reason}")


def efficiency_by_bounds(
    law: TransportEfficiency,
    *,
    choice: BoundChoice | str,
    others: Sequence[tuple[float, float]] = (),
    shortfall: float = 0.0,
    source: str,
    reason: str,
) -> Estimate:
    r"""Logarithm of the transport efficiency between Hashin and Shtrikman's bounds of an isotropic mixture.

    With ``choice="middle"`` the middle of the logarithms of both bounds, half their distance a source with a uniform germ, so
    that no draw leaves the bounds. With ``"upper"`` the upper bound: exactly, or uniform from so much below it.

    Parameters
    ----------
    others
        Volume fraction of each other phase, and its conductivity over that of the law's phase; if none are given, the rest does
        not conduct.
    shortfall
        Largest relative distance below the upper bound, from 0 to below 1.

    Raises
    ------
    ValueError
        If the fractions do not sum to 1, the choice is unknown, the shortfall is out of range, or the middle is asked for where
        the lower bound is 0, because a phase does not conduct.
    """
    place = _choice(law, choice)
    rest = np.array(others or [(1 - law.volume_fraction, 0.0)], dtype=object)
    if rest.ndim != 2 or rest.shape[1] != 2 or not all(isinstance(item, int | float) for item in rest.flat):
        raise ValueError(f"{law.material}: others={list(others)}; give each phase as (volume fraction, relative conductivity)")
    fractions, values = np.array([(law.volume_fraction, 1.0), *rest], float).T
    try:
        lower, upper = map(float, hashin_shtrikman_bounds(values, fractions))
    except ValueError as error:
        raise ValueError(f"{law.material}: {error}") from error
    if not 0 <= shortfall < 1 or (shortfall and place is BoundChoice.MIDDLE):
        raise ValueError(f"{law.material}: shortfall {shortfall:g}; give a share from 0 to below 1, with choice 'upper' alone")
    if place is BoundChoice.MIDDLE and not lower > 0:
        raise ValueError(
            f"{law.material}: the lower bound is 0, as a phase does not conduct, and has no middle with {upper:.3g}; take "
            "choice 'upper' with a shortfall, an exponent or a tortuosity"
        )
    lowest = lower if place is BoundChoice.MIDDLE else (1 - shortfall) * upper
    text = f"Hashin-Shtrikman bounds {lower:.4g} to {upper:.4g}, {place}: {reason}"
    if not lowest < upper:
        return declare(law.names, [np.log(upper)], std=[0.0], source=source, reason=text)
    return declare(law.names, bounds=[np.log(lowest), np.log(upper)], source=source, reason=text)


def _choice(law: TransportEfficiency, choice: BoundChoice | str) -> BoundChoice:
    if choice not in tuple(BoundChoice):
        raise ValueError(f"{law.material}: choice {str(choice)!r}; write one of {', '.join(repr(str(c)) for c in BoundChoice)}")
    return BoundChoice(choice)


def _declared(law: TransportEfficiency, value: float, std: float, source: str, reason: str) -> Estimate:
    """Estimate with a normal error of the logarithm, that no mixture's mean exceeds."""
    if not value <= float(np.log(law.volume_fraction)):
        raise ValueError(
            f"{law.material}: {reason}: an efficiency of {np.exp(value):.4g} at a volume fraction of {law.volume_fraction:g} "
            "is more than phases side by side have; give an exponent or tortuosity of 1 or more"
        )
    if value < np.log(LEAST_EFFICIENCY):
        raise ValueError(
            f"{law.material}: {reason}: an efficiency of {np.exp(value):.3g}, below {LEAST_EFFICIENCY:g} of the phase's own; a "
            "layer that conducts has more, correct the exponent or tortuosity"
        )
    estimate = declare(law.names, [value], std=[std], source=source, reason=reason)
    _, upper = hashin_shtrikman_bounds([1.0, 0.0], [law.volume_fraction, 1 - law.volume_fraction])
    distance = float(np.log(upper)) - value
    above = float(ndtr(-distance / std)) if std else float(distance < 0)
    return replace(estimate, provenance={**estimate.provenance, ABOVE_BOUND: above})
