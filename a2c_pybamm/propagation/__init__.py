"""Joint errors carried through a model: first order, polynomial chaos and sampling, each with its own error."""

from a2c_pybamm.propagation.expansion import to_chaospy
from a2c_pybamm.propagation.first_order import FirstOrder
from a2c_pybamm.propagation.indices import sensitivity_indices
from a2c_pybamm.propagation.model import Model, from_function
from a2c_pybamm.propagation.monte_carlo import MonteCarlo
from a2c_pybamm.propagation.polynomial_chaos import PolynomialChaos
from a2c_pybamm.propagation.run import planned_solves, propagate

__all__ = [
    "FirstOrder",
    "Model",
    "MonteCarlo",
    "PolynomialChaos",
    "from_function",
    "planned_solves",
    "propagate",
    "sensitivity_indices",
    "to_chaospy",
]
