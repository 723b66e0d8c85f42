"""Volume per lithium site of the full host."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.data import EnergyTable, Extent, validate_extent
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators.thermodynamics.orderings import SAME_COMPOSITION
from a2c_pybamm.laws.thermodynamics.site_density import SiteDensity


def fit_site_volume(table: EnergyTable, law: SiteDensity) -> Estimate:
    """Logarithm of the volume per mole of sites at x = 1, of the lowest structure there.

    One relaxed cell has no scatter of its own: the error comes from the spread of a committee, or is declared beside it.

    Raises
    ------
    ValueError
        If the table has no volumes, they are not per site, or there is no structure at x = 1.
    """
    validate_extent(table, Extent.SITE, f"energies of {table.label}")
    if table.volume is None:
        raise ValueError(f"energies of {table.label}: no volumes; name their column with volume_column")
    full = np.flatnonzero(np.isclose(table.x, 1, rtol=0, atol=SAME_COMPOSITION))
    if not len(full):
        raise ValueError(f"energies of {table.label}: no structure at x = 1, whose volume is the site volume")
    row = full[np.argmin(table.energy[full])]
    if not table.volume[row] > 0:
        raise ValueError(f"energies of {table.label}: volume of {table.structure[row]!r} is not positive")
    empty: dict[str, Factor] = {}
    provenance = {"label": table.label, **table.provenance, "structure": table.structure[row]}
    return Estimate(law.names, np.log([table.volume[row]]), empty, "volume of the lowest structure at x = 1", provenance)
