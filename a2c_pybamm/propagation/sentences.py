"""Sentences on answers and decisions, made from their status and numbers: number and unit first, then cause, then remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import floor, inf, isfinite

from a2c_pybamm.formatting import percent, significant, with_error
from a2c_pybamm.propagation.answer import (
    Answer,
    Decision,
    Finding,
    MethodKind,
    Numbers,
    Recommendation,
    Status,
    sampling_numbers,
)
from a2c_pybamm.propagation.judgement import VERDICT

FAR = "test points at ±3σ"
UNSEEN_KINKS = "kinks farther out are not excluded without sampling"


@dataclass(frozen=True)
class SentenceCriterion:
    """Sizes from which a sentence names a number."""

    unseen_factor: float = 1.2
    """Factor on the std's upper end, by a mode that no sample met, from which that mode is named."""
    failed_fraction: float = 0.01
    """Fraction of solves that failed."""
    std_error: float = 1e-4
    """Relative error of a standard deviation."""


NAMED = SentenceCriterion()


def verdict_sentence(answer: Answer, sampling: Numbers | None, unit: str) -> str:
    """One method's answer for one output: standard deviation, whether it holds, and what was found."""
    if answer.judgement.status is Status.MISSING:
        cause = "a solve that it needs failed" if answer.numbers.n_failed else "a value or gradient of the model is not finite"
        return f"No answer by {answer.label}: {cause}."
    if answer.found(Finding.CONSTANT):
        return f"The output does not vary in {answer.numbers.n_solves} solves."
    own = _std(answer.numbers, unit, own_error=answer.kind is not MethodKind.TANGENT)
    if sampling is not None and answer.kind is not MethodKind.SAMPLING:
        own += f" ({_std(sampling, unit)} by sampling)"
    return f"{own}. {_SENTENCES[answer.kind](answer, unit)}"


def decision_sentence(decision: Decision, answers: list[Answer], unit: str) -> str:
    """The answer to take for one output with its numbers, why it, and what further solves would bring."""
    answer, warned = decision.answer, ""
    if decision.warned_by:
        warned = f" Adaptive chaos fails for {decision.warned_by}; the same samples may make this output collapse too."
    if answer is None and sampling_numbers(answers) is not None:
        return "No answer: neither sampling nor another method gives a number."
    if answer is None:
        return "No answer holds or can be judged, and no method samples: add MonteCarlo(1000) (samples = 1000 in a study)."
    own, failed = answer.numbers, _failed(sampling_numbers(answers) or answer.numbers)
    value = f"{with_error(own.mean, own.std)}{_unit(unit)} by {answer.label}"
    if answer.found(Finding.CONSTANT):
        most = max(other.numbers.n_solves for other in answers if other.found(Finding.CONSTANT))
        return f"{significant(own.mean)}{_unit(unit)}: the output does not vary in {most} solves.{failed}"
    open_end = "" if answer.judgement.status is Status.HOLDS else f"; {UNSEEN_KINKS}"
    if decision.recommendation is Recommendation.FIRST_ORDER:
        return f"{value}. The linear estimate holds{_evidence(own, sampling_numbers(answers), unit)}{open_end}.{warned}{failed}"
    if decision.recommendation is Recommendation.CHAOS:
        found = f"std within {percent(own.error)}, held-out Q² {_q2(own.q2)}"
        return f"{value}. The polynomial holds ({found}){open_end}.{warned}{failed}"
    spread = f"{_std(own, unit)} from {_kept(own)}"
    return " ".join([f"{value} ({spread}).", *_about_sampling(decision, answer, answers, unit)]) + failed


def reweighted_sentence(label: str, std: float, outside: float, *, extrapolates: bool, failed: bool) -> str:
    """Standard deviation from a polynomial under other errors, and the probability outside of where it was fitted."""
    parts = [f"std {significant(std)} from the polynomial of {label}"]
    if failed:
        parts.append("it failed under the former errors")
    parts.append(f"{percent(outside)} of the probability lies where it was not fitted")
    if extrapolates or failed:
        parts.append("propagate again")
    return "; ".join(parts) + "."


def _tangent(answer: Answer, unit: str) -> str:
    own, status = answer.numbers, answer.judgement.status
    if status is Status.UNKNOWN:
        return "Not verified: neither curvature nor sampling was computed; add MonteCarlo(1000)."
    if status is Status.FAILS:
        causes = {
            Finding.NONLINEAR: f"nonlinear share {percent(own.nonlinear_share)}",
            Finding.MEAN_SHIFT: _shift(own, unit),
            Finding.CURVED: f"std off by {percent(own.error)} by its own curvature",
            Finding.TEST_POINTS: _miss(own),
            Finding.DISAGREES: "sampling differs",
        }
        found = ", ".join(text for finding, text in causes.items() if answer.found(finding))
        return f"The linear estimate fails: {found}; use sampling, or chaos where it holds."
    if status is Status.UNVERIFIED:
        return f"The linear estimate holds at ±1σ{_evidence(own, None, unit)}; {UNSEEN_KINKS}."
    return f"The linear estimate holds{_evidence(own, None, unit)}."


def _polynomial(answer: Answer, unit: str) -> str:
    own, status = answer.numbers, answer.judgement.status
    text = f"held-out Q² {_q2(own.q2)}"
    if status is Status.HOLDS:
        return f"The polynomial holds ({text})."
    if status is Status.UNVERIFIED:
        return f"The polynomial holds at points kept out of the fit ({text}); {UNSEEN_KINKS}."
    cause = f"sampling differs, {text}" if answer.found(Finding.DISAGREES) else text
    return f"The polynomial fails ({cause}); use sampling."


