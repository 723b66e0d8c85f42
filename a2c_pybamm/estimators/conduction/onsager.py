r"""Conductivity, transference number and salt coefficient of an electrolyte from one trajectory, with their exact errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import digamma, polygamma

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import Array, ElectrolyteMotion
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.conduction.onsager_matrix import OnsagerMatrix, Weighting, onsager_matrix
from a2c_pybamm.estimators.conduction.onsager_report import binary_salt, ion_block, onsager_report
from a2c_pybamm.estimators.statistics.averaging import student_variance
from a2c_pybamm.estimators.time_series.flat_band import BandCriterion
from a2c_pybamm.laws import (
    BinarySalt,
    conductivity,
    conductivity_name,
    salt_coefficient,
    salt_coefficient_name,
    transference_in_volume_frame,
    transference_name,
    transference_number,
)


@dataclass(frozen=True)
class WishedErrors:
    """Standard errors for which a report states how long a run must be."""

    ln_kappa: float = 0.05
    """Of the conductivity's logarithm: 800 degrees of freedom."""
    t_plus: float = 0.03
    """Of the transference number, which shifts the diffusion potential by about a twentieth."""


def fit_onsager(
    motion: ElectrolyteMotion,
    *,
    material: str,
    source: str,
    solvent: Sequence[str] | None = None,
    weighting: Weighting = "mass",
    window: float | None = None,
    volumes: Mapping[str, float] | None = None,
    criterion: BandCriterion | None = None,
    wished: WishedErrors | None = None,
) -> Estimate:
    r"""Logarithms of :math:`\kappa` and :math:`L_s`, and :math:`t_+`, of one electrolyte in the solvent frame.

    **One window.** The collective displacements of all species against the solvent are projected on the K slowest sines of the
    run (`onsager_matrix`). K is the same for all entries: L is positive semi-definite, and :math:`\nu L` has Wishart's
    distribution with :math:`\nu = 3K`. K is a fifth of the largest up to which a test at 0.3 % shows no trend of the ions'
    covariance from sine to sine (of all sines, at most: curvature that no test shows is then below an error bar).

    **Errors.** In Wishart's law :math:`\hat\kappa \sim \kappa\chi^2_\nu/\nu`,
    :math:`\hat L_s \sim L_s\chi^2_{\nu-1}/\nu`, and :math:`\hat t_+` is Student's with :math:`\nu - 1` degrees of freedom about
    :math:`t_+` in units of :math:`z_+\nu_+F\sqrt{\hat L_s/\hat\kappa(\nu - 1)}`. The three are uncorrelated. The
    logarithms' means are corrected by :math:`\psi(\nu/2) - \ln(\nu/2)` and :math:`\psi((\nu-1)/2) - \ln(\nu/2)`, their
    variances are :math:`\psi_1(\nu/2)` and :math:`\psi_1((\nu-1)/2)`. Correlation with other numbers comes from what they
    share: temperature, volume, potential.

    **Variation in time.** Displacements of few ions that hop, or bind and part, may be uncorrelated and yet have quiet and busy
    times. Where their products vary in time more than Wishart's law has it (at 5 %, on the scales from the window to the run),
    the excess is a source of its own, ``"<source>: variation in time"`` (`variance_factor`).

    **Slow motion.** The slowest few displacements (3, 5, 8 … sines) are compared with the rest of the window: a dip or peak at
    zero frequency that is narrower than the test of trend sees is in them. At 0.1 % the run is refused; at 5 %, which one of
    the comparisons reaches by chance in one run in six, the difference of the three numbers is a source of its own,
    ``"<source>: slow motion"``.

    **Frame.** PyBaMM's salt equation is in the frame of the mean velocity of volume, the diffusion potential takes the
    solvent's :math:`t_+`, and one number stands for both. Emitted is the solvent's. With ``volumes`` the difference,
    :math:`-c(\bar V_+t_+ - \bar V_-t_-)` and :math:`\Delta\ln D = -c(\nu_+\bar V_+ + \nu_-\bar V_-)`, is a source of its own,
    ``"<material> (solvent for volume frame)"``.

    Parameters
    ----------
    material
        First words of the coefficients' names, ``"LiPF6-EC 1 M 298 K"``.
    source
        Name of the sampling error, ``"LiPF6-EC MD 1 M 298 K (sampling)"``.
    solvent, weighting, window, criterion
        Of the reference and of the window, as in `onsager_matrix`.
    volumes
        Partial molar volumes of the two ions [m3.mol-1], of all species for L in the volume frame; their sum over the ions
        of a formula follows from the density over concentration (`salt_partial_molar_volume`).
    wished
        Errors for which the provenance states the length of the run.

    Returns
    -------
    Estimate
        :math:`\ln\kappa` [S.m-1], :math:`t_+`, :math:`\ln L_s` [mol2.J-1.m-1.s-1]; :math:`\ln\kappa` alone where
        there are several cations or anions. All else is in ``provenance["report"]`` (`onsager_report`).

    Raises
    ------
    NotDiffusive
        If the run is too short for displacements to become independent.
    ValueError
        If there is no ion or no solvent, an ion has no volume, the ions fill more than the cell, or the window does not lie
        within the run.
    """
    matrix = onsager_matrix(motion, solvent=solvent, weighting=weighting, window=window, criterion=criterion)
    if volumes and (missing := [matrix.species[i] for i in matrix.ions if matrix.species[i] not in volumes]):
        raise ValueError(f"{material}: no partial molar volume of {missing[0]}; give that of each ion in volumes=")
    if volumes:
        _validate_volumes(matrix, volumes, material)
    report = onsager_report(matrix, volumes=volumes)
    names, mean, variance = emitted_moments(matrix, material)
    estimate = Estimate.from_covariance(
        names,
        mean,
        np.diag(variance),
        source=source,
        method="one window of collective displacements (Onsager matrix in the solvent frame, Wishart's law)",
        provenance={
            **matrix.provenance,
            "window": _window(matrix),
            "report": report.as_json(),
            "planning": _planning(matrix, wished or WishedErrors()),
        },
        data=matrix.data,
    )
    if (matrix.variance_factors > 1).any():
        excess = np.diag(np.sqrt(variance * (matrix.variance_factors - 1)))
        labels = tuple(label_hash(name, "variation in time", matrix.data) for name in names)
        estimate = estimate.add_source(f"{source}: variation in time", Factor(excess, labels))
    if matrix.slow is not None:
        _, slow_mean, _ = emitted_moments(matrix.slow, material)
        labels = tuple(label_hash(name, "slow motion", matrix.data) for name in names)
        estimate = estimate.add_source(f"{source}: slow motion", Factor(np.diag(slow_mean - mean), labels))
    if volumes and len(matrix.ions) == 2:
        column = _frame_shift(matrix, volumes)
        label = label_hash(names, "solvent for volume frame", matrix.data)
        estimate = estimate.add_source(f"{material} (solvent for volume frame)", Factor(column[:, None], (label,)))
    return estimate


