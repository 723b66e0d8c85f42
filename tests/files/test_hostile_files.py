"""Files that are not what they should be: each is read, or refused in one line that names it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest
import xarray as xr

import a2c_pybamm as a2c
from a2c_pybamm.files import read_parameter_values, read_result, read_set, save, writable, write_pybamm_module, write_result
from a2c_pybamm.files.json_document import parse_document
from a2c_pybamm.files.writing import write_bytes, write_text
from a2c_pybamm.laws import KINDS, build_law, law
from a2c_pybamm.readers.source_file import FILE_LIMITS
from a2c_pybamm.sets import DEMO, sets_folder
from tests.hostile.files_corpus import BY_HAND, CANARY, HDF5, NODES, cases, edited, hdf5, put, whole_result
from tests.result_edits import edited as edited_result
from tests.result_edits import with_attrs

SECONDS = 10.0
"""Longest that a refusal may take."""


@pytest.fixture(autouse=True)
def canary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on Python's path with a module that leaves a file when it is imported."""
    folder = tmp_path_factory.mktemp("modules")
    text = f"from pathlib import Path\nPath({str(folder / 'imported')!r}).touch()\nclass Thing: pass\n"
    (folder / f"{CANARY}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    return folder / "imported"


def run_corpus(folder: Path, seed: int, every: int) -> list[str]:
    """What went wrong, by case; files are read, and refused in one line that begins with their name."""
    wrong, n = [], 0
    for case in cases(folder, np.random.default_rng(seed), every=every):
        n += 1
        before, start = case.path.read_bytes(), time.perf_counter()
        try:
            case.read(case.path)
        except ValueError as error:
            text = str(error)
            if "\n" in text or not text.startswith(f"{case.path}: ") or text.encode("utf-8", "replace").decode() != text:
                wrong.append(f"{case.name}: {text!a}")
        except Exception as error:
            wrong.append(f"{case.name}: {type(error).__name__} {error!a}")
        if time.perf_counter() - start > SECONDS:
            wrong.append(f"{case.name}: slow")
        if case.path.read_bytes() != before or len(list(case.path.parent.iterdir())) > 1:
            wrong.append(f"{case.name}: files were changed")
    assert n * every >= 120
    return wrong


def test_part_of_the_corpus_is_read_or_refused_in_one_line(tmp_path: Path, canary: Path) -> None:
    assert run_corpus(tmp_path, seed=1, every=40) == []
    assert not canary.exists()


@pytest.mark.calibration
@pytest.mark.parametrize("seed", [1, 2])
def test_corpus_is_read_or_refused_in_one_line(tmp_path: Path, canary: Path, seed: int) -> None:
    assert run_corpus(tmp_path, seed, every=1) == []
    assert not canary.exists()


# ---- PyBaMM's JSON -----------------------------------------------------------------------------------------------------

VALUES = '{"a": 1.0}'


def test_pybamms_own_reader_imports_what_the_file_names(tmp_path: Path, canary: Path) -> None:
    """The reason for a reader of our own; the day that this fails it can go."""
    (tmp_path / "values.json").write_bytes(edited(VALUES, put("b", to=NODES["a class of another module"])))
    with pytest.raises(Exception, match="No codec"):
        pybamm.ParameterValues.from_json(str(tmp_path / "values.json"))
    assert canary.exists()
    sys.modules.pop(CANARY)


@pytest.mark.parametrize("name", [name for name in NODES if CANARY in str(NODES[name])])
def test_no_module_is_imported(tmp_path: Path, canary: Path, name: str) -> None:
    path = tmp_path / "values.json"
    path.write_bytes(edited(VALUES, put("b", to=NODES[name])))
    with pytest.raises(ValueError, match=r"values\.json: b.* (none of PyBaMM's expressions|is not read)") as error:
        read_parameter_values(path)
    assert "\n" not in str(error.value)
    assert not canary.exists()
    assert CANARY not in sys.modules


@pytest.mark.parametrize("name", ["Ai2020", "Chen2020_composite", "MSMR_Example", "OKane2022", "LFP_graphite_two_phase"])
def test_what_pybamm_writes_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "values.json"
    written = pybamm.ParameterValues(name).to_json(str(path))
    assert a2c.read_parameter_values(path).to_json() == written


@pytest.mark.slow
def test_every_set_of_pybamm_is_read(tmp_path: Path) -> None:
    for name in list(pybamm.parameter_sets):
        written = pybamm.ParameterValues(name).to_json(str(tmp_path / "values.json"))
        assert read_parameter_values(tmp_path / "values.json").to_json() == written, name


# ---- JSON --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "the name 'a' stands twice in one table"),
        ('{"a": 1e400}', "is no finite number"),
        ('{"a": {"b": ["\\ud83d"]}}', r"a\.b\[0\] holds half a character"),
        ('{"\\ud83d": 1}', "holds half a character"),
        ('{"a": ' + "9" * 5000 + "}", "a number of 5000 digits"),
        ("[" * 100_000, "nested too deeply"),
        ("3", "3, not a table"),
    ],
)
def test_wrong_json_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        parse_document(text, "f.json")
    assert str(error.value).startswith("f.json: ")


