r"""Weights that turn draws from one joint into draws from another: the ratio of the two densities.

In the directions in which ``before`` varies, scaled so that it is standard normal there, ``after`` has a mean :math:`\mu` and
principal standard deviations :math:`b_k`, and

.. math::
    \log w = \sum_k \Bigl[\tfrac12 z_k^2 - \frac{(z_k-\mu_k)^2}{2b_k^2}\Bigr] + \text{const}, \qquad
    \frac{\mathrm{E}w^2}{(\mathrm{E}w)^2} = \prod_k \frac{e^{\mu_k^2/(2-b_k^2)}}{b_k\sqrt{2-b_k^2}} .

The last is the number of draws that are worth one plain draw in expectation. From :math:`b_k = \sqrt2` on weights have no
variance, and no number of draws would do. Directions that do not change cost nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Problem

OUTSIDE = 1e-6
"""Move, in standard deviations, out of the directions that vary that still counts as round-off."""
FLATTEST = 1e-6
"""Width of a direction, against its width before, below which it counts as held fixed."""
THINNEST = 1e-10
"""Singular values below this share of the largest (rows scaled to unit standard deviation) are round-off."""
CHANCE = 6.0
"""Standard errors by which draws may depart from the joint they are from; chance does so once in 1e9."""


@dataclass(frozen=True, eq=False)
class Change:
    """What changes, where ``before`` is standard normal."""

    z: Array
    """Draws (n_draw, n_direction)."""
    mu: Array
    """Mean of ``after`` along its principal directions (n_direction,)."""
    widths: Array
    """Standard deviations b of ``after`` along them, before 1 (n_direction,)."""
    principal: Array
    """Those directions (n_direction, n_direction), columns."""
    owners: tuple[str, ...]
    """Coefficient that each principal direction moves most."""

    def weights(self) -> Array:
        """Weights (n_draw,) of sum one."""
        moved = (self.z @ self.principal - self.mu) / self.widths
        log = ((self.z**2).sum(axis=1) - (moved**2).sum(axis=1)) / 2
        weight = np.exp(log - log.max())
        return np.asarray(weight / weight.sum())

    def worth(self) -> float:
        """Number of plain draws that one draw is worth in expectation, 0 where the weights have no variance."""
        room = 2 - self.widths**2
        if (room <= 0).any():
            return 0.0
        return float(np.prod(self.widths * np.sqrt(room) * np.exp(-(self.mu**2) / room)))


@dataclass(frozen=True, eq=False)
class _Frame:
    """The directions in which the coefficients vary, in units of their standard deviations."""

    mean: Array
    scale: Array
    normal: Array
    """Along which ``before`` is standard normal (n_coefficient, n_direction)."""
    uniform: Array
    """Columns of uniform sources (n_coefficient, n_uniform)."""

    def coordinates(self, moves: Array) -> tuple[Array, Array, Array]:
        """Coordinates of moves (n_move, n_coefficient) along the normal and the uniform directions, and what is left over."""
        columns = np.hstack([self.normal, self.uniform])
        found = np.asarray(np.linalg.lstsq(columns, (moves / self.scale).T, rcond=None)[0].T, float)
        n = self.normal.shape[1]
        return found[:, :n], found[:, n:], moves / self.scale - found @ columns.T


def _frame(old: Problem) -> _Frame:
    """The directions of a joint; ``ValueError`` if a uniform source has none of its own."""
    scale = np.where(old.std > 0, old.std, np.where(old.mean != 0, np.abs(old.mean), 1.0))
    normal, uniform = (_columns(old, family) / scale[:, None] for family in ("normal", "uniform"))
    left, singular, _ = np.linalg.svd(normal, full_matrices=False)
    keep = singular > THINNEST * singular.max(initial=0.0)
    frame = _Frame(old.mean, scale, left[:, keep] * singular[keep], uniform)
    columns = np.hstack([frame.normal, uniform])
    if np.linalg.matrix_rank(columns / np.linalg.norm(columns, axis=0), tol=OUTSIDE) < columns.shape[1]:
        raise ValueError(
            "reweight: a uniform source moves what normal ones move too, so that its part in a draw is unknown; solve again "
            "with propagate, or use reweight_expansion"
        )
    return frame


def change_of(old: Problem, new: Problem, names: Sequence[str], samples: Array) -> Change:
    """The change from one joint to another in the directions in which the first varies.

    ``names`` are those of the coefficients; ``samples`` (n_draw, n_coefficient) were drawn from the first.

    Raises
    ------
    ValueError
        If the samples are not from the first joint, or no weights lead from it to the other.
    """
    frame = _frame(old)
    _refuse_changed_uniform(old, new, frame.scale)
    z, _, rest = frame.coordinates(samples - old.mean)
    _refuse_other_draws(z, rest)
    moves = np.vstack([new.mean - old.mean, _columns(new, "normal").T])
    moved, along_uniform, rest = frame.coordinates(moves)
    outside = np.abs(rest).max(axis=0)
    if max(outside.max(), np.abs(along_uniform).max(initial=0.0)) > OUTSIDE:
        what = repr(names[int(outside.argmax())]) if outside.max() > OUTSIDE else "what a uniform source moves"
        raise ValueError(
            f"reweight: after moves {what} in a way that carries no error in before, so that no draw has been there; "
            "solve again with propagate"
        )
    principal, widths, _ = np.linalg.svd(moved[1:].T)
    widths = np.pad(widths, (0, len(principal) - len(widths)))
    owners = tuple(names[k] for k in np.abs(frame.normal @ principal).argmax(axis=0))
    if (widths < FLATTEST).any():
        raise ValueError(
            f"reweight: after holds fixed a combination, mostly of {owners[int(widths.argmin())]!r}, that varies in before, "
            "and no draw has that very value; shrink the source instead (scale_source by 0.1), or use reweight_expansion"
        )
    return Change(z, moved[0] @ principal, widths, principal, owners)


def _columns(problem: Problem, family: str) -> Array:
    """Columns of the factor (n_coefficient, n_germ of this family)."""
    return problem.root[:, [f == family for f in problem.families]]


def _refuse_changed_uniform(old: Problem, new: Problem, scale: Array) -> None:
    uniform = {source for p in (old, new) for source, family in p.family_of.items() if family == "uniform"}
    for source in sorted(uniform):
        parts = [p.factors.get(source) if p.family_of.get(source) == "uniform" else None for p in (old, new)]
        if parts[0] is None or parts[1] is None or np.abs((parts[0] - parts[1]) / scale[:, None]).max() > OUTSIDE:
            raise ValueError(
                f"reweight: the uniform source {source!r} changes, and its draws end at the former bounds; solve again with "
                "propagate, or use reweight_expansion"
            )


def _refuse_other_draws(z: Array, rest: Array) -> None:
    """Raise where draws are not standard normal along the directions of the joint that they are said to be from."""
    n = len(z)
    mean, cov = z.mean(axis=0), z.T @ z / n - np.eye(z.shape[1])
    odd = max(np.abs(mean).max(initial=0.0), np.abs(cov).max(initial=0.0) / np.sqrt(2)) * np.sqrt(n)
    if odd > CHANCE or np.abs(rest).max() > OUTSIDE * max(1.0, np.abs(z).max(initial=0.0)):
        raise ValueError("reweight: the draws are not from before; give the joint that the result was made with")
