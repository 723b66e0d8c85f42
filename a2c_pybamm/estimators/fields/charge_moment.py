r"""Second moment of charge: the curvature of the charge structure factor at zero wave number."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.data import FieldKind, FieldVariance
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.fields.limit_fit import LimitData, LimitFit, fit_limit
from a2c_pybamm.estimators.fields.plateau import PlateauCriterion
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.time_series.resolution import NotResolved
from a2c_pybamm.estimators.time_series.zero_frequency import misfit_source
from a2c_pybamm.laws.conduction.limiting_slopes import LIMITING
from a2c_pybamm.laws.law import log_coefficient


def debye_length(variance: FieldVariance) -> float:
    r"""Debye length of a charge field in vacuum [m], :math:`\lambda_D^2 = \varepsilon_0 k_BT V/(e^2\sum_i q_i^2)`."""
    charge = variance.density * ELEMENTARY_CHARGE**2
    return float(np.sqrt(LIMITING.vacuum_permittivity * BOLTZMANN * variance.temperature / charge))


def fit_charge_second_moment(
    variance: FieldVariance, *, material: str, source: str, criterion: PlateauCriterion | None = None
) -> Estimate:
    r"""Logarithm of the second moment of charge [m2], to which :math:`S_{ZZ}(k)/k^2` goes at small wave numbers.

    .. math::
        M = \lim_{k\to0}\frac{\langle|\rho_q(k)|^2\rangle}{k^2\sum_i q_i^2}
          = -\frac{1}{6\sum_i q_i^2}\Bigl\langle\sum_{ij} q_iq_jr_{ij}^2\Bigr\rangle

    Charges that are free screen perfectly, :math:`M = \lambda_D^2` with the Debye length of all charges in vacuum (Stillinger
    and Lovett [1]_); bound charges have :math:`M = (1 - 1/\varepsilon)\lambda_D^2`, independent pairs with a separation d
    :math:`M = \langle d^2\rangle/6`. The ratio :math:`M/\lambda_D^2` stands in the provenance: it is 1 of a conductor whose
    charges are those that made its forces. The variance of the charge falls as
    :math:`3\rho M/(16\pi^{3/2}\ell^5)`.

    The laws, windows and errors are those of `fit_correlation_length`, for :math:`S_{ZZ}/k^2`, with b = 0.

    Parameters
    ----------
    variance
        Of kind ``"charge"``.
    material
        Begins the coefficient's name.
    source
        Name of the sampling error.

    Raises
    ------
    NotResolved
        If charges do not screen on the length of the cell, no law fits, or the run is too short.
    ValueError
        If the field is none of charge, or has Bragg peaks or too few wave numbers.

    References
    ----------
    .. [1] F. H. Stillinger, R. Lovett, J. Chem. Phys. 49 (1968) 1991.
    """
    criterion = criterion or PlateauCriterion()
    name, smallest = log_coefficient(material, "charge second moment", "m2"), float(variance.wave_number[0])
    if variance.kind is not FieldKind.CHARGE:
        raise ValueError(f"{name}: the field is one of {variance.kind}; give field_variance(..., kind='charge')")
    if len(variance.peaks):
        raise ValueError(f"{name}: Bragg peak at {variance.peaks[0, 0]:.3g} 1/m; take lengths above 5 over it")
    if len(variance.wave_number) < criterion.limit.least_wave_numbers:
        raise ValueError(f"{name}: {len(variance.wave_number)} wave numbers; give smaller lengths or a larger cell")
    if len(variance.by_block) < criterion.limit.least_blocks:
        raise ValueError(f"{name}: {len(variance.by_block)} blocks of frames, an error needs {criterion.limit.least_blocks}")
    moments = variance.structure_factor * (smallest / variance.wave_number) ** 2
    if not moments.max() > criterion.least_structure:
        raise NotResolved(f"{name}: the charges are at rest on a lattice, their field does not fluctuate")
    waves = np.asarray(variance.waves, float)
    fit = fit_limit(LimitData(variance.wave_number, waves, moments, variance.n_frame, 0.0), criterion.limit)
    _validate(fit, name, smallest, criterion)
    value, debye = float(fit.mean[0]) - 2 * float(np.log(smallest)), debye_length(variance)
    report = {
        "second moment [m2]": float(np.exp(value)),
        "screening length [m]": float(np.exp(value / 2)),
        "Debye length in vacuum [m]": debye,
        "second moment over squared Debye length": float(np.exp(value)) / debye**2,
        **fit.report(),
    }
    data = data_fingerprint(variance, len(variance.by_block), source)
    estimate = Estimate.from_covariance(
        (name,),
        [value],
        fit.sampling[:1, :1],
        source=source,
        method="charge structure factor over k² at small wave numbers by a mixture of laws",
        provenance={**variance.provenance, "fit": report},
        data=data,
    )
    misfit = float(np.linalg.norm(fit.misfit(criterion.limit)[0]))
    label = label_hash(name, source, data)
    return estimate.add_source(misfit_source(source), Factor(np.array([[misfit]]), (f"{label}:misfit",)))


def _validate(fit: LimitFit, name: str, smallest: float, criterion: PlateauCriterion) -> None:
    """Raise ``NotResolved`` where the limit is none."""
    if fit.p < criterion.limit.misfit_level:
        raise NotResolved(
            f"{name}: χ² = {fit.chi2:.3g} of the smallest wave numbers, none of the laws fits; take a larger cell"
        )
    length = float(np.exp(fit.mean[1] / 2))
    if length * smallest > criterion.largest_reduced_wave:
        raise NotResolved(
            f"{name}: S/k² still rises at the smallest wave number (length {length:.3g} m, cell {2 * np.pi / smallest:.3g} m): "
            "charges do not screen on the length of the cell; take a larger one"
        )
    if fit.std[0] * criterion.resolved > 1:
        raise NotResolved(f"{name}: ± {fit.std[0]:.2g} of its logarithm; run longer or take more independent frames")
