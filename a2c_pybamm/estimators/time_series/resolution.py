"""When a diffusivity counts as resolved, and the error raised where it does not."""

from __future__ import annotations

IN_A_ROW = 3
"""So many windows, each starting one lag later, must be linear for the first of them to be taken."""
RESOLVED = 3.0
"""Standard deviations that D must lie above zero."""


class NotDiffusive(ValueError):
    """No diffusion that can be told from rattling about the sites."""
