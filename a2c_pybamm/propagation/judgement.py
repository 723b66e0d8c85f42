"""Status of each method's answer for a scalar output, and the answer to take: decided on numbers alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, hypot, isfinite, nan

from a2c_pybamm.propagation.adaptive.roughness import ROUGHNESS, RoughnessCriterion
from a2c_pybamm.propagation.answer import (
    Answer,
    Decision,
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
    roughness: RoughnessCriterion = ROUGHNESS
    """Limits from which the polynomial of adaptive chaos fails, test points show a kink, or two answers disagree."""
    tail: VarianceTail = VARIANCE_TAIL
    """Share of the variance from which few samples dominate."""


VERDICT = VerdictCriterion()


def judge(kind: MethodKind, own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion = VERDICT) -> Judgement:
    """Status of an answer, by the numbers of the method and of sampling beside it (None where there is none)."""
    if not isfinite(own.std):
        return Judgement(Status.MISSING)
    if _is_constant(own, sampling, criterion):
        return Judgement(Status.HOLDS, (Finding.CONSTANT,))
    return JUDGES[kind](own, sampling, criterion)


def _is_constant(own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion) -> bool:
    """True where nothing that was solved shows the output to vary: no solve, no curvature, no test point, no sample."""
    still = own.std == 0 and not own.mean_shift > 0 and not own.mean_shift < 0 and not own.nonlinear_share > 0
    return still and not own.test_point_error > criterion.roughness.kink_error and not (sampling and sampling.std)


def _tangent(own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion) -> Judgement:
    curvature = isfinite(own.nonlinear_share)
    seen = {
        Finding.NONLINEAR: curvature and own.nonlinear_share >= criterion.nonlinear_share,
        Finding.MEAN_SHIFT: curvature and not abs(own.mean_shift) < criterion.mean_shift * own.std,
        Finding.TEST_POINTS: own.test_point_error > criterion.roughness.kink_error,
        Finding.CURVED: sampling is None and curvature and own.error >= criterion.std_error,
        Finding.DISAGREES: sampling is not None and _tangent_disagrees(own, sampling, criterion),
    }
    if findings := _found(seen):
        return Judgement(Status.FAILS, findings)
    if sampling is not None:
        return Judgement(Status.HOLDS)
    return Judgement(Status.UNVERIFIED if curvature else Status.UNKNOWN)


def _found(seen: Mapping[Finding, bool]) -> tuple[Finding, ...]:
    """Findings that apply, in their order."""
    return tuple(finding for finding, applies in seen.items() if applies)


def _tangent_disagrees(own: Numbers, sampling: Numbers, criterion: VerdictCriterion) -> bool:
    shift_limit = criterion.mean_shift * sampling.std + sampling.mean_se
    if abs(own.mean - sampling.mean) > shift_limit:
        return True
    if not sampling.std:
        return own.std > 0
    return not abs(own.std / sampling.std - 1) <= criterion.std_error + sampling.error


def _polynomial(own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion) -> Judgement:
    findings = [] if own.q2 >= criterion.q2 else [Finding.INACCURATE]
    if sampling is not None and _differs(own, sampling, criterion.roughness):
        findings.append(Finding.DISAGREES)
    if findings:
        return Judgement(Status.FAILS, tuple(findings))
    return Judgement(Status.HOLDS if sampling is not None else Status.UNVERIFIED)


def _differs(own: Numbers, sampling: Numbers, roughness: RoughnessCriterion) -> bool:
    """True where mean or standard deviation are ``agreement_errors`` combined standard errors from those of sampling."""
    mean_se = own.mean_se if isfinite(own.mean_se) else 0.0
    same_std = abs(own.std - sampling.std) <= roughness.agreement_errors * hypot(own.std_error, sampling.std_error)
    same_mean = abs(own.mean - sampling.mean) <= roughness.agreement_errors * hypot(mean_se, sampling.mean_se)
    return not (same_std and same_mean)


def _adaptive(own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion) -> Judgement:
    seen = {
        Finding.DISAGREES: sampling is not None and _differs(own, sampling, criterion.roughness),
        Finding.TEST_POINTS: own.test_point_error > criterion.roughness.kink_error,
        Finding.BEYOND_TEST_POINTS: own.hidden_variance > criterion.roughness.hidden_variance,
        Finding.INACCURATE: not own.q2 >= criterion.roughness.smooth_q2,
        Finding.FEW_SAMPLES_DOMINATE: few_samples_dominate(own, criterion.tail),
    }
    findings = _found(seen)
    return Judgement(Status.FAILS if findings else Status.HOLDS, findings)


def _sampling(own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion) -> Judgement:
    return Judgement(Status.HOLDS, (Finding.FEW_SAMPLES_DOMINATE,) if few_samples_dominate(own, criterion.tail) else ())


def _other(own: Numbers, sampling: Numbers | None, criterion: VerdictCriterion) -> Judgement:
    return Judgement(Status.UNKNOWN)


JUDGES: Mapping[MethodKind, Callable[[Numbers, Numbers | None, VerdictCriterion], Judgement]] = {
    MethodKind.TANGENT: _tangent,
    MethodKind.POLYNOMIAL: _polynomial,
    MethodKind.ADAPTIVE: _adaptive,
    MethodKind.SAMPLING: _sampling,
    MethodKind.OTHER: _other,
}


def few_samples_dominate(own: Numbers, tail: VarianceTail = VARIANCE_TAIL) -> bool:
    """True where the hundredth part of the samples carries most of the variance, so that the std is poorly known."""
    return own.tail_share > tail.dominant_share and own.n_solves >= tail.least_solves


def decide(answers: Sequence[Answer], criterion: VerdictCriterion = VERDICT) -> Decision:
    """The answer to take for one output: first order's where it holds, else chaos', else that of sampling."""
    bent = any(answer.numbers.test_point_error > criterion.roughness.kink_error for answer in answers)
    for answer in answers:
        if answer.kind == MethodKind.TANGENT and answer.judgement.status.usable and not bent:
            return Decision(Recommendation.FIRST_ORDER, answer, 0.0)
    for answer in answers:
        polynomial = answer.kind in (MethodKind.POLYNOMIAL, MethodKind.ADAPTIVE)
        # adaptive chaos has test points of its own; those of first order are measured against a cubic, not its polynomial
        error = answer.numbers.test_point_error
        kinked = error > criterion.roughness.kink_error if isfinite(error) else bent
        if polynomial and answer.judgement.status.usable and not kinked:
            return Decision(Recommendation.CHAOS, answer, 0.0)
    # where its polynomial fails, adaptive chaos has the answer of its own samples
    sampled = [
        answer
        for answer in answers
        if answer.kind in (MethodKind.SAMPLING, MethodKind.ADAPTIVE)
        and isfinite(answer.numbers.mean_se)
        and not answer.found(Finding.DISAGREES)
    ]
    if not sampled:
        return Decision(Recommendation.NONE, None, nan)
    best = min(sampled, key=lambda answer: answer.numbers.error)
    own, wanted = best.numbers, criterion.std_error
    return Decision(Recommendation.SAMPLING, best, max(0.0, ceil(own.n_solves * ((own.error / wanted) ** 2 - 1))))
