"""Whom a study leaves out of what it learns without labels: nobody, then each left-out site in turn.

Standards, habitats and stability are learned once from all sites, and once more without each site that the study
leaves out, so that nothing of a left-out site has a say in the features by which it is judged. Folds need no
learning of their own: no label enters, and the patients of a fold are of sites that take part.
"""

from collections.abc import Sequence

from shared.plan import Fit
from shared.study import Study


def omissions(study: Study, roster: Sequence[str]) -> tuple[str | None, ...]:
    """Who is left out, in the order of the axis `omissions`; None first, for nobody."""
    return (None, *(roster if study.evaluation.leave_one_site_out else ()))


def omission_of(fit: Fit, left_out: Sequence[str | None]) -> int:
    """Which of the omissions a fit belongs to: its left-out site's, or the one that leaves out nobody."""
    return left_out.index(fit.site)
