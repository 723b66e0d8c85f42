"""Free energy from energies of orderings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import scipy.sparse as sparse

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.fingerprint import array_fingerprint
from a2c_pybamm.estimators.statistics.averaging import (
    LEAST_DEGREES_OF_FREEDOM,
    Average,
    average_nested,
    covariance_columns,
)
from a2c_pybamm.estimators.thermodynamics.order_choice import (
    OrderChoice,
    column_count,
    energy_design,
    size_of,
    validate_choice,
    validate_count,
)
from a2c_pybamm.estimators.thermodynamics.orderings import (
    ENSEMBLE_SOURCE,
    SAME_COMPOSITION,
    Compositions,
    check_std,
    compositions_of,
    ensemble_deviations,
    lowest_energies,
)
from a2c_pybamm.laws.thermodynamics.expansion import Expansion
from a2c_pybamm.laws.thermodynamics.ion import validate_ion


def fit_free_energy(
    table: EnergyTable,
    law: Expansion,
    *,
    source: str | None = None,
    energy_std: float | None = None,
    covariance: Array | None = None,
    choice: OrderChoice | None = None,
    ensemble: Literal["lowest", "boltzmann"] = "lowest",
    sites: float | None = None,
) -> Estimate:
    r"""Coefficients of a free energy that is linear in its interactions, from energies of orderings.

    Generalised least squares of :math:`E(x) - x E_\mathrm{Li} = g_0 - x U_0 + \sum_k L_k\varphi_k(x)`, with for E the lowest
    energy at each composition (mean field: ideal mixing is added), or with ``ensemble="boltzmann"`` the Boltzmann average over
    all orderings in a supercell of ``sites`` sites, ideal mixing taken out. With ``choice`` the fits of all admitted orders are
    averaged within ``law``, and the spread between them is a source of its own.

    The noise of an energy is ``energy_std`` [J.mol-1 per site], or ``covariance`` (n_structure, n_structure) [(J.mol-1)²] where
    structures err together (`composition_covariance` makes one). With neither it comes from the residual; the covariance is
    then widened by :math:`\nu/(\nu-2)`, the variance of Student's t with the :math:`\nu` degrees of freedom left, since few
    compositions determine their scatter badly: 95 % intervals then hold the truth in 95 % of cases, 68 % intervals in more
    (82 % for :math:`\nu = 3`). Energies by an ensemble of functionals, where the table has them, are one further source with
    the members as labels.

    Returns the law's coefficients without the vibrational entropy, which energies at 0 K do not have; excess entropies only
    with a Boltzmann average.

    Raises
    ------
    ValueError
        If the table is of another ion than the law, the choice of orders is of another law or of higher orders than this one's,
        there are too few compositions (one data point, say), no residual degrees of freedom where the scatter is to be
        estimated, the covariance has the wrong shape or is not positive definite, or the leading interaction is attractive
        where the law's coordinates need repulsion.
    """
    source = source or f"{law.material} energies (fit)"
    check_std(law.material, energy_std)
    validate_ion(law, table.ion, f"energies of {table.label}")
    if choice:
        validate_choice(choice, law)
    compositions = compositions_of(table, law, ensemble, sites)
    noise = _structure_noise(table, compositions, energy_std, covariance)
    known = energy_std is not None or covariance is not None
    design = energy_design(law, compositions.x)
    validate_count(len(design), design.shape[1], size_of(law), table.label, 0 if known else LEAST_DEGREES_OF_FREEDOM)
    weights = compositions.weights
    spread = np.asarray(weights @ noise) if noise.ndim == 2 else weights @ sparse.diags_array(noise)
    composition_noise = spread @ spread.T if noise.ndim == 2 else np.sqrt(np.asarray((spread**2).sum(axis=1)).ravel())
    sizes = [column_count(law, order) for order in choice.orders] if choice else [design.shape[1]]
    average = average_nested(design, compositions.energy, np.asarray(composition_noise), sizes, known=known)
    names = (law.voltage_name, *law.interaction_names)
    try:
        mean, jacobian = law.coordinates(average.mean[1:])
    except ValueError as error:
        raise ValueError(f"energies of {table.label}: {error}") from error
    by_structure = jacobian @ np.asarray((weights.T @ average.combination[1:].T).T)  # derivative by each energy
    between = jacobian @ average.between_model_factor[1:]
    if ensemble == "boltzmann" and law.entropies:
        extra, values = _excess_entropies(law, compositions)
        names, mean = (*names, *law.excess_entropy_names), np.concatenate([mean, values])
        by_structure = np.vstack([by_structure, extra])
        between = np.vstack([between, np.zeros((law.entropies, between.shape[1]))])
    root = by_structure @ noise if noise.ndim == 2 else by_structure * noise
    root = covariance_columns(root * average.scatter)
    stamp = _stamp(table, sizes, ensemble)
    factors = {source: Factor(root, tuple(f"{table.label}:{stamp}:{k}" for k in range(root.shape[1])))}
    if choice and len(choice.orders) > 1:
        factors[f"{law.material} order of the law"] = Factor(between, _order_labels(choice))
    if table.ensemble is not None:
        factors[ENSEMBLE_SOURCE] = Factor(by_structure @ ensemble_deviations(table), table.members)
    provenance = {"label": table.label, **table.provenance, "orders": _describe(choice, law, average)}
    fitted = f"{law.kind}, {len(law.interaction_names)} interaction(s)"
    over = f", averaged over orders {', '.join(map(str, choice.orders))}" if choice and len(choice.orders) > 1 else ""
    return Estimate(names, mean, factors, f"{compositions.method}, {fitted} by generalised least squares{over}", provenance)


def fit_end_members(table: EnergyTable, law: Expansion, *, energy_std: float, source: str | None = None) -> Estimate:
    r"""Mean voltage between the end members alone, :math:`-[E(1) - E(0)]/F`: that of a two-phase reaction between them.

    Of several structures at one end the lowest counts. Everything else of the law is left to be declared.

    Parameters
    ----------
    energy_std
        Standard deviation of each of the two energies [J.mol-1 per site].

    Raises
    ------
    ValueError
        If the table is of another ion than the law, an end member is missing, or the law's mean voltage is of another window.
    """
    check_std(law.material, energy_std)
    validate_ion(law, table.ion, f"energies of {table.label}")
    if law.window != (0.0, 1.0):
        raise ValueError(
            f"{law.material}: end members give the mean voltage over [0, 1], the law's window is {law.window}; take that window"
        )
    lowest = lowest_energies(table)
    ends = []
    for x in (0.0, 1.0):
        at = np.flatnonzero(np.abs(lowest.x - x) < SAME_COMPOSITION)
        if not len(at):
            raise ValueError(f"energies of {table.label}: no structure at x = {x:g}; both end members are needed")
        ends.append(int(at[0]))
    empty, full = ends
    std = energy_std / (law.valence * FARADAY) * np.asarray(lowest.weights[[empty, full]] @ lowest.spread)
    stamp = _stamp(table, [0], "end members")
    factor = Factor(np.array([[std[0], -std[1]]]), (f"{table.label}:{stamp}:empty", f"{table.label}:{stamp}:full"))
    factors = {source or f"{law.material} energies (fit)": factor}
    if table.ensemble is not None:
        energies = np.asarray(lowest.weights[[empty, full]] @ table.ensemble)
        step = (energies[0] - energies[1]) / (law.valence * FARADAY)
        factors[ENSEMBLE_SOURCE] = Factor(((step - step.mean()) / np.sqrt(len(step) - 1))[None], table.members)
    value = float(lowest.energy[empty] - lowest.energy[full]) / law.valence
    provenance = {"label": table.label, **table.provenance}
    return Estimate((law.voltage_name,), np.array([value]), factors, "energies of the end members", provenance)


def _structure_noise(
    table: EnergyTable, compositions: Compositions, energy_std: float | None, covariance: Array | None
) -> Array:
    """Standard deviations (n_structure,) or a root (n_structure, n_structure) of the structures' energies [eV or relative]."""
    if covariance is None:
        return compositions.spread * (1.0 if energy_std is None else energy_std / FARADAY)
    if energy_std is not None:
        raise ValueError(f"energies of {table.label}: give energy_std or covariance, not both")
    covariance = np.asarray(covariance, float)
    n = len(table.x)
    if covariance.shape == (n, n) and np.abs(covariance - covariance.T).max() > 1e-8 * np.abs(covariance).max():
        raise ValueError(f"energies of {table.label}: the covariance of the structures is not symmetric; give both triangles")
    if covariance.shape != (n, n):
        raise ValueError(f"energies of {table.label}: covariance of shape {covariance.shape} for {n} structures")
    try:
        return np.asarray(np.linalg.cholesky(covariance / FARADAY**2), float)
    except np.linalg.LinAlgError:
        raise ValueError(
            f"energies of {table.label}: the covariance of the structures is not positive definite; "
            "check its entries, or add each structure's own variance to the diagonal"
        ) from None


