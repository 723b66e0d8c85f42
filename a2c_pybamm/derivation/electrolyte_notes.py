"""Remarks on an electrolyte's runs and on the fit of its law, in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import electrolyte_at
from a2c_pybamm.estimators.conduction.electrolyte_fit import T_PLUS_RANGE, UNDETERMINED
from a2c_pybamm.laws import ElectrolyteTransport, SingleIonConductor, conductivity_name
from a2c_pybamm.readers.units import UNITS

NANOSECOND = UNITS["time"]["ns"]
SHOWN = 1000.0
"""Concentration [mol.m-3] at which a law is shown in a note."""


def run_note(material: str, where: str, estimate: Estimate) -> dict[str, str]:
    """Conductivity, transference number, Haven ratio and the length that a run still lacks, by the run's place."""
    report, planning = estimate.provenance["report"], estimate.provenance["planning"]
    values = dict(zip(estimate.names, zip(estimate.mean, estimate.std, strict=True), strict=True))
    mean, std = values[conductivity_name(material)]
    text = f"κ = {np.exp(mean):.3g} S/m ± {100 * std:.2g} %"
    if (t_plus := report.get("transference_number")) is not None:
        text += f", t₊ = {t_plus:.3f} ± {estimate.std[1]:.2g}"
    if (haven := report.get("haven_ratio")) is not None:
        text += f", Haven ratio {haven:.2f}"
    return {f"{material} run at {where}": f"{text}; {_planned(planning)}"}


def _planned(planning: dict[str, Any]) -> str:
    """Lengths of a run for wished errors, in nanoseconds."""
    return ", ".join(f"{key.removesuffix(' [s]')}: {value / NANOSECOND:.3g} ns" for key, value in planning.items())


def electrolyte_notes(fitted: Estimate, law: ElectrolyteTransport, temperature: float) -> dict[str, str]:
    """χ², worst value and range of the fit, the law's numbers at 1 mol/L and the study's temperature, and what is open."""
    fit = fitted.provenance["fit"]
    shown = electrolyte_at(fitted, law, SHOWN, temperature)
    (low, high), (cold, hot) = fit["bounds of c_e [mol.m-3]"], fit["bounds of T [K]"]
    least, most = fit[T_PLUS_RANGE]
    kappa, t_plus, _, tdf, diffusivity = zip(shown.mean, shown.std, strict=True)
    text = (
        f"{fit['values']} values at {low:.4g} to {high:.4g} mol/m3 and {cold:g} to {hot:g} K, χ²/ν "
        f"{fit['chi2 per degree of freedom']:.2g} with {fit['degrees of freedom']:.3g} degrees of freedom; worst: "
        f"{fit['worst-fitted value']} ({fit['its residual over its std']:+.1f} std)"
    )
    numbers = (
        f"at {SHOWN:g} mol/m3 and {temperature:g} K: κ = {np.exp(kappa[0]):.3g} S/m ± {kappa[1]:.0%}, t₊ = {t_plus[0]:.3f} ± "
        f"{t_plus[1]:.2g}, D_e = {np.exp(diffusivity[0]):.3g} m2/s ± {diffusivity[1]:.0%}, thermodynamic factor "
        f"{np.exp(tdf[0]):.3g} ± {tdf[1]:.0%}; t₊ from {least:.2f} to {most:.2f} over 0 to 5 mol/L and 243 to 343 K"
    )
    open_ends = {f"{law.material} undetermined": "; ".join(fit[UNDETERMINED])} if fit[UNDETERMINED] else {}
    return {f"{law.material} law": text, f"{law.material} transport": numbers, **open_ends}


def solid_note(fitted: Estimate, law: SingleIonConductor, temperatures: list[float], temperature: float) -> dict[str, str]:
    """Conductivity at the study's temperature, and how far that lies from the runs."""
    c = dict(zip(law.names, fitted.mean, strict=True))
    value = float(law.electrolyte_conductivity(c, SHOWN, temperature))
    gradient = np.array([1.0, -ELEMENTARY_CHARGE / (BOLTZMANN * temperature)])
    std = float(np.sqrt(gradient @ fitted.select(law.names).covariance @ gradient))
    cold, hot = min(temperatures), max(temperatures)
    outside = "" if cold <= temperature <= hot else "; an extrapolation, whose error another mechanism or phase is not part of"
    return {
        f"{law.material} conductivity": f"{value:.3g} S/m at {temperature:g} K (std of its logarithm {std:.2g}) from runs at "
        f"{cold:g} to {hot:g} K{outside}"
    }
