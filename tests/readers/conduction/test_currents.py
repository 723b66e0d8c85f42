"""Series of currents from files: units by hand, runs joined, and files that are not whole."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.data import CurrentSeries, TransportCoefficient
from a2c_pybamm.estimators import pressure_fluctuation
from a2c_pybamm.readers import read_currents

DATA = Path(__file__).parent / "lammps"
RUN: dict[str, Any] = {"units": "real", "timestep": 2e-15, "temperature": 300.0, "volume": 8429.568e-30}
"""Settings of the run in `DATA`, where a file does not state them."""
FLUX = [f"c_flux[{k}]" for k in (1, 2, 3)]
CHARGE = [f"c_jq[{k}]" for k in (1, 2, 3)]
STRESS = "Pxx Pyy Pzz Pxy Pxz Pyz"


def log(
    rows: str | list[str] = ("0 300 1000 1 2 3 4 5 6", "10 302 1000 2 3 4 5 6 8"),  # type: ignore[assignment]
    names: str = f"Step Temp Volume {STRESS}",
    head: str = "units real\ntimestep 1.0\n",
    end: str = "Loop time of 1 on 1 procs\n",
) -> str:
    """Log of one run."""
    text = rows if isinstance(rows, str) else "\n".join(rows) + "\n"
    return f"LAMMPS (22 Jul 2025)\n{head}Per MPI rank memory allocation (min/avg/max) = 4 | 4 | 4 Mbytes\n {names}\n{text}{end}"


def put(folder: Path, text: str, name: str = "log.lammps") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_stress_in_pascal_by_hand(tmp_path: Path) -> None:
    r"""Of xx yy zz xy xz yz = 1 … 6: xy, xz, yz, (xx - yy)/2 and (2zz - xx - yy)/(2√3); their variances are equal."""
    traceless = np.array([4, 5, 6, -0.5, 3 / (2 * np.sqrt(3))])
    for units, pascal, step in (("real", 101325.0, 1e-15), ("metal", 1e5, 1e-12), ("si", 1.0, 1.0), ("cgs", 0.1, 1.0)):
        path = put(tmp_path, log(head=f"units {units}\ntimestep 1.0\n"))
        series = read_currents(path, "viscosity")
        np.testing.assert_allclose(series.flux[:, 0], pascal * traceless, rtol=1e-14)
        assert series.interval == pytest.approx(10 * step, rel=1e-12)
        assert series.temperature == 301.0
        pressure = read_currents(path, TransportCoefficient.BULK_VISCOSITY)
        np.testing.assert_allclose(pressure.flux, [[2 * pascal, 3 * pascal]], rtol=1e-14)
    rng = np.random.default_rng(1)
    random = rng.normal(size=(3, 3, 20_000))
    stress = (random + random.transpose(1, 0, 2)) / 2  # isotropic: diagonal variance 1, the others 1/2
    six = np.array([stress[0, 0], stress[1, 1], stress[2, 2], stress[0, 1], stress[0, 2], stress[1, 2]])
    np.save(tmp_path / "six.npy", six)
    five = read_currents(tmp_path / "six.npy", "viscosity", units="Pa", interval=1.0, temperature=300.0, volume=1.0).flux
    np.testing.assert_allclose(np.cov(five), np.eye(5) / 2, atol=5 * 0.5 / np.sqrt(10_000))


@pytest.mark.parametrize(
    ("units", "energy", "length", "time"),
    [("real", 4184 / 6.02214076e23, 1e-10, 1e-15), ("metal", 1.602176634e-19, 1e-10, 1e-12), ("si", 1.0, 1.0, 1.0)],
)
def test_heat_flux_and_electric_current_by_hand(tmp_path: Path, units: str, energy: float, length: float, time: float) -> None:
    """Energy or charge times velocity over volume: kcal/mol·Å/fs over Å³ in real, eV·Å/ps over Å³ in metal units."""
    head = f"units {units}\ntimestep 1.0\ncompute flux all heat/flux ke pe st\npair_style lj/cut 10\n"
    path = put(tmp_path, log(["0 300 1000 7 8 9", "10 300 1000 7 8 9"], "Step Temp Volume c_flux[1] c_j[2] c_j[3]", head))
    volume = 1000 * length**3
    heat = read_currents(path, "thermal conductivity")
    assert heat.flux[0, 0] == pytest.approx(7 * energy * length / time / volume, rel=1e-12)
    assert heat.volume == pytest.approx(volume, rel=1e-12)
    assert "warnings" not in heat.provenance
    charge = 1.602176634e-19 if units != "si" else 1.0
    electric = read_currents(path, "ionic conductivity", columns=["c_j[2]", "c_j[3]"], extensive=True)
    np.testing.assert_allclose(electric.flux[:, 0], np.array([8, 9]) * charge * length / time / volume, rtol=1e-12)
    density = read_currents(path, "ionic conductivity", columns=["c_j[2]"], extensive=False)
    assert density.flux[0, 0] == pytest.approx(8 * charge * length / time / length**3, rel=1e-12)


def test_log_of_several_runs() -> None:
    """A minimisation and a run with other columns before, three runs with a row twice between them, the last in YAML."""
    series = read_currents(DATA / "log.lammps", "viscosity")
    assert series.flux.shape == (5, 36)
    assert series.interval == pytest.approx(4e-14, rel=1e-9)
    assert series.volume == pytest.approx(8429.568e-30, rel=1e-9)
    assert len(series.provenance["remarks"]) == 2
    one = read_currents(DATA / "log.lammps", "viscosity", run=1)
    np.testing.assert_array_equal(one.flux, series.flux[:, :21])
    last = read_currents(DATA / "log.lammps", "viscosity", run=-1)
    np.testing.assert_array_equal(last.flux, series.flux[:, 30:])
    late = read_currents(DATA / "log.lammps", "viscosity", discard=30 * 4e-14)
    np.testing.assert_array_equal(late.flux, last.flux)


def test_averages_of_all_kinds_agree_with_the_log() -> None:
    """Text and YAML, rows and tables: the same fluxes as in the log, to the digits that are written."""
    heat = read_currents(DATA / "log.lammps", "thermal conductivity")
    scale = np.abs(heat.flux).max()
    for name in ("flux_vector.dat", "flux.yaml"):
        read = read_currents(DATA / name, "thermal conductivity", columns=FLUX, extensive=True, atomic_stress="pairwise", **RUN)
        np.testing.assert_allclose(read.flux, heat.flux, atol=1e-5 * scale)
        assert read.interval == pytest.approx(heat.interval, rel=1e-9)
    electric = read_currents(DATA / "log.lammps", "ionic conductivity", columns=CHARGE, extensive=True)
    read = read_currents(DATA / "jq.yaml", "ionic conductivity", columns=CHARGE, extensive=True, **RUN)
    np.testing.assert_allclose(read.flux, electric.flux, atol=1e-6 * np.abs(electric.flux).max())
    stress = read_currents(DATA / "press.dat", "viscosity", **RUN)  # means of two moments, 10 steps apart
    direct = read_currents(DATA / "log.lammps", "viscosity")
    assert np.corrcoef(stress.flux.ravel(), direct.flux[:, 1:].ravel())[0, 1] > 0.7


def test_dump_summed_over_atoms(tmp_path: Path) -> None:
    """Charges times velocities, against LAMMPS's own sum at the same steps; units, volume and time come from the dump."""
    summed = read_currents(DATA / "run.dump.gz", "ionic conductivity", temperature=300.0)
    electric = read_currents(DATA / "log.lammps", "ionic conductivity", columns=CHARGE, extensive=True)
    np.testing.assert_allclose(summed.flux, electric.flux[:, ::10], rtol=1e-4)
    assert summed.interval == pytest.approx(4e-13, rel=1e-9)
    assert "warnings" not in summed.provenance
    scaled = tmp_path / "scaled.dump"
    lines = gzip.decompress((DATA / "run.dump.gz").read_bytes()).decode().replace(" 22.99 1 ", " 22.99 0.8 ")
    scaled.write_text(lines.replace(" 35.45 -1 ", " 35.45 -0.8 "), encoding="ascii")
    partial = read_currents(scaled, "ionic conductivity", temperature=300.0)
    np.testing.assert_allclose(partial.flux, 0.8 * summed.flux, rtol=1e-12)
    assert partial.provenance["warnings"][0].startswith("charges are no whole numbers (partial or scaled ones)")
    charged = tmp_path / "charged.dump"
    charged.write_text(lines.replace(" 35.45 -1 ", " 35.45 -0.7 "), encoding="ascii")
    with pytest.raises(
        ValueError, match=r"charged\.dump: the charges of step 0 add up to \+.*, and their current depends on the frame"
    ):
        read_currents(charged, "ionic conductivity", temperature=300.0)
    mass = read_currents(
        DATA / "run.dump.gz", "ionic conductivity", columns=["mass*vx"], extensive=True, temperature=300.0, run=None
    )
    assert np.abs(mass.flux).max() < 1e-3 * np.abs(summed.flux).max()  # momentum is conserved


