"""Names under which a stand-alone module can be written."""

from __future__ import annotations

import keyword
import sys
import unicodedata
from importlib.machinery import PathFinder
from pathlib import Path

from a2c_pybamm.schema import show

RUN_AUTOMATICALLY = {
    "sitecustomize": "Python runs a file of this name whenever it starts",
    "usercustomize": "Python runs a file of this name whenever it starts",
    "conftest": "pytest runs a file of this name",
    "setup": "pip runs a file of this name",
    "__init__": "Python runs a file of this name in the place of its folder",
    "__main__": "Python runs a file of this name in the place of its folder",
}
"""Modules that Python or a tool runs without a request; in lower case, as some file systems do not distinguish cases."""
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{k}" for port in ("com", "lpt") for k in range(10))}
"""Names that Windows gives to devices, whatever ending follows them."""


def module_name(name: str) -> str:
    """Module name of a set with this name: its letters and digits, ``_`` for every other character.

    Raises
    ------
    ValueError
        If it is the name of a module that Python finds elsewhere (``numpy.py`` would hide it), a keyword of Python, the name of
        a file that Python or a tool runs without a request, or a device of Windows.
    """
    module = "".join(character if character.isalnum() else "_" for character in name)
    folded = unicodedata.normalize("NFKC", module).casefold()  # COM with a raised 1 is a device too
    if folded in RUN_AUTOMATICALLY:
        raise ValueError(f"name {show(name)}: {RUN_AUTOMATICALLY[folded]}; rename the set or the file")
    if folded in DEVICES:
        raise ValueError(f"name {show(name)}: Windows takes {module}.py for a device; rename the set or the file")
    standard = module in sys.stdlib_module_names or module in sys.builtin_module_names
    if standard or keyword.iskeyword(module) or _installed(module):
        hidden = f"a file {module}.py would hide Python's or a package's own {module!r}"
        raise ValueError(f"name {show(name)}: {hidden}; rename the set or the file")
    return module


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
