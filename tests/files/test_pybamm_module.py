"""The stand-alone module gives what the set itself gives, needs nothing of ours, and says the formulas as they are."""

import importlib.util
import json
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pybamm
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.estimate import Estimate, Joint
from a2c_pybamm.files.formula_source import Expression, Recording, Tables, formula_lines
from a2c_pybamm.files.pybamm_module import _function, pybamm_module, write_pybamm_module
from a2c_pybamm.laws import Law, MeasuredOCP, RedlichKister, SiteDensity, VacancyMobility, interpolate
from a2c_pybamm.parameter_set import Attachment, ParameterSet, StoichiometryMap, measured_ocp

LCO = RedlichKister("LCO", 2, (0.5, 1.0), "ratio")
MEANS = {
    "LCO mean voltage 0.5–1 [V]": 4.0,
    "LCO ln(−L0 [eV])": -0.4,
    "LCO L1/L0": 0.05,
    "LCO L2/L0": -0.02,
    "LCO vibrational ds/dx [J.mol-1.K-1]": 25.0,
    "LCO ln(V_site [m3.mol-1])": -10.84,
    "LCO ODH ln(D0 [m2.s-1])": -13.7,
    "LCO ODH E_a [eV]": 0.38,
    "LCO TSH ln(D0 [m2.s-1])": -15.4,
    "LCO TSH E_a [eV]": 0.29,
    "LCO ln(particle geometry)": -0.55,
    "graphite OCP offset [V]": 0.003,
    "graphite in-plane ln(D0 [m2.s-1])": -14.6,
    "graphite in-plane E_a [eV]": 0.37,
    "graphite ln(particle geometry)": -0.55,
}


def joint(means: dict[str, float]) -> Joint:
    """Means with a dense covariance."""
    mixing = 0.01 * np.random.default_rng(0).normal(size=(len(means),) * 2)
    return Joint([Estimate.from_covariance(tuple(means), list(means.values()), mixing @ mixing.T, source="declared")])


def lco_graphite(temperature: float = 298.15) -> ParameterSet:
    """A set on Ai2020 with each of the package's own laws."""
    graphite = measured_ocp("Ai2020", "negative", "graphite", stoichiometry=StoichiometryMap(), theta_min=0.1)
    lco_mobility = VacancyMobility("LCO", (("ODH", 1), ("TSH", 2)), LCO)
    graphite_mobility = VacancyMobility("graphite", (("in-plane", 1),), graphite)
    attach = {
        "Positive electrode OCP [V]": Attachment(LCO, "open_circuit_voltage"),
        "Positive electrode OCP entropic change [V.K-1]": Attachment(LCO, "entropic_change"),
        "Positive particle diffusivity [m2.s-1]": Attachment(lco_mobility, "chemical_diffusivity"),
        "Maximum concentration in positive electrode [mol.m-3]": Attachment(SiteDensity("LCO"), "maximum_concentration"),
        "Negative electrode OCP [V]": Attachment(graphite, "open_circuit_voltage", StoichiometryMap(0.01, 0.98)),
        "Negative electrode OCP entropic change [V.K-1]": Attachment(graphite, "entropic_change"),
        "Negative particle diffusivity [m2.s-1]": Attachment(graphite_mobility, "chemical_diffusivity"),
    }
    return ParameterSet("LCO, graphite", "Ai2020", attach, joint(MEANS), temperature, ("Someone (2020)",), "For tests.")


