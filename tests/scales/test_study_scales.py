"""The scale report of studies: the shipped one, planted violations in its cell, runs read for their scales, sections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import a2c_pybamm as a2c
from a2c_pybamm import study as schema
from a2c_pybamm.cell import Cell
from a2c_pybamm.data import Configurations, CurrentSeries, FrameBlock, TransportCoefficient, Velocities
from a2c_pybamm.report.scales import scale_section
from a2c_pybamm.scales import (
    AtomisticScales,
    ConditionKind,
    ContinuumScales,
    ScaleCondition,
    ScaleQuantity,
    ScaleReport,
    ScaleStatus,
    atomistic_scales,
    compare_scales,
    condition_rows,
    continuum_scales,
    runs,
    scale_report,
    scales_of_run,
)
from a2c_pybamm.scales.runs import electrolyte_scales, run_scales, series_scales

SHIPPED = Path(__file__).parents[2] / "parameter_sets" / "LCO_graphite_universal_potentials"
RUNS = Path(__file__).parents[2] / "examples" / "data" / "li6ps5cl"


@pytest.fixture(scope="module")
def study() -> schema.Study:
    return a2c.read_study(SHIPPED)


@pytest.fixture(scope="module")
def shipped_cell() -> Cell:
    return Cell(a2c.load("LCO_graphite_universal_potentials"), voltage_limits=(3.0, 4.0))


@pytest.fixture(scope="module")
def shipped_report(study: schema.Study, shipped_cell: Cell) -> ScaleReport:
    return scale_report(study, cell=shipped_cell)


def places(report: ScaleReport, status: ScaleStatus) -> set[tuple[str, ConditionKind]]:
    return {(condition.place, condition.kind) for condition in report.with_status(status)}


def test_shipped_study_names_what_holds_and_what_does_not(shipped_report: ScaleReport) -> None:
    violated = places(shipped_report, ScaleStatus.VIOLATED)
    assert {place for place, _ in violated} == {"negative electrode", "positive electrode"}, "particles in thin layers"
    assert ("negative electrode", ConditionKind.MICROSTRUCTURE) in violated
    unknown = places(shipped_report, ScaleStatus.NOT_KNOWN)
    assert ("LCO, positive particle", ConditionKind.CORRELATION) in unknown, "energies alone show no correlation length"
    assert ("graphite, negative particle", ConditionKind.MEMORY_DIFFUSION) in unknown
    holds = places(shipped_report, ScaleStatus.HOLDS)
    for particle in ("LCO, positive particle", "graphite, negative particle"):
        assert {
            (particle, ConditionKind.HOP),
            (particle, ConditionKind.BODY),
            (particle, ConditionKind.MEMORY_PROCESS),
        } <= holds
    assert all(quantity.command for c in shipped_report.conditions for quantity in (c.smaller, c.larger) if of_data(quantity))


def of_data(quantity: ScaleQuantity | None) -> bool:
    """True for a quantity that is no averaging length, which follows from the others."""
    return quantity is not None and not quantity.name.startswith("averaging length")


def test_hops_of_the_shipped_study(study: schema.Study, shipped_cell: Cell) -> None:
    """Time between hops by hand, from the coefficients of the set; width of the paths' cells from their files."""
    graphite, lco = atomistic_scales(study, shipped_cell.parameter_set)
    assert (graphite.material, lco.material) == ("graphite", "LCO")
    assert lco.hop_length is not None
    assert lco.hop_length.value == pytest.approx(2.833e-10)
    joint = shipped_cell.parameter_set.joint
    c = dict(zip(joint.names, joint.mean, strict=True))
    x = max(shipped_cell.parameter_set.stoichiometry_window["negative"])
    kT = 8.617333262e-5 * 298.15
    rate = 4 / 2.474e-10**2 * (1 - x) * np.exp(c["graphite in-plane ln(D0 [m2.s-1])"] - c["graphite in-plane E_a [eV]"] / kT)
    assert graphite.hop_time is not None
    assert graphite.hop_time.value == pytest.approx(1 / rate, rel=1e-6)
    assert graphite.hop_time.std_ln == pytest.approx(
        np.hypot(0.7, joint.std[joint.names.index("graphite in-plane E_a [eV]")] / kT), rel=0.01
    )
    assert [record.cell_width is not None for record in (graphite, lco)] == [True, True]
    assert graphite.correlation_length is None
    assert graphite.correlation_time is None


