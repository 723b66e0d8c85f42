"""PyBaMM's keys, by what a law may do to them."""

from __future__ import annotations

import re

STOICHIOMETRY = ("OCP [V]", "OCP entropic change [V.K-1]")
STOICHIOMETRY_AND_TEMPERATURE = ("particle diffusivity [m2.s-1]", "Young's modulus [Pa]", "partial molar volume [m3.mol-1]")
CONSTANT = ("Maximum concentration in positive electrode [mol.m-3]", "Maximum concentration in negative electrode [mol.m-3]")
"""PyBaMM keys, or their endings, by the arguments that PyBaMM passes."""
MESH = ("electrode thickness [m]", "Separator thickness [m]", "particle radius [m]")
"""Endings of keys that enter the mesh: PyBaMM takes no input there."""
SETTLED = (
    *(f"{kind} temperature [K]" for kind in ("Reference", "Ambient", "Initial")),
    *(f"{end} voltage cut-off [V]" for end in ("Lower", "Upper")),
    *(f"Open-circuit voltage at {soc}% SOC [V]" for soc in (0, 100)),
    *("Current function [A]", "Nominal cell capacity [A.h]"),
    *(f"Initial concentration in {side} electrode [mol.m-3]" for side in ("negative", "positive")),
    *(f"Initial voltage in {side} electrode [V]" for side in ("negative", "positive")),
)
"""Keys that the set or the cell gives a value of its own: an error there would be lost without a word."""
HOST_SITE = re.compile(
    r"(Negative|Positive) electrode host site "
    r"(?:occupancy fraction \((\d+)\)|ideality factor \((\d+)\)|standard potential \((\d+)\) \[V\])"
)
"""Keys of the kinds of sites of an MSMR electrode: its side, and the number of the site by the quantity."""
WIDE = ("Ai2020", "OKane2022")
"""PyBaMM's sets that also name parameters of mechanics and ageing, which a base set may lack."""