def load(path: Path) -> ModuleType:
    """The module in a file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[path.stem] = module  # so that its functions pickle
    return module


def value(values: pybamm.ParameterValues, key: str, inputs: dict[str, float] | None = None) -> np.ndarray:
    """A PyBaMM parameter on a grid of stoichiometries (n_temperature, n_stoichiometry) or as it is."""
    sto, entry = pybamm.Vector(np.linspace(0.005, 0.995, 199)), values[key]
    if not callable(entry):
        return np.asarray(values.evaluate(entry, inputs=inputs or {}))
    calls = [(sto, pybamm.Scalar(T)) for T in (280.0, 298.15, 330.0)] if "diffusivity" in key else [(sto,)]
    return np.array([np.ravel(values.process_symbol(entry(*call)).evaluate(inputs=inputs)) for call in calls])


@pytest.fixture(scope="module")
def parameter_set() -> ParameterSet:
    return lco_graphite(310.0)


@pytest.fixture(scope="module")
def path(parameter_set: ParameterSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pybamm_module(tmp_path_factory.mktemp("module") / "lco_graphite_set.py", parameter_set)


@pytest.fixture(scope="module")
def module(path: Path) -> ModuleType:
    return load(path)


def test_functions_are_those_of_the_set(parameter_set: ParameterSet, module: ModuleType) -> None:
    expected, written = parameter_set.nominal(), module.get_parameter_values()
    for key in parameter_set.attach:
        np.testing.assert_allclose(value(written, key), value(expected, key), rtol=1e-12, atol=0, err_msg=key)
    assert {k: v for k, v in written.items() if isinstance(v, float)} == {
        k: v for k, v in expected.items() if isinstance(v, float)
    }


def test_inputs_give_the_uncertain_set(parameter_set: ParameterSet, module: ModuleType) -> None:
    written = module.get_parameter_values({name: pybamm.InputParameter(name) for name in module.COEFFICIENTS})
    sample = dict(zip(MEANS, parameter_set.joint.draw(1, np.random.default_rng(2))[0], strict=True))
    for key in parameter_set.attach:
        expected = value(parameter_set.uncertain(), key, sample)
        np.testing.assert_allclose(value(written, key, sample), expected, rtol=1e-12, err_msg=key)


def test_numbers_are_exact(parameter_set: ParameterSet, module: ModuleType) -> None:
    assert dict(zip(parameter_set.joint.names, parameter_set.joint.mean, strict=True)) == module.COEFFICIENTS
    assert (np.array(module.COVARIANCE) == parameter_set.joint.covariance).all()
    assert (np.array(list(module.STANDARD_DEVIATIONS.values())) == parameter_set.joint.std).all()


@pytest.mark.slow
def test_cell_is_that_of_the_set(parameter_set: ParameterSet, module: ModuleType) -> None:
    """The tables and formulas in a solved model; JSON and pickle keep the values usable."""
    written = module.get_parameter_values()
    voltages = []
    copies = (
        parameter_set.nominal(),
        written,
        pickle.loads(pickle.dumps(written)),
        pybamm.ParameterValues.from_json(json.loads(json.dumps(written.to_json()))),
    )
    for values in copies:
        values.update({"Upper voltage cut-off [V]": 4.5, "Lower voltage cut-off [V]": 2.0})
        simulation = pybamm.Simulation(pybamm.lithium_ion.SPM(), parameter_values=values)
        voltages.append(simulation.solve(np.linspace(0, 600, 13))["Voltage [V]"].entries)
    for voltage, tolerance in zip(voltages[1:], (1e-6, 1e-6, 1e-5), strict=True):  # JSON: PyBaMM drops a regularisation of j0
        np.testing.assert_allclose(voltage, voltages[0], atol=tolerance)


@pytest.mark.slow
def test_needs_nothing_of_ours(path: Path) -> None:
    code = (
        "import sys; sys.modules['a2c_pybamm'] = None; sys.path.insert(0, sys.argv[1])\n"
        "import lco_graphite_set as m; print(len(m.get_parameter_values()), 'a2c_pybamm.laws' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path.parent)], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[1] == "False"


def test_base_potentials_move_to_another_temperature(tmp_path: Path) -> None:
    law = SiteDensity("LCO")
    attach = {"Maximum concentration in positive electrode [mol.m-3]": Attachment(law, "maximum_concentration")}
    moved = ParameterSet("moved", "Ai2020", attach, joint({law.volume_name: -10.84}), 330.0)
    written = load(write_pybamm_module(tmp_path / "moved_set.py", moved)).get_parameter_values()
    for key in ("Negative electrode OCP [V]", "Positive electrode OCP [V]"):
        np.testing.assert_array_equal(value(written, key), value(moved.nominal(), key))
        assert np.abs(value(written, key) - value(pybamm.ParameterValues("Ai2020"), key)).max() > 1e-3


GRID = tuple(map(float, np.linspace(0.1, 0.8, 40)))
SMALL = tuple(map(float, 1e-5 * np.cos(np.linspace(0, 3, 40)) + 2e-5))
"""A table that ends within the range of use, long enough for several lines of numbers with exponents."""


@dataclass(frozen=True)
class Odd:
    """A plug-in's law with other operations than ours."""

    name: str
    kind: ClassVar[str] = "odd"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def voltage(self, c: Any, x: Any, T: Any) -> Any:
        a = np.float64(2.0) * c[self.name]
        table = interpolate(x * x, GRID, SMALL)
        return (
            -((-a) ** -x) + np.maximum(np.sqrt(x), np.tanh(a - (x - 3)) / (2 / x)) ** 2 ** (x / T) + 1e5 * table - (0 * x + 1)
        )

    def branch(self, c: Any, x: Any, T: Any) -> Any:
        return c[self.name] if x > 0.5 else x

    def outside(self, c: Any, x: Any, T: Any) -> Any:
        return np.arange(3) * x


