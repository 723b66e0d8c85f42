"""Base values, laws in the place of some of them, and the joint error of the laws' coefficients."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.estimate import Array, Joint
from a2c_pybamm.laws import FreeEnergy, Gaps, MeasuredOCP, PhaseForming, TwoPhase, UnstablePhaseError, held_laws
from a2c_pybamm.laws.thermodynamics import phases
from a2c_pybamm.parameter_set.attachment import Attachment, misplaced
from a2c_pybamm.parameter_set.base_set import base_values, kind_options
from a2c_pybamm.parameter_set.emission import emit, shifted_ocp
from a2c_pybamm.parameter_set.log import quiet
from a2c_pybamm.schema import Temperature, conform_fields, listed, named, show

LONG_NUMBER = re.compile(r"-?\d{9,}(?:\.\d*)?(?:[eE][-+]?\d+)?|-?\d+\.\d{9,}(?:[eE][-+]?\d+)?")
"""A number of more digits than a person reads, in another library's words."""
N_CHECK = 201
"""Compositions at which a sample's stability is looked at."""
EVERYWHERE = (0.005, 0.995)
"""Stoichiometries looked at where PyBaMM finds no full and empty state."""
LITHIATED = "Maximum concentration in positive electrode [mol.m-3]"
"""What every set of a lithium-ion cell has, also for each phase of a composite electrode."""
TREATMENTS = (
    "treat the gap by common tangents (a TwoPhase law; phases = 'common tangent' in a study), choose a voltage window that "
    "avoids it, or check the data"
)


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
    temperature: Temperature = 298.15
    """Reference, ambient and initial temperature [K]."""
    citations: tuple[str, ...] = ()
    description: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """What is reported beside the numbers (floors used, flags); JSON values."""
    voltage_limits: tuple[float, float] | None = None
    """Cut-off and full charge [V] that the set is meant for; the base set's if not given."""

    def __post_init__(self) -> None:
        conform_fields(self, name=f"set {named(self.name)}")
        object.__setattr__(self, "attach", MappingProxyType(dict(self.attach)))
        object.__setattr__(self, "notes", MappingProxyType(dict(self.notes)))
        if self.base not in pybamm.parameter_sets:
            known = ", ".join(sorted(pybamm.parameter_sets))
            raise ValueError(
                f"set {self.name}: PyBaMM has no parameter set {show(self.base)} to start from; take one of {known}"
            )
        base = base_values(self.base)
        if not any(key.endswith(LITHIATED) for key in base):
            raise ValueError(
                f"set {self.name}: base {self.base!r} has no '{LITHIATED}', so no lithium in its positive electrode; "
                "take a lithium-ion set"
            )
        for key, attachment in self.attach.items():
            if reason := misplaced(key, attachment, base):
                raise ValueError(f"set {self.name}: no law can stand in for {key!r}: {reason}")
        asked = {name for a in self.attach.values() for name in a.law.names}
        if missing := sorted(asked - set(self.joint.names)):
            raise ValueError(f"set {self.name}: laws ask for {listed(missing)}, which no estimate gives")
        if extra := sorted(set(self.joint.names) - asked):
            raise ValueError(f"set {self.name}: no law asks for {listed(extra)}; attach its law or drop the estimate")
        for law in self.deriving_laws:
            if abs(law.reference_temperature - self.temperature) > 1e-6:
                raise ValueError(
                    f"set {self.name}: plateaus of {law.material} are those at {law.reference_temperature:g} K, the set is at "
                    f"{self.temperature:g} K; fit the law with the set's temperature as its reference"
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
            waiting += held_laws(law).values()
            if isinstance(law, TwoPhase):
                found[law] = None
        return tuple(found)

    @cached_property
    def two_phase_sides(self) -> frozenset[str]:
        """Electrodes ("negative", "positive") whose potential has plateaus of coexisting phases."""
        keys = {side: f"{side.capitalize()} electrode OCP [V]" for side in ("negative", "positive")}
        return frozenset(s for s, key in keys.items() if key in self.attach and isinstance(self.attach[key].law, TwoPhase))

    @property
    def model_options(self) -> dict[str, Any]:
        """Options of the model that the laws need: hysteresis where branches of an open-circuit potential are attached."""
        bent = [f"{side} electrode lithiation OCP [V]" in self.attach for side in ("Negative", "Positive")]
        return {"open-circuit potential": tuple("current sigmoid" if b else "single" for b in bent)} if any(bent) else {}

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """What PyBaMM is given for each sample: the joint's coefficients, then the derived inputs."""
        return (*self.joint.names, *(name for law in self.deriving_laws for name in law.derived_names))

    def with_derived(self, samples: Array) -> Array:
        """Samples (n_sample, n_coefficient) in the joint's order with their derived inputs (n_sample, n_input)."""
        if not self.deriving_laws:
            return samples
        c = self.coefficients(samples)
        found = zip(self.deriving_laws, self._plateaus(samples), strict=True)
        columns = [column[:, None] for law, plateaus in found for column in law.derive(c, plateaus).values()]
        return np.concatenate([samples, *columns], axis=1)

    def _plateaus(self, samples: Array) -> list[Gaps]:
        """Plateaus of each law that has some; those of the samples asked for last are kept, since several ask for the same."""
        key = samples.tobytes()
        if self._last.get("samples") != key:
            c = self.coefficients(samples)
            self._last.update(samples=key, plateaus=[law.plateaus(c) for law in self.deriving_laws])
        return self._last["plateaus"]

    @cached_property
    def _last(self) -> dict[str, Any]:
        return {}

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
            with quiet():
                values.set_initial_state(1.0, options=options or None)
        except (pybamm.SolverError, ValueError) as error:
            text = LONG_NUMBER.sub(lambda digits: f"{float(digits[0]):.3g}", " ".join(str(error).split()))
            raise ValueError(f"set {self.name}: no full charge at the upper voltage limit ({text}); check voltages") from error
        return {key: float(values.evaluate(values[key])) for key in keys}

    def refuse_unstable_mean(self) -> None:
        """Raise ``UnstablePhaseError`` if a host at the mean coefficients would separate into phases where the cell goes."""
        sides = [side for side in ("negative", "positive") if f"{side.capitalize()} electrode OCP [V]" in self.attach]
        found = self.stoichiometry_window
        ends = {side: sorted(found.get(side, EVERYWHERE)) for side in sides}
        window = {side: (np.array([low]), np.array([high])) for side, (low, high) in ends.items()}
        if reason := self.unstable(self.joint.mean[None], window)[0]:
            raise UnstablePhaseError(f"set {self.name}, mean coefficients: unstable: {reason}; {TREATMENTS}")

    @cached_property
    def stoichiometry_window(self) -> dict[str, tuple[float, float]]:
        """Stoichiometries at 0 and 100 % state of charge of the nominal full cell, by side; empty for other kinds of cells."""
        return _window(self.nominal())

    @cached_property
    def base_stoichiometry_window(self) -> dict[str, tuple[float, float]]:
        """The same of the base set as it is, between this set's voltage limits."""
        values = base_values(self.base)
        values.update(self.limit_values)
        return _window(values)

    def _build(self, c: Mapping[str, Any]) -> pybamm.ParameterValues:
        values = base_values(self.base)
        shift = self.temperature - values["Reference temperature [K]"]
        emitted = {key: emit(key, attachment, c, self.temperature, values) for key, attachment in self.attach.items()}
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
        for deriving, plateaus in zip(self.deriving_laws, self._plateaus(samples), strict=True):
            for sample, reason in deriving.untreated(c, plateaus).items():
                reasons[sample] = reasons[sample] or reason
        for side, (low, high) in window.items():
            attachment = self.attach.get(f"{side.capitalize()} electrode OCP [V]")
            if attachment is None or not isinstance(attachment.law, FreeEnergy) or isinstance(attachment.law, MeasuredOCP):
                continue  # a measured curve is smoothed to Θ >= theta_min when it is made
            law, sto = attachment.law, attachment.stoichiometry
            if isinstance(law, TwoPhase):
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
                reasons[k] = reasons[k] or f"{side} host separates into phases ({where})"
        return reasons


def _window(values: pybamm.ParameterValues) -> dict[str, tuple[float, float]]:
    """Stoichiometries at 0 and 100 % state of charge, by side; empty where PyBaMM finds none."""
    if kind_options(values):
        return {}
    try:
        with quiet():
            x_0, x_100, y_100, y_0 = pybamm.lithium_ion.get_min_max_stoichiometries(values)
    except (pybamm.SolverError, ValueError):
        return {}
    if not all(0 <= sto <= 1 for sto in (x_0, x_100, y_100, y_0)):
        return {}  # a voltage far out of reach
    return {"negative": (float(x_0), float(x_100)), "positive": (float(y_0), float(y_100))}
