"""Sentences on answers and decisions, made from their status and numbers: number and unit first, then cause, then remedy."""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1, floor, inf, isfinite

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
from a2c_pybamm.propagation.intervals import RULE_OF_THREE
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
    status = answer.judgement.status
    if status is Status.MISSING:
        own, cause = answer.numbers, "a value or gradient of the model is not finite"
        if own.n_missing == own.n_solves:
            cause = "no solve has a number"
        elif own.n_failed:
            cause = "a solve that it needs failed"
        return f"No answer by {answer.label}: {cause}."
    if status is Status.CONSTANT:
        return _constant(answer.numbers)
    text = _std(answer.numbers, unit)
    if sampling is not None and answer.kind is not MethodKind.SAMPLING:
        text += f" ({_std(sampling, unit)} by sampling)"
    return f"{text}. {_about(answer, unit, sampled=sampling is not None)}"


def _constant(own: Numbers) -> str:
    if own.n_solves == 1:
        return "No coefficient that the model depends on carries an error."
    kept = f"{own.n_kept} of {own.n_solves}" if own.n_kept < own.n_solves else f"{own.n_solves}"
    return f"The output does not vary in {kept} solves."


def _about(answer: Answer, unit: str, *, sampled: bool) -> str:
    """Sentence on whether an answer holds, with the reason."""
    status, own = answer.judgement.status, answer.numbers
    if answer.kind is MethodKind.SAMPLING:
        return f"From {_kept(own)}.{_dominated(answer)}"
    if answer.kind is MethodKind.OTHER:
        return "Not judged: the method names no kind."
    if status is Status.UNKNOWN:
        why = "neither curvature nor sampling was computed"
        if own.n_missing:
            why = f"{own.n_missing} of {own.n_solves} solves have no number, and nothing samples"
        return f"Not verified: {why}; add MonteCarlo(1000)."
    what = "linear estimate" if answer.kind is MethodKind.TANGENT else "polynomial"
    if status is Status.CONTRADICTED:
        return f"The {what} is contradicted by {_number_of_test_points(own)} ({_listed(answer, unit)}): take sampling."
    if status is Status.FAILS:
        return f"The {what} fails ({_listed(answer, unit)}).{_dominated(answer)}"
    return f"The {what} holds {_tested(own, sampled=sampled)}."


def decision_sentence(decision: Decision, answers: list[Answer], unit: str) -> str:
    """The answer to take for one output with its numbers, why it, and what further solves would bring.

    It begins with the failed samples where they are more than ``max_failed``.
    """
    answer = decision.answer
    lead, end = _failed(decision)
    if answer is None and sampling_numbers(answers) is not None:
        return f"{lead}No answer: neither sampling nor another method gives a number."
    if answer is None:
        return (
            f"{lead}No answer holds or can be judged, and no method samples: add MonteCarlo(1000) (samples = 1000 in a study)."
        )
    own = answer.numbers
    if answer.judgement.status is Status.CONSTANT:
        most = max((o.numbers for o in answers if o.found(Finding.CONSTANT)), key=lambda numbers: numbers.n_solves)
        text = _constant(most)
        value = f"{significant(own.mean)}{_unit(unit)}: {text[0].lower()}{text[1:]}"
        return lead + " ".join([value, *_why_no_other(answers)]) + end
    value = f"{with_error(own.mean, own.std)}{_unit(unit)} by {answer.label}"
    if decision.recommendation is Recommendation.SAMPLING:
        drawn = f", {own.test_n:.0f} of them drawn" if 1 <= own.test_n < own.n_kept else ""
        spread = f"{_std(own, unit)} from {_kept(own)}{drawn}, which see nothing rarer than {percent(_unseen(own))}"
        return lead + " ".join([f"{value} ({spread}).", *_about_sampling(decision, answer, answers, unit)]) + end
    what = "linear estimate" if answer.kind is MethodKind.TANGENT else "polynomial"
    tested = _tested(own, sampled=sampling_numbers(answers) is not None)
    return f"{lead}{value} ({_std(own, unit)}). The {what} holds {tested}.{end}"


def _tested(own: Numbers, *, sampled: bool) -> str:
    """Test that an answer has passed, and the limit of that test, in words; ``sampled`` where samples are there to test it."""
    if not own.test_n >= 1:
        lacking = f", with no number at {own.n_missing} of {own.n_solves} solves" if own.n_missing else ""
        return f"by its own checks alone{lacking}; {UNSEEN_KINKS}"
    found = f"largest residual {own.draw_residual:.1f} σ, Q² {_q2(own.draw_q2)}"
    if own.test_n < VERDICT.draws.few:
        more = "more samples" if sampled else "sampling"
        return f"at {own.test_n:.0f} points ({found}), too few to see a cliff of 2 % of the probability; {more} would"
    return f"on {own.test_n:.0f} drawn samples ({found}), which see nothing rarer than {percent(RULE_OF_THREE / own.test_n)}"


def _number_of_test_points(own: Numbers) -> str:
    return f"{own.test_n:.0f} drawn samples" if own.test_n >= 1 else "sampling"


def _unseen(own: Numbers) -> float:
    """Probability of the rarest event that the samples would show with 95 % confidence."""
    n = own.test_n if own.test_n >= 1 else own.n_kept
    return min(1.0, RULE_OF_THREE / max(1.0, n))


