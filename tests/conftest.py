"""Settings of the whole suite: one thread for each worker, no telemetry, no window, hypothesis that repeats, slow tests.

``slow_tests.txt`` lists tests that are marked slow beside those with the marker: those of more than a quarter of a second, and
repetitions of a property that a quicker test checks. ``python -m pytest --slower-than 0.25 -m "not slow and not calibration"``
lists those that it lacks.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before numpy is imported: afterwards the libraries no longer look
os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"
os.environ["MPLBACKEND"] = "Agg"

import pytest  # noqa: E402 (after the environment is set)
from hypothesis import settings  # noqa: E402

from tests.scripts import Scripts  # noqa: E402

# A failure must come back in the next run, so that the examples are always the same and more of them cost time each time; and a
# busy machine is no failure.
settings.register_profile("house", derandomize=True, deadline=None, max_examples=40)
settings.register_profile("quick", settings.get_profile("house"), max_examples=15)
settings.load_profile("house")

HERE = Path(__file__).parent
GARBAGE_THRESHOLD = 50_000
"""New objects after which garbage is searched for, some tens of megabytes; Python's own 700 are seventy times fewer."""
SECONDS: dict[str, float] = {}
"""Processor time [s] of each test, processes that it starts included, those of `scripts` aside."""


def slow_tests() -> dict[str, int]:
    """Names of slow tests and fixtures, each with the number of its first parameter sets that are quick all the same."""
    lines = (line.partition("#")[0].rsplit(maxsplit=1) for line in (HERE / "slow_tests.txt").read_text("utf-8").splitlines())
    return {words[0]: int(words[1]) for words in lines if words}


def names_of(item: pytest.Item) -> Iterator[str]:
    """Names under which a test can stand in the list: with its parameters, without them, and its fixtures."""
    folder = item.path.relative_to(HERE).as_posix()
    function = getattr(item, "originalname", item.name)
    yield from (f"{folder}::{name}" for name in dict.fromkeys([item.name, function, *getattr(item, "fixturenames", ())]))


def pytest_configure(config: pytest.Config) -> None:
    """Fewer examples where slow tests are left out."""
    settings.load_profile("quick" if "not slow" in config.getoption("markexpr") else "house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the listed tests as slow."""
    quick = slow_tests()
    for item in items:
        for name in names_of(item):
            if name in quick:
                quick[name] -= 1
                if quick[name] < 0:
                    item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """Search for garbage less often: each search looks at all that was collected."""
    gc.set_threshold(GARBAGE_THRESHOLD)


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "list the tests that take longer than this processor time [s]; without -n"
    parser.addoption("--slower-than", type=float, default=None, metavar="SECONDS", help=text)


@pytest.fixture(scope="session")
def scripts() -> Iterator[Scripts]:
    """Runs scripts, each in a process of its own."""
    with Scripts() as runner:
        yield runner


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    start = sum(os.times()[:4])
    result = yield
    SECONDS[item.nodeid] = sum(os.times()[:4]) - start
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    limit = config.getoption("--slower-than")
    if limit is not None:
        for nodeid, seconds in sorted(SECONDS.items(), key=lambda pair: -pair[1]):
            if seconds > limit:
                terminalreporter.write_line(f"{seconds:6.2f} s  {nodeid.removeprefix('tests/')}")
