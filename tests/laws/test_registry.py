"""Every registered law: what it gives is one thermodynamics, the same in numbers, PyBaMM's symbols, files and written modules.

The examples come from the registry (tests/laws/law_examples.py), so that a law is tested as soon as it is exported.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pybamm
import pytest
from scipy.integrate import quad

from a2c_pybamm import laws as exported
from a2c_pybamm.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
from a2c_pybamm.estimate import Estimate, Joint
from a2c_pybamm.files import read_set, save
from a2c_pybamm.files.pybamm_module import pybamm_module
from a2c_pybamm.laws import (
    KINDS,
    Expansion,
    FreeEnergy,
    PhaseForming,
    PlainExpansion,
    Scale,
    TwoPhase,
    VacancyMobility,
    build_law,
    derived_names,
    held_laws,
    settings,
)
from a2c_pybamm.laws.diffusion.mobility import Mobility
from a2c_pybamm.parameter_set import Attachment, ParameterSet, ions_of
from a2c_pybamm.parameter_set.keys import ELECTROLYTE, STOICHIOMETRY, TEMPERATURE
from tests.complex_step import complex_step
from tests.laws.law_examples import HOST, LAWS, UNIT, checks, draw

EXAMPLES = {name: law for name, law in LAWS.items() if not isinstance(law, Exception)}
N_DRAW = 6
"""Sets of coefficients for each example."""


def of(kind: type) -> Any:
    """Parametrization by the examples that are of a base class."""
    return pytest.mark.parametrize("name", [name for name, law in EXAMPLES.items() if isinstance(law, kind)])


def draws(law: Any) -> Iterator[tuple[dict[str, Any], np.ndarray, float]]:
    """Coefficients, compositions and a temperature of an example, several times."""
    temperatures = checks(law).temperatures or (law.reference_temperature,)
    for seed in range(N_DRAW):
        yield draw(law, seed), checks(law).compositions, temperatures[seed % len(temperatures)]


# ---- the registry ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_examples(kind: str) -> None:
    found = [law for name, law in LAWS.items() if name.startswith(f"{kind} ")]
    assert found
    for law in found:
        assert not isinstance(law, Exception), str(law)


def test_kinds_are_names_of_one_law_each() -> None:
    laws = [value for value in vars(exported).values() if isinstance(value, type) and "__dataclass_fields__" in vars(value)]
    assert len({law.kind for law in laws if hasattr(law, "kind")}) == len(KINDS) == len(set(KINDS.values()))
    assert {law.__name__ for law in KINDS.values()} <= set(exported.__all__)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_base_gives_is_overridden_by_none(kind: str) -> None:
    """Methods of the bases are abstract or final."""
    lineage = KINDS[kind].__mro__
    for base in (FreeEnergy, PhaseForming, Expansion, PlainExpansion):
        for name, attribute in vars(base).items():
            function = attribute.fget if isinstance(attribute, property) else attribute
            if not inspect.isfunction(function) or name.startswith("__"):
                continue
            assert getattr(function, "__isabstractmethod__", False) != getattr(function, "__final__", False), name
            if getattr(function, "__final__", False) and base in lineage:
                assert not any(name in vars(below) for below in lineage[: lineage.index(base)]), name


# ---- names -------------------------------------------------------------------------------------------------------------

PURE = ("ln(", "L1/L0", "L2/L0", "L3/L0")
"""Parts of the names of pure numbers without a unit: logarithms and ratios."""
OF_A_BODY = ("J", "J.K-1", "kg", "m3", "mol", "A.m", "W.m")
"""Units of numbers that grow with a simulation cell: no coefficient has one."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_names_are_unique_and_have_units(name: str) -> None:
    law = EXAMPLES[name]
    every = (*law.names, *derived_names(law))
    assert len(set(every)) == len(every) > 0
    for coefficient in every:
        unit = UNIT.search(coefficient)
        assert unit or any(part in coefficient for part in PURE), coefficient
        assert unit is None or unit[1] not in OF_A_BODY, coefficient
        assert coefficient.startswith("X ")
    for inner in held_laws(law).values():
        assert set(inner.names) <= set(law.names)


# ---- free energies -----------------------------------------------------------------------------------------------------

CHARGES = {"Li": 1, "Na": 1, "Mg": 2}
"""Electrons for each ion of the examples."""


