r"""Jump diffusivity from the motion of all ions together, and the Haven ratio of the tracer's to it."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.data import Array, CollectiveMSD, TracerMSD
from a2c_pybamm.estimate import Estimate, label_hash
from a2c_pybamm.estimators.diffusion.line_estimate import estimate_of_line, line_report
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.time_series.diffusive_line import DiffusiveLine
from a2c_pybamm.estimators.time_series.diffusive_window import WindowCriterion, misfit_of_window, resolved_line
from a2c_pybamm.estimators.time_series.overlap import overlap_covariance


def fit_jump_diffusivity(
    msd: CollectiveMSD,
    *,
    name: str,
    source: str,
    window: tuple[float, float] | None = None,
    offset: bool = True,
    criterion: WindowCriterion | None = None,
) -> Estimate:
    r"""Logarithm of the jump diffusivity :math:`\ln(D_J/[\mathrm{m^2 s^{-1}}])`, its sampling error under ``source``.

    :math:`M^\mathrm{c}(t) = 2dD_Jt + b` as `fit_tracer_diffusivity` does it, with one body: the centre of all ions. There is
    no scatter between bodies, so that the error bar is that of the Gaussian process. The centre of many ions is close to one
    by the central limit theorem, also where hops of single ions are rare; its memory is taken to be shorter than the first lag
    of the window. The error is about :math:`\sqrt{n_\text{ion}}` times the tracer's of the same run.
    :math:`D_\text{chem} = D_J\,\Theta` with the thermodynamic factor.

    Parameters
    ----------
    name
        The coefficient, e.g. ``"Li6PS5Cl ln(D_J [m2.s-1])"``.
    source
        Name of the sampling error, e.g. ``"Li6PS5Cl MD 700 K (sampling)"``; one of its own if the tracer's is in the same set.
    window
        First and last lag of the fit [s], in place of the criterion, and tested as the tracer's. A transient that the tracer
        shows may be smaller than the noise here: the tracer's window (in its provenance) is a safe choice.
    offset
        True where ``b`` is fitted; False for ions that nothing holds, :math:`M^\mathrm{c}(t) = 2dD_Jt` from the first lag on.
    criterion
        Settings of the search for the window, as in `fit_tracer_diffusivity`.

    Raises
    ------
    NotDiffusive
        If D_J is not resolved from zero by three standard deviations, or no window is linear.
    ValueError
        If the trajectory is too short for a fit, or the window holds too few lags.
    """
    line = resolved_line(msd, msd.value[None], name=name, window=window, offset=offset, criterion=criterion)
    misfit = misfit_of_window(name, msd, line, criterion) if window else 0.0
    return estimate_of_line(msd, line, name=name, source=source, misfit=misfit)


def haven_ratio(
    tracer: TracerMSD, jump: CollectiveMSD, *, name: str, source: str, window: tuple[float, float] | None = None
) -> Estimate:
    r"""Logarithm of the Haven ratio :math:`H_R = D_\text{tr}/D_J` of one trajectory, with the correlation of the two.

    Both are fitted in one window, the later-starting of the two that `fit_tracer_diffusivity` and `fit_jump_diffusivity` find.
    Of :math:`n` ions that are alike, each moves with the centre as far as :math:`1/n` of the centre's own motion; by Wick's
    theorem, and since both slopes are unbiased,

    .. math::
        \operatorname{Var}\ln H_R = v_\text{tr} + v_\text{c} + v_J\left(1 - \frac{2}{n H_R}\right)

    with the variances :math:`v_\text{tr}` (between atoms) and :math:`v_J` of the two logarithms. :math:`v_\text{c}` is what
    the scatter between atoms cannot see, because it shifts all alike: the variance that the tracer's weights give to a process
    with the mean product of two different ions' displacements, :math:`(M^\mathrm{c} - M)/(n-1)`. Independent ions have
    :math:`v_J(1 - 1/n)`; ions that move as one body have none.

    Parameters
    ----------
    name
        The coefficient, e.g. ``"Li6PS5Cl ln(H_R)"``.
    source
        Name of the sampling error; one of its own, since the error is mostly that of ln D_J. A set that needs D_J takes
        `fit_jump_diffusivity`, not the quotient.
    window
        First and last lag of both fits [s], in place of the criterion.

    Raises
    ------
    NotDiffusive
        If one of the two has not diffused.
    ValueError
        If the two are not of the same species and trajectory.
    """
    n = jump.n_atom
    alike = [(m.species, m.n_frame, m.interval, m.dimension, m.temperature) for m in (tracer, jump)]
    if alike[0] != alike[1] or len(tracer.by_atom) != n:
        raise ValueError(
            f"{name}: displacements of {len(tracer.by_atom)} {tracer.species} in {tracer.n_frame} frames and of {n} "
            f"{jump.species} in {jump.n_frame}; give both of one trajectory, species and directions"
        )
    curves: list[tuple[TracerMSD | CollectiveMSD, Array]] = [(tracer, tracer.by_atom), (jump, jump.value[None])]
    if window is None:
        starts = [resolved_line(msd, curve, name=name).lags[0] for msd, curve in curves]
        window = (max(starts) * jump.interval, jump.n_frame // 2 * jump.interval)
    single, together = (resolved_line(msd, curve, name=name, window=window) for msd, curve in curves)
    shared = _variance_of_shared_motion(jump, single, together)
    ratio = single.slope / together.slope
    variance = (single.slope_std / single.slope) ** 2 + shared / single.slope**2
    variance += (together.slope_std / together.slope) ** 2 * (1 - 2 / (n * ratio))
    return Estimate.from_covariance(
        (name,),
        [np.log(ratio)],
        [[variance]],
        source=source,
        method="tracer over jump diffusivity of one trajectory",
        data=label_hash(data_fingerprint(tracer), data_fingerprint(jump)),
        provenance={
            "tracer": {"msd": dict(tracer.provenance), "fit": line_report(tracer, single)},
            "jump": {"msd": dict(jump.provenance), "fit": line_report(jump, together)},
        },
    )


def _variance_of_shared_motion(jump: CollectiveMSD, single: DiffusiveLine, together: DiffusiveLine) -> float:
    """Variance of the tracer's slope [m4] by motion that all ions share, as far as two ions share any."""
    if jump.n_atom == 1:
        return 0.0
    share = 1 / (jump.dimension * (jump.n_atom - 1))
    slope, offset = share * (together.slope - single.slope), share * (together.offset - single.offset)
    covariance = jump.dimension * overlap_covariance(single.lags, jump.n_frame, slope, offset)
    return float(single.weights @ covariance @ single.weights)
