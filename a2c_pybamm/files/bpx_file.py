"""The nominal set as a BPX document, and a list of what does not fit into one.

BPX (Battery Parameter eXchange) carries numbers, curves of one variable and activation energies. Its conventions are those
of version 1.1 as PyBaMM reads it back.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm import __version__
from a2c_pybamm.estimate import Array
from a2c_pybamm.files.bpx_limits import stoichiometry_window
from a2c_pybamm.files.nominal import Nominal, table
from a2c_pybamm.files.writing import writable, write_text
from a2c_pybamm.parameter_set import ParameterSet
from a2c_pybamm.parameter_set.keys import LAYERS

BPX_VERSION = "1.1.0"
EDGE = 1e-5
"""Distance of tables from stoichiometries 0 and 1; a reader goes on in a straight line."""
VOLTAGE_ERROR, RELATIVE_ERROR, ENTROPY_ERROR = 2.5e-4, 2.5e-3, 1e-6
"""Largest distance of a table's straight lines from an open-circuit potential [V], a transport property [1], dU/dT [V.K-1]."""
SWING, RELATIVE_SWING = 20.0, 0.1
"""Temperatures [K] about the reference at which one activation energy is compared with the set; nearer below 200 K."""
STEP, RELATIVE_STEP = 1.0, 0.01
"""Step [K] of the difference that makes an activation energy; smaller below 100 K."""
USER_DEFINED = (
    "Open-circuit voltage at 0% SOC [V]",
    "Open-circuit voltage at 100% SOC [V]",
    "Electrode height [m]",
    "Electrode width [m]",
    "Contact resistance [Ohm]",
    *(
        f"{side} current collector {what}"
        for side in ("Negative", "Positive")
        for what in ("thickness [m]", "conductivity [S.m-1]")
    ),
    *(f"{side} electrode double-layer capacity [F.m-2]" for side in ("Negative", "Positive")),
)
"""Numbers that BPX has no field for and PyBaMM finds again under "User-defined"."""
NOT_PHYSICS = {
    *("chemistry", "citations", "Current function [A]", "Faraday constant [C.mol-1]", "Ideal gas constant [J.K-1.mol-1]"),
    *("Boltzmann constant [J.K-1]", "Electron charge [C]"),
    *(f"Initial concentration in {side} electrode [mol.m-3]" for side in ("negative", "positive")),
}
"""Keys that are no loss: constants, the operation, and what follows from the stoichiometry limits."""


def _activation_energy(n: Nominal, what: str, function: Callable[[Any, float], Array], middle: Any, window: Array) -> float:
    r"""Activation energy :math:`-R\,\mathrm d\ln f/\mathrm d(1/T)` [J.mol-1] in the middle of the window.

    How far one such energy is from the set over the window and within ``SWING`` of the reference goes to the losses.

    Raises
    ------
    ValueError
        If there is none: the quantity vanishes or is not finite so far from the temperatures of cells.
    """
    T, R = n.temperature, pybamm.constants.R.value
    step, swing = min(STEP, RELATIVE_STEP * T), min(SWING, RELATIVE_SWING * T)
    warm, cool = (float(np.log(function(middle, t)[0])) for t in (T + step, T - step))
    energy = -R * (warm - cool) / np.subtract(1 / (T + step), 1 / (T - step))  # numpy's: 1/0 is no error
    worst = max(
        float(np.abs(function(window, t) / function(window, T) / np.exp(energy / R * (1 / T - 1 / t)) - 1).max())
        for t in (T - swing, T + swing)
    )
    if not np.isfinite([energy, worst]).all():
        raise ValueError(
            f"set {n.name}: {what!r} has no activation energy at {T:g} K (it is 0 or not finite within {swing:g} K); give the "
            "set the temperature of a working cell"
        )
    if worst > RELATIVE_ERROR:
        n.losses.append(f"{what}: temperature dependence other than one activation energy, {worst:.1%} within {swing:g} K")
    return energy if abs(energy) > 1e-6 else 0.0


def _kinetics(n: Nominal, side: str, window: Array, c_max: float) -> dict[str, float]:
    r"""Rate constant, mean over the window, and activation energy of :math:`j_0 = Fk\sqrt{(c_e/c_{e0})\,s(1-s)}`."""
    key, F = f"{side} electrode exchange-current density [A.m-2]", pybamm.constants.F.value

    def rate(sto: Any, T: float, salt: float = 1.0) -> Array:
        sto = np.atleast_1d(sto)
        return n.at(key, salt * n.salt, sto * c_max, c_max, T) / (F * np.sqrt(salt * sto * (1 - sto)))

    k = float(np.exp(np.mean(np.log(rate(window, n.temperature)))))
    worst = max(float(np.abs(rate(window, n.temperature, salt) / k - 1).max()) for salt in (0.5, 1.0, 1.5))
    if worst > RELATIVE_ERROR:
        n.losses.append(f"{key}: form other than symmetric, {worst:.1%} at half to one and a half times the salt concentration")
    energy = _activation_energy(n, key, rate, np.mean(window), window)
    return {"Reaction rate constant [mol.m-2.s-1]": k, "Reaction rate constant activation energy [J.mol-1]": energy}


