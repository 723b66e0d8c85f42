r"""Jump diffusivity from the motion of all ions together, and the Haven ratio of the tracer's to it."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.data import CollectiveMSD, TracerMSD
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.tracer_diffusivity import fit_line_of_bodies, fit_tracer_diffusivity


def fit_jump_diffusivity(msd: CollectiveMSD, *, name: str, source: str, window: tuple[float, float] | None = None) -> Estimate:
    r"""Logarithm of the jump diffusivity :math:`\ln(D_J/[\mathrm{m^2 s^{-1}}])`, its sampling error under ``source``.

    :math:`M^\mathrm{c}(t) = 2dD_Jt + b` as `fit_tracer_diffusivity` does it, with one body: the centre of all ions. There is
    no scatter between bodies, so that the error bar is that of the Gaussian process. The centre of many ions is close to one
    by the central limit theorem, also where hops of single ions are rare; what is assumed is that it forgets itself faster than
    the window begins. The error is about :math:`\sqrt{n_\text{ion}}` times the tracer's of the same run.
    :math:`D_\text{chem} = D_J\,\Theta` with the thermodynamic factor.

    Parameters
    ----------
    name
        The coefficient, e.g. ``"Li6PS5Cl ln(D_J [m2.s-1])"``.
    source
        Name of the sampling error, e.g. ``"Li6PS5Cl MD 700 K (sampling)"``; one of its own if the tracer's is in the same set.
    window
        First and last lag of the fit [s], in place of the criterion. A transient that the tracer shows may hide in the noise
        here: the tracer's window (in its provenance) is a safe choice.

    Raises
    ------
    NotDiffusive
        If D_J is not resolved from zero by three standard deviations, or no window is linear.
    ValueError
        If the trajectory is too short for a fit, or the window holds too few lags.
    """
    return fit_line_of_bodies(msd, msd.value[None], name=name, source=source, window=window)


def haven_ratio(
    tracer: TracerMSD, jump: CollectiveMSD, *, name: str, source: str, window: tuple[float, float] | None = None
) -> Estimate:
    r"""Logarithm of the Haven ratio :math:`H_R = D_\text{tr}/D_J` of one trajectory, with the correlation of the two.

    Both are fitted in one window, the later-starting of the two that `fit_tracer_diffusivity` and `fit_jump_diffusivity` find.
    For :math:`n` ions that are alike, moving as Gaussian processes with the correlation :math:`c` between any two displacements,
    :math:`1/H_R = 1 + (n-1)c`, and by Wick's theorem

    .. math::
        \operatorname{Var}\ln H_R = v_\text{tr} + v_J\left(1 + c^2 - \frac{2}{n H_R}\right)

    with the variances :math:`v_\text{tr}` (between atoms, hence without :math:`c^2 v_J`, by which all scatter alike) and
    :math:`v_J` of the two logarithms. The covariance, :math:`v_J/(nH_R)`, asks only that ions are alike; :math:`c^2` is small
    unless ions move as one body, where the ratio is exact. Independent ions: :math:`v_J(1 - 1/n)`.

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
    labels = {"name": name, "source": source}
    if window is None:
        first = [
            fit.provenance["fit"]["window [s]"]
            for fit in (fit_tracer_diffusivity(tracer, **labels), fit_jump_diffusivity(jump, **labels))
        ]
        window = max(map(tuple, first))
    single = fit_tracer_diffusivity(tracer, **labels, window=window)
    together = fit_jump_diffusivity(jump, **labels, window=window)
    mean = single.mean[0] - together.mean[0]
    inverse = np.exp(-mean)
    c = (inverse - 1) / (n - 1) if n > 1 else 0.0
    variance = single.covariance[0, 0] + together.covariance[0, 0] * (1 + c**2 - 2 * inverse / n)
    return Estimate.from_covariance(
        (name,),
        [mean],
        [[variance]],
        source=source,
        method="tracer over jump diffusivity of one trajectory",
        provenance={"tracer": dict(single.provenance), "jump": dict(together.provenance)},
    )