def _adaptive(answer: Answer, unit: str) -> str:
    own = answer.numbers
    text = f"held-out Q² {_q2(own.q2)}"
    if answer.judgement.status is Status.HOLDS:
        return f"The polynomial holds ({text})."
    if answer.found(Finding.DISAGREES):
        cause = f"sampling differs, {text}"
    elif answer.found(Finding.TEST_POINTS):
        cause = f"{_miss(own)}, {text}"
    elif answer.found(Finding.BEYOND_TEST_POINTS):
        cause = f"{percent(own.hidden_variance)} of the variance could hide beyond the {FAR}, {text}"
    else:
        cause = f"{text}; the std is that of {'importance-sampling points' if own.n_importance else 'plain samples'}"
    return f"The polynomial fails ({cause}).{_dominated(answer)}"


def _plain_sampling(answer: Answer, unit: str) -> str:
    return f"From {_kept(answer.numbers)}.{_dominated(answer)}"


_SENTENCES: dict[MethodKind, Callable[[Answer, str], str]] = {
    MethodKind.TANGENT: _tangent,
    MethodKind.POLYNOMIAL: _polynomial,
    MethodKind.ADAPTIVE: _adaptive,
    MethodKind.SAMPLING: _plain_sampling,
    MethodKind.OTHER: lambda answer, unit: "Not judged: the method names no kind.",
}


def _about_sampling(decision: Decision, answer: Answer, answers: list[Answer], unit: str) -> list[str]:
    """Sentences on a sampled answer: its quantiles where few samples dominate, why nothing cheaper holds, further solves."""
    own = answer.numbers
    parts = []
    if answer.found(Finding.FEW_SAMPLES_DOMINATE):  # the std says little: quantiles first
        parts.append(
            f"{percent(own.coverage)} of samples lie in {significant(own.low)} to {significant(own.high)}{_unit(unit)}."
        )
        parts.append(_dominated(answer).strip())
    bent = [other.label for other in answers if other.found(Finding.TEST_POINTS)]
    if bent:
        names = " and ".join(bent)
        parts.append(f"{names[0].upper()}{names[1:]} fail{'s' if len(bent) == 1 else ''}: {FAR} show a kink.")
    if own.std_unseen_high > NAMED.unseen_factor * own.std * (1 + own.error):
        high = f"{significant(own.std_unseen_high, 2)}{_unit(unit)}"
        parts.append(f"A mode that none of {own.n_solves} solves met could raise the std to {high} (95 %).")
    if decision.more_solves:
        parts.append(f"{decision.more_solves:.0f} further solves bring the error of the std to {percent(VERDICT.std_error)}.")
    return parts


def _std(own: Numbers, unit: str, *, own_error: bool = True) -> str:
    with_own = own_error and NAMED.std_error * own.std < own.std_error < inf
    return f"std {with_error(own.std, own.std_error, digits=1) if with_own else significant(own.std)}{_unit(unit)}"


def _unit(unit: str) -> str:
    return f" {unit}" if unit not in ("", "1") else ""


def _evidence(own: Numbers, sampling: Numbers | None, unit: str) -> str:
    """The numbers on which first order is judged, in brackets."""
    parts = []
    if isfinite(own.nonlinear_share):
        parts = [f"nonlinear share {percent(own.nonlinear_share)}", _shift(own, unit)]
    if sampling is not None and sampling.std:
        parts.append(f"std {own.std / sampling.std:.2f} of that by sampling")
    return f" ({', '.join(parts)})" if parts else ""


def _shift(own: Numbers, unit: str) -> str:
    """Shift of the mean in standard deviations; in the output's unit where the tangent is flat."""
    if own.std:
        return f"mean shift {own.mean_shift / own.std + 0.0:.2f} σ"
    return f"mean shift {significant(own.mean_shift)}{_unit(unit)}"


def _kept(own: Numbers) -> str:
    """Number of samples behind the numbers, in words."""
    return f"{own.n_solves - own.n_failed} of {own.n_solves} samples" if own.n_failed else f"{own.n_solves} samples"


def _failed(own: Numbers) -> str:
    """Sentence on the samples that failed, from one in a hundred on."""
    fraction = own.n_failed / own.n_solves if own.n_solves else 0.0
    return (
        f" {percent(fraction)} of {own.n_solves} solves failed and are left out." if fraction >= NAMED.failed_fraction else ""
    )


def _dominated(answer: Answer) -> str:
    if not answer.found(Finding.FEW_SAMPLES_DOMINATE):
        return ""
    share = percent(answer.numbers.tail_share)
    return f" 1 % of the samples carry {share} of the variance: read the quantiles, the std says little."


def _miss(own: Numbers) -> str:
    if not isfinite(own.test_point_error):
        return f"{FAR} show a change where it has none"
    return f"{FAR} are off by up to {own.test_point_error:.1f} σ of the output"


def _q2(value: float) -> str:
    """Two digits, rounded down so that 0.949 does not pass for 0.95; how far below -1 says nothing more."""
    if not isfinite(value):
        return "not known"
    return f"{floor(value * 100 + 1e-9) / 100:.2f}" if value >= -1 else "below -1"
