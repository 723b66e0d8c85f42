"""Fields of the mean cell at each place and time of one solve: compositions of particles, electrolyte across the layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.cell.protocol import DriveCycle, Steps
from a2c_pybamm.cell.solving import Setup
from a2c_pybamm.estimate import Array
from a2c_pybamm.formatting import message_line
from a2c_pybamm.parameter_set import evaluate_base, evaluate_entry, silent_pybamm

SIDES = ("negative", "positive")
LAYERS = ("Negative", "Separator", "Positive")
"""First words of PyBaMM's variables of the layers."""


@dataclass(frozen=True, eq=False)
class ParticleFields:
    """Composition of an electrode's particles, from the centre to the surface."""

    side: str
    """"negative" or "positive"."""
    radius: float
    """[m]"""
    active_fraction: float
    """Volume of particles over that of the electrode, mean over the layer."""
    places: Array
    """Distances from the centre [m] (n_r,), the surface last."""
    concentration: Array
    """[mol.m-3] (n_time, n_x, n_r)"""
    stoichiometry: Array
    """Concentration over the largest one (n_time, n_x, n_r)."""
    diffusivity: Array
    """The set's own entry at each composition [m2.s-1] (n_time, n_x, n_r), without PyBaMM's factor of stress."""
    potential: Array | None
    """Open-circuit potential of each composition [V] (n_time, n_x, n_r); None where no entry of the set gives one."""


@dataclass(frozen=True, eq=False)
class LayerFields:
    """Electrolyte in a porous layer."""

    layer: str
    """"negative electrode", "separator" or "positive electrode"."""
    thickness: float
    """[m]"""
    porosity: float
    """Mean over the layer."""
    places: Array
    """[m] (n_x,)"""
    concentration: Array
    """[mol.m-3] (n_time, n_x)"""
    potential: Array
    """[V] (n_time, n_x)"""
    diffusivity: Array
    """Of the salt in the bulk electrolyte [m2.s-1] (n_time, n_x)."""
    transport_efficiency: float
    """Effective conductivity over the bulk electrolyte's, mean over the layer."""


@dataclass(frozen=True, eq=False)
class MeanFields:
    """Fields of one solve at the mean coefficients."""

    time: Array
    """[s] (n_time,)"""
    steps: Array
    """Durations of the steps, or between the kinks of a drive cycle [s] (n_step,)."""
    temperature: float
    """Of the set [K]."""
    particles: tuple[ParticleFields, ...]
    layers: tuple[LayerFields, ...]


def solve_fields(
    setup: Setup, inputs: dict[str, float], end: float, values: pybamm.ParameterValues, *, temperature: float, n_time: int
) -> MeanFields:
    """Fields of one set of inputs at equally spaced times.

    Parameters
    ----------
    end
        Time [s] by which a constant current has ended.
    values
        PyBaMM's values at the same coefficients, for functions of compositions.

    Raises
    ------
    ValueError
        If PyBaMM does not solve it.
    """
    simulation = setup.simulation(keep_state=True)
    with silent_pybamm():
        solution = _solution(simulation, setup, inputs, end)
        time = np.linspace(solution.t[0], solution.t[-1], n_time)
        of = _Values(solution, simulation.model.variables, time)
        particles = (_particle(side, of, values, temperature) for side in SIDES)
        layers = (_layer(layer, of, values, temperature) for layer in LAYERS)
        return MeanFields(
            time,
            _durations(setup, solution),
            temperature,
            tuple(fields for fields in particles if fields is not None),
            tuple(fields for fields in layers if fields is not None),
        )


def _solution(simulation: pybamm.Simulation, setup: Setup, inputs: dict[str, float], end: float) -> Any:
    """PyBaMM's solution with its whole state."""
    try:
        if isinstance(setup.protocol, Steps):
            solution = simulation.solve(inputs=inputs, calc_esoh=False)
        else:
            stops = setup.protocol.stops if isinstance(setup.protocol, DriveCycle) else np.array([0.0, end])
            solution = simulation.solve(stops, inputs=inputs)
    except Exception as error:  # whatever PyBaMM raises, the cell is not solved
        raise ValueError(f"fields of the mean cell: {message_line(error)}; change the steps, limits or values") from error
    if isinstance(solution, pybamm.EmptySolution):
        raise ValueError("fields of the mean cell: no step was done, each would end where it begins; change the steps")
    return solution


