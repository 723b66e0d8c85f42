"""Hashes of a study and its data files, by which a set shows later what it was made from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from a2c_pybamm.readers.source_file import fingerprint
from a2c_pybamm.study.named_files import data_files
from a2c_pybamm.study.scales import Scales
from a2c_pybamm.study.study import Study

MADE_FROM = "made from"
"""Note of a set with the hashes of what it was derived from."""
NOT_IN_SET = {"cell", "propagation", "scales", "sweep"}
"""Sections of a study that its set does not depend on, but for the cell's voltage limits."""


def study_stamps(study: Study, folder: Path) -> dict[str, Any]:
    """Sha256 of the entries of a study that its set depends on, and of its data files by their paths in the folder.

    Entries that are not given do not count, nor does the way in which others are written: a comment changes nothing.
    """
    of_set = study.model_copy(update={"scales": Scales()})  # whose runs make no number of the set
    files = [path for path in data_files(of_set) if path != study.cell.drive_cycle]
    stamps = {_name(path, folder): str(fingerprint(path)["sha256"]) for path in files if os.path.isfile(path)}
    return {"study": _hash(study, folder), "data": stamps}


def changed_since(made_from: Any, study: Study, file: Path) -> list[str]:
    """Names of the study and of the data files that have changed since a set was derived from them, by the set's note.

    Nothing is said of a set without such a note, nor of data files that are no longer there.
    """
    if not isinstance(made_from, Mapping):
        return []
    now, before = study_stamps(study, file.parent), made_from.get("data")
    changed = [file.name] if made_from.get("study") != now["study"] else []
    return changed + [name for name, stamp in now["data"].items() if isinstance(before, Mapping) and before.get(name) != stamp]


def _hash(study: Study, folder: Path) -> str:
    entries = study.model_dump(exclude=NOT_IN_SET, exclude_unset=True)
    entries["voltage_limits"] = study.cell.voltage_limits
    text = json.dumps(entries, sort_keys=True, default=lambda value: _name(value, folder))
    return hashlib.sha256(text.encode()).hexdigest()


def _name(value: Any, folder: Path) -> str:
    """Path of a file in the study's folder, where it lies in it."""
    with contextlib.suppress(ValueError):
        return Path(value).relative_to(folder).as_posix()
    return str(value)
