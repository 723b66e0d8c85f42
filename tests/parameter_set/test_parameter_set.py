"""Parameter sets: checked at birth, emitted in a form that PyBaMM solves, pickles and writes."""

import json
import pickle
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest

from a2c_pybamm import Attachment, Estimate, Joint, ParameterSet, RedlichKister, StoichiometryMap, declare, load, measured_ocp
from a2c_pybamm.constants import FARADAY
from a2c_pybamm.laws import TwoPhase, VacancyMobility
from a2c_pybamm.laws.thermodynamics import phases
from a2c_pybamm.parameter_set import base_values, module_name

POSITIVE_OCP = "Positive electrode OCP [V]"
STO = np.linspace(0.02, 0.98, 49)


@pytest.fixture(scope="module")
def shipped() -> ParameterSet:
    return load("LCO_graphite_universal_potentials")


def value(values: pybamm.ParameterValues, key: str, *arguments: object, inputs: dict[str, float] | None = None) -> np.ndarray:
    symbol = values.process_symbol(values[key](*arguments))
    return np.asarray(symbol.evaluate(inputs=inputs or {}), float).ravel()


def test_nominal_and_uncertain_views_agree(shipped: ParameterSet) -> None:
    nominal, uncertain = shipped.nominal(), shipped.uncertain()
    inputs = dict(zip(shipped.joint.names, shipped.joint.mean, strict=True))
    for side in ("Positive", "Negative"):
        sto, T = pybamm.Vector(STO), pybamm.Scalar(310.0)
        for key, arguments in {
            f"{side} electrode OCP [V]": (sto,),
            f"{side} electrode OCP entropic change [V.K-1]": (sto,),
            f"{side} particle diffusivity [m2.s-1]": (sto, T),
        }.items():
            np.testing.assert_allclose(
                value(nominal, key, *arguments), value(uncertain, key, *arguments, inputs=inputs), rtol=1e-12
            )


def test_emission_is_the_law_itself(shipped: ParameterSet) -> None:
    c = dict(zip(shipped.joint.names, shipped.joint.mean, strict=True))
    nominal = shipped.nominal()
    ocp, diffusivity = shipped.attach[POSITIVE_OCP], shipped.attach["Positive particle diffusivity [m2.s-1]"]
    np.testing.assert_allclose(
        value(nominal, POSITIVE_OCP, pybamm.Vector(STO)), ocp.law.open_circuit_voltage(c, STO, 298.15), rtol=1e-12
    )
    np.testing.assert_allclose(
        value(nominal, "Positive particle diffusivity [m2.s-1]", pybamm.Vector(STO), pybamm.Scalar(320.0)),
        diffusivity.law.chemical_diffusivity(c, STO, 320.0),
        rtol=1e-10,
    )


def test_voltage_and_diffusivity_share_one_thermodynamics(shipped: ParameterSet) -> None:
    assert shipped.attach["Positive particle diffusivity [m2.s-1]"].law.free_energy is shipped.attach[POSITIVE_OCP].law


def test_emitted_values_survive_pickle_and_json(shipped: ParameterSet, tmp_path) -> None:
    nominal = shipped.nominal()
    copy = pickle.loads(pickle.dumps(nominal[POSITIVE_OCP]))
    sto = pybamm.Vector(STO)
    expected = value(nominal, POSITIVE_OCP, sto)
    np.testing.assert_array_equal(np.asarray(nominal.process_symbol(copy(sto)).evaluate()).ravel(), expected)
    path = tmp_path / "values.json"
    nominal.to_json(str(path))
    json.loads(path.read_text())
    again = pybamm.ParameterValues.from_json(str(path))
    found = again.process_symbol(pybamm.FunctionParameter(POSITIVE_OCP, {"sto": sto})).evaluate()
    np.testing.assert_allclose(np.asarray(found).ravel(), expected, rtol=1e-10)


