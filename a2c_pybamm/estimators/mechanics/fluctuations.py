"""Elastic constants of a crystal at a temperature from the fluctuations of its stress at constant volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from a2c_pybamm.constants import BOLTZMANN
from a2c_pybamm.data import IDENTITY, N_VOIGT, Array, Extent, StressKind, StressSeries, validate_extent, voigt_components
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.estimators.mechanics.covariance_error import (
    CovarianceError,
    SpectrumCriterion,
    covariance_combinations,
)
from a2c_pybamm.estimators.mechanics.crystal_symmetry import MANDEL, ElasticForm, invariant_tensors
from a2c_pybamm.estimators.mechanics.elastic_tensor import (
    EXPANSION,
    ElasticCoefficients,
    derivative_map,
    expansion_report,
    form_of,
    tensor_report,
)

ISOTHERMAL = "isothermal"
"""Kind of constants that a canonical ensemble gives."""


@dataclass(frozen=True)
class BornCriterion:
    """Settings of the sampling error of a Born term.

    Raises
    ------
    ValueError
        If there is fewer than two blocks.
    """

    n_block: int = 60
    """Blocks whose means give it: frames of a block must outlast the memory of the Born term."""

    def __post_init__(self) -> None:
        if self.n_block < 2:
            raise ValueError(f"{self}: give two blocks or more")


def fit_elastic_fluctuations(
    series: StressSeries,
    *,
    material: str,
    source: str,
    point_group: str | None = None,
    coefficients: ElasticCoefficients | str = ElasticCoefficients.STRESS_STRAIN,
    criterion: SpectrumCriterion | None = None,
    born_criterion: BornCriterion | None = None,
) -> Estimate:
    r"""Independent isothermal elastic constants [Pa]: ``"LiCoO2 C11 [Pa]"``, …, from stresses at constant volume.

    .. math:: C_{ijkl} = \langle C^\mathrm{Born}_{ijkl}\rangle
        + \frac{N k_\mathrm{B} T}{V}(\delta_{ik}\delta_{jl} + \delta_{il}\delta_{jk})
        - \frac{V}{k_\mathrm{B} T}\bigl(\langle\sigma_{ij}\sigma_{kl}\rangle
        - \langle\sigma_{ij}\rangle\langle\sigma_{kl}\rangle\bigr)

    for virial stresses; total stresses, whose momenta fluctuate as well, need the kinetic term twice. These are second
    derivatives of the free energy by Green–Lagrange strain. The mean stress (of a virial series with
    :math:`-Nk_\mathrm{B}T/V` added) corrects them to derivatives of the stress, as `fit_elastic_tensor` does: a fluid then has
    no shear modulus, and an ideal gas the bulk modulus p.

    The error is that of the covariance of a Gaussian process with the stress's own spectrum (`covariance_combinations`),
    jointly for all constants, with those of the Born term's mean and of the mean stress. The provenance has the Born, kinetic,
    fluctuation and pre-stress parts of each constant, and the number of independent samples. A potential with a sharp cut-off
    has an impulsive part in its Born term: without it the result is off.

    Parameters
    ----------
    point_group
        As in `fit_elastic_tensor`.
    coefficients
        As in `fit_elastic_tensor`.

    Raises
    ------
    ValueError
        If the series has too few independent samples for the joint error of its constants, or the Born term too few values.

    References
    ----------
    Squire, Holt and Hoover, Physica 42, 388 (1969); Lutsko, J. Appl. Phys. 65, 2991 (1989).
    """
    validate_extent(series, Extent.VOLUME, series.label)
    kind = ElasticCoefficients(coefficients)
    form = form_of(series, point_group)
    limits = criterion or SpectrumCriterion()
    weights = form.averaging
    found = covariance_combinations(series.stresses, weights, limits)
    _validate_size(found, form, series, material, limits)
    scale = series.volume / (BOLTZMANN * series.temperature)
    kinetic = series.n_atom / scale
    born, born_covariance = _born(series, weights, material, (born_criterion or BornCriterion()).n_block)
    parts = {
        "Born": born,
        "kinetic": np.einsum("cab,ab->c", weights, kinetic_term(series)),
        "fluctuation": -scale * found.value,
    }
    is_virial = series.kind is StressKind.VIRIAL
    mean = series.stresses.mean(axis=0) - (kinetic if is_virial else 0.0) * voigt_components(IDENTITY)
    to_kind = derivative_map(form, kind)
    average = _group_average(form)
    stress = average @ (MANDEL * mean)
    of_stress = average * MANDEL @ found.of_mean @ (average * MANDEL).T
    parts["pre-stress"] = to_kind[:, :N_VOIGT] @ stress
    variances = {
        "Born": born_covariance,
        "fluctuation": scale**2 * found.covariance,
        "pre-stress": to_kind[:, :N_VOIGT] @ of_stress @ to_kind[:, :N_VOIGT].T,
    }
    return Estimate.from_covariance(
        form.names(material),
        sum(parts.values(), np.zeros(len(born))),
        sum(variances.values(), np.zeros((len(born),) * 2)),
        source=source,
        method=f"stress fluctuations at constant volume, {ISOTHERMAL}, {kind}",
        data=data_fingerprint(series, material, point_group, str(kind)),
        provenance={
            "data": traced_provenance(series),
            "fit": {
                "stress": str(series.kind),
                "thermodynamics": ISOTHERMAL,
                "temperature [K]": series.temperature,
                "frames": len(series.stresses),
                "independent samples": found.effective_size,
                "parts [Pa]": _parts_report(form, parts, variances),
                **tensor_report(stress / MANDEL, kind),
            },
            "point group": series.point_group,
            EXPANSION: expansion_report(form),
        },
    )


def kinetic_term(series: StressSeries) -> Array:
    """Kinetic term [Pa] (6, 6) of a series: of a virial stress once, of a total stress twice."""
    pressure = series.n_atom * BOLTZMANN * series.temperature / series.volume
    unit = np.diag(voigt_components(IDENTITY) + 1)  # 2 for a normal component, 1 for a shear
    return pressure * unit * (1 if series.kind is StressKind.VIRIAL else 2)


def _group_average(form: ElasticForm) -> Array:
    """Matrix (6, 6) that averages a stress in Mandel's components over the group."""
    basis = invariant_tensors(form.rotations, 1)
    return basis.T @ basis


