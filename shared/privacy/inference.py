"""What the decoded sums of a study let somebody conclude: its sums, written over cells of patients.

Two patients are in the same cell where no fit, class or view of the study tells them apart. The smallest groups that
the sums isolate (`shared.privacy.isolation`) are then groups of cells.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from shared.arrays import Array
from shared.privacy.isolation import DecodedSums
from shared.sections.federation import Dropout
from shared.sections.harmonization import LeftOutSite
from shared.sections.privacy import SiteSums
from shared.study.plan import Fit, Fold, View, fits, inner_folds, training_sites, views
from shared.study.study import Study


@dataclass(frozen=True)
class Cell:
    """Patients that every sum of the study treats alike.

    Parameters
    ----------
    site, fold, inner, kind : where they are, which fold and which inner fold leave them out, their class (0 for a
        continuous endpoint)
    calibration : whether a left-out site harmonizes itself from them, and so does not evaluate them there
    """

    site: str
    fold: int
    inner: int
    kind: int
    calibration: bool


def cell_shape(study: Study) -> tuple[int, int, int, int]:
    """Folds, inner folds, classes and calibration subsets (2, or 1 where there is none) that part a site's patients."""
    unseen = study.evaluation.leave_one_site_out or bool(study.evaluation.external_sites)
    calibrates = unseen and study.harmonization.left_out_site is LeftOutSite.OWN_PATIENTS
    inner = max(inner_folds(study), 1)
    return max(study.evaluation.folds, 1), inner, max(len(study.question.endpoint.classes), 1), 1 + calibrates


def decoded_sums(study: Study, patients: Mapping[str, Array]) -> tuple[tuple[Cell, ...], DecodedSums]:
    """Every sum of a study that is decoded, over cells.

    Parameters
    ----------
    study : the study
    patients : for each site, in order, (folds, inner, classes, calibration) numbers of patients, shaped as
        `cell_shape` says

    Returns
    -------
    the cells, and the sums over them
    """
    folds, inner, kinds, subsets = cell_shape(study)
    cells = tuple(
        Cell(site, fold, within, kind, bool(calibration))
        for site, fold, within, kind, calibration in product(
            patients, range(folds), range(inner), range(kinds), range(subsets)
        )
    )
    groups: list[list[bool]] = [[True] * len(cells)]
    for fit in fits(study, tuple(patients)):
        groups.append([_trains(cell, fit) for cell in cells])
    for view in views(study):
        outside = [cell.site in study.evaluation.external_sites for cell in cells]
        evaluated = [
            (external == (view is View.EXTERNAL)) and (not view.frozen or not cell.calibration)
            for external, cell in zip(outside, cells, strict=True)
        ]
        groups.append(evaluated)
        if study.privacy.site_sums is SiteSums.DERIVABLE:
            groups += [
                [seen and cell.site == site for seen, cell in zip(evaluated, cells, strict=True)] for site in patients
            ]
    if study.federation.dropout is Dropout.CONTINUE and study.privacy.site_sums is SiteSums.DERIVABLE:
        # Whichever site is lost between two exchanges is the difference of their sums, in every fit and view.
        groups += [
            [taken and cell.site == site for taken, cell in zip(group, cells, strict=True)]
            for group in tuple(groups)
            for site in patients
        ]
    of_class = np.array([[cell.kind == kind for cell in cells] for kind in range(kinds)])
    sums = (np.array(groups)[:, None, :] & of_class[None, :, :]).reshape(-1, len(cells))
    reference = study.harmonization.reference_site
    own = [
        [cell.site == reference and _trains(cell, fit) for cell in cells]
        for fit in fits(study, tuple(patients))
        if reference is not None
    ]
    if study.harmonization.probe is not None:
        own += [
            [cell.site == site and cell.fold != fold for cell in cells]
            for site in training_sites(study, tuple(patients))
            for fold in range(folds)
        ]
    sums = np.concatenate([sums, np.array(own, dtype=bool).reshape(-1, len(cells))])
    order = {site: number for number, site in enumerate(patients)}
    return cells, DecodedSums(
        sums=sums.astype(np.float64),
        patients=np.concatenate([np.asarray(counts, dtype=np.int64).reshape(-1) for counts in patients.values()]),
        sites=np.array([order[cell.site] for cell in cells]),
    )


def _trains(cell: Cell, fit: Fit) -> bool:
    return fit.left_out != Fold(cell.fold) and not fit.leaves_out(cell.site) and cell.inner != fit.inner


def together(study: Study, class_totals: Array, sites: int) -> Array:
    """Least numbers of patients of all sites together in each cell, from the totals of the classes.

    Each site spreads each class evenly over the folds, so that a fold holds at least (n - folds + 1) / folds of a
    site's n; of the patients in calibration subsets nothing is known beforehand, so that none are counted there.

    Parameters
    ----------
    study : the study
    class_totals : (classes,) patients of all sites
    sites : number of sites

    Returns
    -------
    (folds, inner, classes, calibration)
    """
    folds, inner, kinds, subsets = cell_shape(study)
    totals = np.asarray(class_totals)
    least = np.ceil((totals - sites * (folds - 1)) / folds)
    least = np.ceil((least - sites * (inner - 1)) / inner)
    patients = np.zeros((folds, inner, kinds, subsets), dtype=np.int64)
    # One where there may be none: a group that may be tiny must count as tiny, not as absent.
    patients[:, :, :, 0] = np.where(totals > 0, least.clip(1), 0)
    return patients


def words(study: Study, group: Iterable[Cell]) -> str:
    """A group of cells in words, as `approve` prints it; of no cells where the search for it was given up."""
    cells = tuple(group)
    if not cells:
        return "patients whom the search gave up to name (more folds and classes than it can go through)"
    folds, inner, kinds, _ = cell_shape(study)
    names = [label.name for label in study.question.endpoint.classes] or ["any"]
    parts = []
    if len({cell.kind for cell in cells}) < kinds:
        parts.append("of class " + ", ".join(names[kind] for kind in sorted({cell.kind for cell in cells})))
    if len({cell.fold for cell in cells}) < folds:
        parts.append("of fold " + ", ".join(str(fold + 1) for fold in sorted({cell.fold for cell in cells})))
    if len({cell.inner for cell in cells}) < inner:
        parts.append("of inner fold " + ", ".join(str(fold + 1) for fold in sorted({cell.inner for cell in cells})))
    if cells and all(cell.calibration for cell in cells):
        parts.append("from whom left-out sites harmonize themselves")
    sites = list(dict.fromkeys(cell.site for cell in cells))
    parts.append("at " + (", ".join(sites) if len(sites) < len(study.federation.sites) else "all sites together"))
    return "the patients " + " ".join(parts)
