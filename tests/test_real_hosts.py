"""The page on real hosts shows the tables that its example prints, and the example draws the same figure each time.

``python tests/test_real_hosts.py`` writes tables and figure into the documentation as they come out now.
"""

import contextlib
import importlib.util
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "real-hosts.md"
FIGURE = ROOT / "docs" / "figures" / "real_hosts.svg"
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


def example() -> Callable[[Path], None]:
    """The example's main function."""
    spec = importlib.util.spec_from_file_location("hosts_from_potentials", ROOT / "examples" / "hosts_from_potentials.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def printed(figure: Path) -> list[str]:
    """Tables that the example prints, its figure drawn."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        example()(figure)
    return TABLE.findall(text.getvalue())


@pytest.mark.slow
def test_page_shows_what_the_example_prints(tmp_path: Path) -> None:
    shown = TABLE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(shown) == 6
    assert printed(tmp_path / "a.svg") == shown, "run python tests/test_real_hosts.py, and look at what has changed"
    assert "real_hosts.svg" in PAGE.read_text(encoding="utf-8")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").count("<path") > 20


if __name__ == "__main__":
    FIGURE.parent.mkdir(exist_ok=True)
    tables = iter(printed(FIGURE))
    PAGE.write_text(TABLE.sub(lambda _: next(tables), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