def test_map_between_the_atoms_x_and_stoichiometry() -> None:
    law = RedlichKister("M", 0)
    estimate = declare(law.names, [3.9, -0.5, 20.0], std=[0.1, 0.1, 1.0], source="s", reason="test")
    sto = StoichiometryMap(0.1, 0.8)
    made = ParameterSet("m", "Ai2020", {POSITIVE_OCP: Attachment(law, "open_circuit_voltage", sto)}, Joint([estimate]))
    c = dict(zip(law.names, estimate.mean, strict=True))
    found = value(made.nominal(), POSITIVE_OCP, pybamm.Vector(STO))
    np.testing.assert_allclose(found, law.open_circuit_voltage(c, 0.1 + 0.8 * STO, 298.15), rtol=1e-12)


@pytest.mark.parametrize(("offset", "slope"), [(0.0, 1.1), (-0.1, 1.0), (0.5, -0.2), (0.2, 0.9)])
def test_map_that_leaves_the_unit_interval_is_refused(offset: float, slope: float) -> None:
    with pytest.raises(ValueError, match="stoichiometry map"):
        StoichiometryMap(offset, slope)


def test_base_set_curves_move_to_another_reference_temperature() -> None:
    law = RedlichKister("M", 0, reference_temperature=310.0)
    estimate = declare(law.names, [3.9, -0.5, 20.0], std=[0.1, 0.1, 1.0], source="s", reason="test")
    attach = {POSITIVE_OCP: Attachment(law, "open_circuit_voltage")}
    made = ParameterSet("m", "Ai2020", attach, Joint([estimate]), temperature=310.0).nominal()
    base = base_values("Ai2020")
    key, entropy = "Negative electrode OCP [V]", "Negative electrode OCP entropic change [V.K-1]"
    sto = pybamm.Vector(STO)
    shift = (310.0 - base["Reference temperature [K]"]) * value(base, entropy, sto)
    assert np.abs(shift).max() > 1e-4
    np.testing.assert_allclose(value(made, key, sto), value(base, key, sto) + shift, rtol=1e-12)
    assert made["Reference temperature [K]"] == made["Ambient temperature [K]"] == 310.0


def test_measured_curve_stays_within_a_few_millivolts_of_the_base_set() -> None:
    law = measured_ocp("Ai2020", "negative", "graphite", stoichiometry=StoichiometryMap(), theta_min=0.1)
    x = np.linspace(0.005, 0.995, 997)
    expected = value(base_values("Ai2020"), "Negative electrode OCP [V]", pybamm.Vector(x))
    found = law.open_circuit_voltage({law.offset_name: 0.0}, x, 298.15)
    assert np.abs(found - expected).max() < 3e-3
    assert law.thermodynamic_factor({law.offset_name: 0.0}, x, 298.15).min() > 0


def test_coefficients_asked_for_and_given_must_be_the_same() -> None:
    law = RedlichKister("M", 0)
    attach = {POSITIVE_OCP: Attachment(law, "open_circuit_voltage")}
    whole = declare(law.names, [3.9, -0.5, 20.0], std=[0.1, 0.1, 1.0], source="s", reason="test")
    with pytest.raises(ValueError, match="which no estimate gives"):
        ParameterSet("m", "Ai2020", attach, Joint([whole.select(law.names[:2])]))
    extra = declare(["other [V]"], [1.0], std=[0.1], source="t", reason="test")
    with pytest.raises(ValueError, match="no law needs 'other"):
        ParameterSet("m", "Ai2020", attach, Joint([whole, extra]))
    with pytest.raises(ValueError, match="no parameter set 'Nobody2020'"):
        ParameterSet("m", "Nobody2020", attach, Joint([whole]))
    with pytest.raises(ValueError, match="no law can stand in"):
        ParameterSet("m", "Ai2020", {"Electrode height [m]": attach[POSITIVE_OCP]}, Joint([whole]))


def test_unstable_samples_are_found_with_their_spinodal(shipped: ParameterSet) -> None:
    joint = shipped.joint
    samples = np.tile(joint.mean, (3, 1))
    samples[1, joint.names.index("LCO L1/L0")] = 1.2  # Θ(x) turns negative near x = 0.85
    law = shipped.attach[POSITIVE_OCP].law
    window = {"positive": (np.full(3, 0.45), np.full(3, 0.99)), "negative": (np.full(3, 0.01), np.full(3, 0.8))}
    reasons = shipped.instabilities(samples, window)
    assert reasons[0] == reasons[2] == ""
    roots = phases.spinodals(law, dict(zip(joint.names, samples[1], strict=True)), 298.15)[0]
    assert len(roots) == 2
    assert f"{roots[0]:.3f}" in reasons[1]
    narrow = {"positive": (np.full(3, 0.45), np.full(3, roots[0] - 0.01))}
    assert shipped.instabilities(samples, narrow) == ["", "", ""]


