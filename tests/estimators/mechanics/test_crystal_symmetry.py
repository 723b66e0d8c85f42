"""Independent constants of all point groups, and tensors that the groups leave unchanged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from a2c_pybamm.data import IDENTITY
from a2c_pybamm.estimators.mechanics.crystal_symmetry import (
    LAUE_CLASSES,
    elastic_form,
    invariant_tensors,
    point_group_rotations,
    tensor_of,
)

COUNTS = {
    **dict.fromkeys(("1", "-1"), 21),
    **dict.fromkeys(("2", "m", "2/m"), 13),
    **dict.fromkeys(("222", "mm2", "mmm"), 9),
    **dict.fromkeys(("4", "-4", "4/m"), 7),
    **dict.fromkeys(("422", "4mm", "-42m", "-4m2", "4/mmm"), 6),
    **dict.fromkeys(("3", "-3"), 7),
    **dict.fromkeys(("32", "3m", "-3m"), 6),
    **dict.fromkeys(("6", "-6", "6/m", "622", "6mm", "-6m2", "-62m", "6/mmm"), 5),
    **dict.fromkeys(("23", "m-3", "432", "-43m", "m-3m"), 3),
}
"""Nye, Physical Properties of Crystals (1957), table 9 (with 7 for 4/m and 3, whose axes are not turned to save one)."""
TEXTBOOK = {
    "m-3m": "C11 C12 C44",
    "6/mmm": "C11 C12 C13 C33 C44",
    "-3m": "C11 C12 C13 C14 C33 C44",
    "4/mmm": "C11 C12 C13 C33 C44 C66",
    "mmm": "C11 C12 C13 C22 C23 C33 C44 C55 C66",
    "2/m": "C11 C12 C13 C15 C22 C23 C25 C33 C35 C44 C46 C55 C66",
}


def turned(tensor: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    return np.einsum("ai,bj,ck,dl,ijkl->abcd", rotation, rotation, rotation, rotation, tensor)


def random_stiffness(seed: int) -> np.ndarray:
    root = np.random.default_rng(seed).normal(size=(6, 6))
    return root @ root.T


def test_every_point_group_is_there_once() -> None:
    listed = [symbol for laue in LAUE_CLASSES for symbol in laue.point_groups]
    assert sorted(listed) == sorted(COUNTS)


@pytest.mark.parametrize("symbol", COUNTS)
def test_number_of_constants(symbol: str) -> None:
    assert len(elastic_form(point_group_rotations(symbol)).symbols) == COUNTS[symbol]


@pytest.mark.parametrize("symbol", TEXTBOOK)
def test_constants_are_those_of_the_textbooks(symbol: str) -> None:
    assert " ".join(elastic_form(point_group_rotations(symbol)).symbols) == TEXTBOOK[symbol]


@pytest.mark.parametrize("symbol", [laue.point_groups[-1] for laue in LAUE_CLASSES])
def test_average_is_invariant_and_is_the_mean_over_the_group(symbol: str) -> None:
    rotations = point_group_rotations(symbol)
    form, stiffness = elastic_form(rotations), random_stiffness(1)
    constants = np.einsum("cab,ab->c", form.averaging, stiffness)
    tensor = tensor_of(np.tensordot(constants, form.expansion, axes=1))
    np.testing.assert_allclose(tensor, np.mean([turned(tensor_of(stiffness), r) for r in rotations], axis=0), atol=1e-10)
    for rotation in rotations:
        np.testing.assert_allclose(turned(tensor, rotation), tensor, atol=1e-10)
    for (a, b), value in zip(form.entries, constants, strict=True):
        assert np.isclose(np.tensordot(constants, form.expansion, axes=1)[a, b], value, atol=1e-10)


@given(st.integers(0, 10**6), st.sampled_from(sorted(COUNTS)))
def test_number_of_constants_does_not_depend_on_the_axes(seed: int, symbol: str) -> None:
    axes = Rotation.random(rng=seed).as_matrix()
    form = elastic_form(axes @ point_group_rotations(symbol) @ axes.T)
    assert len(form.symbols) == COUNTS[symbol]


def test_invariants_of_a_cubic_crystal_have_the_known_numbers() -> None:
    """One stress, three stiffnesses, six constants of the third and eleven of the fourth order (m-3m)."""
    found = [len(invariant_tensors(point_group_rotations("m-3m"), degree)) for degree in (1, 2, 3, 4)]
    assert found == [1, 3, 6, 11]
    assert len(invariant_tensors(IDENTITY[None], 3)) == 56


def test_unknown_point_group_is_one_line() -> None:
    with pytest.raises(ValueError, match="point group 'Fm-3m' is none; write its Hermann-Mauguin symbol"):
        point_group_rotations("Fm-3m")