@pytest.mark.parametrize("name", ['a "quote"', 'it\'s "both"', 'end"""', "back\\slash\n{0}", "−Ω \u202e [eV]"])
def test_odd_names_and_laws(name: str, tmp_path: Path) -> None:
    key = "Positive electrode lithiation OCP [V]"  # no part of the full charge, which PyBaMM looks for
    odd = ParameterSet(name, "Ai2020", {key: Attachment(Odd(name), "voltage")}, joint({name: -0.7}), 300.0, (name,), name)
    module = load(write_pybamm_module(tmp_path / "odd_set.py", odd))
    assert list(module.COEFFICIENTS) == [name]
    assert name in (module.__doc__ or "")
    (function,) = (f for n, f in vars(module).items() if n.endswith("lithiation_ocp"))
    x = np.linspace(0.01, 0.99, 99)
    written = function(pybamm.Vector(x), module.COEFFICIENTS).evaluate().ravel()
    np.testing.assert_allclose(written, Odd(name).voltage({name: -0.7}, x, 300.0), rtol=1e-12)


@pytest.mark.parametrize("phase", ["", "Primary: ", "Secondary: "])
def test_function_of_a_number_takes_coefficients_alone(phase: str) -> None:
    key = f"{phase}Maximum concentration in negative electrode [mol.m-3]"
    source = _function(key, "density", Attachment(SiteDensity("Si"), "maximum_concentration"), 298.15, Tables())
    assert source.startswith("def density(c):")


@pytest.mark.parametrize("method", ["branch", "outside"])
def test_what_is_no_formula_is_refused(method: str) -> None:
    odd = ParameterSet("odd", "Ai2020", {"Positive electrode OCP [V]": Attachment(Odd("a"), method)}, joint({"a": 1.0}))
    with pytest.raises(ValueError, match=f"'odd', method '{method}', cannot be written out"):
        pybamm_module(odd)


OPERATIONS = ("+", "-", "*", "/", "**")
formulas = st.recursive(
    st.sampled_from(["x", "y", 2, 0.3, -1.5]),
    lambda inner: st.tuples(st.sampled_from(OPERATIONS), inner, inner) | st.tuples(st.just("neg"), inner),
    max_leaves=30,
)


def compute(formula: Any, values: dict[str, Any]) -> Any:
    """Value of a nested formula, with numbers or expressions."""
    if not isinstance(formula, tuple):
        return values.get(formula, formula)
    operation, *operands = formula
    a, *others = (compute(operand, values) for operand in operands)
    b = others[0] if others else None
    match operation:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b
        case "**":
            return a**b
    return -a


@given(formulas)
def test_brackets_are_right(formula: Any) -> None:
    """Any nesting of operators, written and read back, has the value it had (the same operations in the same order)."""
    recording = Recording(Tables())
    variables = {"x": recording.add("x"), "y": recording.add("y")}
    numbers = {"x": np.float64(0.7), "y": np.float64(-1.3)}
    with np.errstate(all="ignore"):
        try:
            expected = compute(formula, numbers)
            written = compute(formula, variables)
            lines = formula_lines(written)
        except (ArithmeticError, ValueError):  # a constant part that is no real number
            return
        if isinstance(expected, complex) or not np.isfinite(expected):
            return
        names: dict[str, Any] = dict(numbers)
        exec("\n".join([*lines[:-1], lines[-1].replace("return ", "result = ")]), names)
    assert names["result"] == pytest.approx(expected, rel=1e-13, abs=0)


def test_what_is_used_twice_is_computed_once() -> None:
    recording = Recording(Tables())
    x = recording.add("x")
    square = np.exp(x * x)
    assert isinstance(square, Expression)
    assert formula_lines(square + 1 / np.exp(x * x)) == ["v1 = np.exp(x * x)", "return v1 + 1 / v1"]


def test_a_table_stands_once() -> None:
    grid, voltage = (0.0, 0.3, 0.6, 1.0), (1.0, 0.5, 0.2, 0.1)
    law: Law = MeasuredOCP("m", grid, voltage, grid, 298.15, 0.1)
    tables = Tables()
    for method in ("open_circuit_voltage", "entropic_change"):
        _function("Positive electrode OCP [V]", "f", Attachment(law, method), 300.0, tables)
    assert list(tables.names) == [grid, voltage]
