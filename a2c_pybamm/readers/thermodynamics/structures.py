"""Energies of structures with different lithium content, from the files of the calculations themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ase.data import atomic_numbers

from a2c_pybamm.data import Array, EnergyTable
from a2c_pybamm.readers.frames import UNREADABLE, energy_of, read_relaxed
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint, naming
from a2c_pybamm.readers.thermodynamics.energies import FRACTION_ROUNDING, TRUTH_VALUES
from a2c_pybamm.readers.units import EV, STATED_TOLERANCE, UNITS, parse_quantity

_FLAGS = TRUTH_VALUES | {"t": True, "f": False}  # as extended xyz writes them


class _Frame(NamedTuple):
    """One structure of a file."""

    where: str
    """File and frame, for errors."""
    name: str
    """File's name and frame."""
    atoms: Any


@file_errors
def read_structures(
    paths: str | Path | Sequence[str | Path],
    *,
    label: str,
    framework: str,
    sites_per_framework: float = 1.0,
    lithium: str | Path | None = None,
    ion: str = "Li",
    degeneracy_key: str | None = None,
    structure_key: str | None = None,
    converged_key: str = "converged",
) -> EnergyTable:
    r"""Energies per lithium site against lithium metal, from files of structures with their energies.

    Any file that ase reads with energies: extended xyz, ase's databases, output of a code. Each frame is a structure; of VASP's
    ``vasprun.xml`` and ``OUTCAR``, which must be of finished runs, the last ionic step alone (of another code's relaxation,
    save the last step). Occupied fraction and energy per site are

    .. math:: x = \frac{N_\mathrm{Li}}{s N_\mathrm{framework}}, \qquad
        \frac{E}{s N_\mathrm{framework}} - x E_\mathrm{Li}

    with :math:`E` ase's potential energy, without the entropy of smeared electrons: of VASP it is ``energy(sigma->0)``. Volumes
    are those of the cells, where all frames have three cell vectors.

    Parameters
    ----------
    framework
        Element of the host that counts the sites (``"Co"``, ``"P"``, ``"C"``).
    sites_per_framework
        Lithium sites for each such atom, :math:`s`: 1/6 for LiC6.
    lithium
        Lithium metal's energy per atom (``"-1.90 eV"``), or a file that holds the metal alone. If not given, frames of the ion
        alone are the metal; of several the lowest per atom counts. Such frames are not returned.
    degeneracy_key
        Key of a frame's ``info`` (a database's key) for the number of arrangements that the structure stands for.
    structure_key
        The same for its name; if not given, it is the file's name and the number of the frame.
    converged_key
        The same for whether its relaxation converged; frames without it have.

    Raises
    ------
    ValueError
        Naming file and frame: it cannot be read or is cut off, VASP did not finish, an energy is missing or not finite, a
        framework or key is missing, there are more ions than sites or other atoms per site than in the first structure, or
        lithium metal's energy is not there.
    """
    files = [existing(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    _check_settings(files, label, framework, sites_per_framework, ion)
    frames = [frame for path in files for frame in _frames(path, {p.name for p in files} if _alike(files) else set())]
    metal = [frame for frame in frames if _is_metal(frame, ion)]
    hosts = [frame for frame in frames if not _is_metal(frame, ion)]
    if not hosts:
        raise ValueError(f"{files[0]}: no structure beside lithium metal; add the host's")
    metal_energy, metal_file = _lithium_energy(files[0], lithium, metal, ion)
    sites = np.array([_sites(frame, framework, sites_per_framework) for frame in hosts])
    x = np.array([_occupied(frame, ion, n) for frame, n in zip(hosts, sites, strict=True)])
    _check_same_host(hosts, sites, ion)
    energy = np.array([_energy(frame) for frame in hosts]) * EV / sites - x * metal_energy
    volume = None
    if all(frame.atoms.cell.rank == 3 for frame in hosts):
        volume = np.array([frame.atoms.cell.volume for frame in hosts]) * UNITS["volume"]["A3"] / sites
    names = [str(_info(frame, structure_key, "structure_key")) if structure_key else frame.name for frame in hosts]
    converged = np.array([_flag(frame, converged_key) for frame in hosts])
    degeneracy = np.array([_degeneracy(frame, degeneracy_key) for frame in hosts]) if degeneracy_key else None
    prints = [fingerprint(path) for path in [*files, *metal_file]]
    provenance = prints[0] if len(prints) == 1 else {"files": prints}
    with naming(files[0]):
        return EnergyTable(label, x, energy, tuple(names), converged, volume, provenance, degeneracy)


def _check_settings(files: list[Path], label: str, framework: str, sites_per_framework: float, ion: str) -> None:
    """Raise ``ValueError`` where the arguments can fit no file."""
    if not files:
        raise ValueError(f"structures of {label}: no file; give at least one")
    for key, symbol in {"framework": framework, "ion": ion}.items():
        if symbol not in atomic_numbers or symbol == "X":
            raise ValueError(f"structures of {label}: {key} is {symbol!r}, not the symbol of an element; write it like 'Co'")
    if framework == ion:
        raise ValueError(f"structures of {label}: framework and ion are both {ion}; name an element of the host as framework")
    if not 0 < sites_per_framework < np.inf:
        raise ValueError(
            f"structures of {label}: sites_per_framework is {sites_per_framework:g}; give the sites for each {framework}"
        )


def _alike(files: list[Path]) -> bool:
    """True where two files have one name (``vasprun.xml`` in many folders)."""
    return len({path.name for path in files}) < len(files)


def _frames(path: Path, shared: set[str]) -> list[_Frame]:
    """All structures of a file; its folder is part of their names where the file's own is shared."""
    name = f"{path.absolute().parent.name}/{path.name}" if path.name in shared else path.name
    frames = read_relaxed(path, failure=UNREADABLE, remedy="copy the file again, or run the calculation to its end")
    if not frames:
        raise ValueError(f"{path}: no structure in it; copy the file again")
    return [_Frame(f"{path}, frame {k}", f"{name}:{k}", atoms) for k, atoms in enumerate(frames)]


def _is_metal(frame: _Frame, ion: str) -> bool:
    return set(frame.atoms.symbols) == {ion}


def _energy(frame: _Frame) -> float:
    """Potential energy [eV] of a structure whose positions are finite."""
    if not np.isfinite(frame.atoms.positions).all():
        raise ValueError(f"{frame.where}: a position is not finite; repair it, or leave it out")
    return energy_of(frame.atoms, frame.where)


def _lithium_energy(path: Path, lithium: str | Path | None, metal: list[_Frame], ion: str) -> tuple[float, list[Path]]:
    """The metal's energy [J.mol-1] per atom, and the file that it comes from if that is one of its own."""
    if isinstance(lithium, str) and not Path(lithium).exists() and lithium.strip()[:1] in set("+-.0123456789"):
        return parse_quantity(lithium, "energy", f"{path}: lithium"), []
    metal_file = [] if lithium is None else [existing(lithium)]
    if metal_file:
        metal = _frames(metal_file[0], set())
        others = [frame for frame in metal if not _is_metal(frame, ion)]
        if others:
            symbols = ", ".join(sorted(set(others[0].atoms.symbols)))
            raise ValueError(
                f"{others[0].where}: {symbols} where {ion} alone is the metal; give a file of the metal as lithium"
            )
    if not metal:
        raise ValueError(
            f"{path}: no structure of {ion} alone; add the metal's, or give its energy (lithium = '-1.90 eV'), or its file"
        )
    return min(_energy(frame) / len(frame.atoms) for frame in metal) * EV, metal_file


def _sites(frame: _Frame, framework: str, sites_per_framework: float) -> float:
    """Number of lithium sites in the cell."""
    n = Counter(frame.atoms.symbols)[framework]
    if not n:
        symbols = ", ".join(sorted(set(frame.atoms.symbols)))
        raise ValueError(
            f"{frame.where}: no {framework} in it (found {symbols}); correct framework, or leave the structure out"
        )
    return n * sites_per_framework


def _occupied(frame: _Frame, ion: str, sites: float) -> float:
    """Occupied fraction of sites."""
    x = Counter(frame.atoms.symbols)[ion] / sites
    if x > 1 + FRACTION_ROUNDING:
        raise ValueError(
            f"{frame.where} ({frame.atoms.symbols}): x = {x:.6g} lies above 1, more {ion} than sites; correct framework or "
            "sites_per_framework"
        )
    return min(x, 1.0)


def _check_same_host(hosts: list[_Frame], sites: Array, ion: str) -> None:
    """Raise ``ValueError`` where two structures differ in more than the ion: their energies do not give its potential."""
    per_site = [
        {symbol: n / sites[k] for symbol, n in Counter(frame.atoms.symbols).items() if symbol != ion}
        for k, frame in enumerate(hosts)
    ]
    for frame, numbers in zip(hosts, per_site, strict=True):
        for symbol in sorted(numbers.keys() | per_site[0].keys()):
            here, first = numbers.get(symbol, 0.0), per_site[0].get(symbol, 0.0)
            if abs(here - first) > STATED_TOLERANCE:
                raise ValueError(
                    f"{frame.where} ({frame.atoms.symbols}): {here:.4g} {symbol} per site where the first structure has "
                    f"{first:.4g}; leave it out, or read each host on its own"
                )


def _info(frame: _Frame, key: str, argument: str) -> Any:
    """An entry of a frame's ``info``."""
    if key not in frame.atoms.info:
        keys = ", ".join(map(str, frame.atoms.info)) or "nothing"
        raise ValueError(f"{frame.where}: no {key!r} in its info (found {keys}); correct {argument}, or write it there")
    return frame.atoms.info[key]


def _flag(frame: _Frame, key: str) -> bool:
    """Convergence of a structure's relaxation."""
    value = frame.atoms.info.get(key, True)
    text = str(int(value)) if isinstance(value, float) and value in (0, 1) else str(value).strip().lower()
    if text not in _FLAGS:
        raise ValueError(f"{frame.where}: {key!r} is {str(value)[:60]!r}; write T or F")
    return _FLAGS[text]


def _degeneracy(frame: _Frame, key: str) -> float:
    """Number of arrangements that a structure stands for."""
    value = _info(frame, key, "degeneracy_key")
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not 0 < number < np.inf:
        raise ValueError(f"{frame.where}: {key!r} is {str(value)[:60]!r}; write a positive number")
    return number
