"""Variance of a coarse-grained field against the width of its kernel, and the structure factor that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data.extent import Extent
from a2c_pybamm.data.record import Array, freeze


class FieldKind(StrEnum):
    """Quantity of which a field is the density."""

    NUMBER = "number"
    """Particles, each with weight one, or with weights that are given."""
    COMPOSITION = "composition"
    """Share of one species in a mixture: its particles with weight 1 - x, all others with -x, where x is its mean share."""
    CHARGE = "charge"
    """Charge in elementary charges."""
    SAMPLED = "sampled"
    """A number density given on a grid, without particles: no part of its structure factor is that of single particles."""


@dataclass(frozen=True, eq=False)
class FieldVariance:
    r"""Spatial variance of a Gaussian-filtered field in a periodic cell, and its structure factor, in blocks of a run.

    Of particles with weights w, :math:`\rho_{\mathbf k} = \sum_n w_n e^{i\mathbf k\cdot\mathbf r_n}`,

    .. math::
        \mathrm{Var}_\ell = \frac1{V^2}\sum_{\mathbf k\ne0}\langle|\rho_{\mathbf k}|^2\rangle e^{-k^2\ell^2}, \qquad
        S(k) = \frac{\langle|\rho_{\mathbf k}|^2\rangle}{\sum_n w_n^2}.

    Raises
    ------
    ValueError
        If shapes disagree, there are fewer than two blocks, or a number is not finite or not positive.
    """

    extents: ClassVar[Mapping[str, Extent]] = {
        **dict.fromkeys(("by_block", "density"), Extent.VOLUME),
        "structure_factor": Extent.INTENSIVE,
        "volume": Extent.SIMULATION_CELL,
    }
    kind: FieldKind
    lengths: Array
    """Standard deviation of the Gaussian kernel along each axis [m] (n_length,), rising."""
    by_block: Array
    """Variance of the field [m-6], of charge in elementary charges, (n_block, n_length)."""
    wave_number: Array
    """Lengths of wave vectors [m-1] (n_k,), rising."""
    waves: NDArray[np.int64]
    """Number of wave vectors of each length, of k and -k one (n_k,)."""
    structure_factor: Array
    """S(k), mean over wave vectors of one length, (n_block, n_k)."""
    density: float
    r"""Sum of the squared weights over the volume, :math:`\sum_n w_n^2/V` [m-3]: of a number field its density."""
    volume: float
    """Mean volume of the cell [m3]."""
    width: float
    """Least distance between opposite faces of the cell [m]."""
    n_frame: int
    interval: float
    """Time between frames [s]."""
    temperature: float
    """[K]"""
    peaks: Array = field(default_factory=lambda: np.empty((0, 2)))
    """Wave number [m-1] and S(k) of each wave vector at which the field is as good as constant in time and far above its
    neighbours, a Bragg peak (n_peak, 2)."""
    of: str = "all particles"
    """Name of the particles."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n_block, n_k = len(self.by_block), len(self.wave_number)
        shapes = {
            "by_block": (n_block, len(self.lengths)),
            "structure_factor": (n_block, n_k),
            "waves": (n_k,),
            "peaks": (len(self.peaks), 2),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape or not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"variance: {name} has shape {getattr(self, name).shape}, not finite numbers of {shape}")
        if n_block < 2:
            raise ValueError(f"variance: {n_block} block(s) of frames; its error needs two at least, and better ten")
        for name in ("lengths", "wave_number"):
            values = getattr(self, name)
            if not len(values) or not values[0] > 0 or not (np.diff(values) > 0).all() or not np.isfinite(values).all():
                raise ValueError(f"variance: {name} must be positive and rise")
        for name in ("density", "volume", "width", "interval", "temperature", "n_frame"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"variance: {name} is {getattr(self, name):g}, it must be positive and finite")
        freeze(self)

    @property
    def value(self) -> Array:
        """Variance over all blocks [m-6] (n_length,)."""
        return np.asarray(self.by_block.mean(axis=0))

    @property
    def std(self) -> Array:
        """Standard error of it by the scatter between the blocks [m-6] (n_length,)."""
        return np.asarray(self.by_block.std(axis=0, ddof=1) / np.sqrt(len(self.by_block)))

    @property
    def ideal(self) -> Array:
        r"""Variance of as many independent particles in the same cell [m-6] (n_length,).

        :math:`\frac{\rho}{V}\sum_{\mathbf k\ne0} e^{-k^2\ell^2} = \rho\,(\int W_\mathrm{per}^2 - 1/V)`, of a cell of many
        :math:`\ell` all but :math:`\rho/(8\pi^{3/2}\ell^3)`.
        """
        return self.density / self.volume * self._sums()

    def _sums(self) -> Array:
        """Sum over all wave vectors but zero of the squared kernel (n_length,)."""
        return np.asarray(np.exp(-(np.outer(self.lengths, self.wave_number) ** 2)) @ (2 * self.waves))

    @property
    def reduced(self) -> Array:
        r"""Variance over that of independent particles, by block (n_block, n_length): S(k) averaged over the kernel.

        It goes to the limit S(0) where :math:`\mathrm{Var}\,\ell^3` has a plateau.
        """
        return np.asarray(self.by_block / self.ideal)
