"""Studies that derive a free energy from every kind of input, with every treatment of phases; what derive prints of it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write as ase_write
from typer.testing import CliRunner

from a2c_pybamm import UnstablePhaseError, derive, read_study
from a2c_pybamm.cli.commands import app
from a2c_pybamm.cli.entry import main
from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.laws import Landau, Legendre, RedlichKister, SiteSum, SplinePotential, TwoPhase
from a2c_pybamm.parameter_set import ParameterSet
from a2c_pybamm.report import thermodynamic_rows, thermodynamics_figure

T = 298.15
EV = FARADAY
HEAD = 'name = "study"\ntitle = "a study"\nbase = "{base}"\ntemperature = "298.15 K"\n'
ENTROPY = '\n[positive.free_energy.vibrational_entropy]\nvalue = "25 J/mol/K"\nstd = "5 J/mol/K"\nreason = "declared"\n'
MOBILITY = """
[positive.mobility]
{gap}
[[positive.mobility.hops]]
name = "b"
vacancies = 1
jump_length = "3 angstrom"
coordination = 2
dimension = 1
attempt_frequency = "5 THz"
attempt_frequency_std_ln = 0.5
[[positive.mobility.hops.barriers]]
label = "A"
value = "0.3 eV"
std = "20 meV"
"""
GAP = 'gap_diffusivity = { std_ln = 1.0, reason = "a moving boundary" }'


def write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def energies(
    path: Path,
    law: RedlichKister,
    values: list[float],
    *,
    n: int = 13,
    std: float = 0.002,
    seed: int = 0,
    above: tuple[float, ...] = (0.0, 0.05),
) -> None:
    """Energies of orderings so far above the law's [eV] at each composition, lithium metal's row at the end."""
    rng = np.random.default_rng(seed)
    c = dict(zip(law.names, [*values, 25.0], strict=True))
    x = np.linspace(0, 1, n)
    bare = -x * law.end_voltage(c) + sum(
        L * law.excess([float(i == k) for i in range(len(values) - 1)], x) for k, L in enumerate(law.interactions(c))
    )
    rows: list[list[object]] = [
        [f"{a:.6f}", f"{e + d + std * rng.standard_normal() - 1.9 * a:.9f}", f"s{k}{j}"]
        for k, (a, e) in enumerate(zip(x, bare, strict=True))
        for j, d in enumerate(above)
    ]
    write(path, ["x", "energy_eV", "structure"], [*rows, ["1", "-1.9", "Li_metal"]])


def study_of(folder: Path, text: str, *, base: str = "Prada2013", tail: str = "") -> ParameterSet:
    cell = '\n[cell]\nmodel = "SPM"\nvoltage_limits = ["2.0 V", "3.6 V"]\n' if base == "Prada2013" else ""
    (folder / "study.toml").write_text(HEAD.format(base=base) + text + tail + cell, encoding="utf-8")
    return derive(read_study(folder))


def electrode(free_energy: str, *, entropy: str = ENTROPY, mobility: str = "") -> str:
    """An electrode with this free energy, of the Redlich–Kister law where it names none."""
    if "law = " not in free_energy:
        free_energy = f'law = "redlich-kister"\n{free_energy}'
    return f'[positive]\nmaterial = "LFP"\n[positive.free_energy]\n{free_energy}\n{entropy}{mobility}'


FILE = '[[positive.free_energy.energies]]\nlabel = "A"\nfile = "a.csv"\n'


@pytest.mark.slow
def test_common_tangent(tmp_path: Path) -> None:
    """A host with a gap: refused, then treated; the plateau and its diffusivity carry errors.

    One ordering at each composition: others close above would leave open whether there is a gap at this temperature.
    """
    energies(tmp_path / "a.csv", RedlichKister("LFP", 0), [3.43, 0.11], above=(0.0,))
    treated = study_of(tmp_path, electrode(f'order = 0\nphases = "common tangent"\n{FILE}', mobility=MOBILITY.format(gap=GAP)))
    law = treated.attach["Positive electrode OCP [V]"].law
    assert isinstance(law, TwoPhase)
    assert "LFP diffusivity in gaps (declared)" in treated.joint.sources
    plateau = treated.with_derived(treated.joint.mean[None])[0][treated.input_names.index("LFP gap 1 voltage [V]")]
    assert plateau == pytest.approx(3.43, abs=0.02)
    rows = {row.quantity: row for row in thermodynamic_rows(treated)}
    assert rows["probability of a miscibility gap"].value == 1
    assert rows["gap 1, plateau"].value == pytest.approx(plateau)
    poor = rows["gap 1, lithium-poor phase"]
    assert poor.interval
    assert 0 < poor.interval[0] < poor.value < poor.interval[1] < 0.1
    assert thermodynamics_figure(treated) is not None


@pytest.mark.slow
def test_hysteresis(tmp_path: Path) -> None:
    energies(tmp_path / "a.csv", RedlichKister("LFP", 0), [3.43, 0.11])
    treated = study_of(tmp_path, electrode(f'phases = "hysteresis"\n{FILE}', mobility=MOBILITY.format(gap=GAP)))
    assert treated.model_options == {"open-circuit potential": ("single", "current sigmoid")}
    branches = [treated.attach[f"Positive electrode {b} OCP [V]"].law.branch for b in ("lithiation", "delithiation")]  # type: ignore[attr-defined]
    assert branches == ["lithiation", "delithiation"]


def test_two_phase_reaction_between_declared_end_members(tmp_path: Path) -> None:
    """What these potentials can tell of LFP: its mean voltage from the ends; the attraction is declared."""
    energies(tmp_path / "a.csv", RedlichKister("LFP", 0), [3.43, -0.9])
    text = electrode(f'only_end_members = true\nenergy_std = "20 meV"\norder = 0\nphases = "common tangent"\n{FILE}')
    declared = '\n[[declared]]\nnames = ["LFP L0 [eV]"]\nvalues = [0.1158]\nstd = [0.01]\n'
    declared += 'source = "phase diagram"\nreason = "measured"\n'
    derived = study_of(tmp_path, text, tail=declared)
    joint = derived.joint
    assert joint.mean[joint.names.index("LFP L0 [eV]")] == 0.1158
    place = joint.names.index("LFP mean voltage 0–1 [V]")
    assert joint.mean[place] == pytest.approx(3.43, abs=0.01)
    assert joint.std[place] == pytest.approx(0.02 * np.sqrt(2), rel=1e-9)


def test_boltzmann_average_with_degeneracies(tmp_path: Path) -> None:
    """All orderings of a ring: configurational entropy comes from the list."""
    counts: dict[tuple[int, int], int] = {}
    for k in range(11):
        for filled in combinations(range(10), k):
            own = set(filled)
            key = (k, sum((i + 1) % 10 in own for i in own))
            counts[key] = counts.get(key, 0) + 1
    rows: list[list[object]] = [
        [k / 10, (-3.8 * k + 0.04 * pairs) / 10 - 1.9 * k / 10, g, f"{k}-{pairs}"] for (k, pairs), g in sorted(counts.items())
    ]
    write(tmp_path / "a.csv", ["x", "energy_eV", "degeneracy", "structure"], [*rows, [1, -1.9, 1, "Li_metal"]])
    text = 'ensemble = "boltzmann"\nsupercell_sites = 10\norder = 2\nexcess_entropies = 3\nenergy_std = "2 meV"\n'
    text += f'{FILE}degeneracy_column = "degeneracy"\n'
    derived = study_of(tmp_path, electrode(text))
    names = derived.joint.names
    assert {"LFP S0 [J.mol-1.K-1]", "LFP S2 [J.mol-1.K-1]"} <= set(names)
    assert derived.joint.mean[names.index("LFP S0 [J.mol-1.K-1]")] < 0  # repulsion takes entropy away


POTENTIALS = '[[positive.free_energy.potentials]]\nlabel = "MC"\nfile = "p.csv"\nquantity = "voltage"\n'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("law", "kind"),
    [
        ('law = "spline"\nknots = 7', SplinePotential),
        ('law = "landau"\norder = 4', Landau),
        ('law = "site-sum"\nsites = 2', SiteSum),
        ("order = 2", RedlichKister),
        ('law = "legendre"', Legendre),
        ('order = "averaged"', RedlichKister),
    ],
)
def test_potentials_of_sampling(tmp_path: Path, law: str, kind: type) -> None:
    """Voltages at one temperature: every law, the entropy declared."""
    x = np.linspace(0.04, 0.96, 24)
    rng = np.random.default_rng(1)
    U = 3.9 - 0.4 * x - 0.0257 * np.log(x / (1 - x)) - 0.05 * np.tanh((x - 0.5) * 6) + 0.001 * rng.standard_normal(24)
    write(tmp_path / "p.csv", ["x", "voltage_V"], [[a, b] for a, b in zip(x, U, strict=True)])
    derived = study_of(tmp_path, electrode(f'{law}\n{POTENTIALS}temperature = "298.15 K"\n'))
    attached = derived.attach["Positive electrode OCP [V]"]
    assert isinstance(attached.law, kind)
    c = dict(zip(derived.joint.names, derived.joint.mean, strict=True))
    misfit = np.abs(attached.law.open_circuit_voltage(c, x, T) - U)
    assert misfit.max() < (0.08 if kind is Landau else 0.02)


def test_vibrations_and_temperatures(tmp_path: Path) -> None:
    """Thermal tables of the end members and of lithium; an ensemble of functionals; errors shared by structures."""
    law = RedlichKister("LFP", 1)
    energies(tmp_path / "a.csv", law, [3.43, -0.3, 0.05])
    lines = (tmp_path / "a.csv").read_text().splitlines()
    rng = np.random.default_rng(0)
    extended = [lines[0] + ",E_1_eV,E_2_eV,E_3_eV"]
    for line in lines[1:]:
        e = float(line.split(",")[1])
        extended.append(line + "," + ",".join(f"{e + 0.01 * rng.standard_normal():.6f}" for _ in range(3)))
    (tmp_path / "a.csv").write_text("\n".join(extended) + "\n")
    grid = np.arange(0, 1001, 50.0)
    for name, f in (("0", 8.0), ("1", 6.0), ("Li", 5.0)):
        from a2c_pybamm.data import Vibrations
        from a2c_pybamm.estimators import harmonic

        n = 3 if name == "Li" else 9
        own = Vibrations(name, np.full(n, f * 1e12) + np.arange(n) * 3e11, np.ones(n))
        rows = [[t, *(v / s for v, s in zip(harmonic(own, max(t, 1.0)), (1e3, 1.0, 1.0), strict=True))] for t in grid]
        write(tmp_path / f"v{name}.csv", ["T_K", "F_vib_kJ_per_mol_cell", "S_J_per_K_mol_cell", "Cv_J_per_K_mol_cell"], rows)
    vibrations = "frequency_std = 0.03\n" + FILE + 'ensemble_columns = "E_"\n'
    for x in (0, 1):
        vibrations += f'[[positive.free_energy.vibrations]]\nx = {x}.0\nfile = "v{x}.csv"\nsites = 1\n'
    vibrations += '[positive.free_energy.lithium_vibrations]\nfile = "vLi.csv"\nsites = 1\n'
    vibrations += '[positive.free_energy.shared_error]\nstd = "10 meV"\nlength = 0.3\n'
    derived = study_of(tmp_path, electrode('order = 1\nenergy_std = "3 meV"\n' + vibrations, entropy=""))
    assert {"functional ensemble (model form)", "LFP frequencies (scale)"} <= set(derived.joint.sources)
    assert any(name.startswith("LFP vibrational ds/dx") for name in derived.joint.names)


def test_one_curve_whatever_the_coordinates(tmp_path: Path) -> None:
    """The same energies by two laws that span the same curves, averaged over their orders: the same voltages."""
    energies(tmp_path / "a.csv", RedlichKister("LFP", 1), [3.43, -0.3, 0.05])
    voltages = []
    for law in ("redlich-kister", "legendre"):
        derived = study_of(tmp_path, electrode(f'law = "{law}"\n{FILE}'))
        c = dict(zip(derived.joint.names, derived.joint.mean, strict=True))
        attached = derived.attach["Positive electrode OCP [V]"].law
        assert attached.kind == law
        voltages.append(attached.open_circuit_voltage(c, np.linspace(0.05, 0.95, 19), T))
        assert "LFP order of the law" in derived.joint.sources
        assert "leave-one-out error A" in derived.notes["LFP energies"]
    np.testing.assert_allclose(voltages[1], voltages[0], atol=1e-9)


REFUSED: dict[str, tuple[str, str]] = {
    "averaged landau": ('law = "landau"\n' + FILE, r"positive\.free_energy\.order: this key is missing"),
    "site sum of energies": ('law = "site-sum"\n' + FILE, "fitted to potentials"),
    "boltzmann without sites": ('ensemble = "boltzmann"\n' + FILE, "supercell_sites"),
    "end members without std": ("only_end_members = true\norder = 0\n" + FILE, "energy_std"),
    "both": (FILE + POTENTIALS, "energies or potentials, not both"),
    "frequency_std alone": ("frequency_std = 0.03\n" + FILE, "goes with vibrations"),
    "boltzmann spline": (
        'law = "spline"\nensemble = "boltzmann"\n' + FILE,
        r"free_energy\.ensemble: a key of law 'redlich-kister', .*not of law 'spline'; leave it out, or change law",
    ),
    "stable polynomial": (
        "stable = [0.5, 1.0]\n" + FILE,
        r"free_energy\.stable: a key of law 'spline', 'logit-spline', not of law 'redlich-",
    ),
    "stable nowhere": ('law = "spline"\nstable = [2.0, 3.0]\n' + FILE, "two compositions"),
    "end members of a spline": (
        'law = "spline"\nonly_end_members = true\nenergy_std = "1 meV"\n' + FILE,
        r"free_energy\.only_end_members: a key of law 'redlich-kister', ",
    ),
    "std of potentials": ('order = 1\nenergy_std = "1 meV"\n' + POTENTIALS, "energy_std is of energies"),
    "entropies from nowhere": ("order = 1\nexcess_entropies = 1\n" + FILE, "excess_entropies need"),
    "short spline": ('law = "spline"\n' + FILE.replace("a.csv", "five.csv"), "needs at least 6"),
    "unknown law": (
        'law = "quartic"\nknots = 3\n' + FILE,
        r"free_energy\.law: 'quartic' is no law of a study; take one of 'redlich-kister', 'landau', .*'site-sum'$",
    ),
    "law of no text": ("law = 3\n" + FILE, r"free_energy\.law: must be text in quotes, got 3$"),
    "gaps of a site sum": (
        'law = "site-sum"\nphases = "common tangent"\n' + POTENTIALS,
        r"free_energy\.phases: a key of law 'redlich-kister', .* not of law 'site-sum'",
    ),
    "reference of a site sum": (
        'law = "site-sum"\nreference = { mean_voltage = "3.9 V", std = "10 mV", reason = "r" }\n' + POTENTIALS,
        r"free_energy\.reference: a key of law",
    ),
    "misspelt key": ('law = "landau"\nordr = 4\n' + FILE, r"free_energy\.ordr: unknown key.*is 'order' meant\?$"),
    "unknown treatment": ('phases = "ignore"\n' + FILE, "phases"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_contradictions_are_refused(tmp_path: Path, case: str) -> None:
    energies(tmp_path / "a.csv", RedlichKister("LFP", 0), [3.43, 0.11])
    energies(tmp_path / "five.csv", RedlichKister("LFP", 0), [3.43, -0.11], n=5)
    text, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        study_of(tmp_path, electrode(text))


INSERTION = (
    '[[positive.free_energy.potentials]]\nlabel = "A"\nfile = "p.csv"\nquantity = "insertion"\ntemperature = "298.15 K"\n'
)


@pytest.mark.parametrize("kind", ["cell", "insertion", "integration"])
def test_energies_of_insertion_into_a_supercell(tmp_path: Path, kind: str) -> None:
    """E(n) of twelve sites, its steps, or free energies F(n): the law they are of, to its noise."""
    law = RedlichKister("LFP", 0)
    n = np.arange(13)
    x = n / 12
    E = 12 * (-3.43 * x - 0.3 * x * (1 - x)) + 0.002 * np.random.default_rng(0).standard_normal(13)
    text = f'order = 0\n{INSERTION}sites = 12\nenergy_std = "0.2 meV"\n'
    if kind == "insertion":
        text += 'energy_of = "insertion"\n'
        write(tmp_path / "p.csv", ["n", "insertion_eV"], [[k, d] for k, d in zip(n, np.diff(E), strict=False)])
    else:
        if kind == "integration":
            text += 'ensemble = "integration"\n'
            E = E - GAS_CONSTANT * T / FARADAY * np.log([comb(12, k) for k in n])
        write(tmp_path / "p.csv", ["n", "energy_eV"], [[k, e - 1.9 * k] for k, e in zip(n, E, strict=True)])
        text += 'lithium = "-1.9 eV"\n'
    joint = study_of(tmp_path, electrode(text)).joint
    for name, truth in zip(law.names, [3.43, -0.3], strict=False):
        k = joint.names.index(name)
        assert abs(joint.mean[k] - truth) < 3 * joint.std[k]
        assert joint.std[k] < 0.01


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (INSERTION, "quantity 'insertion' needs sites"),
        (INSERTION.replace('temperature = "298.15 K"\n', "") + "sites = 12\n", "needs sites, .*and temperature"),
        (INSERTION + 'sites = 12\nstd_column = "std_eV"\n', "std_column does not go with quantity 'insertion'"),
        (INSERTION + "sites = 12\n", r"p\.csv: energies of cells need lithium metal's"),
        (INSERTION + 'sites = 2\nlithium = "-1.9 eV"\n', r"p\.csv: insertion energies of A: 2 steps, an error needs 3"),
        (POTENTIALS + 'temperature = "298.15 K"\nsites = 12\n', "sites goes with quantity 'insertion', not 'voltage'"),
        (POTENTIALS + 'temperature = "298.15 K"\nensemble = "lowest"\n', "ensemble goes with quantity 'insertion'"),
    ],
)
def test_keys_of_insertion_energies_are_checked(tmp_path: Path, keys: str, message: str) -> None:
    write(tmp_path / "p.csv", ["n", "energy_eV", "std_eV"], [[0, 0, 1], [1, -5.3, 1], [2, -10.6, 1]])
    with pytest.raises(ValueError, match=message):
        study_of(tmp_path, electrode(f"order = 0\n{keys}"))


def from_the_other_end(path: Path) -> None:
    """Count x of a table from the other end."""
    rows = list(csv.reader(path.read_text().splitlines()))
    write(path, rows[0], [row if row[-1] == "Li_metal" else [1 - float(row[0]), *row[1:]] for row in rows[1:]])


REFERENCE = '[positive.free_energy.reference]\nmean_voltage = "3.43 V"\nstd = "10 mV"\nreason = "measured"\n'


@pytest.mark.parametrize(
    "law", ['law = "redlich-kister"', "order = 1", 'law = "landau"\norder = 4', 'law = "spline"\nknots = 4']
)
@pytest.mark.parametrize("reference", ["", REFERENCE])
def test_voltages_that_no_host_has_are_refused_before_any_fit(
    tmp_path: Path, run: Callable[..., tuple[int, str]], law: str, reference: str
) -> None:
    """One line for each file, exit code 2, also where a declared mean voltage takes the place of the calculated one."""
    text = law + "\n"
    for name in "abc":
        energies(tmp_path / f"{name}.csv", RedlichKister("LFP", 0), [3.43, -0.3], seed=ord(name))
        text += FILE.replace('"A"', f'"{name}"').replace("a.csv", f"{name}.csv")
        if name != "b":
            from_the_other_end(tmp_path / f"{name}.csv")
    (tmp_path / "study.toml").write_text(HEAD.format(base="Prada2013") + electrode(text + reference), encoding="utf-8")
    code, output = run("check", str(tmp_path))
    assert code == 2
    lines = output.strip().splitlines()
    assert len(lines) == 2, output
    for name, line in zip("ac", lines, strict=True):
        assert f"{name}.csv: energies of {name}: -7." in line
        assert "is x counted from the other end" in line


@pytest.mark.parametrize("law", ["order = 2", 'law = "site-sum"', 'law = "spline"\nknots = 7'])
def test_potentials_that_no_host_has_are_refused(tmp_path: Path, law: str) -> None:
    x = np.linspace(0.04, 0.96, 24)
    write(tmp_path / "p.csv", ["x", "voltage_V"], [[a, 3900 - 400 * a] for a in x])
    text = electrode(f'{law}\n{POTENTIALS}temperature = "298.15 K"\n')
    with pytest.raises(
        ValueError, match=r"p\.csv: potentials of MC: 388\d V at x = 0\.04, .*millivolts read as volts"
    ) as refused:
        study_of(tmp_path, text)
    assert "\n" not in str(refused.value)


def test_voltage_window_and_reference_of_a_study(tmp_path: Path) -> None:
    """A declared window is the bound; a reference far off is refused, one within a functional's error noted."""
    energies(tmp_path / "a.csv", RedlichKister("LFP", 0), [3.43, -0.3])
    for window, message in (
        ('["0 V", "3.3 V"]', r"no host has that \(0 to 3\.3 V\)"),
        ('["6 V", "0 V"]', "voltage_window 6 to 0 V"),
    ):
        with pytest.raises(ValueError, match=message):
            study_of(tmp_path, electrode(f"order = 0\nvoltage_window = {window}\n{FILE}"))
    with pytest.raises(ValueError, match=r"a\.csv: A has a mean voltage of 3\.43 V, -3\.57 V from the declared 7 ± 0\.01 V"):
        study_of(tmp_path, electrode(f"order = 0\n{FILE}{REFERENCE.replace('3.43', '7')}"))
    derived = study_of(tmp_path, electrode(f"order = 0\n{FILE}{REFERENCE.replace('3.43', '4.4')}"))
    assert derived.notes["LFP reference voltage"] == "A has a mean voltage of 3.43 V, -0.97 V from the declared 4.4 ± 0.01 V"
    agreed = study_of(tmp_path, electrode(f'order = 0\nvoltage_window = ["3 V", "4 V"]\n{FILE}{REFERENCE}'))
    assert "LFP reference voltage" not in agreed.notes


