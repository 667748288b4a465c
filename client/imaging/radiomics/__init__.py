"""Radiomic features of regions, with one settings hash."""
