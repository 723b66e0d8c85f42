"""The whole study: both electrodes, what is declared, one joint error."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from a2c_pybamm import __version__
from a2c_pybamm import study as schema
from a2c_pybamm.derivation.declared_parameters import add_scale, add_value, beginnings, endings, own_source
from a2c_pybamm.derivation.electrode import Parts, add_electrode
from a2c_pybamm.derivation.hops import ANOTHERS_PATH, MODEL_FORM
from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.estimators import declare
from a2c_pybamm.parameter_set import ParameterSet, base_values
from a2c_pybamm.parameter_set.keys import WIDE

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

    Where entries of the study are not given because they are wrong in its file, all else is looked at, and what might follow
    from them is not missed.

    Raises
    ------
    ValueError
        Naming the file or key: data cannot be read or do not suffice, a declared covariance is not positive semi-definite, a
        coefficient is estimated twice or not at all. Of several mistakes that do not depend on each other all, each in a line
        of `StudyMistakes`.
    NotGiven
        If nothing is wrong but that entries are not given.
    UnstablePhaseError
        If a host at the mean coefficients separates into phases where the cell goes, and the study says no treatment.
    """
    mistakes = schema.Mistakes()
    parts = Parts(notes={"made with": f"a2c_pybamm {__version__}"})
    base: str | None = None
    with mistakes.collect("base"):
        _check_base(study.base)
        base = study.base
    _add_electrodes(parts, study, base, mistakes)
    _add_declared(parts, study, base, mistakes)
    with mistakes.collect():
        _refuse_twice(parts.estimates)
    known = _Known(parts, complete=not len(mistakes))
    estimates = parts.estimates
    joint: Joint | None = None
    with mistakes.collect():
        estimates = _with_systematics(estimates, study.systematic, known, mistakes)
    if len(mistakes):
        with mistakes.collect():
            _check_declared_names(study, known, mistakes)
    with mistakes.collect():
        independent = _known_sources(study.independent, estimates, known, mistakes)
        if not _given_twice(parts.estimates):
            joint = Joint(estimates, independent=independent)
    mistakes.stop()
    if joint is None:
        raise ValueError(f"set {study.name}: no joint error can be made of its coefficients; give each once")
    parts.notes |= _committee_notes(estimates)
    return _stable(study, parts, joint)


def _stable(study: schema.Study, parts: Parts, joint: Joint) -> ParameterSet:
    """The set, if its hosts at the mean coefficients are stable where the cell goes."""
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


def _add_electrodes(parts: Parts, study: schema.Study, base: str | None, mistakes: schema.Mistakes) -> None:
    for side in ("negative", "positive"):
        at_side = mistakes.at(side)
        with at_side.collect():
            for electrode in _entries(study, side, parts):
                add_electrode(parts, study, base, side, electrode, at_side)


def _add_declared(parts: Parts, study: schema.Study, base: str | None, mistakes: schema.Mistakes) -> None:
    """Add factors, values and coefficients that a person declares; where the base set is unknown any wide set stands in."""

    @cache
    def values() -> list[Any]:
        return [base_values(name) for name in (WIDE if base is None else [base])]

    def add(item: Any, at_item: schema.Mistakes) -> None:
        if isinstance(item, schema.Scale):
            add_scale(parts, values(), item, at_item)
        elif isinstance(item, schema.Value):
            add_value(parts, values(), item)
        else:
            errors: dict[str, Any] = {"std": item.std, "covariance": item.covariance}
            parts.estimates.append(declare(item.names, item.values, **errors, source=item.source, reason=item.reason))

    for kind in ("scale", "value", "declared"):
        with mistakes.collect():
            for k, item in enumerate(_entries(study, kind, parts), 1):
                before, place = len(mistakes), f"{kind}[{k}]"
                with mistakes.collect(place):
                    add(item, mistakes.at(place))
                if len(mistakes) > before:
                    parts.unknown |= beginnings(item)
                    parts.unknown_endings |= endings(item)
                    parts.unknown_sources |= own_source(item)


def _entries(study: schema.Study, key: str, parts: Parts) -> tuple[Any, ...]:
    """The study's sections of a key; where these are not given any name may be one of theirs."""
    try:
        entry = getattr(study, key)
        return entry if isinstance(entry, tuple) else () if entry is None else (entry,)
    except schema.NotGiven:
        parts.unknown.add("")
        parts.unknown_sources.add("")
        raise


