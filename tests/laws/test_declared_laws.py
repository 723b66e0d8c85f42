"""Factors on a base set's own entries, and numbers in their place: emitted, written, solved, refused."""

import importlib.util
import json
import pickle
import re
from functools import partial
from pathlib import Path

import numpy as np
import pybamm
import pytest

from a2c_pybamm import Attachment, Cell, Joint, ParameterSet, Scale, StoichiometryMap, Value, declare, derive, read_study
from a2c_pybamm.files import read_set, save, set_document, write_bpx, write_pybamm_module
from a2c_pybamm.parameter_set import base_values, required_arguments
from tests.scripts import Scripts

PAGE = Path(__file__).parents[2] / "docs" / "declared-errors.md"
CONDUCTIVITY, TRANSFERENCE = "Electrolyte conductivity [S.m-1]", "Cation transference number"
DIFFUSIVITY = "Negative particle diffusivity [m2.s-1]"
EXCHANGE = "Positive electrode exchange-current density [A.m-2]"
ENTROPY = "Negative electrode OCP entropic change [V.K-1]"
GRIDS = {
    "sto": np.linspace(0.05, 0.95, 7),
    "c_e": np.linspace(300.0, 2500.0, 7),
    "T": np.linspace(280.0, 330.0, 7),
    "T_dim": np.linspace(280.0, 330.0, 7),
    "c_s_surf": np.linspace(5e3, 2.5e4, 7),
    "c_s_max": np.full(7, 3e4),
    "c_Li": np.linspace(0.1, 5.0, 7),
    "L_sei": np.linspace(1e-9, 1e-7, 7),
}
"""Values of the arguments that PyBaMM passes, by their names in the base sets."""
ENTRIES = [
    ("Chen2020", DIFFUSIVITY, 0),
    ("Chen2020", "Positive electrode porosity", 0),
    ("Prada2013", "Maximum concentration in negative electrode [mol.m-3]", 0),
    ("Ai2020", ENTROPY, 1),
    ("Chen2020", CONDUCTIVITY, 2),
    ("Ai2020", "Thermodynamic factor", 2),
    ("Ai2020", DIFFUSIVITY, 2),
    ("OKane2022", "Exchange-current density for plating [A.m-2]", 3),
    ("Chen2020", EXCHANGE, 4),
]
"""Base set, key, and the number of arguments that its entry takes."""


def scaled(
    means: dict[str, float], base: str = "Chen2020", values: dict[str, float] | None = None, temperature: float = 298.15
) -> ParameterSet:
    """A set with factors exp(mean) on some entries of its base set, and numbers in the place of others."""
    laws = {key: Scale(key.split(" [")[0]) for key in means}
    numbers = {key: Value(key.split(" [")[0], "SI") for key in values or {}}
    attach = {key: Attachment(law, "factor") for key, law in laws.items()}
    attach |= {key: Attachment(law, "value") for key, law in numbers.items()}
    whole = {**means, **(values or {})}
    names = [name for law in (laws | numbers).values() for name in law.names]
    std = [0.2 if key in means else 0.05 * abs(whole[key]) for key in whole]
    joint = Joint([declare(names, list(whole.values()), std=std, source="declared", reason="test")])
    return ParameterSet("scaled", base, attach, joint, temperature)


def entry(values: pybamm.ParameterValues, key: str, arguments: list[str], inputs: dict[str, float] | None = None) -> np.ndarray:
    """An entry of PyBaMM's values at the grids of its arguments, or the number it is."""
    found = values[key]
    symbol = found(*(pybamm.Vector(GRIDS[name]) for name in arguments)) if callable(found) else found
    symbol = symbol if isinstance(symbol, pybamm.Symbol) else pybamm.Scalar(symbol)
    return np.ravel(values.process_symbol(symbol).evaluate(inputs=inputs or {}))