def test_planted_particle_of_5_nm_is_found(study: schema.Study, shipped_cell: Cell) -> None:
    atoms = atomistic_scales(study, shipped_cell.parameter_set)
    cell = continuum_scales(shipped_cell)
    graphite, lco = cell.bodies
    assert lco.size is not None
    small = replace(lco, size=replace(lco.size, value=5e-9))
    report = compare_scales(atoms, ContinuumScales((graphite, small), cell.layers))
    found = {kind for place, kind in places(report, ScaleStatus.VIOLATED) if place == "LCO, positive particle"}
    assert ConditionKind.BODY in found
    alone = compare_scales(atoms, cell)
    assert not {place for place, _ in places(alone, ScaleStatus.VIOLATED)} & {"LCO, positive particle"}, "none of its own"


def test_readme_of_the_shipped_set_has_the_reports_numbers(shipped_report: ScaleReport) -> None:
    """Each row of its table is a row of the report."""
    text = (SHIPPED / "README.md").read_text(encoding="utf-8")
    table = text.split("## Separation of scales")[1].split("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    rows = [[re.sub(r" ×/÷ [\d.e+]+", "", cell) for cell in row] for row in condition_rows(shipped_report.conditions)]
    assert len(lines) > 10
    for line in lines:
        assert any(same_row(line, row) for row in rows), line


NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def same_row(written: list[str], row: list[str]) -> bool:
    """True for the same words, and numbers that differ by the rounding of three digits and the solver's tolerance."""
    text, of_row = (" | ".join(cells) for cells in (written, row))
    numbers, others = ([float(found) for found in NUMBER.findall(line)] for line in (text, of_row))
    return NUMBER.sub("#", text) == NUMBER.sub("#", of_row) and numbers == pytest.approx(others, rel=0.02)


def test_report_section_is_a_table_with_scopes(shipped_report: ScaleReport) -> None:
    html = scale_section(shipped_report)
    assert html.count('scope="col"') == 11
    assert "graphite, negative particle" in html
    assert re.search(r'<td class="number"><data value="[\d.e+-]+">', html)
    assert "not known" in html
    assert scale_section(compare_scales([], ContinuumScales())) == ""


def test_declared_scales_of_a_section(study: schema.Study, shipped_cell: Cell) -> None:
    material = schema.MaterialScales(
        material="LCO",
        correlation_length="6 angstrom",
        correlation_length_std_ln=0.3,
        correlation_time="0.5 ps",
        correlation_time_std_ln=0.5,
        reason="run at 300 K",
    )
    pores = schema.PoreSize(layer="separator", value="50 nm", reason="porosimetry")
    scales = schema.Scales(material=(material,), pore_size=(pores,), cell_width_ratio=2.0)
    report = scale_report(study.model_copy(update={"scales": scales}), cell=shipped_cell)
    width = next(c for c in report.conditions if c.place == "LCO, paths of its hops")
    assert width.smaller is not None
    assert (width.smaller.value, width.threshold) == pytest.approx((6e-10, 2.0))
    assert width.status is ScaleStatus.VIOLATED
    assert ("LCO, positive particle", ConditionKind.MEMORY_DIFFUSION) not in places(report, ScaleStatus.NOT_KNOWN)
    assert ("separator", ConditionKind.MICROSTRUCTURE) in places(report, ScaleStatus.HOLDS)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"correlation_length": "6 angstrom", "reason": "r"}, "go together"),
        ({"correlation_time": "1 ps", "correlation_time_std_ln": 0.1}, "need a reason"),
        ({"species": "Li"}, "trajectory and species"),
        ({}, "nothing is given"),
        ({"no_plateau": True, "correlation_length": "1 nm", "correlation_length_std_ln": 0.1, "reason": "r"}, "keep one"),
    ],
)
def test_mistakes_of_a_section_are_named(entries: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        schema.MaterialScales.model_validate({"material": "LCO", **entries})


def test_pore_size_twice_and_unknown_material(study: schema.Study) -> None:
    pores = {"layer": "separator", "value": "50 nm", "reason": "r"}
    with pytest.raises(ValueError, match="given twice"):
        schema.Scales.model_validate({"pore_size": [pores, pores]})
    other = {"material": "NMC", "no_plateau": True, "reason": "r"}
    lines = list(study.model_copy(update={"scales": schema.Scales.model_validate({"material": [other]})})._scale_mistakes())
    assert len(lines) == 1
    assert "no material 'NMC'" in lines[0]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ({"correlation_length": "2 nm", "correlation_length_std_ln": 0.1}, "correlation_length of 'LCO' is declared twice"),
        ({"no_plateau": True}, "no_plateau of 'LCO' stands beside a correlation_length"),
    ],
)
def test_two_declarations_of_one_scale_are_refused(second: dict[str, object], words: str) -> None:
    first = {"material": "LCO", "reason": "r", "correlation_length": "1 nm", "correlation_length_std_ln": 0.1}
    with pytest.raises(ValueError, match=words):
        schema.Scales.model_validate({"material": [first, {"material": "LCO", "reason": "r", **second}]})
    schema.Scales.model_validate({"material": [first, {**first, "material": "graphite"}]})


