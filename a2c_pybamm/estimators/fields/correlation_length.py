r"""Correlation length of a field and the limit of its structure factor at zero wave number."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.data import FieldKind, FieldVariance
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.fields.plateau import PlateauCriterion, PlateauReport, PlateauStatus, plateau_report
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.statistics.averaging import covariance_columns
from a2c_pybamm.estimators.time_series.resolution import NotResolved
from a2c_pybamm.estimators.time_series.zero_frequency import misfit_source
from a2c_pybamm.laws.law import log_coefficient

WITHOUT = (PlateauStatus.CHARGE, PlateauStatus.BRAGG_PEAKS, PlateauStatus.HYPERUNIFORM)
"""States in which a longer run or a larger cell makes no plateau."""


class _WithoutLength(ValueError):
    """No correlation length, with the report on the plateau."""

    def __init__(self, message: str, report: PlateauReport) -> None:
        super().__init__(message)
        self.report = report


class NoPlateau(_WithoutLength):
    """A variance times ℓ³ without a plateau: that of a crystal, or of charges."""


class LengthNotResolved(_WithoutLength, NotResolved):
    """A correlation length that neither run nor cell resolves."""


def fit_correlation_length(
    variance: FieldVariance, *, material: str, source: str, criterion: PlateauCriterion | None = None
) -> Estimate:
    r"""Logarithms of the correlation length :math:`\xi` of a field and of the plateau :math:`S_0` of its variance.

    .. math::
        \frac{8\pi^{3/2}\ell^3\,\mathrm{Var}_\ell}{\rho} \to S_0 = \lim_{k\to0} S(k), \qquad
        S(k) = b + (S_0 - b)\,(1 + qk^2\xi^2)^{-1/q}

    with b = 1 for particles and b = 0 for a sampled field. :math:`\xi` is the second moment of the correlations, the same in
    all laws: Ornstein and Zernike's (q = 1), others of a shorter or longer tail, and a line in k². They are fitted to S(k), of
    which :math:`\mathrm{Var}_\ell` is a sum, from the smallest wave number on in the widest window that they fit, and count by
    their likelihood.

    **Error.** Scatter of the blocks' contributions to the fit, with Student's variance, under ``source``; widened where
    neighbouring blocks are correlated. What the laws differ by is a source of its own, ``source`` with ``(misfit)`` in place
    of ``(sampling)``; so is χ² over its degrees of freedom where no window fits.

    Parameters
    ----------
    material
        Begins the names of the coefficients.
    source
        Name of the sampling error, e.g. ``"LiPF6 MD 298 K (sampling)"``.

    Raises
    ------
    NoPlateau
        If it is a crystal's field or one of charges, or S(0) is zero.
    LengthNotResolved
        If there are no correlations to measure (S = 1), or they are longer than the cell or shorter than the wave numbers
        resolve, no law fits, or the run is too short; with the number and the remedy.
    """
    criterion = criterion or PlateauCriterion()
    report = plateau_report(variance, criterion=criterion)
    fit = report.fit
    if report.status is not PlateauStatus.PLATEAU or fit is None:
        message = f"{material}: {_message(report, variance, criterion)}"
        raise NoPlateau(message, report) if report.status in WITHOUT else LengthNotResolved(message, report)
    names = (log_coefficient(material, "correlation length", "m"), f"{material} ln(S0)")
    turn = np.array([[0.0, 0.5], [1.0, 0.0]])
    data = data_fingerprint(variance, len(variance.by_block), source)
    sampling = turn @ fit.sampling @ turn.T
    estimate = Estimate.from_covariance(
        names,
        turn @ fit.mean,
        sampling,
        source=source,
        method="structure factor at small wave numbers by a mixture of laws",
        provenance={**variance.provenance, "fit": report.as_dict()},
        data=data,
    )
    misfit = covariance_columns(turn @ fit.misfit(criterion.limit))
    label = label_hash(names, source, data)
    labels = tuple(f"{label}:misfit {column}" for column in range(misfit.shape[1]))
    return estimate.add_source(misfit_source(source), Factor(misfit, labels))


def _message(report: PlateauReport, variance: FieldVariance, criterion: PlateauCriterion) -> str:
    """Number, cause and remedy of a state other than a plateau."""
    field, smallest = f"{report.kind} field of {report.of}", report.smallest_wave
    largest = float(variance.wave_number[-1]) if report.fit is None else report.fit.largest
    limit = "" if report.limit is None else f"S(0) = {report.limit:.3g} ± {report.limit_std:.2g}"
    length = report.correlation_length or 0.0
    peak = report.strongest_peak or (0.0, 0.0)
    match report.status:
        case PlateauStatus.CHARGE:
            return f"{field}: S falls as k² and the variance as ℓ⁻⁵, without a plateau; take fit_charge_second_moment"
        case PlateauStatus.BRAGG_PEAKS:
            remedy = ", or take the composition of a mixture on its sites" if report.kind is FieldKind.NUMBER else ""
            return (
                f"{field}: Bragg peak S = {peak[1]:.3g} at {peak[0]:.3g} 1/m; the variance of a crystal falls as exp(-k²ℓ²), "
                f"without a plateau of Var ℓ³; compare lengths with the lattice constant instead{remedy}"
            )
        case PlateauStatus.FEW_WAVE_NUMBERS:
            return (
                f"{field}: {len(variance.wave_number)} wave numbers, a limit needs {criterion.limit.least_wave_numbers}; give "
                "smaller lengths or a larger cell"
            )
        case PlateauStatus.FEW_BLOCKS:
            return (
                f"{field}: {len(variance.by_block)} blocks of frames, an error needs {criterion.limit.least_blocks}; give a "
                "larger n_block to field_variance"
            )
        case PlateauStatus.UNCORRELATED:
            return (
                f"{field}: {limit}, no correlations between particles are resolved from {smallest:.3g} to {largest:.3g} 1/m; "
                "the variance is that of independent particles at all lengths, and there is no correlation length"
            )
        case PlateauStatus.MISFIT:
            chi2 = 0.0 if report.fit is None else report.fit.chi2
            return f"{field}: χ² = {chi2:.3g} of the smallest wave numbers, none of the laws fits; take a larger cell"
        case PlateauStatus.HYPERUNIFORM:
            return f"{field}: {limit}, zero within errors; Var ℓ³ has no plateau above zero"
        case PlateauStatus.BEYOND_CELL:
            return (
                f"{field}: correlation length {length:.3g} m, above {criterion.largest_reduced_wave / smallest:.3g} m, the "
                f"inverse of the smallest wave number; take a cell wider than {2 * np.pi * length:.3g} m"
            )
        case PlateauStatus.SHORT:
            return (
                f"{field}: {limit}, constant up to {largest:.3g} 1/m; the correlation length is below {1 / largest:.3g} m, "
                "give smaller lengths to see it"
            )
    return (
        f"{field}: {limit}, ln of the correlation length ± {report.log_length_std or 0:.2g}; not resolved, run longer or take "
        "more independent frames"
    )
