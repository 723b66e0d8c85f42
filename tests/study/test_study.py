"""The study file: every key described, every problem told in one line with its place and remedy."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.readers.units import UNITS
from a2c_pybamm.sets import DEMO, set_names, sets_folder
from a2c_pybamm.study import Section, Study, data_files, read_study, reference_page
from a2c_pybamm.study.fields import unit_of

SHIPPED = sets_folder() / DEMO
SMALL = """name = "small"
base = "Ai2020"

[negative]
material = "graphite"
measured_ocp = { theta_min = 0.1, offset_std = "5 mV", reason = "measured" }

[[negative.mobility.hops]]
name = "in-plane"
vacancies = 1
jump_length = "2.5 angstrom"
coordination = 6
dimension = 2
attempt_frequency = "10 THz"
attempt_frequency_std_ln = 0.7

[[negative.mobility.hops.barriers]]
label = "literature"
value = "0.30 eV"
std = "50 meV"
"""


def study(folder: Path, *edits: tuple[str, str], after: str = "", text: str = SMALL) -> Path:
    """A study file with some of its text replaced, and more at its end."""
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / "study.toml"
    path.write_text(text + after, encoding="utf-8")
    return path


# ---- what is right -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", set_names())
def test_shipped_studies_are_read_and_complete(name: str) -> None:
    found = read_study(sets_folder() / name)
    assert found.name == name
    assert all(path.is_file() for path in data_files(found))


def test_quantities_are_held_in_si(tmp_path: Path) -> None:
    found = read_study(study(tmp_path))
    hop = found.negative.mobility.hops[0]
    assert hop.jump_length == pytest.approx(2.5e-10, rel=1e-15)
    assert hop.attempt_frequency == 1e13
    assert hop.barriers[0].value == pytest.approx(0.3 * FARADAY, rel=1e-9)
    assert found.negative.measured_ocp.offset_std == pytest.approx(5e-3, rel=1e-15)


def test_paths_are_beside_the_study_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "far" / "off").mkdir(parents=True)
    path = study(tmp_path, ('value = "0.30 eV"\nstd = "50 meV"', 'path = "data/ödh.extxyz"'))
    (tmp_path / "far" / "link.toml").symlink_to(path)
    monkeypatch.chdir(tmp_path / "far" / "off")
    assert [p.resolve() for p in data_files(read_study(Path("../../study.toml")))] == [
        tmp_path.resolve() / "data" / "ödh.extxyz"
    ]
    assert data_files(read_study(Path("../.."))) == [Path("../../data/ödh.extxyz")]
    assert data_files(read_study(Path("../link.toml"))) == [Path("../data/ödh.extxyz")], "beside the name that is given"


def test_factors_and_values_need_no_electrode(tmp_path: Path) -> None:
    """Numbers are held in the unit that PyBaMM's key ends in."""
    text = 'name = "d"\nbase = "Chen2020"\n' + SCALE + "std = 0.2" + VALUE + 'std = "2e-3 Ohm"' + PURE + "std = 0.03"
    found = read_study(study(tmp_path, text=text))
    assert found.positive is None
    assert found.scale[0].keys == ("Electrolyte conductivity [S.m-1]",)
    assert [(v.value, v.std) for v in found.value] == [(0.01, 0.002), (0.3, 0.03)]


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("Contact resistance [Ohm]", "Ohm"),
        ("Electrolyte conductivity [S.m-1]", "S.m-1"),
        ("Cation transference number", ""),
        ("Negative electrode Paris' law constant b", ""),
        ("Positive electrode host site occupancy fraction (0)", ""),
    ],
)
def test_unit_of_a_pybamm_key(key: str, unit: str) -> None:
    assert unit_of(key) == unit


@pytest.mark.parametrize("change", [lambda b: b"\xef\xbb\xbf" + b, lambda b: b.replace(b"\n", b"\r\n")], ids=["BOM", "CRLF"])
def test_editors_marks_change_nothing(tmp_path: Path, change: typing.Any) -> None:
    plain = read_study(study(tmp_path))
    (tmp_path / "study.toml").write_bytes(change((tmp_path / "study.toml").read_bytes()))
    assert read_study(tmp_path) == plain