@pytest.mark.parametrize(
    ("head", "warned"),
    [
        ("pair_style lj/cut 10\ncompute st all stress/atom NULL virial\n", False),
        ("pair_style lj/cut 10\nangle_style harmonic\ncompute st all stress/atom NULL virial\n", True),
        ("pair_style tersoff\ncompute st all stress/atom NULL virial\n", True),
        ("pair_style tersoff\ncompute st all centroid/stress/atom NULL virial\n", False),
        ("pair_style hybrid lj/cut 10 tersoff\n", True),
        ("", True),
    ],
)
def test_heat_flux_of_many_bodies_is_warned_of(tmp_path: Path, head: str, warned: bool) -> None:
    names, rows = "Step Temp Volume c_flux[1]", ["0 300 1000 7", "10 300 1000 8"]
    head = f"units metal\ntimestep 1.0\n{head}compute flux all heat/flux ke pe st\n"
    path = put(tmp_path, log(rows, names, head))
    assert ("warnings" in read_currents(path, "thermal conductivity").provenance) is warned
    stated = read_currents(path, "thermal conductivity", atomic_stress="centroid")
    assert "warnings" not in stated.provenance


def test_heat_flux_of_tables_and_arrays_is_warned_of(tmp_path: Path) -> None:
    heat, given = np.array([[1.0, 2.0]]), {"temperature": 300.0, "volume": 8e-27}
    csv = put(tmp_path, "time_fs,q_W/m2\n0,1\n1,2\n", "q.csv")
    np.save(tmp_path / "q.npy", heat)
    np.savez(tmp_path / "q.npz", **{"q_W/m2": heat})
    for path, further in (
        (csv, {}),
        (tmp_path / "q.npy", {"interval": 1e-15, "units": "W/m2"}),
        (tmp_path / "q.npz", {"interval": 1e-15}),
    ):
        settings: dict[str, Any] = {**given, **further}
        (line,) = read_currents(path, "thermal conductivity", **settings).provenance["warnings"]
        assert line.startswith("the heat flux may be wrong")
        assert "warnings" not in read_currents(path, "thermal conductivity", atomic_stress="pairwise", **settings).provenance


