"""The methods of propagation."""