@pytest.mark.parametrize("kind", [kind for kind, law in KINDS.items() if issubclass(law, FreeEnergy)])
def test_every_free_energy_is_of_any_ion(kind: str) -> None:
    """Its examples are of all three; lithium is the default, and the setting the last: files without it and positional calls
    are as they were.
    """
    assert {law.ion for name, law in EXAMPLES.items() if name.startswith(f"{kind} ")} == set(CHARGES)
    names = [item.name for item in fields(KINDS[kind])]
    if kind == "two-phase":
        assert "ion" not in names, "it is the free energy's own"
    else:
        assert names[-1] == "ion"
        assert KINDS[kind].ion == "Li"
        example = next(law for law in EXAMPLES.values() if law.kind == kind)
        with pytest.raises(ValueError, match=rf"^{kind}: ion 'Xx' is unknown; take one of 'Li', 'Na', 'K', 'Mg'"):
            replace(example, ion="Xx")


@of(FreeEnergy)
def test_voltage_entropy_and_factor_are_of_one_free_energy(name: str) -> None:
    """μ = −zFU, Θ = −(xzF/RT)∂U/∂x and ∂U/∂T by complex steps, away from the reference temperature."""
    law = EXAMPLES[name]
    charge = CHARGES[law.ion] * FARADAY
    for c, x, T in draws(law):
        voltage = law.open_circuit_voltage(c, x, T)
        assert np.isfinite(voltage).all()
        np.testing.assert_array_equal(law.chemical_potential(c, x, T), -charge * voltage)
        slope = complex_step(lambda y, c=c, T=T: law.open_circuit_voltage(c, y, T), x)
        factor, expected = law.thermodynamic_factor(c, x, T), -x * charge / (GAS_CONSTANT * T) * slope
        np.testing.assert_allclose(factor, expected, rtol=checks(law).slope_tolerance, atol=1e-9)
        by_composition = complex_step(lambda y, c=c, T=T: law.log_activity(c, y, T), x)
        np.testing.assert_allclose(factor, x * by_composition, rtol=checks(law).slope_tolerance, atol=1e-9)
        by_temperature = complex_step(lambda t, c=c, x=x: law.open_circuit_voltage(c, x, t), T)
        np.testing.assert_allclose(law.entropic_change(c, x, T), by_temperature, rtol=1e-9, atol=1e-12)


@of(FreeEnergy)
def test_activity_is_of_the_chemical_potential(name: str) -> None:
    """Against the metal exp(−zFU/RT); against a composition the ratio of two such; PyBaMM's symbols give the same."""
    law = EXAMPLES[name]
    charge = CHARGES[law.ion] * FARADAY
    for c, x, T in draws(law):
        absolute = law.log_activity(c, x, T, None)
        np.testing.assert_allclose(absolute, -charge * law.open_circuit_voltage(c, x, T) / (GAS_CONSTANT * T), rtol=1e-14)
        np.testing.assert_allclose(law.log_activity(c, x, T), absolute - law.log_activity(c, 0.5, T, None), atol=1e-12)
        np.testing.assert_allclose(law.log_activity(c, x, T, 0.3), absolute - law.log_activity(c, 0.3, T, None), atol=1e-12)
        np.testing.assert_array_equal(law.activity(c, x, T), np.exp(law.log_activity(c, x, T)))
        assert law.activity(c, 0.5, T) == 1
    symbols = {key: pybamm.InputParameter(key) for key in c}
    symbol = law.activity(symbols, pybamm.StateVector(slice(0, len(x))), pybamm.InputParameter("T"))
    found = np.ravel(symbol.evaluate(y=x, inputs={**c, "T": T}))
    np.testing.assert_allclose(found, law.activity(c, x, T), rtol=1e-9)


@of(PhaseForming)
def test_voltage_is_the_slope_of_the_free_energy(name: str) -> None:
    """U = −(1/zF)∂g/∂x to 1 nV down to x = 1e-6, and g(x) − g(0) vanishes at x = 0."""
    law = EXAMPLES[name]
    for c, x, T in draws(law):
        slope = complex_step(lambda y, c=c, T=T: law.free_energy(c, y, T), x)
        np.testing.assert_allclose(law.open_circuit_voltage(c, x, T), -slope / (CHARGES[law.ion] * FARADAY), atol=1e-9)
        assert abs(law.free_energy(c, 1e-13, T)) < 1e-6  # 1e-13 (|U| F + RT ln 1e-13) is 5e-8 J/mol


