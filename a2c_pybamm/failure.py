"""Failures of samples: the cause, which is counted, and beside it the sentence with its numbers, which is read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FailureCause(StrEnum):
    """Cause of a failed sample."""

    UNSTABLE = "unstable"
    INFEASIBLE = "infeasible"
    SOLVER = "solver"
    NOT_FINITE = "not finite"
    OTHER = "other"

    @property
    def meaning(self) -> str:
        """Half a sentence on the cause."""
        return MEANINGS[self]


MEANINGS = {
    FailureCause.UNSTABLE: "a host separates into phases within reach of the cell",
    FailureCause.INFEASIBLE: "the potentials do not reach a voltage limit with the cell's lithium",
    FailureCause.SOLVER: "the solver found no solution",
    FailureCause.NOT_FINITE: "an output has no finite number; other outputs of the sample count",
    FailureCause.OTHER: "the model names no cause",
}


@dataclass(frozen=True)
class Failure:
    """One failed sample."""

    cause: FailureCause
    detail: str
    """The sentence with its numbers, without the cause."""

    def __str__(self) -> str:
        return f"{self.cause}: {self.detail}"
