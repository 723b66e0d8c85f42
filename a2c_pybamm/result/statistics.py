"""The statistics of an output, declared once: name, unit, dimensions, and what a file of them may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from a2c_pybamm.status import Recommendation, Status


@dataclass(frozen=True)
class Statistic:
    """One variable of an output's node."""

    text: str
    """For its ``long_name``, behind that of the output."""
    unit: str
    """Its unit, with {u} for the output's."""
    dim: str | None = None
    """Its dimension beside ``approach`` and the output's axes."""
    required: bool = False
    """True where every output has it, NaN where a method gives none; others stand where some method gives one."""
    curves_only: bool = False
    numbers_only: bool = False

    def dims(self, axes: Sequence[str], lead: Sequence[str] = ("approach",)) -> tuple[str, ...]:
        """Dimensions of an output on these axes of its own."""
        return (*lead, *(() if self.dim is None else (self.dim,)), *axes)

    def applies(self, axes: Sequence[str]) -> bool:
        """True where an output on these axes may have it."""
        return not (self.numbers_only if axes else self.curves_only)

    def attributes(self, unit: str, text: str) -> dict[str, str]:
        """Attributes for an output of this unit and description."""
        return {"units": self.unit.format(u=unit), "long_name": f"{text}: {self.text}"}


@dataclass(frozen=True)
class ScalarStatistic:
    """One variable of the node of an output that is one number, made from the statistics."""

    text: str
    of_approach: bool
    """True where each method has its own."""
    values: tuple[str, ...] = ()
    """Texts that it may hold; any where there are none."""
    number: bool = False

    @property
    def dims(self) -> tuple[str, ...]:
        return ("approach",) if self.of_approach else ()

    @property
    def attributes(self) -> dict[str, str]:
        return {"long_name": self.text, **({"units": "1"} if self.number else {})}


STATISTICS = {
    "mean": Statistic("mean", "{u}", required=True),
    "std": Statistic("standard deviation", "{u}", required=True),
    "var": Statistic("variance", "({u})^2", required=True),
    "quantile": Statistic("quantile", "{u}", "level", required=True),
    "quantile_se": Statistic("standard error of the quantile (sampling)", "{u}", "level"),
    "share": Statistic("share of variance that each source makes by itself, not clipped", "1", "source", required=True),
    "share_se": Statistic("standard error of the share (sampling)", "1", "source", required=True),
    "error": Statistic("relative error of the standard deviation as the method itself estimates it", "1", required=True),
    "mean_se": Statistic("standard error of the mean (sampling, adaptive chaos)", "{u}"),
    "q2": Statistic("predictive coefficient Q2 on points kept out of the fit (chaos)", "1", required=True),
    "test_point_error": Statistic(
        "largest error of prediction at a test point at ±3σ of the germ, in standard deviations of the output", "1"
    ),
    "hidden_variance": Statistic(
        "variance that could lie beyond the test points, over the variance estimated (adaptive chaos)", "1"
    ),
    "tail_share": Statistic("share of the variance in the hundredth part of the samples farthest from the mean", "1"),
    "failed_fraction": Statistic("fraction of the drawn samples without a number", "1", numbers_only=True),
    "failed_fraction_se": Statistic("standard error of that fraction", "1", numbers_only=True),
    "test_n": Statistic("points on which the tangent or polynomial was tested", "1", numbers_only=True),
    "draw_residual": Statistic("largest residual at the test's points, in standard deviations", "1", numbers_only=True),
    "draw_q2": Statistic("predictive coefficient Q2 at the test's points", "1", numbers_only=True),
    "draw_mean": Statistic("mean of the residuals at the test's points", "{u}", numbers_only=True),
    "draw_mean_se": Statistic("standard error of the mean residual", "{u}", numbers_only=True),
    "draw_log_std": Statistic("ln of the std of the test's values over that of the predictions", "1", numbers_only=True),
    "draw_log_std_se": Statistic("standard error of that logarithm", "1", numbers_only=True),
    "survivor_shift": Statistic(
        "change of mean (over std) or ln std of the predictions where failed samples are left out", "1", numbers_only=True
    ),
    "mean_low": Statistic("lower end of the 95 % interval of the mean", "{u}"),
    "mean_high": Statistic("upper end of the 95 % interval of the mean", "{u}"),
    "std_low": Statistic("lower end of the 95 % interval of the standard deviation", "{u}"),
    "std_high": Statistic("upper end of the 95 % interval of the standard deviation", "{u}"),
    "mean_unseen_low": Statistic("lower end, a rare mode that no sample met included (rule of three)", "{u}"),
    "mean_unseen_high": Statistic("upper end, a rare mode that no sample met included (rule of three)", "{u}"),
    "std_unseen_high": Statistic("upper end for the standard deviation, such a mode included", "{u}"),
    "mean_shift": Statistic("shift of the mean by curvature (first order)", "{u}"),
    "end_shift": Statistic("shift of the ends of the central 95 % by curvature (first order)", "{u}"),
    "nonlinear_share": Statistic("share of variance that no straight line gives (first order)", "1"),
    "gradient": Statistic(
        "total derivative by each coefficient at the mean (first order)", "{u} per unit of the coefficient", "coefficient"
    ),
    "running_fraction": Statistic("fraction of the solves not cut off here", "1", required=True, curves_only=True),
}
"""Numbers along ``approach``, on the output's own axes."""

SCALAR_STATISTICS = {
    "status": ScalarStatistic("status of the answer", True, tuple(Status)),
    "verdict": ScalarStatistic("the answer and whether it holds, in words", True),
    "recommendation": ScalarStatistic("kind of answer to take", False, tuple(Recommendation)),
    "decision": ScalarStatistic("the answer to take, in words", False),
    "more_solves": ScalarStatistic(
        "further solves that bring the relative error of the std to 5 %, 0 where none are needed, NaN if not known",
        False,
        number=True,
    ),
}
"""Judged for outputs that are one number."""


def description_of(mean: Mapping[Any, Any], output: str) -> str:
    """Description of an output by its model, from the attributes of its mean."""
    return str(mean.get("long_name", output)).removesuffix(f": {STATISTICS['mean'].text}")
