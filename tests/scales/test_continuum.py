"""Scales of a cell against fields whose gradients are known, and against the cell's own parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.cell import Cell, LayerFields, MeanFields, ParticleFields
from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data.cells import smallest_width
from a2c_pybamm.parameter_set import ParameterSet, evaluate_base
from a2c_pybamm.scales import BodyScales, ContinuumScales, continuum_scales
from a2c_pybamm.scales.coefficient_errors import errors_of_entry

RADIUS, THICKNESS, T = 4e-6, 8e-5, 298.15
LENGTHS = {"concentration": 3e-6, "chemical potential": 2e-6, "salt": 1e-4, "potential": 4e-5}
"""Lengths over which the fields fall by a factor e, or by RT/F."""
CHANGE = 50.0
"""Time [s] in which compositions fall by a factor e."""


def made_fields(n: int = 401) -> MeanFields:
    """Exponentials in place and time, potentials linear in place."""
    time, r = np.linspace(0, 100, n), np.linspace(0, RADIUS, n)
    decay = np.exp(-time / CHANGE)[:, None, None]
    concentration = 1e4 * decay * np.exp(r / LENGTHS["concentration"])[None, None]
    thermal = GAS_CONSTANT * T / FARADAY
    potential = np.broadcast_to(thermal * r / LENGTHS["chemical potential"], concentration.shape)
    particle = ParticleFields(
        "negative", RADIUS, 0.6, r, concentration, concentration / 1e6, np.full((n, 1, n), 1e-14), potential
    )
    x = np.linspace(0, THICKNESS, n)
    salt = 1e3 * decay[:, 0] * np.exp(-x / LENGTHS["salt"])[None]
    layer = LayerFields(
        "negative electrode",
        THICKNESS,
        0.3,
        x,
        salt,
        np.broadcast_to(thermal * x / LENGTHS["potential"], salt.shape),
        np.full(salt.shape, 2e-10),
        0.15,
    )
    return MeanFields(time, np.array([100.0]), T, (particle,), (layer,))


@dataclass(frozen=True)
class GivenFields:
    """Stands for a cell that is solved already."""

    fields: MeanFields
    parameter_set: ParameterSet

    def mean_fields(self) -> MeanFields:
        return self.fields


@pytest.fixture(scope="module")
def shipped() -> ParameterSet:
    return a2c.load("LCO_graphite_universal_potentials")


def scales_of(fields: MeanFields, parameter_set: ParameterSet, **options: Any) -> ContinuumScales:
    return continuum_scales(GivenFields(fields, parameter_set), **options)  # type: ignore[arg-type]


def test_gradients_of_exponentials_come_back(shipped: ParameterSet) -> None:
    scales = scales_of(made_fields(), shipped, materials={"negative": "graphite", "electrolyte": "salt"})
    particle, pores = scales.bodies
    by_name = {
        q.name.removeprefix("gradient length of "): q.value for q in (*particle.gradient_lengths, *pores.gradient_lengths)
    }
    assert by_name == pytest.approx(LENGTHS, rel=1e-4)  # central differences of 401 points
    assert particle.change_time is not None
    assert particle.change_time.value == pytest.approx(CHANGE, rel=1e-4)
    assert particle.diffusion_time is not None
    assert particle.diffusion_time.value == pytest.approx(RADIUS**2 / 1e-14)


def test_sizes_are_those_of_the_layers(shipped: ParameterSet) -> None:
    scales = scales_of(made_fields(), shipped, materials={"negative": "graphite", "electrolyte": "salt"})
    (layer,) = scales.layers
    assert layer.thickness.value == THICKNESS
    assert layer.particle_size is not None
    assert layer.particle_size.value == 2 * RADIUS
    assert layer.pore_size is not None
    assert layer.pore_size.value == pytest.approx(4 * 0.3 / (3 * 0.6 / RADIUS))
    assert layer.diffusivity is not None
    assert layer.diffusivity.value == pytest.approx(2e-10 * 0.15 / 0.3)
    assert scales.bodies[1].size == layer.pore_size


def test_flat_fields_have_no_gradient_length(shipped: ParameterSet) -> None:
    fields = made_fields()
    (layer,) = fields.layers
    flat = replace(layer, concentration=np.full_like(layer.concentration, 1e3), potential=np.zeros_like(layer.potential))
    scales = scales_of(replace(fields, layers=(flat,)), shipped, materials={})
    assert scales.layers[0].gradient_lengths == ()
    assert scales.bodies == ()


def test_fields_flat_to_the_solvers_tolerance_have_a_bound(shipped: ParameterSet) -> None:
    """A ramp of a hundredth of the tolerance: its gradient length is above the bound, and the bound far above the layer."""
    fields = made_fields(21)
    (layer,) = fields.layers
    ramp = 1e3 * (1 + 1e-7 * layer.places / THICKNESS)
    nearly = replace(layer, concentration=np.broadcast_to(ramp, layer.concentration.shape))
    salt, potential = scales_of(replace(fields, layers=(nearly,)), shipped, materials={}).layers[0].gradient_lengths
    assert salt.name == "gradient length of salt, at least"
    assert 100 * THICKNESS < salt.value < THICKNESS / 1e-7
    assert potential.name == "gradient length of potential"


def test_errors_of_a_diffusivity_are_those_of_its_draws(shipped: ParameterSet) -> None:
    """First order against the draws of the joint, where the logarithm is nearly linear: graphite's hops in plane."""
    key, sto = "Negative particle diffusivity [m2.s-1]", 0.3
    errors = errors_of_entry(shipped, key, sto)
    law = shipped.attach[key].law
    draws = shipped.coefficients(shipped.joint.draw(4000, np.random.default_rng(3)))
    drawn = np.log(getattr(law, shipped.attach[key].method)(draws, np.array([sto]), shipped.temperature))
    assert np.linalg.norm(list(errors.values())) == pytest.approx(float(drawn.std()), rel=0.05)  # 1.1 % of 4000 draws
    assert errors_of_entry(shipped, "Electrolyte diffusivity [m2.s-1]", 1000.0) == {}


