"""From the orderings at each composition to one free energy: the lowest, or the Boltzmann average."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import EnergyTable, Extent, validate_extent
from a2c_pybamm.estimate import Array
from a2c_pybamm.laws.thermodynamics.expansion import Expansion

ENSEMBLE_SOURCE = "functional ensemble (model form)"
"""Name of the source of an ensemble of functionals: the same germ in all that it computed."""
UNRELIABLE_STD_FACTOR = 3.0
"""Factor on the standard deviation of an unreliable energy, a choice of ours: a relaxation that did not converge, or a
composition inside (0, 1) of which one ordering alone was computed where others list several, so that the lowest may have been
missed."""
ION_COUNT_TOLERANCE = 1e-4
"""Difference of x of a supercell from that of a whole number of ions: tables round x."""
COMPLETE_SHARE = 0.99
"""Share of all arrangements from which a list counts as complete: what is missing then adds 0.01 R at most to the entropy."""
SAME_COMPOSITION = 1e-4
"""Compositions closer than this are one: tables round them to four digits or more, and a supercell of 100 sites has steps of a
hundredth."""
SAME_ENERGY = 1e-9
"""Relative difference of energies below which two rows of one composition are the same ordering, listed twice."""


@dataclass(frozen=True, eq=False)
class Compositions:
    """One number for each composition, and its derivatives by the energies of the structures."""

    x: Array
    """Occupied fractions, ascending (n,)."""
    energy: Array
    """Energies that an expansion's straight line and interactions are fitted to, ideal mixing taken out [eV] (n,)."""
    weights: sparse.csr_array
    """Derivative of the energy by that of each structure (n, n_structure)."""
    spread: Array
    """Relative standard deviation of each structure's energy (n_structure,)."""
    entropy: Array | None
    """Excess configurational entropy [J.mol-1.K-1] (n,); None for energies at 0 K."""
    entropy_weights: sparse.csr_array | None
    """Its derivative by each structure's energy [J.mol-1.K-1.eV-1] (n, n_structure)."""
    method: str
    """One line."""

    @property
    def relative_std(self) -> Array:
        """Relative standard deviation of the energies where structures err independently (n,)."""
        return np.sqrt(np.asarray((self.weights**2) @ self.spread**2))


def by_composition(x: Array) -> list[NDArray[np.intp]]:
    """Rows of each composition, compositions ascending."""
    order = np.argsort(x, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(x[order]) > SAME_COMPOSITION) + 1)


