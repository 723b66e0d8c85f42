"""Studies whose free energy is a logit spline: energies and potentials together, committees, entropies, notes on each fit."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a2c_pybamm import fit_logit_spline, logit_spline, read_chemical_potentials, read_energies
from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import Vibrations
from a2c_pybamm.derivation import fits_by_law
from a2c_pybamm.derivation.fit_notes import FitRow, fit_rows
from a2c_pybamm.estimators import harmonic
from a2c_pybamm.laws import LogitSpline, RedlichKister, TwoPhase
from a2c_pybamm.parameter_set import ParameterSet
from tests.derivation.test_derivation_thermodynamics import (
    ENTROPY,
    FILE,
    GAP,
    MOBILITY,
    electrode,
    energies,
    study_of,
    write,
)

T = 298.15
HOST = RedlichKister("LFP", 0)
TRUTH = [3.43, -0.3]
SPLINE = 'law = "logit-spline"\n'
POTENTIALS = '[[positive.free_energy.potentials]]\nlabel = "{label}"\nfile = "{file}"\nquantity = "voltage"\n'
STD = 'std_column = "std_V"\n'


def true_voltage(x: Any, temperature: float = T, *, ds: float = 25.0) -> Any:
    return HOST.open_circuit_voltage(dict(zip(HOST.names, [*TRUTH, ds], strict=True)), x, temperature)


def potentials(path: Path, x: Any, *, temperatures: tuple[float, ...] = (T,), std: float = 0.002, seed: int = 0) -> None:
    """Voltages of the host at each temperature."""
    rng = np.random.default_rng(seed)
    rows: list[list[object]] = [
        [a, true_voltage(a, t) + std * rng.standard_normal(), std, t] for t in temperatures for a in np.asarray(x)
    ]
    write(path, ["x", "voltage_V", "std_V", "T_K"], rows)


def law_and_curve(made: ParameterSet, x: Any) -> tuple[Any, Any, Any]:
    """Law of the set, its voltage at the mean coefficients, and the standard deviation of 400 draws of it."""
    law = made.attach["Positive electrode OCP [V]"].law
    names = made.joint.names
    draws = made.joint.draw(400, np.random.default_rng(0))
    curves = [law.open_circuit_voltage(dict(zip(names, row, strict=True)), x, T) for row in draws]
    mean = law.open_circuit_voltage(dict(zip(names, made.joint.mean, strict=True)), x, T)
    return law, mean, np.std(curves, axis=0)


X = np.linspace(0.1, 0.9, 17)


def test_curve_of_energies_is_the_hosts(tmp_path: Path) -> None:
    """The window is that of the data, the curve within its errors, and none of the draws unstable where the host is not."""
    energies(tmp_path / "a.csv", HOST, TRUTH)
    made = study_of(tmp_path, electrode(f'{SPLINE}stable = true\nenergy_std = "2 meV"\n{FILE}'))
    law, mean, std = law_and_curve(made, X)
    assert isinstance(law, LogitSpline)
    assert (law.shape, law.window, law.entropies) == ("stable", (0.0, 1.0), 0)
    assert (np.abs(mean - true_voltage(X)) < 4 * std).all()
    assert std.max() < 0.08  # of one ordering for each x the mean-field error is the slope of ideal mixing, 56 mV at x = 0.1
    names = made.joint.names
    draws = [dict(zip(names, row, strict=True)) for row in made.joint.draw(50, np.random.default_rng(1))]
    assert all((law.thermodynamic_factor(c, X, T) > 0).all() for c in draws)


def test_energies_and_potentials_of_one_method_are_one_fit(tmp_path: Path) -> None:
    """The estimate is that of both tables at once, and surer of the curve than that of one."""
    energies(tmp_path / "a.csv", HOST, TRUTH)
    potentials(tmp_path / "p.csv", np.linspace(0.2, 0.8, 13))
    both = FILE + POTENTIALS.format(label="A", file="p.csv") + STD
    alone = study_of(tmp_path, electrode(f'{SPLINE}energy_std = "2 meV"\n{FILE}'))
    made = study_of(tmp_path, electrode(f'{SPLINE}energy_std = "2 meV"\n{both}'))
    tables = [
        read_energies(tmp_path / "a.csv", label="A"),
        read_chemical_potentials(
            tmp_path / "p.csv", label="A", quantity="voltage", std_column="std_V", temperature_column="T_K"
        ),
    ]
    direct = fit_logit_spline(tables, logit_spline("LFP", tables), energy_std=0.002 * FARADAY)
    estimate = next(e for e in made.joint.estimates if "LFP mean voltage 0–1 [V]" in e.names)
    assert estimate.names == direct.names
    np.testing.assert_allclose(estimate.mean, direct.mean, rtol=1e-9)
    std_alone, std_both = (law_and_curve(s, X)[2] for s in (alone, made))
    assert np.sqrt((std_both**2).mean()) < 0.6 * np.sqrt((std_alone**2).mean())
    assert made.notes["LFP fit of A"].startswith("χ²/ν ")
    assert "|U_law − U_hull or data|" in made.notes["LFP fit of A"]


def test_committee_of_data_over_different_ranges(tmp_path: Path) -> None:
    """One law: knots over all data, the mean voltage over the compositions that both methods have, a fit each."""
    energies(tmp_path / "a.csv", HOST, TRUTH)
    potentials(tmp_path / "p.csv", np.linspace(0.25, 0.8, 12))
    text = f'{SPLINE}energy_std = "2 meV"\n{FILE}{POTENTIALS.format(label="B", file="p.csv")}{STD}'
    made = study_of(tmp_path, electrode(text))
    law, mean, std = law_and_curve(made, np.linspace(0.3, 0.75, 10))
    assert law.window == (0.25, 0.8)
    assert (law.knots[0], law.knots[-1]) == (0.01, 0.99)
    assert (np.abs(mean - true_voltage(np.linspace(0.3, 0.75, 10))) < 4 * std).all()
    assert "potential (model form)" in made.joint.sources
    (report,) = [e.provenance["committee"] for e in made.joint.estimates if "LFP mean voltage 0.25–0.8 [V]" in e.names]
    assert report["members"] == ["A", "B"]
    assert "U_hull" in made.notes["LFP fit of A"]
    assert "U_data" in made.notes["LFP fit of B"]
    assert [(row.material, row.label) for row in fit_rows(made.joint.estimates)] == [("LFP", "A"), ("LFP", "B")]


def test_several_temperatures_give_entropies(tmp_path: Path) -> None:
    """Δs is of the data and the declared one has no place; with one temperature it is needed."""
    potentials(tmp_path / "p.csv", np.linspace(0.1, 0.9, 13), temperatures=(278.15, T, 318.15), std=0.0002)
    text = f"{SPLINE}{POTENTIALS.format(label='A', file='p.csv')}{STD}"
    made = study_of(tmp_path, electrode(text, entropy=""))
    law = made.attach["Positive electrode OCP [V]"].law
    assert isinstance(law, LogitSpline)
    assert law.entropies == len(law.interaction_names)
    c = dict(zip(made.joint.names, made.joint.mean, strict=True))
    truth = HOST.entropic_change(dict(zip(HOST.names, [*TRUTH, 25.0], strict=True)), X, T)
    np.testing.assert_allclose(law.entropic_change(c, X, T), truth, atol=2e-5)
    with pytest.raises(ValueError, match="the entropic change follows from potentials at several temperatures; remove"):
        study_of(tmp_path, electrode(text))
    energies(tmp_path / "a.csv", HOST, TRUTH)
    with pytest.raises(ValueError, match="data of A give no entropies, those of other methods do"):
        study_of(tmp_path, electrode(text.replace('label = "A"', 'label = "B"') + FILE, entropy=""))


def ring(path: Path, n: int = 10) -> None:
    """All orderings of a ring whose neighbours repel each other, by their degeneracies."""
    counts: dict[tuple[int, int], int] = {}
    for k in range(n + 1):
        for filled in combinations(range(n), k):
            own = set(filled)
            key = (k, sum((i + 1) % n in own for i in own))
            counts[key] = counts.get(key, 0) + 1
    rows: list[list[object]] = [
        [k / n, (-3.8 * k + 0.04 * pairs) / n - 1.9 * k / n, g, f"{k}-{pairs}"] for (k, pairs), g in sorted(counts.items())
    ]
    write(path, ["x", "energy_eV", "degeneracy", "structure"], [*rows, [1, -1.9, 1, "Li_metal"]])


BOLTZMANN = (
    f'{SPLINE}ensemble = "boltzmann"\nsupercell_sites = 10\nenergy_std = "0.01 meV"\n{FILE}degeneracy_column = "degeneracy"\n'
)


def thermal_tables(folder: Path) -> str:
    """Vibrations of both end members; the text of a study that reads them."""
    grid = np.arange(0, 1001, 50.0)
    text = ""
    for x, f in ((0, 8.0), (1, 6.0)):
        own = Vibrations(str(x), np.full(9, f * 1e12) + np.arange(9) * 3e11, np.ones(9))
        rows: list[list[object]] = [
            [t, *(v / s for v, s in zip(harmonic(own, max(t, 1.0)), (1e3, 1.0, 1.0), strict=True))] for t in grid
        ]
        heads = ["T_K", "F_vib_kJ_per_mol_cell", "S_J_per_K_mol_cell", "Cv_J_per_K_mol_cell"]
        write(folder / f"v{x}.csv", heads, rows)
        text += f'[[positive.free_energy.vibrations]]\nx = {x}.0\nfile = "v{x}.csv"\nsites = 1\n'
    return text


def test_boltzmann_average(tmp_path: Path) -> None:
    """Repulsion takes entropy away from the middle: the exact chain's excess, also beside vibrations of the end members."""
    ring(tmp_path / "a.csv")
    made = study_of(tmp_path, electrode(BOLTZMANN))
    law, c = made.attach["Positive electrode OCP [V]"].law, dict(zip(made.joint.names, made.joint.mean, strict=True))
    assert isinstance(law, LogitSpline)
    excess = law.excess([c[name] for name in law.excess_entropy_names], 0.5)
    assert excess < 0
    y = np.exp(
        -0.04 * FARADAY / (GAS_CONSTANT * T) / 2
    )  # transfer matrix of the half-filled chain: pairs are as bonds of a spin
    share = y / (1 + y)
    exact = -GAS_CONSTANT * (share * np.log(share) + (1 - share) * np.log(1 - share)) - GAS_CONSTANT * np.log(2)
    assert excess == pytest.approx(exact, rel=0.1)
    shaken = study_of(tmp_path, electrode("frequency_std = 0.03\n" + BOLTZMANN + thermal_tables(tmp_path), entropy=""))
    assert isinstance(shaken.attach["Positive electrode OCP [V]"].law, LogitSpline)
    assert "LFP frequencies (scale)" in shaken.joint.sources
    moved = dict(zip(shaken.joint.names, shaken.joint.mean, strict=True))
    assert [moved[name] for name in law.excess_entropy_names] == [c[name] for name in law.excess_entropy_names]


