"""Errors of a positive number that a set's coefficients give, by the independent causes of their joint error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from a2c_pybamm.estimate import Array
from a2c_pybamm.parameter_set import ParameterSet, passed_arguments

Coefficients = Mapping[str, Array]


def log_errors(parameter_set: ParameterSet, number: Callable[[Coefficients], Any], *, step: float = 1e-3) -> dict[str, float]:
    """Change of a number's logarithm by one standard deviation of each germ of the set's joint, to first order.

    Parameters
    ----------
    number
        The number (n_sample, 1) of coefficients and derived inputs (n_sample, 1) by name.
    step
        Of the central differences, in standard deviations of each coefficient: far above round-off, far below a curvature.
    """
    joint = parameter_set.joint
    steps = step * joint.std
    varied = np.flatnonzero(steps)
    shifts = np.zeros((len(varied), len(steps)))
    shifts[np.arange(len(varied)), varied] = steps[varied]
    inputs = parameter_set.with_derived(np.concatenate([joint.mean + shifts, joint.mean - shifts]))
    c = {name: inputs[:, [k]] for k, name in enumerate(parameter_set.input_names)}
    logarithms = np.log(np.broadcast_to(np.asarray(number(c), float), (len(inputs), 1))[:, 0])
    above, below = logarithms[: len(varied)], logarithms[len(varied) :]
    errors = ((above - below) / (2 * steps[varied])) @ joint.root[varied]
    return {f"{parameter_set.name}, germ {k}": float(error) for k, error in enumerate(errors) if error}


def errors_of_entry(parameter_set: ParameterSet, key: str, argument: float) -> dict[str, float]:
    """Errors of PyBaMM's function under a key, at a stoichiometry or concentration; none where no law gives it."""
    attachment = parameter_set.attach.get(key)
    if attachment is None:
        return {}
    method = getattr(attachment.law, attachment.method)
    passed = passed_arguments(key, attachment)
    if not passed:  # a factor on the base set's entry, or a number
        return log_errors(parameter_set, method)
    sto = attachment.stoichiometry
    x = sto.offset + sto.slope * argument if passed[0] == "sto" else argument
    return log_errors(parameter_set, lambda c: method(c, x, parameter_set.temperature))
