"""Files that are not what they should be: set.json, result.nc, PyBaMM's JSON and BPX, made by hand and by seeded mutation."""

from __future__ import annotations

import copy
import functools
import json
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pybamm
import xarray as xr

import a2c_pybamm as a2c
from a2c_pybamm.files import read_base, read_parameter_values, read_result, read_set
from a2c_pybamm.files.bpx_file import bpx_document
from a2c_pybamm.files.netcdf_groups import netcdf
from a2c_pybamm.files.result_groups import to_groups
from a2c_pybamm.report.coefficient_indices import index_rows
from a2c_pybamm.result import decisions
from a2c_pybamm.sets import DEMO, sets_folder
from a2c_pybamm.tables import failure_rows, output_rows, parameter_rows, share_rows
from tests.hostile import Case

CANARY = "canary_of_the_corpus"
"""A module that no reader may import; whoever runs the corpus puts it where Python finds it."""
N_SET, N_RESULT, N_VALUES, N_BPX = 120, 80, 60, 60
"""Seeded mutations of each kind of file."""


def cases(folder: Path, rng: np.random.Generator, *, every: int = 1) -> Iterator[Case]:
    """All files, or every so many of them, each in a folder of its own and written just before it is given."""
    for k, (name, make, read) in enumerate(_contents(rng)):
        if k % every == 0:
            path = folder / f"{k:03}" / FILES[read]
            path.parent.mkdir()
            path.write_bytes(make())
            yield Case(name, path, read)


Make = Callable[[], bytes]


def _contents(rng: np.random.Generator) -> Iterator[tuple[str, Make, Callable[[Path], object]]]:
    for name, make in set_contents(rng):
        yield f"set: {name}", make, read_a_set
    for name, make in result_contents(rng):
        yield f"result: {name}", make, read_a_result
    for name, make in values_contents(rng):
        yield f"values: {name}", make, read_some_values
        yield f"base: {name}", make, read_a_base
    for name, make in bpx_contents(rng):
        yield f"bpx: {name}", make, read_a_base


def read_a_set(path: Path) -> object:
    """What `a2c show` does."""
    return parameter_rows(read_set(path))


def read_a_result(path: Path) -> object:
    """What tables and the report take from a result."""
    result = read_result(path)
    return [rows(result) for rows in (output_rows, share_rows, failure_rows, decisions, index_rows)]


def read_some_values(path: Path) -> object:
    """PyBaMM's values."""
    return read_parameter_values(path)


def read_a_base(path: Path) -> object:
    """What a study's base is."""
    return read_base(path)


FILES = {read_a_set: "set.json", read_a_result: "result.nc", read_some_values: "values.json", read_a_base: "base.json"}

# ---- set.json ----------------------------------------------------------------------------------------------------------

Edit = Callable[[dict[str, Any]], None]
RK, OCP, D = "LCO redlich-kister", "Positive electrode OCP [V]", "Positive particle diffusivity [m2.s-1]"
HUGE = 10**9


def put(*place: str | int, to: Any) -> Edit:
    """An edit of one entry of a document."""

    def edit(document: Any) -> None:
        *way, last = place
        functools.reduce(lambda part, key: part[key], way, document)[last] = to

    return edit


def drop(*place: str | int) -> Edit:
    """An edit that takes one entry out of a document."""

    def edit(document: Any) -> None:
        *way, last = place
        del functools.reduce(lambda part, key: part[key], way, document)[last]

    return edit


def _hold_itself(document: dict[str, Any]) -> None:
    document["laws"]["LCO vacancy-mobility"]["holds"]["free_energy"] = "LCO vacancy-mobility"


def _cycle(document: dict[str, Any]) -> None:
    laws = document["laws"]
    laws["a"] = {"kind": "two-phase", "settings": {}, "holds": {"free_energy": "b"}}
    laws["b"] = {"kind": "two-phase", "settings": {}, "holds": {"free_energy": "a"}}