@of(Expansion)
def test_terms_of_an_expansion(name: str) -> None:
    """Each term's derivatives by complex steps; it vanishes at both ends; sums are linear in the amplitudes."""
    law = EXAMPLES[name]
    x = np.linspace(0, 1, 23) if checks(law).slopes_at_ends else np.linspace(0, 1, 23)[1:-1]
    for k in range(len(law.interaction_names)):
        assert np.abs(law.term(k, np.array([0.0, 1.0]))).max() < 1e-13
        for derivative in (0, 1):
            by_step = complex_step(lambda y, k=k, d=derivative: law.term(k, y, d), x)
            np.testing.assert_allclose(law.term(k, x, derivative + 1), by_step, rtol=1e-11, atol=1e-11)
    amplitudes = np.random.default_rng(0).normal(size=len(law.interaction_names))
    for derivative in (0, 1, 2):
        total = sum(a * law.term(k, x, derivative) for k, a in enumerate(amplitudes))
        np.testing.assert_allclose(law.excess(list(amplitudes), x, derivative), total, atol=1e-11)


@of(Expansion)
def test_orders_are_nested(name: str) -> None:
    """The law of a lower order has the first terms of this one."""
    law = EXAMPLES[name]
    x = np.linspace(0, 1, 11)
    for n, order in enumerate(law.nested_orders, 1):
        lower = replace(law, order=order, entropies=0)
        assert len(lower.interaction_names) == n
        np.testing.assert_allclose(lower.term(n - 1, x), law.term(n - 1, x), atol=1e-15)


@of(Expansion)
def test_coordinates_are_the_inverse_of_the_interactions(name: str) -> None:
    """Values and Jacobian, over the law's window.

    Interactions are rounded, which the Jacobian turns into an error of the coordinates: the slopes 1 + LF/(RT) of a stable
    spline may be as small as 1e-6.
    """
    law = EXAMPLES[name]
    names = (law.voltage_name, *law.interaction_names)
    for c, _, _ in draws(law):
        plain = law.plain_coefficients(c)
        values, jacobian = law.coordinates(plain)
        expected = np.array([c[key] for key in names])
        rounding = 2 * np.finfo(float).eps * np.abs(jacobian) @ np.abs(plain)
        assert (np.abs(values - expected) <= 1e-12 * (1 + np.abs(expected)) + rounding).all()
        inverse = [complex_step(lambda v, key=key, c=c: law.plain_coefficients({**c, key: v}), c[key]) for key in names]
        np.testing.assert_allclose(jacobian @ np.transpose(inverse), np.eye(len(names)), atol=1e-9)


@of(Expansion)
def test_mean_voltage_is_the_coefficient(name: str) -> None:
    """∫U dx over the window at the reference temperature; over [0, 1] the difference of the end members at any."""
    law = EXAMPLES[name]
    a, b = law.window
    c, T = draw(law, 1), 320.0
    points = [k for k in getattr(law, "knots", ()) if a < k < b] or None
    integral, _ = quad(lambda x: float(law.open_circuit_voltage(c, x, law.reference_temperature)), a, b, points=points)
    assert integral / (b - a) == pytest.approx(c[law.voltage_name], abs=1e-7)
    ends = [float(law.free_energy(c, x, T)) for x in (1e-300, 1 - 1e-16)]
    entropy = -complex_step(lambda t: law.free_energy(c, 1 - 1e-16, t), T)
    charge = CHARGES[law.ion] * FARADAY
    warm = law.end_voltage(c) + (T - law.reference_temperature) * entropy / charge
    assert -(ends[1] - ends[0]) / charge == pytest.approx(warm, abs=1e-12)


# ---- mobilities --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, law in EXAMPLES.items() if isinstance(law, Mobility)])
def test_chemical_diffusivity_takes_its_factor_from_the_law_of_the_voltage(name: str) -> None:
    """D = D_J Θ with the free energy in the slot; inside a gap, where Θ = 0, it is positive."""
    law = EXAMPLES[name]
    host = law.free_energy
    for c, x, T in draws(law):
        factor = host.thermodynamic_factor(c, x, T)
        outside = factor != 0
        assert outside.all() or isinstance(host, TwoPhase)
        jump, chemical = (np.broadcast_to(f(c, x, T), x.shape) for f in (law.jump_diffusivity, law.chemical_diffusivity))
        np.testing.assert_allclose(chemical[outside], (jump * factor)[outside], rtol=1e-12)
        assert (jump > 0).all()
        assert (chemical[~outside] > 0).all()


