r"""Thermodynamic factor of a salt from Kirkwood–Buff integrals of a run with fixed numbers of particles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.data import Array, PairCorrelations
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.estimators.statistics.averaging import student_variance
from a2c_pybamm.laws.conduction.electrolyte_names import thermodynamic_factor_name


@dataclass(frozen=True)
class KirkwoodBuffCriterion:
    """Upper limits of the integrals, and what they must resolve."""

    weight: tuple[float, ...] = (1.0, 0.0, 0.0, -23 / 8, 3 / 4, 9 / 8)
    """Coefficients of the weight in powers of x = r/L (Krüger and Vlugt 2018): their error falls as 1/L³."""
    least_limit: float = 0.7
    """Smallest upper limit over the largest, between which the integral must not change."""
    n_limit: int = 7
    """Upper limits that are compared."""
    least_blocks: int = 5
    """Blocks whose scatter gives the error: with four, Student's variance is twice the normal one."""
    resolved: float = 3.0
    """Standard deviations by which 1 + ρ_c(G_cc - G_cs) must lie above zero."""
    largest_imbalance: float = 0.5
    """Charge around an ion beyond its own size, over its charge, above which the integrals are refused."""


UNIT_BALL = 4 * np.pi / 3
"""Volume of a ball of radius one."""
CRITERION = KirkwoodBuffCriterion()
"""Limits of all integrals."""


def kirkwood_buff_integrals(
    pairs: PairCorrelations, limit: float | None = None, *, criterion: KirkwoodBuffCriterion = CRITERION
) -> Array:
    r"""Kirkwood–Buff integrals of an infinite system [m3] (n_species, n_species), from the mean over blocks.

    .. math::
        G_{ij} = \int_0^{L} 4\pi r^2\,(g_{ij} - 1)\,\Bigl(1 - \tfrac{23}{8}x^3 + \tfrac34 x^4 + \tfrac98 x^5\Bigr)\,dr,
        \qquad x = r/L

    [1]_, after the tail of each :math:`g_{ij}` is corrected for the fixed numbers of particles [2]_,

    .. math:: g_{ij} \to g_{ij}\,\frac{N_j(1 - v)}{N_j(1 - v) - \Delta N_{ij}(r) - \delta_{ij}}, \qquad v = \frac{4\pi r^3}{3V}

    with :math:`\Delta N_{ij}` the excess of particles j around i: what is more near i is missing elsewhere. Of ideal particles,
    :math:`g_{ii} = 1 - 1/N_i`, it makes 1 exactly.

    Parameters
    ----------
    limit
        Upper limit L [m]; the outer edge of the last shell unless given.

    References
    ----------
    .. [1] P. Krüger, T. J. H. Vlugt, Phys. Rev. E 97 (2018) 051301.
    .. [2] P. Ganguly, N. F. A. van der Vegt, J. Chem. Theory Comput. 9 (2013) 1347.
    """
    return _integrals(pairs, pairs.g.mean(axis=0), limit, criterion)


def _integrals(pairs: PairCorrelations, g: Array, limit: float | None, criterion: KirkwoodBuffCriterion) -> Array:
    """Integrals (n_species, n_species) of distribution functions (n_species, n_species, n_shell)."""
    edges = _edges(pairs.distance)
    ball = UNIT_BALL * edges * edges * edges
    shell = np.diff(ball)
    top = edges[-1] if limit is None else limit
    inside = edges[1:] <= top * (1 + np.finfo(float).eps * len(edges))
    if not inside.any():
        raise ValueError(f"pair correlations: no shell ends below the limit {top:g} m; give a larger one")
    excess = np.cumsum(shell * (g - 1), axis=2) - shell * (g - 1) / 2  # to the middle of each shell
    count = np.array(pairs.counts, float)[None, :, None]
    free = count * (1 - (ball[:-1] + shell / 2) / pairs.volume)
    missing = count * excess / pairs.volume + np.eye(len(pairs.counts))[:, :, None]
    if not ((free > 0) & (free > missing)).all():
        raise ValueError("pair correlations: shells reach beyond the cell's volume; leave out those beyond half of its width")
    corrected = g * free / (free - missing)
    x = pairs.distance / top
    weight = sum(a * x**k for k, a in enumerate(criterion.weight))
    return np.asarray(((corrected - 1) * shell * weight)[:, :, inside].sum(axis=2))


