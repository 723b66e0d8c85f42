"""Provenance of a result: the state of the random generator before the first number, and the versions of the libraries."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm import __version__

SEED, GENERATOR, VERSIONS = "seed", "random generator", "versions"
"""Attributes of a result: two in words, and the generator as JSON, since netCDF has no integers beyond 64 bits."""
LIBRARIES = ("numpy", "scipy", "chaospy", "xarray")


def generator_record(rng: np.random.Generator) -> dict[str, Any]:
    """The state of a generator, in values that JSON holds: what it is, the seed it came from, where it stands now.

    ``entropy`` and ``spawn_key`` are those of its ``SeedSequence``, missing where it was made without one; ``children`` is how
    many were spawned already. ``fresh`` says that no number has been drawn yet: then the seed tells all.
    """
    bits = rng.bit_generator
    seed = bits.seed_seq
    record: dict[str, Any] = {"kind": type(bits).__name__}
    if isinstance(seed, np.random.SeedSequence):
        own = np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key, pool_size=seed.pool_size)
        fresh = _plain(type(bits)(own).state) == _plain(bits.state)
        key = [int(word) for word in seed.spawn_key]
        record |= {"entropy": _plain(seed.entropy), "spawn_key": key, "fresh": fresh}
        record |= {"children": int(seed.n_children_spawned), "pool_size": int(seed.pool_size)}
    return record | {"state": _plain(bits.state)}


def generator_of(result: xr.DataTree) -> np.random.Generator:
    """The generator that a result was made with, as it stood before: ``propagate`` with it gives the same numbers again.

    Raises
    ------
    ValueError
        If the result does not say, or its bit generator is none of numpy's.
    """
    if GENERATOR not in result.attrs:
        raise ValueError(f"generator_of: the result has no attribute {GENERATOR!r}; give what propagate returned")
    record = json.loads(str(result.attrs[GENERATOR]))
    kind = getattr(np.random, record["kind"], None)
    if not (isinstance(kind, type) and issubclass(kind, np.random.BitGenerator)):
        raise ValueError(f"generator_of: {record['kind']!r} is none of numpy's bit generators; make it with your own code")
    seed: np.random.SeedSequence | int = 0
    if "entropy" in record:
        seed = np.random.SeedSequence(
            record["entropy"],
            spawn_key=record["spawn_key"],
            pool_size=record["pool_size"],
            n_children_spawned=record["children"],
        )
    bits = kind(seed)
    bits.state = record["state"]
    return np.random.Generator(bits)


@cache
def _own_versions() -> dict[str, str]:
    """Versions of this package, of Python and of the libraries: looked for on the disk once."""
    return {"a2c_pybamm": __version__, "python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def version_record(model: Any) -> dict[str, str]:
    """Versions of this package, of Python and of the libraries that compute; with those that the model names."""
    return _own_versions() | {str(name): str(text) for name, text in dict(getattr(model, "versions", {})).items()}


def provenance(model: Any, rng: np.random.Generator) -> dict[str, str]:
    """Attributes of a result that is about to be made: ``seed``, ``random generator``, ``versions``, the model's ``origin``."""
    record = generator_record(rng)
    numbers = ", ".join(f"{name} {text}" for name, text in version_record(model).items())
    origin = {str(name): str(text) for name, text in dict(getattr(model, "origin", {})).items()}
    return {SEED: _in_words(record), GENERATOR: json.dumps(record), VERSIONS: numbers} | origin


def _in_words(record: Mapping[str, Any]) -> str:
    """Kind and seed of a generator; only one that has drawn nothing yet is all told by them."""
    if "entropy" not in record:
        return f"{record['kind']}, no seed sequence"
    key, drawn = tuple(record["spawn_key"]), "" if record["fresh"] else ", drawn from before"
    return f"{record['kind']}, entropy {record['entropy']}, spawn key {key}, {record['children']} children before{drawn}"


def _plain(value: Any) -> Any:
    """The same without numpy's types."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
