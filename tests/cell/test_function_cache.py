"""The folder that compiled code is loaded from: nobody else can put anything there."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from a2c_pybamm.cell.function_cache import CACHE_VARIABLE, use_private_cache

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners and modes are POSIX's")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of one's own, with nothing set, that tests may change."""
    tmp_path.chmod(0o700)
    monkeypatch.setenv(CACHE_VARIABLE, "")  # given back after the test
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return tmp_path


def test_folder_is_the_users_own_and_set_for_other_processes(home: Path) -> None:
    folder = use_private_cache()
    assert folder == home / ".cache" / "a2c_pybamm" / "compiled"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert os.environ[CACHE_VARIABLE] == str(folder)
    assert use_private_cache() == folder


def opened(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o770)


def linked(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir(parents=True, mode=0o700)
    folder.symlink_to(folder.parent / "elsewhere")


def in_an_open_folder(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o777)


def a_file(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.touch()


@pytest.mark.parametrize("change", [opened, linked, in_an_open_folder, a_file])
def test_folder_that_others_can_write_to_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch, change: object) -> None:
    """Another is taken for the default; the user's own setting is refused in one line."""
    folder = home / ".cache" / "a2c_pybamm" / "compiled"
    change(folder)  # type: ignore[operator]
    monkeypatch.setattr("tempfile.tempdir", str(home))
    other = use_private_cache()
    assert other != folder
    assert stat.S_IMODE(other.stat().st_mode) == 0o700
    monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    with pytest.raises(
        ValueError, match=rf"{CACHE_VARIABLE}: .*compiled .*; make it yours alone \(chmod 700\), or unset"
    ) as error:
        use_private_cache()
    assert "\n" not in str(error.value)


def test_folder_of_another_user(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(home / "c"))
    use_private_cache()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(ValueError, match="belongs to another user"):
        use_private_cache()


def test_users_own_private_folder_is_taken(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(home / "mine"))
    assert use_private_cache() == home / "mine"
    assert stat.S_IMODE((home / "mine").stat().st_mode) == 0o700


def test_no_home_to_write_to(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file" / "below"))
    monkeypatch.setattr("tempfile.tempdir", str(home))
    assert use_private_cache().parent == home


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("gcc"), reason="no compiler here")
def test_pybamm_compiles_into_it(home: Path) -> None:
    """In a process of its own: PyBaMM keeps compiled functions in memory too."""
    code = """
import numpy as np, a2c_pybamm as a2c
cell = a2c.Cell(a2c.load("LCO_graphite_universal_potentials"), model="SPM", compile=True)
mean = cell.parameter_set.joint.mean[cell.parameter_set.joint.rows(cell.names)]
assert not cell.solve(mean)["failed"].any()
"""
    environment = {key: value for key, value in os.environ.items() if key != CACHE_VARIABLE} | {"TMPDIR": str(home)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=300)
    assert list((home / ".cache" / "a2c_pybamm" / "compiled").glob("*.so"))
    assert not (home / "pybamm_casadi_aot").exists()
