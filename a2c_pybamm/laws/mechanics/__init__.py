"""Laws of elasticity."""
