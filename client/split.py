"""How a site's patients fall into folds, and into those from whom the site harmonises itself where it is left out.

Drawn from the study's seed and the site's name alone: known before a study is approved, and the same in every run.
"""

import numpy as np

from client.batching import joined_here
from client.harmonise import own_patients
from client.missing_values import ways_of_missing
from client.site import Site
from client.table import Table
from shared.arrays import Array
from shared.conclusions import cell_shape
from shared.folds import generator, stratified
from shared.sections.harmonization import LeftOutSite, Missing
from shared.sections.question import EndpointKind
from shared.study import Study


def fold_of(study: Study, site: Site, table: Table) -> Array:
    """(n,) fold that leaves each patient out; -1 without folds."""
    if not study.evaluation.folds:
        return np.full(len(table.y), -1)
    return stratified(table.y, study.evaluation.folds, generator(study.evaluation.seed, "folds", site.name))


def lent(study: Study, site: Site, table: Table) -> Array:
    """(n,) whether the site harmonises itself from a patient where it is left out, and does not evaluate her there."""
    if study.harmonization.left_out_site is not LeftOutSite.OWN_PATIENTS:
        return np.zeros(len(table.y), dtype=bool)
    random = generator(study.evaluation.seed, "own patients", site.name)
    return own_patients(table.batch, study.harmonization.own_patients, random)


def cells(study: Study, site: Site, table: Table, rows: Array | None = None) -> Array:
    """(folds, classes, lent) numbers of patients that the study's sums can tell apart (`shared.conclusions`).

    Parameters
    ----------
    study : the study
    site : the site
    table : its patients
    rows : (n,) those to count, if not all
    """
    numbers = np.zeros(cell_shape(study), dtype=np.int64)
    kind = table.y if study.question.endpoint.kind is not EndpointKind.CONTINUOUS else np.zeros(len(table.y), int)
    borrowed = lent(study, site, table) if numbers.shape[2] > 1 else np.zeros(len(table.y), int)
    fold = fold_of(study, site, table).clip(0)
    counted = np.ones(len(table.y), dtype=bool) if rows is None else rows
    np.add.at(numbers, tuple(one.astype(np.int64)[counted] for one in (fold, kind, borrowed)), 1)
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
