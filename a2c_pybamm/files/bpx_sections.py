"""Sections of a BPX document, from the nominal set."""

from __future__ import annotations

from typing import Any

import numpy as np

from a2c_pybamm.files.bpx_limits import stoichiometry_window
from a2c_pybamm.files.bpx_properties import BPX_ACCURACY, NEAR_SALT, activation_energy, constant_property, kinetics
from a2c_pybamm.files.nominal import NominalValues, table
from a2c_pybamm.parameter_set.keys import LAYERS

TABLE_EDGE = 1e-5
"""Distance of tables from stoichiometries 0 and 1; readers extrapolate in a straight line."""
USER_DEFINED = (
    "Open-circuit voltage at 0% SOC [V]",
    "Open-circuit voltage at 100% SOC [V]",
    "Electrode height [m]",
    "Electrode width [m]",
    "Contact resistance [Ohm]",
    *(
        f"{side} current collector {quantity}"
        for side in ("Negative", "Positive")
        for quantity in ("thickness [m]", "conductivity [S.m-1]")
    ),
    *(f"{side} electrode double-layer capacity [F.m-2]" for side in ("Negative", "Positive")),
)
"""Numbers that BPX has no field for and PyBaMM finds again under "User-defined"."""


def _layer(n: NominalValues, layer: str) -> dict[str, float]:
    """Thickness and pores of an electrode or the separator."""
    porosity = n.number(f"{layer} porosity")
    if not 0 < porosity < 1:
        raise ValueError(
            f"set {n.name}: '{layer} porosity' is {porosity:g}; read back it must be between 0 and 1, bounds excluded"
        )
    efficiency = porosity ** n.number(f"{layer} Bruggeman coefficient (electrolyte)")
    return {"Thickness [m]": n.number(f"{layer} thickness [m]"), "Porosity": porosity, "Transport efficiency": efficiency}


def _electrode(n: NominalValues, side: str, low: float, high: float) -> dict[str, Any]:
    """Section of one electrode."""
    lower, T = side.lower(), n.temperature
    window = np.linspace(low, high, 41)
    sto = TABLE_EDGE + (1 - 2 * TABLE_EDGE) * (1 - np.cos(np.linspace(0, np.pi, len(window)))) / 2
    radius, c_max = n.number(f"{side} particle radius [m]"), n.number(f"Maximum concentration in {lower} electrode [mol.m-3]")
    solid, porosity = n.number(f"{side} electrode active material volume fraction"), n.number(f"{side} electrode porosity")
    key = f"{side} particle diffusivity [m2.s-1]"
    sigma = n.evaluate(f"{side} electrode conductivity [S.m-1]", window, T)
    if np.ptp(sigma) > BPX_ACCURACY.relative * sigma.mean():
        n.losses.append(f"{side} electrode conductivity [S.m-1]: dependence on stoichiometry, mean taken")
    return {
        **_layer(n, f"{side} electrode"),
        # BPX's is the matrix's effective conductivity
        "Conductivity [S.m-1]": sigma.mean()
        * (1 - porosity) ** n.number(f"{side} electrode Bruggeman coefficient (electrode)"),
        "Minimum stoichiometry": low,
        "Maximum stoichiometry": high,
        "Maximum concentration [mol.m-3]": c_max,
        "Particle radius [m]": radius,
        "Surface area per unit volume [m-1]": 3 * solid / radius,
        "Diffusivity [m2.s-1]": table(lambda s: n.evaluate(key, s, T), sto, relative=BPX_ACCURACY.relative),
        "Diffusivity activation energy [J.mol-1]": activation_energy(
            n, key, lambda s, t: n.evaluate(key, s, t), np.mean(window), window
        ),
        # relative too: a base set's polynomial can be very large outside the range that it is fitted in
        "OCP [V]": table(
            lambda s: n.evaluate(f"{side} electrode OCP [V]", s),
            sto,
            absolute=BPX_ACCURACY.voltage,
            relative=BPX_ACCURACY.voltage / 5,
        ),
        "Entropic change coefficient [V.K-1]": table(
            lambda s: n.evaluate(f"{side} electrode OCP entropic change [V.K-1]", s),
            sto,
            absolute=BPX_ACCURACY.entropic_change,
            relative=BPX_ACCURACY.relative,
        ),
        **kinetics(n, side, window, c_max),
    }


