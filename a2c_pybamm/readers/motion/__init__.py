"""Trajectories: frames of every format, unwrapped and continued."""