@pytest.fixture(scope="module")
def cell(shipped: ParameterSet) -> Cell:
    return Cell(shipped)


def test_scales_of_the_shipped_cell(cell: Cell, shipped: ParameterSet) -> None:
    """Radii and thicknesses are Ai2020's; the gradient at a particle's surface carries the current."""
    scales, fields = continuum_scales(cell), cell.mean_fields()
    assert [body.material for body in scales.bodies] == ["graphite", "LCO"]
    sizes = [body.size.value for body in scales.bodies if body.size]
    assert sizes == pytest.approx([5e-6, 3e-6])
    assert [layer.thickness.value for layer in scales.layers] == pytest.approx([7.65e-5, 2.5e-5, 6.8e-5])
    solved = cell.solve(cell.inputs.mean)
    process = scales.bodies[0].process_time
    assert process is not None
    assert process.value == pytest.approx(float(solved["end_time"][0]), rel=1e-3)
    _check_surface_flux(fields, cell)
    for side, particle in zip(("Negative", "Positive"), fields.particles, strict=True):
        key, sto = f"{side} particle diffusivity [m2.s-1]", particle.stoichiometry.ravel()
        D = evaluate_base(shipped.nominal(), key, sto, temperature=fields.temperature)
        assert particle.diffusivity.ravel() == pytest.approx(D, rel=1e-12), "PyBaMM's own variable has steps of 1.1e-16 m2/s"


def _check_surface_flux(fields: MeanFields, cell: Cell) -> None:
    """Flux into the mean particle, -D ∂c/∂r at its surface, against the current over the particles' area."""
    values, particle = cell.parameter_set.nominal(), fields.particles[0]
    sheets = values["Number of electrodes connected in parallel to make a cell"]
    area = values["Electrode width [m]"] * values["Electrode height [m]"] * sheets
    specific = 3 * particle.active_fraction / particle.radius
    flux = cell.current / (area * specific * values["Negative electrode thickness [m]"] * FARADAY)
    half = len(fields.time) // 2
    gradient = np.gradient(particle.concentration[half, 0], particle.places, edge_order=2)[-1]
    surface = np.array([particle.stoichiometry[half, 0, -1]])
    D = evaluate_base(values, "Negative particle diffusivity [m2.s-1]", surface, temperature=fields.temperature)[0]
    assert -D * gradient == pytest.approx(flux, rel=0.1)  # 5 % of 20 shells of the mesh


def test_body_without_a_diffusivity_has_no_diffusion_time() -> None:
    assert BodyScales("X", "pores", None).diffusion_time is None


def test_smallest_width_of_a_skewed_cell() -> None:
    """Hexagonal cell: faces along its vectors lie a √3/2 apart; each cell of several counts."""
    a, c = 3.0e-10, 1.4e-9
    hexagonal = np.array([[a, 0, 0], [-a / 2, a * np.sqrt(3) / 2, 0], [0, 0, c]])
    assert smallest_width(hexagonal) == pytest.approx(a * np.sqrt(3) / 2)
    assert smallest_width(np.array([2 * hexagonal, hexagonal])) == pytest.approx(a * np.sqrt(3) / 2)


@pytest.mark.slow
def test_a_mean_cell_without_a_solution_is_named() -> None:
    cell = Cell(ParameterSet("steep", "Chen2020", {}, a2c.Joint([])), model="SPMe", c_rate=300.0)
    with pytest.raises(a2c.SimulationFailed, match=r"set steep, fields of the mean cell: .*Minimum voltage"):
        continuum_scales(cell)
