"""The whole study: both electrodes, what is declared, one joint error."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np

from a2c_pybamm import __version__
from a2c_pybamm import study as schema
from a2c_pybamm.derivation.declared_parameters import (
    add_scale,
    add_value,
    coefficient_prefixes,
    coefficient_suffixes,
    source_names,
)
from a2c_pybamm.derivation.electrode import add_electrode
from a2c_pybamm.derivation.electrolyte import add_electrolyte
from a2c_pybamm.derivation.kinetics import add_kinetics
from a2c_pybamm.derivation.mechanics import add_mechanics
from a2c_pybamm.derivation.possible_names import PossibleNames
from a2c_pybamm.derivation.set_content import SetContent
from a2c_pybamm.derivation.thermal import add_thermal
from a2c_pybamm.derivation.transport_efficiency import add_electrode_efficiencies, add_separator_efficiency
from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.estimators import declare
from a2c_pybamm.files import base_of
from a2c_pybamm.parameter_set import SIDES, BaseSet, ParameterSet, base_values, kind_options, with_balance
from a2c_pybamm.parameter_set.keys import MECHANICS_SETS
from a2c_pybamm.parameter_set.kinetics import Side

BASE_KEYS = (
    *("Nominal cell capacity [A.h]", "Lower voltage cut-off [V]", "Upper voltage cut-off [V]", "Reference temperature [K]"),
)
"""Keys that every base set must have."""
ELECTRODE_KEYS = (
    "{Side} electrode OCP [V]",
    "{Side} electrode OCP entropic change [V.K-1]",
    "{Side} electrode exchange-current density [A.m-2]",
    "{Side} particle diffusivity [m2.s-1]",
    "Maximum concentration in {side} electrode [mol.m-3]",
    "Initial concentration in {side} electrode [mol.m-3]",
)
"""Keys that it must have for each porous electrode, also those that laws replace."""


def derive(study: schema.Study) -> ParameterSet:
    """The parameter set of a study: files read, laws fitted, errors joined.

    Where invalid entries of a study file were left out, all others are checked, and names that might come from the invalid ones
    are not reported as missing.

    Raises
    ------
    ValueError
        Naming the file or key: data cannot be read or do not suffice, a declared covariance is not positive semi-definite, a
        coefficient is estimated twice or not at all. Of several mistakes that do not depend on each other all, each in a line
        of `StudyMistakes`.
    NotGiven
        If nothing is wrong but that entries are not given.
    UnstablePhaseError
        If a host at the mean coefficients separates into phases where the cell goes, and the study gives no treatment.
    """
    mistakes = schema.Mistakes()
    content = SetContent(notes={"made with": f"a2c_pybamm {__version__}"})
    base: str | BaseSet | None = None
    with mistakes.collect("base"):
        base = _valid_base(study)
    _add_electrodes(content, study, base, mistakes)
    _add_efficiencies(content, study, base, mistakes)
    _add_electrolyte(content, study, mistakes)
    _add_declared(content, study, base, mistakes)
    _add_kinetics(content, study, mistakes)
    with mistakes.collect():
        _validate_distinct(content.estimates)
    possible = PossibleNames.of(content, complete=not len(mistakes))
    estimates = content.estimates
    joint: Joint | None = None
    with mistakes.collect():
        estimates, possible = _with_systematics(estimates, study.systematic, possible, mistakes)
    if len(mistakes):
        with mistakes.collect():
            _check_declared_names(study, possible, mistakes)
    with mistakes.collect():
        independent = _independent_sources(study.independent, estimates, possible, mistakes)
        if not _repeated_coefficients(content.estimates):
            joint = Joint(estimates, independent=independent)
    mistakes.stop()
    if joint is None:
        raise ValueError(f"set {study.name}: no joint error can be made of its coefficients; give each once")
    content.notes |= _committee_notes(estimates)
    if base is None:
        raise schema.NotGiven("base")
    return _stable(study, base, content, joint)


def _stable(study: schema.Study, base: str | BaseSet, content: SetContent, joint: Joint) -> ParameterSet:
    """The set, if its hosts at the mean coefficients are stable where the cell goes."""
    derived = ParameterSet(
        study.name,
        base,
        content.attach,
        joint,
        study.temperature,
        study.citations,
        study.title,
        content.notes,
        study.cell.voltage_limits,
    )
    if study.balance:
        derived = with_balance(derived, **study.balance.settings)
    try:
        derived.validate_stability()
    except ArithmeticError as error:
        zeros = [repr(item.parameter) for item in study.value if item.value == 0]
        cause = f"value of {', '.join(zeros)} is 0" if zeros else "a scaled or replaced value leaves no cell"
        raise ValueError(f"set {study.name}, mean coefficients: {cause} ({error}); give the cell a size") from error
    return derived


def _for_each_electrode(
    add: Callable[[Side, schema.Electrode, schema.Mistakes], None],
    study: schema.Study,
    content: SetContent,
    mistakes: schema.Mistakes,
) -> None:
    """Call ``add`` with each electrode that is given, its mistakes collected under its side."""
    for side in SIDES:
        at_side = mistakes.at(side)
        with at_side.collect():
            for electrode in _sections(study, side, content):
                add(side, electrode, at_side)


def _add_electrodes(content: SetContent, study: schema.Study, base: str | BaseSet | None, mistakes: schema.Mistakes) -> None:
    """Add hosts with their motion; then mechanics, whose stress may enter the diffusivities; then heat."""
    for add in (add_electrode, add_mechanics, add_thermal):
        _for_each_electrode(partial(add, content, study, base), study, content, mistakes)


def _add_efficiencies(content: SetContent, study: schema.Study, base: str | BaseSet | None, mistakes: schema.Mistakes) -> None:
    """Add transport efficiencies of the porous layers."""
    _for_each_electrode(partial(add_electrode_efficiencies, content, base), study, content, mistakes)
    at_separator = mistakes.at("separator")
    with at_separator.collect():
        for separator in _sections(study, "separator", content):
            add_separator_efficiency(content, base, separator, at_separator)


def _add_electrolyte(content: SetContent, study: schema.Study, mistakes: schema.Mistakes) -> None:
    at_section = mistakes.at("electrolyte")
    with at_section.collect():
        for electrolyte in _sections(study, "electrolyte", content):
            add_electrolyte(content, study, electrolyte, at_section)


def _add_kinetics(content: SetContent, study: schema.Study, mistakes: schema.Mistakes) -> None:
    """Add charge transfer, whose overpotentials hold the errors of the hosts' voltages, further ones included."""
    hosts = list(content.estimates)
    with suppress(ValueError, schema.NotGiven):  # reported where the further errors are added
        for item in study.systematic:
            hosts = [_with_systematic(estimate, item) for estimate in hosts]

    def add(side: Side, electrode: schema.Electrode, at_side: schema.Mistakes) -> None:
        add_kinetics(content, study, side, electrode, hosts, at_side)

    _for_each_electrode(add, study, content, mistakes)


