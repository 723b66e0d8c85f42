"""Generalised least squares of charge-transfer barriers over potential and temperature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import Array, ChargeTransferBarriers
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.kinetics.barrier_equations import BarrierEquations, entropy_row
from a2c_pybamm.estimators.statistics.combination import combine
from a2c_pybamm.estimators.statistics.log_rates import RESOLVED_SINGULAR_VALUE
from a2c_pybamm.laws import ButlerVolmer, Marcus, MarcusHushChidsey, Reorganizing

ChargeTransferLaw = ButlerVolmer | Marcus | MarcusHushChidsey


@dataclass(frozen=True)
class BarrierModel:
    """Errors of a law of barriers over the potential, and limits beyond which it is refused."""

    curvature: float = 1.0
    r"""Standard deviation of the curvature that a linear barrier leaves out, in units of two parabolas' own of the same height,
    :math:`(F\eta)^2/16\Delta G^\ddagger_0`: one parabola's crossing has 1, with work of approach more, with coupling less."""
    asymmetry: float = 0.1
    """Standard deviation of the transfer coefficient from 1/2 that two equal parabolas leave out [1]."""
    misfit_p: float = 0.05
    """p-value of χ² below which the barriers' own errors are widened to what they miss the law by."""
    least_significance: float = 3.0
    """Standard deviations by which a transfer coefficient must be inside (0, 1), and a fitted curvature above 0."""
    n_iteration: int = 4
    """Weights are found from the coefficients that they give; twice is enough, further rounds change no digit."""


