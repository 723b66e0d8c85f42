"""PyBaMM's log, kept back where what it reports is an error or a reason here."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pybamm


@contextmanager
def quiet() -> Iterator[None]:
    """A stretch of code in which PyBaMM logs neither warnings nor errors: what counts of them is refused or recorded."""
    level = pybamm.logger.level
    pybamm.logger.setLevel(logging.ERROR + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pybamm.SolverWarning)  # a table is left while a state is searched
            yield
    finally:
        pybamm.logger.setLevel(level)
