"""Adaptive chaos: designs that grow, polynomials tested on points kept out."""
