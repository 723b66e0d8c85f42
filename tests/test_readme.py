"""The README's Python is run as a reader would paste it, block after block."""

import re
from pathlib import Path

import pytest

from tests.scripts import Scripts

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.slow
def test_python_of_the_readme_runs(tmp_path: Path, scripts: Scripts) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 2
    script = tmp_path / "pasted.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    run = scripts.run(script, tmp_path)
    assert run.returncode == 0, run.stderr[-3000:]
    assert "The linear estimate" in run.stdout, "the sentence on first order is printed"
    assert re.search(r"^(first order|chaos|sampling|none)$", run.stdout, re.MULTILINE), "the recommendation is printed"