def emitted_moments(matrix: OnsagerMatrix, material: str) -> tuple[tuple[str, ...], Array, Array]:
    """Names, means and variances (n,) of the coefficients that an Onsager matrix gives."""
    nu, half = matrix.n_dof, matrix.n_dof / 2
    kappa = float(conductivity(matrix.L, matrix.charges))
    ln_kappa, of_kappa = np.log(kappa) - digamma(half) + np.log(half), float(polygamma(1, half))
    if len(matrix.ions) != 2:
        return (conductivity_name(material),), np.array([ln_kappa]), np.array([of_kappa])
    salt = binary_salt(matrix)
    L_s = float(salt_coefficient(ion_block(matrix.L, matrix), salt))
    ln_L_s, of_L_s = np.log(L_s) - digamma(half - 0.5) + np.log(half), float(polygamma(1, half - 0.5))
    t_plus = float(transference_number(matrix.L, matrix.charges, matrix.ions[0]))
    of_t_plus = transference_scale(kappa, L_s, nu, salt) ** 2 * student_variance(nu - 1)
    names = (conductivity_name(material), transference_name(material), salt_coefficient_name(material))
    return names, np.array([ln_kappa, t_plus, ln_L_s]), np.array([of_kappa, of_t_plus, of_L_s])


def transference_scale(kappa: Any, L_s: Any, n_dof: int, salt: BinarySalt) -> Any:
    r"""Unit :math:`z_+\nu_+F\sqrt{\hat L_s/\hat\kappa(\nu - 1)}` in which :math:`\hat t_+ - t_+` is Student's with ν - 1."""
    return salt.cation_charge * salt.n_cation * FARADAY * np.sqrt(L_s / (kappa * (n_dof - 1)))


