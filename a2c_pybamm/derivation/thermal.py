"""Heat of one electrode: volumes, vibrations and heat fluxes of its crystal in, coefficients of a mixture of phases out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.data import TransportCoefficient
from a2c_pybamm.derivation.electrode import open_prefix
from a2c_pybamm.derivation.hops import given, members
from a2c_pybamm.derivation.set_content import SetContent
from a2c_pybamm.derivation.thermal_notes import effect_remark, heat_note
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators import (
    declare,
    fit_green_kubo,
    fit_quasi_harmonic,
    fit_thermal_expansion,
    heat_capacity,
    polycrystal_conductivity,
)
from a2c_pybamm.estimators.statistics.combination import combine
from a2c_pybamm.laws import (
    ElectrodeMixture,
    MixtureThermalConductivity,
    bulk_modulus_name,
    density_name,
    expansion_name,
    heat_capacity_name,
    heat_capacity_slope_name,
    thermal_conductivity_name,
)
from a2c_pybamm.parameter_set import BaseSet, thermal_attachments, volume_fractions
from a2c_pybamm.readers import molar_mass, read_currents, read_vibrations_of_kind, read_vibrations_over_volume, read_volumes
from a2c_pybamm.readers.source_file import naming
from a2c_pybamm.readers.units import STATED_TOLERANCE

Side = Literal["negative", "positive"]


def add_thermal(
    content: SetContent,
    study: schema.Study,
    base: str | BaseSet | None,
    side: Side,
    electrode: schema.Electrode,
    mistakes: schema.Mistakes,
) -> None:
    """Add estimates and attachments of one electrode's density, heat capacity and thermal conductivity."""
    with open_prefix(content, ""):  # phases may have any name
        entry = electrode.thermal
    if entry is None:
        return
    at_section = mistakes.at("thermal")
    with at_section.collect(), open_prefix(content, ""):
        material = electrode.material
        fractions = _fractions(study, base, side, entry)
        phases = _phases(entry, *fractions)
        mixture = ElectrodeMixture(material, phases, study.temperature) if entry.gives_heat_capacity else None
        conductivity = None
        if entry.gives_conductivity and entry.mixing:
            conductivity = MixtureThermalConductivity(material, phases, entry.mixing)
        content.attach |= thermal_attachments(side, mixture, conductivity)
        with at_section.collect():
            for phase in (entry.pores, *entry.remainder):
                _add_phase(content, phase, with_heat=mixture is not None, with_conductivity=conductivity is not None)
        estimates: list[Estimate] = []
        if mixture:
            with at_section.collect():
                estimates += _heat(study, material, entry, at_section)
        if conductivity:
            with at_section.collect():
                estimates += [_conductivity(study, material, entry, at_section), _mixing(conductivity, entry)]
        content.estimates += estimates
        laws = [law for law in (mixture, conductivity) if law]
        remarks = (
            heat_note(material, phases, laws, content.estimates, study.temperature),
            _fraction_remark(base, side, fractions),
            effect_remark(laws, study.cell.options),
        )
        content.notes[f"{material} heat"] = "; ".join(filter(None, remarks))


def _fractions(study: schema.Study, base: str | BaseSet | None, side: Side, entry: schema.Thermal) -> tuple[float, float]:
    """Shares of active material and pores, those of the base set where none is declared."""
    if entry.active_fraction is not None and entry.porosity is not None:
        return entry.active_fraction, entry.porosity
    if base is None:
        raise schema.NotGiven("base")
    active, pores = volume_fractions(base, side)
    return entry.active_fraction or active, entry.porosity or pores


def _fraction_remark(base: str | BaseSet | None, side: Side, fractions: tuple[float, float]) -> str:
    """Shares of the base set where others are declared; empty text where they agree, or the set has none."""
    if base is None:
        return ""
    with suppress(ValueError):
        others = volume_fractions(base, side)
        if not np.allclose(others, fractions, rtol=0, atol=STATED_TOLERANCE):
            return "the base set has {:.3g} of active material and {:.3g} of pores".format(*others)
    return ""