def test_whole_character_in_two_halves_is_read() -> None:
    assert parse_document('{"a": "\\ud83d\\ude00"}', "f.json") == {"a": "\U0001f600"}


def test_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "values.json"
    with path.open("wb") as file:
        file.truncate(FILE_LIMITS.json_bytes + 1)
    with pytest.raises(ValueError, match="16 MB, more than the 16 MB that are read"):
        read_parameter_values(path)


# ---- laws of other packages --------------------------------------------------------------------------------------------


class Point:
    """An entry point of another package."""

    name, value = "theirs", "their_package:Law"

    def __init__(self, brings: Any) -> None:
        self.brings = brings

    def load(self) -> Any:
        if isinstance(self.brings, Exception):
            raise self.brings
        return self.brings


@pytest.mark.parametrize(
    ("brings", "words"),
    [
        (ImportError("no\nsuch module"), r"cannot be imported \(ImportError: no such module\); install"),
        (SyntaxError("bad"), "cannot be imported"),
        (AttributeError("Law"), "cannot be imported"),
        (3, "is no class"),
        (dict, "gives {}, not a law"),
        (lambda: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_law_of_a_broken_package_is_one_line(brings: Any, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(law, "entry_points", lambda group: [Point(brings)])
    with pytest.raises(ValueError, match=words) as error:
        build_law("theirs", {}, {}, KINDS)
    assert "law 'theirs'" in str(error.value)
    assert "\n" not in str(error.value)


# ---- writing -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shipped() -> a2c.ParameterSet:
    return a2c.load(DEMO)


def altered(parameter_set: a2c.ParameterSet, **other: Any) -> a2c.ParameterSet:
    keep = ("name", "base", "attach", "joint", "temperature", "citations", "description", "notes", "voltage_limits")
    return a2c.ParameterSet(**{key: getattr(parameter_set, key) for key in keep} | other)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"notes": {"a": "\ud800"}}, "holds half a character|has no character"),
        ({"notes": {"a": {1: 2, "1": 3}}}, "the name '1' stands twice"),
        ({"notes": {"a": object()}}, "not JSON serializable"),
        ({"notes": {"a": float("inf")}}, "JSON compliant"),
    ],
)
def test_set_that_could_not_be_read_is_not_written(
    shipped: a2c.ParameterSet, tmp_path: Path, other: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words) as error:
        save(altered(shipped, **other), tmp_path / "set.json")
    assert str(error.value).startswith(f"{tmp_path / 'set.json'}: ")
    assert list(tmp_path.iterdir()) == []


def test_module_that_would_hide_another_is_not_written(shipped: a2c.ParameterSet, tmp_path: Path) -> None:
    for name in ("numpy", "json", "class"):
        with pytest.raises(ValueError, match=f"{name}.py: name '{name}': a file {name}.py would hide"):
            write_pybamm_module(tmp_path / f"{name}.py", shipped)
    for name in ("conftest", "__init__", "sitecustomize", "NUL"):
        with pytest.raises(ValueError, match=f"{name}.py: name '{name}': .*; rename the set or the file"):
            write_pybamm_module(tmp_path / f"{name}.py", shipped)
    assert list(tmp_path.iterdir()) == []


def special_files(folder: Path) -> list[Path]:
    """Paths where something else than a file stands."""
    os.mkfifo(folder / "pipe")
    (folder / "to-pipe").symlink_to(folder / "pipe")
    (folder / "to-device").symlink_to("/dev/null")
    return [folder / "pipe", folder / "to-pipe", folder / "to-device", Path("/dev/null")]


@pytest.mark.skipif(sys.platform == "win32", reason="no such files")
def test_device_pipe_and_socket_are_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as own:
        own.bind("socket")
        for path in [*special_files(tmp_path), tmp_path / "socket"]:
            before = path.lstat()
            for attempt in (lambda p: write_text(p, "x"), writable, lambda p: write_result(p, a2c)):
                with pytest.raises(ValueError, match="a device, pipe or socket stands here") as error:
                    attempt(path)
                assert str(error.value).startswith(f"{path}: ")
            assert path.lstat().st_ino == before.st_ino
    assert len(list(tmp_path.iterdir())) == 4


