"""Entry point: bad input gives one line for each error on stderr and exit code 2, never a traceback.

Little is imported here before the handler of Ctrl-C is installed.
"""

from __future__ import annotations

import os
import sys

from a2c_pybamm.cli.interrupts import STOPPED_TEXT, ExitCode, Interrupts


def main() -> None:
    """Run the command of ``sys.argv``.

    Exit code 2 and a line on stderr for each error of the input, 130 where the user stopped it, 3 for an unforeseen error: one
    line then names the file with the traceback. Files written before are complete.
    """
    interrupts = Interrupts()
    interrupts.install()
    try:
        code = _outcome(interrupts)
    finally:
        interrupts.remove()
    if code:
        sys.exit(code)


def _outcome(interrupts: Interrupts) -> int:
    """Exit code of the command; where it is not 0, the lines with the reason are printed."""
    from a2c_pybamm.cli.streams import drop, flush_streams, open_streams

    open_streams()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from a2c_pybamm.cli.commands import app
    from a2c_pybamm.cli.failures import explain

    interrupts.importing = False
    lines: tuple[str, ...] = ()
    try:
        result = app(sys.argv[1:] or ["--help"], prog_name="a2c", standalone_mode=False)
        code = result if isinstance(result, int) else 0
        lines = (STOPPED_TEXT,) if code == ExitCode.STOPPED else ()
    except BrokenPipeError:  # the output is no longer read
        drop(sys.stdout)
        return 0
    except SystemExit:
        raise
    except BaseException as error:
        code, lines = explain(KeyboardInterrupt() if interrupts.received else error)
    interrupts.ignore()
    _print_errors(lines)
    flush_streams()
    return code


def _print_errors(lines: tuple[str, ...]) -> None:
    """Each line on stderr, as far as that can be written."""
    from a2c_pybamm.cli.printing import err, print_lines
    from a2c_pybamm.cli.streams import drop

    try:
        print_lines(*(f"a2c: {' '.join(line.split())}" for line in lines), console=err)
    except OSError:
        drop(sys.stderr)
