"""Readers of elasticity."""