def _born(series: StressSeries, weights: Array, material: str, n_block: int) -> tuple[Array, Array]:
    """Mean of the Born term's combinations, and its covariance from means of blocks."""
    values = np.einsum("cab,...ab->...c", weights, series.born)
    n = len(weights)
    if values.ndim == 1:
        return values, np.zeros((n, n))
    n_block = min(n_block, len(values))
    if n_block <= n + 2:
        raise ValueError(
            f"{material} ({series.label}): {n_block} blocks of the Born term for {n} constants; give it for more frames, or "
            "one of shape (6, 6) that is exact"
        )
    blocks = np.array([block.mean(axis=0) for block in np.array_split(values, n_block)])
    widened = (n_block - 1) / (n_block - n - 2)  # mean of Hotelling's T2 over that of chi-squared
    return values.mean(axis=0), np.atleast_2d(np.cov(blocks.T)) / n_block * widened


def _validate_size(
    found: CovarianceError, form: ElasticForm, series: StressSeries, material: str, limits: SpectrumCriterion
) -> None:
    """Raise ``ValueError`` where the series is too short for a joint error."""
    n = len(form.symbols)
    if found.effective_size < limits.least_effective * n:
        raise ValueError(
            f"{material} ({series.label}): {found.effective_size:.0f} independent samples in {len(series.stresses)} frames, "
            f"{n} constants need {limits.least_effective * n:.0f}; run longer, or give the point group"
        )


def _parts_report(form: ElasticForm, parts: dict[str, Array], variances: dict[str, Array]) -> dict[str, Any]:
    """Parts of each constant with their standard deviations, as plain JSON."""
    report: dict[str, Any] = {}
    for k, symbol in enumerate(form.symbols):
        report[symbol] = {name: float(values[k]) for name, values in parts.items()}
        report[symbol] |= {f"{name}, std": float(np.sqrt(covariance[k, k])) for name, covariance in variances.items()}
    return report