def _excess_entropies(law: Expansion, compositions: Compositions) -> tuple[Array, Array]:
    """Derivative by each structure's energy (n_entropy, n_structure) of the excess entropies, and these (n_entropy,)."""
    if compositions.entropy is None or compositions.entropy_weights is None:
        raise ValueError(f"{law.material}: no entropies to fit")
    inverse = np.linalg.pinv(energy_design(law, compositions.x)[:, 2 : 2 + law.entropies])
    return np.asarray((compositions.entropy_weights.T @ inverse.T).T), inverse @ compositions.entropy


def _stamp(table: EnergyTable, sizes: Sequence[int], ensemble: str) -> str:
    return array_fingerprint(table.x, table.energy, table.converged, sizes, settings=ensemble)


def _order_labels(choice: OrderChoice) -> tuple[str, ...]:
    return tuple(f"order {k}" for k in choice.orders)


def _describe(choice: OrderChoice | None, law: Expansion, average: Average) -> dict[str, Any]:
    if choice is None:
        return {"terms": len(law.interaction_names)}
    return {
        "averaged": list(choice.orders),
        "leave-one-out [eV]": list(choice.errors),
        "weights": average.weights.tolist(),
    }


def composition_covariance(table: EnergyTable, *, std: float, length: float, own_std: float) -> Array:
    r"""Covariance of structures' energies (n_structure, n_structure) [(J.mol-1)²], correlated where compositions are close.

    .. math:: \Sigma_{ij} = s^2\,e^{-(x_i - x_j)^2/2\ell^2} + s_0^2\,\delta_{ij}

    Parameters
    ----------
    std
        :math:`s`, standard deviation of the error that structures share [J.mol-1].
    length
        :math:`\ell`, difference of composition over which it changes.
    own_std
        :math:`s_0`, standard deviation of each structure's own error [J.mol-1], positive.
    """
    if not (std >= 0 and length > 0 and own_std > 0):
        raise ValueError(f"energies of {table.label}: std {std:g}, length {length:g} and own_std {own_std:g} must be positive")
    shared = std**2 * np.exp(-((table.x[:, None] - table.x) ** 2) / (2 * length**2))
    return shared + own_std**2 * np.eye(len(table.x))
