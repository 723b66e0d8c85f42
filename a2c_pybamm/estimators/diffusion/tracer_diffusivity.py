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

    **Error bar.** The fit is linear in the displacements of the single atoms, :math:`D = \sum_a D_a/n`. From eight atoms on,
    its variance is that between the atoms, :math:`\nu/(\nu-2)\cdot\operatorname{Var}(D_a)/n` with :math:`\nu = n-1` (the factor
    is Student's), which holds for rare hops too, where displacements are far from Gaussian. With fewer atoms it is that of
    the Gaussian process, plus Student's factor (from four atoms on) times the excess, if any, of the variance between the
    atoms over it; the excess is taken with ``b`` held, where it stands out most. Both take the atoms to move independently.
    :math:`\ln D` follows by the delta method.

    **Window.** It ends at half of the trajectory. A window is linear if neither of two tests refutes it: (a) the exponent
    :math:`\alpha` of :math:`M - b \propto t^\alpha` is 1, with the error that the atoms give it, at 1 %; (b) χ² of the
    residuals, divided by the overdispersion (variance of D over that of the process, if above 1), at 1 %. If the first three
    windows are, each starting one lag later, the first is taken. Else there is a transient, and the first three in a row are
    sought in which its exponent, below 1, is not significant at 5 % of one side either. It fades gradually, and just where it
    is no longer significant it biases D by an error bar or two: the fit starts at four times that lag, or as late as seven
    lags allow, and must be linear there. With two to seven atoms the tests are weak, and the first three windows are tested at
    5 % too.
    The provenance has all of these numbers.

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
        If D is not resolved from zero by three standard deviations, or no window is linear (without offset, the whole).
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
