r"""Whether positions, velocities, masses, temperature and the time between frames tell one story.

Atoms that obey Newton's equations (with a thermostat or without) have :math:`\langle v^2\rangle = 3k_BT/m`, and for any motion
that is stationary in time, with the spectrum :math:`g(\omega)` of its velocity and :math:`x = \omega\Delta t/2`,

.. math::
    \frac{M(\Delta t)}{\Delta t^2} = \langle v^2\rangle \int g\,\frac{\sin^2 x}{x^2} \le \langle v^2\rangle, \qquad
    \frac{\langle\mathbf v_i\cdot(\mathbf r_{i+1} - \mathbf r_{i-1})\rangle}{2\,\langle v^2\rangle} =
    \Delta t\int g\,\frac{\sin 2x}{2x} \le \Delta t .

So a time between frames that is too short makes atoms faster than the temperature allows, however far apart the frames are. One
that is too long shows only where frames follow closely enough to see velocities: :math:`M(2\Delta t)` near its most,
:math:`4M(\Delta t)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import BOLTZMANN
from a2c_pybamm.data import Array

FURTHEST = 8.0
"""A step of more than so many thermal ones does not occur: in each direction they have a normal distribution."""
TOO_HOT, TOO_COLD = 1.25, 0.5
"""Apparent temperature over the real one that is doubted: constraints take up to a third of the motion away, nothing adds."""
CLOSE = 3.6
"""``M(2Δt)/M(Δt)``, at most 4, from which on frames see velocities."""
REMEMBERED = 0.5
"""Correlation of velocities one frame apart from which on a step is their mean times the time between frames."""
ELSE = "(inertial=False for motion without inertia)"
LEEWAY = 1.1
"""Factor by which a time between frames may be off: what the sums above leave out."""


@dataclass(frozen=True, eq=False)
class Motion:
    """The first frames of a run, and the longest steps of all of it."""

    positions: Array
    """Unwrapped [m] (n_frame, n_atom, 3)."""
    velocities: Array | None
    """[m.s-1] (n_frame, n_atom, 3)."""
    masses: Array
    """[kg] (n_atom,)."""
    furthest: Array
    """Longest step of each atom [m] (n_atom,)."""
    frame: NDArray[np.intp]
    """The frame where it ends (n_atom,)."""


def refuse_implausible(path: Path, motion: Motion, *, interval: float, temperature: float) -> None:
    """Stop at a motion that cannot be one of these masses at this temperature and time between frames.

    Raises
    ------
    ValueError
        Naming what contradicts what, and what may be the reason.
    """
    most = FURTHEST * np.sqrt(BOLTZMANN * temperature / motion.masses) * interval
    atom = int(np.argmax(motion.furthest / most))
    if motion.furthest[atom] > most[atom]:
        frame, step, limit = motion.frame[atom], 1e10 * motion.furthest[atom], 1e10 * most[atom]
        raise ValueError(
            f"{path}: atom {atom} moves by {step:.3g} Å between frames {frame - 1} and {frame}, where at {temperature:g} K its "
            f"velocity takes it at most {limit:.3g} Å in {interval * 1e15:.4g} fs; are positions wrapped without a cell, atoms "
            f"in changing order, runs joined, or interval= too short? {ELSE}"
        )
    _refuse_temperature(path, motion, interval, temperature)
    if motion.velocities is not None:
        _refuse_velocities(path, motion.positions, motion.velocities, motion.masses, interval, temperature)


def _refuse_temperature(path: Path, motion: Motion, interval: float, temperature: float) -> None:
    """Apparent temperatures of the steps, a lower and (where frames are close) an upper bound."""
    moving = np.ptp(motion.positions, axis=0).any(axis=1)
    if len(motion.positions) < 3 or not moving.any():
        return
    r, m = motion.positions[:, moving], motion.masses[moving]
    one, two = (float((m * ((r[k:] - r[:-k]) ** 2).sum(axis=2).mean(axis=0)).sum()) for k in (1, 2))
    unit = 3 * len(m) * BOLTZMANN * interval**2
    low, high = one / unit, (one + (one - two / 4) / 3) / unit
    if low > temperature * _hottest(len(m)):
        raise ValueError(
            f"{path}: in {interval * 1e15:.4g} fs from frame to frame atoms move as if at {low:.4g} K or more, not at "
            f"{temperature:g} K; interval= may be {np.sqrt(low / temperature):.3g} times too short, or temperature= too low "
            f"{ELSE}"
        )
    if two > CLOSE * one and high < temperature * _coldest(len(m)):
        raise ValueError(
            f"{path}: in {interval * 1e15:.4g} fs from frame to frame atoms move as if at {high:.3g} K, not at "
            f"{temperature:g} K; interval= may be {np.sqrt(temperature / high):.3g} times too long, or temperature= too high "
            f"{ELSE}"
        )


def _hottest(n_atom: int) -> float:
    """Apparent temperature over the real one that is doubted, with three standard deviations of one moment's."""
    return float(TOO_HOT * (1 + 3 * np.sqrt(2 / (3 * n_atom))))


def _coldest(n_atom: int) -> float:
    return float(TOO_COLD * max(0.0, 1 - 3 * np.sqrt(2 / (3 * n_atom))))


def _refuse_velocities(path: Path, r: Array, v: Array, masses: Array, interval: float, temperature: float) -> None:
    """Velocities against the temperature, and against the steps."""
    kinetic = float((masses * (v**2).sum(axis=2).mean(axis=0)).sum() / (3 * len(masses) * BOLTZMANN))
    if not temperature * _coldest(len(masses)) < kinetic < temperature * _hottest(len(masses)):
        raise ValueError(
            f"{path}: velocities are those of {kinetic:.4g} K, the temperature is {temperature:g} K; correct temperature=, or "
            f"the unit of the velocities {ELSE}"
        )
    if len(r) < 3:
        return
    square = float((v**2).mean())
    shortest = float((v[1:-1] * (r[2:] - r[:-2])).mean() / (2 * square))
    noise = np.sqrt(float(((r[2:] - r[:-2]) ** 2).mean()) / (4 * square * v[1:-1].size))
    mean = (v[1:] + v[:-1]) / 2
    longest = float((mean * (r[1:] - r[:-1])).mean() / (mean**2).mean())
    remembered = float((v[1:] * v[:-1]).mean()) > REMEMBERED * square
    if shortest - 4 * noise > LEEWAY * interval or (remembered and longest * LEEWAY < interval):
        found = longest if remembered else shortest
        raise ValueError(
            f"{path}: velocities and steps say that frames are {'' if remembered else 'at least '}{found * 1e15:.4g} fs apart, "
            f"not {interval * 1e15:.4g} fs; correct interval= {ELSE}"
        )