@dataclass(frozen=True, eq=False)
class BarrierProblem:
    """Rows of the least squares in electronvolts: free energy at the reference temperature, enthalpy, and the form's own."""

    law: ChargeTransferLaw
    equations: BarrierEquations
    design: Array
    """(n_row, n_unknown)."""
    values: Array
    """(n_row,) [eV]."""
    work: Array
    """Fη [eV] (n_row,); 0 for the row of an entropy."""
    parts: tuple[Estimate, ...]
    """Parts of the equations, then entropy and reorganization energy where they are given."""
    further: Array
    """Change of each row with the coefficients of those two [eV per unit] (n_row, n_further)."""
    energy: float | None
    """Reorganization energy that is given [eV]."""
    model: BarrierModel

    @classmethod
    def of(
        cls,
        data: ChargeTransferBarriers,
        law: ChargeTransferLaw,
        equations: BarrierEquations,
        entropy: tuple[float, float] | None,
        reorganization: Estimate | None,
        model: BarrierModel,
    ) -> BarrierProblem:
        """The rows of a table of barriers; ``ValueError`` where they do not determine the coefficients."""
        work, share = equations.work / FARADAY, equations.share
        values, columns = equations.values / FARADAY, [share, 1 - share]
        parts, further, energy = [*equations.parts], [np.zeros((len(work), 0))], None
        if isinstance(law, Reorganizing):
            values = values - 0.5 * work
            if reorganization is None:
                columns.append((0.5 * work) ** 2)
            else:
                energy = _given_energy(law, reorganization)
                values = values - (0.5 * work) ** 2 / energy
                parts.append(reorganization)
                further.append(((0.5 * work) ** 2 / energy)[:, None])
        else:
            if reorganization is not None:
                raise ValueError(f"law {law.kind!r} has no reorganization energy; leave it out, or take 'marcus'")
            columns.append(work)
        design, rest = np.column_stack(columns), np.hstack(further)
        if entropy is not None:
            T = law.reference_temperature
            design = np.vstack([design, [1.0, -1.0, *[0.0] * (design.shape[1] - 2)]])
            values, work = np.append(values, -T * entropy[0] / FARADAY), np.append(work, 0.0)
            rest = np.block([[rest, np.zeros((len(rest), 1))], [np.zeros((1, rest.shape[1])), np.array([[-T / FARADAY]])]])
            parts.append(entropy_row(entropy, law.material))
        problem = cls(law, equations, design, values, work, tuple(parts), rest, energy, model)
        problem.validate(data)
        return problem

    def validate(self, data: ChargeTransferBarriers) -> None:
        """Raise ``ValueError`` where rows do not determine the coefficients."""
        where = f"charge-transfer barriers of {data.label}"
        enthalpy, form = self.design[:, :2], self.design[:, [0, *range(2, self.design.shape[1])]]
        if not resolved(enthalpy):
            raise ValueError(
                f"{where}: at one temperature ({data.temperatures[0]:g} K), or without one, they show no activation entropy; "
                "give activation_entropy with its std, or free energies at several temperatures"
            )
        if not resolved(form) or not resolved(self.design):
            least = "three" if isinstance(self.law, Reorganizing) and self.energy is None else "two"
            raise ValueError(
                f"{where}: {len(np.unique(data.potential))} potential(s) do not determine {self.law.form_names[0]!r}; give "
                f"barriers at {least} at least"
            )

    def transfer(self, unknowns: Array) -> Array:
        """Slope of the barrier of reduction over Fη (n_row,)."""
        if not isinstance(self.law, Reorganizing):
            return np.full(len(self.work), unknowns[2])
        inverse = 1 / self.energy if self.energy else unknowns[2]
        return 0.5 + 0.5 * self.work * inverse

    def errors(self, unknowns: Array) -> Array:
        """True minus read value of each row for errors of the parts (n_row, n_part) [eV per unit]."""
        n = len(self.equations.values)
        own = self.equations.error_weights(self.transfer(unknowns)[:n]) / FARADAY
        return np.hstack([np.vstack([own, np.zeros((len(self.values) - n, own.shape[1]))]), self.further])

    @property
    def least_barrier(self) -> float:
        """Thermal energy [eV]: no barrier is lower that has a rate by transition-state theory."""
        return GAS_CONSTANT * self.law.reference_temperature / FARADAY

    def left_out(self, unknowns: Array) -> Array:
        """Part of the barrier that the law leaves out, one standard deviation of it [eV] (n_row,)."""
        if isinstance(self.law, Reorganizing):
            return self.model.asymmetry * self.work
        return self.model.curvature * (0.5 * 0.5 * self.work) ** 2 / max(unknowns[0], self.least_barrier)

    def solve(self) -> BarrierFit:
        """Generalised least squares, with weights from the coefficients that they give."""
        unknowns = np.asarray(np.linalg.lstsq(self.design, self.values, rcond=None)[0], float)
        names = [f"row {k}" for k in range(len(self.values))]
        for _ in range(self.model.n_iteration):
            errors, missing = self.errors(unknowns), self.left_out(unknowns)
            known = combine(self.parts, errors, names, self.values, method="").covariance
            root = np.asarray(np.linalg.cholesky(known + np.outer(missing, missing)), float)
            q, r = np.linalg.qr(np.linalg.solve(root, self.design))
            weights = np.linalg.solve(r, q.T @ np.linalg.inv(root))
            unknowns = np.asarray(weights @ self.values, float)
        return BarrierFit(unknowns, weights, errors, missing, known, root)


@dataclass(frozen=True, eq=False)
class BarrierFit:
    """Unknowns, the linear map from rows to them, and the errors of the rows."""

    unknowns: Array
    """Free energy at the reference temperature and enthalpy [eV], then the form's own (n_unknown,)."""
    weights: Array
    """(n_unknown, n_row)."""
    errors: Array
    """True minus read value of each row for errors of the parts (n_row, n_part) [eV per unit]."""
    missing: Array
    """Part of the barrier that the law leaves out, one standard deviation [eV] (n_row,)."""
    known: Array
    """Covariance of the rows without that part [eV2] (n_row, n_row)."""
    root: Array
    """Cholesky factor of all of it (n_row, n_row)."""


def resolved(columns: Array) -> bool:
    """True where the columns are independent."""
    length = np.linalg.norm(columns, axis=0)
    if not length.all() or len(columns) < columns.shape[1]:
        return False
    return bool(np.linalg.svd(columns / length, compute_uv=False)[-1] > RESOLVED_SINGULAR_VALUE)


def _given_energy(law: Reorganizing, reorganization: Estimate) -> float:
    """Reorganization energy of an estimate [eV]."""
    if reorganization.names != (law.reorganization_name,):
        raise ValueError(f"reorganization estimates {', '.join(reorganization.names)}, not {law.reorganization_name!r} alone")
    return float(np.exp(reorganization.mean[0]))
