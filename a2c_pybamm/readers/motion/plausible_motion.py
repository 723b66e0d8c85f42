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

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import ANGSTROM, BOLTZMANN
from a2c_pybamm.data import Array
from a2c_pybamm.readers.motion.frame_collection import MotionStatistics
from a2c_pybamm.readers.motion.motion_criterion import MOTION_CRITERION, NO_INERTIA, MotionCriterion
from a2c_pybamm.readers.units import UNITS

FEMTOSECOND = UNITS["time"]["fs"]
"""One femtosecond [s]."""


def validate_motion(
    path: Path,
    motion: MotionStatistics,
    atoms: NDArray[np.int64],
    *,
    interval: float,
    temperature: float,
    criterion: MotionCriterion = MOTION_CRITERION,
) -> None:
    """Raise ``ValueError`` for a motion that cannot be one of these masses at this temperature and time between frames.

    ``atoms`` are the atomic numbers (n_atom,).

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
            f"velocity takes it at most {limit:.3g} Å in {interval / FEMTOSECOND:.4g} fs; are positions wrapped without a "
            f"cell, atoms in changing order, runs joined, or interval= too short? {NO_INERTIA}"
        )
    assert motion.positions is not None
    if motion.velocities is not None:
        _validate_velocities(path, motion.positions, motion.velocities, interval, criterion)
    _validate_steps(path, motion, atoms, interval, temperature, criterion)


def _validate_steps(
    path: Path,
    motion: MotionStatistics,
    atoms: NDArray[np.int64],
    interval: float,
    temperature: float,
    criterion: MotionCriterion,
) -> None:
    """Raise ``ValueError`` where the steps' apparent temperature, or its bound in close frames, is not the stated one."""
    assert motion.positions is not None
    r, moving = motion.positions, motion.longest_step > 0
    if len(r) <= 2 or not moving.any():
        return
    m = motion.masses[moving]
    one, two = (float(m @ ((r[k:, moving] - r[:-k, moving]) ** 2).sum(axis=2).mean(axis=0)) for k in (1, 2))
    low = motion.mean_square_step / (r.shape[2] * len(m) * BOLTZMANN * interval**2)
    # what a step falls short of a velocity grows with the square of the time: a third of the difference to two steps
    high = low * (1 + (1 - two / (2**2 * one)) / (2**2 - 1)) if one > 0 else low
    coldest, hottest = criterion.temperature_bounds(atoms[moving], interval * motion.n_step)
    if low > temperature * hottest:
        factor = np.sqrt(low / temperature)
        raise ValueError(
            f"{path}: in {interval / FEMTOSECOND:.4g} fs from frame to frame atoms move as if at {low:.4g} K or more, not at "
            f"{temperature:g} K; {_unit_hint(factor, criterion)}interval= may be {factor:.3g} times too short, or temperature= "
            f"too low {NO_INERTIA}"
        )
    if two > criterion.ballistic_ratio * one and high < temperature * coldest:
        factor = np.sqrt(temperature / high)
        raise ValueError(
            f"{path}: in {interval / FEMTOSECOND:.4g} fs from frame to frame atoms move as if at {high:.3g} K, not at "
            f"{temperature:g} K; {_unit_hint(1 / factor, criterion)}interval= may be {factor:.3g} times too long, or "
            f"temperature= too high {NO_INERTIA}"
        )


def _unit_hint(factor: float, criterion: MotionCriterion) -> str:
    """Unit of length in which positions may be that are as many times too large."""
    units = {name: ANGSTROM / UNITS["length"][name] for name in ("nm", "bohr")}
    near = [name for name, ratio in units.items() if abs(factor / ratio - 1) < criterion.unit_tolerance]
    return f"positions may be in {near[0]} in the place of Å, or " if near else ""


def _validate_velocities(path: Path, r: Array, v: Array, interval: float, criterion: MotionCriterion) -> None:
    """Raise ``ValueError`` where velocities [m.s-1] do not fit the steps between positions [m]."""
    if len(r) <= 2:
        return
    square = float((v**2).mean())
    shortest = float((v[1:-1] * (r[2:] - r[:-2])).mean() / (2 * square))
    noise = np.sqrt(float(((r[2:] - r[:-2]) ** 2).mean()) / (2**2 * square * v[1:-1].size))
    mean = (v[1:] + v[:-1]) / 2
    longest = float((mean * (r[1:] - r[:-1])).mean() / (mean**2).mean())
    close = float((v[1:] * v[:-1]).mean()) > criterion.velocity_correlation * square
    if shortest - criterion.n_std * noise > criterion.interval_ratio * interval or (
        close and longest * criterion.interval_ratio < interval
    ):
        apparent = longest if close else shortest
        raise ValueError(
            f"{path}: by velocities and steps frames are {'' if close else 'at least '}{apparent / FEMTOSECOND:.4g} fs apart, "
            f"not {interval / FEMTOSECOND:.4g} fs; correct interval= {NO_INERTIA}"
        )
