"""Laws' methods attached to PyBaMM parameters, and the conditions for it."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Literal

import pybamm

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.data import Extent
from a2c_pybamm.laws import KINDS, Law, Scale, SiteSum, Value
from a2c_pybamm.parameter_set.base_set import base_values, kind_options
from a2c_pybamm.parameter_set.factors import FACTORS
from a2c_pybamm.parameter_set.keys import (
    ARGUMENTS,
    BALANCE_KEYS,
    COUNTER_ELECTRODE,
    ELECTROLYTE_METHODS,
    HOST_SITE,
    MECHANICS_SETS,
    MESH_KEYS,
    MODEL_KEYS,
    QUANTITIES,
    RESERVED_KEYS,
)
from a2c_pybamm.parameter_set.value_document import required_arguments
from a2c_pybamm.schema import conform_fields, show


@dataclass(frozen=True)
class StoichiometryMap:
    """Occupied fraction of sites from PyBaMM's stoichiometry: x = offset + slope · sto.

    ``offset = 0, slope = 1`` holds only where the maximum concentration is the density of sites.
    """

    offset: float = 0.0
    slope: float = 1.0

    def __post_init__(self) -> None:
        conform_fields(self, name="stoichiometry map")
        ends = (self.offset, self.offset + self.slope)
        if not (0 <= ends[0] < ends[1] <= 1 + RELATIVE_ROUND_OFF):
            raise ValueError(
                f"stoichiometry map x = {self.offset:g} + {self.slope:g}·sto runs from {ends[0]:g} to {ends[1]:g}; it must "
                "rise within [0, 1]: check offset, slope and the maximum concentration"
            )


@dataclass(frozen=True)
class Attachment:
    """A law's method in the place of a PyBaMM parameter."""

    law: Law
    method: str
    stoichiometry: StoichiometryMap = StoichiometryMap()
    index: int | None = None
    """Kind of site that the method is evaluated for, the first being 0; None where the method is of all sites together."""

    def __post_init__(self) -> None:
        conform_fields(self, name="attachment")
        law_class = type(self.law)
        if (extent := getattr(self.law, "extent", Extent.INTENSIVE)) == Extent.SIMULATION_CELL:
            raise ValueError(
                f"law {self.law.kind!r} gives numbers {extent}, which grow with it, and PyBaMM's parameters do not; divide its "
                "data by their sites (per_site) or volume (per_volume) before the fit"
            )
        methods = [name for name in dir(law_class) if name in QUANTITIES or law_class not in KINDS.values()]
        if self.method not in methods or _n_argument(self.law, self.method) is None:
            usable = ", ".join(name for name in methods if _n_argument(self.law, name) is not None)
            raise ValueError(f"law {self.law.kind!r} has no method {show(self.method)} of (c, x, T); take one of {usable}")

    @property
    def relative(self) -> bool:
        """True where the law's number multiplies the base set's entry instead of replacing it."""
        return isinstance(self.law, Scale)


def _n_argument(law: Law, method: str) -> int | None:
    """Number of arguments that a law's public method takes; None where the law has no such method."""
    function = inspect.getattr_static(type(law), method, None)
    if method.startswith("_") or not isinstance(function, FunctionType):
        return None
    parameters = list(inspect.signature(function).parameters.values())[1:]
    needed = [p for p in parameters if p.default is p.empty]
    # a method with further arguments or options gives no PyBaMM parameter
    return len(needed) if len(needed) == len(parameters) and all(p.kind is p.POSITIONAL_OR_KEYWORD for p in needed) else None


def passed_arguments(key: str, attachment: Attachment) -> tuple[str, ...]:
    """Arguments (of `ARGUMENTS`) that PyBaMM passes to what stands in for this key; none where that is a number."""
    if isinstance(attachment.law, Scale | Value):
        return ()
    if attachment.index is not None:
        return ("T",) if key.endswith("[V]") else ()
    return next((arguments for ending, arguments in ARGUMENTS.items() if key.endswith(ending)), ())


