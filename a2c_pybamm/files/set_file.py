"""``set.json``: a parameter set with its joint error and provenance, exact to the last bit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from a2c_pybamm.estimate import Estimate
from a2c_pybamm.files.json_document import parse_document, read_document
from a2c_pybamm.files.set_schema import build_set
from a2c_pybamm.files.writing import writable, write_text
from a2c_pybamm.laws import Law, held_laws, settings
from a2c_pybamm.parameter_set import Attachment, BaseSet, ParameterSet
from a2c_pybamm.readers.source_file import naming
from a2c_pybamm.schema import show

FORMAT = "a2c_pybamm parameter set"
"""Entry "format" of every file."""
SET_VERSION = 1
"""Version of the format: raised when a file of an older one can no longer be read as it is."""
SET_STAMP = "sha256 of set.json"
"""Attribute of a result with the `set_stamp` of the set that it was made from."""
REMEDY = "make it again with 'a2c derive'"


def set_document(parameter_set: ParameterSet) -> dict[str, Any]:
    """A parameter set as plain JSON values; floats keep all their digits."""
    ids = _law_ids(parameter_set.attach)
    names = {law: name for name, law in ids.items()}
    return {
        "format": FORMAT,
        "version": SET_VERSION,
        "name": parameter_set.name,
        "description": parameter_set.description,
        "base": _base_document(parameter_set.base),
        "temperature_K": parameter_set.temperature,
        "voltage_limits_V": list(parameter_set.voltage_limits) if parameter_set.voltage_limits else None,
        "citations": list(parameter_set.citations),
        "notes": dict(parameter_set.notes),
        "laws": {
            name: {
                "kind": law.kind,
                "settings": settings(law),
                "holds": {slot: names[inner] for slot, inner in held_laws(law).items()},
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


def _set_text(parameter_set: ParameterSet) -> str:
    return json.dumps(set_document(parameter_set), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def set_stamp(parameter_set: ParameterSet) -> str:
    """Sha256 of a set: that of the ``set.json`` that `save` writes of it.

    Raises
    ------
    ValueError, TypeError
        If the set holds something that JSON has no form for.
    """
    return hashlib.sha256(_set_text(parameter_set).encode()).hexdigest()


def _base_document(base: str | BaseSet) -> Any:
    """The name of a base set, or its values where it is no set's that has a name."""
    if isinstance(base, str):
        return base
    functions = {"functions": dict(base.functions)} if base.functions else {}
    return {"name": base.name, "values": json.loads(base.text), **functions}


def _law_ids(attach: Mapping[str, Attachment]) -> dict[str, Law]:
    """Laws by a readable name, each once; laws that others hold come first."""
    ids: dict[str, Law] = {}

    def add(law: Law) -> None:
        if law in ids.values():
            return
        for inner in held_laws(law).values():
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
    """The path, holding a set as JSON that `read_set` gives back; an older file stays until the new one is whole.

    Raises
    ------
    ValueError
        If the file cannot be written there, or could not be read back: a note that JSON has no form for, a law that no package
        registers.
    """
    path = writable(path)
    try:
        text = _set_text(parameter_set)
        read_again = _set_of(parse_document(text, str(path)))
        if dict(read_again.attach) != dict(parameter_set.attach):
            raise ValueError("a law is not the one that its kind names; register it under a kind of its own")
        if read_again.base != parameter_set.base:
            raise ValueError(f"the base set {parameter_set.base} is not the same when it is read")
    except (TypeError, ValueError, RecursionError) as error:
        reason = str(error).removeprefix(f"{path}: ")
        raise ValueError(f"{path}: not written, it could not be read back: {reason}") from error
    return write_text(path, text)


def read_set(path: str | Path) -> ParameterSet:
    """The parameter set in a JSON file, equal to the one written.

    Raises
    ------
    ValueError
        Naming the file, and the place in it: it is not JSON, not a set, of a newer version, or something in it is wrong.
    """
    path = Path(path)
    with naming(path):
        if not path.exists():
            raise ValueError("no such file; make it with 'a2c derive'")
        return _read_back(read_document(path, remedy=REMEDY), str(path))


def parse_set(text: str, path: str) -> ParameterSet:
    """The parameter set in the text of a ``set.json``; errors name ``path``, as those of ``read_set`` do."""
    return _read_back(parse_document(text, path, remedy=REMEDY), path)


def _read_back(document: dict[str, Any], path: str) -> ParameterSet:
    try:
        return _set_of(document)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; or {REMEDY}") from error


def _set_of(document: dict[str, Any]) -> ParameterSet:
    """The set that a document describes, if it is one, of the version that is read here."""
    if document.get("format") != FORMAT:
        raise ValueError("not a parameter set of a2c_pybamm; take a set.json")
    version = document.get("version")
    if type(version) is not int or version != SET_VERSION:
        raise ValueError(f"format version {show(version)}, this a2c_pybamm reads {SET_VERSION}; update the package")
    return build_set(document)
