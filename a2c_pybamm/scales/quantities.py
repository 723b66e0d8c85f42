"""Lengths and times that a continuum description compares, each with its error and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real

import numpy as np

from a2c_pybamm.estimate import Estimate

UNITS = ("m", "s", "m2.s-1")
"""Units of a scale: lengths, times, diffusivities."""


@dataclass(frozen=True, eq=False)
class ScaleQuantity:
    """A length, time or diffusivity.

    Raises
    ------
    ValueError
        If the value is not positive and finite, the unit is none of m, s and m2.s-1, or an error is not finite.
    """

    name: str
    """Its name, e.g. "particle radius"."""
    value: float
    unit: str
    errors: Mapping[str, float] = field(default_factory=dict)
    """Change of its logarithm by one standard deviation of each independent cause; none where no error is known."""
    source: str = ""
    """File, PyBaMM key or estimate that it comes from."""
    command: str = ""
    """Call that gives the number."""

    def __post_init__(self) -> None:
        if not isinstance(self.value, Real) or not 0 < self.value < np.inf:
            raise ValueError(f"scale {self.name}: {self.value!r} {self.unit}; give a positive, finite number, or no scale")
        if self.unit not in UNITS:
            raise ValueError(f"scale {self.name}: unit {self.unit!r}; take one of {', '.join(UNITS)}")
        if not all(isinstance(error, Real) and np.isfinite(error) for error in self.errors.values()):
            raise ValueError(f"scale {self.name}: an error is no finite number; correct it, or leave it out")

    @property
    def std_ln(self) -> float:
        """Standard deviation of its logarithm."""
        return float(np.linalg.norm(list(self.errors.values())))

    @property
    def std(self) -> float:
        """Standard deviation in its own unit, to first order."""
        return self.value * self.std_ln


def of_estimate(estimate: Estimate, name: str, unit: str, *, index: int = 0, command: str = "") -> ScaleQuantity:
    """Quantity of an estimate's coefficient that is a logarithm; its errors keep source and label."""
    errors = {
        f"{source}: {label}": float(value)
        for source, factor in estimate.factors.items()
        for label, value in zip(factor.labels, factor.values[index], strict=True)
    }
    value = float(np.exp(estimate.mean[index]))
    return ScaleQuantity(name, value, unit, errors, f"{estimate.names[index]}, {', '.join(estimate.factors)}", command)


def diffusion_time(length: float, diffusivity: ScaleQuantity, name: str) -> ScaleQuantity:
    """Time [s] of diffusion over a length [m], l²/D, with the diffusivity's errors."""
    errors = {cause: -error for cause, error in diffusivity.errors.items()}
    return replace(diffusivity, name=name, value=length**2 / diffusivity.value, unit="s", errors=errors)


@dataclass(frozen=True, eq=False)
class AtomisticScales:
    """Scales of one body of atomistic data on a material: a run, or a lattice with its hops.

    Lengths and times that are not known are None; nothing is guessed in their place. An `Estimate`, as `fit_correlation_length`
    and `fit_correlation_time` return, may stand for a correlation length or time.

    Raises
    ------
    ValueError
        If a quantity has a unit of another kind, or a correlation length is given beside its absence.
    """

    material: str
    label: str = ""
    """Name of the run or lattice, where a material has several."""
    correlation_length: ScaleQuantity | Estimate | None = None
    """[m]"""
    no_plateau: bool = False
    """True where fluctuations were measured and have no correlation length: those of a crystal."""
    correlation_time: ScaleQuantity | Estimate | None = None
    """[s]"""
    hop_length: ScaleQuantity | None = None
    """Distance from site to site [m]."""
    hop_time: ScaleQuantity | None = None
    """Mean time between the hops of one ion [s]."""
    cell_width: ScaleQuantity | None = None
    """Smallest width of the periodic simulation cell [m]."""
    run_length: ScaleQuantity | None = None
    """Length of the run without equilibration [s]."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Reason for which an estimator did not give a scale, by the field's name."""

    def __post_init__(self) -> None:
        for name, unit in KINDS.items():
            value = getattr(self, name)
            if isinstance(value, Estimate):
                value = of_estimate(value, name.replace("_", " "), unit)
                object.__setattr__(self, name, value)
            _validate_units(self.material, unit, value, name=name)
        if self.no_plateau and self.correlation_length is not None:
            raise ValueError(f"{self.material}: a correlation length is given beside no_plateau, that there is none; keep one")


