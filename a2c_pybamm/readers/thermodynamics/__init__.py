"""Files of energies, chemical potentials, structures and vibrations."""
