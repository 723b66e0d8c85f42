"""Estimators of conduction and electrolytes."""
