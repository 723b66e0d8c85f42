"""Limits beyond which a motion contradicts its masses, temperature or time between frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.readers.motion.atom_lines import AXES

NO_INERTIA = "(motion without inertia is read with inertial=False, in a study inertial = false)"


@dataclass(frozen=True)
class MotionCriterion:
    """Limits beyond which a motion contradicts its masses, temperature or time between frames.

    The module `plausible_motion` has their choice.
    """

    longest_step: float = 8.0
    """Bound of a step in units of its thermal standard deviation along one direction, sqrt(kT/m) Δt: normal variables are
    below."""
    temperature_share: float = 0.1
    """Share by which the mean of a run may differ from its stated temperature, beside its statistical error: at a barrier of
    0.3 eV and 900 K, 40 % in the diffusivity."""
    constrained_share: float = 2 / 3
    """Share of the motion that is left at least where bonds are held fixed, which is done to those of hydrogen."""
    correlation_time: float = 1e-13
    """Time after which a kinetic energy is another one [s]: a period of a vibration. Slower changes, of a thermostat, are
    within ``temperature_share``."""
    n_std: float = 4.0
    """Standard deviations of a mean within which it agrees."""
    drift_stretches: int = 10
    """Stretches of a run whose mean temperatures are compared."""
    frames_per_stretch: int = 5
    """Frames in each of them at least."""
    drift_share: float = 0.1
    """Share of its mean by which a temperature may drift from the first stretch to the last."""
    ballistic_ratio: float = 3.6
    """``M(2Δt)/M(Δt)``, 4 for constant velocities, from which on a step is a velocity times the time between frames."""
    velocity_correlation: float = 0.5
    """Correlation of velocities one frame apart from which on a step is their mean times the time between frames."""
    interval_ratio: float = 1.1
    """Factor by which a time between frames may differ from that of velocities and steps: the sums above are finite."""
    unit_tolerance: float = 0.1
    """Relative difference of a wrong time between frames from the ratio of two units of length up to which these are named."""

    def temperature_error(self, n_atom: int, duration: float) -> float:
        r"""Relative standard deviation of the mean temperature of so many atoms over a duration [s].

        That of one moment is :math:`\sqrt{2/(3N)}`; of a mean over independent ones it falls with the root of their number.
        """
        return float(np.sqrt(2 / (len(AXES) * n_atom) / (1 + duration / self.correlation_time)))

    def temperature_bounds(self, atoms: NDArray[np.int64], duration: float) -> tuple[float, float]:
        """Least and largest mean temperature over the stated one, of a run of atoms by their numbers and a duration [s]."""
        spread = self.temperature_share + self.n_std * self.temperature_error(len(atoms), duration)
        least = self.constrained_share if (atoms == 1).any() else 1.0
        return float(max(0.0, least * (1 - spread))), float(1 + spread)


MOTION_CRITERION = MotionCriterion()
"""The limits unless others are given."""
