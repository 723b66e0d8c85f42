"""Tensors that a point group leaves unchanged, by averaging over the group: independent elastic constants of any crystal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, reduce
from itertools import combinations_with_replacement

import numpy as np

from a2c_pybamm.data import IDENTITY, N_VOIGT, VOIGT_COLUMNS, VOIGT_ROWS, Array
from a2c_pybamm.laws.law import coefficient

MANDEL = np.where(VOIGT_ROWS == VOIGT_COLUMNS, 1.0, np.sqrt(2))
r"""Mandel component over Voigt component of a stress: with :math:`\sqrt2` at the shears, rotations are orthogonal (6, 6)."""
PAIRS = tuple(combinations_with_replacement(range(N_VOIGT), 2))
"""Rows and columns of the upper triangle of a stiffness, row by row: 21 of them."""


def _turn(axis: str, degrees: float) -> Array:
    """Rotation about an axis of x, y, z, d (the diagonal xyz)."""
    direction = {"x": IDENTITY[0], "y": IDENTITY[1], "z": IDENTITY[2], "d": np.ones(len(IDENTITY)) / np.sqrt(len(IDENTITY))}
    n, angle = direction[axis], np.deg2rad(degrees)
    return np.cos(angle) * IDENTITY + np.sin(angle) * np.cross(IDENTITY, -n) + (1 - np.cos(angle)) * np.outer(n, n)


@dataclass(frozen=True)
class LaueClass:
    """Point groups whose even tensors have one form: they differ by an inversion."""

    point_groups: tuple[str, ...]
    """Hermann–Mauguin symbols."""
    generators: tuple[tuple[str, float], ...]
    """Axis and angle [degrees] of the rotations that generate it, in the standard orientation."""


LAUE_CLASSES = (
    LaueClass(("1", "-1"), ()),
    LaueClass(("2", "m", "2/m"), (("y", 180.0),)),
    LaueClass(("222", "mm2", "mmm"), (("z", 180.0), ("x", 180.0))),
    LaueClass(("4", "-4", "4/m"), (("z", 90.0),)),
    LaueClass(("422", "4mm", "-42m", "-4m2", "4/mmm"), (("z", 90.0), ("x", 180.0))),
    LaueClass(("3", "-3"), (("z", 120.0),)),
    LaueClass(("32", "3m", "-3m"), (("z", 120.0), ("x", 180.0))),
    LaueClass(("6", "-6", "6/m"), (("z", 60.0),)),
    LaueClass(("622", "6mm", "-6m2", "-62m", "6/mmm"), (("z", 60.0), ("x", 180.0))),
    LaueClass(("23", "m-3"), (("z", 180.0), ("d", 120.0))),
    LaueClass(("432", "-43m", "m-3m"), (("z", 90.0), ("d", 120.0))),
)
"""The 32 point groups in the standard orientation: monoclinic axis along y, other main axis along z, the two-fold axis of
trigonal, tetragonal and hexagonal crystals (the normal of a mirror plane) along x, cubic axes along x, y, z."""


@cache
def point_group_rotations(symbol: str) -> Array:
    """Rotations (n_operation, 3, 3) of a point group in its standard orientation, inversions left out.

    An even tensor is the same under an operation and under it with an inversion.

    Raises
    ------
    ValueError
        If no point group has this symbol.
    """
    found = [laue for laue in LAUE_CLASSES if symbol in laue.point_groups]
    if not found:
        known = ", ".join(name for laue in LAUE_CLASSES for name in laue.point_groups)
        raise ValueError(f"point group {symbol!r} is none; write its Hermann-Mauguin symbol, one of {known}")
    group = [IDENTITY]
    generators = [_turn(*generator) for generator in found[0].generators]
    for element in group:  # grows while it is walked through
        for generator in generators:
            new = generator @ element
            if not any(np.allclose(new, old) for old in group):
                group.append(new)
    return np.array(group)


@dataclass(frozen=True, eq=False)
class ElasticForm:
    """Form that a point group gives to the elastic tensor of a crystal."""

    symbols: tuple[str, ...]
    """Independent constants: ``("C11", "C12", "C44")``."""
    expansion: Array
    """Stiffness of each constant being one and the others zero, in Voigt's components (n_constant, 6, 6)."""
    rotations: Array
    """Operations of the group (n_operation, 3, 3)."""

    def names(self, material: str) -> tuple[str, ...]:
        """Names of the coefficients: ``"LiCoO2 C11 [Pa]"``."""
        return tuple(coefficient(material, symbol, "Pa") for symbol in self.symbols)

    @property
    def entries(self) -> tuple[tuple[int, int], ...]:
        """Row and column of each independent constant in the Voigt matrix."""
        return tuple((int(symbol[-2]) - 1, int(symbol[-1]) - 1) for symbol in self.symbols)

    @property
    def averaging(self) -> Array:
        """Weights by which the entries of any stiffness give the constants of its average over the group (n_constant, 6, 6)."""
        rows = np.array([(MANDEL[:, None] * MANDEL * matrix).ravel() for matrix in self.expansion])
        weights = np.linalg.pinv(rows.T).reshape(-1, N_VOIGT, N_VOIGT)
        return weights * MANDEL[:, None] * MANDEL