def test_set_is_frozen(shipped: ParameterSet) -> None:
    with pytest.raises(AttributeError):
        shipped.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        shipped.attach["x"] = None  # type: ignore[index]
    assert replace(shipped, name="other").joint is shipped.joint
    assert isinstance(shipped.joint.estimates[0], Estimate)


def test_nominal_set_starts_fully_charged_at_its_own_limit(shipped: ParameterSet) -> None:
    """A user who asks PyBaMM for the set by name and solves starts at 4.0 V, with the base set's lithium."""
    values = shipped.nominal()
    assert values["Upper voltage cut-off [V]"] == values["Open-circuit voltage at 100% SOC [V]"] == 4.0
    assert values["Lower voltage cut-off [V]"] == 3.0
    sto = {}
    for side in ("negative", "positive"):
        key = f"in {side} electrode [mol.m-3]"
        sto[side] = values[f"Initial concentration {key}"] / float(values.evaluate(values[f"Maximum concentration {key}"]))
    voltage = value(values, POSITIVE_OCP, pybamm.Scalar(sto["positive"]))
    voltage -= value(values, "Negative electrode OCP [V]", pybamm.Scalar(sto["negative"]))
    assert voltage[0] == pytest.approx(4.0, abs=1e-4)
    lithium = pybamm.LithiumIonParameters().Q_Li_particles_init
    assert float(values.evaluate(lithium)) == pytest.approx(float(base_values("Ai2020").evaluate(lithium)), rel=1e-6)
    assert (
        shipped.uncertain()["Initial concentration in negative electrode [mol.m-3]"]
        == values["Initial concentration in negative electrode [mol.m-3]"]
    )


def test_limits_are_the_base_sets_unless_given() -> None:
    law = RedlichKister("M", 0)
    estimate = declare(law.names, [4.2, -0.5, 20.0], std=[0.1, 0.1, 1.0], source="s", reason="test")
    attach = {POSITIVE_OCP: Attachment(law, "open_circuit_voltage")}
    assert ParameterSet("m", "Ai2020", attach, Joint([estimate])).nominal()["Upper voltage cut-off [V]"] == 4.2
    with pytest.raises(ValueError, match="voltage limits"):
        ParameterSet("m", "Ai2020", attach, Joint([estimate]), voltage_limits=(4.1, 3.0))


