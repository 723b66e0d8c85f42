"""Hostile study files: by hand, and by seeded mutation of the shipped study."""

from __future__ import annotations

import copy
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.sets import DEMO, sets_folder
from a2c_pybamm.study import read_study
from tests.hostile import Case

N_MUTATION = 150
"""Studies of which one value is replaced or left out, beside those by hand."""
SHIPPED = (sets_folder() / DEMO / "study.toml").read_text(encoding="utf-8")
SMALL = """name = "small"
base = "Ai2020"

[[scale]]
parameter = "Positive particle diffusivity [m2.s-1]"
std = 0.1
source = "s"
reason = "r"
"""


VALUES: dict[str, str] = {
    "zero": "0",
    "minus": "-1",
    "huge int": "1" + "0" * 400,
    "int of 5000 digits": "9" * 5000,
    "1e400": "1e400",
    "1e300": "1e300",
    "nan": "nan",
    "inf": "-inf",
    "true": "true",
    "empty text": '""',
    "text": '"x"',
    "long text": '"' + "x" * 100_000 + '"',
    "control codes": '"\\u001b[31mred\\u009b\\u202e\\n\\r\\u0000"',
    "markup": '"[red]x[/red] {task.description} %s :smile:"',
    "date": "2026-01-01",
    "time": "12:00:00",
    "date of year 0": "0000-00-00",
    "empty array": "[]",
    "nested arrays": "[" * 60 + "]" * 60,
    "array of everything": '[1, "a", true, 2026-01-01, [1], {a = 1}, nan]',
    "long array": "[" + "1," * 20_000 + "]",
    "empty table": "{}",
    "table": '{ a = 1, "b c" = { d = [] } }',
    "table with a control code": '{ "\\u001b[2J" = 1 }',
    "device": '"/dev/zero"',
    "terminal": '"/dev/stdin"',
    "folder": '"/"',
    "above": '"../../../../../../../../etc/passwd"',
    "glob": '"data/*"',
    "home": '"~/x"',
    "null in a name": '"a\\u0000b"',
    "address": '"http://localhost/x"',
    "quantity": '"1e308 V"',
    "quantity of 400 digits": f'"{"1" * 400} eV"',
    "not a quantity": '"1 2 3 V"',
}
"""Values that take the place of others, as TOML."""

PLACES = ("name", "base", "temperature", "citations", "independent", "cell", "scale", "positive", "sweep")
"""Keys of the whole file that take them."""

TEXTS: dict[str, bytes] = {
    "empty": b"",
    "spaces": b" \n\t\n" * 1000,
    "zeros": b"\x00" * 10_000,
    "random": bytes(range(256)) * 100,
    "not UTF-8": SMALL.encode().replace(b"small", b"sm\xff\xfell"),
    "UTF-16": SMALL.encode("utf-16"),
    "BOM twice": b"\xef\xbb\xbf\xef\xbb\xbf" + SMALL.encode(),
    "a surrogate": SMALL.replace("small", "\\ud800").encode(),
    "line of 10 MB": b'name = "' + b"x" * 10_000_000 + b'"\n',
    "comment of 3 MB": b"#" + b"x" * 3_000_000 + b"\n" + SMALL.encode(),
    "10 000 keys": b"".join(b"k%d = 1\n" % k for k in range(10_000)),
    "deep arrays": b"a = " + b"[" * 100_000,
    "closed deep arrays": b"a = " + b"[" * 900 + b"]" * 900,
    "deep tables": b"[" + b".".join(b"a" for _ in range(5000)) + b"]\n",
    "deep inline tables": b"a = " + b"{ a = " * 300 + b"1" + b" }" * 300,
    "dotted keys": b".".join(b"a" for _ in range(3000)) + b" = 1\n",
    "key twice": SMALL.encode() + b'name = "again"\n',
    "table twice": SMALL.encode() + b"[cell]\n[cell]\n",
    "control code in a key": SMALL.encode() + b'["\\u001b[31m"]\na = 1\n',
    "raw control code": SMALL.encode().replace(b"small", b"sm\x1b[31mall"),
    "raw bidi": SMALL.replace("small", "sm\u202eall").encode(),
    "key of 100 kB": b"k" * 100_000 + b" = 1\n",
    "quoted empty key": b'"" = 1\n' + SMALL.encode(),
    "dunder keys": b"__class__ = 1\nmodel_config = 1\nmodel_fields = {}\n" + SMALL.encode(),
    "other line ends": SMALL.replace("\n", "\r").encode(),
    "cut off": SHIPPED.encode()[:1000],
    "cut in a character": "name = 'é".encode()[:-1],
    "JSON": b'{"name": "a", "base": "Ai2020"}',
    "YAML": b"!!python/object/apply:os.system ['true']\n",
    "pickle": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
    "shipped twice": SHIPPED.encode() * 2,
    "1000 sections": SMALL.encode()
    + b"".join(b'[[scale]]\nparameter = "p%d"\nstd = 0.1\nsource = "s"\nreason = "r"\n' % k for k in range(1000)),
    "1000 wrong sections": SMALL.encode() + b"[[scale]]\nstd = []\n" * 1000,
    "dates out of range": b"name = 9999-99-99\n",
    "offset out of range": b"name = 2026-01-01T00:00:00+99:99\n",
}


