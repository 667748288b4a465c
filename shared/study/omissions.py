"""Whom a study leaves out of what it learns without labels: nobody, then each left-out site in turn.

Standards, habitats and stability are learned once from all sites, and once more without each site that the study
leaves out, so that nothing of a left-out site has a say in the features by which it is judged. Folds need no
learning of their own: no label enters, and the patients of a fold are of sites that take part. External sites have no
say in any of it.
"""

from collections.abc import Sequence

from shared.study.plan import Fit, LeftOutSite, Nobody, training_sites
from shared.study.study import Study

Omission = Nobody | LeftOutSite
"""Whom something learned without labels leaves out; of external sites, which have no say in it, nothing is said."""


def omissions(study: Study, roster: Sequence[str]) -> tuple[Omission, ...]:
    """Who is left out, in the order of the axis `omissions`; nobody first."""
    sites = training_sites(study, roster) if study.evaluation.leave_one_site_out else ()
    return (Nobody(), *map(LeftOutSite, sites))


def included(study: Study, left_out: Sequence[Omission], site: str) -> tuple[bool, ...]:
    """For each omission, whether a site is in it: external sites, whom every fit leaves out, are in none."""
    return tuple(bool(training_sites(study, (site,))) and omitted != LeftOutSite(site) for omitted in left_out)


def omission_of(fit: Fit, left_out: Sequence[Omission]) -> int:
    """Which of the omissions a fit belongs to: its left-out site's, or the one that leaves out nobody."""
    return left_out.index(fit.left_out if isinstance(fit.left_out, LeftOutSite) else Nobody())
