r"""Estimates with errors by source, and the joint distribution they make together.

An error is written as factors, one for each *source*: a body of data or a cause of error with a name a person understands.

.. math:: \theta = \bar\theta + \sum_s A_s \xi_s, \qquad \operatorname{Cov}\theta = \sum_s A_s A_s^\mathsf{T}

with independent germs :math:`\xi_s` of zero mean and unit variance. Two estimates that name the same source share its germ,
and are correlated column by column where their *labels* agree; different sources are independent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Family = Literal["normal", "uniform"]

PSD_TOLERANCE = 1e-10
"""Most negative eigenvalue of a correlation matrix that still counts as round-off."""
RANK_TOLERANCE = 1e-12
"""Eigenvalues of a correlation matrix below this share of the largest are dropped."""
PIVOT_SHARE = 0.62
"""Share of the largest residual at which a row may be the next pivot. Below one, so that rows whose residuals are equal up to
round-off cannot exchange their places; any number far from the ratios that symmetric data have (1, 1/√2, 1/2) serves."""
RESIDUAL_TOLERANCE = 1e-10
"""Residuals of a factor's rows, in standard deviations of the row, that are round-off; a source's part of a coefficient's error
too, in standard deviations of that coefficient."""
MEAN_TOLERANCE = 1e-14
"""Errors below this share of a coefficient's mean are round-off."""


def _frozen(values: ArrayLike, ndim: int, what: str) -> Array:
    """A read-only float copy of ``values`` with ``ndim`` dimensions and finite entries."""
    array = np.array(values, dtype=float)
    if array.ndim != ndim:
        raise ValueError(f"{what}: expected {ndim} dimension(s), got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{what}: holds values that are not finite; remove or repair them before they enter an estimate")
    array.setflags(write=False)
    return array


def _unique(names: Iterable[str], what: str) -> tuple[str, ...]:
    names = tuple(names)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{what}: {', '.join(map(repr, repeated))} occurs more than once; give each its own name")
    return names


def covariance_root(covariance: ArrayLike, *, names: Sequence[str] | None = None, what: str = "covariance") -> Array:
    r"""Factor :math:`A` (n, r) with :math:`A A^\mathsf{T}` equal to the covariance, in the form of `canonical_factor`.

    Rows are scaled to unit variance first, since coefficients differ by many orders of magnitude. ``r`` is the rank.

    Raises
    ------
    ValueError
        If the matrix is not square, not symmetric, or has a negative eigenvalue: it is refused, never repaired.
    """
    cov = _frozen(covariance, 2, what)
    n = len(cov)
    if cov.shape != (n, n):
        raise ValueError(f"{what}: expected a square matrix, got shape {cov.shape}")
    variance = np.diag(cov)
    if (variance < 0).any():
        raise ValueError(f"{what}: variance of coefficient {int(np.argmin(variance))} is negative ({variance.min():.3g})")
    scale = np.where(variance > 0, np.sqrt(variance), 1.0)
    correlation = cov / np.outer(scale, scale)
    if np.abs(correlation - correlation.T).max(initial=0.0) > 1e-8:
        raise ValueError(f"{what}: not symmetric; give the full matrix, both triangles")
    eigenvalues, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    if n and eigenvalues[0] < -PSD_TOLERANCE * max(1.0, eigenvalues[-1]):
        raise ValueError(
            f"{what}: not positive semi-definite (smallest eigenvalue of the correlation matrix {eigenvalues[0]:.3g}); "
            "check the off-diagonal entries, a correlation lies between -1 and 1"
        )
    keep = eigenvalues > RANK_TOLERANCE * max(1.0, eigenvalues[-1] if n else 1.0)
    root = canonical_factor(vectors[:, keep] * np.sqrt(eigenvalues[keep]), range(n) if names is None else names)
    return scale[:, None] * root


