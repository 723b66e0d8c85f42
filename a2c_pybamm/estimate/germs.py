"""Random germs, each from a separate stream."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import numpy as np

from a2c_pybamm.estimate.checks import Array

Family = Literal["normal", "uniform"]
"""Distribution of a germ: standard normal, or uniform on ±√3."""
UNIFORM_BOUND = 3**0.5
"""Largest size of a uniform germ, whose variance is 1."""
LEAST_DRAWS = 20
"""Fewest random samples from which a standard error is estimated: its own relative error is 1/√(2·19) = 16 %."""


def draw_germs(n: int, sources: Sequence[str], families: Sequence[Family], rng: np.random.Generator) -> Array:
    """Independent germs (n, n_germ) of zero mean and unit variance.

    ``rng`` gives one number that seeds all streams; each germ is then drawn from a separate stream, seeded by that number, the
    name of its source and its index within the source. One source more or less, or one germ more at the end of a source,
    therefore changes no other germ, and two joints drawn with equal generators can be compared sample by sample.

    Parameters
    ----------
    sources, families
        Source and distribution of each germ (n_germ,).
    """
    seed = int(rng.integers(2**63))
    germ = np.empty((n, len(sources)))
    for k, (source, family) in enumerate(zip(sources, families, strict=True)):
        stream = named_stream(seed, source, sum(s == source for s in sources[:k]))
        if family == "uniform":
            germ[:, k] = stream.uniform(-UNIFORM_BOUND, UNIFORM_BOUND, n)
        else:
            germ[:, k] = stream.standard_normal(n)
    return germ


def named_stream(seed: int, name: str, index: int = 0) -> np.random.Generator:
    """Generator of random numbers that depends on a seed, a name and an index alone."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    words = np.frombuffer(digest, "<u4").tolist()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words, index])))
