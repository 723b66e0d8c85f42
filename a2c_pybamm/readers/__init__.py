"""Files in, data records out; the only home of ase and of foreign units."""

from a2c_pybamm.readers.conduction.activities import read_activities
from a2c_pybamm.readers.conduction.currents import read_currents
from a2c_pybamm.readers.conduction.electrolyte_motion import SpeciesGroup, read_electrolyte_motion
from a2c_pybamm.readers.drive_cycle import read_drive_cycle
from a2c_pybamm.readers.hops.cell_width import read_cell_width
from a2c_pybamm.readers.hops.neb import read_hop_frequencies, read_image_energies, read_neb
from a2c_pybamm.readers.hops.sites import read_sites
from a2c_pybamm.readers.kinetics.barriers import ReferenceElectrodes, read_charge_transfer_barriers
from a2c_pybamm.readers.kinetics.surface_sites import read_surface_sites
from a2c_pybamm.readers.mechanics.born_term import born_term, born_term_of_lammps
from a2c_pybamm.readers.mechanics.point_group import read_point_group
from a2c_pybamm.readers.mechanics.strain_table import read_strained_stresses
from a2c_pybamm.readers.mechanics.strained_structures import read_strained_structures
from a2c_pybamm.readers.mechanics.stress_convention import StressConvention
from a2c_pybamm.readers.mechanics.stress_series import read_stress_series
from a2c_pybamm.readers.motion.configurations import read_configurations
from a2c_pybamm.readers.motion.trajectory import read_trajectory, read_velocities
from a2c_pybamm.readers.thermodynamics.chemical_potentials import read_chemical_potentials
from a2c_pybamm.readers.thermodynamics.energies import read_energies
from a2c_pybamm.readers.thermodynamics.formula import molar_mass
from a2c_pybamm.readers.thermodynamics.insertion_energies import read_insertion_energies
from a2c_pybamm.readers.thermodynamics.phonons import read_density_of_states, read_frequencies, read_phonopy
from a2c_pybamm.readers.thermodynamics.structures import read_structures
from a2c_pybamm.readers.thermodynamics.thermal import read_thermal
from a2c_pybamm.readers.thermodynamics.volumes import read_vibrations_of_kind, read_vibrations_over_volume, read_volumes
from a2c_pybamm.readers.units import parse_quantity

__all__ = [
    "ReferenceElectrodes",
    "SpeciesGroup",
    "StressConvention",
    "born_term",
    "born_term_of_lammps",
    "molar_mass",
    "parse_quantity",
    "read_activities",
    "read_cell_width",
    "read_charge_transfer_barriers",
    "read_chemical_potentials",
    "read_configurations",
    "read_currents",
    "read_density_of_states",
    "read_drive_cycle",
    "read_electrolyte_motion",
    "read_energies",
    "read_frequencies",
    "read_hop_frequencies",
    "read_image_energies",
    "read_insertion_energies",
    "read_neb",
    "read_phonopy",
    "read_point_group",
    "read_sites",
    "read_strained_stresses",
    "read_strained_structures",
    "read_stress_series",
    "read_structures",
    "read_surface_sites",
    "read_thermal",
    "read_trajectory",
    "read_velocities",
    "read_vibrations_of_kind",
    "read_vibrations_over_volume",
    "read_volumes",
]
