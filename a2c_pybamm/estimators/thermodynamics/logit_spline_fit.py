"""Free energy by a spline of the logit: energies, potentials and temperatures in one fit, its roughness averaged over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.fingerprint import array_fingerprint
from a2c_pybamm.estimators.thermodynamics.emitted_modes import EmittedSlopes, emitted_slopes
from a2c_pybamm.estimators.thermodynamics.orderings import Compositions, boltzmann_average, lowest_energies
from a2c_pybamm.estimators.thermodynamics.roughness_prior import LinearData, SlopePosterior, slope_posterior
from a2c_pybamm.estimators.thermodynamics.slope_data import (
    SAME_TEMPERATURE,
    SlopeRows,
    energy_rows,
    linear_problem,
    potential_rows,
    start_slopes,
)
from a2c_pybamm.estimators.thermodynamics.supercell_size import SizeError, entropy_size_error, size_error
from a2c_pybamm.laws.thermodynamics.logit_basis import logit
from a2c_pybamm.laws.thermodynamics.logit_spline import LogitSpline

Table = EnergyTable | ChemicalPotentials
END_MARGIN = 0.01
"""Distance of the outermost knots from empty and full at least: beyond, the host is a dilute gas of ions or vacancies."""
LEAST_SLOPES = 40
"""Slopes of a law, unless it has more than 27 compositions: more left the fits of 18 measured curves as they were."""
SLOPES_PER_COMPOSITION = 1.5
MOST_SLOPES = 99
"""Slopes that a law can have."""
N_SIZE_ITERATION = 2
"""Corrections of a supercell's size, each with the slopes of the fit before: the third changes exact chains by less than 1 %."""
DEGREES_OF_PRIOR = 3.0
"""Degrees of freedom with which the declared noise counts against the scatter: χ² of one or two is no evidence."""
LEAST_DATA = 3
"""Compositions of which a curve has a slope and a bend."""


def logit_spline(
    material: str,
    data: Table | Sequence[Table],
    *,
    stable: bool = False,
    window: tuple[float, float] | None = None,
    temperature: float = STANDARD_TEMPERATURE,
    entropies: bool = False,
    ion: str = "Li",
) -> LogitSpline:
    """Law with evenly spaced knots over the compositions of the data, as many as these determine and more.

    Parameters
    ----------
    stable
        Whether the host is known to be one phase at all compositions of the data: every draw is then.
    window
        Compositions between which the mean voltage is taken, those of the data if not given.
    entropies
        Whether the slopes change with temperature: with potentials at several temperatures, or a Boltzmann average.
    """
    x = np.concatenate([table.x for table in _tables(data)])
    n = len(np.unique(np.round(x, 6)))
    low, high = float(x.min()), float(x.max())
    n_slope = int(np.clip(SLOPES_PER_COMPOSITION * n, LEAST_SLOPES, MOST_SLOPES))
    if not high > low:
        raise ValueError(f"{material}: all data are at x = {low:g}; give at least {LEAST_DATA} compositions")
    knots = np.linspace(max(low, END_MARGIN), min(high, 1 - END_MARGIN), n_slope + 1)
    shape: Literal["stable", "plain"] = "stable" if stable else "plain"
    over = (round(low, 6), round(high, 6)) if window is None else window
    count = n_slope if entropies else 0
    return LogitSpline(material, tuple(np.round(knots, 8).tolist()), over, shape, temperature, count, ion)


@dataclass(frozen=True, eq=False)
class _Problem:
    """Data of one fit, before and after corrections of a supercell's size."""

    rows: tuple[SlopeRows, ...]
    compositions: tuple[Compositions | None, ...]
    tables: tuple[Table, ...]


def fit_logit_spline(
    data: Table | Sequence[Table],
    law: LogitSpline,
    *,
    energy_std: float | None = None,
    ensemble: Literal["lowest", "boltzmann"] = "lowest",
    sites: float | None = None,
    source: str | None = None,
) -> Estimate:
    r"""Coefficients of a logit spline from energies, chemical potentials, or both, at one or several temperatures.

    The slopes' logarithms (``law.shape == "stable"``) or the slopes themselves have the prior of `roughness_prior`: between and
    beyond the data a curve may be as rough as elsewhere, and the error is that of all curves that pass the data. So there is no
    misfit beside it; declared noise that the data exceed (χ²/ν > 1) widens it. The error is emitted in modes; those left out
    move the voltage by less than 0.1 mV.

    Parameters
    ----------
    data
        Tables by one method.
    energy_std
        Standard deviation of an energy [J.mol-1 per site]. Noise that is not declared is averaged over.
    ensemble, sites
        As in `fit_free_energy`. The energies of a supercell of ``sites`` sites with all orderings are corrected for its size.

    Raises
    ------
    ValueError
        If there are fewer than three different compositions, data by several methods lack their standard deviations, or potentials
        are at another temperature than the law's.
    """
    tables = _tables(data)
    problem = _problem(tables, law, energy_std, ensemble, sites)
    several = law.entropies > 0 and any(row.warming.any() for row in problem.rows)
    corrected, posterior, linear, size = _fit_with_size(problem, law, sites if ensemble == "boltzmann" else None, several)
    widening = _widening(posterior, all(row.known for row in problem.rows))
    posterior = _widened(posterior, widening)
    emitted = emitted_slopes(posterior, law, entropies=several)
    return _estimate(law, tables, corrected, posterior, linear, emitted, size, source, energy_std, several)