def test_gap_diffusivity_goes_with_a_treatment(tmp_path: Path) -> None:
    energies(tmp_path / "a.csv", RedlichKister("LFP", 0), [3.43, 0.11])
    for phases, gap in (("refuse", GAP), ("common tangent", "")):
        with pytest.raises(ValueError, match="gap_diffusivity goes with phases"):
            study_of(tmp_path, electrode(f'phases = "{phases}"\n{FILE}', mobility=MOBILITY.format(gap=gap)))


# On the command line


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def go(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["a2c", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return int(stop.value.code or 0), captured.out + captured.err

    return go


@pytest.mark.slow
def test_derive_prints_and_draws_what_it_found(tmp_path: Path) -> None:
    energies(tmp_path / "a.csv", RedlichKister("LFP", 0), [3.43, 0.11])
    study_of(tmp_path, electrode(f'order = 0\nphases = "common tangent"\n{FILE}', mobility=MOBILITY.format(gap=GAP)))
    result = CliRunner().invoke(app, ["derive", str(tmp_path)])
    assert result.exit_code == 0, result.output
    for text in (
        "Thermodynamics",
        "mean open-circuit potential",
        "mean entropic change",
        "probability of a miscibility gap",
        "gap 1, plateau",
        "Prada2013, as it is",
    ):
        assert text in result.output
    assert (tmp_path / "thermodynamics.svg").read_text(encoding="utf-8").count("<svg") == 1


@pytest.mark.slow
def test_an_untreated_gap_is_one_clear_line(tmp_path: Path, run: Callable[..., tuple[int, str]]) -> None:
    """Exit code 2; what, where, and what to do."""
    energies(tmp_path / "a.csv", RedlichKister("LFP", 0), [3.43, 0.11])
    with pytest.raises(UnstablePhaseError):
        study_of(tmp_path, electrode(f"order = 0\n{FILE}", mobility=MOBILITY.format(gap="")))
    code, text = run("derive", str(tmp_path))
    assert code == 2
    assert not (tmp_path / "set.json").exists()
    line = text.strip().splitlines()[-1]
    assert "spinodal at x = 0.1" in line
    assert "common tangent" in line
    assert "Traceback" not in text


# Ions

DECLARED = """
[[declared]]
source = "literature"
reason = "test"
names = ["LFP mean voltage 0–1 [V]", "LFP L0 [eV]"]
values = [3.3, -0.5]
std = [0.05, 0.02]
"""


def test_sodium_from_a_study(tmp_path: Path) -> None:
    """The law is of the study's ion; with Δs = 25 J/mol/K, half filled, ∂U/∂T = (25 − 51.3)/F."""
    made = study_of(tmp_path, electrode('order = 0\nion = "Na"'), base="Chayambuka2022", tail=DECLARED)
    law = made.attach["Positive electrode OCP entropic change [V.K-1]"].law
    assert law == RedlichKister("LFP", 0, ion="Na")
    c = dict(zip(made.joint.names, made.joint.mean, strict=True))
    assert law.entropic_change(c, 0.5, T) == pytest.approx((25 - 51.3) / FARADAY, rel=1e-12)


MEASURED = '[negative]\nmaterial = "carbon"\n[negative.measured_ocp]\ntheta_min = 0.1\noffset_std = "5 mV"\nreason = "test"\n'


def test_ion_of_a_measured_curve(tmp_path: Path) -> None:
    """Both electrodes of one ion; one that is left at the default is refused beside sodium."""
    sodium = electrode('order = 0\nion = "Na"') + MEASURED
    made = study_of(tmp_path, sodium + 'ion = "Na"\n', base="Chayambuka2022", tail=DECLARED)
    assert made.attach["Negative electrode OCP [V]"].law.ion == "Na"
    with pytest.raises(ValueError, match=r"'Negative .*' is of Li ions and 'Positive .*' of Na ions; a cell has one"):
        study_of(tmp_path, sodium, base="Chayambuka2022", tail=DECLARED)


@pytest.mark.parametrize(
    ("ion", "message"),
    [
        ("Rb", "positive.free_energy.ion: ion 'Rb' is unknown; take one of 'Li', 'Na', 'K', 'Mg', 'Ca', 'Zn', 'Al'"),
        ("Mg", "law 'redlich-kister' is of Mg ions, 2 electrons each, and PyBaMM counts one electron for each ion"),
    ],
)
def test_ions_that_make_no_cell_are_one_line(tmp_path: Path, ion: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        study_of(tmp_path, electrode(f'order = 0\nion = "{ion}"'), tail=DECLARED)


def test_structures_are_read_for_the_studys_ion(tmp_path: Path) -> None:
    """Sodium is counted in the frames, against sodium metal's energy: 3.1 V between the end members."""
    frames = []
    for k in range(5):
        atoms = Atoms(
            ["Mn"] * 4 + ["O"] * 8 + ["Na"] * k, positions=np.random.default_rng(k).uniform(0, 9, (12 + k, 3)), pbc=True
        )
        atoms.cell = np.eye(3) * 9.0
        x = k / 4
        atoms.calc = SinglePointCalculator(atoms, energy=4 * (-20 - 1.3 * x - 3.1 * x + 0.5 * x * (1 - x) * -1))
        frames.append(atoms)
    metal = Atoms("Na", cell=[4.0] * 3, pbc=True)
    metal.calc = SinglePointCalculator(metal, energy=-1.3)
    ase_write(tmp_path / "na.extxyz", [*frames, metal])
    file = '[[positive.free_energy.energies]]\nlabel = "A"\nfile = "na.extxyz"\nframework = "Mn"\n'
    made = study_of(tmp_path, electrode('order = 0\nion = "Na"\nenergy_std = "5 meV"\n' + file), base="Chayambuka2022")
    assert made.joint.mean[made.joint.names.index("LFP mean voltage 0–1 [V]")] == pytest.approx(3.1, abs=1e-6)


# Committees

THREE = "".join(
    f'[[positive.free_energy.energies]]\nlabel = "{label}"\nfile = "{label}.csv"\nvolume_column = "volume_A3"\n'
    for label in "ABC"
)
BARRIERS = MOBILITY.format(gap="") + "".join(
    f'[[positive.mobility.hops.barriers]]\nlabel = "{label}"\nvalue = "{value} eV"\nstd = "20 meV"\n'
    for label, value in (("B", 0.35), ("C", 0.27))
)
TOP = "committee_level = {level}\n[positive]\nsite_density = true\n"


def committee(folder: Path, head: str) -> ParameterSet:
    """A set from three tables and three barriers; ``head`` takes the place of the electrode's heading."""
    for k, label in enumerate("ABC"):
        law = RedlichKister("LFP", 0)
        energies(folder / f"{label}.csv", law, [3.4 + 0.02 * k, -0.3 - 0.01 * k], seed=k)
        lines = (folder / f"{label}.csv").read_text().splitlines()
        volume = 40 + k
        table = [f"{lines[0]},volume_A3", *(f"{line},{volume}" for line in lines[1:])]
        (folder / f"{label}.csv").write_text("\n".join(table) + "\n")
    text = electrode("order = 0\n" + THREE, mobility=BARRIERS).replace("[positive]\n", head, 1)
    return study_of(folder, text)


@pytest.mark.parametrize(
    ("head", "at", "factor"),
    [
        ("[positive]\nsite_density = true\n", "95 %", 2.534880979),
        (TOP.format(level="0.6827"), "68.27 %", 1.525690548),
    ],
    ids=["default", "0.6827"],
)
def test_committee_level_of_a_study(tmp_path: Path, head: str, at: str, factor: float) -> None:
    """Voltage, volume and barrier of three members: √(4/3) t₂/Φ⁻¹ times their std, and a note that says so."""
    made = committee(tmp_path, head)
    spread = np.sqrt((made.joint.factors["potential (model form)"].values ** 2).sum(axis=1))
    found = dict(zip(made.joint.names, spread, strict=True))
    report = next(e for e in made.joint.estimates if "LFP L0 [eV]" in e.names).provenance["committee"]
    members = {
        "LFP mean voltage 0–1 [V]": [values[0] for values in report["values"].values()],
        "LFP ln(V_site [m3.mol-1])": np.log([40.0, 41.0, 42.0]),
        "LFP b E_a [eV]": [0.3, 0.35, 0.27],
    }
    for name, values in members.items():
        assert found[name] == pytest.approx(factor * np.std(values, ddof=1), rel=1e-6), name
    (note,) = (text for key, text in made.notes.items() if key.startswith("committee of"))
    assert note == (
        f"its interval is matched at {at}: {factor:.2f} × the members' std (Student, 2 degrees of freedom; √(1+1/3)), which is "
        "known to ±50%; correlations between coefficients are hardly known (fewer than eight members)"
    )


@pytest.mark.parametrize("level", ["0.5", "1", "95"])
def test_committee_level_that_is_no_probability(tmp_path: Path, level: str) -> None:
    with pytest.raises(ValueError, match=r"^.*study\.toml: committee_level: .*$"):
        committee(tmp_path, TOP.format(level=level))
