"""Particles of a field: what is no configurations is refused by every estimator that takes them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from a2c_pybamm.data import Trajectory
from a2c_pybamm.estimators import Gaussian, density_field, field_variance, momentum_field


@pytest.mark.parametrize("estimator", [partial(density_field, kernel=Gaussian(1e-10), grid=(9, 9, 9)), field_variance])
def test_trajectory_is_no_configurations(estimator: partial[object]) -> None:
    """It has no cell for each frame; the reader that gives one is named."""
    run = Trajectory(np.zeros((2, 1, 3)), ("Li",), np.array([1e-26]), 1e-15, 300.0)
    with pytest.raises(ValueError, match="field: Trajectory in place of configurations; read the file by read_configurations"):
        estimator(run)
    with pytest.raises(ValueError, match="field: Trajectory in place of configurations"):
        momentum_field(run, Gaussian(1e-10), grid=(9, 9, 9))  # type: ignore[arg-type]
