"""Velocity of the flow: momentum density over mass density."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.data import BlockMeans
from a2c_pybamm.estimators.fields.frame_runs import effective_blocks

Field = TypeVar("Field", bound=BlockMeans)


def flow_velocity(momentum: Field, mass: Field, *, resolved: float = 3.0) -> Field:
    r"""Velocity :math:`\mathbf u = \langle\mathbf p\rangle/\langle\rho\rangle` [m.s-1], of two fields at the same places.

    The error is that of the ratio to first order: of the means over blocks of
    :math:`\mathbf u + (\mathbf p_b - \mathbf u\rho_b)/\langle\rho\rangle`, which are the result's blocks.

    Parameters
    ----------
    momentum
        By `momentum_field` or `momentum_at`.
    mass
        Of the same particles with ``weight="mass"``, kernel, places and blocks.
    resolved
        Standard errors by which the mass density must lie above zero.

    Raises
    ------
    ValueError
        If the fields do not belong together, or the mass density is zero within its error somewhere.

    References
    ----------
    I. Goldhirsch, Granular Matter 12 (2010) 239, eq. 8.
    """
    if momentum.unit != "kg.m-2.s-1" or mass.unit != "kg.m-3":
        raise ValueError(f"velocity: fields in {momentum.unit} and {mass.unit}; give a momentum and a mass density")
    n_block, places = len(mass.blocks), mass.blocks.shape[1:]
    if momentum.blocks.shape[:1] + momentum.blocks.shape[2:] != mass.blocks.shape:
        raise ValueError(
            f"velocity: momentum of shape {momentum.blocks.shape} and mass of {mass.blocks.shape}; "
            "take the same places and blocks"
        )
    density = mass.mean
    error = mass.standard_error if n_block > 1 else np.zeros(places)
    empty = density <= np.maximum(resolved * error, RELATIVE_ROUND_OFF * density.max())
    if empty.any():
        raise ValueError(
            f"velocity: the mass density is zero within {resolved:g} standard errors at {int(empty.sum())} of {empty.size} "
            "places, where nothing flows; take a wider kernel, points inside the material (momentum_at), or a longer run"
        )
    velocity = momentum.mean / density
    blocks = velocity + (momentum.blocks - velocity * mass.blocks[:, None]) / density
    return replace(
        momentum,
        quantity=f"velocity, {momentum.quantity} over {mass.quantity}",
        unit="m.s-1",
        blocks=blocks,
        effective_blocks=effective_blocks(blocks),
    )
