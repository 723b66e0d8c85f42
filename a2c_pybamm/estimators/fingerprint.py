"""Fingerprints of data, by which the columns of an error are labelled: equal for equal input, whatever the processor."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.estimate import label_hash

NOT_HASHED = ("provenance", "extent")
"""Fields of records that are no data of their own: all that estimators take is of one extent."""
SHA256 = "sha256"
"""Key of a provenance that has the hash of a file, or of data in memory, at any depth."""


def data_fingerprint(record: Any, *settings: Any) -> str:
    """Twelve hexadecimal digits that identify the data behind a record and the settings of a fit.

    Hashed are the files that the record came from, as its provenance names them, or where there are none its arrays; its kind,
    text and whole numbers; and ``settings`` (plain values). Numbers computed from files are left out: their last digits
    change with the processor. Two records cut from one file by hand, equal in all of this, count as the same data.
    """
    files = list(_hashes(record.provenance)) or [_array_hash(record)]
    described = [(item.name, _described(getattr(record, item.name))) for item in fields(record) if item.name not in NOT_HASHED]
    return label_hash(type(record).__name__, files, described, settings)


def array_fingerprint(*arrays: ArrayLike, settings: str = "") -> str:
    """Twelve hexadecimal digits that identify a table's numbers, as they were read, and the settings of a fit."""
    return hashlib.sha256(np.concatenate(arrays).tobytes() + settings.encode()).hexdigest()[:12]


def traced_provenance(record: Any) -> dict[str, Any]:
    """Provenance of what is computed from a record: the record's own, with a hash of its arrays where it names no file."""
    provenance = dict(record.provenance)
    return provenance if next(_hashes(provenance), None) else {**provenance, SHA256: _array_hash(record)}


def _hashes(provenance: Any) -> Iterator[str]:
    """All hashes of data that a provenance holds, at any depth, in its order."""
    if isinstance(provenance, Mapping):
        if SHA256 in provenance:
            yield str(provenance[SHA256])
        for value in provenance.values():
            yield from _hashes(value)
    elif isinstance(provenance, list | tuple):
        for value in provenance:
            yield from _hashes(value)


def _array_hash(record: Any) -> str:
    """Hash of a record's arrays and numbers."""
    digest = hashlib.sha256()
    for item in fields(record):
        value = getattr(record, item.name)
        if isinstance(value, np.ndarray):
            digest.update(f"{item.name} {value.dtype} {value.shape}".encode())
            digest.update(np.ascontiguousarray(value).data)
        elif isinstance(value, float | int | str):
            digest.update(f"{item.name} {value!r}".encode())
    return digest.hexdigest()


def _described(value: Any) -> Any:
    """Text, whole numbers and tuples of text as they are; nothing of all else."""
    if isinstance(value, str | int) or (isinstance(value, tuple) and all(isinstance(entry, str) for entry in value)):
        return value
    return None