def test_scales_ask_for_no_new_set(study: schema.Study) -> None:
    """Neither thresholds nor a run that is read for its scales are behind any number of the set."""
    run = {"material": "LCO", "species": "Li", "trajectory": {"file": str(RUNS / "traj_700K.npz")}}
    with_scales = study.model_copy(update={"scales": schema.Scales.model_validate({"length_ratio": 5.0, "material": [run]})})
    assert schema.study_stamps(with_scales, SHIPPED) == schema.study_stamps(study, SHIPPED)
    assert any(path.name == "traj_700K.npz" for path in schema.data_files(with_scales))


def gas(n_frame: int = 40, n: int = 20, *, edge: float = 2e-9) -> Configurations:
    """Independent particles in a cube, without correlations."""
    positions = np.random.default_rng(7).uniform(0, edge, (n_frame, n, 3))
    return Configurations.of_arrays(
        positions, edge * np.eye(3), species=("Li",) * n, masses=np.full(n, 1e-26), interval=1e-14, temperature=300.0
    )


def langevin(time: float, *, n_frame: int = 2000, n: int = 8, interval: float = 1e-14) -> Velocities:
    """Velocities whose correlations decay as an exponential."""
    rng = np.random.default_rng(2)
    keep = np.exp(-interval / time)
    v = np.empty((n_frame, n, 3))
    v[0] = rng.normal(size=(n, 3))
    for k in range(1, n_frame):
        v[k] = keep * v[k - 1] + np.sqrt(1 - keep**2) * rng.normal(size=(n, 3))
    return Velocities(300 * v, ("Li",) * n, np.full(n, 1e-26), interval, 300.0)


def test_scales_of_a_run_in_memory() -> None:
    """An ideal gas has no correlations to measure, which is said; the correlation time of its velocities comes back."""
    scales = scales_of_run("X", "Li", gas(), lambda: langevin(2e-13))
    assert scales.correlation_length is None
    assert not scales.no_plateau
    assert scales.missing["correlation_length"]
    assert isinstance(scales.correlation_time, ScaleQuantity)
    error = np.log(scales.correlation_time.value / 2e-13) / scales.correlation_time.std_ln
    assert abs(error) < 3
    assert scales.cell_width is not None
    assert scales.cell_width.value == pytest.approx(2e-9)
    assert scales.run_length is not None
    assert scales.run_length.value == pytest.approx(40 * 1e-14)


