"""Temperature of a run: stated for all of it, or beside its frames, or that of its velocities."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import BOLTZMANN, DALTON
from a2c_pybamm.data import Array
from a2c_pybamm.readers.motion.moments import agreed
from a2c_pybamm.readers.motion.motion_criterion import MOTION_CRITERION, NO_INERTIA, MotionCriterion
from a2c_pybamm.readers.motion.run_options import RunOptions
from a2c_pybamm.readers.motion.trajectory_frames import KINETIC
from a2c_pybamm.readers.units import LARGEST_NUMBER

REMEDY = "give it in kelvin as temperature="


def kinetic_temperature(velocities: Array, masses: Array) -> Array | None:
    """Temperature [K] (n_frame,) of the atoms that move, by velocities [m.s-1] (n_frame, n_atom, 3); None if any is not finite.

    Masses are in u (n_atom,).
    """
    moving = velocities.any(axis=(0, 2))
    twice_energy = np.einsum("iak,iak,a->i", velocities, velocities, DALTON * masses)
    kelvin = twice_energy / (max(moving.sum(), 1) * velocities.shape[2] * BOLTZMANN)
    return kelvin if np.isfinite(kelvin).all() else None


def run_temperature(
    path: Path,
    stated: Mapping[str, Any],
    options: RunOptions,
    n_discarded: int | None,
    *,
    interval: float,
    atoms: NDArray[np.int64],
    criterion: MotionCriterion = MOTION_CRITERION,
) -> float:
    """Temperature [K] by the file or by argument; where it is stated for each frame, the mean over those that are kept.

    Where neither gives it, it is that of the velocities, if no hydrogen is there, whose bonds may be held fixed. Without
    ``n_discarded`` the frames are the first ones, still coming to equilibrium, with which nothing has to agree.

    Raises
    ------
    ValueError
        If there is none, it is not positive and finite, file, argument and velocities disagree, or it drifts.
    """
    series = next((stated[key] for key in ("target_temperature_K", "temperature_K") if key in stated), None)
    kinetic = _measured(stated, n_discarded or 0) if options.inertial else None
    given = options.temperature
    if series is not None and np.ndim(series):
        kelvin = _mean_of_frames(path, np.asarray(series, float), given, n_discarded, interval, len(atoms), criterion)
    elif series is None and given is None and KINETIC in stated and kinetic is not None and not (atoms == 1).any():
        kelvin = float(kinetic.mean())
    else:
        kelvin = agreed(path, "temperature", "K", None if series is None else float(series), given, REMEDY)
    if not 1 / LARGEST_NUMBER < kelvin < LARGEST_NUMBER:
        raise ValueError(f"{path}: temperature is {kelvin:g} K, it must be positive and finite; {REMEDY}")
    if n_discarded is not None and kinetic is not None:
        _validate_kinetic(path, kinetic, kelvin, interval, atoms, criterion)
    return kelvin


def _measured(stated: Mapping[str, Any], n_discarded: int) -> Array | None:
    """Temperatures of the frames that are kept [K] (n_frame,), by velocities or as they are stated; None without any."""
    series = next((stated[key] for key in (KINETIC, "temperature_K") if np.ndim(stated.get(key, 0.0))), None)
    return None if series is None else np.asarray(series, float)[n_discarded:]


def _mean_of_frames(
    path: Path,
    series: Array,
    given: float | None,
    n_discarded: int | None,
    interval: float,
    n_atom: int,
    criterion: MotionCriterion,
) -> float:
    """Mean of the temperatures beside the frames [K], from which an argument may differ by one standard deviation of theirs."""
    kept = series[n_discarded or 0 :]
    if n_discarded is None:
        return float(kept.mean() if given is None else given)
    # instantaneous temperatures fluctuate: a thermostat's setting lies within one standard deviation of their mean
    if given is not None and abs(kept.mean() - given) > kept.std():
        raise ValueError(
            f"{path}: temperature is {kept.mean():.4g} ± {kept.std():.2g} K in the file and {given:g} K by argument; {REMEDY}"
        )
    _validate_steady(path, kept, interval, n_atom, criterion)
    return float(kept.mean())


def _validate_kinetic(
    path: Path, kinetic: Array, kelvin: float, interval: float, atoms: NDArray[np.int64], criterion: MotionCriterion
) -> None:
    """Raise ``ValueError`` where velocities drift, or are not those of the temperature [K]."""
    coldest, hottest = criterion.temperature_bounds(atoms, interval * len(kinetic))
    if not kelvin * coldest < kinetic.mean() < kelvin * hottest:
        raise ValueError(
            f"{path}: velocities are those of {kinetic.mean():.4g} K, the temperature is {kelvin:g} K; correct temperature=, "
            f"or the unit of the velocities {NO_INERTIA}"
        )
    _validate_steady(path, kinetic, interval, len(atoms), criterion)


def _validate_steady(path: Path, series: Array, interval: float, n_atom: int, criterion: MotionCriterion) -> None:
    """Raise ``ValueError`` where the means of some stretches of a series of temperatures lie on a line that rises or falls."""
    n = criterion.drift_stretches
    if len(series) < n * criterion.frames_per_stretch:
        return
    means = np.array([stretch.mean() for stretch in np.array_split(series, n)])
    time = np.arange(n) - (n - 1) / 2
    slope = time @ means / (time @ time)
    scatter = np.sqrt(((means - means.mean() - slope * time) ** 2).sum() / (n - 2) / (time @ time))
    natural = np.sqrt(2) * means.mean() * criterion.temperature_error(n_atom, interval * len(series) / n)
    drift, error = (n - 1) * slope, max((n - 1) * scatter, natural)
    if abs(drift) > max(criterion.drift_share * means.mean(), criterion.n_std * error):
        raise ValueError(
            f"{path}: the temperature drifts from {means[0]:.4g} K in the first {1 / n:.0%} of the frames to {means[-1]:.4g} K "
            "in the last, so that the run has no one temperature; leave out what comes before equilibrium (discard=)"
        )
