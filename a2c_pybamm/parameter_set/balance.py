"""A set with the balance of another cell: its lithium, and the shares of active material in its electrodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.estimate import Joint
from a2c_pybamm.estimators import declare
from a2c_pybamm.laws import Value
from a2c_pybamm.parameter_set.attachment import Attachment, attachment_error
from a2c_pybamm.parameter_set.base_set import base_values, kind_options
from a2c_pybamm.parameter_set.keys import ACTIVE_FRACTIONS, FORMATION_LOSS, LITHIUM
from a2c_pybamm.parameter_set.parameter_set import ParameterSet

SOURCE, REASON = "balance", "the cell's design"
"""Source and reason of a balance's numbers, which have no error."""


def with_balance(
    parameter_set: ParameterSet,
    *,
    lithium: float | None = None,
    formation_loss: float | None = None,
    n_p_ratio: float | None = None,
    active_fraction: Mapping[str, float] | None = None,
) -> ParameterSet:
    r"""The set with the lithium and the active fractions of another cell than the base set's; what a new host needs.

    Its numbers are coefficients without an error (laws of kind `Value`). To give one an error, attach a `Value` to the same key
    instead: "Cyclable lithium capacity [A.h]", "Relative formation capacity loss", or an electrode's active material volume
    fraction.

    Parameters
    ----------
    lithium
        Cyclable lithium :math:`Q_\mathrm{Li}` [A.h], the same for every sample.
    formation_loss
        Without ``lithium``: share of the positive electrode's sites whose lithium formation has consumed; 0 if not given. All
        lithium comes from that electrode, filled when the cell was made: :math:`Q_\mathrm{Li} = (1 - \mathrm{loss})\,Q_p` of
        each sample.
    n_p_ratio
        Capacity of all sites of the negative electrode over that of the positive one, :math:`Q_n/Q_p`, at the means. It sets
        the active fraction of the negative electrode, or of the positive one where the negative one's is given.
    active_fraction
        Shares of active material in the volume of the "negative" and the "positive" electrode.

    Raises
    ------
    ValueError
        If nothing is given, numbers contradict each other or are out of range, the cell is a half cell, or a law stands at one
        of the keys already.
    """
    fractions = dict(active_fraction or {})
    _validate(parameter_set.name, lithium, formation_loss, n_p_ratio, fractions)
    for side, fraction in fractions.items():
        if fraction > (room := _room(parameter_set.mean_values, side)):
            raise ValueError(
                f"set {parameter_set.name}, balance: active_fraction of the {side} electrode is {fraction:g}, but its pores "
                f"leave {room:.3g} of the volume; give a smaller one"
            )
    if n_p_ratio is not None:
        fractions |= _fraction_of_ratio(parameter_set, n_p_ratio, fractions)
    numbers = {ACTIVE_FRACTIONS[side]: value for side, value in fractions.items()}
    numbers |= {FORMATION_LOSS: formation_loss or 0.0} if lithium is None else {LITHIUM: lithium}
    attach, estimates = dict(parameter_set.attach), list(parameter_set.joint.estimates)
    base = base_values(parameter_set.base)
    for key, number in numbers.items():
        if key in attach:
            raise ValueError(
                f"set {parameter_set.name}: {key!r} has a law already ({attach[key].law.kind}); leave it out of the balance"
            )
        name, _, unit = key.partition(" [")
        law = Value(name, unit.removesuffix("]") or "1")
        attach[key] = Attachment(law, "value")
        if reason := attachment_error(key, attach[key], base):
            raise ValueError(f"set {parameter_set.name}: no balance can set {key!r}: {reason}")
        estimates.append(declare(law.names, [number], std=[0.0], source=SOURCE, reason=REASON))
    return replace(parameter_set, attach=attach, joint=Joint(estimates, independent=parameter_set.joint.independent))


def balance_conflict(lithium: Any, formation_loss: Any, n_p_ratio: Any, active_fractions: Sequence[Any]) -> str:
    """Reason why numbers of a balance, None where not given, do not go together; empty text where they do."""
    n_fraction = sum(fraction is not None for fraction in active_fractions)
    if lithium is None and formation_loss is None and n_p_ratio is None and not n_fraction:
        return "nothing is given; give lithium, formation_loss, n_p_ratio or an active fraction"
    if lithium is not None and formation_loss is not None:
        return "lithium and formation_loss both set the cell's lithium; keep one"
    if n_p_ratio is not None and n_fraction > 1:
        return "n_p_ratio follows from both active fractions; leave one of the three out"
    return ""


def _validate(
    name: str, lithium: float | None, loss: float | None, ratio: float | None, fractions: Mapping[str, float]
) -> None:
    """Raise ``ValueError`` where the numbers of a balance contradict each other or are out of range."""
    problem = ""
    if conflict := balance_conflict(lithium, loss, ratio, list(fractions.values())):
        problem = conflict
    elif lithium is not None and not 0 < lithium < np.inf:
        problem = f"lithium is {lithium:g} A.h; give a positive one"
    elif loss is not None and not 0 <= loss < 1:
        problem = f"formation_loss is {loss:g}; give a share from 0 to below 1"
    elif ratio is not None and not 0 < ratio < np.inf:
        problem = f"n_p_ratio is {ratio:g}; give a positive one"
    elif unknown := [side for side in fractions if side not in ACTIVE_FRACTIONS]:
        problem = f"active_fraction of {unknown[0]!r}; give that of 'negative' or 'positive'"
    elif wrong := [(side, value) for side, value in fractions.items() if not 0 < value < 1]:
        problem = f"active_fraction of the {wrong[0][0]} electrode is {wrong[0][1]:g}; give a share between 0 and 1"
    if problem:
        raise ValueError(f"set {name}, balance: {problem}")


def _fraction_of_ratio(parameter_set: ParameterSet, ratio: float, fractions: Mapping[str, float]) -> dict[str, float]:
    """Active fraction by side that makes the ratio of the electrodes' capacities, the other electrode's given or its own."""
    values = parameter_set.mean_values
    if kind_options(values).get("working electrode"):
        raise ValueError(f"set {parameter_set.name}, balance: a half cell has no n_p_ratio; leave it out")
    param = pybamm.LithiumIonParameters()
    own = {side: float(values[key]) for side, key in ACTIVE_FRACTIONS.items()}
    per_fraction = {
        side: float(values.evaluate(electrode.Q_init)) / own[side]
        for side, electrode in (("negative", param.n), ("positive", param.p))
    }
    side, other = ("positive", "negative") if "negative" in fractions else ("negative", "positive")
    capacity = {other: per_fraction[other] * fractions.get(other, own[other])}
    wanted = capacity[other] * (ratio if side == "negative" else 1 / ratio)
    fraction = wanted / per_fraction[side]
    if fraction > _room(values, side):
        raise ValueError(
            f"set {parameter_set.name}, balance: n_p_ratio {ratio:g} needs {wanted:.3g} A·h of the {side} electrode, "
            f"{fraction:.3g} of its volume, pores beside it; give the {other} electrode a smaller active fraction"
        )
    return {side: fraction}


def _room(values: pybamm.ParameterValues, side: str) -> float:
    """Share of an electrode's volume that its pores leave; all of it where the porosity is no number."""
    porosity = values.get(f"{side.capitalize()} electrode porosity", 0.0)
    return 1 + RELATIVE_ROUND_OFF - (porosity if isinstance(porosity, float) else 0.0)
