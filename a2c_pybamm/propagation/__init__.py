"""Joint errors carried through a model: first order, polynomial chaos and sampling, each with its own error."""

from a2c_pybamm.propagation.adaptive.adaptive_chaos import AdaptiveChaos
from a2c_pybamm.propagation.answer import MethodKind, Recommendation, Status
from a2c_pybamm.propagation.methods.first_order import FirstOrder
from a2c_pybamm.propagation.methods.monte_carlo import MonteCarlo
from a2c_pybamm.propagation.methods.polynomial_chaos import PolynomialChaos
from a2c_pybamm.propagation.model import Model, from_function
from a2c_pybamm.propagation.polynomial import to_chaospy
from a2c_pybamm.propagation.provenance import generator_of
from a2c_pybamm.propagation.results.covariance_of_curves import curve_covariance
from a2c_pybamm.propagation.results.dataframe import design_to_dataframe, draws_to_dataframe, to_dataframe
from a2c_pybamm.propagation.results.indices import sensitivity_indices
from a2c_pybamm.propagation.results.reweighting import reweight, scale_source
from a2c_pybamm.propagation.results.survival_curve import survival
from a2c_pybamm.propagation.run import planned_solves, propagate
from a2c_pybamm.propagation.verdict import read_recommendation, read_status

__all__ = [
    "AdaptiveChaos",
    "FirstOrder",
    "MethodKind",
    "Model",
    "MonteCarlo",
    "PolynomialChaos",
    "Recommendation",
    "Status",
    "curve_covariance",
    "design_to_dataframe",
    "draws_to_dataframe",
    "from_function",
    "generator_of",
    "planned_solves",
    "propagate",
    "read_recommendation",
    "read_status",
    "reweight",
    "scale_source",
    "sensitivity_indices",
    "survival",
    "to_chaospy",
    "to_dataframe",
]