# ---- the same numbers everywhere ---------------------------------------------------------------------------------------


def methods(law: Any, arguments: tuple[str, ...]) -> list[str]:
    """Public methods of a law that take these arguments and no others."""
    found = inspect.getmembers(type(law), inspect.isfunction)
    return [key for key, function in found if key[0] != "_" and tuple(inspect.signature(function).parameters) == arguments]


OVER_COMPOSITION = ("self", "c", "x", "T")
AT_INTERFACE = ("self", "c", "c_e", "c_s", "c_max", "T")
OVER_CONCENTRATION = ("self", "c", "c_e", "T")
OVER_TEMPERATURE = ("self", "c", "T")
CONCENTRATIONS = np.array([-2.0, 0.0, 1e-6, 0.3, 30.0, 1e3, 5e3])
"""Concentrations of an electrolyte [mol.m-3] that a solver may try."""


def as_symbol(value: Any) -> pybamm.Symbol:
    """A number or an array as PyBaMM has it."""
    return pybamm.Vector(value) if np.ndim(value) else pybamm.Scalar(value)


@pytest.mark.parametrize("name", EXAMPLES)
def test_pybamm_symbols_give_numpys_values(name: str) -> None:
    """One text for floats and for PyBaMM: coefficients as inputs, x and T as a state vector and an input."""
    law = EXAMPLES[name]
    c = draw(law, 2)
    symbols = {key: pybamm.InputParameter(key) for key in c}
    x = np.linspace(0.02, 0.98, 7)
    for method in methods(law, OVER_COMPOSITION):
        symbol = getattr(law, method)(symbols, pybamm.StateVector(slice(0, 7)), pybamm.InputParameter("T"))
        expected = np.broadcast_to(getattr(law, method)(c, x, 310.0), x.shape)
        # splines of two libraries differ by round-off of their systems
        found = np.broadcast_to(np.ravel(symbol.evaluate(y=x, inputs={**c, "T": 310.0})), x.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-13, err_msg=method)
    for method in methods(law, AT_INTERFACE):
        arguments = (1000.0, 3e4 * x, 4e4)
        symbol = getattr(law, method)(symbols, *map(as_symbol, arguments), pybamm.InputParameter("T"))
        found = np.ravel(symbol.evaluate(inputs={**c, "T": 310.0}))
        np.testing.assert_allclose(found, getattr(law, method)(c, *arguments, 310.0), rtol=1e-9, err_msg=method)
    for method in methods(law, OVER_CONCENTRATION):
        symbol = getattr(law, method)(symbols, pybamm.StateVector(slice(0, 7)), pybamm.InputParameter("T"))
        found = np.ravel(symbol.evaluate(y=CONCENTRATIONS, inputs={**c, "T": 310.0}))
        expected = getattr(law, method)(c, CONCENTRATIONS, 310.0)
        assert np.isfinite(expected).all(), method
        np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=method)
    for method in set(methods(law, OVER_TEMPERATURE)) & set(KEYS):
        symbol = getattr(law, method)(symbols, pybamm.StateVector(slice(0, 7)))
        found = np.broadcast_to(np.ravel(symbol.evaluate(y=300 + x, inputs=c)), x.shape)
        np.testing.assert_allclose(found, getattr(law, method)(c, 300 + x), rtol=1e-14, err_msg=method)
    for method in set(methods(law, ("self", "c"))) & set(KEYS):
        found = np.ravel(getattr(law, method)(symbols).evaluate(inputs=c))
        np.testing.assert_allclose(found, getattr(law, method)(c), rtol=1e-14, err_msg=method)