def _failed(decision: Decision) -> tuple[str, str]:
    """Sentence on the failed samples, first or last; empty where there are few."""
    failed = decision.failed
    if failed is None or not (decision.leads_with_failures or failed.fraction >= NAMED.failed_fraction):
        return "", ""
    text = f"{percent(failed.fraction)} (± {percent(failed.error)}) of the drawn samples fail ({failed.cause})"
    if failed.coefficient:
        end = "high" if failed.shift > 0 else "low"
        place = f"{failed.shift:+.1f} σ there; {failed.source} {percent(failed.share)}"
        text += f", mostly where {failed.coefficient!r} is {end} ({place})"
    text += "; the numbers are of those that work." if decision.answer is not None else "."
    return (f"{text} ", "") if decision.leads_with_failures else ("", f" {text}")


def _listed(answer: Answer, unit: str) -> str:
    """The findings against an answer, in words."""
    own = answer.numbers
    texts = {
        Finding.RESIDUAL: f"one is {own.draw_residual:.1f} σ from it",
        Finding.DRAWN_Q2: f"Q² {_q2(own.draw_q2)} on them",
        Finding.DRAWN_STD: _std_ratio(own),
        Finding.DRAWN_MEAN: f"mean off by {significant(own.draw_mean)}{_unit(unit)}",
        Finding.SURVIVORS: "its numbers include the samples that fail",
        Finding.ENDS: f"ends of its {percent(own.coverage)} range elsewhere",
        Finding.DISAGREES: "mean or std differ beyond their errors",
        Finding.NONLINEAR: f"nonlinear share {percent(own.nonlinear_share)}",
        Finding.MEAN_SHIFT: _shift(own, unit),
        Finding.CURVED: f"std off by {percent(own.error)} by its own curvature",
        Finding.TEST_POINTS: _miss(own),
        Finding.BEYOND_TEST_POINTS: f"{percent(own.hidden_variance)} of the variance could hide beyond the {FAR}",
        Finding.INACCURATE: f"held-out Q² {_q2(own.q2)}",
    }
    return ", ".join(text for finding, text in texts.items() if answer.found(finding)) or "few samples carry the variance"


def _std_ratio(own: Numbers) -> str:
    """Distance of the predictions' std from that of the samples, in words."""
    if not isfinite(own.draw_log_std):
        return "they vary where it does not"
    return f"std off by {percent(abs(expm1(-own.draw_log_std)))} on them"


def reweighted_sentence(label: str, std: float, outside: float, *, extrapolates: bool, failed: bool) -> str:
    """Standard deviation from a polynomial under other errors, and the probability outside of where it was fitted."""
    parts = [f"std {significant(std)} from the polynomial of {label}"]
    if failed:
        parts.append("it failed under the former errors")
    parts.append(f"{percent(outside)} of the probability lies where it was not fitted")
    if extrapolates or failed:
        parts.append("propagate again")
    return "; ".join(parts) + "."


def _about_sampling(decision: Decision, answer: Answer, answers: list[Answer], unit: str) -> list[str]:
    """Sentences on a sampled answer: its quantiles where few samples dominate, why nothing cheaper holds, further solves."""
    own = answer.numbers
    parts = []
    if answer.found(Finding.FEW_SAMPLES_DOMINATE):  # the std says little: quantiles first
        parts.append(
            f"{percent(own.coverage)} of samples lie in {significant(own.low)} to {significant(own.high)}{_unit(unit)}."
        )
        parts.append(_dominated(answer).strip())
    parts += _why_no_other(answers, taken=answer)
    if own.std_unseen_high > NAMED.unseen_factor * own.std * (1 + own.error):
        high = f"{significant(own.std_unseen_high, 2)}{_unit(unit)}"
        parts.append(f"A mode that none of {own.n_solves} solves met could raise the std to {high} (95 %).")
    if decision.more_solves > 0:
        parts.append(f"{decision.more_solves:.0f} further solves bring the error of the std to {percent(VERDICT.std_error)}.")
    return parts


def _why_no_other(answers: list[Answer], taken: Answer | None = None) -> list[str]:
    """Sentences on the tangents and polynomials that are not taken; that of the answer taken from its own points is its own."""
    names = {id(a): "its own polynomial" if a is taken else a.label for a in answers}
    against = {
        "contradicted by these samples": [names[id(a)] for a in answers if a.judgement.status is Status.CONTRADICTED],
        f"not taken: {FAR} show a kink": [
            names[id(a)] for a in answers if a.judgement.status is not Status.CONTRADICTED and a.found(Finding.TEST_POINTS)
        ],
    }
    parts = []
    for text, labels in against.items():
        if labels:
            together = " and ".join(labels)
            parts.append(f"{together[0].upper()}{together[1:]} {'is' if len(labels) == 1 else 'are'} {text}.")
    return parts


def _std(own: Numbers, unit: str) -> str:
    with_own = NAMED.std_error * own.std < own.std_error < inf
    return f"std {with_error(own.std, own.std_error, digits=1) if with_own else significant(own.std)}{_unit(unit)}"


def _unit(unit: str) -> str:
    return f" {unit}" if unit not in ("", "1") else ""


def _shift(own: Numbers, unit: str) -> str:
    """Shift of the mean in standard deviations; in the output's unit where the tangent is flat."""
    if own.std:
        return f"mean shift {own.mean_shift / own.std + 0.0:.2f} σ"
    return f"mean shift {significant(own.mean_shift)}{_unit(unit)}"


def _kept(own: Numbers) -> str:
    """Number of samples behind the numbers, in words."""
    return f"{own.n_kept} of {own.n_solves} samples" if own.n_kept < own.n_solves else f"{own.n_solves} samples"


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
