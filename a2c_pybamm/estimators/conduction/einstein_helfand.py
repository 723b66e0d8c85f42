r"""Ionic conductivity from unwrapped positions: Einstein and Helfand's form of Green and Kubo's integral."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.data import CollectiveMSD, ElectrolyteMotion
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.diffusion.line_estimate import line_report
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.estimators.time_series.diffusive_window import WindowCriterion, resolved_line
from a2c_pybamm.estimators.time_series.mean_squared_displacement import mean_squares_of_paths


def charge_mean_squared_displacement(motion: ElectrolyteMotion) -> CollectiveMSD:
    r"""Mean-squared displacement of the charge, per squared charge of the ions, all time origins.

    .. math:: M(t) = \frac{\langle|\Delta\mathbf P|^2\rangle}{\sum_i N_iz_i^2}, \qquad
       \mathbf P = \sum_i z_i\mathbf R_i

    with the collective positions :math:`\mathbf R_i` of the species. Ions that move independently with one diffusivity D have
    :math:`6Dt`. Since the charges add up to zero, a drift of all changes nothing.
    """
    z, counts = np.array(motion.charges, float), np.array(motion.counts)
    path = np.einsum("i,tid->dt", z, motion.collective)
    return CollectiveMSD(
        species="charge",
        lag=motion.interval * np.arange(1.0, len(motion.collective)),
        value=mean_squares_of_paths(path[None])[0] / (counts @ z**2),
        n_atom=int(counts[z != 0].sum()),
        n_frame=len(motion.collective),
        interval=motion.interval,
        dimension=len(path),
        temperature=motion.temperature,
        provenance={"motion": traced_provenance(motion)},
    )


def fit_einstein_helfand(
    motion: ElectrolyteMotion,
    *,
    name: str,
    source: str,
    window: tuple[float, float] | None = None,
    offset: bool = True,
    criterion: WindowCriterion | None = None,
) -> Estimate:
    r"""Logarithm of the ionic conductivity :math:`\ln(\sigma/[\mathrm{S\,m^{-1}}])`, its sampling error under ``source``.

    .. math:: \langle|\Delta\mathbf P|^2\rangle = \frac{6Vk_BT}{e^2}\,\sigma\,t + b

    by generalised least squares in the window in which it is linear, as `fit_jump_diffusivity` does it: the charge is one body,
    and the error bar that of a Gaussian process. The same line through Green and Kubo's current is `fit_green_kubo`. Of a
    solid electrolyte, whose framework `electrolyte_motion` takes as one body, it is the motion of all mobile ions together
    against the framework.

    Parameters
    ----------
    name
        The coefficient, e.g. ``"Li6PS5Cl ln(sigma [S.m-1])"``.
    source
        Name of the sampling error, e.g. ``"Li6PS5Cl MD 700 K (sampling)"``.
    window
        First and last lag of the fit [s], in place of the criterion.
    offset
        True where ``b`` is fitted; False for ions that nothing holds.
    criterion
        Settings of the search for the window, as in `fit_tracer_diffusivity`.

    Raises
    ------
    NotDiffusive
        If the conductivity is not resolved from zero by three standard deviations, or no window is linear.
    ValueError
        If no species is charged, the run is too short for a fit, or the window holds too few lags.
    """
    if not any(motion.charges):
        raise ValueError(f"{name}: none of {', '.join(motion.species)} is charged; give the charges of the ions")
    msd = charge_mean_squared_displacement(motion)
    line = resolved_line(msd, msd.value[None], name=name, window=window, offset=offset, criterion=criterion)
    z = np.array(motion.charges)
    squared_charge = ELEMENTARY_CHARGE**2 * (np.array(motion.counts) @ z**2)
    diffusivity = line.slope / (2 * msd.dimension * msd.interval)
    conductivity = squared_charge * diffusivity / (motion.volume * BOLTZMANN * motion.temperature)
    return Estimate.from_covariance(
        (name,),
        [np.log(conductivity)],
        [[(line.slope_std / line.slope) ** 2]],
        source=source,
        method="generalised least squares of the charge's mean-squared displacement (Einstein-Helfand)",
        provenance={"motion": traced_provenance(motion), "fit": line_report(msd, line)},
        data=data_fingerprint(msd, motion.charges, motion.counts),
    )