def _edges(distance: Array) -> Array:
    """Edges of shells whose middles are given (n_shell + 1,), the first not below zero."""
    between = (distance[1:] + distance[:-1]) / 2
    first = max(2 * distance[0] - between[0], 0.0)
    return np.concatenate([[first], between, [2 * distance[-1] - between[-1]]])


def fit_kirkwood_buff_factor(
    pairs: PairCorrelations,
    *,
    material: str,
    source: str,
    criterion: KirkwoodBuffCriterion = CRITERION,
) -> Estimate:
    r"""Logarithm of the thermodynamic factor of a salt in one solvent, from Kirkwood–Buff integrals.

    All ions count as one species c, since their numbers cannot be changed one by one [1]_:

    .. math::
        \mathrm{TDF} = \frac{1}{1 + \rho_c(G_{cc} - G_{cs})}, \qquad \rho_c = \nu c, \quad
        G_{cc} = \sum_{ij} x_i x_j G_{ij}, \quad G_{cs} = \sum_i x_i G_{is}

    with :math:`x_i` the share of ion i of all ions. The integrals are those of `kirkwood_buff_integrals`.

    **Error.** Sampling: scatter of the blocks (jackknife, with Student's variance), under ``source``. The spread of the factor
    over upper limits L from 0.7 of the largest on is the source ``"<material> Kirkwood-Buff cut-off"``. Around an ion all
    others carry its charge with the opposite sign, :math:`\sum_j z_j\rho_j G_{ij} = -z_i` (for 1:1,
    :math:`\rho_+(G_{++} - G_{+-}) = -1`); what is missing beyond its sampling error is the source
    ``"<material> electroneutrality"``, and refused above half of the charge. Species without charges are not checked.

    Parameters
    ----------
    pairs
        Two ions or more, and one solvent: the only species without charge where there are charges, else the last.
    material
        The electrolyte, as it begins the coefficient's name.
    source
        Name of the sampling error.

    Raises
    ------
    ValueError
        If there is not one solvent, there are fewer than five blocks, the charges around ions do not balance, or the factor is
        not resolved.

    References
    ----------
    .. [1] P. G. Kusalik, G. N. Patey, J. Chem. Phys. 86 (1987) 5110.
    """
    n_block = len(pairs.g)
    if n_block < criterion.least_blocks:
        raise ValueError(
            f"{material}: pair correlations in {n_block} block(s), an error needs {criterion.least_blocks}; give more"
        )
    ions, solvent = _roles(material, pairs)
    mean = pairs.g.mean(axis=0)
    left_out = [(n_block * mean - g) / (n_block - 1) for g in pairs.g]

    def inverse_factor(g: Array, limit: float | None = None) -> float:
        return _inverse_factor(pairs, _integrals(pairs, g, limit, criterion), ions, solvent)

    def imbalance(g: Array) -> Array:
        return _imbalance(pairs, _integrals(pairs, g, None, criterion), ions)

    value = inverse_factor(mean)
    student = np.sqrt(student_variance(n_block - 1))
    sampling = float(student * jackknife_std(np.array([[inverse_factor(g)] for g in left_out]))[0])
    top = _edges(pairs.distance)[-1]
    limits = top * np.linspace(criterion.least_limit, 1, criterion.n_limit)
    cut_off = float(np.sqrt(np.mean([(inverse_factor(mean, limit) - value) ** 2 for limit in limits])))
    charged = any(pairs.charges)
    unbalanced = imbalance(mean) if charged else np.zeros(len(ions))
    unbalanced_std = student * jackknife_std(np.array([imbalance(g) for g in left_out])) if charged else unbalanced
    beyond = np.sqrt(np.maximum(unbalanced**2 - unbalanced_std**2, 0.0))
    if (beyond > criterion.largest_imbalance).any():
        k = int(np.argmax(beyond))
        raise ValueError(
            f"{material}: around {pairs.species[ions[k]]} the others carry {1 - unbalanced[k]:.2f} ± {unbalanced_std[k]:.2g} "
            "of the charge that balances its own; check counts and normalisation of g, or take a larger cell and a longer run"
        )
    shares = _shares(pairs, ions)
    errors = {
        source: sampling,
        f"{material} Kirkwood-Buff cut-off": cut_off,
        f"{material} electroneutrality": float(shares @ beyond),
    }
    total = float(np.sqrt(sum(error * error for error in errors.values())))
    if not value > criterion.resolved * total:
        raise ValueError(
            f"{material}: 1 + ρ(G_cc - G_cs) is {value:.3g} ± {total:.2g}, not above zero by {criterion.resolved:g} standard "
            "deviations; the mixture demixes, or the run is too short"
        )
    stamp = data_fingerprint(pairs, material, source, pairs.g.shape)
    factors = {name: Factor(np.array([[-error / value]]), (f"{stamp}:{name}",)) for name, error in errors.items() if error > 0}
    report = {
        "temperature [K]": pairs.temperature,
        "thermodynamic factor": 1 / value,
        "upper limit [m]": float(top),
        "integrals [m3]": _integrals(pairs, mean, None, criterion).tolist(),
        "imbalance of charge": unbalanced.tolist() if charged else None,
        "imbalance std": unbalanced_std.tolist() if charged else None,
        "blocks": n_block,
    }
    provenance = {**traced_provenance(pairs), "fit": report}
    method = "Kirkwood-Buff integrals with the weight of Krüger and Vlugt, tails corrected for fixed numbers"
    return Estimate((thermodynamic_factor_name(material),), -np.log([value]), factors, method, provenance)


