"""Least squares of nested polynomials in the strain: constants, their noise, and the error of the strains' finite size."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, fdtri

from a2c_pybamm.data import N_VOIGT, Array
from a2c_pybamm.estimators.mechanics.crystal_symmetry import MANDEL, PAIRS, ElasticForm, invariant_tensors
from a2c_pybamm.estimators.mechanics.strain_polynomials import (
    WorkConjugates,
    nonlinear_block,
    stiffness_block,
    stress_block,
)
from a2c_pybamm.estimators.statistics.averaging import LEAST_DEGREES_OF_FREEDOM, Average, average_nested, student_variance

VOIGT_WORDS = ("xx", "yy", "zz", "yz", "xz", "xy")
"""Names of the six components."""


@dataclass(frozen=True)
class StrainCriterion:
    """Settings of the fit of strained cells.

    Raises
    ------
    ValueError
        If a limit does not lie between 0 and 1, or the order is below one.
    """

    highest_order: int = 3
    """Highest order of the stress in the strain that is tried."""
    least_singular_value: float = 1e-3
    """Smallest singular value of the design, columns of unit length, from which constants are determined; six single strains
    of one size have 0.3 or more."""
    collinear: float = 0.02
    """Singular value of a non-linear term, lower terms taken off, over its largest one, from which on it is one of the fit.
    Sizes of strain whose ratio is 2 leave 0.3; the square of a shear of 1 %, which is a normal strain, 0.003."""
    least_free: float = 0.01
    """Eigenvalue of one less the leverage of a strain below which the others do not determine what it would be."""
    least_share: float = 0.05
    """Share of a constant in a combination that is not determined, or in a non-linear term that passes for it, from which on it
    is named."""
    misfit_ratio: float = 4.0
    """Variance by the residuals of strains left out, over that by noise, from which on they are no noise: of noise it is
    0.8 to 3.1 for six single strains of four sizes, of a smooth misfit five and more."""

    matched_level: float = 0.95
    """Level at which the joint region of all constants holds the truth as often as it says, where the noise is estimated."""

    def __post_init__(self) -> None:
        if self.highest_order < 1 or not all(
            0 < limit < 1 for limit in (self.least_singular_value, self.collinear, self.least_free, self.matched_level)
        ):
            raise ValueError(f"{self}: limits lie between 0 and 1, the order is 1 or more; correct them")


@dataclass(frozen=True, eq=False)
class StrainFit:
    """Stress without strain and constants from strained cells."""

    stress: Array
    """Stress without strain in Mandel's components [Pa] (6,)."""
    constants: Array
    """Second derivatives of the energy (n_constant,) [Pa]."""
    noise: Array
    """Columns of the error by noise [Pa] (6 + n_constant, n_column): first of the stress, then of the constants."""
    strain_range: Array
    """Columns of the error by the strains' finite size [Pa] (6 + n_constant, n_column)."""
    report: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Design:
    """Scaled columns: stress without strain, constants, terms of the second order, of the third …"""

    columns: Array
    sizes: tuple[int, ...]
    """Columns of the fit of each order, 1, 2, …"""
    first: int
    """Columns before the constants."""
    strain_scale: float
    hidden: tuple[str, ...] = ()
    """Constants that terms of the next order could pass for."""


def fit_strains(
    data: WorkConjugates,
    form: ElasticForm,
    *,
    label: str,
    noise_std: float | None,
    order: int | None,
    declared_range: float | None,
    criterion: StrainCriterion,
) -> StrainFit:
    r"""Constants by least squares with all orders that the strains determine, averaged, or of one order.

    The error of the strain range has three parts: the spread between the orders, or of a given order its distance from the
    widest; the first two terms beyond the widest order, each :math:`a^2` times the one two orders below, with a the ratio of
    neighbouring terms at each strain, a geometric series; and where residuals are no noise, those of each strain left out of
    the fit.
    """
    design = _design(data, form, label, criterion)
    if noise_std is None:
        design = _with_degrees_of_freedom(design, data, label)
    orders = list(range(1, len(design.sizes) + 1))
    _validate_orders(orders, order, declared_range, label, design.hidden)
    scale = float(np.abs(data.values - data.values.mean(axis=0)).max()) or 1.0
    values = (data.values - (data.values[0] if data.of_energies else 0.0)).ravel() / scale
    shape = _noise_shape(data) * (1.0 if noise_std is None else noise_std / scale)
    average = average_nested(design.columns, values, shape, design.sizes, known=noise_std is not None)
    noise = shape * average.scatter
    widest = average_nested(design.columns, values, noise, design.sizes[-1:], known=True)
    chosen, between = average, average.between_model_factor
    if order is not None:
        chosen = average_nested(design.columns, values, noise, design.sizes[order - 1 : order], known=True)
        between = (chosen.mean - widest.mean)[:, None]
    misfit, ratio = _left_out_strains(data, design, chosen, widest, values, noise, criterion)
    physical = _unscaled(form, design, data.of_energies, scale)
    n = len(form.symbols)
    strain_range = physical @ np.column_stack([between, _left_out_orders(data, design, chosen, widest), misfit])
    if declared_range is not None:
        strain_range = declared_range * np.vstack([np.zeros((N_VOIGT, n)), np.eye(n)])
    widening = 1.0 if noise_std is not None else _joint_widening(n, average.degrees_of_freedom, criterion.matched_level)
    report = {
        "orders": orders if order is None else [order],
        "weights of the orders": [float(w) for w in chosen.weights],
        "noise [Pa]": float(noise[0] * scale),
        "degrees of freedom": average.degrees_of_freedom,
        "strains left out over noise, variance": ratio,
        "largest strain": float(np.abs(data.strains).max()),
    }
    fitted = physical @ chosen.mean
    columns = widening * physical @ (chosen.combination * noise)
    return StrainFit(fitted[:N_VOIGT], fitted[N_VOIGT:], columns, strain_range, report)


