"""Estimators of charge transfer."""