def distinct_structures(table: EnergyTable, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Rows of one composition whose energies differ, like ones once, in the order of their energies."""
    ascending = rows[np.argsort(table.energy[rows], kind="stable")]
    energy = table.energy[ascending]
    apart = np.diff(energy) > SAME_ENERGY * np.abs(energy).max(initial=1.0)
    return np.asarray(ascending[np.concatenate([[True], apart])])


def lowest_energies(table: EnergyTable) -> Compositions:
    """The lowest energy at each composition: ideal mixing has to be added, a mean-field choice.

    Raises
    ------
    ValueError
        If the energies are not per site.
    """
    validate_extent(table, Extent.SITE, f"energies of {table.label}")
    rows = by_composition(table.x)
    lowest = np.array([r[np.argmin(table.energy[r])] for r in rows])
    x = table.x[lowest]
    alone = (
        np.array([len(distinct_structures(table, r)) == 1 for r in rows]) & (x > SAME_COMPOSITION) & (x < 1 - SAME_COMPOSITION)
    )
    inner = int(((x > SAME_COMPOSITION) & (x < 1 - SAME_COMPOSITION)).sum())
    spread = np.where(table.converged, 1.0, UNRELIABLE_STD_FACTOR)
    if alone.sum() < inner:  # a list of one ordering for every composition is no search among orderings
        spread[lowest[alone]] = UNRELIABLE_STD_FACTOR
    weights = sparse.csr_array((np.ones(len(x)), (np.arange(len(x)), lowest)), shape=(len(x), len(table.x)))
    method = "lowest energies + ideal mixing (mean field)"
    return Compositions(x, table.energy[lowest] / FARADAY, weights, spread, None, None, method)


def _distinct_orderings(table: EnergyTable, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Rows of one composition without those that repeat another's name, energy and degeneracy."""
    degeneracy = np.ones(len(table.x)) if table.degeneracy is None else table.degeneracy
    first = {(table.structure[k], table.energy[k], degeneracy[k]): k for k in rows[::-1]}
    return np.array(sorted(first.values()))


def boltzmann_average(table: EnergyTable, temperature: float, sites: float) -> Compositions:
    r"""Free energy of all orderings listed at each composition, ideal mixing of the same supercell taken out.

    .. math::
        F = -\frac{RT}{N}\ln\sum_i g_i\,e^{-N E_i/RT}, \qquad
        F - F_\mathrm{ideal} = F + \frac{RT}{N}\ln\binom{N}{xN}

    with :math:`E_i` per site and :math:`g_i` of one common supercell of N sites. F holds the configurational entropy already;
    taking out the ideal mixing of the same finite cell leaves exactly nothing where ions do not interact, whatever N.

    Raises
    ------
    ValueError
        If the energies are not per site, the table has no degeneracies, N is not positive, or more arrangements are listed than
        there are.
    """
    validate_extent(table, Extent.SITE, f"energies of {table.label}")
    if table.degeneracy is None:
        raise ValueError(
            f"energies of {table.label}: no degeneracies; name their column, or take the lowest energies (ensemble='lowest')"
        )
    if not sites > 0:
        raise ValueError(
            f"energies of {table.label}: the supercell has {sites:g} sites; give the number that degeneracies count"
        )
    thermal = GAS_CONSTANT * temperature
    x, energy, entropy, derivatives, listed = [], [], [], [], 1.0
    for rows in by_composition(table.x):
        rows = _distinct_orderings(table, rows)
        here = float(table.x[rows[0]])
        g = table.degeneracy[rows]
        if abs(here * sites - round(here * sites)) > ION_COUNT_TOLERANCE * sites:
            raise ValueError(
                f"energies of {table.label}: x = {here:g} of {sites:g} sites is no whole number of ions; degeneracies and "
                "sites must be of one supercell"
            )
        arrangements = gammaln(sites + 1) - gammaln(here * sites + 1) - gammaln((1 - here) * sites + 1)
        if np.log(g.sum()) > arrangements + 1e-6:
            raise ValueError(
                f"energies of {table.label}: {g.sum():g} arrangements listed at x = {here:g}, a supercell of {sites:g} sites "
                f"has {np.exp(arrangements):.6g}; degeneracies and sites must be of one supercell"
            )
        listed = min(listed, float(g.sum() / np.exp(arrangements)))
        exponent = np.log(g) - sites * table.energy[rows] / thermal
        total = float(logsumexp(exponent))
        share = np.exp(exponent - total)
        mean = float(share @ table.energy[rows])
        free = -thermal / sites * total
        x.append(here)
        energy.append((free + thermal / sites * arrangements) / FARADAY)
        entropy.append((mean - free) / temperature - GAS_CONSTANT * arrangements / sites)
        # ∂s/∂E_i = (∂⟨E⟩/∂E_i − ∂F/∂E_i)/T
        change = -share * sites / thermal * (table.energy[rows] - mean) / temperature
        derivatives.append((rows, share, change * FARADAY))
    index = np.repeat(np.arange(len(derivatives)), [len(rows) for rows, *_ in derivatives])
    column = np.concatenate([rows for rows, *_ in derivatives])
    shape = (len(derivatives), len(table.x))
    weights, changes = (
        sparse.csr_array((np.concatenate([values[k] for values in derivatives]), (index, column)), shape=shape) for k in (1, 2)
    )
    spread = np.where(table.converged, 1.0, UNRELIABLE_STD_FACTOR)
    method = f"Boltzmann average of orderings at {temperature:g} K in a supercell of {sites:g} sites"
    if listed < COMPLETE_SHARE:  # arrangements that are not listed count as unreachable: an entropy of the list alone
        method += f" (at one composition only {listed:.2g} of all arrangements listed)"
    return Compositions(np.array(x), np.array(energy), weights, spread, np.array(entropy), changes, method)


def compositions_of(table: EnergyTable, law: Expansion, ensemble: str, sites: float | None) -> Compositions:
    """One energy for each composition, by the ensemble of a fit.

    Raises
    ------
    ValueError
        If the ensemble is unknown, or a Boltzmann average lacks the number of sites.
    """
    if ensemble == "lowest":
        return lowest_energies(table)
    if ensemble != "boltzmann":
        raise ValueError(f"{law.material}: ensemble {ensemble!r} is unknown; take 'lowest' or 'boltzmann'")
    if sites is None:
        raise ValueError(
            f"{law.material}: a Boltzmann average needs sites, the number in the supercell that degeneracies count"
        )
    return boltzmann_average(table, law.reference_temperature, sites)


def ensemble_deviations(table: EnergyTable) -> Array:
    r"""Columns :math:`(E_k - \bar E)/\sqrt{K-1}` of an ensemble of functionals [eV] (n_structure, n_member)."""
    energies = np.zeros((len(table.x), 0)) if table.ensemble is None else table.ensemble
    deviation = (energies - energies.mean(axis=1, keepdims=True)) / FARADAY
    return np.asarray(deviation / np.sqrt(len(table.members) - 1))


def check_std(material: str, energy_std: float | None) -> None:
    """Raise ``ValueError`` unless a standard deviation is positive and finite, or not given."""
    if energy_std is not None and not 0 < energy_std < np.inf:
        raise ValueError(f"{material}: energy_std must be positive, got {energy_std:g} J/mol; leave it out if it is not known")
