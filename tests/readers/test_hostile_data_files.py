"""Hostile data files: each reader returns or stops with one line that names the file, and does nothing else."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import json
import lzma
import os
import sqlite3
import subprocess
import sys
import time
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from a2c_pybamm.readers import read_energies, read_structures
from a2c_pybamm.readers.ase_database import _connected, read_database
from a2c_pybamm.readers.memory_bound import MemoryBound
from a2c_pybamm.readers.plain_yaml import plain_yaml
from a2c_pybamm.readers.source_file import open_regular, read_text
from tests.hostile import Case, outcome
from tests.hostile.good_files import READ, good_files
from tests.hostile.readers_corpus import CANARY, cases

SEED = 20260101
LONGEST = 10.0
"""Seconds that a reader may take to refuse a file."""
MEMORY = 2 * 10**9
"""Bytes of memory that a process may take in which readers refuse files."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Case]]:
    folder = tmp_path_factory.mktemp("hostile")
    return folder, list(cases(folder, np.random.default_rng(SEED)))


def state(folder: Path) -> dict[str, str]:
    """Every file below a folder, with its sha256."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size < 2**24)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_good_files_are_read(tmp_path: Path) -> None:
    """What is damaged below is good before."""
    for path, reader in good_files(tmp_path):
        READ[reader](path)


def test_hostile_files_do_nothing(corpus: tuple[Path, list[Case]]) -> None:
    folder, hostile = corpus
    before = state(folder)
    found = []
    for case in hostile:
        start = time.perf_counter()
        found.append(outcome(case))
        if (seconds := time.perf_counter() - start) > LONGEST:
            found.append(f"{case.name}: {seconds:.1f} s")
    assert len(hostile) >= 200
    assert "\n".join(filter(None, found)) == ""
    assert not (folder / CANARY).exists()
    assert state(folder) == before


READ_ALL = f"""
import json, resource, signal, sys, tempfile, time, warnings
from pathlib import Path
import numpy as np
from tests.hostile import outcome
from tests.hostile.readers_corpus import large_cases

warnings.simplefilter("error")
resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, resource.getrlimit(resource.RLIMIT_AS)[1]))
found = []
for case in large_cases(Path(sys.argv[1]), np.random.default_rng({SEED})):
    start = time.process_time()
    found.append(outcome(case))
    if (seconds := time.process_time() - start) > {LONGEST}:
        found.append(f"{{case.name}}: {{seconds:.1f}} s")
    case.path.unlink()
