"""Studies that derive an electrolyte's transport, and the electronic conductivity of an electrode."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from a2c_pybamm.derivation import derive
from a2c_pybamm.derivation.electrolyte import _from_currents
from a2c_pybamm.files import read_set, save
from a2c_pybamm.laws import CompositeConductivity, ElectrolyteTransport, SingleIonConductor, onsager_from_transport
from a2c_pybamm.parameter_set import ParameterSet, evaluate_entry
from a2c_pybamm.parameter_set.keys import ELECTROLYTE
from a2c_pybamm.study import read_study
from a2c_pybamm.synthetic import LangevinElectrolyte

HEAD = """name = "liquid"
base = "Chen2020"
"""
LIQUID = """
[electrolyte]
material = "salt"
order = 2
temperature_order = 0
temperature_form = "arrhenius"
"""
SPECIES = "".join(
    f"""
[[electrolyte.species]]
name = "{name}"
charge = {z}
mass = {mass}
columns = ["{name}_A"]
"""
    for name, z, mass in (("Li", 1, 6.94), ("PF6", -1, 144.96), ("EC", 0, 88.06))
)
IDEAL = """
[[electrolyte.values]]
concentration = "1 mol/L"
temperature = "298 K"
thermodynamic_factor = 1.0
thermodynamic_factor_std_ln = 0.05
source = "ideal solution"
reason = "particles that ignore one another"
"""
KAPPA = """
[[electrolyte.values]]
concentration = "1 mol/L"
temperature = "{T}"
conductivity = "{value}"
conductivity_std_ln = 0.1
source = "conductivity (measured)"
reason = "a cell"
"""
SOLID = """
[electrolyte]
law = "single-ion-conductor"
material = "LPSCl"
"""
SOLID_VALUE = """
[[electrolyte.values]]
temperature = "{T}"
conductivity = "{value}"
conductivity_std_ln = 0.1
source = "conductivity (measured)"
reason = "a pellet"
"""
PLACES = ((25, 298.0, 1.0), (75, 298.0, 1.0), (25, 330.0, 2.0), (75, 330.0, 2.0))
"""Ion pairs, temperature [K] and factor on all diffusivities of each run."""


def electrolyte(pairs: int, T: float, factor: float) -> LangevinElectrolyte:
    diffusivities = tuple(factor * D for D in (1e-9, 1.5e-9, 2e-9))
    return LangevinElectrolyte(diffusivities, counts=(pairs, pairs, 600), temperature=T)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of four runs, centres of mass of each species."""
    folder, rng = tmp_path_factory.mktemp("runs"), np.random.default_rng(8)
    for pairs, T, factor in PLACES:
        system = electrolyte(pairs, T, factor)
        motion, _ = system.run(1500, interval=2e-12, rng=rng)
        centres = {f"{name}_A": 1e10 * motion.collective[:, k] / motion.counts[k] for k, name in enumerate(motion.species)}
        cell = {"interval_fs": 2000.0, "temperature_K": T, "volume_A3": 1e30 * system.volume}
        np.savez(folder / f"{pairs}_{T:g}.npz", **centres, **cell)  # type: ignore[arg-type]
    return folder


def run_sections() -> str:
    return "".join(
        f"""
[[electrolyte.runs]]
file = "{pairs}_{T:g}.npz"
counts = {{ Li = {pairs}, PF6 = {pairs}, EC = 600 }}
"""
        for pairs, T, _ in PLACES
    )


