"""Ratios from which one scale counts as far above another."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class ScaleThresholds:
    """Least ratios of the larger scale to the smaller one.

    Raises
    ------
    ValueError
        If a ratio is not at least 1, or the number of standard deviations is negative.
    """

    length: float = 10.0
    """Of lengths: an average over a length l misses a field that varies over L by (l/L)², 1 % at 10."""
    time: float = 100.0
    """Of times: a flux with a memory of t_c misses a force that changes within t by t_c/t, 1 % at 100. It is the square of that
    of lengths, so that a length and the time of diffusion over it ask for the same."""
    cell_width: float = 6.3
    """Of a simulation cell's width to the correlation length: periodic copies are correlated by exp(-L/ξ), 0.2 % at 6.3. Below
    2π no wave of the cell is longer than 2πξ, and `fit_correlation_length` does not resolve ξ."""
    run_length: float = 200.0
    """Of a run's length to the correlation time: the mean of one series is known to √(2 t_c/T) of its fluctuation, 10 % at
    200."""
    standard_deviations: float = 2.0
    """Standard deviations of a ratio's logarithm within which it counts as equal to its threshold: 95 % at 2."""

    def __post_init__(self) -> None:
        for field in fields(self):
            least = 0.0 if field.name == "standard_deviations" else 1.0
            value = getattr(self, field.name)
            if not isinstance(value, int | float) or not least <= value < float("inf"):
                raise ValueError(f"scale thresholds: {field.name} is {value}; give {least:g} or more")
