"""Content of a ``set.json``, declared once, and the parameter set that it describes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.laws import KINDS, Law, build_law
from a2c_pybamm.parameter_set import Attachment, BaseSet, ParameterSet, StoichiometryMap
from a2c_pybamm.readers.source_file import naming
from a2c_pybamm.schema import Limit, Temperature, conform, key_path, show

COEFFICIENT_LIMIT = Limit(2000, "no cell is propagated through more")
"""Coefficients of a set: their covariance takes 32 MB."""
FACTOR_LIMIT = Limit(1_000_000, "they take a second to bring to their rank")
"""Numbers in the aligned factors of all sources: coefficients times labels."""

Texts = tuple[str, ...]
Coefficients = Annotated[Texts, COEFFICIENT_LIMIT]


@dataclass(frozen=True)
class LawEntry:
    """A law: its kind, its settings, and the laws it holds by slot."""

    kind: str
    settings: Mapping[str, Any]
    holds: Mapping[str, str]


@dataclass(frozen=True)
class AttachmentEntry:
    """A law's method in the place of a PyBaMM parameter."""

    law: str
    method: str
    offset: float
    slope: float
    index: int | None = None


@dataclass(frozen=True)
class SourceEntry:
    """The error that one source makes: a row for each coefficient, a column for each label."""

    family: Literal["normal", "uniform"]
    labels: Texts
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class EstimateEntry:
    """Coefficients with their errors by source."""

    names: Coefficients
    mean: tuple[float, ...]
    method: str
    sources: Mapping[str, SourceEntry]
    provenance: Mapping[str, Any]


@dataclass(frozen=True)
class BaseEntry:
    """Values that the set starts from, where they are no set's that has a name: PyBaMM's own JSON of them."""

    name: str
    values: Mapping[str, Any]
    functions: Mapping[str, str] | None = None
    """Functions that PyBaMM cannot write, each as ``module:name``."""


@dataclass(frozen=True)
class SetEntry:
    """The whole document."""

    format: str
    version: int
    name: str
    description: str
    base: str | BaseEntry
    temperature_K: Temperature
    voltage_limits_V: tuple[float, float] | None
    citations: Texts
    notes: Mapping[str, Any]
    laws: Mapping[str, LawEntry]
    attach: Mapping[str, AttachmentEntry]
    independent: Texts
    estimates: tuple[EstimateEntry, ...]


def build_set(document: Mapping[str, Any]) -> ParameterSet:
    """The parameter set that a document describes.

    Raises
    ------
    ValueError
        Naming the place in the document.
    """
    entry = conform(document, SetEntry, "")
    laws = _laws(entry.laws)
    attach = {key: _attachment(item, laws, key_path("attach", key)) for key, item in entry.attach.items()}
    _check_size(entry.estimates)
    estimates = [_estimate(item, f"estimates[{k}]") for k, item in enumerate(entry.estimates)]
    with naming("estimates"):
        joint = Joint(estimates, independent=entry.independent)
    return ParameterSet(
        entry.name,
        _base(entry.base),
        attach,
        joint,
        entry.temperature_K,
        entry.citations,
        entry.description,
        entry.notes,
        entry.voltage_limits_V,
    )


def _base(entry: str | BaseEntry) -> str | BaseSet:
    """The base set that an entry describes."""
    if isinstance(entry, str):
        return entry
    with naming("base"):
        text = json.dumps(dict(entry.values), ensure_ascii=False, allow_nan=False)
        return BaseSet(entry.name, text, tuple((entry.functions or {}).items()))


def _laws(entries: Mapping[str, LawEntry]) -> dict[str, Law]:
    """Laws by their names in the document; each stands after those it holds, so that none can hold itself."""
    laws: dict[str, Law] = {}
    for name, entry in entries.items():
        place = key_path("laws", name)
        for slot, inner in entry.holds.items():
            if inner not in laws:
                raise ValueError(
                    f"{key_path(f'{place}.holds', slot)} is {show(inner)}, and no law before this one has that name; "
                    "list a law after those it holds"
                )
        with naming(place):
            laws[name] = build_law(
                entry.kind, entry.settings, {slot: laws[inner] for slot, inner in entry.holds.items()}, KINDS
            )
    return laws


def _attachment(entry: AttachmentEntry, laws: Mapping[str, Law], place: str) -> Attachment:
    if entry.law not in laws:
        raise ValueError(f"{place}.law is {show(entry.law)}, and the file has no such law; take one of {', '.join(laws)}")
    with naming(place):
        return Attachment(laws[entry.law], entry.method, StoichiometryMap(entry.offset, entry.slope), entry.index)


def _check_size(estimates: tuple[EstimateEntry, ...]) -> None:
    """Raise ``ValueError`` where the joint error would not fit into memory or take minutes, before it is made."""
    n = sum(len(estimate.names) for estimate in estimates)
    labels: dict[str, set[str]] = {}
    for estimate in estimates:
        for source, entry in estimate.sources.items():
            labels.setdefault(source, set()).update(entry.labels)
    COEFFICIENT_LIMIT.check(n, "estimates: the number of coefficients")
    FACTOR_LIMIT.check(n * sum(map(len, labels.values())), "estimates: the number of factors")


def _estimate(entry: EstimateEntry, place: str) -> Estimate:
    n, factors = len(entry.names), {}
    for source, item in entry.sources.items():
        where, n_label = key_path(f"{place}.sources", source), len(item.labels)
        if len(item.values) != n or any(len(row) != n_label for row in item.values):
            lengths = sorted({len(row) for row in item.values})
            raise ValueError(
                f"{where}.values has {len(item.values)} rows of length {' and '.join(map(str, lengths)) or 0} for {n} names "
                f"and {n_label} labels; give a row for each name and a column for each label"
            )
        with naming(where):
            factors[source] = Factor(np.array(item.values, float).reshape(n, n_label), item.labels, item.family)
    with naming(place):
        return Estimate(entry.names, np.array(entry.mean, float), factors, entry.method, entry.provenance)
