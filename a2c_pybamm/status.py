"""Enumerations that a result's file holds: which answers can be used, and which to take."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Usability of one method's answer for one output; the first that applies, in this order."""

    MISSING = "missing"
    """No answer: a solve that it needs failed."""
    CONTRADICTED = "contradicted"
    """Drawn samples contradict it."""
    CONSTANT = "constant"
    """The output does not vary."""
    FAILS = "fails"
    """It does not hold by its own checks."""
    UNKNOWN = "unknown"
    """Neither a check of its own nor drawn samples, or a method of no known kind."""
    THIN = "thin"
    """Its checks pass, on too few points to see a rare cliff."""
    UNVERIFIED = "unverified"
    """A polynomial read under other errors (`reweight`), without a solve that tests it."""
    HOLDS = "holds"
    """Drawn samples agree with it (sampling itself: it has a standard error)."""

    @property
    def usable(self) -> bool:
        """True where no check speaks against the answer."""
        return self in (Status.CONSTANT, Status.HOLDS, Status.THIN, Status.UNVERIFIED)


class Recommendation(StrEnum):
    """Kind of answer to take for one output."""

    FIRST_ORDER = "first order"
    CHAOS = "chaos"
    SAMPLING = "sampling"
    NONE = "none"
    """No answer here holds, and no points stand for the distribution."""