def test_vibrations_of_end_members_move_every_law_alike(tmp_path: Path) -> None:
    """The shift of the mean voltage and Δs are those of a regular solution of the same energies."""
    energies(tmp_path / "a.csv", HOST, TRUTH)
    vibrations = FILE + thermal_tables(tmp_path)
    shifts, entropies = [], []
    for law in (SPLINE, 'law = "redlich-kister"\norder = 0\n'):
        start = f'{law}energy_std = "2 meV"\n'
        still = study_of(tmp_path, electrode(start + FILE)).joint
        moved = study_of(tmp_path, electrode(f"{start}frequency_std = 0.03\n{vibrations}", entropy="")).joint
        place = "LFP mean voltage 0–1 [V]"
        shifts.append(moved.mean[moved.names.index(place)] - still.mean[still.names.index(place)])
        entropies.append(next(m for n, m in zip(moved.names, moved.mean, strict=True) if "vibrational ds/dx" in n))
    assert shifts[0] == pytest.approx(shifts[1], abs=1e-12)
    assert abs(shifts[0]) > 1e-3
    assert entropies[0] == pytest.approx(entropies[1], abs=1e-9)


def test_host_with_a_gap_is_treated(tmp_path: Path) -> None:
    """Slopes may be negative: plateaus take the place of the gap of Ω = 0.07 eV, at the voltage of its end members."""
    energies(tmp_path / "a.csv", HOST, [3.43, 0.07], n=21, std=0.0005)
    text = f'{SPLINE}energy_std = "0.5 meV"\nphases = "common tangent"\n{FILE}'
    made = study_of(tmp_path, electrode(text, mobility=MOBILITY.format(gap=GAP)))
    law = made.attach["Positive electrode OCP [V]"].law
    assert isinstance(law, TwoPhase)
    assert isinstance(law.free_energy, LogitSpline)
    assert law.free_energy.shape == "plain"
    names = made.input_names
    plateau = made.with_derived(made.joint.mean[None])[0][names.index("LFP gap 1 voltage [V]")]
    assert plateau == pytest.approx(3.43, abs=0.02)


