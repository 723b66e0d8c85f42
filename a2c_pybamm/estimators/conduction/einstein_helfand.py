r"""Ionic conductivity from unwrapped positions: Einstein and Helfand's form of Green and Kubo's integral."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, polygamma

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, RELATIVE_ROUND_OFF
from a2c_pybamm.data import Array, ElectrolyteMotion
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.estimators.time_series.flat_band import BandCriterion, band_of_window, sine_amplitudes
from a2c_pybamm.estimators.time_series.variation_in_time import steps_of_cells, variance_factor


def fit_einstein_helfand(
    motion: ElectrolyteMotion, *, name: str, source: str, window: float | None = None, criterion: BandCriterion | None = None
) -> Estimate:
    r"""Logarithm of the ionic conductivity :math:`\ln(\sigma/[\mathrm{S\,m^{-1}}])`, its sampling error under ``source``.

    .. math:: \sigma = \lim_{t\to\infty}\frac{e^2}{6Vk_BT}\,\frac{\langle|\Delta\mathbf P|^2\rangle}{t}, \qquad
       \mathbf P = \sum_i z_i\mathbf R_i

    from the displacement of the charge projected on the K slowest sines of the run, :math:`\hat\sigma\sim\sigma\chi^2_\nu/\nu`
    with :math:`\nu = 3K`, as `fit_onsager` has it in words; the test of the window looks at the charged species together.
    The logarithm's mean is corrected by :math:`\psi(\nu/2) - \ln(\nu/2)`, its variance is :math:`\psi_1(\nu/2)`. A line through
    mean-squared displacements has one curve here, and no test sees a short memory in it.

    Charge that moves more in some times of the run than in others widens the error, and so do slow displacements that differ
    from the rest, as in `fit_onsager`.

    Of a solid electrolyte, whose framework `electrolyte_motion` takes as one body, it is the motion of all mobile ions together
    against the framework. `fit_green_kubo` has the same coefficient from the current.

    Parameters
    ----------
    name
        The coefficient, e.g. ``"Li6PS5Cl ln(sigma [S.m-1])"``.
    source
        Name of the sampling error, e.g. ``"Li6PS5Cl MD 700 K (sampling)"``.
    window
        Shortest time that is resolved [s], in place of the criterion: displacements over it are taken to be independent.
    criterion
        Settings of the search for it.

    Raises
    ------
    NotDiffusive
        If the run is too short for displacements to become independent, or nothing moves.
    ValueError
        If no species is charged, or the window does not lie within the run.
    """
    z = np.array(motion.charges, float)
    if not z.any():
        raise ValueError(f"{name}: none of {', '.join(motion.species)} is charged; give the charges of the ions")
    amplitudes = sine_amplitudes(motion.collective).swapaxes(1, 2)  # (n_taper, 3, n_species)
    counts = np.array(motion.counts)
    centre = amplitudes @ (motion.masses / (motion.masses @ counts))
    against_all = (amplitudes - centre[..., None] * counts)[..., z != 0]
    length = motion.interval * len(amplitudes)
    band = band_of_window(against_all, length, name=name, window=window, criterion=criterion)
    charge = amplitudes[: band.n_taper] @ z
    nu, kT = charge.size, BOLTZMANN * motion.temperature
    unit = ELEMENTARY_CHARGE**2 / (2 * motion.interval * motion.volume * kT)
    if (charge**2).mean() <= RELATIVE_ROUND_OFF * ((against_all[: band.n_taper] * z[z != 0]) ** 2).sum(axis=2).mean():
        raise ValueError(f"{name}: all ions move in neutral pairs; the conductivity is zero and has no logarithm")
    steps = steps_of_cells(np.einsum("i,tid->td", z, motion.collective), band.n_taper)
    factor, variance = variance_factor(steps, steps), float(polygamma(1, nu / 2))
    data = data_fingerprint(motion, motion.charges, motion.counts, window)
    estimate = Estimate.from_covariance(
        (name,),
        [np.log(unit) + _log_mean_square(charge)],
        [[variance]],
        source=source,
        method="one window of the charge's displacement (Einstein-Helfand)",
        provenance={
            "motion": traced_provenance(motion),
            "window": {
                "degrees of freedom": nu,
                "resolution [s]": float(length / band.n_taper),
                "run length [s]": float(length),
                "trend p-value": band.flat_p,
                "isotropy p-value": band.isotropy_p,
                "slow motion p-value": band.slow_p,
                "variance over that of the chi-squared law": factor,
                "temperature [K]": float(motion.temperature),
            },
        },
        data=data,
    )
    if factor != 1:
        label = label_hash(name, "variation in time", data)
        column = np.array([[np.sqrt(variance * (factor - 1))]])
        estimate = estimate.add_source(f"{source}: variation in time", Factor(column, (label,)))
    if band.n_slow is not None:
        slow = _log_mean_square(charge[: band.n_slow]) - _log_mean_square(charge)
        estimate = estimate.add_source(
            f"{source}: slow motion", Factor(np.array([[slow]]), (label_hash(name, "slow motion", data),))
        )
    return estimate


def _log_mean_square(amplitudes: Array) -> float:
    """Logarithm of the variance of normal amplitudes, without bias."""
    half = amplitudes.size / 2
    return float(np.log((amplitudes**2).mean()) - digamma(half) + np.log(half))
