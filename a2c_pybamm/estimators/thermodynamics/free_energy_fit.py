"""Free energy from energies of orderings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from a2c_pybamm.estimators.thermodynamics.fit_quality import (
    FIT,
    LARGEST_MISFIT,
    FitQuality,
    fit_quality,
    hull_steps,
    validate_quality,
)
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import fit_logit_spline
from a2c_pybamm.estimators.thermodynamics.mean_field import MEAN_FIELD, mean_field_columns
from a2c_pybamm.estimators.thermodynamics.misfit import ReferenceCurves, reference_curves, reference_law, with_misfit
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
from a2c_pybamm.estimators.thermodynamics.plausible_voltages import validate_voltages
from a2c_pybamm.estimators.thermodynamics.slope_data import energy_rows, excess_mixing
from a2c_pybamm.estimators.thermodynamics.slope_entropies import entropy_data, entropy_posterior
from a2c_pybamm.estimators.thermodynamics.supercell_size import (
    SIZE,
    SizeError,
    energy_correction,
    entropy_correction,
    size_error,
)
from a2c_pybamm.laws.thermodynamics.expansion import Expansion
from a2c_pybamm.laws.thermodynamics.ion import validate_ion
from a2c_pybamm.laws.thermodynamics.logit_spline import LogitSpline

WARMING_STEP = 0.5
"""Step of the change of a law's slopes with temperature [K]."""


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
    mean_field_std: float | None = None,
    largest_misfit: float = LARGEST_MISFIT,
    voltage_window: tuple[float, float] | None = None,
) -> Estimate:
    r"""Coefficients of a free energy that is linear in its interactions, from energies of orderings.

    Generalised least squares of :math:`E(x) - x E_\mathrm{Li} = g_0 - x z U_0 + \sum_k L_k\varphi_k(x)`, with for E the lowest
    energy at each composition (mean field: a law with ideal mixing has it beside them), or with ``ensemble="boltzmann"`` the
    Boltzmann average over all orderings in a supercell of ``sites`` sites, less as much ideal mixing as the law has itself,
    corrected for the supercell's size (`supercell_size`). With ``choice`` the fits of all admitted orders are averaged within
    ``law``, and the spread between them is a source of its own. A `LogitSpline` is fitted by `fit_logit_spline`.

    The noise of an energy is ``energy_std`` [J.mol-1 per site], or ``covariance`` (n_structure, n_structure) [(J.mol-1)²] where
    structures err together (`composition_covariance` makes one). With neither it comes from the residual; the covariance is
    then widened by :math:`\nu/(\nu-2)`, the variance of Student's t with the :math:`\nu` degrees of freedom left, since few
    compositions determine their scatter badly: 95 % intervals then hold the truth in 95 % of cases, 68 % intervals in more
    (82 % for :math:`\nu = 3`).

    Further sources: what the law cannot follow (`misfit`), lowest energies in the place of a sum over orderings
    (`mean_field`), a supercell's size, and energies by an ensemble of functionals, where the table has them, with the members
    as labels. The provenance has the distances of the fit under ``"fit"`` (`fit_quality`).

    Returns the law's coefficients without the vibrational entropy, which energies at 0 K do not have; excess entropies only
    with a Boltzmann average.

    Parameters
    ----------
    mean_field_std
        Largest standard deviation of the mean-field choice over x [J.mol-1]; from the spread of the listed orderings if not
        given, and none where no composition lists two.
    largest_misfit
        Distance of the law from the voltage between stable compositions above which the fit is refused [V].
    voltage_window
        Plausible voltages [V], as in `validate_voltages`.

    Raises
    ------
    ValueError
        If the table is of another ion than the law, the choice of orders is of another law or of higher orders than this one's,
        there are too few compositions (one data point, say), no residual degrees of freedom where the scatter is to be
        estimated, the covariance has the wrong shape or is not positive definite, or the leading interaction is attractive
        where the law's coordinates need repulsion; if voltages are none of a host, or the law is too far from the data.
    """
    validate_ion(law, table.ion, f"energies of {table.label}")
    validate_voltages(table, window=voltage_window, energy_std=energy_std)
    if isinstance(law, LogitSpline):
        if choice is not None or covariance is not None:
            raise ValueError(
                f"{law.material}: a logit spline has no orders and takes energy_std; leave choice and covariance out"
            )
        return fit_logit_spline(
            table,
            law,
            energy_std=energy_std,
            ensemble=ensemble,
            sites=sites,
            mean_field_std=mean_field_std,
            largest_misfit=largest_misfit,
            source=source,
        )
    source = source or f"{law.material} energies (fit)"
    check_std(law.material, energy_std)
    if choice:
        validate_choice(choice, law)
    compositions = compositions_of(table, law, ensemble, sites)
    noise = _structure_noise(table, compositions, energy_std, covariance)
    known = energy_std is not None or covariance is not None
    fit = _LeastSquares(law, table, compositions, noise, known, choice, sites if ensemble == "boltzmann" else None)
    average, size = fit.solve()
    mean, jacobian = fit.coordinates(average)
    by_composition = jacobian @ average.combination[1:]
    between = jacobian @ average.between_model_factor[1:]
    names = (law.voltage_name, *law.interaction_names)
    by_structure = np.asarray((compositions.weights.T @ by_composition.T).T)  # derivative by each energy
    size_column = None if size is None else by_composition @ size.energy_error
    if ensemble == "boltzmann" and law.entropies:
        extra, values, error = fit.excess_entropies(mean, size)
        names, mean = (*names, *law.excess_entropy_names), np.concatenate([mean, values])
        by_structure = np.vstack([by_structure, extra])
        between = np.vstack([between, np.zeros((law.entropies, between.shape[1]))])
        size_column = np.concatenate([np.zeros(len(by_composition)) if size_column is None else size_column, error])
    root = by_structure @ noise if noise.ndim == 2 else by_structure * noise
    root = covariance_columns(root * average.scatter)
    stamp = f"{table.label}:{_stamp(table, fit.sizes, ensemble)}"
    factors = {source: Factor(root, tuple(f"{stamp}:{k}" for k in range(root.shape[1])))}
    if choice and len(choice.orders) > 1:
        factors[f"{law.material} order of the law"] = Factor(between, _order_labels(choice))
    if size_column is not None:
        factors[f"{law.material} supercell size"] = Factor(size_column[:, None], (stamp,))
    elif ensemble == "lowest":
        columns = mean_field_columns(table, compositions.x, law.reference_temperature, mean_field_std)
        if columns.shape[1]:
            tags = tuple(f"{stamp}:{k}" for k in range(columns.shape[1]))
            factors[f"{law.material} {MEAN_FIELD}"] = Factor(by_composition @ columns, tags)
    if table.ensemble is not None:
        factors[ENSEMBLE_SOURCE] = Factor(by_structure @ ensemble_deviations(table), table.members)
    reference = fit.reference(energy_std, size)
    quality = fit.quality(average, size, reference.scatter)
    validate_quality(quality, f"energies of {table.label}", f"{law.kind} of {law.material}", largest_misfit)
    provenance = {"label": table.label, **table.provenance, "orders": _describe(choice, law, average), FIT: quality.as_record()}
    fitted = f"{law.kind}, {len(law.interaction_names)} interaction(s)"
    over = f", averaged over orders {', '.join(map(str, choice.orders))}" if choice and len(choice.orders) > 1 else ""
    method = f"{fit.method}, {fitted} by generalised least squares{over}"
    estimate = Estimate(names, mean, factors, method, provenance)
    ratio = fit.residual(average, size) / (fit.noise_std * reference.scatter)
    return with_misfit(estimate, law, reference, ratio, average.degrees_of_freedom, stamp)