def test_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "a.txt", tmp_path / "link.txt"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    assert write_text(link, "new") == link
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"
    assert [p.name for p in target.parent.iterdir()] == ["a.txt"]


FULL = """
import resource, signal, sys
from pathlib import Path
import numpy as np, xarray as xr
from a2c_pybamm.files import write_result
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
write_result(Path(sys.argv[1]), xr.DataTree.from_dict({"/": xr.Dataset({"a": ("x", np.arange(20_000.0))}), "outputs": None}))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size")
def test_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    """The limit of a file's size stands for the disk's: writing fails in the middle."""
    run = subprocess.run([sys.executable, "-c", FULL, tmp_path / "result.nc"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 1  # an error of Python's, no signal
    assert f"ValueError: {tmp_path / 'result.nc'}: cannot be written (File too large)" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_error_while_bytes_are_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ValueError, match=r"a\.nc: cannot be written \(No space left on device\)"):
        write_bytes(tmp_path / "a.nc", b"x" * 1000)
    assert list(tmp_path.iterdir()) == []


# ---- what a caller needs of a result -----------------------------------------------------------------------------------


def test_attributes_that_the_caller_needs_are_asked_for(tmp_path: Path) -> None:
    path = write_result(tmp_path / "result.nc", with_attrs(whole_result(), {"cell": "SPM", "number": 3}))
    assert read_result(path, attributes=["cell"]).attrs["cell"] == "SPM"
    for name in ("number", "sha256"):
        with pytest.raises(ValueError, match=f"no text as attribute '{name}'"):
            read_result(path, attributes=[name])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("outputs/sum/status", "fine"),
        ("outputs/sum/recommendation", "anything"),
        ("failures/cause", "x"),
        ("expansion/germ_family", "y"),
    ],
)
def test_enumerations_of_a_result_have_known_values(tmp_path: Path, name: str, value: str) -> None:
    failed = {
        "sample_approach": ("failure", ["sampling"]),
        "coefficients": (("failure", "coefficient"), np.zeros((1, whole_result().sizes["coefficient"]))),
        "cause": ("failure", ["solver"]),
        "reason": ("failure", ["r"]),
    }
    sound = edited_result(whole_result(), "/failures", lambda node: xr.Dataset(failed))
    assert read_result(write_result(tmp_path / "good.nc", sound)).path == "/"
    node, _, variable = f"/{name}".rpartition("/")

    def change(old: xr.Dataset) -> xr.Dataset:
        return old.assign({variable: (old[variable].dims, np.full(old[variable].shape, value))})

    path = write_result(tmp_path / "result.nc", edited_result(sound, node, change))
    with pytest.raises(ValueError, match=rf"^{re.escape(str(path))}: variable '{name}' is '{value}', none of .*; make it with"):
        read_result(path)


@pytest.mark.parametrize("name", ["", "a\0b", "\ud800", "n" * 5000, "../no such set"])
def test_no_such_set_whatever_its_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"neither a shipped set|check the name, its permissions") as error:
        a2c.load(name or "nothing")
    str(error.value).encode()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("1e12 numbers without data", "MB declared, more than the 512 MB"),
        ("1e10 texts without data", "MB declared, more than the 512 MB"),
        ("a link to another file", "is a link to elsewhere"),
        ("data in another file", "lies in another file"),
        ("records", "neither numbers nor text"),
        ("references", "neither numbers nor text"),
        ("a group that holds itself", "more than 10000 variables"),
    ],
)
def test_contents_are_looked_at_before_they_are_read(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "result.nc").write_bytes(hdf5(HDF5[name]))
    with pytest.raises(ValueError, match=words):
        read_result(tmp_path / "result.nc")


def test_joint_error_that_does_not_fit_into_memory_is_not_made(tmp_path: Path) -> None:
    text = (sets_folder() / DEMO / "set.json").read_text(encoding="utf-8")
    (tmp_path / "set.json").write_bytes(edited(text, BY_HAND["twenty thousand names"]))
    with pytest.raises(
        ValueError, match=r"estimates: the number of coefficients is 200\d\d, more than 2000 \(.*\); give fewer"
    ):
        read_set(tmp_path / "set.json")


class Renamed(a2c.SiteDensity):
    """A law of a script, under the kind of a law of the package."""


def test_law_that_another_stands_for_is_not_written(shipped: a2c.ParameterSet, tmp_path: Path) -> None:
    key = "Maximum concentration in positive electrode [mol.m-3]"
    attach = {**shipped.attach, key: a2c.Attachment(Renamed("LCO"), "maximum_concentration")}
    with pytest.raises(ValueError, match="a law is not the one that its kind names"):
        save(altered(shipped, attach=attach), tmp_path / "set.json")
    assert list(tmp_path.iterdir()) == []
