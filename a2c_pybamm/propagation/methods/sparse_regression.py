r"""Sparse least squares: of many polynomial terms keep those that the solves speak for.

Terms enter one at a time, by least angle regression [1]_ or by orthogonal matching pursuit [2]_; on each nested set the
coefficients are those of ordinary least squares, and the set with the least corrected leave-one-out error is kept (the hybrid
of [3]_, sec. 3). So there may be fewer solves than terms.

===================================  =============================  ==========================================
symbol                               code                           meaning
===================================  =============================  ==========================================
:math:`c_j`                          ``correlation``                of term j with the residual along the path
:math:`o_j`                          ``orthogonal``                 the same, residual of least squares
:math:`C`                            ``level``                      absolute correlation of all entered terms
:math:`\gamma`                       ``step``                       share of the way to least squares
:math:`h_i`                          ``leverage``                   of solve i
:math:`\operatorname{tr}`            ``trace``                      :math:`\operatorname{tr}(\Psi^T\Psi)^{-1}`
===================================  =============================  ==========================================

.. [1] B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, Ann. Stat. 32 (2004) 407.
.. [2] Y. C. Pati, R. Rezaiifar, P. S. Krishnaprasad, Proc. 27th Asilomar Conf. (1993) 40.
.. [3] G. Blatman, B. Sudret, J. Comput. Phys. 230 (2011) 2345.
.. [4] O. Chapelle, V. Vapnik, Y. Bengio, Mach. Learn. 48 (2002) 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.model import Array

SparsePath = Literal["lars", "omp"]

LARGEST_SHARE = 0.8
"""Kept terms for each solve at most: the 1.25 solves for each term that a full fit needs too."""
PATIENCE = 10
"""Terms that may enter without a new least leave-one-out error before the path ends, or a tenth of the longest path if more."""
EXACT = 1e-13
"""A residual below this share of the values is round-off: nothing is left to explain."""
COLLINEAR = 1e-10
"""A term of which less than this share of its square is outside the span of those entered says nothing that they do not."""


@dataclass(frozen=True, eq=False)
class SparseFit:
    """Coefficients of which most are zero."""

    coefficients: Array
    """(n_term, n_output)."""
    n_active: NDArray[np.int64]
    """Terms kept, the constant counted (n_output,)."""
    leave_one_out: Array
    """Corrected leave-one-out error over the variance of the values (n_output,); 0 for an output that does not vary."""


def sparse_fit(terms: Array, values: Array, *, path: SparsePath) -> SparseFit:
    r"""Coefficients of the terms (n_solve, n_term) that explain the values (n_solve, n_output), one output at a time.

    Column 0 of ``terms`` is the constant, which is always kept. Of the nested sets on the path the one with the least

    .. math:: \epsilon = T\,\frac{\sum_i [r_i/(1-h_i)]^2}{\sum_i (y_i-\bar y)^2}, \qquad
        T = \frac{n}{n-P}\left[1+\operatorname{tr}(\Psi^T\Psi)^{-1}\right]

    is taken, residuals r, leverages h, and the P kept terms as columns of Ψ ([4]_; [3]_, sec. 3). The path ends at 0.8 n
    terms, at an exact fit, or when ten terms in a row (a tenth of the longest path if that is more) brought no lesser error.

    Raises
    ------
    ValueError
        If column 0 is not constant, or a number is not finite.
    """
    if path not in get_args(SparsePath):
        raise ValueError(f"sparse_fit: path is {path!r}; take one of {', '.join(get_args(SparsePath))}")
    if not (np.isfinite(terms).all() and np.isfinite(values).all()):
        raise ValueError("sparse_fit: a term or value is not finite; leave failed solves out")
    if len(terms) == 0 or np.ptp(terms[:, 0]) != 0 or terms[0, 0] == 0:
        raise ValueError("sparse_fit: column 0 of terms must be the constant")
    columns = _Columns.of(terms[:, 1:])
    followed = [_follow(columns, y, path) for y in values.T]
    coefficients = np.array([f.coefficients(f.size) for f in followed]).reshape(-1, terms.shape[1]).T
    coefficients[0] /= terms[0, 0]
    n_active = np.array([1 + f.size for f in followed], dtype=np.int64)
    return SparseFit(coefficients, n_active, np.array([min(f.errors) for f in followed]))


@dataclass(frozen=True, eq=False)
class _Columns:
    """Terms without the constant, centred and of unit length; those that are constant on the design have length 0."""

    unit: Array
    mean: Array
    length: Array

    @staticmethod
    def of(terms: Array) -> _Columns:
        mean = terms.mean(axis=0)
        unit = terms - mean
        length = np.sqrt((unit**2).sum(axis=0))
        length[length <= EXACT * np.sqrt(len(terms)) * np.abs(mean)] = 0.0
        unit *= np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
        return _Columns(unit, mean, length)


class _Entered:
    """Terms entered so far, orthonormalised one after the other; the only thing here that changes in place."""

    def __init__(self, columns: _Columns, longest: int) -> None:
        n, n_column = columns.unit.shape
        self.columns = columns
        self.order: list[int] = []
        self.rows = np.empty((longest, n))
        self.overlap = np.empty((longest, n_column))
        """Products of each row with all columns."""
        self.inverse = np.zeros((longest, longest))
        """Inverse of the triangular factor of the terms as given; a leading block serves each nested set."""
        self.trace = 1 / n
        self.leverage = np.full(n, 1 / n)
        self.outside = (columns.length > 0).astype(float)
        """Squared length of each column outside the span of those entered."""
        self.barred = np.where(columns.length > 0, 0.0, -np.inf)

    def enter(self, j: int) -> None:
        """Take in column j; all that depends on the set follows without a new fit."""
        m = len(self.order)
        rows, unit = self.rows[:m], self.columns.unit
        onto = self.overlap[:m, j].copy()
        row = unit[:, j] - onto @ rows
        again = rows @ row  # a second pass keeps rows orthonormal to round-off
        onto += again
        row -= again @ rows
        height = float(np.sqrt(row @ row))
        self.rows[m] = row / height
        self.overlap[m] = self.rows[m] @ unit
        self.outside -= self.overlap[m] ** 2
        self.barred[self.outside < COLLINEAR] = -np.inf
        self.barred[j] = -np.inf
        self.order.append(j)
        self.leverage += self.rows[m] ** 2
        column = self.inverse[: m + 1, m]
        column[:m] = self.inverse[:m, :m] @ onto / -height
        column[m] = 1 / (height * self.columns.length[j])
        self.trace += float(column @ column + (column @ self.columns.mean[self.order]) ** 2)


@dataclass(frozen=True, eq=False)
class _Followed:
    """The path of one output."""

    offset: float
    entered: _Entered
    loadings: list[float]
    """Values projected on each orthonormalised term."""
    errors: list[float]
    """Of the constant alone, then after each entry."""

    @property
    def size(self) -> int:
        """Entries up to the least error."""
        return self.errors.index(min(self.errors))

    def coefficients(self, size: int) -> Array:
        """Least squares coefficients (n_term,) of the set after ``size`` entries, the constant first."""
        columns = self.entered.columns
        order = np.array(self.entered.order[:size], dtype=np.int64)
        active = self.entered.inverse[:size, :size] @ np.array(self.loadings[:size])
        coefficients = np.zeros(1 + len(columns.mean))
        coefficients[1 + order] = active
        coefficients[0] = self.offset - columns.mean[order] @ active
        return coefficients


def _follow(columns: _Columns, values: Array, path: SparsePath) -> _Followed:
    """The path of one output (n_solve,)."""
    n, n_column = columns.unit.shape
    longest = max(0, min(n_column, int(LARGEST_SHARE * n) - 1))
    offset = float(values.mean())
    residual = values - offset
    total = float(residual @ residual)
    round_off = EXACT**2 * (total + n * offset**2)
    entered = _Entered(columns, longest)
    if total <= round_off:
        return _Followed(offset, entered, [], [0.0])
    loadings: list[float] = []
    errors = [_leave_one_out(residual, entered) / total]
    orthogonal = residual @ columns.unit
    correlation = orthogonal.copy()
    while len(loadings) < longest and float(residual @ residual) > round_off:
        if path == "omp" or not loadings:
            j = int(np.argmax(np.abs(orthogonal) + entered.barred))
        else:
            j, step = _least_angle(correlation, orthogonal, entered)
            correlation += step * (orthogonal - correlation)
        if entered.barred[j] or len(loadings) - errors.index(min(errors)) > max(PATIENCE, longest // 10):
            break
        entered.enter(j)
        loadings.append(float(entered.rows[len(loadings)] @ residual))
        residual -= loadings[-1] * entered.rows[len(loadings) - 1]
        orthogonal -= loadings[-1] * entered.overlap[len(loadings) - 1]
        errors.append(_leave_one_out(residual, entered) / total)
    return _Followed(offset, entered, loadings, errors)


def _least_angle(correlation: Array, orthogonal: Array, entered: _Entered) -> tuple[int, float]:
    r"""The term that next has the correlation of those entered, and the share of the way to least squares until then.

    Correlations go from :math:`c_j` to :math:`o_j` and those of entered terms from :math:`\pm C` to 0, all linearly, so
    that they meet at :math:`1/\gamma = 1 + \max[o_j/(C-c_j), -o_j/(C+c_j)]`.
    """
    level = abs(float(correlation[entered.order[0]]))
    least = 1e-14 * level
    above = orthogonal / np.maximum(level - correlation, least)
    below = -orthogonal / np.maximum(level + correlation, least)
    inverse = np.maximum(above, below)
    j = int(np.argmax(inverse + entered.barred))
    return j, 1 / (1 + max(float(inverse[j]), 0.0))


def _leave_one_out(residual: Array, entered: _Entered) -> float:
    """Corrected sum of squares of each solve's residual from the fit to all others."""
    n = len(residual)
    left_out = residual / np.maximum(1 - entered.leverage, np.finfo(float).tiny)
    return float(left_out @ left_out) * n / (n - 1 - len(entered.order)) * (1 + entered.trace)