KEYS = {
    "open_circuit_voltage": "Positive electrode lithiation OCP [V]",
    "entropic_change": "Positive electrode OCP entropic change [V.K-1]",
    "chemical_diffusivity": "Positive particle diffusivity [m2.s-1]",
    "jump_diffusivity": "Negative particle diffusivity [m2.s-1]",
    "measured_diffusivity": "Primary: Positive particle diffusivity [m2.s-1]",
    "youngs_modulus": "Positive electrode Young's modulus [Pa]",
    "poissons_ratio": "Positive electrode Poisson's ratio",
    "partial_molar_volume": "Positive electrode partial molar volume [m3.mol-1]",
    "volume_change": "Positive electrode volume change",
    "reference_concentration": "Positive electrode reference concentration for free of deformation [mol.m-3]",
    "maximum_concentration": "Maximum concentration in positive electrode [mol.m-3]",
    "exchange_current_density": "Positive electrode exchange-current density [A.m-2]",
    "anodic_transfer_coefficient": "Positive electrode Butler-Volmer transfer coefficient",
    "reorganization_energy": "Positive electrode reorganization energy [eV]",
    "electrolyte_conductivity": "Electrolyte conductivity [S.m-1]",
    "electrolyte_diffusivity": "Electrolyte diffusivity [m2.s-1]",
    "cation_transference_number": "Cation transference number",
    "electrolyte_thermodynamic_factor": "Thermodynamic factor",
    "bruggeman_coefficient": "Positive electrode Bruggeman coefficient (electrolyte)",
    "electronic_conductivity": "Positive electrode conductivity [S.m-1]",
    "electrode_density": "Positive electrode density [kg.m-3]",
    "electrode_heat_capacity": "Positive electrode specific heat capacity [J.kg-1.K-1]",
    "electrode_thermal_conductivity": "Positive electrode thermal conductivity [W.m-1.K-1]",
    "factor": "Electrolyte conductivity [S.m-1]",
    "value": "Contact resistance [Ohm]",
}
"""PyBaMM's parameters in whose place a law's methods stand; of the potentials one that is no part of the full charge."""


def set_of(law: Any) -> ParameterSet:
    """A set with everything that the law can stand for, the coefficients of one draw uncertain."""
    attach = {key: Attachment(law, method) for method, key in KEYS.items() if hasattr(type(law), method)}
    assert attach, "no parameter of PyBaMM is what this law gives"
    mean = [draw(law, 2)[name] for name in law.names]
    estimate = Estimate.from_covariance(law.names, mean, 1e-4 * np.eye(len(mean)), source="declared")
    host = law.free_energy if hasattr(law, "chemical_diffusivity") else law
    return ParameterSet("one law", "Chen2020", attach, Joint([estimate]), getattr(host, "reference_temperature", 298.15))


def entry(values: pybamm.ParameterValues, key: str) -> np.ndarray:
    """A parameter on a grid of stoichiometries, concentrations or at one temperature, or the number it is."""
    if not callable(values[key]):
        return np.asarray(values.evaluate(values[key]))
    grid = pybamm.Vector(np.linspace(0.02, 0.98, 23) * (4e3 if key in ELECTROLYTE else 1.0) + 300 * key.endswith(TEMPERATURE))
    arguments = (grid,) if key.endswith((*STOICHIOMETRY, *TEMPERATURE)) else (grid, pybamm.Scalar(305.0))
    if "exchange-current" in key:
        arguments = (1000 + grid, 5e4 * grid, pybamm.Scalar(5e4), pybamm.Scalar(305.0))
    return np.broadcast_to(np.ravel(values.process_symbol(values[key](*arguments)).evaluate()), 23)


@pytest.mark.parametrize("name", EXAMPLES)
def test_entries_of_a_file_make_the_law_again(name: str) -> None:
    """Its ion among them; without that entry, as older files are, the law is lithium's."""
    law = EXAMPLES[name]
    entries = json.loads(json.dumps(settings(law)))
    assert build_law(law.kind, entries, held_laws(law), KINDS) == law
    if "ion" in entries:
        assert build_law(law.kind, {**entries, "ion": "Li"}, held_laws(law), KINDS) == replace(law, ion="Li")
        assert build_law(law.kind, {k: v for k, v in entries.items() if k != "ion"}, {}, KINDS) == replace(law, ion="Li")


IN_A_CELL = [name for name, law in EXAMPLES.items() if all(ion.valence == 1 for _, ion in ions_of(law))]
"""Examples of ions of one electron."""


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in IN_A_CELL])
def test_ions_of_two_electrons_are_in_no_cell(name: str) -> None:
    with pytest.raises(ValueError, match=r"is of Mg ions, 2 electrons each, and PyBaMM counts one electron for each ion"):
        set_of(EXAMPLES[name])


@pytest.mark.parametrize("name", IN_A_CELL)
def test_written_and_read_again(name: str, tmp_path: Path) -> None:
    """In a whole set.json: the same law, and so the same numbers."""
    law = EXAMPLES[name]
    made = set_of(law)
    again = read_set(save(made, tmp_path / "set.json"))
    assert dict(again.attach) == dict(made.attach)
    assert {attachment.law.names for attachment in again.attach.values()} == {law.names}


