"""Linear equations of charge-transfer barriers in the coefficients of a law, with the errors of each row by source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import Array, ChargeTransferBarriers, PotentialScale
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.statistics.declared_estimate import declare


@dataclass(frozen=True, eq=False)
class BarrierEquations:
    r"""Rows :math:`y = X\theta + e`, with :math:`e = \sum_p B_p\,\delta_p` of the parts' errors.

    A row is a barrier of reduction, or of oxidation plus :math:`F\eta`, so that in either
    :math:`y = \Delta G^\ddagger_0(T) + \alpha F\eta + \dots`
    """

    values: Array
    """y [J.mol-1] (n_row,)."""
    work: Array
    """Fη [J.mol-1] (n_row,)."""
    share: Array
    """T/T_ref, the share of the free energy at the reference temperature (n_row,): the rest is the enthalpy's."""
    of_reduction: NDArray[np.bool_]
    """True for rows of reduction (n_row,)."""
    parts: tuple[Estimate, ...]
    """Barriers, then the equilibrium potentials and the zero of the scale where they have errors."""
    potential_errors: Array
    """Change of the overpotential of each row with each coefficient of the further parts (n_row, n_further) [V per unit]."""

    def error_weights(self, transfer: Array) -> Array:
        r"""B: true minus read value of each row, for errors of the parts (n_row, n_part); ``transfer`` is ∂y/∂(Fη) (n_row,)."""
        # y holds the overpotential of a row of oxidation in full, the law's own share of it is subtracted
        held = np.where(self.of_reduction, 0.0, 1.0) - transfer
        return np.hstack([np.eye(len(self.values)), FARADAY * held[:, None] * self.potential_errors])


def barrier_equations(
    data: ChargeTransferBarriers, equilibrium: Estimate | None, reference_temperature: float, source: str
) -> BarrierEquations:
    """The equations of a table of barriers.

    Raises
    ------
    ValueError
        If potentials need an equilibrium potential and have none, or the reverse, or it is not one for each temperature.
    """
    kelvin = np.array(data.temperatures)
    position = np.searchsorted(kelvin, data.temperature)
    potential_errors: list[Array] = []
    further: list[Estimate] = []
    potential = np.array(data.potential)
    if data.scale is PotentialScale.LITHIUM:
        at_zero = _validated(data, equilibrium, len(kelvin))
        potential = potential - at_zero.mean[position]
        further.append(at_zero)
        potential_errors.append(-np.eye(len(kelvin))[position])
    elif equilibrium is not None:
        raise ValueError(
            f"charge-transfer barriers of {data.label}: overpotentials need no equilibrium potential; leave it out"
        )
    if data.scale_std:
        further.append(_zero_of_scale(data))
        potential_errors.append(np.ones((len(potential), 1)))
    work = FARADAY * potential
    return BarrierEquations(
        data.barrier + np.where(data.of_reduction, 0.0, work),
        work,
        data.temperature / reference_temperature if data.free_energies else np.zeros(len(work)),
        data.of_reduction,
        (_noise(data, source), *further),
        np.hstack(potential_errors) if potential_errors else np.zeros((len(work), 0)),
    )


def _validated(data: ChargeTransferBarriers, equilibrium: Estimate | None, n: int) -> Estimate:
    """The equilibrium potentials, if there is one for each temperature."""
    if equilibrium is None:
        raise ValueError(
            f"charge-transfer barriers of {data.label}: potentials against lithium need the host's; give equilibrium = "
            "step_potentials(…), or data on the scale of overpotentials"
        )
    if len(equilibrium.names) != n:
        raise ValueError(
            f"charge-transfer barriers of {data.label}: {len(equilibrium.names)} equilibrium potential(s) for {n} "
            "temperature(s); give one for each, ascending"
        )
    return equilibrium


def _noise(data: ChargeTransferBarriers, source: str) -> Estimate:
    """Barriers with their own errors, and those of the saddles that both directions share."""
    names = tuple(f"barrier {k}" for k in range(1, len(data.barrier) + 1))
    shared = np.zeros(len(names)) if data.saddle_std is None else data.saddle_std
    own = np.sqrt(data.std**2 - shared**2)
    saddles = np.zeros((len(names), len(data.pairs)))
    for k, pair in enumerate(data.pairs):
        saddles[pair, k] = shared[pair]
    alone = np.setdiff1d(np.arange(len(names)), data.pairs)
    own[alone] = data.std[alone]
    stamp = label_hash(source, data_fingerprint(data))
    labels = [f"{stamp}:{k}" for k in range(len(names))] + [f"{stamp}:saddle {k}" for k in range(len(data.pairs))]
    factor = Factor(np.hstack([np.diag(own), saddles]), tuple(labels))
    return Estimate(names, data.barrier, {source: factor}, f"barriers of {data.label}", dict(data.provenance))


def _zero_of_scale(data: ChargeTransferBarriers) -> Estimate:
    """Zero of the potentials, whose error has one label: that of every other quantity on this scale."""
    factor = Factor(np.array([[data.scale_std]]), (data.scale_source,))
    return Estimate(("zero of the potentials [V]",), np.zeros(1), {data.scale_source: factor}, f"scale of {data.label}")


def entropy_row(entropy: tuple[float, float], material: str) -> Estimate:
    """A declared activation entropy (mean and standard deviation) [J.mol-1.K-1]."""
    mean, std = entropy
    return declare(
        [f"{material} charge transfer activation entropy [J.mol-1.K-1]"],
        [mean],
        std=[std],
        source=f"{material} activation entropy (declared)",
        reason="activation entropy of charge transfer",
    )
