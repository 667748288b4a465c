"""Features of every task: a shortlist from moments, then filters and rankings from products."""

import numpy as np

from shared.arrays import Array, Arrays
from shared.sections.selection import Selection, Selector
from shared.selection import mrmr
from shared.selection.correlation import correlations, uncorrelated


def ranked(usable: Array, strength: Array, keep: int | None = None) -> Array:
    """Features from the strongest on.

    Parameters
    ----------
    usable : (tasks, features) features that vary
    strength : (tasks, features)
    keep : most features of a task; None for all

    Returns
    -------
    (tasks, width) feature indices, strongest first, and -1 at the end where a task has fewer
    """
    worth = np.where(usable, strength, -1.0)
    # A stable sort settles ties by the order of the features, alike at every site.
    order = np.argsort(-worth, axis=1, kind="stable")[:, :keep]
    return _padded([row[worth[task, row] >= 0] for task, row in enumerate(order)])


def shortlist(selection: Selection, usable: Array, strength: Array) -> Array:
    """Features whose products are asked for, in ascending order.

    A univariate choice without a filter before it needs no others than those that it takes.
    """
    keep = selection.shortlist
    if selection.method is Selector.UNIVARIATE and selection.correlation is None:
        keep = min(selection.keep, keep or selection.keep)
    return _padded([np.sort(row[row >= 0]) for row in ranked(usable, strength, keep)])


def shortlists_by_class(selection: Selection) -> bool:
    """Whether labels decide of which features products are asked for."""
    univariate = selection.method is Selector.UNIVARIATE and selection.correlation is None
    return selection.shortlist is not None or selection.method is Selector.MRMR or univariate


def choose(selection: Selection, listed: Array, strength: Array, count: Array, totals: Arrays) -> Array:
    """Features of each task.

    Parameters
    ----------
    selection : the study's choice
    listed : (tasks, s) of `shortlist`
    strength : (tasks, features)
    count : (tasks,) training patients
    totals : products (tasks, packed) of the shortlisted features; with mRMR level_pairs and class_levels too

    Returns
    -------
    (tasks, selected) places on the shortlist in ascending order, and -1 at the end where a task has fewer
    """
    kept = listed >= 0
    worth = np.where(kept, np.take_along_axis(strength, listed.clip(0), axis=1), -1.0)
    if selection.correlation is not None:
        r = correlations(count, totals["products"])
        order = np.argsort(-worth, axis=1, kind="stable")
        for task, row in enumerate(order):
            passed = uncorrelated(r[task], row[kept[task, row]], selection.correlation)
            kept[task] &= passed
    if selection.method is Selector.UNIVARIATE:
        chosen = [np.sort(row[row >= 0]) for row in ranked(kept, worth, selection.keep)]
    elif selection.method is Selector.MRMR:
        chosen = [
            np.sort(mrmr.most_relevant({"pairs": pairs, "classes": levels}, one, selection.keep))
            for pairs, levels, one in zip(totals["level_pairs"], totals["class_levels"], kept, strict=True)
        ]
    else:
        chosen = [np.flatnonzero(one) for one in kept]
    return _padded(chosen)


def _padded(lists: list[Array]) -> Array:
    width = max((len(one) for one in lists), default=0)
    return np.stack([np.pad(one, (0, width - len(one)), constant_values=-1) for one in lists])
