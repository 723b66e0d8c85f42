"""``set.json``: a parameter set with its joint error and provenance, exact to the last bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.files.writing import write_text
from a2c_pybamm.laws import KINDS, Law, build_law, held, settings
from a2c_pybamm.parameter_set import Attachment, ParameterSet, StoichiometryMap
from a2c_pybamm.readers.source_file import existing, read_text

FORMAT = "a2c_pybamm parameter set"
VERSION = 1


def set_document(parameter_set: ParameterSet) -> dict[str, Any]:
    """A parameter set as plain JSON values; floats keep all their digits."""
    ids = _law_ids(parameter_set.attach)
    names = {law: name for name, law in ids.items()}
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": parameter_set.name,
        "description": parameter_set.description,
        "base": parameter_set.base,
        "temperature_K": parameter_set.temperature,
        "voltage_limits_V": list(parameter_set.voltage_limits) if parameter_set.voltage_limits else None,
        "citations": list(parameter_set.citations),
        "notes": dict(parameter_set.notes),
        "laws": {
            name: {
                "kind": law.kind,
                "settings": settings(law),
                "holds": {slot: names[inner] for slot, inner in held(law).items()},
            }
            for name, law in ids.items()
        },
        "attach": {
            key: {
                "law": names[a.law],
                "method": a.method,
                "offset": a.stoichiometry.offset,
                "slope": a.stoichiometry.slope,
                **({} if a.index is None else {"index": a.index}),
            }
            for key, a in parameter_set.attach.items()
        },
        "independent": list(parameter_set.joint.independent),
        "estimates": [_estimate_document(estimate) for estimate in parameter_set.joint.estimates],
    }


def _law_ids(attach: Mapping[str, Attachment]) -> dict[str, Law]:
    """Each law once, under a readable name; laws that others hold come first."""
    ids: dict[str, Law] = {}

    def add(law: Law) -> None:
        if law in ids.values():
            return
        for inner in held(law).values():
            add(inner)
        stem = f"{getattr(law, 'material', law.kind)} {law.kind}"
        name, k = stem, 2
        while name in ids:
            name, k = f"{stem} {k}", k + 1
        ids[name] = law

    for attachment in attach.values():
        add(attachment.law)
    return ids


def _estimate_document(estimate: Estimate) -> dict[str, Any]:
    return {
        "names": list(estimate.names),
        "mean": estimate.mean.tolist(),
        "method": estimate.method,
        "sources": {
            source: {"family": f.family, "labels": list(f.labels), "values": f.values.tolist()}
            for source, f in estimate.factors.items()
        },
        "provenance": dict(estimate.provenance),
    }


def save(parameter_set: ParameterSet, path: str | Path) -> Path:
    """Write a set to a JSON file, beside an older one first and then in its place."""
    text = json.dumps(set_document(parameter_set), ensure_ascii=False, indent=1, allow_nan=False)
    return write_text(Path(path), text + "\n")


def read_set(path: str | Path) -> ParameterSet:
    """The parameter set in a JSON file, equal to the one written.

    Raises
    ------
    ValueError
        Naming the file: it is not JSON, not a set, of a newer version, or names an unknown law.
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"{path}: no such file; make it with 'a2c derive'")
    return parse_set(read_text(existing(path)), str(path))


def parse_set(text: str, path: str) -> ParameterSet:
    """The parameter set in the text of a ``set.json``; errors name ``path``, as those of ``read_set`` do."""
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not JSON ({error}); is it cut off? make it again with 'a2c derive'") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"{path}: not a parameter set of a2c_pybamm; make one with 'a2c derive'")
    if document.get("version") != VERSION:
        raise ValueError(
            f"{path}: format version {document.get('version')}, this a2c_pybamm reads {VERSION}; update the package"
        )
    try:
        return _parameter_set(document)
    except KeyError as error:
        raise ValueError(f"{path}: no entry {error}; the file is incomplete, make it again with 'a2c derive'") from error
    except (TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        raise ValueError(f"{path}: {error}; if it was edited by hand, make it again with 'a2c derive'") from error


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _parameter_set(document: dict[str, Any]) -> ParameterSet:
    temperature = float(document["temperature_K"])
    if not temperature > 0:
        raise ValueError(f"temperature_K is {temperature:g}, not positive")
    laws: dict[str, Law] = {}
    for name, entry in document["laws"].items():
        holds = {slot: laws[inner] for slot, inner in entry["holds"].items()}
        laws[name] = build_law(entry["kind"], entry["settings"], holds, KINDS)
    attach = {
        key: Attachment(
            laws[entry["law"]], entry["method"], StoichiometryMap(entry["offset"], entry["slope"]), entry.get("index")
        )
        for key, entry in document["attach"].items()
    }
    joint = Joint([_estimate(entry) for entry in document["estimates"]], independent=document["independent"])
    return ParameterSet(
        document["name"],
        document["base"],
        attach,
        joint,
        temperature,
        tuple(document["citations"]),
        document["description"],
        document["notes"],
        _limits(document["voltage_limits_V"]),
    )


def _limits(entry: list[float] | None) -> tuple[float, float] | None:
    if entry is None:
        return None
    low, high = entry
    return float(low), float(high)


def _estimate(entry: dict[str, Any]) -> Estimate:
    n = len(entry["names"])
    factors = {
        source: Factor(np.array(f["values"], float).reshape(n, len(f["labels"])), tuple(f["labels"]), f["family"])
        for source, f in entry["sources"].items()
    }
    return Estimate(tuple(entry["names"]), np.array(entry["mean"], float), factors, entry["method"], entry["provenance"])
