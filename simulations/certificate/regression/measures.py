"""Measures of regression over pooled patients, by SciPy and numpy."""

from collections.abc import Iterable, Sequence
from math import nan

import numpy as np
from scipy.stats import kendalltau

from shared.arrays import Array
from simulations.pooled import Pooled

Patients = tuple[Array, Array]
"""Predicted and observed values of patients, in the endpoint's unit."""


def of_sites(predicted: Array, pooled: Pooled) -> dict[str, Patients]:
    """Whom each site evaluates.

    Parameters
    ----------
    predicted : (n, 1) in half the plausible range, NaN of patients who are not evaluated
    pooled : the study on one table
    """
    endpoint, by_site = pooled.study.question.endpoint, {}
    for place in pooled.places:
        p, t = predicted[place.rows, 0], pooled.y[place.rows]
        seen = np.isfinite(p)
        p, t = (endpoint.middle + endpoint.half_range * values[seen] for values in (p, t))
        by_site[place.run.site.name] = p, t
    return by_site


def joined(patients: Iterable[Patients]) -> tuple[Patients, Patients]:
    """Patients of all sites, as they are and about the means of their sites."""
    there = [site for site in patients if len(site[0])]
    as_are, about = (
        tuple(np.concatenate([site[k] - centre * site[k].mean() for site in there]) for k in (0, 1))
        for centre in (0, 1)
    )
    return (as_are[0], as_are[1]), (about[0], about[1])


def ranked_pairs(predicted: Array, observed: Array) -> tuple[float, int]:
    """Pairs of different outcome that are ranked correctly, and all, by Kendall's tau-c."""
    n, ties = len(observed), np.unique(observed, return_counts=True)[1]
    pairs = round((n**2 - (ties**2).sum()) / 2)
    least = min(len(np.unique(predicted)), len(ties))
    if not pairs or least < 2:
        return pairs / 2, pairs
    tau = float(kendalltau(predicted, observed, variant="c").statistic)
    return pairs / 2 + tau * n**2 * (least - 1) / least / 4, pairs


def concordance(patients: Iterable[Patients]) -> float:
    """Share of the pairs within sites that are ranked correctly."""
    ranked = [ranked_pairs(*site) for site in patients if len(site[0])]
    return sum(u for u, _ in ranked) / max(sum(pairs for _, pairs in ranked), 1)


def correlation(predicted: Array, observed: Array) -> float:
    """Of the two; NaN where one is constant."""
    return float(np.corrcoef(predicted, observed)[0, 1]) if predicted.std() and observed.std() else nan


def influence(patients: Sequence[Patients]) -> tuple[float, Array]:
    """Concordance within sites, and what each patient adds to it beyond her share."""
    right, all_ = [], []
    for p, t in patients:
        order = np.subtract.outer(t, t)
        ranked = np.sign(np.subtract.outer(p, p)) * np.sign(order)
        all_.append((order != 0).sum(axis=1))
        right.append(((ranked > 0) + 0.5 * ((ranked == 0) & (order != 0))).sum(axis=1))
    pairs, index = (
        sum(counts.sum() for counts in all_) / 2,
        sum(counts.sum() for counts in right) / sum(counts.sum() for counts in all_),
    )
    # about each site's own concordance: patients are drawn within sites
    shares = [
        (counts - many * (counts.sum() / max(many.sum(), 1))) / pairs for counts, many in zip(right, all_, strict=True)
    ]
    return float(index), np.concatenate(shares)
