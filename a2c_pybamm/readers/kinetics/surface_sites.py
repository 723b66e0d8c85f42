"""Sites per area of a surface, from a slab."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import SurfaceSites
from a2c_pybamm.readers.frames import UNREADABLE, read_frames
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint


@file_errors
def read_surface_sites(
    path: str | Path, *, species: str = "Li", depth: float = ANGSTROM, label: str | None = None
) -> SurfaceSites:
    r"""Sites of the upper face of a slab per area: atoms of a species within a depth of the uppermost of them.

    The slab lies in the plane of the first two cell vectors, vacuum above it, every site of the face filled.

    .. math:: \Gamma = \frac{n}{N_A\,|\mathbf a\times\mathbf b|}

    Parameters
    ----------
    path
        Any file that ASE reads; of several structures in it the last is taken.
    species
        Symbol of the atoms that fill the sites.
    depth
        Depth of the layer of sites, along the normal [m].

    Raises
    ------
    ValueError
        If the file cannot be read, has no cell, or no atom of the species, or the depth is not positive.
    """
    path = existing(path)
    if not depth > 0:
        raise ValueError(f"{path}: depth is {depth:g} m; give the thickness of the layer of sites")
    frames = read_frames(path, failure=UNREADABLE, remedy="copy it again")
    if not frames:
        raise ValueError(f"{path}: no structure in it; copy the file again")
    atoms = frames[-1]
    normal = np.cross(atoms.cell[0], atoms.cell[1])
    area = float(np.linalg.norm(normal))
    if not area > 0:
        raise ValueError(f"{path}: the first two cell vectors span no area; write the slab with its cell")
    chosen = np.array(atoms.get_chemical_symbols()) == species
    if not chosen.any():
        raise ValueError(f"{path}: no atom of {species!r} (found {', '.join(sorted(set(atoms.symbols)))}); fill the sites")
    height = atoms.positions[chosen] @ normal / area * ANGSTROM
    n_site = int((height > height.max() - depth).sum())
    settings = {"species": species, "depth [m]": depth, "sites": n_site, "area [m2]": area * ANGSTROM**2}
    return SurfaceSites.counted(label or path.stem, n_site, area * ANGSTROM**2, {**fingerprint(path), **settings})
