"""Examples of every registered law, made from the annotations of its settings; coefficients from the units in their names.

A law whose settings are numbers, words or other laws needs nothing here. `SETTINGS` holds those that no annotation gives, and
`CHECKS` what the documentation of a law says of the accuracy of its derivatives.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from a2c_pybamm.laws import (
    KINDS,
    CrystalVolume,
    FreeEnergy,
    IonSymbol,
    IsotropicElasticity,
    MeasuredOCP,
    PhaseForming,
    RedlichKister,
    TwoPhase,
    VacancyMobility,
    held_laws,
)
from a2c_pybamm.schema import Temperature

T = 298.15
TAIL = 10 ** np.linspace(-6, -2.2, 5)
COMPOSITIONS = np.concatenate([TAIL, np.linspace(0.01, 0.99, 41), 1 - TAIL[::-1]])
TEMPERATURES = (250.0, T, 340.0)


@dataclass(frozen=True, eq=False)
class Checks:
    """Points at which a law's derivatives are compared, and how closely they agree."""

    compositions: np.ndarray = field(default_factory=lambda: COMPOSITIONS)
    temperatures: tuple[float, ...] = TEMPERATURES
    """Empty: the law's reference temperature alone."""
    slope_tolerance: float = 1e-9
    """Relative error of the thermodynamic factor against the slope of the voltage."""
    slopes_at_ends: bool = True
    """False where the terms of an expansion have logarithmic slopes at x = 0 and 1, as ideal mixing has."""
    coefficients: Mapping[str, float] = field(default_factory=dict)
    """Coefficients that are not drawn."""


def table(n: int) -> dict[str, Any]:
    """Settings of a tabulated curve that falls with two steps."""
    x = 1e-3 + (1 - 2e-3) * 0.5 * (1 - np.cos(np.linspace(0, np.pi, n)))
    voltage = 0.4 - 0.3 * x + 0.05 * np.tanh((0.5 - x) / 0.1) + 0.03 * np.tanh((0.2 - x) / 0.1)
    return {"x": tuple(x), "voltage": tuple(voltage), "entropy": tuple(1e-4 * (x - 0.3) ** 2)}


FINE = table(1201)
SETTINGS: dict[str, dict[str, Any]] = {
    "logit-spline": {"knots": (0.05, 0.2, 0.35, 0.6, 0.9, 0.97)},
    "spline-potential": {"knots": (0.0, 0.2, 0.35, 0.9, 1.0)},
    "two-phase": {"free_energy": RedlichKister("X", 1)},
    "composite-conductivity": {"whole_electrode": True},
    "electrode-mixture": {"phases": (("X pores", 0.3), ("X carbon", 0.1))},
    "mixture-thermal-conductivity": {"phases": (("X pores", 0.3), ("X carbon", 0.1))},
    "transport-efficiency": {"volume_fraction": 0.335},  # Chen2020's positive pores
    "vacancy-mobility": {"hops": (("A", 1), ("B", 2))},
    "stress-assisted-diffusion": {
        "mobility": VacancyMobility("X", (("A", 1),), RedlichKister("X", 1)),
        "elasticity": IsotropicElasticity("X", (0.3, 0.7)),
        "volume": CrystalVolume("X", 1),
    },
    "measured-ocp": FINE,
    "tabulated-ocp": FINE | {"modes": tuple(tuple(0.01 * np.cos(k * np.pi * np.array(FINE["x"]))) for k in (0, 1, 2))},
}
"""Settings whose annotations do not say enough to make an example, by kind."""
CHANGED = {
    "permittivity": 80.0,
    "compositions": (0.3, 0.7),
    "reference": 0.6,
    "empty": 0.1,
    "window": (0.2, 0.9),
    "percolation_threshold": 0.02,
    "composition": 0.3,
}
"""Other values of optional settings that are bounded."""
HOST = RedlichKister("X", 2)
HOSTS = (TwoPhase(RedlichKister("X", 1)), MeasuredOCP("X", **table(121), reference_temperature=T, theta_min=0.05))
"""Free energies in the slots of laws that hold one."""
OTHER_IONS = ("Na", "Mg")
"""Ions beside the default: another metal, and another charge."""
INSIDE = np.linspace(0.02, 0.98, 41)
"""Compositions within the tables."""
CHECKS: dict[str, Checks] = {
    "logit-spline": Checks(slopes_at_ends=False),
    # the logarithm of the slope is tabulated apart: 7 % with 121 points (its docstring), and the error falls with their square
    "measured-ocp": Checks(INSIDE, (), 0.07 * (121 / 1201) ** 2),
    # the slope is tabulated apart: an error of the third power of the spacing, 8e-4, over the width of a step, 0.1, by 1
    "tabulated-ocp": Checks(INSIDE, (), 1e-5),
    "transport-efficiency": Checks(coefficients={"X ln(transport efficiency [1])": -1.7}),
    "butler-volmer": Checks(coefficients={"X charge transfer alpha [1]": 0.4}),
    # an attraction of more than 2RT/F, so that there is a gap
    "two-phase": Checks(INSIDE, coefficients={"X L0 [eV]": 0.1158}),
}


