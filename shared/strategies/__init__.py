"""Ways of putting the sites' training together, one a file with its paper: the site's half and the half of all.

Both halves are here because both sides compute both: a question brings totals, never weights, and every site finds
the next global weights itself, as the coordinator does (docs/decisions/0001-sums-not-weights.md).
"""
