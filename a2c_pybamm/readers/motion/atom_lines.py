"""Lines of atoms in text: three numbers each, with or without words before and behind them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from a2c_pybamm.data import Array

AXES = ("x", "y", "z")


def parse_vectors(path: Path, first: int, text: str, n_frame: int, n_atom: int, *, before: int = 0) -> Array:
    """The three numbers of each line behind ``before`` words (n_frame, n_atom, 3); what stands behind them is left out.

    Raises
    ------
    ValueError
        If a line has fewer numbers, or more words than the first.
    """
    import pandas as pd  # type: ignore[import-untyped]  # a quarter of a second to import

    where = f"{path}: atoms of frames {first} to {first + n_frame - 1}"
    n_word = len(text[: text.find("\n")].split())
    if n_word < before + len(AXES):
        raise ValueError(f"{where}: {n_word} words in a line, expected {before + len(AXES)} or more; is a line cut?")
    names = [f"word {k}" for k in range(n_word)]
    used = names[before : before + len(AXES)]
    try:
        table = pd.read_csv(
            io.StringIO(text),
            sep=r"\s+",
            header=None,
            names=names,
            index_col=False,
            usecols=used,
            dtype=dict.fromkeys(used, float),
            engine="c",
            quoting=csv.QUOTE_NONE,
        )
    except ValueError as error:
        raise ValueError(f"{where} cannot be read ({error}); is a line cut or joined?") from error
    if len(table) != n_frame * n_atom:
        raise ValueError(f"{where}: {len(table)} lines, expected {n_frame * n_atom}; is one empty?")
    return np.ascontiguousarray(table.to_numpy()).reshape(n_frame, n_atom, len(AXES))
