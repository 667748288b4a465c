"""Ways of combining the sites' training, one in each file with its paper: the site's half and the common half.

Both halves are here because both sides compute both: a question carries totals, never weights, and every site
computes the next global weights itself, as the coordinator does (docs/decisions/0001-sums-not-weights.md).
"""
