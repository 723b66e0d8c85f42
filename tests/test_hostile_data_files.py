"""Files that nobody should have to read: readers stop with one line that names the file, and do nothing else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hostile import Case, outcome
from hostile.good_files import READ, good_files
from hostile.readers_corpus import CANARY, cases

from a2c_pybamm.readers import read_energies, read_structures

SEED = 20260101
LONGEST = 10.0
"""Seconds that a reader may take to refuse a file."""
MEMORY = 2 * 10**9
"""Bytes of memory that a process may take in which readers refuse files."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Case]]:
    folder = tmp_path_factory.mktemp("hostile")
    return folder, [case for case in cases(folder, np.random.default_rng(SEED)) if not case.large]


def state(folder: Path) -> dict[str, str]:
    """Every file below a folder, with its sha256."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size < 2**24)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_good_files_are_read(tmp_path: Path) -> None:
    """What is damaged below is good before."""
    for path, reader in good_files(tmp_path):
        READ[reader](path)


def test_hostile_files_do_nothing(corpus: tuple[Path, list[Case]]) -> None:
    folder, hostile = corpus
    before = state(folder)
    found = []
    for case in hostile:
        start = time.perf_counter()
        found.append(outcome(case))
        if (seconds := time.perf_counter() - start) > LONGEST:
            found.append(f"{case.name}: {seconds:.1f} s")
    assert len(hostile) >= 200
    assert "\n".join(filter(None, found)) == ""
    assert not (folder / CANARY).exists()
    assert state(folder) == before
