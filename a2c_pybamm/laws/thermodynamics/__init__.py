"""Laws of thermodynamics: free energies, expansions, phases, measured potentials."""
