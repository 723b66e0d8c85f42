"""The nominal set as a BPX document, and a list of what does not fit into one.

BPX (Battery Parameter eXchange) carries numbers, curves of one variable and activation energies. Its conventions are those
of version 1.1 as PyBaMM reads it back.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

from a2c_pybamm import __version__
from a2c_pybamm.files.bpx_properties import form_of_current
from a2c_pybamm.files.bpx_sections import document_sections
from a2c_pybamm.files.nominal import NominalValues
from a2c_pybamm.files.writing import writable, write_text
from a2c_pybamm.parameter_set import SIDES, ParameterSet, kinetics_law

BPX_VERSION = "1.1.0"
"""Version of the standard, as PyBaMM reads it."""
NOT_PHYSICS = {
    *("chemistry", "citations", "Current function [A]", "Faraday constant [C.mol-1]", "Ideal gas constant [J.K-1.mol-1]"),
    *("Boltzmann constant [J.K-1]", "Electron charge [C]"),
    *(f"Initial concentration in {side} electrode [mol.m-3]" for side in ("negative", "positive")),
}
"""Keys that are no loss: constants, the operation, and values that follow from the stoichiometry limits."""


def _losses(n: NominalValues, parameter_set: ParameterSet) -> list[str]:
    """Properties of this set that BPX cannot hold, from the general to the single key."""
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
    """The document and its losses."""
    values = parameter_set.nominal()
    if limits is not None:
        cuts, ends = ("Lower voltage cut-off [V]", "Upper voltage cut-off [V]"), (0, 100)
        values.update(dict(zip(cuts, limits, strict=True)))
        values.update({f"Open-circuit voltage at {soc}% SOC [V]": limit for soc, limit in zip(ends, limits, strict=True)})
    n = NominalValues(parameter_set.name, values, parameter_set.stoichiometry_window if limits is None else {})
    mean = dict(zip(parameter_set.joint.names, map(float, parameter_set.joint.mean), strict=True))
    for side in SIDES:
        if law := kinetics_law(parameter_set.attach, side):
            form_of_current(n, law, side, mean)
    parameterisation, state = document_sections(n)
    losses = _losses(n, parameter_set)
    text = "\n".join(
        [parameter_set.description, f"Written by a2c_pybamm {__version__}. Not in this file:", *(f"- {x}" for x in losses)]
    )
    header = {"BPX": BPX_VERSION, "Title": parameter_set.name, "Description": text.strip(), "Model": "DFN"}
    if parameter_set.citations:
        header["References"] = "; ".join(parameter_set.citations)
    return _validated({"Header": header, "Parameterisation": parameterisation, "State": state}), losses


def _validated(document: dict[str, Any]) -> dict[str, Any]:
    """The document as BPX's schema reads it."""
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
    """Properties of this set that its BPX document does not hold, with the size of the difference where it is known."""
    return _convert(parameter_set, voltage_limits)[1]


def write_bpx(path: Path, parameter_set: ParameterSet, *, voltage_limits: tuple[float, float] | None = None) -> Path:
    """The path, holding the document of ``bpx_document``."""
    writable(path)
    document = bpx_document(parameter_set, voltage_limits=voltage_limits)
    return write_text(path, json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
