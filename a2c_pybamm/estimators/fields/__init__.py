"""Estimators of coarse-grained fields."""
