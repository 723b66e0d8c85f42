"""The page on propagation is run as a reader would paste it, and prints what it says it prints."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "propagation.md"


def blocks() -> list[tuple[str, str]]:
    """Each block of Python with the text that is said to come out; empty where none is."""
    found = re.findall(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [(code, text) for code, text in found]


def plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def test_page_on_propagation_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    assert sum(bool(text) for _, text in blocks()) >= 8
    for code, text in blocks():
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(PAGE), "exec"), names)
        if text:
            assert plain(printed.getvalue()) == plain(text), code