# ---- what PyBaMM finds -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("base", "key", "n"), ENTRIES)
def test_a_scaled_entry_is_the_base_sets_times_the_factor(base: str, key: str, n: int) -> None:
    own = base_values(base)
    arguments = required_arguments(own[key]) if callable(own[key]) else []
    assert len(arguments) == n
    made, expected = scaled({key: 0.1}, base), entry(own, key, arguments)
    assert np.abs(expected).min() > 0
    np.testing.assert_allclose(entry(made.nominal(), key, arguments), np.exp(0.1) * expected, rtol=1e-14)
    for c in (-1.3, 0.0, 0.7):
        found = entry(made.uncertain(), key, arguments, {made.joint.names[0]: c})
        np.testing.assert_allclose(found, np.exp(c) * expected, rtol=1e-14)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "number"), [("Contact resistance [Ohm]", 0.01), (CONDUCTIVITY, 0.9), (DIFFUSIVITY, 4e-14), (ENTROPY, -1e-4)]
)
def test_a_value_takes_the_place_of_numbers_and_functions(key: str, number: float) -> None:
    made = scaled({}, "Ai2020", {key: number})
    assert entry(made.nominal(), key, []) == [number]
    assert entry(made.uncertain(), key, [], {made.joint.names[0]: 2 * number}) == [2 * number]
    voltage = pybamm.Simulation(pybamm.lithium_ion.SPMe(), parameter_values=made.nominal()).solve([0, 60])["Voltage [V]"]
    assert np.isfinite(voltage.entries).all()


def test_a_value_may_be_one_that_the_base_set_lacks() -> None:
    key = "Negative electrode Young's modulus [Pa]"
    assert key not in base_values("Chen2020")
    assert scaled({}, values={key: 1.5e10}).nominal()[key] == 1.5e10


def test_one_law_under_two_keys_is_one_coefficient() -> None:
    law, keys = Scale("exchange currents"), [EXCHANGE, EXCHANGE.replace("Positive", "Negative")]
    joint = Joint([declare(law.names, [0.4], std=[0.2], source="s", reason="test")])
    made = ParameterSet("both", "Chen2020", {key: Attachment(law, "factor") for key in keys}, joint)
    for key in keys:
        arguments = required_arguments(base_values("Chen2020")[key])
        found = entry(made.nominal(), key, arguments) / entry(base_values("Chen2020"), key, arguments)
        np.testing.assert_allclose(found, np.exp(0.4), rtol=1e-13)


def test_base_potential_moves_by_the_scaled_entropic_change() -> None:
    """At another temperature the base set's potential is U + (T - T_ref) dU/dT, with the dU/dT that the set says."""
    made, base = scaled({ENTROPY: np.log(3.0)}, "Ai2020", temperature=320.0), base_values("Ai2020")
    key = "Negative electrode OCP [V]"
    change = (320.0 - base["Reference temperature [K]"]) * entry(base, ENTROPY, ["sto"])
    assert np.abs(change).max() > 1e-3
    expected = entry(base, key, ["sto"]) + 3 * change
    np.testing.assert_allclose(entry(made.nominal(), key, ["sto"]), expected, rtol=1e-13)


# ---- written and read --------------------------------------------------------------------------------------------------

MEANS = {CONDUCTIVITY: -0.3, EXCHANGE: 0.4, DIFFUSIVITY: 0.2, "Electrolyte diffusivity [m2.s-1]": 0.1}
NUMBERS = {TRANSFERENCE: 0.3}


@pytest.fixture(scope="module")
def several() -> ParameterSet:
    return scaled(MEANS, values=NUMBERS)


TIMES = np.linspace(0, 1800, 31)


def voltage(
    values: pybamm.ParameterValues,
    inputs: dict[str, float] | None = None,
    *,
    model: str = "SPMe",
    times: np.ndarray = TIMES,
) -> np.ndarray:
    """Terminal voltage [V] over a discharge at 1C."""
    solver = pybamm.IDAKLUSolver(rtol=1e-8, atol=1e-10)
    simulation = pybamm.Simulation(getattr(pybamm.lithium_ion, model)(), parameter_values=values, solver=solver)
    return np.asarray(simulation.solve([0, times[-1]], inputs=inputs, t_interp=times)["Voltage [V]"].entries)


def test_set_file_gives_the_set_back(several: ParameterSet, tmp_path: Path) -> None:
    again = read_set(save(several, tmp_path / "set.json"))
    assert again.attach == several.attach
    assert set_document(again) == set_document(several)
    assert (again.joint.mean == several.joint.mean).all()
    assert (again.joint.covariance == several.joint.covariance).all()


