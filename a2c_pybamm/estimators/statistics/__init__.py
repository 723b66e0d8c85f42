"""Combinations of estimates: members of a committee, replicas, averages, declared errors."""
