"""Limits of the full and the empty state of a cell.

PyBaMM adds an asymptote to every open-circuit potential (``U_asymptotes`` in its lithium_ion_parameters.py), so that every
voltage is reached at some stoichiometry, also where the potentials of the set do not reach it. It is 1 mV at a stoichiometry of
0.001 (-1 mV at 0.999) and below 1 µV from 0.002 to 0.998.
"""

from __future__ import annotations

FULL_LIMITS = (0.005, 0.995)
"""Stoichiometries between which a cell can be fully charged: at some distance from the asymptotes, which alone set a state
outside."""
EMPTY_LIMITS = (0.001, 0.999)
"""Stoichiometries between which a cell can be empty, where an electrode does run out: the asymptotes are 1 mV there."""
VOLTAGE_TOLERANCE = 1e-3
"""Largest distance [V] of the open-circuit voltage, taken without the asymptotes, from the limit that a state was solved for:
the asymptote at `EMPTY_LIMITS`."""
