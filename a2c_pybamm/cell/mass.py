r"""Mass of a cell's layers, :math:`m = A \sum_l L_l \rho_l`: current collectors, electrodes and separator, without a casing."""

from __future__ import annotations

import casadi
import numpy as np
import pybamm

from a2c_pybamm.cell.initial_state import Graph
from a2c_pybamm.estimate import Array

LAYERS = (
    "Negative current collector",
    "Negative electrode",
    "Separator",
    "Positive electrode",
    "Positive current collector",
)


class LayerMass:
    """Masses of samples' cells, from PyBaMM's thicknesses and densities; the electrodes' densities hold their electrolyte.

    Raises
    ------
    ValueError
        If the set lacks a thickness or a density.
    """

    used: tuple[str, ...]
    """Coefficients that it depends on."""

    def __init__(self, values: pybamm.ParameterValues, names: tuple[str, ...]) -> None:
        graph = Graph.of(values, names)
        layers = [layer for layer in LAYERS if f"{layer} thickness [m]" in values]
        for layer in LAYERS[1:4]:
            if layer not in layers:
                raise ValueError(f"cell: specific_energy needs {layer + ' thickness [m]'!r}, which the set has not")
        mass = casadi.MX(0)
        for layer in layers:
            density = f"{layer} density [kg.m-3]"
            if density not in values:
                raise ValueError(f"cell: specific_energy needs {density!r}, which the set has not; add it as a Value")
            reference = pybamm.Parameter("Reference temperature [K]")
            rho = graph.express(pybamm.FunctionParameter(density, {"Temperature [K]": reference}))
            mass += graph.express(pybamm.Parameter(f"{layer} thickness [m]")) * rho
        area = graph.express(pybamm.LithiumIonParameters().A_cc)
        self._mass = casadi.Function("mass", [graph.theta], [casadi.densify(mass * area)])
        columns = set(casadi.jacobian(mass * area, graph.theta).sparsity().get_col())
        self.used = tuple(name for k, name in enumerate(names) if k in columns)

    def of(self, samples: Array) -> Array:
        """Masses [kg] (n_sample,) of samples (n_sample, n_coefficient)."""
        if not len(samples):
            return np.empty(0)
        return np.array(self._mass.map(len(samples))(samples.T)).ravel()
