"""Shares of compositions at which intervals of an emitted estimate hold a known curve, and how wide they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np

from a2c_pybamm.constants import STANDARD_TEMPERATURE
from a2c_pybamm.estimate import Estimate, Joint
from a2c_pybamm.estimators.thermodynamics.fit_quality import LARGEST_MISFIT
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import FITTED

N_DRAW = 1000
N_COMPOSITION = 101
QUANTILES = (0.025, 0.16, 0.84, 0.975)
LEAST_FACTOR = 1e-12
"""Thermodynamic factor whose logarithm stands for that of zero: draws of a host of any kind may have it."""
NO_LIMIT = 9.0
"""Misfit [V] at which no fit here is refused."""
HEADINGS = (
    "U 95",
    "U 68",
    "Θ 95",
    "Θ 68",
    "std/mV",
    "rms/mV",
    "fit/mV",
    "off max",
    "off rms",
    "nom max",
    "Θ > 0",
    "left/mV",
    "refused",
    "modes",
)


class VoltageLaw(Protocol):
    """The part of a law that is compared."""

    entropy_name: str
    names: tuple[str, ...]

    def open_circuit_voltage(self, c: dict, x: np.ndarray, T: float) -> np.ndarray: ...

    def thermodynamic_factor(self, c: dict, x: np.ndarray, T: float) -> np.ndarray: ...


class KnownCurve(Protocol):
    """A curve with its derivative in a window of compositions."""

    kinks: bool

    def compositions(self, n: int) -> np.ndarray: ...

    def voltage(self, x: np.ndarray) -> np.ndarray: ...

    def thermodynamic_factor(self, x: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Coverage:
    """One estimate beside the curve that its data were made of, or means of several."""

    voltage_95: float
    """Share of x at which the central 95 % of draws hold the voltage."""
    voltage_68: float
    factor_95: float
    """The same of the thermodynamic factor; NaN where the curve has kinks."""
    factor_68: float
    std: float
    """Standard deviation of the voltage, median over x [V]."""
    error: float
    """Root-mean-square distance of the draws' mean voltage from the curve [V]."""
    error_of_fit: float
    """The same of the fitted voltage [V]."""
    largest_shift: float
    """Distance of the draws' mean voltage from the fitted one over the standard deviation, largest over x."""
    shift: float
    """The same, root-mean-square over x."""
    nominal_shift: float
    """Distance of the draws' mean voltage from that at the mean coefficients, largest over x."""
    positive: float
    """Share of draws whose thermodynamic factor is positive at all x."""
    neglected: float
    """Root-mean-square error of the voltage that is left out [V]; zero where nothing is."""
    refused: float
    """Share of fits that the default ``largest_misfit`` refuses; they are compared all the same."""
    modes: float
    """Columns of the estimate's error."""

    def row(self) -> str:
        """Figures under ``HEADINGS``; voltages in mV."""
        shares = (self.voltage_95, self.voltage_68, self.factor_95, self.factor_68)
        millivolts = (1e3 * self.std, 1e3 * self.error, 1e3 * self.error_of_fit)
        rest = (self.largest_shift, self.shift, self.nominal_shift, self.positive, 1e3 * self.neglected, self.refused)
        return "".join(f"{v:9.3f}" for v in (*shares, *millivolts, *rest)) + f"{self.modes:9.1f}"


def fitted(fit: Callable[[float], Estimate]) -> tuple[Estimate, bool]:
    """A fit by its ``largest_misfit`` [V], and whether the default one refuses it."""
    try:
        return fit(LARGEST_MISFIT), False
    except ValueError as error:
        if "largest_misfit" not in str(error):
            raise
        return fit(NO_LIMIT), True


def held(draws: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Shares of x at which the central 95 % and 68 % of draws (n_draw, n_x) hold the truth (n_x,)."""
    low_95, low_68, high_68, high_95 = np.quantile(draws, QUANTILES, axis=0)
    inside_95, inside_68 = (low_95 <= truth) & (truth <= high_95), (low_68 <= truth) & (truth <= high_68)
    return float(inside_95.mean()), float(inside_68.mean())


def drawn_coefficients(estimate: Estimate, law: VoltageLaw, seed: int, **others: float) -> dict[str, np.ndarray | float]:
    """Columns (N_DRAW, 1) of the coefficients drawn as a cell does, and those that the estimate has not."""
    joint = Joint([estimate])
    draws = joint.draw(N_DRAW, np.random.default_rng(seed))
    return others | {name: draws[:, k, None] for k, name in enumerate(joint.names)}


def coverage(estimate: Estimate, law: VoltageLaw, curve: KnownCurve, seed: int, *, refused: bool = False) -> Coverage:
    """Draws of one estimate beside its curve at compositions evenly spaced in the window, at the law's temperature."""
    x = curve.compositions(N_COMPOSITION)
    entropy = {law.entropy_name: 0.0}  # U and Θ at the reference temperature do not depend on it
    c = drawn_coefficients(estimate, law, seed, **entropy)
    voltage = law.open_circuit_voltage(c, x, STANDARD_TEMPERATURE)
    factor = law.thermodynamic_factor(c, x, STANDARD_TEMPERATURE)
    nominal = dict(zip(estimate.names, estimate.mean, strict=True))
    at_mean, fit = (
        law.open_circuit_voltage(entropy | coefficients, x, STANDARD_TEMPERATURE)
        for coefficients in (nominal, estimate.provenance.get(FITTED, nominal))
    )
    truth, mean, std = curve.voltage(x), voltage.mean(axis=0), voltage.std(axis=0)
    shift, nominal_shift = np.abs(mean - fit) / std, np.abs(mean - at_mean) / std
    logs = np.log(np.maximum(factor, LEAST_FACTOR))
    held_factor = (np.nan, np.nan) if curve.kinks else held(logs, np.log(curve.thermodynamic_factor(x)))
    return Coverage(
        *held(voltage, truth),
        *held_factor,
        std=float(np.median(std)),
        error=_rms(mean - truth),
        error_of_fit=_rms(fit - truth),
        largest_shift=float(shift.max()),
        shift=_rms(shift),
        nominal_shift=float(nominal_shift.max()),
        positive=float((factor > 0).all(axis=1).mean()),
        neglected=float(estimate.provenance.get("roughness", {}).get("neglected [V]", 0.0)),
        refused=float(refused),
        modes=float(sum(factor.values.shape[1] for factor in estimate.factors.values())),
    )


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


def summary(rows: Sequence[Coverage], statistic: Callable[[np.ndarray], float]) -> Coverage:
    """A statistic of each figure, over rows that have it."""
    columns = {field.name: np.array([getattr(row, field.name) for row in rows]) for field in fields(Coverage)}
    known = {name: column[~np.isnan(column)] if (~np.isnan(column)).any() else column for name, column in columns.items()}
    return Coverage(**{name: float(statistic(column)) for name, column in known.items()})