def _add_declared(content: SetContent, study: schema.Study, base: str | BaseSet | None, mistakes: schema.Mistakes) -> None:
    """Add declared factors, values and coefficients; without a valid base set the keys of any wide set are accepted."""

    @cache
    def values() -> list[Any]:
        return [base_values(name) for name in (MECHANICS_SETS if base is None else [base])]

    def add(item: Any, at_item: schema.Mistakes) -> None:
        if isinstance(item, schema.Scale):
            add_scale(content, values(), item, at_item)
        elif isinstance(item, schema.Value):
            add_value(content, values(), item)
        else:
            errors: dict[str, Any] = {"std": item.std, "covariance": item.covariance, "bounds": item.bounds}
            content.estimates.append(declare(item.names, item.values, **errors, source=item.source, reason=item.reason))

    for kind in ("scale", "value", "declared"):
        with mistakes.collect():
            for k, item in enumerate(_sections(study, kind, content), 1):
                before, place = len(mistakes), f"{kind}[{k}]"
                with mistakes.collect(place):
                    add(item, mistakes.at(place))
                if len(mistakes) > before:
                    content.open_prefixes |= coefficient_prefixes(item)
                    content.open_suffixes |= coefficient_suffixes(item)
                    content.open_sources |= source_names(item)


def _sections(study: schema.Study, key: str, content: SetContent) -> tuple[Any, ...]:
    """Sections of the study under a key; where they are invalid, any name may be one of theirs."""
    try:
        entry = getattr(study, key)
        return entry if isinstance(entry, tuple) else () if entry is None else (entry,)
    except schema.NotGiven:
        content.open_prefixes.add("")
        content.open_sources.add("")
        raise


