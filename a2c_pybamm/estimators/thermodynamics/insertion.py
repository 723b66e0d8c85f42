"""Chemical potentials from the energies of putting ions into one supercell, with the error that its size makes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import gammaln

from a2c_pybamm.constants import GAS_CONSTANT
from a2c_pybamm.data import ChemicalPotentials, EnergyTable, Extent, InsertionEnergies, validate_extent
from a2c_pybamm.estimate import Array
from a2c_pybamm.estimators.thermodynamics.orderings import ION_COUNT_TOLERANCE

MIN_STEPS = 3
"""Steps from which a difference of neighbouring ones shows how far a step may be off."""
MIDPOINT_ERROR = 1 / 24
"""Error of a difference E(n + 1) - E(n) as the slope in its middle, in units of the third derivative (Taylor series)."""
BESIDE_ITS_NEIGHBOURS = np.array([-0.5, 1.5, -1.5, 0.5])
"""A step less the mean of its neighbours, in terms of the four energies that make the three."""
LEAST_STIFFNESS = 0.05
"""Least thermodynamic factor, over that of ions without interactions, in the error of a finite cell: where it is negative,
inside a spinodal, the expansion behind that error does not hold."""


def insertion_energies(table: EnergyTable, *, sites: int) -> InsertionEnergies:
    """Steps between the lowest energies of a table whose structures are all of one supercell with so many sites.

    Raises
    ------
    ValueError
        If the energies are not per site, a composition is no whole number of ions of that cell, or there is one composition
        alone.
    """
    validate_extent(table, Extent.SITE, f"energies of {table.label}")
    if not sites >= 2:
        raise ValueError(f"energies of {table.label}: a supercell of {sites:g} sites; give their whole number, two at least")
    ions = table.x * sites
    odd = np.flatnonzero(np.abs(ions - np.round(ions)) > ION_COUNT_TOLERANCE * sites)
    if len(odd):
        raise ValueError(
            f"energies of {table.label}: x = {table.x[odd[0]]:g} of {sites:g} sites is no whole number of ions; correct sites, "
            "all structures must be of one supercell"
        )
    return InsertionEnergies.between(table.label, sites, np.round(ions), table.energy * sites, table.provenance, table.ion)


def insertion_potentials(
    energies: InsertionEnergies,
    *,
    temperature: float,
    ensemble: Literal["lowest", "integration"] = "lowest",
    ideal_mixing: bool = True,
    energy_std: float | None = None,
) -> ChemicalPotentials:
    r"""Chemical potentials in the middle of each step, :math:`x = (n + \frac12\Delta n)/N`, against the metal.

    Of lowest energies (a mean-field choice), and of free energies :math:`F(n)` that hold the entropy of configuration:

    .. math::
        \mu = \frac{\Delta E}{\Delta n} + RT\ln\frac{x}{1-x}, \qquad
        \mu = \frac{1}{\Delta n}\left[\Delta F + RT\,\Delta\ln\binom{N}{n}\right] + RT\ln\frac{x}{1-x}

    In the second the ideal part of the finite cell, :math:`RT\ln[(n+1)/(N-n)]` for one ion, gives way to that of an infinite
    one: ions without interactions get their exact potential at every N.

    The standard deviation has four parts:

    - noise of the two energies, :math:`\sqrt2\,\sigma N/\Delta n`;
    - the midpoint rule, :math:`|\Delta^3 E|/24`;
    - orderings that do not fit into the cell: the distance of a step from the mean of its neighbours,
      :math:`\frac12|\Delta^3 E|`, its square half that of the step and half the mean of all, less what noise makes of it;
    - of free energies, the canonical ensemble of a finite cell, :math:`(RT/2N)\,|\partial_x\ln[(1-x)\Theta]|`: the next order
      of :math:`F = Nf + \frac12 RT\ln[2\pi N x/\Theta]` beyond that of ions without interactions. It shifts neighbouring steps
      alike; a second size of the cell shows it.

    Parameters
    ----------
    temperature
        Temperature [K] of the mixing, and of free energies.
    ensemble
        ``"lowest"``: energies at 0 K of the lowest or one relaxed arrangement. ``"integration"``: free energies.
    ideal_mixing
        False leaves the mixing of lowest energies out: steps at 0 K.
    energy_std
        Standard deviation of an energy per site [J.mol-1]; 0 if not given.

    Raises
    ------
    ValueError
        If there are fewer than three steps, the temperature or error is not positive, or mixing is to be left out of free
        energies, which hold it.
    """
    _validate_options(energies, temperature, ensemble, ideal_mixing, energy_std)
    x, thermal = energies.x, GAS_CONSTANT * temperature
    excess = energies.energy / energies.ions
    if ensemble == "integration":
        excess = excess + thermal * _change_of_arrangements(energies) / energies.ions
    noise = (energy_std or 0.0) * energies.sites / energies.ions
    away = _distance_from_neighbours(x, excess)
    variances = {
        "noise": 2 * noise**2,
        "midpoint rule": (2 * MIDPOINT_ERROR * away * _relative_width(energies)) ** 2,
        "orderings": np.maximum((away**2 + np.mean(away**2)) / 2 - (BESIDE_ITS_NEIGHBOURS**2).sum() * noise**2, 0.0),
        "finite cell": _finite_cell(energies, excess, thermal) ** 2 if ensemble == "integration" else np.zeros_like(x),
    }
    std = np.sqrt(sum(variances.values()))
    rms = {cause: float(np.sqrt(variance.mean())) for cause, variance in variances.items()}
    made = {"sites": int(energies.sites), "ensemble": ensemble, "ideal mixing": ideal_mixing, "rms error [J.mol-1]": rms}
    potential = excess + (thermal * np.log(x / (1 - x)) if ideal_mixing else 0.0)
    provenance = {**energies.provenance, "insertion": made}
    exact = not (std > 0).all()  # a parabola without noise: the fit's residual takes its place
    return ChemicalPotentials(
        energies.label, x, np.full(len(x), float(temperature)), potential, None if exact else std, provenance, energies.ion
    )


def _validate_options(
    energies: InsertionEnergies, temperature: float, ensemble: str, ideal_mixing: bool, energy_std: float | None
) -> None:
    """Raise ``ValueError`` where an argument is wrong, or two contradict each other."""
    where = f"insertion energies of {energies.label}"
    if len(energies.energy) < MIN_STEPS:
        raise ValueError(f"{where}: {len(energies.energy)} steps, an error needs {MIN_STEPS}; compute more numbers of ions")
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"{where}: a temperature of {temperature:g} K; it must be positive")
    if energy_std is not None and not (np.isfinite(energy_std) and energy_std > 0):
        raise ValueError(f"{where}: energy_std is {energy_std:g}; it must be positive, or leave it out")
    if ensemble not in ("lowest", "integration"):
        raise ValueError(f"{where}: ensemble is {ensemble!r}; take 'lowest' or 'integration'")
    if ensemble == "integration" and not ideal_mixing:
        raise ValueError(f"{where}: free energies hold the mixing of ions; leave ideal_mixing on, or take ensemble 'lowest'")


def _change_of_arrangements(energies: InsertionEnergies) -> Array:
    """Change of the logarithm of the number of arrangements in each step (n_step,)."""
    occupied = np.array([energies.before, energies.after])
    arrangements = -gammaln(occupied + 1) - gammaln(energies.sites - occupied + 1)
    return np.asarray(arrangements[1] - arrangements[0])


def _distance_from_neighbours(x: Array, excess: Array) -> Array:
    """Distance of each step from the line through its neighbours [J.mol-1] (n_step,); at both ends the next step's."""
    share = (x[1:-1] - x[:-2]) / (x[2:] - x[:-2])
    inner = np.abs(excess[1:-1] - (1 - share) * excess[:-2] - share * excess[2:])
    return np.concatenate([inner[:1], inner, inner[-1:]])


def _relative_width(energies: InsertionEnergies) -> Array:
    """Square of each step's width over the product of its distances from both neighbours (n_step,); 1 at even spacing."""
    gaps = np.diff(energies.x)
    product = np.concatenate([gaps[:1] ** 2, gaps[:-1] * gaps[1:], gaps[-1:] ** 2])
    return np.asarray((energies.ions / energies.sites) ** 2 / product)


def _finite_cell(energies: InsertionEnergies, excess: Array, thermal: float) -> Array:
    """Size of what the canonical ensemble of a finite cell shifts the potential by [J.mol-1] (n_step,)."""
    x = energies.x
    stiffness = 1 + x * (1 - x) * np.gradient(excess, x, edge_order=2) / thermal
    slope = np.gradient(np.log(np.maximum(stiffness, LEAST_STIFFNESS)), x, edge_order=2)
    return np.asarray(np.abs(slope) * thermal / (2 * energies.sites))
