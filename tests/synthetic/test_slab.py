"""Ions in a slab: their density, and the density that frames show."""

from __future__ import annotations

import numpy as np
import pytest

from a2c_pybamm.estimators import Gaussian
from a2c_pybamm.synthetic import Slab


def test_density_holds_all_ions() -> None:
    slab = Slab(number=300, thickness=3e-9, face=0.5e-9)
    z = slab.edges[2] * (np.arange(4000) / 4000 - 0.5)
    area = slab.edges[0] * slab.edges[1]
    assert slab.density(z).mean() * area * slab.edges[2] == pytest.approx(300, rel=1e-12)
    places, smoothed = slab.smoothed_density(4000, Gaussian(1e-12))
    assert smoothed == pytest.approx(slab.density(places), rel=1e-3, abs=1e-9 * smoothed.max())


def test_places_have_the_density() -> None:
    slab = Slab()
    probability = np.linspace(0.001, 0.999, 20_000)
    z = slab._place(probability)
    area = slab.edges[0] * slab.edges[1]
    fine = np.linspace(-4e-9, z[-1], 20001)
    counted = np.trapezoid(slab.density(fine), fine) * area / slab.number
    assert counted == pytest.approx(0.999, abs=1e-5)
    slope = np.gradient(probability, z) / (slab.density(z) * area / slab.number)
    assert np.abs(slope - 1)[5:-5].max() < 1e-3
