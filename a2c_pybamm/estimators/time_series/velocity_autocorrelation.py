"""Velocity autocorrelation of one species, from all time origins by fast Fourier transform."""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from a2c_pybamm.data import Array, Trajectory, Velocities, VelocityAutocorrelation
from a2c_pybamm.estimators.fingerprint import traced_provenance
from a2c_pybamm.estimators.time_series.mean_squared_displacement import atoms_of, framework_centre


def velocity_autocorrelation(velocities: Velocities, species: str) -> VelocityAutocorrelation:
    r"""Velocity autocorrelation of each atom of a species, drift of the framework removed.

    .. math:: C_n = \frac{1}{N-n} \sum_{i=0}^{N-n-1} \mathbf v_{i+n} \cdot \mathbf v_i, \qquad n = 0 \dots N-1

    with :math:`\mathbf v` against the mass centre of all other atoms, as `mean_squared_displacement` has it.

    Raises
    ------
    ValueError
        If no atom is of the species.
    """
    moving, reference = velocities_against_framework(velocities, species)
    n = len(moving)
    size = next_fast_len(2 * n - 1, real=True)
    sums = irfft((np.abs(rfft(moving, size, axis=0)) ** 2).sum(axis=2), size, axis=0)[:n]
    return VelocityAutocorrelation(
        species=species,
        lag=velocities.interval * np.arange(float(n)),
        by_atom=(sums / np.arange(n, 0, -1)[:, None]).T,
        dimension=3,
        temperature=velocities.temperature,
        provenance={"trajectory": traced_provenance(velocities), "velocities against": reference},
    )


def central_velocities(trajectory: Trajectory) -> Velocities:
    r"""Velocities by central differences, :math:`(\mathbf r_{i+1} - \mathbf r_{i-1})/2\Delta t`, of all frames but two.

    They filter out what is faster than a few frames, so that correlations at short times come out low; the diffusivity, a limit
    of long times, is not touched.

    Raises
    ------
    ValueError
        If there are fewer than four frames.
    """
    r = trajectory.positions
    if len(r) < 4:
        raise ValueError(f"{len(r)} frames: central differences need at least four to make two velocities")
    return Velocities(
        velocities=(r[2:] - r[:-2]) / (2 * trajectory.interval),
        species=trajectory.species,
        masses=trajectory.masses,
        interval=trajectory.interval,
        temperature=trajectory.temperature,
        from_positions=True,
        provenance={**traced_provenance(trajectory), "velocities": "central differences of positions"},
    )


def velocities_against_framework(velocities: Velocities, species: str) -> tuple[Array, str]:
    """Velocities of a species against the framework's centre [m.s-1] (n_frame, n_atom, 3), and that centre's name."""
    atoms = atoms_of(species, velocities.species)
    centre, reference = framework_centre(velocities.velocities, velocities.masses, atoms)
    return velocities.velocities[:, atoms] - centre[:, None], reference
