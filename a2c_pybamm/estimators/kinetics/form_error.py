"""Distance of PyBaMM's form of Marcus, Hush and Chidsey from the integral, as a source of error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.laws import MHC_FORM, MarcusHushChidsey, form_distance


@dataclass(frozen=True)
class FormCriterion:
    """Overpotentials that count, and the reorganization energy from which PyBaMM's form is taken by consent alone."""

    largest_overpotential: float = 0.15
    """[V]; up to 0.3 V the distance is at most a tenth larger below 0.7 eV."""
    largest_energy: float = 0.5
    """[eV]; the current is 13 % off at 150 mV there, 22 % at 0.7 eV."""


def with_form_error(
    estimate: Estimate, law: MarcusHushChidsey, *, accept: bool = False, criterion: FormCriterion = FormCriterion()
) -> Estimate:
    r"""The estimate with the distance of PyBaMM's form from the integral as a source of the rate constant's error.

    The standard deviation of :math:`\ln k_0` is the largest :math:`|\ln(i/i_\mathrm{PyBaMM})|` up to 150 mV at the mean
    reorganization energy, both currents with the same slope at equilibrium: 9 % at 0.2 eV, 3 % at 0.35, 12 % at 0.5. All
    electrodes have one label: PyBaMM's form errs by the same rule in each.

    Raises
    ------
    ValueError
        If the reorganization energy is above 0.5 eV and that is not accepted.
    """
    energy = float(np.exp(estimate.mean[estimate.names.index(law.reorganization_name)]))
    distance = form_distance(energy, law.reference_temperature, criterion.largest_overpotential)
    if energy > criterion.largest_energy and not accept:
        raise ValueError(
            f"{law.stem}: reorganization energy {energy:.2g} eV, where PyBaMM's Marcus-Hush-Chidsey form misses the current by "
            f"{np.expm1(abs(distance)):.0%} at {1e3 * criterion.largest_overpotential:g} mV; accept it (accept_form_error), or "
            "take 'marcus' or 'butler-volmer'"
        )
    column = np.zeros((len(estimate.names), 1))
    column[estimate.names.index(law.rate_name)] = distance
    return estimate.add_source(MHC_FORM, Factor(column, (law.kind,)))