REFUSED: dict[str, tuple[str, str]] = {
    "no data": (SPLINE, r"law 'logit-spline' is fitted to energies, potentials or both"),
    "key of another law": (
        SPLINE + "order = 1\n" + FILE,
        r"free_energy\.order: a key of law 'redlich-kister', .*not of law 'log",
    ),
    "one label twice": (SPLINE + FILE + FILE.replace("a.csv", "b.csv"), "two tables of energies have the label 'A'"),
    "stable with gaps": (SPLINE + f'stable = true\nphases = "hysteresis"\n{FILE}', "a host that is stable has no gaps"),
    "stable of two numbers": (SPLINE + "stable = [0.5, 1.0]\n" + FILE, r"free_energy\.stable: must be true or false"),
    "mean field of an average": (BOLTZMANN + 'mean_field_std = "1 meV"\n', "unknown key"),
    "mean field beside an average": (
        BOLTZMANN.replace(FILE, f'mean_field_std = "1 meV"\n{FILE}'),
        "mean_field_std is of lowest energies",
    ),
    "average without sites": (
        SPLINE + 'ensemble = "boltzmann"\n' + FILE,
        "needs energies with degeneracies and supercell_sites",
    ),
    "vibrations inside": (
        SPLINE + "frequency_std = 0.03\n" + FILE + '[[positive.free_energy.vibrations]]\nx = 0.5\nfile = "v.csv"\nsites = 1\n',
        r"vibrations inside \(0, 1\) do not go with law 'logit-spline'.*keep those at x = 0 and 1, or take law",
    ),
    "misfit of nothing": (SPLINE + 'largest_misfit = "0 V"\n' + FILE, r"free_energy\.largest_misfit: must be above 0"),
    "misfit in eV": (SPLINE + 'largest_misfit = "0.3 eV"\n' + FILE, r"free_energy\.largest_misfit: unit 'eV'"),
    "beyond the misfit": (
        f'law = "redlich-kister"\norder = 0\nenergy_std = "0.01 meV"\nlargest_misfit = "0.1 mV"\n{FILE}',
        r"a\.csv: .*redlich-kister of LFP is 0\.\d+ V from the data at x = .*limit 0\.0001 V.*raise largest_misfit",
    ),
    "nothing in common": (
        SPLINE + "".join(POTENTIALS.format(label=label, file=f"{label}.csv") + STD for label in ("low", "high")),
        r"positive: methods have no compositions in common \(low 0\.1 to 0\.4, high 0\.6 to 0\.9\); give window",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_contradictions_are_refused(tmp_path: Path, case: str) -> None:
    energies(tmp_path / "a.csv", HOST, TRUTH)
    potentials(tmp_path / "low.csv", np.linspace(0.1, 0.4, 7))
    potentials(tmp_path / "high.csv", np.linspace(0.6, 0.9, 7))
    text, message = REFUSED[case]
    entropy = "" if "vibrations" in text else ENTROPY
    with pytest.raises(ValueError, match=message) as refused:
        study_of(tmp_path, electrode(text, entropy=entropy))
    assert "\n" not in str(refused.value)


def test_names_are_open_where_a_table_fails(tmp_path: Path) -> None:
    """A slope of the host may be any; that of another material is not, and is named beside the missing file."""
    systematic = '\n[[systematic]]\nsource = "s{0}"\nstd = {{ "{0} u(0.5) [1]" = 0.1 }}\nreason = "r"\n'
    energies(tmp_path / "a.csv", HOST, TRUTH)
    text = f"{SPLINE}{FILE}{FILE.replace('a.csv', 'gone.csv').replace(chr(34) + 'A', chr(34) + 'B')}"
    with pytest.raises(ValueError, match=r"gone\.csv") as error:
        study_of(tmp_path, electrode(text), tail=systematic.format("LFP") + systematic.format("NMC"))
    lines = str(error.value).splitlines()
    assert len(lines) == 2
    assert "gone.csv: no such file" in lines[0]
    assert "systematic 'sNMC': no coefficient 'NMC u(0.5) [1]'" in lines[1]


@pytest.mark.parametrize(
    ("law", "fit", "given"),
    [
        ('law = "redlich-kister"\norder = 0\n' + FILE, "fit_free_energy", {"largest_misfit": 0.5, "mean_field_std": 96.5}),
        (SPLINE + FILE, "fit_logit_spline", {"largest_misfit": 0.5, "mean_field_std": 96.5}),
        (
            f'law = "redlich-kister"\norder = 0\n{POTENTIALS.format(label="A", file="p.csv")}',
            "fit_chemical_potential",
            {"largest_misfit": 0.5},
        ),
        (f'law = "spline"\n{POTENTIALS.format(label="A", file="p.csv")}', "fit_spline_potential", {"largest_misfit": 0.5}),
        (f'law = "site-sum"\n{POTENTIALS.format(label="A", file="p.csv")}', "fit_site_sum", {"largest_misfit": 0.5}),
    ],
)
def test_settings_of_a_fit_reach_its_estimator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, law: str, fit: str, given: dict[str, float]
) -> None:
    """Those that the study gives; of the others the estimator has its defaults."""
    energies(tmp_path / "a.csv", HOST, TRUTH)
    potentials(tmp_path / "p.csv", np.linspace(0.1, 0.9, 13))
    calls: list[dict[str, Any]] = []

    def record(*_: Any, **settings: Any) -> Any:
        calls.append(settings)
        raise ValueError("seen")

    monkeypatch.setattr(fits_by_law, fit, record)
    keys = 'largest_misfit = "0.5 V"\n' + ('mean_field_std = "1 meV"\n' if "mean_field_std" in given else "")
    for text in (law, law.replace("[[", keys + "[[", 1)):
        with pytest.raises(ValueError, match="seen"):
            study_of(tmp_path, electrode(text))
    assert not {"largest_misfit", "mean_field_std"} & set(calls[0])
    assert {key: calls[1][key] for key in given} == pytest.approx(given, rel=1e-3)


def test_mean_field_error_is_a_source(tmp_path: Path) -> None:
    """Two orderings at each composition have an error by themselves; a declared zero leaves it out."""
    energies(tmp_path / "a.csv", HOST, TRUTH)
    source = "LFP mean field (lowest energies, ideal mixing)"
    for declared, expected in (("", True), ('mean_field_std = "0 meV"\n', False)):
        made = study_of(tmp_path, electrode(f'{SPLINE}energy_std = "2 meV"\n{declared}{FILE}'))
        assert (source in made.joint.sources) is expected


# Notes on fits


def fit_row(**changed: Any) -> FitRow:
    values = {
        "material": "LFP",
        "label": "A",
        "reduced": 1.3,
        "degrees_of_freedom": 9.0,
        "declared": True,
        "largest": 0.041,
        "largest_x": 0.58,
    }
    return FitRow(**{**values, "worst_x": 0.33, "worst_ratio": 2.1, "noise_share": 0.34, **changed})


def test_sentence_on_a_fit() -> None:
    assert fit_row().sentence("hull") == (
        "χ²/ν 1.3 (noise declared), largest |U_law − U_hull| 0.041 V at x = 0.58, worst point x = 0.33 (2.1 errors); "
        "noise makes 34 % of the variance of U, the shape between the data the rest"
    )
    bare = fit_row(reduced=np.nan, degrees_of_freedom=0.0, declared=False, largest=np.nan, noise_share=np.nan)
    assert bare.sentence("data") == "no degree of freedom (noise from the scatter), worst point x = 0.33 (2.1 errors)"
    few = fit_row(reduced=2.2, degrees_of_freedom=0.8, worst_ratio=1.0, noise_share=np.nan)
    assert few.sentence("hull").startswith("less than one degree of freedom (noise declared), largest |U_law − U_hull| 0.041 V")
    assert few.reduced_text == "less than one degree of freedom"


@pytest.mark.parametrize(
    ("changed", "marked"),
    [
        ({"reduced": 2.1}, True),
        ({"reduced": 2.0}, False),
        ({"reduced": 9.0, "declared": False}, False),
        ({"reduced": 9.0, "degrees_of_freedom": 0.9}, False),
    ],
)
def test_mark_of_a_noteworthy_fit(changed: dict[str, Any], marked: bool) -> None:
    row = fit_row(**changed)
    assert row.noteworthy is marked
    assert row.reduced_text.startswith("(!) ") is marked
    assert ("check energy_std or std_column" in row.sentence("hull")) is marked


def test_note_has_the_numbers_of_the_fit(tmp_path: Path) -> None:
    """Noise ten times the declared one is marked; the numbers are those of the estimate's provenance."""
    energies(tmp_path / "a.csv", HOST, TRUTH, n=25, std=0.005)
    made = study_of(tmp_path, electrode(f'{SPLINE}stable = true\nenergy_std = "0.5 meV"\n{FILE}'))
    estimate = next(e for e in made.joint.estimates if "fit" in e.provenance)
    fit, note = estimate.provenance["fit"], made.notes["LFP fit of A"]
    assert fit["chi2 per degree of freedom"] > 2
    found = re.match(r"\(!\) χ²/ν (\S+) \(noise declared\), largest \|U_law − U_hull\| (\S+) V at x = (\S+), worst", note)
    assert found, note
    keys = ("chi2 per degree of freedom", "largest |U_law - U_data| [V]", "at x")
    assert [float(g) for g in found.groups()] == pytest.approx([fit[key] for key in keys], rel=0.051)
    share = estimate.provenance["roughness"]["share of noise in the variance of U"]
    shown = re.search(r"noise makes (\S+) % of the variance of U", note)
    assert shown
    assert float(shown[1]) == pytest.approx(100 * share, rel=0.051)
