"""Particles smoothed into fields: on grids, at points, across interfaces."""
