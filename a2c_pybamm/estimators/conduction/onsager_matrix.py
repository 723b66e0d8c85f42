r"""Onsager matrix of all species of an electrolyte from one trajectory, in one window, and the motion of single particles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from a2c_pybamm.constants import AVOGADRO, GAS_CONSTANT, RELATIVE_ROUND_OFF
from a2c_pybamm.data import Array, DriftVelocities, ElectrolyteMotion, atoms_at_once
from a2c_pybamm.data.record import freeze
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.estimators.time_series.flat_band import BandCriterion, band_of_window, products, sine_amplitudes
from a2c_pybamm.estimators.time_series.variation_in_time import steps_of_cells, variance_factor
from a2c_pybamm.laws import frame_matrix

Weighting = Literal["mass", "number"]


@dataclass(frozen=True, eq=False)
class OnsagerMatrix:
    r"""Onsager matrix of all species of an electrolyte in the solvent frame, from one window.

    Raises
    ------
    ValueError
        If shapes disagree.
    """

    species: tuple[str, ...]
    charges: tuple[int, ...]
    """Formal charges [elementary charges]."""
    concentrations: Array
    """Of each species [mol.m-3] (n_species,)."""
    masses: Array
    """Molar masses [kg.mol-1] (n_species,)."""
    L: Array
    """In the solvent frame [mol2.J-1.m-1.s-1] (n_species, n_species); unbiased."""
    solvent_weights: Array
    """Share of each species in the velocity of the reference (n_species,); they add up to one."""
    n_dof: int
    """Degrees of freedom of Wishart's distribution, tapers times directions."""
    resolution: float
    """Shortest time that the window resolves [s]: length of the run over tapers."""
    run_length: float
    """[s]."""
    flat_p: float
    """Probability of so large a trend within the window, were it flat."""
    isotropy_p: float
    """Probability of so large a difference between the directions, were they alike."""
    variance_factors: Array
    """Of the variances of ln κ, t₊ and ln L_s (3,), of ln κ alone where there are more ions than two (1,): above 1 where
    products of displacements vary in time more than by Wishart's law (`variance_factor`)."""
    slow_p: float
    """Least probability of so large a difference between some of the slowest displacements and the rest, were there none."""
    slow: OnsagerMatrix | None
    """The matrix of those alone, where they seem to differ from the rest of the window."""
    temperature: float
    """[K]."""
    self_diffusivities: Array
    """Of single particles against the mass centre [m2.s-1] (n_species,); empty if their positions are not known."""
    self_diffusivity_stds: Array
    """Standard errors of those [m2.s-1]."""
    data: str = ""
    """Fingerprint of the motion and the window's settings."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.species)
        if self.L.shape != (n, n) or not len(self.charges) == len(self.concentrations) == len(self.solvent_weights) == n:
            raise ValueError(f"Onsager matrix: {n} species need an L of {(n, n)} and as many charges and concentrations")
        freeze(self)

    @property
    def ions(self) -> tuple[int, ...]:
        """Indices of the charged species, cations before anions."""
        return tuple(sorted((i for i, z in enumerate(self.charges) if z), key=lambda i: -self.charges[i]))

    def in_frame(self, weights: Sequence[float] | Array) -> Array:
        """L in the frame of a mean velocity of the species (n_species, n_species); weights (n_species,) add up to one."""
        S = frame_matrix(self.concentrations, weights)
        return S @ self.L @ S.T

    @property
    def in_mass_frame(self) -> Array:
        """L against the mass centre (n_species, n_species)."""
        density = self.concentrations * self.masses
        return self.in_frame(density / density.sum())

    def in_volume_frame(self, volumes: Mapping[str, float]) -> Array:
        r"""L against the mean velocity of volume (n_species, n_species), from partial molar volumes [m3.mol-1] of all species.

        Raises
        ------
        ValueError
            If a species has no volume, or they fill less than half or more than twice the cell.
        """
        if missing := [name for name in self.species if name not in volumes]:
            raise ValueError(f"volume frame: no partial molar volume of {missing[0]}; give that of each species")
        share = self.concentrations * np.array([volumes[name] for name in self.species])
        if not 0.5 < share.sum() < 2:
            raise ValueError(f"volume frame: the species fill {share.sum():.2g} of the cell; give volumes in m3.mol-1")
        return self.in_frame(share / share.sum())


def onsager_matrix(
    motion: ElectrolyteMotion,
    *,
    solvent: Sequence[str] | None = None,
    weighting: Weighting = "mass",
    window: float | None = None,
    criterion: BandCriterion | None = None,
) -> OnsagerMatrix:
    r"""Onsager matrix from the collective displacements of all species; `fit_onsager` states the method.

    .. math::
        L_{ij} = \frac{1}{2VRTN_\mathrm{A}\,\nu\,\Delta t}\sum_{k=1}^{K}\sum_{d=1}^{3}y^{(i)}_{kd}\,y^{(j)}_{kd},
        \qquad \nu = 3K

    with the increments of :math:`\mathbf R_i - N_i\bar{\mathbf r}_0` between frames, projected on the K slowest sines. One K
    for all entries keeps L positive semi-definite, and :math:`\nu L` distributed by Wishart's law.

    Parameters
    ----------
    solvent
        Neutral species that are the reference; all if not given.
    weighting
        Where there are several: their velocities averaged by ``"mass"`` (centre of mass of the solvent) or by ``"number"``.
    window
        Shortest time that is resolved [s], in place of the criterion: displacements over it are taken to be independent.
    criterion
        Settings of the search for it.

    Raises
    ------
    NotDiffusive
        If the run is too short for displacements to become independent, or a species does not move.
    ValueError
        If there is no ion or no solvent, or the window does not lie within the run.
    """
    weights, reference = solvent_weights(motion, solvent, weighting)
    n_step = len(motion.collective) - 1
    amplitudes = sine_amplitudes(motion.collective).swapaxes(1, 2)  # (n_taper, 3, n_species)
    against_solvent = amplitudes @ frame_matrix(motion.counts, weights).T
    ions = [i for i, z in enumerate(motion.charges) if z]
    length = n_step * motion.interval
    band = band_of_window(against_solvent[..., ions], length, name="electrolyte", window=window, criterion=criterion)
    n_dof = band.n_taper * amplitudes.shape[1]
    molar = 2 * motion.interval * n_dof * motion.volume * GAS_CONSTANT * motion.temperature * AVOGADRO
    L = products(against_solvent[: band.n_taper]) / molar
    _validate_independent(L[np.ix_(ions, ions)], [motion.species[i] for i in ions])
    single, single_std = _self_diffusivities(motion, band.n_taper)
    found = OnsagerMatrix(
        species=motion.species,
        charges=motion.charges,
        concentrations=np.array(motion.counts) / (motion.volume * AVOGADRO),
        masses=motion.masses * AVOGADRO,
        L=L,
        solvent_weights=weights,
        n_dof=n_dof,
        resolution=float(length / band.n_taper),
        run_length=float(length),
        flat_p=band.flat_p,
        isotropy_p=band.isotropy_p,
        variance_factors=_variance_factors(motion, weights, ions, band.n_taper),
        slow_p=band.slow_p,
        slow=None,
        temperature=float(motion.temperature),
        self_diffusivities=single,
        self_diffusivity_stds=single_std,
        data=data_fingerprint(motion, motion.charges, motion.counts, reference, window),
        provenance={"motion": traced_provenance(motion), "reference": reference},
    )
    if band.n_slow is None:
        return found
    share = band.n_taper / band.n_slow
    slow_L = products(against_solvent[: band.n_slow]) / molar * share
    n_slow = n_dof // band.n_taper * band.n_slow
    return replace(found, slow=replace(found, L=slow_L, n_dof=n_slow, resolution=float(length / band.n_slow)))


def solvent_weights(
    motion: ElectrolyteMotion | DriftVelocities, solvent: Sequence[str] | None, weighting: Weighting
) -> tuple[Array, str]:
    """Share of each species in the reference's velocity (n_species,), and the reference in words."""
    neutral = [name for name, z in zip(motion.species, motion.charges, strict=True) if z == 0]
    if len(neutral) == len(motion.species):
        raise ValueError(f"electrolyte: none of {', '.join(neutral)} is charged; give the charges of the ions")
    if not neutral:
        raise ValueError(
            f"electrolyte: no neutral species among {', '.join(motion.species)}: without a solvent t_plus counts from the mass "
            "centre and is a ratio of masses; fit_einstein_helfand gives the conductivity"
        )
    chosen = list(neutral if solvent is None else solvent)
    if not chosen or (wrong := [name for name in chosen if name not in neutral]):
        named = wrong[0] if chosen else "an empty list"
        raise ValueError(f"electrolyte: solvent {named} is no neutral species (there are {', '.join(neutral)})")
    if weighting not in ("mass", "number"):
        raise ValueError(f"electrolyte: weighting {weighting!r} of the solvents; give 'mass' or 'number'")
    member = np.array([name in chosen for name in motion.species], float)
    weights = member * np.array(motion.counts) * (motion.masses if weighting == "mass" else 1)
    name = chosen[0] if len(chosen) == 1 else f"{weighting}-weighted mean of {', '.join(chosen)}"
    return weights / weights.sum(), f"velocity of {name}"


