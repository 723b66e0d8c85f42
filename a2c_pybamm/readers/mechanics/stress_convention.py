"""Order and sign in which programs write the components of a stress."""

from __future__ import annotations

from enum import Enum

import numpy as np

from a2c_pybamm.data import VOIGT_COLUMNS, VOIGT_ROWS, Array

AXES = "xyz"
"""Names of the Cartesian axes."""


class StressConvention(Enum):
    """Sign of tension, and order of the six components, of a program."""

    ASE = (1, ("xx", "yy", "zz", "yz", "xz", "xy"))
    """Tension positive, in Voigt's order; eV/Å3."""
    LAMMPS = (-1, ("xx", "yy", "zz", "xy", "xz", "yz"))
    """Pressure: compression positive; in the unit of the input's style (metal: bar)."""
    VASP = (-1, ("xx", "yy", "zz", "xy", "yz", "xz"))
    """Compression positive, in kB (kbar)."""
    STRESS_ATOM = (1, ("xx", "yy", "zz", "xy", "xz", "yz"))
    """Sums over atoms of LAMMPS's ``compute stress/atom``: stress times volume, tension positive."""

    @property
    def sign(self) -> int:
        """Factor from the program's sign to tension positive."""
        return self.value[0]

    def stress(self, components: Array) -> Array:
        """Stress in Voigt's order, tension positive, of the program's components (…, 6)."""
        order = self.value[1]
        wanted = [AXES[a] + AXES[b] for a, b in zip(VOIGT_ROWS, VOIGT_COLUMNS, strict=True)]
        return self.sign * np.asarray(components, float)[..., [order.index(name) for name in wanted]]


def stress_convention(given: StressConvention | str, where: str) -> StressConvention:
    """The convention by its name: ``"ase"``, ``"lammps"``, ``"vasp"``, ``"stress_atom"``.

    Raises
    ------
    ValueError
        If it has another name; ``where`` names the file.
    """
    if isinstance(given, StressConvention):
        return given
    if given.upper() not in StressConvention.__members__:
        known = ", ".join(repr(name.lower()) for name in StressConvention.__members__)
        raise ValueError(f"{where}: convention is {given!r}; write one of {known}")
    return StressConvention[given.upper()]
