"""Time between frames and temperature of molecular dynamics by VASP, as its ``vasprun.xml`` or ``OUTCAR`` states them."""

from __future__ import annotations

import re
from pathlib import Path

from a2c_pybamm.readers.bounded_stream import open_bytes
from a2c_pybamm.readers.source_file import FILE_LIMITS

TAGS = ("IBRION", "POTIM", "TEBEG", "TEEND")
TAG_BEGINNINGS = {"vasp-xml": rb'name="%s"[^>]*>', "vasp-out": rb"\b%s\s*="}
"""Text before a tag's value, by ase's name of the format."""


def vasp_settings(path: Path, kind: str) -> dict[str, float]:
    """Numbers for all frames, under the keys of ours: the time step, and the temperature of the thermostat.

    Both formats hold each ionic step. Of other formats, and of runs that are no molecular dynamics, nothing is read.

    Raises
    ------
    ValueError
        If the thermostat goes from one temperature to another.
    """
    if kind not in TAG_BEGINNINGS:
        return {}
    with open_bytes(path) as file:
        beginning = file.read(FILE_LIMITS.line_bytes)
    found = {tag: re.search(TAG_BEGINNINGS[kind] % tag.encode() + rb"\s*(-?[\d.]+)", beginning) for tag in TAGS}
    tags = {tag: float(match[1]) for tag, match in found.items() if match and match[1].count(b".") <= 1}
    if tags.get("IBRION") != 0:  # relaxations and others
        return {}
    stated = {"timestep_fs": tags["POTIM"], "save_every_steps": 1.0} if tags.get("POTIM") else {}
    if first := tags.get("TEBEG"):
        last = tags.get("TEEND", -1.0)
        if last > 0 and last != first:
            raise ValueError(
                f"{path}: its thermostat goes from {first:g} K (TEBEG) to {last:g} K (TEEND), so that the run has no one "
                "temperature; give a run at one temperature"
            )
        stated["target_temperature_K"] = first
    return stated
