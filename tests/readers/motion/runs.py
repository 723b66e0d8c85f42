"""Runs of atoms in wells on a lattice, as molecular dynamics has them, and walks, for files of every format."""

from __future__ import annotations

import numpy as np

BOLTZMANN, DALTON = 1.380649e-23, 1.66054e-27
SPACING = 2.6
"""Distance of neighbours in Å: Li and S in rock salt."""
NUMBERS = np.resize([3, 16], 64)
MASSES = np.where(NUMBERS == 3, 6.94, 32.06)
CELL = 4 * SPACING * np.eye(3)


def crystal(n_frame: int, interval: float, temperature: float | np.ndarray = 900.0) -> tuple[np.ndarray, np.ndarray]:
    """Positions [Å] and velocities [m/s] (n_frame, 64, 3) of LiS in wells of 3 to 12 THz, hot as wanted in each frame."""
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    home = SPACING * grid[np.argsort(grid.sum(axis=1) % 2, kind="stable")][np.argsort(np.argsort(NUMBERS, kind="stable"))]
    omega = 2 * np.pi * rng.uniform(3e12, 12e12, size=(64, 3))
    phase = omega * interval * np.arange(n_frame)[:, None, None] + rng.uniform(0, 2 * np.pi, size=(64, 3))
    kelvin = np.broadcast_to(temperature, n_frame)[:, None, None]
    speed = np.sqrt(2 * BOLTZMANN * kelvin / (DALTON * MASSES[:, None]))  # of amplitude: its mean square is kT/m
    return home + 1e10 * speed / omega * np.sin(phase), speed * np.cos(phase)


def extxyz(positions: np.ndarray, comments: list[str], cell: np.ndarray = CELL, numbers: np.ndarray = NUMBERS) -> str:
    """Frames with a comment each behind cell and properties."""
    lattice = " ".join(f"{v:g}" for v in cell.ravel())
    head = f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"'
    return "".join(f"{len(r)}\n{head} {c}\n{atom_lines(r, numbers)}" for r, c in zip(positions, comments, strict=True))


def xyz(positions: np.ndarray, comments: list[str], names: dict[int, str] | None = None) -> str:
    """Frames of plain xyz with a comment each."""
    return "".join(f"{len(r)}\n{c}\n{atom_lines(r, NUMBERS, names)}" for r, c in zip(positions, comments, strict=True))


def atom_lines(r: np.ndarray, numbers: np.ndarray, names: dict[int, str] | None = None) -> str:
    names = names or {3: "Li", 16: "S"}
    return "".join(f"{names[int(n)]} {x:.7f} {y:.7f} {z:.7f}\n" for n, (x, y, z) in zip(numbers, r, strict=True))


def xdatcar(positions: np.ndarray, counted: list[int], *, behind: str = "", cells: np.ndarray | None = None) -> str:
    """Frames in fractions of the cell, lithium first; with cells, a header above each."""

    def header(cell: np.ndarray) -> str:
        rows = "\n".join(" ".join(f"{v:.9f}" for v in row) for row in cell)
        return f"Li S\n1.0\n{rows}\nLi S\n32 32\n"

    order = np.argsort(NUMBERS, kind="stable")
    text = header(CELL) if cells is None else ""
    for k, (r, number) in enumerate(zip(positions, counted, strict=True)):
        cell = CELL if cells is None else cells[k]
        lines = "".join(f" {a:11.8f}{b:11.8f}{c:11.8f}{behind}\n" for a, b, c in (r @ np.linalg.inv(cell))[order])
        text += ("" if cells is None else header(cell)) + f"Direct configuration={number:6d}\n" + lines
    return text
