"""Status of each method's answer for a scalar output, and the answer to take: decided on numbers alone.

The order is that of `Status`. Drawn samples are the judge: what they contradict is not taken, whatever its own checks say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, hypot, isfinite, nan

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.propagation.adaptive.roughness import ROUGHNESS, RoughnessCriterion
from a2c_pybamm.propagation.answer import (
    Answer,
    Decision,
    FailedSamples,
    Finding,
    Judgement,
    MethodKind,
    Numbers,
    Recommendation,
    Status,
)
from a2c_pybamm.propagation.intervals import VARIANCE_TAIL, VarianceTail
from a2c_pybamm.propagation.methods.polynomial_chaos import HOLDING_Q2


@dataclass(frozen=True)
class DrawCriterion:
    """Limits that drawn samples set."""

    residual: float = 2.0
    """Largest residual in standard deviations: a tangent that misses 5 % of the variance has one of that size
    in 1000 samples."""
    q2: float = HOLDING_Q2
    log_std: float = 0.05
    """Change of ln std on common samples."""
    mean: float = 0.2
    """Mean residual in standard deviations: an interval of ±2 σ then still holds 94 % instead of 95 %."""
    ends: float = 0.2
    """Distance of the distribution's ends in standard deviations, beyond twice the error of the drawn ones."""
    survivors: float = 0.05
    """Change of mean (over std) or ln std where failed samples are left out."""
    few: int = 150
    """Points below which a test is thin: of so many, 95 % of all sets hold a point of a cliff of 2 % of the probability."""


@dataclass(frozen=True)
class VerdictCriterion:
    """Limits within which an answer holds."""

    nonlinear_share: float = 0.05
    """Nonlinear share of variance that first order may miss: the std is then 2.5 % short."""
    mean_shift: float = 0.2
    """Shift of the mean in standard deviations: an interval of ±2 σ then still holds 94 % instead of 95 %."""
    std_error: float = 0.05
    """Relative error of the std, also that for which further solves are counted: an error bar of one digit does not show it."""
    q2: float = HOLDING_Q2
    """Share of the variance of fresh points that chaos must predict."""
    draws: DrawCriterion = DrawCriterion()
    roughness: RoughnessCriterion = ROUGHNESS
    """Limits from which the polynomial of adaptive chaos fails, test points show a kink, or two answers disagree."""
    tail: VarianceTail = VARIANCE_TAIL
    """Share of the variance from which few samples dominate."""


VERDICT = VerdictCriterion()
SURROGATES = (MethodKind.TANGENT, MethodKind.POLYNOMIAL, MethodKind.ADAPTIVE)
"""Methods that put a tangent or a polynomial in the place of the model."""


def judge(kind: MethodKind, own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion = VERDICT) -> Judgement:
    """Status of an answer, by the numbers of the method and of sampling beside it (None where there is none)."""
    if not isfinite(own.std):
        return Judgement(Status.MISSING)
    if kind in SURROGATES and (findings := _contradictions(kind, own, sampling, criterion)):
        return Judgement(Status.CONTRADICTED, findings)
    if _is_constant(own, sampling, criterion):
        return Judgement(Status.CONSTANT, (Finding.CONSTANT,))
    if kind is MethodKind.SAMPLING:
        return Judgement(Status.HOLDS, _found({Finding.FEW_SAMPLES_DOMINATE: few_samples_dominate(own, criterion.tail)}))
    if kind is MethodKind.OTHER:
        return Judgement(Status.UNKNOWN)
    if findings := _found(OWN_CHECKS[kind](own, sampling, criterion)):
        return Judgement(Status.FAILS, findings)
    if not isfinite(own.test_n) and kind is MethodKind.TANGENT and not isfinite(own.nonlinear_share):
        return Judgement(Status.UNKNOWN)
    return Judgement(Status.HOLDS if own.test_n >= criterion.draws.few else Status.THIN)


def _contradictions(
    kind: MethodKind, own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion
) -> tuple[Finding, ...]:
    """Findings of drawn samples against an answer."""
    limit, varies = criterion.draws, isfinite(own.test_n)
    seen = {
        Finding.RESIDUAL: varies and own.draw_residual > limit.residual,
        Finding.DRAWN_Q2: varies and own.draw_q2 < limit.q2,
        Finding.DRAWN_STD: varies and not abs(own.draw_log_std) <= limit.log_std,
        Finding.DRAWN_MEAN: varies and kind is MethodKind.TANGENT and abs(own.draw_mean) > limit.mean * own.std,
        Finding.SURVIVORS: varies and own.survivor_shift > limit.survivors,
        # predictions within so much of every sample have their quantiles within as much of the samples'
        Finding.ENDS: sampling is not None
        and own.std > 0
        and not own.draw_residual <= limit.ends
        and _ends_differ(own, sampling, limit),
        Finding.DISAGREES: sampling is not None
        and (own.std > 0 or sampling.std > 0)
        and kind is not MethodKind.TANGENT
        and not own.draw_residual <= limit.ends
        and _differs(own, sampling, criterion.roughness),
    }
    return _found(seen)


def _ends_differ(own: Numbers, sampling: Numbers, limit: DrawCriterion) -> bool:
    """True where an end of the distribution is not where the drawn samples have it."""
    ends = ((own.low, sampling.low, sampling.low_se), (own.high, sampling.high, sampling.high_se))
    return any(abs(a - b) > limit.ends * sampling.std + 2 * (se if isfinite(se) else 0.0) for a, b, se in ends)