def _joint_widening(n_constant: int, degrees_of_freedom: int, level: float) -> float:
    """Factor on the noise by which the joint region of all constants is that of Fisher's F at a level.

    The noise has the factor of Student's variance, which is enough for one constant.
    """
    region = n_constant * fdtri(n_constant, degrees_of_freedom, level) / chdtri(n_constant, 1 - level)
    return float(np.sqrt(max(region / student_variance(degrees_of_freedom), 1.0)))


def _noise_shape(data: WorkConjugates) -> Array:
    """Relative noise of each value: the components of a stress have the same, in Voigt's, not Mandel's, sense."""
    return np.ones(data.values.shape) if data.of_energies else np.tile(MANDEL, len(data.values))


def _with_degrees_of_freedom(design: _Design, data: WorkConjugates, label: str) -> _Design:
    """The orders that leave enough for the noise to come from the residuals."""
    sizes = tuple(size for size in design.sizes if data.values.size - size >= LEAST_DEGREES_OF_FREEDOM)
    if not sizes:
        raise ValueError(
            f"{label}: {data.values.size} numbers for {design.sizes[0]} coefficients leave none for the noise; "
            "add strains, or give noise_std="
        )
    return replace(design, columns=design.columns[:, : sizes[-1]], sizes=sizes)


def _validate_orders(
    orders: list[int], order: int | None, declared_range: float | None, label: str, hidden: tuple[str, ...]
) -> None:
    if order is not None and order not in orders:
        raise ValueError(f"{label}: order {order} is not determined by these strains ({orders} are); add sizes of strain")
    if len(orders) == 1 and declared_range is None:
        raise ValueError(
            f"{label}: strains of one size and sign do not show how non-linear {', '.join(hidden) or 'the stress'} is; add "
            "strains of the other sign, or give strain_range_std= [Pa]"
        )


def _design(data: WorkConjugates, form: ElasticForm, label: str, criterion: StrainCriterion) -> _Design:
    """Columns of all orders that leave the constants determined; ``ValueError`` names constants that no order determines."""
    size = float(np.abs(data.strains).max())
    if not size > 0:
        raise ValueError(f"{label}: all strains are zero; give stresses of strained cells")
    strains, energies = data.strains / size, data.of_energies
    base = stress_block(strains, form.rotations, of_energies=energies)
    constants = stiffness_block(strains, form, of_energies=energies)
    _validate_determined(strains, base, constants, form, label, energies, criterion)
    columns = np.column_stack([base, constants])
    first, sizes = base.shape[1], [columns.shape[1]]
    for order in range(2, criterion.highest_order + 1):
        block = nonlinear_block(strains, form.rotations, order, of_energies=energies)
        new, confounded = _separable(columns, block, slice(first, sizes[0]), criterion)
        if confounded.any() or columns.shape[1] + new.shape[1] > len(columns):
            hidden = tuple(symbol for symbol, mixed in zip(form.symbols, confounded, strict=True) if mixed)
            return _Design(columns, tuple(sizes), first, size, hidden)
        columns = np.column_stack([columns, new])
        sizes.append(columns.shape[1])
    return _Design(columns, tuple(sizes), first, size)


def _separable(columns: Array, block: Array, constants: slice, criterion: StrainCriterion) -> tuple[Array, NDArray[np.bool_]]:
    """Combinations of a block's columns that are independent of lower ones, and the constants that others could pass for."""
    q, r = np.linalg.qr(columns)
    rest = block - q @ (q.T @ block)
    _, size, right = np.linalg.svd(rest)
    rank = int(np.sum(size > criterion.collinear * np.linalg.norm(block, ord=2)))
    hidden = block @ right[rank:].T
    share = np.linalg.solve(r, q.T @ hidden)[constants]
    confounded = (np.abs(share) > criterion.least_share * np.abs(block).max()).any(axis=1)
    return block @ right[:rank].T, confounded