def test_what_the_pressure_follows_the_energy_is_taken_off(tmp_path: Path) -> None:
    """As `pressure_fluctuation` does, but for the mean; without the energy a line says what is missing."""
    rng = np.random.default_rng(3)
    energy, stress = rng.normal(size=20), rng.normal(size=(6, 20))
    stress[:3] += 3 * energy
    rows = [
        f"{10 * k} 300 1000 {' '.join(map(repr, map(float, p)))} {float(e)!r}"
        for k, (p, e) in enumerate(zip(stress.T, energy, strict=True))
    ]
    path = put(tmp_path, log(rows, f"Step Temp Volume {STRESS} TotEng"))
    read = read_currents(path, "bulk viscosity", energy="TotEng")
    known = pressure_fluctuation(101325.0 * stress, interval=1e-14, temperature=300.0, volume=1e-27, energy=energy)
    np.testing.assert_allclose(read.flux - read.flux.mean(), known.flux, rtol=1e-9)
    assert read.flux.mean() == pytest.approx(101325.0 * stress[:3].mean(), rel=1e-9)
    assert "warnings" not in read.provenance
    (line,) = read_currents(path, "bulk viscosity").provenance["warnings"]
    assert "pressure_fluctuation(energy=)" in line
    with pytest.raises(ValueError, match="energy is for the bulk viscosity, not for the viscosity; leave it out"):
        read_currents(path, "viscosity", energy="TotEng")
    with pytest.raises(ValueError, match=r"no column 'E' \(found .* name it by energy="):
        read_currents(path, "bulk viscosity", energy="E")


def test_restarted_run_goes_on_where_it_began(tmp_path: Path) -> None:
    """A run that was killed at step 50 goes on from 30; a row between steps at the end, and messages, are left out."""
    first = log(["0 300 9 1 1 1 0", "10 300 9 1 1 1 1", "WARNING: lost (../x.cpp:1)", "20 300 9 1 1 1 2"], end="")
    first = first.replace(f"Temp Volume {STRESS}", "Temp Volume Pxx Pyy Pzz v_a")
    first += "30 300 9 1 1 1 3\nSHAKE stats on step 40\nBond: 4 1.0\n40 300 9 1 1 1 99\n50 300 9 1 1 1 99\n"
    again = ["30 300 9 1 1 1 3", "40 300 9 1 1 1 4", "50 300 9 1 1 1 5", "54 300 9 1 1 1 6"]
    second = log(again, "Step Temp Volume Pxx Pyy Pzz v_a")
    path = put(tmp_path, first + second)
    series = read_currents(path, "ionic conductivity", columns=["v_a"], extensive=False)
    one = series.flux[0, 1]
    np.testing.assert_allclose(series.flux[0] / one, [0, 1, 2, 3, 4, 5])
    assert len(series.provenance["remarks"]) == 2


