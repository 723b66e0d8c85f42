"""Correlation functions of all kinds: displacements, spectra, lines, the limit at zero frequency."""
