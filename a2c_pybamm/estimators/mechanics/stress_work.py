"""Work of the stress of strained cells beside the change of their energy: sign and unit of the stress."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.data import Array, StrainedStresses
from a2c_pybamm.estimators.mechanics.strain_polynomials import work_conjugates


@dataclass(frozen=True)
class WorkCriterion:
    """Limits of the test that stresses are the derivatives of the energies."""

    resolved: float = 0.1
    """Largest standard deviation of the ratio of energy to work at which it shows anything."""
    largest_distance: float = 0.5
    """Distance of the ratio from one at which a sign or a unit is wrong; relaxations that are not converged move it by 0.1."""


def energy_over_work(data: StrainedStresses, stress: Array) -> tuple[float, float]:
    r"""Energy's change over the work of the stress, and its standard deviation, from all strained cells.

    .. math:: E_i/V_0 = e + k\,\tfrac12(S_i + s):\eta_i

    with the stress s without strain in Mandel's components (6,); k is 1 where the stress is the energy's derivative, with
    tension positive and in the same unit.
    """
    stresses, energies = work_conjugates(data, of_energies=False), work_conjugates(data, of_energies=True)
    S = stresses.values[-len(data.strains) :]
    work = np.einsum("na,na->n", (S + stress) / 2, energies.strains)
    if len(work) <= 2 or not np.ptp(work) > 0:
        return np.nan, np.inf
    columns = np.column_stack([np.ones(len(work)), (work - work.mean()) / np.ptp(work)])
    energy = (energies.values - energies.values.mean()) / np.ptp(work)
    solution, *_ = np.linalg.lstsq(columns, energy)
    variance = np.sum((energy - columns @ solution) ** 2) / (len(work) - 2)
    return float(solution[1]), float(np.sqrt(variance * np.linalg.inv(columns.T @ columns)[1, 1]))


def validated_work(
    data: StrainedStresses, stress: Array, material: str, criterion: WorkCriterion | None = None
) -> list[float] | None:
    """Ratio of energy to work and its standard deviation; none where the energies do not resolve it.

    Raises
    ------
    ValueError
        If the ratio is far from one.
    """
    limits = criterion or WorkCriterion()
    ratio, std = energy_over_work(data, stress)
    if not std < limits.resolved:
        return None
    if abs(ratio - 1) > limits.largest_distance:
        cause = (
            "the stress has the opposite sign (here tension is positive; LAMMPS and VASP write pressure)"
            if ratio < 0
            else "stress, strain, energy or volume is in another unit, or energies are of other cells"
        )
        raise ValueError(
            f"{material} ({data.label}): energies change by {ratio:.3g} ± {std:.1g} times the work of the stresses: {cause}"
        )
    return [ratio, std]
