"""Series of currents made from velocities and charges, and from the components of the stress."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from a2c_pybamm.constants import ELEMENTARY_CHARGE
from a2c_pybamm.data import Array, CurrentSeries, Extent, TransportCoefficient, Velocities, at_constant_energy
from a2c_pybamm.estimators.fingerprint import traced_provenance
from a2c_pybamm.estimators.time_series.mean_squared_displacement import atoms_of, framework_centre

STRESS_COMPONENTS = ("xx", "yy", "zz", "xy", "xz", "yz")
"""Order of the components of a stress, as LAMMPS writes them."""


def ionic_current(
    velocities: Velocities,
    charges: Mapping[str, float] | Array,
    *,
    volume: float,
    species: str | None = None,
    neutral: float = 1e-6,
) -> CurrentSeries:
    r"""Electric current density :math:`\mathbf J = \frac{e}{V}\sum_i z_i \mathbf v_i` [A.m-2], one series for each direction.

    Formal, integer charges give the conductivity of an insulating liquid exactly [1]_. Scaled or partial charges give another
    quantity, that of the force field; the provenance says which they are.

    Parameters
    ----------
    charges
        Charge of one atom of each species [elementary charges], or of each atom (n_atom,).
    volume
        Of the simulation cell [m3].
    species
        The one species whose current it is, in a single-ion conductor, its velocity taken against the mass centre of all other
        atoms; None for all atoms, whose charges must add up to zero.
    neutral
        Sum of all charges over that of their sizes, up to which a cell is neutral: rounding of charges in files.

    Raises
    ------
    ValueError
        If a species has no charge, or the charges of all atoms do not add up to zero: their current depends on the frame.

    References
    ----------
    .. [1] F. Grasselli, S. Baroni, Nat. Phys. 15 (2019) 967.
    """
    by_atom = _charges_by_atom(velocities, charges)
    v = velocities.velocities
    if species is None:
        total = float(by_atom.sum())
        if abs(total) > neutral * float(np.abs(by_atom).sum()):
            raise ValueError(
                f"ionic current: the charges add up to {total:+.3g}, and the current depends on the frame; correct them, or "
                "name the one species= that moves"
            )
        current, reference = np.tensordot(v, by_atom, axes=(1, 0)), "any frame (the cell is neutral)"
    else:
        atoms = atoms_of(species, velocities.species)
        centre, reference = framework_centre(v, velocities.masses, atoms)
        current = np.tensordot(v[:, atoms], by_atom[atoms], axes=(1, 0)) - by_atom[atoms].sum() * centre
    formal = bool(np.array_equal(by_atom, np.round(by_atom)))
    return CurrentSeries(
        coefficient=TransportCoefficient.IONIC_CONDUCTIVITY,
        flux=ELEMENTARY_CHARGE / volume * current.T,
        interval=velocities.interval,
        temperature=velocities.temperature,
        volume=volume,
        provenance={
            "velocities": traced_provenance(velocities),
            "current of": species or "all atoms",
            "against": reference,
            "charges": "formal" if formal else "scaled or partial: the conductivity of the force field",
        },
    )


def _charges_by_atom(velocities: Velocities, charges: Mapping[str, float] | Array) -> Array:
    """Charge of each atom (n_atom,) [elementary charges]."""
    if not isinstance(charges, Mapping):
        if np.shape(charges) != (len(velocities.species),):
            raise ValueError(f"ionic current: charges have shape {np.shape(charges)}, not ({len(velocities.species)},)")
        return np.asarray(charges, float)
    if missing := sorted(set(velocities.species) - set(charges)):
        raise ValueError(f"ionic current: no charge for {', '.join(missing)}; add it to charges=")
    return np.array([float(charges[kind]) for kind in velocities.species])


def viscous_stress(
    stress: Array, *, interval: float, temperature: float, volume: float, extent: Extent = Extent.VOLUME
) -> CurrentSeries:
    r"""The five independent traceless stresses [Pa] of the pressure tensor or stress (6, n_frame), for the shear viscosity.

    :math:`P_{xy}, P_{xz}, P_{yz}, (P_{xx}-P_{yy})/2, (2P_{zz}-P_{xx}-P_{yy})/2\sqrt3`, which fluctuate alike in an isotropic
    fluid. The rows are `STRESS_COMPONENTS`; the sign does not matter. Sums over atoms, of stress times volume [J], are
    ``Extent.SIMULATION_CELL``, and are divided by the volume.
    """
    xx, yy, zz, xy, xz, yz = _components(stress)
    series = CurrentSeries(
        coefficient=TransportCoefficient.VISCOSITY,
        flux=np.stack([xy, xz, yz, (xx - yy) / 2, (2 * zz - xx - yy) / (2 * np.sqrt(3))]),
        interval=interval,
        temperature=temperature,
        volume=volume,
        provenance={"components": "xy, xz, yz, (xx - yy)/2, (2zz - xx - yy)/(2 sqrt 3)"},
        extent=extent,
    )
    return series if series.extent is Extent.VOLUME else series.per_volume()


def pressure_fluctuation(
    stress: Array,
    *,
    interval: float,
    temperature: float,
    volume: float,
    energy: Array | None = None,
    extent: Extent = Extent.VOLUME,
) -> CurrentSeries:
    r"""The pressure [Pa] about its mean, for the bulk viscosity, from a pressure tensor (6, n_frame).

    The formula holds at constant energy. Where the total ``energy`` [J] (n_frame,) fluctuates, as with a thermostat, what of
    the pressure follows it, :math:`(\partial p/\partial E)(E - \langle E\rangle)` by linear regression, is taken off. The
    ``extent`` is that of `viscous_stress`.
    """
    xx, yy, zz, *_ = _components(stress)
    pressure = (xx + yy + zz) / len("xyz")
    pressure = pressure - pressure.mean()
    if energy is not None:
        if np.shape(energy) != pressure.shape:
            raise ValueError(f"pressure: energies have shape {np.shape(energy)}, not {pressure.shape}")
        pressure = at_constant_energy(pressure, energy)
    series = CurrentSeries(
        coefficient=TransportCoefficient.BULK_VISCOSITY,
        flux=pressure[None],
        interval=interval,
        temperature=temperature,
        volume=volume,
        provenance={"energy": "constant" if energy is None else "its fluctuation is taken off the pressure"},
        extent=extent,
    )
    return series if series.extent is Extent.VOLUME else series.per_volume()


def _components(stress: Array) -> Array:
    """The stress, checked to have six rows."""
    if stress.ndim != 2 or len(stress) != len(STRESS_COMPONENTS):
        raise ValueError(f"stress: shape {stress.shape}, not (6, n_frame) with rows {', '.join(STRESS_COMPONENTS)}")
    return stress