RUNS = """
[[negative.mobility.hops]]
name = "MD"
vacancies = 1

[negative.mobility.hops.molecular_dynamics]
species = "Li"
motion = "collective"
prefactor_order = 1
barrier_order = 0

[[negative.mobility.hops.molecular_dynamics.trajectories]]
file = "a.npz"
x = 0.5

[[negative.mobility.hops.molecular_dynamics.trajectories]]
file = "b.npz"
x = 0.7
window = ["1 ps", "20 ps"]
"""
"""Runs at two compositions, in the place of a barrier."""
OTHER_HOP = SMALL[SMALL.index("[[negative") :]


def test_runs_have_their_own_composition_or_the_common_one(tmp_path: Path) -> None:
    """As before there were several: one x for all, tracers with the doubt about the Haven ratio."""
    text = SMALL.replace(OTHER_HOP, RUNS)
    found = read_study(study(tmp_path, text=text)).negative.mobility.hops[0].molecular_dynamics
    assert (found.compositions, found.motion, found.haven_std_ln) == ((0.5, 0.7), "collective", None)
    assert found.trajectories[1].window == pytest.approx((1e-12, 2e-11))
    edits = (
        ('motion = "collective"\nprefactor_order = 1\nbarrier_order = 0', "haven_std_ln = 0.5\nx = 0.9"),
        ("x = 0.5\n", ""),
    )
    old = read_study(study(tmp_path, *edits, ("x = 0.7\n", ""), text=text)).negative.mobility.hops[0].molecular_dynamics
    assert (old.compositions, old.motion, old.haven_std_ln) == ((0.9,), "tracer", 0.5)
    mixed = read_study(study(tmp_path, ("species", "x = 0.7\nspecies"), ("x = 0.7\nw", "w"), text=text))
    assert mixed.negative.mobility.hops[0].molecular_dynamics.compositions == (0.5, 0.7)


# ---- what is wrong -----------------------------------------------------------------------------------------------------

HOP = r"negative\.mobility\.hops\[1\]"
EDITS: dict[str, tuple[tuple[str, str], str]] = {
    "unknown key": (('base = "Ai2020"', 'base = "Ai2020"\nbasis = 1'), r"basis: unknown key; known here: name, title, base"),
    "unknown key inside": (
        ("vacancies = 1", "vacancy = 1"),
        rf"{HOP}\.vacancy: unknown key; known here: name, vacancies.*; is 'vacancies' meant\?$",
    ),
    "key missing": (('base = "Ai2020"\n', ""), "base: this key is missing; add it"),
    "key twice": (("vacancies = 1", "vacancies = 1\nvacancies = 2"), "not TOML.*a key once"),
    "not quoted": (('"Ai2020"', "Ai2020"), "not TOML.*line 2.*put text in quotes"),
    "text for number": (("vacancies = 1", 'vacancies = "one"'), rf"{HOP}\.vacancies: must be a whole number, got 'one'$"),
    "number in quotes": (("attempt_frequency_std_ln = 0.7", 'attempt_frequency_std_ln = "0.7"'), "number without quotes"),
    "truth for number": (("vacancies = 1", "vacancies = true"), "whole number, got True"),
    "fraction for whole": (("coordination = 6", "coordination = 6.5"), "whole number, got 6.5"),
    "number for text": (('name = "small"', "name = 3"), "name: must be text in quotes, got 3"),
    "date for text": (('name = "small"', "name = 2026-01-01"), "name: must be text in quotes"),
    "table for text": (('name = "small"', "name = { a = 1 }"), "name: must be text in quotes"),
    "text for table": (("measured_ocp = {", 'measured_ocp = "a" # {'), r"negative\.measured_ocp: must be a table"),
    "not a number": (("attempt_frequency_std_ln = 0.7", "attempt_frequency_std_ln = nan"), "must be a finite number, got nan"),
    "infinite": (("attempt_frequency_std_ln = 0.7", "attempt_frequency_std_ln = inf"), "must be a finite number, got inf"),
    "huge": (
        ("attempt_frequency_std_ln = 0.7", "attempt_frequency_std_ln = 1e99"),
        r"must be at most 10|is larger than 1e.60",
    ),
    "celsius": (('base = "Ai2020"', 'base = "Ai2020"\ntemperature = "25 °C"'), r"temperature: unit '°C'.*273\.15 K"),
    "celsius called kelvin": (
        ('base = "Ai2020"', 'base = "Ai2020"\ntemperature = "25 K"'),
        "temperature: must be at least 150",
    ),
    "no unit": (('base = "Ai2020"', 'base = "Ai2020"\ntemperature = 298.15'), "temperature: it has no unit.*K"),
    "other unit": (('"50 meV"', '"50 mV"'), rf"{HOP}\.barriers\[1\]\.std: unit 'mV' is a unit of voltage; .* energy.*meV"),
    "negative std": (('"50 meV"', '"-50 meV"'), r"std: must be above 0 in SI units, got '-50 meV'"),
    "negative barrier": (('"0.30 eV"', '"-0.30 eV"'), "value: must be above 0"),
    "barrier in another unit": (('"0.30 eV"', '"30 Ha"'), "value: must be at most"),
    "no std": (('std = "50 meV"\n', ""), "images and value need a declared std"),
    "no length": (('"2.5 angstrom"', '"0 angstrom"'), "jump_length: must be at least 1e-11"),
    "decimal comma": (('"2.5 angstrom"', '"2,5 angstrom"'), "jump_length: .*decimal point"),
    "no frequency": (('attempt_frequency = "10 THz"\n', ""), rf"{HOP}: a barrier needs .*attempt_frequency"),
    "floor of zero": (("theta_min = 0.1", "theta_min = 0.0"), r"theta_min: must be above 0"),
    "floor above one": (("theta_min = 0.1", "theta_min = 2.0"), r"theta_min: must be at most 1"),
    "empty name": (('material = "graphite"', 'material = ""'), r"negative\.material: must be one word"),
    "brackets in a name": (
        ('material = "graphite"', 'material = "Li[C6]"'),
        r"negative\.material: must be one word, no",
    ),
    "line end in a name": (('name = "in-plane"', 'name = "in\\nplane"'), r"hops\[1\]\.name: must be words"),
    "path as a name": (
        ('name = "small"', 'name = "../small"'),
        "name: must begin with a letter, then letters",
    ),
    "long name": (('name = "small"', f'name = "{"n" * 300}"'), "name: must have at most 100 characters, got 'n{59} …"),
    "nothing derived": (("measured_ocp", "# measured_ocp"), r"negative: mobility needs free_energy or measured_ocp"),
}


