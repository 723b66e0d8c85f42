"""Diffusivities from trajectories, over temperature and composition."""