def single(key: str, attachment: Attachment, **other: Any) -> ParameterSet:
    names = attachment.law.names
    estimate = declare(names, [0.1] * len(names), std=[0.1] * len(names), source="s", reason="test")
    settings = {"name": "m", "base": "Ai2020", "joint": Joint([estimate])} | other
    return ParameterSet(attach={key: attachment}, **settings)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("Pozitive electrode OCP [V]", "is 'Positive electrode OCP .V.' meant"),
        ("Positive electrode OCP[V]", "is 'Positive electrode OCP .V.' meant"),
        ("Colour", "check its spelling and unit"),
        ("Positive electrode OCP entropic change [V.K-1]", "open_circuit_voltage of law 'redlich-kister' is another quantity"),
        ("Positive particle diffusivity [m2.s-1]", "is another quantity; attach it where that stands"),
    ],
)
def test_misspelt_or_wrong_key_is_refused(key: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        single(key, Attachment(RedlichKister("M", 0), "open_circuit_voltage"))
    assert f"set m: no law can stand in for {key!r}" in str(error.value)


def test_key_that_only_a_model_has_stays_possible() -> None:
    """Chen2020 has no Young's modulus, and PyBaMM's mechanics read one."""
    key = "Positive electrode lithiation OCP [V]"
    assert key not in base_values("Ai2020")
    assert key in single(key, Attachment(RedlichKister("M", 0), "open_circuit_voltage")).attach


@pytest.mark.parametrize(
    "method", ["__init__", "__class__", "_voltage", "names", "kind", "interactions", "excess", "voltage", "", "free_energy"]
)
def test_what_is_no_method_of_composition_and_temperature_is_refused(method: str) -> None:
    with pytest.raises(ValueError, match=r"has no method .* of \(c, x, T\); take one of entropic_change, open_circuit_voltage"):
        Attachment(RedlichKister("M", 0), method)


def test_diffusion_law_is_no_potential() -> None:
    law = VacancyMobility("M", (("hop", 1),), RedlichKister("M", 0))
    with pytest.raises(ValueError, match="chemical_diffusivity of law 'vacancy-mobility' is another quantity"):
        single(POSITIVE_OCP, Attachment(law, "chemical_diffusivity"))


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"temperature": 0}, "temperature is 0 K, and must be above 0 K"),
        ({"temperature": float("inf")}, "temperature is inf, not a finite number"),
        ({"temperature": "298 K"}, "temperature is '298 K', not a number"),
        ({"voltage_limits": (3.0,)}, "voltage_limits has 1 entries, not 2"),
        ({"voltage_limits": "34"}, "voltage_limits is '34', not a list"),
        ({"voltage_limits": (4.0, 3.0)}, "must be the lower one, then the upper one"),
        ({"notes": ["x"]}, "notes is .* not a table"),
        ({"citations": "one"}, "citations is 'one', not a list"),
        ({"base": ["Ai2020"]}, "base is .*; give the name of a set"),
        ({"base": "../x"}, "no parameter set '../x'"),
        ({"base": "ECM_Example"}, "take a lithium-ion set"),
        ({"base": "Sulzer2019"}, "take a lithium-ion set"),
        ({"name": None}, "name is None, not text"),
        ({"name": "\ud800"}, "holds half a character"),
        ({"joint": None}, "joint is None, not a Joint"),
    ],
)
def test_setting_of_the_wrong_kind_is_refused(setting: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        single(POSITIVE_OCP, Attachment(RedlichKister("M", 0), "open_circuit_voltage"), **setting)
    str(error.value).encode()


@pytest.mark.parametrize("name", ["numpy", "pybamm", "json", "class", "sys", "a2c_pybamm"])
def test_name_of_a_module_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"a file {name}.py would hide .* rename the set"):
        module_name(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        *(
            (name, "a file of this name")
            for name in ("sitecustomize", "usercustomize", "conftest", "setup", "__init__", "--main--")
        ),
        *((name, "for a device") for name in ("nul", "CON", "Aux", "prn", "COM1", "lpt9", "com¹")),
        ("Setup", "pip runs"),
    ],
)
def test_name_of_what_is_run_unasked_or_a_device_is_refused(name: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^name {name!r}: .*{words}.*; rename the set or the file$"):
        module_name(name)
    assert module_name(f"{name} 2") == "".join(c if c.isalnum() else "_" for c in f"{name}_2")


def test_module_beside_the_study_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module that was written yesterday into the working folder is no reason to stop today."""
    (tmp_path / "LCO.py").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert module_name("LCO") == "LCO"
    assert module_name("LCO | graphite") == "LCO___graphite"


def test_representation_lists_laws_and_sources(shipped: ParameterSet) -> None:
    """Short, whatever the set holds, and without control characters."""
    lines = repr(shipped).splitlines()
    assert lines[0] == "ParameterSet 'LCO_graphite_universal_potentials': 7 laws on Ai2020, 298.15 K"
    assert "  Positive electrode OCP [V]                             redlich-kister (open_circuit_voltage)" in lines
    assert lines[-1].startswith("  14 coefficients, 17 sources: LCO ODH attempt frequency (declared), ")
    assert lines[-1].endswith(", … and 11 more")
    law = RedlichKister("M", 0)
    named = single(POSITIVE_OCP, Attachment(law, "open_circuit_voltage"), name="\x1b]0;" + "x" * 500)
    assert all(character.isprintable() or character == "\n" for character in repr(named))
    assert max(map(len, repr(named).splitlines())) <= 250


# Ions


def of_ion(*ions: str, holds: bool = False) -> dict[str, Attachment]:
    """Attachments of laws of these ions to the potentials of both sides; of mobilities that hold them."""
    attach = {}
    for side, ion in zip(("Positive", "Negative"), ions, strict=False):
        law = RedlichKister("N", 0, ion=ion)
        mobility = VacancyMobility("N", (("hop", 1),), TwoPhase(law))
        key = f"{side} particle diffusivity [m2.s-1]" if holds else f"{side} electrode OCP [V]"
        attach[key] = Attachment(mobility, "chemical_diffusivity") if holds else Attachment(law, "open_circuit_voltage")
    return attach


def set_of_ions(attach: dict[str, Attachment], base: str = "Chen2020") -> ParameterSet:
    names = tuple(dict.fromkeys(name for a in attach.values() for name in a.law.names))
    mean = [{"V": 3.4, "eV": -0.8}.get(name.rpartition("[")[2][:-1], 0.0) for name in names]
    return ParameterSet("ions", base, attach, Joint([declare(names, mean, std=0.01, source="s", reason="test")]))


@pytest.mark.parametrize(("ion", "z"), [("Mg", 2), ("Ca", 2), ("Zn", 2), ("Al", 3)])
@pytest.mark.parametrize("holds", [False, True])
def test_ions_of_several_electrons_are_refused(ion: str, z: int, holds: bool) -> None:
    """Also where a law holds the free energy in the slot of a slot; one line with place, cause and remedy."""
    with pytest.raises(
        ValueError,
        match=rf"^set ions: 'Positive .*\]': law 'redlich-kister' is of {ion} ions, {z} electrons each, and PyBaMM counts one "
        r"electron for each ion .* not supported, use the law's curves themselves$"
        if not holds
        else rf"^set ions: 'Positive particle .*': law 'two-phase' is of {ion} ions, {z} electrons each",
    ) as error:
        set_of_ions(of_ion(ion, holds=holds))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("holds", [False, True])
def test_two_ions_in_one_cell_are_refused(holds: bool) -> None:
    with pytest.raises(ValueError, match=r"is of Na ions and 'Negative .*' of K ions; a cell has one, give both laws the same"):
        set_of_ions(of_ion("Na", "K", holds=holds))
    set_of_ions(of_ion("K", "K", holds=holds))


def test_sodium_in_pybamms_sodium_cell() -> None:
    """A layered host in Chayambuka2022: emitted is the law's own potential, and −(R ln[x/(1−x)] + s_Na)/F with temperature."""
    law = RedlichKister("N", 0, ion="Na")
    attach = of_ion("Na") | {"Positive electrode OCP entropic change [V.K-1]": Attachment(law, "entropic_change")}
    made = set_of_ions(attach, "Chayambuka2022")
    values = made.nominal()
    gas = 8.31446261815324 * np.log(STO / (1 - STO))
    change = value(values, "Positive electrode OCP entropic change [V.K-1]", pybamm.Vector(STO))
    np.testing.assert_allclose(change, -(gas + 51.3) / FARADAY, rtol=1e-12)
    negative = measured_ocp(
        "Chayambuka2022", "negative", "hard carbon", stoichiometry=StoichiometryMap(), theta_min=0.1, ion="Na"
    )
    assert negative.ion == "Na"
    both = attach | {"Negative electrode OCP [V]": Attachment(negative, "open_circuit_voltage")}
    assert set_of_ions(both, "Chayambuka2022").attach["Negative electrode OCP [V]"].law is negative


def test_law_of_extensive_numbers_is_not_attached() -> None:
    @dataclass(frozen=True)
    class OfCells:
        material: str = "X"
        kind: str = "of-cells"
        extent: str = "per simulation cell"
        names: tuple[str, ...] = ()

        def chemical_diffusivity(self, c: Any, x: Any, T: Any) -> Any:
            return 1e-14

    with pytest.raises(ValueError, match="law 'of-cells' gives numbers per simulation cell, which grow with it"):
        Attachment(OfCells(), "chemical_diffusivity")
