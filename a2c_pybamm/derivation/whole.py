"""The whole study: both electrodes, what is declared, one joint error."""

from __future__ import annotations

from typing import Any

import numpy as np

from a2c_pybamm import __version__
from a2c_pybamm import study as schema
from a2c_pybamm.derivation.declared import add_scale, add_value
from a2c_pybamm.derivation.electrode import Parts, add_electrode
from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.estimators import declare
from a2c_pybamm.parameter_set import ParameterSet, base_values
from a2c_pybamm.readers.source_file import naming

NEEDED = (
    "Nominal cell capacity [A.h]",
    "Lower voltage cut-off [V]",
    "Upper voltage cut-off [V]",
    "Reference temperature [K]",
    *(f"{side} electrode {what}" for side in ("Negative", "Positive") for what in ("OCP [V]", "OCP entropic change [V.K-1]")),
    *(f"{side} electrode exchange-current density [A.m-2]" for side in ("Negative", "Positive")),
    *(f"{side} particle diffusivity [m2.s-1]" for side in ("Negative", "Positive")),
    *(f"Maximum concentration in {side} electrode [mol.m-3]" for side in ("negative", "positive")),
    *(f"Initial concentration in {side} electrode [mol.m-3]" for side in ("negative", "positive")),
)
"""What a base set must bring, whatever the laws take the place of."""


def derive(study: schema.Study) -> ParameterSet:
    """The parameter set of a study: files read, laws fitted, errors joined.

    Raises
    ------
    ValueError
        Naming the file or key: data cannot be read or do not suffice, a declared covariance is not positive semi-definite, a
        coefficient is estimated twice or not at all.
    UnstablePhaseError
        If a host at the mean coefficients separates into phases where the cell goes, and the study says no treatment.
    """
    with naming("base"):
        _check_base(study.base)
    parts = Parts(notes={"made with": f"a2c_pybamm {__version__}"})
    for side in ("negative", "positive"):
        electrode: schema.Electrode | None = getattr(study, side)
        if electrode:
            with naming(side):
                add_electrode(parts, study, side, electrode)
    base = base_values(study.base)
    for k, scale in enumerate(study.scale, start=1):
        with naming(f"scale[{k}]"):
            add_scale(parts, base, scale)
    for k, value in enumerate(study.value, start=1):
        with naming(f"value[{k}]"):
            add_value(parts, base, value)
    for k, item in enumerate(study.declared, start=1):
        with naming(f"declared[{k}]"):
            parts.estimates.append(
                declare(
                    item.names, item.values, std=item.std, covariance=item.covariance, source=item.source, reason=item.reason
                )
            )
    _refuse_twice(parts.estimates)
    estimates = _with_systematics(parts.estimates, study.systematic)
    sources = {source for estimate in estimates for source in estimate.factors}
    if unknown := sorted(set(study.independent) - sources):
        raise ValueError(f"independent: no source {unknown[0]!r} (have {', '.join(sorted(sources))}); correct or remove it")
    parts.notes |= _committee_notes(estimates)
    joint = Joint(estimates, independent=study.independent)
    derived = ParameterSet(
        study.name,
        study.base,
        parts.attach,
        joint,
        study.temperature,
        study.citations,
        study.title,
        parts.notes,
        study.cell.voltage_limits,
    )
    try:
        derived.refuse_unstable_mean()
    except ArithmeticError as error:
        zeros = [repr(item.parameter) for item in study.value if item.value == 0]
        cause = f"value of {', '.join(zeros)} is 0" if zeros else "a scaled or replaced value leaves no cell"
        raise ValueError(f"set {study.name}, mean coefficients: {cause} ({error}); give the cell a size") from error
    return derived


def _check_base(base: str) -> None:
    """Raise ``ValueError`` unless PyBaMM's set is a full cell with one intercalation material in each electrode."""
    values = base_values(base)
    if missing := [key for key in NEEDED if key not in values]:
        raise ValueError(
            f"{base!r} has no {missing[0]!r}: a half-cell, a composite or no intercalation cell; take a full cell with one "
            "material in each electrode, like Ai2020 or Chen2020"
        )


def _refuse_twice(estimates: list[Estimate]) -> None:
    """Raise ``ValueError`` where two estimates give one coefficient."""
    methods: dict[str, str] = {}
    for estimate in estimates:
        for name in estimate.names:
            if name in methods:
                raise ValueError(
                    f"coefficient {name!r} is given twice ({methods[name]}; {estimate.method}); remove one, "
                    "e.g. its [[declared]]"
                )
            methods[name] = estimate.method


def _committee_notes(estimates: list[Estimate]) -> dict[str, str]:
    """How well the spread of each committee is known, by the number of its members."""
    members = {}
    for estimate in estimates:
        for report in _committees(dict(estimate.provenance)):
            members[tuple(report["members"])] = report
    return {
        f"committee of {', '.join(names)}": f"its std is known to ±{report['relative error of its std']:.0%}, "
        f"correlations between coefficients are {report['correlations']}"
        for names, report in members.items()
    }


def _committees(provenance: dict[str, Any]) -> list[dict[str, Any]]:
    """Reports of committees anywhere in an estimate's history."""
    own = [provenance["committee"]] if "committee" in provenance else []
    return own + [report for part in provenance.get("parts", ()) for report in _committees(part["provenance"])]


def _with_systematics(estimates: list[Estimate], systematic: tuple[schema.Systematic, ...]) -> list[Estimate]:
    """The estimates with declared further errors; one germ moves all coefficients that a source names."""
    known = {name for estimate in estimates for name in estimate.names}
    for item in systematic:
        if missing := sorted(set(item.std) - known):
            raise ValueError(
                f"systematic {item.source!r}: no coefficient {missing[0]!r}; correct its name (have {', '.join(sorted(known))})"
            )
        with naming(f"systematic {item.source!r}"):
            estimates = [_with_systematic(estimate, item) for estimate in estimates]
    return estimates


def _with_systematic(estimate: Estimate, item: schema.Systematic) -> Estimate:
    column = np.array([[item.std.get(name, 0.0)] for name in estimate.names])
    return estimate.add_source(item.source, Factor(column, (item.source,))) if column.any() else estimate
