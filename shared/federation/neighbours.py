"""Which sites mask with which: all with all in a small federation, a sparse graph in a large one.

Beyond some fifty sites a graph of degree k on a random order of the sites is enough: the sites that do not
collude stay connected, so that only their total decodes, except with negligible probability
(Bell et al., Secure single-server aggregation with (poly)logarithmic overhead, CCS 2020, section 3).
"""

import hashlib
from collections.abc import Sequence

DEGREE = 64
"""Neighbours of a site in a large federation."""


def neighbours(site: str, roster: Sequence[str], drawn_from: str) -> list[str]:
    """Sites with which a site shares masks, in the order of the roster.

    The graph is a ring in which each site is joined to the 32 before and the 32 after it. Whoever knows the order on
    the ring before he chooses whom to bribe needs those 64 alone, so it is drawn from what nobody knows before.

    Parameters
    ----------
    site : the site that asks
    roster : all sites, in order
    drawn_from : what the order follows from: all sites' masking keys of the run, which each site makes and signs itself
    """
    if len(roster) <= DEGREE + 1:
        return [peer for peer in roster if peer != site]
    seed = "\n".join([drawn_from, *roster])
    ring = sorted(roster, key=lambda peer: hashlib.sha256(f"{seed}\n\n{peer}".encode()).digest())
    place = ring.index(site)
    near = {ring[(place + step) % len(ring)] for step in range(-DEGREE // 2, DEGREE // 2 + 1)} - {site}
    return [peer for peer in roster if peer in near]
