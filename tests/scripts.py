"""Scripts in processes of their own that find other libraries loaded: these take longer to load than most examples to run."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

HEAVY = ("pybamm", "scipy.stats", "scipy.signal", "matplotlib.figure", "xarray", "h5netcdf", "chaospy", "ase.io", "pydantic")
"""Libraries that are loaded once; this package is not among them, so that each script imports of it what it needs."""
SECONDS = 300
"""Longest time of a script."""
SERVER = """
import importlib, json, os, runpy, signal, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
for line in sys.stdin:
    script, folder, seconds = json.loads(line)
    child = os.fork()
    if not child:
        signal.alarm(seconds)
        os.chdir(folder)
        for stream, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        sys.argv, sys.path[0] = [script], os.path.dirname(script)
        runpy.run_path(script, run_name="__main__")
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Reads scripts and folders, and prints their exit codes; each script runs in a copy of this process."""


@dataclass(frozen=True)
class Finished:
    """End of a script."""

    returncode: int
    stdout: str
    stderr: str


class Scripts:
    """Runs scripts one after the other, each in a process of its own; a context that ends with the last of them."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.communicate()

    def run(self, script: Path, folder: Path) -> Finished:
        """Run a script in a folder, in which its output is left."""
        if sys.platform != "linux":  # elsewhere a process with these libraries is not safely copied
            run = subprocess.run([sys.executable, script], cwd=folder, capture_output=True, text=True, timeout=SECONDS)
            return Finished(run.returncode, run.stdout, run.stderr)
        if self._server is None:
            command = [sys.executable, "-c", SERVER, *HEAVY]
            self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps([str(script), str(folder), SECONDS]), file=self._server.stdin, flush=True)
        code = int(self._server.stdout.readline())
        return Finished(code, *((folder / name).read_text("utf-8") for name in ("stdout", "stderr")))
