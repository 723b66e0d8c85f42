"""Coefficients derived from data, with their error by source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.estimate.canonical_factor import covariance_root
from a2c_pybamm.estimate.checks import Array, read_only_array, unique_names
from a2c_pybamm.estimate.factor import Factor, label_hash
from a2c_pybamm.estimate.representation import coefficient_table


@dataclass(frozen=True, eq=False)
class Estimate:
    """Coefficients derived from data, with the error each source makes in them.

    Raises
    ------
    ValueError
        If names repeat, shapes disagree, or a number is not finite.
    """

    names: tuple[str, ...]
    """Coefficient names, each with its unit: ``"LCO ODH E_a [eV]"``."""
    mean: Array
    """Best values (n_coefficient,)."""
    factors: Mapping[str, Factor]
    """Error by source."""
    method: str = ""
    """Method by which the numbers were computed, in one line."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Files with their sha256, settings, versions; plain JSON values."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", unique_names(self.names, "estimate"))
        object.__setattr__(self, "mean", read_only_array(self.mean, 1, "estimate mean"))
        object.__setattr__(self, "factors", MappingProxyType(dict(self.factors)))
        object.__setattr__(self, "provenance", MappingProxyType(dict(self.provenance)))
        if len(self.mean) != len(self.names):
            raise ValueError(f"estimate: {len(self.names)} names but {len(self.mean)} values")
        for source, factor in self.factors.items():
            if len(factor.values) != len(self.names):
                raise ValueError(
                    f"estimate: source {source!r} has {len(factor.values)} rows for {len(self.names)} coefficients"
                )

    @classmethod
    def from_covariance(
        cls,
        names: Sequence[str],
        mean: ArrayLike,
        covariance: ArrayLike,
        *,
        source: str,
        method: str = "",
        provenance: Mapping[str, Any] | None = None,
        data: str | None = None,
    ) -> Estimate:
        """An estimate whose error is one plain covariance (n, n), singular or not.

        Its columns are labelled with a hash of its names, its source and its data, so that they never align with another's.

        Parameters
        ----------
        data
            Fingerprint of the data and settings that the numbers were computed from: equal for equal input, whatever the
            processor. If not given, mean and covariance are themselves the data.
        """
        root = covariance_root(covariance, names=names, label=f"covariance of {', '.join(names)}")
        identity = [np.asarray(mean, float).tolist(), np.asarray(covariance, float).tolist()] if data is None else data
        stamp = label_hash(tuple(names), source, identity)
        labels = tuple(f"{stamp}:{k}" for k in range(root.shape[1]))
        return cls(tuple(names), np.asarray(mean, float), {source: Factor(root, labels)}, method, provenance or {})

    @property
    def covariance(self) -> Array:
        r"""Covariance (n, n): :math:`\sum_s A_s A_s^\mathsf{T}`."""
        return sum((f.values @ f.values.T for f in self.factors.values()), np.zeros((len(self.names),) * 2))

    @property
    def std(self) -> Array:
        """Standard deviations (n,)."""
        return np.sqrt(np.diag(self.covariance))

    def map(self, names: Sequence[str], mean: ArrayLike, jacobian: ArrayLike, *, method: str | None = None) -> Estimate:
        r"""The estimate of other coefficients :math:`y(\theta)`: same sources and labels, factors :math:`J A_s`.

        ``jacobian`` (n_new, n_coefficient) is :math:`\partial y/\partial\theta` at the mean.
        """
        jac = np.asarray(jacobian, float)
        factors = {s: Factor(jac @ f.values, f.labels, f.family) for s, f in self.factors.items()}
        return Estimate(
            tuple(names), np.asarray(mean, float), factors, self.method if method is None else method, self.provenance
        )

    def select(self, names: Sequence[str]) -> Estimate:
        """Estimate of these coefficients alone, in this order."""
        rows = find_rows(self.names, names)
        return self.map(names, self.mean[rows], np.eye(len(self.names))[rows])

    def add_source(self, source: str, factor: Factor) -> Estimate:
        """Estimate with one more source of error, independent of the others."""
        if source in self.factors:
            raise ValueError(f"estimate: it has a source {source!r} already; name the new one differently")
        return replace(self, factors={**self.factors, source: factor})

    def __repr__(self) -> str:
        count = f"{len(self.names)} coefficient{'' if len(self.names) == 1 else 's'}"
        heading = f"Estimate of {count}" + (f" ({self.method})" if self.method else "")
        return coefficient_table(heading, self.names, self.mean, self.factors)


def find_rows(have: tuple[str, ...], want: Sequence[str]) -> list[int]:
    """Positions of names; ``ValueError`` names one that is not there."""
    missing = [name for name in want if name not in have]
    if missing:
        raise ValueError(f"no coefficient {missing[0]!r} (have {', '.join(have)})")
    return [have.index(name) for name in want]
