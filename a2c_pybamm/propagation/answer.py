"""Enumerations by which code decides on a method's answer; sentences are made from them last (`sentences`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from a2c_pybamm.status import Recommendation as Recommendation
from a2c_pybamm.status import Status as Status


class MethodKind(StrEnum):
    """Form in which a method represents the output."""

    TANGENT = "tangent"
    POLYNOMIAL = "polynomial"
    ADAPTIVE = "adaptive polynomial"
    SAMPLING = "sampling"
    OTHER = "other"
    """A method from outside this package, that names no kind."""


class Finding(StrEnum):
    """One reason why an answer fails, or what to read with it."""

    CONSTANT = "constant"
    """The output does not vary."""
    RESIDUAL = "residual"
    """A drawn sample is too far from the prediction."""
    DRAWN_Q2 = "drawn Q2"
    """Too much of the drawn samples' variance is not predicted."""
    DRAWN_STD = "drawn std"
    """The predictions at the drawn samples have another standard deviation than the samples."""
    DRAWN_MEAN = "drawn mean"
    """The predictions at the drawn samples have another mean."""
    ENDS = "ends"
    """The ends of the distribution are not those of the drawn samples."""
    SURVIVORS = "survivors"
    """Leaving out failed samples changes the predictions' moments: the method's numbers include the failed ones."""
    DISAGREES = "disagrees"
    """Mean or standard deviation are several combined errors from those of sampling."""
    NONLINEAR = "nonlinear"
    """Too large a share of the variance that no straight line gives."""
    MEAN_SHIFT = "mean shift"
    CURVED = "curved"
    """The standard deviation changes by the curvature that the method itself found."""
    TEST_POINTS = "test points"
    """A test point at ±3σ misses the prediction by more than one standard deviation of the output."""
    BEYOND_TEST_POINTS = "beyond test points"
    """Too much variance could hide beyond the test points."""
    INACCURATE = "inaccurate"
    """Points kept out of the fit are predicted badly."""
    FEW_SAMPLES_DOMINATE = "few samples dominate"
    """The hundredth part of the samples carries much of the variance (`VarianceTail`)."""


@dataclass(frozen=True)
class Numbers:
    """Statistics of one output by one method, from which it is judged; NaN where the method gives none."""

    mean: float
    std: float
    low: float
    """Lowest quantile of the result, 2.5 % unless asked otherwise."""
    high: float
    """Highest quantile, 97.5 % unless asked otherwise."""
    low_se: float
    """Standard error of the lowest quantile."""
    high_se: float
    coverage: float
    """Probability between both."""
    error: float
    """Relative error of the standard deviation."""
    mean_se: float
    q2: float
    mean_shift: float
    end_shift: float
    """Shift of both ends of the distribution by curvature."""
    nonlinear_share: float
    test_point_error: float
    hidden_variance: float
    tail_share: float
    std_unseen_high: float
    test_n: float
    """Points on which it was tested; this and the following are of that test (`surrogate_test`)."""
    draw_residual: float
    draw_q2: float
    draw_mean: float
    draw_mean_se: float
    draw_log_std: float
    draw_log_std_se: float
    survivor_shift: float
    failed_fraction: float
    failed_fraction_se: float
    n_solves: int
    n_failed: int
    n_importance: int
    """Importance-sampling points among the solves."""

    n_missing: int
    """Solves without a number for this output: those that failed, and those that lack it alone."""

    @property
    def n_kept(self) -> int:
        """Solves with a number for this output."""
        return self.n_solves - self.n_missing

    @property
    def std_error(self) -> float:
        """Standard error of the standard deviation."""
        return self.error * self.std


@dataclass(frozen=True)
class FailedSamples:
    """Drawn samples that failed: how many, why, and where they lie."""

    fraction: float
    error: float
    """Standard error of the fraction."""
    cause: str
    """The most frequent one."""
    coefficient: str = ""
    """The coefficient farthest from its mean at them; empty where too few failed."""
    shift: float = 0.0
    """Its mean there, in standard deviations."""
    source: str = ""
    """The source with the largest part in where they lie."""
    share: float = 0.0
    """That part."""


@dataclass(frozen=True)
class Judgement:
    """Status of one method's answer for one output, and what was found."""

    status: Status
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Answer:
    """One method's answer for one scalar output."""

    label: str
    kind: MethodKind
    numbers: Numbers
    judgement: Judgement

    def found(self, finding: Finding) -> bool:
        return finding in self.judgement.findings


def sampling_numbers(answers: Sequence[Answer]) -> Numbers | None:
    """Numbers of the method that samples, if there is one."""
    return next((answer.numbers for answer in answers if answer.kind is MethodKind.SAMPLING), None)


@dataclass(frozen=True)
class Decision:
    """Answer to take for one scalar output."""

    recommendation: Recommendation
    answer: Answer | None
    """The answer to take; None where nothing holds and nothing samples."""
    more_solves: float
    """Further solves that bring sampling's relative error of the std to 5 %: 0 where none are needed, NaN if not known."""
    failed: FailedSamples | None = None
    """Drawn samples without a number, if there are some."""
    leads_with_failures: bool = False
    """True where their fraction is above ``max_failed``."""