def cases(folder: Path, rng: np.random.Generator) -> Iterator[Case]:
    """Every hostile file, written into a folder of its own as its turn comes."""
    texts = dict(TEXTS)
    for place in PLACES:
        for name, value in VALUES.items():
            texts[f"{name} for {place}"] = _with(place, value).encode()
    for k in range(N_MUTATION):
        texts[f"mutation {k}"] = _mutated(rng).encode("utf-8", "surrogatepass")
    for k, (name, text) in enumerate(texts.items()):
        own = folder / f"study-{k}"
        own.mkdir()
        (own / "study.toml").write_bytes(text)
        yield Case(name, own, read_study)
    yield from _odd_files(folder)


def _with(place: str, value: str) -> str:
    """The small study with a value in a place of the whole file."""
    lines = [line for line in SMALL.split("[[scale]]")[0].splitlines() if not line.startswith(f"{place} =")]
    rest = "" if place == "scale" else "[[scale]]" + SMALL.split("[[scale]]")[1]
    return "\n".join([*lines, f"{place} = {value}", rest])


def _odd_files(folder: Path) -> Iterator[Case]:
    """Paths that are no regular files, or have odd names."""
    odd = folder / "odd"
    odd.mkdir()
    (odd / "folder.toml").mkdir()
    (odd / "to itself.toml").symlink_to(odd / "to itself.toml")
    (odd / "nowhere.toml").symlink_to(odd / "no such file")
    (odd / "\x1b[31m\u202e.toml").write_bytes(b"name = 1\n")
    (odd / "line\nend.toml").write_bytes(b"name = 1\n")
    names = ["folder.toml", "to itself.toml", "nowhere.toml", "\x1b[31m\u202e.toml", "line\nend.toml", "n" * 300, "a\x00b"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(odd / "pipe.toml")
        names.append("pipe.toml")
    for name in names:
        yield Case(f"file {name!r}", odd / name, read_study)
    for device in ("/dev/zero", "/dev/null", "/dev/urandom", "/"):
        if Path(device).exists():
            yield Case(f"file {device}", Path(device), read_study)


def _mutated(rng: np.random.Generator) -> str:
    """The shipped study with one or two of its values replaced or left out."""
    table = copy.deepcopy(tomllib.loads(SHIPPED))
    values = [tomllib.loads(f"v = {text}")["v"] for name, text in VALUES.items() if name not in UNREADABLE]
    for _ in range(int(rng.integers(1, 3))):
        places = list(_places(table))
        parent, key = places[int(rng.integers(len(places)))]
        action = int(rng.integers(3))
        if action == 0:
            del parent[key]
        elif action == 1 and isinstance(parent, dict):
            parent[f"{key}x"] = parent.pop(key)
        else:
            parent[key] = values[int(rng.integers(len(values)))]
    return "\n".join(f"{_key(key)} = {_toml(value)}" for key, value in table.items()) + "\n"


UNREADABLE = ("int of 5000 digits", "date of year 0", "long text", "long array")
"""Values that TOML does not have, or that would only make the mutated files large."""


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every entry of a nested table, as its container and its key."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(entries):
        yield value, key
        yield from _places(item)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _key(value)
    return str(value)


def _key(text: str) -> str:
    """Text in quotes, with escapes."""
    escaped = "".join(ch if ch.isprintable() and ch not in '"\\' else f"\\U{ord(ch):08x}" for ch in text)
    return f'"{escaped}"'
