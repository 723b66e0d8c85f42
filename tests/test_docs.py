"""Pages are run as a reader would paste them, and print what they say they print.

``python tests/test_docs.py`` writes into the pages what comes out now.
"""

import contextlib
import io
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {"propagation.md": 9, "phases.md": 1, "base-sets.md": 0}
"""Pages with the least number of blocks that print."""
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)
"""A block of Python, with the text that is said to come out if there is one."""


def plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def run_page(page: str, path: Path) -> tuple[dict[str, Any], str]:
    """The names that the blocks of a page leave, and the page with what each block prints, where it says that it does."""
    names: dict[str, Any] = {}

    def run(block: re.Match[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block[1], str(path), "exec"), names)
        return block[0] if block[2] is None else f"```python\n{block[1]}```\n\n```text\n{plain(printed.getvalue())}\n```\n"

    return names, BLOCK.sub(run, page)


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_page_prints_what_it_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (DOCS / name).read_text(encoding="utf-8")
    assert sum(bool(text) for _, text in BLOCK.findall(page)) >= PAGES[name]
    assert run_page(page, DOCS / name)[1] == page, "run python tests/test_docs.py, and look at what has changed"


if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())
    for name in PAGES:
        (DOCS / name).write_text(run_page((DOCS / name).read_text(encoding="utf-8"), DOCS / name)[1], encoding="utf-8")