def _roles(material: str, pairs: PairCorrelations) -> tuple[list[int], int]:
    """Positions of the ions, and that of the solvent."""
    n = len(pairs.species)
    neutral = [k for k in range(n) if not pairs.charges[k]]
    solvents = neutral if any(pairs.charges) else [n - 1]
    if len(solvents) != 1 or n < 2:
        raise ValueError(
            f"{material}: {len(solvents)} solvents among {', '.join(pairs.species)}; ions as one species against one solvent "
            "is all that follows from these integrals, leave the others out of a run of one solvent"
        )
    return [k for k in range(n) if k != solvents[0]], solvents[0]


def _shares(pairs: PairCorrelations, ions: list[int]) -> Array:
    """Share of each ion of all ions (n_ion,)."""
    counts = np.array([pairs.counts[k] for k in ions], float)
    return counts / counts.sum()


def _inverse_factor(pairs: PairCorrelations, integrals: Array, ions: list[int], solvent: int) -> float:
    """1 + ρ_c(G_cc - G_cs)."""
    shares = _shares(pairs, ions)
    density = sum(pairs.counts[k] for k in ions) / pairs.volume
    return float(1 + density * (shares @ integrals[np.ix_(ions, ions)] @ shares - shares @ integrals[ions, solvent]))


def _imbalance(pairs: PairCorrelations, integrals: Array, ions: list[int]) -> Array:
    """Share of each ion's charge that the others around it do not balance (n_ion,)."""
    charges = np.array([pairs.charges[k] for k in ions], float)
    density = np.array([pairs.counts[k] for k in ions]) / pairs.volume
    return 1 + integrals[np.ix_(ions, ions)] @ (charges * density) / charges


def jackknife_std(left_out: Array) -> Array:
    """Standard deviation of a mean from the values with one block left out each (n_block, n), before Student's factor."""
    return np.asarray(np.sqrt((len(left_out) - 1) * left_out.var(axis=0)))
