"""How a site's patients fall into folds, and into those from whom the site harmonizes itself where it is left out.

Drawn from the study's seed and the site's name alone: known before a study is approved, and the same in every run.
"""

import numpy as np
from scipy.stats import rankdata

from client.cohort.batches import joined_here
from client.cohort.harmonize import learners, own_patients, settings
from client.cohort.missing_values import ways_of_missing
from client.cohort.table import Table
from client.site.site_file import Site
from shared.arrays import Array
from shared.folds import generator, stratified
from shared.privacy.inference import cell_shape
from shared.sections.harmonization import LeftOutSite, Method, Missing
from shared.study.plan import Fit, Fold, fits, inner_folds
from shared.study.study import Study


def folds_of(study: Study, site: Site, table: Table) -> Array:
    """(repeats, n) fold that leaves each patient out, in every repetition; -1 without folds."""
    section, strata = study.evaluation, _spread(study, table)
    if not section.folds:
        return np.full((1, len(table.y)), -1)
    names = [("folds", site.name), *(("folds", site.name, str(one)) for one in range(1, section.repeats))]
    return np.stack([stratified(strata, section.folds, generator(section.seed, *name)) for name in names])


def inner_of(study: Study, site: Site, table: Table) -> Array:
    """(n,) inner fold of each patient, the same in every outer fit; -1 where the study has none.

    Spread evenly within each class and fold, so that it is even in whatever an outer fit leaves over.
    """
    count = inner_folds(study)
    if not count:
        return np.full(len(table.y), -1)
    strata = _strata(study, table) * (study.evaluation.folds + 1) + folds_of(study, site, table)[0] + 1
    return stratified(strata, count, generator(study.evaluation.seed, "inner folds", site.name))


def trains(fit: Fit, site: Site, folds: Array, inner: Array) -> Array:
    """(n,) whether each patient trains a fit.

    Parameters
    ----------
    fit, site : the fit, and whose patients
    folds, inner : as of `folds_of` and `inner_of`
    """
    rows = np.full(len(inner), not fit.leaves_out(site.name))
    if isinstance(fit.left_out, Fold):
        rows &= folds[fit.left_out.repeat] != fit.left_out.number
    return rows if fit.inner is None else rows & (inner != fit.inner)


def training(study: Study, site: Site, table: Table) -> list[int]:
    """How many of a site's patients train each fit, if all sites of the study take part."""
    folds, inner = folds_of(study, site, table), inner_of(study, site, table)
    return [int(trains(one, site, folds, inner).sum()) for one in fits(study, study.federation.sites)]


def _strata(study: Study, table: Table) -> Array:
    """(n,) class; alike for a continuous endpoint."""
    if study.question.endpoint.continuous:
        return np.zeros(len(table.y), dtype=np.int64)
    return table.y.astype(np.int64)


def _spread(study: Study, table: Table) -> Array:
    """(n,) strata over which folds are spread evenly: classes; of a continuous endpoint, as many neighbours as folds.

    So the folds of a site have nearly the same mean, and patients of one are not held against the mean of another.
    """
    if not study.question.endpoint.continuous:
        return _strata(study, table)
    return np.asarray(rankdata(table.y, method="ordinal").astype(np.int64) - 1) // max(study.evaluation.folds, 1)


def lent(study: Study, site: Site, table: Table) -> Array:
    """(n,) whether the site harmonizes itself from a patient where it is left out, and does not evaluate her there."""
    if study.harmonization.left_out_site is not LeftOutSite.OWN_PATIENTS:
        return np.zeros(len(table.y), dtype=bool)
    random = generator(study.evaluation.seed, "own patients", site.name)
    return own_patients(table.batch, study.harmonization.own_patients, random)


def lone_batches(study: Study, site: Site, table: Table) -> tuple[str, ...]:
    """What stands against taking part: batches of which some fit has too few patients to learn their effects from.

    Found before the study begins, which can go on without the site then, and not later. Batches that sites share are
    learned from the patients of all.
    """
    section = study.harmonization
    if section.method is Method.NONE:
        return ()
    folds, inner, borrowed = folds_of(study, site, table), inner_of(study, site, table), lent(study, site, table)
    own, place = np.unique(table.batch, return_inverse=True)
    apart = ~np.isin(own, joined_here(section, table.batch))
    for fit in fits(study, study.federation.sites):
        learn = learners(section, trains(fit, site, folds, inner), borrowed, fit.leaves_out(site.name))
        counts = np.bincount(place[learn], minlength=len(own))
        lone = np.flatnonzero(apart & (counts > 0) & (counts < settings(section).fewest_values))
        if lone.size:
            return (
                f"its batch {own[lone[0]]} has {counts[lone[0]]} patient to be harmonized by{fit.words}; ask for fewer "
                "folds or inner folds, for harmonization.mean_only, or leave the site out",
            )
    return ()


def cells(study: Study, site: Site, table: Table, rows: Array | None = None) -> Array:
    """(folds, inner, classes, lent) numbers of patients that the study's sums tell apart (`shared.privacy.inference`).

    Parameters
    ----------
    study : the study
    site : the site
    table : its patients
    rows : (n,) those to count, if not all
    """
    numbers = np.zeros(cell_shape(study), dtype=np.int64)
    borrowed = lent(study, site, table) if numbers.shape[3] > 1 else np.zeros(len(table.y), int)
    fold, inner = folds_of(study, site, table)[0].clip(0), inner_of(study, site, table).clip(0)
    counted = np.ones(len(table.y), dtype=bool) if rows is None else rows
    cell = (fold, inner, _strata(study, table), borrowed.astype(np.int64))
    np.add.at(numbers, tuple(one[counted] for one in cell), 1)
    return numbers


def strata(study: Study, site: Site, table: Table) -> dict[str, Array]:
    """Patients about whom alone the study adds up besides, in words: their `cells`.

    Those who lack the same features, since sums over whoever has a feature differ from sums over all by them; and those
    of each scanner that sites have in common.
    """
    found = {
        f"of scanner {one}": cells(study, site, table, table.batch == one)
        for one in joined_here(study.harmonization, table.batch)
    }
    if study.harmonization.missing is Missing.LEAVE_OUT:
        return found
    ways, own = ways_of_missing(table.x)
    if len(ways) > 1:
        for number, way in enumerate(ways):
            words = f"who lack {int(way.sum())} features ({number + 1})" if way.any() else "who lack no feature"
            found[words] = cells(study, site, table, own == number)
    return found
