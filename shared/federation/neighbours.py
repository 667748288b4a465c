"""Which sites mask with which: all with all in a small federation, a sparse graph in a large one.

Beyond some fifty sites a graph of degree k on a random order of the sites is enough: the sites that do not
collude stay connected, so that only their total decodes, except with negligible probability
(Bell et al., Secure single-server aggregation with (poly)logarithmic overhead, CCS 2020, section 3).
"""

import hashlib
from collections.abc import Sequence

DEGREE = 64
"""Neighbours of a site in a large federation."""


def neighbours(site: str, roster: Sequence[str], study: str) -> list[str]:
    """Sites with which a site shares masks, in the order of the roster.

    The graph is a ring in which each site is joined to the 32 before and the 32 after it; the order on the
    ring follows from the study's digest and the roster alone, so that no question can be worded to choose it.

    Parameters
    ----------
    site : the site that asks
    roster : all sites, in order
    study : digest of the study
    """
    if len(roster) <= DEGREE + 1:
        return [peer for peer in roster if peer != site]
    seed = "\n".join([study, *roster])
    ring = sorted(roster, key=lambda peer: hashlib.sha256(f"{seed}\n\n{peer}".encode()).digest())
    place = ring.index(site)
    near = {ring[(place + step) % len(ring)] for step in range(-DEGREE // 2, DEGREE // 2 + 1)} - {site}
    return [peer for peer in roster if peer in near]