def elastic_form(rotations: Array) -> ElasticForm:
    r"""Independent constants under a point group, from the average :math:`\langle R\otimes R\otimes R\otimes R\rangle`.

    The constants are the first entries of the Voigt matrix, row by row, that are independent: those of the textbooks in the
    standard orientation.
    """
    invariants = invariant_tensors(rotations, 2)
    voigt = invariants / np.outer(MANDEL, MANDEL)
    columns = np.array([voigt[:, a, b] for a, b in PAIRS])
    chosen: list[int] = []
    for k in range(len(PAIRS)):
        if _least_singular(columns[[*chosen, k]]) > INDEPENDENT.entry:
            chosen.append(k)
        if len(chosen) == len(invariants):
            break
    expansion = np.tensordot(np.linalg.inv(columns[chosen].T), voigt, axes=1)
    expansion[np.abs(expansion) < INDEPENDENT.round_off] = 0.0
    return ElasticForm(tuple(f"C{PAIRS[k][0] + 1}{PAIRS[k][1] + 1}" for k in chosen), expansion, rotations)


def _least_singular(matrix: Array) -> float:
    return float(np.linalg.svd(matrix, compute_uv=False)[-1]) if len(matrix) <= matrix.shape[1] else 0.0


@dataclass(frozen=True)
class IndependenceCriterion:
    """Limits by which entries and invariants of tensors count as independent."""

    entry: float = 1e-3
    """Smallest singular value of independent entries; operations from a relaxed cell are exact to 1e-5."""
    invariant: float = 0.5
    """Singular value of the average over the group: 1 for an invariant, 0 for all else."""
    round_off: float = 1e-12
    """Entries of the expansion that are zero."""


INDEPENDENT = IndependenceCriterion()


def invariant_tensors(rotations: Array, degree: int) -> Array:
    """Symmetric tensors of a degree over the six Mandel components that a group leaves unchanged (n_invariant, 6, …, 6).

    A polynomial of the strain of this degree is made of them: of degree 1 the stress, of 2 the stiffness.
    """
    found = _invariants(np.ascontiguousarray(rotations).tobytes(), len(rotations), degree)
    return found


@cache
def _invariants(data: bytes, n_operation: int, degree: int) -> Array:
    rotations = np.frombuffer(data).reshape(n_operation, *IDENTITY.shape)
    basis = _symmetric_basis(degree)
    flat = basis.reshape(len(basis), -1)
    average = np.zeros((len(basis), len(basis)))
    for rotation in rotations:
        turn = strain_rotation(rotation)
        turned = reduce(lambda tensors, axis: _turned(tensors, turn, axis), range(1, degree + 1), basis)
        average += turned.reshape(len(basis), -1) @ flat.T / n_operation
    left, size, _ = np.linalg.svd(average + average.T)
    invariants = np.tensordot(left[:, size > 2 * INDEPENDENT.invariant].T, basis, axes=1)
    invariants.setflags(write=False)
    return invariants


def _turned(tensors: Array, turn: Array, axis: int) -> Array:
    return np.moveaxis(np.tensordot(tensors, turn, axes=(axis, 1)), -1, axis)


def strain_rotation(rotation: Array) -> Array:
    r"""Matrix (6, 6) by which a rotation acts on Mandel components: :math:`R\epsilon R^\mathsf{T}`."""
    units = np.zeros((N_VOIGT, *IDENTITY.shape))
    units[range(N_VOIGT), VOIGT_ROWS, VOIGT_COLUMNS] = units[range(N_VOIGT), VOIGT_COLUMNS, VOIGT_ROWS] = 1 / MANDEL
    turned = rotation @ units @ rotation.T
    return (MANDEL * turned[:, VOIGT_ROWS, VOIGT_COLUMNS]).T


@cache
def _symmetric_basis(degree: int) -> Array:
    """Orthonormal basis of the symmetric tensors of a degree over six components (n, 6, …, 6)."""
    indices = np.indices((N_VOIGT,) * degree).reshape(degree, -1)
    ordered = np.sort(indices, axis=0)
    multisets, which = np.unique(ordered, axis=1, return_inverse=True)
    basis = np.zeros((multisets.shape[1], indices.shape[1]))
    basis[which.ravel(), np.arange(indices.shape[1])] = 1.0
    basis /= np.linalg.norm(basis, axis=1)[:, None]
    return basis.reshape(len(basis), *(N_VOIGT,) * degree)


def tensor_of(stiffness: Array) -> Array:
    """Fourth-rank tensors (…, 3, 3, 3, 3) of stiffnesses in Voigt's components (…, 6, 6)."""
    index = np.zeros(IDENTITY.shape, int)
    index[VOIGT_ROWS, VOIGT_COLUMNS] = index[VOIGT_COLUMNS, VOIGT_ROWS] = range(N_VOIGT)
    return np.asarray(stiffness)[..., index[:, :, None, None], index[None, None]]
