r"""Thermodynamic factor of a salt from structure factors at small wave numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from a2c_pybamm.data import Array, StructureFactors, Trajectory, frames_at_once
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators.conduction.kirkwood_buff import jackknife_std
from a2c_pybamm.estimators.conduction.pair_correlations import cell_vectors
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.estimators.statistics.averaging import student_variance
from a2c_pybamm.estimators.statistics.wave_vectors import block_means, density_modes, wave_vectors
from a2c_pybamm.laws.conduction.electrolyte_names import thermodynamic_factor_name


@dataclass(frozen=True)
class LimitCriterion:
    """Wave numbers of the line in k², and what it must resolve."""

    least_wave_numbers: int = 4
    """Wave numbers of a line: with four, its bend is tested with one to spare."""
    bend_level: float = 0.3
    """Probability of a larger bend without one, above which a window is taken as straight: one standard deviation."""
    least_blocks: int = 5
    """Blocks whose scatter gives the error: with four, Student's variance is twice the normal one."""
    resolved: float = 3.0
    """Standard deviations by which 1/TDF must lie above zero."""


CRITERION = LimitCriterion()
"""Criterion of all fits."""


def structure_factors(
    trajectory: Trajectory,
    cell: ArrayLike,
    *,
    ions: Collection[str],
    solvent: str,
    largest: float,
    n_block: int = 10,
) -> StructureFactors:
    r"""Partial structure factors at all wave vectors of a cell up to a wave number, in blocks of the run.

    :math:`\mathbf k = 2\pi\,\mathbf n\,\mathbf h^{-1}` with the cell vectors in the rows of :math:`\mathbf h`; wave vectors of
    one length are averaged. An ion or molecule is taken at one of its atoms (``"P"`` of PF₆⁻).

    Parameters
    ----------
    cell
        Cell vectors in rows [m] (3, 3), or three edges, the same in all frames.
    ions
        Chemical symbols of the atoms that are or stand for ions.
    solvent
        Chemical symbol of the atom that stands for a solvent molecule.
    largest
        Largest wave number [m-1].

    Raises
    ------
    ValueError
        If species are missing, the cell is none, fewer than two wave numbers lie below ``largest``, or there are fewer frames
        than blocks.
    """
    vectors = cell_vectors(cell, "structure factors")
    symbols = np.array(trajectory.species)
    charged, neutral = np.flatnonzero(np.isin(symbols, list(ions))), np.flatnonzero(symbols == solvent)
    if not len(charged) or not len(neutral) or solvent in ions:
        known = ", ".join(sorted(set(trajectory.species)))
        raise ValueError(
            f"structure factors: {len(charged)} ions and {len(neutral)} of the solvent {solvent!r}; species are {known}"
        )
    n_frame = len(trajectory.positions)
    if n_frame < n_block:
        raise ValueError(f"structure factors: {n_frame} frames for {n_block} blocks; give more frames or fewer blocks")
    waves = wave_vectors(vectors, largest, "structure factors")
    ion_ion, ion_solvent = np.empty((n_frame, len(waves.whole))), np.empty((n_frame, len(waves.whole)))
    inverse = np.linalg.inv(vectors)
    step = frames_at_once(max(len(symbols), len(waves.whole)))
    for first in range(0, n_frame, step):
        block = slice(first, first + step)
        of_ions, of_solvent = (
            density_modes(trajectory.positions[block][:, atoms] @ inverse, waves.whole) for atoms in (charged, neutral)
        )
        ion_ion[block] = (of_ions * of_ions.conj()).real / len(charged)
        ion_solvent[block] = (of_ions * of_solvent.conj()).real / len(neutral)
    return StructureFactors(
        wave_number=waves.wave_number,
        waves=waves.counts,
        ion_ion=waves.shell_means(block_means(ion_ion, n_block)),
        ion_solvent=waves.shell_means(block_means(ion_solvent, n_block)),
        ions=len(charged),
        solvents=len(neutral),
        volume=float(abs(np.linalg.det(vectors))),
        temperature=trajectory.temperature,
        provenance={**trajectory.provenance, "ions": sorted(ions), "solvent": solvent},
    )