def test_steps_counted_anew_begin_the_series(tmp_path: Path) -> None:
    rows = [f"{step} 300 1000 1 1 1 0 0 {step}" for step in (0, 10, 20)]
    text = log(["0 900 1000 9 9 9 9 9 9", "10 900 1000 9 9 9 9 9 9", "20 900 1000 9 9 9 9 9 9"]) + log(rows)
    series = read_currents(put(tmp_path, text), "viscosity")
    np.testing.assert_allclose(series.flux[2], 101325.0 * np.array([0, 10, 20]))
    assert series.temperature == 300.0


ROWS = ["0 300 1000 1 2 3 4 5 6", "10 300 1000 1 2 3 4 5 6", "20 300 1000 1 2 3 4 5 6", "30 300 1000 1 2 3 4 5 7"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (log([*ROWS[:2], "20 300 1000 1 2 nan 4 5 6"]), r"line 8: column 'Pzz' is 'nan', not a finite number;"),
        (log([*ROWS[:2], "20 300 1000 1 2 x 4 5 6"]), r"line 8: column 'Pzz' is 'x', not a number;"),
        (log([*ROWS[:2], "20 300 1000 1 2 3"]), r"line 8: 6 numbers where there are 9 columns .*cut off\? remove it"),
        (log(ROWS[:2] + ROWS[3:]), r"line 8: the step goes from 10 \(line 7\) to 30, by 10 at the start; rows are missing"),
        (log(ROWS[:2] + ROWS[1:]), r"line 8: the step goes from 10 \(line 7\) to 10, by 10 at the start;"),
        (log("\n".join(ROWS[:3]) + "\n30 300 10", end=""), r"line 9: the file ends within a line; remove it"),
        (log(ROWS, head="timestep 1.0\n"), r"the units are not stated .* give units='real', or the unit of the current"),
        (log(ROWS, head="units real\n"), r"the time step in seconds is not known .* timestep=, or .* interval="),
        (log(ROWS, head="units lj\ntimestep 0.005\n"), r"units 'lj' have no dimension; multiply"),
        (log(ROWS, head="units martian\ntimestep 1\n"), r"units 'martian' are no style of LAMMPS; write one of real, metal"),
        (log(ROWS, head="units real\nunits metal\n"), r"line 3: units 'metal', and 'real' above; split the file there"),
        (log(ROWS, names=f"Step Temp Vol {STRESS}"), r"does not state the cell's volume; give it in cubic metres as volume="),
        (log(ROWS, names=f"Step T Volume {STRESS}"), r"does not state the temperature; give it in kelvin as temperature="),
        (log(ROWS, names="Step Temp Volume Pxx Pyy Pzz Pxy Pxz v_x"), r"0 columns for the component yz .* needs all six"),
        (log(ROWS[:1]), r"1 row\(s\); a series in time needs two"),
        (log([]), r"no run of LAMMPS with thermodynamic output"),
        (log(ROWS).replace("Loop", "Minimization stats:\nLoop").replace("units", "minimize 1 1\nunits"), r"no run of LAMMPS"),
        ("------ Step 0 ------\n", r"no run of LAMMPS"),
        (log(ROWS).replace(" Step", "------------ Step", 1), r"line 5: thermodynamic output in the style 'multi'; run again"),
        (log(["0 300 1000 1 2 3 4 5 6", "10 300 1001 1 2 3 4 5 6"]), r"volume changes from 1e-27 to 1.001e-27 m3; continue"),
    ],
)
def test_bad_logs_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = put(tmp_path, text)
    with pytest.raises(ValueError, match=message) as error:
        read_currents(path, "viscosity")
    assert str(error.value).startswith(str(path))
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": "metal"}, r"units 'real' in the file and 'metal' by argument; remove the wrong one"),
        ({"units": "furlong"}, r"units 'furlong' are not known; write a style of LAMMPS"),
        ({"timestep": 2e-15}, r"the time step is 1e-15 s in the file and 2e-15 s by argument"),
        ({"interval": 2e-14}, r"time between frames is 1e-14 s in the file and 2e-14 s by argument"),
        ({"volume": 2e-27}, r"volume is 1e-27 to 1e-27 m3 in the file and 2e-27 m3 by argument"),
        ({"volume": -1.0}, r"volume is -1 m3, it must be positive"),
        ({"temperature": 350.0}, r"temperature is 300 K in the file and 350 K by argument"),
        ({"run": 3}, r"run = 3, and there are 1; choose one by run="),
        ({"columns": ["Pxx"]}, r"1 column\(s\) of stress; the viscosity needs all six, in the order xx yy zz xy xz yz"),
        ({"columns": ["Pxx"] * 5 + ["Pq"]}, r"no column 'Pq' \(found Step, Temp, .*; name it by columns="),
        ({"extensive": True}, r"'Pxx' is a pressure, no sum over atoms; leave extensive out"),
        ({"coefficient": "color"}, r"coefficient 'color' is not known; write one of 'ionic conductivity'"),
        ({"coefficient": "ionic conductivity"}, r"which columns hold the current .* is not clear .* by columns="),
        ({"coefficient": "ionic conductivity", "columns": ["Pxx"]}, r"whether 'Pxx' is a sum over atoms or a density"),
        ({"coefficient": "thermal conductivity", "columns": []}, r"no column of the current; name one for each direction"),
        ({"atomic_stress": "virial"}, r"atomic_stress is 'virial'; write 'pairwise' or 'centroid'"),
        ({"discard": 1e-12}, r"discard = 1e-12 s leaves fewer than two of 4 frames"),
        ({"coupled": {"Li": ["Pxx"]}}, r"1 columns of 'Li' beside 6 of the current; name as many of each"),
    ],
)
def test_arguments_that_contradict_the_file(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = put(tmp_path, log(ROWS))
    with pytest.raises(ValueError, match=message):
        read_currents(path, **{"coefficient": "viscosity", **changes})


@pytest.mark.parametrize(
    "head",
    [
        "Setting up Verlet run ...\n  Unit style    : real\n  Current step  : 0\n  Time step     : 2\n",
        "units real  # of energies in kcal/mol\nvariable dt equal 2.0\ntimestep ${dt}\ntimestep 2.0\n",
    ],
)
def test_units_and_time_step_of_the_screen_and_of_echoed_commands(tmp_path: Path, head: str) -> None:
    series = read_currents(put(tmp_path, log(ROWS, head=head)), "viscosity")
    assert series.interval == pytest.approx(2e-14, rel=1e-12)
    assert series.provenance["units"] == "real"


def test_edges_of_the_cell_give_its_volume(tmp_path: Path) -> None:
    rows = [row.replace("1000", "10 20 5") for row in ROWS]
    series = read_currents(put(tmp_path, log(rows, names=f"Step Temp Lx Ly Lz {STRESS}")), "viscosity")
    assert series.volume == pytest.approx(1e-27, rel=1e-12)


def test_formats_are_told_by_content(tmp_path: Path) -> None:
    """A table without its ending, averages below another title, a log behind a message with commas, entries of a local dump."""
    named = read_currents(put(tmp_path, CSV, "j.csv"), "ionic conductivity")
    plain = read_currents(put(tmp_path, CSV, "j.txt"), "ionic conductivity")
    np.testing.assert_array_equal(plain.flux, named.flux)
    titled = put(tmp_path, "# my title\n# TimeStep c_a\n0 1\n10 2\n", "a.dat")
    assert read_currents(titled, "ionic conductivity", columns=["c_a"], extensive=True, **RUN).flux.shape == (1, 2)
    behind = put(tmp_path, "[node1:77] warning, no network, using memory\n" + log(ROWS))
    assert read_currents(behind, "viscosity").flux.shape == (5, 4)
    head = "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ENTRIES\n1\nITEM: BOX BOUNDS pp pp pp\n0 1\n0 1\n0 1\n"
    local = head + "ITEM: ENTRIES index c_1\n1 2\n"
    with pytest.raises(ValueError, match=r"local\.dump: frame 0 .*ENTRIES"):
        read_currents(put(tmp_path, local, "local.dump"), "ionic conductivity", columns=["c_1"], temperature=300.0)


@pytest.mark.parametrize("columns", [None, ["element"], ["q*"], ["c_flux[1]"]])
def test_columns_that_a_dump_does_not_have(columns: Any) -> None:
    with pytest.raises(ValueError, match=r"no column of numbers .*\(found id type element mass q .* by columns="):
        read_currents(DATA / "run.dump.gz", "thermal conductivity", columns=columns, temperature=300.0)


def test_many_empty_lines_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.log.gz"
    path.write_bytes(gzip.compress(b"\n" * 200_000))
    with pytest.raises(ValueError, match="line 100001: 100001 empty lines one after the other"):
        read_currents(path, "viscosity")


def test_sums_divided_by_the_number_of_atoms_are_refused(tmp_path: Path) -> None:
    path = put(tmp_path, log(ROWS, head="units real\ntimestep 1\nthermo_modify norm yes\n"))
    with pytest.raises(ValueError, match="'thermo_modify norm yes' divides sums over atoms by their number"):
        read_currents(path, "ionic conductivity", columns=["Pxx"], extensive=True)


def test_mean_volume_is_taken_where_it_is_given(tmp_path: Path) -> None:
    path = put(tmp_path, log(["0 300 1000 1 2 3 4 5 6", "10 300 1010 1 2 3 4 5 6"]))
    series = read_currents(path, "viscosity", volume=1005e-30)
    assert series.volume == 1005e-30
    (line,) = series.provenance["warnings"]
    assert line.startswith("the cell's volume changes from 1e-27 to 1.01e-27 m3")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.dat", "# Time-averaged data for fix x\n# TimeStep c_a\n0 1\n10 2\n20", r"line 5: the file ends within a line"),
        ("a.dat", "# Time-averaged data for fix x\n# TimeStep c_a\n0 1\n10\n20 2\n", r"line 4: 1 numbers where there are 2"),
        ("a.dat", "# Time-averaged data for fix x\n0 1\n10 2\n", r"line 2: numbers without names; keep the comment"),
        ("a.dat", "# Time-averaged data for fix x\n# TimeStep c_a\n", r"no rows of numbers below the names"),
        (
            "a.dat",
            "# Time-averaged data for fix x\n# TimeStep Number-of-rows\n# Row c_a\n0 2\n1 5\n2 5\n10 2\n1 5\n",
            r"ends 1 row\(s\) too early; remove it",
        ),
        (
            "a.dat",
            "# Time-averaged data for fix x\n# TimeStep Number-of-rows\n# Row c_a\n0 2\n1 5\n2 5\n10 3\n1 5\n2 5\n3 5\n",
            r"line 7: 3 rows, 2 above; split the file there",
        ),
    ],
)
def test_bad_averages_are_one_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = put(tmp_path, text, name)
    with pytest.raises(ValueError, match=message):
        read_currents(path, "ionic conductivity", columns=["c_a"], extensive=True, **RUN)