def _electrolyte(n: NominalValues) -> dict[str, Any]:
    """Section of the electrolyte."""
    T, salt = n.temperature, n.salt_concentration
    # from depletion to beyond the solubility of salts; tables are refined from these
    concentrations, near = salt * np.linspace(1e-3, 4.0, 41), salt * NEAR_SALT
    section: dict[str, Any] = {}
    for quantity in ("Diffusivity [m2.s-1]", "Conductivity [S.m-1]"):
        key, word = f"Electrolyte {quantity[0].lower()}{quantity[1:]}", quantity.split(" ")[0]
        section[quantity] = table(lambda c, key=key: n.evaluate(key, c, T), concentrations, relative=BPX_ACCURACY.relative)  # type: ignore[misc]
        energy = activation_energy(n, key, lambda c, t, key=key: n.evaluate(key, c, t), salt, near)  # type: ignore[misc]
        section[f"{word} activation energy [J.mol-1]"] = energy
    return {"Cation transference number": constant_property(n, "Cation transference number"), **section}


def _cell(n: NominalValues) -> dict[str, Any]:
    """Section of the cell; heat capacity and density are those of all layers together."""
    parallel = n.number("Number of electrodes connected in parallel to make a cell")
    series = n.number("Number of cells connected in series to make a battery")
    if parallel != round(parallel):
        raise ValueError(f"set {n.name}: {parallel:g} electrodes in parallel; BPX takes a whole number")
    if series != 1:
        raise ValueError(f"set {n.name}: {series:g} cells in series; BPX describes one cell")
    section: dict[str, Any] = {
        "Electrode area [m2]": n.number("Electrode height [m]") * n.number("Electrode width [m]"),
        **_external_dimensions(n, round(parallel)),
        "Number of electrode pairs connected in parallel to make a cell": round(parallel),
    }
    for key in (
        "Lower voltage cut-off [V]",
        "Upper voltage cut-off [V]",
        "Nominal cell capacity [A.h]",
        "Reference temperature [K]",
    ):
        section[key] = n.number(key)
    heat = [(f"{layer} density [kg.m-3]", f"{layer} specific heat capacity [J.kg-1.K-1]") for layer in LAYERS]
    if all(key in n.values for pair in heat for key in pair):
        thickness = np.array([n.number(f"{layer} thickness [m]") for layer in LAYERS])
        density, capacity = (np.array([n.evaluate(pair[i], n.temperature)[0] for pair in heat]) for i in (0, 1))
        section["Density [kg.m-3]"] = float(density @ thickness / thickness.sum())
        section["Specific heat capacity [J.K-1.kg-1]"] = float(density * capacity @ thickness / (density @ thickness))
        n.losses.append("density and specific heat capacity of each layer: kept as the cell's mean")
    return section


def _external_dimensions(n: NominalValues, n_parallel: int) -> dict[str, float]:
    """External surface and volume of the cell; those of its layers, with an entry of the losses, where the set has none."""
    keys = {"External surface area [m2]": "Cell cooling surface area [m2]", "Volume [m3]": "Cell volume [m3]"}
    if all(key in n.values for key in keys.values()):
        return {field: n.number(key) for field, key in keys.items()}
    area = n.number("Electrode height [m]") * n.number("Electrode width [m]")
    layers = [f"{layer} thickness [m]" for layer in LAYERS]
    thickness = n_parallel * sum(n.number(key) for key in layers if key in n.values)
    missing = " and ".join(repr(key) for key in keys.values() if key not in n.values)
    n.losses.append(
        f"the set has no {missing}: PyBaMM's reader needs both, and those of a flat stack of the layers stand there "
        f"({2 * area:.4g} m2, {area * thickness:.4g} m3); run no thermal model with them"
    )
    return {"External surface area [m2]": 2 * area, "Volume [m3]": area * thickness}


@np.errstate(all="ignore")  # values that are not finite are refused, by name
def document_sections(n: NominalValues) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sections Parameterisation and State of the document."""
    if blended := sorted(key for key in n.values if key.startswith(("Primary: ", "Secondary: "))):
        raise ValueError(f"set {n.name}: {blended[0]!r} belongs to a blended electrode; this export writes single materials")
    x0, x100, y100, y0 = stoichiometry_window(n)
    extra = {key: n.number(key) for key in USER_DEFINED if key in n.values and not callable(n.values[key])}
    extra["Thermodynamic factor"] = constant_property(n, "Thermodynamic factor")
    parameterisation = {
        "Cell": _cell(n),
        "Electrolyte": _electrolyte(n),
        "Negative electrode": _electrode(n, "Negative", x0, x100),
        "Positive electrode": _electrode(n, "Positive", y100, y0),
        "Separator": _layer(n, "Separator"),
        "User-defined": extra,
    }
    conditions = {
        "Initial temperature [K]": n.number("Initial temperature [K]"),
        "Initial electrolyte concentration [mol.m-3]": n.salt_concentration,
    }
    environment = {"Ambient temperature [K]": n.number("Ambient temperature [K]")}
    if (cooling := "Total heat transfer coefficient [W.m-2.K-1]") in n.values:
        environment["Heat transfer coefficient [W.m-2.K-1]"] = n.number(cooling)
    return parameterisation, {"Initial conditions": conditions, "Thermal environment": environment}
