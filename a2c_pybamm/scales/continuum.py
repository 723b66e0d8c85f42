r"""Scales of a cell, measured from one solve at the mean coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from a2c_pybamm.cell import Cell, LayerFields, MeanFields, ParticleFields
from a2c_pybamm.constants import FARADAY, GAS_CONSTANT, RELATIVE_ROUND_OFF
from a2c_pybamm.estimate import Array
from a2c_pybamm.parameter_set import ParameterSet
from a2c_pybamm.scales.coefficient_errors import errors_of_entry
from a2c_pybamm.scales.quantities import BodyScales, ContinuumScales, LayerScales, ScaleQuantity

COMMAND = "continuum_scales(cell)"
"""Call that gives the numbers of this file."""


@dataclass(frozen=True)
class Flatness:
    """Change of a field below which its gradients are the solver's noise."""

    solver_tolerance: float = 1e-5
    """Relative to the field, or to RT/F; that of the cell's solver."""


@dataclass(frozen=True)
class PoreGeometry:
    """Factors of the pores' size between spheres."""

    sphere: float = 3.0
    """Area of a sphere over its volume, times its radius."""
    hydraulic: float = 4.0
    """Diameter of a round tube, times its wall over its volume."""


FLATNESS, PORE_GEOMETRY = Flatness(), PoreGeometry()


def continuum_scales(
    cell: Cell, *, materials: Mapping[str, str] | None = None, pore_sizes: Mapping[str, ScaleQuantity] | None = None
) -> ContinuumScales:
    r"""Scales of a cell's particles, pores and layers, from its own solve at the mean coefficients.

    =====================================  ==================================================================================
    scale                                  from
    =====================================  ==================================================================================
    particle radius, layer thickness       the mesh of the model
    gradient lengths of a particle         :math:`c/|\partial c/\partial r|` and :math:`RT/|\partial\mu/\partial r|`,
                                           :math:`\mu = -FU(c)` with the set's own potential
    gradient lengths of a layer            :math:`c_e/|\partial c_e/\partial x|`, :math:`(RT/F)/|\partial\phi_e/\partial x|`
    time of change                         :math:`c/|\partial c/\partial t|`
    time of the process                    the simulated time, or that of the shortest step
    pore size                              :math:`4\varepsilon/a` with the particles' area :math:`a = 3\varepsilon_s/R`
    =====================================  ==================================================================================

    Each gradient length and time of change is the shortest over all places and times of the solve, or a bound below it where
    the field is flat to the solver's tolerance; their values are at the mean coefficients and have no error bar. A diffusivity
    that a law gives has that of its coefficients.

    Parameters
    ----------
    materials
        Materials by place ("negative", "positive", "electrolyte") whose bodies are wanted; the laws' own if not given.
    pore_sizes
        Pore sizes by layer in the place of that from the particles' area, which a separator lacks.
    """
    fields = cell.mean_fields()
    wanted = materials_of(cell.parameter_set) if materials is None else materials
    process = _process_time(fields)
    layers = tuple(_layer(layer, fields, process, pore_sizes or {}) for layer in fields.layers)
    bodies = [
        _particle(particle, wanted[particle.side], cell.parameter_set, fields, process)
        for particle in fields.particles
        if particle.side in wanted
    ]
    if "electrolyte" in wanted and layers:
        bodies.append(_electrolyte(wanted["electrolyte"], fields, layers, process, cell.parameter_set))
    return ContinuumScales(tuple(bodies), layers)


def materials_of(parameter_set: ParameterSet) -> dict[str, str]:
    """Materials whose transport laws give, by place: "negative", "positive", "electrolyte"."""
    keys = {
        "negative": "Negative particle diffusivity [m2.s-1]",
        "positive": "Positive particle diffusivity [m2.s-1]",
        "electrolyte": "Electrolyte conductivity [S.m-1]",
    }
    found = {place: parameter_set.attach[key].law for place, key in keys.items() if key in parameter_set.attach}
    return {place: str(law.material) for place, law in found.items() if hasattr(law, "material")}


