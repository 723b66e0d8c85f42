"""Sphinx configuration. Two pages are made from the code at build time: the public names, and the study file's reference."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import a2c_pybamm
from a2c_pybamm.study import reference_page

HERE = Path(__file__).parent

project = "a2c_pybamm"
author = "The a2c_pybamm developers"
copyright = "2026, the a2c_pybamm developers"
version = release = a2c_pybamm.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"a2c_pybamm {version}"

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_google_docstring = False
napoleon_use_rtype = False
autodoc_type_aliases = {"Array": "Array", "ArrayLike": "ArrayLike"}
python_use_unqualified_type_names = True
# A list of references may hold one that the text does not call by number.
suppress_warnings = ["ref.footnote"]

PUBLIC_NAMES = ".. the public names, by module\n"
"""The comment in reference/api.rst that the list takes the place of."""


def public_names() -> str:
    """Sections of reference/api.rst: each module of the public names, and the names that live in it."""
    lines = []
    for module, names in a2c_pybamm._HOMES.items():
        lines += [module, "-" * len(module), "", f".. automodule:: a2c_pybamm.{module}", "   :no-members:", ""]
        for name in sorted(names, key=str.lower):
            kind = "autofunction" if name.islower() else "autoclass"
            lines += [f".. {kind}:: a2c_pybamm.{name}", *([] if name.islower() else ["   :members:"]), ""]
    return "\n".join(lines)


def write_study_reference(app: Any) -> None:
    """Write reference/study.md from the schema, unless it says the same already (an unchanged page is not built again)."""
    page = HERE / "reference" / "study.md"
    text = reference_page()
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")


def insert_public_names(app: Any, docname: str, source: list[str]) -> None:
    """Put the list of public names into the page that asks for it."""
    source[0] = source[0].replace(PUBLIC_NAMES, public_names())


def number_footnotes(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Make the references [1], [2] … of a docstring its own: many docstrings share a page."""
    mine = name.replace(".", "-").replace("_", "-")
    for k, line in enumerate(lines):
        line = re.sub(r"\[(\d+)\]_", rf"[#{mine}-\1]_", line)
        lines[k] = re.sub(r"^(\s*\.\. )\[(\d+)\] ", rf"\1[#{mine}-\2] \\ ", line)  # else "V. Name" is item five of a list


def keep_colons(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Begin a field's docstring with an empty comment: else napoleon takes what stands before a colon for its type."""
    if what in ("attribute", "data", "property"):
        lines[:0] = ["..", ""]


def setup(app: Any) -> None:
    app.connect("builder-inited", write_study_reference)
    app.connect("source-read", insert_public_names)
    app.connect("autodoc-process-docstring", keep_colons, priority=400)  # before napoleon
    app.connect("autodoc-process-docstring", number_footnotes)