def _validate_determined(
    strains: Array, base: Array, constants: Array, form: ElasticForm, label: str, energies: bool, criterion: StrainCriterion
) -> None:
    """Raise ``ValueError`` where the strains do not determine a constant, with strains that would."""
    weak = _weak_constants(base, constants, criterion)
    if not weak.any():
        return
    named = ", ".join(symbol for symbol, is_weak in zip(form.symbols, weak, strict=True) if is_weak)
    remedies: list[str] = []
    for a, b in [pair for pair in PAIRS if energies or pair[0] == pair[1]]:
        more = np.vstack([strains, np.zeros(N_VOIGT), *(sign * (np.eye(N_VOIGT)[a] + np.eye(N_VOIGT)[b]) for sign in (1, -1))])
        blocks = (
            stress_block(more, form.rotations, of_energies=energies),
            stiffness_block(more, form, of_energies=energies),
        )
        now = _weak_constants(*blocks, criterion)
        if now.sum() < weak.sum():
            weak, strains = now, more
            remedies.append(VOIGT_WORDS[a] if a == b else f"{VOIGT_WORDS[a]} with {VOIGT_WORDS[b]}")
        if not weak.any():
            break
    also = ", and the energy without strain" if energies else ""
    raise ValueError(
        f"{label}: the strains do not determine {named}; add strains of {', '.join(remedies)}, of both signs{also}"
    )


def _weak_constants(base: Array, constants: Array, criterion: StrainCriterion) -> Array:
    """True for each constant that takes part in a combination which the strains hardly move (n_constant,)."""
    q, _ = np.linalg.qr(base)
    free = constants - q @ (q.T @ constants)
    length = np.linalg.norm(constants, axis=0).max() or 1.0
    _, size, right = np.linalg.svd(free / length, full_matrices=True)
    size = np.append(size, np.zeros(len(right) - len(size)))
    small = right[size < criterion.least_singular_value]
    return np.asarray((np.abs(small) > criterion.least_share).any(axis=0))


def _left_out_orders(data: WorkConjugates, design: _Design, chosen: Average, widest: Average) -> Array:
    """Shift of all coefficients by the first two terms beyond the widest order (n_coefficient, 2).

    Two orders further a term is smaller by :math:`a^2`: the cubic term over the linear one, or the square of the quadratic over
    the linear one where no cubic term is known; at most 1.
    """
    edges = [design.first, *design.sizes]
    terms = [design.columns[:, low:high] @ widest.mean[low:high] for low, high in pairwise(edges)]
    linear, *others = (np.linalg.norm(term.reshape(len(data.strains), -1), axis=1) for term in terms)
    if not others:
        return np.zeros((len(chosen.mean), 0))
    quadratic, *cubic = others
    size = np.where(linear > 0, linear, np.inf)
    step = np.minimum(cubic[0] / size if cubic else (quadratic / size) ** 2, 1.0)
    # an even term keeps its sign where the strain changes its own, and so does the one two orders further
    return np.array([chosen.combination @ (np.repeat(step, len(term) // len(step)) * term) for term in terms[-2:]]).T


def _left_out_strains(
    data: WorkConjugates,
    design: _Design,
    chosen: Average,
    widest: Average,
    values: Array,
    noise: Array,
    criterion: StrainCriterion,
) -> tuple[Array, float]:
    r"""Columns by which the residuals of strains left out move the coefficients, and their variance over that of the noise.

    The residual of a strain that is left out of the fit of the widest order is :math:`(1 - H_{ii})^{-1} r_i`. Of noise the
    columns give the same variance as the residuals' scatter; where they give more, residuals are what no order follows.
    """
    n_row = len(data.strains)
    hat = design.columns @ widest.combination
    residual = (values - hat @ values).reshape(n_row, -1)
    n = residual.shape[1]
    shares = hat.reshape(n_row, n, n_row, n)[range(n_row), :, range(n_row)]
    left_out = np.array(
        [np.linalg.pinv(np.eye(n) - h, rcond=criterion.least_free) @ r for h, r in zip(shares, residual, strict=True)]
    )
    rows = slice(design.first, design.sizes[0])
    of_widest, columns = (np.einsum("cin,in->ci", fit.combination.reshape(-1, n_row, n), left_out) for fit in (widest, chosen))
    white = (widest.combination * noise)[rows]
    excess = np.linalg.solve(white @ white.T, of_widest[rows] @ of_widest[rows].T)
    ratio = float(np.trace(excess) / len(excess))
    return columns if ratio > criterion.misfit_ratio else columns[:, :0], ratio


def _unscaled(form: ElasticForm, design: _Design, of_energies: bool, scale: float) -> Array:
    """Matrix from scaled coefficients to the stress in Mandel's components and the constants [Pa]."""
    stress = invariant_tensors(form.rotations, 1)
    n = len(form.symbols)
    matrix = np.zeros((N_VOIGT + n, design.columns.shape[1]))
    first = design.first - len(stress)
    power = design.strain_scale if of_energies else 1.0
    matrix[:N_VOIGT, first : design.first] = stress.T * scale / power
    matrix[N_VOIGT:, design.first : design.first + n] = np.eye(n) * scale / (design.strain_scale * power)
    return matrix
