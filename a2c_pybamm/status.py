"""Enumerations that a result's file holds: which answers can be used, and which to take."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Usability of one method's answer for one output."""

    HOLDS = "holds"
    """Its own checks pass, and sampling beside it agrees (sampling itself: it has a standard error)."""
    UNVERIFIED = "unverified"
    """Its own checks pass; no sampling stands beside it."""
    FAILS = "fails"
    UNKNOWN = "unknown"
    """Neither a check of its own nor sampling."""
    MISSING = "missing"
    """No answer: a solve that it needs failed."""

    @property
    def usable(self) -> bool:
        """True where no check speaks against the answer."""
        return self in (Status.HOLDS, Status.UNVERIFIED)


class Recommendation(StrEnum):
    """Kind of answer to take for one output."""

    FIRST_ORDER = "first order"
    CHAOS = "chaos"
    SAMPLING = "sampling"
    NONE = "none"
    """No answer here holds, and no method samples."""
