r"""Mass of a cell's layers, :math:`m = A \sum_l L_l \rho_l`: current collectors, electrodes and separator, without a casing."""

from __future__ import annotations

import casadi
import numpy as np
import pybamm

from a2c_pybamm.cell.initial_state import Graph, used_names
from a2c_pybamm.estimate import Array
from a2c_pybamm.parameter_set.keys import LAYERS


class LayerMass:
    """Masses of samples' cells, from PyBaMM's thicknesses and densities; the electrodes' densities hold their electrolyte.

    Raises
    ------
    ValueError
        If the set lacks a thickness or a density.
    """

    used: tuple[str, ...]
    """Coefficients that the mass depends on."""

    def __init__(self, values: pybamm.ParameterValues, names: tuple[str, ...]) -> None:
        graph = Graph.of(values, names)
        layers = [layer for layer in LAYERS if f"{layer} thickness [m]" in values]
        for layer in LAYERS[1:4]:
            if layer not in layers:
                raise ValueError(
                    f"cell: specific_energy needs {layer + ' thickness [m]'!r}, which the set lacks; add it as a Value"
                )
        mass = casadi.MX(0)
        for layer in layers:
            density = f"{layer} density [kg.m-3]"
            if density not in values:
                raise ValueError(f"cell: specific_energy needs {density!r}, which the set lacks; add it as a Value")
            reference = pybamm.Parameter("Reference temperature [K]")
            rho = graph.express(pybamm.FunctionParameter(density, {"Temperature [K]": reference}))
            mass += graph.express(pybamm.Parameter(f"{layer} thickness [m]")) * rho
        area = graph.express(pybamm.LithiumIonParameters().A_cc)
        self._mass = casadi.Function("mass", [graph.theta], [casadi.densify(mass * area)])
        self.used = used_names(mass * area, graph)

    def of(self, samples: Array) -> Array:
        """Masses [kg] (n_sample,) of samples (n_sample, n_coefficient)."""
        if not len(samples):
            return np.empty(0)
        return np.array(self._mass.map(len(samples))(samples.T)).ravel()
