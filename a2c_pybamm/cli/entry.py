"""The way in: bad input gives one line on stderr and exit code 2."""

from __future__ import annotations

import os
import sys

import typer

from a2c_pybamm.cli.commands import app
from a2c_pybamm.cli.printing import err, print_lines

BAD_INPUT = 2
STOPPED = 130
USAGE_ERROR: type[Exception] = typer.BadParameter.__bases__[0]  # typer does not hand it out by name


def main() -> None:
    """Run the command that ``sys.argv`` asks for.

    Exit code 2 and one line on stderr where the input is bad, 130 where the user stopped it; what was written before is whole.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        code = app(sys.argv[1:] or ["--help"], prog_name="a2c", standalone_mode=False)
    except USAGE_ERROR as error:
        _leave(f"{_usage(error)}; see '{_command(error)} --help'")
    except ValueError as error:
        _leave(str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _leave(f"{where}{error.strerror or error}; check the name, its permissions and the space left")
    except (KeyboardInterrupt, typer.Abort):
        code = STOPPED
    if code == STOPPED:
        _leave("stopped; files written before are whole", STOPPED)
    if isinstance(code, int):
        sys.exit(code)


def _usage(error: Exception) -> str:
    """What is wrong with the command line."""
    message = getattr(error, "format_message", None)
    return str(message() if message else error).rstrip(". ")


def _command(error: Exception) -> str:
    """The command that was called: ``a2c check``."""
    return str(getattr(getattr(error, "ctx", None), "command_path", "") or "a2c")


def _leave(text: str, code: int = BAD_INPUT) -> None:
    """End with one line on stderr."""
    print_lines(f"a2c: {' '.join(text.split())}", console=err)
    sys.exit(code)
