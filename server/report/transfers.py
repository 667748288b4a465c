"""The matrix of training sites and test sites, from what every site says of every site's own model."""

import math

import numpy as np

from server.journal import Exchange
from server.report.within_sites import frozen_interval, interval_of
from shared.arrays import Arrays
from shared.metrics.auc import Z_95
from shared.metrics.auc_interval import Stratum
from shared.results.evaluation import Transfer
from shared.results.measure import Interval, IntervalKind
from shared.study.plan import shows_own_models
from shared.study.study import Study


def transfers(study: Study, sites: tuple[str, ...], exchange: Exchange) -> tuple[Transfer, ...]:
    """A cell for each pair of sites of which something is shown; none where sites do not try each other's models.

    Parameters
    ----------
    study : the study
    sites : that began, in the order of the models
    exchange : the evaluation
    """
    if not shows_own_models(study):
        return ()
    cells = []
    for test in sites:
        clear = exchange.clear.get(test)
        if clear is None or not (pairs := clear["matched_pairs"][0]).all():
            continue
        for place, train in enumerate(sites):
            u, variance = clear["matched_u"][0, :, place], clear["matched_variance"][0, :, place]
            if not u.any():
                continue
            index = float(np.mean(u / pairs))
            interval = _interval(study, clear, index, float(variance[0])) if len(pairs) == 1 and train != test else None
            cells.append(
                Transfer(train=train, test=test, auc=index, pairs=round(float(pairs.sum())), interval=interval)
            )
    return tuple(cells)


def _interval(study: Study, clear: Arrays, index: float, variance: float) -> Interval | None:
    if study.question.endpoint.continuous:
        half = Z_95 * math.sqrt(variance) if variance > 0 else math.nan
        return interval_of((index - half, index + half), IntervalKind.FROZEN)
    return frozen_interval(index, _stratum(clear), variance)


def _stratum(clear: Arrays) -> Stratum:
    """Patients whom every model is tried on: all of the site, as some view evaluates them."""
    pairs = float(clear["matched_pairs"][0, 0])
    patients = [float(counts.sum()) for counts in clear["class_counts"] if counts.prod() == pairs]
    # else the fewest that so many pairs can have, which makes the variance too small by one patient in a hundred
    return Stratum(pairs, max(patients, default=2 * math.sqrt(pairs)))
