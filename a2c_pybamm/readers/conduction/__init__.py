"""Readers of conduction and electrolytes."""
