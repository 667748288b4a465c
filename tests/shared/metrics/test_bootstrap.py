"""What resamples of scores say, to whoever knows who was drawn."""

import numpy as np

from shared.metrics.bootstrap import resampled_u

SITES = ((8, 10), (7, 9))
"""Patients of each class."""
RESAMPLES = 200


def drawn(positives: int, negatives: int, seed: int) -> np.ndarray:
    """(resamples, pairs) how often each pair is drawn at a site."""
    random = np.random.default_rng(seed)
    counts = [random.multinomial(size, np.full(size, 1 / size), RESAMPLES) for size in (positives, negatives)]
    return (counts[0][:, :, None] * counts[1][:, None, :]).reshape(RESAMPLES, -1)


def test_more_resamples_than_pairs_tell_the_order_of_each() -> None:
    """What the threat model says of them: sums over both sites, solved for the pairs of either."""
    random, totals, orders = np.random.default_rng(0), np.zeros(RESAMPLES), []
    for seed, (positives, negatives) in enumerate(SITES):
        scores = random.normal(size=positives + negatives)
        positive = np.arange(len(scores)) < positives
        totals += resampled_u(scores, positive, RESAMPLES, np.random.default_rng(seed))
        orders.append((scores[positive][:, None] > scores[~positive]).ravel())
    equations = np.hstack([drawn(*sizes, seed) for seed, sizes in enumerate(SITES)])
    found = np.linalg.lstsq(equations, totals, rcond=None)[0]
    np.testing.assert_array_equal(np.rint(found).astype(bool), np.concatenate(orders))