@pytest.mark.slow
@pytest.mark.parametrize("view", ["nominal", "uncertain"])
def test_pybamm_values_survive_pickle_and_json(several: ParameterSet, view: str, tmp_path: Path) -> None:
    values = getattr(several, view)()
    path = tmp_path / "values.json"
    values.to_json(str(path))
    json.loads(path.read_text())
    inputs = dict(zip(several.joint.names, map(float, several.joint.mean + 0.1), strict=True))
    expected = voltage(several.nominal()) if view == "nominal" else voltage(values, inputs)
    assert view == "nominal" or np.abs(expected - voltage(several.nominal())).max() > 1e-3
    given = inputs if view == "uncertain" else None
    np.testing.assert_array_equal(voltage(pickle.loads(pickle.dumps(values)), given), expected)
    again = pybamm.ParameterValues.from_json(str(path))
    np.testing.assert_allclose(voltage(again, given), expected, atol=1e-5)  # PyBaMM drops a regularisation of j0 there
    for key in MEANS:
        names = required_arguments(base_values("Chen2020")[key]) if callable(base_values("Chen2020")[key]) else []
        given_to = {name: pybamm.Vector(GRIDS[name]) for name in names}
        symbol = pybamm.FunctionParameter(key, given_to) if names else pybamm.Parameter(key)
        found, own = (np.ravel(v.process_symbol(symbol).evaluate(inputs=inputs)) for v in (again, values))
        np.testing.assert_allclose(found, own, rtol=1e-12, err_msg=key)


