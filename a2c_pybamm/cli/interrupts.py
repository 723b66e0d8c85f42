"""Ctrl-C: a clean end with one line, whenever it comes."""

from __future__ import annotations

import _thread
import atexit
import os
import signal
import sys
import threading
from enum import IntEnum
from types import FrameType


class ExitCode(IntEnum):
    """Exit code of a command that did not succeed."""

    BAD_INPUT = 2
    """An error of the input; 2 as for wrong options (POSIX shells, argparse)."""
    UNFORESEEN = 3
    """An error that no check of this package covers."""
    STOPPED = 130
    """Stopped by the user: 128 + SIGINT."""


STOPPED_TEXT = "stopped; files written before are whole"
AGAIN_AFTER = 0.01
"""Time [s] after which an interrupt that was dropped is raised again: long beside a destructor, short beside a person."""


class Interrupts:
    """Ctrl-C as a `KeyboardInterrupt`, and recorded: a library may report it as an error of its own, or drop it.

    While the command line itself is imported nothing has been written yet, and the process ends at once: an exception during an
    import would show a traceback.
    """

    def __init__(self) -> None:
        self.received = False
        self.importing = True

    def install(self) -> None:
        """Replace Python's handler; a process that ignores Ctrl-C goes on ignoring it."""
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) in (signal.default_int_handler, self._handle):
            signal.signal(signal.SIGINT, self._handle)
            sys.unraisablehook = self._unraisable
            atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)  # the end of the process is not to be interrupted

    def remove(self) -> None:
        """Restore Python's handler."""
        if signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sys.unraisablehook = sys.__unraisablehook__

    def ignore(self) -> None:
        """Ignore Ctrl-C from now on: the process is ending."""
        if signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        if self.importing:
            os.write(2, f"a2c: {STOPPED_TEXT}\n".encode())
            os._exit(ExitCode.STOPPED)
        raise KeyboardInterrupt

    def _unraisable(self, unraisable: sys.UnraisableHookArgs) -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            # raised where no exception can leave, e.g. in a destructor: once more, when this hook, which none can leave
            # either, has ended
            threading.Timer(AGAIN_AFTER, _interrupt_main_thread).start()
        else:
            sys.__unraisablehook__(unraisable)


def _interrupt_main_thread() -> None:
    """Ctrl-C once more, to the main thread, whatever it waits for."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