def _layer(n: Nominal, layer: str) -> dict[str, float]:
    """Thickness and pores of an electrode or the separator."""
    porosity = n.number(f"{layer} porosity")
    if not 0 < porosity < 1:
        raise ValueError(
            f"set {n.name}: '{layer} porosity' is {porosity:g}; read back it must be between 0 and 1, bounds excluded"
        )
    efficiency = porosity ** n.number(f"{layer} Bruggeman coefficient (electrolyte)")
    return {"Thickness [m]": n.number(f"{layer} thickness [m]"), "Porosity": porosity, "Transport efficiency": efficiency}


def _electrode(n: Nominal, side: str, low: float, high: float) -> dict[str, Any]:
    """Section of one electrode."""
    lower, T = side.lower(), n.temperature
    window, whole = np.linspace(low, high, 41), EDGE + (1 - 2 * EDGE) * (1 - np.cos(np.linspace(0, np.pi, 41))) / 2
    radius, c_max = n.number(f"{side} particle radius [m]"), n.number(f"Maximum concentration in {lower} electrode [mol.m-3]")
    solid, porosity = n.number(f"{side} electrode active material volume fraction"), n.number(f"{side} electrode porosity")
    key = f"{side} particle diffusivity [m2.s-1]"
    sigma = n.at(f"{side} electrode conductivity [S.m-1]", window, T)
    if np.ptp(sigma) > RELATIVE_ERROR * sigma.mean():
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
        "Diffusivity [m2.s-1]": table(lambda s: n.at(key, s, T), whole, relative=RELATIVE_ERROR),
        "Diffusivity activation energy [J.mol-1]": _activation_energy(
            n, key, lambda s, t: n.at(key, s, t), np.mean(window), window
        ),
        # relative: a base set's polynomial may be anything where it is not meant to be used
        "OCP [V]": table(
            lambda s: n.at(f"{side} electrode OCP [V]", s), whole, absolute=VOLTAGE_ERROR, relative=VOLTAGE_ERROR / 5
        ),
        "Entropic change coefficient [V.K-1]": table(
            lambda s: n.at(f"{side} electrode OCP entropic change [V.K-1]", s),
            whole,
            absolute=ENTROPY_ERROR,
            relative=RELATIVE_ERROR,
        ),
        **_kinetics(n, side, window, c_max),
    }


def _electrolyte(n: Nominal) -> dict[str, Any]:
    """Section of the electrolyte."""
    T, salt = n.temperature, n.salt
    whole, near = salt * np.linspace(1e-3, 4.0, 41), salt * np.linspace(0.5, 1.5, 21)
    section: dict[str, Any] = {}
    for quantity in ("Diffusivity [m2.s-1]", "Conductivity [S.m-1]"):
        key, word = f"Electrolyte {quantity[0].lower()}{quantity[1:]}", quantity.split(" ")[0]
        section[quantity] = table(lambda c, key=key: n.at(key, c, T), whole, relative=RELATIVE_ERROR)  # type: ignore[misc]
        energy = _activation_energy(n, key, lambda c, t, key=key: n.at(key, c, t), salt, near)  # type: ignore[misc]
        section[f"{word} activation energy [J.mol-1]"] = energy
    return {"Cation transference number": _constant(n, "Cation transference number", near), **section}


def _constant(n: Nominal, key: str, near: Array) -> float:
    """A property of the electrolyte at its initial concentration; how much it varies about it goes to the losses."""
    values, middle = n.at(key, near, n.temperature), float(n.at(key, n.salt, n.temperature)[0])
    if np.ptp(values) > 1e-12 * abs(middle):
        n.losses.append(
            f"{key}: a function, kept as {middle:.4g} at {n.salt:g} mol.m-3 ({values.min():.4g} to {values.max():.4g} at "
            "half to one and a half times that)"
        )
    return middle


