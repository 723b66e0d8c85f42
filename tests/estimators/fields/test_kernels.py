"""Kernels: integrals, moments, transforms and gradients, by quadrature and complex step."""

from __future__ import annotations

import numpy as np
import pytest

from a2c_pybamm.estimators import CubicBSpline, CubicTopHat, Gaussian, Kernel, SphericalTopHat, TrilinearHat
from a2c_pybamm.estimators.fields.kernels import SplineKernel
from tests.estimators.fields.known_particles import KERNELS

UNIT = {
    Gaussian(1.0): 0.0224484,
    SphericalTopHat(1.0): 0.2387324,
    CubicTopHat(1.0): 1.0,
    CubicBSpline(1.0): 0.1101537,
    TrilinearHat(1.0): 0.2962963,
}
"""Integrals of the square at unit lengths."""


def quadrature(kernel: Kernel) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (n, 3) and weights (n,) for integrals of the kernel times something smooth."""
    x, w = np.polynomial.legendre.leggauss(12)
    if isinstance(kernel, SphericalTopHat):
        r, polar = kernel.radius * (x + 1) / 2, np.pi * (np.arange(24) + 0.5) / 12
        along, around = np.meshgrid(x, polar, indexing="ij")
        across = np.sqrt(1 - along**2)
        unit = np.stack([across * np.cos(around), across * np.sin(around), along], axis=-1).reshape(-1, 3)
        weights = (w * kernel.radius / 2 * r**2)[:, None] * np.repeat(w, 24) * np.pi / 12
        return (r[:, None, None] * unit).reshape(-1, 3), weights.ravel()
    if isinstance(kernel, SplineKernel):
        n, half = kernel.order, kernel.edge / 2
        line = (2 * half * (np.arange(n) - n / 2)[:, None] + half * (1 + x)).ravel()
        along = np.tile(half * w, n)
    else:
        line = np.linspace(-kernel.support, kernel.support, 33)
        along = np.full(33, line[1] - line[0])
    nodes = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)
    return nodes, (along[:, None, None] * along[:, None] * along).ravel()


@pytest.mark.parametrize("kernel", UNIT, ids=lambda kernel: type(kernel).__name__)
def test_integrals_moments_and_transform(kernel: Kernel) -> None:
    nodes, weights = quadrature(kernel)
    value = kernel.value(nodes) * weights
    assert value.sum() == pytest.approx(1, abs=1e-12)
    assert nodes.T**2 @ value == pytest.approx(np.full(3, kernel.second_moment), rel=1e-11)
    assert kernel.value(nodes) @ value == pytest.approx(kernel.square_integral, rel=1e-11)
    assert kernel.square_integral == pytest.approx(UNIT[kernel], rel=2e-6)
    waves = np.array([[0.0, 0.0, 0.0], [0.7, -0.2, 0.4], [0.0, 1.3, 0.0]])
    assert kernel.transform(waves) == pytest.approx(np.cos(nodes @ waves.T).T @ value, abs=1e-11)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: type(kernel).__name__)
def test_gradient_is_the_derivative(kernel: Kernel) -> None:
    rng = np.random.default_rng(1)
    r = rng.uniform(-1, 1, (50, 3)) * kernel.support / 2
    if not kernel.differentiable:
        with pytest.raises(ValueError, match="has no gradient, it jumps"):
            kernel.gradient(r)
        return
    step = 1e-20 * kernel.support
    slopes = [kernel.value(r + 1j * step * axis).imag / step for axis in np.eye(3)]
    assert kernel.gradient(r) == pytest.approx(np.array(slopes).T, abs=1e-13 * np.abs(slopes).max())


def test_equal_second_moments() -> None:
    assert [kernel.second_moment for kernel in KERNELS] == pytest.approx([KERNELS[0].second_moment] * len(KERNELS), rel=1e-14)
    assert CubicBSpline(0.3).second_moment == pytest.approx(0.03, rel=1e-14)


@pytest.mark.parametrize(
    ("kind", "square", "contrast"),
    [
        (Gaussian, 0.02245, (1.356, 0.4264, 0.01762)),
        (TrilinearHat, 0.02016, (1.233, 0.2811, 0.08188)),
        (CubicBSpline, 0.02120, (1.290, 0.3491, 0.001593)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_kernels_of_equal_second_moment(kind: type[Kernel], square: float, contrast: tuple[float, ...]) -> None:
    """Square integrals, and relative standard deviations on a simple cubic lattice, as docs/fields.md has them."""
    assert kind.with_second_moment(1.0).square_integral == pytest.approx(square, rel=5e-4)
    waves = np.zeros((61, 3))
    waves[:, 0] = 2 * np.pi * np.arange(-30, 31)  # these kernels are products over the axes
    for width, expected in zip((0.2, 0.3, 0.5), contrast, strict=True):
        along = float((kind.with_second_moment(width**2).transform(waves) ** 2).sum())
        assert np.sqrt(along**3 - 1) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("kernel", [CubicBSpline(0.8), TrilinearHat(0.8), CubicTopHat(0.8)], ids=lambda k: type(k).__name__)
def test_cumulative_weight_along_an_axis(kernel: SplineKernel) -> None:
    x = np.linspace(-2, 2, 41) + 0.013
    step = 1e-6
    along = (kernel.cumulative(x + step) - kernel.cumulative(x - step)) / (2 * step)
    r = np.stack([x, 0 * x, 0 * x], axis=-1)
    assert along * (kernel.value(np.zeros(3)) ** (2 / 3)) == pytest.approx(kernel.value(r), abs=1e-8)
    assert kernel.cumulative(np.array([-1e3, 0.0, 1e3])) == pytest.approx([0, 0.5, 1], abs=1e-15)


@pytest.mark.parametrize("length", [0.0, -1.0, np.inf, np.nan])
@pytest.mark.parametrize("kind", [Gaussian, SphericalTopHat, CubicTopHat])
def test_lengths_are_positive(kind: type[Kernel], length: float) -> None:
    with pytest.raises(ValueError, match=rf"{kind.__name__}: .* give a positive one"):
        kind(length)
