"""Density, heat capacity and thermal conductivity of an electrode from those of its phases."""