def _phases(entry: schema.Thermal, active: float, pores: float) -> tuple[tuple[str, float], ...]:
    """Names and shares of the phases beside the active material."""
    left = 1.0 - active - pores
    if left < -RELATIVE_ROUND_OFF:
        raise ValueError(
            f"active material ({active:g}) and pores ({pores:g}) are more than the electrode's volume; correct "
            "active_fraction or porosity"
        )
    filled = left > STATED_TOLERANCE
    if filled != bool(entry.remainder):
        raise ValueError(
            f"active material ({active:g}) and pores ({pores:g}) leave {left:.4g} of the volume; name what fills it in "
            "remainder, binder and carbon with their shares"
            if filled
            else f"active material ({active:g}) and pores ({pores:g}) fill the volume; leave remainder out, or declare "
            "porosity and active_fraction"
        )
    others = [(phase.name, left * phase.share) for phase in entry.remainder]
    return ((entry.pores.name, 1.0 - active - sum(share for _, share in others)), *others)


def _add_phase(content: SetContent, phase: schema.Phase, *, with_heat: bool, with_conductivity: bool) -> None:
    """Add a phase's declared numbers; those that the other electrode has declared alike count once."""
    names, means, std = [], [], []
    heat = (
        (density_name, phase.density, phase.density_std_ln),
        (heat_capacity_name, phase.heat_capacity, phase.heat_capacity_std_ln),
    )
    conduction = (thermal_conductivity_name, phase.conductivity, phase.conductivity_std_ln)
    for name, value, error in (*(heat if with_heat else ()), *((conduction,) if with_conductivity else ())):
        names.append(name(phase.name))
        means.append(np.log(given(value)))
        std.append(given(error))
    estimate = declare(names, means, std=std, source=phase.source, reason=phase.reason)
    for k, other in enumerate(content.estimates):
        common = [name for name in names if name in other.names]
        if not common:
            continue
        pair = [item.select(common) for item in (other, estimate)]
        if not all(np.array_equal(getattr(pair[0], part), getattr(pair[1], part)) for part in ("mean", "std")):
            raise ValueError(
                f"{phase.name!r} has other numbers than in the other electrode; give it the same, or a name of its own"
            )
        if len(common) == len(names):
            return
        if len(common) < len(other.names):
            raise ValueError(f"{phase.name!r} has other quantities than in the other electrode; give both the same")
        del content.estimates[k]
        break
    content.estimates.append(estimate)


def _heat(study: schema.Study, material: str, entry: schema.Thermal, mistakes: schema.Mistakes) -> list[Estimate]:
    """Density, expansion and heat capacity of the crystal."""
    names = ElectrodeMixture(material, ()).active_names
    if entry.quasi_harmonic:
        fits: dict[str, Estimate] = {}
        for item in entry.quasi_harmonic:
            with mistakes.collect(item.energies):
                fits[item.label] = _quasi_harmonic(study, material, entry, item).select(names)
        if len(fits) < len(entry.quasi_harmonic):
            raise schema.NotGiven("quasi_harmonic")
        return [members(fits, study)]
    volumes: Estimate | None = None
    with mistakes.collect():
        volumes = _volumes(study, material, entry)
    if volumes is None:
        raise schema.NotGiven("volumes")
    return [volumes, _capacity(study, material, entry, volumes)]


def _quasi_harmonic(study: schema.Study, material: str, entry: schema.Thermal, item: schema.QuasiHarmonic) -> Estimate:
    data = read_vibrations_over_volume(
        item.energies,
        item.phonons,
        kind=item.kind,
        sites=item.sites,
        formula=given(entry.formula),
        volume_column=item.volume_column,
        energy_column=item.energy_column,
        column=item.column,
        label=item.label,
    )
    return fit_quasi_harmonic(data, material=material, temperature=study.temperature, frequency_std=item.frequency_std)


def _volumes(study: schema.Study, material: str, entry: schema.Thermal) -> Estimate:
    """Density and expansion, from runs or declared."""
    names = (density_name(material), expansion_name(material))
    if declared := entry.declared_density:
        values, std = [np.log(declared.density), declared.expansion], [declared.std_ln, declared.expansion_std]
        return declare(names, values, std=std, source=declared.source, reason=declared.reason)
    item = given(entry.volumes)
    data = read_volumes(
        item.file,
        sites=item.sites,
        formula=given(entry.formula),
        temperature_column=item.temperature_column,
        volume_column=item.volume_column,
        std_column=item.std_column,
    )
    with naming(item.file):
        return fit_thermal_expansion(data, material=material, temperature=study.temperature)


