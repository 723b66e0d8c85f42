"""Text by which estimates and joints are shown in an interactive session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from a2c_pybamm.estimate.checks import Array
from a2c_pybamm.estimate.factor import Factor
from a2c_pybamm.formatting import MESSAGE_LENGTH, SHOWN_ROWS, abbreviated, cut, percent, plain, text_table, with_error


def coefficient_table(heading: str, names: Sequence[str], mean: Array, factors: Mapping[str, Factor]) -> str:
    """A heading, then each coefficient with its value, its error and the source of most of its variance, then all sources.

    Of more than `SHOWN_ROWS` coefficients or sources the number of the others is given.
    """
    n = min(len(names), SHOWN_ROWS)
    variance = {source: (factor.values[:n] ** 2).sum(axis=1) for source, factor in factors.items()}
    std = np.sqrt(sum(variance.values(), np.zeros(n)))
    rows = [
        (name, with_error(float(value), float(error)), _main_source(variance, k))
        for k, (name, value, error) in enumerate(zip(names[:n], mean[:n], std, strict=True))
    ]
    lines = abbreviated([*text_table(rows), *names[n:]])
    return "\n  ".join([cut(plain(heading), MESSAGE_LENGTH), *lines, f"sources: {source_list(list(factors))}"])


def source_list(sources: Sequence[str]) -> str:
    """Names of sources in one line, half of `SHOWN_ROWS` at most; "none" where there are none."""
    return ", ".join(abbreviated([cut(plain(source)) for source in sources], SHOWN_ROWS // 2)) or "none"


def _main_source(variance: Mapping[str, Array], row: int) -> str:
    """The source of most of one coefficient's variance, with its share."""
    total = sum(float(values[row]) for values in variance.values())
    if total == 0:
        return "no error"
    source = max(variance, key=lambda name: float(variance[name][row]))
    return f"{source} {percent(float(variance[source][row]) / total)}"
