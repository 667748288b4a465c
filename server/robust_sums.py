"""Sums of training over the sites that agree best, where some may send nonsense (multi-Krum).

Every site's sums must be readable for it: `privacy.masked: false`, which a site's policy refuses unless it says why.
The sites that are kept stand for all: their sum is scaled to the patients of all, so that the penalty keeps its weight.
Whole answers are kept or left out, never single numbers: a Hessian of medians need not be one of any patients.
"""

from collections.abc import Mapping

import numpy as np

from shared.arrays import Array, Arrays
from shared.robust import multi_krum


def robust_sums(
    of_site: Mapping[str, Arrays], patients: Mapping[str, int], dishonest: int
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Sum over the sites that agree best.

    Parameters
    ----------
    of_site : for each site, sums over its patients, in any shapes
    patients : of each site
    dishonest : how many sites may send nonsense; at least 2 f + 3 must be there

    Returns
    -------
    the sums, by name, and the sites that were left out of them

    Reference: Blanchard, El Mhamdi, Guerraoui and Stainer, NeurIPS 2017.
    """
    sites, names = list(of_site), sorted(next(iter(of_site.values())))
    rows = [np.concatenate([of_site[site][name].reshape(-1) for name in names]) / patients[site] for site in sites]
    kept = [sites[index] for index in multi_krum(np.stack(rows), dishonest)]
    share = sum(patients[site] for site in kept) / sum(patients[site] for site in sites)
    totals = {name: np.sum([of_site[site][name] for site in kept], axis=0) / share for name in names}
    return totals, tuple(site for site in sites if site not in kept)
