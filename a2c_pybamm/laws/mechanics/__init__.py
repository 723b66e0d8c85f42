"""Laws of elasticity, volume and diffusion under stress."""