ONE_OF_A_KIND = {EXAMPLES[name].kind: name for name in IN_A_CELL}.values()
"""The last example of each kind."""


@cache
def base_full_charge() -> dict[str, float]:
    """Initial concentrations of a set whose one law is no part of the full charge."""
    law = Scale("Electrolyte conductivity")
    joint = Joint([Estimate.from_covariance(law.names, [0.0], [[1e-4]], source="declared")])
    return ParameterSet("base", "Chen2020", {KEYS["factor"]: Attachment(law, "factor")}, joint).full_charge


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ONE_OF_A_KIND else pytest.mark.slow) for name in IN_A_CELL]
)
def test_stand_alone_module_gives_the_sets_numbers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The full charge, which takes a while, is moved by the maximum concentration, and by entropies at another temperature."""
    made = set_of(EXAMPLES[name])
    if made.temperature == STANDARD_TEMPERATURE and not hasattr(EXAMPLES[name], "maximum_concentration"):
        monkeypatch.setattr(ParameterSet, "full_charge", base_full_charge())
    module: dict[str, Any] = {}
    source = pybamm_module(made)
    exec(compile(source, "module", "exec"), module)
    assert {ion.symbol for a in made.attach.values() for _, ion in ions_of(a.law)} == set(re.findall(r", (\w+) ions\.", source))
    written, values = module["get_parameter_values"](), made.nominal()
    for key in (*made.attach, *made.full_charge):
        np.testing.assert_allclose(entry(written, key), entry(values, key), rtol=1e-12, atol=1e-300, err_msg=key)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["redlich-kister 0", "measured-ocp 0", "two-phase 0", "spline-potential 0"])
def test_full_charge_is_the_base_sets(name: str) -> None:
    made = set_of(EXAMPLES[name])
    assert made.full_charge == pytest.approx(base_full_charge(), rel=1e-9)


# ---- laws of other packages --------------------------------------------------------------------------------------------


class Theirs:
    """A free energy of another package that has the quantities and inherits nothing."""

    kind: ClassVar[str] = "theirs"
    material = "Y"

    @property
    def names(self) -> tuple[str, ...]:
        return ("Y U [V]",)

    def open_circuit_voltage(self, c: Any, x: Any, T: Any) -> Any:
        return c["Y U [V]"] - GAS_CONSTANT * T / FARADAY * np.log(x / (1 - x))

    def chemical_potential(self, c: Any, x: Any, T: Any) -> Any:
        return -FARADAY * self.open_circuit_voltage(c, x, T)

    def entropic_change(self, c: Any, x: Any, T: Any) -> Any:
        return -GAS_CONSTANT / FARADAY * np.log(x / (1 - x))

    def thermodynamic_factor(self, c: Any, x: Any, T: Any) -> Any:
        return 1 / (1 - x)


def test_a_law_that_inherits_nothing_fits_the_slot() -> None:
    """If it has all that a free energy gives, and not if one is missing; free_energy makes it a law that may have gaps."""

    class Lacking:
        kind, names = "lacking", ()
        open_circuit_voltage = entropic_change = thermodynamic_factor = Theirs.entropic_change

    class Whole(Theirs):
        reference_temperature = 298.15

        def free_energy(self, c: Any, x: Any, T: Any) -> Any:
            return x

    law = VacancyMobility("Y", (("hop", 1),), Theirs())  # type: ignore[arg-type]
    c = dict(zip(law.names, [-30.0, 0.3, 0.0, 3.9], strict=True))
    expected = law.jump_diffusivity(c, 0.4, 300.0) / 0.6
    assert law.chemical_diffusivity(c, 0.4, 300.0) == pytest.approx(expected, rel=1e-14)
    assert not isinstance(Theirs(), PhaseForming)
    assert isinstance(Whole(), PhaseForming)
    assert TwoPhase(Whole()).material == "Y"  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"free_energy is .*, not a FreeEnergy"):
        VacancyMobility("Y", (("hop", 1),), Lacking())  # type: ignore[arg-type]


def test_what_holds_a_free_energy_has_none_of_its_own() -> None:
    """A slot called free_energy is no method of that name: plateaus of plateaus are refused."""
    law = TwoPhase(HOST)
    assert isinstance(law, FreeEnergy)
    assert not isinstance(law, PhaseForming)
    with pytest.raises(ValueError, match="not a PhaseForming"):
        TwoPhase(law)  # type: ignore[arg-type]
