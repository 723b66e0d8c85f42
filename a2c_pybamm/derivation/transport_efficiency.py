"""Transport efficiencies of porous layers: a declared choice in, the exponent that PyBaMM has in their place out."""

from __future__ import annotations

from typing import Literal

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.derivation.electrode import open_prefix
from a2c_pybamm.derivation.set_content import SetContent
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import ABOVE_BOUND, efficiency_by_bounds, efficiency_by_exponent, efficiency_by_tortuosity
from a2c_pybamm.laws import TransportEfficiency
from a2c_pybamm.parameter_set import BaseSet, Layer, Phase, base_values, efficiency_attachments, phase_fraction

PHASES: dict[Phase, str] = {"electrolyte": "pores", "electrode": "solids"}
"""Word for a phase of an electrode in the names of its coefficients."""


def add_electrode_efficiencies(
    content: SetContent,
    base: str | BaseSet | None,
    side: Literal["negative", "positive"],
    electrode: schema.Electrode,
    mistakes: schema.Mistakes,
) -> None:
    """Add the estimates and attachments of one electrode's phases."""
    with open_prefix(content, f"{electrode.material} "):
        entry = electrode.transport_efficiency
    for phase, word in PHASES.items():
        with mistakes.collect(f"transport_efficiency.{phase}"), open_prefix(content, f"{electrode.material} "):
            given = getattr(entry, phase) if entry else None
            if given:
                _add(content, base, side, phase, f"{electrode.material} {word}", given)
    with mistakes.collect():
        if electrode.conduction and not (entry and entry.electrode) and base is not None:
            _note_solids(content, base, side, electrode.material)


def add_separator_efficiency(
    content: SetContent, base: str | BaseSet | None, separator: schema.Separator, mistakes: schema.Mistakes
) -> None:
    """Add the estimate and attachment of the separator's electrolyte."""
    with mistakes.collect("transport_efficiency"), open_prefix(content, "separator "):
        if entry := separator.transport_efficiency:
            _add(content, base, "separator", "electrolyte", "separator", entry)


def _add(
    content: SetContent, base: str | BaseSet | None, layer: Layer, phase: Phase, material: str, entry: schema.PhaseEfficiency
) -> None:
    if base is None:
        raise schema.NotGiven("base")
    law = TransportEfficiency(material, phase_fraction(base, layer, phase))
    estimate = _estimate(law, entry)
    content.estimates.append(estimate)
    content.attach |= efficiency_attachments(law, layer, phase)
    content.notes[f"{material} transport"] = _in_words(law, estimate)


def _estimate(law: TransportEfficiency, entry: schema.PhaseEfficiency) -> Estimate:
    """Estimate of the choice that is given."""
    if entry.bruggeman is not None:
        std = entry.bruggeman_std or 0.0
        return efficiency_by_exponent(law, entry.bruggeman, std=std, source=entry.source, reason=entry.reason)
    if entry.tortuosity is not None:
        std = entry.tortuosity_std_ln or 0.0
        return efficiency_by_tortuosity(law, entry.tortuosity, std_ln=std, source=entry.source, reason=entry.reason)
    return efficiency_by_bounds(
        law,
        choice=entry.bound or "",
        others=[(phase.fraction, phase.conductivity) for phase in entry.others],
        shortfall=entry.shortfall or 0.0,
        source=entry.source,
        reason=entry.reason,
    )


def _in_words(law: TransportEfficiency, estimate: Estimate) -> str:
    """Efficiency, exponent and tortuosity factor in words, with the share of draws that no isotropic mixture has."""
    c = dict(zip(law.names, estimate.mean.tolist(), strict=True))
    std = float(estimate.std[0])
    text = (
        f"{law.transport_efficiency(c):.3g} of the phase's own at a volume fraction of {law.volume_fraction:.3g}, ± {std:.2g} "
        f"of its logarithm (exponent {law.bruggeman_coefficient(c):.3g} ± {-std / np.log(law.volume_fraction):.2g}, "
        f"tortuosity factor {law.tortuosity_factor(c):.3g}); {estimate.method}"
    )
    above = round(estimate.provenance.get(ABOVE_BOUND, 0.0), 2)
    return f"{text}; {above:.0%} of the draws above the upper bound of an isotropic mixture" if above else text


def _note_solids(content: SetContent, base: str | BaseSet, side: str, material: str) -> None:
    """Note where the pores take nothing from a conductivity of solids, by the base set's exponent."""
    key = f"{side.capitalize()} electrode Bruggeman coefficient (electrode)"
    if base_values(base).get(key) == 0:
        content.notes[f"{material} solids"] = (
            f"the base set's {key!r} is 0: the pores take nothing from the conductivity of the solids; declare "
            f"[{side}.transport_efficiency.electrode]"
        )
