"""Rates, barriers and networks of hops, and the diffusivity that follows."""
