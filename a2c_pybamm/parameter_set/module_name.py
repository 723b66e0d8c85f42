"""Names under which a stand-alone module can be written."""

from __future__ import annotations

import keyword
import sys
from importlib.machinery import PathFinder
from pathlib import Path

from a2c_pybamm.schema import show


def module_name(name: str) -> str:
    """Name of the module of a set with this name: letters and digits as they are, ``_`` for everything else.

    Raises
    ------
    ValueError
        If it is that of a module which Python imports elsewhere (``numpy.py`` would stand in its way), or a word of the
        language.
    """
    own = "".join(character if character.isalnum() else "_" for character in name)
    if own in sys.stdlib_module_names or keyword.iskeyword(own) or own in sys.builtin_module_names or _installed(own):
        raise ValueError(f"name {show(name)}: a file {own}.py would hide Python's or a package's own {own!r}; rename the set")
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
