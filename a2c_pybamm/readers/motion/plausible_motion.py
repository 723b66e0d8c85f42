r"""Consistency of positions, velocities, masses, temperature and the time between frames.

Atoms that obey Newton's equations (with a thermostat or without) have :math:`\langle v^2\rangle = 3k_BT/m`, and for any motion
that is stationary in time, with the spectrum :math:`g(\omega)` of its velocity and :math:`x = \omega\Delta t/2`,

.. math::
    \frac{M(\Delta t)}{\Delta t^2} = \langle v^2\rangle \int g\,\frac{\sin^2 x}{x^2} \le \langle v^2\rangle, \qquad
    \frac{\langle\mathbf v_i\cdot(\mathbf r_{i+1} - \mathbf r_{i-1})\rangle}{2\,\langle v^2\rangle} =
    \Delta t\int g\,\frac{\sin 2x}{2x} \le \Delta t .

So a time between frames that is too short makes atoms faster than the temperature allows, however far apart the frames are. One
that is too long shows only where frames follow so closely that a step is a velocity times their distance:
:math:`M(2\Delta t)` near its largest value, :math:`4M(\Delta t)`. The limits below were chosen so that runs of Li6PS5Cl, and of
oscillators of 3 to 12 THz in frames 1 to 200 fs apart, pass, while the wrong settings of ``test_trajectory`` do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from a2c_pybamm.constants import ANGSTROM, BOLTZMANN
from a2c_pybamm.data import Array
from a2c_pybamm.readers.motion.frame_collection import MotionStatistics

NO_INERTIA = "(motion without inertia is read in Python, by read_trajectory with inertial=False)"


@dataclass(frozen=True)
class MotionCriterion:
    """Limits beyond which a motion contradicts its masses, temperature or time between frames; the module has their choice."""

    longest_step: float = 8.0
    """Bound of a step in units of its thermal standard deviation along one direction, sqrt(kT/m) Δt: normal variables are
    below."""
    temperature_ratios: tuple[float, float] = (0.5, 1.25)
    """Least and largest apparent over stated temperature: constraints take up to a third of the motion away, nothing adds."""
    ballistic_ratio: float = 3.6
    """``M(2Δt)/M(Δt)``, 4 for constant velocities, from which on a step is a velocity times the time between frames."""
    velocity_correlation: float = 0.5
    """Correlation of velocities one frame apart from which on a step is their mean times the time between frames."""
    interval_ratio: float = 1.1
    """Factor by which a time between frames may differ from that of velocities and steps: the sums above are finite."""

    def temperature_bounds(self, n_atom: int) -> tuple[float, float]:
        """Least and largest apparent temperature over the stated one, with three standard deviations of one moment's."""
        spread = 3 * np.sqrt(2 / (3 * n_atom))
        low, high = self.temperature_ratios
        return float(low * max(0.0, 1 - spread)), float(high * (1 + spread))


def validate_motion(
    path: Path,
    motion: MotionStatistics,
    *,
    interval: float,
    temperature: float,
    criterion: MotionCriterion = MotionCriterion(),
) -> None:
    """Raise ``ValueError`` for a motion that cannot be one of these masses at this temperature and time between frames.

    Raises
    ------
    ValueError
        Naming the numbers that contradict each other, and possible reasons.
    """
    most = criterion.longest_step * np.sqrt(BOLTZMANN * temperature / motion.masses) * interval
    atom = int(np.argmax(motion.longest_step / most))
    if motion.longest_step[atom] > most[atom]:
        frame, step, limit = motion.longest_step_frame[atom], motion.longest_step[atom] / ANGSTROM, most[atom] / ANGSTROM
        raise ValueError(
            f"{path}: atom {atom} moves by {step:.3g} Å between frames {frame - 1} and {frame}, where at {temperature:g} K its "
            f"velocity takes it at most {limit:.3g} Å in {interval * 1e15:.4g} fs; are positions wrapped without a cell, atoms "
            f"in changing order, runs joined, or interval= too short? {NO_INERTIA}"
        )
    assert motion.positions is not None
    _validate_steps(path, motion.positions, motion.masses, interval, temperature, criterion)
    if motion.velocities is not None:
        _validate_velocities(path, motion.positions, motion.velocities, motion.masses, interval, temperature, criterion)


def _validate_steps(
    path: Path, positions: Array, masses: Array, interval: float, temperature: float, criterion: MotionCriterion
) -> None:
    """Raise ``ValueError`` where the steps' apparent temperature, or its bound in close frames, is not the stated one."""
    moving = np.ptp(positions, axis=0).any(axis=1)
    if len(positions) < 3 or not moving.any():
        return
    r, m = positions[:, moving], masses[moving]
    one, two = (float((m * ((r[k:] - r[:-k]) ** 2).sum(axis=2).mean(axis=0)).sum()) for k in (1, 2))
    unit = 3 * len(m) * BOLTZMANN * interval**2
    low, high = one / unit, (one + (one - two / 4) / 3) / unit
    coldest, hottest = criterion.temperature_bounds(len(m))
    if low > temperature * hottest:
        raise ValueError(
            f"{path}: in {interval * 1e15:.4g} fs from frame to frame atoms move as if at {low:.4g} K or more, not at "
            f"{temperature:g} K; interval= may be {np.sqrt(low / temperature):.3g} times too short, or temperature= too low "
            f"{NO_INERTIA}"
        )
    if two > criterion.ballistic_ratio * one and high < temperature * coldest:
        raise ValueError(
            f"{path}: in {interval * 1e15:.4g} fs from frame to frame atoms move as if at {high:.3g} K, not at "
            f"{temperature:g} K; interval= may be {np.sqrt(temperature / high):.3g} times too long, or temperature= too high "
            f"{NO_INERTIA}"
        )


def _validate_velocities(
    path: Path, r: Array, v: Array, masses: Array, interval: float, temperature: float, criterion: MotionCriterion
) -> None:
    """Raise ``ValueError`` where velocities [m.s-1] do not fit the temperature, or the steps between positions [m]."""
    kinetic = float((masses * (v**2).sum(axis=2).mean(axis=0)).sum() / (3 * len(masses) * BOLTZMANN))
    coldest, hottest = criterion.temperature_bounds(len(masses))
    if not temperature * coldest < kinetic < temperature * hottest:
        raise ValueError(
            f"{path}: velocities are those of {kinetic:.4g} K, the temperature is {temperature:g} K; correct temperature=, or "
            f"the unit of the velocities {NO_INERTIA}"
        )
    if len(r) < 3:
        return
    square = float((v**2).mean())
    shortest = float((v[1:-1] * (r[2:] - r[:-2])).mean() / (2 * square))
    noise = np.sqrt(float(((r[2:] - r[:-2]) ** 2).mean()) / (4 * square * v[1:-1].size))
    mean = (v[1:] + v[:-1]) / 2
    longest = float((mean * (r[1:] - r[:-1])).mean() / (mean**2).mean())
    close = float((v[1:] * v[:-1]).mean()) > criterion.velocity_correlation * square
    if shortest - 4 * noise > criterion.interval_ratio * interval or (close and longest * criterion.interval_ratio < interval):
        apparent = longest if close else shortest
        raise ValueError(
            f"{path}: by velocities and steps frames are {'' if close else 'at least '}{apparent * 1e15:.4g} fs apart, "
            f"not {interval * 1e15:.4g} fs; correct interval= {NO_INERTIA}"
        )
