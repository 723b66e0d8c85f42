"""Energies of structures with different lithium content, from the files of the calculations themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import atomic_numbers

from a2c_pybamm.data import FRACTION_ROUNDING, Array, EnergyTable, Extent, conversion
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint, naming
from a2c_pybamm.readers.thermodynamics.calculated_structure import CalculatedStructure, read_structures_of_file
from a2c_pybamm.readers.thermodynamics.energies import TRUTH_VALUES
from a2c_pybamm.readers.thermodynamics.file_patterns import matching_files
from a2c_pybamm.readers.thermodynamics.functional import Functional, difference
from a2c_pybamm.readers.units import EV, STATED_TOLERANCE, UNITS, parse_quantity

_FLAGS = TRUTH_VALUES | {"t": True, "f": False}  # as extended xyz writes them
NOT_CONVERGED = "not converged"
"""Key of a provenance under which the cause stands for each structure that is not converged."""


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
    format: str | None = None,
) -> EnergyTable:
    r"""Energies per lithium site against lithium metal, from files of structures with their energies.

    Any file that ase reads with energies: extended xyz, ase's databases, output of a code; or pymatgen's entries in JSON, with
    their corrections. Each frame is a structure; of VASP's ``vasprun.xml`` and ``OUTCAR``, which must be of finished runs, the
    last ionic step alone (of another code's relaxation, save the last step). Occupied fraction and energy per site are

    .. math:: x = \frac{N_\mathrm{Li}}{s N_\mathrm{framework}}, \qquad
        \frac{E}{s N_\mathrm{framework}} - x E_\mathrm{Li}

    with :math:`E` ase's potential energy, without the entropy of smeared electrons: of VASP it is ``energy(sigma->0)``. Volumes
    are those of the cells, where all frames have three cell vectors.

    Of VASP's files and pymatgen's entries the functional is compared, with Hubbard corrections (not those of the metal, which
    has none) and pseudopotentials. A run of VASP whose last electronic loop or whose relaxation ended by its number of steps,
    or that was stopped, is not converged; ``provenance`` has the cause under ``"not converged"``.

    Parameters
    ----------
    paths
        A file, a pattern (``"runs/*/vasprun.xml"``), or a list of these. Files of a pattern are sorted by name; those that are
        compressed are told by their content.
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
    ion
        Symbol of the ion that goes in and out, and of the metal.
    format
        Ase's name of the files' format (``"vasp-out"``), where neither content nor name show it.

    Raises
    ------
    ValueError
        Naming file and frame: it cannot be read or is cut off, VASP did not finish, an energy is missing or not finite, a
        framework or key is missing, there are more ions than sites or other atoms per site than in the first structure,
        lithium metal's energy is not there, or two structures are computed with different functionals. Naming the pattern: it
        matches no file.
    """
    files = _files(paths)
    _check_settings(files, label, framework, sites_per_framework, ion)
    names = _names(files)
    found = [entry for path in files for entry in read_structures_of_file(path, names[path], format)]
    metal = [entry for entry in found if _is_metal(entry, ion)]
    hosts = [entry for entry in found if not _is_metal(entry, ion)]
    if not hosts:
        raise ValueError(f"{files[0]}: no structure beside lithium metal; add the host's")
    metal_energy, of_metal = _lithium_energy(files[0], lithium, metal, ion)
    sites = np.array([_sites(entry, framework, sites_per_framework) for entry in hosts])
    x = np.array([_occupied(entry, ion, n) for entry, n in zip(hosts, sites, strict=True)])
    _check_same_host(hosts, sites, ion)
    _check_same_functional(hosts, of_metal)
    energy = np.array([entry.energy for entry in hosts]) * EV / sites - x * metal_energy
    volumes = [entry.volume for entry in hosts if entry.volume is not None]
    volume = np.array(volumes) * UNITS["volume"]["A3"] / sites if len(volumes) == len(hosts) else None
    called = [str(_info(entry, structure_key, "structure_key")) if structure_key else entry.name for entry in hosts]
    causes = [_cause(entry, converged_key) for entry in hosts]
    degeneracy = np.array([_degeneracy(entry, degeneracy_key) for entry in hosts]) if degeneracy_key else None
    provenance = _provenance([*files, *([of_metal.path] if of_metal and of_metal.path not in files else [])])
    provenance |= conversion(Extent.SIMULATION_CELL, Extent.SITE, f"{sites_per_framework:g} sites for each {framework}")
    unconverged = {name: cause for name, cause in zip(called, causes, strict=True) if cause}
    if of_metal and (cause := _cause(of_metal, converged_key)):
        unconverged[of_metal.name] = f"the metal: {cause}"
    if unconverged:
        provenance[NOT_CONVERGED] = unconverged
    converged = np.array([not cause for cause in causes])
    with naming(files[0]):
        return EnergyTable(label, x, energy, tuple(called), converged, volume, provenance, degeneracy, ion=ion)


def _files(paths: str | Path | Sequence[str | Path]) -> list[Path]:
    """The files of paths and patterns, each once."""
    given = [paths] if isinstance(paths, str | Path) else paths
    found: dict[Path, Path] = {}
    for path in (path for pattern in given for path in matching_files(pattern)):
        found.setdefault(path.absolute(), existing(path))
    return list(found.values())


def _provenance(files: list[Path]) -> dict[str, Any]:
    """Fingerprint of the file, or of all files."""
    prints = [fingerprint(path) for path in files]
    return prints[0] if len(prints) == 1 else {"files": prints}


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


def _names(files: list[Path]) -> dict[Path, str]:
    """Names of files by which their structures are called: as many folders stand in front of one as it takes to be the only."""
    names: dict[Path, str] = {}
    waiting, n_part = list(files), 1
    while waiting:
        short = {path: "/".join(path.absolute().parts[-n_part:]) for path in files}
        counts = Counter(short.values())
        longest = max(len(path.absolute().parts) for path in waiting)
        names |= {path: short[path] for path in waiting if counts[short[path]] == 1 or n_part >= longest}
        waiting, n_part = [path for path in waiting if path not in names], n_part + 1
    return names


def _is_metal(entry: CalculatedStructure, ion: str) -> bool:
    return set(entry.numbers) == {ion}


def _lithium_energy(
    path: Path, lithium: str | Path | None, metal: list[CalculatedStructure], ion: str
) -> tuple[float, CalculatedStructure | None]:
    """The metal's energy [J.mol-1] per atom, and the structure that it is of."""
    if isinstance(lithium, str) and not Path(lithium).exists() and lithium.strip()[:1] in set("+-.0123456789"):
        return parse_quantity(lithium, "energy", f"{path}: lithium"), None
    if lithium is not None:
        file = existing(lithium)
        metal = read_structures_of_file(file, file.name, None)
        others = [entry for entry in metal if not _is_metal(entry, ion)]
        if others:
            symbols = ", ".join(sorted(others[0].numbers))
            raise ValueError(
                f"{others[0].where}: {symbols} where {ion} alone is the metal; give a file of the metal as lithium"
            )
    if not metal:
        raise ValueError(
            f"{path}: no structure of {ion} alone; add the metal's, or give its energy (lithium = '-1.90 eV'), or its file"
        )
    lowest = min(metal, key=lambda entry: entry.energy / entry.numbers[ion])
    return lowest.energy / lowest.numbers[ion] * EV, lowest


def _check_same_functional(hosts: list[CalculatedStructure], metal: CalculatedStructure | None) -> None:
    """Raise ``ValueError`` where two structures have different functionals: their energies have no difference."""
    seen: list[tuple[CalculatedStructure, Functional]] = []
    for entry in [*hosts, *([metal] if metal else [])]:
        functional = entry.calculation.functional
        if functional is None or any(functional == other for _, other in seen):
            continue
        for first, other in seen:
            here, there = difference(functional, other, metal=entry is metal)
            if here:
                raise ValueError(
                    f"{entry.where} is computed with {here}, {first.where} with {there}; energies of different functionals "
                    "cannot be subtracted: compute all with one, or read each on its own"
                )
        seen.append((entry, functional))


def _sites(entry: CalculatedStructure, framework: str, sites_per_framework: float) -> float:
    """Number of lithium sites in the cell."""
    n = entry.numbers.get(framework, 0)
    if not n:
        symbols = ", ".join(sorted(entry.numbers))
        raise ValueError(
            f"{entry.where}: no {framework} in it (found {symbols}); correct framework, or leave the structure out"
        )
    return n * sites_per_framework


def _occupied(entry: CalculatedStructure, ion: str, sites: float) -> float:
    """Occupied fraction of sites."""
    x = entry.numbers.get(ion, 0) / sites
    if x > 1 + FRACTION_ROUNDING:
        raise ValueError(
            f"{entry.where} ({entry.formula}): x = {x:.6g} lies above 1, more {ion} than sites; correct framework or "
            "sites_per_framework"
        )
    return min(x, 1.0)


def _check_same_host(hosts: list[CalculatedStructure], sites: Array, ion: str) -> None:
    """Raise ``ValueError`` where two structures differ in more than the ion: their energies do not give its potential."""
    per_site = [{symbol: n / sites[k] for symbol, n in entry.numbers.items() if symbol != ion} for k, entry in enumerate(hosts)]
    for entry, numbers in zip(hosts, per_site, strict=True):
        for symbol in sorted(numbers.keys() | per_site[0].keys()):
            here, first = numbers.get(symbol, 0.0), per_site[0].get(symbol, 0.0)
            if abs(here - first) > STATED_TOLERANCE:
                raise ValueError(
                    f"{entry.where} ({entry.formula}): {here:.4g} {symbol} per site where the first structure has "
                    f"{first:.4g}; leave it out, or read each host on its own"
                )


def _info(entry: CalculatedStructure, key: str, argument: str) -> Any:
    """A statement beside a structure, by its key."""
    if key not in entry.info:
        keys = ", ".join(map(str, entry.info)) or "nothing"
        raise ValueError(f"{entry.where}: no {key!r} in its info (found {keys}); correct {argument}, or write it there")
    return entry.info[key]


def _cause(entry: CalculatedStructure, key: str) -> str:
    """Cause why a structure is not converged; empty where it is."""
    value = entry.info.get(key, True)
    text = str(int(value)) if isinstance(value, float) and value in (0, 1) else str(value).strip().lower()
    if text not in _FLAGS:
        raise ValueError(f"{entry.where}: {key!r} is {str(value)[:60]!r}; write T or F")
    return entry.calculation.unconverged or ("" if _FLAGS[text] else f"{key!r} is {str(value).strip()}")


def _degeneracy(entry: CalculatedStructure, key: str) -> float:
    """Number of arrangements that a structure stands for."""
    value = _info(entry, key, "degeneracy_key")
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not 0 < number < np.inf:
        raise ValueError(f"{entry.where}: {key!r} is {str(value)[:60]!r}; write a positive number")
    return number