def fit_structure_factor_limit(
    data: StructureFactors,
    *,
    material: str,
    source: str,
    criterion: LimitCriterion = CRITERION,
) -> Estimate:
    r"""Logarithm of the thermodynamic factor of a salt in one solvent, from structure factors at :math:`k \to 0`.

    .. math::
        \frac1{\mathrm{TDF}} = 1 + \rho_c(G_{cc} - G_{cs}) = \lim_{k\to0} y(k), \qquad
        y = \frac{\langle|\rho_c|^2\rangle}{N_c} - \frac{\langle\mathrm{Re}\,\rho_c\rho_s^*\rangle}{N_s},

    since :math:`\langle\rho_i\rho_j^*\rangle/\sqrt{N_iN_j} \to \delta_{ij} + \sqrt{\rho_i\rho_j}\,G_{ij}` [1]_ and all ions
    count as one species [2]_. At :math:`k \ne 0` fixed numbers of particles leave no trace: of ideal particles :math:`y = 1`.

    A line in :math:`k^2` (y is even in k) through :math:`y`, or through :math:`1/y` as Ornstein and Zernike have it, by least
    squares over wave numbers, weighted by their numbers of wave vectors, in the widest window from the smallest wave number on
    in which a term in :math:`k^4` of either is not significant.

    **Error.** Scatter of the limit between blocks (jackknife, with Student's variance), under ``source``; and, as
    ``"<material> bend of structure factors"``, what a term in :math:`k^4` of its own size or standard deviation, whichever is
    larger, would move the limit.

    Parameters
    ----------
    material
        The electrolyte, as it begins the coefficient's name.
    source
        Name of the sampling error.

    Raises
    ------
    ValueError
        If there are fewer than five blocks or four wave numbers, or the factor is not resolved.

    References
    ----------
    .. [1] A. Ben-Naim, Molecular Theory of Solutions (2006), sec. 4.2; N. W. Ashcroft, D. C. Langreth, Phys. Rev. 156
       (1967) 685.
    .. [2] P. G. Kusalik, G. N. Patey, J. Chem. Phys. 86 (1987) 5110.
    """
    y = data.ion_ion - data.ion_solvent
    n_block, n_k = y.shape
    if n_block < criterion.least_blocks or n_k < criterion.least_wave_numbers:
        raise ValueError(
            f"{material}: structure factors in {n_block} block(s) at {n_k} wave number(s); a limit with its error needs "
            f"{criterion.least_blocks} and {criterion.least_wave_numbers}, take a larger cell or more wave numbers"
        )
    line = _widest_line(data, y, criterion)
    total = float(np.hypot(line.sampling, line.hidden))
    if not (line.value > 0 and total * criterion.resolved < 1):
        raise ValueError(
            f"{material}: 1/TDF is {line.value:.3g} ± {abs(line.value) * total:.2g} at k = 0, not above zero by "
            f"{criterion.resolved:g} standard deviations; the mixture demixes, or a larger cell or a longer run is needed"
        )
    stamp = data_fingerprint(data, material, source, y.shape)
    parts = {source: line.sampling, f"{material} bend of structure factors": line.hidden}
    factors = {name: Factor(np.array([[-error]]), (f"{stamp}:{name}",)) for name, error in parts.items() if error > 0}
    report = {
        "temperature [K]": data.temperature,
        "thermodynamic factor": 1 / line.value,
        "line through": "1/y" if line.reciprocal else "y",
        "wave numbers": line.n,
        "largest wave number [m-1]": float(data.wave_number[line.n - 1]),
        "p-value of a bend": line.probability,
        "blocks": n_block,
    }
    provenance = {**traced_provenance(data), "fit": report}
    method = "line in k² through structure factors of ions and solvent, or their inverse, at k = 0"
    return Estimate((thermodynamic_factor_name(material),), -np.log([line.value]), factors, method, provenance)


@dataclass(frozen=True)
class _Line:
    """Line in k² through the first wave numbers."""

    reciprocal: bool
    """True for one through 1/y."""
    n: int
    """Number of wave numbers."""
    value: float
    """1/TDF at k = 0."""
    sampling: float
    """Standard deviation of that by sampling, over the value."""
    hidden: float
    """The same by a bend that the window may hide."""
    probability: float
    """Probability of a larger bend without one."""


def _widest_line(data: StructureFactors, y: Array, criterion: LimitCriterion) -> _Line:
    """The line in the widest straight window; of two the one of smaller error, of none the straightest in the narrowest."""
    for n in range(y.shape[1], criterion.least_wave_numbers - 1, -1):
        lines = [line for reciprocal in (False, True) if (line := _line(data, y, n, reciprocal)) is not None]
        straight = [line for line in lines if line.probability > criterion.bend_level]
        if straight:
            return min(straight, key=lambda line: np.hypot(line.sampling, line.hidden))
    return max(lines, key=lambda line: line.probability)


def _line(data: StructureFactors, y: Array, n: int, reciprocal: bool) -> _Line | None:
    """The line through the first n wave numbers; None through 1/y where that is not positive."""
    square = (data.wave_number[:n] / data.wave_number[n - 1]) ** 2
    root = np.sqrt(data.waves[:n])
    design = np.column_stack([np.ones(n), square])
    limit = np.linalg.pinv(design * root[:, None])[0] * root
    bend = np.linalg.pinv(np.column_stack([design, square**2]) * root[:, None])[-1] * root
    n_block, mean = len(y), y[:, :n].mean(axis=0)
    left_out = (n_block * mean - y[:, :n]) / (n_block - 1)
    if reciprocal:
        if not (left_out > 0).all():
            return None
        mean, left_out = 1 / mean, 1 / left_out
    value, bent = float(mean @ limit), float(mean @ bend)
    std, bent_std = jackknife_std(left_out @ np.column_stack([limit, bend])).tolist()
    statistic = abs(bent) / bent_std if bent_std > 0 else 0.0
    return _Line(
        reciprocal=reciprocal,
        n=n,
        value=1 / value if reciprocal and value else value,
        sampling=float(np.sqrt(student_variance(n_block - 1))) * std / abs(value) if value else np.inf,
        hidden=abs(float(limit @ square**2)) * max(abs(bent), bent_std) / abs(value) if value else np.inf,
        probability=float(2 * stdtr(n_block - 1, -statistic)),
    )