def _cell(n: Nominal) -> dict[str, Any]:
    """Section of the cell; heat capacity and density are those of all layers together."""
    parallel = n.number("Number of electrodes connected in parallel to make a cell")
    series = n.number("Number of cells connected in series to make a battery")
    if parallel != round(parallel):
        raise ValueError(f"set {n.name}: {parallel:g} electrodes in parallel; BPX takes a whole number")
    if series != 1:
        raise ValueError(f"set {n.name}: {series:g} cells in series; BPX describes one cell")
    section: dict[str, Any] = {
        "Electrode area [m2]": n.number("Electrode height [m]") * n.number("Electrode width [m]"),
        **_outside(n, round(parallel)),
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
        density, capacity = (np.array([n.at(pair[i], n.temperature)[0] for pair in heat]) for i in (0, 1))
        section["Density [kg.m-3]"] = float(density @ thickness / thickness.sum())
        section["Specific heat capacity [J.K-1.kg-1]"] = float(density * capacity @ thickness / (density @ thickness))
        n.losses.append("density and specific heat capacity of each layer: kept as the cell's mean")
    return section


def _outside(n: Nominal, n_parallel: int) -> dict[str, float]:
    """External surface and volume of the cell; of its layers alone, and told among the losses, where the set has none."""
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


@np.errstate(all="ignore")  # what is not finite is refused, by name
def _sections(n: Nominal) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameterisation and State."""
    if blended := sorted(key for key in n.values if key.startswith(("Primary: ", "Secondary: "))):
        raise ValueError(f"set {n.name}: {blended[0]!r} belongs to a blended electrode; this export writes single materials")
    x0, x100, y100, y0 = stoichiometry_window(n)
    near = n.salt * np.linspace(0.5, 1.5, 21)
    extra = {key: n.number(key) for key in USER_DEFINED if key in n.values and not callable(n.values[key])}
    extra["Thermodynamic factor"] = _constant(n, "Thermodynamic factor", near)
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
        "Initial electrolyte concentration [mol.m-3]": n.salt,
    }
    environment = {"Ambient temperature [K]": n.number("Ambient temperature [K]")}
    if (cooling := "Total heat transfer coefficient [W.m-2.K-1]") in n.values:
        environment["Heat transfer coefficient [W.m-2.K-1]"] = n.number(cooling)
    return parameterisation, {"Initial conditions": conditions, "Thermal environment": environment}


def _losses(n: Nominal, parameter_set: ParameterSet) -> list[str]:
    """What BPX cannot carry of this set, from the general to the single key."""
    joint = parameter_set.joint
    unread = sorted(set(n.values) - n.read - NOT_PHYSICS)
    return [
        f"the joint error of {len(joint.names)} coefficients from {len(joint.sources)} sources: values are the means",
        "the laws: open-circuit potentials, entropic changes and diffusivities are tables at the mean coefficients",
        "open-circuit potentials at other temperatures beyond one entropic change",
        "initial state of charge: a reader starts from full charge",
        "charge transfer other than symmetric Butler-Volmer",
        *n.losses,
        "the thermodynamic factor and other entries under User-defined for readers other than PyBaMM",
        *([f"keys without a place in BPX: {', '.join(unread)}"] if unread else []),
    ]


def _convert(parameter_set: ParameterSet, limits: tuple[float, float] | None) -> tuple[dict[str, Any], list[str]]:
    values = parameter_set.nominal()
    if limits is not None:
        cuts, ends = ("Lower voltage cut-off [V]", "Upper voltage cut-off [V]"), (0, 100)
        values.update(dict(zip(cuts, limits, strict=True)))
        values.update({f"Open-circuit voltage at {soc}% SOC [V]": limit for soc, limit in zip(ends, limits, strict=True)})
    n = Nominal(parameter_set.name, values)
    parameterisation, state = _sections(n)
    losses = _losses(n, parameter_set)
    text = "\n".join(
        [parameter_set.description, f"Written by a2c_pybamm {__version__}. Not in this file:", *(f"- {x}" for x in losses)]
    )
    header = {"BPX": BPX_VERSION, "Title": parameter_set.name, "Description": text.strip(), "Model": "DFN"}
    if parameter_set.citations:
        header["References"] = "; ".join(parameter_set.citations)
    return _checked({"Header": header, "Parameterisation": parameterisation, "State": state}), losses


def _checked(document: dict[str, Any]) -> dict[str, Any]:
    """The document as the schema reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # bpx uses names that pyparsing gives up
        import bpx
    return dict(bpx.parse_bpx_obj(document).model_dump(mode="json", by_alias=True, exclude_none=True))


def bpx_document(parameter_set: ParameterSet, *, voltage_limits: tuple[float, float] | None = None) -> dict[str, Any]:
    r"""A BPX document (JSON values, checked by its schema) of the set at its mean coefficients.

    Curves are tables whose straight lines stay within 0.25 mV of an open-circuit potential and 0.25 % of a diffusivity or
    conductivity. Temperature dependences become activation energies; the exchange current becomes
    :math:`j_0 = Fk\sqrt{(c_e/c_{e0})\,s(1-s)}`. The header's description lists what is lost.

    Parameters
    ----------
    voltage_limits
        Open-circuit and cut-off voltages of the empty and the full cell [V]; the base set's if not given.

    Raises
    ------
    ValueError
        If a parameter has no form that BPX takes (the text names it), or a voltage limit is out of reach.
    """
    return _convert(parameter_set, voltage_limits)[0]


def bpx_losses(parameter_set: ParameterSet, *, voltage_limits: tuple[float, float] | None = None) -> list[str]:
    """What the BPX document of this set does not carry, with the size of the difference where it can be said."""
    return _convert(parameter_set, voltage_limits)[1]


def write_bpx(path: Path, parameter_set: ParameterSet, *, voltage_limits: tuple[float, float] | None = None) -> Path:
    """The path, holding the document of ``bpx_document``."""
    writable(path)
    document = bpx_document(parameter_set, voltage_limits=voltage_limits)
    return write_text(path, json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