def _durations(setup: Setup, solution: Any) -> Array:
    """Durations [s] of a protocol's parts."""
    if isinstance(setup.protocol, DriveCycle):
        stops = setup.protocol.stops
        return np.diff(np.append(stops[stops < solution.t[-1]], solution.t[-1]))
    if isinstance(setup.protocol, Steps):
        steps = [step for cycle in solution.cycles for step in cycle.steps if not isinstance(step, pybamm.EmptySolution)]
        return np.array([step.t[-1] - step.t[0] for step in steps])
    return np.array([solution.t[-1] - solution.t[0]])


@dataclass(frozen=True, eq=False)
class _Values:
    """Variables of a solution at given times."""

    solution: Any
    known: Mapping[str, Any]
    time: Array

    def __call__(self, variable: str) -> Array:
        """Values (n_time, …), the places in PyBaMM's order."""
        return np.moveaxis(np.asarray(self.solution[variable](self.time), float), -1, 0)

    def mesh(self, variable: str) -> Any:
        """The variable's mesh along its first axis."""
        return self.solution[variable].mesh

    def has(self, *variables: str) -> bool:
        """True where the model has all of them."""
        return all(variable in self.known for variable in variables)


def _particle(side: str, of: _Values, values: pybamm.ParameterValues, temperature: float) -> ParticleFields | None:
    """Fields of one electrode's particles; None where the model has none of one size."""
    start = side.capitalize()
    name, at_surface = f"{start} particle concentration [mol.m-3]", f"{start} particle surface concentration [mol.m-3]"
    fraction = f"{start} electrode active material volume fraction"
    if not of.has(name, at_surface, fraction):
        return None
    inside = of(name)
    if inside.ndim != len(("time", "r", "x")):  # particles of several sizes
        return None
    mesh = of.mesh(name)
    concentration = np.concatenate([np.moveaxis(inside, 1, 2), of(at_surface)[:, :, None]], axis=2)
    stoichiometry = concentration / float(values.evaluate(values[f"Maximum concentration in {side} electrode [mol.m-3]"]))
    # PyBaMM's variable of it comes in steps of 1.1e-16 m2.s-1, and is 0 below half of one
    diffusivity = evaluate_entry(values, f"{start} particle diffusivity [m2.s-1]", stoichiometry.ravel(), temperature)
    key, potential = f"{start} electrode OCP [V]", None
    if key in values:
        with np.errstate(invalid="ignore", divide="ignore"):  # at an empty or full surface
            potential = evaluate_base(values, key, stoichiometry.ravel()).reshape(stoichiometry.shape)
    return ParticleFields(
        side,
        float(mesh.edges[-1]),
        float(of(fraction).mean()),
        np.append(mesh.nodes, mesh.edges[-1]),
        concentration,
        stoichiometry,
        diffusivity.reshape(stoichiometry.shape),
        potential,
    )


def _layer(start: str, of: _Values, values: pybamm.ParameterValues, temperature: float) -> LayerFields | None:
    """Fields of one layer's electrolyte; None where the cell has no such layer."""
    name, potential = f"{start} electrolyte concentration [mol.m-3]", f"{start} electrolyte potential [V]"
    layer = start if start == LAYERS[1] else f"{start} electrode"
    porosity, efficiency = f"{layer} porosity", f"{start} electrolyte transport efficiency"
    if not of.has(name, potential, porosity, efficiency):
        return None
    concentration, mesh = of(name), of.mesh(name)
    diffusivity = evaluate_entry(values, "Electrolyte diffusivity [m2.s-1]", concentration.ravel(), temperature)
    return LayerFields(
        layer.lower(),
        float(mesh.edges[-1] - mesh.edges[0]),
        float(of(porosity).mean()),
        np.asarray(mesh.nodes, float),
        concentration,
        of(potential),
        diffusivity.reshape(concentration.shape),
        float(of(efficiency).mean()),
    )
