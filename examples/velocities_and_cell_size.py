"""From velocities, and from finite cells, to the diffusivity of an infinite system, where all of it is known.

Run it as a script: ``python examples/velocities_and_cell_size.py``. Langevin particles have the tracer diffusivity kT/mγ, which
displacements, velocities and differences of positions must all give. A lattice gas in small crystals is faster than in a large
one by a known factor, and a liquid in a periodic cell slower by hydrodynamics.
"""

import tempfile
from pathlib import Path

import numpy as np

import a2c_pybamm as a2c
from a2c_pybamm.constants import BOLTZMANN
from a2c_pybamm.synthetic import LITHIUM_MASS, langevin_trajectory, lattice_gas_trajectory

T, FRICTION, INTERVAL = 700.0, 5e12, 2e-14  # K, 1/s, s between frames
ANGSTROM, ANGSTROM_PER_FEMTOSECOND = 1e-10, 1e5  # m, m/s


def velocities(folder: Path) -> None:
    """Einstein's and Green and Kubo's diffusivity of one run, read from one file."""
    run, moving = langevin_trajectory(
        4000, 30, friction=FRICTION, interval=INTERVAL, rng=np.random.default_rng(1), temperature=T
    )
    np.savez(
        folder / "run.npz",
        positions=run.positions / ANGSTROM,
        velocities=moving.velocities / ANGSTROM_PER_FEMTOSECOND,
        numbers=[3] * 30 + [57],
        frame_spacing_fs=INTERVAL * 1e15,
        target_temperature_K=T,
    )
    # Read with their checks: steps, velocities, masses, temperature and the time between frames must agree.
    trajectory = a2c.read_trajectory(folder / "run.npz")
    speeds: a2c.Velocities = a2c.read_velocities(folder / "run.npz")

    # The autocorrelation begins at 3kT/m and decays with the friction.
    curve: a2c.VelocityAutocorrelation = a2c.velocity_autocorrelation(speeds, "Li")
    mean, std = curve.by_atom.mean(axis=0), curve.by_atom.std(axis=0, ddof=1) / np.sqrt(len(curve.by_atom))
    exact = 3 * BOLTZMANN * T / LITHIUM_MASS * np.exp(-FRICTION * curve.lag)
    memory = curve.lag < 3 / FRICTION
    assert (np.abs(mean - exact)[memory] < 4 * std[memory]).all()

    msd: a2c.TracerMSD = a2c.mean_squared_displacement(trajectory, "Li")
    name, source = "Li ln(D_tr [m2.s-1])", "Langevin run (sampling)"
    estimates = {
        "displacements": a2c.fit_tracer_diffusivity(msd, name=name, source=source),
        "velocities": a2c.fit_green_kubo_diffusivity(speeds, "Li", name=name, source=source),
        "differences": a2c.fit_green_kubo_diffusivity(a2c.central_velocities(trajectory), "Li", name=name, source=source),
    }
    truth = np.log(BOLTZMANN * T / LITHIUM_MASS / FRICTION)
    print(f"D of Langevin particles, exactly {np.exp(truth):.3e} m2/s")
    for way, estimate in estimates.items():
        print(f"  by {way:13s} {np.exp(estimate.mean[0]):.3e} ± {estimate.std[0]:.1%}")
        assert abs(estimate.mean[0] - truth) < 3 * estimate.std[0]

    # How much later than the transient's end the fit begins is a setting, and so is the highest frequency: farther from it the
    # error bars are wider, and hold the truth as well.
    late = a2c.fit_tracer_diffusivity(msd, name=name, source=source, criterion=a2c.WindowCriterion(start_factor=8))
    first = [estimate.provenance["fit"]["window [s]"][0] for estimate in (estimates["displacements"], late)]
    low = a2c.fit_green_kubo_diffusivity(speeds, "Li", name=name, source=source, cutoff=FRICTION / 20)
    print(f"  first lag {first[0] * 1e12:.2g} ps, or {first[1] * 1e12:.2g} ps")
    assert first[1] > first[0] > 1 / FRICTION
    for wider, way in ((late, "displacements"), (low, "velocities")):
        assert wider.std[0] > estimates[way].std[0]
        assert abs(wider.mean[0] - truth) < 3 * wider.std[0]

    # Free particles move alike in all directions, and independently: no products between directions, nor between particles.
    tensor: a2c.TensorMSD = a2c.mean_squared_displacement_tensor(trajectory, "Li")
    np.testing.assert_allclose(np.trace(tensor.tracer), msd.value, rtol=1e-9)
    lag = len(tensor.lag) // 20
    along, across = np.diag(tensor.tracer[..., lag]), tensor.tracer[..., lag][np.triu_indices(3, 1)]
    assert np.abs(across).max() < 0.2 * along.mean()