def method_arguments(attachment: Attachment, passed: Mapping[str, Any], T: float) -> list[Any]:
    """Arguments of a law's method after its coefficients, from those that PyBaMM passes by their names.

    A stoichiometry becomes the law's x, a surface concentration that of filled sites, and the set's temperature [K] stands
    where PyBaMM passes a stoichiometry alone.
    """
    sto = attachment.stoichiometry
    arguments = [sto.offset + sto.slope * value if name == "sto" else value for name, value in passed.items()]
    if "c_s" in passed:
        arguments[list(passed).index("c_s")] = filled_sites(passed["c_s"], passed["c_max"], sto.offset, sto.slope)
    if attachment.index is not None:
        return [attachment.index, *arguments]
    return [*arguments, T] if tuple(passed) == ("sto",) else arguments


def filled_sites(c_s: Any, c_max: Any, offset: float, slope: float) -> Any:
    r"""Concentration of filled sites, :math:`x c_\mathrm{max}`; that of ions itself where x is PyBaMM's stoichiometry."""
    return c_s if (offset, slope) == (0.0, 1.0) else offset * c_max + slope * c_s


def _n_passed(key: str, attachment: Attachment) -> int:
    """Number of arguments that a law's method is given in the place of this key, its coefficients among them."""
    return 1 + len(method_arguments(attachment, dict.fromkeys(passed_arguments(key, attachment), 0.0), 0.0))


def _method_error(key: str, attachment: Attachment) -> str:
    """Reason why a method does not give this key's quantity; empty text where it does, also for laws of other packages."""
    method, law = attachment.method, attachment.law
    if QUANTITIES["electronic_conductivity"].fullmatch(key) and not (
        isinstance(law, Scale | Value) or getattr(law, "whole_electrode", False)
    ):
        return (
            f"law {law.kind!r} does not state that its conductivity is of the whole electrode; a crystal's is not: take a "
            "CompositeConductivity, whose law of mixing is declared, with whole_electrode=True"
        )
    if method in QUANTITIES and not QUANTITIES[method].fullmatch(key):
        return f"{method} of law {law.kind!r} is another quantity; attach it where that stands"
    n = _n_passed(key, attachment)
    if _n_argument(law, method) != n:
        return f"{method} of law {law.kind!r} takes {_n_argument(law, method)} arguments, not the {n} that are passed there"
    return ""


def attachment_error(key: str, attachment: Attachment, base: pybamm.ParameterValues) -> str:
    """Reason why a law cannot replace this PyBaMM parameter; empty text where it can."""
    return _key_error(key, attachment, base) or _method_error(key, attachment)


def _key_error(key: str, attachment: Attachment, base: pybamm.ParameterValues) -> str:
    """Reason why no law of this kind can replace this key's entry; empty text where one can."""
    if not isinstance(attachment.law, Scale | Value) and (site := HOST_SITE.fullmatch(key)):
        return _site_error(site, attachment, base)
    if attachment.index is not None:
        return "it is not one of a host site's (MSMR), so its attachment has no index; leave it out"
    if key in BALANCE_KEYS:
        return _balance_error(attachment, base)
    if not isinstance(attachment.law, Scale | Value):
        return _model_key_error(key, base)
    if attachment.stoichiometry != StoichiometryMap():
        return f"a {attachment.law.kind} is the same at every stoichiometry; leave its map out"
    if key.endswith(MESH_KEYS):
        return "PyBaMM's mesh depends on it, so it cannot vary from sample to sample"
    if key.endswith("OCP [V]"):
        return "neither a number nor a factor makes a potential; take a MeasuredOCP with an error"
    if key in RESERVED_KEYS:
        return "the set's temperature and voltage limits, the cell's current and each sample's full charge determine it"
    if key not in base:
        elsewhere = not attachment.relative and any(key in base_values(name) for name in MECHANICS_SETS)
        return "" if elsewhere else _missing_entry(key, base)
    return _entry_error(base[key], attachment.relative)


def _balance_error(attachment: Attachment, base: pybamm.ParameterValues) -> str:
    """Reason why a law cannot set the cell's lithium; empty text where it can."""
    if kind_options(base).get("working electrode"):
        return "a half cell's lithium metal never runs out; leave it out"
    return "" if isinstance(attachment.law, Value) else "the base set has no such entry; take a Value"


