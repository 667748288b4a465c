"""Feature selection from sums: which features of each fit enter the model."""

import numpy as np

from shared.arrays import Array
from shared.sections.selection import Selection, Selector


def two_sample_t(class_totals: Array, class_sums: Array, sum_uu: Array) -> Array:
    """Absolute two-sample t statistic of every feature in every fit (Student's, equal variances).

    Parameters
    ----------
    class_totals : (fits, 2) training patients
    class_sums : (fits, 2, features) sums
    sum_uu : (fits, features) sums of squares over both classes

    Returns
    -------
    (fits, features); 0 where a class is empty or the feature is constant within both classes
    """
    n = class_totals[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        means = class_sums / n
        within = sum_uu - (n * means**2).sum(axis=1)
        pooled = within / (n.sum(axis=1) - 2)
        t = np.abs(means[:, 1] - means[:, 0]) / np.sqrt(pooled * (1 / n).sum(axis=1))
    return np.where(np.isfinite(t) & (within > 0), t, 0.0)


def choose(selection: Selection, usable: Array, class_totals: Array, class_sums: Array, sum_uu: Array) -> Array:
    """Features of each fit.

    Parameters
    ----------
    selection : the study's choice
    usable : (fits, features) features that vary
    class_totals, class_sums, sum_uu : as in `two_sample_t`

    Returns
    -------
    (fits, selected) feature indices in ascending order, and -1 at the end where a fit has fewer
    """
    everything = np.arange(usable.shape[1])
    if selection.method is Selector.ALL:
        chosen = [everything[row] for row in usable]
    else:
        t = np.where(usable, two_sample_t(class_totals, class_sums, sum_uu), -1.0)
        # A stable sort settles ties by the order of the features, alike at every site.
        ranked = np.argsort(-t, axis=1, kind="stable")[:, : selection.keep]
        chosen = [np.sort(order[t[fit, order] >= 0]) for fit, order in enumerate(ranked)]
    width = max((len(one) for one in chosen), default=0)
    return np.stack([np.pad(one, (0, width - len(one)), constant_values=-1) for one in chosen])
