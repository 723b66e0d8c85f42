"""Bands wherever they lie: several bands in a file, files and folders of VASP, tables; and images that are no path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ase
import ase.io
import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.estimators.hops.barrier import fit_barrier
from a2c_pybamm.readers.hops.neb import read_neb

HOST = np.array([[1.0, 2, 1], [3, 1, 6], [6, 2, 3], [6, 6, 5], [2, 6, 7], [5, 4, 7]])
Profile = Callable[[float], float]


def hill(height: float) -> Profile:
    return lambda t: height * np.sin(np.pi * t) ** 2


def band(energy: Profile, n: int = 7, bow: float = 0.3) -> list[ase.Atoms]:
    """A lithium that goes 2.8 Å along x, its path bowed, with forces of the energy along x."""
    made = []
    for t in np.linspace(0, 1, n):
        atoms = ase.Atoms("LiO6", [[1 + 2.8 * t, 4, 4 + bow * np.sin(np.pi * t)], *HOST], cell=[8.0] * 3, pbc=True)
        forces = np.zeros((7, 3))
        forces[0, 0] = -(energy(t + 1e-5) - energy(t - 1e-5)) / 2e-5 / 2.8
        atoms.calc = SinglePointCalculator(atoms, energy=energy(t) - 100, forces=forces)
        made.append(atoms)
    return made


def barrier(path: object, **options: object) -> float:
    read = read_neb(path, **options)  # type: ignore[arg-type]
    return float(fit_barrier(read, name="E_a [eV]", source="s").mean[0])


def test_last_band_of_an_optimisation_counts(tmp_path: Path) -> None:
    history = [image for k, h in enumerate((0.95, 0.62, 0.4)) for image in band(hill(h), bow=0.3 * (1 - k / 3))]
    for name in ("neb.traj", "neb.extxyz"):
        ase.io.write(tmp_path / name, history)
        assert barrier(tmp_path / name) == pytest.approx(0.4, abs=1e-6)
    ase.io.write(tmp_path / "cut.traj", history[:-2])
    with pytest.raises(ValueError, match="2 bands of 7 images and 5 images more; the last band is cut off"):
        read_neb(tmp_path / "cut.traj")


def test_path_there_and_back_is_refused(tmp_path: Path) -> None:
    images = band(hill(0.4))
    for there_and_back in ([*images, *images[-2::-1]], [*images, *images[1:-1]]):
        ase.io.write(tmp_path / "path.traj", there_and_back)
        with pytest.raises(ValueError, match=r"image \d+ is back at image \d+|goes back the way"):
            read_neb(tmp_path / "path.traj")


def test_hop_to_a_periodic_copy_comes_back_to_no_image(tmp_path: Path) -> None:
    """The last image is the first, moved by one cell: the ion has gone from cell to cell."""
    images = []
    for t in np.linspace(0, 1, 7):
        atoms = ase.Atoms("LiO", [[3.0 * t, 0, 0.2 * np.sin(np.pi * t)], [1.5, 2, 2]], cell=[3.0, 8, 8], pbc=True)
        atoms.wrap()
        atoms.calc = SinglePointCalculator(atoms, energy=0.3 * np.sin(np.pi * t) ** 2)
        images.append(atoms)
    ase.io.write(tmp_path / "path.extxyz", images)
    assert barrier(tmp_path / "path.extxyz") == pytest.approx(0.3, abs=1e-6)


def test_inner_images_alone_are_refused_and_with_their_ends_right(tmp_path: Path) -> None:
    """Images 01 to 05 of a band, the ends relaxed in runs of their own."""
    images = band(hill(0.4))
    ase.io.write(tmp_path / "inner.extxyz", images[1:-1])
    with pytest.raises(ValueError, match=r"the first image is no stable site: a slope of 0\.3\d eV/Å .* both relaxed ends"):
        barrier(tmp_path / "inner.extxyz")
    for name, image in (("start", images[0]), ("end", images[-1])):
        ase.io.write(tmp_path / f"{name}.traj", [images[2], image])  # a relaxation, whose last step counts
    ends = (tmp_path / "start.traj", tmp_path / "end.traj")
    assert barrier(tmp_path / "inner.extxyz", ends=ends) == pytest.approx(0.4, abs=1e-6)
    files = [ends[0], *(tmp_path / f"{k}.traj" for k in range(1, 6)), ends[1]]
    for file, image in zip(files[1:-1], images[1:-1], strict=True):
        ase.io.write(file, image)
    read = read_neb(files)
    assert (read.label, len(read.energy), len(read.provenance["files"])) == (tmp_path.name, 7, 7)
    assert barrier(files) == pytest.approx(0.4, abs=1e-6)


def test_ends_of_a_band_without_energies(tmp_path: Path) -> None:
    """As ase writes them, which computes the moving images alone: from files of their own, or declared."""
    images = band(hill(0.4))
    for name, k in (("start", 0), ("end", -1)):
        ase.io.write(tmp_path / f"{name}.traj", images[k])
        images[k].calc = None
    ase.io.write(tmp_path / "neb.traj", images)
    with pytest.raises(ValueError, match="image 0 has no energy"):
        read_neb(tmp_path / "neb.traj")
    assert barrier(tmp_path / "neb.traj", ends=(tmp_path / "start.traj", tmp_path / "end.traj")) == pytest.approx(0.4, abs=1e-6)
    assert barrier(tmp_path / "neb.traj", end_energies=(-100.0, -100.0)) == pytest.approx(0.4, abs=1e-6)
    with pytest.raises(ValueError, match=r"start\.traj has an energy of its own; leave end_energies= out"):
        read_neb([tmp_path / "start.traj", tmp_path / "neb.traj", tmp_path / "end.traj"], end_energies=(-100.0, -100.0))


def outcar(image: ase.Atoms) -> str:
    """What ase reads of an OUTCAR with one ionic step."""
    cell = "\n".join("  ".join(f"{v:.9f}" for v in (*row, *row)) for row in image.cell.array)
    rows = zip(image.positions, image.get_forces(), strict=True)
    table = "\n".join(" ".join(f"{v:.7f}" for v in (*r, *f)) for r, f in rows)
    energy = image.get_potential_energy()
    return (
        " vasp.6.3.0\n POTCAR:    PAW_PBE Li 17Jan2003\n POTCAR:    PAW_PBE O 08Apr2002\n"
        " POTCAR:    PAW_PBE Li 17Jan2003\n   ions per type =               1   6\n"
        f"   ISPIN  =      1\n      direct lattice vectors                 reciprocal lattice vectors\n{cell}\n"
        f"--- Iteration      1(   1)  ---\n      direct lattice vectors                 reciprocal lattice vectors\n{cell}\n"
        f" POSITION                                       TOTAL-FORCE (eV/Angst)\n -----\n{table}\n -----\n"
        "  FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)\n  ---------------------------------------------------\n"
        f"  free  energy   TOTEN  =      {energy:.8f} eV\n\n  energy  without entropy=    {energy:.8f}  energy(sigma->0) =    "
        f"{energy:.8f}\n"
    )


def test_folders_of_vasp(tmp_path: Path) -> None:
    images = band(hill(0.4))
    for k, image in enumerate(images):
        (tmp_path / "neb" / f"{k:02d}").mkdir(parents=True)
        (tmp_path / "neb" / f"{k:02d}" / "OUTCAR").write_text(outcar(image))
        ase.io.write(tmp_path / "neb" / f"{k:02d}" / "POSCAR", image)
    folder = tmp_path / "neb"
    assert barrier(folder) == pytest.approx(0.4, abs=1e-5)
    for k in (0, 6):
        (folder / f"{k:02d}" / "OUTCAR").rename(tmp_path / f"OUTCAR{k}")
    with pytest.raises(ValueError, match=r"neb/00: no OUTCAR or vasprun\.xml of this end; put that of its own relaxation"):
        read_neb(folder)
    assert barrier(folder, end_energies=(-100.0, -100.0)) == pytest.approx(0.4, abs=1e-5)
    assert barrier(folder, ends=(tmp_path / "OUTCAR0", tmp_path / "OUTCAR6")) == pytest.approx(0.4, abs=1e-5)
    with pytest.raises(ValueError, match="in the place of ends="):
        read_neb(tmp_path / "OUTCAR0", end_energies=(0.0, np.nan))
    (folder / "03" / "OUTCAR").unlink()
    with pytest.raises(ValueError, match=r"neb/03: no OUTCAR or vasprun\.xml; copy it there"):
        read_neb(folder, end_energies=(-100.0, -100.0))
    (folder / "03" / "POSCAR").unlink()
    (folder / "03").rmdir()
    with pytest.raises(ValueError, match="folder 03 is missing before 04"):
        read_neb(folder)
    (tmp_path / "other").mkdir()
    with pytest.raises(ValueError, match="a folder, not a file, and without folders 00, 01"):
        read_neb(tmp_path / "other")


T = np.linspace(0, 1, 7)
TABLE = np.array([T * 2.8, 0.4 * np.sin(np.pi * T) ** 2, -0.4 * np.pi * np.sin(2 * np.pi * T) / 2.8]).T


@pytest.mark.parametrize("counted", [True, False])
def test_table_of_vtst(tmp_path: Path, counted: bool) -> None:
    rows = [[k, *row] if counted else row for k, row in enumerate(TABLE)]
    (tmp_path / "neb.dat").write_text("\n".join(" ".join(f"{v:12.6f}" for v in row) for row in rows) + "\n")
    read = read_neb(tmp_path / "neb.dat")
    np.testing.assert_allclose(read.distance, TABLE[:, 0] * 1e-10, rtol=1e-6)
    np.testing.assert_allclose(read.slope, -TABLE[:, 2] * FARADAY * 1e10, atol=FARADAY * 1e4)
    assert barrier(tmp_path / "neb.dat") == pytest.approx(0.4, abs=1e-5)
    (tmp_path / "neb.dat").write_text("\n".join(" ".join(f"{v:12.6f}" for v in row[:-1]) for row in rows) + "\n")
    assert read_neb(tmp_path / "neb.dat").slope is None


def test_table_with_names_and_units(tmp_path: Path) -> None:
    header, scale = "energy_meV,distance_nm,force_eV/A", (1e3, 0.1, 1.0)
    lines = [f"{e * scale[0]},{r * scale[1]},{f}" for r, e, f in TABLE]
    (tmp_path / "path.csv").write_text("\n".join([header, *lines]) + "\n")
    assert barrier(tmp_path / "path.csv") == pytest.approx(0.4, abs=1e-6)
    (tmp_path / "path.csv").write_text("\n".join([header, *(f"{e},{r},{-f}" for r, e, f in TABLE)]) + "\n")
    with pytest.raises(ValueError, match="forces along the path have the sign of the energies' slope"):
        read_neb(tmp_path / "path.csv")
    (tmp_path / "path.csv").write_text("\n".join(["e,distance_nm", *(f"{e},{r}" for r, e, _ in TABLE)]) + "\n")
    with pytest.raises(ValueError, match="0 columns called energy_"):
        read_neb(tmp_path / "path.csv")


def test_forces_of_the_band_are_not_those_of_the_energies(tmp_path: Path) -> None:
    """Without their part along the path, as codes write them that add springs: energies alone are used, and that is stated."""
    images = band(hill(0.4))
    for image in images:
        image.calc.results["forces"] = np.zeros((7, 3))
    ase.io.write(tmp_path / "path.traj", images)
    read = read_neb(tmp_path / "path.traj")
    assert read.slope is None
    assert "not used: 0 of the energies' slope" in read.provenance["forces"]


def test_relaxation_is_no_path(tmp_path: Path) -> None:
    """Steps downhill with one overshoot."""
    images = band(lambda t: 2 * (1 - t) ** 2 + 0.05 * np.sin(9 * t), n=9)
    ase.io.write(tmp_path / "relax.traj", images)
    with pytest.raises(ValueError, match=r"the highest image is an end .* relaxation"):
        barrier(tmp_path / "relax.traj")
    images = band(lambda t: 0.3 * np.cos(3 * np.pi * t) * np.exp(-2 * t) + 0.6 * t, n=9)
    ase.io.write(tmp_path / "relax.traj", images)
    with pytest.raises(ValueError, match=r"no stable site|the highest image is an end"):
        barrier(tmp_path / "relax.traj")
