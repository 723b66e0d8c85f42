r"""Estimates with errors by source, and the joint distribution they make together.

An error is written as factors, one for each *source*: a body of data or a cause of error with a name a person understands.

.. math:: \theta = \bar\theta + \sum_s A_s \xi_s, \qquad \operatorname{Cov}\theta = \sum_s A_s A_s^\mathsf{T}

with independent germs :math:`\xi_s` of zero mean and unit variance. Two estimates that name the same source share its germ,
and are correlated column by column where their *labels* agree; different sources are independent.
"""

from a2c_pybamm.estimate.canonical_factor import PIVOT_SHARE, canonical_factor, covariance_root
from a2c_pybamm.estimate.checks import Array
from a2c_pybamm.estimate.estimate import Estimate
from a2c_pybamm.estimate.factor import Factor, common_family, label_hash, validate_common_labels
from a2c_pybamm.estimate.germs import UNIFORM_BOUND, Family, draw_germs, named_stream
from a2c_pybamm.estimate.joint import Joint

__all__ = [
    "PIVOT_SHARE",
    "UNIFORM_BOUND",
    "Array",
    "Estimate",
    "Factor",
    "Family",
    "Joint",
    "canonical_factor",
    "common_family",
    "covariance_root",
    "draw_germs",
    "label_hash",
    "named_stream",
    "validate_common_labels",
]
