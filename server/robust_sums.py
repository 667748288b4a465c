"""Sums of training over the sites that agree best, where some may send nonsense (multi-Krum).

Every site's sums must be readable for it: `privacy.masked: false`, which a site's policy refuses unless it says why.
The sites that are kept stand for all: their sum is scaled to the patients of all, so that the penalty keeps its weight.
Whole sites are kept or left out, never single coordinates: a Hessian of medians need not be one of any patients.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from shared.arrays import Array, Arrays
from shared.robust import multi_krum


def robust_sums(
    of_site: Mapping[str, Arrays], patients: Mapping[str, int], dishonest: int
) -> tuple[dict[str, Array], Counter[str]]:
    """Sum over the sites that agree best, in every fit by itself.

    Parameters
    ----------
    of_site : for each site, quantities whose first axis is the fits; all zero where a fit leaves the site out
    patients : of each site
    dishonest : how many sites may send nonsense; at least 2 f + 3 must be in each fit

    Returns
    -------
    the sums, by name, and in how many fits each site was left out of them

    Reference: Blanchard, El Mhamdi, Guerraoui and Stainer, NeurIPS 2017.
    """
    names, sites = sorted(next(iter(of_site.values()))), list(of_site)
    totals = {name: np.zeros_like(of_site[sites[0]][name]) for name in names}
    left_out: Counter[str] = Counter()
    for fit in range(len(totals[names[0]])):
        rows = {site: np.concatenate([of_site[site][name][fit].reshape(-1) for name in names]) for site in sites}
        there = [site for site in sites if rows[site].any()]
        if not there:
            continue
        chosen = multi_krum(np.stack([rows[site] / patients[site] for site in there]), dishonest)
        kept = [there[index] for index in chosen]
        share = sum(patients[site] for site in kept) / sum(patients[site] for site in there)
        for name in names:
            totals[name][fit] = sum(of_site[site][name][fit] for site in kept) / share
        left_out.update(set(there) - set(kept))
    return totals, left_out