def _check_base(base: str) -> None:
    """Raise ``ValueError`` unless PyBaMM's set is a full cell with one intercalation material in each electrode."""
    values = base_values(base)
    if missing := [key for key in NEEDED if key not in values]:
        raise ValueError(
            f"{base!r} has no {missing[0]!r}: a half-cell, a composite or no intercalation cell; take a full cell with one "
            "material in each electrode, like Ai2020 or Chen2020"
        )


def _given_twice(estimates: list[Estimate]) -> dict[str, tuple[str, str]]:
    """Coefficients that two estimates give, with the methods of both."""
    methods: dict[str, str] = {}
    twice = {}
    for estimate in estimates:
        for name in estimate.names:
            if name in methods:
                twice[name] = (methods[name], estimate.method)
            methods[name] = estimate.method
    return twice


def _refuse_twice(estimates: list[Estimate]) -> None:
    """Raise ``ValueError`` where two estimates give one coefficient."""
    if twice := _given_twice(estimates):
        raise schema.one_or_all(
            f"coefficient {name!r} is given twice ({first}; {second}); remove one, e.g. its [[declared]]"
            for name, (first, second) in twice.items()
        )


class _Known:
    """Names that coefficients and sources of a study can have.

    Where mistakes keep some from being derived, the laws' own names count, and whatever begins with the material of an
    electrode, or with the name of a declaration, that is not complete.
    """

    def __init__(self, parts: Parts, *, complete: bool) -> None:
        laws = [attachment.law for attachment in parts.attach.values()]
        self._asked = {name for law in laws for name in law.names}
        self.names = {name for estimate in parts.estimates for name in estimate.names}
        self._open: tuple[str, ...] = ()
        self._ends: tuple[str, ...] = ()
        self._sources: tuple[str, ...] = ()
        if not complete:
            self.names |= self._asked
            self._open, self._ends = tuple(parts.unknown), tuple(parts.unknown_endings)
            hosts = {str(getattr(law, "material", "")) for law in laws} - {""}
            own = (*(f"{host} " for host in hosts), MODEL_FORM, ANOTHERS_PATH)
            self._sources = (*self._open, *parts.unknown_sources, *own)

    def add_sources(self, beginnings: set[str]) -> None:
        """Add sources of what could not be used."""
        self._sources += tuple(beginnings)

    def has(self, name: str) -> bool:
        """Whether a coefficient of this name is derived, or could be."""
        return name in self.names or name.startswith(self._open) or name.endswith(self._ends)

    def asked(self, name: str) -> bool:
        """Whether a law asks for a coefficient of this name, or could."""
        return name in self._asked or name.startswith(self._open)

    def may_have_source(self, source: str) -> bool:
        """Whether a source of this name could come from what is not derived."""
        return source.startswith(self._sources)


def _known_sources(
    independent: tuple[str, ...], estimates: list[Estimate], known: _Known, mistakes: schema.Mistakes
) -> list[str]:
    """The sources declared independent that there are."""
    sources = {source for estimate in estimates for source in estimate.factors}
    for source in sorted(set(independent) - sources):
        if not known.may_have_source(source):
            text = f"independent: no source {source!r} (have {', '.join(sorted(sources))}); correct or remove it"
            mistakes.add(ValueError(text))
    return [source for source in independent if source in sources]


def _check_declared_names(study: schema.Study, known: _Known, mistakes: schema.Mistakes) -> None:
    """Add declared coefficients that no law asks for; a set that is complete finds them itself."""
    for k, item in enumerate(study.declared, 1):
        place = f"declared[{k}]"
        unasked = [] if mistakes.blames(place) else [name for name in item.names if not known.asked(name)]
        for name in unasked:
            mistakes.add(ValueError(f"no law asks for {name!r}; correct its name, or remove it"), place)


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


def _with_systematics(
    estimates: list[Estimate], systematic: tuple[schema.Systematic, ...], known: _Known, mistakes: schema.Mistakes
) -> list[Estimate]:
    """The estimates with declared further errors; one germ moves all coefficients that a source names."""
    for item in systematic:
        before = len(mistakes)
        with mistakes.collect():
            at_item = mistakes.at(f"systematic {item.source!r}")
            missing = [name for name in sorted(item.std) if not known.has(name)]
            for name in missing:
                at_item.add(ValueError(f"no coefficient {name!r}; correct its name (have {', '.join(sorted(known.names))})"))
            with at_item.collect():
                estimates = [_with_systematic(estimate, item) for estimate in estimates]
        if len(mistakes) > before:
            known.add_sources(own_source(item))
    return estimates


def _with_systematic(estimate: Estimate, item: schema.Systematic) -> Estimate:
    column = np.array([[item.std.get(name, 0.0)] for name in estimate.names])
    return estimate.add_source(item.source, Factor(column, (item.source,))) if column.any() else estimate
