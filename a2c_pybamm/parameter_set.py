"""Base values, laws in the place of some of them, and the joint error of the laws' coefficients."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from inspect import Parameter, signature
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from a2c_pybamm.estimate import Array, Joint
from a2c_pybamm.laws import (
    FreeEnergy,
    Law,
    MeasuredOCP,
    PhaseForming,
    Scale,
    SiteSum,
    TwoPhase,
    Value,
    derived_names,
    held,
    interpolate,
    invert,
    phases,
)
from a2c_pybamm.laws.site_sum import LEAST_SLOPE, occupation, search

# PyBaMM starts a telemetry client on import unless told not to
os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"
import pybamm

STOICHIOMETRY = ("OCP [V]", "OCP entropic change [V.K-1]")
STOICHIOMETRY_AND_TEMPERATURE = ("particle diffusivity [m2.s-1]", "Young's modulus [Pa]", "partial molar volume [m3.mol-1]")
CONSTANT = ("Maximum concentration in positive electrode [mol.m-3]", "Maximum concentration in negative electrode [mol.m-3]")
"""PyBaMM keys, or their endings, by the arguments that PyBaMM passes."""
MESH = ("electrode thickness [m]", "Separator thickness [m]", "particle radius [m]")
"""Endings of keys that enter the mesh: PyBaMM takes no input there."""
SETTLED = (
    *(f"{kind} temperature [K]" for kind in ("Reference", "Ambient", "Initial")),
    *(f"{end} voltage cut-off [V]" for end in ("Lower", "Upper")),
    *(f"Open-circuit voltage at {soc}% SOC [V]" for soc in (0, 100)),
    *("Current function [A]", "Nominal cell capacity [A.h]"),
    *(f"Initial concentration in {side} electrode [mol.m-3]" for side in ("negative", "positive")),
    *(f"Initial voltage in {side} electrode [V]" for side in ("negative", "positive")),
)
"""Keys that the set or the cell gives a value of its own: an error there would be lost without a word."""
HOST_SITE = re.compile(
    r"(Negative|Positive) electrode host site "
    r"(?:occupancy fraction \((\d+)\)|ideality factor \((\d+)\)|standard potential \((\d+)\) \[V\])"
)
"""Keys of the kinds of sites of an MSMR electrode: its side, and the number of the site by the quantity."""
MSMR_CHOICES = ("open-circuit potential", "particle", "intercalation kinetics")
"""Options that MSMR electrodes settle together."""
WIDE = ("Ai2020", "OKane2022")
"""PyBaMM's sets that also name parameters of mechanics and ageing, which a base set may lack."""

N_TABLE = 121
"""Compositions at which a base set's curve is tabulated: 2.5 mV at worst, near the ends.

A finer table would bring the curve's own noise into the slope, and shorten the solver's time steps."""
N_CHECK = 201
"""Compositions at which a sample's stability is looked at."""


@interpolate.register(pybamm.Symbol)
def _interpolate_symbol(x: Any, grid: tuple[float, ...], values: tuple[float, ...]) -> Any:
    inside = pybamm.minimum(pybamm.maximum(x, grid[0]), grid[-1])
    return pybamm.Interpolant(np.array(grid), np.array(values), inside, interpolator="cubic")


class SiteVoltage(pybamm.Function):
    """Voltage of a ``SiteSum`` as one node: its search for the root becomes a graph only in casadi, where nodes are shared.

    Children are the occupied fraction, then the sites' voltages, their widths and their fractions.
    """

    __slots__ = ()

    def __init__(self, *children: Any) -> None:
        super().__init__(site_voltage, *children, name="site voltage")

    def _function_new_copy(self, children: list[Any]) -> Any:
        return pybamm.simplify_if_constant(SiteVoltage(*children))

    def _function_diff(self, children: list[Any], idx: int) -> Any:
        """By the equation that the voltage solves, ∂U/∂p = (∂x/∂p)/(-∂x/∂U)."""
        sites = in_groups(children)
        U = SiteVoltage(*children)
        slope = np.maximum(occupation(U, *sites)[1], LEAST_SLOPE)
        if idx == 0:
            return -1 / slope
        group, j = divmod(idx - 1, len(sites[0]))
        voltage, width, fraction = (values[j] for values in sites)
        filled, own = occupation(U, [voltage], [width], [fraction])
        return (own, own * (U - voltage) / width, filled / fraction)[group] / slope

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name}

    @classmethod
    def _from_json(cls, snippet: dict[str, Any]) -> SiteVoltage:
        return cls(*snippet["children"])


