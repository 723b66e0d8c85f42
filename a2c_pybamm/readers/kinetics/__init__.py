"""Barriers of charge transfer and the sites of surfaces."""
