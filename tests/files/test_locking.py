"""The lock of a folder: one run at a time, and none that a killed run leaves behind."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from a2c_pybamm.files import folder_lock, locking
from a2c_pybamm.files.locking import LOCK_FILE

HOLD = "import sys; from a2c_pybamm.files.locking import folder_lock\nwith folder_lock('.'): print('in', flush=True); input()"
GONE = 2**22 + 1
"""A process that there is not: Linux has none above 2²²."""


@pytest.fixture(params=["system", "file"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The system's own lock, and a file system that has none."""

    def refuse(number: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    if request.param == "file":
        monkeypatch.setattr(locking, "_lock", refuse)
    return str(request.param)


def test_second_run_is_one_line_and_the_next_one_works(tmp_path: Path, kind: str) -> None:
    for _ in range(2):
        with folder_lock(tmp_path):
            words = rf"another a2c is at work in this folder \(process {os.getpid()} on {socket.gethostname()}, since "
            with pytest.raises(ValueError, match=words) as error, folder_lock(tmp_path):
                pass
            assert "\n" not in str(error.value)
            assert str(error.value).startswith(f"{tmp_path}: ")
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", f"{GONE} {socket.gethostname()} 2026-01-01 00:00", "\x80 nonsense"])
def test_file_that_a_killed_run_left_does_not_count(tmp_path: Path, kind: str, text: str) -> None:
    (tmp_path / LOCK_FILE).write_text(text, encoding="utf-8")
    with folder_lock(tmp_path):
        assert (tmp_path / LOCK_FILE).read_text().startswith(f"{os.getpid()} ")
    assert not list(tmp_path.iterdir())


def test_file_of_another_host_counts_where_the_system_has_no_locks(tmp_path: Path, kind: str) -> None:
    (tmp_path / LOCK_FILE).write_text(f"{GONE} elsewhere 2026-01-01 00:00")
    if kind == "system":
        with folder_lock(tmp_path):
            pass
        return
    words = rf"process {GONE} on elsewhere, since 2026-01-01 00:00\); wait .* remove {LOCK_FILE}"
    with pytest.raises(ValueError, match=words), folder_lock(tmp_path):
        pass
    assert (tmp_path / LOCK_FILE).exists()


def test_error_inside_unlocks(tmp_path: Path, kind: str) -> None:
    with pytest.raises(KeyError), folder_lock(tmp_path):
        raise KeyError("k")
    assert not list(tmp_path.iterdir())


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere: cannot be written \(No such file"), folder_lock(tmp_path / "nowhere"):
        pass


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_lock_ends_with_its_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"in\n"
        with pytest.raises(ValueError, match=f"process {process.pid} on"), folder_lock(tmp_path):
            pass
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / LOCK_FILE).exists()
    with folder_lock(tmp_path):
        pass
    assert not list(tmp_path.iterdir())
