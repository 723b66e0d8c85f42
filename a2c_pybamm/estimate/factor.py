"""Error of one source as a labelled factor, and the agreement that estimates of a shared source need."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from a2c_pybamm.estimate.checks import Array, read_only_array, unique_names
from a2c_pybamm.estimate.germs import Family


def label_hash(*values: Any) -> str:
    """Twelve hexadecimal digits that identify plain values (text, numbers, tuples, lists of them)."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:12]


@dataclass(frozen=True, eq=False)
class Factor:
    """Contribution of one source to an error: ``values @ germ``, a labelled column for each germ.

    A label names a realisation (a member of a committee, a resample of a trajectory): columns of the same source and label are
    moved by the same germ in every estimate that has them.
    """

    values: Array
    """Columns (n_coefficient, n_label), in the coefficients' own units."""
    labels: tuple[str, ...]
    family: Family = "normal"
    """Distribution of the germ: standard normal, or uniform on ±√3 (unit variance, one column)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", read_only_array(self.values, 2, "factor"))
        object.__setattr__(self, "labels", unique_names(self.labels, "factor labels"))
        if self.values.shape[1] != len(self.labels):
            raise ValueError(f"factor: {self.values.shape[1]} columns but {len(self.labels)} labels; label each column")
        if self.family not in ("normal", "uniform"):
            raise ValueError(f"factor: family {self.family!r} is unknown; take 'normal' or 'uniform'")
        if self.family == "uniform" and len(self.labels) != 1:
            raise ValueError("factor: a uniform germ has one labelled column; name one source for each bounded input")


def validate_common_labels(source: str, factors: Sequence[Factor]) -> None:
    """Raise ``ValueError`` where estimates share a source but no label: nothing then determines their correlation."""
    counts = Counter(label for factor in factors for label in factor.labels)
    n_labels = counts.total()
    for factor in factors:
        if 0 < len(factor.labels) < n_labels and all(counts[label] == 1 for label in factor.labels):
            raise ValueError(
                f"source {source!r} is shared by {len(factors)} estimates, but one has no label in common with the others "
                f"({', '.join(factor.labels[:3])} …); label the common realisations, rename the source, "
                "or declare it in independent="
            )


def common_family(source: str, factors: Sequence[Factor]) -> Family:
    """The germ family that a source has in all estimates; ``ValueError`` if it has two."""
    families = {factor.family for factor in factors}
    if len(families) > 1:
        raise ValueError(f"source {source!r}: normal in one estimate and uniform in another; one source has one germ family")
    return families.pop()
