"""Exit code and lines of a command that did not succeed."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from a2c_pybamm import __version__
from a2c_pybamm.cli.interrupts import STOPPED_TEXT, ExitCode
from a2c_pybamm.formatting import message_line

USAGE_ERROR: type[Exception] = typer.BadParameter.__bases__[0]  # typer does not hand it out by name
"""Error of typer for a wrong command line."""


def explain(error: BaseException) -> tuple[int, tuple[str, ...]]:
    """Exit code and lines of an error that has ended a command."""
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return ExitCode.STOPPED, (STOPPED_TEXT,)
    if isinstance(error, USAGE_ERROR):
        return ExitCode.BAD_INPUT, (f"{_usage(error)}; see '{_command(error)} --help'",)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return ExitCode.BAD_INPUT, (f"{where}{error.strerror}; check the name, its permissions and the space left",)
    if _is_bad_input(error):
        return ExitCode.BAD_INPUT, tuple(getattr(error, "lines", (str(error),)))
    return ExitCode.UNFORESEEN, (_unforeseen(error),)


@contextmanager
def naming_input(file: Path) -> Iterator[None]:
    """Context whose errors about the input begin with a file; unforeseen errors pass as they are."""
    from a2c_pybamm.readers.source_file import naming

    try:
        yield
    except ValueError as error:
        if not _is_bad_input(error):
            raise
        with naming(file):
            raise


def _is_bad_input(error: BaseException) -> bool:
    """True for errors that this package raises: another library's ``ValueError`` names neither a file nor a remedy."""
    kind = type(error)
    if kind.__module__.split(".")[0] == __name__.split(".")[0]:
        return isinstance(error, ValueError | OSError)
    return kind is ValueError and _raised_in(error).split(".")[0] == __name__.split(".")[0]


def _raised_in(error: BaseException) -> str:
    """Name of the module in which an error was raised; this one where that is not known."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return str(trace.tb_frame.f_globals.get("__name__", "")) if trace else __name__


def _unforeseen(error: BaseException) -> str:
    """One line on an unforeseen error, whose traceback is saved."""
    message = message_line(error)
    text = f"unforeseen {type(error).__name__}" + (f" ({message})" if message else "")
    try:
        return f"{text}; the traceback is in {_save(error)}, please report it"
    except (OSError, MemoryError) as unsaved:
        return f"{text}; its traceback could not be saved ({getattr(unsaved, 'strerror', None) or 'no memory'})"


def _save(error: BaseException) -> Path:
    """A new file with the traceback, the command and the versions of this package and of Python."""
    handle, name = tempfile.mkstemp(prefix="a2c-error-", suffix=".txt")
    header = f"a2c_pybamm {__version__}, Python {sys.version}\n{sys.argv}\n\n"
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(header)
        file.writelines(traceback.format_exception(error))
    return Path(name)


def _usage(error: Exception) -> str:
    """Error of the command line, in words."""
    message = getattr(error, "format_message", None)
    return str(message() if message else error).rstrip(". ")


def _command(error: Exception) -> str:
    """The command that was called: ``a2c check``."""
    return str(getattr(getattr(error, "ctx", None), "command_path", "") or "a2c")
