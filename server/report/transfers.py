"""The matrix of training sites and test sites, from what every site says of every site's own model."""

import math

import numpy as np

from server.journal import Exchange
from shared.metrics.auc import Z_95
from shared.metrics.delong import AucEstimate
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
    found = []
    for test in sites:
        said = exchange.clear.get(test)
        if said is None or not (pairs := said["matched_pairs"][0]).all():
            continue
        for place, train in enumerate(sites):
            u, variance = said["matched_u"][0, :, place], said["matched_variance"][0, :, place]
            if not u.any():
                continue
            index = float(np.mean(u / pairs))
            interval = _interval(study, index, float(variance[0]), round(pairs[0])) if len(pairs) == 1 else None
            found.append(
                Transfer(train=train, test=test, auc=index, pairs=round(float(pairs.sum())), interval=interval)
            )
    return tuple(found)


def _interval(study: Study, index: float, variance: float, pairs: int) -> Interval | None:
    if variance <= 0:
        return None
    if study.question.endpoint.continuous:
        half = Z_95 * math.sqrt(variance)
        return Interval(low=index - half, high=index + half, kind=IntervalKind.FROZEN)
    low, high = AucEstimate(index, variance, pairs).interval()
    return Interval(low=low, high=high, kind=IntervalKind.DELONG)
