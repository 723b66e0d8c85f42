"""How estimates are combined: members of a committee, replicas, averages, declared errors."""
