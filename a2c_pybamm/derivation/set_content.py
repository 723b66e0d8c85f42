"""Content of the set that is being derived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from a2c_pybamm.derivation.host_data import Table
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.parameter_set import Attachment


@dataclass
class SetContent:
    """Estimates, attachments and notes of the set that is being derived."""

    estimates: list[Estimate] = field(default_factory=list)
    attach: dict[str, Attachment] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, Mapping[Path, Table]] = field(default_factory=dict)
    """Tables of energies and potentials that were read for the voltage of each side, by their files."""
    open_prefixes: set[str] = field(default_factory=set)
    """Beginnings of the names of coefficients that invalid entries would give or need; empty text where they can be any."""
    open_suffixes: set[str] = field(default_factory=set)
    """Endings of such names, which do not depend on the spelling of a key."""
    open_sources: set[str] = field(default_factory=set)
    """Beginnings of the names of sources that invalid entries would give; empty text where they can be any."""
