"""Quantitative maps: each model a pure function over whole volumes, chosen by name in the study file."""
