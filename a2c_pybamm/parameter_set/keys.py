"""PyBaMM's parameter names (keys), by the laws that can replace their values."""

from __future__ import annotations

import re

LAYERS = ("Negative current collector", "Negative electrode", "Separator", "Positive electrode", "Positive current collector")
"""First words of the keys of a cell's layers."""
STOICHIOMETRY = ("OCP [V]", "OCP entropic change [V.K-1]", "electrode volume change")
STOICHIOMETRY_AND_TEMPERATURE = (
    *("particle diffusivity [m2.s-1]", "lithiation diffusivity [m2.s-1]"),
    *("Young's modulus [Pa]", "partial molar volume [m3.mol-1]", "electrode conductivity [S.m-1]"),
)
"""Endings of PyBaMM's keys whose functions are of a particle's stoichiometry, and of its temperature."""
ELECTROLYTE = (
    *("Electrolyte conductivity [S.m-1]", "Electrolyte diffusivity [m2.s-1]"),
    *("Cation transference number", "Thermodynamic factor"),
)
"""PyBaMM's keys whose functions are of the electrolyte's concentration [mol.m-3] and its temperature."""
ELECTROLYTE_METHODS = {
    ELECTROLYTE[0]: "electrolyte_conductivity",
    ELECTROLYTE[1]: "electrolyte_diffusivity",
    ELECTROLYTE[2]: "cation_transference_number",
    ELECTROLYTE[3]: "electrolyte_thermodynamic_factor",
}
"""Methods of laws that give these functions."""
TEMPERATURE = (
    *("electrode density [kg.m-3]", "electrode specific heat capacity [J.kg-1.K-1]"),
    "electrode thermal conductivity [W.m-1.K-1]",
)
"""Endings of PyBaMM's keys whose functions are of an electrode's temperature alone."""
ARGUMENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(STOICHIOMETRY, ("sto",)),
    **dict.fromkeys(STOICHIOMETRY_AND_TEMPERATURE, ("sto", "T")),
    **dict.fromkeys(ELECTROLYTE, ("c_e", "T")),
    **dict.fromkeys(TEMPERATURE, ("T",)),
    "exchange-current density [A.m-2]": ("c_e", "c_s", "c_max", "T"),
}
"""Arguments that PyBaMM passes to the functions of keys with these endings; numbers stand in for all others."""
COUNTER_ELECTRODE = "Negative electrode conductivity [S.m-1]"
"""Key whose function a half cell's lithium metal passes its temperature alone."""
MESH_KEYS = ("electrode thickness [m]", "Separator thickness [m]", "particle radius [m]")
"""Endings of keys that enter the mesh: PyBaMM takes no input there."""
LITHIUM = "Cyclable lithium capacity [A.h]"
"""Entry beside PyBaMM's: the lithium of every sample, in the place of what its initial concentrations hold."""
FORMATION_LOSS = "Relative formation capacity loss"
"""Entry beside PyBaMM's: the share of the positive electrode's sites whose lithium formation has consumed. All of the cell's
lithium comes from that electrode, filled when it was made: Q_Li = (1 - loss) Q_p."""
BALANCE_KEYS = (LITHIUM, FORMATION_LOSS)
"""Entries of this package that set a full cell's lithium; a number each."""
ACTIVE_FRACTIONS = {side: f"{side.capitalize()} electrode active material volume fraction" for side in ("negative", "positive")}
"""PyBaMM's keys of the active material's share of an electrode's volume, by side."""
RESERVED_KEYS = (
    *(f"{kind} temperature [K]" for kind in ("Reference", "Ambient", "Initial")),
    *(f"{end} voltage cut-off [V]" for end in ("Lower", "Upper")),
    *(f"Open-circuit voltage at {soc}% SOC [V]" for soc in (0, 100)),
    *("Current function [A]", "Nominal cell capacity [A.h]"),
    *(f"Initial concentration in {side} electrode [mol.m-3]" for side in ("negative", "positive")),
    *(f"Initial voltage in {side} electrode [V]" for side in ("negative", "positive")),
)
"""Keys whose values the set or the cell sets itself, so that an error attached there would have no effect."""
HOST_SITE = re.compile(
    r"(Negative|Positive) electrode host site "
    r"(?:occupancy fraction \((\d+)\)|ideality factor \((\d+)\)|standard potential \((\d+)\) \[V\])"
)
"""Keys of one kind of site of an MSMR electrode: its side, and the number of the site in one group for each quantity."""
_SIDES, _PHASES = ("Negative", "Positive"), ("", "Primary: ", "Secondary: ")
MODEL_KEYS = (
    *(
        f"{phase}{side} {quantity}"
        for phase in _PHASES
        for side in _SIDES
        for quantity in (
            *(f"electrode {branch}OCP [V]" for branch in ("", "lithiation ", "delithiation ")),
            *("electrode OCP entropic change [V.K-1]", "electrode exchange-current density [A.m-2]"),
            *("electrode Butler-Volmer transfer coefficient", "electrode reorganization energy [eV]"),
            *(f"particle {branch}diffusivity [m2.s-1]" for branch in ("", "lithiation ", "delithiation ")),
            *("electrode Young's modulus [Pa]", "electrode Poisson's ratio"),
            *("electrode partial molar volume [m3.mol-1]", "electrode volume change"),
            "electrode reference concentration for free of deformation [mol.m-3]",
        )
    ),
    *(f"{side} electrode conductivity [S.m-1]" for side in _SIDES),
    *(f"{side} {quantity}" for side in _SIDES for quantity in TEMPERATURE),
    *(f"{side} electrode Bruggeman coefficient ({phase})" for side in _SIDES for phase in ("electrolyte", "electrode")),
    "Separator Bruggeman coefficient (electrolyte)",
    *ELECTROLYTE,
    *(f"{phase}Maximum concentration in {side.lower()} electrode [mol.m-3]" for phase in _PHASES for side in _SIDES),
)
"""Keys that PyBaMM's models read (lithium_ion_parameters.py) and a law can replace, whether a base set has them or not."""
QUANTITIES = {
    "open_circuit_voltage": re.compile(r".* OCP \[V\]"),
    "entropic_change": re.compile(r".* OCP entropic change \[V\.K-1\]"),
    **dict.fromkeys(
        ("chemical_diffusivity", "jump_diffusivity", "measured_diffusivity"), re.compile(r".* diffusivity \[m2\.s-1\]")
    ),
    "maximum_concentration": re.compile(r"(.*: )?Maximum concentration in .*"),
    **{method: re.compile(re.escape(key)) for key, method in ELECTROLYTE_METHODS.items()},
    "electronic_conductivity": re.compile(r"(Negative|Positive) electrode conductivity \[S\.m-1\]"),
    "bruggeman_coefficient": re.compile(r".* Bruggeman coefficient \((electrolyte|electrode)\)"),
    "exchange_current_density": re.compile(r".* electrode exchange-current density \[A\.m-2\]"),
    "anodic_transfer_coefficient": re.compile(r".* electrode Butler-Volmer transfer coefficient"),
    "reorganization_energy": re.compile(r".* electrode reorganization energy \[eV\]"),
    "youngs_modulus": re.compile(r".* electrode Young's modulus \[Pa\]"),
    "poissons_ratio": re.compile(r".* electrode Poisson's ratio"),
    "partial_molar_volume": re.compile(r".* electrode partial molar volume \[m3\.mol-1\]"),
    "volume_change": re.compile(r".* electrode volume change"),
    "reference_concentration": re.compile(r".* electrode reference concentration for free of deformation \[mol\.m-3\]"),
    "electrode_density": re.compile(r"(Negative|Positive) electrode density \[kg\.m-3\]"),
    "electrode_heat_capacity": re.compile(r"(Negative|Positive) electrode specific heat capacity \[J\.kg-1\.K-1\]"),
    "electrode_thermal_conductivity": re.compile(r"(Negative|Positive) electrode thermal conductivity \[W\.m-1\.K-1\]"),
    "site_fraction": re.compile(r".* host site occupancy fraction \(\d+\)"),
    "site_voltage": re.compile(r".* host site standard potential \(\d+\) \[V\]"),
    "ideality_factor": re.compile(r".* host site ideality factor \(\d+\)"),
    "factor": re.compile(r".*"),
    "value": re.compile(r".*"),
}
"""Methods of laws that can replace PyBaMM's parameters, and the keys of the quantity that each of them gives."""
MECHANICS_SETS = ("Ai2020", "OKane2022")
"""PyBaMM's sets that also name parameters of mechanics and ageing, which a base set may lack."""
