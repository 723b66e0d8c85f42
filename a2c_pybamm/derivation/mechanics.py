"""Particle mechanics of one electrode: strained cells and volumes in, coefficients of elasticity and volume out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.derivation.electrode import open_prefix
from a2c_pybamm.derivation.hops import given, members
from a2c_pybamm.derivation.set_content import SetContent
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import declare, fit_elastic_tensor, fit_volume, polycrystal_moduli
from a2c_pybamm.laws import CrystalVolume, IsotropicElasticity, StressAssistedDiffusion
from a2c_pybamm.laws.diffusion.mobility import Mobility
from a2c_pybamm.parameter_set import Attachment, BaseSet, StoichiometryMap, base_values, mechanics_attachments
from a2c_pybamm.readers import read_strained_stresses


def add_mechanics(
    content: SetContent,
    study: schema.Study,
    base: str | BaseSet | None,
    side: Literal["negative", "positive"],
    electrode: schema.Electrode,
    mistakes: schema.Mistakes,
) -> None:
    """Add estimates and attachments of one electrode's mechanics, and the stress to its diffusivity where that is asked for."""
    with open_prefix(content, f"{electrode.material} "):
        entry = electrode.mechanics
    if entry is None:
        return
    of_mechanics = mistakes.at("mechanics")
    with of_mechanics.collect(), open_prefix(content, f"{electrode.material} "):
        sto = StoichiometryMap(electrode.stoichiometry.offset, electrode.stoichiometry.slope)
        elasticity = IsotropicElasticity(electrode.material, tuple(x for x in entry.compositions if x is not None))
        volume = _volume_law(electrode.material, entry, sto)
        content.attach |= mechanics_attachments(elasticity, volume, side, sto)
        before = len(mistakes)
        moduli = _moduli(study, entry, elasticity, of_mechanics)
        volumes = _volumes(content, study, base, side, electrode, entry, volume, of_mechanics)
        if len(mistakes) > before:
            raise schema.NotGiven("mechanics")
        content.estimates += [*moduli, volumes]
        content.notes[f"{electrode.material} mechanics"] = _in_words(moduli, volumes, volume)
        if entry.stress_assisted_diffusion:
            _add_stress(content, side, elasticity, volume, given(entry.composition_difference_std))


def _volume_law(material: str, entry: schema.Mechanics, sto: StoichiometryMap) -> CrystalVolume:
    """Law of the volume; its reference is where PyBaMM's particle is empty if none is given."""
    reference = sto.offset if entry.reference is None else entry.reference
    if entry.volume is None:
        return CrystalVolume(material, reference=reference, empty=sto.offset)
    return CrystalVolume(material, entry.volume.order, entry.volume.window, reference, sto.offset)


def _moduli(
    study: schema.Study, entry: schema.Mechanics, law: IsotropicElasticity, mistakes: schema.Mistakes
) -> list[Estimate]:
    """Moduli of each composition, the methods a committee; or those that are declared."""
    if declared := entry.declared_moduli:
        values = [np.log(declared.youngs_modulus), declared.poissons_ratio]
        std = [declared.std_ln, declared.poissons_ratio_std]
        return [declare(law.names, values, std=std, source=declared.source, reason=declared.reason)]
    estimates = []
    for x, stem in zip(entry.compositions, law.stems, strict=True):
        fits: dict[str, Estimate] = {}
        cells = [item for item in entry.strained_cells if item.composition == x]
        for item in cells:
            with mistakes.collect(item.file):
                fits[item.label] = _polycrystal(item, stem)
        if len(fits) == len(cells):
            estimates.append(members(fits, study))
    return estimates


def _polycrystal(entry: schema.StrainedCells, material: str) -> Estimate:
    """Moduli of one method's strained cells."""
    data = read_strained_stresses(
        entry.file,
        structure=entry.structure,
        strain_columns=entry.strain_columns,
        stress_columns=entry.stress_columns,
        energy_column=entry.energy_column,
        converged_column=entry.converged_column,
        convention=entry.convention,
        ions=entry.ions,
        symmetry=entry.point_group is None,
        label=entry.label,
    )
    constants = fit_elastic_tensor(
        data, material=material, source=f"{material} strained cells (noise)", point_group=entry.point_group
    )
    return polycrystal_moduli(constants, material=material)


