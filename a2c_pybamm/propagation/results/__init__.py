"""Answers from a result: tables, indices, other errors without new solves."""
