"""Runs that are killed at any time and started again: equal results, and no solve done twice that had been written."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from a2c_pybamm.cli import steps
from a2c_pybamm.files import read_result
from a2c_pybamm.sets import copy_study

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")

DRIVER = """
import hashlib, os
from a2c_pybamm.cell import Cell
from a2c_pybamm.cell.solve_identity import solve_identity
from a2c_pybamm.cli import main

solve, identities = Cell.solve, {}


def solve_and_log(self, samples, **keywords):
    if id(self) not in identities:
        identities[id(self)] = solve_identity(self).cell_hash
    lines = [f"{identities[id(self)]} {row.tobytes().hex()}\\n" for row in samples]
    with open(os.environ["SOLVED"], "a") as log:
        log.write("".join(lines))
    return solve(self, samples, **keywords)


Cell.solve = solve_and_log  # in the processes of a pool too: they import this file first
if __name__ == "__main__":
    main()
"""
SECONDS = 300
"""Longest wait for a process."""
KILLED_EARLY, START_SECONDS = 0.2, 5.0
"""Share of kills while a run starts, and the time [s] that a start takes about."""
MOST_BEGUN = 60
"""Solves that a run has begun, at most, when it is killed."""


@pytest.fixture(scope="module")
def derived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study with its set, in two processes."""
    folder = tmp_path_factory.mktemp("small")
    copy_study(folder)
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in (
        ('model = "SPMe"', 'model = "SPM"\noutputs = ["capacity", "energy"]'),
        ("adaptive = true", "adaptive = false\nworkers = 2"),
        ("samples = 1000", "samples = 300"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text + "\n[sweep]\nc_rate = [0.5, 1.0, 2.0]\n", encoding="utf-8")
    (folder / "driver").mkdir()  # not beside the study, where a set's module would be found before others of its name
    (folder / "driver" / "driver.py").write_text(DRIVER, encoding="utf-8")
    assert finished(started(folder, "derive")) == 0
    return folder


def started(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """``a2c`` with these arguments on a folder's study, in a process of its own whose solves are listed in ``solved``."""
    command = [sys.executable, str(Path("driver") / "driver.py"), *arguments, "."]
    environment = os.environ | {"SOLVED": str(folder / "solved"), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finished(process: subprocess.Popen[bytes]) -> int:
    """Exit code of a process, which has nothing to say on stderr."""
    _, err = process.communicate(timeout=SECONDS)
    assert err == b"", err.decode()
    return process.returncode


def kept(folder: Path) -> set[str]:
    """Samples in a folder's memo, each with its cell."""
    if not (folder / steps.MEMO_FILE).exists():
        return set()
    connection = sqlite3.connect(folder / steps.MEMO_FILE)
    try:
        query = "SELECT cell_hash, sample FROM solve JOIN model ON model.id = solve.model WHERE kind = 'usual'"
        return {f"{cell} {sample.hex()}" for cell, sample in connection.execute(query)}
    finally:
        connection.close()


def solved(folder: Path) -> list[str]:
    """Samples that were begun to be solved, each with its cell, since the list was last emptied."""
    log = folder / "solved"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


def killed(folder: Path, command: str, rng: np.random.Generator) -> bool:
    """True for a run that was killed before its end: while it starts, or up to a second after some of its solves."""
    process = started(folder, command)
    try:
        if rng.uniform() < KILLED_EARLY:
            process.wait(rng.uniform(0, START_SECONDS))
        else:
            n, log = rng.integers(2, MOST_BEGUN), folder / "solved"  # the first is written before the second is begun
            while process.poll() is None and not (log.exists() and log.read_text().count("\n") >= n):
                time.sleep(0.02)
            process.wait(rng.uniform(0, 1))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=SECONDS)
    return process.returncode == -signal.SIGKILL


def check_resumed(derived: Path, whole: Path, folder: Path, command: str, n_kill: int, seed: int) -> None:
    """Kill so many runs, let the last one go to its end, and compare with one that was not stopped.

    A run that comes to its end before it is killed is compared too; then all begins anew.
    """
    shutil.copytree(derived, folder)
    result, rng = {"propagate": "result.nc", "sweep": "sweep.nc"}[command], np.random.default_rng(seed)
    n_done = n_runs = n_saved = n_begun = 0
    while True:
        before = kept(folder)
        last = n_done == n_kill
        ended = finished(started(folder, command)) == 0 if last else not killed(folder, command, rng)
        lines = solved(folder)
        assert not before & set(lines), "solved again although it had been written"
        n_runs, n_saved, n_begun = n_runs + 1, n_saved + len(before), n_begun + len(lines)
        if ended:
            assert len(set(lines)) == len(lines)
            xr.testing.assert_identical(read_result(folder / result), read_result(whole / result))
            assert kept(folder) <= kept(whole)
            leftover = [path.name for path in folder.iterdir() if path.name.startswith((".a2c", f"{steps.MEMO_FILE}-"))]
            assert not leftover
        if last:
            break
        n_done += not ended
        if ended:
            (folder / steps.MEMO_FILE).unlink()
    print(f"{command}: {n_done} of {n_runs} runs killed, {n_begun} solves begun, {n_saved} found from the runs before")
    assert n_saved, "no kill came between the first solve and the last"


@pytest.fixture(scope="module")
def whole(derived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of runs that were not stopped."""
    folder = Path(shutil.copytree(derived, tmp_path_factory.mktemp("whole") / "study"))
    for command in ("propagate", "sweep"):
        assert finished(started(folder, command)) == 0
    return folder


@pytest.mark.calibration
@pytest.mark.parametrize("command", ["propagate", "sweep"])
def test_twenty_kills(derived: Path, whole: Path, tmp_path: Path, command: str) -> None:
    check_resumed(derived, whole, tmp_path / "killed", command, 20, seed=2)