def canonical_factor(values: Array, names: Sequence[Any]) -> Array:
    r"""Factor (n, rank) with the same :math:`A A^\mathsf{T}`, equal to round-off for every rotation, order and processor.

    LQ decomposition with threshold pivoting, :math:`A = L Q` with Q dropped. Rows are scaled to unit standard deviation and
    sorted by name. The next pivot is the first row whose residual is at least `PIVOT_SHARE` of the largest; its own entry
    in the new column is positive. Columns end where all residuals are below `RESIDUAL_TOLERANCE`. L depends on
    :math:`A A^\mathsf{T}` alone once the pivots are chosen, and neither equal residuals nor signs change that choice.

    Parameters
    ----------
    values
        Factor :math:`A` (n, n_column).
    names
        Names of the rows (n,), by which they are sorted.
    """
    order = sorted(range(len(values)), key=lambda row: names[row])
    scale = np.sqrt((values**2).sum(axis=1))
    rest = (values / np.where(scale > 0, scale, 1.0)[:, None])[order]
    columns: list[Array] = []
    while len(columns) < min(values.shape):
        residual = np.sqrt((rest**2).sum(axis=1))
        if not residual.max(initial=0.0) > RESIDUAL_TOLERANCE:
            break
        pivot = int(np.argmax(residual >= PIVOT_SHARE * residual.max()))
        direction = rest[pivot] / residual[pivot]
        columns.append(rest @ direction)
        rest = rest - columns[-1][:, None] * direction
        rest[pivot] = 0.0
    factor = np.zeros((len(values), len(columns)))
    for k, column in enumerate(columns):
        factor[order, k] = column
    return scale[:, None] * factor


def label_hash(*parts: Any) -> str:
    """Twelve hexadecimal digits that identify plain values (text, numbers, tuples, lists of them)."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


@dataclass(frozen=True, eq=False)
class Factor:
    """One source's share of an error: ``values @ germ``, a labelled column for each germ.

    A label names a realisation (a member of a committee, a resample of a trajectory): columns of the same source and label are
    moved by the same germ in every estimate that has them.
    """

    values: Array
    """Columns (n_coefficient, n_label), in the coefficients' own units."""
    labels: tuple[str, ...]
    family: Family = "normal"
    """Distribution of the germ: standard normal, or uniform on ±√3 (unit variance, one column)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _frozen(self.values, 2, "factor"))
        object.__setattr__(self, "labels", _unique(self.labels, "factor labels"))
        if self.values.shape[1] != len(self.labels):
            raise ValueError(f"factor: {self.values.shape[1]} columns but {len(self.labels)} labels; label each column")
        if self.family not in ("normal", "uniform"):
            raise ValueError(f"factor: family {self.family!r} is unknown; take 'normal' or 'uniform'")
        if self.family == "uniform" and len(self.labels) != 1:
            raise ValueError("factor: a uniform germ has one labelled column; name one source for each bounded input")


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
    """One line on how the numbers were made."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Files with their sha256, settings, versions; plain JSON values."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", _unique(self.names, "estimate"))
        object.__setattr__(self, "mean", _frozen(self.mean, 1, "estimate mean"))
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
        root = covariance_root(covariance, names=names, what=f"covariance of {', '.join(names)}")
        given = [np.asarray(mean, float).tolist(), np.asarray(covariance, float).tolist()] if data is None else data
        stamp = label_hash(tuple(names), source, given)
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
        """The same estimate with only these coefficients, in this order."""
        rows = _rows(self.names, names)
        return self.map(names, self.mean[rows], np.eye(len(self.names))[rows])

    def add_source(self, source: str, factor: Factor) -> Estimate:
        """The same estimate with one more cause of error, independent of those it has."""
        if source in self.factors:
            raise ValueError(f"estimate: it has a source {source!r} already; name the new one differently")
        return replace(self, factors={**self.factors, source: factor})

    def __repr__(self) -> str:
        rows = [f"  {n} = {m:.6g} ± {s:.2g}" for n, m, s in zip(self.names, self.mean, self.std, strict=True)]
        return "\n".join([f"Estimate ({self.method})", *rows, f"  sources: {', '.join(self.factors) or 'none'}"])


def _rows(have: tuple[str, ...], want: Sequence[str]) -> list[int]:
    missing = [name for name in want if name not in have]
    if missing:
        raise ValueError(f"no coefficient {missing[0]!r} (have {', '.join(have)})")
    return [have.index(name) for name in want]