CSV = "# made by hand\ntime_ps,Jx_e.A/fs,Jy_e.A/fs,T_K,volume_nm3\n0,1,2,300,8\n0.5,3,4,302,8\n1.0,5,6,301,8\n"


def test_csv_with_units_in_its_names(tmp_path: Path) -> None:
    series = read_currents(put(tmp_path, CSV, "j.csv"), "ionic conductivity")
    np.testing.assert_allclose(series.flux, 1.602176634e-19 * 1e5 / 8e-27 * np.array([[1, 3, 5], [2, 4, 6]]), rtol=1e-12)
    assert (series.interval, series.temperature) == (pytest.approx(5e-13), pytest.approx(301.0))
    path = put(
        tmp_path, "time_fs,P_xx_bar,P_yy_bar,P_zz_bar,P_xy_bar,P_xz_bar,P_yz_bar\n0,1,2,3,4,5,6\n1,1,2,3,4,5,6\n", "p.csv"
    )
    stress = read_currents(path, "viscosity", temperature=300.0, volume=8e-27)
    np.testing.assert_allclose(stress.flux[:3, 0], [4e5, 5e5, 6e5])
    coupled = read_currents(
        put(tmp_path, "time_fs,q_W/m2,j_1\n0,1,5\n1,2,7\n", "q.csv"), "thermal conductivity",
        temperature=300.0, volume=8e-27, coupled={"Li": ["j_1"]},
    )  # fmt: skip
    np.testing.assert_array_equal(coupled.coupled, [[[5, 7]]])
    assert coupled.coupled_names == ("Li",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CSV.replace("3,4,302", "3,,302"), r"line 4: column 'Jy_e.A/fs' is '', not a number"),
        (CSV.replace("3,4,302", "3,inf,302"), r"line 4: column 'Jy_e.A/fs' is 'inf', not a finite number"),
        (CSV.replace("3,4,302", "3,1_0,302"), r"line 4: column 'Jy_e.A/fs' is '1_0', not a number"),
        (CSV.replace("0.5,3,4,302,8", "0.5,3,4,302"), r"line 4: 4 numbers where there are 5 columns"),
        (CSV.replace("1.0,5", "1.5,5"), r"line 5: time_ps goes from 0.5 \(line 4\) to 1.5"),
        (CSV.replace("time_ps", "time_h"), r"column 'time_h' \(its ending is its unit\): unit 'h' is a unit of duration"),
        (CSV.replace("time_ps", "step"), r"does not state the time between frames; give it in seconds as interval="),
        (CSV.replace(",", ";"), r"line 2: one column 'time_ps;Jx_e\.A/fs.*; separate columns by commas"),
        (CSV.replace("e.A/fs", "mA"), r"which columns hold the current"),
        (CSV.replace("Jy_e.A/fs", "Jy_A/m2"), r"some columns are in units of a current density and some of a current"),
        (CSV.replace("time_ps,Jx_e.A/fs,Jy_e.A/fs,T_K,volume_nm3\n", ""), r"line 2: numbers where the names .* are due"),
        (CSV[: CSV.index("\n0,1") + 1], r"a header and no rows"),
        (CSV[:-2] + "1e", r"the file ends in '1e'; it looks cut off"),
    ],
)
def test_bad_csv_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_currents(put(tmp_path, text, "j.csv"), "ionic conductivity")


