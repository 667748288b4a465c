"""How a site's patients fall into folds, and into those from whom the site harmonises itself where it is left out.

Drawn from the study's seed and the site's name alone: known before a study is approved, and the same in every run.
"""

import numpy as np

from client.harmonise import own_patients
from client.site import Site
from client.table import Table
from shared.arrays import Array
from shared.conclusions import cell_shape
from shared.folds import generator, stratified
from shared.sections.harmonization import LeftOutSite
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


def cells(study: Study, site: Site, table: Table) -> Array:
    """(folds, classes, lent) numbers of patients that the study's sums can tell apart (`shared.conclusions`)."""
    numbers = np.zeros(cell_shape(study), dtype=np.int64)
    kind = table.y if study.question.endpoint.kind is not EndpointKind.CONTINUOUS else np.zeros(len(table.y), int)
    borrowed = lent(study, site, table) if numbers.shape[2] > 1 else np.zeros(len(table.y), int)
    fold = fold_of(study, site, table).clip(0)
    np.add.at(numbers, (fold, kind.astype(np.int64), borrowed.astype(np.int64)), 1)
    return numbers
