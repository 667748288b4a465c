"""Models that are trained from sums or weights, one a file."""