def _valid_base(study: schema.Study) -> str | BaseSet:
    """The base set of a study.

    Raises
    ------
    ValueError
        If there is none of that name or in that file, or it has not one intercalation material in each porous electrode: both,
        or the positive one of a half cell, to which the study then keeps.
    """
    base = base_of(study.base)
    values = base_values(base)
    half_cell = "working electrode" in kind_options(values)
    sides = ("Positive",) if half_cell else ("Negative", "Positive")
    keys = [form.format(Side=side, side=side.lower()) for side in sides for form in ELECTRODE_KEYS]
    if missing := [key for key in (*BASE_KEYS, *keys) if key not in values]:
        raise ValueError(
            f"{str(base)!r} has no {missing[0]!r}: a composite, MSMR or no intercalation cell, or incomplete; take a full or "
            "half cell with one material in each electrode, like Ai2020, Chen2020 or Xu2019"
        )
    if half_cell and study.negative is not None:
        raise ValueError(
            f"{str(base)!r} is a half cell, whose counter electrode is lithium metal and whose working electrode PyBaMM calls "
            "positive; give that one as [positive], or take a full cell"
        )
    return base


def _repeated_coefficients(estimates: list[Estimate]) -> dict[str, tuple[str, str]]:
    """Coefficients that two estimates give, with the methods of both."""
    methods: dict[str, str] = {}
    twice = {}
    for estimate in estimates:
        for name in estimate.names:
            if name in methods:
                twice[name] = (methods[name], estimate.method)
            methods[name] = estimate.method
    return twice


def _validate_distinct(estimates: list[Estimate]) -> None:
    """Raise ``ValueError`` where two estimates give one coefficient."""
    if twice := _repeated_coefficients(estimates):
        raise schema.combined_error(
            f"coefficient {name!r} is given twice ({first}; {second}); remove one, e.g. its [[declared]]"
            for name, (first, second) in twice.items()
        )


def _independent_sources(
    independent: tuple[str, ...], estimates: list[Estimate], possible: PossibleNames, mistakes: schema.Mistakes
) -> list[str]:
    """Sources declared independent that estimates have."""
    sources = {source for estimate in estimates for source in estimate.factors}
    for source in sorted(set(independent) - sources):
        if not possible.may_have_source(source):
            text = f"independent: no source {source!r} (have {', '.join(sorted(sources))}); correct or remove it"
            mistakes.add(ValueError(text))
    return [source for source in independent if source in sources]


def _check_declared_names(study: schema.Study, possible: PossibleNames, mistakes: schema.Mistakes) -> None:
    """Add an error for each declared coefficient that no law needs; without other errors the set itself raises it."""
    for k, item in enumerate(study.declared, 1):
        place = f"declared[{k}]"
        extra = [] if mistakes.has_error_at(place) else [name for name in item.names if not possible.is_needed(name)]
        for name in extra:
            mistakes.add(ValueError(f"no law needs {name!r}; correct its name, or remove it"), place)


def _committee_notes(estimates: list[Estimate]) -> dict[str, str]:
    """Level at which each committee's interval is matched, and how well its spread is known, as notes."""
    members = {}
    for estimate in estimates:
        for report in _committees(dict(estimate.provenance)):
            members[tuple(report["members"])] = report
    return {
        f"committee of {', '.join(names)}": f"its interval is matched at {100 * report['matched level']:g} %: "
        f"{report['predictive factor']:.2f} × the members' std (Student, {len(names) - 1} degree{'s' * (len(names) > 2)} of "
        f"freedom; √(1+1/{len(names)})), which is known to ±{report['relative error of its std']:.0%}; "
        f"correlations between coefficients are {report['correlations']}"
        for names, report in members.items()
    }


def _committees(provenance: dict[str, Any]) -> list[dict[str, Any]]:
    """Reports of committees anywhere in an estimate's history."""
    first = [provenance["committee"]] if "committee" in provenance else []
    return first + [report for inner in provenance.get("parts", ()) for report in _committees(inner["provenance"])]


def _with_systematics(
    estimates: list[Estimate], systematic: tuple[schema.Systematic, ...], possible: PossibleNames, mistakes: schema.Mistakes
) -> tuple[list[Estimate], PossibleNames]:
    """Estimates with the declared further errors, one germ for each source, and the names with those of invalid sections."""
    for item in systematic:
        before = len(mistakes)
        with mistakes.collect():
            at_item = mistakes.at(f"systematic {item.source!r}")
            missing = [name for name in sorted(item.std) if not possible.has_coefficient(name)]
            for name in missing:
                available = ", ".join(sorted(possible.coefficients))
                at_item.add(ValueError(f"no coefficient {name!r}; correct its name (have {available})"))
            with at_item.collect():
                estimates = [_with_systematic(estimate, item) for estimate in estimates]
        if len(mistakes) > before:
            possible = replace(possible, source_prefixes=(*possible.source_prefixes, *source_names(item)))
    return estimates, possible


def _with_systematic(estimate: Estimate, item: schema.Systematic) -> Estimate:
    column = np.array([[item.std.get(name, 0.0)] for name in estimate.names])
    return estimate.add_source(item.source, Factor(column, (item.source,))) if column.any() else estimate
