"""Sets that come with the package, by name.

Files and PyBaMM are imported where a set is read, so that a name without a set is refused at once.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a2c_pybamm.schema import printable

if TYPE_CHECKING:
    from a2c_pybamm.parameter_set import ParameterSet

DEMO = "LCO_graphite_universal_potentials"
"""Set whose study is copied by ``a2c demo``, and by ``a2c new`` with another law of the free energy."""
DEFAULT_LAW_TEXT = """law = "logit-spline"             # as rough as the data; what they leave open is in the error
stable = true                    # one phase at all compositions; without it the host may have gaps, see phases
"""


def sets_folder() -> Path:
    """The folder of shipped sets: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "parameter_sets", package.parent / "parameter_sets"):
        if folder.is_dir():
            return folder
    raise ValueError(f"{package}: the shipped parameter sets are missing; install the package again")


def set_names() -> list[str]:
    """Names of the shipped sets."""
    return sorted(path.parent.name for path in sets_folder().glob("*/set.json"))


def load(name: str | Path) -> ParameterSet:
    """A shipped set by its name, or the set in a ``set.json`` file (or in the folder that holds one).

    Raises
    ------
    ValueError
        If there is no such set or file.
    """
    if str(name) in set_names():
        return _read(sets_folder() / str(name) / "set.json")
    try:
        path = Path(name) / "set.json" if Path(name).is_dir() else Path(name)
        exists = path.is_file()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "holds a character that no name has"
        raise ValueError(f"{printable(str(name))}: {reason}; check the name, its permissions and its spelling") from error
    if not exists:
        raise ValueError(f"{printable(str(name))}: neither a shipped set ({', '.join(set_names())}) nor a set.json file")
    return _read(path)


def _read(path: Path) -> ParameterSet:
    from a2c_pybamm.files import read_set

    return read_set(path)


def copy_study(folder: Path) -> None:
    """Copy the shipped study and its data into a folder; files that exist there already must be equal to the shipped ones.

    Raises
    ------
    ValueError
        If a file there differs, or one cannot be written: existing files are kept, and new ones removed.
    """
    _copy_shipped(folder, {})


def new_study(folder: Path) -> None:
    """Copy the shipped study and its data, the host's free energy of the default law in the place of its polynomial.

    Raises
    ------
    ValueError
        As `copy_study`.
    """
    path = sets_folder() / DEMO / "study.toml"
    text = path.read_text(encoding="utf-8")
    for key in ("law", "order", "shape"):
        text = re.sub(rf"^{key} = .*\n", DEFAULT_LAW_TEXT if key == "law" else "", text, count=1, flags=re.MULTILINE)
    _copy_shipped(folder, {path: text.encode()})


def _copy_shipped(folder: Path, changed: Mapping[Path, bytes]) -> None:
    """Copy the shipped study, some files with other contents."""
    from a2c_pybamm.files.writing import write_with

    shipped = sets_folder() / DEMO
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder}: not a folder; take another name")
    files = [shipped / "study.toml", shipped / "README.md", *(path for path in (shipped / "data").rglob("*") if path.is_file())]
    for path in files:
        target = folder / path.relative_to(shipped)
        if target.exists() and (target.is_dir() or target.read_bytes() != changed.get(path, path.read_bytes())):
            raise ValueError(
                f"{target}: differs from the shipped file, and is kept; run your own study with 'a2c run {folder}', "
                "or take another folder"
            )
    made: list[Path] = []
    try:
        for path in files:
            target = folder / path.relative_to(shipped)
            _make_folders(target.parent, made)
            if not target.exists():
                write = partial(_write, changed[path]) if path in changed else partial(shutil.copyfile, path)
                made.append(write_with(target, write))
    except (OSError, ValueError, KeyboardInterrupt):
        for path in reversed(made):  # all of it or nothing
            path.rmdir() if path.is_dir() else path.unlink()
        raise


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _make_folders(folder: Path, made: list[Path]) -> None:
    """Make a folder and its missing parents, and append each to ``made``."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        made.append(path)


def lco_graphite_universal_potentials() -> Any:
    """LiCoO2 | graphite: OCV, diffusivities and site density from universal interatomic potentials, on the Ai2020 cell.

    The nominal values; ``a2c_pybamm.load("LCO_graphite_universal_potentials")`` has their joint error.
    """
    return load(DEMO).nominal()


def lfp_graphite_two_phase() -> Any:
    """LiFePO4 | graphite: a declared two-phase reaction, entropy and barriers from universal potentials, on Prada2013's cell.

    The nominal values; ``a2c_pybamm.load("LFP_graphite_two_phase")`` has their joint error.
    """
    return load("LFP_graphite_two_phase").nominal()