def _many_names(document: dict[str, Any]) -> None:
    """Names enough for a covariance of 80 GB."""
    document["independent"] = ["s"]
    document["estimates"] += [
        {
            "names": [f"n{k}"],
            "mean": [0.0],
            "method": "",
            "sources": {"s": {"family": "normal", "labels": [f"l{k}"], "values": [[1.0]]}},
            "provenance": {},
        }
        for k in range(20_000)
    ]


BY_HAND: dict[str, Edit] = {
    "name null": put("name", to=None),
    "name list": put("name", to=["a"]),
    "name surrogate": put("name", to="\ud800"),
    "note surrogate": put("notes", "a", to={"b": ["\udfff"]}),
    "note name surrogate": put("notes", "\ud900", to=1),
    "citation surrogate": put("citations", to=["\ud83d"]),
    "version true": put("version", to=True),
    "version text": put("version", to="1"),
    "version 2": put("version", to=2),
    "version 1.0": put("version", to=1.0),
    "format list": put("format", to=[]),
    "temperature zero": put("temperature_K", to=0),
    "temperature negative": put("temperature_K", to=-1.0),
    "temperature true": put("temperature_K", to=True),
    "temperature digits": put("temperature_K", to=10**400),
    "limits one": put("voltage_limits_V", to=[3.0]),
    "limits three": put("voltage_limits_V", to=[3.0, 3.5, 4.0]),
    "limits text": put("voltage_limits_V", to="34"),
    "limits empty": put("voltage_limits_V", to=[]),
    "limits nested": put("voltage_limits_V", to=[[3.0], [4.0]]),
    "limits falling": put("voltage_limits_V", to=[4.1, 3.0]),
    "notes list": put("notes", to=["a"]),
    "notes text": put("notes", to="a"),
    "base list": put("base", to=["Ai2020"]),
    "base empty": put("base", to=""),
    "base path": put("base", to="../x"),
    "base of another battery": put("base", to="Sulzer2019"),
    "base of a circuit": put("base", to="ECM_Example"),
    "order huge": put("laws", RK, "settings", "order", to=HUGE),
    "order negative": put("laws", RK, "settings", "order", to=-1),
    "order fraction": put("laws", RK, "settings", "order", to=1.5),
    "order true": put("laws", RK, "settings", "order", to=True),
    "entropies huge": put("laws", RK, "settings", "entropies", to=HUGE),
    "window text": put("laws", RK, "settings", "window", to="01"),
    "window of texts": put("laws", RK, "settings", "window", to=["0", "1"]),
    "material number": put("laws", RK, "settings", "material", to=3),
    "material surrogate": put("laws", RK, "settings", "material", to="\udc00"),
    "setting names a slot": put("laws", "LCO vacancy-mobility", "settings", "free_energy", to=RK),
    "settings list": put("laws", RK, "settings", to=[]),
    "settings null": put("laws", RK, "settings", to=None),
    "kind list": put("laws", RK, "kind", to=["redlich-kister"]),
    "kind missing": drop("laws", RK, "kind"),
    "kind unknown": put("laws", RK, "kind", to="os:system"),
    "hops ragged": put("laws", "LCO vacancy-mobility", "settings", "hops", to=[["ODH"], ["TSH", 2]]),
    "hops huge": put("laws", "LCO vacancy-mobility", "settings", "hops", to=[["h", HUGE]]),
    "holds itself": _hold_itself,
    "holds in a circle": _cycle,
    "holds nothing": put("laws", "LCO vacancy-mobility", "holds", to={}),
    "holds null": put("laws", "LCO vacancy-mobility", "holds", to=None),
    "holds a density": put("laws", "LCO vacancy-mobility", "holds", "free_energy", to="LCO site-density"),
    "holds in a slot of no name": put("laws", RK, "holds", "material", to="graphite measured-ocp"),
    "table ragged": put("laws", "graphite measured-ocp", "settings", "voltage", to=[1.0]),
    "table of tables": put("laws", "graphite measured-ocp", "settings", "voltage", to=[[1.0]]),
    "attach null": put("attach", OCP, to=None),
    "attach nothing": put("attach", to={}),
    "attach law null": put("attach", OCP, "law", to=None),
    "attach index true": put("attach", OCP, "index", to=True),
    "attach index": put("attach", OCP, "index", to=0),
    "offset null": put("attach", OCP, "offset", to=None),
    "diffusion as potential": put("attach", OCP, to={"law": "LCO vacancy-mobility", "method": "chemical_diffusivity"}),
    "diffusion law as potential": lambda d: d["attach"][OCP].update(law="LCO vacancy-mobility", method="chemical_diffusivity"),
    "potential as diffusion": lambda d: d["attach"][D].update(law=RK, method="open_circuit_voltage"),
    "key misspelt": lambda d: d["attach"].update({"Pozitive electrode OCP [V]": d["attach"].pop(OCP)}),
    "key empty": lambda d: d["attach"].update({"": d["attach"].pop(OCP)}),
    "key surrogate": lambda d: d["attach"].update({"\ud800": d["attach"].pop(OCP)}),
    **{
        f"method {method}": put("attach", OCP, "method", to=method)
        for method in ("__init__", "__class__", "_private", "names", "kind", "interactions", "__reduce__", "a.b", "")
    },
    "estimates null": put("estimates", to=None),
    "estimates of nulls": put("estimates", to=[None]),
    "estimate names text": put("estimates", 0, "names", to="ab"),
    "estimate names twice": lambda d: d["estimates"][0].update(names=[d["estimates"][0]["names"][0]] * 2),
    "estimate mean text": put("estimates", 0, "mean", to=["4.0"]),
    "estimate mean nested": put("estimates", 0, "mean", to=[[1.0]]),
    "sources list": put("estimates", 0, "sources", to=[]),
    "provenance null": put("estimates", 0, "provenance", to=None),
    "independent text": put("independent", to="a"),
    "independent numbers": put("independent", to=[1]),
    "entry unknown": put("voltage_limit_V", to=[3, 4]),
    "twenty thousand names": _many_names,
}
RAW = {
    "not finite": ('"temperature_K": 298.15', '"temperature_K": 1e400'),
    "NaN": ('"temperature_K": 298.15', '"temperature_K": NaN'),
    "Infinity": ('"temperature_K": 298.15', '"temperature_K": -Infinity'),
    "digits": ('"temperature_K": 298.15', f'"temperature_K": {"9" * 5000}'),
    "name twice": ('"version": 1,', '"version": 1, "version": 1,'),
    "deep note": ('"notes": {', f'"notes": {{"deep": {"[" * 900}{"]" * 900},'),
    "deeper note": ('"notes": {', f'"notes": {{"deep": {"[" * 100_000}{"]" * 100_000},'),
    "not closed": ('"notes": {', '"notes": [{'),
}
"""Edits of the text itself."""