def _capacity(study: schema.Study, material: str, entry: schema.Thermal, volumes: Estimate) -> Estimate:
    """Heat capacity, from vibrations at one volume or declared."""
    if declared := entry.declared_heat_capacity:
        names = (heat_capacity_name(material), heat_capacity_slope_name(material))
        values, std = [np.log(declared.heat_capacity), declared.slope], [declared.std_ln, declared.slope_std]
        return declare(names, values, std=std, source=declared.source, reason=declared.reason)
    item = given(entry.vibrations)
    vibrations = read_vibrations_of_kind(
        item.file, item.kind, sites=item.sites, format=item.format, column=item.column, formula=entry.formula
    )
    dilation: Estimate | None = None
    if item.bulk_modulus is not None:
        modulus = declare(
            [bulk_modulus_name(material)],
            [np.log(item.bulk_modulus)],
            std=[given(item.bulk_modulus_std_ln)],
            source=f"{material} bulk modulus (declared)",
            reason="the part of the heat capacity that dilation takes",
        )
        parts = (volumes, modulus)
        dilation = _together(parts)
    with naming(item.file):
        return heat_capacity(
            vibrations,
            material=material,
            temperature=study.temperature,
            molar_mass=molar_mass(given(entry.formula)),
            frequency_std=item.frequency_std,
            expansion=dilation,
            dilation_std=item.dilation_std,
        )


def _together(estimates: Sequence[Estimate]) -> Estimate:
    """All coefficients of several estimates in one."""
    names = tuple(name for estimate in estimates for name in estimate.names)
    mean = np.concatenate([estimate.mean for estimate in estimates])
    return combine(estimates, np.eye(len(names)), names, mean, method=" / ".join(e.method for e in estimates))


def _conductivity(study: schema.Study, material: str, entry: schema.Thermal, mistakes: schema.Mistakes) -> Estimate:
    """Thermal conductivity of the crystal as a polycrystal without pores."""
    if declared := entry.declared_conductivity:
        return _declared_conductivity(material, declared)
    runs: list[Estimate] = []
    for item in entry.heat_flux:
        with mistakes.collect(item.file):
            runs.append(_from_heat_flux(study, material, entry, item))
    if len(runs) < len(entry.heat_flux):
        raise schema.NotGiven("heat_flux")
    if entry.axes is None:
        return runs[0]
    return polycrystal_conductivity(_together(runs), material=material, axes=entry.axes)


def _declared_conductivity(material: str, declared: schema.DeclaredConductivity) -> Estimate:
    settings = {"source": declared.source, "reason": declared.reason}
    if declared.principal is None:
        value = np.log(given(declared.conductivity))
        return declare([thermal_conductivity_name(material)], [value], std=declared.std_ln, **settings)
    axes = ("1", "2", "3")
    names = [thermal_conductivity_name(f"{material} {axis}") for axis in axes]
    principal = declare(names, np.log(declared.principal), std=declared.std_ln, **settings)
    return polycrystal_conductivity(principal, material=material, axes=axes)


def _from_heat_flux(study: schema.Study, material: str, entry: schema.Thermal, item: schema.HeatFlux) -> Estimate:
    """Conductivity along one axis or of all, at the study's temperature."""
    series = read_currents(
        item.file,
        TransportCoefficient.THERMAL_CONDUCTIVITY,
        columns=item.columns,
        coupled=item.coupled or None,
        extensive=item.extensive,
        atomic_stress=item.atomic_stress,
        **item.stated,
    )
    stem = material if item.axis is None else f"{material} {item.axis}"
    name = thermal_conductivity_name(stem)
    found = fit_green_kubo(series, name=name, source=f"{stem} heat flux {series.temperature:g} K (sampling)")
    ratio = float(np.log(series.temperature / study.temperature))
    if abs(ratio) <= STATED_TOLERANCE:
        return found
    if entry.conductivity_exponent is None or entry.conductivity_exponent_std is None:
        raise ValueError(
            f"the run is at {series.temperature:g} K, the study at {study.temperature:g} K; give conductivity_exponent and "
            "conductivity_exponent_std"
        )
    moved = found.map([name], found.mean + entry.conductivity_exponent * ratio, [[1.0]])
    source = f"{material} thermal conductivity over temperature (declared)"
    return moved.add_source(source, Factor(np.array([[entry.conductivity_exponent_std * ratio]]), (source,)))


def _mixing(law: MixtureThermalConductivity, entry: schema.Thermal) -> Estimate:
    """Place between the bounds, anywhere as probable, or the declared error of one of them."""
    source, reason = f"{law.material} electrode (thermal bounds)", f"Hashin and Shtrikman, {law.mixing}"
    if law.mixing == "bounds":
        return declare([law.mixing_name], bounds=[-1.0, 1.0], source=source, reason=reason)
    return declare([law.mixing_name], [0.0], std=[given(entry.mixing_std_ln)], source=source, reason=reason)