KINDS = {
    "correlation_length": "m",
    "correlation_time": "s",
    "hop_length": "m",
    "hop_time": "s",
    "cell_width": "m",
    "run_length": "s",
}
"""Quantities of `AtomisticScales` and their units."""


@dataclass(frozen=True, eq=False)
class BodyScales:
    """Scales of the bodies of one material in which its numbers stand in a continuum equation: particles, or pores.

    Raises
    ------
    ValueError
        If a quantity has a unit of another kind, or the smallest diffusivity is above the largest one.
    """

    material: str
    place: str
    """Name of the bodies, e.g. "positive particle"."""
    size: ScaleQuantity | None
    """Radius of a particle, or width of a pore [m]."""
    gradient_lengths: tuple[ScaleQuantity, ...] = ()
    r"""Shortest lengths over which fields vary, :math:`c/\lvert\nabla c\rvert`, :math:`RT/\lvert\nabla\mu\rvert` [m]."""
    diffusivities: tuple[ScaleQuantity, ScaleQuantity] | None = None
    """Smallest and largest diffusivity that occurs [m2.s-1]."""
    process_time: ScaleQuantity | None = None
    """Time of the cell's operation, or of its shortest step [s]."""
    change_time: ScaleQuantity | None = None
    r"""Shortest time within which the composition changes at a place, :math:`c/\lvert\partial c/\partial t\rvert` [s]."""

    def __post_init__(self) -> None:
        _validate_units(self.place, "m", self.size, *self.gradient_lengths)
        _validate_units(self.place, "m2.s-1", *(self.diffusivities or ()))
        _validate_units(self.place, "s", self.process_time, self.change_time)
        if self.diffusivities is not None and self.diffusivities[0].value > self.diffusivities[1].value:
            raise ValueError(f"{self.place}: the smallest diffusivity is above the largest one; give them in this order")

    @property
    def diffusion_time(self) -> ScaleQuantity | None:
        """Time of diffusion over the whole body, with the smallest diffusivity [s]."""
        if self.size is None or self.diffusivities is None:
            return None
        return diffusion_time(self.size.value, self.diffusivities[0], f"diffusion time of the {self.place}")


@dataclass(frozen=True, eq=False)
class LayerScales:
    """Scales of one layer of the cell, whose electrolyte and solids are one continuum.

    Raises
    ------
    ValueError
        If a quantity has a unit of another kind.
    """

    layer: str
    """"negative electrode", "separator" or "positive electrode"."""
    thickness: ScaleQuantity
    """[m]"""
    particle_size: ScaleQuantity | None = None
    """Diameter of the particles [m]."""
    pore_size: ScaleQuantity | None = None
    """[m]"""
    gradient_lengths: tuple[ScaleQuantity, ...] = ()
    """Shortest lengths over which the electrolyte's concentration and potential vary [m]."""
    diffusivity: ScaleQuantity | None = None
    """Effective one of the salt in the pores, the smallest that occurs [m2.s-1]."""
    process_time: ScaleQuantity | None = None
    """[s]"""

    def __post_init__(self) -> None:
        _validate_units(self.layer, "m", self.thickness, self.particle_size, self.pore_size, *self.gradient_lengths)
        _validate_units(self.layer, "m2.s-1", self.diffusivity)
        _validate_units(self.layer, "s", self.process_time)

    @property
    def diffusion_time(self) -> ScaleQuantity | None:
        """Time of diffusion across the layer [s]."""
        if self.diffusivity is None:
            return None
        return diffusion_time(self.thickness.value, self.diffusivity, f"diffusion time across the {self.layer}")


def _validate_units(where: str, unit: str, *quantities: ScaleQuantity | None, name: str = "") -> None:
    """Raise ``ValueError`` where a quantity is none, or of another unit; ``name`` is the field's."""
    for quantity in quantities:
        if quantity is not None and not isinstance(quantity, ScaleQuantity):
            shown = name or "a scale"
            raise ValueError(f'{where}: {shown} is {quantity!r}; give a ScaleQuantity(name, value, "{unit}")')
        if quantity is not None and quantity.unit != unit:
            raise ValueError(f"{where}: {name or quantity.name} is in {quantity.unit}; give it in {unit}")


@dataclass(frozen=True, eq=False)
class ContinuumScales:
    """Scales of a cell: of the bodies of each material, and of its layers."""

    bodies: tuple[BodyScales, ...] = ()
    layers: tuple[LayerScales, ...] = ()