def crystals() -> None:
    """Jump diffusivity of a half-filled lattice gas in cells of 2, 4 and 6 sites on an edge, and in the infinite crystal."""
    spacing, interval, rng = 3e-10, 1e-12, np.random.default_rng(2)
    infinite = np.log(0.5 * spacing**2 / (6 * interval))
    sizes: dict[float, a2c.Estimate] = {}
    for n in (2, 4, 6):
        gas = lattice_gas_trajectory(8000, n**3 // 2, n_cell=n, spacing=spacing, interval=interval, rng=rng)
        msd: a2c.CollectiveMSD = a2c.collective_mean_squared_displacement(gas, "Li")
        name, source = f"gas ln(D_J {n} [m2.s-1])", f"gas in {n} cells (sampling)"
        sizes[n * spacing] = a2c.fit_jump_diffusivity(msd, name=name, source=source, offset=False)
    limit = a2c.extrapolate_cell_size(sizes, name="gas ln(D_J [m2.s-1])")
    print(f"D_J of the lattice gas, in the infinite crystal exactly {np.exp(infinite):.3e} m2/s")
    for length, estimate in sizes.items():
        print(f"  in {length * 1e10:2.0f} Å {np.exp(estimate.mean[0]):.3e} ± {estimate.std[0]:.1%}")
    print(f"  extrapolated {np.exp(limit.mean[0]):.3e} ± {limit.std[0]:.1%}")
    assert sizes[2 * spacing].mean[0] - infinite > 3 * sizes[2 * spacing].std[0]  # 14 % too fast
    assert abs(limit.mean[0] - infinite) < 3 * limit.std[0]


def liquid() -> None:
    """Diffusivity of water molecules in two periodic cells, corrected to one and the same of the infinite liquid."""
    bulk, eta, T_liquid = 2.3e-9, 0.89e-3, 298.15  # m2/s, Pa.s, K
    viscosity = a2c.declare(["ln(eta [Pa.s])"], [np.log(eta)], std=0.05, source="viscosity", reason="measured")
    corrected = []
    for edge in (2e-9, 4e-9):
        slower = bulk - 2.837297 * BOLTZMANN * T_liquid / (6 * np.pi * eta * edge)  # Yeh and Hummer (2004)
        cell = a2c.declare([f"ln(D {edge:g})"], [np.log(slower)], std=0.02, source=f"MD {edge:g} m", reason="example")
        estimate = a2c.yeh_hummer_correction(
            cell, box_length=edge, temperature=T_liquid, viscosity=viscosity, name=f"ln(D [m2.s-1]) from {edge:g} m"
        )
        infinite = np.exp(estimate.mean[0])
        print(f"D of water in {edge * 1e9:.0f} nm {slower:.2e}, infinite {infinite:.2e} m2/s ± {estimate.std[0]:.1%}")
        corrected.append(estimate)
    np.testing.assert_allclose([estimate.mean[0] for estimate in corrected], np.log(bulk), atol=1e-6)
    # The larger the cell, the less of the viscosity's error enters.
    shares = [np.linalg.norm(estimate.factors["viscosity"].values) for estimate in corrected]
    assert shares[1] < 0.6 * shares[0]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        velocities(Path(folder))
    crystals()
    liquid()
