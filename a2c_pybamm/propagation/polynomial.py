r"""The polynomial of an output, kept in the result: :math:`y(\xi) \approx \sum_\alpha c_\alpha\psi_\alpha(\xi)`.

======================================  ===========================================  ===========================
symbol                                  variable                                     dimensions
======================================  ===========================================  ===========================
:math:`c_\alpha`                        ``expansion/<approach>/<output>``            term, the output's own axes
:math:`\alpha`, degree in each germ     ``expansion/<approach>/exponent``            term, germ
source, distribution of :math:`\xi`     ``expansion/germ_source``, ``germ_family``   germ
:math:`L` in :math:`\theta = m + L\xi`  ``expansion/germ_factor``                    coefficient, germ
:math:`m`                               ``expansion/coefficient_mean``               coefficient
======================================  ===========================================  ===========================

The :math:`\psi_\alpha` are those of `germ_basis`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpoly
import numpy as np
import xarray as xr

from a2c_pybamm.estimate import Joint
from a2c_pybamm.propagation.germ_basis import GermBasis, germ_distribution
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Method, Outcome, Problem
from a2c_pybamm.result import EXPANSION, axis_coordinates, expanded_outputs, expansion_path


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


def expansion_nodes(problem: Problem, methods: Sequence[Method], outcomes: Sequence[Outcome]) -> dict[str, xr.Dataset]:
    """The germ, and a node for each method that fitted a polynomial, by path; none if none did."""
    fitted = [(m.label, o, o.basis) for m, o in zip(methods, outcomes, strict=True) if o.basis is not None]
    if not fitted:
        return {}
    polynomials = {expansion_path(label): _polynomials(outcome, basis) for label, outcome, basis in fitted}
    return {EXPANSION: germ_node(problem.joint), **polynomials}


def germ_node(joint: Joint) -> xr.Dataset:
    """Source and distribution of each germ, and its part in the coefficients."""
    factor_attrs = {"long_name": "derivative of each coefficient by each germ", "units": "unit of the coefficient"}
    return xr.Dataset(
        {
            "germ_source": ("germ", np.array(joint.germ_sources, dtype=str)),
            "germ_family": ("germ", np.array(joint.germ_families, dtype=str)),
            "germ_factor": (("coefficient", "germ"), joint.root, factor_attrs),
            "coefficient_mean": ("coefficient", joint.mean, {"units": "unit of the coefficient"}),
        }
    )


def _polynomials(outcome: Outcome, basis: GermBasis) -> xr.Dataset:
    """Exponents of one method's polynomials, and their coefficients for each output."""
    outputs = {}
    for output, template in outcome.solved.outputs.items():
        axes = [str(dim) for dim in template.dims if dim != "sample"]
        values = outcome.statistics[output]["expansion"].reshape(len(basis), *(template.sizes[axis] for axis in axes))
        attrs = {
            "units": str(template.attrs.get("units", "")),
            "long_name": f"{template.attrs.get('long_name', output)}: coefficients of orthonormal polynomials",
        }
        coords = axis_coordinates(template, axes)
        outputs[output] = xr.DataArray(values, dims=("term", *axes), coords=coords, attrs=attrs)
    return polynomial_node(basis, outputs)


def polynomial_node(basis: GermBasis, outputs: Mapping[str, xr.DataArray]) -> xr.Dataset:
    """Exponents of the terms, and the coefficients of each output (term, axes…)."""
    about = {"long_name": "degree of each term's orthonormal polynomial in each germ"}
    return xr.Dataset({"exponent": (("term", "germ"), basis.exponents, about), **outputs})


def read_expansion(result: xr.DataTree, output: str, *, what: str, approach: str | None = None) -> Expansion:
    """The polynomial of an output from a result of ``propagate``, also one read back from a file.

    Of several methods that of ``approach``, else of the last that fitted one. ``ValueError``, which names ``what`` was asked,
    if there is none.
    """
    fitted = result.children[EXPANSION].children if EXPANSION in result.children else {}
    labels = [str(label) for label, node in fitted.items() if output in node.data_vars]
    if not labels or (approach is not None and approach not in labels):
        remedy = _remedy(expanded_outputs(result), labels, approach)
        raise ValueError(f"{what}: the result has no polynomial of output {output!r}{remedy}")
    label = labels[-1] if approach is None else approach
    germ, node = result[EXPANSION].dataset, result[expansion_path(label)].dataset
    families = tuple(str(family) for family in germ["germ_family"].values)
    exponents = np.array(node["exponent"].transpose("term", "germ").values, dtype=np.int64)
    return Expansion(
        GermBasis(families, exponents),  # type: ignore[arg-type]
        node[output].transpose("term", ...),
        germ["germ_factor"].transpose("coefficient", "germ"),
        label,
    )


def _remedy(kept: Mapping[str, Sequence[str]], labels: Sequence[str], approach: str | None) -> str:
    if approach is not None and labels:
        return f" by {approach!r}; take {' or '.join(map(repr, labels))}"
    outputs = list(dict.fromkeys(name for names in kept.values() for name in names))
    return f"; it has those of {', '.join(map(repr, outputs))}" if outputs else "; run propagate with AdaptiveChaos()"


def to_chaospy(result: xr.DataTree, output: str, *, approach: str | None = None) -> tuple[Any, Any]:
    """The expansion of an output as a polynomial of chaospy, and the distribution of the germ that it takes.

    The polynomial has the shape of the output's axes and one variable ``q0``, ``q1``, … for each entry of ``germ``, also for
    those it does not depend on; the distribution is one separate ``Normal(0, 1)`` or ``Uniform(-√3, √3)`` for each.
    Coefficients follow as ``coefficient_mean + germ_factor @ germ``. Moments by chaospy are slow beyond ten germs; they are in
    the result. Of several methods that fitted a polynomial the last is taken, unless ``approach`` names one.

    Raises
    ------
    ValueError
        If the result has no polynomial of this output.
    """
    expansion = read_expansion(result, output, what="to_chaospy", approach=approach)
    basis = expansion.basis
    powers = basis.monomials().T @ expansion.flat()
    polynomial = numpoly.ndpoly.from_attributes(
        basis.exponents,
        list(powers.reshape(len(basis), *expansion.values.shape[1:])),
        names=tuple(f"q{k}" for k in range(len(basis.families))),
        retain_names=True,  # else a germ without effect is dropped, and the next one taken in its place
    )
    return polynomial, germ_distribution(basis.families)
