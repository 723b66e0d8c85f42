"""Arrhenius' law of a solid electrolyte's conductivity from runs at several temperatures."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.diffusion.arrhenius import fit_arrhenius
from a2c_pybamm.laws.conduction.electrolyte_names import conductivity_name
from a2c_pybamm.laws.conduction.single_ion import SingleIonConductor


def fit_ionic_conductivity(
    runs: Mapping[float, Estimate], law: SingleIonConductor, *, independent: Collection[str] = ()
) -> Estimate:
    r"""Prefactor and activation energy of a `SingleIonConductor` from :math:`\ln\sigma` at temperatures, errors by source.

    .. math:: \ln(\sigma T) = \ln A - \frac{E_a}{k_BT}

    by `fit_arrhenius`, whose tests are in the provenance. A conductivity that is extrapolated to a cell's temperature carries
    the error of the line; another mechanism or phase there is in no error bar.

    Parameters
    ----------
    runs
        Temperature [K] → estimate with one coefficient, ``"<m> ln(kappa [S.m-1])"``: from `fit_green_kubo`,
        `fit_onsager` or `declare`.

    Raises
    ------
    ValueError
        If an estimate has another coefficient, and where `fit_arrhenius` raises.
    """
    name = conductivity_name(law.material)
    for T, run in runs.items():
        if run.names != (name,):
            raise ValueError(f"{law.material}: run at {T:g} K has {', '.join(run.names)}; select or rename {name!r} alone")
    products = {T: run.map([f"{name} T"], run.mean + np.log(T), [[1.0]]) for T, run in runs.items() if T > 0}
    if len(products) < len(runs):
        raise ValueError(f"{law.material}: temperature {min(runs):g} K; give kelvin")
    return fit_arrhenius(products, prefactor_name=law.prefactor_name, barrier_name=law.barrier_name, independent=independent)