@pytest.mark.slow
def test_stand_alone_module_solves_as_the_set_does(several: ParameterSet, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("scaled_set", write_pybamm_module(tmp_path / "scaled_set.py", several))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    np.testing.assert_allclose(voltage(module.get_parameter_values()), voltage(several.nominal()), atol=1e-9)
    inputs = dict(zip(several.joint.names, several.joint.draw(1, np.random.default_rng(0))[0], strict=True))
    written = module.get_parameter_values({name: pybamm.InputParameter(name) for name in module.COEFFICIENTS})
    moved = voltage(written, inputs)
    np.testing.assert_allclose(moved, voltage(several.uncertain(), inputs), atol=1e-9)
    assert np.abs(moved - voltage(several.nominal())).max() > 1e-3, "the factors move the cell"


def test_module_moves_a_base_potential_by_the_scaled_entropic_change(tmp_path: Path) -> None:
    made = scaled({ENTROPY: np.log(3.0)}, "Ai2020", temperature=320.0)
    spec = importlib.util.spec_from_file_location("warm_set", write_pybamm_module(tmp_path / "warm_set.py", made))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for key in (ENTROPY, "Negative electrode OCP [V]", "Positive electrode OCP [V]"):
        found = entry(module.get_parameter_values(), key, ["sto"])
        np.testing.assert_allclose(found, entry(made.nominal(), key, ["sto"]), rtol=1e-13, err_msg=key)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*pyparsing.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_bpx_holds_the_scaled_values(several: ParameterSet, tmp_path: Path) -> None:
    document = json.loads(write_bpx(tmp_path / "set.bpx.json", several).read_text())["Parameterisation"]
    base = base_values("Chen2020")
    assert document["Electrolyte"]["Cation transference number"] == 0.3
    assert document["Negative electrode"]["Diffusivity [m2.s-1]"] == pytest.approx(base[DIFFUSIVITY] * np.exp(0.2), rel=1e-12)
    table = document["Electrolyte"]["Conductivity [S.m-1]"]
    concentration = np.array(table["x"])
    symbol = base[CONDUCTIVITY](pybamm.Vector(concentration), pybamm.Scalar(298.15))
    own = np.ravel(base.process_symbol(symbol).evaluate())
    np.testing.assert_allclose(table["y"], np.exp(-0.3) * own, rtol=1e-12)


# ---- solved ------------------------------------------------------------------------------------------------------------


def by_hand(own: object, factor: float) -> object:
    """A base set's entry multiplied as a PyBaMM user would do it."""
    if not callable(own):
        return factor * own
    return {2: lambda a, b: factor * own(a, b), 4: lambda a, b, c, d: factor * own(a, b, c, d)}[len(required_arguments(own))]


@pytest.mark.slow
@pytest.mark.parametrize(("base", "key"), [("Chen2020", DIFFUSIVITY), ("Ai2020", DIFFUSIVITY), ("Chen2020", EXCHANGE)])
def test_a_doubled_entry_solves_like_one_doubled_by_hand(base: str, key: str) -> None:
    made, own = scaled({key: np.log(2.0)}, base), base_values(base)
    own.update({**made.full_charge, key: by_hand(own[key], 2.0)})
    found = voltage(made.nominal(), model="SPM")
    np.testing.assert_allclose(found, voltage(own, model="SPM"), atol=1e-6)
    own.update({key: base_values(base)[key]})
    assert np.abs(found - voltage(own, model="SPM")).max() > 1e-3, "doubling moves the cell"


@pytest.mark.slow
def test_cell_solves_a_batch_of_them() -> None:
    """Each sample of a batch is the discharge that PyBaMM gives for values multiplied by hand."""
    made = scaled({EXCHANGE: 0.0, DIFFUSIVITY: 0.0, CONDUCTIVITY: 0.0})
    cell = Cell(made, model="SPM")
    assert set(cell.names) == {
        "Positive electrode exchange-current density ln(factor [1])",
        f"{DIFFUSIVITY[:-9]} ln(factor [1])",
    }
    samples = np.array([[0.0, 0.0], [0.8, -0.5], [-1.2, 0.9]])
    result = cell.solve(samples)
    times = result["time"].values[result["time"].values < 2400]
    assert not result["failed"].any()
    for k, sample in enumerate(samples):
        factors = dict(zip(cell.names, np.exp(sample), strict=True))
        own = base_values("Chen2020")
        own.update(made.full_charge)  # factors on kinetics leave full charge where it is
        for name, factor in factors.items():
            key = next(key for key in (EXCHANGE, DIFFUSIVITY) if name.startswith(key.split(" [")[0]))
            own.update({key: by_hand(own[key], float(factor))})
        expected = voltage(own, model="SPM", times=times)
        found = result["voltage"].values[k, : len(times)]
        np.testing.assert_allclose(found, expected, atol=5e-5)  # the cell's solver has a relative tolerance of 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("side", ["Negative", "Positive"])
def test_more_active_material_brings_the_lithium_that_pybamm_gives_it(side: str) -> None:
    """The nominal set and the cell agree on full charge; lithium is that of the base set's initial concentrations."""
    made = scaled({f"{side} electrode active material volume fraction": 0.05})
    lithium = pybamm.LithiumIonParameters().Q_Li_particles_init
    nominal, base = made.nominal(), base_values("Chen2020")
    base[f"{side} electrode active material volume fraction"] *= np.exp(0.05)
    assert nominal.evaluate(lithium) == pytest.approx(base.evaluate(lithium), rel=1e-6)
    state, failures = Cell(made, model="SPM").feasibility(np.array([[0.05]]))
    assert failures == [None]
    for electrode, found in ((side, state.stoichiometry[side][0]) for side in ("negative", "positive")):
        key = f"in {electrode} electrode [mol.m-3]"
        sto = nominal[f"Initial concentration {key}"] / nominal[f"Maximum concentration {key}"]
        assert sto == pytest.approx(found, abs=2e-6)
    assert made.full_charge != scaled({f"{side} electrode active material volume fraction": 0.0}).full_charge


# ---- refused -----------------------------------------------------------------------------------------------------------

REFUSED = {
    "thickness": ("Positive electrode thickness [m]", "mesh depends on it"),
    "separator": ("Separator thickness [m]", "mesh depends on it"),
    "radius": ("Negative particle radius [m]", "mesh depends on it"),
    "potential": ("Positive electrode OCP [V]", "take a MeasuredOCP"),
    "temperature": ("Ambient temperature [K]", "the set's temperature and voltage limits"),
    "voltage limit": ("Upper voltage cut-off [V]", "the set's temperature and voltage limits"),
    "current": ("Current function [A]", "the cell's current"),
    "full charge": ("Initial concentration in negative electrode [mol.m-3]", "each sample's full charge"),
    "no such key": ("Flux capacity [kg]", "no such entry"),
    "misspelt": ("Electrolyte conductivty [S.m-1]", r"is 'Electrolyte conductivity \[S.m-1\]' meant\?"),
    "list": ("citations", "the base set's entry is of type list, not a number"),
}


@pytest.mark.parametrize("law", [Scale("q"), Value("q")], ids=["scale", "value"])
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_vary_is_refused(case: str, law: Scale | Value) -> None:
    key, words = REFUSED[case]
    joint = Joint([declare(law.names, [0.0], std=[0.1], source="s", reason="test")])
    method = "factor" if isinstance(law, Scale) else "value"
    with pytest.raises(ValueError, match=words) as error:
        ParameterSet("refused", "Chen2020", {key: Attachment(law, method)}, joint)
    assert f"set refused: no law can stand in for {key!r}" in str(error.value)
    assert "\n" not in str(error.value)


def attempt(key: str, attachment: Attachment, base: str = "Chen2020") -> ParameterSet:
    joint = Joint([declare(attachment.law.names, [0.0], std=[0.1], source="s", reason="test")])
    return ParameterSet("refused", base, {key: attachment}, joint)


def test_a_factor_on_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="entry is 0, which no factor changes; take a Value"):
        attempt("Contact resistance [Ohm]", Attachment(Scale("q"), "factor"))
    with pytest.raises(ValueError, match="no such entry"):
        attempt("Negative electrode Young's modulus [Pa]", Attachment(Scale("q"), "factor"))


