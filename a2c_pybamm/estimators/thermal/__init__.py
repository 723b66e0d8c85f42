"""Heat capacity, thermal expansion and thermal conductivity of a crystal."""
