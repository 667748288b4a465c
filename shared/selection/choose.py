"""Features of every task: a shortlist from moments, then filters and rankings from products."""

import numpy as np

from shared.arrays import Array, Arrays
from shared.folds import generator
from shared.sections.selection import Mrmr, RankedFeatures, Selection, SelectionSettings, StabilitySelection, Univariate
from shared.selection import mrmr, mrmr_correlation
from shared.selection.correlation import correlations, uncorrelated
from shared.selection.stability import stable
from shared.selection.univariate import discovered, p_value


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
    if isinstance(selection, Univariate) and selection.correlation is None:
        keep = min(selection.keep, keep or selection.keep)
    return _padded([np.sort(row[row >= 0]) for row in ranked(usable, strength, keep)])


def most_selected(selection: Selection, features: int) -> int:
    """How many features a task may come to have at most, of so many."""
    listed = min(selection.shortlist or features, features)
    return min(selection.keep, listed) if isinstance(selection, RankedFeatures) else listed


def shortlists_by_class(selection: Selection) -> bool:
    """Whether labels decide of which features products are asked for."""
    univariate = isinstance(selection, Univariate) and selection.correlation is None
    return selection.shortlist is not None or selection.false_discovery_rate is not None or univariate


def significant(rate: float | None, usable: Array, strength: Array, free: tuple[Array, Array]) -> Array:
    """(tasks, features) usable features on which the endpoint's dependence is a discovery; all without a rate.

    Parameters
    ----------
    rate : of false discoveries
    usable : (tasks, features) features that vary
    strength : (tasks, features) F
    free : of `shared.selection.univariate.freedom`
    """
    found = usable.copy()
    if rate is None:
        return found
    p_values = p_value(strength, free)
    for task, row in enumerate(usable):
        found[task, row] = discovered(p_values[task, row], rate) if row.any() else False
    return found


def choose(selection: Selection, listed: Array, strength: Array, count: Array, totals: Arrays, seed: int = 0) -> Array:
    """Features of each task.

    Parameters
    ----------
    selection : the study's choice
    listed : (tasks, s) of `shortlist`
    strength : (tasks, features)
    count : (tasks,) training patients
    totals : products (tasks, packed) of the shortlisted features; with mRMR level_pairs and class_levels too, which are
        empty where the endpoint is a number; with stability selection those of `shared.selection.stability.stable`
    seed : of the half-samples that stability selection draws

    Returns
    -------
    (tasks, selected) places on the shortlist in ascending order, and -1 at the end where a task has fewer
    """
    kept, worth = filtered(selection, listed, strength, count, totals)
    if isinstance(selection, Univariate):
        chosen = [np.sort(row[row >= 0]) for row in ranked(kept, worth, selection.keep)]
    elif isinstance(selection, Mrmr):
        chosen = [np.sort(places) for places in _relevant(selection.keep, kept, worth, count, totals)]
    elif isinstance(selection, StabilitySelection):
        shares = stability_shares(selection, kept, totals, seed)
        chosen = [np.flatnonzero(share >= selection.threshold) for share in shares]
    else:
        chosen = [np.flatnonzero(row) for row in kept]
    return _padded(chosen)


def _relevant(keep: int, kept: Array, worth: Array, count: Array, totals: Arrays) -> list[Array]:
    """Relevant and not redundant features of each task: by levels and classes, or by correlations with a number."""
    if totals["class_levels"].size:
        return [
            mrmr.most_relevant({"pairs": pairs, "classes": levels}, usable, keep)
            for pairs, levels, usable in zip(totals["level_pairs"], totals["class_levels"], kept, strict=True)
        ]
    r = correlations(count, totals["products"])
    return [mrmr_correlation.most_relevant(*task, keep) for task in zip(worth, r, kept, strict=True)]


def filtered(
    selection: SelectionSettings, listed: Array, strength: Array, count: Array, totals: Arrays
) -> tuple[Array, Array]:
    """(tasks, s) features of a shortlist that correlate with no stronger one, and the strength of each; as `choose`."""
    kept = listed >= 0
    worth = np.where(kept, np.take_along_axis(strength, listed.clip(0), axis=1), -1.0)
    if selection.correlation is not None:
        r = correlations(count, totals["products"])
        order = np.argsort(-worth, axis=1, kind="stable")
        for task, row in enumerate(order):
            passed = uncorrelated(r[task], row[kept[task, row]], selection.correlation)
            kept[task] &= passed
    return kept, worth


def stability_shares(selection: StabilitySelection, kept: Array, totals: Arrays, seed: int) -> Array:
    """(tasks, s) share of the half-samples that choose each feature of a shortlist.

    Parameters
    ----------
    selection : the study's choice
    kept : (tasks, s) features that may be chosen
    totals : of `shared.selection.stability.stable`, of every task
    seed : of the study
    """
    blocks = [name for name in totals if name.startswith("block_")]
    return np.stack(
        [
            stable(
                {name: totals[name][task] for name in blocks},
                row,
                selection.most,
                selection.half_samples,
                generator(seed, "halves"),
            )
            for task, row in enumerate(kept)
        ]
    )


def _padded(lists: list[Array]) -> Array:
    width = max((len(places) for places in lists), default=0)
    return np.stack([np.pad(places, (0, width - len(places)), constant_values=-1) for places in lists])