def _variance_factors(motion: ElectrolyteMotion, weights: Array, ions: Sequence[int], n_cell: int) -> Array:
    """Factors of the variances of ln κ, t₊ and ln L_s: from the charge's displacements, and the cation's without current."""
    steps = steps_of_cells(motion.collective.swapaxes(1, 2), n_cell) @ frame_matrix(motion.counts, weights).T
    charge = steps @ np.array(motion.charges, float)
    if len(ions) != 2:
        return np.array([variance_factor(charge, charge)])
    cation = steps[..., max(ions, key=lambda i: motion.charges[i])]
    without_current = cation - (cation * charge).sum() / (charge**2).sum() * charge
    pairs = [(charge, charge), (charge, without_current), (without_current, without_current)]
    return np.array([variance_factor(*pair) for pair in pairs])


def _validate_independent(L: Array, names: Sequence[str]) -> None:
    """Raise ``ValueError`` where the ions' displacements are linearly dependent."""
    scale = np.sqrt(np.diag(L))
    if np.linalg.eigvalsh(L / np.outer(scale, scale))[0] < np.sqrt(RELATIVE_ROUND_OFF):
        raise ValueError(
            f"electrolyte: displacements of {', '.join(names)} against the solvent are linearly dependent (do all move in "
            "pairs?): t_plus and L_s have no meaning; fit_einstein_helfand gives the conductivity"
        )


def _self_diffusivities(motion: ElectrolyteMotion, n_taper: int) -> tuple[Array, Array]:
    """Self-diffusivity of each species in the same window [m2.s-1], and its standard error between particles."""
    mass = motion.masses @ np.array(motion.counts)
    centre = np.einsum("i,tid->td", motion.masses / mass, motion.collective)
    found = []
    for paths in motion.particles:
        few = [sine_amplitudes(paths[:, some] - centre[:, None])[:n_taper] ** 2 for some in atoms_at_once(paths)]
        squares = np.concatenate([square.mean(axis=(0, 2)) for square in few]) / (2 * motion.interval)
        independent = squares.mean() * np.sqrt(2 / (n_taper * paths.shape[2] * len(squares)))
        scatter = squares.std(ddof=1) / np.sqrt(len(squares)) if len(squares) > 1 else 0.0
        found.append((squares.mean(), max(independent, scatter)))
    values = np.array(found, float).reshape(-1, 2)
    return values[:, 0], values[:, 1]
