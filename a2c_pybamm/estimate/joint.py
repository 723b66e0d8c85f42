"""The joint distribution that estimates make together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.estimate.canonical_factor import RESIDUAL_TOLERANCE, canonical_factor
from a2c_pybamm.estimate.checks import Array, read_only_array, unique_names
from a2c_pybamm.estimate.estimate import Estimate, find_rows
from a2c_pybamm.estimate.factor import Factor, common_family, validate_common_labels
from a2c_pybamm.estimate.germs import Family, draw_germs
from a2c_pybamm.estimate.representation import coefficient_table

MEAN_TOLERANCE = 1e-14
"""Relative error of a mean below which an error is round-off (about a hundred times the spacing of floats, 2.2e-16)."""


def _align(source: str, factors_by_rows: list[tuple[slice, Factor]], n: int, independent: bool) -> Factor:
    """Factor of all n coefficients from those of the estimates, columns aligned by label."""
    family = common_family(source, [factor for _, factor in factors_by_rows])
    if not independent:
        validate_common_labels(source, [factor for _, factor in factors_by_rows])
    labels = tuple(dict.fromkeys(label for _, factor in factors_by_rows for label in factor.labels))
    if family == "uniform" and len(labels) != 1:
        raise ValueError(f"source {source!r}: a uniform germ has one label, found {', '.join(labels)}")
    columns = {label: k for k, label in enumerate(labels)}
    values = np.zeros((n, len(labels)))
    for rows, factor in factors_by_rows:
        values[rows, [columns[label] for label in factor.labels]] = factor.values
    return Factor(values, labels, family)


def _canonical(source: str, factor: Factor, names: tuple[str, ...], floor: Array) -> Factor:
    """Factor of a source in canonical form; rows whose size is below ``floor`` (n,) are round-off, and set to 0."""
    values = np.where(np.sqrt((factor.values**2).sum(axis=1)) > floor, factor.values.T, 0.0).T
    if factor.family == "uniform":
        return replace(factor, values=values)
    values = canonical_factor(values, names)
    return Factor(values, tuple(f"{source}:{k}" for k in range(values.shape[1])))


class Joint:
    r"""All coefficients of a parameter set with their joint error.

    Estimates are merged: a source named in several is one germ, aligned by label; different sources are independent. Each
    source's factor is reduced to its rank by `canonical_factor`, so that the germ :math:`\xi` (n_germ,) stays small and is the
    same on every processor. Sources are sorted by name. Everything downstream (covariance, draws, shares of variance) is
    derived from :math:`\theta = \bar\theta + R\,\xi`.

    Parameters
    ----------
    estimates
        The estimates to merge; a Joint keeps them for their provenance.
    independent
        Sources that estimates name alike although their realisations differ (no label in common).

    Raises
    ------
    ValueError
        If a coefficient occurs twice, or estimates share a source but no label and ``independent`` does not name it.
    """

    names: tuple[str, ...]
    mean: Array
    """Means (n_coefficient,)."""
    factors: Mapping[str, Factor]
    """Aligned factor of each source in canonical form, sources sorted by name."""
    estimates: tuple[Estimate, ...]
    independent: tuple[str, ...]

    def __init__(self, estimates: Iterable[Estimate], *, independent: Collection[str] = ()) -> None:
        self.estimates = tuple(estimates)
        self.independent = tuple(sorted(independent))
        self.names = unique_names((name for e in self.estimates for name in e.names), "joint")
        self.mean = read_only_array(np.concatenate([e.mean for e in self.estimates] or [np.zeros(0)]), 1, "joint mean")
        by_source: dict[str, list[tuple[slice, Factor]]] = {}
        start = 0
        for estimate in self.estimates:
            rows = slice(start, start + len(estimate.names))
            start = rows.stop
            for source, factor in estimate.factors.items():
                by_source.setdefault(source, []).append((rows, factor))
        aligned = {s: _align(s, by_source[s], len(self.names), s in self.independent) for s in sorted(by_source)}
        std = np.sqrt(sum(((f.values**2).sum(axis=1) for f in aligned.values()), np.zeros(len(self.names))))
        floor = np.maximum(RESIDUAL_TOLERANCE * std, MEAN_TOLERANCE * np.abs(self.mean))
        aligned = {s: _canonical(s, f, self.names, floor) for s, f in aligned.items()}
        self.factors = MappingProxyType({s: f for s, f in aligned.items() if f.values.any()})

    @property
    def root(self) -> Array:
        """Factor R (n_coefficient, n_germ), sources side by side."""
        return np.hstack([f.values for f in self.factors.values()] or [np.zeros((len(self.names), 0))])

    @property
    def germ_sources(self) -> tuple[str, ...]:
        """The source of each germ (n_germ,)."""
        return tuple(source for source, f in self.factors.items() for _ in f.labels)

    @property
    def germ_families(self) -> tuple[Family, ...]:
        """The distribution of each germ (n_germ,)."""
        return tuple(f.family for f in self.factors.values() for _ in f.labels)

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(self.factors)

    @property
    def n_germ(self) -> int:
        return len(self.germ_sources)

    @property
    def covariance(self) -> Array:
        """Covariance (n, n)."""
        return self.root @ self.root.T

    @property
    def std(self) -> Array:
        """Standard deviations (n,)."""
        return np.sqrt((self.root**2).sum(axis=1))

    @property
    def correlation(self) -> Array:
        """Correlation matrix (n, n); a coefficient without error has a zero row."""
        std = self.std
        scale = np.where(std > 0, std, 1.0)
        return self.covariance / np.outer(scale, scale)

    def color(self, germ: ArrayLike) -> Array:
        """Coefficients (n_sample, n_coefficient) of germs (n_sample, n_germ)."""
        return self.mean + np.asarray(germ, float) @ self.root.T

    def whiten(self, samples: ArrayLike) -> Array:
        """Smallest germs (n_sample, n_germ) that give these coefficients (n_sample, n_coefficient).

        Raises ``ValueError`` where a sample lies outside the support, i.e. moves a coefficient that has no error.
        """
        deviation = np.atleast_2d(np.asarray(samples, float)) - self.mean
        # a coefficient without error must stay where it is, on its own scale
        scale = np.where(self.std > 0, self.std, np.where(self.mean != 0, np.abs(self.mean), 1.0))
        germ = np.asarray(np.linalg.lstsq(self.root / scale[:, None], (deviation / scale).T, rcond=1e-10)[0].T, float)
        if not np.allclose((self.color(germ) - self.mean - deviation) / scale, 0, atol=1e-6):
            raise ValueError("samples lie outside the support of the joint: they move a combination that carries no error")
        return germ

    def draw_germ(self, n: int, rng: np.random.Generator) -> Array:
        """Independent germs (n, n_germ), zero mean and unit variance, each source from its own stream (`draw_germs`)."""
        return draw_germs(n, self.germ_sources, self.germ_families, rng)

    def draw(self, n: int, rng: np.random.Generator) -> Array:
        """Random coefficients (n, n_coefficient)."""
        return self.color(self.draw_germ(n, rng))

    @classmethod
    def of(cls, estimate: Estimate | Joint) -> Joint:
        """The joint itself, or that of one estimate alone."""
        return estimate if isinstance(estimate, Joint) else cls([estimate])

    def select(self, names: Sequence[str]) -> Estimate:
        """These coefficients with their error by source, as one estimate; ``ValueError`` names one that is not there."""
        return Estimate(self.names, self.mean, self.factors).select(names)

    def marginal(self, names: Sequence[str]) -> Joint:
        """The joint distribution of these coefficients alone; ``ValueError`` names one that is not there.

        Each source's factor is reduced to the rank that it has in them, and a source that moves none of them is left out.
        """
        return Joint([self.select(names)])

    def rows(self, names: Sequence[str]) -> list[int]:
        """Positions of these coefficients; ``ValueError`` names one that is not there."""
        return find_rows(self.names, names)

    def __repr__(self) -> str:
        heading = f"Joint of {len(self.names)} coefficients, {self.n_germ} germs from {len(self.sources)} sources"
        return coefficient_table(heading, self.names, self.mean, self.factors)