def refuse_unlabelled(source: str, factors: Sequence[Factor]) -> None:
    """Raise ``ValueError`` where estimates name one source but no realisation in common: their correlation would be made up."""
    for i, factor in enumerate(factors):
        others = {label for j, other in enumerate(factors) if j != i for label in other.labels}
        if factor.labels and others and not others & set(factor.labels):
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


def _align(source: str, parts: list[tuple[slice, Factor]], n: int, independent: bool) -> Factor:
    """One factor for all n coefficients from the estimates' own, columns put together by label."""
    family = common_family(source, [factor for _, factor in parts])
    if not independent:
        refuse_unlabelled(source, [factor for _, factor in parts])
    labels = list(dict.fromkeys(label for _, factor in parts for label in factor.labels))
    if family == "uniform" and len(labels) != 1:
        raise ValueError(f"source {source!r}: a uniform germ has one label, found {', '.join(labels)}")
    values = np.zeros((n, len(labels)))
    for rows, factor in parts:
        values[rows, [labels.index(label) for label in factor.labels]] = factor.values
    return Factor(values, tuple(labels), family)


def _canonical(source: str, factor: Factor, names: tuple[str, ...], floor: Array) -> Factor:
    """A source's factor in canonical form, rows (n,) below the floor taken for round-off."""
    values = np.where(np.sqrt((factor.values**2).sum(axis=1)) > floor, factor.values.T, 0.0).T
    if factor.family == "uniform":
        return replace(factor, values=values)
    values = canonical_factor(values, names)
    return Factor(values, tuple(f"{source}:{k}" for k in range(values.shape[1])))


def draw_germs(n: int, sources: Sequence[str], families: Sequence[Family], rng: np.random.Generator) -> Array:
    """Independent germs (n, n_germ) of zero mean and unit variance.

    ``rng`` gives one number that starts all streams; each germ then draws from its own stream, made from that number, the
    name of its source and its place within the source. One source more or less, or one germ more at the end of a source,
    therefore changes no other germ, and two joints drawn with equal generators are compared sample by sample.

    Parameters
    ----------
    sources, families
        Source and distribution of each germ (n_germ,).
    """
    start = int(rng.integers(2**63))
    germ = np.empty((n, len(sources)))
    for k, (source, family) in enumerate(zip(sources, families, strict=True)):
        stream = own_stream(start, source, sum(s == source for s in sources[:k]))
        if family == "uniform":
            germ[:, k] = stream.uniform(-np.sqrt(3), np.sqrt(3), n)
        else:
            germ[:, k] = stream.standard_normal(n)
    return germ


def own_stream(start: int, name: str, place: int = 0) -> np.random.Generator:
    """Generator of random numbers that depends on a start, a name and a place alone."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    words = np.frombuffer(digest, "<u4").tolist()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([start, *words, place])))


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
        self.names = _unique((name for e in self.estimates for name in e.names), "joint")
        self.mean = _frozen(np.concatenate([e.mean for e in self.estimates] or [np.zeros(0)]), 1, "joint mean")
        parts: dict[str, list[tuple[slice, Factor]]] = {}
        start = 0
        for estimate in self.estimates:
            rows = slice(start, start + len(estimate.names))
            start = rows.stop
            for source, factor in estimate.factors.items():
                parts.setdefault(source, []).append((rows, factor))
        aligned = {s: _align(s, parts[s], len(self.names), s in self.independent) for s in sorted(parts)}
        std = np.sqrt(sum(((f.values**2).sum(axis=1) for f in aligned.values()), np.zeros(len(self.names))))
        floor = np.maximum(RESIDUAL_TOLERANCE * std, MEAN_TOLERANCE * np.abs(self.mean))
        aligned = {s: _canonical(s, f, self.names, floor) for s, f in aligned.items()}
        self.factors = MappingProxyType({s: f for s, f in aligned.items() if f.values.any()})

    @property
    def root(self) -> Array:
        """The whole factor (n_coefficient, n_germ), sources side by side."""
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

    def rows(self, names: Sequence[str]) -> list[int]:
        """Positions of these coefficients; ``ValueError`` names one that is not there."""
        return _rows(self.names, names)

    def __repr__(self) -> str:
        return f"Joint of {len(self.names)} coefficients, {self.n_germ} germs from {len(self.sources)} sources"
