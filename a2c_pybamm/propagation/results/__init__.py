"""What is made of a result: tables, indices, other errors without new solves."""
