"""Sums over the sites that agree best, where some may send nonsense (multi-Krum), and which sites stand apart.

Every site's sums must be readable for it: `privacy.masked: false`, which a site's policy refuses unless it says why.
Exchanges of training, and of the products before it, declare that they are robust: rows are in common units there. In
all others, in which honest sites differ by their
scanners and patients, no site is left out: what no site can have stops the study, and who stands apart is named.
The sites that are kept stand for all: their sum is scaled to the patients of all, so that the penalty keeps its weight.
Whole answers are kept or left out, never single numbers: a Hessian of medians need not be one of any patients.
"""

from collections.abc import Mapping

import numpy as np

from shared.arrays import Array, Arrays
from shared.strategies.robust_aggregates import distances, multi_krum

APART = 10.0
"""So many times further from the median of all sites than is usual among them."""


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


def standing_apart(of_site: Mapping[str, Arrays], patients: Mapping[str, int]) -> tuple[str, ...]:
    """Sites one of whose sums, as a mean over their patients, is far from those of the others.

    Parameters
    ----------
    of_site, patients : as for `robust_sums`

    Notes
    -----
    Every number is measured by the median of its size over the sites; those that most sites do not have are left aside.
    """
    sites, far = list(of_site), set()
    if len(sites) < 3:
        return ()
    for name in next(iter(of_site.values())):
        rows = np.stack([of_site[site][name].reshape(-1) / max(patients[site], 1) for site in sites])
        usual = np.median(np.abs(rows), axis=0)
        if (usual > 0).any():
            apart = distances(rows[:, usual > 0] / usual[usual > 0]) > APART
            far |= {site for site, is_apart in zip(sites, apart, strict=True) if is_apart}
    return tuple(site for site in sites if site in far)
