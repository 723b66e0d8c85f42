"""Density of ions across a slab that drifts, with its bands, and the velocity of the flow, from a synthetic run of known truth.

Run with ``python examples/profile_across_a_slab.py``; it writes ``slab.nc``.
"""

import numpy as np

import a2c_pybamm as a2c
from a2c_pybamm.synthetic import Slab

NANOMETRE = 1e-9
ALONG = 2
"""Cell vector across the slab."""
N_PLANE = 96
DRIFT = 25.0
"""Velocity of the slab [m.s-1]: 7.5 nm in the run, nearly the length of the cell."""


def main() -> None:
    """Profile in the frame of the slab, held against the truth."""
    slab = Slab(number=240, thickness=4 * NANOMETRE, face=0.3 * NANOMETRE, memory=4.0, drift=DRIFT)
    run = slab.configurations(300, np.random.default_rng(7))  # your own: a2c.read_configurations("run.lammpstrj", ...)
    centred = a2c.centred(run, "La", ALONG)  # the framework, which the ions do not move

    kernel = a2c.Gaussian(0.25 * NANOMETRE)
    line = (1, 1, N_PLANE)  # averages over whole planes: nothing but the profile is computed
    profile = a2c.field_profile(a2c.density_field(centred, kernel, grid=line, species="Li"), ALONG)
    z = profile.position - profile.length / 2
    truth = slab.smoothed_density(N_PLANE, kernel)[1]

    print(f"{profile.quantity} [{profile.unit}], {len(profile.blocks)} blocks, {profile.effective_blocks:.1f} independent ones")
    for plane in range(0, N_PLANE, 8):
        print(
            f"  z = {z[plane] / NANOMETRE:5.2f} nm  {profile.mean[plane]:10.3e} ± {profile.half_width()[plane]:.1e} (95 %)"
            f"  true {truth[plane]:.3e}"
        )
    number = profile.mean.mean() * profile.area * profile.length
    assert abs(number / slab.number - 1) < 1e-12, "the integral is the number of ions"
    occupied = truth > 1e-2 * truth.max()
    held = [float((np.abs(profile.mean - truth) < profile.half_width(level))[occupied].mean()) for level in (0.68, 0.95)]
    print(f"bands hold the truth at {held[0]:.0%} of {occupied.sum()} planes at 68 %, {held[1]:.0%} at 95 %")
    assert held[1] > 0.85, "neighbouring planes vary together: a share of one run scatters"

    blurred = a2c.field_profile(a2c.density_field(run, kernel, grid=line, species="Li"), ALONG)
    print(f"without centring the largest density is {blurred.mean.max() / truth.max():.2f} of the true one")
    assert blurred.mean.max() < 0.8 * truth.max()

    # wide enough that no plane is empty: where the density is zero within its error, a velocity is refused
    wide = a2c.Gaussian(1.5 * NANOMETRE)
    momentum = a2c.momentum_field(centred, wide, grid=line)
    mass = a2c.density_field(centred, wide, grid=line, weight="mass")
    velocity = a2c.field_profile(a2c.flow_velocity(momentum, mass), ALONG)
    along, error = velocity.mean[ALONG], velocity.standard_error[ALONG]
    middle = int(np.argmax(mass.mean.ravel()))
    print(f"velocity of the flow in the middle: {along[middle]:.1f} ± {error[middle]:.1f} m/s (drift {DRIFT:g} m/s)")
    assert abs(along[middle] - DRIFT) < 4 * error[middle]

    path = a2c.write_field("slab.nc", profile)
    again = a2c.read_field(path)
    assert np.array_equal(again.mean, profile.mean), "the file holds the record"
    print(f"{path}: mean, standard error and blocks, with units")


if __name__ == "__main__":
    main()
