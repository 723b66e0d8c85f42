"""Functional of a calculation: exchange and correlation, Hubbard corrections, pseudopotentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from a2c_pybamm.readers.units import LARGEST_NUMBER

GGA_NAMES = {
    "PE": "PBE",
    "PS": "PBEsol",
    "RP": "RPBE",
    "RE": "revPBE",
    "91": "PW91",
    "AM": "AM05",
    "CA": "LDA",
    "BF": "BEEF",
    "OR": "optPBE",
    "BO": "optB88",
    "MK": "optB86b",
    "ML": "rPW86",
    "B3": "B3LYP",
}
"""Usual names of VASP's tags ``GGA``."""
POTENTIAL_GGA = {"PAW_PBE": "PBE", "PAW_GGA": "PW91", "PAW": "LDA", "US": "LDA", "PBE": "PBE", "LDA": "LDA"}
"""Functional that VASP takes without a tag ``GGA``: that of the pseudopotentials, by the first word of their titles."""
HYBRIDS = {("PBE", "0.25", "0.2"): "HSE06", ("PBE", "0.25", "0.3"): "HSE03", ("PBE", "0.25", "0"): "PBE0"}
"""Names of hybrids by functional, share of exact exchange and screening [Å-1]."""
UNSET = ("", "--", "NONE", "F", ".FALSE.")
"""Values of a tag that name no functional, in capitals."""
_DATE = re.compile(r"\d{1,2}[A-Z][a-z]{2}\d{4}")


@dataclass(frozen=True)
class Functional:
    """Settings that energies must share to be subtracted from each other; of those that are empty nothing is known."""

    exchange: str = ""
    """Exchange and correlation with what is added to them: ``"PBE"``, ``"R2SCAN"``, ``"HSE06"``."""
    hubbard: Mapping[str, str] = field(default_factory=dict)
    """Effective U [eV] by element, where there is one."""
    potentials: Mapping[str, str] = field(default_factory=dict)
    """Titles of pseudopotentials by element (``"PAW_PBE Li_sv 10Sep2004"``)."""

    def __str__(self) -> str:
        values = ", ".join(f"U({element}) = {value} eV" for element, value in sorted(self.hubbard.items()))
        titles = ", ".join(title for _, title in sorted(self.potentials.items()))
        return "; ".join(filter(None, (self.exchange or "functional not known", values, titles)))


class Calculation(NamedTuple):
    """Settings of the run that an energy is of, and why it is not converged."""

    functional: Functional | None = None
    unconverged: str = ""
    """Cause; empty where it is converged, or nothing is known."""


def difference(one: Functional, other: Functional, *, metal: bool = False) -> tuple[str, str]:
    """The settings in which two functionals differ, of each; both empty where they agree.

    Of a ``metal`` that has no Hubbard correction, none is compared. Of pseudopotentials those of shared elements count, their
    dates only where both have one.
    """
    if one.exchange and other.exchange and one.exchange != other.exchange:
        return one.exchange, other.exchange
    if not metal and dict(one.hubbard) != dict(other.hubbard):
        return _with_hubbard(one), _with_hubbard(other)
    for element in sorted(one.potentials.keys() & other.potentials.keys()):
        titles = one.potentials[element], other.potentials[element]
        if _differ(*titles):
            return titles
    return "", ""


def _with_hubbard(functional: Functional) -> str:
    """Exchange and Hubbard corrections in words."""
    values = ", ".join(f"U({element}) = {value} eV" for element, value in sorted(functional.hubbard.items())) or "no U"
    return f"{functional.exchange} with {values}".strip()


def _differ(one: str, other: str) -> bool:
    """True where two titles of pseudopotentials are of two: other names, or both have a date and it is not the same."""
    names, dates = zip(*(_name_and_date(title) for title in (one, other)), strict=True)
    return names[0] != names[1] or (all(dates) and dates[0] != dates[1])