def in_groups(children: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """Voltages, widths and fractions of the sites, which follow the occupied fraction."""
    n = len(children) // 3
    return list(children[1 : n + 1]), list(children[n + 1 : 2 * n + 1]), list(children[2 * n + 1 :])


def site_voltage(*children: Any) -> Any:
    """The voltage of numbers, arrays or casadi's expressions in the place of a ``SiteVoltage``'s children."""
    return search(children[0], *in_groups(children))


@invert.register(pybamm.Symbol)
def _invert_symbol(x: Any, voltages: Sequence[Any], widths: Sequence[Any], fractions: Sequence[Any]) -> Any:
    return SiteVoltage(x, *voltages, *widths, *fractions)


def of_stoichiometry(sto: Any, law: Any, method: str, c: Any, T: float, offset: float, slope: float) -> Any:
    """A law's method as PyBaMM calls it with stoichiometry alone."""
    return getattr(law, method)(c, offset + slope * sto, T)


def of_stoichiometry_and_temperature(sto: Any, T: Any, law: Any, method: str, c: Any, offset: float, slope: float) -> Any:
    """A law's method as PyBaMM calls it with stoichiometry and temperature."""
    return getattr(law, method)(c, offset + slope * sto, T)


def of_temperature(T: Any, law: Any, method: str, c: Any, index: int) -> Any:
    """A law's method of one kind of site as PyBaMM calls it with temperature alone."""
    return getattr(law, method)(c, index, T)


def factor_of_one(a: Any, base: Any, law: Any, c: Any) -> Any:
    """A base set's function of one argument times a law's factor.

    One function for each number of arguments: PyBaMM reads their names when it writes a set to JSON.
    """
    return law.factor(c) * base(a)


def factor_of_two(a: Any, b: Any, base: Any, law: Any, c: Any) -> Any:
    """A base set's function of two arguments times a law's factor."""
    return law.factor(c) * base(a, b)


def factor_of_three(a: Any, b: Any, d: Any, base: Any, law: Any, c: Any) -> Any:
    """A base set's function of three arguments times a law's factor."""
    return law.factor(c) * base(a, b, d)


def factor_of_four(a: Any, b: Any, d: Any, e: Any, base: Any, law: Any, c: Any) -> Any:
    """A base set's function of four arguments times a law's factor."""
    return law.factor(c) * base(a, b, d, e)


FACTORS: dict[int, Callable[..., Any]] = {1: factor_of_one, 2: factor_of_two, 3: factor_of_three, 4: factor_of_four}


def shifted_ocp(sto: Any, ocp: Any, entropy: Any, shift: float) -> Any:
    """A base set's open-circuit potential moved to another reference temperature."""
    return ocp(sto) + shift * (entropy(sto) if callable(entropy) else entropy)


@dataclass(frozen=True)
class StoichiometryMap:
    """How the atoms' occupied fraction of sites follows from PyBaMM's stoichiometry: x = offset + slope · sto.

    ``offset = 0, slope = 1`` holds only where the maximum concentration is the density of sites.
    """

    offset: float = 0.0
    slope: float = 1.0

    def __post_init__(self) -> None:
        ends = (self.offset, self.offset + self.slope)
        if not (0 <= ends[0] < ends[1] <= 1 + 1e-12):
            raise ValueError(
                f"stoichiometry map x = {self.offset:g} + {self.slope:g}·sto runs from {ends[0]:g} to {ends[1]:g}; it must "
                "rise within [0, 1]: check offset, slope and the maximum concentration"
            )


@dataclass(frozen=True)
class Attachment:
    """A law's method in the place of a PyBaMM parameter."""

    law: Law
    method: str
    stoichiometry: StoichiometryMap = StoichiometryMap()
    index: int | None = None
    """The kind of site that the method is asked for, the first being 0; None where the method is of the whole host."""

    def __post_init__(self) -> None:
        if not callable(getattr(self.law, self.method, None)):
            raise ValueError(f"law {self.law.kind!r} has no method {self.method!r}")

    @property
    def relative(self) -> bool:
        """Whether the law's number multiplies the base set's own entry instead of taking its place."""
        return isinstance(self.law, Scale)


def _emit(key: str, attachment: Attachment, c: Mapping[str, Any], T: float, base: pybamm.ParameterValues) -> Any:
    """What PyBaMM finds under ``key``: a partial of a module-level function (it solves, pickles and survives JSON)."""
    law, method, sto = attachment.law, attachment.method, attachment.stoichiometry
    own = {name: c[name] for name in (*law.names, *derived_names(law))}
    if isinstance(law, Scale):
        entry = base[key]
        if not callable(entry):
            return law.factor(own) * entry
        return partial(FACTORS[len(asked_arguments(entry))], base=entry, law=law, c=own)
    if isinstance(law, Value):
        return law.value(own)  # PyBaMM takes a number in the place of any function
    if attachment.index is not None:
        if key.endswith("[V]"):
            return partial(of_temperature, law=law, method=method, c=own, index=attachment.index)
        return getattr(law, method)(own, attachment.index)
    settings: dict[str, Any] = {"law": law, "method": method, "c": own, "offset": sto.offset, "slope": sto.slope}
    if key.endswith(STOICHIOMETRY):
        return partial(of_stoichiometry, T=T, **settings)
    if key.endswith(STOICHIOMETRY_AND_TEMPERATURE):
        return partial(of_stoichiometry_and_temperature, **settings)
    return getattr(law, method)(own)


def asked_arguments(function: Callable[..., Any]) -> list[str]:
    """Names of the arguments that PyBaMM passes to a base set's function: those that have no value of their own."""
    return [p.name for p in signature(function).parameters.values() if p.default is Parameter.empty]


def misplaced(key: str, attachment: Attachment, base: pybamm.ParameterValues) -> str:
    """Why a law cannot stand in for this PyBaMM parameter; empty text where it can."""
    if not isinstance(attachment.law, Scale | Value) and (site := HOST_SITE.fullmatch(key)):
        return _misplaced_site(site, attachment, base)
    if attachment.index is not None:
        return "it is not one of a host site's (MSMR), so its attachment has no index; leave it out"
    if not isinstance(attachment.law, Scale | Value):
        return "" if known_key(key) else "it must be one whose arguments are known"
    if attachment.stoichiometry != StoichiometryMap():
        return f"a {attachment.law.kind} is the same at every stoichiometry; leave its map out"
    if key.endswith(MESH):
        return "PyBaMM's mesh depends on it, so it cannot vary from sample to sample"
    if key.endswith("OCP [V]"):
        return "neither a number nor a factor makes a potential; take a MeasuredOCP with an error"
    if key in SETTLED:
        return "the set's temperature and voltage limits, the cell's current and each sample's full charge settle it"
    if key not in base:
        elsewhere = not attachment.relative and any(key in base_values(name) for name in WIDE)
        return "" if elsewhere else _no_entry(key, base)
    return _unusable(base[key], attachment.relative)


def _misplaced_site(site: re.Match[str], attachment: Attachment, base: pybamm.ParameterValues) -> str:
    """Why a law cannot stand in for a parameter of one kind of site; empty text where it can."""
    side, number = site[1], int(next(filter(None, site.groups()[1:])))
    n_base = sum(key.startswith(f"{side} electrode host site occupancy fraction (") for key in base)
    n_site = getattr(attachment.law, "n_site", 0)
    if n_base != n_site:
        return f"the law has {n_site} kinds of sites and the base set's electrode {n_base} (MSMR); they must be as many"
    if attachment.index != number:
        return f"it is that of site {number}, the attachment's index is {attachment.index}; take msmr_attachments"
    if attachment.stoichiometry != StoichiometryMap():
        return "a site's parameter is the same at every stoichiometry; leave the map out"
    return ""


def msmr_attachments(law: SiteSum, side: Literal["negative", "positive"]) -> dict[str, Attachment]:
    """A site sum in the place of an MSMR electrode's fractions, standard potentials and ideality factors, by PyBaMM key.

    PyBaMM's site (0) is the law's first. Exchange-current densities and transfer coefficients stay the base set's, whose
    electrode must have as many kinds of sites.

    Raises
    ------
    ValueError
        If the side is neither "negative" nor "positive".
    """
    if side not in ("negative", "positive"):
        raise ValueError(f"{law.material}: side {side!r} is unknown; take 'negative' or 'positive'")
    stem = f"{side.capitalize()} electrode host site"
    entries = {}
    for j in range(law.n_site):
        entries[f"{stem} occupancy fraction ({j})"] = Attachment(law, "site_fraction", index=j)
        entries[f"{stem} standard potential ({j}) [V]"] = Attachment(law, "site_voltage", index=j)
        entries[f"{stem} ideality factor ({j})"] = Attachment(law, "ideality_factor", index=j)
    return entries


def _no_entry(key: str, base: pybamm.ParameterValues) -> str:
    near = difflib.get_close_matches(key, base.keys(), 1)
    hint = f"; is {near[0]!r} meant?" if near else ""
    return f"the base set has no such entry{hint or '; check its spelling, the base set and the unit'}"


def _unusable(entry: Any, relative: bool) -> str:
    """Why a base set's entry cannot be multiplied or replaced; empty text where it can."""
    if callable(entry):
        n = len(asked_arguments(entry))
        return f"the base set's function takes {n} arguments" if relative and n not in FACTORS else ""
    if isinstance(entry, bool) or not isinstance(entry, int | float):
        return f"the base set's entry is of type {type(entry).__name__}, not a number or a function"
    return "the base set's entry is 0, which no factor changes; take a Value" if relative and entry == 0 else ""


def known_key(key: str) -> bool:
    """Whether a law can stand in for this PyBaMM parameter."""
    return key.endswith((*STOICHIOMETRY, *STOICHIOMETRY_AND_TEMPERATURE)) or key in CONSTANT


@dataclass(frozen=True, eq=False)
class ParameterSet:
    """A PyBaMM parameter set whose laws carry the joint error of their coefficients.

    Raises
    ------
    ValueError
        If a law asks for a coefficient that the joint lacks, the joint has one that no law asks for, or a key is unknown.
    """

    name: str
    base: str
    """PyBaMM's own set that supplies everything else."""
    attach: Mapping[str, Attachment]
    """Laws by the PyBaMM parameter they stand in for."""
    joint: Joint
    temperature: float = 298.15
    """Reference, ambient and initial temperature [K]."""
    citations: tuple[str, ...] = ()
    description: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """What is reported beside the numbers (floors used, flags); JSON values."""
    voltage_limits: tuple[float, float] | None = None
    """Cut-off and full charge [V] that the set is meant for; the base set's if not given."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "attach", MappingProxyType(dict(self.attach)))
        object.__setattr__(self, "notes", MappingProxyType(dict(self.notes)))
        if self.base not in pybamm.parameter_sets:
            raise ValueError(f"set {self.name}: PyBaMM has no parameter set {self.base!r} to start from")
        base = base_values(self.base)
        for key, attachment in self.attach.items():
            if reason := misplaced(key, attachment, base):
                raise ValueError(f"set {self.name}: no law can stand in for {key!r}: {reason}")
        asked = {name for a in self.attach.values() for name in a.law.names}
        if missing := sorted(asked - set(self.joint.names)):
            raise ValueError(f"set {self.name}: laws ask for {', '.join(map(repr, missing))}, which no estimate gives")
        if extra := sorted(set(self.joint.names) - asked):
            raise ValueError(
                f"set {self.name}: no law asks for {', '.join(map(repr, extra))}; attach its law or drop the estimate"
            )
        if self.voltage_limits and not self.voltage_limits[0] < self.voltage_limits[1]:
            raise ValueError(f"set {self.name}: voltage limits {self.voltage_limits} must be the lower one, then the upper one")

    def nominal(self) -> pybamm.ParameterValues:
        """PyBaMM's values with every coefficient at its mean, fully charged."""
        values = self._build(self._mean)
        values.update(self.full_charge)
        return values

    def uncertain(self) -> pybamm.ParameterValues:
        """PyBaMM's values with every coefficient an input, named as in the joint.

        The initial concentrations are those of the mean's full charge: a sample's own follow from its own potentials, and
        whoever solves has to set them (``Cell`` does).
        """
        values = self._build({name: pybamm.InputParameter(name) for name in self.input_names})
        values.update(self.full_charge)
        return values

    @cached_property
    def deriving_laws(self) -> tuple[TwoPhase, ...]:
        """Laws with numbers of their own for every sample that follow from its coefficients."""
        found: dict[TwoPhase, None] = {}
        waiting = [attachment.law for attachment in self.attach.values()]
        while waiting:
            law = waiting.pop(0)
            waiting += held(law).values()
            if isinstance(law, TwoPhase):
                found[law] = None
        return tuple(found)

    @cached_property
    def two_phase_sides(self) -> frozenset[str]:
        """Electrodes ("negative", "positive") whose potential has plateaus of coexisting phases."""
        keys = {side: f"{side.capitalize()} electrode OCP [V]" for side in ("negative", "positive")}
        return frozenset(s for s, key in keys.items() if key in self.attach and isinstance(self.attach[key].law, TwoPhase))

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """What PyBaMM is given for each sample: the joint's coefficients, then the derived inputs."""
        return (*self.joint.names, *(name for law in self.deriving_laws for name in law.derived_names))

    def with_derived(self, samples: Array) -> Array:
        """Samples (n_sample, n_coefficient) in the joint's order with their derived inputs (n_sample, n_input)."""
        if not self.deriving_laws:
            return samples
        c = self.coefficients(samples)
        columns = [column[:, None] for law in self.deriving_laws for column in law.derive(c).values()]
        return np.concatenate([samples, *columns], axis=1)

    @property
    def _mean(self) -> dict[str, float]:
        """Every input at the joint's mean."""
        return dict(zip(self.input_names, map(float, self.with_derived(self.joint.mean[None])[0]), strict=True))

    @cached_property
    def full_charge(self) -> dict[str, float]:
        """Initial concentrations [mol.m-3] at the upper voltage limit for the mean coefficients, with the base set's lithium.

        Of MSMR electrodes the initial voltages [V]; of a half cell the working electrode's concentration alone.

        Raises
        ------
        ValueError
            If PyBaMM finds no full charge.
        """
        values = self._build(self._mean)
        options = kind_options(values)
        kind, unit = ("voltage", "V") if "particle" in options else ("concentration", "mol.m-3")
        sides = ("positive",) if "working electrode" in options else ("negative", "positive")
        keys = [f"Initial {kind} in {side} electrode [{unit}]" for side in sides]
        if not options:
            lithium = pybamm.LithiumIonParameters().Q_Li_particles_init
            # a law for the electrodes' volume leaves the lithium in them as it is
            kept = float(base_values(self.base).evaluate(lithium)) / float(values.evaluate(lithium))
            values.update({key: kept * values[key] for key in keys} if kept != 1 else {})
        try:
            values.set_initial_state(1.0, options=options or None)
        except (pybamm.SolverError, ValueError) as error:
            text = " ".join(str(error).split())
            raise ValueError(f"set {self.name}: no full charge at the upper voltage limit ({text}); check voltages") from error
        return {key: float(values.evaluate(values[key])) for key in keys}

    def _build(self, c: Mapping[str, Any]) -> pybamm.ParameterValues:
        values = base_values(self.base)
        shift = self.temperature - values["Reference temperature [K]"]
        emitted = {key: _emit(key, attachment, c, self.temperature, values) for key, attachment in self.attach.items()}
        moved = {}
        for side in ("Negative", "Positive"):
            ocp, entropy = f"{side} electrode OCP [V]", f"{side} electrode OCP entropic change [V.K-1]"
            if shift and ocp not in self.attach:
                change = emitted.get(entropy, values[entropy])
                moved[ocp] = partial(shifted_ocp, ocp=values[ocp], entropy=change, shift=shift)
        temperatures = {f"{kind} temperature [K]": self.temperature for kind in ("Reference", "Ambient", "Initial")}
        values.update({**moved, **emitted, **temperatures, **self.limit_values})
        return values

    @property
    def limit_values(self) -> dict[str, float]:
        """PyBaMM's values of the voltage limits; empty where they are the base set's."""
        low, high = self.voltage_limits or (None, None)
        if low is None or high is None:
            return {}
        empty, full = {"Lower voltage cut-off [V]": low}, {"Upper voltage cut-off [V]": high}
        return empty | full | {f"Open-circuit voltage at {soc}% SOC [V]": v for soc, v in ((0, low), (100, high))}

    def coefficients(self, samples: Array) -> dict[str, Array]:
        """Coefficients by name (n_sample, 1) of samples (n_sample, n_coefficient) in the joint's order."""
        return {name: samples[:, [k]] for k, name in enumerate(self.joint.names)}

    def unstable(self, samples: Array, window: Mapping[str, tuple[Array, Array]]) -> list[str]:
        """Why each sample would phase-separate in its stoichiometry window; empty text where it would not.

        ``window`` gives, for "negative" and "positive", the lowest and highest stoichiometry that each sample can reach
        (n_sample,). A host is unstable where its thermodynamic factor is not positive.
        """
        reasons = [""] * len(samples)
        c = self.coefficients(samples)
        for side, (low, high) in window.items():
            attachment = self.attach.get(f"{side.capitalize()} electrode OCP [V]")
            if attachment is None or not isinstance(attachment.law, FreeEnergy) or isinstance(attachment.law, MeasuredOCP):
                continue  # a measured curve is smoothed to Θ >= theta_min when it is made
            law, sto = attachment.law, attachment.stoichiometry
            if isinstance(law, TwoPhase):
                for k in np.flatnonzero(law.too_many(c)):
                    reasons[k] = (
                        reasons[k] or f"unstable: {side} host has more gaps than the {law.gaps} that the set has room for"
                    )
                continue
            x = sto.offset + sto.slope * np.linspace(low, high, N_CHECK, axis=1)
            factor = law.thermodynamic_factor(c, x, self.temperature)
            worst = factor.argmin(axis=1)
            for k in np.flatnonzero(~(factor.min(axis=1) > 0)):
                where = f"x = {x[k, worst[k]]:.3f}"
                if isinstance(law, PhaseForming):
                    own = dict(zip(self.joint.names, samples[k], strict=True))
                    found = phases.spinodals(law, own, self.temperature)[0]
                    where = f"spinodal at x = {', '.join(f'{s:.3f}' for s in found)}" if found.size else where
                reasons[k] = reasons[k] or f"unstable: {side} host separates into phases ({where})"
        return reasons


def base_values(base: str) -> pybamm.ParameterValues:
    """A fresh copy of PyBaMM's own set."""
    return pybamm.ParameterValues(base)


def kind_options(values: pybamm.ParameterValues) -> dict[str, Any]:
    """Options that every model of a set's kind of cell needs: of a half cell, of MSMR electrodes; none for others."""
    if "Positive electrode host site occupancy fraction (0)" in values:
        sites = [key for key in values if "electrode host site occupancy fraction" in key]
        counts = [sum(key.startswith(side) for key in sites) for side in ("Negative", "Positive")]
        return {"number of MSMR reactions": tuple(map(str, counts)), **dict.fromkeys(MSMR_CHOICES, "MSMR")}
    counter = "Exchange-current density for lithium metal electrode [A.m-2]" in values
    if counter and "Maximum concentration in negative electrode [mol.m-3]" not in values:
        return {"working electrode": "positive"}
    return {}


def measured_ocp(base: str, side: str, material: str, *, stoichiometry: StoichiometryMap, theta_min: float) -> MeasuredOCP:
    """The base set's open-circuit potential of one electrode ("negative" or "positive") as a law in the atoms' x.

    Sampled at compositions from 0.001 to 0.999, closer together towards both ends, where potentials are steep; beyond them the
    curve is held and PyBaMM's own asymptotes take over.
    """
    values = base_values(base)
    sto = 0.5 * (1 - np.cos(np.linspace(0, np.pi, N_TABLE)))
    sto = 1e-3 + (1 - 2e-3) * sto
    side = side.capitalize()
    voltage = evaluate_base(values, f"{side} electrode OCP [V]", sto)
    entropy = evaluate_base(values, f"{side} electrode OCP entropic change [V.K-1]", sto)
    return MeasuredOCP.from_samples(
        material,
        stoichiometry.offset + stoichiometry.slope * sto,
        voltage,
        entropy,
        reference_temperature=float(values["Reference temperature [K]"]),
        theta_min=theta_min,
    )


def evaluate_base(values: pybamm.ParameterValues, key: str, sto: Array, *, temperature: float | None = None) -> Array:
    """A base set's function of stoichiometry, or of stoichiometry and temperature [K], at these stoichiometries (n,).

    Without a temperature it is taken at the set's own reference temperature.
    """
    entry = values[key]
    arguments = [pybamm.Vector(sto)]
    if key.endswith(STOICHIOMETRY_AND_TEMPERATURE):
        arguments.append(pybamm.Scalar(values["Reference temperature [K]"] if temperature is None else temperature))
    symbol = entry(*arguments) if callable(entry) else pybamm.Scalar(entry)
    result = values.process_symbol(symbol).evaluate()
    return np.broadcast_to(np.asarray(result, float).ravel(), sto.shape)
