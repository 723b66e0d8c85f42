"""Small good files of every kind that the readers take, each with the call that reads it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ase
import ase.db
import ase.io
import numpy as np
from ase.calculators.singlepoint import SinglePointCalculator

from a2c_pybamm.readers import (
    SpeciesGroup,
    read_activities,
    read_charge_transfer_barriers,
    read_chemical_potentials,
    read_currents,
    read_density_of_states,
    read_drive_cycle,
    read_electrolyte_motion,
    read_energies,
    read_frequencies,
    read_hop_frequencies,
    read_image_energies,
    read_insertion_energies,
    read_neb,
    read_phonopy,
    read_sites,
    read_structures,
    read_surface_sites,
    read_thermal,
    read_trajectory,
    read_velocities,
)
from tests.vasp_runs import vasprun

MOTION: dict[str, Any] = {"interval": 1e-12, "temperature": 700.0, "inertial": False}
SERIES: dict[str, Any] = {"temperature": 300.0, "volume": 1e-26}
PAIR = (
    SpeciesGroup("Li", 1, 2, 6.94, ("c_c[1]", "c_c[2]", "c_c[3]")),
    SpeciesGroup("Cl", -1, 2, 35.45, ("c_c[4]", "c_c[5]", "c_c[6]")),
)
READ: dict[str, Callable[[Path], object]] = {
    "energies": read_energies,
    "potentials": read_chemical_potentials,
    "insertion": lambda path: read_insertion_energies(path, sites=4, lithium="-1.9 eV"),
    "charge transfer": lambda path: read_charge_transfer_barriers(path, std="20 meV"),
    "slab": read_surface_sites,
    "drive": read_drive_cycle,
    "images": lambda path: read_image_energies(path, label="x"),
    "hop": read_hop_frequencies,
    "frequencies": lambda path: read_frequencies(path, sites=1),
    "list": lambda path: read_frequencies(path, sites=1, unit="THz"),
    "dos": lambda path: read_density_of_states(path, sites=1, density_column="dos_per_THz_per_cell"),
    "thermal": lambda path: read_thermal(path, sites=1),
    "phonopy": lambda path: read_phonopy(path, sites=1, mesh=(2, 2, 2)),
    "structures": lambda path: read_structures(path, label="x", framework="Co", lithium="-1.9 eV"),
    "neb": read_neb,
    "sites": lambda path: read_sites(path, species="Li"),
    "motion": lambda path: read_trajectory(path, **MOTION),
    "typed": lambda path: read_trajectory(path, symbols=["Li", "Li", "S"], **MOTION),
    "velocities": lambda path: read_velocities(path, **MOTION),
    "stress": lambda path: read_currents(path, "viscosity", **SERIES),
    "current": lambda path: read_currents(
        path, "ionic conductivity", columns=["c_j"], units="real", timestep=1e-15, extensive=True, **SERIES
    ),
    "series": lambda path: read_currents(path, "ionic conductivity", **SERIES),
    "arrays": lambda path: read_currents(path, "ionic conductivity", **SERIES),
    "table": lambda path: read_currents(
        path, "thermal conductivity", columns=["c_f[1]", "c_f[2]"], units="real", timestep=1e-15, extensive=True, **SERIES
    ),
    "centres": lambda path: read_electrolyte_motion(path, PAIR, units="real", timestep=1e-15, **SERIES),
    "activities": lambda path: read_activities(path, scale="molar", temperature=300.0),
}
"""Readers by a short name."""

TEXTS = {
    "energies.csv": (
        "energies",
        "structure,x,energy_eV\nLi_metal,1,-1.9\nempty,0.0,-17.0\nhalf,0.5,-20.0\nfull,1.0,-22.5\n",
    ),
    "potentials.csv": ("potentials", "x,T_K,mu_eV\n0.2,300,-3.9\n0.5,300,-3.8\n0.8,300,-3.7\n"),
    "insertion.csv": ("insertion", "n,energy_eV\n0,-240\n1,-246\n2,-251.8\n3,-257.5\n4,-263.1\n"),
    "barriers.csv": (
        "charge transfer",
        "potential_V,T_K,reduction_eV,oxidation_eV\n3.8,300,0.55,0.65\n3.9,300,0.6,0.6\n4.0,340,0.65,0.55\n",
    ),
    "drive.csv": ("drive", "time_s,current_A\n0,1\n1,2\n2,-1\n"),
    "images.csv": ("images", "image,energy_eV\n0,-3.0\n1,-2.5\n2,-3.0\n"),
    "hop.json": ("hop", '{"partial_hessian_THz": {"initial": [9, 10, 11], "saddle": [-3, 9, 12]}}\n'),
    "frequencies.csv": ("frequencies", "mode,frequency_THz\n1,-0.1\n2,3.0\n3,5.0\n4,7.5\n"),
    "list.txt": ("list", "# THz\n3.0\n5.0\n7.5\n"),
    "dos.csv": ("dos", "frequency_THz,dos_per_THz_per_cell\n0,0\n1,1\n2,2\n3,1\n4,0\n"),
    "thermal.csv": (
        "thermal",
        "T_K,F_vib_kJ_per_mol_cell,S_J_per_K_mol_cell,Cv_J_per_K_mol_cell\n0,9,0,0\n100,8.5,9,20\n200,7,30,50\n",
    ),
    "thermal.yaml": (
        "thermal",
        "unit:\n  temperature:   K\n  free_energy:   kJ/mol\n  entropy:       J/K/mol\n  heat_capacity: J/K/mol\n"
        "num_modes: 12\nnum_integrated_modes: 12\nthermal_properties:\n"
        + "".join(
            f"- temperature: {t:.7f}\n  free_energy: {f:.7f}\n  entropy: {s:.7f}\n  heat_capacity: {c:.7f}\n"
            for t, f, s, c in ((0, 9, 0, 0), (100, 8.5, 9, 20), (200, 7, 30, 50))
        ),
    ),
    "POSCAR": ("sites", "Li S\n1.0\n5 0 0\n0 5 0\n0 0 5\nLi S\n2 1\nDirect\n0 0 0\n0.5 0.5 0\n0.5 0 0.5\n"),
    "sites.cif": (
        "sites",
        "data_x\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
        "_cell_angle_gamma 90\nloop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n"
        "_atom_site_fract_z\nLi1 Li 0 0 0\nS1 S 0.5 0.5 0.5\n",
    ),
}
TEXTS |= {
    "run.log": (
        "stress",
        "LAMMPS (22 Jul 2025)\nunits real\ntimestep 1.0\nPer MPI rank memory allocation\n"
        "   Step Temp Pxx Pyy Pzz Pxy Pxz Pyz\n"
        + "".join(f"{10 * k:8d} 300.{k} 1 2 3 4 5 {k}\n" for k in range(8))
        + "Loop time of 1\nrun 20\nPer MPI rank memory allocation\n---\n"
        "keywords: ['Step', 'Temp', 'Pxx', 'Pyy', 'Pzz', 'Pxy', 'Pxz', 'Pyz', ]\ndata:\n"
        + "".join(f"  - [{10 * k}, 300, 1, 2, 3, 4, 5, {k}, ]\n" for k in range(7, 10))
        + "...\nLoop time of 1\n",
    ),
    "average.dat": (
        "current",
        "# Time-averaged data for fix a\n# TimeStep c_j\n" + "".join(f"{5 * k} {0.1 * k - 0.3:.3f}\n" for k in range(9)),
    ),
    "table.dat": (
        "table",
        "# Time-averaged data for fix a\n# TimeStep Number-of-rows\n# Row c_f\n"
        + "".join(f"{5 * k} 2\n1 {k}\n2 -{k}.5\n" for k in range(9)),
    ),
    "table.yaml": (
        "table",
        "# Time-averaged data for fix a\n# TimeStep Number-of-rows\n# Row c_f\n---\nkeywords: ['c_f', ]\ndata:\n"
        + "".join(f"  {5 * k}:\n  - [{k}.5, ]\n  - [-{k}.5, ]\n" for k in range(9))
        + "...\n",
    ),
    "centres.dat": (
        "centres",
        "# Time-averaged data for fix a\n# TimeStep c_c[1] c_c[2] c_c[3] c_c[4] c_c[5] c_c[6]\n"
        + "".join(f"{5 * k} 1 2 3 4 5 {k}\n" for k in range(9)),
    ),
    "series.csv": ("series", "time_ps,j_e.A/fs\n" + "".join(f"{k},{k % 3}\n" for k in range(9))),
    "activities.csv": ("activities", "c_mol/L,gamma\n0.1,0.8\n0.5,0.7\n1,0.65\n2,0.7\n"),
}

ENTRIES: list[dict[str, Any]] = [
    {
        "@class": "ComputedStructureEntry",
        "energy": -40.0,
        "composition": {"Co": 1.0, "O": 2.0},
        "correction": -0.7,
        "energy_adjustments": [{"@class": "CompositionEnergyAdjustment", "adj_per_atom": -0.35, "n_atoms": 2}],
        "entry_id": "mp-1",
        "parameters": {"run_type": "GGA+U", "hubbards": {"Co": 3.32}, "potcar_symbols": ["PBE Co", "PBE O"]},
        "data": {"converged": True},
        "structure": {
            "lattice": {"matrix": [[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0]]},
            "sites": [{"species": [{"element": symbol, "occu": 1}]} for symbol in ("Co", "O", "O")],
        },
    },
    {"@class": "ComputedEntry", "energy": -44.0, "composition": {"Li": 1.0, "Co": 1.0, "O": 2.0}, "correction": -0.7},
]
"""Entries as pymatgen writes them."""


def walk(n_frame: int = 12) -> np.ndarray:
    """Positions of two lithium atoms and a sulfur atom (n_frame, 3, 3) [Å]."""
    rng = np.random.default_rng(3)
    return np.array([[1.0, 1, 1], [4, 4, 1], [1, 4, 4]]) + np.cumsum(0.05 * rng.normal(size=(n_frame, 3, 3)), axis=0)


def good_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files, written, and the short name of the reader of each; phonopy's only where phonopy is installed."""
    for name, (reader, text) in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
        yield folder / name, reader
    yield from _structures(folder)
    yield from _motion(folder)
    yield from _phonopy(folder)