def clusters(edge: float, *, size: float = 5e-10, n_frame: int = 200, n: int = 20, most: int = 15) -> Configurations:
    r"""Clusters at random places with :math:`S(k) = 1 + (m - 1)/(1 + k^2\xi^2)`.

    Gaussian about their centres, each particle with a variance of its own: :math:`2\xi^2G` with G a gamma variable of shape ½,
    whose mean of :math:`e^{-k^2\xi^2G}` is :math:`(1 + k^2\xi^2)^{-1/2}`, once for each of two particles.
    """
    rng = np.random.default_rng(4)
    centres = rng.uniform(0, edge, (n_frame, n, 1, 3))
    width = size * np.sqrt(2 * rng.gamma(0.5, size=(n_frame, n, most, 1)))
    positions = (centres + width * rng.normal(size=(n_frame, n, most, 3))).reshape(n_frame, n * most, 3)
    species, masses = ("Li",) * (n * most), np.full(n * most, 1e-26)
    return Configurations.of_arrays(
        positions, edge * np.eye(3), species=species, masses=masses, interval=1e-12, temperature=300.0
    )


def width_condition(edge: float) -> ScaleCondition:
    scales = scales_of_run("X", "Li", clusters(edge), lambda: langevin(2e-13))
    report = compare_scales(scales, ContinuumScales())
    return next(c for c in report.conditions if c.kind is ConditionKind.CELL_WIDTH)


@pytest.mark.slow
def test_cells_that_are_narrow_by_their_own_run_are_found() -> None:
    """Of clusters with a correlation length of 0.5 nm: cells of 12 of these hold, of two to five do not."""
    assert width_condition(6e-9).status is ScaleStatus.HOLDS
    found = {edge: width_condition(edge) for edge in (1.0e-9, 1.5e-9, 2e-9, 2.5e-9)}
    assert {condition.status for condition in found.values()} == {ScaleStatus.VIOLATED}
    for edge, condition in found.items():
        assert abs(np.log(condition.ratio / (edge / 5e-10))) < 3 * condition.ratio_std_ln


def test_a_species_that_a_run_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no particle of species 'Na' \(has Li\); correct species"):
        scales_of_run("X", "Na", gas(), lambda: langevin(2e-13))


