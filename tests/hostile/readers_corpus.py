"""Hostile data files for the readers: made by hand after what readers are known to fall for, and damaged good ones."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.hostile import Case, damaged
from tests.hostile.good_files import ENTRIES, READ, TEXTS, good_files, walk
from tests.vasp_runs import vasprun

DAMAGED_EACH = 7
"""Damaged files made of each good one."""
CANARY = "canary"
"""File in the corpus' folder that appears if code from a data file runs."""
HUGE = 10 * 2**30
"""Bytes of a sparse file: holes, which take no disk."""


def cases(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    """Every case that is small, its file written into a folder of its own."""
    for parts in (_texts, _yaml, _numpy, _archives, _atoms, _runs, _entries, _databases, _damaged):
        yield from parts(folder, rng)


def large_cases(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    """Every case that is, unpacks to or announces gigabytes, some within a small file."""
    yield from _large(folder, rng)
    yield from _bombs(folder, rng)


def _put(folder: Path, reader: str, name: str, content: bytes | str) -> Case:
    """A case with its file in a folder of its own, in which nothing may appear."""
    place = folder / f"{len(list(folder.iterdir())):03d}"
    place.mkdir()
    path = place / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return Case(f"{place.name} {name} ({reader})", path, READ[reader])


def _sparse(case: Case, size: int = HUGE) -> Case:
    """The case with a hole of zeros behind the file's content."""
    os.truncate(case.path, size)
    return Case(case.name + " sparse", case.path, case.read)


def _texts(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    energies = TEXTS["energies.csv"][1]
    for what in ("nan", "inf", "True", "1e400", "9" * 5000, "1_000", "", "\x1b[31m-20", "0x10", "--1", "−20", "1,5"):
        yield _put(folder, "energies", "energies.csv", energies.replace("-20.0", what))
    yield _put(folder, "energies", "energies.csv", energies.replace("\n", "\0\n", 1))
    yield _put(folder, "energies", "energies.csv", energies.encode("utf-16"))
    yield _put(folder, "energies", "energies.csv", energies.encode("utf-8-sig"))
    yield _put(folder, "energies", "energies.csv", energies.replace("half", "\udcff"))
    yield _put(folder, "energies", "energies.csv", "\x1b]0;title\x07," * 40 + "\n")
    yield _put(folder, "energies", "energies.csv", "x," * 1_000_000 + "\n1\n")
    yield _put(folder, "energies", "energies.csv", 'structure,x,energy_eV\n"' + "a" * 1_000_000)
    yield _put(folder, "energies", "energies.csv", "x,x,energy_eV,structure\n1,1,1,a\n")
    yield _put(folder, "energies", "energies\x1b[2J.csv", "x\n1\n")
    yield _put(folder, "energies", "energies.csv", "\n" * 100_000)
    for name, (reader, text) in TEXTS.items():
        yield _put(folder, reader, name, text.replace("\n", "\r"))
        yield _put(folder, reader, name, text.encode("utf-16-le"))
        yield _put(folder, reader, name, "\x1b[2J\u202e\n" * 3 + text)
    for what in ("[", '{"a":', '{"partial_hessian_THz":['):
        yield _put(folder, "hop", "hop.json", what * 100_000)
    for value in ("true", '"9"', "null", "9" * 5000, "9" * 400, "[9]", "{}", "1e308", "NaN"):
        yield _put(folder, "hop", "hop.json", f'{{"partial_hessian_THz": {{"initial": [{value}], "saddle": [1]}}}}\n')
    for value in ("1e29", "1e31", "nan", "-1", "0", "١"):
        yield _put(folder, "drive", "drive.csv", f"time_s,current_A\n0,1\n{value},2\n")
        yield _put(folder, "list", "list.txt", f"3.0\n{value}\n")


def _yaml(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    canary = folder / CANARY
    run = (
        f'!!python/object/apply:os.system ["touch {canary}"]\n',
        f'phonopy: !!python/object/apply:subprocess.check_output [[touch, "{canary}"]]\n',
        f'? !!python/object/new:pathlib.Path ["{canary}"]\n: 1\n',
        '!!python/name:os.system ""\n',
        "!!python/module:os ''\n",
        "%TAG ! tag:yaml.org,2002:python/\n---\n!object/apply:os.getcwd []\n",
        "unit: !<tag:yaml.org,2002:python/object/apply:os.getcwd> []\n",
    )
    laughs = "a0: &a0 [lol, lol]\n" + "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]\n" for k in range(1, 30))
    cycle = "a: &a [*a]\n"
    merge = "a: &a {x: 1}\nb: {<<: *a}\n"
    deep = "- " * 5_000
    flow = "[" * 5_000
    twice = "unit: {}\nunit: {}\n"
    number = f"unit: {'9' * 5000}\n"
    sixty = "unit: " + "1:" * 2000 + "1\n"
    documents = "a: 1\n---\nb: 2\n"
    date = "a: 2020-13-45\n"
    keys = "? [a, b]\n: 1\n"
    for text in (
        *run,
        laughs,
        cycle,
        merge,
        deep,
        flow,
        twice,
        number,
        sixty,
        documents,
        date,
        keys,
        "\x1b[2J: 1\n",
        "- 1\n",
        "7\n",
    ):
        yield _put(folder, "thermal", "thermal.yaml", text)
        yield _put(folder, "phonopy", "phonopy_params.yaml", text)
    thermal = TEXTS["thermal.yaml"][1]
    for value in ("true", ".nan", ".inf", "9" * 399, "'7'", "null", "[1]", "1e30"):
        yield _put(folder, "thermal", "thermal.yaml", thermal.replace("8.5000000", value))


def _npy(header: str | bytes, data: bytes = b"", *, version: int = 1, length: int | None = None) -> bytes:
    """A numpy file with any header."""
    text = header if isinstance(header, bytes) else header.encode("latin-1")
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", length or len(text)) + text + data


def _header(shape: str, descr: str = "'<f8'", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def _numpy(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    data = walk().tobytes()
    shapes = (
        "(-1, 3, 3)",
        "(1000000000000, 3, 3)",
        "()",
        "(0, 3, 3)",
        "(12, 3)",
        "(12, 3, 3, 1)",
        "(9" + "9" * 30 + ", 3, 3)",
        "(12, 0, 3)",
    )
    for shape in shapes:
        yield _put(folder, "typed", "run.npy", _npy(_header(shape), data))
    kinds = (
        "'|O'",
        "'<U8'",
        "'<c16'",
        "'|b1'",
        "'<M8[s]'",
        "[('x', '<f8')]",
        "'|V8'",
        "'>f8'",
        "'<f2'",
        "'<f3'",
        "'<i9'",
        "'|S0'",
    )
    for descr in kinds:
        yield _put(folder, "typed", "run.npy", _npy(_header("(12, 3, 3)", descr), data))
    yield _put(folder, "typed", "run.npy", _npy(_header("(12, 3, 3)", order="True"), data))
    for text in (
        "(" * 5_000,
        "{" * 200,
        "-" * 9_000 + "1",
        "[" * 60_000,
        "__import__('os').system('touch canary')",
        "",
        "\xff" * 100,
    ):
        yield _put(folder, "typed", "run.npy", _npy(text, data))
    yield _put(folder, "typed", "run.npy", _npy("{}", version=2, length=2**32 - 1))
    yield _put(folder, "typed", "run.npy", _npy("{}", version=9))
    yield _put(folder, "typed", "run.npy", b"\x93NUMPY\x01")
    yield _put(folder, "typed", "run.npy", np.full((12, 3, 3), 1e300).tobytes())
    for value in (np.nan, np.inf, 1e300, -1e300, 1e-320):
        yield _put(folder, "typed", "run.npy", _npy(_header("(12, 3, 3)"), np.full((12, 3, 3), value).tobytes()))


def _archived(folder: Path, arrays: dict[str, bytes | np.ndarray], *, method: int = zipfile.ZIP_STORED) -> Case:
    """An archive of arrays beside good positions and numbers."""
    case = _put(folder, "motion", "run.npz", b"")
    given: dict[str, bytes | np.ndarray] = {"positions": walk(), "numbers": np.array([3, 3, 16]), **arrays}
    with zipfile.ZipFile(case.path, "w", method) as archive:
        for key, value in given.items():
            content = value
            if isinstance(content, np.ndarray):
                content = _npy(_header(repr(content.shape), repr(content.dtype.str)), content.tobytes())
            archive.writestr(f"{key}.npy", content)
    return case


def _archives(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    evil = _npy(_header("(1,)", "'|O'"), b"cos\nsystem\n(S'touch " + str(folder / CANARY).encode() + b"'\ntR.")
    yield _archived(folder, {"junk": evil})  # not needed, not read
    yield _archived(folder, {"temperature_K": evil})
    yield _archived(folder, {"../../up": b"x", "\x1b[2J": b"y", "C:\\x": b"z"})
    yield _archived(folder, {"numbers": np.array(["Li", "Li", "S"])})
    values = [
        np.array("300"),
        np.array(True),
        np.array([]),
        np.array(np.nan),
        np.array(1e300),
        np.array([[1.0]]),
        np.array(-1.0),
    ]
    for value in [*values, np.array([1j]), np.zeros(12), np.full(12, np.inf), np.array(["2020-01-01"], "M8[D]")]:
        for key in ("time_s", "temperature_K", "cell", "masses", "numbers", "frame_spacing_fs", "velocities", "step"):
            yield _archived(folder, {key: value})
    for shape in ("(1000000000000,)", "(-3,)", "()", "(0,)", "(3, 1)"):
        yield _archived(folder, {"numbers": _npy(_header(shape, "'<i8'"), b"\3" * 24)})
    yield _archived(folder, {"masses": _npy(_header("(3,)"), b"\3" * 10)})
    yield _archived(folder, {"cell": np.full((3, 3), 1e300)})
    yield _archived(folder, {"cell": np.full((3, 3), 1e-300)})
    yield _archived(folder, {"cell": np.zeros((12, 3, 3, 3))})
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield _archived(folder, {}, method=method)
    yield _archived(folder, {"positions": b"junk"})
    for offset, value in ((6, b"\1"), (8, b"\x63"), (22, b"\xff\xff\xff\xff"), (26, b"\xff\xff")):
        # flags (encrypted), method, size and length of name, in the local header of the first array and in the directory
        case = _archived(folder, {})
        content = bytearray(case.path.read_bytes())
        at, shift = content.index(b"PK\1\2"), 2
        content[offset : offset + len(value)] = value
        content[at + offset + shift : at + offset + shift + len(value)] = value
        case.path.write_bytes(bytes(content))
        yield case
    with_twice = _archived(folder, {})
    with zipfile.ZipFile(with_twice.path, "a") as archive, np.errstate(all="ignore"):
        archive.getinfo("numbers.npy").filename = "other.npy"
        archive.NameToInfo.pop("numbers.npy")
        archive.writestr("numbers.npy", _npy(_header("(3,)", "'<i8'"), np.array([3, 3, 3]).tobytes()))
        archive.filelist[1].filename = "numbers.npy"
    yield with_twice


def _atoms(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    counts = ("1000000000000", "9" * 400, "9" * 5000, "-1", "0", "1e3", "3.0", "\x1b[2J")
    atoms = "Li 0 0 0\nLi 1 1 1\nS 2 2 2\n"
    dump = (
        "ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{n}\nITEM: BOX BOUNDS {flags}\n{low} {high}\n0 6\n0 6\n"
        "ITEM: ATOMS id element x y z ix\n1 Li 0 0 0 0\n2 Li 1 1 1 0\n3 S {x} 2 2 0\n"
    )
    good = {"step": "0", "n": "3", "flags": "pp pp pp", "low": "0", "high": "6", "x": "2"}
    for n in counts:
        yield _put(folder, "motion", "run.extxyz", f"{n}\n\n{atoms}" * 2)
        yield _put(folder, "structures", "structures.xyz", f"{n}\n\n{atoms}")
        yield _put(folder, "motion", "XDATCAR", f"x\n1.0\n5 0 0\n0 5 0\n0 0 5\nLi\n{n}\nDirect configuration=     1\n0 0 0\n")
        yield _put(folder, "sites", "POSCAR", f"x\n1.0\n5 0 0\n0 5 0\n0 0 5\nLi\n{n}\nDirect\n0 0 0\n")
        for key in ("n", "step"):
            yield _put(folder, "motion", "run.lammpstrj", dump.format_map({**good, key: n}) * 2)
    for key, words in {
        "low": ("nan", "1e400", "6"),
        "high": ("1e300", "-inf", "0"),
        "x": ("nan", "1e300", "Li", ""),
        "flags": ("", "pp", "\x1b"),
    }.items():
        for word in words:
            yield _put(folder, "motion", "run.lammpstrj", dump.format_map({**good, key: word}) * 2)
    info = (
        "energy=nan",
        "energy=1e400",
        "energy=T",
        'energy="minus one"',
        'energy="1 2 3"',
        "energy=" + "9" * 400,
        "energy",
        "energy=1e300",
    )
    for word in info:
        line = f'Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 {word}\n'
        yield _put(folder, "structures", "structures.extxyz", f"3\n{line}Li 0 0 0\nCo 1 1 1\nO 2 2 2\n")
        yield _put(folder, "neb", "neb.extxyz", "".join(f"2\n{line}Li 0 0 {k / 10}\nCo 1 1 1\n" for k in range(4)))
    for columns in (
        "species:S:1:pos:R:2",
        "species:S:1:pos:S:3",
        "pos:R:3",
        "species:S:1:pos:R:-3",
        "Z:I:1:pos:R:3",
        "",
        ":" * 50,
    ):
        yield _put(folder, "sites", "sites.extxyz", f'3\nLattice="4 0 0 0 4 0 0 0 4" Properties={columns}\n{atoms}')
    for lattice in (
        "nan 0 0 0 4 0 0 0 4",
        "1e300 0 0 0 1e300 0 0 0 1e300",
        "0 0 0 0 0 0 0 0 0",
        "4 0 0 8 0 0 0 0 4",
        "1e-300 0 0 0 1 0 0 0 1",
    ):
        frame = f'3\nLattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"\n{atoms}'
        yield _put(folder, "sites", "sites.extxyz", frame)
        yield _put(folder, "motion", "run.extxyz", frame * 12)
    for x in ("1e300", "nan", "9" * 400):
        yield _put(
            folder, "sites", "sites.extxyz", f'1\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3\nLi {x} 0 0\n'
        )
    row = '"numbers": {}, "positions": {}, "cell": [[4,0,0],[0,4,0],[0,0,4]], "pbc": [true,true,true], "energy": {}'
    rows = '"1": {{' + row + '}}, "ids": [1], "nextid": 2'
    for numbers, positions, energy in (
        ("[3, 500]", "[[0,0,0],[1,1,1]]", "-1"),
        ("[3, -27]", "[[0,0,0],[1,1,1]]", "-1"),
        ("[3, 27]", '[["a",0,0],[1,1,1]]', "-1"),
        ("[3, 27]", "[[0,0,0],[1,1,1]]", "true"),
        ("[3, 27]", "[[0,0,0],[1,1,1]]", '"-1"'),
        ("[3, 27]", "[[0,0,0],[1,1,1]]", "9" * 400),
        ("[3, 27]", "[[0,0,0],[1,1,1]]", "1e400"),
        ("[3, 27]", "[[0,0,0]]", "-1"),
        ("[]", "[]", "-1"),
    ):
        yield _put(folder, "structures", "structures.json", "{" + rows.format(numbers, positions, energy) + "}")
        yield _put(folder, "neb", "neb_images.json", "{" + rows.format(numbers, positions, energy) + "}")
    yield _put(
        folder,
        "structures",
        "structures.json",
        "{" + rows.format('{"__ndarray__": [[1000000000], "int64", [3]]}', "[[0,0,0]]", "1") + "}",
    )
    yield _put(folder, "structures", "structures.json", '{"a":' * 50_000)
    for name in (
        "structures.py",
        "structures.pckl",
        "structures.gpw",
        "structures.bundle",
        "postgresql-x.xyzz",
        "run.nc",
        "run.postgresql",
    ):
        yield _put(folder, "structures", name, f"import os\nos.system('touch {folder / CANARY}')\n")
    yield _put(folder, "structures", "structures.traj", b"- of UlmASE-Trajectory" + struct.pack("<qqq", 3, 10**12, 48))
    yield _put(folder, "motion", "run.traj", b"- of UlmASE-Trajectory  " + struct.pack("<qqq", 3, -1, 10**15))


def _runs(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    """Files of VASP with what XML and numbers can hide."""
    good = vasprun([(-23.0, -23.5)], parameters={"GGA": "PE", "NELM": "60", "NSW": "5", "IBRION": "2"})
    laughs = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 9}">' for k in range(1, 30))
    for kind in (
        laughs,
        f'<!ENTITY a29 SYSTEM "file://{folder / CANARY}">',
        '<!ENTITY % p SYSTEM "http://localhost/x"> %p;',
        "",
    ):
        head = f"<!DOCTYPE modeling [{kind}]>\n<modeling>"
        yield _put(folder, "structures", "vasprun.xml", good.replace("<modeling>", head).replace("> PE <", "> &a29; <"))
    yield _put(folder, "structures", "vasprun.xml", good.replace("<modeling>", '<!DOCTYPE m SYSTEM "m.dtd">\n<modeling>'))
    for old, new in (
        ("> PE <", ">" + "P" * 1_000_000 + "<"),
        ("> PE <", "> \x1b[2J <"),
        ("> 60 <", "> " + "9" * 5_000 + " <"),
        ("> 60 <", "> -1 <"),
        ("> 5 <", "> nan <"),
        ("-23.5", "nan"),
        ("-23.5", "1e400"),
        ("<incar>", "<incar>" + "<i>" * 50_000),
        ("<incar>", "<incar>" + "<a b='" + "x" * 5_000_000 + "'/>"),
        ("ISO-8859-1", "UTF-16"),
        ("ISO-8859-1", "none"),
        ("<c>  PAW", "<c>\x85" + "PAW " * 20_000),
        ("</incar>", "</parameters>"),
        ('<array name="atomtypes">', '<array name="atomtypes">' + "<set><rc/></set>" * 1_000),
    ):
        assert old in good, old
        yield _put(folder, "structures", "vasprun.xml", good.replace(old, new))
    yield _put(folder, "structures", "vasprun.xml", "<?xml version='1.0'?><modeling></modeling>")
    for text in (
        "NELM = " + "9" * 5_000,
        "LDAUU = " + "nan " * 1_000,
        "TITEL = " + "x" * 100_000,
        "Iteration 9(  9)\n" * 1_000,
        f"Iteration {'9' * 5_000}(  1)",
    ):
        end = "\n General timing and accounting informations\n"
        yield _put(folder, "structures", "OUTCAR", f" vasp.6.3.0\n INCAR:\n   {text}\n{end}")


def _entries(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    """Lists of entries in which one value is another."""
    values: tuple[Any, ...] = (None, True, "x", [], {}, [[]], -1, 1e308, 10**400, float("nan"), {"a": {"b": []}}, "\x1b[2J")
    for value in values:
        for key in ENTRIES[0]:
            yield _put(folder, "structures", "entries.json", json.dumps([{**ENTRIES[0], key: value}, ENTRIES[1]]))
        for outer, inner in (("structure", "lattice"), ("structure", "sites"), ("parameters", "hubbards")):
            changed = {**ENTRIES[0], outer: {**ENTRIES[0][outer], inner: value}}
            yield _put(folder, "structures", "entries.json", json.dumps([changed]))
        yield _put(folder, "structures", "entries.json", json.dumps({"entries": value}))
    for text in (
        "[" * 100_000,
        '[{"energy": ' * 1_000,
        '{"entries": [' * 1_000,
        '[{"energy": ' + "9" * 5_000 + "}]",
        "[]",
        "[ ]x",
    ):
        yield _put(folder, "structures", "entries.json", text)


def _databases(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    infinite = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id FROM n"
    for statements in (
        ["CREATE TABLE other (a)"],
        ["CREATE TABLE systems (id)"],
        ["CREATE TABLE systems (id)", "CREATE TABLE information (name, value)"],
        [
            "CREATE TABLE systems (id)",
            "CREATE TABLE information (name, value)",
            "INSERT INTO information VALUES ('version', '99')",
        ],
        [
            "CREATE TABLE systems (id)",
            "CREATE TABLE information (name, value)",
            "INSERT INTO information VALUES ('version', '9')",
        ],
        [f"CREATE VIEW systems AS {infinite}", "CREATE TABLE information (name, value)"],
        [f"CREATE VIEW systems AS {infinite}", "CREATE VIEW information AS SELECT 'version' AS name, 9 AS value"],
        ["CREATE TABLE systems (id, data AS (zeroblob(900000000)))", "CREATE TABLE information (name, value)"],
        ["PRAGMA journal_mode = WAL", "CREATE TABLE other (a)"],
    ):
        case = _put(folder, "structures", "structures.db", b"")
        case.path.unlink()
        connection = sqlite3.connect(case.path)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        yield case
    yield _put(folder, "structures", "structures.db", b"SQLite format 3\0" + b"\0" * 4096)
    yield _put(folder, "structures", "structures.db", b"no database")
    yield _put(folder, "motion", "run.db", b"SQLite format 3\0" + bytes(range(256)) * 16)
    beside = _put(folder, "structures", "structures.db", b"SQLite format 3\0" + b"\0" * 4096)
    beside.path.with_name("structures.db-wal").write_bytes(b"x")
    yield beside


def _large(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    """Files of ten gigabytes without an end of line."""
    for name, (reader, text) in TEXTS.items():
        yield _sparse(_put(folder, reader, name, text))
    for reader, name, start in (
        ("motion", "run.extxyz", b"3\n"),
        ("motion", "run.lammpstrj", b"ITEM: TIMESTEP\n"),
        ("motion", "XDATCAR", b"x\n1.0\n"),
        ("structures", "structures.json", b"{"),
        ("structures", "entries.json", b"["),
        ("structures", "vasprun.xml", b"<?xml version='1.0'?>\n<modeling>\n"),
        ("structures", "OUTCAR", b" vasp.6.3.0\n"),
        ("structures", "structures.db", b"SQLite format 3\0"),
        ("structures", "structures.traj", b"- of UlmASE-Trajectory  "),
        ("phonopy", "phonopy_params.yaml", b"phonopy:\n"),
        ("motion", "run.npz", b"PK\3\4"),
        ("typed", "run.npy", _npy("{}", version=2, length=2**31)),
        ("typed", "run.npy", b"\x93NUMPY"),
    ):
        yield _sparse(_put(folder, reader, name, start))


def _bombs(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    """Small files that unpack to gigabytes or announce them, and texts of many small pieces."""
    zeros = gzip.compress(b"\0" * 2**26, 9, mtime=0) * 32
    header = (
        b"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n4900000\nITEM: BOX BOUNDS pp pp pp\n0 6\n0 6\n0 6\n"
        b"ITEM: ATOMS id element x y z\n"
    )
    frames = gzip.compress((b"1\n" + b"x" * 10_000 + b"\nLi 0 0 0\n") * 2**11, 9, mtime=0) * 100
    empty = gzip.compress(b"\n" * 2**26, 9, mtime=0)
    for reader, name, content in (
        ("motion", "run.extxyz.gz", gzip.compress(b"3\n\n", mtime=0) + zeros),
        ("motion", "run.extxyz.gz", frames),
        ("motion", "run.lammpstrj.gz", gzip.compress(header, mtime=0) + empty * 16),
        ("motion", "run.lammpstrj.gz", gzip.compress(b"ITEM: TIMESTEP\n", mtime=0) + zeros),
        ("sites", "POSCAR.gz", zeros),
        ("structures", "structures.json.gz", zeros),
        ("motion", "XDATCAR.gz", empty * 16),
    ):
        yield _put(folder, reader, name, content)
    bomb = _npy(_header("(40000000, 3, 3)"), b"\0" * 2**27)
    yield _archived(folder, {"positions": bomb}, method=zipfile.ZIP_DEFLATED)
    yield _put(folder, "sites", "POSCAR", "x\n1.0\n5 0 0\n0 5 0\n0 0 5\nLi\n500000000\nDirect\n0 0 0\n")
    yield _put(folder, "sites", "sites.extxyz", "1\nProperties=species:S:1:pos:R:3:x:R:1000000000\nLi 0 0 0\n")
    nested = "- " + "[" + "1," * 15_000_000 + "1]\n"
    yield _put(folder, "thermal", "thermal.yaml", nested)
    yield _put(folder, "energies", "energies.csv", "structure,x,energy_eV\n" + "a,0,1\n" * 8_000_000)
    yield _put(folder, "list", "list.txt", "1\n" * 20_000_000)
    yield _put(folder, "hop", "hop.json", "[" + "[]," * 15_000_000 + "1]")
    yield _put(folder, "structures", "entries.json", "[" + "[]," * 15_000_000 + "1]")
    yield _put(folder, "structures", "entries.json", "[" + "{}," * 5_000_000 + "1]")
    yield _put(folder, "structures", "entries.json.gz", gzip.compress(b"[", mtime=0) + zeros)
    head = b"<?xml version='1.0'?>\n<modeling>\n<incar>"
    yield _put(folder, "structures", "vasprun.xml.gz", gzip.compress(head, mtime=0) + empty * 16)
    yield _put(folder, "structures", "vasprun.xml-7", gzip.compress(head + b"<i>\n" * 2**24, mtime=0))
    yield _put(folder, "structures", "OUTCAR.gz", gzip.compress(b" vasp.6.3.0\n", mtime=0) + empty * 16)
    finished = gzip.compress(b" General timing and accounting informations\n", mtime=0)
    yield _put(folder, "structures", "OUTCAR.gz", gzip.compress(b" vasp.6.3.0\n", mtime=0) + empty * 4 + finished)


def _damaged(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    good = folder / "good"
    good.mkdir()
    for path, reader in good_files(good):
        content = path.read_bytes()
        for _ in range(DAMAGED_EACH):
            case = _put(folder, reader, path.name, damaged(content, rng) or b"\n")
            yield Case(case.name + " damaged", case.path, case.read)
