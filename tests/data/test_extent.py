"""Amounts that numbers are of: what each record states, conversions, refusals, and numbers that no larger cell changes."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ase.io
import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

import a2c_pybamm as a2c
from a2c_pybamm import data
from a2c_pybamm.data import CurrentSeries, EnergyTable, Extent, MigrationPath, StrainedStresses, ThermalTable, Vibrations
from a2c_pybamm.estimators import (
    fit_barrier,
    fit_end_members,
    fit_site_volume,
    fit_volume,
    harmonic,
    hull_voltages,
    insertion_energies,
    pressure_fluctuation,
    validate_voltages,
    viscous_stress,
)
from a2c_pybamm.laws import CrystalVolume, RedlichKister, SiteDensity
from a2c_pybamm.readers import read_density_of_states, read_frequencies, read_structures, read_thermal
from tests.estimators.mechanics.strained_crystals import PAIRS

QUANTITY = re.compile(r"\[(J|m3|Pa|kg|A\.m-2|W\.m-2)\b")
"""Units of quantities that are of an amount, at the beginning of a unit."""
RECORDS = [
    value
    for _, value in sorted(vars(data).items())
    if dataclasses.is_dataclass(value) and "provenance" in value.__annotations__
]
"""Records that readers return."""
PAGE = Path(__file__).parents[2] / "docs" / "intensive-extensive.md"
X = np.linspace(0, 1, 9)
SITES = 4


def host(extent: Extent = Extent.SITE, factor: float = 1.0) -> EnergyTable:
    """Energies and volumes of a regular solution, times a factor."""
    energy = factor * (-3.9 * 96485.33212 * X + 2e4 * X * (1 - X))
    names = tuple(f"s{k}" for k in range(len(X)))
    volume = factor * (1.9e-5 + 1e-6 * X)
    ensemble = np.column_stack([energy, 1.01 * energy])
    converged = np.ones(len(X), bool)
    return EnergyTable("host", X, energy, names, converged, volume, ensemble=ensemble, members=("a", "b"), extent=extent)


def modes(extent: Extent = Extent.SITE, factor: float = 1.0) -> Vibrations:
    return Vibrations("host", np.array([3e12, 9e12]), factor * np.array([1.0, 2.0]), extent=extent)


def thermal(extent: Extent = Extent.SITE, factor: float = 1.0) -> ThermalTable:
    T = np.array([200.0, 300.0, 400.0])
    return ThermalTable("host", T, factor * -10 * T, factor * 0.1 * T, factor * 0.1 * T, extent=extent)


def currents(flux: np.ndarray, volume: float, extent: Extent = Extent.VOLUME) -> CurrentSeries:
    return CurrentSeries(data.TransportCoefficient.IONIC_CONDUCTIVITY, flux, 1e-15, 300.0, volume, extent=extent)


def stresses(extent: Extent = Extent.VOLUME, factor: float = 1.0) -> a2c.StressSeries:
    values = factor * np.random.default_rng(1).normal(size=(400, 6)) * 1e8
    return a2c.StressSeries(values, data.StressKind.VIRIAL, 1e-15, 300.0, 1e-27, 8, np.eye(6) * 1e11, extent=extent)


def field_texts(record: type) -> dict[str, str]:
    """Text under each field of a record."""
    body = ast.parse(inspect.getsource(record)).body[0].body  # type: ignore[attr-defined]
    pairs = itertools.pairwise(body)
    return {
        field.target.id: text.value.value  # type: ignore[union-attr, attr-defined]
        for field, text in pairs
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_records_state_what_their_numbers_are_of(record: type) -> None:
    """Each field with energy, volume, mass, stress or flux stands in ``extents`` of its record, which names fields alone."""
    extents = getattr(record, "extents", {})
    fields = {item.name for item in dataclasses.fields(record)}
    assert set(extents) <= fields
    needed = {name for name, text in field_texts(record).items() if QUANTITY.search(text)} - {"masses"}
    assert needed <= set(extents), f"add {sorted(needed - set(extents))} to {record.__name__}.extents (a2c_pybamm/data)"


def test_page_has_the_table_of_all_records() -> None:
    """The table of docs/intensive-extensive.md is what the records state, a row for each record and amount."""
    rows = []
    for record in RECORDS:
        extents = getattr(record, "extents", {})
        for extent in dict.fromkeys(extents.values()):
            names = ", ".join(f"`{name}`" for name, own in extents.items() if own is extent)
            rows.append(f"| `{record.__name__}` | {names} | {extent} |")
    section = PAGE.read_text(encoding="utf-8").partition("## Records")[2].partition("##")[0]
    table = [line for line in section.splitlines() if line.startswith("| `")]
    assert table == rows


def test_energies_of_a_cell_are_converted() -> None:
    """Of cells of one size, of several, and of a formula unit."""
    wanted = host()
    for sites in (SITES, np.arange(1, len(X) + 1)):
        of_cells = host(Extent.SIMULATION_CELL)
        scaled = dataclasses.replace(
            of_cells, energy=of_cells.energy * sites, volume=of_cells.volume * sites,
            ensemble=of_cells.ensemble * np.broadcast_to(sites, len(X))[:, None],
        )  # fmt: skip
        found = scaled.per_site(sites=sites)
        for name in ("energy", "volume", "ensemble"):
            np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-14)
        assert found.extent is Extent.SITE
        assert found.provenance["conversion"] == "per simulation cell to per site, divided by sites"
    of_formula = host(Extent.FORMULA_UNIT, 2.0).per_site(sites=2)
    np.testing.assert_allclose(of_formula.energy, wanted.energy, rtol=1e-14)


def test_vibrations_and_tables_are_converted() -> None:
    for made in (modes, thermal):
        cell = made(Extent.SIMULATION_CELL, 4.0).per_site(sites=4)  # type: ignore[operator]
        np.testing.assert_allclose(harmonic(cell, 300.0), harmonic(made(), 300.0), rtol=1e-14)  # type: ignore[operator]


def test_stress_times_volume_is_converted() -> None:
    found = stresses(Extent.SIMULATION_CELL, 1e-27).per_volume()
    np.testing.assert_allclose(found.stresses, stresses().stresses, rtol=1e-14)
    flux = np.random.default_rng(2).normal(size=(3, 64))
    np.testing.assert_allclose(currents(flux * 1e-27, 1e-27, Extent.SIMULATION_CELL).per_volume().flux, flux, rtol=1e-14)


EXTENSIVE: list[tuple[Callable[[Any], Any], Any, str]] = [
    (lambda table: a2c.fit_free_energy(table, RedlichKister("host", 1), energy_std=100.0), host, "per_site"),
    (lambda table: fit_end_members(table, RedlichKister("host", 0), energy_std=100.0), host, "per_site"),
    (lambda table: fit_site_volume(table, SiteDensity("host")), host, "per_site"),
    (lambda table: fit_volume(table, CrystalVolume("host", 1), source="s"), host, "per_site"),
    (hull_voltages, host, "per_site"),
    (validate_voltages, host, "per_site"),
    (lambda table: insertion_energies(table, sites=8), host, "per_site"),
    (lambda vibrations: harmonic(vibrations, 300.0), modes, "per_site"),
    (lambda table: harmonic(table, 300.0), thermal, "per_site"),
    (
        lambda series: a2c.fit_elastic_fluctuations(series, material="X", source="s", point_group="m-3m"),
        stresses,
        "per_volume",
    ),
    (
        lambda series: a2c.fit_green_kubo(series, name="X ln(sigma [S.m-1])", source="s"),
        lambda extent: currents(np.ones((1, 64)), 1e-27, extent),
        "per_volume",
    ),
    (lambda series: series.kubo_factor, lambda extent: currents(np.ones((1, 64)), 1e-27, extent), "per_volume"),
]


@pytest.mark.parametrize(("estimator", "made", "remedy"), EXTENSIVE)
def test_extensive_numbers_are_refused(estimator: Callable[[Any], Any], made: Callable[[Extent], Any], remedy: str) -> None:
    with pytest.raises(ValueError, match=rf"its numbers are per simulation cell, and .* is needed; convert them by {remedy}"):
        estimator(made(Extent.SIMULATION_CELL))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: host(Extent.VOLUME), "extent is 'per volume'; write one of 'per site', 'per formula unit', 'per simulation"),
        (lambda: stresses(Extent.SITE), "extent is 'per site'; write one of 'per volume', 'per simulation cell'"),
        (lambda: host("by hand"), "extent is 'by hand'; write one of"),  # type: ignore[arg-type]
        (lambda: host().per_site(sites=2), "per site already; leave per_site out"),
        (lambda: stresses().per_volume(), "per volume already; leave per_volume out"),
        (lambda: currents(np.ones((1, 4)), 1.0).per_volume(), "a density already; leave per_volume out"),
        (lambda: host(Extent.SIMULATION_CELL).per_site(sites=0), "sites must be positive and finite, one for all or 9; got 0"),
        (lambda: host(Extent.SIMULATION_CELL).per_site(sites=[1, 2]), "one for all or 9"),
        (lambda: modes(Extent.SIMULATION_CELL).per_site(sites=np.nan), "must be positive and finite"),
    ],
)
def test_conversions_refuse_what_is_none(wrong: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        wrong()


# A cell of twice the size: two single cells side by side.


def test_files_of_twice_the_cell_give_the_same_energies(tmp_path: Path) -> None:
    head = "structure,x,energy_eV,volume_A3,n_site\nLi_metal,,-1.9,20,1\n"
    tables = []
    for n in (1, 2):
        rows = "".join(f"s{k},{x},{n * (-8 - 6 * x)!r},{n * (30 + x)!r},{n}\n" for k, x in enumerate(X.tolist()))
        (tmp_path / "cells.csv").write_text(head + rows, encoding="utf-8")
        tables.append(
            a2c.read_energies(tmp_path / "cells.csv", energy_of="cell", sites_column="n_site", volume_column="volume_A3")
        )
    for name in ("energy", "volume"):
        np.testing.assert_allclose(getattr(tables[1], name), getattr(tables[0], name), rtol=1e-13)
    assert tables[0].provenance["conversion"] == "per simulation cell to per site, divided by column 'n_site'"
    for fit in (
        lambda table: a2c.fit_free_energy(table, RedlichKister("host", 1), energy_std=100.0),
        lambda table: fit_site_volume(table, SiteDensity("host")),
        lambda table: fit_volume(table, CrystalVolume("host", 1), source="s"),
    ):
        one, two = map(fit, tables)
        np.testing.assert_allclose(two.mean, one.mean, rtol=1e-9)
        np.testing.assert_allclose(two.covariance, one.covariance, rtol=1e-7, atol=1e-30)


def test_structures_of_twice_the_cell_give_the_same_energies(tmp_path: Path) -> None:
    tables = []
    for n in (1, 2):
        frames = []
        for symbols, energy in (("CoO2", -20.0), ("LiCoO2", -25.9), ("Li", -1.9)):
            atoms = Atoms(symbols, positions=np.arange(3 * len(Atoms(symbols))).reshape(-1, 3) * 0.7, cell=[4, 4, 5], pbc=True)
            atoms = atoms.repeat((n, 1, 1))
            atoms.calc = SinglePointCalculator(atoms, energy=n * energy)
            frames.append(atoms)
        ase.io.write(tmp_path / "all.extxyz", frames)
        tables.append(read_structures(tmp_path / "all.extxyz", label="m", framework="Co"))
    for name in ("x", "energy", "volume"):
        np.testing.assert_allclose(getattr(tables[1], name), getattr(tables[0], name), rtol=1e-12)
    assert tables[0].provenance["conversion"] == "per simulation cell to per site, divided by 1 sites for each Co"


def test_vibrations_of_twice_the_cell_give_the_same_entropy(tmp_path: Path) -> None:
    """Lists of frequencies, densities of states and printed tables, each with its number of sites."""
    results = []
    for n in (1, 2):
        (tmp_path / "f.csv").write_text("frequency_THz\n" + "3\n5\n8\n" * n, encoding="utf-8")
        (tmp_path / "dos.csv").write_text(
            "frequency_THz,dos_per_THz\n" + "".join(f"{f},{n * v}\n" for f, v in ((1, 0), (2, 1), (3, 2), (4, 0))),
            encoding="utf-8",
        )
        rows = "".join(f"{T},{-n * 0.01 * T!r},{n * 0.1 * T!r},{n * 0.2 * T!r}\n" for T in (200, 300, 400))
        (tmp_path / "t.csv").write_text(
            "T_K,F_vib_kJ_per_mol_cell,S_J_per_K_mol_cell,Cv_J_per_K_mol_cell\n" + rows, encoding="utf-8"
        )
        read = (
            read_frequencies(tmp_path / "f.csv", sites=n),
            read_density_of_states(tmp_path / "dos.csv", sites=n),
            read_thermal(tmp_path / "t.csv", sites=n),
        )
        results.append([harmonic(record, 300.0) for record in read])
    np.testing.assert_allclose(results[1], results[0], rtol=1e-13)


def test_strained_cell_of_twice_the_size_has_the_same_constants() -> None:
    steps = 5e-3 * np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    strains = np.vstack([np.outer(steps, direction) for direction in PAIRS])
    stiffness = np.diag([60e9] * 3 + [90e9] * 3)
    stiffness[:3, :3] += 110e9
    energies = 1e-28 / 2 * np.einsum("ni,ij,nj->n", strains, stiffness, strains)
    one = StrainedStresses(strains, 1e-28, energies=energies)
    two = StrainedStresses(strains, 2e-28, energies=2 * energies)
    settings: dict[str, Any] = {"material": "Cu", "source": "s", "point_group": "m-3m", "fit_to": "energies"}
    fits = [a2c.fit_elastic_tensor(cell, **settings) for cell in (one, two)]
    np.testing.assert_allclose(fits[1].mean, fits[0].mean, rtol=1e-9)


def test_barrier_counts_one_hop_whatever_else_the_cell_holds() -> None:
    s = np.linspace(0, 1, 7)
    energy = 3e4 * np.sin(np.pi * s) ** 2
    barriers = [
        fit_barrier(MigrationPath("m", 3e-10 * s, energy + rest - rest, None), name="X E_a [eV]", source="s").mean[0]
        for rest in (0.0, 1e6)
    ]
    assert barriers[1] == pytest.approx(barriers[0], rel=1e-9)


def test_current_of_twice_the_cell_has_the_same_conductivity() -> None:
    """Two runs of one cell, and their sum and difference as two runs of the cell of twice the size: equal to round-off.

    The spectra of J1 + J2 and J1 - J2 have the mean of twice that of J1 and J2, of a cell of twice the volume.
    """
    rng = np.random.default_rng(5)
    flux = np.zeros((2, 2048))
    for k in range(1, 2048):
        flux[:, k] = 0.8 * flux[:, k - 1] + rng.normal(size=2)
    flux -= flux.mean(axis=1, keepdims=True)
    pair = np.stack([flux[0] + flux[1], flux[0] - flux[1]])
    volume = 1e-27
    fits = [
        a2c.fit_green_kubo(series.per_volume(), name="X ln(sigma [S.m-1])", source="s")
        for series in (
            currents(volume * flux, volume, Extent.SIMULATION_CELL),
            currents(volume * pair, 2 * volume, Extent.SIMULATION_CELL),
        )
    ]
    assert fits[1].mean[0] == pytest.approx(fits[0].mean[0], abs=1e-9)


def test_stress_of_twice_the_cell_has_the_same_viscosity() -> None:
    """Sums over atoms of one cell and of two side by side that are alike, and the stress itself: one series."""
    stress = np.random.default_rng(6).normal(size=(6, 16)) * 1e7
    settings: dict[str, Any] = {"interval": 1e-15, "temperature": 300.0}
    for made in (viscous_stress, pressure_fluctuation):
        wanted = made(stress, volume=1e-27, extent="per volume", **settings).flux
        for n in (1, 2):
            sums = made(n * 1e-27 * stress, volume=n * 1e-27, extent="per simulation cell", **settings)
            np.testing.assert_allclose(sums.flux, wanted, rtol=1e-12, atol=1e-9)


def test_motion_of_twice_the_cell_has_the_same_diffusivity_and_current() -> None:
    rng = np.random.default_rng(7)
    walk = np.cumsum(rng.normal(size=(400, 4, 3)) * 1e-11, axis=0)
    rest = np.broadcast_to(rng.uniform(0, 1e-9, (1, 4, 3)), (400, 4, 3))
    one = np.concatenate([walk, rest], axis=1)
    means, currents_of = [], []
    for n in (1, 2):
        species, masses = ("Li",) * 4 + ("S",) * 4, np.repeat([1e-26, 5e-26], 4)
        positions = np.concatenate([one] * n, axis=1)
        trajectory = a2c.Trajectory(positions, species * n, np.tile(masses, n), 1e-13, 600.0)
        msd = a2c.mean_squared_displacement(trajectory, "Li")
        means.append(msd.value)
        velocities = a2c.Velocities(np.diff(positions, axis=0) / 1e-13, species * n, np.tile(masses, n), 1e-13, 600.0)
        currents_of.append(a2c.ionic_current(velocities, {"Li": 1, "S": -1}, volume=n * 1e-27).flux)
    np.testing.assert_allclose(means[1], means[0], rtol=1e-9)
    np.testing.assert_allclose(currents_of[1], currents_of[0], rtol=1e-9, atol=1e-3)


def test_surface_of_twice_the_size_has_the_same_density() -> None:
    one, two = (a2c.SurfaceSites.counted("s", n, n * 1e-19) for n in (3, 6))
    assert one.density == pytest.approx(two.density, rel=1e-14)
