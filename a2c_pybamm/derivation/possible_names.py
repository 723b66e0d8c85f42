"""Names that coefficients and sources of a study can have, also where errors keep some from being derived."""

from __future__ import annotations

from dataclasses import dataclass

from a2c_pybamm.derivation.hops import ANOTHERS_PATH, MODEL_FORM
from a2c_pybamm.derivation.set_content import SetContent


@dataclass(frozen=True)
class PossibleNames:
    """Names of derived coefficients, and beginnings and endings of those that invalid entries would give or need.

    With errors the names of the laws count as derived, and names that begin with the material of an electrode, or with the name
    of a declaration, that is not complete.
    """

    coefficients: frozenset[str]
    needed: frozenset[str]
    """Coefficients that a law needs."""
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    source_prefixes: tuple[str, ...] = ()

    @classmethod
    def of(cls, content: SetContent, *, complete: bool) -> PossibleNames:
        """The names of what has been derived; of a set that is not ``complete``, also those that might have been."""
        laws = [attachment.law for attachment in content.attach.values()]
        needed = frozenset(name for law in laws for name in law.names)
        derived = frozenset(name for estimate in content.estimates for name in estimate.names)
        if complete:
            return cls(derived, needed)
        materials = {str(getattr(law, "material", "")) for law in laws} - {""}
        of_materials = [f"{material} " for material in materials]
        sources = (*content.open_prefixes, *content.open_sources, *of_materials, MODEL_FORM, ANOTHERS_PATH)
        return cls(derived | needed, needed, tuple(content.open_prefixes), tuple(content.open_suffixes), sources)

    def has_coefficient(self, name: str) -> bool:
        """True where a coefficient of this name is derived, or could be."""
        return name in self.coefficients or name.startswith(self.prefixes) or name.endswith(self.suffixes)

    def is_needed(self, name: str) -> bool:
        """True where a law needs a coefficient of this name, or could."""
        return name in self.needed or name.startswith(self.prefixes)

    def may_have_source(self, source: str) -> bool:
        """True where an invalid entry could give a source of this name."""
        return source.startswith(self.source_prefixes)
