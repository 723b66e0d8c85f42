"""The page on propagation is run as a reader would paste it, and prints what it says it prints.

``python tests/test_docs.py`` writes into the page what comes out now.
"""

import contextlib
import io
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "propagation.md"
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)
"""A block of Python, with the text that is said to come out if there is one."""


def plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def rewritten(page: str) -> str:
    """The page with what each block prints, where it says that it does."""
    names: dict[str, Any] = {}

    def run(block: re.Match[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block[1], str(PAGE), "exec"), names)
        return block[0] if block[2] is None else f"```python\n{block[1]}```\n\n```text\n{plain(printed.getvalue())}\n```\n"

    return BLOCK.sub(run, page)


def test_page_on_propagation_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    assert sum(bool(text) for _, text in BLOCK.findall(page)) >= 8
    assert rewritten(page) == page, "run python tests/test_docs.py, and look at what has changed"


if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