def _structures(folder: Path) -> Iterator[tuple[Path, str]]:
    frames = [_cell("Li2", -3.8), _cell("CoO2", -40.0), _cell("LiCoO2", -44.0)]
    for name in ("structures.extxyz", "structures.traj"):
        ase.io.write(folder / name, frames)
        yield folder / name, "structures"
    for name in ("structures.db", "structures.json"):
        with ase.db.connect(folder / name) as database:
            for atoms in frames:
                database.write(atoms, ways=2)
        yield folder / name, "structures"
    settings = {"GGA": "PE", "NELM": "60", "NSW": "5", "IBRION": "2", "LDAU": "T", "LDAUU": "0 3.32 0"}
    for name in ("vasprun.xml", "vasprun.xml-001"):
        (folder / name).write_text(vasprun([(-23.0, -23.5)] * 2, parameters=settings), encoding="utf-8")
        yield folder / name, "structures"
    (folder / "entries.json").write_text(json.dumps(ENTRIES, indent=1) + "\n", encoding="utf-8")
    yield folder / "entries.json", "structures"
    images = []
    for k, energy in enumerate((-3.0, -2.7, -2.5, -2.7, -3.0)):
        images.append(_cell("LiCo", energy))
        images[-1].positions[0, 0] += 0.3 * k
    ase.io.write(folder / "neb.extxyz", images)
    yield folder / "neb.extxyz", "neb"
    ase.io.write(folder / "sites.extxyz", _cell("Li2S", 0.0))
    yield folder / "sites.extxyz", "sites"
    ase.io.write(folder / "slab.extxyz", _cell("Li2S", 0.0))
    yield folder / "slab.extxyz", "slab"


