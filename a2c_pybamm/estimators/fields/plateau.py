r"""Judgement on the plateau of a field's variance times ℓ³: its height S(0) and the length on which it is reached, or none."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from a2c_pybamm.data import FieldKind, FieldVariance
from a2c_pybamm.estimators.fields.limit_fit import LimitData, LimitFit, LimitSettings, fit_limit


class PlateauStatus(StrEnum):
    """State of the plateau; the first that applies, in this order."""

    CHARGE = "charge"
    """Charges screen one another: S goes to zero as k², the variance falls as the fifth power."""
    BRAGG_PEAKS = "Bragg peaks"
    """A crystal: beside a small thermal part the variance decays exponentially with the squared length."""
    FEW_WAVE_NUMBERS = "few wave numbers"
    """Fewer wave numbers than a law and its test need."""
    FEW_BLOCKS = "few blocks"
    """Fewer blocks of frames than an error needs."""
    UNCORRELATED = "uncorrelated"
    """S = 1 within errors: the plateau holds at all lengths, and there is no correlation length."""
    MISFIT = "misfit"
    """None of the laws fits the smallest wave numbers."""
    HYPERUNIFORM = "hyperuniform"
    """S(0) is zero within errors, far below S at larger wave numbers."""
    BEYOND_CELL = "beyond the cell"
    """The correlation length exceeds what the smallest wave number of the cell resolves."""
    SHORT = "short"
    """S is constant over the wave numbers: the plateau is reached at all lengths, the correlation length is shorter."""
    UNRESOLVED = "unresolved"
    """S(0) or the correlation length has too large an error."""
    PLATEAU = "plateau"
    """S(0) and the correlation length are resolved."""


@dataclass(frozen=True)
class PlateauCriterion:
    """Levels at which a plateau counts as there."""

    largest_reduced_wave: float = 1.0
    """Largest correlation length times the smallest wave number: there half of the correlations lie below it."""
    least_gain: float = 6.0
    """Log-likelihood that two coefficients must gain over no correlations: chance does so once in 400 runs."""
    resolved: float = 3.0
    """Standard errors by which S(0) must lie above zero."""
    largest_length_std: float = 0.5
    """Largest standard error of ln ξ."""
    hyperuniform_share: float = 0.1
    """S(0) with two standard errors over the largest S of the window, below which a limit that is not resolved is zero."""
    least_structure: float = 1e-12
    """Largest S that is zero by round-off: atoms at rest on their sites."""
    limit: LimitSettings = field(default_factory=LimitSettings)


@dataclass(frozen=True, eq=False)
class PlateauReport:
    """Plateau of a field's variance times ℓ³."""

    status: PlateauStatus
    kind: FieldKind
    of: str
    limit: float | None = None
    """S(0), where a law was fitted: the variance's plateau over that of independent particles."""
    limit_std: float | None = None
    correlation_length: float | None = None
    """ξ [m], where a law was fitted; of use where the status is `PLATEAU`."""
    log_length_std: float | None = None
    """Standard error of ln ξ."""
    width: float = 0.0
    """Least width of the cell [m]."""
    smallest_wave: float = 0.0
    """Smallest wave number [m-1]."""
    strongest_peak: tuple[float, float] | None = None
    """Wave number [m-1] and S of the strongest Bragg peak."""
    fit: LimitFit | None = None

    def as_dict(self) -> dict[str, Any]:
        """Numbers as plain JSON."""
        found: dict[str, Any] = {
            "status": str(self.status),
            "field": str(self.kind),
            "of": self.of,
            "S(0)": self.limit,
            "S(0) std": self.limit_std,
            "correlation length [m]": self.correlation_length,
            "ln(correlation length) std": self.log_length_std,
            "cell width [m]": self.width,
            "smallest wave number [m-1]": self.smallest_wave,
            "strongest Bragg peak [m-1, S]": None if self.strongest_peak is None else list(self.strongest_peak),
        }
        return found if self.fit is None else {**found, **self.fit.report()}


def plateau_report(variance: FieldVariance, *, criterion: PlateauCriterion | None = None) -> PlateauReport:
    """Judgement on the plateau of a variance times ℓ³, from its structure factor at small wave numbers; raises nothing."""
    criterion = criterion or PlateauCriterion()
    peak = tuple(map(float, variance.peaks[variance.peaks[:, 1].argmax()])) if len(variance.peaks) else None
    described: dict[str, Any] = {
        "kind": variance.kind,
        "of": variance.of,
        "width": variance.width,
        "smallest_wave": float(variance.wave_number[0]),
        "strongest_peak": peak,
    }
    if variance.kind is FieldKind.CHARGE:
        return PlateauReport(PlateauStatus.CHARGE, **described)
    if peak is not None:
        return PlateauReport(PlateauStatus.BRAGG_PEAKS, **described)
    if len(variance.wave_number) < criterion.limit.least_wave_numbers:
        return PlateauReport(PlateauStatus.FEW_WAVE_NUMBERS, **described)
    if len(variance.by_block) < criterion.limit.least_blocks:
        return PlateauReport(PlateauStatus.FEW_BLOCKS, **described)
    if variance.structure_factor.max() < criterion.least_structure:
        return PlateauReport(PlateauStatus.HYPERUNIFORM, limit=0.0, limit_std=0.0, **described)
    base = 0.0 if variance.kind is FieldKind.SAMPLED else 1.0
    data = LimitData(variance.wave_number, np.asarray(variance.waves, float), variance.structure_factor, variance.n_frame, base)
    fit = fit_limit(data, criterion.limit)
    status = _status(fit, data, criterion)
    flat = status in (PlateauStatus.UNCORRELATED, PlateauStatus.SHORT)
    limit = float(np.exp(fit.mean[0]))
    return PlateauReport(
        status,
        limit=fit.flat if flat else limit,
        limit_std=fit.flat_std if flat else limit * float(fit.std[0]),
        correlation_length=float(np.exp(fit.mean[1] / 2)),
        log_length_std=float(fit.std[1]) / 2,
        fit=fit,
        **described,
    )


def _status(fit: LimitFit, data: LimitData, criterion: PlateauCriterion) -> PlateauStatus:
    """The first status that applies to a fit."""
    limit, (limit_std, square_std) = float(np.exp(fit.mean[0])), fit.std
    largest = float(data.by_block[:, : fit.n_wave_number].mean(axis=0).max())
    length_std = square_std / 2
    if fit.gain < criterion.least_gain:
        return PlateauStatus.UNCORRELATED
    if fit.p < criterion.limit.misfit_level:
        return PlateauStatus.MISFIT
    if limit_std * criterion.resolved > 1 and limit * (1 + 2 * limit_std) < criterion.hyperuniform_share * largest:
        return PlateauStatus.HYPERUNIFORM
    if np.exp(fit.mean[1] / 2) * data.wave_number[0] > criterion.largest_reduced_wave:
        return PlateauStatus.BEYOND_CELL
    if fit.flat_gain < criterion.least_gain:
        return PlateauStatus.SHORT
    if limit_std * criterion.resolved > 1 or length_std > criterion.largest_length_std:
        return PlateauStatus.UNRESOLVED
    return PlateauStatus.PLATEAU