def _quantity(name: str, value: float, unit: str, source: str, errors: Mapping[str, float] | None = None) -> ScaleQuantity:
    return ScaleQuantity(name, float(value), unit, errors or {}, source, COMMAND)


def _process_time(fields: MeanFields) -> ScaleQuantity:
    """The simulated time, or that of the shortest of several steps."""
    several = len(fields.steps) > 1
    name = "time of the shortest step" if several else "time of the process"
    return _quantity(name, fields.steps.min(), "s", "the simulation of the cell")


@dataclass(frozen=True)
class _Shortest:
    """Shortest length or time within which a field changes."""

    value: float
    at_least: bool
    """True where the field is flat to the solver's tolerance, so that only this bound is known."""

    def quantity(self, name: str, unit: str, source: str) -> ScaleQuantity:
        """It by its name."""
        return _quantity(f"{name}, at least" if self.at_least else name, self.value, unit, source)


def _bound(size: Array, spread: Array, step: float, axis: int) -> _Shortest | None:
    """Bound below size over |derivative| of a flat field, whose one-sided differences over a step are at most twice its spread.

    The spread counts as the solver's tolerance at the least. None where no size is positive.
    """
    least, largest = np.abs(size).min(axis=axis), np.abs(size).max(axis=axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        bounds = least * step / (2 * np.maximum(spread, FLATNESS.solver_tolerance * largest))
    bounds = bounds[np.isfinite(bounds) & (bounds > 0)]
    return _Shortest(float(bounds.min()), True) if bounds.size else None


def _shortest(field: Array, scale: Array | float, places: Array, axis: int) -> _Shortest | None:
    """Shortest of scale over |derivative of the field| along an axis; None where the field is uniform to round-off.

    ``places`` are the coordinates along the axis. Where the field is flat to the solver's tolerance, it changes by no more than
    that between neighbouring places.
    """
    size = np.broadcast_to(scale, field.shape)
    usual = float(np.abs(size[np.isfinite(size)]).max(initial=0.0))
    spread = np.ptp(field, axis=axis)
    largest = float(spread[np.isfinite(spread)].max(initial=0.0))
    if largest <= FLATNESS.solver_tolerance * usual:
        if largest <= RELATIVE_ROUND_OFF * np.abs(field[np.isfinite(field)]).max(initial=0.0):
            return None
        return _bound(size, spread, float(np.diff(places).min()), axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        lengths = size / np.abs(np.gradient(field, places, axis=axis, edge_order=2))
    lengths = lengths[np.isfinite(lengths) & (lengths > 0)]
    return _Shortest(float(lengths.min()), False) if lengths.size else None


def _lengths(found: Mapping[str, _Shortest | None], source: str) -> tuple[ScaleQuantity, ...]:
    """Lengths that were found, by name."""
    return tuple(shortest.quantity(name, "m", source) for name, shortest in found.items() if shortest is not None)


def _particle(
    fields: ParticleFields, material: str, parameter_set: ParameterSet, mean: MeanFields, process: ScaleQuantity
) -> BodyScales:
    """Scales of one electrode's particles."""
    place, solve = f"{fields.side} particle", f"composition of the {fields.side} particles in the solve"
    found = {"gradient length of concentration": _shortest(fields.concentration, fields.concentration, fields.places, 2)}
    if fields.potential is not None:
        thermal = GAS_CONSTANT * mean.temperature / FARADAY
        found["gradient length of chemical potential"] = _shortest(fields.potential, thermal, fields.places, 2)
    key = f"{fields.side.capitalize()} particle diffusivity [m2.s-1]"
    change = _shortest(fields.concentration, fields.concentration, mean.time, 0)
    return BodyScales(
        material,
        place,
        _quantity("particle radius", fields.radius, "m", f"{fields.side.capitalize()} particle radius [m]"),
        _lengths(found, solve),
        _diffusivities(fields.diffusivity, fields.stoichiometry, key, "stoichiometry", parameter_set),
        process,
        None if change is None else change.quantity("time of local change", "s", solve),
    )


def _diffusivities(
    values: Array, places: Array, key: str, of: str, parameter_set: ParameterSet
) -> tuple[ScaleQuantity, ScaleQuantity] | None:
    """Smallest and largest diffusivity of a field, each with the errors of its law there; None where all are 0."""
    positive = np.flatnonzero((values.ravel() > 0) & np.isfinite(values.ravel()))
    if not positive.size:
        return None
    D, composition = values.ravel()[positive], places.ravel()[positive]
    smallest, largest = (
        _quantity(
            name, D[k], "m2.s-1", f"{key} at {of} {composition[k]:.3g}", errors_of_entry(parameter_set, key, composition[k])
        )
        for name, k in (("smallest diffusivity", D.argmin()), ("largest diffusivity", D.argmax()))
    )
    return smallest, largest


def _layer(
    fields: LayerFields, mean: MeanFields, process: ScaleQuantity, pore_sizes: Mapping[str, ScaleQuantity]
) -> LayerScales:
    """Scales of one layer."""
    particle = next((p for p in mean.particles if fields.layer == f"{p.side} electrode"), None)
    size, pore = None, pore_sizes.get(fields.layer)
    key = fields.layer.capitalize()
    if particle is not None:
        size = _quantity(
            "particle diameter", 2 * particle.radius, "m", f"twice {particle.side.capitalize()} particle radius [m]"
        )
        pore = pore or _quantity("pore size", _pore_size(particle, fields.porosity), "m", f"4ε/a, {key} porosity over 3ε_s/R")
    thermal = GAS_CONSTANT * mean.temperature / FARADAY
    found = {
        "gradient length of salt": _shortest(fields.concentration, fields.concentration, fields.places, 1),
        "gradient length of potential": _shortest(fields.potential, thermal, fields.places, 1),
    }
    effective = fields.transport_efficiency / fields.porosity * float(fields.diffusivity.min())
    return LayerScales(
        fields.layer,
        _quantity("thickness", fields.thickness, "m", f"{key} thickness [m]"),
        size,
        pore,
        _lengths(found, f"electrolyte of the {fields.layer} in the solve"),
        _quantity("effective diffusivity", effective, "m2.s-1", "D_e B/ε, smallest of the solve") if effective > 0 else None,
        process,
    )


def _pore_size(particle: ParticleFields, porosity: float) -> float:
    """Hydraulic diameter 4ε/a [m] of the pores between spheres of area a = 3ε_s/R for each volume."""
    area = PORE_GEOMETRY.sphere * particle.active_fraction / particle.radius
    return PORE_GEOMETRY.hydraulic * porosity / area


def _electrolyte(
    material: str, fields: MeanFields, layers: tuple[LayerScales, ...], process: ScaleQuantity, parameter_set: ParameterSet
) -> BodyScales:
    """Scales of the electrolyte in the pores of all layers."""
    pores = [layer.pore_size for layer in layers if layer.pore_size is not None]
    gradients: dict[str, ScaleQuantity] = {}
    for gradient in (gradient for layer in layers for gradient in layer.gradient_lengths):
        kind = gradient.name.partition(",")[0]
        gradients[kind] = min(gradients.get(kind, gradient), gradient, key=lambda q: q.value)
    key = "Electrolyte diffusivity [m2.s-1]"
    c_e, D = (np.concatenate([getattr(f, n).ravel() for f in fields.layers]) for n in ("concentration", "diffusivity"))
    changes = [_shortest(f.concentration, f.concentration, fields.time, 0) for f in fields.layers]
    shortest = min((change for change in changes if change is not None), key=lambda change: change.value, default=None)
    return BodyScales(
        material,
        "electrolyte in pores",
        min(pores, key=lambda pore: pore.value, default=None),
        tuple(gradients.values()),
        _diffusivities(D, c_e, key, "concentration [mol.m-3]", parameter_set),
        process,
        None if shortest is None else shortest.quantity("time of local change", "s", "salt of the electrolyte in the solve"),
    )
