"""Electronic conductivity of an electrode's solids by a declared law of mixing."""

from __future__ import annotations

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.derivation.set_content import SetContent
from a2c_pybamm.estimate import Factor
from a2c_pybamm.estimators import declare
from a2c_pybamm.laws import CompositeConductivity
from a2c_pybamm.parameter_set import Attachment
from a2c_pybamm.readers.units import EV


def add_conduction(content: SetContent, side: str, material: str, entry: schema.Conduction) -> None:
    """Add the conductivity's law and the estimate of its declared numbers, the error of the mixing as a source of its own."""
    law = CompositeConductivity(
        material,
        entry.mixing,
        entry.carbon_fraction,
        entry.whole_electrode,
        entry.percolation_threshold,
        entry.percolation_exponent,
    )
    numbers = declare(
        law.names,
        [np.log(entry.active_conductivity), entry.activation_energy / EV, np.log(entry.carbon_conductivity), 0.0],
        std=[entry.active_std_ln, entry.activation_energy_std / EV, entry.carbon_std_ln, 0.0],
        source=entry.source,
        reason=entry.reason,
    )
    content.estimates.append(numbers.add_source(f"{material} conductivity (law of mixing)", _mixing(law, entry)))
    content.attach[f"{side.capitalize()} electrode conductivity [S.m-1]"] = Attachment(law, "electronic_conductivity")


def _mixing(law: CompositeConductivity, entry: schema.Conduction) -> Factor:
    """Column of the mixing law's error."""
    column = [[entry.mixing_std_ln if name == law.mixing_name else 0.0] for name in law.names]
    return Factor(np.array(column), (f"{law.material} {entry.mixing}",))
