"""Elastic tensor that an estimate of independent constants stands for, and whether a crystal that has it is stable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from a2c_pybamm.data import IDENTITY, VOIGT_COLUMNS, VOIGT_ROWS, Array
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.mechanics.crystal_symmetry import MANDEL, ElasticForm, elastic_form, point_group_rotations
from a2c_pybamm.estimators.mechanics.elastic_tensor import EXPANSION


@dataclass(frozen=True, eq=False)
class Stiffness:
    """Elastic tensor as a linear function of its independent constants."""

    names: tuple[str, ...]
    """Coefficients of the constants."""
    symbols: tuple[str, ...]
    """The same without material and unit."""
    expansion: Array
    """Stiffness of unit constants, in Voigt's components (n_constant, 6, 6)."""

    def tensor(self, constants: Array) -> Array:
        """Stiffness in Voigt's components [Pa] (6, 6), also of complex constants."""
        return np.tensordot(constants, self.expansion, axes=1)

    def mandel(self, constants: Array) -> Array:
        """Stiffness in Mandel's components [Pa] (6, 6), whose eigenvalues do not depend on the axes."""
        return self.tensor(constants) * MANDEL[:, None] * MANDEL


def stiffness_of(estimate: Estimate, material: str, point_group: str | None = None, *, tolerance: float = 1e-5) -> Stiffness:
    """Elastic tensor of a material's constants in an estimate.

    The form is that of the point group in its standard orientation, or if none is given the one that the provenance holds, of
    all members alike where the estimate is a combination.

    Parameters
    ----------
    tolerance
        Difference of two forms that are the same: those of two relaxed cells of one crystal differ by less.

    Raises
    ------
    ValueError
        If the estimate has no constants of the material, or no form, or two.
    """
    beginning, end = f"{material} C", " [Pa]"
    names = tuple(name for name in estimate.names if name.startswith(beginning) and name.endswith(end))
    symbols = tuple(name.removeprefix(f"{material} ").removesuffix(end) for name in names)
    if not names:
        raise ValueError(f"{material}: no elastic constants in the estimate (has {', '.join(estimate.names)})")
    if point_group is not None:
        form: ElasticForm | None = elastic_form(point_group_rotations(point_group))
        found = [dict(zip(form.symbols, form.expansion, strict=True))] if form else []
    else:
        found = [{key: np.array(value) for key, value in table.items()} for table in _expansions(estimate.provenance)]
    found = [table for table in found if set(table) == set(symbols)]
    if not found:
        raise ValueError(f"{material}: the estimate does not hold the form of {', '.join(symbols)}; give point_group=")
    first = np.array([found[0][symbol] for symbol in symbols])
    for other in found[1:]:
        if not np.allclose(np.array([other[symbol] for symbol in symbols]), first, atol=tolerance):
            raise ValueError(
                f"{material}: members have other axes or another point group; give point_group=, or fit all in one"
            )
    return Stiffness(names, symbols, first)


def _expansions(provenance: Any) -> Iterator[Mapping[str, Any]]:
    """Forms that a provenance holds, at any depth."""
    if isinstance(provenance, Mapping):
        if EXPANSION in provenance:
            yield provenance[EXPANSION]
        for value in provenance.values():
            yield from _expansions(value)
    elif isinstance(provenance, list | tuple):
        for value in provenance:
            yield from _expansions(value)


@dataclass(frozen=True, eq=False)
class ElasticStability:
    """Eigenvalues of an elastic tensor: a crystal is stable where all are positive."""

    eigenvalues: Array
    """Ascending [Pa] (6,)."""
    std: Array
    """Standard deviations (6,), to first order."""
    strains: Array
    """Strain of each eigenvalue, tensor components xx, yy, zz, yz, xz, xy (6, 6), a row each."""

    @property
    def is_stable(self) -> bool:
        """True where all eigenvalues are positive."""
        return bool(self.eigenvalues[0] > 0)

    @property
    def probability_of_instability(self) -> float:
        """Largest probability that an eigenvalue is negative, of normal errors."""
        safe = np.where(self.std > 0, self.std, np.finfo(float).tiny)
        return float(ndtr(-self.eigenvalues / safe).max())

    @property
    def softest(self) -> str:
        """Component that the strain of the smallest eigenvalue mainly has."""
        k = int(np.argmax(np.abs(self.strains[0])))
        return "xyz"[VOIGT_ROWS[k]] + "xyz"[VOIGT_COLUMNS[k]]


def elastic_stability(estimate: Estimate, *, material: str, point_group: str | None = None) -> ElasticStability:
    """Eigenvalues of a crystal's elastic tensor, with errors.

    Parameters
    ----------
    point_group
        Symbol of the point group in its standard orientation, where the provenance does not hold the form of the tensor.

    Raises
    ------
    ValueError
        If the estimate has no elastic constants of the material.
    """
    stiffness = stiffness_of(estimate, material, point_group)
    part = estimate.select(stiffness.names)
    values, vectors = np.linalg.eigh(stiffness.mandel(part.mean))
    units = stiffness.expansion * MANDEL[:, None] * MANDEL
    jacobian = np.einsum("ak,cab,bk->kc", vectors, units, vectors)
    variance = np.einsum("kc,cd,kd->k", jacobian, part.covariance, jacobian)
    return ElasticStability(values, np.sqrt(variance), vectors.T / MANDEL)


def bulk_and_shear(matrix: Array) -> tuple[Any, Any]:
    r"""Bulk and shear modulus of the isotropic part of a tensor in Mandel's components (6, 6).

    The mean over all orientations has eigenvalues :math:`3K` and five times :math:`2G`: of a stiffness these are Voigt's
    moduli, of a compliance Reuss's reciprocals, :math:`1/3K` and :math:`1/2G`.
    """
    d, n_shear = len(IDENTITY), len(MANDEL) - 1
    spherical = matrix[:d, :d].sum() / d
    return spherical / d, (np.trace(matrix) - spherical) / (2 * n_shear)
