r"""The polynomial of an output, kept in the result: :math:`y(\xi) \approx \sum_\alpha c_\alpha\psi_\alpha(\xi)`.

==============================================  ==============================  ===========================
symbol                                          variable                        dimensions
==============================================  ==============================  ===========================
:math:`c_\alpha`                                ``<output>_expansion``          term, the output's own axes
:math:`\alpha`, degree in each germ             ``exponent``                    term, germ
source and distribution of :math:`\xi`          ``germ_source, germ_family``    germ
:math:`L` in :math:`\theta = m + L\xi`          ``germ_factor``                 coefficient, germ
:math:`m`                                       ``coefficient_mean``            coefficient
==============================================  ==============================  ===========================

The :math:`\psi_\alpha` are those of `germ_basis`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpoly
import numpy as np
import xarray as xr

from a2c_pybamm.propagation.germ_basis import GermBasis, germ_distribution
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Method, Outcome, Problem

SUFFIX = "_expansion"


@dataclass(frozen=True, eq=False)
class Expansion:
    """One output as a polynomial in the germ, and the germ's part in the coefficients."""

    basis: GermBasis
    values: xr.DataArray
    """Orthonormal coefficients, dims ("term", the output's axes…); NaN where an element was not fitted."""
    factor: xr.DataArray
    """L, dims ("coefficient", "germ")."""
    approach: str
    """Label of the method that fitted it."""

    def flat(self) -> Array:
        """Orthonormal coefficients (n_term, n_element), the output's axes in one row."""
        return np.array(self.values.values, float).reshape(len(self.basis), -1)

    def evaluate(self, germ: Array) -> Array:
        """Values (n_sample, the output's axes…) at germs (n_sample, n_germ)."""
        return (self.basis.evaluate(germ) @ self.flat()).reshape(len(germ), *self.values.shape[1:])


def expansion_variables(problem: Problem, methods: Sequence[Method], outcomes: Sequence[Outcome]) -> dict[str, xr.DataArray]:
    """Variables of the last method that fitted a polynomial; none if none did."""
    fitted = [(m, o, o.basis) for m, o in zip(methods, outcomes, strict=True) if o.basis is not None]
    if not fitted:
        return {}
    method, outcome, basis = fitted[-1]
    exponent_attrs = {"long_name": "degree of each term's orthonormal polynomial in each germ", "approach": method.label}
    factor_attrs = {"long_name": "derivative of each coefficient by each germ", "units": "unit of the coefficient"}
    variables = {
        "exponent": xr.DataArray(basis.exponents, dims=("term", "germ"), attrs=exponent_attrs),
        "germ_source": xr.DataArray(np.array(problem.joint.germ_sources, dtype=str), dims="germ"),
        "germ_family": xr.DataArray(np.array(problem.joint.germ_families, dtype=str), dims="germ"),
        "germ_factor": xr.DataArray(problem.joint.root, dims=("coefficient", "germ"), attrs=factor_attrs),
        "coefficient_mean": xr.DataArray(problem.joint.mean, dims="coefficient", attrs={"units": "unit of the coefficient"}),
    }
    for output, template in outcome.solved.outputs.items():
        first = template.isel(sample=0)
        values = outcome.statistics[output]["expansion"].reshape(len(basis), *first.shape)
        coords = {name: c for name, c in first.coords.items() if set(c.dims) <= set(first.dims) and c.dims}
        attrs = {
            "units": str(template.attrs.get("units", "")),
            "long_name": f"{template.attrs.get('long_name', output)}: coefficients of orthonormal polynomials",
        }
        variables[output + SUFFIX] = xr.DataArray(values, dims=("term", *first.dims), coords=coords, attrs=attrs)
    return variables


def read_expansion(result: xr.Dataset, output: str, *, what: str) -> Expansion:
    """The expansion of an output from a result of ``propagate``, also one read back from a file.

    ``ValueError``, which names ``what`` was asked, if there is none.
    """
    if output + SUFFIX not in result:
        have = [str(name).removesuffix(SUFFIX) for name in result.data_vars if str(name).endswith(SUFFIX)]
        remedy = f"it has those of {', '.join(map(repr, have))}" if have else "run propagate with AdaptiveChaos()"
        raise ValueError(f"{what}: the result has no expansion of output {output!r}; {remedy}")
    families = tuple(str(family) for family in result["germ_family"].values)
    exponents = np.array(result["exponent"].transpose("term", "germ").values, dtype=np.int64)
    return Expansion(
        GermBasis(families, exponents),  # type: ignore[arg-type]
        result[output + SUFFIX].transpose("term", ...),
        result["germ_factor"].transpose("coefficient", "germ"),
        str(result["exponent"].attrs["approach"]),
    )


def to_chaospy(result: xr.Dataset, output: str) -> tuple[Any, Any]:
    """The expansion of an output as a polynomial of chaospy, and the distribution of the germ that it takes.

    The polynomial has the shape of the output's axes and one variable ``q0``, ``q1``, … for each entry of ``germ``, also for
    those it does not depend on; the distribution is one separate ``Normal(0, 1)`` or ``Uniform(-√3, √3)`` for each.
    Coefficients follow as ``coefficient_mean + germ_factor @ germ``. Moments by chaospy are slow beyond ten germs; they are in
    the result.

    Raises
    ------
    ValueError
        If the result has no expansion of this output.
    """
    expansion = read_expansion(result, output, what="to_chaospy")
    basis = expansion.basis
    powers = basis.monomials().T @ expansion.flat()
    polynomial = numpoly.ndpoly.from_attributes(
        basis.exponents,
        list(powers.reshape(len(basis), *expansion.values.shape[1:])),
        names=tuple(f"q{k}" for k in range(len(basis.families))),
        retain_names=True,  # else a germ without effect is dropped, and the next one taken in its place
    )
    return polynomial, germ_distribution(basis.families)
