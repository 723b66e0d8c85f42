"""PyBaMM's log, switched off where this package reports the same as an error or a reason."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pybamm


@contextmanager
def silent_pybamm() -> Iterator[None]:
    """Context in which PyBaMM logs neither warnings nor errors: the caller raises or records those that matter."""
    level = pybamm.logger.level
    pybamm.logger.setLevel(logging.ERROR + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pybamm.SolverWarning)  # a table is left while a state is searched
            yield
    finally:
        pybamm.logger.setLevel(level)
