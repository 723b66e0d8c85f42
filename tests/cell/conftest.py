"""Another process for the tests of cells."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest


@pytest.fixture(scope="session")
def process() -> Iterator[ProcessPoolExecutor]:
    """A process that solves for all tests that need one beside this: starting one and importing PyBaMM takes seconds."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor
