"""Cells with many correlated lognormal inputs, on which propagation is measured.

Chen2020 discharged at 1C between 4.2 and 2.5 V. Each input is a factor on the set's own entry, its logarithm normal with mean
zero. Solid transport and kinetics have the spread sigma, the electrolyte sigma/2. The cases of thirty inputs are cells that
warm up (one temperature for the whole cell), and have more: structure and heat sigma/4, what sets the capacity sigma/32, since
the cyclable lithium follows area and active fractions but no maximum concentration: an electrode in which that is a tenth
smaller could not hold it. Coefficients of one group are correlated, those of different groups are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import a2c_pybamm as a2c

Array = np.ndarray
REFERENCES = Path(__file__).parent / "references"
SIDES = ("Negative", "Positive")
SOLID = tuple(
    f"{side} {what}"
    for what in ("particle diffusivity [m2.s-1]", "electrode exchange-current density [A.m-2]")
    for side in SIDES
)
ELECTROLYTE = (
    "Electrolyte diffusivity [m2.s-1]",
    "Electrolyte conductivity [S.m-1]",
    "Cation transference number",
    "Thermodynamic factor",
    "Initial concentration in electrolyte [mol.m-3]",
    "Separator porosity",
)
STRUCTURE = (
    *(f"{side} electrode porosity" for side in SIDES),
    *(f"{layer} Bruggeman coefficient (electrolyte)" for layer in ("Negative electrode", "Separator", "Positive electrode")),
    *(f"{side} electrode conductivity [S.m-1]" for side in SIDES),
)
CAPACITY = (
    *(f"Maximum concentration in {side.lower()} electrode [mol.m-3]" for side in SIDES),
    *(f"{side} electrode active material volume fraction" for side in SIDES),
    "Electrode height [m]",
    "Electrode width [m]",
)
HEAT = (
    *(f"{side} electrode specific heat capacity [J.kg-1.K-1]" for side in SIDES),
    *(f"{side} electrode density [kg.m-3]" for side in SIDES),
    "Total heat transfer coefficient [W.m-2.K-1]",
    "Cell cooling surface area [m2]",
    "Cell volume [m3]",
)
CORRELATION = {SOLID: 0.3, ELECTROLYTE: 0.5, STRUCTURE: 0.2, CAPACITY: 0.0, HEAT: 0.2}


@dataclass(frozen=True)
class Case:
    """One cell with its inputs."""

    model: str
    sigma: float
    n_input: int

    @property
    def name(self) -> str:
        return f"{self.model}_{self.n_input}_inputs_sigma_{self.sigma:g}"

    def parameter_set(self) -> a2c.ParameterSet:
        """Chen2020 with a factor on each input."""
        groups = [(SOLID, self.sigma), (ELECTROLYTE, self.sigma / 2)]
        if self.n_input > 10:
            groups += [(STRUCTURE, self.sigma / 4), (CAPACITY, self.sigma / 32), (HEAT, self.sigma / 4)]
        attach, estimates = {}, []
        for keys, sigma in groups:
            own = {key: a2c.Attachment(a2c.Scale(key.split(" [")[0]), "factor") for key in keys}
            rho = CORRELATION[keys]
            covariance = sigma**2 * (rho + (1 - rho) * np.eye(len(keys)))
            names = [attachment.law.names[0] for attachment in own.values()]
            estimates.append(
                a2c.Estimate.from_covariance(names, np.zeros(len(keys)), covariance, source=f"{keys[0].split(' [')[0]} group")
            )
            attach |= own
        return a2c.ParameterSet(self.name, "Chen2020", attach, a2c.Joint(estimates), voltage_limits=(2.5, 4.2))

    def cell(self) -> a2c.Cell:
        options = {"thermal": "lumped"} if self.n_input > 10 else {}
        return a2c.Cell(self.parameter_set(), model=self.model, options=options)


CASES = tuple(Case(model, sigma, n) for n in (10, 30) for sigma in (0.4, 0.2) for model in ("SPMe", "DFN", "SPM"))
SCALARS = ("capacity", "energy", "mean_voltage")
N_SHARE = 11
"""Points of the voltage against the discharged share of own capacity, both ends included."""


def outputs(data) -> dict[str, Array]:
    """What is compared: scalars (n,), and the voltage at equal shares of discharge (n, N_SHARE)."""
    share = data["voltage_of_share"].values
    rows = {name: data[name].values for name in SCALARS}
    return rows | {"voltage": share[:, np.linspace(0, share.shape[1] - 1, N_SHARE).astype(int)]}


def read_reference(case: Case) -> dict[str, Array]:
    """Samples (n, n_coefficient) and outputs of a case's plain Monte Carlo; ``ValueError`` if it has not been made."""
    path = REFERENCES / f"{case.name}.npz"
    if not path.exists():
        raise ValueError(f"{path}: no such file; make it with monte_carlo_reference.py")
    with np.load(path, allow_pickle=False) as stored:
        rows = {name: stored[name].astype(float) for name in (*SCALARS, "voltage")}
        seed, n, factor = int(stored["seed"]), int(stored["n"]), stored["factor"]
    return {"samples": draws(factor, n, seed), **rows}


def root(case: Case) -> Array:
    """A factor of the covariance (n_coefficient, n_germ): of the many that there are, libraries find different ones."""
    return np.linalg.cholesky(case.parameter_set().joint.covariance)


def draws(factor: Array, n: int, seed: int) -> Array:
    """Plain pseudo-random samples (n, n_coefficient) of all the joint's coefficients, whose means are zero."""
    return np.random.default_rng(seed).standard_normal((n, factor.shape[1])) @ factor.T
