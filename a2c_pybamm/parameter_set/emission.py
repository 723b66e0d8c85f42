"""Entries of PyBaMM's parameter values made from laws: numbers, and partials of module-level functions.

Partials solve, pickle and can be written to JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pybamm

from a2c_pybamm.laws import Scale, Value, derived_names
from a2c_pybamm.parameter_set.attachment import Attachment, filled_sites, method_arguments, passed_arguments
from a2c_pybamm.parameter_set.base_set import applied
from a2c_pybamm.parameter_set.factors import FACTORS
from a2c_pybamm.parameter_set.value_document import required_arguments


def of_stoichiometry(sto: Any, law: Any, method: str, c: Any, T: float, offset: float, slope: float) -> Any:
    """A law's method as PyBaMM calls it with stoichiometry alone."""
    return getattr(law, method)(c, offset + slope * sto, T)


def of_stoichiometry_and_temperature(sto: Any, T: Any, law: Any, method: str, c: Any, offset: float, slope: float) -> Any:
    """A law's method as PyBaMM calls it with stoichiometry and temperature."""
    return getattr(law, method)(c, offset + slope * sto, T)


def of_site_and_temperature(T: Any, law: Any, method: str, c: Any, index: int) -> Any:
    """A law's method of one kind of site as PyBaMM calls it with temperature alone."""
    return getattr(law, method)(c, index, T)


def of_temperature(T: Any, law: Any, method: str, c: Any) -> Any:
    """A law's method as PyBaMM calls it with temperature alone."""
    return getattr(law, method)(c, T)


def of_electrolyte(c_e: Any, T: Any, law: Any, method: str, c: Any) -> Any:
    """A law's method as PyBaMM calls it with the electrolyte's concentration and temperature."""
    return getattr(law, method)(c, c_e, T)


def of_interface(c_e: Any, c_s: Any, c_max: Any, T: Any, law: Any, method: str, c: Any, offset: float, slope: float) -> Any:
    """A law's method as PyBaMM calls it with the electrolyte's and particle's concentrations, their maximum, temperature."""
    return getattr(law, method)(c, c_e, filled_sites(c_s, c_max, offset, slope), c_max, T)


def shifted_ocp(sto: Any, ocp: Any, entropy: Any, shift: float) -> Any:
    """A base set's open-circuit potential moved to another reference temperature."""
    return applied(ocp, sto) + shift * applied(entropy, sto)


def emit(key: str, attachment: Attachment, c: Mapping[str, Any], T: float, base: pybamm.ParameterValues) -> Any:
    """Entry of PyBaMM's parameter values under ``key``: a number, or a partial of a module-level function."""
    law, method, sto = attachment.law, attachment.method, attachment.stoichiometry
    arguments = {name: c[name] for name in (*law.names, *derived_names(law))}
    if isinstance(law, Scale):
        entry = base[key]
        if not callable(entry):
            return law.factor(arguments) * entry
        return partial(FACTORS[len(required_arguments(entry))], base=entry, law=law, c=arguments)
    if isinstance(law, Value):
        return law.value(arguments)  # PyBaMM takes a number in the place of any function
    passed = passed_arguments(key, attachment)
    if not passed:
        return getattr(law, method)(arguments, *method_arguments(attachment, {}, T))
    settings: dict[str, Any] = {"law": law, "method": method, "c": arguments}
    if attachment.index is not None:
        return partial(of_site_and_temperature, index=attachment.index, **settings)
    if passed == ("sto",):
        return partial(of_stoichiometry, T=T, offset=sto.offset, slope=sto.slope, **settings)
    if passed == ("sto", "T"):
        return partial(of_stoichiometry_and_temperature, offset=sto.offset, slope=sto.slope, **settings)
    if passed == ("T",):
        return partial(of_temperature, **settings)
    if passed == ("c_e", "T"):
        return partial(of_electrolyte, **settings)
    return partial(of_interface, offset=sto.offset, slope=sto.slope, **settings)
