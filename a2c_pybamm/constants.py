"""Physical constants (CODATA 2018, exact in the SI of 2019), units, and round-off."""

FARADAY = 96485.33212331001
"""Faraday constant [C.mol-1]."""
GAS_CONSTANT = 8.31446261815324
"""Molar gas constant [J.mol-1.K-1]."""
AVOGADRO = 6.02214076e23
"""Avogadro constant [mol-1]."""
BOLTZMANN = 1.380649e-23
"""Boltzmann constant [J.K-1]."""
PLANCK = 6.62607015e-34
"""Planck constant [J.s]."""
ELEMENTARY_CHARGE = 1.602176634e-19
"""Elementary charge [C]; one electronvolt in joules."""
ANGSTROM = 1e-10
"""Ångström [m]."""
DALTON = 1e-3 / AVOGADRO
"""Atomic mass unit [kg]; CODATA's own differs in the tenth digit."""
STANDARD_TEMPERATURE = 298.15
"""Temperature [K] of thermodynamic tables (25 °C)."""
RELATIVE_ROUND_OFF = 1e-12
"""Relative difference of two numbers that are equal up to round-off: some thousand times the spacing of floats, 2.2e-16."""
SECONDS_PER_HOUR = 3600.0
"""Seconds of an hour [s.h-1]: a charge in coulombs over it is in ampere-hours."""