def edited(text: str, edit: Edit) -> bytes:
    """A document with an edit."""
    document = json.loads(text)
    edit(document)
    return json.dumps(document).encode()


def bases() -> Iterator[tuple[str, Any]]:
    """Values in the place of a base set's name, with an entry that is none, or functions by module and name."""
    values = pybamm.ParameterValues("Ai2020").to_json()
    for name, node in NODES.items():
        yield name, {"name": "own", "values": {**values, "Nominal cell capacity [A.h]": node}}
    own = {"name": "own", "values": values}
    conductivity, ocp = values["Electrolyte conductivity [S.m-1]"], dict(values[OCP])
    yield from {
        "whole": own,
        "without values": {"name": "own"},
        "null": None,
        "values list": {"name": "own", "values": [values]},
        "no values": {"name": "own", "values": {}},
        "name list": {**own, "name": ["own"]},
        "name empty": {**own, "name": ""},
        "name of lines": {**own, "name": "a\nb"},
        "unknown entry": {**own, "class": CANARY},
        "functions list": {**own, "functions": ["a"]},
        "function of another module": {**own, "functions": {OCP: f"{CANARY}:Thing"}},
        "function of Python's": {**own, "functions": {OCP: "subprocess:getoutput"}},
        "function of the main program": {**own, "functions": {OCP: "__main__:main"}},
        "builtin": {**own, "functions": {OCP: "builtins:exec"}},
        "function that is a class": {**own, "functions": {OCP: "pybamm:Simulation"}},
        "function without a module": {**own, "functions": {OCP: "exec"}},
        "arguments no names": {"name": "own", "values": {**values, OCP: {**ocp, "func_args": ["a b"]}}},
        "arguments no list": {"name": "own", "values": {**values, OCP: {**ocp, "func_args": 3}}},
        "arguments twice": {"name": "own", "values": {**values, OCP: {**ocp, "func_args": ["sto", "sto"]}}},
        "temperature a function": {"name": "own", "values": {**values, "Reference temperature [K]": conductivity}},
        "an input": {"name": "own", "values": {**values, OCP: "[input]"}},
        "a text": {"name": "own", "values": {**values, OCP: "[function]exec"}},
    }.items()