def test_arrays_of_numpy(tmp_path: Path) -> None:
    current = np.arange(8.0).reshape(2, 4)
    stated: Any = {"interval_fs": 2.0, "temperature_K": 300.0, "volume_A3": 1000.0}
    np.savez(tmp_path / "j.npz", **{"j_e.A/ps": current}, coupled_Li=2 * current, **stated)
    series = read_currents(tmp_path / "j.npz", "ionic conductivity", coupled={"Li": "coupled_Li"}, discard=2e-15)
    np.testing.assert_allclose(series.flux, 1.602176634e-19 * 1e2 / 1e-27 * current[:, 1:], rtol=1e-12)
    np.testing.assert_array_equal(series.coupled[0], 2 * current[:, 1:])
    assert (series.interval, series.temperature) == (pytest.approx(2e-15), 300.0)
    np.save(tmp_path / "j.npy", current)
    alone = read_currents(tmp_path / "j.npy", "ionic conductivity", units="A/m2", interval=1.0, temperature=300.0, volume=1.0)
    np.testing.assert_array_equal(alone.flux, current)
    np.testing.assert_array_equal(np.asarray(alone.flux).flags.writeable, False)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"j_A/m2": np.ones((4, 2))}, r"'j_A/m2' has 4 series of 2 frames; write the frames along the second index"),
        ({"j_A/m2": np.ones((2, 2, 2))}, r"shape \(2, 2, 2\), expected \(n_series, n_frame\)"),
        ({"j_A/m2": np.array([[1.0, np.nan]])}, r"frame 1 of series 0 is not finite; end the series before it"),
        ({"j": np.ones((1, 4))}, r"the unit of the current is not stated; give units= as one of A/m2"),
        ({"j_A/m2": np.ones((1, 4)), "k_A/m2": np.ones((1, 4))}, r"2 arrays that may be the current"),
        ({}, r"0 arrays that may be the current"),
        ({"j_A/m2": np.array([["a", "b"]])}, r"an array of '<U1', not of numbers"),
        ({"j_A/m2": np.ones((1, 4)), "interval_fs": np.ones(2)}, r"'interval_fs' has shape \(2,\), expected one number"),
        ({"j_A/m2": np.ones((1, 4)), "volume_A3": -1.0}, r"volume is -1e-30 m3, it must be positive"),
    ],
)
def test_bad_arrays_are_one_line(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    stated = {"interval_fs": 1.0, "temperature_K": 300.0, "volume_A3": 1.0, **arrays}
    np.savez(tmp_path / "j.npz", **stated)
    with pytest.raises(ValueError, match=message) as error:
        read_currents(tmp_path / "j.npz", "ionic conductivity")
    assert "j.npz" in str(error.value)


def test_packed_log_is_read_as_the_plain_one(tmp_path: Path) -> None:
    plain = read_currents(DATA / "log.lammps", "viscosity")
    packed = tmp_path / "log.lammps.gz"
    packed.write_bytes(gzip.compress((DATA / "log.lammps").read_bytes()))
    read: CurrentSeries = read_currents(packed, "viscosity")
    np.testing.assert_array_equal(read.flux, plain.flux)


SUMS = [f"c_s[{k}]" for k in range(1, 7)]
STRESS_ROWS = ["0 300 1000 1 2 3 4 5 6", "10 302 1000 2 3 4 5 6 8", "20 301 1000 0 1 2 2 1 0"]


def test_stress_of_lammps_is_a_density_or_stated(tmp_path: Path) -> None:
    """Pressures of thermodynamic output and of ``compute pressure`` are densities; of other columns the caller states it."""
    of_thermo = read_currents(put(tmp_path, log(STRESS_ROWS)), "viscosity")
    head = "units real\ntimestep 1.0\ncompute s all pressure NULL virial\n"
    shown = read_currents(
        put(tmp_path, log(STRESS_ROWS, f"Step Temp Volume {' '.join(SUMS)}", head)), "viscosity", columns=SUMS
    )
    np.testing.assert_array_equal(shown.flux, of_thermo.flux)
    path = put(tmp_path, log(STRESS_ROWS, f"Step Temp Volume {' '.join(SUMS)}"))
    with pytest.raises(ValueError, match=r"whether 'c_s\[1\]' is a sum over atoms or a density is not stated; give extensive="):
        read_currents(path, "viscosity", columns=SUMS)
    total = read_currents(path, "viscosity", columns=SUMS, extensive=True)
    np.testing.assert_allclose(total.flux, of_thermo.flux / 1000, rtol=1e-13)  # atm Å3 over the 1000 Å3 of the cell
    assert total.provenance["divided by the volume"] is True
    np.testing.assert_array_equal(read_currents(path, "viscosity", columns=SUMS, extensive=False).flux, of_thermo.flux)


@pytest.mark.parametrize(("unit", "factor"), [("bar.A3", 1e5 / 1000), ("eV", 160.2176634e9 / 1000), ("bar", 1e5)])
def test_unit_of_a_stress_states_its_extent(tmp_path: Path, unit: str, factor: float) -> None:
    head = ",".join(f"P{k}_{unit}" for k in ("xx", "yy", "zz", "xy", "xz", "yz"))
    path = put(tmp_path, f"time_fs,{head},T_K,volume_A3\n0,1,2,3,4,5,6,300,1000\n1,0,0,0,7,8,9,300,1000\n", "p.csv")
    flux = read_currents(path, "viscosity").flux
    np.testing.assert_allclose(flux[:3], factor * np.array([[4, 7], [5, 8], [6, 9]]), rtol=1e-9)
    with pytest.raises(ValueError, match=r"extensive=(True|False) contradicts the unit of the current; leave it out"):
        read_currents(path, "viscosity", extensive=unit == "bar")


def dump(n_copy: int = 1) -> str:
    """Two frames of two atoms with stress/atom, heat flux and velocities, ``n_copy`` times side by side along x."""
    frames = []
    for k, step in enumerate((0, 10)):
        atoms = [
            (j + 1, (1, -1)[j % 2], (0.5 + k) * (1, -2)[j % 2], *(k + j % 2 + c for c in range(6))) for j in range(2 * n_copy)
        ]
        lines = "".join(" ".join(map(str, atom)) + "\n" for atom in atoms)
        bounds = f"0 {10 * n_copy}\n0 10\n0 10\n"
        frames.append(
            f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{2 * n_copy}\nITEM: BOX BOUNDS pp pp pp\n{bounds}"
            f"ITEM: ATOMS id q vx c_s[1] c_s[2] c_s[3] c_s[4] c_s[5] c_s[6]\n{lines}"
        )
    return "ITEM: UNITS\nreal\n" + "".join(frames)


RUN_OF_DUMP: dict[str, Any] = {"timestep": 1e-15, "temperature": 300.0}


def test_no_density_of_a_dump_changes_with_the_cell(tmp_path: Path) -> None:
    """Sums over atoms of a cell, and of two of it side by side, are one density: stresses, heat fluxes, electric currents."""
    asked = [
        ("viscosity", {"columns": SUMS, "extensive": True}),
        ("thermal conductivity", {"columns": SUMS[:3], "extensive": True, "atomic_stress": "pairwise"}),
        ("ionic conductivity", {"columns": ["q*vx"]}),
    ]
    for coefficient, settings in asked:
        one, two = (read_currents(put(tmp_path, dump(n), f"{n}.dump"), coefficient, **settings, **RUN_OF_DUMP) for n in (1, 2))
        assert two.volume == pytest.approx(2 * one.volume)
        np.testing.assert_allclose(two.flux, one.flux, rtol=1e-13)
        assert np.abs(one.flux).max() > 0
    with pytest.raises(ValueError, match=r"whether 'c_s\[1\]' is a sum over atoms or a density is not stated"):
        read_currents(put(tmp_path, dump(), "1.dump"), "viscosity", columns=SUMS, **RUN_OF_DUMP)


def test_heat_flux_is_divided_by_the_volume_once(tmp_path: Path) -> None:
    """Extensive as the log's ``compute heat/flux``, by argument, by unit, or a density already: one number."""
    rows, names = ["0 300 1000 1 2 3", "10 300 1000 2 3 5"], "Step Temp Volume c_j[1] c_j[2] c_j[3]"
    head = "units metal\ntimestep 0.001\n"
    settings: dict[str, Any] = {"atomic_stress": "centroid"}
    shown = read_currents(
        put(tmp_path, log(rows, names, head + "compute j all heat/flux k p s\n")), "thermal conductivity", **settings
    )
    np.testing.assert_allclose(shown.flux[:, 0], 1.602176634e-19 * 100 / 1e-27 * np.arange(1, 4), rtol=1e-12)
    columns = [f"v_j[{k}]" for k in (1, 2, 3)]
    total = put(tmp_path, log(rows, names.replace("c_j", "v_j"), head), "total.log")
    density = put(
        tmp_path,
        log(["0 300 1000 1e-3 2e-3 3e-3", "10 300 1000 2e-3 3e-3 5e-3"], names.replace("c_j", "v_j"), head),
        "density.log",
    )
    for path, extensive in ((total, True), (density, False)):
        read = read_currents(path, "thermal conductivity", columns=columns, extensive=extensive, **settings)
        np.testing.assert_allclose(read.flux, shown.flux, rtol=1e-12)
        with pytest.raises(ValueError, match=r"whether 'v_j\[1\]' is a sum over atoms or a density is not stated"):
            read_currents(path, "thermal conductivity", columns=columns, **settings)
    by_unit = read_currents(total, "thermal conductivity", columns=columns, units="eV.A/ps", **settings)
    np.testing.assert_allclose(by_unit.flux, shown.flux, rtol=1e-12)