def _volumes(
    content: SetContent,
    study: schema.Study,
    base: str | BaseSet | None,
    side: str,
    electrode: schema.Electrode,
    entry: schema.Mechanics,
    law: CrystalVolume,
    mistakes: schema.Mistakes,
) -> Estimate:
    """Volume over composition, from the energy tables or declared.

    Raises
    ------
    NotGiven
        If it cannot be made because of errors that are reported elsewhere.
    """
    if declared := entry.declared_volume:
        values, std = [_site_volume(base, side, electrode), declared.partial_molar_volume, 0.0], [0.0, declared.std, 0.0]
        return declare(law.names, values, std=std, source=declared.source, reason=declared.reason)
    fits = {}
    host = given(electrode.free_energy)
    for file, table in content.tables.get(side, {}).items():  # what cannot be read is reported with the energies
        if isinstance(table, EnergyTable):
            with mistakes.collect(file):
                fits[table.label] = fit_volume(table, law, source=f"{law.material} volumes (orderings)")
    if not fits or len(fits) < len(host.energies):
        raise schema.NotGiven("free_energy")
    return members(fits, study)


def _site_volume(base: str | BaseSet | None, side: str, electrode: schema.Electrode) -> float:
    """Volume per mole of sites [m3.mol-1] by the base set's maximum concentration."""
    if base is None:
        raise schema.NotGiven("base")
    key = f"Maximum concentration in {side} electrode [mol.m-3]"
    number = base_values(base)[key]
    if not isinstance(number, int | float):
        raise ValueError(f"the base set's {key!r} is no number, so that declared_volume has no volume of sites; take volume")
    return electrode.stoichiometry.slope / float(number)


def _add_stress(
    content: SetContent, side: str, elasticity: IsotropicElasticity, volume: CrystalVolume, difference_std: float
) -> None:
    """Put the stress into the electrode's diffusivity, and the error of what that leaves out among the estimates."""
    key = f"{side.capitalize()} particle diffusivity [m2.s-1]"
    attachment = content.attach.get(key)
    if attachment is None or not isinstance(attachment.law, Mobility):
        raise schema.NotGiven("mobility")
    law = StressAssistedDiffusion(attachment.law, elasticity, volume)
    content.attach[key] = Attachment(law, "chemical_diffusivity", attachment.stoichiometry)
    source = f"{law.material} stress-assisted diffusion (gradient of the partial molar volume)"
    reason = "the part of the driving force by the gradient of the partial molar volume is left out"
    content.estimates.append(declare([law.difference_name], [0.0], std=[difference_std], source=source, reason=reason))


def _in_words(moduli: list[Estimate], volumes: Estimate, law: CrystalVolume) -> str:
    """Moduli and partial molar volumes at both ends of the window, in words."""
    parts = []
    for estimate in moduli:
        (log_modulus, ratio), (log_std, ratio_std) = estimate.mean, estimate.std
        stem = estimate.names[0].partition(" ln(")[0]
        parts.append(f"{stem}: E = {np.exp(log_modulus):.3g} Pa (std of ln {log_std:.2g}), ν = {ratio:.2g} ± {ratio_std:.1g}")
    for x in law.window:
        row = np.array([0.0, *law.terms(x), 1.0])
        std = float(np.sqrt(row @ volumes.covariance @ row))
        parts.append(f"partial molar volume at x = {x:g}: {float(row @ volumes.mean):.2g} ± {std:.1g} m3.mol-1")
    return "; ".join([*parts, *_fits_in_words(volumes.provenance)])


def _fits_in_words(provenance: Mapping[str, Any]) -> list[str]:
    """Scatter of each method's volumes, in words."""
    inner = [part["provenance"] for part in provenance.get("parts", ())] or [provenance]
    return [
        f"{item['label']}: {item['fit']['structures']} structures at {item['fit']['compositions']} compositions, residuals "
        f"{item['fit']['std of the residuals [m3.mol-1]']:.1g} m3.mol-1"
        for item in inner
        if "fit" in item
    ]
