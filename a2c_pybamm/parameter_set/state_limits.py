"""Limits of the full and the empty state of a cell.

PyBaMM adds an asymptote to every open-circuit potential (``U_asymptotes`` in its lithium_ion_parameters.py), so that every
voltage is reached at some stoichiometry, also where the potentials of the set do not reach it. It is 1 mV at a stoichiometry of
0.001 (-1 mV at 0.999) and below 1 µV from 0.002 to 0.998. A state is found with it, as PyBaMM does, and judged without it: no
stoichiometry between 0 and 1 is out of bounds, a voltage limit that the potentials do not reach is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StateLimits:
    """Limits of all cells."""

    voltage_tolerance: float = 1e-3
    """Largest distance [V] of the open-circuit voltage without the asymptotes from the limit that a state was solved for."""
    end_distance: float = 1e-10
    """Distance from an empty or a full electrode at which its potential is evaluated: PyBaMM clips stoichiometries there."""
    table: tuple[float, float] = (0.001, 0.999)
    """Stoichiometries between which a base set's curve is tabulated: the asymptotes are 1 mV there, and take over beyond."""
    stability: tuple[float, float] = (0.005, 0.995)
    """Stoichiometries between which a host must be stable: nearer to an end the terms of laws diverge."""


STATE_LIMITS = StateLimits()
"""Limits of all cells."""
