"""Texture matrices of a discretized region and their features."""