def settings_of(kind: str) -> Iterator[dict[str, Any]]:
    """Settings of a kind: the required ones, then all optional ones changed, then each choice, ion and law in a slot.

    Raises
    ------
    LookupError
        If there is no value for a required setting.
    """
    hints = get_type_hints(KINDS[kind], include_extras=True)
    fields = {item.name: item for item in dataclasses.fields(KINDS[kind])}
    required = {name: _value(kind, name, hints[name]) for name, item in fields.items() if item.default is dataclasses.MISSING}
    optional = {name: item.default for name, item in fields.items() if name not in required}
    yield required
    changed = required | {name: _changed(name, hints[name], value) for name, value in optional.items()}
    yield changed
    for name, hint in hints.items():
        held = hint is FreeEnergy or FreeEnergy in get_args(hint)
        others = get_args(hint) if get_origin(hint) is Literal else HOSTS if held else ()
        yield from ({**required, name: other} for other in others)
        if hint == IonSymbol:
            yield from ({**settings, name: ion} for ion in OTHER_IONS for settings in (required, changed))
        if hint is PhaseForming:
            yield from ({**required, name: RedlichKister("X", 1, ion=other)} for other in OTHER_IONS)


def _value(kind: str, name: str, hint: Any) -> Any:
    """A value of a required setting."""
    if name in SETTINGS.get(kind, {}):
        return SETTINGS[kind][name]
    if hint == Temperature:
        return T
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    values: dict[Any, Any] = {str: "X", int: 3, float: 0.05, FreeEnergy: HOST, PhaseForming: HOST}
    if (plain := _plain(hint)) in values:
        return values[plain]
    raise LookupError(
        f"law {kind!r}: no example can be made of its setting {name!r} ({hint}); "
        "add one to SETTINGS in tests/laws/law_examples.py"
    )


def _changed(name: str, hint: Any, default: Any) -> Any:
    """Another value than the default of an optional setting, where its type has one."""
    if name in CHANGED:
        return CHANGED[name]
    if hint == IonSymbol:
        return OTHER_IONS[0]
    if get_origin(hint) is Literal:
        return get_args(hint)[-1]
    if isinstance(default, int | float):
        return default + 2 if _plain(hint) is int else default + 12.0
    return "Ohm" if hint is str else default


def _plain(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def example_laws() -> dict[str, Any]:
    """Every registered law with several settings; of a kind without any, its error stands in the place of a law."""
    found: dict[str, Any] = {}
    for kind, law in KINDS.items():
        try:
            own = dict.fromkeys(law(**values) for values in settings_of(kind))
        except LookupError as error:
            own = {error: None}
        found |= {f"{kind} {k}": value for k, value in enumerate(own)}
    return found


LAWS = example_laws()
"""All examples, by kind and number."""
TYPICAL: dict[str, tuple[float, float]] = {
    "m3.mol-1": (1.6e-5, 1e-6),
    "V": (3.7, 0.3),
    "eV": (0.0, 0.12),
    "J.mol-1.K-1": (10.0, 15.0),
    "K-1": (0.0, 1e-4),
}
"""Mean and standard deviation of coefficients by unit."""
TYPICAL_LOGARITHMS = {
    "1": (0.0, 0.7),
    "m2.s-1": (np.log(1e-13), 0.5),
    "m3.mol-1": (np.log(1.6e-5), 0.02),
    "eV": (-1.0, 0.3),
    "Pa": (25.0, 0.3),
    "kg.m-3": (8.0, 0.3),
    "J.kg-1.K-1": (7.0, 0.3),
    "W.m-1.K-1": (0.0, 1.0),
}
"""The same of their logarithms."""
UNIT = re.compile(r"\[([^\[\]]+)\]\)?$")


def draw(law: Any, seed: int) -> dict[str, Any]:
    """Coefficients of a law, by the units in their names, and the inputs that follow from them."""
    rng = np.random.default_rng(seed)
    c: dict[str, Any] = {}
    for name in law.names:
        unit = UNIT.search(name)
        typical = TYPICAL_LOGARITHMS if name.endswith(")") else TYPICAL
        c[name] = float(rng.normal(*typical.get(unit[1] if unit else "1", (0.0, 0.2))))
    c |= {name: value for name, value in checks(law).coefficients.items() if name in c}
    for inner in (law, *held_laws(law).values()):
        c |= {name: float(values[0]) for name, values in inner.derive(c).items()} if hasattr(inner, "derive") else {}
    return c


def checks(law: Any) -> Checks:
    """Points at which the derivatives of a law are compared."""
    return CHECKS.get(law.kind, Checks())
