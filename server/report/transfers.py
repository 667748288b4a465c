"""The matrix of training sites and test sites, from what every site says of every site's own model."""

import math

from server.journal import Exchange
from shared.metrics.delong import AucEstimate
from shared.outcome.evaluation import Transfer
from shared.outcome.measure import Interval, IntervalKind


def transfers(sites: tuple[str, ...], exchange: Exchange) -> tuple[Transfer, ...]:
    """A cell for each pair of sites of which something is shown.

    Parameters
    ----------
    sites : that began, in the order of the models
    exchange : the evaluation
    """
    found = []
    for test in sites:
        said = exchange.clear.get(test)
        if said is None:
            continue
        negatives, positives = (int(count) for count in said["matched_counts"][0])
        pairs = negatives * positives
        for place, train in enumerate(sites):
            u, variance = float(said["matched_u"][0, place]), float(said["matched_variance"][0, place])
            if not pairs or not u:
                continue
            low, high = AucEstimate(u / pairs, variance if variance > 0 else math.nan, pairs).interval()
            interval = None if math.isnan(low) else Interval(low=low, high=high, kind=IntervalKind.DELONG)
            found.append(Transfer(train=train, test=test, auc=u / pairs, pairs=pairs, interval=interval))
    return tuple(found)
