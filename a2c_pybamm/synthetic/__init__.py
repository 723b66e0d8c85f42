"""Systems with known answers, for tests, examples and trials of an estimator."""

from a2c_pybamm.synthetic.electrolyte import LangevinElectrolyte, caged_motion
from a2c_pybamm.synthetic.energies import migration_path, redlich_kister_energies
from a2c_pybamm.synthetic.motion import (
    LITHIUM_MASS,
    brownian_trajectory,
    langevin_trajectory,
    lattice_walk_trajectory,
    rattling_trajectory,
)
from a2c_pybamm.synthetic.slab import Slab
from a2c_pybamm.synthetic.walks import independent_walk, lattice_gas_trajectory, lattice_gas_walk, network_sites

__all__ = [
    "LITHIUM_MASS",
    "LangevinElectrolyte",
    "Slab",
    "brownian_trajectory",
    "caged_motion",
    "independent_walk",
    "langevin_trajectory",
    "lattice_gas_trajectory",
    "lattice_gas_walk",
    "lattice_walk_trajectory",
    "migration_path",
    "network_sites",
    "rattling_trajectory",
    "redlich_kister_energies",
]