def set_contents(rng: np.random.Generator) -> Iterator[tuple[str, Make]]:
    """Contents of files in the place of a set.json."""
    texts = [(sets_folder() / name / "set.json").read_text(encoding="utf-8") for name in (DEMO, "LFP_graphite_two_phase")]
    for name, edit in BY_HAND.items():
        yield name, partial(edited, texts[0], edit)
    for name, base in bases():
        yield f"base {name}", partial(edited, texts[0], put("base", to=base))
    for name, (old, new) in RAW.items():
        assert old in texts[0], name
        yield name, texts[0].replace(old, new).encode
    for name, content in {
        "nothing": b"",
        "a null": b"null",
        "zeros": b"\0" * 1000,
        "17 MB of lists": b'{"format": [' + b"[]," * (17 * 2**20 // 3) + b"[]]}",
        "4 MB of tables": b'{"notes": [' + b"{}," * (4 * 2**20 // 3) + b"{}]}",
        "SQLite": b"SQLite format 3\0" + bytes(range(256)),
        "UTF-16": texts[0].encode("utf-16"),
    }.items():
        yield name, partial(bytes, content)
    for k, own in enumerate(rng.spawn(N_SET)):
        yield f"mutation {k}", partial(edited, texts[k % 2], partial(mutate, rng=own))


WRONG: tuple[Any, ...] = (
    *(None, [], "", {}, True, -1, 0, 1.5, HUGE, 10**400, [[1, [2]]], {"a": {"b": None}}, "\ud800", "a\nb", ["a", 1], [None]),
    *("redlich-kister", {"$type": f"{CANARY}.Thing"}, [0.5, 0.4], -1e308, "1e400"),
)


def mutate(document: Any, rng: np.random.Generator) -> None:
    """Change one entry at random, deep or shallow."""
    parent, key, value = None, None, document
    while isinstance(value, dict | list) and value and (parent is None or rng.random() < 0.85):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        parent, key = value, keys[rng.integers(len(keys))]
        value = value[key]
    assert parent is not None
    kind = rng.integers(5)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, list):
        parent.append(copy.deepcopy(value))
    elif kind == 2 and isinstance(parent, dict):
        parent[f"{key}x"] = parent.pop(key)
    else:
        parent[key] = copy.deepcopy(WRONG[rng.integers(len(WRONG))])


# ---- result.nc ---------------------------------------------------------------------------------------------------------


@functools.cache
def whole_result() -> a2c.Result:
    """A result of first order, chaos and sampling for one number."""
    joint = a2c.load(DEMO).joint.select(a2c.load(DEMO).joint.names[:3])
    model = a2c.from_function(lambda s: s @ np.arange(1.0, 4.0), joint.names, outputs={"sum": "1"})
    methods = a2c.FirstOrder(), a2c.PolynomialChaos(1), a2c.MonteCarlo(30)
    return a2c.propagate(model, a2c.Joint([joint]), *methods, rng=np.random.default_rng(1))


def result_contents(rng: np.random.Generator) -> Iterator[tuple[str, Make]]:
    """Contents of files in the place of a result.nc."""
    for name, (path, change) in result_changes().items():
        yield name, partial(changed_content, path, change)
    for path in to_groups(whole_result()):
        if path != "/":
            yield f"without group {path}", partial(changed_content, path, None)
    for name, make in HDF5.items():
        yield name, partial(hdf5, make)
    yield "text", partial(bytes, b"CDF\1 no such thing")
    for k, own in enumerate(rng.spawn(N_RESULT)):
        yield f"bytes changed {k}", partial(damaged_result, k, own)


Change = Callable[[xr.Dataset], xr.Dataset]
SCALARS, POLYNOMIALS = "outputs/scalars", "expansion/chaos of order 1"


def result_changes() -> dict[str, tuple[str, Change]]:
    """Changes of one group of a result that leave it a netCDF file."""

    def statistic(name: str, values: object) -> Change:
        return lambda group: group.assign({name: (group[name].dims, np.broadcast_to(np.array(values), group[name].shape))})

    changes: dict[str, tuple[str, Change]] = {
        "labels twice": ("/", lambda r: r.assign_coords(approach=["sampling"] * 3)),
        "levels not finite": ("/", lambda r: r.assign_coords(level=[np.nan] * r.sizes["level"])),
        "outputs twice": (SCALARS, lambda r: xr.concat([r, r], "output")),
        "names of other outputs": ("outputs", lambda r: r.assign(names=("name", ["another"]))),
        "exponents of 1e9": (POLYNOMIALS, statistic("exponent", HUGE)),
        "hours since": (SCALARS, lambda r: r.assign(mean=r["mean"].assign_attrs(units="hours since 1e30"))),
        "status unknown": (SCALARS, statistic("status", "fine")),
        "recommendation unknown": (SCALARS, statistic("recommendation", "anything")),
        "scale factor of text": (SCALARS, lambda r: r.assign(mean=r["mean"].assign_attrs(scale_factor="a"))),
    }
    for path, group in to_groups(whole_result()).items():
        for name in map(str, group.variables):
            changes[f"without {path} {name}"] = path, partial(xr.Dataset.drop_vars, names=name)
            if name not in group.dims:
                changes[f"{path} {name} of another type"] = path, partial(_of_another_type, name=name)
                changes[f"{path} {name} on another axis"] = path, partial(_on_another_axis, name=name)
        for dim in map(str, group.dims):
            changes[f"no entry along {path} {dim}"] = path, partial(_without_entries, dim=dim)
    return changes


def _of_another_type(group: xr.Dataset, *, name: str) -> xr.Dataset:
    values = group[name]
    return group.assign(
        {name: (values.dims, np.zeros(values.shape) if values.dtype.kind in "UOi" else np.full(values.shape, "a"))}
    )


def _on_another_axis(group: xr.Dataset, *, name: str) -> xr.Dataset:
    return group.assign({name: ("elsewhere", np.zeros(2))})


def _without_entries(group: xr.Dataset, *, dim: str) -> xr.Dataset:
    return group.isel({dim: slice(0, 0)})


def changed_content(path: str, change: Change | None) -> bytes:
    """Content of the sound result's file with one group changed, or without it."""
    groups = to_groups(whole_result())
    own = groups.pop(path)
    return netcdf(groups if change is None else {**groups, path: change(own)})


def damaged_result(k: int, rng: np.random.Generator) -> bytes:
    """A result with some bytes changed: anywhere, or among the first, where the file says what it holds; some are cut off."""
    damaged = bytearray(sound_content())
    if k % 4 == 0:
        del damaged[rng.integers(1, len(damaged)) :]
    for place in rng.integers(len(damaged) if k % 2 else min(4096, len(damaged)), size=1 if k % 3 else 20):
        damaged[place] = rng.integers(256)
    return bytes(damaged)


@functools.cache
def sound_content() -> bytes:
    """Content of a sound result's file."""
    return netcdf(to_groups(whole_result()))


def hdf5(make: Callable[[h5py.File], object]) -> bytes:
    """Content of a file that HDF5 itself writes."""

    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            make(file)

    return _written(write)


def _written(write: Callable[[Path], object]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "result.nc")
        return (Path(folder) / "result.nc").read_bytes()


HDF5: dict[str, Callable[[h5py.File], object]] = {
    "an empty HDF5 file": lambda file: None,
    "HDF5 of another program": lambda file: file.create_dataset("entry/data", data=np.eye(3)),
    "1e12 numbers without data": lambda file: file.create_dataset("approach", shape=(10**12,), chunks=(1000,), dtype="f8"),
    "1e18 numbers without data": lambda file: file.create_dataset("a", shape=(10**9, 10**9), chunks=(10, 10), dtype="f8"),
    "1e10 texts without data": lambda file: file.create_dataset(
        "approach", shape=(10**10,), chunks=(1000,), dtype=h5py.string_dtype()
    ),
    "a text of 1 TB": lambda file: file.create_dataset("approach", shape=(1,), chunks=(1,), dtype="S1000000000"),
    "a link to another file": lambda file: file.update({"approach": h5py.ExternalLink("/etc/hostname", "/")}),
    "a soft link": lambda file: file.update({"approach": h5py.SoftLink("/approach")}),
    "data in another file": lambda file: file.create_dataset("a", (10,), "u1", external=[("/etc/hostname", 0, 10)]),
    "records": lambda file: file.create_dataset("approach", data=np.zeros(3, dtype=[("a", "f8"), ("b", "i4")])),
    "opaque data": lambda file: file.create_dataset("approach", data=np.zeros(3, dtype="V8")),
    "lists of any length": lambda file: file.create_dataset("approach", (3,), dtype=h5py.vlen_dtype("f8")),
    "references": lambda file: file.create_dataset("approach", (3,), dtype=h5py.ref_dtype),
    "a group that holds itself": lambda file: file.update({"a": file["/"]}),
}

# ---- PyBaMM's JSON -----------------------------------------------------------------------------------------------------

PARAMETER = {"$type": "pybamm.expression_tree.parameter.Parameter", "name": "a", "domains": {}}
NODES: dict[str, Any] = {
    "a class of another module": {"$type": f"{CANARY}.Thing"},
    "a class of another module, deep": {**PARAMETER, "domains": {"primary": [{"$type": f"{CANARY}.Thing"}]}},
    "a class as a value": {"$type": "type", "class": f"{CANARY}.Thing"},
    "py/object": {"py/object": f"{CANARY}.Thing", "py/id": 1},
    "py/object beside a tag": {**PARAMETER, "py/object": f"{CANARY}.Thing"},
    "class and module": {"class": "Thing", "module": CANARY},
    "type with a dot": {"type": f"{CANARY}.Thing", "children": []},
    "type without a dot": {"type": "Simulation", "children": [1]},
    "in a list": [{"$type": f"{CANARY}.Thing"}],
    "in children": {
        "$type": "pybamm.expression_tree.unary_operators.Negate",
        "name": "-",
        "domains": {},
        "children": [{"$type": f"{CANARY}.Thing"}],
    },
    "tag null": {"$type": None},
    "tag list": {"$type": ["pybamm"]},
    "tag empty": {"$type": ""},
    "tag of a solver": {"$type": "pybamm.solvers.casadi_solver.CasadiSolver"},
    "tag of a module": {"$type": "pybamm.expression_tree.parameter"},
    "tag of a function": {"$type": "os.system", "children": ["true"]},
    "tag of a method": {"$type": "pybamm.expression_tree.parameter.Parameter.__init__"},
    "slice": {"$type": "builtins.slice", "start": 0, "stop": 1, "step": None},
    "float of another kind": {"$type": "builtins.float", "value": "huge"},
    "array of objects": {"$type": "numpy.ndarray", "data": [1], "dtype": "O"},
    "array of gigabytes": {"$type": "numpy.ndarray", "data": [1, 2, 3], "dtype": "V2000000000"},
    "array ragged": {"$type": "numpy.ndarray", "data": [[1], 2], "dtype": "float64"},
    "sparse array": {
        "$type": "pybamm.expression_tree.array.Array",
        "entries": {"data": [], "row_indices": [], "column_pointers": [], "shape": [10**12, 1]},
        "name": "a",
        "domains": {},
    },
    "input of 1e12 entries": {
        "$type": "pybamm.expression_tree.input_parameter.InputParameter",
        "name": "a",
        "expected_size": 10**12,
        "domain": [],
        "domains": {},
    },
    "no name": {"$type": "pybamm.expression_tree.parameter.Parameter"},
    "name list": {**PARAMETER, "name": [1]},
    "null": None,
    "function": "[function]x",
    "nested lists": [[["a"]]],
    "digits": 10**400,
    "surrogate": "\ud800",
}


def values_contents(rng: np.random.Generator) -> Iterator[tuple[str, Make]]:
    """Contents of files in the place of PyBaMM's parameter values."""
    values = pybamm.ParameterValues("Ai2020").to_json()
    text = json.dumps(values)
    for name, node in NODES.items():
        yield name, partial(edited, text, put("Nominal cell capacity [A.h]", to=node))
    yield "the whole file a class", partial(edited, text, put("$type", to=f"{CANARY}.Thing"))
    deep = '{"a": ' + '{"$type": "pybamm.expression_tree.unary_operators.Negate", "children": [' * 300 + "1" + "]}" * 300 + "}"
    yield "deep", deep.encode
    yield "deeper", deep.replace("[1]", "[" * 50_000).encode
    yield "a list", partial(bytes, b"[]")
    functions = json.dumps({name: value for name, value in values.items() if isinstance(value, dict)})
    for k, own in enumerate(rng.spawn(N_VALUES)):
        yield f"mutation {k}", partial(edited, functions, partial(mutate, rng=own))


# ---- BPX -----------------------------------------------------------------------------------------------------------------

NEGATIVE = ("Parameterisation", "Negative electrode")
RUN = f"__import__('{CANARY}').Thing()"
BPX_BY_HAND: dict[str, Edit] = {
    "formula that runs": put(*NEGATIVE, "OCP [V]", to=RUN),
    "formula that runs in exp": put(*NEGATIVE, "OCP [V]", to=f"exp({RUN})"),
    "formula that runs in a default": put(*NEGATIVE, "OCP [V]", to=f"(lambda y={RUN}: x)()"),
    "formula that runs in an own entry": put("Parameterisation", "User-defined", "a", to=RUN),
    "formula that runs in a table": put(*NEGATIVE, "OCP [V]", to={"x": [RUN, 1.0], "y": [0.0, 1.0]}),
    "formula in a number": put(*NEGATIVE, "Thickness [m]", to=RUN),
    "formula in a version": put("Header", "BPX", to=RUN),
    "class in an own entry": put("Parameterisation", "User-defined", "a", to={"$type": f"{CANARY}.Thing"}),
    "formula for ever": put(*NEGATIVE, "OCP [V]", to="9**9**9**9"),
    "formula of many brackets": put(*NEGATIVE, "OCP [V]", to="(" * 5000 + "x" + ")" * 5000),
    "formula of many signs": put(*NEGATIVE, "OCP [V]", to="-" * 9000 + "x"),
    "formula with a null": put(*NEGATIVE, "OCP [V]", to="x\0"),
    "surrogate": put(*NEGATIVE, "OCP [V]", to="\ud800"),
    "table of nothing": put(*NEGATIVE, "OCP [V]", to={"x": [], "y": []}),
    "table of two lengths": put(*NEGATIVE, "OCP [V]", to={"x": [0.0, 1.0, 2.0], "y": [0.0, 1.0]}),
    "header alone": drop("Parameterisation"),
    "without header": drop("Header"),
}


@functools.cache
def _bpx_text() -> str:
    return json.dumps(bpx_document(a2c.load(DEMO)))


def bpx_contents(rng: np.random.Generator) -> Iterator[tuple[str, Make]]:
    """Contents of BPX files in the place of a base set."""
    for name, edit in BPX_BY_HAND.items():
        yield name, partial(edited, _bpx_text(), edit)
    for k, own in enumerate(rng.spawn(N_BPX)):
        yield f"mutation {k}", partial(edited, _bpx_text(), partial(mutate, rng=own))