def _name_and_date(title: str) -> tuple[str, str]:
    words = title.split()
    dates = [word for word in words if _DATE.fullmatch(word)]
    names = [word for word in words if word not in dates and word not in POTENTIAL_GGA]
    return " ".join(names), " ".join(dates)


def potentials_by_element(titles: Iterable[str]) -> dict[str, str]:
    """Titles of pseudopotentials by the element that each is of: ``"Li"`` for ``"PAW_PBE Li_sv 10Sep2004"``."""
    found: dict[str, list[str]] = {}
    for title in titles:
        if element := re.match(r"[A-Z][a-z]?", _name_and_date(title)[0]):
            found.setdefault(element[0], []).append(" ".join(title.split()))
    return {element: " and ".join(dict.fromkeys(of_element)) for element, of_element in found.items()}


def hubbard_by_element(elements: Sequence[str], values: Sequence[float]) -> dict[str, str]:
    """Effective U [eV] by element, of the kinds of atoms in their order; zeros left out."""
    found: dict[str, list[str]] = {}
    for element, value in zip(elements, values, strict=False):
        if value:
            found.setdefault(element, []).append(f"{value:g}")
    return {element: " and ".join(dict.fromkeys(of_element)) for element, of_element in found.items()}


def gga_of_potentials(titles: Iterable[str]) -> str:
    """Functional that pseudopotentials are made with, by the first word of their titles; empty if not known."""
    return next((POTENTIAL_GGA[word] for title in titles for word in title.split()[:1] if word in POTENTIAL_GGA), "")


def vasp_exchange(tags: Mapping[str, str], titles: Iterable[str]) -> str:
    """Exchange and correlation of a run of VASP from its tags in capitals and its pseudopotentials; empty if not known."""
    gga, meta = (tags.get(key, "").strip().upper() for key in ("GGA", "METAGGA"))
    if meta not in (*UNSET, "T"):
        name = meta
    elif _true(tags, "LMETAGGA") or meta == "T":
        name = "meta-GGA"
    elif gga not in UNSET:
        name = GGA_NAMES.get(gga, gga)
    else:
        name = gga_of_potentials(titles)
    added = [_with_exact_exchange(name, tags)] if _true(tags, "LHFCALC") else [name] if name else []
    if _true(tags, "LUSE_VDW"):
        added.append("nonlocal vdW")
    if dispersion := int(_number(tags.get("IVDW", ""))):
        added.append(f"IVDW = {dispersion}")
    return ", ".join(added)


def _with_exact_exchange(name: str, tags: Mapping[str, str]) -> str:
    """Name of a hybrid, or of its parts where it has none."""
    share, screening = (f"{_number(tags.get(key, '')):g}" for key in ("AEXX", "HFSCREEN"))
    parts = f"{name} with {share} of exact exchange screened by {screening} per Å".strip()
    return HYBRIDS.get((name, share, screening), parts)


def vasp_hubbard(tags: Mapping[str, str], titles: Iterable[str]) -> dict[str, str]:
    """Effective U − J [eV] of a run of VASP by element; empty where it has none."""
    if not _true(tags, "LDAU"):
        return {}
    elements = [match[0] for title in titles if (match := re.match(r"[A-Z][a-z]?", _name_and_date(title)[0]))]
    u, j, orbital = ([_number(word) for word in tags.get(key, "").split()] for key in ("LDAUU", "LDAUJ", "LDAUL"))
    effective = [value - (j[k] if k < len(j) else 0.0) for k, value in enumerate(u)]
    return hubbard_by_element(
        elements, [0.0 if k < len(orbital) and orbital[k] < 0 else value for k, value in enumerate(effective)]
    )


def _true(tags: Mapping[str, str], key: str) -> bool:
    return tags.get(key, "").strip().strip(".").upper()[:1] == "T"


def _number(text: str) -> float:
    """A number of a tag; zero where it is none, or not finite."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if abs(value) < LARGEST_NUMBER else 0.0
