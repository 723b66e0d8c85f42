r"""A barrier, an attempt frequency and a diffusivity from arrays in memory: no file is read.

An ion in a cubic lattice of wells, :math:`E(s) = B\sin^2\pi s` along the way of length :math:`a` from one to the next. All of
it is known: the barrier :math:`B`, the frequency :math:`\nu = \sqrt{B/2ma^2}` in a well, the attempt frequency
:math:`\nu_0 = \nu\,(\nu/\nu_\perp)^2` with the two frequencies :math:`\nu_\perp` across the saddle, and

.. math:: D = a^2\nu_0\,e^{-B/k_BT},

which a walk with this rate has too. Each estimator takes a record, and a record takes arrays in SI units: `MigrationPath` and
`ImageEnergies` energies of images, `HopFrequencies` frequencies, `TracerMSD` mean-squared displacements, `Trajectory`
positions.

To take away: six images of which none lies on the saddle give the barrier through their forces to 0.3 %, while the highest of
them alone is a tenth too low.

Run with ``python examples/numbers_in_memory.py``.
"""

import numpy as np
from numpy.typing import NDArray

import a2c_pybamm as a2c
from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, FARADAY
from a2c_pybamm.synthetic import LITHIUM_MASS

BARRIER, SPACING, T = 0.3, 3e-10, 600.0  # eV, m, K
STIFFENING = 1.25
"""Frequency across the saddle over that in the well."""
FREQUENCY = np.sqrt(BARRIER * ELEMENTARY_CHARGE / (2 * LITHIUM_MASS)) / SPACING
"""In a well, the same in all directions [Hz]."""
ATTEMPT_FREQUENCY = FREQUENCY / STIFFENING**2
KT = BOLTZMANN * T / ELEMENTARY_CHARGE  # eV
RATE = ATTEMPT_FREQUENCY * np.exp(-BARRIER / KT)
"""Hops to one of the six neighbours in a second."""
LN_D = np.log(SPACING**2 * RATE)
N_FRAME, N_ION, INTERVAL = 400, 32, 1e-11  # –, –, s

Array = NDArray[np.float64]


def barrier_of_images() -> a2c.Estimate:
    """The barrier from energies and forces, held against the closed form and against the highest image alone."""
    s = np.linspace(0, 1, 6)
    energy = FARADAY * BARRIER * np.sin(np.pi * s) ** 2
    slope = FARADAY * BARRIER * np.pi * np.sin(2 * np.pi * s) / SPACING
    path = a2c.MigrationPath("wells", distance=SPACING * s, energy=energy, slope=slope)
    barrier = a2c.fit_barrier(path, name="Li hop E_a [eV]", source="path (interpolation)")

    images = a2c.ImageEnergies("wells", energy=energy)
    highest = a2c.highest_image(images, name="Li hop E_a [eV]", std=0.05, source="path (declared)")
    for way, estimate in {"all images and forces": barrier, "highest image": highest}.items():
        print(f"barrier by {way}: {estimate.mean[0]:.4f} ± {estimate.std[0]:.4f} eV; exactly {BARRIER:.4f}")
        assert abs(estimate.mean[0] - BARRIER) < estimate.std[0]
    # The saddle lies half-way between the third and the fourth image, a fifth of the path apart; the cubic through both has
    # there their energy and an eighth of that distance times the difference of their slopes.
    third = BARRIER * np.sin(0.4 * np.pi) ** 2
    np.testing.assert_allclose(highest.mean[0], third, rtol=1e-12)
    np.testing.assert_allclose(barrier.mean[0], third + 0.2 / 8 * 2 * BARRIER * np.pi * np.sin(0.8 * np.pi), rtol=1e-9)
    return barrier


