"""Distances of fitted laws from their data, as rows and in words: of single estimates, and of the members of committees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.thermodynamics.fit_quality import FIT
from a2c_pybamm.formatting import percent, significant

NOTEWORTHY = 2.0
"""χ² per degree of freedom, with declared noise, above which a fit is marked: ten degrees exceed it in 3 of 100 fits."""
MARK = "(!)"
"""Mark of a value that is to be looked at."""
NOISE_SHARE = "share of noise in the variance of U"


@dataclass(frozen=True)
class FitRow:
    """Distances of one method's fit from its data."""

    material: str
    label: str
    reduced: float
    """χ² per degree of freedom; NaN where none is left."""
    degrees_of_freedom: float
    declared: bool
    """True where the standard deviations of the data are declared."""
    largest: float
    """Largest distance of the voltage from that of the data [V]; NaN where there is none to compare with."""
    largest_x: float
    worst_x: float
    """Composition of the largest residual in units of its standard deviation."""
    worst_ratio: float
    noise_share: float = np.nan
    """Share of the voltage's variance that is noise of the data; NaN where none is reported."""

    @property
    def noteworthy(self) -> bool:
        """True where the data are farther from the law than their declared noise; less than one degree shows nothing."""
        return self.declared and self.degrees_of_freedom >= 1 and self.reduced > NOTEWORTHY

    @property
    def reduced_text(self) -> str:
        """χ² per degree of freedom, marked where it is noteworthy; none of less than one degree, which has no meaning."""
        if not np.isfinite(self.reduced):
            return "no degree of freedom"
        if self.degrees_of_freedom < 1:
            return "less than one degree of freedom"
        return f"{MARK} {significant(self.reduced, 2)}" if self.noteworthy else significant(self.reduced, 2)

    @property
    def noise_text(self) -> str:
        """Where the standard deviations of the data come from."""
        return "declared" if self.declared else "from the scatter"

    def sentence(self, kind: str) -> str:
        """The row in words; the voltage of the data is of this kind."""
        chi = f"χ²/ν {significant(self.reduced, 2)}" if self.degrees_of_freedom >= 1 else self.reduced_text
        parts = [f"{MARK + ' ' if self.noteworthy else ''}{chi} (noise {self.noise_text})"]
        if np.isfinite(self.largest):
            parts.append(f"largest |U_law − U_{kind}| {significant(self.largest, 2)} V at x = {self.largest_x:.2g}")
        parts.append(f"worst point x = {self.worst_x:.2g} ({significant(self.worst_ratio, 2)} errors)")
        text = ", ".join(parts)
        if np.isfinite(self.noise_share):
            text += f"; noise makes {percent(self.noise_share)} of the variance of U, the shape between the data the rest"
        if self.noteworthy:
            text += "; the data scatter more than their declared noise: check energy_std or std_column, and the worst point"
        return text


def fit_rows(estimates: Iterable[Estimate]) -> list[FitRow]:
    """Rows of all fits in the estimates' histories that say how far the law is from its data, each once."""
    return list(dict.fromkeys(row for e in estimates for row in _rows(e.names, e.provenance)))


def _rows(names: Iterable[str], provenance: Mapping[str, Any]) -> Iterator[FitRow]:
    if FIT in provenance:
        material = next(iter(names), "").split(" ")[0]  # the first word of each coefficient of a host
        yield _row(material, str(provenance.get("label", "")), provenance)
        return
    for part in provenance.get("parts", ()):
        if "names" in part and "provenance" in part:
            yield from _rows(part["names"], part["provenance"])


def _row(material: str, label: str, provenance: Mapping[str, Any]) -> FitRow:
    fit = provenance[FIT]
    number = {key: np.nan if value is None else float(value) for key, value in fit.items() if key != "noise declared"}
    share = provenance.get("roughness", {}).get(NOISE_SHARE)
    return FitRow(
        material,
        label,
        number["chi2 per degree of freedom"],
        number["degrees of freedom"],
        bool(fit["noise declared"]),
        number["largest |U_law - U_data| [V]"],
        number["at x"],
        number["worst-fitted x"],
        number["its residual over its std"],
        np.nan if share is None else float(share),
    )
