"""CPU time of starting up: ``import a2c_pybamm`` and ``a2c --help`` against a bare interpreter and the libraries they stand on.

CPU time (user + system) of a fresh process, not wall clock: a busy machine moves it less. The smallest of several runs is the
figure to compare; the median says how much the machine disturbed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys

CASES = {
    "python -c pass": "pass",
    "import numpy, typer, rich": "import numpy, typer, rich",
    "import a2c_pybamm": "import a2c_pybamm",
    "a2c --help": "import sys; sys.argv = ['a2c', '--help']; from a2c_pybamm.cli import main; main()",
    "import pybamm": "import pybamm",
}


def cpu_seconds(code: str) -> float:
    """User and system time [s] of ``python -c code`` in a fresh process, its output thrown away.

    Raises ``RuntimeError`` if the process fails: the time of a crash is no measurement.
    """
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.execv(sys.executable, [sys.executable, "-c", code])
    _, status, usage = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"{code!r} failed with exit code {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7, help="runs of each case (default 7), after one that fills the caches")
    runs = parser.parse_args().runs
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for k in range(runs + 1):  # cases take turns, so that a slow minute of the machine hits all of them
        for name, code in CASES.items():
            seconds = cpu_seconds(code)
            if k:
                times[name].append(seconds)
    bare = min(times["python -c pass"])
    libraries = min(times["import numpy, typer, rich"])
    print(f"{'':28}{'min [s]':>9}{'median [s]':>12}{'/ python':>10}{'/ libraries':>13}")
    for name, values in times.items():
        best = min(values)
        print(f"{name:28}{best:9.3f}{statistics.median(values):12.3f}{best / bare:10.1f}{best / libraries:13.2f}")


if __name__ == "__main__":
    main()
