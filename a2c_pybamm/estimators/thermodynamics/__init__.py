"""Free energies, phase diagrams and vibrations from energies of structures."""
