"""Base values, laws in the place of some of them, and the joint error of the laws' coefficients."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.constants import STANDARD_TEMPERATURE
from a2c_pybamm.estimate import Array, Joint
from a2c_pybamm.estimate.representation import source_list
from a2c_pybamm.formatting import MESSAGE_LENGTH, abbreviated, cut, message_line, plain, text_table
from a2c_pybamm.laws import Gaps, TwoPhase, UnstablePhaseError, held_laws
from a2c_pybamm.parameter_set.attachment import Attachment, attachment_error, passed_arguments
from a2c_pybamm.parameter_set.base_set import BaseSet, as_base, base_values, kind_options, missing_entry
from a2c_pybamm.parameter_set.emission import emit, shifted_ocp
from a2c_pybamm.parameter_set.ions import ion_error
from a2c_pybamm.parameter_set.key_ranges import value_errors
from a2c_pybamm.parameter_set.keys import BALANCE_KEYS
from a2c_pybamm.parameter_set.kinetics import kinetics_error, kinetics_options
from a2c_pybamm.parameter_set.lithium import cyclable_lithium, full_charge_potentials, initial_concentrations
from a2c_pybamm.parameter_set.log import silent_pybamm
from a2c_pybamm.parameter_set.mechanics import mechanics_error, mechanics_options, stress_inputs
from a2c_pybamm.parameter_set.stability import TREATMENTS, unstable_samples
from a2c_pybamm.parameter_set.state_limits import STATE_LIMITS
from a2c_pybamm.parameter_set.transport_efficiency import efficiency_error
from a2c_pybamm.readers.source_file import naming
from a2c_pybamm.schema import Temperature, conform_fields, listed, printable, show

LONG_NUMBER = re.compile(r"-?\d{9,}(?:\.\d*)?(?:[eE][-+]?\d+)?|-?\d+\.\d{9,}(?:[eE][-+]?\d+)?")
"""A number of nine digits or more in another library's message, of which three are shown."""
BASE_NUMBERS = (
    *("Reference temperature [K]", "Lower voltage cut-off [V]", "Upper voltage cut-off [V]", "Nominal cell capacity [A.h]"),
)
"""Keys whose values a base set has as numbers."""
LITHIATED = "Maximum concentration in positive electrode [mol.m-3]"
"""Ending of a key that every set of a lithium-ion cell has, also for each phase of a composite electrode."""


