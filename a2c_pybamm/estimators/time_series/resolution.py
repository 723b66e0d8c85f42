"""Limits below which a diffusivity is not resolved, and the error raised there."""

from __future__ import annotations

RESOLVED_STDS = 3.0
"""Standard deviations by which a diffusivity must lie above zero: chance alone does so once in 700 runs."""
MIN_SCATTER_BODIES = 8
"""Bodies that move independently, from which on the scatter between them is the error bar: Student's factor is then at most
1.2 (table of error bars in ``docs/diffusion.md``)."""


class NotResolved(ValueError):
    """No value that the length of the run resolves."""


class NotDiffusive(NotResolved):
    """No diffusion that is resolved from rattling about the sites."""
