"""Energies of putting ions into one supercell of a host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.data.extent import Extent
from a2c_pybamm.data.record import Array, freeze


@dataclass(frozen=True, eq=False)
class InsertionEnergies:
    """Energies of steps from one number of ions in a supercell to the next, or free energies of them.

    Raises
    ------
    ValueError
        If lengths disagree, there are fewer than two sites or no step, a number of ions is not whole, or steps do not rise one
        after the other from 0 to the number of sites, or an energy is not finite.
    """

    extents: ClassVar[Mapping[str, Extent]] = {
        **dict.fromkeys(("sites", "before", "after"), Extent.SIMULATION_CELL),
        "energy": Extent.EVENT,
    }
    label: str
    """The method that made the numbers."""
    sites: int
    """Sites of the supercell, filled or not."""
    before: Array
    """Number of ions before each step, ascending (n_step,)."""
    after: Array
    """Number of ions after it (n_step,)."""
    energy: Array
    """Energy of the step, less that of its ions in the metal [J per mole of supercells] (n_step,)."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    ion: str = "Li"
    """Symbol of the ion."""

    def __post_init__(self) -> None:
        where = f"insertion energies of {self.label}"
        n = len(self.energy)
        if not n or len(self.before) != n or len(self.after) != n:
            raise ValueError(f"{where}: {len(self.before)} and {len(self.after)} numbers of ions for {n} energies; give all")
        if self.sites < 2 or self.sites != int(self.sites):
            raise ValueError(f"{where}: a supercell of {self.sites} sites; give their whole number, two at least")
        if not np.isfinite(self.energy).all():
            raise ValueError(f"{where}: an energy is not finite")
        ions = np.concatenate([self.before, self.after])
        if not (ions == np.round(ions)).all():
            raise ValueError(f"{where}: a number of ions is not whole")
        rising = (self.before < self.after).all() and (self.after[:-1] <= self.before[1:]).all()
        if not rising or self.before[0] < 0 or self.after[-1] > self.sites:
            raise ValueError(f"{where}: numbers of ions must rise step by step, from 0 at least to {self.sites} sites at most")
        freeze(self)

    @property
    def ions(self) -> Array:
        """Ions that each step adds (n_step,)."""
        return np.asarray(self.after - self.before)

    @property
    def x(self) -> Array:
        """Occupied fraction in the middle of each step (n_step,)."""
        return np.asarray((self.before + self.after) / (2 * self.sites))

    @classmethod
    def between(
        cls,
        label: str,
        sites: int,
        ions: Array,
        energy: Array,
        provenance: Mapping[str, Any] | None = None,
        ion: str = "Li",
    ) -> InsertionEnergies:
        """Steps between neighbouring numbers of ions (n,), of whose energies [J per mole of supercells] (n,) the lowest count.

        Energies are less that of their ions in the metal.
        """
        if len(ions) != len(energy):
            raise ValueError(f"insertion energies of {label}: {len(ions)} numbers of ions for {len(energy)} energies; give all")
        numbers = np.unique(ions)
        lowest = np.array([np.min(energy[ions == number]) for number in numbers])
        if len(numbers) < 2:
            raise ValueError(f"insertion energies of {label}: {len(numbers)} number(s) of ions; a step is between two, add one")
        return cls(label, sites, numbers[:-1], numbers[1:], np.diff(lowest), provenance or {}, ion)
