"""Commands without the time that their figures take."""

import pytest


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are made but not drawn: tests/report draws them, and one test here, and drawing is half of a quick command."""
    for module in ("a2c_pybamm.report", "a2c_pybamm.report.markup"):
        monkeypatch.setattr(f"{module}.svg", lambda *_, **__: "<svg></svg>")