def test_long_run_is_thinned_for_its_variance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third frame of 40, whatever the blocks in which they are read."""
    monkeypatch.setattr(runs, "VARIANCE_COST", runs.VarianceCost(particle_frames=20 * 14, least_frames=10))
    whole = gas()
    positions = next(whole.blocks()).positions

    def in_sevens() -> Iterator[FrameBlock]:
        for block in whole.blocks():
            for first in range(0, len(block.positions), 7):
                yield FrameBlock(block.positions[first : first + 7], block.cell[first : first + 7])

    thin = runs._thinned(replace(whole, blocks=in_sevens))
    assert (thin.n_frame, thin.interval) == (14, pytest.approx(3e-14))
    assert np.array_equal(np.concatenate([block.positions for block in thin.blocks()]), positions[::3])
    monkeypatch.setattr(runs, "VARIANCE_COST", runs.VarianceCost())
    assert runs._thinned(whole) is whole


def test_run_without_a_cell_has_its_length_and_time(tmp_path: Path) -> None:
    """Unwrapped positions alone are enough for a diffusivity, and so for a study: what they lack is not known."""
    v = langevin(2e-13).velocities
    positions = 1e10 * (np.cumsum(v, axis=0) * 1e-14 + np.random.default_rng(1).uniform(0, 2e-9, (1, 8, 3)))
    np.savez(tmp_path / "run.npz", positions=positions, numbers=np.full(8, 3), masses=np.full(8, 6.94), frame_spacing_fs=10.0)
    item = schema.TrajectoryFile(file=tmp_path / "run.npz", temperature="300 K", inertial=False)
    scales = run_scales("X", "Li", item)
    assert scales.cell_width is None
    assert "cell" in scales.missing["correlation_length"]
    assert scales.run_length is not None
    assert scales.run_length.value == pytest.approx(2000 * 1e-14)
    assert isinstance(scales.correlation_time, ScaleQuantity)


def test_planted_short_run_is_found() -> None:
    """A run of three correlation times, whose correlation time another run has given."""
    long = scales_of_run("X", "Li", gas(), lambda: langevin(2e-13))
    short = AtomisticScales("X", "short", run_length=ScaleQuantity("length of the run", 6e-13, "s"))
    report = compare_scales([replace(long, run_length=None), short], ContinuumScales())
    (condition,) = [c for c in report.conditions if c.kind is ConditionKind.RUN_LENGTH]
    assert condition.status is ScaleStatus.VIOLATED
    assert condition.effect == pytest.approx(np.sqrt(2 / 3), rel=0.1)


def test_short_run_of_many_ions_is_found_by_itself() -> None:
    """Three correlation times of a hundred ions are enough for the time, and too few for a number of all ions together."""
    scales = scales_of_run("X", "Li", gas(), lambda: langevin(2e-13, n_frame=60, n=100))
    scales = replace(scales, run_length=ScaleQuantity("length of the run", 6e-13, "s"))
    (condition,) = [c for c in compare_scales(scales, ContinuumScales()).conditions if c.kind is ConditionKind.RUN_LENGTH]
    assert condition.status is ScaleStatus.VIOLATED
    few = scales_of_run("X", "Li", gas(), lambda: langevin(2e-13, n_frame=60, n=8))
    (condition,) = [c for c in compare_scales(few, ContinuumScales()).conditions if c.kind is ConditionKind.RUN_LENGTH]
    assert condition.status is ScaleStatus.NOT_KNOWN
    assert "run 20 times the time or more" in condition.why_unknown


def test_run_of_a_crystal_like_framework() -> None:
    """Li6PS5Cl at 700 K: the cell of 24 lithium ions is too small for a correlation length, which is said, and not guessed."""
    item = schema.TrajectoryFile(file=RUNS / "traj_700K.npz", discard="1 ps")
    scales = run_scales("Li6PS5Cl", "Li", item)
    assert scales.correlation_length is None
    assert scales.no_plateau or scales.missing["correlation_length"]
    assert isinstance(scales.correlation_time, ScaleQuantity)
    assert 1e-14 < scales.correlation_time.value < 1e-12, "below a picosecond, above the time between frames"
    assert scales.cell_width is not None
    assert scales.cell_width.value == pytest.approx(9.859e-10)
    assert scales.run_length is not None
    assert scales.run_length.value == pytest.approx(4.875e-12)


def test_current_series_gives_a_time() -> None:
    velocities = langevin(3e-13, n=1, n_frame=4000).velocities[:, 0].T
    series = CurrentSeries(TransportCoefficient.IONIC_CONDUCTIVITY, velocities, 1e-14, 300.0, 8e-27)
    scales = series_scales("X", Path("J.txt"), series, "command")
    assert isinstance(scales.correlation_time, ScaleQuantity)
    assert abs(np.log(scales.correlation_time.value / 3e-13)) < 3 * scales.correlation_time.std_ln
    assert scales.cell_width is not None
    assert scales.cell_width.value == pytest.approx(2e-9)


def electrolyte_study(folder: Path, *sections: str) -> schema.Study:
    """A study of an electrolyte on Chen2020."""
    (folder / "study.toml").write_text('name = "e"\nbase = "Chen2020"\n' + "".join(sections), encoding="utf-8")
    return a2c.read_study(folder)


def test_currents_of_an_electrolyte_are_read(tmp_path: Path) -> None:
    """A series of LAMMPS with a known memory: its time, the edge of its cell and its length."""
    memory, n = 4e-14, 3000
    current = langevin(memory, n_frame=n, n=1, interval=4e-15).velocities[:, 0]
    rows = "".join(f"{2 * k} {x} {y} {z}\n" for k, (x, y, z) in enumerate(current))
    (tmp_path / "j.dat").write_text("# Time-averaged data for fix j\n# TimeStep c_j[1] c_j[2] c_j[3]\n" + rows)
    series = (
        '[electrolyte]\nlaw = "single-ion-conductor"\nmaterial = "LPSCl"\n[[electrolyte.currents]]\nfile = "j.dat"\n'
        'temperature = "300 K"\nvolume = "8 nm3"\nunits = "real"\ntimestep = "2 fs"\n'
        'columns = ["c_j[1]", "c_j[2]", "c_j[3]"]\nextensive = true\n'
    )
    entry = electrolyte_study(tmp_path, series).electrolyte
    assert entry is not None
    (scales,) = electrolyte_scales(entry)
    assert isinstance(scales.correlation_time, ScaleQuantity)
    assert abs(np.log(scales.correlation_time.value / memory)) < 3 * scales.correlation_time.std_ln
    assert scales.cell_width is not None
    assert scales.cell_width.value == pytest.approx(2e-9)
    assert scales.run_length is not None
    assert scales.run_length.value == pytest.approx(n * 4e-15)


def test_runs_of_a_liquid_are_read(tmp_path: Path) -> None:
    """Centres of mass each 2 ps do not show how ions forget within femtoseconds, which is said."""
    n, rng = 300, np.random.default_rng(3)
    names = ("Li", "PF6", "EC")
    centres = {f"{name}_A": np.cumsum(rng.normal(0, 0.1, (n, 3)), axis=0) for name in names}
    np.savez(tmp_path / "run.npz", **centres, interval_fs=2000.0, temperature_K=298.0, volume_A3=27000.0)
    species = "".join(
        f'[[electrolyte.species]]\nname = "{name}"\ncharge = {z}\nmass = 10.0\ncolumns = ["{name}_A"]\n'
        for name, z in zip(names, (1, -1, 0), strict=True)
    )
    run = '[[electrolyte.runs]]\nfile = "run.npz"\ncounts = { Li = 5, PF6 = 5, EC = 60 }\n'
    entry = electrolyte_study(tmp_path, '[electrolyte]\nmaterial = "salt"\n', species, run).electrolyte
    assert entry is not None
    (scales,) = electrolyte_scales(entry)
    assert scales.cell_width is not None
    assert scales.cell_width.value == pytest.approx(3e-9)
    assert scales.run_length is not None
    assert scales.run_length.value == pytest.approx((n - 1) * 2e-12)
    assert scales.correlation_time is None
    assert scales.missing["correlation_time"]


def test_runs_behind_a_mobility_are_read(study: schema.Study, shipped_cell: Cell) -> None:
    """A hop that comes from runs has no hop length, and a record for each run."""
    runs_of = {
        "species": "Li",
        "x": 0.9,
        "haven_std_ln": 0.5,
        "trajectories": [{"file": str(RUNS / f"traj_{T}K.npz"), "discard": "1 ps"} for T in (700, 900)],
    }
    hop = schema.Hop.model_validate({"name": "MD", "vacancies": 1, "molecular_dynamics": runs_of})
    assert study.positive is not None
    electrode = study.positive.model_copy(update={"mobility": schema.Mobility(hops=(hop,))})
    records = atomistic_scales(study.model_copy(update={"positive": electrode}), shipped_cell.parameter_set)
    assert [record.label for record in records] == ["paths of its hops", "traj_700K.npz, 700 K", "traj_900K.npz, 900 K"]
    assert [record.hop_length is None for record in records] == [False, True, True]
