"""Laws of conduction and electrolytes."""
