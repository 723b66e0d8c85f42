"""Random germs, each from a stream of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import numpy as np

from a2c_pybamm.estimate.checks import Array

Family = Literal["normal", "uniform"]
"""Distribution of a germ: standard normal, or uniform on ±√3."""


def draw_germs(n: int, sources: Sequence[str], families: Sequence[Family], rng: np.random.Generator) -> Array:
    """Independent germs (n, n_germ) of zero mean and unit variance.

    ``rng`` gives one number that starts all streams; each germ then draws from its own stream, made from that number, the
    name of its source and its place within the source. One source more or less, or one germ more at the end of a source,
    therefore changes no other germ, and two joints drawn with equal generators are compared sample by sample.

    Parameters
    ----------
    sources, families
        Source and distribution of each germ (n_germ,).
    """
    start = int(rng.integers(2**63))
    germ = np.empty((n, len(sources)))
    for k, (source, family) in enumerate(zip(sources, families, strict=True)):
        stream = own_stream(start, source, sum(s == source for s in sources[:k]))
        if family == "uniform":
            germ[:, k] = stream.uniform(-np.sqrt(3), np.sqrt(3), n)
        else:
            germ[:, k] = stream.standard_normal(n)
    return germ


def own_stream(start: int, name: str, place: int = 0) -> np.random.Generator:
    """Generator of random numbers that depends on a start, a name and a place alone."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    words = np.frombuffer(digest, "<u4").tolist()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([start, *words, place])))
