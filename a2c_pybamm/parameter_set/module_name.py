"""Names under which a stand-alone module can be written."""

from __future__ import annotations

import keyword
import sys
import unicodedata
from importlib.machinery import PathFinder
from pathlib import Path

from a2c_pybamm.schema import show

RUN_UNASKED = {
    "sitecustomize": "Python runs a file of this name whenever it starts",
    "usercustomize": "Python runs a file of this name whenever it starts",
    "conftest": "pytest runs a file of this name",
    "setup": "pip runs a file of this name",
    "__init__": "Python runs a file of this name in the place of its folder",
    "__main__": "Python runs a file of this name in the place of its folder",
}
"""Modules that are run without being asked for, whatever is in them; by small letters, as some file systems know no others."""
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{k}" for port in ("com", "lpt") for k in range(10))}
"""Names that Windows gives to devices, whatever ending follows them."""


def module_name(name: str) -> str:
    """Name of the module of a set with this name: letters and digits as they are, ``_`` for everything else.

    Raises
    ------
    ValueError
        If it is that of a module which Python imports elsewhere (``numpy.py`` would stand in its way), a word of the language,
        a name of which Python or a tool runs a file unasked, or a device of Windows.
    """
    own = "".join(character if character.isalnum() else "_" for character in name)
    folded = unicodedata.normalize("NFKC", own).casefold()  # COM with a raised 1 is a device too
    if folded in RUN_UNASKED:
        raise ValueError(f"name {show(name)}: {RUN_UNASKED[folded]}; rename the set or the file")
    if folded in DEVICES:
        raise ValueError(f"name {show(name)}: Windows takes {own}.py for a device; rename the set or the file")
    if own in sys.stdlib_module_names or keyword.iskeyword(own) or own in sys.builtin_module_names or _installed(own):
        hidden = f"a file {own}.py would hide Python's or a package's own {own!r}"
        raise ValueError(f"name {show(name)}: {hidden}; rename the set or the file")
    return own


def _installed(name: str) -> bool:
    """True where Python finds a module of this name outside the working folder; nothing is imported."""
    if not name.isidentifier():
        return False
    if name == __name__.split(".")[0]:  # in a checkout this package lies in the working folder
        return True
    here = Path.cwd()
    folders = [folder for folder in sys.path if folder and Path(folder).resolve() != here]
    spec = PathFinder.find_spec(name, folders)
    # a folder without __init__.py has no origin: any folder of data beside a package would count
    return spec is not None and spec.origin is not None