def diffusivity_of_hops(barrier: a2c.Estimate) -> None:
    """The diffusivity from barrier and frequencies, with the error of each."""
    frequencies = a2c.HopFrequencies(
        initial=FREQUENCY * np.array([1.0, 1.0, 1.0]),
        saddle=FREQUENCY * np.array([-1.0, STIFFENING, STIFFENING]),  # the imaginary one is negative
    )
    attempt_frequency = a2c.vineyard_frequency(frequencies)
    print(f"attempt frequency {attempt_frequency:.4g} Hz")
    np.testing.assert_allclose(attempt_frequency, ATTEMPT_FREQUENCY, rtol=1e-12)
    hop = a2c.hopping_diffusivity(
        barrier,
        material="Li",
        hop="hop",
        jump_length=SPACING,
        coordination=6,
        dimension=3,
        attempt_frequency=attempt_frequency,
        attempt_frequency_std_ln=0.1,
        source="frequencies (declared)",
    )
    ln_prefactor, height = hop.mean
    made = hop.map(["Li ln(D [m2.s-1])"], [ln_prefactor - height / KT], [[1.0, -1 / KT]])
    print(f"D by hops     {np.exp(made.mean[0]):.3e} m2/s ± {made.std[0]:.1%}; exactly {np.exp(LN_D):.3e}")
    # The prefactor is exact, so that D is off by the barrier's error alone; its error bar has both parts.
    np.testing.assert_allclose(ln_prefactor, np.log(SPACING**2 * ATTEMPT_FREQUENCY), rtol=1e-12)
    np.testing.assert_allclose(made.mean[0] - LN_D, (BARRIER - barrier.mean[0]) / KT, rtol=1e-6)
    np.testing.assert_allclose(made.std[0], np.hypot(0.1, barrier.std[0] / KT), rtol=1e-9)


def mean_squared_displacements(positions: Array) -> Array:
    """Over all time origins, of each ion [m2] (n_ion, n_frame - 1), from positions (n_frame, n_ion, 3)."""
    lags = range(1, len(positions))
    return np.array([((positions[k:] - positions[:-k]) ** 2).sum(axis=2).mean(axis=0) for k in lags]).T


def diffusivity_of_displacements(rng: np.random.Generator) -> None:
    """The diffusivity of ions that walk at the same rate, from displacements averaged by one's own code."""
    forth, back = rng.poisson(RATE * INTERVAL, (2, N_FRAME, N_ION, 3))
    positions = SPACING * np.cumsum(forth - back, axis=0, dtype=float)
    msd = a2c.TracerMSD(
        species="Li",
        lag=INTERVAL * np.arange(1, N_FRAME),
        by_atom=mean_squared_displacements(positions),
        n_frame=N_FRAME,
        interval=INTERVAL,
        dimension=3,
        temperature=T,
    )
    walk = a2c.fit_tracer_diffusivity(msd, name="Li ln(D_tr [m2.s-1])", source="walk (sampling)", offset=False)
    print(f"D by walking  {np.exp(walk.mean[0]):.3e} m2/s ± {walk.std[0]:.1%}")
    assert abs(walk.mean[0] - LN_D) < 3 * walk.std[0]
    # Steps along an axis are differences of Poisson counts, with an excess kurtosis of one over their variance; the error bar
    # comes from the scatter between the ions, and is itself known to one over √(2 (n - 1)).
    exact = np.sqrt((2 + 1 / (2 * RATE * INTERVAL)) / (3 * N_ION * (N_FRAME - 1)))
    assert abs(walk.std[0] / exact - 1) < 3 / np.sqrt(2 * (N_ION - 1))

    # From positions the package takes the same averages; an atom that stands still is the framework.
    trajectory = a2c.Trajectory(
        positions=np.concatenate([positions, np.zeros((N_FRAME, 1, 3))], axis=1),
        species=("Li",) * N_ION + ("O",),
        masses=np.full(N_ION + 1, LITHIUM_MASS),
        interval=INTERVAL,
        temperature=T,
    )
    np.testing.assert_allclose(a2c.mean_squared_displacement(trajectory, "Li").by_atom, msd.by_atom, rtol=1e-9)


def main() -> None:
    diffusivity_of_hops(barrier_of_images())
    diffusivity_of_displacements(np.random.default_rng(0))


if __name__ == "__main__":
    main()