@pytest.mark.parametrize("case", EDITS)
def test_wrong_entry_is_told_with_its_place(tmp_path: Path, case: str) -> None:
    edit, words = EDITS[case]
    path = study(tmp_path, edit)
    with pytest.raises(ValueError, match=words) as error:
        read_study(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


SCALE = '\n[[scale]]\nparameter = "Electrolyte conductivity [S.m-1]"\nsource = "s"\nreason = "r"\n'
SCALES = SCALE.replace("parameter =", "parameters =").replace('"Ele', '["a [V]", "Ele').replace('-1]"', '-1]"]')
VALUE = '\n[[value]]\nparameter = "Contact resistance [Ohm]"\nsource = "s"\nreason = "r"\nvalue = "0.01 Ohm"\n'
PURE = VALUE.replace("Contact resistance [Ohm]", "Cation transference number").replace('"0.01 Ohm"', "0.3")
DECLARED = '\n[[declared]]\nnames = ["a", "b"]\nvalues = [1.0, 2.0]\nsource = "s"\nreason = "r"\n'
SYSTEMATIC = '\n[[systematic]]\nsource = "s"\nreason = "r"\nstd = { a = 0.1 }\n'
OUTPUT = '\n[[cell.output]]\nname = "v"\nvariable = "Voltage [V]"\n'
SECTIONS: dict[str, tuple[str, str]] = {
    "neither std nor covariance": (DECLARED, r"declared\[1\]: give either std or covariance"),
    "both": (DECLARED + "std = [1, 1]\ncovariance = [[1, 0], [0, 1]]", r"declared\[1\]: give either"),
    "too few std": (DECLARED + "std = [1]", "2 names, but 2, 1 values, errors"),
    "ragged covariance": (DECLARED + "covariance = [[1], [0, 1]]", "2 names, but 2, 2, 1, 2"),
    "negative std": (DECLARED + "std = [1, -1]", r"declared\[1\]\.std\[2\]: must be at least 0"),
    "declared twice in one": (DECLARED.replace('"b"', '"a"') + "std = [1, 1]", "coefficient 'a' is declared twice"),
    "second of two": (DECLARED + "std = [1, 1]" + DECLARED, r"declared\[2\]: give either"),
    "source of systematic twice": (SYSTEMATIC + SYSTEMATIC, "source 's' occurs twice; list all its coefficients in one"),
    "empty systematic": (SYSTEMATIC.replace("a = 0.1", ""), "std: must have at least 1 item"),
    "voltage limits reversed": ('[cell]\nvoltage_limits = ["4.1 V", "3.0 V"]', "cell: voltage_limits run from 4.1 V to 3 V"),
    "one voltage limit": ('[cell]\nvoltage_limits = ["4.1 V"]', r"cell\.voltage_limits\[2\]: this entry is missing"),
    "porosity above one": (
        PURE.replace("Cation transference number", "Separator porosity").replace("0.3", "1.7") + "std = 0.1",
        r"value\[1\]: Separator porosity is 1\.7; give a fraction of the volume above 0 and up to 1",
    ),
    "no current": ("[cell]\nc_rate = 0", r"cell: c_rate is 0; give a positive one to discharge"),
    "current in words": ('[cell]\nc_rate = "fast"', r"cell\.c_rate: must be a number without quotes or unit"),
    "model": ('[cell]\nmodel = "P 2D"', r"cell\.model: must begin with a letter"),
    "two protocols": (
        '[cell]\nc_rate = 1.0\nexperiment = ["Rest for 1 hour"]',
        "cell: c_rate and experiment are given; keep one",
    ),
    "option of no text": ("[cell]\noptions = { thermal = 1 }", r"cell\.options\.thermal"),
    "state of charge": ("[cell]\ninitial_soc = 1.5", r"cell\.initial_soc: must be at most 1"),
    "output twice": ('[cell]\noutputs = ["energy", "energy"]', "output 'energy' is listed twice"),
    "output of one's own twice": (
        '[cell]\noutputs = ["v"]' + OUTPUT + 'time = "1 s"',
        "output 'v' is listed twice",
    ),
    "output without a moment": ("[cell]" + OUTPUT, r"cell\.output\[1\]: no moment given; give one of time, capacity, event"),
    "output with two moments": (
        "[cell]" + OUTPUT + 'time = "1 s"\nevent = "end"',
        r"cell\.output\[1\]: time and event given; give one of",
    ),
    "output at a time without unit": (
        "[cell]" + OUTPUT + "time = 10",
        r"cell\.output\[1\]\.time: it has no unit; .* s or min or h",
    ),
    "output before the start": ("[cell]" + OUTPUT + 'time = "-1 s"', r"cell\.output\[1\]\.time: must be at least 0"),
    "output at a charge in C": ("[cell]" + OUTPUT + 'capacity = "1 C"', r"capacity: unit 'C' is not known; .* A\.h or mA\.h"),
    "name of an output": (
        "[cell]" + OUTPUT.replace('"v"', '"v [V]"') + 'event = "end"',
        r"cell\.output\[1\]\.name: must be words with one space",
    ),
    "empty step": ('[cell]\nexperiment = [""]', r"cell\.experiment\[1\]"),
    "no budget": ("[propagation]\nbudget = 3", r"budget: must be at least 32"),
    "tolerance": ("[propagation]\ntolerance = 2.0", r"tolerance: must be below 1"),
    "rates swept over steps": (
        '[cell]\nexperiment = ["Rest for 1 hour"]\n[sweep]\nc_rate = [1.0]',
        "c_rate is swept, but the cell has a drive_cycle or an experiment",
    ),
    "chaos too high": ("[propagation]\nchaos_order = 9", "chaos_order: must be at most 4, got 9"),
    "too few samples": ("[propagation]\nsamples = 5", "5 samples are too few; take 20 or more, or 0"),
    "too many samples": ("[propagation]\nsamples = 1000000000000", "samples: must be at most 1e"),
    "all may fail": ("[propagation]\nmax_failed = 1.0", "max_failed: must be below 1"),
    "no method": ("[propagation]\nfirst_order = false\nadaptive = false\nsamples = 0", "no method is left; set"),
    "nothing swept": ("[sweep]\nuncertainty = false", "nothing is swept; list values"),
    "swept twice": ("[sweep]\nc_rate = [1.0, 2.0, 1.0]", "1.0 is listed twice"),
    "negative current": ("[sweep]\nc_rate = [1.0, -2.0]", r"sweep\.c_rate\[2\]: must be at least 1e-06, got -2"),
    "swept below the cut-off": (
        '[cell]\nvoltage_limits = ["3 V", "4 V"]\n[sweep]\nupper_voltage = ["2.9 V"]',
        "upper_voltage 2.9 V is not above the cut-off",
    ),
    "same material": (
        '[positive]\nmaterial = "graphite"\nmeasured_ocp = { theta_min = 0.1, offset_std = "1 mV", reason = "r" }',
        "apart",
    ),
    "scale without std": (SCALE, r"scale\[1\]: give either std or covariance"),
    "scale with both": (SCALE + "std = 0.2\ncovariance = [[0.04]]", r"scale\[1\]: give either std or covariance"),
    "scale of nothing": (
        SCALE.replace("parameter =", "parameter_ ="),
        r"scale\[1\]\.parameter_: unknown key; known here: param",
    ),
    "scale of one and several": (SCALE + 'std = 0.2\nparameters = ["b"]', r"scale\[1\]: give either parameter or parameters"),
    "scale with text for std": (SCALE + 'std = "0.2"', r"scale\[1\]\.std: must be a number without quotes or unit"),
    "scale with negative std": (SCALE + "std = -0.2", r"scale\[1\]\.std: must be at least 0"),
    "scale with std of no meaning": (SCALE + "std = 11", r"scale\[1\]\.std: must be at most 10"),
    "scale by 1e40": (SCALE + "std = 0.1\nmean = 92.1", r"scale\[1\]\.mean: must be at most 30"),
    "list for one parameter": (SCALE + "std = [0.2]", "std of one parameter is one number, not a list"),
    "one std for two parameters": (SCALES + "std = 0.2", "std must be a list of 2 numbers, one for each of parameters"),
    "too few std of factors": (SCALES + "std = [0.2]", "std must be a list of 2 numbers"),
    "one mean for two parameters": (SCALES + "std = [0.2, 0.2]\nmean = 0.1", "mean must be a list of 2 numbers"),
    "parameter listed twice": (SCALES.replace("a [V]", "Electrolyte conductivity [S.m-1]") + "std = [1, 1]", "is listed twice"),
    "ragged correlation": (
        SCALES + "std = [1, 1]\ncorrelation = [[1, 0], [0]]",
        "correlation must be 2 rows of 2 numbers, a row for each parameter",
    ),
    "covariance called correlation": (
        SCALES + "std = [1, 1]\ncorrelation = [[1, 0], [0, 4]]",
        "correlation of a parameter with itself, on the diagonal, is 1",
    ),
    "correlation beside covariance": (
        SCALES + "covariance = [[1, 0], [0, 4]]\ncorrelation = [[1, 0], [0, 1]]",
        "correlation goes with std; a covariance holds the correlations already",
    ),
    "one number for a correlation": (
        SCALES + "std = [1, 1]\ncorrelation = 0.8",
        r"correlation: must be an array \[ … \], got 0.8",
    ),
    "scale without a reason": ((SCALE + "std = 0.2").replace('"r"', '""'), r"scale\[1\]\.reason: must have at least 1 char"),
    "one table for scale": ('[scale]\nparameter = "a"', r"scale: must be an array"),
    "scaled twice": (SCALE + "std = 1\n" + SCALE + "std = 1", r"stands in two of \[\[scale\]\] and \[\[value\]\]"),
    "scaled and valued": (
        SCALE.replace("Electrolyte conductivity [S.m-1]", "Contact resistance [Ohm]") + "std = 1\n" + VALUE + 'std = "1 Ohm"',
        r"'Contact resistance \[Ohm\]' stands in two",
    ),
    "value without std": (VALUE, r"value\[1\]: give value and std, or bounds alone"),
    "value without unit": (VALUE + "std = 0.001", r"value\[1\]\.std: '0.001' is no number in .* like '1.5 Ohm'"),
    "value in another unit": (VALUE + 'std = "1 mOhm"', r"value\[1\]\.std: '1 mOhm' is no number in .* like '1.5 Ohm'"),
    "value with a decimal comma": (VALUE + 'std = "0,1 Ohm"', r"value\[1\]\.std: '0,1 Ohm' is no number"),
    "value of infinity": (VALUE + 'std = "1e999 Ohm"', r"value\[1\]\.std: must be a finite number"),
    "value with negative std": (VALUE + 'std = "-1 Ohm"', r"value\[1\]\.std: must be at least 0"),
    "pure number with a unit": (
        PURE + 'std = "0.1 V"',
        r"value\[1\]\.std: must be a number without quotes or unit, got '0.1 V'",
    ),
    "value of no parameter": (
        VALUE.replace("parameter", "parametre") + 'std = "1 Ohm"',
        r"value\[1\]\.parametre: unknown key; known here: parameter, value, std, bounds, source, reason; is",
    ),
    "declared bounds beside values": (DECLARED + "bounds = [[0, 2], [1, 3]]", r"declared\[1\]: .*bounds are given alone"),
    "declared bounds reversed": (
        DECLARED.replace("values = [1.0, 2.0]", "bounds = [[0, 2], [3, 1]]"),
        r"declared\[1\]: bounds run from 3 to 1; give the lower",
    ),
    "too few declared bounds": (
        DECLARED.replace("values = [1.0, 2.0]", "bounds = [[0, 2]]"),
        "2 names, but 1, 1 values, errors",
    ),
    "bounds of a factor reversed": (SCALE + "bounds = [2.0, 0.5]", r"scale\[1\]: bounds run from 2 to 0.5; give the lower one"),
    "bounds of a negative factor": (SCALE + "bounds = [-1.0, 0.5]", r"scale\[1\]\.bounds"),
    "bounds of two factors": (SCALES + "bounds = [0.5, 2.0]", r"scale\[1\]: bounds must be a list of 2 pairs of factors"),
    "pairs of bounds of one factor": (SCALE + "bounds = [[0.5, 2.0]]", r"scale\[1\]: bounds of one parameter are two factors"),
    "mean beside bounds": (SCALE + "bounds = [0.5, 2.0]\nmean = 0.1", r"scale\[1\]: mean goes with std or covariance"),
    "bounds beside a std": (SCALE + "bounds = [0.5, 2.0]\nstd = 0.1", r"scale\[1\]: give either std or covariance, or bounds"),
    "bounds beside a value": (VALUE + 'bounds = ["0 Ohm", "1 Ohm"]', r"value\[1\]: give value and std, or bounds alone"),
    "bounds of a value reversed": (
        VALUE.replace('value = "0.01 Ohm"', 'bounds = ["1 Ohm", "0 Ohm"]'),
        r"value\[1\]: bounds run from 1 Ohm to 0 Ohm; give the lower one",
    ),
    "bounds of a value in another unit": (
        VALUE.replace('value = "0.01 Ohm"', 'bounds = ["1 mOhm", "2 mOhm"]'),
        r"value\[1\]\.bounds: '1 mOhm' is no number in .* like '1.5 Ohm'",
    ),
    "one bound of a value": (VALUE.replace('value = "0.01 Ohm"', 'bounds = ["1 Ohm"]'), r"value\[1\]\.bounds\[2\]: .* missing"),
    "bounds of a fraction beyond one": (
        PURE.replace("Cation transference number", "Separator porosity").replace("value = 0.3", "bounds = [0.5, 1.2]"),
        r"Separator porosity is 1\.2; give a fraction",
    ),
    "empty balance": ("[balance]", "balance: nothing is given; give lithium, formation_loss, n_p_ratio or an active fraction"),
    "lithium without unit": ("[balance]\nlithium = 3.0", r"balance\.lithium: '3.0' is no number in .* like '1.5 A.h'"),
    "negative lithium": ('[balance]\nlithium = "-3 A.h"', r"balance\.lithium: must be above 0"),
    "lithium twice": ('[balance]\nlithium = "3 A.h"\nformation_loss = 0.1', "balance: lithium and formation_loss both set"),
    "ratio of two fractions": (
        "[balance]\nn_p_ratio = 1.1\nnegative_active_fraction = 0.5\npositive_active_fraction = 0.5",
        "balance: n_p_ratio follows from both active fractions",
    ),
    "fraction of a balance above one": ("[balance]\npositive_active_fraction = 1.5", r"positive_active_fraction: must be"),
    "misspelt key of a balance": ("[balance]\nnp_ratio = 1.1", r"balance\.np_ratio: unknown key; .* is 'n_p_ratio' meant\?"),
    "electrode without anything": ('[positive]\nmaterial = "LCO"', "positive: nothing is derived here; give free_energy or"),
}


@pytest.mark.parametrize("case", SECTIONS)
def test_wrong_section_is_told_with_its_place(tmp_path: Path, case: str) -> None:
    after, words = SECTIONS[case]
    with pytest.raises(ValueError, match=words) as error:
        read_study(study(tmp_path, after="\n" + after))
    assert str(error.value).startswith(f"{tmp_path / 'study.toml'}: ")


DYNAMICS = rf"{HOP}\.molecular_dynamics"
RUN_EDITS: dict[str, tuple[tuple[str, str], str]] = {
    "no x": (("x = 0.7\n", ""), rf"{DYNAMICS}: x is missing: b\.npz has none of its own; give one for all runs, or each its"),
    "full": (("x = 0.7", "x = 1.0"), rf"{DYNAMICS}\.trajectories\[2\]\.x: must be below 1"),
    "no Haven error": (('motion = "collective"\n', ""), rf"{DYNAMICS}: motion = 'tracer' needs haven_std_ln"),
    "Haven error of D_J": (
        ('motion = "collective"', 'motion = "collective"\nhaven_std_ln = 0.5'),
        rf"{DYNAMICS}: motion = 'collective' measures the jump diffusivity itself; remove haven_std_ln",
    ),
    "another motion": (('"collective"', '"both"'), rf"{DYNAMICS}\.motion: must be 'tracer' or 'collective', got 'both'"),
    "no order": (
        ("barrier_order = 0\n", ""),
        rf"{DYNAMICS}: runs at 2 compositions need prefactor_order and barrier_order; 0 is one for all x",
    ),
    "order of one x": (("x = 0.7", "x = 0.5"), rf"{DYNAMICS}: all runs are at x = 0\.5, which shows no order in x; remove"),
    "negative order": (("barrier_order = 0", "barrier_order = -1"), rf"{DYNAMICS}\.barrier_order: must be at least 0"),
    "no order to average": (
        ("prefactor_order = 1", "prefactor_order = 0\naverage_orders = true"),
        rf"{DYNAMICS}: average_orders averages up to prefactor_order and barrier_order, which are 0; raise one",
    ),
    "another hop": (
        ("[[negative.mobility.hops]]", OTHER_HOP + "\n[[negative.mobility.hops]]"),
        r"negative\.mobility: hop 'MD' has runs at several compositions, which show all hops at once; leave out the others",
    ),
    "window without unit": (('"20 ps"', "20"), rf"{DYNAMICS}\.trajectories\[2\]\.window\[2\]: it has no unit"),
}


@pytest.mark.parametrize("case", RUN_EDITS)
def test_wrong_runs_are_told_with_their_place(tmp_path: Path, case: str) -> None:
    edit, words = RUN_EDITS[case]
    with pytest.raises(ValueError, match=words) as error:
        read_study(study(tmp_path, edit, text=SMALL.replace(OTHER_HOP, RUNS)))
    assert "\n" not in str(error.value)


SHIPPED_EDITS: dict[str, tuple[tuple[str, str], str]] = {
    "one label for two barriers": (('label = "7net-l3i5"', 'label = "7net-0"'), "two barriers have the label '7net-0'"),
    "one label for two tables": (
        ('label = "chgnet-r2scan"', 'label = "chgnet-0.3.0"'),
        "two tables of energies have the label",
    ),
    "one name for two hops": (('name = "TSH"', 'name = "ODH"'), r"positive\.mobility: two hops are called 'ODH'"),
    "window reversed": (("window = [0.5, 1.0]", "window = [1.0, 0.5]"), r"positive\.free_energy: window \[1.0, 0.5\] must be"),
    "order": (
        ('order = "averaged"', 'order = "best"'),
        "order: must be a whole number or must be 'averaged', got 'best'",
    ),
    "path and value": (("path = ", 'value = "1 eV"\npath = '), "give exactly one of path, band, images and value"),
    "condition": (('where = { model = "7net-0"', "where = { model = 7"), "where.model: must be text in quotes, got 7"),
}


@pytest.mark.parametrize("case", SHIPPED_EDITS)
def test_wrong_entry_of_the_shipped_study(tmp_path: Path, case: str) -> None:
    edit, words = SHIPPED_EDITS[case]
    with pytest.raises(ValueError, match=words):
        read_study(study(tmp_path, edit, text=(SHIPPED / "study.toml").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"# nothing\n", r"name: this key is missing; add it\n.*base: this key is missing; add it\n.*no \[positive\]"),
        (
            b'name = "a"\nbase = "Ai2020"\n',
            r"no \[positive\], \[negative\], \[separator\], \[electrolyte\], \[\[scale\]\], \[\[value\]\] or \[balance\] is",
        ),
        (SMALL.encode("utf-16"), "not UTF-8 text.*save it as UTF-8"),
        (SMALL.replace("graphite", "Größe").encode("latin-1"), "not UTF-8 text"),
        (b"\x00" + SMALL.encode(), "zero byte"),
        (b"a = " + b"[" * 5000, "not TOML"),
        (SMALL.encode()[:300], "not TOML|missing"),
    ],
)
def test_file_that_is_no_study_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "study.toml").write_bytes(content)
    with pytest.raises(ValueError, match=words) as error:
        read_study(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'study.toml'}: ")