def planned_length(matrix: OnsagerMatrix, *, ln_kappa: float | None = None, t_plus: float | None = None) -> float:
    r"""Length of a run [s] that gives these standard errors, from one that is there.

    .. math:: \nu = \frac{2}{\sigma_{\ln\kappa}^2}, \qquad \nu = \frac{z_+^2\nu_+^2F^2L_s}{\kappa\,\sigma_{t_+}^2}

    degrees of freedom are needed, whichever are more, and their number grows with the length of the run. Two replicas of half
    the length do as well, if each is long enough to be fitted.

    Raises
    ------
    ValueError
        If no error is given, one is not positive, or t_plus is asked of several cations or anions.
    """
    wished = [error for error in (ln_kappa, t_plus) if error is not None]
    if not wished or min(wished) <= 0:
        raise ValueError("planned length: give positive errors ln_kappa= or t_plus=")
    needed = [2 / ln_kappa**2] if ln_kappa is not None else []
    if t_plus is not None:
        if len(matrix.ions) != 2:
            raise ValueError("planned length: t_plus is that of one cation and one anion; give ln_kappa= alone")
        salt = binary_salt(matrix)
        L_s = float(salt_coefficient(ion_block(matrix.L, matrix), salt))
        scale = transference_scale(conductivity(matrix.L, matrix.charges), L_s, matrix.n_dof, salt)
        needed.append(float(scale**2 * matrix.n_dof / t_plus**2))
    return matrix.run_length * max(needed) / matrix.n_dof


def _window(matrix: OnsagerMatrix) -> dict[str, Any]:
    return {
        "degrees of freedom": matrix.n_dof,
        "resolution [s]": matrix.resolution,
        "run length [s]": matrix.run_length,
        "trend p-value": matrix.flat_p,
        "isotropy p-value": matrix.isotropy_p,
        "slow motion p-value": matrix.slow_p,
        "variance over that of Wishart's law": matrix.variance_factors.tolist(),
        "temperature [K]": matrix.temperature,
    }


def _planning(matrix: OnsagerMatrix, wished: WishedErrors) -> dict[str, float]:
    """Lengths of the run [s] for the wished errors."""
    lengths = {f"run length for ln kappa ± {wished.ln_kappa:g} [s]": planned_length(matrix, ln_kappa=wished.ln_kappa)}
    if len(matrix.ions) == 2:
        lengths[f"run length for t_plus ± {wished.t_plus:g} [s]"] = planned_length(matrix, t_plus=wished.t_plus)
    return lengths


def _validate_volumes(matrix: OnsagerMatrix, volumes: Mapping[str, float], material: str) -> None:
    """Raise ``ValueError`` where partial molar volumes [m3.mol-1] give the ions all of the cell, or more."""
    share = sum(float(matrix.concentrations[i]) * volumes[matrix.species[i]] for i in matrix.ions)
    if not abs(share) < 1:
        raise ValueError(
            f"{material}: with these partial molar volumes the ions fill {share:.3g} of the cell; give volumes= in m3/mol "
            "(1 cm3/mol is 1e-6)"
        )


def _frame_shift(matrix: OnsagerMatrix, volumes: Mapping[str, float]) -> Array:
    r"""Difference of the volume frame's :math:`(\ln\kappa, t_+, \ln L_s)` from the solvent frame's (3,)."""
    salt, (cation, anion) = binary_salt(matrix), matrix.ions
    of_ions = [volumes[matrix.species[i]] for i in (cation, anion)]
    c = float(matrix.concentrations[cation]) / salt.n_cation
    t_plus = float(transference_number(matrix.L, matrix.charges, cation))
    shift = transference_in_volume_frame(t_plus, c, of_ions, salt) - t_plus
    return np.array([0.0, shift, -c * (salt.n_cation * of_ions[0] + salt.n_anion * of_ions[1])])