def _cell(formula: str, energy: float) -> ase.Atoms:
    atoms = ase.Atoms(formula, cell=[4, 4, 4], pbc=True)
    atoms.positions += 0.6 * np.arange(len(atoms))[:, None]
    atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=np.zeros((len(atoms), 3)))
    return atoms


def _motion(folder: Path) -> Iterator[tuple[Path, str]]:
    positions = walk()
    numbers = np.array([3, 3, 16])
    frames = [ase.Atoms("Li2S", positions=p, cell=[6, 6, 6], pbc=True, momenta=np.ones((3, 3))) for p in positions]
    ase.io.write(folder / "run.extxyz", frames)
    ase.io.write(folder / "run.traj", frames)
    ase.io.write(folder / "XDATCAR", frames, format="vasp-xdatcar")
    arrays: dict[str, Any] = {"positions": positions, "numbers": numbers, "velocities": 0.01 * np.ones((12, 3, 3))}
    np.savez(folder / "run.npz", **arrays)
    np.savez_compressed(folder / "packed.npz", cell=6 * np.eye(3), **arrays)
    np.save(folder / "run.npy", positions)
    np.savez(folder / "current.npz", **{"j_A/m2": positions[:, 0].T, "interval_fs": np.array(1.0)})
    dump = "".join(
        f"ITEM: TIMESTEP\n{100 * k}\nITEM: NUMBER OF ATOMS\n3\nITEM: BOX BOUNDS pp pp pp\n0 6\n0 6\n0 6\n"
        "ITEM: ATOMS id element x y z ix iy iz\n"
        + "".join(f"{a + 1} {'Li' if a < 2 else 'S'} {x:.5f} {y:.5f} {z:.5f} 0 0 0\n" for a, (x, y, z) in enumerate(p))
        for k, p in enumerate(positions)
    )
    (folder / "run.lammpstrj").write_text(dump, encoding="ascii")
    (folder / "packed.lammpstrj.gz").write_bytes(gzip.compress(dump.encode(), mtime=0))
    for name in ("run.extxyz", "run.traj", "XDATCAR", "run.npz", "packed.npz", "run.lammpstrj", "packed.lammpstrj.gz"):
        yield folder / name, "motion"
    yield folder / "run.npy", "typed"
    yield folder / "current.npz", "arrays"
    yield folder / "run.npz", "velocities"


def _phonopy(folder: Path) -> Iterator[tuple[Path, str]]:
    try:
        import phonopy
        from phonopy.structure.atoms import PhonopyAtoms
    except ImportError:
        return
    cell = PhonopyAtoms(symbols=["Li"], cell=3 * np.eye(3), scaled_positions=[[0, 0, 0]])
    phonon = phonopy.Phonopy(cell, supercell_matrix=[2, 2, 2], primitive_matrix=np.eye(3))
    phonon.generate_displacements(distance=0.01)
    phonon.forces = [-(d.positions - phonon.supercell.positions) + 1e-4 for d in phonon.supercells_with_displacements]
    phonon.save(folder / "phonopy_params.yaml")
    yield folder / "phonopy_params.yaml", "phonopy"
