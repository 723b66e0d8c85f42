r"""Kernels that smooth particles into fields: even weights :math:`W(\mathbf r)` [m-3] of integral one.

Kernels are compared at equal second moment, not at equal length: ``CubicTopHat.with_second_moment(kernel.second_moment)``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import comb, factorial
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import spherical_jn

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.conduction.kirkwood_buff import UNIT_BALL

DIRECTIONS = len("xyz")
"""Directions of space."""


class Kernel(ABC):
    """A weight of integral one that is even, with the same second moment along each Cartesian axis."""

    differentiable: ClassVar[bool] = True
    """True where the weight has a gradient (of the tri-linear hat, everywhere but at its kinks)."""

    @property
    @abstractmethod
    def second_moment(self) -> float:
        r""":math:`\int x^2\,W\,dV` of one axis [m2]."""

    @property
    @abstractmethod
    def square_integral(self) -> float:
        r""":math:`\int W^2\,dV` [m-3]."""

    @property
    @abstractmethod
    def support(self) -> float:
        """Distance along each axis [m] beyond which the weight is zero, or below the round-off of its peak."""

    @abstractmethod
    def value(self, r: NDArray[Any]) -> NDArray[Any]:
        """Weight [m-3] (…) at displacements [m] (…, 3), real, or complex near the real axis."""

    @abstractmethod
    def transform(self, k: Array) -> Array:
        r""":math:`\int W e^{-i\mathbf k\cdot\mathbf r}\,dV` (…), real, at wave vectors [m-1] (…, 3)."""

    @abstractmethod
    def gradient(self, r: Array) -> Array:
        """Gradient of the weight [m-4] (…, 3) at displacements [m] (…, 3).

        Raises
        ------
        ValueError
            If the weight jumps.
        """

    @classmethod
    @abstractmethod
    def with_second_moment(cls, second_moment: float) -> Self:
        """The kernel of this kind with a second moment of one axis [m2]."""


def _validate(kernel: Kernel, name: str, length: float) -> None:
    if not isinstance(length, Real) or not 0 < length < np.inf:
        raise ValueError(f"{type(kernel).__name__}: {name} is {length} m; give a positive one")


def validate_kernel(kernel: Kernel) -> None:
    """Raise ``ValueError`` where a kernel is none."""
    if not isinstance(kernel, Kernel):
        raise ValueError(f"field: kernel is {kernel!r}; give one with its length [m], for example Gaussian(1.5e-10)")


@dataclass(frozen=True)
class Gaussian(Kernel):
    r""":math:`(2\pi\ell^2)^{-3/2}e^{-r^2/2\ell^2}`."""

    length: float
    r""":math:`\ell`, standard deviation along each axis [m]."""

    def __post_init__(self) -> None:
        _validate(self, "length", self.length)

    @property
    def second_moment(self) -> float:
        return self.length**2

    @property
    def square_integral(self) -> float:
        return float((2 * self.length * np.sqrt(np.pi)) ** -DIRECTIONS)

    @property
    def support(self) -> float:
        return float(self.length * np.sqrt(-2 * np.log(np.finfo(float).eps)))

    def value(self, r: NDArray[Any]) -> NDArray[Any]:
        square = (r * r).sum(axis=-1) / self.second_moment
        return np.exp(-square / 2) / (self.length * np.sqrt(2 * np.pi)) ** DIRECTIONS

    def transform(self, k: Array) -> Array:
        return np.exp(-(k * k).sum(axis=-1) * self.second_moment / 2)

    def gradient(self, r: Array) -> Array:
        return -r / self.second_moment * self.value(r)[..., None]

    @classmethod
    def with_second_moment(cls, second_moment: float) -> Self:
        return cls(float(np.sqrt(second_moment)))


@dataclass(frozen=True)
class SphericalTopHat(Kernel):
    """Constant inside a sphere, zero outside."""

    radius: float
    """[m]"""
    differentiable: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _validate(self, "radius", self.radius)

    @property
    def second_moment(self) -> float:
        return self.radius**2 / (DIRECTIONS + 2)

    @property
    def square_integral(self) -> float:
        return 1 / (UNIT_BALL * self.radius**DIRECTIONS)

    @property
    def support(self) -> float:
        return self.radius

    def value(self, r: NDArray[Any]) -> NDArray[Any]:
        return self.square_integral * ((r * r).sum(axis=-1).real <= self.radius**2)

    def transform(self, k: Array) -> Array:
        x = self.radius * np.sqrt((k * k).sum(axis=-1))
        safe = np.where(x > 0, x, 1.0)
        return np.where(x > 0, DIRECTIONS * spherical_jn(1, safe) / safe, 1.0)

    def gradient(self, r: Array) -> Array:
        raise ValueError("SphericalTopHat: has no gradient, it jumps; take a Gaussian or a CubicBSpline of its second moment")

    @classmethod
    def with_second_moment(cls, second_moment: float) -> Self:
        return cls(float(np.sqrt((DIRECTIONS + 2) * second_moment)))


@dataclass(frozen=True)
class SplineKernel(Kernel):
    """Product over the Cartesian axes of the convolution of equal intervals: a cardinal B-spline along each."""

    edge: float
    """Length of the intervals [m], the distance of the spline's knots."""
    order: ClassVar[int]
    """Number of intervals: one more than the polynomials' degree."""

    def __post_init__(self) -> None:
        _validate(self, "edge", self.edge)

    @property
    def second_moment(self) -> float:
        return self.order * _interval_variance(self.edge)

    @property
    def square_integral(self) -> float:
        # the convolution of a spline with itself is the one of twice the order, here in its middle
        return float((_spline(np.zeros(1), 2 * self.order)[0] / self.edge) ** DIRECTIONS)

    @property
    def support(self) -> float:
        return self.order * self.edge / 2

    def value(self, r: NDArray[Any]) -> NDArray[Any]:
        return np.prod(_spline(r / self.edge, self.order), axis=-1) / self.edge**DIRECTIONS

    def transform(self, k: Array) -> Array:
        return np.prod(np.sinc(k * self.edge / (2 * np.pi)) ** self.order, axis=-1)

    def gradient(self, r: Array) -> Array:
        if not self.differentiable:
            raise ValueError(
                f"{type(self).__name__}: has no gradient, it jumps; take a Gaussian or a CubicBSpline of its second moment"
            )
        u = r / self.edge
        along = _spline(u, self.order)
        slope = _spline(u + 0.5, self.order - 1) - _spline(u - 0.5, self.order - 1)
        others = np.roll(along, -1, axis=-1) * np.roll(along, -2, axis=-1)
        return slope * others / self.edge ** (DIRECTIONS + 1)

    def cumulative(self, x: Array) -> Array:
        r""":math:`\int_{-\infty}^x W_1\,dx` (…) of the weight along one axis, at distances [m] (…)."""
        u = x / self.edge
        half = _truncated_powers(-np.abs(u), self.order, self.order)
        return np.where(u > 0, 1 - half, half)

    @classmethod
    def with_second_moment(cls, second_moment: float) -> Self:
        return cls(float(np.sqrt(second_moment / (cls.order * _interval_variance(1.0)))))


