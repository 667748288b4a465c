"""Measures of how good a model is, computed at the site or from sums, one a file."""
