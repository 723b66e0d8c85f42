"""Ions that hosts take up: their charge, and the metal against which voltages are counted."""

from __future__ import annotations

from dataclasses import dataclass

from a2c_pybamm.schema import listed, show

DEFAULT_ION = "Li"
"""Symbol of the ion of a law that names none."""


@dataclass(frozen=True)
class Ion:
    """Charge of an ion, and measured properties of its metal, solid at 298.15 K."""

    symbol: str
    """Symbol of the element."""
    valence: int
    """Electrons for each ion, z."""
    metal_entropy: float
    """Molar entropy of the metal at 298.15 K [J.mol-1.K-1]."""
    metal_enthalpy: float | None = None
    """H(298.15 K) - H(0 K) of the metal [J.mol-1]."""
    metal_debye_temperature: float | None = None
    """Debye temperature of the metal in the limit of low temperature [K]."""


IONS: dict[str, Ion] = {
    ion.symbol: ion
    for ion in (
        Ion("Li", 1, 29.12, 4632.0, 344.0),
        Ion("Na", 1, 51.30, 6460.0, 158.0),
        Ion("K", 1, 64.68, 7088.0, 91.0),
        Ion("Mg", 2, 32.67, 4998.0, 400.0),
        Ion("Ca", 2, 41.59, 5736.0, 230.0),
        Ion("Zn", 2, 41.63, 5657.0, 327.0),
        Ion("Al", 3, 28.30, 4540.0, 428.0),
    )
}
"""Ions by symbol.

Entropies and enthalpies: CODATA key values (Cox, Wagman and Medvedev 1989). Debye temperatures: Kittel, Introduction to Solid
State Physics, 8th ed. (2005), ch. 5, table 1."""


def known_ion(symbol: str, *, where: str = "ion") -> Ion:
    """The ion of this symbol; ``where`` begins the message.

    Raises
    ------
    ValueError
        If the table has none of this symbol.
    """
    if symbol not in IONS:
        raise ValueError(f"{where} {show(symbol)} is unknown; take one of {listed(IONS)}")
    return IONS[symbol]
