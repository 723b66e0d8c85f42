"""Every example runs as its reader would run it: as a script, in an empty folder."""

from pathlib import Path

import pytest

from tests.scripts import Scripts

ELSEWHERE = {"hosts_from_potentials"}
"""Run by the test of the page that shows what they print."""
LONG = {"plating_on_fast_charge", "which_method_holds"}
"""Half a minute of processor time each: run with the calibration."""
EXAMPLES = sorted(path for path in (Path(__file__).parents[1] / "examples").glob("*.py") if path.stem not in ELSEWHERE)


def marked(example: Path) -> object:
    return pytest.param(example, id=example.stem, marks=pytest.mark.calibration if example.stem in LONG else pytest.mark.slow)


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("example", [marked(example) for example in EXAMPLES])
def test_example_runs(example: Path, tmp_path: Path, scripts: Scripts) -> None:
    run = scripts.run(example, tmp_path)
    assert run.returncode == 0, f"{example.name} ends with exit code {run.returncode}:\n{run.stderr[-3000:]}"