def drawn(made: ParameterSet, c_e: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draws of ln κ, t₊ and ln L_s at a concentration and 298 K."""
    law, draws = made.attach[ELECTROLYTE[0]].law, made.joint.draw(400, np.random.default_rng(1))
    assert isinstance(law, ElectrolyteTransport)
    c, place = {name: draws[:, k] for k, name in enumerate(made.joint.names)}, (c_e, 298.0)
    return (
        np.log(law.electrolyte_conductivity(c, *place)),
        law.cation_transference_number(c, *place),
        np.log(law.salt_onsager_coefficient(c, *place)),
    )


def study(folder: Path, *sections: str) -> Path:
    path = folder / "study.toml"
    path.write_text(HEAD + "".join(sections), encoding="utf-8")
    return path


def test_runs_give_the_electrolyte_that_made_them(runs: Path, tmp_path: Path) -> None:
    made = derive(read_study(study(runs, LIQUID, SPECIES, run_sections(), IDEAL)))
    assert set(made.attach) == set(ELECTROLYTE)
    law = made.attach[ELECTROLYTE[0]].law
    assert isinstance(law, ElectrolyteTransport)
    system = electrolyte(*PLACES[1])
    frame = np.eye(3)
    frame[:2, 2] = -np.array(system.counts[:2]) / system.counts[2]
    L = (frame @ system.onsager_matrix @ frame.T)[:2, :2]
    K = L[0, 0] + L[1, 1] - 2 * L[0, 1]
    transport = (96485.33212**2 * K, (L[0, 0] - L[0, 1]) / K, (L[0, 0] * L[1, 1] - L[0, 1] ** 2) / K)
    for found, truth in zip(drawn(made, 1500.0), (np.log(transport[0]), transport[1], np.log(transport[2])), strict=True):
        assert abs(found.mean() - truth) < 4 * found.std()
        assert found.std() < 0.2
    sources = list(made.joint.sources)
    assert "salt MD 1.5 mol/L, 298 K (sampling)" in sources
    assert "ideal solution" in sources
    assert "κ" in made.notes["salt run at 1.5 mol/L, 298 K"]
    save(made, tmp_path / "set.json")
    again = read_set(tmp_path / "set.json")
    for key in ELECTROLYTE:
        arguments = np.array([10.0, 1000.0, 4000.0]), np.array([250.0, 298.0, 340.0])
        np.testing.assert_allclose(
            evaluate_entry(made.nominal(), key, *arguments), evaluate_entry(again.nominal(), key, *arguments), rtol=1e-12
        )


def test_values_at_one_place_all_count(tmp_path: Path) -> None:
    others = """
[[electrolyte.values]]
concentration = "1 mol/L"
temperature = "298 K"
transference_number = 0.3
transference_number_std = 0.02
diffusivity = "3e-10 m2/s"
diffusivity_std_ln = 0.1
thermodynamic_factor = 2.0
thermodynamic_factor_std_ln = 0.1
source = "cells"
reason = "polarisation"
"""
    kappas = [
        KAPPA.format(T="298 K", value="9 mS/cm"),
        KAPPA.format(T="298 K", value="1.1 S/m"),
        KAPPA.format(T="318 K", value="14 mS/cm"),
    ]
    warm = others.replace("298 K", "318 K").replace("cells", "warm cells")
    made = derive(read_study(study(tmp_path, LIQUID, *kappas, others, warm)))
    assert {f"conductivity, run {k} (measured)" for k in (1, 2, 3)} <= set(made.joint.sources)
    kappa, _, _ = drawn(made, 1000.0)
    of_two = 0.1 / np.sqrt(2)
    assert abs(kappa.mean() - np.log([0.9, 1.1]).mean()) < of_two  # the prior draws by less than the standard error
    assert kappa.std() < 1.15 * of_two


def test_solid_conductor_has_one_ion(tmp_path: Path) -> None:
    values = [SOLID_VALUE.format(T=T, value=value) for T, value in (("300 K", "0.3 S/m"), ("340 K", "0.9 S/m"))]
    made = derive(read_study(study(tmp_path, SOLID, *values)))
    assert set(made.attach) == {ELECTROLYTE[0], ELECTROLYTE[2]}
    law = made.attach[ELECTROLYTE[0]].law
    assert isinstance(law, SingleIonConductor)
    conductivity = evaluate_entry(made.nominal(), ELECTROLYTE[0], np.array([1000.0, 50.0]), np.array([300.0, 340.0]))
    np.testing.assert_allclose(conductivity, [0.3, 0.9], rtol=1e-9)
    assert (evaluate_entry(made.nominal(), ELECTROLYTE[2], np.array([1000.0]), np.array([300.0])) == 1).all()


def test_electronic_conductivity_by_a_declared_mixing(tmp_path: Path) -> None:
    section = """
[positive]
material = "NMC"
[positive.conduction]
whole_electrode = true
mixing = "upper"
mixing_std_ln = 1.0
carbon_fraction = 0.1
active_conductivity = "0.02 S/m"
active_std_ln = 1.0
carbon_conductivity = "1 S/cm"
carbon_std_ln = 0.5
source = "conductivities (literature)"
reason = "pellets"
"""
    made = derive(read_study(study(tmp_path, section)))
    key = "Positive electrode conductivity [S.m-1]"
    law = made.attach[key].law
    assert isinstance(law, CompositeConductivity)
    assert set(made.joint.sources) == {"conductivities (literature)", "NMC conductivity (law of mixing)"}
    # Hashin and Shtrikman: carbon around the active material
    active, carbon, share = 0.02, 100.0, 0.9
    bound = carbon + share / (1 / (active - carbon) + (1 - share) / (3 * carbon))
    assert evaluate_entry(made.nominal(), key, np.array([0.5]), np.array([300.0]))[0] == pytest.approx(bound, rel=1e-9)


LAMMPS_CURRENT = """
[[electrolyte.currents]]
file = "j.dat"
temperature = "300 K"
volume = "8 nm3"
units = "real"
timestep = "2 fs"
columns = ["c_j[1]", "c_j[2]", "c_j[3]"]
extensive = {extensive}
run = -1
"""


def test_currents_of_lammps_give_the_conductivity(tmp_path: Path) -> None:
    """White noise of a known spectrum: sums over atoms, of the file's last part alone."""
    rng, size = np.random.default_rng(4), 0.3
    parts = [rng.normal(0, scale, (800, 3)) for scale in (40 * size, size)]
    head = "# Time-averaged data for fix j\n# TimeStep c_j[1] c_j[2] c_j[3]\n"
    rows = ["".join(f"{10 * k} {x} {y} {z}\n" for k, (x, y, z) in enumerate(part)) for part in parts]
    (tmp_path / "j.dat").write_text("".join(head + text for text in rows), encoding="utf-8")
    entry = read_study(study(tmp_path, SOLID, LAMMPS_CURRENT.format(extensive="true"))).electrolyte
    assert entry is not None
    (_, T), estimate = _from_currents("LPSCl", entry.currents[0], np.nan)
    current = size * 1.602176634e-14 / 8e-27  # e.A/fs over the volume
    exact = 8e-27 / (1.380649e-23 * 300) * current**2 * 20e-15 / 2
    assert T == 300.0
    assert abs(estimate.mean[0] - np.log(exact)) < 3 * estimate.std[0]
    assert estimate.std[0] < 0.1
    with pytest.raises(ValueError, match=r"extensive: must be true or false") as caught:
        read_study(study(tmp_path, SOLID, LAMMPS_CURRENT.format(extensive='"yes"')))
    assert len(str(caught.value).splitlines()) == 1


ATOMS = "".join(f'\n[[electrolyte.species]]\nname = "{name}"\ncharge = {z}\n' for name, z in (("Li", 1), ("Cl", -1), ("EC", 0)))
OF_ATOMS = '\n[[electrolyte.runs]]\nfile = "run.dump"\n{key}\n'
OF_CENTRES = '\n[[electrolyte.runs]]\nfile = "a.npz"\ncounts = {{ {counts} }}\n'


@pytest.mark.parametrize(
    ("sections", "line"),
    [
        *(
            ([LIQUID, ATOMS, OF_ATOMS.format(key=key)], f"run run.dump: {key.split()[0]} is not read of a trajectory")
            for key in ('units = "real"', 'timestep = "1 fs"', "counts = { Li = 5, Cl = 5, EC = 9 }")
        ),
        (
            [
                SOLID.replace('"LPSCl"', '"LPSCl"\nion = "Li"'),
                '\n[[electrolyte.trajectories]]\nfile = "run.dump"\nunits = "real"\n',
            ],
            "run run.dump: units is not read of a trajectory",
        ),
        (
            [LIQUID, SPECIES.replace("charge = 1\n", "charge = 2\n"), OF_CENTRES.format(counts="Li = 5, PF6 = 10, EC = 9")],
            "ions are Li \\+2, PF6 -1; the law is of a 1:1 salt",
        ),
        (
            [
                *(LIQUID, SPECIES, SPECIES[: SPECIES.index("\n[[", 1)].replace("Li", "Na")),
                OF_CENTRES.format(counts="Li = 5, Na = 5, PF6 = 10, EC = 9"),
            ],
            "ions are Li \\+1, PF6 -1, Na \\+1; the law is of a 1:1 salt",
        ),
    ],
)
def test_runs_that_the_law_or_the_reader_do_not_take(sections: list[str], line: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=line) as caught:
        read_study(study(tmp_path, *sections))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("sections", "line"),
    [
        ([LIQUID], "electrolyte: nothing is derived here"),
        (
            [LIQUID, SPECIES, IDEAL, '[[electrolyte.runs]]\nfile = "a.npz"\ncounts = { Li = 5 }\n'],
            "counts must name each of EC, Li, PF6",
        ),
        ([LIQUID.replace("order = 2", 'order = 2\nsolvent = ["DMC"]'), SPECIES, IDEAL], "solvent 'DMC' is none of the species"),
        ([LIQUID, SPECIES.replace("mass = 6.94", ""), IDEAL], "species 'Li' needs a mass"),
        ([LIQUID, IDEAL.replace("thermodynamic_factor_std_ln = 0.05", "")], "go together; give both, or none"),
        ([LIQUID.replace("[electrolyte]", '[electrolyte]\nlaw = "newman"'), IDEAL], "'newman' is no law of an electrolyte"),
        ([SOLID, KAPPA.format(T="300 K", value="1 S/m")], "a solid's conductivity has no concentration"),
        ([SOLID, SOLID_VALUE.format(T="300 K", value="1 S/m")] * 1, "temperature"),
        ([LIQUID, IDEAL], "no run gives"),
    ],
)
def test_mistake_is_one_line(sections: list[str], line: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=line.split(" (")[0]) as caught:
        derive(read_study(study(tmp_path, *sections)))
    assert len(str(caught.value).splitlines()) == 1
    assert "electrolyte" in str(caught.value)


def test_drawn_matrices_are_positive(runs: Path) -> None:
    made = derive(read_study(study(runs, LIQUID, SPECIES, run_sections(), IDEAL)))
    law = made.attach[ELECTROLYTE[0]].law
    assert isinstance(law, ElectrolyteTransport)
    draws = made.joint.draw(200, np.random.default_rng(1))
    c = {name: draws[:, k, None] for k, name in enumerate(made.joint.names)}
    salt = np.geomspace(1.0, 5000.0, 7)
    kappa = law.electrolyte_conductivity(c, salt, 260.0)
    matrices = onsager_from_transport(
        kappa, law.cation_transference_number(c, salt, 260.0), law.salt_onsager_coefficient(c, salt, 260.0)
    )
    assert (np.linalg.eigvalsh(matrices) > 0).all()
