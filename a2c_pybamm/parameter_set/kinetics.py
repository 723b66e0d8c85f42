"""Laws of charge transfer in PyBaMM's two parameters, and the options of its models that they need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from a2c_pybamm.estimate import Joint
from a2c_pybamm.estimators import FormCriterion
from a2c_pybamm.laws import MHC_FORM, ChargeTransfer, MarcusHushChidsey
from a2c_pybamm.parameter_set.attachment import Attachment, StoichiometryMap

Side = Literal["negative", "positive"]
SIDES: tuple[Side, Side] = ("negative", "positive")
"""PyBaMM's order of the two electrodes in a pair of options."""
KINETICS_OPTION = "intercalation kinetics"
"""PyBaMM's option of the form of the current."""
DEFAULT_KINETICS = "symmetric Butler-Volmer"
"""PyBaMM's form where nothing is said."""
COMPANIONS = {
    "anodic_transfer_coefficient": "electrode Butler-Volmer transfer coefficient",
    "reorganization_energy": "electrode reorganization energy [eV]",
}
"""Ending of the key beside the exchange-current density, by the law's method that gives its value."""


def kinetics_attachments(
    law: ChargeTransfer, side: Side, stoichiometry: StoichiometryMap | None = None
) -> dict[str, Attachment]:
    """Attachments of a law of charge transfer to one electrode, by PyBaMM key: exchange-current density and the number beside.

    That number is the anodic transfer coefficient of `ButlerVolmer`, or the reorganization energy of the others.

    Raises
    ------
    ValueError
        If the side is neither "negative" nor "positive".
    """
    if side not in SIDES:
        raise ValueError(f"{law.material}: side {side!r} is unknown; take 'negative' or 'positive'")
    current, number = _keys(law, side.capitalize())
    stoichiometry = stoichiometry or StoichiometryMap()
    return {
        current: Attachment(law, "exchange_current_density", stoichiometry),
        number: Attachment(law, law.coefficient_method, stoichiometry),
    }


def kinetics_law(attach: Mapping[str, Attachment], side: Side) -> ChargeTransfer | None:
    """The law of charge transfer of one electrode; None where the base set's function stays."""
    attachment = attach.get(f"{side.capitalize()} electrode exchange-current density [A.m-2]")
    return attachment.law if attachment and isinstance(attachment.law, ChargeTransfer) else None


def kinetics_options(attach: Mapping[str, Attachment]) -> dict[str, Any]:
    """PyBaMM's option of the form of the current, a pair for both electrodes; none where no law needs one."""
    laws = [kinetics_law(attach, side) for side in SIDES]
    forms = tuple(DEFAULT_KINETICS if law is None else law.intercalation_kinetics for law in laws)
    return {KINETICS_OPTION: forms} if any(laws) else {}


def kinetics_error(attach: Mapping[str, Attachment], joint: Joint) -> str:
    """Reason why laws of charge transfer do not make PyBaMM's current; empty text where they do."""
    for key, attachment in attach.items():
        law = attachment.law
        if not isinstance(law, ChargeTransfer):
            continue
        wanted_methods = ("exchange_current_density", law.coefficient_method)
        for other, wanted in zip(_keys(law, key.partition(" electrode ")[0]), wanted_methods, strict=True):
            if other not in attach or attach[other].law != law or attach[other].method != wanted:
                return (
                    f"law {law.kind!r} at {key!r} needs {other!r} from the same law ({wanted}); take kinetics_attachments, "
                    "which gives both"
                )
        if isinstance(law, MarcusHushChidsey) and law.reorganization_name in joint.names and MHC_FORM not in joint.sources:
            energy = float(np.exp(joint.mean[joint.names.index(law.reorganization_name)]))
            limit = FormCriterion().largest_energy
            if energy > limit:
                return (
                    f"law {law.kind!r}: PyBaMM's form is an approximation, poor at a reorganization energy of {energy:.2g} eV "
                    f"(limit {limit:g} eV); add its error by with_form_error(…, accept=True), or "
                    "take another law"
                )
    return ""


def pair_of(option: Any) -> tuple[Any, ...]:
    """Values of one of PyBaMM's options for both electrodes; one that is no pair holds for both."""
    return (option, option) if isinstance(option, str) else tuple(option)


def option_conflict(attach: Mapping[str, Attachment], options: Mapping[str, Any]) -> str:
    """Reason why given options contradict the laws of charge transfer; empty text where they do not."""
    given = options.get(KINETICS_OPTION)
    if given is None:
        return ""
    for side, form in zip(SIDES, pair_of(given), strict=False):
        law = kinetics_law(attach, side)
        if law is not None and form != law.intercalation_kinetics:
            return (
                f"option {KINETICS_OPTION!r} is {form!r} for the {side} electrode, whose law {law.kind!r} is "
                f"{law.intercalation_kinetics!r}; leave the option out, the set brings it"
            )
    return ""


def _keys(law: ChargeTransfer, name: str) -> tuple[str, str]:
    """PyBaMM's keys of a law's exchange-current density and of the number beside it."""
    return f"{name} electrode exchange-current density [A.m-2]", f"{name} {COMPANIONS[law.coefficient_method]}"
