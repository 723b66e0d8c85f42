"""Hostile study files: each is read or refused in single lines, in bounded time, and nothing is written."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from a2c_pybamm.cli import main
from tests.hostile import Case
from tests.hostile.study_corpus import cases

REFUSAL = 10.0
"""Seconds that a refusal may take."""
FEW, CHECKED = 6, 12
"""One in so many cases is read in the fast suite, and goes through ``a2c check`` in the other."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return list(cases(tmp_path_factory.mktemp("studies"), np.random.default_rng(1)))


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.parametrize("step", [FEW, pytest.param(1, marks=pytest.mark.slow)])
def test_every_study_is_read_or_refused_in_lines(corpus: list[Case], step: int) -> None:
    """Also those of which nothing is left; the longest refusal is bounded."""
    assert len(corpus) >= 300
    folder = corpus[0].path.parent
    before = files(folder)
    wrong = [text for case in corpus[::step] if (text := _outcome(case))]
    assert wrong == []
    assert files(folder) == before


def _outcome(case: Case) -> str:
    """How a case ends otherwise than it may; empty text where it is read, or refused as it should be."""
    start = time.perf_counter()
    try:
        case.read(case.path)
    except ValueError as error:
        lines = getattr(error, "lines", (str(error),))
        # a line end in the name of the file itself is shown as it is here, and escaped on the terminal
        ends = any("\n" in line.replace(str(case.path), "") for line in lines)
        named = all(line.startswith(str(case.path)) for line in lines)
        if ends or not named:
            return f"{case.name}: {lines}"
    except Exception as error:
        return f"{case.name}: {type(error).__name__}: {str(error)[:200]}"
    seconds = time.perf_counter() - start
    return f"{case.name}: {seconds:.1f} s" if seconds > REFUSAL else ""


@pytest.mark.calibration
def test_check_of_hostile_studies(
    corpus: list[Case], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A sample through the command line: exit code 2 and lines that steer no terminal, or 0."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = files(corpus[0].path.parent)
    for case in corpus[::CHECKED]:
        monkeypatch.setattr(sys, "argv", ["a2c", "check", str(case.path)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        assert code in (0, 2), f"{case.name}: {captured.err}"
        assert (code == 2) == bool(captured.err), case.name
        assert all(line.startswith("a2c: ") for line in captured.err.splitlines()), captured.err
        assert not set("\x1b\x9b\u202e\x00") & set(captured.out + captured.err), case.name
    assert list(tmp_path.iterdir()) == [], "nothing is unforeseen"
    assert files(corpus[0].path.parent) == before