def test_no_study_names_the_remedy(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "no.toml"):
        with pytest.raises(ValueError, match="no such study; make one with 'a2c new DIR'"):
            read_study(path)


# ---- the reference page ------------------------------------------------------------------------------------------------


def sections(model: type[Section] = Study) -> list[type[Section]]:
    """A section and all that it can hold, each once."""
    found = [model]
    stack = [info.annotation for info in model.model_fields.values()]
    while stack:
        annotation = stack.pop()
        if isinstance(annotation, type) and issubclass(annotation, Section):
            found += [m for m in sections(annotation) if m not in found]
        stack += typing.get_args(annotation)
    return found


FIELDS = [(model, key) for model in sections() for key in model.model_fields]


def test_every_key_has_meaning_and_example() -> None:
    names = {section.__name__ for section, _ in FIELDS} - {Study.__name__}
    for model, key in FIELDS:
        info, place = model.model_fields[key], f"{model.__name__}.{key}"
        assert info.description, f"{place}: a key without a meaning"
        holds_section = any(name in str(info.annotation) for name in names)
        assert holds_section or info.examples, f"{place}: a key without an example"
        assert model.__doc__, model.__name__


def rows() -> list[list[str]]:
    """Cells of all keys' rows of the reference page."""
    lines = [line for line in reference_page().splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_reference_has_every_key_with_its_units() -> None:
    found = rows()
    assert {row[0].strip("` ") for row in found} == {key for _, key in FIELDS}
    units = {row[0].strip("` "): row[1] for row in found}
    for key, kind in {
        "temperature": "temperature",
        "jump_length": "length",
        "attempt_frequency": "frequency",
        "mean_voltage": "voltage",
        "voltage_limits": "voltage",
        "upper_voltage": "voltage",
        "energy_std": "energy",
        "interval": "time",
    }.items():
        assert units[key] == ", ".join(f"`{unit}`" for unit in UNITS[kind]), key
    assert all(len(row) == 5 for row in found), "a cell holds a bar"


def test_examples_of_quantities_are_accepted(tmp_path: Path) -> None:
    """What the reference shows as an example of a quantity can be written into a study."""
    quantities = [(row[0], row[1], row[4].strip("`")) for row in rows() if row[1]]
    assert len(quantities) > 10
    for key, units, example in quantities:
        assert any(f"{unit.strip('`')}" in example for unit in units.split(", ")), f"{key}: {example} has none of {units}"


def test_site_density_and_a_stoichiometry_map_contradict_each_other(tmp_path: Path) -> None:
    text = (SHIPPED / "study.toml").read_text(encoding="utf-8")
    text = text.replace("stoichiometry = { offset = 0.0, slope = 1.0 }", "stoichiometry = { offset = 0.0, slope = 0.9 }", 1)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="site_density makes PyBaMM's stoichiometry the atoms' x"):
        read_study(tmp_path)