def _site_error(site: re.Match[str], attachment: Attachment, base: pybamm.ParameterValues) -> str:
    """Reason why a law cannot replace a parameter of one kind of site; empty text where it can."""
    side, number = site[1], int(next(filter(None, site.groups()[1:])))
    n_base = sum(key.startswith(f"{side} electrode host site occupancy fraction (") for key in base)
    n_site = getattr(attachment.law, "n_site", 0)
    if n_base != n_site:
        return f"the law has {n_site} kinds of sites and the base set's electrode {n_base} (MSMR); they must be as many"
    if attachment.index != number:
        return f"it is that of site {number}, the attachment's index is {attachment.index}; take msmr_attachments"
    if attachment.stoichiometry != StoichiometryMap():
        return "a site's parameter is the same at every stoichiometry; leave the map out"
    return ""


def msmr_attachments(law: SiteSum, side: Literal["negative", "positive"]) -> dict[str, Attachment]:
    """Attachments of a site sum to an MSMR electrode's fractions, standard potentials and ideality factors, by PyBaMM key.

    PyBaMM's site (0) is the law's first. Exchange-current densities and transfer coefficients stay the base set's, whose
    electrode must have the same number of kinds of sites.

    Raises
    ------
    ValueError
        If the side is neither "negative" nor "positive".
    """
    if side not in ("negative", "positive"):
        raise ValueError(f"{law.material}: side {side!r} is unknown; take 'negative' or 'positive'")
    stem = f"{side.capitalize()} electrode host site"
    entries = {}
    for j in range(law.n_site):
        entries[f"{stem} occupancy fraction ({j})"] = Attachment(law, "site_fraction", index=j)
        entries[f"{stem} standard potential ({j}) [V]"] = Attachment(law, "site_voltage", index=j)
        entries[f"{stem} ideality factor ({j})"] = Attachment(law, "ideality_factor", index=j)
    return entries


def electrolyte_attachments(law: Law) -> dict[str, Attachment]:
    """Attachments of an electrolyte's law to PyBaMM's functions of the electrolyte, by PyBaMM key: of those that it gives."""
    return {key: Attachment(law, method) for key, method in ELECTROLYTE_METHODS.items() if hasattr(law, method)}


def _missing_entry(key: str, base: pybamm.ParameterValues) -> str:
    near = difflib.get_close_matches(key, base.keys(), 1)
    hint = f"; is {near[0]!r} meant?" if near else ""
    return f"the base set has no such entry{hint or '; check its spelling, the base set and the unit'}"


def _entry_error(entry: Any, relative: bool) -> str:
    """Reason why a base set's entry cannot be multiplied or replaced; empty text where it can."""
    if callable(entry):
        n = len(required_arguments(entry))
        return f"the base set's function takes {n} arguments" if relative and n not in FACTORS else ""
    if isinstance(entry, pybamm.Symbol) and not isinstance(entry, pybamm.InputParameter):
        return ""
    if isinstance(entry, bool) or not isinstance(entry, int | float):
        return f"the base set's entry is of type {type(entry).__name__}, not a number or a function"
    return "the base set's entry is 0, which no factor changes; take a Value" if relative and entry == 0 else ""


def _model_key_error(key: str, base: pybamm.ParameterValues) -> str:
    """Reason why a law of composition cannot replace this key's entry; empty text where it can."""
    if key == COUNTER_ELECTRODE and kind_options(base).get("working electrode"):
        return "it is that of a half cell's lithium metal; its conductivity is a number, take a Value"
    if key in MODEL_KEYS:
        return ""
    near = difflib.get_close_matches(key, MODEL_KEYS, 1)
    hint = f"; is {near[0]!r} meant?" if near else ""
    if key not in base:
        return f"neither the base set nor a model of PyBaMM has such a parameter{hint or '; check its spelling and unit'}"
    return f"it must be one whose arguments are known{hint or ', e.g. an open-circuit potential or a diffusivity'}"
