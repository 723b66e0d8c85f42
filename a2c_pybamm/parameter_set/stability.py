"""Phase separation of hosts within the stoichiometries that a cell can reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from a2c_pybamm.estimate import Array
from a2c_pybamm.laws import FreeEnergy, MeasuredOCP, PhaseForming, TwoPhase
from a2c_pybamm.laws.thermodynamics import phases
from a2c_pybamm.parameter_set.attachment import Attachment

N_STABILITY = 201
"""Compositions at which a sample's thermodynamic factor is evaluated: 0.005 apart over the whole range."""
TREATMENTS = (
    "treat the gap by common tangents (a TwoPhase law; phases = 'common tangent' in a study), choose a voltage window that "
    "avoids it, or check the data"
)
"""Remedies where a host separates into phases."""


def unstable_samples(
    attachment: Attachment, c: Mapping[str, Array], stoichiometries: tuple[Array, Array], temperature: float
) -> dict[int, str]:
    """Samples in which a host's thermodynamic factor is not positive everywhere, with the composition where it is not.

    Parameters
    ----------
    attachment
        Attachment of the host's open-circuit potential. Measured curves are smoothed to a positive factor when they are made,
        and a `TwoPhase` law has no unstable compositions: neither has an entry.
    c
        Coefficients by name (n_sample, 1).
    stoichiometries
        Lowest and highest stoichiometry that each sample can reach (n_sample,).
    """
    law, sto = attachment.law, attachment.stoichiometry
    if not isinstance(law, FreeEnergy) or isinstance(law, MeasuredOCP | TwoPhase):
        return {}
    low, high = stoichiometries
    x = sto.offset + sto.slope * np.linspace(low, high, N_STABILITY, axis=1)
    factor = law.thermodynamic_factor(c, x, temperature)
    lowest = factor.argmin(axis=1)
    unstable = np.flatnonzero(~(factor.min(axis=1) > 0))
    return {int(k): _unstable_place(law, {n: v[k, 0] for n, v in c.items()}, temperature, x[k, lowest[k]]) for k in unstable}


def _unstable_place(law: FreeEnergy, c: Mapping[str, float], temperature: float, x: float) -> str:
    """The spinodal of one sample in words; where the law gives none, the composition of the lowest thermodynamic factor."""
    spinodals: Sequence[float] = phases.spinodals(law, c, temperature)[0] if isinstance(law, PhaseForming) else ()
    if len(spinodals):
        return f"spinodal at x = {', '.join(f'{s:.3f}' for s in spinodals)}"
    return f"x = {x:.3f}"