taken = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([list(filter(None, found)), taken]))
"""


@pytest.mark.calibration
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is bounded, and holes take no disk, on Linux")
def test_gigabytes_are_refused_within_bounds(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])}
    run = subprocess.run([sys.executable, "-c", READ_ALL, str(tmp_path)], capture_output=True, text=True, env=env, timeout=600)
    assert run.returncode == 0, run.stderr[-2000:]
    found, taken = json.loads(run.stdout.splitlines()[-1])
    assert found == []
    assert taken < MEMORY


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("name", sorted(READ))
def test_pipes_and_devices_are_not_opened(tmp_path: Path, name: str) -> None:
    """A pipe without a writer would be waited for, and ``/dev/zero`` never ends."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("/dev/zero"), tmp_path):
        with pytest.raises(ValueError, match=r"a pipe or device, not a regular file|a folder, not a file") as error:
            READ[name](path)
        assert str(error.value).startswith(str(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_takes_a_files_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match=r"pipe: a pipe or device"):
        open_regular(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["a\x1b[2J.csv", "a\n.csv", "a\u202e.csv", os.fsdecode(b"a\xff.csv")])
def test_codes_in_a_name_are_escaped(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no such file") as error:
        read_energies(tmp_path / name)
    assert str(error.value).isprintable()


def test_sqlite_is_only_read(tmp_path: Path) -> None:
    """Neither a foreign database nor one of ase's changes, in a mode, too, in which SQLite makes files beside it."""
    path = next(p for p, _ in good_files(tmp_path) if p.name == "structures.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    foreign = tmp_path / "foreign.db"
    with contextlib.closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE other (a)")
        connection.commit()
    before = state(tmp_path)
    rows = read_database(path)
    next(rows)
    assert state(tmp_path) == before, "while it is read"
    rows.close()
    with contextlib.closing(_connected(path)) as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("CREATE TABLE other (a)")
    with pytest.raises(ValueError, match="an SQLite database, but not ase's"):
        read_structures(foreign, label="x", framework="Co")
    assert state(tmp_path) == before


@pytest.mark.parametrize("value", ["T", '"minus one"', '"1 2 3"', "nan", "1e400", "9" * 400])
def test_energies_are_numbers(tmp_path: Path, value: str) -> None:
    line = f'Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 energy={value}\n'
    path = tmp_path / "all.extxyz"
    path.write_text(f"2\n{line}Co 0 0 0\nO 1 1 1\n")
    with pytest.raises(ValueError, match=r"all\.extxyz, frame 0: its energy is .*(not a number|not finite);"):
        READ["structures"](path)


def test_what_lies_beside_is_not_read(tmp_path: Path) -> None:
    """Ase takes elements from a POTCAR beside a file without them, which the fingerprint would not cover."""
    text = "no symbols\n1.0\n5 0 0\n0 5 0\n0 0 5\n1\nDirect\n0 0 0\n"
    (tmp_path / "POSCAR").write_text(text)
    (tmp_path / "POTCAR").write_text(" TITEL  = PAW_PBE Li 17Jan2003\n")
    with pytest.raises(ValueError, match=r"POSCAR: names no elements, as files of VASP 4; write their symbols in a line above"):
        READ["sites"](tmp_path / "POSCAR")
    steps = "".join(f"Direct configuration= {k}\n0 0 0\n" for k in (1, 2))
    (tmp_path / "XDATCAR").write_text(text.partition("Direct")[0] + steps)
    with pytest.raises(ValueError, match=r"XDATCAR: names no elements"):
        READ["motion"](tmp_path / "XDATCAR")


def test_arrays_that_are_not_needed_are_not_read(tmp_path: Path) -> None:
    path = next(p for p, _ in good_files(tmp_path) if p.name == "run.npz")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("junk.npy", b"no array")
        archive.writestr("deep/../junk", b"no array")
    READ["motion"](path)


def test_yaml_of_plain_values_is_what_a_safe_loader_makes(tmp_path: Path) -> None:
    text = (
        "a: [1, -2.5, 1.0e-3, 1e5, .inf, 0, 007, 1_000]\nb: {c: null, d: ~, e: '1', f: \"x\\ty\", g: yes, h: Off}\n"
        "1: text\ni: |\n  two\n  lines\nj: >\n  one\n  line\nk:\n- - 1\n  - l: 2\n- {}\n- []\nm:\n"
    )
    expected = yaml.safe_load(text)
    assert plain_yaml(text, tmp_path) == expected | {"a": [*expected["a"][:6], 7, *expected["a"][7:]]}


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_packed_files_are_read_as_unpacked_ones(tmp_path: Path, ending: str) -> None:
    path = next(p for p, _ in good_files(tmp_path) if p.name == "run.extxyz")
    packed = path.with_name(path.name + ending)
    packed.write_bytes({".gz": gzip, ".bz2": bz2, ".xz": lzma}[ending].compress(path.read_bytes()))
    assert (READ["motion"](packed).positions == READ["motion"](path).positions).all()  # type: ignore[attr-defined]


def _arrays(found: Any) -> list[Any]:
    """Arrays that a reader returned."""
    parts = found if isinstance(found, tuple) else vars(found).values()
    return [part for part in parts if isinstance(part, np.ndarray)]


OF_TEXT = ("energies", "potentials", "drive", "images", "hop", "frequencies", "list", "dos", "thermal", "phonopy")
OF_TEXT += ("stress", "current", "table", "centres", "series", "activities")
"""Readers of a whole text."""


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_packed_texts_are_read_as_unpacked_ones(tmp_path: Path, ending: str) -> None:
    """Phonopy 4 writes ``phonopy_params.yaml.xz``."""
    pack = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": partial(lzma.compress, preset=0)}[ending]
    for path, name in good_files(tmp_path):
        if name not in OF_TEXT:
            continue
        packed = path.with_name(path.name + ending)
        packed.write_bytes(pack(path.read_bytes()))
        one, other = (
            (found if isinstance(found, tuple) else vars(found).values()) for found in (READ[name](path), READ[name](packed))
        )
        for left, right in zip(one, other, strict=True):
            if isinstance(left, np.ndarray | str):
                np.testing.assert_array_equal(left, right)
        other_name = packed.with_name("unnamed" + path.name)
        packed.rename(other_name)
        for left, right in zip(_arrays(READ[name](path)), _arrays(READ[name](other_name)), strict=True):
            np.testing.assert_array_equal(left, right)
        damaged = pack(path.read_bytes())
        packed.write_bytes(damaged[: len(damaged) * 2 // 3])
        with pytest.raises(ValueError, match=r"cannot be read to its end \(.*\); copy it again"):
            READ[name](packed)


def test_a_packed_text_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "energies.csv.xz"
    path.write_bytes(lzma.compress(b"x,energy_eV\n" + b" " * 100_000))
    assert len(read_text(path, largest=200_000)) == 100_012
    with pytest.raises(ValueError, match=r"energies\.csv\.xz: .* MB, more than the .* MB of a text"):
        read_text(path, largest=100_000)


def test_memory_bound_is_taken_back() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)

    def taken() -> None:
        with MemoryBound(1):
            np.zeros(2**40, dtype=np.int8)

    with pytest.raises(MemoryError):
        taken()
    assert resource.getrlimit(resource.RLIMIT_AS) == before
