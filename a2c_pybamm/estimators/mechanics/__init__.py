"""Estimators of elasticity."""
