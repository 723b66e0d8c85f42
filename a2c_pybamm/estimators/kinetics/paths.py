"""Barriers of both directions from one path at each potential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import ChargeTransferBarriers, MigrationPath, PotentialScale
from a2c_pybamm.estimators.fingerprint import traced_provenance
from a2c_pybamm.estimators.hops.barrier import fit_barrier


def barriers_of_paths(
    paths: Mapping[float, MigrationPath],
    *,
    temperature: float,
    end_std: float,
    label: str | None = None,
    scale: PotentialScale = PotentialScale.LITHIUM,
    composition: float = 0.5,
    scale_std: float = 0.0,
    scale_source: str = "",
) -> ChargeTransferBarriers:
    r"""Barriers of reduction and oxidation from a path at each potential, as energies.

    A path runs from the ion in the electrolyte to the ion in the host at one potential of the electrode (constant-potential
    calculations), so that its end lies :math:`F\eta` above its beginning. The barrier and its interpolation error are those of
    `fit_barrier`; both directions share that of the saddle, and each has the error of its own end.

    Parameters
    ----------
    paths
        Potential on the scale [V] → path, first image before reduction.
    temperature
        Temperature at which the host's voltage is taken [K].
    end_std
        Standard deviation of the energy of each end of a path [J.mol-1].

    Raises
    ------
    ValueError
        If there is no path, a path has no barrier, or an error is missing.
    """
    if not paths:
        raise ValueError("charge-transfer barriers: no path; give one for each potential")
    if not end_std > 0:
        raise ValueError("charge-transfer barriers: end_std is 0; give the error of the energy of a path's end [J.mol-1]")
    volts = np.array(sorted(paths))
    ordered = [paths[potential] for potential in volts]
    heights = [fit_barrier(path, name="barrier [eV]", source="interpolation") for path in ordered]
    reduction = FARADAY * np.array([height.mean[0] for height in heights])
    oxidation = reduction - np.array([path.energy[-1] - path.energy[0] for path in ordered])
    saddle = FARADAY * np.array([height.std[0] for height in heights])
    n = len(volts)
    common: dict[str, Any] = {"composition": composition, "scale_std": scale_std, "scale_source": scale_source, "scale": scale}
    return ChargeTransferBarriers(
        label or ordered[0].label,
        np.tile(volts, 2),
        np.full(2 * n, temperature),
        np.concatenate([reduction, oxidation]),
        np.repeat([True, False], n),
        np.tile(np.hypot(saddle, end_std), 2),
        free_energies=False,
        saddle_std=np.tile(saddle, 2),
        provenance={"paths": [traced_provenance(path) for path in ordered]},
        **common,
    )
