"""A short run of Li6PS5Cl: the field of its lithium, its correlations in space and time, and what they allow.

Run it as a script: ``python examples/scales_of_li6ps5cl.py``. The run has 24 lithium ions in a cell of 9.86 Å and lasts 4.9 ps
(``examples/data/li6ps5cl/README.md``). Its density of lithium, averaged over a Gaussian, shows the sites up to a width of some
Ångström. A crystal's fluctuations have no correlation length: its variance falls faster than any power of the width. The report
of scales then shows which bodies such a number is for: a grain of 5 µm, but not one of 5 nm; and that the run itself is short.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from a2c_pybamm import (
    BodyScales,
    ContinuumScales,
    Gaussian,
    NoPlateau,
    ScaleQuantity,
    central_velocities,
    compare_scales,
    density_field,
    field_variance,
    fit_correlation_length,
    fit_tracer_diffusivity,
    mean_squared_displacement,
    read_configurations,
    read_trajectory,
    scales_of_run,
)
from a2c_pybamm.scales import ConditionKind, ScaleStatus

DATA = Path(__file__).parent / "data" / "li6ps5cl"
PICOSECOND, ANGSTROM = 1e-12, 1e-10
N_LITHIUM, LATTICE_CONSTANT = 24, 9.859 * ANGSTROM
NAME = "Li6PS5Cl"

# ---- the field of lithium, with its bands
print("  T [K]   width of the Gaussian [Å]   contrast of the field   its standard error   independent blocks")
contrast: dict[tuple[int, float], float] = {}
error: dict[tuple[int, float], float] = {}
for T in (700, 1300):
    configurations = read_configurations(DATA / f"traj_{T}K.npz", discard=PICOSECOND)
    for width in (0.5, 1.0, 2.0, 3.0):
        field = density_field(configurations, Gaussian(width * ANGSTROM), grid=0.3 * ANGSTROM, species="Li")
        mean = float(field.mean.mean())
        contrast[T, width] = float(field.mean.std()) / mean
        error[T, width] = float(np.sqrt(np.mean(field.standard_error**2))) / mean
        numbers = f"{contrast[T, width]:23.3f}   {error[T, width]:18.3f}   {field.effective_blocks:18.1f}"
        print(f"{T:7d}   {width:25.1f}   {numbers}")
        # Whatever the width, all lithium is there.
        assert abs(field.integral / N_LITHIUM - 1) < 1e-12

# Sites stand out of the noise: the contrast of noise alone would be its standard error. They are gone at 3 Å.
# At 0.5 Å, and at 1300 K, some five independent blocks do not show them.
assert all(contrast[700, width] > 2.5 * error[700, width] for width in (1.0, 2.0))
assert all(contrast[T, 0.5] < 2 * error[T, 0.5] for T in (700, 1300))
assert all(contrast[T, 0.5] > contrast[T, 1.0] > contrast[T, 2.0] > contrast[T, 3.0] for T in (700, 1300))
assert contrast[700, 3.0] < 0.05

# ---- correlations in space: a crystal's
cold = read_configurations(DATA / "traj_700K.npz", discard=PICOSECOND)
share = field_variance(cold, species="Li", kind="composition")
try:
    fit_correlation_length(share, material=NAME, source="MD 700 K (sampling)")
    plateau = True
except NoPlateau as refusal:
    plateau = False
    print(f"\nCorrelation length: none. {refusal}")
assert not plateau

# ---- correlations in time, and all scales of the run together
run = read_trajectory(DATA / "traj_700K.npz", discard=PICOSECOND)
atoms = scales_of_run(NAME, "Li", cold, lambda: central_velocities(run))
atoms = replace(atoms, hop_length=ScaleQuantity("lattice constant", LATTICE_CONSTANT, "m", source="the run's cubic cell"))
memory = atoms.correlation_time
assert isinstance(memory, ScaleQuantity)
print(f"Correlation time of the velocities: {memory.value * 1e15:.1f} ± {memory.std * 1e15:.1f} fs")
# A few frames of 12.5 fs, over which central differences are already averaged: an upper bound of the vibrations' memory. It is
# that of cages; hops back and forth, which a run of 4.9 ps hardly holds, have a longer memory.
assert 12.5e-15 < memory.value < 100e-15

# ---- what the number is for: grains of two sizes in a separator that is used for an hour
D = fit_tracer_diffusivity(mean_squared_displacement(run, "Li"), name="ln D", source="MD 700 K (sampling)")
diffusivity = ScaleQuantity("tracer diffusivity", float(np.exp(D.mean[0])), "m2.s-1", {"MD 700 K": float(D.std[0])})
hour = ScaleQuantity("time of the process", 3600.0, "s")
for name, radius in (("grain of 5 µm", 5e-6), ("grain of 5 nm", 5e-9)):
    size = ScaleQuantity("radius of the grain", radius, "m")
    body = BodyScales(NAME, name, size, diffusivities=(diffusivity, diffusivity), process_time=hour)
    report = compare_scales(atoms, ContinuumScales((body,)))
    print(f"\n{report}")
    status = {condition.kind: condition.status for condition in report.conditions}
    large = radius > 1e-6
    assert (status[ConditionKind.BODY] is ScaleStatus.HOLDS) == large
    assert (status[ConditionKind.HOP] is ScaleStatus.HOLDS) == large
    # The data themselves: no correlation length to hold the cell against, and 127 correlation times, where 200 are wanted.
    assert status[ConditionKind.CELL_WIDTH] is ScaleStatus.NOT_APPLICABLE
    assert status[ConditionKind.RUN_LENGTH] is ScaleStatus.VIOLATED
    assert status[ConditionKind.MEMORY_PROCESS] is ScaleStatus.HOLDS
