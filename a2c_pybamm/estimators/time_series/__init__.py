"""What any correlation function needs: displacements, spectra, lines, the limit at zero frequency."""
