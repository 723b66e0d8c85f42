r"""Tracer diffusivity from the mean-squared displacements of single atoms."""

from __future__ import annotations

from a2c_pybamm.data import TracerMSD
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.diffusion.line_estimate import estimate_of_line
from a2c_pybamm.estimators.time_series.diffusive_window import WindowCriterion, misfit_of_window, resolved_line


def fit_tracer_diffusivity(
    msd: TracerMSD,
    *,
    name: str,
    source: str,
    window: tuple[float, float] | None = None,
    offset: bool = True,
    criterion: WindowCriterion | None = None,
) -> Estimate:
    r"""Logarithm of the tracer diffusivity :math:`\ln(D/[\mathrm{m^2 s^{-1}}])`, its sampling error under ``source``.

    :math:`M(t) = 2dDt + b` by generalised least squares [1]_; the covariance of the overlapping windows [2]_ is that of the
    Gaussian process with stationary increments and the fitted :math:`M`; line and covariance are iterated until they agree.
    ``b`` takes up what is bounded, rattling about the sites. From the first lag on, the variance of D is within 8 % of the
    Cramér–Rao bound of the process [3]_, as long as ``b`` is no larger than what half of a run of 4000 frames adds to
    :math:`M`.

    **Error bar.** The variance is that of the Gaussian process with this line, and the excess of rare hops over it, which are
    shot noise. The excess is that of each atom's slope between four parts of the run, pooled with that between the atoms by
    their degrees of freedom, times Student's :math:`\nu/(\nu-2)` (`excess_variance`). Where atoms differ for good, as fast in
    far parts of the run as in adjacent ones, the scatter between them is no error of their mean, and that in time stands
    alone. Without ``blocks`` (`TracerMSD`) it is the scatter between the atoms, and of fewer than eight that of the process and
    their excess. All take the atoms to move independently. :math:`\ln D` follows by the delta method.

    **Window.** It ends at half of the trajectory. It begins no earlier than the last lag from which the variance of the
    process is 2.5 times the excess at most: of hops, their number limits the precision up to there, and in that time ions hop
    back. A window is tested for (a) the exponent :math:`\alpha` of :math:`M - b \propto t^\alpha`, with the error that the
    atoms give it, of both sides and of the side below 1, where a transient puts it, and (b) χ² of the residuals, divided by
    the overdispersion (variance of D over that of the process, if above 1). With :math:`p` the least probability in the first
    three windows, each starting one lag later, the line is an average: the early window with the weight :math:`p/(p + 0.02)`,
    none below 0.001, and a late one with the rest, which starts four times later than the first three in a row in which no
    test refutes a line at 1 %, nor a slowing at 5 % of one side. The variance has the spread between the two (`mixed_line`).
    The provenance has all of these numbers.

    A **given window** is tested too. Between 1 % and one in a million its misfit is a source of its own, ``"… (misfit)"``
    (`misfit_of_window`); below, it is refused.

    **Without offset.** ``offset=False`` takes :math:`M(t) = 2dDt` from the first lag (or the given window) on: nothing rattles,
    and the positions are exact. Then the first lag has all information: the variance of D is :math:`2D^2/(d n N)` for N
    steps, a third of what it is with an offset. No window is sought; unless one is given, a test may refuse it, at 0.01 %.

    Parameters
    ----------
    name
        The coefficient, e.g. ``"Li6PS5Cl ln(D_tr 700 K [m2.s-1])"``.
    source
        Name of the sampling error, e.g. ``"Li6PS5Cl MD 700 K (sampling)"``.
    window
        First and last lag of the fit [s], in place of the criterion above.
    offset
        True where ``b`` is fitted; False for a free walk.
    criterion
        Levels, counts and factors of the criterion above, where they are not its own.

    Raises
    ------
    NotDiffusive
        If D is not resolved from zero by three standard deviations, or no window is linear (without offset, the whole), or the
        given one is not.
    ValueError
        If the trajectory is too short for a fit, or the window holds too few lags.

    References
    ----------
    .. [1] A. R. McCluskey, S. W. Coles, B. J. Morgan, J. Chem. Theory Comput. (2024), "Accurate estimation of diffusion
       coefficients and their uncertainties from computer simulation"; there the covariance is modelled from the variances.
    .. [2] H. Qian, M. P. Sheetz, E. L. Elson, Biophys. J. 60 (1991) 910 (free walk); X. Michalet, A. J. Berglund,
       Phys. Rev. E 85 (2012) 061916 (with an offset).
    .. [3] A. J. Berglund, Phys. Rev. E 82 (2010) 011917 (likelihood of the steps).
    """
    line = resolved_line(msd, msd.by_atom, name=name, window=window, offset=offset, criterion=criterion, blocks=msd.blocks)
    misfit = misfit_of_window(name, msd, line, criterion) if window else 0.0
    return estimate_of_line(msd, line, name=name, source=source, misfit=misfit)