@dataclass(frozen=True, eq=False)
class ParameterSet:
    """A PyBaMM parameter set whose laws carry the joint error of their coefficients.

    Raises
    ------
    ValueError
        If a law needs a coefficient that the joint lacks, the joint has one that no law needs, a key is unknown, a number is
        impossible (a porosity of 0), or the laws are of ions that PyBaMM has no cell for: of more than one electron, or of
        different elements.
    """

    name: str
    base: str | BaseSet
    """Set that supplies everything else: the name of PyBaMM's or of one that a package registers, or values of one's own.

    A ``pybamm.ParameterValues`` or a dict is kept as a `BaseSet`."""
    attach: Mapping[str, Attachment]
    """Laws by the PyBaMM parameter that they replace."""
    joint: Joint
    temperature: Temperature = STANDARD_TEMPERATURE
    """Reference, ambient and initial temperature [K]."""
    citations: tuple[str, ...] = ()
    description: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """Remarks reported beside the numbers (floors used, flags); JSON values."""
    voltage_limits: tuple[float, float] | None = None
    """Cut-off and full charge [V] that the set is meant for; the base set's if not given."""

    def __post_init__(self) -> None:
        with naming(f"set {printable(self.name)}"):
            object.__setattr__(self, "base", as_base(self.base))
        conform_fields(self, name=f"set {printable(self.name)}")
        object.__setattr__(self, "attach", MappingProxyType(dict(self.attach)))
        object.__setattr__(self, "notes", MappingProxyType(dict(self.notes)))
        base = base_values(self.base)
        if not any(key.endswith(LITHIATED) for key in base):
            raise ValueError(
                f"set {self.name}: base {show(str(self.base))} has no '{LITHIATED}', so no lithium in its positive electrode; "
                "take a lithium-ion set"
            )
        if missing := [key for key in BASE_NUMBERS if not isinstance(base.get(key), int | float)]:
            raise ValueError(f"set {self.name}: base {show(str(self.base))} has no number for {missing[0]!r}; give it one")
        for side in ("Negative", "Positive"):
            ocp, entropy = f"{side} electrode OCP [V]", f"{side} electrode OCP entropic change [V.K-1]"
            if ocp in base and entropy not in base and entropy not in self.attach:
                raise ValueError(
                    f"set {self.name}: base {show(str(self.base))} has no {entropy!r}, which PyBaMM's models need; add it, 0 "
                    "where it is not known"
                )
        for key, attachment in self.attach.items():
            if reason := attachment_error(key, attachment, base):
                raise ValueError(f"set {self.name}: no law can stand in for {key!r}: {reason}")
        if all(key in self.attach for key in BALANCE_KEYS):
            raise ValueError(f"set {self.name}: {listed(BALANCE_KEYS)} both set the cell's lithium; keep one")
        if reason := ion_error(self.attach) or kinetics_error(self.attach, self.joint) or mechanics_error(self.attach):
            raise ValueError(f"set {self.name}: {reason}")
        if reason := efficiency_error(self.attach, base):
            raise ValueError(f"set {self.name}: {reason}")
        needed = {name for a in self.attach.values() for name in a.law.names}
        if missing := sorted(needed - set(self.joint.names)):
            raise ValueError(f"set {self.name}: laws need {listed(missing)}, which no estimate gives; add one, or drop the law")
        if extra := sorted(set(self.joint.names) - needed):
            raise ValueError(f"set {self.name}: no law needs {listed(extra)}; attach its law or drop the estimate")
        for law in self.deriving_laws:
            if abs(law.reference_temperature - self.temperature) > 1e-6:  # one number, written twice
                raise ValueError(
                    f"set {self.name}: plateaus of {law.material} are those at {law.reference_temperature:g} K, the set is at "
                    f"{self.temperature:g} K; fit the law with the set's temperature as its reference"
                )
        if reason := next(value_errors(self._numbers(base)), ""):
            raise ValueError(f"set {self.name}: {reason}")
        if self.voltage_limits and not self.voltage_limits[0] < self.voltage_limits[1]:
            raise ValueError(f"set {self.name}: voltage limits {self.voltage_limits} must be the lower one, then the upper one")

    def _numbers(self, base: pybamm.ParameterValues) -> dict[str, Any]:
        """Entries of the base set, numbers in their place at the mean coefficients, and voltage limits."""
        mean = dict(zip(self.joint.names, map(float, self.joint.mean), strict=True))
        numbers = dict(base.items())
        for key, attachment in self.attach.items():
            if attachment.index is not None or passed_arguments(key, attachment):
                continue
            number = float(getattr(attachment.law, attachment.method)(mean))
            if not attachment.relative:
                numbers[key] = number
            elif not callable(numbers[key]):
                numbers[key] *= number
        return numbers | self.limit_values

    def nominal(self) -> pybamm.ParameterValues:
        """PyBaMM's values with every coefficient at its mean, fully charged."""
        values = self.mean_values
        values.update(self.full_charge)
        return values

    def uncertain(self) -> pybamm.ParameterValues:
        """PyBaMM's values with every coefficient an input, named as in the joint.

        The initial concentrations are those of full charge at the mean: those of a sample follow from its potentials, and have
        to be set before it is solved (``Cell`` does).
        """
        values = self._build({name: pybamm.InputParameter(name) for name in self.input_names})
        values.update(stress_inputs(self.attach))
        values.update(self.full_charge)
        return values

    @cached_property
    def deriving_laws(self) -> tuple[TwoPhase, ...]:
        """Laws with derived inputs: numbers of each sample that follow from its coefficients."""
        deriving: dict[TwoPhase, None] = {}
        waiting = [attachment.law for attachment in self.attach.values()]
        while waiting:
            law = waiting.pop(0)
            waiting += held_laws(law).values()
            if isinstance(law, TwoPhase):
                deriving[law] = None
        return tuple(deriving)

    @property
    def model_options(self) -> dict[str, Any]:
        """Options of the model that the laws need: hysteresis where branches of an open-circuit potential are attached, the
        form of the current where laws of charge transfer are, and particle mechanics where laws of elasticity and volume are.
        """
        hysteresis = [f"{side} electrode lithiation OCP [V]" in self.attach for side in ("Negative", "Positive")]
        forms = tuple("current sigmoid" if branched else "single" for branched in hysteresis)
        of_laws = kinetics_options(self.attach) | mechanics_options(self.attach)
        return of_laws | ({"open-circuit potential": forms} if any(hysteresis) else {})

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """Names of PyBaMM's inputs: the joint's coefficients, then the derived inputs."""
        return (*self.joint.names, *(name for law in self.deriving_laws for name in law.derived_names))

    def with_derived(self, samples: Array) -> Array:
        """Samples (n_sample, n_coefficient) in the joint's order with their derived inputs (n_sample, n_input)."""
        if not self.deriving_laws:
            return samples
        c = self.coefficients(samples)
        derived = zip(self.deriving_laws, self._plateaus(samples), strict=True)
        columns = [column[:, None] for law, plateaus in derived for column in law.derive(c, plateaus).values()]
        return np.concatenate([samples, *columns], axis=1)

    def _plateaus(self, samples: Array) -> list[Gaps]:
        """Plateaus of each law that has some; those of the last samples are kept, as several methods need the same."""
        key = samples.tobytes()
        if self._last_plateaus.get("samples") != key:
            c = self.coefficients(samples)
            self._last_plateaus.update(samples=key, plateaus=[law.plateaus(c) for law in self.deriving_laws])
        return self._last_plateaus["plateaus"]

    @cached_property
    def _last_plateaus(self) -> dict[str, Any]:
        return {}

    @property
    def _mean(self) -> dict[str, float]:
        """Every input at the joint's mean."""
        return dict(zip(self.input_names, map(float, self.with_derived(self.joint.mean[None])[0]), strict=True))

    @property
    def mean_values(self) -> pybamm.ParameterValues:
        """PyBaMM's values with every coefficient at its mean, and the base set's initial concentrations."""
        return self._build(self._mean)

    @cached_property
    def lithium(self) -> float:
        """Cyclable lithium [A.h] of a full cell at the mean coefficients: PyBaMM's, or that of a balance."""
        values = self.mean_values
        values.update(initial_concentrations(base_values(self.base)))
        return float(values.evaluate(cyclable_lithium(values)))

    @property
    def full_charge(self) -> dict[str, float]:
        """Initial concentrations [mol.m-3] at the upper voltage limit for the mean coefficients.

        For MSMR electrodes the initial voltages [V]; for a half cell the working electrode's concentration alone.

        Raises
        ------
        ValueError
            If PyBaMM finds no full charge.
        """
        return self._charge_states[0]

    @cached_property
    def _charge_states(self) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
        """Initial values of full charge, and a full cell's stoichiometries at 0 and 100 %, from one solve of PyBaMM's."""
        values = self.mean_values
        options = kind_options(values)
        try:
            with silent_pybamm():
                if "particle" in options:
                    potentials = full_charge_potentials(values, self.lithium)
                    return {f"Initial voltage in {side} electrode [V]": U for side, U in potentials.items()}, {}
                if options:
                    values.set_initial_state(1.0, options=options)
                    key = "Initial concentration in positive electrode [mol.m-3]"
                    return {key: float(values.evaluate(values[key]))}, {}
                # PyBaMM keeps the lithium that it finds in the initial concentrations
                keys = [f"Initial concentration in {side} electrode [mol.m-3]" for side in ("negative", "positive")]
                ratio = self.lithium / float(values.evaluate(pybamm.LithiumIonParameters().Q_Li_particles_init))
                values.update({key: ratio * values[key] for key in keys} if ratio != 1 else {})
                ends = _end_stoichiometries(values)
                most = {side: values.evaluate(values[f"Maximum concentration in {side} electrode [mol.m-3]"]) for side in ends}
        except KeyError as error:
            lacked = missing_entry(error) or message_line(error)
            raise ValueError(
                f"set {self.name}: the base set {self.base} lacks {lacked!r}, which full charge needs; add it"
            ) from error
        except (pybamm.SolverError, ValueError) as error:
            text = LONG_NUMBER.sub(lambda digits: f"{float(digits[0]):.3g}", " ".join(str(error).split()))
            raise ValueError(f"set {self.name}: no full charge at the upper voltage limit ({text}); check voltages") from error
        return {key: float(full * most[side]) for key, (side, (_, full)) in zip(keys, ends.items(), strict=True)}, ends

    def validate_stability(self) -> None:
        """Raise ``UnstablePhaseError`` if a host at the mean coefficients would separate into phases where the cell goes."""
        sides = [side for side in ("negative", "positive") if f"{side.capitalize()} electrode OCP [V]" in self.attach]
        reached = self.stoichiometry_window  # ArithmeticError where the cell has no size, also without such laws
        ends = {side: sorted(reached.get(side, STATE_LIMITS.stability)) for side in sides}
        window = {side: (np.array([low]), np.array([high])) for side, (low, high) in ends.items()}
        if reason := self.instabilities(self.joint.mean[None], window)[0]:
            raise UnstablePhaseError(f"set {self.name}, mean coefficients: unstable: {reason}; {TREATMENTS}")

    @property
    def stoichiometry_window(self) -> dict[str, tuple[float, float]]:
        """Stoichiometries at 0 and 100 % state of charge of the nominal full cell, by side; empty for other kinds of cells.

        Empty, too, where PyBaMM's asymptotes reach a voltage limit outside the range of stoichiometries alone.
        """
        ends = self._charge_states[1]
        return ends if _are_stoichiometries(ends) else {}

    @property
    def base_stoichiometry_window(self) -> dict[str, tuple[float, float]]:
        """Stoichiometries at 0 and 100 % state of charge of the base set between this set's voltage limits, by side."""
        return dict(_base_window(self.base, tuple(self.limit_values.items())))

    def _build(self, c: Mapping[str, Any]) -> pybamm.ParameterValues:
        values = base_values(self.base)
        shift = self.temperature - values["Reference temperature [K]"]
        emitted = {key: emit(key, attachment, c, self.temperature, values) for key, attachment in self.attach.items()}
        moved = {}
        for side in ("Negative", "Positive"):
            ocp, entropy = f"{side} electrode OCP [V]", f"{side} electrode OCP entropic change [V.K-1]"
            if shift and ocp in values and ocp not in self.attach:
                change = emitted[entropy] if entropy in emitted else values[entropy]
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

    def instabilities(self, samples: Array, window: Mapping[str, tuple[Array, Array]]) -> list[str]:
        """Reason why each sample would phase-separate in its stoichiometry window; empty text where it would not.

        ``window`` gives, for "negative" and "positive", the lowest and highest stoichiometry that each sample can reach
        (n_sample,). A host is unstable where its thermodynamic factor is not positive.
        """
        reasons: dict[int, str] = {}
        c = self.coefficients(samples)
        for law, plateaus in zip(self.deriving_laws, self._plateaus(samples), strict=True):
            reasons = law.untreated(c, plateaus) | reasons
        for side, stoichiometries in window.items():
            if attachment := self.attach.get(f"{side.capitalize()} electrode OCP [V]"):
                unstable = unstable_samples(attachment, c, stoichiometries, self.temperature)
                reasons = {k: f"{side} host separates into phases ({place})" for k, place in unstable.items()} | reasons
        return [reasons.get(k, "") for k in range(len(samples))]

    def __repr__(self) -> str:
        heading = f"ParameterSet {self.name!r}: {len(self.attach)} laws on {self.base}, {self.temperature:g} K"
        rows = [(key, f"{a.law.kind} ({a.method})") for key, a in self.attach.items()]
        counts = f"{len(self.joint.names)} coefficients, {len(self.joint.sources)} sources: {source_list(self.joint.sources)}"
        return "\n  ".join([cut(plain(heading), MESSAGE_LENGTH), *abbreviated(text_table(rows)), counts])


def _end_stoichiometries(values: pybamm.ParameterValues) -> dict[str, tuple[float, float]]:
    """Stoichiometries at 0 and 100 % state of charge that PyBaMM finds for a full cell, by side."""
    x_0, x_100, y_100, y_0 = map(float, pybamm.lithium_ion.get_min_max_stoichiometries(values))
    return {"negative": (x_0, x_100), "positive": (y_0, y_100)}


@lru_cache(maxsize=8)
def _base_window(base: str | BaseSet, limits: tuple[tuple[str, float], ...]) -> dict[str, tuple[float, float]]:
    """Stoichiometries of a base set between voltage limits; empty where there are none."""
    values = base_values(base)
    values.update(dict(limits))
    if kind_options(values):
        return {}
    try:
        with silent_pybamm():
            ends = _end_stoichiometries(values)
    except (pybamm.SolverError, ValueError, KeyError):
        return {}
    return ends if _are_stoichiometries(ends) else {}


def _are_stoichiometries(ends: Mapping[str, tuple[float, float]]) -> bool:
    return all(0 <= sto <= 1 for pair in ends.values() for sto in pair)