class _LeastSquares:
    """One fit of an expansion to the energies at its compositions."""

    def __init__(
        self,
        law: Expansion,
        table: EnergyTable,
        compositions: Compositions,
        noise: Array,
        known: bool,
        choice: OrderChoice | None,
        sites: float | None,
    ) -> None:
        self.law, self.table, self.compositions, self.known, self.sites = law, table, compositions, known, sites
        self.design = energy_design(law, compositions.x)
        spare = 0 if known else LEAST_DEGREES_OF_FREEDOM
        validate_count(len(self.design), self.design.shape[1], size_of(law), table.label, spare)
        weights = compositions.weights
        spread = np.asarray(weights @ noise) if noise.ndim == 2 else weights @ sparse.diags_array(noise)
        variance = spread @ spread.T if noise.ndim == 2 else np.sqrt(np.asarray((spread**2).sum(axis=1)).ravel())
        self.noise = np.asarray(variance)
        self.sizes = [column_count(law, order) for order in choice.orders] if choice else [self.design.shape[1]]
        # energies at 0 K of a law without mixing are its own; a Boltzmann average holds the mixing that such a law has not
        self.energy = (
            compositions.energy if sites is None else excess_mixing(compositions, law.mixing, law.reference_temperature)
        )

    @property
    def mixing(self) -> float:
        """Share of ideal mixing in the fitted curve."""
        return self.law.mixing if self.sites is None else 1.0

    @property
    def method(self) -> str:
        """The energies' method; without mixing that of 0 K."""
        if self.sites is None and not self.law.mixing:
            return "lowest energies without mixing (0 K)"
        return self.compositions.method

    @property
    def noise_std(self) -> Array:
        """Standard deviations of the energies, absolute or relative (n,)."""
        return self.noise if self.noise.ndim == 1 else np.sqrt(np.diag(self.noise))

    def average(self, correction: Array | float = 0.0) -> Average:
        return average_nested(self.design, self.energy + correction, self.noise, self.sizes, known=self.known)

    def coordinates(self, average: Average) -> tuple[Array, Array]:
        """The law's coordinates of an average's coefficients, and their Jacobian."""
        try:
            return self.law.coordinates(average.mean[1:])
        except ValueError as error:
            raise ValueError(f"energies of {self.table.label}: {error}") from error

    def solve(self) -> tuple[Average, SizeError | None]:
        """The average, and the correction of the supercell's size, which comes from the fit before."""
        average = self.average()
        if self.sites is None:
            return average, None
        corrections = []
        for _ in range(SIZE.n_iteration):
            slopes = self.slopes(self.coordinates(average)[0])
            temperature = self.law.reference_temperature
            corrections.append(energy_correction(slopes, self.compositions.x, self.sites, temperature))
            average = self.average(corrections[-1])
        size = size_error(corrections)
        return (average if size.converged else self.average()), size

    def slopes(self, mean: Array, *, warmer: float = 0.0, entropies: Array | None = None) -> Array:
        r""":math:`\Theta(1-x)` (n,) at coordinates of the law, above its temperature by ``warmer`` [K]; 1 at both ends."""
        law, x = self.law, self.compositions.x
        inside = (x > SAME_COMPOSITION) & (x < 1 - SAME_COMPOSITION)
        c = {**dict.fromkeys(law.names, 0.0), **dict(zip((law.voltage_name, *law.interaction_names), mean, strict=True))}
        c |= dict(zip(law.excess_entropy_names, np.zeros(law.entropies) if entropies is None else entropies, strict=True))
        at = np.where(inside, x, 0.5)
        factor = law.thermodynamic_factor(c, at, law.reference_temperature + warmer) * (1 - at)
        return np.where(inside, factor, 1.0)

    def excess_entropies(self, mean: Array, size: SizeError | None) -> tuple[Array, Array, Array]:
        """Derivative by structures' energies (n_entropy, n_structure) of the excess entropies, these, and the size's error."""
        compositions, law = self.compositions, self.law
        if compositions.entropy is None or compositions.entropy_weights is None:
            raise ValueError(f"{law.material}: no entropies to fit")
        inverse = np.linalg.pinv(self.design[:, 2 : 2 + law.entropies])
        values = inverse @ compositions.entropy
        error = np.zeros(law.entropies)
        if size is not None and self.sites is not None:
            here, warm = (self.slopes(mean, warmer=step, entropies=values) for step in (0.0, WARMING_STEP))
            safe = np.maximum(here, SIZE.least_slope)
            warming = law.reference_temperature * (warm - here) / WARMING_STEP / safe
            change = entropy_correction(here, warming, compositions.x, self.sites)
            values = values + (inverse @ change if size.converged else 0.0)
            error = size.share * (inverse @ change)
        return np.asarray((compositions.entropy_weights.T @ inverse.T).T), values, error

    def residual(self, average: Average, size: SizeError | None) -> Array:
        """Energies less the fit's [eV] (n,)."""
        energy = self.energy + (0.0 if size is None else size.energy)
        return np.asarray(energy - self.design @ average.mean)

    def quality(self, average: Average, size: SizeError | None, scatter: float) -> FitQuality:
        """Distances of the fit from the energies, whose noise is the scatter of the spline beside it where not declared."""
        x, residual = self.compositions.x, self.residual(average, size)
        std = self.noise_std * (1.0 if self.known else average.residual_scatter)
        distances = hull_steps(x, self.energy, residual, self.noise_std * scatter, self.law.valence)
        return fit_quality(x, residual, std, average.degrees_of_freedom, declared=self.known, distances=distances)

    def reference(self, energy_std: float | None, size: SizeError | None) -> ReferenceCurves:
        """The spline beside the law."""
        compositions, spline = self.compositions, reference_law(self.law, self.compositions.x)
        rows = replace(energy_rows(compositions, spline, None), noise=self.noise_std, known=self.known)
        if size is not None:
            rows = replace(rows, data=rows.data + size.energy)
        entropies = None
        if self.sites is not None and self.law.entropies:
            entropy, noise, known = entropy_data(compositions, energy_std)
            entropies = entropy_posterior(spline, compositions.x, entropy, noise, known)
        return reference_curves([rows], spline, mixing=self.mixing, entropies=entropies)


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