def _differs(own: Numbers, sampling: Numbers, roughness: RoughnessCriterion) -> bool:
    """True where mean or standard deviation are ``agreement_errors`` combined standard errors from those of sampling."""
    mean_se = own.mean_se if isfinite(own.mean_se) else 0.0
    noise = RELATIVE_ROUND_OFF * abs(sampling.mean)
    same_std = abs(own.std - sampling.std) <= roughness.agreement_errors * hypot(own.std_error, sampling.std_error) + noise
    same_mean = abs(own.mean - sampling.mean) <= roughness.agreement_errors * hypot(mean_se, sampling.mean_se) + noise
    return not (same_std and same_mean)


def _is_constant(own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion) -> bool:
    """True where nothing that was solved shows the output to vary: no solve, no curvature, no test point, no sample."""
    still = own.std == 0 and not own.mean_shift > 0 and not own.mean_shift < 0 and not own.nonlinear_share > 0
    return still and not own.test_point_error > criterion.roughness.kink_error and not (sampling and sampling.std)


def _tangent(own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion) -> dict[Finding, bool]:
    curvature = isfinite(own.nonlinear_share)
    return {
        Finding.NONLINEAR: curvature and own.nonlinear_share >= criterion.nonlinear_share,
        Finding.MEAN_SHIFT: curvature and not abs(own.mean_shift) < criterion.mean_shift * own.std,
        Finding.TEST_POINTS: own.test_point_error > criterion.roughness.kink_error,
        Finding.CURVED: sampling is None and curvature and own.error >= criterion.std_error,
        Finding.ENDS: sampling is None and curvature and abs(own.end_shift) > criterion.draws.ends * own.std,
    }


def _polynomial(own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion) -> dict[Finding, bool]:
    return {Finding.INACCURATE: not own.q2 >= criterion.q2}


def _adaptive(own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion) -> dict[Finding, bool]:
    return {
        Finding.TEST_POINTS: own.test_point_error > criterion.roughness.kink_error,
        Finding.BEYOND_TEST_POINTS: own.hidden_variance > criterion.roughness.hidden_variance,
        Finding.INACCURATE: not own.q2 >= criterion.roughness.smooth_q2,
        Finding.FEW_SAMPLES_DOMINATE: few_samples_dominate(own, criterion.tail),
    }


OWN_CHECKS: Mapping[MethodKind, Callable[[Numbers, Numbers | None, VerdictCriterion], dict[Finding, bool]]] = {
    MethodKind.TANGENT: _tangent,
    MethodKind.POLYNOMIAL: _polynomial,
    MethodKind.ADAPTIVE: _adaptive,
}


def _found(seen: Mapping[Finding, bool]) -> tuple[Finding, ...]:
    """Findings that apply, in their order."""
    return tuple(finding for finding, applies in seen.items() if applies)


def few_samples_dominate(own: Numbers, tail: VarianceTail = VARIANCE_TAIL) -> bool:
    """True where the hundredth part of the samples carries so much of the variance that the std is poorly known."""
    return own.tail_share > tail.dominant_share and own.n_solves >= tail.least_solves


def decide(
    answers: Sequence[Answer],
    failed: FailedSamples | None = None,
    max_failed: float = 1.0,
    criterion: VerdictCriterion = VERDICT,
) -> Decision:
    """The answer to take for one output: the first of first order and chaos that holds, else the samples, else a thin one."""
    recommendation, answer = _chosen(answers, criterion)
    leads = failed is not None and failed.fraction > max_failed
    return Decision(recommendation, answer, _more_solves(recommendation, answer, criterion), failed, leads)


def _chosen(answers: Sequence[Answer], criterion: VerdictCriterion) -> tuple[Recommendation, Answer | None]:
    surrogates = [
        (r, a) for r, kinds in RECOMMENDED.items() for a in answers if a.kind in kinds and not _kinked(a, answers, criterion)
    ]
    for recommendation, answer in surrogates:
        if answer.judgement.status in (Status.HOLDS, Status.CONSTANT):
            return recommendation, answer
    for answer in answers:
        if answer.kind is MethodKind.SAMPLING and isfinite(answer.numbers.std):
            return Recommendation.SAMPLING, answer
    for recommendation, answer in surrogates:
        if answer.judgement.status.usable:
            return recommendation, answer
    # where its polynomial fails, adaptive chaos has the answer of its own samples
    for answer in answers:
        if answer.kind is MethodKind.ADAPTIVE and isfinite(answer.numbers.mean_se):
            return Recommendation.SAMPLING, answer
    return Recommendation.NONE, None


RECOMMENDED = {
    Recommendation.FIRST_ORDER: (MethodKind.TANGENT,),
    Recommendation.CHAOS: (MethodKind.POLYNOMIAL, MethodKind.ADAPTIVE),
}
"""Kinds of methods by what is recommended, cheapest first."""


def _kinked(answer: Answer, answers: Sequence[Answer], criterion: VerdictCriterion) -> bool:
    """True where test points show a kink: its own, or those of another method where it has none that are as good.

    Adaptive chaos has test points of its own; those of first order are measured against a cubic, not its polynomial.
    """
    own = answer.numbers.test_point_error
    if answer.kind is not MethodKind.TANGENT and isfinite(own):
        return own > criterion.roughness.kink_error
    return any(other.numbers.test_point_error > criterion.roughness.kink_error for other in answers)


def _more_solves(recommendation: Recommendation, answer: Answer | None, criterion: VerdictCriterion) -> float:
    """Further samples that bring the error of the std to the one asked for."""
    if answer is None:
        return nan
    if recommendation is not Recommendation.SAMPLING:
        return 0.0
    if not isfinite(answer.numbers.error):
        return nan
    return float(max(0, ceil(answer.numbers.n_solves * ((answer.numbers.error / criterion.std_error) ** 2 - 1))))
