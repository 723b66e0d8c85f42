"""The way in: whatever happens the end is clean, with one line and an exit code, and no character stops the output."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from a2c_pybamm.cli import main, printing
from a2c_pybamm.sets import DEMO, sets_folder

START = "from a2c_pybamm.cli import main; "
SECONDS = 120
"""Longest wait for a process of its own."""


def process(code: str, *arguments: str, shell: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A process that runs Python code with these arguments, behind a shell's redirections if there are any."""
    command = [sys.executable, "-c", code, *arguments]
    if shell:
        command = ["sh", "-c", f'"$@" {shell}', "sh", *command]
    return subprocess.run(command, capture_output=True, timeout=SECONDS, env={**os.environ, **environment})


def ended(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException) -> tuple[int, str]:
    """Exit code and stderr of a command in which this error is raised."""

    def load(name: str) -> None:
        raise error

    monkeypatch.setattr("a2c_pybamm.sets.load", load)
    monkeypatch.setattr(sys, "argv", ["a2c", "show", "x"])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0), capsys.readouterr().err


# ---- what no check foresaw ---------------------------------------------------------------------------------------------


class OwnKind(ValueError):
    """Another library's kind of ``ValueError``."""


@pytest.mark.parametrize("error", [KeyError("k"), RecursionError("deep"), MemoryError(), OwnKind("x\ny"), OSError("odd")])
def test_unforeseen_error_is_one_line_that_names_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, error: Exception
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, err = ended(monkeypatch, capsys, error)
    assert (code, err.count("\n")) == (3, 1), err
    (path,) = tmp_path.iterdir()
    assert str(path) in err
    text = path.read_text(encoding="utf-8")
    assert "Traceback" in text
    assert type(error).__name__ in text


def test_traceback_that_cannot_be_saved(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    code, err = ended(monkeypatch, capsys, KeyError("k"))
    assert (code, err.count("\n")) == (3, 1)
    assert "could not be saved (No such file or directory)" in err


def test_value_error_of_a_library_is_no_bad_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def load(name: str) -> None:
        Path(".").with_name("x")

    monkeypatch.setattr("a2c_pybamm.sets.load", load)
    monkeypatch.setattr(sys, "argv", ["a2c", "show", "x"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 3
    assert "unforeseen ValueError" in capsys.readouterr().err


# ---- streams -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_characters_that_an_encoding_lacks_are_escaped(encoding: str) -> None:
    run = process(
        START + "from a2c_pybamm.cli.streams import open_streams; from a2c_pybamm.cli.printing import *; open_streams();"
        "print_table('Θ', ['χ² ± σ'], [['µ \\u2192 α']]); print_lines('Θ', '–'); print_lines('Θ', console=err)",
        PYTHONIOENCODING=encoding,
    )
    assert (run.returncode, run.stderr.strip()) == (0, b"\\u0398")
    text = run.stdout.decode(encoding)
    assert text.count("\\u0398") == 2
    assert "\\u2192" in text
    assert "+--" in text
    assert "─" not in text


@pytest.mark.parametrize(
    ("arguments", "redirection", "code", "err"),
    [
        (["show", DEMO], ">&-", 0, ""),
        (["show", "nowhere"], ">&- 2>&-", 2, ""),
        (["show", "nowhere"], "2>&-", 2, ""),
        (["show", DEMO], "| head -1", 0, ""),
        (["--help"], "| true", 0, ""),
        pytest.param(
            ["show", DEMO],
            ">/dev/full",
            2,
            "a2c: No space left on device; check the name, its permissions and the space left\n",
            marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here"),
        ),
    ],
)
@pytest.mark.slow
def test_closed_or_full_streams(arguments: list[str], redirection: str, code: int, err: str) -> None:
    run = process(START + "main()", *arguments, shell=redirection)
    assert (run.returncode, run.stderr.decode()) == (code, err)


@pytest.mark.slow
def test_work_goes_on_where_nobody_reads(tmp_path: Path) -> None:
    """What has been asked for is done to its end although the reader of the messages has gone."""
    code = START + f"import time; time.sleep(1); import sys; sys.argv = ['a2c', 'new', {str(tmp_path / 's')!r}]; main()"
    run = process(code, shell="| true")
    assert (run.returncode, run.stderr) == (0, b"")
    assert (tmp_path / "s" / "study.toml").is_file()


# ---- control codes and markup ------------------------------------------------------------------------------------------

ODD = "a\x1b[31m\x9b1m\u202e\n\r\t\u2028\ud800 [red]b[/red] :smile: é ±"
SHOWN = r"a\x1b[31m\x9b1m\u202e\n\r\t\u2028\ud800 [red]b[/red] :smile: é ±"


def test_text_from_files_has_no_effect_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """In lines, tables and bars: escapes of what steers a terminal, markup as it stands."""
    for write in (
        lambda: printing.print_lines(ODD, console=printing.out),
        lambda: printing.print_table(ODD, ["a" * 90, "b"], [["1", "2"]]),
        lambda: printing.print_table("t", [ODD, "b"], [["1", "2"]]),
        lambda: printing.print_table("t", ["a", "b"], [["1", ODD]]),
        bar_of_odd_text,
    ):
        screen = io.StringIO()
        terminal = Console(file=screen, force_terminal=True, width=200, color_system=None)
        monkeypatch.setattr(printing, "out", terminal)
        monkeypatch.setattr(printing, "err", terminal)
        monkeypatch.setattr(printing.print_lines, "__kwdefaults__", {"console": terminal})
        write()
        text = screen.getvalue()
        assert SHOWN in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text), text
        assert not set("\x9b\u202e\u2028\ud800") & set(text)


def bar_of_odd_text() -> None:
    with printing.progress_bar(ODD, 1):
        pass


# ---- interrupts --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.01, 0.03, 0.06, 0.1, 0.15, 0.3, 0.6, 1.2])
def test_interrupt_at_any_moment_is_one_line(delay: float) -> None:
    """From the first moment of ``main``: while the command line is imported, libraries are loaded, data are read."""
    timer = (
        "import os, signal, threading; signal.signal(signal.SIGINT, signal.default_int_handler);"
        f"threading.Timer({delay}, lambda: os.kill(os.getpid(), signal.SIGINT)).start();"
        "main()"
    )
    run = process(START + timer, "check", str(sets_folder() / DEMO))
    assert (run.returncode, run.stderr.decode()) == (130, "a2c: stopped; files written before are whole\n")


DESTRUCTOR = """
import os, signal, time
from a2c_pybamm.cli.interrupts import Interrupts
signal.signal(signal.SIGINT, signal.default_int_handler)
interrupts = Interrupts()
interrupts.install()
interrupts.importing = False

class Closing:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass

try:
    Closing()
    time.sleep(30)
except KeyboardInterrupt:
    print("stopped")
"""


def test_interrupt_within_a_destructor_is_not_lost() -> None:
    """No exception leaves a destructor, nor the hook that is called for it: the interrupt comes again afterwards."""
    run = subprocess.run([sys.executable, "-c", DESTRUCTOR], capture_output=True, text=True, timeout=20)
    assert (run.stdout, run.stderr) == ("stopped\n", "")