def test_an_entry_that_is_an_input_already_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What PyBaMM makes of the only text that it takes as an entry."""
    texts = base_values("Chen2020")
    texts.update({TRANSFERENCE: "[input]"})
    monkeypatch.setattr("a2c_pybamm.parameter_set.parameter_set.base_values", lambda base: texts)
    with pytest.raises(ValueError, match="the base set's entry is of type InputParameter, not a number or a function"):
        attempt(TRANSFERENCE, Attachment(Scale("q"), "factor"))


def five(a: float, b: float, c: float, d: float, e: float) -> float:
    """A function that PyBaMM has no parameter for."""
    return a + b + c + d + e


@pytest.mark.parametrize(("function", "n"), [(five, 5), (partial(five, 1.0, 1.0, 1.0, 1.0, 1.0), 0)])
def test_a_function_of_too_many_arguments_is_refused(function: object, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = base_values("Chen2020")
    odd.update({CONDUCTIVITY: function})
    monkeypatch.setattr("a2c_pybamm.parameter_set.parameter_set.base_values", lambda base: odd)
    with pytest.raises(ValueError, match=f"takes {n} arguments"):
        attempt(CONDUCTIVITY, Attachment(Scale("q"), "factor"))


def test_wrong_base_method_and_map_are_refused() -> None:
    with pytest.raises(ValueError, match="no parameter set 'Chen2O2O'"):
        attempt(CONDUCTIVITY, Attachment(Scale("q"), "factor"), "Chen2O2O")
    with pytest.raises(ValueError, match="'scale' has no method 'value'"):
        Attachment(Scale("q"), "value")
    with pytest.raises(ValueError, match="the same at every stoichiometry"):
        attempt(DIFFUSIVITY, Attachment(Scale("q"), "factor", StoichiometryMap(0.1, 0.8)))


def test_two_estimates_of_one_factor_are_refused() -> None:
    law = Scale("Electrolyte conductivity")
    estimates = [declare(law.names, [0.0], std=[0.1], source=source, reason="test") for source in "ab"]
    with pytest.raises(ValueError, match=r"'Electrolyte conductivity ln\(factor \[1\]\)' occurs more than once"):
        Joint(estimates)


# ---- the page of the docs ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_page_says_one_set_in_python_and_in_toml(tmp_path: Path, scripts: Scripts) -> None:
    """Both are run as a reader would paste them; the cell's error is the electrolyte's for the larger part."""
    page = PAGE.read_text(encoding="utf-8")
    (python,), (toml,) = (re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL) for language in ("python", "toml"))
    share = 'result["capacity"]["share"].sel(source="electrolyte (literature)")[0]'
    end = f'a2c.save(parameter_set, "set.json")\nprint(float({share}))'
    (tmp_path / "pasted.py").write_text(f"{python}\n{end}\n", encoding="utf-8")
    run = scripts.run(tmp_path / "pasted.py", tmp_path)
    assert run.returncode == 0, run.stderr[-3000:]
    assert 0.5 < float(run.stdout.split()[-1]) < 1
    (tmp_path / "study.toml").write_text(toml, encoding="utf-8")
    pasted, derived = read_set(tmp_path / "set.json"), derive(read_study(tmp_path))
    assert pasted.attach == derived.attach
    assert pasted.joint.names == derived.joint.names
    assert pasted.joint.sources == derived.joint.sources
    np.testing.assert_array_equal(pasted.joint.mean, derived.joint.mean)
    np.testing.assert_allclose(pasted.joint.covariance, derived.joint.covariance, rtol=1e-12, atol=1e-15)