@dataclass(frozen=True)
class CubicTopHat(SplineKernel):
    """Constant inside a cube along the Cartesian axes, zero outside."""

    order: ClassVar[int] = 1
    differentiable: ClassVar[bool] = False


@dataclass(frozen=True)
class TrilinearHat(SplineKernel):
    r"""The product of triangles :math:`(1 - |x|/a)/a` of half-width :math:`a`, the edge: a cube smoothed by itself."""

    order: ClassVar[int] = 2


@dataclass(frozen=True)
class CubicBSpline(SplineKernel):
    """The product of cubic B-splines with knots one edge apart, zero beyond two of them."""

    order: ClassVar[int] = 4


def _interval_variance(edge: float) -> float:
    """Variance of a uniform distribution over an interval: a third of the square of its half."""
    return (edge / 2) ** 2 / (1 + 2)


def _spline(u: NDArray[Any], order: int) -> NDArray[Any]:
    """Cardinal B-spline of an order with knots at distance one, centred at zero."""
    return _truncated_powers(np.where(u.real > 0, -u, u), order, order - 1)


def _truncated_powers(u: NDArray[Any], order: int, degree: int) -> NDArray[Any]:
    r"""The sum :math:`\sum_j (-1)^j\binom{p}{j}(u + p/2 - j)_+^d/d!` for :math:`u \le 0`, where few terms are left."""
    total = np.zeros_like(u)
    for j in range(order // 2 + 1):
        base = u + order / 2 - j
        total = total + (-1) ** j * comb(order, j) * np.where(base.real > 0, base, 0) ** degree * (base.real > 0)
    return total / factorial(degree)
