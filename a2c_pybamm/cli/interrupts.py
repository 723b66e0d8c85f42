"""Ctrl-C: a clean end with one line, whenever it comes."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from types import FrameType

STOPPED = 130
"""Exit code of a command that the user has stopped: 128 + SIGINT."""
STOPPED_TEXT = "stopped; files written before are whole"


class Interrupts:
    """Ctrl-C as a `KeyboardInterrupt`, remembered: a library may report it as an error of its own, or drop it.

    While the command line itself is imported nothing has been written yet, and the process is ended at once: an exception in
    the middle of an import ends in other people's messages.
    """

    def __init__(self) -> None:
        self.came = False
        self.importing = True

    def install(self) -> None:
        """Take the place of Python's own handler; a process that ignores Ctrl-C goes on ignoring it."""
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) in (signal.default_int_handler, self._handle):
            signal.signal(signal.SIGINT, self._handle)
            sys.unraisablehook = self._unraisable
            atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)  # Python's own end is not to be interrupted

    def remove(self) -> None:
        """Give Python's own handler its place back."""
        if signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sys.unraisablehook = sys.__unraisablehook__

    def ignore(self) -> None:
        """From now on nothing is interrupted: the process is ending."""
        if signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.came = True
        if self.importing:
            os.write(2, f"a2c: {STOPPED_TEXT}\n".encode())
            os._exit(STOPPED)
        raise KeyboardInterrupt

    def _unraisable(self, unraisable: sys.UnraisableHookArgs) -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)  # it came where no exception can leave, e.g. in a destructor: once more
        else:
            sys.__unraisablehook__(unraisable)
