"""Density of ions across a slab that drifts, with its bands, and the velocity of the flow, from a synthetic run of known truth.

Run with ``python examples/profile_across_a_slab.py``; it writes ``slab.nc``, and with ``--figure slab_profile.svg`` a figure.
"""

import argparse
from pathlib import Path

import numpy as np

import a2c_pybamm as a2c
from a2c_pybamm.synthetic import Slab

NANOMETRE = 1e-9
ALONG = 2
"""Cell vector across the slab."""
LINE = (1, 1, 96)
"""Averages over whole planes: nothing but the profile is computed."""
SLAB = Slab(number=240, thickness=4 * NANOMETRE, face=0.3 * NANOMETRE, memory=4.0, drift=25.0)
"""It drifts by 7.5 nm in the run, nearly the length of the cell."""
KERNEL = a2c.Gaussian(0.25 * NANOMETRE)


def check_profile(profile: a2c.FieldProfile, truth: np.ndarray) -> None:
    """Print the profile of the ions, and hold its bands against the truth."""
    print(f"{profile.quantity} [{profile.unit}], {len(profile.blocks)} blocks, {profile.effective_blocks:.1f} independent ones")
    z, band = profile.position - profile.length / 2, profile.half_width(0.95)
    for plane in range(0, len(z), 8):
        print(
            f"  z = {z[plane] / NANOMETRE:5.2f} nm  {profile.mean[plane]:10.3e} ± {band[plane]:.1e} (95 %)"
            f"  true {truth[plane]:.3e}"
        )
    number = profile.mean.mean() * profile.area * profile.length
    assert abs(number / SLAB.number - 1) < 1e-12, "the integral is the number of ions"
    occupied = truth > 1e-2 * truth.max()
    held = [float((np.abs(profile.mean - truth) < profile.half_width(level))[occupied].mean()) for level in (0.68, 0.95)]
    print(f"bands hold the truth at {held[0]:.0%} of {occupied.sum()} planes at 68 %, {held[1]:.0%} at 95 %")
    assert held[1] > 0.85, "neighbouring planes vary together: a share of one run scatters"


def check_velocity(run: a2c.Configurations) -> None:
    """Print the velocity of the flow in the middle, and hold it against the drift.

    The kernel is so wide that no plane is empty: where the density is zero within its error, a velocity is refused.
    """
    wide = a2c.Gaussian(1.5 * NANOMETRE)
    momentum = a2c.momentum_field(run, wide, grid=LINE)
    mass = a2c.density_field(run, wide, grid=LINE, weight="mass")
    velocity = a2c.field_profile(a2c.flow_velocity(momentum, mass), ALONG)
    middle = LINE[ALONG] // 2
    along, error = velocity.mean[ALONG, middle], velocity.standard_error[ALONG, middle]
    print(f"velocity of the flow in the middle: {along:.1f} ± {error:.1f} m/s (drift {SLAB.drift:g} m/s)")
    assert abs(along - SLAB.drift) < 4 * error


def draw(path: Path, profile: a2c.FieldProfile, blurred: a2c.FieldProfile, truth: np.ndarray) -> None:
    """The profile with its bands, the truth, and what the drift makes of it."""
    import matplotlib
    from matplotlib.figure import Figure

    z, scale = (profile.position - profile.length / 2) / NANOMETRE, truth.max()
    with matplotlib.rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "path"}):
        figure = Figure(figsize=(6.5, 3.6), layout="constrained")
        axes = figure.subplots()
        low, high = (profile.mean + side * profile.half_width(0.95) for side in (-1, 1))
        axes.fill_between(z, low / scale, high / scale, color="#0072B2", alpha=0.3, linewidth=0, label="95 % band")
        axes.plot(z, profile.mean / scale, color="#0072B2", label="centred on the framework")
        axes.plot(z, truth / scale, color="black", linestyle="--", label="truth, smoothed")
        axes.plot(z, blurred.mean / scale, color="#D55E00", linestyle=":", label="as the slab drifts")
        axes.set_xlabel("z [nm]")
        axes.set_ylabel("number density over the largest")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8.5)
        figure.savefig(path, format="svg", metadata={"Date": None})


def main(figure: Path | None = None) -> None:
    """Profile in the frame of the slab, and as it drifts; velocity; file."""
    run = SLAB.configurations(300, np.random.default_rng(7))  # your own: a2c.read_configurations("run.lammpstrj", ...)
    still = a2c.centred(run, "La", ALONG)  # the framework, which the ions do not move
    profile, blurred = (
        a2c.field_profile(a2c.density_field(frames, KERNEL, grid=LINE, species="Li"), ALONG) for frames in (still, run)
    )
    truth = SLAB.smoothed_density(LINE[ALONG], KERNEL)[1]
    check_profile(profile, truth)
    print(f"without centring the largest density is {blurred.mean.max() / truth.max():.2f} of the true one")
    assert blurred.mean.max() < 0.8 * truth.max()
    check_velocity(still)
    path = a2c.write_field("slab.nc", profile)
    assert np.array_equal(a2c.read_field(path).mean, profile.mean), "the file holds the record"
    print(f"{path}: mean, standard error and blocks, with units")
    if figure:
        draw(figure, profile, blurred, truth)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figure", type=Path, help="where to draw the profile (SVG)")
    main(parser.parse_args().figure)
